/*
 * funnel_days.h
 *		Durations of a population: a list that is exact while a slot has few
 *		values, and a histogram of buckets where it has many.
 */
#ifndef REVOPS_FUNNEL_DAYS_H
#define REVOPS_FUNNEL_DAYS_H

#include "lib/stringinfo.h"

#include "funnel/funnel.h"

/* A slot a step and a kind: from the step to the next, and from the start to it. */
#define FUNNEL_DAYS_SLOTS (2 * FUNNEL_MOST_STEPS)
#define FUNNEL_DAYS_WEIGHT ((INT64CONST(1) << 48) - 1)	/* at most */

/* A value of a slot, so many times. */
typedef struct FunnelDays
{
	uint64		micros;
	uint64		tag;			/* slot << 48 | weight */
} FunnelDays;

static inline int
FunnelDaysSlot(const FunnelDays *days)
{
	return (int) (days->tag >> 48);
}

static inline int64
FunnelDaysWeight(const FunnelDays *days)
{
	return (int64) (days->tag & FUNNEL_DAYS_WEIGHT);
}

static inline FunnelDays
FunnelDaysOf(int slot, uint64 micros, int64 weight)
{
	FunnelDays	days = {micros, ((uint64) slot << 48) | weight};

	return days;
}

extern int	FunnelDaysCompact(FunnelDays *days, int count);
extern bool FunnelDaysPercentile(const FunnelDays *days, int count, int slot, double fraction,
								 double *result);
extern void FunnelDaysPut(StringInfo text, const FunnelDays *days, int count);

/* A population that is counted at one go: what its list need not hold. */
typedef struct FunnelDaysCounts
{
	int64		values[FUNNEL_DAYS_SLOTS];	/* met in a slot, those of the list too */
	int64	   *bucket[FUNNEL_DAYS_SLOTS];	/* NULL while the list is enough */
} FunnelDaysCounts;

extern bool FunnelDaysCount(FunnelDaysCounts *counts, int slot, uint64 micros);
extern bool FunnelDaysNextBucket(const FunnelDaysCounts *counts, int *cursor, FunnelDays *days);

#endif							/* REVOPS_FUNNEL_DAYS_H */
