/*
 * tariff_fixed.c
 *		Prices in 128-bit fixed point: see tariff_fixed.h. Whatever does not fit is
 *		for the caller to price otherwise.
 */
#include "postgres.h"

#include "tariff/tariff_fixed.h"

#define LARGEST_INT128	((int128) (~(unsigned __int128) 0 >> 1))

/* Decimal digits that quantities may always have, in groups of four. */
#define LEAST_QUANTITY_GROUPS	2

/* A number with so many groups; false when it does not fit. */
static bool
FixedPoint(Decimal number, int groups, int128 *fixed)
{
	if (!DecimalRescale(&number, groups))
		return false;
	*fixed = number.coefficient;
	return true;
}

/*
 * Makes a tariff ready, its tiers in the current context; false when something
 * does not fit in 128 bits.
 */
bool
TariffFixedPrepare(const TariffDecimals *tariff, TariffFixed *fixed)
{
	int			last = tariff->tier_count - 1;
	int			quantity_groups = Max(LEAST_QUANTITY_GROUPS, tariff->free_units.groups);
	int			money_groups = 0;
	int128		offset = 0;		/* of the tier before */

	if (tariff->has_package)
		quantity_groups = Max(quantity_groups, tariff->package_size.groups);
	if (tariff->has_minimum)
		money_groups = Max(money_groups, tariff->minimum.groups);
	if (tariff->has_maximum)
		money_groups = Max(money_groups, tariff->maximum.groups);
	for (int i = 0; i <= last; i++)
	{
		const TariffDecimalTier *tier = &tariff->tiers[i];

		if (i < last)
			quantity_groups = Max(quantity_groups, tier->up_to.groups);
		money_groups = Max(money_groups, Max(tier->unit_price.groups, tier->flat_fee.groups));
	}
	memset(fixed, 0, sizeof(*fixed));
	fixed->quantity_groups = quantity_groups;
	fixed->amount_groups = quantity_groups + money_groups;
	fixed->rounding = tariff->rounding;
	fixed->tier_count = tariff->tier_count;

	if (!FixedPoint(tariff->free_units, quantity_groups, &fixed->free_units) ||
		!PowerOfTen(4 * quantity_groups, &fixed->one))
		return false;
	if (tariff->has_package &&
		!FixedPoint(tariff->package_size, quantity_groups, &fixed->package_size))
		return false;
	fixed->maximum = LARGEST_INT128;
	if ((tariff->has_minimum &&
		 !FixedPoint(tariff->minimum, fixed->amount_groups, &fixed->minimum)) ||
		(tariff->has_maximum &&
		 !FixedPoint(tariff->maximum, fixed->amount_groups, &fixed->maximum)))
		return false;
	if (tariff->rounded && tariff->round_scale < 4 * fixed->amount_groups &&
		!PowerOfTen(4 * fixed->amount_groups - tariff->round_scale, &fixed->round_unit))
		return false;

	fixed->tiers = palloc0(tariff->tier_count * sizeof(TariffFixedTier));
	for (int i = 0; i <= last; i++)
	{
		const TariffDecimalTier *tier = &tariff->tiers[i];
		TariffFixedTier *ready = &fixed->tiers[i];
		int128		fee;

		ready->up_to = LARGEST_INT128;
		if ((i < last && !FixedPoint(tier->up_to, quantity_groups, &ready->up_to)) ||
			!FixedPoint(tier->unit_price, money_groups, &ready->unit_price) ||
			!FixedPoint(tier->flat_fee, fixed->amount_groups, &fee))
			return false;
		if (i < last && tariff->from_bounds)
			ready->up_to--;		/* the last quantity below, at this many decimals */
		if (i == 0)
			fixed->zero_amount = tariff->zero_fee ? fee : 0;
		if (i > 0 && tariff->mode == TARIFF_GRADUATED)
		{
			/* units below this tier stay at their own prices */
			int128		change;

			if (__builtin_mul_overflow(ready[-1].up_to, ready[-1].unit_price - ready->unit_price,
									   &change) ||
				__builtin_add_overflow(offset, change, &offset) ||
				__builtin_add_overflow(offset, fee, &offset))
				return false;
		}
		else
			offset = fee;
		ready->offset = offset;
	}
	return true;
}

/* Rounds an amount of 0 or more to a multiple of unit; false on overflow. */
static inline bool
FixedRound(int128 *amount, int128 unit, TariffRounding rounding)
{
	int128		whole;
	int128		rest;
	bool		upwards;

	if (*amount <= PG_INT64_MAX && unit <= PG_INT64_MAX)
	{
		whole = (uint64) *amount / (uint64) unit;
		rest = (uint64) *amount % (uint64) unit;
	}
	else
	{
		whole = *amount / unit;
		rest = *amount % unit;
	}
	if (rest == 0)
		return true;
	switch (rounding)
	{
		case TARIFF_HALF_UP:
			upwards = rest >= unit - rest;
			break;
		case TARIFF_HALF_EVEN:
			upwards = rest > unit - rest || (rest == unit - rest && (whole & 1) == 1);
			break;
		case TARIFF_UP:
			upwards = true;
			break;
		default:
			upwards = false;
			break;
	}
	return !__builtin_mul_overflow(whole + (upwards ? 1 : 0), unit, amount);
}

/*
 * The price of a quantity of 0 or more; false when something does not fit. The
 * price's scale is the caller's to set.
 */
bool
TariffFixedPrice(const TariffFixed *fixed, Decimal quantity, Decimal *price)
{
	int128		billable;
	int128		amount;

	if (quantity.groups > fixed->quantity_groups ||
		!DecimalRescale(&quantity, fixed->quantity_groups))
		return false;
	billable = quantity.coefficient - fixed->free_units;
	if (billable <= 0)
		amount = fixed->zero_amount;
	else
	{
		const TariffFixedTier *tiers = fixed->tiers;
		int			first = 0;
		int			last = fixed->tier_count - 1;

		if (fixed->package_size > 0)
		{
			int128		packages;

			if (billable <= PG_INT64_MAX && fixed->package_size <= PG_INT64_MAX)
				packages = ((uint64) billable - 1) / (uint64) fixed->package_size + 1;
			else
				packages = (billable - 1) / fixed->package_size + 1;
			if (__builtin_mul_overflow(packages, fixed->one, &billable))
				return false;
		}
		while (first < last)
		{
			int			middle = (first + last) / 2;

			if (billable <= tiers[middle].up_to)
				last = middle;
			else
				first = middle + 1;
		}
		if (__builtin_mul_overflow(billable, tiers[first].unit_price, &amount) ||
			__builtin_add_overflow(amount, tiers[first].offset, &amount))
			return false;
	}
	if (fixed->round_unit > 0 && !FixedRound(&amount, fixed->round_unit, fixed->rounding))
		return false;
	price->coefficient = Max(Min(amount, fixed->maximum), fixed->minimum);
	price->groups = fixed->amount_groups;
	return true;
}
