/*
 * parameter.h
 *		Arguments of aggregates that must be there and stay the same in every row.
 */
#ifndef REVOPS_PARAMETER_H
#define REVOPS_PARAMETER_H

#include "fmgr.h"

#include "base/compat.h"

extern void CheckAggregateArgument(FunctionCallInfo fcinfo, int argument, const char *aggregate,
								   const char *what);
pg_noreturn extern void AggregateArgumentChanged(const char *aggregate, const char *before,
												 const char *now);

#endif							/* REVOPS_PARAMETER_H */
