/*
 * basket.c
 *		Pairs and triples in baskets, pairs and chains of first purchases, and what
 *		customers lack, each by looking at everything.
 */
#include "fuzz.h"

#include <math.h>

#include "base/wilson.h"
#include "basket/adoption_space.h"
#include "basket/basket_pairs.h"

#define MOST_BASKETS	8
#define MOST_ITEMS		6
#define NO_DAY			(-1)	/* has it not */
#define TRAIT			(-2)	/* has it, nobody knows since when */
#define MOST_STRIDE		5		/* between the numbers of two items: others nobody has */

static int	day[MOST_BASKETS][MOST_ITEMS];
static double sum[MOST_BASKETS][MOST_ITEMS];
static int	owners;
static int	items;
static int	stride;				/* between the numbers of two items */

/* Who has what, since when. */
static void
Draw(bool with_traits)
{
	int			percent = RandomBetween(10, 90);

	owners = RandomBelow(MOST_BASKETS + 1);
	items = RandomBetween(1, MOST_ITEMS);
	stride = RandomBetween(1, MOST_STRIDE);
	for (int c = 0; c < owners; c++)
	{
		Note("    %d:", c);
		for (int i = 0; i < items; i++)
		{
			day[c][i] = !Chance(percent) ? NO_DAY : with_traits && Chance(15) ? TRAIT : RandomBelow(10);
			sum[c][i] = Chance(20) ? NAN : RandomBelow(6);
			Note(" %d (%g)", day[c][i], sum[c][i]);
		}
		Note("\n");
	}
}

static bool
Has(int c, int i)
{
	return day[c][i] != NO_DAY;
}

static BasketSet
MakeBaskets(void)
{
	int32	   *start = palloc((owners + 1) * sizeof(int32));
	int32	   *item = palloc((owners * items + 1) * sizeof(int32));
	BasketSet	set = {owners, items * stride, start, item};
	int			count = 0;

	start[0] = 0;
	for (int c = 0; c < owners; c++)
	{
		for (int i = 0; i < items; i++)
			if (Has(c, i))
				item[count++] = i * stride;
		start[c + 1] = count;
	}
	return set;
}

static AdoptionSet
MakeAdoptions(void)
{
	int32	   *start = palloc((owners + 1) * sizeof(int32));
	Adoption   *adoption = palloc((owners * items + 1) * sizeof(Adoption));
	AdoptionSet set = {owners, items * stride, start, adoption};
	int			count = 0;

	start[0] = 0;
	for (int c = 0; c < owners; c++)
	{
		for (int i = 0; i < items; i++)
			if (Has(c, i))
			{
				Adoption   *one = &adoption[count++];

				one->item = i * stride;
				one->day = day[c][i];
				one->is_dated = day[c][i] != TRAIT;
				one->has_sum = one->is_dated && !isnan(sum[c][i]);
				one->sum = one->has_sum ? sum[c][i] : 0;
			}
		start[c + 1] = count;
	}
	return set;
}

void
BasketCase(void)
{
	BasketSet	set;
	BasketPair *pairs;
	BasketTriple *triples;
	int64		count;
	int64		want = 0;
	int			least = RandomBelow(4);

	Draw(false);
	set = MakeBaskets();
	pairs = BasketFindPairs(&set, least, &count);
	for (int a = 0; a < items; a++)
		for (int b = 0; b < items; b++)
		{
			int			both = 0;

			for (int c = 0; c < owners; c++)
				both += Has(c, a) && Has(c, b);
			if (a == b || both < Max(least, 1))
				continue;
			want++;
			both *= -1;
			for (int64 k = 0; k < count; k++)
				if (pairs[k].a == a * stride && pairs[k].b == b * stride)
					both += pairs[k].both;
			EXPECT(both == 0, "pair %d %d: off by %d", a, b, both);
		}
	EXPECT(count == want, "%d pairs, not %d", (int) count, (int) want);
	for (int64 k = 1; k < count; k++)
		EXPECT(pairs[k - 1].both > pairs[k].both ||
			   (pairs[k - 1].both == pairs[k].both &&
				(pairs[k - 1].a < pairs[k].a || (pairs[k - 1].a == pairs[k].a && pairs[k - 1].b < pairs[k].b))),
			   "pair %d is not in order", (int) k);

	triples = BasketFindTriples(&set, least, &count);
	want = 0;
	for (int a = 0; a < items; a++)
		for (int b = a + 1; b < items; b++)
			for (int third = 0; third < items; third++)
			{
				int			both = 0;
				int			all = 0;

				for (int c = 0; c < owners; c++)
				{
					both += Has(c, a) && Has(c, b);
					all += Has(c, a) && Has(c, b) && Has(c, third);
				}
				if (third == a || third == b || all < Max(least, 1))
					continue;
				want++;
				for (int64 k = 0; k < count; k++)
					if (triples[k].a == a * stride && triples[k].b == b * stride && triples[k].c == third * stride)
					{
						all -= triples[k].all;
						both -= triples[k].both;
					}
				EXPECT(all == 0 && both == 0, "triple %d %d %d: off by %d and %d", a, b, third, both, all);
			}
	EXPECT(count == want, "%d triples, not %d", (int) count, (int) want);
	for (int64 k = 1; k < count; k++)
		EXPECT(triples[k - 1].all >= triples[k].all, "triple %d is not in order", (int) k);
}

/* Halfway between the two in the middle, by sorting. */
static double
Median(double *values, int count)
{
	for (int i = 1; i < count; i++)
		for (int j = i; j > 0 && values[j] < values[j - 1]; j--)
		{
			double		swapped = values[j];

			values[j] = values[j - 1];
			values[j - 1] = swapped;
		}
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

void
FollowCase(void)
{
	AdoptionSet set;
	FollowPairs found;
	FollowChain *chains;
	int64		count;
	int64		want = 0;
	int			least = RandomBelow(4);
	int			within = RandomBetween(1, 6);
	int			as_of = RandomBetween(9, 14);	/* the set is of what is known */

	Draw(true);
	set = MakeAdoptions();
	found = AdoptionFindPairs(&set, as_of, within, least);
	for (int a = 0; a < items; a++)
		for (int b = 0; b < items; b++)
		{
			FollowPair	pair = {0};
			double		gaps[MOST_BASKETS];
			int			both = 0;
			int			have = 0;
			int			base_mature = 0;
			int			base_followed = 0;
			bool		is_there = false;

			if (a == b)
				continue;
			for (int c = 0; c < owners; c++)
				for (int i = 0; i < items; i++)
				{
					int			gap = day[c][b] - day[c][i];
					bool		later = day[c][b] < 0 || gap > 0;
					bool		follows = day[c][b] >= 0 && gap > 0 && gap <= within;
					bool		mature = later && day[c][i] + within <= as_of;

					if (i == b || day[c][i] < 0)
						continue;
					if (i != a)
					{
						base_mature += mature;
						base_followed += mature && follows;
						continue;
					}
					have++;
					both += day[c][b] >= 0;
					pair.before += day[c][b] >= 0 && gap < 0;
					pair.same_day += day[c][b] >= 0 && gap == 0;
					pair.mature += mature;
					pair.mature_followed += mature && follows;
					if (follows)
						gaps[pair.followed++] = gap;
				}
			if (have > 0)
				EXPECT(found.customers[a * stride] == have, "customers of %d", a);
			if (both > 0 && have >= least)
				want++;
			for (int64 k = 0; k < found.count; k++)
			{
				const FollowPair *got = &found.pairs[k];

				if (got->a != a * stride || got->b != b * stride)
					continue;
				is_there = true;
				EXPECT(got->before == pair.before && got->same_day == pair.same_day && got->followed == pair.followed &&
					   got->mature == pair.mature && got->mature_followed == pair.mature_followed,
					   "pair %d %d: %d %d %d %d %d, not %d %d %d %d %d", a, b, got->before, got->same_day, got->followed, got->mature, got->mature_followed,
					   pair.before, pair.same_day, pair.followed, pair.mature, pair.mature_followed);
				EXPECT(pair.followed == 0 || got->median_days == Median(gaps, pair.followed), "median of %d %d", a, b);
				EXPECT(found.mature[got->b] - got->mature == base_mature && found.followed[got->b] - got->mature_followed == base_followed,
					   "base of %d %d", a, b);
			}
			EXPECT(is_there == (both > 0 && have >= least), "pair %d %d: there %d", a, b, is_there);
		}
	EXPECT(found.count == want, "%d pairs, not %d", (int) found.count, (int) want);

	chains = AdoptionFindChains(&set, as_of, within, least, &count);
	want = 0;
	for (int a = 0; a < items; a++)
		for (int b = 0; b < items; b++)
			for (int third = 0; third < items; third++)
			{
				FollowChain chain = {0};
				double		gaps[MOST_BASKETS];
				bool		is_there = false;

				for (int c = 0; c < owners; c++)
				{
					bool		mature;
					int			gap = day[c][third] - day[c][b];

					if (day[c][a] < 0 || day[c][b] <= day[c][a] || day[c][b] > day[c][a] + within)
						continue;
					chain.ab++;
					mature = day[c][b] + within <= as_of && (day[c][third] < 0 || gap >= 0);
					chain.mature += mature;
					if (day[c][third] < 0 || gap <= 0 || gap > within)
						continue;
					gaps[chain.abc++] = day[c][third] - day[c][a];
					chain.mature_followed += mature;
				}
				want += chain.abc > 0 && chain.ab >= least;
				for (int64 k = 0; k < count; k++)
				{
					const FollowChain *got = &chains[k];

					if (got->a != a * stride || got->b != b * stride || got->c != third * stride)
						continue;
					is_there = true;
					EXPECT(got->ab == chain.ab && got->abc == chain.abc && got->mature == chain.mature &&
						   got->mature_followed == chain.mature_followed,
						   "chain %d %d %d: %d %d %d %d, not %d %d %d %d", a, b, third, got->ab, got->abc, got->mature, got->mature_followed,
						   chain.ab, chain.abc, chain.mature, chain.mature_followed);
					EXPECT(got->median_days == Median(gaps, chain.abc), "median of %d %d %d", a, b, third);
				}
				EXPECT(is_there == (chain.abc > 0 && chain.ab >= least), "chain %d %d %d: there %d", a, b, third, is_there);
			}
	EXPECT(count == want, "%d chains, not %d", (int) count, (int) want);
}

void
SpaceCase(void)
{
	AdoptionSet set;
	AdoptionSpace space;
	SpaceOffer *ranked;
	int			least = RandomBelow(4);
	int			place;			/* of "everyone" among the names */
	int64		want = 0;

	Draw(true);
	for (int c = 0; c < owners; c++)	/* a customer has something */
		if (Chance(90))
			day[c][RandomBelow(items)] = RandomBelow(10);
	set = MakeAdoptions();
	place = RandomBelow(items + 1);
	space = AdoptionFindSpace(&set, place * stride, least);
	AdoptionSpaceAmounts(&space, &set);
	ranked = AdoptionSpaceRanked(&space);
	for (int c = 0; c < owners; c++)
		for (int i = 0; i < items; i++)
		{
			SpaceReason best = {.evidence = -2};
			const SpaceReason *got = NULL;
			double		sums[MOST_BASKETS];
			bool		sold = false;
			int			count = 0;

			for (int o = 0; o < owners; o++)
				sold |= day[o][i] >= 0;
			if (Has(c, i) || !sold)
				continue;
			want++;
			/* by name: items before "everyone", everyone, the others */
			for (int step = 0; step <= items; step++)
			{
				int			e = step == place ? -1 : step < place ? step : step - 1;
				int			peers = 0;
				int			have = 0;

				if (e >= 0 && !Has(c, e))
					continue;
				for (int o = 0; o < owners; o++)
					if (o != c && (e < 0 || Has(o, e)))
					{
						peers++;
						have += Has(o, i);
					}
				if (peers == 0 || (e >= 0 && peers < least))
					continue;
				if (best.evidence == -2 || WilsonLow(have, peers) > best.low)
				{
					best.evidence = e;
					best.peers = peers;
					best.have = have;
					best.low = WilsonLow(have, peers);
				}
			}
			for (int64 k = 0; k < space.offer_count; k++)
				if (space.offers[k].customer == c && space.reasons[space.offers[k].reason].item == i * stride)
				{
					EXPECT(got == NULL, "offer %d %d stands twice", c, i);
					got = &space.reasons[space.offers[k].reason];
				}
			EXPECT(got != NULL, "offer %d %d is not there", c, i);
			EXPECT(got->evidence == (best.evidence < 0 ? SPACE_EVERYONE : best.evidence * stride) && got->peers == best.peers && got->have == best.have,
				   "offer %d %d: by %d, %d of %d, not by %d, %d of %d", c, i, got->evidence, got->have, got->peers, best.evidence, best.have, best.peers);
			for (int o = 0; o < owners; o++)
				if (o != c && (best.evidence < 0 || Has(o, best.evidence)) && day[o][i] >= 0 && !isnan(sum[o][i]))
					sums[count++] = sum[o][i];
			EXPECT(got->has_amount == (count > 0) && (count == 0 || got->amount == Median(sums, count)), "amount of offer %d %d", c, i);
		}
	EXPECT(space.offer_count == want, "%d offers, not %d", (int) space.offer_count, (int) want);
	for (int64 k = 1; k < space.offer_count; k++)
	{
		double		before = space.reasons[ranked[k - 1].reason].low;
		double		now = space.reasons[ranked[k].reason].low;

		EXPECT(before > now || (before == now && (ranked[k - 1].customer < ranked[k].customer ||
												  (ranked[k - 1].customer == ranked[k].customer &&
												   space.reasons[ranked[k - 1].reason].item < space.reasons[ranked[k].reason].item))),
			   "offer %d is not in order", (int) k);
	}
}
