/*
 * wilson.h
 *		The Wilson score interval of a proportion.
 */
#ifndef REVOPS_WILSON_H
#define REVOPS_WILSON_H

extern double WilsonLow(int64 successes, int64 trials);
extern double WilsonHigh(int64 successes, int64 trials);

#endif							/* REVOPS_WILSON_H */
