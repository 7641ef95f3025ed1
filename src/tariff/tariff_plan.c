/*
 * tariff_plan.c
 *		A tariff made ready to price, and the price of a quantity.
 *
 * In both modes the amount of a billable quantity in tier i is
 *
 *		offset[i] + quantity * unit_price[i]
 *
 * volume: the offset is the tier's flat fee; graduated: the fees of the tiers up
 * to this one, plus what the units below it cost more than at its price. That is
 * one search and one multiplication, done in 128-bit fixed point where all
 * numbers fit and in numeric otherwise, with equal results.
 *
 * Preparing costs as much as many prices, so plans are kept for the statement
 * in fn_extra, found by the bytes of the value: a join that alternates between
 * tariffs prepares each once. Nothing relies on it: where fn_extra does not
 * last, each call prepares its own.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/numeric_call.h"
#include "tariff/tariff.h"

/*
 * Preparing
 */

/* Reads an optional number; false when it does not fit. */
static bool
ReadDecimal(Numeric number, bool *given, Decimal *decimal)
{
	*given = number != NULL;
	return number == NULL || DecimalFromNumeric((struct varlena *) number, decimal);
}

/*
 * Fills the fixed-point half of a plan; false when something does not fit in
 * 128 bits.
 */
static bool
PrepareFixed(TariffPlan *plan)
{
	const Tariff *tariff = &plan->tariff;
	TariffDecimals numbers;
	bool		fits;

	memset(&numbers, 0, sizeof(numbers));
	numbers.mode = tariff->mode;
	numbers.zero_fee = tariff->zero_fee;
	numbers.rounded = tariff->rounded;
	numbers.from_bounds = tariff->from_bounds;
	numbers.rounding = tariff->rounding;
	numbers.round_scale = tariff->round_scale;
	if (!DecimalFromNumeric((struct varlena *) tariff->free_units, &numbers.free_units) ||
		!ReadDecimal(tariff->package_size, &numbers.has_package, &numbers.package_size) ||
		!ReadDecimal(tariff->minimum, &numbers.has_minimum, &numbers.minimum) ||
		!ReadDecimal(tariff->maximum, &numbers.has_maximum, &numbers.maximum))
		return false;
	numbers.tier_count = tariff->tier_count;
	numbers.tiers = palloc(tariff->tier_count * sizeof(TariffDecimalTier));
	fits = true;
	for (int i = 0; i < tariff->tier_count && fits; i++)
	{
		const TariffTier *tier = &tariff->tiers[i];
		TariffDecimalTier *decimals = &numbers.tiers[i];
		bool		bounded;

		fits = ReadDecimal(tier->up_to, &bounded, &decimals->up_to) &&
			DecimalFromNumeric((struct varlena *) tier->unit_price, &decimals->unit_price) &&
			DecimalFromNumeric((struct varlena *) tier->flat_fee, &decimals->flat_fee);
	}
	fits = fits && TariffFixedPrepare(&numbers, &plan->fixed);
	pfree(numbers.tiers);
	return fits;
}

/* The offsets of the tiers as numerics; made once, when first needed. */
static void
PrepareSlow(TariffPlan *plan)
{
	const Tariff *tariff = &plan->tariff;
	MemoryContext caller;
	Numeric    *offsets;

	if (plan->offsets)
		return;
	caller = MemoryContextSwitchTo(plan->context);
	offsets = palloc(tariff->tier_count * sizeof(Numeric));
	for (int i = 0; i < tariff->tier_count; i++)
	{
		const TariffTier *tier = &tariff->tiers[i];

		CHECK_FOR_INTERRUPTS();
		if (i > 0 && tariff->mode == TARIFF_GRADUATED)
			offsets[i] = NumericAdd(NumericAdd(offsets[i - 1], tier->flat_fee),
									NumericMultiply(tier[-1].up_to,
													NumericSubtract(tier[-1].unit_price,
																	tier->unit_price)));
		else
			offsets[i] = tier->flat_fee;
	}
	plan->offsets = offsets;
	MemoryContextSwitchTo(caller);
}

/*
 * A plan for a detoasted value, in the given context together with the value.
 */
static TariffPlan *
TariffPlanCreate(struct varlena *value, MemoryContext context)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	TariffPlan *plan = palloc0(sizeof(TariffPlan));
	const Tariff *tariff = &plan->tariff;
	int			bound_scale = 0;

	plan->context = context;
	TariffUnpack(value, &plan->tariff);
	for (int i = 0; i < tariff->tier_count; i++)
	{
		const TariffTier *tier = &tariff->tiers[i];

		if (tier->up_to)
			bound_scale = Max(bound_scale, NumericScale(tier->up_to));
		plan->price_scale = Max(plan->price_scale, NumericScale(tier->unit_price));
		plan->money_scale = Max(plan->money_scale, NumericScale(tier->flat_fee));
	}
	if (tariff->minimum)
		plan->money_scale = Max(plan->money_scale, NumericScale(tariff->minimum));
	if (tariff->maximum)
		plan->money_scale = Max(plan->money_scale, NumericScale(tariff->maximum));
	if (tariff->mode == TARIFF_GRADUATED)
		plan->quantity_scale = bound_scale;
	if (tariff->package_size == NULL)
		plan->quantity_scale = Max(plan->quantity_scale, NumericScale(tariff->free_units));
	plan->is_fixed = PrepareFixed(plan);
	MemoryContextSwitchTo(caller);
	return plan;
}

/*
 * Keeping
 */

#define CACHE_SLOTS		256		/* a power of 2 */
#define CACHE_BYTES		(16 * 1024 * 1024)

typedef struct CachedPlan
{
	struct CachedPlan *next;	/* in the same slot */
	uint64		hash;
	Size		size;			/* of the key */
	char	   *key;			/* the value's bytes, compressed where the datum is */
	TariffPlan *plan;
} CachedPlan;

typedef struct PlanCache
{
	MemoryContext context;		/* of the plans, emptied when it is full */
	Size		bytes;
	CachedPlan *latest;
	CachedPlan *slots[CACHE_SLOTS];
} PlanCache;

/* Eight bytes at a time; only has to spread. */
static uint64
HashBytes(const char *bytes, Size size)
{
	uint64		hash = size * UINT64CONST(0x9E3779B97F4A7C15);
	uint64		word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word))
	{
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * UINT64CONST(0xFF51AFD7ED558CCD);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, bytes, size);
	hash = (hash ^ word) * UINT64CONST(0xC4CEB9FE1A85EC53);
	return hash ^ (hash >> 29);
}

static bool
IsKey(const CachedPlan *cached, const char *key, Size size)
{
	return cached && cached->size == size && memcmp(cached->key, key, size) == 0;
}

/* Prepares a plan and puts it into its slot. */
static CachedPlan *
CacheAdd(PlanCache *cache, Datum value, uint64 hash, const char *key, Size size)
{
	struct varlena *detoasted = TariffDetoast(value);
	CachedPlan *cached;
	struct varlena *copy;

	/*
	 * A plan takes some ten times the value's bytes. A statement with a
	 * tariff of its own in every row starts over now and then.
	 */
	if (cache->bytes > CACHE_BYTES)
	{
		MemoryContextReset(cache->context);
		memset(cache->slots, 0, sizeof(cache->slots));
		cache->latest = NULL;
		cache->bytes = 0;
	}
	cache->bytes += 1024 + 10 * VARSIZE(detoasted);

	copy = MemoryContextAlloc(cache->context, VARSIZE(detoasted));
	memcpy(copy, detoasted, VARSIZE(detoasted));
	cached = MemoryContextAllocZero(cache->context, sizeof(CachedPlan));
	cached->plan = TariffPlanCreate(copy, cache->context);
	cached->hash = hash;
	cached->size = size;
	cached->key = MemoryContextAlloc(cache->context, size);
	memcpy(cached->key, key, size);
	cached->next = cache->slots[hash % CACHE_SLOTS];
	cache->slots[hash % CACHE_SLOTS] = cached;
	return cached;
}

/*
 * The plan of a tariff_def argument, kept for the statement where possible.
 */
TariffPlan *
TariffPlanGet(FunctionCallInfo fcinfo, Datum value)
{
	FmgrInfo   *function = fcinfo->flinfo;
	PlanCache  *cache;
	CachedPlan *cached;
	struct varlena *raw = (struct varlena *) DatumGetPointer(value);
	const char *key;
	Size		size;
	uint64		hash;

	if (function == NULL || function->fn_mcxt == NULL)
		return TariffPlanCreate(TariffDetoast(value), CurrentMemoryContext);

	cache = function->fn_extra;
	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(function->fn_mcxt, sizeof(PlanCache));
		cache->context = AllocSetContextCreate(function->fn_mcxt, "tariff plans",
											   ALLOCSET_SMALL_SIZES);
		function->fn_extra = cache;
	}

	/* one that is neither in the row nor in its TOAST table is read at once */
	if (VARATT_IS_EXTERNAL(raw) && !VARATT_IS_EXTERNAL_ONDISK(raw))
	{
		raw = TariffDetoast(value);
		value = PointerGetDatum(raw);
	}

	/*
	 * A large tariff lies in a TOAST table, and reading it there takes longer
	 * than pricing. Its pointer names a value that is never changed, and whose
	 * number is not given again while a statement runs: a key as good as the
	 * bytes.
	 */
	if (VARATT_IS_EXTERNAL(raw) || VARATT_IS_COMPRESSED(raw))
	{
		key = (char *) raw;
		size = VARSIZE_ANY(raw);
	}
	else
	{
		key = VARDATA_ANY(raw);
		size = VARSIZE_ANY_EXHDR(raw);
	}

	if (IsKey(cache->latest, key, size))
		return cache->latest->plan;
	hash = HashBytes(key, size);
	cached = cache->slots[hash % CACHE_SLOTS];
	while (cached && !(cached->hash == hash && IsKey(cached, key, size)))
		cached = cached->next;
	if (cached == NULL)
		cached = CacheAdd(cache, value, hash, key, size);
	cache->latest = cached;
	return cached->plan;
}

/*
 * Pricing
 */

/* A quantity must be finite, not negative, and of bearable scale. */
void
TariffCheckQuantity(Numeric quantity, const char *what)
{
	if (!NumericIsFinite(quantity))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite number", what),
				 errdetail("The value is %s.", NumericToText(quantity)),
				 errhint("Filter such rows out, or turn them into NULL with nullif().")));
	if (NumericIsNegative(quantity))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must not be negative", what),
				 errdetail("The value is %s.", NumericToText(quantity)),
				 errhint("Price what is billed in all; what a correction changes is tariff_delta(tariff, before, after).")));
	if (NumericScale(quantity) > TARIFF_MOST_SCALE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s has too many decimals", what),
				 errdetail("It has %d; %d are allowed.", NumericScale(quantity), TARIFF_MOST_SCALE),
				 errhint("Round it.")));
}

/* Decimals to show of the price of a quantity that shows so many. */
static int
TariffAmountScale(const TariffPlan *plan, int quantity_scale)
{
	int			billable_scale = plan->quantity_scale;

	if (plan->tariff.rounded)
		return Max(plan->tariff.round_scale, 0);
	if (plan->tariff.package_size == NULL)
		billable_scale = Max(billable_scale, quantity_scale);
	return Max(billable_scale + plan->price_scale, plan->money_scale);
}

/*
 * What of a valid quantity is billed: free units off, whole packages.
 */
Numeric
TariffBillable(const TariffPlan *plan, Numeric quantity)
{
	Numeric		size = plan->tariff.package_size;
	Numeric		units = NumericSubtract(quantity, plan->tariff.free_units);
	Numeric		packages;

	if (NumericIsNegative(units))
		return NumericZero();
	if (size == NULL)
		return units;
	packages = NumericDivideWhole(units, size);
	if (NumericCompare(NumericMultiply(packages, size), units) < 0)
		packages = NumericAdd(packages, int64_to_numeric(1));
	return packages;
}

/* The tier, from 0, that a billable quantity above 0 falls in. */
int
TariffTierOf(const TariffPlan *plan, Numeric billable)
{
	int			first = 0;
	int			last = plan->tariff.tier_count - 1;

	while (first < last)
	{
		int			middle = (first + last) / 2;

		int			order = NumericCompare(billable, plan->tariff.tiers[middle].up_to);

		if (plan->tariff.from_bounds ? order < 0 : order <= 0)
			last = middle;
		else
			first = middle + 1;
	}
	return first;
}

/*
 * An amount that is not negative, rounded.
 */
Numeric
TariffRound(Numeric amount, int scale, TariffRounding rounding)
{
	Numeric		unit;
	Numeric		below;
	bool		upwards = false;

	if (rounding == TARIFF_HALF_UP)
		return NumericRoundTo(amount, scale);
	below = NumericTruncateTo(amount, scale);
	if (rounding == TARIFF_DOWN || NumericCompare(below, amount) == 0)
		return below;
	unit = NumericPowerOfTen(-scale);
	if (rounding == TARIFF_UP)
		upwards = true;
	else
	{
		Numeric		rest = NumericSubtract(amount, below);
		int			half = NumericCompare(NumericAdd(rest, rest), unit);

		upwards = half > 0;
		if (half == 0)
		{
			Numeric		two = NumericAdd(unit, unit);

			upwards = NumericCompare(NumericMultiply(NumericDivideWhole(below, two), two),
									 below) != 0;
		}
	}
	return upwards ? NumericAdd(below, unit) : below;
}

/*
 * The price in numeric, for what does not fit in 128 bits. quantity: not yet
 * checked.
 */
static Numeric
TariffPriceSlow(TariffPlan *plan, Numeric quantity)
{
	const Tariff *tariff = &plan->tariff;
	Numeric		billable;
	Numeric		amount;

	TariffCheckQuantity(quantity, "quantity");
	PrepareSlow(plan);
	billable = TariffBillable(plan, quantity);
	if (NumericCompare(billable, NumericZero()) == 0)
		amount = tariff->zero_fee ? tariff->tiers[0].flat_fee : NumericZero();
	else
	{
		int			tier = TariffTierOf(plan, billable);

		amount = NumericAdd(plan->offsets[tier],
							NumericMultiply(billable, tariff->tiers[tier].unit_price));
	}
	if (tariff->rounded)
		amount = TariffRound(amount, tariff->round_scale, tariff->rounding);
	if (tariff->maximum && NumericCompare(amount, tariff->maximum) > 0)
		amount = tariff->maximum;
	if (tariff->minimum && NumericCompare(amount, tariff->minimum) < 0)
		amount = tariff->minimum;
	return NumericRoundTo(amount, TariffAmountScale(plan, NumericScale(quantity)));
}

/*
 * The price of a quantity: a detoasted numeric, its header long or short.
 */
Numeric
TariffPrice(TariffPlan *plan, struct varlena *quantity)
{
	Decimal		decimal;
	Decimal		price;

	if (plan->is_fixed && DecimalFromNumeric(quantity, &decimal) && decimal.coefficient >= 0 &&
		decimal.scale <= TARIFF_MOST_SCALE && TariffFixedPrice(&plan->fixed, decimal, &price))
	{
		price.scale = TariffAmountScale(plan, decimal.scale);
		return DecimalToNumeric(&price);
	}
	return TariffPriceSlow(plan, DatumGetNumeric(PointerGetDatum(quantity)));
}
