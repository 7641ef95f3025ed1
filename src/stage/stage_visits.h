/*
 * stage_visits.h
 *		Visits to the stages of a pipeline, out of rows that say in which stage
 *		something was seen. No SQL here.
 */
#ifndef REVOPS_STAGE_VISITS_H
#define REVOPS_STAGE_VISITS_H

#include "datatype/timestamp.h"

#define STAGE_UNLISTED	PG_INT32_MAX	/* sorts behind all that are listed */

/* A row as it is stored: its length says where the next begins, aligned to 8. */
typedef struct StageRow
{
	TimestampTz at;
	int32		length;
	char		stage[FLEXIBLE_ARRAY_MEMBER];
} StageRow;

/* A row with its stage's place in the list, from 1, or STAGE_UNLISTED. */
typedef struct StagePlaced
{
	TimestampTz at;
	const StageRow *row;
	int			place;
} StagePlaced;

typedef struct StageVisit
{
	const StageRow *row;		/* the first of the visit */
	int			place;
	const StageRow *next;		/* the first of the next visit, NULL where there is none */
	const char *direction;
} StageVisit;

extern int	CompareStageRows(const StageRow *left, const StageRow *right);
extern int	StageVisits(StagePlaced *rows, int count, int stages, StageVisit *visits);

#endif							/* REVOPS_STAGE_VISITS_H */
