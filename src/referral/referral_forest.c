/*
 * referral_forest.c
 *		referral_forest in SQL: its four forms, referral_agg and referral_merge.
 *
 * Rows are appended as they come; the final function sorts them once. What a row
 * means depends on as_of, so that all that differ are kept: nobody who was brought
 * later is known before.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/json_tree.h"
#include "base/keys.h"
#include "base/numeric_call.h"
#include "base/wire.h"
#include "referral/referral.h"

#define REFERRAL_FOREST_VERSION	1

PG_FUNCTION_INFO_V1(referral_forest_in);
PG_FUNCTION_INFO_V1(referral_forest_out);
PG_FUNCTION_INFO_V1(referral_forest_recv);
PG_FUNCTION_INFO_V1(referral_forest_send);
PG_FUNCTION_INFO_V1(referral_forest_add);
PG_FUNCTION_INFO_V1(referral_forest_combine);
PG_FUNCTION_INFO_V1(referral_forest_final);

#define FIRST_BYTES		1024	/* of rows in a new state */

static ReferralForest *
ForestCreate(void)
{
	return StateCreate(sizeof(ReferralForest) + FIRST_BYTES, REFERRAL_FOREST_VERSION);
}

static inline Size
ForestUsed(const ReferralForest *forest)
{
	return sizeof(ReferralForest) + forest->used;
}

#ifdef USE_ASSERT_CHECKING
/* The rules that hold for every forest; NULL, or which one is broken. */
static const char *
ForestBroken(const ReferralForest *forest)
{
	if (forest->used < 0 || ForestUsed(forest) > VARSIZE(forest))
		return "It has more rows than room for them.";
	if (forest->rows < 0 || forest->rows * (int64) ReferralRowSize(0, 0) > forest->used)
		return "It has more rows than bytes of them.";
	return NULL;
}
#endif

static ReferralForest *
ForestFromDatum(Datum value)
{
	return StateFromDatum(value, REFERRAL_FOREST_VERSION, sizeof(ReferralForest), "referral_forest");
}

/* Adds an amount exactly; an error where the sum has more digits than 128 bits hold. */
void
ReferralAmountAdd(DecimalSum *sum, const DecimalSum *more)
{
	Decimal		value = DecimalSumValue(more);

	if (!DecimalSumAdd(sum, &value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a sum of amounts has more than 38 digits"),
				 errhint("Round the amounts, for example round(amount, 2).")));
}

/* What is wrong with an amount, NULL for nothing; sum gets it. amount: a numeric, its header long or short. */
static const char *
ReadAmount(struct varlena *amount, DecimalSum *sum)
{
	Decimal		value;
	Numeric		number;

	memset(sum, 0, sizeof(*sum));
	if (DecimalFromNumeric(amount, &value) && value.coefficient >= 0 && DecimalSumAdd(sum, &value))
		return NULL;
	number = DatumGetNumeric(PointerGetDatum(amount));
	if (!NumericIsFinite(number))
		return "an amount must be a finite number";
	if (NumericIsNegative(number))
		return "an amount must not be negative";
	return "an amount has more than 38 digits, or more than 36 behind the point";
}

/* Adds a row; returns the forest, or a larger one in the current context. */
static ReferralForest *
ForestAdd(ReferralForest *forest, const char *member, int member_length,
		  const char *referrer, int referrer_length, int32 joined_on, const DecimalSum *amount)
{
	Size		size = ReferralRowSize(member_length, referrer_length);
	ReferralRow *row;

	forest = StateReserve(forest, ForestUsed(forest), size, "referral_forest");
	row = (ReferralRow *) ((char *) forest + ForestUsed(forest));
	row->amount = *amount;
	row->joined_on = joined_on;
	row->member_length = member_length;
	row->referrer_length = referrer_length;
	memcpy(row->names, member, member_length);
	if (referrer_length > 0)
		memcpy(row->names + member_length, referrer, referrer_length);
	forest->used += size;
	forest->rows++;
	forest->is_sorted = false;
	return forest;
}

/* ------------------------------------------------------------------------- */

/* A row on its way to its place; the first bytes of its name decide nearly always. */
typedef struct SortedRow
{
	uint64		prefix;
	const ReferralRow *row;
} SortedRow;

static int
CompareRows(const void *left, const void *right)
{
	const SortedRow *one = left;
	const SortedRow *other = right;
	const ReferralRow *a = one->row;
	const ReferralRow *b = other->row;
	int			order;

	CHECK_FOR_INTERRUPTS();
	if (one->prefix != other->prefix)
		return one->prefix < other->prefix ? -1 : 1;
	order = BytesCompare(a->names, a->member_length, b->names, b->member_length);
	if (order != 0)
		return order;
	if (a->joined_on != b->joined_on)
	{
		/* unknown days last */
		if (a->joined_on == REFERRAL_NO_DAY || b->joined_on == REFERRAL_NO_DAY)
			return a->joined_on == REFERRAL_NO_DAY ? 1 : -1;
		return a->joined_on < b->joined_on ? -1 : 1;
	}
	return BytesCompare(ReferrerName(a), a->referrer_length, ReferrerName(b), b->referrer_length);
}

/* The same in all that is sorted by. */
static bool
SameRow(const ReferralRow *a, const ReferralRow *b)
{
	return a->joined_on == b->joined_on &&
		BytesEqual(a->names, a->member_length, b->names, b->member_length) &&
		BytesEqual(ReferrerName(a), a->referrer_length, ReferrerName(b), b->referrer_length);
}

/* The one form of a multiset of rows. The forest itself where it has it. */
static ReferralForest *
ForestCanonical(ReferralForest *forest)
{
	SortedRow  *order;
	const ReferralRow *row = FirstReferralRow(forest);
	ReferralForest *result;
	ReferralRow *last = NULL;

	if (forest->is_sorted)
		return forest;
	order = palloc_extended(Max(1, forest->rows) * sizeof(SortedRow), MCXT_ALLOC_HUGE);
	for (int i = 0; i < forest->rows; i++, row = NextReferralRow(row))
	{
		CHECK_FOR_INTERRUPTS();
		order[i].prefix = ReferralNamePrefix(row->names, row->member_length);
		order[i].row = row;
	}
	qsort(order, forest->rows, sizeof(SortedRow), CompareRows);

	result = palloc0(ForestUsed(forest));
	*result = *forest;
	result->used = 0;
	result->rows = 0;
	result->is_sorted = true;
	for (int i = 0; i < forest->rows; i++)
	{
		Size		size = ReferralRowSize(order[i].row->member_length, order[i].row->referrer_length);

		CHECK_FOR_INTERRUPTS();
		if (last != NULL && SameRow(last, order[i].row))
		{
			ReferralAmountAdd(&last->amount, &order[i].row->amount);
			continue;
		}
		if (last != NULL)
			DecimalSumNormalize(&last->amount);
		last = (ReferralRow *) ((char *) result + ForestUsed(result));
		memcpy(last, order[i].row, size);
		result->used += size;
		result->rows++;
	}
	if (last != NULL)
		DecimalSumNormalize(&last->amount);
	pfree(order);
	SET_VARSIZE(result, ForestUsed(result));
	Assert(ForestBroken(result) == NULL);
	return result;
}

/* A stored forest, its rows sorted. */
ReferralForest *
ReferralForestSorted(Datum value)
{
	return ForestCanonical(ForestFromDatum(value));
}

/* ------------------------------------------------------------------------- */

/*
 * referral_forest_in(cstring): reads {"rows": [["u1", null, "2025-01-01", 0], ["u3",
 * "u1", null, 12.50]]}, each [member, referrer, joined_on, amount].
 */
Datum
referral_forest_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "referral_forest");
	JsonNode   *list;
	ReferralForest *forest = ForestCreate();

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "rows");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count == 0)
		JsonInvalid(list, NULL, "It has no rows.");
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *node = list->items[i];
		const char *member;
		const char *referrer = NULL;
		int32		joined_on = REFERRAL_NO_DAY;
		DecimalSum	amount;
		const char *problem;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(node, JSON_KIND_ARRAY);
		if (node->count != 4)
			JsonInvalid(node, "A row is [member, referrer, joined_on, amount].",
						"The array has %d items.", node->count);
		member = JsonGetText(node->items[0]);
		if (node->items[1]->kind != JSON_KIND_NULL)
			referrer = JsonGetText(node->items[1]);
		if (node->items[2]->kind != JSON_KIND_NULL)
			joined_on = JsonGetDate(node->items[2]);
		if ((problem = ReadAmount((struct varlena *) JsonGetNumeric(node->items[3]), &amount)) != NULL)
			JsonInvalid(node->items[3], NULL, "It is wrong: %s.", problem);
		forest = ForestAdd(forest, member, strlen(member), referrer,
						   referrer == NULL ? -1 : (int) strlen(referrer), joined_on, &amount);
	}
	PG_RETURN_POINTER(ForestCanonical(forest));
}

static void
PutName(StringInfo text, const char *name, int length)
{
	if (length < 0)
		appendStringInfoString(text, "null");
	else
	{
		char	   *copy = pnstrdup(name, length);

		JsonPutText(text, copy);
		pfree(copy);
	}
}

/* referral_forest_out(referral_forest): the same text for equal states */
Datum
referral_forest_out(PG_FUNCTION_ARGS)
{
	ReferralForest *forest = ReferralForestSorted(PG_GETARG_DATUM(0));
	const ReferralRow *row = FirstReferralRow(forest);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"rows\": [");
	for (int i = 0; i < forest->rows; i++, row = NextReferralRow(row))
	{
		Decimal		amount = DecimalSumValue(&row->amount);

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		PutName(&text, row->names, row->member_length);
		appendStringInfoString(&text, ", ");
		PutName(&text, ReferrerName(row), row->referrer_length);
		appendStringInfoString(&text, ", ");
		if (row->joined_on == REFERRAL_NO_DAY)
			appendStringInfoString(&text, "null");
		else
			JsonPutDate(&text, row->joined_on);
		appendStringInfo(&text, ", %s]", NumericToText(DecimalToNumeric(&amount)));
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

/* Bytes of a row at least: two lengths or marks, and an amount's length. */
#define ROW_WIRE_BYTES	10

Datum
referral_forest_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), REFERRAL_FOREST_VERSION,
									   "referral_forest");
	ReferralForest *forest = ForestCreate();
	int			count = WireGetCount(&reader, "rows", PG_INT32_MAX, ROW_WIRE_BYTES);

	if (count == 0)
		WireCorrupt(&reader, "It has no rows.");
	for (int i = 0; i < count; i++)
	{
		int			member_length;
		char	   *member = WireGetBytes(&reader, &member_length);
		int			referrer_length = -1;
		char	   *referrer = NULL;
		int32		joined_on = REFERRAL_NO_DAY;
		uint8		marks = WireGetByte(&reader);
		DecimalSum	amount;
		const char *problem;

		CHECK_FOR_INTERRUPTS();
		if (marks > 3)
			WireCorrupt(&reader, "Row %d has the marks %d; 0 to 3 are allowed.", i + 1, marks);
		if (marks & 1)
			referrer = WireGetBytes(&reader, &referrer_length);
		if (marks & 2)
		{
			joined_on = WireGetInt(&reader);
			if (!IS_VALID_DATE(joined_on))
				WireCorrupt(&reader, "Row %d has a day that is none.", i + 1);
		}
		if ((problem = ReadAmount((struct varlena *) WireGetNumeric(&reader), &amount)) != NULL)
			WireCorrupt(&reader, "Row %d is wrong: %s.", i + 1, problem);
		forest = ForestAdd(forest, member, member_length, referrer, referrer_length, joined_on, &amount);
		pfree(member);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(ForestCanonical(forest));
}

Datum
referral_forest_send(PG_FUNCTION_ARGS)
{
	ReferralForest *forest = ReferralForestSorted(PG_GETARG_DATUM(0));
	const ReferralRow *row = FirstReferralRow(forest);
	StringInfoData buffer;

	WireBeginSend(&buffer, REFERRAL_FOREST_VERSION);
	WirePutInt(&buffer, forest->rows);
	for (int i = 0; i < forest->rows; i++, row = NextReferralRow(row))
	{
		Decimal		amount = DecimalSumValue(&row->amount);

		CHECK_FOR_INTERRUPTS();
		WirePutBytes(&buffer, row->names, row->member_length);
		WirePutByte(&buffer, (row->referrer_length >= 0 ? 1 : 0) |
					(row->joined_on != REFERRAL_NO_DAY ? 2 : 0));
		if (row->referrer_length >= 0)
			WirePutBytes(&buffer, ReferrerName(row), row->referrer_length);
		if (row->joined_on != REFERRAL_NO_DAY)
			WirePutInt(&buffer, row->joined_on);
		WirePutNumeric(&buffer, DecimalToNumeric(&amount));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ------------------------------------------------------------------------- */

/*
 * referral_forest_add(referral_forest, member text, referrer text, joined_on date,
 * amount numeric): a row without a member is skipped; NULL referrer: a seed, NULL
 * day: there always, NULL amount: 0
 */
Datum
referral_forest_add(PG_FUNCTION_ARGS)
{
	ReferralForest *forest;
	text	   *member;
	text	   *referrer = NULL;
	int32		joined_on = REFERRAL_NO_DAY;
	DecimalSum	amount = {0};

	AggregateContext(fcinfo, "referral_agg");
	if (PG_ARGISNULL(0))
	{
		CheckTextKey(fcinfo, 1, "referral_agg", "member");
		CheckTextKey(fcinfo, 2, "referral_agg", "referrer");
	}
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	member = PG_GETARG_TEXT_PP(1);
	if (!PG_ARGISNULL(2))
		referrer = PG_GETARG_TEXT_PP(2);
	if (!PG_ARGISNULL(3))
		joined_on = CheckFiniteDate(PG_GETARG_DATEADT(3), "joined_on");
	if (!PG_ARGISNULL(4))
	{
		struct varlena *given = PG_GETARG_VARLENA_PP(4);
		const char *problem = ReadAmount(given, &amount);

		if (problem != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s", problem),
					 errdetail("The value is %s.", NumericToText(PG_GETARG_NUMERIC(4))),
					 errhint("Filter such rows out, turn them into NULL with nullif(), or round the amounts.")));
	}
	forest = PG_ARGISNULL(0) ? ForestCreate() : PG_GETARG_STATE_IN_PLACE(0);
	forest = ForestAdd(forest, VARDATA_ANY(member), VARSIZE_ANY_EXHDR(member),
					   referrer ? VARDATA_ANY(referrer) : NULL,
					   referrer ? (int) VARSIZE_ANY_EXHDR(referrer) : -1, joined_on, &amount);
	Assert(ForestBroken(forest) == NULL);
	PG_RETURN_POINTER(forest);
}

/*
 * referral_forest_combine(referral_forest, referral_forest): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
referral_forest_combine(PG_FUNCTION_ARGS)
{
	ReferralForest *forest;
	ReferralForest *other;
	int64		rows;

	AggregateContext(fcinfo, "referral_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = ForestFromDatum(PG_GETARG_DATUM(1));
	forest = PG_ARGISNULL(0) ? ForestCreate() : PG_GETARG_STATE_IN_PLACE(0);
	rows = (int64) forest->rows + other->rows;
	forest = StateReserve(forest, ForestUsed(forest), other->used, "referral_forest");
	memcpy((char *) forest + ForestUsed(forest), FirstReferralRow(other), other->used);
	forest->used += other->used;
	/* a row has 40 bytes or more, so that a value holds fewer than 2^31 */
	forest->rows = (int32) rows;
	forest->is_sorted = false;
	Assert(ForestBroken(forest) == NULL);
	PG_RETURN_POINTER(forest);
}

/* referral_forest_final(referral_forest): sorted, in a copy; the aggregate may go on */
Datum
referral_forest_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(ReferralForestSorted(PG_GETARG_DATUM(0)));
}

STATE_COMBINE(referral_forest_combine_two, referral_forest_combine, referral_forest_final)
