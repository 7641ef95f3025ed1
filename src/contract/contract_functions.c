/*
 * contract_functions.c
 *		What SQL calls on one customer's contract_state, and on days.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/numeric_call.h"
#include "base/rows.h"
#include "contract/contract.h"

PG_FUNCTION_INFO_V1(mrr_from_total);
PG_FUNCTION_INFO_V1(contract_term_start);
PG_FUNCTION_INFO_V1(contract_term_index);
PG_FUNCTION_INFO_V1(contract_fill_gaps);
PG_FUNCTION_INFO_V1(contract_join_phases);
PG_FUNCTION_INFO_V1(contract_check);
PG_FUNCTION_INFO_V1(contract_mrr);
PG_FUNCTION_INFO_V1(renewal_terms);
PG_FUNCTION_INFO_V1(mrr_movements);

/* A day; an infinite one is NULL. */
static void
PutFiniteDay(RowWriter *row, DateADT day)
{
	if (DATE_NOT_FINITE(day))
		RowPutNull(row);
	else
		RowPutDate(row, day);
}

static void
PutMoney(RowWriter *row, const Money *money)
{
	RowPutNumeric(row, MoneyToNumeric(money));
}

/* A count of days or months from SQL, not below a least one. */
static int
CheckLeast(int value, int least, const char *what, const char *hint)
{
	if (value < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d", what, least),
				 errdetail("The value is %d.", value),
				 errhint("%s", hint)));
	return value;
}

/* How many days after the end of a term, and before it, its renewal may start. */
RenewalWindow
CheckRenewalWindow(int grace_days, int early_days)
{
	RenewalWindow window;

	window.grace_days = CheckLeast(grace_days, 0, "grace_days",
								   "0 accepts no renewal after the end.");
	window.early_days = CheckLeast(early_days, 0, "early_days",
								   "0 accepts no renewal before the end.");
	return window;
}

/*
 * mrr_from_total(total numeric, term daterange) → numeric: the total over the
 * term's months, whole ones from the first day and the remaining days as a part
 * of the month they run in
 */
Datum
mrr_from_total(PG_FUNCTION_ARGS)
{
	Numeric		total = CheckFiniteNumeric(PG_GETARG_NUMERIC(0), "total");
	RangeType  *term = PG_GETARG_RANGE_P(1);
	DateADT		starts;
	DateADT		ends;
	int64		months;
	int64		running;
	int64		days;
	Datum		mrr;

	ContractTermRead(term, range_get_typcache(fcinfo, RangeTypeGetOid(term)), &starts, &ends);
	if (ends == DATEVAL_NOEND)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a total cannot be spread over a term without an end"),
				 errdetail("The term starts on %s.", DateText(starts)),
				 errhint("Give the term that the total pays for.")));
	months = WholeMonths(starts, ends);
	running = AddMonths(starts, months);
	days = ends - running;
	if (days == 0)
		mrr = DirectFunctionCall2(numeric_div, NumericGetDatum(total),
								  NumericGetDatum(int64_to_numeric(months)));
	else
	{
		/* one division: total / (months + days / length) */
		int64		length = AddMonths(starts, months + 1) - running;

		mrr = DirectFunctionCall2(numeric_div,
								  DirectFunctionCall2(numeric_mul, NumericGetDatum(total),
													  NumericGetDatum(int64_to_numeric(length))),
								  NumericGetDatum(int64_to_numeric(months * length + days)));
	}
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_trim_scale, mrr));
}

/*
 * contract_term_start(anchor date, term_index int, months int) → date
 */
Datum
contract_term_start(PG_FUNCTION_ARGS)
{
	DateADT		anchor = CheckFiniteDate(PG_GETARG_DATEADT(0), "anchor");
	int			term_index = CheckLeast(PG_GETARG_INT32(1), 1, "term_index",
										"The term that starts on the anchor is 1.");
	int			months = CheckLeast(PG_GETARG_INT32(2), 1, "months", "A year's term has 12.");
	int64		passed = ((int64) term_index - 1) * months;
	int64		day = 0;

	/* further than a date reaches, whatever the anchor is */
	if (passed <= INT64CONST(12) * 6000000)
		day = AddMonths(anchor, passed);
	if (passed > INT64CONST(12) * 6000000 || !IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("term %d starts after the last date there is", term_index),
				 errdetail("Terms of %d months are counted from %s.", months, DateText(anchor)),
				 errhint("Check term_index and months.")));
	PG_RETURN_DATEADT((DateADT) day);
}

/*
 * contract_term_index(anchor date, on_date date, months int) → int, NULL before
 * the anchor
 */
Datum
contract_term_index(PG_FUNCTION_ARGS)
{
	DateADT		anchor = CheckFiniteDate(PG_GETARG_DATEADT(0), "anchor");
	DateADT		on_date = CheckFiniteDate(PG_GETARG_DATEADT(1), "on_date");
	int			months = CheckLeast(PG_GETARG_INT32(2), 1, "months", "A year's term has 12.");

	if (on_date < anchor)
		PG_RETURN_NULL();
	PG_RETURN_INT32((int32) (WholeMonths(anchor, on_date) / months + 1));
}

/*
 * contract_fill_gaps(contract_state, max_days int) → contract_state
 */
Datum
contract_fill_gaps(PG_FUNCTION_ARGS)
{
	ContractState *state = ContractStateFromDatum(PG_GETARG_DATUM(0));
	int			max_days = CheckLeast(PG_GETARG_INT32(1), 0, "max_days",
									  "0 closes no gap.");
	int			count;
	Contract   *contracts = ContractStateRead(state, DATEVAL_NOEND, &count);

	ContractsSort(contracts, count);
	ContractsFillGaps(contracts, count, max_days);
	PG_RETURN_POINTER(ContractStateWrite(contracts, count));
}

/*
 * contract_join_phases(contract_state) → contract_state: the rows of one line and
 * key become phases of one term
 */
Datum
contract_join_phases(PG_FUNCTION_ARGS)
{
	ContractState *state = ContractStateFromDatum(PG_GETARG_DATUM(0));
	int			count;
	Contract   *contracts = ContractStateRead(state, DATEVAL_NOEND, &count);

	ContractsSort(contracts, count);
	ContractsJoinPhases(contracts, count);
	/* the signing days it gives can change the order of equal rows */
	ContractsSort(contracts, count);
	PG_RETURN_POINTER(ContractStateWrite(contracts, count));
}

/*
 * contract_check(contract_state, grace_days int, early_days int) → rows (line text, contract_key text, problem
 * text, other_key text, starts date, ends date, detail text)
 */
Datum
contract_check(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	int			count;
	Contract   *contracts = ContractStateRead(ContractStateFromDatum(PG_GETARG_DATUM(0)),
											  DATEVAL_NOEND, &count);
	RenewalWindow window = CheckRenewalWindow(PG_GETARG_INT32(1), PG_GETARG_INT32(2));
	ContractProblem *problems;
	int			found;

	ContractsSort(contracts, count);
	problems = ContractsCheck(contracts, count, window, &found);
	for (int i = 0; i < found; i++)
	{
		ContractProblem *problem = &problems[i];

		CHECK_FOR_INTERRUPTS();
		RowPutBytes(&row, problem->contract->line, problem->contract->line_length);
		RowPutBytes(&row, problem->contract->key, problem->contract->key_length);
		RowPutText(&row, problem->name);
		if (problem->other)
			RowPutBytes(&row, problem->other->key, problem->other->key_length);
		else
			RowPutNull(&row);
		PutFiniteDay(&row, problem->starts);
		PutFiniteDay(&row, problem->ends);
		RowPutText(&row, problem->detail);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * contract_mrr(contract_state, on_date date) → numeric: 0 where nothing is in force
 */
Datum
contract_mrr(PG_FUNCTION_ARGS)
{
	DateADT		on_date = CheckFiniteDate(PG_GETARG_DATEADT(1), "on_date");
	int			count;
	Contract   *contracts = ContractStateRead(ContractStateFromDatum(PG_GETARG_DATUM(0)),
											  DATEVAL_NOEND, &count);
	Money		total = {0};

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (contracts[i].mrr.wide == NULL)
			total.fixed.scale = Max(total.fixed.scale, contracts[i].mrr.fixed.scale);
		if (contracts[i].starts <= on_date && on_date < contracts[i].ends)
			MoneyAdd(&total, &contracts[i].mrr);
	}
	PG_RETURN_NUMERIC(MoneyToNumeric(&total));
}

/*
 * renewal_terms(contract_state, as_of date, grace_days int, early_days int) → rows (line
 * text, chain_index, term_index int, contract_key text, starts, ends, last_day date, mrr
 * numeric, outcome text, decided boolean, renewed_on date, renewed_by_key text, gap_days
 * int, next_mrr numeric, returned_on date)
 */
Datum
renewal_terms(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ContractState *state = ContractStateFromDatum(PG_GETARG_DATUM(0));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	RenewalWindow window = CheckRenewalWindow(PG_GETARG_INT32(2), PG_GETARG_INT32(3));
	int			count;
	Contract   *contracts = ContractStateRead(state, as_of, &count);
	Term	   *terms;
	int			found;

	ContractsSort(contracts, count);
	terms = TermsFind(contracts, count, as_of, window, &found);
	for (int i = 0; i < found; i++)
	{
		const Term *term = &terms[i];
		const Contract *contract = term->contract;
		const Contract *renewed_by = term->renewed_by;

		CHECK_FOR_INTERRUPTS();
		RowPutBytes(&row, contract->line, contract->line_length);
		RowPutInt(&row, term->chain_index);
		RowPutInt(&row, term->term_index);
		RowPutBytes(&row, contract->key, contract->key_length);
		RowPutDate(&row, contract->starts);
		PutFiniteDay(&row, term->ends);
		PutFiniteDay(&row, DATE_NOT_FINITE(term->ends) ? term->ends : term->ends - 1);
		PutMoney(&row, &term->mrr);
		RowPutText(&row, TermOutcomeName(term->outcome));
		RowPutBoolean(&row, TermDecided(term->outcome));
		if (renewed_by != NULL)
		{
			PutFiniteDay(&row, renewed_by->starts);
			RowPutBytes(&row, renewed_by->key, renewed_by->key_length);
			RowPutInt(&row, renewed_by->starts - term->ends);
			PutMoney(&row, &term->next_mrr);
		}
		else
			RowPutNulls(&row, 4);
		PutFiniteDay(&row, term->returned_on);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * mrr_movements(contract_state, grain text, from_date date, until_date date) → rows
 * (period date, movement text, amount, mrr_before, mrr_after numeric)
 */
Datum
mrr_movements(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ContractState *state = ContractStateFromDatum(PG_GETARG_DATUM(0));
	PeriodSpan	span = PeriodSpanMake(GrainFromText(text_to_cstring(PG_GETARG_TEXT_PP(1))),
									  PG_GETARG_DATEADT(2), PG_GETARG_DATEADT(3));
	int			count;
	Contract   *contracts = ContractStateRead(state, DATEVAL_NOEND, &count);
	Timeline	timeline = TimelineBuild(contracts, count);
	Movement   *movements;
	int			found;

	movements = TimelineMovements(&timeline, &span, &found);
	for (int i = 0; i < found; i++)
	{
		const Movement *movement = &movements[i];
		bool		down = movement->kind == MOVEMENT_CONTRACTION || movement->kind == MOVEMENT_CHURN;
		Numeric		amount = MoneyToNumeric(&movement->amount);

		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, PeriodDate(span.grain, span.first + movement->period));
		RowPutText(&row, MovementName(movement->kind));
		RowPutNumeric(&row, down ? NumericNegate(amount) : amount);
		PutMoney(&row, &movement->before);
		PutMoney(&row, &movement->after);
		RowEnd(&row);
	}
	return (Datum) 0;
}
