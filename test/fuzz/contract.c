/*
 * contract.c
 *		Calendars and a customer's total, day by day.
 */
#include "fuzz.h"

#include "utils/datetime.h"

#include "contract/contract_timeline.h"

#define CYCLE_DAYS 146097		/* 400 years */

/* A day's year, from the first of the cycle; its month and day of month, from 1. */
typedef struct CivilDay
{
	int16		year;
	int8		month;
	int8		of_month;
} CivilDay;

/* Day after day, from 2000-01-01 on. */
static const CivilDay *
CycleDays(void)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static CivilDay days[CYCLE_DAYS];
	int			day = 0;

	if (days[0].month == 0)
		for (int year = 0; year < 400; year++)
			for (int month = 1; month <= 12; month++)
			{
				bool		leap = year % 4 == 0 && (year % 100 != 0 || year == 0);
				int			length = lengths[month - 1] + (month == 2 && leap ? 1 : 0);

				for (int of_month = 1; of_month <= length; of_month++)
				{
					CivilDay	civil = {year, month, of_month};

					days[day++] = civil;
				}
			}
	return days;
}

static void
FindCivilDay(int64 day, int64 *year, int *month, int *of_month)
{
	int64		cycle = day / CYCLE_DAYS - (day % CYCLE_DAYS < 0);
	const CivilDay *civil = &CycleDays()[day - cycle * CYCLE_DAYS];

	*year = 2000 + cycle * 400 + civil->year;
	*month = civil->month;
	*of_month = civil->of_month;
}

/* The server's, for the calendar. */
void
j2date(int julian, int *year, int *month, int *of_month)
{
	int64		wide;

	FindCivilDay((int64) julian - POSTGRES_EPOCH_JDATE, &wide, month, of_month);
	*year = (int) wide;
}

static bool
SamePeriod(Grain grain, int64 a, int64 b)
{
	int64		year[2];
	int			month[2];
	int			of_month[2];

	FindCivilDay(a, &year[0], &month[0], &of_month[0]);
	FindCivilDay(b, &year[1], &month[1], &of_month[1]);
	switch (grain)
	{
		case GRAIN_DAY:
			return a == b;
		case GRAIN_WEEK:
			/* Monday before each; day 2 was one */
			return a - ((a - 2) % 7 + 7) % 7 == b - ((b - 2) % 7 + 7) % 7;
		case GRAIN_MONTH:
			return year[0] == year[1] && month[0] == month[1];
		case GRAIN_QUARTER:
			return year[0] == year[1] && (month[0] - 1) / 3 == (month[1] - 1) / 3;
		default:
			return year[0] == year[1];
	}
}

static int64
FirstOfPeriod(Grain grain, int64 day)
{
	while (SamePeriod(grain, day - 1, day))
		day--;
	return day;
}

static int64
LastOfPeriod(Grain grain, int64 day)
{
	while (SamePeriod(grain, day, day + 1))
		day++;
	return day;
}

/* Somewhere, in this century or at the ends of time. */
static int64
DrawAnchor(void)
{
	switch (RandomBelow(8))
	{
		case 0:
			return DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE + 500 + RandomBelow(800);
		case 1:
			return DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 2500 + RandomBelow(800);
		case 2:
			return RandomBetween(-800000, -500000);
		default:
			return RandomBetween(-3000, 12000);
	}
}

void
CalendarCase(void)
{
	int64		day = DrawAnchor();
	Grain		grain = RandomBelow(GRAIN_LAST + 1);
	int64		period = PeriodOf(grain, day);
	int64		first = FirstOfPeriod(grain, day);
	int64		last = LastOfPeriod(grain, day);
	int			months = RandomBetween(0, 30);
	int64		then = day;
	int64		year;
	int			month;
	int			of_month;
	int			of_anchor;
	int64		later;

	Note("day " INT64_FORMAT ", grain %d, %d months\n", day, grain, months);
	EXPECT(PeriodFirstDay(grain, period) == first, "period from " INT64_FORMAT, first);
	EXPECT(PeriodFirstDay(grain, period + 1) == last + 1, "period to " INT64_FORMAT, last);
	EXPECT(PeriodOf(grain, first) == period && PeriodOf(grain, last) == period &&
		   PeriodOf(grain, first - 1) == period - 1 && PeriodOf(grain, last + 1) == period + 1,
		   "numbers of periods around " INT64_FORMAT, day);

	/* so many firsts of a month later, then the anchor's day of it, or the last */
	FindCivilDay(day, &year, &month, &of_anchor);
	for (int i = 0; i < months; i++)
		then = LastOfPeriod(GRAIN_MONTH, then) + 1;
	then = FirstOfPeriod(GRAIN_MONTH, then);
	then = Min(then + of_anchor - 1, LastOfPeriod(GRAIN_MONTH, then));
	EXPECT(AddMonths((DateADT) day, months) == then, "%d months later it is " INT64_FORMAT,
		   months, then);

	later = day + RandomBelow(900);
	for (months = 0; AddMonths((DateADT) day, months + 1) <= later; months++)
		;
	FindCivilDay(later, &year, &month, &of_month);
	EXPECT(WholeMonths((DateADT) day, later) == months, "%d whole months until " INT64_FORMAT,
		   months, later);
}

/*
 * Timelines
 */

#define MOST_CASE_CONTRACTS 6
#define UNIT 10000				/* amounts here have up to four decimals */

static int	count;
static Contract contracts[MOST_CASE_CONTRACTS];

/* An amount in ten-thousandths. */
static int64
Units(const Money *money)
{
	int64		units = (int64) money->fixed.coefficient;

	if (money->wide != NULL || money->fixed.groups > 1)
		abort();
	return money->fixed.groups == 1 ? units : units * UNIT;
}

static Money
DrawMoney(void)
{
	Money		money = {0};

	money.fixed.groups = RandomBelow(2);
	money.fixed.scale = money.fixed.groups * RandomBetween(1, 4);
	money.fixed.coefficient = Chance(15) ? 0 : RandomBetween(1, 3) * (money.fixed.groups ? UNIT / 2 : 1);
	return money;
}

static void
DrawContracts(int64 anchor, int days)
{
	count = RandomBelow(MOST_CASE_CONTRACTS + 1);
	for (int i = 0; i < count; i++)
	{
		memset(&contracts[i], 0, sizeof(Contract));
		contracts[i].starts = (DateADT) anchor + RandomBelow(days);
		contracts[i].ends = Chance(15) ? DATEVAL_NOEND :
			contracts[i].starts + RandomBetween(1, days / 2);
		contracts[i].known_on = contracts[i].starts;
		contracts[i].line_length = contracts[i].key_length = -1;
		contracts[i].mrr = DrawMoney();
		Note("    %d to %d: " INT64_FORMAT " / %d\n", contracts[i].starts, contracts[i].ends,
			 Units(&contracts[i].mrr), UNIT);
	}
}

static int64
TotalOn(int64 day)
{
	int64		total = 0;

	for (int i = 0; i < count; i++)
		if (contracts[i].starts <= day &&
			(contracts[i].ends == DATEVAL_NOEND || day < contracts[i].ends))
			total += Units(&contracts[i].mrr);
	return total;
}

void
TimelineCase(void)
{
	int			days = Chance(50) ? 12 : 200;
	int64		anchor = DrawAnchor();
	Grain		grain = RandomBelow(GRAIN_LAST + 1);
	DateADT		from_date = (DateADT) anchor + RandomBetween(-5, days / 2);
	DateADT		until_date = from_date + RandomBelow(days + 10);
	Contract   *copy;
	Timeline	timeline;
	PeriodSpan	span;
	Movement   *movements;
	int			found;
	int			expected = 0;
	int			periods = 0;
	int64		read_before;

	DrawContracts(anchor, days);
	Note("grain %d, from %d until %d\n", grain, from_date, until_date);
	copy = palloc(Max(count, 1) * sizeof(Contract));
	memcpy(copy, contracts, count * sizeof(Contract));
	timeline = TimelineBuild(copy, count);
	for (int64 day = anchor - 2; day < anchor + 2 * days; day++)
	{
		const TimelinePoint *point = TimelineOn(&timeline, (DateADT) day);
		int64		total = TotalOn(day);

		EXPECT(Units(&point->total) == total, "on " INT64_FORMAT " " INT64_FORMAT ", not "
			   INT64_FORMAT, day, Units(&point->total), total);
	}

	span = PeriodSpanMake(grain, from_date, until_date);
	movements = TimelineMovements(&timeline, &span, &found);
	read_before = FirstOfPeriod(grain, from_date) - 1;
	for (int64 first = read_before + 1; first < until_date && from_date < until_date; periods++)
	{
		int64		reading = Min(LastOfPeriod(grain, first), until_date - 1);
		int64		before = TotalOn(read_before);
		int64		after = TotalOn(reading);
		bool		known = false;
		MovementKind kind;
		const Movement *movement = &movements[expected];

		EXPECT(PeriodReadingDay(&span, periods) == reading, "period %d is read on %d", periods,
			   PeriodReadingDay(&span, periods));
		for (int i = 0; i < count; i++)
			known |= contracts[i].starts <= read_before && Units(&contracts[i].mrr) > 0;
		if (after != before)
		{
			if (before == 0)
				kind = known ? MOVEMENT_REACTIVATION : MOVEMENT_NEW;
			else if (after == 0)
				kind = MOVEMENT_CHURN;
			else
				kind = after > before ? MOVEMENT_EXPANSION : MOVEMENT_CONTRACTION;
			EXPECT(expected < found, "%d movements only", found);
			EXPECT(movement->period == periods && movement->kind == kind &&
				   Units(&movement->before) == before && Units(&movement->after) == after &&
				   Units(&movement->amount) == (after > before ? after - before : before - after),
				   "movement %d is of kind %d in period %d, not of kind %d in %d", expected,
				   movement->kind, movement->period, kind, periods);
			expected++;
		}
		read_before = reading;
		first = LastOfPeriod(grain, first) + 1;
	}
	EXPECT(span.count == periods, "%d periods, not %d", span.count, periods);
	EXPECT(found == expected, "%d movements, not %d", found, expected);
}
