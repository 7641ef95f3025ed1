/*
 * funnel_window.c
 *		Days and windows of a funnel, in the definition's time zone.
 *
 * The same arithmetic as the server's timestamptz + interval (months, then
 * days, both on the local calendar, then the time of day), but in a stated zone
 * and never past the end of time: a window that would end after the last
 * timestamp has no end.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/datetime.h"

#include "base/check.h"
#include "funnel/funnel.h"

/*
 * Makes a window ready. within: NULL for no limit; no part of it is negative.
 */
void
FunnelWindowInit(FunnelWindow *window, const Interval *within, pg_tz *zone)
{
	long int	offset;

	memset(window, 0, sizeof(*window));
	window->zone = zone;
	if (pg_get_timezone_offset(zone, &offset))
	{
		window->zone_fixed = true;
		window->zone_offset = offset * USECS_PER_SEC;
	}
	if (within == NULL)
		return;
	window->limited = true;
	window->months = within->month;
	window->days = within->day;
	window->micros = within->time;
	if (window->months == 0 && (window->days == 0 || window->zone_fixed))
	{
		int64		days;

		window->fixed = true;
		if (pg_mul_s64_overflow(window->days, USECS_PER_DAY, &days) ||
			pg_add_s64_overflow(window->micros, days, &window->micros))
			window->micros = PG_INT64_MAX;
		window->days = 0;
	}
}

/*
 * The end, inclusive, of the window that starts at a finite time. Not monotone
 * in the start: a month after Jan 30 23:00 is later than one after Jan 31 01:00.
 */
int64
FunnelWindowEnd(const FunnelWindow *window, int64 at)
{
	int64		end = at;

	if (!window->limited)
		return FUNNEL_TIME_NO_END;
	if (!window->fixed)
	{
		struct pg_tm tm;
		fsec_t		fsec;
		int			tz;
		int64		month;
		int64		julian;

		if (timestamp2tm(at, &tz, &tm, &fsec, NULL, window->zone) != 0)
			return FUNNEL_TIME_NO_END;
		if (window->months != 0)
		{
			month = (int64) tm.tm_year * MONTHS_PER_YEAR + tm.tm_mon - 1 + window->months;
			if (month / MONTHS_PER_YEAR >= JULIAN_MAXYEAR)
				return FUNNEL_TIME_NO_END;
			tm.tm_year = (int) (month / MONTHS_PER_YEAR);
			tm.tm_mon = (int) (month % MONTHS_PER_YEAR) + 1;
			if (tm.tm_mon < 1)
			{
				tm.tm_mon += MONTHS_PER_YEAR;
				tm.tm_year--;
			}
			tm.tm_mday = Min(tm.tm_mday, day_tab[isleap(tm.tm_year)][tm.tm_mon - 1]);
			/* through the time in between, as two additions would go */
			if (window->days != 0)
			{
				tz = DetermineTimeZoneOffset(&tm, window->zone);
				if (tm2timestamp(&tm, fsec, &tz, &end) != 0 ||
					timestamp2tm(end, &tz, &tm, &fsec, NULL, window->zone) != 0)
					return FUNNEL_TIME_NO_END;
			}
		}
		if (window->days != 0)
		{
			julian = (int64) date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) + window->days;
			if (julian >= TIMESTAMP_END_JULIAN)
				return FUNNEL_TIME_NO_END;
			j2date((int) julian, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
		}
		tz = DetermineTimeZoneOffset(&tm, window->zone);
		if (tm2timestamp(&tm, fsec, &tz, &end) != 0)
			return FUNNEL_TIME_NO_END;
	}
	if (pg_add_s64_overflow(end, window->micros, &end) || end >= END_TIMESTAMP)
		return FUNNEL_TIME_NO_END;
	return end;
}

/*
 * The time at which clocks of the zone show a finite local time; where they do
 * so twice or never, what AT TIME ZONE makes of it.
 */
int64
FunnelLocalTime(const FunnelWindow *window, Timestamp local)
{
	int64		at;

	if (window->zone_fixed)
		at = local - window->zone_offset;
	else
	{
		struct pg_tm tm;
		fsec_t		fsec;
		int			tz;

		if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
		tz = DetermineTimeZoneOffset(&tm, window->zone);
		if (tm2timestamp(&tm, fsec, &tz, &at) != 0)
			at = END_TIMESTAMP;
	}
	if (!IS_VALID_TIMESTAMP(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range"),
				 errdetail("It lies at the edge of what a timestamp can hold, and beyond it in UTC.")));
	return at;
}

/* The first microsecond of a finite day in the zone. */
int64
FunnelDayStart(const FunnelWindow *window, DateADT day)
{
	return FunnelLocalTime(window, DayStartUtc(day, "at"));
}

/*
 * The first microsecond after a finite day in the zone; no end for the last days
 * of time. Where clocks go back to midnight they show it twice (Havana, Azores):
 * the next day has begun at the first.
 */
int64
FunnelDayEnd(const FunnelWindow *window, DateADT day)
{
	Timestamp	local;
	int64		end;

	CheckFiniteDate(day, "as_of");
	if (day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE - 2)
		return FUNNEL_TIME_NO_END;
	local = (Timestamp) (day + 1) * USECS_PER_DAY;
	end = FunnelLocalTime(window, local);
	if (!window->zone_fixed)
	{
		struct pg_tm tm;
		fsec_t		fsec;
		int			west;		/* seconds, of the offset just before */

		if (timestamp2tm(end - 1, &west, &tm, &fsec, NULL, window->zone) == 0)
			end = Min(end, local + west * USECS_PER_SEC);
	}
	return end;
}
