/*
 * adoption_stats.c
 *		adoption_stats in SQL: its four forms, adoption_agg and adoption_merge.
 *
 * The state is what each customer bought of each item, by day: so it answers for any
 * as_of, and parts of it can be put together. All amounts of a state have the same
 * number of digits behind the point, so that a row is a multiplication and a store.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/check.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/wire.h"
#include "basket/basket.h"

#define ADOPTION_STATS_VERSION	1
#define MOST_ITEMS	(1 << 30)	/* an entry's item shares 32 bits with its marks */

PG_FUNCTION_INFO_V1(adoption_stats_in);
PG_FUNCTION_INFO_V1(adoption_stats_out);
PG_FUNCTION_INFO_V1(adoption_stats_recv);
PG_FUNCTION_INFO_V1(adoption_stats_send);
PG_FUNCTION_INFO_V1(adoption_stats_add_text_time);
PG_FUNCTION_INFO_V1(adoption_stats_add_text_date);
PG_FUNCTION_INFO_V1(adoption_stats_add_bigint_time);
PG_FUNCTION_INFO_V1(adoption_stats_add_bigint_date);
PG_FUNCTION_INFO_V1(adoption_stats_combine);
PG_FUNCTION_INFO_V1(adoption_stats_final);

static inline int
CompareEntries(const AdoptionEntry *left, const AdoptionEntry *right)
{
	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	if (AdoptionEntryItem(left) != AdoptionEntryItem(right))
		return AdoptionEntryItem(left) < AdoptionEntryItem(right) ? -1 : 1;
	return left->day < right->day ? -1 : left->day > right->day;
}

#define ST_SORT SortEntries
#define ST_ELEMENT_TYPE AdoptionEntry
#define ST_COMPARE(a, b) CompareEntries(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline void
SetAmount(AdoptionEntry *entry, int128 coefficient)
{
	entry->high = (int64) (coefficient >> 64);
	entry->low = (uint64) coefficient;
}

static void
RenumberEntries(void *rows, int64 count, const uint32 *codes)
{
	AdoptionEntry *entries = rows;

	for (int64 i = 0; i < count; i++)
	{
		entries[i].item = codes[AdoptionEntryItem(&entries[i])] << 2 | (entries[i].item & 3);
		if (entries[i].key & KEY_IS_TEXT)
			entries[i].key = KEY_IS_TEXT | codes[(uint32) entries[i].key];
	}
}

/* One entry per customer, item and day. */
static int64
SettleEntries(void *rows, int64 count)
{
	AdoptionEntry *entries = rows;
	int64		kept = 0;

	SortEntries(entries, count);
	for (int64 i = 0; i < count; i++)
	{
		AdoptionEntry *last = &entries[kept - 1];
		int128		sum;

		if (kept == 0 || CompareEntries(last, &entries[i]) != 0)
		{
			entries[kept++] = entries[i];
			continue;
		}
		if (__builtin_add_overflow(AdoptionEntryAmount(last), AdoptionEntryAmount(&entries[i]), &sum))
			DecimalTooLong(NULL, "amount", "adoption_stats");
		SetAmount(last, sum);
		last->item |= entries[i].item & 3;
	}
	return kept;
}

const CodedKind adoption_kind = {
	.type_name = "adoption_stats",
	.version = ADOPTION_STATS_VERSION,
	.head_size = sizeof(AdoptionStats),
	.row_size = sizeof(AdoptionEntry),
	.renumber = RenumberEntries,
	.settle = SettleEntries,
};

/* The one form: amounts with the fewest digits behind the point that hold them all. */
static AdoptionStats *
Settled(AdoptionStats *stats)
{
	AdoptionStats *result = CodedSettled(stats, &adoption_kind);
	AdoptionEntry *entries = AdoptionStatsEntries(result);
	bool		is_shorter = result != stats;

	while (is_shorter && result->groups > 0)
	{
		for (int32 i = 0; i < result->coded.rows && is_shorter; i++)
			is_shorter = AdoptionEntryAmount(&entries[i]) % DECIMAL_BASE == 0;
		if (!is_shorter)
			break;
		for (int32 i = 0; i < result->coded.rows; i++)
			SetAmount(&entries[i], AdoptionEntryAmount(&entries[i]) / DECIMAL_BASE);
		result->groups--;
	}
	return result;
}

/* A stored state in its one form, for reading. */
AdoptionStats *
AdoptionStatsFromDatum(Datum value)
{
	return Settled(CodedFromDatum(value, &adoption_kind));
}

/* Gives entries from a place on more digits behind the point. */
static void
Rescale(AdoptionEntry *entries, int64 count, int groups)
{
	for (int64 i = 0; i < count; i++)
	{
		int128		coefficient = AdoptionEntryAmount(&entries[i]);

		if (!DecimalMultiply(&coefficient, groups))
			DecimalTooLong(NULL, "amount", "adoption_stats");
		SetAmount(&entries[i], coefficient);
	}
}

/* As many digits behind the point as another amount needs. */
static void
ReserveGroups(AdoptionStats *stats, int groups)
{
	if (groups <= stats->groups)
		return;
	Rescale(AdoptionStatsEntries(stats), stats->coded.rows, groups - stats->groups);
	stats->groups = groups;
}

/* An entry whose customer and item have been found; amount NULL: none. */
static AdoptionStats *
AddEntry(AdoptionStats *stats, uint64 key, uint32 item, DateADT day, uint32 marks,
		 const Decimal *amount)
{
	AdoptionEntry *entry;
	Decimal		scaled = {0};

	if (amount != NULL)
	{
		scaled = *amount;
		ReserveGroups(stats, scaled.groups);
		if (scaled.groups < stats->groups && !DecimalRescale(&scaled, stats->groups))
			DecimalTooLong(NULL, "amount", "adoption_stats");
		stats->scale = Max(stats->scale, scaled.scale);
		marks |= HAS_AMOUNT;
	}
	if (item >= MOST_ITEMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one adoption_stats has more than %d texts", MOST_ITEMS)));
	stats = CodedReserve(stats, &adoption_kind, 1);
	entry = &AdoptionStatsEntries(stats)[stats->coded.rows++];
	entry->key = key;
	entry->item = item << 2 | marks;
	entry->day = day;
	SetAmount(entry, scaled.coefficient);
	return stats;
}

/* ------------------------------------------------------------------------- */

/* How many customers a state in its one form has. */
static int32
CountCustomers(const AdoptionStats *stats)
{
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	int32		count = 0;

	for (int32 i = 0; i < stats->coded.rows; i++)
		count += i == 0 || entries[i].key != entries[i - 1].key;
	return count;
}

/* [item], [item, day, bought] or [item, day, bought, amount] */
static AdoptionStats *
ReadEntry(AdoptionStats *stats, uint64 key, const JsonNode *node)
{
	const char *name;
	uint32		item;
	DateADT		day;
	bool		is_bought;
	Decimal		amount;

	JsonExpect(node, JSON_KIND_ARRAY);
	if (node->count != 1 && node->count != 3 && node->count != 4)
		JsonInvalid(node, "An entry is [item] for a trait, or [item, day, bought, amount].",
					"The array has %d items.", node->count);
	name = JsonGetText(node->items[0]);
	stats = CodedFindText(stats, &adoption_kind, name, strlen(name), &item);
	if (node->count == 1)
		return AddEntry(stats, key, item, TRAIT_DAY, 0, NULL);
	day = JsonGetDate(node->items[1]);
	is_bought = JsonGetBoolean(node->items[2]);
	if (node->count == 3)
	{
		if (!is_bought)
			JsonInvalid(node, NULL, "A day of credit notes alone has an amount.");
		return AddEntry(stats, key, item, day, IS_BOUGHT, NULL);
	}
	if (!DecimalFromNumeric((struct varlena *) JsonGetNumeric(node->items[3]), &amount))
		JsonInvalid(node->items[3], NULL, "It has more than 38 digits, of which 36 can be decimals.");
	if (!is_bought && amount.coefficient >= 0)
		JsonInvalid(node->items[3], NULL, "A day of credit notes alone has a negative amount.");
	return AddEntry(stats, key, item, day, is_bought ? IS_BOUGHT : 0, &amount);
}

/*
 * adoption_stats_in(cstring): {"customers": [["c1", [["A", "2024-01-10", true, 100.00],
 * ["size: sme"]]], …]}
 */
Datum
adoption_stats_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"customers"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "adoption_stats");
	AdoptionStats *stats = CodedCreate(&adoption_kind);
	AdoptionStats *result;
	JsonNode   *list;
	int64		entries = 0;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "customers");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		const char *name;
		uint64		key;

		CHECK_FOR_INTERRUPTS();
		name = CodedReadGroup(node, "A customer is [name, [entry, …]].", "A customer has at least one entry.");
		stats = CodedFindKey(stats, &adoption_kind, name, strlen(name), &key);
		for (int k = 0; k < node->items[1]->count; k++)
			stats = ReadEntry(stats, key, node->items[1]->items[k]);
		entries += node->items[1]->count;
	}
	result = Settled(stats);
	if (result->coded.rows != entries || CountCustomers(result) != list->count)
		JsonInvalid(list, NULL, "A customer stands twice, or a day of one item.");
	PG_RETURN_POINTER(result);
}

/* adoption_stats_out(adoption_stats): the same text for equal states */
Datum
adoption_stats_out(PG_FUNCTION_ARGS)
{
	AdoptionStats *stats = AdoptionStatsFromDatum(PG_GETARG_DATUM(0));
	const CodedName **names = CodedNames(&stats->coded, &adoption_kind);
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"customers\": [");
	for (int32 i = 0; i < stats->coded.rows; i++)
	{
		const AdoptionEntry *entry = &entries[i];

		CHECK_FOR_INTERRUPTS();
		if (i > 0 && entry->key == entries[i - 1].key)
			appendStringInfoString(&text, ", [");
		else
		{
			appendStringInfoString(&text, i == 0 ? "[" : "]], [");
			JsonPutText(&text, CodedKeyText(entry->key, names));
			appendStringInfoString(&text, ", [[");
		}
		JsonPutText(&text, names[AdoptionEntryItem(entry)]->bytes);
		if (entry->day != TRAIT_DAY)
		{
			appendStringInfoString(&text, ", ");
			JsonPutDate(&text, entry->day);
			appendStringInfoString(&text, entry->item & IS_BOUGHT ? ", true" : ", false");
		}
		if (entry->item & HAS_AMOUNT)
		{
			Decimal		amount = {AdoptionEntryAmount(entry), stats->groups, stats->scale};

			appendStringInfo(&text, ", %s", NumericToText(DecimalToNumeric(&amount)));
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfo(&text, "%s]}", stats->coded.rows > 0 ? "]]" : "");
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of an entry at least: its item, marks and day. */
#define ENTRY_WIRE_BYTES	9

Datum
adoption_stats_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), ADOPTION_STATS_VERSION,
									   "adoption_stats");
	AdoptionStats *stats = CodedReadNames(&reader, &adoption_kind);
	AdoptionStats *result;
	const CodedName **names = CodedNames(&stats->coded, &adoption_kind);
	bool	   *used = palloc0(stats->coded.names + 1);
	int			customers = WireGetCount(&reader, "customers", PG_INT32_MAX, ENTRY_WIRE_BYTES);
	int64		total = 0;

	for (int i = 0; i < customers; i++)
	{
		uint64		key = CodedReadKey(&reader, &stats->coded, names);
		int			entries = WireGetCount(&reader, "entries", PG_INT32_MAX, ENTRY_WIRE_BYTES);

		if (entries == 0)
			WireCorrupt(&reader, "Customer %d has no entries.", i + 1);
		if (key & KEY_IS_TEXT)
			used[(uint32) key] = true;
		for (int k = 0; k < entries; k++)
		{
			uint32		item = CodedReadCode(&reader, &stats->coded);
			uint8		marks = WireGetByte(&reader);
			DateADT		day = WireGetInt(&reader);
			Decimal		amount;

			CHECK_FOR_INTERRUPTS();
			used[item] = true;
			if (marks > (IS_BOUGHT | HAS_AMOUNT) || (day == TRAIT_DAY) != (marks == 0))
				WireCorrupt(&reader, "An entry has the marks %d.", marks);
			if (day != TRAIT_DAY && (DATE_NOT_FINITE(day) || !IS_VALID_DATE(day)))
				WireCorrupt(&reader, "A day is out of range.");
			if (marks & HAS_AMOUNT)
			{
				Numeric		number = WireGetNumeric(&reader);

				if (!DecimalFromNumeric((struct varlena *) number, &amount) ||
					(!(marks & IS_BOUGHT) && amount.coefficient >= 0))
					WireCorrupt(&reader, "An entry has the amount %s.", NumericToText(number));
			}
			stats = AddEntry(stats, key, item, day, marks, marks & HAS_AMOUNT ? &amount : NULL);
		}
		total += entries;
	}
	WireEnd(&reader);
	for (int32 i = 0; i < stats->coded.names; i++)
		if (!used[i])
			WireCorrupt(&reader, "Text %d is neither an item nor a customer.", i + 1);
	result = Settled(stats);
	if (result->coded.rows != total || CountCustomers(result) != customers)
		WireCorrupt(&reader, "A customer stands twice, or a day of one item.");
	PG_RETURN_POINTER(result);
}

Datum
adoption_stats_send(PG_FUNCTION_ARGS)
{
	AdoptionStats *stats = AdoptionStatsFromDatum(PG_GETARG_DATUM(0));
	const AdoptionEntry *entries = AdoptionStatsEntries(stats);
	StringInfoData buffer;

	WireBeginSend(&buffer, ADOPTION_STATS_VERSION);
	CodedPutNames(&buffer, &stats->coded, &adoption_kind);
	WirePutInt(&buffer, CountCustomers(stats));
	for (int32 i = 0; i < stats->coded.rows; i++)
	{
		const AdoptionEntry *entry = &entries[i];

		CHECK_FOR_INTERRUPTS();
		if (i == 0 || entry->key != entries[i - 1].key)
		{
			int32		next = i;

			while (next < stats->coded.rows && entries[next].key == entry->key)
				next++;
			CodedPutKey(&buffer, entry->key);
			WirePutInt(&buffer, next - i);
		}
		WirePutInt(&buffer, AdoptionEntryItem(entry));
		WirePutByte(&buffer, entry->item & 3);
		WirePutInt(&buffer, entry->day);
		if (entry->item & HAS_AMOUNT)
		{
			Decimal		amount = {AdoptionEntryAmount(entry), stats->groups, stats->scale};

			WirePutNumeric(&buffer, DecimalToNumeric(&amount));
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/*
 * One row: (state, customer, item, at, amount). A row without a customer or an item is
 * none; one without a time is a trait.
 */
static Datum
AddRow(FunctionCallInfo fcinfo, bool text_key, bool is_date)
{
	AdoptionStats *stats;
	uint64		key;
	uint32		item;
	DateADT		day = TRAIT_DAY;
	uint32		marks = 0;
	Decimal		amount = {0};
	bool		has_amount = false;

	AggregateContext(fcinfo, "adoption_agg");
	if (PG_ARGISNULL(0))
		CodedCheckRow(fcinfo, "adoption_agg", "customer", text_key);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	if (!PG_ARGISNULL(3))
	{
		day = is_date ? CheckFiniteDate(PG_GETARG_DATEADT(3), "at") :
			TimeDayUtc(CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(3), "at"));
		has_amount = !PG_ARGISNULL(4);
		if (has_amount)
			amount = DecimalArgument(PG_GETARG_DATUM(4), "amount", "adoption_stats");
		marks = amount.coefficient >= 0 ? IS_BOUGHT : 0;
	}

	stats = PG_ARGISNULL(0) ? CodedCreate(&adoption_kind) : PG_GETARG_STATE_IN_PLACE(0);
	stats = CodedFindRow(fcinfo, stats, &adoption_kind, text_key, &key, &item);
	stats = AddEntry(stats, key, item, day, marks, has_amount ? &amount : NULL);
	Assert(CodedBroken(&stats->coded, &adoption_kind) == NULL);
	PG_RETURN_POINTER(stats);
}

/*
 * adoption_stats_add(adoption_stats, customer text, item text, at timestamptz |
 * timestamp, amount numeric): days are UTC's; a bare timestamp is read as UTC
 */
Datum
adoption_stats_add_text_time(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, true, false);
}

Datum
adoption_stats_add_text_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, true, true);
}

Datum
adoption_stats_add_bigint_time(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, false, false);
}

Datum
adoption_stats_add_bigint_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, false, true);
}

/*
 * adoption_stats_combine(adoption_stats, adoption_stats): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
adoption_stats_combine(PG_FUNCTION_ARGS)
{
	AdoptionStats *stats;
	AdoptionStats *other;
	int32		before;

	AggregateContext(fcinfo, "adoption_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = CodedFromDatum(PG_GETARG_DATUM(1), &adoption_kind);
	stats = PG_ARGISNULL(0) ? CodedCreate(&adoption_kind) : PG_GETARG_STATE_IN_PLACE(0);
	ReserveGroups(stats, other->groups);
	stats = CodedReserve(stats, &adoption_kind, other->coded.rows);
	before = stats->coded.rows;
	stats = CodedAppend(stats, &other->coded, &adoption_kind);
	Rescale(AdoptionStatsEntries(stats) + before, other->coded.rows, stats->groups - other->groups);
	stats->scale = Max(stats->scale, other->scale);
	Assert(CodedBroken(&stats->coded, &adoption_kind) == NULL);
	PG_RETURN_POINTER(stats);
}

/* adoption_stats_final(adoption_stats): sorted, in a copy; the aggregate may go on */
Datum
adoption_stats_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(AdoptionStatsFromDatum(PG_GETARG_DATUM(0)));
}

STATE_COMBINE(adoption_stats_combine_two, adoption_stats_combine, adoption_stats_final)
