/*
 * adoption_follow.h
 *		In which order customers come to items. No SQL here: plain arrays, memory of
 *		the current context.
 */
#ifndef REVOPS_ADOPTION_FOLLOW_H
#define REVOPS_ADOPTION_FOLLOW_H

/* An item that a customer has by the day that is asked for. */
typedef struct Adoption
{
	int32		item;
	int32		day;			/* the first; of a trait alone undefined */
	bool		is_dated;		/* false: a trait alone */
	bool		has_sum;
	double		sum;			/* money so far; undefined without */
} Adoption;

/*
 * Customer c has adoption[start[c]] to adoption[start[c + 1] - 1], by the items'
 * numbers, each once. Items are numbered from 0 to items - 1.
 */
typedef struct AdoptionSet
{
	int32		customers;
	int32		items;
	const int32 *start;
	const Adoption *adoption;
} AdoptionSet;

/* Of the customers that have a: what they did about b. */
typedef struct FollowPair
{
	int32		a;
	int32		b;
	int32		before;
	int32		same_day;
	int32		followed;
	int32		mature;
	int32		mature_followed;
	double		median_days;	/* of those that followed, if any */
} FollowPair;

typedef struct FollowPairs
{
	FollowPair *pairs;
	int64		count;
	int32	   *customers;		/* by item: how many have it */
	int64	   *mature;			/* by item b: mature pairs of a customer and another first item */
	int64	   *followed;		/* by item b: those of them that b followed */
} FollowPairs;

typedef struct FollowChain
{
	int32		a;
	int32		b;
	int32		c;
	int32		ab;
	int32		abc;
	int32		mature;
	int32		mature_followed;
	double		median_days;	/* from a to c */
} FollowChain;

extern FollowPairs AdoptionFindPairs(const AdoptionSet *set, int32 as_of, int32 within_days,
									 int64 least);
extern FollowChain *AdoptionFindChains(const AdoptionSet *set, int32 as_of, int32 within_days,
									   int64 least, int64 *count);

#endif							/* REVOPS_ADOPTION_FOLLOW_H */
