/*
 * cadence_season.h
 *		Months in which more is ordered, and less: days of a busy month count for
 *		more than one. No SQL here.
 */
#ifndef REVOPS_CADENCE_SEASON_H
#define REVOPS_CADENCE_SEASON_H

#include "utils/date.h"

#define SEASON_MONTHS	12
#define SEASON_DAYS		730		/* of history, at least, to learn one */

typedef struct CadenceSeason
{
	double		weights[SEASON_MONTHS];
} CadenceSeason;

extern void MonthDaysUntil(DateADT day, int64 *days);
extern double SeasonDays(const CadenceSeason *season, DateADT after, DateADT until);
extern int64 SeasonFindDays(const CadenceSeason *season, DateADT after, double days, int64 most);
extern void SeasonLearn(CadenceSeason *season, const int64 *repeats, const double *exposure);

#endif							/* REVOPS_CADENCE_SEASON_H */
