/*
 * score_functions.c
 *		What a score_state answers in SQL: how well the score tells good from bad,
 *		by bands, and which chance it stands for.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/distribution.h"
#include "base/rows.h"
#include "base/wilson.h"
#include "score/score.h"

#define MOST_BANDS	1000

PG_FUNCTION_INFO_V1(score_summary);
PG_FUNCTION_INFO_V1(score_bands);
PG_FUNCTION_INFO_V1(score_bands_from);
PG_FUNCTION_INFO_V1(score_calibration);
PG_FUNCTION_INFO_V1(score_probability);

/* The points of a state that is an argument. */
static ScorePoint *
PointsOf(Datum value, int64 *count)
{
	return ScoreStatePoints(ScoreStateFromDatum(value), count);
}

/*
 * score_summary(score_state, confidence float8): one row; NULLs where a figure needs
 * both classes, or scores from 0 to 1
 */
Datum
score_summary(PG_FUNCTION_ARGS)
{
	const ScoreState *state;
	RowWriter	row;
	ScoreSummary summary;
	ScorePoint *points;
	int64		count;
	double		confidence;
	double		z;
	double		base;

	CheckSettingIsSet(PG_ARGISNULL(1), "confidence");
	confidence = CheckConfidence(PG_GETARG_FLOAT8(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	row = RowBegin(fcinfo);
	state = ScoreStateFromDatum(PG_GETARG_DATUM(0));
	points = ScoreStatePoints(state, &count);
	summary = ScoreSummarize(points, count);
	z = NormalQuantileAbove((1 - confidence) / 2);
	base = (double) summary.positives / (double) Max(1, summary.cases);

	RowPutInt64(&row, summary.cases);
	RowPutInt64(&row, summary.positives);
	RowPutInt64(&row, summary.undecided);
	RowPutInt64(&row, state->unscored);
	if (summary.cases > 0)
	{
		double		low;
		double		high;

		WilsonBounds(summary.positives, summary.cases, z, &low, &high);
		RowPutFloat(&row, base);
		RowPutFloat(&row, low);
		RowPutFloat(&row, high);
	}
	else
		RowPutNulls(&row, 3);
	if (summary.has_auc)
		RowPutFloat(&row, summary.auc);
	else
		RowPutNull(&row);
	if (summary.has_auc_error)
	{
		RowPutFloat(&row, Max(0.0, summary.auc - z * summary.auc_error));
		RowPutFloat(&row, Min(1.0, summary.auc + z * summary.auc_error));
	}
	else
		RowPutNulls(&row, 2);
	if (summary.has_auc)
	{
		RowPutFloat(&row, 2 * summary.auc - 1);
		RowPutFloat(&row, summary.ks);
		RowPutFloat(&row, summary.ks_score);
	}
	else
		RowPutNulls(&row, 3);
	if (summary.is_probability)
	{
		RowPutFloat(&row, summary.mean_score);
		RowPutFloat(&row, summary.brier);
		RowPutFloat(&row, base * (1 - base));
	}
	else
		RowPutNulls(&row, 3);
	PG_RETURN_DATUM(RowDatum(&row));
}

/* Puts a score's column: that of a point, NULL for index -1. */
static void
PutScore(RowWriter *row, const ScorePoint *points, int64 index)
{
	if (index < 0)
		RowPutNull(row);
	else
		RowPutFloat(row, points[index].score);
}

/* Writes bands, best first. first: the number of band 0. */
static void
PutBands(RowWriter *row, const ScorePoint *points, const ScoreBand *bands, int band_count, int first,
		 bool with_empty)
{
	double		cases = 0;
	double		positives = 0;
	int64		cases_so_far = 0;
	int64		positives_so_far = 0;

	for (int i = 0; i < band_count; i++)
	{
		cases += bands[i].positives + bands[i].negatives;
		positives += bands[i].positives;
	}
	for (int i = band_count - 1; i >= 0; i--)
	{
		const ScoreBand *band = &bands[i];
		int64		band_cases = band->positives + band->negatives;

		if (!with_empty && band_cases + band->undecided == 0)
			continue;
		cases_so_far += band_cases;
		positives_so_far += band->positives;
		RowPutInt(row, band->band + first);
		PutScore(row, points, band->from);
		PutScore(row, points, band->to);
		RowPutInt64(row, band_cases);
		RowPutInt64(row, band->positives);
		RowPutInt64(row, band->undecided);
		RowPutProportion(row, band->positives, band_cases);
		RowPutRate(row, band_cases == 0 ? 0 : (double) band->positives / (double) band_cases,
				   band_cases == 0 ? 0 : positives / cases);
		RowPutRate(row, (double) cases_so_far, cases);
		RowPutRate(row, (double) positives_so_far, positives);
		RowEnd(row);
	}
}

/* score_bands(score_state, bands int): bands of equally many cases, best first */
Datum
score_bands(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ScoreBand	bands[MOST_BANDS];
	double		cuts[MOST_BANDS];
	ScorePoint *points;
	int64		count;
	int			wanted;

	CheckSettingIsSet(PG_ARGISNULL(1), "bands");
	wanted = PG_GETARG_INT32(1);
	if (wanted < 1 || wanted > MOST_BANDS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bands must be 1 to %d", MOST_BANDS),
				 errdetail("The value is %d.", wanted),
				 errhint("10 gives tenths of the cases.")));
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	points = PointsOf(PG_GETARG_DATUM(0), &count);
	/* without cases there are no cuts, and one band that nothing tells of */
	PutBands(&row, points, bands,
			 ScoreBands(points, count, cuts, ScoreCuts(points, count, wanted, cuts), false, bands), 1, false);
	return (Datum) 0;
}

/* score_bands_from(score_state, starts float8[]): bands that begin where one says, best first */
Datum
score_bands_from(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ArrayItems	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "starts");
	const char *hint = "Band 0 holds what lies below the first start: give the least score of each other band.";
	ScoreBand  *bands;
	double	   *starts;
	ScorePoint *points;
	int64		count;

	if (items.count < 1 || items.count > MOST_BANDS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("starts must have 1 to %d elements", MOST_BANDS),
				 errdetail("It has %d.", items.count),
				 errhint("Give the least score of each band, as in array[0.2, 0.5, 0.8].")));
	starts = palloc(items.count * sizeof(double));
	bands = palloc((items.count + 1) * sizeof(ScoreBand));
	for (int i = 0; i < items.count; i++)
	{
		if (items.nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("starts must not hold NULL"),
					 errdetail("Element %d is NULL.", i + 1),
					 errhint("%s", hint)));
		starts[i] = DatumGetFloat8(items.values[i]);
		if (!isfinite(starts[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a start must be a finite number"),
					 errdetail("Element %d is %g.", i + 1, starts[i]),
					 errhint("%s", hint)));
		if (i > 0 && starts[i] <= starts[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("starts must rise"),
					 errdetail("Element %d is %.15g, element %d %.15g.", i, starts[i - 1], i + 1, starts[i]),
					 errhint("Give the least score of each band, the lowest band first.")));
	}
	points = PointsOf(PG_GETARG_DATUM(0), &count);
	PutBands(&row, points, bands, ScoreBands(points, count, starts, items.count, true, bands), 0, true);
	return (Datum) 0;
}

/* The isotonic fit of a state. */
static ScoreBand *
Calibrate(const ScorePoint *points, int64 count, int64 *step_count)
{
	ScoreBand  *steps = palloc_extended(Max(1, count) * sizeof(ScoreBand), MCXT_ALLOC_HUGE);

	*step_count = ScoreCalibrate(points, count, steps);
	return steps;
}

/* score_calibration(score_state): one row per step of the isotonic fit, lowest first */
Datum
score_calibration(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	int64		count;
	int64		step_count;
	ScorePoint *points = PointsOf(PG_GETARG_DATUM(0), &count);
	const ScoreBand *steps = Calibrate(points, count, &step_count);

	for (int64 i = 0; i < step_count; i++)
	{
		int64		cases = steps[i].positives + steps[i].negatives;

		CHECK_FOR_INTERRUPTS();
		PutScore(&row, points, steps[i].from);
		PutScore(&row, points, steps[i].to);
		RowPutInt64(&row, cases);
		RowPutInt64(&row, steps[i].positives);
		RowPutProportion(&row, steps[i].positives, cases);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * score_probability(score_state, score float8): the rate of the score's step; between
 * two steps the lower one's, below all the first one's; NULL without cases.
 */
Datum
score_probability(PG_FUNCTION_ARGS)
{
	double		score = CheckFiniteParameter(PG_GETARG_FLOAT8(1), "score");
	int64		count;
	int64		step_count;
	ScorePoint *points = PointsOf(PG_GETARG_DATUM(0), &count);
	const ScoreBand *steps = Calibrate(points, count, &step_count);
	int64		low = 0;
	int64		high = step_count;	/* steps from here on begin above the score */

	if (step_count == 0)
		PG_RETURN_NULL();
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (points[steps[middle].from].score <= score)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0)
		low--;
	PG_RETURN_FLOAT8((double) steps[low].positives /
					 (double) (steps[low].positives + steps[low].negatives));
}
