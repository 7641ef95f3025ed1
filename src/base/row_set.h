/*
 * row_set.h
 *		States that are a set of rows of differing sizes: appended as they come, sorted
 *		when they are read.
 *
 * A row begins at a multiple of 8, and all its bytes are defined, padding too.
 */
#ifndef REVOPS_ROW_SET_H
#define REVOPS_ROW_SET_H

#include "base/state.h"

typedef struct RowSet
{
	StateHeader header;
	int32		rows;
	int32		used;			/* bytes of rows */
} RowSet;

/* What the set of one type needs to know of its rows. */
typedef struct RowSetKind
{
	const char *type_name;
	uint16		version;
	uint16		room;			/* bytes for rows in a new state */
	Size		(*size) (const void *row);	/* a multiple of 8 */
	int			(*compare) (const void *left, const void *right);	/* 0: the same row */
} RowSetKind;

static inline void *
RowSetFirst(const RowSet *set)
{
	return (char *) set + sizeof(RowSet);
}

extern RowSet *RowSetCreate(const RowSetKind *kind);
extern RowSet *RowSetReserve(RowSet *set, const RowSetKind *kind, Size size, void **row);
extern RowSet *RowSetFromDatum(Datum value, const RowSetKind *kind);
extern RowSet *RowSetCanonical(RowSet *set, const RowSetKind *kind);
extern Datum RowSetCombine(FunctionCallInfo fcinfo, const char *aggregate, const RowSetKind *kind);

#endif							/* REVOPS_ROW_SET_H */
