/*
 * adoption_functions.c
 *		What SQL asks of adoption_stats. Nothing that happened after as_of has a say:
 *		neither rows nor customers nor items.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/numeric_call.h"
#include "base/rows.h"
#include "base/wilson.h"
#include "basket/basket.h"

PG_FUNCTION_INFO_V1(adoption_pairs);
PG_FUNCTION_INFO_V1(adoption_chains);
PG_FUNCTION_INFO_V1(white_space_rows);
PG_FUNCTION_INFO_V1(white_space_check);

#define EVERYONE			"everyone"
#define BANDS				10
#define MOST_EXACT_GROUPS	5	/* 10^20 is exact as a double, as is 2^53 */
#define MOST_EXACT_WHOLE	(INT64CONST(1) << 53)

/* What is known by as_of, and what rows of answers need. */
typedef struct Adoptions
{
	AdoptionSet set;
	Datum	   *items;			/* names, as text */
	const char **item_names;	/* the same as strings */
	Datum	   *customers;		/* names, in byte order */
	uint64	   *keys;			/* of customers */
	uint32	   *ranks;			/* numbers of items by those of texts */
} Adoptions;

/* A customer on its way to its place. */
typedef struct NamedKey
{
	const char *name;
	int32		first;			/* entry */
} NamedKey;

static inline int
CompareNamedKeys(const NamedKey *left, const NamedKey *right)
{
	return strcmp(left->name, right->name);
}

#define ST_SORT SortNamedKeys
#define ST_ELEMENT_TYPE NamedKey
#define ST_COMPARE(a, b) CompareNamedKeys(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* A sum as the double next to it, as numeric's own cast gives it. */
static double
SumToFloat(int128 coefficient, const AdoptionStats *stats)
{
	static const double powers[] = {1, 1e4, 1e8, 1e12, 1e16, 1e20};
	Decimal		decimal = {coefficient, stats->groups, stats->scale};

	if (stats->groups <= MOST_EXACT_GROUPS &&
		coefficient > -MOST_EXACT_WHOLE && coefficient < MOST_EXACT_WHOLE)
		return (double) (int64) coefficient / powers[stats->groups];
	return strtod(NumericToText(DecimalToNumeric(&decimal)), NULL);
}

/*
 * Reads one item of one customer by as_of; false where it has none. i: its first
 * entry; *next: the first one behind.
 */
static bool
ReadAdoption(const AdoptionStats *stats, int32 i, DateADT as_of, Adoption *adoption, int32 *next)
{
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	uint64		key = entries[i].key;
	uint32		item = AdoptionEntryItem(&entries[i]);
	bool		has_trait = false;
	int128		sum = 0;

	memset(adoption, 0, sizeof(Adoption));
	for (; i < stats->coded.rows && entries[i].key == key &&
		 AdoptionEntryItem(&entries[i]) == item; i++)
	{
		if (entries[i].day == TRAIT_DAY)
		{
			has_trait = true;
			continue;
		}
		if (entries[i].day > as_of)
			continue;
		if ((entries[i].item & IS_BOUGHT) && !adoption->is_dated)
		{
			adoption->is_dated = true;
			adoption->day = entries[i].day;
		}
		if (entries[i].item & HAS_AMOUNT)
		{
			if (__builtin_add_overflow(sum, AdoptionEntryAmount(&entries[i]), &sum))
				DecimalTooLong(NULL, "amount", "adoption_stats");
			adoption->has_sum = true;
		}
	}
	*next = i;
	adoption->has_sum &= adoption->is_dated;
	if (adoption->has_sum)
		adoption->sum = SumToFloat(sum, stats);
	return adoption->is_dated || has_trait;
}

/*
 * All customers by as_of, in the byte order of their names. with_traits: what they have
 * without a day, too.
 */
static Adoptions
AdoptionsRead(const AdoptionStats *stats, DateADT as_of, bool with_traits)
{
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	const CodedName **names = CodedNames(&stats->coded, &adoption_kind);
	int32		rows = stats->coded.rows;
	bool	   *used = palloc0(stats->coded.names + 1);
	NamedKey   *order = palloc_extended(Max(1, rows) * sizeof(NamedKey), MCXT_ALLOC_HUGE);
	int32		keys = 0;
	int32	   *start = palloc_extended((rows + 1) * sizeof(int32), MCXT_ALLOC_HUGE);
	Adoption   *adoption = palloc_extended(Max(1, rows) * sizeof(Adoption), MCXT_ALLOC_HUGE);
	Adoptions	result = {.set = {.start = start, .adoption = adoption}};
	int32		count = 0;

	for (int32 i = 0; i < rows; i++)
	{
		used[AdoptionEntryItem(&entries[i])] = true;
		if (i > 0 && entries[i].key == entries[i - 1].key)
			continue;
		CHECK_FOR_INTERRUPTS();
		order[keys].name = CodedKeyText(entries[i].key, names);
		order[keys++].first = i;
	}
	SortNamedKeys(order, keys);
	result.ranks = CodedRanks(used, stats->coded.names, &result.set.items);
	result.items = palloc_extended(Max(1, result.set.items) * sizeof(Datum), MCXT_ALLOC_HUGE);
	result.item_names = palloc_extended(Max(1, result.set.items) * sizeof(char *), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < stats->coded.names; i++)
		if (used[i])
		{
			result.items[result.ranks[i]] =
				PointerGetDatum(cstring_to_text_with_len(names[i]->bytes, names[i]->length));
			result.item_names[result.ranks[i]] = names[i]->bytes;
		}
	result.customers = palloc_extended(Max(1, keys) * sizeof(Datum), MCXT_ALLOC_HUGE);
	result.keys = palloc_extended(Max(1, keys) * sizeof(uint64), MCXT_ALLOC_HUGE);
	start[0] = 0;
	for (int32 k = 0; k < keys; k++)
	{
		int32		i = order[k].first;
		uint64		key = entries[i].key;

		CHECK_FOR_INTERRUPTS();
		while (i < rows && entries[i].key == key)
		{
			uint32		item = AdoptionEntryItem(&entries[i]);

			if (!ReadAdoption(stats, i, as_of, &adoption[count], &i) ||
				!(with_traits || adoption[count].is_dated))
				continue;
			adoption[count++].item = (int32) result.ranks[item];
		}
		if (count == start[result.set.customers])
			continue;			/* it is not known yet */
		result.customers[result.set.customers] = CStringGetTextDatum(order[k].name);
		result.keys[result.set.customers] = key;
		start[++result.set.customers] = count;
	}
	pfree(order);
	pfree(used);
	return result;
}

static int32
CheckWithinDays(int32 value)
{
	if (value < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("within_days must be at least 1"),
				 errdetail("The value is %d.", value),
				 errhint("The next item counts up to so many days after the first one: 180 is the default.")));
	return value;
}

/*
 * adoption_pairs(adoption_stats, as_of date, within_days int, min_customers int) → rows
 * (item_a, item_b text, a_count, before_count, same_day_count, followed_count,
 * mature_count, mature_followed_count bigint, follow_rate, _low, _high, base_rate,
 * median_days float8)
 */
Datum
adoption_pairs(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	DateADT		as_of;
	int32		within_days;
	int64		least;
	Adoptions	adoptions;
	FollowPairs found;

	CheckSettingIsSet(PG_ARGISNULL(2), "within_days");
	CheckSettingIsSet(PG_ARGISNULL(3), "min_customers");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	within_days = CheckWithinDays(PG_GETARG_INT32(2));
	least = CheckLeast(PG_GETARG_INT32(3), "min_customers");
	adoptions = AdoptionsRead(AdoptionStatsFromDatum(PG_GETARG_DATUM(0)), as_of, false);
	found = AdoptionFindPairs(&adoptions.set, as_of, within_days, least);
	for (int64 i = 0; i < found.count; i++)
	{
		const FollowPair *pair = &found.pairs[i];

		CHECK_FOR_INTERRUPTS();
		RowPut(&row, adoptions.items[pair->a]);
		RowPut(&row, adoptions.items[pair->b]);
		RowPutInt64(&row, found.customers[pair->a]);
		RowPutInt64(&row, pair->before);
		RowPutInt64(&row, pair->same_day);
		RowPutInt64(&row, pair->followed);
		RowPutInt64(&row, pair->mature);
		RowPutInt64(&row, pair->mature_followed);
		RowPutProportion(&row, pair->mature_followed, pair->mature);
		RowPutRate(&row, found.followed[pair->b] - pair->mature_followed,
				   found.mature[pair->b] - pair->mature);
		if (pair->followed > 0)
			RowPutFloat(&row, pair->median_days);
		else
			RowPutNull(&row);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * adoption_chains(adoption_stats, as_of date, within_days int, min_customers int) → rows
 * (item_a, item_b, item_c text, ab_count, abc_count, mature_count bigint, follow_rate,
 * _low, _high, median_days float8)
 */
Datum
adoption_chains(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	DateADT		as_of;
	int32		within_days;
	int64		least;
	int64		count;
	Adoptions	adoptions;
	FollowChain *chains;

	CheckSettingIsSet(PG_ARGISNULL(2), "within_days");
	CheckSettingIsSet(PG_ARGISNULL(3), "min_customers");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	within_days = CheckWithinDays(PG_GETARG_INT32(2));
	least = CheckLeast(PG_GETARG_INT32(3), "min_customers");
	adoptions = AdoptionsRead(AdoptionStatsFromDatum(PG_GETARG_DATUM(0)), as_of, false);
	chains = AdoptionFindChains(&adoptions.set, as_of, within_days, least, &count);
	for (int64 i = 0; i < count; i++)
	{
		const FollowChain *chain = &chains[i];

		CHECK_FOR_INTERRUPTS();
		RowPut(&row, adoptions.items[chain->a]);
		RowPut(&row, adoptions.items[chain->b]);
		RowPut(&row, adoptions.items[chain->c]);
		RowPutInt64(&row, chain->ab);
		RowPutInt64(&row, chain->abc);
		RowPutInt64(&row, chain->mature);
		RowPutProportion(&row, chain->mature_followed, chain->mature);
		RowPutFloat(&row, chain->median_days);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* How many items' names come before "everyone". */
static int32
EveryonePlace(const Adoptions *adoptions)
{
	int32		place = 0;

	while (place < adoptions->set.items && strcmp(adoptions->item_names[place], EVERYONE) < 0)
		place++;
	return place;
}

/*
 * white_space_rows(adoption_stats, as_of date, min_customers int) → rows (customer, item,
 * because text, peer_count, have_count bigint, peer_rate, peer_rate_low,
 * peer_rate_high, lift, peer_amount, potential_amount float8), the best first
 */
Datum
white_space_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	DateADT		as_of;
	int64		least;
	Adoptions	adoptions;
	AdoptionSpace space;
	SpaceOffer *ranked;
	Datum		everyone = CStringGetTextDatum(EVERYONE);

	CheckSettingIsSet(PG_ARGISNULL(2), "min_customers");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	least = CheckLeast(PG_GETARG_INT32(2), "min_customers");
	adoptions = AdoptionsRead(AdoptionStatsFromDatum(PG_GETARG_DATUM(0)), as_of, true);
	space = AdoptionFindSpace(&adoptions.set, EveryonePlace(&adoptions), least);
	AdoptionSpaceAmounts(&space, &adoptions.set);
	ranked = AdoptionSpaceRanked(&space);
	pfree(space.offers);
	for (int64 i = 0; i < space.offer_count; i++)
	{
		const SpaceReason *reason = &space.reasons[ranked[i].reason];

		CHECK_FOR_INTERRUPTS();
		RowPut(&row, adoptions.customers[ranked[i].customer]);
		RowPut(&row, adoptions.items[reason->item]);
		RowPut(&row, reason->evidence == SPACE_EVERYONE ? everyone :
			   adoptions.items[reason->evidence]);
		RowPutInt64(&row, reason->peers);
		RowPutInt64(&row, reason->have);
		RowPutProportion(&row, reason->have, reason->peers);
		RowPutFloat(&row, (double) reason->have / reason->peers /
					((double) space.have[reason->item] / adoptions.set.customers));
		if (reason->has_amount)
		{
			RowPutFloat(&row, reason->amount);
			RowPutFloat(&row, reason->low * reason->amount);
		}
		else
			RowPutNulls(&row, 2);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* Which items each customer came to after as_of, up to until. */
typedef struct LaterItems
{
	int32	   *start;			/* by customer */
	int32	   *item;			/* in order */
} LaterItems;

/* The first entry of a customer. */
static int32
FirstEntry(const AdoptionStats *stats, uint64 key)
{
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	int32		low = 0;
	int32		high = stats->coded.rows;

	while (low < high)
	{
		int32		middle = low + (high - low) / 2;

		if (entries[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static LaterItems
LaterItemsRead(const AdoptionStats *stats, const Adoptions *adoptions, DateADT as_of, DateADT until)
{
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	LaterItems	later;
	int32		count = 0;

	later.start = palloc_extended((adoptions->set.customers + 1) * sizeof(int32), MCXT_ALLOC_HUGE);
	later.item = palloc_extended(Max(1, stats->coded.rows) * sizeof(int32), MCXT_ALLOC_HUGE);
	for (int32 c = 0; c < adoptions->set.customers; c++)
	{
		uint64		key = adoptions->keys[c];
		int32		i = FirstEntry(stats, key);

		CHECK_FOR_INTERRUPTS();
		later.start[c] = count;
		while (i < stats->coded.rows && entries[i].key == key)
		{
			uint32		item = AdoptionEntryItem(&entries[i]);
			Adoption	adoption;

			if (ReadAdoption(stats, i, until, &adoption, &i) && adoption.is_dated &&
				adoption.day > as_of)
				later.item[count++] = (int32) adoptions->ranks[item];
		}
	}
	later.start[adoptions->set.customers] = count;
	return later;
}

static bool
IsTaken(const LaterItems *later, int32 customer, int32 item)
{
	int32		low = later->start[customer];
	int32		high = later->start[customer + 1];

	while (low < high)
	{
		int32		middle = low + (high - low) / 2;

		if (later->item[middle] < item)
			low = middle + 1;
		else
			high = middle;
	}
	return low < later->start[customer + 1] && later->item[low] == item;
}

/* The place behind band j, j from 1 the best: as rfm's cuts, at rank ceil(j n / 10). */
static inline int64
BandEnd(int64 offers, int j)
{
	return offers / BANDS * j + (offers % BANDS * j + BANDS - 1) / BANDS;
}

/*
 * white_space_check(adoption_stats, as_of, until date, min_customers int) → rows
 * (band_index int, offers, taken bigint, taken_rate, _low, _high, popular_taken_rate
 * float8): the rows of white_space_rows, in ten bands, the best first
 */
Datum
white_space_check(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	DateADT		as_of;
	DateADT		until;
	int64		least;
	AdoptionStats *stats;
	Adoptions	adoptions;
	LaterItems	later;
	AdoptionSpace space;
	SpaceOffer *ranked;
	SpaceOffer *popular;
	int64		place = 0;

	CheckSettingIsSet(PG_ARGISNULL(3), "min_customers");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return (Datum) 0;
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	until = CheckFiniteDate(PG_GETARG_DATEADT(2), "until");
	if (until <= as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("until must lie after as_of"),
				 errdetail("as_of is %s, until is %s.", DateText(as_of), DateText(until)),
				 errhint("Offers of as_of are checked against what was bought after it, up to until.")));
	least = CheckLeast(PG_GETARG_INT32(3), "min_customers");
	stats = AdoptionStatsFromDatum(PG_GETARG_DATUM(0));
	adoptions = AdoptionsRead(stats, as_of, true);
	later = LaterItemsRead(stats, &adoptions, as_of, until);
	space = AdoptionFindSpace(&adoptions.set, EveryonePlace(&adoptions), least);
	ranked = AdoptionSpaceRanked(&space);
	popular = AdoptionSpacePopular(&space, adoptions.set.items);
	for (int j = 1; j <= BANDS; j++)
	{
		int64		end = BandEnd(space.offer_count, j);
		int64		offers = end - place;
		int64		taken = 0;
		int64		popular_taken = 0;

		if (offers == 0)
			continue;
		for (; place < end; place++)
		{
			CHECK_FOR_INTERRUPTS();
			taken += IsTaken(&later, ranked[place].customer,
							 space.reasons[ranked[place].reason].item);
			popular_taken += IsTaken(&later, popular[place].customer,
									 space.reasons[popular[place].reason].item);
		}
		RowPutInt(&row, BANDS + 1 - j);
		RowPutInt64(&row, offers);
		RowPutInt64(&row, taken);
		RowPutProportion(&row, taken, offers);
		RowPutRate(&row, popular_taken, offers);
		RowEnd(&row);
	}
	return (Datum) 0;
}
