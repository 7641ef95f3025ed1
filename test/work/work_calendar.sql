-- work_calendar_def: its text, its bytes, its rules, and the aggregate that makes it of a table.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

create function canonical(text) returns text language sql as $$ select $1::work_calendar_def::text $$;

-- SQLSTATE, message, detail of an error, and whether it has a hint
create function refusal(query text) returns text language plpgsql as $$
declare
	detail text;
	hint text;
begin
	execute query;
	return 'no error';
exception when others then
	get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
	return sqlstate || ' ' || sqlerrm || ' | ' || detail || case when coalesce(hint, '') = '' then ' (no hint)' else '' end;
end $$;

-- one text for all ways to say the same
select is(canonical(text), expected, 'canonical: ' || text) from (values
	('{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}', '{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}'),
	('{"hours": {"tue": ["9:00-17:00"], "mon,wed, thu-fri": ["09:00-17:00"]}, "time_zone": "utc"}', '{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}'),
	('{"time_zone": "asia/shanghai", "hours": {"fri-mon": ["0:00-24:00"], "tue": []}}', '{"time_zone": "Asia/Shanghai", "hours": {"mon,fri-sun": ["00:00-24:00"]}}'),
	('{"time_zone": "UTC", "hours": {"mon": ["13:00-14:00", "09:00-12:00", "12:00-13:00"]}}', '{"time_zone": "UTC", "hours": {"mon": ["09:00-14:00"]}}'),
	('{"time_zone": "UTC", "hours": {"mon": ["22:00-00:00"], "wed": ["22:00-6:00"]}}', '{"time_zone": "UTC", "hours": {"mon": ["22:00-24:00"], "wed": ["22:00-06:00"]}}'),
	-- two that touch and would be a whole day from 08:00 on stay two: "08:00-08:00" would say nothing
	('{"time_zone": "UTC", "hours": {"mon": ["08:00-20:00", "20:00-08:00"]}}', '{"time_zone": "UTC", "hours": {"mon": ["08:00-20:00", "20:00-08:00"]}}'),
	('{"time_zone": "UTC", "hours": {"mon": ["00:00-12:00", "12:00-24:00"]}}', '{"time_zone": "UTC", "hours": {"mon": ["00:00-24:00"]}}'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-17:00"], "sat": ["09:00-17:00"], "sun": ["10:00-11:00"]}, "holidays": ["2025-01-03", "2025-01-01", "2025-01-02", "2025-01-02/2025-01-03", "2025-05-01"], "work_days": [], "days": {}, "covers": null}',
		'{"time_zone": "UTC", "hours": {"mon,sat": ["09:00-17:00"], "sun": ["10:00-11:00"]}, "holidays": ["2025-01-01/2025-01-03", "2025-05-01"]}'),
	('{"time_zone": "UTC", "hours": {}, "days": {"2025-12-31": [], "2025-12-30": ["09:00-12:00"]}, "covers": "2025-12-30"}',
		'{"time_zone": "UTC", "hours": {}, "days": {"2025-12-30": ["09:00-12:00"], "2025-12-31": []}, "covers": "2025-12-30/2025-12-30"}'),
	-- a server that does not know a zone keeps its name; a POSIX form is no name
	('{"time_zone": "Mars/Olympus", "hours": {"mon": ["09:00-17:00"]}}', '{"time_zone": "Mars/Olympus", "hours": {"mon": ["09:00-17:00"]}}'),
	('{"time_zone": "UTC+8", "hours": {"mon": ["09:00-17:00"]}}', '{"time_zone": "UTC+8", "hours": {"mon": ["09:00-17:00"]}}')
	) v(text, expected);
select is(canonical(canonical(text)), canonical(text), 'its own text reads back: ' || text) from (values
	('{"time_zone": "UTC", "hours": {"mon": ["08:00-20:00", "20:00-08:00"], "thu-sat": ["22:30-02:15"]}, "holidays": ["4713-01-01 BC", "9999-12-31"], "days": {"2025-01-06": ["00:00-00:01", "23:59-23:58"]}}')) v(text);

-- golden bytes: changing them is changing the format
select is(encode(revops_internal.work_calendar_def_send('{"time_zone": "Asia/Shanghai", "hours": {"mon": ["09:00-12:00", "13:30-18:00"], "sun": ["22:00-06:00"]}, "holidays": ["2025-01-28/2025-02-04"], "work_days": ["2025-01-26"], "days": {"2025-12-31": ["09:00-12:00"]}, "covers": "2024-01-01/2025-12-31"}'), 'hex'),
	'01' || '01' || '0000000d' || encode('Asia/Shanghai', 'hex')
	|| '00000002' || '0000021c' || '000002d0' || '0000032a' || '00000438' || repeat('00000000', 5) || '00000001' || '00000528' || '00000708'
	|| '00000001' || '000023c7' || '000023ce' || '00000001' || '000023c5' || '000023c5'
	|| '00000001' || '00002518' || '00000001' || '0000021c' || '000002d0' || '0000223e' || '00002518'
	, 'binary form');
select is(encode(revops_internal.work_calendar_draft_send('{"time_zone": "UTC", "hours": "{\"mon\": [\"09:00-12:00\"]}", "rows": [["2025-01-26", true], ["2025-01-28", false]]}'), 'hex'),
	'01' || '00000003' || encode('UTC', 'hex') || '00000018' || encode('{"mon": ["09:00-12:00"]}', 'hex')
	|| '00000002' || '000023c5' || '01' || '000023c7' || '00', 'binary form of the aggregate''s state');

-- refusals of the text
select is(refusal(format('select %L::work_calendar_def', text)), expected, text) from (values
	('{"time_zone": "UTC", "hours": {}}', '22P02 invalid work_calendar_def | It has no hours at all.'),
	('{"time_zone": "UTC", "hours": {"mon": []}, "days": {"2025-01-01": []}}', '22P02 invalid work_calendar_def | It has no hours at all.'),
	('{"time_zone": "UTC", "hours": {}, "days": {"2025-01-01": ["09:00-10:00"]}, "work_days": ["2025-01-02"]}',
		'22P02 invalid work_calendar_def | It has work_days, but no weekday with hours to work on them.'),
	('{"time_zone": "UTC", "hours": {"mon-wed": ["09:00-10:00"], "wed": []}}', '22P02 invalid work_calendar_def | wed stands under "mon-wed" and under "wed".'),
	('{"time_zone": "UTC", "hours": {"mon,mon": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | mon stands under "mon,mon" and under "mon,mon".'),
	('{"time_zone": "UTC", "hours": {"Monday": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | "Monday" names no days of the week.'),
	('{"time_zone": "UTC", "hours": {"monday": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | "monday" names no days of the week.'),
	('{"time_zone": "UTC", "hours": {"": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | "" names no days of the week.'),
	('{"time_zone": "UTC", "hours": {"mon-": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | "mon-" names no days of the week.'),
	('{"time_zone": "UTC", "hours": {"mon": "09:00-10:00"}}', '22P02 invalid work_calendar_def | The hours of "mon" are no list.'),
	('{"time_zone": "UTC", "hours": ["09:00-10:00"]}', '22P02 invalid work_calendar_def | The hours are no object like {"mon-fri": ["09:00-18:00"]}. (no hint)'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-12:00", "11:59-13:00"]}}', '22P02 invalid work_calendar_def | The windows 09:00-12:00 and 11:59-13:00 of mon overlap.'),
	('{"time_zone": "UTC", "hours": {"mon": ["22:00-06:00", "23:00-24:00"]}}', '22P02 invalid work_calendar_def | The windows 22:00-06:00 and 23:00-24:00 of mon overlap.'),
	('{"time_zone": "UTC", "hours": {"mon-fri": ["22:00-06:00", "05:00-07:00"]}}', '22P02 invalid work_calendar_def | The last window of mon runs into the first of tue.'),
	('{"time_zone": "UTC", "hours": {"sun": ["22:00-06:00"], "mon": ["05:00-07:00"]}}', '22P02 invalid work_calendar_def | The last window of sun runs into the first of mon.'),
	('{"time_zone": "UTC", "hours": {"mon": ["22:00-06:00"]}, "days": {"2025-01-07": ["05:00-07:00"]}}',
		'22P02 invalid work_calendar_def | A window that passes midnight overlaps with another one on or after 2025-01-07.'),
	('{"time_zone": "UTC", "hours": {"mon": ["06:00-07:00"]}, "days": {"2025-01-05": ["20:00-06:01"]}}',
		'22P02 invalid work_calendar_def | A window that passes midnight overlaps with another one on or after 2025-01-05.'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "holidays": ["2025-01-01/2025-01-05"], "work_days": ["2025-01-05"]}',
		'22P02 invalid work_calendar_def | The day 2025-01-05 is in holidays and in work_days.'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "holidays": ["2025-01-05/2025-01-01"]}',
		'22P02 invalid work_calendar_def | holidays has the range 2025-01-05/2025-01-01, which ends before it begins.'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "covers": "2025-12-31/2025-01-01"}',
		'22P02 invalid work_calendar_def | covers has the range 2025-12-31/2025-01-01, which ends before it begins.'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "holidays": ["2000-01-01/2300-01-01"]}',
		'22P02 invalid work_calendar_def | Holidays, work_days and days are 109574 days; 100000 are allowed.'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "holiday": []}', '22P02 invalid work_calendar_def | The key "holiday" is unknown.'),
	('{"hours": {"mon": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | The key "time_zone" is missing. (no hint)'),
	('{"time_zone": "", "hours": {"mon": ["09:00-10:00"]}}', '22P02 invalid work_calendar_def | The name of the time zone has 0 bytes.'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "holidays": ["2025/01/01"]}',
		'22P02 invalid work_calendar_def at holidays[1] | It must be a date like "2025-06-30", not "2025". (no hint)'),
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "days": {"tomorrow": []}}',
		'22P02 invalid work_calendar_def at days.tomorrow | It must be a date like "2025-06-30", not "tomorrow". (no hint)')
	) v(text, expected);
select is(refusal(format('select work_calendar(''UTC'', %L)', jsonb_build_object('mon', jsonb_build_array(text)))),
	format('22023 invalid work_calendar_def | "%s" is no window of a day.', text), 'no window: ' || text)
from unnest(array['09:00', '9-17', '25:00-26:00', '24:00-25:00', '09:60-10:00', '09:00-24:01', '09:00 - 10:00', '09:00-10:00 ', '-09:00-10:00', '009:00-10:00', '']) text;
select is(refusal($$select work_calendar('UTC', '{"mon": ["09:00-09:00"]}')$$),
	'22023 invalid work_calendar_def | The window "09:00-09:00" ends when it starts.', 'a window of nothing, or of a day?');
select is(refusal($$select work_calendar('UTC', '{"mon": [9]}')$$), '22023 invalid work_calendar_def | "9" is no window of a day.', 'a number');
select is(refusal($$select work_calendar('UTC', '{"mon": [["09:00-10:00"]]}')$$), '22023 invalid work_calendar_def | What is not a string is no window of a day.', 'a list');
select is(refusal($$select work_calendar('UTC', '{"mon": [null]}')$$), '22023 invalid work_calendar_def | "null" is no window of a day.', 'null');

-- the constructor: names of zones, never POSIX forms
select is(refusal(format('select work_calendar(%L, ''{"mon": ["09:00-10:00"]}'')', zone)), expected, 'zone ' || zone)
from (values
	('UTC+8', '22023 "UTC+8" is an offset, not the name of a time zone | Such forms are read with opposite signs in different places, and they know no daylight saving time.'),
	('GMT+8', '22023 "GMT+8" is an offset, not the name of a time zone | Such forms are read with opposite signs in different places, and they know no daylight saving time.'),
	('+08', '22023 "+08" is an offset, not the name of a time zone | Such forms are read with opposite signs in different places, and they know no daylight saving time.'),
	('CST', '22023 time zone "CST" is not known | '),
	('CST8', '22023 time zone "CST8" is not known | '),
	('CET-1CEST', '22023 time zone "CET-1CEST" is not known | '),
	('<+08>-8', '22023 time zone "<+08>-8" is not known | '),
	('Etc/GMT-15', '22023 time zone "Etc/GMT-15" is not known | '),
	('Etc/GMT-8x', '22023 time zone "Etc/GMT-8x" is not known | '),
	('', '22023 time zone "" is not known | ')) v(zone, expected);
create function hint(query text) returns text language plpgsql as $$
declare
	hint text;
begin
	execute query;
	return 'no error';
exception when others then
	get stacked diagnostics hint = pg_exception_hint;
	return hint;
end $$;
select is(hint(format('select work_calendar(%L, ''{"mon": ["09:00-10:00"]}'')', zone)), format('Give a name of pg_timezone_names; %s is meant, perhaps.', meant), 'meant by ' || zone)
from (values ('UTC+8', 'Asia/Shanghai or Etc/GMT-8'), ('utc+08:00', 'Asia/Shanghai or Etc/GMT-8'), ('+0800', 'Asia/Shanghai or Etc/GMT-8'), ('UTC-5', 'Etc/GMT+5'),
	('GMT-05:00', 'Etc/GMT+5'), ('+05:30', 'Asia/Kolkata'), ('UTC+0', 'UTC'), ('GMT+14', 'Etc/GMT-14')) v(zone, meant);
select is((work_calendar(zone, '{"mon": ["09:00-10:00"]}')::jsonb)->>'time_zone', spelt, 'zone ' || zone)
from (values ('asia/shanghai', 'Asia/Shanghai'), ('etc/gmt-8', 'Etc/GMT-8'), ('EST5EDT', 'EST5EDT'), ('gmt0', 'GMT0'), ('GMT+0', 'GMT+0'), ('EST', 'EST'), ('PRC', 'PRC')) v(zone, spelt)
-- the older names stand in a package of their own in newer releases of Debian
where exists (select from pg_timezone_names n where lower(n.name) = lower(zone));
select is(refusal(format('select work_calendar(%s)', arguments)), expected, arguments) from (values
	($$null, '{}'$$, '22004 time_zone must not be NULL | '),
	($$'UTC', null$$, '22004 hours must not be NULL | '),
	($$'UTC', '{"mon": ["09:00-10:00"]}', '{2025-01-01,null}'$$, '22004 a day of holidays must not be NULL | Element 2 is NULL.'),
	($$'UTC', '{"mon": ["09:00-10:00"]}', '{infinity}'$$, '22008 holidays must be a finite date | The value is infinity.'),
	($$'UTC', '{"mon": ["09:00-10:00"]}', '{2025-01-01}', '{2025-01-01}'$$, '22023 invalid work_calendar_def | The day 2025-01-01 is in holidays and in work_days.'),
	($$'UTC', '{"mon": ["09:00-10:00"]}', covers => 'empty'$$, '22023 covers must have a first and a last day | The range is empty.'),
	($$'UTC', '{"mon": ["09:00-10:00"]}', covers => '[2025-01-01,)'$$, '22023 covers must have a first and a last day | The range is open at an end.'),
	($$'UTC', '{"mon": ["09:00-10:00"]}', covers => '[2025-01-01,infinity)'$$, '22023 covers must have a first and a last day | The range is open at an end.')
	) v(arguments, expected);
select is(work_calendar('Asia/Shanghai', '{"mon-fri": ["09:00-18:00"]}', '{2025-01-01,2025-01-02}', '{2025-01-04}', '[2025-01-01,2026-01-01)')::text,
	'{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2025-01-01/2025-01-02"], "work_days": ["2025-01-04"], "covers": "2025-01-01/2025-12-31"}',
	'the constructor');
select is(work_calendar('UTC', '{"mon": ["09:00-18:00"]}', null, null, null)::text, '{"time_zone": "UTC", "hours": {"mon": ["09:00-18:00"]}}', 'NULL lists are empty ones');

-- from and to jsonb
select is((('{"time_zone": "UTC", "hours": {"mon": ["09:00-18:00"]}}'::jsonb)::work_calendar_def)::jsonb, '{"time_zone": "UTC", "hours": {"mon": ["09:00-18:00"]}}'::jsonb, 'casts');

-- a day of its own hours is a key: more than a hundred of them
select is(work_days((select jsonb_build_object('time_zone', 'UTC', 'hours', '{}'::jsonb, 'days', jsonb_object_agg(date '2020-01-01' + n, '["09:00-10:00"]'::jsonb))
	from generate_series(0, 999) n)::work_calendar_def, '2019-01-01', '2030-01-01'), 1000, '1,000 days of their own hours');
select is(refusal($$select (select jsonb_build_object('time_zone', 'UTC', 'hours', '{}'::jsonb, 'days', jsonb_object_agg(date '2020-01-01' + n, '["09:00-10:00"]'::jsonb))
	from generate_series(0, 1000) n)::work_calendar_def$$), '22P02 invalid work_calendar_def at days | An object has more than 1000 keys. (no hint)', 'and no more');

-- the aggregate
create temp table exception (on_date date, is_work_day boolean, region text);
insert into exception values ('2024-02-10', false, 'a'), ('2024-02-11', false, 'a'), ('2024-02-04', true, 'a'), (null, true, 'a'), ('2030-01-01', null, 'a'),
	('2025-10-01', false, 'b'), ('2025-10-01', false, 'b');
select results_eq($$select region, work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-18:00"]}', on_date, is_work_day)::text from exception group by region order by region$$,
	$$values ('a', '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2024-02-10/2024-02-11"], "work_days": ["2024-02-04"], "covers": "2024-01-01/2024-12-31"}'),
		('b', '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2025-10-01"], "covers": "2025-01-01/2025-12-31"}')$$, 'work_calendar_agg');
select is(work_calendar_agg('UTC', '{"mon": ["09:00-18:00"]}', on_date, is_work_day)::text, null, 'no rows, no calendar') from exception where false;
select is(work_calendar_agg('UTC', '{"mon": ["09:00-18:00"]}', on_date, is_work_day)::text, null, 'rows that say nothing, no calendar')
from exception where on_date is null or is_work_day is null;
select is(refusal($$select work_calendar_agg('UTC', case when region = 'a' then '{"mon": ["09:00-18:00"]}'::jsonb else '{"tue": ["09:00-18:00"]}' end, on_date, is_work_day) from exception$$),
	'22023 time_zone or hours of work_calendar_agg change within a group | One row says UTC and {"mon": ["09:00-18:00"]}, another UTC and {"tue": ["09:00-18:00"]}.', 'hours change');
select is(refusal($$select work_calendar_agg('UTC', '{"mon": ["09:00-18:00"]}', d, w) from (values (date '2025-01-01', true), ('2025-01-01', false)) v(d, w)$$),
	'22023 invalid work_calendar_def | The day 2025-01-01 is in holidays and in work_days.', 'a day is both');
select is(refusal($$select work_calendar_agg('UTC', '{"mon": ["09:00-18:00"]}', date '2025-01-01' + n, false) from generate_series(0, 100000) n$$),
	'54000 invalid work_calendar_def | There are 100001 rows; 100000 are allowed.', 'too many days');
select is(refusal($$select work_calendar_agg('UTC', null, date '2025-01-01', true)$$), '22004 hours must not be NULL | ', 'no hours');
select is(refusal($$select work_calendar_agg('UTC', '{"mon": ["09:00-18:00"]}', 'infinity', true)$$), '22008 on_date must be a finite date | The value is infinity.', 'infinite');
select is(refusal($$select revops_internal.work_calendar_draft_add(null, 'UTC', '{}', '2025-01-01', true)$$), '22023 work_calendar_agg can only be called by an aggregate | ', 'the inside is not for calling');

-- serial = parallel = merged in random splits = stored, with NULL and empty parts
select setseed(0.12);
create table many_exceptions as
select date '2001-01-01' + (random() * 9000)::int as on_date, case when random() < 0.1 then null else true end as is_work_day, (random() * 7)::int as part
from generate_series(1, 20000);
delete from many_exceptions where on_date is null;
create aggregate merge_drafts(work_calendar_draft) (sfunc = revops_internal.work_calendar_draft_combine, stype = work_calendar_draft, finalfunc = revops_internal.work_calendar_draft_final);
create aggregate draft(time_zone text, hours jsonb, on_date date, is_work_day boolean) (sfunc = revops_internal.work_calendar_draft_add, stype = work_calendar_draft);
create temp table parts as
select part, draft('UTC', '{"sat": ["09:00-18:00"]}', on_date, is_work_day) as d from many_exceptions group by part
union all select 100, null
union all select 101, draft('UTC', '{"sat": ["09:00-18:00"]}', on_date, is_work_day) from many_exceptions where false;
select work_calendar_agg('UTC', '{"sat": ["09:00-18:00"]}', on_date, is_work_day)::text as serial from many_exceptions \gset
select is(merge_drafts(d)::text, :'serial', 'merged parts') from parts;
select is(merge_drafts(d order by part desc)::text, :'serial', 'merged in another order') from parts;
select is(merge_drafts(d::text::work_calendar_draft)::text, :'serial', 'parts stored as text') from parts;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
alter table many_exceptions set (parallel_workers = 4);
select is(work_calendar_agg('UTC', '{"sat": ["09:00-18:00"]}', on_date, is_work_day)::text, :'serial', 'in parallel') from many_exceptions;

select * from finish();
rollback;
