/*
 * period.c
 *		Periods and their bases, day after day.
 */
#include "fuzz.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"

#include "period/period_plan.h"

#define MOST_ANCHORS 8

typedef struct Date
{
	int			year;
	int			month;
	int			day;
	int			weekday;		/* 0: Monday */
	bool		ends_month;
} Date;

static Date
DateOf(int64 day)
{
	Date		date;
	Date		next;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &date.year, &date.month, &date.day);
	j2date((int) day + 1 + POSTGRES_EPOCH_JDATE, &next.year, &next.month, &next.day);
	date.weekday = (int) ((day + 700005) % 7);
	date.ends_month = next.day == 1;
	return date;
}

/* A name for the period of a day, and how many months of it have passed. */
static int64
PeriodName(Grain grain, int fiscal_month, int64 day, int *months)
{
	Date		date = DateOf(day);
	int			fiscal = (date.month - fiscal_month + 12) % 12;
	int			fiscal_year = date.month >= fiscal_month ? date.year : date.year - 1;

	*months = 0;
	switch (grain)
	{
		case GRAIN_DAY:
			return day;
		case GRAIN_WEEK:
			return day - date.weekday;
		case GRAIN_MONTH:
			return date.year * 12 + date.month - 1;
		case GRAIN_QUARTER:
			*months = fiscal % 3;
			return fiscal_year * 4 + fiscal / 3;
		case GRAIN_YEAR:
			*months = fiscal;
			return fiscal_year;
	}
	return 0;
}

typedef struct Days
{
	int64		first;			/* PG_INT64_MAX: none */
	int64		next;			/* after the last */
	int			count;
} Days;

static void
AddDay(Days *days, int64 day)
{
	if (days->count++ == 0)
		days->first = day;
	days->next = day + 1;
}

static bool
Worked(const WorkPlan *work, int64 day)
{
	return WorkPlanDays(work, day + 1) > WorkPlanDays(work, day);
}

void
PeriodCase(void)
{
	PeriodQuestion question = {0};
	WorkCalendar calendar = {0};
	WorkPlan	plan;
	WorkWindow	window = {540, 1080};
	WorkDays	holidays[30];
	int32		anchors[MOST_ANCHORS];
	Period		period;
	int64		day = RandomBetween(-2000, 12000);
	int64		name;
	int64		number;
	int			months;
	int			as_of_months;
	Date		as_of;
	Days		whole = {0};
	Days		known = {0};
	int64		shift = 0;
	static const int per_year[] = {0, 0, 12, 4, 1};

	question.grain = RandomBelow(5);
	question.fiscal_month = Chance(50) ? 1 : RandomBetween(1, 12);
	question.align = RandomBelow(4);
	question.has_as_of = Chance(90);
	question.as_of = day + RandomBetween(-400, 400);
	if (Chance(60))
		question.as_of = day + RandomBetween(-20, 20);

	for (int i = 0; i < 5; i++)
	{
		calendar.week[i].count = 1;
		calendar.week[i].windows = &window;
	}
	calendar.holidays = holidays;
	for (int64 at = day - 1200; calendar.holiday_count < 30 && at < day + 800; at += RandomBetween(12, 120))
	{
		holidays[calendar.holiday_count].first = at;
		holidays[calendar.holiday_count++].last = at + RandomBelow(10);
	}
	WorkPlanInit(&plan, &calendar);
	question.work = &plan;

	question.anchor_count = RandomBetween(1, MOST_ANCHORS);
	question.anchors = anchors;
	anchors[0] = day + RandomBetween(-1500, 100);
	for (int i = 1; i < question.anchor_count; i++)
		anchors[i] = anchors[i - 1] + RandomBetween(Chance(10) ? 1 : 340, 385);
	if (question.grain == GRAIN_DAY && question.anchor_count > 1 && Chance(50))
	{
		/* equally near */
		question.anchor_count = 2;
		anchors[0] = day - RandomBetween(1, 200);
		anchors[1] = day + (day - anchors[0]);
	}

	Note("    grain %d from month %d, align %d, day " INT64_FORMAT ", as of %d\n", question.grain,
		 question.fiscal_month, question.align, day, question.has_as_of ? question.as_of : 0);
	number = PeriodNumber(&question, day);
	PeriodOfNumber(&question, number, &period);

	/* the period */
	name = PeriodName(question.grain, question.fiscal_month, day, &months);
	for (int64 d = day - 370; d < day + 370; d++)
		if (PeriodName(question.grain, question.fiscal_month, d, &months) == name)
		{
			AddDay(&whole, d);
			if (!question.has_as_of || d <= question.as_of)
				AddDay(&known, d);
		}
	if (known.count == 0)
		known.first = known.next = whole.first;
	EXPECT(period.starts == whole.first && period.whole_ends == whole.next &&
		   period.ends == known.next, "period " INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT,
		   period.starts, period.ends, period.whole_ends);
	EXPECT(period.state == (known.count == whole.count ? PERIOD_COMPLETE : known.count == 0 ?
							PERIOD_FUTURE : PERIOD_RUNNING), "state %d", period.state);
	EXPECT(PeriodNumber(&question, period.whole_ends) == number + 1, "the next number");
	as_of = DateOf(known.next - 1);
	PeriodName(question.grain, question.fiscal_month, known.next - 1, &as_of_months);

	/* previous, and year by date: days of a named period, up to the same place in it */
	for (int base = 0; base < 2; base++)
	{
		const PeriodBase *found = base == 0 ? &period.previous : &period.year;
		Days		all = {0};
		Days		cut = {0};
		int			worked = 0;
		int			needed = 0;
		int64		base_name;

		if (base == 1 && (question.align == ALIGN_WEEKDAY || question.align == ALIGN_EVENT))
			break;
		if (question.grain == GRAIN_DAY && base == 1)
		{
			Date		date = DateOf(day);

			base_name = PG_INT64_MIN;
			for (int64 d = day - 370; d < day - 360; d++)
				if (DateOf(d).month == date.month && DateOf(d).day == date.day)
					base_name = d;
		}
		else if (question.grain == GRAIN_WEEK || question.grain == GRAIN_DAY)
			base_name = name - (base == 1 ? 364 : question.grain == GRAIN_WEEK ? 7 : 1);
		else
			base_name = name - (base == 0 ? 1 : per_year[question.grain]);
		for (int64 d = known.first; d < known.next; d++)
			needed += Worked(&plan, d);
		for (int64 d = day - 800; d < day; d++)
		{
			Date		date = DateOf(d);
			bool		before_cut;

			if (PeriodName(question.grain, question.fiscal_month, d, &months) != base_name)
				continue;
			AddDay(&all, d);
			if (period.state != PERIOD_RUNNING)
				before_cut = period.state == PERIOD_COMPLETE;
			else if (question.align == ALIGN_WORK_DAYS)
			{
				before_cut = worked < needed;
				worked += Worked(&plan, d);
			}
			else if (question.grain == GRAIN_WEEK)
				before_cut = date.weekday <= as_of.weekday;
			else
				before_cut = months < as_of_months || (months == as_of_months &&
													   (as_of.ends_month || date.day <= as_of.day));
			if (before_cut)
				AddDay(&cut, d);
		}
		EXPECT(found->exists == (all.count > 0), "base %d is %s", base, found->exists ? "there" : "not there");
		if (!found->exists)
			continue;
		if (cut.count == 0)
			cut.next = all.first;
		EXPECT(found->starts == all.first && found->whole_ends == all.next &&
			   found->ends == cut.next, "base %d: " INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT
			   ", not " INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT, base, found->starts,
			   found->ends, found->whole_ends, all.first, cut.next, all.next);
	}

	/* the year that is shifted */
	if (question.align == ALIGN_WEEKDAY)
		shift = 364;
	else if (question.align == ALIGN_EVENT)
	{
		int32		nearest = anchors[0];
		int32		before = PG_INT32_MIN;

		for (int i = 0; i < question.anchor_count; i++)
		{
			int64		distance = anchors[i] > whole.first ? anchors[i] - whole.first : whole.first - anchors[i];
			int64		least = nearest > whole.first ? nearest - whole.first : whole.first - nearest;

			if (distance < least || (distance == least && anchors[i] > nearest))
				nearest = anchors[i];
		}
		for (int i = 0; i < question.anchor_count; i++)
			if (anchors[i] < nearest)
				before = Max(before, anchors[i]);
		EXPECT(period.year.exists == (before > PG_INT32_MIN), "base by event");
		shift = before > PG_INT32_MIN ? nearest - before : 0;
	}
	if (shift > 0)
		EXPECT(period.year.starts == whole.first - shift && period.year.ends == known.next - shift &&
			   period.year.whole_ends == whole.next - shift, "the year is not " INT64_FORMAT
			   " days before", shift);
}
