/*
 * funnel_path.c
 *		funnel_path: the rows of one entity that a funnel looks at, and the funnel.
 *
 * A row takes 8 bytes for its time and a bit for each step and for lost, so 9
 * bytes up to 7 steps. Rows are appended as they come; what the next row needs
 * is the struct of 24 bytes and the definition behind it. The final function sorts, so that a path
 * outside an aggregate is sorted and equal ones are equal in bytes. Rows of no
 * step are dropped, except in mode consecutive, where they break a chain.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/keys.h"
#include "funnel/funnel.h"
#include "base/json_tree.h"
#include "base/rows.h"
#include "base/wire.h"

#define FUNNEL_PATH_VERSION 1
#define FUNNEL_PATH_SORTED 1	/* flag: rows are in order, no room is spare */
#define FIRST_ROWS 3			/* room for rows in a new path, at least */

PG_FUNCTION_INFO_V1(funnel_path_in);
PG_FUNCTION_INFO_V1(funnel_path_out);
PG_FUNCTION_INFO_V1(funnel_path_recv);
PG_FUNCTION_INFO_V1(funnel_path_send);
PG_FUNCTION_INFO_V1(funnel_path_add);
PG_FUNCTION_INFO_V1(funnel_path_add_timestamp);
PG_FUNCTION_INFO_V1(funnel_path_add_date);
PG_FUNCTION_INFO_V1(funnel_path_add_conditions);
PG_FUNCTION_INFO_V1(funnel_path_add_conditions_timestamp);
PG_FUNCTION_INFO_V1(funnel_path_add_conditions_date);
PG_FUNCTION_INFO_V1(funnel_path_combine);
PG_FUNCTION_INFO_V1(funnel_path_final);
PG_FUNCTION_INFO_V1(funnel_level);
PG_FUNCTION_INFO_V1(funnel_times);
PG_FUNCTION_INFO_V1(funnel_outcome);
PG_FUNCTION_INFO_V1(funnel_entered_at);
PG_FUNCTION_INFO_V1(funnel_path_rows);

/* A row of a path, unpacked. */
typedef struct FunnelRow
{
	int64		at;
	uint64		steps;
	bool		lost;
} FunnelRow;

/* Order of rows: time, then steps, then lost, so that equal paths are equal. */
static inline int
CompareRows(const FunnelRow *left, const FunnelRow *right)
{
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if (left->steps != right->steps)
		return left->steps < right->steps ? -1 : 1;
	return (int) left->lost - (int) right->lost;
}

#define ST_SORT SortRows
#define ST_ELEMENT_TYPE FunnelRow
#define ST_COMPARE(left, right) CompareRows(left, right)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

static inline char *
PathRows(const FunnelPath *path)
{
	return (char *) path + sizeof(FunnelPath) + path->def_size;
}

static inline int
PathRowSize(const FunnelPath *path)
{
	return sizeof(int64) + FunnelPathDef(path)->steps / BITS_PER_BYTE + 1;
}

/* Bytes of a path without its spare room. */
static inline Size
PathUsed(const FunnelPath *path, int row_size)
{
	return MAXALIGN(sizeof(FunnelPath) + path->def_size + (Size) path->rows * row_size);
}

/*
 * A new path with room for some rows, in the current context. In an aggregate it
 * gets, and after each doubling keeps, what the power of two that the allocator
 * gives the executor's copy would waste otherwise.
 */
static FunnelPath *
PathCreate(const FunnelDef *def, int64 rows, bool in_aggregate)
{
	Size		def_size = MAXALIGN(VARSIZE(def));
	int			row_size = sizeof(int64) + def->steps / BITS_PER_BYTE + 1;
	Size		size = MAXALIGN(sizeof(FunnelPath) + def_size + rows * row_size);
	FunnelPath *path;

	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a funnel_path of %lld rows is too large", (long long) rows)));
	if (in_aggregate)
		size = Min(pg_nextpower2_size_t(size), MaxAllocSize);
	path = StateCreate(size, FUNNEL_PATH_VERSION);
	path->def_size = def_size;
	path->seen_at = FUNNEL_TIME_NO_END;
	memcpy((char *) path + sizeof(FunnelPath), def, VARSIZE(def));
	return path;
}

/* Writes a row's bits: its steps from bit 0 up, lost behind the last step. */
static inline void
PackRow(char *to, int row_size, int steps, int64 at, uint64 row_steps, bool lost)
{
	memcpy(to, &at, sizeof(at));
	to += sizeof(at);
	if (lost && steps < FUNNEL_MOST_STEPS)
		row_steps |= UINT64CONST(1) << steps;
	for (int i = 0; i < row_size - (int) sizeof(at); i++)
		to[i] = i < (int) sizeof(row_steps) ? (char) (row_steps >> (i * BITS_PER_BYTE)) : (char) lost;
}

static inline FunnelRow
UnpackRow(const char *from, int row_size, int steps)
{
	FunnelRow	row;
	const unsigned char *bits = (const unsigned char *) from + sizeof(int64);

	memcpy(&row.at, from, sizeof(int64));
	row.steps = 0;
	for (int i = 0; i < Min(row_size - (int) sizeof(int64), (int) sizeof(uint64)); i++)
		row.steps |= (uint64) bits[i] << (i * BITS_PER_BYTE);
	if (steps < FUNNEL_MOST_STEPS)
	{
		row.lost = (row.steps >> steps) & 1;
		row.steps &= ~(UINT64CONST(1) << steps);
	}
	else
		row.lost = bits[sizeof(uint64)];
	return row;
}

/*
 * Appends a row; returns the path, or a larger one in the current context.
 */
static inline FunnelPath *
PathAppend(FunnelPath *path, int row_size, int steps, const FunnelRow *row)
{
	Size		used = sizeof(FunnelPath) + path->def_size + (Size) path->rows * row_size;

	if (used + row_size > VARSIZE(path))
		path = StateReserve(path, used, row_size, "funnel_path");
	PackRow((char *) path + used, row_size, steps, row->at, row->steps, row->lost);
	path->rows++;
	return path;
}

/*
 * A trimmed, sorted path of the same rows in the current context; the path
 * itself where it is that already.
 */
static FunnelPath *
PathSorted(FunnelPath *path)
{
	int			row_size = PathRowSize(path);
	int			steps = FunnelPathDef(path)->steps;
	Size		used = PathUsed(path, row_size);
	FunnelPath *sorted;
	FunnelRow  *rows;
	char	   *from = PathRows(path);
	bool		in_order = true;

	if (path->header.flags & FUNNEL_PATH_SORTED)
		return path;
	sorted = StateCreate(used, FUNNEL_PATH_VERSION);
	memcpy(sorted, path, sizeof(FunnelPath) + path->def_size);
	SET_VARSIZE(sorted, used);
	sorted->header.flags |= FUNNEL_PATH_SORTED;
	if (path->rows == 0)
		return sorted;

	rows = palloc_extended(path->rows * sizeof(FunnelRow), MCXT_ALLOC_HUGE);
	for (int i = 0; i < path->rows; i++, from += row_size)
	{
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		rows[i] = UnpackRow(from, row_size, steps);
		in_order = in_order && (i == 0 || CompareRows(&rows[i - 1], &rows[i]) <= 0);
	}
	if (in_order)
		memcpy(PathRows(sorted), PathRows(path), (Size) path->rows * row_size);
	else
	{
		SortRows(rows, path->rows);
		from = PathRows(sorted);
		for (int i = 0; i < path->rows; i++, from += row_size)
			PackRow(from, row_size, steps, rows[i].at, rows[i].steps, rows[i].lost);
	}
	pfree(rows);
	return sorted;
}

/* A stored path, sorted, for reading. */
FunnelPath *
FunnelPathFromDatum(Datum value)
{
	return PathSorted(StateFromDatum(value, FUNNEL_PATH_VERSION,
									 sizeof(FunnelPath) + offsetof(FunnelDef, names), "funnel_path"));
}

/*
 * The rows before a time, as arrays, in the current context. path: sorted.
 */
void
FunnelPathHistory(const FunnelSpec *spec, const FunnelPath *path, int64 known_until,
				  FunnelHistory *history)
{
	char	   *from = PathRows(path);
	Size		room = Max(path->rows, 1) * sizeof(int64);
	int64	   *at = palloc_extended(room, MCXT_ALLOC_HUGE);
	uint64	   *steps = palloc_extended(room, MCXT_ALLOC_HUGE);
	int64	   *lost_at = NULL;
	int64		rows = 0;
	int64		lost_rows = 0;

	for (; rows < path->rows; rows++, from += spec->row_size)
	{
		FunnelRow	row = UnpackRow(from, spec->row_size, spec->steps);

		if ((rows & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (row.at >= known_until)
			break;
		at[rows] = row.at;
		steps[rows] = row.steps;
		if (row.lost)
		{
			if (lost_at == NULL)
				lost_at = palloc_extended(room, MCXT_ALLOC_HUGE);
			lost_at[lost_rows++] = row.at;
		}
	}
	history->at = at;
	history->steps = steps;
	history->rows = rows;
	history->lost_at = lost_at;
	history->lost_rows = lost_rows;
}

/* Names of the steps that a row satisfies, as JSON: 2, [1, 2], "lost", ["lost", 2] or []. */
static void
PutRowSteps(StringInfo text, const FunnelRow *row)
{
	int			items = pg_popcount64(row->steps) + row->lost;
	bool		more = false;

	if (items != 1)
		appendStringInfoChar(text, '[');
	if (row->lost)
	{
		appendStringInfoString(text, "\"lost\"");
		more = true;
	}
	for (uint64 rest = row->steps; rest != 0; rest &= rest - 1, more = true)
		appendStringInfo(text, "%s%d", more ? ", " : "", pg_rightmost_one_pos64(rest) + 1);
	if (items != 1)
		appendStringInfoChar(text, ']');
}

/* Reads one item of the above into a row; steps rise, lost stands first. */
static void
ReadRowStep(const JsonNode *node, int steps, FunnelRow *row)
{
	uint64		step;

	if (node->kind == JSON_KIND_STRING && strcmp(node->text, "lost") == 0)
	{
		if (row->lost || row->steps != 0)
			JsonInvalid(node, NULL, "\"lost\" must stand once, and first.");
		row->lost = true;
		return;
	}
	step = UINT64CONST(1) << (JsonGetInt(node, 1, steps) - 1);
	if (row->steps >= step)
		JsonInvalid(node, NULL, "The steps of a row must rise.");
	row->steps |= step;
}

/* Adds a read row; rows of no step belong to mode consecutive only. */
static void
PathPutRow(FunnelPath *path, int index, const FunnelRow *row)
{
	int			row_size = PathRowSize(path);

	PackRow(PathRows(path) + (Size) index * row_size, row_size, FunnelPathDef(path)->steps,
			row->at, row->steps, row->lost);
	path->rows = index + 1;
	path->seen_at = Min(path->seen_at, row->at);
}

/*
 * funnel_path_in(cstring): reads {"funnel": {…}, "seen_at": …, "at": [time, …], "step": [1, …]}
 */
Datum
funnel_path_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"funnel", "seen_at", "at", "step"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "funnel_path");
	FunnelDef  *def;
	JsonNode   *at;
	JsonNode   *step;
	JsonNode   *seen;
	FunnelPath *path;

	JsonAllowKeys(root, keys, lengthof(keys));
	def = FunnelDefRead(JsonRequire(root, "funnel"));
	at = JsonRequire(root, "at");
	step = JsonRequire(root, "step");
	JsonExpect(at, JSON_KIND_ARRAY);
	JsonExpect(step, JSON_KIND_ARRAY);
	if (at->count != step->count)
		JsonInvalid(step, NULL, "It has %d items, \"at\" has %d.", step->count, at->count);
	path = PathCreate(def, at->count, false);
	for (int i = 0; i < at->count; i++)
	{
		FunnelRow	row = {0};

		CHECK_FOR_INTERRUPTS();
		row.at = JsonGetTime(at->items[i]);
		if (step->items[i]->kind == JSON_KIND_ARRAY)
			for (int j = 0; j < step->items[i]->count; j++)
				ReadRowStep(step->items[i]->items[j], def->steps, &row);
		else
			ReadRowStep(step->items[i], def->steps, &row);
		if (row.steps == 0 && !row.lost && def->mode != FUNNEL_CONSECUTIVE)
			JsonInvalid(step->items[i], NULL, "Only mode consecutive keeps rows of no step.");
		PathPutRow(path, i, &row);
	}
	if ((seen = JsonMember(root, "seen_at")) != NULL)
	{
		int64		seen_at = JsonGetTime(seen);

		if (seen_at > path->seen_at)
			JsonInvalid(seen, NULL, "It must not lie after the first row.");
		path->seen_at = seen_at;
	}
	else if (path->rows == 0)
		JsonRequire(root, "seen_at");
	PG_RETURN_POINTER(PathSorted(path));
}

/* funnel_path_out(funnel_path): the same text for equal paths */
Datum
funnel_path_out(PG_FUNCTION_ARGS)
{
	FunnelPath *path = FunnelPathFromDatum(PG_GETARG_DATUM(0));
	int			row_size = PathRowSize(path);
	int			steps = FunnelPathDef(path)->steps;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"funnel\": ");
	FunnelDefPut(&text, FunnelPathDef(path));
	if (path->rows == 0 || UnpackRow(PathRows(path), row_size, steps).at != path->seen_at)
	{
		appendStringInfoString(&text, ", \"seen_at\": ");
		JsonPutTime(&text, path->seen_at);
	}
	for (int part = 0; part < 2; part++)
	{
		appendStringInfoString(&text, part == 0 ? ", \"at\": [" : "], \"step\": [");
		for (int i = 0; i < path->rows; i++)
		{
			FunnelRow	row = UnpackRow(PathRows(path) + (Size) i * row_size, row_size, steps);

			CHECK_FOR_INTERRUPTS();
			appendStringInfoString(&text, i > 0 ? ", " : "");
			if (part == 0)
				JsonPutTime(&text, row.at);
			else
				PutRowSteps(&text, &row);
		}
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
funnel_path_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), FUNNEL_PATH_VERSION,
									   "funnel_path");
	FunnelDef  *def = FunnelDefReceive(&reader);
	int64		seen_at = WireGetInt64(&reader);
	int			count = WireGetCount(&reader, "rows", PG_INT32_MAX, sizeof(int64) * 2);
	FunnelPath *path = PathCreate(def, count, false);

	for (int i = 0; i < count; i++)
	{
		FunnelRow	row;
		uint8		lost;

		CHECK_FOR_INTERRUPTS();
		row.at = WireGetInt64(&reader);
		row.steps = (uint64) WireGetInt64(&reader);
		lost = WireGetByte(&reader);
		row.lost = lost != 0;
		if (!IS_VALID_TIMESTAMP(row.at))
			WireCorrupt(&reader, "The time of row %d is out of range.", i + 1);
		if (lost > 1 || (def->steps < FUNNEL_MOST_STEPS && (row.steps >> def->steps) != 0))
			WireCorrupt(&reader, "Row %d has a step that the funnel has not.", i + 1);
		if (row.steps == 0 && !row.lost && def->mode != FUNNEL_CONSECUTIVE)
			WireCorrupt(&reader, "Row %d is of no step.", i + 1);
		PathPutRow(path, i, &row);
	}
	WireEnd(&reader);
	if (!IS_VALID_TIMESTAMP(seen_at) || seen_at > path->seen_at)
		WireCorrupt(&reader, "The first time seen is out of range or lies after the first row.");
	path->seen_at = seen_at;
	PG_RETURN_POINTER(PathSorted(path));
}

Datum
funnel_path_send(PG_FUNCTION_ARGS)
{
	FunnelPath *path = FunnelPathFromDatum(PG_GETARG_DATUM(0));
	int			row_size = PathRowSize(path);
	StringInfoData buffer;

	WireBeginSend(&buffer, FUNNEL_PATH_VERSION);
	FunnelDefSend(&buffer, FunnelPathDef(path));
	WirePutInt64(&buffer, path->seen_at);
	WirePutInt(&buffer, path->rows);
	for (int i = 0; i < path->rows; i++)
	{
		FunnelRow	row = UnpackRow(PathRows(path) + (Size) i * row_size, row_size,
									FunnelPathDef(path)->steps);

		WirePutInt64(&buffer, row.at);
		WirePutInt64(&buffer, row.steps);
		WirePutByte(&buffer, row.lost);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* What conditions say of a row: as many as steps, or one more for lost. */
static void
ReadConditions(ArrayType *conditions, const FunnelSpec *spec, FunnelRow *row)
{
	int			count = ArrayGetNItems(ARR_NDIM(conditions), ARR_DIMS(conditions));
	const bool *values = (const bool *) ArrayData(conditions);
	const bits8 *nulls = ARR_NULLBITMAP(conditions);

	if (count != spec->steps && count != spec->steps + 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("funnel_path_agg got %d conditions for a funnel of %d steps", count, spec->steps),
				 errhint("Give one condition a step, in their order, and if you like one more that says lost.")));
	for (int i = 0; i < count; i++)
	{
		bool		holds = false;

		if (nulls == NULL || (nulls[i / BITS_PER_BYTE] & (1 << (i % BITS_PER_BYTE))))
			holds = *values++;
		if (i == spec->steps)
			row->lost = holds;
		else if (holds)
			row->steps |= UINT64CONST(1) << i;
	}
}

/*
 * One row: (path, funnel, at, step text | conditions boolean[]).
 */
static inline Datum
PathAddRow(FunctionCallInfo fcinfo, FunnelTimeKind kind, bool by_text)
{
	FunnelPath *path = PG_ARGISNULL(0) ? NULL : PG_GETARG_STATE_IN_PLACE(0);
	FunnelSpec *spec;
	FunnelRow	row = {0};

	AggregateContext(fcinfo, "funnel_path_agg");
	/* of a hundred thousand paths none is in cache: let it come meanwhile */
	if (path != NULL)
		__builtin_prefetch(path, 1);
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the funnel of funnel_path_agg must not be null")));
	if (PG_ARGISNULL(2))
	{
		if (path == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(path);
	}
	spec = FunnelSpecCached(fcinfo->flinfo, PG_GETARG_DATUM(1));
	row.at = FunnelTimeArgument(fcinfo, 2, &spec->window, kind);
	if (!PG_ARGISNULL(3))
	{
		if (by_text)
		{
			text	   *step = PG_GETARG_TEXT_PP(3);
			int			name = FunnelNameFind(spec, VARDATA_ANY(step), VARSIZE_ANY_EXHDR(step));

			if (name >= 0)
			{
				row.steps = spec->name[name].steps;
				row.lost = spec->name[name].lost;
			}
		}
		else
			ReadConditions(PG_GETARG_ARRAYTYPE_P(3), spec, &row);
	}
	if (path == NULL)
	{
		if (by_text)
			CheckTextKey(fcinfo, 3, "funnel_path_agg", "step");
		path = PathCreate(spec->def, FIRST_ROWS, true);
	}
	else if (!FunnelDefSame(FunnelPathDef(path), spec->def))
		FunnelDiffers("funnel_path_agg", FunnelPathDef(path), spec->def);
	if (row.at < path->seen_at)
		path->seen_at = row.at;
	if (row.steps != 0 || row.lost || spec->keeps_all)
		path = PathAppend(path, spec->row_size, spec->steps, &row);
	PG_RETURN_POINTER(path);
}

/* funnel_path_add(funnel_path, funnel_def, timestamptz, text) */
Datum
funnel_path_add(PG_FUNCTION_ARGS)
{
	return PathAddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, true);
}

/* the same for timestamp, read in the funnel's zone */
Datum
funnel_path_add_timestamp(PG_FUNCTION_ARGS)
{
	return PathAddRow(fcinfo, FUNNEL_TIME_LOCAL, true);
}

/* the same for date: the day's start in the funnel's zone */
Datum
funnel_path_add_date(PG_FUNCTION_ARGS)
{
	return PathAddRow(fcinfo, FUNNEL_TIME_DAY, true);
}

/* funnel_path_add(funnel_path, funnel_def, timestamptz, boolean[]) */
Datum
funnel_path_add_conditions(PG_FUNCTION_ARGS)
{
	return PathAddRow(fcinfo, FUNNEL_TIME_WITH_ZONE, false);
}

Datum
funnel_path_add_conditions_timestamp(PG_FUNCTION_ARGS)
{
	return PathAddRow(fcinfo, FUNNEL_TIME_LOCAL, false);
}

Datum
funnel_path_add_conditions_date(PG_FUNCTION_ARGS)
{
	return PathAddRow(fcinfo, FUNNEL_TIME_DAY, false);
}

/*
 * funnel_path_combine(funnel_path, funnel_path): either may be NULL. The result
 * is the first, changed in place, or a new one.
 */
Datum
funnel_path_combine(PG_FUNCTION_ARGS)
{
	FunnelPath *path;
	FunnelPath *other;
	int			row_size;
	Size		used;
	Size		more;

	AggregateContext(fcinfo, "funnel_path_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), FUNNEL_PATH_VERSION,
						   sizeof(FunnelPath) + offsetof(FunnelDef, names), "funnel_path");
	if (PG_ARGISNULL(0))
		path = PathCreate(FunnelPathDef(other), Max(other->rows, FIRST_ROWS), true);
	else
		path = PG_GETARG_STATE_IN_PLACE(0);
	if (!FunnelDefSame(FunnelPathDef(path), FunnelPathDef(other)))
		FunnelDiffers("funnel_path_merge", FunnelPathDef(path), FunnelPathDef(other));

	path->seen_at = Min(path->seen_at, other->seen_at);
	if (other->rows == 0)
		PG_RETURN_POINTER(path);
	row_size = PathRowSize(path);
	used = sizeof(FunnelPath) + path->def_size + (Size) path->rows * row_size;
	more = (Size) other->rows * row_size;
	if (used + more > VARSIZE(path))
		path = StateReserve(path, used, more, "funnel_path");
	memcpy((char *) path + used, PathRows(other), more);
	path->rows += other->rows;
	PG_RETURN_POINTER(path);
}

/* funnel_path_final(funnel_path): sorted, without spare room; the state stays as it is */
Datum
funnel_path_final(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "funnel_path_agg");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(PathSorted(PG_GETARG_STATE_IN_PLACE(0)));
}

/* A path of an argument with what is known of it. */
typedef struct KnownPath
{
	FunnelPath *path;
	FunnelSpec *spec;
	int64		until;
	FunnelHistory history;
} KnownPath;

/* Arguments 0, the path, and 1, as_of: NULL or not there for all rows. */
static void
KnownPathInit(FunctionCallInfo fcinfo, KnownPath *known)
{
	known->path = FunnelPathFromDatum(PG_GETARG_DATUM(0));
	known->spec = FunnelSpecCached(fcinfo->flinfo, PointerGetDatum(FunnelPathDef(known->path)));
	known->until = PG_NARGS() < 2 || PG_ARGISNULL(1) ? FUNNEL_TIME_NO_END :
		FunnelDayEnd(&known->spec->window, PG_GETARG_DATEADT(1));
	FunnelPathHistory(known->spec, known->path, known->until, &known->history);
}

/* funnel_level(funnel_path, as_of date) → integer */
Datum
funnel_level(PG_FUNCTION_ARGS)
{
	KnownPath	known;
	FunnelChain chain;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	KnownPathInit(fcinfo, &known);
	FunnelFindChain(known.spec, &known.history, &chain);
	PG_RETURN_INT32(chain.level);
}

/* funnel_times(funnel_path, as_of date) → timestamptz[], as long as the level */
Datum
funnel_times(PG_FUNCTION_ARGS)
{
	KnownPath	known;
	FunnelChain chain;
	Datum		times[FUNNEL_MOST_STEPS];
	bool		nulls[FUNNEL_MOST_STEPS];
	int			dims[1];
	int			bounds[1] = {1};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	KnownPathInit(fcinfo, &known);
	FunnelFindChain(known.spec, &known.history, &chain);
	for (int i = 0; i < chain.level; i++)
	{
		nulls[i] = chain.at[i] == FUNNEL_TIME_NONE;
		times[i] = TimestampTzGetDatum(nulls[i] ? 0 : chain.at[i]);
	}
	dims[0] = chain.level;
	if (chain.level == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TIMESTAMPTZOID));
	PG_RETURN_ARRAYTYPE_P(construct_md_array(times, nulls, 1, dims, bounds, TIMESTAMPTZOID,
											 sizeof(TimestampTz), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}

/* funnel_outcome(funnel_path, as_of date) → text */
Datum
funnel_outcome(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"not_entered", "converted", "lost", "open", "expired"};
	KnownPath	known;
	FunnelChain chain;

	KnownPathInit(fcinfo, &known);
	FunnelFindChain(known.spec, &known.history, &chain);
	PG_RETURN_TEXT_P(cstring_to_text(names[FunnelFindOutcome(known.spec, &known.history, &chain,
															 known.until)]));
}

/* funnel_entered_at(funnel_path) → timestamptz; NULL where it never entered */
Datum
funnel_entered_at(PG_FUNCTION_ARGS)
{
	KnownPath	known;
	int64		row;

	KnownPathInit(fcinfo, &known);
	row = FunnelEnteredRow(known.spec, &known.history);
	if (row < 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(known.history.at[row]);
}

/*
 * funnel_path_rows(funnel_path, as_of date): the kept rows in order, one line
 * for each step that a row satisfies.
 */
Datum
funnel_path_rows(PG_FUNCTION_ARGS)
{
	RowWriter	out = RowsBegin(fcinfo);
	KnownPath	known;
	FunnelChain chain;

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	KnownPathInit(fcinfo, &known);
	FunnelFindChain(known.spec, &known.history, &chain);
	for (int64 i = 0; i < known.history.rows; i++)
	{
		FunnelRow	row = UnpackRow(PathRows(known.path) + (Size) i * known.spec->row_size,
									known.spec->row_size, known.spec->steps);
		uint64		rest = row.steps;

		CHECK_FOR_INTERRUPTS();
		do
		{
			int			step = rest != 0 ? pg_rightmost_one_pos64(rest) : -1;
			bool		in_chain = false;

			for (int place = 0; place < chain.level && step >= 0; place++)
				in_chain |= chain.row[place] == i && chain.step[place] == step;
			RowPutInt(&out, (int32) (i + 1));
			RowPutTime(&out, row.at);
			if (step >= 0)
				RowPutInt(&out, step + 1);
			else
				RowPutNull(&out);
			RowPutText(&out, step >= 0 ? known.spec->step_name[step] : NULL);
			RowPutBoolean(&out, row.lost);
			RowPutBoolean(&out, in_chain);
			RowEnd(&out);
			if (rest != 0)
				rest &= rest - 1;
		} while (rest != 0);
	}
	return (Datum) 0;
}

STATE_COMBINE(funnel_path_combine_two, funnel_path_combine, funnel_path_final)
