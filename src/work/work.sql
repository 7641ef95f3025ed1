-- work.sql: work_calendar_def, when work is done, and what it says of moments and days.

@use type_io type=work_calendar_def binary=stable
comment on type work_calendar_def is
	'when work is done: a time zone, hours by weekday, holidays, make-up days, days with hours of their own';

@use type_comparison type=work_calendar_def
@use definition_casts type=work_calendar_def

create function work_calendar(
	time_zone text,
	hours jsonb,
	holidays date[] default '{}',
	work_days date[] default '{}',
	covers daterange default null
)
	returns work_calendar_def
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function work_calendar(text, jsonb, date[], date[], daterange) is
	'makes a calendar of hours by weekday, days off, and days worked that would be off; covers: the days whose holidays are known';

-- work_calendar_agg

@use type_io type=work_calendar_draft binary=stable
comment on type work_calendar_draft is
	'exceptions on their way into a work_calendar_def: the state of work_calendar_agg';

@use type_comparison type=work_calendar_draft
@use state_cast type=work_calendar_draft

create function revops_internal.work_calendar_draft_add(work_calendar_draft, text, jsonb, date, boolean)
	returns work_calendar_draft
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.work_calendar_draft_add(work_calendar_draft, text, jsonb, date, boolean) is
	'adds a row to work_calendar_agg''s state';

create function revops_internal.work_calendar_draft_combine(work_calendar_draft, work_calendar_draft)
	returns work_calendar_draft
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.work_calendar_draft_combine(work_calendar_draft, work_calendar_draft) is
	'merges two states of work_calendar_agg';

create function revops_internal.work_calendar_draft_final(work_calendar_draft)
	returns work_calendar_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.work_calendar_draft_final(work_calendar_draft) is
	'checks work_calendar_agg''s rows and makes the calendar';

create aggregate work_calendar_agg(time_zone text, hours jsonb, on_date date, is_work_day boolean) (
	sfunc = revops_internal.work_calendar_draft_add,
	stype = work_calendar_draft,
	sspace = 2048,
	finalfunc = revops_internal.work_calendar_draft_final,
	finalfunc_modify = read_only,
	combinefunc = revops_internal.work_calendar_draft_combine,
	parallel = safe
);
comment on aggregate work_calendar_agg(text, jsonb, date, boolean) is
	'makes a calendar of a table of exceptions, one row per day that differs from its weekday; it covers the whole years from its first to its last row';

-- questions about moments: a date is its first moment in the calendar's zone, a bare timestamp is its clocks'

@for time=timestamptz suffix="" from="one moment" to="another" since="a moment" at="a moment"
@    time=timestamp suffix=_timestamp from="one time by the calendar''s clocks" to="another" since="a time by the calendar''s clocks" at="a time by the calendar''s clocks"
@    time=date suffix=_date from="the beginning of one day" to="that of another" since="the beginning of a day" at="the beginning of a day"
create function work_hours(work_calendar_def, from_at @time@, until_at @time@)
	returns float8
	as 'MODULE_PATHNAME', 'work_hours@suffix@' language c immutable strict parallel safe cost 10;
comment on function work_hours(work_calendar_def, @time@, @time@) is
	'working hours from @from@ to @to@; negative where the second comes first';

create function work_until(work_calendar_def, from_at @time@, hours float8)
	returns timestamptz
	as 'MODULE_PATHNAME', 'work_until@suffix@' language c immutable strict parallel safe cost 30;
comment on function work_until(work_calendar_def, @time@, float8) is
	'when an answer is due: the earliest moment by which so many working hours have passed since @since@';

create function work_is_open(work_calendar_def, at @time@)
	returns boolean
	as 'MODULE_PATHNAME', 'work_is_open@suffix@' language c immutable strict parallel safe cost 10;
comment on function work_is_open(work_calendar_def, @time@) is 'is @at@ inside the hours of work?';

@end
-- a view shows what is due next year before that year's holidays are known
create function revops_internal.work_due(work_calendar_def, from_at timestamptz, hours float8)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 30;
comment on function revops_internal.work_due(work_calendar_def, timestamptz, float8) is
	'what work_until says; NULL where it lies beyond the days that the calendar covers';

-- questions about days

create function work_days(work_calendar_def, from_date date, until_date date)
	returns int
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 5;
comment on function work_days(work_calendar_def, date, date) is
	'days with work from one day until another, which is not counted; negative where the second comes first';

create function work_calendar_rows(
	work_calendar_def,
	from_date date,
	until_date date,
	out on_date date,
	out is_work_day boolean,
	out hours float8,
	out reason text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 365;
comment on function work_calendar_rows(work_calendar_def, date, date) is
	'each day from one until another: its hours, and why: weekday, weekend, holiday, make_up, own_hours';
