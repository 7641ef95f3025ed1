/*
 * benchmark.h
 *		benchmark_state, a frozen group of peers.
 */
#ifndef REVOPS_BENCHMARK_H
#define REVOPS_BENCHMARK_H

#include "fmgr.h"

#include "base/state.h"
#include "benchmark/benchmark_peers.h"

/*
 * A cell is a peer. Where several are equal, the weight's sign bit is set, and
 * the next cell says how many: nearly all peers differ, and take 16 bytes.
 */
typedef union BenchmarkCell
{
	struct
	{
		double		value;
		double		weight;
	}			peer;
	struct
	{
		int64		count;		/* at least 2 */
		int64		unused;
	}			repeat;
} BenchmarkCell;

/*
 * The first `sorted` cells are in order and all different; the rest are as they
 * came. In a value outside an aggregate all are sorted.
 */
typedef struct BenchmarkState
{
	StateHeader header;
	int64		peers;
	int32		cells;
	int32		sorted;
	BenchmarkCell cell[FLEXIBLE_ARRAY_MEMBER];
} BenchmarkState;

extern double CheckBenchmarkValue(double value);
extern double CheckBenchmarkWeight(double weight);
extern Peer *BenchmarkStatePeers(Datum value, int64 *count);

#endif							/* REVOPS_BENCHMARK_H */
