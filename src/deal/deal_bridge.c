/*
 * deal_bridge.c
 *		pipeline_bridge: the movements of many deals, period by period.
 *
 * It keeps the opening and the movements. Closings follow from them, so they
 * cannot disagree. A deal's share is added in place, only where something changed.
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/parameter.h"
#include "deal/deal.h"

#define PIPELINE_BRIDGE_VERSION	1

/*
 * Behind it: the definition, then counts, then sums (one opening, then each kind by
 * period), then a WideArea of wide_bytes.
 */
typedef struct PipelineBridge
{
	StateHeader header;
	int32		grain;
	DateADT		from_date;
	DateADT		until_date;
	int32		periods;
	int32		has_closing;
	DateADT		closing_starts;
	DateADT		closing_ends;
	int32		def_bytes;		/* up to a multiple of 8 */
	int32		wide_bytes;
	int32		unused;
} PipelineBridge;

/* Does a kind's sum hold negative amounts? */
static inline bool
IsNegativeKind(int kind)
{
	return kind >= MOVE_DECREASED && kind <= MOVE_REMOVED;
}

PG_FUNCTION_INFO_V1(pipeline_bridge_in);
PG_FUNCTION_INFO_V1(pipeline_bridge_out);
PG_FUNCTION_INFO_V1(pipeline_bridge_recv);
PG_FUNCTION_INFO_V1(pipeline_bridge_send);
PG_FUNCTION_INFO_V1(pipeline_bridge_add);
PG_FUNCTION_INFO_V1(pipeline_bridge_combine);
PG_FUNCTION_INFO_V1(pipeline_bridge_final);
PG_FUNCTION_INFO_V1(pipeline_bridge_rows);

static inline PipelineDef *
BridgeDef(const PipelineBridge *bridge)
{
	return (PipelineDef *) ((char *) bridge + sizeof(PipelineBridge));
}

/* How many counts there are, and sums. */
static inline int
Cells(const PipelineBridge *bridge)
{
	return 1 + MOVE_KINDS * bridge->periods;
}

static inline int64 *
Counts(const PipelineBridge *bridge)
{
	return (int64 *) ((char *) BridgeDef(bridge) + bridge->def_bytes);
}

static inline DecimalSum *
Sums(const PipelineBridge *bridge)
{
	return (DecimalSum *) (Counts(bridge) + Cells(bridge));
}

/* Bytes without the WideArea. */
static inline Size
FixedSize(const PipelineBridge *bridge)
{
	return (char *) (Sums(bridge) + Cells(bridge)) - (char *) bridge;
}

#define OPENING_CELL	0

static inline int
Cell(int kind, int period)
{
	return 1 + period * MOVE_KINDS + kind;
}

static Money
CellSum(const PipelineBridge *bridge, int cell)
{
	return MoneyFromSum(&Sums(bridge)[cell],
						bridge->wide_bytes == 0 ? NULL :
						WideGet((char *) bridge + FixedSize(bridge), bridge->wide_bytes, cell));
}

/* A bridge of no deals, in the current context. */
static PipelineBridge *
BridgeCreate(const PipelineDef *def, const PeriodSpan *span, const DealWindow *window)
{
	PipelineBridge head = {0};
	PipelineBridge *bridge;

	head.periods = span->count;
	head.def_bytes = MAXALIGN(VARSIZE(def));
	bridge = StateCreate(FixedSize(&head), PIPELINE_BRIDGE_VERSION);
	bridge->grain = span->grain;
	bridge->from_date = span->from_date;
	bridge->until_date = span->until_date;
	bridge->periods = span->count;
	bridge->has_closing = window->given;
	bridge->closing_starts = window->starts;
	bridge->closing_ends = window->ends;
	bridge->def_bytes = head.def_bytes;
	memcpy(BridgeDef(bridge), def, VARSIZE(def));
	return bridge;
}

static PipelineBridge *
BridgeFromDatum(Datum value)
{
	return StateFromDatum(value, PIPELINE_BRIDGE_VERSION, sizeof(PipelineBridge),
						  "pipeline_bridge");
}

/* The bridge with the list's amounts in its WideArea: itself, or a copy. */
static PipelineBridge *
BridgeKeepWide(PipelineBridge *bridge, WideList *wide)
{
	Size		fixed = FixedSize(bridge);
	Size		bytes;
	char	   *area;
	PipelineBridge *larger;

	if (wide->count == 0)
		return bridge;
	WideListArea(wide, (char *) bridge + fixed, bridge->wide_bytes);
	area = WideAreaBuild(wide, &bytes);
	larger = palloc(fixed + bytes);
	memcpy(larger, bridge, fixed);
	memcpy((char *) larger + fixed, area, bytes);
	SET_VARSIZE(larger, fixed + bytes);
	larger->wide_bytes = bytes;
	return larger;
}

/*
 * The same bridge as it is when each sum comes at once: equal bridges are equal
 * bytes. A copy in the current context.
 */
static PipelineBridge *
BridgeCanonical(const PipelineBridge *bridge)
{
	PipelineBridge *result = palloc(FixedSize(bridge));
	WideList	wide = {0};

	memcpy(result, bridge, FixedSize(bridge));
	SET_VARSIZE(result, FixedSize(bridge));
	result->wide_bytes = 0;
	for (int i = 0; i < Cells(bridge); i++)
	{
		DecimalSum *sum = &Sums(result)[i];

		CHECK_FOR_INTERRUPTS();
		if (bridge->wide_bytes > 0)
		{
			Money		total = CellSum(bridge, i);

			if (total.wide != NULL)
				total = MoneyFromNumeric((struct varlena *) total.wide);
			memset(sum, 0, sizeof(*sum));
			SumAdd(sum, i, &total, &wide);
		}
		DecimalSumNormalize(sum);
	}
	return BridgeKeepWide(result, &wide);
}

/* Deals that come into the pipeline in a period less those that leave it; false on overflow. */
static bool
AddPeriodDeals(const PipelineBridge *bridge, int period, int64 *deals)
{
	for (int kind = MOVE_CREATED; kind < MOVE_SUMMED; kind++)
	{
		int64		count = Counts(bridge)[Cell(kind, period)];

		if (kind == MOVE_INCREASED || kind == MOVE_DECREASED)
			continue;
		if (kind < MOVE_FIRST_OUT ? pg_add_s64_overflow(*deals, count, deals) :
			pg_sub_s64_overflow(*deals, count, deals))
			return false;
	}
	return true;
}

/* The rules that hold for every bridge; NULL, or which one is broken. */
static const char *
BridgeBroken(const PipelineBridge *bridge)
{
	int64		deals = Counts(bridge)[OPENING_CELL];

	for (int i = 0; i < Cells(bridge); i++)
		if (Counts(bridge)[i] < 0)
			return "A count is negative.";
	for (int i = 0; i < bridge->periods; i++)
	{
		if (!AddPeriodDeals(bridge, i, &deals))
			return "There are more deals than can be counted.";
		if (deals < 0)
			return "More deals left than there were.";
	}
	return NULL;
}

/* The sign of a sum that a text or a binary form claims; false where it is wrong. */
static bool
SignFits(int cell, const Money *sum)
{
	int			sign = MoneySign(sum);

	if (cell != OPENING_CELL && IsNegativeKind((cell - 1) % MOVE_KINDS))
		return sign <= 0;
	return sign >= 0;
}

/* The items of a kind's vector, one for each period. */
static JsonNode **
VectorItems(const JsonNode *root, const char *key, int periods)
{
	JsonNode   *node = JsonRequire(root, key);

	JsonExpect(node, JSON_KIND_ARRAY);
	if (node->count != periods)
		JsonInvalid(node, NULL, "It has %d values for %d periods.", node->count, periods);
	return node->items;
}

static const char *
DealsKey(const char *name)
{
	return psprintf("deals_%s", name);
}

/* {"closing": ["2025-04-01", null]}: null is no bound, or no closing at all */
static DealWindow
ReadClosing(const JsonNode *node)
{
	DealWindow	window = {0};

	if (node->kind == JSON_KIND_NULL)
		return window;
	JsonExpect(node, JSON_KIND_ARRAY);
	if (node->count != 2)
		JsonInvalid(node, "Write [first day, day after the last].",
					"The array has %d items.", node->count);
	window.given = true;
	window.starts = node->items[0]->kind == JSON_KIND_NULL ? DATEVAL_NOBEGIN :
		JsonGetDate(node->items[0]);
	window.ends = node->items[1]->kind == JSON_KIND_NULL ? DATEVAL_NOEND :
		JsonGetDate(node->items[1]);
	if (window.starts >= window.ends)
		JsonInvalid(node, NULL, "No date lies in it.");
	return window;
}

/*
 * pipeline_bridge_in(cstring): reads {"pipeline": {…}, "grain": "month", "from_date": …,
 * "until_date": …, "closing": null, "deals_opening": 3, "deals_created": [1, 0], …,
 * "opening": 100, "created": [20, 0], …}
 */
Datum
pipeline_bridge_in(PG_FUNCTION_ARGS)
{
	const char *keys[7 + 2 * MOVE_KINDS] = {
		"pipeline", "grain", "from_date", "until_date", "closing", "deals_opening", "opening"
	};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "pipeline_bridge");
	PipelineDef *def;
	PeriodSpan	span;
	DealWindow	window;
	PipelineBridge *bridge;
	WideList	wide = {0};
	Money		opening;
	DateADT		from_date;
	DateADT		until_date;
	Grain		grain;
	const char *broken;

	for (int kind = 0; kind < MOVE_KINDS; kind++)
	{
		keys[7 + 2 * kind] = deal_movement_names[kind];
		keys[8 + 2 * kind] = DealsKey(deal_movement_names[kind]);
	}
	JsonAllowKeys(root, keys, lengthof(keys));
	def = PipelineDefReadJson(JsonRequire(root, "pipeline"));
	grain = (Grain) JsonGetChoice(JsonRequire(root, "grain"), grain_names, GRAIN_LAST + 1);
	from_date = JsonGetDate(JsonRequire(root, "from_date"));
	until_date = JsonGetDate(JsonRequire(root, "until_date"));
	if (!PeriodSpanRead(grain, from_date, until_date, &span))
		JsonInvalid(root, NULL, "from_date lies after until_date.");
	window = ReadClosing(JsonRequire(root, "closing"));
	/* what the text claims must be there before anything is made for it */
	for (int kind = 0; kind < MOVE_KINDS; kind++)
	{
		VectorItems(root, deal_movement_names[kind], span.count);
		VectorItems(root, DealsKey(deal_movement_names[kind]), span.count);
	}
	bridge = BridgeCreate(def, &span, &window);
	Counts(bridge)[OPENING_CELL] = JsonGetInt(JsonRequire(root, "deals_opening"), 0, PG_INT64_MAX);
	opening = MoneyFromNumeric((struct varlena *) JsonGetNumeric(JsonRequire(root, "opening")));
	if (!SignFits(OPENING_CELL, &opening))
		JsonInvalid(JsonRequire(root, "opening"), NULL, "It must not be negative.");
	SumAdd(&Sums(bridge)[OPENING_CELL], OPENING_CELL, &opening, &wide);
	for (int kind = 0; kind < MOVE_KINDS; kind++)
	{
		JsonNode  **sums = VectorItems(root, deal_movement_names[kind], span.count);
		JsonNode  **counts = VectorItems(root, DealsKey(deal_movement_names[kind]), span.count);

		for (int i = 0; i < span.count; i++)
		{
			int			cell = Cell(kind, i);
			Money		sum = MoneyFromNumeric((struct varlena *) JsonGetNumeric(sums[i]));

			CHECK_FOR_INTERRUPTS();
			if (!SignFits(cell, &sum))
				JsonInvalid(sums[i], NULL, IsNegativeKind(kind) ? "It must not be positive." :
							"It must not be negative.");
			Counts(bridge)[cell] = JsonGetInt(counts[i], 0, PG_INT64_MAX);
			SumAdd(&Sums(bridge)[cell], cell, &sum, &wide);
		}
	}
	if ((broken = BridgeBroken(bridge)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	PG_RETURN_POINTER(BridgeKeepWide(bridge, &wide));
}

static void
PutBound(StringInfo text, DateADT day)
{
	if (DATE_NOT_FINITE(day))
		appendStringInfoString(text, "null");
	else
		JsonPutDate(text, day);
}

static void
PutSum(StringInfo text, const PipelineBridge *bridge, int cell)
{
	Money		sum = CellSum(bridge, cell);

	appendStringInfoString(text, NumericToText(MoneyToNumeric(&sum)));
}

/* pipeline_bridge_out(pipeline_bridge): the same text for equal values */
Datum
pipeline_bridge_out(PG_FUNCTION_ARGS)
{
	PipelineBridge *bridge = BridgeFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"pipeline\": ");
	PipelineDefPutJson(&text, BridgeDef(bridge));
	appendStringInfo(&text, ", \"grain\": \"%s\", \"from_date\": ",
					 GrainName((Grain) bridge->grain));
	JsonPutDate(&text, bridge->from_date);
	appendStringInfoString(&text, ", \"until_date\": ");
	JsonPutDate(&text, bridge->until_date);
	appendStringInfoString(&text, ", \"closing\": ");
	if (bridge->has_closing)
	{
		appendStringInfoChar(&text, '[');
		PutBound(&text, bridge->closing_starts);
		appendStringInfoString(&text, ", ");
		PutBound(&text, bridge->closing_ends);
		appendStringInfoChar(&text, ']');
	}
	else
		appendStringInfoString(&text, "null");
	appendStringInfo(&text, ", \"deals_opening\": " INT64_FORMAT, Counts(bridge)[OPENING_CELL]);
	for (int kind = 0; kind < MOVE_KINDS; kind++)
	{
		appendStringInfo(&text, ", \"%s\": [", DealsKey(deal_movement_names[kind]));
		for (int i = 0; i < bridge->periods; i++)
			appendStringInfo(&text, "%s" INT64_FORMAT, i == 0 ? "" : ", ",
							 Counts(bridge)[Cell(kind, i)]);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, ", \"opening\": ");
	PutSum(&text, bridge, OPENING_CELL);
	for (int kind = 0; kind < MOVE_KINDS; kind++)
	{
		appendStringInfo(&text, ", \"%s\": [", deal_movement_names[kind]);
		for (int i = 0; i < bridge->periods; i++)
		{
			CHECK_FOR_INTERRUPTS();
			appendStringInfoString(&text, i == 0 ? "" : ", ");
			PutSum(&text, bridge, Cell(kind, i));
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

/* Least bytes of a sum in binary form. */
#define WIRE_SUM_BYTES	12

Datum
pipeline_bridge_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0),
									   PIPELINE_BRIDGE_VERSION, "pipeline_bridge");
	PipelineDef *def = PipelineDefReadWire(&reader);
	uint8		grain = WireGetByte(&reader);
	DateADT		from_date = WireGetInt(&reader);
	DateADT		until_date = WireGetInt(&reader);
	uint8		has_closing = WireGetByte(&reader);
	DealWindow	window = {0};
	WideList	wide = {0};
	PipelineBridge *bridge;
	PeriodSpan	span;
	const char *broken;

	if (!PeriodSpanRead(grain, from_date, until_date, &span))
		WireCorrupt(&reader, "Its periods are not valid.");
	if (has_closing > 1)
		WireCorrupt(&reader, "It has the flag %u.", has_closing);
	if (has_closing)
	{
		window.given = true;
		window.starts = WireGetInt(&reader);
		window.ends = WireGetInt(&reader);
		if ((window.starts != DATEVAL_NOBEGIN && !IS_VALID_DATE(window.starts)) ||
			(window.ends != DATEVAL_NOEND && !IS_VALID_DATE(window.ends)) ||
			window.starts >= window.ends)
			WireCorrupt(&reader, "Its closing is not valid.");
	}
	if (WireGetCount(&reader, "periods", MOST_PERIODS,
					 MOVE_KINDS * (sizeof(int64) + WIRE_SUM_BYTES)) != span.count)
		WireCorrupt(&reader, "It has not one entry for each of %d periods.", span.count);
	bridge = BridgeCreate(def, &span, &window);
	for (int i = 0; i < Cells(bridge); i++)
		Counts(bridge)[i] = WireGetInt64(&reader);
	for (int i = 0; i < Cells(bridge); i++)
	{
		Numeric		amount = WireGetNumeric(&reader);
		Money		sum;

		CHECK_FOR_INTERRUPTS();
		if (!NumericIsFinite(amount))
			WireCorrupt(&reader, "A sum is not finite.");
		sum = MoneyFromNumeric((struct varlena *) amount);
		if (!SignFits(i, &sum))
			WireCorrupt(&reader, "A sum has the wrong sign.");
		SumAdd(&Sums(bridge)[i], i, &sum, &wide);
	}
	WireEnd(&reader);
	if ((broken = BridgeBroken(bridge)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	PG_RETURN_POINTER(BridgeKeepWide(bridge, &wide));
}

Datum
pipeline_bridge_send(PG_FUNCTION_ARGS)
{
	PipelineBridge *bridge = BridgeFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, PIPELINE_BRIDGE_VERSION);
	PipelineDefPutWire(&buffer, BridgeDef(bridge));
	WirePutByte(&buffer, bridge->grain);
	WirePutInt(&buffer, bridge->from_date);
	WirePutInt(&buffer, bridge->until_date);
	WirePutByte(&buffer, bridge->has_closing);
	if (bridge->has_closing)
	{
		WirePutInt(&buffer, bridge->closing_starts);
		WirePutInt(&buffer, bridge->closing_ends);
	}
	WirePutInt(&buffer, bridge->periods);
	for (int i = 0; i < Cells(bridge); i++)
		WirePutInt64(&buffer, Counts(bridge)[i]);
	for (int i = 0; i < Cells(bridge); i++)
	{
		Money		sum = CellSum(bridge, i);

		CHECK_FOR_INTERRUPTS();
		WirePutNumeric(&buffer, MoneyToNumeric(&sum));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* What a bridge is over, for errors. */
static char *
QuestionText(const PipelineDef *def, int grain, DateADT from_date, DateADT until_date,
			 const DealWindow *window)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "by %s from %s until %s", GrainName((Grain) grain),
					 DateText(from_date), DateText(until_date));
	if (window->given)
		appendStringInfo(&text, ", closing from %s until %s",
						 DATE_NOT_FINITE(window->starts) ? "no bound" : DateText(window->starts),
						 DATE_NOT_FINITE(window->ends) ? "no bound" : DateText(window->ends));
	appendStringInfo(&text, ", of %s", PipelineDefText(def));
	return text.data;
}

static DealWindow
BridgeWindow(const PipelineBridge *bridge)
{
	DealWindow	window = {0};

	window.given = bridge->has_closing;
	window.starts = bridge->closing_starts;
	window.ends = bridge->closing_ends;
	return window;
}

static char *
BridgeQuestion(const PipelineBridge *bridge)
{
	DealWindow	window = BridgeWindow(bridge);

	return QuestionText(BridgeDef(bridge), bridge->grain, bridge->from_date, bridge->until_date,
						&window);
}

static bool
SameQuestion(const PipelineBridge *bridge, const PipelineDef *def, int grain, DateADT from_date,
			 DateADT until_date, const DealWindow *window)
{
	return bridge->grain == grain && bridge->from_date == from_date &&
		bridge->until_date == until_date && (bridge->has_closing != 0) == window->given &&
		bridge->closing_starts == window->starts && bridge->closing_ends == window->ends &&
		PipelineDefEqual(BridgeDef(bridge), def);
}

/*
 * pipeline_bridge_add(pipeline_bridge, deal_state, pipeline_def, grain text, from_date,
 * until_date date [, closing daterange])
 */
Datum
pipeline_bridge_add(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"", "", "the pipeline", "grain", "from_date", "until_date"};
	PipelineBridge *bridge;
	PipelineDef *def;
	PipelineSpec *spec;
	PeriodSpan	span;
	DealWindow	window = {0};
	DealHistory history;
	DealMovement *movements;
	const DealPoint *opening;
	int			count;
	WideList	wide = {0};

	AggregateContext(fcinfo, "pipeline_bridge_agg");
	for (int i = 2; i < (int) lengthof(names); i++)
		CheckAggregateArgument(fcinfo, i, "pipeline_bridge_agg", names[i]);
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	def = PipelineDefFromDatum(PG_GETARG_DATUM(2));
	span = PeriodSpanMake(GrainFromText(text_to_cstring(PG_GETARG_TEXT_PP(3))),
						  PG_GETARG_DATEADT(4), PG_GETARG_DATEADT(5));
	if (PG_NARGS() > 6)
		window = CheckClosing(fcinfo, 6);
	if (PG_ARGISNULL(0))
		bridge = BridgeCreate(def, &span, &window);
	else
	{
		bridge = PG_GETARG_STATE_IN_PLACE(0);
		if (!SameQuestion(bridge, def, span.grain, span.from_date, span.until_date, &window))
			AggregateArgumentChanged("pipeline_bridge_agg", BridgeQuestion(bridge),
									 QuestionText(def, span.grain, span.from_date,
												  span.until_date, &window));
	}

	spec = PipelineSpecOf(fcinfo->flinfo, def);
	history = DealHistoryOf(PG_GETARG_DATUM(1), spec);
	opening = DealHistoryBefore(&history, DealDayEnd(&spec->zone, PeriodReadingDay(&span, -1)));
	if (DealPointIn(opening, &window))
	{
		Money		amount = DealPointAmount(opening);

		CountAdd(&Counts(bridge)[OPENING_CELL], 1, "deals in one count");
		SumAdd(&Sums(bridge)[OPENING_CELL], OPENING_CELL, &amount, &wide);
	}
	movements = palloc_extended((Size) (Min(history.count, span.count) + 1) * MOVES_A_PERIOD *
								sizeof(DealMovement), MCXT_ALLOC_HUGE);
	count = DealMovements(&history, &span, &spec->zone, &window, movements);
	for (int i = 0; i < count; i++)
	{
		int			cell = Cell(movements[i].kind, movements[i].period);

		CHECK_FOR_INTERRUPTS();
		CountAdd(&Counts(bridge)[cell], 1, "deals in one count");
		SumAdd(&Sums(bridge)[cell], cell, &movements[i].amount, &wide);
	}
	PG_RETURN_POINTER(BridgeKeepWide(bridge, &wide));
}

/* pipeline_bridge_combine(pipeline_bridge, pipeline_bridge): either may be NULL */
Datum
pipeline_bridge_combine(PG_FUNCTION_ARGS)
{
	PipelineBridge *bridge;
	PipelineBridge *other;
	DealWindow	window;
	WideList	wide = {0};
	const char *broken;

	AggregateContext(fcinfo, "pipeline_bridge_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = BridgeFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);
	bridge = PG_GETARG_STATE_IN_PLACE(0);
	window = BridgeWindow(other);
	if (!SameQuestion(bridge, BridgeDef(other), other->grain, other->from_date,
					  other->until_date, &window))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("values of type pipeline_bridge over different questions do not merge"),
				 errdetail("One is %s, the other %s.", BridgeQuestion(bridge),
						   BridgeQuestion(other)),
				 errhint("Make both with the same pipeline, grain, from_date, until_date and closing.")));
	for (int i = 0; i < Cells(bridge); i++)
	{
		Money		more = MoneyFromSum(&Sums(other)[i], NULL);

		CHECK_FOR_INTERRUPTS();
		CountAdd(&Counts(bridge)[i], Counts(other)[i], "deals in one count");
		SumAdd(&Sums(bridge)[i], i, &more, &wide);
	}
	WideListArea(&wide, (const char *) other + FixedSize(other), other->wide_bytes);
	if ((broken = BridgeBroken(bridge)) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("two values of type pipeline_bridge do not merge"),
				 errdetail("%s", broken),
				 errhint("Was a state merged many times with itself?")));
	PG_RETURN_POINTER(BridgeKeepWide(bridge, &wide));
}

/* pipeline_bridge_final(pipeline_bridge): a copy in canonical form */
Datum
pipeline_bridge_final(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "pipeline_bridge_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(BridgeCanonical(PG_GETARG_STATE_IN_PLACE(0)));
}

/*
 * pipeline_bridge_rows(pipeline_bridge) → rows (period date, opening, created, …, removed,
 * closing numeric, deals_opening, deals_created, …, deals_removed, deals_closing,
 * deals_later, deals_earlier bigint, amount_later, amount_earlier numeric)
 */
Datum
pipeline_bridge_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	PipelineBridge *bridge = BridgeFromDatum(PG_GETARG_DATUM(0));
	PeriodSpan	span = PeriodSpanMake((Grain) bridge->grain, bridge->from_date,
									  bridge->until_date);
	Money		total = CellSum(bridge, OPENING_CELL);
	int64		deals = Counts(bridge)[OPENING_CELL];
	int			scale = 0;

	for (int i = 0; i < Cells(bridge); i++)
		scale = Max(scale, Sums(bridge)[i].scale);
	for (int period = 0; period < span.count; period++)
	{
		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, PeriodDate(span.grain, span.first + period));
		RowPutNumeric(&row, MoneyShown(total, scale));
		for (int kind = 0; kind < MOVE_SUMMED; kind++)
		{
			Money		sum = CellSum(bridge, Cell(kind, period));

			RowPutNumeric(&row, MoneyShown(sum, scale));
			MoneyAdd(&total, &sum);
		}
		RowPutNumeric(&row, MoneyShown(total, scale));
		RowPutInt64(&row, deals);
		for (int kind = 0; kind < MOVE_SUMMED; kind++)
			RowPutInt64(&row, Counts(bridge)[Cell(kind, period)]);
		/* cannot overflow: BridgeBroken checked it */
		(void) AddPeriodDeals(bridge, period, &deals);
		RowPutInt64(&row, deals);
		RowPutInt64(&row, Counts(bridge)[Cell(MOVE_LATER, period)]);
		RowPutInt64(&row, Counts(bridge)[Cell(MOVE_EARLIER, period)]);
		for (int kind = MOVE_LATER; kind <= MOVE_EARLIER; kind++)
			RowPutNumeric(&row, MoneyShown(CellSum(bridge, Cell(kind, period)), scale));
		RowEnd(&row);
	}
	return (Datum) 0;
}

STATE_COMBINE(pipeline_bridge_combine_two, pipeline_bridge_combine, pipeline_bridge_final)
