/*
 * attribution_shapley.h
 *		Shapley values of rates over sets of channels. No SQL here.
 */
#ifndef REVOPS_ATTRIBUTION_SHAPLEY_H
#define REVOPS_ATTRIBUTION_SHAPLEY_H

#define SHAPLEY_MOST_CHANNELS	20

extern void ShapleyRates(int channels, double *part, double *whole, double *result);

#endif							/* REVOPS_ATTRIBUTION_SHAPLEY_H */
