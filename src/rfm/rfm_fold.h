/*
 * rfm_fold.h
 *		Orders folded by customer, on plain arrays: how many, the last, the sum.
 */
#ifndef REVOPS_RFM_FOLD_H
#define REVOPS_RFM_FOLD_H

#include "base/decimal.h"

/* What a customer is. */
typedef enum RfmKeyKind
{
	RFM_KEY_BIGINT,
	RFM_KEY_UUID,
	RFM_KEY_TEXT
} RfmKeyKind;

#define RFM_KEY_KINDS	3

/* The bytes of a text. */
typedef struct RfmText
{
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} RfmText;

/*
 * A customer, or one or more orders on their way to one: as many bytes as a line of
 * the cache.
 */
typedef struct RfmCustomer
{
	uint64		key;			/* a bigint, the first half of a uuid, or a text's hash */
	union
	{
		uint64		half;		/* the second one of a uuid; 0 of a bigint */
		const RfmText *text;
	}			rest;
	int64		last_at;		/* of an order; undefined while there is none */
	int64		orders;			/* credit notes not counted */
	DecimalSum	total;
	int32		wide;			/* the owner's, for what 128 bits do not hold; 0 at first */
	int32		unused;
} RfmCustomer;

#define RFM_BATCH		64		/* orders that are folded together */
#define RFM_BLOCKS		26		/* of customers, each twice as large as the one before */
#define RFM_FIRST_BLOCK_BITS 4

typedef struct RfmSlot
{
	uint32		tag;			/* the high half of the key's hash */
	uint32		place;			/* the customer's, from 1; 0: free */
} RfmSlot;

typedef struct RfmFold
{
	RfmKeyKind	kind;
	/* takes a sum's new part when the sum does not fit in 128 bits any more */
	void		(*overflow) (void *owner, RfmCustomer *customer, const Decimal *more);
	/* says that there are too many orders of one customer, and does not return */
	void		(*too_many) (void *owner);
	void	   *owner;
	uint32		count;			/* customers */
	uint32		slot_mask;
	RfmSlot    *slots;			/* by hash, a power of two of them */
	RfmCustomer *blocks[RFM_BLOCKS];
	char	   *arena;			/* where short texts go */
	Size		arena_left;
	Size		text_bytes;		/* of all texts */
	int			pending;		/* orders in the batch */
	RfmCustomer batch[RFM_BATCH];
} RfmFold;

/* The place of a customer, from 0, in the blocks. */
static inline RfmCustomer *
RfmFoldAt(const RfmFold *fold, uint32 place)
{
	uint32		at = place + (1 << RFM_FIRST_BLOCK_BITS);
	int			bit = 31 - __builtin_clz(at);

	return &fold->blocks[bit - RFM_FIRST_BLOCK_BITS][at - ((uint32) 1 << bit)];
}

extern void RfmFoldInit(RfmFold *fold, RfmKeyKind kind);
extern void RfmFoldFlush(RfmFold *fold);
extern RfmCustomer *RfmFoldFind(RfmFold *fold, const RfmCustomer *like);
extern void RfmFoldAdd(RfmFold *fold, RfmCustomer *customer, const RfmCustomer *more);
extern RfmCustomer **RfmFoldSorted(const RfmFold *fold);

/* Where the next order goes; RfmFoldFlush when the batch is full. */
static inline RfmCustomer *
RfmFoldNext(RfmFold *fold)
{
	Assert(fold->pending < RFM_BATCH);
	return &fold->batch[fold->pending++];
}

#endif							/* REVOPS_RFM_FOLD_H */
