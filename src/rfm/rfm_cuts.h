/*
 * rfm_cuts.h
 *		The scoring rule of RFM, on plain arrays.
 */
#ifndef REVOPS_RFM_CUTS_H
#define REVOPS_RFM_CUTS_H

#define RFM_LEAST_BINS	2
#define RFM_MOST_BINS	100
#define RFM_MOST_CUTS	(RFM_MOST_BINS - 1)

extern void QuantileCuts(double *values, int64 count, int bins, double *cuts);
extern double MeanCut(const double *values, int64 count);
extern int ScoreByCuts(const double *cuts, int cut_count, double value);

#endif							/* REVOPS_RFM_CUTS_H */
