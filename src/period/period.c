/*
 * period.c
 *		What SQL asks of periods: period_rows, period_days, growth_rate.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/rows.h"
#include "period/period_plan.h"
#include "work/work.h"

PG_FUNCTION_INFO_V1(period_rows);
PG_FUNCTION_INFO_V1(period_days);
PG_FUNCTION_INFO_V1(growth_rate);

/* A question as asked, and the periods that answer it. */
typedef struct PeriodCall
{
	PeriodQuestion question;
	WorkPlan   *work;			/* NULL without a calendar */
	int64		first;			/* number of the first period */
	int64		count;
} PeriodCall;

static int
CompareAnchors(const void *left, const void *right)
{
	int32		one = *(const int32 *) left;
	int32		other = *(const int32 *) right;

	return (one > other) - (one < other);
}

static PeriodAlign
AlignFromText(const char *name)
{
	static const char *const names[] = {"date", "weekday", "work_days", "event"};

	for (int i = 0; i < (int) lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (PeriodAlign) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown align \"%s\"", name),
			 errhint("Use date, weekday, work_days or event.")));
}

/* The days of the event, in order and each once. */
static void
ReadAnchors(PeriodQuestion *question, FunctionCallInfo fcinfo, int argument)
{
	ArrayItems	items = {0};
	int			kept = 0;
	int32	   *anchors;

	if (!PG_ARGISNULL(argument))
		items = ArrayRead(PG_GETARG_ARRAYTYPE_P(argument), "anchors");
	if (items.count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("align event needs anchors"),
				 errhint("Give the day of the event in each year, for example anchors => '{2024-02-10, 2025-01-29}'.")));
	anchors = palloc(items.count * sizeof(int32));
	for (int i = 0; i < items.count; i++)
	{
		if (items.nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an anchor must not be NULL"),
					 errdetail("Element %d of the anchors is NULL.", i + 1),
					 errhint("Leave it out: array_remove(anchors, null).")));
		anchors[i] = CheckFiniteDate(DatumGetDateADT(items.values[i]), "an anchor");
	}
	qsort(anchors, items.count, sizeof(int32), CompareAnchors);
	for (int i = 0; i < items.count; i++)
		if (i == 0 || anchors[i] != anchors[i - 1])
			anchors[kept++] = anchors[i];
	question->anchors = anchors;
	question->anchor_count = kept;
}

/*
 * Reads the arguments that period_rows and period_days share: grain, from_date,
 * until_date, as_of, align, calendar, anchors, fiscal_month. False where one of the
 * first three is NULL: no rows.
 */
static bool
ReadCall(FunctionCallInfo fcinfo, PeriodCall *call)
{
	PeriodQuestion *question = &call->question;
	DateADT		from;
	DateADT		until;

	memset(call, 0, sizeof(*call));
	CheckSettingIsSet(PG_ARGISNULL(4), "align");
	CheckSettingIsSet(PG_ARGISNULL(7), "fiscal_month");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return false;
	question->grain = GrainFromText(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	from = PG_GETARG_DATEADT(1);
	until = PG_GETARG_DATEADT(2);
	CheckDateSpan(from, until);
	question->has_as_of = !PG_ARGISNULL(3);
	if (question->has_as_of)
		question->as_of = CheckFiniteDate(PG_GETARG_DATEADT(3), "as_of");
	question->align = AlignFromText(text_to_cstring(PG_GETARG_TEXT_PP(4)));
	if (!PG_ARGISNULL(5))
		question->work = call->work = WorkPlanOfDatum(PG_GETARG_DATUM(5));
	else if (question->align == ALIGN_WORK_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("align work_days needs a calendar"),
				 errhint("Give calendar => a work_calendar_def, as work_calendar makes it.")));
	if (question->align == ALIGN_EVENT)
		ReadAnchors(question, fcinfo, 6);
	question->fiscal_month = PG_GETARG_INT32(7);
	if (question->fiscal_month < 1 || question->fiscal_month > 12)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fiscal_month must be between 1 and 12"),
				 errdetail("The value is %d.", question->fiscal_month),
				 errhint("It is the month in which the fiscal year begins: 4 for April.")));

	call->first = PeriodNumber(question, from);
	if (from < until)
		call->count = PeriodNumber(question, until - 1) - call->first + 1;
	if (call->count > MOST_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("from %s until %s there are " INT64_FORMAT " periods of a %s, more than %d",
						DateText(from), DateText(until), call->count, GrainName(question->grain),
						MOST_PERIODS),
				 errhint("Take a coarser grain or fewer years.")));
	return true;
}

/* A day to be shown; an error where no date can hold it. */
static void
PutDay(RowWriter *row, int64 day)
{
	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("a period reaches beyond the dates there are"),
				 errhint("Check the years of the dates.")));
	RowPutDate(row, (DateADT) day);
}

/* The work days of a time, all of which must be covered. */
static int64
WorkDaysOf(const WorkPlan *work, int64 starts, int64 ends)
{
	WorkCheckDays(work, starts, ends - 1);
	return WorkPlanDays(work, ends) - WorkPlanDays(work, starts);
}

/*
 * The next period of a call. Cutting by work days counts in the period and in its
 * bases: all that is counted must be covered.
 */
static void
NextPeriod(const PeriodCall *call, int64 index, Period *period)
{
	CHECK_FOR_INTERRUPTS();
	PeriodOfNumber(&call->question, call->first + index, period);
	if (call->question.align == ALIGN_WORK_DAYS && period->state == PERIOD_RUNNING)
	{
		WorkCheckDays(call->work, period->starts, period->ends - 1);
		if (period->previous.exists)
			WorkCheckDays(call->work, period->previous.starts, period->previous.whole_ends - 1);
		if (period->year.exists)
			WorkCheckDays(call->work, period->year.starts, period->year.whole_ends - 1);
	}
}

static void
PutBase(RowWriter *row, const PeriodBase *base)
{
	if (base->exists)
	{
		PutDay(row, base->starts);
		PutDay(row, base->ends);
	}
	else
	{
		RowPutNull(row);
		RowPutNull(row);
	}
}

static int64
BaseDays(const PeriodBase *base)
{
	return base->exists ? base->ends - base->starts : 0;
}

/* Days are counted without a calendar, work days are not. */
static void
PutWorkDays(RowWriter *row, const WorkPlan *work, bool exists, int64 starts, int64 ends)
{
	if (work == NULL)
		RowPutNull(row);
	else
		RowPutInt(row, exists ? WorkDaysOf(work, starts, ends) : 0);
}

/*
 * period_rows(grain text, from_date date, until_date date, as_of date, align text,
 * calendar work_calendar_def, anchors date[], fiscal_month int) → setof (period,
 * state, ends, previous_starts, previous_ends, year_starts, year_ends, days,
 * previous_days, year_days, work_days, previous_work_days, year_work_days,
 * days_left, work_days_left)
 */
Datum
period_rows(PG_FUNCTION_ARGS)
{
	static const char *const states[] = {"complete", "running", "future"};
	RowWriter	row = RowsBegin(fcinfo);
	PeriodCall	call;

	if (!ReadCall(fcinfo, &call))
		return (Datum) 0;
	for (int64 i = 0; i < call.count; i++)
	{
		Period		period;
		const PeriodBase *previous = &period.previous;
		const PeriodBase *year = &period.year;

		NextPeriod(&call, i, &period);
		PutDay(&row, period.starts);
		RowPutText(&row, states[period.state]);
		PutDay(&row, period.ends);
		PutBase(&row, previous);
		PutBase(&row, year);
		RowPutInt(&row, period.ends - period.starts);
		RowPutInt(&row, BaseDays(previous));
		RowPutInt(&row, BaseDays(year));
		PutWorkDays(&row, call.work, true, period.starts, period.ends);
		PutWorkDays(&row, call.work, previous->exists, previous->starts, previous->ends);
		PutWorkDays(&row, call.work, year->exists, year->starts, year->ends);
		RowPutInt(&row, period.whole_ends - period.ends);
		PutWorkDays(&row, call.work, true, period.ends, period.whole_ends);
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* A row for each known day of a time. */
static void
PutDays(RowWriter *row, const PeriodQuestion *question, const Period *period, const char *role,
		int64 starts, int64 ends)
{
	if (question->has_as_of)
		ends = Min(ends, (int64) question->as_of + 1);
	for (int64 day = starts; day < ends; day++)
	{
		CHECK_FOR_INTERRUPTS();
		PutDay(row, period->starts);
		RowPutText(row, role);
		PutDay(row, day);
		RowEnd(row);
	}
}

/* The days of a base up to the cut, and behind it. */
static void
PutBaseDays(RowWriter *row, const PeriodQuestion *question, const Period *period,
			const PeriodBase *base, const char *role, const char *rest)
{
	if (!base->exists)
		return;
	PutDays(row, question, period, role, base->starts, base->ends);
	PutDays(row, question, period, rest, base->ends, base->whole_ends);
}

/* period_days(the same) → setof (period, role, on_date) */
Datum
period_days(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	PeriodCall	call;

	if (!ReadCall(fcinfo, &call))
		return (Datum) 0;
	for (int64 i = 0; i < call.count; i++)
	{
		Period		period;

		NextPeriod(&call, i, &period);
		PutDays(&row, &call.question, &period, "current", period.starts, period.ends);
		PutBaseDays(&row, &call.question, &period, &period.previous, "previous", "previous_rest");
		PutBaseDays(&row, &call.question, &period, &period.year, "year", "year_rest");
	}
	return (Datum) 0;
}

static double
FloatOf(Datum number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, number));
}

/*
 * growth_rate(now numeric, base numeric, periods float8): (now / base)^(1 / periods)
 * - 1; NULL where that says nothing. The quotient of one period is exact before it
 * becomes a double, so that 110 after 100 is 0.1.
 */
Datum
growth_rate(PG_FUNCTION_ARGS)
{
	Numeric		now;
	Numeric		base;
	double		periods = PG_GETARG_FLOAT8(2);
	double		change;

	CheckFiniteParameter(periods, "periods");
	if (periods <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("periods must be above 0"),
				 errdetail("The value is %g.", periods),
				 errhint("It is how many periods lie between base and now: 1 for year on year, 5 for the yearly growth over five years.")));
	now = CheckFiniteNumeric(PG_GETARG_NUMERIC(0), "now");
	base = CheckFiniteNumeric(PG_GETARG_NUMERIC(1), "base");
	if (NumericCompare(base, NumericZero()) <= 0 || (periods != 1 && NumericIsNegative(now)))
		PG_RETURN_NULL();
	change = FloatOf(DirectFunctionCall2(numeric_div, NumericGetDatum(NumericSubtract(now, base)),
										 NumericGetDatum(base)));
	if (periods != 1)
		change = expm1(log1p(change) / periods);
	PG_RETURN_FLOAT8(change);
}
