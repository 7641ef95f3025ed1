/*
 * wilson.h
 *		The Wilson score interval of a proportion, and Newcombe's of the difference
 *		of two.
 */
#ifndef REVOPS_WILSON_H
#define REVOPS_WILSON_H

/* Half of an interval of 95 %, in standard errors. */
#define NORMAL_QUANTILE_975 1.959963984540054

extern void WilsonBounds(int64 successes, int64 trials, double z, double *low, double *high);
extern double WilsonLow(int64 successes, int64 trials);
extern double WilsonHigh(int64 successes, int64 trials);

/* The first rate minus the second, and how far the interval reaches from there. */
typedef struct RateDifference
{
	double		difference;
	double		reach_down;
	double		reach_up;
} RateDifference;

extern RateDifference NewcombeDifference(int64 successes_1, int64 trials_1,
										 int64 successes_2, int64 trials_2, double z);
extern bool CheckSuccesses(int64 successes, int64 trials);

#endif							/* REVOPS_WILSON_H */
