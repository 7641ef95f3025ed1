/*
 * rows.c
 *		Rows that functions return: see rows.h.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/rows.h"
#include "base/wilson.h"

static RowWriter
WriterOf(TupleDesc columns, Tuplestorestate *rows)
{
	RowWriter	row = {.columns = columns, .rows = rows};

	row.values = palloc(columns->natts * sizeof(Datum));
	row.nulls = palloc(columns->natts * sizeof(bool));
	return row;
}

/* The rows of a set-returning function; it needs STRICT or checks NULLs first. */
RowWriter
RowsBegin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	return WriterOf(result->setDesc, result->setResult);
}

/*
 * The one row of a function that returns a composite. The type is that of the
 * function's declaration, so that one kept in fn_extra is not needed.
 */
RowWriter
RowBegin(FunctionCallInfo fcinfo)
{
	TupleDesc	columns;

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s must be called where a row is expected",
						get_func_name(fcinfo->flinfo->fn_oid))));
	return WriterOf(BlessTupleDesc(columns), NULL);
}

/* Ends a row of a set: all its columns have been put. */
void
RowEnd(RowWriter *row)
{
	Assert(row->put == row->columns->natts);
	tuplestore_putvalues(row->rows, row->columns, row->values, row->nulls);
	row->put = 0;
}

/* The one row as a value, in the current context. */
Datum
RowDatum(RowWriter *row)
{
	Assert(row->put == row->columns->natts);
	row->put = 0;
	return HeapTupleGetDatum(heap_form_tuple(row->columns, row->values, row->nulls));
}

/* The next column, as a Datum of its type. */
void
RowPut(RowWriter *row, Datum value)
{
	Assert(row->put < row->columns->natts);
	row->values[row->put] = value;
	row->nulls[row->put++] = false;
}

void
RowPutNull(RowWriter *row)
{
	Assert(row->put < row->columns->natts);
	row->values[row->put] = (Datum) 0;
	row->nulls[row->put++] = true;
}

/* So many columns. */
void
RowPutNulls(RowWriter *row, int count)
{
	for (int i = 0; i < count; i++)
		RowPutNull(row);
}

/* NULL for a NULL pointer. */
void
RowPutText(RowWriter *row, const char *text)
{
	RowPutBytes(row, text, text == NULL ? -1 : (int) strlen(text));
}

/* Text that no zero ends; NULL for a length of -1. */
void
RowPutBytes(RowWriter *row, const char *bytes, int length)
{
	if (length < 0)
		RowPutNull(row);
	else
		RowPut(row, PointerGetDatum(cstring_to_text_with_len(bytes, length)));
}

/* NULL where it is infinite or NaN: clients cannot chart those. */
void
RowPutFinite(RowWriter *row, double value)
{
	if (isfinite(value))
		RowPutFloat(row, value);
	else
		RowPutNull(row);
}

/* A proportion and its interval, three columns; NULL where it is one of nothing. */
void
RowPutProportion(RowWriter *row, int64 part, int64 whole)
{
	RowPutRate(row, (double) part, (double) whole);
	if (whole == 0)
	{
		RowPutNulls(row, 2);
		return;
	}
	RowPutFloat(row, WilsonLow(part, whole));
	RowPutFloat(row, WilsonHigh(part, whole));
}
