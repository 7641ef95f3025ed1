/*
 * contract_aggregates.c
 *		What SQL calls over customers: aggregates of contract_states, and what
 *		unfolds their states.
 *
 * A transition function makes its state in the current context: PostgreSQL
 * copies a new one into the aggregate's.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/compat.h"
#include "contract/contract.h"
#include "survival/survival.h"
#include "base/numeric_call.h"
#include "base/rows.h"

PG_FUNCTION_INFO_V1(renewal_rates_add);
PG_FUNCTION_INFO_V1(renewal_rates_final);
PG_FUNCTION_INFO_V1(retention_add);
PG_FUNCTION_INFO_V1(retention_final);
PG_FUNCTION_INFO_V1(contract_tally_combine);
PG_FUNCTION_INFO_V1(mrr_bridge_add);
PG_FUNCTION_INFO_V1(mrr_bridge_combine);
PG_FUNCTION_INFO_V1(mrr_bridge_final);
PG_FUNCTION_INFO_V1(mrr_bridge_rows);
PG_FUNCTION_INFO_V1(cohort_add);
PG_FUNCTION_INFO_V1(cohort_add_days);
PG_FUNCTION_INFO_V1(cohort_combine);
PG_FUNCTION_INFO_V1(cohort_final);
PG_FUNCTION_INFO_V1(cohort_rows);
PG_FUNCTION_INFO_V1(renewal_survival_add);

/* An aggregate's parameters must be there and stay what they were. */
static void
CheckParameter(FunctionCallInfo fcinfo, int argument, const char *aggregate, const char *what)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s of %s must not be NULL", what, aggregate),
				 errhint("Give it as a constant; where it comes from a column, filter out the rows that have none.")));
}

static void
ParameterChanged(const char *aggregate, const char *before, const char *now)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the parameters of %s must be the same in every row", aggregate),
			 errdetail("They were %s, and are %s.", before, now),
			 errhint("Put what varies into GROUP BY.")));
}

/* NULL where whole is 0. */
static void
PutRatio(RowWriter *row, Numeric part, Numeric whole)
{
	double		ratio;

	if (NumericRatio(part, whole, &ratio))
		RowPutFloat(row, ratio);
	else
		RowPutNull(row);
}

/* Amounts of renewals: NULL is 0. */
static Money
RenewalAmount(FunctionCallInfo fcinfo, int argument, const char *what)
{
	Money		amount = {0};

	if (PG_ARGISNULL(argument))
		return amount;
	amount = MoneyFromNumeric((struct varlena *)
							  CheckFiniteNumeric(PG_GETARG_NUMERIC(argument), what));
	if (MoneySign(&amount) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", what),
				 errdetail("The value is %s.", NumericToText(MoneyToNumeric(&amount))),
				 errhint("Take credit notes off before.")));
	return amount;
}

/*
 * renewal_rates_add(contract_tally, outcome text, mrr numeric, next_mrr numeric): a row of
 * renewal_terms; a NULL outcome skips the row
 */
Datum
renewal_rates_add(PG_FUNCTION_ARGS)
{
	ContractTally *tally;
	text	   *name;
	TermOutcome outcome;
	WideList	wide = {0};

	AggregateContext(fcinfo, "renewal_rates_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	name = PG_GETARG_TEXT_PP(1);
	if (!TermOutcomeFind(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &outcome))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown outcome \"%s\"", text_to_cstring(name)),
				 errhint("Outcomes are not_due, renewed_early, renewed, renewed_late, in_grace and lapsed.")));
	if (PG_ARGISNULL(0))
		tally = TallyCreate(TALLY_RENEWALS, NULL);
	else
	{
		tally = PG_GETARG_STATE_IN_PLACE(0);
		TallyCheckKind(tally, TALLY_RENEWALS, TALLY_RENEWALS);
	}

	if (outcome == TERM_IN_GRACE)
	{
		Money		mrr = RenewalAmount(fcinfo, 2, "mrr");

		TallyCountOne(tally, RENEWALS_PENDING, 0);
		TallyAdd(tally, RENEWALS_PENDING_MRR, 0, &mrr, &wide);
	}
	else if (TermDecided(outcome))
	{
		Money		mrr = RenewalAmount(fcinfo, 2, "mrr");
		Money		next_mrr = RenewalAmount(fcinfo, 3, "next_mrr");

		TallyCountOne(tally, outcome == TERM_LAPSED ? RENEWALS_LAPSED : RENEWALS_RENEWED, 0);
		TallyAdd(tally, RENEWALS_DECIDED_MRR, 0, &mrr, &wide);
		TallyAdd(tally, RENEWALS_KEPT_MRR, 0, MoneyLeast(&mrr, &next_mrr), &wide);
		TallyAdd(tally, RENEWALS_NEXT_MRR, 0, &next_mrr, &wide);
	}
	PG_RETURN_POINTER(TallyKeepWide(tally, &wide));
}

/*
 * renewal_rates_final(contract_tally) → renewal_rates
 */
Datum
renewal_rates_final(PG_FUNCTION_ARGS)
{
	RowWriter	row;
	ContractTally *tally;
	int64		renewed;
	int64		lapsed;
	int64		pending;
	Money		due_mrr;
	Money		pending_mrr;
	Numeric		sums[RENEWALS_NEXT_MRR + 1];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	row = RowBegin(fcinfo);
	tally = TallyFromDatum(PG_GETARG_DATUM(0), TALLY_RENEWALS, TALLY_RENEWALS);
	renewed = TallyCount(tally, RENEWALS_RENEWED, 0);
	lapsed = TallyCount(tally, RENEWALS_LAPSED, 0);
	pending = TallyCount(tally, RENEWALS_PENDING, 0);
	for (int i = 0; i <= RENEWALS_NEXT_MRR; i++)
	{
		Money		sum = TallySum(tally, i, 0);

		sums[i] = MoneyToNumeric(&sum);
	}
	due_mrr = TallySum(tally, RENEWALS_DECIDED_MRR, 0);
	pending_mrr = TallySum(tally, RENEWALS_PENDING_MRR, 0);
	MoneyAdd(&due_mrr, &pending_mrr);
	RowPutInt64(&row, renewed + lapsed + pending);
	RowPutInt64(&row, renewed + lapsed);
	RowPutInt64(&row, renewed);
	RowPutInt64(&row, lapsed);
	RowPutInt64(&row, pending);
	RowPutProportion(&row, renewed, renewed + lapsed);
	RowPutNumeric(&row, MoneyToNumeric(&due_mrr));
	RowPutNumeric(&row, sums[RENEWALS_DECIDED_MRR]);
	RowPutNumeric(&row, sums[RENEWALS_KEPT_MRR]);
	RowPutNumeric(&row, sums[RENEWALS_NEXT_MRR]);
	PutRatio(&row, sums[RENEWALS_KEPT_MRR], sums[RENEWALS_DECIDED_MRR]);
	PutRatio(&row, sums[RENEWALS_NEXT_MRR], sums[RENEWALS_DECIDED_MRR]);
	PG_RETURN_DATUM(RowDatum(&row));
}

/* The total of one customer, of the contracts known by a day (DATEVAL_NOEND: all). */
static Timeline
CustomerTimeline(Datum state, DateADT known_by)
{
	int			count;
	Contract   *contracts = ContractStateRead(ContractStateFromDatum(state), known_by, &count);

	return TimelineBuild(contracts, count);
}

/*
 * retention_add(contract_tally, contract_state, from_date date, until_date date): the
 * customer on from_date - 1 against until_date - 1
 */
Datum
retention_add(PG_FUNCTION_ARGS)
{
	ContractTally *tally;
	PeriodSpan	span = {0};
	Timeline	timeline;
	const Money *before;
	const Money *after;
	WideList	wide = {0};

	AggregateContext(fcinfo, "retention_agg");
	CheckParameter(fcinfo, 2, "retention_agg", "from_date");
	CheckParameter(fcinfo, 3, "retention_agg", "until_date");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	span.from_date = PG_GETARG_DATEADT(2);
	span.until_date = PG_GETARG_DATEADT(3);
	CheckDateSpan(span.from_date, span.until_date);
	if (PG_ARGISNULL(0))
		tally = TallyCreate(TALLY_RETENTION, &span);
	else
	{
		tally = PG_GETARG_STATE_IN_PLACE(0);
		TallyCheckKind(tally, TALLY_RETENTION, TALLY_RETENTION);
		if (tally->from_date != span.from_date || tally->until_date != span.until_date)
			ParameterChanged("retention_agg",
							 psprintf("from %s until %s", DateText(tally->from_date), DateText(tally->until_date)),
							 psprintf("from %s until %s", DateText(span.from_date), DateText(span.until_date)));
	}

	timeline = CustomerTimeline(PG_GETARG_DATUM(1), DATEVAL_NOEND);
	before = &TimelineOn(&timeline, span.from_date - 1)->total;
	after = &TimelineOn(&timeline, span.until_date - 1)->total;
	if (MoneySign(before) > 0)
	{
		TallyCountOne(tally, RETENTION_START, 0);
		if (MoneySign(after) > 0)
			TallyCountOne(tally, RETENTION_KEPT, 0);
		TallyAdd(tally, RETENTION_START_MRR, 0, before, &wide);
		TallyAdd(tally, RETENTION_KEPT_MRR, 0, MoneyLeast(before, after), &wide);
		TallyAdd(tally, RETENTION_END_MRR, 0, after, &wide);
	}
	PG_RETURN_POINTER(TallyKeepWide(tally, &wide));
}

/*
 * retention_final(contract_tally) → retention_rates
 */
Datum
retention_final(PG_FUNCTION_ARGS)
{
	RowWriter	row;
	ContractTally *tally;
	Numeric		amounts[3];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	row = RowBegin(fcinfo);
	tally = TallyFromDatum(PG_GETARG_DATUM(0), TALLY_RETENTION, TALLY_RETENTION);
	RowPutInt64(&row, TallyCount(tally, RETENTION_START, 0));
	RowPutInt64(&row, TallyCount(tally, RETENTION_KEPT, 0));
	RowPutProportion(&row, TallyCount(tally, RETENTION_KEPT, 0),
					 TallyCount(tally, RETENTION_START, 0));
	for (int i = 0; i < 3; i++)
	{
		Money		sum = TallySum(tally, i, 0);

		amounts[i] = MoneyToNumeric(&sum);
		RowPutNumeric(&row, amounts[i]);
	}
	PutRatio(&row, amounts[RETENTION_KEPT_MRR], amounts[RETENTION_START_MRR]);
	PutRatio(&row, amounts[RETENTION_END_MRR], amounts[RETENTION_START_MRR]);
	PG_RETURN_DATUM(RowDatum(&row));
}

/* Merges two tallies of kinds from least to most; either may be NULL. */
static Datum
CombineTallies(FunctionCallInfo fcinfo, const char *aggregate, TallyKind least, TallyKind most)
{
	ContractTally *other;

	AggregateContext(fcinfo, aggregate);
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = TallyFromDatum(PG_GETARG_DATUM(1), least, most);
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);
	PG_RETURN_POINTER(TallyMerge(PG_GETARG_STATE_IN_PLACE(0), other));
}

/* contract_tally_combine(contract_tally, contract_tally) */
Datum
contract_tally_combine(PG_FUNCTION_ARGS)
{
	return CombineTallies(fcinfo, "renewal_rates_agg or retention_agg", TALLY_RENEWALS,
						  TALLY_RETENTION);
}

/* mrr_bridge_combine(mrr_bridge, mrr_bridge) */
Datum
mrr_bridge_combine(PG_FUNCTION_ARGS)
{
	return CombineTallies(fcinfo, "mrr_bridge_merge", TALLY_BRIDGE, TALLY_BRIDGE);
}

/* mrr_bridge_final(mrr_bridge): a copy in canonical form */
Datum
mrr_bridge_final(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "mrr_bridge_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(TallyCanonical(PG_GETARG_STATE_IN_PLACE(0)));
}

static char *
SpanText(int grain, DateADT from_date, DateADT until_date)
{
	return psprintf("by %s from %s until %s", GrainName((Grain) grain), DateText(from_date),
					DateText(until_date));
}

/*
 * mrr_bridge_add(mrr_bridge, contract_state, grain text, from_date date, until_date date)
 */
Datum
mrr_bridge_add(PG_FUNCTION_ARGS)
{
	static const int sum_of[] = {
		BRIDGE_NEW_MRR, BRIDGE_EXPANSION_MRR, BRIDGE_REACTIVATION_MRR, BRIDGE_CONTRACTION_MRR,
		BRIDGE_CHURN_MRR
	};
	ContractTally *tally;
	PeriodSpan	span;
	Timeline	timeline;
	const Money *opening;
	Movement   *movements;
	int			count;
	WideList	wide = {0};

	AggregateContext(fcinfo, "mrr_bridge_agg");
	CheckParameter(fcinfo, 2, "mrr_bridge_agg", "grain");
	CheckParameter(fcinfo, 3, "mrr_bridge_agg", "from_date");
	CheckParameter(fcinfo, 4, "mrr_bridge_agg", "until_date");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	span = PeriodSpanMake(GrainFromText(text_to_cstring(PG_GETARG_TEXT_PP(2))),
						  PG_GETARG_DATEADT(3), PG_GETARG_DATEADT(4));
	if (PG_ARGISNULL(0))
		tally = TallyCreate(TALLY_BRIDGE, &span);
	else
	{
		tally = PG_GETARG_STATE_IN_PLACE(0);
		if (tally->grain != (int32) span.grain || tally->from_date != span.from_date ||
			tally->until_date != span.until_date)
			ParameterChanged("mrr_bridge_agg",
							 SpanText(tally->grain, tally->from_date, tally->until_date),
							 SpanText(span.grain, span.from_date, span.until_date));
	}

	timeline = CustomerTimeline(PG_GETARG_DATUM(1), DATEVAL_NOEND);
	opening = &TimelineOn(&timeline, PeriodReadingDay(&span, -1))->total;
	if (MoneySign(opening) > 0)
		TallyCountOne(tally, BRIDGE_OPENING, 0);
	TallyAdd(tally, BRIDGE_OPENING_MRR, 0, opening, &wide);
	movements = TimelineMovements(&timeline, &span, &count);
	for (int i = 0; i < count; i++)
	{
		const Movement *movement = &movements[i];

		if (movement->kind == MOVEMENT_NEW)
			TallyCountOne(tally, BRIDGE_NEW, movement->period);
		else if (movement->kind == MOVEMENT_REACTIVATION)
			TallyCountOne(tally, BRIDGE_REACTIVATED, movement->period);
		else if (movement->kind == MOVEMENT_CHURN)
			TallyCountOne(tally, BRIDGE_CHURNED, movement->period);
		TallyAdd(tally, sum_of[movement->kind], movement->period, &movement->amount, &wide);
	}
	PG_RETURN_POINTER(TallyKeepWide(tally, &wide));
}

/*
 * mrr_bridge_rows(mrr_bridge) → rows (period date, opening, new, expansion, reactivation,
 * contraction, churn, closing numeric, customers_opening, customers_new,
 * customers_reactivated, customers_churned, customers_closing bigint)
 */
Datum
mrr_bridge_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ContractTally *tally = TallyFromDatum(PG_GETARG_DATUM(0), TALLY_BRIDGE, TALLY_BRIDGE);
	PeriodSpan	span = TallySpan(tally);
	Money		total = TallySum(tally, BRIDGE_OPENING_MRR, 0);
	int64		customers = TallyCount(tally, BRIDGE_OPENING, 0);
	int			scale = total.fixed.scale;

	for (int vector = BRIDGE_NEW_MRR; vector <= BRIDGE_CHURN_MRR; vector++)
		for (int period = 0; period < span.count; period++)
			scale = Max(scale, TallyScale(tally, vector, period));
	for (int period = 0; period < span.count; period++)
	{
		Money		closing = total;

		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, PeriodDate(span.grain, span.first + period));
		RowPutNumeric(&row, MoneyShown(total, scale));
		for (int vector = BRIDGE_NEW_MRR; vector <= BRIDGE_CHURN_MRR; vector++)
		{
			Money		movement = TallySum(tally, vector, period);
			Numeric		amount = MoneyShown(movement, scale);

			if (vector >= BRIDGE_CONTRACTION_MRR)
			{
				MoneySubtract(&closing, &movement);
				amount = NumericNegate(amount);
			}
			else
				MoneyAdd(&closing, &movement);
			RowPutNumeric(&row, amount);
		}
		RowPutNumeric(&row, MoneyShown(closing, scale));
		RowPutInt64(&row, customers);
		for (int vector = BRIDGE_NEW; vector <= BRIDGE_CHURNED; vector++)
			RowPutInt64(&row, TallyCount(tally, vector, period));
		/* cannot overflow: TallyBroken checked it */
		customers += TallyCount(tally, BRIDGE_NEW, period) - TallyCount(tally, BRIDGE_CHURNED, period);
		customers += TallyCount(tally, BRIDGE_REACTIVATED, period);
		RowPutInt64(&row, customers);
		total = closing;
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * The matrix that a row goes into: the running one, whose question the row must
 * repeat, or a new one. Arguments 2 and 3 of the call are grain and as_of.
 */
static CohortMatrix *
CohortOfCall(FunctionCallInfo fcinfo, bool of_dates)
{
	Grain		grain = GrainFromText(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(3), "as_of");
	CohortMatrix *matrix;

	if (PG_ARGISNULL(0))
		return CohortCreate(grain, as_of, of_dates);
	matrix = PG_GETARG_STATE_IN_PLACE(0);
	/* the overloads share a state type, so that a user's aggregate can mix them up */
	if (((matrix->header.flags & COHORT_OF_DATES) != 0) != of_dates)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this cohort_matrix counts other things"),
				 errdetail("It is of %s, the row of %s.", of_dates ? "contracts" : "dates",
						   of_dates ? "dates" : "contracts"),
				 errhint("Use the aggregate that made it.")));
	if (matrix->grain != (int32) grain || matrix->as_of != as_of)
		ParameterChanged("cohort_agg",
						 psprintf("by %s as of %s", GrainName((Grain) matrix->grain), DateText(matrix->as_of)),
						 psprintf("by %s as of %s", GrainName(grain), DateText(as_of)));
	return matrix;
}

/*
 * cohort_add(cohort_matrix, contract_state, grain text, as_of date)
 */
Datum
cohort_add(PG_FUNCTION_ARGS)
{
	CohortMatrix *matrix;
	Timeline	timeline;

	AggregateContext(fcinfo, "cohort_agg");
	CheckParameter(fcinfo, 2, "cohort_agg", "grain");
	CheckParameter(fcinfo, 3, "cohort_agg", "as_of");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	matrix = CohortOfCall(fcinfo, false);
	timeline = CustomerTimeline(PG_GETARG_DATUM(1), matrix->as_of);
	PG_RETURN_POINTER(CohortAddTimeline(matrix, &timeline));
}

/*
 * cohort_add_days(cohort_matrix, date[], grain text, as_of date): NULL days are skipped
 */
Datum
cohort_add_days(PG_FUNCTION_ARGS)
{
	CohortMatrix *matrix;
	ArrayItems	items;
	DateADT    *days;
	int			kept = 0;

	AggregateContext(fcinfo, "cohort_agg");
	CheckParameter(fcinfo, 2, "cohort_agg", "grain");
	CheckParameter(fcinfo, 3, "cohort_agg", "as_of");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	matrix = CohortOfCall(fcinfo, true);
	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "days");
	days = palloc(Max(items.count, 1) * sizeof(DateADT));
	for (int i = 0; i < items.count; i++)
		if (!items.nulls[i])
			days[kept++] = CheckFiniteDate(DatumGetDateADT(items.values[i]), "a day of activity");
	PG_RETURN_POINTER(CohortAddDays(matrix, days, kept));
}

/*
 * cohort_combine(cohort_matrix, cohort_matrix): either may be NULL
 */
Datum
cohort_combine(PG_FUNCTION_ARGS)
{
	CohortMatrix *other;

	AggregateContext(fcinfo, "cohort_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = CohortFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);
	PG_RETURN_POINTER(CohortMerge(PG_GETARG_STATE_IN_PLACE(0), other));
}

/* cohort_final(cohort_matrix): a copy in canonical form */
Datum
cohort_final(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "cohort_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(CohortCanonical(PG_GETARG_STATE_IN_PLACE(0)));
}

/*
 * cohort_rows(cohort_matrix) → rows (cohort date, period_index int, state text, customers,
 * active bigint, retention float8, mrr_start, mrr_kept, mrr numeric, grr, nrr float8)
 */
Datum
cohort_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	CohortMatrix *matrix = CohortFromDatum(PG_GETARG_DATUM(0));
	bool		of_dates = (matrix->header.flags & COHORT_OF_DATES) != 0;
	int			count;
	CohortCell *cells = CohortCells(matrix, &count);
	int			scale = 0;

	for (int i = 0; i < count && !of_dates; i++)
		scale = Max(scale, Max(cells[i].mrr_start.fixed.scale, cells[i].mrr.fixed.scale));
	for (int i = 0; i < count; i++)
	{
		const CohortCell *cell = &cells[i];

		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, PeriodDate((Grain) matrix->grain, cell->period));
		RowPutInt(&row, cell->index);
		RowPutText(&row, cell->observed ? "observed" : "provisional");
		RowPutInt64(&row, cell->customers);
		RowPutInt64(&row, cell->active);
		RowPutFloat(&row, (double) cell->active / (double) cell->customers);
		if (of_dates)
			RowPutNulls(&row, 5);
		else
		{
			Numeric		start = MoneyShown(cell->mrr_start, scale);
			Numeric		kept = MoneyShown(cell->mrr_kept, scale);
			Numeric		now = MoneyShown(cell->mrr, scale);

			RowPutNumeric(&row, start);
			RowPutNumeric(&row, kept);
			RowPutNumeric(&row, now);
			PutRatio(&row, kept, start);
			PutRatio(&row, now, start);
		}
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * renewal_survival_add(survival_state, contract_state, as_of date, grace_days int [,
 * early_days int]): each renewal chain of the customer as a subject
 */
Datum
renewal_survival_add(PG_FUNCTION_ARGS)
{
	void	   *state = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	DateADT		as_of;
	int			early_days = DEFAULT_EARLY_DAYS;
	RenewalWindow window;
	Contract   *contracts;
	Term	   *terms;
	ChainSpell *spells;
	int			count;

	AggregateContext(fcinfo, "renewal_survival_agg");
	CheckParameter(fcinfo, 2, "renewal_survival_agg", "as_of");
	CheckParameter(fcinfo, 3, "renewal_survival_agg", "grace_days");
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	if (PG_NARGS() > 4)
	{
		CheckParameter(fcinfo, 4, "renewal_survival_agg", "early_days");
		early_days = PG_GETARG_INT32(4);
	}
	window = CheckRenewalWindow(PG_GETARG_INT32(3), early_days);
	if (!PG_ARGISNULL(1))
	{
		contracts = ContractStateRead(ContractStateFromDatum(PG_GETARG_DATUM(1)), as_of, &count);
		ContractsSort(contracts, count);
		terms = TermsFind(contracts, count, as_of, window, &count);
		spells = palloc_extended(Max(count, 1) * sizeof(ChainSpell), MCXT_ALLOC_HUGE);
		count = TermsSpells(terms, count, spells);
		for (int i = 0; i < count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			state = SurvivalStateAdd(state, 0, spells[i].terms,
									 spells[i].lapsed);
		}
	}
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

STATE_COMBINE(mrr_bridge_combine_two, mrr_bridge_combine, mrr_bridge_final)

STATE_COMBINE(cohort_combine_two, cohort_combine, cohort_final)
