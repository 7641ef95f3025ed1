/*
 * survival_curve.c
 *		Kaplan-Meier and Aalen-Johansen over sorted spells.
 *
 * All sums run in the order of durations, so that a multiset of spells has one
 * answer, to the last bit, however it was put together.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "survival/survival_curve.h"

/* Spells of one distinct duration, and who was watched just before it. */
typedef struct Step
{
	double		duration;
	int64		at_risk;
	int64		ended;			/* of any cause */
	int64		censored;
	int			first;			/* of its spells */
	int			next;			/* behind its last spell */
} Step;

/* Runs through sorted spells, one distinct duration after the other. */
typedef struct StepReader
{
	const Spell *spells;
	int			count;
	int			next;
	int64		remaining;		/* subjects that have not ended, entered or not */
	Spell	   *entries;		/* late ones, sorted by entry */
	int			entry_count;
	int			next_entry;
	int64		waiting;		/* subjects whose entry is still to come */
} StepReader;

static inline int
CompareEntries(const Spell *left, const Spell *right)
{
	return (left->entry > right->entry) - (left->entry < right->entry);
}

#define ST_SORT SortByEntry
#define ST_ELEMENT_TYPE Spell
#define ST_COMPARE(a, b) CompareEntries(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Starts at the first duration. spells are in the order of a canonical state. */
static StepReader
StartSteps(const Spell *spells, int count)
{
	StepReader	reader = {spells, count, 0, 0, NULL, 0, 0, 0};

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		reader.remaining += spells[i].count;
		if (spells[i].entry > 0)
		{
			reader.waiting += spells[i].count;
			reader.entry_count++;
		}
	}
	if (reader.entry_count > 0)
	{
		int			e = 0;

		reader.entries = palloc_extended((Size) reader.entry_count * sizeof(Spell),
										 MCXT_ALLOC_HUGE);
		for (int i = 0; i < count; i++)
			if (spells[i].entry > 0)
				reader.entries[e++] = spells[i];
		SortByEntry(reader.entries, reader.entry_count);
	}
	return reader;
}

/*
 * The next distinct duration; false at the end. At risk is who entered before
 * it, or at 0, and has not ended before it.
 */
static bool
NextStep(StepReader *reader, Step *step)
{
	if (reader->next >= reader->count)
		return false;
	step->duration = reader->spells[reader->next].duration;
	step->ended = step->censored = 0;
	step->first = reader->next;
	while (reader->next_entry < reader->entry_count &&
		   reader->entries[reader->next_entry].entry < step->duration)
		reader->waiting -= reader->entries[reader->next_entry++].count;
	step->at_risk = reader->remaining - reader->waiting;
	while (reader->next < reader->count && reader->spells[reader->next].duration == step->duration)
	{
		const Spell *spell = &reader->spells[reader->next++];

		CHECK_FOR_INTERRUPTS();
		if (spell->cause == SPELL_CENSORED)
			step->censored += spell->count;
		else
			step->ended += spell->count;
		reader->remaining -= spell->count;
	}
	step->next = reader->next;
	return true;
}

/*
 * The last point of a curve, of either kind, at or before a time; -1 where the
 * time lies before the first.
 */
int
FindDuration(const void *curve, Size point_size, int points, double at)
{
	int			low = -1;
	int			high = points;

	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (*(const double *) ((const char *) curve + middle * point_size) <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The lists of a RiskTable, in the current context. */
RiskTable
RiskTableMake(const Spell *spells, int count)
{
	StepReader	reader = StartSteps(spells, count);
	RiskTable	table;
	int64		subjects = reader.remaining;

	table.ends = count;
	table.end = palloc_extended((Size) Max(1, count) * sizeof(SubjectsFrom), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		table.end[i].at = spells[i].duration;
		table.end[i].subjects = subjects;
		subjects -= spells[i].count;
	}
	subjects = reader.waiting;
	table.entries = reader.entry_count;
	table.entry = palloc_extended((Size) Max(1, reader.entry_count) * sizeof(SubjectsFrom),
								  MCXT_ALLOC_HUGE);
	for (int i = 0; i < reader.entry_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		table.entry[i].at = reader.entries[i].entry;
		table.entry[i].subjects = subjects;
		subjects -= reader.entries[i].count;
	}
	return table;
}

/* The subjects of a list from a time on. */
static int64
SubjectsFromTime(const SubjectsFrom *list, int count, double at)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (list[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count ? list[low].subjects : 0;
}

/*
 * Subjects at risk just before a time, whether or not any ended at it: all that
 * end then or later, but for those that enter then or later, which end later still.
 */
int64
RiskTableAt(const RiskTable *table, double at)
{
	return SubjectsFromTime(table->end, table->ends, at) -
		SubjectsFromTime(table->entry, table->entries, at);
}

/* How many distinct durations there are. */
static int
CountDurations(const Spell *spells, int count)
{
	int			distinct = 0;

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		distinct += i == 0 || spells[i].duration != spells[i - 1].duration;
	}
	return distinct;
}

/*
 * The Kaplan-Meier estimate at each distinct duration. Of those at risk at a
 * duration all can have the event, also those censored at the same time. The
 * error is Greenwood's: of log S, the root of the sum of d / (n (n - d)).
 */
SurvivalPoint *
SurvivalCurve(const Spell *spells, int count, int *points)
{
	StepReader	reader = StartSteps(spells, count);
	SurvivalPoint *curve = palloc_extended(Max(1, CountDurations(spells, count)) *
										   sizeof(SurvivalPoint), MCXT_ALLOC_HUGE);
	double		survival = 1.0;
	double		variance = 0.0;
	Step		step;

	*points = 0;
	while (NextStep(&reader, &step))
	{
		SurvivalPoint *point = &curve[(*points)++];
		double		n = (double) step.at_risk;
		double		d = (double) step.ended;

		if (step.ended > 0)
		{
			survival *= (n - d) / n;
			variance += d / (n * (n - d));	/* infinite when all end, for good */
		}
		point->duration = step.duration;
		point->at_risk = step.at_risk;
		point->events = step.ended;
		point->censored = step.censored;
		point->survival = survival;
		point->std_error = sqrt(variance);
	}
	return curve;
}

/* Fractions closer than this are taken as equal, as R does. */
#define SAME_FRACTION	1.4901161193847656e-08

/*
 * Both bounds of survival at each point, NaN where there is none.
 */
void
SurvivalBounds(const SurvivalPoint *curve, int points, IntervalRule rule,
			   double *low, double *high)
{
	for (int i = 0; i < points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!IntervalBounds(rule, curve[i].survival, curve[i].std_error, &low[i], &high[i]))
			low[i] = high[i] = get_float8_nan();
	}
}

/*
 * The share that has had the event, of survival or one of its bounds at each
 * point, NaN where there is none. A bound may rise again; what was reached once
 * stays reached. values are overwritten.
 */
ShareCurve
ShareCurveMake(double *values, int points)
{
	ShareCurve	share;
	double		most = -get_float8_infinity();

	share.known_at_end = points > 0 && !isnan(values[points - 1]);
	for (int i = 0; i < points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (1 - values[i] > most)
			most = 1 - values[i];
		values[i] = most;
	}
	share.reached = values;
	return share;
}

/* The first point at which a share is reached, `points` where none is. */
static int
FirstReached(const ShareCurve *share, int points, double least)
{
	int			low = 0;
	int			high = points;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (share->reached[middle] < least)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The duration by which a share p (0..1) has had the event, by R's rule: the
 * first where the share is reached; where the curve is flat at exactly that
 * share, the middle of the flat piece. NaN where p is not reached.
 */
double
SurvivalQuantile(const SurvivalPoint *curve, const ShareCurve *share, int points, double p)
{
	int			first;
	int			last;

	if (p == 0)
		return 0;
	first = FirstReached(share, points, p - SAME_FRACTION);
	last = FirstReached(share, points, p + SAME_FRACTION);
	if (last == points)
	{
		/* flat up to the end, which counts only where it is known */
		if (first == points || !share->known_at_end)
			return get_float8_nan();
		last = points - 1;
	}
	return curve[first].duration + (curve[last].duration - curve[first].duration) / 2;
}

/*
 * The mean duration when all are stopped at `until`: the area under the curve.
 * Its variance is the sum over events of (area still to come)^2 * d / (n (n - d)),
 * as in R. False where the curve is not known as far as `until`.
 */
bool
SurvivalMean(const SurvivalPoint *curve, int points, double until,
			 double *mean, double *std_error)
{
	double		area = 0.0;
	double		variance = 0.0;
	double		right = until;
	int			last = points - 1;

	if (points == 0 || (until > curve[last].duration && curve[last].survival > 0))
		return false;
	while (last >= 0 && curve[last].duration > until)
		last--;
	for (int i = last; i >= 0; i--)
	{
		double		n = (double) curve[i].at_risk;
		double		d = (double) curve[i].events;

		CHECK_FOR_INTERRUPTS();
		area += curve[i].survival * (right - curve[i].duration);
		right = curve[i].duration;
		if (n > d)
			variance += area * area * (d / (n * (n - d)));
	}
	*mean = area + right;
	*std_error = sqrt(variance);
	return true;
}

/* What the Aalen-Johansen estimate of one cause carries along. */
typedef struct CauseSums
{
	double		incidence;
	double		squares;		/* sum of (F(t) - F(s))^2 w, w = d / (n (n - d)) */
	double		products;		/* sum of (F(t) - F(s)) w */
	double		crossed;		/* sum of (F(t) - F(s)) v, v = S k / n^2 */
	double		crossings;		/* sum of v */
	double		own;			/* sum of S^2 k (n - k) / n^3 */
} CauseSums;

/*
 * The Aalen-Johansen estimates for all causes, numbered from 1, in one pass: a
 * cause's sums change only where it ends some.
 *
 * With S the probability of no ending before s, F the incidence, and n at risk,
 * d ending, k of them by the cause at s, its variance at t is the sum over s <= t of
 *		(F(t) - F(s))^2 d / (n (n - d)) - 2 (F(t) - F(s)) S k / n^2 + S^2 k (n - k) / n^3
 * (delta method: E. Marubini and M. G. Valsecchi, "Analysing Survival Data from
 * Clinical Trials and Observational Studies", 1995, 10.2; without late entries it
 * equals the infinitesimal jackknife of R's survfit). The three sums are carried
 * along as F grows, from positive terms alone, so nothing cancels within them.
 */
IncidenceCurves
IncidenceCurvesMake(const Spell *spells, int count, int causes)
{
	StepReader	reader = StartSteps(spells, count);
	CauseSums  *sums = palloc0((causes + 1) * sizeof(CauseSums));
	int		   *next = palloc((causes + 2) * sizeof(int));
	IncidenceCurves curves;
	double		open = 1.0;
	double		weights = 0.0;	/* sum of w */
	Step		step;

	/* one point for each spell with a cause: states of incidence have no entries */
	curves.first = palloc0((causes + 2) * sizeof(int));
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		Assert(spells[i].cause <= causes && spells[i].entry == 0);
		if (spells[i].cause != SPELL_CENSORED)
			curves.first[spells[i].cause + 1]++;
	}
	for (int k = 1; k <= causes; k++)
		curves.first[k + 1] += curves.first[k];
	memcpy(next, curves.first, (causes + 2) * sizeof(int));
	curves.point = palloc_extended((Size) Max(1, curves.first[causes + 1]) *
								   sizeof(IncidencePoint), MCXT_ALLOC_HUGE);
	curves.step = palloc_extended((Size) Max(1, CountDurations(spells, count)) *
								  sizeof(IncidenceStep), MCXT_ALLOC_HUGE);

	curves.steps = 0;
	while (NextStep(&reader, &step))
	{
		IncidenceStep *now = &curves.step[curves.steps++];
		double		n = (double) step.at_risk;
		double		d = (double) step.ended;

		for (int i = step.first; i < step.next; i++)
		{
			CauseSums  *sum = &sums[spells[i].cause];
			IncidencePoint *point;
			double		k = (double) spells[i].count;
			double		rise = open * k / n;

			if (spells[i].cause == SPELL_CENSORED)
				continue;
			sum->squares += 2 * rise * sum->products + rise * rise * weights;
			sum->products += rise * weights;
			sum->crossed += rise * sum->crossings;
			sum->incidence += rise;
			sum->own += open * open * (k / n) * ((n - k) / n) / n;
			sum->crossings += rise / n;
			point = &curves.point[next[spells[i].cause]++];
			point->duration = step.duration;
			point->events = spells[i].count;
			point->incidence = sum->incidence;
			point->std_error = sqrt(Max(0.0, sum->squares - 2 * sum->crossed + sum->own));
		}
		if (step.ended > 0)
		{
			if (n > d)
				weights += d / (n * (n - d));
			open *= (n - d) / n;
		}
		now->duration = step.duration;
		now->at_risk = step.at_risk;
		now->open = open;
	}
	pfree(sums);
	pfree(next);
	return curves;
}
