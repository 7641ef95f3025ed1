/*
 * work.c
 *		What SQL asks of a work_calendar_def: hours, days, due times.
 *
 * A calendar is made ready once a call site: its plan stays for the next row.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/calendar.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/rows.h"
#include "base/zone.h"
#include "work/work.h"

#define PLANS_CACHED	8		/* a join with calendars by region needs some */
#define HORIZON_DAYS	36525	/* due times are looked for so far */
#define USECS_PER_HOUR_FLOAT ((double) USECS_PER_HOUR)

PG_FUNCTION_INFO_V1(work_hours);
PG_FUNCTION_INFO_V1(work_hours_timestamp);
PG_FUNCTION_INFO_V1(work_hours_date);
PG_FUNCTION_INFO_V1(work_days);
PG_FUNCTION_INFO_V1(work_until);
PG_FUNCTION_INFO_V1(work_until_timestamp);
PG_FUNCTION_INFO_V1(work_until_date);
PG_FUNCTION_INFO_V1(work_due);
PG_FUNCTION_INFO_V1(work_is_open);
PG_FUNCTION_INFO_V1(work_is_open_timestamp);
PG_FUNCTION_INFO_V1(work_is_open_date);
PG_FUNCTION_INFO_V1(work_calendar_rows);

/*
 * Plans
 */

typedef struct CachedPlan
{
	MemoryContext context;		/* where all of it lives */
	struct varlena *value;
	WorkPlan	plan;
	bool		has_zone;
} CachedPlan;

typedef struct PlanCache
{
	int			next;
	CachedPlan *plans[PLANS_CACHED];
} PlanCache;

static CachedPlan *
PlanCreate(struct varlena *value, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "work calendar", ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	CachedPlan *cached = palloc0(sizeof(CachedPlan));
	WorkCalendar calendar;

	cached->context = context;
	cached->value = palloc(VARSIZE(value));
	memcpy(cached->value, value, VARSIZE(value));
	WorkUnpack(cached->value, &calendar);
	WorkPlanInit(&cached->plan, &calendar);
	MemoryContextSwitchTo(before);
	return cached;
}

static bool
IsPlanOf(const CachedPlan *cached, struct varlena *value)
{
	Size		size = VARSIZE(cached->value) - VARHDRSZ;

	return VARSIZE_ANY_EXHDR(value) == size &&
		memcmp(VARDATA_ANY(value), VARDATA(cached->value), size) == 0;
}

/* The plan of a calendar; valid until the next call. */
static CachedPlan *
PlanGet(FmgrInfo *flinfo, Datum calendar)
{
	PlanCache  *cache = flinfo->fn_extra;
	struct varlena *value = PG_DETOAST_DATUM_PACKED(calendar);
	CachedPlan **place;

	if (cache == NULL)
		flinfo->fn_extra = cache = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(PlanCache));
	for (int i = 0; i < PLANS_CACHED && cache->plans[i] != NULL; i++)
		if (IsPlanOf(cache->plans[i], value))
			return cache->plans[i];
	place = &cache->plans[cache->next];
	if (*place != NULL)
	{
		MemoryContext old = (*place)->context;

		*place = NULL;
		MemoryContextDelete(old);
	}
	*place = PlanCreate(WorkDetoast(PointerGetDatum(value)), flinfo->fn_mcxt);
	cache->next = (cache->next + 1) % PLANS_CACHED;
	return *place;
}

/* The same with the calendar's zone, for questions about moments. */
static WorkPlan *
PlanGetWithZone(FmgrInfo *flinfo, Datum calendar)
{
	CachedPlan *cached = PlanGet(flinfo, calendar);

	if (!cached->has_zone)
	{
		MemoryContext before = MemoryContextSwitchTo(cached->context);
		WorkCalendar unpacked;

		WorkUnpack(cached->value, &unpacked);
		ZoneSpansInit(&cached->plan.zone, unpacked.time_zone);
		MemoryContextSwitchTo(before);
		cached->has_zone = true;
	}
	return &cached->plan;
}

/*
 * The plan of a calendar for a module that asks about days; it lives in the
 * current context.
 */
WorkPlan *
WorkPlanOfDatum(Datum calendar)
{
	return &PlanCreate(WorkDetoast(calendar), CurrentMemoryContext)->plan;
}

/*
 * Checks
 */

/* A question touches a day that the calendar does not cover: says how to cover it. */
pg_noreturn static void
WorkUncovered(const WorkPlan *plan, int32 day)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the calendar does not cover %s", DateText(day)),
			 errdetail("It covers %s to %s: beyond, its holidays are not known.",
					   DateText(plan->covers.first), DateText(plan->covers.last)),
			 errhint("Add that year's holidays and work_days to the calendar, and then its days to covers.")));
}

/* All days from first to last must be covered. */
void
WorkCheckDays(const WorkPlan *plan, int64 first, int64 last)
{
	int32		unknown;

	if (!WorkPlanKnows(plan, first, last, &unknown))
		WorkUncovered(plan, unknown);
}

static void
CheckTime(WorkPlan *plan, int64 from, int64 until)
{
	int32		unknown;

	if (!WorkPlanKnowsTime(plan, from, until, &unknown))
		WorkUncovered(plan, unknown);
}

/*
 * A date or timestamp that stands where a timestamptz is meant comes through an
 * implicit cast, which would read it in the session's zone: an error. Asked once a
 * call site.
 */
static void
RefuseCasts(FmgrInfo *flinfo)
{
	List	   *arguments = NIL;
	ListCell   *cell;

	if (flinfo->fn_expr == NULL || !IsA(flinfo->fn_expr, FuncExpr))
		return;
	arguments = ((FuncExpr *) flinfo->fn_expr)->args;
	foreach(cell, arguments)
	{
		FuncExpr   *cast = lfirst(cell);
		Oid			type;

		if (!IsA(cast, FuncExpr) || cast->funcformat != COERCE_IMPLICIT_CAST ||
			cast->funcresulttype != TIMESTAMPTZOID || cast->args == NIL)
			continue;
		type = exprType(linitial(cast->args));
		if (type == DATEOID || type == TIMESTAMPOID)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("moments of different types in one question"),
					 errdetail("A %s beside a timestamptz would be read in the session's time zone.",
							   type == DATEOID ? "date" : "timestamp"),
					 errhint("Say which zone is meant: at::timestamp at time zone 'Asia/Shanghai'.")));
	}
}

/* The moment of a local time, checked. */
static int64
MomentOf(WorkPlan *plan, Timestamp local, const char *what)
{
	int64		at = ZoneTime(&plan->zone, CheckFiniteTime(local, what));

	if (!IS_VALID_TIMESTAMP(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", what),
				 errdetail("It lies at the edge of what a timestamp can hold, and beyond it in UTC.")));
	return at;
}

/* The moment at which a day begins in the calendar's zone. */
static int64
DayStart(WorkPlan *plan, DateADT day, const char *what)
{
	int64		at = ZoneFirstTime(&plan->zone, DayStartUtc(day, what));

	return Min(Max(at, MIN_TIMESTAMP), END_TIMESTAMP - 1);
}

/*
 * Hours between two moments
 */

static Datum
HoursBetween(WorkPlan *plan, int64 from, int64 until)
{
	CheckTime(plan, Min(from, until), Max(from, until));
	/* all of recorded time is more microseconds than 64 bits hold */
	PG_RETURN_FLOAT8((double) ((int128) WorkPlanTotal(plan, until) - WorkPlanTotal(plan, from)) /
					 USECS_PER_HOUR_FLOAT);
}

/* work_hours(work_calendar_def, from_at timestamptz, until_at timestamptz) */
Datum
work_hours(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan;

	if (fcinfo->flinfo->fn_extra == NULL)
		RefuseCasts(fcinfo->flinfo);
	plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));
	return HoursBetween(plan, CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(1), "from_at"),
						CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(2), "until_at"));
}

Datum
work_hours_timestamp(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return HoursBetween(plan, MomentOf(plan, PG_GETARG_TIMESTAMP(1), "from_at"),
						MomentOf(plan, PG_GETARG_TIMESTAMP(2), "until_at"));
}

Datum
work_hours_date(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return HoursBetween(plan, DayStart(plan, PG_GETARG_DATEADT(1), "from_at"),
						DayStart(plan, PG_GETARG_DATEADT(2), "until_at"));
}

/* work_days(work_calendar_def, from_date date, until_date date) */
Datum
work_days(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = &PlanGet(fcinfo->flinfo, PG_GETARG_DATUM(0))->plan;
	DateADT		from = CheckFiniteDate(PG_GETARG_DATEADT(1), "from_date");
	DateADT		until = CheckFiniteDate(PG_GETARG_DATEADT(2), "until_date");

	WorkCheckDays(plan, Min(from, until), (int64) Max(from, until) - 1);
	PG_RETURN_INT32((int32) (WorkPlanDays(plan, until) - WorkPlanDays(plan, from)));
}

/*
 * Due times
 */

/*
 * The due time; false where it lies beyond the days that the calendar covers, of
 * which the nearest is given.
 */
static bool
DueTime(WorkPlan *plan, int64 from, double hours, int64 *until, int32 *unknown)
{
	int64		limit = from;

	CheckFiniteParameter(hours, "hours");
	if (hours < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("hours must be at least 0"),
				 errdetail("The value is %g.", hours),
				 errhint("work_hours counts backwards between two known moments.")));
	if (from < END_TIMESTAMP - 1 - HORIZON_DAYS * USECS_PER_DAY)
		limit += HORIZON_DAYS * USECS_PER_DAY;
	else
		limit = END_TIMESTAMP - 1;
	*until = from;
	if (hours * USECS_PER_HOUR_FLOAT >= 0.5 &&
		(hours > HORIZON_DAYS * 24.0 ||
		 !WorkPlanUntil(plan, from, (int64) rint(hours * USECS_PER_HOUR_FLOAT), limit, until)))
	{
		if (!WorkPlanKnowsTime(plan, from, limit, unknown))
			return false;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("so many hours are not worked within 100 years"),
				 errdetail("%g hours were asked for.", hours),
				 errhint("Is the calendar's hours key, or the number, in another unit?")));
	}
	return WorkPlanKnowsTime(plan, from, *until, unknown);
}

static Datum
ReturnDueTime(WorkPlan *plan, int64 from, double hours)
{
	int64		until;
	int32		unknown;

	if (!DueTime(plan, from, hours, &until, &unknown))
		WorkUncovered(plan, unknown);
	PG_RETURN_TIMESTAMPTZ(until);
}

/* work_until(work_calendar_def, from_at timestamptz, hours float8) */
Datum
work_until(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return ReturnDueTime(plan, CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(1), "from_at"), PG_GETARG_FLOAT8(2));
}

Datum
work_until_timestamp(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return ReturnDueTime(plan, MomentOf(plan, PG_GETARG_TIMESTAMP(1), "from_at"), PG_GETARG_FLOAT8(2));
}

Datum
work_until_date(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return ReturnDueTime(plan, DayStart(plan, PG_GETARG_DATEADT(1), "from_at"), PG_GETARG_FLOAT8(2));
}

/* work_due(work_calendar_def, from_at timestamptz, hours float8): NULL beyond what is covered */
Datum
work_due(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));
	int64		until;
	int32		unknown;

	if (!DueTime(plan, CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(1), "from_at"), PG_GETARG_FLOAT8(2),
				 &until, &unknown))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(until);
}

/*
 * Open or closed
 */

static Datum
IsOpen(WorkPlan *plan, int64 at)
{
	CheckTime(plan, at, at + 1);
	PG_RETURN_BOOL(WorkPlanIsOpen(plan, at));
}

/* work_is_open(work_calendar_def, at timestamptz) */
Datum
work_is_open(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return IsOpen(plan, CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(1), "at"));
}

Datum
work_is_open_timestamp(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return IsOpen(plan, MomentOf(plan, PG_GETARG_TIMESTAMP(1), "at"));
}

Datum
work_is_open_date(PG_FUNCTION_ARGS)
{
	WorkPlan   *plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));

	return IsOpen(plan, DayStart(plan, PG_GETARG_DATEADT(1), "at"));
}

/*
 * work_calendar_rows(work_calendar_def, from_date date, until_date date) → setof
 * (on_date, is_work_day, hours, reason)
 */
Datum
work_calendar_rows(PG_FUNCTION_ARGS)
{
	static const char *const reasons[] = {"weekday", "weekend", "holiday", "make_up", "own_hours"};
	RowWriter	row = RowsBegin(fcinfo);
	DateADT		from = PG_GETARG_DATEADT(1);
	DateADT		until = PG_GETARG_DATEADT(2);
	WorkPlan   *plan;

	DayStartUtc(from, "from_date");
	DayStartUtc(until, "until_date");
	CheckDateSpan(from, until);
	plan = PlanGetWithZone(fcinfo->flinfo, PG_GETARG_DATUM(0));
	WorkCheckDays(plan, from, (int64) until - 1);
	for (DateADT day = from; day < until; day++)
	{
		WorkReason	reason;
		const WorkHours *hours = WorkPlanHours(plan, day, &reason);

		CHECK_FOR_INTERRUPTS();
		RowPutDate(&row, day);
		RowPutBoolean(&row, hours->count > 0);
		RowPutFloat(&row, (double) WorkPlanDayTotal(plan, day) / USECS_PER_HOUR_FLOAT);
		RowPutText(&row, reasons[reason]);
		RowEnd(&row);
	}
	return (Datum) 0;
}
