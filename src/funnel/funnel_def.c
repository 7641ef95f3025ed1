/*
 * funnel_def.c
 *		funnel_def: the definition of a funnel, a value. Its JSON text drops keys
 *		that say the default; its bytes are canonical, so that bytea's comparison
 *		serves for equality, order and hash.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"

#include "base/arrays.h"
#include "base/bytes.h"
#include "base/format.h"
#include "funnel/funnel.h"
#include "base/json_tree.h"
#include "base/wire.h"
#include "base/zone.h"

#define FUNNEL_DEF_VERSION 1
#define MOST_NAME_BYTES 1000
#define SPECS_CACHED 8

PG_FUNCTION_INFO_V1(funnel_def_in);
PG_FUNCTION_INFO_V1(funnel_def_out);
PG_FUNCTION_INFO_V1(funnel_def_recv);
PG_FUNCTION_INFO_V1(funnel_def_send);
PG_FUNCTION_INFO_V1(funnel);

static const char *const mode_names[FUNNEL_MODES] = {
	"ordered", "increasing", "once", "increasing_once", "consecutive", "any_order", "reached"
};

/* A definition in parts, unchecked. */
typedef struct FunnelParts
{
	int			steps;
	int			lost;
	const char *step[FUNNEL_MOST_STEPS];
	const char *lost_name[FUNNEL_MOST_STEPS];
	bool		has_within;
	Interval	within;
	int			mode;
	const char *zone;
} FunnelParts;

pg_noreturn static void FunnelInvalid(const char *hint, const char *format,...)
			pg_attribute_printf(2, 3);

/* A rule of funnels is broken. hint may be NULL. */
static void
FunnelInvalid(const char *hint, const char *format,...)
{
	va_list		args;
	char	   *detail;

	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid funnel"),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

static void
CheckStepCount(int64 count)
{
	if (count == 0)
		FunnelInvalid("Name the steps in their order, as in array['lead', 'won'].",
					  "It has no step.");
	if (count > FUNNEL_MOST_STEPS)
		FunnelInvalid("Merge steps, or ask two funnels.", "It has %lld steps; at most %d are possible.",
					  (long long) count, FUNNEL_MOST_STEPS);
}

static void
CheckLostCount(int64 count)
{
	if (count > FUNNEL_MOST_STEPS)
		FunnelInvalid(NULL, "It has %lld lost names; at most %d are possible.",
					  (long long) count, FUNNEL_MOST_STEPS);
}

/* The mode of a name. */
static int
ModeOf(const char *name)
{
	for (int i = 0; i < FUNNEL_MODES; i++)
		if (strcmp(mode_names[i], name) == 0)
			return i;
	FunnelInvalid("Modes are ordered, increasing, once, increasing_once, consecutive, any_order and reached.",
				  "The mode \"%s\" is unknown.", name);
}

/* May a row fill only one step, so that a name can stand twice? */
static bool
ModeFillsOne(int mode)
{
	return mode == FUNNEL_INCREASING || mode == FUNNEL_ONCE || mode == FUNNEL_INCREASING_ONCE ||
		mode == FUNNEL_CONSECUTIVE;
}

static void
CheckName(const char *name, const char *what, int index)
{
	if (name == NULL || name[0] == '\0')
		FunnelInvalid(NULL, "%s %d has no name.", what, index + 1);
	if (strlen(name) > MOST_NAME_BYTES)
		FunnelInvalid(NULL, "The name of %s %d has %zu bytes; at most %d are possible.",
					  what, index + 1, strlen(name), MOST_NAME_BYTES);
}

static int
CompareNames(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/*
 * Checks the parts and builds the canonical value: lost names sorted and each
 * once, the zone as the zone database spells it.
 */
static FunnelDef *
FunnelDefBuild(FunnelParts *parts)
{
	FunnelDef  *def;
	StringInfoData names;
	int			lost = 0;
	Size		size;

	CheckStepCount(parts->steps);
	CheckLostCount(parts->lost);
	for (int i = 0; i < parts->steps; i++)
	{
		CheckName(parts->step[i], "step", i);
		for (int j = 0; j < i && !ModeFillsOne(parts->mode); j++)
			if (strcmp(parts->step[i], parts->step[j]) == 0)
				FunnelInvalid("Use mode once, increasing, increasing_once or consecutive, where a row fills one step.",
							  "Steps %d and %d are both \"%s\", and in mode %s one row would fill both.",
							  j + 1, i + 1, parts->step[i], mode_names[parts->mode]);
	}
	for (int i = 0; i < parts->lost; i++)
	{
		CheckName(parts->lost_name[i], "lost name", i);
		for (int j = 0; j < parts->steps; j++)
			if (strcmp(parts->lost_name[i], parts->step[j]) == 0)
				FunnelInvalid("Take it out of one of the two lists.",
							  "\"%s\" is step %d and also means lost.", parts->step[j], j + 1);
	}
	if (parts->has_within)
	{
		const Interval *within = &parts->within;

		if (within->month < 0 || within->day < 0 || within->time < 0)
			FunnelInvalid("Give a window of no negative part, or null for no limit.",
						  "The window is negative: %d months, %d days, %lld microseconds.",
						  within->month, within->day, (long long) within->time);
		if (within->month == PG_INT32_MAX && within->day == PG_INT32_MAX)
			FunnelInvalid("Give null for no limit.", "The window is infinite.");
	}
	if (parts->zone[0] == '\0' || strlen(parts->zone) > TZ_STRLEN_MAX)
		FunnelInvalid("Give a name of pg_timezone_names, for example Asia/Shanghai or UTC.",
					  "The time zone \"%s\" has no name of 1 to %d bytes.", parts->zone, TZ_STRLEN_MAX);
	qsort(parts->lost_name, parts->lost, sizeof(char *), CompareNames);

	initStringInfo(&names);
	for (int i = 0; i < parts->steps; i++)
		appendBinaryStringInfo(&names, parts->step[i], strlen(parts->step[i]) + 1);
	for (int i = 0; i < parts->lost; i++)
		if (i == 0 || strcmp(parts->lost_name[i], parts->lost_name[i - 1]) != 0)
		{
			appendBinaryStringInfo(&names, parts->lost_name[i], strlen(parts->lost_name[i]) + 1);
			lost++;
		}
	/* one that this server does not know is kept: a dump restores, and what needs the zone fails then */
	appendStringInfoString(&names, ZoneSpelling(parts->zone));

	size = offsetof(FunnelDef, names) + names.len + 1;
	def = palloc0(size);
	SET_VARSIZE(def, size);
	def->version = FUNNEL_DEF_VERSION;
	def->mode = parts->mode;
	def->steps = parts->steps;
	def->lost = lost;
	def->has_within = parts->has_within;
	if (parts->has_within)
	{
		def->months = parts->within.month;
		def->days = parts->within.day;
		def->micros = parts->within.time;
	}
	memcpy(def->names, names.data, names.len);
	return def;
}

/* A stored definition, detoasted; an error when another version wrote it. */
static FunnelDef *
FunnelDefFromDatum(Datum value)
{
	/* the pattern's check fits: header, version and least size stand alike */
	return StateFromDatum(value, FUNNEL_DEF_VERSION, offsetof(FunnelDef, names) + 4, "funnel_def");
}

/* Takes the names apart: pointers into the definition. */
static void
FunnelDefNames(const FunnelDef *def, FunnelParts *parts)
{
	const char *name = def->names;

	parts->steps = def->steps;
	parts->lost = def->lost;
	for (int i = 0; i < def->steps; i++, name += strlen(name) + 1)
		parts->step[i] = name;
	for (int i = 0; i < def->lost; i++, name += strlen(name) + 1)
		parts->lost_name[i] = name;
	parts->zone = name;
	parts->mode = def->mode;
	parts->has_within = def->has_within;
	parts->within.month = def->months;
	parts->within.day = def->days;
	parts->within.time = def->micros;
}

/* The name of a step, from 0. */
const char *
FunnelDefStep(const FunnelDef *def, int step)
{
	const char *name = def->names;

	Assert(step < def->steps);
	while (step-- > 0)
		name += strlen(name) + 1;
	return name;
}

static uint32
NameHash(const char *text, int length)
{
	uint32		hash = length;

	/* ends and middle tell the names of a funnel apart; the rest is compared */
	if (length > 0)
		hash = hash * 31 + (unsigned char) text[0] + (unsigned char) text[length / 2] * 37 +
			(unsigned char) text[length - 1] * 101;
	return hash & (FUNNEL_NAME_SLOTS - 1);
}

/*
 * What a text means: an index into spec->name, -1 where it is none of the
 * funnel's names.
 */
int
FunnelNameFind(const FunnelSpec *spec, const char *text, int length)
{
	for (uint32 slot = NameHash(text, length);; slot = (slot + 1) & (FUNNEL_NAME_SLOTS - 1))
	{
		int			i = spec->slot[slot] - 1;

		if (i < 0)
			return -1;
		if (BytesEqual(spec->name[i].text, spec->name[i].length, text, length))
			return i;
	}
}

/* A name gets a meaning more. */
static void
NameAdd(FunnelSpec *spec, const char *text, uint64 steps, bool lost)
{
	int			length = strlen(text);
	int			i = FunnelNameFind(spec, text, length);

	if (i < 0)
	{
		uint32		slot = NameHash(text, length);

		while (spec->slot[slot] != 0)
			slot = (slot + 1) & (FUNNEL_NAME_SLOTS - 1);
		i = spec->names++;
		spec->slot[slot] = i + 1;
		spec->name[i].text = text;
		spec->name[i].length = length;
	}
	spec->name[i].steps |= steps;
	spec->name[i].lost |= lost;
}

/* Is a datum, packed or not, this definition? */
bool
FunnelDefIs(const FunnelDef *def, Datum funnel)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(funnel);
	Size		size = VARSIZE(def) - VARHDRSZ;

	return VARSIZE_ANY_EXHDR(value) == size &&
		memcmp(VARDATA_ANY(value), (const char *) def + VARHDRSZ, size) == 0;
}

/*
 * Makes a definition ready, copied into the context; one pfree frees all.
 */
FunnelSpec *
FunnelSpecCreate(const FunnelDef *def, MemoryContext context)
{
	FunnelSpec *spec = MemoryContextAllocZero(context, MAXALIGN(sizeof(FunnelSpec)) + VARSIZE(def));
	FunnelDef  *copy = (FunnelDef *) ((char *) spec + MAXALIGN(sizeof(FunnelSpec)));
	FunnelParts parts;

	memcpy(copy, def, VARSIZE(def));
	FunnelDefNames(copy, &parts);
	spec->def = copy;
	spec->mode = copy->mode;
	spec->steps = copy->steps;
	spec->row_size = sizeof(int64) + copy->steps / BITS_PER_BYTE + 1;
	spec->keeps_all = copy->mode == FUNNEL_CONSECUTIVE;
	FunnelWindowInit(&spec->window, copy->has_within ? &parts.within : NULL, ZoneRequire(parts.zone));
	for (int i = 0; i < parts.steps; i++)
	{
		spec->step_name[i] = parts.step[i];
		NameAdd(spec, parts.step[i], UINT64CONST(1) << i, false);
	}
	spec->step_names = spec->names;
	for (int i = 0; i < parts.lost; i++)
		NameAdd(spec, parts.lost_name[i], 0, true);
	return spec;
}

/* The specs that one call site has met; a group by several funnels needs several. */
typedef struct SpecCache
{
	int			next;
	FunnelSpec *spec[SPECS_CACHED];
} SpecCache;

static SpecCache *
SpecCacheOf(FmgrInfo *flinfo)
{
	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(SpecCache));
	return flinfo->fn_extra;
}

/*
 * The definition of an argument, or inside a state, ready for work. Valid until
 * the next call.
 */
FunnelSpec *
FunnelSpecCached(FmgrInfo *flinfo, Datum funnel)
{
	SpecCache  *cache = SpecCacheOf(flinfo);
	FunnelSpec *spec;

	for (int i = 0; i < SPECS_CACHED && cache->spec[i] != NULL; i++)
		if (FunnelDefIs(cache->spec[i]->def, funnel))
			return cache->spec[i];

	spec = FunnelSpecCreate(FunnelDefFromDatum(funnel), flinfo->fn_mcxt);
	if (cache->spec[cache->next] != NULL)
		pfree(cache->spec[cache->next]);
	cache->spec[cache->next] = spec;
	cache->next = (cache->next + 1) % SPECS_CACHED;
	return spec;
}

/* Two definitions meet where one must hold: says both, and ends. */
void
FunnelDiffers(const char *function, const FunnelDef *one, const FunnelDef *other)
{
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfoString(&detail, "One is ");
	FunnelDefPut(&detail, one);
	appendStringInfoString(&detail, ", another ");
	FunnelDefPut(&detail, other);
	appendStringInfoChar(&detail, '.');
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s got different funnels in one group", function),
			 errdetail("%s", detail.data),
			 errhint("Group by the funnel too.")));
}

/* Two days as_of meet in one group, the first of them finite: says both, and ends. */
void
FunnelAsOfDiffers(DateADT one, DateADT other)
{
	CheckFiniteDate(other, "as_of");
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("funnel_agg got different as_of in one group"),
			 errdetail("One is %s, another %s.", DateText(one), DateText(other)),
			 errhint("Group by as_of too.")));
}

/* Writes the JSON text. */
void
FunnelDefPut(StringInfo text, const FunnelDef *def)
{
	FunnelParts parts;

	FunnelDefNames(def, &parts);
	appendStringInfoString(text, "{\"steps\": [");
	for (int i = 0; i < parts.steps; i++)
	{
		appendStringInfoString(text, i > 0 ? ", " : "");
		JsonPutText(text, parts.step[i]);
	}
	appendStringInfoChar(text, ']');
	if (parts.has_within)
	{
		char		within[MAXDATELEN + 1];
		struct pg_itm itm;

		interval2itm(parts.within, &itm);
		EncodeInterval(&itm, INTSTYLE_POSTGRES, within);
		appendStringInfo(text, ", \"within\": \"%s\"", within);
	}
	if (parts.mode != FUNNEL_ORDERED)
		appendStringInfo(text, ", \"mode\": \"%s\"", mode_names[parts.mode]);
	if (parts.lost > 0)
	{
		appendStringInfoString(text, ", \"lost\": [");
		for (int i = 0; i < parts.lost; i++)
		{
			appendStringInfoString(text, i > 0 ? ", " : "");
			JsonPutText(text, parts.lost_name[i]);
		}
		appendStringInfoChar(text, ']');
	}
	if (strcmp(parts.zone, "UTC") != 0)
	{
		appendStringInfoString(text, ", \"time_zone\": ");
		JsonPutText(text, parts.zone);
	}
	appendStringInfoChar(text, '}');
}

/* Reads the JSON form. */
FunnelDef *
FunnelDefRead(JsonNode *root)
{
	static const char *const keys[] = {"steps", "within", "mode", "lost", "time_zone"};
	FunnelParts parts = {0};
	JsonNode   *node;

	JsonAllowKeys(root, keys, lengthof(keys));
	node = JsonRequire(root, "steps");
	JsonExpect(node, JSON_KIND_ARRAY);
	CheckStepCount(node->count);
	parts.steps = node->count;
	for (int i = 0; i < node->count; i++)
		parts.step[i] = JsonGetText(node->items[i]);
	if ((node = JsonGiven(root, "lost")) != NULL)
	{
		JsonExpect(node, JSON_KIND_ARRAY);
		CheckLostCount(node->count);
		parts.lost = node->count;
		for (int i = 0; i < node->count; i++)
			parts.lost_name[i] = JsonGetText(node->items[i]);
	}
	if ((node = JsonGiven(root, "within")) != NULL)
	{
		const char *text = JsonGetText(node);

		/* signs are where IntervalStyle would have a say */
		if (strpbrk(text, "-@") != NULL || strstr(text, "ago") != NULL)
			JsonInvalid(node, "Write it like \"90 days\", \"3 mons\" or \"1 mon 12:00:00\"; leave the key out for no limit.",
						"It must be a length of time without a sign, not \"%s\".", text);
		parts.has_within = true;
		parts.within = *DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(text),
															  ObjectIdGetDatum(InvalidOid),
															  Int32GetDatum(-1)));
	}
	node = JsonGiven(root, "mode");
	parts.mode = node ? JsonGetChoice(node, mode_names, FUNNEL_MODES) : FUNNEL_ORDERED;
	node = JsonGiven(root, "time_zone");
	parts.zone = node ? JsonGetText(node) : "UTC";
	return FunnelDefBuild(&parts);
}

/* Writes the binary form, into another type's too. */
void
FunnelDefSend(StringInfo buffer, const FunnelDef *def)
{
	FunnelParts parts;

	FunnelDefNames(def, &parts);
	WirePutByte(buffer, parts.mode);
	WirePutByte(buffer, parts.has_within);
	WirePutInt(buffer, parts.within.month);
	WirePutInt(buffer, parts.within.day);
	WirePutInt64(buffer, parts.within.time);
	WirePutInt(buffer, parts.steps);
	for (int i = 0; i < parts.steps; i++)
		WirePutBytes(buffer, parts.step[i], strlen(parts.step[i]));
	WirePutInt(buffer, parts.lost);
	for (int i = 0; i < parts.lost; i++)
		WirePutBytes(buffer, parts.lost_name[i], strlen(parts.lost_name[i]));
	WirePutBytes(buffer, parts.zone, strlen(parts.zone));
}

/* Reads the binary form. */
FunnelDef *
FunnelDefReceive(WireReader *reader)
{
	FunnelParts parts = {0};
	int			length;

	parts.mode = WireGetByte(reader);
	if (parts.mode >= FUNNEL_MODES)
		WireCorrupt(reader, "It has the mode %d.", parts.mode);
	length = WireGetByte(reader);
	if (length > 1)
		WireCorrupt(reader, "It has the flag %d.", length);
	parts.has_within = length == 1;
	parts.within.month = WireGetInt(reader);
	parts.within.day = WireGetInt(reader);
	parts.within.time = WireGetInt64(reader);
	if (!parts.has_within && (parts.within.month | parts.within.day | parts.within.time) != 0)
		WireCorrupt(reader, "It has a window where it says that it has none.");
	parts.steps = WireGetCount(reader, "steps", FUNNEL_MOST_STEPS, sizeof(int32));
	for (int i = 0; i < parts.steps; i++)
		parts.step[i] = WireGetBytes(reader, &length);
	parts.lost = WireGetCount(reader, "lost names", FUNNEL_MOST_STEPS, sizeof(int32));
	for (int i = 0; i < parts.lost; i++)
		parts.lost_name[i] = WireGetBytes(reader, &length);
	parts.zone = WireGetBytes(reader, &length);
	return FunnelDefBuild(&parts);
}

/*
 * funnel_def_in(cstring): reads {"steps": [...], "within": …, "mode": …, "lost": [...], "time_zone": …}
 */
Datum
funnel_def_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(FunnelDefRead(JsonRead(PG_GETARG_CSTRING(0), "funnel_def")));
}

/* funnel_def_out(funnel_def): the same text for equal definitions */
Datum
funnel_def_out(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	initStringInfo(&text);
	FunnelDefPut(&text, FunnelDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(text.data);
}

Datum
funnel_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), FUNNEL_DEF_VERSION,
									   "funnel_def");
	FunnelDef  *def = FunnelDefReceive(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(def);
}

Datum
funnel_def_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	WireBeginSend(&buffer, FUNNEL_DEF_VERSION);
	FunnelDefSend(&buffer, FunnelDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* The names of a text[]; NULL where an element is NULL. */
static int
ArrayNames(ArrayType *array, const char *argument, const char **names, void (*check) (int64))
{
	ArrayItems	items = ArrayRead(array, argument);

	check(items.count);
	ArrayTexts(&items, names);
	return items.count;
}

/*
 * funnel(steps text[], within interval, mode text, lost text[], time_zone text):
 * within NULL means no limit, another NULL the default.
 */
Datum
funnel(PG_FUNCTION_ARGS)
{
	FunnelParts parts = {0};

	if (PG_ARGISNULL(0))
		CheckStepCount(0);
	parts.steps = ArrayNames(PG_GETARG_ARRAYTYPE_P(0), "steps", parts.step, CheckStepCount);
	if (!PG_ARGISNULL(1))
	{
		parts.has_within = true;
		parts.within = *PG_GETARG_INTERVAL_P(1);
	}
	parts.mode = PG_ARGISNULL(2) ? FUNNEL_ORDERED : ModeOf(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (!PG_ARGISNULL(3))
		parts.lost = ArrayNames(PG_GETARG_ARRAYTYPE_P(3), "lost", parts.lost_name, CheckLostCount);
	parts.zone = PG_ARGISNULL(4) ? "UTC" : text_to_cstring(PG_GETARG_TEXT_PP(4));
	ZoneRequire(parts.zone);
	PG_RETURN_POINTER(FunnelDefBuild(&parts));
}
