/*
 * numeric_call.h
 *		numeric's arithmetic under names that C reads well. Exact: no division
 *		but the one that gives a whole quotient.
 */
#ifndef REVOPS_NUMERIC_CALL_H
#define REVOPS_NUMERIC_CALL_H

#include "utils/numeric.h"

extern Numeric NumericZero(void);
extern Numeric NumericAdd(Numeric left, Numeric right);
extern Numeric NumericSubtract(Numeric left, Numeric right);
extern Numeric NumericNegate(Numeric value);
extern Numeric NumericMultiply(Numeric left, Numeric right);
extern Numeric NumericDivideWhole(Numeric left, Numeric right);
extern Numeric NumericPowerOfTen(int exponent);
extern int	NumericCompare(Numeric left, Numeric right);
extern bool NumericIsNegative(Numeric value);
extern Numeric NumericTrim(Numeric value);
extern int	NumericScale(Numeric value);
extern Numeric NumericRoundTo(Numeric value, int scale);
extern Numeric NumericTruncateTo(Numeric value, int scale);
extern char *NumericToText(Numeric value);
extern Numeric NumericFromText(const char *text);

#define NumericIsFinite(value)	(!numeric_is_nan(value) && !numeric_is_inf(value))

#endif							/* REVOPS_NUMERIC_CALL_H */
