/*
 * json_tree.h
 *		JSON text of definitions and states, read strictly.
 *
 * PostgreSQL's own parser reads the text; this keeps what jsonb would lose
 * (numbers as written, the order of keys) and refuses what it would swallow
 * (keys that stand twice). Each getter raises an error that names the place,
 * as in "tiers[2].unit_price", the rule and the value.
 */
#ifndef REVOPS_JSON_TREE_H
#define REVOPS_JSON_TREE_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "utils/date.h"
#include "utils/numeric.h"

#include "base/compat.h"

typedef enum JsonKind
{
	JSON_KIND_NULL,
	JSON_KIND_BOOLEAN,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
} JsonKind;

typedef struct JsonNode
{
	JsonKind	kind;
	const char *text;			/* of a number, string or boolean, as read */
	int			count;			/* of items */
	int			capacity;
	struct JsonNode **items;	/* of an array, or the values of an object */
	const char *key;			/* its name in an object, else NULL */
	int			index;			/* its place in an array or object, from 0 */
	struct JsonNode *parent;
	const char *type_name;		/* what is being read, for errors */
} JsonNode;

extern JsonNode *JsonRead(const char *text, const char *type_name);
pg_noreturn extern void JsonInvalid(const JsonNode *node, const char *hint, const char *format,...)
			pg_attribute_printf(3, 4);

extern JsonNode *JsonMember(const JsonNode *object, const char *key);
extern JsonNode *JsonGiven(const JsonNode *object, const char *key);
extern JsonNode *JsonRequire(const JsonNode *object, const char *key);
extern void JsonAllowKeys(const JsonNode *object, const char *const *keys, int count);

extern void JsonExpect(const JsonNode *node, JsonKind kind);
extern int64 JsonGetInt(const JsonNode *node, int64 least, int64 most);
extern uint64 JsonGetUnsigned(const JsonNode *node, uint64 most);
extern double JsonGetFloat(const JsonNode *node);
extern Numeric JsonGetNumeric(const JsonNode *node);
extern const char *JsonGetText(const JsonNode *node);
extern int	JsonGetChoice(const JsonNode *node, const char *const *names, int count);
extern bool JsonGetBoolean(const JsonNode *node);
extern TimestampTz JsonGetTime(const JsonNode *node);
extern DateADT JsonGetDate(const JsonNode *node);

extern void JsonPutText(StringInfo buffer, const char *text);
extern void JsonPutFloat(StringInfo buffer, double value);
extern void JsonPutTime(StringInfo buffer, TimestampTz at);
extern void JsonPutDate(StringInfo buffer, DateADT day);

#endif							/* REVOPS_JSON_TREE_H */
