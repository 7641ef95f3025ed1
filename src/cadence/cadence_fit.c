/*
 * cadence_fit.c
 *		The rhythm of a population: see cadence_fit.h.
 *
 * Of an account with x gaps in tx days and s days of silence, A = alpha + tx, B =
 * r + kx:
 *
 *		ln L = r ln alpha - lnG(r) + lnG(B) - B ln A + (k-1) log_gap_sum - x lnG(k)
 *			+ ln (B(a, b+x+1)/B(a, b)) + ln (S + a/(b+x))
 *
 * S is the chance of a gap longer than s. What depends on x alone is computed once
 * for each x, the rest once for each different history. The logarithm of the prior
 * is added, which keeps small samples finite and hardly moves large ones.
 *
 * The numbers that are searched are those of the prior: ln r, ln (k alpha/r/G),
 * logit (a/(a+b)), ln (a+b). G, a typical gap, makes the unit of time drop out.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/gamma.h"
#include "base/maximize.h"
#include "cadence/cadence_fit.h"

#define THIN_ROWS		20000	/* of more, the starts are tried on so many */

/* Accounts with the same number of gaps. */
typedef struct GapCount
{
	double		gaps;
	double		count;
	int			end;			/* of their rows */
} GapCount;

typedef struct FitContext
{
	const CadenceRow *rows;
	int			row_count;
	const GapCount *gap_counts;
	int			gap_count_count;
	int			regularity;
	double		accounts;
	double		constant;		/* what does not depend on the parameters */
	double		typical_gap;	/* G */
	double		prior_weight;
} FitContext;

static int
CompareRows(const CadenceRow *left, const CadenceRow *right)
{
	if (left->gaps != right->gaps)
		return left->gaps < right->gaps ? -1 : 1;
	if (left->span != right->span)
		return left->span < right->span ? -1 : 1;
	if (left->silence != right->silence)
		return left->silence < right->silence ? -1 : 1;
	return 0;
}

#define ST_SORT SortRows
#define ST_ELEMENT_TYPE CadenceRow
#define ST_COMPARE(a, b) CompareRows(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Brings rows into the order that CadenceLearn needs, equal ones together, so that
 * the sums do not depend on the order in which they came. Returns how many are left.
 */
int
CadenceRowsSort(CadenceRow *rows, int count)
{
	int			kept = 0;

	SortRows(rows, count);
	for (int i = 0; i < count; i++)
	{
		if (kept > 0 && CompareRows(&rows[kept - 1], &rows[i]) == 0)
			rows[kept - 1].count += rows[i].count;
		else
			rows[kept++] = rows[i];
	}
	return kept;
}

/*
 * The log likelihood, its gradient (4) and second derivatives (4 x 4), by ln r, ln
 * alpha, ln a, ln b.
 */
static double
LogLikelihood(const FitContext *context, const CadenceParameters *at, double *gradient,
			  double *second)
{
	int			k = at->regularity;
	double		r = at->r;
	double		alpha = at->alpha;
	double		a = at->a;
	double		b = at->b;
	LogGamma	g_r = LogGammaAt(r);
	LogGamma	g_b = LogGammaAt(b);
	LogGamma	g_ab = LogGammaAt(a + b);
	double		log_alpha = log(alpha);
	double		value = context->constant;
	double		d_r = 0;
	double		d_a = 0;		/* by alpha */
	double		d_rr = 0;
	double		d_ra = 0;
	double		d_aa = 0;
	double		e_a = 0;		/* by a and b, of the chances to stay */
	double		e_b = 0;
	double		e_aa = 0;
	double		e_ab = 0;
	double		e_bb = 0;
	double		f[4] = {0};		/* by the four logarithms, of ln (S + a/(b+x)) */
	double		h[4][4] = {{0}};
	int			row = 0;

	for (int g = 0; g < context->gap_count_count; g++)
	{
		const GapCount *same = &context->gap_counts[g];
		double		x = same->gaps;
		double		B = r + k * x;
		LogGamma	g_B = LogGammaAt(B);
		LogGamma	g_bx = LogGammaAt(b + x + 1);
		LogGamma	g_abx = LogGammaAt(a + b + x + 1);
		double		leave = a / (b + x);
		double		beta = b / (b + x);
		double		log_sum = 0;	/* over the rows: count * ln A */
		double		inverse_sum = 0;
		double		square_sum = 0;
		double		growth[CADENCE_REGULARITY];	/* of the terms of S, but for q */
		double		inverses[CADENCE_REGULARITY];	/* 1/(B+j) */

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < k; j++)
		{
			growth[j] = (B + j) / (j + 1);
			inverses[j] = 1 / (B + j);
		}
		for (; row < same->end; row++)
		{
			const CadenceRow *now = &context->rows[row];
			double		count = now->count;
			double		A = alpha + now->span;
			double		inverse = 1 / A;
			double		s = now->silence;
			double		both = 1 / (A + s);
			double		y = A * both;
			double		q = s * both;
			double		log_y = -log1p(s * inverse);
			double		term = exp(B * log_y);
			double		S = 0;
			double		S_r = 0;
			double		S_rr = 0;
			double		S_a;
			double		S_ra;
			double		S_aa;
			double		up = log_y;	/* derivative of ln term by r, and of that */
			double		down = 0;
			double		D;
			double		d[4];

			log_sum += count * log(A);
			inverse_sum += count * inverse;
			square_sum += count * inverse * inverse;
			for (int j = 0; j < k; j++)
			{
				S += term;
				S_r += term * up;
				S_rr += term * (up * up + down);
				term *= growth[j] * q;
				up += inverses[j];
				down -= inverses[j] * inverses[j];
			}
			term *= k * inverse;
			S_a = term;
			S_ra = term * up;
			S_aa = term * inverse * (B * q - k * y - 1);

			/* ln (S + leave): first by the logarithms */
			D = 1 / (S + leave);
			value += count * log(S + leave);
			d[0] = r * S_r * D;
			d[1] = alpha * S_a * D;
			d[2] = leave * D;
			d[3] = -leave * beta * D;
			for (int i = 0; i < 4; i++)
			{
				f[i] += count * d[i];
				for (int j = 0; j <= i; j++)
					h[i][j] -= count * d[i] * d[j];
			}
			h[0][0] += count * (r * r * S_rr + r * S_r) * D;
			h[1][0] += count * r * alpha * S_ra * D;
			h[1][1] += count * (alpha * alpha * S_aa + alpha * S_a) * D;
			h[2][2] += count * d[2];
			h[3][2] += count * d[3];
			h[3][3] += count * leave * beta * (2 * beta - 1) * D;
		}

		value += same->count * (r * log_alpha - g_r.value + g_B.value) - B * log_sum;
		d_r += same->count * (log_alpha - g_r.first + g_B.first) - log_sum;
		d_a += same->count * r / alpha - B * inverse_sum;
		d_rr += same->count * (g_B.second - g_r.second);
		d_ra += same->count / alpha - inverse_sum;
		d_aa += B * square_sum - same->count * r / (alpha * alpha);

		value += same->count * (g_bx.value - g_b.value - g_abx.value + g_ab.value);
		e_a += same->count * (g_ab.first - g_abx.first);
		e_b += same->count * (g_bx.first - g_b.first - g_abx.first + g_ab.first);
		e_aa += same->count * (g_ab.second - g_abx.second);
		e_ab += same->count * (g_ab.second - g_abx.second);
		e_bb += same->count * (g_bx.second - g_b.second - g_abx.second + g_ab.second);
	}

	gradient[0] = f[0] + r * d_r;
	gradient[1] = f[1] + alpha * d_a;
	gradient[2] = f[2] + a * e_a;
	gradient[3] = f[3] + b * e_b;
	h[0][0] += r * r * d_rr + r * d_r;
	h[1][0] += r * alpha * d_ra;
	h[1][1] += alpha * alpha * d_aa + alpha * d_a;
	h[2][2] += a * a * e_aa + a * e_a;
	h[3][2] += a * b * e_ab;
	h[3][3] += b * b * e_bb + b * e_b;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			second[i * 4 + j] = i >= j ? h[i][j] : h[j][i];
	return value;
}

/* What the prior says of each searched number. */
static const NormalPrior prior[4] = {{0, 1.5}, {0, 2}, LEAVE_RATE_PRIOR, LEAVE_SIZE_PRIOR};

/* The parameters of the numbers that are searched. */
static CadenceParameters
ParametersAt(const FitContext *context, const double *at)
{
	CadenceParameters parameters;

	parameters.regularity = context->regularity;
	parameters.r = exp(at[0]);
	parameters.alpha = exp(at[0] + at[1]) * context->typical_gap / context->regularity;
	parameters.a = exp(at[3]) / (1 + exp(-at[2]));
	parameters.b = exp(at[3]) / (1 + exp(at[2]));
	return parameters;
}

/* The penalised log likelihood, for MaximizeFrom. */
static double
Penalised(const void *argument, const double *at, double *gradient, double *second)
{
	const FitContext *context = argument;
	CadenceParameters parameters = ParametersAt(context, at);
	double		g[4];
	double		h[16];
	double		p = 1 / (1 + exp(-at[2]));
	double		q = 1 / (1 + exp(at[2]));

	/* derivatives of the four logarithms by the four numbers: logarithm, number */
	double		by[4][4] = {{1, 0, 0, 0}, {1, 1, 0, 0}, {0, 0, q, 1}, {0, 0, -p, 1}};
	double		value = LogLikelihood(context, &parameters, g, h);

	for (int i = 0; i < 4; i++)
	{
		gradient[i] = 0;
		for (int l = 0; l < 4; l++)
			gradient[i] += by[l][i] * g[l];
		for (int j = 0; j < 4; j++)
		{
			double		sum = 0;

			for (int l = 0; l < 4; l++)
				for (int m = 0; m < 4; m++)
					sum += by[l][i] * by[m][j] * h[l * 4 + m];
			second[i * 4 + j] = sum;
		}
	}
	second[2 * 4 + 2] -= p * q * (g[2] + g[3]);
	return value + NormalPriorAdd(prior, 4, context->prior_weight, at, gradient, second);
}

/* Sums the accounts of each number of gaps; rows are sorted. */
static GapCount *
CountGaps(const CadenceRow *rows, int count, int *found)
{
	GapCount   *gap_counts;
	int			different = 0;

	for (int i = 0; i < count; i++)
		different += i == 0 || rows[i].gaps != rows[i - 1].gaps;
	gap_counts = palloc_extended(Max(different, 1) * sizeof(GapCount), MCXT_ALLOC_HUGE);
	different = 0;
	for (int i = 0; i < count; i++)
	{
		if (i == 0 || rows[i].gaps != rows[i - 1].gaps)
		{
			gap_counts[different].gaps = rows[i].gaps;
			gap_counts[different++].count = 0;
		}
		gap_counts[different - 1].count += rows[i].count;
		gap_counts[different - 1].end = i + 1;
	}
	*found = different;
	return gap_counts;
}

/* What all evaluations over these rows share. */
static FitContext
ContextMake(const CadenceRow *rows, int count, double log_gap_sum, int regularity)
{
	FitContext	context = {0};
	double		gaps = 0;
	double		days = 0;

	context.rows = rows;
	context.row_count = count;
	context.gap_counts = CountGaps(rows, count, &context.gap_count_count);
	context.regularity = regularity;
	for (int i = 0; i < count; i++)
	{
		context.accounts += rows[i].count;
		gaps += rows[i].count * rows[i].gaps;
		days += rows[i].count * (rows[i].span + rows[i].silence);
	}
	context.typical_gap = Max(1.0, days / (gaps + 1));
	context.constant = (regularity - 1) * log_gap_sum - gaps * lgamma(regularity);
	return context;
}

/* The log likelihood of the rows, all constants kept. */
double
CadenceLogLikelihood(const CadenceRow *rows, int count, double log_gap_sum,
					 const CadenceParameters *at)
{
	FitContext	context = ContextMake(rows, count, log_gap_sum, at->regularity);
	double		gradient[4];
	double		second[16];

	return LogLikelihood(&context, at, gradient, second);
}

/*
 * Every n-th row, for a first look. Rows are sorted by gaps, then days, so that
 * all kinds of history are among them.
 */
static FitContext
Thinned(const FitContext *context, CadenceRow *kept)
{
	int			step = context->row_count / THIN_ROWS + 1;
	int			count = 0;
	FitContext	thin = *context;

	for (int i = step / 2; i < context->row_count; i += step)
	{
		kept[count] = context->rows[i];
		kept[count++].count *= step;
	}
	thin.rows = kept;
	thin.row_count = count;
	thin.gap_counts = CountGaps(kept, count, &thin.gap_count_count);
	return thin;
}

/* What the fits of one population share. */
typedef struct Learner
{
	FitContext	whole;
	FitContext	thin;			/* of few rows the same */
	double		log_gap_sum;
	double		gaps;
	bool		known[CADENCE_REGULARITY + 1];
	CadenceFit	fits[CADENCE_REGULARITY + 1];	/* on all rows, where known */
} Learner;

static MaximizeProblem
ProblemMake(FitContext *context, const Learner *learner, int regularity)
{
	MaximizeProblem problem = {
		.count = 4, .function = Penalised, .context = context,
		.low = {-14, -30, -25, -14}, .high = {14, 30, 25, 14}
	};

	context->regularity = regularity;
	context->constant = (regularity - 1) * learner->log_gap_sum - learner->gaps * lgamma(regularity);
	return problem;
}

/* The maximum for one regularity on the thinned rows, from three fixed starts. */
static Maximum
LearnThin(Learner *learner, int regularity)
{
	static const double starts[][MAXIMIZE_MOST] = {
		{0, 0, -1.4, 1.1},
		{1.5, -0.5, -3, 2},
		{-1.2, 0.7, 0, 0}
	};
	MaximizeProblem problem = ProblemMake(&learner->thin, learner, regularity);

	return MaximizeBest(&problem, starts[0], lengthof(starts));
}

/* The fit for one regularity on all rows. */
static const CadenceFit *
LearnOne(Learner *learner, int regularity)
{
	CadenceFit *fit = &learner->fits[regularity];
	MaximizeProblem problem = ProblemMake(&learner->whole, learner, regularity);
	Maximum		best;
	double		gradient[4] = {0};
	double		second[16] = {0};

	if (learner->known[regularity])
		return fit;
	best = LearnThin(learner, regularity);
	if (learner->whole.row_count > THIN_ROWS)
		best = MaximizeFrom(&problem, best.at);
	fit->parameters = ParametersAt(&learner->whole, best.at);
	fit->penalised = best.value;
	fit->log_likelihood = best.value -
		NormalPriorAdd(prior, 4, learner->whole.prior_weight, best.at, gradient, second);
	fit->found = best.found;
	learner->known[regularity] = true;
	return fit;
}

/*
 * The parameters of the best penalised likelihood. rows: sorted by CadenceRowsSort, not
 * none. regularity 0: 1, 2, … until the value falls; without gaps, where nothing tells
 * one from another, 1.
 *
 * Of many rows the starts are tried on a part, and the best is followed on all; there
 * the search for a regularity begins where it ends on that part.
 */
CadenceFit
CadenceLearn(const CadenceRow *rows, int count, const CadenceSums *sums, int regularity)
{
	Learner		learner = {.whole = ContextMake(rows, count, sums->log_gap_sum, 1)};
	CadenceRow *kept = NULL;
	CadenceFit	fit;
	int			k = 1;

	learner.whole.prior_weight = sums->prior_weight;
	learner.thin = learner.whole;
	learner.log_gap_sum = sums->log_gap_sum;
	for (int i = 0; i < learner.whole.gap_count_count; i++)
		learner.gaps += learner.whole.gap_counts[i].count * learner.whole.gap_counts[i].gaps;
	if (count > THIN_ROWS)
	{
		kept = palloc(THIN_ROWS * sizeof(CadenceRow));
		learner.thin = Thinned(&learner.whole, kept);
	}

	if (regularity != 0)
		k = regularity;
	else if (learner.gaps > 0)
	{
		if (kept != NULL)
		{
			double		value = LearnThin(&learner, 1).value;
			double		next;

			while (k < CADENCE_REGULARITY && (next = LearnThin(&learner, k + 1).value) >= value)
			{
				value = next;
				k++;
			}
		}
		while (k < CADENCE_REGULARITY &&
			   LearnOne(&learner, k + 1)->penalised >= LearnOne(&learner, k)->penalised)
			k++;
		while (k > 1 && LearnOne(&learner, k - 1)->penalised > LearnOne(&learner, k)->penalised)
			k--;
	}
	fit = *LearnOne(&learner, k);
	if (kept != NULL)
	{
		pfree(kept);
		pfree((void *) learner.thin.gap_counts);
	}
	pfree((void *) learner.whole.gap_counts);
	return fit;
}
