-- demo.sql: the answers of score that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Do more qualification flags mean better leads? Young leads that are decided, and mature ones'
\echo
\set ECHO queries
create temp table scored as
select l.has_budget::int + l.has_authority::int + l.has_need::int + l.has_timing::int as flags, l.created_at,
	d.current_stage = 'won' as is_won, coalesce(d.current_stage in ('won', 'lost'), true) as is_decided,
	d.current_stage = 'won' and d.closed_at <= l.created_at + interval '540 days' as won_in_time
from sales.lead l
	left join sales.deal d using (lead_no);
select leads, band_index as flags, cases, positives as won, undecided, round(100 * rate::numeric, 1) as percent,
	round(100 * rate_low::numeric, 1) || ' to ' || round(100 * rate_high::numeric, 1) as interval, round(lift::numeric, 2) as lift
from (
	select 'young: of the last 365 days, decided so far' as leads, score_agg(flags, case when is_decided then coalesce(is_won, false) end) as scores
	from scored where created_at >= timestamptz '2025-07-01 00:00+08' - interval '365 days'
	union all
	select 'mature: 540 days ago or older, won within them or not', score_agg(flags, coalesce(won_in_time, false))
	from scored where created_at < timestamptz '2025-07-01 00:00+08' - interval '540 days') x,
	score_bands_from(scores, '{1,2,3,4}')
order by leads, flags desc;
select leads, cases, positives as won, undecided, round(auc::numeric, 3) as auc, round(auc_low::numeric, 3) || ' to ' || round(auc_high::numeric, 3) as interval, round(ks::numeric, 3) as ks, ks_score
from (
	select 'young: of the last 365 days, decided so far' as leads, score_agg(flags, case when is_decided then coalesce(is_won, false) end) as scores
	from scored where created_at >= timestamptz '2025-07-01 00:00+08' - interval '365 days'
	union all
	select 'mature: 540 days ago or older, won within them or not', score_agg(flags, coalesce(won_in_time, false))
	from scored where created_at < timestamptz '2025-07-01 00:00+08' - interval '540 days') x,
	score_summary(scores)
order by leads;
\set ECHO none
drop table scored;
