/*
 * referral_functions.c
 *		What a referral_forest is asked: each member's place, and the generations.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
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
	ReferralMembers members;	/* places by name */
	const ReferralRow **rows;	/* a row of each, for its name */
	const ReferralRow **referrers;	/* the row that names the referrer; NULL: none */
	DecimalSum *amounts;
	DecimalSum *tree_amounts;	/* own and all below, of those with a tree */
} Membership;

#define ALLOC_HUGE(type, count) \
	((type *) palloc_extended(Max(1, (Size) (count)) * sizeof(type), MCXT_ALLOC_HUGE))

/*
 * One member of each name with a row on as_of or before, or without a day. Rows come
 * by member, day and referrer: the first that names a referrer counts.
 */
static void
ReadMembers(Membership *membership, const ReferralForest *forest, DateADT as_of)
{
	ReferralMembers *members = &membership->members;
	const ReferralRow *row = FirstReferralRow(forest);
	int			last = -1;

	for (int i = 0; i < forest->rows; i++, row = NextReferralRow(row))
	{
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
			members->joined_on[last] = row->joined_on;
			members->two_referrers[last] = 0;
			membership->amounts[last] = row->amount;
		}
		else
			ReferralAmountAdd(&membership->amounts[last], &row->amount);
		if (row->referrer_length < 0)
			continue;
		brought = membership->referrers[last];
		if (brought == NULL)
			membership->referrers[last] = row;
		else if (!BytesEqual(ReferrerName(brought), brought->referrer_length,
							 ReferrerName(row), row->referrer_length))
			members->two_referrers[last] = 1;
	}
	members->count = last + 1;
}

/* A referrer's name on its way to its place; the first bytes decide nearly always. */
typedef struct BroughtBy
{
	uint64		prefix;
	int32		length;
	int32		place;			/* of the member who was brought */
} BroughtBy;

static int
CompareReferrers(const void *left, const void *right, void *membership)
{
	const BroughtBy *one = left;
	const BroughtBy *other = right;
	const ReferralRow **referrers = ((Membership *) membership)->referrers;

	CHECK_FOR_INTERRUPTS();
	if (one->prefix != other->prefix)
		return one->prefix < other->prefix ? -1 : 1;
	/* text holds no zero byte: where one is no longer than its prefix, it begins the other */
	if (one->length <= (int) sizeof(uint64) || other->length <= (int) sizeof(uint64))
		return one->length - other->length;
	return BytesCompare(ReferrerName(referrers[one->place]), one->length,
						ReferrerName(referrers[other->place]), other->length);
}

/*
 * Finds the place of each member's referrer: their names are sorted, and go along
 * with the members', which are. A hash table would miss the cache for each.
 */
static void
FindReferrers(Membership *membership)
{
	ReferralMembers *members = &membership->members;
	BroughtBy  *brought = ALLOC_HUGE(BroughtBy, members->count);
	int			count = 0;
	int			at = 0;

	for (int i = 0; i < members->count; i++)
	{
		const ReferralRow *row = membership->referrers[i];

		members->referrer[i] = REFERRAL_NOBODY;
		if (row == NULL)
			continue;
		brought[count].prefix = ReferralNamePrefix(ReferrerName(row), row->referrer_length);
		brought[count].length = row->referrer_length;
		brought[count++].place = i;
	}
	qsort_arg(brought, count, sizeof(BroughtBy), CompareReferrers, membership);
	for (int i = 0; i < count; i++)
	{
		const BroughtBy *by = &brought[i];
		int			order = 1;

		CHECK_FOR_INTERRUPTS();
		for (; at < members->count; at++)
		{
			const ReferralRow *row = membership->rows[at];
			uint64		prefix = ReferralNamePrefix(row->names, row->member_length);

			if (prefix != by->prefix)
				order = prefix < by->prefix ? -1 : 1;
			else if (row->member_length <= (int) sizeof(uint64) || by->length <= (int) sizeof(uint64))
				order = row->member_length - by->length;
			else
				order = BytesCompare(row->names, row->member_length,
									 ReferrerName(membership->referrers[by->place]), by->length);
			if (order >= 0)
				break;
		}
		members->referrer[by->place] = order == 0 && at < members->count ? at : REFERRAL_STRANGER;
	}
	pfree(brought);
}

/* The trees of a forest as known on a day; a count of 0 where nobody had joined. */
static Membership
MembershipMake(const ReferralForest *forest, DateADT as_of)
{
	Membership	membership = {0};
	ReferralMembers *members = &membership.members;

	membership.rows = ALLOC_HUGE(const ReferralRow *, forest->rows);
	membership.referrers = ALLOC_HUGE(const ReferralRow *, forest->rows);
	membership.amounts = ALLOC_HUGE(DecimalSum, forest->rows);
	members->joined_on = ALLOC_HUGE(int32, forest->rows);
	members->two_referrers = ALLOC_HUGE(uint8, forest->rows);
	ReadMembers(&membership, forest, as_of);
	if (members->count == 0)
		return membership;
	members->referrer = ALLOC_HUGE(int32, members->count);
	members->problem = ALLOC_HUGE(uint8, members->count);
	members->generation = ALLOC_HUGE(int32, members->count);
	members->seed = ALLOC_HUGE(int32, members->count);
	members->days = ALLOC_HUGE(int32, members->count);
	members->children = ALLOC_HUGE(int32, members->count);
	members->descendants = ALLOC_HUGE(int32, members->count);
	members->order = ALLOC_HUGE(int32, members->count);
	FindReferrers(&membership);
	ReferralGrow(members);
	return membership;
}

/* Own amounts and those of all below, the youngest generation first. */
static void
AddUpTrees(Membership *membership)
{
	const ReferralMembers *members = &membership->members;

	membership->tree_amounts = ALLOC_HUGE(DecimalSum, members->count);
	memcpy(membership->tree_amounts, membership->amounts, members->count * sizeof(DecimalSum));
	for (int i = members->grown - 1; i >= 0; i--)
	{
		int32		place = members->order[i];
		int32		referrer = members->referrer[place];

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
	const ReferralMembers *members = &membership.members;
	RowWriter	row = RowsBegin(fcinfo);
	MemoryContext short_lived = AllocSetContextCreate(CurrentMemoryContext, "referral row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext long_lived;

	AddUpTrees(&membership);
	long_lived = MemoryContextSwitchTo(short_lived);
	for (int i = 0; i < members->count; i++)
	{
		const ReferralRow *name = membership.rows[i];
		const ReferralRow *referrer = membership.referrers[i];
		bool		has_tree = members->generation[i] >= 0;

		CHECK_FOR_INTERRUPTS();
		RowPutBytes(&row, name->names, name->member_length);
		RowPutBytes(&row, referrer ? ReferrerName(referrer) : NULL, referrer ? referrer->referrer_length : -1);
		if (!has_tree)
			RowPutNulls(&row, 2);
		else
		{
			const ReferralRow *seed = membership.rows[members->seed[i]];

			RowPutBytes(&row, seed->names, seed->member_length);
			RowPutInt(&row, members->generation[i]);
		}
		if (members->joined_on[i] == REFERRAL_NO_DAY)
			RowPutNull(&row);
		else
			RowPutDate(&row, members->joined_on[i]);
		if (members->days[i] < 0)
			RowPutNull(&row);
		else
			RowPutInt(&row, members->days[i]);
		if (!has_tree)
			RowPutNulls(&row, 2);
		else
		{
			RowPutInt64(&row, members->children[i]);
			RowPutInt64(&row, members->descendants[i]);
		}
		PutAmount(&row, &membership.amounts[i]);
		if (!has_tree)
			RowPutNull(&row);
		else
			PutAmount(&row, &membership.tree_amounts[i]);
		RowPutText(&row, problems[members->problem[i]]);
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
	const ReferralMembers *members;
	ReferralGeneration *generations = NULL;
	DecimalSum *amounts = NULL;
	DecimalSum	rest = {0};
	int			count = 0;
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
	members = &membership.members;
	row = RowsBegin(fcinfo);

	if (members->grown > 0)
	{
		int			last = members->generation[members->order[members->grown - 1]];

		generations = ALLOC_HUGE(ReferralGeneration, last + 1);
		amounts = palloc_extended(((Size) last + 1) * sizeof(DecimalSum), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		count = ReferralCount(members, as_of, within_days, ALLOC_HUGE(int32, members->count), generations);
	}
	for (int i = 0; i < members->count; i++)
	{
		int			generation = members->generation[i];

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
	RowPutInt64(&row, members->count - members->grown);
	RowPutNulls(&row, 11);
	PutAmount(&row, &rest);
	RowEnd(&row);
	return (Datum) 0;
}
