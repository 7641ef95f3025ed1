/*
 * cadence_forecast.c
 *		How many orders an account will bring: see cadence_forecast.h.
 *
 * k events of a gamma-mixed Poisson process make an order. The silence so far
 * says how many, j < k, have passed since the last one: with weights w_j ~
 * G(B+j)/j! (s/(A+s))^j. Given j, the events in the horizon t are negative
 * binomial with B + j and z = t/(A+s+t), and
 *
 *		P(N >= n) = alive * prod i<n-1 ((b'+i)/(a+b'+i)) * sum j<k w_j P(events >= nk - j)
 *
 * with b' = b+x+1. Every term is positive and every chance is a sum from its small
 * end, so that nothing cancels: there is no 2F1, and nothing special at a = 1, for
 * 5,000 gaps or for a + b < 1.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "cadence/cadence_forecast.h"

#define FEW_EVENTS		256		/* kept on the stack */
#define MOST_EVENTS		8000000

/*
 * A list of chances that grows; the first ones stand in `few`.
 */
typedef struct ChanceList
{
	double		few[FEW_EVENTS];
	double	   *chances;
	int			capacity;
} ChanceList;

static void
ChanceListInit(ChanceList *list)
{
	list->chances = list->few;
	list->capacity = FEW_EVENTS;
}

static void
ChanceListReserve(ChanceList *list, int count)
{
	int			capacity = list->capacity;

	if (count <= capacity)
		return;
	while (capacity < count)
		capacity *= 2;
	if (list->chances == list->few)
	{
		list->chances = palloc_extended(capacity * sizeof(double), MCXT_ALLOC_HUGE);
		memcpy(list->chances, list->few, sizeof(list->few));
	}
	else
		list->chances = repalloc_huge(list->chances, capacity * sizeof(double));
	list->capacity = capacity;
}

static void
ChanceListFree(ChanceList *list)
{
	if (list->chances != list->few)
		pfree(list->chances);
}

/*
 * Adds weight * P(events = i) of a negative binomial count to total[i + shift], for
 * all i that matter; `count` of total are set so far. From the most likely number
 * on in both directions, then divided by their sum: no power of a small number is
 * needed. needed: the smallest i whose tail must be right in its last digits.
 */
static void
AddEvents(double size, double z, double weight, int shift, int needed, ChanceList *scratch,
		  ChanceList *total, int *count)
{
	double		odds = (size - 1) * z / (1 - z);
	int			mode = odds > 0 ? (int) Min(odds, MOST_EVENTS) : 0;
	double		tail = 0;		/* from `needed` on */
	double		sum = 0;
	double		chance = 1;
	int			first = mode;
	int			last = mode;

	/* downwards; scratch[i] is set from first to mode */
	ChanceListReserve(scratch, mode + 1);
	scratch->chances[mode] = 1;
	while (first > 0 && chance > 1e-25)
	{
		chance *= first / (z * (size + first - 1));
		scratch->chances[--first] = chance;
	}
	for (int i = first; i <= mode; i++)
	{
		sum += scratch->chances[i];
		if (i >= needed)
			tail += scratch->chances[i];
	}

	/* upwards */
	chance = 1;
	while (last < MOST_EVENTS)
	{
		double		ratio = z * (size + last) / (last + 1);
		double		most = Max(ratio, z);

		if (last >= needed && most < 1 && chance * most <= 1e-17 * (1 - most) * tail)
			break;
		if ((last & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		chance *= ratio;
		last++;
		ChanceListReserve(scratch, last + 1);
		scratch->chances[last] = chance;
		sum += chance;
		if (last >= needed)
			tail += chance;
	}

	ChanceListReserve(total, last + shift + 1);
	while (*count <= last + shift)
		total->chances[(*count)++] = 0;
	weight /= sum;
	for (int i = first; i <= last; i++)
		total->chances[i + shift] += weight * scratch->chances[i];
}

/*
 * The chance that the account still is a customer: 1/(1 + B(a+1,b+x)/(B(a,b+x+1) S)),
 * where the quotient of beta functions is a/(b+x).
 */
double
CadenceAlive(const CadenceParameters *model, const CadenceHistory *history)
{
	double		stays = (model->b + history->gaps) *
		CadenceSilence(model, history, history->silence);

	return stays / (stays + model->a);
}

/*
 * The orders in the `horizon` days after the silence so far.
 */
CadenceOrders
CadenceExpect(const CadenceParameters *model, const CadenceHistory *history, double horizon,
			  double confidence)
{
	CadenceOrders orders = {0};
	int			k = model->regularity;
	double		A = model->alpha + history->span;
	double		B = model->r + k * history->gaps;
	double		q = history->silence / (A + history->silence);
	double		z = horizon / (A + history->silence + horizon);
	double		at_least = CadenceAlive(model, history);	/* stays that long */
	double		stayed = model->b + history->gaps + 1;
	double		weights[CADENCE_REGULARITY];
	double		weight_sum = 0;
	ChanceList	scratch;
	ChanceList	events;
	int			count = 0;
	bool		low_found = false;
	bool		high_found = false;
	double		left;
	int64		n;

	weights[0] = 1;
	for (int j = 1; j < k; j++)
	{
		weights[j] = weights[j - 1] * ((B + j - 1) / j * q);
		if (weights[j] > 1e100)
		{
			/* only their proportion matters */
			for (int i = 0; i < j; i++)
				weights[i] /= weights[j];
			weights[j] = 1;
		}
	}
	for (int j = 0; j < k; j++)
		weight_sum += weights[j];

	/* chances of a number of events since the last order, by the horizon's end */
	ChanceListInit(&scratch);
	ChanceListInit(&events);
	for (int j = 0; j < k; j++)
		if (weights[j] > 0)
			AddEvents(B + j, z, weights[j] / weight_sum, j, k - j, &scratch, &events, &count);

	/* and of at least that many, from the small end */
	left = 0;
	for (int i = count - 1; i >= k; i--)
	{
		left += events.chances[i];
		events.chances[i] = left;
	}

	for (n = 0;; n++)
	{
		int64		next = (n + 1) * k;
		double		more = next < count ? at_least * Min(events.chances[next], 1.0) : 0;

		if (n == 0)
			orders.order_probability = more;
		orders.expected += more;
		if (!low_found && 1 - more >= (1 - confidence) / 2)
		{
			low_found = true;
			orders.low = n;
		}
		if (!high_found && 1 - more >= (1 + confidence) / 2)
		{
			high_found = true;
			orders.high = n;
		}
		if (high_found && more <= 1e-17 * orders.expected)
			break;
		at_least *= (stayed + n) / (model->a + stayed + n);
	}
	ChanceListFree(&scratch);
	ChanceListFree(&events);
	return orders;
}
