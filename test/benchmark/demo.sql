-- demo.sql: the answers of benchmark that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Which agents win more than their peers, each left out of its own bar? (deals closed in the last year)'
\echo
\set ECHO queries
with agent as (
	select name, count(*) filter (where current_stage = 'won') as won, count(*) as closed
	from sales.deal join sales.channel using (channel_no)
	where channel_type = 'agent' and deal_kind = 'new business' and closed_at >= '2024-07-01 00:00+00'
	group by name
)
select (r).place, name, closed, round(100.0 * won / closed, 1) as win_percent,
	round(100 * wilson_low(won, closed)::numeric) || ' to ' || round(100 * wilson_high(won, closed)::numeric) as "95 %",
	round(100 * (r).peer_mean::numeric, 1) as peer_mean, round(100 * (r).peer_median::numeric, 1) as peer_median,
	round(100 * (r).peer_peak::numeric, 1) as peer_peak, rpad(repeat('█', round(20 * (r).percentile)::int), 20, '·') as percentile
from (select *, benchmark_rank(won / closed::float8, closed) over () as r from agent) x
order by (r).place, name collate "C";
\set ECHO none
\echo
\echo '=== Do agents bring larger orders than our own offices? (no means: one government order would decide them)'
\echo
\set ECHO queries
with orders as (
	select channel_type, benchmark_agg(total_amount::float8, 1) as s, count(*) as orders
	from sales.sales_order join sales.channel using (channel_no)
	where order_kind = 'order'
	group by channel_type
)
select a.orders as agent_orders, d.orders as office_orders, round(100 * probability::numeric, 1) as agent_larger_percent,
	round(100 * probability_low::numeric, 1) || ' to ' || round(100 * probability_high::numeric, 1) as "95 %"
from orders a, orders d, benchmark_versus(a.s, d.s)
where a.channel_type = 'agent' and d.channel_type = 'direct';
\set ECHO none
