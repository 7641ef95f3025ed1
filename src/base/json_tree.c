/*
 * json_tree.c
 *		JSON text of definitions and states, read strictly: see json_tree.h.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/decimal.h"
#include "base/format.h"
#include "base/json_tree.h"

/* What the parser's actions share. */
typedef struct TreeBuilder
{
	const char *type_name;
	JsonNode   *root;
	JsonNode   *open;			/* the innermost array or object */
	char	   *key;			/* of the value to come, in an object */
} TreeBuilder;

/* "tiers[2].unit_price", or "the value" for the root. */
static void
PutPlace(StringInfo place, const JsonNode *node)
{
	if (node->parent == NULL)
		return;
	PutPlace(place, node->parent);
	if (node->key == NULL)
		appendStringInfo(place, "[%d]", node->index + 1);
	else
		appendStringInfo(place, "%s%s", place->len > 0 ? "." : "", node->key);
}

/*
 * The text is JSON but breaks a rule of the type: format says which, with the
 * value; the place is put before it. hint may be NULL.
 */
void
JsonInvalid(const JsonNode *node, const char *hint, const char *format,...)
{
	StringInfoData place;
	va_list		args;
	char	   *detail;

	initStringInfo(&place);
	PutPlace(&place, node);
	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 place.len > 0 ?
			 errmsg("invalid %s at %s", node->type_name, place.data) :
			 errmsg("invalid %s", node->type_name),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

static const char *
KindName(JsonKind kind)
{
	switch (kind)
	{
		case JSON_KIND_NULL:
			return "null";
		case JSON_KIND_BOOLEAN:
			return "true or false";
		case JSON_KIND_NUMBER:
			return "a number";
		case JSON_KIND_STRING:
			return "a string";
		case JSON_KIND_ARRAY:
			return "an array";
		case JSON_KIND_OBJECT:
			return "an object";
	}
	return "a value";
}

/* Hangs a new node into the tree, under the innermost open one. */
static JsonNode *
AddNode(TreeBuilder *builder, JsonKind kind, const char *text)
{
	JsonNode   *parent = builder->open;
	JsonNode   *node = palloc0(sizeof(JsonNode));

	CHECK_FOR_INTERRUPTS();
	node->kind = kind;
	node->text = text;
	node->parent = parent;
	node->type_name = builder->type_name;
	if (parent == NULL)
	{
		builder->root = node;
		return node;
	}
	if (parent->kind == JSON_KIND_OBJECT)
		node->key = builder->key;
	if (parent->count == parent->capacity)
	{
		parent->capacity = parent->capacity ? parent->capacity * 2 : 8;
		if (parent->items == NULL)
			parent->items = palloc(parent->capacity * sizeof(JsonNode *));
		else
			parent->items = repalloc_huge(parent->items,
										  parent->capacity * sizeof(JsonNode *));
	}
	node->index = parent->count;
	parent->items[parent->count++] = node;
	return node;
}

static JsonActionResult
StartObject(void *state)
{
	TreeBuilder *builder = state;

	builder->open = AddNode(builder, JSON_KIND_OBJECT, NULL);
	JSON_ACTION_DONE;
}

static JsonActionResult
StartArray(void *state)
{
	TreeBuilder *builder = state;

	builder->open = AddNode(builder, JSON_KIND_ARRAY, NULL);
	JSON_ACTION_DONE;
}

static JsonActionResult
EndOpen(void *state)
{
	TreeBuilder *builder = state;

	builder->open = builder->open->parent;
	JSON_ACTION_DONE;
}

/* No definition has a thousand keys, so a linear search for a twin is enough. */
#define MOST_KEYS	1000

static JsonActionResult
StartField(void *state, char *key, bool isnull pg_attribute_unused())
{
	TreeBuilder *builder = state;
	JsonNode   *object = builder->open;

	if (JsonMember(object, key))
		JsonInvalid(object, "Keep one of them.", "The key \"%s\" stands twice.", key);
	if (object->count >= MOST_KEYS)
		JsonInvalid(object, NULL, "An object has more than %d keys.", MOST_KEYS);
	builder->key = key;
	JSON_ACTION_DONE;
}

static JsonActionResult
PutScalar(void *state, char *token, JsonTokenType token_type)
{
	JsonKind	kind;

	switch (token_type)
	{
		case JSON_TOKEN_STRING:
			kind = JSON_KIND_STRING;
			break;
		case JSON_TOKEN_NUMBER:
			kind = JSON_KIND_NUMBER;
			break;
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			kind = JSON_KIND_BOOLEAN;
			break;
		default:
			kind = JSON_KIND_NULL;
			break;
	}
	AddNode(state, kind, token);
	JSON_ACTION_DONE;
}

/*
 * Parses JSON text. type_name: what is being read, for errors. Malformed text
 * raises PostgreSQL's own error, with the line and the token.
 */
JsonNode *
JsonRead(const char *text, const char *type_name)
{
	TreeBuilder builder = {type_name, NULL, NULL, NULL};
	JsonSemAction actions = {0};
	JsonLexContext *lexer = MakeJsonLexer(unconstify(char *, text), strlen(text),
										  GetDatabaseEncoding());
	JsonParseErrorType error;

	actions.semstate = &builder;
	actions.object_start = StartObject;
	actions.object_end = EndOpen;
	actions.array_start = StartArray;
	actions.array_end = EndOpen;
	actions.object_field_start = StartField;
	actions.scalar = PutScalar;
	error = pg_parse_json(lexer, &actions);
	if (error != JSON_SUCCESS)
		ReportJsonSyntax(error, lexer);
	return builder.root;
}

/* The value under a key, NULL where the key is absent. */
JsonNode *
JsonMember(const JsonNode *object, const char *key)
{
	for (int i = 0; i < object->count; i++)
		if (strcmp(object->items[i]->key, key) == 0)
			return object->items[i];
	return NULL;
}

/* A member, NULL where it is absent or null. */
JsonNode *
JsonGiven(const JsonNode *object, const char *key)
{
	JsonNode   *member = JsonMember(object, key);

	return member != NULL && member->kind == JSON_KIND_NULL ? NULL : member;
}

/* The value under a key that must be there. */
JsonNode *
JsonRequire(const JsonNode *object, const char *key)
{
	JsonNode   *member = JsonMember(object, key);

	if (member == NULL)
		JsonInvalid(object, NULL, "The key \"%s\" is missing.", key);
	return member;
}

/* The node must be an object with no other keys than these. */
void
JsonAllowKeys(const JsonNode *object, const char *const *keys, int count)
{
	JsonExpect(object, JSON_KIND_OBJECT);
	for (int i = 0; i < object->count; i++)
	{
		int			known = 0;

		while (known < count && strcmp(object->items[i]->key, keys[known]) != 0)
			known++;
		if (known == count)
		{
			StringInfoData hint;

			initStringInfo(&hint);
			appendStringInfoString(&hint, "Known keys are ");
			for (int k = 0; k < count; k++)
				appendStringInfo(&hint, "%s%s", k == 0 ? "" : ", ", keys[k]);
			appendStringInfoChar(&hint, '.');
			JsonInvalid(object, hint.data, "The key \"%s\" is unknown.", object->items[i]->key);
		}
	}
}

/* The node must be of a kind. */
void
JsonExpect(const JsonNode *node, JsonKind kind)
{
	if (node->kind == kind)
		return;
	if (node->text)
		JsonInvalid(node, NULL, "It must be %s, not \"%s\".", KindName(kind), node->text);
	JsonInvalid(node, NULL, "It must be %s, not %s.", KindName(kind), KindName(node->kind));
}

/* An integer between two bounds, both included. */
int64
JsonGetInt(const JsonNode *node, int64 least, int64 most)
{
	char	   *end;
	int64		value;

	JsonExpect(node, JSON_KIND_NUMBER);
	errno = 0;
	value = strtoll(node->text, &end, 10);
	if (errno != 0 || *end != '\0' || value < least || value > most)
		JsonInvalid(node, NULL, "It must be a whole number from %lld to %lld, not %s.",
					(long long) least, (long long) most, node->text);
	return value;
}

/* An integer from 0 on, for what may not fit with a sign. */
uint64
JsonGetUnsigned(const JsonNode *node, uint64 most)
{
	char	   *end;
	uint64		value;

	JsonExpect(node, JSON_KIND_NUMBER);
	errno = 0;
	value = strtoull(node->text, &end, 10);
	if (errno != 0 || *end != '\0' || node->text[0] == '-' || value > most)
		JsonInvalid(node, NULL, "It must be a whole number from 0 to %llu, not %s.",
					(unsigned long long) most, node->text);
	return value;
}

/* A finite double. */
double
JsonGetFloat(const JsonNode *node)
{
	double		value;

	JsonExpect(node, JSON_KIND_NUMBER);
	value = strtod(node->text, NULL);
	if (!isfinite(value))
		JsonInvalid(node, NULL, "It must be a number that a double can hold, not %s.", node->text);
	return value + 0.0;
}

/* Whether text is a decimal number, with or without sign, point and exponent. */
static bool
IsDecimalText(const char *text)
{
	size_t		whole;
	size_t		fraction = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.')
	{
		fraction = strspn(text + 1, "0123456789");
		text += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*text == 'e' || *text == 'E')
	{
		text++;
		text += *text == '-' || *text == '+';
		if (*text == '\0')
			return false;
		text += strspn(text, "0123456789");
	}
	return *text == '\0';
}

/*
 * A string that must be one of the names; its index. names: at most a few, in the
 * order in which the error lists them.
 */
int
JsonGetChoice(const JsonNode *node, const char *const *names, int count)
{
	const char *text = JsonGetText(node);
	StringInfoData list;

	for (int i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	initStringInfo(&list);
	for (int i = 0; i < count; i++)
		appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : i == count - 1 ? " or " : ", ", names[i]);
	JsonInvalid(node, NULL, "It must be %s, not \"%s\".", list.data, text);
}

/* An exact, finite decimal, written as a number or as a string. */
Numeric
JsonGetNumeric(const JsonNode *node)
{
	if (node->kind != JSON_KIND_NUMBER && node->kind != JSON_KIND_STRING)
		JsonExpect(node, JSON_KIND_NUMBER);
	if (!IsDecimalText(node->text))
		JsonInvalid(node, NULL, "It must be a decimal number, not \"%s\".", node->text);
	return NumericFromText(node->text);
}

const char *
JsonGetText(const JsonNode *node)
{
	JsonExpect(node, JSON_KIND_STRING);
	return node->text;
}

bool
JsonGetBoolean(const JsonNode *node)
{
	JsonExpect(node, JSON_KIND_BOOLEAN);
	return node->text[0] == 't';
}

/*
 * What follows a text's beginning of this form, in which 9 stands for any digit;
 * NULL where it begins otherwise.
 */
static const char *
SkipForm(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == '9' ? !isdigit((unsigned char) *text) : *text != *form)
			return NULL;
	return text;
}

/* ISO 8601 with an offset: neither DateStyle nor TimeZone has a say in it. */
static bool
IsPlainTime(const char *text)
{
	int			year_digits = strspn(text, "0123456789");

	if (year_digits < 4 || year_digits > 6 ||
		(text = SkipForm(text + year_digits, "-99-99T99:99:99")) == NULL)
		return false;
	if (*text == '.')
	{
		if ((text = SkipForm(text, ".9")) == NULL)
			return false;
		text += strspn(text, "0123456789");
	}
	if ((text = SkipForm(text, "+99:99")) == NULL)
		return false;
	return *text == '\0' || strcmp(text, " BC") == 0;
}

/* A finite time as JsonPutTime writes it. */
TimestampTz
JsonGetTime(const JsonNode *node)
{
	const char *text = JsonGetText(node);

	if (!IsPlainTime(text))
		JsonInvalid(node, NULL,
					"It must be a time like \"2025-06-30T12:00:00+00:00\", not \"%s\".", text);
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

/* A finite day as JsonPutDate writes it. */
DateADT
JsonGetDate(const JsonNode *node)
{
	const char *text = JsonGetText(node);
	int			year_digits = (int) strspn(text, "0123456789");
	const char *rest = text + year_digits;

	if (year_digits < 4 || rest[0] != '-' || strspn(rest + 1, "0123456789") != 2 ||
		rest[3] != '-' || strspn(rest + 4, "0123456789") != 2 ||
		(rest[6] != '\0' && strcmp(rest + 6, " BC") != 0))
		JsonInvalid(node, NULL, "It must be a date like \"2025-06-30\", not \"%s\".", text);
	return DatumGetDateADT(DirectFunctionCall1(date_in, CStringGetDatum(text)));
}

void
JsonPutText(StringInfo buffer, const char *text)
{
	escape_json(buffer, text);
}

/* The shortest text that reads back as the same double, whatever the session says. */
void
JsonPutFloat(StringInfo buffer, double value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(value, text);
	appendStringInfoString(buffer, text);
}

void
JsonPutTime(StringInfo buffer, TimestampTz at)
{
	char		text[MAXDATELEN + 1];
	int			utc = 0;

	JsonEncodeDateTime(text, TimestampTzGetDatum(at), TIMESTAMPTZOID, &utc);
	appendStringInfo(buffer, "\"%s\"", text);
}

void
JsonPutDate(StringInfo buffer, DateADT day)
{
	appendStringInfo(buffer, "\"%s\"", DateText(day));
}
