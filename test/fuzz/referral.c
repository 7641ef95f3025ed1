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
Passes(const ReferralMembers *members, int from, int whom, int *end, int *steps)
{
	bool		passes = false;
	int			at = from;

	for (*steps = 0; members->referrer[at] >= 0 && *steps <= members->count; (*steps)++)
	{
		at = members->referrer[at];
		passes |= at == whom;
	}
	*end = *steps > members->count ? -3 : members->referrer[at] == REFERRAL_NOBODY ? at : REFERRAL_STRANGER;
	return passes;
}

static void
ReferralCheckGeneration(const ReferralMembers *members, int g, int as_of, int within,
						const ReferralGeneration *generation)
{
	ReferralSums all = {0};
	ReferralSums mature = {0};
	int			days[MOST_MEMBERS];
	int			known = 0;
	double		median = NAN;

	for (int i = 0; i < members->count; i++)
	{
		int			children = 0;
		int			soon = 0;

		if (members->generation[i] != g)
			continue;
		for (int k = 0; k < members->count; k++)
		{
			if (members->referrer[k] != i)
				continue;
			children++;
			if (members->joined_on[k] == REFERRAL_NO_DAY || members->joined_on[i] == REFERRAL_NO_DAY ||
				members->joined_on[k] < members->joined_on[i])
				continue;
			days[known++] = members->joined_on[k] - members->joined_on[i];
			soon += days[known - 1] <= within;
		}
		all.members++;
		all.referrers += children > 0;
		all.children += children;
		all.squares += children * children;
		if (within < 0 || members->joined_on[i] == REFERRAL_NO_DAY || members->joined_on[i] + within > as_of)
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

		for (int i = 0; i < members->count; i++)
			if (members->generation[i] == g)
				scatter += (members->children[i] - mean) * (members->children[i] - mean);
		scatter = 1.959963984540054 * sqrt(scatter / (all.members - 1) / all.members);
		EXPECT(fabs(rate.high - mean - scatter) < 1e-9 && fabs(rate.low - Max(0.0, mean - scatter)) < 1e-9,
			   "k of generation %d lies from %g to %g", g, rate.low, rate.high);
	}
}

void
ReferralCase(void)
{
	int			count = RandomBetween(1, MOST_MEMBERS);
	ReferralMembers members = {.count = count};
	ReferralGeneration generations[MOST_MEMBERS];
	int32		counts[MOST_MEMBERS];
	int			as_of = RandomBetween(20, 60);
	int			within = RandomBetween(-1, 20);
	int			far = RandomBetween(1, count);
	int			grown = 0;
	int			generation_count;

	members.referrer = palloc(count * sizeof(int32));
	members.joined_on = palloc(count * sizeof(int32));
	members.two_referrers = palloc(count);
	members.problem = palloc(count);
	members.generation = palloc(count * sizeof(int32));
	members.seed = palloc(count * sizeof(int32));
	members.days = palloc(count * sizeof(int32));
	members.children = palloc(count * sizeof(int32));
	members.descendants = palloc(count * sizeof(int32));
	members.order = palloc(count * sizeof(int32));
	for (int i = 0; i < count; i++)
	{
		int			back = RandomBelow(far);

		members.referrer[i] = Chance(15) ? REFERRAL_NOBODY : Chance(5) ? REFERRAL_STRANGER :
			Chance(30) ? RandomBelow(count) : Max(0, i - back);
		members.joined_on[i] = Chance(5) ? REFERRAL_NO_DAY : i + RandomBelow(20);
		members.two_referrers[i] = Chance(10);
		Note("%d: referrer %d, day %d\n", i, members.referrer[i], members.joined_on[i]);
	}
	ReferralGrow(&members);
	for (int i = 0; i < count; i++)
	{
		ReferralProblem problem = REFERRAL_FINE;
		int			referrer = members.referrer[i];
		int			end;
		int			steps;
		bool		ring = Passes(&members, i, i, &end, &steps);
		int			children = 0;
		int			descendants = 0;
		int			days = -1;

		if (referrer == i)
			problem = REFERRAL_SELF;
		else if (ring)
			problem = REFERRAL_LOOP;
		else if (referrer == REFERRAL_STRANGER)
			problem = REFERRAL_ORPHAN;
		else if (end < 0)
			problem = REFERRAL_UNDER;
		else if (members.two_referrers[i])
			problem = REFERRAL_TWO_REFERRERS;
		if (end < 0)
		{
			EXPECT(members.problem[i] == problem && members.generation[i] == -1, "%d has problem %d, generation %d",
				   i, members.problem[i], members.generation[i]);
			continue;
		}
		grown++;
		if (referrer >= 0 && members.joined_on[i] != REFERRAL_NO_DAY &&
			members.joined_on[referrer] != REFERRAL_NO_DAY)
		{
			days = members.joined_on[i] - members.joined_on[referrer];
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

			children += members.referrer[k] == i;
			descendants += k != i && Passes(&members, k, i, &other_end, &other_steps);
		}
		EXPECT(members.problem[i] == problem && members.seed[i] == end && members.generation[i] == steps &&
			   members.days[i] == days, "%d has problem %d, seed %d, generation %d, days %d",
			   i, members.problem[i], members.seed[i], members.generation[i], members.days[i]);
		EXPECT(members.children[i] == children && members.descendants[i] == descendants,
			   "%d has %d children, %d below", i, members.children[i], members.descendants[i]);
	}
	EXPECT(members.grown == grown, "%d have a tree, not %d", members.grown, grown);
	for (int i = 1; i < grown; i++)
		EXPECT(members.generation[members.order[i - 1]] <= members.generation[members.order[i]], "the order is another");
	generation_count = ReferralCount(&members, as_of, within, counts, generations);
	EXPECT(generation_count == (grown > 0 ? members.generation[members.order[grown - 1]] + 1 : 0),
		   "there are %d generations", generation_count);
	for (int g = 0; g < generation_count; g++)
		ReferralCheckGeneration(&members, g, as_of, within, &generations[g]);
}
