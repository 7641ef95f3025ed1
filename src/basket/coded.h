/*
 * coded.h
 *		States of many short rows that name texts: each text is stored once, rows
 *		hold its number. The ground of basket_stats and adoption_stats.
 *
 *		head | texts, with room for more | slots | rows, with room for more
 *
 * While a state grows, texts are numbered as they come and are found by a hash table
 * (slots). In its one form, texts are numbered in byte order, rows are sorted, and
 * there are neither slots nor room.
 */
#ifndef REVOPS_CODED_H
#define REVOPS_CODED_H

#include "lib/stringinfo.h"
#include "utils/numeric.h"

#include "base/decimal.h"
#include "base/json_tree.h"
#include "base/state.h"
#include "base/wire.h"

typedef struct CodedState
{
	StateHeader header;
	int32		names;			/* different texts */
	int32		names_used;		/* bytes of them */
	int32		names_room;		/* bytes, a multiple of 8 */
	int32		slots;			/* 0 in the one form, else a power of 2 */
	int32		rows;
	int32		unused;
} CodedState;

typedef struct CodedName
{
	uint32		hash;			/* 0 in the one form */
	uint32		code;			/* its number */
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];	/* ended by a zero */
} CodedName;

/* What a type of such states brings along. */
typedef struct CodedKind
{
	const char *type_name;
	uint16		version;
	Size		head_size;		/* a multiple of 8 */
	Size		row_size;
	/* gives each text in rows another number */
	void		(*renumber) (void *rows, int64 count, const uint32 *codes);
	/* sorts rows and puts equal ones together; returns how many are left */
	int64		(*settle) (void *rows, int64 count);
} CodedKind;

/*
 * A key is a bigint or a text. One that reads as a whole number of up to 62 bits is
 * kept as one, so that 17 and '17' are one key; of others the text has a number.
 */
#define KEY_IS_TEXT		(UINT64CONST(1) << 63)
#define KEY_MOST_INT	(INT64CONST(1) << 62)	/* kept: -this to this - 1 */

static inline char *
CodedNamesArea(const CodedState *state, const CodedKind *kind)
{
	return (char *) state + kind->head_size;
}

static inline void *
CodedRows(const CodedState *state, const CodedKind *kind)
{
	return (char *) state + kind->head_size + state->names_room + state->slots * sizeof(uint32);
}

extern void *CodedCreate(const CodedKind *kind);
extern void *CodedFromDatum(Datum value, const CodedKind *kind);
extern const char *CodedBroken(const CodedState *state, const CodedKind *kind);
extern void *CodedReserve(void *state, const CodedKind *kind, int64 rows);
extern void *CodedFindText(void *state, const CodedKind *kind, const char *bytes, int length,
						   uint32 *code);
extern void *CodedFindKey(void *state, const CodedKind *kind, const char *bytes, int length,
						  uint64 *key);
extern void CodedCheckRow(FunctionCallInfo fcinfo, const char *aggregate, const char *key_name, bool text_key);
extern void *CodedFindRow(FunctionCallInfo fcinfo, void *state, const CodedKind *kind, bool text_key,
						  uint64 *key, uint32 *item);
extern const CodedName **CodedNames(const CodedState *state, const CodedKind *kind);
extern void *CodedAppend(void *state, const CodedState *other, const CodedKind *kind);
extern void *CodedSettled(void *state, const CodedKind *kind);
extern const char *CodedKeyText(uint64 key, const CodedName **names);
extern uint32 *CodedRanks(const bool *used, int32 names, int32 *count);

extern const char *CodedReadGroup(const JsonNode *node, const char *shape, const char *empty);
extern void CodedPutNames(StringInfo buffer, const CodedState *state, const CodedKind *kind);
extern void *CodedReadNames(WireReader *reader, const CodedKind *kind);
extern void CodedPutKey(StringInfo buffer, uint64 key);
extern uint64 CodedReadKey(WireReader *reader, const CodedState *state, const CodedName **names);
extern uint32 CodedReadCode(WireReader *reader, const CodedState *state);

extern Decimal DecimalArgument(Datum value, const char *what, const char *type_name);
pg_noreturn extern void DecimalTooLong(Numeric value, const char *what, const char *type_name);

#endif							/* REVOPS_CODED_H */
