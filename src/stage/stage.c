/*
 * stage.c
 *		stage_state, the history of one deal's stages, in SQL: its four forms,
 *		stage_agg, stage_merge and stage_rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/arrays.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/keys.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "stage/stage_visits.h"
#include "base/row_set.h"
#include "base/rows.h"
#include "base/wire.h"

#define STAGE_STATE_VERSION	1
#define FIRST_ROWS_SIZE	112		/* bytes in a new state: four or so rows */

PG_FUNCTION_INFO_V1(stage_state_in);
PG_FUNCTION_INFO_V1(stage_state_out);
PG_FUNCTION_INFO_V1(stage_state_recv);
PG_FUNCTION_INFO_V1(stage_state_send);
PG_FUNCTION_INFO_V1(stage_state_add);
PG_FUNCTION_INFO_V1(stage_state_add_date);
PG_FUNCTION_INFO_V1(stage_state_combine);
PG_FUNCTION_INFO_V1(stage_state_final);
PG_FUNCTION_INFO_V1(stage_rows);

/* Bytes that a row takes. */
static inline Size
RowSize(Size length)
{
	return MAXALIGN(offsetof(StageRow, stage) + length);
}

static inline StageRow *
NextRow(const StageRow *row)
{
	return (StageRow *) ((char *) row + RowSize(row->length));
}

static Size
StageRowSize(const void *row)
{
	return RowSize(((const StageRow *) row)->length);
}

static int
StageRowsCompare(const void *left, const void *right)
{
	return CompareStageRows(left, right);
}

static const RowSetKind stage_kind = {"stage_state", STAGE_STATE_VERSION, FIRST_ROWS_SIZE, StageRowSize, StageRowsCompare};

/*
 * Appends a row; at is finite. Returns the state, or a larger one in the
 * current context.
 */
static RowSet *
StageStateAdd(RowSet *state, TimestampTz at, const char *stage, Size length)
{
	void	   *place;
	StageRow   *row;

	state = RowSetReserve(state, &stage_kind, RowSize(length), &place);
	row = place;
	row->at = at;
	row->length = length;
	memcpy(row->stage, stage, length);
	return state;
}

/*
 * stage_state_in(cstring): reads {"rows": [["2025-01-31T00:00:00+00:00", "lead"], …]}
 */
Datum
stage_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "stage_state");
	RowSet	   *state = RowSetCreate(&stage_kind);
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "rows");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		TimestampTz at;
		const char *stage;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != 2)
			JsonInvalid(node, "A row is [time, stage].", "The array has %d items.", node->count);
		at = JsonGetTime(node->items[0]);
		stage = JsonGetText(node->items[1]);
		state = StageStateAdd(state, at, stage, strlen(stage));
	}
	PG_RETURN_POINTER(RowSetCanonical(state, &stage_kind));
}

/* stage_state_out(stage_state): the same text for equal states */
Datum
stage_state_out(PG_FUNCTION_ARGS)
{
	RowSet	   *state = RowSetFromDatum(PG_GETARG_DATUM(0), &stage_kind);
	const StageRow *row = RowSetFirst(state);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"rows\": [");
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		char	   *stage = pnstrdup(row->stage, row->length);

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutTime(&text, row->at);
		appendStringInfoString(&text, ", ");
		JsonPutText(&text, stage);
		appendStringInfoChar(&text, ']');
		pfree(stage);
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
stage_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), STAGE_STATE_VERSION,
									   "stage_state");
	RowSet	   *state = RowSetCreate(&stage_kind);
	int			rows = WireGetCount(&reader, "rows", MaxAllocSize / sizeof(StageRow),
									sizeof(int64) + sizeof(int32));

	for (int i = 0; i < rows; i++)
	{
		TimestampTz at = WireGetInt64(&reader);
		int			length;
		char	   *stage = WireGetBytes(&reader, &length);

		CHECK_FOR_INTERRUPTS();
		if (!IS_VALID_TIMESTAMP(at))
			WireCorrupt(&reader, "Row %d has a time that is out of range.", i + 1);
		state = StageStateAdd(state, at, stage, length);
		pfree(stage);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(RowSetCanonical(state, &stage_kind));
}

Datum
stage_state_send(PG_FUNCTION_ARGS)
{
	RowSet	   *state = RowSetFromDatum(PG_GETARG_DATUM(0), &stage_kind);
	const StageRow *row = RowSetFirst(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, STAGE_STATE_VERSION);
	WirePutInt(&buffer, state->rows);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		WirePutInt64(&buffer, row->at);
		WirePutBytes(&buffer, row->stage, row->length);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* One row: a time and a stage's name, both not NULL. */
static Datum
StageAddRow(FunctionCallInfo fcinfo, TimestampTz at)
{
	RowSet	   *state;
	text	   *stage = PG_GETARG_TEXT_PP(2);

	AggregateContext(fcinfo, "stage_agg");
	CheckFiniteTime(at, "at");
	if (PG_ARGISNULL(0))
	{
		CheckTextKey(fcinfo, 2, "stage_agg", "stage");
		state = RowSetCreate(&stage_kind);
	}
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(StageStateAdd(state, at, VARDATA_ANY(stage), VARSIZE_ANY_EXHDR(stage)));
}

/*
 * stage_state_add(stage_state, timestamptz | timestamp, text): both kinds of time
 * are microseconds; without a zone they are UTC's.
 */
Datum
stage_state_add(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	return StageAddRow(fcinfo, PG_GETARG_TIMESTAMPTZ(1));
}

/* stage_state_add_date(stage_state, date, text): at the day's start, UTC */
Datum
stage_state_add_date(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	return StageAddRow(fcinfo, DayStartUtc(PG_GETARG_DATEADT(1), "at"));
}

/*
 * stage_state_combine(stage_state, stage_state): either may be NULL. The result
 * is the first, changed in place, or a new one.
 */
Datum
stage_state_combine(PG_FUNCTION_ARGS)
{
	return RowSetCombine(fcinfo, "stage_merge", &stage_kind);
}

/*
 * stage_state_final(stage_state): sorted and without room to spare, in a copy;
 * the aggregate may go on with its own.
 */
Datum
stage_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(RowSetFromDatum(PG_GETARG_DATUM(0), &stage_kind));
}

/* A name of the list, and its place in it, from 1. */
typedef struct StageName
{
	const char *bytes;
	int			length;
	int			place;
} StageName;

/* By bytes; of equal names the one that stands first in the list. */
static int
CompareNames(const void *left, const void *right)
{
	const StageName *a = left;
	const StageName *b = right;
	int			order = BytesCompare(a->bytes, a->length, b->bytes, b->length);

	CHECK_FOR_INTERRUPTS();
	return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

/*
 * The names of a text[] argument, sorted, each with its place in the list: at least one,
 * all different, none NULL.
 */
static StageName *
CheckStages(ArrayType *array, int *count)
{
	ArrayItems	items = ArrayRead(array, "stages");
	StageName  *stages;
	const StageName *twice = NULL;

	*count = items.count;
	if (*count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("stages must name at least one stage"),
				 errhint("List the stages in their order, the one that is the goal last: array['lead', 'proposal', 'won'].")));
	stages = palloc_extended(*count * sizeof(StageName), MCXT_ALLOC_HUGE);
	for (int i = 0; i < *count; i++)
	{
		text	   *name;

		if (items.nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a stage must not be NULL"),
					 errdetail("Element %d of the stages is NULL.", i + 1),
					 errhint("Leave it out: array_remove(stages, null).")));
		name = DatumGetTextPP(items.values[i]);
		stages[i].bytes = VARDATA_ANY(name);
		stages[i].length = VARSIZE_ANY_EXHDR(name);
		stages[i].place = i + 1;
	}
	qsort(stages, *count, sizeof(StageName), CompareNames);

	/* of those that stand twice, the first that a reader of the list comes to */
	for (int i = 1; i < *count; i++)
		if (BytesEqual(stages[i - 1].bytes, stages[i - 1].length, stages[i].bytes, stages[i].length) &&
			(twice == NULL || stages[i].place < twice->place))
			twice = &stages[i];
	if (twice != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a stage stands twice"),
				 errdetail("Elements %d and %d of the stages are both \"%s\".",
						   twice[-1].place, twice->place, pnstrdup(twice->bytes, twice->length)),
				 errhint("A stage has one place in the pipeline.")));
	return stages;
}

/* A stage's place in the list, from 1, or STAGE_UNLISTED. */
static int
FindPlace(const StageName *stages, int count, const StageRow *row)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		int			order = BytesCompare(stages[middle].bytes, stages[middle].length, row->stage, row->length);

		if (order == 0)
			return stages[middle].place;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return STAGE_UNLISTED;
}

/*
 * stage_rows(stage_state, stages text[], as_of date) → setof (visit_index, stage,
 * stage_index, entered_at, left_at, days, next_stage, direction). Rows after the
 * day as_of (UTC) do not exist; without as_of all do, and visits that last have no days.
 */
Datum
stage_rows(PG_FUNCTION_ARGS)
{
	RowWriter	out = RowsBegin(fcinfo);
	RowSet	   *state;
	const StageRow *row;
	StageName  *stages;
	int			stage_count;
	StagePlaced *placed;
	StageVisit *visits;
	int			count = 0;
	bool		has_end = !PG_ARGISNULL(2);
	TimestampTz end = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	state = RowSetFromDatum(PG_GETARG_DATUM(0), &stage_kind);
	stages = CheckStages(PG_GETARG_ARRAYTYPE_P(1), &stage_count);
	if (has_end)
		end = DayStartUtc(PG_GETARG_DATEADT(2), "as_of") + USECS_PER_DAY;

	placed = palloc_extended(Max(1, state->rows) * sizeof(StagePlaced), MCXT_ALLOC_HUGE);
	visits = palloc_extended(Max(1, state->rows) * sizeof(StageVisit), MCXT_ALLOC_HUGE);
	row = RowSetFirst(state);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		if (has_end && row->at >= end)
			break;
		placed[count].at = row->at;
		placed[count].row = row;
		placed[count++].place = FindPlace(stages, stage_count, row);
	}
	count = StageVisits(placed, count, stage_count, visits);

	for (int i = 0; i < count; i++)
	{
		const StageVisit *visit = &visits[i];
		const StageRow *next = visit->next;

		CHECK_FOR_INTERRUPTS();
		RowPutInt(&out, i + 1);
		RowPutBytes(&out, visit->row->stage, visit->row->length);
		RowPutInt(&out, visit->place);
		RowPutTime(&out, visit->row->at);
		if (next != NULL)
			RowPutTime(&out, next->at);
		else
			RowPutNull(&out);
		if (next != NULL || has_end)
			RowPutFloat(&out, TimeSpanDays(visit->row->at, next ? next->at : end));
		else
			RowPutNull(&out);
		RowPutBytes(&out, next ? next->stage : NULL, next ? next->length : -1);
		RowPutText(&out, visit->direction);
		RowEnd(&out);
	}
	return (Datum) 0;
}

STATE_COMBINE(stage_state_combine_two, stage_state_combine, stage_state_final)
