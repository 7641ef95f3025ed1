/*
 * attribution_form.c
 *		The text and binary forms of attribution_stats.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "attribution/attribution.h"
#include "base/check.h"

PG_FUNCTION_INFO_V1(attribution_stats_in);
PG_FUNCTION_INFO_V1(attribution_stats_out);
PG_FUNCTION_INFO_V1(attribution_stats_recv);
PG_FUNCTION_INFO_V1(attribution_stats_send);

static const char *const count_keys[JOURNEY_OUTCOMES] = {"won", "lost", "open"};

static inline bool
HasDecay(const AttributionStats *stats)
{
	return (AttributionStatsDef(stats)->spans_given & (1 << SPAN_HALF_LIFE)) != 0;
}

/* A sum of whole numbers, or of amounts with so many digits behind the point. */
static void
ReadSum(const JsonNode *object, const char *key, int scale, IntegerSum *sum)
{
	const JsonNode *node = JsonRequire(object, key);
	int			groups = (scale + 3) / 4;
	char		digits[INTEGER_SUM_TEXT_SIZE];
	IntegerSum	again;

	if (!IntegerSumFromText(NumericToText(JsonGetNumeric(node)), groups, sum) ||
		!IntegerSumFromText(IntegerSumToText(sum, groups, scale, digits), groups, &again) ||
		memcmp(sum, &again, sizeof(again)) != 0)
		JsonInvalid(node, NULL, "It has more digits than its scale of %d allows.", scale);
}

/* {"channel": "expo", "credit": …, "square": …, "amount": …}, in units of 2^-52 wins */
static AttributionStats *
ReadDecay(AttributionStats *stats, const JsonNode *node)
{
	static const char *const keys[] = {"channel", "credit", "square", "amount"};
	ChannelEntry *channel;
	const char *name;
	int			number;

	JsonAllowKeys(node, keys, lengthof(keys));
	name = JsonGetText(JsonRequire(node, "channel"));
	if (strlen(name) > ATTRIBUTION_MOST_NAME)
		JsonInvalid(node, NULL, "A channel's name is longer than %d bytes.", ATTRIBUTION_MOST_NAME);
	stats = StatsChannel(stats, name, strlen(name), &number);
	if (number != stats->channels - 1)
		JsonInvalid(node, NULL, "The channel stands twice.");
	channel = StatsChannelEntry(stats, number);
	ReadSum(node, "credit", 0, &channel->decay);
	ReadSum(node, "square", 0, &channel->decay_square);
	ReadSum(node, "amount", stats->scale, &channel->decay_amount);
	return stats;
}

/* An amount that fits a state's scale, in its units; a fault is said of the place. */
static uint128
UnitsOf(const AttributionStats *stats, Numeric amount, bool *fits)
{
	Decimal		value = {0};

	*fits = DecimalFromNumeric((struct varlena *) NumericTrim(amount), &value) &&
		value.coefficient >= 0 && NumericScale(NumericTrim(amount)) <= stats->scale &&
		DecimalRescale(&value, AmountGroups(stats));
	return *fits ? value.coefficient : 0;
}

/* {"path": ["expo", "agent"], "won": 1, "lost": 0, "open": 0, "amount": 12.50} */
static AttributionStats *
ReadPath(AttributionStats *stats, const JsonNode *node)
{
	static const char *const keys[] = {"path", "won", "lost", "open", "amount"};
	const JsonNode *names;
	const JsonNode *amount;
	PathEntry  *path;
	uint8	   *channels;
	int			paths = stats->paths;

	JsonAllowKeys(node, keys, lengthof(keys));
	names = JsonRequire(node, "path");
	JsonExpect(names, JSON_KIND_ARRAY);
	channels = palloc(Max(1, names->count));
	for (int i = 0; i < names->count; i++)
	{
		const char *name = JsonGetText(names->items[i]);
		int			number;

		if (strlen(name) > ATTRIBUTION_MOST_NAME)
			JsonInvalid(names->items[i], NULL, "A channel's name is longer than %d bytes.",
						ATTRIBUTION_MOST_NAME);
		stats = StatsChannel(stats, name, strlen(name), &number);
		channels[i] = number;
	}
	stats = StatsPath(stats, channels, names->count, &path);
	if (stats->paths == paths)
		JsonInvalid(node, NULL, "The path stands twice.");
	for (int i = 0; i < JOURNEY_OUTCOMES; i++)
		path->count[i] = JsonGetInt(JsonRequire(node, count_keys[i]), 0, PG_INT64_MAX);
	if ((amount = JsonMember(node, "amount")) != NULL)
	{
		bool		fits;

		PathAddAmount(path, UnitsOf(stats, JsonGetNumeric(amount), &fits));
		if (!fits)
			JsonInvalid(amount, NULL, "It is negative, or has more digits than its scale of %d allows.",
						stats->scale);
	}
	pfree(channels);
	return stats;
}

/*
 * attribution_stats_in(cstring): reads {"definition": {…}, "as_of": …, "young": 0,
 * "amount_scale": 2, "decay": […], "paths": […]}
 */
Datum
attribution_stats_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"definition", "as_of", "young", "amount_scale", "decay", "paths"
	};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "attribution_stats");
	AttributionStats *stats;
	JsonNode   *node;
	const char *broken;

	JsonAllowKeys(root, keys, lengthof(keys));
	stats = AttributionStatsCreate(AttributionDefRead(JsonRequire(root, "definition")),
								   JsonGetDate(JsonRequire(root, "as_of")));
	if ((node = JsonMember(root, "young")) != NULL)
		stats->young = JsonGetInt(node, 0, PG_INT64_MAX);
	if ((node = JsonMember(root, "amount_scale")) != NULL)
		stats->scale = JsonGetInt(node, 0, ATTRIBUTION_MOST_SCALE);
	if ((node = JsonMember(root, "decay")) != NULL)
	{
		JsonExpect(node, JSON_KIND_ARRAY);
		for (int i = 0; i < node->count; i++)
			stats = ReadDecay(stats, node->items[i]);
	}
	node = JsonRequire(root, "paths");
	JsonExpect(node, JSON_KIND_ARRAY);
	for (int i = 0; i < node->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		stats = ReadPath(stats, node->items[i]);
	}
	stats = AttributionStatsCanonical(stats);
	if ((broken = AttributionStatsBroken(stats)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	PG_RETURN_POINTER(stats);
}

/* attribution_stats_out(attribution_stats): the same text for equal values */
Datum
attribution_stats_out(PG_FUNCTION_ARGS)
{
	AttributionView view = AttributionOpen(PG_GETARG_DATUM(0));
	const AttributionStats *stats = view.stats;
	StringInfoData text;
	char		digits[INTEGER_SUM_TEXT_SIZE];

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"definition\": ");
	AttributionDefPut(&text, AttributionStatsDef(stats));
	appendStringInfoString(&text, ", \"as_of\": ");
	JsonPutDate(&text, stats->as_of);
	if (stats->young > 0)
		appendStringInfo(&text, ", \"young\": " INT64_FORMAT, stats->young);
	if (stats->scale > 0)
		appendStringInfo(&text, ", \"amount_scale\": %d", stats->scale);
	if (HasDecay(stats))
	{
		appendStringInfoString(&text, ", \"decay\": [");
		for (int i = 0; i < stats->channels; i++)
		{
			const ChannelEntry *channel = view.channel[i];

			appendStringInfoString(&text, i == 0 ? "{\"channel\": " : ", {\"channel\": ");
			JsonPutText(&text, pnstrdup(channel->name, channel->length));
			appendStringInfo(&text, ", \"credit\": %s", IntegerSumToText(&channel->decay, 0, 0, digits));
			appendStringInfo(&text, ", \"square\": %s", IntegerSumToText(&channel->decay_square, 0, 0, digits));
			appendStringInfo(&text, ", \"amount\": %s}",
							 IntegerSumToText(&channel->decay_amount, AmountGroups(stats), stats->scale, digits));
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, ", \"paths\": [");
	for (int i = 0; i < stats->paths; i++)
	{
		const PathEntry *path = view.path[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "{\"path\": [" : ", {\"path\": [");
		for (int k = 0; k < path->touches; k++)
		{
			const ChannelEntry *channel = view.channel[path->channel[k]];
			char	   *name = pnstrdup(channel->name, channel->length);

			appendStringInfoString(&text, k == 0 ? "" : ", ");
			JsonPutText(&text, name);
			pfree(name);
		}
		appendStringInfoChar(&text, ']');
		for (int k = 0; k < JOURNEY_OUTCOMES; k++)
			appendStringInfo(&text, ", \"%s\": " INT64_FORMAT, count_keys[k], path->count[k]);
		if (path->count[OUTCOME_WON] > 0)
			appendStringInfo(&text, ", \"amount\": %s",
							 NumericToText(AmountNumeric(PathAmount(path), AmountGroups(stats), stats->scale)));
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

static void
PutWords(StringInfo buffer, const IntegerSum *sum)
{
	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
		WirePutInt64(buffer, sum->word[i]);
}

static void
GetWords(WireReader *reader, int scale, IntegerSum *sum)
{
	int			groups = (scale + 3) / 4;
	char		digits[INTEGER_SUM_TEXT_SIZE];
	IntegerSum	again;

	for (int i = 0; i < INTEGER_SUM_WORDS; i++)
		sum->word[i] = (uint64) WireGetInt64(reader);
	if (!IntegerSumFromText(IntegerSumToText(sum, groups, scale, digits), groups, &again) ||
		memcmp(sum, &again, sizeof(again)) != 0)
		WireCorrupt(reader, "A sum has more digits behind the point than %d.", scale);
}

Datum
attribution_stats_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), ATTRIBUTION_STATS_VERSION,
									   "attribution_stats");
	AttributionDef *def = AttributionDefReceive(&reader);
	DateADT		as_of = WireGetInt(&reader);
	AttributionStats *stats;
	const char *broken;
	int			scale;
	int			count;

	if (!IS_VALID_DATE(as_of))
		WireCorrupt(&reader, "Its day is out of range.");
	stats = AttributionStatsCreate(def, as_of);
	stats->young = WireGetInt64(&reader);
	scale = WireGetByte(&reader);
	if (scale > ATTRIBUTION_MOST_SCALE)
		WireCorrupt(&reader, "It has amounts with %d digits behind the point.", scale);
	stats->scale = scale;
	count = WireGetCount(&reader, "channels", ATTRIBUTION_MOST_CHANNELS, sizeof(int32));
	for (int i = 0; i < count; i++)
	{
		int			number;
		int			length;
		char	   *name = WireGetBytes(&reader, &length);

		if (length > ATTRIBUTION_MOST_NAME)
			WireCorrupt(&reader, "A channel's name has %d bytes.", length);
		stats = StatsChannel(stats, name, length, &number);
		if (number != i)
			WireCorrupt(&reader, "A channel stands twice.");
		if (HasDecay(stats))
		{
			ChannelEntry *channel = StatsChannelEntry(stats, number);

			GetWords(&reader, 0, &channel->decay);
			GetWords(&reader, 0, &channel->decay_square);
			GetWords(&reader, scale, &channel->decay_amount);
		}
	}
	count = WireGetCount(&reader, "paths", PG_INT32_MAX, sizeof(int32) + 5 * sizeof(int64));
	for (int i = 0; i < count; i++)
	{
		int			touches = WireGetCount(&reader, "touches", PG_INT32_MAX, 1);
		uint8	   *channels = palloc(Max(1, touches));
		PathEntry  *path;
		IntegerSum	amount = {{0}};
		IntegerSum	again;
		char		digits[INTEGER_SUM_TEXT_SIZE];

		CHECK_FOR_INTERRUPTS();
		for (int k = 0; k < touches; k++)
			if ((channels[k] = WireGetByte(&reader)) >= stats->channels)
				WireCorrupt(&reader, "Path %d has an unknown channel.", i + 1);
		stats = StatsPath(stats, channels, touches, &path);
		if (stats->paths != i + 1)
			WireCorrupt(&reader, "Path %d stands twice.", i + 1);
		for (int k = 0; k < JOURNEY_OUTCOMES; k++)
			path->count[k] = WireGetInt64(&reader);
		path->amount_low = amount.word[0] = (uint64) WireGetInt64(&reader);
		path->amount_high = amount.word[1] = (uint64) WireGetInt64(&reader);
		if (!IntegerSumFromText(IntegerSumToText(&amount, AmountGroups(stats), scale, digits), AmountGroups(stats), &again) ||
			memcmp(&amount, &again, sizeof(again)) != 0)
			WireCorrupt(&reader, "An amount has more digits behind the point than %d.", scale);
		pfree(channels);
	}
	WireEnd(&reader);
	stats = AttributionStatsCanonical(stats);
	if ((broken = AttributionStatsBroken(stats)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	PG_RETURN_POINTER(stats);
}

Datum
attribution_stats_send(PG_FUNCTION_ARGS)
{
	AttributionView view = AttributionOpen(PG_GETARG_DATUM(0));
	const AttributionStats *stats = view.stats;
	StringInfoData buffer;

	WireBeginSend(&buffer, ATTRIBUTION_STATS_VERSION);
	AttributionDefSend(&buffer, AttributionStatsDef(stats));
	WirePutInt(&buffer, stats->as_of);
	WirePutInt64(&buffer, stats->young);
	WirePutByte(&buffer, stats->scale);
	WirePutInt(&buffer, stats->channels);
	for (int i = 0; i < stats->channels; i++)
	{
		const ChannelEntry *channel = view.channel[i];

		WirePutBytes(&buffer, channel->name, channel->length);
		if (HasDecay(stats))
		{
			PutWords(&buffer, &channel->decay);
			PutWords(&buffer, &channel->decay_square);
			PutWords(&buffer, &channel->decay_amount);
		}
	}
	WirePutInt(&buffer, stats->paths);
	for (int i = 0; i < stats->paths; i++)
	{
		const PathEntry *path = view.path[i];

		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, path->touches);
		for (int k = 0; k < path->touches; k++)
			WirePutByte(&buffer, path->channel[k]);
		for (int k = 0; k < JOURNEY_OUTCOMES; k++)
			WirePutInt64(&buffer, path->count[k]);
		WirePutInt64(&buffer, path->amount_low);
		WirePutInt64(&buffer, path->amount_high);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}
