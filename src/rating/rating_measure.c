/*
 * rating_measure.c
 *		What answers on a scale say: see rating_measure.h.
 *
 * Sources. Shares: Wilson; their differences: Newcombe (base/wilson.h). Net score:
 * the adjusted Wald interval, three quarters of an answer added to both ends and
 * three to all; J. Sauro, "Three confidence intervals for the Net Promoter Score",
 * measuringu.com. Mean: Student's t; difference of means: B. L. Welch (1947).
 */
#include "postgres.h"

#include <math.h>

#include "base/distribution.h"
#include "base/wilson.h"
#include "rating/rating_measure.h"

#define NET_ADDED_END	0.75	/* answers added to each end of the scale */
#define NET_ADDED		3.0		/* and to all of them */

static const RatingFigure unknown = {NAN, NAN, NAN};

/* The rules that hold for every scale; NULL, or which one is broken. */
const char *
RatingScaleBroken(const RatingScale *scale)
{
	if (scale->low >= scale->high)
		return "The lowest score must lie below the highest.";
	if ((int64) scale->high - scale->low >= RATING_MOST_SCORES)
		return "A scale has at most 1000 scores.";
	if (scale->favourable_from <= scale->low || scale->favourable_from > scale->high)
		return "The favourable scores must begin above the lowest score, and at the highest or below.";
	if (scale->unfavourable_to < scale->low || scale->unfavourable_to >= scale->high)
		return "The unfavourable scores must end at the lowest score or above, and below the highest.";
	if (scale->unfavourable_to >= scale->favourable_from)
		return "The unfavourable scores must end below the first favourable one.";
	return NULL;
}

/* A value between two bounds. */
static double
Cut(double value, double least, double most)
{
	return Max(least, Min(most, value));
}

static RatingFigure
Proportion(int64 part, int64 whole, double z)
{
	RatingFigure figure = {(double) part / whole, 0, 0};

	WilsonBounds(part, whole, z, &figure.low, &figure.high);
	return figure;
}

/* The score of the answer that so many lie before; answers: of each score from low on. */
static int
ScoreAt(const int64 *answers, int64 before)
{
	int			i = 0;

	for (; before >= answers[i]; i++)
		before -= answers[i];
	return i;
}

/* The mean and its interval by Student's t, which fewer than two answers, or equal ones, do not have. */
static void
MeasureMean(RatingMeasures *measures, const RatingScale *scale, const int64 *answers, double tail)
{
	int			scores = RatingScores(scale);
	int64		n = measures->responses;
	int			different = 0;
	__int128	sum = 0;
	double		scatter = 0;
	double		mean;
	double		reach;

	for (int i = 0; i < scores; i++)
	{
		sum += (__int128) ((int64) scale->low + i) * answers[i];
		different += answers[i] > 0;
	}
	mean = (double) sum / n;
	measures->mean_score = (RatingFigure) {mean, NAN, NAN};
	if (different < 2)
		return;
	for (int i = 0; i < scores; i++)
		scatter += answers[i] * (scale->low + i - mean) * (scale->low + i - mean);
	measures->mean_variance = scatter / (n - 1) / n;
	reach = StudentQuantileAbove(tail, (double) n - 1) * sqrt(measures->mean_variance);
	measures->mean_score.low = Cut(mean - reach, scale->low, scale->high);
	measures->mean_score.high = Cut(mean + reach, scale->low, scale->high);
}

/*
 * All that the answers say. answers: how many gave each score from low to high,
 * none negative, at most 2^63 - 1 in all; confidence in 0..1, the ends left out.
 */
RatingMeasures
RatingMeasureAll(const RatingScale *scale, const int64 *answers, double confidence)
{
	RatingMeasures measures = {0};
	int			scores = RatingScores(scale);
	double		tail = (1 - confidence) / 2;
	double		z = NormalQuantileAbove(tail);
	double		n;
	double		ends;
	double		reach;

	for (int i = 0; i < scores; i++)
	{
		measures.responses += answers[i];
		if (i >= (int64) scale->favourable_from - scale->low)
			measures.favourable += answers[i];
		else if (i <= (int64) scale->unfavourable_to - scale->low)
			measures.unfavourable += answers[i];
		else
			measures.neutral += answers[i];
	}
	if (measures.responses == 0)
	{
		measures.favourable_rate = measures.unfavourable_rate = unknown;
		measures.net_score = measures.mean_score = unknown;
		measures.median_score = NAN;
		return measures;
	}
	measures.favourable_rate = Proportion(measures.favourable, measures.responses, z);
	measures.unfavourable_rate = Proportion(measures.unfavourable, measures.responses, z);

	n = measures.responses + NET_ADDED;
	ends = ((double) measures.favourable + measures.unfavourable + 2 * NET_ADDED_END) / n;
	measures.net_centre = (double) (measures.favourable - measures.unfavourable) / n;
	measures.net_variance = (ends - measures.net_centre * measures.net_centre) / n;
	reach = z * sqrt(measures.net_variance);
	measures.net_score.value = (double) (measures.favourable - measures.unfavourable) / measures.responses;
	measures.net_score.low = Cut(measures.net_centre - reach, -1, 1);
	measures.net_score.high = Cut(measures.net_centre + reach, -1, 1);

	MeasureMean(&measures, scale, answers, tail);
	measures.median_score = scale->low +
		(ScoreAt(answers, (measures.responses - 1) / 2) + ScoreAt(answers, measures.responses / 2)) / 2.0;
	return measures;
}

static RatingFigure
CompareRates(int64 part_1, int64 whole_1, int64 part_2, int64 whole_2, double z)
{
	RateDifference rates = NewcombeDifference(part_1, whole_1, part_2, whole_2, z);
	RatingFigure figure = {rates.difference, 0, 0};

	figure.low = Cut(rates.difference - rates.reach_down, -1, 1);
	figure.high = Cut(rates.difference + rates.reach_up, -1, 1);
	return figure;
}

/* Welch's t: no interval where one side has a single answer, or both have equal ones. */
static RatingFigure
CompareMeans(const RatingScale *scale, const RatingMeasures *one, const RatingMeasures *other, double tail)
{
	double		range = (double) scale->high - scale->low;
	double		variance = one->mean_variance + other->mean_variance;
	double		part = one->mean_variance / variance;
	double		other_part = other->mean_variance / variance;
	RatingFigure figure = {one->mean_score.value - other->mean_score.value, NAN, NAN};
	double		freedom;
	double		reach;

	if (one->responses < 2 || other->responses < 2 || !(variance > 0))
		return figure;
	freedom = 1 / (part * part / ((double) one->responses - 1) +
				   other_part * other_part / ((double) other->responses - 1));
	reach = StudentQuantileAbove(tail, freedom) * sqrt(variance);
	figure.low = Cut(figure.value - reach, -range, range);
	figure.high = Cut(figure.value + reach, -range, range);
	return figure;
}

/*
 * How far the answers of one group exceed those of another on the same scale;
 * differences: room for RATING_MEASURES. All NaN where one has no answers.
 */
void
RatingCompare(const RatingScale *scale, const RatingMeasures *one, const RatingMeasures *other,
			  double confidence, RatingFigure *differences)
{
	double		tail = (1 - confidence) / 2;
	double		z = NormalQuantileAbove(tail);
	double		centre = one->net_centre - other->net_centre;
	double		reach = z * sqrt(one->net_variance + other->net_variance);

	for (int i = 0; i < RATING_MEASURES; i++)
		differences[i] = unknown;
	if (one->responses == 0 || other->responses == 0)
		return;
	differences[RATING_FAVOURABLE] = CompareRates(one->favourable, one->responses,
												  other->favourable, other->responses, z);
	differences[RATING_UNFAVOURABLE] = CompareRates(one->unfavourable, one->responses,
													other->unfavourable, other->responses, z);
	differences[RATING_NET].value = one->net_score.value - other->net_score.value;
	differences[RATING_NET].low = Cut(centre - reach, -2, 2);
	differences[RATING_NET].high = Cut(centre + reach, -2, 2);
	differences[RATING_MEAN] = CompareMeans(scale, one, other, tail);
}
