/*
 * work_plan.c
 *		Working time between moments: the algorithm, on plain arrays.
 *
 * A moment is worked when clocks then show a time inside a window. So work is
 * first counted by the clock: from a fixed Monday until a local time it is that
 * of whole weeks, of the days of the running one, and of the exceptions before,
 * which are summed up once; then come the windows of the day itself. Clocks that
 * are changed skip local times or show them twice: the work between them, found
 * by the same count, is taken off or added once for each change, summed up too.
 *
 * The total until a moment thus costs a search among the exceptions and one among
 * the changes of the clocks, however long the span of a question. It never falls,
 * so that a due time is found by bisection.
 */
#include "postgres.h"

#include "common/int.h"
#include "datatype/timestamp.h"
#include "miscadmin.h"

#include "work/work_plan.h"

#define MINUTE			USECS_PER_MINUTE
#define FIRST_MONDAY	2		/* 2000-01-03 */
#define NO_MORE_DAYS	((int64) PG_INT32_MAX)

static int64
DayOf(int64 local)
{
	int64		day = local / USECS_PER_DAY;

	return local % USECS_PER_DAY < 0 ? day - 1 : day;
}

/* The whole weeks from the fixed Monday until a day, and which weekday it is. */
static int64
WeekOf(int64 day, int *weekday)
{
	int64		days = day - FIRST_MONDAY;
	int64		week = days / WORK_DAYS_PER_WEEK;

	if (days % WORK_DAYS_PER_WEEK < 0)
		week--;
	*weekday = (int) (days - week * WORK_DAYS_PER_WEEK);
	return week;
}

static int
HoursMinutes(const WorkHours *hours)
{
	int			minutes = 0;

	for (int i = 0; i < hours->count; i++)
		minutes += hours->windows[i].ends - hours->windows[i].starts;
	return minutes;
}

/* The minutes after midnight of what starts on a day; the last window alone can have some. */
static int
HoursTail(const WorkHours *hours)
{
	if (hours->count == 0)
		return 0;
	return Max(0, hours->windows[hours->count - 1].ends - WORK_DAY_MINUTES);
}

/* Adds an exception behind those before it. */
static void
ExceptionAdd(WorkPlan *plan, int32 day, WorkReason reason, const WorkHours *hours)
{
	WorkException *exception = &plan->exceptions[plan->exception_count++];
	int			weekday;
	const WorkHours *usual;

	WeekOf(day, &weekday);
	usual = &plan->week[weekday];
	exception->day = day;
	exception->reason = reason;
	exception->hours = *hours;
	exception->more_minutes = HoursMinutes(hours) - HoursMinutes(usual);
	exception->more_days = (hours->count > 0) - (usual->count > 0);
	if (exception > plan->exceptions)
	{
		exception->more_minutes += exception[-1].more_minutes;
		exception->more_days += exception[-1].more_days;
	}
	plan->longest_tail = Max(plan->longest_tail, HoursTail(hours));
}

static int64
CountDays(const WorkDays *days, int count)
{
	int64		sum = 0;

	for (int i = 0; i < count; i++)
		sum += (int64) days[i].last - days[i].first + 1;
	return sum;
}

/*
 * The plan of a calendar, all but its zone, in the current context; it keeps
 * pointers to the calendar's windows. The calendar's lists are in order and its
 * days are at most WORK_MOST_DAYS.
 */
void
WorkPlanInit(WorkPlan *plan, const WorkCalendar *calendar)
{
	static const WorkHours none = {0, NULL};
	const WorkHours *work_day = &none;
	int64		holiday;
	int64		make_up;
	int			holiday_range = 0;
	int			make_up_range = 0;
	int			own = 0;

	memset(plan, 0, sizeof(*plan));
	plan->shift_count = plan->shift_capacity = 1;
	plan->shifts = palloc0(sizeof(int64));
	plan->is_limited = calendar->is_limited;
	plan->covers = calendar->covers;
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
	{
		const WorkHours *hours = &calendar->week[i];

		plan->week[i] = *hours;
		plan->minutes_before[i + 1] = plan->minutes_before[i] + HoursMinutes(hours);
		plan->days_before[i + 1] = plan->days_before[i] + (hours->count > 0);
		plan->longest_tail = Max(plan->longest_tail, HoursTail(hours));
		/* a make-up day is like Monday, or the first weekday with work */
		if (work_day->count == 0)
			work_day = hours;
	}

	/* three lists in order become one; for a day the first that speaks */
	plan->exceptions = palloc((CountDays(calendar->holidays, calendar->holiday_count) +
							   CountDays(calendar->work_days, calendar->work_day_count) +
							   calendar->own_day_count + 1) * sizeof(WorkException));
	holiday = calendar->holiday_count > 0 ? calendar->holidays[0].first : NO_MORE_DAYS;
	make_up = calendar->work_day_count > 0 ? calendar->work_days[0].first : NO_MORE_DAYS;
	for (;;)
	{
		int64		own_day = own < calendar->own_day_count ? calendar->own_days[own].day : NO_MORE_DAYS;
		int64		day = Min(own_day, Min(make_up, holiday));

		if (day == NO_MORE_DAYS)
			break;
		if (day == own_day)
			ExceptionAdd(plan, (int32) day, WORK_OWN_HOURS, &calendar->own_days[own++].hours);
		else if (day == make_up)
			ExceptionAdd(plan, (int32) day, WORK_MAKE_UP, work_day);
		else
			ExceptionAdd(plan, (int32) day, WORK_HOLIDAY, &none);
		if (day == make_up && ++make_up > calendar->work_days[make_up_range].last)
			make_up = ++make_up_range < calendar->work_day_count ?
				calendar->work_days[make_up_range].first : NO_MORE_DAYS;
		if (day == holiday && ++holiday > calendar->holidays[holiday_range].last)
			holiday = ++holiday_range < calendar->holiday_count ?
				calendar->holidays[holiday_range].first : NO_MORE_DAYS;
	}
}

/* How many exceptions lie before a day. */
static int
ExceptionsBefore(const WorkPlan *plan, int64 day)
{
	int			low = 0;
	int			high = plan->exception_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (plan->exceptions[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The windows that start on a day; before: how many exceptions lie before it. */
static const WorkHours *
HoursOfDay(const WorkPlan *plan, int64 day, int before)
{
	int			weekday;

	if (before < plan->exception_count && plan->exceptions[before].day == day)
		return &plan->exceptions[before].hours;
	WeekOf(day, &weekday);
	return &plan->week[weekday];
}

/* The windows of the day before. */
static const WorkHours *
HoursOfDayBefore(const WorkPlan *plan, int64 day, int before)
{
	if (before > 0 && plan->exceptions[before - 1].day == day - 1)
		return &plan->exceptions[before - 1].hours;
	return HoursOfDay(plan, day - 1, before);
}

/* The windows that start on a day, and why it has these. */
const WorkHours *
WorkPlanHours(const WorkPlan *plan, int32 day, WorkReason *reason)
{
	int			before = ExceptionsBefore(plan, day);
	const WorkHours *hours = HoursOfDay(plan, day, before);

	if (before < plan->exception_count && plan->exceptions[before].day == day)
		*reason = plan->exceptions[before].reason;
	else
		*reason = hours->count > 0 ? WORK_WEEKDAY : WORK_WEEKEND;
	return hours;
}

static bool
RunsInto(const WorkHours *hours, const WorkHours *next)
{
	return next->count > 0 && HoursTail(hours) > next->windows[0].starts;
}

/*
 * Does the night of a day run into the windows of the next? Then one of the two is
 * given: the weekday that runs on, or else an exception (weekday -1).
 */
bool
WorkPlanOverlap(const WorkPlan *plan, int *weekday, int32 *day)
{
	for (*weekday = 0; *weekday < WORK_DAYS_PER_WEEK; (*weekday)++)
		if (RunsInto(&plan->week[*weekday], &plan->week[(*weekday + 1) % WORK_DAYS_PER_WEEK]))
			return true;
	*weekday = -1;
	for (int i = 0; i < plan->exception_count; i++)
	{
		const WorkException *exception = &plan->exceptions[i];

		if (RunsInto(HoursOfDayBefore(plan, exception->day, i), &exception->hours) ||
			RunsInto(&exception->hours, HoursOfDay(plan, (int64) exception->day + 1, i + 1)))
		{
			*day = exception->day;
			return true;
		}
	}
	return false;
}

/*
 * Is every day from first to last covered? If not, the nearest that is not is
 * given. No day, no question.
 */
bool
WorkPlanKnows(const WorkPlan *plan, int64 first, int64 last, int32 *unknown)
{
	if (!plan->is_limited || first > last)
		return true;
	if (first < plan->covers.first)
		*unknown = (int32) Min(last, (int64) plan->covers.first - 1);
	else if (last > plan->covers.last)
		*unknown = (int32) Max(first, (int64) plan->covers.last + 1);
	else
		return true;
	return false;
}

/*
 * The same for the days that a time from one moment until another touches. In the
 * small hours the night before counts too, where a calendar has nights.
 */
bool
WorkPlanKnowsTime(WorkPlan *plan, int64 from, int64 until, int32 *unknown)
{
	int64		local;
	int64		first;

	if (!plan->is_limited || from >= until)
		return true;
	local = ZoneClock(&plan->zone, from);
	first = DayOf(local);
	if (local - first * USECS_PER_DAY < plan->longest_tail * MINUTE)
		first--;
	return WorkPlanKnows(plan, first, DayOf(ZoneClock(&plan->zone, until - 1)), unknown);
}

/* The work days before a day, from a fixed one on. */
int64
WorkPlanDays(const WorkPlan *plan, int64 day)
{
	int			weekday;
	int64		week = WeekOf(day, &weekday);
	int			before = ExceptionsBefore(plan, day);

	return week * plan->days_before[WORK_DAYS_PER_WEEK] + plan->days_before[weekday] +
		(before > 0 ? plan->exceptions[before - 1].more_days : 0);
}

/* The work until a local time, by the clock alone, from a fixed time on. */
static int64
ClockTotal(const WorkPlan *plan, int64 local)
{
	int64		day = DayOf(local);
	int64		time = local - day * USECS_PER_DAY;
	int			weekday;
	int64		week = WeekOf(day, &weekday);
	int			before = ExceptionsBefore(plan, day);
	const WorkHours *hours = HoursOfDay(plan, day, before);
	int64		minutes = week * plan->minutes_before[WORK_DAYS_PER_WEEK] +
		plan->minutes_before[weekday] + (before > 0 ? plan->exceptions[before - 1].more_minutes : 0);
	int64		total = minutes * MINUTE;

	/* the night of the day before may not be over */
	if (time < plan->longest_tail * MINUTE)
		total -= Max(0, HoursTail(HoursOfDayBefore(plan, day, before)) * MINUTE - time);
	for (int i = 0; i < hours->count && hours->windows[i].starts * MINUTE < time; i++)
		total += Min(time, hours->windows[i].ends * MINUTE) - hours->windows[i].starts * MINUTE;
	return total;
}

/* What all changes of the clocks until a span add to the work by the clock. */
static int64
ShiftOf(WorkPlan *plan, int span)
{
	if (plan->shift_capacity <= span)
	{
		plan->shift_capacity = Max(plan->zone.count, 2 * plan->shift_capacity);
		plan->shifts = repalloc_huge(plan->shifts, plan->shift_capacity * sizeof(int64));
	}
	for (; plan->shift_count <= span; plan->shift_count++)
	{
		const ZoneSpan *now = &plan->zone.spans[plan->shift_count];

		CHECK_FOR_INTERRUPTS();
		plan->shifts[plan->shift_count] = plan->shifts[plan->shift_count - 1] +
			ClockTotal(plan, now->starts + now[-1].offset) -
			ClockTotal(plan, now->starts + now->offset);
	}
	return plan->shifts[span];
}

/* The work until a moment, from a fixed one on. */
int64
WorkPlanTotal(WorkPlan *plan, int64 at)
{
	int			span = ZoneSpanOf(&plan->zone, at);
	int64		shift = ShiftOf(plan, span);

	return ClockTotal(plan, at + plan->zone.spans[span].offset) + shift;
}

/* Is a moment worked? */
bool
WorkPlanIsOpen(WorkPlan *plan, int64 at)
{
	int64		local = ZoneClock(&plan->zone, at);

	return ClockTotal(plan, local + 1) > ClockTotal(plan, local);
}

/* The true length of the windows that start on a day. */
int64
WorkPlanDayTotal(WorkPlan *plan, int32 day)
{
	int64		midnight = (int64) day * USECS_PER_DAY;
	WorkReason	reason;
	const WorkHours *hours = WorkPlanHours(plan, day, &reason);
	int			last = ZoneSpanOf(&plan->zone, midnight + 3 * USECS_PER_DAY);
	int64		total = 0;

	for (int span = ZoneSpanOf(&plan->zone, midnight - USECS_PER_DAY); span <= last; span++)
	{
		const ZoneSpan *now = &plan->zone.spans[span];
		int64		first = span > 0 ? now->starts + now->offset : PG_INT64_MIN;
		int64		end = span < last ? ZoneSpanEnd(&plan->zone, span) + now->offset : PG_INT64_MAX;

		for (int i = 0; i < hours->count; i++)
			total += Max(0, Min(end, midnight + hours->windows[i].ends * MINUTE) -
						 Max(first, midnight + hours->windows[i].starts * MINUTE));
	}
	return total;
}

/*
 * The first local time by which the clock alone has counted so much work. It lies
 * in the days from low on, before the end of high.
 */
static int64
ClockUntil(const WorkPlan *plan, int64 work, int64 low, int64 high)
{
	int			before;
	const WorkHours *hours;
	int64		at;
	int64		tail;

	/* the last day that begins with less */
	while (low < high)
	{
		int64		middle = low + (high - low + 1) / 2;

		if (ClockTotal(plan, middle * USECS_PER_DAY) < work)
			low = middle;
		else
			high = middle - 1;
	}
	at = low * USECS_PER_DAY;
	work -= ClockTotal(plan, at);
	before = ExceptionsBefore(plan, low);
	tail = HoursTail(HoursOfDayBefore(plan, low, before)) * MINUTE;
	if (work <= tail)
		return at + work;
	work -= tail;
	hours = HoursOfDay(plan, low, before);
	for (int i = 0; i < hours->count; i++)
	{
		int64		length = (hours->windows[i].ends - hours->windows[i].starts) * MINUTE;

		if (work <= length)
			return at + hours->windows[i].starts * MINUTE + work;
		work -= length;
	}
	return at + USECS_PER_DAY;
}

/*
 * The first moment from one on by which so much work has passed, work > 0; false
 * where that is after the limit.
 */
bool
WorkPlanUntil(WorkPlan *plan, int64 from, int64 work, int64 limit, int64 *until)
{
	int64		target;
	int			low = ZoneSpanOf(&plan->zone, from);
	int			high;
	int64		local;

	if (pg_add_s64_overflow(WorkPlanTotal(plan, from), work, &target) ||
		WorkPlanTotal(plan, limit) < target)
		return false;
	/* the last span that begins with less */
	high = ZoneSpanOf(&plan->zone, limit);
	while (low < high)
	{
		int			middle = (low + high + 1) / 2;

		if (WorkPlanTotal(plan, plan->zone.spans[middle].starts) < target)
			low = middle;
		else
			high = middle - 1;
	}
	local = Max(from, plan->zone.spans[low].starts) + plan->zone.spans[low].offset;
	limit = Min(limit, ZoneSpanEnd(&plan->zone, low)) + plan->zone.spans[low].offset;
	*until = ClockUntil(plan, target - ShiftOf(plan, low), DayOf(local), DayOf(limit)) -
		plan->zone.spans[low].offset;
	return true;
}
