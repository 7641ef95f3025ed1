/*
 * bridge_split.c
 *		What each factor did to the change of a product: see bridge_split.h.
 *
 * Factor k is total k over total k - 1. Brought over the denominators of both
 * sides it is a before and b after, both whole numbers, so that the product of
 * any mixture of old and new factors is a whole number over one denominator, D.
 *
 * The Shapley value of factor k is the mean, over all orders, of what replacing a
 * by b does. Only how many others were replaced before it matters, so the sums over
 * subsets of each size are the coefficients of the product of (a + b z) over the
 * other factors: n steps for each, and not 2^n.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/bridge_split.h"

/* Each factor on both sides, over one denominator. */
typedef struct Factors
{
	Big			before[BRIDGE_MOST_TOTALS];
	Big			after[BRIDGE_MOST_TOTALS];
	Big			others;			/* denominators of the factors from the second on */
	Big			first;			/* that of the first */
} Factors;

/* left * right - more * less */
static void
CrossDifference(Big *difference, const Big *left, const Big *right, const Big *more, const Big *less)
{
	Big			one;
	Big			other;

	BigMultiply(&one, left, right);
	BigMultiply(&other, more, less);
	BigSubtract(difference, &one, &other);
}

static bool
IsAllZero(const Big *totals, int count)
{
	for (int k = 0; k < count; k++)
		if (!BigIsZero(&totals[k]))
			return false;
	return true;
}

/* The first factor that divides something by 0, or -1. */
static int
FactorOverZero(const Big *before, const Big *after, int count)
{
	for (int k = 1; k < count; k++)
		if ((BigIsZero(&before[k - 1]) && !BigIsZero(&before[k])) ||
			(BigIsZero(&after[k - 1]) && !BigIsZero(&after[k])))
			return k;
	return -1;
}

static int
FirstZero(const Big *totals, int count)
{
	for (int k = 0; k < count; k++)
		if (BigIsZero(&totals[k]))
			return k;
	return count - 1;
}


/* Part number of a factor. */
static int
PartOf(const BridgeFrame *frame, int factor)
{
	return factor + (frame->form == BRIDGE_SCALE_AND_MIX && factor > 0 ? 1 : 0);
}

/* The whole change is one factor's; of factor 1 split into scale and mix, it is scale. */
static void
WholeChange(const BridgeFrame *frame, const Big *before, const Big *after, int factor, int count,
			BridgeParts *parts)
{
	Big		   *change = &parts->part[PartOf(frame, factor)];

	for (int p = 0; p < parts->count; p++)
		BigSet(&parts->part[p], 0);
	if (frame->form == BRIDGE_SHARES)
	{
		CrossDifference(change, &after[count - 1], &frame->before.first,
						&before[count - 1], &frame->after.first);
		BigMultiply(&parts->denominator, &frame->before.first, &frame->after.first);
	}
	else
	{
		BigSubtract(change, &after[count - 1], &before[count - 1]);
		BigSet(&parts->denominator, 1);
	}
}

/* No factor divides anything but 0 by 0. */
static void
ReadFactors(const BridgeFrame *frame, const Big *before, const Big *after, int count,
			Factors *factors)
{
	BigSet(&factors->others, 1);
	BigSet(&factors->first, 1);
	BigCopy(&factors->before[0], &before[0]);
	BigCopy(&factors->after[0], &after[0]);
	if (frame->form == BRIDGE_SHARES)
	{
		BigMultiplyBy(&factors->before[0], &frame->after.first);
		BigMultiplyBy(&factors->after[0], &frame->before.first);
		BigMultiply(&factors->first, &frame->before.first, &frame->after.first);
	}
	for (int k = 1; k < count; k++)
	{
		Big		   *a = &factors->before[k];
		Big		   *b = &factors->after[k];
		const Big  *per_before = &before[k - 1];
		const Big  *per_after = &after[k - 1];

		if (BigIsZero(per_before) && BigIsZero(per_after))
		{
			/* no value on either side: 1 on both */
			BigSet(a, 1);
			BigSet(b, 1);
			continue;
		}
		if (BigIsZero(per_before) || BigIsZero(per_after))
		{
			/* no value on one side: that of the other on both */
			BigCopy(a, BigIsZero(per_before) ? &after[k] : &before[k]);
			BigCopy(b, a);
			BigMultiplyBy(&factors->others, BigIsZero(per_before) ? per_after : per_before);
			continue;
		}
		BigCopy(a, &before[k]);
		BigCopy(b, &after[k]);
		BigMultiplyBy(&factors->others, per_before);
		if (BigCompare(per_before, per_after) != 0)
		{
			BigMultiplyBy(a, per_after);
			BigMultiplyBy(b, per_before);
			BigMultiplyBy(&factors->others, per_after);
		}
	}
	/* a denominator below 0 changes the sign of one factor instead */
	if (BigSign(&factors->others) < 0)
	{
		BigNegate(&factors->others);
		BigNegate(&factors->before[count - 1]);
		BigNegate(&factors->after[count - 1]);
	}
}

static uint64
Factorial(int n)
{
	uint64		product = 1;

	for (; n > 1; n--)
		product *= n;
	return product;
}

/* n! times the mean, over all orders, of the product of the factors other than k. */
static void
ShapleyWeight(const Factors *factors, int count, int k, Big *weight)
{
	Big			sums[BRIDGE_MOST_TOTALS];
	int			others = 0;

	BigSet(&sums[0], 1);
	for (int j = 0; j < count; j++)
	{
		if (j == k)
			continue;
		BigMultiply(&sums[others + 1], &sums[others], &factors->after[j]);
		for (int m = others; m >= 0; m--)
		{
			Big			kept;

			BigMultiply(&kept, &sums[m], &factors->before[j]);
			if (m > 0)
			{
				Big			replaced;

				BigMultiply(&replaced, &sums[m - 1], &factors->after[j]);
				BigAdd(&kept, &kept, &replaced);
			}
			BigCopy(&sums[m], &kept);
		}
		others++;
	}
	BigSet(weight, 0);
	for (int m = 0; m <= others; m++)
	{
		Big			times;

		BigSet(&times, Factorial(m) * Factorial(others - m));
		BigMultiplyBy(&sums[m], &times);
		BigAdd(weight, weight, &sums[m]);
	}
}

/* The product of the factors other than k when k's turn comes in the order. */
static void
ChainWeight(const BridgeRule *rule, const Factors *factors, int k, Big *weight)
{
	bool		replaced = true;

	BigSet(weight, 1);
	for (int i = 0; i < rule->totals; i++)
	{
		int			j = rule->order[i];

		if (j == k)
			replaced = false;
		else
			BigMultiplyBy(weight, replaced ? &factors->after[j] : &factors->before[j]);
	}
}

/*
 * Factor 1's effect, W times the change of T s, split into what T did and what s
 * did; the other parts are brought over the same denominator.
 */
static void
SplitFirst(const BridgeRule *rule, const BridgeFrame *frame, const Big *before, const Big *after,
		   const Big *weight, BridgeParts *parts)
{
	const Big  *t0 = &before[0];
	const Big  *t1 = &after[0];
	const Big  *whole0 = &frame->before.first;
	const Big  *whole1 = &frame->after.first;
	Big			scale;
	Big			mix;
	Big			sum;
	Big			other;
	Big			common;

	/* nothing to tell apart */
	if (frame->all_is_scale || (BigCompare(whole0, whole1) == 0 && BigCompare(t0, t1) == 0))
		return;
	if (rule->method == BRIDGE_CHAIN)
	{
		BigSubtract(&scale, whole1, whole0);
		BigMultiplyBy(&scale, t0);
		CrossDifference(&mix, t1, whole0, whole1, t0);
		BigCopy(&common, whole0);
	}
	else
	{
		BigMultiply(&sum, t0, whole1);
		BigMultiply(&other, t1, whole0);
		BigSubtract(&mix, &other, &sum);
		BigAdd(&sum, &sum, &other);
		BigSubtract(&scale, whole1, whole0);
		BigMultiplyBy(&scale, &sum);
		BigAdd(&sum, whole0, whole1);
		BigMultiplyBy(&mix, &sum);
		BigMultiply(&common, whole0, whole1);
		BigSet(&other, 2);
		BigMultiplyBy(&common, &other);
	}
	BigMultiply(&parts->part[0], &scale, weight);
	BigMultiply(&parts->part[1], &mix, weight);
	for (int p = 2; p < parts->count; p++)
		BigMultiplyBy(&parts->part[p], &common);
	BigMultiplyBy(&parts->denominator, &common);
}

/*
 * The share's effect on a rate, less what the same change of share does at the mean
 * rate: growth of a poor segment is no gain.
 */
static void
SubtractMean(const BridgeFrame *frame, const Big *before, const Big *after, const Big *first_free,
			 BridgeParts *parts)
{
	const Big  *whole0 = &frame->before.first;
	const Big  *whole1 = &frame->after.first;
	Big			change;
	Big			rates;
	Big			other;
	Big			two;

	if (frame->all_is_scale)
		return;
	/* (s1 - s0)(R0 + R1) / 2, over 2 (F0 F1)^2; the denominator so far holds one F0 F1 */
	CrossDifference(&change, &after[0], whole0, &before[0], whole1);
	BigMultiply(&rates, &frame->before.last, whole1);
	BigMultiply(&other, &frame->after.last, whole0);
	BigAdd(&rates, &rates, &other);
	BigMultiplyBy(&change, &rates);
	BigMultiplyBy(&change, first_free);

	BigMultiply(&other, whole0, whole1);
	BigSet(&two, 2);
	BigMultiplyBy(&other, &two);
	for (int p = 0; p < parts->count; p++)
		BigMultiplyBy(&parts->part[p], &other);
	BigMultiplyBy(&parts->denominator, &other);
	BigSubtract(&parts->part[0], &parts->part[0], &change);
}

/* The logarithm of above / below, which have one sign; exact near 1. */
static long double
LogRatio(const Big *above, const Big *below)
{
	Big			difference;
	long double base = BigToDouble(below);
	long double more;

	BigSubtract(&difference, above, below);
	more = BigToDouble(&difference) / base;
	return more > -0.5L && more < 0.5L ? log1pl(more) : logl(BigToDouble(above) / base);
}

/*
 * Logarithmic mean Divisia: each factor's logarithm times the logarithmic mean of
 * the product. False where a factor changes its sign.
 */
static bool
SplitLmdi(const BridgeFrame *frame, const Big *before, const Big *after, int count,
		  const Factors *factors, BridgeParts *parts, int *turned)
{
	bool		shares = frame->form == BRIDGE_SHARES;
	Big			last0;
	Big			last1;
	Big			change;
	long double mean;
	long double unit = 1;

	for (int k = 0; k < count; k++)
		if (BigSign(&factors->before[k]) != BigSign(&factors->after[k]))
		{
			*turned = k;
			return false;
		}

	/* of a rate, both over the product of the first totals */
	BigCopy(&last0, &before[count - 1]);
	BigCopy(&last1, &after[count - 1]);
	if (shares)
	{
		BigMultiplyBy(&last0, &frame->after.first);
		BigMultiplyBy(&last1, &frame->before.first);
		unit = BigToDouble(&factors->first);
	}
	BigSubtract(&change, &last1, &last0);
	mean = BigIsZero(&change) ? BigToDouble(&last0) :
		BigToDouble(&change) / LogRatio(&last1, &last0);
	mean /= unit;

	parts->is_exact = false;
	for (int k = 0; k < count; k++)
		parts->value[PartOf(frame, k)] = mean * LogRatio(&factors->after[k], &factors->before[k]);
	if (frame->form == BRIDGE_SCALE_AND_MIX)
	{
		parts->value[1] = 0;
		if (!frame->all_is_scale)
		{
			Big			share0;
			Big			share1;

			BigMultiply(&share0, &before[0], &frame->after.first);
			BigMultiply(&share1, &after[0], &frame->before.first);
			parts->value[0] = mean * LogRatio(&frame->after.first, &frame->before.first);
			parts->value[1] = mean * LogRatio(&share1, &share0);
		}
	}
	if (shares && !frame->all_is_scale)
	{
		Big			gained;
		long double whole0 = BigToDouble(&frame->before.first);
		long double whole1 = BigToDouble(&frame->after.first);

		CrossDifference(&gained, &after[0], &frame->before.first, &before[0], &frame->after.first);
		parts->value[0] -= BigToDouble(&gained) / whole0 / whole1 / 2 *
			(BigToDouble(&frame->before.last) / whole0 + BigToDouble(&frame->after.last) / whole1);
	}
	return true;
}

/*
 * The parts of a change. before and after: the totals, each in one unit on both
 * sides. False where lmdi meets a factor that changes its sign: turned says which,
 * from 0.
 */
bool
BridgeSplit(const BridgeRule *rule, const BridgeFrame *frame, const Big *before,
			const Big *after, BridgeParts *parts, int *turned)
{
	int			count = rule->totals;
	int			whole_of;
	Factors		factors;
	Big			first_weight;

	parts->count = count + (frame->form == BRIDGE_SCALE_AND_MIX ? 1 : 0);
	parts->is_exact = true;
	if (IsAllZero(before, count) || IsAllZero(after, count))
		whole_of = 0;
	else
		whole_of = FactorOverZero(before, after, count);
	if (whole_of < 0 && rule->method == BRIDGE_LMDI)
	{
		if (BigIsZero(&before[count - 1]))
			whole_of = FirstZero(before, count);
		else if (BigIsZero(&after[count - 1]))
			whole_of = FirstZero(after, count);
	}
	if (whole_of >= 0)
	{
		WholeChange(frame, before, after, whole_of, count, parts);
		if (frame->form == BRIDGE_SHARES)
		{
			Big			one;

			BigSet(&one, 1);
			SubtractMean(frame, before, after, &one, parts);
		}
		return true;
	}

	ReadFactors(frame, before, after, count, &factors);
	if (rule->method == BRIDGE_LMDI)
		return SplitLmdi(frame, before, after, count, &factors, parts, turned);

	BigCopy(&parts->denominator, &factors.others);
	if (rule->method == BRIDGE_SHAPLEY)
	{
		Big			orders;

		BigSet(&orders, Factorial(count));
		BigMultiplyBy(&parts->denominator, &orders);
	}
	for (int k = 0; k < count; k++)
	{
		Big		   *part = &parts->part[PartOf(frame, k)];
		Big			change;
		Big			weight;

		BigSubtract(&change, &factors.after[k], &factors.before[k]);
		if (BigIsZero(&change) && (k > 0 || frame->form != BRIDGE_SCALE_AND_MIX))
		{
			BigSet(part, 0);
			continue;
		}
		if (rule->method == BRIDGE_CHAIN)
			ChainWeight(rule, &factors, k, &weight);
		else
			ShapleyWeight(&factors, count, k, &weight);
		BigMultiply(part, &change, &weight);
		if (k == 0)
			BigCopy(&first_weight, &weight);
	}
	if (frame->form == BRIDGE_SCALE_AND_MIX)
	{
		BigSet(&parts->part[1], 0);
		SplitFirst(rule, frame, before, after, &first_weight, parts);
	}
	else if (frame->form == BRIDGE_SHARES)
	{
		Big			first_free;

		BigCopy(&first_free, &parts->denominator);
		BigMultiplyBy(&parts->denominator, &factors.first);
		SubtractMean(frame, before, after, &first_free, parts);
	}
	return true;
}

/* All parts times 10^exponent. */
void
BridgeScaleParts(BridgeParts *parts, int exponent)
{
	if (!parts->is_exact)
	{
		for (int p = 0; p < parts->count; p++)
			parts->value[p] = exponent < 0 ? parts->value[p] / powl(10, -exponent) :
				parts->value[p] * powl(10, exponent);
	}
	else if (exponent < 0)
		BigMultiplyPower(&parts->denominator, -exponent);
	else
		for (int p = 0; p < parts->count; p++)
			BigMultiplyPower(&parts->part[p], exponent);
}

/*
 * The whole units of a part, toward minus infinity; fraction: what was cut off,
 * in 2^-128.
 */
void
BridgeFloor(const BridgeParts *parts, int part, Big *units, uint64 *fraction)
{
	if (parts->is_exact)
	{
		Big			rest;
		Big			over;
		Big			unused;

		BigDivideFloor(&parts->part[part], &parts->denominator, units, &rest);
		BigShiftWords(&rest, 2);
		BigDivideFloor(&rest, &parts->denominator, &over, &unused);
		fraction[0] = over.words > 0 ? over.word[0] : 0;
		fraction[1] = over.words > 1 ? over.word[1] : 0;
	}
	else
	{
		long double whole = floorl(parts->value[part]);

		BigFromDouble(units, whole);
		fraction[0] = 0;
		fraction[1] = (uint64) ldexpl(parts->value[part] - whole, 64);
	}
}

/*
 * The parts in whole units that sum to the change: each cut off, and what is
 * missing given to the largest remainders, of equal ones the first.
 */
void
BridgeRound(const BridgeParts *parts, const Big *change, Big *units)
{
	Big			missing;
	Big			rests[BRIDGE_MOST_PARTS];
	long double fractions[BRIDGE_MOST_PARTS];
	bool		given[BRIDGE_MOST_PARTS] = {false};
	__int128	count;
	Big			one;

	BigSet(&one, 1);
	BigCopy(&missing, change);
	for (int p = 0; p < parts->count; p++)
	{
		if (parts->is_exact)
			BigDivideFloor(&parts->part[p], &parts->denominator, &units[p], &rests[p]);
		else
		{
			long double whole = floorl(parts->value[p]);

			BigFromDouble(&units[p], whole);
			fractions[p] = parts->value[p] - whole;
		}
		BigSubtract(&missing, &missing, &units[p]);
	}
	if (!BigToInt128(&missing, &count) || count < 0 || count > parts->count)
	{
		/* lmdi of totals beyond a double's digits: the largest part takes what it left open */
		int			largest = 0;

		Assert(!parts->is_exact);
		for (int p = 1; p < parts->count; p++)
			if (fabsl(parts->value[p]) > fabsl(parts->value[largest]))
				largest = p;
		BigAdd(&units[largest], &units[largest], &missing);
		return;
	}
	for (; count > 0; count--)
	{
		int			most = -1;

		for (int p = 0; p < parts->count; p++)
			if (!given[p] &&
				(most < 0 || (parts->is_exact ? BigCompare(&rests[p], &rests[most]) > 0 :
							  fractions[p] > fractions[most])))
				most = p;
		given[most] = true;
		BigAdd(&units[most], &units[most], &one);
	}
}
