/*
 * arrays.c
 *		Arrays that SQL hands over: see arrays.h.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/arrays.h"

/*
 * The elements of an array of at most one dimension, in the current context; those
 * passed by reference point into it. name: the argument's, for the error.
 */
ArrayItems
ArrayRead(ArrayType *array, const char *name)
{
	ArrayItems	items;
	int16		length;
	bool		by_value;
	char		alignment;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s must be a one-dimensional array", name),
				 errdetail("It has %d dimensions.", ARR_NDIM(array)),
				 errhint("Write it flat, as in array['a', 'b'].")));
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment,
					  &items.values, &items.nulls, &items.count);
	return items;
}

/* The elements of a text[] as C strings, in the current context; NULL where one is NULL. */
void
ArrayTexts(const ArrayItems *items, const char **texts)
{
	for (int i = 0; i < items->count; i++)
		texts[i] = items->nulls[i] ? NULL : TextDatumGetCString(items->values[i]);
}
