/*
 * bridge_big.c
 *		Integers of many words: see bridge_big.h.
 *
 * Nearly all that a bridge computes has one to three words; the loops are as
 * long as the numbers are.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/bridge_big.h"

typedef unsigned __int128 Double;

/* Leaves out words of 0 at the top. */
static inline void
Trim(Big *value)
{
	while (value->words > 0 && value->word[value->words - 1] == 0)
		value->words--;
	if (value->words == 0)
		value->negative = false;
}

void
BigSet(Big *value, __int128 number)
{
	Double		size = number < 0 ? -(Double) number : (Double) number;

	value->negative = number < 0;
	value->words = 2;
	value->word[0] = (uint64) size;
	value->word[1] = (uint64) (size >> 64);
	Trim(value);
}

void
BigCopy(Big *to, const Big *from)
{
	if (to == from)
		return;
	to->negative = from->negative;
	to->words = from->words;
	memcpy(to->word, from->word, from->words * sizeof(uint64));
}

void
BigNegate(Big *value)
{
	value->negative = value->words > 0 && !value->negative;
}

static int
CompareSizes(const Big *left, const Big *right)
{
	if (left->words != right->words)
		return left->words < right->words ? -1 : 1;
	for (int i = left->words - 1; i >= 0; i--)
		if (left->word[i] != right->word[i])
			return left->word[i] < right->word[i] ? -1 : 1;
	return 0;
}

int
BigCompare(const Big *left, const Big *right)
{
	int			left_sign = BigSign(left);
	int			right_sign = BigSign(right);

	if (left_sign != right_sign)
		return left_sign < right_sign ? -1 : 1;
	return left_sign * CompareSizes(left, right);
}

/* Adds sizes where the signs are one, else subtracts the smaller from the larger; sum may be left or right. */
static void
AddSigned(Big *sum, const Big *left, const Big *right, bool right_negative)
{
	if (left->words == 0)
	{
		BigCopy(sum, right);
		sum->negative = sum->words > 0 && right_negative;
		return;
	}
	if (right->words == 0)
	{
		BigCopy(sum, left);
		return;
	}
	if (left->negative == right_negative)
	{
		Double		carry = 0;
		int			words = Max(left->words, right->words);

		for (int i = 0; i < words; i++)
		{
			carry += i < left->words ? left->word[i] : 0;
			carry += i < right->words ? right->word[i] : 0;
			sum->word[i] = (uint64) carry;
			carry >>= 64;
		}
		sum->negative = left->negative;
		sum->words = words;
		if (carry)
		{
			Assert(words < BIG_WORDS);
			sum->word[sum->words++] = (uint64) carry;
		}
	}
	else
	{
		bool		swapped = CompareSizes(left, right) < 0;
		const Big  *large = swapped ? right : left;
		const Big  *small = swapped ? left : right;
		bool		negative = swapped ? right_negative : left->negative;
		int			words = large->words;
		uint64		borrow = 0;

		for (int i = 0; i < words; i++)
		{
			Double		less = (Double) (i < small->words ? small->word[i] : 0) + borrow;

			borrow = large->word[i] < less;
			sum->word[i] = (uint64) (large->word[i] - less);
		}
		sum->negative = negative;
		sum->words = words;
		Trim(sum);
	}
}

void
BigAdd(Big *sum, const Big *left, const Big *right)
{
	AddSigned(sum, left, right, right->negative);
}

void
BigSubtract(Big *difference, const Big *left, const Big *right)
{
	AddSigned(difference, left, right, right->words > 0 && !right->negative);
}

/* product is neither left nor right. */
void
BigMultiply(Big *product, const Big *left, const Big *right)
{
	if (left->words == 0 || right->words == 0)
	{
		product->words = 0;
		product->negative = false;
		return;
	}
	Assert(left->words + right->words <= BIG_WORDS);
	product->words = left->words + right->words;
	product->negative = left->negative != right->negative;
	memset(product->word, 0, product->words * sizeof(uint64));
	for (int i = 0; i < left->words; i++)
	{
		Double		carry = 0;

		for (int j = 0; j < right->words; j++)
		{
			carry += (Double) left->word[i] * right->word[j] + product->word[i + j];
			product->word[i + j] = (uint64) carry;
			carry >>= 64;
		}
		product->word[i + right->words] = (uint64) carry;
	}
	Trim(product);
}

void
BigMultiplyBy(Big *value, const Big *factor)
{
	Big			product;

	if (factor->words == 1 && factor->word[0] == 1 && !factor->negative)
		return;
	BigMultiply(&product, value, factor);
	BigCopy(value, &product);
}

/* value * 10^exponent, from 0. */
void
BigMultiplyPower(Big *value, int exponent)
{
	while (exponent > 0)
	{
		int			now = Min(exponent, 18);
		uint64		power = 1;
		Double		carry = 0;

		for (int i = 0; i < now; i++)
			power *= 10;
		for (int i = 0; i < value->words; i++)
		{
			carry += (Double) value->word[i] * power;
			value->word[i] = (uint64) carry;
			carry >>= 64;
		}
		if (carry)
		{
			Assert(value->words < BIG_WORDS);
			value->word[value->words++] = (uint64) carry;
		}
		exponent -= now;
	}
}

/* value * 2^(64 * words) */
void
BigShiftWords(Big *value, int words)
{
	if (value->words == 0)
		return;
	Assert(value->words + words <= BIG_WORDS);
	memmove(value->word + words, value->word, value->words * sizeof(uint64));
	memset(value->word, 0, words * sizeof(uint64));
	value->words += words;
}

/* Divides a size by one word, in place; returns the rest. */
static uint64
DivideWord(Big *value, uint64 divisor)
{
	Double		rest = 0;

	for (int i = value->words - 1; i >= 0; i--)
	{
		rest = (rest << 64) | value->word[i];
		value->word[i] = (uint64) (rest / divisor);
		rest %= divisor;
	}
	Trim(value);
	return (uint64) rest;
}

static inline uint64
ShiftedWord(const Big *value, int at, int shift)
{
	uint64		high = at < value->words ? value->word[at] : 0;

	if (shift == 0)
		return high;
	return (high << shift) | (at > 0 ? value->word[at - 1] >> (64 - shift) : 0);
}

/*
 * Divides sizes, quotient and rest cut off (Knuth's algorithm D); divisor has two
 * words or more and is not larger.
 */
static void
DivideLong(const Big *value, const Big *divisor, Big *quotient, Big *rest)
{
	int			n = divisor->words;
	int			m = value->words - n;
	int			shift = __builtin_clzll(divisor->word[n - 1]);
	uint64		u[BIG_WORDS + 1];
	uint64		v[BIG_WORDS];

	for (int i = 0; i < n; i++)
		v[i] = ShiftedWord(divisor, i, shift);
	for (int i = 0; i <= value->words; i++)
		u[i] = ShiftedWord(value, i, shift);

	quotient->words = m + 1;
	for (int j = m; j >= 0; j--)
	{
		Double		top = ((Double) u[j + n] << 64) | u[j + n - 1];
		Double		guess;
		Double		left;
		uint64		borrow = 0;
		Double		carry = 0;

		if (u[j + n] >= v[n - 1])
			guess = PG_UINT64_MAX;
		else
			guess = top / v[n - 1];
		left = top - guess * v[n - 1];
		while ((left >> 64) == 0 && guess * v[n - 2] > ((left << 64) | u[j + n - 2]))
		{
			guess--;
			left += v[n - 1];
		}
		for (int i = 0; i <= n; i++)
		{
			Double		less;

			carry += i < n ? guess * v[i] : 0;
			less = (Double) (uint64) carry + borrow;
			carry >>= 64;
			borrow = u[i + j] < less;
			u[i + j] = (uint64) (u[i + j] - less);
		}
		if (borrow)
		{
			carry = 0;
			guess--;
			for (int i = 0; i < n; i++)
			{
				carry += (Double) u[i + j] + v[i];
				u[i + j] = (uint64) carry;
				carry >>= 64;
			}
			u[j + n] += (uint64) carry;
		}
		quotient->word[j] = (uint64) guess;
	}
	rest->words = n;
	for (int i = 0; i < n; i++)
		rest->word[i] = shift == 0 ? u[i] : (u[i] >> shift) | (u[i + 1] << (64 - shift));
}

/*
 * Divides, toward minus infinity; the divisor is above 0. quotient and rest are
 * neither each other nor value or divisor.
 */
void
BigDivideFloor(const Big *value, const Big *divisor, Big *quotient, Big *rest)
{
	Assert(BigSign(divisor) > 0);
	if (CompareSizes(value, divisor) < 0)
	{
		quotient->words = 0;
		BigCopy(rest, value);
	}
	else if (value->words <= 2)
	{
		Double		left = value->word[0] | (value->words > 1 ? (Double) value->word[1] << 64 : 0);
		Double		right = divisor->word[0] | (divisor->words > 1 ? (Double) divisor->word[1] << 64 : 0);
		Double		whole = left / right;
		Double		over = left - whole * right;

		quotient->words = rest->words = 2;
		quotient->word[0] = (uint64) whole;
		quotient->word[1] = (uint64) (whole >> 64);
		rest->word[0] = (uint64) over;
		rest->word[1] = (uint64) (over >> 64);
	}
	else if (divisor->words == 1)
	{
		BigCopy(quotient, value);
		rest->words = 1;
		rest->word[0] = DivideWord(quotient, divisor->word[0]);
	}
	else
		DivideLong(value, divisor, quotient, rest);
	quotient->negative = rest->negative = false;
	Trim(quotient);
	Trim(rest);
	if (value->negative)
	{
		BigNegate(quotient);
		if (rest->words > 0)
		{
			Big			one;

			BigSet(&one, 1);
			BigSubtract(quotient, quotient, &one);
			BigSubtract(rest, divisor, rest);
		}
	}
}

/* False when it does not fit. */
bool
BigToInt128(const Big *value, __int128 *number)
{
	Double		size = 0;

	if (value->words > 2 || (value->words == 2 && value->word[1] >> 63))
		return false;
	for (int i = value->words - 1; i >= 0; i--)
		size = (size << 64) | value->word[i];
	*number = value->negative ? -(__int128) size : (__int128) size;
	return true;
}

/* The number to the precision of its first 128 bits or more. */
long double
BigToDouble(const Big *value)
{
	long double result = 0;
	int			least = Max(value->words - 3, 0);

	for (int i = value->words - 1; i >= least; i--)
		result = ldexpl(result, 64) + (long double) value->word[i];
	result = ldexpl(result, 64 * least);
	return value->negative ? -result : result;
}

/* A whole number. */
void
BigFromDouble(Big *value, long double number)
{
	int			exponent;
	long double fraction = frexpl(fabsl(number), &exponent);
	int			shift = exponent - 64;

	/* the first 64 bits, which for a double are all */
	BigSet(value, (__int128) (uint64) ldexpl(fraction, Min(exponent, 64)));
	if (shift > 0)
	{
		Big			power;

		BigSet(&power, (__int128) ((Double) 1 << (shift % 64)));
		BigMultiplyBy(value, &power);
		BigShiftWords(value, shift / 64);
	}
	value->negative = value->words > 0 && number < 0;
}

/*
 * Decimal text with `scale` of the digits behind the point. Returns where it
 * begins in `text`, of BIG_TEXT_SIZE bytes.
 */
char *
BigToText(const Big *value, int scale, char *text)
{
	Big			rest;
	char	   *at = text + BIG_TEXT_SIZE;

	BigCopy(&rest, value);
	*--at = '\0';
	for (int digit = 0; digit <= scale || rest.words > 0; digit++)
	{
		if (digit == scale && scale > 0)
			*--at = '.';
		*--at = '0' + (char) DivideWord(&rest, 10);
	}
	if (value->negative)
		*--at = '-';
	return at;
}
