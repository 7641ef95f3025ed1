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

#endif							/* REVOPS_ARRAYS_H */
