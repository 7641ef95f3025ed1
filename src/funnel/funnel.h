/*
 * funnel.h
 *		Funnels: what the rooms of the module share.
 *
 *		funnel_def.c		the definition, a value
 *		funnel_window.c		days and windows in the definition's zone
 *		funnel_match.c		level, winning chain and outcome, on plain arrays
 *		funnel_path.c		one entity's rows
 *		funnel_stats.c		a population, from paths
 *		funnel_days.c		its durations
 *		funnel_direct.c		a population, from rows in one pass
 */
#ifndef REVOPS_FUNNEL_H
#define REVOPS_FUNNEL_H

#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/decimal.h"
#include "base/json_tree.h"
#include "base/state.h"
#include "base/wire.h"
#include "funnel/funnel_match.h"

/* What a column of times holds. */
typedef enum FunnelTimeKind
{
	FUNNEL_TIME_WITH_ZONE,
	FUNNEL_TIME_LOCAL,
	FUNNEL_TIME_DAY
} FunnelTimeKind;

/* The time of argument n of an aggregate over rows. */
static inline int64
FunnelTimeArgument(FunctionCallInfo fcinfo, int n, const FunnelWindow *window, FunnelTimeKind kind)
{
	switch (kind)
	{
		case FUNNEL_TIME_LOCAL:
			return FunnelLocalTime(window, CheckFiniteTime(PG_GETARG_TIMESTAMP(n), "at"));
		case FUNNEL_TIME_DAY:
			return FunnelDayStart(window, PG_GETARG_DATEADT(n));
		default:
			return CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(n), "at");
	}
}

/* funnel_def.c: the definition */

/*
 * The stored form: names follow, zero-terminated, the steps', the lost ones',
 * the zone's. Equal definitions are equal in bytes.
 */
typedef struct FunnelDef
{
	int32		vl_len_;		/* varlena header, do not touch directly */
	uint16		version;
	uint8		mode;
	uint8		steps;
	int32		months;			/* the window; all 0 without one */
	int32		days;
	int64		micros;
	uint8		lost;			/* how many names */
	uint8		has_within;
	char		names[FLEXIBLE_ARRAY_MEMBER];
} FunnelDef;

/*
 * A state holds its definition whole, and a row or another state is taken only
 * for a definition of the same bytes: two of one hash are quickly found.
 */
static inline bool
FunnelDefSame(const FunnelDef *one, const FunnelDef *other)
{
	return VARSIZE(one) == VARSIZE(other) && memcmp(one, other, VARSIZE(one)) == 0;
}

extern FunnelSpec *FunnelSpecCreate(const FunnelDef *def, MemoryContext context);
extern FunnelSpec *FunnelSpecCached(FmgrInfo *flinfo, Datum funnel);
extern int	FunnelNameFind(const FunnelSpec *spec, const char *text, int length);
extern const char *FunnelDefStep(const FunnelDef *def, int step);
extern bool FunnelDefIs(const FunnelDef *def, Datum funnel);
extern void FunnelDefPut(StringInfo text, const FunnelDef *def);
extern FunnelDef *FunnelDefRead(JsonNode *root);
extern void FunnelDefSend(StringInfo buffer, const FunnelDef *def);
extern FunnelDef *FunnelDefReceive(WireReader *reader);
pg_noreturn extern void FunnelDiffers(const char *function, const FunnelDef *one,
									  const FunnelDef *other);
pg_noreturn extern void FunnelAsOfDiffers(DateADT one, DateADT other);

/* funnel_path.c: one entity's rows */

typedef struct FunnelPath
{
	StateHeader header;			/* flags: FUNNEL_PATH_SORTED */
	int32		rows;
	int32		def_size;		/* of the definition behind the struct */
	int64		seen_at;		/* of the first row of any kind, kept or not */
	/* the definition, padded to 8 bytes, then the rows */
} FunnelPath;

#define FunnelPathDef(path) ((const FunnelDef *) ((const char *) (path) + sizeof(FunnelPath)))

extern FunnelPath *FunnelPathFromDatum(Datum value);
extern void FunnelPathHistory(const FunnelSpec *spec, const FunnelPath *path, int64 known_until,
							  FunnelHistory *history);

/* funnel_stats.c: a population */

typedef struct FunnelStats FunnelStats;
typedef struct FunnelTally FunnelTally;

extern FunnelTally *FunnelTallyCreate(const FunnelSpec *spec, DateADT as_of);
extern void FunnelTallyAdd(FunnelTally *tally, const FunnelChain *chain, FunnelOutcome outcome,
						   int64 known_until);
extern FunnelStats *FunnelTallyFinish(FunnelTally *tally);

#endif							/* REVOPS_FUNNEL_H */
