/*
 * survival.c
 *		Survival curves and incidence, from their definitions in long double.
 */
#include "fuzz.h"

#include <math.h>

#include "utils/float.h"

#include "survival/survival_curve.h"

#define MOST_CASE_SPELLS 12
#define CAUSES			3

static int	count;
static Spell spells[MOST_CASE_SPELLS];

/* Equal up to what doubles lose on the way; infinite or not a number alike. */
static bool
Close(double found, long double expected)
{
	if (isnan(found) || isnan(expected))
		return isnan(found) && isnan(expected);
	if (isinf(found) || isinf((double) expected))
		return found == (double) expected;
	return fabsl(found - expected) <= 1e-9L * Max(1.0L, fabsl(expected));
}

static bool
Before(const Spell *a, const Spell *b)
{
	if (a->duration != b->duration)
		return a->duration < b->duration;
	if (a->entry != b->entry)
		return a->entry < b->entry;
	return a->cause < b->cause;
}

/* Sorted and all different, as a state keeps them. */
static void
DrawSpells(int causes, bool late)
{
	int			drawn = RandomBelow(MOST_CASE_SPELLS + 1);

	count = 0;
	for (int i = 0; i < drawn; i++)
	{
		Spell		spell = {0};
		int			at = 0;

		spell.duration = RandomBelow(8) * 0.5;
		if (late && Chance(50) && spell.duration > 0)
			spell.entry = RandomBelow((int) (spell.duration * 2)) * 0.5;
		spell.cause = RandomBelow(causes + 1);
		spell.count = Chance(90) ? RandomBetween(1, 3) : RandomBits() % (SPELL_SUBJECTS / 16);
		for (int j = 0; j < count; j++)
			if (!Before(&spells[j], &spell) && !Before(&spell, &spells[j]))
				spell.count = 0;
		if (spell.count == 0)
			continue;
		while (at < count && Before(&spells[at], &spell))
			at++;
		memmove(&spells[at + 1], &spells[at], (count - at) * sizeof(Spell));
		spells[at] = spell;
		count++;
	}
	for (int i = 0; i < count; i++)
		Note("    %g from %g, cause %d, " INT64_FORMAT " times\n", spells[i].duration,
			 spells[i].entry, (int) spells[i].cause, (int64) spells[i].count);
}

/* At risk just before a time: who has entered before it (or at 0) and not ended. */
static int64
AtRisk(double at)
{
	int64		sum = 0;

	for (int i = 0; i < count; i++)
		if (spells[i].duration >= at && (spells[i].entry == 0 || spells[i].entry < at))
			sum += spells[i].count;
	return sum;
}

/* Who ends at a time, of a cause; -1: of any, 0: is censored. */
static int64
Ending(double at, int cause)
{
	int64		sum = 0;

	for (int i = 0; i < count; i++)
		if (spells[i].duration == at &&
			(cause < 0 ? spells[i].cause != SPELL_CENSORED : (int) spells[i].cause == cause))
			sum += spells[i].count;
	return sum;
}

/* Distinct durations, rising. */
static int
Durations(double *durations)
{
	int			distinct = 0;

	for (int i = 0; i < count; i++)
		if (i == 0 || spells[i].duration != spells[i - 1].duration)
			durations[distinct++] = spells[i].duration;
	return distinct;
}

static Spell *
CopySpells(void)
{
	Spell	   *copy = palloc(Max(count, 1) * sizeof(Spell));

	memcpy(copy, spells, count * sizeof(Spell));
	return copy;
}

static void
CheckCurve(const SurvivalPoint *curve, const double *durations, int points)
{
	double	   *values = palloc(Max(points, 1) * sizeof(double));
	double	   *copy = palloc(Max(points, 1) * sizeof(double));
	ShareCurve	share;

	for (int i = 0; i < points; i++)
	{
		long double survival = 1;
		long double variance = 0;

		for (int j = 0; j <= i; j++)
		{
			long double n = AtRisk(durations[j]);
			long double d = Ending(durations[j], -1);

			survival *= (n - d) / n;
			if (d > 0)
				variance += d / (n * (n - d));
		}
		EXPECT(curve[i].duration == durations[i], "point %d at %g", i, curve[i].duration);
		EXPECT(curve[i].at_risk == AtRisk(durations[i]) &&
			   curve[i].events == Ending(durations[i], -1) &&
			   curve[i].censored == Ending(durations[i], 0), "counts at %g", durations[i]);
		EXPECT(Close(curve[i].survival, survival), "survival %.17g at %g, not %.17Lg",
			   curve[i].survival, durations[i], survival);
		EXPECT(Close(curve[i].std_error, sqrtl(variance)), "error %.17g at %g, not %.17Lg",
			   curve[i].std_error, durations[i], sqrtl(variance));
		values[i] = copy[i] = curve[i].survival;
	}
	share = ShareCurveMake(copy, points);

	for (int k = 0; k <= 8; k++)
	{
		double		p = k / 8.0;
		double		expected = get_float8_nan();
		double		found = SurvivalQuantile(curve, &share, points, p);
		bool		near = false;

		/* equal within R's 1.5e-8, or not: a case for nobody */
		for (int i = 0; i < points; i++)
			near |= fabs(values[i] - (1 - p)) > 1e-12 && fabs(values[i] - (1 - p)) < 1e-7;
		if (near)
			continue;

		/* the first time with survival <= 1 - p; the middle of a flat piece at 1 - p */
		for (int i = 0; i < points && isnan(expected); i++)
			if (values[i] < 1 - p + 1e-9)
			{
				int			end = i;

				while (end < points - 1 && fabs(values[end] - (1 - p)) < 1e-9)
					end++;
				expected = (durations[i] + durations[end]) / 2;
			}
		if (p == 0)
			expected = 0;
		EXPECT(Close(found, expected), "quantile %g is %g, not %g", p, found, expected);
	}

	for (int k = 0; k < 3; k++)
	{
		double		until = RandomBelow(18) * 0.25;
		bool		known = points > 0 &&
			(until <= durations[points - 1] || curve[points - 1].survival == 0);
		long double area = 0;
		long double variance = 0;
		double		mean;
		double		error;

		EXPECT(SurvivalMean(curve, points, until, &mean, &error) == known, "mean until %g",
			   until);
		if (!known)
			continue;
		/* the area under the curve from each point on, pieces added from the left */
		for (int from = -1; from < points; from++)
		{
			long double left = from < 0 ? 0 : durations[from];
			long double rest = 0;

			if (left > until)
				break;
			for (int i = from; i < points && (i < 0 || durations[i] <= until); i++)
			{
				long double begin = i < 0 ? 0 : durations[i];
				long double end = i + 1 < points ? Min(durations[i + 1], until) : until;

				rest += (i < 0 ? 1 : curve[i].survival) * (end - begin);
			}
			if (from < 0)
				area = rest;
			else
			{
				long double n = curve[from].at_risk;
				long double d = curve[from].events;

				if (n > d)
					variance += rest * rest * d / (n * (n - d));
			}
		}
		EXPECT(Close(mean, area), "mean %.17g until %g, not %.17Lg", mean, until, area);
		EXPECT(Close(error, sqrtl(variance)), "error of the mean %.17g until %g, not %.17Lg",
			   error, until, sqrtl(variance));
	}
}

/* The bounds that a method gives, written out. */
static void
CheckInterval(void)
{
	static const char *const methods[] = {"plain", "log", "log-log"};
	int			method = RandomBelow(3);
	IntervalRule rule = CheckIntervalRule(RandomBetween(1, 99) / 100.0, methods[method]);
	double		p = RandomBelow(101) / 100.0;
	double		error = RandomBelow(100) / 50.0;
	long double reach = (long double) rule.z * error;
	double		low;
	double		high;
	bool		known = method == 0 || (method == 1 && p > 0) || (p > 0 && p < 1);
	long double expected_low = 0;
	long double expected_high = 0;

	EXPECT(IntervalBounds(rule, p, error, &low, &high) == known, "bounds of %g", p);
	if (!known)
		return;
	if (method == 0)
	{
		expected_low = p - p * reach;
		expected_high = p + p * reach;
	}
	else if (method == 1)
	{
		expected_low = expl(logl(p) - reach);
		expected_high = expl(logl(p) + reach);
	}
	else
	{
		long double scale = logl(-logl(p));

		expected_low = expl(-expl(scale + reach / -logl(p)));
		expected_high = expl(-expl(scale - reach / -logl(p)));
	}
	EXPECT(Close(low, Max(expected_low, 0.0L)) && Close(high, Min(expected_high, 1.0L)),
		   "%s bounds of %g: %g and %g", methods[method], p, low, high);
}

void
SurvivalCase(void)
{
	double		durations[MOST_CASE_SPELLS];
	int			points;
	int			found;
	SurvivalPoint *curve;
	const Spell *copy;
	RiskTable	table;
	double		at = RandomBelow(10) * 0.5 - 0.25 * RandomBelow(2);
	int			last = -1;

	DrawSpells(1, Chance(40));
	points = Durations(durations);
	copy = CopySpells();
	curve = SurvivalCurve(copy, count, &found);
	EXPECT(found == points, "%d points, not %d", found, points);
	table = RiskTableMake(copy, count);
	EXPECT(RiskTableAt(&table, at) == AtRisk(at), "at risk at %g", at);
	while (last + 1 < points && durations[last + 1] <= at)
		last++;
	EXPECT(FindDuration(curve, sizeof(*curve), points, at) == last, "the last point up to %g", at);
	CheckCurve(curve, durations, points);
	CheckInterval();
}

void
IncidenceCase(void)
{
	double		durations[MOST_CASE_SPELLS];
	int			points;
	IncidenceCurves curves;
	long double open = 1;
	long double open_before[MOST_CASE_SPELLS];
	long double risen[MOST_CASE_SPELLS];

	DrawSpells(CAUSES, false);
	points = Durations(durations);
	curves = IncidenceCurvesMake(CopySpells(), count, CAUSES);
	EXPECT(curves.steps == points, "%d steps, not %d", curves.steps, points);
	for (int i = 0; i < points; i++)
	{
		long double n = AtRisk(durations[i]);

		open_before[i] = open;
		open *= (n - Ending(durations[i], -1)) / n;
		EXPECT(curves.step[i].duration == durations[i] &&
			   curves.step[i].at_risk == AtRisk(durations[i]), "step %d", i);
		EXPECT(Close(curves.step[i].open, open), "open %.17g at %g", curves.step[i].open,
			   durations[i]);
	}

	for (int cause = 1; cause <= CAUSES; cause++)
	{
		const IncidencePoint *point = &curves.point[curves.first[cause]];
		long double incidence = 0;

		for (int i = 0; i < points; i++)
		{
			long double variance = 0;

			incidence += open_before[i] * Ending(durations[i], cause) / AtRisk(durations[i]);
			risen[i] = incidence;
			if (Ending(durations[i], cause) == 0)
				continue;
			for (int j = 0; j <= i; j++)
			{
				long double n = AtRisk(durations[j]);
				long double d = Ending(durations[j], -1);
				long double k = Ending(durations[j], cause);
				long double rise = risen[i] - risen[j];
				long double s = open_before[j];

				if (n > d)
					variance += rise * rise * d / (n * (n - d));
				variance += s * s * k * (n - k) / (n * n * n) - 2 * rise * s * k / (n * n);
			}
			EXPECT(point < &curves.point[curves.first[cause + 1]] &&
				   point->duration == durations[i] && point->events == Ending(durations[i], cause),
				   "cause %d at %g", cause, durations[i]);
			EXPECT(Close(point->incidence, incidence), "incidence %.17g of %d at %g, not %.17Lg",
				   point->incidence, cause, durations[i], incidence);
			EXPECT(Close(point->std_error * point->std_error, Max(variance, 0.0L)),
				   "error %.17g of %d at %g, its square not %.17Lg", point->std_error, cause,
				   durations[i], variance);
			point++;
		}
		EXPECT(point == &curves.point[curves.first[cause + 1]], "more of cause %d", cause);
	}
}
