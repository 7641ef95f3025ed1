/*
 * survival_curve.h
 *		Kaplan-Meier and Aalen-Johansen over sorted spells. No SQL here.
 */
#ifndef REVOPS_SURVIVAL_CURVE_H
#define REVOPS_SURVIVAL_CURVE_H

#include "survival/survival_interval.h"
#include "survival/survival_spells.h"

/* What is known at one distinct duration. Both kinds of points start with it. */
typedef struct SurvivalPoint
{
	double		duration;
	int64		at_risk;		/* just before it */
	int64		events;
	int64		censored;
	double		survival;		/* probability to last longer than it */
	double		std_error;		/* of log survival; infinite where survival is 0 */
} SurvivalPoint;

typedef struct IncidencePoint
{
	double		duration;
	int64		at_risk;		/* just before it */
	int64		events;			/* of the one cause */
	double		incidence;		/* probability to have ended by it, of that cause */
	double		std_error;		/* of the incidence */
	double		open;			/* probability not to have ended by it, of any cause */
} IncidencePoint;

extern int64 SpellsAtRisk(const Spell *spells, int count, double at);
extern int FindDuration(const void *curve, Size point_size, int points, double at);
extern SurvivalPoint *SurvivalCurve(const Spell *spells, int count, int *points);
extern void SurvivalBounds(const SurvivalPoint *curve, int points, IntervalRule rule,
						   double *low, double *high);
extern double SurvivalQuantile(const SurvivalPoint *curve, const double *values, int points,
							   double p);
extern bool SurvivalMean(const SurvivalPoint *curve, int points, double until,
						 double *mean, double *std_error);
extern IncidencePoint *IncidenceCurve(const Spell *spells, int count, int cause, int *points);

#endif							/* REVOPS_SURVIVAL_CURVE_H */
