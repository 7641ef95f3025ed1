/*
 * rfm_agg.c
 *		rfm_agg over rows, one row per order, without GROUP BY; and rfm_merge. See
 *		rfm_fold.c for how orders find their customer.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/keys.h"
#include "base/parameter.h"
#include "base/zone.h"
#include "rfm/rfm_stats.h"

PG_FUNCTION_INFO_V1(rfm_agg_add);
PG_FUNCTION_INFO_V1(rfm_agg_add_timestamp);
PG_FUNCTION_INFO_V1(rfm_agg_add_date);
PG_FUNCTION_INFO_V1(rfm_agg_add_uuid);
PG_FUNCTION_INFO_V1(rfm_agg_add_uuid_timestamp);
PG_FUNCTION_INFO_V1(rfm_agg_add_uuid_date);
PG_FUNCTION_INFO_V1(rfm_agg_add_text);
PG_FUNCTION_INFO_V1(rfm_agg_add_text_timestamp);
PG_FUNCTION_INFO_V1(rfm_agg_add_text_date);
PG_FUNCTION_INFO_V1(rfm_agg_combine);
PG_FUNCTION_INFO_V1(rfm_agg_serial);
PG_FUNCTION_INFO_V1(rfm_agg_deserial);
PG_FUNCTION_INFO_V1(rfm_agg_final);
PG_FUNCTION_INFO_V1(rfm_merge_add);
PG_FUNCTION_INFO_V1(rfm_stats_combine_two);

/* What a column of times holds. */
typedef enum TimeKind
{
	TIME_WITH_ZONE,
	TIME_LOCAL,
	TIME_DAY
} TimeKind;

/* The state of rfm_agg and rfm_merge. */
typedef struct RfmState
{
	RfmBuild   *build;
	text	   *zone_given;		/* NULL where rows name none */
	ZoneSpans	zone;			/* where they name one that is not UTC */
	bool		is_utc;
} RfmState;

static RfmState *
StateFor(MemoryContext context, RfmKeyKind kind, DateADT as_of, const char *time_zone)
{
	RfmState   *state = MemoryContextAllocZero(context, sizeof(RfmState));

	state->build = RfmBuildCreate(context, kind, as_of, time_zone);
	state->is_utc = strcmp(time_zone, "UTC") == 0;
	return state;
}

#define HAS_ZONE(fcinfo)	((fcinfo)->nargs > 5)

/* The first row of a group: makes the state. */
static RfmState *
StateStart(FunctionCallInfo fcinfo, MemoryContext context, RfmKeyKind kind)
{
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(4), "as_of");
	const char *zone = HAS_ZONE(fcinfo) ?
		pg_get_timezone_name(ZoneRequire(text_to_cstring(PG_GETARG_TEXT_PP(5)))) : "UTC";
	RfmState   *state;
	MemoryContext old;

	if (kind == RFM_KEY_TEXT)
		CheckTextKey(fcinfo, 1, "rfm_agg", "customer");
	state = StateFor(context, kind, as_of, zone);
	if (HAS_ZONE(fcinfo))
	{
		old = MemoryContextSwitchTo(context);
		state->zone_given = PG_GETARG_TEXT_P_COPY(5);
		if (!state->is_utc)
			ZoneSpansInit(&state->zone, zone);
		MemoryContextSwitchTo(old);
	}
	return state;
}

/* as_of and the zone are those of the rows before. */
static inline void
CheckSame(FunctionCallInfo fcinfo, const RfmState *state)
{
	text	   *zone = HAS_ZONE(fcinfo) ? PG_GETARG_TEXT_PP(5) : NULL;

	if (likely(PG_GETARG_DATEADT(4) == state->build->as_of &&
			   (zone == NULL ||
				(VARSIZE_ANY_EXHDR(zone) == VARSIZE_ANY_EXHDR(state->zone_given) &&
				 memcmp(VARDATA_ANY(zone), VARDATA_ANY(state->zone_given), VARSIZE_ANY_EXHDR(zone)) == 0))))
		return;
	AggregateArgumentChanged("rfm_agg",
							 psprintf("%s, %s", DateText(state->build->as_of),
									  zone == NULL ? "UTC" : text_to_cstring(state->zone_given)),
							 psprintf("%s, %s", DateText(CheckFiniteDate(PG_GETARG_DATEADT(4), "as_of")),
									  zone == NULL ? "UTC" : text_to_cstring(zone)));
}

/*
 * When the order was. Days and bare times are those of the zone that rows name,
 * UTC's where they name none.
 */
static inline TimestampTz
OrderedAt(FunctionCallInfo fcinfo, RfmState *state, TimeKind kind)
{
	TimestampTz at = kind == TIME_DAY ? DayStartUtc(PG_GETARG_DATEADT(2), "ordered_at") :
		CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(2), "ordered_at");

	if (kind == TIME_WITH_ZONE || state->is_utc)
		return at;
	at = ZoneTime(&state->zone, at);
	if (!IS_VALID_TIMESTAMP(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("ordered_at is out of range"),
				 errdetail("In UTC it lies beyond what a timestamp can hold.")));
	return at;
}

/* A time that may be of a day after as_of must not be. */
static void
CheckKnown(const RfmState *state, TimestampTz at, bool is_order)
{
	const char *zone = state->build->time_zone;
	DateADT		day = TimeDay(at, zone);

	if (day <= state->build->as_of)
		return;
	if (is_order)
		OrderLiesAfter("One order", day, zone, state->build->as_of);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a credit note lies after as_of"),
			 errdetail("It is of %s (%s), as_of is %s.", DateText(day), zone, DateText(state->build->as_of)),
			 errhint("Filter the orders and credit notes by the same day, or give a later as_of.")));
}

/*
 * One row: (state, customer, ordered_at, amount, as_of [, time_zone]). A row without a
 * time is none; without an amount it is an order of 0; those without a customer are of
 * one customer, as they are under GROUP BY.
 */
static inline Datum
AddRow(FunctionCallInfo fcinfo, RfmKeyKind kind, TimeKind time_kind)
{
	MemoryContext context = AggregateContext(fcinfo, "rfm_agg");
	RfmState   *state = PG_ARGISNULL(0) ? NULL : (RfmState *) PG_GETARG_POINTER(0);
	struct varlena *amount = NULL;
	Decimal		decimal = {0};
	bool		fits = true;
	bool		is_order = true;
	TimestampTz at;
	RfmCustomer *order;
	RfmCustomer aside;

	CheckAggregateArgument(fcinfo, 4, "rfm_agg", "as_of");
	if (HAS_ZONE(fcinfo))
		CheckAggregateArgument(fcinfo, 5, "rfm_agg", "time_zone");
	if (PG_ARGISNULL(2))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = StateStart(fcinfo, context, kind);
	else
		CheckSame(fcinfo, state);

	at = OrderedAt(fcinfo, state, time_kind);
	if (!PG_ARGISNULL(3))
	{
		amount = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(3));
		fits = DecimalFromNumeric(amount, &decimal);
		is_order = fits ? decimal.coefficient >= 0 :
			!NumericIsNegative(CheckFiniteNumeric(PG_GETARG_NUMERIC(3), "amount"));
	}
	if (unlikely(at >= state->build->before))
		CheckKnown(state, at, is_order);

	order = fits && !PG_ARGISNULL(1) ? RfmBuildNext(state->build) : &aside;
	order->key = 0;
	order->rest.half = 0;
	order->last_at = at;
	order->orders = is_order;
	order->total.high = fits ? (int64) (decimal.coefficient >> 64) : 0;
	order->total.low = fits ? (uint64) decimal.coefficient : 0;
	order->total.groups = fits ? decimal.groups : 0;
	order->total.scale = fits ? decimal.scale : 0;
	if (PG_ARGISNULL(1))
	{
		state->build->has_nobody = true;
		RfmBuildAdd(state->build, &state->build->nobody, order, fits ? NULL : PG_GETARG_NUMERIC(3));
		PG_RETURN_POINTER(state);
	}
	switch (kind)
	{
		case RFM_KEY_BIGINT:
			order->key = (uint64) PG_GETARG_INT64(1);
			break;
		case RFM_KEY_UUID:
			RfmUuidKey(PG_GETARG_UUID_P(1), order);
			break;
		case RFM_KEY_TEXT:
			{
				text	   *customer = PG_GETARG_TEXT_PP(1);

				if (fits)
					RfmBuildText(state->build, order, VARDATA_ANY(customer), VARSIZE_ANY_EXHDR(customer));
				else
					RfmTextKey(order, VARDATA_ANY(customer), VARSIZE_ANY_EXHDR(customer));
				break;
			}
	}
	if (!fits)
		RfmBuildAdd(state->build, RfmBuildFind(state->build, order), order, PG_GETARG_NUMERIC(3));
	PG_RETURN_POINTER(state);
}

/* rfm_agg_add(internal, bigint, timestamptz, numeric, date [, text]) */
Datum
rfm_agg_add(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_BIGINT, TIME_WITH_ZONE);
}

Datum
rfm_agg_add_timestamp(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_BIGINT, TIME_LOCAL);
}

Datum
rfm_agg_add_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_BIGINT, TIME_DAY);
}

/* rfm_agg_add(internal, uuid, timestamptz, numeric, date [, text]) */
Datum
rfm_agg_add_uuid(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_UUID, TIME_WITH_ZONE);
}

Datum
rfm_agg_add_uuid_timestamp(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_UUID, TIME_LOCAL);
}

Datum
rfm_agg_add_uuid_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_UUID, TIME_DAY);
}

/* rfm_agg_add(internal, text, timestamptz, numeric, date [, text]) */
Datum
rfm_agg_add_text(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_TEXT, TIME_WITH_ZONE);
}

Datum
rfm_agg_add_text_timestamp(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_TEXT, TIME_LOCAL);
}

Datum
rfm_agg_add_text_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, RFM_KEY_TEXT, TIME_DAY);
}

/* Merges a value into the state, a new one where there is none. */
static Datum
MergeStats(MemoryContext context, RfmState *state, const RfmStats *stats, const char *aggregate)
{
	if (state == NULL)
		state = StateFor(context, stats->kind, stats->as_of, RfmStatsZone(stats));
	RfmBuildMerge(state->build, stats, aggregate);
	PG_RETURN_POINTER(state);
}

/* rfm_merge_add(internal, rfm_stats): a customer may stand in several of them */
Datum
rfm_merge_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateContext(fcinfo, "rfm_merge");
	RfmState   *state = PG_ARGISNULL(0) ? NULL : (RfmState *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1))
		return MergeStats(context, state, RfmStatsFromDatum(PG_GETARG_DATUM(1)), "rfm_merge");
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/* rfm_agg_serial(internal) → bytea: a value whose customers stand in no order */
Datum
rfm_agg_serial(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "rfm_agg");
	PG_RETURN_BYTEA_P((bytea *) RfmBuildStats(((RfmState *) PG_GETARG_POINTER(0))->build, false));
}

/*
 * rfm_agg_deserial(bytea, internal) → internal: that value, which combine reads next.
 * A bytea may begin where a value may not.
 */
Datum
rfm_agg_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_P(0);
	bytea	   *copy;

	AggregateContext(fcinfo, "rfm_agg");
	if ((uintptr_t) bytes % MAXIMUM_ALIGNOF == 0)
		PG_RETURN_POINTER(bytes);
	copy = palloc(VARSIZE(bytes));
	PG_RETURN_POINTER(memcpy(copy, bytes, VARSIZE(bytes)));
}

/* rfm_agg_combine(internal, internal): the second is what deserial returned, or NULL */
Datum
rfm_agg_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateContext(fcinfo, "rfm_agg");
	RfmState   *state = PG_ARGISNULL(0) ? NULL : (RfmState *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1))
		return MergeStats(context, state, (RfmStats *) PG_GETARG_POINTER(1), "rfm_agg");
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/* rfm_agg_final(internal) → rfm_stats; the state stays as it is */
Datum
rfm_agg_final(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "rfm_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(RfmBuildStats(((RfmState *) PG_GETARG_POINTER(0))->build, true));
}

/* rfm_combine(rfm_stats, rfm_stats): both in one; NULL adds nothing */
Datum
rfm_stats_combine_two(PG_FUNCTION_ARGS)
{
	RfmState   *state = NULL;

	for (int i = 0; i < 2; i++)
	{
		RfmStats   *stats;

		if (PG_ARGISNULL(i))
			continue;
		stats = RfmStatsFromDatum(PG_GETARG_DATUM(i));
		if (state == NULL)
			state = StateFor(CurrentMemoryContext, stats->kind, stats->as_of, RfmStatsZone(stats));
		RfmBuildMerge(state->build, stats, "rfm_merge");
	}
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(RfmBuildStats(state->build, true));
}
