/*
 * wire.c
 *		Binary form of types: see wire.h.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/format.h"
#include "base/wire.h"

/*
 * The bytes do not form a value of the type: says why, and ends.
 */
void
WireCorrupt(WireReader *reader, const char *format,...)
{
	va_list		args;
	char	   *detail;

	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary form of type %s", reader->type_name),
			 errdetail("%s", detail)));
}

/* Starts a binary value with its version; pq_endtypsend ends it. */
void
WireBeginSend(StringInfo buffer, uint8 version)
{
	pq_begintypsend(buffer);
	WirePutByte(buffer, version);
}

/* Bytes with their length before them. */
static void
PutCounted(StringInfo buffer, const char *bytes, int length)
{
	WirePutInt(buffer, length);
	pq_sendbytes(buffer, bytes, length);
}

/* Text with its length before it: in the client's encoding, as text is sent itself. */
void
WirePutBytes(StringInfo buffer, const char *bytes, int length)
{
	char	   *sent = pg_server_to_client(bytes, length);

	if (sent == bytes)
		PutCounted(buffer, bytes, length);
	else
	{
		PutCounted(buffer, sent, strlen(sent));
		pfree(sent);
	}
}

/* An exact decimal, as numeric's own binary form with its length before it. */
void
WirePutNumeric(StringInfo buffer, Numeric value)
{
	bytea	   *bytes = DatumGetByteaPP(DirectFunctionCall1(numeric_send, NumericGetDatum(value)));

	PutCounted(buffer, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

/* Starts to read a binary value; an error when its version is another one. */
WireReader
WireBeginRecv(StringInfo buffer, uint8 version, const char *type_name)
{
	WireReader	reader = {buffer, type_name};
	uint8		found = WireGetByte(&reader);

	if (found != version)
		WireCorrupt(&reader, "It has format version %u; version %u is read.", found, version);
	return reader;
}

/* The next `length` bytes, still in the message; an error when fewer are left. */
static const char *
WireTake(WireReader *reader, int length)
{
	const char *bytes = reader->buffer->data + reader->buffer->cursor;
	int			left = reader->buffer->len - reader->buffer->cursor;

	if (length < 0 || length > left)
		WireCorrupt(reader, "It needs %d more bytes at byte %d; %d are left.",
					length, reader->buffer->cursor, left);
	reader->buffer->cursor += length;
	return bytes;
}

uint8
WireGetByte(WireReader *reader)
{
	return (uint8) *WireTake(reader, 1);
}

int32
WireGetInt(WireReader *reader)
{
	uint32		value;

	memcpy(&value, WireTake(reader, sizeof(value)), sizeof(value));
	return (int32) pg_ntoh32(value);
}

int64
WireGetInt64(WireReader *reader)
{
	uint64		value;

	memcpy(&value, WireTake(reader, sizeof(value)), sizeof(value));
	return (int64) pg_ntoh64(value);
}

double
WireGetFloat(WireReader *reader)
{
	int64		bits = WireGetInt64(reader);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * A number of items to follow, each of at least item_bytes: 0 to most, and not
 * more than the bytes left can hold, so that it is safe to allocate for.
 */
int
WireGetCount(WireReader *reader, const char *what, int64 most, int item_bytes)
{
	int32		count = WireGetInt(reader);
	int			left = reader->buffer->len - reader->buffer->cursor;

	if (count < 0 || count > most)
		WireCorrupt(reader, "It has %d %s; 0 to %lld are allowed.",
					count, what, (long long) most);
	if ((int64) count * item_bytes > left)
		WireCorrupt(reader, "It has %d %s of at least %d bytes; %d bytes are left.",
					count, what, item_bytes, left);
	return count;
}

/*
 * Text written by WirePutBytes: a zero-terminated copy in the database's
 * encoding; PostgreSQL's own error when it is none of the client's.
 */
char *
WireGetBytes(WireReader *reader, int *length)
{
	const char *bytes;
	char	   *text;

	*length = WireGetInt(reader);
	bytes = WireTake(reader, *length);
	text = pg_client_to_server(bytes, *length);
	if (text == bytes)
		return pnstrdup(bytes, *length);
	*length = strlen(text);
	return text;
}

/* A number written by WirePutNumeric, checked by numeric's own recv. */
Numeric
WireGetNumeric(WireReader *reader)
{
	StringInfoData part;
	Datum		value;
	int			length = WireGetInt(reader);

	initStringInfo(&part);
	appendBinaryStringInfo(&part, WireTake(reader, length), length);
	value = DirectFunctionCall3(numeric_recv, PointerGetDatum(&part),
								ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	if (part.cursor != part.len)
		WireCorrupt(reader, "It has a number of %d bytes that ends after %d.",
					part.len, part.cursor);
	return DatumGetNumeric(value);
}

/* All bytes must have been read. */
void
WireEnd(WireReader *reader)
{
	int			left = reader->buffer->len - reader->buffer->cursor;

	if (left != 0)
		WireCorrupt(reader, "It has %d bytes after its end.", left);
}
