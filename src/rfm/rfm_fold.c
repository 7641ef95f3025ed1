/*
 * rfm_fold.c
 *		Orders folded by customer: see rfm_fold.h.
 *
 * A table by hash costs two cache misses an order, one for its slot and one for
 * the customer, and waiting for them is most of what GROUP BY does. So orders
 * gather in a batch, and each step is taken for the whole batch: fetch the slots,
 * then the customers they point to, then add up. The misses of a batch overlap.
 * Memory is that of the customers, however many orders they have: nothing is dealt
 * out, and a parallel worker hands over customers alone.
 *
 * Sums are exact and the last time is a maximum, so neither the order of orders nor
 * how they were split has a say.
 *
 * Everything is made in the current memory context.
 */
#include "postgres.h"

#include <sys/mman.h>

#include "common/int.h"
#include "miscadmin.h"

#include "base/bytes.h"
#include "base/mix.h"
#include "rfm/rfm_fold.h"

#define FIRST_SLOTS		64
#define ARENA_BYTES		65536
#define LONG_TEXT		1024	/* one that gets memory of its own */
#define LINE_BYTES		64		/* of the cache */
#define LARGE_PAGE		(2 * 1024 * 1024)

StaticAssertDecl(sizeof(RfmCustomer) == LINE_BYTES, "a customer is a line of the cache");

static inline uint64
HashOf(const RfmFold *fold, const RfmCustomer *customer)
{
	switch (fold->kind)
	{
		case RFM_KEY_UUID:
			return Mix(customer->key ^ Mix(customer->rest.half));
		case RFM_KEY_TEXT:
			return customer->key;
		default:
			return Mix(customer->key);
	}
}

static inline bool
SameCustomer(const RfmFold *fold, const RfmCustomer *one, const RfmCustomer *other)
{
	if (one->key != other->key)
		return false;
	if (fold->kind != RFM_KEY_TEXT)
		return one->rest.half == other->rest.half;
	return BytesEqual(one->rest.text->bytes, one->rest.text->length,
					  other->rest.text->bytes, other->rest.text->length);
}

/*
 * Memory that is looked into at random. Where it is large, in large pages if the
 * system has them: with small ones finding the page costs as much as the miss.
 */
static void *
AllocateScattered(Size size, int flags)
{
	char	   *memory;

	if (size < 2 * LARGE_PAGE)
		return palloc_extended(size, flags | MCXT_ALLOC_HUGE);
	memory = palloc_extended(size, MCXT_ALLOC_HUGE);
#ifdef MADV_HUGEPAGE
	{
		uintptr_t	from = TYPEALIGN(LARGE_PAGE, memory);
		uintptr_t	to = TYPEALIGN_DOWN(LARGE_PAGE, memory + size);

		/* a wish: that it is not granted does not matter */
		(void) madvise((void *) from, to - from, MADV_HUGEPAGE);
	}
#endif
	return flags & MCXT_ALLOC_ZERO ? memset(memory, 0, size) : memory;
}

void
RfmFoldInit(RfmFold *fold, RfmKeyKind kind)
{
	fold->kind = kind;
	fold->slots = palloc0(FIRST_SLOTS * sizeof(RfmSlot));
	fold->slot_mask = FIRST_SLOTS - 1;
}

/* The first free slot for a hash. */
static inline RfmSlot *
FreeSlot(RfmSlot *slots, uint32 mask, uint64 hash)
{
	uint32		slot = (uint32) hash & mask;

	while (slots[slot].place != 0)
		slot = (slot + 1) & mask;
	return &slots[slot];
}

/* Slots for so many more customers, so that a batch does not move them. */
static void
ReserveSlots(RfmFold *fold, uint32 more)
{
	uint32		mask = fold->slot_mask;
	RfmSlot    *slots;

	while ((uint64) (fold->count + more) * 4 > (uint64) mask * 3)
		mask = mask * 2 + 1;
	if (mask == fold->slot_mask)
		return;
	slots = AllocateScattered(((Size) mask + 1) * sizeof(RfmSlot), MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < fold->count; i++)
	{
		uint64		hash = HashOf(fold, RfmFoldAt(fold, i));
		RfmSlot    *slot = FreeSlot(slots, mask, hash);

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		slot->tag = (uint32) (hash >> 32);
		slot->place = i + 1;
	}
	pfree(fold->slots);
	fold->slots = slots;
	fold->slot_mask = mask;
}

/* A copy of a text that lasts as long as the fold. */
static const RfmText *
KeepText(RfmFold *fold, const RfmText *text)
{
	Size		used = offsetof(RfmText, bytes) + text->length;
	Size		size = MAXALIGN(used);
	void	   *kept;

	if (size > LONG_TEXT)
		kept = palloc(size);
	else
	{
		if (size > fold->arena_left)
		{
			fold->arena_left = ARENA_BYTES;
			fold->arena = palloc(ARENA_BYTES);
		}
		kept = fold->arena;
		fold->arena += size;
		fold->arena_left -= size;
	}
	fold->text_bytes += text->length;
	return memcpy(kept, text, used);
}

/* A new customer, without an order, for a slot that is free. */
static RfmCustomer *
AddCustomer(RfmFold *fold, RfmSlot *slot, uint64 hash, const RfmCustomer *like)
{
	uint32		at = fold->count + (1 << RFM_FIRST_BLOCK_BITS);
	RfmCustomer *customer;

	if ((at & (at - 1)) == 0)
	{
		int			block = 31 - __builtin_clz(at) - RFM_FIRST_BLOCK_BITS;
		char	   *memory = AllocateScattered(at * sizeof(RfmCustomer) + LINE_BYTES, 0);

		fold->blocks[block] = (RfmCustomer *) TYPEALIGN(LINE_BYTES, memory);
	}
	slot->tag = (uint32) (hash >> 32);
	slot->place = ++fold->count;
	customer = RfmFoldAt(fold, slot->place - 1);
	memset(customer, 0, sizeof(RfmCustomer));
	customer->key = like->key;
	if (fold->kind == RFM_KEY_TEXT)
		customer->rest.text = KeepText(fold, like->rest.text);
	else
		customer->rest.half = like->rest.half;
	return customer;
}

/* The customer of a key, a new one where there is none; there are slots. */
static RfmCustomer *
FindOrAdd(RfmFold *fold, uint64 hash, const RfmCustomer *like)
{
	uint32		tag = (uint32) (hash >> 32);
	uint32		slot = (uint32) hash & fold->slot_mask;

	for (; fold->slots[slot].place != 0; slot = (slot + 1) & fold->slot_mask)
	{
		RfmCustomer *customer;

		if (fold->slots[slot].tag != tag)
			continue;
		customer = RfmFoldAt(fold, fold->slots[slot].place - 1);
		if (SameCustomer(fold, customer, like))
			return customer;
	}
	return AddCustomer(fold, &fold->slots[slot], hash, like);
}

static inline int128
Coefficient(const DecimalSum *sum)
{
	return (int128) ((unsigned __int128) (uint64) sum->high << 64 | sum->low);
}

/* Adds orders to a customer. */
static inline void
AddOrders(RfmFold *fold, RfmCustomer *customer, const RfmCustomer *more)
{
	if (more->orders > 0)
	{
		if (customer->orders == 0 || more->last_at > customer->last_at)
			customer->last_at = more->last_at;
		if (unlikely(pg_add_s64_overflow(customer->orders, more->orders, &customer->orders)))
			fold->too_many(fold->owner);
	}
	if (likely(customer->total.groups == more->total.groups))
	{
		/* the usual amount: of as many digits behind the point as those before */
		int128		sum;

		if (likely(!__builtin_add_overflow(Coefficient(&customer->total), Coefficient(&more->total), &sum)))
		{
			customer->total.high = (int64) (sum >> 64);
			customer->total.low = (uint64) sum;
			customer->total.scale = Max(customer->total.scale, more->total.scale);
			return;
		}
	}
	{
		Decimal		amount = DecimalSumValue(&more->total);

		if (!DecimalSumAdd(&customer->total, &amount))
			fold->overflow(fold->owner, customer, &amount);
	}
}

/* Adds orders to a customer, in the batch or not. */
void
RfmFoldAdd(RfmFold *fold, RfmCustomer *customer, const RfmCustomer *more)
{
	AddOrders(fold, customer, more);
}

/* Adds the orders of the batch to their customers. */
void
RfmFoldFlush(RfmFold *fold)
{
	uint64		hash[RFM_BATCH];
	RfmCustomer *customer[RFM_BATCH];
	int			pending = fold->pending;

	ReserveSlots(fold, pending);
	for (int i = 0; i < pending; i++)
	{
		hash[i] = HashOf(fold, &fold->batch[i]);
		__builtin_prefetch(&fold->slots[(uint32) hash[i] & fold->slot_mask]);
	}
	for (int i = 0; i < pending; i++)
	{
		uint32		tag = (uint32) (hash[i] >> 32);
		uint32		slot = (uint32) hash[i] & fold->slot_mask;

		while (fold->slots[slot].place != 0 && fold->slots[slot].tag != tag)
			slot = (slot + 1) & fold->slot_mask;
		customer[i] = NULL;
		if (fold->slots[slot].place != 0)
		{
			customer[i] = RfmFoldAt(fold, fold->slots[slot].place - 1);
			__builtin_prefetch(customer[i], 1);
		}
	}
	for (int i = 0; i < pending && fold->kind == RFM_KEY_TEXT; i++)
		if (customer[i] != NULL)
			__builtin_prefetch(customer[i]->rest.text);
	for (int i = 0; i < pending; i++)
	{
		const RfmCustomer *more = &fold->batch[i];

		if (customer[i] == NULL || unlikely(!SameCustomer(fold, customer[i], more)))
			customer[i] = FindOrAdd(fold, hash[i], more);
		AddOrders(fold, customer[i], more);
	}
	fold->pending = 0;
}

/*
 * The customer of a key, a new one where there is none. Those in the batch are
 * counted, too.
 */
RfmCustomer *
RfmFoldFind(RfmFold *fold, const RfmCustomer *like)
{
	RfmFoldFlush(fold);
	ReserveSlots(fold, 1);
	return FindOrAdd(fold, HashOf(fold, like), like);
}

/* A customer and what it sorts by at first. */
typedef struct SortedCustomer
{
	uint64		first;
	RfmCustomer *customer;
} SortedCustomer;

/* The first bytes of a text as a number that sorts as they do. */
static uint64
FirstBytes(const RfmText *text)
{
	uint64		first = 0;

	for (int i = 0; i < 8; i++)
		first = first << 8 | (i < text->length ? (unsigned char) text->bytes[i] : 0);
	return first;
}

static inline int
CompareSorted(const SortedCustomer *left, const SortedCustomer *right, const RfmKeyKind *kind)
{
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	if (*kind == RFM_KEY_TEXT)
		return BytesCompare(left->customer->rest.text->bytes, left->customer->rest.text->length,
							right->customer->rest.text->bytes, right->customer->rest.text->length);
	if (left->customer->rest.half != right->customer->rest.half)
		return left->customer->rest.half < right->customer->rest.half ? -1 : 1;
	return 0;
}

#define ST_SORT SortCustomers
#define ST_ELEMENT_TYPE SortedCustomer
#define ST_COMPARE(left, right, kind) CompareSorted(left, right, kind)
#define ST_COMPARE_ARG_TYPE const RfmKeyKind
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * All customers by key: numbers by value, uuids and texts byte by byte. The batch
 * is empty.
 */
RfmCustomer **
RfmFoldSorted(const RfmFold *fold)
{
	SortedCustomer *sorted = palloc_extended(Max(fold->count, 1) * sizeof(SortedCustomer), MCXT_ALLOC_HUGE);
	RfmCustomer **customers = palloc_extended(Max(fold->count, 1) * sizeof(RfmCustomer *), MCXT_ALLOC_HUGE);

	Assert(fold->pending == 0);
	for (uint32 i = 0; i < fold->count; i++)
	{
		RfmCustomer *customer = RfmFoldAt(fold, i);

		sorted[i].customer = customer;
		sorted[i].first = fold->kind == RFM_KEY_TEXT ? FirstBytes(customer->rest.text) :
			fold->kind == RFM_KEY_BIGINT ? customer->key ^ (UINT64CONST(1) << 63) : customer->key;
	}
	SortCustomers(sorted, fold->count, &fold->kind);
	for (uint32 i = 0; i < fold->count; i++)
		customers[i] = sorted[i].customer;
	pfree(sorted);
	return customers;
}
