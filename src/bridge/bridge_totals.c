/*
 * bridge_totals.c
 *		bridge_totals in SQL: its four forms, bridge_agg and bridge_merge.
 *
 * Rows come in any order, so a cell is found by a hash table that lies in the state,
 * behind room for cells to come. Nothing in it is a pointer: the state of a parallel
 * worker is sent as it is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "base/bytes.h"
#include "base/json_tree.h"
#include "base/keys.h"
#include "base/wire.h"
#include "bridge/bridge.h"

#define BRIDGE_TOTALS_VERSION	1
#define FIRST_SLOTS				16	/* in a new state */
#define FIRST_BYTES				1024	/* of cells */
#define UUID_TEXT_LENGTH		36
#define MOST_SCALE				16383	/* decimals that a numeric can show */

PG_FUNCTION_INFO_V1(bridge_totals_in);
PG_FUNCTION_INFO_V1(bridge_totals_out);
PG_FUNCTION_INFO_V1(bridge_totals_recv);
PG_FUNCTION_INFO_V1(bridge_totals_send);
PG_FUNCTION_INFO_V1(bridge_totals_add_text);
PG_FUNCTION_INFO_V1(bridge_totals_add_bigint);
PG_FUNCTION_INFO_V1(bridge_totals_add_uuid);
PG_FUNCTION_INFO_V1(bridge_totals_combine);
PG_FUNCTION_INFO_V1(bridge_totals_final);

/* ------------------------------------------------------------------------- */

void
CheckTotalsCount(int count)
{
	if (count < 1 || count > BRIDGE_MOST_TOTALS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a bridge has 1 to %d totals", BRIDGE_MOST_TOTALS),
				 errdetail("There are %d.", count),
				 errhint("Give a chain of totals, for example customers, orders, amount.")));
}

/* value: the number that is too long, or NULL for a sum. */
pg_noreturn static void
TooManyDigits(Numeric value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a total has more digits than a bridge keeps"),
			 value ? errdetail("The value is %s; 38 digits are kept, of which 36 can be decimals.", NumericToText(value)) :
			 errdetail("It is the sum of several; 38 digits are kept, of which 36 can be decimals."),
			 errhint("Round the totals, for example round(amount, 6).")));
}

/* A finite numeric that a bridge can keep. */
Decimal
TotalRead(Datum value)
{
	Decimal		decimal;

	if (!DecimalFromNumeric(PG_DETOAST_DATUM_PACKED(value), &decimal))
	{
		Numeric		number = (Numeric) PG_DETOAST_DATUM(value);

		if (!NumericIsFinite(number))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a total must be a finite number"),
					 errdetail("The value is %s.", NumericToText(number)),
					 errhint("Filter such rows out, or turn them into NULL with nullif().")));
		TooManyDigits(number);
	}
	return decimal;
}

/* ------------------------------------------------------------------------- */

static inline uint32 *
Slots(const BridgeTotals *state)
{
	return (uint32 *) ((char *) state + VARSIZE(state)) - state->slots;
}

/* Bytes between the cells and the slots. */
static inline Size
Room(const BridgeTotals *state)
{
	return VARSIZE(state) - sizeof(BridgeTotals) - state->used - state->slots * sizeof(uint32);
}

static inline uint32
HashName(const char *name, int length)
{
	return length < 0 ? 0 : hash_bytes((const unsigned char *) name, length);
}

/* A slot holds where its cell begins, in units of 8 bytes from the first one, plus 1. */
static inline BridgeCell *
SlotCell(const BridgeTotals *state, uint32 slot)
{
	return (BridgeCell *) ((char *) FirstCell(state) + (Size) (slot - 1) * MAXIMUM_ALIGNOF);
}

static inline void
SlotFill(BridgeTotals *state, const BridgeCell *cell)
{
	uint32	   *slots = Slots(state);
	uint32		mask = state->slots - 1;
	uint32		at = cell->hash & mask;

	while (slots[at] != 0)
		at = (at + 1) & mask;
	slots[at] = ((char *) cell - (char *) FirstCell(state)) / MAXIMUM_ALIGNOF + 1;
}

#ifdef USE_ASSERT_CHECKING
/* The rules that hold for every bridge_totals; NULL, or which one is broken. */
static const char *
BridgeTotalsBroken(const BridgeTotals *state)
{
	if (state->totals < 1 || state->totals > BRIDGE_MOST_TOTALS)
		return "It has no possible number of totals.";
	if (sizeof(BridgeTotals) + state->used + state->slots * sizeof(uint32) > VARSIZE(state))
		return "It has more cells than room for them.";
	if (state->cells < 0 || state->cells * (int64) CellSize(state->totals, 0) > state->used)
		return "It has more cells than bytes of them.";
	if (state->slots != 0 && state->cells >= state->slots)
		return "It has more cells than slots.";
	return NULL;
}
#endif

static BridgeTotals *
BridgeTotalsCreate(int totals)
{
	BridgeTotals *state = StateCreate(sizeof(BridgeTotals) + FIRST_BYTES +
									  FIRST_SLOTS * sizeof(uint32), BRIDGE_TOTALS_VERSION);

	state->totals = totals;
	state->slots = FIRST_SLOTS;
	return state;
}

/*
 * The same cells with room for so many bytes of new ones, and slots for as many
 * cells again, in the current context.
 */
static BridgeTotals *
Rebuild(const BridgeTotals *state, Size extra)
{
	int64		slots = pg_nextpower2_32(Max(FIRST_SLOTS, (uint32) state->cells * 2 + 2));
	Size		needed = sizeof(BridgeTotals) + state->used + extra + slots * sizeof(uint32);
	Size		capacity = Max(needed, Min(VARSIZE(state) * 2, MaxAllocSize));
	BridgeTotals *result;
	BridgeCell *cell;

	if (needed > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one bridge_totals would need %zu bytes, more than the %zu that a value can have",
						needed, (Size) MaxAllocSize),
				 errdetail("It has %d cells.", state->cells),
				 errhint("Use a coarser cell, or fold parts of the cells one by one: their rows add up.")));
	capacity = MAXALIGN_DOWN(capacity);
	result = StateCreate(capacity, BRIDGE_TOTALS_VERSION);
	memcpy((char *) result + offsetof(BridgeTotals, used), (char *) state + offsetof(BridgeTotals, used),
		   sizeof(BridgeTotals) - offsetof(BridgeTotals, used) + state->used);
	result->slots = (int32) slots;
	cell = FirstCell(result);
	for (int i = 0; i < result->cells; i++, cell = NextCell(cell, result->totals))
	{
		CHECK_FOR_INTERRUPTS();
		if (state->slots == 0)
			cell->hash = HashName(CellName(cell, result->totals), cell->length);
		SlotFill(result, cell);
	}
	return result;
}

/*
 * Finds a cell, or adds it with sums of 0; returns the state, or a larger one in
 * the current context.
 */
static BridgeTotals *
FindCell(BridgeTotals *state, const char *name, int length, uint32 hash, BridgeCell **cell)
{
	Size		size = CellSize(state->totals, length);

	if (unlikely(state->slots == 0))
		state = Rebuild(state, size);
	for (uint32 at = hash & (state->slots - 1);; at = (at + 1) & (state->slots - 1))
	{
		uint32		slot = Slots(state)[at];

		if (slot == 0)
			break;
		*cell = SlotCell(state, slot);
		if ((*cell)->hash == hash &&
			BytesEqual(CellName(*cell, state->totals), (*cell)->length, name, length))
			return state;
	}
	if (size > Room(state) || (int64) state->cells * 4 >= (int64) state->slots * 3)
		state = Rebuild(state, size);
	*cell = (BridgeCell *) ((char *) FirstCell(state) + state->used);
	(*cell)->length = length;
	(*cell)->hash = hash;
	if (length > 0)
		memcpy(CellName(*cell, state->totals), name, length);
	state->used += size;
	state->cells++;
	SlotFill(state, *cell);
	return state;
}

static inline void
CellAdd(BridgeCell *cell, int total, const Decimal *value)
{
	if (!DecimalSumAdd(&cell->sum[total], value))
		TooManyDigits(NULL);
}

/* A cell on its way to its place; the first bytes of its name decide nearly always. */
typedef struct SortedCell
{
	uint64		prefix;
	const BridgeCell *cell;
} SortedCell;

static int
CompareCells(const void *left, const void *right, void *totals)
{
	const SortedCell *one = left;
	const SortedCell *other = right;

	if (one->prefix != other->prefix)
		return one->prefix < other->prefix ? -1 : 1;
	return BytesCompare(CellName(one->cell, *(int *) totals), one->cell->length,
						CellName(other->cell, *(int *) totals), other->cell->length);
}

static BridgeTotals *
BridgeTotalsFromDatum(Datum value)
{
	return StateFromDatum(value, BRIDGE_TOTALS_VERSION, sizeof(BridgeTotals), "bridge_totals");
}

/*
 * The one form of a set of cells: sorted, sums in the fewest digits, no room to
 * spare, no slots. The state itself where it has it.
 */
static BridgeTotals *
BridgeTotalsCanonical(BridgeTotals *state)
{
	SortedCell *order;
	const BridgeCell *cell = FirstCell(state);
	BridgeTotals *result;
	char	   *at;

	if (state->slots == 0)
		return state;
	order = palloc_extended(Max(1, state->cells) * sizeof(SortedCell), MCXT_ALLOC_HUGE);
	for (int i = 0; i < state->cells; i++, cell = NextCell(cell, state->totals))
	{
		uint64		prefix = 0;

		CHECK_FOR_INTERRUPTS();
		if (cell->length < 0)
			prefix = PG_UINT64_MAX;
		else
			memcpy(&prefix, CellName(cell, state->totals), Min(cell->length, (int) sizeof(prefix)));
		order[i].prefix = pg_ntoh64(prefix);
		order[i].cell = cell;
	}
	qsort_arg(order, state->cells, sizeof(SortedCell), CompareCells, &state->totals);

	result = palloc(sizeof(BridgeTotals) + state->used);
	*result = *state;
	SET_VARSIZE(result, sizeof(BridgeTotals) + state->used);
	result->slots = 0;
	at = (char *) FirstCell(result);
	for (int i = 0; i < state->cells; i++)
	{
		BridgeCell *copy = (BridgeCell *) at;
		Size		size = CellSize(state->totals, order[i].cell->length);

		CHECK_FOR_INTERRUPTS();
		memcpy(copy, order[i].cell, size);
		copy->hash = 0;
		for (int k = 0; k < state->totals; k++)
			DecimalSumNormalize(&copy->sum[k]);
		at += size;
	}
	pfree(order);
	return result;
}

/* A stored state, its cells sorted. */
BridgeTotals *
BridgeTotalsSorted(Datum value)
{
	return BridgeTotalsCanonical(BridgeTotalsFromDatum(value));
}

/* ------------------------------------------------------------------------- */

/*
 * bridge_totals_in(cstring): reads {"totals": 2, "cells": [["A", 100, 5000.00],
 * [null, 3, 10]]}, each cell's name and its totals.
 */
Datum
bridge_totals_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"totals", "cells"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "bridge_totals");
	JsonNode   *list;
	BridgeTotals *state;

	JsonAllowKeys(root, keys, lengthof(keys));
	state = BridgeTotalsCreate((int) JsonGetInt(JsonRequire(root, "totals"), 1, BRIDGE_MOST_TOTALS));
	list = JsonRequire(root, "cells");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		const char *name;
		int			length;
		BridgeCell *cell;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != state->totals + 1)
			JsonInvalid(node, "A cell is [name, total, …].",
						"The array has %d items; a name and %d totals are expected.", node->count, state->totals);
		name = node->items[0]->kind == JSON_KIND_NULL ? NULL : JsonGetText(node->items[0]);
		length = name == NULL ? -1 : (int) strlen(name);
		state = FindCell(state, name, length, HashName(name, length), &cell);
		if (state->cells != i + 1)
			JsonInvalid(node->items[0], NULL, "The cell stands twice.");
		for (int k = 0; k < state->totals; k++)
		{
			Decimal		value;

			if (!DecimalFromNumeric((struct varlena *) JsonGetNumeric(node->items[k + 1]), &value))
				JsonInvalid(node->items[k + 1], NULL,
							"It has more digits than a bridge keeps: 38, of which 36 can be decimals.");
			CellAdd(cell, k, &value);
		}
	}
	PG_RETURN_POINTER(BridgeTotalsCanonical(state));
}

/* bridge_totals_out(bridge_totals): the same text for equal states */
Datum
bridge_totals_out(PG_FUNCTION_ARGS)
{
	BridgeTotals *state = BridgeTotalsSorted(PG_GETARG_DATUM(0));
	const BridgeCell *cell = FirstCell(state);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"totals\": %d, \"cells\": [", state->totals);
	for (int i = 0; i < state->cells; i++, cell = NextCell(cell, state->totals))
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		if (cell->length < 0)
			appendStringInfoString(&text, "null");
		else
			JsonPutText(&text, pnstrdup(CellName(cell, state->totals), cell->length));
		for (int k = 0; k < state->totals; k++)
		{
			Decimal		value = DecimalSumValue(&cell->sum[k]);

			appendStringInfo(&text, ", %s", NumericToText(DecimalToNumeric(&value)));
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Whether a sum has no digits behind its scale. */
static bool
FitsScale(const DecimalSum *sum)
{
	Decimal		value = DecimalSumValue(sum);
	int128		unit;

	return value.groups * 4 <= value.scale ||
		(PowerOfTen(value.groups * 4 - value.scale, &unit) && value.coefficient % unit == 0);
}

/* Bytes of a total: high, low, groups, scale. */
#define TOTAL_WIRE_BYTES	19

Datum
bridge_totals_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), BRIDGE_TOTALS_VERSION,
									   "bridge_totals");
	int			totals = WireGetByte(&reader);
	BridgeTotals *state;
	int			count;

	if (totals < 1 || totals > BRIDGE_MOST_TOTALS)
		WireCorrupt(&reader, "It has %d totals; 1 to %d are allowed.", totals, BRIDGE_MOST_TOTALS);
	state = BridgeTotalsCreate(totals);
	count = WireGetCount(&reader, "cells", PG_INT32_MAX, 1 + totals * TOTAL_WIRE_BYTES);
	for (int i = 0; i < count; i++)
	{
		uint8		has_name = WireGetByte(&reader);
		int			length = -1;
		char	   *name = NULL;
		BridgeCell *cell;

		CHECK_FOR_INTERRUPTS();
		if (has_name > 1)
			WireCorrupt(&reader, "Cell %d has the mark %d; 0 or 1 is expected.", i + 1, has_name);
		if (has_name)
			name = WireGetBytes(&reader, &length);
		state = FindCell(state, name, length, HashName(name, length), &cell);
		if (state->cells != i + 1)
			WireCorrupt(&reader, "Cell %d stands twice.", i + 1);
		for (int k = 0; k < totals; k++)
		{
			DecimalSum *sum = &cell->sum[k];
			DecimalSum	again;

			sum->high = WireGetInt64(&reader);
			sum->low = (uint64) WireGetInt64(&reader);
			sum->groups = WireGetByte(&reader);
			sum->scale = (int32) (uint16) (WireGetByte(&reader) << 8);
			sum->scale |= WireGetByte(&reader);
			again = *sum;
			if (sum->groups <= DECIMAL_MOST_GROUPS)
				DecimalSumNormalize(&again);
			if (sum->groups > DECIMAL_MOST_GROUPS || again.groups != sum->groups ||
				sum->scale > MOST_SCALE)
				WireCorrupt(&reader, "Cell %d has a total with %d groups of decimals and the scale %d.",
							i + 1, sum->groups, sum->scale);
			if (!FitsScale(sum))
				WireCorrupt(&reader, "Cell %d has a total with more decimals than its scale of %d.",
							i + 1, sum->scale);
		}
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(BridgeTotalsCanonical(state));
}

Datum
bridge_totals_send(PG_FUNCTION_ARGS)
{
	BridgeTotals *state = BridgeTotalsSorted(PG_GETARG_DATUM(0));
	const BridgeCell *cell = FirstCell(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, BRIDGE_TOTALS_VERSION);
	WirePutByte(&buffer, state->totals);
	WirePutInt(&buffer, state->cells);
	for (int i = 0; i < state->cells; i++, cell = NextCell(cell, state->totals))
	{
		CHECK_FOR_INTERRUPTS();
		WirePutByte(&buffer, cell->length >= 0);
		if (cell->length >= 0)
			WirePutBytes(&buffer, CellName(cell, state->totals), cell->length);
		for (int k = 0; k < state->totals; k++)
		{
			WirePutInt64(&buffer, cell->sum[k].high);
			WirePutInt64(&buffer, cell->sum[k].low);
			WirePutByte(&buffer, cell->sum[k].groups);
			WirePutByte(&buffer, cell->sum[k].scale >> 8);
			WirePutByte(&buffer, cell->sum[k].scale);
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/* Adds a row; name may be NULL. totals: the aggregate's array. */
static Datum
AddRow(FunctionCallInfo fcinfo, const char *name, int length, ArrayType *array)
{
	Decimal		values[BRIDGE_MOST_TOTALS];
	Datum	   *totals;
	bool	   *nulls;
	int			count;
	bool		has_total = false;
	BridgeTotals *state;
	BridgeCell *cell;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("totals must be a one-dimensional array"),
				 errdetail("It has %d dimensions.", ARR_NDIM(array)),
				 errhint("Write the totals one behind the other.")));
	deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &totals, &nulls, &count);
	CheckTotalsCount(count);
	for (int k = 0; k < count; k++)
	{
		memset(&values[k], 0, sizeof(Decimal));
		if (nulls[k])
			continue;
		values[k] = TotalRead(totals[k]);
		has_total = true;
	}
	if (!has_total)
		PG_RETURN_STATE_AS_IT_IS();

	state = PG_ARGISNULL(0) ? BridgeTotalsCreate(count) : PG_GETARG_STATE_IN_PLACE(0);
	if (state->totals != count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of totals must be the same in all rows"),
				 errdetail("One row has %d, another %d.", state->totals, count),
				 errhint("A total that is not known is NULL, which counts as 0.")));
	state = FindCell(state, name, length, HashName(name, length), &cell);
	for (int k = 0; k < count; k++)
		if (!nulls[k])
			CellAdd(cell, k, &values[k]);
	Assert(BridgeTotalsBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/* bridge_totals_add(bridge_totals, cell text, totals numeric[]) */
Datum
bridge_totals_add_text(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "bridge_agg");
	if (PG_ARGISNULL(0))
		CheckTextKey(fcinfo, 1, "bridge_agg", "cell");
	if (PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	if (PG_ARGISNULL(1))
		return AddRow(fcinfo, NULL, -1, PG_GETARG_ARRAYTYPE_P(2));
	else
	{
		text	   *name = PG_GETARG_TEXT_PP(1);

		return AddRow(fcinfo, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), PG_GETARG_ARRAYTYPE_P(2));
	}
}

/* bridge_totals_add(bridge_totals, cell bigint, totals numeric[]) */
Datum
bridge_totals_add_bigint(PG_FUNCTION_ARGS)
{
	char		name[MAXINT8LEN + 1];
	int			length = -1;

	AggregateContext(fcinfo, "bridge_agg");
	if (PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	if (!PG_ARGISNULL(1))
		length = pg_lltoa(PG_GETARG_INT64(1), name);
	return AddRow(fcinfo, name, length, PG_GETARG_ARRAYTYPE_P(2));
}

/* bridge_totals_add(bridge_totals, cell uuid, totals numeric[]) */
Datum
bridge_totals_add_uuid(PG_FUNCTION_ARGS)
{
	AggregateContext(fcinfo, "bridge_agg");
	if (PG_ARGISNULL(2))
		PG_RETURN_STATE_AS_IT_IS();
	if (PG_ARGISNULL(1))
		return AddRow(fcinfo, NULL, -1, PG_GETARG_ARRAYTYPE_P(2));
	return AddRow(fcinfo, DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(1))),
				  UUID_TEXT_LENGTH, PG_GETARG_ARRAYTYPE_P(2));
}

/*
 * bridge_totals_combine(bridge_totals, bridge_totals): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
bridge_totals_combine(PG_FUNCTION_ARGS)
{
	BridgeTotals *state;
	BridgeTotals *other;
	const BridgeCell *more;

	AggregateContext(fcinfo, "bridge_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = BridgeTotalsFromDatum(PG_GETARG_DATUM(1));
	state = PG_ARGISNULL(0) ? BridgeTotalsCreate(other->totals) : PG_GETARG_STATE_IN_PLACE(0);
	if (state->totals != other->totals)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bridge_totals of different numbers of totals cannot be merged"),
				 errdetail("One has %d, the other %d.", state->totals, other->totals),
				 errhint("Fold all parts with the same arguments of bridge_agg.")));
	more = FirstCell(other);
	for (int i = 0; i < other->cells; i++, more = NextCell(more, other->totals))
	{
		const char *name = CellName(more, other->totals);
		BridgeCell *cell;

		CHECK_FOR_INTERRUPTS();
		state = FindCell(state, name, more->length,
						 other->slots > 0 ? more->hash : HashName(name, more->length), &cell);
		for (int k = 0; k < other->totals; k++)
		{
			Decimal		value = DecimalSumValue(&more->sum[k]);

			CellAdd(cell, k, &value);
		}
	}
	Assert(BridgeTotalsBroken(state) == NULL);
	PG_RETURN_POINTER(state);
}

/* bridge_totals_final(bridge_totals): sorted, in a copy; the aggregate may go on */
Datum
bridge_totals_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(BridgeTotalsSorted(PG_GETARG_DATUM(0)));
}

STATE_COMBINE(bridge_totals_combine_two, bridge_totals_combine, bridge_totals_final)
