/*
 * score.c
 *		What a score tells, against pairs counted one by one, variances from their
 *		definition, and the isotonic fit by its max-min formula.
 */
#include "fuzz.h"

#include <math.h>

#include "score/score_curve.h"

#define MOST_POINTS 12

static bool
Near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * Max(1, fabs(b));
}

/* The share of the other class that a case of this score and class ranks on the right side of, ties half. */
static double
Placement(const ScorePoint *points, int count, int at, bool is_positive)
{
	double		right = 0;
	double		others = 0;

	for (int i = 0; i < count; i++)
	{
		int64		rows = is_positive ? points[i].negatives : points[i].positives;

		others += rows;
		right += rows * (i == at ? 0.5 : (i < at) == is_positive);
	}
	return right / others;
}

/* The sample variance of placements of a class over its size. */
static double
PlacementError(const ScorePoint *points, int count, bool is_positive, double auc)
{
	double		rows = 0;
	double		squares = 0;

	for (int i = 0; i < count; i++)
	{
		double		of_class = is_positive ? points[i].positives : points[i].negatives;
		double		off = Placement(points, count, i, is_positive) - auc;

		rows += of_class;
		squares += of_class * off * off;
	}
	return squares / (rows - 1) / rows;
}

static void
CheckSummary(const ScorePoint *points, int count)
{
	ScoreSummary summary = ScoreSummarize(points, count);
	double		positives = 0;
	double		negatives = 0;
	double		auc = 0;
	double		error;
	double		ks = 0;
	double		greatest = -1;
	double		ks_score = 0;

	for (int i = 0; i < count; i++)
	{
		positives += points[i].positives;
		negatives += points[i].negatives;
	}
	EXPECT(summary.has_auc == (positives > 0 && negatives > 0), "has_auc");
	if (!summary.has_auc)
		return;
	for (int i = 0; i < count; i++)
		auc += points[i].positives * Placement(points, count, i, true) / positives;
	EXPECT(Near(summary.auc, auc), "auc %.17g, not %.17g", summary.auc, auc);
	for (int i = 0; i < count; i++)
	{
		double		difference = 0;
		double		pairs = 0;	/* the same times both classes: a whole number */

		for (int j = i; j < count; j++)
		{
			difference += points[j].positives / positives - points[j].negatives / negatives;
			pairs += points[j].positives * negatives - points[j].negatives * positives;
		}
		ks = Max(ks, difference);
		if (points[i].positives + points[i].negatives > 0 && pairs > greatest)
		{
			greatest = pairs;
			ks_score = points[i].score;
		}
	}
	EXPECT(Near(summary.ks, ks), "ks %.17g, not %.17g", summary.ks, ks);
	EXPECT(summary.ks_score == ks_score, "ks_score %g, not %g", summary.ks_score, ks_score);
	if (positives < 2 || negatives < 2)
	{
		EXPECT(!summary.has_auc_error, "an error of one case");
		return;
	}
	error = sqrt(PlacementError(points, count, true, auc) + PlacementError(points, count, false, auc));
	EXPECT(summary.has_auc_error ? Near(summary.auc_error, error) : error < 1e-9,
		   "error %.17g, not %.17g", summary.auc_error, error);
}

static void
CheckBands(const ScorePoint *points, int count, int bands)
{
	double		cuts[20];
	ScoreBand	found[21];
	double		values[MOST_POINTS * 20];
	int			cases = 0;
	int			cut_count = ScoreCuts(points, count, bands, cuts);

	for (int i = 0; i < count; i++)
		for (int j = 0; j < points[i].positives + points[i].negatives; j++)
			values[cases++] = points[i].score;
	EXPECT(cut_count == (cases == 0 ? 0 : bands - 1), "%d cuts", cut_count);
	for (int j = 1; j <= cut_count; j++)
		EXPECT(cuts[j - 1] == values[(j * cases + bands - 1) / bands - 1], "cut %d", j);
	EXPECT(ScoreBands(points, count, cuts, cut_count, false, found) == cut_count + 1, "bands");
	for (int b = 0; b <= cut_count; b++)
	{
		int64		rows[3] = {0};

		for (int i = 0; i < count; i++)
		{
			int			below = 0;

			for (int j = 0; j < cut_count; j++)
				below += cuts[j] < points[i].score;
			if (below != b)
				continue;
			rows[0] += points[i].negatives;
			rows[1] += points[i].positives;
			rows[2] += points[i].undecided;
		}
		EXPECT(found[b].negatives == rows[0] && found[b].positives == rows[1] && found[b].undecided == rows[2],
			   "rows of band %d", b);
	}
}

/* The mean of the points from one to another; -1 without cases. */
static double
MeanOf(const ScorePoint *points, int from, int to)
{
	double		positives = 0;
	double		cases = 0;

	for (int i = from; i <= to; i++)
	{
		positives += points[i].positives;
		cases += points[i].positives + points[i].negatives;
	}
	return cases == 0 ? -1 : positives / cases;
}

static void
CheckCalibration(const ScorePoint *points, int count)
{
	ScoreBand	steps[MOST_POINTS];
	int64		step_count = ScoreCalibrate(points, count, steps);
	int64		step = 0;

	for (int at = 0; at < count; at++)
	{
		double		greatest = -1;

		if (points[at].positives + points[at].negatives == 0)
			continue;
		for (int from = 0; from <= at; from++)
		{
			double		least = 2;

			if (points[from].positives + points[from].negatives == 0)
				continue;
			for (int to = at; to < count; to++)
				if (points[to].positives + points[to].negatives > 0)
					least = Min(least, MeanOf(points, from, to));
			greatest = Max(greatest, least);
		}
		while (step < step_count && steps[step].to < at)
			step++;
		EXPECT(step < step_count && steps[step].from <= at, "point %d is in no step", at);
		EXPECT(Near((double) steps[step].positives / (steps[step].positives + steps[step].negatives), greatest),
			   "rate at point %d is not %g", at, greatest);
	}
	for (int64 i = 1; i < step_count; i++)
		EXPECT(steps[i - 1].positives * (steps[i].positives + steps[i].negatives) <
			   steps[i].positives * (steps[i - 1].positives + steps[i - 1].negatives),
			   "step %d does not rise", (int) i);
}

void
ScoreCase(void)
{
	ScorePoint	points[MOST_POINTS] = {{0}};
	int			count = RandomBetween(1, MOST_POINTS);
	int			most = Chance(50) ? 2 : 9;
	double		score = -3;

	for (int i = 0; i < count; i++)
	{
		score += RandomBetween(1, 4) / 4.0;
		points[i].score = score;
		points[i].negatives = RandomBelow(most + 1);
		points[i].positives = RandomBelow(most + 1);
		points[i].undecided = RandomBelow(2);
		if (points[i].negatives + points[i].positives == 0)
			points[i].undecided = 1;
		Note("%g: %d negatives, %d positives\n", score, (int) points[i].negatives, (int) points[i].positives);
	}
	CheckSummary(points, count);
	CheckBands(points, count, RandomBetween(1, 20));
	CheckCalibration(points, count);
}
