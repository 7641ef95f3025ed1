/*
 * contract_timeline.h
 *		A customer's total from change to change; its movements from period to period.
 */
#ifndef REVOPS_CONTRACT_TIMELINE_H
#define REVOPS_CONTRACT_TIMELINE_H

#include "base/calendar.h"
#include "contract/contract_list.h"

typedef struct TimelinePoint
{
	DateADT		day;			/* from which on it holds */
	Money		total;
} TimelinePoint;

typedef struct Timeline
{
	int			count;
	TimelinePoint *points;		/* by day, each day once */
	TimelinePoint before;		/* a total of 0 */
} Timeline;

typedef enum MovementKind
{
	MOVEMENT_NEW,
	MOVEMENT_EXPANSION,
	MOVEMENT_REACTIVATION,
	MOVEMENT_CONTRACTION,
	MOVEMENT_CHURN
} MovementKind;

typedef struct Movement
{
	int			period;			/* of the span, from 0 */
	MovementKind kind;
	Money		amount;			/* never negative */
	Money		before;
	Money		after;
} Movement;

extern Timeline TimelineBuild(const Contract *contracts, int count);
extern const TimelinePoint *TimelineOn(const Timeline *timeline, DateADT day);
extern Movement *TimelineMovements(const Timeline *timeline, const PeriodSpan *span, int *count);
extern const char *MovementName(MovementKind kind);

#endif							/* REVOPS_CONTRACT_TIMELINE_H */
