/*
 * spend_sample.c
 *		spend_sample: what accounts spent on an order day, on its way into a
 *		spend_model; and the aggregate that ends there.
 *
 * A type of its own although nobody else has a use for it: it can be split, sent
 * to other processes and stored like every state.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/parameter.h"
#include "cadence/cadence.h"
#include "cadence/number_rows.h"

#define SPEND_SAMPLE_VERSION	1
#define FIRST_ROWS				16	/* room in a new state */
#define LARGEST_AMOUNT			1e300	/* sums of so many accounts stay finite */

PG_FUNCTION_INFO_V1(spend_sample_in);
PG_FUNCTION_INFO_V1(spend_sample_out);
PG_FUNCTION_INFO_V1(spend_sample_recv);
PG_FUNCTION_INFO_V1(spend_sample_send);
PG_FUNCTION_INFO_V1(spend_sample_add);
PG_FUNCTION_INFO_V1(spend_sample_combine);
PG_FUNCTION_INFO_V1(spend_sample_model);

#define ROW_NUMBERS	6

typedef struct SpendSample
{
	StateHeader header;
	DateADT		as_of;
	int32		method;
	int64		count;
	SpendRow	rows[FLEXIBLE_ARRAY_MEMBER];	/* as they came */
} SpendSample;

StaticAssertDecl(sizeof(SpendRow) == ROW_NUMBERS * sizeof(double), "a row is its numbers");

#define ST_SORT SortSpendRows
#define ST_ELEMENT_TYPE SpendRow
#define ST_COMPARE(a, b) NumberRowCompare((const double *) (a), (const double *) (b), ROW_NUMBERS)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline Size
SampleSize(int64 count)
{
	return offsetof(SpendSample, rows) + count * sizeof(SpendRow);
}

static SpendSample *
SampleCreate(DateADT as_of, SpendMethod method)
{
	SpendSample *sample = StateCreate(SampleSize(FIRST_ROWS), SPEND_SAMPLE_VERSION);

	sample->as_of = as_of;
	sample->method = method;
	return sample;
}

/* The rules that hold for every row; NULL, or which one is broken. */
static const char *
RowBroken(const SpendRow *row)
{
	if (!(row->days >= 1 && row->days <= MOST_ORDER_DAYS && row->days == floor(row->days)) ||
		!(row->positive_days >= 0 && row->positive_days <= row->days &&
		  row->positive_days == floor(row->positive_days)))
		return "A number of order days is impossible.";
	if (!isfinite(row->log_mean) || !(row->log_spread >= 0) || isinf(row->log_spread) ||
		!(row->mean >= 0 && row->mean <= LARGEST_AMOUNT) || !(fabs(row->net) <= LARGEST_AMOUNT))
		return "An amount is impossible.";
	if (row->positive_days == 0 ? row->log_mean != 0 || row->log_spread != 0 || row->mean != 0 :
		row->mean == 0)
		return "The amounts do not fit the number of days with a positive amount.";
	return NULL;
}

/* Adds accounts; returns the state, or a larger one in the current context. */
static SpendSample *
SampleAppend(SpendSample *sample, const SpendRow *rows, int64 count)
{
	Size		used = SampleSize(sample->count);

	sample = StateReserve(sample, used, count * sizeof(SpendRow), "spend_sample");
	memcpy((char *) sample + used, rows, count * sizeof(SpendRow));
	for (int64 i = 0; i < count; i++)
		Assert(RowBroken(&rows[i]) == NULL);
	sample->count += count;
	return sample;
}

/* The one form of a sample, sorted, without room to spare: a copy. */
static SpendSample *
SampleCanonical(const SpendSample *sample)
{
	Size		size = SampleSize(sample->count);
	SpendSample *copy = palloc(size);

	memcpy(copy, sample, size);
	SET_VARSIZE(copy, size);
	SortSpendRows(copy->rows, copy->count);
	return copy;
}

static SpendSample *
SampleFromDatum(Datum value)
{
	return StateFromDatum(value, SPEND_SAMPLE_VERSION, SampleSize(0), "spend_sample");
}

/*
 * spend_sample_in(cstring): {"as_of": "2025-06-30", "method": "log", "accounts": [[3, 2,
 * 4.6, 0.1, 100, 180]]}, each [order days, those with a positive amount, mean of their
 * logarithms, sum of squares around it, their mean, net total]
 */
Datum
spend_sample_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"as_of", "method", "accounts"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "spend_sample");
	JsonNode   *list;
	SpendSample *sample;

	JsonAllowKeys(root, keys, lengthof(keys));
	sample = SampleCreate(JsonGetDate(JsonRequire(root, "as_of")),
						  SpendMethodFromText(JsonGetText(JsonRequire(root, "method"))));
	list = JsonRequire(root, "accounts");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *item = list->items[i];
		SpendRow	row;
		const char *broken;

		NumberRowGetJson(item, "An account is [order_days, positive_days, log_mean, log_spread, mean, net].",
						 (double *) &row, ROW_NUMBERS);
		if ((broken = RowBroken(&row)) != NULL)
			JsonInvalid(item, NULL, "%s", broken);
		sample = SampleAppend(sample, &row, 1);
	}
	PG_RETURN_POINTER(SampleCanonical(sample));
}

/* spend_sample_out(spend_sample): the same text for equal samples */
Datum
spend_sample_out(PG_FUNCTION_ARGS)
{
	SpendSample *sample = SampleCanonical(SampleFromDatum(PG_GETARG_DATUM(0)));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"as_of\": ");
	JsonPutDate(&text, sample->as_of);
	appendStringInfo(&text, ", \"method\": \"%s\", \"accounts\": [",
					 SpendMethodName(sample->method));
	NumberRowsPutJson(&text, (const double *) sample->rows, sample->count, ROW_NUMBERS);
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
spend_sample_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), SPEND_SAMPLE_VERSION,
									   "spend_sample");
	DateADT		as_of = WireGetInt(&reader);
	int			method = WireGetByte(&reader);
	int			count = WireGetCount(&reader, "accounts", MaxAllocSize / sizeof(SpendRow),
									 sizeof(SpendRow));
	SpendSample *sample = SampleCreate(as_of, method);

	if (!IS_VALID_DATE(as_of) || method > SPEND_GAMMA_GAMMA)
		WireCorrupt(&reader, "Its as_of or its method is unknown.");
	for (int i = 0; i < count; i++)
	{
		SpendRow	row;
		const char *broken;

		NumberRowGetWire(&reader, (double *) &row, ROW_NUMBERS);
		if ((broken = RowBroken(&row)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		sample = SampleAppend(sample, &row, 1);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(SampleCanonical(sample));
}

Datum
spend_sample_send(PG_FUNCTION_ARGS)
{
	SpendSample *sample = SampleCanonical(SampleFromDatum(PG_GETARG_DATUM(0)));
	StringInfoData buffer;

	WireBeginSend(&buffer, SPEND_SAMPLE_VERSION);
	WirePutInt(&buffer, sample->as_of);
	WirePutByte(&buffer, sample->method);
	NumberRowsPutWire(&buffer, (const double *) sample->rows, sample->count, ROW_NUMBERS);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * Money for a model, which computes in doubles: the nearest one. An error for amounts
 * of which sums would not be finite.
 */
double
MoneyToFloat(const Money *money)
{
	double		value = strtod(NumericToText(MoneyToNumeric(money)), NULL);

	if (!(fabs(value) <= LARGEST_AMOUNT))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an amount is too large for a model of spend"),
				 errdetail("It is about %g; amounts up to %g are allowed.", value, LARGEST_AMOUNT),
				 errhint("Give the amounts in a larger unit.")));
	return value;
}

/*
 * What an account spent by as_of; false without an order day. Two passes over the
 * days: the sum of squares loses no digits.
 */
bool
SpendRowRead(const CadenceState *state, DateADT as_of, SpendRow *row)
{
	const CadenceEntry *entries = CadenceStateEntries(state);
	int			count = CadenceStateCountUntil(state, as_of);
	Money		net = {.fixed = {.scale = state->scale}};
	double	   *logs = palloc_extended(Max(count, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	int			positive = 0;

	memset(row, 0, sizeof(*row));
	for (int i = 0; i < count; i++)
	{
		Money		amount = CadenceEntryAmount(state, &entries[i]);

		CHECK_FOR_INTERRUPTS();
		MoneyAdd(&net, &amount);
		if (entries[i].orders == 0)
			continue;
		row->days++;
		if (MoneySign(&amount) > 0)
		{
			double		value = MoneyToFloat(&amount);

			if (value == 0)
				continue;		/* less than a double can hold */
			row->mean += (value - row->mean) / (positive + 1);
			logs[positive] = log(value);
			row->log_mean += logs[positive++];
		}
	}
	row->positive_days = positive;
	if (positive > 0)
		row->log_mean /= positive;
	for (int i = 0; i < positive; i++)
		row->log_spread += (logs[i] - row->log_mean) * (logs[i] - row->log_mean);
	row->net = MoneyToFloat(&net) + 0.0;
	pfree(logs);
	return row->days > 0;
}

/*
 * spend_sample_add(spend_sample, cadence_state, as_of date [, method text]): one account
 */
Datum
spend_sample_add(PG_FUNCTION_ARGS)
{
	const char *aggregate = "spend_model_agg";
	SpendSample *sample;
	SpendMethod method = SPEND_LOG;
	DateADT		as_of;
	SpendRow	row;

	AggregateContext(fcinfo, aggregate);
	CheckAggregateArgument(fcinfo, 2, aggregate, "as_of");
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	if (PG_NARGS() > 3)
	{
		CheckAggregateArgument(fcinfo, 3, aggregate, "method");
		method = SpendMethodFromText(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	}
	if (PG_ARGISNULL(0))
		sample = SampleCreate(as_of, method);
	else
	{
		sample = PG_GETARG_STATE_IN_PLACE(0);
		if (sample->as_of != as_of || sample->method != (int32) method)
			AggregateArgumentChanged(aggregate,
									 psprintf("as_of %s, method %s", DateText(sample->as_of),
											  SpendMethodName(sample->method)),
									 psprintf("as_of %s, method %s", DateText(as_of),
											  SpendMethodName(method)));
	}
	if (PG_ARGISNULL(1) || !SpendRowRead(CadenceStateFromDatum(PG_GETARG_DATUM(1)), as_of, &row))
		PG_RETURN_POINTER(sample);
	PG_RETURN_POINTER(SampleAppend(sample, &row, 1));
}

/* spend_sample_combine(spend_sample, spend_sample): either may be NULL */
Datum
spend_sample_combine(PG_FUNCTION_ARGS)
{
	SpendSample *sample;
	SpendSample *other;

	AggregateContext(fcinfo, "spend_model_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = SampleFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		sample = SampleCreate(other->as_of, other->method);
	else
		sample = PG_GETARG_STATE_IN_PLACE(0);
	if (sample->as_of != other->as_of || sample->method != other->method)
		AggregateArgumentChanged("spend_model_agg", DateText(sample->as_of), DateText(other->as_of));
	PG_RETURN_POINTER(SampleAppend(sample, other->rows, other->count));
}

/* spend_sample_model(spend_sample): the model; NULL without accounts */
Datum
spend_sample_model(PG_FUNCTION_ARGS)
{
	SpendSample *sample = SampleCanonical(SampleFromDatum(PG_GETARG_DATUM(0)));
	SpendFit	fit;

	if (sample->count == 0)
		PG_RETURN_NULL();
	fit = SpendLearn(sample->rows, sample->count, sample->method);
	PG_RETURN_POINTER(SpendModelMake(&fit));
}
