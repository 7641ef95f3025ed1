/*
 * funnel_direct.c
 *		funnel_agg over rows: (entity, time, step) in one pass, no GROUP BY.
 *
 * A row is 16 bytes: the entity's key, and its time and step in one integer; 24
 * where the key is a uuid. The first rows lie in one array; from 65,536 on they are
 * dealt out to 1,024 parts by the key's hash, so that in the end each part is
 * grouped and sorted in cache, where a GROUP BY pays a cache miss or two a row. See
 * funnel_direct_rows.h.
 *
 * A key is a mixed bigint or uuid (a bijection, so equal keys are equal entities),
 * or the number of a text in a table of those met. Times more than 2,283 years away
 * from 2000 do not fit with their step into 64 bits; such rows, and rows without
 * an entity, which form one as they do under GROUP BY, stand in a list aside.
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
				 errmsg("funnel_agg over rows holds at most %lld rows in one group", (long long) MOST_DIRECT_ROWS),
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

/* What the final function carries along. */
typedef struct DirectRun
{
	const FunnelSpec *spec;
	int64		known_until;
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
	TextSlot   *slots;			/* texts by hash, a power of two of them */
	uint32		slot_mask;
	TextKey   **texts;			/* by number */
	uint32		text_count;
	uint32		text_room;
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

		if (state->slots[slot].hash == hash && BytesEqual(key->bytes, key->length, bytes, length))
			return key->number;
	}
	state->slots[slot].hash = hash;
	state->slots[slot].key = AddText(state, bytes, length);
	return state->slots[slot].key->number;
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
			key = (uint64) PG_GETARG_INT64(2);
			break;
		case KEY_TEXT:
			{
				text	   *entity = PG_GETARG_TEXT_PP(2);

				key = TextNumber(state, VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity));
				break;
			}
		case KEY_UUID:
			/* the first half with the second mixed in: parts go by the whole */
			memcpy(&key, PG_GETARG_UUID_P(2)->data, sizeof(key));
			memcpy(&rest, PG_GETARG_UUID_P(2)->data + sizeof(key), sizeof(rest));
			key ^= Mix(rest);
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
 * Serialized form, for the leader of the same query only, so in native order:
 * this head, the definition, the texts (length, bytes), rows, rows aside.
 */
typedef struct SerialHead
{
	DateADT		as_of;
	int32		kind;
	uint32		text_count;
	int32		def_size;
	int64		rows;
	int64		aside_rows;
} SerialHead;

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
	head.kind = state->kind;
	head.text_count = state->text_count;
	head.def_size = VARSIZE(state->spec->def);
	head.rows = state->narrow.count + state->wide.count;
	head.aside_rows = state->aside_rows;
	size = VARHDRSZ + sizeof(head) + head.def_size + state->narrow.count * sizeof(NarrowRow) +
		state->wide.count * sizeof(WideRow) +
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
	to = NarrowPut(to, &state->narrow);
	to = WidePut(to, &state->wide);
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
		state = DirectCreate(context, def, head.as_of, head.kind);
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
	if (head.kind == KEY_UUID)
		from = WideTake(from, head.rows, NULL, &state->wide, context);
	else
		from = NarrowTake(from, head.rows, number, &state->narrow, context);
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
	if (!extreme)
	{
		NarrowRun(&run, &state->narrow);
		WideRun(&run, &state->wide);
	}
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
