/*
 * rfm_cuts.c
 *		The scoring rule of RFM, on plain arrays.
 *
 * With k bins over n values, cut j (1 <= j < k) is the value at rank
 * ceil(j * n / k), counted from 1 in ascending order: what percentile_disc(j/k)
 * means, in integers. The score of a value is 1 + the number of cuts strictly
 * below it. So equal values get equal scores, which NTILE does not promise, and
 * neither the unit nor the order of rows has a say.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "rfm/rfm_cuts.h"

#define ST_SORT SortDoubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Below this many values sorting is as good as selecting. */
#define SMALL_RANGE 64

static inline double
MedianOfThree(double a, double b, double c)
{
	return a < b ? (b < c ? b : Max(a, c)) : (a < c ? a : Max(b, c));
}

/*
 * Puts the values of the wanted ranks where sorting would put them.
 *
 * values[low..high) holds the ranks of that range; ranks[] is ascending, from 0.
 * Quickselect with a partition in three (many values are equal: order counts),
 * into both sides as far as ranks lie there. `depth` bounds the bad luck with
 * pivots: past it the range is sorted.
 */
static void
SelectRanks(double *values, int64 low, int64 high,
			const int64 *ranks, int rank_count, int depth)
{
	while (rank_count > 0)
	{
		int64		length = high - low;
		int64		below = low;
		int64		above = high;
		int64		at = low;
		double		pivot;
		int			left = 0;
		int			right;

		CHECK_FOR_INTERRUPTS();
		if (length <= SMALL_RANGE || depth == 0)
		{
			SortDoubles(values + low, length);
			return;
		}
		depth--;
		pivot = MedianOfThree(values[low], values[low + length / 2], values[high - 1]);

		/* values[low..below) < pivot, [below..at) = pivot, [above..high) > pivot */
		while (at < above)
		{
			double		value = values[at];

			if (value < pivot)
			{
				values[at++] = values[below];
				values[below++] = value;
			}
			else if (value > pivot)
			{
				values[at] = values[--above];
				values[above] = value;
			}
			else
				at++;
		}

		while (left < rank_count && ranks[left] < below)
			left++;
		right = left;
		while (right < rank_count && ranks[right] < above)
			right++;
		SelectRanks(values, low, below, ranks, left, depth);
		ranks += right;
		rank_count -= right;
		low = above;
	}
}

/*
 * The cuts of `count` >= 1 finite values into `bins` bins: cuts[0..bins-2],
 * ascending, equal where the data is skewed. Reorders the values.
 */
void
QuantileCuts(double *values, int64 count, int bins, double *cuts)
{
	int64		ranks[RFM_MOST_CUTS] = {0};
	int			depth = 0;

	for (int64 rest = count; rest > 0; rest /= 2)
		depth += 2;
	for (int j = 1; j < bins; j++)
		ranks[j - 1] = (j * count + bins - 1) / bins - 1;
	SelectRanks(values, 0, count, ranks, bins - 1, depth);
	for (int j = 1; j < bins; j++)
		cuts[j - 1] = values[ranks[j - 1]];
}

/*
 * An exact sum of doubles: a whole number of 2^-1074, the smallest double, in
 * limbs of 32 bits, the lowest first. 2^30 doubles can be added before the
 * limbs must pass on what they have beyond 32 bits; two limbs are spare for it.
 */
#define LIMB_BITS	32
#define SUM_LIMBS	68
#define LOWEST_BIT	1074		/* 2^-1074 is bit 0 */
#define MANTISSA_BITS	52		/* of a double, as stored */
#define EXPONENT_MASK	0x7FF

typedef struct ExactSum
{
	int64		limbs[SUM_LIMBS];
	int64		added;			/* since the limbs last passed on */
} ExactSum;

/* Leaves 0..2^32-1 in all limbs but the highest, which has the sign. */
static void
ExactSumCarry(ExactSum *sum)
{
	for (int i = 0; i < SUM_LIMBS - 1; i++)
	{
		int64		carry = sum->limbs[i] >> LIMB_BITS;

		sum->limbs[i] -= carry * (INT64CONST(1) << LIMB_BITS);
		sum->limbs[i + 1] += carry;
	}
	sum->added = 0;
}

static void
ExactSumAdd(ExactSum *sum, double value)
{
	uint64		stored;
	uint64		mantissa;
	int			place = 0;
	unsigned __int128 bits;

	memcpy(&stored, &value, sizeof(stored));
	mantissa = stored & ((UINT64CONST(1) << MANTISSA_BITS) - 1);
	stored >>= MANTISSA_BITS;	/* sign and exponent are left */
	if ((stored & EXPONENT_MASK) != 0)
	{
		/* not subnormal: the leading bit is not stored */
		mantissa |= UINT64CONST(1) << MANTISSA_BITS;
		place = (int) (stored & EXPONENT_MASK) - 1;
	}
	bits = (unsigned __int128) mantissa << (place % LIMB_BITS);
	for (int i = place / LIMB_BITS; bits > 0; i++, bits >>= LIMB_BITS)
	{
		int64		part = (int64) (uint32) bits;

		sum->limbs[i] += value < 0 ? -part : part;
	}
	if (++sum->added >= (INT64CONST(1) << 30))
		ExactSumCarry(sum);
}

/*
 * The sum divided by count >= 1, rounded once; a subnormal one twice. count is
 * below 2^32, as there is no room for more values.
 */
static double
ExactSumDivide(ExactSum *sum, int64 count)
{
	uint64		quotient[SUM_LIMBS + 3] = {0};	/* three limbs behind the lowest bit */
	uint64		rest = 0;
	bool		negative;
	int			top = SUM_LIMBS + 2;
	unsigned __int128 leading = 0;
	int			place;
	int			shift = 0;

	ExactSumCarry(sum);
	negative = sum->limbs[SUM_LIMBS - 1] < 0;
	if (negative)
	{
		for (int i = 0; i < SUM_LIMBS; i++)
			sum->limbs[i] = -sum->limbs[i];
		ExactSumCarry(sum);
	}
	for (int i = SUM_LIMBS + 2; i >= 0; i--)
	{
		rest = rest << LIMB_BITS | (i >= 3 ? (uint64) sum->limbs[i - 3] : 0);
		quotient[i] = rest / (uint64) count;
		rest %= (uint64) count;
	}

	while (top > 3 && quotient[top] == 0)
		top--;
	for (int i = top; i > top - 4; i--)
		leading = leading << LIMB_BITS | quotient[i];
	place = (top - 6) * LIMB_BITS - LOWEST_BIT; /* of the last bit of leading */
	while (leading >> 64 >> shift != 0)
		shift++;
	if ((leading & (((unsigned __int128) 1 << shift) - 1)) != 0 || rest != 0)
		leading |= (unsigned __int128) 1 << shift;	/* more follows: not halfway */
	for (int i = top - 4; i >= 0; i--)
		if (quotient[i] != 0)
			leading |= (unsigned __int128) 1 << shift;
	return ldexp((double) (uint64) (leading >> shift), place + shift) * (negative ? -1.0 : 1.0);
}

/*
 * The arithmetic mean of `count` >= 1 finite values, whatever their order: of
 * equal values it is that value, so that none of them lies above it.
 */
double
MeanCut(const double *values, int64 count)
{
	ExactSum	sum = {0};

	for (int64 i = 0; i < count; i++)
	{
		if (i % 1000000 == 0)
			CHECK_FOR_INTERRUPTS();
		ExactSumAdd(&sum, values[i]);
	}
	return ExactSumDivide(&sum, count) + 0.0;
}

/*
 * The score of a value: 1 + the number of cuts strictly below it. cuts:
 * ascending, equal ones allowed.
 */
int
ScoreByCuts(const double *cuts, int cut_count, double value)
{
	int			low = 0;
	int			high = cut_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (cuts[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low + 1;
}
