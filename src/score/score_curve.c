/*
 * score_curve.c
 *		Does a score tell good from bad? See score_curve.h.
 *
 * Everything that is compared is a whole number: twice the pairs that a score puts
 * right (ties count half), shares by cross-multiplication. So ties are ties, a
 * variance of 0 is 0, and no order of rows changes a bit.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "score/score_curve.h"

/* A sum of doubles with the part that rounding took away (Neumaier). */
typedef struct CarefulSum
{
	double		sum;
	double		lost;
} CarefulSum;

static void
CarefulAdd(CarefulSum *sum, double value)
{
	double		total = sum->sum + value;

	sum->lost += fabs(sum->sum) >= fabs(value) ? (sum->sum - total) + value : (value - total) + sum->sum;
	sum->sum = total;
}

/* Twice the negatives that a positive of this point beats, ties half; before: those below it. */
static inline __int128
Beaten(const ScorePoint *point, int64 before)
{
	return (__int128) 2 * before + point->negatives;
}

/*
 * The area under the ROC curve and its standard error.
 *
 * auc = U / (2 P N), U the sum of Beaten over the P positives. DeLong's variance is
 * that of each positive's own share of beaten negatives over P, plus that of each
 * negative's own share of positives that beat it over N. Source: E. R. DeLong,
 * D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more
 * correlated receiver operating characteristic curves", Biometrics 44 (1988).
 * A share less the mean is one whole number over 2 P N, so it is subtracted exactly.
 */
static void
AreaUnderCurve(const ScorePoint *points, int64 count, int64 positives, int64 negatives,
			   ScoreSummary *summary)
{
	double		pairs = 2.0 * (double) positives * (double) negatives;
	__int128	beaten = 0;
	int64		negatives_before = 0;
	int64		positives_after = positives;
	CarefulSum	of_positives = {0};
	CarefulSum	of_negatives = {0};

	for (int64 i = 0; i < count; i++)
	{
		beaten += points[i].positives * Beaten(&points[i], negatives_before);
		negatives_before += points[i].negatives;
	}
	summary->auc = (double) beaten / pairs;

	negatives_before = 0;
	for (int64 i = 0; i < count; i++)
	{
		double		off;

		if (i % 100000 == 0)
			CHECK_FOR_INTERRUPTS();
		positives_after -= points[i].positives;
		off = (double) (Beaten(&points[i], negatives_before) * positives - beaten) / pairs;
		CarefulAdd(&of_positives, (double) points[i].positives * off * off);
		off = (double) (((__int128) 2 * positives_after + points[i].positives) * negatives - beaten) / pairs;
		CarefulAdd(&of_negatives, (double) points[i].negatives * off * off);
		negatives_before += points[i].negatives;
	}
	if (positives < 2 || negatives < 2)
		return;
	summary->auc_error = sqrt((of_positives.sum + of_positives.lost) / ((double) positives - 1) / (double) positives +
							  (of_negatives.sum + of_negatives.lost) / ((double) negatives - 1) / (double) negatives);
	summary->has_auc_error = summary->auc_error > 0;
}

/*
 * The greatest amount by which the share of positives at or above a score exceeds
 * that of negatives, and the least such score. At the least score both are 1, so it
 * is never below 0.
 */
static void
GreatestDifference(const ScorePoint *points, int64 count, int64 positives, int64 negatives,
				   ScoreSummary *summary)
{
	int64		positives_from = positives;
	int64		negatives_from = negatives;
	__int128	greatest = -1;

	for (int64 i = 0; i < count; i++)
	{
		__int128	difference = (__int128) positives_from * negatives - (__int128) negatives_from * positives;

		/* a point with undecided rows alone is no score of a case */
		if (points[i].positives + points[i].negatives > 0 && difference > greatest)
		{
			greatest = difference;
			summary->ks_score = points[i].score;
		}
		positives_from -= points[i].positives;
		negatives_from -= points[i].negatives;
	}
	summary->ks = (double) greatest / ((double) positives * (double) negatives);
}

/* All figures of a population at once. */
ScoreSummary
ScoreSummarize(const ScorePoint *points, int64 count)
{
	ScoreSummary summary = {.is_probability = true};
	CarefulSum	scores = {0};
	CarefulSum	squares = {0};
	int64		negatives;

	for (int64 i = 0; i < count; i++)
	{
		int64		cases = points[i].positives + points[i].negatives;
		double		score = points[i].score;

		if (i % 100000 == 0)
			CHECK_FOR_INTERRUPTS();
		summary.cases += cases;
		summary.positives += points[i].positives;
		summary.undecided += points[i].undecided;
		if (cases == 0)
			continue;
		if (score < 0 || score > 1)
			summary.is_probability = false;
		if (!summary.is_probability)
			continue;
		CarefulAdd(&scores, (double) cases * score);
		CarefulAdd(&squares, (double) points[i].positives * (1 - score) * (1 - score));
		CarefulAdd(&squares, (double) points[i].negatives * score * score);
	}
	negatives = summary.cases - summary.positives;
	summary.is_probability &= summary.cases > 0;
	if (summary.is_probability)
	{
		summary.mean_score = (scores.sum + scores.lost) / (double) summary.cases;
		summary.brier = (squares.sum + squares.lost) / (double) summary.cases;
	}
	summary.has_auc = summary.positives > 0 && negatives > 0;
	if (summary.has_auc)
	{
		AreaUnderCurve(points, count, summary.positives, negatives, &summary);
		GreatestDifference(points, count, summary.positives, negatives, &summary);
	}
	return summary;
}

/* ------------------------------------------------------------------------- */

/*
 * The cuts of the cases into so many bands by the scoring rule: cut j is the score of
 * the case at rank ceil(j n / bands). cuts[0..bands-2], ascending, equal where many
 * cases share a score. Returns how many there are: 0 without cases.
 */
int
ScoreCuts(const ScorePoint *points, int64 count, int bands, double *cuts)
{
	int64		cases = 0;
	int64		rank = 0;		/* cases at points up to the present one */
	int64		at = -1;

	for (int64 i = 0; i < count; i++)
		cases += points[i].positives + points[i].negatives;
	if (cases == 0)
		return 0;
	for (int j = 1; j < bands; j++)
	{
		int64		wanted = (int64) (((__int128) j * cases + bands - 1) / bands);

		while (rank < wanted)
		{
			at++;
			rank += points[at].positives + points[at].negatives;
		}
		cuts[j - 1] = points[at].score;
	}
	return bands - 1;
}

/*
 * Puts the points into bands by ascending cuts. A score has as many cuts below it as
 * its band counts; with starts, as many at or below it. Bands 0 to cut_count, also
 * without rows; returns how many.
 */
int
ScoreBands(const ScorePoint *points, int64 count, const double *cuts, int cut_count, bool starts,
		   ScoreBand *bands)
{
	int			band = 0;

	for (int i = 0; i <= cut_count; i++)
		bands[i] = (ScoreBand)
	{
		.band = i,.from = -1,.to = -1
	};
	for (int64 i = 0; i < count; i++)
	{
		if (i % 100000 == 0)
			CHECK_FOR_INTERRUPTS();
		while (band < cut_count && (starts ? cuts[band] <= points[i].score : cuts[band] < points[i].score))
			band++;
		bands[band].negatives += points[i].negatives;
		bands[band].positives += points[i].positives;
		bands[band].undecided += points[i].undecided;
		if (points[i].negatives + points[i].positives == 0)
			continue;
		if (bands[band].from < 0)
			bands[band].from = i;
		bands[band].to = i;
	}
	return cut_count + 1;
}

/* Is the rate of a step at least that of the next? */
static inline bool
RateIsNotBelow(const ScoreBand *step, const ScoreBand *next)
{
	return (__int128) step->positives * (next->positives + next->negatives) >=
		(__int128) next->positives * (step->positives + step->negatives);
}

/*
 * The isotonic fit of outcome to score: the nearest rates, by least squares, that rise
 * with the score. Pool adjacent violators: a step whose rate is not above that of the
 * step before joins it. steps has room for as many as there are points; returns how
 * many there are. Source: M. Ayer et al., "An empirical distribution function for
 * sampling with incomplete information", Ann. Math. Statist. 26 (1955).
 */
int64
ScoreCalibrate(const ScorePoint *points, int64 count, ScoreBand *steps)
{
	int64		step_count = 0;

	for (int64 i = 0; i < count; i++)
	{
		ScoreBand  *step = &steps[step_count];

		if (i % 100000 == 0)
			CHECK_FOR_INTERRUPTS();
		if (points[i].negatives + points[i].positives == 0)
			continue;
		*step = (ScoreBand)
		{
			.from = i,.to = i,.negatives = points[i].negatives,.positives = points[i].positives
		};
		step_count++;
		while (step_count > 1 && RateIsNotBelow(&steps[step_count - 2], &steps[step_count - 1]))
		{
			ScoreBand  *before = &steps[step_count - 2];

			before->to = steps[step_count - 1].to;
			before->negatives += steps[step_count - 1].negatives;
			before->positives += steps[step_count - 1].positives;
			step_count--;
		}
	}
	return step_count;
}
