/*
 * attribution_tables.c
 *		What a population's journeys look like: attribution_summary, _channels, _paths
 *		and _transitions.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"

#include "attribution/attribution_models.h"
#include "base/check.h"
#include "base/rows.h"

PG_FUNCTION_INFO_V1(attribution_summary);
PG_FUNCTION_INFO_V1(attribution_channels);
PG_FUNCTION_INFO_V1(attribution_paths);
PG_FUNCTION_INFO_V1(attribution_transitions);

/*
 * attribution_summary(attribution_stats) → (journeys, won, lost, open, young, no_touch_won,
 * paths bigint, won_amount, no_touch_amount numeric, win_rate, _low, _high)
 */
Datum
attribution_summary(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowBegin(fcinfo);
	AttributionView view = AttributionOpen(PG_GETARG_DATUM(0));
	const AttributionStats *stats = view.stats;
	AttributionTotals totals = AttributionSum(&view);
	int64		decided = totals.count[OUTCOME_WON];
	int64		journeys;

	CountAdd(&decided, totals.count[OUTCOME_LOST], "journeys");
	journeys = decided;
	CountAdd(&journeys, totals.count[OUTCOME_OPEN], "journeys");
	RowPutInt64(&row, journeys);
	for (int i = 0; i < JOURNEY_OUTCOMES; i++)
		RowPutInt64(&row, totals.count[i]);
	RowPutInt64(&row, stats->young);
	RowPutInt64(&row, totals.no_touch_won);
	RowPutInt64(&row, stats->paths);
	RowPutNumeric(&row, AmountNumeric(totals.won_amount, AmountGroups(stats), stats->scale));
	RowPutNumeric(&row, AmountNumeric(totals.no_touch_amount, AmountGroups(stats), stats->scale));
	RowPutProportion(&row, totals.count[OUTCOME_WON], decided);
	PG_RETURN_DATUM(RowDatum(&row));
}

typedef struct ChannelFigures
{
	int64		count[JOURNEY_OUTCOMES];
	int64		touches;
	int64		first;
	int64		last;
	int64		only;
	uint128 amount;
} ChannelFigures;

/* Counts a path for each channel on it. */
static void
CountPath(const PathEntry *path, ChannelFigures *figures)
{
	bool		seen[ATTRIBUTION_MOST_CHANNELS] = {false};
	int64		journeys = path->count[OUTCOME_WON] + path->count[OUTCOME_LOST] + path->count[OUTCOME_OPEN];

	for (int i = 0; i < path->touches; i++)
	{
		ChannelFigures *of = &figures[path->channel[i]];

		CountAdd(&of->touches, journeys, "touches");
		if (i == 0)
			of->first += journeys;
		if (i == path->touches - 1)
			of->last += journeys;
		if (path->touches == 1)
			of->only += journeys;
		if (seen[path->channel[i]])
			continue;
		seen[path->channel[i]] = true;
		for (int o = 0; o < JOURNEY_OUTCOMES; o++)
			of->count[o] += path->count[o];
		of->amount += PathAmount(path);
	}
}

/*
 * attribution_channels(attribution_stats) → (channel, journeys, won, lost, open, touches,
 * first_touches, last_touches, only_touches, won_rate, _low, _high, won_amount,
 * removal_effect, removal_effect_amount): one row per channel, by name
 */
Datum
attribution_channels(PG_FUNCTION_ARGS)
{
	RowWriter	out = RowsBegin(fcinfo);
	AttributionView view = AttributionOpen(PG_GETARG_DATUM(0));
	const AttributionStats *stats = view.stats;
	ChannelFigures *figures = palloc0(Max(1, stats->channels) * sizeof(ChannelFigures));
	ChainEffects effects;
	Chain		chain;
	ChainPath  *paths;
	int			count;

	/* what fits the sum of all fits each of its parts */
	AttributionSum(&view);
	for (int i = 0; i < stats->paths; i++)
	{
		CHECK_FOR_INTERRUPTS();
		CountPath(view.path[i], figures);
	}
	paths = ChainPaths(&view, &count);
	ChainBuild(&chain, 1, stats->channels, paths, count);
	effects = ChainSolve(&chain, paths, count, false, 0, 0);
	for (int c = 0; c < stats->channels; c++)
	{
		const ChannelFigures *of = &figures[c];

		RowPutBytes(&out, view.channel[c]->name, view.channel[c]->length);
		RowPutInt64(&out, of->count[OUTCOME_WON] + of->count[OUTCOME_LOST] + of->count[OUTCOME_OPEN]);
		for (int o = 0; o < JOURNEY_OUTCOMES; o++)
			RowPutInt64(&out, of->count[o]);
		RowPutInt64(&out, of->touches);
		RowPutInt64(&out, of->first);
		RowPutInt64(&out, of->last);
		RowPutInt64(&out, of->only);
		RowPutProportion(&out, of->count[OUTCOME_WON], of->count[OUTCOME_WON] + of->count[OUTCOME_LOST]);
		RowPutNumeric(&out, AmountNumeric(of->amount, AmountGroups(stats), stats->scale));
		RowPutRate(&out, effects.effect[c], effects.win);
		RowPutRate(&out, effects.value_effect[c], effects.value);
		RowEnd(&out);
	}
	return (Datum) 0;
}

/* A path's channels joined by " > "; NULL for none. */
static char *
PathText(const AttributionView *view, const uint8 *channels, int touches)
{
	StringInfoData text;

	if (touches == 0)
		return NULL;
	initStringInfo(&text);
	for (int i = 0; i < touches; i++)
	{
		const ChannelEntry *channel = view->channel[channels[i]];

		if (i > 0)
			appendStringInfoString(&text, " > ");
		appendBinaryStringInfo(&text, channel->name, channel->length);
	}
	return text.data;
}

static inline int64
PathJourneys(const PathEntry *path)
{
	return path->count[OUTCOME_WON] + path->count[OUTCOME_LOST] + path->count[OUTCOME_OPEN];
}

/* Most wins first, then most journeys, then as a value keeps them. */
static inline int
ComparePathWins(const PathEntry *left, const PathEntry *right)
{
	if (left->count[OUTCOME_WON] != right->count[OUTCOME_WON])
		return left->count[OUTCOME_WON] > right->count[OUTCOME_WON] ? -1 : 1;
	if (PathJourneys(left) != PathJourneys(right))
		return PathJourneys(left) > PathJourneys(right) ? -1 : 1;
	return left < right ? -1 : left > right;
}

typedef const PathEntry *PathPointer;

#define ST_SORT SortPathsByWins
#define ST_ELEMENT_TYPE PathPointer
#define ST_COMPARE(a, b) ComparePathWins(*(a), *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * attribution_paths(attribution_stats, row_count int) → (path, touch_count, won, lost, open,
 * won_rate, _low, _high, won_amount): the paths with most wins
 */
Datum
attribution_paths(PG_FUNCTION_ARGS)
{
	RowWriter	out = RowsBegin(fcinfo);
	AttributionView view;
	int			row_count;

	CheckSettingIsSet(PG_ARGISNULL(1), "row_count");
	row_count = PG_GETARG_INT32(1);
	if (row_count < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row_count must be at least 1"),
				 errdetail("The value is %d.", row_count),
				 errhint("It is how many paths to show, those with most wins first.")));
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	view = AttributionOpen(PG_GETARG_DATUM(0));
	SortPathsByWins(view.path, view.stats->paths);
	for (int i = 0; i < view.stats->paths && i < row_count; i++)
	{
		const PathEntry *path = view.path[i];

		CHECK_FOR_INTERRUPTS();
		RowPutText(&out, PathText(&view, path->channel, path->touches));
		RowPutInt(&out, path->touches);
		for (int o = 0; o < JOURNEY_OUTCOMES; o++)
			RowPutInt64(&out, path->count[o]);
		RowPutProportion(&out, path->count[OUTCOME_WON], path->count[OUTCOME_WON] + path->count[OUTCOME_LOST]);
		RowPutNumeric(&out, AmountNumeric(PathAmount(path), AmountGroups(view.stats), view.stats->scale));
		RowEnd(&out);
	}
	return (Datum) 0;
}

/*
 * attribution_transitions(attribution_stats, chain_order int) → (from_path, to_channel,
 * to_outcome, moves, probability): the moves of the chain, from the start on
 */
Datum
attribution_transitions(PG_FUNCTION_ARGS)
{
	RowWriter	out = RowsBegin(fcinfo);
	AttributionView view;
	Chain		chain;
	ChainPath  *paths;
	int			order;
	int			count;

	CheckSettingIsSet(PG_ARGISNULL(1), "chain_order");
	order = PG_GETARG_INT32(1);
	if (order != 1 && order != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("chain_order must be 1 or 2"),
				 errdetail("The value is %d.", order),
				 errhint("It is how many of the last touches a state of the chain remembers.")));
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	view = AttributionOpen(PG_GETARG_DATUM(0));
	paths = ChainPaths(&view, &count);
	if (!ChainBuild(&chain, order, view.stats->channels, paths, count))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a chain of order 2 has more than %d states", CHAIN_MOST_STATES),
				 errdetail("There are %d channels.", view.stats->channels),
				 errhint("Group channels, or ask for chain_order 1.")));
	for (int s = 0; s < chain.states; s++)
	{
		uint8		from[2];
		int			touches = 0;
		char	   *from_path;

		if (chain.state[s].before != CHAIN_NO_CHANNEL)
			from[touches++] = chain.state[s].before;
		if (chain.state[s].last != CHAIN_NO_CHANNEL)
			from[touches++] = chain.state[s].last;
		from_path = PathText(&view, from, touches);
		for (int to = 0; to < chain.channels + 2; to++)
		{
			double		moves = chain.moves[(Size) s * (chain.channels + 2) + to];
			const ChannelEntry *channel = to < chain.channels ? view.channel[to] : NULL;

			CHECK_FOR_INTERRUPTS();
			if (moves == 0)
				continue;
			RowPutText(&out, from_path);
			RowPutBytes(&out, channel ? channel->name : NULL, channel ? channel->length : -1);
			RowPutText(&out, channel ? NULL : to == chain.channels ? "won" : "lost");
			RowPutInt64(&out, (int64) moves);
			RowPutFloat(&out, moves / chain.total[s]);
			RowEnd(&out);
		}
	}
	return (Datum) 0;
}
