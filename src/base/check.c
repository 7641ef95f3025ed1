/*
 * check.c
 *		Checks of arguments that every module makes, with one wording each, and
 *		the two conversions between UTC days and times that need such a check.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "base/check.h"
#include "base/numeric_call.h"

static double
CheckFinite(double value, const char *what, int code)
{
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(code),
				 errmsg("%s must be a finite number", what),
				 errdetail("The value is %s.",
						   isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"),
				 errhint("Filter such rows out, or turn them into NULL with nullif().")));
	return value + 0.0;
}

/*
 * A finite double; -0 becomes 0, so that equal values are also equal in bits.
 */
double
CheckFiniteFloat(double value, const char *what)
{
	return CheckFinite(value, what, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
}

/* The same for modules all of whose errors are of one code. */
double
CheckFiniteParameter(double value, const char *what)
{
	return CheckFinite(value, what, ERRCODE_INVALID_PARAMETER_VALUE);
}

/*
 * A setting that has a default: NULL in its place is no way to ask for that.
 */
void
CheckSettingIsSet(bool is_null, const char *what)
{
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", what),
				 errhint("Leave it out to get its default.")));
}

/*
 * How sure an interval is meant to be: a fraction between 0 and 1.
 */
double
CheckConfidence(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must lie between 0 and 1"),
				 errdetail("The value is %.15g.", confidence),
				 errhint("Give a fraction, for example 0.95 for 95 %%.")));
	return confidence;
}

/*
 * Money that is neither NaN nor infinite.
 */
Numeric
CheckFiniteNumeric(Numeric value, const char *what)
{
	if (numeric_is_nan(value) || numeric_is_inf(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite number", what),
				 errdetail("The value is %s.", NumericToText(value)),
				 errhint("Filter such rows out, or turn them into NULL with nullif().")));
	return value;
}

/*
 * A time that is neither infinity nor -infinity.
 */
TimestampTz
CheckFiniteTime(TimestampTz at, const char *what)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("%s must be a finite time", what),
				 errdetail("The value is %s.", TIMESTAMP_IS_NOEND(at) ? "infinity" : "-infinity"),
				 errhint("Filter such rows out, or turn them into NULL with nullif().")));
	return at;
}

/*
 * A day that is neither infinity nor -infinity.
 */
DateADT
CheckFiniteDate(DateADT day, const char *what)
{
	if (DATE_NOT_FINITE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("%s must be a finite date", what),
				 errdetail("The value is %s.", DATE_IS_NOEND(day) ? "infinity" : "-infinity"),
				 errhint("Give a calendar day, for example date '2025-06-30'.")));
	return day;
}

/*
 * Adds to a count, which may not pass what 64 bits hold. what: the things
 * counted, as in "customers in one cohort".
 */
void
CountAdd(int64 *count, int64 more, const char *what)
{
	if (pg_add_s64_overflow(*count, more, count))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %lld %s", (long long) PG_INT64_MAX, what),
				 errhint("Was a state merged many times with itself?")));
}

/*
 * The first microsecond of a day in UTC. Dates reach further than times do.
 */
TimestampTz
DayStartUtc(DateADT day, const char *what)
{
	CheckFiniteDate(day, what);
	if (day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("%s is out of range", what),
				 errdetail("The value lies after the year 294276, the last that a timestamp can hold."),
				 errhint("Give a calendar day, for example date '2025-06-30'.")));
	return (TimestampTz) day * USECS_PER_DAY;
}

/*
 * The day, in UTC, on which a finite time lies: floor, also before 2000.
 */
DateADT
TimeDayUtc(TimestampTz at)
{
	int64		day = at / USECS_PER_DAY;

	if (at % USECS_PER_DAY < 0)
		day--;
	return (DateADT) day;
}

/* A day in ISO 8601, whatever DateStyle says. */
char *
DateText(DateADT day)
{
	char	   *text = palloc(MAXDATELEN + 1);

	return JsonEncodeDateTime(text, DateADTGetDatum(day), DATEOID, NULL);
}
