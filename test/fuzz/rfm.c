/*
 * rfm.c
 *		Cuts of a population, against sorting all of it; means, against exact sums.
 */
#include "fuzz.h"

#include <float.h>
#include <math.h>

#include "big.h"
#include "rfm/rfm_cuts.h"

#define MOST_VALUES 400

static int
CompareDoubles(const void *a, const void *b)
{
	double		left = *(const double *) a;
	double		right = *(const double *) b;

	return left < right ? -1 : left > right;
}

static double
DrawValue(int kind)
{
	switch (kind)
	{
		case 0:
			return RandomBelow(5);
		case 1:
			return RandomBelow(1000000) / 100.0 - 3000;
		case 2:
			return (Chance(50) ? 1 : -1) * ldexp((double) (RandomBits() >> 11), RandomBetween(-1127, 970));
		case 3:
			return (Chance(50) ? 1 : -1) * DBL_MAX;
		case 4:
			return (Chance(50) ? 1 : -1) * RandomBelow(9) * DBL_TRUE_MIN;
		default:
			return 0.1;
	}
}

static int
DrawValues(double *values)
{
	int			count = Chance(20) ? RandomBetween(1, MOST_VALUES) : RandomBetween(1, 30);
	int			kind = RandomBelow(6);
	int			order = RandomBelow(4);

	for (int i = 0; i < count; i++)
		values[i] = DrawValue(kind == 5 && Chance(30) ? RandomBelow(5) : kind) + 0.0;	/* no -0 */
	if (order > 1)
		qsort(values, count, sizeof(double), CompareDoubles);
	if (order == 3)
		for (int i = 0; i < count / 2; i++)
		{
			double		swapped = values[i];

			values[i] = values[count - 1 - i];
			values[count - 1 - i] = swapped;
		}
	Note("%d values of kind %d, order %d\n", count, kind, order);
	for (int i = 0; i < count; i++)
		Note("    %.17g\n", values[i]);
	return count;
}

void
RfmCutsCase(void)
{
	double	   *values = palloc(MOST_VALUES * sizeof(double));
	int			count = DrawValues(values);
	double	   *sorted = palloc(count * sizeof(double));
	double	   *given = palloc(count * sizeof(double));
	int			bins = Chance(70) ? RandomBetween(2, 9) : RandomBetween(RFM_LEAST_BINS, RFM_MOST_BINS);
	double	   *cuts = palloc((bins - 1) * sizeof(double));

	memcpy(sorted, values, count * sizeof(double));
	memcpy(given, values, count * sizeof(double));
	qsort(sorted, count, sizeof(double), CompareDoubles);
	QuantileCuts(given, count, bins, cuts);
	for (int j = 1; j < bins; j++)
	{
		int			rank = (int) ceill((long double) j * count / bins);

		EXPECT(cuts[j - 1] == sorted[rank - 1], "cut %d of %d is %.17g, not %.17g", j, bins,
			   cuts[j - 1], sorted[rank - 1]);
	}
	qsort(given, count, sizeof(double), CompareDoubles);
	EXPECT(memcmp(given, sorted, count * sizeof(double)) == 0, "other values than before");
	for (int i = 0; i < count; i++)
	{
		int			score = 1;

		for (int j = 0; j < bins - 1; j++)
			score += cuts[j] < values[i];
		EXPECT(ScoreByCuts(cuts, bins - 1, values[i]) == score, "%.17g scores not %d", values[i],
			   score);
	}
}

/* How far a mean of so many is from the sum, times their count and 2^1074. */
static Big
Distance(double mean, int count, Big sum)
{
	return BigAbsolute(BigSubtract(BigMultiply(BigOfDouble(mean), BigOf(count)), sum));
}

/* Four values whose mean lies between two doubles, or next to nothing beside it. */
static int
DrawHalfway(double *values)
{
	double		even = ldexp((double) (RandomBits() >> 11), RandomBetween(-200, 200));

	values[0] = even;
	values[1] = nextafter(even, INFINITY);
	values[2] = 0;
	values[3] = RandomBetween(-1, 1) * ldexp(1, RandomBetween(-1000, -300));
	return 4;
}

void
RfmMeanCase(void)
{
	double	   *values = palloc(MOST_VALUES * sizeof(double));
	int			count = Chance(20) ? DrawHalfway(values) : DrawValues(values);
	double		mean = MeanCut(values, count);
	Big			sum = BigOf(0);
	int			above;
	int			below;

	for (int i = 0; i < count; i++)
		sum = BigAdd(sum, BigOfDouble(values[i]));
	/* no double is nearer; below the normal ones it is rounded twice */
	EXPECT(isfinite(mean), "mean %.17g", mean);
	if (fabs(mean) < DBL_MIN)
	{
		EXPECT(BigCompare(Distance(mean, count, sum), BigOf(count)) < 0,
			   "mean %.17g is not within the least there is", mean);
		return;
	}
	above = mean == DBL_MAX ? 1 :
		BigCompare(Distance(nextafter(mean, INFINITY), count, sum), Distance(mean, count, sum));
	below = mean == -DBL_MAX ? 1 :
		BigCompare(Distance(nextafter(mean, -INFINITY), count, sum), Distance(mean, count, sum));
	EXPECT(above >= 0 && below >= 0, "mean %.17g, but %s is nearer", mean,
		   above < 0 ? "the next above" : "the next below");
	if (above == 0 || below == 0)
	{
		uint64		bits;

		memcpy(&bits, &mean, sizeof(bits));
		EXPECT((bits & 1) == 0, "mean %.17g, halfway, is not the even one", mean);
	}
}
