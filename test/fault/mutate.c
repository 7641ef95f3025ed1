/*
 * mutate.c
 *		Changed values of a type, fed to its receive and input functions inside a server.
 *
 * mutate(type, sent, texts, foreign, calls, rounds, seed, slow_ms, file) returns a row per kind of what happened
 *		type	the type
 *		sent	what its send function gave for some values
 *		texts	what its output function gave for them
 *		foreign	what send functions of other types gave
 *		calls	queries over a value $1 of the type
 *		rounds	how many values are changed and fed, binary and text in turn
 *		slow_ms	what takes longer is a fault
 *		file	takes each value before it is fed, for a process that does not come back
 * fed(type, bytes, binary) returns text
 *		one value, as mutate feeds it
 *
 * A binary value is cut where its receive function reads: it is given values that end early, and how far the
 * message was read then is where a field begins. Fields are changed as what they may be (a count or length, a
 * day, an instant, a float, a text or number with its length before it), doubled, dropped, exchanged. A text is
 * changed token by token. What comes in and is another value than before must survive send and receive, output
 * and input, and any query over it; that query, too, must end with an answer or a proper error.
 *
 * A kind `kept` has the text of a new value that came in, for others to go on with.
 *
 * Kinds that begin with FAULT are faults: an internal error, memory that runs out, a value that does not survive,
 * a call that takes too long, more memory taken than stands in proportion to the value (MOST_BYTES).
 *
 * Knows PostgreSQL's types of memory contexts as they are in 15.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(mutate);
PG_FUNCTION_INFO_V1(fed);

/*
 * What receive and input may hold at one time, for a message of so many bytes. A range of holidays is checked day by
 * day, 100,000 at most: 4 MB for a few bytes.
 */
#define MOST_BYTES(length)	(5 * 1024 * 1024 + 256 * (int64) (length))

/* Values larger than this are not changed: a flipped byte in a megabyte tells little. */
#define LARGEST_SEED	4000

/* Of more rounds than this only a share of the new values is queried: queries take most of the time. */
#define QUERIED_ROUNDS	50000

/* A part of a value: a field of the binary form, a token of the text. */
typedef struct Part
{
	const char *bytes;
	int			length;
} Part;

typedef struct Parts
{
	Part	   *list;
	int			count;
	int			room;
} Parts;

/* Seeds of one form. */
typedef struct Seeds
{
	Parts		whole;
	Parts	   *parts;			/* of each */
} Seeds;

typedef struct TypeCalls
{
	Oid			parameter;
	FmgrInfo	in;
	FmgrInfo	out;
	FmgrInfo	recv;
	FmgrInfo	send;
} TypeCalls;

/* What happened: how often, at worst, and with which value. */
typedef struct Kind
{
	char		name[160];
	int64		times;
	double		slowest;
	int64		most_memory;
	Part		example;
} Kind;

#define MOST_KINDS 200
static Kind kinds[MOST_KINDS];
static int	kind_count;

/* Texts of some new values. */
static Part kept[16];
static int	kept_count;

static pg_prng_state prng;

static uint32
Below(uint32 n)
{
	return n < 2 ? 0 : (uint32) pg_prng_uint64_range(&prng, 0, n - 1);
}

#define OneOf(array)	((array)[Below(lengthof(array))])

/* Some, at random, but no more than there are. */
static int
Some(uint32 below, int most)
{
	int			some = Below(below);

	return Min(some, most);
}

/* ---------------------------------------------------------------- parts */

static Part
MakePart(const char *bytes, int length)
{
	Part		part = {bytes, length};

	return part;
}

static Part
CopyPart(const void *bytes, int length)
{
	char	   *copy = palloc(length + 1);

	memcpy(copy, bytes, length);
	copy[length] = '\0';
	return MakePart(copy, length);
}

/* A big-endian number of `width` bytes. */
static Part
NumberPart(uint64 value, int width)
{
	uint64		big = pg_hton64(value << (64 - 8 * width));

	return CopyPart(&big, width);
}

static uint64
PartNumber(Part part)
{
	uint64		value = 0;

	for (int i = 0; i < part.length; i++)
		value = value << 8 | (unsigned char) part.bytes[i];
	return value;
}

/* Puts `count` parts of another list in the place of `gone` parts at `at`. */
static void
Splice(Parts *parts, int at, int gone, const Part *more, int count)
{
	Part	   *copy = palloc((count + 1) * sizeof(Part));

	if (count > 0)
		memcpy(copy, more, count * sizeof(Part));
	at = Min(at, parts->count);
	gone = Min(gone, parts->count - at);
	if (parts->count - gone + count > parts->room)
	{
		parts->room = 2 * (parts->count - gone + count) + 16;
		parts->list = parts->list ? repalloc(parts->list, parts->room * sizeof(Part)) : palloc(parts->room * sizeof(Part));
	}
	if (parts->count > at + gone)
		memmove(parts->list + at + count, parts->list + at + gone, (parts->count - at - gone) * sizeof(Part));
	if (count > 0)
		memcpy(parts->list + at, copy, count * sizeof(Part));
	parts->count += count - gone;
}

static void
AddPart(Parts *parts, Part part)
{
	Splice(parts, parts->count, 0, &part, 1);
}

static Part
JoinParts(const Parts *parts)
{
	StringInfoData joined;

	initStringInfo(&joined);
	for (int i = 0; i < parts->count; i++)
		appendBinaryStringInfo(&joined, parts->list[i].bytes, parts->list[i].length);
	return MakePart(joined.data, joined.len);
}

/* ---------------------------------------------------------------- feeding */

static void
FindCalls(TypeCalls *calls, Oid type)
{
	Oid			function;
	bool		is_varlena;

	getTypeInputInfo(type, &function, &calls->parameter);
	fmgr_info(function, &calls->in);
	getTypeOutputInfo(type, &function, &is_varlena);
	fmgr_info(function, &calls->out);
	getTypeBinaryInputInfo(type, &function, &calls->parameter);
	fmgr_info(function, &calls->recv);
	getTypeBinaryOutputInfo(type, &function, &is_varlena);
	fmgr_info(function, &calls->send);
}

/* Reads a value as the server does for a client; `message` shows how far a binary one was read. */
static Datum
Feed(TypeCalls *calls, Part value, bool binary, StringInfo message)
{
	Datum		result;

	if (!binary)
	{
		char	   *text = pnstrdup(value.bytes, value.length);

		pg_verifymbstr(text, strlen(text), false);
		return InputFunctionCall(&calls->in, text, calls->parameter, -1);
	}
	initStringInfo(message);
	appendBinaryStringInfo(message, value.bytes, value.length);
	result = ReceiveFunctionCall(&calls->recv, message, calls->parameter, -1);
	if (message->cursor != message->len)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("incorrect binary data format")));
	return result;
}

/* How far receive reads a message before it ends with an error, or to its end. */
static int
ReadUpTo(TypeCalls *calls, Part value, MemoryContext scratch)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	StringInfoData message = {0};
	volatile StringInfo seen = &message;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(scratch);
	PG_TRY();
	{
		Feed(calls, value, true, seen);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(scratch);
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(old);
	return seen->cursor;
}

/*
 * The fields of a binary value. Cut short after each of its bytes, it is read up to where the field begins that is
 * cut. Counts are compared with the bytes that are left, which hides what follows them; so values are also filled up with
 * bytes that are wrong as most fields: what is read then ends with the field that is wrong.
 */
static Parts
Fields(TypeCalls *calls, Part value, MemoryContext scratch)
{
	Parts		fields = {0};
	bool	   *begins = palloc0(value.length + 1);
	int			start = 0;

	for (int length = 0; length < value.length; length++)
	{
		char	   *filled = palloc(value.length + 1);
		int			cursor = ReadUpTo(calls, MakePart(value.bytes, length), scratch);

		begins[Min(cursor, value.length)] = true;
		for (int fill = 0; fill < 2; fill++)
		{
			memcpy(filled, value.bytes, length);
			memset(filled + length, fill ? 0x7F : 0xFF, value.length - length);
			cursor = ReadUpTo(calls, MakePart(filled, value.length), scratch);
			if (cursor <= length + 8)
				begins[cursor] = true;
		}
		MemoryContextReset(scratch);
	}
	for (int at = 1; at <= value.length; at++)
	{
		if (at < value.length && !begins[at])
			continue;
		AddPart(&fields, MakePart(value.bytes + start, at - start));
		start = at;
	}
	return fields;
}

/* The tokens of a JSON text: strings, words and numbers, single signs. */
static Parts
Tokens(Part text)
{
	Parts		tokens = {0};

	for (int at = 0; at < text.length;)
	{
		int			end = at + 1;

		if (text.bytes[at] == '"')
		{
			while (end < text.length && text.bytes[end] != '"')
				end += text.bytes[end] == '\\' ? 2 : 1;
			end = Min(end + 1, text.length);
		}
		else if (strchr(" ,:[]{}", text.bytes[at]) == NULL)
		{
			while (end < text.length && strchr(" ,:[]{}\"", text.bytes[end]) == NULL)
				end++;
		}
		AddPart(&tokens, MakePart(text.bytes + at, end - at));
		at = end;
	}
	return tokens;
}

/* ---------------------------------------------------------------- changes */

static const int64 odd_numbers[] = {
	0, 1, -1, 2, 3, 7, 63, 64, 65, 100, 127, 128, 255, 256, 999, 1000, 1001, 9999, 10000, 10001, 65535, 65536, 999999, 1000000, 1000001,
	PG_INT32_MAX, PG_INT32_MIN, PG_INT32_MAX - 1, PG_UINT32_MAX, PG_INT64_MAX, PG_INT64_MIN, PG_INT64_MAX - 1,
	0x10000000, 0x20000000, 0x3FFFFFFF, 0x40000000,
	/* days and instants at and beyond their ends */
	-2451545, -2451546, 2145031948, 2145031949, INT64CONST(-211813488000000000), INT64CONST(-211813488000000001),
	INT64CONST(9223371331200000000), INT64CONST(9223371331199999999),
	/* floats: infinity, NaN, tiny, -0, huge, 1, -1 */
	INT64CONST(0x7FF0000000000000), (int64) UINT64CONST(0xFFF0000000000000), INT64CONST(0x7FF8000000000000), INT64CONST(0x7FF0000000000001),
	1, (int64) UINT64CONST(0x8000000000000000), INT64CONST(0x7FEFFFFFFFFFFFFF), INT64CONST(0x3FF0000000000000), (int64) UINT64CONST(0xBFF0000000000000)
};

static const uint16 odd_words[] = {0, 1, 2, 131, 9999, 10000, 10001, 0x3FFF, 0x4000, 0x7FFF, 0x8000, 0xC000, 0xD000, 0xF000, 0xFFFF};

static const char *const odd_bytes[] = {
	"", "x", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe5\xae", "\xe5\xae\xa2\xe6\x88\xb7", "a\"b\\c", "\n", "UTC", "Asia/Shanghai", "../UTC", "UTC+25"
};

static const char *const odd_tokens[] = {
	"0", "-0", "-0.0", "1", "-1", "1.5", "01", "+1", "0x10", "1_000", ".5", "5.", "0.1e", "1e5", "1e100", "1e-100", "1e308", "1e309", "5e-324", "1e-400",
	"1e131071", "1e131072", "1e-16383", "1e-16384", "1e1000000", "1e-1000000", "1e2147483647", "1e99999999999999999999",
	"9007199254740993", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999999999999999",
	"null", "true", "false", "NaN", "{}", "[]", "\"\"", "\"x\"", "\"NaN\"", "\"Infinity\"", "\"1e5\"", "\" 1\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"",
	"\"\\uffff\"", "\"\\x\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xe5\xae\xa2\"", "\"\t\"",
	"\"infinity\"", "\"-infinity\"", "\"now\"", "\"today\"", "\"0000-01-01\"", "\"4714-11-24 BC\"", "\"4714-11-23 BC\"", "\"5874897-12-31\"", "\"5874898-01-01\"", "\"2025-02-30\"", "\"2024-02-29\"",
	"\"2025-01-01T24:00:00+00:00\"", "\"2025-01-01T23:59:60+00:00\"", "\"294276-12-31T23:59:59.999999+00:00\"", "\"294277-01-01T00:00:00+00:00\"", "\"4714-11-24T00:00:00+00:00 BC\"",
	"\"2025-01-01T00:00:00+15:59\"", "\"2025-01-01T00:00:00+99:99\"", "\"178000000 years\"", "\"2147483647 days\"", "\"1 month -1 day\"", "\"infinity\"",
	"\"UTC\"", "\"America/New_York\"", "\"../UTC\"", "\"<x>1\"", "[1, 2]", "[[1, 2]]", "{\"a\": 1}", ",", ":", "[", "]", "{", "}", "\""
};

/* A number as numeric's receive reads it: lengths, weights and scales at their ends and beyond. */
static Part
OddNumeric(void)
{
	StringInfoData bytes;
	int			digits = Below(4) == 0 ? Below(300) : Below(6);

	initStringInfo(&bytes);
	for (int word = 0; word < 4; word++)
	{
		uint16		value = word == 0 ? digits : word == 2 && Below(2) ? (Below(2) ? 0 : 0x4000) : Below(3) ? OneOf(odd_words) : Below(65536);

		if (word == 0 && Below(8) == 0)
			value = OneOf(odd_words);
		value = pg_hton16(value);
		appendBinaryStringInfo(&bytes, (char *) &value, 2);
	}
	for (int i = 0; i < digits; i++)
	{
		uint16		value = pg_hton16(Below(30) == 0 ? OneOf(odd_words) : Below(10000));

		appendBinaryStringInfo(&bytes, (char *) &value, 2);
	}
	return MakePart(bytes.data, bytes.len);
}

/* Bytes for a text or a number. */
static Part
OddBytes(void)
{
	switch (Below(5))
	{
		case 0:
		case 1:
			return OddNumeric();
		case 2:
			{
				int			length = Below(20) == 0 ? 70000 : Below(300);
				char	   *bytes = palloc(length + 1);

				memset(bytes, "a0 \xe5"[Below(4)], length);
				return MakePart(bytes, length);
			}
		default:
			{
				const char *bytes = OneOf(odd_bytes);

				return Below(10) == 0 ? MakePart("a\0b", 3) : MakePart(bytes, strlen(bytes));
			}
	}
}

static Part
OddNumber(Part part)
{
	int			width = part.length;
	uint64		value = PartNumber(part);

	switch (Below(8))
	{
		case 0:
			value++;
			break;
		case 1:
			value--;
			break;
		case 2:
			value *= 2;
			break;
		case 3:
			value ^= UINT64CONST(1) << Below(8 * width);
			break;
		default:
			value = (uint64) (width == 2 ? OneOf(odd_words) : OneOf(odd_numbers));
			if (width == 1)
				value = Below(2) ? Below(12) : value;
			break;
	}
	return NumberPart(value, width);
}

/* Noise, without regard to the structure. */
static void
ChangeBytes(Parts *parts)
{
	Part		joined = JoinParts(parts);
	char	   *bytes = (char *) joined.bytes;
	int			at = Below(joined.length + 1);
	int			gone = Some(10, joined.length - at);
	char		noise[16];
	Part		pieces[3];

	for (int i = 0; i < lengthof(noise); i++)
		noise[i] = (char) Below(256);
	pieces[0] = MakePart(bytes, at);
	pieces[1] = MakePart(noise, 0);
	pieces[2] = MakePart(bytes + at, joined.length - at);
	switch (Below(5))
	{
		case 0:
			if (joined.length > 0)
				bytes[at % joined.length] ^= 1 << Below(8);
			break;
		case 1:
			pieces[2].length = 0;
			break;
		case 2:
			pieces[1] = CopyPart(noise, 1 + Below(16));
			break;
		case 3:
			pieces[2] = MakePart(bytes + at + gone, joined.length - at - gone);
			break;
		case 4:
			pieces[1] = CopyPart(bytes + at, Some(64, joined.length - at));
			break;
	}
	parts->count = 0;
	Splice(parts, 0, 0, pieces, 3);
}

/* Drops, doubles, moves, or takes over from another value: some parts in a row. */
static void
ChangeOrder(Parts *parts, const Seeds *seeds, const Parts *foreign)
{
	int			at = Below(parts->count + 1);
	int			some = Some(Below(4) ? 4 : 25, parts->count - at);

	switch (Below(5))
	{
		case 0:
			Splice(parts, at, some, NULL, 0);
			break;
		case 1:
			for (int times = Below(30) == 0 ? 200 : 1; times > 0 && parts->count < 20000; times--)
				Splice(parts, at, 0, parts->list + at, some);
			break;
		case 2:
			{
				Parts		moved = {0};

				Splice(&moved, 0, 0, parts->list + at, some);
				Splice(parts, at, some, NULL, 0);
				Splice(parts, Below(parts->count + 1), 0, moved.list, moved.count);
				break;
			}
		case 3:
			{
				const Parts *other = &seeds->parts[Below(seeds->whole.count)];
				int			from = Below(other->count + 1);

				Splice(parts, at, Below(2) ? some : 0, other->list + from, Min(some, other->count - from));
				break;
			}
		case 4:
			/* a value of another type, whole or behind the head of this one */
			if (foreign->count > 0)
			{
				parts->count = Below(2) ? 0 : Min(2, parts->count);
				AddPart(parts, foreign->list[Below(foreign->count)]);
			}
			break;
	}
}

static void
ChangeFields(Parts *fields, const Seeds *seeds, const Parts *foreign)
{
	int			at = Below(fields->count);
	Part	   *field = &fields->list[at];

	if (fields->count == 0 || Below(6) == 0)
	{
		ChangeBytes(fields);
		return;
	}
	/* a length and what it counts, together or one without the other */
	if (field->length == 4 && at + 1 < fields->count && PartNumber(*field) == field[1].length && field[1].length > 0 && Below(4) > 0)
	{
		field[1] = OddBytes();
		if (Below(8) > 0)
			field[0] = NumberPart(field[1].length, 4);
		return;
	}
	if (Below(4) == 0)
	{
		int			count = fields->count;

		ChangeOrder(fields, seeds, foreign);
		/* a count before it that fits again */
		for (int before = Min(at, fields->count) - 1; before >= 0 && Below(2); before--)
		{
			Part	   *counted = &fields->list[before];

			if (counted->length == 4 && PartNumber(*counted) < 100000 && Below(2))
			{
				*counted = NumberPart(PartNumber(*counted) + (fields->count > count ? 1 : -1), 4);
				break;
			}
		}
		return;
	}
	if (field->length == 1 || field->length == 2 || field->length == 4 || field->length == 8)
		*field = OddNumber(*field);
	else if (Below(2))
		*field = OddBytes();
	else
	{
		/* several in one that was not cut */
		int			width = 1 << Below(4);
		int			from = Below(field->length);
		Part		pieces[3];

		width = Min(width, field->length - from);
		pieces[0] = MakePart(field->bytes, from);
		pieces[1] = width == 0 || width & (width - 1) ? MakePart(field->bytes + from, width) : OddNumber(MakePart(field->bytes + from, width));
		pieces[2] = MakePart(field->bytes + from + width, field->length - from - width);
		Splice(fields, at, 1, pieces, 3);
	}
}

static void
ChangeTokens(Parts *tokens, const Seeds *seeds, const Parts *foreign)
{
	int			at = Below(tokens->count);
	Part	   *token = &tokens->list[at];

	if (tokens->count == 0 || Below(6) == 0)
	{
		ChangeBytes(tokens);
		return;
	}
	/* a value, rather than a sign */
	for (int tries = 0; tries < 8 && (token->length == 1 && strchr(" ,:[]{}", token->bytes[0])); tries++)
		token = &tokens->list[at = Below(tokens->count)];
	switch (Below(8))
	{
		case 0:
		case 1:
		case 2:
			{
				const char *odd = OneOf(odd_tokens);

				*token = MakePart(odd, strlen(odd));
				break;
			}
		case 3:
			{
				const Parts *other = &seeds->parts[Below(seeds->whole.count)];

				if (other->count > 0)
					*token = other->list[Below(other->count)];
				break;
			}
		case 4:
			ChangeOrder(tokens, seeds, foreign);
			break;
		case 5:
			{
				/* digits and exponents without end, texts of any length */
				static const char *const ends[] = {"e9", "e-9", "e131071", "e-16383", "e1000", "e99999999999", ".0000000000000000000000000000000000000000000000001", "\\u0000\"", "\xff\"", "\""};
				int			length = Below(10) == 0 ? 1 + Below(20000) : 1 + Below(60);
				char	   *digits = palloc(length);
				const char *end = OneOf(ends);
				Part		pieces[3];

				memset(digits, '0' + Below(10), length);
				pieces[0] = strchr(end, '"') ? MakePart("\"", 1) : Below(2) ? MakePart("-", 1) : MakePart("", 0);
				pieces[1] = MakePart(digits, length);
				pieces[2] = Below(3) || strchr(end, '"') ? MakePart(end, strlen(end)) : MakePart("", 0);
				Splice(tokens, at, 1, pieces, 3);
				break;
			}
		case 6:
			{
				/* depth, closed and not */
				int			depth = Below(10) == 0 ? 50000 : 1 + Below(70);
				const char *open = Below(2) ? "[" : "{\"a\":";
				bool		closes = Below(2);
				StringInfoData deep;

				initStringInfo(&deep);
				for (int i = 0; i < depth; i++)
					appendStringInfoString(&deep, open);
				if (closes)
				{
					appendStringInfoString(&deep, "1");
					for (int i = 0; i < depth; i++)
						appendStringInfoChar(&deep, open[0] == '[' ? ']' : '}');
				}
				*token = MakePart(deep.data, deep.len);
				break;
			}
		case 7:
			{
				/* a key or an element twice */
				int			some = Some(7, tokens->count - at);

				Splice(tokens, at, 0, tokens->list + at, some);
				if (Below(3))
				{
					Part		comma = MakePart(", ", 2);

					Splice(tokens, at + some, 0, &comma, 1);
				}
				break;
			}
	}
}

/* ---------------------------------------------------------------- memory */

/* The most that a memory context held, of the context whose functions are replaced by those below. */
static const MemoryContextMethods *plain_methods;
static Size most_held;

static void *
CountedAlloc(MemoryContext context, Size size)
{
	void	   *chunk = plain_methods->alloc(context, size);

	most_held = Max(most_held, context->mem_allocated);
	return chunk;
}

static void *
CountedRealloc(MemoryContext context, void *chunk, Size size)
{
	void	   *again = plain_methods->realloc(context, chunk, size);

	most_held = Max(most_held, context->mem_allocated);
	return again;
}

static MemoryContext
CountedContext(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "mutate", ALLOCSET_DEFAULT_SIZES);
	MemoryContextMethods *methods = MemoryContextAlloc(parent, sizeof(MemoryContextMethods));

	plain_methods = context->methods;
	*methods = *plain_methods;
	methods->alloc = CountedAlloc;
	methods->realloc = CountedRealloc;
	context->methods = methods;
	return context;
}

/* ---------------------------------------------------------------- rounds */

static void
Note(const char *name, double ms, int64 memory, Part value, bool binary, MemoryContext keep)
{
	Kind	   *kind = kinds;

	while (kind < kinds + kind_count && strcmp(kind->name, name) != 0)
		kind++;
	if (kind == kinds + MOST_KINDS)
		return;
	if (kind == kinds + kind_count)
	{
		memset(kind, 0, sizeof(Kind));
		strlcpy(kind->name, name, sizeof(kind->name));
		kind_count++;
	}
	kind->times++;
	if (kind->example.bytes == NULL || ms > kind->slowest || memory > kind->most_memory)
	{
		MemoryContext old = MemoryContextSwitchTo(keep);

		if (kind->example.bytes)
			pfree((char *) kind->example.bytes);
		kind->example = CopyPart(value.bytes, value.length);
		MemoryContextSwitchTo(old);
	}
	kind->slowest = Max(kind->slowest, ms);
	kind->most_memory = Max(kind->most_memory, memory);
}

/* Keeps some of the new values: the first, and later ones in the place of others. */
static void
Keep(const char *text, MemoryContext keep)
{
	MemoryContext old = MemoryContextSwitchTo(keep);
	int			place = kept_count;

	if (kept_count < lengthof(kept))
		kept_count++;
	else if (Below(50) == 0)
	{
		place = Below(lengthof(kept));
		pfree((char *) kept[place].bytes);
	}
	if (place < lengthof(kept))
		kept[place] = CopyPart(text, strlen(text));
	MemoryContextSwitchTo(old);
}

/* Names a kind after an error: the place, the SQLSTATE and, of a fault, the message. */
static void
NameError(char *name, Size size, const char *place, bool may_fail, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
		ReThrowError(error);
	if (!may_fail || error->sqlerrcode == ERRCODE_INTERNAL_ERROR || error->sqlerrcode == ERRCODE_DATA_CORRUPTED || error->sqlerrcode == ERRCODE_OUT_OF_MEMORY)
		snprintf(name, size, "FAULT %s: %s %.100s", place, unpack_sql_state(error->sqlerrcode), error->message);
	else
		snprintf(name, size, "%s: %s", place, unpack_sql_state(error->sqlerrcode));
}

static double
Since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_MILLISEC(now);
}

/* A value that came in survives its four functions. */
static const char *
Survives(TypeCalls *calls, Datum value, bytea *sent, char *text)
{
	StringInfoData message;
	Datum		again = Feed(calls, MakePart(VARDATA(sent), VARSIZE(sent) - VARHDRSZ), true, &message);
	bytea	   *sent_again = SendFunctionCall(&calls->send, again);

	if (VARSIZE(sent) != VARSIZE(sent_again) || memcmp(sent, sent_again, VARSIZE(sent)) != 0)
		return "FAULT recv of send is another value";
	again = Feed(calls, MakePart(text, strlen(text)), false, &message);
	if (strcmp(text, OutputFunctionCall(&calls->out, again)) != 0)
		return "FAULT in of out is another text";
	if (VARSIZE_ANY(DatumGetPointer(again)) != VARSIZE_ANY(DatumGetPointer(value)) ||
		memcmp(DatumGetPointer(again), DatumGetPointer(value), VARSIZE_ANY(DatumGetPointer(value))) != 0)
		return "FAULT in of out has other bytes";
	return NULL;
}

/* Reads the seeds of one form, without those that are too large, and cuts them. */
static Seeds
ReadSeeds(ArrayType *array, TypeCalls *calls, bool binary, MemoryContext scratch)
{
	Seeds		seeds = {0};
	Datum	   *values;
	int			count;

	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &values, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		bytea	   *bytes = DatumGetByteaPP(values[i]);

		if (VARSIZE_ANY_EXHDR(bytes) <= LARGEST_SEED)
			AddPart(&seeds.whole, MakePart(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)));
	}
	seeds.parts = palloc0((seeds.whole.count + 1) * sizeof(Parts));
	for (int i = 0; calls && i < seeds.whole.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		seeds.parts[i] = binary ? Fields(calls, seeds.whole.list[i], scratch) : Tokens(seeds.whole.list[i]);
	}
	return seeds;
}

Datum
mutate(PG_FUNCTION_ARGS)
{
	Oid			type = PG_GETARG_OID(0);
	int			rounds = PG_GETARG_INT32(5);
	double		slow_ms = PG_GETARG_FLOAT8(7);
	char	   *file = text_to_cstring(PG_GETARG_TEXT_PP(8));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext keep = CurrentMemoryContext;
	MemoryContext scratch;
	TypeCalls	calls;
	Seeds		forms[2];
	Parts		foreign;
	Datum	   *queries;
	int			query_count;
	SPIPlanPtr *plans;
	int			last;

	InitMaterializedSRF(fcinfo, 0);
	scratch = CountedContext(keep);
	pg_prng_seed(&prng, (uint64) PG_GETARG_INT64(6));
	kind_count = kept_count = 0;
	FindCalls(&calls, type);
	forms[0] = ReadSeeds(PG_GETARG_ARRAYTYPE_P(2), &calls, false, scratch);
	forms[1] = ReadSeeds(PG_GETARG_ARRAYTYPE_P(1), &calls, true, scratch);
	foreign = ReadSeeds(PG_GETARG_ARRAYTYPE_P(3), NULL, true, scratch).whole;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(4), TEXTOID, -1, false, TYPALIGN_INT, &queries, NULL, &query_count);
	plans = palloc0((query_count + 1) * sizeof(SPIPlanPtr));
	if (forms[0].whole.count == 0 || forms[1].whole.count == 0)
		ereport(ERROR, (errmsg("no values of %s to change", format_type_be(type))));
	last = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (last < 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not open %s: %m", file)));
	SPI_connect();

	for (int round = 0; round < rounds; round++)
	{
		bool		binary = round % 2;
		const Seeds *seeds = &forms[binary];
		ResourceOwner owner = CurrentResourceOwner;
		Parts		parts = {0};
		Part		value;
		int			chosen = Below(seeds->whole.count);
		const char *volatile place = binary ? "recv" : "in";
		volatile Datum taken = (Datum) 0;
		volatile bool new_value = false;
		volatile int64 held = 0;
		char		name[sizeof(kinds[0].name)];
		instr_time	start;
		double		ms;

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(scratch);
		Splice(&parts, 0, 0, seeds->parts[chosen].list, seeds->parts[chosen].count);
		for (int times = 1 + (Below(3) == 0) + (Below(9) == 0); times > 0; times--)
		{
			if (binary)
				ChangeFields(&parts, seeds, &foreign);
			else
				ChangeTokens(&parts, seeds, &forms[0].whole);
		}
		MemoryContextSwitchTo(keep);
		value = JoinParts(&parts);
		MemoryContextReset(scratch);

		/* for a process that does not come back */
		if (pwrite(last, binary ? "b" : "t", 1, 0) != 1 || pwrite(last, value.bytes, value.length, 1) != value.length || ftruncate(last, value.length + 1) != 0)
			ereport(ERROR, (errcode_for_file_access(), errmsg("could not write %s: %m", file)));

		INSTR_TIME_SET_CURRENT(start);
		BeginInternalSubTransaction(NULL);
		MemoryContextSwitchTo(scratch);
		most_held = 0;
		PG_TRY();
		{
			StringInfoData message;
			bytea	   *sent;
			char	   *text;
			const Part *seed = &seeds->whole.list[chosen];
			const char *fault;

			taken = Feed(&calls, value, binary, &message);
			held = most_held;
			place = "send";
			sent = SendFunctionCall(&calls.send, taken);
			place = "out";
			text = OutputFunctionCall(&calls.out, taken);
			new_value = binary ? VARSIZE(sent) - VARHDRSZ != seed->length || memcmp(VARDATA(sent), seed->bytes, seed->length) != 0 :
				strlen(text) != seed->length || memcmp(text, seed->bytes, seed->length) != 0;
			strlcpy(name, new_value ? "taken, another value" : "taken, the same value", sizeof(name));
			place = "the value in and out again";
			if (new_value && (fault = Survives(&calls, taken, sent, text)) != NULL)
				strlcpy(name, fault, sizeof(name));
			else if (new_value)
				Keep(text, keep);
			ReleaseCurrentSubTransaction();
		}
		PG_CATCH();
		{
			bool		may_fail = strcmp(place, binary ? "recv" : "in") == 0;

			held = may_fail ? most_held : held;
			new_value = false;
			NameError(name, sizeof(name), place, may_fail, scratch);
			RollbackAndReleaseCurrentSubTransaction();
		}
		PG_END_TRY();
		CurrentResourceOwner = owner;
		MemoryContextSwitchTo(scratch);
		ms = Since(start);
		Note(name, ms, held, value, binary, keep);
		if (held > MOST_BYTES(value.length))
			Note("FAULT takes much memory", ms, held, value, binary, keep);
		if (ms > slow_ms)
			Note("FAULT takes long", ms, held, value, binary, keep);

		/* what came in is fit for use */
		if (new_value && query_count > 0 && Below(rounds) < QUERIED_ROUNDS)
		{
			int			query = Below(query_count);

			INSTR_TIME_SET_CURRENT(start);
			BeginInternalSubTransaction(NULL);
			MemoryContextSwitchTo(scratch);
			PG_TRY();
			{
				Datum		argument = taken;

				if (plans[query] == NULL)
				{
					plans[query] = SPI_prepare(TextDatumGetCString(queries[query]), 1, &type);
					if (plans[query] == NULL)
						ereport(ERROR, (errmsg("%s", SPI_result_code_string(SPI_result))));
					SPI_keepplan(plans[query]);
				}
				SPI_execute_plan(plans[query], &argument, NULL, false, 0);
				SPI_freetuptable(SPI_tuptable);
				ReleaseCurrentSubTransaction();
				strlcpy(name, "call: answer", sizeof(name));
			}
			PG_CATCH();
			{
				NameError(name, sizeof(name), "call", true, scratch);
				RollbackAndReleaseCurrentSubTransaction();
				if (strncmp(name, "FAULT", 5) == 0)
					snprintf(name + strlen(name), sizeof(name) - strlen(name), " %.60s", TextDatumGetCString(queries[query]));
			}
			PG_END_TRY();
			CurrentResourceOwner = owner;
			ms = Since(start);
			Note(name, ms, 0, value, binary, keep);
			if (ms > slow_ms)
			{
				snprintf(name, sizeof(name), "FAULT takes long: %.120s", TextDatumGetCString(queries[query]));
				Note(name, ms, 0, value, binary, keep);
			}
		}
		MemoryContextSwitchTo(keep);
		MemoryContextReset(scratch);
		pfree((char *) value.bytes);
	}
	for (int i = 0; i < query_count; i++)
	{
		if (plans[i])
			SPI_freeplan(plans[i]);
	}
	SPI_finish();
	close(last);
	MemoryContextSwitchTo(keep);
	for (int i = 0; i < kind_count + kept_count; i++)
	{
		Kind		of_kept = {.name = "kept", .times = 1};
		Kind	   *kind = i < kind_count ? &kinds[i] : &of_kept;
		Datum		values[5];
		bool		nulls[5] = {0};

		if (i >= kind_count)
			of_kept.example = kept[i - kind_count];
		values[0] = CStringGetTextDatum(kind->name);
		values[1] = Int64GetDatum(kind->times);
		values[2] = Float8GetDatum(kind->slowest);
		values[3] = Int64GetDatum(kind->most_memory);
		values[4] = PointerGetDatum(cstring_to_text_with_len(kind->example.bytes, kind->example.length));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
fed(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(1);
	StringInfoData message;
	TypeCalls	calls;

	FindCalls(&calls, PG_GETARG_OID(0));
	PG_RETURN_TEXT_P(cstring_to_text(OutputFunctionCall(&calls.out,
														Feed(&calls, MakePart(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), PG_GETARG_BOOL(2), &message))));
}
