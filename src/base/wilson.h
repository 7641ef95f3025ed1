/*
 * wilson.h
 *		The Wilson score interval of a proportion.
 */
#ifndef REVOPS_WILSON_H
#define REVOPS_WILSON_H

extern void WilsonBounds(int64 successes, int64 trials, double z, double *low, double *high);
extern double WilsonLow(int64 successes, int64 trials);
extern double WilsonHigh(int64 successes, int64 trials);

#endif							/* REVOPS_WILSON_H */
