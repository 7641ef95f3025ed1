/*
 * adoption_space.c
 *		What customers lack that others like them have: see adoption_space.h.
 *
 * How many of an item's or trait's customers have another item does not depend on who
 * asks: a customer with the evidence that lacks the item is no more than one peer less.
 * So there is one reason for each two that stand together, and each customer picks the
 * best of those that it has the evidence for. A reason that is no better than
 * "everyone", which all have, is not kept at all.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "base/wilson.h"
#include "basket/adoption_space.h"
#include "basket/basket_pairs.h"

#define FEWER_OFFERS	"Put items into groups, ask for fewer customers, or raise min_customers."

static inline int
CompareSums(const double *left, const double *right)
{
	return *left < *right ? -1 : *left > *right;
}

#define ST_SORT SortSums
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) CompareSums(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* A reason on its way to its rank. */
typedef struct RankedReason
{
	double		low;
	int32		reason;
} RankedReason;

static inline int
CompareRanked(const RankedReason *left, const RankedReason *right)
{
	return left->low > right->low ? -1 : left->low < right->low;
}

#define ST_SORT SortRanked
#define ST_ELEMENT_TYPE RankedReason
#define ST_COMPARE(a, b) CompareRanked(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* The customers of each item, traits too. */
static BasketIndex
IndexMake(const AdoptionSet *set)
{
	int32		count = set->start[set->customers];
	int32	   *item = palloc_extended(Max(1, count) * sizeof(int32), MCXT_ALLOC_HUGE);
	BasketSet	baskets = {set->customers, set->items, set->start, item};
	BasketIndex index;

	for (int32 i = 0; i < count; i++)
		item[i] = set->adoption[i].item;
	index = BasketIndexMake(&baskets);
	pfree(item);
	return index;
}

/* The place of a name among the names, with room for "everyone" between them. */
static inline int64
EvidencePlace(int32 evidence, int32 everyone_place)
{
	return evidence == SPACE_EVERYONE ? 2 * (int64) everyone_place : 2 * (int64) evidence + 1;
}

/* Whether a reason is the better one: by the bound, ties by name. */
static inline bool
IsBetter(const SpaceReason *one, const SpaceReason *other, int32 everyone_place)
{
	if (one->low != other->low)
		return one->low > other->low;
	return EvidencePlace(one->evidence, everyone_place) <
		EvidencePlace(other->evidence, everyone_place);
}

/*
 * Reasons to offer an item, each with an item or trait of `least` or more peers, and
 * those of everyone. is_sold: items that are not traits alone. everyone: by item, the
 * place of its reason. first: by evidence, where its reasons begin.
 */
static void
FindReasons(const AdoptionSet *set, const BasketIndex *index, const bool *is_sold,
			int32 everyone_place, int64 least, AnswerList *reasons, int32 *everyone, int64 *first)
{
	ItemTally	tally = ItemTallyMake(set->items);

	for (int32 i = 0; i < set->items; i++)
	{
		SpaceReason *reason;
		int32		have = index->start[i + 1] - index->start[i];

		everyone[i] = -1;
		if (!is_sold[i] || have >= set->customers)
			continue;
		everyone[i] = (int32) reasons->count;
		reason = AnswerListAdd(reasons);
		memset(reason, 0, sizeof(SpaceReason));
		reason->evidence = SPACE_EVERYONE;
		reason->item = i;
		reason->peers = set->customers - 1;
		reason->have = have;
		reason->low = WilsonLow(have, reason->peers);
	}
	for (int32 e = 0; e < set->items; e++)
	{
		int32		peers = index->start[e + 1] - index->start[e] - 1;

		CHECK_FOR_INTERRUPTS();
		first[e] = reasons->count;
		if (peers < least)
			continue;
		for (int32 k = index->start[e]; k < index->start[e + 1]; k++)
		{
			int32		customer = index->basket[k];

			CHECK_FOR_INTERRUPTS();
			for (int32 i = set->start[customer]; i < set->start[customer + 1]; i++)
				ItemTallyAdd(&tally, set->adoption[i].item);
		}
		for (int32 k = 0; k < tally.met_count; k++)
		{
			SpaceReason reason = {.evidence = e, .item = tally.met[k], .peers = peers};

			reason.have = tally.count[reason.item];
			/* nobody with the evidence lacks an item that more than all peers have */
			if (everyone[reason.item] < 0 || reason.have > peers)
				continue;
			reason.low = WilsonLow(reason.have, peers);
			if (IsBetter(&reason, (SpaceReason *) reasons->rows + everyone[reason.item],
						 everyone_place))
				memcpy(AnswerListAdd(reasons), &reason, sizeof(SpaceReason));
		}
		ItemTallyClear(&tally);
	}
	first[set->items] = reasons->count;
	ItemTallyFree(&tally);
}

/*
 * Each customer with each item that is sold and that it lacks, and the best reason.
 * everyone_place: how many items' names come before "everyone". least: peers that an
 * item or trait needs to be a reason.
 */
AdoptionSpace
AdoptionFindSpace(const AdoptionSet *set, int32 everyone_place, int64 least)
{
	Size		item_room = set->items + 1;
	BasketIndex index = IndexMake(set);
	bool	   *is_sold = palloc_extended(item_room, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32	   *everyone = palloc_extended(item_room * sizeof(int32), MCXT_ALLOC_HUGE);
	int64	   *first = palloc_extended(item_room * sizeof(int64), MCXT_ALLOC_HUGE);
	int32	   *best = palloc_extended(item_room * sizeof(int32), MCXT_ALLOC_HUGE);
	AnswerList	list = {.row_size = sizeof(SpaceReason), .hint = FEWER_OFFERS};
	int64		sold = 0;
	int64		room;
	const SpaceReason *reasons;
	AdoptionSpace space = {0};

	for (int32 i = 0; i < set->start[set->customers]; i++)
		is_sold[set->adoption[i].item] |= set->adoption[i].is_dated;
	FindReasons(set, &index, is_sold, everyone_place, least, &list, everyone, first);
	reasons = (const SpaceReason *) list.rows;

	for (int32 i = 0; i < set->items; i++)
		sold += everyone[i] >= 0;
	room = sold * set->customers;
	for (int32 i = 0; i < set->start[set->customers]; i++)
		room -= everyone[set->adoption[i].item] >= 0;
	/* twice, because they are sorted into another list */
	if (list.count > PG_INT32_MAX ||
		list.count * sizeof(SpaceReason) + 2 * room * sizeof(SpaceOffer) > BASKET_MOST_BYTES)
		TooMuchMemory(FEWER_OFFERS);
	space.offers = palloc_extended(Max(1, room) * sizeof(SpaceOffer), MCXT_ALLOC_HUGE);
	for (int32 customer = 0; customer < set->customers && sold > 0; customer++)
	{
		CHECK_FOR_INTERRUPTS();
		memcpy(best, everyone, set->items * sizeof(int32));
		for (int32 k = set->start[customer]; k < set->start[customer + 1]; k++)
		{
			int32		evidence = set->adoption[k].item;

			for (int64 r = first[evidence]; r < first[evidence + 1]; r++)
			{
				int32	   *now = &best[reasons[r].item];

				if (IsBetter(&reasons[r], &reasons[*now], everyone_place))
					*now = (int32) r;
			}
		}
		for (int32 k = set->start[customer]; k < set->start[customer + 1]; k++)
			best[set->adoption[k].item] = -1;
		for (int32 i = 0; i < set->items; i++)
			if (best[i] >= 0)
			{
				space.offers[space.offer_count].customer = customer;
				space.offers[space.offer_count++].reason = best[i];
			}
	}
	Assert(space.offer_count == room);
	space.reasons = (SpaceReason *) list.rows;
	space.reason_count = (int32) list.count;
	space.have = palloc_extended(item_room * sizeof(int32), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < set->items; i++)
		space.have[i] = index.start[i + 1] - index.start[i];
	pfree(is_sold);
	pfree(everyone);
	pfree(first);
	pfree(best);
	pfree(index.start);
	pfree(index.basket);
	return space;
}

/* The offers by the ranks of their reasons, else as they are. */
static SpaceOffer *
SortOffers(const AdoptionSpace *space, const int32 *ranks, int32 rank_count)
{
	SpaceOffer *sorted = palloc_extended(Max(1, space->offer_count) * sizeof(SpaceOffer),
										 MCXT_ALLOC_HUGE);
	int64	   *places = palloc_extended((rank_count + 1) * sizeof(int64),
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 i = 0; i < space->offer_count; i++)
		places[ranks[space->offers[i].reason] + 1]++;
	for (int32 rank = 0; rank < rank_count; rank++)
		places[rank + 1] += places[rank];
	for (int64 i = 0; i < space->offer_count; i++)
	{
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		sorted[places[ranks[space->offers[i].reason]]++] = space->offers[i];
	}
	pfree(places);
	return sorted;
}

/* The offers by their reasons' bounds, the best first, then by customer and item. */
SpaceOffer *
AdoptionSpaceRanked(const AdoptionSpace *space)
{
	int32		count = space->reason_count;
	RankedReason *order = palloc_extended(Max(1, count) * sizeof(RankedReason), MCXT_ALLOC_HUGE);
	int32	   *ranks = palloc_extended(Max(1, count) * sizeof(int32), MCXT_ALLOC_HUGE);
	int32		rank = 0;
	SpaceOffer *sorted;

	for (int32 i = 0; i < count; i++)
	{
		order[i].low = space->reasons[i].low;
		order[i].reason = i;
	}
	SortRanked(order, count);
	for (int32 i = 0; i < count; i++)
	{
		rank += i > 0 && order[i].low != order[i - 1].low;
		ranks[order[i].reason] = rank;
	}
	sorted = SortOffers(space, ranks, count + 1);
	pfree(order);
	pfree(ranks);
	return sorted;
}

/* The offers by how many customers have the item, the most first, then the same. */
SpaceOffer *
AdoptionSpacePopular(const AdoptionSpace *space, int32 items)
{
	int32	   *order = ItemsByCount(space->have, items);
	int32	   *item_rank = palloc_extended(Max(1, items) * sizeof(int32), MCXT_ALLOC_HUGE);
	int32	   *ranks = palloc_extended(Max(1, space->reason_count) * sizeof(int32),
										MCXT_ALLOC_HUGE);
	SpaceOffer *sorted;

	for (int32 k = 0; k < items; k++)
		item_rank[order[k]] = k > 0 && space->have[order[k]] == space->have[order[k - 1]] ?
			item_rank[order[k - 1]] : k;
	for (int32 r = 0; r < space->reason_count; r++)
		ranks[r] = item_rank[space->reasons[r].item];
	sorted = SortOffers(space, ranks, items + 1);
	pfree(order);
	pfree(item_rank);
	pfree(ranks);
	return sorted;
}

/* The median, halfway between two in the middle, as percentile_cont has it. */
static double
Median(double *sums, int32 count)
{
	double		low;

	SortSums(sums, count);
	low = sums[(count - 1) / 2];
	return low + (count % 2 == 0 ? 0.5 : 0) * (sums[count / 2] - low);
}

/*
 * What those that have the item spend on it, for each reason that an offer has. One
 * evidence after the other: its customers' sums are dealt out to the items.
 */
void
AdoptionSpaceAmounts(AdoptionSpace *space, const AdoptionSet *set)
{
	BasketIndex index = IndexMake(set);
	bool	   *is_used = palloc_extended(Max(1, space->reason_count),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64	   *next = palloc_extended((set->items + 1) * sizeof(int64), MCXT_ALLOC_HUGE);
	double	   *sums = NULL;
	int64		room = 0;
	int32		end;

	for (int64 i = 0; i < space->offer_count; i++)
		is_used[space->offers[i].reason] = true;
	for (int32 i = 0; i < set->items; i++)
		next[i] = -1;
	for (int32 r = 0; r < space->reason_count; r = end)
	{
		int32		evidence = space->reasons[r].evidence;
		int32		holders;
		int64		place = 0;

		CHECK_FOR_INTERRUPTS();
		for (end = r; end < space->reason_count && space->reasons[end].evidence == evidence; end++)
			if (is_used[end])
			{
				next[space->reasons[end].item] = place;
				place += space->reasons[end].have;
			}
		if (place > room)
		{
			if (sums != NULL)
				pfree(sums);
			room = Max(place, 2 * room);
			sums = palloc_extended(room * sizeof(double), MCXT_ALLOC_HUGE);
		}
		holders = evidence == SPACE_EVERYONE ? set->customers :
			index.start[evidence + 1] - index.start[evidence];
		for (int32 k = 0; k < holders && place > 0; k++)
		{
			int32		customer = evidence == SPACE_EVERYONE ? k :
				index.basket[index.start[evidence] + k];

			CHECK_FOR_INTERRUPTS();
			for (int32 i = set->start[customer]; i < set->start[customer + 1]; i++)
			{
				const Adoption *adoption = &set->adoption[i];

				if (next[adoption->item] >= 0 && adoption->has_sum)
					sums[next[adoption->item]++] = adoption->sum;
			}
		}
		place = 0;
		for (int32 i = r; i < end; i++)
		{
			SpaceReason *reason = &space->reasons[i];
			int32		count;

			if (!is_used[i])
				continue;
			count = (int32) (next[reason->item] - place);
			reason->has_amount = count > 0;
			if (count > 0)
				reason->amount = Median(sums + place, count);
			place += reason->have;
			next[reason->item] = -1;
		}
	}
	if (sums != NULL)
		pfree(sums);
	pfree(next);
	pfree(is_used);
	pfree(index.start);
	pfree(index.basket);
}
