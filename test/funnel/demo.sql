-- demo.sql: the answers of funnels that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Where do deals stall, by channel?'
\echo
\set ECHO queries
with history as (
	select deal_no, channel_type, changed_at, stage
	from sales.deal_stage_log
		join sales.deal using (deal_no)
		join sales.channel using (channel_no)
	where deal_kind = 'new business'
),
report as (
	select channel_type, funnel_agg(
		funnel(array['lead', 'mql', 'sql', 'proposal', 'won'], mode => 'reached', lost => array['lost'], time_zone => 'Asia/Shanghai'),
		deal_no, changed_at, stage, '2025-06-30') as stats
	from history
	group by channel_type
)
select case when step_index = 1 then channel_type end as channel, step_name as step, entered as reached, open, lost,
	round((100 * step_rate)::numeric) || ' %' as goes_on,
	round((100 * step_rate_low)::numeric) || '-' || round((100 * step_rate_high)::numeric) as interval_95,
	round(median_days::numeric) as median_days,
	rpad(repeat('█', round(30 * overall_rate)::int), 30, '·') as bar
from report, funnel_rows(stats)
order by channel_type, step_index;
\set ECHO none
\echo
\echo '=== Of the deals decided, how many are won, and how long does it take?'
\echo
\set ECHO queries
with history as (
	select deal_no, channel_type, changed_at, stage
	from sales.deal_stage_log
		join sales.deal using (deal_no)
		join sales.channel using (channel_no)
	where deal_kind = 'new business'
),
report as (
	select coalesce(channel_type, 'all') as channel, funnel_agg(
		funnel(array['lead', 'mql', 'sql', 'proposal', 'won'], mode => 'reached', lost => array['lost'], time_zone => 'Asia/Shanghai'),
		deal_no, changed_at, stage, '2025-06-30') as stats
	from history
	group by grouping sets ((channel_type), ())
)
select channel, entered as deals, converted as won, lost, open, round((100 * win_rate)::numeric) || ' %' as won_of_decided,
	round((100 * win_rate_low)::numeric) || '-' || round((100 * win_rate_high)::numeric) as interval_95,
	round(median_cycle_days::numeric) as median_days,
	rpad(repeat('█', round(60 * win_rate)::int), 30, '·') as bar
from report, funnel_summary(stats)
order by channel = 'all', win_rate desc;
\set ECHO none
