/*
 * funnel_direct.c
 *		funnel_agg over rows: (entity, time, step) in one pass, no GROUP BY.
 *
 * A row is 16 bytes: the entity's key, and its time and step in one integer; 24
 * where the key is a uuid. The first rows lie in one array; from 65,536 on they are
 * dealt out to 1,024 parts by the key's first bits, so that in the end each part is
 * grouped and sorted in cache, where a GROUP BY pays a cache miss or two a row. See
 * funnel_direct_rows.h.
 *
 * A key is a mixed bigint or uuid (a bijection, so equal keys are equal entities),
 * or the code of a text in a table of those met: its hash, or the next one that is
 * free. Times more than 2,283 years away from 2000 do not fit with their step into
 * 64 bits; such rows, and rows without an entity, which form one as they do under
 * GROUP BY, stand in a list aside.
 *
 * The processes of a parallel query, the leader among them, sort and pack their
 * parts before they hand them over: some 7 bytes a row. What is left to the leader
 * alone is to merge the parts and to count.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/keys.h"
#include "base/mix.h"
#include "funnel/funnel.h"
#include "base/wire.h"

#define PART_BITS 10
#define PARTS (1 << PART_BITS)
#define FLAT_ROWS 65536			/* at most, before rows are dealt out */
#define CHUNK_BYTES 8168		/* of rows of a part; with the allocator's head 8 kB */
#define CODE_BITS 7				/* a step's code: index of its name + 1, 0 for none */
#define CODE_MASK ((1 << CODE_BITS) - 1)
#define MOST_TIME (INT64CONST(1) << (63 - CODE_BITS))
#define MOST_DIRECT_ROWS (INT64CONST(1) << 31)

/* Buckets of a part: so many that each has a handful of rows. */
#define MOST_BUCKET_BITS 16
#define BUCKET_ROWS_BITS 3

PG_FUNCTION_INFO_V1(funnel_direct_add);
PG_FUNCTION_INFO_V1(funnel_direct_add_timestamp);
PG_FUNCTION_INFO_V1(funnel_direct_add_date);
PG_FUNCTION_INFO_V1(funnel_direct_add_text);
PG_FUNCTION_INFO_V1(funnel_direct_add_text_timestamp);
PG_FUNCTION_INFO_V1(funnel_direct_add_text_date);
PG_FUNCTION_INFO_V1(funnel_direct_add_uuid);
PG_FUNCTION_INFO_V1(funnel_direct_add_uuid_timestamp);
PG_FUNCTION_INFO_V1(funnel_direct_add_uuid_date);
PG_FUNCTION_INFO_V1(funnel_direct_combine);
PG_FUNCTION_INFO_V1(funnel_direct_serial);
PG_FUNCTION_INFO_V1(funnel_direct_deserial);
PG_FUNCTION_INFO_V1(funnel_direct_final);

/* A row of the list aside. */
typedef struct AsideRow
{
	uint64		key;
	uint64		rest;			/* of the key */
	int64		at;
	int32		code;
	int32		no_entity;		/* 1: the entity is NULL, key is 0 */
} AsideRow;

/* A text met. */
typedef struct TextKey
{
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} TextKey;

typedef struct TextSlot
{
	uint64		code;			/* no two slots have the same */
	TextKey    *key;			/* NULL: free */
} TextSlot;

/*
 * Texts of which a worker's code is not ours, since others had the same hash: next
 * to never any.
 */
typedef struct Recode
{
	int			count;
	int			room;
	uint64	   *from;
	uint64	   *to;
} Recode;

/* The key of ours for a worker's. */
static inline uint64
RecodeKey(const Recode *recode, uint64 key)
{
	for (int i = 0; i < recode->count; i++)
		if (recode->from[i] == key)
			return recode->to[i];
	return key;
}

#define ST_SORT SortAside
#define ST_ELEMENT_TYPE AsideRow
#define ST_COMPARE(left, right) \
	((left)->no_entity != (right)->no_entity ? (left)->no_entity - (right)->no_entity : \
	 (left)->key != (right)->key ? ((left)->key < (right)->key ? -1 : 1) : \
	 (left)->rest != (right)->rest ? ((left)->rest < (right)->rest ? -1 : 1) : \
	 (left)->at != (right)->at ? ((left)->at < (right)->at ? -1 : 1) : \
	 (left)->code - (right)->code)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

static void
CheckRowCount(int64 rows)
{
	if (rows >= MOST_DIRECT_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("funnel_agg over rows holds at most %lld rows in one group",
						(long long) MOST_DIRECT_ROWS),
				 errhint("Fold each entity's rows with funnel_path_agg first, and its paths with funnel_agg.")));
}

static char *
PutBytes(char *to, const void *from, Size size)
{
	memcpy(to, from, size);
	return to + size;
}

static const char *
GetBytes(const char *from, void *to, Size size)
{
	memcpy(to, from, size);
	return from + size;
}

/*
 * Sorted rows in few bytes. Part follows part; in a part entity follows entity, in
 * the order of keys. An entity is its key without the bits of the part, in the place
 * of which stands the number of its rows (ALL_ROWS: it follows), then the second
 * half of a uuid; then the rows, in order, each `width` bytes: the time since the
 * part's least and, in the last bits, the code.
 */
typedef struct PackedPart
{
	int64		end;			/* of its bytes; it starts where the one before ends */
	int64		least;			/* time */
	int64		width;
} PackedPart;

typedef struct PackedRun
{
	struct PackedRun *next;
	int64		rows;
	int64		code_bits;
	PackedPart	part[PARTS];
	/* bytes, and READ_ROOM */
} PackedRun;

#define ALL_ROWS (PARTS - 1)
#define READ_ROOM sizeof(uint64)	/* rows are written and read 8 bytes at a time */

/* How many bytes a row takes. span: between the least and the greatest time. */
static int
PackedWidth(uint64 span, int code_bits)
{
	int			bits = code_bits + (span == 0 ? 0 : pg_leftmost_one_pos64(span) + 1);

	return Max(1, (bits + BITS_PER_BYTE - 1) / BITS_PER_BYTE);
}

/* Room for so many more bytes of what is handed over. */
static void
SerialReserve(StringInfo out, Size more)
{
	if (out->len + more + READ_ROOM >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a parallel worker of funnel_agg has too many rows to hand over"),
				 errdetail("They take more than the %zu bytes that a value can have.", (Size) MaxAllocSize),
				 errhint("Use more workers or none (max_parallel_workers_per_gather), or fold each entity's rows with funnel_path_agg first.")));
	enlargeStringInfo(out, more + READ_ROOM);
}

/* An integer of `width` bytes; the bytes behind it, up to eight, are overwritten. */
static inline char *
PutPacked(char *to, uint64 value, int width)
{
#ifdef WORDS_BIGENDIAN
	value <<= (sizeof(value) - width) * BITS_PER_BYTE;
#endif
	memcpy(to, &value, sizeof(value));
	return to + width;
}

static inline uint64
GetPacked(const char *from, int width)
{
	uint64		value;

	memcpy(&value, from, sizeof(value));
#ifdef WORDS_BIGENDIAN
	return value >> ((sizeof(value) - width) * BITS_PER_BYTE);
#else
	return value & (PG_UINT64_MAX >> ((sizeof(value) - width) * BITS_PER_BYTE));
#endif
}

static inline char *
PackHead(char *to, uint64 key, int64 rows)
{
	uint64		head = key << PART_BITS | Min(rows, ALL_ROWS);

	to = PutBytes(to, &head, sizeof(head));
	return rows < ALL_ROWS ? to : PutBytes(to, &rows, sizeof(rows));
}

static inline char *
PackRow(char *to, const PackedPart *part, int code_bits, int64 packed)
{
	uint64		since = (uint64) (packed >> CODE_BITS) - (uint64) part->least;

	return PutPacked(to, since << code_bits | (packed & CODE_MASK), part->width);
}

/* Goes over a part of packed rows. */
typedef struct PackedCursor
{
	const char *at;
	const char *end;
	uint64		part;
	int64		least;
	int			width;
	int			code_bits;
	bool		live;			/* it stands at an entity: */
	uint64		key;
	uint64		rest;			/* of a uuid */
	int64		rows;			/* still to be read */
} PackedCursor;

static PackedCursor
CursorBegin(const PackedRun *run, int part)
{
	const char *bytes = (const char *) (run + 1);
	PackedCursor cursor = {0};

	cursor.at = bytes + (part > 0 ? run->part[part - 1].end : 0);
	cursor.end = bytes + run->part[part].end;
	cursor.part = (uint64) part << (64 - PART_BITS);
	cursor.least = run->part[part].least;
	cursor.width = run->part[part].width;
	cursor.code_bits = run->code_bits;
	return cursor;
}

/* Goes to the next entity; all rows of the one before were read. */
static inline void
CursorNext(PackedCursor *cursor)
{
	uint64		head;

	cursor->live = cursor->at < cursor->end;
	if (!cursor->live)
		return;
	cursor->at = GetBytes(cursor->at, &head, sizeof(head));
	cursor->key = cursor->part | head >> PART_BITS;
	cursor->rows = head & ALL_ROWS;
	if (cursor->rows == ALL_ROWS)
		cursor->at = GetBytes(cursor->at, &cursor->rows, sizeof(cursor->rows));
}

/* The next row of the entity: time << CODE_BITS | code. */
static inline int64
CursorRow(PackedCursor *cursor)
{
	uint64		value = GetPacked(cursor->at, cursor->width);
	uint64		at = (uint64) cursor->least + (value >> cursor->code_bits);

	cursor->at += cursor->width;
	return (int64) (at << CODE_BITS | (value & ((UINT64CONST(1) << cursor->code_bits) - 1)));
}

/* What the final function carries along. */
typedef struct DirectRun
{
	const FunnelSpec *spec;
	int64		known_until;
	FunnelTally *tally;
	uint64		steps_of[CODE_MASK + 1];	/* by code */
	bool		lost_of[CODE_MASK + 1];
	int64		room;			/* of the arrays below */
	int64	   *packed;			/* rows while they are merged */
	int64	   *spare;
	int64	   *at;
	uint64	   *steps;
	int64	   *lost_at;
} DirectRun;

/* Room for so many rows of an entity in each array; those in `packed` stay. */
static void
RunReserve(DirectRun *run, int64 rows)
{
	bool		first = run->room == 0;

	if (rows <= run->room)
		return;
	run->room = Max(rows, Max(1024, run->room * 2));
#define RESERVE(array) \
	run->array = first ? palloc_extended(run->room * sizeof(int64), MCXT_ALLOC_HUGE) : \
		repalloc_huge(run->array, run->room * sizeof(int64))
	RESERVE(packed);
	RESERVE(spare);
	RESERVE(at);
	RESERVE(steps);
	RESERVE(lost_at);
#undef RESERVE
}

/*
 * Adds the rows of a cursor's entity to the first `have` in `packed`, all in order;
 * returns how many there are then.
 */
static int64
RunTakePacked(DirectRun *run, int64 have, PackedCursor *cursor)
{
	int64		all = have + cursor->rows;
	int64		left = 0;
	int64		right = have;
	int64	   *from;
	int64	   *to;

	RunReserve(run, all);
	from = run->packed;
	to = run->spare;
	for (int64 i = have; i < all; i++)
		from[i] = CursorRow(cursor);
	cursor->rows = 0;
	if (have == 0 || all == have || from[have - 1] <= from[have])
		return all;
	while (left < have && right < all)
	{
		bool		take_right = from[right] < from[left];

		*to++ = take_right ? from[right] : from[left];
		right += take_right;
		left += !take_right;
	}
	memcpy(to, from + left, (have - left) * sizeof(int64));
	memcpy(to + (have - left), from + right, (all - right) * sizeof(int64));
	run->packed = run->spare;
	run->spare = from;
	return all;
}

/* Counts an entity whose rows stand in the run's arrays. */
static void
RunEntity(DirectRun *run, int64 rows, int64 lost_rows)
{
	FunnelHistory history = {rows, run->at, run->steps, lost_rows, run->lost_at};
	FunnelChain chain;
	FunnelOutcome outcome = FUNNEL_NOT_ENTERED;

	chain.level = 0;
	if (rows > 0)
	{
		FunnelFindChain(run->spec, &history, &chain);
		outcome = FunnelFindOutcome(run->spec, &history, &chain, run->known_until);
	}
	FunnelTallyAdd(run->tally, &chain, outcome, run->known_until);
}

/* Adds a row, in order, to the run's arrays; there is room. */
static inline void
RunPutRow(DirectRun *run, int64 at, int code, int64 *rows, int64 *lost_rows)
{
	uint64		steps = run->steps_of[code];

	if (run->lost_of[code])
		run->lost_at[(*lost_rows)++] = at;
	if (steps != 0 || run->spec->keeps_all)
	{
		run->at[*rows] = at;
		run->steps[*rows] = steps;
		(*rows)++;
	}
}

/* Rows of bigints and texts, and rows of uuids. */
#define ROWS(name) Narrow##name
#define ROWS_WIDE 0
#include "funnel/funnel_direct_rows.h"

#define ROWS(name) Wide##name
#define ROWS_WIDE 1
#include "funnel/funnel_direct_rows.h"

/* What an entity is. */
typedef enum KeyKind
{
	KEY_BIGINT,
	KEY_TEXT,
	KEY_UUID
} KeyKind;

typedef struct DirectState
{
	MemoryContext context;
	FunnelSpec *spec;
	DateADT		as_of;
	int64		known_until;
	KeyKind		kind;
	NarrowRows	narrow;			/* of bigints and texts */
	WideRows	wide;			/* of uuids */
	AsideRow   *aside;
	int64		aside_rows;
	int64		aside_room;
	PackedRun  *runs;			/* of the processes of a parallel query */
	int64		run_rows;
	TextSlot   *slots;			/* texts by code, a power of two of them */
	uint32		slot_mask;
	uint32		text_count;
	char	   *arena;			/* where short texts go */
	Size		arena_left;
} DirectState;

static DirectState *
DirectCreate(MemoryContext context, const FunnelDef *def, DateADT as_of, KeyKind kind)
{
	DirectState *state = MemoryContextAllocZero(context, sizeof(DirectState));

	state->context = context;
	state->spec = FunnelSpecCreate(def, context);
	state->as_of = as_of;
	state->known_until = FunnelDayEnd(&state->spec->window, as_of);
	state->kind = kind;
	return state;
}

static void
AsideAppend(DirectState *state, const AsideRow *row)
{
	if (state->aside_rows == state->aside_room)
	{
		CheckRowCount(state->aside_rows);
		state->aside_room = Max(64, state->aside_room * 2);
		if (state->aside == NULL)
			state->aside = MemoryContextAlloc(state->context, state->aside_room * sizeof(AsideRow));
		else
			state->aside = repalloc_huge(state->aside, state->aside_room * sizeof(AsideRow));
	}
	state->aside[state->aside_rows++] = *row;
}

/* The slot with a code, or the free one where it belongs. */
static inline TextSlot *
FindSlot(const DirectState *state, uint64 code)
{
	uint32		slot = (uint32) code & state->slot_mask;

	while (state->slots[slot].key != NULL && state->slots[slot].code != code)
		slot = (slot + 1) & state->slot_mask;
	return &state->slots[slot];
}

/* Doubles the table of texts. */
static void
GrowSlots(DirectState *state)
{
	TextSlot   *old = state->slots;
	uint32		old_count = old == NULL ? 0 : state->slot_mask + 1;
	uint32		count = old == NULL ? 1024 : old_count * 2;

	if (count == 0 || count > ((uint32) 1 << 31))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("funnel_agg over rows met too many different entities"),
				 errhint("Fold each entity's rows with funnel_path_agg first, and its paths with funnel_agg.")));
	state->slots = MemoryContextAllocExtended(state->context, count * sizeof(TextSlot),
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	state->slot_mask = count - 1;
	for (uint32 i = 0; i < old_count; i++)
		if (old[i].key != NULL)
			*FindSlot(state, old[i].code) = old[i];
	if (old != NULL)
		pfree(old);
}

/* A copy of a text. */
static TextKey *
AddText(DirectState *state, const char *bytes, int length)
{
	Size		size = MAXALIGN(offsetof(TextKey, bytes) + length);
	TextKey    *key;

	if (size > 1024)
		key = MemoryContextAlloc(state->context, size);
	else
	{
		if (size > state->arena_left)
		{
			state->arena_left = 65536;
			state->arena = MemoryContextAlloc(state->context, state->arena_left);
		}
		key = (TextKey *) state->arena;
		state->arena += size;
		state->arena_left -= size;
	}
	key->length = length;
	memcpy(key->bytes, bytes, length);
	return key;
}

/* The code of a text: its hash, or where another text has that the next one. */
static uint64
TextCode(DirectState *state, const char *bytes, int length)
{
	uint64		code = hash_bytes_extended((const unsigned char *) bytes, length, 0);

	if (state->slots == NULL || state->text_count > state->slot_mask / 2)
		GrowSlots(state);
	for (;; code++)
	{
		TextSlot   *slot = FindSlot(state, code);

		if (slot->key == NULL)
		{
			slot->code = code;
			slot->key = AddText(state, bytes, length);
			state->text_count++;
			return code;
		}
		if (BytesEqual(slot->key->bytes, slot->key->length, bytes, length))
			return code;
	}
}

/* The first row of a group: makes the state. */
static DirectState *
DirectStart(FunctionCallInfo fcinfo, MemoryContext context, KeyKind kind)
{
	FunnelSpec *spec = FunnelSpecCached(fcinfo->flinfo, PG_GETARG_DATUM(1));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(5), "as_of");

	if (kind == KEY_TEXT)
		CheckTextKey(fcinfo, 2, "funnel_agg", "entity");
	CheckTextKey(fcinfo, 4, "funnel_agg", "step");
	return DirectCreate(context, spec->def, as_of, kind);
}

/*
 * One row: (state, funnel, entity, at, step, as_of).
 */
static inline Datum
DirectAddRow(FunctionCallInfo fcinfo, FunnelTimeKind time_kind, KeyKind kind)
{
	MemoryContext context = AggregateContext(fcinfo, "funnel_agg");
	DirectState *state = PG_ARGISNULL(0) ? NULL : (DirectState *) PG_GETARG_POINTER(0);
	int64		at;
	uint64		key = 0;
	uint64		rest = 0;
	int			code = 0;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(5))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s of funnel_agg must not be null", PG_ARGISNULL(1) ? "the funnel" : "as_of")));
	if (PG_ARGISNULL(3))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = DirectStart(fcinfo, context, kind);
	else if (!FunnelDefIs(state->spec->def, PG_GETARG_DATUM(1)))
		FunnelDiffers("funnel_agg", state->spec->def,
					  FunnelSpecCached(fcinfo->flinfo, PG_GETARG_DATUM(1))->def);
	else if (state->as_of != PG_GETARG_DATEADT(5))
		FunnelAsOfDiffers(state->as_of, PG_GETARG_DATEADT(5));

	at = FunnelTimeArgument(fcinfo, 3, &state->spec->window, time_kind);
	if (at >= state->known_until)
		PG_RETURN_POINTER(state);
	if (!PG_ARGISNULL(4))
	{
		text	   *step = PG_GETARG_TEXT_PP(4);

		code = FunnelNameFind(state->spec, VARDATA_ANY(step), VARSIZE_ANY_EXHDR(step)) + 1;
		/* names of lost may be many, their meaning is one */
		code = Min(code, state->spec->step_names + 1);
	}
	if (PG_ARGISNULL(2))
	{
		AsideRow	row = {0, 0, at, code, 1};

		AsideAppend(state, &row);
		PG_RETURN_POINTER(state);
	}
	switch (kind)
	{
		case KEY_BIGINT:
			key = Mix((uint64) PG_GETARG_INT64(2));
			break;
		case KEY_TEXT:
			{
				text	   *entity = PG_GETARG_TEXT_PP(2);

				key = TextCode(state, VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity));
				break;
			}
		case KEY_UUID:
			/* the first half with the second mixed in: parts go by the whole */
			memcpy(&key, PG_GETARG_UUID_P(2)->data, sizeof(key));
			memcpy(&rest, PG_GETARG_UUID_P(2)->data + sizeof(key), sizeof(rest));
			key = Mix(key ^ Mix(rest));
			break;
	}
	if (at < -MOST_TIME || at >= MOST_TIME)
	{
		AsideRow	row = {key, rest, at, code, 0};

		AsideAppend(state, &row);
	}
	else
	{
		int64		packed = (int64) ((uint64) at << CODE_BITS) | code;

		if (kind == KEY_UUID)
		{
			WideRow		row = {key, rest, packed};

			WideAppend(&state->wide, state->context, &row);
		}
		else
		{
			NarrowRow	row = {key, packed};

			NarrowAppend(&state->narrow, state->context, &row);
		}
	}
	PG_RETURN_POINTER(state);
}

/* funnel_direct_add(internal, funnel_def, bigint, timestamptz, text, date) */
Datum
funnel_direct_add(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, KEY_BIGINT);
}

Datum
funnel_direct_add_timestamp(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_LOCAL, KEY_BIGINT);
}

Datum
funnel_direct_add_date(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_DAY, KEY_BIGINT);
}

/* funnel_direct_add(internal, funnel_def, text, timestamptz, text, date) */
Datum
funnel_direct_add_text(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, KEY_TEXT);
}

Datum
funnel_direct_add_text_timestamp(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_LOCAL, KEY_TEXT);
}

Datum
funnel_direct_add_text_date(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_DAY, KEY_TEXT);
}

/* funnel_direct_add(internal, funnel_def, uuid, timestamptz, text, date) */
Datum
funnel_direct_add_uuid(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, KEY_UUID);
}

Datum
funnel_direct_add_uuid_timestamp(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_LOCAL, KEY_UUID);
}

Datum
funnel_direct_add_uuid_date(PG_FUNCTION_ARGS)
{
	return DirectAddRow(fcinfo, FUNNEL_TIME_DAY, KEY_UUID);
}

/*
 * Serialized form, for the leader of the same query only, so in native order: this
 * head, the definition, texts (code, length, bytes), rows aside, flat rows, and a
 * PackedRun with its bytes.
 */
typedef struct SerialHead
{
	DateADT		as_of;
	int32		kind;
	uint32		text_count;
	int32		def_size;
	int64		aside_rows;
	int64		flat_rows;
	int64		run_size;		/* 0: none */
} SerialHead;

/* Moves packed rows to those that are not. */
static void
UnpackRuns(DirectState *state)
{
	Recode		none = {0};

	for (PackedRun *run = state->runs; run != NULL; run = run->next)
		if (state->kind == KEY_UUID)
			WideUnpack(run, &none, &state->wide, state->context);
		else
			NarrowUnpack(run, &none, &state->narrow, state->context);
	state->runs = NULL;
	state->run_rows = 0;
}

static void
SerialPut(StringInfo out, const void *from, Size size)
{
	SerialReserve(out, size);
	appendBinaryStringInfo(out, from, size);
}

/* funnel_direct_serial(internal) → bytea */
Datum
funnel_direct_serial(PG_FUNCTION_ARGS)
{
	DirectState *state;
	SerialHead	head = {0};
	StringInfoData out;

	AggregateContext(fcinfo, "funnel_agg");
	state = (DirectState *) PG_GETARG_POINTER(0);
	UnpackRuns(state);
	head.as_of = state->as_of;
	head.kind = state->kind;
	head.text_count = state->text_count;
	head.def_size = VARSIZE(state->spec->def);
	head.aside_rows = state->aside_rows;
	head.flat_rows = (state->narrow.flat ? state->narrow.count : 0) +
		(state->wide.flat ? state->wide.count : 0);
	initStringInfo(&out);
	SerialPut(&out, &head, VARHDRSZ);	/* the varlena's head, set at the end */
	SerialPut(&out, &head, sizeof(head));
	SerialPut(&out, state->spec->def, head.def_size);
	for (uint32 i = 0; state->slots != NULL && i <= state->slot_mask; i++)
	{
		const TextSlot *slot = &state->slots[i];

		if (slot->key == NULL)
			continue;
		SerialPut(&out, &slot->code, sizeof(slot->code));
		SerialPut(&out, &slot->key->length, sizeof(slot->key->length));
		SerialPut(&out, slot->key->bytes, slot->key->length);
	}
	SerialPut(&out, state->aside, head.aside_rows * sizeof(AsideRow));
	if (state->narrow.flat)
		SerialPut(&out, state->narrow.flat, state->narrow.count * sizeof(NarrowRow));
	if (state->wide.flat)
		SerialPut(&out, state->wide.flat, state->wide.count * sizeof(WideRow));
	if (state->narrow.parts || state->wide.parts)
	{
		PackedRun  *run = palloc0(sizeof(PackedRun));
		int			start = out.len;

		run->code_bits = pg_leftmost_one_pos32(state->spec->step_names + 1) + 1;
		SerialPut(&out, run, sizeof(*run));
		if (state->narrow.parts)
			NarrowPack(run, &out, state->spec, &state->narrow);
		else
			WidePack(run, &out, state->spec, &state->wide);
		SerialPut(&out, &(uint64) {0}, READ_ROOM);
		head.run_size = out.len - start;
		memcpy(out.data + start, run, sizeof(*run));
		memcpy(out.data + VARHDRSZ, &head, sizeof(head));
		pfree(run);
	}
	SET_VARSIZE(out.data, out.len);
	PG_RETURN_BYTEA_P((bytea *) out.data);
}

/*
 * funnel_direct_deserial(bytea, internal) → internal: the bytes themselves,
 * which combine reads next.
 */
Datum
funnel_direct_deserial(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "funnel_agg");
	PG_RETURN_POINTER(PG_GETARG_BYTEA_P(0));
}

/* Takes texts that were handed over; returns the place behind them. */
static const char *
TakeTexts(DirectState *state, const char *from, uint32 count, Recode *recode)
{
	for (uint32 i = 0; i < count; i++)
	{
		uint64		theirs;
		uint64		ours;
		int32		length;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		from = GetBytes(from, &theirs, sizeof(theirs));
		from = GetBytes(from, &length, sizeof(length));
		ours = TextCode(state, from, length);
		from += length;
		if (ours == theirs)
			continue;
		if (recode->count == recode->room)
		{
			recode->room = Max(16, recode->room * 2);
			recode->from = recode->count == 0 ? palloc(recode->room * sizeof(uint64)) :
				repalloc(recode->from, recode->room * sizeof(uint64));
			recode->to = recode->count == 0 ? palloc(recode->room * sizeof(uint64)) :
				repalloc(recode->to, recode->room * sizeof(uint64));
		}
		recode->from[recode->count] = theirs;
		recode->to[recode->count++] = ours;
	}
	return from;
}

/*
 * funnel_direct_combine(internal, internal): the second is what deserial
 * returned, or NULL.
 */
Datum
funnel_direct_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateContext(fcinfo, "funnel_agg");
	DirectState *state = PG_ARGISNULL(0) ? NULL : (DirectState *) PG_GETARG_POINTER(0);
	const char *from;
	SerialHead	head;
	FunnelDef  *def;
	Recode		recode = {0};

	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	from = GetBytes(VARDATA((bytea *) PG_GETARG_POINTER(1)), &head, sizeof(head));
	def = palloc(head.def_size);
	from = GetBytes(from, def, head.def_size);
	if (state == NULL)
		state = DirectCreate(context, def, head.as_of, head.kind);
	else if (!FunnelDefSame(state->spec->def, def))
		FunnelDiffers("funnel_agg", state->spec->def, def);
	else if (state->as_of != head.as_of)
		FunnelAsOfDiffers(state->as_of, head.as_of);
	from = TakeTexts(state, from, head.text_count, &recode);
	for (int64 i = 0; i < head.aside_rows; i++)
	{
		AsideRow	row;

		from = GetBytes(from, &row, sizeof(row));
		if (!row.no_entity)
			row.key = RecodeKey(&recode, row.key);
		AsideAppend(state, &row);
	}
	if (head.kind == KEY_UUID)
		from = WideTakeFlat(from, head.flat_rows, &recode, &state->wide, context);
	else
		from = NarrowTakeFlat(from, head.flat_rows, &recode, &state->narrow, context);
	if (head.run_size > 0)
	{
		PackedRun  *run = MemoryContextAllocHuge(context, head.run_size);

		memcpy(run, from, head.run_size);
		CheckRowCount(state->run_rows + run->rows);
		if (recode.count == 0)
		{
			run->next = state->runs;
			state->runs = run;
			state->run_rows += run->rows;
		}
		else
		{
			/* only texts have codes */
			NarrowUnpack(run, &recode, &state->narrow, context);
			pfree(run);
		}
	}
	PG_RETURN_POINTER(state);
}

/* Counts entities from rows that do not fit the narrow form. */
static void
RunAside(DirectRun *run, AsideRow *aside, int64 count)
{
	int64		first = 0;

	SortAside(aside, count);
	RunReserve(run, count);
	while (first < count)
	{
		const AsideRow *entity = &aside[first];
		int64		rows = 0;
		int64		lost_rows = 0;

		CHECK_FOR_INTERRUPTS();
		for (; first < count && aside[first].key == entity->key &&
			 aside[first].rest == entity->rest && aside[first].no_entity == entity->no_entity; first++)
			RunPutRow(run, aside[first].at, aside[first].code, &rows, &lost_rows);
		RunEntity(run, rows, lost_rows);
	}
}

/* funnel_direct_final(internal) → funnel_stats; the state stays as it is */
Datum
funnel_direct_final(PG_FUNCTION_ARGS)
{
	DirectState *state;
	DirectRun	run = {0};
	bool		extreme = false;
	AsideRow   *aside;
	AsideRow   *to;
	int64		count;

	AggregateContext(fcinfo, "funnel_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (DirectState *) PG_GETARG_POINTER(0);
	run.spec = state->spec;
	run.known_until = state->known_until;
	run.tally = FunnelTallyCreate(state->spec, state->as_of);
	for (int i = 0; i < Min(state->spec->names, state->spec->step_names + 1); i++)
	{
		run.steps_of[i + 1] = state->spec->name[i].steps;
		run.lost_of[i + 1] = state->spec->name[i].lost;
	}

	/* an entity with a row of an extreme time may have others: all go one way */
	for (int64 i = 0; i < state->aside_rows; i++)
		extreme |= !state->aside[i].no_entity;
	if (extreme)
		UnpackRuns(state);
	else if (state->kind == KEY_UUID)
		WideRun(&run, &state->wide, state->context, state->runs);
	else
		NarrowRun(&run, &state->narrow, state->context, state->runs);
	count = state->aside_rows + (extreme ? state->narrow.count + state->wide.count : 0);
	if (count > 0)
	{
		aside = to = palloc_extended(count * sizeof(AsideRow), MCXT_ALLOC_HUGE);
		memcpy(to, state->aside, state->aside_rows * sizeof(AsideRow));
		to += state->aside_rows;
		if (extreme)
			WideWiden(NarrowWiden(to, &state->narrow), &state->wide);
		RunAside(&run, aside, count);
	}
	PG_RETURN_POINTER(FunnelTallyFinish(run.tally));
}
