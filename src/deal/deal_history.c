/*
 * deal_history.c
 *		One deal's history and its movements: see deal_history.h.
 *
 * A row of the log says what it changed. The rows of one instant are one change,
 * whatever their order: the furthest stage, the largest amount, the latest date.
 * What is known at any moment is then the last point before it, so that no
 * snapshots are needed.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/bytes.h"
#include "base/check.h"
#include "deal/deal_history.h"

#define FIRST_TIMED_DAY	(DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE)
#define TIMED_DAYS_END	(TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)

const char *const deal_movement_names[MOVE_KINDS] = {
	"created", "reopened", "pulled_in", "pushed_in", "increased", "decreased", "pulled_out",
	"pushed_out", "won", "lost", "removed", "later", "earlier"
};

DealKind
DealKindOf(const DealPlaces *places, int place)
{
	if (place == PLACE_NONE)
		return DEAL_UNBORN;
	if (place == PLACE_UNLISTED)
		return DEAL_REMOVED;
	if (place <= places->open)
		return DEAL_OPEN;
	return place <= places->open + places->lost ? DEAL_LOST : DEAL_WON;
}

/* The moment at which a day is over; the ends of time for days beyond all times. */
TimestampTz
DealDayEnd(ZoneSpans *zone, DateADT day)
{
	if (day < FIRST_TIMED_DAY)
		return MIN_TIMESTAMP;
	if (day >= TIMED_DAYS_END - 1)
		return END_TIMESTAMP;
	return ZoneFirstTime(zone, ((int64) day + 1) * USECS_PER_DAY);
}

/* The day of an instant in a zone. */
static DateADT
DealDayOf(ZoneSpans *zone, TimestampTz at)
{
	return (DateADT) FloorDivide(ZoneClock(zone, at), USECS_PER_DAY);
}

/* Does a name come after another at one instant: by place, unlisted ones by name? */
static bool
IsFurther(const DealChange *row, const char *stage, int length, int place)
{
	if (row->place != place)
		return row->place > place;
	return BytesCompare(row->stage, row->length, stage, length) > 0;
}

/*
 * Writes the points of sorted rows, one per instant; returns how many. points has
 * room for `count`. They point into the rows.
 */
int
DealHistoryBuild(const DealChange *rows, int count, const DealPlaces *places, DealPoint *points)
{
	int			written = 0;
	int			next;

	for (int i = 0; i < count; i = next)
	{
		DealPoint  *point = &points[written];
		const char *stage = NULL;
		int			length = -1;
		int			place = PLACE_NONE;
		struct varlena *amount = NULL;
		DateADT		close_on = DATE_UNCHANGED;

		CHECK_FOR_INTERRUPTS();
		for (next = i; next < count && rows[next].at == rows[i].at; next++)
		{
			const DealChange *row = &rows[next];

			if (row->length >= 0 && (length < 0 || IsFurther(row, stage, length, place)))
			{
				stage = row->stage;
				length = row->length;
				place = row->place;
			}
			if (row->amount != NULL && amount != NULL)
			{
				Money		left = MoneyFromNumeric(row->amount);
				Money		right = MoneyFromNumeric(amount);
				int			order = MoneyCompare(&left, &right);

				/* of equal ones that with more decimals: the last in the rows' order */
				if (order >= 0)
					amount = row->amount;
			}
			else if (row->amount != NULL)
				amount = row->amount;
			close_on = Max(close_on, row->close_on);
		}

		if (written > 0)
			*point = points[written - 1];
		else
		{
			memset(point, 0, sizeof(*point));
			point->length = -1;
			point->place = PLACE_NONE;
			point->close_on = DATE_NONE;
		}
		point->at = rows[i].at;
		if (length >= 0 && !BytesEqual(stage, length, point->stage, point->length))
		{
			DealKind	kind = DealKindOf(places, place);

			if (kind == DEAL_WON && point->kind != DEAL_WON)
				point->won_since = point->at;
			point->stage = stage;
			point->length = length;
			point->place = place;
			point->kind = kind;
			point->since = point->at;
			point->listed |= kind >= DEAL_OPEN;
		}
		if (amount != NULL)
			point->amount = amount;
		if (close_on != DATE_UNCHANGED)
			point->close_on = close_on;
		written++;
	}
	return written;
}

/* The index of the last point before a moment, -1 for none; points before `from` are. */
static int
LastBefore(const DealHistory *history, int from, TimestampTz end)
{
	int			low = from;
	int			high = history->count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (history->points[middle].at < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

/* What is known at a moment; NULL before the first row. */
const DealPoint *
DealHistoryBefore(const DealHistory *history, TimestampTz end)
{
	int			last = LastBefore(history, 0, end);

	return last < 0 ? NULL : &history->points[last];
}

static bool
WindowHolds(const DealWindow *window, DateADT day)
{
	return !window->given || (day >= window->starts && day < window->ends);
}

static bool
DatedInside(const DealPoint *point, const DealWindow *window)
{
	return !window->given || (point->close_on != DATE_NONE && WindowHolds(window, point->close_on));
}

static bool
DatedBefore(const DealPoint *point, const DealWindow *window)
{
	return point->close_on != DATE_NONE && point->close_on < window->starts;
}

/* Is the deal part of the pipeline that is asked for? point: NULL before the first row. */
bool
DealPointIn(const DealPoint *point, const DealWindow *window)
{
	return point != NULL && point->kind == DEAL_OPEN && DatedInside(point, window);
}

Money
DealPointAmount(const DealPoint *point)
{
	Money		zero = {0};

	return point == NULL || point->amount == NULL ? zero : MoneyFromNumeric(point->amount);
}

/* How a deal that is not in the pipeline at a period's start comes into it. */
static DealMovementKind
EntryOf(const DealPoint *before, const DealWindow *window)
{
	if (before == NULL || !before->listed)
		return MOVE_CREATED;
	if (before->kind != DEAL_OPEN)
		return MOVE_REOPENED;
	return DatedBefore(before, window) ? MOVE_PUSHED_IN : MOVE_PULLED_IN;
}

static DealMovementKind
ExitOf(const DealPoint *after, const DealWindow *window)
{
	switch (after->kind)
	{
		case DEAL_WON:
			return MOVE_WON;
		case DEAL_LOST:
			return MOVE_LOST;
		case DEAL_OPEN:
			return DatedBefore(after, window) ? MOVE_PULLED_OUT : MOVE_PUSHED_OUT;
		default:
			return MOVE_REMOVED;
	}
}

/*
 * The movements of one period by its two ends alone; returns how many. The deal
 * has rows in the period, so `after` is not NULL.
 */
static int
PeriodMovements(const DealPoint *before, const DealPoint *after, const DealWindow *window,
				ZoneSpans *zone, DealMovement *movements)
{
	bool		in_before = DealPointIn(before, window);
	bool		in_after = DealPointIn(after, window);
	Money		zero = {0};
	Money		amount = DealPointAmount(after);
	Money		less = zero;
	int			count = 0;

	MoneySubtract(&less, &amount);
	if (in_before)
	{
		Money		change = amount;
		Money		start = DealPointAmount(before);
		int			sign;

		MoneySubtract(&change, &start);
		sign = MoneySign(&change);
		if (sign != 0)
		{
			movements[count].kind = sign > 0 ? MOVE_INCREASED : MOVE_DECREASED;
			movements[count++].amount = change;
		}
		if (!in_after)
		{
			movements[count].kind = ExitOf(after, window);
			movements[count++].amount = less;
		}
	}
	else
	{
		bool		was_won = before != NULL && before->kind == DEAL_WON;
		bool		booked = after->kind == DEAL_WON && !was_won &&
			(!window->given || WindowHolds(window, DealDayOf(zone, after->won_since)));
		bool		came_and_went = after->kind == DEAL_LOST &&
			(before == NULL || !before->listed) && DatedInside(after, window);

		if (in_after || booked || came_and_went)
		{
			movements[count].kind = EntryOf(before, window);
			movements[count++].amount = amount;
		}
		if (booked || came_and_went)
		{
			movements[count].kind = booked ? MOVE_WON : MOVE_LOST;
			movements[count++].amount = less;
		}
	}

	if (before != NULL && before->kind == DEAL_OPEN && after->kind == DEAL_OPEN &&
		before->close_on != DATE_NONE && after->close_on != DATE_NONE &&
		before->close_on != after->close_on)
	{
		movements[count].kind = after->close_on > before->close_on ? MOVE_LATER : MOVE_EARLIER;
		movements[count++].amount = amount;
	}
	for (int i = 0; i < count; i++)
	{
		movements[i].before = before;
		movements[i].after = after;
	}
	return count;
}

/*
 * All movements of a span, by period; returns how many. movements has room for
 * MOVES_A_PERIOD times the smaller of points and periods: a period without rows has
 * none, and is not looked at.
 */
int
DealMovements(const DealHistory *history, const PeriodSpan *span, ZoneSpans *zone,
			  const DealWindow *window, DealMovement *movements)
{
	int			written = 0;
	int			at;

	if (span->count == 0)
		return 0;
	at = LastBefore(history, 0, DealDayEnd(zone, PeriodReadingDay(span, -1)));
	while (at + 1 < history->count)
	{
		const DealPoint *before = at < 0 ? NULL : &history->points[at];
		int64		period = PeriodOf(span->grain, DealDayOf(zone, history->points[at + 1].at)) -
			span->first;
		TimestampTz end = MIN_TIMESTAMP;
		int			found;

		CHECK_FOR_INTERRUPTS();
		/* where clocks are set back over midnight, a day ends at its first midnight */
		for (period = Max(period, 0); period < span->count; period++)
		{
			end = DealDayEnd(zone, PeriodReadingDay(span, (int) period));
			if (end > history->points[at + 1].at)
				break;
		}
		if (period >= span->count)
			break;
		at = LastBefore(history, at + 1, end);
		found = PeriodMovements(before, &history->points[at], window, zone, &movements[written]);
		for (int i = 0; i < found; i++)
			movements[written++].period = (int) period;
	}
	return written;
}

/*
 * Writes the visits to open stages, as known at a moment; returns how many. visits
 * has room for all points. The deal ends with the first row of the closed run that
 * its history ends with: one that was reopened has not ended there.
 */
int
DealVisits(const DealHistory *history, TimestampTz end, DealVisit *visits)
{
	const DealPoint *points = history->points;
	int			count = LastBefore(history, 0, end) + 1;
	int			written = 0;
	int			first_closed = count;
	TimestampTz ended = end;
	DealEnd		how = END_OPEN;

	while (first_closed > 0 && points[first_closed - 1].kind != DEAL_OPEN &&
		   points[first_closed - 1].kind != DEAL_UNBORN)
		first_closed--;
	if (first_closed < count)
	{
		DealKind	kind = points[count - 1].kind;

		ended = points[first_closed].at;
		how = kind == DEAL_WON ? END_WON : kind == DEAL_LOST ? END_LOST : END_REMOVED;
	}
	for (int i = 0; i < count; i++)
	{
		DealVisit  *visit;
		int			next = i + 1;

		CHECK_FOR_INTERRUPTS();
		if (points[i].kind != DEAL_OPEN || points[i].since != points[i].at)
			continue;
		while (next < count && points[next].since == points[i].since)
			next++;
		visit = &visits[written++];
		visit->place = points[i].place;
		visit->stay = DealSpan(points[i].at, next < count ? points[next].at : end);
		visit->total = DealSpan(points[i].at, ended);
		visit->end = how;
	}
	return written;
}
