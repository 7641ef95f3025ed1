/*
 * tariff_search.c
 *		Questions about all quantities a tariff can sell, multiples of a step: where
 *		a larger one is cheaper, which is cheapest, how much a budget buys.
 *
 * Inside one tier no price falls as the quantity rises: prices and fees are not
 * negative, and rounding, maximum and minimum keep the order. So the quantities
 * split into runs, nothing and one a tier, and a price can only fall from the
 * end of one run to a later run's start. Whatever is asked is then decided by
 * the runs' first prices, and inside a run by bisection. Graduated tariffs never
 * fall; nothing here relies on it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/numeric_call.h"
#include "base/rows.h"
#include "tariff/tariff.h"

#define MOST_BUDGET_DIGITS	300 /* bisecting takes as many steps as there are bits */

PG_FUNCTION_INFO_V1(tariff_cliffs);
PG_FUNCTION_INFO_V1(tariff_best_quantity);
PG_FUNCTION_INFO_V1(tariff_quantity_for);

/* Quantities first..last, counted in steps. */
typedef struct Run
{
	Numeric		first;
	Numeric		last;			/* NULL: no end */
	Numeric		price;			/* of the first */
	int			cheapest;		/* run, from this one on, that has the least price */
} Run;

typedef struct PriceSearch
{
	TariffPlan *plan;
	Numeric		step;
	int			run_count;
	Run		   *runs;
	MemoryContext scratch;		/* for what a bisection throws away */
} PriceSearch;

static Numeric
CheckStep(Numeric step)
{
	if (!NumericIsFinite(step) || NumericCompare(step, NumericZero()) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be a number above 0"),
				 errdetail("The value is %s.", NumericToText(step)),
				 errhint("Give the smallest quantity that can be added, for example 1.")));
	TariffCheckQuantity(step, "step");
	return step;
}

/* The price of so many steps. */
static Numeric
PriceOfSteps(const PriceSearch *search, Numeric steps)
{
	return TariffPrice(search->plan,
					   (struct varlena *) NumericMultiply(steps, search->step));
}

/* The largest number of steps that is not more than a quantity. */
static Numeric
StepsWithin(const PriceSearch *search, Numeric quantity)
{
	return NumericDivideWhole(quantity, search->step);
}

/*
 * The last quantity of a tier, in steps. tier -1: the last one of which nothing is billed.
 */
static Numeric
StepsOfTier(const PriceSearch *search, int tier)
{
	const Tariff *tariff = &search->plan->tariff;
	Numeric		one = int64_to_numeric(1);
	Numeric		up_to = tier < 0 ? NumericZero() : tariff->tiers[tier].up_to;
	bool		below = tier >= 0 && tariff->from_bounds;
	Numeric		steps;

	if (tariff->package_size)
	{
		Numeric		packages = NumericTruncateTo(up_to, 0);

		if (below && NumericCompare(packages, up_to) == 0)
			packages = NumericSubtract(packages, one);
		return StepsWithin(search, NumericAdd(NumericMultiply(packages, tariff->package_size),
											  tariff->free_units));
	}
	up_to = NumericAdd(up_to, tariff->free_units);
	steps = StepsWithin(search, up_to);
	if (below && NumericCompare(NumericMultiply(steps, search->step), up_to) == 0)
		steps = NumericSubtract(steps, one);
	return steps;
}

/*
 * Splits the multiples of the step into runs, and finds for each the cheapest
 * start of it and the later ones (the smallest of several).
 */
static PriceSearch
SearchBegin(FunctionCallInfo fcinfo, Datum value, Numeric step)
{
	PriceSearch search;
	const Tariff *tariff;
	Numeric		one = int64_to_numeric(1);
	Numeric		next = NumericZero();	/* steps not yet in a run */

	search.plan = TariffPlanGet(fcinfo, value);
	search.step = CheckStep(step);
	tariff = &search.plan->tariff;
	search.runs = palloc((tariff->tier_count + 1) * sizeof(Run));
	search.run_count = 0;
	search.scratch = AllocSetContextCreate(CurrentMemoryContext, "tariff search",
										   ALLOCSET_DEFAULT_SIZES);

	for (int i = -1; i < tariff->tier_count; i++)
	{
		Run		   *run = &search.runs[search.run_count];

		CHECK_FOR_INTERRUPTS();
		run->first = next;
		if (i == tariff->tier_count - 1)
			run->last = NULL;
		else
		{
			run->last = StepsOfTier(&search, i);
			if (NumericCompare(run->last, run->first) < 0)
				continue;		/* no multiple of the step */
			next = NumericAdd(run->last, one);
		}
		run->price = PriceOfSteps(&search, run->first);
		search.run_count++;
	}
	for (int i = search.run_count - 1; i >= 0; i--)
	{
		Run		   *runs = search.runs;

		runs[i].cheapest = i;
		if (i < search.run_count - 1 &&
			NumericCompare(runs[runs[i + 1].cheapest].price, runs[i].price) < 0)
			runs[i].cheapest = runs[i + 1].cheapest;
	}
	return search;
}

/* The least price of the runs after this one; NULL for the last. */
static Numeric
LaterPrice(const PriceSearch *search, int run)
{
	if (run == search->run_count - 1)
		return NULL;
	return search->runs[search->runs[run + 1].cheapest].price;
}

/*
 * The largest number of steps in a run whose price is at most `limit`; NULL when
 * the first costs more. The run has an end, or a price above the limit.
 */
static Numeric
StepsUpTo(const PriceSearch *search, const Run *run, Numeric limit)
{
	Numeric		one = int64_to_numeric(1);
	Numeric		two = int64_to_numeric(2);
	MemoryContext caller;
	Numeric		within;			/* costs at most the limit */
	Numeric		beyond;			/* costs more */
	Numeric		result;

	if (NumericCompare(run->price, limit) > 0)
		return NULL;
	caller = MemoryContextSwitchTo(search->scratch);
	within = run->first;
	if (run->last && NumericCompare(PriceOfSteps(search, run->last), limit) <= 0)
	{
		MemoryContextSwitchTo(caller);
		MemoryContextReset(search->scratch);
		return run->last;
	}
	beyond = run->last;
	for (Numeric width = one; beyond == NULL; width = NumericMultiply(width, two))
	{
		Numeric		try = NumericAdd(run->first, width);

		CHECK_FOR_INTERRUPTS();
		if (NumericCompare(PriceOfSteps(search, try), limit) <= 0)
			within = try;
		else
			beyond = try;
	}
	for (;;)
	{
		Numeric		middle = NumericDivideWhole(NumericAdd(within, beyond), two);

		CHECK_FOR_INTERRUPTS();
		if (NumericCompare(middle, within) == 0)
			break;
		if (NumericCompare(PriceOfSteps(search, middle), limit) <= 0)
			within = middle;
		else
			beyond = middle;
	}
	MemoryContextSwitchTo(caller);
	result = NumericAdd(within, NumericZero());
	MemoryContextReset(search->scratch);
	return result;
}

/*
 * tariff_cliffs(tariff_def, step numeric)
 *
 * In a run, the dearer-than-later quantities are its end, from the first that
 * costs more than the cheapest later start. Where the next run is dear from its
 * start, it has the same better quantity, and both are one row.
 */
Datum
tariff_cliffs(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	PriceSearch search = SearchBegin(fcinfo, PG_GETARG_DATUM(0), PG_GETARG_NUMERIC(1));
	Numeric		one = int64_to_numeric(1);
	Numeric		from = NULL;	/* of the row being gathered */

	for (int i = 0; i < search.run_count - 1; i++)
	{
		const Run  *run = &search.runs[i];
		const Run  *better = &search.runs[search.runs[i + 1].cheapest];
		Numeric		later = LaterPrice(&search, i);
		Numeric		fair;

		CHECK_FOR_INTERRUPTS();
		if (from == NULL)
		{
			fair = StepsUpTo(&search, run, later);
			if (fair == NULL)
				from = run->first;
			else if (NumericCompare(fair, run->last) < 0)
				from = NumericAdd(fair, one);
		}
		/* where the next run's start is not the better one, it is too dear as well */
		if (from && better == run + 1)
		{
			RowPutNumeric(&row, NumericMultiply(from, search.step));
			RowPutNumeric(&row, NumericMultiply(run->last, search.step));
			RowPutNumeric(&row, NumericMultiply(better->first, search.step));
			RowPutNumeric(&row, better->price);
			RowEnd(&row);
			from = NULL;
		}
	}
	return (Datum) 0;
}

/* tariff_best_quantity(tariff_def, quantity numeric, step numeric) */
Datum
tariff_best_quantity(PG_FUNCTION_ARGS)
{
	Numeric		quantity = PG_GETARG_NUMERIC(1);
	PriceSearch search;
	Numeric		steps;
	int			run = 0;

	TariffCheckQuantity(quantity, "quantity");
	search = SearchBegin(fcinfo, PG_GETARG_DATUM(0), PG_GETARG_NUMERIC(2));
	steps = StepsWithin(&search, quantity);
	if (NumericCompare(NumericMultiply(steps, search.step), quantity) < 0)
		steps = NumericAdd(steps, int64_to_numeric(1));
	while (search.runs[run].last && NumericCompare(steps, search.runs[run].last) > 0)
		run++;
	if (run < search.run_count - 1 &&
		NumericCompare(PriceOfSteps(&search, steps), LaterPrice(&search, run)) > 0)
		steps = search.runs[search.runs[run + 1].cheapest].first;
	PG_RETURN_NUMERIC(NumericMultiply(steps, search.step));
}

/* Does the price of the last run never exceed a budget? */
static bool
IsUnlimited(const PriceSearch *search, Numeric budget)
{
	const Tariff *tariff = &search->plan->tariff;

	if (numeric_is_inf(budget))
		return true;
	if (tariff->maximum && NumericCompare(tariff->maximum, budget) <= 0)
		return true;
	return NumericCompare(tariff->tiers[tariff->tier_count - 1].unit_price, NumericZero()) == 0 &&
		NumericCompare(search->runs[search->run_count - 1].price, budget) <= 0;
}

/* tariff_quantity_for(tariff_def, budget numeric, step numeric) */
Datum
tariff_quantity_for(PG_FUNCTION_ARGS)
{
	Numeric		budget = PG_GETARG_NUMERIC(1);
	PriceSearch search;

	if (numeric_is_nan(budget))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("budget must be a number"),
				 errdetail("The value is NaN."),
				 errhint("Filter such rows out, or turn them into NULL with nullif().")));
	if (!numeric_is_inf(budget) &&
		NumericCompare(budget, NumericPowerOfTen(MOST_BUDGET_DIGITS)) >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("budget is too large"),
				 errdetail("It has more than %d digits before the point.", MOST_BUDGET_DIGITS),
				 errhint("Infinity is a budget, too.")));
	search = SearchBegin(fcinfo, PG_GETARG_DATUM(0), PG_GETARG_NUMERIC(2));
	if (NumericCompare(budget, NumericZero()) < 0)
		PG_RETURN_NULL();
	if (IsUnlimited(&search, budget))
		PG_RETURN_NUMERIC(NumericFromText("Infinity"));
	for (int i = search.run_count - 1; i >= 0; i--)
	{
		Numeric		steps = StepsUpTo(&search, &search.runs[i], budget);

		if (steps)
			PG_RETURN_NUMERIC(NumericMultiply(steps, search.step));
	}
	PG_RETURN_NULL();
}
