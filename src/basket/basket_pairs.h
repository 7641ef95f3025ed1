/*
 * basket_pairs.h
 *		Which items stand together in baskets. No SQL here: plain arrays, memory of
 *		the current context.
 */
#ifndef REVOPS_BASKET_PAIRS_H
#define REVOPS_BASKET_PAIRS_H

/*
 * Baskets of different items, numbered 0 to items - 1. Basket i holds item[start[i]]
 * to item[start[i + 1] - 1], in order of their numbers.
 */
typedef struct BasketSet
{
	int32		baskets;
	int32		items;
	const int32 *start;
	const int32 *item;
} BasketSet;

/* Baskets by item: item i stands in basket[start[i]] to basket[start[i + 1] - 1]. */
typedef struct BasketIndex
{
	int32	   *start;
	int32	   *basket;
} BasketIndex;

typedef struct BasketPair
{
	int32		a;
	int32		b;
	int32		both;			/* baskets with both */
} BasketPair;

/* a < b; c is any other item */
typedef struct BasketTriple
{
	int32		a;
	int32		b;
	int32		c;
	int32		both;			/* baskets with a and b */
	int32		all;			/* with all three */
} BasketTriple;

/* Working memory of one question. */
#define BASKET_MOST_BYTES	((Size) 1024 * 1024 * 1024)

/* A list of answers that grows up to BASKET_MOST_BYTES. */
typedef struct AnswerList
{
	char	   *rows;
	int64		count;
	int64		room;
	Size		row_size;
	const char *hint;			/* of the error for too many */
} AnswerList;

/* Counts by item, and which items have one; all 0 between two questions. */
typedef struct ItemTally
{
	int32		items;
	int32	   *count;
	int32	   *met;			/* items whose count is not 0 */
	int32		met_count;
} ItemTally;

static inline void
ItemTallyAdd(ItemTally *tally, int32 item)
{
	if (tally->count[item]++ == 0)
		tally->met[tally->met_count++] = item;
}

extern ItemTally ItemTallyMake(int32 items);
extern void ItemTallyKeep(ItemTally *tally, int64 least);
extern void ItemTallyClear(ItemTally *tally);
extern void ItemTallyFree(ItemTally *tally);

extern void *AnswerListAdd(AnswerList *list);
extern void *AnswersByCount(const AnswerList *list, Size count_at);
extern void TooMuchMemory(const char *hint);

extern int32 *ItemsByCount(const int32 *counts, int32 items);
extern BasketIndex BasketIndexMake(const BasketSet *set);
extern BasketPair *BasketFindPairs(const BasketSet *set, int64 least, int64 *count);
extern BasketTriple *BasketFindTriples(const BasketSet *set, int64 least, int64 *count);

#endif							/* REVOPS_BASKET_PAIRS_H */
