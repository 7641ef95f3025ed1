/*
 * benchmark_state.c
 *		benchmark_state in SQL: its four forms, benchmark_agg and benchmark_merge.
 *
 * Rows are appended. When the room is used up, the new ones are sorted and merged
 * into the sorted ones before them, equal ones counted together, so that a state
 * grows only as far as different peers need.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/json_tree.h"
#include "base/wire.h"
#include "benchmark/benchmark.h"

#define BENCHMARK_STATE_VERSION	1
#define FIRST_CELLS				8	/* room in a new state */
#define MOST_CELLS		((int64) ((MaxAllocSize - offsetof(BenchmarkState, cell)) / sizeof(BenchmarkCell)))

PG_FUNCTION_INFO_V1(benchmark_state_in);
PG_FUNCTION_INFO_V1(benchmark_state_out);
PG_FUNCTION_INFO_V1(benchmark_state_recv);
PG_FUNCTION_INFO_V1(benchmark_state_send);
PG_FUNCTION_INFO_V1(benchmark_state_add);
PG_FUNCTION_INFO_V1(benchmark_state_combine);
PG_FUNCTION_INFO_V1(benchmark_state_final);

static inline Size
StateSize(int64 cells)
{
	return offsetof(BenchmarkState, cell) + cells * sizeof(BenchmarkCell);
}

/* Cells that fit into the value as it is. */
static inline int64
Room(const BenchmarkState *state)
{
	return (VARSIZE(state) - offsetof(BenchmarkState, cell)) / sizeof(BenchmarkCell);
}

static BenchmarkState *
BenchmarkStateCreate(void)
{
	return StateCreate(StateSize(FIRST_CELLS), BENCHMARK_STATE_VERSION);
}

#ifdef USE_ASSERT_CHECKING
/* The rules that hold for every benchmark_state; NULL, or which one is broken. */
static const char *
BenchmarkStateBroken(const BenchmarkState *state)
{
	if (state->cells < 0 || state->sorted < 0 || state->sorted > state->cells ||
		state->cells > Room(state))
		return "It has more cells than room for them.";
	if (state->peers < state->cells / 2)
		return "It has fewer peers than cells for them.";
	return NULL;
}
#endif

/* Reads the peer at a cell; returns where the next one stands. */
static inline int32
ReadCell(const BenchmarkState *state, int32 at, Peer *peer)
{
	peer->value = state->cell[at].peer.value;
	peer->weight = fabs(state->cell[at].peer.weight);
	peer->count = 1;
	if (!signbit(state->cell[at].peer.weight))
		return at + 1;
	peer->count = state->cell[at + 1].repeat.count;
	return at + 2;
}

/* Writes a peer; returns where the next one goes. cells NULL: only counts. */
static inline int64
WriteCell(BenchmarkCell *cells, int64 at, const Peer *peer)
{
	int64		next = at + (peer->count > 1 ? 2 : 1);

	if (cells == NULL)
		return next;
	cells[at].peer.value = peer->value;
	cells[at].peer.weight = peer->count > 1 ? -peer->weight : peer->weight;
	if (peer->count > 1)
	{
		cells[at + 1].repeat.count = peer->count;
		cells[at + 1].repeat.unused = 0;
	}
	return next;
}

/*
 * Writes the sorted cells of a state and sorted new peers as one run; returns how
 * many cells that takes.
 */
static int64
MergeCells(const BenchmarkState *state, const Peer *fresh, int64 fresh_count, BenchmarkCell *cells)
{
	int32		old_at = 0;
	int64		new_at = 0;
	int64		count = 0;
	Peer		old;
	int32		old_next = 0;

	if (state->sorted > 0)
		old_next = ReadCell(state, 0, &old);
	while (old_at < state->sorted || new_at < fresh_count)
	{
		int			order = old_at == state->sorted ? 1 : new_at == fresh_count ? -1 :
			ComparePeers(&old, &fresh[new_at]);
		Peer		peer;

		CHECK_FOR_INTERRUPTS();
		if (order <= 0)
			peer = old;
		else
			peer = fresh[new_at];
		if (order == 0)
			peer.count += fresh[new_at].count;
		count = WriteCell(cells, count, &peer);
		if (order >= 0)
			new_at++;
		if (order <= 0)
		{
			old_at = old_next;
			if (old_at < state->sorted)
				old_next = ReadCell(state, old_at, &old);
		}
	}
	return count;
}

/*
 * The same peers in one sorted run with room for `extra` cells or more, in the
 * current context; without any room for extra = 0. The given state stays as it is.
 */
static BenchmarkState *
Rebuild(const BenchmarkState *state, int64 extra)
{
	Peer	   *fresh = palloc_extended(Max(1, state->cells - state->sorted) * sizeof(Peer),
										MCXT_ALLOC_HUGE);
	int64		fresh_count = 0;
	BenchmarkState *result;
	int64		needed;
	int64		room;

	for (int32 at = state->sorted; at < state->cells;)
	{
		CHECK_FOR_INTERRUPTS();
		at = ReadCell(state, at, &fresh[fresh_count++]);
	}
	fresh_count = SortPeers(fresh, fresh_count);
	needed = MergeCells(state, fresh, fresh_count, NULL);
	room = extra == 0 ? needed : Min(MOST_CELLS, Max(needed + extra, needed * 2));
	if (room < needed + extra)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one benchmark_state would need more than the %zu bytes that a value can have",
						(Size) MaxAllocSize),
				 errdetail("It holds %lld peers.", (long long) state->peers),
				 errhint("Group by something finer, or round values and weights.")));

	result = palloc(StateSize(room));
	*result = *state;
	SET_VARSIZE(result, StateSize(room));
	MergeCells(state, fresh, fresh_count, result->cell);
	memset(result->cell + needed, 0, (room - needed) * sizeof(BenchmarkCell));
	result->cells = result->sorted = (int32) needed;
	pfree(fresh);
	return result;
}

/* The one form of a multiset: sorted, no room to spare. The state itself where it has it. */
static BenchmarkState *
BenchmarkStateCanonical(BenchmarkState *state)
{
	if (state->sorted == state->cells && VARSIZE(state) == StateSize(state->cells))
		return state;
	return Rebuild(state, 0);
}

/* Adds one peer; returns the state, or a larger one in the current context. */
static BenchmarkState *
BenchmarkStateAdd(BenchmarkState *state, double value, double weight)
{
	BenchmarkCell *cell;

	if (unlikely(state->cells >= Room(state)))
		state = Rebuild(state, 1);
	CountAdd(&state->peers, 1, "peers in one benchmark_state");
	cell = &state->cell[state->cells++];
	cell->peer.value = value;
	cell->peer.weight = weight;
	Assert(BenchmarkStateBroken(state) == NULL);
	return state;
}

static BenchmarkState *
BenchmarkStateFromDatum(Datum value)
{
	return StateFromDatum(value, BENCHMARK_STATE_VERSION, StateSize(0), "benchmark_state");
}

/* The peers of a stored state, sorted and different, in the current context. */
Peer *
BenchmarkStatePeers(Datum value, int64 *count)
{
	BenchmarkState *state = BenchmarkStateCanonical(BenchmarkStateFromDatum(value));
	Peer	   *peers = palloc_extended(Max(1, state->cells) * sizeof(Peer), MCXT_ALLOC_HUGE);

	*count = 0;
	for (int32 at = 0; at < state->cells;)
	{
		CHECK_FOR_INTERRUPTS();
		at = ReadCell(state, at, &peers[(*count)++]);
	}
	return peers;
}

/* A state of peers that were read, in any order. */
static BenchmarkState *
BenchmarkStateMake(const Peer *peers, int64 count)
{
	BenchmarkState *state;
	int64		cells = 0;

	for (int64 i = 0; i < count; i++)
		cells = WriteCell(NULL, cells, &peers[i]);
	if (cells > MOST_CELLS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one benchmark_state would need more than the %zu bytes that a value can have",
						(Size) MaxAllocSize)));
	state = StateCreate(StateSize(cells), BENCHMARK_STATE_VERSION);
	for (int64 i = 0; i < count; i++)
	{
		CountAdd(&state->peers, peers[i].count, "peers in one benchmark_state");
		state->cells = (int32) WriteCell(state->cell, state->cells, &peers[i]);
	}
	return Rebuild(state, 0);
}

/*
 * benchmark_state_in(cstring): reads {"peers": [[31.5, 200], [40, 1, 3]]}, each
 * [value, weight] or [value, weight, how many].
 */
Datum
benchmark_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"peers"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "benchmark_state");
	JsonNode   *list;
	Peer	   *peers;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "peers");
	JsonExpect(list, JSON_KIND_ARRAY);
	peers = palloc_extended(Max(1, list->count) * sizeof(Peer), MCXT_ALLOC_HUGE);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count < 2 || node->count > 3)
			JsonInvalid(node, "A peer is [value, weight] or [value, weight, how many].",
						"The array has %d items.", node->count);
		peers[i].value = JsonGetFloat(node->items[0]);
		peers[i].weight = JsonGetFloat(node->items[1]);
		if (peers[i].weight < 0)
			JsonInvalid(node->items[1], NULL, "A weight must not be negative.");
		peers[i].count = node->count < 3 ? 1 : JsonGetInt(node->items[2], 1, PG_INT64_MAX);
	}
	PG_RETURN_POINTER(BenchmarkStateMake(peers, list->count));
}

/* benchmark_state_out(benchmark_state): the same text for equal states */
Datum
benchmark_state_out(PG_FUNCTION_ARGS)
{
	int64		count;
	Peer	   *peers = BenchmarkStatePeers(PG_GETARG_DATUM(0), &count);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"peers\": [");
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutFloat(&text, peers[i].value);
		appendStringInfoString(&text, ", ");
		JsonPutFloat(&text, peers[i].weight);
		if (peers[i].count > 1)
			appendStringInfo(&text, ", " INT64_FORMAT, peers[i].count);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of a peer: value, weight, how many. */
#define PEER_WIRE_BYTES	24

Datum
benchmark_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), BENCHMARK_STATE_VERSION,
									   "benchmark_state");
	int			count = WireGetCount(&reader, "peers", MOST_CELLS, PEER_WIRE_BYTES);
	Peer	   *peers = palloc_extended(Max(1, count) * sizeof(Peer), MCXT_ALLOC_HUGE);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		peers[i].value = WireGetFloat(&reader) + 0.0;
		peers[i].weight = WireGetFloat(&reader) + 0.0;
		peers[i].count = WireGetInt64(&reader);
		if (!isfinite(peers[i].value) || !isfinite(peers[i].weight) || peers[i].weight < 0)
			WireCorrupt(&reader, "Peer %d has the value %g and the weight %g.",
						i + 1, peers[i].value, peers[i].weight);
		if (peers[i].count < 1)
			WireCorrupt(&reader, "Peer %d is there %lld times.", i + 1, (long long) peers[i].count);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(BenchmarkStateMake(peers, count));
}

Datum
benchmark_state_send(PG_FUNCTION_ARGS)
{
	int64		count;
	Peer	   *peers = BenchmarkStatePeers(PG_GETARG_DATUM(0), &count);
	StringInfoData buffer;

	WireBeginSend(&buffer, BENCHMARK_STATE_VERSION);
	WirePutInt(&buffer, count);
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WirePutFloat(&buffer, peers[i].value);
		WirePutFloat(&buffer, peers[i].weight);
		WirePutInt64(&buffer, peers[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * benchmark_state_add(benchmark_state, value float8, weight float8): a row
 * without a value or a weight is no peer.
 */
Datum
benchmark_state_add(PG_FUNCTION_ARGS)
{
	double		value;
	double		weight;

	AggregateContext(fcinfo, "benchmark_agg");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	value = CheckBenchmarkValue(PG_GETARG_FLOAT8(1));
	weight = CheckBenchmarkWeight(PG_GETARG_FLOAT8(2));
	PG_RETURN_POINTER(BenchmarkStateAdd(PG_ARGISNULL(0) ? BenchmarkStateCreate() :
										PG_GETARG_STATE_IN_PLACE(0), value, weight));
}

/*
 * benchmark_state_combine(benchmark_state, benchmark_state): either may be NULL.
 * The result is the first, changed in place, or a new one.
 */
Datum
benchmark_state_combine(PG_FUNCTION_ARGS)
{
	BenchmarkState *state;
	BenchmarkState *other;

	AggregateContext(fcinfo, "benchmark_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = BenchmarkStateFromDatum(PG_GETARG_DATUM(1));
	state = PG_ARGISNULL(0) ? BenchmarkStateCreate() : PG_GETARG_STATE_IN_PLACE(0);
	CountAdd(&state->peers, other->peers, "peers in one benchmark_state");
	if (state->cells + (int64) other->cells > Room(state))
		state = Rebuild(state, other->cells);
	memcpy(state->cell + state->cells, other->cell, other->cells * sizeof(BenchmarkCell));
	state->cells += other->cells;
	Assert(BenchmarkStateBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/* benchmark_state_final(benchmark_state): sorted, in a copy; the aggregate may go on */
Datum
benchmark_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(BenchmarkStateCanonical(BenchmarkStateFromDatum(PG_GETARG_DATUM(0))));
}

STATE_COMBINE(benchmark_state_combine_two, benchmark_state_combine, benchmark_state_final)
