/*
 * forecast_state.c
 *		forecast_state: amounts and chances of open deals, and what they come to.
 *
 * Deals are taken as independent. The sum is not normal: one deal of half the
 * pipeline makes two humps of it. So its distribution is worked out, not assumed.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/numeric_call.h"
#include "deal/deal.h"
#include "deal/forecast_luck.h"

#define FORECAST_STATE_VERSION	1
#define FIRST_DEALS_SIZE	160

/* Sums are exact while they are of no more units than this, else of so many steps. */
#define EXACT_UNITS		1000000
#define STEPS			65536
#define STEP_TEXT		"0.0000152587890625"	/* 1 / STEPS */

#define HAS_CHANCE	1
#define HAS_BOUNDS	2			/* both low and high; never without a chance */

/* Deals follow, each a ForecastRow; sorted outside an aggregate, equal ones too. */
typedef struct ForecastState
{
	StateHeader header;
	int32		rows;
	int32		used;			/* bytes of rows */
} ForecastState;

/* The amount follows; the next row begins at a multiple of 8. */
typedef struct ForecastRow
{
	double		chance;			/* 0 where there is none */
	double		low;
	double		high;
	int32		has;
	int32		amount_size;
} ForecastRow;

PG_FUNCTION_INFO_V1(forecast_state_in);
PG_FUNCTION_INFO_V1(forecast_state_out);
PG_FUNCTION_INFO_V1(forecast_state_recv);
PG_FUNCTION_INFO_V1(forecast_state_send);
PG_FUNCTION_INFO_V1(forecast_state_add);
PG_FUNCTION_INFO_V1(forecast_state_combine);
PG_FUNCTION_INFO_V1(forecast_state_final);
PG_FUNCTION_INFO_V1(forecast_summary);
PG_FUNCTION_INFO_V1(forecast_quantiles);
PG_FUNCTION_INFO_V1(forecast_reach);

static inline Numeric
RowAmount(const ForecastRow *row)
{
	return (Numeric) ((char *) row + sizeof(ForecastRow));
}

static inline Size
RowSize(int amount_size)
{
	return MAXALIGN(sizeof(ForecastRow) + amount_size);
}

static inline ForecastRow *
FirstRow(const ForecastState *state)
{
	return (ForecastRow *) ((char *) state + sizeof(ForecastState));
}

static inline ForecastRow *
NextRow(const ForecastRow *row)
{
	return (ForecastRow *) ((char *) row + RowSize(row->amount_size));
}

static ForecastState *
StateNew(void)
{
	return StateCreate(sizeof(ForecastState) + FIRST_DEALS_SIZE, FORECAST_STATE_VERSION);
}

/* Appends a deal. Returns the state, or a larger one in the current context. */
static ForecastState *
StateAdd(ForecastState *state, const ForecastRow *head, Numeric amount)
{
	int			amount_size = VARSIZE(amount);
	ForecastRow *row;

	state = StateReserve(state, sizeof(ForecastState) + state->used, RowSize(amount_size),
						 "forecast_state");
	row = (ForecastRow *) ((char *) FirstRow(state) + state->used);
	*row = *head;
	row->amount_size = amount_size;
	memcpy(RowAmount(row), amount, amount_size);
	state->used += RowSize(amount_size);
	state->rows++;
	return state;
}

static int
CompareFloats(double left, double right)
{
	return (left > right) - (left < right);
}

static int
CompareRows(const ForecastRow *left, const ForecastRow *right)
{
	int			order = NumericCompare(RowAmount(left), RowAmount(right));

	if (order == 0)
		order = NumericScale(RowAmount(left)) - NumericScale(RowAmount(right));
	if (order == 0)
		order = left->has - right->has;
	if (order == 0)
		order = CompareFloats(left->chance, right->chance);
	if (order == 0)
		order = CompareFloats(left->low, right->low);
	return order != 0 ? order : CompareFloats(left->high, right->high);
}

typedef const ForecastRow *ForecastRowPointer;

#define ST_SORT SortForecastRows
#define ST_ELEMENT_TYPE ForecastRowPointer
#define ST_COMPARE(a, b) CompareRows(*(a), *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * The one form of a multiset of deals: sorted, no room to spare. The state itself
 * where it has this form, else a copy in the current context.
 */
static ForecastState *
StateCanonical(ForecastState *state)
{
	ForecastRowPointer *rows;
	ForecastRowPointer row = FirstRow(state);
	ForecastState *result;
	char	   *at;
	bool		in_order = VARSIZE(state) == sizeof(ForecastState) + state->used;

	rows = palloc_extended(Max(1, state->rows) * sizeof(ForecastRow *), MCXT_ALLOC_HUGE);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		rows[i] = row;
		if (i > 0 && in_order)
			in_order = CompareRows(rows[i - 1], row) <= 0;
	}
	if (!in_order)
	{
		SortForecastRows(rows, state->rows);
		result = palloc0(sizeof(ForecastState) + state->used);
		result->header.version = FORECAST_STATE_VERSION;
		result->rows = state->rows;
		result->used = state->used;
		SET_VARSIZE(result, sizeof(ForecastState) + state->used);
		at = (char *) FirstRow(result);
		for (int i = 0; i < state->rows; i++)
		{
			memcpy(at, rows[i], RowSize(rows[i]->amount_size));
			at += RowSize(rows[i]->amount_size);
		}
		state = result;
	}
	pfree(rows);
	return state;
}

static ForecastState *
ForecastStateFromDatum(Datum value)
{
	return StateCanonical(StateFromDatum(value, FORECAST_STATE_VERSION, sizeof(ForecastState),
										 "forecast_state"));
}

/* The rules that hold for every deal; NULL, or which one is broken. */
static const char *
RowBroken(const ForecastRow *row, Numeric amount)
{
	if (!NumericIsFinite(amount) || NumericIsNegative(amount))
		return "An amount must be finite and not negative.";
	if ((row->has & HAS_BOUNDS) && !(row->has & HAS_CHANCE))
		return "A deal without a chance has no bounds of it.";
	if ((row->has & HAS_CHANCE) && !(row->chance >= 0 && row->chance <= 1))
		return "A chance must lie between 0 and 1.";
	if ((row->has & HAS_BOUNDS) &&
		!(row->low >= 0 && row->low <= row->chance && row->chance <= row->high && row->high <= 1))
		return "A chance must lie between its bounds, and they between 0 and 1.";
	return NULL;
}

/*
 * forecast_state_in(cstring): reads {"deals": [[amount, chance, chance_low, chance_high],
 * …]}; null is what is not known
 */
Datum
forecast_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"deals"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "forecast_state");
	ForecastState *state = StateNew();
	JsonNode   *list;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "deals");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		JsonNode   *node = list->items[i];
		ForecastRow row = {0};
		Numeric		amount;
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != 4)
			JsonInvalid(node, "A deal is [amount, chance, chance_low, chance_high].",
						"The array has %d items.", node->count);
		amount = JsonGetNumeric(node->items[0]);
		if (node->items[1]->kind != JSON_KIND_NULL)
		{
			row.has = HAS_CHANCE;
			row.chance = JsonGetFloat(node->items[1]) + 0.0;
		}
		if (node->items[2]->kind != JSON_KIND_NULL || node->items[3]->kind != JSON_KIND_NULL)
		{
			row.has |= HAS_BOUNDS;
			row.low = JsonGetFloat(node->items[2]) + 0.0;
			row.high = JsonGetFloat(node->items[3]) + 0.0;
		}
		if ((broken = RowBroken(&row, amount)) != NULL)
			JsonInvalid(node, NULL, "%s", broken);
		state = StateAdd(state, &row, amount);
	}
	PG_RETURN_POINTER(StateCanonical(state));
}

/* forecast_state_out(forecast_state): the same text for equal states */
Datum
forecast_state_out(PG_FUNCTION_ARGS)
{
	ForecastState *state = ForecastStateFromDatum(PG_GETARG_DATUM(0));
	const ForecastRow *row = FirstRow(state);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"deals\": [");
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&text, "%s[%s, ", i == 0 ? "" : ", ", NumericToText(RowAmount(row)));
		if (row->has & HAS_CHANCE)
			JsonPutFloat(&text, row->chance);
		else
			appendStringInfoString(&text, "null");
		if (row->has & HAS_BOUNDS)
		{
			appendStringInfoString(&text, ", ");
			JsonPutFloat(&text, row->low);
			appendStringInfoString(&text, ", ");
			JsonPutFloat(&text, row->high);
			appendStringInfoChar(&text, ']');
		}
		else
			appendStringInfoString(&text, ", null, null]");
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
forecast_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), FORECAST_STATE_VERSION,
									   "forecast_state");
	ForecastState *state = StateNew();
	int			rows = WireGetCount(&reader, "deals", MaxAllocSize / sizeof(ForecastRow),
									1 + sizeof(int32) + 8);

	for (int i = 0; i < rows; i++)
	{
		ForecastRow row = {0};
		Numeric		amount;
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		row.has = WireGetByte(&reader);
		if (row.has > (HAS_CHANCE | HAS_BOUNDS))
			WireCorrupt(&reader, "Deal %d has the flags %d.", i + 1, row.has);
		if (row.has & HAS_CHANCE)
			row.chance = WireGetFloat(&reader) + 0.0;
		if (row.has & HAS_BOUNDS)
		{
			row.low = WireGetFloat(&reader) + 0.0;
			row.high = WireGetFloat(&reader) + 0.0;
		}
		amount = WireGetNumeric(&reader);
		if ((broken = RowBroken(&row, amount)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		state = StateAdd(state, &row, amount);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(StateCanonical(state));
}

Datum
forecast_state_send(PG_FUNCTION_ARGS)
{
	ForecastState *state = ForecastStateFromDatum(PG_GETARG_DATUM(0));
	const ForecastRow *row = FirstRow(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, FORECAST_STATE_VERSION);
	WirePutInt(&buffer, state->rows);
	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		WirePutByte(&buffer, row->has);
		if (row->has & HAS_CHANCE)
			WirePutFloat(&buffer, row->chance);
		if (row->has & HAS_BOUNDS)
		{
			WirePutFloat(&buffer, row->low);
			WirePutFloat(&buffer, row->high);
		}
		WirePutNumeric(&buffer, RowAmount(row));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* A chance or a bound of it, in 0..1. */
static double
CheckChance(double chance, const char *what)
{
	if (!(chance >= 0 && chance <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must lie between 0 and 1", what),
				 errdetail("The value is %g.", chance),
				 errhint("Write 30 %% as 0.3.")));
	return chance + 0.0;		/* no negative zero */
}

/*
 * forecast_state_add(forecast_state, amount numeric, chance float8 [, chance_low,
 * chance_high float8]): a NULL amount skips the row, a NULL chance is not judged
 */
Datum
forecast_state_add(PG_FUNCTION_ARGS)
{
	ForecastState *state;
	ForecastRow row = {0};
	Numeric		amount;

	AggregateContext(fcinfo, "forecast_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	amount = CheckFiniteNumeric(PG_GETARG_NUMERIC(1), "amount");
	if (NumericIsNegative(amount))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("amount must not be negative"),
				 errdetail("The value is %s.", NumericToText(amount)),
				 errhint("It is what the deal would bring.")));
	if (!PG_ARGISNULL(2))
	{
		row.has = HAS_CHANCE;
		row.chance = CheckChance(PG_GETARG_FLOAT8(2), "chance");
		/* a chance of 0 has no bounds, so that both may be NULL */
		if (PG_NARGS() > 3 && !(PG_ARGISNULL(3) && PG_ARGISNULL(4)))
		{
			row.has |= HAS_BOUNDS;
			row.low = PG_ARGISNULL(3) ? 0 : CheckChance(PG_GETARG_FLOAT8(3), "chance_low");
			row.high = PG_ARGISNULL(4) ? 1 : CheckChance(PG_GETARG_FLOAT8(4), "chance_high");
			if (row.low > row.chance || row.high < row.chance)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("chance must lie between chance_low and chance_high"),
						 errdetail("They are %g, %g and %g.", row.chance, row.low, row.high),
						 errhint("Give them in this order: amount, chance, chance_low, chance_high.")));
		}
	}
	state = PG_ARGISNULL(0) ? StateNew() : PG_GETARG_STATE_IN_PLACE(0);
	PG_RETURN_POINTER(StateAdd(state, &row, amount));
}

/* forecast_state_combine(forecast_state, forecast_state): either may be NULL */
Datum
forecast_state_combine(PG_FUNCTION_ARGS)
{
	ForecastState *state;
	ForecastState *other;

	AggregateContext(fcinfo, "forecast_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), FORECAST_STATE_VERSION, sizeof(ForecastState),
						   "forecast_state");
	state = PG_ARGISNULL(0) ? StateNew() : PG_GETARG_STATE_IN_PLACE(0);
	state = StateReserve(state, sizeof(ForecastState) + state->used, other->used,
						 "forecast_state");
	memcpy((char *) FirstRow(state) + state->used, FirstRow(other), other->used);
	state->used += other->used;
	state->rows += other->rows;
	PG_RETURN_POINTER(state);
}

/* forecast_state_final(forecast_state): sorted and without room to spare, in a copy */
Datum
forecast_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(ForecastStateFromDatum(PG_GETARG_DATUM(0)));
}

static double
AmountFloat(Numeric amount)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											  NumericGetDatum(amount)));
}

/* sum += amount * chance, exactly for the chance as numeric shows it. */
static void
AddShare(Numeric *sum, Numeric amount, double chance)
{
	Numeric		factor = DatumGetNumeric(DirectFunctionCall1(float8_numeric,
															 Float8GetDatum(chance)));

	*sum = NumericAdd(*sum, NumericMultiply(amount, factor));
}

/*
 * forecast_summary(forecast_state) → (deals, unjudged_deals bigint, open_amount,
 * unjudged_amount, expected_amount, expected_low, expected_high numeric, deviation float8)
 */
Datum
forecast_summary(PG_FUNCTION_ARGS)
{
	ForecastState *state = ForecastStateFromDatum(PG_GETARG_DATUM(0));
	RowWriter	row = RowBegin(fcinfo);
	const ForecastRow *deal = FirstRow(state);
	Money		open = {0};
	Money		unjudged = {0};
	Numeric		expected = NumericZero();
	Numeric		low = NumericZero();
	Numeric		high = NumericZero();
	int64		unjudged_deals = 0;
	double		variance = 0;

	for (int i = 0; i < state->rows; i++, deal = NextRow(deal))
	{
		Numeric		amount = RowAmount(deal);
		Money		money = MoneyFromNumeric((struct varlena *) amount);

		CHECK_FOR_INTERRUPTS();
		MoneyAdd(&open, &money);
		if (deal->has & HAS_CHANCE)
		{
			double		value = AmountFloat(amount);

			AddShare(&expected, amount, deal->chance);
			variance += value * value * deal->chance * (1 - deal->chance);
		}
		else
		{
			unjudged_deals++;
			MoneyAdd(&unjudged, &money);
		}
		if (deal->has & HAS_BOUNDS)
		{
			AddShare(&low, amount, deal->low);
			AddShare(&high, amount, deal->high);
		}
		else
			high = NumericAdd(high, amount);
	}
	RowPutInt64(&row, state->rows);
	RowPutInt64(&row, unjudged_deals);
	RowPutNumeric(&row, MoneyToNumeric(&open));
	RowPutNumeric(&row, MoneyToNumeric(&unjudged));
	RowPutNumeric(&row, expected);
	RowPutNumeric(&row, low);
	RowPutNumeric(&row, high);
	RowPutFinite(&row, sqrt(variance));
	PG_RETURN_DATUM(RowDatum(&row));
}

/*
 * The distribution of what judged deals come to, and what its units mean. Certain deals
 * are in the base, not in the distribution.
 */
typedef struct Outlook
{
	bool		judged;			/* is there any deal with a chance? */
	bool		exact;
	Luck		luck;
	Decimal		unit;			/* of the exact one */
	Decimal		base;
	Numeric		wide_base;		/* of the other */
	Numeric		wide_total;		/* of the uncertain ones: STEPS steps */
	int			scale;			/* decimals to show */
} Outlook;

/* The greatest common divisor; 0 is divided by all. */
static int128
CommonDivisor(int128 a, int128 b)
{
	while (b != 0)
	{
		int128		rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Tries to write all amounts as multiples of one unit; false where they do not fit, or
 * come to too many units.
 */
static bool
OutlookExact(Outlook *outlook, const Money *amounts, LuckDeal *deals, int count)
{
	int			groups = 0;
	int128		divisor = 0;
	int128		total = 0;

	for (int i = 0; i < count; i++)
	{
		if (amounts[i].wide != NULL)
			return false;
		groups = Max(groups, amounts[i].fixed.groups);
	}
	outlook->base.groups = outlook->unit.groups = groups;
	for (int i = 0; i < count; i++)
	{
		Decimal		amount = amounts[i].fixed;

		CHECK_FOR_INTERRUPTS();
		if (!DecimalRescale(&amount, groups))
			return false;
		if (deals[i].chance >= 1)
		{
			if (__builtin_add_overflow(outlook->base.coefficient, amount.coefficient,
									   &outlook->base.coefficient))
				return false;
		}
		else if (deals[i].chance > 0)
		{
			divisor = CommonDivisor(amount.coefficient, divisor);
			if (__builtin_add_overflow(total, amount.coefficient, &total))
				return false;
		}
	}
	if (__builtin_add_overflow(total, outlook->base.coefficient, &total))
		return false;
	total -= outlook->base.coefficient;
	if (divisor > 0 && total / divisor > EXACT_UNITS)
		return false;
	outlook->unit.coefficient = divisor;
	for (int i = 0; i < count; i++)
	{
		Decimal		amount = amounts[i].fixed;

		(void) DecimalRescale(&amount, groups);
		deals[i].units = divisor > 0 && deals[i].chance > 0 && deals[i].chance < 1 ?
			(int64) (amount.coefficient / divisor) : 0;
	}
	return true;
}

/*
 * Writes all amounts in steps. The running total is rounded, not each amount: what one
 * deal loses the next one gets, and together they are STEPS, however many they are. (Of
 * 200,000 deals, each a third of a step, rounding each leaves nothing.) Any of the deals
 * together are off by as much as the others are the other way, so by deals / 2 at most.
 */
static void
OutlookSteps(Outlook *outlook, const Money *amounts, LuckDeal *deals, int count)
{
	Money		base = {0};
	Money		total = {0};
	double		sum = 0;
	int64		given = 0;

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (deals[i].chance >= 1)
			MoneyAdd(&base, &amounts[i]);
		else if (deals[i].chance > 0)
			MoneyAdd(&total, &amounts[i]);
	}
	outlook->wide_base = MoneyToNumeric(&base);
	outlook->wide_total = MoneyToNumeric(&total);
	for (int i = 0; i < count; i++)
	{
		double		share;

		CHECK_FOR_INTERRUPTS();
		deals[i].units = 0;
		if (deals[i].chance > 0 && deals[i].chance < 1 &&
			NumericRatio(MoneyToNumeric(&amounts[i]), outlook->wide_total, &share))
		{
			sum += share;
			deals[i].units = (int64) rint(sum * STEPS) - given;
			given += deals[i].units;
		}
	}
}

static Outlook
OutlookMake(const ForecastState *state)
{
	Outlook		outlook = {0};
	const ForecastRow *row = FirstRow(state);
	Money	   *amounts = palloc_extended((Size) Max(state->rows, 1) * sizeof(Money),
										  MCXT_ALLOC_HUGE);
	LuckDeal   *deals = palloc_extended((Size) Max(state->rows, 1) * sizeof(LuckDeal),
										MCXT_ALLOC_HUGE);
	int			count = 0;

	for (int i = 0; i < state->rows; i++, row = NextRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		if (!(row->has & HAS_CHANCE))
			continue;
		amounts[count] = MoneyFromNumeric((struct varlena *) RowAmount(row));
		outlook.scale = Max(outlook.scale, NumericScale(RowAmount(row)));
		deals[count++].chance = row->chance;
	}
	outlook.judged = count > 0;
	if (count == 0)
		return outlook;
	outlook.exact = OutlookExact(&outlook, amounts, deals, count);
	if (!outlook.exact)
		OutlookSteps(&outlook, amounts, deals, count);
	/* certain deals are in the base */
	for (int i = 0; i < count; i++)
		if (deals[i].chance >= 1)
			deals[i].units = 0;
	LuckSort(deals, count);
	outlook.luck = LuckMake(deals, count);
	return outlook;
}

/* What so many units are; of steps unrounded, and never more than all deals. */
static Numeric
OutlookAmount(const Outlook *outlook, int64 units)
{
	Numeric		share;

	if (outlook->exact)
	{
		Decimal		amount = outlook->base;

		amount.coefficient += (int128) units * outlook->unit.coefficient;
		amount.scale = outlook->scale;
		return DecimalToNumeric(&amount);
	}
	share = outlook->wide_total;
	if (units < Min(STEPS, outlook->luck.top))
		share = NumericMultiply(share,
								NumericMultiply(DatumGetNumeric(DirectFunctionCall1(int8_numeric,
																					Int64GetDatum(units))),
												NumericFromText(STEP_TEXT)));
	return NumericAdd(outlook->wide_base, share);
}

/*
 * forecast_quantiles(forecast_state, p float8[]) → rows (share float8, amount numeric), one
 * per element: the least total that is not exceeded with at least that chance
 */
Datum
forecast_quantiles(PG_FUNCTION_ARGS)
{
	RowWriter	row = RowsBegin(fcinfo);
	ForecastState *state = ForecastStateFromDatum(PG_GETARG_DATUM(0));
	ArrayItems	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(1), "p");
	Outlook		outlook;

	for (int i = 0; i < items.count; i++)
		if (!items.nulls[i])
			CheckChance(DatumGetFloat8(items.values[i]), "an element of p");
	outlook = OutlookMake(state);
	for (int i = 0; i < items.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (items.nulls[i])
		{
			RowPutNulls(&row, 2);
			RowEnd(&row);
			continue;
		}
		RowPut(&row, items.values[i]);
		if (!outlook.judged)
			RowPutNull(&row);
		else
		{
			Numeric		amount = OutlookAmount(&outlook,
											   LuckQuantile(&outlook.luck,
															DatumGetFloat8(items.values[i])));

			RowPutNumeric(&row, outlook.exact ? amount : NumericRoundTo(amount, outlook.scale));
		}
		RowEnd(&row);
	}
	return (Datum) 0;
}

/*
 * forecast_reach(forecast_state, target numeric) → float8: the chance that the deals come
 * to at least so much; NULL where none has a chance
 */
Datum
forecast_reach(PG_FUNCTION_ARGS)
{
	ForecastState *state = ForecastStateFromDatum(PG_GETARG_DATUM(0));
	Numeric		target = CheckFiniteNumeric(PG_GETARG_NUMERIC(1), "target");
	Outlook		outlook = OutlookMake(state);
	int64		low = -1;		/* units that are too few */
	int64		high;			/* enough, or more than there are */

	if (!outlook.judged)
		PG_RETURN_NULL();
	high = outlook.luck.top + 1;
	while (high - low > 1)
	{
		int64		middle = low + (high - low) / 2;

		if (NumericCompare(OutlookAmount(&outlook, middle), target) >= 0)
			high = middle;
		else
			low = middle;
	}
	PG_RETURN_FLOAT8(LuckReach(&outlook.luck, high));
}

STATE_COMBINE(forecast_state_combine_two, forecast_state_combine, forecast_state_final)
