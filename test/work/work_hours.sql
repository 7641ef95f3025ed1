-- What work_ functions answer: published cases, traps of clocks, edges, refusals.
\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared /nonexistent
\endif
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();

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

-- Published and derived cases: ../shared/vectors/work.json, each with its source.
create temp table vectors (calendar work_calendar_def, vector jsonb);
select set_config('revops_test.vectors', :'shared' || '/vectors/work.json', true) as vectors \gset
do $do$
declare
	file jsonb;
begin
	file := pg_read_file(current_setting('revops_test.vectors'))::jsonb;
	insert into vectors
	select case jsonb_typeof(v->'inputs'->'calendar') when 'string' then (file->'calendars'->(v->'inputs'->>'calendar'))::work_calendar_def
		else (v->'inputs'->'calendar')::work_calendar_def end, v
	from jsonb_array_elements(file->'vectors') v;
exception when others then
	null;
end $do$;
create function answer(calendar work_calendar_def, function text, i jsonb) returns text language plpgsql as $$
begin
	case function
		when 'work_days' then return work_days(calendar, (i->>'from_date')::date, (i->>'until_date')::date);
		when 'work_hours' then return round(work_hours(calendar, (i->>'from_at')::timestamptz, coalesce(i->>'until_at', i->>'to_at')::timestamptz)::numeric, 9);
		when 'reversed' then return round(work_hours(calendar, coalesce(i->>'until_at', i->>'to_at')::timestamptz, (i->>'from_at')::timestamptz)::numeric, 9);
		when 'work_until' then return extract(epoch from work_until(calendar, coalesce(i->>'from_at', i->>'at')::timestamptz, (i->>'hours')::float8));
	end case;
exception when others then
	return 'error ' || sqlstate;
end $$;
select case when exists (select from vectors) then is(answer(calendar, function, vector->'inputs'),
		case when expected like 'error%' then expected when function = 'work_until' then extract(epoch from expected::timestamptz)::text
			when function = 'work_days' then expected else round(expected::numeric, 9)::text end,
		format('%s %s: %s', vector->>'id', function, vector->>'source'))
	else skip('the published cases are not here', 1) end
from (select * from vectors union all select null, null where not exists (select from vectors)) v
	left join lateral (select vector->>'function' as function, vector->>'expected' as expected where vector ? 'function'
		union all select key, value from jsonb_each_text(case when not vector ? 'function' then vector->'expected' end)) f on true;

select '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-12:00", "13:30-18:00"]}, "holidays": ["2025-01-28/2025-02-04"], "work_days": ["2025-01-26", "2025-02-08"], "days": {"2025-12-31": ["09:00-12:00"], "2025-12-30": []}, "covers": "2025-01-01/2025-12-31"}' as cn \gset
-- Some of them here, so that they are tested where the folder is not.
select is(work_hours(:'cn', '2025-03-07 17:00+08', '2025-03-10 10:00+08'), 2::float8, 'Friday 17:00 to Monday 10:00');
select is(work_hours(:'cn', '2025-01-25 10:00+08', '2025-01-26 12:00+08'), 3::float8, 'a Sunday that is worked');
select is(work_hours(:'cn', '2025-01-27 16:00+08', '2025-02-05 11:00+08'), 4::float8, 'over Spring Festival');
select is(work_hours(:'cn', '2025-03-10 15:00+08', '2025-03-10 10:00+08'), -3.5::float8, 'backwards: bad data shows');
select is(work_hours(:'cn', '2025-03-10 10:00+08', '2025-03-10 10:00+08'), 0::float8, 'nothing');
select is(work_hours(:'cn', '2025-12-29 10:00+08', '2025-12-31 23:00+08'), 9.5::float8, 'days of their own hours');
select is(work_until(:'cn', '2025-01-27 14:00+08', 4), '2025-01-27 18:00+08', 'due at the end of the window, not when the next begins');
select is(work_until(:'cn', '2025-01-27 18:00+08', 0), '2025-01-27 18:00+08', '0 hours: the moment itself');
select is(work_until(:'cn', '2025-01-27 18:00+08', 1e-10), '2025-01-27 18:00:00+08', 'less than a microsecond is none');
select is(work_until(:'cn', '2025-01-27 18:00+08', 0.001), '2025-02-05 09:00:03.6+08', 'after the festival');
select is(work_until(:'cn', '2025-01-27 12:30+08', 4.5), '2025-01-27 18:00+08', 'from the lunch break');
select is(work_days(:'cn', '2025-01-20', '2025-02-11'), 12, 'days with work');
select is(work_days(:'cn', '2025-02-11', '2025-01-20'), -12, 'backwards');
select is(work_days(:'cn', '2026-01-01', '2026-01-01'), 0, 'no day is asked for');
select results_eq(format('select * from work_calendar_rows(%L, ''2025-12-26'', ''2026-01-01'')', :'cn'),
	$$values (date '2025-12-26', true, 7.5::float8, 'weekday'), ('2025-12-27', false, 0, 'weekend'), ('2025-12-28', false, 0, 'weekend'), ('2025-12-29', true, 7.5, 'weekday'),
		('2025-12-30', false, 0, 'own_hours'), ('2025-12-31', true, 3, 'own_hours')$$, 'own hours, and none');
select results_eq(format('select on_date, reason from work_calendar_rows(%L, ''2025-01-25'', ''2025-01-29'')', :'cn'),
	$$values (date '2025-01-25', 'weekend'), ('2025-01-26', 'make_up'), ('2025-01-27', 'weekday'), ('2025-01-28', 'holiday')$$, 'reasons');
select is_empty(format('select * from work_calendar_rows(%L, ''2025-01-25'', ''2025-01-25'')', :'cn'), 'no days, no rows');

-- a make-up day has the hours of Monday, or of the first weekday that has any
select is(hours, expected, 'make-up day: ' || text) from (values
	('{"time_zone": "UTC", "hours": {"mon": ["09:00-10:00"], "tue-fri": ["09:00-12:00"]}, "work_days": ["2025-01-04"]}', 1::float8),
	('{"time_zone": "UTC", "hours": {"wed": ["09:00-11:00"], "fri": ["09:00-12:00"]}, "work_days": ["2025-01-04"]}', 2)) v(text, expected),
	work_calendar_rows(text::work_calendar_def, '2025-01-04', '2025-01-05');
-- for a day the first that speaks: days, work_days, holidays, the weekday
select is(reason, expected, text) from (values
	('{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "holidays": ["2025-01-03"], "days": {"2025-01-03": ["09:00-12:00"]}}', 'own_hours'),
	('{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "work_days": ["2025-01-03"], "days": {"2025-01-03": ["09:00-12:00"]}}', 'own_hours'),
	('{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "work_days": ["2025-01-03"]}', 'make_up'),
	('{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "holidays": ["2025-01-03"]}', 'holiday'),
	('{"time_zone": "UTC", "hours": {"mon-thu": ["09:00-10:00"]}, "holidays": ["2025-01-04"]}', 'weekend')) v(text, expected),
	work_calendar_rows(text::work_calendar_def, '2025-01-03', '2025-01-04');

-- nights belong to the day on which they start: Friday's lasts into a Saturday off
select '{"time_zone": "UTC", "hours": {"mon-fri": ["22:00-06:00"]}, "holidays": ["2025-01-02"], "covers": "2025-01-01/2025-12-31"}' as nights \gset
select is(work_hours(:'nights', '2025-01-03 00:00+00', '2025-01-05 00:00+00'), 8::float8, 'Friday''s night; none of the holiday before');
select is(work_hours(:'nights', '2025-01-04 05:00+00', '2025-01-04 12:00+00'), 1::float8, 'the end of a night, on Saturday');
select is(work_is_open(:'nights', '2025-01-04 05:59:59.999999+00'::timestamptz), true, 'open until the end of the night');
select is(work_is_open(:'nights', '2025-01-04 06:00+00'::timestamptz), false, 'which does not belong to it');
select is(work_is_open(:'nights', '2025-01-03 21:59:59.999999+00'::timestamptz), false, 'not yet open');
select is(work_is_open(:'nights', '2025-01-03 22:00+00'::timestamptz), true, 'open from its first moment on');
select is(work_days(:'nights', '2025-01-04', '2025-01-05'), 0, 'a Saturday on which a night ends is no work day');
select is(work_until(:'nights', '2025-01-03 23:00+00'::timestamptz, 7), '2025-01-04 06:00+00', 'due at the end of a night');
select is(work_until(:'nights', '2025-01-03 23:00+00'::timestamptz, 7.5), '2025-01-06 22:30+00', 'due in the next');

-- DST: true hours, days of 23 and 25
select '{"time_zone": "Europe/Berlin", "hours": {"mon-sun": ["00:00-24:00"]}}' as berlin \gset
select is(work_hours(:'berlin', date '2025-03-30', '2025-03-31'), 23::float8, 'a day of 23 hours');
select is(work_hours(:'berlin', date '2025-10-26', '2025-10-27'), 25::float8, 'a day of 25 hours');
select is(hours, expected, 'in rows too: ' || on_date) from (values (date '2025-03-30', 23::float8), ('2025-10-26', 25)) v(day, expected), work_calendar_rows(:'berlin', day, day + 1);
select is(work_until(:'berlin', '2025-03-30 01:30+01'::timestamptz, 2), '2025-03-30 02:30+00', 'due over the hour that is skipped');
-- a window in the hour that is skipped has no hour, in the hour that comes twice two
select is(hours, expected, format('02:00-03:00 on %s', on_date)) from (values (date '2025-03-30', 0::float8), ('2025-10-26', 2)) v(day, expected),
	work_calendar_rows('{"time_zone": "Europe/Berlin", "hours": {"sun": ["02:00-03:00"]}}', day, day + 1);
select is(work_hours('{"time_zone": "Europe/Berlin", "hours": {"sun": ["01:00-02:30"]}}', date '2025-10-26', '2025-10-27'), 2::float8, '01:00-02:30 is 1.5 hours, and the half hour again');
select is(work_until('{"time_zone": "Europe/Berlin", "hours": {"sun": ["01:00-02:30"]}}', date '2025-10-26', 1.75), '2025-10-26 01:15+00', 'due in the second half hour');
-- midnight that comes twice, or not at all
select is(work_hours('{"time_zone": "America/Havana", "hours": {"mon-sun": ["00:00-24:00"]}}', date '2024-11-03', '2024-11-04'), 25::float8, 'Havana: the day begins at the first of two midnights');
select is(work_hours('{"time_zone": "America/Havana", "hours": {"mon-sun": ["00:00-24:00"]}}', date '2024-03-10', '2024-03-11'), 23::float8, 'Havana: the day begins at 01:00');
select is(work_hours('{"time_zone": "America/Sao_Paulo", "hours": {"mon-sun": ["00:00-24:00"]}}', date '2018-02-17', '2018-02-18'), 25::float8, 'Sao Paulo: from midnight back to 23:00');
select is(work_hours('{"time_zone": "Pacific/Apia", "hours": {"mon-sun": ["09:00-17:00"]}}', date '2011-12-29', '2012-01-01'), 16::float8, 'Apia had no 2011-12-30');
select is(work_days('{"time_zone": "Pacific/Apia", "hours": {"mon-sun": ["09:00-17:00"]}}', date '2011-12-29', '2012-01-01'), 3, '... though the calendar has it');

-- the three types of moments; a timestamp is what AT TIME ZONE reads
select is(work_hours(:'cn', timestamp '2025-03-07 17:00', '2025-03-10 10:00'), 2::float8, 'timestamps are of the calendar''s clocks');
select is(work_hours(:'cn', date '2025-03-07', '2025-03-10'), 7.5::float8, 'dates are their beginnings');
select is(work_hours(:'cn', timestamp '2025-03-07 17:00', date '2025-03-10'), 1::float8, 'a date beside a timestamp is midnight');
select is(work_until(:'cn', timestamp '2025-03-07 17:00', 2), '2025-03-10 10:00+08', 'due, from a timestamp');
select is(work_until(:'cn', date '2025-03-08', 2), '2025-03-10 11:00+08', 'due, from a date');
select is(work_is_open(:'cn', timestamp '2025-03-07 17:00'), true, 'open, at a timestamp');
select is(work_is_open(:'cn', date '2025-03-07'), false, 'open, at a day''s beginning');
select is(refusal(format('select work_hours(%L, %s, %s)', :'cn', a, b)),
	format('42804 moments of different types in one question | A %s beside a timestamptz would be read in the session''s time zone.', what), format('%s and %s', a, b))
from (values ('date ''2025-03-07''', 'now()', 'date'), ('now()', '''2025-03-07''::timestamp', 'timestamp')) v(a, b, what);
select is(refusal(format('select work_hours(%L, now(), day) from (values (date ''2025-03-07'')) d (day)', :'cn')),
	'42804 moments of different types in one question | A date beside a timestamptz would be read in the session''s time zone.', 'a column of dates');
select is(work_hours(:'cn', '2025-03-07 17:00+08'::timestamptz, (date '2025-03-10')::timestamp at time zone 'Asia/Shanghai'), 1::float8, 'what is said is done');

-- NULL gives NULL
select is(work_hours(null, now(), now()), null, 'no calendar');
select is(work_hours(:'cn', null::timestamptz, now()), null, 'no beginning');
select is(work_until(:'cn', now(), null), null, 'no hours');
select is_empty(format('select * from work_calendar_rows(%L, null, ''2025-01-01'')', :'cn'), 'no rows');

-- outside of covers
select is(refusal(query), '22023 the calendar does not cover ' || day || ' | It covers 2025-01-01 to 2025-12-31: beyond, its holidays are not known.', query) from (values
	(format('select work_hours(%L, ''2025-12-31 10:00+08''::timestamptz, ''2026-01-01 00:00:00.000001+08'')', :'cn'), '2026-01-01'),
	(format('select work_hours(%L, ''2024-12-31 23:59:59.999999+08''::timestamptz, ''2025-01-02 00:00+08'')', :'cn'), '2024-12-31'),
	(format('select work_hours(%L, ''2027-01-01 10:00+08''::timestamptz, ''2026-03-01 10:00+08'')', :'cn'), '2026-03-01'),
	(format('select work_until(%L, ''2025-12-31 10:00+08''::timestamptz, 2.1)', :'cn'), '2026-01-01'),
	(format('select work_until(%L, ''2025-12-31 10:00+08''::timestamptz, 1e9)', :'cn'), '2026-01-01'),
	(format('select work_is_open(%L, ''2026-01-01 00:00+08''::timestamptz)', :'cn'), '2026-01-01'),
	(format('select work_days(%L, ''2025-06-01'', ''2026-01-02'')', :'cn'), '2026-01-01'),
	(format('select work_days(%L, ''2025-01-02'', ''2024-06-01'')', :'cn'), '2024-12-31'),
	(format('select count(*) from work_calendar_rows(%L, ''2025-12-31'', ''2026-01-02'')', :'cn'), '2026-01-01'),
	-- the night of December 31 is not known
	(format('select work_hours(%L, ''2025-01-01 05:00+00''::timestamptz, ''2025-01-01 12:00+00'')', :'nights'), '2024-12-31'),
	(format('select work_is_open(%L, ''2025-01-01 05:00+00''::timestamptz)', :'nights'), '2024-12-31')) v(query, day);
select is(work_hours(:'cn', '2025-12-31 10:00+08'::timestamptz, '2026-01-01 00:00+08'), 2::float8, 'until the end of the last day');
select is(work_hours(:'cn', '2026-01-01 10:00+08'::timestamptz, '2026-01-01 10:00+08'), 0::float8, 'no time touches no day');
select is(work_until(:'cn', '2025-12-31 10:00+08'::timestamptz, 2), '2025-12-31 12:00+08', 'due on the last day');
select is(work_hours(:'nights', '2025-01-01 06:00+00'::timestamptz, '2025-01-01 23:00+00'), 1::float8, 'after the first night');

-- edges
select is(refusal(query), expected, query) from (values
	(format('select work_hours(%L, ''-infinity''::timestamptz, now())', :'berlin'), '22008 from_at must be a finite time | The value is -infinity.'),
	(format('select work_hours(%L, now()::timestamp, ''infinity'')', :'berlin'), '22008 until_at must be a finite time | The value is infinity.'),
	(format('select work_hours(%L, date ''infinity'', ''2025-01-01'')', :'berlin'), '22008 from_at must be a finite date | The value is infinity.'),
	(format('select work_hours(%L, date ''300000-01-01'', ''2025-01-01'')', :'berlin'), '22008 from_at is out of range | The value lies after the year 294276, the last that a timestamp can hold.'),
	(format('select work_days(%L, ''-infinity'', ''2025-01-01'')', :'berlin'), '22008 from_date must be a finite date | The value is -infinity.'),
	(format('select work_until(%L, now(), ''NaN'')', :'berlin'), '22023 hours must be a finite number | The value is NaN.'),
	(format('select work_until(%L, now(), -1)', :'berlin'), '22023 hours must be at least 0 | The value is -1.'),
	(format('select work_until(%L, ''2025-01-01''::timestamptz, 1e6)', :'berlin'), '22023 so many hours are not worked within 100 years | 1e+06 hours were asked for.'),
	(format('select work_until(%L, ''2025-01-01''::timestamptz, 876601)', :'berlin'), '22023 so many hours are not worked within 100 years | 876601 hours were asked for.'),
	('select work_until(''{"time_zone": "UTC", "hours": {}, "days": {"2025-01-01": ["09:00-10:00"]}}'', timestamptz ''2025-02-01'', 1)',
		'22023 so many hours are not worked within 100 years | 1 hours were asked for.'),
	-- from here to the last timestamp there are more microseconds than a bigint counts
	('select work_until(''{"time_zone": "UTC", "hours": {}, "days": {"2025-01-01": ["09:00-10:00"]}}'', timestamptz ''4713-01-01 00:00+00 BC'', 1)',
		'22023 so many hours are not worked within 100 years | 1 hours were asked for.'),
	('select work_hours(''{"time_zone": "Mars/Olympus", "hours": {"mon": ["09:00-10:00"]}}'', now(), now())', '22023 time zone "Mars/Olympus" is not known | '),
	('select work_is_open(''{"time_zone": "UTC+8", "hours": {"mon": ["09:00-10:00"]}}'', now())',
		'22023 "UTC+8" is an offset, not the name of a time zone | Such forms are read with opposite signs in different places, and they know no daylight saving time.'),
	(format('select count(*) from work_calendar_rows(%L, ''2025-01-02'', ''2025-01-01'')', :'berlin'), '22023 from_date lies after until_date | from_date is 2025-01-02, until_date is 2025-01-01.')
	) v(query, expected);
select is(work_days('{"time_zone": "Mars/Olympus", "hours": {"mon-fri": ["09:00-10:00"]}}', '2025-01-01', '2025-02-01'), 23, 'days need no zone');
select is(work_until(:'berlin', '2025-01-01 00:00+00'::timestamptz, 876600), '2125-01-02 00:00+00', '100 years of hours');
-- all of time: 24 hours a day, whatever clocks showed
select is(work_hours(zone, '4713-01-01 00:00+00 BC'::timestamptz, '294276-12-31 00:00+00'), 2620883736::float8, 'all of time')
from (values (work_calendar('UTC', '{"mon-sun": ["00:00-24:00"]}')), (:'berlin')) v(zone);
select is(work_days(:'berlin', '4713-01-01 BC', '5874897-12-31'), date '5874897-12-31' - date '4713-01-01 BC', 'all days');
select is(work_hours(:'berlin', date '4713-01-01 BC', '4713-01-02 BC') between 23 and 25, true, 'the first day');

-- many calendars in one query: plans are made, found again, and given up
select is(sum(work_hours(calendar, timestamptz '2025-01-06 00:00+00', '2025-01-07 00:00+00')), 2100::float8, 'plans come and go')
from (select work_calendar('UTC', format('{"mon": ["00:00-%s:00"]}', lpad((1 + i % 20)::text, 2, '0'))::jsonb) as calendar
	from generate_series(0, 199) i) c;

select * from finish();
rollback;
