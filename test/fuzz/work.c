/*
 * work.c
 *		Working time, minute after minute.
 */
#include "fuzz.h"

#include "datatype/timestamp.h"

#include "work/work_plan.h"

#define CASE_DAYS	40			/* from 2000-01-01 on */
#define MINUTE		USECS_PER_MINUTE
#define DAY			USECS_PER_DAY
#define MOST_SPANS	6

typedef struct Twin
{
	WorkCalendar calendar;
	ZoneSpans	zone;
	ZoneSpan	spans[MOST_SPANS];
} Twin;

static void
ReadNothing(ZoneSpans *zone, int64 until)
{
}

/* Windows of a day. Nights, where there are some, end before anything begins. */
static WorkHours
RandomHours(bool nights)
{
	WorkHours	hours = {0, palloc(4 * sizeof(WorkWindow))};
	int			at = nights ? 480 : 0;

	while (hours.count < 3 && Chance(60))
	{
		int			starts = at + (Chance(20) ? 0 : RandomBelow(600));
		int			ends = starts + 1 + RandomBelow(500);

		if (hours.count > 0 && starts == at)
			starts++;
		if (starts >= WORK_DAY_MINUTES)
			break;
		ends = Max(ends, starts + 1);
		if (ends > WORK_DAY_MINUTES)
			ends = nights && Chance(70) ? WORK_DAY_MINUTES + RandomBelow(480) : WORK_DAY_MINUTES;
		hours.windows[hours.count].starts = starts;
		hours.windows[hours.count++].ends = ends;
		Note(" %d-%d", starts, ends);
		at = ends;
		if (at >= WORK_DAY_MINUTES)
			break;
	}
	return hours;
}

static void
RandomTwin(Twin *twin)
{
	bool		nights = Chance(50);
	int32		day = 0;
	int64		at = 0;

	memset(twin, 0, sizeof(*twin));
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
	{
		Note("    weekday %d:", i);
		twin->calendar.week[i] = RandomHours(nights);
		Note("\n");
	}
	twin->calendar.holidays = palloc(CASE_DAYS * sizeof(WorkDays));
	twin->calendar.work_days = palloc(CASE_DAYS * sizeof(WorkDays));
	twin->calendar.own_days = palloc(CASE_DAYS * sizeof(WorkOwnDay));
	while (day < CASE_DAYS)
	{
		WorkDays	days = {day, day + RandomBelow(4)};

		if (Chance(25))
			twin->calendar.holidays[twin->calendar.holiday_count++] = days;
		else if (Chance(25))
			twin->calendar.work_days[twin->calendar.work_day_count++] = days;
		day = days.last + 2;
	}
	for (day = 0; day < CASE_DAYS; day += RandomBetween(1, 20))
	{
		WorkOwnDay *own = &twin->calendar.own_days[twin->calendar.own_day_count++];

		own->day = day;
		Note("    day %d:", day);
		own->hours = RandomHours(nights);
		Note("\n");
	}
	twin->zone.read = ReadNothing;
	twin->zone.known_until = PG_INT64_MAX;
	twin->zone.spans = twin->spans;
	twin->spans[0].starts = PG_INT64_MIN;
	do
	{
		twin->spans[twin->zone.count++].offset = RandomBetween(-56, 56) * 15 * MINUTE;
		at += RandomBetween(3 * WORK_DAY_MINUTES, 14 * WORK_DAY_MINUTES) * MINUTE;
		if (twin->zone.count < MOST_SPANS)
			twin->spans[twin->zone.count].starts = at;
	} while (twin->zone.count < MOST_SPANS && Chance(60));
	for (int i = 1; i < twin->zone.count; i++)
		if (Chance(70))			/* mostly an hour, either way */
			twin->spans[i].offset = twin->spans[i - 1].offset + (Chance(50) ? 60 : -60) * MINUTE;
	for (int i = 0; i < twin->zone.count; i++)
		Note("    from minute " INT64_FORMAT " on clocks are " INT64_FORMAT " minutes ahead\n",
			 twin->spans[i].starts / MINUTE, twin->spans[i].offset / MINUTE);
}

/* What clocks show. */
static int64
Clock(const Twin *twin, int64 at)
{
	int			span = 0;

	while (span + 1 < twin->zone.count && twin->spans[span + 1].starts <= at)
		span++;
	return at + twin->spans[span].offset;
}

static bool
InRanges(const WorkDays *days, int count, int64 day)
{
	for (int i = 0; i < count; i++)
		if (days[i].first <= day && day <= days[i].last)
			return true;
	return false;
}

static const WorkHours *
HoursOn(const Twin *twin, int64 day)
{
	const WorkCalendar *calendar = &twin->calendar;
	static const WorkHours none = {0, NULL};

	for (int i = 0; i < calendar->own_day_count; i++)
		if (calendar->own_days[i].day == day)
			return &calendar->own_days[i].hours;
	if (InRanges(calendar->work_days, calendar->work_day_count, day))
	{
		for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
			if (calendar->week[i].count > 0)
				return &calendar->week[i];
		return &none;
	}
	if (InRanges(calendar->holidays, calendar->holiday_count, day))
		return &none;
	return &calendar->week[(day + 70005) % 7];	/* 2000-01-01 was a Saturday */
}

/* Is a local time inside a window that starts on a day? */
static bool
OpenOn(const Twin *twin, int64 day, int64 local)
{
	const WorkHours *hours = HoursOn(twin, day);

	for (int i = 0; i < hours->count; i++)
		if (day * DAY + hours->windows[i].starts * MINUTE <= local &&
			local < day * DAY + hours->windows[i].ends * MINUTE)
			return true;
	return false;
}

static bool
OpenAt(const Twin *twin, int64 at)
{
	int64		local = Clock(twin, at);
	int64		day = (local + 100 * DAY) / DAY - 100;

	return OpenOn(twin, day, local) || OpenOn(twin, day - 1, local);
}

void
WorkCase(void)
{
	Twin	   *twin = palloc(sizeof(Twin));
	WorkPlan	plan;
	int64		from;
	int64		until;
	int64		work = 0;
	int64		target;
	int64		due;
	int64		found;
	int			weekday;
	int32		day;
	int			days = 0;

	RandomTwin(twin);
	WorkPlanInit(&plan, &twin->calendar);
	plan.zone = twin->zone;
	if (WorkPlanOverlap(&plan, &weekday, &day))
		return;					/* its definition would be refused */

	from = (int64) RandomBelow((CASE_DAYS - 2) * WORK_DAY_MINUTES) * MINUTE;
	if (twin->zone.count > 1 && Chance(50))
		from = twin->spans[1].starts + RandomBetween(-180, 180) * MINUTE;
	until = from + (int64) RandomBelow(Chance(50) ? 300 : 14 * WORK_DAY_MINUTES) * MINUTE;
	for (int64 at = from; at < until; at += MINUTE)
		work += OpenAt(twin, at) ? MINUTE : 0;
	found = WorkPlanTotal(&plan, until) - WorkPlanTotal(&plan, from);
	EXPECT(found == work, "from minute " INT64_FORMAT " to " INT64_FORMAT ": " INT64_FORMAT
		   " seconds, not " INT64_FORMAT, from / MINUTE, until / MINUTE, found / USECS_PER_SEC,
		   work / USECS_PER_SEC);
	EXPECT(WorkPlanIsOpen(&plan, from) == OpenAt(twin, from), "open at " INT64_FORMAT, from);

	/* a due time, to the second; the work just counted often ends with a window */
	target = work > 0 && Chance(50) ? work : (1 + RandomBelow(20 * 3600)) * USECS_PER_SEC;
	due = from;
	for (int64 left = target; left > 0 && due < from + 90 * DAY; due += MINUTE)
		if (OpenAt(twin, due))
		{
			if (left <= MINUTE)
			{
				due += left;
				break;
			}
			left -= MINUTE;
		}
	if (due < from + 90 * DAY)
	{
		EXPECT(WorkPlanUntil(&plan, from, target, from + 365 * DAY, &found), "no due time");
		EXPECT(found == due, "due after " INT64_FORMAT " s from " INT64_FORMAT ": second "
			   INT64_FORMAT ", not " INT64_FORMAT, target / USECS_PER_SEC, from / USECS_PER_SEC,
			   found / USECS_PER_SEC, due / USECS_PER_SEC);
	}

	/* days, and the true length of one */
	for (int64 d = 3; d < 3 + (from / DAY); d++)
		days += HoursOn(twin, d)->count > 0;
	EXPECT(WorkPlanDays(&plan, 3 + from / DAY) - WorkPlanDays(&plan, 3) == days, "days");
	day = RandomBelow(CASE_DAYS);
	work = 0;
	for (int64 at = (day - 1) * DAY; at < (day + 4) * DAY; at += MINUTE)
		work += OpenOn(twin, day, Clock(twin, at)) ? MINUTE : 0;
	found = WorkPlanDayTotal(&plan, day);
	EXPECT(found == work, "day %d has " INT64_FORMAT " minutes, not " INT64_FORMAT, day,
		   found / MINUTE, work / MINUTE);
}

/* Local times, to the minute. */
void
ZoneCase(void)
{
	Twin	   *twin = palloc(sizeof(Twin));
	int64		local;
	int64		first = PG_INT64_MIN;
	int64		last = PG_INT64_MIN;
	int64		after = PG_INT64_MIN;

	RandomTwin(twin);
	local = (int64) RandomBelow(CASE_DAYS * WORK_DAY_MINUTES) * MINUTE;
	if (twin->zone.count > 1 && Chance(70))
		local = Clock(twin, twin->spans[1].starts) + RandomBetween(-90, 90) * MINUTE;
	for (int64 at = local - 2 * DAY; at < local + 2 * DAY; at += MINUTE)
	{
		if (first == PG_INT64_MIN && Clock(twin, at) >= local)
			first = at;
		if (Clock(twin, at) == local)
			last = at;
		if (after == PG_INT64_MIN && Clock(twin, at) > local)
			after = at;
	}
	EXPECT(ZoneFirstTime(&twin->zone, local) == first, "first time of minute " INT64_FORMAT,
		   local / MINUTE);
	if (last == PG_INT64_MIN)	/* skipped: by the clocks of before */
		last = local - (Clock(twin, after - MINUTE) - (after - MINUTE));
	EXPECT(ZoneTime(&twin->zone, local) == last, "time of minute " INT64_FORMAT ": "
		   INT64_FORMAT ", not " INT64_FORMAT, local / MINUTE,
		   ZoneTime(&twin->zone, local) / MINUTE, last / MINUTE);
}
