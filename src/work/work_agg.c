/*
 * work_agg.c
 *		work_calendar_agg: makes a work_calendar_def of a table of exceptions. Its
 *		state, work_calendar_draft, keeps the rows as they come; they are put in
 *		order and checked when they are all there.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/json_tree.h"
#include "base/state.h"
#include "base/wire.h"
#include "work/work.h"

#define WORK_DRAFT_VERSION	1
#define MOST_HOURS_TEXT		65536	/* bytes */

typedef struct DraftRow
{
	int32		day;
	int32		is_work_day;
} DraftRow;

/*
 * Behind the struct: the zone's name, the hours as jsonb's text, each with a zero
 * byte behind it, padded for an int; then the rows.
 */
typedef struct WorkDraft
{
	StateHeader header;
	int32		row_count;
	int32		text_size;		/* of both texts, padded */
	int32		zone_length;
	int32		hours_length;
} WorkDraft;

PG_FUNCTION_INFO_V1(work_calendar_draft_in);
PG_FUNCTION_INFO_V1(work_calendar_draft_out);
PG_FUNCTION_INFO_V1(work_calendar_draft_recv);
PG_FUNCTION_INFO_V1(work_calendar_draft_send);
PG_FUNCTION_INFO_V1(work_calendar_draft_add);
PG_FUNCTION_INFO_V1(work_calendar_draft_combine);
PG_FUNCTION_INFO_V1(work_calendar_draft_final);

static const char *
DraftZone(const WorkDraft *draft)
{
	return (const char *) draft + sizeof(WorkDraft);
}

static const char *
DraftHours(const WorkDraft *draft)
{
	return DraftZone(draft) + draft->zone_length + 1;
}

static DraftRow *
DraftRows(const WorkDraft *draft)
{
	return (DraftRow *) ((char *) draft + sizeof(WorkDraft) + draft->text_size);
}

static Size
DraftUsed(const WorkDraft *draft)
{
	return sizeof(WorkDraft) + draft->text_size + draft->row_count * sizeof(DraftRow);
}

static WorkDraft *
DraftCreate(const char *zone, const char *hours)
{
	Size		zone_length = strlen(zone);
	Size		hours_length = strlen(hours);
	WorkDraft  *draft;

	if (zone_length + hours_length > MOST_HOURS_TEXT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("time_zone and hours of a calendar are too long"),
				 errdetail("They have %zu bytes; %d are allowed.", zone_length + hours_length,
						   MOST_HOURS_TEXT)));
	draft = StateCreate(sizeof(WorkDraft) + INTALIGN(zone_length + hours_length + 2),
						WORK_DRAFT_VERSION);
	draft->text_size = INTALIGN(zone_length + hours_length + 2);
	draft->zone_length = zone_length;
	draft->hours_length = hours_length;
	strcpy(unconstify(char *, DraftZone(draft)), zone);
	strcpy(unconstify(char *, DraftHours(draft)), hours);
	return draft;
}

/* Adds a row; returns the draft, or a larger one in the current context. */
static WorkDraft *
DraftAddRow(WorkDraft *draft, DateADT day, bool is_work_day)
{
	DraftRow   *row;

	CheckFiniteDate(day, "on_date");
	draft = StateReserve(draft, DraftUsed(draft), sizeof(DraftRow), "work_calendar_draft");
	row = &DraftRows(draft)[draft->row_count++];
	row->day = day;
	row->is_work_day = is_work_day;
	return draft;
}

static WorkDraft *
DraftFromDatum(Datum value)
{
	return StateFromDatum(value, WORK_DRAFT_VERSION, sizeof(WorkDraft), "work_calendar_draft");
}

static int
CompareRows(const void *left, const void *right)
{
	const DraftRow *one = left;
	const DraftRow *other = right;

	if (one->day != other->day)
		return one->day < other->day ? -1 : 1;
	return one->is_work_day - other->is_work_day;
}

/* A copy with its rows in order, each once: equal drafts become equal bytes. */
static WorkDraft *
DraftCanonical(const WorkDraft *draft)
{
	WorkDraft  *copy = palloc(DraftUsed(draft));
	DraftRow   *rows;
	int			kept = 0;

	memcpy(copy, draft, DraftUsed(draft));
	rows = DraftRows(copy);
	qsort(rows, copy->row_count, sizeof(DraftRow), CompareRows);
	for (int i = 0; i < copy->row_count; i++)
		if (kept == 0 || CompareRows(&rows[kept - 1], &rows[i]) != 0)
			rows[kept++] = rows[i];
	copy->row_count = kept;
	SET_VARSIZE(copy, DraftUsed(copy));
	return copy;
}

/* Rows of one calendar must give the same zone and hours. */
static void
CheckSameTexts(const WorkDraft *draft, const char *zone, const char *hours)
{
	if (strcmp(DraftZone(draft), zone) == 0 && strcmp(DraftHours(draft), hours) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("time_zone or hours of work_calendar_agg change within a group"),
			 errdetail("One row says %s and %s, another %s and %s.",
					   DraftZone(draft), DraftHours(draft), zone, hours),
			 errhint("Group by what they depend on, such as the region.")));
}

static const char *
JsonbText(Jsonb *value)
{
	return JsonbToCString(NULL, &value->root, VARSIZE(value));
}

/* Text that is to be jsonb, as jsonb writes it. */
static const char *
JsonbTextOf(const char *text)
{
	return JsonbText(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
}

/* work_calendar_draft_in(cstring): {"time_zone": "UTC", "hours": "{…}", "rows": [["2025-01-26", true], …]} */
Datum
work_calendar_draft_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"time_zone", "hours", "rows"};
	JsonNode   *root = JsonRead(PG_GETARG_CSTRING(0), "work_calendar_draft");
	JsonNode   *rows;
	WorkDraft  *draft;

	JsonAllowKeys(root, keys, lengthof(keys));
	draft = DraftCreate(JsonGetText(JsonRequire(root, "time_zone")),
						JsonbTextOf(JsonGetText(JsonRequire(root, "hours"))));
	rows = JsonRequire(root, "rows");
	JsonExpect(rows, JSON_KIND_ARRAY);
	for (int i = 0; i < rows->count; i++)
	{
		const JsonNode *row = rows->items[i];

		CHECK_FOR_INTERRUPTS();
		JsonExpect(row, JSON_KIND_ARRAY);
		if (row->count != 2)
			JsonInvalid(row, "A row is [date, true or false].", "The array has %d items.",
						row->count);
		draft = DraftAddRow(draft, JsonGetDate(row->items[0]), JsonGetBoolean(row->items[1]));
	}
	PG_RETURN_POINTER(DraftCanonical(draft));
}

/* work_calendar_draft_out(work_calendar_draft): the same text for equal drafts */
Datum
work_calendar_draft_out(PG_FUNCTION_ARGS)
{
	WorkDraft  *draft = DraftCanonical(DraftFromDatum(PG_GETARG_DATUM(0)));
	const DraftRow *rows = DraftRows(draft);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "{\"time_zone\": ");
	JsonPutText(&text, DraftZone(draft));
	appendStringInfoString(&text, ", \"hours\": ");
	JsonPutText(&text, DraftHours(draft));
	appendStringInfoString(&text, ", \"rows\": [");
	for (int i = 0; i < draft->row_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i > 0 ? ", [" : "[");
		JsonPutDate(&text, rows[i].day);
		appendStringInfoString(&text, rows[i].is_work_day ? ", true]" : ", false]");
	}
	appendStringInfoString(&text, "]}");
	PG_RETURN_CSTRING(text.data);
}

Datum
work_calendar_draft_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), WORK_DRAFT_VERSION,
									   "work_calendar_draft");
	int			length;
	const char *zone = WireGetBytes(&reader, &length);
	const char *hours = WireGetBytes(&reader, &length);
	WorkDraft  *draft = DraftCreate(zone, JsonbTextOf(hours));
	int			row_count = WireGetCount(&reader, "rows", MaxAllocSize / sizeof(DraftRow),
										 sizeof(int32) + 1);

	for (int i = 0; i < row_count; i++)
	{
		DateADT		day = WireGetInt(&reader);
		int			is_work_day = WireGetByte(&reader);

		CHECK_FOR_INTERRUPTS();
		if (!IS_VALID_DATE(day) || is_work_day > 1)
			WireCorrupt(&reader, "Row %d is no day with true or false.", i + 1);
		draft = DraftAddRow(draft, day, is_work_day == 1);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(DraftCanonical(draft));
}

Datum
work_calendar_draft_send(PG_FUNCTION_ARGS)
{
	WorkDraft  *draft = DraftCanonical(DraftFromDatum(PG_GETARG_DATUM(0)));
	const DraftRow *rows = DraftRows(draft);
	StringInfoData buffer;

	WireBeginSend(&buffer, WORK_DRAFT_VERSION);
	WirePutBytes(&buffer, DraftZone(draft), draft->zone_length);
	WirePutBytes(&buffer, DraftHours(draft), draft->hours_length);
	WirePutInt(&buffer, draft->row_count);
	for (int i = 0; i < draft->row_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, rows[i].day);
		WirePutByte(&buffer, rows[i].is_work_day);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * work_calendar_draft_add(work_calendar_draft, time_zone text, hours jsonb, on_date
 * date, is_work_day boolean): a row without day or answer, as an outer join makes
 * it, is none
 */
Datum
work_calendar_draft_add(PG_FUNCTION_ARGS)
{
	WorkDraft  *draft;
	const char *zone;
	const char *hours;

	AggregateContext(fcinfo, "work_calendar_agg");
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		PG_RETURN_STATE_AS_IT_IS();
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", PG_ARGISNULL(1) ? "time_zone" : "hours"),
				 errhint("For example work_calendar_agg('Asia/Shanghai', '{\"mon-fri\": [\"09:00-18:00\"]}', on_date, is_work_day).")));
	zone = text_to_cstring(PG_GETARG_TEXT_PP(1));
	hours = JsonbText(PG_GETARG_JSONB_P(2));
	if (PG_ARGISNULL(0))
		draft = DraftCreate(zone, hours);
	else
	{
		draft = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameTexts(draft, zone, hours);
	}
	PG_RETURN_POINTER(DraftAddRow(draft, PG_GETARG_DATEADT(3), PG_GETARG_BOOL(4)));
}

/* work_calendar_draft_combine(work_calendar_draft, work_calendar_draft): either may be NULL */
Datum
work_calendar_draft_combine(PG_FUNCTION_ARGS)
{
	WorkDraft  *draft;
	WorkDraft  *other;
	Size		size;

	AggregateContext(fcinfo, "work_calendar_agg");
	if (PG_ARGISNULL(1))
		PG_RETURN_STATE_AS_IT_IS();
	other = DraftFromDatum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		draft = DraftCreate(DraftZone(other), DraftHours(other));
	else
	{
		draft = PG_GETARG_STATE_IN_PLACE(0);
		CheckSameTexts(draft, DraftZone(other), DraftHours(other));
	}
	size = other->row_count * sizeof(DraftRow);
	draft = StateReserve(draft, DraftUsed(draft), size, "work_calendar_draft");
	memcpy(&DraftRows(draft)[draft->row_count], DraftRows(other), size);
	draft->row_count += other->row_count;
	PG_RETURN_POINTER(draft);
}

/* The first or last day of the year in which a day lies. */
static DateADT
YearEnd(DateADT day, bool last)
{
	int			year;
	int			month;
	int			day_of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	return date2j(year, last ? 12 : 1, last ? 31 : 1) - POSTGRES_EPOCH_JDATE;
}

/*
 * work_calendar_draft_final(work_calendar_draft): the calendar of the rows, checked;
 * it covers the whole years from the first row to the last
 */
Datum
work_calendar_draft_final(PG_FUNCTION_ARGS)
{
	WorkDraft  *draft = DraftCanonical(DraftFromDatum(PG_GETARG_DATUM(0)));
	const DraftRow *rows = DraftRows(draft);
	WorkCalendar calendar = {0};

	if (draft->row_count == 0)
		PG_RETURN_NULL();
	if (draft->row_count > WORK_MOST_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("invalid work_calendar_def"),
				 errdetail("There are %d rows; %d are allowed.", draft->row_count, WORK_MOST_DAYS),
				 errhint("Give only the days that differ from their weekday; group by the region.")));
	calendar.time_zone = DraftZone(draft);
	WorkReadHours(&calendar, JsonRead(DraftHours(draft), "hours"), WORK_FROM_ARGUMENTS);
	calendar.holidays = palloc(draft->row_count * sizeof(WorkDays));
	calendar.work_days = palloc(draft->row_count * sizeof(WorkDays));
	for (int i = 0; i < draft->row_count; i++)
	{
		WorkDays	days = {rows[i].day, rows[i].day};

		if (rows[i].is_work_day)
			calendar.work_days[calendar.work_day_count++] = days;
		else
			calendar.holidays[calendar.holiday_count++] = days;
	}
	calendar.is_limited = true;
	calendar.covers.first = Max(YearEnd(rows[0].day, false),
								DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE);
	calendar.covers.last = Min(YearEnd(rows[draft->row_count - 1].day, true),
							   DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 1);
	PG_RETURN_POINTER(WorkPack(&calendar, WORK_FROM_ARGUMENTS));
}
