/*
 * attribution_chain.c
 *		Absorbing Markov chains: see attribution_chain.h.
 *
 * A journey moves from touch to touch and ends won or lost; an open one tells its
 * moves, and nothing of its end. States from which no end can be reached count as
 * lost. With N = (I - Q)^-1, the expected visits, one inversion answers for all
 * channels: the chance to win without a channel is that of not winning through it, and
 * the chance to come to its states C first at c is f = h N(C, C)^-1, h the visits of C
 * from the start. So without the channel f w(C) is lost, w the chance to win from a state.
 * (Kemeny and Snell, Finite Markov Chains, 1960, chapter 3; removal effects after
 * Anderl, Becker, von Wangenheim, Schumann, "Mapping the customer journey", 2016.)
 *
 * Inversion is elimination without pivoting, whose pivots are sums of what leaves a
 * state rather than differences (Grassmann, Taksar, Heyman, 1985): nothing cancels.
 *
 * The variance is that of the infinitesimal jackknife: the derivative of a channel's
 * part by the weight of each journey, squared and summed over journeys.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "attribution/attribution_chain.h"

#define PIVOTS_AT_ONCE	16

static inline int
Width(const Chain *chain)
{
	return chain->channels + 2;
}

static inline double *
MovesOf(const Chain *chain, int s)
{
	return chain->moves + (Size) s * Width(chain);
}

/* Marks the states of a path, and its moves where they are numbered. */
static void
WalkPath(Chain *chain, const ChainPath *path, bool count_moves)
{
	double		journeys = path->won + path->lost + path->open;
	int			s = CHAIN_START;

	for (int i = 0; i < path->touches; i++)
	{
		int			c = path->channel[i];
		int			before = chain->order == 2 && i > 0 ? path->channel[i - 1] : CHAIN_NO_CHANNEL;

		if (!count_moves)
		{
			chain->number[(before + 1) * (chain->channels + 1) + c + 1] = 0;
			continue;
		}
		MovesOf(chain, s)[c] += journeys;
		chain->total[s] += journeys;
		s = ChainNumber(chain, before, c);
	}
	if (!count_moves)
		return;
	MovesOf(chain, s)[chain->channels] += path->won;
	MovesOf(chain, s)[chain->channels + 1] += path->lost;
	chain->total[s] += path->won + path->lost;
	chain->amount[s] += path->amount;
}

/*
 * Counts the moves of paths, order 1 or 2; false, with nothing counted, where there
 * are more states than CHAIN_MOST_STATES.
 */
bool
ChainBuild(Chain *chain, int order, int channels, const ChainPath *paths, int count)
{
	int			side = channels + 1;

	memset(chain, 0, sizeof(*chain));
	chain->order = order;
	chain->channels = channels;
	chain->number = palloc(side * side * sizeof(int));
	for (int i = 0; i < side * side; i++)
		chain->number[i] = -1;
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WalkPath(chain, &paths[i], false);
	}
	chain->number[0] = 0;		/* the start */
	for (int i = 0; i < side * side; i++)
		if (chain->number[i] == 0)
			chain->number[i] = chain->states++;
	if (chain->states > CHAIN_MOST_STATES)
		return false;
	chain->state = palloc(chain->states * sizeof(ChainState));
	for (int i = 0; i < side * side; i++)
		if (chain->number[i] >= 0)
			chain->state[chain->number[i]] = (ChainState) {i / side - 1, i % side - 1};
	chain->moves = palloc0((Size) chain->states * Width(chain) * sizeof(double));
	chain->total = palloc0(chain->states * sizeof(double));
	chain->amount = palloc0(chain->states * sizeof(double));
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WalkPath(chain, &paths[i], true);
	}
	return true;
}

/* The states from which an end can be reached; backwards from those that had one. */
static bool *
FindAlive(const Chain *chain)
{
	bool	   *alive = palloc0(chain->states * sizeof(bool));
	int		   *queue = palloc(chain->states * sizeof(int));
	int			queued = 0;

	for (int s = 0; s < chain->states; s++)
	{
		const double *moves = MovesOf(chain, s);

		if (moves[chain->channels] > 0 || moves[chain->channels + 1] > 0)
		{
			alive[s] = true;
			queue[queued++] = s;
		}
	}
	for (int i = 0; i < queued; i++)
	{
		int			target = queue[i];
		int			c = chain->state[target].last;

		CHECK_FOR_INTERRUPTS();
		if (target == CHAIN_START)
			continue;
		for (int s = 0; s < chain->states; s++)
			if (!alive[s] && MovesOf(chain, s)[c] > 0 && ChainNext(chain, s, c) == target)
			{
				alive[s] = true;
				queue[queued++] = s;
			}
	}
	pfree(queue);
	return alive;
}

/* Takes a pivot's row, divided by the pivot, off another row; returns what it was taken times. */
static inline double
TakeOff(double *row, const double *pivot_row, int k, int n)
{
	double		factor = row[k];

	if (factor == 0)
		return 0;
	row[k] = 0;
	for (int j = 0; j < n; j++)
		row[j] -= factor * pivot_row[j];
	return factor;
}

/*
 * Inverts I - Q in place, n x n; leaves: what leaves each state for good, used up.
 * Some pivots at a time, so that a row is read once for all of them: memory would
 * take most of the time else.
 */
static void
InvertVisits(double *matrix, double *leaves, int n)
{
	double	   *pivot_rows = palloc((Size) PIVOTS_AT_ONCE * Max(1, n) * sizeof(double));
	double		pivots[PIVOTS_AT_ONCE];

	for (int from = 0; from < n; from += PIVOTS_AT_ONCE)
	{
		int			until = Min(n, from + PIVOTS_AT_ONCE);

		for (int k = from; k < until; k++)
		{
			double	   *row = matrix + (Size) k * n;
			double	   *pivot_row = pivot_rows + (Size) (k - from) * n;
			double		pivot = leaves[k];

			for (int j = k + 1; j < n; j++)
				pivot -= row[j];
			row[k] = 1;
			for (int j = 0; j < n; j++)
				row[j] /= pivot;
			memcpy(pivot_row, row, n * sizeof(double));
			pivots[k - from] = pivot;
			for (int i = from; i < until; i++)
			{
				double		factor = i == k ? 0 : TakeOff(matrix + (Size) i * n, pivot_row, k, n);

				if (i > k && factor != 0)
					leaves[i] -= factor * leaves[k] / pivot;
			}
		}
		for (int i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int k = from; k < until && (i < from || i >= until); k++)
			{
				double		factor = TakeOff(matrix + (Size) i * n, pivot_rows + (Size) (k - from) * n, k, n);

				if (i > k && factor != 0)
					leaves[i] -= factor * leaves[k] / pivots[k - from];
			}
		}
	}
	pfree(pivot_rows);
}

/* Solves a small system with several right sides in place, by elimination with pivots. */
static void
SolveSmall(double *matrix, double *right, int n, int sides)
{
	for (int k = 0; k < n; k++)
	{
		int			best = k;

		for (int i = k + 1; i < n; i++)
			if (fabs(matrix[i * n + k]) > fabs(matrix[best * n + k]))
				best = i;
		for (int j = 0; j < n && best != k; j++)
		{
			double		swap = matrix[k * n + j];

			matrix[k * n + j] = matrix[best * n + j];
			matrix[best * n + j] = swap;
		}
		for (int j = 0; j < sides && best != k; j++)
		{
			double		swap = right[k * sides + j];

			right[k * sides + j] = right[best * sides + j];
			right[best * sides + j] = swap;
		}
		for (int i = 0; i < n; i++)
		{
			double		factor;

			if (i == k)
				continue;
			factor = matrix[i * n + k] / matrix[k * n + k];
			for (int j = k; j < n && factor != 0; j++)
				matrix[i * n + j] -= factor * matrix[k * n + j];
			for (int j = 0; j < sides && factor != 0; j++)
				right[i * sides + j] -= factor * right[k * sides + j];
		}
	}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < sides; j++)
			right[i * sides + j] /= matrix[i * n + i];
}

/* The chain solved: chances and visits, over all states with the start. */
typedef struct Solution
{
	const Chain *chain;
	int			n;				/* states without the start */
	double	   *visits;			/* n x n, from a state to a state */
	double	   *hit;			/* visits from the start; 1 for the start itself */
	double	   *win;			/* chance to win from a state */
	double	   *value;			/* what comes from a state */
} Solution;

static inline double
VisitsOf(const Solution *solution, int from, int to)
{
	return solution->visits[(Size) (from - 1) * solution->n + to - 1];
}

static Solution
SolveChain(const Chain *chain)
{
	Solution	solution = {.chain = chain, .n = chain->states - 1};
	int			n = solution.n;
	bool	   *alive = FindAlive(chain);
	double	   *leaves = palloc(Max(1, n) * sizeof(double));
	double	   *win = palloc0(chain->states * sizeof(double));
	double	   *value = palloc0(chain->states * sizeof(double));

	solution.visits = palloc_extended(Max(1, (Size) n * n) * sizeof(double),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	solution.hit = palloc0(chain->states * sizeof(double));
	solution.win = palloc0(chain->states * sizeof(double));
	solution.value = palloc0(chain->states * sizeof(double));
	for (int s = 0; s < chain->states; s++)
	{
		const double *moves = MovesOf(chain, s);
		double	   *row = s == CHAIN_START ? NULL : solution.visits + (Size) (s - 1) * n;

		if (row)
		{
			row[s - 1] = 1;
			leaves[s - 1] = 1;
		}
		if (!alive[s])
			continue;
		win[s] = moves[chain->channels] / chain->total[s];
		value[s] = chain->amount[s] / chain->total[s];
		if (row)
			leaves[s - 1] = (moves[chain->channels] + moves[chain->channels + 1]) / chain->total[s];
		for (int c = 0; c < chain->channels; c++)
		{
			if (moves[c] == 0)
				continue;
			if (row)
				row[ChainNext(chain, s, c) - 1] -= moves[c] / chain->total[s];
			else
				solution.hit[ChainNext(chain, s, c)] = moves[c] / chain->total[s];
		}
	}
	InvertVisits(solution.visits, leaves, n);

	/* from the first touch on to all visits from the start */
	{
		double	   *first = solution.hit;

		solution.hit = palloc0(chain->states * sizeof(double));
		for (int s = 1; s <= n; s++)
			for (int t = 1; t <= n && first[s] > 0; t++)
				solution.hit[t] += first[s] * VisitsOf(&solution, s, t);
		solution.hit[CHAIN_START] = 1;
		for (int s = 1; s <= n; s++)
			for (int t = 1; t <= n; t++)
			{
				solution.win[s] += VisitsOf(&solution, s, t) * win[t];
				solution.value[s] += VisitsOf(&solution, s, t) * value[t];
			}
		for (int s = 1; s <= n; s++)
		{
			solution.win[CHAIN_START] += first[s] * solution.win[s];
			solution.value[CHAIN_START] += first[s] * solution.value[s];
		}
	}
	pfree(leaves);
	return solution;
}

/*
 * What a journey's weight changes: for each move out of state s, to the win, the loss
 * and the channels, its derivative of the chance to win without a channel's states (C;
 * none of them: with all). hit and win are those of the chain without C.
 */
static void
AddGradient(const Chain *chain, const double *hit, const double *win, const bool *removed,
			double sign, double *gradient)
{
	for (int s = 0; s < chain->states; s++)
	{
		const double *moves = MovesOf(chain, s);
		double	   *out = gradient + (Size) s * Width(chain);
		double		scale;

		if (chain->total[s] == 0 || (removed && removed[s]))
			continue;
		scale = sign * hit[s] / chain->total[s];
		for (int c = 0; c < chain->channels; c++)
		{
			int			next;

			if (moves[c] == 0)
				continue;
			next = ChainNext(chain, s, c);
			out[c] += scale * ((removed && removed[next] ? 0 : win[next]) - win[s]);
		}
		out[chain->channels] += scale * (1 - win[s]);
		out[chain->channels + 1] += scale * (0 - win[s]);
	}
}

/* A channel's states, and what is lost without them. */
typedef struct Removal
{
	int			count;
	int		   *state;
	double	   *first;			/* chance to come to each before the others */
	double	   *win;			/* N(C, C)^-1 w(C) */
} Removal;

static void
Remove(const Solution *solution, int channel, Removal *removal)
{
	const Chain *chain = solution->chain;
	int			count = 0;
	double	   *block;

	for (int s = 1; s < chain->states; s++)
		if (chain->state[s].last == channel)
			removal->state[count++] = s;
	removal->count = count;
	block = palloc(Max(1, count * count) * sizeof(double));
	/* f N(C, C) = h(C), so N(C, C)' f' = h(C)' */
	for (int i = 0; i < count; i++)
	{
		removal->first[i] = solution->hit[removal->state[i]];
		for (int j = 0; j < count; j++)
			block[i * count + j] = VisitsOf(solution, removal->state[j], removal->state[i]);
	}
	SolveSmall(block, removal->first, count, 1);
	for (int i = 0; i < count; i++)
	{
		removal->win[i] = solution->win[removal->state[i]];
		for (int j = 0; j < count; j++)
			block[i * count + j] = VisitsOf(solution, removal->state[i], removal->state[j]);
	}
	SolveSmall(block, removal->win, count, 1);
	pfree(block);
}

/* The derivative of a channel's effect by the count of each move. */
static void
EffectGradient(const Solution *solution, const Removal *removal, double effect,
			   const double *full_gradient, double *gradient)
{
	const Chain *chain = solution->chain;
	double	   *hit = palloc(chain->states * sizeof(double));
	double	   *win = palloc(chain->states * sizeof(double));
	bool	   *removed = palloc0(chain->states * sizeof(bool));

	memcpy(gradient, full_gradient, (Size) chain->states * Width(chain) * sizeof(double));
	memcpy(hit, solution->hit, chain->states * sizeof(double));
	memcpy(win, solution->win, chain->states * sizeof(double));
	win[CHAIN_START] -= effect;
	for (int i = 0; i < removal->count; i++)
	{
		int			c = removal->state[i];

		removed[c] = true;
		for (int s = 1; s < chain->states; s++)
		{
			hit[s] -= removal->first[i] * VisitsOf(solution, c, s);
			win[s] -= VisitsOf(solution, s, c) * removal->win[i];
		}
	}
	AddGradient(chain, hit, win, removed, -1, gradient);
	pfree(hit);
	pfree(win);
	pfree(removed);
}

/* What one journey of a path adds to a sum of moves, but its end. */
static double
PathSum(const Chain *chain, const ChainPath *path, const double *gradient, int *end)
{
	double		sum = 0;
	int			s = CHAIN_START;

	for (int i = 0; i < path->touches; i++)
	{
		sum += gradient[(Size) s * Width(chain) + path->channel[i]];
		s = ChainNext(chain, s, path->channel[i]);
	}
	*end = s;
	return sum;
}

/*
 * The variance of each channel's part of the wins: its part of the touched ones (share)
 * times how many of all wins those are. gradients: of each channel's effect.
 */
static void
Variances(const Solution *solution, ChainEffects *effects, const ChainPath *paths, int count,
		  double all_won, double touched_won)
{
	const Chain *chain = solution->chain;
	Size		size = (Size) chain->states * Width(chain);
	double	   *full = palloc0(size * sizeof(double));
	double	   *sum_gradient = palloc0(size * sizeof(double));
	double	   *gradient = palloc(size * sizeof(double));
	Removal		removal = {0};
	double		sum = 0;
	double		touched_rate = touched_won / all_won;

	removal.state = palloc(chain->states * sizeof(int));
	removal.first = palloc(chain->states * sizeof(double));
	removal.win = palloc(chain->states * sizeof(double));
	AddGradient(chain, solution->hit, solution->win, NULL, 1, full);
	for (int c = 0; c < chain->channels; c++)
	{
		sum += effects->effect[c];
		Remove(solution, c, &removal);
		EffectGradient(solution, &removal, effects->effect[c], full, gradient);
		for (Size i = 0; i < size; i++)
			sum_gradient[i] += gradient[i];
	}
	for (int c = 0; c < chain->channels; c++)
	{
		double		share = effects->effect[c] / sum;
		double		variance = 0;

		Remove(solution, c, &removal);
		EffectGradient(solution, &removal, effects->effect[c], full, gradient);
		/* of the share */
		for (Size i = 0; i < size; i++)
			gradient[i] = (gradient[i] - share * sum_gradient[i]) / sum;
		for (int p = 0; p < count; p++)
		{
			const ChainPath *path = &paths[p];
			int			end;
			double		moves = PathSum(chain, path, gradient, &end) * touched_rate;
			const double *ends = gradient + (Size) end * Width(chain) + chain->channels;
			double		won = moves + ends[0] * touched_rate + share * (1 - touched_rate) / all_won;
			double		lost = moves + ends[1] * touched_rate;

			CHECK_FOR_INTERRUPTS();
			variance += path->won * won * won + path->lost * lost * lost + path->open * moves * moves;
		}
		/* wins without a touch make the touched ones a smaller part of all */
		variance += (all_won - touched_won) * pow(share * touched_rate / all_won, 2);
		effects->variance[c] = variance;
	}
}

/*
 * What a win's chance and value lose without each channel. all_won, touched_won: wins
 * with and without those that have no touch, for the variance.
 */
ChainEffects
ChainSolve(const Chain *chain, const ChainPath *paths, int count, bool with_variance,
		   double all_won, double touched_won)
{
	Solution	solution = SolveChain(chain);
	ChainEffects effects = {0};
	Removal		removal = {0};

	effects.win = solution.win[CHAIN_START];
	effects.value = solution.value[CHAIN_START];
	effects.effect = palloc0(Max(1, chain->channels) * sizeof(double));
	effects.value_effect = palloc0(Max(1, chain->channels) * sizeof(double));
	removal.state = palloc(chain->states * sizeof(int));
	removal.first = palloc(chain->states * sizeof(double));
	removal.win = palloc(chain->states * sizeof(double));
	for (int c = 0; c < chain->channels; c++)
	{
		CHECK_FOR_INTERRUPTS();
		Remove(&solution, c, &removal);
		for (int i = 0; i < removal.count; i++)
		{
			effects.effect[c] += removal.first[i] * solution.win[removal.state[i]];
			effects.value_effect[c] += removal.first[i] * solution.value[removal.state[i]];
		}
	}
	if (with_variance && touched_won > 0)
	{
		effects.variance = palloc0(Max(1, chain->channels) * sizeof(double));
		Variances(&solution, &effects, paths, count, all_won, touched_won);
	}
	pfree(solution.visits);
	return effects;
}
