/*
 * check.h
 *		Checks of arguments that every module makes, with one wording each.
 *
 * Each raises an error that names the argument, its value and the way out, and
 * returns the value otherwise, so that a check can stand where the value is used.
 */
#ifndef REVOPS_CHECK_H
#define REVOPS_CHECK_H

#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

extern double CheckFiniteFloat(double value, const char *what);
extern double CheckFiniteParameter(double value, const char *what);
extern void CheckSettingIsSet(bool is_null, const char *what);
extern double CheckConfidence(double confidence);
extern Numeric CheckFiniteNumeric(Numeric value, const char *what);
extern TimestampTz CheckFiniteTime(TimestampTz at, const char *what);
extern DateADT CheckFiniteDate(DateADT day, const char *what);
extern void CountAdd(int64 *count, int64 more, const char *what);

/*
 * Microseconds from a finite time to one that is not before it. All of recorded
 * time is more of them than 63 bits hold, so two times are subtracted here and
 * nowhere else, without a sign.
 */
#define TIME_SPAN_MOST ((uint64) END_TIMESTAMP - (uint64) MIN_TIMESTAMP - 1)

static inline uint64
TimeSpan(TimestampTz from, TimestampTz to)
{
	Assert(from <= to);
	Assert(IS_VALID_TIMESTAMP(from) && IS_VALID_TIMESTAMP(to));
	return (uint64) to - (uint64) from;
}

static inline double
TimeSpanDays(TimestampTz from, TimestampTz to)
{
	return (double) TimeSpan(from, to) / (double) USECS_PER_DAY;
}

extern TimestampTz DayStartUtc(DateADT day, const char *what);
extern DateADT TimeDayUtc(TimestampTz at);
extern char *DateText(DateADT day);

#endif							/* REVOPS_CHECK_H */
