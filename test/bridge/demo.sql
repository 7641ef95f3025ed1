-- demo.sql: the answers about bridges that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Half a year against the one a year before: more customers, more orders, or dearer ones? By averages'
\echo
\set ECHO queries
create temp table half as
select role, account_no, count(*) filter (where order_kind = 'order') as orders, sum(total_amount) as amount
from sales.sales_order
join period_days('quarter', '2025-01-01', '2025-07-01', '2025-06-30') on (ordered_at at time zone 'Asia/Shanghai')::date = on_date
where role in ('current', 'year')
group by 1, 2;
select factor, b[k] as before, a[k] as after,
	to_char((bridge_effects(b, a))[k], 'S99,999,990.00') as effect
from (
	select array[count(*) filter (where role = 'year' and orders > 0), sum(orders) filter (where role = 'year'), sum(amount) filter (where role = 'year')] as b,
		array[count(*) filter (where role = 'current' and orders > 0), sum(orders) filter (where role = 'current'), sum(amount) filter (where role = 'current')] as a
	from half) x,
	unnest('{customers,orders: per customer,amount: per order}'::text[]) with ordinality f(factor, k)
union all
select 'change', null, null, to_char(sum(amount) filter (where role = 'current') - sum(amount) filter (where role = 'year'), 'S99,999,990.00') from half;
\set ECHO none
\echo
\echo '=== The same by customer: averages say that customers order more often; those who stayed order less'
\echo
\set ECHO queries
select case kind when 'entry' then 'new customers' when 'exit' then 'lost customers' else factor_name end as what, count(*) as customers,
	to_char(sum(effect), 'S99,999,990.00') as effect, repeat('█', (abs(sum(effect)) / 1000000)::int) as millions
from (
	select bridge_agg(account_no, 1, orders, amount) filter (where role = 'year') as b,
		bridge_agg(account_no, 1, orders, amount) filter (where role = 'current') as a
	from half) x,
	bridge_rows(b, a, '{customers,frequency,price}')
where kind in ('entry', 'exit', 'factor')
group by kind, factor_name
order by min(factor_index) nulls first, kind;
\set ECHO none
\echo
\echo '=== Why did the win rate move? By channel: mix of channels, and each one''s own rate'
\echo
\set ECHO queries
with decided as (
	select closed_on >= '2025-01-01' as is_after, channel_type, count(*) as closed, count(*) filter (where current_stage = 'won') as won
	from (select *, (closed_at at time zone 'Asia/Shanghai')::date as closed_on from sales.deal join sales.channel using (channel_no)) d
	where closed_on between '2024-01-01' and '2024-06-30' or closed_on between '2025-01-01' and '2025-06-30'
	group by 1, 2
)
select coalesce(cell, 'all') as channel, to_char(100 * sum(effect) filter (where kind = 'mix'), 'S90.00') as mix,
	to_char(100 * sum(effect) filter (where kind = 'factor'), 'S90.00') as rate, to_char(100 * sum(effect), 'S90.00') as points
from (
	select bridge_agg(channel_type, closed, won) filter (where not is_after) as b, bridge_agg(channel_type, closed, won) filter (where is_after) as a
	from decided) x,
	bridge_rate_rows(b, a, '{closed,won}')
group by grouping sets (cell, ())
order by grouping(cell), cell;
\set ECHO none
drop table half;
