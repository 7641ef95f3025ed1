/*
 * cadence_gap.c
 *		The rhythm of one account: see cadence_gap.h.
 *
 * Given x gaps that took tx days, the rate is Gamma(B, A), A = alpha + tx, B =
 * r + kx. The chance that fewer than k of its events fall into s days is
 * sum j<k of G(B+j)/(G(B) j!) (s/(A+s))^j (A/(A+s))^B: all terms are positive.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "cadence/cadence_gap.h"

/*
 * The chance of a gap longer than `silence`. edge: the next term of the sum times
 * k, which is minus its derivative by ln silence.
 */
static double
LongerGap(int k, double A, double B, double silence, double *edge)
{
	double		q = silence / (A + silence);
	double		term = exp(-B * log1p(silence / A));
	double		sum = 0;

	for (int j = 0; j < k; j++)
	{
		sum += term;
		term *= (B + j) / (j + 1) * q;
	}
	*edge = k * term;
	return Min(sum, 1.0);
}

/* The chance that a gap of this account lasts longer than so many days. */
double
CadenceSilence(const CadenceParameters *model, const CadenceHistory *history, double silence)
{
	double		edge;

	return LongerGap(model->regularity, model->alpha + history->span,
					 model->r + model->regularity * history->gaps, silence, &edge);
}

/*
 * The days within which the next gap ends with a chance of 0 < chance < 1, to about
 * the square of the relative precision; infinite where a double cannot hold them.
 * Newton's method on the logarithm of the days, kept between two bounds.
 */
double
CadenceGapQuantile(const CadenceParameters *model, const CadenceHistory *history, double chance,
				   double precision)
{
	int			k = model->regularity;
	double		A = model->alpha + history->span;
	double		B = model->r + k * history->gaps;
	double		goal = log1p(-chance);	/* of the logarithm of LongerGap */
	double		low = -INFINITY;	/* bounds of the logarithm of days / A */
	double		high = log(DBL_MAX / 4) - Max(log(A), 0);
	double		at;

	if (k == 1)
		return A * expm1(-goal / B);

	/* as if the rate were known, and the gap a power of an exponential one */
	at = Min(log(k / B) + log(-goal / M_LN2) / sqrt(k), high - 1);
	for (int step = 0; step < 100; step++)
	{
		double		edge;
		double		longer = LongerGap(k, A, B, A * exp(at), &edge);
		double		over = log(longer) - goal;
		double		next = at + over * longer / edge;

		if (over > 0)
			low = at;
		else
			high = at;
		if (!(next > low && next < high))
			next = isfinite(low) ? (low + high) / 2 : high - 2;
		else if (fabs(next - at) < precision)
			return A * exp(next);
		at = next;
	}
	return at > high - 1 && A * exp(at) > DBL_MAX / 1e6 ? INFINITY : A * exp(at);
}
