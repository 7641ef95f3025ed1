/*
 * adoption_follow.c
 *		In which order customers come to items: see adoption_follow.h.
 *
 * As in basket_pairs.c, one item after the other is taken, and what its customers did
 * about the others is counted in arrays of one number per item.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "basket/adoption_follow.h"
#include "basket/basket_pairs.h"

#define FEWER_PAIRS	"Raise min_customers, shorten within_days, or put items into groups."

/* What the customers of an item, or of a pair, did about one other item. */
typedef struct FollowCount
{
	int32		before;
	int32		same_day;
	int32		followed;
	int32		excluded;		/* mature by time, but it came before or on the day */
	int32		mature_followed;
} FollowCount;

/* A gap on its way to its item. */
typedef struct FollowGap
{
	int32		item;
	int32		days;
} FollowGap;

/* Gaps by item: the items' own, one behind the other. */
typedef struct FollowGaps
{
	AnswerList	list;			/* of FollowGap, as they came */
	int32	   *days;			/* the same by item */
	int64		room;
	int64	   *next;			/* by item: behind its last */
} FollowGaps;

static inline int
CompareDays(const int32 *left, const int32 *right)
{
	return *left < *right ? -1 : *left > *right;
}

#define ST_SORT SortDays
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b) CompareDays(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static FollowGaps
GapsMake(int32 items)
{
	FollowGaps	gaps = {.list = {.row_size = sizeof(FollowGap), .hint = FEWER_PAIRS}};

	gaps.next = palloc_extended(Max(1, items) * sizeof(int64), MCXT_ALLOC_HUGE);
	return gaps;
}

static inline void
GapsAdd(FollowGaps *gaps, int32 item, int32 days)
{
	FollowGap  *gap = AnswerListAdd(&gaps->list);

	gap->item = item;
	gap->days = days;
}

/* Deals the gaps out to their items; counts: how many each has. */
static void
GapsDeal(FollowGaps *gaps, const ItemTally *tally, const FollowCount *counts)
{
	const FollowGap *list = (const FollowGap *) gaps->list.rows;
	int64		place = 0;

	if (gaps->list.count > gaps->room)
	{
		if (gaps->days != NULL)
			pfree(gaps->days);
		gaps->room = gaps->list.room;
		gaps->days = palloc_extended(gaps->room * sizeof(int32), MCXT_ALLOC_HUGE);
	}
	for (int32 k = 0; k < tally->met_count; k++)
	{
		gaps->next[tally->met[k]] = place;
		place += counts[tally->met[k]].followed;
	}
	for (int64 i = 0; i < gaps->list.count; i++)
		gaps->days[gaps->next[list[i].item]++] = list[i].days;
	gaps->list.count = 0;
}

/* The median of an item's gaps, halfway between two in the middle. */
static double
GapsMedian(FollowGaps *gaps, int32 item, int32 count)
{
	int32	   *days = gaps->days + gaps->next[item] - count;

	SortDays(days, count);
	return ((double) days[(count - 1) / 2] + days[count / 2]) / 2;
}

static void
GapsFree(FollowGaps *gaps)
{
	if (gaps->list.rows != NULL)
		pfree(gaps->list.rows);
	if (gaps->days != NULL)
		pfree(gaps->days);
	pfree(gaps->next);
}

/* The customers of item i stand at start[i] to start[i + 1] - 1, each with its first day. */
typedef struct AdoptionIndex
{
	int32	   *start;
	int32	   *customer;
	int32	   *day;
} AdoptionIndex;

/* Of dated adoptions alone. */
static AdoptionIndex
IndexMake(const AdoptionSet *set)
{
	int32		count = set->start[set->customers];
	AdoptionIndex index;
	int32	   *next;

	index.start = palloc_extended((set->items + 1) * sizeof(int32),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	index.customer = palloc_extended(Max(1, count) * sizeof(int32), MCXT_ALLOC_HUGE);
	index.day = palloc_extended(Max(1, count) * sizeof(int32), MCXT_ALLOC_HUGE);
	next = palloc_extended((set->items + 1) * sizeof(int32), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < count; i++)
		if (set->adoption[i].is_dated)
			index.start[set->adoption[i].item + 1]++;
	for (int32 i = 0; i < set->items; i++)
		index.start[i + 1] += index.start[i];
	memcpy(next, index.start, (set->items + 1) * sizeof(int32));
	for (int32 c = 0; c < set->customers; c++)
		for (int32 i = set->start[c]; i < set->start[c + 1]; i++)
		{
			const Adoption *adoption = &set->adoption[i];

			if (!adoption->is_dated)
				continue;
			index.customer[next[adoption->item]] = c;
			index.day[next[adoption->item]++] = adoption->day;
		}
	pfree(next);
	return index;
}

static void
IndexFree(AdoptionIndex *index)
{
	pfree(index->start);
	pfree(index->customer);
	pfree(index->day);
}

/* Counts what the customers of item a did about all others. */
static void
CountFollowers(const AdoptionSet *set, const AdoptionIndex *index, int32 a, int32 as_of,
			   int32 within_days, ItemTally *tally, FollowCount *counts, FollowGaps *gaps)
{
	for (int32 k = index->start[a]; k < index->start[a + 1]; k++)
	{
		int64		last = (int64) index->day[k] + within_days;
		bool		is_mature = last <= as_of;

		CHECK_FOR_INTERRUPTS();
		for (int32 i = set->start[index->customer[k]]; i < set->start[index->customer[k] + 1]; i++)
		{
			const Adoption *other = &set->adoption[i];
			FollowCount *count = &counts[other->item];

			if (!other->is_dated || other->item == a)
				continue;
			ItemTallyAdd(tally, other->item);
			if (other->day <= index->day[k])
			{
				if (other->day < index->day[k])
					count->before++;
				else
					count->same_day++;
				count->excluded += is_mature;
			}
			else if (other->day <= last)
			{
				count->followed++;
				count->mature_followed += is_mature;
				GapsAdd(gaps, other->item, other->day - index->day[k]);
			}
		}
	}
}

/*
 * What customers of one item did about another, for each two that a customer has,
 * where `least` or more have the first: those that most followed first, then by their
 * numbers. All adoptions lie on days up to as_of; within_days >= 1.
 */
FollowPairs
AdoptionFindPairs(const AdoptionSet *set, int32 as_of, int32 within_days, int64 least)
{
	Size		item_room = Max(1, set->items);
	AdoptionIndex index = IndexMake(set);
	ItemTally	tally = ItemTallyMake(set->items);
	FollowCount *counts = palloc_extended(item_room * sizeof(FollowCount),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	FollowGaps	gaps = GapsMake(set->items);
	AnswerList	pairs = {.row_size = sizeof(FollowPair), .hint = FEWER_PAIRS};
	int64		all_mature = 0;
	FollowPairs result = {0};

	result.customers = palloc_extended(item_room * sizeof(int32), MCXT_ALLOC_HUGE);
	result.mature = palloc_extended(item_room * sizeof(int64), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	result.followed = palloc_extended(item_room * sizeof(int64), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 a = 0; a < set->items; a++)
	{
		int32		mature = 0;

		CHECK_FOR_INTERRUPTS();
		result.customers[a] = index.start[a + 1] - index.start[a];
		for (int32 k = index.start[a]; k < index.start[a + 1]; k++)
			mature += (int64) index.day[k] + within_days <= as_of;
		all_mature += mature;
		CountFollowers(set, &index, a, as_of, within_days, &tally, counts, &gaps);
		ItemTallyKeep(&tally, 1);
		GapsDeal(&gaps, &tally, counts);
		result.mature[a] -= mature;
		for (int32 k = 0; k < tally.met_count; k++)
		{
			int32		b = tally.met[k];
			FollowCount *count = &counts[b];

			result.mature[b] -= count->excluded;
			result.followed[b] += count->mature_followed;
			if (result.customers[a] >= least)
			{
				FollowPair *pair = AnswerListAdd(&pairs);

				pair->a = a;
				pair->b = b;
				pair->before = count->before;
				pair->same_day = count->same_day;
				pair->followed = count->followed;
				pair->mature = mature - count->excluded;
				pair->mature_followed = count->mature_followed;
				pair->median_days = count->followed == 0 ? 0 :
					GapsMedian(&gaps, b, count->followed);
			}
			memset(count, 0, sizeof(FollowCount));
		}
		ItemTallyClear(&tally);
	}
	/* all first items that are old enough, less b's own and those that b came before or with */
	for (int32 b = 0; b < set->items; b++)
		result.mature[b] += all_mature;
	result.count = pairs.count;
	result.pairs = AnswersByCount(&pairs, offsetof(FollowPair, followed));
	GapsFree(&gaps);
	pfree(counts);
	ItemTallyFree(&tally);
	IndexFree(&index);
	return result;
}

/* A customer that came from a to b. */
typedef struct FollowStep
{
	int32		customer;
	int32		a_day;
	int32		b_day;
} FollowStep;

/* Which third items those customers came to. */
static void
FindThird(const AdoptionSet *set, int32 a, int32 b, const FollowStep *steps, int32 step_count,
		  int32 as_of, int32 within_days, ItemTally *tally, FollowCount *counts, FollowGaps *gaps,
		  AnswerList *chains)
{
	int32		mature = 0;

	for (int32 k = 0; k < step_count; k++)
	{
		const FollowStep *step = &steps[k];
		int64		last = (int64) step->b_day + within_days;
		bool		is_mature = last <= as_of;

		CHECK_FOR_INTERRUPTS();
		mature += is_mature;
		for (int32 i = set->start[step->customer]; i < set->start[step->customer + 1]; i++)
		{
			const Adoption *third = &set->adoption[i];
			FollowCount *count = &counts[third->item];

			if (!third->is_dated || third->day > last)
				continue;
			if (third->day == step->b_day)
				continue;			/* it did not follow, and was not there before either */
			if (third->day < step->b_day)
			{
				if (!is_mature)
					continue;
				count->excluded++;
			}
			else
			{
				count->followed++;
				count->mature_followed += is_mature;
				GapsAdd(gaps, third->item, third->day - step->a_day);
			}
			ItemTallyAdd(tally, third->item);
		}
	}
	ItemTallyKeep(tally, 1);
	GapsDeal(gaps, tally, counts);
	for (int32 k = 0; k < tally->met_count; k++)
	{
		int32		c = tally->met[k];
		FollowCount *count = &counts[c];

		if (count->followed > 0)
		{
			FollowChain *chain = AnswerListAdd(chains);

			chain->a = a;
			chain->b = b;
			chain->c = c;
			chain->ab = step_count;
			chain->abc = count->followed;
			chain->mature = mature - count->excluded;
			chain->mature_followed = count->mature_followed;
			chain->median_days = GapsMedian(gaps, c, count->followed);
		}
		memset(count, 0, sizeof(FollowCount));
	}
	ItemTallyClear(tally);
}

/*
 * Customers that came from a to b and on to c, each step within within_days, where
 * `least` or more came from a to b: those with the most first, then by the numbers.
 */
FollowChain *
AdoptionFindChains(const AdoptionSet *set, int32 as_of, int32 within_days, int64 least,
				   int64 *count)
{
	Size		item_room = Max(1, set->items);
	AdoptionIndex index = IndexMake(set);
	ItemTally	second = ItemTallyMake(set->items);
	ItemTally	third = ItemTallyMake(set->items);
	FollowCount *counts = palloc_extended(item_room * sizeof(FollowCount),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	FollowGaps	gaps = GapsMake(set->items);
	int64	   *next = palloc_extended(item_room * sizeof(int64), MCXT_ALLOC_HUGE);
	FollowStep *steps = palloc_extended(Max(1, set->start[set->customers]) * sizeof(FollowStep),
										MCXT_ALLOC_HUGE);	/* by b */
	AnswerList	chains = {.row_size = sizeof(FollowChain), .hint = FEWER_PAIRS};

	for (int32 a = 0; a < set->items; a++)
	{
		int64		place = 0;

		if (index.start[a + 1] - index.start[a] < least)
			continue;
		for (int round = 0; round < 2; round++)
		{
			/* first how many each b has, then who they are */
			for (int32 k = index.start[a]; k < index.start[a + 1]; k++)
			{
				int32		customer = index.customer[k];
				int64		last = (int64) index.day[k] + within_days;

				CHECK_FOR_INTERRUPTS();
				for (int32 i = set->start[customer]; i < set->start[customer + 1]; i++)
				{
					const Adoption *other = &set->adoption[i];

					if (!other->is_dated || other->day <= index.day[k] || other->day > last)
						continue;
					if (round == 0)
						ItemTallyAdd(&second, other->item);
					else if (second.count[other->item] > 0)
					{
						FollowStep *step = &steps[next[other->item]++];

						step->customer = customer;
						step->a_day = index.day[k];
						step->b_day = other->day;
					}
				}
			}
			if (round > 0)
				break;
			ItemTallyKeep(&second, least);
			for (int32 k = 0; k < second.met_count; k++)
			{
				next[second.met[k]] = place;
				place += second.count[second.met[k]];
			}
		}
		for (int32 k = 0; k < second.met_count; k++)
		{
			int32		b = second.met[k];
			int32		ab = second.count[b];

			FindThird(set, a, b, steps + next[b] - ab, ab, as_of, within_days, &third, counts,
					  &gaps, &chains);
		}
		ItemTallyClear(&second);
	}
	*count = chains.count;
	pfree(steps);
	pfree(next);
	GapsFree(&gaps);
	pfree(counts);
	ItemTallyFree(&second);
	ItemTallyFree(&third);
	IndexFree(&index);
	return AnswersByCount(&chains, offsetof(FollowChain, abc));
}
