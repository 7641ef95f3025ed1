/*
 * revops.c
 *		The module's magic block. Everything else lives in the modules' rooms.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;
