/*
 * period_plan.c
 *		Periods and what they are compared with: the algorithm, on plain days.
 *
 * A complete period has a whole base, so that bases of months add up to the base
 * of their year. A running one is compared with as much of its base as it has
 * itself: by date, by weekday, by work days, or by the distance from an event.
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "period/period_plan.h"

#define DAYS_PER_WEEK	7
#define WEEKS_PER_YEAR	52

/* The months of a period; 0 for grains that are not made of months. */
static int
GrainMonths(Grain grain)
{
	switch (grain)
	{
		case GRAIN_MONTH:
			return 1;
		case GRAIN_QUARTER:
			return 3;
		case GRAIN_YEAR:
			return MONTHS_PER_YEAR;
		default:
			return 0;
	}
}

/* The first month of a year or quarter, from January; months are as they are. */
static int
GrainShift(const PeriodQuestion *question)
{
	return question->grain == GRAIN_MONTH ? 0 : question->fiscal_month - 1;
}

/* The period in which a day lies: a number, one more for the next. */
int64
PeriodNumber(const PeriodQuestion *question, int32 day)
{
	int			months = GrainMonths(question->grain);
	int			day_of_month;

	if (months == 0)
		return PeriodOf(question->grain, day);
	return FloorDivide(MonthOf(day, &day_of_month) - GrainShift(question), months);
}

static int64
FirstDay(const PeriodQuestion *question, int64 number)
{
	int			months = GrainMonths(question->grain);

	if (months == 0)
		return PeriodFirstDay(question->grain, number);
	return MonthFirstDay(number * months + GrainShift(question));
}

/*
 * The cut of a base of a running period: at the same month of it and the same day
 * of the month, or the same day of the week. Where the last known day ends its
 * month, the base's month ends too.
 */
static int64
CutAlike(const PeriodQuestion *question, const Period *period, const PeriodBase *base)
{
	int			day_of_month;
	int			unused;
	int64		month;
	int64		base_first;
	int64		base_next;

	if (GrainMonths(question->grain) == 0)
		return Min(base->starts + (period->ends - period->starts), base->whole_ends);
	month = MonthOf(question->as_of, &day_of_month);
	base_first = MonthOf((DateADT) base->starts, &unused) +
		month - MonthOf((DateADT) period->starts, &unused);
	base_next = MonthFirstDay(base_first + 1);
	if (MonthFirstDay(month + 1) == period->ends)
		return base_next;
	return Min(MonthFirstDay(base_first) + day_of_month, base_next);
}

/* The cut at the first day by which a base has as many work days as the period. */
static int64
CutByWorkDays(const PeriodQuestion *question, const Period *period, const PeriodBase *base)
{
	int64		worked = WorkPlanDays(question->work, period->ends) -
		WorkPlanDays(question->work, period->starts);
	int64		target = WorkPlanDays(question->work, base->starts) + worked;
	int64		low = base->starts;
	int64		high = base->whole_ends;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (WorkPlanDays(question->work, middle) < target)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Sets a base's days, whole, and cuts it as the period is. */
static void
BaseSet(const PeriodQuestion *question, const Period *period, PeriodBase *base,
		int64 starts, int64 whole_ends)
{
	base->exists = IS_VALID_DATE(starts);
	if (!base->exists)
		return;
	base->starts = starts;
	base->whole_ends = whole_ends;
	if (period->state == PERIOD_COMPLETE)
		base->ends = whole_ends;
	else if (period->state == PERIOD_FUTURE)
		base->ends = starts;
	else if (question->align == ALIGN_WORK_DAYS)
		base->ends = CutByWorkDays(question, period, base);
	else
		base->ends = CutAlike(question, period, base);
}

/* The base is the period so many days before. */
static void
BaseShift(const Period *period, PeriodBase *base, int64 days)
{
	base->starts = period->starts - days;
	base->ends = period->ends - days;
	base->whole_ends = period->whole_ends - days;
	base->exists = IS_VALID_DATE(base->starts);
}

/*
 * The days from the event before to the one that is nearest to a period's first
 * day, of two equally near the later; 0 where there is none before.
 */
static int64
EventDistance(const PeriodQuestion *question, int64 first_day)
{
	int			nearest = 0;

	for (int i = 1; i < question->anchor_count; i++)
		if (llabs(question->anchors[i] - first_day) <= llabs(question->anchors[nearest] - first_day))
			nearest = i;
	return nearest > 0 ? (int64) question->anchors[nearest] - question->anchors[nearest - 1] : 0;
}

/* The base of a year before, by date. */
static void
YearByDate(const PeriodQuestion *question, int64 number, Period *period)
{
	int			months = GrainMonths(question->grain);
	int64		year_number;

	if (question->grain == GRAIN_DAY)
	{
		int			day_of_month;
		int64		month = MonthOf((DateADT) period->starts, &day_of_month) - MONTHS_PER_YEAR;
		int64		day = MonthFirstDay(month) + day_of_month - 1;

		/* February 29 has none: no day is counted twice */
		period->year.exists = false;
		if (day < MonthFirstDay(month + 1))
			BaseSet(question, period, &period->year, day, day + 1);
		return;
	}
	year_number = number - (months == 0 ? WEEKS_PER_YEAR : MONTHS_PER_YEAR / months);
	BaseSet(question, period, &period->year, FirstDay(question, year_number),
			FirstDay(question, year_number + 1));
}

/*
 * A period with its bases. Its first day must be a date; the ends may lie beyond
 * the last.
 */
void
PeriodOfNumber(const PeriodQuestion *question, int64 number, Period *period)
{
	memset(period, 0, sizeof(*period));
	period->starts = FirstDay(question, number);
	period->whole_ends = FirstDay(question, number + 1);
	if (!question->has_as_of || period->whole_ends - 1 <= question->as_of)
	{
		period->state = PERIOD_COMPLETE;
		period->ends = period->whole_ends;
	}
	else if (period->starts <= question->as_of)
	{
		period->state = PERIOD_RUNNING;
		period->ends = (int64) question->as_of + 1;
	}
	else
	{
		period->state = PERIOD_FUTURE;
		period->ends = period->starts;
	}
	if (!IS_VALID_DATE(period->starts))
		return;

	BaseSet(question, period, &period->previous, FirstDay(question, number - 1), period->starts);
	if (question->align == ALIGN_WEEKDAY)
		BaseShift(period, &period->year, WEEKS_PER_YEAR * DAYS_PER_WEEK);
	else if (question->align == ALIGN_EVENT)
	{
		int64		distance = EventDistance(question, period->starts);

		if (distance > 0)
			BaseShift(period, &period->year, distance);
	}
	else
		YearByDate(question, number, period);
}
