/*
 * survival_interval.h
 *		Confidence intervals of probabilities read off a curve.
 */
#ifndef REVOPS_SURVIVAL_INTERVAL_H
#define REVOPS_SURVIVAL_INTERVAL_H

typedef enum IntervalMethod
{
	INTERVAL_PLAIN,
	INTERVAL_LOG,
	INTERVAL_LOG_LOG
} IntervalMethod;

typedef struct IntervalRule
{
	IntervalMethod method;
	double		z;				/* standard errors on each side */
} IntervalRule;

extern IntervalRule CheckIntervalRule(double confidence, const char *method);
extern bool IntervalBounds(IntervalRule rule, double p, double relative_error,
						   double *low, double *high);

#endif							/* REVOPS_SURVIVAL_INTERVAL_H */
