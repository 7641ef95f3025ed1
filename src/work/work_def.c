/*
 * work_def.c
 *		work_calendar_def: when work is done, as a value. Its reading, checking,
 *		printing and its stored form; arithmetic is in work_plan.c.
 *
 * The stored form is canonical: windows in order, those that touch made one, days
 * in order and in ranges, the zone as the zone database spells it, padding zero.
 * So equal calendars are equal in bytes.
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/rangetypes.h"

#include "base/arrays.h"
#include "base/check.h"
#include "base/compat.h"
#include "base/format.h"
#include "base/json_tree.h"
#include "base/state.h"
#include "base/wire.h"
#include "base/zone.h"
#include "work/work.h"

#define WORK_CALENDAR_VERSION	1
#define MOST_TEXT				(8 * 1024 * 1024)	/* the longest canonical text is shorter */

#define MOST_OWN_DAYS			1000

#define FLAG_COVERS				0x0001

/*
 * The stored form. Behind the struct: the windows of Monday to Sunday and of the
 * own days, holidays, work days, own days (day and number of windows), the name
 * of the zone; aligned for an int.
 */
typedef struct WorkCalendarDef
{
	StateHeader header;
	WorkDays	covers;
	int32		windows;
	int32		holidays;
	int32		work_days;
	int32		own_days;
	int32		zone_length;
	uint8		week[WORK_DAYS_PER_WEEK];	/* number of windows */
	uint8		unused;
} WorkCalendarDef;

typedef struct StoredOwnDay
{
	int32		day;
	int32		windows;
} StoredOwnDay;

static const char *const weekday_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

PG_FUNCTION_INFO_V1(work_calendar_def_in);
PG_FUNCTION_INFO_V1(work_calendar_def_out);
PG_FUNCTION_INFO_V1(work_calendar_def_recv);
PG_FUNCTION_INFO_V1(work_calendar_def_send);
PG_FUNCTION_INFO_V1(work_calendar);

/*
 * Checking
 */

/* A rule that is broken: where it came from decides the SQLSTATE. */
pg_noreturn static void WorkInvalid(WorkSource source, const char *hint, const char *format,...)
			pg_attribute_printf(3, 4);

static void
WorkInvalid(WorkSource source, const char *hint, const char *format,...)
{
	va_list		args;
	char	   *detail;
	int			code = ERRCODE_INVALID_PARAMETER_VALUE;

	if (source == WORK_FROM_TEXT)
		code = ERRCODE_INVALID_TEXT_REPRESENTATION;
	else if (source == WORK_FROM_BINARY)
		code = ERRCODE_INVALID_BINARY_REPRESENTATION;

	va_start(args, format);
	detail = FormatText(format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(code),
			 errmsg("invalid work_calendar_def"),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

static int
CompareWindows(const void *left, const void *right)
{
	return ((const WorkWindow *) left)->starts - ((const WorkWindow *) right)->starts;
}

static int
CompareDays(const void *left, const void *right)
{
	int32		one = ((const WorkDays *) left)->first;
	int32		other = ((const WorkDays *) right)->first;

	return (one > other) - (one < other);
}

static int
CompareOwnDays(const void *left, const void *right)
{
	int32		one = ((const WorkOwnDay *) left)->day;
	int32		other = ((const WorkOwnDay *) right)->day;

	return (one > other) - (one < other);
}

/* "09:00-12:00"; one that ends on the next day as it was written, "22:00-06:00" */
static char *
WindowText(const WorkWindow *window)
{
	int			ends = window->ends > WORK_DAY_MINUTES ? window->ends - WORK_DAY_MINUTES :
		window->ends;

	return psprintf("%02d:%02d-%02d:%02d", window->starts / 60, window->starts % 60,
					ends / 60, ends % 60);
}

/* A window that passes midnight is shorter than a day: 08:00-08:00 would say nothing. */
static bool
CanBeWritten(int starts, int ends)
{
	return ends <= WORK_DAY_MINUTES || ends - starts < WORK_DAY_MINUTES;
}

/* Sorts the windows of a day and makes those that touch one. place: "mon", "2025-12-31" */
static void
CheckHours(WorkSource source, WorkHours *hours, const char *place)
{
	int			kept = 0;

	if (hours->count > WORK_MOST_WINDOWS)
		WorkInvalid(source, "Merge windows.", "%s has %d windows; %d are allowed.",
					place, hours->count, WORK_MOST_WINDOWS);
	for (int i = 0; i < hours->count; i++)
	{
		const WorkWindow *window = &hours->windows[i];

		if (window->starts < 0 || window->starts >= WORK_DAY_MINUTES ||
			window->ends <= window->starts || !CanBeWritten(window->starts, window->ends))
			WorkInvalid(source, NULL, "%s has a window from minute %d to minute %d.",
						place, window->starts, window->ends);
	}
	qsort(hours->windows, hours->count, sizeof(WorkWindow), CompareWindows);
	for (int i = 0; i < hours->count; i++)
	{
		WorkWindow	window = hours->windows[i];
		WorkWindow *last = &hours->windows[kept - 1];

		if (kept > 0 && last->ends > window.starts)
			WorkInvalid(source, "Give each time of a day once.",
						"The windows %s and %s of %s overlap.",
						WindowText(last), WindowText(&window), place);
		if (kept > 0 && last->ends == window.starts && CanBeWritten(last->starts, window.ends))
			last->ends = window.ends;
		else
			hours->windows[kept++] = window;
	}
	hours->count = kept;
}

/* Sorts ranges of days, makes those that meet one; returns how many days there are. */
static int64
CheckDays(WorkSource source, WorkDays *days, int *count, const char *place)
{
	int			kept = 0;
	int64		sum = 0;

	for (int i = 0; i < *count; i++)
	{
		if (!IS_VALID_DATE(days[i].first) || !IS_VALID_DATE(days[i].last))
			WorkInvalid(source, NULL, "A day of %s is out of range.", place);
		if (days[i].first > days[i].last)
			WorkInvalid(source, "The first day of a range comes first, and both belong to it.",
						"%s has the range %s/%s, which ends before it begins.", place,
						DateText(days[i].first), DateText(days[i].last));
	}
	qsort(days, *count, sizeof(WorkDays), CompareDays);
	for (int i = 0; i < *count; i++)
	{
		if (kept > 0 && days[i].first <= (int64) days[kept - 1].last + 1)
			days[kept - 1].last = Max(days[kept - 1].last, days[i].last);
		else
			days[kept++] = days[i];
	}
	*count = kept;
	for (int i = 0; i < kept; i++)
		sum += (int64) days[i].last - days[i].first + 1;
	return sum;
}

/*
 * Checks every rule of a calendar and brings it into canonical form.
 */
static void
WorkCheck(WorkCalendar *calendar, WorkSource source)
{
	bool		has_week = false;
	bool		has_own = false;
	int64		days;
	int			weekday;
	int32		day;
	WorkPlan	plan;

	if (source == WORK_FROM_ARGUMENTS)
		ZoneRequire(calendar->time_zone);
	else if (calendar->time_zone[0] == '\0' || strlen(calendar->time_zone) > TZ_STRLEN_MAX)
		WorkInvalid(source, "Give a name of pg_timezone_names, for example Asia/Shanghai.",
					"The name of the time zone has %zu bytes.", strlen(calendar->time_zone));
	calendar->time_zone = ZoneSpelling(calendar->time_zone);

	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
	{
		CheckHours(source, &calendar->week[i], weekday_names[i]);
		has_week |= calendar->week[i].count > 0;
	}
	if (calendar->own_day_count > MOST_OWN_DAYS)
		WorkInvalid(source, "Leave out days long past.", "days has %d days; %d are allowed.",
					calendar->own_day_count, MOST_OWN_DAYS);
	qsort(calendar->own_days, calendar->own_day_count, sizeof(WorkOwnDay), CompareOwnDays);
	for (int i = 0; i < calendar->own_day_count; i++)
	{
		WorkOwnDay *own = &calendar->own_days[i];

		CHECK_FOR_INTERRUPTS();
		if (!IS_VALID_DATE(own->day))
			WorkInvalid(source, NULL, "A day of days is out of range.");
		if (i > 0 && own[-1].day == own->day)
			WorkInvalid(source, "Keep one of them.", "The day %s stands twice in days.",
						DateText(own->day));
		CheckHours(source, &own->hours, DateText(own->day));
		has_own |= own->hours.count > 0;
	}
	days = calendar->own_day_count +
		CheckDays(source, calendar->holidays, &calendar->holiday_count, "holidays") +
		CheckDays(source, calendar->work_days, &calendar->work_day_count, "work_days");
	if (days > WORK_MOST_DAYS)
		WorkInvalid(source, "Leave out days long past.",
					"Holidays, work_days and days are %lld days; %d are allowed.",
					(long long) days, WORK_MOST_DAYS);
	if (!has_week && !has_own)
		WorkInvalid(source, "Give hours like {\"mon-fri\": [\"09:00-12:00\", \"13:30-18:00\"]}.",
					"It has no hours at all.");
	if (!has_week && calendar->work_day_count > 0)
		WorkInvalid(source, "Give the hours of these days in days.",
					"It has work_days, but no weekday with hours to work on them.");
	for (int i = 0, k = 0; i < calendar->holiday_count && k < calendar->work_day_count;)
	{
		const WorkDays *holiday = &calendar->holidays[i];
		const WorkDays *work_day = &calendar->work_days[k];

		if (holiday->last < work_day->first)
			i++;
		else if (work_day->last < holiday->first)
			k++;
		else
			WorkInvalid(source, "Take it out of one of the two lists.",
						"The day %s is in holidays and in work_days.",
						DateText(Max(holiday->first, work_day->first)));
	}
	if (calendar->is_limited)
	{
		int			one = 1;

		CheckDays(source, &calendar->covers, &one, "covers");
	}

	WorkPlanInit(&plan, calendar);
	if (!WorkPlanOverlap(&plan, &weekday, &day))
		return;
	if (weekday >= 0)
		WorkInvalid(source, "A window that passes midnight belongs to the day on which it starts.",
					"The last window of %s runs into the first of %s.", weekday_names[weekday],
					weekday_names[(weekday + 1) % WORK_DAYS_PER_WEEK]);
	WorkInvalid(source, "Give the day hours of its own in days.",
				"A window that passes midnight overlaps with another one on or after %s.",
				DateText(day));
}

/*
 * The stored form
 */

/*
 * The checked, canonical value of a calendar. source: for errors.
 */
struct varlena *
WorkPack(WorkCalendar *calendar, WorkSource source)
{
	Size		size;
	int			windows = 0;
	int			zone_length;
	WorkCalendarDef *def;
	char	   *at;

	WorkCheck(calendar, source);

	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
		windows += calendar->week[i].count;
	for (int i = 0; i < calendar->own_day_count; i++)
		windows += calendar->own_days[i].hours.count;
	zone_length = strlen(calendar->time_zone);
	size = sizeof(WorkCalendarDef) + windows * sizeof(WorkWindow) +
		(calendar->holiday_count + calendar->work_day_count) * sizeof(WorkDays) +
		calendar->own_day_count * sizeof(StoredOwnDay) + INTALIGN(zone_length);
	def = StateCreate(size, WORK_CALENDAR_VERSION);
	if (calendar->is_limited)
	{
		def->header.flags |= FLAG_COVERS;
		def->covers = calendar->covers;
	}
	def->windows = windows;
	def->holidays = calendar->holiday_count;
	def->work_days = calendar->work_day_count;
	def->own_days = calendar->own_day_count;
	def->zone_length = zone_length;

#define PUT(source, bytes) \
	do { if ((bytes) > 0) { memcpy(at, (source), (bytes)); at += (bytes); } } while (0)

	at = (char *) def + sizeof(WorkCalendarDef);
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
	{
		def->week[i] = calendar->week[i].count;
		PUT(calendar->week[i].windows, calendar->week[i].count * sizeof(WorkWindow));
	}
	for (int i = 0; i < calendar->own_day_count; i++)
		PUT(calendar->own_days[i].hours.windows,
			calendar->own_days[i].hours.count * sizeof(WorkWindow));
	PUT(calendar->holidays, calendar->holiday_count * sizeof(WorkDays));
	PUT(calendar->work_days, calendar->work_day_count * sizeof(WorkDays));
	for (int i = 0; i < calendar->own_day_count; i++)
	{
		StoredOwnDay own = {calendar->own_days[i].day, calendar->own_days[i].hours.count};

		PUT(&own, sizeof(own));
	}
	PUT(calendar->time_zone, zone_length);
#undef PUT
	return (struct varlena *) def;
}

/* The value, detoasted and aligned, its header checked. */
struct varlena *
WorkDetoast(Datum value)
{
	return StateFromDatum(value, WORK_CALENDAR_VERSION, sizeof(WorkCalendarDef),
						  "work_calendar_def");
}

/*
 * The calendar of a value that WorkDetoast gave; windows and ranges stay in the
 * value.
 */
void
WorkUnpack(struct varlena *value, WorkCalendar *calendar)
{
	WorkCalendarDef *def = (WorkCalendarDef *) value;
	WorkWindow *windows = (WorkWindow *) ((char *) def + sizeof(WorkCalendarDef));
	StoredOwnDay *own_days;

	memset(calendar, 0, sizeof(*calendar));
	calendar->is_limited = (def->header.flags & FLAG_COVERS) != 0;
	calendar->covers = def->covers;
	calendar->holiday_count = def->holidays;
	calendar->holidays = (WorkDays *) (windows + def->windows);
	calendar->work_day_count = def->work_days;
	calendar->work_days = calendar->holidays + def->holidays;
	own_days = (StoredOwnDay *) (calendar->work_days + def->work_days);
	calendar->own_day_count = def->own_days;
	calendar->own_days = palloc(Max(def->own_days, 1) * sizeof(WorkOwnDay));
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
	{
		calendar->week[i].count = def->week[i];
		calendar->week[i].windows = windows;
		windows += def->week[i];
	}
	for (int i = 0; i < def->own_days; i++)
	{
		calendar->own_days[i].day = own_days[i].day;
		calendar->own_days[i].hours.count = own_days[i].windows;
		calendar->own_days[i].hours.windows = windows;
		windows += own_days[i].windows;
	}
	calendar->time_zone = pnstrdup((char *) (own_days + def->own_days), def->zone_length);
}

/*
 * Text form
 */

/* Two digits at most, then what ends them; false where the text is another. */
static bool
ReadDigits(const char **text, char end, int *number)
{
	const char *at = *text;

	if (!isdigit((unsigned char) *at))
		return false;
	*number = *at++ - '0';
	if (isdigit((unsigned char) *at))
		*number = *number * 10 + *at++ - '0';
	if (*at != end)
		return false;
	*text = at + (end != '\0');
	return true;
}

/* "22:00-06:00" */
static WorkWindow
ReadWindow(const JsonNode *node, WorkSource source)
{
	const char *text = node->text;
	int			hour;
	int			minute;
	int			end_hour;
	int			end_minute;
	WorkWindow	window;

	if (node->kind != JSON_KIND_STRING ||
		!ReadDigits(&text, ':', &hour) || !ReadDigits(&text, '-', &minute) ||
		!ReadDigits(&text, ':', &end_hour) || !ReadDigits(&text, '\0', &end_minute) ||
		hour > 23 || minute > 59 || end_hour > 24 || end_minute > (end_hour < 24 ? 59 : 0))
		WorkInvalid(source, "A window is like \"09:00-12:00\", 00:00-23:59 to 24:00; one that passes midnight like \"22:00-06:00\".",
					"%s is no window of a day.",
					node->text ? psprintf("\"%s\"", node->text) : "What is not a string");
	window.starts = hour * 60 + minute;
	window.ends = end_hour * 60 + end_minute;
	if (window.ends == window.starts)
		WorkInvalid(source, "A whole day is \"00:00-24:00\".",
					"The window \"%s\" ends when it starts.", node->text);
	if (window.ends < window.starts)
		window.ends += WORK_DAY_MINUTES;
	return window;
}

/* ["09:00-12:00", "13:30-18:00"] */
static WorkHours
ReadWindows(const JsonNode *node, WorkSource source)
{
	WorkHours	hours = {0, NULL};

	if (node->kind != JSON_KIND_ARRAY)
		WorkInvalid(source, "Give a list like [\"09:00-12:00\", \"13:30-18:00\"], [] for none.",
					"The hours of \"%s\" are no list.", node->key);
	if (node->count > WORK_MOST_WINDOWS)
		WorkInvalid(source, "Merge windows.", "\"%s\" has %d windows; %d are allowed.",
					node->key, node->count, WORK_MOST_WINDOWS);
	if (node->count > 0)
		hours.windows = palloc(node->count * sizeof(WorkWindow));
	for (; hours.count < node->count; hours.count++)
		hours.windows[hours.count] = ReadWindow(node->items[hours.count], source);
	return hours;
}

/* A weekday at the beginning of a text, which is moved behind it. */
static int
ReadWeekday(const char **text, const char *key, WorkSource source)
{
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
		if (strncmp(*text, weekday_names[i], 3) == 0)
		{
			*text += 3;
			return i;
		}
	WorkInvalid(source, "Days are mon, tue, wed, thu, fri, sat and sun, ranges mon-fri, lists mon,wed.",
				"\"%s\" names no days of the week.", key);
}

/*
 * Reads the hours of the week: {"mon-fri": ["09:00-18:00"], "sat,sun": ["10:00-12:00"]}
 */
void
WorkReadHours(WorkCalendar *calendar, const JsonNode *node, WorkSource source)
{
	const char *seen[WORK_DAYS_PER_WEEK] = {0};

	if (node->kind != JSON_KIND_OBJECT)
		WorkInvalid(source, NULL, "The hours are no object like {\"mon-fri\": [\"09:00-18:00\"]}.");
	for (int i = 0; i < node->count; i++)
	{
		const char *key = node->items[i]->key;
		const char *text = key;

		for (;;)
		{
			int			first = ReadWeekday(&text, key, source);
			int			last = first;

			if (*text == '-')
			{
				text++;
				last = ReadWeekday(&text, key, source);
			}
			for (int day = first;; day = (day + 1) % WORK_DAYS_PER_WEEK)
			{
				if (seen[day])
					WorkInvalid(source, "Give each weekday once.",
								"%s stands under \"%s\" and under \"%s\".",
								weekday_names[day], seen[day], key);
				seen[day] = key;
				/* a copy for each: they are sorted and merged one by one */
				calendar->week[day] = ReadWindows(node->items[i], source);
				if (day == last)
					break;
			}
			if (*text == '\0')
				break;
			if (*text != ',')
				ReadWeekday(&text, key, source);
			text += 1 + strspn(text + 1, " ");
		}
	}
}

/* "2025-01-28/2025-02-04", or a day alone */
static WorkDays
ReadDays(const JsonNode *node)
{
	const char *text = JsonGetText(node);
	const char *slash = strchr(text, '/');
	JsonNode	part = *node;
	WorkDays	days;

	if (slash)
		part.text = pnstrdup(text, slash - text);
	days.first = days.last = JsonGetDate(&part);
	if (slash)
	{
		part.text = slash + 1;
		days.last = JsonGetDate(&part);
	}
	return days;
}

/* A list of days and ranges; none where the key is absent. */
static WorkDays *
ReadDayList(const JsonNode *root, const char *key, int *count)
{
	const JsonNode *list = JsonGiven(root, key);
	WorkDays   *days;

	*count = 0;
	if (list == NULL)
		return NULL;
	JsonExpect(list, JSON_KIND_ARRAY);
	days = palloc(Max(list->count, 1) * sizeof(WorkDays));
	for (; *count < list->count; (*count)++)
	{
		CHECK_FOR_INTERRUPTS();
		days[*count] = ReadDays(list->items[*count]);
	}
	return days;
}

/* {"2025-12-31": ["09:00-12:00"]} */
static void
ReadOwnDays(WorkCalendar *calendar, const JsonNode *node)
{
	JsonExpect(node, JSON_KIND_OBJECT);
	calendar->own_days = palloc(Max(node->count, 1) * sizeof(WorkOwnDay));
	for (int i = 0; i < node->count; i++)
	{
		JsonNode	day = *node->items[i];

		day.kind = JSON_KIND_STRING;
		day.text = day.key;
		calendar->own_days[i].day = JsonGetDate(&day);
		calendar->own_days[i].hours = ReadWindows(node->items[i], WORK_FROM_TEXT);
	}
	calendar->own_day_count = node->count;
}

/* work_calendar_def_in(cstring): reads the JSON form */
Datum
work_calendar_def_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"time_zone", "hours", "holidays", "work_days", "days", "covers"
	};
	char	   *text = PG_GETARG_CSTRING(0);
	JsonNode   *root;
	const JsonNode *node;
	WorkCalendar calendar = {0};

	if (strlen(text) > MOST_TEXT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the text of a work_calendar_def is too long"),
				 errdetail("It has %zu bytes; %d are allowed.", strlen(text), MOST_TEXT),
				 errhint("Leave out days long past.")));
	root = JsonRead(text, "work_calendar_def");
	JsonAllowKeys(root, keys, lengthof(keys));
	calendar.time_zone = JsonGetText(JsonRequire(root, "time_zone"));
	WorkReadHours(&calendar, JsonRequire(root, "hours"), WORK_FROM_TEXT);
	calendar.holidays = ReadDayList(root, "holidays", &calendar.holiday_count);
	calendar.work_days = ReadDayList(root, "work_days", &calendar.work_day_count);
	if ((node = JsonGiven(root, "days")) != NULL)
		ReadOwnDays(&calendar, node);
	if ((node = JsonGiven(root, "covers")) != NULL)
	{
		calendar.is_limited = true;
		calendar.covers = ReadDays(node);
	}
	PG_RETURN_POINTER(WorkPack(&calendar, WORK_FROM_TEXT));
}

static bool
SameHours(const WorkHours *left, const WorkHours *right)
{
	return left->count == right->count &&
		memcmp(left->windows, right->windows, left->count * sizeof(WorkWindow)) == 0;
}

static void
PutWindows(StringInfo text, const WorkHours *hours)
{
	appendStringInfoChar(text, '[');
	for (int i = 0; i < hours->count; i++)
		appendStringInfo(text, "%s\"%s\"", i > 0 ? ", " : "", WindowText(&hours->windows[i]));
	appendStringInfoChar(text, ']');
}

/* {"mon-thu,sat": […], "fri": […]}: weekdays of the same hours share a key. */
static void
PutWeek(StringInfo text, const WorkCalendar *calendar)
{
	bool		done[WORK_DAYS_PER_WEEK] = {0};
	bool		first = true;

	appendStringInfoChar(text, '{');
	for (int day = 0; day < WORK_DAYS_PER_WEEK; day++)
	{
		const WorkHours *hours = &calendar->week[day];
		const char *separator = "";

		if (done[day] || hours->count == 0)
			continue;
		appendStringInfoString(text, first ? "\"" : ", \"");
		first = false;
		for (int from = day; from < WORK_DAYS_PER_WEEK; from++)
		{
			int			until = from;

			if (!SameHours(hours, &calendar->week[from]))
				continue;
			while (until + 1 < WORK_DAYS_PER_WEEK && SameHours(hours, &calendar->week[until + 1]))
				until++;
			appendStringInfo(text, "%s%s", separator, weekday_names[from]);
			if (until > from)
				appendStringInfo(text, "-%s", weekday_names[until]);
			separator = ",";
			for (; from <= until; from++)
				done[from] = true;
		}
		appendStringInfoString(text, "\": ");
		PutWindows(text, hours);
	}
	appendStringInfoChar(text, '}');
}

static void
PutDays(StringInfo text, const WorkDays *days)
{
	appendStringInfo(text, "\"%s", DateText(days->first));
	if (days->last > days->first)
		appendStringInfo(text, "/%s", DateText(days->last));
	appendStringInfoChar(text, '"');
}

static void
PutDayList(StringInfo text, const char *key, const WorkDays *days, int count)
{
	if (count == 0)
		return;
	appendStringInfo(text, ", \"%s\": [", key);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(text, i > 0 ? ", " : "");
		PutDays(text, &days[i]);
	}
	appendStringInfoChar(text, ']');
}

/* work_calendar_def_out(work_calendar_def): the same text for equal calendars */
Datum
work_calendar_def_out(PG_FUNCTION_ARGS)
{
	WorkCalendar calendar;
	StringInfoData text;

	WorkUnpack(WorkDetoast(PG_GETARG_DATUM(0)), &calendar);
	initStringInfo(&text);
	appendStringInfoString(&text, "{\"time_zone\": ");
	JsonPutText(&text, calendar.time_zone);
	appendStringInfoString(&text, ", \"hours\": ");
	PutWeek(&text, &calendar);
	PutDayList(&text, "holidays", calendar.holidays, calendar.holiday_count);
	PutDayList(&text, "work_days", calendar.work_days, calendar.work_day_count);
	for (int i = 0; i < calendar.own_day_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&text, i == 0 ? ", \"days\": {" : ", ");
		JsonPutDate(&text, calendar.own_days[i].day);
		appendStringInfoString(&text, ": ");
		PutWindows(&text, &calendar.own_days[i].hours);
	}
	if (calendar.own_day_count > 0)
		appendStringInfoChar(&text, '}');
	if (calendar.is_limited)
	{
		appendStringInfoString(&text, ", \"covers\": ");
		/* a day alone is a range too */
		appendStringInfo(&text, "\"%s/", DateText(calendar.covers.first));
		appendStringInfo(&text, "%s\"", DateText(calendar.covers.last));
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

/*
 * Binary form
 */

static void
WirePutHours(StringInfo buffer, const WorkHours *hours)
{
	WirePutInt(buffer, hours->count);
	for (int i = 0; i < hours->count; i++)
	{
		WirePutInt(buffer, hours->windows[i].starts);
		WirePutInt(buffer, hours->windows[i].ends);
	}
}

static WorkHours
WireGetHours(WireReader *reader)
{
	WorkHours	hours = {WireGetCount(reader, "windows", WORK_MOST_WINDOWS, 2 * sizeof(int32)), NULL};

	hours.windows = palloc(Max(hours.count, 1) * sizeof(WorkWindow));
	for (int i = 0; i < hours.count; i++)
	{
		int32		starts = WireGetInt(reader);
		int32		ends = WireGetInt(reader);

		if (starts < 0 || starts >= WORK_DAY_MINUTES || ends <= starts ||
			ends > 2 * WORK_DAY_MINUTES)
			WireCorrupt(reader, "It has a window from minute %d to minute %d.", starts, ends);
		hours.windows[i].starts = starts;
		hours.windows[i].ends = ends;
	}
	return hours;
}

static void
WirePutDays(StringInfo buffer, const WorkDays *days, int count)
{
	WirePutInt(buffer, count);
	for (int i = 0; i < count; i++)
	{
		WirePutInt(buffer, days[i].first);
		WirePutInt(buffer, days[i].last);
	}
}

static WorkDays *
WireGetDays(WireReader *reader, const char *what, int *count)
{
	WorkDays   *days;

	*count = WireGetCount(reader, what, WORK_MOST_DAYS, sizeof(WorkDays));
	days = palloc(Max(*count, 1) * sizeof(WorkDays));
	for (int i = 0; i < *count; i++)
	{
		days[i].first = WireGetInt(reader);
		days[i].last = WireGetInt(reader);
	}
	return days;
}

/* work_calendar_def_recv(internal): checks what work_calendar_def_in checks */
Datum
work_calendar_def_recv(PG_FUNCTION_ARGS)
{
	WireReader	reader = WireBeginRecv((StringInfo) PG_GETARG_POINTER(0), WORK_CALENDAR_VERSION,
									   "work_calendar_def");
	WorkCalendar calendar = {0};
	int			flags = WireGetByte(&reader);
	int			length;

	if (flags & ~FLAG_COVERS)
		WireCorrupt(&reader, "It has unknown flags: %d.", flags);
	calendar.time_zone = WireGetBytes(&reader, &length);
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
		calendar.week[i] = WireGetHours(&reader);
	calendar.holidays = WireGetDays(&reader, "holidays", &calendar.holiday_count);
	calendar.work_days = WireGetDays(&reader, "work days", &calendar.work_day_count);
	calendar.own_day_count = WireGetCount(&reader, "own days", MOST_OWN_DAYS, 2 * sizeof(int32));
	calendar.own_days = palloc(Max(calendar.own_day_count, 1) * sizeof(WorkOwnDay));
	for (int i = 0; i < calendar.own_day_count; i++)
	{
		calendar.own_days[i].day = WireGetInt(&reader);
		calendar.own_days[i].hours = WireGetHours(&reader);
	}
	if (flags & FLAG_COVERS)
	{
		calendar.is_limited = true;
		calendar.covers.first = WireGetInt(&reader);
		calendar.covers.last = WireGetInt(&reader);
	}
	WireEnd(&reader);
	PG_RETURN_POINTER(WorkPack(&calendar, WORK_FROM_BINARY));
}

Datum
work_calendar_def_send(PG_FUNCTION_ARGS)
{
	WorkCalendar calendar;
	StringInfoData buffer;

	WorkUnpack(WorkDetoast(PG_GETARG_DATUM(0)), &calendar);
	WireBeginSend(&buffer, WORK_CALENDAR_VERSION);
	WirePutByte(&buffer, calendar.is_limited ? FLAG_COVERS : 0);
	WirePutBytes(&buffer, calendar.time_zone, strlen(calendar.time_zone));
	for (int i = 0; i < WORK_DAYS_PER_WEEK; i++)
		WirePutHours(&buffer, &calendar.week[i]);
	WirePutDays(&buffer, calendar.holidays, calendar.holiday_count);
	WirePutDays(&buffer, calendar.work_days, calendar.work_day_count);
	WirePutInt(&buffer, calendar.own_day_count);
	for (int i = 0; i < calendar.own_day_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WirePutInt(&buffer, calendar.own_days[i].day);
		WirePutHours(&buffer, &calendar.own_days[i].hours);
	}
	if (calendar.is_limited)
	{
		WirePutInt(&buffer, calendar.covers.first);
		WirePutInt(&buffer, calendar.covers.last);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * The constructor
 */

/* The days of an array, each a range of its own; none for a NULL array. */
static WorkDays *
DaysOfArray(FunctionCallInfo fcinfo, int argument, const char *name, int *count)
{
	ArrayItems	items;
	WorkDays   *days;

	*count = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	items = ArrayRead(PG_GETARG_ARRAYTYPE_P(argument), name);
	days = palloc(Max(items.count, 1) * sizeof(WorkDays));
	for (; *count < items.count; (*count)++)
	{
		if (items.nulls[*count])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a day of %s must not be NULL", name),
					 errdetail("Element %d is NULL.", *count + 1),
					 errhint("Leave it out: array_remove(%s, null).", name)));
		days[*count].first = days[*count].last =
			CheckFiniteDate(DatumGetDateADT(items.values[*count]), name);
	}
	return days;
}

/* The days of a daterange that has both ends. */
static WorkDays
DaysOfRange(FunctionCallInfo fcinfo, int argument, const char *name)
{
	RangeType  *range = PG_GETARG_RANGE_P(argument);
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;
	WorkDays	days;

	range_deserialize(range_get_typcache(fcinfo, RangeTypeGetOid(range)), range, &lower, &upper,
					  &empty);
	if (empty || lower.infinite || upper.infinite ||
		DATE_NOT_FINITE(DatumGetDateADT(lower.val)) || DATE_NOT_FINITE(DatumGetDateADT(upper.val)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have a first and a last day", name),
				 errdetail("The range is %s.", empty ? "empty" : "open at an end"),
				 errhint("Give daterange('2024-01-01', '2025-12-31', '[]'), or leave %s out: then every day is answered.",
						 name)));
	days.first = DatumGetDateADT(lower.val);
	days.last = DatumGetDateADT(upper.val) - 1;
	return days;
}

/* work_calendar(time_zone text, hours jsonb, holidays date[], work_days date[], covers daterange) */
Datum
work_calendar(PG_FUNCTION_ARGS)
{
	WorkCalendar calendar = {0};
	Jsonb	   *hours;

	for (int i = 0; i < 2; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be NULL", i == 0 ? "time_zone" : "hours"),
					 errhint("For example work_calendar('Asia/Shanghai', '{\"mon-fri\": [\"09:00-18:00\"]}').")));
	calendar.time_zone = text_to_cstring(PG_GETARG_TEXT_PP(0));
	hours = PG_GETARG_JSONB_P(1);
	WorkReadHours(&calendar, JsonRead(JsonbToCString(NULL, &hours->root, VARSIZE(hours)), "hours"),
				  WORK_FROM_ARGUMENTS);
	calendar.holidays = DaysOfArray(fcinfo, 2, "holidays", &calendar.holiday_count);
	calendar.work_days = DaysOfArray(fcinfo, 3, "work_days", &calendar.work_day_count);
	if (!PG_ARGISNULL(4))
	{
		calendar.is_limited = true;
		calendar.covers = DaysOfRange(fcinfo, 4, "covers");
	}
	PG_RETURN_POINTER(WorkPack(&calendar, WORK_FROM_ARGUMENTS));
}
