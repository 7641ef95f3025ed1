/*
 * referral.c
 *		Trees of members, each found by walking up from every member, and generations
 *		counted member by member.
 */
#include "fuzz.h"

#include <math.h>

#include "referral/referral_tree.h"

#define MOST_MEMBERS 40

static int
CompareNumbers(const void *left, const void *right)
{
	return *(const int *) left - *(const int *) right;
}

/* Whether walking up from a member passes another; and where the walk ends. */
static bool
Passes(const ReferralMember *members, int count, int from, int whom, int *end, int *steps)
{
	bool		passes = false;
	int			at = from;

	for (*steps = 0; members[at].referrer >= 0 && *steps <= count; (*steps)++)
	{
		at = members[at].referrer;
		passes |= at == whom;
	}
	*end = *steps > count ? -3 : members[at].referrer == REFERRAL_NOBODY ? at : REFERRAL_STRANGER;
	return passes;
}

static void
ReferralCheckGeneration(const ReferralMember *members, int count, int g, int as_of, int within,
						const ReferralGeneration *generation)
{
	ReferralSums all = {0};
	ReferralSums mature = {0};
	int			days[MOST_MEMBERS];
	int			known = 0;
	double		median = NAN;

	for (int i = 0; i < count; i++)
	{
		int			children = 0;
		int			soon = 0;

		if (members[i].generation != g)
			continue;
		for (int k = 0; k < count; k++)
		{
			if (members[k].referrer != i)
				continue;
			children++;
			if (members[k].joined_on == REFERRAL_NO_DAY || members[i].joined_on == REFERRAL_NO_DAY ||
				members[k].joined_on < members[i].joined_on)
				continue;
			days[known++] = members[k].joined_on - members[i].joined_on;
			soon += days[known - 1] <= within;
		}
		all.members++;
		all.referrers += children > 0;
		all.children += children;
		all.squares += children * children;
		if (within < 0 || members[i].joined_on == REFERRAL_NO_DAY || members[i].joined_on + within > as_of)
			continue;
		mature.members++;
		mature.referrers += soon > 0;
		mature.children += soon;
		mature.squares += soon * soon;
	}
	qsort(days, known, sizeof(int), CompareNumbers);
	if (known > 0)
		median = (days[(known - 1) / 2] + days[known / 2]) / 2.0;
	EXPECT(memcmp(&all, &generation->all, sizeof(all)) == 0, "generation %d counts otherwise", g);
	EXPECT(memcmp(&mature, &generation->mature, sizeof(mature)) == 0, "the mature of generation %d count otherwise", g);
	EXPECT(isnan(median) ? isnan(generation->median_days) : median == generation->median_days,
		   "the median of generation %d is %g, not %g", g, generation->median_days, median);
	if (all.members > 1)
	{
		ReferralRate rate = ReferralRateOf(&all);
		double		mean = (double) all.children / all.members;
		double		scatter = 0;

		for (int i = 0; i < count; i++)
			if (members[i].generation == g)
				scatter += (members[i].children - mean) * (members[i].children - mean);
		scatter = 1.959963984540054 * sqrt(scatter / (all.members - 1) / all.members);
		EXPECT(fabs(rate.high - mean - scatter) < 1e-9 && fabs(rate.low - Max(0.0, mean - scatter)) < 1e-9,
			   "k of generation %d lies from %g to %g", g, rate.low, rate.high);
	}
}

void
ReferralCase(void)
{
	ReferralMember members[MOST_MEMBERS];
	ReferralGeneration generations[MOST_MEMBERS];
	int32		order[MOST_MEMBERS];
	int32		counts[MOST_MEMBERS];
	int			count = RandomBetween(1, MOST_MEMBERS);
	int			as_of = RandomBetween(20, 60);
	int			within = RandomBetween(-1, 20);
	int			far = RandomBetween(1, count);
	int			grown;
	int			expected_grown = 0;
	int			generation_count;

	for (int i = 0; i < count; i++)
	{
		int			back = RandomBelow(far);

		members[i].referrer = Chance(15) ? REFERRAL_NOBODY : Chance(5) ? REFERRAL_STRANGER :
			Chance(30) ? RandomBelow(count) : Max(0, i - back);
		members[i].joined_on = Chance(5) ? REFERRAL_NO_DAY : i + RandomBelow(20);
		members[i].two_referrers = Chance(10);
		Note("%d: referrer %d, day %d\n", i, members[i].referrer, members[i].joined_on);
	}
	grown = ReferralGrow(members, count, order);
	for (int i = 0; i < count; i++)
	{
		const ReferralMember *member = &members[i];
		ReferralProblem problem = REFERRAL_FINE;
		int			end;
		int			steps;
		bool		ring = Passes(members, count, i, i, &end, &steps);
		int			children = 0;
		int			descendants = 0;
		int			days = -1;

		if (member->referrer == i)
			problem = REFERRAL_SELF;
		else if (ring)
			problem = REFERRAL_LOOP;
		else if (member->referrer == REFERRAL_STRANGER)
			problem = REFERRAL_ORPHAN;
		else if (end < 0)
			problem = REFERRAL_UNDER;
		else if (member->two_referrers)
			problem = REFERRAL_TWO_REFERRERS;
		if (end < 0)
		{
			EXPECT(member->problem == problem && member->generation == -1, "%d has problem %d, generation %d",
				   i, member->problem, member->generation);
			continue;
		}
		expected_grown++;
		if (member->referrer >= 0 && member->joined_on != REFERRAL_NO_DAY &&
			members[member->referrer].joined_on != REFERRAL_NO_DAY)
		{
			days = member->joined_on - members[member->referrer].joined_on;
			if (days < 0)
			{
				problem = REFERRAL_EARLY;
				days = -1;
			}
		}
		for (int k = 0; k < count; k++)
		{
			int			other_end;
			int			other_steps;

			children += members[k].referrer == i;
			descendants += k != i && Passes(members, count, k, i, &other_end, &other_steps);
		}
		EXPECT(member->problem == problem && member->seed == end && member->generation == steps && member->days == days,
			   "%d has problem %d, seed %d, generation %d, days %d", i, member->problem, member->seed, member->generation, member->days);
		EXPECT(member->children == children && member->descendants == descendants, "%d has %d children, %d below",
			   i, member->children, member->descendants);
	}
	EXPECT(grown == expected_grown, "%d have a tree, not %d", grown, expected_grown);
	for (int i = 1; i < grown; i++)
		EXPECT(members[order[i - 1]].generation <= members[order[i]].generation, "the order is another");
	generation_count = ReferralCount(members, count, order, grown, as_of, within, counts, generations);
	EXPECT(generation_count == (grown > 0 ? members[order[grown - 1]].generation + 1 : 0), "there are %d generations", generation_count);
	for (int g = 0; g < generation_count; g++)
		ReferralCheckGeneration(members, count, g, as_of, within, &generations[g]);
}
