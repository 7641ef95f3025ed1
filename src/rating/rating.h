/*
 * rating.h
 *		rating_def, a scale of answers, and rating_state, answers counted on one.
 */
#ifndef REVOPS_RATING_H
#define REVOPS_RATING_H

#include "fmgr.h"

#include "base/state.h"
#include "base/json_tree.h"
#include "base/wire.h"
#include "rating/rating_measure.h"

typedef struct RatingDef
{
	StateHeader header;
	RatingScale scale;
} RatingDef;

/* As many counts as the scale has scores, from the lowest on. */
typedef struct RatingState
{
	StateHeader header;
	RatingScale scale;
	int64		unanswered;
	int64		answers[FLEXIBLE_ARRAY_MEMBER];
} RatingState;

extern RatingScale RatingDefScale(Datum value);
extern bool SameScale(const RatingScale *one, const RatingScale *other);
extern char *RatingScaleText(const RatingScale *scale);
extern RatingScale RatingScaleRead(JsonNode *node);
extern RatingScale RatingScaleReceive(WireReader *reader);
extern void RatingScaleSend(StringInfo buffer, const RatingScale *scale);
extern RatingState *RatingStateFromDatum(Datum value);

#endif							/* REVOPS_RATING_H */
