/*
 * keys.h
 *		Text keys compare byte by byte; one that GROUP BY compares otherwise is refused.
 */
#ifndef REVOPS_KEYS_H
#define REVOPS_KEYS_H

#include "fmgr.h"

extern void CheckTextKey(FunctionCallInfo fcinfo, int argument, const char *function,
						 const char *name);

#endif							/* REVOPS_KEYS_H */
