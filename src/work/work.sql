-- work.sql: work_calendar_def, when work is done, and what it says of moments and days.

create type work_calendar_def;

create function work_calendar_def_in(cstring)
	returns work_calendar_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function work_calendar_def_in(cstring) is 'reads a work_calendar_def from its JSON text';

create function work_calendar_def_out(work_calendar_def)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function work_calendar_def_out(work_calendar_def) is
	'writes a work_calendar_def as JSON text, equal for equal calendars';

create function work_calendar_def_recv(internal)
	returns work_calendar_def
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function work_calendar_def_recv(internal) is 'reads a work_calendar_def from its binary form';

create function work_calendar_def_send(work_calendar_def)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function work_calendar_def_send(work_calendar_def) is 'writes a work_calendar_def in binary form';

create type work_calendar_def (
	input = work_calendar_def_in,
	output = work_calendar_def_out,
	receive = work_calendar_def_recv,
	send = work_calendar_def_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type work_calendar_def is
	'when work is done: a time zone, hours by weekday, holidays, make-up days, days with hours of their own';

create cast (jsonb as work_calendar_def) with inout;
comment on cast (jsonb as work_calendar_def) is 'reads a calendar from its JSON form';

create cast (work_calendar_def as jsonb) with inout;
comment on cast (work_calendar_def as jsonb) is 'the JSON form of a calendar';

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

create type work_calendar_draft;

create function work_calendar_draft_in(cstring)
	returns work_calendar_draft
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function work_calendar_draft_in(cstring) is 'reads a work_calendar_draft from its JSON text';

create function work_calendar_draft_out(work_calendar_draft)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function work_calendar_draft_out(work_calendar_draft) is 'writes a work_calendar_draft as JSON text';

create function work_calendar_draft_recv(internal)
	returns work_calendar_draft
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function work_calendar_draft_recv(internal) is 'reads a work_calendar_draft from its binary form';

create function work_calendar_draft_send(work_calendar_draft)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function work_calendar_draft_send(work_calendar_draft) is 'writes a work_calendar_draft in binary form';

create type work_calendar_draft (
	input = work_calendar_draft_in,
	output = work_calendar_draft_out,
	receive = work_calendar_draft_recv,
	send = work_calendar_draft_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type work_calendar_draft is
	'exceptions on their way into a work_calendar_def: the state of work_calendar_agg';

create cast (work_calendar_draft as jsonb) with inout;
comment on cast (work_calendar_draft as jsonb) is 'the JSON form of a state of work_calendar_agg';

create function work_calendar_draft_add(work_calendar_draft, text, jsonb, date, boolean)
	returns work_calendar_draft
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function work_calendar_draft_add(work_calendar_draft, text, jsonb, date, boolean) is
	'adds a row to work_calendar_agg''s state';

create function work_calendar_draft_combine(work_calendar_draft, work_calendar_draft)
	returns work_calendar_draft
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function work_calendar_draft_combine(work_calendar_draft, work_calendar_draft) is
	'merges two states of work_calendar_agg';

create function work_calendar_draft_final(work_calendar_draft)
	returns work_calendar_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function work_calendar_draft_final(work_calendar_draft) is
	'checks work_calendar_agg''s rows and makes the calendar';

create aggregate work_calendar_agg(time_zone text, hours jsonb, on_date date, is_work_day boolean) (
	sfunc = work_calendar_draft_add,
	stype = work_calendar_draft,
	sspace = 2048,
	finalfunc = work_calendar_draft_final,
	finalfunc_modify = read_only,
	combinefunc = work_calendar_draft_combine,
	parallel = safe
);
comment on aggregate work_calendar_agg(text, jsonb, date, boolean) is
	'makes a calendar of a table of exceptions, one row a day that differs from its weekday; it covers the whole years from its first to its last row';

-- questions about moments: a date is its first moment in the calendar's zone, a bare timestamp is its clocks'

create function work_hours(work_calendar_def, from_at timestamptz, until_at timestamptz)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function work_hours(work_calendar_def, timestamptz, timestamptz) is
	'working hours from one moment to another; negative where the second comes first';

create function work_hours(work_calendar_def, from_at timestamp, until_at timestamp)
	returns float8
	as 'MODULE_PATHNAME', 'work_hours_timestamp' language c immutable strict parallel safe cost 10;
comment on function work_hours(work_calendar_def, timestamp, timestamp) is
	'working hours from one moment to another, both by clocks of the calendar''s zone';

create function work_hours(work_calendar_def, from_at date, until_at date)
	returns float8
	as 'MODULE_PATHNAME', 'work_hours_date' language c immutable strict parallel safe cost 10;
comment on function work_hours(work_calendar_def, date, date) is
	'working hours from the beginning of one day to the beginning of another';

create function work_until(work_calendar_def, from_at timestamptz, hours float8)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 30;
comment on function work_until(work_calendar_def, timestamptz, float8) is
	'the earliest moment by which so many working hours have passed: when an answer is due';

create function work_until(work_calendar_def, from_at timestamp, hours float8)
	returns timestamptz
	as 'MODULE_PATHNAME', 'work_until_timestamp' language c immutable strict parallel safe cost 30;
comment on function work_until(work_calendar_def, timestamp, float8) is
	'the earliest moment by which so many working hours have passed since a time by clocks of the calendar''s zone';

create function work_until(work_calendar_def, from_at date, hours float8)
	returns timestamptz
	as 'MODULE_PATHNAME', 'work_until_date' language c immutable strict parallel safe cost 30;
comment on function work_until(work_calendar_def, date, float8) is
	'the earliest moment by which so many working hours have passed since the beginning of a day';

create function work_is_open(work_calendar_def, at timestamptz)
	returns boolean
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function work_is_open(work_calendar_def, timestamptz) is 'is a moment inside the hours of work?';

create function work_is_open(work_calendar_def, at timestamp)
	returns boolean
	as 'MODULE_PATHNAME', 'work_is_open_timestamp' language c immutable strict parallel safe cost 10;
comment on function work_is_open(work_calendar_def, timestamp) is
	'is a time by clocks of the calendar''s zone inside the hours of work?';

create function work_is_open(work_calendar_def, at date)
	returns boolean
	as 'MODULE_PATHNAME', 'work_is_open_date' language c immutable strict parallel safe cost 10;
comment on function work_is_open(work_calendar_def, date) is
	'is the beginning of a day inside the hours of work? work_days tells whether the day is worked';

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
