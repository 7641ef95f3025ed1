/*
 * forecast_luck.c
 *		The distribution of a sum of independent deals: see forecast_luck.h.
 *
 * Deals are taken in one by one, the smallest first: what was possible before stays
 * so with the chance that the deal is not won, and moves up by its amount with the
 * chance that it is. This is exact but for the rounding of doubles. With the smallest
 * first, the list of possible sums is as short as it can be at each step.
 *
 * Sums at both ends that are less likely than 1e-100 together are let go: no answer
 * shows them, and with many deals they are nearly all.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "deal/forecast_luck.h"

#define NO_CHANCE	1e-100

/* Ties between a cumulated chance and the one that is asked for, in spite of rounding. */
#define SLACK		1e-12

static inline int
CompareDeals(const LuckDeal *left, const LuckDeal *right)
{
	if (left->units != right->units)
		return left->units < right->units ? -1 : 1;
	return (left->chance > right->chance) - (left->chance < right->chance);
}

#define ST_SORT SortLuckDeals
#define ST_ELEMENT_TYPE LuckDeal
#define ST_COMPARE(a, b) CompareDeals(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

void
LuckSort(LuckDeal *deals, int count)
{
	SortLuckDeals(deals, count);
}

/* Lets go of the ends of chance[*low] to chance[*high] that have none worth showing. */
static void
TrimEnds(const double *chance, int64 *low, int64 *high)
{
	double		left = 0;

	while (*low < *high && (left += chance[*low]) < NO_CHANCE)
		(*low)++;
	left = 0;
	while (*high > *low && (left += chance[*high]) < NO_CHANCE)
		(*high)--;
}

/*
 * The distribution of sorted deals, in the current context. Time and memory grow with
 * the sum of units.
 */
Luck
LuckMake(const LuckDeal *deals, int count)
{
	Luck		luck = {0};
	int64		total = 0;
	int64		low = 0;		/* of the list, in units over those that are certain */
	int64		high = 0;
	double	   *now;
	double	   *next;

	for (int i = 0; i < count; i++)
	{
		if (deals[i].chance > 0)
			luck.top += deals[i].units;
		if (deals[i].chance >= 1)
			luck.bottom += deals[i].units;
	}
	total = luck.top - luck.bottom;
	now = palloc_extended((Size) (total + 1) * sizeof(double), MCXT_ALLOC_HUGE);
	next = palloc_extended((Size) (total + 1) * sizeof(double), MCXT_ALLOC_HUGE);
	now[0] = 1;
	for (int i = 0; i < count; i++)
	{
		int64		units = deals[i].units;
		double		won = deals[i].chance;
		double		not_won = 1 - won;
		int64		both;
		double	   *swap;

		if (won <= 0 || won >= 1 || units == 0)
			continue;
		CHECK_FOR_INTERRUPTS();
		/* below `both` without the deal alone, then with either, then with it alone */
		both = Min(low + units, high + 1);
		for (int64 k = low; k < both; k++)
			next[k] = now[k] * not_won;
		for (int64 k = both; k < low + units; k++)
			next[k] = 0;
		for (int64 k = low + units; k <= high; k++)
			next[k] = now[k] * not_won + now[k - units] * won;
		for (int64 k = Max(high + 1, low + units); k <= high + units; k++)
			next[k] = now[k - units] * won;
		high += units;
		TrimEnds(next, &low, &high);
		swap = now;
		now = next;
		next = swap;
	}
	pfree(next);
	luck.least = luck.bottom + low;
	luck.most = luck.bottom + high;
	luck.chance = now + low;
	return luck;
}

/*
 * The least sum that is not exceeded with a chance of at least p. The chances are
 * summed from the nearer end, so that small ones count.
 */
int64
LuckQuantile(const Luck *luck, double p)
{
	int64		most = luck->most - luck->least;
	double		sum = 0;

	if (p <= 0)
		return luck->bottom;
	if (p >= 1)
		return luck->top;
	if (p <= 0.5)
	{
		for (int64 k = 0; k < most; k++)
			if ((sum += luck->chance[k]) >= p * (1 - SLACK))
				return luck->least + k;
		return luck->most;
	}
	/* the least whose excess has a chance of at most 1 - p */
	for (int64 k = most; k > 0; k--)
		if ((sum += luck->chance[k]) > (1 - p) * (1 + SLACK) + SLACK * SLACK)
			return luck->least + k;
	return luck->least;
}

/* The chance of at least so many units. */
double
LuckReach(const Luck *luck, int64 units)
{
	double		sum = 0;

	if (units <= luck->bottom)
		return 1;
	if (units <= luck->least)
		return 1;
	for (int64 k = luck->most - luck->least; k >= units - luck->least; k--)
		sum += luck->chance[k];
	return Min(sum, 1.0);
}
