/*
 * bridge_functions.c
 *		bridge_effects, bridge_rows and bridge_rate_rows.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/arrays.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/rows.h"
#include "bridge/bridge.h"

#define LEAST_SCALE		2		/* of money, where the totals show less */
#define MOST_SCALE		36		/* decimals that a total can have */
#define GROUP_DIGITS	4

PG_FUNCTION_INFO_V1(bridge_effects);
PG_FUNCTION_INFO_V1(bridge_rows);
PG_FUNCTION_INFO_V1(bridge_rate_rows);

/* ------------------------------------------------------------------------- */

static BridgeMethod
ReadMethod(FunctionCallInfo fcinfo, int argument)
{
	char	   *name;

	CheckSettingIsSet(PG_ARGISNULL(argument), "method");
	name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (strcmp(name, "shapley") == 0)
		return BRIDGE_SHAPLEY;
	if (strcmp(name, "lmdi") == 0)
		return BRIDGE_LMDI;
	if (strcmp(name, "chain") == 0)
		return BRIDGE_CHAIN;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown method \"%s\"", name),
			 errhint("The methods are shapley, lmdi and chain.")));
	pg_unreachable();
}

/* scale, or -1 where it is NULL. */
static int
ReadScale(FunctionCallInfo fcinfo, int argument)
{
	int			scale;

	if (PG_ARGISNULL(argument))
		return -1;
	scale = PG_GETARG_INT32(argument);
	if (scale < 0 || scale > MOST_SCALE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale must lie between 0 and %d", MOST_SCALE),
				 errdetail("The value is %d.", scale),
				 errhint("It is how many decimals an effect has: 2 for cents.")));
	return scale;
}

pg_noreturn static void
NoPermutation(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("substitute must name each factor once"),
			 errdetail("%s", detail),
			 errhint("It is the order in which the method chain replaces the factors, all of them.")));
}

/* The order of factors, from 0, that substitute says; NULL: their own. */
static void
SetOrder(BridgeRule *rule, const int *substitute, int count)
{
	bool		seen[BRIDGE_MOST_TOTALS] = {false};

	for (int k = 0; k < rule->totals; k++)
		rule->order[k] = k;
	if (substitute == NULL)
		return;
	if (rule->method != BRIDGE_CHAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("substitute is of the method chain alone"),
				 errdetail("The effects of other methods do not depend on an order."),
				 errhint("Leave it out, or say method => 'chain'.")));
	if (count != rule->totals)
		NoPermutation(psprintf("It names %d; there are %d factors.", count, rule->totals));
	for (int i = 0; i < count; i++)
	{
		if (substitute[i] < 0 || substitute[i] >= count)
			NoPermutation(psprintf("%d is not one of 1 to %d.", substitute[i] + 1, count));
		if (seen[substitute[i]])
			NoPermutation(psprintf("Factor %d stands twice.", substitute[i] + 1));
		seen[substitute[i]] = true;
		rule->order[i] = substitute[i];
	}
}

/* A number in units of 10^-(4 * groups), which is at least as fine as it is. */
static void
BigFromDecimal(Big *big, const Decimal *value, int groups)
{
	BigSet(big, value->coefficient);
	if (groups > value->groups)
		BigMultiplyPower(big, (groups - value->groups) * GROUP_DIGITS);
}

/* From units of 10^-(4 * groups) to those of a scale that is known to hold it. */
static void
BigToScale(Big *value, int groups, int scale)
{
	if (scale >= groups * GROUP_DIGITS)
		BigMultiplyPower(value, scale - groups * GROUP_DIGITS);
	else
	{
		Big			power;
		Big			rest;
		Big			copy;

		BigSet(&power, 1);
		BigMultiplyPower(&power, groups * GROUP_DIGITS - scale);
		BigCopy(&copy, value);
		BigDivideFloor(&copy, &power, value, &rest);
		Assert(BigIsZero(&rest));
	}
}

/* Units of 10^-scale as a numeric. */
static Numeric
BigToNumeric(const Big *units, int scale)
{
	Decimal		value;
	__int128	coefficient;	/* not int128, which the server aligns to 8 bytes only */
	int128		power;
	char	   *text;

	value.groups = (scale + GROUP_DIGITS - 1) / GROUP_DIGITS;
	value.scale = scale;
	if (PowerOfTen(value.groups * GROUP_DIGITS - scale, &power) &&
		BigToInt128(units, &coefficient) &&
		!__builtin_mul_overflow(coefficient, power, &coefficient))
	{
		value.coefficient = coefficient;
		return DecimalToNumeric(&value);
	}
	text = palloc(BIG_TEXT_SIZE);
	return NumericFromText(BigToText(units, scale, text));
}

static bool
FitsScale(const Decimal *value, int scale)
{
	int128		unit;

	return value->groups * GROUP_DIGITS <= scale ||
		(PowerOfTen(value->groups * GROUP_DIGITS - scale, &unit) && value->coefficient % unit == 0);
}

/* An effect is a whole number of units only where the totals are. */
static void
CheckScale(const Decimal *value, int scale)
{
	if (!FitsScale(value, scale))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale is too small for the last totals"),
				 errdetail("The total %s has more than %d decimals.",
						   NumericToText(DecimalToNumeric(value)), scale),
				 errhint("Leave scale out, give a larger one, or round the totals.")));
}

/* lmdi has no logarithm of a factor that changes its sign. cell NULL: there are none. */
static void
CheckTurned(bool split, int factor, const char *cell)
{
	if (!split)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lmdi cannot split a change in which a factor changes its sign"),
				 cell == NULL ? errdetail("Factor %d does.", factor + 1) :
				 errdetail("Factor %d does, in the cell \"%s\".", factor + 1, cell),
				 errhint("Use the method shapley, which takes any sign.")));
}

/* ------------------------------------------------------------------------- */

static int
ReadTotals(ArrayType *array, const char *name, Decimal *totals)
{
	ArrayItems	items = ArrayRead(array, name);

	CheckTotalsCount(items.count);
	memset(totals, 0, sizeof(Decimal) * BRIDGE_MOST_TOTALS);
	for (int k = 0; k < items.count; k++)
		if (!items.nulls[k])
			totals[k] = TotalRead(items.values[k]);
	return items.count;
}

/*
 * bridge_effects(before numeric[], after numeric[], method text, scale int,
 * substitute int[])
 */
Datum
bridge_effects(PG_FUNCTION_ARGS)
{
	BridgeRule	rule;
	BridgeFrame *frame;
	BridgeParts *parts;
	Decimal		before[BRIDGE_MOST_TOTALS];
	Decimal		after[BRIDGE_MOST_TOTALS];
	Big		   *totals;
	Big		   *units;
	Big			change;
	Datum		effects[BRIDGE_MOST_TOTALS];
	int			substitute[BRIDGE_MOST_TOTALS];
	int			scale;
	int			groups;
	int			count;
	int			turned = 0;
	bool		split;
	int			last;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	rule.totals = ReadTotals(PG_GETARG_ARRAYTYPE_P(0), "before", before);
	count = ReadTotals(PG_GETARG_ARRAYTYPE_P(1), "after", after);
	if (count != rule.totals)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("before and after must have the same number of totals"),
				 errdetail("There are %d and %d.", rule.totals, count),
				 errhint("Give the same chain of totals on both sides; one that is not known is NULL.")));
	rule.method = ReadMethod(fcinfo, 2);
	scale = ReadScale(fcinfo, 3);
	if (PG_ARGISNULL(4))
		SetOrder(&rule, NULL, 0);
	else
	{
		ArrayItems	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(4), "substitute");

		for (int i = 0; i < items.count && i < BRIDGE_MOST_TOTALS; i++)
		{
			if (items.nulls[i])
				NoPermutation("One item is NULL.");
			substitute[i] = DatumGetInt32(items.values[i]) - 1;
		}
		SetOrder(&rule, substitute, items.count);
	}
	last = rule.totals - 1;
	if (scale < 0)
		scale = Min(MOST_SCALE, Max(LEAST_SCALE, Max(before[last].scale, after[last].scale)));
	CheckScale(&before[last], scale);
	CheckScale(&after[last], scale);

	frame = palloc(sizeof(BridgeFrame));
	frame->form = BRIDGE_FACTORS;
	parts = palloc(sizeof(BridgeParts));
	totals = palloc(sizeof(Big) * BRIDGE_MOST_TOTALS * 2);
	units = palloc(sizeof(Big) * BRIDGE_MOST_PARTS);
	groups = 0;
	for (int k = 0; k < rule.totals; k++)
	{
		groups = Max(before[k].groups, after[k].groups);
		BigFromDecimal(&totals[k], &before[k], groups);
		BigFromDecimal(&totals[BRIDGE_MOST_TOTALS + k], &after[k], groups);
	}
	BigSubtract(&change, &totals[BRIDGE_MOST_TOTALS + last], &totals[last]);
	BigToScale(&change, groups, scale);
	split = BridgeSplit(&rule, frame, totals, totals + BRIDGE_MOST_TOTALS, parts, &turned);
	CheckTurned(split, turned, NULL);
	BridgeScaleParts(parts, scale - groups * GROUP_DIGITS);
	BridgeRound(parts, &change, units);
	for (int k = 0; k < rule.totals; k++)
		effects[k] = NumericGetDatum(BigToNumeric(&units[k], scale));
	PG_RETURN_ARRAYTYPE_P(construct_array(effects, rule.totals, NUMERICOID, -1, false, TYPALIGN_INT));
}

/* ------------------------------------------------------------------------- */

/* The cells of one side that have a total, in order. */
typedef struct Side
{
	const BridgeTotals *state;	/* NULL: no cells */
	const BridgeCell *cell;		/* the next one */
	int			left;			/* with it */
} Side;

static bool
IsEmptyCell(const BridgeCell *cell, int totals)
{
	for (int k = 0; k < totals; k++)
		if (cell->sum[k].high != 0 || cell->sum[k].low != 0)
			return false;
	return true;
}

static void
SkipEmpty(Side *side)
{
	while (side->left > 0 && IsEmptyCell(side->cell, side->state->totals))
	{
		side->cell = NextCell(side->cell, side->state->totals);
		side->left--;
	}
}

static void
Rewind(Side *side)
{
	if (side->state == NULL)
		return;
	side->cell = FirstCell(side->state);
	side->left = side->state->cells;
	SkipEmpty(side);
}

static void
Advance(Side *side)
{
	side->cell = NextCell(side->cell, side->state->totals);
	side->left--;
	SkipEmpty(side);
}

/* Two sides and what is asked of them. */
typedef struct Bridge
{
	BridgeRule	rule;
	Datum	   *names;			/* of factors, text */
	int			scale;
	int			groups[BRIDGE_MOST_TOTALS];	/* of each column, the finest of both sides */
	Side		sides[2];		/* before, after */
	BridgeFrame frame;
	BridgeWhole all[2];			/* of a rate: all cells, not only continuing ones */
	bool		has_usual[2];	/* of a rate: those that continue have one */

	/* the pair at hand */
	const BridgeCell *cell[2];	/* NULL: not on that side */
	Big			totals[2][BRIDGE_MOST_TOTALS];
	BridgeParts parts;
	Big			units[BRIDGE_MOST_PARTS];
} Bridge;

#define BEFORE	0
#define AFTER	1

/* The next cell that is on one side or both; false at the end. */
static bool
NextPair(Bridge *bridge)
{
	Side	   *before = &bridge->sides[BEFORE];
	Side	   *after = &bridge->sides[AFTER];
	int			totals = bridge->rule.totals;
	int			order;

	CHECK_FOR_INTERRUPTS();
	if (before->left == 0 && after->left == 0)
		return false;
	if (before->left == 0 || after->left == 0)
		order = before->left == 0 ? 1 : -1;
	else
		order = BytesCompare(CellName(before->cell, totals), before->cell->length,
							 CellName(after->cell, totals), after->cell->length);
	bridge->cell[BEFORE] = order <= 0 ? before->cell : NULL;
	bridge->cell[AFTER] = order >= 0 ? after->cell : NULL;
	if (order <= 0)
		Advance(before);
	if (order >= 0)
		Advance(after);
	for (int s = BEFORE; s <= AFTER; s++)
		for (int k = 0; k < totals; k++)
			if (bridge->cell[s] == NULL)
				BigSet(&bridge->totals[s][k], 0);
			else
			{
				Decimal		value = DecimalSumValue(&bridge->cell[s]->sum[k]);

				BigFromDecimal(&bridge->totals[s][k], &value, bridge->groups[k]);
			}
	return true;
}

static inline bool
Continues(const Bridge *bridge)
{
	return bridge->cell[BEFORE] != NULL && bridge->cell[AFTER] != NULL;
}

/* The pair's cell. */
static inline const BridgeCell *
PairCell(const Bridge *bridge)
{
	return bridge->cell[BEFORE] != NULL ? bridge->cell[BEFORE] : bridge->cell[AFTER];
}

/* The pair's cell as text, for an error. */
static const char *
PairName(const Bridge *bridge)
{
	const BridgeCell *cell = PairCell(bridge);

	return cell->length < 0 ? "NULL" : pnstrdup(CellName(cell, bridge->rule.totals), cell->length);
}

static bool
SameText(Datum left, Datum right)
{
	text	   *one = DatumGetTextPP(left);
	text	   *other = DatumGetTextPP(right);

	return BytesEqual(VARDATA_ANY(one), VARSIZE_ANY_EXHDR(one),
					  VARDATA_ANY(other), VARSIZE_ANY_EXHDR(other));
}

/* The arguments of bridge_rows and bridge_rate_rows, which are the same; false where no side has a cell. */
static bool
BridgeBegin(FunctionCallInfo fcinfo, Bridge *bridge)
{
	ArrayItems	factors;
	int			substitute[BRIDGE_MOST_TOTALS];

	CheckSettingIsSet(PG_ARGISNULL(2), "factors");
	factors = ArrayRead(PG_GETARG_ARRAYTYPE_P(2), "factors");
	CheckTotalsCount(factors.count);
	for (int k = 0; k < factors.count; k++)
	{
		if (factors.nulls[k])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of a factor must not be NULL"),
					 errhint("Name each factor, for example array['customers', 'frequency', 'price'].")));
		for (int j = 0; j < k; j++)
			if (SameText(factors.values[j], factors.values[k]))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("duplicate factor \"%s\"", TextDatumGetCString(factors.values[k])),
						 errhint("Give each factor a name of its own.")));
	}
	bridge->rule.totals = factors.count;
	bridge->names = factors.values;
	bridge->rule.method = ReadMethod(fcinfo, 3);
	bridge->scale = ReadScale(fcinfo, 4);
	if (PG_ARGISNULL(5))
		SetOrder(&bridge->rule, NULL, 0);
	else
	{
		ArrayItems	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(5), "substitute");

		for (int i = 0; i < items.count && i < BRIDGE_MOST_TOTALS; i++)
		{
			if (items.nulls[i])
				NoPermutation("One item is NULL.");
			for (substitute[i] = 0; substitute[i] < factors.count; substitute[i]++)
				if (SameText(items.values[i], factors.values[substitute[i]]))
					break;
			if (substitute[i] == factors.count)
				NoPermutation(psprintf("There is no factor \"%s\".", TextDatumGetCString(items.values[i])));
		}
		SetOrder(&bridge->rule, substitute, items.count);
	}

	for (int s = BEFORE; s <= AFTER; s++)
	{
		Side	   *side = &bridge->sides[s];

		if (PG_ARGISNULL(s))
			continue;
		side->state = BridgeTotalsSorted(PG_GETARG_DATUM(s));
		if (side->state->totals != factors.count)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("factors must name each total"),
					 errdetail("There are %d names; %s has %d totals.", factors.count,
							   s == BEFORE ? "before" : "after", side->state->totals),
					 errhint("The first total is factor 1, each later one over the one before it a factor.")));
		Rewind(side);
	}
	return bridge->sides[BEFORE].left > 0 || bridge->sides[AFTER].left > 0;
}

/* The finest units of each column; returns the largest scale of the last one. */
static int
FindGroups(Bridge *bridge)
{
	int			last = bridge->rule.totals - 1;
	int			scale = 0;

	for (int s = BEFORE; s <= AFTER; s++)
	{
		Side	   *side = &bridge->sides[s];

		for (; side->left > 0; Advance(side))
		{
			CHECK_FOR_INTERRUPTS();
			for (int k = 0; k <= last; k++)
				bridge->groups[k] = Max(bridge->groups[k], side->cell->sum[k].groups);
			scale = Max(scale, side->cell->sum[last].scale);
		}
		Rewind(side);
	}
	return scale;
}

/* Adds the pair's cell to a whole. */
static void
WholeAdd(const Bridge *bridge, int side, BridgeWhole *whole)
{
	BigAdd(&whole->first, &whole->first, &bridge->totals[side][0]);
	BigAdd(&whole->last, &whole->last, &bridge->totals[side][bridge->rule.totals - 1]);
}

static void
WholeClear(BridgeWhole *whole)
{
	BigSet(&whole->first, 0);
	BigSet(&whole->last, 0);
}

/*
 * The sums of the continuing cells and of all; returns whether a first total is
 * negative, in a continuing cell or, of a rate, in any.
 */
static bool
FindWholes(Bridge *bridge, bool is_rate)
{
	bool		negative = false;

	WholeClear(&bridge->frame.before);
	WholeClear(&bridge->frame.after);
	WholeClear(&bridge->all[BEFORE]);
	WholeClear(&bridge->all[AFTER]);
	while (NextPair(bridge))
	{
		if (Continues(bridge) || is_rate)
			negative |= BigSign(&bridge->totals[BEFORE][0]) < 0 ||
				BigSign(&bridge->totals[AFTER][0]) < 0;
		if (is_rate && negative)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the first total of a rate must not be negative"),
					 errdetail("It is in the cell \"%s\".", PairName(bridge)),
					 errhint("Give what the rate is per, for example visits: a sum or count that is never below 0.")));
		WholeAdd(bridge, BEFORE, &bridge->all[BEFORE]);
		WholeAdd(bridge, AFTER, &bridge->all[AFTER]);
		if (Continues(bridge))
		{
			WholeAdd(bridge, BEFORE, &bridge->frame.before);
			WholeAdd(bridge, AFTER, &bridge->frame.after);
		}
	}
	Rewind(&bridge->sides[BEFORE]);
	Rewind(&bridge->sides[AFTER]);
	return negative;
}

/* Splits the pair at hand, which continues. */
static void
SplitPair(Bridge *bridge)
{
	int			turned = 0;
	bool		split = BridgeSplit(&bridge->rule, &bridge->frame, bridge->totals[BEFORE],
									bridge->totals[AFTER], &bridge->parts, &turned);

	if (!split)
		CheckTurned(false, turned, PairName(bridge));
}

/* The first columns: cell, kind, factor_index, factor_name. factor -1: none. */
static void
PutHead(RowWriter *row, const Bridge *bridge, const char *kind, int factor)
{
	const BridgeCell *cell = PairCell(bridge);

	RowPutBytes(row, CellName(cell, bridge->rule.totals), cell->length);
	RowPutText(row, kind);
	if (factor < 0)
	{
		RowPutNull(row);
		RowPutNull(row);
	}
	else
	{
		RowPutInt(row, factor + 1);
		RowPut(row, bridge->names[factor]);
	}
}

/* What a part of a continuing cell is called, and of which factor it is. */
static const char *
PartKind(const Bridge *bridge, int part, int *factor)
{
	bool		has_scale = bridge->frame.form == BRIDGE_SCALE_AND_MIX;

	*factor = Max(0, has_scale ? part - 1 : part);
	if (*factor > 0)
		return "factor";
	return has_scale && part == 0 ? "scale" : "mix";
}

/*
 * bridge_rows(before bridge_totals, after bridge_totals, factors text[], method
 * text, scale int, substitute text[])
 */
Datum
bridge_rows(PG_FUNCTION_ARGS)
{
	Bridge	   *bridge = palloc0(sizeof(Bridge));
	RowWriter	row = RowsBegin(fcinfo);
	MemoryContext short_lived = AllocSetContextCreate(CurrentMemoryContext, "bridge_rows",
													  ALLOCSET_SMALL_SIZES);
	MemoryContext caller;
	int			last;
	int			groups;
	int			scale;

	if (!BridgeBegin(fcinfo, bridge))
		return (Datum) 0;
	last = bridge->rule.totals - 1;
	scale = FindGroups(bridge);
	groups = bridge->groups[last];
	if (bridge->scale < 0)
		bridge->scale = Min(MOST_SCALE, Max(LEAST_SCALE, scale));
	bridge->frame.form = BRIDGE_SCALE_AND_MIX;
	bridge->frame.all_is_scale = FindWholes(bridge, false) ||
		BigSign(&bridge->frame.before.first) <= 0 || BigSign(&bridge->frame.after.first) <= 0;

	caller = MemoryContextSwitchTo(short_lived);
	while (NextPair(bridge))
	{
		Big			change;
		Numeric		amounts[2];

		MemoryContextReset(short_lived);
		for (int s = BEFORE; s <= AFTER; s++)
		{
			Decimal		value = {0, 0, 0};

			if (bridge->cell[s] != NULL)
				value = DecimalSumValue(&bridge->cell[s]->sum[last]);
			CheckScale(&value, bridge->scale);
			value.scale = bridge->scale;
			amounts[s] = DecimalToNumeric(&value);
		}
		BigSubtract(&change, &bridge->totals[AFTER][last], &bridge->totals[BEFORE][last]);
		BigToScale(&change, groups, bridge->scale);
		if (!Continues(bridge))
		{
			PutHead(&row, bridge, bridge->cell[BEFORE] == NULL ? "entry" : "exit", -1);
			RowPutNumeric(&row, amounts[BEFORE]);
			RowPutNumeric(&row, amounts[AFTER]);
			RowPutNumeric(&row, BigToNumeric(&change, bridge->scale));
			RowEnd(&row);
			continue;
		}
		SplitPair(bridge);
		BridgeScaleParts(&bridge->parts, bridge->scale - groups * GROUP_DIGITS);
		BridgeRound(&bridge->parts, &change, bridge->units);
		for (int p = 0; p < bridge->parts.count; p++)
		{
			int			factor;
			const char *kind = PartKind(bridge, p, &factor);

			PutHead(&row, bridge, kind, factor);
			RowPutNumeric(&row, p == 0 ? amounts[BEFORE] : NULL);
			RowPutNumeric(&row, p == 0 ? amounts[AFTER] : NULL);
			RowPutNumeric(&row, BigToNumeric(&bridge->units[p], bridge->scale));
			RowEnd(&row);
		}
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(short_lived);
	return (Datum) 0;
}

/* ------------------------------------------------------------------------- */

/* What an effect is cut off, to find the largest of all cells. */
typedef struct Fraction
{
	uint64		high;
	uint64		low;
	int64		index;			/* of the effect, in the order of rows */
} Fraction;

static int
CompareFractions(const void *left, const void *right)
{
	const Fraction *one = left;
	const Fraction *other = right;

	if (one->high != other->high)
		return one->high > other->high ? -1 : 1;
	if (one->low != other->low)
		return one->low > other->low ? -1 : 1;
	return one->index < other->index ? -1 : 1;
}

/*
 * What the coming of a cell (side AFTER), or its going, did to the rate: its last
 * total less what its first one has at the rate of those that continue.
 */
static void
SplitOutsider(Bridge *bridge, int side)
{
	const BridgeWhole *stayed = side == BEFORE ? &bridge->frame.before : &bridge->frame.after;
	BridgeParts *parts = &bridge->parts;
	const Big  *first = &bridge->totals[side][0];
	const Big  *last = &bridge->totals[side][bridge->rule.totals - 1];

	parts->count = 1;
	parts->is_exact = true;
	BigCopy(&parts->part[0], last);
	BigCopy(&parts->denominator, &bridge->all[side].first);
	if (bridge->has_usual[side])
	{
		Big			usual;

		BigMultiplyBy(&parts->part[0], &stayed->first);
		BigMultiply(&usual, &stayed->last, first);
		BigSubtract(&parts->part[0], &parts->part[0], &usual);
		BigMultiplyBy(&parts->denominator, &stayed->first);
	}
	if (side == BEFORE)
		BigNegate(&parts->part[0]);
}

/* The parts of the pair at hand in units of 10^-scale. */
static void
SplitRatePair(Bridge *bridge)
{
	if (Continues(bridge))
		SplitPair(bridge);
	else
		SplitOutsider(bridge, bridge->cell[BEFORE] == NULL ? AFTER : BEFORE);
	BridgeScaleParts(&bridge->parts, bridge->scale +
					 (bridge->groups[0] - bridge->groups[bridge->rule.totals - 1]) * GROUP_DIGITS);
}

/* The rate of a side, rounded, halves away from 0, in units of 10^-scale. */
static void
RoundedRate(const Bridge *bridge, int side, Big *rate)
{
	int			exponent = bridge->scale +
		(bridge->groups[0] - bridge->groups[bridge->rule.totals - 1]) * GROUP_DIGITS;
	Big			above;
	Big			below;
	Big			two;
	Big			rest;
	bool		negative = BigSign(&bridge->all[side].last) < 0;

	/* floor((2 above + below) / (2 below)) of the size */
	BigCopy(&above, &bridge->all[side].last);
	BigCopy(&below, &bridge->all[side].first);
	if (negative)
		BigNegate(&above);
	BigMultiplyPower(exponent < 0 ? &below : &above, abs(exponent));
	BigSet(&two, 2);
	BigMultiplyBy(&above, &two);
	BigAdd(&above, &above, &below);
	BigMultiplyBy(&below, &two);
	BigDivideFloor(&above, &below, rate, &rest);
	if (negative)
		BigNegate(rate);
}

/*
 * How many units each effect gets beyond its floor, so that all sum to the change of
 * the rounded rates; NULL where all get none.
 */
static int8 *
ShareUnits(Bridge *bridge, int64 most)
{
	Fraction   *fractions = palloc_extended(most * sizeof(Fraction), MCXT_ALLOC_HUGE);
	int8	   *extra;
	int64		count = 0;
	Big			missing;
	Big			rate;
	__int128	left;
	int			step;

	RoundedRate(bridge, AFTER, &missing);
	RoundedRate(bridge, BEFORE, &rate);
	BigSubtract(&missing, &missing, &rate);
	while (NextPair(bridge))
	{
		SplitRatePair(bridge);
		for (int p = 0; p < bridge->parts.count; p++)
		{
			uint64		fraction[2];

			BridgeFloor(&bridge->parts, p, &bridge->units[p], fraction);
			BigSubtract(&missing, &missing, &bridge->units[p]);
			fractions[count].high = fraction[1];
			fractions[count].low = fraction[0];
			fractions[count].index = count;
			count++;
		}
	}
	Rewind(&bridge->sides[BEFORE]);
	Rewind(&bridge->sides[AFTER]);
	qsort(fractions, count, sizeof(Fraction), CompareFractions);

	/* two roundings can leave one unit more than there are effects, or take one back */
	extra = palloc_extended(count, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	if (!BigToInt128(&missing, &left) || left > count * 2 || left < -count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale is too large for lmdi, which computes with some 16 digits"),
				 errdetail("The scale is %d.", bridge->scale),
				 errhint("Give a smaller scale, or use the method shapley, which is exact.")));
	step = left < 0 ? -1 : 1;
	for (int64 i = 0; left != 0; i++, left -= step)
		extra[fractions[step > 0 ? i % count : count - 1 - i % count].index] += step;
	pfree(fractions);
	return extra;
}

/* A cell's own rate on a side; NULL where it is not there or its first total is 0. */
static void
PutRate(RowWriter *row, const Bridge *bridge, int side)
{
	const Big  *first = &bridge->totals[side][0];
	int			exponent = (bridge->groups[0] - bridge->groups[bridge->rule.totals - 1]) * GROUP_DIGITS;
	long double rate;

	if (BigIsZero(first))
	{
		RowPutNull(row);
		return;
	}
	rate = BigToDouble(&bridge->totals[side][bridge->rule.totals - 1]) / BigToDouble(first);
	RowPutFloat(row, (double) (exponent < 0 ? rate / powl(10, -exponent) : rate * powl(10, exponent)));
}

/*
 * bridge_rate_rows(before bridge_totals, after bridge_totals, factors text[],
 * method text, scale int, substitute text[])
 */
Datum
bridge_rate_rows(PG_FUNCTION_ARGS)
{
	Bridge	   *bridge = palloc0(sizeof(Bridge));
	RowWriter	row = RowsBegin(fcinfo);
	MemoryContext short_lived = AllocSetContextCreate(CurrentMemoryContext, "bridge_rate_rows",
													  ALLOCSET_SMALL_SIZES);
	MemoryContext caller;
	int64		cells;
	int64		effect = 0;
	int8	   *extra;

	CheckSettingIsSet(PG_ARGISNULL(4), "scale");
	if (!BridgeBegin(fcinfo, bridge))
		return (Datum) 0;
	FindGroups(bridge);
	bridge->frame.form = BRIDGE_SHARES;
	FindWholes(bridge, true);
	if (BigIsZero(&bridge->all[BEFORE].first) || BigIsZero(&bridge->all[AFTER].first))
		return (Datum) 0;
	/* those that continue had nothing on one side that a rate is of: no shares within them */
	bridge->has_usual[BEFORE] = !BigIsZero(&bridge->frame.before.first);
	bridge->has_usual[AFTER] = !BigIsZero(&bridge->frame.after.first);
	bridge->frame.all_is_scale = !bridge->has_usual[BEFORE] || !bridge->has_usual[AFTER];
	if (!bridge->has_usual[BEFORE])
		BigCopy(&bridge->frame.before.first, &bridge->all[BEFORE].first);
	if (!bridge->has_usual[AFTER])
		BigCopy(&bridge->frame.after.first, &bridge->all[AFTER].first);

	cells = (int64) bridge->sides[BEFORE].state->cells + bridge->sides[AFTER].state->cells;
	extra = ShareUnits(bridge, cells * bridge->rule.totals);

	caller = MemoryContextSwitchTo(short_lived);
	while (NextPair(bridge))
	{
		MemoryContextReset(short_lived);
		SplitRatePair(bridge);
		for (int p = 0; p < bridge->parts.count; p++, effect++)
		{
			uint64		fraction[2];
			int			factor = -1;
			const char *kind = bridge->cell[BEFORE] == NULL ? "entry" : "exit";
			Big			more;

			if (Continues(bridge))
				kind = PartKind(bridge, p, &factor);
			PutHead(&row, bridge, kind, factor);
			if (p == 0)
			{
				PutRate(&row, bridge, BEFORE);
				PutRate(&row, bridge, AFTER);
			}
			else
			{
				RowPutNull(&row);
				RowPutNull(&row);
			}
			BridgeFloor(&bridge->parts, p, &bridge->units[p], fraction);
			BigSet(&more, extra[effect]);
			BigAdd(&bridge->units[p], &bridge->units[p], &more);
			RowPutNumeric(&row, BigToNumeric(&bridge->units[p], bridge->scale));
			RowEnd(&row);
		}
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(short_lived);
	return (Datum) 0;
}
