/*
 * cadence_season.c
 *		Weighted days: see cadence_season.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/datetime.h"

#include "cadence/cadence_season.h"

static const int month_days[SEASON_MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/* Leap days before a year, counted from 2000; a negative number before that. */
static int
LeapDaysBefore(int year)
{
	int			last = year - 1 + 400 * 20000;	/* above 0 for every date */

	return last / 4 - last / 100 + last / 400 - (485 + 97 * 20000) + 1;
}

/*
 * How many days of each month lie from 2000-01-01 up to a day, both included;
 * negative numbers for a day before that.
 */
void
MonthDaysUntil(DateADT day, int64 *days)
{
	int			year;
	int			month;
	int			of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &of_month);
	for (int m = 0; m < SEASON_MONTHS; m++)
		days[m] = (int64) (year - 2000 + (m < month - 1 ? 1 : 0)) * month_days[m];
	days[1] += LeapDaysBefore(month > 2 ? year + 1 : year);
	days[month - 1] += of_month;
}

/* The weighted days up to a day, counted as above. */
static double
WeightedDaysUntil(const CadenceSeason *season, DateADT day)
{
	int64		days[SEASON_MONTHS];
	double		sum = 0;

	MonthDaysUntil(day, days);
	for (int m = 0; m < SEASON_MONTHS; m++)
		sum += days[m] * season->weights[m];
	return sum;
}

/*
 * The days after one day up to and including another, weighted; without a season
 * (NULL) each counts as one.
 */
double
SeasonDays(const CadenceSeason *season, DateADT after, DateADT until)
{
	if (season == NULL)
		return (double) until - after;
	return WeightedDaysUntil(season, until) - WeightedDaysUntil(season, after);
}

/*
 * The smallest whole number of calendar days from 1 on whose weighted days are at
 * least so many; most + 1 where it is larger than most.
 */
int64
SeasonFindDays(const CadenceSeason *season, DateADT after, double days, int64 most)
{
	int64		low = 0;		/* too few */
	int64		high = most + 1;	/* enough, or unknown */

	if (season == NULL)
		return days > most ? most + 1 : Max((int64) ceil(days), 1);
	while (high - low > 1)
	{
		int64		middle = low + (high - low) / 2;

		if (SeasonDays(season, after, (DateADT) Min(after + middle, DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 1)) >= days)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/*
 * Weights of the months: how many repeat orders for each account's day, drawn
 * towards all months alike by five orders, and 1 on average over those days.
 */
void
SeasonLearn(CadenceSeason *season, const int64 *repeats, const double *exposure)
{
	double		orders = 0;
	double		days = 0;
	double		weighted = 0;

	for (int m = 0; m < SEASON_MONTHS; m++)
	{
		season->weights[m] = 1;
		orders += repeats[m];
		days += exposure[m];
	}
	if (orders == 0)
		return;
	for (int m = 0; m < SEASON_MONTHS; m++)
	{
		season->weights[m] = (repeats[m] + 5) / (exposure[m] + 5 * days / orders);
		weighted += season->weights[m] * exposure[m];
	}
	for (int m = 0; m < SEASON_MONTHS; m++)
		season->weights[m] *= days / weighted;
}
