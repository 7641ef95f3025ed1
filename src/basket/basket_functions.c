/*
 * basket_functions.c
 *		What SQL asks of basket_stats.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "base/money.h"
#include "base/numeric_call.h"
#include "base/rows.h"
#include "base/wilson.h"
#include "basket/basket.h"

PG_FUNCTION_INFO_V1(basket_summary);
PG_FUNCTION_INFO_V1(basket_items);
PG_FUNCTION_INFO_V1(basket_pairs);
PG_FUNCTION_INFO_V1(basket_triples);

/* Baskets without those over the cap, and what rows of answers need. */
typedef struct Baskets
{
	BasketSet	set;
	Datum	   *names;			/* of items, as text */
	int32	   *count;			/* baskets of the set by item */
	int32	   *over_cap;		/* baskets over the cap by item */
} Baskets;

/* The line behind those of the basket that begins at line i. */
static int32
BasketEnd(const BasketStats *stats, int32 i)
{
	const BasketLine *lines = BasketStatsLines(stats);
	uint64		key = BasketLineKey(&lines[i]);

	while (++i < stats->coded.rows && BasketLineKey(&lines[i]) == key)
		;
	return i;
}

static Baskets
BasketsRead(const BasketStats *stats, int64 max_items)
{
	const BasketLine *lines = BasketStatsLines(stats);
	const CodedName **names = CodedNames(&stats->coded, &basket_kind);
	bool	   *used = palloc0(stats->coded.names + 1);
	int32	   *start = palloc_extended((stats->coded.rows + 1) * sizeof(int32), MCXT_ALLOC_HUGE);
	int32	   *item = palloc_extended(Max(1, stats->coded.rows) * sizeof(int32), MCXT_ALLOC_HUGE);
	uint32	   *ranks;
	int32		taken = 0;
	int32		next;
	Baskets		baskets = {0};

	for (int32 i = 0; i < stats->coded.rows; i++)
		used[lines[i].item] = true;
	ranks = CodedRanks(used, stats->coded.names, &baskets.set.items);
	baskets.names = palloc_extended(Max(1, baskets.set.items) * sizeof(Datum), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < stats->coded.names; i++)
		if (used[i])
			baskets.names[ranks[i]] =
				PointerGetDatum(cstring_to_text_with_len(names[i]->bytes, names[i]->length));
	baskets.count = palloc_extended(Max(1, baskets.set.items) * sizeof(int32),
									MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	baskets.over_cap = palloc_extended(Max(1, baskets.set.items) * sizeof(int32),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	start[0] = 0;
	for (int32 i = 0; i < stats->coded.rows; i = next)
	{
		bool		is_over;

		CHECK_FOR_INTERRUPTS();
		next = BasketEnd(stats, i);
		is_over = next - i > max_items;
		for (int32 k = i; k < next; k++)
		{
			int32		rank = (int32) ranks[lines[k].item];

			(is_over ? baskets.over_cap : baskets.count)[rank]++;
			if (!is_over)
				item[taken++] = rank;
		}
		if (!is_over)
			start[++baskets.set.baskets] = taken;
	}
	baskets.set.start = start;
	baskets.set.item = item;
	pfree(ranks);
	pfree(used);
	return baskets;
}

/* A least number of something, from 0. */
int64
CheckLeast(int32 value, const char *what)
{
	if (value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", what),
				 errdetail("The value is %d.", value),
				 errhint("1 lists all that was seen; more leaves out what is too rare to trust.")));
	return value;
}

static int64
CheckMaxItems(int32 value)
{
	if (value < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_items must be at least 1"),
				 errdetail("The value is %d.", value),
				 errhint("Baskets with more items take no part; with 1000000 all of them do.")));
	return value;
}

/*
 * basket_summary(basket_stats) → (baskets, multi_item_baskets bigint, multi_item_rate,
 * _low, _high, items_per_basket, units_per_basket float8, largest_basket,
 * skipped_rows bigint)
 */
Datum
basket_summary(PG_FUNCTION_ARGS)
{
	BasketStats *stats = BasketStatsFromDatum(PG_GETARG_DATUM(0));
	Decimal		units = DecimalSumValue(&stats->units);
	int64		baskets = 0;
	int64		multi_item_baskets = 0;
	int64		largest = 0;
	int32		next;
	double		units_per_basket;
	RowWriter	row = RowBegin(fcinfo);

	for (int32 i = 0; i < stats->coded.rows; i = next)
	{
		CHECK_FOR_INTERRUPTS();
		next = BasketEnd(stats, i);
		baskets++;
		multi_item_baskets += next - i > 1;
		largest = Max(largest, next - i);
	}
	RowPutInt64(&row, baskets);
	RowPutInt64(&row, multi_item_baskets);
	RowPutProportion(&row, multi_item_baskets, baskets);
	RowPutRate(&row, stats->coded.rows, (double) baskets);
	if (!(stats->coded.header.flags & UNITS_UNKNOWN) &&
		NumericRatio(DecimalToNumeric(&units), int64_to_numeric(baskets), &units_per_basket))
		RowPutFloat(&row, units_per_basket);
	else
		RowPutNull(&row);
	if (baskets > 0)
		RowPutInt64(&row, largest);
	else
		RowPutNull(&row);
	RowPutInt64(&row, stats->skipped_rows);
	PG_RETURN_DATUM(RowDatum(&row));
}

/*
 * basket_items(basket_stats, max_items int) → rows (item text, basket_count bigint,
 * basket_rate float8, over_cap_count bigint), the most frequent first
 */
Datum
basket_items(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	Baskets		baskets;
	int32	   *order;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	CheckSettingIsSet(PG_ARGISNULL(1), "max_items");
	baskets = BasketsRead(BasketStatsFromDatum(PG_GETARG_DATUM(0)),
						  CheckMaxItems(PG_GETARG_INT32(1)));
	order = ItemsByCount(baskets.count, baskets.set.items);
	for (int32 k = 0; k < baskets.set.items; k++)
	{
		int32		i = order[k];

		CHECK_FOR_INTERRUPTS();
		RowPut(&row, baskets.names[i]);
		RowPutInt64(&row, baskets.count[i]);
		RowPutRate(&row, baskets.count[i], baskets.set.baskets);
		RowPutInt64(&row, baskets.over_cap[i]);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* The baskets of basket_pairs and basket_triples, whose arguments are alike. */
static Baskets
BasketsOfCall(FunctionCallInfo fcinfo, int64 *least)
{
	CheckSettingIsSet(PG_ARGISNULL(1), "min_baskets");
	CheckSettingIsSet(PG_ARGISNULL(2), "max_items");
	*least = CheckLeast(PG_GETARG_INT32(1), "min_baskets");
	return BasketsRead(BasketStatsFromDatum(PG_GETARG_DATUM(0)),
					   CheckMaxItems(PG_GETARG_INT32(2)));
}

/*
 * basket_pairs(basket_stats, min_baskets int, max_items int) → rows (item_a, item_b
 * text, basket_count, a_count, b_count, both_count bigint, support, attach_rate,
 * _low, _high, lift, lift_low, lift_high float8)
 */
Datum
basket_pairs(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	Baskets		baskets;
	BasketPair *pairs;
	int64		least;
	int64		count;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	baskets = BasketsOfCall(fcinfo, &least);
	pairs = BasketFindPairs(&baskets.set, least, &count);
	for (int64 i = 0; i < count; i++)
	{
		const BasketPair *pair = &pairs[i];
		int64		a = baskets.count[pair->a];
		double		usual = (double) baskets.count[pair->b] / baskets.set.baskets;

		CHECK_FOR_INTERRUPTS();
		RowPut(&row, baskets.names[pair->a]);
		RowPut(&row, baskets.names[pair->b]);
		RowPutInt64(&row, baskets.set.baskets);
		RowPutInt64(&row, a);
		RowPutInt64(&row, baskets.count[pair->b]);
		RowPutInt64(&row, pair->both);
		RowPutRate(&row, pair->both, baskets.set.baskets);
		RowPutProportion(&row, pair->both, a);
		RowPutFloat(&row, (double) pair->both / a / usual);
		RowPutFloat(&row, WilsonLow(pair->both, a) / usual);
		RowPutFloat(&row, WilsonHigh(pair->both, a) / usual);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * basket_triples(basket_stats, min_baskets int, max_items int) → rows (item_a, item_b,
 * item_c text, ab_count, abc_count bigint, attach_rate, _low, _high, lift float8)
 */
Datum
basket_triples(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	Baskets		baskets;
	BasketTriple *triples;
	int64		least;
	int64		count;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	baskets = BasketsOfCall(fcinfo, &least);
	triples = BasketFindTriples(&baskets.set, least, &count);
	for (int64 i = 0; i < count; i++)
	{
		const BasketTriple *triple = &triples[i];

		CHECK_FOR_INTERRUPTS();
		RowPut(&row, baskets.names[triple->a]);
		RowPut(&row, baskets.names[triple->b]);
		RowPut(&row, baskets.names[triple->c]);
		RowPutInt64(&row, triple->both);
		RowPutInt64(&row, triple->all);
		RowPutProportion(&row, triple->all, triple->both);
		RowPutFloat(&row, (double) triple->all / triple->both /
					((double) baskets.count[triple->c] / baskets.set.baskets));
		RowEnd(&row);
	}
	return (Datum) 0;
}
