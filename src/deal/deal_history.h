/*
 * deal_history.h
 *		One deal's history out of a log of changes, and how it moved through the
 *		pipeline from one period's end to the next. No SQL here.
 */
#ifndef REVOPS_DEAL_HISTORY_H
#define REVOPS_DEAL_HISTORY_H

#include "datatype/timestamp.h"

#include "base/calendar.h"
#include "base/money.h"
#include "base/zone_spans.h"

/* Places of stages: from 1 the open ones in their order, then lost names, then won ones. */
#define PLACE_NONE		(-1)	/* no stage was ever said */
#define PLACE_UNLISTED	0		/* a name in no list: the deal is out of the pipeline */

typedef enum DealKind
{
	DEAL_UNBORN,				/* no stage yet */
	DEAL_REMOVED,
	DEAL_OPEN,
	DEAL_LOST,
	DEAL_WON
} DealKind;

typedef struct DealPlaces
{
	int			open;
	int			lost;
	int			won;
} DealPlaces;

#define DATE_UNCHANGED	DATEVAL_NOBEGIN /* as a row's close_on */
#define DATE_NONE		DATEVAL_NOEND	/* no date is planned, or the row takes it away */

/* A row of the log; the rows of a deal are sorted by time. */
typedef struct DealChange
{
	TimestampTz at;
	const char *stage;
	int32		length;			/* of the stage's name; -1: unchanged */
	int32		place;
	struct varlena *amount;		/* a numeric; NULL: unchanged */
	DateADT		close_on;
} DealChange;

/* What is known of the deal from an instant on. */
typedef struct DealPoint
{
	TimestampTz at;
	TimestampTz since;			/* the first instant of the present visit to the stage */
	TimestampTz won_since;		/* the first of the present run of won stages */
	const char *stage;
	int32		length;			/* -1: no stage yet */
	int32		place;
	DealKind	kind;
	bool		listed;			/* was it in a listed stage by now? */
	struct varlena *amount;		/* NULL: never set, which is 0 */
	DateADT		close_on;		/* DATE_NONE: undated */
} DealPoint;

typedef enum DealMovementKind
{
	MOVE_CREATED,
	MOVE_REOPENED,
	MOVE_PULLED_IN,
	MOVE_PUSHED_IN,
	MOVE_INCREASED,
	MOVE_DECREASED,
	MOVE_PULLED_OUT,
	MOVE_PUSHED_OUT,
	MOVE_WON,
	MOVE_LOST,
	MOVE_REMOVED,
	/* beside the sum: open at both ends, and the planned date moved */
	MOVE_LATER,
	MOVE_EARLIER
} DealMovementKind;

#define MOVE_SUMMED		MOVE_LATER	/* kinds before it are part of the bridge's sum */
#define MOVE_KINDS		(MOVE_EARLIER + 1)

extern const char *const deal_movement_names[MOVE_KINDS];

/* Kinds from this one to MOVE_REMOVED take deals and amounts out. */
#define MOVE_FIRST_OUT	MOVE_PULLED_OUT

typedef struct DealMovement
{
	int			period;			/* of the span, from 0 */
	DealMovementKind kind;
	Money		amount;			/* of MOVE_DECREASED and of what leaves: negative */
	const DealPoint *before;	/* NULL: there was no row yet */
	const DealPoint *after;
} DealMovement;

#define MOVES_A_PERIOD	3		/* a change, an end, a date that moved */

/* Planned dates that a question is about: from starts, until ends (exclusive). */
typedef struct DealWindow
{
	bool		given;
	DateADT		starts;			/* DATEVAL_NOBEGIN: no bound */
	DateADT		ends;			/* DATEVAL_NOEND: no bound */
} DealWindow;

typedef struct DealHistory
{
	int			count;
	DealPoint  *points;			/* by time, each instant once */
} DealHistory;

/* Microseconds between two moments in order; all of time is more than 63 bits hold. */
static inline int64
DealSpan(TimestampTz from, TimestampTz to)
{
	uint64		span = (uint64) to - (uint64) from;

	return (int64) Min(span, (uint64) PG_INT64_MAX);
}

extern DealKind DealKindOf(const DealPlaces *places, int place);
extern TimestampTz DealDayEnd(ZoneSpans *zone, DateADT day);
extern int	DealHistoryBuild(const DealChange *rows, int count, const DealPlaces *places,
							 DealPoint *points);
extern const DealPoint *DealHistoryBefore(const DealHistory *history, TimestampTz end);
extern bool DealPointIn(const DealPoint *point, const DealWindow *window);
extern Money DealPointAmount(const DealPoint *point);
extern int	DealMovements(const DealHistory *history, const PeriodSpan *span, ZoneSpans *zone,
						  const DealWindow *window, DealMovement *movements);

/* A visit to an open stage, in microseconds. */
typedef enum DealEnd
{
	END_OPEN,					/* censored */
	END_WON,
	END_LOST,
	END_REMOVED
} DealEnd;

#define DEAL_ENDS	(END_REMOVED + 1)

typedef struct DealVisit
{
	int			place;
	int64		stay;			/* so long in the stage */
	int64		total;			/* from its start to the deal's end, or as long as it was watched */
	DealEnd		end;
} DealVisit;

extern int	DealVisits(const DealHistory *history, TimestampTz end, DealVisit *visits);

#endif							/* REVOPS_DEAL_HISTORY_H */
