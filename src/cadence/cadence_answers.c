/*
 * cadence_answers.c
 *		When will an account buy again, how often, and how far such forecasts could
 *		be trusted so far.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/wilson.h"
#include "cadence/cadence.h"

#define CHECK_CONFIDENCE	0.8 /* of the due dates in cadence_check */
#define QUINTILES			5
#define DUE_PRECISION		1e-3	/* squared, far below a day in 100 years */

PG_FUNCTION_INFO_V1(cadence_forecast);
PG_FUNCTION_INFO_V1(cadence_check);

/* A day so many days later; the last day there is where that is beyond it. */
static DateADT
DaysLater(DateADT day, int64 days)
{
	return (DateADT) Min(day + days, DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 1);
}

/* An account's history on a day, in the days that the model counts. */
CadenceHistory
CadenceHistoryMake(const CadenceModel *model, DateADT first, DateADT last, int order_days,
				   DateADT as_of)
{
	const CadenceSeason *season = CadenceModelSeason(model);
	CadenceHistory history = {order_days - 1, SeasonDays(season, first, last),
	SeasonDays(season, last, as_of)};

	return history;
}

/* What cadence_forecast and cadence_check need to find due dates. */
typedef struct DueContext
{
	CadenceParameters parameters;
	const CadenceSeason *season;
	CadenceHistory history;
	DateADT		last;
	double		comes_at_all;	/* within MOST_FORECAST_DAYS */
} DueContext;

/* The chance that the next order comes within so many days of the last one. */
static double
ComesWithin(const DueContext *context, int64 days)
{
	double		weighted = SeasonDays(context->season, context->last, DaysLater(context->last, days));

	return 1 - CadenceSilence(&context->parameters, &context->history,
							  context->season ? weighted : (double) days);
}

/*
 * The smallest whole number of days after the last order within which the next one
 * comes with a chance of at least so much; 0 past MOST_FORECAST_DAYS.
 */
static int
DueDays(const DueContext *context, double chance)
{
	int64		days;

	if (context->comes_at_all < chance)
		return 0;
	days = SeasonFindDays(context->season, context->last,
						  CadenceGapQuantile(&context->parameters, &context->history, chance,
											 DUE_PRECISION),
						  MOST_FORECAST_DAYS);
	/* rounding may be off by a day */
	days = Min(days, MOST_FORECAST_DAYS);
	while (days > 1 && ComesWithin(context, days - 1) >= chance)
		days--;
	while (days < MOST_FORECAST_DAYS && ComesWithin(context, days) < chance)
		days++;
	return (int) days;
}

static DueContext
DueContextMake(const CadenceModel *model, const CadenceHistory *history, DateADT last)
{
	DueContext	context = {.parameters = CadenceModelParameters(model),
	.season = CadenceModelSeason(model), .history = *history, .last = last};

	context.comes_at_all = ComesWithin(&context, MOST_FORECAST_DAYS);
	return context;
}

static void
PutDueDate(RowWriter *row, DateADT last, int days)
{
	if (days == 0 || !IS_VALID_DATE((int64) last + days))
		RowPutNull(row);
	else
		RowPutDate(row, last + days);
}

/*
 * cadence_forecast(cadence_state, cadence_model, as_of date, days int, confidence
 * float8) → cadence_forecast; NULL without an order day by as_of
 */
Datum
cadence_forecast(PG_FUNCTION_ARGS)
{
	CadenceState *state = CadenceStateFromDatum(PG_GETARG_DATUM(0));
	CadenceModel *model = CadenceModelFromDatum(PG_GETARG_DATUM(1));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	int			days = PG_GETARG_INT32(3);
	double		confidence = CheckConfidence(PG_GETARG_FLOAT8(4));
	CadenceDays known;
	CadenceHistory history;
	RowWriter	row;
	DueContext	context;
	CadenceOrders orders;
	int			due;
	int			high;

	if (days < 1 || days > MOST_FORECAST_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("days must lie between 1 and %d", MOST_FORECAST_DAYS),
				 errdetail("The value is %d.", days),
				 errhint("The forecast is of the days after as_of.")));
	known = CadenceStateDays(state, as_of);
	if (known.order_days == 0)
		PG_RETURN_NULL();
	row = RowBegin(fcinfo);
	RowPutInt64(&row, known.order_days);
	RowPutDate(&row, known.last);
	RowPutInt(&row, as_of - known.last);
	if (model->status == CADENCE_NO_REPEATS)
	{
		while (row.put < row.columns->natts)
			RowPutNull(&row);
		PG_RETURN_DATUM(RowDatum(&row));
	}

	history = CadenceHistoryMake(model, known.first, known.last, known.order_days, as_of);
	context = DueContextMake(model, &history, known.last);
	due = DueDays(&context, 0.5);
	high = DueDays(&context, (1 + confidence) / 2);
	orders = CadenceExpect(&context.parameters, &history,
						   SeasonDays(context.season, as_of, DaysLater(as_of, days)), confidence);
	RowPutFloat(&row, CadenceSilence(&context.parameters, &history, history.silence));
	PutDueDate(&row, known.last, due);
	PutDueDate(&row, known.last, DueDays(&context, (1 - confidence) / 2));
	PutDueDate(&row, known.last, high);
	RowPutInt(&row, due == 0 ? 0 : (int) Max((int64) as_of - known.last - due, 0));
	RowPutBoolean(&row, high > 0 && (int64) as_of - known.last > high);
	RowPutFloat(&row, CadenceAlive(&context.parameters, &history));
	RowPutFloat(&row, orders.order_probability);
	RowPutFloat(&row, orders.expected);
	RowPutInt64(&row, orders.low);
	RowPutInt64(&row, orders.high);
	PG_RETURN_DATUM(RowDatum(&row));
}

/* A group of accounts in cadence_check. */
typedef struct CheckGroup
{
	int64		accounts;
	double		expected_orders;
	int64		actual_orders;
	double		expected_active;
	int64		actual_active;
} CheckGroup;

enum CheckGroups
{
	CHECK_ALL,
	CHECK_QUINTILE,				/* the first of five */
	CHECK_OVERDUE = CHECK_QUINTILE + QUINTILES,
	CHECK_NOT_OVERDUE,
	CHECK_GROUPS
};

static const char *const group_names[CHECK_GROUPS] = {
	"all", "quintile_1", "quintile_2", "quintile_3", "quintile_4", "quintile_5",
	"overdue", "not_overdue"
};

typedef struct RankedRow
{
	double		expected;
	int64		count;
} RankedRow;

static int
CompareRankedRows(const void *left, const void *right)
{
	double		l = ((const RankedRow *) left)->expected;
	double		r = ((const RankedRow *) right)->expected;

	CHECK_FOR_INTERRUPTS();
	return l < r ? -1 : l > r;
}

/* The expected orders at rank ceil(j n/5) of all accounts, for j = 1 to 4. */
static void
FindCuts(RankedRow *ranked, int count, int64 accounts, double *cuts)
{
	int64		before = 0;
	int			row = 0;

	qsort(ranked, count, sizeof(RankedRow), CompareRankedRows);
	for (int j = 1; j < QUINTILES; j++)
	{
		int64		rank = (int64) (((int128) accounts * j + QUINTILES - 1) / QUINTILES);

		while (before + ranked[row].count < rank)
			before += ranked[row++].count;
		cuts[j - 1] = ranked[row].expected;
	}
}

static void
GroupAdd(CheckGroup *group, const CadenceSampleRow *row, const CadenceOrders *orders)
{
	group->accounts += row->count;
	CountAdd(&group->actual_orders, row->count * row->ahead, "order days in one cadence_sample");
	group->actual_active += row->ahead > 0 ? row->count : 0;
	group->expected_orders += row->count * orders->expected;
	group->expected_active += row->count * orders->order_probability;
}

/*
 * cadence_check(cadence_sample, cadence_model) → rows (group_index int, group_name
 * text, accounts bigint, expected_orders float8, actual_orders bigint, order_ratio,
 * expected_active float8, actual_active bigint, active_rate, active_rate_low,
 * active_rate_high float8). A model that forecasts nothing has the group `all` alone.
 */
Datum
cadence_check(PG_FUNCTION_ARGS)
{
	CadenceSample *sample = CadenceSampleFromDatum(PG_GETARG_DATUM(0));
	CadenceModel *model = CadenceModelFromDatum(PG_GETARG_DATUM(1));
	bool		knows = model->status != CADENCE_NO_REPEATS;
	CadenceOrders *orders = palloc_extended(Max(sample->count, 1) * sizeof(CadenceOrders),
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	CheckGroup	groups[CHECK_GROUPS] = {{0}};
	double		cuts[QUINTILES - 1] = {0};
	RowWriter	row;

	if (sample->until == DATEVAL_NOEND)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the sample has no until"),
				 errdetail("Nothing is known of what came after as_of, %s.", DateText(sample->as_of)),
				 errhint("Make it with cadence_sample_agg(s, as_of, until).")));
	row = RowsBegin(fcinfo);
	if (knows && sample->count > 0)
	{
		RankedRow  *ranked = palloc_extended(sample->count * sizeof(RankedRow), MCXT_ALLOC_HUGE);

		for (int i = 0; i < sample->count; i++)
		{
			const CadenceSampleRow *account = &sample->rows[i];
			CadenceHistory history = CadenceHistoryMake(model, account->first, account->last,
														account->gaps + 1, sample->as_of);
			CadenceParameters parameters = CadenceModelParameters(model);

			CHECK_FOR_INTERRUPTS();
			orders[i] = CadenceExpect(&parameters, &history,
									  SeasonDays(CadenceModelSeason(model), sample->as_of, sample->until),
									  CHECK_CONFIDENCE);
			ranked[i].expected = orders[i].expected;
			ranked[i].count = account->count;
		}
		FindCuts(ranked, sample->count, sample->accounts, cuts);
		pfree(ranked);
	}
	for (int i = 0; i < sample->count; i++)
	{
		const CadenceSampleRow *account = &sample->rows[i];
		int			quintile = 0;

		CHECK_FOR_INTERRUPTS();
		GroupAdd(&groups[CHECK_ALL], account, &orders[i]);
		if (!knows)
			continue;
		while (quintile < QUINTILES - 1 && cuts[quintile] < orders[i].expected)
			quintile++;
		GroupAdd(&groups[CHECK_QUINTILE + quintile], account, &orders[i]);
		{
			CadenceHistory history = CadenceHistoryMake(model, account->first, account->last,
														account->gaps + 1, sample->as_of);
			DueContext	context = DueContextMake(model, &history, account->last);
			int			high = DueDays(&context, (1 + CHECK_CONFIDENCE) / 2);
			bool		overdue = high > 0 && (int64) sample->as_of - account->last > high;

			GroupAdd(&groups[overdue ? CHECK_OVERDUE : CHECK_NOT_OVERDUE], account, &orders[i]);
		}
	}
	for (int g = 0; g < (knows ? CHECK_GROUPS : 1); g++)
	{
		const CheckGroup *group = &groups[g];

		RowPutInt(&row, g + 1);
		RowPutText(&row, group_names[g]);
		RowPutInt64(&row, group->accounts);
		RowPutKnown(&row, knows, group->expected_orders);
		RowPutInt64(&row, group->actual_orders);
		RowPutKnown(&row, knows && group->actual_orders > 0,
					group->expected_orders / group->actual_orders);
		RowPutKnown(&row, knows, group->expected_active);
		RowPutInt64(&row, group->actual_active);
		RowPutRate(&row, group->actual_active, group->accounts);
		RowPutKnown(&row, group->accounts > 0, WilsonLow(group->actual_active, group->accounts));
		RowPutKnown(&row, group->accounts > 0, WilsonHigh(group->actual_active, group->accounts));
		RowEnd(&row);
	}
	return (Datum) 0;
}
