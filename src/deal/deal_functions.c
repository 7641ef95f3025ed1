/*
 * deal_functions.c
 *		What SQL calls on one deal_state: deal_on, deal_movements.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "base/check.h"
#include "base/compat.h"
#include "deal/deal.h"

PG_FUNCTION_INFO_V1(deal_on);
PG_FUNCTION_INFO_V1(deal_movements);

/* The planned dates of an argument `closing`; NULL means all deals, dated or not. */
DealWindow
CheckClosing(FunctionCallInfo fcinfo, int argument)
{
	DealWindow	window = {0};
	RangeType  *range;
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	if (PG_ARGISNULL(argument))
		return window;
	range = PG_GETARG_RANGE_P(argument);
	range_deserialize(lookup_type_cache(RangeTypeGetOid(range), TYPECACHE_RANGE_INFO), range,
					  &lower, &upper, &empty);
	window.starts = empty || lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val);
	window.ends = empty || upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val);
	/* infinity is no date, nor does anything lie behind it */
	if (empty || window.starts == DATEVAL_NOEND || window.ends == DATEVAL_NOBEGIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("closing must not be empty"),
				 errdetail("No date lies in the range."),
				 errhint("A quarter is daterange('2025-04-01', '2025-07-01'): the end is the first day after it.")));
	window.given = true;
	return window;
}

static void
PutStage(RowWriter *row, const DealPoint *point)
{
	if (point == NULL)
		RowPutNull(row);
	else
		RowPutBytes(row, point->stage, point->length);
}

static void
PutAmount(RowWriter *row, const DealPoint *point)
{
	if (point == NULL)
		RowPutNull(row);
	else
	{
		Money		amount = DealPointAmount(point);

		RowPutNumeric(row, MoneyToNumeric(&amount));
	}
}

static void
PutCloseOn(RowWriter *row, const DealPoint *point)
{
	if (point == NULL || point->close_on == DATE_NONE)
		RowPutNull(row);
	else
		RowPutDate(row, point->close_on);
}

/*
 * deal_on(deal_state, pipeline_def, on_date date) → (stage text, amount numeric, close_on
 * date, stage_since, changed_at timestamptz): as known at the end of the day
 */
Datum
deal_on(PG_FUNCTION_ARGS)
{
	PipelineSpec *spec = PipelineSpecOf(fcinfo->flinfo, PipelineDefFromDatum(PG_GETARG_DATUM(1)));
	DealHistory history = DealHistoryOf(PG_GETARG_DATUM(0), spec);
	DateADT		day = CheckFiniteDate(PG_GETARG_DATEADT(2), "on_date");
	const DealPoint *point = DealHistoryBefore(&history, DealDayEnd(&spec->zone, day));
	RowWriter	row = RowBegin(fcinfo);

	PutStage(&row, point);
	PutAmount(&row, point);
	PutCloseOn(&row, point);
	if (point == NULL || point->length < 0)
		RowPutNull(&row);
	else
		RowPutTime(&row, point->since);
	if (point == NULL)
		RowPutNull(&row);
	else
		RowPutTime(&row, point->at);
	PG_RETURN_DATUM(RowDatum(&row));
}

/*
 * deal_movements(deal_state, pipeline_def, grain text, from_date, until_date date, closing
 * daterange) → rows (period date, movement text, amount, amount_before, amount_after
 * numeric, stage_before, stage_after text, close_before, close_after date)
 */
Datum
deal_movements(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	PipelineSpec *spec;
	DealHistory history;
	PeriodSpan	span;
	DealWindow	window;
	DealMovement *movements;
	int			count;

	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	spec = PipelineSpecOf(fcinfo->flinfo, PipelineDefFromDatum(PG_GETARG_DATUM(1)));
	span = PeriodSpanMake(GrainFromText(text_to_cstring(PG_GETARG_TEXT_PP(2))),
						  PG_GETARG_DATEADT(3), PG_GETARG_DATEADT(4));
	window = CheckClosing(fcinfo, 5);
	history = DealHistoryOf(PG_GETARG_DATUM(0), spec);
	movements = palloc_extended((Size) (Min(history.count, span.count) + 1) * MOVES_A_PERIOD *
								sizeof(DealMovement), MCXT_ALLOC_HUGE);
	count = DealMovements(&history, &span, &spec->zone, &window, movements);
	for (int i = 0; i < count; i++)
	{
		const DealMovement *movement = &movements[i];

		CHECK_FOR_INTERRUPTS();
		if (movement->kind >= MOVE_SUMMED)
			continue;
		RowPutDate(&row, PeriodDate(span.grain, span.first + movement->period));
		RowPutText(&row, deal_movement_names[movement->kind]);
		RowPutNumeric(&row, MoneyToNumeric(&movement->amount));
		PutAmount(&row, movement->before);
		PutAmount(&row, movement->after);
		PutStage(&row, movement->before);
		PutStage(&row, movement->after);
		PutCloseOn(&row, movement->before);
		PutCloseOn(&row, movement->after);
		RowEnd(&row);
	}
	return (Datum) 0;
}
