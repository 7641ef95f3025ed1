/*
 * rfm_segment.c
 *		rfm_segment_map: ordered rules that give each cell of RFM scores a name.
 *		The first rule that fits wins.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/json_tree.h"
#include "base/rows.h"
#include "rfm/rfm.h"
#include "base/wire.h"

#define SEGMENT_MAP_VERSION 1
#define MOST_RULES			1000
#define MOST_NAME_BYTES		200

PG_FUNCTION_INFO_V1(rfm_segment_map_in);
PG_FUNCTION_INFO_V1(rfm_segment_map_out);
PG_FUNCTION_INFO_V1(rfm_segment_map_recv);
PG_FUNCTION_INFO_V1(rfm_segment_map_send);
PG_FUNCTION_INFO_V1(segment_map);
PG_FUNCTION_INFO_V1(segment_map_rows);
PG_FUNCTION_INFO_V1(segment_map_check);
PG_FUNCTION_INFO_V1(rfm_segment);
PG_FUNCTION_INFO_V1(rfm_segment_scores);

/* One rule: a box of cells, both ends included. */
typedef struct SegmentRule
{
	uint8		low[RFM_DIMENSIONS];
	uint8		high[RFM_DIMENSIONS];
	uint16		unused;
	int32		name;			/* offset of its segment's name in the value */
} SegmentRule;

struct SegmentMap
{
	StateHeader header;
	int32		bins;
	int32		rule_count;
	int32		name;			/* offset of the map's name, 0 where it has none */
	int32		unused;
	SegmentRule rules[FLEXIBLE_ARRAY_MEMBER];
	/* names follow, each ended by a zero */
};

static const char *const rule_keys[] = {"segment", "r", "f", "m"};

/* The maps that come with revops; see DESIGN and docs/rfm.md for their sources. */
static const struct
{
	const char *name;
	const char *text;
}			built_in_maps[] = {
	{"grid",
		"{\"name\": \"grid\", \"bins\": 5, \"rules\": ["
		"{\"segment\": \"champions\", \"r\": [5, 5], \"f\": [4, 5]},"
		"{\"segment\": \"loyal\", \"r\": [3, 4], \"f\": [4, 5]},"
		"{\"segment\": \"potential_loyalists\", \"r\": [4, 5], \"f\": [2, 3]},"
		"{\"segment\": \"new_customers\", \"r\": [5, 5], \"f\": [1, 1]},"
		"{\"segment\": \"promising\", \"r\": [4, 4], \"f\": [1, 1]},"
		"{\"segment\": \"need_attention\", \"r\": [3, 3], \"f\": [3, 3]},"
		"{\"segment\": \"about_to_sleep\", \"r\": [3, 3], \"f\": [1, 2]},"
		"{\"segment\": \"cant_lose\", \"r\": [1, 2], \"f\": [5, 5]},"
		"{\"segment\": \"at_risk\", \"r\": [1, 2], \"f\": [3, 4]},"
		"{\"segment\": \"hibernating\", \"r\": [1, 2], \"f\": [1, 2]}]}"},
	{"grid_zh",
		"{\"name\": \"grid_zh\", \"bins\": 5, \"rules\": ["
		"{\"segment\": \"冠军客户\", \"r\": [5, 5], \"f\": [4, 5]},"
		"{\"segment\": \"忠诚客户\", \"r\": [3, 4], \"f\": [4, 5]},"
		"{\"segment\": \"潜力忠诚客户\", \"r\": [4, 5], \"f\": [2, 3]},"
		"{\"segment\": \"新客户\", \"r\": [5, 5], \"f\": [1, 1]},"
		"{\"segment\": \"有望客户\", \"r\": [4, 4], \"f\": [1, 1]},"
		"{\"segment\": \"需关注客户\", \"r\": [3, 3], \"f\": [3, 3]},"
		"{\"segment\": \"即将沉睡客户\", \"r\": [3, 3], \"f\": [1, 2]},"
		"{\"segment\": \"不可流失客户\", \"r\": [1, 2], \"f\": [5, 5]},"
		"{\"segment\": \"流失风险客户\", \"r\": [1, 2], \"f\": [3, 4]},"
		"{\"segment\": \"沉睡客户\", \"r\": [1, 2], \"f\": [1, 2]}]}"},
	{"octant",
		"{\"name\": \"octant\", \"bins\": 2, \"rules\": ["
		"{\"segment\": \"important_value\", \"r\": [2, 2], \"f\": [2, 2], \"m\": [2, 2]},"
		"{\"segment\": \"important_develop\", \"r\": [2, 2], \"f\": [1, 1], \"m\": [2, 2]},"
		"{\"segment\": \"important_keep\", \"r\": [1, 1], \"f\": [2, 2], \"m\": [2, 2]},"
		"{\"segment\": \"important_win_back\", \"r\": [1, 1], \"f\": [1, 1], \"m\": [2, 2]},"
		"{\"segment\": \"general_value\", \"r\": [2, 2], \"f\": [2, 2], \"m\": [1, 1]},"
		"{\"segment\": \"general_develop\", \"r\": [2, 2], \"f\": [1, 1], \"m\": [1, 1]},"
		"{\"segment\": \"general_keep\", \"r\": [1, 1], \"f\": [2, 2], \"m\": [1, 1]},"
		"{\"segment\": \"general_win_back\", \"r\": [1, 1], \"f\": [1, 1], \"m\": [1, 1]}]}"},
	{"octant_zh",
		"{\"name\": \"octant_zh\", \"bins\": 2, \"rules\": ["
		"{\"segment\": \"重要价值客户\", \"r\": [2, 2], \"f\": [2, 2], \"m\": [2, 2]},"
		"{\"segment\": \"重要发展客户\", \"r\": [2, 2], \"f\": [1, 1], \"m\": [2, 2]},"
		"{\"segment\": \"重要保持客户\", \"r\": [1, 1], \"f\": [2, 2], \"m\": [2, 2]},"
		"{\"segment\": \"重要挽留客户\", \"r\": [1, 1], \"f\": [1, 1], \"m\": [2, 2]},"
		"{\"segment\": \"一般价值客户\", \"r\": [2, 2], \"f\": [2, 2], \"m\": [1, 1]},"
		"{\"segment\": \"一般发展客户\", \"r\": [2, 2], \"f\": [1, 1], \"m\": [1, 1]},"
		"{\"segment\": \"一般保持客户\", \"r\": [1, 1], \"f\": [2, 2], \"m\": [1, 1]},"
		"{\"segment\": \"一般挽留客户\", \"r\": [1, 1], \"f\": [1, 1], \"m\": [1, 1]}]}"},
};

/* A rule as it is read, before its name has a place. */
typedef struct RuleDraft
{
	SegmentRule rule;
	const char *name;
} RuleDraft;

/*
 * Builds a map. name may be NULL. Equal contents give equal bytes: names follow
 * in the order of the rules, one each.
 */
static SegmentMap *
SegmentMapBuild(int bins, const char *name, const RuleDraft *drafts, int count)
{
	Size		names = offsetof(SegmentMap, rules) + count * sizeof(SegmentRule);
	Size		size = names + (name ? strlen(name) + 1 : 0);
	SegmentMap *map;

	for (int i = 0; i < count; i++)
		size += strlen(drafts[i].name) + 1;
	map = StateCreate(size, SEGMENT_MAP_VERSION);
	map->bins = bins;
	map->rule_count = count;
	if (name)
	{
		map->name = names;
		strcpy((char *) map + names, name);
		names += strlen(name) + 1;
	}
	for (int i = 0; i < count; i++)
	{
		map->rules[i] = drafts[i].rule;
		map->rules[i].name = names;
		strcpy((char *) map + names, drafts[i].name);
		names += strlen(drafts[i].name) + 1;
	}
	return map;
}

SegmentMap *
SegmentMapFromDatum(Datum value)
{
	return StateFromDatum(value, SEGMENT_MAP_VERSION, offsetof(SegmentMap, rules),
						  "rfm_segment_map");
}

static const char *
RuleName(const SegmentMap *map, const SegmentRule *rule)
{
	return (const char *) map + rule->name;
}

/* A name of the map or of a segment: not empty, not too long to read. */
static const char *
ReadName(const JsonNode *node)
{
	const char *name = JsonGetText(node);

	if (name[0] == '\0' || strlen(name) > MOST_NAME_BYTES)
		JsonInvalid(node, NULL, "A name has 1 to %d bytes, not %zu.",
					MOST_NAME_BYTES, strlen(name));
	return name;
}

/* Reads a map from its JSON text. */
static SegmentMap *
SegmentMapRead(const char *text)
{
	static const char *const keys[] = {"name", "bins", "rules"};
	JsonNode   *root = JsonRead(text, "rfm_segment_map");
	JsonNode   *name;
	JsonNode   *rules;
	RuleDraft  *drafts;
	int			bins;

	JsonAllowKeys(root, keys, lengthof(keys));
	name = JsonMember(root, "name");
	bins = JsonGetInt(JsonRequire(root, "bins"), RFM_LEAST_BINS, RFM_MOST_BINS);
	rules = JsonRequire(root, "rules");
	JsonExpect(rules, JSON_KIND_ARRAY);
	if (rules->count < 1 || rules->count > MOST_RULES)
		JsonInvalid(rules, NULL, "It has %d rules; 1 to %d are allowed.",
					rules->count, MOST_RULES);

	drafts = palloc0(rules->count * sizeof(RuleDraft));
	for (int i = 0; i < rules->count; i++)
	{
		JsonNode   *item = rules->items[i];

		JsonAllowKeys(item, rule_keys, lengthof(rule_keys));
		drafts[i].name = ReadName(JsonRequire(item, "segment"));
		for (int d = 0; d < RFM_DIMENSIONS; d++)
		{
			JsonNode   *range = JsonMember(item, rule_keys[d + 1]);

			drafts[i].rule.low[d] = 1;
			drafts[i].rule.high[d] = bins;
			if (range == NULL)
				continue;		/* any score */
			JsonExpect(range, JSON_KIND_ARRAY);
			if (range->count != 2)
				JsonInvalid(range, "Write [4, 5] for the scores 4 to 5, [4, 4] for 4 alone.",
							"A range has two ends, not %d.", range->count);
			drafts[i].rule.low[d] = JsonGetInt(range->items[0], 1, bins);
			drafts[i].rule.high[d] = JsonGetInt(range->items[1], 1, bins);
			if (drafts[i].rule.low[d] > drafts[i].rule.high[d])
				JsonInvalid(range, "Write the smaller score first.",
							"The range [%d, %d] holds no score.",
							drafts[i].rule.low[d], drafts[i].rule.high[d]);
		}
	}
	return SegmentMapBuild(bins, name ? ReadName(name) : NULL, drafts, rules->count);
}

Datum
rfm_segment_map_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(SegmentMapRead(PG_GETARG_CSTRING(0)));
}

Datum
rfm_segment_map_out(PG_FUNCTION_ARGS)
{
	SegmentMap *map = SegmentMapFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '{');
	if (map->name)
	{
		appendStringInfoString(&text, "\"name\": ");
		JsonPutText(&text, (const char *) map + map->name);
		appendStringInfoString(&text, ", ");
	}
	appendStringInfo(&text, "\"bins\": %d, \"rules\": [", map->bins);
	for (int i = 0; i < map->rule_count; i++)
	{
		SegmentRule *rule = &map->rules[i];

		appendStringInfo(&text, "%s{\"segment\": ", i == 0 ? "" : ", ");
		JsonPutText(&text, RuleName(map, rule));
		for (int d = 0; d < RFM_DIMENSIONS; d++)
			appendStringInfo(&text, ", \"%s\": [%d, %d]", rule_keys[d + 1],
							 rule->low[d], rule->high[d]);
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/*
 * rfm_segment_map_recv(internal): the binary form is the JSON text, so that one
 * reader checks both.
 */
Datum
rfm_segment_map_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), SEGMENT_MAP_VERSION,
									   "rfm_segment_map");
	int			length;
	char	   *text = WireGetBytes(&reader, &length);

	WireEnd(&reader);
	PG_RETURN_POINTER(SegmentMapRead(text));
}

Datum
rfm_segment_map_send(PG_FUNCTION_ARGS)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(rfm_segment_map_out, PG_GETARG_DATUM(0)));
	StringInfoData buffer;

	WireBeginSend(&buffer, SEGMENT_MAP_VERSION);
	WirePutBytes(&buffer, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* A map that comes with revops; NULL where none has the name. */
static SegmentMap *
SegmentMapBuiltIn(const char *name)
{
	for (int i = 0; i < (int) lengthof(built_in_maps); i++)
		if (strcmp(built_in_maps[i].name, name) == 0)
			return SegmentMapRead(pg_any_to_server(built_in_maps[i].text,
												   strlen(built_in_maps[i].text),
												   PG_UTF8));
	return NULL;
}

/* segment_map(name text) → rfm_segment_map: one that comes with revops */
Datum
segment_map(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	SegmentMap *map = SegmentMapBuiltIn(name);

	if (map != NULL)
		PG_RETURN_POINTER(map);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown segment map \"%s\"", name),
			 errhint("Built in are grid, grid_zh, octant and octant_zh; write your own as an rfm_segment_map value.")));
}

/* The first rule that fits a cell, from 0; -1 for none. */
static int
FindRule(const SegmentMap *map, const int *score)
{
	for (int i = 0; i < map->rule_count; i++)
	{
		const SegmentRule *rule = &map->rules[i];
		bool		fits = true;

		for (int d = 0; d < RFM_DIMENSIONS && fits; d++)
			fits = score[d] >= rule->low[d] && score[d] <= rule->high[d];
		if (fits)
			return i;
	}
	return -1;
}

/* The map that comes with revops for so many bins; NULL where none does. */
SegmentMap *
SegmentMapOfBins(int bins)
{
	return bins == 5 ? SegmentMapBuiltIn("grid") : bins == 2 ? SegmentMapBuiltIn("octant") : NULL;
}

/* A map is for scores of as many bins. */
void
SegmentMapCheckBins(const SegmentMap *map, int bins)
{
	if (bins != map->bins)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scores of %d bins do not fit a segment map of %d bins", bins, map->bins),
				 errhint("Score with bins => %d, or use a map made for %d bins.", map->bins, bins)));
}

/* The segment of scores that fit the map; NULL where no rule fits. */
const char *
SegmentMapFind(const SegmentMap *map, const int *score)
{
	int			rule = FindRule(map, score);

	return rule < 0 ? NULL : RuleName(map, &map->rules[rule]);
}

/* The segment of a cell, a NULL where no rule fits. */
static Datum
SegmentOf(FunctionCallInfo fcinfo, const SegmentMap *map, const int *score)
{
	const char *segment;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
		if (score[d] < 1 || score[d] > map->bins)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("score %d does not fit the segment map", score[d]),
					 errdetail("The map has scores from 1 to %d.", map->bins),
					 errhint("Score with bins => %d, or use a map made for your bins.", map->bins)));
	segment = SegmentMapFind(map, score);
	if (segment == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(segment));
}

/* rfm_segment(recency_score, frequency_score, monetary_score int, rfm_segment_map) → text */
Datum
rfm_segment(PG_FUNCTION_ARGS)
{
	int			score[RFM_DIMENSIONS] = {
		PG_GETARG_INT32(0), PG_GETARG_INT32(1), PG_GETARG_INT32(2)
	};

	return SegmentOf(fcinfo, SegmentMapFromDatum(PG_GETARG_DATUM(3)), score);
}

/* rfm_segment(rfm_scores, rfm_segment_map) → text; NULL where a score is NULL */
Datum
rfm_segment_scores(PG_FUNCTION_ARGS)
{
	HeapTupleHeader scores = PG_GETARG_HEAPTUPLEHEADER(0);
	SegmentMap *map = SegmentMapFromDatum(PG_GETARG_DATUM(1));
	int			score[RFM_DIMENSIONS];
	int			bins;
	bool		is_null;

	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		score[d] = DatumGetInt32(GetAttributeByNum(scores, d + 1, &is_null));
		if (is_null)
			PG_RETURN_NULL();
	}
	bins = DatumGetInt32(GetAttributeByNum(scores, RFM_DIMENSIONS + 1, &is_null));
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these scores come from a model whose dimensions have different numbers of bins"),
				 errdetail("The segment map is for %d bins in each.", map->bins),
				 errhint("Give rfm_model() as many cuts for each dimension.")));
	SegmentMapCheckBins(map, bins);
	return SegmentOf(fcinfo, map, score);
}

/*
 * segment_map_rows(rfm_segment_map) → segment_order, segment_name, rule_index,
 * recency_low, recency_high, frequency_low, …: one row per rule.
 */
Datum
segment_map_rows(PG_FUNCTION_ARGS)
{
	SegmentMap *map = SegmentMapFromDatum(PG_GETARG_DATUM(0));
	RowWriter	row = RowsBegin(fcinfo);
	int		   *order = palloc(map->rule_count * sizeof(int));
	int			segments = 0;

	for (int i = 0; i < map->rule_count; i++)
	{
		SegmentRule *rule = &map->rules[i];

		/* a segment may have several rules; it sorts by its first */
		order[i] = 0;
		for (int k = 0; k < i && order[i] == 0; k++)
			if (strcmp(RuleName(map, &map->rules[k]), RuleName(map, rule)) == 0)
				order[i] = order[k];
		if (order[i] == 0)
			order[i] = ++segments;

		RowPutInt(&row, order[i]);
		RowPutText(&row, RuleName(map, rule));
		RowPutInt(&row, i + 1);
		for (int d = 0; d < RFM_DIMENSIONS; d++)
		{
			RowPutInt(&row, rule->low[d]);
			RowPutInt(&row, rule->high[d]);
		}
		RowEnd(&row);
	}
	return (Datum) 0;
}

/* A rule's number and name; NULLs for -1. */
static void
PutRule(RowWriter *row, const SegmentMap *map, int rule)
{
	if (rule < 0)
	{
		RowPutNulls(row, 2);
		return;
	}
	RowPutInt(row, rule + 1);
	RowPutText(row, RuleName(map, &map->rules[rule]));
}

/* One finding of segment_map_check; score and rules (from 0) where they apply, else NULL, -1. */
static void
PutFinding(RowWriter *row, const SegmentMap *map, const char *problem,
		   const int *score, int rule, int other, const char *detail)
{
	RowPutText(row, problem);
	for (int d = 0; d < RFM_DIMENSIONS; d++)
	{
		if (score)
			RowPutInt(row, score[d]);
		else
			RowPutNull(row);
	}
	PutRule(row, map, rule);
	PutRule(row, map, other);
	RowPutText(row, detail);
	RowEnd(row);
}

/*
 * segment_map_check(rfm_segment_map) → problem, recency_score, frequency_score,
 * monetary_score, rule_index, segment_name, other_rule_index,
 * other_segment_name, detail: every unmapped cell, every rule that can never
 * match, every pair of rules that share cells.
 */
Datum
segment_map_check(PG_FUNCTION_ARGS)
{
	SegmentMap *map = SegmentMapFromDatum(PG_GETARG_DATUM(0));
	RowWriter	row = RowsBegin(fcinfo);
	bool	   *reached = palloc0(map->rule_count * sizeof(bool));
	int			score[RFM_DIMENSIONS];

	for (score[0] = map->bins; score[0] >= 1; score[0]--)
		for (score[1] = 1; score[1] <= map->bins; score[1]++)
			for (score[2] = 1; score[2] <= map->bins; score[2]++)
			{
				int			rule = FindRule(map, score);

				CHECK_FOR_INTERRUPTS();
				if (rule >= 0)
					reached[rule] = true;
				else
					PutFinding(&row, map, "unmapped", score, -1, -1,
							   psprintf("no rule fits the cell %d-%d-%d",
										score[0], score[1], score[2]));
			}
	for (int i = 0; i < map->rule_count; i++)
		if (!reached[i])
			PutFinding(&row, map, "unreachable", NULL, i, -1,
					   "rules before it take all of its cells");
	for (int i = 0; i < map->rule_count; i++)
		for (int k = i + 1; k < map->rule_count; k++)
		{
			int			low[RFM_DIMENSIONS];
			int			high[RFM_DIMENSIONS];
			bool		shared = true;

			CHECK_FOR_INTERRUPTS();
			for (int d = 0; d < RFM_DIMENSIONS; d++)
			{
				low[d] = Max(map->rules[i].low[d], map->rules[k].low[d]);
				high[d] = Min(map->rules[i].high[d], map->rules[k].high[d]);
				shared &= low[d] <= high[d];
			}
			if (shared)
				PutFinding(&row, map, "overlap", NULL, i, k,
						   psprintf("both fit recency %d to %d, frequency %d to %d, monetary %d to %d; the first wins",
									low[0], high[0], low[1], high[1], low[2], high[2]));
		}
	return (Datum) 0;
}
