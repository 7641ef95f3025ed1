/*
 * decimal.h
 *		Exact sums of money, several times faster than numeric's own.
 *
 * A Decimal is coefficient * 10^-(4 * groups): fixed point in numeric's own
 * base, 10,000, so that reading a numeric is a few multiplications. It holds 38
 * digits; what does not fit is for the caller to keep as a numeric.
 */
#ifndef REVOPS_DECIMAL_H
#define REVOPS_DECIMAL_H

#include "utils/numeric.h"

#include "base/numeric_call.h"

#ifndef HAVE_INT128
#error "revops needs a compiler with 128-bit integers"
#endif

#define DECIMAL_BASE		10000	/* what a group counts up to */
#define DECIMAL_MOST_GROUPS	9	/* 10^36 fits in 128 bits */

typedef struct Decimal
{
	int128		coefficient;
	int			groups;			/* base-10,000 digits behind the point */
	int			scale;			/* decimal digits behind the point to show */
} Decimal;

/*
 * A running sum inside a state. 128 bits are kept in two halves because a
 * state is aligned for 64; `overflow` of the caller's state takes over when
 * DecimalSumAdd says no.
 */
typedef struct DecimalSum
{
	int64		high;
	uint64		low;
	int32		groups;
	int32		scale;
} DecimalSum;

/* decimal.c */
extern bool DecimalMultiply(int128 *coefficient, int groups);
extern bool DecimalRescale(Decimal *decimal, int groups);
extern bool PowerOfTen(int exponent, int128 *power);
extern bool DecimalSumAdd(DecimalSum *sum, const Decimal *value);
extern Decimal DecimalSumValue(const DecimalSum *sum);
extern void DecimalSumNormalize(DecimalSum *sum);

/* decimal_numeric.c */
extern bool DecimalFromNumeric(const struct varlena *value, Decimal *decimal);
extern Numeric DecimalToNumeric(const Decimal *decimal);

#endif							/* REVOPS_DECIMAL_H */
