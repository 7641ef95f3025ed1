/*
 * tenure_forecast.c
 *		What contracts will bring: what is signed, and renewals by their chance.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"

#include "base/calendar.h"
#include "base/check.h"
#include "base/rows.h"
#include "cadence/cadence.h"
#include "contract/contract.h"
#include "tenure/tenure.h"

PG_FUNCTION_INFO_V1(contract_forecast_rows);

typedef struct ForecastQuestion
{
	TenureParameters model;
	DateADT		as_of;
	int			months;
	double		discount_rate;	/* a year */
	double		growth_rate;	/* a renewal */
	double		margin_rate;
} ForecastQuestion;

typedef struct LineForecast
{
	double		expected_months;	/* in force */
	double		committed;
	double		renewals;
} LineForecast;

/* The length of a term in months, to the nearest, at least 1. */
static int
TermMonths(const Contract *contract)
{
	int64		months = WholeMonths(contract->starts, contract->ends);
	int64		before = AddMonths(contract->starts, months);
	int64		after = AddMonths(contract->starts, months + 1);

	if (after - contract->ends < contract->ends - before)
		months++;
	return (int) Max(months, 1);
}

/*
 * The term of a line that runs the longest, of those that no other renews and that have
 * not lapsed; NULL for none. terms: of the line.
 */
static const Term *
LastTerm(const Term *terms, int count)
{
	const Term *last = NULL;

	for (int i = 0; i < count; i++)
		if (terms[i].renewed_by == NULL && terms[i].outcome != TERM_LAPSED &&
			(last == NULL || terms[i].contract->ends > last->contract->ends))
			last = &terms[i];
	return last;
}

/*
 * The value of a line, month by month: what is signed while that lasts, then the last
 * value by the chance that it was renewed so often.
 */
static LineForecast
ForecastLine(const ForecastQuestion *question, const Timeline *timeline, const Term *last,
			 double mrr)
{
	LineForecast forecast = {0};
	DateADT		ends = last->contract->ends;
	int			term_months = ends == DATEVAL_NOEND ? 0 : TermMonths(last->contract);

	for (int i = 1; i <= question->months; i++)
	{
		DateADT		day = ForecastMonthStart(question->as_of, i);
		double		factor = question->margin_rate * MonthDiscount(question->discount_rate, i);

		CHECK_FOR_INTERRUPTS();
		if (day < ends)
		{
			double		value = MoneyToFloat(&TimelineOn(timeline, day)->total);

			forecast.expected_months += value > 0;
			forecast.committed += value * factor;
		}
		else
		{
			double		renewals = (double) (WholeMonths(ends, day) / term_months) + 1;
			double		chance = TenureStays(&question->model, last->term_index - 1, renewals);

			forecast.expected_months += chance;
			forecast.renewals += mrr * pow(1 + question->growth_rate, renewals) * chance * factor;
		}
	}
	return forecast;
}

/*
 * contract_forecast_rows(contract_state, tenure_model, as_of date, months, grace_days int,
 * discount_rate, growth_rate, margin_rate float8, early_days int) → rows (line, contract_key
 * text, ends date, mrr numeric, term_index int, next_renewal_rate, expected_months,
 * committed_value, renewal_value, value float8), a row for each line with a last term
 * that has not lapsed
 */
Datum
contract_forecast_rows(PG_FUNCTION_ARGS)
{
	ContractState *state = ContractStateFromDatum(PG_GETARG_DATUM(0));
	RenewalWindow window = CheckRenewalWindow(PG_GETARG_INT32(4), PG_GETARG_INT32(8));
	ForecastQuestion question = {
		.model = TenureModelParameters(TenureModelFromDatum(PG_GETARG_DATUM(1))),
		.as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of"),
		.months = CheckForecastMonths(PG_GETARG_INT32(3)),
		.discount_rate = CheckRate(PG_GETARG_FLOAT8(5), true, "discount_rate"),
		.growth_rate = CheckRate(PG_GETARG_FLOAT8(6), true, "growth_rate"),
		.margin_rate = CheckRate(PG_GETARG_FLOAT8(7), false, "margin_rate")
	};
	int			count;
	int			term_count;
	Contract   *contracts = ContractStateRead(state, question.as_of, &count);
	Term	   *terms;
	int			term_begin = 0;
	RowWriter	row = RowsBegin(fcinfo);

	ContractsSort(contracts, count);
	terms = TermsFind(contracts, count, question.as_of, window, &term_count);
	for (int begin = 0, end; begin < count; begin = end)
	{
		const Term *last;
		const Contract *contract;
		Timeline	timeline;
		Money		mrr;
		LineForecast forecast;
		int			term_end = term_begin;

		CHECK_FOR_INTERRUPTS();
		end = ContractsLineEnd(contracts, count, begin);
		while (term_end < term_count && terms[term_end].contract < contracts + end)
			term_end++;
		last = LastTerm(terms + term_begin, term_end - term_begin);
		term_begin = term_end;
		if (last == NULL)
			continue;

		contract = last->contract;
		timeline = TimelineBuild(contracts + begin, end - begin);
		mrr = TimelineOn(&timeline, contract->ends == DATEVAL_NOEND ?
						 Max(contract->starts, question.as_of) : contract->ends - 1)->total;
		forecast = ForecastLine(&question, &timeline, last, MoneyToFloat(&mrr));
		RowPutBytes(&row, contract->line, contract->line_length);
		RowPutBytes(&row, contract->key, contract->key_length);
		if (contract->ends == DATEVAL_NOEND)
			RowPutNull(&row);
		else
			RowPutDate(&row, contract->ends);
		RowPutNumeric(&row, MoneyToNumeric(&mrr));
		RowPutInt(&row, last->term_index);
		RowPutKnown(&row, contract->ends != DATEVAL_NOEND,
					TenureRate(&question.model, last->term_index - 1));
		RowPutFloat(&row, forecast.expected_months);
		RowPutKnown(&row, true, forecast.committed);
		RowPutKnown(&row, true, forecast.renewals);
		RowPutKnown(&row, true, forecast.committed + forecast.renewals);
		RowEnd(&row);
	}
	return (Datum) 0;
}
