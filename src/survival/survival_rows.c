/*
 * survival_rows.c
 *		The Kaplan-Meier curve in SQL: survival_rows, survival_at,
 *		survival_quantiles, survival_mean.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/rows.h"
#include "survival/survival.h"
#include "survival/survival_curve.h"

PG_FUNCTION_INFO_V1(survival_rows);
PG_FUNCTION_INFO_V1(survival_at);
PG_FUNCTION_INFO_V1(survival_quantiles);
PG_FUNCTION_INFO_V1(survival_mean);

/* Puts survival, std_error, survival_low, survival_high. */
static void
PutEstimate(RowWriter *row, const SurvivalPoint *point, IntervalRule rule)
{
	double		low;
	double		high;

	if (!IntervalBounds(rule, point->survival, point->std_error, &low, &high))
		low = high = get_float8_nan();
	RowPutFinite(row, point->survival);
	RowPutFinite(row, point->std_error);
	RowPutFinite(row, low);
	RowPutFinite(row, high);
}

/* The same before the first duration: nobody can have had the event. */
static void
PutCertainty(RowWriter *row)
{
	RowPutFloat(row, 1);
	RowPutFloat(row, 0);
	RowPutFloat(row, 1);
	RowPutFloat(row, 1);
}

/*
 * survival_rows(survival_state, confidence float8, method text) → setof (duration,
 * at_risk, events, censored, survival, std_error, survival_low, survival_high)
 */
Datum
survival_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(1),
										  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	int			points;
	SurvivalPoint *curve = SurvivalCurve(SpellStateSpells(state), state->spells, &points);

	for (int i = 0; i < points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		RowPutFloat(&row, curve[i].duration);
		RowPutInt64(&row, curve[i].at_risk);
		RowPutInt64(&row, curve[i].events);
		RowPutInt64(&row, curve[i].censored);
		PutEstimate(&row, &curve[i], rule);
		RowEnd(&row);
	}
	return (Datum) 0;
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
	RowWriter	row = RowsBegin(fcinfo);
	IntervalRule rule = CheckIntervalRule(PG_GETARG_FLOAT8(2),
										  text_to_cstring(PG_GETARG_TEXT_PP(3)));
	SpellState *state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION,
											"survival_state");
	const Spell *spells = SpellStateSpells(state);
	int			points;
	SurvivalPoint *curve = SurvivalCurve(spells, state->spells, &points);
	RiskTable	at_risk = RiskTableMake(spells, state->spells);
	ArrayItems	times = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "times");

	for (int i = 0; i < times.count; i++)
	{
		double		at;
		int			last;

		CHECK_FOR_INTERRUPTS();
		if (times.nulls[i])
		{
			RowPutNulls(&row, 6);
			RowEnd(&row);
			continue;
		}
		at = CheckDuration(DatumGetFloat8(times.values[i]), "a time");
		last = FindDuration(curve, sizeof(SurvivalPoint), points, at);
		RowPutFloat(&row, at);
		RowPutInt64(&row, RiskTableAt(&at_risk, at));
		if (last >= 0 && (at == curve[last].duration || last < points - 1 ||
						  curve[last].survival == 0))
			PutEstimate(&row, &curve[last], rule);
		else if (last < 0 && points > 0)
			PutCertainty(&row);
		else
			RowPutNulls(&row, 4);
		RowEnd(&row);
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
	RowWriter	row = RowsBegin(fcinfo);
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
	ArrayItems	shares = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "p");

	for (int i = 0; i < points; i++)
		middle[i] = curve[i].survival;
	SurvivalBounds(curve, points, rule, low, high);
	middle_share = ShareCurveMake(middle, points);
	low_share = ShareCurveMake(low, points);
	high_share = ShareCurveMake(high, points);

	for (int i = 0; i < shares.count; i++)
	{
		double		p;

		CHECK_FOR_INTERRUPTS();
		if (shares.nulls[i])
		{
			RowPutNulls(&row, 4);
			RowEnd(&row);
			continue;
		}
		p = DatumGetFloat8(shares.values[i]);
		if (!(p >= 0 && p <= 1))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("p must lie between 0 and 1"),
					 errdetail("The value is %.15g.", p),
					 errhint("p is the share that has had the event: 0.5 asks for the median.")));
		RowPutFloat(&row, p + 0.0);
		if (points > 0)
		{
			RowPutFinite(&row, SurvivalQuantile(curve, &middle_share, points, p));
			RowPutFinite(&row, SurvivalQuantile(curve, &low_share, points, p));
			RowPutFinite(&row, SurvivalQuantile(curve, &high_share, points, p));
		}
		else
			RowPutNulls(&row, 3);
		RowEnd(&row);
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
	RowWriter	row;
	SpellState *state;
	SurvivalPoint *curve;
	int			points;
	double		until;
	double		mean;
	double		std_error;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	row = RowBegin(fcinfo);
	state = SpellStateFromDatum(PG_GETARG_DATUM(0), SURVIVAL_STATE_VERSION, "survival_state");
	curve = SurvivalCurve(SpellStateSpells(state), state->spells, &points);
	if (PG_ARGISNULL(1) && points == 0)
	{
		RowPutNulls(&row, 3);
		PG_RETURN_DATUM(RowDatum(&row));
	}
	until = PG_ARGISNULL(1) ? curve[points - 1].duration :
		CheckDuration(PG_GETARG_FLOAT8(1), "until");
	RowPutFinite(&row, until);
	if (SurvivalMean(curve, points, until, &mean, &std_error))
	{
		RowPutFinite(&row, mean);
		RowPutFinite(&row, std_error);
	}
	else
		RowPutNulls(&row, 2);
	PG_RETURN_DATUM(RowDatum(&row));
}
