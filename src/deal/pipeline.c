/*
 * pipeline.c
 *		pipeline_def: which stages are open, in their order, which names mean won
 *		and lost, and in which time zone days end.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/arrays.h"
#include "base/bytes.h"
#include "base/compat.h"
#include "base/zone.h"
#include "deal/deal.h"

#define PIPELINE_DEF_VERSION	1

PG_FUNCTION_INFO_V1(pipeline_def_in);
PG_FUNCTION_INFO_V1(pipeline_def_out);
PG_FUNCTION_INFO_V1(pipeline_def_recv);
PG_FUNCTION_INFO_V1(pipeline_def_send);
PG_FUNCTION_INFO_V1(pipeline);

/* The three lists, in the order of places. */
typedef enum StageList
{
	LIST_OPEN,
	LIST_LOST,
	LIST_WON,
	LISTS
} StageList;

static const char *const list_names[LISTS] = {"open", "lost", "won"};

/* A definition in parts, before it is built. */
typedef struct PipelineParts
{
	const char *zone;
	int			count[LISTS];
	const char **name[LISTS];
} PipelineParts;

static inline Size
NameSize(int length)
{
	return offsetof(PipelineName, bytes) + INTALIGN(length);
}

static inline const PipelineName *
FirstName(const PipelineDef *def)
{
	return (const PipelineName *) ((const char *) def + sizeof(PipelineDef));
}

static inline const PipelineName *
NextName(const PipelineName *name)
{
	return (const PipelineName *) ((const char *) name + NameSize(name->length));
}

PipelineDef *
PipelineDefFromDatum(Datum value)
{
	return StateFromDatum(value, PIPELINE_DEF_VERSION, sizeof(PipelineDef), "pipeline_def");
}

/* The name of a stage by its place, from 1. */
const PipelineName *
PipelineStage(const PipelineDef *def, int place)
{
	const PipelineName *name = FirstName(def);

	for (int i = 0; i < place; i++)
		name = NextName(name);
	return name;
}

/* The rules of the lists; errors name the list and the name. */
static void
CheckParts(const PipelineParts *parts)
{
	int			total = 0;

	for (int list = 0; list < LISTS; list++)
		total += parts->count[list];
	if (total > PIPELINE_MOST_STAGES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a pipeline has at most %d stages", PIPELINE_MOST_STAGES),
				 errdetail("There are %d names.", total),
				 errhint("Stages are steps of selling, not deals.")));
	for (int list = 0; list < LISTS; list++)
	{
		if (parts->count[list] == 0 && list != LIST_LOST)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a pipeline must name at least one %s stage", list_names[list]),
					 errhint("List the open stages in their order, and the names that mean won: pipeline(array['lead', 'proposal'], won => array['won']).")));
		for (int i = 0; i < parts->count[list]; i++)
		{
			const char *name = parts->name[list][i];

			if (name == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						 errmsg("a stage must not be NULL"),
						 errdetail("Element %d of %s is NULL.", i + 1, list_names[list]),
						 errhint("Leave it out: array_remove(stages, null).")));
			if (name[strspn(name, " \t\n")] == '\0')
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a stage must have a name"),
						 errdetail("Element %d of %s is blank.", i + 1, list_names[list]),
						 errhint("Leave it out: a name in no list takes a deal out of the pipeline.")));
			for (int other = 0; other <= list; other++)
				for (int j = 0; j < (other == list ? i : parts->count[other]); j++)
					if (strcmp(parts->name[other][j], name) == 0)
						ereport(ERROR,
								(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								 errmsg("duplicate stage \"%s\"", name),
								 errdetail("It is element %d of %s and element %d of %s.",
										   j + 1, list_names[other], i + 1, list_names[list]),
								 errhint("A stage is open, won or lost, and stands in one list once.")));
		}
	}
}

static char *
PutName(char *at, const char *bytes)
{
	PipelineName *name = (PipelineName *) at;

	name->length = strlen(bytes);
	memcpy(name->bytes, bytes, name->length);
	return at + NameSize(name->length);
}

static PipelineDef *
PipelineDefBuild(PipelineParts *parts)
{
	PipelineDef *def;
	Size		used;
	char	   *at;

	CheckParts(parts);
	parts->zone = ZoneSpelling(parts->zone);
	used = NameSize(strlen(parts->zone));
	for (int list = 0; list < LISTS; list++)
		for (int i = 0; i < parts->count[list]; i++)
			used += NameSize(strlen(parts->name[list][i]));
	def = StateCreate(sizeof(PipelineDef) + used, PIPELINE_DEF_VERSION);
	def->open = parts->count[LIST_OPEN];
	def->lost = parts->count[LIST_LOST];
	def->won = parts->count[LIST_WON];
	def->used = used;
	at = PutName((char *) FirstName(def), parts->zone);
	for (int list = 0; list < LISTS; list++)
		for (int i = 0; i < parts->count[list]; i++)
			at = PutName(at, parts->name[list][i]);
	return def;
}

/* Equal definitions are equal bytes. */
bool
PipelineDefEqual(const PipelineDef *left, const PipelineDef *right)
{
	return VARSIZE(left) == VARSIZE(right) && memcmp(left, right, VARSIZE(left)) == 0;
}

static void
PutList(StringInfo text, const char *key, const PipelineName **name, int count)
{
	appendStringInfo(text, "\"%s\": [", key);
	for (int i = 0; i < count; i++, *name = NextName(*name))
	{
		appendStringInfoString(text, i == 0 ? "" : ", ");
		JsonPutText(text, pnstrdup((*name)->bytes, (*name)->length));
	}
	appendStringInfoChar(text, ']');
}

/* Writes the JSON text. */
void
PipelineDefPutJson(StringInfo text, const PipelineDef *def)
{
	const PipelineName *zone = FirstName(def);
	const PipelineName *name = NextName(zone);

	appendStringInfoChar(text, '{');
	PutList(text, "open", &name, def->open);
	appendStringInfoString(text, ", ");
	PutList(text, "lost", &name, def->lost);
	appendStringInfoString(text, ", ");
	PutList(text, "won", &name, def->won);
	if (zone->length != 3 || memcmp(zone->bytes, "UTC", 3) != 0)
	{
		appendStringInfoString(text, ", \"time_zone\": ");
		JsonPutText(text, pnstrdup(zone->bytes, zone->length));
	}
	appendStringInfoChar(text, '}');
}

char *
PipelineDefText(const PipelineDef *def)
{
	StringInfoData text;

	initStringInfo(&text);
	PipelineDefPutJson(&text, def);
	return text.data;
}

static void
ReadList(PipelineParts *parts, StageList list, const JsonNode *node)
{
	JsonExpect(node, JSON_KIND_ARRAY);
	parts->count[list] = node->count;
	parts->name[list] = palloc((Max(node->count, 1)) * sizeof(char *));
	for (int i = 0; i < node->count; i++)
		parts->name[list][i] = JsonGetText(node->items[i]);
}

static void
DefaultList(PipelineParts *parts, StageList list)
{
	parts->count[list] = 1;
	parts->name[list] = palloc(sizeof(char *));
	parts->name[list][0] = list_names[list];
}

/* Reads the JSON form; lists of won and lost names that are not given are the usual ones. */
PipelineDef *
PipelineDefReadJson(const JsonNode *root)
{
	static const char *const keys[] = {"open", "lost", "won", "time_zone"};
	PipelineParts parts = {0};
	const JsonNode *node;

	JsonAllowKeys(root, keys, lengthof(keys));
	ReadList(&parts, LIST_OPEN, JsonRequire(root, "open"));
	for (int list = LIST_LOST; list < LISTS; list++)
	{
		node = JsonGiven(root, list_names[list]);
		if (node != NULL)
			ReadList(&parts, (StageList) list, node);
		else
			DefaultList(&parts, (StageList) list);
	}
	node = JsonGiven(root, "time_zone");
	parts.zone = node != NULL ? JsonGetText(node) : "UTC";
	return PipelineDefBuild(&parts);
}

/* Writes the binary form, into another type's too. */
void
PipelineDefPutWire(StringInfo buffer, const PipelineDef *def)
{
	const int	counts[LISTS] = {def->open, def->lost, def->won};
	const PipelineName *name = FirstName(def);

	WirePutBytes(buffer, name->bytes, name->length);
	for (int list = 0; list < LISTS; list++)
	{
		WirePutInt(buffer, counts[list]);
		for (int i = 0; i < counts[list]; i++)
		{
			name = NextName(name);
			WirePutBytes(buffer, name->bytes, name->length);
		}
	}
}

PipelineDef *
PipelineDefReadWire(WireReader *reader)
{
	PipelineParts parts = {0};
	int			length;

	parts.zone = WireGetBytes(reader, &length);
	for (int list = 0; list < LISTS; list++)
	{
		parts.count[list] = WireGetCount(reader, "stages", PIPELINE_MOST_STAGES, sizeof(int32));
		parts.name[list] = palloc((Max(parts.count[list], 1)) * sizeof(char *));
		for (int i = 0; i < parts.count[list]; i++)
			parts.name[list][i] = WireGetBytes(reader, &length);
	}
	return PipelineDefBuild(&parts);
}

/*
 * pipeline_def_in(cstring): reads {"open": ["lead", …], "lost": ["lost"], "won":
 * ["won"], "time_zone": "Asia/Shanghai"}
 */
Datum
pipeline_def_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(PipelineDefReadJson(JsonRead(PG_GETARG_CSTRING(0), "pipeline_def")));
}

/* pipeline_def_out(pipeline_def): the same text for equal definitions */
Datum
pipeline_def_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(PipelineDefText(PipelineDefFromDatum(PG_GETARG_DATUM(0))));
}

Datum
pipeline_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), PIPELINE_DEF_VERSION,
									   "pipeline_def");
	PipelineDef *def = PipelineDefReadWire(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(def);
}

Datum
pipeline_def_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	WireBeginSend(&buffer, PIPELINE_DEF_VERSION);
	PipelineDefPutWire(&buffer, PipelineDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* The names of a text[] argument; NULL where an element is. The default where it is NULL. */
static void
ArgumentList(PipelineParts *parts, StageList list, FunctionCallInfo fcinfo, int argument)
{
	ArrayItems	items;

	if (PG_ARGISNULL(argument))
	{
		if (list != LIST_OPEN)
			DefaultList(parts, list);
		return;
	}
	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(argument), list_names[list]);
	parts->count[list] = items.count;
	parts->name[list] = palloc((Max(items.count, 1)) * sizeof(char *));
	ArrayTexts(&items, parts->name[list]);
}

/* pipeline(open text[], won text[], lost text[], time_zone text) → pipeline_def */
Datum
pipeline(PG_FUNCTION_ARGS)
{
	PipelineParts parts = {0};

	ArgumentList(&parts, LIST_OPEN, fcinfo, 0);
	ArgumentList(&parts, LIST_WON, fcinfo, 1);
	ArgumentList(&parts, LIST_LOST, fcinfo, 2);
	parts.zone = PG_ARGISNULL(3) ? "UTC" : text_to_cstring(PG_GETARG_TEXT_PP(3));
	ZoneRequire(parts.zone);
	PG_RETURN_POINTER(PipelineDefBuild(&parts));
}

/* The spans of UTC are known without reading any. */
static ZoneSpan utc_span = {PG_INT64_MIN, 0};

static void
ZoneOf(ZoneSpans *zone, const PipelineName *name)
{
	if (name->length == 3 && memcmp(name->bytes, "UTC", 3) == 0)
	{
		memset(zone, 0, sizeof(*zone));
		zone->count = zone->capacity = 1;
		zone->spans = &utc_span;
		zone->known_until = PG_INT64_MAX;
	}
	else
		ZoneSpansInit(zone, pnstrdup(name->bytes, name->length));
}

/* What the calling expression has met last. */
DealCache *
DealCacheOf(FmgrInfo *flinfo)
{
	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(DealCache));
	return flinfo->fn_extra;
}

/* An empty memory context for a part of the cache: a new one, or the one there is. */
MemoryContext
DealCacheReset(FmgrInfo *flinfo, MemoryContext *context)
{
	if (*context == NULL)
		*context = AllocSetContextCreate(flinfo->fn_mcxt, "revops deal cache",
										 ALLOCSET_SMALL_SIZES);
	else
		MemoryContextReset(*context);
	return *context;
}

/* The definition ready for work; valid until the next call. */
PipelineSpec *
PipelineSpecOf(FmgrInfo *flinfo, const PipelineDef *def)
{
	DealCache  *cache = DealCacheOf(flinfo);
	PipelineSpec *spec;
	const PipelineName *name;
	PipelineDef *copy;
	MemoryContext caller;
	int			at = cache->next_pipeline;

	for (int i = 0; i < SPECS_CACHED; i++)
	{
		spec = &cache->pipeline[i].spec;
		if (spec->def != NULL && PipelineDefEqual(spec->def, def))
			return spec;
	}

	/* an error on the way leaves a place without a definition */
	spec = &cache->pipeline[at].spec;
	spec->def = NULL;
	cache->next_pipeline = (at + 1) % SPECS_CACHED;
	caller = MemoryContextSwitchTo(DealCacheReset(flinfo, &cache->pipeline[at].context));
	copy = palloc(VARSIZE(def));
	memcpy(copy, def, VARSIZE(def));
	spec->places.open = def->open;
	spec->places.lost = def->lost;
	spec->places.won = def->won;
	spec->count = def->open + def->lost + def->won;
	spec->stage = palloc(spec->count * sizeof(PipelineName *));
	name = FirstName(copy);
	ZoneOf(&spec->zone, name);
	for (int i = 0; i < spec->count; i++)
		spec->stage[i] = name = NextName(name);
	spec->def = copy;
	MemoryContextSwitchTo(caller);
	return spec;
}

/* A stage's place, PLACE_UNLISTED for a name in no list. */
int
PipelinePlace(const PipelineSpec *spec, const char *bytes, int length)
{
	for (int i = 0; i < spec->count; i++)
		if (BytesEqual(spec->stage[i]->bytes, spec->stage[i]->length, bytes, length))
			return i + 1;
	return PLACE_UNLISTED;
}
