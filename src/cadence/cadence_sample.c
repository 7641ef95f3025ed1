/*
 * cadence_sample.c
 *		cadence_sample: the histories of a population up to as_of, equal ones counted
 *		together; and, where it is given an until, what came after.
 *
 * Rows are appended, sorted and put together when the room is used up. A sample is
 * read in its sorted form alone, so that sums of it are the same to the last bit,
 * whatever the order of rows, splits and workers was.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/parameter.h"
#include "base/wire.h"
#include "cadence/cadence.h"

#define CADENCE_SAMPLE_VERSION	1
#define FIRST_ROWS				16	/* room in a new state */

PG_FUNCTION_INFO_V1(cadence_sample_in);
PG_FUNCTION_INFO_V1(cadence_sample_out);
PG_FUNCTION_INFO_V1(cadence_sample_recv);
PG_FUNCTION_INFO_V1(cadence_sample_send);
PG_FUNCTION_INFO_V1(cadence_sample_add);
PG_FUNCTION_INFO_V1(cadence_sample_combine);
PG_FUNCTION_INFO_V1(cadence_sample_final);

static inline int
CompareRows(const CadenceSampleRow *left, const CadenceSampleRow *right)
{
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	if (left->last != right->last)
		return left->last < right->last ? -1 : 1;
	if (left->gaps != right->gaps)
		return left->gaps < right->gaps ? -1 : 1;
	if (left->ahead != right->ahead)
		return left->ahead < right->ahead ? -1 : 1;
	if (left->log_gap_sum != right->log_gap_sum)
		return left->log_gap_sum < right->log_gap_sum ? -1 : 1;
	return 0;
}

#define ST_SORT SortSampleRows
#define ST_ELEMENT_TYPE CadenceSampleRow
#define ST_COMPARE(a, b) CompareRows(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline Size
SampleSize(int64 rows)
{
	return offsetof(CadenceSample, rows) + rows * sizeof(CadenceSampleRow);
}

static CadenceSample *
SampleCreate(DateADT as_of, DateADT until)
{
	CadenceSample *sample = StateCreate(SampleSize(FIRST_ROWS), CADENCE_SAMPLE_VERSION);

	sample->as_of = as_of;
	sample->until = until;
	return sample;
}

/* Sorts the rows and counts equal ones together, in place. */
static void
SampleCompact(CadenceSample *sample)
{
	int			kept = 0;

	if (sample->sorted == sample->count)
		return;
	SortSampleRows(sample->rows, sample->count);
	for (int i = 0; i < sample->count; i++)
	{
		if (kept > 0 && CompareRows(&sample->rows[kept - 1], &sample->rows[i]) == 0)
			sample->rows[kept - 1].count += sample->rows[i].count;
		else
			sample->rows[kept++] = sample->rows[i];
	}
	memset(&sample->rows[kept], 0, (sample->count - kept) * sizeof(CadenceSampleRow));
	sample->count = sample->sorted = kept;
}

/* The rules that hold for every row; NULL, or which one is broken. */
static const char *
RowBroken(const CadenceSample *sample, const CadenceSampleRow *row)
{
	int64		days = (int64) row->last - row->first;

	if (!IS_VALID_DATE(row->first) || !IS_VALID_DATE(row->last))
		return "A day is out of range.";
	if (row->last > sample->as_of)
		return "An account's last order day lies after as_of.";
	if (row->gaps < 0 || row->gaps >= MOST_ORDER_DAYS || row->ahead < 0 ||
		row->ahead > MOST_ORDER_DAYS)
		return "A number of order days is out of range.";
	if (row->ahead > (sample->until == DATEVAL_NOEND ? 0 : (int64) sample->until - sample->as_of))
		return "An account has more order days ahead than there are days.";
	if (row->gaps > days || (row->gaps == 0) != (days == 0))
		return "The first and the last order day do not fit the number of gaps.";
	/* gaps are at least a day, and alike at most */
	if (!(row->log_gap_sum >= 0) ||
		!(row->log_gap_sum <= (row->gaps == 0 ? 0 : row->gaps * log((double) days / row->gaps) + 1e-6 * row->gaps)))
		return "The sum of the logarithms of gaps does not fit their number.";
	if (row->count < 1)
		return "A number of accounts is below 1.";
	return NULL;
}

/*
 * Adds accounts with one history. Returns the sample, or a larger one in the current
 * context.
 */
static CadenceSample *
SampleAdd(CadenceSample *sample, const CadenceSampleRow *row)
{
	Assert(RowBroken(sample, row) == NULL);
	CountAdd(&sample->accounts, row->count, "accounts in one cadence_sample");
	if (unlikely(SampleSize(sample->count + 1) > VARSIZE(sample)))
	{
		SampleCompact(sample);
		/* a little room would be used up at once */
		sample = StateReserve(sample, SampleSize(sample->count),
							  Max(sizeof(CadenceSampleRow), VARSIZE(sample) / 4),
							  "cadence_sample");
	}
	sample->rows[sample->count++] = *row;
	return sample;
}

/*
 * The one form of a sample: sorted, equal rows together, no room to spare. The
 * sample itself where it has this form already, else a copy.
 */
static CadenceSample *
SampleCanonical(CadenceSample *sample)
{
	Size		size = SampleSize(sample->count);
	CadenceSample *copy;

	if (sample->sorted == sample->count && VARSIZE(sample) == size)
		return sample;
	copy = palloc(size);
	memcpy(copy, sample, size);
	SampleCompact(copy);
	SET_VARSIZE(copy, SampleSize(copy->count));
	return copy;
}

/* A stored sample in its one form, for reading. */
CadenceSample *
CadenceSampleFromDatum(Datum value)
{
	return SampleCanonical(StateFromDatum(value, CADENCE_SAMPLE_VERSION, SampleSize(0),
										  "cadence_sample"));
}

/* The rules that hold for the sample as a whole. */
static const char *
SampleBroken(const CadenceSample *sample)
{
	unsigned __int128 gaps = 0;
	unsigned __int128 repeats = 0;

	if (!IS_VALID_DATE(sample->as_of))
		return "as_of is not a day.";
	if (sample->until != DATEVAL_NOEND && (!IS_VALID_DATE(sample->until) || sample->until <= sample->as_of))
		return "until is not a day after as_of.";
	for (int i = 0; i < sample->count; i++)
		gaps += (unsigned __int128) sample->rows[i].gaps * sample->rows[i].count;
	for (int m = 0; m < SEASON_MONTHS; m++)
	{
		if (sample->repeats[m] < 0)
			return "A number of repeat order days is negative.";
		repeats += sample->repeats[m];
	}
	if (gaps != repeats)
		return "The repeat order days of the months do not sum to the gaps.";
	return NULL;
}

/*
 * cadence_sample_in(cstring): {"as_of": "2025-06-30", "until": "2025-12-31",
 * "repeats": [12 numbers], "accounts": [["2024-01-31", "2025-03-01", 3, 14.2, 5, 1]]},
 * each [first day, last day, gaps, log_gap_sum, accounts] or with the order days
 * ahead behind them; until may be left out
 */
Datum
cadence_sample_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"as_of", "until", "repeats", "accounts"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "cadence_sample");
	JsonNode   *list;
	JsonNode   *until;
	CadenceSample *sample;
	const char *broken;

	JsonAllowKeys(root, keys, lengthof(keys));
	until = JsonMember(root, "until");
	sample = SampleCreate(JsonGetDate(JsonRequire(root, "as_of")),
						  until ? JsonGetDate(until) : DATEVAL_NOEND);
	list = JsonRequire(root, "repeats");
	JsonExpect(list, JSON_KIND_ARRAY);
	if (list->count != SEASON_MONTHS)
		JsonInvalid(list, "One number a month, January first.", "It has %d numbers.", list->count);
	for (int m = 0; m < SEASON_MONTHS; m++)
		sample->repeats[m] = JsonGetInt(list->items[m], 0, PG_INT64_MAX);
	list = JsonRequire(root, "accounts");
	JsonExpect(list, JSON_KIND_ARRAY);
	for (int i = 0; i < list->count; i++)
	{
		const JsonNode *item = list->items[i];
		CadenceSampleRow row = {0};

		CHECK_FOR_INTERRUPTS();
		JsonExpect(item, JSON_KIND_ARRAY);
		if (item->count != (until ? 6 : 5))
			JsonInvalid(item, until ?
						"Accounts are [first day, last day, gaps, log_gap_sum, accounts, order days ahead]." :
						"Accounts are [first day, last day, gaps, log_gap_sum, accounts].",
						"The array has %d items.", item->count);
		row.first = JsonGetDate(item->items[0]);
		row.last = JsonGetDate(item->items[1]);
		row.gaps = JsonGetInt(item->items[2], 0, MOST_ORDER_DAYS);
		row.log_gap_sum = JsonGetFloat(item->items[3]) + 0.0;
		row.count = JsonGetInt(item->items[4], 1, PG_INT64_MAX);
		if (until)
			row.ahead = JsonGetInt(item->items[5], 0, MOST_ORDER_DAYS);
		if ((broken = RowBroken(sample, &row)) != NULL)
			JsonInvalid(item, NULL, "%s", broken);
		sample = SampleAdd(sample, &row);
	}
	sample = SampleCanonical(sample);
	if ((broken = SampleBroken(sample)) != NULL)
		JsonInvalid(root, NULL, "%s", broken);
	PG_RETURN_POINTER(sample);
}

/* cadence_sample_out(cadence_sample): the same text for equal samples */
Datum
cadence_sample_out(PG_FUNCTION_ARGS)
{
	CadenceSample *sample = CadenceSampleFromDatum(PG_GETARG_DATUM(0));
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"as_of\": ");
	JsonPutDate(&text, sample->as_of);
	if (sample->until != DATEVAL_NOEND)
	{
		appendStringInfoString(&text, ", \"until\": ");
		JsonPutDate(&text, sample->until);
	}
	appendStringInfoString(&text, ", \"repeats\": [");
	for (int m = 0; m < SEASON_MONTHS; m++)
		appendStringInfo(&text, "%s" INT64_FORMAT, m == 0 ? "" : ", ", sample->repeats[m]);
	appendStringInfoString(&text, "], \"accounts\": [");
	for (int i = 0; i < sample->count; i++)
	{
		const CadenceSampleRow *row = &sample->rows[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? "[" : ", [");
		JsonPutDate(&text, row->first);
		appendStringInfoString(&text, ", ");
		JsonPutDate(&text, row->last);
		appendStringInfo(&text, ", %d, ", row->gaps);
		JsonPutFloat(&text, row->log_gap_sum);
		appendStringInfo(&text, ", " INT64_FORMAT, row->count);
		if (sample->until != DATEVAL_NOEND)
			appendStringInfo(&text, ", %d", row->ahead);
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
cadence_sample_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), CADENCE_SAMPLE_VERSION,
									   "cadence_sample");
	DateADT		as_of = WireGetInt(&reader);
	DateADT		until = WireGetInt(&reader);
	CadenceSample *sample = SampleCreate(as_of, until);
	const char *broken;
	int			count;

	if (!IS_VALID_DATE(as_of))
		WireCorrupt(&reader, "as_of is not a day.");
	for (int m = 0; m < SEASON_MONTHS; m++)
		sample->repeats[m] = WireGetInt64(&reader);
	count = WireGetCount(&reader, "rows", MaxAllocSize / sizeof(CadenceSampleRow),
						 sizeof(CadenceSampleRow));
	for (int i = 0; i < count; i++)
	{
		CadenceSampleRow row;

		CHECK_FOR_INTERRUPTS();
		row.first = WireGetInt(&reader);
		row.last = WireGetInt(&reader);
		row.gaps = WireGetInt(&reader);
		row.ahead = WireGetInt(&reader);
		row.log_gap_sum = WireGetFloat(&reader) + 0.0;
		row.count = WireGetInt64(&reader);
		if ((broken = RowBroken(sample, &row)) != NULL)
			WireCorrupt(&reader, "%s", broken);
		sample = SampleAdd(sample, &row);
	}
	WireEnd(&reader);
	sample = SampleCanonical(sample);
	if ((broken = SampleBroken(sample)) != NULL)
		WireCorrupt(&reader, "%s", broken);
	PG_RETURN_POINTER(sample);
}

Datum
cadence_sample_send(PG_FUNCTION_ARGS)
{
	CadenceSample *sample = CadenceSampleFromDatum(PG_GETARG_DATUM(0));
	StringInfoData buffer;

	WireBeginSend(&buffer, CADENCE_SAMPLE_VERSION);
	WirePutInt(&buffer, sample->as_of);
	WirePutInt(&buffer, sample->until);
	for (int m = 0; m < SEASON_MONTHS; m++)
		WirePutInt64(&buffer, sample->repeats[m]);
	WirePutInt(&buffer, sample->count);
	for (int i = 0; i < sample->count; i++)
	{
		const CadenceSampleRow *row = &sample->rows[i];

		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, row->first);
		WirePutInt(&buffer, row->last);
		WirePutInt(&buffer, row->gaps);
		WirePutInt(&buffer, row->ahead);
		WirePutFloat(&buffer, row->log_gap_sum);
		WirePutInt64(&buffer, row->count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

static char *
DaysText(DateADT as_of, DateADT until)
{
	return until == DATEVAL_NOEND ? psprintf("as_of %s", DateText(as_of)) :
		psprintf("as_of %s, until %s", DateText(as_of), DateText(until));
}

static void
CheckSameDays(const CadenceSample *sample, DateADT as_of, DateADT until, const char *aggregate)
{
	if (sample->as_of != as_of || sample->until != until)
		AggregateArgumentChanged(aggregate, DaysText(sample->as_of, sample->until),
								 DaysText(as_of, until));
}

/* Finite days, the second after the first; errors name them. */
void
CheckAheadDays(DateADT as_of, DateADT until)
{
	CheckFiniteDate(as_of, "as_of");
	CheckFiniteDate(until, "until");
	if (until <= as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("until must lie after as_of"),
				 errdetail("as_of is %s, until is %s.", DateText(as_of), DateText(until)),
				 errhint("What came after as_of, up to and including until, is held against the forecast.")));
}

/*
 * cadence_sample_add(cadence_sample, cadence_state, as_of date [, until date]): one
 * account; without an order day by as_of it is not in the sample
 */
Datum
cadence_sample_add(PG_FUNCTION_ARGS)
{
	const char *aggregate = "cadence_sample_agg";
	CadenceSample *sample;
	CadenceState *state;
	const CadenceEntry *entries;
	CadenceSampleRow row = {.count = 1};
	DateADT		as_of;
	DateADT		until = DATEVAL_NOEND;
	int			known;
	int			order_days = 0;

	AggregateContext(fcinfo, aggregate);
	CheckAggregateArgument(fcinfo, 2, aggregate, "as_of");
	as_of = CheckFiniteDate(PG_GETARG_DATEADT(2), "as_of");
	if (PG_NARGS() > 3)
	{
		CheckAggregateArgument(fcinfo, 3, aggregate, "until");
		until = PG_GETARG_DATEADT(3);
		CheckAheadDays(as_of, until);
	}
	if (PG_ARGISNULL(0))
		sample = SampleCreate(as_of, until);
	else
	{
		sample = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameDays(sample, as_of, until, aggregate);
	}
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(sample);

	state = CadenceStateFromDatum(PG_GETARG_DATUM(1));
	entries = CadenceStateEntries(state);
	known = CadenceStateCountUntil(state, as_of);
	for (int i = 0; i < known; i++)
	{
		int			year;
		int			month;
		int			day;

		if (entries[i].orders == 0)
			continue;
		if (order_days++ == 0)
			row.first = entries[i].day;
		else
		{
			row.log_gap_sum += log((double) entries[i].day - row.last);
			j2date(entries[i].day + POSTGRES_EPOCH_JDATE, &year, &month, &day);
			sample->repeats[month - 1]++;
		}
		row.last = entries[i].day;
	}
	if (order_days == 0)
		PG_RETURN_POINTER(sample);
	row.gaps = order_days - 1;
	if (until != DATEVAL_NOEND)
		for (int i = known; i < state->count && entries[i].day <= until; i++)
			row.ahead += entries[i].orders > 0;
	PG_RETURN_POINTER(SampleAdd(sample, &row));
}

/*
 * cadence_sample_combine(cadence_sample, cadence_sample): either may be NULL. The
 * result is the first, changed in place, or a new one.
 */
Datum
cadence_sample_combine(PG_FUNCTION_ARGS)
{
	CadenceSample *sample;
	CadenceSample *other;

	AggregateContext(fcinfo, "cadence_sample_merge");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = StateFromDatum(PG_GETARG_DATUM(1), CADENCE_SAMPLE_VERSION, SampleSize(0),
						   "cadence_sample");
	if (PG_ARGISNULL(0))
		sample = SampleCreate(other->as_of, other->until);
	else
	{
		sample = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameDays(sample, other->as_of, other->until, "cadence_sample_merge");
	}
	for (int m = 0; m < SEASON_MONTHS; m++)
		CountAdd(&sample->repeats[m], other->repeats[m], "order days in one cadence_sample");
	for (int i = 0; i < other->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sample = SampleAdd(sample, &other->rows[i]);
	}
	Assert(SampleBroken(sample) == NULL);
	PG_RETURN_POINTER(sample);
}

/* cadence_sample_final(cadence_sample): the one form, in a copy */
Datum
cadence_sample_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(CadenceSampleFromDatum(PG_GETARG_DATUM(0)));
}

STATE_COMBINE(cadence_sample_combine_two, cadence_sample_combine, cadence_sample_final)
