-- demo.sql: how the pipeline changed, and what will come of it, as make demo prints it, under its query.
\pset footer off
set search_path = public, revops, sales;
\echo
\echo '=== How did the pipeline change? Four quarters, footing to the cent'
\echo
\set ECHO queries
create temp table deal_history as
select deal_no, owner, annual_amount, current_stage, closed_at, deal_agg(changed_at, stage, amount, close_on) as s
from deal_change join deal using (deal_no)
group by deal_no, owner, annual_amount, current_stage, closed_at;
create temp table deal_pipe as select pipeline(array['lead', 'mql', 'sql', 'proposal'], time_zone => 'Asia/Shanghai') as p;
create temp table deal_model as select forecast_model_agg(s, p, '2025-06-30') as m from deal_history, deal_pipe;
select period, opening, created, reopened, increased, decreased, won, lost, closing, deals_closing as deals
from (select pipeline_bridge_agg(s, p, 'quarter', '2024-07-01', '2025-07-01') as bridge from deal_history, deal_pipe) b, pipeline_bridge_rows(bridge)
order by period;
\set ECHO none
\echo
\echo '=== What will be won next quarter? The chance of a deal that is still in its stage, by the days there; the total by its distribution'
\echo
\set ECHO queries
create temp table deal_forecast as
select deal_no, f.* from deal_history, deal_model, forecast_deal(s, m, '2025-06-30', within_days => 92) f;
select stage, count(*) as deals, round(sum(amount)) as open_amount, round(sum(amount * chance::numeric)) as expected,
	repeat('█', round(40 * sum(amount * chance::numeric) / max(sum(amount)) over ())::int) || repeat('·', round(40 * (sum(amount) - sum(amount * chance::numeric)) / max(sum(amount)) over ())::int) as "█ expected · open"
from deal_forecast
group by stage
order by array_position(array['lead', 'mql', 'sql', 'proposal'], stage);
select round(s.expected_amount) as expected, t.amount as "10 %", m.amount as "50 %", n.amount as "90 %", quota_amount as quota, round(100 * forecast_reach(f, quota_amount)) || ' %' as "chance of the quota"
from (select forecast_agg(amount, chance, chance_low, chance_high) as f from deal_forecast) x join quota on quarter_on = '2025-07-01',
	forecast_summary(f) s, forecast_quantiles(f, '{0.1}') t, forecast_quantiles(f, '{0.5}') m, forecast_quantiles(f, '{0.9}') n;
\set ECHO none
\echo
\echo '=== Can it be trusted? The same on twelve quarter starts, from what was known then, against what came in 90 days'
\echo
\set ECHO queries
with past as (
	select d::date as day, forecast_model_agg(s, p, d::date - 1) as m
	from deal_history, deal_pipe, generate_series(timestamp '2022-07-01', '2025-04-01', '3 months') d
	group by d
),
tested as (
	select day, sum(annual_amount * chance::numeric) as expected, forecast_agg(annual_amount, chance) as f,
		sum(annual_amount) filter (where current_stage = 'won' and closed_at < (day + 90)::timestamp at time zone 'Asia/Shanghai') as came
	from past, deal_history, forecast_deal(s, m, day - 1, 90) d
	group by day
)
select count(*) as quarters, round(sum(expected)) as expected, round(sum(came)) as came, count(*) filter (where came between low.amount and high.amount) as "inside 80 %"
from tested, forecast_quantiles(f, '{0.1}') low, forecast_quantiles(f, '{0.9}') high;
\set ECHO none
