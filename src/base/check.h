/*
 * check.h
 *		Checks of arguments that every module makes, with one wording each.
 *
 * Each raises an error that names the argument, its value and the way out, and
 * returns the value otherwise, so that a check can stand where the value is used.
 */
#ifndef REVOPS_CHECK_H
#define REVOPS_CHECK_H

#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

extern double CheckFiniteFloat(double value, const char *what);
extern Numeric CheckFiniteNumeric(Numeric value, const char *what);
extern TimestampTz CheckFiniteTime(TimestampTz at, const char *what);
extern DateADT CheckFiniteDate(DateADT day, const char *what);
extern void CountAdd(int64 *count, int64 more, const char *what);
extern TimestampTz DayStartUtc(DateADT day, const char *what);
extern DateADT TimeDayUtc(TimestampTz at);

#endif							/* REVOPS_CHECK_H */
