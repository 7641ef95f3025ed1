-- demo.sql: the answers of attribution that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Which channels earn the wins? Six models side by side, in percent with the interval: they differ, and none says what would be without a channel'
\echo
\set ECHO queries
create temp table ways as
select attribution_agg(journey, attribution(lookback => '1 year', half_life => '60 days', direct => '{direct}', idle => '180 days', time_zone => 'Asia/Shanghai'), '2025-06-30') as stats
from (
	select account_no, journey_agg(at, channel, outcome, amount) as journey
	from (
		select distinct account_no, touched_at as at, lower(trim(channel)) as channel, null as outcome, null::numeric as amount
		from sales.touch
		where channel is not null
		union all
		select account_no, closed_at, null, current_stage, annual_amount
		from sales.deal
		where current_stage in ('won', 'lost')) t
	group by account_no) j;
select coalesce(channel, '(no touch)') as channel,
	max(percent) filter (where model = 'first') as first, max(percent) filter (where model = 'last_non_direct') as last_non_direct, max(percent) filter (where model = 'position') as position,
	max(percent) filter (where model = 'time_decay') as time_decay, max(percent) filter (where model = 'markov_1') as markov_1, max(percent) filter (where model = 'shapley') as shapley
from ways, attribution_rows(stats) a,
	lateral (select format('%s (%s-%s)', round(100 * credit_rate::numeric, 1), round(100 * credit_rate_low::numeric, 1), round(100 * credit_rate_high::numeric, 1)) as percent) p
group by a.channel
order by a.channel;
\set ECHO none
\echo
\echo '=== What became of the journeys that each channel touched, and what does a win cost by the chain?'
\echo
\set ECHO queries
select c.channel, c.journeys, c.won, c.lost, c.open, round(100 * c.won_rate::numeric, 1) || ' (' || round(100 * c.won_rate_low::numeric, 1) || '-' || round(100 * c.won_rate_high::numeric, 1) || ')' as won_percent,
	round(100 * c.removal_effect::numeric, 1) as lost_without, s.spent, round(s.spent / m.credit::numeric) as per_win, round(12 * s.spent / m.amount, 1) as payback_months
from ways, attribution_channels(stats) c
join attribution_rows((select stats from ways), 'markov_1') m using (channel)
left join (select channel, sum(amount) as spent from sales.marketing_spend group by channel) s using (channel)
order by won_rate desc;
\set ECHO none
drop table ways;
