/*
 * attribution.h
 *		Which channels deserve the win: what the rooms of the module share.
 *
 *		attribution_def.c		the definition, a value
 *		journey_cut.c			journeys out of rows, and the rules, on plain arrays
 *		attribution_chain.c		the Markov chains, on plain arrays
 *		attribution_shapley.c	Shapley values of rates, on plain arrays
 *		journey_state.c			one customer's rows, and journey_rows
 *		attribution_stats.c		a population: each path once
 *		attribution_form.c		its text and binary forms
 *		attribution_models.c	attribution_rows: eleven models
 *		attribution_tables.c	channels, summary, paths, transitions
 */
#ifndef REVOPS_ATTRIBUTION_H
#define REVOPS_ATTRIBUTION_H

#include "fmgr.h"
#include "utils/date.h"

#include "attribution/journey_cut.h"
#include "base/decimal.h"
#include "base/integer_sum.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/row_set.h"
#include "base/wire.h"

#define ATTRIBUTION_MOST_CHANNELS	255
#define ATTRIBUTION_MOST_DIRECT		64
#define ATTRIBUTION_MOST_NAME		1000	/* bytes */
#define ATTRIBUTION_MOST_SCALE		36	/* decimal digits of amounts */

/* attribution_def.c */

typedef struct AttributionSpan
{
	int64		micros;
	int32		days;
	int32		months;
} AttributionSpan;

typedef enum AttributionSpanKind
{
	SPAN_LOOKBACK,
	SPAN_HALF_LIFE,
	SPAN_WITHIN,
	SPAN_IDLE
} AttributionSpanKind;

#define ATTRIBUTION_SPANS	4

/*
 * The stored form: names follow, zero-terminated, the direct channels', the zone's.
 * Equal definitions are equal in bytes.
 */
typedef struct AttributionDef
{
	int32		vl_len_;		/* varlena header, do not touch directly */
	uint16		version;
	uint8		spans_given;	/* bit i: span i */
	uint8		repeats;
	double		first_share;
	double		last_share;
	AttributionSpan span[ATTRIBUTION_SPANS];	/* all 0 where not given */
	uint8		reuse;
	uint8		direct;			/* how many names */
	char		names[FLEXIBLE_ARRAY_MEMBER];
} AttributionDef;

/* A definition made ready for work; one block of memory. */
typedef struct AttributionSpec
{
	AttributionDef *def;
	FunnelWindow zone;			/* for days */
	JourneyRule rule;
	JourneyName direct[ATTRIBUTION_MOST_DIRECT];
} AttributionSpec;

extern AttributionDef *AttributionDefFromDatum(Datum value);
extern bool AttributionDefIs(const AttributionDef *def, Datum value);
extern void AttributionDefPut(StringInfo text, const AttributionDef *def);
extern AttributionDef *AttributionDefRead(JsonNode *root);
extern void AttributionDefSend(StringInfo buffer, const AttributionDef *def);
extern AttributionDef *AttributionDefReceive(WireReader *reader);
extern AttributionSpec *AttributionSpecCreate(const AttributionDef *def, bool cuts, MemoryContext context);
extern int64 AttributionKnownUntil(const AttributionSpec *spec, DateADT as_of);

/* journey_state.c */

/* In a value outside an aggregate its rows are sorted; a row may stand twice. */
typedef RowSet JourneyState;

extern JourneyState *JourneyStateFromDatum(Datum value);
extern const JourneyRow **JourneyStateRows(const JourneyState *state, int64 known_until, int *count);

/* attribution_stats.c */

#define ATTRIBUTION_STATS_VERSION	1

typedef enum EntryKind
{
	ENTRY_CHANNEL,
	ENTRY_PATH,
	ENTRY_UNUSED				/* an index that was too small */
} EntryKind;

/*
 * What stands behind the definition: entries, each aligned to 8. In a value outside
 * an aggregate channels come first, by name, then paths, by the channels' numbers.
 */
typedef struct AttributionEntry
{
	int32		size;			/* bytes up to the next entry */
	int16		kind;
	int16		number;			/* of a channel, from 0, in the order of entries */
} AttributionEntry;

/* Time-decay credits are kept in units of 2^-52 of a win, so that sums are exact. */
#define DECAY_BITS	52
#define DECAY_ONE	(INT64CONST(1) << DECAY_BITS)

typedef struct ChannelEntry
{
	AttributionEntry entry;
	int32		length;			/* of the name */
	int32		unused;
	IntegerSum	decay;			/* sum of the credit of each win; 0 without a half-life */
	IntegerSum	decay_square;	/* of its square */
	IntegerSum	decay_amount;	/* of credit times amount */
	char		name[FLEXIBLE_ARRAY_MEMBER];
} ChannelEntry;

typedef struct PathEntry
{
	AttributionEntry entry;
	int32		touches;
	int32		unused;
	int64		count[JOURNEY_OUTCOMES];
	uint64		amount_low;		/* of the wins, in units of 10^-(4 * groups) */
	uint64		amount_high;
	uint8		channel[FLEXIBLE_ARRAY_MEMBER];
} PathEntry;

typedef struct AttributionStats
{
	StateHeader header;
	int32		def_size;		/* of the definition behind the struct, padded */
	DateADT		as_of;
	int32		channels;
	int32		paths;
	int32		used;			/* bytes of entries */
	int32		scale;			/* most decimal digits of an amount */
	int64		young;
	int32		index_at;		/* offset of the index while in an aggregate, else 0 */
	int32		index_slots;	/* of paths */
} AttributionStats;

#define AttributionStatsDef(stats) \
	((const AttributionDef *) ((const char *) (stats) + sizeof(AttributionStats)))

static inline char *
EntriesOf(const AttributionStats *stats)
{
	return (char *) stats + sizeof(AttributionStats) + stats->def_size;
}

static inline int
AmountGroups(const AttributionStats *stats)
{
	return (stats->scale + 3) / 4;
}

static inline uint128
PathAmount(const PathEntry *path)
{
	return ((uint128) path->amount_high << 64) | path->amount_low;
}

/* A canonical value taken apart. */
typedef struct AttributionView
{
	const AttributionStats *stats;
	const ChannelEntry **channel;
	const PathEntry **path;
} AttributionView;

/* Sums over paths. */
typedef struct AttributionTotals
{
	int64		count[JOURNEY_OUTCOMES];
	int64		no_touch_won;
	uint128 won_amount;
	uint128 no_touch_amount;
} AttributionTotals;

extern AttributionStats *AttributionStatsCreate(const AttributionDef *def, DateADT as_of);
extern AttributionStats *AttributionStatsCanonical(AttributionStats *stats);
extern AttributionStats *StatsChannel(AttributionStats *stats, const char *name, int length,
									  int *number);
extern AttributionStats *StatsPath(AttributionStats *stats, const uint8 *channels, int touches,
								   PathEntry **path);
extern ChannelEntry *StatsChannelEntry(const AttributionStats *stats, int number);
extern void PathAddAmount(PathEntry *path, uint128 amount);
extern const char *AttributionStatsBroken(const AttributionStats *stats);
extern AttributionView AttributionOpen(Datum value);
extern AttributionTotals AttributionSum(const AttributionView *view);
extern Numeric AmountNumeric(uint128 amount, int groups, int scale);
pg_noreturn extern void AmountTooLong(const char *value);

#endif							/* REVOPS_ATTRIBUTION_H */
