/*
 * zone_spans.c
 *		The offsets of a time zone as a list: see zone_spans.h.
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "base/zone_spans.h"

/* No zone was ever further from UTC. */
#define MOST_OFFSET		USECS_PER_DAY

/* The span in which a moment lies. */
int
ZoneSpanOf(ZoneSpans *zone, int64 at)
{
	int			low = 0;
	int			high;

	if (at > zone->known_until)
		zone->read(zone, at);
	high = zone->count - 1;
	while (low < high)
	{
		int			middle = (low + high + 1) / 2;

		if (zone->spans[middle].starts <= at)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* The moment at which a span ends; no end for the last that is known. */
int64
ZoneSpanEnd(const ZoneSpans *zone, int span)
{
	return span + 1 < zone->count ? zone->spans[span + 1].starts : PG_INT64_MAX;
}

/* What clocks show at a moment. */
int64
ZoneClock(ZoneSpans *zone, int64 at)
{
	/* the list may move while it is read on */
	int			span = ZoneSpanOf(zone, at);

	return at + zone->spans[span].offset;
}

/*
 * The first moment at which clocks show a local time or a later one: of two such
 * moments the first, and where clocks skip the time, the moment at which they do.
 */
int64
ZoneFirstTime(ZoneSpans *zone, int64 local)
{
	int			last = ZoneSpanOf(zone, local + MOST_OFFSET);

	for (int span = ZoneSpanOf(zone, local - MOST_OFFSET);; span++)
	{
		int64		at = Max(local - zone->spans[span].offset, zone->spans[span].starts);

		if (span == last || at < ZoneSpanEnd(zone, span))
			return at;
	}
}

/*
 * The moment that AT TIME ZONE makes of a local time: of two such moments the
 * second; where clocks skip the time, as if they had not been changed yet.
 */
int64
ZoneTime(ZoneSpans *zone, int64 local)
{
	int			first = ZoneSpanOf(zone, local - MOST_OFFSET);
	int			span = ZoneSpanOf(zone, local + MOST_OFFSET);

	while (span > first && local - zone->spans[span].offset < zone->spans[span].starts)
		span--;
	return local - zone->spans[span].offset;
}
