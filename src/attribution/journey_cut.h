/*
 * journey_cut.h
 *		Journeys out of one customer's touches and ends, and what the rules give
 *		each touch of a won one. No SQL here.
 */
#ifndef REVOPS_JOURNEY_CUT_H
#define REVOPS_JOURNEY_CUT_H

#include "funnel/funnel_window.h"

/* At one instant rows stand in this order. */
typedef enum JourneyKind
{
	JOURNEY_TOUCH,
	JOURNEY_WON,
	JOURNEY_LOST
} JourneyKind;

#define JOURNEY_KINDS	3

/*
 * A row as it is stored; what follows is a channel's name, or the amount of a win
 * in units of 10^-(4 * groups). Aligned to 8.
 */
typedef struct JourneyRow
{
	int64		at;
	int16		length;			/* bytes that follow */
	uint8		kind;
	uint8		groups;			/* of an amount, as base/decimal.h counts */
	uint8		scale;			/* decimal digits of an amount to show */
	char		data[FLEXIBLE_ARRAY_MEMBER];
} JourneyRow;

typedef enum JourneyRepeats
{
	REPEATS_KEEP,
	REPEATS_COLLAPSE,
	REPEATS_ONCE
} JourneyRepeats;

#define REPEATS_MODES	3

typedef struct JourneyName
{
	const char *bytes;
	int			length;
} JourneyName;

/* A definition made ready for work. */
typedef struct JourneyRule
{
	FunnelWindow lookback;		/* not limited: all touches */
	FunnelWindow within;
	FunnelWindow idle;
	double		half_life;		/* days; 0 where none is given */
	double		first_share;
	double		last_share;
	JourneyRepeats repeats;
	bool		reuse;
	int			direct_count;
	const JourneyName *direct;
} JourneyRule;

typedef enum JourneyOutcome
{
	OUTCOME_WON,
	OUTCOME_LOST,
	OUTCOME_OPEN
} JourneyOutcome;

#define JOURNEY_OUTCOMES	3

typedef struct Journey
{
	JourneyOutcome outcome;
	bool		is_young;		/* began too lately for the definition's within */
	bool		has_began;		/* false without a touch */
	int64		began_at;
	int64		ended_at;		/* not of an open one */
	const JourneyRow *end;		/* the row that ended it, NULL where time did */
	int			touches;
	const JourneyRow **touch;
} Journey;

/* Gets each journey in order; touch points to memory that the next one uses again. */
typedef void (*JourneyVisit) (const Journey *journey, void *context);

/* What the rules give one touch; time_decay only with a half-life. */
typedef struct TouchShares
{
	double		first;
	double		last;
	double		last_non_direct;
	double		linear;
	double		position;
	double		time_decay;
} TouchShares;

extern int	CompareJourneyRows(const JourneyRow *left, const JourneyRow *right);
extern void JourneyAmount(const JourneyRow *row, uint128 *amount);
extern void JourneyCut(const JourneyRule *rule, const JourneyRow *const *rows, int count,
					   int64 known_until, const JourneyRow **touches, JourneyVisit visit,
					   void *context);
extern bool JourneyIsDirect(const JourneyRule *rule, const char *name, int length);
extern void PositionShares(const JourneyRule *rule, int touches, double *first, double *middle,
						   double *last);
extern void DecayShares(const JourneyRule *rule, const Journey *journey, double *shares);
extern void JourneyShares(const JourneyRule *rule, const Journey *journey, TouchShares *shares,
						  double *decay);

#endif							/* REVOPS_JOURNEY_CUT_H */
