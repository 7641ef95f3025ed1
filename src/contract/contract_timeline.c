/*
 * contract_timeline.c
 *		A customer's total from change to change, and its movements from period to
 *		period: work in proportion to changes, not to days or periods.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "contract/contract_timeline.h"

#define ST_SORT SortChanges
#define ST_ELEMENT_TYPE uint64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * A change as one number, to be sorted by day: the day, made positive, above the
 * contract's index and whether it ends.
 */
#define CHANGE(day, index, ends) \
	(((uint64) ((uint32) (day) ^ 0x80000000U) << 32) | (uint64) (index) << 1 | (ends))
#define CHANGE_DAY(change)	((DateADT) ((uint32) ((change) >> 32) ^ 0x80000000U))
#define CHANGE_INDEX(change) ((uint32) (change) >> 1)
#define CHANGE_ENDS(change) ((change) & 1)

/*
 * The total of these contracts, in the current context. All amounts show the
 * most decimals that any of them has.
 */
Timeline
TimelineBuild(const Contract *contracts, int count)
{
	Timeline	timeline;
	uint64	   *changes = palloc_extended(Max(count, 1) * 2 * sizeof(uint64), MCXT_ALLOC_HUGE);
	int			n = 0;
	TimelinePoint now;

	memset(&now, 0, sizeof(now));
	now.day = DATEVAL_NOBEGIN;
	for (int i = 0; i < count; i++)
	{
		changes[n++] = CHANGE(contracts[i].starts, i, 0);
		if (contracts[i].ends != DATEVAL_NOEND)
			changes[n++] = CHANGE(contracts[i].ends, i, 1);
		if (contracts[i].mrr.wide == NULL)
		{
			now.total.fixed.groups = Max(now.total.fixed.groups, contracts[i].mrr.fixed.groups);
			now.total.fixed.scale = Max(now.total.fixed.scale, contracts[i].mrr.fixed.scale);
		}
	}
	SortChanges(changes, n);

	timeline.before = now;
	timeline.points = palloc_extended(Max(n, 1) * sizeof(TimelinePoint), MCXT_ALLOC_HUGE);
	timeline.count = 0;
	for (int i = 0; i < n; i++)
	{
		const Contract *contract = &contracts[CHANGE_INDEX(changes[i])];

		CHECK_FOR_INTERRUPTS();
		now.day = CHANGE_DAY(changes[i]);
		if (CHANGE_ENDS(changes[i]))
			MoneySubtract(&now.total, &contract->mrr);
		else
			MoneyAdd(&now.total, &contract->mrr);
		if (i + 1 == n || CHANGE_DAY(changes[i + 1]) != now.day)
			timeline.points[timeline.count++] = now;
	}
	return timeline;
}

/* How many points lie on a day or before it. */
static int
PointsUntil(const Timeline *timeline, int64 day)
{
	int			low = 0;
	int			high = timeline->count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (timeline->points[middle].day <= day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What holds on a day. */
const TimelinePoint *
TimelineOn(const Timeline *timeline, DateADT day)
{
	int			points = PointsUntil(timeline, day);

	return points > 0 ? &timeline->points[points - 1] : &timeline->before;
}

const char *
MovementName(MovementKind kind)
{
	static const char *const names[] = {
		"new", "expansion", "reactivation", "contraction", "churn"
	};

	return names[kind];
}

/*
 * The movements of a span's periods, sparse and rising: each period's reading
 * against the one before. A return is a reactivation when the total was above 0
 * on any day up to the reading before it, also between two readings.
 */
Movement *
TimelineMovements(const Timeline *timeline, const PeriodSpan *span, int *count)
{
	int			at = PointsUntil(timeline, (int64) PeriodReadingDay(span, -1));
	Movement   *movements = palloc_extended(Max(timeline->count - at, 1) * sizeof(Movement),
											MCXT_ALLOC_HUGE);
	const TimelinePoint *before = at > 0 ? &timeline->points[at - 1] : &timeline->before;
	bool		known = false;	/* a customer with MRR before */
	int			found = 0;

	for (int i = 0; i < at && !known; i++)
		known = MoneySign(&timeline->points[i].total) > 0;
	while (at < timeline->count && timeline->points[at].day < span->until_date && span->count > 0)
	{
		int			period = (int) (PeriodOf(span->grain, timeline->points[at].day) - span->first);
		DateADT		reading = PeriodReadingDay(span, period);
		Movement   *movement = &movements[found];
		const TimelinePoint *after;
		bool		seen = known;
		int			change;

		for (; at < timeline->count && timeline->points[at].day <= reading; at++)
		{
			CHECK_FOR_INTERRUPTS();
			seen = seen || MoneySign(&timeline->points[at].total) > 0;
		}
		after = &timeline->points[at - 1];
		change = MoneyCompare(&after->total, &before->total);
		if (change != 0)
		{
			bool		from_zero = MoneySign(&before->total) == 0;
			bool		to_zero = MoneySign(&after->total) == 0;

			movement->period = period;
			movement->before = before->total;
			movement->after = after->total;
			movement->amount = change > 0 ? after->total : before->total;
			MoneySubtract(&movement->amount, change > 0 ? &before->total : &after->total);
			if (from_zero)
				movement->kind = known ? MOVEMENT_REACTIVATION : MOVEMENT_NEW;
			else if (to_zero)
				movement->kind = MOVEMENT_CHURN;
			else
				movement->kind = change > 0 ? MOVEMENT_EXPANSION : MOVEMENT_CONTRACTION;
			found++;
		}
		before = after;
		known = seen;
	}
	*count = found;
	return movements;
}
