/*
 * adoption_space.h
 *		What customers lack that others like them have. No SQL here: plain arrays,
 *		memory of the current context.
 */
#ifndef REVOPS_ADOPTION_SPACE_H
#define REVOPS_ADOPTION_SPACE_H

#include "basket/adoption_follow.h"

#define SPACE_EVERYONE	(-1)	/* as evidence */

/* Why an item is offered: how many of those with the evidence have it. */
typedef struct SpaceReason
{
	int32		evidence;		/* an item or trait, or SPACE_EVERYONE */
	int32		item;			/* that is offered */
	int32		peers;			/* others with the evidence */
	int32		have;			/* of them with the item */
	double		low;			/* lower bound of have / peers */
	bool		has_amount;
	double		amount;			/* median sum of those that have it */
} SpaceReason;

typedef struct SpaceOffer
{
	int32		customer;
	int32		reason;			/* its place among the reasons */
} SpaceOffer;

typedef struct AdoptionSpace
{
	SpaceReason *reasons;
	int32		reason_count;
	int32	   *have;			/* by item: customers that have it */
	SpaceOffer *offers;			/* by customer, then item */
	int64		offer_count;
} AdoptionSpace;

extern AdoptionSpace AdoptionFindSpace(const AdoptionSet *set, int32 everyone_place, int64 least);
extern SpaceOffer *AdoptionSpaceRanked(const AdoptionSpace *space);
extern SpaceOffer *AdoptionSpacePopular(const AdoptionSpace *space, int32 items);
extern void AdoptionSpaceAmounts(AdoptionSpace *space, const AdoptionSet *set);

#endif							/* REVOPS_ADOPTION_SPACE_H */
