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

#include "rfm_cuts.h"

#define ST_SORT SortDoubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
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
 * An exact sum of doubles, as parts that do not overlap, smallest first.
 * Source: J. R. Shewchuk, "Adaptive precision floating-point arithmetic and fast
 * robust geometric predicates", Discrete & Computational Geometry 18 (1997),
 * section 2.4 (Grow-Expansion). 40 parts hold the whole range of a double.
 */
typedef struct ExactSum
{
	double		parts[40];
	int			count;
} ExactSum;

static void
ExactSumAdd(ExactSum *sum, double value)
{
	int			kept = 0;

	for (int i = 0; i < sum->count; i++)
	{
		double		part = sum->parts[i];
		double		total = value + part;
		double		part_in_total = total - value;
		double		lost = (value - (total - part_in_total)) + (part - part_in_total);

		if (lost != 0)
			sum->parts[kept++] = lost;
		value = total;
	}
	sum->parts[kept++] = value;
	sum->count = kept;
}

static double
ExactSumRound(const ExactSum *sum)
{
	double		total = 0;

	for (int i = 0; i < sum->count; i++)
		total += sum->parts[i];
	return total;
}

/*
 * The arithmetic mean of `count` >= 1 finite values, whatever their order: of
 * equal values it is that value, so that none of them lies above it.
 */
double
MeanCut(const double *values, int64 count)
{
	ExactSum	sum = {.count = 0};
	double		largest = 0;
	double		scale;
	double		mean;
	double		product;

	for (int64 i = 0; i < count; i++)
		largest = Max(largest, fabs(values[i]));
	/* far below overflow, whatever the number of values */
	scale = largest > 1e280 ? ldexp(1.0, -100) : 1.0;
	for (int64 i = 0; i < count; i++)
	{
		if (i % 1000000 == 0)
			CHECK_FOR_INTERRUPTS();
		ExactSumAdd(&sum, values[i] * scale);
	}

	/* the remainder of the division, exactly, corrects the quotient */
	mean = ExactSumRound(&sum) / (double) count;
	product = mean * (double) count;
	ExactSumAdd(&sum, -product);
	ExactSumAdd(&sum, -fma(mean, (double) count, -product));
	mean += ExactSumRound(&sum) / (double) count;
	return mean / scale;
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
