/*
 * experiment_compare.c
 *		Variants of an experiment against their control: see experiment_compare.h.
 *
 * Sources. Difference of rates: base/wilson.h. Ratio of rates: A. Donner and G. Zou,
 * "Closed-form confidence intervals for functions of the normal mean and standard
 * deviation" (MOVER-R), 2012. Means: B. L. Welch (1947); their ratio: E. C. Fieller
 * (1954). Adjustment: A. Deng et al., "Improving the sensitivity of online controlled
 * experiments" (CUPED), 2013. Bounds that always hold: I. Waudby-Smith et al.,
 * "Time-uniform central limit theory and asymptotic confidence sequences", 2021.
 *
 * Why lift and difference never disagree. Both intervals of the lift are the roots
 * of one quadratic, a x^2 - 2 b x + c = 0, in which c is the product of the two
 * bounds of the difference. A root is 0 exactly where a bound of the difference
 * is, and c is computed as that product, so that rounding cannot part them.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "base/distribution.h"
#include "base/wilson.h"
#include "experiment/experiment_compare.h"

static Figure
Known(double value)
{
	Figure		figure = {value, true};

	/* beyond a double: say nothing */
	if (!isfinite(value))
		figure.known = false;
	return figure;
}

/*
 * A variance put together of parts that may cancel: what is left of their own
 * rounding is none.
 */
static double
VarianceOf(double sum, double size)
{
	return sum > 32 * DBL_EPSILON * size ? sum : 0;
}

/* value / per of all units of an arm. */
static double
ArmRatio(const ExperimentArm *arm)
{
	return arm->value_mean / arm->per_mean;
}

/*
 * The covariance of the metric with the covariate; of a ratio, that of its
 * linearised form (value - R per) / mean(per).
 */
static double
MetricCovariance(const ExperimentArm *arm)
{
	if (!arm->has_per)
		return arm->value_covariate;
	return (arm->value_covariate - ArmRatio(arm) * arm->per_covariate) / arm->per_mean;
}

/*
 * What a unit of the covariate is worth: the slope within variants, of all of them
 * together. 0 where the covariate does not vary.
 */
double
ExperimentTheta(const ExperimentArm *arms, int count)
{
	double		together = 0;
	double		covariate = 0;

	for (int i = 0; i < count; i++)
	{
		if (arms[i].has_per && arms[i].per_mean == 0)
			continue;
		together += (arms[i].units - 1) * MetricCovariance(&arms[i]);
		covariate += (arms[i].units - 1) * arms[i].covariate_variance;
	}
	return covariate > 0 ? together / covariate : 0;
}

/* Variance of the metric among units, before any adjustment. */
static double
MetricVariance(const ExperimentArm *arm, bool is_ratio)
{
	double		ratio;
	double		plus;
	double		minus;

	if (!is_ratio)
		return arm->value_variance;
	ratio = ArmRatio(arm);
	plus = arm->value_variance + ratio * ratio * arm->per_variance;
	minus = 2 * ratio * arm->value_per;
	return VarianceOf(plus - minus, plus + fabs(minus)) / (arm->per_mean * arm->per_mean);
}

/*
 * Mean and interval of one arm by itself. An arm of one unit, or without
 * variance, has no interval, except a rate.
 */
ArmEstimate
EstimateArm(const ExperimentArm *arm, const ExperimentSettings *settings)
{
	ArmEstimate estimate = {0};
	double		tail = (1 - settings->confidence) / 2;
	bool		is_adjusted = settings->kind == EXPERIMENT_ADJUSTED;
	bool		is_ratio = settings->kind == EXPERIMENT_RATIO || (is_adjusted && arm->has_per);
	double		variance;

	if (settings->kind == EXPERIMENT_RATE)
	{
		double		low;
		double		high;

		WilsonBounds(arm->successes, arm->units, NormalQuantileAbove(tail), &low, &high);
		estimate.mean = Known((double) arm->successes / arm->units);
		estimate.low = Known(low);
		estimate.high = Known(high);
		return estimate;
	}
	if (is_ratio && arm->per_mean == 0)
		return estimate;
	estimate.mean = Known(is_ratio ? ArmRatio(arm) : arm->value_mean);
	if (is_adjusted)
		estimate.mean = Known(estimate.mean.value -
							  settings->theta * (arm->covariate_mean - settings->covariate_mean));
	if (arm->units < 2)
		return estimate;
	variance = MetricVariance(arm, is_ratio);
	estimate.plain_variance = variance / arm->units;
	if (is_adjusted)
	{
		double		plus = variance + settings->theta * settings->theta * arm->covariate_variance;
		double		minus = 2 * settings->theta * MetricCovariance(arm);

		variance = VarianceOf(plus - minus, plus + fabs(minus));
	}
	estimate.variance = variance / arm->units;
	if (estimate.variance > 0)
	{
		double		reach = StudentQuantileAbove(tail, (double) arm->units - 1) * sqrt(estimate.variance);

		estimate.low = Known(estimate.mean.value - reach);
		estimate.high = Known(estimate.mean.value + reach);
	}
	return estimate;
}

/*
 * The bounds that hold at every look, never narrower than the fixed ones:
 * tightest at planned_units. variance: of the difference, > 0.
 */
static void
AlwaysBounds(ArmComparison *comparison, double variance, double units,
			 const ExperimentSettings *settings)
{
	double		log_a = log1p(-settings->confidence);
	double		ratio = (-2 * log_a + log(1 - 2 * log_a)) / settings->planned_units;
	double		growth = units * ratio + 1;
	double		reach = sqrt(variance * units) *
		sqrt(2 * growth * (0.5 * log(growth) - log_a) / ratio) / units;
	double		difference = comparison->difference.value;

	comparison->always_low = Known(Min(difference - reach, comparison->difference_low.value));
	comparison->always_high = Known(Max(difference + reach, comparison->difference_high.value));
}

/*
 * One bound of the lift: a root of a x^2 - 2 b x + c = 0, the lower or the upper
 * one. Of the two ways to write it, the one that does not cancel; discriminant is
 * b^2 - a c, from the caller, who knows it as a sum.
 */
static Figure
LiftBound(double a, double b, double c, double discriminant, bool upper)
{
	double		root = sqrt(Max(0.0, discriminant));

	if (upper == (b >= 0))
	{
		if (a <= 0)
			return (Figure) {0, false};
		return Known((upper ? b + root : b - root) / a);
	}
	if (b == 0 && root == 0)
		return Known(0);
	return Known(c / (upper ? b - root : b + root));
}

/* Rates: Newcombe's interval of the difference and MOVER-R's of the ratio, from Wilson's. */
static void
CompareRates(ArmComparison *comparison, const ExperimentArm *arm, const ArmEstimate *estimate,
			 const ExperimentArm *control, const ArmEstimate *control_estimate,
			 const ExperimentSettings *settings)
{
	double		rate = estimate->mean.value;
	double		base = control_estimate->mean.value;
	double		difference = comparison->difference.value;
	double		units = (double) arm->units + control->units;
	double		pooled = ((double) arm->successes + control->successes) / units;
	double		down = rate - estimate->low.value;
	double		base_up = control_estimate->high.value - base;
	double		up = estimate->high.value - rate;
	double		base_down = base - control_estimate->low.value;
	RateDifference newcombe = NewcombeDifference(arm->successes, arm->units,
												 control->successes, control->units,
												 NormalQuantileAbove((1 - settings->confidence) / 2));
	double		reach_down = newcombe.reach_down;
	double		reach_up = newcombe.reach_up;
	double		variance = rate * (1 - rate) / arm->units + base * (1 - base) / control->units;

	comparison->difference_low = Known(difference - reach_down);
	comparison->difference_high = Known(difference + reach_up);
	if (pooled > 0 && pooled < 1)
		comparison->p_value = Known(2 * NormalAbove(fabs(difference) /
													sqrt(pooled * (1 - pooled) * (1.0 / arm->units + 1.0 / control->units))));
	if (variance > 0)
		AlwaysBounds(comparison, variance, units, settings);
	if (base > 0)
	{
		double		base_square = (base - base_down) * (base + base_down);

		comparison->lift_low = LiftBound(base * base - base_up * base_up,
										 difference * base + base_up * base_up,
										 comparison->difference_low.value * (difference + reach_down),
										 down * down * base * base +
										 base_up * base_up * (rate - down) * (rate + down), false);
		/* with no success both are -1, and may differ in the last bit */
		comparison->lift_low.value = Max(-1.0, Min(comparison->lift_low.value, comparison->lift.value));
		comparison->lift_high = LiftBound(base_square,
										  difference * base + base_down * base_down,
										  comparison->difference_high.value * (difference - reach_up),
										  up * up * base_square + base_down * base_down * rate * rate, true);
	}
}

/* Means of any kind: Welch's t, Fieller's interval of the ratio with the same t. */
static void
CompareMeans(ArmComparison *comparison, const ExperimentArm *arm, const ArmEstimate *estimate,
			 const ExperimentArm *control, const ArmEstimate *control_estimate,
			 const ExperimentSettings *settings)
{
	double		difference = comparison->difference.value;
	double		base = control_estimate->mean.value;
	double		variance = estimate->variance + control_estimate->variance;
	double		plain = estimate->plain_variance + control_estimate->plain_variance;
	double		part = estimate->variance / variance;
	double		base_part = control_estimate->variance / variance;
	double		freedom;
	double		t;
	double		reach;
	double		base_square;

	if (arm->units < 2 || control->units < 2)
		return;
	if (settings->kind == EXPERIMENT_ADJUSTED && plain > 0)
		comparison->variance_cut = Known(1 - variance / plain);
	if (!(variance > 0))
		return;
	freedom = 1 / (part * part / (arm->units - 1) + base_part * base_part / (control->units - 1));
	t = StudentQuantileAbove((1 - settings->confidence) / 2, freedom);
	reach = t * sqrt(variance);
	comparison->difference_low = Known(difference - reach);
	comparison->difference_high = Known(difference + reach);
	comparison->p_value = Known(2 * StudentAbove(fabs(difference) / sqrt(variance), freedom));
	AlwaysBounds(comparison, variance, (double) arm->units + control->units, settings);

	/* how far control's mean is told from 0 */
	base_square = base * base - t * t * control_estimate->variance;
	if (base > 0 && base_square > 0)
	{
		double		mean = estimate->mean.value;
		double		base_error = t * t * control_estimate->variance;
		double		b = difference * base + base_error;
		double		c = comparison->difference_low.value * comparison->difference_high.value;
		double		discriminant = t * t * estimate->variance * base_square + base_error * mean * mean;

		comparison->lift_low = LiftBound(base_square, b, c, discriminant, false);
		comparison->lift_high = LiftBound(base_square, b, c, discriminant, true);
	}
}

ArmComparison
CompareArms(const ExperimentArm *arm, const ArmEstimate *estimate,
			const ExperimentArm *control, const ArmEstimate *control_estimate,
			const ExperimentSettings *settings)
{
	ArmComparison comparison = {0};

	if (!estimate->mean.known || !control_estimate->mean.known)
		return comparison;
	comparison.difference = Known(estimate->mean.value - control_estimate->mean.value);
	if (!comparison.difference.known)
		return comparison;
	if (control_estimate->mean.value > 0)
		comparison.lift = Known(comparison.difference.value / control_estimate->mean.value);
	if (settings->kind == EXPERIMENT_RATE)
		CompareRates(&comparison, arm, estimate, control, control_estimate, settings);
	else
		CompareMeans(&comparison, arm, estimate, control, control_estimate, settings);
	return comparison;
}

/*
 * Holm's adjustment: the smallest p times the number of them, the next times one
 * less, never falling, at most 1. order: room for count numbers. S. Holm, "A
 * simple sequentially rejective multiple test procedure", 1979.
 */
void
HolmAdjust(const Figure *p, int count, Figure *adjusted, int *order)
{
	int			known = 0;
	double		least = 0;

	for (int i = 0; i < count; i++)
	{
		int			place = known;

		adjusted[i].known = false;
		if (!p[i].known)
			continue;
		for (; place > 0 && p[order[place - 1]].value > p[i].value; place--)
			order[place] = order[place - 1];
		order[place] = i;
		known++;
	}
	for (int i = 0; i < known; i++)
	{
		least = Max(least, Min(1.0, (known - i) * p[order[i]].value));
		adjusted[order[i]] = Known(least);
	}
}

/*
 * Units of each variant that find the difference of two rates with this power:
 * what R's power.prop.test solves for, in closed form.
 */
double
ExperimentUnitsRate(double rate, double other_rate, double power, double confidence)
{
	double		middle = (rate + other_rate) / 2;
	double		reach = NormalQuantileAbove((1 - confidence) / 2) * sqrt(2 * middle * (1 - middle)) +
		NormalQuantile(power) * sqrt(rate * (1 - rate) + other_rate * (1 - other_rate));
	double		ratio = Max(0.0, reach) / (rate - other_rate);

	return ratio * ratio;
}

/* The same for means; W. C. Guenther, 1981: at most one unit below the exact t test's. */
double
ExperimentUnitsMean(double sd, double difference, double power, double confidence)
{
	double		above = NormalQuantileAbove((1 - confidence) / 2);
	double		ratio = Max(0.0, above + NormalQuantile(power)) * (sd / difference);

	return 2 * ratio * ratio + above * above / 4;
}
