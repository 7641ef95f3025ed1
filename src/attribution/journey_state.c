/*
 * journey_state.c
 *		journey_state, one customer's touches and ends, in SQL: its four forms,
 *		journey_agg, journey_merge and journey_rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "attribution/attribution.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/keys.h"
#include "base/rows.h"

#define JOURNEY_STATE_VERSION	1
#define FIRST_ROWS_SIZE			104	/* bytes in a new state: four or so rows */
#define FEW_ROWS				24	/* that many are sorted by insertion */

PG_FUNCTION_INFO_V1(journey_state_in);
PG_FUNCTION_INFO_V1(journey_state_out);
PG_FUNCTION_INFO_V1(journey_state_recv);
PG_FUNCTION_INFO_V1(journey_state_send);
PG_FUNCTION_INFO_V1(journey_state_add);
PG_FUNCTION_INFO_V1(journey_state_add_date);
PG_FUNCTION_INFO_V1(journey_state_combine);
PG_FUNCTION_INFO_V1(journey_state_final);
PG_FUNCTION_INFO_V1(journey_rows);

static const char *const kind_names[JOURNEY_KINDS] = {"touch", "won", "lost"};

static inline Size
RowSize(int length)
{
	return MAXALIGN(offsetof(JourneyRow, data) + length);
}

static inline JourneyRow *
NextRow(const JourneyRow *row)
{
	return (JourneyRow *) ((char *) row + RowSize(row->length));
}

/* Rows may stand twice and are mostly few, so that they are put in order here. */
static const RowSetKind journey_kind = {
	.type_name = "journey_state", .version = JOURNEY_STATE_VERSION, .room = FIRST_ROWS_SIZE
};

/* An amount has too many digits; value: NULL where it is a sum. */
void
AmountTooLong(const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount has more digits than attribution keeps"),
			 value ? errdetail("The value is %s; 38 digits are kept, of which 36 can be decimals.", value) :
			 errdetail("38 digits are kept, from the first of the largest sum to the last of the finest amount."),
			 errhint("Round the amounts, for example round(amount, 6).")));
}

/* Appends a row without data; returns the state, or a larger one in the current context. */
static JourneyState *
AppendRow(JourneyState *state, int64 at, JourneyKind kind, const char *data, int length,
		  JourneyRow **row)
{
	void	   *place;

	state = RowSetReserve(state, &journey_kind, RowSize(length), &place);
	*row = place;
	(*row)->at = at;
	(*row)->kind = kind;
	(*row)->length = length;
	if (length > 0)
		memcpy((*row)->data, data, length);
	return state;
}

static JourneyState *
AppendTouch(JourneyState *state, int64 at, const char *channel, int length)
{
	JourneyRow *row;

	if (length > ATTRIBUTION_MOST_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the name of a channel is longer than %d bytes", ATTRIBUTION_MOST_NAME),
				 errdetail("It begins with \"%.*s\".", pg_mbcliplen(channel, length, 100), channel),
				 errhint("Give channels short names, for example expo or agent.")));
	return AppendRow(state, at, JOURNEY_TOUCH, channel, length, &row);
}

/* An end; amount: NULL for none, and of no meaning where it is lost. */
static JourneyState *
AppendEnd(JourneyState *state, int64 at, JourneyKind kind, struct varlena *amount)
{
	JourneyRow *row;
	Decimal		value = {0};
	uint128 coefficient;

	if (kind == JOURNEY_LOST)
		return AppendRow(state, at, kind, NULL, 0, &row);
	if (amount != NULL && (!DecimalFromNumeric(amount, &value) ||
						   value.scale > ATTRIBUTION_MOST_SCALE))
		AmountTooLong(NumericToText(DatumGetNumeric(PointerGetDatum(amount))));
	coefficient = value.coefficient;
	state = AppendRow(state, at, kind, (char *) &coefficient,
					  coefficient == 0 ? 0 : (int) sizeof(coefficient), &row);
	row->groups = value.groups;
	row->scale = value.scale;
	return state;
}

typedef const JourneyRow *JourneyRowPointer;

#define ST_SORT SortJourneyRows
#define ST_ELEMENT_TYPE JourneyRowPointer
#define ST_COMPARE(a, b) CompareJourneyRows(*(a), *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static void
SortFewRows(JourneyRowPointer *rows, int count)
{
	for (int i = 1; i < count; i++)
	{
		JourneyRowPointer row = rows[i];
		int			j = i;

		for (; j > 0 && CompareJourneyRows(rows[j - 1], row) > 0; j--)
			rows[j] = rows[j - 1];
		rows[j] = row;
	}
}

/*
 * The one form of a set of rows: sorted, no room to spare. The state itself where it
 * has this form, else a copy in the current context; the given state stays as it is.
 */
static JourneyState *
JourneyStateCanonical(JourneyState *state)
{
	JourneyRowPointer few[FEW_ROWS];
	JourneyRowPointer *rows = few;
	JourneyRowPointer row = RowSetFirst(state);
	JourneyState *result;
	char	   *at;
	bool		in_order = true;

	if (state->rows > FEW_ROWS)
		rows = palloc_extended(state->rows * sizeof(JourneyRow *), MCXT_ALLOC_HUGE);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		rows[i] = row;
		in_order = in_order && (i == 0 || CompareJourneyRows(rows[i - 1], row) <= 0);
	}
	if (in_order && VARSIZE(state) == sizeof(JourneyState) + state->used)
		result = state;
	else
	{
		result = palloc0(sizeof(JourneyState) + state->used);
		memcpy(result, state, sizeof(JourneyState));
		SET_VARSIZE(result, sizeof(JourneyState) + state->used);
		if (in_order)
			memcpy(RowSetFirst(result), RowSetFirst(state), state->used);
		else
		{
			if (state->rows > FEW_ROWS)
				SortJourneyRows(rows, state->rows);
			else
				SortFewRows(rows, state->rows);
			at = (char *) RowSetFirst(result);
			for (int i = 0; i < state->rows; i++)
			{
				Size		size = RowSize(rows[i]->length);

				memcpy(at, rows[i], size);
				at += size;
			}
		}
	}
	if (rows != few)
		pfree(rows);
	return result;
}

/* A stored state, sorted. */
JourneyState *
JourneyStateFromDatum(Datum value)
{
	return JourneyStateCanonical(StateFromDatum(value, JOURNEY_STATE_VERSION, sizeof(JourneyState),
												"journey_state"));
}

/* The rows of a sorted state that are not later than a moment, as a list. */
const JourneyRow **
JourneyStateRows(const JourneyState *state, int64 known_until, int *count)
{
	const JourneyRow **rows = palloc_extended(Max(1, state->rows) * sizeof(JourneyRow *),
											  MCXT_ALLOC_HUGE);
	const JourneyRow *row = RowSetFirst(state);

	*count = 0;
	for (int i = 0; i < state->rows && row->at <= known_until; i++, row = NextRow(row))
		rows[(*count)++] = row;
	return rows;
}

/* The amount of a win as a numeric, with the digits it came with. */
static Numeric
RowAmount(const JourneyRow *row)
{
	uint128 amount;

	JourneyAmount(row, &amount);
	return AmountNumeric(amount, row->groups, row->scale);
}

/* A JSON or binary amount must be what journey_agg takes. */
static struct varlena *
CheckAmount(Numeric amount)
{
	CheckFiniteNumeric(amount, "amount");
	if (NumericIsNegative(amount))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("amount must not be negative"),
				 errdetail("The value is %s.", NumericToText(amount)),
				 errhint("What a win brings is at least 0; take credit notes off first.")));
	return (struct varlena *) amount;
}

/*
 * journey_state_in(cstring): reads {"rows": [["2025-01-31T00:00:00+00:00", "touch", "expo"],
 * [time, "won", 1200.50], [time, "lost"]]}
 */
Datum
journey_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "journey_state");
	JourneyState *state = RowSetCreate(&journey_kind);
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "rows");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		JourneyKind kind;
		int64		at;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count < 2 || node->count > 3)
			JsonInvalid(node, "A row is [time, \"touch\", channel], [time, \"won\", amount] or [time, \"lost\"].",
						"The array has %d items.", node->count);
		at = JsonGetTime(node->items[0]);
		kind = (JourneyKind) JsonGetChoice(node->items[1], kind_names, JOURNEY_KINDS);
		if (node->count != (kind == JOURNEY_LOST ? 2 : 3))
			JsonInvalid(node, "A row is [time, \"touch\", channel], [time, \"won\", amount] or [time, \"lost\"].",
						"The array has %d items.", node->count);
		if (kind == JOURNEY_TOUCH)
		{
			const char *channel = JsonGetText(node->items[2]);

			state = AppendTouch(state, at, channel, strlen(channel));
		}
		else
			state = AppendEnd(state, at, kind, kind == JOURNEY_WON ?
							  CheckAmount(JsonGetNumeric(node->items[2])) : NULL);
	}
	PG_RETURN_POINTER(JourneyStateCanonical(state));
}

/* journey_state_out(journey_state): the same text for equal states */
Datum
journey_state_out(PG_FUNCTION_ARGS)
{
	JourneyState *state = JourneyStateFromDatum(PG_GETARG_DATUM(0));
	const JourneyRow *row = RowSetFirst(state);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"rows\": [");
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutTime(&text, row->at);
		appendStringInfo(&text, ", \"%s\"", kind_names[row->kind]);
		if (row->kind == JOURNEY_TOUCH)
		{
			char	   *channel = pnstrdup(row->data, row->length);

			appendStringInfoString(&text, ", ");
			JsonPutText(&text, channel);
			pfree(channel);
		}
		else if (row->kind == JOURNEY_WON)
			appendStringInfo(&text, ", %s", NumericToText(RowAmount(row)));
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
journey_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), JOURNEY_STATE_VERSION,
									   "journey_state");
	JourneyState *state = RowSetCreate(&journey_kind);
	int			rows = WireGetCount(&reader, "rows", MaxAllocSize / sizeof(JourneyRow),
									sizeof(int64) + 1);

	for (int i = 0; i < rows; i++)
	{
		int64		at = WireGetInt64(&reader);
		uint8		kind = WireGetByte(&reader);

		CHECK_FOR_INTERRUPTS();
		if (!IS_VALID_TIMESTAMP(at) || kind >= JOURNEY_KINDS)
			WireCorrupt(&reader, "Row %d has a time that is out of range, or an unknown kind.", i + 1);
		if (kind == JOURNEY_TOUCH)
		{
			int			length;
			char	   *channel = WireGetBytes(&reader, &length);

			state = AppendTouch(state, at, channel, length);
			pfree(channel);
		}
		else
			state = AppendEnd(state, at, (JourneyKind) kind, kind == JOURNEY_WON ?
							  CheckAmount(WireGetNumeric(&reader)) : NULL);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(JourneyStateCanonical(state));
}

Datum
journey_state_send(PG_FUNCTION_ARGS)
{
	JourneyState *state = JourneyStateFromDatum(PG_GETARG_DATUM(0));
	const JourneyRow *row = RowSetFirst(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, JOURNEY_STATE_VERSION);
	WirePutInt(&buffer, state->rows);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		WirePutInt64(&buffer, row->at);
		WirePutByte(&buffer, row->kind);
		if (row->kind == JOURNEY_TOUCH)
			WirePutBytes(&buffer, row->data, row->length);
		else if (row->kind == JOURNEY_WON)
			WirePutNumeric(&buffer, RowAmount(row));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/* won or lost; an error that names any other word */
static JourneyKind
OutcomeKind(const text *outcome)
{
	const char *bytes = VARDATA_ANY(outcome);
	int			length = VARSIZE_ANY_EXHDR(outcome);

	for (int i = JOURNEY_WON; i < JOURNEY_KINDS; i++)
		if (BytesEqual(bytes, length, kind_names[i], strlen(kind_names[i])))
			return (JourneyKind) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown outcome \"%s\"", text_to_cstring(outcome)),
			 errhint("Outcomes are won and lost; a row that ends nothing has NULL.")));
}

/* One row: at is finite and there. */
static Datum
JourneyAddRow(FunctionCallInfo fcinfo, TimestampTz at)
{
	JourneyState *state;
	struct varlena *amount = NULL;
	JourneyKind kind = JOURNEY_TOUCH;

	AggregateContext(fcinfo, "journey_agg");
	if (PG_ARGISNULL(2) && PG_ARGISNULL(3))
		PG_RETURN_STATE_AS_IT_IS();
	CheckFiniteTime(at, "at");
	if (!PG_ARGISNULL(3))
		kind = OutcomeKind(PG_GETARG_TEXT_PP(3));
	if (!PG_ARGISNULL(4))
	{
		Decimal		value;

		/* what is odd is looked at again, and said */
		amount = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(4));
		if (!DecimalFromNumeric(amount, &value) || value.coefficient < 0)
			amount = CheckAmount(PG_GETARG_NUMERIC(4));
	}
	if (PG_ARGISNULL(0))
	{
		/* once per call site: what it looks at is the query */
		if (fcinfo->flinfo->fn_extra == NULL)
		{
			CheckTextKey(fcinfo, 2, "journey_agg", "channel");
			fcinfo->flinfo->fn_extra = fcinfo->flinfo;
		}
		state = RowSetCreate(&journey_kind);
	}
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	if (!PG_ARGISNULL(2))
	{
		text	   *channel = PG_GETARG_TEXT_PP(2);

		state = AppendTouch(state, at, VARDATA_ANY(channel), VARSIZE_ANY_EXHDR(channel));
	}
	if (kind != JOURNEY_TOUCH)
		state = AppendEnd(state, at, kind, amount);
	PG_RETURN_POINTER(state);
}

/*
 * journey_state_add(journey_state, at timestamptz | timestamp, channel, outcome text,
 * amount numeric): both kinds of time are microseconds; without a zone they are UTC's.
 */
Datum
journey_state_add(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return JourneyAddRow(fcinfo, PG_GETARG_TIMESTAMPTZ(1));
}

/* journey_state_add_date(journey_state, at date, …): at the day's start, UTC */
Datum
journey_state_add_date(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return JourneyAddRow(fcinfo, DayStartUtc(PG_GETARG_DATEADT(1), "at"));
}

/*
 * journey_state_combine(journey_state, journey_state): either may be NULL. The result
 * is the first, changed in place, or a new one.
 */
Datum
journey_state_combine(PG_FUNCTION_ARGS)
{
	return RowSetCombine(fcinfo, "journey_merge", &journey_kind);
}

/* journey_state_final(journey_state): sorted and without room to spare, in a copy */
Datum
journey_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(JourneyStateFromDatum(PG_GETARG_DATUM(0)));
}

/* ------------------------------------------------------------------------- */

typedef struct RowsContext
{
	RowWriter	out;
	const JourneyRule *rule;
	int			journeys;
	TouchShares *shares;		/* room for all rows */
	double	   *decay;
} RowsContext;

static const char *const outcome_names[JOURNEY_OUTCOMES] = {"won", "lost", "open"};

/* What a rule gives; NULL where nothing was won. */
static void
PutShare(RowWriter *out, const Journey *journey, double share)
{
	if (journey->outcome == OUTCOME_WON)
		RowPutFloat(out, share);
	else
		RowPutNull(out);
}

/* Writes a row per touch, or one for a journey without any. */
static void
PutJourney(const Journey *journey, void *context)
{
	RowsContext *rows = context;
	RowWriter  *out = &rows->out;
	static const TouchShares whole = {1, 1, 1, 1, 1, 1};

	/* those within whose time is not over do not count, and come last */
	if (journey->is_young)
		return;
	rows->journeys++;
	if (journey->outcome == OUTCOME_WON)
		JourneyShares(rows->rule, journey, rows->shares, rows->decay);
	for (int i = 0; i < Max(1, journey->touches); i++)
	{
		const JourneyRow *touch = journey->touches > 0 ? journey->touch[i] : NULL;
		const TouchShares *shares = touch ? &rows->shares[i] : &whole;

		CHECK_FOR_INTERRUPTS();
		RowPutInt(out, rows->journeys);
		RowPutText(out, outcome_names[journey->outcome]);
		if (journey->has_began)
			RowPutTime(out, journey->began_at);
		else
			RowPutNull(out);
		if (journey->outcome != OUTCOME_OPEN)
			RowPutTime(out, journey->ended_at);
		else
			RowPutNull(out);
		RowPutNumeric(out, journey->outcome == OUTCOME_WON ? RowAmount(journey->end) : NULL);
		if (touch)
		{
			RowPutInt(out, i + 1);
			RowPutTime(out, touch->at);
			RowPutBytes(out, touch->data, touch->length);
		}
		else
			RowPutNulls(out, 3);
		PutShare(out, journey, shares->first);
		PutShare(out, journey, shares->last);
		PutShare(out, journey, shares->last_non_direct);
		PutShare(out, journey, shares->linear);
		PutShare(out, journey, shares->position);
		if (rows->rule->half_life > 0)
			PutShare(out, journey, shares->time_decay);
		else
			RowPutNull(out);
		RowEnd(out);
	}
}

/*
 * journey_rows(journey_state, attribution_def, as_of date) → (journey_index, outcome,
 * began_at, ended_at, amount, touch_index, at, channel, shares): one row per touch
 */
Datum
journey_rows(PG_FUNCTION_ARGS)
{
	RowsContext context = {.out = RowsBegin(fcinfo)};
	AttributionSpec *spec;
	JourneyState *state;
	const JourneyRow **rows;
	int64		known_until;
	int			count;

	CheckSettingIsSet(PG_ARGISNULL(1), "def");
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of must not be NULL"),
				 errhint("Give the last day that is known, for example date '2025-06-30'.")));
	spec = AttributionSpecCreate(AttributionDefFromDatum(PG_GETARG_DATUM(1)), true, CurrentMemoryContext);
	known_until = AttributionKnownUntil(spec, PG_GETARG_DATEADT(2));
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	state = JourneyStateFromDatum(PG_GETARG_DATUM(0));
	rows = JourneyStateRows(state, known_until, &count);
	context.rule = &spec->rule;
	context.shares = palloc_extended(Max(1, count) * sizeof(TouchShares), MCXT_ALLOC_HUGE);
	context.decay = palloc_extended(Max(1, count) * sizeof(double), MCXT_ALLOC_HUGE);
	JourneyCut(&spec->rule, rows, count, known_until,
			   palloc_extended(Max(1, count) * sizeof(JourneyRow *), MCXT_ALLOC_HUGE),
			   PutJourney, &context);
	return (Datum) 0;
}

STATE_COMBINE(journey_state_combine_two, journey_state_combine, journey_state_final)
