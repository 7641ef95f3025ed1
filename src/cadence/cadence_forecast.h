/*
 * cadence_forecast.h
 *		How many orders an account will bring. No SQL here.
 */
#ifndef REVOPS_CADENCE_FORECAST_H
#define REVOPS_CADENCE_FORECAST_H

#include "cadence/cadence_gap.h"

typedef struct CadenceOrders
{
	double		order_probability;	/* of at least one */
	double		expected;
	int64		low;			/* smallest n with P(N <= n) >= (1 - confidence) / 2 */
	int64		high;			/* and >= (1 + confidence) / 2 */
} CadenceOrders;

extern double CadenceAlive(const CadenceParameters *model, const CadenceHistory *history);
extern CadenceOrders CadenceExpect(const CadenceParameters *model, const CadenceHistory *history,
								   double horizon, double confidence);

#endif							/* REVOPS_CADENCE_FORECAST_H */
