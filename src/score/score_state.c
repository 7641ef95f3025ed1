/*
 * score_state.c
 *		score_state in SQL: its four forms, score_agg and score_merge.
 *
 * Rows are appended. When the room is used up, the new ones are sorted and merged
 * into the sorted ones before them, equal ones counted together, so that a state
 * grows only as far as different scores need.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/json_tree.h"
#include "base/wire.h"
#include "score/score.h"

#define SCORE_STATE_VERSION	1
#define FIRST_CELLS			8	/* room in a new state */
#define USUAL_CELLS			1024	/* room that many rows get, however few their scores */
#define MOST_CELLS		((int64) ((MaxAllocSize - offsetof(ScoreState, cell)) / sizeof(ScoreCell)))
#define OUTCOME_BITS		2

PG_FUNCTION_INFO_V1(score_state_in);
PG_FUNCTION_INFO_V1(score_state_out);
PG_FUNCTION_INFO_V1(score_state_recv);
PG_FUNCTION_INFO_V1(score_state_send);
PG_FUNCTION_INFO_V1(score_state_add);
PG_FUNCTION_INFO_V1(score_state_combine);
PG_FUNCTION_INFO_V1(score_state_final);

static inline Size
StateSize(int64 cells)
{
	return offsetof(ScoreState, cell) + cells * sizeof(ScoreCell);
}

/* Cells that fit into the value as it is. */
static inline int64
Room(const ScoreState *state)
{
	return (VARSIZE(state) - offsetof(ScoreState, cell)) / sizeof(ScoreCell);
}

static inline ScoreOutcome
CellOutcome(const ScoreCell *cell)
{
	return (ScoreOutcome) (cell->tally & ((1 << OUTCOME_BITS) - 1));
}

static inline int64
CellRows(const ScoreCell *cell)
{
	return cell->tally >> OUTCOME_BITS;
}

static inline int64
Tally(int64 rows, ScoreOutcome outcome)
{
	return (rows << OUTCOME_BITS) | outcome;
}

/* The one order: by score, then outcome. */
static inline int
CompareCells(const ScoreCell *left, const ScoreCell *right)
{
	if (left->score != right->score)
		return left->score < right->score ? -1 : 1;
	return (int) CellOutcome(left) - (int) CellOutcome(right);
}

#define ST_SORT SortCells
#define ST_ELEMENT_TYPE ScoreCell
#define ST_COMPARE(a, b) CompareCells(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

#ifdef USE_ASSERT_CHECKING
/* The rules that hold for every score_state; NULL, or which one is broken. */
static const char *
ScoreStateBroken(const ScoreState *state)
{
	int64		rows = 0;

	if (state->cells < 0 || state->sorted < 0 || state->sorted > state->cells ||
		state->cells > Room(state))
		return "It has more cells than room for them.";
	for (int32 i = 0; i < state->cells; i++)
	{
		if (!isfinite(state->cell[i].score) || CellRows(&state->cell[i]) < 1 ||
			CellOutcome(&state->cell[i]) >= SCORE_OUTCOMES)
			return "A cell is impossible.";
		if (i > 0 && i < state->sorted && CompareCells(&state->cell[i - 1], &state->cell[i]) >= 0)
			return "Sorted cells are not in order.";
		rows += CellRows(&state->cell[i]);
	}
	return rows == state->rows ? NULL : "Rows are miscounted.";
}
#endif

static ScoreState *
ScoreStateCreate(void)
{
	return StateCreate(StateSize(FIRST_CELLS), SCORE_STATE_VERSION);
}

/* Counts rows, scored or not, of which a state can hold so many. */
static void
CountRows(ScoreState *state, int64 *count, int64 more)
{
	if (more >= SCORE_MOST_ROWS - state->rows - state->unscored)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %lld rows in one score_state", (long long) SCORE_MOST_ROWS - 1),
				 errhint("Was a state merged many times with itself?")));
	*count += more;
}

/*
 * Merges two sorted runs, equal cells counted together, into cells; returns how many
 * there are. cells NULL: only counts.
 */
static int64
MergeCells(const ScoreCell *left, int64 left_count, const ScoreCell *right, int64 right_count,
		   ScoreCell *cells)
{
	int64		l = 0;
	int64		r = 0;
	int64		count = 0;

	while (l < left_count || r < right_count)
	{
		int			order = l == left_count ? 1 : r == right_count ? -1 : CompareCells(&left[l], &right[r]);

		if (count % 100000 == 0)
			CHECK_FOR_INTERRUPTS();
		if (cells)
		{
			cells[count] = order <= 0 ? left[l] : right[r];
			if (order == 0)
				cells[count].tally += Tally(CellRows(&right[r]), 0);
		}
		count++;
		l += order <= 0;
		r += order >= 0;
	}
	return count;
}

/* Sorts cells and counts equal ones together; returns how many are left. */
static int64
SortAndCount(ScoreCell *cells, int64 count)
{
	int64		kept = 0;

	SortCells(cells, count);
	for (int64 i = 1; i < count; i++)
	{
		if (CompareCells(&cells[kept], &cells[i]) == 0)
			cells[kept].tally += Tally(CellRows(&cells[i]), 0);
		else
			cells[++kept] = cells[i];
	}
	return count == 0 ? 0 : kept + 1;
}

/*
 * The same rows in one sorted run with room for `extra` cells or more, in the current
 * context; without any room for extra = 0. The given state stays as it is.
 */
static ScoreState *
Rebuild(const ScoreState *state, int64 extra)
{
	int64		fresh_count = state->cells - state->sorted;
	ScoreCell  *fresh = palloc_extended(Max(1, fresh_count) * sizeof(ScoreCell), MCXT_ALLOC_HUGE);
	ScoreState *result;
	int64		needed;
	int64		room;

	memcpy(fresh, state->cell + state->sorted, fresh_count * sizeof(ScoreCell));
	fresh_count = SortAndCount(fresh, fresh_count);
	needed = MergeCells(state->cell, state->sorted, fresh, fresh_count, NULL);
	room = extra == 0 ? needed :
		Min(MOST_CELLS, Max(needed + extra, Max(needed * 2, Min(state->rows, USUAL_CELLS))));
	if (room < needed + extra)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one score_state would need more than the %zu bytes that a value can have",
						(Size) MaxAllocSize),
				 errdetail("It holds %lld rows.", (long long) state->rows),
				 errhint("Group by something finer, or round scores: round(score::numeric, 6).")));

	result = palloc(StateSize(room));
	memcpy(result, state, offsetof(ScoreState, cell));
	SET_VARSIZE(result, StateSize(room));
	MergeCells(state->cell, state->sorted, fresh, fresh_count, result->cell);
	memset(result->cell + needed, 0, (room - needed) * sizeof(ScoreCell));
	result->cells = result->sorted = (int32) needed;
	pfree(fresh);
	return result;
}

/* The one form of a multiset: sorted, no room to spare. The state itself where it has it. */
static ScoreState *
ScoreStateCanonical(ScoreState *state)
{
	if (state->sorted == state->cells && VARSIZE(state) == StateSize(state->cells))
		return state;
	return Rebuild(state, 0);
}

static ScoreState *
ScoreStateRead(Datum value)
{
	return StateFromDatum(value, SCORE_STATE_VERSION, StateSize(0), "score_state");
}

/* A stored state, canonical. */
const ScoreState *
ScoreStateFromDatum(Datum value)
{
	return ScoreStateCanonical(ScoreStateRead(value));
}

/* One point per score of a canonical state, ascending, in the current context. */
ScorePoint *
ScoreStatePoints(const ScoreState *state, int64 *count)
{
	ScorePoint *points = palloc_extended(Max(1, state->cells) * sizeof(ScorePoint), MCXT_ALLOC_HUGE);
	int64		last = -1;

	for (int32 i = 0; i < state->cells; i++)
	{
		const ScoreCell *cell = &state->cell[i];

		if (i % 100000 == 0)
			CHECK_FOR_INTERRUPTS();
		if (last < 0 || points[last].score != cell->score)
			points[++last] = (ScorePoint)
		{
			.score = cell->score
		};
		switch (CellOutcome(cell))
		{
			case SCORE_NEGATIVE:
				points[last].negatives = CellRows(cell);
				break;
			case SCORE_POSITIVE:
				points[last].positives = CellRows(cell);
				break;
			case SCORE_UNDECIDED:
				points[last].undecided = CellRows(cell);
				break;
		}
	}
	*count = last + 1;
	return points;
}

/* A state of points that were read, in any order; none of their counts is negative. */
static ScoreState *
ScoreStateMake(const ScorePoint *points, int64 count, int64 unscored)
{
	ScoreState *state;

	if (count * SCORE_OUTCOMES > MOST_CELLS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one score_state would need more than the %zu bytes that a value can have",
						(Size) MaxAllocSize)));
	state = StateCreate(StateSize(count * SCORE_OUTCOMES), SCORE_STATE_VERSION);
	CountRows(state, &state->unscored, unscored);
	for (int64 i = 0; i < count; i++)
	{
		const int64 rows[SCORE_OUTCOMES] = {points[i].negatives, points[i].positives, points[i].undecided};

		for (int outcome = 0; outcome < SCORE_OUTCOMES; outcome++)
			if (rows[outcome] > 0)
			{
				CountRows(state, &state->rows, rows[outcome]);
				state->cell[state->cells].score = points[i].score;
				state->cell[state->cells++].tally = Tally(rows[outcome], outcome);
			}
	}
	state = Rebuild(state, 0);
	Assert(ScoreStateBroken(state) == NULL);
	return state;
}

/*
 * score_state_in(cstring): reads {"scores": [[0.5, 10, 3], [0.7, 4, 2, 6]], "unscored": 2},
 * each [score, cases, positives] or [score, cases, positives, undecided].
 */
Datum
score_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"scores", "unscored"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "score_state");
	JsonNode   *list;
	JsonNode   *unscored;
	ScorePoint *points;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "scores");
	JsonExpect(list, JSON_KIND_ARRAY);
	unscored = JsonGiven(root, "unscored");
	points = palloc_extended(Max(1, list->count) * sizeof(ScorePoint), MCXT_ALLOC_HUGE);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		int64		cases;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count < 3 || node->count > 4)
			JsonInvalid(node, "A score is [score, cases, positives] or [score, cases, positives, undecided].",
						"The array has %d items.", node->count);
		points[i].score = JsonGetFloat(node->items[0]);
		cases = JsonGetInt(node->items[1], 0, SCORE_MOST_ROWS);
		points[i].positives = JsonGetInt(node->items[2], 0, cases);
		points[i].negatives = cases - points[i].positives;
		points[i].undecided = node->count < 4 ? 0 : JsonGetInt(node->items[3], 0, SCORE_MOST_ROWS);
		if (cases + points[i].undecided == 0)
			JsonInvalid(node, NULL, "The score has neither cases nor undecided rows.");
	}
	PG_RETURN_POINTER(ScoreStateMake(points, list->count,
									 unscored ? JsonGetInt(unscored, 0, SCORE_MOST_ROWS) : 0));
}

/* score_state_out(score_state): the same text for equal states */
Datum
score_state_out(PG_FUNCTION_ARGS)
{
	const ScoreState *state = ScoreStateFromDatum(PG_GETARG_DATUM(0));
	int64		count;
	const ScorePoint *points = ScoreStatePoints(state, &count);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"scores\": [");
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutFloat(&text, points[i].score);
		appendStringInfo(&text, ", " INT64_FORMAT ", " INT64_FORMAT,
						 points[i].positives + points[i].negatives, points[i].positives);
		if (points[i].undecided > 0)
			appendStringInfo(&text, ", " INT64_FORMAT, points[i].undecided);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoChar(&text, ']');
	if (state->unscored > 0)
		appendStringInfo(&text, ", \"unscored\": " INT64_FORMAT, state->unscored);
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of a score: itself, negatives, positives, undecided. */
#define POINT_WIRE_BYTES	32

static int64
ReceiveRows(WireReader *reader, const char *what)
{
	int64		rows = WireGetInt64(reader);

	if (rows < 0 || rows >= SCORE_MOST_ROWS)
		WireCorrupt(reader, "It has %lld %s rows.", (long long) rows, what);
	return rows;
}

Datum
score_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), SCORE_STATE_VERSION,
									   "score_state");
	int64		unscored = ReceiveRows(&reader, "unscored");
	int			count = WireGetCount(&reader, "scores", MOST_CELLS, POINT_WIRE_BYTES);
	ScorePoint *points = palloc_extended(Max(1, count) * sizeof(ScorePoint), MCXT_ALLOC_HUGE);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		points[i].score = WireGetFloat(&reader) + 0.0;
		if (!isfinite(points[i].score))
			WireCorrupt(&reader, "Score %d is %g.", i + 1, points[i].score);
		points[i].negatives = ReceiveRows(&reader, "negative");
		points[i].positives = ReceiveRows(&reader, "positive");
		points[i].undecided = ReceiveRows(&reader, "undecided");
		if (points[i].negatives + points[i].positives + points[i].undecided == 0)
			WireCorrupt(&reader, "Score %d has no rows.", i + 1);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(ScoreStateMake(points, count, unscored));
}

Datum
score_state_send(PG_FUNCTION_ARGS)
{
	const ScoreState *state = ScoreStateFromDatum(PG_GETARG_DATUM(0));
	int64		count;
	const ScorePoint *points = ScoreStatePoints(state, &count);
	StringInfoData buffer;

	WireBeginSend(&buffer, SCORE_STATE_VERSION);
	WirePutInt64(&buffer, state->unscored);
	WirePutInt(&buffer, count);
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WirePutFloat(&buffer, points[i].score);
		WirePutInt64(&buffer, points[i].negatives);
		WirePutInt64(&buffer, points[i].positives);
		WirePutInt64(&buffer, points[i].undecided);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/*
 * score_state_add(score_state, score float8, outcome boolean): without a score a row
 * is unscored, whatever became of it; without an outcome it is undecided.
 */
Datum
score_state_add(PG_FUNCTION_ARGS)
{
	ScoreState *state;
	ScoreCell  *cell;
	double		score;

	AggregateContext(fcinfo, "score_agg");
	state = PG_ARGISNULL(0) ? ScoreStateCreate() : PG_GETARG_STATE_IN_PLACE(0);
	if (PG_ARGISNULL(1))
	{
		CountRows(state, &state->unscored, 1);
		PG_RETURN_POINTER(state);
	}
	score = CheckFiniteFloat(PG_GETARG_FLOAT8(1), "score");
	if (unlikely(state->cells >= Room(state)))
		state = Rebuild(state, 1);
	CountRows(state, &state->rows, 1);
	cell = &state->cell[state->cells++];
	cell->score = score;
	cell->tally = Tally(1, PG_ARGISNULL(2) ? SCORE_UNDECIDED :
						PG_GETARG_BOOL(2) ? SCORE_POSITIVE : SCORE_NEGATIVE);
	PG_RETURN_POINTER(state);
}

/*
 * score_state_combine(score_state, score_state): either may be NULL. The result is
 * the first, changed in place, or a new one.
 */
Datum
score_state_combine(PG_FUNCTION_ARGS)
{
	ScoreState *state;
	ScoreState *other;

	AggregateContext(fcinfo, "score_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = ScoreStateRead(PG_GETARG_DATUM(1));
	state = PG_ARGISNULL(0) ? ScoreStateCreate() : PG_GETARG_STATE_IN_PLACE(0);
	CountRows(state, &state->unscored, other->unscored);
	CountRows(state, &state->rows, other->rows);
	if (state->cells + (int64) other->cells > Room(state))
		state = Rebuild(state, other->cells);
	memcpy(state->cell + state->cells, other->cell, other->cells * sizeof(ScoreCell));
	state->cells += other->cells;
	Assert(ScoreStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/* score_state_final(score_state): sorted, in a copy; the aggregate may go on */
Datum
score_state_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = ScoreStateCanonical(ScoreStateRead(PG_GETARG_DATUM(0)));

	Assert(ScoreStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

STATE_COMBINE(score_state_combine_two, score_state_combine, score_state_final)
