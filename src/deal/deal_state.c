/*
 * deal_state.c
 *		deal_state, the log of one deal, in SQL: its four forms, deal_agg and
 *		deal_merge, and how its rows are read.
 *
 * A state is a set of rows. What one instant's rows say together depends on the
 * pipeline, which a state does not know: they are folded when it is read.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/keys.h"
#include "base/row_set.h"
#include "deal/deal.h"

#define DEAL_STATE_VERSION	1
#define FIRST_ROWS_SIZE		192 /* bytes in a new state: four or so rows */

/* The amount stands first behind it, then the stage; the next row begins at a multiple of 8. */
typedef struct DealRow
{
	TimestampTz at;
	DateADT		close_on;		/* DATE_UNCHANGED, DATE_NONE or a date */
	int32		length;			/* of the stage; -1: NULL */
	int32		amount_size;	/* of the numeric; 0: NULL */
	int32		unused;
} DealRow;

PG_FUNCTION_INFO_V1(deal_state_in);
PG_FUNCTION_INFO_V1(deal_state_out);
PG_FUNCTION_INFO_V1(deal_state_recv);
PG_FUNCTION_INFO_V1(deal_state_send);
PG_FUNCTION_INFO_V1(deal_state_add);
PG_FUNCTION_INFO_V1(deal_state_add_date);
PG_FUNCTION_INFO_V1(deal_state_combine);
PG_FUNCTION_INFO_V1(deal_state_final);

static inline char *
RowAmount(const DealRow *row)
{
	return (char *) row + sizeof(DealRow);
}

static inline char *
RowStage(const DealRow *row)
{
	return RowAmount(row) + row->amount_size;
}

static inline Size
RowSize(const DealRow *row)
{
	return MAXALIGN(sizeof(DealRow) + row->amount_size + Max(row->length, 0));
}

static inline DealRow *
NextRow(const DealRow *row)
{
	return (DealRow *) ((char *) row + RowSize(row));
}

/* One total order: by time, then by value where there is one, else by bytes. */
static int
CompareRows(const void *left_row, const void *right_row)
{
	const DealRow *left = left_row;
	const DealRow *right = right_row;
	int			order;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	order = BytesCompare(RowStage(left), left->length, RowStage(right), right->length);
	if (order != 0)
		return order;
	if (left->amount_size > 0 && right->amount_size > 0)
	{
		order = NumericCompare((Numeric) RowAmount(left), (Numeric) RowAmount(right));
		if (order == 0)
			order = NumericScale((Numeric) RowAmount(left)) -
				NumericScale((Numeric) RowAmount(right));
	}
	else
		order = (left->amount_size > 0) - (right->amount_size > 0);
	if (order != 0)
		return order;
	return (left->close_on > right->close_on) - (left->close_on < right->close_on);
}

static Size
DealRowSize(const void *row)
{
	return RowSize(row);
}

static const RowSetKind deal_kind = {"deal_state", DEAL_STATE_VERSION, FIRST_ROWS_SIZE, DealRowSize, CompareRows};

/*
 * Appends a row that says something. Returns the state, or a larger one in the
 * current context.
 */
static RowSet *
DealStateAdd(RowSet *state, const DealChange *change)
{
	DealRow		head = {0};
	void	   *place;
	DealRow    *row;

	head.at = change->at;
	head.close_on = change->close_on;
	head.length = change->length;
	head.amount_size = change->amount == NULL ? 0 : VARSIZE(change->amount);
	state = RowSetReserve(state, &deal_kind, RowSize(&head), &place);
	row = place;
	*row = head;
	if (head.amount_size > 0)
		memcpy(RowAmount(row), change->amount, head.amount_size);
	if (head.length > 0)
		memcpy(RowStage(row), change->stage, head.length);
	return state;
}

/* A deal's history in a pipeline. It points into the state, or a copy of it. */
DealHistory
DealHistoryOf(Datum value, const PipelineSpec *spec)
{
	RowSet	   *state = RowSetFromDatum(value, &deal_kind);
	const DealRow *row = RowSetFirst(state);
	DealChange *changes = palloc_extended(Max(1, state->rows) * sizeof(DealChange),
										  MCXT_ALLOC_HUGE);
	DealHistory history;

	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		changes[i].at = row->at;
		changes[i].stage = RowStage(row);
		changes[i].length = row->length;
		changes[i].place = row->length < 0 ? PLACE_NONE :
			PipelinePlace(spec, RowStage(row), row->length);
		changes[i].amount = row->amount_size > 0 ? (struct varlena *) RowAmount(row) : NULL;
		changes[i].close_on = row->close_on;
	}
	history.points = palloc_extended(Max(1, state->rows) * sizeof(DealPoint), MCXT_ALLOC_HUGE);
	history.count = DealHistoryBuild(changes, state->rows, &spec->places, history.points);
	pfree(changes);
	return history;
}

/* An amount is finite and not negative; NULL is none. */
static struct varlena *
CheckAmount(Numeric amount)
{
	CheckFiniteNumeric(amount, "amount");
	if (NumericIsNegative(amount))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("amount must not be negative"),
				 errdetail("The value is %s.", NumericToText(amount)),
				 errhint("It is what the deal would bring; a discount makes it smaller.")));
	return (struct varlena *) amount;
}

/*
 * deal_state_in(cstring): reads {"rows": [["2025-01-31T00:00:00+00:00", "lead", 1200.00,
 * "2025-06-30"], …]}; null is what a row did not change, the date "infinity" takes it away
 */
Datum
deal_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "deal_state");
	RowSet	   *state = RowSetCreate(&deal_kind);
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "rows");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		DealChange	change = {0};

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != 4)
			JsonInvalid(node, "A row is [time, stage, amount, close_on].",
						"The array has %d items.", node->count);
		change.at = JsonGetTime(node->items[0]);
		change.length = -1;
		change.close_on = DATE_UNCHANGED;
		if (node->items[1]->kind != JSON_KIND_NULL)
		{
			change.stage = JsonGetText(node->items[1]);
			change.length = strlen(change.stage);
		}
		if (node->items[2]->kind != JSON_KIND_NULL)
			change.amount = CheckAmount(JsonGetNumeric(node->items[2]));
		if (node->items[3]->kind != JSON_KIND_NULL)
			change.close_on = strcmp(JsonGetText(node->items[3]), "infinity") == 0 ? DATE_NONE :
				JsonGetDate(node->items[3]);
		if (change.length < 0 && change.amount == NULL && change.close_on == DATE_UNCHANGED)
			JsonInvalid(node, "Leave it out.", "The row changes nothing.");
		state = DealStateAdd(state, &change);
	}
	PG_RETURN_POINTER(RowSetCanonical(state, &deal_kind));
}

/* deal_state_out(deal_state): the same text for equal states */
Datum
deal_state_out(PG_FUNCTION_ARGS)
{
	RowSet	   *state = RowSetFromDatum(PG_GETARG_DATUM(0), &deal_kind);
	const DealRow *row = RowSetFirst(state);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"rows\": [");
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutTime(&text, row->at);
		appendStringInfoString(&text, ", ");
		if (row->length < 0)
			appendStringInfoString(&text, "null");
		else
			JsonPutText(&text, pnstrdup(RowStage(row), row->length));
		appendStringInfo(&text, ", %s, ", row->amount_size == 0 ? "null" :
						 NumericToText((Numeric) RowAmount(row)));
		if (row->close_on == DATE_UNCHANGED)
			appendStringInfoString(&text, "null");
		else if (row->close_on == DATE_NONE)
			appendStringInfoString(&text, "\"infinity\"");
		else
			JsonPutDate(&text, row->close_on);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* What a row of the binary form has. */
#define WIRE_HAS_STAGE	1
#define WIRE_HAS_AMOUNT	2
#define WIRE_HAS_DATE	4
#define WIRE_ALL		7

Datum
deal_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), DEAL_STATE_VERSION,
									   "deal_state");
	RowSet	   *state = RowSetCreate(&deal_kind);
	int			rows = WireGetCount(&reader, "rows", MaxAllocSize / sizeof(DealRow),
									sizeof(int64) + 1 + sizeof(int32));

	for (int i = 0; i < rows; i++)
	{
		DealChange	change = {0};
		int			has;

		CHECK_FOR_INTERRUPTS();
		change.at = WireGetInt64(&reader);
		if (!IS_VALID_TIMESTAMP(change.at))
			WireCorrupt(&reader, "Row %d has a time that is out of range.", i + 1);
		has = WireGetByte(&reader);
		if (has < 1 || has > WIRE_ALL)
			WireCorrupt(&reader, "Row %d has the flags %d.", i + 1, has);
		change.length = -1;
		change.close_on = DATE_UNCHANGED;
		if (has & WIRE_HAS_STAGE)
			change.stage = WireGetBytes(&reader, &change.length);
		if (has & WIRE_HAS_AMOUNT)
		{
			Numeric		amount = WireGetNumeric(&reader);

			if (!NumericIsFinite(amount) || NumericIsNegative(amount))
				WireCorrupt(&reader, "Row %d has an amount that is negative or not finite.", i + 1);
			change.amount = (struct varlena *) amount;
		}
		if (has & WIRE_HAS_DATE)
		{
			change.close_on = WireGetInt(&reader);
			if (change.close_on != DATE_NONE && !IS_VALID_DATE(change.close_on))
				WireCorrupt(&reader, "Row %d has a date that is out of range.", i + 1);
		}
		state = DealStateAdd(state, &change);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(RowSetCanonical(state, &deal_kind));
}

Datum
deal_state_send(PG_FUNCTION_ARGS)
{
	RowSet	   *state = RowSetFromDatum(PG_GETARG_DATUM(0), &deal_kind);
	const DealRow *row = RowSetFirst(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, DEAL_STATE_VERSION);
	WirePutInt(&buffer, state->rows);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		WirePutInt64(&buffer, row->at);
		WirePutByte(&buffer, (row->length >= 0 ? WIRE_HAS_STAGE : 0) |
					(row->amount_size > 0 ? WIRE_HAS_AMOUNT : 0) |
					(row->close_on != DATE_UNCHANGED ? WIRE_HAS_DATE : 0));
		if (row->length >= 0)
			WirePutBytes(&buffer, RowStage(row), row->length);
		if (row->amount_size > 0)
			WirePutNumeric(&buffer, (Numeric) RowAmount(row));
		if (row->close_on != DATE_UNCHANGED)
			WirePutInt(&buffer, row->close_on);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* A planned date: infinity takes it away. */
static DateADT
CheckCloseOn(DateADT day)
{
	if (DATE_IS_NOBEGIN(day))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("close_on must not be -infinity"),
				 errhint("infinity takes the date away; NULL leaves it as it was.")));
	return day;
}

/* One row at a time that is not NULL; three NULLs say nothing. */
static Datum
DealAddRow(FunctionCallInfo fcinfo, TimestampTz at)
{
	DealChange	change = {0};
	RowSet	   *state;

	AggregateContext(fcinfo, "deal_agg");
	change.at = CheckFiniteTime(at, "at");
	if (PG_ARGISNULL(2) && PG_ARGISNULL(3) && PG_ARGISNULL(4))
		PG_RETURN_STATE_AS_IT_IS();
	change.length = -1;
	if (!PG_ARGISNULL(2))
	{
		text	   *stage = PG_GETARG_TEXT_PP(2);

		change.stage = VARDATA_ANY(stage);
		change.length = VARSIZE_ANY_EXHDR(stage);
	}
	if (!PG_ARGISNULL(3))
		change.amount = CheckAmount(PG_GETARG_NUMERIC(3));
	change.close_on = PG_ARGISNULL(4) ? DATE_UNCHANGED : CheckCloseOn(PG_GETARG_DATEADT(4));
	if (PG_ARGISNULL(0))
	{
		CheckTextKey(fcinfo, 2, "deal_agg", "stage");
		state = RowSetCreate(&deal_kind);
	}
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(DealStateAdd(state, &change));
}

/*
 * deal_state_add(deal_state, timestamptz | timestamp, text, numeric, date): both kinds
 * of time are microseconds; without a zone they are UTC's.
 */
Datum
deal_state_add(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return DealAddRow(fcinfo, PG_GETARG_TIMESTAMPTZ(1));
}

/* deal_state_add_date(deal_state, date, text, numeric, date): at the day's start, UTC */
Datum
deal_state_add_date(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return DealAddRow(fcinfo, DayStartUtc(PG_GETARG_DATEADT(1), "at"));
}

/*
 * deal_state_combine(deal_state, deal_state): either may be NULL. The result is the
 * first, changed in place, or a new one.
 */
Datum
deal_state_combine(PG_FUNCTION_ARGS)
{
	return RowSetCombine(fcinfo, "deal_merge", &deal_kind);
}

/* deal_state_final(deal_state): sorted and without room to spare, in a copy */
Datum
deal_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(RowSetFromDatum(PG_GETARG_DATUM(0), &deal_kind));
}

STATE_COMBINE(deal_state_combine_two, deal_state_combine, deal_state_final)
