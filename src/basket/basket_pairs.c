/*
 * basket_pairs.c
 *		Which items stand together in baskets: see basket_pairs.h.
 *
 * Pairs are not collected in a table, which would have to hold millions of them and
 * miss the cache at each. One item after the other is taken: the baskets that hold
 * it are walked, and the others in them are counted in one array, one number per item,
 * that stays in cache. A third item is found the same way, in the baskets of a pair.
 * So each pair in a basket is one addition, and memory is needed for the answer alone.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "basket/basket_pairs.h"

#define FIRST_ANSWERS	1024

#define FEWER_PAIRS	"Raise min_baskets, lower max_items, or put items into groups."

/* hint: what to ask for instead. */
void
TooMuchMemory(const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the answer would need more than 1 GB of working memory"),
			 errhint("%s", hint)));
}

/* Room for one more answer, at the end. */
void *
AnswerListAdd(AnswerList *list)
{
	if (list->count == list->room)
	{
		int64		most = BASKET_MOST_BYTES / list->row_size;

		if (list->count >= most)
			TooMuchMemory(list->hint);
		list->room = Min(most, Max(FIRST_ANSWERS, list->room * 2));
		if (list->rows == NULL)
			list->rows = palloc_extended(list->room * list->row_size, MCXT_ALLOC_HUGE);
		else
			list->rows = repalloc_huge(list->rows, list->room * list->row_size);
	}
	return list->rows + list->count++ * list->row_size;
}

static inline int
CompareItems(const int32 *left, const int32 *right)
{
	return *left < *right ? -1 : *left > *right;
}

#define ST_SORT SortItems
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b) CompareItems(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

ItemTally
ItemTallyMake(int32 items)
{
	ItemTally	tally = {.items = items};

	tally.count = palloc_extended(Max(1, items) * sizeof(int32),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	tally.met = palloc_extended(Max(1, items) * sizeof(int32), MCXT_ALLOC_HUGE);
	return tally;
}

/* Forgets the items with fewer than `least`, and puts the others in order. */
void
ItemTallyKeep(ItemTally *tally, int64 least)
{
	int32		kept = 0;

	for (int32 k = 0; k < tally->met_count; k++)
	{
		int32		item = tally->met[k];

		if (tally->count[item] >= least)
			tally->met[kept++] = item;
		else
			tally->count[item] = 0;
	}
	tally->met_count = kept;
	SortItems(tally->met, kept);
}

void
ItemTallyClear(ItemTally *tally)
{
	for (int32 k = 0; k < tally->met_count; k++)
		tally->count[tally->met[k]] = 0;
	tally->met_count = 0;
}

void
ItemTallyFree(ItemTally *tally)
{
	pfree(tally->count);
	pfree(tally->met);
}

BasketIndex
BasketIndexMake(const BasketSet *set)
{
	int32		lines = set->start[set->baskets];
	BasketIndex index;
	int32	   *next;

	index.start = palloc_extended((set->items + 1) * sizeof(int32),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	index.basket = palloc_extended(Max(1, lines) * sizeof(int32), MCXT_ALLOC_HUGE);
	next = palloc_extended((set->items + 1) * sizeof(int32), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < lines; i++)
		index.start[set->item[i] + 1]++;
	for (int32 i = 0; i < set->items; i++)
		index.start[i + 1] += index.start[i];
	memcpy(next, index.start, (set->items + 1) * sizeof(int32));
	for (int32 b = 0; b < set->baskets; b++)
		for (int32 i = set->start[b]; i < set->start[b + 1]; i++)
			index.basket[next[set->item[i]]++] = b;
	pfree(next);
	return index;
}

/*
 * All answers, those with the larger counts first, else as they were found: one pass
 * counts, one puts each in its place. count_at: where in a row its count stands.
 */
void *
AnswersByCount(const AnswerList *list, Size count_at)
{
	char	   *sorted;
	int64	   *places;
	int32		largest = 0;
	int64		place = 0;

	if (list->count == 0)
		return NULL;
	for (int64 i = 0; i < list->count; i++)
		largest = Max(largest, *(int32 *) (list->rows + i * list->row_size + count_at));
	places = palloc_extended(((Size) largest + 1) * sizeof(int64),
							 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int64 i = 0; i < list->count; i++)
		places[*(int32 *) (list->rows + i * list->row_size + count_at)]++;
	for (int32 value = largest; value >= 0; value--)
	{
		int64		rows = places[value];

		places[value] = place;
		place += rows;
	}
	sorted = palloc_extended(list->count * list->row_size, MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < list->count; i++)
	{
		const char *row = list->rows + i * list->row_size;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		memcpy(sorted + places[*(const int32 *) (row + count_at)]++ * list->row_size, row,
			   list->row_size);
	}
	pfree(list->rows);
	pfree(places);
	return sorted;
}

typedef struct ItemCount
{
	int32		item;
	int32		count;
} ItemCount;

/* The items with the largest counts first, else by their numbers. */
int32 *
ItemsByCount(const int32 *counts, int32 items)
{
	AnswerList	list = {.row_size = sizeof(ItemCount), .hint = FEWER_PAIRS};
	int32	   *order = palloc_extended(Max(1, items) * sizeof(int32), MCXT_ALLOC_HUGE);
	ItemCount  *sorted;

	for (int32 i = 0; i < items; i++)
	{
		ItemCount  *row = AnswerListAdd(&list);

		row->item = i;
		row->count = counts[i];
	}
	sorted = AnswersByCount(&list, offsetof(ItemCount, count));
	for (int32 i = 0; i < items; i++)
		order[i] = sorted[i].item;
	if (sorted != NULL)
		pfree(sorted);
	return order;
}

/*
 * Both directions of each pair that stands together in `least` baskets or more, at
 * least one: by how many, the most first, then by their numbers.
 */
BasketPair *
BasketFindPairs(const BasketSet *set, int64 least, int64 *count)
{
	BasketIndex index = BasketIndexMake(set);
	ItemTally	both = ItemTallyMake(set->items);
	AnswerList	pairs = {.row_size = sizeof(BasketPair), .hint = FEWER_PAIRS};

	for (int32 a = 0; a < set->items; a++)
	{
		CHECK_FOR_INTERRUPTS();
		if (index.start[a + 1] - index.start[a] < least)
			continue;
		for (int32 k = index.start[a]; k < index.start[a + 1]; k++)
		{
			int32		basket = index.basket[k];

			CHECK_FOR_INTERRUPTS();
			for (int32 i = set->start[basket]; i < set->start[basket + 1]; i++)
				ItemTallyAdd(&both, set->item[i]);
		}
		ItemTallyKeep(&both, least);
		for (int32 k = 0; k < both.met_count; k++)
		{
			int32		b = both.met[k];

			if (b != a)
			{
				BasketPair *pair = AnswerListAdd(&pairs);

				pair->a = a;
				pair->b = b;
				pair->both = both.count[b];
			}
		}
		ItemTallyClear(&both);
	}
	ItemTallyFree(&both);
	pfree(index.start);
	pfree(index.basket);
	*count = pairs.count;
	return AnswersByCount(&pairs, offsetof(BasketPair, both));
}

/* What stands with a and b in the baskets that hold both. */
static void
FindThird(const BasketSet *set, int32 a, int32 b, const int32 *baskets, int32 both, int64 least,
		  ItemTally *all, AnswerList *triples)
{
	for (int32 k = 0; k < both; k++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int32 i = set->start[baskets[k]]; i < set->start[baskets[k] + 1]; i++)
			ItemTallyAdd(all, set->item[i]);
	}
	ItemTallyKeep(all, least);
	for (int32 k = 0; k < all->met_count; k++)
	{
		int32		c = all->met[k];

		if (c != a && c != b)
		{
			BasketTriple *triple = AnswerListAdd(triples);

			triple->a = a;
			triple->b = b;
			triple->c = c;
			triple->both = both;
			triple->all = all->count[c];
		}
	}
	ItemTallyClear(all);
}

/*
 * Each pair and third item that stand together in `least` baskets or more, at least
 * one: by how many, the most first, then by the numbers of a, b, c.
 */
BasketTriple *
BasketFindTriples(const BasketSet *set, int64 least, int64 *count)
{
	BasketIndex index = BasketIndexMake(set);
	ItemTally	both = ItemTallyMake(set->items);
	ItemTally	all = ItemTallyMake(set->items);
	int32	   *next = palloc_extended(Max(1, set->items) * sizeof(int32), MCXT_ALLOC_HUGE);
	int32	   *common = palloc_extended(Max(1, set->start[set->baskets]) * sizeof(int32),
										 MCXT_ALLOC_HUGE);	/* baskets of a and b, by b */
	AnswerList	triples = {.row_size = sizeof(BasketTriple), .hint = FEWER_PAIRS};

	for (int32 a = 0; a < set->items; a++)
	{
		int32		place = 0;

		CHECK_FOR_INTERRUPTS();
		if (index.start[a + 1] - index.start[a] < least)
			continue;
		for (int32 k = index.start[a]; k < index.start[a + 1]; k++)
		{
			int32		basket = index.basket[k];

			CHECK_FOR_INTERRUPTS();
			for (int32 i = set->start[basket + 1] - 1; set->item[i] > a; i--)
				ItemTallyAdd(&both, set->item[i]);
		}
		ItemTallyKeep(&both, least);
		for (int32 k = 0; k < both.met_count; k++)
		{
			next[both.met[k]] = place;
			place += both.count[both.met[k]];
		}
		for (int32 k = index.start[a]; k < index.start[a + 1]; k++)
		{
			int32		basket = index.basket[k];

			for (int32 i = set->start[basket + 1] - 1; set->item[i] > a; i--)
				if (both.count[set->item[i]] > 0)
					common[next[set->item[i]]++] = basket;
		}
		for (int32 k = 0; k < both.met_count; k++)
		{
			int32		b = both.met[k];

			FindThird(set, a, b, common + next[b] - both.count[b], both.count[b], least, &all,
					  &triples);
		}
		ItemTallyClear(&both);
	}
	ItemTallyFree(&both);
	ItemTallyFree(&all);
	pfree(next);
	pfree(common);
	pfree(index.start);
	pfree(index.basket);
	*count = triples.count;
	return AnswersByCount(&triples, offsetof(BasketTriple, all));
}
