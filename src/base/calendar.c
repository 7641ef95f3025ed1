/*
 * calendar.c
 *		Days, periods and months, on plain days: neither session time zone nor
 *		clock has a say.
 *
 * Days and periods are computed in 64 bits, so that the ends of the calendar
 * (4714 BC, 5874897 AD) need no special case until one is shown.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/datetime.h"

#include "base/calendar.h"
#include "base/check.h"

/* 2000-01-03 was a Monday; day 0 is 2000-01-01. */
#define FIRST_MONDAY	2
#define DAYS_PER_WEEK	7

const char *const grain_names[GRAIN_LAST + 1] = {"day", "week", "month", "quarter", "year"};

/* Division that rounds down, also below 0; divisor > 0. */
int64
FloorDivide(int64 number, int64 divisor)
{
	int64		quotient = number / divisor;

	return number % divisor < 0 ? quotient - 1 : quotient;
}

/* The month a day lies in, counted from January of the year 0, and its day of month. */
int64
MonthOf(DateADT day, int *day_of_month)
{
	int			year;
	int			month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, day_of_month);
	return (int64) year * MONTHS_PER_YEAR + month - 1;
}

/* The first day of a month counted as MonthOf does, as days from 2000-01-01. */
int64
MonthFirstDay(int64 month)
{
	static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64		year = FloorDivide(month, MONTHS_PER_YEAR);
	int			of_year = (int) (month - year * MONTHS_PER_YEAR);
	int64		last = year - 1;

	/* leap days up to the end of the year before; the year 0 is one of them */
	int64		leap_days = FloorDivide(last, 4) - FloorDivide(last, 100) + FloorDivide(last, 400);
	bool		is_leap = year - FloorDivide(year, 4) * 4 == 0 &&
		(year - FloorDivide(year, 100) * 100 != 0 || year - FloorDivide(year, 400) * 400 == 0);

	/* 1999 * 365 + 484 days lie between 0001-01-01 and 2000-01-01 */
	return last * 365 + leap_days - (INT64CONST(1999) * 365 + 484) +
		days_before[of_year] + (is_leap && of_year > 1 ? 1 : 0);
}

static bool
GrainFind(const char *name, Grain *grain)
{
	for (int i = 0; i <= GRAIN_LAST; i++)
		if (strcmp(name, grain_names[i]) == 0)
		{
			*grain = (Grain) i;
			return true;
		}
	return false;
}

/* day, week, month, quarter or year; an error that names anything else */
Grain
GrainFromText(const char *name)
{
	Grain		grain;

	if (!GrainFind(name, &grain))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown grain \"%s\"", name),
				 errhint("Use day, week, month, quarter or year.")));
	return grain;
}

const char *
GrainName(Grain grain)
{
	return grain_names[grain];
}

/* The period a day lies in. */
int64
PeriodOf(Grain grain, DateADT day)
{
	int			day_of_month;

	switch (grain)
	{
		case GRAIN_DAY:
			return day;
		case GRAIN_WEEK:
			return FloorDivide((int64) day - FIRST_MONDAY, DAYS_PER_WEEK);
		case GRAIN_MONTH:
			return MonthOf(day, &day_of_month);
		case GRAIN_QUARTER:
			return FloorDivide(MonthOf(day, &day_of_month), 3);
		case GRAIN_YEAR:
			return FloorDivide(MonthOf(day, &day_of_month), MONTHS_PER_YEAR);
	}
	return 0;
}

/* The first day of a period, which may lie outside of what a date can hold. */
int64
PeriodFirstDay(Grain grain, int64 period)
{
	switch (grain)
	{
		case GRAIN_DAY:
			return period;
		case GRAIN_WEEK:
			return period * DAYS_PER_WEEK + FIRST_MONDAY;
		case GRAIN_MONTH:
			return MonthFirstDay(period);
		case GRAIN_QUARTER:
			return MonthFirstDay(period * 3);
		case GRAIN_YEAR:
			return MonthFirstDay(period * MONTHS_PER_YEAR);
	}
	return 0;
}

/* The first day of a period, to be shown; an error where no date can hold it. */
DateADT
PeriodDate(Grain grain, int64 period)
{
	int64		day = PeriodFirstDay(grain, period);

	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("a %s begins before the first date there is", grain_names[grain]),
				 errhint("Check the years of the dates: 4714 BC is hardly meant.")));
	return (DateADT) day;
}

/*
 * The days of a question, until_date exclusive: finite, in order; errors name them.
 */
void
CheckDateSpan(DateADT from_date, DateADT until_date)
{
	CheckFiniteDate(from_date, "from_date");
	CheckFiniteDate(until_date, "until_date");
	if (from_date > until_date)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("from_date lies after until_date"),
				 errdetail("from_date is %s, until_date is %s.",
						   DateText(from_date), DateText(until_date)),
				 errhint("Give the first day and the day after the last.")));
}

/*
 * The periods between two days; errors for days that CheckDateSpan refuses, and
 * for more periods than anyone reads.
 */
PeriodSpan
PeriodSpanMake(Grain grain, DateADT from_date, DateADT until_date)
{
	PeriodSpan	span;
	int64		count = 0;

	CheckDateSpan(from_date, until_date);
	span.grain = grain;
	span.from_date = from_date;
	span.until_date = until_date;
	span.first = PeriodOf(grain, from_date);
	if (from_date < until_date)
		count = PeriodOf(grain, until_date - 1) - span.first + 1;
	if (count > MOST_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("from %s until %s there are " INT64_FORMAT " periods of a %s, more than %d",
						DateText(from_date), DateText(until_date), count, grain_names[grain],
						MOST_PERIODS),
				 errhint("Take a coarser grain or fewer years.")));
	span.count = (int) count;
	return span;
}

/* A span given in a text or binary form; false when it is none. */
bool
PeriodSpanRead(int grain, DateADT from_date, DateADT until_date, PeriodSpan *span)
{
	if (grain < 0 || grain > GRAIN_LAST || !IS_VALID_DATE(from_date) ||
		!IS_VALID_DATE(until_date) || from_date > until_date)
		return false;
	*span = PeriodSpanMake((Grain) grain, from_date, until_date);
	return true;
}

/*
 * The day on which a period of a span is read: its last, at most until_date - 1.
 * index -1 is the reading before the first period.
 */
DateADT
PeriodReadingDay(const PeriodSpan *span, int index)
{
	int64		last = PeriodFirstDay(span->grain, span->first + index + 1) - 1;

	return (DateADT) Min(last, (int64) span->until_date - 1);
}

/*
 * So many calendar months after a day, counted from that day itself: the day of
 * month is the anchor's, or the month's last where it is shorter.
 */
int64
AddMonths(DateADT anchor, int64 months)
{
	int			day_of_month;
	int64		month = MonthOf(anchor, &day_of_month) + months;
	int64		first = MonthFirstDay(month);
	int64		next = MonthFirstDay(month + 1);

	return Min(first + day_of_month, next) - 1;
}

/* How many whole months, counted from the anchor, have passed on a day not before it. */
int64
WholeMonths(DateADT anchor, int64 day)
{
	int			day_of_month;
	int64		months = MonthOf((DateADT) day, &day_of_month) - MonthOf(anchor, &day_of_month);

	return AddMonths(anchor, months) > day ? months - 1 : months;
}
