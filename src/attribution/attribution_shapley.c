/*
 * attribution_shapley.c
 *		Shapley values of rates: see attribution_shapley.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "attribution/attribution_shapley.h"

/* Makes of values per set the sums over its subsets, in place (Yates). */
static void
SumSubsets(int channels, double *values)
{
	uint32		sets = (uint32) 1 << channels;

	for (int c = 0; c < channels; c++)
	{
		CHECK_FOR_INTERRUPTS();
		for (uint32 s = 0; s < sets; s++)
			if (s & ((uint32) 1 << c))
				values[s] += values[s ^ ((uint32) 1 << c)];
	}
}

/*
 * The Shapley value of each channel in the game v(S) = sum of part / sum of whole over
 * the sets inside S, 0 where whole is 0. part, whole: of each set of channels, by its
 * bits; they are overwritten. channels: 1 to SHAPLEY_MOST_CHANNELS.
 */
void
ShapleyRates(int channels, double *part, double *whole, double *result)
{
	uint32		sets = (uint32) 1 << channels;
	double		weight[SHAPLEY_MOST_CHANNELS];	/* of a set of so many others */

	SumSubsets(channels, part);
	SumSubsets(channels, whole);
	for (uint32 s = 0; s < sets; s++)
		part[s] = whole[s] > 0 ? part[s] / whole[s] : 0;

	/* |S|! (n - |S| - 1)! / n! */
	weight[0] = 1.0 / channels;
	for (int i = 1; i < channels; i++)
		weight[i] = weight[i - 1] * i / (channels - i);
	for (int c = 0; c < channels; c++)
	{
		uint32		bit = (uint32) 1 << c;
		double		by_count[SHAPLEY_MOST_CHANNELS] = {0};

		CHECK_FOR_INTERRUPTS();
		for (uint32 s = 0; s < sets; s++)
			if (!(s & bit))
				by_count[__builtin_popcount(s)] += part[s | bit] - part[s];
		result[c] = 0;
		for (int i = 0; i < channels; i++)
			result[c] += weight[i] * by_count[i];
	}
}
