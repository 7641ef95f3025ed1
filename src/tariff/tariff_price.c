/*
 * tariff_price.c
 *		What a tariff says of a quantity: its price, the lines the price is the sum
 *		of, what changes between two quantities, and the tiers as rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/numeric_call.h"
#include "tariff/tariff.h"

PG_FUNCTION_INFO_V1(tariff_price);
PG_FUNCTION_INFO_V1(tariff_delta);
PG_FUNCTION_INFO_V1(tariff_unit_price);
PG_FUNCTION_INFO_V1(tariff_lines);
PG_FUNCTION_INFO_V1(tariff_tiers);

/* tariff_price(tariff_def, numeric) */
Datum
tariff_price(PG_FUNCTION_ARGS)
{
	struct varlena *quantity = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1));

	PG_RETURN_NUMERIC(TariffPrice(TariffPlanGet(fcinfo, PG_GETARG_DATUM(0)), quantity));
}

/*
 * tariff_delta(tariff_def, before numeric, after numeric): not strict, because a
 * NULL before is nothing billed yet.
 */
Datum
tariff_delta(PG_FUNCTION_ARGS)
{
	TariffPlan *plan;
	Numeric		price;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	for (int i = 1; i <= 2; i++)
		if (!PG_ARGISNULL(i) && NumericIsNegative(PG_GETARG_NUMERIC(i)))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("%s must not be negative", i == 1 ? "before" : "after"),
					 errdetail("The value is %s.", NumericToText(PG_GETARG_NUMERIC(i))),
					 errhint("Both are what is billed in all so far. Where credits are more than was ever billed, bill 0 and carry what is below it forward.")));
	plan = TariffPlanGet(fcinfo, PG_GETARG_DATUM(0));
	price = TariffPrice(plan, PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(2)));
	if (PG_ARGISNULL(1))
		PG_RETURN_NUMERIC(price);
	PG_RETURN_NUMERIC(NumericSubtract(price,
									  TariffPrice(plan, PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1)))));
}

/* tariff_unit_price(tariff_def, numeric): what a unit costs on average; NULL for no unit */
Datum
tariff_unit_price(PG_FUNCTION_ARGS)
{
	Numeric		quantity = PG_GETARG_NUMERIC(1);
	Numeric		price;

	TariffCheckQuantity(quantity, "quantity");
	if (NumericCompare(quantity, NumericZero()) == 0)
		PG_RETURN_NULL();
	price = TariffPrice(TariffPlanGet(fcinfo, PG_GETARG_DATUM(0)), (struct varlena *) quantity);
	PG_RETURN_DATUM(DirectFunctionCall2(numeric_div, NumericGetDatum(price),
										NumericGetDatum(quantity)));
}

/*
 * The lines of a price, as they are put out.
 */
typedef struct LineWriter
{
	ReturnSetInfo *result;
	int			lines;
	Numeric		total;			/* of the lines so far */
} LineWriter;

enum
{
	LINE_INDEX,
	LINE_KIND,
	LINE_FROM,
	LINE_TO,
	LINE_QUANTITY,
	LINE_UNIT_PRICE,
	LINE_AMOUNT,
	LINE_COLUMNS
};

/* One line; NULL numbers stay NULL. */
static void
PutLine(LineWriter *writer, const char *kind, Numeric from, Numeric to, Numeric quantity,
		Numeric unit_price, Numeric amount)
{
	Datum		values[LINE_COLUMNS];
	bool		nulls[LINE_COLUMNS] = {false};

	values[LINE_INDEX] = Int32GetDatum(++writer->lines);
	values[LINE_KIND] = CStringGetTextDatum(kind);
	values[LINE_FROM] = NumericGetDatum(from);
	values[LINE_TO] = NumericGetDatum(to);
	values[LINE_QUANTITY] = NumericGetDatum(quantity);
	values[LINE_UNIT_PRICE] = NumericGetDatum(unit_price);
	values[LINE_AMOUNT] = NumericGetDatum(amount);
	nulls[LINE_FROM] = from == NULL;
	nulls[LINE_TO] = to == NULL;
	nulls[LINE_QUANTITY] = quantity == NULL;
	nulls[LINE_UNIT_PRICE] = unit_price == NULL;
	tuplestore_putvalues(writer->result->setResult, writer->result->setDesc, values, nulls);
	writer->total = NumericAdd(writer->total, amount);
}

/* The line of a tier's units, and that of its flat fee where it has one. */
static void
PutTier(LineWriter *writer, const TariffTier *tier, Numeric from, Numeric to, bool fee_is_due)
{
	Numeric		quantity = NumericSubtract(to, from);

	PutLine(writer, "tier", from, to, quantity, tier->unit_price,
			NumericMultiply(quantity, tier->unit_price));
	if (fee_is_due && NumericCompare(tier->flat_fee, NumericZero()) > 0)
		PutLine(writer, "flat_fee", from, to, NULL, NULL, tier->flat_fee);
}

/* A line that brings the total to what it must be, where it is not. */
static void
PutCorrection(LineWriter *writer, const char *kind, Numeric total)
{
	Numeric		change = NumericSubtract(total, writer->total);

	if (NumericCompare(change, NumericZero()) != 0)
		PutLine(writer, kind, NULL, NULL, NULL, NULL, change);
}

/*
 * tariff_lines(tariff_def, numeric): at least one line, so that the sum of the
 * amounts is the price for nothing, too
 */
Datum
tariff_lines(PG_FUNCTION_ARGS)
{
	TariffPlan *plan = TariffPlanGet(fcinfo, PG_GETARG_DATUM(0));
	const Tariff *tariff = &plan->tariff;
	Numeric		quantity = PG_GETARG_NUMERIC(1);
	Numeric		zero = NumericZero();
	Numeric		billable;
	LineWriter	writer = {(ReturnSetInfo *) fcinfo->resultinfo, 0, zero};

	InitMaterializedSRF(fcinfo, 0);
	TariffCheckQuantity(quantity, "quantity");
	billable = TariffBillable(plan, quantity);
	if (NumericCompare(billable, zero) == 0)
		PutTier(&writer, &tariff->tiers[0], zero, zero, tariff->zero_fee);
	else
	{
		int			last = TariffTierOf(plan, billable);

		if (tariff->mode == TARIFF_VOLUME)
			PutTier(&writer, &tariff->tiers[last], zero, billable, true);
		else
		{
			for (int i = 0; i <= last; i++)
			{
				CHECK_FOR_INTERRUPTS();
				PutTier(&writer, &tariff->tiers[i], i == 0 ? zero : tariff->tiers[i - 1].up_to,
						i == last ? billable : tariff->tiers[i].up_to, true);
			}
		}
	}

	if (tariff->rounded)
		PutCorrection(&writer, "rounding",
					  TariffRound(writer.total, tariff->round_scale, tariff->rounding));
	if (tariff->maximum && NumericCompare(writer.total, tariff->maximum) > 0)
		PutCorrection(&writer, "maximum", tariff->maximum);
	if (tariff->minimum && NumericCompare(writer.total, tariff->minimum) < 0)
		PutCorrection(&writer, "minimum", tariff->minimum);
	return (Datum) 0;
}

/* tariff_tiers(tariff_def): one row per tier */
Datum
tariff_tiers(PG_FUNCTION_ARGS)
{
	enum
	{
		TIER_INDEX, TIER_FROM, TIER_UP_TO, TIER_UNIT_PRICE, TIER_FLAT_FEE, TIER_COLUMNS
	};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Tariff		tariff;

	TariffUnpack(TariffDetoast(PG_GETARG_DATUM(0)), &tariff);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < tariff.tier_count; i++)
	{
		const TariffTier *tier = &tariff.tiers[i];
		Datum		values[TIER_COLUMNS];
		bool		nulls[TIER_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[TIER_INDEX] = Int32GetDatum(i + 1);
		values[TIER_FROM] = NumericGetDatum(i == 0 ? NumericZero() : tier[-1].up_to);
		values[TIER_UP_TO] = NumericGetDatum(tier->up_to);
		values[TIER_UNIT_PRICE] = NumericGetDatum(tier->unit_price);
		values[TIER_FLAT_FEE] = NumericGetDatum(tier->flat_fee);
		nulls[TIER_UP_TO] = tier->up_to == NULL;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
