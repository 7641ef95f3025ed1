/*
 * score.h
 *		score_state, scores and what became of them, counted.
 */
#ifndef REVOPS_SCORE_H
#define REVOPS_SCORE_H

#include "fmgr.h"

#include "base/state.h"
#include "score/score_curve.h"

typedef enum ScoreOutcome
{
	SCORE_NEGATIVE,
	SCORE_POSITIVE,
	SCORE_UNDECIDED
} ScoreOutcome;

#define SCORE_OUTCOMES	3

/* Rows of one score and one outcome. */
typedef struct ScoreCell
{
	double		score;
	int64		tally;			/* rows * 4 + outcome */
} ScoreCell;

/*
 * The first `sorted` cells are in order and all different; the rest are as they
 * came. In a value outside an aggregate all are sorted.
 */
typedef struct ScoreState
{
	StateHeader header;
	int32		cells;
	int32		sorted;
	int32		unused;
	int64		rows;			/* scored ones */
	int64		unscored;
	ScoreCell	cell[FLEXIBLE_ARRAY_MEMBER];
} ScoreState;

extern const ScoreState *ScoreStateFromDatum(Datum value);
extern ScorePoint *ScoreStatePoints(const ScoreState *state, int64 *count);

#endif							/* REVOPS_SCORE_H */
