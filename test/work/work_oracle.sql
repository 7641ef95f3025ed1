-- work_ functions against a loop over minutes: random calendars, zones whose clocks change, random moments.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.2025);

-- The slow, obvious way. The windows of a day by the clock:
create function windows_of(calendar jsonb, day date) returns table (starts timestamp, ends timestamp) language sql stable as $$
	select day + first, case when last > first then day + last else day + last + interval '1 day' end
	from jsonb_array_elements_text(case
			when calendar->'days' ? day::text then calendar->'days'->day::text
			when calendar->'work_days' ? day::text then (
				select calendar->'hours'->name
				from unnest(array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) with ordinality w (name, n)
				where jsonb_array_length(calendar->'hours'->name) > 0 order by n limit 1)
			when calendar->'holidays' ? day::text then '[]'
			else calendar->'hours'->lower(to_char(day, 'dy')) end) w (text),
		lateral (select left(text, 5)::interval as first, right(text, 5)::interval as last) x
$$;

-- either nights, and days that begin after them, or no nights
create function random_hours(nights boolean) returns jsonb language sql volatile as $$
	select case when nights then (array['[]', '["09:00-12:00", "13:30-18:00"]', '["22:00-06:00"]', '["20:00-07:59"]', '["08:30-19:00", "23:59-00:01"]'])[1 + (random() * 4)::int]
		else (array['[]', '["09:00-12:00", "13:30-18:00"]', '["00:00-24:00"]', '["01:30-02:30"]', '["00:00-00:30", "02:00-03:00", "23:30-24:00"]', '["00:15-00:16"]',
			'["00:00-12:00", "12:01-23:45"]'])[1 + (random() * 6)::int] end::jsonb
$$;

-- calendars of June 2024 to May 2025
create temp table calendar (n int, zone text, definition jsonb, value work_calendar_def);
do $do$
declare
	zones text[] := array['Europe/Berlin', 'America/Havana', 'Asia/Shanghai', 'Australia/Lord_Howe', 'America/Santiago', 'Africa/Cairo', 'America/New_York', 'Atlantic/Azores', 'Asia/Gaza'];
	d jsonb;
begin
	for n in 1..36 loop
		d := jsonb_build_object('time_zone', zones[1 + n % 9],
			'hours', (select jsonb_object_agg(name, random_hours(n % 2 = 0)) from unnest(array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) name),
			'holidays', (select jsonb_agg(distinct day) from (select date '2024-06-01' + 3 * (random() * 120)::int as day from generate_series(1, 30)) x),
			'work_days', (select jsonb_agg(distinct day) from (select date '2024-06-02' + 3 * (random() * 120)::int as day from generate_series(1, 30)) x),
			'days', (select jsonb_object_agg(day, random_hours(n % 2 = 0)) from (select date '2024-06-01' + (random() * 360)::int as day from generate_series(1, 15)) x));
		insert into calendar values (n, zones[1 + n % 9], d, d::work_calendar_def);
	end loop;
end $do$;
create temp table open_time as
select c.n, w.* from calendar c, generate_series(timestamp '2024-05-25', '2025-06-10', '1 day') day, windows_of(definition, day::date) w;
create index on open_time (n, starts);
analyze open_time;

-- half of the moments are near a change of the clocks
create temp table question as
select c.n, c.zone, c.value, case when k > 0 then f else u end as from_at, case when k > 0 then u else f end as until_at
from calendar c, generate_series(-1, 12) k,
	lateral (select case when (c.n + k) % 2 = 0 then timestamptz '2024-06-01' + (random() * 500000)::int * interval '1 minute'
		else (array['2024-10-27 01:00+00', '2024-11-03 05:00+00', '2024-09-08 04:00+00', '2024-10-31 21:00+00', '2025-03-30 01:00+00', '2025-03-09 05:00+00', '2025-04-06 03:00+00',
			'2025-04-24 22:00+00', '2024-10-05 15:30+00', '2025-04-05 15:00+00', '2024-10-26 00:00+00'])[1 + (random() * 10)::int]::timestamptz + (random() * 1440 - 720)::int * interval '1 minute' end as f) a,
	lateral (select f + (power(random() + c.n * 0, 3) * 5000)::int * interval '1 minute' as u) b;

create temp table answer as
select q.*, work_hours(value, from_at, until_at) as hours, loop.hours as loop_hours
from question q,
	lateral (select case when from_at <= until_at then 1 else -1 end * count(*) / 60.0 as hours
		from generate_series(least(from_at, until_at), greatest(from_at, until_at) - interval '1 minute', '1 minute') minute,
			lateral (select minute at time zone zone as clock) c
		where exists (select from open_time o where o.n = q.n and o.starts between clock - interval '1 day' and clock and clock < o.ends)) loop;
select is(count(*) filter (where abs(hours - loop_hours) > 1e-9), 0::bigint, format('%s spans: hours as a loop over minutes counts them', count(*))) from answer;
select cmp_ok(count(*) filter (where hours <> 0), '>', 200::bigint, 'most have some') from answer;
select isnt(sum(abs(hours)), sum(abs(extract(epoch from until_at - from_at) / 3600))::float8, 'and not all of it') from answer;

-- due times: the first moment by which the hours have passed, to the microsecond
create temp table due as
select q.n, value, zone, from_at, least(abs(hours), 300) * random() as hours from answer a join question q using (n, value, zone, from_at, until_at) where abs(hours) > 0.1;
select is(count(*) filter (where abs(work_hours(value, from_at, due) - hours) > 1e-8), 0::bigint, format('%s due times: so much has passed by then', count(*)))
from (select *, work_until(value, from_at, hours) as due from due) x;
select is(count(*) filter (where work_hours(value, from_at, due - interval '2 microseconds') >= hours), 0::bigint, 'and not before')
from (select *, work_until(value, from_at, hours) as due from due) x;

-- open or closed
select is(count(*) filter (where work_is_open(value, from_at) <> exists (select from open_time o
	where o.n = q.n and o.starts between (from_at at time zone zone) - interval '1 day' and (from_at at time zone zone) and (from_at at time zone zone) < o.ends)), 0::bigint,
	'open as the clock says') from question q;

-- days and rows, and their hours over all zones' changes
select is(count(*) filter (where (is_work_day, reason) is distinct from (exists (select from windows_of(definition, on_date)),
	case when definition->'days' ? on_date::text then 'own_hours' when definition->'work_days' ? on_date::text then 'make_up' when definition->'holidays' ? on_date::text then 'holiday'
		when jsonb_array_length(definition->'hours'->lower(to_char(on_date, 'dy'))) > 0 then 'weekday' else 'weekend' end)), 0::bigint, format('%s days as they are defined', count(*)))
from calendar c, work_calendar_rows(value, '2024-05-26', '2025-06-09');
select is(count(*) filter (where work_days(value, f, u) is distinct from
	(select count(*) filter (where is_work_day) from work_calendar_rows(value, f, u)) ::int or work_days(value, u, f) <> -work_days(value, f, u)), 0::bigint, 'work_days counts them')
from calendar c, generate_series(1, 20), lateral (select date '2024-06-01' + (random() * 300)::int + c.n * 0 as f) a, lateral (select f + (random() * 60)::int as u) b;
-- all changes of the clocks among them, where no night crosses the ends
select is(count(*) filter (where abs(hours - whole) > 1e-9), 0::bigint, 'rows add up to work_hours')
from (select sum(r.hours) as hours, work_hours(value, date '2024-05-26', '2025-06-09') as whole
	from (select * from calendar where not exists (select from open_time o where o.n = calendar.n and o.ends > o.starts::date + interval '1 day')) c,
		work_calendar_rows(value, '2024-05-26', '2025-06-09') r group by value) x;

-- local times in all zones: what AT TIME ZONE reads, at every change of the clocks
create temp table local_time as
select timestamp '2010-01-01' + (random() * 15 * 365 * 24 * 4)::int * interval '15 minutes' as local from generate_series(1, 100)
union all
select day + half * interval '30 minutes'
from unnest(array['2024-03-10', '2024-03-31', '2024-10-27', '2024-11-03', '2011-12-29', '2018-11-04', '2018-02-17', '1986-05-04', '1991-09-15']::timestamp[]) day,
	generate_series(0, 60) half;
select is(sum(wrong), 0::numeric, format('%s bare timestamps in %s zones', sum(asked), count(*)))
from (select name, work_calendar(name, '{"mon-sun": ["00:00-24:00"]}') as value
		from pg_timezone_names where name ~ '^(Africa|America|Asia|Australia|Europe|Pacific|Atlantic)/' and name ~ '[ai]$') z,
	lateral (select count(*) as asked, count(*) filter (where work_hours(value, local, local + interval '1 hour')
		is distinct from extract(epoch from (local + interval '1 hour') at time zone name - local at time zone name)::float8 / 3600) as wrong from local_time) t;

select * from finish();
rollback;
