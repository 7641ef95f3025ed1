-- demo.sql: the pipeline's answers that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Of 100 new deals, how many are won, lost and still open by which day? (open deals counted as long as they have lasted)'
\echo
\set ECHO queries
with deal_age as (
	select extract(epoch from coalesce(closed_at, timestamptz '2025-07-01 00:00+00') - created_at)::float8 / 86400 as days,
		case when current_stage in ('won', 'lost') then current_stage end as outcome
	from sales.deal
	where deal_kind = 'new business'
),
share as (
	select duration as day, min(at_risk) as watched,
		max(incidence) filter (where cause = 'won') as won,
		max(incidence_low) filter (where cause = 'won') as won_low, max(incidence_high) filter (where cause = 'won') as won_high,
		max(incidence) filter (where cause = 'lost') as lost
	from incidence_at((select incidence_agg(days, outcome) from deal_age), '{30,90,180,365,540,730,1095}')
	group by duration
)
select day, watched, round(100 * won::numeric, 1) as won,
	round(100 * won_low::numeric, 1) || ' to ' || round(100 * won_high::numeric, 1) as "95 %",
	round(100 * lost::numeric, 1) as lost, round(100 * (1 - won - lost)::numeric, 1) as open,
	repeat('█', round(40 * won)::int) || repeat('·', 40 - round(40 * won)::int - round(40 * lost)::int)
		|| repeat('░', round(40 * lost)::int) as "█ won · open ░ lost"
from share
order by day;
\set ECHO none
\echo
\echo '=== What will be won of the open pipeline in 90 days? (by how long each deal has been in its stage)'
\echo
\set ECHO queries
with stay as (
	select deal_no, v.stage, v.stage_index, v.direction, v.days as stay, annual_amount,
		extract(epoch from coalesce(closed_at, timestamptz '2025-07-01 00:00+00') - v.entered_at)::float8 / 86400 as total,
		case when current_stage in ('won', 'lost') then current_stage end as outcome
	from (select deal_no, stage_agg(changed_at, stage) as history from sales.deal_stage_log group by deal_no) x join sales.deal using (deal_no),
		stage_rows(history, array['lead', 'mql', 'sql', 'proposal', 'won'], as_of => date '2025-06-30') v
	where v.stage <> 'won'
)
select o.stage, count(*) as open_deals,
	round(percentile_cont(0.5) within group (order by o.stay)) as median_days,
	to_char(sum(annual_amount), '999,999,999') as open_amount,
	to_char(sum(annual_amount * incidence::numeric), '999,999,999') as weighted,
	to_char(sum(annual_amount * incidence_low::numeric), '999,999,999') as low,
	to_char(sum(annual_amount * incidence_high::numeric), '999,999,999') as high,
	repeat('█', round(40 * sum(annual_amount * incidence::numeric) / max(sum(annual_amount)) over ())::int)
		|| repeat('·', round(40 * (sum(annual_amount) - sum(annual_amount * incidence::numeric)) / max(sum(annual_amount)) over ())::int) as "█ weighted · open"
from stay o
left join lateral incidence_at(
	-- those that stayed longer, from that day on
	(select incidence_agg(s.total - o.stay, s.outcome) from stay s where s.stage = o.stage and s.stay > o.stay), '{90}') a on a.cause = 'won'
where o.direction = 'open'
group by o.stage, o.stage_index
order by o.stage_index;
\set ECHO none
