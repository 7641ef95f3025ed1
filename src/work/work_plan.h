/*
 * work_plan.h
 *		Working time: a calendar, and the plan that answers questions about it.
 *
 * Days count from 2000-01-01, minutes from a day's midnight by the clock, moments
 * and local times are microseconds from 2000-01-01.
 */
#ifndef REVOPS_WORK_PLAN_H
#define REVOPS_WORK_PLAN_H

#include "base/zone_spans.h"

#define WORK_DAYS_PER_WEEK	7
#define WORK_DAY_MINUTES	1440
#define WORK_MOST_WINDOWS	100		/* a day */
#define WORK_MOST_DAYS		100000	/* that differ from their weekday */

/* A time of work by the clock; after minute 1440 it is the next day. */
typedef struct WorkWindow
{
	int16		starts;
	int16		ends;			/* not included */
} WorkWindow;

/* The windows that start on a day: in order, neither overlapping nor touching. */
typedef struct WorkHours
{
	int			count;			/* 0: no work */
	WorkWindow *windows;
} WorkHours;

/* Both days included. */
typedef struct WorkDays
{
	int32		first;
	int32		last;
} WorkDays;

typedef struct WorkOwnDay
{
	int32		day;
	WorkHours	hours;
} WorkOwnDay;

typedef struct WorkCalendar
{
	const char *time_zone;
	WorkHours	week[WORK_DAYS_PER_WEEK];	/* Monday first */
	int			holiday_count;
	WorkDays   *holidays;		/* in order, with days between them */
	int			work_day_count;
	WorkDays   *work_days;		/* likewise */
	int			own_day_count;
	WorkOwnDay *own_days;		/* in order */
	bool		is_limited;		/* only the days that it covers are answered */
	WorkDays	covers;
} WorkCalendar;

typedef enum WorkReason
{
	WORK_WEEKDAY,
	WORK_WEEKEND,
	WORK_HOLIDAY,
	WORK_MAKE_UP,
	WORK_OWN_HOURS
} WorkReason;

/* A day that differs from its weekday, and what it and those before add up to. */
typedef struct WorkException
{
	int32		day;
	WorkReason	reason;
	WorkHours	hours;
	int64		more_minutes;	/* than weekdays alone would give, until its end */
	int64		more_days;
} WorkException;

typedef struct WorkPlan
{
	WorkHours	week[WORK_DAYS_PER_WEEK];
	int			minutes_before[WORK_DAYS_PER_WEEK + 1]; /* a weekday, in its week */
	int			days_before[WORK_DAYS_PER_WEEK + 1];
	int			exception_count;
	WorkException *exceptions;	/* in order */
	int			longest_tail;	/* minutes of a window after midnight */
	bool		is_limited;
	WorkDays	covers;
	ZoneSpans	zone;
	int			shift_count;	/* spans of the zone whose shift is known */
	int			shift_capacity;
	int64	   *shifts;			/* work that clocks skipped or showed twice before a span */
} WorkPlan;

extern void WorkPlanInit(WorkPlan *plan, const WorkCalendar *calendar);
extern bool WorkPlanOverlap(const WorkPlan *plan, int *weekday, int32 *day);
extern const WorkHours *WorkPlanHours(const WorkPlan *plan, int32 day, WorkReason *reason);
extern bool WorkPlanKnows(const WorkPlan *plan, int64 first, int64 last, int32 *unknown);
extern bool WorkPlanKnowsTime(WorkPlan *plan, int64 from, int64 until, int32 *unknown);
extern int64 WorkPlanDays(const WorkPlan *plan, int64 day);
extern int64 WorkPlanTotal(WorkPlan *plan, int64 at);
extern int64 WorkPlanDayTotal(WorkPlan *plan, int32 day);
extern bool WorkPlanUntil(WorkPlan *plan, int64 from, int64 work, int64 limit, int64 *until);
extern bool WorkPlanIsOpen(WorkPlan *plan, int64 at);

#endif							/* REVOPS_WORK_PLAN_H */
