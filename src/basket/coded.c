/*
 * coded.c
 *		States of many short rows that name texts: see coded.h.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/keys.h"
#include "base/numeric_call.h"
#include "basket/coded.h"

#define FIRST_NAME_BYTES	1024	/* room in a new state */
#define FIRST_SLOTS			64
#define FIRST_ROW_BYTES		1024
#define NAME_ALIGN			4
#define SETTLE_BYTES		((Size) 8 * 1024 * 1024)	/* of rows, before it is worth it */
#define MOST_INT_DIGITS		19

static inline Size
NameSize(int length)
{
	return TYPEALIGN(NAME_ALIGN, offsetof(CodedName, bytes) + length + 1);
}

static inline Size
UsedSize(const CodedState *state, const CodedKind *kind)
{
	return (char *) CodedRows(state, kind) - (char *) state + state->rows * kind->row_size;
}

static inline uint32 *
Slots(const CodedState *state, const CodedKind *kind)
{
	return (uint32 *) (CodedNamesArea(state, kind) + state->names_room);
}

static inline CodedName *
NextName(const CodedName *name)
{
	return (CodedName *) ((char *) name + NameSize(name->length));
}

/* A slot holds where its text begins, in units of 4 bytes, plus 1. */
static inline void
SlotFill(CodedState *state, const CodedKind *kind, const CodedName *name)
{
	uint32	   *slots = Slots(state, kind);
	uint32		mask = state->slots - 1;
	uint32		at = name->hash & mask;

	while (slots[at] != 0)
		at = (at + 1) & mask;
	slots[at] = ((char *) name - CodedNamesArea(state, kind)) / NAME_ALIGN + 1;
}

/* An empty state in the current context. */
void *
CodedCreate(const CodedKind *kind)
{
	Size		names_end = kind->head_size + FIRST_NAME_BYTES;
	CodedState *state = StateCreate(names_end + FIRST_SLOTS * sizeof(uint32) + FIRST_ROW_BYTES,
									kind->version);

	state->names_room = FIRST_NAME_BYTES;
	state->slots = FIRST_SLOTS;
	return state;
}

/* A stored state as it is; not for writing. */
void *
CodedFromDatum(Datum value, const CodedKind *kind)
{
	return StateFromDatum(value, kind->version, kind->head_size, kind->type_name);
}

/* The rules that hold for every such state; NULL, or which one is broken. */
const char *
CodedBroken(const CodedState *state, const CodedKind *kind)
{
	if (state->names < 0 || state->rows < 0 || state->slots < 0 || state->names_room < 0 ||
		state->names_used < 0 || state->names_used > state->names_room)
		return "A count is negative, or it has more texts than room for them.";
	if (UsedSize(state, kind) > VARSIZE(state))
		return "It has more rows than room for them.";
	if (state->names * (int64) sizeof(CodedName) > state->names_used)
		return "It has more texts than bytes of them.";
	if (state->slots != 0 && state->names >= state->slots)
		return "It has more texts than slots.";
	return NULL;
}

/* The same state with room for so many bytes of new texts, in the current context. */
static CodedState *
Rebuild(const CodedState *state, const CodedKind *kind, Size extra)
{
	Size		names_room = TYPEALIGN(MAXIMUM_ALIGNOF, Max(state->names_used + extra,
														   2 * (Size) state->names_used));
	Size		slots = pg_nextpower2_32(Max(FIRST_SLOTS, (uint32) state->names * 3));
	Size		row_bytes = VARSIZE(state) - ((char *) CodedRows(state, kind) - (char *) state);
	Size		size;
	CodedState *result;
	CodedName  *name;

	row_bytes = Max(row_bytes, FIRST_ROW_BYTES);
	size = kind->head_size + names_room + slots * sizeof(uint32) + row_bytes;
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one %s would need %zu bytes, more than the %zu that a value can have",
						kind->type_name, size, (Size) MaxAllocSize),
				 errdetail("It holds %d different texts.", state->names),
				 errhint("Group by something finer, or use numbers or shorter texts as keys.")));
	result = palloc0(size);
	memcpy(result, state, kind->head_size + state->names_used);
	SET_VARSIZE(result, size);
	result->names_room = names_room;
	result->slots = slots;
	memcpy(CodedRows(result, kind), CodedRows(state, kind), state->rows * kind->row_size);
	name = (CodedName *) CodedNamesArea(result, kind);
	for (int32 i = 0; i < result->names; i++, name = NextName(name))
	{
		if (state->slots == 0)
			name->hash = hash_bytes((const unsigned char *) name->bytes, name->length);
		SlotFill(result, kind, name);
	}
	return result;
}

/*
 * Makes room for more rows: the state, or a larger one in the current context.
 * Before a large state grows, equal rows are put together.
 */
void *
CodedReserve(void *value, const CodedKind *kind, int64 rows)
{
	CodedState *state = value;
	Size		used = UsedSize(state, kind);
	Size		extra = rows * kind->row_size;

	if (likely(used + extra <= VARSIZE(state)))
		return state;
	if (state->rows * kind->row_size >= SETTLE_BYTES)
	{
		int64		left = kind->settle(CodedRows(state, kind), state->rows);

		memset((char *) CodedRows(state, kind) + left * kind->row_size, 0,
			   (state->rows - left) * kind->row_size);
		state->rows = (int32) left;
		/* a little room would be used up at once */
		used = UsedSize(state, kind);
		extra = Max(extra, Min(used / 4, MaxAllocSize - used));
	}
	return StateReserve(state, used, extra, kind->type_name);
}

/*
 * The number of a text, which is added where it is new; returns the state, or a
 * larger one in the current context.
 */
void *
CodedFindText(void *value, const CodedKind *kind, const char *bytes, int length, uint32 *code)
{
	CodedState *state = value;
	uint32		hash = hash_bytes((const unsigned char *) bytes, length);
	CodedName  *name;

	if (unlikely(state->slots == 0))
		state = Rebuild(state, kind, NameSize(length));
	for (uint32 at = hash & (state->slots - 1);; at = (at + 1) & (state->slots - 1))
	{
		uint32		slot = Slots(state, kind)[at];

		if (slot == 0)
			break;
		name = (CodedName *) (CodedNamesArea(state, kind) + (Size) (slot - 1) * NAME_ALIGN);
		if (name->hash == hash && BytesEqual(name->bytes, name->length, bytes, length))
		{
			*code = name->code;
			return state;
		}
	}
	if (state->names_used + NameSize(length) > (Size) state->names_room ||
		state->names >= state->slots / 4 * 3)
		state = Rebuild(state, kind, NameSize(length));
	name = (CodedName *) (CodedNamesArea(state, kind) + state->names_used);
	name->hash = hash;
	name->code = *code = state->names++;
	name->length = length;
	memcpy(name->bytes, bytes, length);
	state->names_used += NameSize(length);
	SlotFill(state, kind, name);
	return state;
}

/* Whether a text is a whole number, written as SQL writes it, that is kept as one. */
static bool
ReadsAsInt(const char *bytes, int length, int64 *value)
{
	bool		negative = length > 0 && bytes[0] == '-';
	uint64		number = 0;

	if (length - negative < 1 || length - negative > MOST_INT_DIGITS ||
		(bytes[negative] == '0' && length > 1))
		return false;
	for (int i = negative; i < length; i++)
	{
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
		number = number * 10 + (uint64) (bytes[i] - '0');
	}
	if (number > (uint64) KEY_MOST_INT - (negative ? 0 : 1))
		return false;
	*value = negative ? -(int64) number : (int64) number;
	return true;
}

static inline uint64
KeyOfInt(int64 value)
{
	return (uint64) (value + KEY_MOST_INT);
}

/* The key that a text is; returns the state, or a larger one. */
void *
CodedFindKey(void *state, const CodedKind *kind, const char *bytes, int length, uint64 *key)
{
	int64		value;
	uint32		code;

	if (ReadsAsInt(bytes, length, &value))
	{
		*key = KeyOfInt(value);
		return state;
	}
	state = CodedFindText(state, kind, bytes, length, &code);
	*key = KEY_IS_TEXT | code;
	return state;
}

/* The same of a bigint. */
static void *
FindIntKey(void *state, const CodedKind *kind, int64 value, uint64 *key)
{
	char		text[MAXINT8LEN + 1];

	if (likely(value >= -KEY_MOST_INT && value < KEY_MOST_INT))
	{
		*key = KeyOfInt(value);
		return state;
	}
	return CodedFindKey(state, kind, text, pg_lltoa(value, text), key);
}

/* Argument 1 is the key, 2 the item: what is looked at in a group's first row. */
void
CodedCheckRow(FunctionCallInfo fcinfo, const char *aggregate, const char *key_name, bool text_key)
{
	if (text_key)
		CheckTextKey(fcinfo, 1, aggregate, key_name);
	CheckTextKey(fcinfo, 2, aggregate, "item");
}

/* Codes those arguments, neither NULL; returns the state, or a larger one in the current context. */
void *
CodedFindRow(FunctionCallInfo fcinfo, void *state, const CodedKind *kind, bool text_key,
			 uint64 *key, uint32 *item)
{
	text	   *name;

	if (text_key)
	{
		name = PG_GETARG_TEXT_PP(1);
		state = CodedFindKey(state, kind, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), key);
	}
	else
		state = FindIntKey(state, kind, PG_GETARG_INT64(1), key);
	name = PG_GETARG_TEXT_PP(2);
	return CodedFindText(state, kind, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), item);
}

/* The texts by their numbers, in the current context. */
const CodedName **
CodedNames(const CodedState *state, const CodedKind *kind)
{
	const CodedName **names = palloc_extended(Max(1, state->names) * sizeof(CodedName *),
											  MCXT_ALLOC_HUGE);
	const CodedName *name = (const CodedName *) CodedNamesArea(state, kind);

	for (int32 i = 0; i < state->names; i++, name = NextName(name))
		names[i] = name;
	return names;
}

/* A key as it was given: in place, or in the current context. */
const char *
CodedKeyText(uint64 key, const CodedName **names)
{
	char	   *text;

	if (key & KEY_IS_TEXT)
		return names[(uint32) key]->bytes;
	text = palloc(MAXINT8LEN + 1);
	pg_lltoa((int64) key - KEY_MOST_INT, text);
	return text;
}

/* Numbers from 0 for the texts that are used, in their order; how many there are. */
uint32 *
CodedRanks(const bool *used, int32 names, int32 *count)
{
	uint32	   *ranks = palloc_extended(Max(1, names) * sizeof(uint32), MCXT_ALLOC_HUGE);

	*count = 0;
	for (int32 i = 0; i < names; i++)
		ranks[i] = used[i] ? (uint32) (*count)++ : PG_UINT32_MAX;
	return ranks;
}

/*
 * Adds the rows of another state to those of this one; returns the state, or a
 * larger one in the current context. What the heads hold is for the caller.
 */
void *
CodedAppend(void *value, const CodedState *other, const CodedKind *kind)
{
	uint32	   *codes = palloc_extended(Max(1, other->names) * sizeof(uint32), MCXT_ALLOC_HUGE);
	const CodedName *name = (const CodedName *) CodedNamesArea(other, kind);
	CodedState *state = value;
	char	   *end;

	for (int32 i = 0; i < other->names; i++, name = NextName(name))
	{
		CHECK_FOR_INTERRUPTS();
		state = CodedFindText(state, kind, name->bytes, name->length, &codes[i]);
	}
	state = CodedReserve(state, kind, other->rows);
	end = (char *) CodedRows(state, kind) + state->rows * kind->row_size;
	memcpy(end, CodedRows(other, kind), other->rows * kind->row_size);
	kind->renumber(end, other->rows, codes);
	state->rows += other->rows;
	pfree(codes);
	return state;
}

/* A text on its way to its place; its first bytes decide nearly always. */
typedef struct SortedName
{
	uint64		prefix;
	const CodedName *name;
} SortedName;

static int
CompareNames(const void *left, const void *right)
{
	const SortedName *one = left;
	const SortedName *other = right;

	CHECK_FOR_INTERRUPTS();
	if (one->prefix != other->prefix)
		return one->prefix < other->prefix ? -1 : 1;
	return BytesCompare(one->name->bytes, one->name->length,
						other->name->bytes, other->name->length);
}

/*
 * The one form of a state, in a copy; the state itself where it has it. All texts
 * are named by rows.
 */
void *
CodedSettled(void *value, const CodedKind *kind)
{
	CodedState *state = value;
	SortedName *order;
	uint32	   *codes;
	const CodedName *name = (const CodedName *) CodedNamesArea(state, kind);
	Size		names_room = TYPEALIGN(MAXIMUM_ALIGNOF, state->names_used);
	Size		size = kind->head_size + names_room + state->rows * kind->row_size;
	CodedState *result;
	char	   *at;

	if (state->slots == 0)
		return state;
	order = palloc_extended(Max(1, state->names) * sizeof(SortedName), MCXT_ALLOC_HUGE);
	codes = palloc_extended(Max(1, state->names) * sizeof(uint32), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < state->names; i++, name = NextName(name))
	{
		uint64		prefix = 0;

		memcpy(&prefix, name->bytes, Min(name->length, (int) sizeof(prefix)));
		order[i].prefix = pg_ntoh64(prefix);
		order[i].name = name;
	}
	qsort(order, state->names, sizeof(SortedName), CompareNames);

	result = palloc0(size);
	memcpy(result, state, kind->head_size);
	result->names_room = names_room;
	result->slots = 0;
	at = CodedNamesArea(result, kind);
	for (int32 i = 0; i < state->names; i++)
	{
		CodedName  *copy = (CodedName *) at;

		CHECK_FOR_INTERRUPTS();
		codes[order[i].name->code] = i;
		copy->length = order[i].name->length;
		copy->code = i;
		memcpy(copy->bytes, order[i].name->bytes, copy->length);
		at += NameSize(copy->length);
	}
	memcpy(CodedRows(result, kind), CodedRows(state, kind), state->rows * kind->row_size);
	kind->renumber(CodedRows(result, kind), result->rows, codes);
	result->rows = kind->settle(CodedRows(result, kind), result->rows);
	SET_VARSIZE(result, UsedSize(result, kind));
	pfree(order);
	pfree(codes);
	return result;
}

/* ------------------------------------------------------------------------- */

/* Checks [name, [row, ...]] in the text form; returns the name. shape, empty: what an error says. */
const char *
CodedReadGroup(const JsonNode *node, const char *shape, const char *empty)
{
	const char *name;

	JsonExpect(node, JSON_KIND_ARRAY);
	if (node->count != 2)
		JsonInvalid(node, shape, "The array has %d items.", node->count);
	name = JsonGetText(node->items[0]);
	JsonExpect(node->items[1], JSON_KIND_ARRAY);
	if (node->items[1]->count == 0)
		JsonInvalid(node->items[1], NULL, "%s", empty);
	return name;
}

/* The texts of a state in its one form. */
void
CodedPutNames(StringInfo buffer, const CodedState *state, const CodedKind *kind)
{
	const CodedName *name = (const CodedName *) CodedNamesArea(state, kind);

	WirePutInt(buffer, state->names);
	for (int32 i = 0; i < state->names; i++, name = NextName(name))
		WirePutBytes(buffer, name->bytes, name->length);
}

/* A state with texts that were sent, all different, and no rows. */
void *
CodedReadNames(WireReader *reader, const CodedKind *kind)
{
	CodedState *state = CodedCreate(kind);
	int			names = WireGetCount(reader, "texts", PG_INT32_MAX, sizeof(int32));

	for (int i = 0; i < names; i++)
	{
		int			length;
		char	   *bytes = WireGetBytes(reader, &length);
		uint32		code;

		CHECK_FOR_INTERRUPTS();
		state = CodedFindText(state, kind, bytes, length, &code);
		if (code != (uint32) i)
			WireCorrupt(reader, "Text %d stands twice.", i + 1);
		pfree(bytes);
	}
	return state;
}

/* Bytes of a key: whether it is a text, and its number or its text's. */
void
CodedPutKey(StringInfo buffer, uint64 key)
{
	bool		is_text = (key & KEY_IS_TEXT) != 0;

	WirePutByte(buffer, is_text);
	WirePutInt64(buffer, is_text ? (int64) (uint32) key : (int64) key - KEY_MOST_INT);
}

uint64
CodedReadKey(WireReader *reader, const CodedState *state, const CodedName **names)
{
	uint8		is_text = WireGetByte(reader);
	int64		value = WireGetInt64(reader);
	int64		number;

	if (is_text > 1)
		WireCorrupt(reader, "A key has the mark %d; 0 or 1 is expected.", is_text);
	if (!is_text)
	{
		if (value < -KEY_MOST_INT || value >= KEY_MOST_INT)
			WireCorrupt(reader, "A key of more than 62 bits is kept as a text.");
		return KeyOfInt(value);
	}
	if (value < 0 || value >= state->names)
		WireCorrupt(reader, "A key is text %lld, from 0, of %d.", (long long) value, state->names);
	if (ReadsAsInt(names[value]->bytes, names[value]->length, &number))
		WireCorrupt(reader, "A key that reads as a whole number is kept as a text.");
	return KEY_IS_TEXT | (uint64) value;
}

uint32
CodedReadCode(WireReader *reader, const CodedState *state)
{
	int32		code = WireGetInt(reader);

	if (code < 0 || code >= state->names)
		WireCorrupt(reader, "An item is text %d, from 0, of %d.", code, state->names);
	return (uint32) code;
}

/* ------------------------------------------------------------------------- */

/* value: the number that is too long, or NULL where several are. what: as in "quantity". */
void
DecimalTooLong(Numeric value, const char *what, const char *type_name)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("%s has more digits than %s keeps", what, type_name),
			 value ? errdetail("The value is %s; 38 digits are kept, of which 36 can be decimals.",
							   NumericToText(value)) :
			 errdetail("With others it has more; 38 digits are kept, of which 36 can be decimals."),
			 errhint("Round it, for example round(%s, 6).", what)));
}

/* A finite numeric that fits into a Decimal. */
Decimal
DecimalArgument(Datum value, const char *what, const char *type_name)
{
	Decimal		decimal;

	if (!DecimalFromNumeric(PG_DETOAST_DATUM_PACKED(value), &decimal))
	{
		Numeric		number = (Numeric) PG_DETOAST_DATUM(value);

		DecimalTooLong(CheckFiniteNumeric(number, what), what, type_name);
	}
	return decimal;
}
