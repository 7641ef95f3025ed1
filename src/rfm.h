/*
 * rfm.h
 *		Recency, frequency, monetary value: what the rooms of the module share.
 */
#ifndef REVOPS_RFM_H
#define REVOPS_RFM_H

#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "decimal.h"
#include "state.h"

/* rfm_order.c: one customer's orders */

typedef struct OrderState
{
	StateHeader header;
	int64		orders;			/* credit notes not counted */
	TimestampTz first_at;		/* both 0 while orders = 0 */
	TimestampTz last_at;
	DecimalSum	total;
	/* a numeric follows, to be added to total, once that has overflowed */
} OrderState;

extern OrderState *OrderStateFromDatum(Datum value);
extern Numeric OrderStateTotal(const OrderState *state);
extern bool OrderStateRecency(const OrderState *state, DateADT as_of, int *days);

#endif							/* REVOPS_RFM_H */
