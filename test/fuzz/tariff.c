/*
 * tariff.c
 *		Decimals and prices in 128 bits, against whole numbers without end. What
 *		does not fit must be said; what is small must fit.
 */
#include "fuzz.h"

#include "big.h"
#include "tariff/tariff_fixed.h"

/* All numbers at one scale: a unit is 10^-36, an amount's 10^-72. */
#define PLACES		36
#define MOST_TIERS	4

/* The number times 10^places. */
static Big
Scaled(const Decimal *decimal, int places)
{
	return BigMultiply(BigOf(decimal->coefficient), BigTen(places - 4 * decimal->groups));
}

/* bits: of the largest coefficient */
static Decimal
DrawDecimal(int bits, int most_groups)
{
	Decimal		decimal;
	unsigned __int128 drawn = (unsigned __int128) RandomBits() << 64 | RandomBits();

	decimal.groups = RandomBelow(most_groups + 1);
	decimal.scale = decimal.groups * 4;
	decimal.coefficient = Chance(10) ? 0 : (int128) (drawn >> (127 - RandomBelow(bits)) >> 1);
	return decimal;
}

static bool
FitsInt128(Big number)
{
	static const int128 largest = (int128) (~(unsigned __int128) 0 >> 1);

	return BigCompare(number, BigOf(largest)) <= 0 && BigCompare(number, BigOf(-largest - 1)) >= 0;
}

void
DecimalCase(void)
{
	DecimalSum	sum = {0};
	Big			exact = BigOf(0);
	int			groups = 0;

	for (int i = RandomBelow(6); i >= 0; i--)
	{
		Decimal		more = DrawDecimal(126, DECIMAL_MOST_GROUPS);
		Decimal		total;
		Big			after;
		bool		fits;

		if (Chance(50))
			more.coefficient = -more.coefficient;
		after = BigAdd(exact, Scaled(&more, PLACES));
		Note("    groups %d, high " INT64_FORMAT ", low " UINT64_FORMAT "\n", more.groups,
			 (int64) (more.coefficient >> 64), (uint64) more.coefficient);

		/* it fits where both parts and the sum do with the groups of the finer */
		groups = Max(sum.groups, more.groups);
		fits = FitsInt128(BigMultiply(BigOf(more.coefficient), BigTen(4 * (groups - more.groups))));
		total = DecimalSumValue(&sum);
		fits = fits &&
			FitsInt128(BigMultiply(BigOf(total.coefficient), BigTen(4 * (groups - sum.groups))));
		if (fits)
			fits = FitsInt128(BigAdd(BigMultiply(BigOf(more.coefficient), BigTen(4 * (groups - more.groups))),
									 BigMultiply(BigOf(total.coefficient), BigTen(4 * (groups - sum.groups)))));
		EXPECT(DecimalSumAdd(&sum, &more) == fits, "%s", fits ? "it fits" : "it does not fit");
		if (fits)
			exact = after;
		total = DecimalSumValue(&sum);
		EXPECT(BigCompare(Scaled(&total, PLACES), exact) == 0, "another sum");
	}
}

static TariffDecimals tariff;
static TariffDecimalTier tiers[MOST_TIERS];

/* A multiple of unit near an amount of 0 or more. */
static Big
Rounded(Big amount, Big unit)
{
	Big			rest;
	Big			whole = BigDivide(amount, unit, &rest);
	int			half = BigCompare(BigAdd(rest, rest), unit);
	bool		up = false;

	switch (tariff.rounding)
	{
		case TARIFF_HALF_UP:
			up = half >= 0;
			break;
		case TARIFF_HALF_EVEN:
			up = half > 0 || (half == 0 && whole.length > 0 && (whole.limbs[0] & 1));
			break;
		case TARIFF_UP:
			up = BigCompare(rest, BigOf(0)) > 0;
			break;
		case TARIFF_DOWN:
			break;
	}
	return BigMultiply(BigAdd(whole, BigOf(up)), unit);
}

/* Tier by tier, as the price list is read aloud. */
static Big
PriceOf(const Decimal *quantity)
{
	Big			billable = BigSubtract(Scaled(quantity, PLACES), Scaled(&tariff.free_units, PLACES));
	Big			amount = BigOf(0);

	if (tariff.has_package && BigCompare(billable, BigOf(0)) > 0)
	{
		Big			rest;
		Big			packages = BigDivide(billable, Scaled(&tariff.package_size, PLACES), &rest);

		if (BigCompare(rest, BigOf(0)) > 0)
			packages = BigAdd(packages, BigOf(1));
		billable = BigMultiply(packages, BigTen(PLACES));
	}
	if (BigCompare(billable, BigOf(0)) <= 0)
	{
		if (tariff.zero_fee)
			amount = Scaled(&tiers[0].flat_fee, 2 * PLACES);
	}
	else if (tariff.mode == TARIFF_VOLUME)
	{
		int			t = 0;

		while (t < tariff.tier_count - 1 &&
			   BigCompare(billable, Scaled(&tiers[t].up_to, PLACES)) > 0)
			t++;
		amount = BigAdd(BigMultiply(billable, Scaled(&tiers[t].unit_price, PLACES)),
						Scaled(&tiers[t].flat_fee, 2 * PLACES));
	}
	else
	{
		Big			from = BigOf(0);

		for (int t = 0; t < tariff.tier_count && BigCompare(billable, from) > 0; t++)
		{
			Big			to = billable;

			if (t < tariff.tier_count - 1 &&
				BigCompare(billable, Scaled(&tiers[t].up_to, PLACES)) > 0)
				to = Scaled(&tiers[t].up_to, PLACES);
			amount = BigAdd(amount, BigMultiply(BigSubtract(to, from),
												Scaled(&tiers[t].unit_price, PLACES)));
			amount = BigAdd(amount, Scaled(&tiers[t].flat_fee, 2 * PLACES));
			from = to;
		}
	}
	if (tariff.rounded)
		amount = Rounded(amount, BigTen(2 * PLACES - tariff.round_scale));
	if (tariff.has_maximum && BigCompare(amount, Scaled(&tariff.maximum, 2 * PLACES)) > 0)
		amount = Scaled(&tariff.maximum, 2 * PLACES);
	if (tariff.has_minimum && BigCompare(amount, Scaled(&tariff.minimum, 2 * PLACES)) < 0)
		amount = Scaled(&tariff.minimum, 2 * PLACES);
	return amount;
}

static void
NoteDecimal(const char *name, const Decimal *decimal)
{
	Note("    %s: groups %d, high " INT64_FORMAT ", low " UINT64_FORMAT "\n", name,
		 decimal->groups, (int64) (decimal->coefficient >> 64), (uint64) decimal->coefficient);
}

/* Bounds that rise; false where they cannot. */
static bool
DrawTariff(int bits, int groups)
{
	memset(&tariff, 0, sizeof(tariff));
	tariff.mode = RandomBelow(2) ? TARIFF_GRADUATED : TARIFF_VOLUME;
	tariff.zero_fee = Chance(50);
	tariff.rounded = Chance(60);
	tariff.rounding = RandomBelow(TARIFF_DOWN + 1);
	tariff.round_scale = RandomBetween(-2, 6);
	tariff.has_package = Chance(30);
	tariff.has_minimum = Chance(30);
	tariff.has_maximum = Chance(30);
	if (Chance(40))
		tariff.free_units = DrawDecimal(bits, groups);
	tariff.package_size = DrawDecimal(bits / 2 + 1, groups);
	tariff.minimum = DrawDecimal(bits, groups);
	tariff.maximum = DrawDecimal(bits, groups);
	tariff.tier_count = RandomBetween(1, MOST_TIERS);
	tariff.tiers = tiers;
	if (tariff.has_package && tariff.package_size.coefficient == 0)
		return false;
	if (tariff.has_minimum && tariff.has_maximum &&
		BigCompare(Scaled(&tariff.minimum, PLACES), Scaled(&tariff.maximum, PLACES)) > 0)
		return false;
	Note("%s, %d tiers, zero fee %d, rounded %d by %d to %d\n",
		 tariff.mode == TARIFF_VOLUME ? "volume" : "graduated", tariff.tier_count, tariff.zero_fee,
		 tariff.rounded, tariff.rounding, tariff.round_scale);
	NoteDecimal("free units", &tariff.free_units);
	if (tariff.has_package)
		NoteDecimal("package", &tariff.package_size);
	if (tariff.has_minimum)
		NoteDecimal("minimum", &tariff.minimum);
	if (tariff.has_maximum)
		NoteDecimal("maximum", &tariff.maximum);
	for (int t = 0; t < tariff.tier_count; t++)
	{
		tiers[t].up_to = DrawDecimal(bits, groups);
		tiers[t].unit_price = DrawDecimal(bits, groups);
		tiers[t].flat_fee = DrawDecimal(Chance(50) ? 1 : bits, groups);
		if (t < tariff.tier_count - 1)
		{
			NoteDecimal("up to", &tiers[t].up_to);
			if (tiers[t].up_to.coefficient == 0)
				return false;
			if (t > 0 && BigCompare(Scaled(&tiers[t - 1].up_to, PLACES),
									Scaled(&tiers[t].up_to, PLACES)) >= 0)
				return false;
		}
		NoteDecimal("unit price", &tiers[t].unit_price);
		NoteDecimal("flat fee", &tiers[t].flat_fee);
	}
	return true;
}

void
TariffCase(void)
{
	bool		small = Chance(60);
	int			bits = small ? 24 : 122;
	int			groups = small ? 1 : Chance(50) ? 2 : 9;
	TariffFixed fixed;

	if (!DrawTariff(bits, groups))
		return;
	if (!TariffFixedPrepare(&tariff, &fixed))
	{
		EXPECT(!small, "small numbers do not fit");
		return;
	}
	for (int i = 0; i < 4; i++)
	{
		Decimal		quantity = DrawDecimal(bits, groups);
		Decimal		price;

		/* at a bound, or right behind it */
		if (Chance(50) && tariff.tier_count > 1)
		{
			quantity = tiers[RandomBelow(tariff.tier_count - 1)].up_to;
			quantity.coefficient += RandomBelow(2);
		}
		NoteDecimal("quantity", &quantity);
		if (!TariffFixedPrice(&fixed, quantity, &price))
		{
			EXPECT(!small, "the price of a small quantity does not fit");
			continue;
		}
		EXPECT(price.groups <= 2 * DECIMAL_MOST_GROUPS &&
			   BigCompare(Scaled(&price, 2 * PLACES), PriceOf(&quantity)) == 0, "another price");
	}
}
