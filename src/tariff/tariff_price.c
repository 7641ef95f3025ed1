/*
 * tariff_price.c
 *		What a tariff says of a quantity: its price, the lines the price is the sum
 *		of, what changes between two quantities, and the tiers as rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/numeric_call.h"
#include "base/rows.h"
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
	RowWriter	row;
	int			lines;
	Numeric		total;			/* of the lines so far */
} LineWriter;

/* One line; NULL numbers stay NULL. */
static void
PutLine(LineWriter *writer, const char *kind, Numeric from, Numeric to, Numeric quantity,
		Numeric unit_price, Numeric amount)
{
	RowWriter  *row = &writer->row;

	RowPutInt(row, ++writer->lines);
	RowPutText(row, kind);
	RowPutNumeric(row, from);
	RowPutNumeric(row, to);
	RowPutNumeric(row, quantity);
	RowPutNumeric(row, unit_price);
	RowPutNumeric(row, amount);
	RowEnd(row);
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
	LineWriter	writer = {RowsBegin(fcinfo), 0, zero};

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
	RowWriter	row = RowsBegin(fcinfo);
	Tariff		tariff;

	TariffUnpack(TariffDetoast(PG_GETARG_DATUM(0)), &tariff);
	for (int i = 0; i < tariff.tier_count; i++)
	{
		const TariffTier *tier = &tariff.tiers[i];

		CHECK_FOR_INTERRUPTS();
		RowPutInt(&row, i + 1);
		RowPutNumeric(&row, i == 0 ? NumericZero() : tier[-1].up_to);
		RowPutNumeric(&row, tier->up_to);
		RowPutNumeric(&row, tier->unit_price);
		RowPutNumeric(&row, tier->flat_fee);
		RowEnd(&row);
	}
	return (Datum) 0;
}
