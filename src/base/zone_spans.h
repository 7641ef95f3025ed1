/*
 * zone_spans.h
 *		The offsets of a time zone as a list: what clocks show at a moment, and
 *		when they show it.
 *
 * The server's own functions take the calendar apart for every answer; here an
 * answer is a binary search. Times are microseconds from 2000-01-01, as
 * timestamps are.
 */
#ifndef REVOPS_ZONE_SPANS_H
#define REVOPS_ZONE_SPANS_H

/* From a moment until the next span begins, clocks are so far ahead of UTC. */
typedef struct ZoneSpan
{
	int64		starts;
	int64		offset;
} ZoneSpan;

typedef struct ZoneSpans
{
	int			count;			/* at least 1; the first began with time itself */
	int			capacity;
	ZoneSpan   *spans;
	int64		known_until;	/* what begins later is not read yet */
	void		(*read) (struct ZoneSpans *zone, int64 until);	/* reads on, past until */
	void	   *source;			/* what it reads */
} ZoneSpans;

extern int	ZoneSpanOf(ZoneSpans *zone, int64 at);
extern int64 ZoneSpanEnd(const ZoneSpans *zone, int span);
extern int64 ZoneClock(ZoneSpans *zone, int64 at);
extern int64 ZoneFirstTime(ZoneSpans *zone, int64 local);
extern int64 ZoneTime(ZoneSpans *zone, int64 local);

#endif							/* REVOPS_ZONE_SPANS_H */
