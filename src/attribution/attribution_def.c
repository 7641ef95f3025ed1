/*
 * attribution_def.c
 *		attribution_def: how journeys are cut, and what the rules need to know; a
 *		value. Its JSON text drops keys that say the default; its bytes are
 *		canonical, so that bytea's comparison serves for equality, order and hash.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"

#include "attribution/attribution.h"
#include "base/arrays.h"
#include "base/check.h"
#include "base/format.h"
#include "base/zone.h"

#define ATTRIBUTION_DEF_VERSION	1
#define DEFAULT_SHARE			0.4

PG_FUNCTION_INFO_V1(attribution_def_in);
PG_FUNCTION_INFO_V1(attribution_def_out);
PG_FUNCTION_INFO_V1(attribution_def_recv);
PG_FUNCTION_INFO_V1(attribution_def_send);
PG_FUNCTION_INFO_V1(attribution);

static const char *const span_names[ATTRIBUTION_SPANS] = {"lookback", "half_life", "within", "idle"};
static const char *const repeats_names[REPEATS_MODES] = {"keep", "collapse", "once"};

/* A definition in parts, unchecked. */
typedef struct AttributionParts
{
	bool		has_span[ATTRIBUTION_SPANS];
	Interval	span[ATTRIBUTION_SPANS];
	double		first_share;
	double		last_share;
	int			repeats;
	bool		reuse;
	int			direct;
	const char *direct_name[ATTRIBUTION_MOST_DIRECT];
	const char *zone;
} AttributionParts;

pg_noreturn static void AttributionInvalid(const char *hint, const char *format,...)
			pg_attribute_printf(2, 3);

/* A rule of definitions is broken. hint may be NULL. */
static void
AttributionInvalid(const char *hint, const char *format,...)
{
	va_list		args;
	char	   *detail;

	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid attribution"),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

/* An interval in days, as extract(epoch …) counts: a month 30 days, a year 365.25. */
static double
SpanDays(const Interval *span)
{
	return (span->month / MONTHS_PER_YEAR) * DAYS_PER_YEAR +
		(span->month % MONTHS_PER_YEAR) * (double) DAYS_PER_MONTH + span->day +
		(double) span->time / USECS_PER_DAY;
}

static void
CheckSpan(const Interval *span, AttributionSpanKind kind)
{
	if (span->month < 0 || span->day < 0 || span->time < 0)
		AttributionInvalid("Give a length of time of no negative part.",
						   "%s is negative: %d months, %d days, %lld microseconds.", span_names[kind],
						   span->month, span->day, (long long) span->time);
	if (span->month == PG_INT32_MAX && span->day == PG_INT32_MAX)
		AttributionInvalid("Give null for no limit.", "%s is infinite.", span_names[kind]);
	if (kind == SPAN_HALF_LIFE && SpanDays(span) <= 0)
		AttributionInvalid("Give the time in which a touch loses half of its weight, for example interval '30 days'; null for none.",
						   "half_life is 0.");
}

static double
CheckShare(double share, const char *name)
{
	if (!(share >= 0 && share <= 1))
		AttributionInvalid("Give fractions of 1, such as 0.4 and 0.4: what they leave goes to the touches between.",
						   "%s is %.15g; it must lie between 0 and 1.", name, share);
	return share + 0.0;
}

static void
CheckDirectCount(int count)
{
	if (count > ATTRIBUTION_MOST_DIRECT)
		AttributionInvalid("Give the channels in which customers come by themselves one name.",
						   "It has %d direct channels; at most %d are possible.", count,
						   ATTRIBUTION_MOST_DIRECT);
}

static int
CompareNames(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/*
 * Checks the parts and builds the canonical value: direct channels sorted and each
 * once, the zone as the zone database spells it.
 */
static AttributionDef *
AttributionDefBuild(AttributionParts *parts)
{
	AttributionDef *def;
	StringInfoData names;
	int			direct = 0;
	Size		size;

	CheckDirectCount(parts->direct);
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
		if (parts->has_span[i])
			CheckSpan(&parts->span[i], (AttributionSpanKind) i);
	parts->first_share = CheckShare(parts->first_share, "first_share");
	parts->last_share = CheckShare(parts->last_share, "last_share");
	if (parts->first_share + parts->last_share > 1 + 1e-12)
		AttributionInvalid("Give fractions of 1, such as 0.4 and 0.4: what they leave goes to the touches between.",
						   "first_share and last_share are %.15g and %.15g, together more than 1.",
						   parts->first_share, parts->last_share);
	for (int i = 0; i < parts->direct; i++)
	{
		const char *name = parts->direct_name[i];

		if (name == NULL || strlen(name) > ATTRIBUTION_MOST_NAME)
			AttributionInvalid(NULL, name ? "The name of direct channel %d is longer than %d bytes." :
							   "Direct channel %d is NULL.", i + 1, ATTRIBUTION_MOST_NAME);
	}
	if (parts->zone[0] == '\0' || strlen(parts->zone) > TZ_STRLEN_MAX)
		AttributionInvalid("Give a name of pg_timezone_names, for example Asia/Shanghai or UTC.",
						   "The time zone \"%s\" has no name of 1 to %d bytes.", parts->zone,
						   TZ_STRLEN_MAX);
	qsort(parts->direct_name, parts->direct, sizeof(char *), CompareNames);

	initStringInfo(&names);
	for (int i = 0; i < parts->direct; i++)
		if (i == 0 || strcmp(parts->direct_name[i], parts->direct_name[i - 1]) != 0)
		{
			appendBinaryStringInfo(&names, parts->direct_name[i], strlen(parts->direct_name[i]) + 1);
			direct++;
		}
	/* one that this server does not know is kept: a dump restores, and what needs the zone fails then */
	appendStringInfoString(&names, ZoneSpelling(parts->zone));

	size = MAXALIGN(offsetof(AttributionDef, names) + names.len + 1);
	def = palloc0(size);
	SET_VARSIZE(def, size);
	def->version = ATTRIBUTION_DEF_VERSION;
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
		if (parts->has_span[i])
		{
			def->spans_given |= 1 << i;
			def->span[i].months = parts->span[i].month;
			def->span[i].days = parts->span[i].day;
			def->span[i].micros = parts->span[i].time;
		}
	def->first_share = parts->first_share;
	def->last_share = parts->last_share;
	def->repeats = parts->repeats;
	def->reuse = parts->reuse;
	def->direct = direct;
	memcpy(def->names, names.data, names.len);
	return def;
}

/* A stored definition, detoasted; an error when another version wrote it. */
AttributionDef *
AttributionDefFromDatum(Datum value)
{
	/* the pattern's check fits: header, version and least size stand alike */
	return StateFromDatum(value, ATTRIBUTION_DEF_VERSION, offsetof(AttributionDef, names) + 2,
						  "attribution_def");
}

/* Is a datum, packed or not, this definition? */
bool
AttributionDefIs(const AttributionDef *def, Datum value)
{
	struct varlena *other = PG_DETOAST_DATUM_PACKED(value);
	Size		size = VARSIZE(def) - VARHDRSZ;

	return VARSIZE_ANY_EXHDR(other) == size &&
		memcmp(VARDATA_ANY(other), (const char *) def + VARHDRSZ, size) == 0;
}

/* Takes a definition apart: pointers into it. */
static void
AttributionDefParts(const AttributionDef *def, AttributionParts *parts)
{
	const char *name = def->names;

	memset(parts, 0, sizeof(*parts));
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
	{
		parts->has_span[i] = (def->spans_given & (1 << i)) != 0;
		parts->span[i].month = def->span[i].months;
		parts->span[i].day = def->span[i].days;
		parts->span[i].time = def->span[i].micros;
	}
	parts->first_share = def->first_share;
	parts->last_share = def->last_share;
	parts->repeats = def->repeats;
	parts->reuse = def->reuse;
	parts->direct = def->direct;
	for (int i = 0; i < def->direct; i++, name += strlen(name) + 1)
		parts->direct_name[i] = name;
	parts->zone = name;
}

/*
 * Makes a definition ready, copied into the context; one pfree frees all. cuts: whether
 * journeys are to be cut by it, which needs its time zone; the rules alone do not.
 */
AttributionSpec *
AttributionSpecCreate(const AttributionDef *def, bool cuts, MemoryContext context)
{
	AttributionSpec *spec = MemoryContextAllocZero(context, sizeof(AttributionSpec) + VARSIZE(def));
	AttributionParts parts;

	spec->def = (AttributionDef *) (spec + 1);
	memcpy(spec->def, def, VARSIZE(def));
	AttributionDefParts(spec->def, &parts);
	if (cuts)
	{
		pg_tz	   *zone = ZoneRequire(parts.zone);

		FunnelWindowInit(&spec->zone, NULL, zone);
		FunnelWindowInit(&spec->rule.lookback,
						 parts.has_span[SPAN_LOOKBACK] ? &parts.span[SPAN_LOOKBACK] : NULL, zone);
		FunnelWindowInit(&spec->rule.within,
						 parts.has_span[SPAN_WITHIN] ? &parts.span[SPAN_WITHIN] : NULL, zone);
		FunnelWindowInit(&spec->rule.idle,
						 parts.has_span[SPAN_IDLE] ? &parts.span[SPAN_IDLE] : NULL, zone);
	}
	if (parts.has_span[SPAN_HALF_LIFE])
		spec->rule.half_life = SpanDays(&parts.span[SPAN_HALF_LIFE]);
	spec->rule.first_share = parts.first_share;
	spec->rule.last_share = parts.last_share;
	spec->rule.repeats = (JourneyRepeats) parts.repeats;
	spec->rule.reuse = parts.reuse;
	spec->rule.direct_count = parts.direct;
	spec->rule.direct = spec->direct;
	for (int i = 0; i < parts.direct; i++)
	{
		spec->direct[i].bytes = parts.direct_name[i];
		spec->direct[i].length = strlen(parts.direct_name[i]);
	}
	return spec;
}

/* The last microsecond of the day as_of in the definition's zone. */
int64
AttributionKnownUntil(const AttributionSpec *spec, DateADT as_of)
{
	return FunnelDayEnd(&spec->zone, as_of) - 1;
}

/* Writes the JSON text. */
void
AttributionDefPut(StringInfo text, const AttributionDef *def)
{
	AttributionParts parts;
	const char *comma = "";

	AttributionDefParts(def, &parts);
	appendStringInfoChar(text, '{');
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
		if (parts.has_span[i])
		{
			char		span[MAXDATELEN + 1];
			struct pg_itm itm;

			interval2itm(parts.span[i], &itm);
			EncodeInterval(&itm, INTSTYLE_POSTGRES, span);
			appendStringInfo(text, "%s\"%s\": \"%s\"", comma, span_names[i], span);
			comma = ", ";
		}
	if (parts.first_share != DEFAULT_SHARE)
	{
		appendStringInfo(text, "%s\"first_share\": ", comma);
		JsonPutFloat(text, parts.first_share);
		comma = ", ";
	}
	if (parts.last_share != DEFAULT_SHARE)
	{
		appendStringInfo(text, "%s\"last_share\": ", comma);
		JsonPutFloat(text, parts.last_share);
		comma = ", ";
	}
	if (parts.direct > 0)
	{
		appendStringInfo(text, "%s\"direct\": [", comma);
		for (int i = 0; i < parts.direct; i++)
		{
			appendStringInfoString(text, i > 0 ? ", " : "");
			JsonPutText(text, parts.direct_name[i]);
		}
		appendStringInfoChar(text, ']');
		comma = ", ";
	}
	if (parts.repeats != REPEATS_KEEP)
	{
		appendStringInfo(text, "%s\"repeats\": \"%s\"", comma, repeats_names[parts.repeats]);
		comma = ", ";
	}
	if (parts.reuse)
	{
		appendStringInfo(text, "%s\"reuse\": true", comma);
		comma = ", ";
	}
	if (strcmp(parts.zone, "UTC") != 0)
	{
		appendStringInfo(text, "%s\"time_zone\": ", comma);
		JsonPutText(text, parts.zone);
	}
	appendStringInfoChar(text, '}');
}

/* Reads the JSON form. */
AttributionDef *
AttributionDefRead(JsonNode *root)
{
	static const char *const keys[] = {
		"lookback", "half_life", "within", "idle", "first_share", "last_share", "direct",
		"repeats", "reuse", "time_zone"
	};
	AttributionParts parts = {0};
	JsonNode   *node;

	JsonAllowKeys(root, keys, lengthof(keys));
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
		if ((node = JsonGiven(root, span_names[i])) != NULL)
		{
			const char *text = JsonGetText(node);

			/* signs are where IntervalStyle would have a say */
			if (strpbrk(text, "-@") != NULL || strstr(text, "ago") != NULL)
				JsonInvalid(node, "Write it like \"90 days\", \"3 mons\" or \"1 mon 12:00:00\"; leave the key out for none.",
							"It must be a length of time without a sign, not \"%s\".", text);
			parts.has_span[i] = true;
			parts.span[i] = *DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(text),
																   ObjectIdGetDatum(InvalidOid),
																   Int32GetDatum(-1)));
		}
	node = JsonGiven(root, "first_share");
	parts.first_share = node ? JsonGetFloat(node) : DEFAULT_SHARE;
	node = JsonGiven(root, "last_share");
	parts.last_share = node ? JsonGetFloat(node) : DEFAULT_SHARE;
	if ((node = JsonGiven(root, "direct")) != NULL)
	{
		JsonExpect(node, JSON_KIND_ARRAY);
		CheckDirectCount(node->count);
		parts.direct = node->count;
		for (int i = 0; i < node->count; i++)
			parts.direct_name[i] = JsonGetText(node->items[i]);
	}
	node = JsonGiven(root, "repeats");
	parts.repeats = node ? JsonGetChoice(node, repeats_names, REPEATS_MODES) : REPEATS_KEEP;
	node = JsonGiven(root, "reuse");
	parts.reuse = node && JsonGetBoolean(node);
	node = JsonGiven(root, "time_zone");
	parts.zone = node ? JsonGetText(node) : "UTC";
	return AttributionDefBuild(&parts);
}

/* Writes the binary form, into another type's too. */
void
AttributionDefSend(StringInfo buffer, const AttributionDef *def)
{
	AttributionParts parts;

	AttributionDefParts(def, &parts);
	WirePutByte(buffer, def->spans_given);
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
		if (parts.has_span[i])
		{
			WirePutInt(buffer, parts.span[i].month);
			WirePutInt(buffer, parts.span[i].day);
			WirePutInt64(buffer, parts.span[i].time);
		}
	WirePutFloat(buffer, parts.first_share);
	WirePutFloat(buffer, parts.last_share);
	WirePutByte(buffer, parts.repeats);
	WirePutByte(buffer, parts.reuse);
	WirePutInt(buffer, parts.direct);
	for (int i = 0; i < parts.direct; i++)
		WirePutBytes(buffer, parts.direct_name[i], strlen(parts.direct_name[i]));
	WirePutBytes(buffer, parts.zone, strlen(parts.zone));
}

/* Reads the binary form. */
AttributionDef *
AttributionDefReceive(WireReader *reader)
{
	AttributionParts parts = {0};
	uint8		given = WireGetByte(reader);
	int			length;
	uint8		reuse;

	if (given >> ATTRIBUTION_SPANS)
		WireCorrupt(reader, "It has the flags %d.", given);
	for (int i = 0; i < ATTRIBUTION_SPANS; i++)
		if (given & (1 << i))
		{
			parts.has_span[i] = true;
			parts.span[i].month = WireGetInt(reader);
			parts.span[i].day = WireGetInt(reader);
			parts.span[i].time = WireGetInt64(reader);
		}
	parts.first_share = WireGetFloat(reader);
	parts.last_share = WireGetFloat(reader);
	parts.repeats = WireGetByte(reader);
	reuse = WireGetByte(reader);
	if (parts.repeats >= REPEATS_MODES || reuse > 1)
		WireCorrupt(reader, "It has repeats %d and reuse %d.", parts.repeats, reuse);
	parts.reuse = reuse == 1;
	parts.direct = WireGetCount(reader, "direct channels", ATTRIBUTION_MOST_DIRECT, sizeof(int32));
	for (int i = 0; i < parts.direct; i++)
		parts.direct_name[i] = WireGetBytes(reader, &length);
	parts.zone = WireGetBytes(reader, &length);
	return AttributionDefBuild(&parts);
}

/* attribution_def_in(cstring): reads {"lookback": …, "half_life": …, "direct": […], …}; {} is the default */
Datum
attribution_def_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(AttributionDefRead(JsonRead(PG_GETARG_CSTRING(0), "attribution_def")));
}

/* attribution_def_out(attribution_def): the same text for equal definitions */
Datum
attribution_def_out(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	initStringInfo(&text);
	AttributionDefPut(&text, AttributionDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(text.data);
}

Datum
attribution_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), ATTRIBUTION_DEF_VERSION,
									   "attribution_def");
	AttributionDef *def = AttributionDefReceive(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(def);
}

Datum
attribution_def_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	WireBeginSend(&buffer, ATTRIBUTION_DEF_VERSION);
	AttributionDefSend(&buffer, AttributionDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * attribution(lookback, half_life interval, first_share, last_share float8, direct
 * text[], repeats text, reuse boolean, within, idle interval, time_zone text): a NULL
 * interval means none, another NULL the default.
 */
Datum
attribution(PG_FUNCTION_ARGS)
{
	static const struct
	{
		int			argument;
		AttributionSpanKind kind;
	}			spans[] = {{0, SPAN_LOOKBACK}, {1, SPAN_HALF_LIFE}, {7, SPAN_WITHIN}, {8, SPAN_IDLE}};
	AttributionParts parts = {0};

	for (int i = 0; i < (int) lengthof(spans); i++)
		if (!PG_ARGISNULL(spans[i].argument))
		{
			parts.has_span[spans[i].kind] = true;
			parts.span[spans[i].kind] = *PG_GETARG_INTERVAL_P(spans[i].argument);
		}
	parts.first_share = PG_ARGISNULL(2) ? DEFAULT_SHARE : PG_GETARG_FLOAT8(2);
	parts.last_share = PG_ARGISNULL(3) ? DEFAULT_SHARE : PG_GETARG_FLOAT8(3);
	if (!PG_ARGISNULL(4))
	{
		ArrayItems	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(4), "direct");

		CheckDirectCount(items.count);
		parts.direct = items.count;
		ArrayTexts(&items, parts.direct_name);
	}
	if (!PG_ARGISNULL(5))
	{
		const char *name = text_to_cstring(PG_GETARG_TEXT_PP(5));

		while (parts.repeats < REPEATS_MODES && strcmp(repeats_names[parts.repeats], name) != 0)
			parts.repeats++;
		if (parts.repeats == REPEATS_MODES)
			AttributionInvalid("keep counts each touch, collapse a run of touches of one channel once, once each channel once.",
							   "repeats is \"%s\", which is unknown.", name);
	}
	parts.reuse = !PG_ARGISNULL(6) && PG_GETARG_BOOL(6);
	parts.zone = PG_ARGISNULL(9) ? "UTC" : text_to_cstring(PG_GETARG_TEXT_PP(9));
	ZoneRequire(parts.zone);
	PG_RETURN_POINTER(AttributionDefBuild(&parts));
}
