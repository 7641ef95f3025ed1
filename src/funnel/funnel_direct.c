/*
 * funnel_direct.c
 *		funnel_agg over rows: (entity, time, step) in one pass, no GROUP BY.
 *
 * A row is 16 bytes: the entity's key, and its time and step in one integer. The
 * first rows lie in one array; from 65,536 on they are dealt out to 1,024 parts
 * by the key's hash, so that in the end each part is grouped and sorted in
 * cache, where a GROUP BY pays a cache miss or two a row.
 *
 * A key is a mixed bigint (a bijection, so equal keys are equal entities), or
 * the number of a text in a table of those met. Times more than 2,283 years away
 * from 2000 do not fit with their step into 64 bits; such rows, and rows without
 * an entity, which form one as they do under GROUP BY, stand in a list aside.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "funnel/funnel.h"
#include "base/wire.h"

#define PART_BITS 10
#define PARTS (1 << PART_BITS)
#define FLAT_ROWS 65536			/* at most, before rows are dealt out */
#define CHUNK_ROWS 510			/* of a part; with its head 8 kB */
#define CODE_BITS 7				/* a step's code: index of its name + 1, 0 for none */
#define CODE_MASK ((1 << CODE_BITS) - 1)
#define MOST_TIME (INT64CONST(1) << (63 - CODE_BITS))
#define MOST_ROWS (INT64CONST(1) << 31)

PG_FUNCTION_INFO_V1(funnel_direct_add);
PG_FUNCTION_INFO_V1(funnel_direct_add_timestamp);
PG_FUNCTION_INFO_V1(funnel_direct_add_date);
PG_FUNCTION_INFO_V1(funnel_direct_add_text);
PG_FUNCTION_INFO_V1(funnel_direct_add_text_timestamp);
PG_FUNCTION_INFO_V1(funnel_direct_add_text_date);
PG_FUNCTION_INFO_V1(funnel_direct_combine);
PG_FUNCTION_INFO_V1(funnel_direct_serial);
PG_FUNCTION_INFO_V1(funnel_direct_deserial);
PG_FUNCTION_INFO_V1(funnel_direct_final);

/* A row: an entity's key, and time << CODE_BITS | code. */
typedef struct DirectRow
{
	uint64		key;
	int64		packed;
} DirectRow;

/* A row of the list aside. */
typedef struct AsideRow
{
	uint64		key;
	int64		at;
	int32		code;
	int32		no_entity;		/* 1: the entity is NULL, key is 0 */
} AsideRow;

/* Rows of a part, in the order in which they came. */
typedef struct Chunk
{
	struct Chunk *before;
	DirectRow	row[CHUNK_ROWS];
} Chunk;

typedef struct Part
{
	DirectRow  *next;			/* place for the next row in the last chunk */
	DirectRow  *end;
	Chunk	   *last;
} Part;

/* A text met, by its number. */
typedef struct TextKey
{
	uint32		number;
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} TextKey;

typedef struct TextSlot
{
	uint64		hash;
	TextKey    *key;			/* NULL: free */
} TextSlot;

typedef struct DirectState
{
	MemoryContext context;
	FunnelSpec *spec;
	DateADT		as_of;
	int64		known_until;
	bool		by_text;
	int64		rows;			/* in flat or the parts */
	DirectRow  *flat;
	int64		flat_room;
	Part	   *parts;			/* NULL while rows are flat */
	AsideRow   *aside;
	int64		aside_rows;
	int64		aside_room;
	TextSlot   *slots;			/* texts by hash, a power of two of them */
	uint32		slot_mask;
	TextKey   **texts;			/* by number */
	uint32		text_count;
	uint32		text_room;
	char	   *arena;			/* where short texts go */
	Size		arena_left;
} DirectState;

#define SORT_ROWS_BY(left, right) \
	((left)->key != (right)->key ? ((left)->key < (right)->key ? -1 : 1) : \
	 (left)->packed != (right)->packed ? ((left)->packed < (right)->packed ? -1 : 1) : 0)

#define ST_SORT SortDirect
#define ST_ELEMENT_TYPE DirectRow
#define ST_COMPARE(left, right) SORT_ROWS_BY(left, right)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT SortAside
#define ST_ELEMENT_TYPE AsideRow
#define ST_COMPARE(left, right) \
	((left)->no_entity != (right)->no_entity ? (left)->no_entity - (right)->no_entity : \
	 (left)->key != (right)->key ? ((left)->key < (right)->key ? -1 : 1) : \
	 (left)->at != (right)->at ? ((left)->at < (right)->at ? -1 : 1) : \
	 (left)->code - (right)->code)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* A bijection that spreads keys over all bits (the finalizer of MurmurHash3). */
static inline uint64
Mix(uint64 key)
{
	key ^= key >> 33;
	key *= UINT64CONST(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return key ^ (key >> 33);
}

static DirectState *
DirectCreate(MemoryContext context, const FunnelDef *def, DateADT as_of, bool by_text)
{
	DirectState *state = MemoryContextAllocZero(context, sizeof(DirectState));

	state->context = context;
	state->spec = FunnelSpecCreate(def, context);
	state->as_of = as_of;
	state->known_until = FunnelDayEnd(&state->spec->window, as_of);
	state->by_text = by_text;
	return state;
}

static void
CheckRowCount(const DirectState *state)
{
	if (state->rows + state->aside_rows >= MOST_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("funnel_agg over rows holds at most %lld rows in one group", (long long) MOST_ROWS),
				 errhint("Fold each entity's rows with funnel_path_agg first, and its paths with funnel_agg.")));
}

/* Adds a row to its part. */
static inline void
PartAppend(DirectState *state, uint64 key, int64 packed)
{
	Part	   *part = &state->parts[Mix(key) >> (64 - PART_BITS)];

	if (part->next == part->end)
	{
		Chunk	   *chunk = MemoryContextAlloc(state->context, sizeof(Chunk));

		CheckRowCount(state);
		chunk->before = part->last;
		part->last = chunk;
		part->next = chunk->row;
		part->end = chunk->row + CHUNK_ROWS;
	}
	part->next->key = key;
	part->next->packed = packed;
	part->next++;
}

/* Makes room in the flat array, or deals it out. */
static void
MakeRoom(DirectState *state)
{
	if (state->flat_room == 0)
	{
		state->flat_room = 256;
		state->flat = MemoryContextAlloc(state->context, state->flat_room * sizeof(DirectRow));
	}
	else if (state->flat_room < FLAT_ROWS)
	{
		state->flat_room *= 4;
		state->flat = repalloc(state->flat, state->flat_room * sizeof(DirectRow));
	}
	else
	{
		state->parts = MemoryContextAllocZero(state->context, PARTS * sizeof(Part));
		for (int64 i = 0; i < state->rows; i++)
			PartAppend(state, state->flat[i].key, state->flat[i].packed);
		pfree(state->flat);
		state->flat = NULL;
	}
}

static inline void
DirectAppend(DirectState *state, uint64 key, int64 packed)
{
	if (state->parts == NULL && state->rows == state->flat_room)
		MakeRoom(state);
	if (state->parts == NULL)
	{
		state->flat[state->rows].key = key;
		state->flat[state->rows].packed = packed;
	}
	else
		PartAppend(state, key, packed);
	state->rows++;
}

static void
AsideAppend(DirectState *state, const AsideRow *row)
{
	if (state->aside_rows == state->aside_room)
	{
		CheckRowCount(state);
		state->aside_room = Max(64, state->aside_room * 2);
		if (state->aside == NULL)
			state->aside = MemoryContextAlloc(state->context, state->aside_room * sizeof(AsideRow));
		else
			state->aside = repalloc_huge(state->aside, state->aside_room * sizeof(AsideRow));
	}
	state->aside[state->aside_rows++] = *row;
}

/* Doubles the table of texts. */
static void
GrowSlots(DirectState *state)
{
	uint32		count = state->slots == NULL ? 1024 : (state->slot_mask + 1) * 2;
	TextSlot   *slots;

	if (count == 0 || count > ((uint32) 1 << 31))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("funnel_agg over rows met too many different entities"),
				 errhint("Fold each entity's rows with funnel_path_agg first, and its paths with funnel_agg.")));
	slots = MemoryContextAllocExtended(state->context, count * sizeof(TextSlot),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < state->text_count; i++)
	{
		/* the hashes are in the old slots only; texts are few enough to hash again */
		TextKey    *key = state->texts[i];
		uint64		hash = hash_bytes_extended((unsigned char *) key->bytes, key->length, 0);
		uint32		slot = (uint32) hash & (count - 1);

		while (slots[slot].key != NULL)
			slot = (slot + 1) & (count - 1);
		slots[slot].hash = hash;
		slots[slot].key = key;
	}
	if (state->slots != NULL)
		pfree(state->slots);
	state->slots = slots;
	state->slot_mask = count - 1;
}

/* A new text; its number is how many there were. */
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
	key->number = state->text_count;
	key->length = length;
	memcpy(key->bytes, bytes, length);
	if (state->text_count == state->text_room)
	{
		state->text_room = Max(512, state->text_room * 2);
		if (state->texts == NULL)
			state->texts = MemoryContextAlloc(state->context, state->text_room * sizeof(TextKey *));
		else
			state->texts = repalloc_huge(state->texts, state->text_room * sizeof(TextKey *));
	}
	state->texts[state->text_count++] = key;
	return key;
}

/* The number of a text. */
static uint32
TextNumber(DirectState *state, const char *bytes, int length)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) bytes, length, 0);
	uint32		slot;

	if (state->slots == NULL || state->text_count > state->slot_mask / 2)
		GrowSlots(state);
	for (slot = (uint32) hash & state->slot_mask; state->slots[slot].key != NULL;
		 slot = (slot + 1) & state->slot_mask)
	{
		TextKey    *key = state->slots[slot].key;

		if (state->slots[slot].hash == hash && key->length == length &&
			memcmp(key->bytes, bytes, length) == 0)
			return key->number;
	}
	state->slots[slot].hash = hash;
	state->slots[slot].key = AddText(state, bytes, length);
	return state->slots[slot].key->number;
}

/*
 * The collation of the argument entity. The call's own is of entity and step
 * together, and none where the two differ; a window function knows no other.
 */
static Oid
EntityCollation(FunctionCallInfo fcinfo)
{
	Aggref	   *call = AggGetAggref(fcinfo);

	if (call == NULL)
		return PG_GET_COLLATION();
	return exprCollation((Node *) ((TargetEntry *) lsecond(call->args))->expr);
}

/* The first row of a group: makes the state. */
static DirectState *
DirectStart(FunctionCallInfo fcinfo, MemoryContext context, bool by_text)
{
	FunnelSpec *spec = FunnelSpecCached(fcinfo->flinfo, PG_GETARG_DATUM(1));
	DateADT		as_of = CheckFiniteDate(PG_GETARG_DATEADT(5), "as_of");
	Oid			collation = by_text ? EntityCollation(fcinfo) : C_COLLATION_OID;

	if (!OidIsValid(collation) || !get_collation_isdeterministic(collation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("funnel_agg over rows needs a deterministic collation for the entity"),
				 errdetail("Entities are compared byte by byte."),
				 errhint("Write entity collate \"C\", or fold each entity's rows with funnel_path_agg first.")));
	return DirectCreate(context, spec->def, as_of, by_text);
}

/*
 * One row: (state, funnel, entity, at, step, as_of).
 */
static inline Datum
AddRow(FunctionCallInfo fcinfo, FunnelTimeKind kind, bool by_text)
{
	MemoryContext context = AggregateContext(fcinfo, "funnel_agg");
	DirectState *state = PG_ARGISNULL(0) ? NULL : (DirectState *) PG_GETARG_POINTER(0);
	int64		at;
	uint64		key = 0;
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
		state = DirectStart(fcinfo, context, by_text);
	else if (!FunnelDefIs(state->spec->def, PG_GETARG_DATUM(1)))
		FunnelDiffers("funnel_agg", state->spec->def,
					  FunnelSpecCached(fcinfo->flinfo, PG_GETARG_DATUM(1))->def);
	else if (state->as_of != PG_GETARG_DATEADT(5))
		FunnelAsOfDiffers(state->as_of, PG_GETARG_DATEADT(5));

	at = FunnelTimeArgument(fcinfo, 3, &state->spec->window, kind);
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
		AsideRow	row = {0, at, code, 1};

		AsideAppend(state, &row);
		PG_RETURN_POINTER(state);
	}
	if (by_text)
	{
		text	   *entity = PG_GETARG_TEXT_PP(2);

		key = TextNumber(state, VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity));
	}
	else
		key = (uint64) PG_GETARG_INT64(2);
	if (at < -MOST_TIME || at >= MOST_TIME)
	{
		AsideRow	row = {key, at, code, 0};

		AsideAppend(state, &row);
	}
	else
		DirectAppend(state, key, (int64) ((uint64) at << CODE_BITS) | code);
	PG_RETURN_POINTER(state);
}

/* funnel_direct_add(internal, funnel_def, bigint, timestamptz, text, date) */
Datum
funnel_direct_add(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, false);
}

Datum
funnel_direct_add_timestamp(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, FUNNEL_TIME_LOCAL, false);
}

Datum
funnel_direct_add_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, FUNNEL_TIME_DAY, false);
}

/* funnel_direct_add(internal, funnel_def, text, timestamptz, text, date) */
Datum
funnel_direct_add_text(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, true);
}

Datum
funnel_direct_add_text_timestamp(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, FUNNEL_TIME_LOCAL, true);
}

Datum
funnel_direct_add_text_date(PG_FUNCTION_ARGS)
{
	return AddRow(fcinfo, FUNNEL_TIME_DAY, true);
}

/* Goes over all rows that are not aside; part is NULL for the flat array. */
#define FOR_CHUNKS(part, chunk, rows_of) \
	for (Chunk *chunk = (part)->last; chunk != NULL; chunk = chunk->before) \
		for (int rows_of = chunk == (part)->last ? (int) ((part)->next - chunk->row) : CHUNK_ROWS; \
			 rows_of >= 0; rows_of = -1)

/*
 * Serialized form, for the leader of the same query only, so in native order:
 * this head, the definition, the texts (length, bytes), rows, rows aside.
 */
typedef struct SerialHead
{
	DateADT		as_of;
	int32		by_text;
	uint32		text_count;
	int32		def_size;
	int64		rows;
	int64		aside_rows;
} SerialHead;

static char *
PutBytes(char *to, const void *from, Size size)
{
	memcpy(to, from, size);
	return to + size;
}

/* funnel_direct_serial(internal) → bytea */
Datum
funnel_direct_serial(PG_FUNCTION_ARGS)
{
	DirectState *state;
	SerialHead	head;
	Size		size;
	bytea	   *result;
	char	   *to;

	AggregateContext(fcinfo, "funnel_agg");
	state = (DirectState *) PG_GETARG_POINTER(0);
	head.as_of = state->as_of;
	head.by_text = state->by_text;
	head.text_count = state->text_count;
	head.def_size = VARSIZE(state->spec->def);
	head.rows = state->rows;
	head.aside_rows = state->aside_rows;
	size = VARHDRSZ + sizeof(head) + head.def_size + head.rows * sizeof(DirectRow) +
		head.aside_rows * sizeof(AsideRow);
	for (uint32 i = 0; i < state->text_count; i++)
		size += sizeof(int32) + state->texts[i]->length;
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a parallel worker of funnel_agg has %lld rows, too many to hand over",
						(long long) (head.rows + head.aside_rows)),
				 errhint("Use more workers or none (max_parallel_workers_per_gather), or fold each entity's rows with funnel_path_agg first.")));
	result = palloc(size);
	SET_VARSIZE(result, size);
	to = PutBytes(VARDATA(result), &head, sizeof(head));
	to = PutBytes(to, state->spec->def, head.def_size);
	for (uint32 i = 0; i < state->text_count; i++)
	{
		to = PutBytes(to, &state->texts[i]->length, sizeof(int32));
		to = PutBytes(to, state->texts[i]->bytes, state->texts[i]->length);
	}
	if (state->parts == NULL)
	{
		if (state->rows > 0)
			to = PutBytes(to, state->flat, state->rows * sizeof(DirectRow));
	}
	else
		for (int i = 0; i < PARTS; i++)
			FOR_CHUNKS(&state->parts[i], chunk, rows)
				to = PutBytes(to, chunk->row, rows * sizeof(DirectRow));
	if (state->aside_rows > 0)
		PutBytes(to, state->aside, state->aside_rows * sizeof(AsideRow));
	PG_RETURN_BYTEA_P(result);
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

static const char *
GetBytes(const char *from, void *to, Size size)
{
	memcpy(to, from, size);
	return from + size;
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
	uint32	   *number = NULL;

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
		state = DirectCreate(context, def, head.as_of, head.by_text);
	else if (!FunnelDefSame(state->spec->def, def))
		FunnelDiffers("funnel_agg", state->spec->def, def);
	else if (state->as_of != head.as_of)
		FunnelAsOfDiffers(state->as_of, head.as_of);
	if (head.text_count > 0)
		number = palloc_extended(head.text_count * sizeof(uint32), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < head.text_count; i++)
	{
		int32		length;

		from = GetBytes(from, &length, sizeof(length));
		number[i] = TextNumber(state, from, length);
		from += length;
	}
	for (int64 i = 0; i < head.rows; i++)
	{
		DirectRow	row;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		from = GetBytes(from, &row, sizeof(row));
		DirectAppend(state, number ? number[row.key] : row.key, row.packed);
	}
	for (int64 i = 0; i < head.aside_rows; i++)
	{
		AsideRow	row;

		from = GetBytes(from, &row, sizeof(row));
		if (number && !row.no_entity)
			row.key = number[row.key];
		AsideAppend(state, &row);
	}
	PG_RETURN_POINTER(state);
}

/* What the final function carries along. */
typedef struct DirectRun
{
	const DirectState *state;
	FunnelTally *tally;
	uint64		steps_of[CODE_MASK + 1];	/* by code */
	bool		lost_of[CODE_MASK + 1];
	int64		room;			/* of the arrays below */
	int64	   *at;
	uint64	   *steps;
	int64	   *lost_at;
} DirectRun;

/* Room for an entity's rows. */
static void
RunReserve(DirectRun *run, int64 rows)
{
	if (rows <= run->room)
		return;
	if (run->room > 0)
	{
		pfree(run->at);
		pfree(run->steps);
		pfree(run->lost_at);
	}
	run->room = Max(rows, Max(1024, run->room * 2));
	run->at = palloc_extended(run->room * sizeof(int64), MCXT_ALLOC_HUGE);
	run->steps = palloc_extended(run->room * sizeof(uint64), MCXT_ALLOC_HUGE);
	run->lost_at = palloc_extended(run->room * sizeof(int64), MCXT_ALLOC_HUGE);
}

/* Counts an entity whose rows stand in the run's arrays. */
static void
RunEntity(DirectRun *run, int64 rows, int64 lost_rows)
{
	const DirectState *state = run->state;
	FunnelHistory history = {rows, run->at, run->steps, lost_rows, run->lost_at};
	FunnelChain chain;
	FunnelOutcome outcome = FUNNEL_NOT_ENTERED;

	chain.level = 0;
	if (rows > 0)
	{
		FunnelFindChain(state->spec, &history, &chain);
		outcome = FunnelFindOutcome(state->spec, &history, &chain, state->known_until);
	}
	FunnelTallyAdd(run->tally, &chain, outcome, state->known_until);
}

/* Adds a row, in order, to the run's arrays; there is room. */
static inline void
RunPutRow(DirectRun *run, int64 at, int code, int64 *rows, int64 *lost_rows)
{
	uint64		steps = run->steps_of[code];

	if (run->lost_of[code])
		run->lost_at[(*lost_rows)++] = at;
	if (steps != 0 || run->state->spec->keeps_all)
	{
		run->at[*rows] = at;
		run->steps[*rows] = steps;
		(*rows)++;
	}
}

/* Rows of few entities, some in order already: sorts them, counts each entity. */
static void
RunBucket(DirectRun *run, DirectRow *bucket, int64 count)
{
	bool		sorted = true;
	int64		first = 0;

	for (int64 i = 1; i < count && sorted; i++)
		sorted = SORT_ROWS_BY(&bucket[i - 1], &bucket[i]) <= 0;
	if (!sorted)
		SortDirect(bucket, count);
	RunReserve(run, count);
	while (first < count)
	{
		uint64		key = bucket[first].key;
		int64		rows = 0;
		int64		lost_rows = 0;

		for (; first < count && bucket[first].key == key; first++)
			RunPutRow(run, bucket[first].packed >> CODE_BITS, bucket[first].packed & CODE_MASK,
					  &rows, &lost_rows);
		RunEntity(run, rows, lost_rows);
	}
}

/* Buckets of a part: so many that each has a handful of rows. */
#define MOST_BUCKET_BITS 16
#define BUCKET_ROWS_BITS 3

/*
 * Counts the entities of a part. rows: keys mixed; is overwritten, as is
 * spare, of the same size.
 */
static void
RunPart(DirectRun *run, DirectRow *rows, DirectRow *spare, int64 count, int64 *starts)
{
	int			bits = 0;
	int			shift;
	int64		before = 0;

	while (bits < MOST_BUCKET_BITS && (count >> (bits + BUCKET_ROWS_BITS)) > 0)
		bits++;
	shift = 64 - PART_BITS - bits;
#define BUCKET_OF(row) (((row).key >> shift) & ((UINT64CONST(1) << bits) - 1))
	memset(starts, 0, ((Size) (1 << bits) + 1) * sizeof(int64));
	for (int64 i = 0; i < count; i++)
		starts[BUCKET_OF(rows[i])]++;
	for (int i = 0; i <= 1 << bits; i++)
	{
		int64		now = starts[i];

		starts[i] = before;
		before += now;
	}
	for (int64 i = 0; i < count; i++)
		spare[starts[BUCKET_OF(rows[i])]++] = rows[i];
	/* each start is now where its bucket ends */
	for (int i = 0; i < 1 << bits; i++)
	{
		int64		from = i == 0 ? 0 : starts[i - 1];

		CHECK_FOR_INTERRUPTS();
		if (starts[i] > from)
			RunBucket(run, spare + from, starts[i] - from);
	}
#undef BUCKET_OF
}

/* Copies rows with their keys mixed. */
static inline DirectRow *
TakeRows(DirectRow *to, const DirectRow *from, int64 count)
{
	for (int64 i = 0; i < count; i++, to++)
	{
		to->key = Mix(from[i].key);
		to->packed = from[i].packed;
	}
	return to;
}

/* Counts all entities but those aside, part by part. */
static void
RunParts(DirectRun *run)
{
	const DirectState *state = run->state;
	int64		most = state->parts == NULL ? state->rows : 0;
	DirectRow  *rows;
	DirectRow  *spare;
	int64	   *starts = palloc(((1 << MOST_BUCKET_BITS) + 1) * sizeof(int64));

	for (int i = 0; i < PARTS && state->parts != NULL; i++)
	{
		int64		count = 0;

		FOR_CHUNKS(&state->parts[i], chunk, chunk_rows)
			count += chunk_rows;
		most = Max(most, count);
	}
	if (most == 0)
		return;
	rows = palloc_extended(most * sizeof(DirectRow), MCXT_ALLOC_HUGE);
	spare = palloc_extended(most * sizeof(DirectRow), MCXT_ALLOC_HUGE);
	if (state->parts == NULL)
	{
		TakeRows(rows, state->flat, state->rows);
		RunPart(run, rows, spare, state->rows, starts);
	}
	else
		for (int i = 0; i < PARTS; i++)
		{
			DirectRow  *to = rows + most;

			/* from the last chunk back, so that rows keep the order they came in */
			FOR_CHUNKS(&state->parts[i], chunk, chunk_rows)
			{
				to -= chunk_rows;
				TakeRows(to, chunk->row, chunk_rows);
			}
			RunPart(run, to, spare, rows + most - to, starts);
		}
	pfree(rows);
	pfree(spare);
	pfree(starts);
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
			 aside[first].no_entity == entity->no_entity; first++)
			RunPutRow(run, aside[first].at, aside[first].code, &rows, &lost_rows);
		RunEntity(run, rows, lost_rows);
	}
}

/* Writes narrow rows as rows aside. */
static AsideRow *
WidenRows(AsideRow *to, const DirectRow *from, int64 count)
{
	for (int64 i = 0; i < count; i++, to++)
	{
		to->key = from[i].key;
		to->at = from[i].packed >> CODE_BITS;
		to->code = from[i].packed & CODE_MASK;
		to->no_entity = 0;
	}
	return to;
}

/* funnel_direct_final(internal) → funnel_stats; the state stays as it is */
Datum
funnel_direct_final(PG_FUNCTION_ARGS)
{
	DirectState *state;
	DirectRun	run = {0};
	bool		wide = false;
	AsideRow   *aside;
	AsideRow   *to;
	int64		count;

	AggregateContext(fcinfo, "funnel_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (DirectState *) PG_GETARG_POINTER(0);
	run.state = state;
	run.tally = FunnelTallyCreate(state->spec, state->as_of);
	for (int i = 0; i < Min(state->spec->names, state->spec->step_names + 1); i++)
	{
		run.steps_of[i + 1] = state->spec->name[i].steps;
		run.lost_of[i + 1] = state->spec->name[i].lost;
	}

	/* an entity with a row of an extreme time may have others: all go one way */
	for (int64 i = 0; i < state->aside_rows; i++)
		wide |= !state->aside[i].no_entity;
	if (!wide)
		RunParts(&run);
	count = state->aside_rows + (wide ? state->rows : 0);
	if (count > 0)
	{
		aside = to = palloc_extended(count * sizeof(AsideRow), MCXT_ALLOC_HUGE);
		memcpy(to, state->aside, state->aside_rows * sizeof(AsideRow));
		to += state->aside_rows;
		if (wide && state->parts == NULL)
			WidenRows(to, state->flat, state->rows);
		for (int i = 0; wide && state->parts != NULL && i < PARTS; i++)
			FOR_CHUNKS(&state->parts[i], chunk, rows)
				to = WidenRows(to, chunk->row, rows);
		RunAside(&run, aside, count);
	}
	PG_RETURN_POINTER(FunnelTallyFinish(run.tally));
}
