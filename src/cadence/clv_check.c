/*
 * clv_check.c
 *		How far lifetime values could be trusted: clv_check_agg, and clv_sample, what
 *		it gathers: for each account what was expected and what came.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/parameter.h"
#include "cadence/cadence.h"
#include "cadence/number_rows.h"

#define CLV_SAMPLE_VERSION	1
#define FIRST_ROWS			16	/* room in a new state */
#define ROW_NUMBERS			4
#define TOTAL_ORDINAL		0	/* of the total in the WideArea */

PG_FUNCTION_INFO_V1(clv_sample_in);
PG_FUNCTION_INFO_V1(clv_sample_out);
PG_FUNCTION_INFO_V1(clv_sample_recv);
PG_FUNCTION_INFO_V1(clv_sample_send);
PG_FUNCTION_INFO_V1(clv_sample_add);
PG_FUNCTION_INFO_V1(clv_sample_combine);
PG_FUNCTION_INFO_V1(clv_sample_check);

/* An account; what a model cannot say is 0. */
typedef struct ClvRow
{
	double		expected_orders;
	double		expected_value;
	double		actual_orders;
	double		actual_amount;
} ClvRow;

typedef struct ClvSample
{
	StateHeader header;
	DateADT		as_of;
	DateADT		until;
	int32		count;			/* of rows */
	int32		wide_bytes;
	DecimalSum	total;			/* of actual amounts, with what the WideArea holds */
	CadenceModel cadence;
	SpendModel	spend;
	/* a WideArea of wide_bytes follows, then the rows */
} ClvSample;

StaticAssertDecl(sizeof(ClvRow) == ROW_NUMBERS * sizeof(double), "a row is its numbers");

#define ST_SORT SortClvRows
#define ST_ELEMENT_TYPE ClvRow
#define ST_COMPARE(a, b) NumberRowCompare((const double *) (a), (const double *) (b), ROW_NUMBERS)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline Size
UsedSize(const ClvSample *sample)
{
	return sizeof(ClvSample) + sample->wide_bytes + (Size) sample->count * sizeof(ClvRow);
}

static inline ClvRow *
Rows(const ClvSample *sample)
{
	return (ClvRow *) ((char *) sample + sizeof(ClvSample) + sample->wide_bytes);
}

static ClvSample *
SampleCreate(const CadenceModel *cadence, const SpendModel *spend, DateADT as_of, DateADT until)
{
	ClvSample  *sample = StateCreate(sizeof(ClvSample) + FIRST_ROWS * sizeof(ClvRow),
									 CLV_SAMPLE_VERSION);

	sample->cadence = *cadence;
	sample->spend = *spend;
	sample->as_of = as_of;
	sample->until = until;
	return sample;
}

static ClvSample *
SampleFromDatum(Datum value)
{
	return StateFromDatum(value, CLV_SAMPLE_VERSION, sizeof(ClvSample), "clv_sample");
}

/* The exact total of actual amounts. */
static Numeric
Total(const ClvSample *sample)
{
	Numeric		wide = WideGet((const char *) sample + sizeof(ClvSample), sample->wide_bytes,
							   TOTAL_ORDINAL);
	Money		total = MoneyFromSum(&sample->total, wide);

	return MoneyToNumeric(&total);
}

/* The rules that hold for every row; NULL, or which one is broken. */
static const char *
RowBroken(const ClvRow *row)
{
	if (!(row->expected_orders >= 0) || isinf(row->expected_orders) || !isfinite(row->expected_value) ||
		!isfinite(row->actual_amount))
		return "A number is not finite, or expected orders are negative.";
	if (!(row->actual_orders >= 0 && row->actual_orders <= MOST_ORDER_DAYS) ||
		row->actual_orders != floor(row->actual_orders))
		return "A number of order days is impossible.";
	return NULL;
}

/* Adds accounts; returns the state, or a larger one in the current context. */
static ClvSample *
AppendRows(ClvSample *sample, const ClvRow *rows, int count)
{
	sample = StateReserve(sample, UsedSize(sample), count * sizeof(ClvRow), "clv_sample");
	memcpy(Rows(sample) + sample->count, rows, count * sizeof(ClvRow));
	for (int i = 0; i < count; i++)
		Assert(RowBroken(&rows[i]) == NULL);
	sample->count += count;
	return sample;
}

/* Adds to the total; returns the state, or a larger one in the current context. */
static ClvSample *
AddTotal(ClvSample *sample, const Money *more)
{
	WideList	wide = {0};
	ClvSample  *result;
	char	   *area;
	Size		bytes;
	Size		size;

	SumAdd(&sample->total, TOTAL_ORDINAL, more, &wide);
	if (wide.count == 0)
		return sample;
	WideListArea(&wide, (const char *) sample + sizeof(ClvSample), sample->wide_bytes);
	area = WideAreaBuild(&wide, &bytes);
	size = VARSIZE(sample) - sample->wide_bytes + bytes;
	result = palloc_extended(size, MCXT_ALLOC_ZERO);
	memcpy(result, sample, sizeof(ClvSample));
	SET_VARSIZE(result, size);
	result->wide_bytes = bytes;
	memcpy((char *) result + sizeof(ClvSample), area, bytes);
	memcpy(Rows(result), Rows(sample), sample->count * sizeof(ClvRow));
	return result;
}

/* The one form of a sample, sorted, without room to spare: a copy. */
static ClvSample *
SampleCanonical(ClvSample *sample)
{
	Size		size = UsedSize(sample);
	ClvSample  *copy = palloc(size);

	memcpy(copy, sample, size);
	SET_VARSIZE(copy, size);
	SortClvRows(Rows(copy), copy->count);
	DecimalSumNormalize(&copy->total);
	return copy;
}

/*
 * clv_sample_in(cstring): {"as_of": "2024-06-30", "until": "2025-06-30", "cadence_model":
 * {…}, "spend_model": {…}, "actual_amount": 190.00, "accounts": [[1.5, 150, 2, 190]]},
 * each [expected orders, expected value, actual order days, actual amount]
 */
Datum
clv_sample_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"as_of", "until", "cadence_model", "spend_model", "actual_amount", "accounts"
	};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "clv_sample");
	JsonNode   *list;
	ClvSample  *sample;
	Money		total;

	JsonAllowKeys(root, keys, lengthof(keys));
	sample = SampleCreate(CadenceModelReadJson(JsonRequire(root, "cadence_model")),
						  SpendModelReadJson(JsonRequire(root, "spend_model")),
						  JsonGetDate(JsonRequire(root, "as_of")),
						  JsonGetDate(JsonRequire(root, "until")));
	if (sample->until <= sample->as_of)
		JsonInvalid(root, NULL, "until is not a day after as_of.");
	total = MoneyFromNumeric((struct varlena *) JsonGetNumeric(JsonRequire(root, "actual_amount")));
	sample = AddTotal(sample, &total);
	list = JsonRequire(root, "accounts");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *item = list->items[i];
		ClvRow		row;
		const char *broken;

		NumberRowGetJson(item, "An account is [expected_orders, expected_value, actual_orders, actual_amount].",
						 (double *) &row, ROW_NUMBERS);
		if ((broken = RowBroken(&row)) != NULL)
			JsonInvalid(item, NULL, "%s", broken);
		sample = AppendRows(sample, &row, 1);
	}
	PG_RETURN_POINTER(SampleCanonical(sample));
}

/* clv_sample_out(clv_sample): the same text for equal samples */
Datum
clv_sample_out(PG_FUNCTION_ARGS)
{
	ClvSample  *sample = SampleCanonical(SampleFromDatum(PG_GETARG_DATUM(0)));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"as_of\": ");
	JsonPutDate(&text, sample->as_of);
	appendStringInfoString(&text, ", \"until\": ");
	JsonPutDate(&text, sample->until);
	appendStringInfoString(&text, ", \"cadence_model\": ");
	CadenceModelPutJson(&text, &sample->cadence);
	appendStringInfoString(&text, ", \"spend_model\": ");
	SpendModelPutJson(&text, &sample->spend);
	appendStringInfo(&text, ", \"actual_amount\": %s, \"accounts\": [", NumericToText(Total(sample)));
	NumberRowsPutJson(&text, (const double *) Rows(sample), sample->count, ROW_NUMBERS);
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
clv_sample_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), CLV_SAMPLE_VERSION,
									   "clv_sample");
	DateADT		as_of = WireGetInt(&reader);
	DateADT		until = WireGetInt(&reader);
	CadenceModel *cadence = CadenceModelReadWire(&reader);
	SpendModel *spend = SpendModelReadWire(&reader);
	ClvSample  *sample = SampleCreate(cadence, spend, as_of, until);
	Numeric		amount = CheckFiniteNumeric(WireGetNumeric(&reader), "actual_amount");
	Money		total = MoneyFromNumeric((struct varlena *) amount);
	int			count;

	if (!IS_VALID_DATE(as_of) || !IS_VALID_DATE(until) || until <= as_of)
		WireCorrupt(&reader, "until is not a day after as_of.");
	sample = AddTotal(sample, &total);
	count = WireGetCount(&reader, "accounts", MaxAllocSize / sizeof(ClvRow), sizeof(ClvRow));
	for (int i = 0; i < count; i++)
	{
		ClvRow		row;
		const char *broken;

		NumberRowGetWire(&reader, (double *) &row, ROW_NUMBERS);
		if ((broken = RowBroken(&row)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		sample = AppendRows(sample, &row, 1);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(SampleCanonical(sample));
}

Datum
clv_sample_send(PG_FUNCTION_ARGS)
{
	ClvSample  *sample = SampleCanonical(SampleFromDatum(PG_GETARG_DATUM(0)));
	StringInfoData buffer;

	WireBeginSend(&buffer, CLV_SAMPLE_VERSION);
	WirePutInt(&buffer, sample->as_of);
	WirePutInt(&buffer, sample->until);
	CadenceModelPutWire(&buffer, &sample->cadence);
	SpendModelPutWire(&buffer, &sample->spend);
	WirePutNumeric(&buffer, Total(sample));
	NumberRowsPutWire(&buffer, (const double *) Rows(sample), sample->count, ROW_NUMBERS);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* Models and days must be the same in every row. */
static void
CheckSame(const ClvSample *sample, const CadenceModel *cadence, const SpendModel *spend,
		  DateADT as_of, DateADT until)
{
	const char *what = NULL;
	StringInfoData before;
	StringInfoData now;

	if (memcmp(&sample->cadence, cadence, sizeof(CadenceModel)) != 0)
		what = "cadence_model";
	else if (memcmp(&sample->spend, spend, sizeof(SpendModel)) != 0)
		what = "spend_model";
	else if (sample->as_of == as_of && sample->until == until)
		return;

	initStringInfo(&before);
	initStringInfo(&now);
	if (what == NULL)
	{
		appendStringInfo(&before, "as_of %s, until %s", DateText(sample->as_of),
						 DateText(sample->until));
		appendStringInfo(&now, "as_of %s, until %s", DateText(as_of), DateText(until));
	}
	else
	{
		appendStringInfo(&before, "%s ", what);
		appendStringInfo(&now, "%s ", what);
		if (strcmp(what, "cadence_model") == 0)
		{
			CadenceModelPutJson(&before, &sample->cadence);
			CadenceModelPutJson(&now, cadence);
		}
		else
		{
			SpendModelPutJson(&before, &sample->spend);
			SpendModelPutJson(&now, spend);
		}
	}
	AggregateArgumentChanged("clv_check_agg", before.data, now.data);
}

/*
 * clv_sample_add(clv_sample, cadence_state, cadence_model, spend_model, as_of date, until
 * date): one account; without an order day by as_of it takes no part
 */
Datum
clv_sample_add(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"the cadence_model", "the spend_model", "as_of", "until"};
	const char *aggregate = "clv_check_agg";
	ClvSample  *sample;
	CadenceModel *cadence;
	SpendModel *spend;
	CadenceState *state;
	const CadenceEntry *entries;
	DateADT		as_of;
	DateADT		until;
	CadenceDays days;
	SpendRow	amounts;
	ClvRow		row = {0};
	Money		total = {0};
	double		value;

	AggregateContext(fcinfo, aggregate);
	for (int i = 0; i < (int) lengthof(names); i++)
		CheckAggregateArgument(fcinfo, i + 2, aggregate, names[i]);
	cadence = CadenceModelFromDatum(PG_GETARG_DATUM(2));
	spend = SpendModelFromDatum(PG_GETARG_DATUM(3));
	as_of = PG_GETARG_DATEADT(4);
	until = PG_GETARG_DATEADT(5);
	if (PG_ARGISNULL(0))
	{
		CheckAheadDays(as_of, until);
		sample = SampleCreate(cadence, spend, as_of, until);
	}
	else
	{
		sample = PG_GETARG_STATE_IN_PLACE(0);
		CheckSame(sample, cadence, spend, as_of, until);
	}
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(sample);
	state = CadenceStateFromDatum(PG_GETARG_DATUM(1));
	days = CadenceStateDays(state, as_of);
	if (days.order_days == 0)
		PG_RETURN_POINTER(sample);

	if (cadence->status != CADENCE_NO_REPEATS)
	{
		CadenceParameters parameters = CadenceModelParameters(cadence);
		CadenceHistory history = CadenceHistoryMake(cadence, days.first, days.last,
													days.order_days, as_of);

		row.expected_orders = CadenceExpect(&parameters, &history,
											SeasonDays(CadenceModelSeason(cadence), as_of, until),
											0.8).expected;
		if (SpendRowRead(state, as_of, &amounts) && SpendModelExpect(spend, &amounts, &value))
			row.expected_value = Min(value * row.expected_orders, 1e300);
	}
	entries = CadenceStateEntries(state);
	total.fixed.scale = state->scale;
	for (int i = CadenceStateCountUntil(state, as_of); i < state->count && entries[i].day <= until; i++)
	{
		Money		amount = CadenceEntryAmount(state, &entries[i]);

		row.actual_orders += entries[i].orders > 0;
		MoneyAdd(&total, &amount);
	}
	row.actual_amount = MoneyToFloat(&total) + 0.0;
	sample = AddTotal(sample, &total);
	PG_RETURN_POINTER(AppendRows(sample, &row, 1));
}

/* clv_sample_combine(clv_sample, clv_sample): either may be NULL */
Datum
clv_sample_combine(PG_FUNCTION_ARGS)
{
	ClvSample  *sample;
	ClvSample  *other;
	Money		total;
	Numeric		wide;

	AggregateContext(fcinfo, "clv_check_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = SampleFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		sample = SampleCreate(&other->cadence, &other->spend, other->as_of, other->until);
	else
		sample = PG_GETARG_STATE_IN_PLACE(0);
	CheckSame(sample, &other->cadence, &other->spend, other->as_of, other->until);
	wide = WideGet((const char *) other + sizeof(ClvSample), other->wide_bytes, TOTAL_ORDINAL);
	total = MoneyFromSum(&other->total, wide);
	sample = AddTotal(sample, &total);
	PG_RETURN_POINTER(AppendRows(sample, Rows(other), other->count));
}

/*
 * clv_sample_check(clv_sample): the end of clv_check_agg. What the models cannot say is
 * NULL.
 */
Datum
clv_sample_check(PG_FUNCTION_ARGS)
{
	ClvSample  *sample = SampleCanonical(SampleFromDatum(PG_GETARG_DATUM(0)));
	const ClvRow *rows = Rows(sample);
	int			count = sample->count;
	bool		has_orders = sample->cadence.status != CADENCE_NO_REPEATS;
	SpendRow	unknown = {0};
	double		any;
	bool		has_value = has_orders && SpendModelExpect(&sample->spend, &unknown, &any);
	double	   *values = palloc_extended(Max(count, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	double	   *amounts = palloc_extended(Max(count, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	double		expected_orders = 0;
	double		actual_orders = 0;
	double		expected_value = 0;
	double		actual_amount = 0;
	double		error = 0;
	double		correlation;
	RowWriter	row = RowBegin(fcinfo);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		values[i] = rows[i].expected_value;
		amounts[i] = rows[i].actual_amount;
		expected_orders += rows[i].expected_orders;
		actual_orders += rows[i].actual_orders;
		expected_value += values[i];
		actual_amount += amounts[i];
		error += fabs(values[i] - amounts[i]);
	}
	correlation = RankCorrelation(values, amounts, count);
	RowPutInt64(&row, count);
	RowPutKnown(&row, has_orders, expected_orders);
	RowPutInt64(&row, (int64) actual_orders);
	RowPutKnown(&row, has_orders && actual_orders > 0, expected_orders / actual_orders);
	RowPutKnown(&row, has_value, expected_value);
	RowPutNumeric(&row, Total(sample));
	RowPutKnown(&row, has_value && actual_amount != 0, expected_value / actual_amount);
	RowPutKnown(&row, has_value && count > 0, error / count);
	RowPutKnown(&row, has_value, correlation);
	PG_RETURN_DATUM(RowDatum(&row));
}
