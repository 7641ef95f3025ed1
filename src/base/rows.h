/*
 * rows.h
 *		Rows that functions return: columns are put in their order, by kind.
 *
 *		RowWriter row = RowsBegin(fcinfo);
 *		...
 *		RowPutDate(&row, period);
 *		RowPutInt64(&row, customers);
 *		RowEnd(&row);
 *		...
 *		return (Datum) 0;
 *
 * A function that returns one row begins with RowBegin and ends with
 * PG_RETURN_DATUM(RowDatum(&row)).
 */
#ifndef REVOPS_ROWS_H
#define REVOPS_ROWS_H

#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/compat.h"

typedef struct RowWriter
{
	TupleDesc	columns;
	Tuplestorestate *rows;		/* NULL where one row is returned */
	int			put;			/* columns of the row so far */
	Datum	   *values;
	bool	   *nulls;
} RowWriter;

extern RowWriter RowsBegin(FunctionCallInfo fcinfo);
extern RowWriter RowBegin(FunctionCallInfo fcinfo);
extern void RowEnd(RowWriter *row);
extern Datum RowDatum(RowWriter *row);
extern void RowPut(RowWriter *row, Datum value);
extern void RowPutNull(RowWriter *row);
extern void RowPutNulls(RowWriter *row, int count);
extern void RowPutText(RowWriter *row, const char *text);
extern void RowPutBytes(RowWriter *row, const char *bytes, int length);
extern void RowPutFinite(RowWriter *row, double value);
extern void RowPutProportion(RowWriter *row, int64 part, int64 whole);

static inline void
RowPutBoolean(RowWriter *row, bool value)
{
	RowPut(row, BoolGetDatum(value));
}

static inline void
RowPutInt(RowWriter *row, int32 value)
{
	RowPut(row, Int32GetDatum(value));
}

static inline void
RowPutInt64(RowWriter *row, int64 value)
{
	RowPut(row, Int64GetDatum(value));
}

static inline void
RowPutFloat(RowWriter *row, double value)
{
	RowPut(row, Float8GetDatum(value));
}

/* A share of a whole; NULL where the whole is 0. */
static inline void
RowPutRate(RowWriter *row, double part, double whole)
{
	if (whole == 0)
		RowPutNull(row);
	else
		RowPutFloat(row, part / whole);
}

/* NULL for a NULL pointer. */
static inline void
RowPutNumeric(RowWriter *row, Numeric value)
{
	if (value == NULL)
		RowPutNull(row);
	else
		RowPut(row, NumericGetDatum(value));
}

static inline void
RowPutDate(RowWriter *row, DateADT day)
{
	RowPut(row, DateADTGetDatum(day));
}

static inline void
RowPutTime(RowWriter *row, TimestampTz at)
{
	RowPut(row, TimestampTzGetDatum(at));
}

#endif							/* REVOPS_ROWS_H */
