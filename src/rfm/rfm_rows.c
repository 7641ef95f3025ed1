/*
 * rfm_rows.c
 *		Scores and segments of all customers of an rfm_stats.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/rows.h"
#include "base/zone.h"
#include "rfm/rfm_stats.h"

#define KEPT_BINS	10			/* of these and fewer bins names of cells are kept */

PG_FUNCTION_INFO_V1(rfm_rows);

/* A cell of scores in words. */
typedef struct Cell
{
	Datum		name;			/* 0: not made yet */
	Datum		segment;		/* 0: it has none */
} Cell;

typedef struct Scoring
{
	RfmScheme	scheme;
	SegmentMap *map;			/* NULL: no segments */
	double		cuts[RFM_DIMENSIONS][RFM_MOST_CUTS];
	Cell	   *cells;			/* of few bins, all of them; NULL of many */
} Scoring;

/* The day of the last order, in a zone whose spans are NULL for UTC. */
static inline DateADT
LastDay(const RfmStored *stored, ZoneSpans *zone)
{
	return TimeDayUtc(zone == NULL ? stored->last_at : ZoneClock(zone, stored->last_at));
}

/* Powers of ten that a double holds exactly, by groups of four digits. */
static const double group_powers[] = {1, 1e4, 1e8, 1e12, 1e16, 1e20};

/* The total as numeric's cast gives it: the nearest double. */
static double
TotalDouble(const RfmStats *stats, const RfmStored *stored)
{
	const DecimalSum *total = &stored->total;

	/* a quotient of two exact doubles is rounded once */
	if (total->groups >= 0 && total->groups < (int) lengthof(group_powers) &&
		total->high == (int64) total->low >> 63 &&
		(int64) total->low <= (INT64CONST(1) << 53) && (int64) total->low >= -(INT64CONST(1) << 53))
		return (double) (int64) total->low / group_powers[total->groups];
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  NumericGetDatum(RfmStoredTotal(stats, stored))));
}

/* A customer's measures, recency as minus the days. */
static inline void
Measures(const RfmStats *stats, const RfmStored *stored, ZoneSpans *zone, double *measures)
{
	measures[0] = 0.0 - (double) (stats->as_of - LastDay(stored, zone));
	measures[1] = (double) stored->orders;
	measures[2] = TotalDouble(stats, stored);
}

/* The cuts of all customers that have orders. */
static void
LearnScoring(Scoring *scoring, const RfmStats *stats, ZoneSpans *zone)
{
	const RfmStored *customers = RfmStatsCustomers(stats);
	double	   *values[RFM_DIMENSIONS];
	int64		count = 0;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
		values[d] = palloc_extended(stats->customers * sizeof(double), MCXT_ALLOC_HUGE);
	for (int i = 0; i < stats->customers; i++)
	{
		double		measures[RFM_DIMENSIONS];

		CHECK_FOR_INTERRUPTS();
		if (customers[i].orders == 0)
			continue;
		if (LastDay(&customers[i], zone) > stats->as_of)
			OrderLiesAfter("The last order", LastDay(&customers[i], zone), RfmStatsZone(stats),
						   stats->as_of);
		Measures(stats, &customers[i], zone, measures);
		for (int d = 0; d < RFM_DIMENSIONS; d++)
			values[d][count] = measures[d];
		count++;
	}
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		if (count > 0)
			RfmLearnCuts(values[d], count, scoring->scheme, scoring->cuts[d]);
		pfree(values[d]);
	}
}

/* Makes the words of a cell, in the current context. */
static void
MakeCell(const Scoring *scoring, const int *score, Cell *cell)
{
	char		name[3 * 12];
	const char *segment = scoring->map == NULL ? NULL : SegmentMapFind(scoring->map, score);

	snprintf(name, sizeof(name), scoring->scheme.bins > 9 ? "%d-%d-%d" : "%d%d%d",
			 score[0], score[1], score[2]);
	cell->name = CStringGetTextDatum(name);
	cell->segment = segment == NULL ? 0 : CStringGetTextDatum(segment);
}

/* The scores of a customer that has orders, and their words: five columns. */
static void
PutScores(RowWriter *row, const Scoring *scoring, const double *measures, MemoryContext lasting)
{
	int			score[RFM_DIMENSIONS];
	int			bins = scoring->scheme.bins;
	Cell		made = {0};
	Cell	   *cell = &made;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		score[d] = ScoreByCuts(scoring->cuts[d], bins - 1, measures[d]);
		RowPutInt(row, score[d]);
	}
	if (scoring->cells != NULL)
		cell = &scoring->cells[((score[0] - 1) * bins + score[1] - 1) * bins + score[2] - 1];
	if (cell->name == 0)
	{
		MemoryContext old = MemoryContextSwitchTo(scoring->cells != NULL ? lasting : CurrentMemoryContext);

		MakeCell(scoring, score, cell);
		MemoryContextSwitchTo(old);
	}
	RowPut(row, cell->name);
	if (cell->segment == 0)
		RowPutNull(row);
	else
		RowPut(row, cell->segment);
}

static void
PutKey(RowWriter *row, const RfmStats *stats, int customer)
{
	const RfmStored *stored = &RfmStatsCustomers(stats)[customer];
	char		number[32];

	if (RfmStatsIsNobody(stats, customer))
		RowPutNull(row);
	else if (stats->kind == RFM_KEY_BIGINT)
		RowPutBytes(row, number, pg_lltoa((int64) stored->key, number));
	else if (stats->kind == RFM_KEY_UUID)
		RowPutText(row, RfmUuidText(stored));
	else
	{
		const RfmText *text = RfmStatsText(stats, stored);

		RowPutBytes(row, text->bytes, text->length);
	}
}

/* The settings that a user gave, and the cuts. */
static Scoring *
ScoringCreate(FunctionCallInfo fcinfo)
{
	Scoring    *scoring = palloc0(sizeof(Scoring));
	int			bins;

	CheckSettingIsSet(PG_ARGISNULL(1), "bins");
	CheckSettingIsSet(PG_ARGISNULL(2), "method");
	scoring->scheme = RfmSchemeCheck(PG_GETARG_INT32(1), PG_GETARG_TEXT_PP(2));
	bins = scoring->scheme.bins;
	scoring->map = PG_ARGISNULL(3) ? SegmentMapOfBins(bins) : SegmentMapFromDatum(PG_GETARG_DATUM(3));
	if (scoring->map != NULL)
		SegmentMapCheckBins(scoring->map, bins);
	if (bins <= KEPT_BINS)
		scoring->cells = palloc0(bins * bins * bins * sizeof(Cell));
	return scoring;
}

/*
 * rfm_rows(rfm_stats, bins int, method text, map rfm_segment_map) → customer_key text,
 * recency_days float8, order_count bigint, total numeric, recency_score,
 * frequency_score, monetary_score int, rfm_cell, segment text: one row per customer,
 * by key. One who has credit notes alone has no scores and takes no part in the cuts.
 * map NULL: the one that comes with revops for so many bins, if there is one.
 */
Datum
rfm_rows(PG_FUNCTION_ARGS)
{
	RfmStats   *stats;
	ZoneSpans	spans;
	ZoneSpans  *zone = NULL;
	Scoring    *scoring;
	RowWriter	row = RowsBegin(fcinfo);
	MemoryContext lasting = CurrentMemoryContext;
	MemoryContext short_lived;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	scoring = ScoringCreate(fcinfo);
	stats = RfmStatsFromDatum(PG_GETARG_DATUM(0));
	if (strcmp(RfmStatsZone(stats), "UTC") != 0)
	{
		zone = &spans;
		ZoneSpansInit(zone, RfmStatsZone(stats));
	}
	LearnScoring(scoring, stats, zone);

	short_lived = AllocSetContextCreate(lasting, "rows of rfm_rows", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(short_lived);
	for (int i = 0; i < stats->customers; i++)
	{
		const RfmStored *stored = &RfmStatsCustomers(stats)[i];
		double		measures[RFM_DIMENSIONS];

		CHECK_FOR_INTERRUPTS();
		PutKey(&row, stats, i);
		if (stored->orders > 0)
		{
			Measures(stats, stored, zone, measures);
			RowPutFloat(&row, 0.0 - measures[0]);
		}
		else
			RowPutNull(&row);
		RowPutInt64(&row, stored->orders);
		RowPutNumeric(&row, RfmStoredTotal(stats, stored));
		if (stored->orders > 0)
			PutScores(&row, scoring, measures, lasting);
		else
			RowPutNulls(&row, RFM_DIMENSIONS + 2);
		RowEnd(&row);
		if (i % 64 == 63)
			MemoryContextReset(short_lived);
	}
	MemoryContextSwitchTo(lasting);
	MemoryContextDelete(short_lived);
	return (Datum) 0;
}
