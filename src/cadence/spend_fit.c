/*
 * spend_fit.c
 *		What an order day of an account brings: see spend_fit.h.
 *
 * Method log is credibility theory (Buehlmann and Straub) on the logarithms: an
 * account's own mean counts the more, the more days it has and the more accounts
 * differ. The step back from logarithms is one factor, the smear, which is chosen
 * so that the model gives the money that was taken back to the last cent.
 *
 * Method gamma_gamma is Fader's and Hardie's: amounts are gamma with shape p, their
 * rate gamma with shape q and rate v. For q <= 1 its mean is infinite.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/gamma.h"
#include "base/maximize.h"
#include "cadence/spend_fit.h"

#define FEW_DAYS	20			/* more days than accounts, for a spread within them */

typedef struct Ranked
{
	double		value;
	int			index;
} Ranked;

static int
CompareRanked(const Ranked *left, const Ranked *right)
{
	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

#define ST_SORT SortRanked
#define ST_ELEMENT_TYPE Ranked
#define ST_COMPARE(a, b) CompareRanked(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Ranks from 1; equal values share the middle of theirs. In the current context. */
static double *
MiddleRanks(const double *values, int count)
{
	Ranked	   *ranked = palloc_extended(Max(count, 1) * sizeof(Ranked), MCXT_ALLOC_HUGE);
	double	   *ranks = palloc_extended(Max(count, 1) * sizeof(double), MCXT_ALLOC_HUGE);

	for (int i = 0; i < count; i++)
	{
		ranked[i].value = values[i];
		ranked[i].index = i;
	}
	SortRanked(ranked, count);
	for (int begin = 0, end; begin < count; begin = end)
	{
		for (end = begin; end < count && ranked[end].value == ranked[begin].value; end++)
			;
		for (int i = begin; i < end; i++)
			ranks[ranked[i].index] = (begin + 1 + end) / 2.0;
	}
	pfree(ranked);
	return ranks;
}

/* Spearman's correlation; NaN where one side does not vary. */
double
RankCorrelation(const double *left, const double *right, int count)
{
	double	   *left_ranks = MiddleRanks(left, count);
	double	   *right_ranks = MiddleRanks(right, count);
	double		middle = (count + 1) / 2.0;
	double		product = 0;
	double		left_square = 0;
	double		right_square = 0;

	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < count; i++)
	{
		double		l = left_ranks[i] - middle;
		double		r = right_ranks[i] - middle;

		product += l * r;
		left_square += l * l;
		right_square += r * r;
	}
	pfree(left_ranks);
	pfree(right_ranks);
	if (left_square == 0 || right_square == 0)
		return NAN;
	return product / sqrt(left_square) / sqrt(right_square);
}

/* Z: how much of an account's own mean counts. */
static double
Credibility(double positive_days, double kappa)
{
	return positive_days > 0 && !isinf(kappa) ? positive_days / (positive_days + kappa) : 0;
}

/*
 * The log method. days: positive ones of all accounts; accounts: those that have
 * some.
 */
static void
LearnLog(const SpendRow *rows, int count, double days, double accounts, double net,
		 SpendParameters *model)
{
	double		mean = 0;
	double		spread_within = 0;
	double		spread_between = 0;
	double		square_days = 0;
	double		own_sum = 0;
	double		z_sum = 0;
	double		given = 0;

	for (int i = 0; i < count; i++)
		mean += rows[i].positive_days * rows[i].log_mean;
	mean /= days;
	for (int i = 0; i < count; i++)
	{
		double		off = rows[i].log_mean - mean;

		if (rows[i].positive_days == 0)
			continue;
		spread_within += rows[i].log_spread;
		spread_between += rows[i].positive_days * off * off;
		square_days += rows[i].positive_days * rows[i].positive_days;
	}
	model->within = days > accounts ? spread_within / (days - accounts) : NAN;
	model->between = days > accounts && accounts > 1 ?
		(spread_between - (accounts - 1) * model->within) / (days - square_days / days) : NAN;

	model->status = days - accounts < FEW_DAYS ? SPEND_FEW : SPEND_OK;
	if (accounts == 1)
		model->credibility = 0;
	else if (days == accounts)
		model->credibility = 1;
	else if (model->between <= 1e-24 * (1 + mean * mean))
	{
		model->credibility = INFINITY;
		model->status = SPEND_EQUAL;
	}
	else
		model->credibility = model->within / model->between;

	for (int i = 0; i < count; i++)
	{
		double		z = Credibility(rows[i].positive_days, model->credibility);

		own_sum += z * rows[i].log_mean;
		z_sum += z;
	}
	model->log_mean = z_sum > 0 ? own_sum / z_sum : mean;

	for (int i = 0; i < count; i++)
	{
		double		z = Credibility(rows[i].positive_days, model->credibility);

		/* around the mean, so that no amount is too large for exp */
		given += rows[i].days * exp(z * (rows[i].log_mean - model->log_mean));
	}
	model->smear = net / exp(model->log_mean) / given;
}

typedef struct GammaContext
{
	const SpendRow *rows;
	int			count;
	double		log_median;		/* of the means */
} GammaContext;

/* By ln p, ln q, ln (v / median). The density of a mean keeps all constants. */
static double
GammaPenalised(const void *argument, const double *at, double *gradient, double *second)
{
	static const NormalPrior prior[3] = {{0, 2}, {0, 2}, {0, 2}};
	const GammaContext *context = argument;
	double		p = exp(at[0]);
	double		q = exp(at[1]);
	double		v = exp(at[2]);
	double		log_v = at[2] + context->log_median;
	LogGamma	g_q = LogGammaAt(q);
	double		value = 0;
	double		first[3] = {0};
	double		h[3][3] = {{0}};

	for (int i = 0; i < context->count; i++)
	{
		const SpendRow *row = &context->rows[i];
		double		x = row->positive_days;
		double		z;			/* in medians */
		double		total;
		double		log_total;
		LogGamma	g_px;
		LogGamma	g_pxq;

		if (x == 0)
			continue;
		if ((i & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		z = exp(log(row->mean) - context->log_median);
		total = v + x * z;
		log_total = log(total) + context->log_median;
		g_px = LogGammaAt(p * x);
		g_pxq = LogGammaAt(p * x + q);
		value += g_pxq.value - g_px.value - g_q.value + q * log_v + (p * x - 1) * log(row->mean) +
			p * x * log(x) - (p * x + q) * log_total;
		first[0] += x * (g_pxq.first - g_px.first + log(row->mean) + log(x) - log_total);
		first[1] += g_pxq.first - g_q.first + log_v - log_total;
		first[2] += q / v - (p * x + q) / total;
		h[0][0] += x * x * (g_pxq.second - g_px.second);
		h[1][0] += x * g_pxq.second;
		h[1][1] += g_pxq.second - g_q.second;
		h[2][0] -= x / total;
		h[2][1] += 1 / v - 1 / total;
		h[2][2] += (p * x + q) / (total * total) - q / (v * v);
	}
	{
		double		by[3] = {p, q, v};

		for (int i = 0; i < 3; i++)
		{
			gradient[i] = by[i] * first[i];
			for (int j = 0; j < 3; j++)
				second[i * 3 + j] = by[i] * by[j] * (i >= j ? h[i][j] : h[j][i]) +
					(i == j ? gradient[i] : 0);
		}
	}
	return value + NormalPriorAdd(prior, 3, 1, at, gradient, second);
}

static void
LearnGamma(const SpendRow *rows, int count, double days, double accounts, SpendParameters *model)
{
	static const double starts[][MAXIMIZE_MOST] = {{0, 0.7, 0.7}, {2, 2, 0}, {-0.5, -0.5, 0}};
	GammaContext context = {rows, count, 0};
	MaximizeProblem problem = {
		.count = 3, .function = GammaPenalised, .context = &context,
		.low = {-25, -25, -40}, .high = {25, 25, 40}
	};
	Ranked	   *means = palloc_extended(count * sizeof(Ranked), MCXT_ALLOC_HUGE);
	int			found = 0;
	Maximum		best;

	for (int i = 0; i < count; i++)
		if (rows[i].positive_days > 0)
		{
			means[found].value = rows[i].mean;
			means[found].index = found;
			found++;
		}
	SortRanked(means, found);
	context.log_median = (log(means[(found - 1) / 2].value) + log(means[found / 2].value)) / 2;
	if (means[(found - 1) / 2].value != means[found / 2].value)
		context.log_median = log(means[(found - 1) / 2].value / 2 + means[found / 2].value / 2);
	pfree(means);

	best = MaximizeBest(&problem, starts[0], lengthof(starts));
	model->p = exp(best.at[0]);
	model->q = exp(best.at[1]);
	model->v = exp(best.at[2] + context.log_median);
	if (model->q <= 1)
		model->status = SPEND_INFINITE_MEAN;
	else if (!best.found)
		model->status = SPEND_STOPPED;
	else
		model->status = days - accounts < FEW_DAYS ? SPEND_FEW : SPEND_OK;
}

/* Spearman's correlation of how often and how much, over accounts that say both. */
static double
FrequencyCorrelation(const SpendRow *rows, int count)
{
	double	   *often = palloc_extended(Max(count, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	double	   *much = palloc_extended(Max(count, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	int			found = 0;
	double		correlation;

	for (int i = 0; i < count; i++)
		if (rows[i].positive_days > 0)
		{
			often[found] = rows[i].positive_days;
			much[found++] = rows[i].log_mean;
		}
	correlation = RankCorrelation(often, much, found);
	pfree(often);
	pfree(much);
	return correlation;
}

/*
 * The model of a population. rows: accounts with an order day each, in an order
 * that does not depend on how they came.
 */
SpendFit
SpendLearn(const SpendRow *rows, int count, SpendMethod method)
{
	SpendFit	fit = {.parameters = {.method = method}};
	SpendParameters *model = &fit.parameters;
	double		days = 0;
	double		accounts = 0;
	double		net = 0;

	model->log_mean = model->within = model->between = NAN;
	model->credibility = model->smear = model->p = model->q = model->v = NAN;
	for (int i = 0; i < count; i++)
	{
		fit.order_days += rows[i].days;
		days += rows[i].positive_days;
		accounts += rows[i].positive_days > 0;
		net += rows[i].net;
	}
	fit.accounts = count;
	fit.frequency_correlation = FrequencyCorrelation(rows, count);
	if (!(net > 0) || days == 0)
		model->status = SPEND_NO_REVENUE;
	else if (method == SPEND_LOG)
		LearnLog(rows, count, days, accounts, net, model);
	else
		LearnGamma(rows, count, days, accounts, model);
	return fit;
}

/*
 * What the next order day of an account brings, NaN where the model cannot say. An
 * account without positive days is as any other.
 */
double
SpendExpect(const SpendParameters *model, double positive_days, double log_mean, double mean)
{
	double		z;

	if (model->status == SPEND_NO_REVENUE || model->status == SPEND_INFINITE_MEAN)
		return NAN;
	if (model->method == SPEND_GAMMA_GAMMA)
		return model->p * (model->v + (positive_days > 0 ? positive_days * mean : 0)) /
			(model->p * positive_days + model->q - 1);
	z = Credibility(positive_days, model->credibility);
	return model->smear * exp(z * (positive_days > 0 ? log_mean : 0) + (1 - z) * model->log_mean);
}
