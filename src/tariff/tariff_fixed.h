/*
 * tariff_fixed.h
 *		Prices in 128-bit fixed point, on plain numbers. No SQL here.
 */
#ifndef REVOPS_TARIFF_FIXED_H
#define REVOPS_TARIFF_FIXED_H

#include "base/decimal.h"

typedef enum TariffMode
{
	TARIFF_GRADUATED,			/* each unit at its own tier's price */
	TARIFF_VOLUME				/* all units at the price of the total's tier */
} TariffMode;

typedef enum TariffRounding
{
	TARIFF_HALF_UP,
	TARIFF_HALF_EVEN,
	TARIFF_UP,
	TARIFF_DOWN
} TariffRounding;

/* A tariff's numbers as they are given. */
typedef struct TariffDecimalTier
{
	Decimal		up_to;			/* not read for the last tier, which is open */
	Decimal		unit_price;
	Decimal		flat_fee;
} TariffDecimalTier;

typedef struct TariffDecimals
{
	TariffMode	mode;
	bool		from_bounds;	/* up_to is the first quantity of the next tier */
	bool		zero_fee;		/* the first flat fee is due for nothing, too */
	bool		rounded;
	bool		has_package;
	bool		has_minimum;
	bool		has_maximum;
	TariffRounding rounding;
	int			round_scale;
	Decimal		free_units;
	Decimal		package_size;
	Decimal		minimum;
	Decimal		maximum;
	int			tier_count;
	TariffDecimalTier *tiers;
} TariffDecimals;

/* The same, ready to price. */
typedef struct TariffFixedTier
{
	int128		up_to;			/* the largest there is for the open tier */
	int128		unit_price;
	int128		offset;			/* amount = offset + quantity * unit_price */
} TariffFixedTier;

typedef struct TariffFixed
{
	int			quantity_groups;
	int			amount_groups;
	int128		free_units;
	int128		package_size;	/* 0 where units are sold singly */
	int128		one;			/* unit or package */
	int128		zero_amount;	/* for nothing */
	int128		minimum;
	int128		maximum;
	int128		round_unit;		/* 0 where nothing is rounded off */
	TariffRounding rounding;
	int			tier_count;
	TariffFixedTier *tiers;
} TariffFixed;

extern bool TariffFixedPrepare(const TariffDecimals *tariff, TariffFixed *fixed);
extern bool TariffFixedPrice(const TariffFixed *fixed, Decimal quantity, Decimal *price);

#endif							/* REVOPS_TARIFF_FIXED_H */
