/*
 * forecast_luck.h
 *		What independent deals come to together: the distribution of the sum of
 *		amounts, each of which comes with its own chance or not at all. No SQL here.
 */
#ifndef REVOPS_FORECAST_LUCK_H
#define REVOPS_FORECAST_LUCK_H

/* A deal's amount in whole units, and its chance in 0..1. */
typedef struct LuckDeal
{
	int64		units;
	double		chance;
} LuckDeal;

/* The chances of sums from `least` to `most` units; all others have none. */
typedef struct Luck
{
	int64		least;
	int64		most;
	double	   *chance;			/* of least + i at i */
	int64		bottom;			/* the least sum that is possible, however unlikely */
	int64		top;
} Luck;

extern void LuckSort(LuckDeal *deals, int count);
extern Luck LuckMake(const LuckDeal *deals, int count);
extern int64 LuckQuantile(const Luck *luck, double p);
extern double LuckReach(const Luck *luck, int64 units);

#endif							/* REVOPS_FORECAST_LUCK_H */
