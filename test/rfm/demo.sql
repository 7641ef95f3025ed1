-- demo.sql: the answers of RFM that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== Which segments do we have, and what are they worth?'
\echo
\set ECHO queries
select segment, count(*) as customers, to_char(sum(total), '999,999,999') as revenue,
	round(100 * sum(total) / sum(sum(total)) over (), 1) as share_percent,
	rpad(repeat('█', round(40 * sum(total) / max(sum(total)) over ())::int), 40, '·') as bar
from rfm_rows((select rfm_agg(account_no, ordered_at, total_amount, '2025-06-30') from sales.sales_order))
group by segment
order by sum(total) desc;
\set ECHO none
\echo
\echo '=== Which valuable accounts are at risk?'
\echo
\set ECHO queries
with customer as (
	select account_no, order_agg(ordered_at, total_amount) as orders
	from sales.sales_order
	group by account_no
),
scored as (
	select account_no, orders,
		rfm_score(order_recency_days(orders, '2025-06-30'), order_count(orders), order_total(orders)) over () as scores
	from customer
)
select a.name, a.org_type, a.region, rfm_segment(scores) as segment, (scores).rfm_cell, order_count(orders) as orders,
	order_recency_days(orders, '2025-06-30') as days_silent, to_char(order_total(orders), '999,999,999') as revenue
from scored join sales.account a using (account_no)
where rfm_segment(scores) in ('at_risk', 'cant_lose')
order by order_total(orders) desc
limit 10;
\set ECHO none
