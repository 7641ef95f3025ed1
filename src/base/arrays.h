/*
 * arrays.h
 *		Arrays that SQL hands over, read with one check and one wording.
 */
#ifndef REVOPS_ARRAYS_H
#define REVOPS_ARRAYS_H

#include "utils/array.h"

typedef struct ArrayItems
{
	int			count;
	Datum	   *values;
	bool	   *nulls;			/* always there */
} ArrayItems;

extern ArrayItems ArrayRead(ArrayType *array, const char *name);
extern void ArrayTexts(const ArrayItems *items, const char **texts);

/* Where the elements begin: ARR_DATA_PTR, which mixes signed and unsigned. For what is read once a row. */
static inline const char *
ArrayData(const ArrayType *array)
{
	Size		offset = ARR_HASNULL(array) ? (Size) array->dataoffset : ARR_OVERHEAD_NONULLS(ARR_NDIM(array));

	return (const char *) array + offset;
}

#endif							/* REVOPS_ARRAYS_H */
