/*
 * clv.c
 *		Lifetime value: what an account will bring in the coming months.
 *
 * Month i ends the day before the i-th month after as_of + 1 starts: calendar
 * months, counted from one anchor, without drift.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "base/calendar.h"
#include "base/check.h"
#include "base/compat.h"
#include "cadence/cadence.h"

PG_FUNCTION_INFO_V1(clv_forecast);
PG_FUNCTION_INFO_V1(clv_rows);

/* The question of clv_forecast and clv_rows, checked, and the account it is asked of. */
typedef struct ClvQuestion
{
	CadenceModel *cadence;
	DateADT		as_of;
	int			months;
	double		discount_rate;
	double		margin_rate;
	double		confidence;
	CadenceDays days;			/* of the account; no order_days: no answer */
	CadenceHistory history;
	bool		has_orders;		/* the model forecasts */
	bool		has_spend;
	double		spend;
} ClvQuestion;

/* A factor of money: finite; and above -1 where it discounts or grows. */
double
CheckRate(double rate, bool above_minus_one, const char *what)
{
	CheckFiniteParameter(rate, what);
	if (above_minus_one && rate <= -1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above -1", what),
				 errdetail("The value is %.15g.", rate),
				 errhint("0.1 is ten percent.")));
	return rate;
}

/* A number of months that is forecast. */
int
CheckForecastMonths(int months)
{
	if (months < 1 || months > MOST_FORECAST_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months must lie between 1 and %d", MOST_FORECAST_MONTHS),
				 errdetail("The value is %d.", months),
				 errhint("The forecast is of the months after as_of; 12 is a year.")));
	return months;
}

/* The first day of month i, from 1, after as_of; an error past the last date. */
DateADT
ForecastMonthStart(DateADT as_of, int month)
{
	int64		day = IS_VALID_DATE(as_of + INT64CONST(1)) ? AddMonths(as_of + 1, month - 1) :
		PG_INT64_MAX;

	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("month %d after as_of starts after the last date there is", month),
				 errdetail("as_of is %s.", DateText(as_of)),
				 errhint("Check as_of and months.")));
	return (DateADT) day;
}

/* A year's discount for the middle of month i, from 1. */
double
MonthDiscount(double discount_rate, int month)
{
	return pow(1 + discount_rate, -(month - 0.5) / 12);
}

/* Reads the arguments both functions share. */
static ClvQuestion
ReadQuestion(FunctionCallInfo fcinfo)
{
	CadenceState *state = CadenceStateFromDatum(PG_GETARG_DATUM(0));
	SpendModel *spend = SpendModelFromDatum(PG_GETARG_DATUM(2));
	ClvQuestion question = {0};
	SpendRow	row;

	question.cadence = CadenceModelFromDatum(PG_GETARG_DATUM(1));
	question.as_of = CheckFiniteDate(PG_GETARG_DATEADT(3), "as_of");
	question.months = CheckForecastMonths(PG_GETARG_INT32(4));
	question.discount_rate = CheckRate(PG_GETARG_FLOAT8(5), true, "discount_rate");
	question.margin_rate = CheckRate(PG_GETARG_FLOAT8(6), false, "margin_rate");
	question.confidence = CheckConfidence(PG_GETARG_FLOAT8(7));
	(void) ForecastMonthStart(question.as_of, question.months + 1);
	question.days = CadenceStateDays(state, question.as_of);
	if (question.days.order_days == 0)
		return question;
	question.history = CadenceHistoryMake(question.cadence, question.days.first,
										  question.days.last, question.days.order_days,
										  question.as_of);
	question.has_orders = question.cadence->status != CADENCE_NO_REPEATS;
	question.has_spend = SpendRowRead(state, question.as_of, &row) &&
		SpendModelExpect(spend, &row, &question.spend);
	return question;
}

/* Orders up to the end of month i; 0: none. */
static CadenceOrders
OrdersUntil(const ClvQuestion *question, int month)
{
	CadenceParameters parameters = CadenceModelParameters(question->cadence);
	DateADT		last_day = ForecastMonthStart(question->as_of, month + 1) - 1;

	return CadenceExpect(&parameters, &question->history,
						 SeasonDays(CadenceModelSeason(question->cadence), question->as_of, last_day),
						 question->confidence);
}

/*
 * clv_forecast(cadence_state, cadence_model, spend_model, as_of date, months int,
 * discount_rate, margin_rate, confidence float8) → clv_forecast; NULL without an order
 * day by as_of
 */
Datum
clv_forecast(PG_FUNCTION_ARGS)
{
	ClvQuestion question = ReadQuestion(fcinfo);
	CadenceOrders orders = {0};
	double		counted = 0;	/* orders, discounted */
	double		before = 0;
	double		value;
	double		low;
	double		high;
	bool		has_value;
	CadenceParameters parameters;
	RowWriter	row;

	if (question.days.order_days == 0)
		PG_RETURN_NULL();
	for (int i = 1; i <= question.months && question.has_orders; i++)
	{
		CHECK_FOR_INTERRUPTS();
		/* without a discount only the end matters */
		if (question.discount_rate == 0 && i < question.months)
			continue;
		orders = OrdersUntil(&question, i);
		counted += (orders.expected - before) * MonthDiscount(question.discount_rate, i);
		before = orders.expected;
	}
	value = question.spend * question.margin_rate * counted;
	low = orders.expected > 0 ? value * (orders.low / orders.expected) : 0;
	high = orders.expected > 0 ? value * (orders.high / orders.expected) : 0;
	has_value = question.has_orders && question.has_spend && isfinite(value) && isfinite(low) &&
		isfinite(high);

	parameters = CadenceModelParameters(question.cadence);
	row = RowBegin(fcinfo);
	RowPutKnown(&row, question.has_orders, CadenceAlive(&parameters, &question.history));
	RowPutKnown(&row, question.has_orders, orders.expected);
	RowPutKnown(&row, question.has_spend, question.spend);
	RowPutKnown(&row, has_value, value);
	if (question.has_orders)
	{
		RowPutInt64(&row, orders.low);
		RowPutInt64(&row, orders.high);
	}
	else
	{
		RowPutNull(&row);
		RowPutNull(&row);
	}
	RowPutKnown(&row, has_value, Min(low, high));
	RowPutKnown(&row, has_value, Max(low, high));
	PG_RETURN_DATUM(RowDatum(&row));
}
/*
 * clv_rows(…as clv_forecast) → rows (month_index int, starts, last_day date,
 * expected_orders, value, discounted, cumulative float8), one row per month
 */
Datum
clv_rows(PG_FUNCTION_ARGS)
{
	ClvQuestion question = ReadQuestion(fcinfo);
	RowWriter	row = RowsBegin(fcinfo);
	double		before = 0;
	double		cumulative = 0;

	if (question.days.order_days == 0)
		return (Datum) 0;
	for (int i = 1; i <= question.months; i++)
	{
		double		until = question.has_orders ? OrdersUntil(&question, i).expected : 0;
		double		value = question.spend * question.margin_rate * (until - before);
		double		discounted = value * MonthDiscount(question.discount_rate, i);
		bool		has_value = question.has_orders && question.has_spend;

		CHECK_FOR_INTERRUPTS();
		cumulative += discounted;
		RowPutInt(&row, i);
		RowPutDate(&row, ForecastMonthStart(question.as_of, i));
		RowPutDate(&row, ForecastMonthStart(question.as_of, i + 1) - 1);
		RowPutKnown(&row, question.has_orders, until - before);
		RowPutKnown(&row, has_value, value);
		RowPutKnown(&row, has_value, discounted);
		RowPutKnown(&row, has_value, cumulative);
		RowEnd(&row);
		before = until;
	}
	return (Datum) 0;
}
