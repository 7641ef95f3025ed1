/*
 * journey_cut.c
 *		Journeys of one customer: see journey_cut.h.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "attribution/journey_cut.h"
#include "base/bytes.h"
#include "base/check.h"

/* The amount of a win, which is not negative; a state is aligned for 64 bits only. */
void
JourneyAmount(const JourneyRow *row, uint128 *amount)
{
	*amount = 0;
	if (row->length == sizeof(*amount))
		memcpy(amount, row->data, sizeof(*amount));
}

/*
 * By time; at one instant touches by name, then wins, the largest amount first, then
 * losses: of two ends the win gets the touches. Amounts that are equal differ in the
 * digits to show.
 */
int
CompareJourneyRows(const JourneyRow *left, const JourneyRow *right)
{
	uint128 a;
	uint128 b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->kind == JOURNEY_TOUCH)
		return BytesCompare(left->data, left->length, right->data, right->length);
	if (left->kind == JOURNEY_LOST)
		return 0;
	JourneyAmount(left, &a);
	JourneyAmount(right, &b);
	if (left->groups == right->groups && a != b)
		return a > b ? -1 : 1;
	if (left->groups != right->groups)
	{
		/* in the finer units; what does not fit there is the larger one */
		const JourneyRow *coarse = left->groups < right->groups ? left : right;
		uint128 *scaled = coarse == left ? &a : &b;
		int			sign = coarse == left ? -1 : 1;

		for (int i = abs(left->groups - right->groups); i > 0; i--)
			if (__builtin_mul_overflow(*scaled, (uint128) 10000, scaled))
				return sign;
		if (a != b)
			return a > b ? -1 : 1;
	}
	if (left->groups != right->groups)
		return left->groups < right->groups ? -1 : 1;
	return (left->scale > right->scale) - (left->scale < right->scale);
}

static inline bool
SameChannel(const JourneyRow *left, const JourneyRow *right)
{
	return BytesEqual(left->data, left->length, right->data, right->length);
}

/* Leaves out touches of a channel that stands before, as the definition says; returns how many are left. */
static int
DropRepeats(JourneyRepeats repeats, const JourneyRow **touches, int count)
{
	int			kept = 0;

	if (repeats == REPEATS_KEEP)
		return count;
	for (int i = 0; i < count; i++)
	{
		bool		is_repeat = false;
		int			first = repeats == REPEATS_ONCE ? 0 : Max(kept - 1, 0);

		CHECK_FOR_INTERRUPTS();
		for (int j = kept - 1; j >= first && !is_repeat; j--)
			is_repeat = SameChannel(touches[j], touches[i]);
		if (!is_repeat)
			touches[kept++] = touches[i];
	}
	return kept;
}

/*
 * Fills a journey's touches: of the rows from first to before end those that are
 * touches, and not older than the lookback at the time ends_at.
 */
static void
TakeTouches(const JourneyRule *rule, const JourneyRow *const *rows, int first, int end,
			int64 ends_at, const JourneyRow **touches, Journey *journey)
{
	int			count = 0;

	for (int i = first; i < end; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (rows[i]->kind == JOURNEY_TOUCH &&
			(!rule->lookback.limited || FunnelWindowEnd(&rule->lookback, rows[i]->at) >= ends_at))
			touches[count++] = rows[i];
	}
	count = DropRepeats(rule->repeats, touches, count);
	journey->touch = touches;
	journey->touches = count;
	journey->has_began = count > 0;
	journey->began_at = count > 0 ? touches[0]->at : ends_at;
}

/*
 * What the definition's window makes of a journey: it counts once its window is
 * over, and is won where the win lies inside.
 */
static void
ApplyWithin(const JourneyRule *rule, Journey *journey, int64 known_until)
{
	int64		window_end;

	if (!rule->within.limited)
		return;
	window_end = FunnelWindowEnd(&rule->within, journey->began_at);
	if (window_end > known_until)
		journey->is_young = true;
	else if (journey->outcome == OUTCOME_OPEN)
	{
		journey->outcome = OUTCOME_LOST;
		journey->ended_at = window_end;
	}
	else if (journey->outcome == OUTCOME_WON && journey->ended_at > window_end)
		journey->outcome = OUTCOME_LOST;
}

/*
 * Cuts a customer's rows, sorted and none later than known_until (a day's last
 * microsecond), into journeys and visits each. touches: room for `count`.
 */
void
JourneyCut(const JourneyRule *rule, const JourneyRow *const *rows, int count, int64 known_until,
		   const JourneyRow **touches, JourneyVisit visit, void *context)
{
	int			first = 0;		/* the first row after the last end */
	int			last_touch = -1;

	for (int i = 0; i < count; i++)
	{
		Journey		journey = {0};

		if (rows[i]->kind == JOURNEY_TOUCH)
		{
			last_touch = i;
			continue;
		}
		journey.outcome = rows[i]->kind == JOURNEY_WON ? OUTCOME_WON : OUTCOME_LOST;
		journey.ended_at = rows[i]->at;
		journey.end = rows[i];
		TakeTouches(rule, rows, rule->reuse ? 0 : first, i, rows[i]->at, touches, &journey);
		ApplyWithin(rule, &journey, known_until);
		visit(&journey, context);
		first = i + 1;
	}
	if (last_touch >= first)
	{
		Journey		journey = {0};
		int64		ends_at = known_until;

		journey.outcome = OUTCOME_OPEN;
		if (rule->idle.limited)
		{
			int64		idle_end = FunnelWindowEnd(&rule->idle, rows[last_touch]->at);

			if (idle_end <= known_until)
			{
				journey.outcome = OUTCOME_LOST;
				journey.ended_at = ends_at = idle_end;
			}
		}
		TakeTouches(rule, rows, first, count, ends_at, touches, &journey);
		/* an open one all of whose touches are too old to count is none */
		if (journey.outcome == OUTCOME_OPEN && journey.touches == 0)
			return;
		ApplyWithin(rule, &journey, known_until);
		visit(&journey, context);
	}
}

/* ------------------------------------------------------------------------- */

bool
JourneyIsDirect(const JourneyRule *rule, const char *name, int length)
{
	for (int i = 0; i < rule->direct_count; i++)
		if (BytesEqual(rule->direct[i].bytes, rule->direct[i].length, name, length))
			return true;
	return false;
}

/*
 * What the first touch, each in the middle and the last get by position: with one
 * touch all (first and last are the same, and both are to be added), with two the
 * two shares scaled to 1, halves where both are 0.
 */
void
PositionShares(const JourneyRule *rule, int touches, double *first, double *middle, double *last)
{
	double		both = rule->first_share + rule->last_share;

	*middle = 0;
	if (touches == 1)
	{
		*first = 1;
		*last = 0;
	}
	else if (touches == 2)
	{
		*first = both > 0 ? rule->first_share / both : 0.5;
		*last = both > 0 ? rule->last_share / both : 0.5;
	}
	else
	{
		*first = rule->first_share;
		*last = rule->last_share;
		*middle = Max(0.0, 1 - both) / (touches - 2);
	}
}

/*
 * Shares of 2^(-days before the end / half-life), which sum to 1. They are taken
 * relative to the last touch, so that none underflows to nothing for all.
 */
void
DecayShares(const JourneyRule *rule, const Journey *journey, double *shares)
{
	int64		last = journey->touch[journey->touches - 1]->at;
	double		sum = 0;

	for (int i = 0; i < journey->touches; i++)
	{
		shares[i] = exp2(-TimeSpanDays(journey->touch[i]->at, last) / rule->half_life);
		sum += shares[i];
	}
	for (int i = 0; i < journey->touches; i++)
		shares[i] /= sum;
}

/* What each rule gives each touch of a won journey; decay: room for as many numbers. */
void
JourneyShares(const JourneyRule *rule, const Journey *journey, TouchShares *shares, double *decay)
{
	int			count = journey->touches;
	int			non_direct = count - 1;
	double		first;
	double		middle;
	double		last;

	if (count == 0)
		return;
	while (non_direct >= 0 && JourneyIsDirect(rule, journey->touch[non_direct]->data,
											  journey->touch[non_direct]->length))
		non_direct--;
	if (non_direct < 0)
		non_direct = count - 1;
	PositionShares(rule, count, &first, &middle, &last);
	if (rule->half_life > 0)
		DecayShares(rule, journey, decay);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		shares[i].first = i == 0;
		shares[i].last = i == count - 1;
		shares[i].last_non_direct = i == non_direct;
		shares[i].linear = 1.0 / count;
		shares[i].position = i == 0 ? first : i == count - 1 ? last : middle;
		shares[i].time_decay = rule->half_life > 0 ? decay[i] : 0;
	}
}
