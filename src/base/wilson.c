/*
 * wilson.c
 *		The Wilson score interval of a proportion, 95 %, two-sided, without
 *		continuity correction. Source: E. B. Wilson, "Probable inference, the law
 *		of succession, and statistical inference", JASA 22 (1927), 209-212.
 *
 * Unlike p +- 1.96 * sqrt(p(1-p)/n) it stays inside 0..1 and does not shrink to
 * a point at 0 of n and n of n, which is where small B2B numbers live.
 *
 * The difference of two: R. G. Newcombe, "Interval estimation for the difference
 * between independent proportions", Statistics in Medicine 17 (1998) 873, method 10.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/wilson.h"


PG_FUNCTION_INFO_V1(wilson_low);
PG_FUNCTION_INFO_V1(wilson_high);

/*
 * The bound on one side, z standard errors off. trials > 0, successes in
 * 0..trials, side -1 or 1.
 */
static double
WilsonBound(int64 successes, int64 trials, double z, int side)
{
	double		n = (double) trials;
	double		p = (double) successes / n;
	double		q = (double) (trials - successes) / n;
	double		z2 = z * z;
	double		half = z * sqrt(p * q / n + z2 / (4 * n * n));

	return (p + z2 / (2 * n) + side * half) / (1 + z2 / n);
}

/*
 * The ends of the interval, in 0..1: exactly 0 when nothing succeeded, exactly
 * 1 when everything did. z is the normal quantile of the confidence.
 */
void
WilsonBounds(int64 successes, int64 trials, double z, double *low, double *high)
{
	*low = successes == 0 ? 0.0 : Max(0.0, WilsonBound(successes, trials, z, -1));
	*high = successes == trials ? 1.0 : Min(1.0, WilsonBound(successes, trials, z, 1));
}

/* The ends for 95 %. */
double
WilsonLow(int64 successes, int64 trials)
{
	double		low;
	double		high;

	WilsonBounds(successes, trials, NORMAL_QUANTILE_975, &low, &high);
	return low;
}

double
WilsonHigh(int64 successes, int64 trials)
{
	double		low;
	double		high;

	WilsonBounds(successes, trials, NORMAL_QUANTILE_975, &low, &high);
	return high;
}

/*
 * Newcombe's interval from the Wilson bounds of each rate: difference - reach_down
 * to difference + reach_up. Trials > 0, successes in 0..trials; z as in WilsonBounds.
 */
RateDifference
NewcombeDifference(int64 successes_1, int64 trials_1, int64 successes_2, int64 trials_2, double z)
{
	double		rate_1 = (double) successes_1 / trials_1;
	double		rate_2 = (double) successes_2 / trials_2;
	RateDifference result = {rate_1 - rate_2, 0, 0};
	double		low_1;
	double		high_1;
	double		low_2;
	double		high_2;

	WilsonBounds(successes_1, trials_1, z, &low_1, &high_1);
	WilsonBounds(successes_2, trials_2, z, &low_2, &high_2);
	result.reach_down = sqrt((rate_1 - low_1) * (rate_1 - low_1) +
							 (high_2 - rate_2) * (high_2 - rate_2));
	result.reach_up = sqrt((high_1 - rate_1) * (high_1 - rate_1) +
						   (rate_2 - low_2) * (rate_2 - low_2));
	return result;
}

/*
 * Checks two counts given from SQL; false for no trial, of which nothing can be
 * said.
 */
bool
CheckSuccesses(int64 successes, int64 trials)
{
	if (trials < 0 || successes < 0 || successes > trials)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%lld successes of %lld trials are impossible",
						(long long) successes, (long long) trials),
				 errdetail("Successes must lie between 0 and the number of trials."),
				 errhint("The first argument is the numerator, the second the denominator.")));
	return trials > 0;
}

/* wilson_low(successes bigint, trials bigint) → float8, NULL for no trial */
Datum
wilson_low(PG_FUNCTION_ARGS)
{
	int64		successes = PG_GETARG_INT64(0);
	int64		trials = PG_GETARG_INT64(1);

	if (!CheckSuccesses(successes, trials))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(WilsonLow(successes, trials));
}

/* wilson_high(successes bigint, trials bigint) → float8, NULL for no trial */
Datum
wilson_high(PG_FUNCTION_ARGS)
{
	int64		successes = PG_GETARG_INT64(0);
	int64		trials = PG_GETARG_INT64(1);

	if (!CheckSuccesses(successes, trials))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(WilsonHigh(successes, trials));
}
