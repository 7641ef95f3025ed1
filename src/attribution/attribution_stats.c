/*
 * attribution_stats.c
 *		attribution_stats, a population's journeys with each distinct path once:
 *		attribution_agg and attribution_merge.
 *
 * While it is folded, a state has an index of channels and paths among its entries.
 * All that is added up is whole numbers (counts, amounts in units of their last
 * digit, time-decay credit in units of 2^-52), so the order of rows and the split over
 * workers change no bit; channels get their numbers by name at the end.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "attribution/attribution.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/parameter.h"

#define CHANNEL_SLOTS	512
#define FIRST_PATH_SLOTS 64
#define FIRST_ENTRIES	4096	/* bytes for entries in a new state */

PG_FUNCTION_INFO_V1(attribution_stats_add);
PG_FUNCTION_INFO_V1(attribution_stats_combine);
PG_FUNCTION_INFO_V1(attribution_stats_final);

/* An index; offsets are from the state's start, 0 where a slot is free. */
typedef struct StatsIndex
{
	AttributionEntry entry;
	int32		channel[ATTRIBUTION_MOST_CHANNELS + 1];
	uint8		channel_slot[CHANNEL_SLOTS];	/* 1 + number */
	int32		path_slot[FLEXIBLE_ARRAY_MEMBER];
} StatsIndex;

#define EntryAt(stats, offset)	((void *) ((char *) (stats) + (offset)))

static inline StatsIndex *
IndexOf(const AttributionStats *stats)
{
	return EntryAt(stats, stats->index_at);
}

static inline Size
StatsSize(const AttributionStats *stats)
{
	return sizeof(AttributionStats) + stats->def_size + stats->used;
}

static inline AttributionEntry *
FirstEntry(const AttributionStats *stats)
{
	return (AttributionEntry *) EntriesOf(stats);
}

static inline AttributionEntry *
NextEntry(const AttributionEntry *entry)
{
	return (AttributionEntry *) ((char *) entry + entry->size);
}

static inline bool
IsEntry(const AttributionStats *stats, const AttributionEntry *entry)
{
	return (const char *) entry < (const char *) stats + StatsSize(stats);
}

/* A state of no journeys, in the current context. */
AttributionStats *
AttributionStatsCreate(const AttributionDef *def, DateADT as_of)
{
	int32		def_size = MAXALIGN(VARSIZE(def));
	AttributionStats *stats = StateCreate(sizeof(AttributionStats) + def_size + FIRST_ENTRIES,
										  ATTRIBUTION_STATS_VERSION);

	stats->def_size = def_size;
	stats->as_of = as_of;
	memcpy((char *) stats + sizeof(AttributionStats), def, VARSIZE(def));
	return stats;
}

/* Appends an entry of so many bytes; returns the state, or a larger one in the current context. */
static AttributionStats *
AppendEntry(AttributionStats *stats, EntryKind kind, Size size, void *entry)
{
	AttributionEntry *added;

	size = MAXALIGN(size);
	stats = StateReserve(stats, StatsSize(stats), size, "attribution_stats");
	added = EntryAt(stats, StatsSize(stats));
	added->size = size;
	added->kind = kind;
	stats->used += size;
	*(AttributionEntry **) entry = added;
	return stats;
}

static inline uint32
NameSlot(const char *name, int length)
{
	return hash_bytes((const unsigned char *) name, length) % CHANNEL_SLOTS;
}

static inline uint32
PathHash(const uint8 *channels, int touches)
{
	return hash_bytes(channels, touches);
}

static void
IndexPath(AttributionStats *stats, const PathEntry *path)
{
	StatsIndex *index = IndexOf(stats);
	uint32		slot = PathHash(path->channel, path->touches) & (stats->index_slots - 1);

	while (index->path_slot[slot] != 0)
		slot = (slot + 1) & (stats->index_slots - 1);
	index->path_slot[slot] = (const char *) path - (char *) stats;
}

static void
IndexChannel(AttributionStats *stats, const ChannelEntry *channel)
{
	StatsIndex *index = IndexOf(stats);
	uint32		slot = NameSlot(channel->name, channel->length);

	while (index->channel_slot[slot] != 0)
		slot = (slot + 1) % CHANNEL_SLOTS;
	index->channel_slot[slot] = channel->entry.number + 1;
	index->channel[channel->entry.number] = (const char *) channel - (char *) stats;
}

/* Makes sure that there is an index with room for one more path. */
static AttributionStats *
StatsIndexed(AttributionStats *stats)
{
	StatsIndex *index;
	int			slots = Max(stats->index_slots, FIRST_PATH_SLOTS);

	while (slots < 2 * (stats->paths + 1))
		slots *= 2;
	if (stats->index_at != 0 && slots == stats->index_slots)
		return stats;
	stats = AppendEntry(stats, ENTRY_UNUSED, offsetof(StatsIndex, path_slot) + slots * sizeof(int32),
						&index);
	stats->index_at = (char *) index - (char *) stats;
	stats->index_slots = slots;
	for (AttributionEntry *entry = FirstEntry(stats); IsEntry(stats, entry); entry = NextEntry(entry))
	{
		if (entry->kind == ENTRY_CHANNEL)
			IndexChannel(stats, (ChannelEntry *) entry);
		else if (entry->kind == ENTRY_PATH)
			IndexPath(stats, (PathEntry *) entry);
	}
	return stats;
}

/* The channel of a number in a state with an index. */
ChannelEntry *
StatsChannelEntry(const AttributionStats *stats, int number)
{
	return EntryAt(stats, IndexOf(stats)->channel[number]);
}

/* Finds a channel, or adds it. */
AttributionStats *
StatsChannel(AttributionStats *stats, const char *name, int length, int *number)
{
	StatsIndex *index;
	ChannelEntry *channel;
	uint32		slot = NameSlot(name, length);

	stats = StatsIndexed(stats);
	index = IndexOf(stats);
	for (; index->channel_slot[slot] != 0; slot = (slot + 1) % CHANNEL_SLOTS)
	{
		*number = index->channel_slot[slot] - 1;
		channel = StatsChannelEntry(stats, *number);
		if (BytesEqual(channel->name, channel->length, name, length))
			return stats;
	}
	if (stats->channels >= ATTRIBUTION_MOST_CHANNELS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d channels in one attribution_stats", ATTRIBUTION_MOST_CHANNELS),
				 errdetail("The next one is \"%.*s\".", pg_mbcliplen(name, length, 100), name),
				 errhint("Group them: a channel is a kind of contact such as expo or search, not a campaign or a link.")));
	stats = AppendEntry(stats, ENTRY_CHANNEL, offsetof(ChannelEntry, name) + length, &channel);
	*number = stats->channels++;
	channel->entry.number = *number;
	channel->length = length;
	if (length > 0)
		memcpy(channel->name, name, length);
	IndexChannel(stats, channel);
	return stats;
}

/* Finds a path of channels' numbers, or adds it with no journey. */
AttributionStats *
StatsPath(AttributionStats *stats, const uint8 *channels, int touches, PathEntry **path)
{
	StatsIndex *index;
	uint32		slot;

	stats = StatsIndexed(stats);
	index = IndexOf(stats);
	slot = PathHash(channels, touches) & (stats->index_slots - 1);
	for (; index->path_slot[slot] != 0; slot = (slot + 1) & (stats->index_slots - 1))
	{
		*path = EntryAt(stats, index->path_slot[slot]);
		if ((*path)->touches == touches && memcmp((*path)->channel, channels, touches) == 0)
			return stats;
	}
	stats = AppendEntry(stats, ENTRY_PATH, offsetof(PathEntry, channel) + touches, path);
	(*path)->touches = touches;
	memcpy((*path)->channel, channels, touches);
	stats->paths++;
	IndexPath(stats, *path);
	return stats;
}

/* Adds to what a path's wins brought; both below 2^127. */
void
PathAddAmount(PathEntry *path, uint128 amount)
{
	uint128 sum = PathAmount(path) + amount;

	if (sum >> 127)
		AmountTooLong(NULL);
	path->amount_low = (uint64) sum;
	path->amount_high = (uint64) (sum >> 64);
}

/* amount * 10,000^groups, below 2^127. */
static uint128
AmountRescale(uint128 amount, int groups)
{
	int128		scaled = amount;

	if (!DecimalMultiply(&scaled, groups))
		AmountTooLong(NULL);
	return scaled;
}

/* Lets amounts have more digits behind the point: all sums so far in finer units. */
static void
StatsRaiseScale(AttributionStats *stats, int scale)
{
	int			groups = (scale + 3) / 4 - AmountGroups(stats);

	if (scale <= stats->scale)
		return;
	stats->scale = scale;
	if (groups == 0)
		return;
	for (AttributionEntry *entry = FirstEntry(stats); IsEntry(stats, entry); entry = NextEntry(entry))
	{
		if (entry->kind == ENTRY_CHANNEL)
		{
			if (!IntegerSumRescale(&((ChannelEntry *) entry)->decay_amount, groups))
				AmountTooLong(NULL);
		}
		else if (entry->kind == ENTRY_PATH)
		{
			PathEntry  *path = (PathEntry *) entry;
			uint128 amount = AmountRescale(PathAmount(path), groups);

			path->amount_low = path->amount_high = 0;
			PathAddAmount(path, amount);
		}
	}
}

/* ------------------------------------------------------------------------- */

static int
CompareChannels(const void *left, const void *right)
{
	const ChannelEntry *l = *(const ChannelEntry *const *) left;
	const ChannelEntry *r = *(const ChannelEntry *const *) right;

	return BytesCompare(l->name, l->length, r->name, r->length);
}

static inline int
ComparePaths(const PathEntry *left, const PathEntry *right)
{
	return BytesCompare((const char *) left->channel, left->touches,
						(const char *) right->channel, right->touches);
}

typedef PathEntry *PathEntryPointer;

#define ST_SORT SortPaths
#define ST_ELEMENT_TYPE PathEntryPointer
#define ST_COMPARE(a, b) ComparePaths(*(a), *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * The one form of a set of journeys, in a copy in the current context: channels by
 * name, paths by their channels, no index, no room to spare.
 */
AttributionStats *
AttributionStatsCanonical(AttributionStats *stats)
{
	ChannelEntry **channels = palloc(Max(1, stats->channels) * sizeof(ChannelEntry *));
	PathEntry **paths = palloc_extended(Max(1, stats->paths) * sizeof(PathEntry *), MCXT_ALLOC_HUGE);
	uint8		numbers[ATTRIBUTION_MOST_CHANNELS + 1];
	AttributionStats *result;
	char	   *copies;
	char	   *at;
	Size		path_bytes = 0;
	int			channel_count = 0;
	int			path_count = 0;

	if (stats->index_at == 0 && VARSIZE(stats) == StatsSize(stats))
		return stats;
	for (AttributionEntry *entry = FirstEntry(stats); IsEntry(stats, entry); entry = NextEntry(entry))
	{
		if (entry->kind == ENTRY_CHANNEL)
			channels[channel_count++] = (ChannelEntry *) entry;
		else if (entry->kind == ENTRY_PATH)
			path_bytes += entry->size;
	}
	qsort(channels, channel_count, sizeof(ChannelEntry *), CompareChannels);
	for (int i = 0; i < channel_count; i++)
		numbers[channels[i]->entry.number] = i;

	/* paths in the new numbers, then in their order */
	at = copies = palloc_extended(Max(1, path_bytes), MCXT_ALLOC_HUGE);
	for (AttributionEntry *entry = FirstEntry(stats); IsEntry(stats, entry); entry = NextEntry(entry))
	{
		PathEntry  *path = (PathEntry *) at;

		CHECK_FOR_INTERRUPTS();
		if (entry->kind != ENTRY_PATH)
			continue;
		memcpy(path, entry, entry->size);
		for (int i = 0; i < path->touches; i++)
			path->channel[i] = numbers[path->channel[i]];
		paths[path_count++] = path;
		at += entry->size;
	}
	SortPaths(paths, path_count);

	result = AttributionStatsCreate(AttributionStatsDef(stats), stats->as_of);
	result->scale = stats->scale;
	result->young = stats->young;
	for (int i = 0; i < channel_count + path_count; i++)
	{
		const AttributionEntry *source = i < channel_count ? &channels[i]->entry :
			&paths[i - channel_count]->entry;
		AttributionEntry *entry;

		CHECK_FOR_INTERRUPTS();
		result = AppendEntry(result, (EntryKind) source->kind, source->size, &entry);
		memcpy(entry, source, source->size);
		entry->number = i < channel_count ? i : 0;
	}
	result->channels = channel_count;
	result->paths = path_count;
	pfree(copies);
	return StateTrim(result, StatsSize(result));
}

/* A stored state, canonical. */
static AttributionStats *
AttributionStatsFromDatum(Datum value)
{
	return AttributionStatsCanonical(StateFromDatum(value, ATTRIBUTION_STATS_VERSION,
													sizeof(AttributionStats), "attribution_stats"));
}

/*
 * The rules that hold for every canonical value; NULL, or which one is broken. What
 * passes adds up without an overflow.
 */
const char *
AttributionStatsBroken(const AttributionStats *stats)
{
	bool		used[ATTRIBUTION_MOST_CHANNELS + 1] = {false};
	bool		has_decay = (AttributionStatsDef(stats)->spans_given & (1 << SPAN_HALF_LIFE)) != 0;
	const ChannelEntry *before = NULL;
	const PathEntry *path_before = NULL;
	IntegerSum	decay = {{0}};
	IntegerSum	decay_amount = {{0}};
	int64		journeys = stats->young;
	int64		touched_won = 0;
	uint128 amount = 0;
	uint128 touched_amount = 0;
	IntegerSum	expected = {{0}};

	if (stats->young < 0)
		return "The number of young journeys is negative.";
	for (AttributionEntry *entry = FirstEntry(stats); IsEntry(stats, entry); entry = NextEntry(entry))
	{
		if (entry->kind == ENTRY_CHANNEL)
		{
			const ChannelEntry *channel = (const ChannelEntry *) entry;

			if (before && CompareChannels(&before, &channel) >= 0)
				return "Channels are not in order.";
			if (IntegerSumIsNegative(&channel->decay) || IntegerSumIsNegative(&channel->decay_square) ||
				IntegerSumIsNegative(&channel->decay_amount))
				return "A channel's time-decay credit is negative.";
			if (!has_decay && !(IntegerSumIsZero(&channel->decay) && IntegerSumIsZero(&channel->decay_square) &&
								IntegerSumIsZero(&channel->decay_amount)))
				return "There is time-decay credit without a half-life.";
			IntegerSumAddSum(&decay, &channel->decay);
			IntegerSumAddSum(&decay_amount, &channel->decay_amount);
			before = channel;
		}
		else
		{
			const PathEntry *path = (const PathEntry *) entry;

			if (path_before && ComparePaths(path_before, path) >= 0)
				return "Paths are not in order.";
			for (int i = 0; i < path->touches; i++)
			{
				if (path->channel[i] >= stats->channels)
					return "A path has an unknown channel.";
				used[path->channel[i]] = true;
			}
			for (int i = 0; i < JOURNEY_OUTCOMES; i++)
				if (path->count[i] < 0 || __builtin_add_overflow(journeys, path->count[i], &journeys))
					return "Journeys are more than can be counted, or fewer than none.";
			if (path->count[OUTCOME_WON] == 0 && path->count[OUTCOME_LOST] == 0 &&
				path->count[OUTCOME_OPEN] == 0)
				return "A path has no journey.";
			if (path->touches == 0 && path->count[OUTCOME_OPEN] > 0)
				return "An open journey has no touch.";
			if (path->count[OUTCOME_WON] == 0 && PathAmount(path) != 0)
				return "There is an amount without a win.";
			if (path->touches > 0)
			{
				touched_won += path->count[OUTCOME_WON];
				touched_amount += PathAmount(path);
			}
			amount += PathAmount(path);
			if (PathAmount(path) >> 127 || amount >> 127)
				return "Amounts add up to more than can be held.";
			path_before = path;
		}
	}
	for (int i = 0; i < stats->channels; i++)
		if (!used[i])
			return "A channel is on no path.";
	if (has_decay)
	{
		IntegerSumAddProduct(&expected, touched_won, DECAY_ONE);
		if (memcmp(&expected, &decay, sizeof(IntegerSum)) != 0)
			return "Time-decay credits do not add up to the wins.";
		memset(&expected, 0, sizeof(IntegerSum));
		IntegerSumAddProduct(&expected, touched_amount, DECAY_ONE);
		if (memcmp(&expected, &decay_amount, sizeof(IntegerSum)) != 0)
			return "Time-decay amounts do not add up to those of the wins.";
	}
	return NULL;
}

/* A canonical value, taken apart in the current context. */
AttributionView
AttributionOpen(Datum value)
{
	AttributionView view = {.stats = AttributionStatsFromDatum(value)};
	int			channels = 0;
	int			paths = 0;

	view.channel = palloc(Max(1, view.stats->channels) * sizeof(ChannelEntry *));
	view.path = palloc_extended(Max(1, view.stats->paths) * sizeof(PathEntry *), MCXT_ALLOC_HUGE);
	for (AttributionEntry *entry = FirstEntry(view.stats); IsEntry(view.stats, entry); entry = NextEntry(entry))
	{
		if (entry->kind == ENTRY_CHANNEL)
			view.channel[channels++] = (ChannelEntry *) entry;
		else
			view.path[paths++] = (PathEntry *) entry;
	}
	return view;
}

/* Sums over all paths. */
AttributionTotals
AttributionSum(const AttributionView *view)
{
	AttributionTotals totals;

	memset(&totals, 0, sizeof(totals));
	for (int i = 0; i < view->stats->paths; i++)
	{
		const PathEntry *path = view->path[i];

		CHECK_FOR_INTERRUPTS();
		for (int o = 0; o < JOURNEY_OUTCOMES; o++)
			CountAdd(&totals.count[o], path->count[o], "journeys");
		if (path->touches == 0)
		{
			totals.no_touch_won = path->count[OUTCOME_WON];
			totals.no_touch_amount = PathAmount(path);
		}
		totals.won_amount += PathAmount(path);
		if (totals.won_amount >> 127)
			AmountTooLong(NULL);
	}
	return totals;
}

/* An amount in units of 10^-(4 * groups), with so many digits behind the point. */
Numeric
AmountNumeric(uint128 amount, int groups, int scale)
{
	Decimal		decimal = {(int128) amount, groups, scale};

	return DecimalToNumeric(&decimal);
}

/* ------------------------------------------------------------------------- */

/* A definition and a day, ready for work, of one call site. */
typedef struct StatsCall
{
	AttributionSpec *spec;
	DateADT		as_of;
	int64		known_until;
} StatsCall;

/* One customer's journeys on their way into a state. */
typedef struct StatsFold
{
	const JourneyRule *rule;
	AttributionStats *stats;
	uint8	   *channels;		/* room for as many as the customer has rows */
	double	   *decay;
	int64		credit[ATTRIBUTION_MOST_CHANNELS];	/* all 0 between two journeys */
} StatsFold;

/* Adds a win's time-decay credit: whole units that sum to one win. */
static void
AddDecay(StatsFold *fold, const Journey *journey, uint128 amount)
{
	int64		rest = DECAY_ONE;

	DecayShares(fold->rule, journey, fold->decay);
	for (int i = 0; i < journey->touches; i++)
	{
		int64		units = (int64) (fold->decay[i] * DECAY_ONE);

		/* the last touch weighs most, and takes what rounding left */
		units = i == journey->touches - 1 ? rest : Min(units, rest);
		rest -= units;
		fold->credit[fold->channels[i]] += units;
	}
	for (int i = 0; i < journey->touches; i++)
	{
		int			number = fold->channels[i];
		int64		credit = fold->credit[number];
		ChannelEntry *channel;

		if (credit == 0)
			continue;
		channel = StatsChannelEntry(fold->stats, number);
		IntegerSumAdd(&channel->decay, credit);
		IntegerSumAdd(&channel->decay_square, ((__int128) credit * credit) >> DECAY_BITS);
		IntegerSumAddProduct(&channel->decay_amount, amount, credit);
		fold->credit[number] = 0;
	}
}

/* Counts a journey on its path. */
static void
AddJourney(const Journey *journey, void *context)
{
	StatsFold  *fold = context;
	PathEntry  *path;
	uint128 amount = 0;

	if (journey->is_young)
	{
		CountAdd(&fold->stats->young, 1, "journeys");
		return;
	}
	for (int i = 0; i < journey->touches; i++)
	{
		int			number;

		fold->stats = StatsChannel(fold->stats, journey->touch[i]->data, journey->touch[i]->length,
								   &number);
		fold->channels[i] = number;
	}
	if (journey->outcome == OUTCOME_WON)
	{
		StatsRaiseScale(fold->stats, journey->end->scale);
		JourneyAmount(journey->end, &amount);
		amount = AmountRescale(amount, AmountGroups(fold->stats) - journey->end->groups);
	}
	fold->stats = StatsPath(fold->stats, fold->channels, journey->touches, &path);
	CountAdd(&path->count[journey->outcome], 1, "journeys");
	PathAddAmount(path, amount);
	if (journey->outcome == OUTCOME_WON && journey->touches > 0 && fold->rule->half_life > 0)
		AddDecay(fold, journey, amount);
}

/* The definition and the day of the arguments, ready; kept by the call site. */
static StatsCall *
CallOf(FunctionCallInfo fcinfo)
{
	StatsCall  *call = fcinfo->flinfo->fn_extra;
	Datum		def = PG_GETARG_DATUM(2);
	DateADT		as_of = PG_GETARG_DATEADT(3);

	if (call == NULL)
		call = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
																 sizeof(StatsCall));
	if (call->spec == NULL || !AttributionDefIs(call->spec->def, def))
	{
		AttributionSpec *spec = AttributionSpecCreate(AttributionDefFromDatum(def), true,
													  fcinfo->flinfo->fn_mcxt);

		if (call->spec != NULL)
			pfree(call->spec);
		call->spec = spec;
		call->known_until = AttributionKnownUntil(spec, as_of);
		call->as_of = as_of;
	}
	else if (call->as_of != as_of)
	{
		call->known_until = AttributionKnownUntil(call->spec, as_of);
		call->as_of = as_of;
	}
	return call;
}

static const char *
StatsParameters(const AttributionDef *def, DateADT as_of)
{
	StringInfoData text;

	initStringInfo(&text);
	AttributionDefPut(&text, def);
	appendStringInfo(&text, " by %s", DateText(as_of));
	return text.data;
}

static void
CheckSameStats(const AttributionStats *stats, const AttributionDef *def, DateADT as_of,
			   const char *aggregate)
{
	const AttributionDef *own = AttributionStatsDef(stats);

	if (stats->as_of != as_of || VARSIZE(own) != VARSIZE(def) ||
		memcmp(own, def, VARSIZE(def)) != 0)
		AggregateArgumentChanged(aggregate, StatsParameters(own, stats->as_of),
								 StatsParameters(def, as_of));
}

/*
 * attribution_stats_add(attribution_stats, journey_state, attribution_def, as_of date):
 * adds one customer's journeys by the end of the day as_of
 */
Datum
attribution_stats_add(PG_FUNCTION_ARGS)
{
	StatsFold	fold;
	StatsCall  *call;
	JourneyState *state;
	const JourneyRow **rows;
	int			count;

	AggregateContext(fcinfo, "attribution_agg");
	CheckAggregateArgument(fcinfo, 2, "attribution_agg", "def");
	CheckAggregateArgument(fcinfo, 3, "attribution_agg", "as_of");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	call = CallOf(fcinfo);
	if (PG_ARGISNULL(0))
		fold.stats = AttributionStatsCreate(call->spec->def, call->as_of);
	else
	{
		fold.stats = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameStats(fold.stats, call->spec->def, call->as_of, "attribution_agg");
	}
	state = JourneyStateFromDatum(PG_GETARG_DATUM(1));
	rows = JourneyStateRows(state, call->known_until, &count);
	fold.rule = &call->spec->rule;
	fold.channels = palloc(Max(1, count));
	fold.decay = fold.rule->half_life > 0 ?
		palloc_extended(Max(1, count) * sizeof(double), MCXT_ALLOC_HUGE) : NULL;
	if (fold.decay)
		memset(fold.credit, 0, sizeof(fold.credit));
	JourneyCut(fold.rule, rows, count, call->known_until,
			   palloc_extended(Max(1, count) * sizeof(JourneyRow *), MCXT_ALLOC_HUGE),
			   AddJourney, &fold);
	PG_RETURN_POINTER(fold.stats);
}

/* Adds another state, whose paths may be in any order, to one in place. */
static AttributionStats *
AddStats(AttributionStats *stats, const AttributionStats *other)
{
	uint8		numbers[ATTRIBUTION_MOST_CHANNELS + 1] = {0};
	int			groups;

	CheckSameStats(stats, AttributionStatsDef(other), other->as_of, "attribution_merge");
	StatsRaiseScale(stats, other->scale);
	groups = AmountGroups(stats) - AmountGroups(other);
	CountAdd(&stats->young, other->young, "journeys");
	for (AttributionEntry *entry = FirstEntry(other); IsEntry(other, entry); entry = NextEntry(entry))
	{
		CHECK_FOR_INTERRUPTS();
		if (entry->kind == ENTRY_CHANNEL)
		{
			const ChannelEntry *more = (const ChannelEntry *) entry;
			IntegerSum	amount = more->decay_amount;
			ChannelEntry *channel;
			int			number;

			stats = StatsChannel(stats, more->name, more->length, &number);
			channel = StatsChannelEntry(stats, number);
			numbers[more->entry.number] = number;
			if (!IntegerSumRescale(&amount, groups))
				AmountTooLong(NULL);
			IntegerSumAddSum(&channel->decay, &more->decay);
			IntegerSumAddSum(&channel->decay_square, &more->decay_square);
			IntegerSumAddSum(&channel->decay_amount, &amount);
		}
	}
	for (AttributionEntry *entry = FirstEntry(other); IsEntry(other, entry); entry = NextEntry(entry))
	{
		const PathEntry *more = (const PathEntry *) entry;
		uint8	   *channels;
		PathEntry  *path;

		CHECK_FOR_INTERRUPTS();
		if (entry->kind != ENTRY_PATH)
			continue;
		channels = palloc(Max(1, more->touches));
		for (int i = 0; i < more->touches; i++)
			channels[i] = numbers[more->channel[i]];
		stats = StatsPath(stats, channels, more->touches, &path);
		for (int i = 0; i < JOURNEY_OUTCOMES; i++)
			CountAdd(&path->count[i], more->count[i], "journeys");
		PathAddAmount(path, AmountRescale(PathAmount(more), groups));
		pfree(channels);
	}
	return stats;
}

/*
 * attribution_stats_combine(attribution_stats, attribution_stats): either may be NULL.
 * The result is the first, changed in place, or a new one.
 */
Datum
attribution_stats_combine(PG_FUNCTION_ARGS)
{
	AttributionStats *other;
	AttributionStats *stats;

	AggregateContext(fcinfo, "attribution_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), ATTRIBUTION_STATS_VERSION, sizeof(AttributionStats),
						   "attribution_stats");
	stats = PG_ARGISNULL(0) ? AttributionStatsCreate(AttributionStatsDef(other), other->as_of) :
		PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(AddStats(stats, other));
}

/* attribution_stats_final(attribution_stats): canonical, in a copy */
Datum
attribution_stats_final(PG_FUNCTION_ARGS)
{
	AttributionStats *stats = AttributionStatsCanonical(PG_GETARG_STATE_IN_PLACE(0));

	Assert(AttributionStatsBroken(stats) == NULL);
	PG_RETURN_POINTER(stats);
}

STATE_COMBINE(attribution_stats_combine_two, attribution_stats_combine, attribution_stats_final)
