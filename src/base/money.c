/*
 * money.c
 *		Money in arithmetic: see money.h.
 *
 * Everything here lives in the current memory context.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/money.h"

/* An entry of a WideArea: a numeric follows, padded to MAXALIGN. */
typedef struct WideEntry
{
	int32		ordinal;
	int32		size;			/* of the entry with its padding */
} WideEntry;

/* A finite numeric, detoasted, its header long or short. */
Money
MoneyFromNumeric(struct varlena *value)
{
	Money		money = {0};

	if (!DecimalFromNumeric(value, &money.fixed))
		money.wide = DatumGetNumeric(PointerGetDatum(value));
	return money;
}

/* A state's sum and what it could not take (NULL for nothing). */
Money
MoneyFromSum(const DecimalSum *sum, Numeric wide)
{
	Money		money = {0};

	money.fixed = DecimalSumValue(sum);
	if (wide != NULL)
		money.wide = NumericAdd(DecimalToNumeric(&money.fixed), wide);
	return money;
}

Numeric
MoneyToNumeric(const Money *money)
{
	return money->wide ? money->wide : DecimalToNumeric(&money->fixed);
}

/* An amount with so many decimals, as all of an answer's have. */
Numeric
MoneyShown(Money money, int scale)
{
	if (money.wide == NULL)
		money.fixed.scale = scale;
	return MoneyToNumeric(&money);
}

/* sum += sign * more; exact, as a numeric once 128 bits are too few. */
static void
MoneyCombine(Money *sum, const Money *more, int sign)
{
	if (sum->wide == NULL && more->wide == NULL)
	{
		Decimal		left = sum->fixed;
		Decimal		right = more->fixed;
		int			groups = Max(left.groups, right.groups);

		if ((left.groups == groups || DecimalRescale(&left, groups)) &&
			(right.groups == groups || DecimalRescale(&right, groups)) &&
			!(sign > 0 ?
			  __builtin_add_overflow(left.coefficient, right.coefficient, &left.coefficient) :
			  __builtin_sub_overflow(left.coefficient, right.coefficient, &left.coefficient)))
		{
			left.scale = Max(left.scale, right.scale);
			sum->fixed = left;
			return;
		}
	}
	sum->wide = (sign > 0 ? NumericAdd : NumericSubtract) (MoneyToNumeric(sum),
														   MoneyToNumeric(more));
}

void
MoneyAdd(Money *sum, const Money *more)
{
	MoneyCombine(sum, more, 1);
}

void
MoneySubtract(Money *sum, const Money *less)
{
	MoneyCombine(sum, less, -1);
}

/* Below, equal or above: -1, 0, 1. The number of decimals does not matter. */
int
MoneyCompare(const Money *left, const Money *right)
{
	if (left->wide == NULL && right->wide == NULL)
	{
		Decimal		a = left->fixed;
		Decimal		b = right->fixed;
		int			groups = Max(a.groups, b.groups);

		if ((a.groups == groups || DecimalRescale(&a, groups)) &&
			(b.groups == groups || DecimalRescale(&b, groups)))
			return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient;
	}
	return NumericCompare(MoneyToNumeric(left), MoneyToNumeric(right));
}

/* -1, 0 or 1 */
int
MoneySign(const Money *money)
{
	if (money->wide == NULL)
		return money->fixed.coefficient < 0 ? -1 : money->fixed.coefficient > 0;
	return NumericCompare(money->wide, NumericZero());
}

/* part / whole as a double; false where whole is 0. */
bool
NumericRatio(Numeric part, Numeric whole, double *ratio)
{
	Money		divisor = MoneyFromNumeric((struct varlena *) whole);

	if (MoneySign(&divisor) == 0)
		return false;
	*ratio = DatumGetFloat8(DirectFunctionCall1(numeric_float8,
												DirectFunctionCall2(numeric_div,
																	NumericGetDatum(part),
																	NumericGetDatum(whole))));
	return true;
}

static void
WideListAdd(WideList *list, int32 ordinal, Numeric amount)
{
	if (list->count == list->capacity)
	{
		list->capacity = Max(8, list->capacity * 2);
		if (list->items == NULL)
			list->items = palloc(list->capacity * sizeof(struct WideItem));
		else
			list->items = repalloc_huge(list->items, list->capacity * sizeof(struct WideItem));
	}
	list->items[list->count].ordinal = ordinal;
	list->items[list->count++].amount = amount;
}

/* Adds to a state's sum, or puts the amount on the list of those it cannot take. */
void
SumAdd(DecimalSum *sum, int32 ordinal, const Money *more, WideList *wide)
{
	if (more->wide == NULL && DecimalSumAdd(sum, &more->fixed))
		return;
	WideListAdd(wide, ordinal, MoneyToNumeric(more));
}

/* What a WideArea holds for a sum: a numeric in place, NULL for nothing. */
Numeric
WideGet(const char *area, Size bytes, int32 ordinal)
{
	for (Size at = 0; at < bytes;)
	{
		const WideEntry *entry = (const WideEntry *) (area + at);

		CHECK_FOR_INTERRUPTS();
		if (entry->ordinal == ordinal)
			return (Numeric) (entry + 1);
		at += entry->size;
	}
	return NULL;
}

/* Puts the entries of a WideArea on a list; their numerics stay in place. */
void
WideListArea(WideList *list, const char *area, Size bytes)
{
	for (Size at = 0; at < bytes;)
	{
		const WideEntry *entry = (const WideEntry *) (area + at);

		WideListAdd(list, entry->ordinal, (Numeric) (entry + 1));
		at += entry->size;
	}
}

static int
CompareItems(const void *left, const void *right)
{
	int32		a = ((const struct WideItem *) left)->ordinal;
	int32		b = ((const struct WideItem *) right)->ordinal;

	return a < b ? -1 : a > b;
}

/* A WideArea of a list, one entry a sum, by ordinal. */
char *
WideAreaBuild(WideList *list, Size *bytes)
{
	Size		size = 0;
	int			kept = 0;
	char	   *area;
	char	   *at;

	qsort(list->items, list->count, sizeof(struct WideItem), CompareItems);
	for (int i = 0; i < list->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (kept > 0 && list->items[kept - 1].ordinal == list->items[i].ordinal)
			list->items[kept - 1].amount = NumericAdd(list->items[kept - 1].amount,
													  list->items[i].amount);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	for (int i = 0; i < kept; i++)
		size += sizeof(WideEntry) + MAXALIGN(VARSIZE(list->items[i].amount));
	at = area = palloc0(size);
	for (int i = 0; i < kept; i++)
	{
		WideEntry  *entry = (WideEntry *) at;
		Numeric		amount = list->items[i].amount;

		entry->ordinal = list->items[i].ordinal;
		entry->size = sizeof(WideEntry) + MAXALIGN(VARSIZE(amount));
		memcpy(entry + 1, amount, VARSIZE(amount));
		at += entry->size;
	}
	*bytes = size;
	return area;
}
