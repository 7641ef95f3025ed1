/*
 * zone.c
 *		Time zones by name: see zone.h.
 */
#include "postgres.h"

#include <ctype.h>

#include "datatype/timestamp.h"
#include "miscadmin.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/zone.h"

/* Nearly all questions are before 2100, so spans are read that far at once. */
#define USUALLY_UNTIL	(INT64CONST(36525) * USECS_PER_DAY)

/*
 * The names with digits that the zone database has; any other with digits is a
 * POSIX form, which the server would take.
 */
static bool
IsNameWithDigits(const char *name)
{
	static const char *const names[] = {
		"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0",
		"Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0"
	};
	const char *hours;
	char	   *end;
	long		number;

	for (int i = 0; i < (int) lengthof(names); i++)
		if (pg_strcasecmp(name, names[i]) == 0)
			return true;
	if (pg_strncasecmp(name, "Etc/GMT", 7) != 0 || (name[7] != '+' && name[7] != '-'))
		return false;
	hours = name + 8;
	if (hours[0] < '1' || hours[0] > '9')
		return false;
	number = strtol(hours, &end, 10);
	return *end == '\0' && number <= (name[7] == '-' ? 14 : 12);
}

/* The zone of a name; NULL where it is none that this server knows. */
static pg_tz *
ZoneFind(const char *name)
{
	pg_tz	   *zone;

	if (name[0] == '\0' || strlen(name) > TZ_STRLEN_MAX)
		return NULL;
	if (name[strcspn(name, "0123456789<,")] != '\0' && !IsNameWithDigits(name))
		return NULL;
	zone = pg_tzset(name);
	return zone != NULL && pg_tz_acceptable(zone) ? zone : NULL;
}

/*
 * The name that is meant by a form such as UTC+8, GMT-05:00, +08; NULL where the
 * text is no such form, or no name is meant by it.
 */
static const char *
NameMeant(const char *text)
{
	int			hours;
	int			minutes = 0;
	bool		west;

	while (isalpha((unsigned char) *text))
		text++;
	if ((*text != '+' && *text != '-') || !isdigit((unsigned char) text[1]))
		return NULL;
	west = *text++ == '-';
	hours = *text++ - '0';
	if (isdigit((unsigned char) *text))
		hours = hours * 10 + *text++ - '0';
	if (*text == ':')
		text++;
	if (isdigit((unsigned char) text[0]) && isdigit((unsigned char) text[1]))
	{
		minutes = (text[0] - '0') * 10 + text[1] - '0';
		text += 2;
	}
	if (*text != '\0')
		return NULL;
	if (!west && hours == 8 && minutes == 0)
		return "Asia/Shanghai or Etc/GMT-8";
	if (!west && hours == 5 && minutes == 30)
		return "Asia/Kolkata";
	if (minutes != 0 || hours > (west ? 12 : 14))
		return NULL;
	if (hours == 0)
		return "UTC";
	return psprintf("Etc/GMT%c%d", west ? '+' : '-', hours);
}

/*
 * The zone of a name; an error where it is none, with the name that is meant.
 */
pg_tz *
ZoneRequire(const char *name)
{
	pg_tz	   *zone = ZoneFind(name);
	const char *meant;

	if (zone != NULL)
		return zone;
	meant = NameMeant(name);
	if (meant != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is an offset, not the name of a time zone", name),
				 errdetail("Such forms are read with opposite signs in different places, and they know no daylight saving time."),
				 errhint("Give a name of pg_timezone_names; %s is meant, perhaps.", meant)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("time zone \"%s\" is not known", name),
			 errhint("Give a name of pg_timezone_names, for example Asia/Shanghai or UTC.")));
}

/* The name as the zone database spells it; one that this server does not know, as it is. */
const char *
ZoneSpelling(const char *name)
{
	pg_tz	   *zone = ZoneFind(name);

	return zone != NULL ? pg_get_timezone_name(zone) : name;
}

/*
 * The day of a finite time in a zone.
 */
DateADT
TimeDay(TimestampTz at, const char *time_zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	if (strcmp(time_zone, "UTC") == 0)
		return TimeDayUtc(at);
	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, ZoneRequire(time_zone)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

static pg_time_t
SecondsOf(int64 at)
{
	return at / USECS_PER_SEC + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400);
}

static void
SpanAdd(ZoneSpans *zone, int64 starts, int64 offset)
{
	if (zone->count == zone->capacity)
	{
		zone->capacity *= 2;
		zone->spans = repalloc_huge(zone->spans, zone->capacity * sizeof(ZoneSpan));
	}
	zone->spans[zone->count].starts = starts;
	zone->spans[zone->count++].offset = offset;
}

/* Reads spans on, until one begins after a moment, or all are read. */
static void
ReadSpans(ZoneSpans *zone, int64 until)
{
	until = Max(until, USUALLY_UNTIL);
	while (zone->known_until < until)
	{
		pg_time_t	at = SecondsOf(zone->known_until);
		long		before;
		long		after;
		int			is_dst;
		pg_time_t	boundary;

		CHECK_FOR_INTERRUPTS();
		if (pg_next_dst_boundary(&at, &before, &is_dst, &boundary, &after, &is_dst,
								 zone->source) != 1 ||
			boundary >= SecondsOf(END_TIMESTAMP))
		{
			zone->known_until = PG_INT64_MAX;
			return;
		}
		zone->known_until = (boundary - SecondsOf(0)) * USECS_PER_SEC;
		/* a change of the name alone is none */
		if (after * USECS_PER_SEC != zone->spans[zone->count - 1].offset)
			SpanAdd(zone, zone->known_until, after * USECS_PER_SEC);
	}
}

/*
 * The spans of a zone, in the current context; an error for a name that is none.
 */
void
ZoneSpansInit(ZoneSpans *zone, const char *name)
{
	pg_tz	   *source = ZoneRequire(name);
	pg_time_t	at = SecondsOf(MIN_TIMESTAMP);
	long		offset;
	long		after;
	int			is_dst;
	pg_time_t	boundary;

	zone->source = source;
	zone->read = ReadSpans;
	zone->count = 0;
	zone->capacity = 16;
	zone->spans = palloc(zone->capacity * sizeof(ZoneSpan));
	if (pg_next_dst_boundary(&at, &offset, &is_dst, &boundary, &after, &is_dst, source) < 0)
		offset = 0;
	SpanAdd(zone, PG_INT64_MIN, offset * USECS_PER_SEC);
	zone->known_until = MIN_TIMESTAMP;
}

PG_FUNCTION_INFO_V1(zone_check);

/* zone_check(text): the name of a zone as the zone database spells it, or an error */
Datum
zone_check(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pg_get_timezone_name(ZoneRequire(text_to_cstring(PG_GETARG_TEXT_PP(0))))));
}
