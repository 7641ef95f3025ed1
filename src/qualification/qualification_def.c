/*
 * qualification_def.c
 *		qualification_def: what makes a lead valid, a value. Its bytes are canonical,
 *		so that bytea's comparison serves for equality, order and hash.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/format.h"
#include "qualification/qualification.h"

#define QUALIFICATION_DEF_VERSION	1
#define MOST_TIERS					100
#define MOST_NAME_BYTES				1000

PG_FUNCTION_INFO_V1(qualification_def_in);
PG_FUNCTION_INFO_V1(qualification_def_out);
PG_FUNCTION_INFO_V1(qualification_def_recv);
PG_FUNCTION_INFO_V1(qualification_def_send);
PG_FUNCTION_INFO_V1(qualification);
PG_FUNCTION_INFO_V1(qualification_preset);

/* A definition in parts, unchecked. */
typedef struct QualificationParts
{
	int			criteria;
	int			tiers;
	const char *criterion[QUALIFICATION_MOST_CRITERIA];
	uint32		required;
	uint32		required_given; /* the other criteria take the default */
	double		weight[QUALIFICATION_MOST_CRITERIA];
	int64		min_passed;
	double		min_score;
	const char *tier[MOST_TIERS];
	double		tier_from[MOST_TIERS];
	int64		decide_days;	/* or QUALIFICATION_NO_DECIDE_DAYS */
} QualificationParts;

pg_noreturn static void QualificationInvalid(const char *hint, const char *format,...)
			pg_attribute_printf(2, 3);

/* A rule of definitions is broken. */
static void
QualificationInvalid(const char *hint, const char *format,...)
{
	va_list		args;
	char	   *detail;

	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid qualification"),
			 errdetail("%s", detail),
			 errhint("%s", hint)));
}

static int
CheckCriterionCount(int64 count)
{
	if (count == 0)
		QualificationInvalid("Name what a valid lead has, as in array['need', 'budget'].",
							 "It has no criterion.");
	if (count > QUALIFICATION_MOST_CRITERIA)
		QualificationInvalid("Ask two qualifications, or merge criteria.",
							 "It has %lld criteria; at most %d are possible.",
							 (long long) count, QUALIFICATION_MOST_CRITERIA);
	return (int) count;
}

static int
CheckTierCount(int64 count)
{
	if (count > MOST_TIERS)
		QualificationInvalid("Merge tiers.", "It has %lld tiers; at most %d are possible.",
							 (long long) count, MOST_TIERS);
	return (int) count;
}

static void
CheckName(const char *const *names, int index, const char *what)
{
	const char *name = names[index];

	if (name == NULL || name[0] == '\0')
		QualificationInvalid("Give each criterion and each tier a name.", "%s %d has no name.",
							 what, index + 1);
	if (strlen(name) > MOST_NAME_BYTES)
		QualificationInvalid("Give it a shorter name.", "The name of %s %d has %zu bytes; at most %d are possible.",
							 what, index + 1, strlen(name), MOST_NAME_BYTES);
	for (int i = 0; i < index; i++)
		if (strcmp(names[i], name) == 0)
			QualificationInvalid("Give each another name.", "%s %d and %d are both \"%s\".",
								 what, i + 1, index + 1, name);
}

static double
CheckNumber(double value, const char *what, const char *name)
{
	if (!isfinite(value))
		QualificationInvalid("Give a finite number; no score is less than 0, where the lowest tier can begin.",
							 "The %s of \"%s\" is %s.", what, name,
							 isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
	return value + 0.0;
}

/* Checks the parts and builds the canonical value. */
static QualificationDef *
QualificationDefBuild(QualificationParts *parts)
{
	bool		has_minimum;
	QualificationDef *def;
	QualificationRule rule;
	StringInfoData names;
	double		total = 0;
	Size		size;

	CheckCriterionCount(parts->criteria);
	CheckTierCount(parts->tiers);
	initStringInfo(&names);
	for (int i = 0; i < parts->criteria; i++)
	{
		CheckName(parts->criterion, i, "criterion");
		parts->weight[i] = CheckNumber(parts->weight[i], "weight", parts->criterion[i]);
		if (parts->weight[i] < 0)
			QualificationInvalid("For what speaks against a lead, ask whether it is absent.",
								 "The weight of \"%s\" is %.15g, less than 0.",
								 parts->criterion[i], parts->weight[i]);
		total += parts->weight[i];
		appendBinaryStringInfo(&names, parts->criterion[i], strlen(parts->criterion[i]) + 1);
	}
	if (!isfinite(total))
		QualificationInvalid("Give smaller weights.", "The weights have no finite sum.");
	for (int i = 0; i < parts->tiers; i++)
	{
		CheckName(parts->tier, i, "tier");
		parts->tier_from[i] = CheckNumber(parts->tier_from[i], "tier_from", parts->tier[i]);
		if (i > 0 && parts->tier_from[i] <= parts->tier_from[i - 1])
			QualificationInvalid("List tiers from the lowest to the highest; a tier holds scores at or above its own.",
								 "Tier \"%s\" begins at %.15g, not above %.15g of \"%s\".",
								 parts->tier[i], parts->tier_from[i], parts->tier_from[i - 1],
								 parts->tier[i - 1]);
		appendBinaryStringInfo(&names, parts->tier[i], strlen(parts->tier[i]) + 1);
	}
	if (parts->min_passed < 0)
		QualificationInvalid("Leave it out where no number is asked for.",
							 "min_passed is %lld, less than 0.", (long long) parts->min_passed);
	parts->min_score = CheckNumber(parts->min_score, "min_score", "the rule");
	if (parts->min_score < 0)
		QualificationInvalid("No weight is negative, so no score is; leave it out where none is asked for.",
							 "min_score is %.15g, less than 0.", parts->min_score);
	if (parts->decide_days < 0 && parts->decide_days != QUALIFICATION_NO_DECIDE_DAYS)
		QualificationInvalid("Give the days within which a lead is to be checked, or NULL.",
							 "decide_days is %lld, less than 0.", (long long) parts->decide_days);
	if (parts->min_passed > parts->criteria)
		QualificationInvalid("Lower min_passed.", "A lead with all %d criteria would fail: min_passed is %lld.",
							 parts->criteria, (long long) parts->min_passed);

	has_minimum = parts->min_passed > 0 || parts->min_score > 0;
	if (!has_minimum)
		parts->required |= ~parts->required_given;

	size = offsetof(QualificationDef, number) +
		(parts->criteria + parts->tiers) * sizeof(double) + names.len;
	def = StateCreate(size, QUALIFICATION_DEF_VERSION);
	def->criteria = parts->criteria;
	def->tiers = parts->tiers;
	def->min_passed = (int32) parts->min_passed;
	def->min_score = parts->min_score;
	def->decide_days = (int32) parts->decide_days;
	def->decimals = QualificationDecimals(parts->weight, parts->criteria);
	memcpy(def->number, parts->weight, parts->criteria * sizeof(double));
	memcpy(def->number + parts->criteria, parts->tier_from, parts->tiers * sizeof(double));
	memcpy(def->number + parts->criteria + parts->tiers, names.data, names.len);
	rule = QualificationDefRule(def);
	def->required = rule.required = parts->required & QualificationAll(&rule);
	if (!QualificationPasses(&rule, QualificationAll(&rule)))
		QualificationInvalid("Lower min_score, or raise weights.",
							 "A lead with all criteria would fail: its score is %.15g, min_score %.15g.",
							 QualificationScore(&rule, QualificationAll(&rule)), def->min_score);
	return def;
}

/* A stored definition, detoasted; an error when another version wrote it. */
QualificationDef *
QualificationDefFromDatum(Datum value)
{
	return StateFromDatum(value, QUALIFICATION_DEF_VERSION,
						  offsetof(QualificationDef, number) + sizeof(double) + 2, "qualification_def");
}

/* The names of the criteria, then of the tiers: pointers into the definition. */
const char **
QualificationDefNames(const QualificationDef *def)
{
	int			count = def->criteria + def->tiers;
	const char **names = palloc(count * sizeof(char *));
	const char *name = (const char *) (def->number + count);

	for (int i = 0; i < count; i++, name += strlen(name) + 1)
		names[i] = name;
	return names;
}

/* The tier of a score, from 0; QUALIFICATION_NO_TIER below the first. */
int
QualificationTier(const QualificationDef *def, double score)
{
	int			tier = def->tiers - 1;

	while (tier >= 0 && score < def->number[def->criteria + tier])
		tier--;
	return tier;
}

/*
 * Which criteria failed, and which are not known, of a lead's answers in the order
 * of the criteria.
 */
void
QualificationAnswers(const QualificationDef *def, ArrayType *answers, uint32 *failed, uint32 *unknown)
{
	const bits8 *is_there = ARR_NULLBITMAP(answers);
	const bool *answer = (const bool *) ArrayData(answers);
	int			count = ArrayGetNItems(ARR_NDIM(answers), ARR_DIMS(answers));

	if (count != def->criteria || ARR_NDIM(answers) != 1)
	{
		const char **names = QualificationDefNames(def);
		StringInfoData list;

		initStringInfo(&list);
		for (int i = 0; i < def->criteria; i++)
			appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", names[i]);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a lead needs one answer per criterion"),
				 errdetail("It has %d in %d dimensions; the criteria are %d: %s.", count,
						   ARR_NDIM(answers), def->criteria, list.data),
				 errhint("Give them in the order of the criteria, NULL where nobody has checked yet.")));
	}
	*failed = 0;
	*unknown = 0;
	for (int i = 0; i < count; i++)
	{
		if (is_there && (is_there[i / BITS_PER_BYTE] & (1 << (i % BITS_PER_BYTE))) == 0)
			*unknown |= UINT32_C(1) << i;
		else if (!*answer++)
			*failed |= UINT32_C(1) << i;
	}
}

/* ------------------------------------------------------------------------- */

/* Writes the JSON text; what says the default is left out, but for required. */
void
QualificationDefPut(StringInfo text, const QualificationDef *def)
{
	const char **names = QualificationDefNames(def);

	appendStringInfoString(text, "{\"criteria\": [");
	for (int i = 0; i < def->criteria; i++)
	{
		appendStringInfoString(text, i > 0 ? ", {\"name\": " : "{\"name\": ");
		JsonPutText(text, names[i]);
		appendStringInfo(text, ", \"required\": %s",
						 def->required & (UINT32_C(1) << i) ? "true" : "false");
		if (def->number[i] != 1)
		{
			appendStringInfoString(text, ", \"weight\": ");
			JsonPutFloat(text, def->number[i]);
		}
		appendStringInfoChar(text, '}');
	}
	appendStringInfoChar(text, ']');
	if (def->min_passed > 0)
		appendStringInfo(text, ", \"min_passed\": %d", def->min_passed);
	if (def->min_score > 0)
	{
		appendStringInfoString(text, ", \"min_score\": ");
		JsonPutFloat(text, def->min_score);
	}
	for (int i = 0; i < def->tiers; i++)
	{
		appendStringInfoString(text, i > 0 ? ", {\"name\": " : ", \"tiers\": [{\"name\": ");
		JsonPutText(text, names[def->criteria + i]);
		appendStringInfoString(text, ", \"from\": ");
		JsonPutFloat(text, def->number[def->criteria + i]);
		appendStringInfoString(text, i == def->tiers - 1 ? "}]" : "}");
	}
	if (def->decide_days != QUALIFICATION_NO_DECIDE_DAYS)
		appendStringInfo(text, ", \"decide_days\": %d", def->decide_days);
	appendStringInfoChar(text, '}');
}

/* Reads the JSON form. */
QualificationDef *
QualificationDefRead(JsonNode *root)
{
	static const char *const keys[] = {"criteria", "min_passed", "min_score", "tiers", "decide_days"};
	static const char *const criterion_keys[] = {"name", "required", "weight"};
	static const char *const tier_keys[] = {"name", "from"};
	QualificationParts parts = {.decide_days = QUALIFICATION_NO_DECIDE_DAYS};
	JsonNode   *node;

	JsonAllowKeys(root, keys, lengthof(keys));
	node = JsonRequire(root, "criteria");
	JsonExpect(node, JSON_KIND_ARRAY);
	parts.criteria = CheckCriterionCount(node->count);
	for (int i = 0; i < node->count; i++)
	{
		JsonNode   *item = node->items[i];
		JsonNode   *member;

		JsonAllowKeys(item, criterion_keys, lengthof(criterion_keys));
		parts.criterion[i] = JsonGetText(JsonRequire(item, "name"));
		member = JsonGiven(item, "weight");
		parts.weight[i] = member ? JsonGetFloat(member) : 1;
		if ((member = JsonGiven(item, "required")) != NULL)
		{
			parts.required_given |= UINT32_C(1) << i;
			if (JsonGetBoolean(member))
				parts.required |= UINT32_C(1) << i;
		}
	}
	if ((node = JsonGiven(root, "min_passed")) != NULL)
		parts.min_passed = JsonGetInt(node, 0, PG_INT32_MAX);
	if ((node = JsonGiven(root, "min_score")) != NULL)
		parts.min_score = JsonGetFloat(node);
	if ((node = JsonGiven(root, "tiers")) != NULL)
	{
		JsonExpect(node, JSON_KIND_ARRAY);
		parts.tiers = CheckTierCount(node->count);
		for (int i = 0; i < node->count; i++)
		{
			JsonAllowKeys(node->items[i], tier_keys, lengthof(tier_keys));
			parts.tier[i] = JsonGetText(JsonRequire(node->items[i], "name"));
			parts.tier_from[i] = JsonGetFloat(JsonRequire(node->items[i], "from"));
		}
	}
	if ((node = JsonGiven(root, "decide_days")) != NULL)
		parts.decide_days = JsonGetInt(node, 0, PG_INT32_MAX);
	return QualificationDefBuild(&parts);
}

/* Writes the binary form, into another type's too. */
void
QualificationDefSend(StringInfo buffer, const QualificationDef *def)
{
	const char **names = QualificationDefNames(def);

	WirePutInt(buffer, def->criteria);
	for (int i = 0; i < def->criteria; i++)
	{
		WirePutBytes(buffer, names[i], strlen(names[i]));
		WirePutByte(buffer, (def->required >> i) & 1);
		WirePutFloat(buffer, def->number[i]);
	}
	WirePutInt(buffer, def->min_passed);
	WirePutFloat(buffer, def->min_score);
	WirePutInt(buffer, def->tiers);
	for (int i = 0; i < def->tiers; i++)
	{
		WirePutBytes(buffer, names[def->criteria + i], strlen(names[def->criteria + i]));
		WirePutFloat(buffer, def->number[def->criteria + i]);
	}
	WirePutInt(buffer, def->decide_days);
}

#define LEAST_CRITERION_BYTES	13	/* length of the name, required, weight */
#define LEAST_TIER_BYTES		12

/* Reads the binary form. */
QualificationDef *
QualificationDefReceive(WireReader *reader)
{
	QualificationParts parts = {0};
	int			length;

	parts.criteria = WireGetCount(reader, "criteria", QUALIFICATION_MOST_CRITERIA, LEAST_CRITERION_BYTES);
	parts.required_given = PG_UINT32_MAX;
	for (int i = 0; i < parts.criteria; i++)
	{
		uint8		is_required;

		parts.criterion[i] = WireGetBytes(reader, &length);
		is_required = WireGetByte(reader);
		if (is_required > 1)
			WireCorrupt(reader, "Criterion %d has the flag %d.", i + 1, is_required);
		parts.required |= (uint32) is_required << i;
		parts.weight[i] = WireGetFloat(reader);
	}
	parts.min_passed = WireGetInt(reader);
	parts.min_score = WireGetFloat(reader);
	parts.tiers = WireGetCount(reader, "tiers", MOST_TIERS, LEAST_TIER_BYTES);
	for (int i = 0; i < parts.tiers; i++)
	{
		parts.tier[i] = WireGetBytes(reader, &length);
		parts.tier_from[i] = WireGetFloat(reader);
	}
	parts.decide_days = WireGetInt(reader);
	return QualificationDefBuild(&parts);
}

/*
 * qualification_def_in(cstring): reads {"criteria": [{"name": …, "required": …,
 * "weight": …}, …], "min_passed": …, "min_score": …, "tiers": [{"name": …, "from": …}, …],
 * "decide_days": …}
 */
Datum
qualification_def_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(QualificationDefRead(JsonRead(PG_GETARG_CSTRING(0), "qualification_def")));
}

/* qualification_def_out(qualification_def): the same text for equal definitions */
Datum
qualification_def_out(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	initStringInfo(&text);
	QualificationDefPut(&text, QualificationDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(text.data);
}

Datum
qualification_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), QUALIFICATION_DEF_VERSION,
									   "qualification_def");
	QualificationDef *def = QualificationDefReceive(&reader);

	WireEnd(&reader);
	PG_RETURN_POINTER(def);
}

Datum
qualification_def_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	WireBeginSend(&buffer, QUALIFICATION_DEF_VERSION);
	QualificationDefSend(&buffer, QualificationDefFromDatum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/* An array argument with one element per name of another; items.count 0 where it is NULL. */
static ArrayItems
ReadBeside(FunctionCallInfo fcinfo, int argument, const char *name, int count, const char *other)
{
	ArrayItems	items = {0};

	if (PG_ARGISNULL(argument))
		return items;
	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(argument), name);
	if (items.count != count)
		QualificationInvalid("Give both in the same order, one for one.",
							 "%s has %d elements, %s %d.", name, items.count, other, count);
	for (int i = 0; i < count; i++)
		if (items.nulls[i])
			QualificationInvalid("Give a value for each, or leave the argument out.",
								 "Element %d of %s is NULL.", i + 1, name);
	return items;
}

/*
 * qualification(criteria text[], required boolean[], weights float8[], min_passed int,
 * min_score float8, tiers text[], tier_from float8[], decide_days int)
 */
Datum
qualification(PG_FUNCTION_ARGS)
{
	QualificationParts parts = {.decide_days = QUALIFICATION_NO_DECIDE_DAYS};
	ArrayItems	items = {0};

	CheckSettingIsSet(PG_ARGISNULL(3), "min_passed");
	CheckSettingIsSet(PG_ARGISNULL(4), "min_score");
	if (!PG_ARGISNULL(0))
		items = ArrayRead(PG_GETARG_ARRAYTYPE_P(0), "criteria");
	parts.criteria = CheckCriterionCount(items.count);
	ArrayTexts(&items, parts.criterion);
	for (int i = 0; i < items.count; i++)
		parts.weight[i] = 1;
	items = ReadBeside(fcinfo, 1, "required", parts.criteria, "criteria");
	for (int i = 0; i < items.count; i++)
	{
		parts.required_given |= UINT32_C(1) << i;
		if (DatumGetBool(items.values[i]))
			parts.required |= UINT32_C(1) << i;
	}
	items = ReadBeside(fcinfo, 2, "weights", parts.criteria, "criteria");
	for (int i = 0; i < items.count; i++)
		parts.weight[i] = DatumGetFloat8(items.values[i]);
	parts.min_passed = PG_GETARG_INT32(3);
	parts.min_score = PG_GETARG_FLOAT8(4);
	if (PG_ARGISNULL(5) != PG_ARGISNULL(6))
		QualificationInvalid("Give both or none: tiers => array['C', 'B'], tier_from => array[0, 2].",
							 "tiers and tier_from belong together; %s is NULL.",
							 PG_ARGISNULL(5) ? "tiers" : "tier_from");
	if (!PG_ARGISNULL(5))
	{
		items = ArrayRead(PG_GETARG_ARRAYTYPE_P(5), "tiers");
		parts.tiers = CheckTierCount(items.count);
		ArrayTexts(&items, parts.tier);
		items = ReadBeside(fcinfo, 6, "tier_from", parts.tiers, "tiers");
		for (int i = 0; i < items.count; i++)
			parts.tier_from[i] = DatumGetFloat8(items.values[i]);
	}
	if (!PG_ARGISNULL(7))
	{
		parts.decide_days = PG_GETARG_INT32(7);
		/* -1 is a number of days here, not the absence of one */
		if (parts.decide_days < 0)
			QualificationInvalid("Give the days within which a lead is to be checked, or NULL.",
								 "decide_days is %lld, less than 0.", (long long) parts.decide_days);
	}
	PG_RETURN_POINTER(QualificationDefBuild(&parts));
}

/* Rules with a name; all criteria are required. */
typedef struct Preset
{
	const char *name;
	int			decide_days;
	const char *criterion[7];	/* ended by NULL */
} Preset;

static const Preset presets[] = {
	{"lead", 14, {"scenario", "profile", "authority", "intent"}},
	{"lead_zh", 14, {"业务场景", "客户画像", "决策权", "购买意向"}},
	{"bant", QUALIFICATION_NO_DECIDE_DAYS, {"budget", "authority", "need", "timing"}},
	{"meddic", QUALIFICATION_NO_DECIDE_DAYS, {"metrics", "economic_buyer", "decision_criteria", "decision_process",
	"pain", "champion"}}
};

/* qualification_preset(name text) */
Datum
qualification_preset(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (int i = 0; i < (int) lengthof(presets); i++)
	{
		QualificationParts parts = {.decide_days = presets[i].decide_days};

		if (strcmp(presets[i].name, name) != 0)
			continue;
		for (const char *const *criterion = presets[i].criterion; *criterion != NULL; criterion++)
		{
			parts.criterion[parts.criteria] = pg_any_to_server(*criterion, strlen(*criterion), PG_UTF8);
			parts.weight[parts.criteria++] = 1;
		}
		PG_RETURN_POINTER(QualificationDefBuild(&parts));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown qualification preset \"%s\"", name),
			 errhint("Built in are lead, lead_zh, bant and meddic; write your own with qualification().")));
}
