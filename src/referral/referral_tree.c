/*
 * referral_tree.c
 *		Trees of members: see referral_tree.h.
 *
 * Each member has one referrer at most, so that following referrers upwards meets
 * every member once: it ends at a seed, at a stranger, in a circle, or at a member
 * whose end is known already.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "referral/referral_tree.h"

#define NORMAL_QUANTILE_975 1.959963984540054

/* In place of a generation while it is being found. */
#define NOT_SEEN	(-2)
#define ON_PATH		(-3)

static bool
HasTree(const ReferralMember *member)
{
	return member->generation >= 0;
}

static void
TakeAway(ReferralMember *member, ReferralProblem problem)
{
	member->generation = -1;
	member->seed = -1;
	member->problem = problem;
}

/*
 * Follows referrers from a member that was not seen until one that was, or none;
 * returns that one, or what stands in its place. path: room for all members.
 */
static int32
Follow(ReferralMember *members, int32 from, int32 *path, int *length)
{
	int32		at = from;

	*length = 0;
	while (at >= 0 && members[at].generation == NOT_SEEN)
	{
		CHECK_FOR_INTERRUPTS();
		members[at].generation = ON_PATH;
		path[(*length)++] = at;
		at = members[at].referrer;
	}
	return at;
}

/* Gives generation and seed to all members of a path, or takes them away. */
static void
Unwind(ReferralMember *members, const int32 *path, int length, int32 end)
{
	if (end == REFERRAL_STRANGER)
		TakeAway(&members[path[--length]], REFERRAL_ORPHAN);
	else if (end == REFERRAL_NOBODY)
	{
		ReferralMember *seed = &members[path[--length]];

		seed->generation = 0;
		seed->seed = path[length];
	}
	else if (members[end].generation == ON_PATH)
	{
		ReferralProblem problem = members[end].referrer == end ? REFERRAL_SELF : REFERRAL_LOOP;
		int32		at;

		do
		{
			at = path[--length];
			TakeAway(&members[at], problem);
		} while (at != end);
	}
	while (length > 0)
	{
		ReferralMember *member = &members[path[--length]];
		const ReferralMember *referrer = &members[member->referrer];

		if (!HasTree(referrer))
			TakeAway(member, REFERRAL_UNDER);
		else
		{
			member->generation = referrer->generation + 1;
			member->seed = referrer->seed;
		}
	}
}

/* Members with a tree, by generation; returns how many. A counting sort. */
static int
SortByGeneration(const ReferralMember *members, int count, int32 *order)
{
	int32	   *starts = palloc_extended(((Size) count + 1) * sizeof(int32),
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			grown = 0;

	for (int i = 0; i < count; i++)
		if (HasTree(&members[i]))
			starts[members[i].generation + 1]++;
	for (int g = 0; g < count; g++)
	{
		grown += starts[g + 1];
		starts[g + 1] = grown;
	}
	for (int i = 0; i < count; i++)
		if (HasTree(&members[i]))
			order[starts[members[i].generation]++] = i;
	pfree(starts);
	return grown;
}

/*
 * Finds what is said in ReferralMember, in linear time. members: referrer,
 * joined_on and two_referrers are given; count at least 1. order: room for count;
 * gets the members with a tree, a referrer before those whom it brought. Returns
 * how many these are.
 */
int
ReferralGrow(ReferralMember *members, int count, int32 *order)
{
	int			grown;

	for (int i = 0; i < count; i++)
	{
		members[i].problem = members[i].two_referrers ? REFERRAL_TWO_REFERRERS : REFERRAL_FINE;
		members[i].generation = NOT_SEEN;
		members[i].days = -1;
		members[i].children = 0;
		members[i].descendants = 0;
	}
	for (int i = 0; i < count; i++)
	{
		int			length;
		int32		end = Follow(members, i, order, &length);

		if (length > 0)
			Unwind(members, order, length, end);
	}
	grown = SortByGeneration(members, count, order);
	for (int i = grown - 1; i >= 0; i--)
	{
		ReferralMember *member = &members[order[i]];
		ReferralMember *referrer;

		CHECK_FOR_INTERRUPTS();
		if (member->referrer == REFERRAL_NOBODY)
			continue;
		referrer = &members[member->referrer];
		referrer->children++;
		referrer->descendants += member->descendants + 1;
		if (member->joined_on == REFERRAL_NO_DAY || referrer->joined_on == REFERRAL_NO_DAY)
			continue;
		if (member->joined_on < referrer->joined_on)
			member->problem = REFERRAL_EARLY;
		else
			member->days = member->joined_on - referrer->joined_on;
	}
	return grown;
}

static void
SumsAdd(ReferralSums *sums, int64 children)
{
	sums->members++;
	sums->referrers += children > 0;
	sums->children += children;
	sums->squares += children * children;
}

static int
CompareDays(const void *left, const void *right)
{
	int32		one = *(const int32 *) left;
	int32		other = *(const int32 *) right;

	return (one > other) - (one < other);
}

/*
 * The generations, one after the other: what ReferralGrow found, counted. Members
 * are mature where joined_on + within_days <= as_of; within_days -1: none is.
 * counts: room for count numbers, generations for one more than the last; returns how
 * many there are.
 */
int
ReferralCount(const ReferralMember *members, int count, const int32 *order, int grown,
			  int32 as_of, int32 within_days, int32 *counts, ReferralGeneration *generations)
{
	int			last = -1;

	/* children within the days, by referrer */
	memset(counts, 0, count * sizeof(int32));
	for (int i = 0; i < grown; i++)
	{
		const ReferralMember *member = &members[order[i]];

		if (member->days >= 0 && member->days <= within_days)
			counts[member->referrer]++;
	}
	for (int i = 0; i < grown; i++)
	{
		const ReferralMember *member = &members[order[i]];

		CHECK_FOR_INTERRUPTS();
		if (member->generation > last)
		{
			last = member->generation;
			memset(&generations[last], 0, sizeof(ReferralGeneration));
			generations[last].median_days = NAN;
		}
		SumsAdd(&generations[last].all, member->children);
		if (within_days >= 0 && member->joined_on != REFERRAL_NO_DAY &&
			(int64) member->joined_on + within_days <= as_of)
			SumsAdd(&generations[last].mature, counts[order[i]]);
	}
	/* days of a generation's children: they follow it in the order */
	for (int i = 0; i < grown;)
	{
		int			generation = members[order[i]].generation;
		int			known = 0;

		for (; i < grown && members[order[i]].generation == generation; i++)
			if (members[order[i]].days >= 0)
				counts[known++] = members[order[i]].days;
		if (known == 0)
			continue;
		qsort(counts, known, sizeof(int32), CompareDays);
		generations[generation - 1].median_days =
			((double) counts[(known - 1) / 2] + counts[known / 2]) / 2;
	}
	return last + 1;
}

/*
 * Children a member, and where the mean of more such members lies, 95 %: 1.96
 * standard errors of their numbers, not below 0; one member has no interval.
 */
ReferralRate
ReferralRateOf(const ReferralSums *sums)
{
	ReferralRate rate = {NAN, NAN, NAN};
	double		n = (double) sums->members;
	double		scatter;
	double		reach;

	if (sums->members == 0)
		return rate;
	rate.k = sums->children / n;
	if (sums->members == 1)
		return rate;
	scatter = (double) ((__int128) sums->members * sums->squares -
						(__int128) sums->children * sums->children);
	reach = NORMAL_QUANTILE_975 * sqrt(scatter / n / (n - 1) / n);
	rate.low = Max(0.0, rate.k - reach);
	rate.high = rate.k + reach;
	return rate;
}
