/*
 * rating_measure.h
 *		What answers on a scale say: shares, net score, mean, median, and how sure
 *		each is. No SQL here: plain arrays and doubles.
 */
#ifndef REVOPS_RATING_MEASURE_H
#define REVOPS_RATING_MEASURE_H

/* Whole scores from low to high; low <= unfavourable_to < favourable_from <= high. */
typedef struct RatingScale
{
	int32		low;
	int32		high;
	int32		favourable_from;
	int32		unfavourable_to;
} RatingScale;

#define RATING_MOST_SCORES	1000	/* of one scale */

/* A measure and its interval; NaN where nothing can be said. */
typedef struct RatingFigure
{
	double		value;
	double		low;
	double		high;
} RatingFigure;

typedef struct RatingMeasures
{
	int64		responses;
	int64		favourable;
	int64		neutral;
	int64		unfavourable;
	RatingFigure favourable_rate;
	RatingFigure unfavourable_rate;
	RatingFigure net_score;
	RatingFigure mean_score;
	double		median_score;
	/* what comparisons need besides; 0 where there are too few answers */
	double		net_centre;		/* of the adjusted interval */
	double		net_variance;
	double		mean_variance;	/* of the mean */
} RatingMeasures;

typedef enum RatingMeasure
{
	RATING_FAVOURABLE,
	RATING_UNFAVOURABLE,
	RATING_NET,
	RATING_MEAN
} RatingMeasure;

#define RATING_MEASURES	(RATING_MEAN + 1)

static inline int
RatingScores(const RatingScale *scale)
{
	return (int) ((int64) scale->high - scale->low) + 1;
}

extern const char *RatingScaleBroken(const RatingScale *scale);
extern RatingMeasures RatingMeasureAll(const RatingScale *scale, const int64 *answers, double confidence);
extern void RatingCompare(const RatingScale *scale, const RatingMeasures *one, const RatingMeasures *other,
						  double confidence, RatingFigure *differences);

#endif							/* REVOPS_RATING_MEASURE_H */
