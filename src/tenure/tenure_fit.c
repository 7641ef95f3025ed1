/*
 * tenure_fit.c
 *		The shifted beta-geometric model: see tenure_fit.h. Source: P. S. Fader and
 *		B. G. S. Hardie, "How to project customer retention", 2007.
 *
 * P(lapse at d) = B(a+1, b+d-1)/B(a, b), S(d) = B(a, b+d)/B(a, b); who was watched
 * only from a later term on is divided by S there. The prior is that of cadence for
 * leaving.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "base/gamma.h"
#include "base/maximize.h"
#include "cadence/cadence_fit.h"
#include "tenure/tenure_fit.h"

typedef struct TenureContext
{
	const TenureRow *rows;
	int			count;
	double		prior_weight;
} TenureContext;

static const NormalPrior prior[2] = {LEAVE_RATE_PRIOR, LEAVE_SIZE_PRIOR};

/*
 * Adds times * ln (G(b+d)/G(b) * G(a+b)/G(a+b+e)) and its derivatives by a and b:
 * first (2), second (aa, ab, bb).
 */
static double
AddQuotient(double a, double b, double d, double e, double times, double *first, double *second)
{
	LogGamma	g_b = LogGammaAt(b);
	LogGamma	g_bd = LogGammaAt(b + d);
	LogGamma	g_ab = LogGammaAt(a + b);
	LogGamma	g_abe = LogGammaAt(a + b + e);
	double		both = g_ab.first - g_abe.first;
	double		both_second = g_ab.second - g_abe.second;

	first[0] += times * both;
	first[1] += times * (g_bd.first - g_b.first + both);
	second[0] += times * both_second;
	second[1] += times * both_second;
	second[2] += times * (g_bd.second - g_b.second + both_second);
	return times * (g_bd.value - g_b.value + g_ab.value - g_abe.value);
}

/* The penalised log likelihood, by logit (a/(a+b)) and ln (a+b). */
static double
Penalised(const void *argument, const double *at, double *gradient, double *second)
{
	const TenureContext *context = argument;
	double		p = 1 / (1 + exp(-at[0]));
	double		q = 1 / (1 + exp(at[0]));
	double		a = exp(at[1]) * p;
	double		b = exp(at[1]) * q;
	double		value = 0;
	double		first[2] = {0};
	double		h[3] = {0};
	double		f_a;
	double		f_b;
	double		f_aa;
	double		f_ab;
	double		f_bb;

	for (int i = 0; i < context->count; i++)
	{
		const TenureRow *row = &context->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (row->lapsed)
		{
			value += AddQuotient(a, b, row->terms - 1, row->terms, row->count, first, h) +
				row->count * log(a);
			first[0] += row->count / a;
			h[0] -= row->count / (a * a);
		}
		else
			value += AddQuotient(a, b, row->terms, row->terms, row->count, first, h);
		if (row->entry > 0)
			value += AddQuotient(a, b, row->entry, row->entry, -row->count, first, h);
	}

	/* by ln a and ln b, then by the two numbers */
	f_a = a * first[0];
	f_b = b * first[1];
	f_aa = a * a * h[0] + f_a;
	f_ab = a * b * h[1];
	f_bb = b * b * h[2] + f_b;
	gradient[0] = q * f_a - p * f_b;
	gradient[1] = f_a + f_b;
	second[0] = q * q * f_aa - 2 * p * q * f_ab + p * p * f_bb - p * q * (f_a + f_b);
	second[1] = second[2] = q * (f_aa + f_ab) - p * (f_ab + f_bb);
	second[3] = f_aa + 2 * f_ab + f_bb;
	return value + NormalPriorAdd(prior, 2, context->prior_weight, at, gradient, second);
}

/* The parameters of the best penalised likelihood; rows in a fixed order. */
TenureFit
TenureLearn(const TenureRow *rows, int count, double prior_weight)
{
	static const double starts[][MAXIMIZE_MOST] = {{-1.4, 1.1}, {0, 0}, {-3, 2}};
	TenureContext context = {rows, count, prior_weight};
	MaximizeProblem problem = {
		.count = 2, .function = Penalised, .context = &context,
		.low = {-25, -14}, .high = {25, 14}
	};
	Maximum		best = MaximizeBest(&problem, starts[0], lengthof(starts));
	double		gradient[2] = {0};
	double		second[4] = {0};
	TenureFit	fit;

	fit.parameters.a = exp(best.at[1]) / (1 + exp(-best.at[0]));
	fit.parameters.b = exp(best.at[1]) / (1 + exp(best.at[0]));
	fit.penalised = best.value;
	fit.log_likelihood = best.value -
		NormalPriorAdd(prior, 2, prior_weight, best.at, gradient, second);
	fit.found = best.found;
	return fit;
}

/* The chance of the next renewal after so many. */
double
TenureRate(const TenureParameters *model, double terms_done)
{
	return (model->b + terms_done) / (model->a + model->b + terms_done);
}

/* S(d+terms)/S(d): the chance of so many more renewals. */
double
TenureStays(const TenureParameters *model, double terms_done, double terms)
{
	double		stays = 1;

	for (double term = 0; term < terms; term++)
		stays *= TenureRate(model, terms_done + term);
	return stays;
}
