-- demo.sql: what goes together and what is missing, as make demo prints it, under its query.
\pset footer off
set search_path = public, revops, sales;
\echo
\echo '=== Attach, in the three meanings that people print: orders with several items, items per order, B given A'
\echo
\set ECHO queries
create temp table demo_baskets as
select basket_agg(order_no, item, quantity) as b
from order_line
where amount > 0;

select baskets as orders, round(100 * multi_item_rate::numeric, 1) || ' %' as with_several_items, round(items_per_basket::numeric, 2) as items_per_order
from demo_baskets, basket_summary(b);

select item_a || ' -> ' || item_b as pair, both_count as orders, round(100 * attach_rate::numeric) || ' %' as attach, round(lift::numeric, 2) as lift, round(lift_low::numeric, 2) as at_least
from demo_baskets, basket_pairs(b, min_baskets => 50)
order by lift_low desc, item_a
limit 6;
\set ECHO none
\echo
\echo '=== What do three accounts lack that others like them have? A rank with its reason, not a chance'
\echo
\set ECHO queries
create temp table demo_adoptions as
select adoption_agg(account_no, item, (ordered_at at time zone 'Asia/Shanghai')::date, amount) as s
from order_line
	join sales_order using (order_no);

select customer, item as lacks, because as has, have_count || ' of ' || peer_count || ' others' as peers, round(peer_amount) as they_spent
from (
	select *, row_number() over (partition by customer order by peer_rate_low desc, item) as place
	from demo_adoptions, white_space_rows(s, '2025-06-30')
	where customer in ('100047', '100059', '100068')) w
where place <= 3
order by customer, place;
\set ECHO none
\echo
\echo '=== How were such rows taken? Those of a year before, by tenth of the rank, beside offering what most have'
\echo
\set ECHO queries
select band_index as tenth, offers, taken, round(100 * taken_rate::numeric, 1) || ' %' as taken_rate, round(100 * popular_taken_rate::numeric, 1) || ' %' as popular
from demo_adoptions, white_space_check(s, '2024-06-30', '2025-06-30')
order by band_index desc;
\set ECHO none
