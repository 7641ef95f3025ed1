/*
 * distribution.c
 *		Distribution functions of statistics: see distribution.h.
 *
 * Where the accuracy comes from. The incomplete functions are a front factor, x^a
 * (1-x)^b / B(a, b), times a series or a continued fraction that has no
 * cancellation. The front is never taken from logarithms of gamma functions,
 * which lose a digit for each digit of a and b, but from how far x lies from the
 * mean (C. Loader, "Fast and accurate computation of binomial probabilities",
 * 2000). Of the two tails the one that is small is computed and the other is
 * its complement. Where both are computed from one that is near 1, because a
 * shape is tiny, the complement has a formula of its own.
 *
 * Sources of the expansions: Abramowitz and Stegun, 6.1.33, 6.1.41, 6.3.18; A.
 * R. DiDonato and A. H. Morris, "Algorithm 708: significant digit computation of
 * the incomplete beta function ratios", ACM TOMS 18 (1992).
 */
#include <float.h>
#include <math.h>

#include "base/distribution.h"

#define PI						3.14159265358979323846
#define HALF_LOG_TWO_PI			0.91893853320467274178
#define ROOT_HALF				0.70710678118654752440
#define TWO_OVER_ROOT_PI		1.12837916709551257390
#define EULER					0.57721566490153286061

/* Large enough for shapes of 1e14; a continued fraction that far is settled. */
#define MOST_TERMS				100000000

/* What Stirling's formula for log Gamma(x) leaves, as a series in 1/x, from x = 10 on. */
static const double stirling[] = {
	1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
};
#define STIRLING_TERMS	((int) (sizeof(stirling) / sizeof(stirling[0])))
#define STIRLING_FROM	10.0

/* LogGamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) */
static double
StirlingRest(double x)
{
	double		square = 1 / (x * x);
	double		rest = 0;

	if (x < STIRLING_FROM)
		return lgamma(x) - (x - 0.5) * log(x) + x - HALF_LOG_TWO_PI;
	for (int i = STIRLING_TERMS - 1; i >= 0; i--)
		rest = rest * square + stirling[i];
	return rest / x;
}

double
LogGammaOnePlus(double x)
{
	/* values of the zeta function at 2, 3, … over 2, 3, … */
	static const double terms[] = {
		1.64493406684822643647 / 2, 1.20205690315959428540 / 3, 1.08232323371113819152 / 4,
		1.03692775514336992633 / 5, 1.01734306198444913971 / 6, 1.00834927738192282684 / 7,
		1.00407735619794433938 / 8, 1.00200839282608221442 / 9
	};
	double		sum = 0;

	if (fabs(x) > 0.01)
		return lgamma(1 + x);
	for (int i = (int) (sizeof(terms) / sizeof(terms[0])) - 1; i >= 0; i--)
		sum = terms[i] - x * sum;
	return x * (x * sum - EULER);
}

/*
 * From x = 10 on by the difference of two Stirling formulas, each difference
 * taken where it is a multiple of step; below by as many factors (x + step) / x.
 */
double
LogGammaRise(double x, double step)
{
	double		factors = 0;
	double		near;
	double		far;
	double		rest = 0;
	double		powers = 0;		/* (far^k - near^k) / (far - near) */
	double		near_power = 1;

	if (x + step == step)
		return lgamma(step) - lgamma(x);
	for (; x < STIRLING_FROM; x++)
		factors += log1p(step / x);
	near = 1 / x;
	far = 1 / (x + step);
	for (int i = 0; i < STIRLING_TERMS; i++)
	{
		powers = near_power + far * powers;
		near_power *= near;
		rest += stirling[i] * powers;
		powers = near_power + far * powers;
		near_power *= near;
	}
	return step * log(x + step) - step + (x - 0.5) * log1p(step / x) -
		step * near * far * rest - factors;
}

double
LogBeta(double a, double b)
{
	double		small = fmin(a, b);

	return lgamma(small) - LogGammaRise(fmax(a, b), small);
}

/* By the recurrence up to 10, then by the asymptotic series. */
double
Digamma(double x)
{
	static const double terms[] = {
		1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12
	};
	double		below = 0;
	double		square;
	double		sum = 0;

	for (; x < STIRLING_FROM; x++)
		below += 1 / x;
	square = 1 / (x * x);
	for (int i = (int) (sizeof(terms) / sizeof(terms[0])) - 1; i >= 0; i--)
		sum = (sum + terms[i]) * square;
	return log(x) - 0.5 / x - sum - below;
}

/*
 * u - log(1 + u), without the cancellation near 0. ratio is 1 + u, which u no
 * longer knows near -1.
 */
static double
LogExcess(double u, double ratio)
{
	double		v;
	double		square;
	double		power;
	double		sum;

	if (u < -0.4 || u > 0.6)
		return u - log(ratio);
	/* log(1 + u) = 2 artanh v, and u - 2 v = u v */
	v = u / (2 + u);
	square = v * v;
	power = 2 * v * square;
	sum = u * v;
	for (int i = 3;; i += 2)
	{
		double		less = sum - power / i;

		if (less == sum)
			return sum;
		sum = less;
		power *= square;
	}
}

/* The density of log x: x^shape e^-x / Gamma(shape). */
static double
GammaFront(double shape, double x)
{
	double		from_mean = (x - shape) / shape;

	if (x <= 0)
		return 0;
	if (shape < 1)
		return shape * exp(shape * log(x) - x - LogGammaOnePlus(shape));
	return sqrt(shape / (2 * PI)) *
		exp(-shape * LogExcess(from_mean, x / shape) - StirlingRest(shape));
}

/* A shape below 1 and a small x, where both tails come from one series. */
static Chances
SmallGamma(double shape, double x)
{
	double		front = shape * log(x) - LogGammaOnePlus(shape);
	double		power = 1;
	double		sum = 0;		/* of (-x)^n / (n! (shape + n)) */
	Chances		chances;

	for (int n = 1; n < MOST_TERMS; n++)
	{
		double		term;

		power *= -x / n;
		term = power / (shape + n);
		sum += term;
		if (fabs(term) <= fabs(sum) * (DBL_EPSILON / 4))
			break;
	}
	chances.below = exp(front) * (1 + shape * sum);
	chances.above = -expm1(front) - exp(front) * shape * sum;
	return chances;
}

/* A continued fraction b0 + a1 / (b1 + a2 / (b2 + …)), by Lentz's method. */
typedef struct Fraction
{
	double		value;
	double		c;
	double		d;
	double		change;			/* of the last step, as a part of the value */
} Fraction;

static Fraction
FractionStart(double b)
{
	Fraction	fraction = {b, b, 0, INFINITY};

	return fraction;
}

/*
 * One more a and b; true when it has settled: it stands, or moves by its own
 * rounding and no longer comes nearer.
 */
static inline int
FractionStep(Fraction *fraction, double a, double b)
{
	double		d = b + a * fraction->d;
	double		c = b + a / fraction->c;
	double		factor;
	double		change;
	int			settled;

	fraction->c = c == 0 ? DBL_MIN : c;
	fraction->d = 1 / (d == 0 ? DBL_MIN : d);
	factor = fraction->c * fraction->d;
	fraction->value *= factor;
	change = fabs(factor - 1);
	settled = change <= DBL_EPSILON / 2 ||
		(change <= 8 * DBL_EPSILON && change >= fraction->change);
	fraction->change = change;
	return settled;
}

Chances
GammaChances(double shape, double x)
{
	Chances		chances = {0, 1};

	if (x <= 0)
		return chances;
	if (isinf(x))
	{
		chances.below = 1;
		chances.above = 0;
		return chances;
	}
	if (shape < 1 && x < 1.5)
		return SmallGamma(shape, x);
	if (x < shape)
	{
		double		term = 1 / shape;
		double		sum = term;

		for (int n = 1; n < MOST_TERMS && term > sum * (DBL_EPSILON / 4); n++)
		{
			term *= x / (shape + n);
			sum += term;
		}
		chances.below = GammaFront(shape, x) * sum;
		chances.above = 1 - chances.below;
	}
	else
	{
		double		b = x + 1 - shape;
		Fraction	fraction = FractionStart(b);

		for (int n = 1; n < MOST_TERMS; n++)
			if (FractionStep(&fraction, n * (shape - n), b + 2.0 * n))
				break;
		chances.above = GammaFront(shape, x) / fraction.value;
		chances.below = 1 - chances.above;
	}
	return chances;
}

/* log x, where x is so near 1 that only its complement knows how near. */
static double
LogNearOne(double x, double complement)
{
	return x < 0.5 ? log(x) : log1p(-complement);
}

/* The density of the log-odds of x: x^a (1-x)^b / B(a, b). */
static double
BetaFront(double a, double b, double x, double complement)
{
	double		sum = a + b;
	double		from_mean = a * complement - b * x;

	if (x <= 0 || complement <= 0)
		return 0;
	if (a < 1 || b < 1)
	{
		double		small = fmin(a, b);

		return small * exp(a * LogNearOne(x, complement) + b * LogNearOne(complement, x) -
						   LogGammaOnePlus(small) + LogGammaRise(fmax(a, b), small));
	}
	return sqrt(a / (2 * PI) * (b / sum)) *
		exp(-a * LogExcess(-from_mean / a, x / a * sum) -
			b * LogExcess(from_mean / b, complement / b * sum) +
			StirlingRest(sum) - StirlingRest(a) - StirlingRest(b));
}

/* Whether BetaSeries gets along with few terms that do not cancel. */
static int
BetaSeriesFits(double b, double x)
{
	return x <= 0.9 && (b <= 1 || b * x <= 1);
}

/*
 * The power series in x: I = x^a / (a B(a, b)) * (1 + a sum). Its complement is
 * taken from the same parts, since with a tiny a only they know it.
 */
static Chances
BetaSeries(double a, double b, double x)
{
	double		front = a * log(x) - LogGammaOnePlus(a) + LogGammaRise(b, a);
	double		power = 1;
	double		sum = 0;		/* of (1-b)(2-b)…(n-b) x^n / (n! (a + n)) */
	Chances		chances;

	for (int n = 1; n < MOST_TERMS; n++)
	{
		double		term;

		power *= (n - b) / n * x;
		term = power / (a + n);
		sum += term;
		if (fabs(term) <= fabs(sum) * (DBL_EPSILON / 4))
			break;
	}
	chances.below = exp(front) * (1 + a * sum);
	chances.above = -expm1(front) - exp(front) * a * sum;
	return chances;
}

/* I_x(a, b) where x lies below the mean, by the continued fraction of algorithm 708. */
static double
BetaFraction(double a, double b, double x, double complement)
{
	double		from_mean = a * complement - b * x;
	Fraction	fraction = FractionStart(a / (a + 1) * (from_mean + 1));

	for (int n = 1; n < MOST_TERMS; n++)
	{
		double		before = a + 2.0 * n - 1;
		double		after = a + 2.0 * n + 1;
		double		up = n * (b - n) * x;

		if (FractionStep(&fraction,
						 (a + n - 1) / before * ((a + b + n - 1) / before) * up * x,
						 n + up / before +
						 (a + n) / after * (from_mean + 1 + n * (1 + complement))))
			break;
	}
	return BetaFront(a, b, x, complement) / fraction.value;
}

Chances
BetaChances(double a, double b, double x, double complement)
{
	Chances		chances;
	Chances		turned;

	if (x <= 0 || complement <= 0)
	{
		chances.below = x <= 0 ? 0 : 1;
		chances.above = 1 - chances.below;
	}
	else if (BetaSeriesFits(b, x))
		chances = BetaSeries(a, b, x);
	else if (BetaSeriesFits(a, complement))
	{
		turned = BetaSeries(b, a, complement);
		chances.below = turned.above;
		chances.above = turned.below;
	}
	else if (a * complement >= b * x)
	{
		chances.below = BetaFraction(a, b, x, complement);
		chances.above = 1 - chances.below;
	}
	else
	{
		chances.above = BetaFraction(b, a, complement, x);
		chances.below = 1 - chances.above;
	}
	return chances;
}

/*
 * Quantiles of gamma and beta variables. On the scale of log x, or of log-odds,
 * both densities are log-concave, and so are both tails. Newton's steps on the
 * logarithm of the smaller tail then come to the root from any start: they
 * overshoot once at most, and rise to it from there.
 */
typedef struct Shape
{
	double		a;
	double		b;				/* 0: a gamma variable */
} Shape;

/* Farther out, x itself is an underflow. */
#define FARTHEST_PLACE	700.0

/* The tail and its density at a place on the log scale. */
static double
TailAt(const Shape *shape, double place, int is_above, double *density)
{
	Chances		chances;

	if (place < -FARTHEST_PLACE && !is_above)
	{
		/* x^a alone is left of the front */
		chances.below = exp(shape->a * place - LogGammaOnePlus(shape->a) +
							(shape->b > 0 ? LogGammaRise(shape->b, shape->a) : 0));
		*density = shape->a * chances.below;
		return chances.below;
	}
	if (place > FARTHEST_PLACE && !is_above && shape->b > 0)
	{
		double		rest = -shape->b * place - LogGammaOnePlus(shape->b) +
			LogGammaRise(shape->a, shape->b);

		*density = shape->b * exp(rest);
		return -expm1(rest);
	}
	if (shape->b > 0)
	{
		double		odds = exp(-fabs(place));
		double		small = odds / (1 + odds);
		double		large = 1 / (1 + odds);
		double		x = place < 0 ? small : large;
		double		complement = place < 0 ? large : small;

		chances = BetaChances(shape->a, shape->b, x, complement);
		*density = BetaFront(shape->a, shape->b, x, complement);
	}
	else
	{
		double		x = exp(place);

		chances = GammaChances(shape->a, x);
		*density = GammaFront(shape->a, x);
	}
	return is_above ? chances.above : chances.below;
}

static double
LogQuantile(Shape shape, double start, double p, double q)
{
	int			is_above = q < p;
	double		target = is_above ? q : p;
	double		direction = is_above ? -1 : 1;	/* in which the tail grows */
	double		place = start;
	double		before = start; /* the last place whose tail is no underflow */
	double		last_step = INFINITY;

	if (target <= 0)
		return direction * -INFINITY;
	for (int i = 0; i < 200; i++)
	{
		double		density;
		double		tail = TailAt(&shape, place, is_above, &density);
		double		step;

		if (!(tail >= DBL_MIN && density >= DBL_MIN))
		{
			/* beyond what a double holds: go half the way back */
			if (place == before || fabs(place - before) < DBL_EPSILON * fabs(place))
				return place;
			place = before + (place - before) / 2;
			continue;
		}
		before = place;
		step = direction * log(target / tail) * (tail / density);
		if (fabs(step) <= 2 * DBL_EPSILON * fmax(1, fabs(place)) ||
			(i > 10 && fabs(step) >= fabs(last_step) && fabs(step) < 1e-11))
			return place + step;
		last_step = step;
		place += step;
	}
	return place;
}

double
GammaQuantile(double shape, double p, double q)
{
	Shape		gamma = {shape, 0};

	return exp(LogQuantile(gamma, log(shape), p, q));
}

double
BetaQuantileLogOdds(double a, double b, double p, double q)
{
	Shape		beta = {a, b};
	Shape		turned = {b, a};

	/* the upper tail is the lower one of 1 - x */
	if (q < p)
		return -LogQuantile(turned, log(b) - log(a), q, p);
	return LogQuantile(beta, log(a) - log(b), p, q);
}

double
NormalBelow(double z)
{
	return erfc(-z * ROOT_HALF) / 2;
}

double
NormalAbove(double z)
{
	return erfc(z * ROOT_HALF) / 2;
}

/*
 * Newton's steps: near the middle on the chance between 0 and z, which is exact
 * there, else on the logarithm of the tail. The tail's logarithm is concave, so
 * from a z beyond the root each step comes nearer from the same side.
 */
double
NormalQuantileAbove(double q)
{
	double		z;

	if (q > 0.5)
		return -NormalQuantileAbove(1 - q);
	if (q <= 0)
		return INFINITY;
	if (q > 0.3)
	{
		double		middle = 0.5 - q;

		z = 0;
		for (int i = 0; i < 20; i++)
		{
			double		step = (middle - erf(z * ROOT_HALF) / 2) /
				(TWO_OVER_ROOT_PI * ROOT_HALF / 2 * exp(-z * z / 2));

			z += step;
			if (fabs(step) <= DBL_EPSILON * z)
				break;
		}
		return z;
	}
	z = sqrt(-2 * log(q));
	if (z > 37.5)
		z = 37.5;				/* beyond, erfc is an underflow */
	for (int i = 0; i < 50; i++)
	{
		double		tail = NormalAbove(z);
		double		density = TWO_OVER_ROOT_PI * ROOT_HALF / 2 * exp(-z * z / 2);
		double		step = log(tail / q) * (tail / density);

		z += step;
		if (fabs(step) <= DBL_EPSILON * z)
			break;
	}
	return z;
}

double
NormalQuantile(double p)
{
	return 0 - NormalQuantileAbove(p);
}

/* The chance to lie beyond |t| on both sides, and within. */
static Chances
StudentTwoSided(double t, double freedom)
{
	double		square = t * t;
	double		sum = freedom + square;
	Chances		chances;

	if (isinf(sum))
	{
		/* the odds alone: t^2 / freedom is beyond a double, or t is */
		chances.below = isinf(t) ? 0 : exp(freedom * (0.5 * log(freedom) - log(fabs(t))) -
										   log(freedom / 2) - LogBeta(freedom / 2, 0.5));
		chances.above = 1 - chances.below;
		return chances;
	}
	return BetaChances(freedom / 2, 0.5, freedom / sum, square / sum);
}

double
StudentAbove(double t, double freedom)
{
	Chances		chances = StudentTwoSided(t, freedom);

	return t > 0 ? chances.below / 2 : 0.5 + chances.above / 2;
}

double
StudentBelow(double t, double freedom)
{
	return StudentAbove(-t, freedom);
}

double
StudentQuantileAbove(double q, double freedom)
{
	if (q > 0.5)
		return -StudentQuantileAbove(1 - q, freedom);
	if (q == 0.5)
		return 0;
	return sqrt(freedom) * exp(-BetaQuantileLogOdds(freedom / 2, 0.5, 2 * q, 2 * (0.5 - q)) / 2);
}

double
StudentQuantile(double p, double freedom)
{
	return 0 - StudentQuantileAbove(p, freedom);
}

double
ChiSquareBelow(double x, double freedom)
{
	return GammaChances(freedom / 2, x / 2).below;
}

double
ChiSquareAbove(double x, double freedom)
{
	return GammaChances(freedom / 2, x / 2).above;
}

double
ChiSquareQuantile(double p, double freedom)
{
	return 2 * GammaQuantile(freedom / 2, p, 1 - p);
}

double
ChiSquareQuantileAbove(double q, double freedom)
{
	return 2 * GammaQuantile(freedom / 2, 1 - q, q);
}
