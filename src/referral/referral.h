/*
 * referral.h
 *		referral_forest: who joined, brought by whom, and what each is worth.
 *
 * referral_tree.c		the trees, on plain arrays
 * referral_forest.c	referral_forest: rows of members
 * referral_functions.c	what a forest is asked
 */
#ifndef REVOPS_REFERRAL_H
#define REVOPS_REFERRAL_H

#include "fmgr.h"
#include "port/pg_bswap.h"

#include "base/decimal.h"
#include "base/state.h"
#include "referral/referral_tree.h"

/* A row as it came. The names follow, the member's first; the next row is aligned. */
typedef struct ReferralRow
{
	DecimalSum	amount;			/* not negative */
	int32		joined_on;		/* day, or REFERRAL_NO_DAY */
	int32		member_length;
	int32		referrer_length;	/* -1: none */
	int32		unused;
	char		names[FLEXIBLE_ARRAY_MEMBER];
} ReferralRow;

/*
 * In a value outside an aggregate rows are sorted by member, day (unknown last) and
 * referrer (none last), and no two are alike in all three.
 */
typedef struct ReferralForest
{
	StateHeader header;
	int64		used;			/* bytes of rows */
	int32		rows;
	int32		is_sorted;
} ReferralForest;

static inline Size
ReferralRowSize(int member_length, int referrer_length)
{
	return MAXALIGN(offsetof(ReferralRow, names) + member_length + Max(referrer_length, 0));
}

static inline ReferralRow *
FirstReferralRow(const ReferralForest *forest)
{
	return (ReferralRow *) ((char *) forest + sizeof(ReferralForest));
}

static inline ReferralRow *
NextReferralRow(const ReferralRow *row)
{
	return (ReferralRow *) ((char *) row + ReferralRowSize(row->member_length, row->referrer_length));
}

static inline const char *
ReferrerName(const ReferralRow *row)
{
	return row->names + row->member_length;
}

/* The first bytes of a name as a number that sorts as they do. */
static inline uint64
ReferralNamePrefix(const char *name, int length)
{
	uint64		prefix = 0;

	memcpy(&prefix, name, Min(length, (int) sizeof(prefix)));
	return pg_ntoh64(prefix);
}

extern ReferralForest *ReferralForestSorted(Datum value);
extern void ReferralAmountAdd(DecimalSum *sum, const DecimalSum *more);

#endif							/* REVOPS_REFERRAL_H */
