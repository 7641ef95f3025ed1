/*
 * decimal.c
 *		Exact sums of money: see decimal.h.
 */
#include "postgres.h"

#include "base/decimal.h"

static const int64 group_power[] = {
	INT64CONST(1), INT64CONST(10000), INT64CONST(100000000),
	INT64CONST(1000000000000), INT64CONST(10000000000000000)
};

/*
 * coefficient * 10,000^groups; false when it does not fit.
 */
bool
DecimalMultiply(int128 *coefficient, int groups)
{
	while (groups > 0)
	{
		int			now = Min(groups, 4);

		if (__builtin_mul_overflow(*coefficient, (int128) group_power[now], coefficient))
			return false;
		groups -= now;
	}
	return true;
}

/* 10^exponent, from 0; false when it does not fit in 128 bits. */
bool
PowerOfTen(int exponent, int128 *power)
{
	*power = 1;
	for (; exponent > 0; exponent--)
		if (__builtin_mul_overflow(*power, (int128) 10, power))
			return false;
	return true;
}

/*
 * The same number with more digits behind the point; false when it does not fit.
 */
bool
DecimalRescale(Decimal *decimal, int groups)
{
	Assert(groups >= decimal->groups);
	if (groups > DECIMAL_MOST_GROUPS ||
		!DecimalMultiply(&decimal->coefficient, groups - decimal->groups))
		return false;
	decimal->groups = groups;
	return true;
}

/* The sum so far. */
Decimal
DecimalSumValue(const DecimalSum *sum)
{
	Decimal		value;

	value.coefficient = (int128) (((unsigned __int128) (uint64) sum->high << 64) | sum->low);
	value.groups = sum->groups;
	value.scale = sum->scale;
	return value;
}

/*
 * Adds a value; false, with the sum as it was, when the result does not fit.
 */
bool
DecimalSumAdd(DecimalSum *sum, const Decimal *value)
{
	Decimal		total = DecimalSumValue(sum);
	Decimal		more = *value;

	if (more.groups < total.groups)
	{
		if (!DecimalRescale(&more, total.groups))
			return false;
	}
	else if (more.groups > total.groups)
	{
		if (!DecimalRescale(&total, more.groups))
			return false;
	}
	if (__builtin_add_overflow(total.coefficient, more.coefficient, &total.coefficient))
		return false;
	sum->high = (int64) (total.coefficient >> 64);
	sum->low = (uint64) total.coefficient;
	sum->groups = total.groups;
	sum->scale = Max(sum->scale, more.scale);
	return true;
}

/*
 * Writes the sum with the fewest digits behind the point, as it would be of the one
 * amount that it comes to: 0.5 + 0.5 as 1.0.
 */
void
DecimalSumNormalize(DecimalSum *sum)
{
	Decimal		total = DecimalSumValue(sum);

	while (total.groups > 0 && total.coefficient % DECIMAL_BASE == 0)
	{
		total.coefficient /= DECIMAL_BASE;
		total.groups--;
	}
	sum->high = (int64) (total.coefficient >> 64);
	sum->low = (uint64) total.coefficient;
	sum->groups = total.groups;
}
