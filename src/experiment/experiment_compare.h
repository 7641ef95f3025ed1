/*
 * experiment_compare.h
 *		Variants of an experiment against their control. No SQL here: plain doubles.
 */
#ifndef REVOPS_EXPERIMENT_COMPARE_H
#define REVOPS_EXPERIMENT_COMPARE_H

typedef enum ExperimentKind
{
	EXPERIMENT_RATE,
	EXPERIMENT_MEAN,
	EXPERIMENT_RATIO,
	EXPERIMENT_ADJUSTED
} ExperimentKind;

/* What is known of one variant, from exact sums. Variances need units > 1, else 0. */
typedef struct ExperimentArm
{
	int64		units;
	int64		successes;		/* kind rate only */
	bool		has_per;
	double		value_mean;
	double		per_mean;
	double		covariate_mean;
	double		value_variance;
	double		per_variance;
	double		covariate_variance;
	double		value_per;		/* covariances */
	double		value_covariate;
	double		per_covariate;
} ExperimentArm;

typedef struct ExperimentSettings
{
	ExperimentKind kind;
	double		confidence;		/* in 0..1, the ends left out */
	double		planned_units;	/* at least 1 */
	double		covariate_mean; /* of all units */
	double		theta;			/* what a unit of the covariate is worth; 0 without one */
} ExperimentSettings;

/* A number that may be missing. */
typedef struct Figure
{
	double		value;
	bool		known;
} Figure;

/* An arm's own mean, and what it was computed from. */
typedef struct ArmEstimate
{
	Figure		mean;
	Figure		low;
	Figure		high;
	double		variance;		/* of the mean; kinds but rate */
	double		plain_variance; /* the same before the adjustment */
} ArmEstimate;

typedef struct ArmComparison
{
	Figure		difference;
	Figure		difference_low;
	Figure		difference_high;
	Figure		lift;
	Figure		lift_low;
	Figure		lift_high;
	Figure		p_value;
	Figure		always_low;
	Figure		always_high;
	Figure		variance_cut;
} ArmComparison;

extern double ExperimentTheta(const ExperimentArm *arms, int count);
extern ArmEstimate EstimateArm(const ExperimentArm *arm, const ExperimentSettings *settings);
extern ArmComparison CompareArms(const ExperimentArm *arm, const ArmEstimate *estimate,
								 const ExperimentArm *control, const ArmEstimate *control_estimate,
								 const ExperimentSettings *settings);
extern void HolmAdjust(const Figure *p, int count, Figure *adjusted, int *order);
extern double ExperimentUnitsRate(double rate, double other_rate, double power, double confidence);
extern double ExperimentUnitsMean(double sd, double difference, double power, double confidence);

#endif							/* REVOPS_EXPERIMENT_COMPARE_H */
