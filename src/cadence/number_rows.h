/*
 * number_rows.h
 *		Rows of an equal number of doubles, in the text and the binary form: what the
 *		samples of spend and of lifetime value keep of an account.
 */
#ifndef REVOPS_NUMBER_ROWS_H
#define REVOPS_NUMBER_ROWS_H

#include "base/json_tree.h"
#include "base/wire.h"

/* One order of rows, of numbers that are not NaN. */
static inline int
NumberRowCompare(const double *left, const double *right, int width)
{
	for (int i = 0; i < width; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

extern void NumberRowGetJson(const JsonNode *node, const char *meaning, double *row, int width);
extern void NumberRowsPutJson(StringInfo text, const double *rows, int64 count, int width);
extern void NumberRowGetWire(WireReader *reader, double *row, int width);
extern void NumberRowsPutWire(StringInfo buffer, const double *rows, int64 count, int width);

#endif							/* REVOPS_NUMBER_ROWS_H */
