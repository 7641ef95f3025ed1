/*
 * rfm_stats.h
 *		rfm_stats: the orders of a population by customer, and how one is built.
 *
 *		rfm_fold.c		orders folded by customer, on plain arrays
 *		rfm_build.c		customers on their way to a value
 *		rfm_stats.c		the value: text, binary
 *		rfm_agg.c		the aggregates
 *		rfm_rows.c		scores and segments of all customers
 */
#ifndef REVOPS_RFM_STATS_H
#define REVOPS_RFM_STATS_H

#include "common/hashfn.h"
#include "utils/uuid.h"

#include "rfm/rfm.h"
#include "rfm/rfm_fold.h"

#define RFM_STATS_VERSION	1
#define RFM_STATS_NOBODY	1	/* flag: the last customer is NULL */

/*
 * The stored form. Behind the struct follow the zone's name, zero-terminated; the
 * customers by key, NULL last; numerics of totals that 128 bits do not hold; and the
 * texts of text keys, each an RfmText. All of them begin at multiples of 8.
 */
typedef struct RfmStats
{
	StateHeader header;			/* flags: RFM_STATS_NOBODY */
	int32		kind;			/* an RfmKeyKind */
	DateADT		as_of;
	int32		customers;		/* at least 1 */
	int32		zone_size;
	int32		wide_size;
	int32		text_size;
} RfmStats;

typedef struct RfmStored
{
	uint64		key;			/* of text: where it begins among the texts */
	uint64		half;			/* of a uuid, else 0 */
	int64		last_at;		/* 0 without orders */
	int64		orders;
	DecimalSum	total;			/* groups -1: wide, low: where it begins among the numerics */
} RfmStored;

static inline const char *
RfmStatsZone(const RfmStats *stats)
{
	return (const char *) (stats + 1);
}

static inline RfmStored *
RfmStatsCustomers(const RfmStats *stats)
{
	return (RfmStored *) ((char *) (stats + 1) + stats->zone_size);
}

static inline char *
RfmStatsWide(const RfmStats *stats)
{
	return (char *) (RfmStatsCustomers(stats) + stats->customers);
}

static inline bool
RfmStatsIsNobody(const RfmStats *stats, int customer)
{
	return (stats->header.flags & RFM_STATS_NOBODY) != 0 && customer == stats->customers - 1;
}

static inline const RfmText *
RfmStatsText(const RfmStats *stats, const RfmStored *stored)
{
	return (const RfmText *) (RfmStatsWide(stats) + stats->wide_size + stored->key);
}

extern RfmStats *RfmStatsFromDatum(Datum value);
extern Numeric RfmStoredTotal(const RfmStats *stats, const RfmStored *stored);
extern void RfmUuidKey(const pg_uuid_t *uuid, RfmCustomer *customer);
extern char *RfmUuidText(const RfmStored *stored);
extern void RfmTextKey(RfmCustomer *customer, const char *bytes, int length);

/* rfm_build.c: customers on their way to a value */

static inline uint64
RfmTextHash(const char *bytes, int length)
{
	return hash_bytes_extended((const unsigned char *) bytes, length, 0);
}

typedef struct RfmBuild
{
	MemoryContext context;
	RfmFold		fold;
	DateADT		as_of;
	const char *time_zone;
	TimestampTz before;			/* a time before this is of no day after as_of */
	bool		has_nobody;
	RfmCustomer nobody;			/* the customer NULL */
	Numeric    *wide;			/* what sums cannot take; of a customer wide - 1 */
	int			wide_count;
	int			wide_room;
	char	   *texts;			/* of the batch */
	Size		texts_used;
} RfmBuild;

extern const char *const rfm_key_names[RFM_KEY_KINDS];

extern RfmBuild *RfmBuildCreate(MemoryContext context, RfmKeyKind kind, DateADT as_of,
								const char *time_zone);
extern RfmCustomer *RfmBuildNext(RfmBuild *build);
extern void RfmBuildText(RfmBuild *build, RfmCustomer *order, const char *bytes, int length);
extern RfmCustomer *RfmBuildFind(RfmBuild *build, const RfmCustomer *like);
extern void RfmBuildAdd(RfmBuild *build, RfmCustomer *customer, const RfmCustomer *more, Numeric wide);
extern void RfmBuildMerge(RfmBuild *build, const RfmStats *stats, const char *aggregate);
extern RfmStats *RfmBuildStats(RfmBuild *build, bool in_order);

#endif							/* REVOPS_RFM_STATS_H */
