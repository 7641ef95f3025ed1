-- demo.sql: the answers about working time that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Are questions answered within four hours of work? (holidays and make-up days counted; open tickets too)'
\echo
\set ECHO queries
create temp table office as
select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-12:00", "13:30-18:00"]}', on_date, is_work_day) as calendar
from sales.holiday;

select to_char(quarter, 'YYYY "Q"Q') as quarter, opened, met, missed, undecided,
	round(100.0 * met / (met + missed), 1) || ' %' as met_rate,
	round(100 * wilson_low(met, met + missed)::numeric) || ' to ' || round(100 * wilson_high(met, met + missed)::numeric) || ' %' as could_be,
	round(p50::numeric, 1) as p50_hours, round(p90::numeric, 1) as p90_hours,
	rpad(repeat('█', (30.0 * met / (met + missed))::int), 30, '·') as bar
from (
	select date_trunc('quarter', opened_at at time zone 'Asia/Shanghai') as quarter, count(*) as opened,
		count(*) filter (where hours <= 4 and answered_at is not null) as met, count(*) filter (where hours > 4) as missed,
		count(*) filter (where hours <= 4 and answered_at is null) as undecided, survival_agg(hours, answered_at is not null) as waits
	from sales.ticket, office, lateral (select work_hours(calendar, opened_at, coalesce(answered_at, '2025-07-01 00:00+08')) as hours) h
	where opened_at >= '2024-01-01 00:00+08' and coalesce(answered_at >= opened_at, true)
	group by quarter) q,
	lateral (select max(duration) filter (where share = 0.5) as p50, max(duration) filter (where share = 0.9) as p90
		from survival_quantiles(waits, '{0.5,0.9}')) s
order by quarter;
\set ECHO none
\echo
\echo '=== Who answers late? Tickets of the last twelve months'
\echo
\set ECHO queries
select coalesce(agent, '(left)') as agent, count(*) as answered, round(avg(hours)::numeric, 1) as mean_hours,
	round(100 * avg((hours <= 4)::int)) || ' %' as within_four_hours, rpad(repeat('█', (30 * avg((hours <= 4)::int))::int), 30, '·') as bar
from sales.ticket, office, lateral (select work_hours(calendar, opened_at, answered_at) as hours) h
where opened_at >= '2024-07-01 00:00+08' and answered_at >= opened_at
group by agent
order by avg((hours <= 4)::int) desc;
\set ECHO none
