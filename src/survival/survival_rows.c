/*
 * survival_rows.c
 *		The Kaplan-Meier curve in SQL: survival_rows, survival_at,
 *		survival_quantiles, survival_mean.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "survival/survival.h"
#include "survival/survival_curve.h"

PG_FUNCTION_INFO_V1(survival_rows);
PG_FUNCTION_INFO_V1(survival_at);
PG_FUNCTION_INFO_V1(survival_quantiles);
PG_FUNCTION_INFO_V1(survival_mean);

/* A float, or NULL where it is infinite or NaN: clients cannot chart those. */
static void
PutFinite(Datum *values, bool *nulls, int column, double value)
{
	values[column] = Float8GetDatum(value);
	nulls[column] = !isfinite(value);
}

/*
 * Puts survival, std_error, survival_low, survival_high from a column on.
 */
static void
PutEstimate(Datum *values, bool *nulls, int column, const SurvivalPoint *point, IntervalRule rule)
{
	double		low;
	double		high;

	PutFinite(values, nulls, column, point->survival);
	PutFinite(values, nulls, column + 1, point->std_error);
	if (!IntervalBounds(rule, point->survival, point->std_error, &low, &high))
		low = high = get_float8_nan();
	PutFinite(values, nulls, column + 2, low);
	PutFinite(values, nulls, column + 3, high);
}

/* The same before the first duration: nobody can have had the event. */
static void
PutCertainty(Datum *values, bool *nulls, int column)
{
	PutFinite(values, nulls, column, 1.0);
	PutFinite(values, nulls, column + 1, 0.0);
	PutFinite(values, nulls, column + 2, 1.0);
	PutFinite(values, nulls, column + 3, 1.0);
}

/*
 * survival_rows(survival_state, confidence float8, method text) → setof (duration,
 * at_risk, events, censored, survival, std_error, survival_low, survival_high)
 */
Datum
survival_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(1),
										  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	int			points;
	SurvivalPoint *curve = SurvivalCurve(SpellStateSpells(state), state->spells, &points);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < points; i++)
	{
		Datum		values[8];
		bool		nulls[8] = {0};

		CHECK_FOR_INTERRUPTS();
		values[0] = Float8GetDatum(curve[i].duration);
		values[1] = Int64GetDatum(curve[i].at_risk);
		values[2] = Int64GetDatum(curve[i].events);
		values[3] = Int64GetDatum(curve[i].censored);
		PutEstimate(values, nulls, 4, &curve[i], rule);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* The elements of a float8[] argument, as they stand; returns how many. */
int
FloatArrayArgument(FunctionCallInfo fcinfo, int argument, Datum **elements, bool **nulls)
{
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), FLOAT8OID, sizeof(float8),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, elements, nulls, &count);
	return count;
}

/*
 * survival_at(survival_state, times float8[], confidence float8, method text) →
 * setof (duration, at_risk, survival, std_error, survival_low, survival_high), a
 * row for each time in the order given. After the last duration the curve is
 * known only where it has come down to 0.
 */
Datum
survival_at(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(2),
										  text_to_cstring(PG_GETARG_TEXT_PP(3)));
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	const Spell *spells = SpellStateSpells(state);
	int			points;
	SurvivalPoint *curve = SurvivalCurve(spells, state->spells, &points);
	RiskTable	at_risk = RiskTableMake(spells, state->spells);
	Datum	   *times;
	bool	   *time_nulls;
	int			count = FloatArrayArgument(fcinfo, 1, &times, &time_nulls);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < count; i++)
	{
		Datum		values[6] = {0};
		bool		nulls[6] = {true, true, true, true, true, true};

		CHECK_FOR_INTERRUPTS();
		if (!time_nulls[i])
		{
			double		at = CheckDuration(DatumGetFloat8(times[i]), "a time");
			int			last = FindDuration(curve, sizeof(SurvivalPoint), points, at);

			values[0] = Float8GetDatum(at);
			values[1] = Int64GetDatum(RiskTableAt(&at_risk, at));
			nulls[0] = nulls[1] = false;
			if (last >= 0 && (at == curve[last].duration || last < points - 1 ||
							  curve[last].survival == 0))
				PutEstimate(values, nulls, 2, &curve[last], rule);
			else if (last < 0 && points > 0)
				PutCertainty(values, nulls, 2);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * survival_quantiles(survival_state, p float8[], confidence float8, method text) →
 * setof (p, duration, duration_low, duration_high), a row for each p in the
 * order given; NULL where the curve, or its bound, does not come down to 1 - p.
 */
Datum
survival_quantiles(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(2),
										  text_to_cstring(PG_GETARG_TEXT_PP(3)));
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	int			points;
	SurvivalPoint *curve = SurvivalCurve(SpellStateSpells(state), state->spells, &points);
	Size		size = Max(1, points) * sizeof(double);
	double	   *middle = palloc_extended(size, MCXT_ALLOC_HUGE);
	double	   *low = palloc_extended(size, MCXT_ALLOC_HUGE);
	double	   *high = palloc_extended(size, MCXT_ALLOC_HUGE);
	ShareCurve	middle_share;
	ShareCurve	low_share;
	ShareCurve	high_share;
	Datum	   *shares;
	bool	   *share_nulls;
	int			count = FloatArrayArgument(fcinfo, 1, &shares, &share_nulls);

	for (int i = 0; i < points; i++)
		middle[i] = curve[i].survival;
	SurvivalBounds(curve, points, rule, low, high);
	middle_share = ShareCurveMake(middle, points);
	low_share = ShareCurveMake(low, points);
	high_share = ShareCurveMake(high, points);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < count; i++)
	{
		Datum		values[4] = {0};
		bool		nulls[4] = {true, true, true, true};

		CHECK_FOR_INTERRUPTS();
		if (!share_nulls[i])
		{
			double		p = DatumGetFloat8(shares[i]);

			if (!(p >= 0 && p <= 1))
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("p must lie between 0 and 1"),
						 errdetail("The value is %.15g.", p),
						 errhint("p is the share that has had the event: 0.5 asks for the median.")));
			PutFinite(values, nulls, 0, p + 0.0);
			if (points > 0)
			{
				PutFinite(values, nulls, 1, SurvivalQuantile(curve, &middle_share, points, p));
				PutFinite(values, nulls, 2, SurvivalQuantile(curve, &low_share, points, p));
				PutFinite(values, nulls, 3, SurvivalQuantile(curve, &high_share, points, p));
			}
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * survival_mean(survival_state, until float8) → (until, mean, std_error); until
 * NULL means the last duration. mean is NULL where the curve is not known that far.
 */
Datum
survival_mean(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, true};
	SpellState *state;
	SurvivalPoint *curve;
	int			points;
	double		mean;
	double		std_error;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "survival_mean must return a row");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION, "survival_state");
	curve = SurvivalCurve(SpellStateSpells(state), state->spells, &points);
	if (!PG_ARGISNULL(1) || points > 0)
	{
		double		until = PG_ARGISNULL(1) ? curve[points - 1].duration :
			CheckDuration(PG_GETARG_FLOAT8(1), "until");

		PutFinite(values, nulls, 0, until);
		if (SurvivalMean(curve, points, until, &mean, &std_error))
		{
			PutFinite(values, nulls, 1, mean);
			PutFinite(values, nulls, 2, std_error);
		}
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
