/*
 * referral_tree.h
 *		Who was brought by whom: trees of members, generation by generation. No SQL
 *		here: plain arrays, memory of the caller.
 */
#ifndef REVOPS_REFERRAL_TREE_H
#define REVOPS_REFERRAL_TREE_H

/* In place of a member's referrer. */
#define REFERRAL_NOBODY		(-1)	/* none: a seed */
#define REFERRAL_STRANGER	(-2)	/* one who is no member */

#define REFERRAL_NO_DAY		PG_INT32_MIN

typedef enum ReferralProblem
{
	REFERRAL_FINE,
	/* without a tree */
	REFERRAL_SELF,
	REFERRAL_LOOP,
	REFERRAL_ORPHAN,
	REFERRAL_UNDER,
	/* flagged, and counted */
	REFERRAL_EARLY,
	REFERRAL_TWO_REFERRERS
} ReferralProblem;

typedef struct ReferralMember
{
	int32		referrer;		/* place of a member, or one of the above */
	int32		joined_on;		/* day */
	bool		two_referrers;

	/* what ReferralGrow finds */
	ReferralProblem problem;
	int32		generation;		/* 0 of a seed; -1 without a tree */
	int32		seed;			/* place */
	int32		days;			/* since its referrer joined; -1 not known, or early */
	int32		children;
	int32		descendants;
} ReferralMember;

/* Members of one generation and those whom they brought. */
typedef struct ReferralSums
{
	int64		members;
	int64		referrers;		/* members with children */
	int64		children;
	int64		squares;		/* of the members' children */
} ReferralSums;

/* Children a member, and its interval; NaN where nothing can be said. */
typedef struct ReferralRate
{
	double		k;
	double		low;
	double		high;
} ReferralRate;

typedef struct ReferralGeneration
{
	ReferralSums all;
	ReferralSums mature;		/* members whose days are over, children within them */
	double		median_days;	/* of the children; NaN: no days are known */
} ReferralGeneration;

extern int	ReferralGrow(ReferralMember *members, int count, int32 *order);
extern int	ReferralCount(const ReferralMember *members, int count, const int32 *order, int grown,
						  int32 as_of, int32 within_days, int32 *counts, ReferralGeneration *generations);
extern ReferralRate ReferralRateOf(const ReferralSums *sums);

#endif							/* REVOPS_REFERRAL_TREE_H */
