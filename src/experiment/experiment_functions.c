/*
 * experiment_functions.c
 *		What an experiment_state is asked: experiment_rows, experiment_balance; and
 *		how many units a test needs.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/check.h"
#include "base/distribution.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/rows.h"
#include "experiment/experiment.h"
#include "experiment/experiment_compare.h"

PG_FUNCTION_INFO_V1(experiment_rows);
PG_FUNCTION_INFO_V1(experiment_balance);
PG_FUNCTION_INFO_V1(experiment_units_rate);
PG_FUNCTION_INFO_V1(experiment_units_mean);

/* As users write them; a kind is its place here. */
static const char *const kind_names[] = {"rate", "mean", "ratio", "adjusted"};

/* The variants of a state, in order. */
static const ExperimentVariant **
ListVariants(const ExperimentState *state)
{
	const ExperimentVariant **list = palloc(Max(1, state->variants) * sizeof(ExperimentVariant *));
	const ExperimentVariant *variant = FirstVariant(state);

	for (int i = 0; i < state->variants; i++, variant = NextVariant(variant))
		list[i] = variant;
	return list;
}

static Numeric
SumNumeric(const IntegerSum *sum, int scale)
{
	char		text[INTEGER_SUM_TEXT_SIZE];

	return NumericFromText(IntegerSumToText(sum, ScaleGroups(scale), scale, text));
}

/* A covariance of two columns from their exact sums. */
static double
Covariance(const ExperimentState *state, const ExperimentVariant *variant, int product)
{
	const ExperimentPair *pair = &experiment_pairs[product];

	if (variant->units < 2)
		return 0;
	return IntegerSumScatter(variant->units, &variant->product[product], &variant->sum[pair->left],
					  &variant->sum[pair->right],
					  ColumnGroups(state, pair->left) + ColumnGroups(state, pair->right));
}

static double
ColumnMean(const ExperimentState *state, const ExperimentVariant *variant, ExperimentColumn column)
{
	return IntegerSumToDouble(&variant->sum[column], ColumnGroups(state, column)) / variant->units;
}

static ExperimentArm
MakeArm(const ExperimentState *state, const ExperimentVariant *variant)
{
	ExperimentArm arm = {0};

	arm.units = variant->units;
	arm.has_per = (state->header.flags & EXPERIMENT_HAS_PER) != 0;
	if (variant->is_binary)
		arm.successes = (int64) IntegerSumToDouble(&variant->sum[EXPERIMENT_VALUE],
											ColumnGroups(state, EXPERIMENT_VALUE));
	arm.value_mean = ColumnMean(state, variant, EXPERIMENT_VALUE);
	arm.per_mean = ColumnMean(state, variant, EXPERIMENT_PER);
	arm.covariate_mean = ColumnMean(state, variant, EXPERIMENT_COVARIATE);
	arm.value_variance = Covariance(state, variant, PRODUCT_VALUE_VALUE);
	arm.per_variance = Covariance(state, variant, PRODUCT_PER_PER);
	arm.covariate_variance = Covariance(state, variant, PRODUCT_COVARIATE_COVARIATE);
	arm.value_per = Covariance(state, variant, PRODUCT_VALUE_PER);
	arm.value_covariate = Covariance(state, variant, PRODUCT_VALUE_COVARIATE);
	arm.per_covariate = Covariance(state, variant, PRODUCT_PER_COVARIATE);
	return arm;
}

/* The largest |value|'s part of the sum of |value|. */
static Figure
TopShare(const ExperimentState *state, const ExperimentVariant *variant)
{
	int			groups = ColumnGroups(state, EXPERIMENT_VALUE);
	IntegerSum	largest = {{variant->largest[EXPERIMENT_VALUE].low, variant->largest[EXPERIMENT_VALUE].high}};
	double		sum = IntegerSumToDouble(&variant->sum[EXPERIMENT_VALUE], groups) -
		2 * IntegerSumToDouble(&variant->negative, groups);
	Figure		share = {0, sum > 0};

	if (share.known)
		share.value = Min(1.0, IntegerSumToDouble(&largest, groups) / sum);
	return share;
}

/* The kind that was said, or what the data look like; an error where it does not fit them. */
static ExperimentKind
ChooseKind(const ExperimentState *state, const ExperimentVariant *const *variants, const text *said)
{
	const ExperimentVariant *other = NULL;	/* one with values other than 0 and 1 */
	char	   *name;
	int			kind = 0;

	for (int i = 0; i < state->variants && other == NULL; i++)
		if (!variants[i]->is_binary)
			other = variants[i];
	if (said == NULL)
	{
		if (state->header.flags & EXPERIMENT_HAS_COVARIATE)
			return EXPERIMENT_ADJUSTED;
		if (state->header.flags & EXPERIMENT_HAS_PER)
			return EXPERIMENT_RATIO;
		return other ? EXPERIMENT_MEAN : EXPERIMENT_RATE;
	}
	name = text_to_cstring(said);
	while (kind < (int) lengthof(kind_names) && strcmp(kind_names[kind], name) != 0)
		kind++;
	if (kind == lengthof(kind_names))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown kind \"%s\"", name),
				 errhint("Known kinds are rate, mean, ratio and adjusted.")));
	if (kind == EXPERIMENT_RATE && other)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kind rate needs values of 0 and 1 only"),
				 errdetail("The variant \"%.*s\" has others.", other->length, other->name),
				 errhint("Did a unit come twice? Fold its rows first, or say kind => 'mean'.")));
	if (kind == EXPERIMENT_RATIO && !(state->header.flags & EXPERIMENT_HAS_PER))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kind ratio needs per"),
				 errdetail("The experiment_state was folded without it."),
				 errhint("Fold with experiment_agg(variant, value, per).")));
	if (kind == EXPERIMENT_ADJUSTED && !(state->header.flags & EXPERIMENT_HAS_COVARIATE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kind adjusted needs a covariate"),
				 errdetail("The experiment_state was folded without it."),
				 errhint("Fold with experiment_agg(variant, value, per, covariate); per may be NULL.")));
	return (ExperimentKind) kind;
}

/* The mean of the covariate over all units. */
static double
CovariateMean(const ExperimentState *state, const ExperimentVariant *const *variants)
{
	IntegerSum	sum = {{0}};
	double		units = 0;

	for (int i = 0; i < state->variants; i++)
	{
		IntegerSumAddSum(&sum, &variants[i]->sum[EXPERIMENT_COVARIATE]);
		units += variants[i]->units;
	}
	return IntegerSumToDouble(&sum, ColumnGroups(state, EXPERIMENT_COVARIATE)) / units;
}

static void
PutFigure(RowWriter *row, Figure figure)
{
	if (figure.known)
		RowPutFloat(row, figure.value);
	else
		RowPutNull(row);
}

/* Puts a variant's row into the result; comparison NULL: of control. */
static void
PutVariant(RowWriter *row, const ExperimentState *state, const ExperimentVariant *variant,
		   ExperimentKind kind, const ArmEstimate *estimate, const ArmComparison *comparison,
		   Figure p_holm)
{
	static const ArmComparison none = {0};

	if (comparison == NULL)
		comparison = &none;
	RowPutBytes(row, variant->name, variant->length);
	RowPutText(row, kind_names[kind]);
	RowPutInt64(row, variant->units);
	RowPutNumeric(row, SumNumeric(&variant->sum[EXPERIMENT_VALUE], state->scale[EXPERIMENT_VALUE]));
	if (state->header.flags & EXPERIMENT_HAS_PER)
		RowPutNumeric(row, SumNumeric(&variant->sum[EXPERIMENT_PER], state->scale[EXPERIMENT_PER]));
	else
		RowPutNull(row);
	PutFigure(row, estimate->mean);
	PutFigure(row, estimate->low);
	PutFigure(row, estimate->high);
	PutFigure(row, comparison->difference);
	PutFigure(row, comparison->difference_low);
	PutFigure(row, comparison->difference_high);
	PutFigure(row, comparison->lift);
	PutFigure(row, comparison->lift_low);
	PutFigure(row, comparison->lift_high);
	PutFigure(row, comparison->p_value);
	PutFigure(row, p_holm);
	PutFigure(row, comparison->always_low);
	PutFigure(row, comparison->always_high);
	PutFigure(row, comparison->variance_cut);
	PutFigure(row, TopShare(state, variant));
	RowEnd(row);
}

/*
 * experiment_rows(experiment_state, control text, confidence float8,
 * planned_units bigint, kind text): control first, then the others by name.
 */
Datum
experiment_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	static const Figure unknown = {0, false};
	ExperimentSettings settings = {0};
	const ExperimentState *state;
	const ExperimentVariant **variants;
	const text *control_name;
	ExperimentArm *arms;
	ArmEstimate *estimates;
	ArmComparison *comparisons;
	Figure	   *p;
	Figure	   *p_holm;
	int			control = 0;
	int			count;

	CheckSettingIsSet(PG_ARGISNULL(2), "confidence");
	CheckSettingIsSet(PG_ARGISNULL(3), "planned_units");
	settings.confidence = CheckConfidence(PG_GETARG_FLOAT8(2));
	if (PG_GETARG_INT64(3) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("planned_units must be at least 1"),
				 errdetail("The value is %lld.", (long long) PG_GETARG_INT64(3)),
				 errhint("It is how many units of both variants together the test was planned for, set before its start.")));
	settings.planned_units = (double) PG_GETARG_INT64(3);
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("control must not be NULL"),
				 errhint("Name the variant that nothing was changed for.")));
	if (PG_ARGISNULL(0))
		return (Datum) 0;

	state = ExperimentStateFromDatum(PG_GETARG_DATUM(0));
	variants = ListVariants(state);
	count = state->variants;
	control_name = PG_GETARG_TEXT_PP(1);
	while (control < count &&
		   CompareVariantNames(variants[control]->name, variants[control]->length,
							   VARDATA_ANY(control_name), VARSIZE_ANY_EXHDR(control_name)) != 0)
		control++;
	if (control == count)
	{
		StringInfoData names;

		initStringInfo(&names);
		for (int i = 0; i < count && i < 10; i++)
			appendStringInfo(&names, "%s%.*s", i == 0 ? "" : ", ", variants[i]->length, variants[i]->name);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("control \"%s\" is not one of the variants", text_to_cstring(control_name)),
				 errdetail("The variants are %s%s.", names.data, count > 10 ? " and others" : ""),
				 errhint("Names are compared byte by byte: mind case and spaces.")));
	}

	settings.kind = ChooseKind(state, variants, PG_ARGISNULL(4) ? NULL : PG_GETARG_TEXT_PP(4));
	arms = palloc(count * sizeof(ExperimentArm));
	estimates = palloc(count * sizeof(ArmEstimate));
	comparisons = palloc(count * sizeof(ArmComparison));
	p = palloc(count * sizeof(Figure));
	p_holm = palloc(count * sizeof(Figure));
	for (int i = 0; i < count; i++)
		arms[i] = MakeArm(state, variants[i]);
	if (settings.kind == EXPERIMENT_ADJUSTED)
	{
		settings.covariate_mean = CovariateMean(state, variants);
		settings.theta = ExperimentTheta(arms, count);
	}
	for (int i = 0; i < count; i++)
		estimates[i] = EstimateArm(&arms[i], &settings);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		comparisons[i] = CompareArms(&arms[i], &estimates[i], &arms[control], &estimates[control],
									 &settings);
		p[i] = i == control ? unknown : comparisons[i].p_value;
	}
	HolmAdjust(p, count, p_holm, palloc(count * sizeof(int)));

	PutVariant(&row, state, variants[control], settings.kind, &estimates[control], NULL, unknown);
	for (int i = 0; i < count; i++)
		if (i != control)
			PutVariant(&row, state, variants[i], settings.kind, &estimates[i], &comparisons[i], p_holm[i]);
	return (Datum) 0;
}

/* ------------------------------------------------------------------------- */

/* A variant of the state, of the weights, or of both. */
typedef struct BalanceRow
{
	const char *name;
	int			length;
	int64		units;
	double		weight;
} BalanceRow;

static int
CompareBalanceRows(const void *left, const void *right)
{
	const BalanceRow *l = left;
	const BalanceRow *r = right;

	return CompareVariantNames(l->name, l->length, r->name, r->length);
}

/*
 * The variants of a state with their designed weights, and those that have a
 * weight and no units, by name.
 */
static BalanceRow *
ListBalance(const ExperimentState *state, Jsonb *weights, int *count)
{
	const ExperimentVariant **variants = ListVariants(state);
	const JsonNode *design = NULL;
	BalanceRow *rows;
	double		sum = 0;

	if (weights)
	{
		design = JsonRead(JsonbToCString(NULL, &weights->root, VARSIZE(weights)), "weights");
		JsonExpect(design, JSON_KIND_OBJECT);
	}
	rows = palloc((state->variants + (design ? design->count : 0)) * sizeof(BalanceRow));
	*count = state->variants;
	for (int i = 0; i < state->variants; i++)
	{
		rows[i].name = variants[i]->name;
		rows[i].length = variants[i]->length;
		rows[i].units = variants[i]->units;
		rows[i].weight = design ? 0 : 1;
	}
	for (int i = 0; design && i < design->count; i++)
	{
		const JsonNode *node = design->items[i];
		double		weight = JsonGetFloat(node);
		int			length = strlen(node->key);
		int			row = 0;

		if (weight < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the weight of a variant must not be negative"),
					 errdetail("The weight of \"%s\" is %.15g.", node->key, weight),
					 errhint("Give the designed shares, for example {\"control\": 50, \"new\": 50}.")));
		while (row < state->variants &&
			   CompareVariantNames(rows[row].name, rows[row].length, node->key, length) != 0)
			row++;
		if (row < state->variants)
			rows[row].weight = weight;
		else if (weight > 0)
			rows[(*count)++] = (BalanceRow) {node->key, length, 0, weight};
		sum += weight;
	}
	if (design && !(sum > 0 && isfinite(sum)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the weights of the variants must have a sum above 0"),
				 errdetail("The sum is %.15g.", sum),
				 errhint("Give the designed shares, for example {\"control\": 50, \"new\": 50}.")));
	qsort(rows, *count, sizeof(BalanceRow), CompareBalanceRows);
	return rows;
}

/* A p-value below this says that units were lost or sent the wrong way. */
#define MISMATCH_BELOW	0.001
#define LEAST_EXPECTED	5

/* experiment_balance(experiment_state, weights jsonb): one row per variant, by name */
Datum
experiment_balance(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	const ExperimentState *state;
	BalanceRow *rows;
	int			count;
	double		units = 0;
	double		weights = 0;
	double		square = 0;
	bool		is_undesigned = false;	/* units where none were to be */
	bool		is_known = true;
	double		p_value = 0;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	state = ExperimentStateFromDatum(PG_GETARG_DATUM(0));
	rows = ListBalance(state, PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1), &count);
	for (int i = 0; i < count; i++)
	{
		units += rows[i].units;
		weights += rows[i].weight;
	}
	for (int i = 0; i < count; i++)
	{
		double		expected = units * (rows[i].weight / weights);

		is_undesigned |= rows[i].weight == 0 && rows[i].units > 0;
		is_known &= expected >= LEAST_EXPECTED;
		square += (rows[i].units - expected) * (rows[i].units - expected) / expected;
	}
	is_known &= count > 1;
	if (is_known)
		p_value = ChiSquareAbove(square, count - 1);
	for (int i = 0; i < count; i++)
	{
		RowPutBytes(&row, rows[i].name, rows[i].length);
		RowPutInt64(&row, rows[i].units);
		RowPutFloat(&row, units * (rows[i].weight / weights));
		RowPutFloat(&row, rows[i].units / units);
		RowPutFloat(&row, rows[i].weight / weights);
		PutFigure(&row, (Figure) {p_value, is_known});
		if (is_undesigned || is_known)
			RowPutBoolean(&row, is_undesigned || p_value < MISMATCH_BELOW);
		else
			RowPutNull(&row);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* ------------------------------------------------------------------------- */

/* Rounds a number of units up, past what is only the rounding of doubles. */
static int64
WholeUnits(double units)
{
	units = ceil(units * (1 - 1e-12));
	if (!(units < 9.2e18))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("more units than a bigint can count would be needed"),
				 errhint("Look for a larger difference.")));
	return (int64) Max(1.0, units);
}

static double
CheckPower(double power)
{
	if (!(power > 0 && power < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("power must lie between 0 and 1"),
				 errdetail("The value is %.15g.", power),
				 errhint("It is the chance to find the difference where it is there: 0.8 is usual.")));
	return power;
}

static double
CheckRate(double rate, const char *what)
{
	if (!(rate >= 0 && rate <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must lie between 0 and 1", what),
				 errdetail("The value is %.15g.", rate),
				 errhint("Give a fraction, for example 0.24 for 24 %%.")));
	return rate;
}

pg_noreturn static void
NoDifference(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("without a difference there is nothing to find"),
			 errdetail("No number of units tells two equal variants apart."),
			 errhint("Give the smallest difference that would matter.")));
}

/* experiment_units_rate(rate, other_rate, power, confidence float8) → bigint, of each variant */
Datum
experiment_units_rate(PG_FUNCTION_ARGS)
{
	double		rate = CheckRate(PG_GETARG_FLOAT8(0), "rate");
	double		other_rate = CheckRate(PG_GETARG_FLOAT8(1), "other_rate");
	double		power = CheckPower(PG_GETARG_FLOAT8(2));
	double		confidence = CheckConfidence(PG_GETARG_FLOAT8(3));

	if (rate == other_rate)
		NoDifference();
	PG_RETURN_INT64(WholeUnits(ExperimentUnitsRate(rate, other_rate, power, confidence)));
}

/* experiment_units_mean(sd, difference, power, confidence float8) → bigint, of each variant */
Datum
experiment_units_mean(PG_FUNCTION_ARGS)
{
	double		sd = CheckFiniteParameter(PG_GETARG_FLOAT8(0), "sd");
	double		difference = CheckFiniteParameter(PG_GETARG_FLOAT8(1), "difference");
	double		power = CheckPower(PG_GETARG_FLOAT8(2));
	double		confidence = CheckConfidence(PG_GETARG_FLOAT8(3));

	if (sd <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sd must be above 0"),
				 errdetail("The value is %.15g.", sd),
				 errhint("It is the standard deviation among units, stddev_samp(value) of an earlier period.")));
	if (difference == 0)
		NoDifference();
	PG_RETURN_INT64(WholeUnits(ExperimentUnitsMean(sd, difference, power, confidence)));
}
