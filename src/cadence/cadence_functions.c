/*
 * cadence_functions.c
 *		What SQL calls on one account's cadence_state alone.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "cadence/cadence.h"

#define LEAST_GAPS		3		/* for a regularity */
#define MOST_REGULARITY	100.0	/* gaps that are all alike */

PG_FUNCTION_INFO_V1(cadence_rows);
PG_FUNCTION_INFO_V1(cadence_summary);

/* 0 for no entry. */
static Numeric
AmountOf(const CadenceState *state, const CadenceEntry *entry)
{
	Money		amount = {.fixed = {.scale = state->scale}};

	if (entry != NULL)
		amount = CadenceEntryAmount(state, entry);
	return MoneyToNumeric(&amount);
}

/*
 * cadence_rows(cadence_state, as_of date) → rows (order_date date, orders bigint,
 * amount, credits numeric, gap_days int): a row for each day with orders or credits
 */
Datum
cadence_rows(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	DateADT		as_of = CADENCE_ALL_DAYS;
	CadenceState *state;
	const CadenceEntry *entries;
	int			count;
	int			next;
	bool		has_last = false;
	DateADT		last = 0;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	if (!PG_ARGISNULL(1))
		as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	state = CadenceStateFromDatum(PG_GETARG_DATUM(0));
	entries = CadenceStateEntries(state);
	count = CadenceStateCountUntil(state, as_of);
	for (int i = 0; i < count; i = next)
	{
		CadenceDay	day = CadenceStateDay(state, i, &next);

		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, entries[i].day);
		RowPutInt64(&row, day.orders != NULL ? day.orders->orders : 0);
		RowPutNumeric(&row, AmountOf(state, day.orders));
		RowPutNumeric(&row, AmountOf(state, day.credits));
		if (day.orders == NULL || !has_last)
			RowPutNull(&row);
		else
			RowPutInt(&row, entries[i].day - last);
		if (day.orders != NULL)
		{
			has_last = true;
			last = entries[i].day;
		}
		RowEnd(&row);
	}
	return (Datum) 0;
}

static int
CompareGaps(const void *left, const void *right)
{
	int			l = *(const int *) left;
	int			r = *(const int *) right;

	CHECK_FOR_INTERRUPTS();
	return l < r ? -1 : l > r;
}

/*
 * The shape of a gamma distribution from v = ln mean - mean ln (Minka's closed
 * form): about 1 for random gaps, above for regular ones, below for bursts.
 */
static double
Regularity(double v)
{
	if (v <= 0)
		return MOST_REGULARITY;
	return Min((3 - v + sqrt((v - 3) * (v - 3) + 24 * v)) / (12 * v), MOST_REGULARITY);
}

/*
 * cadence_summary(cadence_state, as_of date) → (orders, order_days bigint, first_date,
 * last_date date, tenure_days, silence_days int, total numeric, mean_gap_days,
 * median_gap_days, log_gap_sum, regularity float8)
 */
Datum
cadence_summary(PG_FUNCTION_ARGS)
{
	CadenceState *state = CadenceStateFromDatum(PG_GETARG_DATUM(0));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	const CadenceEntry *entries = CadenceStateEntries(state);
	int			count = CadenceStateCountUntil(state, as_of);
	CadenceDays days = CadenceStateDays(state, as_of);
	Money		total = {.fixed = {.scale = state->scale}};
	int		   *gaps;
	int			gap_count = 0;
	int64		orders = 0;
	DateADT		last = days.first;
	double		log_gap_sum = 0;
	double		mean;
	double		median;
	double		regularity;
	RowWriter	row = RowBegin(fcinfo);

	if (days.order_days == 0)
	{
		RowPutNull(&row);
		RowPutInt64(&row, 0);
		while (row.put < row.columns->natts)
			RowPutNull(&row);
		PG_RETURN_DATUM(RowDatum(&row));
	}

	gaps = palloc_extended(days.order_days * sizeof(int), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
	{
		Money		amount = CadenceEntryAmount(state, &entries[i]);

		CHECK_FOR_INTERRUPTS();
		MoneyAdd(&total, &amount);
		orders += entries[i].orders;
		if (entries[i].orders == 0 || entries[i].day == days.first)
			continue;
		gaps[gap_count] = entries[i].day - last;
		log_gap_sum += log(gaps[gap_count++]);
		last = entries[i].day;
	}
	qsort(gaps, gap_count, sizeof(int), CompareGaps);
	mean = gap_count > 0 ? ((double) days.last - days.first) / gap_count : 0;
	median = gap_count > 0 ? ((double) gaps[(gap_count - 1) / 2] + gaps[gap_count / 2]) / 2 : 0;
	/* of gaps that are all alike, only rounding would be left */
	regularity = gap_count < LEAST_GAPS || gaps[0] == gaps[gap_count - 1] ? MOST_REGULARITY :
		Regularity(log(mean) - log_gap_sum / gap_count);

	RowPutInt64(&row, orders);
	RowPutInt64(&row, days.order_days);
	RowPutDate(&row, days.first);
	RowPutDate(&row, days.last);
	RowPutInt(&row, as_of - days.first);
	RowPutInt(&row, as_of - days.last);
	RowPutNumeric(&row, MoneyToNumeric(&total));
	RowPutKnown(&row, gap_count > 0, mean);
	RowPutKnown(&row, gap_count > 0, median);
	RowPutFloat(&row, log_gap_sum);
	RowPutKnown(&row, gap_count >= LEAST_GAPS, regularity);
	PG_RETURN_DATUM(RowDatum(&row));
}
