/*
 * basket.h
 *		What goes together, what comes next, what is missing: what the rooms of the
 *		module share.
 *
 * coded.c				the ground: rows that name texts
 * basket_pairs.c		what goes together, on plain arrays
 * basket_stats.c		basket_stats: the baskets, as stored
 * basket_functions.c	what SQL asks of them
 * adoption_follow.c	what comes next, on plain arrays
 * adoption_space.c		what is missing, on plain arrays
 * adoption_stats.c		adoption_stats: first purchases and sums, as stored
 * adoption_functions.c what SQL asks of them
 */
#ifndef REVOPS_BASKET_H
#define REVOPS_BASKET_H

#include "fmgr.h"
#include "utils/date.h"

#include "base/decimal.h"
#include "basket/adoption_follow.h"
#include "basket/adoption_space.h"
#include "basket/basket_pairs.h"
#include "basket/coded.h"

/* basket_stats.c */

/* An item of a basket; 12 bytes, so the key stands in two parts. */
typedef struct BasketLine
{
	uint32		key_high;
	uint32		key_low;
	uint32		item;
} BasketLine;

#define UNITS_UNKNOWN	1		/* flag of a basket_stats: a row had no quantity; units are 0 */

typedef struct BasketStats
{
	CodedState	coded;
	DecimalSum	units;
	int64		skipped_rows;
} BasketStats;

extern const CodedKind basket_kind;

static inline uint64
BasketLineKey(const BasketLine *line)
{
	return (uint64) line->key_high << 32 | line->key_low;
}

static inline BasketLine *
BasketStatsLines(const BasketStats *stats)
{
	return CodedRows(&stats->coded, &basket_kind);
}

extern BasketStats *BasketStatsFromDatum(Datum value);

/* basket_functions.c */

extern int64 CheckLeast(int32 value, const char *what);

/* adoption_stats.c */

/*
 * What a customer bought of an item on a day, or that it has the trait. item: the
 * text's number times 4, and the marks.
 */
typedef struct AdoptionEntry
{
	uint64		key;
	uint32		item;
	DateADT		day;			/* TRAIT_DAY: a trait, without amount and marks */
	int64		high;			/* the amount, as in DecimalSum */
	uint64		low;
} AdoptionEntry;

#define TRAIT_DAY		DATEVAL_NOBEGIN
#define IS_BOUGHT		1		/* mark: not credit notes alone */
#define HAS_AMOUNT		2		/* mark: else the amount is 0 */

typedef struct AdoptionStats
{
	CodedState	coded;
	int32		groups;			/* of the amounts, as in Decimal */
	int32		scale;			/* decimals to show */
} AdoptionStats;

extern const CodedKind adoption_kind;

static inline AdoptionEntry *
AdoptionStatsEntries(const AdoptionStats *stats)
{
	return CodedRows(&stats->coded, &adoption_kind);
}

static inline uint32
AdoptionEntryItem(const AdoptionEntry *entry)
{
	return entry->item >> 2;
}

static inline int128
AdoptionEntryAmount(const AdoptionEntry *entry)
{
	return (int128) (((unsigned __int128) (uint64) entry->high << 64) | entry->low);
}

extern AdoptionStats *AdoptionStatsFromDatum(Datum value);

#endif							/* REVOPS_BASKET_H */
