/*
 * amount.c
 *		An amount split in proportion to weights, to the cent: largest remainder.
 *
 * Each share is first cut off to the scale; the units still missing go to the
 * shares that lost most, the first of equals. So the shares sum to the total and
 * each is less than one unit off its exact value. A negative total is split as
 * its amount is, and the signs turned.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "base/arrays.h"
#include "base/compat.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/numeric_call.h"

#define MOST_SCALE			30
#define MOST_TOTAL_DECIMALS	500

PG_FUNCTION_INFO_V1(amount_split);
PG_FUNCTION_INFO_V1(amount_share);

typedef struct Share
{
	int64		index;
	Numeric		amount;			/* cut off to the scale */
	Numeric		rest;			/* what is cut off, times the sum of the weights */
} Share;

/* The larger rest first; of equals, the first. */
static int
CompareShares(const void *left, const void *right)
{
	const Share *left_share = left;
	const Share *right_share = right;
	int			order = NumericCompare(right_share->rest, left_share->rest);

	CHECK_FOR_INTERRUPTS();
	if (order != 0)
		return order;
	return left_share->index < right_share->index ? -1 : 1;
}

static void
CheckScale(int scale)
{
	if (scale < -MOST_SCALE || scale > MOST_SCALE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale must be between %d and %d", -MOST_SCALE, MOST_SCALE),
				 errdetail("The value is %d.", scale),
				 errhint("A scale of 2 splits to the cent.")));
}

typedef struct FastShare
{
	int64		index;
	int128		units;			/* of the scale */
	int128		rest;			/* as in Share, in units */
} FastShare;

static int
CompareFastShares(const void *left, const void *right)
{
	const FastShare *left_share = left;
	const FastShare *right_share = right;

	CHECK_FOR_INTERRUPTS();
	if (left_share->rest != right_share->rest)
		return left_share->rest > right_share->rest ? -1 : 1;
	return left_share->index < right_share->index ? -1 : 1;
}

/*
 * SplitAmount in 128 bits. False, with the weights as they were, when something
 * does not fit, and when something is wrong: that is for SplitAmount to say.
 */
static bool
SplitFast(Numeric total, Numeric *weights, int64 count, int scale)
{
	Decimal		decimal;
	int128		power;
	int128		units;
	int128		sum = 0;
	int128		missing;
	int			groups = 0;
	int64		part_count = 0;
	FastShare  *shares;
	bool		negative;

	/* the total in units, without sign */
	if (!DecimalFromNumeric((struct varlena *) total, &decimal) ||
		!PowerOfTen(abs(scale - 4 * decimal.groups), &power))
		return false;
	negative = decimal.coefficient < 0;
	units = negative ? -decimal.coefficient : decimal.coefficient;
	if (scale >= 4 * decimal.groups)
	{
		if (__builtin_mul_overflow(units, power, &units))
			return false;
	}
	else if (units % power != 0)
		return false;
	else
		units /= power;

	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (weights[i] == NULL)
			continue;
		if (!DecimalFromNumeric((struct varlena *) weights[i], &decimal) || decimal.coefficient < 0)
			return false;
		groups = Max(groups, decimal.groups);
		part_count++;
	}
	shares = MemoryContextAllocHuge(CurrentMemoryContext, Max(part_count, 1) * sizeof(FastShare));
	part_count = 0;
	for (int64 i = 0; i < count; i++)
	{
		FastShare  *share = &shares[part_count];

		CHECK_FOR_INTERRUPTS();
		if (weights[i] == NULL)
			continue;
		if (!DecimalFromNumeric((struct varlena *) weights[i], &decimal) ||
			!DecimalRescale(&decimal, groups) ||
			__builtin_add_overflow(sum, decimal.coefficient, &sum) ||
			__builtin_mul_overflow(decimal.coefficient, units, &share->rest))
			return false;
		share->index = i;
		part_count++;
	}

	/* shares are shown with the scale's decimals: 10^-scale in groups of four */
	decimal.scale = Max(scale, 0);
	decimal.groups = (decimal.scale + 3) / 4;
	if (sum == 0 || !PowerOfTen(4 * decimal.groups - scale, &power) ||
		__builtin_mul_overflow(units, power, &missing))
		return false;

	missing = units;
	for (int64 i = 0; i < part_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		shares[i].units = shares[i].rest / sum;
		shares[i].rest %= sum;
		missing -= shares[i].units;
	}
	if (missing > 0)
		qsort(shares, part_count, sizeof(FastShare), CompareFastShares);
	for (int64 i = 0; i < part_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		decimal.coefficient = (shares[i].units + (i < missing ? 1 : 0)) * power;
		if (negative)
			decimal.coefficient = -decimal.coefficient;
		weights[shares[i].index] = DecimalToNumeric(&decimal);
	}
	pfree(shares);
	return true;
}

/* The sum of weights, each of them checked. part_count: how many are not NULL. */
static Numeric
SumWeights(Numeric *weights, int64 count, int64 *part_count)
{
	Numeric		sum = NumericZero();

	*part_count = 0;
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (weights[i] == NULL)
			continue;
		CheckFiniteNumeric(weights[i], "weight");
		if (NumericIsNegative(weights[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a weight must not be negative"),
					 errdetail("Weight %lld is %s.", (long long) i + 1, NumericToText(weights[i])),
					 errhint("Give 0 to who takes no share.")));
		if (NumericScale(weights[i]) > MOST_TOTAL_DECIMALS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a weight has too many decimals"),
					 errdetail("Weight %lld has %d; %d are allowed.", (long long) i + 1,
							   NumericScale(weights[i]), MOST_TOTAL_DECIMALS),
					 errhint("Round the weights.")));
		sum = NumericAdd(sum, weights[i]);
		(*part_count)++;
	}
	return sum;
}

/*
 * Splits an amount that is not negative: the shares that whole units allow, and the
 * units that are left to those with the largest rests. sum: of the weights, above 0.
 * NULL weights have no share; index says whose each is.
 */
static Share *
DivideAmount(Numeric amount, Numeric *weights, int64 count, int64 part_count, Numeric sum,
			 Numeric unit)
{
	Numeric		missing = amount;
	Numeric		unit_sum = NumericMultiply(sum, unit);
	Share	   *shares = MemoryContextAllocHuge(CurrentMemoryContext, part_count * sizeof(Share));
	int64		part = 0;
	int64		units;

	for (int64 i = 0; i < count; i++)
	{
		Share	   *share;
		Numeric		product;

		CHECK_FOR_INTERRUPTS();
		if (weights[i] == NULL)
			continue;
		share = &shares[part++];
		product = NumericMultiply(amount, weights[i]);
		share->index = i;
		share->amount = NumericMultiply(NumericDivideWhole(product, unit_sum), unit);
		share->rest = NumericSubtract(product, NumericMultiply(share->amount, sum));
		missing = NumericSubtract(missing, share->amount);
	}

	/* fewer units than shares are missing */
	units = DatumGetInt64(DirectFunctionCall1(numeric_int8,
											  NumericGetDatum(NumericDivideWhole(missing, unit))));
	if (units > 0)
		qsort(shares, part_count, sizeof(Share), CompareShares);
	for (int64 i = 0; i < units; i++)
	{
		CHECK_FOR_INTERRUPTS();
		shares[i].amount = NumericAdd(shares[i].amount, unit);
	}
	return shares;
}

/*
 * Splits a total. weights: count of them, NULL for one that takes no part;
 * replaced by the shares, in the current context.
 */
static void
SplitAmount(Numeric total, Numeric *weights, int64 count, int scale)
{
	Numeric		sum;
	Share	   *shares;
	int64		part_count;
	bool		negative;

	CheckScale(scale);
	if (SplitFast(total, weights, count, scale))
		return;
	CheckFiniteNumeric(total, "total");
	if (NumericScale(total) > MOST_TOTAL_DECIMALS ||
		NumericCompare(total, NumericTruncateTo(total, scale)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the total is finer than the scale"),
				 errdetail("The total is %s, the scale %d; no shares of that scale sum to it.",
						   NumericToText(total), scale),
				 errhint("Round the total first, or give a larger scale.")));
	sum = SumWeights(weights, count, &part_count);
	if (NumericCompare(sum, NumericZero()) == 0)
	{
		if (NumericCompare(total, NumericZero()) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("no weight is above 0"),
					 errdetail("%lld weights are to share %s.", (long long) part_count,
							   NumericToText(total)),
					 errhint("Leave such a group out, or say who gets it by a weight of 1.")));
		for (int64 i = 0; i < count; i++)
			if (weights[i])
				weights[i] = NumericRoundTo(NumericZero(), Max(scale, 0));
		return;
	}

	negative = NumericIsNegative(total);
	shares = DivideAmount(negative ? NumericNegate(total) : total, weights, count, part_count, sum,
						  NumericPowerOfTen(-scale));
	for (int64 i = 0; i < part_count; i++)
	{
		Numeric		share = shares[i].amount;

		CHECK_FOR_INTERRUPTS();
		weights[shares[i].index] = NumericRoundTo(negative ? NumericNegate(share) : share,
												  Max(scale, 0));
	}
	pfree(shares);
}

/* amount_split(total numeric, weights numeric[], scale int) */
Datum
amount_split(PG_FUNCTION_ARGS)
{
	ArrayItems	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "weights");
	Numeric    *numbers = palloc(Max(items.count, 1) * sizeof(Numeric));
	int			lower = 1;

	for (int i = 0; i < items.count; i++)
		numbers[i] = items.nulls[i] ? NULL : DatumGetNumeric(items.values[i]);
	SplitAmount(PG_GETARG_NUMERIC(0), numbers, items.count, PG_GETARG_INT32(2));
	if (items.count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(NUMERICOID));
	for (int i = 0; i < items.count; i++)
		items.values[i] = NumericGetDatum(numbers[i]);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(items.values, items.nulls, 1, &items.count, &lower,
											 NUMERICOID, -1, false, TYPALIGN_INT));
}

/*
 * The window function
 */

/* The shares of a partition, made at its first row. */
typedef struct PartitionShares
{
	bool		done;
	Numeric    *shares;			/* a row each; NULL where it has none */
} PartitionShares;

/*
 * An argument of the row at a place of the partition. The row is fetched again
 * for each argument, so what an earlier call pointed at is gone: what is still
 * needed must have been copied.
 */
static Datum
ArgumentAt(WindowObject window, int argument, int64 row, bool *is_null)
{
	bool		is_out;

	return WinGetFuncArgInPartition(window, argument, (int) row, WINDOW_SEEK_HEAD, false,
									is_null, &is_out);
}

/* The same for a numeric: a copy in the current context, NULL for none. */
static Numeric
NumericArgumentAt(WindowObject window, int argument, int64 row)
{
	bool		is_null;
	Datum		value = ArgumentAt(window, argument, row, &is_null);

	return is_null ? NULL : DatumGetNumericCopy(value);
}

/*
 * Gathers the weights of a partition and splits the total over them. Total and
 * scale must be the same in every row.
 */
static void
SplitPartition(WindowObject window, PartitionShares *partition)
{
	int64		count = WinGetPartitionRowCount(window);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext keep = GetMemoryChunkContext(partition);
	MemoryContext scratch = AllocSetContextCreate(caller, "amount_share", ALLOCSET_DEFAULT_SIZES);
	Numeric		total = NULL;
	int			scale = 0;
	bool		scale_is_null = false;

	if (count > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a partition of amount_share has too many rows"),
				 errdetail("It has %lld rows; %d are allowed.", (long long) count, PG_INT32_MAX),
				 errhint("Partition by something finer.")));
	partition->shares = MemoryContextAllocHuge(keep, count * sizeof(Numeric));
	MemoryContextSwitchTo(scratch);
	for (int64 row = 0; row < count; row++)
	{
		bool		row_scale_is_null;
		Numeric		row_total = NumericArgumentAt(window, 0, row);
		Numeric		weight = NumericArgumentAt(window, 1, row);
		int			row_scale = DatumGetInt32(ArgumentAt(window, 2, row, &row_scale_is_null));

		CHECK_FOR_INTERRUPTS();
		if (row == 0)
		{
			total = row_total;
			scale_is_null = row_scale_is_null;
			scale = row_scale_is_null ? 0 : row_scale;
		}
		else if ((row_total == NULL) != (total == NULL) ||
				 (total && NumericCompare(total, row_total) != 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the total of amount_share changes within a partition"),
					 errdetail("One row says %s, another %s.",
							   total ? NumericToText(total) : "NULL",
							   row_total ? NumericToText(row_total) : "NULL"),
					 errhint("Partition by what the total depends on.")));
		else if (row_scale_is_null != scale_is_null ||
				 (!scale_is_null && row_scale != scale))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the scale of amount_share changes within a partition"),
					 errdetail("One row says %s, another %s.",
							   scale_is_null ? "NULL" : psprintf("%d", scale),
							   row_scale_is_null ? "NULL" : psprintf("%d", row_scale)),
					 errhint("Partition by what the scale depends on.")));
		if (row > 0 && row_total)
			pfree(row_total);
		partition->shares[row] = weight;
	}

	if (total == NULL || scale_is_null)
		memset(partition->shares, 0, count * sizeof(Numeric));
	else
	{
		SplitAmount(total, partition->shares, count, scale);
		MemoryContextSwitchTo(keep);
		for (int64 row = 0; row < count; row++)
			if (partition->shares[row])
				partition->shares[row] = DatumGetNumericCopy(NumericGetDatum(partition->shares[row]));
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	partition->done = true;
}

/* amount_share(total numeric, weight numeric, scale int) over (…) */
Datum
amount_share(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionShares *partition = WinGetPartitionLocalMemory(window, sizeof(PartitionShares));
	Numeric		share;

	if (!partition->done)
		SplitPartition(window, partition);
	share = partition->shares[WinGetCurrentPosition(window)];
	if (share == NULL)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(share);
}
