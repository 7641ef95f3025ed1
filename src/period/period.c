/*
 * period.c
 *		What SQL asks of periods: period_rows, period_days, growth_rate.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
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
	Datum	   *values;
	bool	   *nulls;
	int			count = 0;
	int			kept = 0;
	int32	   *anchors;

	if (!PG_ARGISNULL(argument))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), DATEOID, sizeof(DateADT), true,
						  TYPALIGN_INT, &values, &nulls, &count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("align event needs anchors"),
				 errhint("Give the day of the event in each year, for example anchors => '{2024-02-10, 2025-01-29}'.")));
	anchors = palloc(count * sizeof(int32));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an anchor must not be NULL"),
					 errdetail("Element %d of the anchors is NULL.", i + 1),
					 errhint("Leave it out: array_remove(anchors, null).")));
		anchors[i] = CheckFiniteDate(DatumGetDateADT(values[i]), "an anchor");
	}
	qsort(anchors, count, sizeof(int32), CompareAnchors);
	for (int i = 0; i < count; i++)
		if (i == 0 || anchors[i] != anchors[i - 1])
			anchors[kept++] = anchors[i];
	question->anchors = anchors;
	question->anchor_count = kept;
}

/*
 * Reads the arguments that period_rows and period_days share: grain, from_date,
 * until_date, as_of, align, calendar, anchors, fiscal_month. False where one that
 * must be given is NULL: no rows.
 */
static bool
ReadCall(FunctionCallInfo fcinfo, PeriodCall *call)
{
	PeriodQuestion *question = &call->question;
	DateADT		from;
	DateADT		until;

	memset(call, 0, sizeof(*call));
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4) ||
		PG_ARGISNULL(7))
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
static Datum
ShownDay(int64 day)
{
	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("a period reaches beyond the dates there are"),
				 errhint("Check the years of the dates.")));
	return DateADTGetDatum((DateADT) day);
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
PutBase(const PeriodBase *base, Datum *values, bool *nulls)
{
	nulls[0] = nulls[1] = !base->exists;
	if (!base->exists)
		return;
	values[0] = ShownDay(base->starts);
	values[1] = ShownDay(base->ends);
}

static int64
BaseDays(const PeriodBase *base)
{
	return base->exists ? base->ends - base->starts : 0;
}

static int64
BaseWorkDays(const WorkPlan *work, const PeriodBase *base)
{
	return base->exists ? WorkDaysOf(work, base->starts, base->ends) : 0;
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
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PeriodCall	call;

	InitMaterializedSRF(fcinfo, 0);
	if (!ReadCall(fcinfo, &call))
		return (Datum) 0;
	for (int64 i = 0; i < call.count; i++)
	{
		Period		period;
		Datum		values[15];
		bool		nulls[15] = {0};

		NextPeriod(&call, i, &period);
		values[0] = ShownDay(period.starts);
		values[1] = CStringGetTextDatum(states[period.state]);
		values[2] = ShownDay(period.ends);
		PutBase(&period.previous, &values[3], &nulls[3]);
		PutBase(&period.year, &values[5], &nulls[5]);
		values[7] = Int32GetDatum((int32) (period.ends - period.starts));
		values[8] = Int32GetDatum((int32) BaseDays(&period.previous));
		values[9] = Int32GetDatum((int32) BaseDays(&period.year));
		values[13] = Int32GetDatum((int32) (period.whole_ends - period.ends));
		nulls[10] = nulls[11] = nulls[12] = nulls[14] = call.work == NULL;
		if (call.work != NULL)
		{
			values[10] = Int32GetDatum((int32) WorkDaysOf(call.work, period.starts, period.ends));
			values[11] = Int32GetDatum((int32) BaseWorkDays(call.work, &period.previous));
			values[12] = Int32GetDatum((int32) BaseWorkDays(call.work, &period.year));
			values[14] = Int32GetDatum((int32) WorkDaysOf(call.work, period.ends,
														  period.whole_ends));
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* A row for each known day of a time. */
static void
PutDays(ReturnSetInfo *rsinfo, const PeriodQuestion *question, const Period *period, Datum role,
		int64 starts, int64 ends)
{
	Datum		values[3];
	bool		nulls[3] = {0};

	if (question->has_as_of)
		ends = Min(ends, (int64) question->as_of + 1);
	values[0] = ShownDay(period->starts);
	values[1] = role;
	for (int64 day = starts; day < ends; day++)
	{
		CHECK_FOR_INTERRUPTS();
		values[2] = ShownDay(day);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* period_days(the same) → setof (period, role, on_date) */
Datum
period_days(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PeriodCall	call;
	Datum		current = CStringGetTextDatum("current");
	Datum		previous = CStringGetTextDatum("previous");
	Datum		previous_rest = CStringGetTextDatum("previous_rest");
	Datum		year = CStringGetTextDatum("year");
	Datum		year_rest = CStringGetTextDatum("year_rest");

	InitMaterializedSRF(fcinfo, 0);
	if (!ReadCall(fcinfo, &call))
		return (Datum) 0;
	for (int64 i = 0; i < call.count; i++)
	{
		Period		period;

		NextPeriod(&call, i, &period);
		PutDays(rsinfo, &call.question, &period, current, period.starts, period.ends);
		if (period.previous.exists)
		{
			PutDays(rsinfo, &call.question, &period, previous,
					period.previous.starts, period.previous.ends);
			PutDays(rsinfo, &call.question, &period, previous_rest,
					period.previous.ends, period.previous.whole_ends);
		}
		if (period.year.exists)
		{
			PutDays(rsinfo, &call.question, &period, year, period.year.starts, period.year.ends);
			PutDays(rsinfo, &call.question, &period, year_rest,
					period.year.ends, period.year.whole_ends);
		}
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

	CheckFiniteFloat(periods, "periods");
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
