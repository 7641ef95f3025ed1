/*
 * attribution.c
 *		Markov chains against elimination in long double, their variances against
 *		differences of slightly changed weights; Shapley values against all orders.
 */
#include "fuzz.h"

#include <math.h>

#include "attribution/attribution_chain.h"
#include "attribution/attribution_shapley.h"

#define MOST_CHANNELS	4
#define MOST_PATHS		8
#define MOST_TOUCHES	5
#define SIDE			(MOST_CHANNELS + 1)
#define MOST_STATES		(SIDE * SIDE)

static int	channels;
static int	order;
static int	path_count;
static ChainPath path[MOST_PATHS];
static unsigned char touch[MOST_PATHS][MOST_TOUCHES];

/* The state (before, last) as a number; 0 is the start. */
static int
StateOf(const ChainPath *p, int touches)
{
	int			last = touches > 0 ? p->channel[touches - 1] + 1 : 0;
	int			before = order == 2 && touches > 1 ? p->channel[touches - 2] + 1 : 0;

	return before * SIDE + last;
}

/*
 * The chance to win, or what a journey brings, where moves to a channel are losses; -1
 * for none.
 */
static long double
Brute(int without, bool value)
{
	long double moves[MOST_STATES][MOST_STATES] = {{0}};
	long double total[MOST_STATES] = {0};
	long double won[MOST_STATES] = {0};
	long double worth[MOST_STATES] = {0};
	bool		alive[MOST_STATES] = {false};
	long double matrix[MOST_STATES][MOST_STATES + 1];

	for (int i = 0; i < path_count; i++)
	{
		const ChainPath *p = &path[i];
		int			s;

		for (int t = 0; t < p->touches; t++)
		{
			moves[StateOf(p, t)][StateOf(p, t + 1)] += p->won + p->lost + p->open;
			total[StateOf(p, t)] += p->won + p->lost + p->open;
		}
		s = StateOf(p, p->touches);
		total[s] += p->won + p->lost;
		won[s] += p->won;
		worth[s] += p->amount;
		if (p->won + p->lost > 0)
			alive[s] = true;
	}
	for (int round = 0; round < MOST_STATES; round++)
		for (int s = 0; s < MOST_STATES; s++)
			for (int t = 0; t < MOST_STATES; t++)
				alive[s] |= alive[t] && moves[s][t] > 0;
	for (int s = 0; s < MOST_STATES; s++)
	{
		for (int t = 0; t <= MOST_STATES; t++)
			matrix[s][t] = s == t;
		if (!alive[s] || total[s] == 0)
			continue;
		for (int t = 0; t < MOST_STATES; t++)
			if (t % SIDE != without + 1 || without < 0)
				matrix[s][t] -= moves[s][t] / total[s];
		matrix[s][MOST_STATES] = (value ? worth[s] : won[s]) / total[s];
	}
	for (int k = 0; k < MOST_STATES; k++)
	{
		int			best = k;

		for (int s = k + 1; s < MOST_STATES; s++)
			if (fabsl(matrix[s][k]) > fabsl(matrix[best][k]))
				best = s;
		for (int t = 0; t <= MOST_STATES; t++)
		{
			long double swap = matrix[k][t];

			matrix[k][t] = matrix[best][t];
			matrix[best][t] = swap;
		}
		for (int s = 0; s < MOST_STATES; s++)
		{
			long double factor = matrix[s][k] / matrix[k][k];

			if (s == k || factor == 0)
				continue;
			for (int t = k; t <= MOST_STATES; t++)
				matrix[s][t] -= factor * matrix[k][t];
		}
	}
	return matrix[0][MOST_STATES] / matrix[0][0];
}

/* A channel's part of all wins. */
static long double
BrutePart(int channel, int bare_wins)
{
	long double full = Brute(-1, false);
	long double sum = 0;
	long double touched = 0;

	for (int c = 0; c < channels; c++)
		sum += full - Brute(c, false);
	for (int i = 0; i < path_count; i++)
		touched += path[i].won;
	return (full - Brute(channel, false)) / sum * touched / (touched + bare_wins);
}

/* The variance by differences. */
static long double
BruteVariance(int channel, int bare_wins)
{
	const long double step = 1e-4L;
	long double variance = 0;
	long double part = BrutePart(channel, bare_wins);
	double		wins = bare_wins;

	for (int i = 0; i < path_count; i++)
	{
		double	   *weights[3] = {&path[i].won, &path[i].lost, &path[i].open};

		for (int k = 0; k < 3; k++)
		{
			double		weight = *weights[k];
			long double slope;

			if (weight == 0)
				continue;
			*weights[k] = weight + (double) step;
			slope = BrutePart(channel, bare_wins);
			*weights[k] = weight - (double) step;
			slope = (slope - BrutePart(channel, bare_wins)) / (2 * step);
			*weights[k] = weight;
			variance += weight * slope * slope;
		}
		wins += path[i].won;
	}
	return variance + bare_wins * powl(part / wins, 2);
}

void
ChainCase(void)
{
	int			bare_wins = RandomBelow(3);
	int			checked = RandomBelow(10);	/* few variances: they are slow to check */
	double		touched = 0;
	Chain		chain;
	ChainEffects effects;
	long double full;

	channels = RandomBetween(1, MOST_CHANNELS);
	order = RandomBetween(1, 2);
	path_count = RandomBetween(1, MOST_PATHS);
	for (int i = 0; i < path_count; i++)
	{
		path[i].touches = RandomBetween(1, MOST_TOUCHES);
		path[i].channel = touch[i];
		for (int t = 0; t < path[i].touches; t++)
			touch[i][t] = RandomBelow(channels);
		path[i].won = Chance(50) ? RandomBelow(4) : 0;
		path[i].lost = Chance(50) ? RandomBelow(4) : 0;
		path[i].open = Chance(50) ? RandomBelow(4) : 0;
		path[i].amount = path[i].won > 0 ? RandomBelow(100) : 0;
		touched += path[i].won;
		Note("    %g won, %g lost, %g open, amount %g:", path[i].won, path[i].lost, path[i].open, path[i].amount);
		for (int t = 0; t < path[i].touches; t++)
			Note(" %d", touch[i][t]);
		Note("\n");
	}
	Note("    order %d, %d channels, %d wins without a touch\n", order, channels, bare_wins);
	EXPECT(ChainBuild(&chain, order, channels, path, path_count), "too many states");
	effects = ChainSolve(&chain, path, path_count, true, touched + bare_wins, touched);
	full = Brute(-1, false);
	EXPECT(fabsl(effects.win - full) < 1e-12L, "win %.17g, not %.17Lg", effects.win, full);
	EXPECT(fabsl(effects.value - Brute(-1, true)) < 1e-9L, "value %.17g", effects.value);
	for (int c = 0; c < channels; c++)
	{
		long double effect = full - Brute(c, false);
		long double value = Brute(-1, true) - Brute(c, true);

		EXPECT(fabsl(effects.effect[c] - effect) < 1e-11L, "effect of %d is %.17g, not %.17Lg", c, effects.effect[c], effect);
		EXPECT(fabsl(effects.value_effect[c] - value) < 1e-8L, "value of %d is %.17g, not %.17Lg", c, effects.value_effect[c], value);
		if (touched > 0 && checked == 0)
		{
			long double variance = BruteVariance(c, bare_wins);

			EXPECT(fabsl(effects.variance[c] - variance) < 1e-6L * (1 + variance), "variance of %d is %.17g, not %.17Lg", c,
				   effects.variance[c], variance);
		}
	}
}

/* All orders of channels, one after the other. */
static void
JoinAll(const double *value, int joined, int count, double *result, double *orders)
{
	if (count == channels)
		*orders += 1;
	for (int c = 0; c < channels; c++)
	{
		double		before = *orders;

		if (joined & (1 << c))
			continue;
		JoinAll(value, joined | (1 << c), count + 1, result, orders);
		result[c] += (*orders - before) * (value[joined | (1 << c)] - value[joined]);
	}
}

void
ShapleyCase(void)
{
	int			sets;
	double		part[1 << MOST_CHANNELS];
	double		whole[1 << MOST_CHANNELS];
	double		value[1 << MOST_CHANNELS];
	double		result[SHAPLEY_MOST_CHANNELS];
	double		expected[MOST_CHANNELS] = {0};
	double		orders = 0;

	channels = RandomBetween(1, MOST_CHANNELS);
	sets = 1 << channels;
	for (int s = 0; s < sets; s++)
	{
		whole[s] = Chance(60) ? RandomBelow(10) : 0;
		part[s] = whole[s] > 0 ? RandomBelow((int) whole[s] + 1) : 0;
	}
	for (int s = 0; s < sets; s++)
	{
		double		inside = 0;
		double		of = 0;

		for (int t = 0; t < sets; t++)
			if ((t & s) == t)
			{
				inside += part[t];
				of += whole[t];
			}
		value[s] = of > 0 ? inside / of : 0;
	}
	JoinAll(value, 0, 0, expected, &orders);
	ShapleyRates(channels, part, whole, result);
	for (int c = 0; c < channels; c++)
		EXPECT(fabs(result[c] - expected[c] / orders) < 1e-12, "channel %d is worth %.17g, not %.17g", c, result[c],
			   expected[c] / orders);
}
