/*
 * benchmark_functions.c
 *		The window function benchmark_rank, and what a benchmark_state is asked:
 *		benchmark_at, benchmark_versus.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "base/check.h"
#include "base/rows.h"
#include "benchmark/benchmark.h"

PG_FUNCTION_INFO_V1(benchmark_rank);
PG_FUNCTION_INFO_V1(benchmark_at);
PG_FUNCTION_INFO_V1(benchmark_versus);

/* A value that can be compared and averaged; -0 becomes 0. */
double
CheckBenchmarkValue(double value)
{
	return CheckFiniteParameter(value, "value");
}

double
CheckBenchmarkWeight(double weight)
{
	weight = CheckFiniteParameter(weight, "weight");
	if (weight < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight must not be negative"),
				 errdetail("The value is %.15g.", weight),
				 errhint("A weight is what a value stands for, for example the denominator of a rate: give 0 where it stands for nothing.")));
	return weight;
}

/* The settings of a question. NULL in place of one is no default. */
static BenchmarkOptions
CheckOptions(NullableDatum best, NullableDatum peak, NullableDatum min_peers)
{
	BenchmarkOptions options;
	const text *name;

	CheckSettingIsSet(best.isnull, "best");
	CheckSettingIsSet(peak.isnull, "peak");
	CheckSettingIsSet(min_peers.isnull, "min_peers");
	name = DatumGetTextPP(best.value);
	options.low_is_best = VARSIZE_ANY_EXHDR(name) == 3 && memcmp(VARDATA_ANY(name), "low", 3) == 0;
	if (!options.low_is_best &&
		!(VARSIZE_ANY_EXHDR(name) == 4 && memcmp(VARDATA_ANY(name), "high", 4) == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("best must be 'high' or 'low'"),
				 errdetail("The value is \"%s\".", text_to_cstring(name)),
				 errhint("Say 'low' where a small value is the better one, as with costs and days.")));
	options.peak = DatumGetFloat8(peak.value);
	if (!(options.peak >= 0 && options.peak <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("peak must lie between 0 and 1"),
				 errdetail("The value is %.15g.", options.peak),
				 errhint("It is a share of the peers: 0.95 is the value that one in twenty reaches, 1 the best.")));
	options.min_peers = DatumGetInt32(min_peers.value);
	if (options.min_peers < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_peers must be at least 1"),
				 errdetail("The value is %lld.", (long long) options.min_peers),
				 errhint("With fewer than 5 peers a mean tells what single ones did.")));
	return options;
}

/* A benchmark_result; by the function's declaration, so that it needs no call expression. */
static Datum
MakeResult(FmgrInfo *flinfo, const BenchmarkResult *result)
{
	TupleDesc	row = flinfo->fn_extra;
	Datum		values[9];
	bool		nulls[9] = {false, true, true, true, true, true, true, true, true};

	if (row == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(flinfo->fn_mcxt);

		if (get_func_result_type(flinfo->fn_oid, NULL, &row) != TYPEFUNC_COMPOSITE || row->natts != 9)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("this function must be declared to return benchmark_result")));
		flinfo->fn_extra = row = BlessTupleDesc(row);
		MemoryContextSwitchTo(old);
	}
	values[0] = Int64GetDatum(result->peers);
	values[1] = Float8GetDatum(result->mean);
	values[2] = Float8GetDatum(result->median);
	values[3] = Float8GetDatum(result->p25);
	values[4] = Float8GetDatum(result->p75);
	values[5] = Float8GetDatum(result->peak);
	values[6] = Int64GetDatum(result->place);
	values[7] = Float8GetDatum(result->percentile);
	values[8] = Float8GetDatum(result->largest_share);
	if (result->is_known)
	{
		memset(nulls + 2, false, 6);
		nulls[1] = nulls[8] = !result->has_weight;
	}
	return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}

/* ------------------------------------------------------------------------- */

/* What benchmark_rank keeps for a partition. */
typedef struct RankPartition
{
	bool		learned;
	bool		settings_vary;	/* then they are compared in every row */
	BenchmarkOptions options;
	PeerGroup	group;
} RankPartition;

static NullableDatum
CurrentArgument(WindowObject window, int argument)
{
	NullableDatum result;

	result.value = WinGetFuncArgCurrent(window, argument, &result.isnull);
	return result;
}

/* The settings as the current row has them. */
static BenchmarkOptions
CurrentOptions(WindowObject window)
{
	return CheckOptions(CurrentArgument(window, 2), CurrentArgument(window, 3),
						CurrentArgument(window, 4));
}

/* Settings must be the same in all rows that are compared with each other. */
static void
CheckSameOptions(const BenchmarkOptions *before, const BenchmarkOptions *now)
{
	if (before->low_is_best == now->low_is_best && before->peak == now->peak &&
		before->min_peers == now->min_peers)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("best, peak and min_peers must be the same in all rows of a partition"),
			 errdetail("One row says '%s', %.15g and %lld, another '%s', %.15g and %lld.",
					   before->low_is_best ? "low" : "high", before->peak,
					   (long long) before->min_peers,
					   now->low_is_best ? "low" : "high", now->peak, (long long) now->min_peers),
			 errhint("Give them as constants, or partition by what they depend on.")));
}

/* Reads the whole partition once and sorts its peers. */
static void
LearnPartition(WindowObject window, RankPartition *partition)
{
	int64		rows = WinGetPartitionRowCount(window);
	Peer	   *peers;
	PeerPoint  *points;
	int64		count = 0;

	/* the window API addresses rows by int */
	if (rows > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("benchmark_rank cannot compare %lld rows with each other", (long long) rows),
				 errhint("Fold them with benchmark_agg and ask benchmark_at with inside => true.")));
	peers = MemoryContextAllocHuge(CurrentMemoryContext, rows * sizeof(Peer));
	for (int64 row = 0; row < rows; row++)
	{
		bool		is_null;
		bool		is_out;
		Datum		argument;

		CHECK_FOR_INTERRUPTS();
		argument = WinGetFuncArgInPartition(window, 0, (int) row, WINDOW_SEEK_HEAD, false,
											&is_null, &is_out);
		if (is_null)
			continue;
		peers[count].value = CheckBenchmarkValue(DatumGetFloat8(argument));
		argument = WinGetFuncArgInPartition(window, 1, (int) row, WINDOW_SEEK_HEAD, false,
											&is_null, &is_out);
		if (is_null)
			continue;
		peers[count].weight = CheckBenchmarkWeight(DatumGetFloat8(argument));
		peers[count++].count = 1;
	}
	count = SortPeers(peers, count);
	points = MemoryContextAllocHuge(GetMemoryChunkContext(partition),
									Max(1, count) * sizeof(PeerPoint));
	partition->group = PeerGroupMake(peers, count, points);
	pfree(peers);
	partition->learned = true;
}

/*
 * benchmark_rank(value float8, weight float8, best text, peak float8, min_peers
 * int) OVER (…) → benchmark_result: the row against the others of its partition;
 * NULL for a row without a value. A row without a weight is compared, but is a
 * peer of nobody.
 */
Datum
benchmark_rank(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	RankPartition *partition = WinGetPartitionLocalMemory(window, sizeof(RankPartition));
	BenchmarkResult result;
	NullableDatum value;
	NullableDatum weight;
	int64		taken = -1;
	double		own;

	if (!partition->learned)
	{
		partition->options = CurrentOptions(window);
		partition->settings_vary = !get_fn_expr_arg_stable(fcinfo->flinfo, 2) ||
			!get_fn_expr_arg_stable(fcinfo->flinfo, 3) || !get_fn_expr_arg_stable(fcinfo->flinfo, 4);
		LearnPartition(window, partition);
	}
	else if (partition->settings_vary)
	{
		BenchmarkOptions now = CurrentOptions(window);

		CheckSameOptions(&partition->options, &now);
	}
	value = CurrentArgument(window, 0);
	if (value.isnull)
		PG_RETURN_NULL();
	own = CheckBenchmarkValue(DatumGetFloat8(value.value));
	weight = CurrentArgument(window, 1);
	if (!weight.isnull)
		taken = PeerGroupFind(&partition->group, own,
							  CheckBenchmarkWeight(DatumGetFloat8(weight.value)));
	result = BenchmarkAgainst(&partition->group, own, taken, &partition->options);
	return MakeResult(fcinfo->flinfo, &result);
}

/* ------------------------------------------------------------------------- */

/*
 * benchmark_at(benchmark_state, value float8, weight float8, best text, peak
 * float8, min_peers int, inside boolean) → benchmark_result: NULL without a state
 * or a value.
 */
Datum
benchmark_at(PG_FUNCTION_ARGS)
{
	BenchmarkOptions options = CheckOptions(fcinfo->args[3], fcinfo->args[4], fcinfo->args[5]);
	BenchmarkResult result;
	PeerGroup	group;
	Peer	   *peers;
	PeerPoint  *points;
	int64		count;
	double		value;
	double		weight;
	int64		taken = -1;

	CheckSettingIsSet(PG_ARGISNULL(6), "inside");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	value = CheckBenchmarkValue(PG_GETARG_FLOAT8(1));
	weight = PG_ARGISNULL(2) ? 1.0 : CheckBenchmarkWeight(PG_GETARG_FLOAT8(2));
	peers = BenchmarkStatePeers(PG_GETARG_DATUM(0), &count);
	points = palloc_extended(Max(1, count) * sizeof(PeerPoint), MCXT_ALLOC_HUGE);
	group = PeerGroupMake(peers, count, points);
	if (PG_GETARG_BOOL(6))
	{
		taken = PeerGroupFind(&group, value, weight);
		if (taken < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the benchmark_state does not hold the value that is to be left out"),
					 errdetail("It has no value %.17g of weight %.17g.", value, weight),
					 errhint("Give value and weight as they were folded in, or leave inside out.")));
	}
	result = BenchmarkAgainst(&group, value, taken, &options);
	pfree(points);
	pfree(peers);
	return MakeResult(fcinfo->flinfo, &result);
}

static void
PutKnown(RowWriter *row, double value, bool is_known)
{
	if (is_known)
		RowPutFloat(row, value);
	else
		RowPutNull(row);
}

/*
 * benchmark_versus(ours benchmark_state, theirs benchmark_state, confidence
 * float8) → (probability, probability_low, probability_high, p_value)
 */
Datum
benchmark_versus(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowBegin(fcinfo);
	int64		our_count = 0;
	int64		their_count = 0;
	Peer	   *ours = NULL;
	Peer	   *theirs = NULL;
	VersusResult result;
	double		confidence;

	CheckSettingIsSet(PG_ARGISNULL(2), "confidence");
	confidence = CheckConfidence(PG_GETARG_FLOAT8(2));
	if (!PG_ARGISNULL(0))
		ours = BenchmarkStatePeers(PG_GETARG_DATUM(0), &our_count);
	if (!PG_ARGISNULL(1))
		theirs = BenchmarkStatePeers(PG_GETARG_DATUM(1), &their_count);
	result = BenchmarkVersus(ours, our_count, theirs, their_count, confidence);
	PutKnown(&row, result.probability, result.has_probability);
	PutKnown(&row, result.low, result.has_interval);
	PutKnown(&row, result.high, result.has_interval);
	PutKnown(&row, result.p_value, result.has_interval);
	PG_RETURN_DATUM(RowDatum(&row));
}
