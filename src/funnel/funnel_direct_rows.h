/*
 * funnel_direct_rows.h
 *		Rows of one width that funnel_agg over rows holds: kept as they come, then
 *		grouped by entity.
 *
 * A template. funnel_direct.c includes it once for keys of 64 bits and once for
 * keys of 128, after these:
 *
 *		ROWS(name)		the name, of this width
 *		ROWS_WIDE		1 where a row has the second half of a key, else 0
 */

typedef struct ROWS(Row)
{
	uint64		key;
#if ROWS_WIDE
	uint64		rest;			/* of the key */
#endif
	int64		packed;			/* time << CODE_BITS | code */
}			ROWS(Row);

#if ROWS_WIDE
#define ROWS_REST(row) ((row)->rest)
#else
#define ROWS_REST(row) UINT64CONST(0)
#endif

#define CHUNK_ROWS ((int) ((CHUNK_BYTES - sizeof(void *)) / sizeof(ROWS(Row))))

/* Rows of a part, in the order in which they came. */
typedef struct ROWS(Chunk)
{
	struct ROWS(Chunk) *before;
	ROWS(Row)	row[CHUNK_ROWS];
}			ROWS(Chunk);

typedef struct ROWS(Part)
{
	ROWS(Row)  *next;			/* place for the next row in the last chunk */
	ROWS(Row)  *end;
	ROWS(Chunk) *last;
}			ROWS(Part);

/* All rows: one array, later dealt out to parts by the key's hash. */
typedef struct ROWS(Rows)
{
	int64		count;
	ROWS(Row)  *flat;
	int64		flat_room;
	ROWS(Part) *parts;			/* NULL while rows are flat */
}			ROWS(Rows);

#define ROWS_COMPARE(left, right) \
	((left)->key != (right)->key ? ((left)->key < (right)->key ? -1 : 1) : \
	 ROWS_REST(left) != ROWS_REST(right) ? (ROWS_REST(left) < ROWS_REST(right) ? -1 : 1) : \
	 (left)->packed != (right)->packed ? ((left)->packed < (right)->packed ? -1 : 1) : 0)

#define ST_SORT ROWS(Sort)
#define ST_ELEMENT_TYPE ROWS(Row)
#define ST_COMPARE(left, right) ROWS_COMPARE(left, right)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* Adds a row to its part. */
static inline void
ROWS(PartAppend) (ROWS(Rows) *rows, MemoryContext context, const ROWS(Row) *row)
{
	ROWS(Part) *part = &rows->parts[Mix(row->key) >> (64 - PART_BITS)];

	if (part->next == part->end)
	{
		ROWS(Chunk) *chunk = MemoryContextAlloc(context, sizeof(ROWS(Chunk)));

		CheckRowCount(rows->count);
		chunk->before = part->last;
		part->last = chunk;
		part->next = chunk->row;
		part->end = chunk->row + CHUNK_ROWS;
	}
	*part->next++ = *row;
}

/* Makes room in the flat array, or deals it out. */
static void
ROWS(MakeRoom) (ROWS(Rows) *rows, MemoryContext context)
{
	if (rows->flat_room == 0)
	{
		rows->flat_room = 256;
		rows->flat = MemoryContextAlloc(context, rows->flat_room * sizeof(ROWS(Row)));
	}
	else if (rows->flat_room < FLAT_ROWS)
	{
		rows->flat_room *= 4;
		rows->flat = repalloc(rows->flat, rows->flat_room * sizeof(ROWS(Row)));
	}
	else
	{
		rows->parts = MemoryContextAllocZero(context, PARTS * sizeof(ROWS(Part)));
		for (int64 i = 0; i < rows->count; i++)
			ROWS(PartAppend) (rows, context, &rows->flat[i]);
		pfree(rows->flat);
		rows->flat = NULL;
	}
}

static inline void
ROWS(Append) (ROWS(Rows) *rows, MemoryContext context, const ROWS(Row) *row)
{
	if (rows->parts == NULL && rows->count == rows->flat_room)
		ROWS(MakeRoom) (rows, context);
	if (rows->parts == NULL)
		rows->flat[rows->count] = *row;
	else
		ROWS(PartAppend) (rows, context, row);
	rows->count++;
}

/* Goes over the rows of a part, from the last chunk back. */
#define FOR_CHUNKS(part, chunk, rows_of) \
	for (ROWS(Chunk) *chunk = (part)->last; chunk != NULL; chunk = chunk->before) \
		for (int rows_of = chunk == (part)->last ? (int) ((part)->next - chunk->row) : CHUNK_ROWS; \
			 rows_of >= 0; rows_of = -1)

/* Writes all rows, one after the other; returns the place behind them. */
static char *
ROWS(Put) (char *to, const ROWS(Rows) *rows)
{
	if (rows->parts == NULL)
		return rows->count > 0 ? PutBytes(to, rows->flat, rows->count * sizeof(ROWS(Row))) : to;
	for (int i = 0; i < PARTS; i++)
		FOR_CHUNKS(&rows->parts[i], chunk, count)
			to = PutBytes(to, chunk->row, count * sizeof(ROWS(Row)));
	return to;
}

/* Adds rows that ROWS(Put) wrote. number: of texts, their new ones; else NULL. */
static const char *
ROWS(Take) (const char *from, int64 count, const uint32 *number, ROWS(Rows) *rows,
			MemoryContext context)
{
	for (int64 i = 0; i < count; i++)
	{
		ROWS(Row)	row;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		from = GetBytes(from, &row, sizeof(row));
		if (number != NULL)
			row.key = number[row.key];
		ROWS(Append) (rows, context, &row);
	}
	return from;
}

/* Rows of few entities, some in order already: sorts them, counts each entity. */
static void
ROWS(RunBucket) (DirectRun *run, ROWS(Row) *bucket, int64 count)
{
	bool		sorted = true;
	int64		first = 0;

	for (int64 i = 1; i < count && sorted; i++)
		sorted = ROWS_COMPARE(&bucket[i - 1], &bucket[i]) <= 0;
	if (!sorted)
		ROWS(Sort) (bucket, count);
	RunReserve(run, count);
	while (first < count)
	{
		const ROWS(Row) *entity = &bucket[first];
		int64		rows = 0;
		int64		lost_rows = 0;

		for (; first < count && bucket[first].key == entity->key &&
			 ROWS_REST(&bucket[first]) == ROWS_REST(entity); first++)
			RunPutRow(run, bucket[first].packed >> CODE_BITS, bucket[first].packed & CODE_MASK,
					  &rows, &lost_rows);
		RunEntity(run, rows, lost_rows);
	}
}

/*
 * Counts the entities of a part. rows: keys mixed; is overwritten, as is
 * spare, of the same size.
 */
static void
ROWS(RunPart) (DirectRun *run, ROWS(Row) *rows, ROWS(Row) *spare, int64 count, int64 *starts)
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
			ROWS(RunBucket) (run, spare + from, starts[i] - from);
	}
#undef BUCKET_OF
}

/* Copies rows with their keys mixed. */
static inline void
ROWS(MixRows) (ROWS(Row) *to, const ROWS(Row) *from, int64 count)
{
	for (int64 i = 0; i < count; i++)
	{
		to[i] = from[i];
		to[i].key = Mix(from[i].key);
	}
}

/* Counts all entities, part by part. */
static void
ROWS(Run) (DirectRun *run, const ROWS(Rows) *all)
{
	int64		most = all->parts == NULL ? all->count : 0;
	ROWS(Row)  *rows;
	ROWS(Row)  *spare;
	int64	   *starts;

	for (int i = 0; i < PARTS && all->parts != NULL; i++)
	{
		int64		count = 0;

		FOR_CHUNKS(&all->parts[i], chunk, chunk_rows)
			count += chunk_rows;
		most = Max(most, count);
	}
	if (most == 0)
		return;
	starts = palloc(((1 << MOST_BUCKET_BITS) + 1) * sizeof(int64));
	rows = palloc_extended(most * sizeof(ROWS(Row)), MCXT_ALLOC_HUGE);
	spare = palloc_extended(most * sizeof(ROWS(Row)), MCXT_ALLOC_HUGE);
	if (all->parts == NULL)
	{
		ROWS(MixRows) (rows, all->flat, all->count);
		ROWS(RunPart) (run, rows, spare, all->count, starts);
	}
	else
		for (int i = 0; i < PARTS; i++)
		{
			ROWS(Row)  *to = rows + most;

			/* from the last chunk back, so that rows keep the order they came in */
			FOR_CHUNKS(&all->parts[i], chunk, chunk_rows)
			{
				to -= chunk_rows;
				ROWS(MixRows) (to, chunk->row, chunk_rows);
			}
			ROWS(RunPart) (run, to, spare, rows + most - to, starts);
		}
	pfree(rows);
	pfree(spare);
	pfree(starts);
}

/* Writes rows as rows aside. */
static AsideRow *
ROWS(WidenRows) (AsideRow *to, const ROWS(Row) *from, int64 count)
{
	for (int64 i = 0; i < count; i++, to++)
	{
		to->key = from[i].key;
		to->rest = ROWS_REST(&from[i]);
		to->at = from[i].packed >> CODE_BITS;
		to->code = from[i].packed & CODE_MASK;
		to->no_entity = 0;
	}
	return to;
}

/* The same for all rows. */
static AsideRow *
ROWS(Widen) (AsideRow *to, const ROWS(Rows) *all)
{
	if (all->parts == NULL)
		return ROWS(WidenRows) (to, all->flat, all->count);
	for (int i = 0; i < PARTS; i++)
		FOR_CHUNKS(&all->parts[i], chunk, count)
			to = ROWS(WidenRows) (to, chunk->row, count);
	return to;
}

#undef ROWS
#undef ROWS_WIDE
#undef ROWS_REST
#undef ROWS_COMPARE
#undef CHUNK_ROWS
#undef FOR_CHUNKS
