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

/* Members by their places; an array each, since trees are followed from member to member. */
typedef struct ReferralMembers
{
	int			count;
	int32	   *referrer;		/* place of a member, or one of the above */
	int32	   *joined_on;		/* day */
	uint8	   *two_referrers;	/* 0 or 1 */

	/* what ReferralGrow finds */
	uint8	   *problem;		/* a ReferralProblem */
	int32	   *generation;		/* 0 of a seed; -1 without a tree */
	int32	   *seed;			/* place; -1 without a tree */
	int32	   *days;			/* since its referrer joined; -1 not known, or early */
	int32	   *children;
	int32	   *descendants;
	int32	   *order;			/* those with a tree, by generation, then place */
	int			grown;			/* how many these are */
} ReferralMembers;

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

extern void ReferralGrow(ReferralMembers *members);
extern int	ReferralCount(const ReferralMembers *members, int32 as_of, int32 within_days,
						  int32 *counts, ReferralGeneration *generations);
extern ReferralRate ReferralRateOf(const ReferralSums *sums);

#endif							/* REVOPS_REFERRAL_TREE_H */
