/*
 * integer_sum.h
 *		Exact sums of decimals, of their squares and products, in integers of a
 *		fixed size. No SQL here.
 *
 * A number is a coefficient below 2^127 in units of 10^-(4 * groups), as
 * base/decimal.h reads it from a numeric. A product of two has 254 bits; 2^63
 * such products fit in 320. So no sum can overflow, whatever the order, and
 * equal rows have equal sums, to the last bit.
 */
#ifndef REVOPS_INTEGER_SUM_H
#define REVOPS_INTEGER_SUM_H

#define INTEGER_SUM_WORDS	5

/* Two's complement, the lowest word first. */
typedef struct IntegerSum
{
	uint64		word[INTEGER_SUM_WORDS];
} IntegerSum;

/* A coefficient's size, below 2^127: not int128, whose alignment a state does not have. */
typedef struct Magnitude
{
	uint64		low;
	uint64		high;
} Magnitude;

#define MAGNITUDE_BITS	127

static inline unsigned __int128
MagnitudeValue(Magnitude magnitude)
{
	return ((unsigned __int128) magnitude.high << 64) | magnitude.low;
}

static inline Magnitude
MagnitudeMake(unsigned __int128 value)
{
	Magnitude	magnitude = {(uint64) value, (uint64) (value >> 64)};

	return magnitude;
}

/* The size of a coefficient; that of the least one too. */
static inline unsigned __int128
SizeOf(__int128 value)
{
	return value < 0 ? -(unsigned __int128) value : (unsigned __int128) value;
}

/* Adds a number. Nearly always only two words change. */
static inline void
IntegerSumAdd(IntegerSum *sum, __int128 value)
{
	unsigned __int128 size = SizeOf(value);
	unsigned __int128 low = ((unsigned __int128) sum->word[1] << 64) | sum->word[0];
	unsigned __int128 result = value < 0 ? low - size : low + size;

	sum->word[0] = (uint64) result;
	sum->word[1] = (uint64) (result >> 64);
	if (value < 0 && result > low)
	{
		for (int i = 2; i < INTEGER_SUM_WORDS && sum->word[i]-- == 0; i++)
			;
	}
	else if (value >= 0 && result < low)
	{
		for (int i = 2; i < INTEGER_SUM_WORDS && ++sum->word[i] == 0; i++)
			;
	}
}

extern void IntegerSumAddProduct(IntegerSum *sum, __int128 left, __int128 right);
extern void IntegerSumAddSum(IntegerSum *sum, const IntegerSum *more);
extern bool IntegerSumRescale(IntegerSum *sum, int groups);
extern bool IntegerSumIsNegative(const IntegerSum *sum);
extern bool IntegerSumIsZero(const IntegerSum *sum);
extern bool IntegerSumWithin(const IntegerSum *sum, int64 units, Magnitude left, Magnitude right);
extern double IntegerSumToDouble(const IntegerSum *sum, int groups);
extern int	IntegerSumScatterSign(int64 units, const IntegerSum *squares, const IntegerSum *sum);
extern double IntegerSumScatter(int64 units, const IntegerSum *products, const IntegerSum *left,
						 const IntegerSum *right, int groups);

/* A sign, the digits, a point and an end. */
#define INTEGER_SUM_TEXT_SIZE	120

extern char *IntegerSumToText(const IntegerSum *sum, int groups, int scale, char *text);
extern bool IntegerSumFromText(const char *text, int groups, IntegerSum *sum);

#endif							/* REVOPS_INTEGER_SUM_H */
