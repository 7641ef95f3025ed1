/*
 * score_curve.h
 *		Does a score tell good from bad? No SQL here: plain arrays, memory of the
 *		caller.
 */
#ifndef REVOPS_SCORE_CURVE_H
#define REVOPS_SCORE_CURVE_H

/* All rows of one score. Arrays of points are by score, ascending, all different. */
typedef struct ScorePoint
{
	double		score;			/* finite, no -0 */
	int64		negatives;
	int64		positives;
	int64		undecided;
} ScorePoint;

/* Rows together stay below this, so that products of counts fit 127 bits. */
#define SCORE_MOST_ROWS		(INT64CONST(1) << 61)

typedef struct ScoreSummary
{
	int64		cases;
	int64		positives;
	int64		undecided;
	bool		has_auc;		/* both classes are there: auc and ks are set */
	double		auc;
	bool		has_auc_error;	/* auc_error is set, and not 0 */
	double		auc_error;		/* standard error */
	double		ks;
	double		ks_score;
	bool		is_probability; /* there are cases, all scored 0 to 1: the rest is set */
	double		mean_score;
	double		brier;
} ScoreSummary;

/* A run of points. from and to are indexes of its least and greatest case; -1 without one. */
typedef struct ScoreBand
{
	int			band;
	int64		from;
	int64		to;
	int64		negatives;
	int64		positives;
	int64		undecided;
} ScoreBand;

extern ScoreSummary ScoreSummarize(const ScorePoint *points, int64 count);
extern int	ScoreCuts(const ScorePoint *points, int64 count, int bands, double *cuts);
extern int	ScoreBands(const ScorePoint *points, int64 count, const double *cuts, int cut_count,
					   bool starts, ScoreBand *bands);
extern int64 ScoreCalibrate(const ScorePoint *points, int64 count, ScoreBand *steps);

#endif							/* REVOPS_SCORE_CURVE_H */
