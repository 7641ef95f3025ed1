/*
 * funnel_window.h
 *		Days and windows of a funnel, in the definition's time zone.
 */
#ifndef REVOPS_FUNNEL_WINDOW_H
#define REVOPS_FUNNEL_WINDOW_H

#include "pgtime.h"
#include "utils/date.h"

#define FUNNEL_TIME_NONE PG_INT64_MIN	/* before every time */
#define FUNNEL_TIME_NO_END PG_INT64_MAX /* after every time */

typedef struct FunnelWindow
{
	bool		limited;
	bool		fixed;			/* always as long as `micros` */
	int32		months;
	int32		days;
	int64		micros;
	pg_tz	   *zone;
	bool		zone_fixed;		/* the zone's offset never changes: */
	int64		zone_offset;	/* microseconds east of UTC */
} FunnelWindow;

extern void FunnelWindowInit(FunnelWindow *window, const Interval *within, pg_tz *zone);
extern int64 FunnelWindowEnd(const FunnelWindow *window, int64 at);
extern int64 FunnelLocalTime(const FunnelWindow *window, Timestamp local);
extern int64 FunnelDayStart(const FunnelWindow *window, DateADT day);
extern int64 FunnelDayEnd(const FunnelWindow *window, DateADT day);

#endif							/* REVOPS_FUNNEL_WINDOW_H */
