/*
 * period_plan.h
 *		Periods and what they are compared with: the algorithm.
 *
 * Days count from 2000-01-01; an end is the first day that does not belong.
 */
#ifndef REVOPS_PERIOD_PLAN_H
#define REVOPS_PERIOD_PLAN_H

#include "base/calendar.h"
#include "work/work_plan.h"

typedef enum PeriodAlign
{
	ALIGN_DATE,
	ALIGN_WEEKDAY,
	ALIGN_WORK_DAYS,
	ALIGN_EVENT
} PeriodAlign;

typedef enum PeriodState
{
	PERIOD_COMPLETE,
	PERIOD_RUNNING,
	PERIOD_FUTURE
} PeriodState;

typedef struct PeriodQuestion
{
	Grain		grain;
	int			fiscal_month;	/* in which years and quarters begin, 1 to 12 */
	bool		has_as_of;		/* else all periods are complete */
	int32		as_of;			/* the last day that is known */
	PeriodAlign align;
	const WorkPlan *work;		/* of ALIGN_WORK_DAYS */
	int			anchor_count;	/* of ALIGN_EVENT */
	const int32 *anchors;		/* in order, each once */
} PeriodQuestion;

/* Days to compare a period with: up to the cut, and the rest of them. */
typedef struct PeriodBase
{
	bool		exists;
	int64		starts;
	int64		ends;			/* the cut */
	int64		whole_ends;
} PeriodBase;

typedef struct Period
{
	int64		starts;
	int64		ends;			/* of what is known */
	int64		whole_ends;
	PeriodState state;
	PeriodBase	previous;
	PeriodBase	year;
} Period;

extern int64 PeriodNumber(const PeriodQuestion *question, int32 day);
extern void PeriodOfNumber(const PeriodQuestion *question, int64 number, Period *period);

#endif							/* REVOPS_PERIOD_PLAN_H */
