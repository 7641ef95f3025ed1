/*
 * survival_interval.c
 *		Confidence intervals of probabilities read off a curve: symmetric on the
 *		scale of p, log p or log(-log p). Definitions as in R's survival package
 *		(conf.type), so that results can be compared.
 */
#include "postgres.h"

#include <math.h>

#include "base/check.h"
#include "base/distribution.h"
#include "survival/survival_interval.h"

/*
 * The rule that a caller asked for; an error for a confidence outside 0..1
 * or an unknown method.
 */
IntervalRule
CheckIntervalRule(double confidence, const char *method)
{
	IntervalRule rule;

	rule.z = NormalQuantileAbove((1 - CheckConfidence(confidence)) / 2);
	if (strcmp(method, "plain") == 0)
		rule.method = INTERVAL_PLAIN;
	else if (strcmp(method, "log") == 0)
		rule.method = INTERVAL_LOG;
	else if (strcmp(method, "log-log") == 0)
		rule.method = INTERVAL_LOG_LOG;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown method of the interval"),
				 errdetail("The value is \"%s\".", method),
				 errhint("Use 'plain', 'log' or 'log-log'.")));
	return rule;
}

/*
 * The interval of an estimate p in 0..1 whose standard error is relative_error
 * * p, which is the standard error of log p. False where the method has none:
 * at 0 for log, at 0 and 1 for log-log, and where the error is infinite.
 */
bool
IntervalBounds(IntervalRule rule, double p, double relative_error, double *low, double *high)
{
	double		reach = rule.z * relative_error;

	if (!isfinite(reach))
		return false;
	switch (rule.method)
	{
		case INTERVAL_PLAIN:
			*low = Max(0.0, p - reach * p);
			*high = Min(1.0, p + reach * p);
			return true;
		case INTERVAL_LOG:
			if (p <= 0)
				return false;
			*low = p * exp(-reach);
			*high = Min(1.0, p * exp(reach));
			return true;
		case INTERVAL_LOG_LOG:
			if (p <= 0 || p >= 1)
				return false;
			/* (-log p) times or through e^(reach / -log p) */
			*low = exp(log(p) * exp(reach / -log(p)));
			*high = exp(log(p) * exp(reach / log(p)));
			return true;
	}
	return false;
}
