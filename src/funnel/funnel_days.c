/*
 * funnel_days.c
 *		Days between steps: kept and read.
 *
 * Durations are a list of (slot, microseconds, weight), a slot for each step and
 * for each of "from the step" and "from the start". When the list is full it is
 * sorted and equal entries are added up; a slot of more than 1,024 values then
 * keeps, of each, the seven bits behind the first, which is a histogram of buckets
 * at most 1/128 wide: their middle is within 0.4 % of every value in them, and so
 * is what is interpolated between two; to be within 1 % three digits are enough,
 * and more would be taken for exact. Whether a slot is rounded depends on its
 * number of values alone, and rounding twice is rounding once, so the result is
 * the same in whatever order and parts values came.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "funnel/funnel_days.h"

#define EXACT_VALUES 1024		/* a slot keeps this many as they are */
#define BUCKET_BITS 7			/* kept behind the first bit of a rounded value */
#define BUCKETS ((65 - BUCKET_BITS) << BUCKET_BITS)	/* so that any 64 bits have one */

#define ST_SORT SortDays
#define ST_ELEMENT_TYPE FunnelDays
#define ST_COMPARE(left, right) \
	(FunnelDaysSlot(left) != FunnelDaysSlot(right) ? FunnelDaysSlot(left) - FunnelDaysSlot(right) : \
	 ((left)->micros > (right)->micros) - ((left)->micros < (right)->micros))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Which bucket a duration falls in: the place of its first bit and the bits
 * behind it. Small ones have a bucket each.
 */
static inline int
BucketOf(uint64 micros)
{
	int			shift = 0;
	int			bucket;

	if (micros >= (UINT64CONST(2) << BUCKET_BITS))
		shift = pg_leftmost_one_pos64(micros) - BUCKET_BITS;
	bucket = (int) (micros >> shift) + (shift << BUCKET_BITS);
	Assert(bucket >= 0 && bucket < BUCKETS);
	return bucket;
}

/* The first value of a bucket, and how many values wide it is. */
static inline uint64
BucketStart(int bucket, uint64 *width)
{
	int			shift = bucket < (2 << BUCKET_BITS) ? 0 : (bucket >> BUCKET_BITS) - 1;

	Assert(bucket >= 0 && bucket < BUCKETS);
	*width = UINT64CONST(1) << shift;
	return (uint64) (bucket - (shift << BUCKET_BITS)) << shift;
}

/*
 * Sorts a list, rounds the slots that have too many values, and adds equal
 * entries up, in place; what is no longer needed becomes zero. Returns how many
 * entries are left.
 */
int
FunnelDaysCompact(FunnelDays *days, int count)
{
	int64		values[FUNNEL_DAYS_SLOTS] = {0};
	int			kept = 0;
	uint64		width;

	SortDays(days, count);
	for (int i = 0; i < count; i++)
		values[FunnelDaysSlot(&days[i])] += FunnelDaysWeight(&days[i]);
	for (int i = 0; i < count; i++)
	{
		FunnelDays	now = days[i];

		if (values[FunnelDaysSlot(&now)] > EXACT_VALUES)
			now.micros = BucketStart(BucketOf(now.micros), &width);
		if (kept > 0 && FunnelDaysSlot(&days[kept - 1]) == FunnelDaysSlot(&now) &&
			days[kept - 1].micros == now.micros)
		{
			if (FunnelDaysWeight(&days[kept - 1]) + FunnelDaysWeight(&now) > FUNNEL_DAYS_WEIGHT)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("more than %lld equal durations in one funnel_stats",
								(long long) FUNNEL_DAYS_WEIGHT)));
			days[kept - 1].tag += FunnelDaysWeight(&now);
		}
		else
			days[kept++] = now;
	}
	memset(&days[kept], 0, (count - kept) * sizeof(FunnelDays));
	return kept;
}

/* A number of at least 0, rounded to three significant digits. */
static double
ThreeDigits(double value)
{
	double		power = 1;

	if (value == 0)
		return 0;
	/* whole powers of ten are exact, so that the result is the nearest to its digits */
	if (value < 99.95)
	{
		while (value * power < 99.95)
			power *= 10;
		return rint(value * power) / power;
	}
	while (value / power >= 999.5)
		power *= 10;
	return rint(value / power) * power;
}

/*
 * The value at a fraction of a slot's values, as percentile_cont has it, in
 * days; of rounded values with three digits. The list is compact. False where the
 * slot has none.
 */
bool
FunnelDaysPercentile(const FunnelDays *days, int count, int slot, double fraction, double *result)
{
	int64		values = 0;
	int64		before = 0;
	double		place;
	int64		low;
	double		found[2];
	int			have = 0;

	for (int i = 0; i < count; i++)
		if (FunnelDaysSlot(&days[i]) == slot)
			values += FunnelDaysWeight(&days[i]);
	if (values == 0)
		return false;
	place = fraction * (double) (values - 1);
	low = (int64) place;
	for (int i = 0; i < count && have < 2; i++)
	{
		double		micros = (double) days[i].micros;

		if (FunnelDaysSlot(&days[i]) != slot)
			continue;
		if (values > EXACT_VALUES)
		{
			uint64		width;

			BucketStart(BucketOf(days[i].micros), &width);
			micros += (double) (width - 1) / 2;
		}
		before += FunnelDaysWeight(&days[i]);
		while (have < 2 && low + have < before)
			found[have++] = micros / (double) USECS_PER_DAY;
	}
	if (have < 2)
		found[1] = found[0];
	*result = found[0] + (place - (double) low) * (found[1] - found[0]);
	if (values > EXACT_VALUES)
		*result = ThreeDigits(*result);
	return true;
}

/* Writes a compact list as JSON: [{"step": 1, "from": "step", "micros": [5, [7, 2]]}, …] */
void
FunnelDaysPut(StringInfo text, const FunnelDays *days, int count)
{
	int			slot = -1;

	appendStringInfoChar(text, '[');
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (FunnelDaysSlot(&days[i]) != slot)
		{
			appendStringInfoString(text, i > 0 ? "]}, " : "");
			slot = FunnelDaysSlot(&days[i]);
			appendStringInfo(text, "{\"step\": %d, \"from\": \"%s\", \"micros\": [",
							 slot / 2 + 1, slot % 2 == 0 ? "step" : "start");
		}
		else
			appendStringInfoString(text, ", ");
		if (FunnelDaysWeight(&days[i]) == 1)
			appendStringInfo(text, UINT64_FORMAT, days[i].micros);
		else
			appendStringInfo(text, "[" UINT64_FORMAT ", " INT64_FORMAT "]", days[i].micros,
							 FunnelDaysWeight(&days[i]));
	}
	appendStringInfoString(text, slot >= 0 ? "]}]" : "]");
}

/*
 * Counts a value; false where its slot has so few that it belongs into the list,
 * as it is.
 */
bool
FunnelDaysCount(FunnelDaysCounts *counts, int slot, uint64 micros)
{
	Assert(slot >= 0 && slot < FUNNEL_DAYS_SLOTS);
	if (counts->values[slot]++ < EXACT_VALUES)
		return false;
	if (counts->bucket[slot] == NULL)
		counts->bucket[slot] = palloc0(BUCKETS * sizeof(int64));
	counts->bucket[slot][BucketOf(micros)]++;
	return true;
}

/* The next bucket with values in it, for the list; cursor: 0 at first. */
bool
FunnelDaysNextBucket(const FunnelDaysCounts *counts, int *cursor, FunnelDays *days)
{
	for (; *cursor < FUNNEL_DAYS_SLOTS * BUCKETS; (*cursor)++)
	{
		int			slot = *cursor / BUCKETS;
		int			bucket = *cursor % BUCKETS;
		uint64		width;

		if (counts->bucket[slot] == NULL)
			*cursor += BUCKETS - 1;
		else if (counts->bucket[slot][bucket] > 0)
		{
			*days = FunnelDaysOf(slot, BucketStart(bucket, &width), counts->bucket[slot][bucket]);
			(*cursor)++;
			return true;
		}
	}
	return false;
}
