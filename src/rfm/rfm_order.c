/*
 * rfm_order.c
 *		order_state: what RFM needs to know of one customer's orders. Count, first
 *		and last time, exact total; of a fixed size while 128 bits hold the total.
 *
 * A credit note (negative amount) lowers the total and is otherwise unseen: it
 * is not an order, so it must not make a customer look recent or frequent.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/decimal.h"
#include "base/json_tree.h"
#include "rfm/rfm.h"
#include "base/state.h"
#include "base/wire.h"
#include "base/zone.h"

#define ORDER_STATE_VERSION 1

PG_FUNCTION_INFO_V1(order_state_in);
PG_FUNCTION_INFO_V1(order_state_out);
PG_FUNCTION_INFO_V1(order_state_recv);
PG_FUNCTION_INFO_V1(order_state_send);
PG_FUNCTION_INFO_V1(order_state_add);
PG_FUNCTION_INFO_V1(order_state_add_date);
PG_FUNCTION_INFO_V1(order_state_combine);
PG_FUNCTION_INFO_V1(order_state_final);
PG_FUNCTION_INFO_V1(order_count);
PG_FUNCTION_INFO_V1(order_first_at);
PG_FUNCTION_INFO_V1(order_last_at);
PG_FUNCTION_INFO_V1(order_total);
PG_FUNCTION_INFO_V1(order_recency_days);

/* What a total is added to once it no longer fits: a numeric behind the struct. */
static Numeric
OrderStateOverflow(const OrderState *state)
{
	if (VARSIZE(state) == sizeof(OrderState))
		return NULL;
	return (Numeric) ((char *) state + sizeof(OrderState));
}

/*
 * The same state with its total moved into the numeric behind the struct and
 * `more` added to it; in the current context.
 */
static OrderState *
OrderStateOverflowAdd(const OrderState *state, Numeric more)
{
	Numeric		total = NumericAdd(OrderStateTotal(state), more);
	Size		size = sizeof(OrderState) + MAXALIGN(VARSIZE(total));
	OrderState *larger = palloc0(size);

	memcpy(larger, state, sizeof(OrderState));
	memset(&larger->total, 0, sizeof(larger->total));
	SET_VARSIZE(larger, size);
	memcpy(OrderStateOverflow(larger), total, VARSIZE(total));
	return larger;
}

/* The exact total, credit notes taken off. */
Numeric
OrderStateTotal(const OrderState *state)
{
	Decimal		sum = DecimalSumValue(&state->total);
	Numeric		total = DecimalToNumeric(&sum);
	Numeric		overflow = OrderStateOverflow(state);

	return overflow ? NumericAdd(overflow, total) : total;
}

/*
 * Adds to the total; returns the state, or a larger one in the current context.
 */
static OrderState *
OrderStateAddAmount(OrderState *state, struct varlena *amount, const Decimal *decimal)
{
	if (decimal != NULL && DecimalSumAdd(&state->total, decimal))
		return state;
	return OrderStateOverflowAdd(state, (Numeric) PG_DETOAST_DATUM(PointerGetDatum(amount)));
}

/* The rules that hold for every order_state; NULL, or which one is broken. */
static const char *
OrderStateBroken(const OrderState *state)
{
	if (state->orders < 0)
		return "The number of orders is negative.";
	if (state->orders == 0 && (state->first_at != 0 || state->last_at != 0))
		return "It has no orders but times of orders.";
	if (!IS_VALID_TIMESTAMP(state->first_at) || !IS_VALID_TIMESTAMP(state->last_at))
		return "A time is out of range.";
	if (state->first_at > state->last_at)
		return "The first order lies after the last.";
	if (state->orders == 1 && state->first_at != state->last_at)
		return "It has one order at two times.";
	return NULL;
}

/*
 * Counts orders between two times. The order of calls does not matter.
 */
static void
OrderStateCountOrders(OrderState *state, int64 orders, TimestampTz first, TimestampTz last)
{
	if (orders == 0)
		return;
	if (state->orders == 0 || first < state->first_at)
		state->first_at = first;
	if (state->orders == 0 || last > state->last_at)
		state->last_at = last;
	CountAdd(&state->orders, orders, "orders in one order_state");
	Assert(OrderStateBroken(state) == NULL);
}

/* An order is of a day after as_of: an error, not a negative recency. which: for the detail. */
void
OrderLiesAfter(const char *which, DateADT day, const char *time_zone, DateADT as_of)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an order lies after as_of"),
			 errdetail("%s is of %s (%s), as_of is %s.", which, DateText(day), time_zone, DateText(as_of)),
			 errhint("Filter the orders by the same day, or give a later as_of.")));
}

/*
 * Days from the last order's day in a zone to as_of, by which it must be known; false
 * where there are no orders.
 */
bool
OrderStateRecency(const OrderState *state, DateADT as_of, const char *time_zone, int *days)
{
	DateADT		last_day;

	CheckFiniteDate(as_of, "as_of");
	if (state->orders == 0)
		return false;
	last_day = TimeDay(state->last_at, time_zone);
	if (last_day > as_of)
		OrderLiesAfter("The last order", last_day, time_zone, as_of);
	*days = as_of - last_day;
	return true;
}

OrderState *
OrderStateFromDatum(Datum value)
{
	return StateFromDatum(value, ORDER_STATE_VERSION, sizeof(OrderState), "order_state");
}

/*
 * order_state_in(cstring): reads {"orders": 3, "first_at": …, "last_at": …, "total": 9.50}
 */
Datum
order_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"orders", "first_at", "last_at", "total"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "order_state");
	OrderState *state = StateCreate(sizeof(OrderState), ORDER_STATE_VERSION);
	Numeric		total;
	Decimal		decimal;
	const char *broken;

	JsonAllowKeys(root, keys, lengthof(keys));
	state->orders = JsonGetInt(JsonRequire(root, "orders"), 0, PG_INT64_MAX);
	if (state->orders > 0 || JsonMember(root, "first_at") || JsonMember(root, "last_at"))
	{
		state->first_at = JsonGetTime(JsonRequire(root, "first_at"));
		state->last_at = JsonGetTime(JsonRequire(root, "last_at"));
	}
	if ((broken = OrderStateBroken(state)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	total = JsonGetNumeric(JsonRequire(root, "total"));
	PG_RETURN_POINTER(OrderStateAddAmount(state, (struct varlena *) total,
										  DecimalFromNumeric((struct varlena *) total, &decimal) ? &decimal : NULL));
}

/* order_state_out(order_state): the same text for equal states */
Datum
order_state_out(PG_FUNCTION_ARGS)
{
	OrderState *state = OrderStateFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"orders\": " INT64_FORMAT, state->orders);
	if (state->orders > 0)
	{
		appendStringInfoString(&text, ", \"first_at\": ");
		JsonPutTime(&text, state->first_at);
		appendStringInfoString(&text, ", \"last_at\": ");
		JsonPutTime(&text, state->last_at);
	}
	appendStringInfo(&text, ", \"total\": %s}", NumericToText(OrderStateTotal(state)));
	PG_RETURN_CSTRING(text.data);
}

Datum
order_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), ORDER_STATE_VERSION,
									   "order_state");
	OrderState *state = StateCreate(sizeof(OrderState), ORDER_STATE_VERSION);
	Numeric		total;
	Decimal		decimal;
	const char *broken;

	state->orders = WireGetInt64(&reader);
	state->first_at = WireGetInt64(&reader);
	state->last_at = WireGetInt64(&reader);
	total = WireGetNumeric(&reader);
	WireEnd(&reader);
	if ((broken = OrderStateBroken(state)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	CheckFiniteNumeric(total, "total");
	PG_RETURN_POINTER(OrderStateAddAmount(state, (struct varlena *) total,
										  DecimalFromNumeric((struct varlena *) total, &decimal) ? &decimal : NULL));
}

Datum
order_state_send(PG_FUNCTION_ARGS)
{
	OrderState *state = OrderStateFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, ORDER_STATE_VERSION);
	WirePutInt64(&buffer, state->orders);
	WirePutInt64(&buffer, state->first_at);
	WirePutInt64(&buffer, state->last_at);
	WirePutNumeric(&buffer, OrderStateTotal(state));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * One row: a finite time and an amount, NULL for an order of 0.
 */
static Datum
AddOrder(FunctionCallInfo fcinfo, TimestampTz at)
{
	OrderState *state;
	struct varlena *amount;
	Decimal		decimal;
	bool		fits;

	AggregateContext(fcinfo, "order_agg");
	CheckFiniteTime(at, "ordered_at");
	if (PG_ARGISNULL(0))
		state = StateCreate(sizeof(OrderState), ORDER_STATE_VERSION);
	else
		state = PG_GETARG_STATE_IN_PLACE(0);

	if (PG_ARGISNULL(2))
	{
		OrderStateCountOrders(state, 1, at, at);
		PG_RETURN_POINTER(state);
	}
	amount = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(2));
	fits = DecimalFromNumeric(amount, &decimal);
	if (fits ? decimal.coefficient >= 0 :
		!NumericIsNegative(CheckFiniteNumeric(PG_GETARG_NUMERIC(2), "amount")))
		OrderStateCountOrders(state, 1, at, at);
	PG_RETURN_POINTER(OrderStateAddAmount(state, amount, fits ? &decimal : NULL));
}

/*
 * order_state_add(order_state, timestamptz | timestamp, numeric): both kinds of
 * time are microseconds; without a zone they are UTC's.
 */
Datum
order_state_add(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return AddOrder(fcinfo, PG_GETARG_TIMESTAMPTZ(1));
}

/* order_state_add_date(order_state, date, numeric): an order at the day's start, UTC */
Datum
order_state_add_date(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return AddOrder(fcinfo, DayStartUtc(PG_GETARG_DATEADT(1), "ordered_at"));
}

/*
 * order_state_combine(order_state, order_state): either may be NULL. The result
 * is the first, changed in place, or a new one.
 */
Datum
order_state_combine(PG_FUNCTION_ARGS)
{
	OrderState *state;
	OrderState *other;
	Numeric		overflow;
	Decimal		total;

	AggregateContext(fcinfo, "order_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = OrderStateFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		state = StateCreate(sizeof(OrderState), ORDER_STATE_VERSION);
	else
		state = PG_GETARG_STATE_IN_PLACE(0);

	OrderStateCountOrders(state, other->orders, other->first_at, other->last_at);
	total = DecimalSumValue(&other->total);
	if (!DecimalSumAdd(&state->total, &total))
		state = OrderStateOverflowAdd(state, DecimalToNumeric(&total));
	if ((overflow = OrderStateOverflow(other)) != NULL)
		state = OrderStateOverflowAdd(state, overflow);
	PG_RETURN_POINTER(state);
}

/*
 * order_state_final(order_state): the same value in the bytes that it has however its
 * orders came, a copy
 */
Datum
order_state_final(PG_FUNCTION_ARGS)
{
	OrderState *state = OrderStateFromDatum(PG_GETARG_DATUM(0));
	OrderState *result;

	if (OrderStateOverflow(state) != NULL)
		PG_RETURN_POINTER(StateRewrite(state, order_state_out, order_state_in));
	result = palloc(sizeof(OrderState));
	memcpy(result, state, sizeof(OrderState));
	DecimalSumNormalize(&result->total);
	PG_RETURN_POINTER(result);
}

Datum
order_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(OrderStateFromDatum(PG_GETARG_DATUM(0))->orders);
}

/* order_first_at(order_state): NULL where there are only credit notes */
Datum
order_first_at(PG_FUNCTION_ARGS)
{
	OrderState *state = OrderStateFromDatum(PG_GETARG_DATUM(0));

	if (state->orders == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(state->first_at);
}

/* order_last_at(order_state): NULL where there are only credit notes */
Datum
order_last_at(PG_FUNCTION_ARGS)
{
	OrderState *state = OrderStateFromDatum(PG_GETARG_DATUM(0));

	if (state->orders == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(state->last_at);
}

Datum
order_total(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(OrderStateTotal(OrderStateFromDatum(PG_GETARG_DATUM(0))));
}

/* order_recency_days(order_state, date, time_zone text): NULL where there are only credit notes */
Datum
order_recency_days(PG_FUNCTION_ARGS)
{
	int			days;

	if (!OrderStateRecency(OrderStateFromDatum(PG_GETARG_DATUM(0)), PG_GETARG_DATEADT(1),
						   text_to_cstring(PG_GETARG_TEXT_PP(2)), &days))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) days);
}

STATE_COMBINE(order_state_combine_two, order_state_combine, order_state_final)
