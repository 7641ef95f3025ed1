-- period_days against a loop over days: random grains, alignments, fiscal years, days as_of.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.17);

create temp table work_day as
select r.on_date, r.is_work_day
from work_calendar_rows('{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "holidays": ["2021-02-11/2021-02-17", "2022-01-31/2022-02-06", "2023-01-21/2023-01-27", "2024-02-10/2024-02-17", "2025-01-28/2025-02-04", "2024-10-01/2024-10-07"], "work_days": ["2024-02-04", "2024-02-18"]}',
	'2018-01-01', '2028-01-01') r;
create index on work_day (on_date);
analyze work_day;

create temp table question as
select n, (array['day', 'week', 'month', 'quarter', 'year'])[1 + n % 5] as grain, align, fiscal_month, f as from_date,
	f + (random() * 400)::int as until_date, case when random() < 0.9 then f + (random() * 500)::int - 50 end as as_of
from generate_series(1, 160) n,
	lateral (select (array['date', 'weekday', 'work_days', 'event'])[1 + (n + (random() * 3)::int) % 4] as align,
		case when random() < 0.5 then 1 else 1 + n % 12 end as fiscal_month, date '2021-06-01' + (random() * 1400)::int + n * 0 as f) a;
-- so that ends of months are met
update question set as_of = (date_trunc('month', as_of) - interval '1 day')::date where n % 4 = 0;

create temp table answer as
select n, d.* from question q, period_days(grain, from_date, until_date, as_of, align,
	'{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "holidays": ["2021-02-11/2021-02-17", "2022-01-31/2022-02-06", "2023-01-21/2023-01-27", "2024-02-10/2024-02-17", "2025-01-28/2025-02-04", "2024-10-01/2024-10-07"], "work_days": ["2024-02-04", "2024-02-18"]}',
	'{2025-01-29,2021-02-12,2022-02-01,2023-01-22,2024-02-10,2026-02-17}', fiscal_month) d;

-- The slow, obvious way. A day's period, and its place in it: months passed, day of the month.
create function period_of(day date, grain text, fiscal_month int) returns date language sql immutable as $$
	select case when grain in ('quarter', 'year')
		then (date_trunc(grain, day - make_interval(months => fiscal_month - 1)) + make_interval(months => fiscal_month - 1))::date
		else date_trunc(grain, day::timestamp)::date end
$$;
create temp table all_days as
select g.grain, fiscal_month, day, period,
	case grain when 'day' then 0 when 'week' then extract(isodow from day) else
		100 * ((extract(year from day) - extract(year from period)) * 12 + extract(month from day) - extract(month from period)) end::int as whole_months,
	case when grain in ('day', 'week') then 0 else extract(day from day) end::int as day_of_month,
	extract(day from day + 1) = 1 as ends_month
from (select distinct grain, fiscal_month from question) g, generate_series(timestamp '2019-06-01', '2027-06-01', '1 day') t,
	lateral (select t::date as day, period_of(t::date, grain, fiscal_month) as period) p;
create index on all_days (grain, fiscal_month, period);
create index on all_days (grain, fiscal_month, day);
analyze all_days;

create function oracle(q question) returns table (period date, role text, on_date date) language plpgsql as $$
declare
	p record;
	base date;
	last_known record;
	worked int;
	shift int;
	nearest date;
begin
	for p in
		select a.period, min(day) as starts, max(day) as ends, bool_and(q.as_of is null or day <= q.as_of) as complete,
			bool_or(q.as_of is null or day <= q.as_of) as begun
		from all_days a
		where a.grain = q.grain and a.fiscal_month = q.fiscal_month
			and a.period in (select period_of(d::date, q.grain, q.fiscal_month) from generate_series(q.from_date::timestamp, q.until_date - 1, '1 day') d)
		group by a.period
	loop
		return query select p.period, 'current', day from all_days a
			where a.grain = q.grain and a.fiscal_month = q.fiscal_month and a.period = p.period and (q.as_of is null or day <= q.as_of);
		select * into last_known from all_days a where a.grain = q.grain and a.fiscal_month = q.fiscal_month and a.day = least(p.ends, q.as_of);
		select count(*) into worked from work_day w where is_work_day and w.on_date between p.starts and least(p.ends, q.as_of);

		for i in 1..2 loop
			continue when i = 2 and q.align in ('weekday', 'event');
			base := case when i = 1 then period_of(p.starts - 1, q.grain, q.fiscal_month)
				when q.grain = 'week' then p.starts - 364 else (p.starts - interval '1 year')::date end;
			continue when i = 2 and q.grain = 'day' and extract(day from base) <> extract(day from p.starts);
			return query select p.period, case i when 1 then 'previous' else 'year' end || case when p.complete then ''
					when not p.begun then '_rest'
					when q.align = 'work_days' then case when worked > (select count(*) from work_day w where is_work_day and w.on_date >= base and w.on_date < a.day) then '' else '_rest' end
					when a.whole_months < last_known.whole_months or a.whole_months = last_known.whole_months and (last_known.ends_month or a.day_of_month <= last_known.day_of_month) then ''
					else '_rest' end, day
				from all_days a
				where a.grain = q.grain and a.fiscal_month = q.fiscal_month and a.period = base and (q.as_of is null or day <= q.as_of);
		end loop;
		continue when q.align not in ('weekday', 'event');
		shift := 364;
		if q.align = 'event' then
			nearest := (select a from unnest(array['2025-01-29', '2021-02-12', '2022-02-01', '2023-01-22', '2024-02-10', '2026-02-17']::date[]) a order by abs(a - p.starts), a desc limit 1);
			shift := nearest - (select max(a) from unnest(array['2025-01-29', '2021-02-12', '2022-02-01', '2023-01-22', '2024-02-10', '2026-02-17']::date[]) a where a < nearest);
		end if;
		return query select p.period, case when q.as_of is null or day <= q.as_of then 'year' else 'year_rest' end, day - shift from all_days a
			where a.grain = q.grain and a.fiscal_month = q.fiscal_month and a.period = p.period and shift is not null and (q.as_of is null or day - shift <= q.as_of);
	end loop;
end $$;
create temp table loop_answer as select n, o.* from question q, oracle(q) o;
select is((select count(*) from (select * from answer except all select * from loop_answer) x), 0::bigint, format('%s rows of %s questions, as a loop over days has them', (select count(*) from answer), (select count(*) from question)));
select is((select count(*) from (select * from loop_answer except all select * from answer) x), 0::bigint, 'and none is missing');
select cmp_ok(count(distinct (grain, align)), '=', 20::bigint, 'every grain with every alignment') from question;

-- the rows of period_rows are the days counted
select is((select count(*) from (
	select q.n, r.period, r.days, r.previous_days, r.year_days, r.work_days, r.previous_work_days, r.year_work_days
	from question q, period_rows(grain, from_date, until_date, as_of, align,
		'{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}, "holidays": ["2021-02-11/2021-02-17", "2022-01-31/2022-02-06", "2023-01-21/2023-01-27", "2024-02-10/2024-02-17", "2025-01-28/2025-02-04", "2024-10-01/2024-10-07"], "work_days": ["2024-02-04", "2024-02-18"]}',
		'{2025-01-29,2021-02-12,2022-02-01,2023-01-22,2024-02-10,2026-02-17}', fiscal_month) r
	except
	select n, period, count(*) filter (where role = 'current'), count(*) filter (where role = 'previous'), count(*) filter (where role = 'year'),
		count(*) filter (where role = 'current' and is_work_day), count(*) filter (where role = 'previous' and is_work_day), count(*) filter (where role = 'year' and is_work_day)
	from answer join work_day using (on_date) group by 1, 2) x
	where days > 0), 0::bigint, 'period_rows counts the same days');

-- no day is twice in a kind of base, but by events
select is((select count(*) from (select n, role, on_date from answer join question using (n) where align <> 'event' and role not like '%rest'
	group by 1, 2, 3 having count(*) > 1) x), 0::bigint, 'a day is in at most one period of each role');
-- complete months: their bases are the year before, without gap or overlap, leap years too
select is((select count(*) from (select on_date from period_days('month', '2020-01-01', '2026-01-01', '2025-12-31') where role = 'year' group by 1 having count(*) = 1) x),
	(date '2025-01-01' - date '2019-01-01')::bigint, 'months of six years have the days of the six before as base');
select is((select array_agg(on_date order by on_date) from period_days('month', '2023-01-01', '2025-01-01', '2024-06-18') where role = 'current'),
	(select array_agg(d::date) from generate_series(timestamp '2023-01-01', '2024-06-18', '1 day') d), 'current is all days up to as_of');

select * from finish();
rollback;
