/*
 * funnel_direct_rows.h
 *		Rows of one width that funnel_agg over rows holds: kept as they come, then
 *		grouped by entity; and packed, for the leader of a parallel query.
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

/* All rows: one array, later dealt out to parts by their key. */
typedef struct ROWS(Rows)
{
	int64		count;
	ROWS(Row)  *flat;
	int64		flat_room;
	ROWS(Part) *parts;			/* NULL while rows are flat */
}			ROWS(Rows);

#define ROWS_SAME_KEY(left, right) \
	((left)->key == (right)->key && ROWS_REST(left) == ROWS_REST(right))

#define ROWS_KEY_BEFORE(left, right) \
	((left)->key < (right)->key || \
	 ((left)->key == (right)->key && ROWS_REST(left) < ROWS_REST(right)))

#define ROWS_COMPARE(left, right) \
	(!ROWS_SAME_KEY(left, right) ? (ROWS_KEY_BEFORE(left, right) ? -1 : 1) : \
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
	ROWS(Part) *part = &rows->parts[row->key >> (64 - PART_BITS)];

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

/* Deals the flat array out. */
static void
ROWS(Deal) (ROWS(Rows) *rows, MemoryContext context)
{
	rows->parts = MemoryContextAllocZero(context, PARTS * sizeof(ROWS(Part)));
	for (int64 i = 0; i < rows->count; i++)
		ROWS(PartAppend) (rows, context, &rows->flat[i]);
	if (rows->flat != NULL)
		pfree(rows->flat);
	rows->flat = NULL;
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
		ROWS(Deal) (rows, context);
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

/* Adds rows of a flat array, as it was handed over. recode: see RecodeKey. */
static const char *
ROWS(TakeFlat) (const char *from, int64 count, const Recode *recode, ROWS(Rows) *rows,
				MemoryContext context)
{
	for (int64 i = 0; i < count; i++)
	{
		ROWS(Row)	row;

		from = GetBytes(from, &row, sizeof(row));
		row.key = RecodeKey(recode, row.key);
		ROWS(Append) (rows, context, &row);
	}
	return from;
}

/* How many rows a part has. */
static int64
ROWS(PartRows) (const ROWS(Part) *part)
{
	int64		count = 0;

	FOR_CHUNKS(part, chunk, chunk_rows)
		count += chunk_rows;
	return count;
}

/* Sorts rows of few entities; some are in order already. */
static inline void
ROWS(SortBucket) (ROWS(Row) *bucket, int64 count)
{
	for (int64 i = 1; i < count; i++)
		if (ROWS_COMPARE(&bucket[i - 1], &bucket[i]) > 0)
		{
			ROWS(Sort) (bucket, count);
			break;
		}
}

/*
 * Sorts the rows of a part, or of the flat array (part NULL), into `to`, which
 * has room; returns how many there are. starts: room for the buckets and one.
 */
static int64
ROWS(SortPart) (const ROWS(Rows) *all, const ROWS(Part) *part, ROWS(Row) *to, int64 *starts)
{
	int64		count = part == NULL ? all->count : ROWS(PartRows) (part);
	int			bits = 0;
	int			shift;
	uint64		mask;
	int64		before = 0;

	while (bits < MOST_BUCKET_BITS && (count >> (bits + BUCKET_ROWS_BITS)) > 0)
		bits++;
	shift = 64 - (part == NULL ? 0 : PART_BITS) - Max(bits, 1);
	mask = (UINT64CONST(1) << bits) - 1;
#define BUCKET_OF(row) (((row).key >> shift) & mask)
	memset(starts, 0, ((Size) (1 << bits) + 1) * sizeof(int64));
	if (part == NULL)
		for (int64 i = 0; i < count; i++)
			starts[BUCKET_OF(all->flat[i])]++;
	else
		FOR_CHUNKS(part, chunk, chunk_rows)
			for (int i = 0; i < chunk_rows; i++)
				starts[BUCKET_OF(chunk->row[i])]++;
	/* where each bucket ends; filled from there, it will be where it starts */
	for (int i = 0; i < 1 << bits; i++)
		starts[i] = before += starts[i];
	starts[1 << bits] = count;
	/* from the last row back, so that rows keep the order they came in */
	if (part == NULL)
		for (int64 i = count - 1; i >= 0; i--)
			to[--starts[BUCKET_OF(all->flat[i])]] = all->flat[i];
	else
		FOR_CHUNKS(part, chunk, chunk_rows)
			for (int i = chunk_rows - 1; i >= 0; i--)
				to[--starts[BUCKET_OF(chunk->row[i])]] = chunk->row[i];
#undef BUCKET_OF
	for (int i = 0; i < 1 << bits; i++)
	{
		CHECK_FOR_INTERRUPTS();
		ROWS(SortBucket) (to + starts[i], starts[i + 1] - starts[i]);
	}
	return count;
}

/*
 * Packs the sorted rows of a part behind what was packed. Rows of no step are left
 * out where the mode does not ask for them; their entity stays.
 */
static void
ROWS(PackPart) (PackedRun *run, PackedPart *part, StringInfo out, const FunnelSpec *spec,
				const ROWS(Row) *rows, int64 count)
{
	int64		least = PG_INT64_MAX;
	int64		most = PG_INT64_MIN;
	int64		first = 0;
	int64		end;
	char	   *to;

	if (count == 0)
		return;
	for (int64 i = 0; i < count; i++)
	{
		least = Min(least, rows[i].packed >> CODE_BITS);
		most = Max(most, rows[i].packed >> CODE_BITS);
	}
	part->least = least;
	part->width = PackedWidth(most - least, run->code_bits);
	SerialReserve(out, count * (sizeof(*rows) + part->width));
	to = out->data + out->len;
	for (; first < count; first = end)
	{
		const ROWS(Row) *entity = &rows[first];
		int64		kept = 0;

		CHECK_FOR_INTERRUPTS();
		for (end = first; end < count && ROWS_SAME_KEY(&rows[end], entity); end++)
			kept += spec->keeps_all || (rows[end].packed & CODE_MASK) != 0;
		to = PackHead(to, entity->key, kept);
#if ROWS_WIDE
		to = PutBytes(to, &entity->rest, sizeof(entity->rest));
#endif
		for (int64 i = first; i < end; i++)
			if (spec->keeps_all || (rows[i].packed & CODE_MASK) != 0)
				to = PackRow(to, part, run->code_bits, rows[i].packed);
		run->rows += kept;
	}
	out->len = to - out->data;
}

/* Packs all rows, which are in parts, behind the run. */
static void
ROWS(Pack) (PackedRun *run, StringInfo out, const FunnelSpec *spec, const ROWS(Rows) *all)
{
	int64		most = 0;
	int			start = out->len;
	ROWS(Row)  *rows;
	int64	   *starts = palloc(((1 << MOST_BUCKET_BITS) + 1) * sizeof(int64));

	for (int i = 0; i < PARTS; i++)
		most = Max(most, ROWS(PartRows) (&all->parts[i]));
	rows = palloc_extended(most * sizeof(ROWS(Row)), MCXT_ALLOC_HUGE);
	for (int i = 0; i < PARTS; i++)
	{
		int64		count = ROWS(SortPart) (all, &all->parts[i], rows, starts);

		ROWS(PackPart) (run, &run->part[i], out, spec, rows, count);
		run->part[i].end = out->len - start;
	}
	pfree(rows);
	pfree(starts);
}

/* Goes to the next entity of a part. */
static inline void
ROWS(NextEntity) (PackedCursor *cursor)
{
	CursorNext(cursor);
#if ROWS_WIDE
	if (cursor->live)
		cursor->at = GetBytes(cursor->at, &cursor->rest, sizeof(cursor->rest));
#endif
}

/* The key of the entity that a cursor stands at. */
static inline ROWS(Row)
ROWS(CursorKey) (const PackedCursor *cursor)
{
	ROWS(Row)	row = {0};

	row.key = cursor->key;
#if ROWS_WIDE
	row.rest = cursor->rest;
#endif
	return row;
}

/* Adds packed rows to those that are dealt out. recode: see RecodeKey. */
static void
ROWS(Unpack) (const PackedRun *run, const Recode *recode, ROWS(Rows) *rows, MemoryContext context)
{
	for (int i = 0; i < PARTS; i++)
	{
		PackedCursor cursor = CursorBegin(run, i);

		for (ROWS(NextEntity) (&cursor); cursor.live; ROWS(NextEntity) (&cursor))
		{
			ROWS(Row)	row = ROWS(CursorKey) (&cursor);

			CHECK_FOR_INTERRUPTS();
			row.key = RecodeKey(recode, row.key);
			/* of an entity without rows of a step one of none remains */
			row.packed = (int64) ((uint64) cursor.least << CODE_BITS);
			if (cursor.rows == 0)
				ROWS(Append) (rows, context, &row);
			for (; cursor.rows > 0; cursor.rows--)
			{
				row.packed = CursorRow(&cursor);
				ROWS(Append) (rows, context, &row);
			}
		}
	}
}

/* Counts the entities of sorted rows. */
static void
ROWS(RunSorted) (DirectRun *run, const ROWS(Row) *sorted, int64 count)
{
	int64		first = 0;
	int64		end;

	for (; first < count; first = end)
	{
		const ROWS(Row) *entity = &sorted[first];
		int64		rows = 0;
		int64		lost_rows = 0;

		CHECK_FOR_INTERRUPTS();
		for (end = first; end < count && ROWS_SAME_KEY(&sorted[end], entity); end++)
			;
		RunReserve(run, end - first);
		for (int64 i = first; i < end; i++)
			RunPutRow(run, sorted[i].packed >> CODE_BITS, sorted[i].packed & CODE_MASK, &rows, &lost_rows);
		RunEntity(run, rows, lost_rows);
	}
}

/* Counts the entities of sorted rows and of packed ones of the same part. */
static void
ROWS(RunMerged) (DirectRun *run, const ROWS(Row) *sorted, int64 count, PackedCursor *cursors, int runs)
{
	for (int i = 0; i < runs; i++)
		ROWS(NextEntity) (&cursors[i]);
	for (;;)
	{
		ROWS(Row)	entity = {0};
		bool		found = count > 0;
		int64		own = 0;
		int64		have = 0;
		int64		rows = 0;
		int64		lost_rows = 0;

		CHECK_FOR_INTERRUPTS();
		if (found)
			entity = *sorted;
		for (int i = 0; i < runs; i++)
		{
			ROWS(Row)	other = ROWS(CursorKey) (&cursors[i]);

			if (cursors[i].live && (!found || ROWS_KEY_BEFORE(&other, &entity)))
			{
				entity = other;
				found = true;
			}
		}
		if (!found)
			break;
		while (own < count && ROWS_SAME_KEY(&sorted[own], &entity))
			own++;
		RunReserve(run, own);
		for (; have < own; have++)
			run->packed[have] = sorted[have].packed;
		sorted += own;
		count -= own;
		for (int i = 0; i < runs; i++)
		{
			ROWS(Row)	other = ROWS(CursorKey) (&cursors[i]);

			if (!cursors[i].live || !ROWS_SAME_KEY(&other, &entity))
				continue;
			have = RunTakePacked(run, have, &cursors[i]);
			ROWS(NextEntity) (&cursors[i]);
		}
		RunReserve(run, have);
		for (int64 i = 0; i < have; i++)
			RunPutRow(run, run->packed[i] >> CODE_BITS, run->packed[i] & CODE_MASK, &rows, &lost_rows);
		RunEntity(run, rows, lost_rows);
	}
}

/* Counts all entities, part by part. packed: rows of other processes, too, or NULL. */
static void
ROWS(Run) (DirectRun *run, ROWS(Rows) *all, MemoryContext context, const PackedRun *packed)
{
	int64		most = 1;
	int			runs = 0;
	ROWS(Row)  *rows;
	int64	   *starts;
	PackedCursor *cursors;

	for (const PackedRun *other = packed; other != NULL; other = other->next)
		runs++;
	if (all->parts == NULL && runs > 0)
		ROWS(Deal) (all, context);
	if (all->parts == NULL)
		most = Max(most, all->count);
	else
		for (int i = 0; i < PARTS; i++)
			most = Max(most, ROWS(PartRows) (&all->parts[i]));
	starts = palloc(((1 << MOST_BUCKET_BITS) + 1) * sizeof(int64));
	rows = palloc_extended(most * sizeof(ROWS(Row)), MCXT_ALLOC_HUGE);
	cursors = palloc((runs + 1) * sizeof(PackedCursor));
	if (all->parts == NULL)
		ROWS(RunSorted) (run, rows, ROWS(SortPart) (all, NULL, rows, starts));
	else
		for (int i = 0; i < PARTS; i++)
		{
			int64		count = ROWS(SortPart) (all, &all->parts[i], rows, starts);
			int			n = 0;

			for (const PackedRun *other = packed; other != NULL; other = other->next)
				cursors[n++] = CursorBegin(other, i);
			if (runs > 0)
				ROWS(RunMerged) (run, rows, count, cursors, runs);
			else
				ROWS(RunSorted) (run, rows, count);
		}
	pfree(rows);
	pfree(starts);
	pfree(cursors);
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
#undef ROWS_SAME_KEY
#undef ROWS_KEY_BEFORE
#undef ROWS_COMPARE
#undef CHUNK_ROWS
#undef FOR_CHUNKS
