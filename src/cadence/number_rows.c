/*
 * number_rows.c
 *		Rows of numbers: see number_rows.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "cadence/number_rows.h"

/* Reads an array of width numbers; -0 becomes 0. meaning: which they are, for an error. */
void
NumberRowGetJson(const JsonNode *node, const char *meaning, double *row, int width)
{
	CHECK_FOR_INTERRUPTS();
	JsonExpect(node, JSON_KIND_ARRAY);
	if (node->count != width)
		JsonInvalid(node, meaning, "The array has %d items.", node->count);
	for (int n = 0; n < width; n++)
		row[n] = JsonGetFloat(node->items[n]) + 0.0;
}

/* Writes rows as arrays, with commas between. */
void
NumberRowsPutJson(StringInfo text, const double *rows, int64 count, int width)
{
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(text, i == 0 ? "[" : ", [");
		for (int n = 0; n < width; n++)
		{
			appendStringInfoString(text, n == 0 ? "" : ", ");
			JsonPutFloat(text, rows[i * width + n]);
		}
		appendStringInfoChar(text, ']');
	}
}

/* Reads width numbers; -0 becomes 0. */
void
NumberRowGetWire(WireReader *reader, double *row, int width)
{
	CHECK_FOR_INTERRUPTS();
	for (int n = 0; n < width; n++)
		row[n] = WireGetFloat(reader) + 0.0;
}

/* Writes how many rows there are, and their numbers. */
void
NumberRowsPutWire(StringInfo buffer, const double *rows, int64 count, int width)
{
	WirePutInt(buffer, (int32) count);
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int n = 0; n < width; n++)
			WirePutFloat(buffer, rows[i * width + n]);
	}
}
