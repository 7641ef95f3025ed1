/*
 * integer_sum.c
 *		Exact sums: see integer_sum.h.
 *
 * What a test needs of the sums is n * sum(xy) - sum(x) * sum(y), which nearly
 * cancels where values are alike. It is taken in integers and only then becomes
 * a double.
 */
#include "postgres.h"

#include <math.h>

#include "base/integer_sum.h"

/* n times a sum, and a product of two plain sums, of 190 bits each, have 383 bits at most. */
#define WIDE_WORDS	8

typedef struct Wide
{
	uint64		word[WIDE_WORDS];	/* two's complement */
} Wide;

static void
Negate(uint64 *word, int words)
{
	uint64		carry = 1;

	for (int i = 0; i < words; i++)
	{
		word[i] = ~word[i] + carry;
		carry = carry && word[i] == 0;
	}
}

static void
Add(uint64 *sum, const uint64 *more, int words)
{
	unsigned __int128 carry = 0;

	for (int i = 0; i < words; i++)
	{
		carry += (unsigned __int128) sum[i] + more[i];
		sum[i] = (uint64) carry;
		carry >>= 64;
	}
}

static bool
IsNegative(const uint64 *word, int words)
{
	return word[words - 1] >> 63;
}

/* The product of two unsigned numbers, as far as it fits. */
static void
Multiply(const uint64 *left, int left_words, const uint64 *right, int right_words,
		 uint64 *product, int words)
{
	memset(product, 0, words * sizeof(uint64));
	for (int i = 0; i < left_words && i < words; i++)
	{
		unsigned __int128 carry = 0;

		for (int j = 0; i + j < words; j++)
		{
			carry += product[i + j];
			if (j < right_words)
				carry += (unsigned __int128) left[i] * right[j];
			product[i + j] = (uint64) carry;
			carry >>= 64;
		}
	}
}

void
IntegerSumAddProduct(IntegerSum *sum, __int128 left, __int128 right)
{
	unsigned __int128 left_size = SizeOf(left);
	unsigned __int128 right_size = SizeOf(right);
	uint64		left_words[2] = {(uint64) left_size, (uint64) (left_size >> 64)};
	uint64		right_words[2] = {(uint64) right_size, (uint64) (right_size >> 64)};
	IntegerSum	product;

	/* nearly all numbers fit in 64 bits */
	if (left == (int64) left && right == (int64) right)
	{
		IntegerSumAdd(sum, (__int128) (int64) left * (int64) right);
		return;
	}
	Multiply(left_words, 2, right_words, 2, product.word, INTEGER_SUM_WORDS);
	if ((left < 0) != (right < 0))
		Negate(product.word, INTEGER_SUM_WORDS);
	IntegerSumAddSum(sum, &product);
}

void
IntegerSumAddSum(IntegerSum *sum, const IntegerSum *more)
{
	Add(sum->word, more->word, INTEGER_SUM_WORDS);
}

bool
IntegerSumIsNegative(const IntegerSum *sum)
{
	return IsNegative(sum->word, INTEGER_SUM_WORDS);
}

bool
IntegerSumIsZero(const IntegerSum *sum)
{
	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
		if (sum->word[i] != 0)
			return false;
	return true;
}

/* The size of a sum; returns whether it is negative. */
static bool
SumSize(const IntegerSum *sum, IntegerSum *size)
{
	bool		negative = IntegerSumIsNegative(sum);

	*size = *sum;
	if (negative)
		Negate(size->word, INTEGER_SUM_WORDS);
	return negative;
}

/* size * factor + more; false when it does not fit. */
static bool
MultiplySmall(IntegerSum *size, uint64 factor, uint64 more)
{
	unsigned __int128 carry = more;

	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
	{
		carry += (unsigned __int128) size->word[i] * factor;
		size->word[i] = (uint64) carry;
		carry >>= 64;
	}
	return carry == 0 && !IntegerSumIsNegative(size);
}

/* The rest of a division; size becomes the quotient. */
static uint64
DivideSmall(IntegerSum *size, uint64 divisor)
{
	unsigned __int128 rest = 0;

	for (int i = INTEGER_SUM_WORDS - 1; i >= 0; i--)
	{
		rest = (rest << 64) | size->word[i];
		size->word[i] = (uint64) (rest / divisor);
		rest %= divisor;
	}
	return (uint64) rest;
}

/* The same sum with so many more groups of four digits; false when it does not fit. */
bool
IntegerSumRescale(IntegerSum *sum, int groups)
{
	bool		negative = SumSize(sum, sum);

	for (; groups > 0; groups--)
		if (!MultiplySmall(sum, 10000, 0))
			return false;
	if (negative)
		Negate(sum->word, INTEGER_SUM_WORDS);
	return true;
}

/* Whether a sum is at most as large as so many products of two numbers can make it. */
bool
IntegerSumWithin(const IntegerSum *sum, int64 units, Magnitude left, Magnitude right)
{
	uint64		left_words[2] = {left.low, left.high};
	uint64		right_words[2] = {right.low, right.high};
	uint64		count = (uint64) units;
	uint64		product[4];
	IntegerSum	most;
	IntegerSum	size;

	Multiply(left_words, 2, right_words, 2, product, 4);
	Multiply(product, 4, &count, 1, most.word, INTEGER_SUM_WORDS);
	SumSize(sum, &size);
	for (int i = INTEGER_SUM_WORDS - 1; i >= 0; i--)
		if (size.word[i] != most.word[i])
			return size.word[i] < most.word[i];
	return true;
}

/* A number that is not negative, as the nearest double. */
static double
WordsToDouble(const uint64 *word, int words)
{
	int			top = words - 1;
	uint64		high;
	int			shift;

	while (top > 0 && word[top] == 0)
		top--;
	if (top == 0)
		return (double) word[0];
	shift = __builtin_clzll(word[top]);
	high = word[top] << shift;
	if (shift > 0)
		high |= word[top - 1] >> (64 - shift);
	/* what is cut off decides only where the rest lies just in the middle */
	if (shift > 0 && word[top - 1] << shift != 0)
		high |= 1;
	else if (shift == 0 && word[top - 1] != 0)
		high |= 1;
	for (int i = top - 2; i >= 0; i--)
		if (word[i] != 0)
			high |= 1;
	return ldexp((double) high, 64 * top - shift);
}

/* 10^(4 * groups), exact up to 5 groups. */
static double
GroupPower(int groups)
{
	double		power = 1;

	for (; groups > 0; groups--)
		power *= 10000;
	return power;
}

double
IntegerSumToDouble(const IntegerSum *sum, int groups)
{
	IntegerSum	size;
	bool		negative = SumSize(sum, &size);
	double		value = WordsToDouble(size.word, INTEGER_SUM_WORDS) / GroupPower(groups);

	return negative ? -value : value;
}

/* units * products - left * right */
static Wide
Scatter(int64 units, const IntegerSum *products, const IntegerSum *left, const IntegerSum *right)
{
	IntegerSum	size;
	IntegerSum	other;
	Wide		scatter;
	Wide		less;
	uint64		count = (uint64) units;
	bool		negative;

	negative = SumSize(products, &size);
	Multiply(size.word, INTEGER_SUM_WORDS, &count, 1, scatter.word, WIDE_WORDS);
	if (negative)
		Negate(scatter.word, WIDE_WORDS);
	negative = SumSize(left, &size) != SumSize(right, &other);
	Multiply(size.word, INTEGER_SUM_WORDS, other.word, INTEGER_SUM_WORDS, less.word, WIDE_WORDS);
	if (!negative)
		Negate(less.word, WIDE_WORDS);
	Add(scatter.word, less.word, WIDE_WORDS);
	return scatter;
}

/*
 * The sign of units * squares - sum * sum: never negative for real rows, 0 where
 * all are equal.
 */
int
IntegerSumScatterSign(int64 units, const IntegerSum *squares, const IntegerSum *sum)
{
	Wide		scatter = Scatter(units, squares, sum, sum);

	if (IsNegative(scatter.word, WIDE_WORDS))
		return -1;
	for (int i = 0; i < WIDE_WORDS; i++)
		if (scatter.word[i] != 0)
			return 1;
	return 0;
}

/*
 * The sample covariance (variance, where left is right) of rows with these sums,
 * units > 1; groups: of left and right together.
 */
double
IntegerSumScatter(int64 units, const IntegerSum *products, const IntegerSum *left, const IntegerSum *right,
		   int groups)
{
	Wide		scatter = Scatter(units, products, left, right);
	bool		negative = IsNegative(scatter.word, WIDE_WORDS);
	double		value;

	if (negative)
		Negate(scatter.word, WIDE_WORDS);
	value = WordsToDouble(scatter.word, WIDE_WORDS) / units / (units - 1) / GroupPower(groups);
	return negative ? -value : value;
}

#define CHUNK_DIGITS	18
#define CHUNK			UINT64CONST(1000000000000000000)

/*
 * Decimal text with `scale` digits behind the point, behind which there are only
 * zeros. Returns where it begins in `text`, of INTEGER_SUM_TEXT_SIZE bytes.
 */
char *
IntegerSumToText(const IntegerSum *sum, int groups, int scale, char *text)
{
	IntegerSum	rest;
	bool		negative = SumSize(sum, &rest);
	char	   *at = text + INTEGER_SUM_TEXT_SIZE;
	int			behind = 4 * groups;
	int			digit = 0;

	*--at = '\0';
	while (digit <= behind || !IntegerSumIsZero(&rest))
	{
		uint64		chunk = DivideSmall(&rest, CHUNK);

		for (int i = 0; i < CHUNK_DIGITS; i++, digit++)
		{
			if (digit > behind && chunk == 0 && IntegerSumIsZero(&rest))
				break;
			if (digit == behind && scale > 0)
				*--at = '.';
			if (digit >= behind - scale)
				*--at = '0' + chunk % 10;
			chunk /= 10;
		}
	}
	if (negative)
		*--at = '-';
	return at;
}

/*
 * Reads plain decimal text, without an exponent; false when it has too many
 * digits before or behind the point.
 */
bool
IntegerSumFromText(const char *text, int groups, IntegerSum *sum)
{
	bool		negative = *text == '-';
	int			behind = 0;
	bool		after_point = false;

	memset(sum, 0, sizeof(IntegerSum));
	for (text += negative; *text; text++)
	{
		if (*text == '.')
		{
			after_point = true;
			continue;
		}
		if (after_point && ++behind > 4 * groups)
		{
			/* zeros may follow */
			if (*text != '0')
				return false;
			behind--;
			continue;
		}
		if (!MultiplySmall(sum, 10, *text - '0'))
			return false;
	}
	for (; behind < 4 * groups; behind++)
		if (!MultiplySmall(sum, 10, 0))
			return false;
	if (negative)
		Negate(sum->word, INTEGER_SUM_WORDS);
	return true;
}
