/*
 * rating_functions.c
 *		What a rating_state is asked, and the difference of two rates.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"

#include "base/check.h"
#include "base/distribution.h"
#include "base/rows.h"
#include "base/wilson.h"
#include "rating/rating.h"

PG_FUNCTION_INFO_V1(rating_summary);
PG_FUNCTION_INFO_V1(rating_rows);
PG_FUNCTION_INFO_V1(rating_difference);
PG_FUNCTION_INFO_V1(rate_difference);

static void
PutFigure(RowWriter *row, const RatingFigure *figure)
{
	RowPutFinite(row, figure->value);
	RowPutFinite(row, figure->low);
	RowPutFinite(row, figure->high);
}

/*
 * rating_summary(rating_state, confidence float8) → row (asked, responses bigint,
 * response_rate float8, favourable, neutral, unfavourable bigint, favourable_rate,
 * favourable_rate_low, favourable_rate_high, unfavourable_rate, unfavourable_rate_low,
 * unfavourable_rate_high, net_score, net_score_low, net_score_high, mean_score,
 * mean_score_low, mean_score_high, median_score float8)
 */
Datum
rating_summary(PG_FUNCTION_ARGS)
{
	RatingState *state = RatingStateFromDatum(PG_GETARG_DATUM(0));
	RatingMeasures measures = RatingMeasureAll(&state->scale, state->answers,
											   CheckConfidence(PG_GETARG_FLOAT8(1)));
	int64		asked = measures.responses + state->unanswered;
	RowWriter	row = RowsBegin(fcinfo);

	RowPutInt64(&row, asked);
	RowPutInt64(&row, measures.responses);
	RowPutRate(&row, (double) measures.responses, (double) asked);
	RowPutInt64(&row, measures.favourable);
	RowPutInt64(&row, measures.neutral);
	RowPutInt64(&row, measures.unfavourable);
	PutFigure(&row, &measures.favourable_rate);
	PutFigure(&row, &measures.unfavourable_rate);
	PutFigure(&row, &measures.net_score);
	PutFigure(&row, &measures.mean_score);
	RowPutFinite(&row, measures.median_score);
	RowEnd(&row);
	return (Datum) 0;
}

/*
 * rating_rows(rating_state) → rows (score int, answers bigint, rate, rate_low,
 * rate_high float8), each score of the scale
 */
Datum
rating_rows(PG_FUNCTION_ARGS)
{
	RatingState *state = RatingStateFromDatum(PG_GETARG_DATUM(0));
	int64		responses = 0;
	RowWriter	row = RowsBegin(fcinfo);

	for (int i = 0; i < RatingScores(&state->scale); i++)
		responses += state->answers[i];
	for (int i = 0; i < RatingScores(&state->scale); i++)
	{
		RowPutInt(&row, state->scale.low + i);
		RowPutInt64(&row, state->answers[i]);
		RowPutProportion(&row, state->answers[i], responses);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * rating_difference(a, b rating_state, confidence float8) → rows (measure text,
 * value_1, value_2, difference, difference_low, difference_high float8, is_clear
 * boolean): the first minus the second
 */
Datum
rating_difference(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"favourable_rate", "unfavourable_rate", "net_score", "mean_score"};
	RatingState *states[2] = {RatingStateFromDatum(PG_GETARG_DATUM(0)), RatingStateFromDatum(PG_GETARG_DATUM(1))};
	double		confidence = CheckConfidence(PG_GETARG_FLOAT8(2));
	RatingMeasures measures[2];
	RatingFigure differences[RATING_MEASURES];
	RowWriter	row = RowsBegin(fcinfo);

	if (!SameScale(&states[0]->scale, &states[1]->scale))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("answers on different scales cannot be compared"),
				 errdetail("One scale is %s, the other %s.", RatingScaleText(&states[0]->scale),
						   RatingScaleText(&states[1]->scale)),
				 errhint("Compare answers to the same question.")));
	for (int i = 0; i < 2; i++)
		measures[i] = RatingMeasureAll(&states[i]->scale, states[i]->answers, confidence);
	RatingCompare(&states[0]->scale, &measures[0], &measures[1], confidence, differences);
	for (int m = 0; m < RATING_MEASURES; m++)
	{
		RowPutText(&row, names[m]);
		for (int i = 0; i < 2; i++)
			RowPutFinite(&row, m == RATING_FAVOURABLE ? measures[i].favourable_rate.value :
						 m == RATING_UNFAVOURABLE ? measures[i].unfavourable_rate.value :
						 m == RATING_NET ? measures[i].net_score.value :
						 measures[i].mean_score.value);
		PutFigure(&row, &differences[m]);
		if (isnan(differences[m].low))
			RowPutNull(&row);
		else
			RowPutBoolean(&row, differences[m].low > 0 || differences[m].high < 0);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * rate_difference(successes_1, trials_1, successes_2, trials_2 bigint) → row
 * (difference, difference_low, difference_high float8): the first rate minus the
 * second, 95 %; NULLs where one is a rate of nothing
 */
Datum
rate_difference(PG_FUNCTION_ARGS)
{
	int64		successes_1 = PG_GETARG_INT64(0);
	int64		trials_1 = PG_GETARG_INT64(1);
	int64		successes_2 = PG_GETARG_INT64(2);
	int64		trials_2 = PG_GETARG_INT64(3);
	bool		known_1 = CheckSuccesses(successes_1, trials_1);
	bool		known_2 = CheckSuccesses(successes_2, trials_2);
	RateDifference rates;
	RowWriter	row;

	if (!known_1 || !known_2)
		PG_RETURN_NULL();
	rates = NewcombeDifference(successes_1, trials_1, successes_2, trials_2,
							   NormalQuantileAbove(0.025));
	row = RowBegin(fcinfo);
	RowPutFloat(&row, rates.difference);
	RowPutFloat(&row, rates.difference - rates.reach_down);
	RowPutFloat(&row, rates.difference + rates.reach_up);
	PG_RETURN_DATUM(RowDatum(&row));
}
