/*
 * wire.h
 *		Binary form of types: what send writes and recv reads.
 *
 * The form is big-endian (network order) and starts with the format's version;
 * text in it is in the client's encoding, so functions of types that hold text are
 * stable, not immutable, as text's own.
 * The reader trusts nothing: each read is checked against the bytes left, each
 * count before anything is allocated for it, and the end must be reached.
 */
#ifndef REVOPS_WIRE_H
#define REVOPS_WIRE_H

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/numeric.h"

#include "base/compat.h"

typedef struct WireReader
{
	StringInfo	buffer;
	const char *type_name;		/* for errors */
} WireReader;

extern void WireBeginSend(StringInfo buffer, uint8 version);
extern void WirePutBytes(StringInfo buffer, const char *bytes, int length);
extern void WirePutNumeric(StringInfo buffer, Numeric value);
#define WirePutByte(buffer, value)	pq_sendint8((buffer), (value))
#define WirePutInt(buffer, value)	pq_sendint32((buffer), (uint32) (value))
#define WirePutInt64(buffer, value)	pq_sendint64((buffer), (uint64) (value))
#define WirePutFloat(buffer, value)	pq_sendfloat8((buffer), (value))

extern WireReader WireBeginRecv(StringInfo buffer, uint8 version, const char *type_name);
extern uint8 WireGetByte(WireReader *reader);
extern int32 WireGetInt(WireReader *reader);
extern int64 WireGetInt64(WireReader *reader);
extern double WireGetFloat(WireReader *reader);
extern int WireGetCount(WireReader *reader, const char *what, int64 most, int item_bytes);
extern char *WireGetBytes(WireReader *reader, int *length);
extern Numeric WireGetNumeric(WireReader *reader);
extern void WireEnd(WireReader *reader);
pg_noreturn extern void WireCorrupt(WireReader *reader, const char *format,...)
			pg_attribute_printf(2, 3);

#endif							/* REVOPS_WIRE_H */
