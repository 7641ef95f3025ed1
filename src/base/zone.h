/*
 * zone.h
 *		Time zones by name.
 *
 * A zone is a name of pg_timezone_names. The server also takes POSIX forms such
 * as UTC+8, which lies eight hours west of Greenwich, the opposite of what people
 * mean: here they are no names. A definition keeps whatever name its text has,
 * so that a dump restores on a server that knows fewer; what needs the zone fails
 * then.
 */
#ifndef REVOPS_ZONE_H
#define REVOPS_ZONE_H

#include "pgtime.h"
#include "utils/date.h"

#include "base/zone_spans.h"

extern pg_tz *ZoneRequire(const char *name);
extern DateADT TimeDay(TimestampTz at, const char *time_zone);
extern const char *ZoneSpelling(const char *name);
extern void ZoneSpansInit(ZoneSpans *zone, const char *name);

#endif							/* REVOPS_ZONE_H */
