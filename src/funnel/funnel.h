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

#define FUNNEL_MOST_STEPS 64
#define FUNNEL_TIME_NONE PG_INT64_MIN	/* before every time */
#define FUNNEL_TIME_NO_END PG_INT64_MAX /* after every time */

/* The order is that of the stored form. */
typedef enum FunnelMode
{
	FUNNEL_ORDERED,
	FUNNEL_INCREASING,
	FUNNEL_ONCE,
	FUNNEL_INCREASING_ONCE,
	FUNNEL_CONSECUTIVE,
	FUNNEL_ANY_ORDER,
	FUNNEL_REACHED
} FunnelMode;

#define FUNNEL_MODES 7

/* funnel_window.c: days and windows in a zone */

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

/* What a step text means. */
typedef struct FunnelName
{
	const char *text;
	int			length;
	uint64		steps;			/* bit i: the row satisfies step i + 1 */
	bool		lost;
} FunnelName;

#define FUNNEL_NAME_SLOTS 512

/* A definition made ready for work; one block of memory. */
typedef struct FunnelSpec
{
	const FunnelDef *def;
	FunnelMode	mode;
	int			steps;
	const char *step_name[FUNNEL_MOST_STEPS];
	FunnelWindow window;
	int			row_size;		/* bytes a row of a path takes */
	bool		keeps_all;		/* rows of no step matter too */
	int			step_names;		/* distinct ones, first in name */
	int			names;			/* with those of lost */
	FunnelName	name[2 * FUNNEL_MOST_STEPS];
	uint8		slot[FUNNEL_NAME_SLOTS];	/* 1 + index of name, by hash */
} FunnelSpec;

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

/* funnel_match.c: the algorithms */

/* One entity's rows in the order (at, …). Nothing is known after them. */
typedef struct FunnelHistory
{
	int64		rows;
	const int64 *at;
	const uint64 *steps;		/* bit i: the row satisfies step i + 1 */
	int64		lost_rows;
	const int64 *lost_at;		/* ascending */
} FunnelHistory;

/* The winning chain. Place i is the step i + 1; in any_order the i-th found. */
typedef struct FunnelChain
{
	int			level;			/* 0: none, and nothing below is set */
	int64		start_at;		/* of the window */
	int64		end_at;			/* of the window, inclusive */
	int64		at[FUNNEL_MOST_STEPS];	/* FUNNEL_TIME_NONE where skipped */
	int64		row[FUNNEL_MOST_STEPS]; /* of the history; -1 where skipped */
	uint8		step[FUNNEL_MOST_STEPS];	/* which step the place holds */
	/* of the last attempt in mode reached: */
	int64		last_at;		/* its last row of a step */
	int64		last_end_at;	/* end of its window, inclusive */
} FunnelChain;

typedef enum FunnelOutcome
{
	FUNNEL_NOT_ENTERED,
	FUNNEL_CONVERTED,
	FUNNEL_LOST,
	FUNNEL_OPEN,
	FUNNEL_EXPIRED
} FunnelOutcome;

extern void FunnelFindChain(const FunnelSpec *spec, const FunnelHistory *history,
							FunnelChain *chain);
extern FunnelOutcome FunnelFindOutcome(const FunnelSpec *spec, const FunnelHistory *history,
									   const FunnelChain *chain, int64 known_until);
extern int64 FunnelEnteredRow(const FunnelSpec *spec, const FunnelHistory *history);

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
