/*
 * survival_curve.h
 *		Kaplan-Meier and Aalen-Johansen over sorted spells. No SQL here.
 */
#ifndef REVOPS_SURVIVAL_CURVE_H
#define REVOPS_SURVIVAL_CURVE_H

#include "survival/survival_interval.h"
#include "survival/survival_spell.h"

/* What is known at one distinct duration. All kinds of points start with it. */
typedef struct SurvivalPoint
{
	double		duration;
	int64		at_risk;		/* just before it */
	int64		events;
	int64		censored;
	double		survival;		/* probability to last longer than it */
	double		std_error;		/* of log survival; infinite where survival is 0 */
} SurvivalPoint;

/* What holds for all causes at one distinct duration. */
typedef struct IncidenceStep
{
	double		duration;
	int64		at_risk;		/* just before it */
	double		open;			/* probability not to have ended by it, of any cause */
} IncidenceStep;

/* A cause's curve at a duration at which it ended some; until the next it is flat. */
typedef struct IncidencePoint
{
	double		duration;
	int64		events;			/* of the one cause */
	double		incidence;		/* probability to have ended by it, of that cause */
	double		std_error;		/* of the incidence */
} IncidencePoint;

/* The points of cause k, from 1, are those from first[k] up to first[k + 1] - 1. */
typedef struct IncidenceCurves
{
	IncidenceStep *step;
	int			steps;
	IncidencePoint *point;
	int		   *first;
} IncidenceCurves;

/* Subjects whose end, or whose entry, lies at a time or later. */
typedef struct SubjectsFrom
{
	double		at;
	int64		subjects;
} SubjectsFrom;

/* Who is at risk at any time: both lists rise by time. */
typedef struct RiskTable
{
	SubjectsFrom *end;
	int			ends;
	SubjectsFrom *entry;		/* late ones */
	int			entries;
} RiskTable;

/* The share that has had the event, for quantiles. */
typedef struct ShareCurve
{
	const double *reached;		/* the most at any point up to each one */
	bool		known_at_end;
} ShareCurve;

extern RiskTable RiskTableMake(const Spell *spells, int count);
extern int64 RiskTableAt(const RiskTable *table, double at);
extern int FindDuration(const void *curve, Size point_size, int points, double at);
extern SurvivalPoint *SurvivalCurve(const Spell *spells, int count, int *points);
extern void SurvivalBounds(const SurvivalPoint *curve, int points, IntervalRule rule,
						   double *low, double *high);
extern ShareCurve ShareCurveMake(double *values, int points);
extern double SurvivalQuantile(const SurvivalPoint *curve, const ShareCurve *share, int points,
							   double p);
extern bool SurvivalMean(const SurvivalPoint *curve, int points, double until,
						 double *mean, double *std_error);
extern IncidenceCurves IncidenceCurvesMake(const Spell *spells, int count, int causes);

#endif							/* REVOPS_SURVIVAL_CURVE_H */
