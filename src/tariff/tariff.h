/*
 * tariff.h
 *		Tiered prices: what the rooms of the module share.
 */
#ifndef REVOPS_TARIFF_H
#define REVOPS_TARIFF_H

#include "fmgr.h"
#include "utils/numeric.h"

#include "base/decimal.h"
#include "base/json_tree.h"
#include "tariff/tariff_fixed.h"

/* tariff_def.c: the value */

#define TARIFF_MOST_TIERS	10000

typedef struct TariffTier
{
	Numeric		up_to;			/* included, unless from_bounds; NULL for the last, which is open */
	Numeric		unit_price;
	Numeric		flat_fee;
} TariffTier;

typedef struct Tariff
{
	TariffMode	mode;
	bool		from_bounds;	/* up_to is the first quantity of the next tier */
	bool		zero_fee;		/* the first flat fee is due for nothing, too */
	bool		rounded;
	TariffRounding rounding;
	int			round_scale;
	Numeric		free_units;		/* 0 where there are none */
	Numeric		package_size;	/* NULL where units are sold singly */
	Numeric		minimum;		/* NULL where there is none */
	Numeric		maximum;
	const char *currency;		/* NULL where none is named */
	int			tier_count;
	TariffTier *tiers;
} Tariff;

typedef enum TariffSource
{
	TARIFF_FROM_TEXT,
	TARIFF_FROM_BINARY,
	TARIFF_FROM_ARGUMENTS
} TariffSource;

extern void TariffInit(Tariff *tariff);
extern void TariffReadOptions(Tariff *tariff, const JsonNode *root);
extern bool TariffModeFromText(const char *text, TariffMode *mode);
extern struct varlena *TariffPack(Tariff *tariff, TariffSource source);
extern void TariffUnpack(struct varlena *value, Tariff *tariff);
extern struct varlena *TariffDetoast(Datum value);

/* tariff_plan.c: a tariff made ready to price, and what it prices */

#define TARIFF_MOST_SCALE	1900	/* decimals of a quantity: round() knows 2,000 */

typedef struct TariffPlan
{
	Tariff		tariff;
	MemoryContext context;		/* where the plan lives */
	Numeric    *offsets;		/* as in TariffFixedTier, made when first needed */

	/* decimals to show */
	int			quantity_scale; /* of free units, and bounds where they enter the amount */
	int			price_scale;	/* of unit prices */
	int			money_scale;	/* of fees, minimum, maximum */

	/* where everything fits in 128 bits */
	bool		is_fixed;
	TariffFixed fixed;
} TariffPlan;

extern TariffPlan *TariffPlanGet(FunctionCallInfo fcinfo, Datum value);
extern void TariffCheckQuantity(Numeric quantity, const char *what);
extern Numeric TariffBillable(const TariffPlan *plan, Numeric quantity);
extern int	TariffTierOf(const TariffPlan *plan, Numeric billable);
extern Numeric TariffRound(Numeric amount, int scale, TariffRounding rounding);
extern Numeric TariffPrice(TariffPlan *plan, struct varlena *quantity);

#endif							/* REVOPS_TARIFF_H */
