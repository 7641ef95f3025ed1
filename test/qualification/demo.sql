-- demo.sql: the answers of qualification that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== How many leads are valid, by method, and how far can the unchecked move that?'
\echo
\set ECHO queries
create temp table checked as
select l.lead_no, m.method, l.created_at, (l.created_at at time zone 'Asia/Shanghai')::date as created_on,
	bool_or(passed) filter (where criterion = 'scenario') as scenario, bool_or(passed) filter (where criterion = 'profile') as profile,
	bool_or(passed) filter (where criterion = 'authority') as authority, bool_or(passed) filter (where criterion = 'intent') as intent
from sales.lead l
	join sales.lead_source m using (source)
	left join sales.lead_check c using (lead_no)
group by l.lead_no, m.method;
select coalesce(method, 'all') as method, leads, valid, invalid, pending, overdue, round(100 * valid_rate::numeric, 1) as percent,
	round(100 * valid_rate_low::numeric, 1) || ' to ' || round(100 * valid_rate_high::numeric, 1) as interval,
	round(100 * rate_floor::numeric, 1) as at_least, round(100 * rate_ceiling::numeric, 1) as at_most
from (
	select method, qualification_dated_agg(qualification_preset('lead'), created_on, '2025-06-30', scenario, profile, authority, intent) as stats
	from checked
	group by rollup (method)) x,
	qualification_summary(stats)
order by method collate "C" nulls last;
\set ECHO none
\echo
\echo '=== Which criterion costs leads?'
\echo
\set ECHO queries
select criterion, passed, failed, unknown, round(100 * pass_rate::numeric, 1) as percent, first_failing, only_failing, valid_if_passed
from qualification_rows((select qualification_agg(qualification_preset('lead'), scenario, profile, authority, intent) from checked));
\set ECHO none
\echo
\echo '=== What do leads lack together? The five most frequent patterns'
\echo
\set ECHO queries
select coalesce(failing, '-') as failing, coalesce(unchecked, '-') as unchecked, verdict, leads, round(100 * lead_rate::numeric, 1) as percent
from qualification_patterns((select qualification_agg(qualification_preset('lead'), scenario, profile, authority, intent) from checked))
limit 5;
\set ECHO none
\echo
\echo '=== How many working hours until the first answer? Unanswered leads count as long as they have waited'
\echo
\set ECHO queries
create temp table waited as
select a.seller, f.at is not null as is_answered,
	work_hours((select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-12:00", "13:30-18:00"]}', on_date, is_work_day) from sales.holiday),
		l.created_at, coalesce(f.at, '2025-07-01 00:00+08')) as hours
from sales.lead l
	left join (select distinct on (lead_no) lead_no, seller from sales.lead_assignment order by lead_no, assigned_at) a using (lead_no)
	left join (select lead_no, min(at) as at from sales.lead_activity group by lead_no) f using (lead_no);
select coalesce(seller, 'nobody') as seller, leads, unanswered, round(median::numeric, 1) as half_within, round(p90::numeric, 1) as nine_in_ten_within,
	round(100 * (1 - late.survival)::numeric, 1) as percent_within_4_hours
from (
	select seller, count(*) as leads, count(*) filter (where not is_answered) as unanswered, survival_agg(hours, is_answered) as waits
	from waited
	group by seller) w,
	lateral (select max(duration) filter (where share = 0.5) as median, max(duration) filter (where share = 0.9) as p90 from survival_quantiles(waits, '{0.5,0.9}')) q,
	survival_at(waits, '{4}') late
order by w.seller;
\set ECHO none
drop table checked, waited;
