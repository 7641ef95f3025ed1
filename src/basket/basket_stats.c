/*
 * basket_stats.c
 *		basket_stats in SQL: its four forms, basket_agg and basket_merge.
 *
 * The state is the baskets themselves, 12 bytes an item: what is a pair, which
 * baskets are too large and how often is often are asked later, and a basket whose
 * lines lie in two states is one after the merge.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/check.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/wire.h"
#include "basket/basket.h"

#define BASKET_STATS_VERSION	1

PG_FUNCTION_INFO_V1(basket_stats_in);
PG_FUNCTION_INFO_V1(basket_stats_out);
PG_FUNCTION_INFO_V1(basket_stats_recv);
PG_FUNCTION_INFO_V1(basket_stats_send);
PG_FUNCTION_INFO_V1(basket_stats_add_text);
PG_FUNCTION_INFO_V1(basket_stats_add_bigint);
PG_FUNCTION_INFO_V1(basket_stats_combine);
PG_FUNCTION_INFO_V1(basket_stats_final);

static inline int
CompareLines(const BasketLine *left, const BasketLine *right)
{
	uint64		left_key = BasketLineKey(left);
	uint64		right_key = BasketLineKey(right);

	if (left_key != right_key)
		return left_key < right_key ? -1 : 1;
	return left->item < right->item ? -1 : left->item > right->item;
}

#define ST_SORT SortLines
#define ST_ELEMENT_TYPE BasketLine
#define ST_COMPARE(a, b) CompareLines(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static void
RenumberLines(void *rows, int64 count, const uint32 *codes)
{
	BasketLine *lines = rows;

	for (int64 i = 0; i < count; i++)
	{
		lines[i].item = codes[lines[i].item];
		/* the lower half of a text's key is its number */
		if (BasketLineKey(&lines[i]) & KEY_IS_TEXT)
			lines[i].key_low = codes[lines[i].key_low];
	}
}

/* An item of a basket once. */
static int64
SettleLines(void *rows, int64 count)
{
	BasketLine *lines = rows;
	int64		kept = 0;

	SortLines(lines, count);
	for (int64 i = 0; i < count; i++)
		if (kept == 0 || CompareLines(&lines[kept - 1], &lines[i]) != 0)
			lines[kept++] = lines[i];
	return kept;
}

const CodedKind basket_kind = {
	.type_name = "basket_stats",
	.version = BASKET_STATS_VERSION,
	.head_size = sizeof(BasketStats),
	.row_size = sizeof(BasketLine),
	.renumber = RenumberLines,
	.settle = SettleLines,
};

/* The one form: units are not known at all where one row's are not. */
static BasketStats *
Settled(BasketStats *stats)
{
	BasketStats *result = CodedSettled(stats, &basket_kind);

	if (result != stats)
		DecimalSumNormalize(&result->units);
	return result;
}

/* A stored state in its one form, for reading. */
BasketStats *
BasketStatsFromDatum(Datum value)
{
	return Settled(CodedFromDatum(value, &basket_kind));
}

/* A line of a basket whose key and item have been found. */
static inline BasketStats *
AddLine(BasketStats *stats, uint64 key, uint32 item)
{
	BasketLine *line;

	stats = CodedReserve(stats, &basket_kind, 1);
	line = &BasketStatsLines(stats)[stats->coded.rows++];
	line->key_high = (uint32) (key >> 32);
	line->key_low = (uint32) key;
	line->item = item;
	return stats;
}

static inline void
ForgetUnits(BasketStats *stats)
{
	stats->coded.header.flags |= UNITS_UNKNOWN;
	memset(&stats->units, 0, sizeof(stats->units));
}

static void
AddUnits(BasketStats *stats, const Decimal *more)
{
	if (stats->coded.header.flags & UNITS_UNKNOWN)
		return;
	if (!DecimalSumAdd(&stats->units, more))
		DecimalTooLong(NULL, "quantity", "basket_stats");
}

/* How many baskets a state in its one form has. */
static int32
CountBaskets(const BasketStats *stats)
{
	const BasketLine *lines = BasketStatsLines(stats);
	int32		count = 0;

	for (int32 i = 0; i < stats->coded.rows; i++)
		count += i == 0 || BasketLineKey(&lines[i]) != BasketLineKey(&lines[i - 1]);
	return count;
}

/* ------------------------------------------------------------------------- */

/*
 * basket_stats_in(cstring): {"baskets": [["1001", ["A", "B"]], …], "units": 12,
 * "skipped_rows": 0}; units null: not known
 */
Datum
basket_stats_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"baskets", "units", "skipped_rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "basket_stats");
	BasketStats *stats = CodedCreate(&basket_kind);
	BasketStats *result;
	JsonNode   *list;
	JsonNode   *units;
	int64		lines = 0;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "baskets");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		const char *name;
		uint64		key;

		CHECK_FOR_INTERRUPTS();
		name = CodedReadGroup(node, "A basket is [key, [item, …]].", "A basket has at least one item.");
		stats = CodedFindKey(stats, &basket_kind, name, strlen(name), &key);
		for (int k = 0; k < node->items[1]->count; k++)
		{
			const char *item = JsonGetText(node->items[1]->items[k]);
			uint32		code;

			stats = CodedFindText(stats, &basket_kind, item, strlen(item), &code);
			stats = AddLine(stats, key, code);
			lines++;
		}
	}
	units = JsonRequire(root, "units");
	if (units->kind == JSON_KIND_NULL)
		ForgetUnits(stats);
	else
	{
		Numeric		number = JsonGetNumeric(units);
		Decimal		value;

		if (!DecimalFromNumeric((struct varlena *) number, &value))
			JsonInvalid(units, NULL, "It has more than 38 digits, of which 36 can be decimals.");
		if (value.coefficient < 0)
			JsonInvalid(units, NULL, "Units must not be negative.");
		AddUnits(stats, &value);
	}
	stats->skipped_rows = JsonGetInt(JsonRequire(root, "skipped_rows"), 0, PG_INT64_MAX);

	result = Settled(stats);
	if (CountBaskets(result) != list->count || result->coded.rows != lines)
		JsonInvalid(list, NULL, "A basket stands twice, or an item twice in a basket.");
	PG_RETURN_POINTER(result);
}

/* basket_stats_out(basket_stats): the same text for equal states */
Datum
basket_stats_out(PG_FUNCTION_ARGS)
{
	BasketStats *stats = BasketStatsFromDatum(PG_GETARG_DATUM(0));
	const CodedName **names = CodedNames(&stats->coded, &basket_kind);
	const BasketLine *lines = BasketStatsLines(stats);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"baskets\": [");
	for (int32 i = 0; i < stats->coded.rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0 && BasketLineKey(&lines[i]) == BasketLineKey(&lines[i - 1]))
			appendStringInfoString(&text, ", ");
		else
		{
			appendStringInfoString(&text, i == 0 ? "[" : "]], [");
			JsonPutText(&text, CodedKeyText(BasketLineKey(&lines[i]), names));
			appendStringInfoString(&text, ", [");
		}
		JsonPutText(&text, names[lines[i].item]->bytes);
	}
	appendStringInfo(&text, "%s], \"units\": ", stats->coded.rows > 0 ? "]]" : "");
	if (stats->coded.header.flags & UNITS_UNKNOWN)
		appendStringInfoString(&text, "null");
	else
	{
		Decimal		units = DecimalSumValue(&stats->units);

		appendStringInfoString(&text, NumericToText(DecimalToNumeric(&units)));
	}
	appendStringInfo(&text, ", \"skipped_rows\": " INT64_FORMAT "}", stats->skipped_rows);
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of a basket at least: its key, how many items. */
#define BASKET_WIRE_BYTES	13

Datum
basket_stats_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), BASKET_STATS_VERSION,
									   "basket_stats");
	uint8		units_known = WireGetByte(&reader);
	BasketStats *stats;
	BasketStats *result;
	Decimal		units = {0};
	int64		skipped_rows;
	const CodedName **names;
	bool	   *used;
	int			baskets;
	int64		lines = 0;

	if (units_known > 1)
		WireCorrupt(&reader, "Its units have the mark %d; 0 or 1 is expected.", units_known);
	if (units_known)
	{
		Numeric		number = WireGetNumeric(&reader);

		if (!DecimalFromNumeric((struct varlena *) number, &units) || units.coefficient < 0)
			WireCorrupt(&reader, "Its units are %s.", NumericToText(number));
	}
	skipped_rows = WireGetInt64(&reader);
	if (skipped_rows < 0)
		WireCorrupt(&reader, "It skipped %lld rows.", (long long) skipped_rows);
	stats = CodedReadNames(&reader, &basket_kind);
	names = CodedNames(&stats->coded, &basket_kind);
	used = palloc0(stats->coded.names + 1);
	baskets = WireGetCount(&reader, "baskets", PG_INT32_MAX, BASKET_WIRE_BYTES);
	for (int i = 0; i < baskets; i++)
	{
		uint64		key = CodedReadKey(&reader, &stats->coded, names);
		int			items = WireGetCount(&reader, "items", PG_INT32_MAX, sizeof(int32));

		CHECK_FOR_INTERRUPTS();
		if (items == 0)
			WireCorrupt(&reader, "Basket %d has no items.", i + 1);
		if (key & KEY_IS_TEXT)
			used[(uint32) key] = true;
		for (int k = 0; k < items; k++)
		{
			uint32		item = CodedReadCode(&reader, &stats->coded);

			used[item] = true;
			stats = AddLine(stats, key, item);
		}
		lines += items;
	}
	WireEnd(&reader);
	for (int32 i = 0; i < stats->coded.names; i++)
		if (!used[i])
			WireCorrupt(&reader, "Text %d is neither an item nor a key.", i + 1);
	if (units_known)
		AddUnits(stats, &units);
	else
		ForgetUnits(stats);
	stats->skipped_rows = skipped_rows;
	result = Settled(stats);
	if (CountBaskets(result) != baskets || result->coded.rows != lines)
		WireCorrupt(&reader, "A basket stands twice, or an item twice in a basket.");
	PG_RETURN_POINTER(result);
}

Datum
basket_stats_send(PG_FUNCTION_ARGS)
{
	BasketStats *stats = BasketStatsFromDatum(PG_GETARG_DATUM(0));
	const BasketLine *lines = BasketStatsLines(stats);
	int32		next;
	StringInfoData buffer;

	WireBeginSend(&buffer, BASKET_STATS_VERSION);
	WirePutByte(&buffer, !(stats->coded.header.flags & UNITS_UNKNOWN));
	if (!(stats->coded.header.flags & UNITS_UNKNOWN))
	{
		Decimal		units = DecimalSumValue(&stats->units);

		WirePutNumeric(&buffer, DecimalToNumeric(&units));
	}
	WirePutInt64(&buffer, stats->skipped_rows);
	CodedPutNames(&buffer, &stats->coded, &basket_kind);
	WirePutInt(&buffer, CountBaskets(stats));
	for (int32 i = 0; i < stats->coded.rows; i = next)
	{
		CHECK_FOR_INTERRUPTS();
		for (next = i; next < stats->coded.rows &&
			 BasketLineKey(&lines[next]) == BasketLineKey(&lines[i]); next++)
			;
		CodedPutKey(&buffer, BasketLineKey(&lines[i]));
		WirePutInt(&buffer, next - i);
		for (int32 k = i; k < next; k++)
			WirePutInt(&buffer, lines[k].item);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/*
 * One row: (state, basket_key, item [, quantity]). A row without a key or an item is
 * none; one with a quantity of 0 or less is left out and counted.
 */
static Datum
AddRow(FunctionCallInfo fcinfo, bool text_key)
{
	bool		has_quantity = PG_NARGS() > 3;
	bool		is_known = has_quantity && !PG_ARGISNULL(3);
	Decimal		quantity = {0};
	BasketStats *stats;
	uint64		key;
	uint32		item;

	AggregateContext(fcinfo, "basket_agg");
	if (PG_ARGISNULL(0))
		CodedCheckRow(fcinfo, "basket_agg", "basket_key", text_key);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	if (is_known)
		quantity = DecimalArgument(PG_GETARG_DATUM(3), "quantity", "basket_stats");
	stats = PG_ARGISNULL(0) ? CodedCreate(&basket_kind) : PG_GETARG_STATE_IN_PLACE(0);
	if (is_known && quantity.coefficient <= 0)
	{
		CountAdd(&stats->skipped_rows, 1, "skipped rows in one basket_stats");
		PG_RETURN_POINTER(stats);
	}

	stats = CodedFindRow(fcinfo, stats, &basket_kind, text_key, &key, &item);
	stats = AddLine(stats, key, item);
	if (is_known)
		AddUnits(stats, &quantity);
	else
		ForgetUnits(stats);
	Assert(CodedBroken(&stats->coded, &basket_kind) == NULL);
	PG_RETURN_POINTER(stats);
}

/* basket_stats_add(basket_stats, basket_key text, item text [, quantity numeric]) */
Datum
basket_stats_add_text(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, true);
}

/* basket_stats_add(basket_stats, basket_key bigint, item text [, quantity numeric]) */
Datum
basket_stats_add_bigint(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, false);
}

/*
 * basket_stats_combine(basket_stats, basket_stats): either may be NULL. The result is
 * the first, changed in place, or a new one.
 */
Datum
basket_stats_combine(PG_FUNCTION_ARGS)
{
	BasketStats *stats;
	BasketStats *other;
	Decimal		units;

	AggregateContext(fcinfo, "basket_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = CodedFromDatum(PG_GETARG_DATUM(1), &basket_kind);
	stats = PG_ARGISNULL(0) ? CodedCreate(&basket_kind) : PG_GETARG_STATE_IN_PLACE(0);
	stats = CodedAppend(stats, &other->coded, &basket_kind);
	CountAdd(&stats->skipped_rows, other->skipped_rows, "skipped rows in one basket_stats");
	units = DecimalSumValue(&other->units);
	if (other->coded.header.flags & UNITS_UNKNOWN)
		ForgetUnits(stats);
	else
		AddUnits(stats, &units);
	Assert(CodedBroken(&stats->coded, &basket_kind) == NULL);
	PG_RETURN_POINTER(stats);
}

/* basket_stats_final(basket_stats): sorted, in a copy; the aggregate may go on */
Datum
basket_stats_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(BasketStatsFromDatum(PG_GETARG_DATUM(0)));
}

STATE_COMBINE(basket_stats_combine_two, basket_stats_combine, basket_stats_final)
