/*
 * rfm_stats.c
 *		rfm_stats: the orders of a population by customer, by the end of a day; as text
 *		and in binary. See rfm_stats.h.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/wire.h"
#include "base/zone.h"
#include "rfm/rfm_stats.h"

PG_FUNCTION_INFO_V1(rfm_stats_in);
PG_FUNCTION_INFO_V1(rfm_stats_out);
PG_FUNCTION_INFO_V1(rfm_stats_recv);
PG_FUNCTION_INFO_V1(rfm_stats_send);

RfmStats *
RfmStatsFromDatum(Datum value)
{
	return StateFromDatum(value, RFM_STATS_VERSION, sizeof(RfmStats), "rfm_stats");
}

/* A customer's exact total; of a wide one in place. */
Numeric
RfmStoredTotal(const RfmStats *stats, const RfmStored *stored)
{
	Decimal		total;

	if (stored->total.groups < 0)
		return (Numeric) (RfmStatsWide(stats) + stored->total.low);
	total = DecimalSumValue(&stored->total);
	return DecimalToNumeric(&total);
}

/* The rules that hold for every customer; NULL, or which one is broken. */
static const char *
CustomerBroken(int64 orders, TimestampTz last_at, DateADT as_of)
{
	if (orders < 0)
		return "The number of orders is negative.";
	if (orders == 0)
		return last_at != 0 ? "It has no orders but the time of one." : NULL;
	if (!IS_VALID_TIMESTAMP(last_at))
		return "A time is out of range.";
	/* the day in the zone, which this server may not know, is checked where it is used */
	if (TimeDayUtc(last_at) - 1 > as_of)
		return "The last order lies after as_of.";
	return NULL;
}

/* Adds a customer that was read, its total a numeric; false where it is there already. */
static bool
TakeCustomer(RfmBuild *build, bool is_nobody, RfmCustomer *read, Numeric total)
{
	Decimal		decimal;
	bool		fits = DecimalFromNumeric((struct varlena *) total, &decimal);
	uint32		before = build->fold.count;

	if (fits)
		DecimalSumAdd(&read->total, &decimal);
	if (is_nobody)
	{
		if (build->has_nobody)
			return false;
		build->has_nobody = true;
		RfmBuildAdd(build, &build->nobody, read, fits ? NULL : total);
		return true;
	}
	RfmBuildAdd(build, RfmBuildFind(build, read), read, fits ? NULL : total);
	return build->fold.count > before;
}

/* The two halves of a uuid as numbers that sort as its bytes do. */
void
RfmUuidKey(const pg_uuid_t *uuid, RfmCustomer *customer)
{
	memcpy(&customer->key, uuid->data, sizeof(uint64));
	memcpy(&customer->rest.half, uuid->data + sizeof(uint64), sizeof(uint64));
	customer->key = pg_ntoh64(customer->key);
	customer->rest.half = pg_ntoh64(customer->rest.half);
}

/* The text of a uuid. */
char *
RfmUuidText(const RfmStored *stored)
{
	pg_uuid_t	uuid;
	uint64		half[2] = {pg_hton64(stored->key), pg_hton64(stored->half)};

	memcpy(uuid.data, half, sizeof(half));
	return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&uuid)));
}

/* A text key, a copy in the current context. */
void
RfmTextKey(RfmCustomer *customer, const char *bytes, int length)
{
	RfmText    *text = palloc(offsetof(RfmText, bytes) + length);

	text->length = length;
	memcpy(text->bytes, bytes, length);
	customer->key = RfmTextHash(bytes, length);
	customer->rest.text = text;
}

/*
 * rfm_stats_in(cstring): {"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint",
 * "customers": [{"customer": 17, "orders": 3, "last_at": …, "total": 9.50}, …]}; a
 * customer of another key is a string, and null stands for none.
 */
Datum
rfm_stats_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"as_of", "time_zone", "key", "customers"};
	static const char *const customer_keys[] = {"customer", "orders", "last_at", "total"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "rfm_stats");
	JsonNode   *list;
	RfmBuild   *build;
	DateADT		as_of;
	const char *zone;

	JsonAllowKeys(root, keys, lengthof(keys));
	as_of = JsonGetDate(JsonRequire(root, "as_of"));
	zone = JsonGetText(JsonRequire(root, "time_zone"));
	if (zone[0] == '\0' || strlen(zone) > TZ_STRLEN_MAX)
		JsonInvalid(JsonRequire(root, "time_zone"), NULL, "A zone's name has 1 to %d bytes.", TZ_STRLEN_MAX);
	build = RfmBuildCreate(CurrentMemoryContext,
						   JsonGetChoice(JsonRequire(root, "key"), rfm_key_names, RFM_KEY_KINDS),
						   as_of, ZoneSpelling(zone));
	list = JsonRequire(root, "customers");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count == 0)
		JsonInvalid(list, NULL, "It has no customers.");
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		JsonNode   *name;
		RfmCustomer customer = {0};
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		JsonAllowKeys(node, customer_keys, lengthof(customer_keys));
		name = JsonRequire(node, "customer");
		if (name->kind == JSON_KIND_NULL)
			 /* nobody */ ;
		else if (build->fold.kind == RFM_KEY_BIGINT)
			customer.key = (uint64) JsonGetInt(name, PG_INT64_MIN, PG_INT64_MAX);
		else if (build->fold.kind == RFM_KEY_UUID)
			RfmUuidKey(DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(JsonGetText(name)))), &customer);
		else
			RfmTextKey(&customer, JsonGetText(name), strlen(JsonGetText(name)));
		customer.orders = JsonGetInt(JsonRequire(node, "orders"), 0, PG_INT64_MAX);
		if (customer.orders > 0 || JsonMember(node, "last_at"))
			customer.last_at = JsonGetTime(JsonRequire(node, "last_at"));
		if (customer.orders == 0 && JsonMember(node, "last_at"))
			JsonInvalid(node, NULL, "It has no orders but the time of one.");
		if ((broken = CustomerBroken(customer.orders, customer.last_at, as_of)) != NULL)
			JsonInvalid(node, NULL, "%s", broken);
		if (!TakeCustomer(build, name->kind == JSON_KIND_NULL, &customer,
						  JsonGetNumeric(JsonRequire(node, "total"))))
			JsonInvalid(node, "List each customer once.", "The customer stands there twice.");
	}
	PG_RETURN_POINTER(RfmBuildStats(build, true));
}

/* rfm_stats_out(rfm_stats): the same text for equal values */
Datum
rfm_stats_out(PG_FUNCTION_ARGS)
{
	RfmStats   *stats = RfmStatsFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"as_of\": ");
	JsonPutDate(&text, stats->as_of);
	appendStringInfoString(&text, ", \"time_zone\": ");
	JsonPutText(&text, RfmStatsZone(stats));
	appendStringInfo(&text, ", \"key\": \"%s\", \"customers\": [", rfm_key_names[stats->kind]);
	for (int i = 0; i < stats->customers; i++)
	{
		const RfmStored *stored = &RfmStatsCustomers(stats)[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "{\"customer\": " : ", {\"customer\": ");
		if (RfmStatsIsNobody(stats, i))
			appendStringInfoString(&text, "null");
		else if (stats->kind == RFM_KEY_BIGINT)
			appendStringInfo(&text, INT64_FORMAT, (int64) stored->key);
		else if (stats->kind == RFM_KEY_UUID)
			appendStringInfo(&text, "\"%s\"", RfmUuidText(stored));
		else
		{
			const RfmText *key = RfmStatsText(stats, stored);

			JsonPutText(&text, pnstrdup(key->bytes, key->length));
		}
		appendStringInfo(&text, ", \"orders\": " INT64_FORMAT, stored->orders);
		if (stored->orders > 0)
		{
			appendStringInfoString(&text, ", \"last_at\": ");
			JsonPutTime(&text, stored->last_at);
		}
		appendStringInfo(&text, ", \"total\": %s}", NumericToText(RfmStoredTotal(stats, stored)));
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
rfm_stats_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), RFM_STATS_VERSION,
									   "rfm_stats");
	uint8		kind = WireGetByte(&reader);
	DateADT		as_of = WireGetInt(&reader);
	int			zone_length;
	char	   *zone = WireGetBytes(&reader, &zone_length);
	uint8		has_nobody = WireGetByte(&reader);
	int			count;
	RfmBuild   *build;

	if (kind >= RFM_KEY_KINDS)
		WireCorrupt(&reader, "It has keys of kind %u.", kind);
	if (DATE_NOT_FINITE(as_of) || !IS_VALID_DATE(as_of))
		WireCorrupt(&reader, "Its as_of is out of range.");
	if (zone_length < 1 || zone_length > TZ_STRLEN_MAX || (int) strlen(zone) != zone_length)
		WireCorrupt(&reader, "Its zone's name has %d bytes.", zone_length);
	if (has_nobody > 1)
		WireCorrupt(&reader, "It has the flag %u.", has_nobody);
	count = WireGetCount(&reader, "customers", PG_INT32_MAX, 2 * sizeof(int64) + sizeof(int32));
	if (count == 0)
		WireCorrupt(&reader, "It has no customers.");
	build = RfmBuildCreate(CurrentMemoryContext, kind, as_of, ZoneSpelling(zone));
	for (int i = 0; i < count; i++)
	{
		bool		is_nobody = has_nobody && i == count - 1;
		RfmCustomer customer = {0};
		Numeric		total;
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		if (is_nobody)
			 /* it has no key */ ;
		else if (kind == RFM_KEY_TEXT)
		{
			int			length;
			char	   *bytes = WireGetBytes(&reader, &length);

			if ((int) strlen(bytes) != length)
				WireCorrupt(&reader, "Customer %d has a zero byte in its key.", i + 1);
			RfmTextKey(&customer, bytes, length);
		}
		else
		{
			customer.key = (uint64) WireGetInt64(&reader);
			if (kind == RFM_KEY_UUID)
				customer.rest.half = (uint64) WireGetInt64(&reader);
		}
		customer.orders = WireGetInt64(&reader);
		customer.last_at = WireGetInt64(&reader);
		total = CheckFiniteNumeric(WireGetNumeric(&reader), "total");
		if ((broken = CustomerBroken(customer.orders, customer.last_at, as_of)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		if (!TakeCustomer(build, is_nobody, &customer, total))
			WireCorrupt(&reader, "Customer %d stands there twice.", i + 1);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(RfmBuildStats(build, true));
}

Datum
rfm_stats_send(PG_FUNCTION_ARGS)
{
	RfmStats   *stats = RfmStatsFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, RFM_STATS_VERSION);
	WirePutByte(&buffer, stats->kind);
	WirePutInt(&buffer, stats->as_of);
	WirePutBytes(&buffer, RfmStatsZone(stats), strlen(RfmStatsZone(stats)));
	WirePutByte(&buffer, (stats->header.flags & RFM_STATS_NOBODY) != 0);
	WirePutInt(&buffer, stats->customers);
	for (int i = 0; i < stats->customers; i++)
	{
		const RfmStored *stored = &RfmStatsCustomers(stats)[i];

		CHECK_FOR_INTERRUPTS();
		if (RfmStatsIsNobody(stats, i))
			 /* it has no key */ ;
		else if (stats->kind == RFM_KEY_TEXT)
		{
			const RfmText *key = RfmStatsText(stats, stored);

			WirePutBytes(&buffer, key->bytes, key->length);
		}
		else
		{
			WirePutInt64(&buffer, stored->key);
			if (stats->kind == RFM_KEY_UUID)
				WirePutInt64(&buffer, stored->half);
		}
		WirePutInt64(&buffer, stored->orders);
		WirePutInt64(&buffer, stored->last_at);
		WirePutNumeric(&buffer, RfmStoredTotal(stats, stored));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}
