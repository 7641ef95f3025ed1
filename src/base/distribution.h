/*
 * distribution.h
 *		Distribution functions of statistics, on plain doubles. Nothing of the
 *		server here.
 *
 * Each distribution has `below` and `above`, the chances to lie under and over a
 * value. Both are accurate to about 1e-13 of themselves, also where the other
 * rounds to 1: a p-value of 1e-200 is one. Quantiles come the same way:
 * NormalQuantileAbove(1e-200) is the value that is exceeded so rarely.
 *
 * Arguments must lie in the stated domain; callers check what users give.
 * Time grows with the root of the shapes of the beta and gamma functions: a
 * million terms at 1e10, which is some milliseconds.
 */
#ifndef REVOPS_DISTRIBUTION_H
#define REVOPS_DISTRIBUTION_H

/* A chance and its complement, each computed as such. */
typedef struct Chances
{
	double		below;
	double		above;
} Chances;

/*
 * Around lgamma of math.h, for arguments > 0: where its own rounding, or that of
 * its argument, would be all that is left.
 */
extern double LogGammaOnePlus(double x);	/* lgamma(1 + x), x > -1/2 */
extern double LogGammaRise(double x, double step);	/* lgamma(x + step) - lgamma(x), step >= 0 */
extern double LogBeta(double a, double b);
extern double Digamma(double x);

/*
 * The regularized incomplete gamma function: below is P(shape, x), the chance
 * that a gamma variable of this shape and rate 1 is at most x >= 0; above is Q.
 */
extern Chances GammaChances(double shape, double x);

/* The x below which the variable lies with chance p, or above it with q = 1 - p. */
extern double GammaQuantile(double shape, double p, double q);

/*
 * The regularized incomplete beta function: below is I_x(a, b), the chance that a
 * beta variable is at most x. complement is 1 - x: whoever knows it without
 * rounding, as t / (n + t), gives it so.
 */
extern Chances BetaChances(double a, double b, double x, double complement);

/*
 * The log-odds log(x / (1-x)) of the x below which the variable lies with chance
 * p, or above it with q = 1 - p: in this form x is exact near 0 and near 1.
 */
extern double BetaQuantileLogOdds(double a, double b, double p, double q);

extern double NormalBelow(double z);
extern double NormalAbove(double z);
extern double NormalQuantile(double p); /* infinite at 0 and 1 */
extern double NormalQuantileAbove(double q);

/* Student's t with so many degrees of freedom, > 0, not necessarily whole. */
extern double StudentBelow(double t, double freedom);
extern double StudentAbove(double t, double freedom);
extern double StudentQuantile(double p, double freedom);
extern double StudentQuantileAbove(double q, double freedom);

extern double ChiSquareBelow(double x, double freedom);
extern double ChiSquareAbove(double x, double freedom);
extern double ChiSquareQuantile(double p, double freedom);
extern double ChiSquareQuantileAbove(double q, double freedom);

#endif							/* REVOPS_DISTRIBUTION_H */
