/*
 * experiment.h
 *		experiment_state: exact sums of the units of each variant.
 */
#ifndef REVOPS_EXPERIMENT_H
#define REVOPS_EXPERIMENT_H

#include "fmgr.h"

#include "base/integer_sum.h"
#include "base/state.h"

#define EXPERIMENT_MOST_VARIANTS	1000
#define EXPERIMENT_MOST_SCALE		36	/* decimal digits behind the point */

typedef enum ExperimentColumn
{
	EXPERIMENT_VALUE,
	EXPERIMENT_PER,
	EXPERIMENT_COVARIATE
} ExperimentColumn;

#define EXPERIMENT_COLUMNS	3

/* Products of columns, in the order in which a state holds them. */
#define EXPERIMENT_PRODUCTS	6

typedef struct ExperimentPair
{
	ExperimentColumn left;
	ExperimentColumn right;
} ExperimentPair;

extern const ExperimentPair experiment_pairs[EXPERIMENT_PRODUCTS];

#define PRODUCT_VALUE_VALUE			0
#define PRODUCT_VALUE_PER			1
#define PRODUCT_PER_PER				2
#define PRODUCT_VALUE_COVARIATE		3
#define PRODUCT_PER_COVARIATE		4
#define PRODUCT_COVARIATE_COVARIATE	5

/* Columns that a state has: in StateHeader's flags. */
#define EXPERIMENT_HAS_PER			0x1
#define EXPERIMENT_HAS_COVARIATE	0x2

/* What is known of a variant's units. What the next row needs comes first. */
typedef struct ExperimentVariant
{
	int64		units;			/* at least 1 */
	int32		size;			/* bytes up to the next variant */
	int16		length;			/* of the name */
	int16		is_binary;		/* every value is 0 or 1 */
	Magnitude	largest[EXPERIMENT_COLUMNS];
	IntegerSum	sum[EXPERIMENT_COLUMNS];
	IntegerSum	product[EXPERIMENT_PRODUCTS];
	IntegerSum	negative;		/* of the values below 0 */
	char		name[FLEXIBLE_ARRAY_MEMBER];
} ExperimentVariant;

/* Variants follow, by name, byte by byte. */
typedef struct ExperimentState
{
	StateHeader header;
	int32		variants;
	int32		used;			/* bytes of variants */
	int32		scale[EXPERIMENT_COLUMNS];	/* most decimal digits of the column */
	int32		unused;
} ExperimentState;

static inline ExperimentVariant *
FirstVariant(const ExperimentState *state)
{
	return (ExperimentVariant *) ((char *) state + sizeof(ExperimentState));
}

static inline ExperimentVariant *
NextVariant(const ExperimentVariant *variant)
{
	return (ExperimentVariant *) ((char *) variant + variant->size);
}

/* Groups of four digits behind the point, as base/decimal.h counts. */
static inline int
ScaleGroups(int scale)
{
	return (scale + 3) / 4;
}

static inline int
ColumnGroups(const ExperimentState *state, ExperimentColumn column)
{
	return ScaleGroups(state->scale[column]);
}

extern int	CompareVariantNames(const char *left, int left_length, const char *right, int right_length);
extern ExperimentState *ExperimentStateFromDatum(Datum value);

#endif							/* REVOPS_EXPERIMENT_H */
