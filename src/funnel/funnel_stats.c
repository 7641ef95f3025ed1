/*
 * funnel_stats.c
 *		funnel_stats: what a funnel made of a population.
 *
 * Every figure of the report follows from how many entities stopped at each
 * level with which outcome, so that is what is counted, and "entered = converted
 * + open + lost + expired" cannot fail.
 *
 * Days between steps are a list behind all else: see funnel_days.c.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "funnel/funnel.h"
#include "funnel/funnel_days.h"
#include "base/json_tree.h"
#include "base/rows.h"
#include "base/wire.h"

#define ENTITIES	"entities in one funnel_stats"	/* for errors */
#define FUNNEL_STATS_VERSION 1
#define FUNNEL_STATS_AMOUNTS 1	/* flag: amounts were given */
#define FUNNEL_STATS_LOOSE 2	/* flag: days were added since they were sorted */
#define FIRST_DAYS 32			/* room for values in new stats */

PG_FUNCTION_INFO_V1(funnel_stats_in);
PG_FUNCTION_INFO_V1(funnel_stats_out);
PG_FUNCTION_INFO_V1(funnel_stats_recv);
PG_FUNCTION_INFO_V1(funnel_stats_send);
PG_FUNCTION_INFO_V1(funnel_stats_add);
PG_FUNCTION_INFO_V1(funnel_stats_add_amount);
PG_FUNCTION_INFO_V1(funnel_stats_combine);
PG_FUNCTION_INFO_V1(funnel_stats_final);
PG_FUNCTION_INFO_V1(funnel_rows);
PG_FUNCTION_INFO_V1(funnel_summary);

/* What an entity counts as at its level; of the last level, DONE only. */
typedef enum FunnelEnd
{
	END_OPEN,
	END_LOST,
	END_EXPIRED,
	END_DONE,					/* converted; at level 0: not entered */
	ENDS
} FunnelEnd;

typedef struct FunnelLevel
{
	int64		count[ENDS];
	int64		mature;			/* whose window has ended */
	DecimalSum	amount[ENDS];
} FunnelLevel;

struct FunnelStats
{
	StateHeader header;
	int32		def_size;		/* of the definition behind the struct */
	DateADT		as_of;
	int32		days;			/* entries of the list */
	int32		numeric_size;	/* bytes of the amounts that overflowed */
	/*
	 * Then the definition, padded to 8 bytes; levels 0 to the number of steps;
	 * amounts that 128 bits do not hold, each a FunnelOverflow; the list.
	 */
};

/* What a level's amount is added to once it no longer fits. */
typedef struct FunnelOverflow
{
	int32		level;
	int32		end;
	/* a numeric, padded to 8 bytes */
} FunnelOverflow;

#define StatsDef(stats) ((const FunnelDef *) ((const char *) (stats) + sizeof(FunnelStats)))

static inline FunnelLevel *
StatsLevels(const FunnelStats *stats)
{
	return (FunnelLevel *) ((char *) stats + sizeof(FunnelStats) + stats->def_size);
}

static inline char *
StatsOverflows(const FunnelStats *stats)
{
	return (char *) (StatsLevels(stats) + StatsDef(stats)->steps + 1);
}

static inline FunnelDays *
StatsDays(const FunnelStats *stats)
{
	return (FunnelDays *) (StatsOverflows(stats) + stats->numeric_size);
}

/* Bytes without spare room. */
static inline Size
StatsUsed(const FunnelStats *stats)
{
	return (char *) (StatsDays(stats) + stats->days) - (char *) stats;
}

static FunnelStats *
StatsCreate(const FunnelDef *def, DateADT as_of)
{
	Size		def_size = MAXALIGN(VARSIZE(def));
	FunnelStats *stats;

	stats = StateCreate(sizeof(FunnelStats) + def_size +
						(def->steps + 1) * sizeof(FunnelLevel) + FIRST_DAYS * sizeof(FunnelDays),
						FUNNEL_STATS_VERSION);
	stats->def_size = def_size;
	stats->as_of = as_of;
	memcpy((char *) stats + sizeof(FunnelStats), def, VARSIZE(def));
	return stats;
}

/* Sorts the list and adds equal entries up, in place. */
static void
StatsCompact(FunnelStats *stats)
{
	if (!(stats->header.flags & FUNNEL_STATS_LOOSE))
		return;
	stats->days = FunnelDaysCompact(StatsDays(stats), stats->days);
	stats->header.flags &= ~FUNNEL_STATS_LOOSE;
}

/*
 * Room for more entries: compacts a full list, and where that gains less than
 * half doubles it. Returns the stats, or larger ones in the current context.
 */
static FunnelStats *
StatsReserveDays(FunnelStats *stats, int64 more)
{
	Size		used = StatsUsed(stats);
	Size		needed = used + more * sizeof(FunnelDays);

	if (needed <= VARSIZE(stats))
		return stats;
	StatsCompact(stats);
	used = StatsUsed(stats);
	needed = used + more * sizeof(FunnelDays);
	if (needed > VARSIZE(stats) ||
		stats->days * sizeof(FunnelDays) * 2 > VARSIZE(stats) - (used - stats->days * sizeof(FunnelDays)))
		stats = StateReserve(stats, used, Max(needed, VARSIZE(stats) + sizeof(FunnelDays)) - used,
							 "funnel_stats");
	return stats;
}

/* Adds a value; there is room. */
static inline void
StatsPutDays(FunnelStats *stats, FunnelDays days)
{
	StatsDays(stats)[stats->days++] = days;
	stats->header.flags |= FUNNEL_STATS_LOOSE;
}

/* The overflowed part of an amount, NULL for none. */
static FunnelOverflow *
FindOverflow(const FunnelStats *stats, int level, int end)
{
	char	   *at = StatsOverflows(stats);
	char	   *stop = at + stats->numeric_size;

	while (at < stop)
	{
		FunnelOverflow *overflow = (FunnelOverflow *) at;

		if (overflow->level == level && overflow->end == end)
			return overflow;
		at += sizeof(FunnelOverflow) + MAXALIGN(VARSIZE(overflow + 1));
	}
	return NULL;
}

/* The exact amount of a level and end. */
static Numeric
StatsAmount(const FunnelStats *stats, int level, int end)
{
	Decimal		sum = DecimalSumValue(&StatsLevels(stats)[level].amount[end]);
	Numeric		total = DecimalToNumeric(&sum);
	FunnelOverflow *overflow = FindOverflow(stats, level, end);

	return overflow ? NumericAdd((Numeric) (overflow + 1), total) : total;
}

/*
 * Moves an amount into a numeric of its own, with more added to it: new stats
 * in the current context. Overflows are kept in the order of level and end.
 */
static FunnelStats *
StatsOverflowAdd(const FunnelStats *stats, int level, int end, Numeric more)
{
	Numeric		total = NumericAdd(StatsAmount(stats, level, end), more);
	Size		before = StatsOverflows(stats) - (char *) stats;
	StringInfoData overflows;
	FunnelOverflow mine = {level, end};
	bool		put = false;
	char	   *at = StatsOverflows(stats);
	char	   *stop = at + stats->numeric_size;
	FunnelStats *larger;
	Size		spare = VARSIZE(stats) - StatsUsed(stats);
	Size		days_size = stats->days * sizeof(FunnelDays);

	initStringInfo(&overflows);
	for (;;)
	{
		FunnelOverflow *other = at < stop ? (FunnelOverflow *) at : NULL;
		bool		same = other != NULL && other->level == level && other->end == end;

		if (!put && (other == NULL || same || other->level > level ||
					 (other->level == level && other->end > end)))
		{
			static const char zeros[MAXIMUM_ALIGNOF] = {0};

			appendBinaryStringInfo(&overflows, (char *) &mine, sizeof(mine));
			appendBinaryStringInfo(&overflows, (char *) total, VARSIZE(total));
			appendBinaryStringInfo(&overflows, zeros, MAXALIGN(VARSIZE(total)) - VARSIZE(total));
			put = true;
		}
		if (other == NULL)
			break;
		if (!same)
			appendBinaryStringInfo(&overflows, at, sizeof(*other) + MAXALIGN(VARSIZE(other + 1)));
		at += sizeof(*other) + MAXALIGN(VARSIZE(other + 1));
	}

	larger = StateCreate(before + overflows.len + days_size + spare,
						 FUNNEL_STATS_VERSION);
	memcpy(larger, stats, before);
	SET_VARSIZE(larger, before + overflows.len + days_size + spare);
	memset(&StatsLevels(larger)[level].amount[end], 0, sizeof(DecimalSum));
	larger->numeric_size = overflows.len;
	memcpy(StatsOverflows(larger), overflows.data, overflows.len);
	memcpy(StatsDays(larger), StatsDays(stats), days_size);
	pfree(overflows.data);
	return larger;
}

/* Adds to an amount, which is finite; returns the stats, or new ones in the current context. */
static FunnelStats *
StatsAddAmount(FunnelStats *stats, int level, int end, struct varlena *amount)
{
	Decimal		decimal;

	if (DecimalFromNumeric(amount, &decimal) &&
		DecimalSumAdd(&StatsLevels(stats)[level].amount[end], &decimal))
		return stats;
	return StatsOverflowAdd(stats, level, end, (Numeric) PG_DETOAST_DATUM(PointerGetDatum(amount)));
}

/* Where an outcome is counted. */
static inline FunnelEnd
EndOf(FunnelOutcome outcome)
{
	switch (outcome)
	{
		case FUNNEL_OPEN:
			return END_OPEN;
		case FUNNEL_LOST:
			return END_LOST;
		case FUNNEL_EXPIRED:
			return END_EXPIRED;
		default:
			return END_DONE;
	}
}

/* Counts an entity. */
static inline void
CountEntity(FunnelLevel *levels, const FunnelSpec *spec, const FunnelChain *chain,
			FunnelOutcome outcome, int64 known_until)
{
	CountAdd(&levels[chain->level].count[EndOf(outcome)], 1, ENTITIES);
	if (spec->window.limited && chain->level > 0 && chain->end_at < known_until)
		levels[chain->level].mature++;
}

/*
 * Durations of an entity that went on from a step (0 the first): from the step
 * and from the start to the next one; false where one end was skipped.
 */
static inline bool
StepDays(const FunnelChain *chain, int step, int kind, uint64 *micros)
{
	int64		from = kind == 0 ? chain->at[step] : chain->start_at;

	if (chain->at[step + 1] == FUNNEL_TIME_NONE || from == FUNNEL_TIME_NONE)
		return false;
	*micros = TimeSpan(from, chain->at[step + 1]);
	return true;
}

/*
 * A population that is counted at one go: durations go straight into buckets
 * once a slot has too many, for the list would sort them again and again.
 */
struct FunnelTally
{
	const FunnelSpec *spec;
	FunnelStats *stats;
	FunnelDaysCounts counts;
};

FunnelTally *
FunnelTallyCreate(const FunnelSpec *spec, DateADT as_of)
{
	FunnelTally *tally = palloc0(sizeof(FunnelTally));

	tally->spec = spec;
	tally->stats = StatsCreate(spec->def, as_of);
	return tally;
}

void
FunnelTallyAdd(FunnelTally *tally, const FunnelChain *chain, FunnelOutcome outcome,
			   int64 known_until)
{
	CountEntity(StatsLevels(tally->stats), tally->spec, chain, outcome, known_until);
	for (int slot = 0; slot < 2 * (chain->level - 1); slot++)
	{
		uint64		micros;

		if (!StepDays(chain, slot / 2, slot % 2, &micros))
			continue;
		if (FunnelDaysCount(&tally->counts, slot, micros))
			continue;
		tally->stats = StatsReserveDays(tally->stats, 1);
		StatsPutDays(tally->stats, FunnelDaysOf(slot, micros, 1));
	}
}

/* The stats, without spare room. */
FunnelStats *
FunnelTallyFinish(FunnelTally *tally)
{
	int			cursor = 0;
	FunnelDays	bucket;

	while (FunnelDaysNextBucket(&tally->counts, &cursor, &bucket))
	{
		tally->stats = StatsReserveDays(tally->stats, 1);
		StatsPutDays(tally->stats, bucket);
	}
	StatsCompact(tally->stats);
	return StateTrim(tally->stats, StatsUsed(tally->stats));
}

/*
 * One entity: (stats, funnel_path, as_of[, amount]); a NULL path is none.
 */
static Datum
AddPath(FunctionCallInfo fcinfo, bool with_amount)
{
	FunnelStats *stats = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	FunnelPath *path;
	FunnelSpec *spec;
	FunnelHistory history;
	FunnelChain chain;
	FunnelOutcome outcome;
	DateADT		as_of;
	int64		until;

	AggregateContext(fcinfo, "funnel_agg");
	if (PG_ARGISNULL(1))
	{
		if (stats == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(stats);
	}
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of of funnel_agg must not be null"),
				 errhint("Give the last day that is known, for example date '2025-06-30'.")));
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	if (with_amount && !PG_ARGISNULL(3))
		CheckFiniteNumeric(PG_GETARG_NUMERIC(3), "amount");
	path = FunnelPathFromDatum(PG_GETARG_DATUM(1));
	spec = FunnelSpecCached(fcinfo->flinfo, PointerGetDatum(FunnelPathDef(path)));
	if (stats == NULL)
	{
		stats = StatsCreate(spec->def, as_of);
		if (with_amount)
			stats->header.flags |= FUNNEL_STATS_AMOUNTS;
	}
	else if (!FunnelDefSame(StatsDef(stats), spec->def))
		FunnelDiffers("funnel_agg", StatsDef(stats), spec->def);
	else if (stats->as_of != as_of)
		FunnelAsOfDiffers(stats->as_of, as_of);

	/* an entity of which nothing is known yet does not exist yet */
	until = FunnelDayEnd(&spec->window, as_of);
	if (path->seen_at >= until)
		PG_RETURN_POINTER(stats);
	FunnelPathHistory(spec, path, until, &history);
	FunnelFindChain(spec, &history, &chain);
	outcome = FunnelFindOutcome(spec, &history, &chain, until);
	CountEntity(StatsLevels(stats), spec, &chain, outcome, until);

	stats = StatsReserveDays(stats, 2 * chain.level);
	for (int slot = 0; slot < 2 * (chain.level - 1); slot++)
	{
		uint64		micros;

		if (StepDays(&chain, slot / 2, slot % 2, &micros))
			StatsPutDays(stats, FunnelDaysOf(slot, micros, 1));
	}
	if (with_amount && !PG_ARGISNULL(3) && chain.level > 0)
		stats = StatsAddAmount(stats, chain.level, EndOf(outcome),
							   PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(3)));
	PG_RETURN_POINTER(stats);
}

/* funnel_stats_add(funnel_stats, funnel_path, as_of date) */
Datum
funnel_stats_add(PG_FUNCTION_ARGS)
{
	return AddPath(fcinfo, false);
}

/* funnel_stats_add(funnel_stats, funnel_path, as_of date, amount numeric): NULL counts 0 */
Datum
funnel_stats_add_amount(PG_FUNCTION_ARGS)
{
	return AddPath(fcinfo, true);
}

static FunnelStats *
StatsFromDatum(Datum value)
{
	return StateFromDatum(value, FUNNEL_STATS_VERSION,
						  sizeof(FunnelStats) + offsetof(FunnelDef, names), "funnel_stats");
}

/* The rules that hold for every funnel_stats; NULL, or which one is broken. */
static const char *
StatsBroken(const FunnelStats *stats)
{
	const FunnelDef *def = StatsDef(stats);
	int64		values[FUNNEL_DAYS_SLOTS] = {0};
	int64		entities = 0;
	int64		past = 0;

	for (int level = 0; level <= def->steps; level++)
	{
		const FunnelLevel *at = &StatsLevels(stats)[level];
		int64		total = 0;

		for (int end = 0; end < ENDS; end++)
		{
			if (at->count[end] < 0)
				return "A count is negative.";
			CountAdd(&total, at->count[end], ENTITIES);
			CountAdd(&entities, at->count[end], ENTITIES);
		}
		if (at->mature < 0 || at->mature > (level == 0 || !def->has_within ? 0 : total))
			return "A count of those whose window has ended does not fit.";
	}
	for (int i = 0; i < stats->days; i++)
	{
		const FunnelDays *days = &StatsDays(stats)[i];

		if (days->micros > TIME_SPAN_MOST || FunnelDaysWeight(days) == 0)
			return "A duration is longer than all of time, or stands there no times.";
		CountAdd(&values[FunnelDaysSlot(days)], FunnelDaysWeight(days), ENTITIES);
	}
	for (int level = def->steps; level > 0; level--)
	{
		for (int end = 0; end < ENDS; end++)
			CountAdd(&past, StatsLevels(stats)[level].count[end], ENTITIES);
		for (int kind = 0; kind < 2 && level > 1; kind++)
		{
			int64		found = values[2 * (level - 2) + kind];

			if (def->mode == FUNNEL_REACHED ? found > past : found != past)
				return "A step has more or fewer durations than entities that took it.";
		}
	}
	return NULL;
}

/*
 * funnel_stats_combine(funnel_stats, funnel_stats): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
funnel_stats_combine(PG_FUNCTION_ARGS)
{
	FunnelStats *stats;
	FunnelStats *other;
	FunnelDays *days;
	int64		entities = 0;

	AggregateContext(fcinfo, "funnel_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StatsFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
	{
		/* it will grow before it is returned: the executor copies it then */
		stats = StatsCreate(StatsDef(other), other->as_of);
		stats->header.flags |= other->header.flags & FUNNEL_STATS_AMOUNTS;
	}
	else
		stats = PG_GETARG_STATE_IN_PLACE(0);
	if (!FunnelDefSame(StatsDef(stats), StatsDef(other)))
		FunnelDiffers("funnel_merge", StatsDef(stats), StatsDef(other));
	if (stats->as_of != other->as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("funnel_merge got different as_of"),
				 errdetail("One is %s, another %s.", DateText(stats->as_of),
						   DateText(other->as_of)),
				 errhint("Keep paths and merge those: they answer for every as_of.")));
	if ((stats->header.flags ^ other->header.flags) & FUNNEL_STATS_AMOUNTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("funnel_merge got stats with and without amounts"),
				 errhint("Make all of them by funnel_agg with an amount, or none.")));

	for (int level = 0; level <= StatsDef(stats)->steps; level++)
	{
		for (int end = 0; end < ENDS; end++)
		{
			CountAdd(&StatsLevels(stats)[level].count[end], StatsLevels(other)[level].count[end], ENTITIES);
			/* all together too, or what is merged could not be read */
			CountAdd(&entities, StatsLevels(stats)[level].count[end], ENTITIES);
		}
		CountAdd(&StatsLevels(stats)[level].mature, StatsLevels(other)[level].mature, ENTITIES);
		for (int end = 0; end < ENDS; end++)
		{
			FunnelOverflow *overflow = FindOverflow(other, level, end);
			Decimal		amount = DecimalSumValue(&StatsLevels(other)[level].amount[end]);

			if (!DecimalSumAdd(&StatsLevels(stats)[level].amount[end], &amount))
				stats = StatsOverflowAdd(stats, level, end, DecimalToNumeric(&amount));
			if (overflow != NULL)
				stats = StatsOverflowAdd(stats, level, end, (Numeric) (overflow + 1));
		}
	}
	stats = StatsReserveDays(stats, other->days);
	days = StatsDays(other);
	for (int i = 0; i < other->days; i++)
		StatsPutDays(stats, days[i]);
	Assert(StatsBroken(stats) == NULL);
	PG_RETURN_POINTER(stats);
}

/* A sorted copy without spare room, in the current context; itself where it is that. */
static FunnelStats *
StatsSorted(FunnelStats *stats)
{
	FunnelStats *sorted;

	if (!(stats->header.flags & FUNNEL_STATS_LOOSE))
		return StateTrim(stats, StatsUsed(stats));
	sorted = palloc(VARSIZE(stats));
	memcpy(sorted, stats, VARSIZE(stats));
	StatsCompact(sorted);
	return StateTrim(sorted, StatsUsed(sorted));
}

/*
 * funnel_stats_final(funnel_stats): sorted, without spare room, equal stats in equal
 * bytes; the state stays as it is
 */
Datum
funnel_stats_final(PG_FUNCTION_ARGS)
{
	FunnelStats *state;
	FunnelStats *stats;

	AggregateContext(fcinfo, "funnel_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = PG_GETARG_STATE_IN_PLACE(0);
	stats = StatsSorted(state);
	Assert(StatsBroken(stats) == NULL);
	if (stats->numeric_size > 0)
		PG_RETURN_POINTER(StateRewrite(stats, funnel_stats_out, funnel_stats_in));
	if (stats->header.flags & FUNNEL_STATS_AMOUNTS)
	{
		if (stats == state)
		{
			stats = palloc(VARSIZE(state));
			memcpy(stats, state, VARSIZE(state));
		}
		for (int level = 0; level <= StatsDef(stats)->steps; level++)
			for (int end = 0; end < ENDS; end++)
				DecimalSumNormalize(&StatsLevels(stats)[level].amount[end]);
	}
	PG_RETURN_POINTER(stats);
}

/* Names of the ends in the text form, in the order of FunnelEnd. */
static const char *const end_names[] = {"open", "lost", "expired"};
static const char *const end_amount_names[] = {"open_amount", "lost_amount", "expired_amount"};

/* Reads an array of counts, one a level from 1. */
static void
ReadCounts(JsonNode *node, int count, int64 *first)
{
	JsonExpect(node, JSON_KIND_ARRAY);
	if (node->count != count)
		JsonInvalid(node, NULL, "It has %d counts; the funnel needs %d.", node->count, count);
	for (int i = 0; i < count; i++)
		*(int64 *) ((char *) first + i * sizeof(FunnelLevel)) = JsonGetInt(node->items[i], 0, PG_INT64_MAX);
}

/* Reads the durations of a slot. */
static FunnelStats *
ReadDays(FunnelStats *stats, const JsonNode *object)
{
	static const char *const keys[] = {"step", "from", "micros"};
	static const char *const from_names[] = {"step", "start"};
	JsonNode   *values;
	int			slot;

	JsonAllowKeys(object, keys, lengthof(keys));
	slot = 2 * (JsonGetInt(JsonRequire(object, "step"), 1, Max(StatsDef(stats)->steps - 1, 1)) - 1);
	slot += JsonGetChoice(JsonRequire(object, "from"), from_names, lengthof(from_names));
	if (StatsDef(stats)->steps == 1)
		JsonInvalid(object, NULL, "A funnel of one step has no durations.");
	values = JsonRequire(object, "micros");
	JsonExpect(values, JSON_KIND_ARRAY);
	stats = StatsReserveDays(stats, values->count);
	for (int i = 0; i < values->count; i++)
	{
		JsonNode   *value = values->items[i];
		int64		weight = 1;

		CHECK_FOR_INTERRUPTS();
		if (value->kind == JSON_KIND_ARRAY)
		{
			if (value->count != 2)
				JsonInvalid(value, NULL, "It must be a duration and how often it stands there.");
			weight = JsonGetInt(value->items[1], 1, FUNNEL_DAYS_WEIGHT);
			value = value->items[0];
		}
		StatsPutDays(stats, FunnelDaysOf(slot, JsonGetUnsigned(value, TIME_SPAN_MOST), weight));
	}
	return stats;
}

/* Reads an amount of a level and end. */
static FunnelStats *
ReadAmount(FunnelStats *stats, int level, int end, const JsonNode *node)
{
	return StatsAddAmount(stats, level, end, (struct varlena *) JsonGetNumeric(node));
}

/*
 * funnel_stats_in(cstring): reads {"funnel": {…}, "as_of": …, "not_entered": n, "converted": n,
 * "open": [a level each], …, "days": [{"step": 1, "from": "step", "micros": [5, [7, 2]]}, …]}
 */
Datum
funnel_stats_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"funnel", "as_of", "not_entered", "converted", "open", "lost", "expired", "mature",
		"converted_amount", "open_amount", "lost_amount", "expired_amount", "days"
	};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "funnel_stats");
	FunnelDef  *def;
	FunnelStats *stats;
	FunnelLevel *levels;
	JsonNode   *node;
	int			steps;
	const char *broken;

	JsonAllowKeys(root, keys, lengthof(keys));
	def = FunnelDefRead(JsonRequire(root, "funnel"));
	steps = def->steps;
	stats = StatsCreate(def, JsonGetDate(JsonRequire(root, "as_of")));
	levels = StatsLevels(stats);
	levels[0].count[END_DONE] = JsonGetInt(JsonRequire(root, "not_entered"), 0, PG_INT64_MAX);
	levels[steps].count[END_DONE] = JsonGetInt(JsonRequire(root, "converted"), 0, PG_INT64_MAX);
	for (int end = END_OPEN; end <= END_EXPIRED; end++)
		ReadCounts(JsonRequire(root, end_names[end]), steps - 1, &levels[1].count[end]);
	if (def->has_within)
		ReadCounts(JsonRequire(root, "mature"), steps, &levels[1].mature);
	else if ((node = JsonMember(root, "mature")) != NULL)
		JsonInvalid(node, NULL, "Without a window nothing ends.");
	node = JsonRequire(root, "days");
	JsonExpect(node, JSON_KIND_ARRAY);
	for (int i = 0; i < node->count; i++)
		stats = ReadDays(stats, node->items[i]);
	if ((broken = StatsBroken(stats)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	if ((node = JsonMember(root, "converted_amount")) != NULL)
	{
		stats->header.flags |= FUNNEL_STATS_AMOUNTS;
		stats = ReadAmount(stats, steps, END_DONE, node);
		for (int end = END_OPEN; end <= END_EXPIRED; end++)
		{
			node = JsonRequire(root, end_amount_names[end]);
			JsonExpect(node, JSON_KIND_ARRAY);
			if (node->count != steps - 1)
				JsonInvalid(node, NULL, "It has %d amounts; the funnel needs %d.", node->count, steps - 1);
			for (int i = 0; i < node->count; i++)
				stats = ReadAmount(stats, i + 1, end, node->items[i]);
		}
	}
	else
		for (int end = END_OPEN; end <= END_EXPIRED; end++)
			if ((node = JsonMember(root, end_amount_names[end])) != NULL)
				JsonInvalid(node, NULL, "The key \"converted_amount\" is missing.");
	PG_RETURN_POINTER(StatsSorted(stats));
}

/* funnel_stats_out(funnel_stats): the same text for equal stats */
Datum
funnel_stats_out(PG_FUNCTION_ARGS)
{
	FunnelStats *stats = StatsSorted(StatsFromDatum(PG_GETARG_DATUM(0)));
	const FunnelDef *def = StatsDef(stats);
	FunnelLevel *levels = StatsLevels(stats);
	StringInfoData text;
	int			steps = def->steps;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"funnel\": ");
	FunnelDefPut(&text, def);
	appendStringInfo(&text, ", \"as_of\": \"%s\", \"not_entered\": " INT64_FORMAT ", \"converted\": " INT64_FORMAT,
					 DateText(stats->as_of), levels[0].count[END_DONE],
					 levels[steps].count[END_DONE]);
	for (int end = END_OPEN; end <= END_EXPIRED; end++)
	{
		appendStringInfo(&text, ", \"%s\": [", end_names[end]);
		for (int level = 1; level < steps; level++)
			appendStringInfo(&text, "%s" INT64_FORMAT, level > 1 ? ", " : "", levels[level].count[end]);
		appendStringInfoChar(&text, ']');
	}
	for (int level = 1; level <= steps && def->has_within; level++)
		appendStringInfo(&text, "%s" INT64_FORMAT "%s", level > 1 ? ", " : ", \"mature\": [",
						 levels[level].mature, level == steps ? "]" : "");
	if (stats->header.flags & FUNNEL_STATS_AMOUNTS)
	{
		appendStringInfo(&text, ", \"converted_amount\": %s",
						 NumericToText(StatsAmount(stats, steps, END_DONE)));
		for (int end = END_OPEN; end <= END_EXPIRED; end++)
		{
			appendStringInfo(&text, ", \"%s\": [", end_amount_names[end]);
			for (int level = 1; level < steps; level++)
				appendStringInfo(&text, "%s%s", level > 1 ? ", " : "",
								 NumericToText(StatsAmount(stats, level, end)));
			appendStringInfoChar(&text, ']');
		}
	}
	appendStringInfoString(&text, ", \"days\": ");
	FunnelDaysPut(&text, StatsDays(stats), stats->days);
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

Datum
funnel_stats_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), FUNNEL_STATS_VERSION,
									   "funnel_stats");
	FunnelDef  *def = FunnelDefReceive(&reader);
	DateADT		as_of = WireGetInt(&reader);
	uint8		amounts = WireGetByte(&reader);
	FunnelStats *stats = StatsCreate(def, as_of);
	int			count;
	const char *broken;

	if (DATE_NOT_FINITE(as_of) || !IS_VALID_DATE(as_of))
		WireCorrupt(&reader, "Its as_of is out of range.");
	if (amounts > 1)
		WireCorrupt(&reader, "It has the flag %u.", amounts);
	if (amounts)
		stats->header.flags |= FUNNEL_STATS_AMOUNTS;
	for (int level = 0; level <= def->steps; level++)
	{
		FunnelLevel *at = &StatsLevels(stats)[level];

		for (int end = 0; end < ENDS; end++)
		{
			at->count[end] = WireGetInt64(&reader);
			if ((level == 0 || level == def->steps) != (end == END_DONE) && at->count[end] != 0)
				WireCorrupt(&reader, "Level %d has a count that it cannot have.", level);
		}
		at->mature = WireGetInt64(&reader);
	}
	count = WireGetCount(&reader, "durations", PG_INT32_MAX, 2 * sizeof(int64));
	stats = StatsReserveDays(stats, count);
	for (int i = 0; i < count; i++)
	{
		FunnelDays *days = &StatsDays(stats)[i];

		CHECK_FOR_INTERRUPTS();
		days->micros = (uint64) WireGetInt64(&reader);
		days->tag = (uint64) WireGetInt64(&reader);
		if (days->tag >> 48 >= 2 * (uint64) (def->steps - 1))
			WireCorrupt(&reader, "Duration %d is of no step.", i + 1);
	}
	stats->days = count;
	stats->header.flags |= FUNNEL_STATS_LOOSE;
	if ((broken = StatsBroken(stats)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	for (int level = 1; level <= def->steps && amounts; level++)
		for (int end = 0; end < ENDS; end++)
			if ((level == def->steps) == (end == END_DONE))
				stats = StatsAddAmount(stats, level, end, (struct varlena *)
									   CheckFiniteNumeric(WireGetNumeric(&reader), "amount"));
	WireEnd(&reader);
	PG_RETURN_POINTER(StatsSorted(stats));
}

Datum
funnel_stats_send(PG_FUNCTION_ARGS)
{
	FunnelStats *stats = StatsSorted(StatsFromDatum(PG_GETARG_DATUM(0)));
	int			steps = StatsDef(stats)->steps;
	StringInfoData buffer;

	WireBeginSend(&buffer, FUNNEL_STATS_VERSION);
	FunnelDefSend(&buffer, StatsDef(stats));
	WirePutInt(&buffer, stats->as_of);
	WirePutByte(&buffer, (stats->header.flags & FUNNEL_STATS_AMOUNTS) != 0);
	for (int level = 0; level <= steps; level++)
	{
		for (int end = 0; end < ENDS; end++)
			WirePutInt64(&buffer, StatsLevels(stats)[level].count[end]);
		WirePutInt64(&buffer, StatsLevels(stats)[level].mature);
	}
	WirePutInt(&buffer, stats->days);
	for (int i = 0; i < stats->days; i++)
	{
		WirePutInt64(&buffer, StatsDays(stats)[i].micros);
		WirePutInt64(&buffer, StatsDays(stats)[i].tag);
	}
	for (int level = 1; level <= steps && (stats->header.flags & FUNNEL_STATS_AMOUNTS); level++)
		for (int end = 0; end < ENDS; end++)
			if ((level == steps) == (end == END_DONE))
				WirePutNumeric(&buffer, StatsAmount(stats, level, end));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * The report's figures. StatsSums adds up what stopped at a level or went past.
 */
typedef struct FunnelSums
{
	int64		entered;
	int64		mature;
	Numeric		amount;			/* NULL without amounts */
} FunnelSums;

static FunnelSums
StatsSums(const FunnelStats *stats, int from_level)
{
	FunnelSums	sums = {0};

	if (stats->header.flags & FUNNEL_STATS_AMOUNTS)
		sums.amount = int64_to_numeric(0);
	for (int level = from_level; level <= StatsDef(stats)->steps; level++)
	{
		const FunnelLevel *at = &StatsLevels(stats)[level];

		for (int end = 0; end < ENDS; end++)
		{
			CountAdd(&sums.entered, at->count[end], ENTITIES);
			if (sums.amount != NULL)
				sums.amount = NumericAdd(sums.amount, StatsAmount(stats, level, end));
		}
		CountAdd(&sums.mature, at->mature, ENTITIES);
	}
	return sums;
}

static void
PutCount(RowWriter *row, bool known, int64 count)
{
	if (known)
		RowPutInt64(row, count);
	else
		RowPutNull(row);
}

static void
PutPercentile(RowWriter *row, const FunnelStats *stats, int slot, double fraction)
{
	double		days;

	if (FunnelDaysPercentile(StatsDays(stats), stats->days, slot, fraction, &days))
		RowPutFloat(row, days);
	else
		RowPutNull(row);
}

/* funnel_rows(funnel_stats): one row per step */
Datum
funnel_rows(PG_FUNCTION_ARGS)
{
	FunnelStats *stats = StatsSorted(StatsFromDatum(PG_GETARG_DATUM(0)));
	const FunnelDef *def = StatsDef(stats); /* its zone has been used, and need not be known here */
	RowWriter	row = RowsBegin(fcinfo);
	int64		first = 0;

	for (int step = 1; step <= def->steps; step++)
	{
		bool		last = step == def->steps;
		bool		mature = def->has_within;
		bool		named = def->mode != FUNNEL_ANY_ORDER;
		const FunnelLevel *level = &StatsLevels(stats)[step];
		FunnelSums	entered = StatsSums(stats, step);
		FunnelSums	converted = last ? entered : StatsSums(stats, step + 1);

		if (step == 1)
			first = entered.entered;
		RowPutInt(&row, step);
		RowPutText(&row, named ? FunnelDefStep(def, step - 1) : NULL);
		RowPutText(&row, named && !last ? FunnelDefStep(def, step) : NULL);
		RowPutInt64(&row, entered.entered);
		RowPutInt64(&row, converted.entered);
		for (int end = END_OPEN; end <= END_EXPIRED; end++)
			RowPutInt64(&row, last ? 0 : level->count[end]);
		RowPutProportion(&row, converted.entered, last ? 0 : entered.entered);
		RowPutRate(&row, (double) entered.entered, (double) first);
		PutCount(&row, mature, entered.mature);
		PutCount(&row, mature, converted.mature);
		RowPutProportion(&row, converted.mature, mature && !last ? entered.mature : 0);
		PutPercentile(&row, stats, 2 * (step - 1), 0.5);
		PutPercentile(&row, stats, 2 * (step - 1), 0.9);
		PutPercentile(&row, stats, 2 * (step - 1) + 1, 0.5);
		PutPercentile(&row, stats, 2 * (step - 1) + 1, 0.9);
		RowPutNumeric(&row, entered.amount);
		RowPutNumeric(&row, converted.amount);
		for (int end = END_OPEN; end <= END_EXPIRED; end++)
			RowPutNumeric(&row, entered.amount == NULL ? NULL :
					  last ? int64_to_numeric(0) : StatsAmount(stats, step, end));
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* funnel_summary(funnel_stats): one row */
Datum
funnel_summary(PG_FUNCTION_ARGS)
{
	FunnelStats *stats = StatsSorted(StatsFromDatum(PG_GETARG_DATUM(0)));
	int			steps = StatsDef(stats)->steps;
	FunnelLevel *levels = StatsLevels(stats);
	int64		not_entered = levels[0].count[END_DONE];
	int64		converted = levels[steps].count[END_DONE];
	int64		entities = not_entered;
	int64		entered = StatsSums(stats, 1).entered;
	int64		ended[ENDS] = {0};
	int64		closed = converted;
	RowWriter	row = RowBegin(fcinfo);

	CountAdd(&entities, entered, ENTITIES);
	for (int end = END_OPEN; end <= END_EXPIRED; end++)
		for (int level = 1; level < steps; level++)
			CountAdd(&ended[end], levels[level].count[end], ENTITIES);
	CountAdd(&closed, ended[END_LOST], ENTITIES);
	RowPutInt64(&row, entities);
	RowPutInt64(&row, not_entered);
	RowPutInt64(&row, entered);
	RowPutInt64(&row, converted);
	for (int end = END_OPEN; end <= END_EXPIRED; end++)
		RowPutInt64(&row, ended[end]);
	/* of a funnel that knows no loss all that end have won */
	RowPutProportion(&row, converted, StatsDef(stats)->lost > 0 || ended[END_LOST] > 0 ? closed : 0);
	if (steps > 1)
		PutPercentile(&row, stats, 2 * (steps - 2) + 1, 0.5);
	else
		RowPutNull(&row);
	PG_RETURN_DATUM(RowDatum(&row));
}

STATE_COMBINE(funnel_stats_combine_two, funnel_stats_combine, funnel_stats_final)
