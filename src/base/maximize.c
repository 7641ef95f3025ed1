/*
 * maximize.c
 *		Newton's method with backtracking: see maximize.h.
 *
 * Where the function is not concave, the diagonal of its second derivatives is
 * raised until the step leads uphill. A step is halved until the value rises. A
 * number that stands at its bound and would leave it is held there.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "base/maximize.h"

#define LONGEST_STEP	3.0		/* in each number; they are logarithms */
#define MOST_HALVINGS	40

/*
 * Solves (-second + raise * I) step = gradient for the numbers that are free.
 * False where the matrix is not positive definite.
 */
static bool
SolveStep(int n, const bool *held, const double *second, const double *gradient, double raise,
		  double *step)
{
	double		factor[MAXIMIZE_MOST][MAXIMIZE_MOST] = {{0}};
	double		half[MAXIMIZE_MOST];

	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			double		sum = held[i] || held[j] ? (i == j ? 1.0 : 0.0) :
				-second[i * n + j] + (i == j ? raise : 0.0);

			for (int m = 0; m < j; m++)
				sum -= factor[i][m] * factor[j][m];
			if (i > j)
				factor[i][j] = sum / factor[j][j];
			else if (sum > 1e-12 * (1.0 + fabs(second[i * n + i])))
				factor[i][i] = sqrt(sum);
			else
				return false;	/* NaN comes here too */
		}
	}
	for (int i = 0; i < n; i++)
	{
		half[i] = held[i] ? 0.0 : gradient[i];
		for (int m = 0; m < i; m++)
			half[i] -= factor[i][m] * half[m];
		half[i] /= factor[i][i];
	}
	for (int i = n - 1; i >= 0; i--)
	{
		step[i] = half[i];
		for (int m = i + 1; m < n; m++)
			step[i] -= factor[m][i] * step[m];
		step[i] /= factor[i][i];
	}
	return true;
}

/*
 * A maximum near a starting point. The value never falls below the start's.
 */
Maximum
MaximizeFrom(const MaximizeProblem *problem, const double *start)
{
	int			n = problem->count;
	Maximum		best = {.found = false};
	double		gradient[MAXIMIZE_MOST];
	double		second[MAXIMIZE_MOST * MAXIMIZE_MOST];

	for (int i = 0; i < n; i++)
		best.at[i] = Min(Max(start[i], problem->low[i]), problem->high[i]);
	best.value = problem->function(problem->context, best.at, gradient, second);

	for (int taken = 0; taken < MAXIMIZE_STEPS; taken++)
	{
		double		step[MAXIMIZE_MOST];
		double		gain = 0;	/* twice what a quadratic function would gain */
		double		longest = 0;
		double		raise = 0;
		double		shorter = 1;
		bool		held[MAXIMIZE_MOST];
		bool		risen = false;
		bool		small;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < n; i++)
			held[i] = (best.at[i] <= problem->low[i] && gradient[i] < 0) ||
				(best.at[i] >= problem->high[i] && gradient[i] > 0);
		while (!SolveStep(n, held, second, gradient, raise, step))
		{
			if (raise > 1e100)
				return best;
			raise *= 10;
			for (int i = 0; i < n && raise < 1e-3 * fabs(second[i * n + i]); i++)
				raise = 1e-3 * fabs(second[i * n + i]);
			raise = Max(raise, 1e-100);
		}
		for (int i = 0; i < n; i++)
		{
			gain += step[i] * gradient[i];
			longest = Max(longest, fabs(step[i]));
		}
		small = gain < 1e-9 + 1e-13 * fabs(best.value);
		if (longest > LONGEST_STEP)
			shorter = LONGEST_STEP / longest;

		for (int half = 0; half < MOST_HALVINGS && !risen; half++, shorter /= 2)
		{
			Maximum		next = best;
			double		next_gradient[MAXIMIZE_MOST];
			double		next_second[MAXIMIZE_MOST * MAXIMIZE_MOST];

			for (int i = 0; i < n; i++)
				next.at[i] = Min(Max(best.at[i] + shorter * step[i], problem->low[i]),
								 problem->high[i]);
			next.value = problem->function(problem->context, next.at, next_gradient, next_second);
			risen = next.value > best.value;
			if (risen)
			{
				best = next;
				memcpy(gradient, next_gradient, sizeof(gradient));
				memcpy(second, next_second, sizeof(second));
			}
			else if (small)
				break;
		}
		/* where nothing rises any more, what is left is rounding, or a bound */
		if (small || (!risen && gain < 1e-5 * (1 + 1e-3 * fabs(best.value))))
		{
			best.found = true;
			return best;
		}
		if (!risen)
			return best;
	}
	return best;
}

/* The best of the maxima from several starts, MAXIMIZE_MOST numbers each. */
Maximum
MaximizeBest(const MaximizeProblem *problem, const double *starts, int start_count)
{
	Maximum		best = MaximizeFrom(problem, starts);

	for (int i = 1; i < start_count; i++)
	{
		Maximum		one = MaximizeFrom(problem, starts + i * MAXIMIZE_MOST);

		if (one.value > best.value)
			best = one;
	}
	return best;
}

/*
 * The logarithm of a prior, without its constant, weight times. Its derivatives are
 * added to the gradient and the second derivatives.
 */
double
NormalPriorAdd(const NormalPrior *prior, int count, double weight, const double *at,
			   double *gradient, double *second)
{
	double		value = 0;

	for (int i = 0; i < count; i++)
	{
		double		off = at[i] - prior[i].middle;
		double		square = prior[i].spread * prior[i].spread;

		value -= weight / 2 * off * off / square;
		gradient[i] -= weight * off / square;
		second[i * count + i] -= weight / square;
	}
	return value;
}
