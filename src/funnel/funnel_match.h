/*
 * funnel_match.h
 *		Level, winning chain and outcome of one entity, on plain arrays. No SQL here.
 */
#ifndef REVOPS_FUNNEL_MATCH_H
#define REVOPS_FUNNEL_MATCH_H

#include "funnel/funnel_window.h"

#define FUNNEL_MOST_STEPS 64

/* The order is that of the stored form. */
typedef enum FunnelMode
{
	FUNNEL_ORDERED,
	FUNNEL_INCREASING,
	FUNNEL_ONCE,
	FUNNEL_INCREASING_ONCE,
	FUNNEL_CONSECUTIVE,
	FUNNEL_ANY_ORDER,
	FUNNEL_REACHED
} FunnelMode;

#define FUNNEL_MODES 7

/* What a step text means. */
typedef struct FunnelName
{
	const char *text;
	int			length;
	uint64		steps;			/* bit i: the row satisfies step i + 1 */
	bool		lost;
} FunnelName;

#define FUNNEL_NAME_SLOTS 512

/* A definition made ready for work; one block of memory. */
typedef struct FunnelSpec
{
	const struct FunnelDef *def;
	FunnelMode	mode;
	int			steps;
	const char *step_name[FUNNEL_MOST_STEPS];
	FunnelWindow window;
	int			row_size;		/* bytes a row of a path takes */
	bool		keeps_all;		/* rows of no step matter too */
	int			step_names;		/* distinct ones, first in name */
	int			names;			/* with those of lost */
	FunnelName	name[2 * FUNNEL_MOST_STEPS];
	uint8		slot[FUNNEL_NAME_SLOTS];	/* 1 + index of name, by hash */
} FunnelSpec;

/* One entity's rows in the order (at, …). Nothing is known after them. */
typedef struct FunnelHistory
{
	int64		rows;
	const int64 *at;
	const uint64 *steps;		/* bit i: the row satisfies step i + 1 */
	int64		lost_rows;
	const int64 *lost_at;		/* ascending */
} FunnelHistory;

/* The winning chain. Place i is the step i + 1; in any_order the i-th found. */
typedef struct FunnelChain
{
	int			level;			/* 0: none, and nothing below is set */
	int64		start_at;		/* of the window */
	int64		end_at;			/* of the window, inclusive */
	int64		at[FUNNEL_MOST_STEPS];	/* FUNNEL_TIME_NONE where skipped */
	int64		row[FUNNEL_MOST_STEPS]; /* of the history; -1 where skipped */
	uint8		step[FUNNEL_MOST_STEPS];	/* which step the place holds */
	/* of the last attempt in mode reached: */
	int64		last_at;		/* its last row of a step */
	int64		last_end_at;	/* end of its window, inclusive */
} FunnelChain;

typedef enum FunnelOutcome
{
	FUNNEL_NOT_ENTERED,
	FUNNEL_CONVERTED,
	FUNNEL_LOST,
	FUNNEL_OPEN,
	FUNNEL_EXPIRED
} FunnelOutcome;

extern void FunnelFindChain(const FunnelSpec *spec, const FunnelHistory *history,
							FunnelChain *chain);
extern FunnelOutcome FunnelFindOutcome(const FunnelSpec *spec, const FunnelHistory *history,
									   const FunnelChain *chain, int64 known_until);
extern int64 FunnelEnteredRow(const FunnelSpec *spec, const FunnelHistory *history);

#endif							/* REVOPS_FUNNEL_MATCH_H */
