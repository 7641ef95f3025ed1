/*
 * referral_functions.c
 *		What a referral_forest is asked: each member's place, and the generations.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/rows.h"
#include "referral/referral.h"

PG_FUNCTION_INFO_V1(referral_rows);
PG_FUNCTION_INFO_V1(referral_generations);

/* The members of a forest as known on a day. */
typedef struct Membership
{
	int			count;
	ReferralMember *members;	/* by name */
	const ReferralRow **rows;	/* one of each, for its name */
	const ReferralRow **referrers;	/* the row that names the referrer; NULL: none */
	DecimalSum *amounts;
	DecimalSum *tree_amounts;	/* own and all below, of those with a tree */
	int32	   *order;			/* those with a tree, by generation */
	int			grown;			/* how many these are */
} Membership;

static inline uint32
HashName(const char *name, int length)
{
	return hash_bytes((const unsigned char *) name, length);
}

/*
 * One member of each name with a row on as_of or before, or without a day. Rows come
 * by member, day and referrer: the first that names a referrer counts.
 */
static void
ReadMembers(Membership *membership, const ReferralForest *forest, DateADT as_of)
{
	const ReferralRow *row = FirstReferralRow(forest);
	int			last = -1;

	for (int i = 0; i < forest->rows; i++, row = NextReferralRow(row))
	{
		ReferralMember *member;
		const ReferralRow *brought;

		CHECK_FOR_INTERRUPTS();
		if (row->joined_on != REFERRAL_NO_DAY && row->joined_on > as_of)
			continue;
		if (last < 0 || !BytesEqual(membership->rows[last]->names, membership->rows[last]->member_length,
									row->names, row->member_length))
		{
			last++;
			membership->rows[last] = row;
			membership->referrers[last] = NULL;
			membership->members[last].joined_on = row->joined_on;
			membership->members[last].two_referrers = false;
			memset(&membership->amounts[last], 0, sizeof(DecimalSum));
		}
		member = &membership->members[last];
		ReferralAmountAdd(&membership->amounts[last], &row->amount);
		if (row->referrer_length < 0)
			continue;
		brought = membership->referrers[last];
		if (brought == NULL)
			membership->referrers[last] = row;
		else if (!BytesEqual(ReferrerName(brought), brought->referrer_length,
							 ReferrerName(row), row->referrer_length))
			member->two_referrers = true;
	}
	membership->count = last + 1;
}

/* Finds the place of each member's referrer, by a hash table of the names. */
static void
FindReferrers(Membership *membership)
{
	uint32		mask = pg_nextpower2_32(Max(16, (uint32) membership->count * 2)) - 1;
	int32	   *slots = palloc_extended(((Size) mask + 1) * sizeof(int32),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int i = 0; i < membership->count; i++)
	{
		const ReferralRow *row = membership->rows[i];
		uint32		at = HashName(row->names, row->member_length) & mask;

		while (slots[at] != 0)
			at = (at + 1) & mask;
		slots[at] = i + 1;
	}
	for (int i = 0; i < membership->count; i++)
	{
		const ReferralRow *row = membership->referrers[i];
		uint32		at;

		CHECK_FOR_INTERRUPTS();
		membership->members[i].referrer = REFERRAL_NOBODY;
		if (row == NULL)
			continue;
		membership->members[i].referrer = REFERRAL_STRANGER;
		for (at = HashName(ReferrerName(row), row->referrer_length) & mask; slots[at] != 0; at = (at + 1) & mask)
		{
			const ReferralRow *other = membership->rows[slots[at] - 1];

			if (!BytesEqual(ReferrerName(row), row->referrer_length, other->names, other->member_length))
				continue;
			membership->members[i].referrer = slots[at] - 1;
			break;
		}
	}
	pfree(slots);
}

#define ALLOC_HUGE(type, count) \
	((type *) palloc_extended(Max(1, (Size) (count)) * sizeof(type), MCXT_ALLOC_HUGE))

/* The trees of a forest as known on a day; a count of 0 where nobody had joined. */
static Membership
MembershipMake(const ReferralForest *forest, DateADT as_of)
{
	Membership	membership = {0};

	membership.members = ALLOC_HUGE(ReferralMember, forest->rows);
	membership.rows = ALLOC_HUGE(const ReferralRow *, forest->rows);
	membership.referrers = ALLOC_HUGE(const ReferralRow *, forest->rows);
	membership.amounts = ALLOC_HUGE(DecimalSum, forest->rows);
	membership.order = ALLOC_HUGE(int32, forest->rows);
	ReadMembers(&membership, forest, as_of);
	if (membership.count == 0)
		return membership;
	FindReferrers(&membership);
	membership.grown = ReferralGrow(membership.members, membership.count, membership.order);
	return membership;
}

/* Own amounts and those of all below, the youngest generation first. */
static void
AddUpTrees(Membership *membership)
{
	membership->tree_amounts = ALLOC_HUGE(DecimalSum, membership->count);
	memcpy(membership->tree_amounts, membership->amounts, membership->count * sizeof(DecimalSum));
	for (int i = membership->grown - 1; i >= 0; i--)
	{
		int32		place = membership->order[i];
		int32		referrer = membership->members[place].referrer;

		CHECK_FOR_INTERRUPTS();
		if (referrer >= 0)
			ReferralAmountAdd(&membership->tree_amounts[referrer], &membership->tree_amounts[place]);
	}
}

static void
PutAmount(RowWriter *row, const DecimalSum *sum)
{
	Decimal		amount = DecimalSumValue(sum);

	RowPutNumeric(row, DecimalToNumeric(&amount));
}

/*
 * referral_rows(referral_forest, as_of date) → rows (member, referrer, seed text,
 * generation int, joined_on date, days_from_referrer int, children, descendants
 * bigint, amount, tree_amount numeric, problem text), by member
 */
Datum
referral_rows(PG_FUNCTION_ARGS)
{
	static const char *const problems[] = {NULL, "self", "loop", "orphan", "under", "early", "two_referrers"};
	ReferralForest *forest = ReferralForestSorted(PG_GETARG_DATUM(0));
	Membership	membership = MembershipMake(forest, CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of"));
	RowWriter	row = RowsBegin(fcinfo);
	MemoryContext short_lived = AllocSetContextCreate(CurrentMemoryContext, "referral row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext long_lived;

	AddUpTrees(&membership);
	long_lived = MemoryContextSwitchTo(short_lived);
	for (int i = 0; i < membership.count; i++)
	{
		const ReferralMember *member = &membership.members[i];
		const ReferralRow *name = membership.rows[i];
		const ReferralRow *referrer = membership.referrers[i];

		CHECK_FOR_INTERRUPTS();
		RowPutBytes(&row, name->names, name->member_length);
		RowPutBytes(&row, referrer ? ReferrerName(referrer) : NULL, referrer ? referrer->referrer_length : -1);
		if (member->generation < 0)
			RowPutNulls(&row, 2);
		else
		{
			RowPutBytes(&row, membership.rows[member->seed]->names, membership.rows[member->seed]->member_length);
			RowPutInt(&row, member->generation);
		}
		if (member->joined_on == REFERRAL_NO_DAY)
			RowPutNull(&row);
		else
			RowPutDate(&row, member->joined_on);
		if (member->days < 0)
			RowPutNull(&row);
		else
			RowPutInt(&row, member->days);
		if (member->generation < 0)
			RowPutNulls(&row, 2);
		else
		{
			RowPutInt64(&row, member->children);
			RowPutInt64(&row, member->descendants);
		}
		PutAmount(&row, &membership.amounts[i]);
		if (member->generation < 0)
			RowPutNull(&row);
		else
			PutAmount(&row, &membership.tree_amounts[i]);
		RowPutText(&row, problems[member->problem]);
		RowEnd(&row);
		MemoryContextReset(short_lived);
	}
	MemoryContextSwitchTo(long_lived);
	return (Datum) 0;
}

static void
PutRate(RowWriter *row, const ReferralSums *sums)
{
	ReferralRate rate = ReferralRateOf(sums);

	RowPutFinite(row, rate.k);
	RowPutFinite(row, rate.low);
	RowPutFinite(row, rate.high);
}

/*
 * referral_generations(referral_forest, as_of date, within_days int) → rows
 * (generation int, members, referrers, children bigint, k, k_low, k_high float8,
 * mature_members, mature_children bigint, mature_k, mature_k_low, mature_k_high,
 * median_days float8, amount numeric); a last row, generation NULL, of those without
 * a tree
 */
Datum
referral_generations(PG_FUNCTION_ARGS)
{
	ReferralForest *forest;
	DateADT		as_of;
	int32		within_days = -1;
	Membership	membership;
	ReferralGeneration *generations = NULL;
	DecimalSum *amounts = NULL;
	DecimalSum	rest = {0};
	int			count = 0;
	int64		treeless;
	RowWriter	row;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
	{
		RowsBegin(fcinfo);
		return (Datum) 0;
	}
	forest = ReferralForestSorted(PG_GETARG_DATUM(0));
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(1), "as_of");
	if (!PG_ARGISNULL(2))
	{
		within_days = PG_GETARG_INT32(2);
		if (within_days < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("within_days must not be negative"),
					 errdetail("The value is %d.", within_days),
					 errhint("It is how many days after joining a member's referrals are waited for.")));
	}
	membership = MembershipMake(forest, as_of);
	row = RowsBegin(fcinfo);
	treeless = membership.count - membership.grown;

	if (membership.grown > 0)
	{
		int			last = membership.members[membership.order[membership.grown - 1]].generation;
		int32	   *counts = ALLOC_HUGE(int32, membership.count);

		generations = ALLOC_HUGE(ReferralGeneration, last + 1);
		amounts = palloc_extended(((Size) last + 1) * sizeof(DecimalSum), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		count = ReferralCount(membership.members, membership.count, membership.order, membership.grown,
							  as_of, within_days, counts, generations);
	}
	for (int i = 0; i < membership.count; i++)
	{
		int			generation = membership.members[i].generation;

		CHECK_FOR_INTERRUPTS();
		ReferralAmountAdd(generation < 0 ? &rest : &amounts[generation], &membership.amounts[i]);
	}
	for (int g = 0; g < count; g++)
	{
		const ReferralGeneration *generation = &generations[g];

		CHECK_FOR_INTERRUPTS();
		RowPutInt(&row, g);
		RowPutInt64(&row, generation->all.members);
		RowPutInt64(&row, generation->all.referrers);
		RowPutInt64(&row, generation->all.children);
		PutRate(&row, &generation->all);
		if (within_days < 0)
			RowPutNulls(&row, 5);
		else
		{
			RowPutInt64(&row, generation->mature.members);
			RowPutInt64(&row, generation->mature.children);
			PutRate(&row, &generation->mature);
		}
		RowPutFinite(&row, generation->median_days);
		PutAmount(&row, &amounts[g]);
		RowEnd(&row);
	}
	RowPutNull(&row);
	RowPutInt64(&row, treeless);
	RowPutNulls(&row, 11);
	PutAmount(&row, &rest);
	RowEnd(&row);
	return (Datum) 0;
}
