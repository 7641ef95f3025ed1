/*
 * calendar.h
 *		Months and periods of days, without drift.
 */
#ifndef REVOPS_CALENDAR_H
#define REVOPS_CALENDAR_H

#include "utils/date.h"

typedef enum Grain
{
	GRAIN_DAY,
	GRAIN_WEEK,
	GRAIN_MONTH,
	GRAIN_QUARTER,
	GRAIN_YEAR
} Grain;

#define GRAIN_LAST	GRAIN_YEAR

extern const char *const grain_names[GRAIN_LAST + 1];

/*
 * The periods from the one that holds from_date to the one that holds until_date - 1,
 * which is read on until_date - 1. A period is a number; where a grain starts to
 * count does not matter.
 */
typedef struct PeriodSpan
{
	Grain		grain;
	DateADT		from_date;
	DateADT		until_date;		/* exclusive */
	int64		first;			/* period */
	int			count;			/* of periods, 0 where from_date = until_date */
} PeriodSpan;

#define MOST_PERIODS	1000000

extern Grain GrainFromText(const char *name);
extern const char *GrainName(Grain grain);
extern int64 PeriodOf(Grain grain, DateADT day);
extern int64 PeriodFirstDay(Grain grain, int64 period);
extern DateADT PeriodDate(Grain grain, int64 period);
extern void CheckDateSpan(DateADT from_date, DateADT until_date);
extern PeriodSpan PeriodSpanMake(Grain grain, DateADT from_date, DateADT until_date);
extern bool PeriodSpanRead(int grain, DateADT from_date, DateADT until_date, PeriodSpan *span);
extern DateADT PeriodReadingDay(const PeriodSpan *span, int index);
extern int64 FloorDivide(int64 number, int64 divisor);
extern int64 MonthOf(DateADT day, int *day_of_month);
extern int64 MonthFirstDay(int64 month);
extern int64 AddMonths(DateADT anchor, int64 months);
extern int64 WholeMonths(DateADT anchor, int64 day);

#endif							/* REVOPS_CALENDAR_H */
