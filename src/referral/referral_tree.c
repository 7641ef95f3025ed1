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

#include "base/wilson.h"
#include "referral/referral_tree.h"


/* In place of a generation while it is being found. */
#define NOT_SEEN	(-2)
#define ON_PATH		(-3)

static void
TakeAway(ReferralMembers *members, int32 place, ReferralProblem problem)
{
	members->generation[place] = -1;
	members->seed[place] = -1;
	members->problem[place] = problem;
}

/*
 * Follows referrers from a member that was not seen until one that was, or none;
 * returns that one, or what stands in its place. path: room for all members.
 */
static int32
Follow(ReferralMembers *members, int32 from, int32 *path, int *length)
{
	int32		at = from;

	*length = 0;
	while (at >= 0 && members->generation[at] == NOT_SEEN)
	{
		CHECK_FOR_INTERRUPTS();
		members->generation[at] = ON_PATH;
		path[(*length)++] = at;
		at = members->referrer[at];
	}
	return at;
}

/* Gives generation and seed to all members of a path, or takes them away. */
static void
Unwind(ReferralMembers *members, const int32 *path, int length, int32 end)
{
	if (end == REFERRAL_STRANGER)
		TakeAway(members, path[--length], REFERRAL_ORPHAN);
	else if (end == REFERRAL_NOBODY)
	{
		int32		seed = path[--length];

		members->generation[seed] = 0;
		members->seed[seed] = seed;
	}
	else if (members->generation[end] == ON_PATH)
	{
		ReferralProblem problem = members->referrer[end] == end ? REFERRAL_SELF : REFERRAL_LOOP;
		int32		at;

		do
		{
			at = path[--length];
			TakeAway(members, at, problem);
		} while (at != end);
	}
	while (length > 0)
	{
		int32		at = path[--length];
		int32		referrer = members->referrer[at];

		if (members->generation[referrer] < 0)
			TakeAway(members, at, REFERRAL_UNDER);
		else
		{
			members->generation[at] = members->generation[referrer] + 1;
			members->seed[at] = members->seed[referrer];
		}
	}
}

/* Members with a tree, by generation. A counting sort. */
static void
SortByGeneration(ReferralMembers *members)
{
	int32	   *starts = palloc_extended(((Size) members->count + 1) * sizeof(int32),
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	members->grown = 0;
	for (int i = 0; i < members->count; i++)
		if (members->generation[i] >= 0)
			starts[members->generation[i] + 1]++;
	for (int g = 0; g < members->count; g++)
	{
		members->grown += starts[g + 1];
		starts[g + 1] = members->grown;
	}
	for (int i = 0; i < members->count; i++)
		if (members->generation[i] >= 0)
			members->order[starts[members->generation[i]]++] = i;
	pfree(starts);
}

/*
 * Finds what is said in ReferralMembers, in linear time. referrer, joined_on and
 * two_referrers are given; count at least 1; the other arrays have room for count.
 */
void
ReferralGrow(ReferralMembers *members)
{
	memset(members->children, 0, members->count * sizeof(int32));
	memset(members->descendants, 0, members->count * sizeof(int32));
	for (int i = 0; i < members->count; i++)
	{
		members->problem[i] = members->two_referrers[i] ? REFERRAL_TWO_REFERRERS : REFERRAL_FINE;
		members->generation[i] = NOT_SEEN;
		members->days[i] = -1;
	}
	for (int i = 0; i < members->count; i++)
	{
		int			length;
		int32		end = Follow(members, i, members->order, &length);

		if (length > 0)
			Unwind(members, members->order, length, end);
	}
	SortByGeneration(members);
	/* those whom a member brought come before it */
	for (int i = members->grown - 1; i >= 0; i--)
	{
		int32		member = members->order[i];
		int32		referrer = members->referrer[member];

		CHECK_FOR_INTERRUPTS();
		if (referrer == REFERRAL_NOBODY)
			continue;
		members->children[referrer]++;
		members->descendants[referrer] += members->descendants[member] + 1;
		if (members->joined_on[member] == REFERRAL_NO_DAY || members->joined_on[referrer] == REFERRAL_NO_DAY)
			continue;
		if (members->joined_on[member] < members->joined_on[referrer])
			members->problem[member] = REFERRAL_EARLY;
		else
			members->days[member] = members->joined_on[member] - members->joined_on[referrer];
	}
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

	CHECK_FOR_INTERRUPTS();
	return (one > other) - (one < other);
}

/*
 * The generations, one after the other: what ReferralGrow found, counted. Members
 * are mature where joined_on + within_days <= as_of; within_days -1: none is.
 * counts: room for count numbers, generations for one more than the last; returns how
 * many there are.
 */
int
ReferralCount(const ReferralMembers *members, int32 as_of, int32 within_days,
			  int32 *counts, ReferralGeneration *generations)
{
	int			last = -1;

	/* children within the days, by referrer */
	memset(counts, 0, members->count * sizeof(int32));
	for (int i = 0; i < members->count; i++)
		if (members->days[i] >= 0 && members->days[i] <= within_days)
			counts[members->referrer[i]]++;
	for (int i = 0; i < members->grown; i++)
	{
		int32		member = members->order[i];

		CHECK_FOR_INTERRUPTS();
		if (members->generation[member] > last)
		{
			last = members->generation[member];
			memset(&generations[last], 0, sizeof(ReferralGeneration));
			generations[last].median_days = NAN;
		}
		SumsAdd(&generations[last].all, members->children[member]);
		if (within_days >= 0 && members->joined_on[member] != REFERRAL_NO_DAY &&
			(int64) members->joined_on[member] + within_days <= as_of)
			SumsAdd(&generations[last].mature, counts[member]);
	}
	/* days of a generation's children: they follow it in the order */
	for (int i = 0; i < members->grown;)
	{
		int			generation = members->generation[members->order[i]];
		int			known = 0;

		for (; i < members->grown && members->generation[members->order[i]] == generation; i++)
			if (members->days[members->order[i]] >= 0)
				counts[known++] = members->days[members->order[i]];
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
