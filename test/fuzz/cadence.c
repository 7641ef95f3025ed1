/*
 * cadence.c
 *		Forecasts from their definition in long double and from simulated customers;
 *		fits: no point nearby is better; spend: days times spend is the money taken.
 */
#include "fuzz.h"

#include <math.h>

#include "cadence/cadence_fit.h"
#include "cadence/cadence_forecast.h"
#include "cadence/spend_fit.h"
#include "tenure/tenure_fit.h"

#define SIMULATED	100000		/* customers a case */

static bool
Close(long double found, long double expected, long double relative)
{
	return fabsl(found - expected) <= relative * fabsl(expected) + 1e-300L;
}

/* 0 to 1, without the ends */
static double
Uniform(void)
{
	return ((double) (RandomBits() >> 11) + 0.5) / 9007199254740992.0;
}

/* e^-range to e^range */
static double
Spread(double range)
{
	return exp((2 * Uniform() - 1) * range);
}

static double
Exponential(void)
{
	return -log(Uniform());
}

static double
Normal(void)
{
	return sqrt(2 * Exponential()) * cos(2 * M_PI * Uniform());
}

/* Marsaglia and Tsang */
static double
Gamma(double shape)
{
	double		d;
	double		c;

	if (shape < 1)
		return Gamma(shape + 1) * pow(Uniform(), 1 / shape);
	d = shape - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;)
	{
		double		x = Normal();
		double		v = pow(1 + c * x, 3);

		if (v > 0 && log(Uniform()) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

/* The chance of a gap longer than s. */
static long double
Longer(const CadenceParameters *p, const CadenceHistory *h, long double s)
{
	long double A = (long double) p->alpha + h->span;
	long double B = p->r + p->regularity * (long double) h->gaps;
	long double sum = 0;

	for (int j = 0; j < p->regularity; j++)
		sum += expl(lgammal(B + j) - lgammal(B) - lgammal(j + 1.0L) + B * logl(A / (A + s)) +
					(j > 0 ? j * logl(s / (A + s)) : 0));
	return sum;
}

/* P(events >= m) of a negative binomial count, summed from m on. */
static long double
AtLeast(long double size, long double z, int m)
{
	long double term = expl(lgammal(size + m) - lgammal(size) - lgammal(m + 1.0L) +
							m * logl(z) + size * log1pl(-z));
	long double sum = 0;

	for (int i = m; i < m + 200000; i++)
	{
		sum += term;
		term *= z * (size + i) / (i + 1);
		if (term < sum * 1e-20L && z * (size + i) / (i + 1) < 0.9999L)
			break;
	}
	return sum;
}

static void
DrawParameters(CadenceParameters *p, CadenceHistory *h)
{
	p->regularity = RandomBetween(1, CADENCE_REGULARITY);
	p->r = Spread(4);
	p->alpha = 30 * Spread(4);
	p->a = Spread(5);
	p->b = Spread(4);
	h->gaps = Chance(30) ? 0 : RandomBelow(Chance(80) ? 10 : 300);
	h->span = h->gaps == 0 ? 0 : h->gaps * (1 + RandomBelow(60));
	h->silence = Chance(20) ? 0 : RandomBelow(800);
	Note("    k %d, r %.17g, alpha %.17g, a %.17g, b %.17g; %g gaps in %g days, %g days of silence\n",
		 p->regularity, p->r, p->alpha, p->a, p->b, h->gaps, h->span, h->silence);
}

void
CadenceForecastCase(void)
{
	CadenceParameters p;
	CadenceHistory h;
	double		horizon = 1 + RandomBelow(Chance(80) ? 100 : 1000);
	double		confidence = 0.05 + 0.9 * Uniform();
	CadenceOrders orders;
	int			k;
	long double A;
	long double B;
	long double z;
	long double S;
	long double alive;
	long double stays = 1;
	long double expected = 0;
	long double weight_sum = 0;
	long double weights[CADENCE_REGULARITY];
	long		low = -1;
	long		high = -1;
	double		chance = Uniform();
	double		quantile;

	DrawParameters(&p, &h);
	k = p.regularity;
	A = (long double) p.alpha + h.span;
	B = p.r + k * (long double) h.gaps;
	z = horizon / (A + h.silence + horizon);
	S = Longer(&p, &h, h.silence);
	alive = 1 / (1 + p.a / (p.b + h.gaps) / S);
	EXPECT(Close(CadenceSilence(&p, &h, h.silence), S, 1e-10L), "silence %.17g", CadenceSilence(&p, &h, h.silence));
	EXPECT(Close(CadenceAlive(&p, &h), alive, 1e-10L), "alive %.17g", CadenceAlive(&p, &h));

	quantile = CadenceGapQuantile(&p, &h, chance, 1e-7);
	if (isfinite(quantile) && quantile < 1e12)
		EXPECT(Close(Longer(&p, &h, quantile), 1 - chance, 1e-8L), "quantile %.17g of %.17g", quantile, chance);

	for (int j = 0; j < k; j++)
	{
		weights[j] = expl(lgammal(B + j) - lgammal(B) - lgammal(j + 1.0L) +
						  (j > 0 ? j * logl(h.silence / (A + h.silence)) : 0));
		if (j > 0 && h.silence == 0)
			weights[j] = 0;
		weight_sum += weights[j];
	}
	orders = CadenceExpect(&p, &h, horizon, confidence);
	for (long n = 0; n < 100000; n++)
	{
		long double more = 0;

		for (int j = 0; j < k; j++)
			if (weights[j] > 0)
				more += weights[j] / weight_sum * AtLeast(B + j, z, (int) (n + 1) * k - j);
		more *= alive * stays;
		if (n == 0)
			EXPECT(Close(orders.order_probability, more, 1e-9L), "P(N >= 1) %.17g", orders.order_probability);
		expected += more;
		if (low < 0 && 1 - more >= (1 - confidence) / 2.0L)
			low = n;
		if (high < 0 && 1 - more >= (1 + confidence) / 2.0L)
			high = n;
		if (more < expected * 1e-13L && high >= 0)
			break;
		stays *= (p.b + h.gaps + 1 + n) / (p.a + p.b + h.gaps + 1 + n);
	}
	EXPECT(Close(orders.expected, expected, 1e-9L), "expected %.17g, not %.17g", orders.expected, (double) expected);
	EXPECT(orders.low == low && orders.high == high, "from %ld to %ld, not %ld to %ld",
		   (long) orders.low, (long) orders.high, low, high);
}

/* Whatever the parameters: finite, and chances are chances. */
void
CadenceExtremeCase(void)
{
	CadenceParameters p = {RandomBetween(1, CADENCE_REGULARITY), Spread(600), Spread(600), Spread(600), Spread(600)};
	CadenceHistory h = {RandomBelow(Chance(50) ? 3 : 1000000), 0, RandomBelow(Chance(50) ? 2 : 2000000000)};
	double		silence;
	double		alive;
	double		quantile;

	if (h.gaps > 0)
		h.span = h.gaps + RandomBelow(1000000);
	Note("    k %d, r %.17g, alpha %.17g, a %.17g, b %.17g; %g gaps in %g days, %g days of silence\n",
		 p.regularity, p.r, p.alpha, p.a, p.b, h.gaps, h.span, h.silence);
	silence = CadenceSilence(&p, &h, h.silence);
	alive = CadenceAlive(&p, &h);
	quantile = CadenceGapQuantile(&p, &h, Uniform(), Chance(50) ? 1e-3 : 1e-7);
	EXPECT(silence >= 0 && silence <= 1, "silence %g", silence);
	EXPECT(alive >= 0 && alive <= 1, "alive %g", alive);
	EXPECT(quantile >= 0, "quantile %g", quantile);
	if (p.alpha > 1e-2 && p.r < 1e3)
	{
		CadenceOrders orders = CadenceExpect(&p, &h, 1 + RandomBelow(100), 0.8);

		EXPECT(orders.order_probability >= 0 && orders.order_probability <= 1 && orders.expected >= 0 &&
			   orders.expected < 1e9 && orders.low >= 0 && orders.low <= orders.high,
			   "orders %g %g %ld %ld", orders.order_probability, orders.expected, (long) orders.low, (long) orders.high);
	}
}

/*
 * Customers as the model tells them: their orders of a second time against what
 * was expected after the first, in four standard errors.
 */
void
CadenceSimulationCase(void)
{
	CadenceParameters p = {RandomBetween(1, 6), 0.5 + 3 * Uniform(), 20 + 80 * Uniform(), 0.3 + 2 * Uniform(), 0.5 + 5 * Uniform()};
	double		first = 100 + RandomBelow(300);
	double		horizon = 30 + RandomBelow(200);
	long double expected = 0;
	long double active = 0;
	long double alive = 0;
	long double spread[3] = {0};
	long double off[3] = {0};
	long		outside = 0;

	for (int i = 0; i < SIMULATED; i++)
	{
		double		rate = Gamma(p.r) / p.alpha;
		double		leaves = Gamma(p.a);
		double		at = 0;
		double		last = 0;
		double		gaps = 0;
		double		came = 0;
		bool		is_alive = true;
		bool		was_alive = true;
		CadenceHistory h;
		CadenceOrders orders;
		double		chance;

		leaves /= leaves + Gamma(p.b);
		for (;;)
		{
			if (Uniform() < leaves)
			{
				is_alive = false;
				if (at <= first)
					was_alive = false;
				break;
			}
			at += Gamma(p.regularity) / rate;
			if (at > first + horizon)
				break;
			if (at > first)
				came++;
			else
			{
				last = at;
				gaps++;
			}
		}
		(void) is_alive;
		h.gaps = gaps;
		h.span = last;
		h.silence = first - last;
		orders = CadenceExpect(&p, &h, horizon, 0.8);
		chance = CadenceAlive(&p, &h);
		expected += orders.expected;
		active += orders.order_probability;
		alive += chance;
		off[0] += came - orders.expected;
		off[1] += (came > 0) - orders.order_probability;
		off[2] += was_alive - chance;
		spread[0] += (came - orders.expected) * (came - orders.expected);
		spread[1] += orders.order_probability * (1 - orders.order_probability);
		spread[2] += chance * (1 - chance);
		outside += came < orders.low || came > orders.high;
	}
	Note("    k %d, r %g, alpha %g, a %g, b %g; expected %Lg off by %Lg\n", p.regularity, p.r, p.alpha, p.a, p.b, expected, off[0]);
	for (int i = 0; i < 3; i++)
		EXPECT(fabsl(off[i]) <= 4 * sqrtl(spread[i]), "quantity %d of simulated customers is off by %Lg standard errors", i, off[i] / sqrtl(spread[i]));
	EXPECT(outside <= 0.2 * SIMULATED + 4 * sqrt(0.16 * SIMULATED), "%ld customers outside of orders_low to orders_high", outside);
}

/* The logarithm of the likelihood of a history, with all constants. */
static long double
LogLikelihoodOf(const CadenceParameters *p, const CadenceRow *row)
{
	CadenceHistory h = {row->gaps, row->span, row->silence};
	long double A = (long double) p->alpha + row->span;
	long double B = p->r + p->regularity * (long double) row->gaps;
	long double x = row->gaps;
	long double stays = lgammal(p->a) + lgammal(p->b + x + 1) - lgammal(p->a + p->b + x + 1);
	long double leaves = lgammal(p->a + 1) + lgammal(p->b + x) - lgammal(p->a + p->b + x + 1);

	return p->r * logl(p->alpha) - lgammal(p->r) + lgammal(B) - B * logl(A) - x * lgammal(p->regularity) -
		(lgammal(p->a) + lgammal(p->b) - lgammal((long double) p->a + p->b)) +
		logl(expl(stays) * Longer(p, &h, row->silence) + expl(leaves));
}

static double
LogPrior(const CadenceParameters *p, double gap)
{
	return -0.5 * (pow(log(p->r) / 1.5, 2) + pow(log(p->regularity * p->alpha / p->r / gap) / 2, 2) +
				   pow((log(p->a / p->b) - log(0.25)) / 1.5, 2) + pow(log((p->a + p->b) / 3), 2));
}

/* No point near the one that was found is better. */
void
CadenceFitCase(void)
{
	CadenceRow	rows[50];
	int			count = RandomBetween(1, 50);
	CadenceSums sums = {0, 1};
	double		days = 0;
	double		orders = 1;
	double		gap;
	int			k = RandomBetween(1, 4);
	long double likelihood;
	CadenceFit	fit;

	for (int i = 0; i < count; i++)
	{
		rows[i].count = RandomBetween(1, 3);
		rows[i].gaps = Chance(50) ? 0 : RandomBetween(1, 12);
		rows[i].span = rows[i].gaps == 0 ? 0 : rows[i].gaps * RandomBetween(1, 50);
		rows[i].silence = RandomBelow(400);
		days += rows[i].count * (rows[i].span + rows[i].silence);
		orders += rows[i].count * rows[i].gaps;
		if (rows[i].gaps > 0)
			sums.log_gap_sum += rows[i].count * rows[i].gaps * (log(rows[i].span / rows[i].gaps) - 0.2 * Uniform());
	}
	gap = Max(1.0, days / orders);
	count = CadenceRowsSort(rows, count);
	fit = CadenceLearn(rows, count, &sums, k);
	EXPECT(fit.found && isfinite(fit.penalised), "no fit");
	likelihood = (k - 1) * (long double) sums.log_gap_sum;
	for (int i = 0; i < count; i++)
		likelihood += rows[i].count * LogLikelihoodOf(&fit.parameters, &rows[i]);
	EXPECT(Close(fit.log_likelihood, likelihood, 1e-10L), "likelihood %.17g", fit.log_likelihood);
	EXPECT(Close(fit.penalised, likelihood + LogPrior(&fit.parameters, gap), 1e-10L), "penalised %.17g", fit.penalised);
	for (int i = 0; i < 20; i++)
	{
		CadenceParameters p = fit.parameters;
		double		value;

		p.r *= Spread(0.3);
		p.alpha *= Spread(0.3);
		p.a *= Spread(0.3);
		p.b *= Spread(0.3);
		value = CadenceLogLikelihood(rows, count, sums.log_gap_sum, &p) + LogPrior(&p, gap);
		EXPECT(value <= fit.penalised + 1e-7 * (1 + fabs(fit.penalised)), "%.17g is better than %.17g", value, fit.penalised);
	}
}

/* The penalised likelihood of holders, term by term. */
static double
TenurePenalised(const TenureRow *rows, int count, double a, double b)
{
	double		value = -0.5 * (pow((log(a / b) - log(0.25)) / 1.5, 2) + pow(log((a + b) / 3), 2));

	for (int r = 0; r < count; r++)
		for (int term = (int) rows[r].entry; term < rows[r].terms; term++)
			value += rows[r].count * (rows[r].lapsed && term == rows[r].terms - 1 ?
									  log(a / (a + b + term)) : log((b + term) / (a + b + term)));
	return value;
}

void
TenureFitCase(void)
{
	TenureRow	rows[12];
	int			count = RandomBetween(1, 12);
	TenureFit	fit;

	for (int i = 0; i < count; i++)
	{
		rows[i].count = RandomBetween(1, 60);
		rows[i].terms = RandomBetween(1, 9);
		rows[i].entry = Chance(70) ? 0 : RandomBelow((int) rows[i].terms);
		rows[i].lapsed = Chance(50);
	}
	fit = TenureLearn(rows, count, 1);
	EXPECT(fit.found && Close(fit.penalised, TenurePenalised(rows, count, fit.parameters.a, fit.parameters.b), 1e-10L),
		   "penalised %.17g", fit.penalised);
	for (int i = 0; i < 20; i++)
	{
		double		value = TenurePenalised(rows, count, fit.parameters.a * Spread(0.3), fit.parameters.b * Spread(0.3));

		EXPECT(value <= fit.penalised + 1e-7 * (1 + fabs(fit.penalised)), "%.17g is better than %.17g", value, fit.penalised);
	}
}

void
SpendCase(void)
{
	SpendRow	rows[30];
	int			count = RandomBetween(1, 30);
	double		net = 0;
	double		given = 0;
	SpendFit	fit;

	for (int i = 0; i < count; i++)
	{
		SpendRow   *row = &rows[i];
		double		logs[20];

		memset(row, 0, sizeof(*row));
		row->days = RandomBetween(1, 20);
		row->positive_days = Chance(80) ? row->days : RandomBelow((int) row->days + 1);
		for (int d = 0; d < row->positive_days; d++)
		{
			double		amount = Chance(30) ? 100 : 50 * Spread(Chance(90) ? 3 : 300);

			logs[d] = log(amount);
			row->log_mean += logs[d] / row->positive_days;
			row->mean += amount / row->positive_days;
		}
		for (int d = 0; d < row->positive_days; d++)
			row->log_spread += (logs[d] - row->log_mean) * (logs[d] - row->log_mean);
		row->net = row->mean * row->positive_days - (Chance(20) ? 500 * Uniform() : 0);
		net += row->net;
	}
	fit = SpendLearn(rows, count, SPEND_LOG);
	if (fit.parameters.status == SPEND_NO_REVENUE)
	{
		EXPECT(net <= 0 || fit.order_days == 0 || isnan(SpendExpect(&fit.parameters, 1, 1, 1)), "revenue was there");
		return;
	}
	for (int i = 0; i < count; i++)
	{
		double		spend = SpendExpect(&fit.parameters, rows[i].positive_days, rows[i].log_mean, rows[i].mean);

		EXPECT(spend > 0 && isfinite(spend), "spend %g", spend);
		given += rows[i].days * spend;
	}
	EXPECT(Close(given, net, 1e-9L), "days times spend %.17g, money %.17g", given, net);
	fit = SpendLearn(rows, count, SPEND_GAMMA_GAMMA);
	for (int i = 0; i < count; i++)
	{
		double		spend = SpendExpect(&fit.parameters, rows[i].positive_days, rows[i].log_mean, rows[i].mean);

		EXPECT(isnan(spend) ? fit.parameters.status == SPEND_INFINITE_MEAN : spend > 0, "gamma-gamma %g", spend);
	}
}
