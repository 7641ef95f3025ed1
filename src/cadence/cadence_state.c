/*
 * cadence_state.c
 *		cadence_state: one account's order days, each with the number of orders and
 *		their exact amount, and the days of its credit notes.
 *
 * Rows are appended; entries of one day are put together when the room is used up
 * and at the end. All amounts of a state have the same number of digits behind the
 * point, so that a row is a multiplication and a store. What does not fit
 * into 128 bits goes into a WideArea, which is rebuilt for each such row.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/numeric_call.h"
#include "base/wire.h"
#include "cadence/cadence.h"

#define CADENCE_STATE_VERSION	1
#define FIRST_SIZE				128 /* of a new state; doubled, it fills palloc's chunks */
#define COMPACT_ENTRIES			64	/* from here on, put days together before growing */
#define MOST_SCALE				16383	/* numeric's own */
#define CANONICAL				1	/* flag: the one form, see Pack */
#define NARROW					2	/* flag: NarrowEntries instead of CadenceEntries */

PG_FUNCTION_INFO_V1(cadence_state_in);
PG_FUNCTION_INFO_V1(cadence_state_out);
PG_FUNCTION_INFO_V1(cadence_state_recv);
PG_FUNCTION_INFO_V1(cadence_state_send);
PG_FUNCTION_INFO_V1(cadence_state_add);
PG_FUNCTION_INFO_V1(cadence_state_add_date);
PG_FUNCTION_INFO_V1(cadence_state_combine);
PG_FUNCTION_INFO_V1(cadence_state_final);

/*
 * How entries are stored while all amounts fit into 64 bits, as nearly all do: a
 * hundred orders take 1.6 kB. Readers are given CadenceEntries, see Widen.
 */
typedef struct NarrowEntry
{
	DateADT		day;
	int32		orders;
	int64		amount;
} NarrowEntry;

static inline NarrowEntry *
NarrowEntries(const CadenceState *state)
{
	return (NarrowEntry *) CadenceStateEntries(state);
}

/* By day; credit notes before the orders. */
static inline int
CompareEntries(const CadenceEntry *left, const CadenceEntry *right)
{
	if (left->day != right->day)
		return left->day < right->day ? -1 : 1;
	return (left->orders > 0) - (right->orders > 0);
}

#define ST_SORT SortEntries
#define ST_ELEMENT_TYPE CadenceEntry
#define ST_COMPARE(a, b) CompareEntries(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline bool
IsNarrow(const CadenceState *state)
{
	return (state->header.flags & NARROW) != 0;
}

static inline Size
EntrySize(const CadenceState *state)
{
	return IsNarrow(state) ? sizeof(NarrowEntry) : sizeof(CadenceEntry);
}

static inline Size
UsedSize(const CadenceState *state)
{
	return sizeof(CadenceState) + state->wide_bytes + (Size) state->count * EntrySize(state);
}

static CadenceState *
CadenceStateCreate(void)
{
	CadenceState *state = StateCreate(FIRST_SIZE, CADENCE_STATE_VERSION);

	state->header.flags = NARROW;
	return state;
}

/* The number under which a WideArea holds what an entry's amount cannot take. */
static inline int32
EntryOrdinal(const CadenceEntry *entry)
{
	return (int32) (((uint32) entry->day + POSTGRES_EPOCH_JDATE) * 2 + (entry->orders > 0));
}

static inline int128
EntryCoefficient(const CadenceEntry *entry)
{
	return (int128) (((unsigned __int128) (uint64) entry->high << 64) | entry->low);
}

static inline void
EntrySetCoefficient(CadenceEntry *entry, int128 coefficient)
{
	entry->high = (int64) (coefficient >> 64);
	entry->low = (uint64) coefficient;
}

static inline Decimal
EntryDecimal(const CadenceState *state, const CadenceEntry *entry)
{
	Decimal		decimal = {EntryCoefficient(entry), state->groups, state->scale};

	return decimal;
}

/* The exact amount of an entry, with the decimals of the state. */
Money
CadenceEntryAmount(const CadenceState *state, const CadenceEntry *entry)
{
	Money		amount = {.fixed = EntryDecimal(state, entry)};
	Numeric		wide;

	if (state->wide_bytes == 0)
		return amount;
	wide = WideGet((const char *) state + sizeof(CadenceState), state->wide_bytes,
				   EntryOrdinal(entry));
	if (wide != NULL)
		amount.wide = NumericRoundTo(wide, state->scale);
	return amount;
}

/*
 * Puts entries of one day together, in order; two whose sum does not fit stay. Returns
 * how many are left.
 */
static int
Compact(CadenceEntry *entries, int count, int sorted)
{
	int			kept = 0;

	if (sorted < count)
		SortEntries(entries, count);
	for (int i = 0; i < count; i++)
	{
		CadenceEntry *last = kept > 0 ? &entries[kept - 1] : NULL;
		int128		sum;

		if (last != NULL && CompareEntries(last, &entries[i]) == 0 &&
			!__builtin_add_overflow(EntryCoefficient(last), EntryCoefficient(&entries[i]), &sum) &&
			(int64) last->orders + entries[i].orders <= PG_INT32_MAX)
		{
			EntrySetCoefficient(last, sum);
			last->orders += entries[i].orders;
		}
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

static void
CheckDayCount(int64 days)
{
	if (days > MOST_ORDER_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one cadence_state would hold more than %d days", MOST_ORDER_DAYS),
				 errhint("A state is of one account: group by the account.")));
}

/* Copies entries out, or in; in: false where an amount needs more than 64 bits. */
static void
ReadNarrow(const CadenceState *state, CadenceEntry *entries)
{
	const NarrowEntry *narrow = NarrowEntries(state);

	for (int i = 0; i < state->count; i++)
	{
		entries[i].day = narrow[i].day;
		entries[i].orders = narrow[i].orders;
		EntrySetCoefficient(&entries[i], narrow[i].amount);
	}
}

static bool
WriteNarrow(const CadenceEntry *entries, int count, NarrowEntry *narrow)
{
	for (int i = 0; i < count; i++)
	{
		narrow[i].day = entries[i].day;
		narrow[i].orders = entries[i].orders;
		narrow[i].amount = (int64) entries[i].low;
		if (EntryCoefficient(&entries[i]) != narrow[i].amount)
			return false;
	}
	return true;
}

/* The state with CadenceEntries; a copy in the current context where it has others. */
static CadenceState *
Widen(CadenceState *state)
{
	CadenceState *result;
	Size		size = sizeof(CadenceState) + state->count * sizeof(CadenceEntry);

	if (!IsNarrow(state))
		return state;
	result = palloc(size);
	*result = *state;
	SET_VARSIZE(result, size);
	result->header.flags &= ~NARROW;
	ReadNarrow(state, CadenceStateEntries(result));
	return result;
}

/* A canonical state as it is stored: with NarrowEntries where its amounts fit. */
static CadenceState *
Narrow(CadenceState *state)
{
	Size		size = sizeof(CadenceState) + state->count * sizeof(NarrowEntry);
	CadenceState *result;

	if (IsNarrow(state) || state->wide_bytes > 0)
		return state;
	result = palloc(size);
	*result = *state;
	SET_VARSIZE(result, size);
	result->header.flags |= NARROW;
	return WriteNarrow(CadenceStateEntries(state), state->count, NarrowEntries(result)) ?
		result : state;
}

/* Compacts NarrowEntries in place, unless a sum needs more than 64 bits. */
static void
CompactNarrow(CadenceState *state)
{
	CadenceEntry *entries = palloc_extended(state->count * sizeof(CadenceEntry), MCXT_ALLOC_HUGE);
	NarrowEntry *narrow = palloc_extended(state->count * sizeof(NarrowEntry), MCXT_ALLOC_HUGE);
	int			count;

	ReadNarrow(state, entries);
	count = Compact(entries, state->count, state->sorted);
	if (WriteNarrow(entries, count, narrow))
	{
		memset(NarrowEntries(state) + count, 0, (state->count - count) * sizeof(NarrowEntry));
		memcpy(NarrowEntries(state), narrow, count * sizeof(NarrowEntry));
		state->count = state->sorted = count;
	}
	pfree(entries);
	pfree(narrow);
}

/* Makes room for more entries; the state, or a larger one in the current context. */
static CadenceState *
Reserve(CadenceState *state, Size more)
{
	Size		extra = more * EntrySize(state);

	if (state->count >= COMPACT_ENTRIES && state->sorted < state->count)
	{
		CadenceEntry *entries = CadenceStateEntries(state);
		int			before = state->count;

		if (IsNarrow(state))
			CompactNarrow(state);
		else
		{
			state->count = state->sorted = Compact(entries, before, state->sorted);
			memset(entries + state->count, 0, (before - state->count) * sizeof(CadenceEntry));
		}
		CheckDayCount(state->count / 2);
		/* a little room would be used up at once */
		extra = Max(extra, VARSIZE(state) / 4);
	}
	return StateReserve(state, UsedSize(state), extra, "cadence_state");
}

/*
 * A row at the end. `sorted` counts on while rows come in order of days, each day
 * once; it is not worth reading the row before once they do not.
 */
static CadenceState *
Append(CadenceState *state, DateADT day, int32 orders, int128 coefficient)
{
	CadenceEntry entry = {.day = day, .orders = orders};
	CadenceEntry before = {0};

	if (IsNarrow(state) && unlikely(coefficient != (int64) coefficient))
		state = Widen(state);
	if (unlikely(UsedSize(state) + EntrySize(state) > VARSIZE(state)))
		state = Reserve(state, 1);
	state->header.flags &= ~CANONICAL;
	if (IsNarrow(state))
	{
		NarrowEntry *at = NarrowEntries(state) + state->count;

		at->day = day;
		at->orders = orders;
		at->amount = (int64) coefficient;
		if (state->sorted == state->count && state->count > 0)
			before = (CadenceEntry) {.day = at[-1].day, .orders = at[-1].orders};
	}
	else
	{
		CadenceEntry *at = CadenceStateEntries(state) + state->count;

		EntrySetCoefficient(&entry, coefficient);
		*at = entry;
		if (state->sorted == state->count && state->count > 0)
			before = at[-1];
	}
	if (state->sorted == state->count && (state->count == 0 || CompareEntries(&before, &entry) < 0))
		state->sorted++;
	state->count++;
	return state;
}

/* Puts an amount on the list of those that entries cannot take. */
static void
WideAdd(WideList *wide, const CadenceEntry *entry, Numeric amount)
{
	Money		more = {.wide = amount};
	DecimalSum	none = {0};

	SumAdd(&none, EntryOrdinal(entry), &more, wide);
}

/*
 * The state with the amounts of a list in its WideArea too; a new one in the current
 * context, with the same room for entries.
 */
static CadenceState *
WithWide(CadenceState *state, WideList *wide)
{
	Size		bytes;
	char	   *area;
	Size		size;
	CadenceState *result;

	state = Widen(state);
	WideListArea(wide, (const char *) state + sizeof(CadenceState), state->wide_bytes);
	area = WideAreaBuild(wide, &bytes);
	size = VARSIZE(state) - state->wide_bytes + bytes;
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("one cadence_state would need more than the %zu bytes that a value can have",
						(Size) MaxAllocSize),
				 errhint("Round the amounts.")));
	result = palloc0(size);
	*result = *state;
	SET_VARSIZE(result, size);
	result->wide_bytes = (int32) bytes;
	memcpy((char *) result + sizeof(CadenceState), area, bytes);
	memcpy(CadenceStateEntries(result), CadenceStateEntries(state),
		   (Size) state->count * sizeof(CadenceEntry));
	pfree(area);
	return result;
}

/* RaiseGroups in 64 bits; false, with the state as it was, where one does not fit. */
static bool
RaiseNarrow(CadenceState *state, int groups)
{
	NarrowEntry *entries = NarrowEntries(state);
	Decimal		one = {.coefficient = 1, .groups = state->groups};
	int64		factor;
	int64		amount;

	if (!DecimalRescale(&one, groups) || one.coefficient > PG_INT64_MAX)
		return false;
	factor = (int64) one.coefficient;
	for (int i = 0; i < state->count; i++)
		if (__builtin_mul_overflow(entries[i].amount, factor, &amount))
			return false;
	for (int i = 0; i < state->count; i++)
		entries[i].amount *= factor;
	state->groups = groups;
	return true;
}

/*
 * Gives all amounts more digits behind the point. Those that do not fit then go
 * into the WideArea.
 */
static CadenceState *
RaiseGroups(CadenceState *state, int groups)
{
	CadenceEntry *entries;
	WideList	wide = {0};

	if (IsNarrow(state) && RaiseNarrow(state, groups))
		return state;
	state = Widen(state);
	entries = CadenceStateEntries(state);
	for (int i = 0; i < state->count; i++)
	{
		Decimal		before = EntryDecimal(state, &entries[i]);
		Decimal		decimal = before;

		CHECK_FOR_INTERRUPTS();
		if (!DecimalRescale(&decimal, groups))
		{
			WideAdd(&wide, &entries[i], DecimalToNumeric(&before));
			decimal.coefficient = 0;
		}
		EntrySetCoefficient(&entries[i], decimal.coefficient);
	}
	state->groups = groups;
	return wide.count > 0 ? WithWide(state, &wide) : state;
}

/*
 * Adds orders of one day, or credit notes (0 orders). decimal: the amount, or NULL
 * where it does not fit into one; then it is `amount`.
 */
static CadenceState *
AddEntry(CadenceState *state, DateADT day, int32 orders, const Decimal *decimal, Numeric amount)
{
	WideList	wide = {0};

	if (likely(decimal != NULL && decimal->groups == state->groups &&
			   decimal->scale <= state->scale))
		return Append(state, day, orders, decimal->coefficient);

	if (decimal != NULL)
	{
		Decimal		value = *decimal;

		state->scale = Max(state->scale, value.scale);
		if (value.groups > state->groups)
			state = RaiseGroups(state, value.groups);
		if (DecimalRescale(&value, state->groups))
			return Append(state, day, orders, value.coefficient);
		amount = DecimalToNumeric(decimal);
	}
	state->scale = Max(state->scale, NumericScale(amount));
	state = Widen(Append(state, day, orders, 0));
	WideAdd(&wide, CadenceStateEntries(state) + state->count - 1, amount);
	return WithWide(state, &wide);
}

/* The orders of one day, or its credit notes (0 orders), in arithmetic. */
typedef struct DaySum
{
	DateADT		day;
	int32		orders;
	Money		amount;
} DaySum;

/* The days of a state in order, each kind once, with exact amounts. */
static DaySum *
Unpack(const CadenceState *state, int *days)
{
	int			count = state->count;
	Size		size = Max(count, 1) * sizeof(CadenceEntry);
	CadenceEntry *entries = palloc_extended(size, MCXT_ALLOC_HUGE);
	DaySum	   *sums = palloc_extended(Max(count, 1) * sizeof(DaySum), MCXT_ALLOC_HUGE);
	WideList	wide = {0};
	int			kept = 0;

	memcpy(entries, CadenceStateEntries(state), count * sizeof(CadenceEntry));
	SortEntries(entries, count);
	for (int i = 0; i < count; i++)
	{
		Money		amount = {.fixed = EntryDecimal(state, &entries[i])};

		CHECK_FOR_INTERRUPTS();
		if (kept > 0 && CompareEntries(&entries[i - 1], &entries[i]) == 0)
		{
			int64		orders = (int64) sums[kept - 1].orders + entries[i].orders;

			if (orders > PG_INT32_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("more than %d orders on one day", PG_INT32_MAX),
						 errhint("Was a state merged many times with itself?")));
			sums[kept - 1].orders = (int32) orders;
			MoneyAdd(&sums[kept - 1].amount, &amount);
			continue;
		}
		sums[kept].day = entries[i].day;
		sums[kept].orders = entries[i].orders;
		sums[kept++].amount = amount;
	}
	WideListArea(&wide, (const char *) state + sizeof(CadenceState), state->wide_bytes);
	for (int w = 0; w < wide.count; w++)
	{
		uint32		ordinal = (uint32) wide.items[w].ordinal;
		CadenceEntry key = {.day = (DateADT) (ordinal / 2 - POSTGRES_EPOCH_JDATE),
		.orders = ordinal % 2};
		Money		more = {.wide = wide.items[w].amount};
		int			low = 0;
		int			high = kept;

		CHECK_FOR_INTERRUPTS();
		while (high - low > 1)
		{
			int			middle = (low + high) / 2;
			CadenceEntry other = {.day = sums[middle].day, .orders = sums[middle].orders};

			if (CompareEntries(&other, &key) <= 0)
				low = middle;
			else
				high = middle;
		}
		MoneyAdd(&sums[low].amount, &more);
	}
	pfree(entries);
	*days = kept;
	return sums;
}

/* An amount with no more digits than it needs; fixed where that holds it. */
static void
Shorten(Money *amount)
{
	if (amount->wide != NULL)
	{
		*amount = MoneyFromNumeric((struct varlena *) NumericTrim(amount->wide));
		return;
	}
	while (amount->fixed.groups > 0 && amount->fixed.coefficient % 10000 == 0)
	{
		amount->fixed.coefficient /= 10000;
		amount->fixed.groups--;
	}
}

/*
 * The one form of a state: a day's orders together, its credit notes together,
 * amounts in 128 bits with the digits that the longest of them needs, where they
 * fit, no room to spare. sums: by day, shortened here.
 */
static CadenceState *
Pack(DaySum *sums, int count, int scale)
{
	WideList	wide = {0};
	CadenceState *state;
	CadenceEntry *entries;
	int			groups = 0;

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		Shorten(&sums[i].amount);
		if (sums[i].amount.wide == NULL)
			groups = Max(groups, sums[i].amount.fixed.groups);
	}
	state = StateCreate(sizeof(CadenceState) + count * sizeof(CadenceEntry),
						CADENCE_STATE_VERSION);
	state->count = state->sorted = count;
	state->groups = groups;
	state->scale = scale;
	entries = CadenceStateEntries(state);
	for (int i = 0; i < count; i++)
	{
		Money	   *amount = &sums[i].amount;
		Decimal		decimal = amount->fixed;

		entries[i].day = sums[i].day;
		entries[i].orders = sums[i].orders;
		if (amount->wide == NULL && DecimalRescale(&decimal, groups))
			EntrySetCoefficient(&entries[i], decimal.coefficient);
		else
		{
			amount->fixed.scale = scale;
			WideAdd(&wide, &entries[i], NumericTrim(MoneyToNumeric(amount)));
		}
	}
	if (wide.count > 0)
		state = WithWide(state, &wide);
	state->header.flags = CANONICAL;
	return state;
}

/* Whole days of a state in order: more than a value may hold is an error. */
static void
CheckDays(const CadenceEntry *entries, int count)
{
	int64		days = 0;

	for (int i = 0; i < count; i++)
		days += i == 0 || entries[i].day != entries[i - 1].day;
	CheckDayCount(days);
}

/*
 * A state in its one form: the state itself, or a copy in the current context; the
 * given state stays as it is.
 */
static CadenceState *
Canonical(CadenceState *state)
{
	CadenceState *result;
	CadenceEntry *entries;
	Size		size;
	bool		simple = state->wide_bytes == 0;
	bool		shorter = state->groups > 0;

	if ((state->header.flags & CANONICAL) && VARSIZE(state) == UsedSize(state))
		return state;
	size = UsedSize(state);
	result = palloc(size);
	memcpy(result, state, size);
	entries = CadenceStateEntries(result);
	result->count = result->sorted = Compact(entries, result->count, result->sorted);
	for (int i = 0; i < result->count && (simple || shorter); i++)
	{
		simple &= i == 0 || CompareEntries(&entries[i - 1], &entries[i]) < 0;
		if (shorter)
			shorter = EntryCoefficient(&entries[i]) % 10000 == 0;
	}
	if (!simple || shorter)
	{
		int			count;
		DaySum	   *sums = Unpack(state, &count);

		pfree(result);
		result = Pack(sums, count, state->scale);
		pfree(sums);
	}
	SET_VARSIZE(result, UsedSize(result));
	result->header.flags = CANONICAL;
	CheckDays(CadenceStateEntries(result), result->count);
	return result;
}

/* A stored state in its one form, with CadenceEntries, for reading. */
CadenceState *
CadenceStateFromDatum(Datum value)
{
	return Canonical(Widen(StateFromDatum(value, CADENCE_STATE_VERSION, sizeof(CadenceState),
										  "cadence_state")));
}

/* How many entries lie on days up to and including as_of; CADENCE_ALL_DAYS: all. */
int
CadenceStateCountUntil(const CadenceState *state, DateADT as_of)
{
	const CadenceEntry *entries = CadenceStateEntries(state);
	int			low = 0;
	int			high = state->count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (entries[middle].day <= as_of)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What an account did on the day of entry i; the next day begins at *next. */
CadenceDay
CadenceStateDay(const CadenceState *state, int i, int *next)
{
	const CadenceEntry *entries = CadenceStateEntries(state);
	CadenceDay	day = {0};

	*next = i + 1;
	if (entries[i].orders > 0)
	{
		day.orders = &entries[i];
		return day;
	}
	day.credits = &entries[i];
	if (*next < state->count && entries[*next].day == entries[i].day)
		day.orders = &entries[(*next)++];
	return day;
}

/* First and last order day up to as_of, and how many there are. */
CadenceDays
CadenceStateDays(const CadenceState *state, DateADT as_of)
{
	const CadenceEntry *entries = CadenceStateEntries(state);
	int			count = CadenceStateCountUntil(state, as_of);
	CadenceDays days = {0};

	for (int i = 0; i < count; i++)
	{
		if (entries[i].orders == 0)
			continue;
		if (days.order_days++ == 0)
			days.first = entries[i].day;
		days.last = entries[i].day;
	}
	return days;
}

/*
 * One item of a list of days, for both forms: checks it and adds its sums. Returns
 * what is wrong, or NULL.
 */
static const char *
AddDay(DaySum *sums, int *count, DateADT day, int64 orders, Numeric amount, Numeric credits)
{
	if (!IS_VALID_DATE(day))
		return "A day is out of range.";
	if (orders < 0 || orders > PG_INT32_MAX)
		return "A number of orders is out of range.";
	if (*count > 0 && sums[*count - 1].day >= day)
		return "The days do not rise.";
	if (!NumericIsFinite(amount) || !NumericIsFinite(credits))
		return "An amount is not finite.";
	if (NumericIsNegative(amount) || NumericCompare(credits, NumericZero()) > 0)
		return "An amount is negative, or credits are positive.";
	if (orders == 0 && NumericCompare(amount, NumericZero()) != 0)
		return "A day without orders has an amount.";
	if (orders == 0 && NumericCompare(credits, NumericZero()) == 0)
		return "A day has neither orders nor credits.";
	if (NumericIsNegative(credits))
	{
		sums[*count].day = day;
		sums[*count].orders = 0;
		sums[(*count)++].amount = MoneyFromNumeric((struct varlena *) credits);
	}
	if (orders > 0)
	{
		sums[*count].day = day;
		sums[*count].orders = (int32) orders;
		sums[(*count)++].amount = MoneyFromNumeric((struct varlena *) amount);
	}
	return NULL;
}

/*
 * cadence_state_in(cstring): {"days": [["2025-01-31", 2, 150.00], ["2025-03-01", 0,
 * 0.00, -20.00]]}, each [day, orders, amount] or [day, orders, amount, credits]
 */
Datum
cadence_state_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"days"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "cadence_state");
	JsonNode   *list;
	DaySum	   *sums;
	int			count = 0;
	int			scale = 0;

	JsonAllowKeys(root, keys, lengthof(keys));
	list = JsonRequire(root, "days");
	JsonExpect(list, JSON_KIND_ARRAY);
	CheckDayCount(list->count);
	sums = palloc_extended((2 * list->count + 1) * sizeof(DaySum), MCXT_ALLOC_HUGE);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *item = list->items[i];
		Numeric		amount;
		Numeric		credits = NumericZero();
		const char *broken;

		CHECK_FOR_INTERRUPTS();
		JsonExpect(item, JSON_KIND_ARRAY);
		if (item->count < 3 || item->count > 4)
			JsonInvalid(item, "A day is [day, orders, amount] or [day, orders, amount, credits].",
						"The array has %d items.", item->count);
		amount = JsonGetNumeric(item->items[2]);
		if (item->count == 4)
			credits = JsonGetNumeric(item->items[3]);
		scale = Max(scale, Max(NumericScale(amount), NumericScale(credits)));
		broken = AddDay(sums, &count, JsonGetDate(item->items[0]),
						JsonGetInt(item->items[1], 0, PG_INT32_MAX), amount, credits);
		if (broken)
			JsonInvalid(item, NULL, "%s", broken);
	}
	PG_RETURN_POINTER(Narrow(Pack(sums, count, scale)));
}

/* An amount with the state's decimals; 0 for no entry. */
static void
PutAmount(StringInfo text, const CadenceState *state, const CadenceEntry *entry)
{
	Money		amount = {.fixed = {.scale = state->scale}};

	if (entry != NULL)
		amount = CadenceEntryAmount(state, entry);
	appendStringInfo(text, ", %s", NumericToText(MoneyToNumeric(&amount)));
}

/* cadence_state_out(cadence_state): the same text for equal states */
Datum
cadence_state_out(PG_FUNCTION_ARGS)
{
	CadenceState *state = CadenceStateFromDatum(PG_GETARG_DATUM(0));
	const CadenceEntry *entries = CadenceStateEntries(state);
	StringInfoData text;
	int			next;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"days\": [");
	for (int i = 0; i < state->count; i = next)
	{
		CadenceDay	day = CadenceStateDay(state, i, &next);

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutDate(&text, entries[i].day);
		appendStringInfo(&text, ", %d", day.orders != NULL ? day.orders->orders : 0);
		PutAmount(&text, state, day.orders);
		if (day.credits != NULL)
			PutAmount(&text, state, day.credits);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
cadence_state_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), CADENCE_STATE_VERSION,
									   "cadence_state");
	int			scale = WireGetInt(&reader);
	int			items = WireGetCount(&reader, "entries", 2 * MOST_ORDER_DAYS,
									 sizeof(int32) * 3);
	DaySum	   *sums = palloc_extended((items + 1) * sizeof(DaySum), MCXT_ALLOC_HUGE);
	CadenceState *state;

	if (scale < 0 || scale > (items > 0 ? MOST_SCALE : 0))
		WireCorrupt(&reader, "Its amounts have %d decimals.", scale);
	for (int i = 0; i < items; i++)
	{
		DaySum	   *sum = &sums[i];
		Numeric		amount;

		CHECK_FOR_INTERRUPTS();
		sum->day = WireGetInt(&reader);
		sum->orders = WireGetInt(&reader);
		amount = WireGetNumeric(&reader);
		if (!IS_VALID_DATE(sum->day) || sum->orders < 0)
			WireCorrupt(&reader, "Entry %d has an impossible day or number of orders.", i + 1);
		if (!NumericIsFinite(amount) || NumericScale(amount) > scale ||
			(sum->orders == 0) != NumericIsNegative(amount))
			WireCorrupt(&reader, "Entry %d has an impossible amount.", i + 1);
		sum->amount = MoneyFromNumeric((struct varlena *) amount);
		if (i > 0 && (sum[-1].day > sum->day ||
					  (sum[-1].day == sum->day && (sum[-1].orders > 0 || sum->orders == 0))))
			WireCorrupt(&reader, "Entry %d does not come after the one before it.", i + 1);
	}
	WireEnd(&reader);
	state = Pack(sums, items, scale);
	CheckDays(CadenceStateEntries(state), state->count);
	PG_RETURN_POINTER(Narrow(state));
}

Datum
cadence_state_send(PG_FUNCTION_ARGS)
{
	CadenceState *state = CadenceStateFromDatum(PG_GETARG_DATUM(0));
	const CadenceEntry *entries = CadenceStateEntries(state);
	StringInfoData buffer;

	WireBeginSend(&buffer, CADENCE_STATE_VERSION);
	WirePutInt(&buffer, state->scale);
	WirePutInt(&buffer, state->count);
	for (int i = 0; i < state->count; i++)
	{
		Money		amount = CadenceEntryAmount(state, &entries[i]);

		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, entries[i].day);
		WirePutInt(&buffer, entries[i].orders);
		WirePutNumeric(&buffer, MoneyToNumeric(&amount));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* One row: a day and an amount, NULL for an order of 0. */
static Datum
AddOrder(FunctionCallInfo fcinfo, DateADT day)
{
	CadenceState *state;
	struct varlena *amount;
	Decimal		decimal = {0};
	bool		fits;
	bool		negative;

	AggregateContext(fcinfo, "cadence_agg");
	if (PG_ARGISNULL(0))
		state = CadenceStateCreate();
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	if (PG_ARGISNULL(2))
		PG_RETURN_POINTER(AddEntry(state, day, 1, &decimal, NULL));
	amount = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(2));
	fits = DecimalFromNumeric(amount, &decimal);
	if (likely(fits))
		PG_RETURN_POINTER(AddEntry(state, day, decimal.coefficient >= 0, &decimal, NULL));
	negative = NumericIsNegative(CheckFiniteNumeric(PG_GETARG_NUMERIC(2), "amount"));
	PG_RETURN_POINTER(AddEntry(state, day, !negative, NULL, PG_GETARG_NUMERIC(2)));
}

/*
 * cadence_state_add(cadence_state, timestamptz | timestamp, numeric): days are UTC's;
 * a bare timestamp is read as UTC.
 */
Datum
cadence_state_add(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return AddOrder(fcinfo, TimeDayUtc(CheckFiniteTime(PG_GETARG_TIMESTAMPTZ(1), "ordered_at")));
}

/* cadence_state_add_date(cadence_state, date, numeric) */
Datum
cadence_state_add_date(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	return AddOrder(fcinfo, CheckFiniteDate(PG_GETARG_DATEADT(1), "ordered_at"));
}

/*
 * cadence_state_combine(cadence_state, cadence_state): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
cadence_state_combine(PG_FUNCTION_ARGS)
{
	CadenceState *state;
	CadenceState *other;
	const CadenceEntry *entries;
	WideList	wide = {0};

	AggregateContext(fcinfo, "cadence_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = Widen(StateFromDatum(PG_GETARG_DATUM(1), CADENCE_STATE_VERSION, sizeof(CadenceState),
								 "cadence_state"));
	if (PG_ARGISNULL(0))
		state = CadenceStateCreate();
	else
		state = PG_GETARG_STATE_IN_PLACE(0);
	if (UsedSize(state) + other->count * EntrySize(state) > VARSIZE(state))
		state = Reserve(state, other->count);
	entries = CadenceStateEntries(other);
	for (int i = 0; i < other->count; i++)
	{
		Decimal		decimal = EntryDecimal(other, &entries[i]);

		CHECK_FOR_INTERRUPTS();
		state = AddEntry(state, entries[i].day, entries[i].orders, &decimal, NULL);
	}
	if (other->wide_bytes > 0)
	{
		WideListArea(&wide, (const char *) other + sizeof(CadenceState), other->wide_bytes);
		state = WithWide(state, &wide);
	}
	PG_RETURN_POINTER(state);
}

/* cadence_state_final(cadence_state): the one form, in a copy */
Datum
cadence_state_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(Narrow(CadenceStateFromDatum(PG_GETARG_DATUM(0))));
}

STATE_COMBINE(cadence_state_combine_two, cadence_state_combine, cadence_state_final)
