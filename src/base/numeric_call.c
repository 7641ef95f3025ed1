/*
 * numeric_call.c
 *		numeric's arithmetic under C names: see numeric_call.h.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"

#include "base/numeric_call.h"

Numeric
NumericZero(void)
{
	return int64_to_numeric(0);
}

Numeric
NumericAdd(Numeric left, Numeric right)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_add, NumericGetDatum(left),
											   NumericGetDatum(right)));
}

Numeric
NumericSubtract(Numeric left, Numeric right)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_sub, NumericGetDatum(left),
											   NumericGetDatum(right)));
}

Numeric
NumericNegate(Numeric value)
{
	return DatumGetNumeric(DirectFunctionCall1(numeric_uminus, NumericGetDatum(value)));
}

/* The exact product, unless it has more than 16,383 decimals. */
Numeric
NumericMultiply(Numeric left, Numeric right)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_mul, NumericGetDatum(left),
											   NumericGetDatum(right)));
}

/* The whole part of left / right, exactly; right is not 0. */
Numeric
NumericDivideWhole(Numeric left, Numeric right)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_div_trunc, NumericGetDatum(left),
											   NumericGetDatum(right)));
}

/* 10^exponent, exactly; -1000 to 1000. */
Numeric
NumericPowerOfTen(int exponent)
{
	char		text[32];

	snprintf(text, sizeof(text), "1e%d", exponent);
	return NumericFromText(text);
}

/* Below 0, 0 or above 0. */
int
NumericCompare(Numeric left, Numeric right)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(left),
											 NumericGetDatum(right)));
}

bool
NumericIsNegative(Numeric value)
{
	return NumericCompare(value, NumericZero()) < 0;
}

/* The same number without zeros at its end: equal numbers become equal bytes. */
Numeric
NumericTrim(Numeric value)
{
	return DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(value)));
}

/* Decimal digits behind the point, as shown; of a finite number. */
int
NumericScale(Numeric value)
{
	return DatumGetInt32(DirectFunctionCall1(numeric_scale, NumericGetDatum(value)));
}

/* Rounded, halves away from 0, and shown with that many decimals. */
Numeric
NumericRoundTo(Numeric value, int scale)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, NumericGetDatum(value),
											   Int32GetDatum(scale)));
}

/* Cut off, towards 0. */
Numeric
NumericTruncateTo(Numeric value, int scale)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_trunc, NumericGetDatum(value),
											   Int32GetDatum(scale)));
}

char *
NumericToText(Numeric value)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value)));
}

/* Reads a decimal number; numeric's own error when the text is none. */
Numeric
NumericFromText(const char *text)
{
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}
