/*
 * bridge_split.h
 *		What each factor did to the change of a product, to the last digit. No
 *		SQL here.
 */
#ifndef REVOPS_BRIDGE_SPLIT_H
#define REVOPS_BRIDGE_SPLIT_H

#include "bridge/bridge_big.h"

#define BRIDGE_MOST_TOTALS	8
#define BRIDGE_MOST_PARTS	(BRIDGE_MOST_TOTALS + 1)	/* scale and mix for factor 1 */

typedef enum BridgeMethod
{
	BRIDGE_SHAPLEY,
	BRIDGE_LMDI,
	BRIDGE_CHAIN
} BridgeMethod;

typedef struct BridgeRule
{
	int			totals;
	BridgeMethod method;
	int			order[BRIDGE_MOST_TOTALS];	/* in which chain replaces the factors, from 0 */
} BridgeRule;

typedef enum BridgeForm
{
	BRIDGE_FACTORS,				/* parts: factor 1, factor 2, … */
	BRIDGE_SCALE_AND_MIX,		/* parts: scale, mix, factor 2, … */
	BRIDGE_SHARES				/* of a rate; parts: mix, factor 2, … */
} BridgeForm;

/* One of the two sides of a whole of cells. */
typedef struct BridgeWhole
{
	Big			first;			/* sum of the first totals */
	Big			last;			/* of the last ones */
} BridgeWhole;

/* What the parts of a cell depend on beside its own totals. */
typedef struct BridgeFrame
{
	BridgeForm	form;
	bool		all_is_scale;	/* shares say nothing: mix is 0 */
	BridgeWhole before;
	BridgeWhole after;
} BridgeFrame;

/* The exact parts, all over one denominator above 0; of lmdi to a double's precision. */
typedef struct BridgeParts
{
	int			count;
	bool		is_exact;
	Big			part[BRIDGE_MOST_PARTS];
	Big			denominator;
	long double value[BRIDGE_MOST_PARTS];
} BridgeParts;

extern bool BridgeSplit(const BridgeRule *rule, const BridgeFrame *frame, const Big *before,
						const Big *after, BridgeParts *parts, int *turned);
extern void BridgeScaleParts(BridgeParts *parts, int exponent);
extern void BridgeRound(const BridgeParts *parts, const Big *change, Big *units);
extern void BridgeFloor(const BridgeParts *parts, int part, Big *units, uint64 *fraction);

#endif							/* REVOPS_BRIDGE_SPLIT_H */
