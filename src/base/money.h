/*
 * money.h
 *		Money in arithmetic: a Decimal while it fits in 128 bits, else a numeric.
 *
 * States keep sums as DecimalSum; what such a sum could not take is kept beside
 * it, as a numeric in a WideArea at the end of the state.
 */
#ifndef REVOPS_MONEY_H
#define REVOPS_MONEY_H

#include "base/decimal.h"

typedef struct Money
{
	Decimal		fixed;			/* undefined where wide is set */
	Numeric		wide;			/* NULL for a Decimal */
} Money;

extern Money MoneyFromNumeric(struct varlena *value);
extern Money MoneyFromSum(const DecimalSum *sum, Numeric wide);
extern Numeric MoneyToNumeric(const Money *money);
extern Numeric MoneyShown(Money money, int scale);
extern void MoneyAdd(Money *sum, const Money *more);
extern void MoneySubtract(Money *sum, const Money *less);
extern int	MoneyCompare(const Money *left, const Money *right);
extern int	MoneySign(const Money *money);
extern bool NumericRatio(Numeric part, Numeric whole, double *ratio);

#define MoneyLeast(left, right) (MoneyCompare((left), (right)) <= 0 ? (left) : (right))

/* Amounts on their way to a state's WideArea. */
typedef struct WideList
{
	int			count;
	int			capacity;
	struct WideItem
	{
		int32		ordinal;	/* which of the state's sums */
		Numeric		amount;
	}		   *items;
} WideList;

extern void SumAdd(DecimalSum *sum, int32 ordinal, const Money *more, WideList *wide);
extern Numeric WideGet(const char *area, Size bytes, int32 ordinal);
extern void WideListArea(WideList *list, const char *area, Size bytes);
extern char *WideAreaBuild(WideList *list, Size *bytes);

#endif							/* REVOPS_MONEY_H */
