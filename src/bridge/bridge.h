/*
 * bridge.h
 *		bridge_totals: the totals of one side, summed by cell.
 */
#ifndef REVOPS_BRIDGE_H
#define REVOPS_BRIDGE_H

#include "fmgr.h"

#include "base/decimal.h"
#include "base/state.h"
#include "bridge/bridge_split.h"

/*
 * A cell's sums, and behind them its name. Cells lie one behind the other, each
 * aligned for 64 bits.
 */
typedef struct BridgeCell
{
	int32		length;			/* of the name; -1: NULL, a cell of its own */
	uint32		hash;			/* of the name; 0 outside an aggregate */
	DecimalSum	sum[FLEXIBLE_ARRAY_MEMBER];
} BridgeCell;

/*
 * In a value outside an aggregate cells are sorted by name, and there are no slots.
 * Inside, they lie as they came, and a hash table of their places is at the end.
 */
typedef struct BridgeTotals
{
	StateHeader header;
	int64		used;			/* bytes of cells */
	int32		cells;
	int32		totals;			/* of each cell, 1 to BRIDGE_MOST_TOTALS */
	int32		slots;			/* of the hash table: 0, or a power of 2 */
	int32		unused;
} BridgeTotals;

static inline BridgeCell *
FirstCell(const BridgeTotals *state)
{
	return (BridgeCell *) ((char *) state + sizeof(BridgeTotals));
}

static inline char *
CellName(const BridgeCell *cell, int totals)
{
	return (char *) cell + offsetof(BridgeCell, sum) + totals * sizeof(DecimalSum);
}

static inline Size
CellSize(int totals, int length)
{
	return MAXALIGN(offsetof(BridgeCell, sum) + totals * sizeof(DecimalSum) + Max(length, 0));
}

static inline BridgeCell *
NextCell(const BridgeCell *cell, int totals)
{
	return (BridgeCell *) ((char *) cell + CellSize(totals, cell->length));
}

extern BridgeTotals *BridgeTotalsSorted(Datum value);
extern void CheckTotalsCount(int count);
extern Decimal TotalRead(Datum value);

#endif							/* REVOPS_BRIDGE_H */
