/*
 * tariff_agg.c
 *		tariff_agg: makes a tariff_def of a price table's rows. Its state,
 *		tariff_draft, keeps the rows as they come; they are put in order and checked
 *		when they are all there.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "base/check.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/state.h"
#include "tariff/tariff.h"
#include "base/wire.h"

#define TARIFF_DRAFT_VERSION	1

/*
 * Behind the struct: the options as jsonb's text, then of each row bound, unit
 * price and flat fee, each a numeric without zeros at its end, or a zero word for
 * NULL; everything aligned for an int.
 */
typedef struct TariffDraft
{
	StateHeader header;
	int32		used;			/* bytes, of what may be more */
	int32		row_count;
	int32		options_length;
	int32		unused;
} TariffDraft;

#define MOST_OPTIONS		65536	/* bytes */
#define ROW_NUMBERS			3
#define LEAST_ROW_BYTES		1	/* in binary form */

typedef struct DraftRow
{
	Numeric		numbers[ROW_NUMBERS];	/* up_to, unit_price, flat_fee; or NULL */
} DraftRow;

static const char *const number_names[] = {"up_to", "unit_price", "flat_fee"};

PG_FUNCTION_INFO_V1(tariff_draft_in);
PG_FUNCTION_INFO_V1(tariff_draft_out);
PG_FUNCTION_INFO_V1(tariff_draft_recv);
PG_FUNCTION_INFO_V1(tariff_draft_send);
PG_FUNCTION_INFO_V1(tariff_draft_add);
PG_FUNCTION_INFO_V1(tariff_draft_combine);
PG_FUNCTION_INFO_V1(tariff_draft_final);

static const char *
DraftOptions(const TariffDraft *draft)
{
	return pnstrdup((const char *) draft + sizeof(TariffDraft), draft->options_length);
}

/* A draft without rows, in the given context. */
static TariffDraft *
DraftCreate(const char *options)
{
	Size		length = strlen(options);
	Size		size = sizeof(TariffDraft) + INTALIGN(length);
	TariffDraft *draft;

	if (length > MOST_OPTIONS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the options of a tariff are too long"),
				 errdetail("They have %zu bytes; %d are allowed.", length, MOST_OPTIONS),
				 errhint("Options are the keys of a tariff_def without its tiers.")));
	draft = StateCreate(size, TARIFF_DRAFT_VERSION);
	draft->used = size;
	draft->options_length = length;
	memcpy((char *) draft + sizeof(TariffDraft), options, length);
	return draft;
}

/*
 * Adds a row of finite, trimmed numbers; returns the draft, or a larger one in
 * the current context.
 */
static TariffDraft *
DraftAddRow(TariffDraft *draft, const DraftRow *row)
{
	Size		size = 0;
	char	   *at;

	if (draft->row_count >= TARIFF_MOST_TIERS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("invalid tariff_def"),
				 errdetail("There are more than the %d tiers that are allowed.", TARIFF_MOST_TIERS),
				 errhint("Group by the price list's key; merge tiers.")));
	for (int i = 0; i < ROW_NUMBERS; i++)
		size += row->numbers[i] ? INTALIGN(VARSIZE(row->numbers[i])) : sizeof(int32);
	draft = StateReserve(draft, draft->used, size, "tariff_draft");
	at = (char *) draft + draft->used;
	memset(at, 0, size);
	for (int i = 0; i < ROW_NUMBERS; i++)
	{
		if (row->numbers[i])
		{
			memcpy(at, row->numbers[i], VARSIZE(row->numbers[i]));
			at += INTALIGN(VARSIZE(row->numbers[i]));
		}
		else
			at += sizeof(int32);
	}
	draft->used += size;
	draft->row_count++;
	return draft;
}

/* By bound, open tiers last; then by price and fee, so that the order is total. */
static int
CompareRows(const void *left, const void *right)
{
	const DraftRow *left_row = left;
	const DraftRow *right_row = right;

	for (int i = 0; i < ROW_NUMBERS; i++)
	{
		Numeric		left_number = left_row->numbers[i];
		Numeric		right_number = right_row->numbers[i];
		int			order;

		if (left_number == NULL || right_number == NULL)
			order = (left_number == NULL) - (right_number == NULL);
		else
			order = NumericCompare(left_number, right_number);
		if (order != 0)
			return order;
	}
	return 0;
}

/* The rows of a draft, in order; the numbers stay in the draft. */
static DraftRow *
DraftRows(const TariffDraft *draft)
{
	DraftRow   *rows = palloc(Max(draft->row_count, 1) * sizeof(DraftRow));
	const char *at = (const char *) draft + sizeof(TariffDraft) + INTALIGN(draft->options_length);

	for (int i = 0; i < draft->row_count; i++)
	{
		for (int k = 0; k < ROW_NUMBERS; k++)
		{
			bool		is_null = *(const int32 *) at == 0;

			rows[i].numbers[k] = is_null ? NULL : (Numeric) at;
			at += is_null ? sizeof(int32) : INTALIGN(VARSIZE(at));
		}
	}
	qsort(rows, draft->row_count, sizeof(DraftRow), CompareRows);
	return rows;
}

/* A draft that was read in, its rows in order and without spare room. */
static TariffDraft *
DraftSorted(const TariffDraft *draft)
{
	DraftRow   *rows = DraftRows(draft);
	TariffDraft *sorted = DraftCreate(DraftOptions(draft));

	for (int i = 0; i < draft->row_count; i++)
		sorted = DraftAddRow(sorted, &rows[i]);
	return StateTrim(sorted, sorted->used);
}

static TariffDraft *
DraftFromDatum(Datum value)
{
	return StateFromDatum(value, TARIFF_DRAFT_VERSION, sizeof(TariffDraft), "tariff_draft");
}

/* Rows of one tariff must give the same options. */
static void
CheckSameOptions(const TariffDraft *draft, const char *options)
{
	if (strlen(options) == (Size) draft->options_length &&
		memcmp((const char *) draft + sizeof(TariffDraft), options, draft->options_length) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the options of tariff_agg change within a group"),
			 errdetail("One row says %s, another %s.", DraftOptions(draft), options),
			 errhint("Group by what the options depend on, such as the mode.")));
}

/* tariff_draft_in(cstring): {"options": "{\"mode\": …}", "rows": [[100, 5, null], …]} */
Datum
tariff_draft_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"options", "rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "tariff_draft");
	JsonNode   *rows;
	Jsonb	   *options;
	TariffDraft *draft;

	JsonAllowKeys(root, keys, lengthof(keys));
	options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
												 CStringGetDatum(JsonGetText(JsonRequire(root, "options")))));
	draft = DraftCreate(
						JsonbToCString(NULL, &options->root, VARSIZE(options)));
	rows = JsonRequire(root, "rows");
	JsonExpect(rows, JSON_KIND_ARRAY);
	for (int i = 0; i < rows->count; i++)
	{
		const JsonNode *node = rows->items[i];
		DraftRow	row;

		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != ROW_NUMBERS)
			JsonInvalid(node, NULL, "It has %d numbers, not %d.", node->count, ROW_NUMBERS);
		for (int k = 0; k < ROW_NUMBERS; k++)
			row.numbers[k] = node->items[k]->kind == JSON_KIND_NULL ? NULL :
				NumericTrim(JsonGetNumeric(node->items[k]));
		draft = DraftAddRow(draft, &row);
	}
	PG_RETURN_POINTER(DraftSorted(draft));
}

/* tariff_draft_out(tariff_draft): rows in order, so that equal drafts have equal text */
Datum
tariff_draft_out(PG_FUNCTION_ARGS)
{
	TariffDraft *draft = DraftFromDatum(PG_GETARG_DATUM(0));
	DraftRow   *rows = DraftRows(draft);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"options\": ");
	JsonPutText(&text, DraftOptions(draft));
	appendStringInfoString(&text, ", \"rows\": [");
	for (int i = 0; i < draft->row_count; i++)
	{
		appendStringInfoString(&text, i > 0 ? ", [" : "[");
		for (int k = 0; k < ROW_NUMBERS; k++)
			appendStringInfo(&text, "%s%s", k > 0 ? ", " : "",
							 rows[i].numbers[k] ? NumericToText(rows[i].numbers[k]) : "null");
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
tariff_draft_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), TARIFF_DRAFT_VERSION,
									   "tariff_draft");
	int			length;
	char	   *options = WireGetBytes(&reader, &length);
	Jsonb	   *parsed = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(options)));
	TariffDraft *draft = DraftCreate(
									 JsonbToCString(NULL, &parsed->root, VARSIZE(parsed)));
	int			row_count = WireGetCount(&reader, "rows", TARIFF_MOST_TIERS, LEAST_ROW_BYTES);

	for (int i = 0; i < row_count; i++)
	{
		DraftRow	row;
		int			given = WireGetByte(&reader);

		if (given >= 1 << ROW_NUMBERS)
			WireCorrupt(&reader, "Row %d has unknown flags: %d.", i + 1, given);
		for (int k = 0; k < ROW_NUMBERS; k++)
			row.numbers[k] = given & (1 << k) ?
				NumericTrim(CheckFiniteNumeric(WireGetNumeric(&reader), number_names[k])) : NULL;
		draft = DraftAddRow(draft, &row);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(DraftSorted(draft));
}

Datum
tariff_draft_send(PG_FUNCTION_ARGS)
{
	TariffDraft *draft = DraftFromDatum(PG_GETARG_DATUM(0));
	DraftRow   *rows = DraftRows(draft);
	StringInfoData buffer;

	WireBeginSend(&buffer, TARIFF_DRAFT_VERSION);
	WirePutBytes(&buffer, DraftOptions(draft), draft->options_length);
	WirePutInt(&buffer, draft->row_count);
	for (int i = 0; i < draft->row_count; i++)
	{
		int			given = 0;

		for (int k = 0; k < ROW_NUMBERS; k++)
			given |= rows[i].numbers[k] ? 1 << k : 0;
		WirePutByte(&buffer, given);
		for (int k = 0; k < ROW_NUMBERS; k++)
			if (rows[i].numbers[k])
				WirePutNumeric(&buffer, rows[i].numbers[k]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * tariff_draft_add(tariff_draft, up_to, unit_price, flat_fee numeric, options jsonb):
 * a row without any number, as an outer join makes it, is none
 */
Datum
tariff_draft_add(PG_FUNCTION_ARGS)
{
	TariffDraft *draft;
	const char *options = "{}";
	DraftRow	row;

	AggregateContext(fcinfo, "tariff_agg");
	if (PG_ARGISNULL(1) && PG_ARGISNULL(2) && PG_ARGISNULL(3))
		PG_RETURN_STATE_AS_IT_IS();
	for (int i = 0; i < ROW_NUMBERS; i++)
		row.numbers[i] = PG_ARGISNULL(i + 1) ? NULL :
			NumericTrim(CheckFiniteNumeric(PG_GETARG_NUMERIC(i + 1), number_names[i]));
	if (!PG_ARGISNULL(4))
	{
		Jsonb	   *given = PG_GETARG_JSONB_P(4);

		options = JsonbToCString(NULL, &given->root, VARSIZE(given));
	}
	if (PG_ARGISNULL(0))
		draft = DraftCreate(options);
	else
	{
		draft = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameOptions(draft, options);
	}
	PG_RETURN_POINTER(DraftAddRow(draft, &row));
}

/* tariff_draft_combine(tariff_draft, tariff_draft): either may be NULL */
Datum
tariff_draft_combine(PG_FUNCTION_ARGS)
{
	TariffDraft *draft;
	TariffDraft *other;
	DraftRow   *rows;

	AggregateContext(fcinfo, "tariff_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = DraftFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		draft = DraftCreate(DraftOptions(other));
	else
	{
		draft = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameOptions(draft, DraftOptions(other));
	}
	rows = DraftRows(other);
	for (int i = 0; i < other->row_count; i++)
		draft = DraftAddRow(draft, &rows[i]);
	PG_RETURN_POINTER(draft);
}

/* tariff_draft_final(tariff_draft): the tariff of the rows, checked */
Datum
tariff_draft_final(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"mode", "free_units", "package_size", "zero_fee", "minimum", "maximum", "round", "currency"
	};
	TariffDraft *draft = DraftFromDatum(PG_GETARG_DATUM(0));
	DraftRow   *rows = DraftRows(draft);
	JsonNode   *root = JsonRead(DraftOptions(draft), "options of tariff_agg");
	Tariff		tariff;

	TariffInit(&tariff);
	JsonAllowKeys(root, keys, lengthof(keys));
	TariffReadOptions(&tariff, root);
	tariff.tier_count = draft->row_count;
	tariff.tiers = palloc(Max(draft->row_count, 1) * sizeof(TariffTier));
	for (int i = 0; i < draft->row_count; i++)
	{
		tariff.tiers[i].up_to = rows[i].numbers[0];
		tariff.tiers[i].unit_price = rows[i].numbers[1];
		tariff.tiers[i].flat_fee = rows[i].numbers[2];
	}
	PG_RETURN_POINTER(TariffPack(&tariff, TARIFF_FROM_ARGUMENTS));
}
