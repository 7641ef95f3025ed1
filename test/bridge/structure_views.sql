-- structure_create_views: each view equals the query written by hand; concentration against known cases.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.37);

create schema shop;
create table shop.line as
select n as no, 100 + n / 2 as order_no, (power((n / 2) * 7919 % 1009 / 1009.0, 2) * 80)::int as who, timestamptz '2025-07-02 00:00+00' - (n / 2) * interval '25 hours' as at,
	(random() * 1000 - 60)::numeric(10, 2) as amount, (1 + random() * 9)::int as units, nullif(chr(97 + (n * 31 % 17) / 3), 'f') as product
from generate_series(1, 1600) n;
insert into shop.line values (5002, 9002, 1, null, 1, 1, 'a'), (5003, 9003, 1, 'infinity', 1, 1, 'a'), (5004, 9004, 2, '2025-03-01', 'NaN', 1, 'a'), (5005, null, 3, '2025-03-01', 0, 40, 'b'), (5006, null, 3, '2025-03-02', 0, 5, 'b'),
	(5007, 9007, null, '2025-03-01', 7, 1, 'B'), (5008, 9008, 5, '2025-03-01', -70000, 1, 'late'), (5009, 9009, 5, '2025-03-02', 7, 1, 'late'), (5011, 9011, 7, '2025-06-19 00:00+08', 1000000, 1, 'a');

-- the first call of a session, before any with those options
select lives_ok($$select structure_create_views('plain', 'shop.line', 'product', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'no options');
select set_eq($$select view_name from structure_create_views('mix', 'shop.line', 'product', 'at', 'amount', 'units', 'order_no', 'who', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$,
	$$select 'shop.mix_' || unnest(array['parts', 'bridge', 'concentration', 'new_parts', 'migration', 'customers', 'checks'])$$, 'the call names the views it made');

create temp table o as
select product, who, order_no, min(day) as day, coalesce(sum(nullif(amount, 'NaN')), 0) as amount, sum(units) as units, order_no is not null and coalesce(sum(nullif(amount, 'NaN')), 0) >= 0 as is_order
from (select *, (at at time zone 'Asia/Shanghai')::date as day from shop.line where isfinite(at) and at < '2025-06-19 00:00+08') x
group by product, who, order_no, case when order_no is null then day end;
create temp table by_month as
select date_trunc('month', day)::date as month, product, sum(amount) as amount, sum(units) as units, count(*) filter (where is_order) as orders, count(distinct who) filter (where is_order) as customers from o group by 1, 2;

select set_eq($$select period_date, part_name, part_amount, part_quantity, order_count, customer_count, share_rate from shop.mix_parts where period_date between '2023-01-01' and '2025-05-31' and (part_quantity <> 0 or part_amount <> 0)$$,
	$$select month, product, amount, units, orders, customers, case when sum(amount) over (partition by month) > 0 then (amount / sum(amount) over (partition by month))::float8 end from by_month where month between '2023-01-01' and '2025-05-31'$$, 'PREFIX_parts equals the query by hand');
select is_empty($$select * from shop.mix_parts p where price_amount is distinct from round(part_amount / nullif(part_quantity, 0), 2)
	or conversion_rate is distinct from case when part_quantity >= order_count and part_quantity > 0 then order_count::float8 / part_quantity::float8 end or (conversion_rate between conversion_rate_low and conversion_rate_high) is false$$, 'prices and conversion');
select is_empty($$select period_date from shop.mix_parts group by 1 having abs(sum(share_rate) - 1) > 1e-9 or abs(sum(share_previous_change_rate)) > 1e-9 or abs(sum(share_year_change_rate)) > 1e-9 or count(distinct part_index) <> count(*)$$, 'shares sum to 1, their changes to 0');
select results_eq($$select part_name, previous_growth_rate, year_growth_rate from shop.mix_parts where period_date = '2025-05-01' order by part_index$$,
	$$select n.product, growth_rate(n.amount, p.amount), growth_rate(n.amount, y.amount) from by_month n left join by_month p on p.month = '2025-04-01' and p.product is not distinct from n.product
	left join by_month y on y.month = '2024-05-01' and y.product is not distinct from n.product where n.month = '2025-05-01' order by n.amount desc, n.product$$, 'growth of each part');

select set_eq($$select compared_name, period_date, sum(effect_amount) as change from shop.mix_bridge where period_date < '2025-06-01' group by 1, 2$$,
	$$with t as (select month, sum(amount) as amount from by_month group by 1), first as (select min(day) as day from o)
	select 'previous' as compared_name, t.month as period_date, t.amount - b.amount as change from first, t join t b on b.month = (t.month - interval '1 month')::date where b.month >= first.day and t.month < '2025-06-01'
	union all select 'year', t.month, t.amount - b.amount from first, t join t b on b.month = (t.month - interval '1 year')::date where b.month >= first.day and t.month < '2025-06-01'$$, 'the bridge sums to the change, to the cent');
select set_eq($$select part_name, factor_name, effect_amount from shop.mix_bridge where compared_name = 'year' and period_date = '2025-03-01'$$,
	$$select cell, case kind when 'factor' then 'price' else kind end, effect::numeric(38, 2) from (select bridge_agg(product, units, amount) filter (where month = '2024-03-01') as b, bridge_agg(product, units, amount) filter (where month = '2025-03-01') as a from by_month) x,
	bridge_rows(b, a, '{n,p}')$$, 'it is bridge_rows over parts');
select set_eq($$select period_date, sum(before_amount) as before, sum(after_amount) as after from shop.mix_migration where compared_name = 'year' group by 1$$,
	$$select period_date, sum(before_amount) as before, sum(after_amount) as after from shop.mix_customers where compared_name = 'year' group by 1$$, 'moves are customers counted');
select set_eq('select compared_name, period_date, from_name, from_index, to_name, to_index, customer_count from shop.mix_migration', 'select compared_name, period_date, from_name, from_index, to_name, to_index, count(*) as n from shop.mix_customers group by 1, 2, 3, 4, 5, 6', 'with the same places');
select set_eq($$select from_name, to_name, customer_count, before_amount, after_amount from shop.mix_migration where compared_name = 'year' and period_date = '2025-04-01'$$,
	$$with p as (select who, date_trunc('month', day)::date as month, sum(amount) as amount, count(*) filter (where is_order) as n, (array_agg(product order by day desc, amount desc, product))[1] as part from o where who is not null group by 1, 2),
		b as (select * from p where month = '2024-04-01' and (n > 0 or amount <> 0)), a as (select * from p where month = '2025-04-01' and (n > 0 or amount <> 0))
	select case when b.who is null then 'new' else b.part end as from_name, case when a.who is null then 'gone' else a.part end as to_name, count(*) as customers, coalesce(sum(b.amount), 0) as before, coalesce(sum(a.amount), 0) as after from b full join a using (who) group by 1, 2$$, 'PREFIX_migration equals the query by hand');
select set_eq($$select period_date, new_amount, new_part_count from shop.mix_new_parts where period_date between '2024-04-01' and '2025-05-31'$$,
	$$with f as (select product, min(day) filter (where is_order) as day from o group by 1)
	select m.month, coalesce(sum(o.amount) filter (where o.day < f.day + interval '1 year'), 0), count(distinct o.product) filter (where o.day < f.day + interval '1 year' and o.is_order)
	from (select distinct month from by_month) m join o on date_trunc('month', o.day) = m.month join f on f.product is not distinct from o.product where m.month between '2024-04-01' and '2025-05-31' group by 1$$, 'PREFIX_new_parts equals the query by hand');
select is((select sum(new_amount) from shop.mix_new_parts where period_date = '2025-03-01'), -69993.00 + (select amount from by_month where month = '2025-03-01' and product = 'B'), 'what is new in March');
select is((select count(new_rate) from shop.mix_new_parts where period_index <= 12), 0::bigint, 'nothing is new where all would be');
select set_eq('select problem_name, is_left_out, row_count from shop.mix_checks', $$values ('no_time', true, 2::bigint), ('no_part', false, (select count(*) from shop.line where product is null and isfinite(at) and at < '2025-06-19 00:00+08')),
	('bad_amount', false, 1), ('negative_part', false, 2), ('similar_keys', false, (select count(*) from shop.line where lower(product) = 'b' and isfinite(at) and at < '2025-06-19 00:00+08')), ('no_key', false, 1)$$, 'what is odd');

-- concentration: ../vectors' cases, a month each
create table shop.share as
select make_date(2025, k::int, 5) as day, 'p' || i as part, a::numeric(12, 2) as amount
from (values (1, '{100,100,100,100}'::int[]), (2, '{70,20,10}'), (3, '{50,30,20,0,-10}'), (4, '{1}'), (5, '{5,5,5,5,5,5,5,5,5,5,50}'), (6, '{-5,0}')) c (k, amounts), unnest(amounts) with ordinality u (a, i);
select lives_ok($$select structure_create_views('share', 'shop.share', 'part', 'day', 'amount', target_schema => 'shop', as_of => '2025-06-30')$$, 'days need no zone');
select is(array_agg((part_count, negative_part_count, largest_rate, top_three_rate, top_ten_rate, top_tenth_rate, round(herfindahl_rate::numeric, 12), round(effective_part_ratio::numeric, 12))::text order by period_date),
	'{"(4,0,0.25,0.75,1,0.25,0.250000000000,4.000000000000)","(3,0,0.7,1,1,0.7,0.540000000000,1.851851851852)","(3,1,0.5,1,1,0.5,0.380000000000,2.631578947368)","(1,0,1,1,1,1,1.000000000000,1.000000000000)","(11,0,0.5,0.6,0.95,0.55,0.275000000000,3.636363636364)","(0,1,,,,,,)"}', 'concentration')
from shop.share_concentration;
select hasnt_view('shop', 'share_migration', 'no customers, no migration');
create table shop.nothing as select * from shop.line where false;
select lives_ok($$select structure_create_views('nothing', 'shop.nothing', 'product', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'UTC')$$, 'an empty table');
select is((select count(*) from shop.nothing_concentration), 1::bigint, 'has one row');

create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select structure_create_views(''x'', ''shop.line'', ''product'', ''at'', ''amount'', target_schema => ''shop''%s)', more)), expected, expected) from (values
	('', '22004 argument time_zone is missing'), (', time_zone => ''UTC'', new_months => 0', '22023 new_months must be between 1 and 1200'), (', time_zone => ''UTC'', grain => ''moon''', '22023 unknown grain "moon"'),
	(', time_zone => ''UTC'', from_date => ''infinity''', '22023 from_date must be a finite date'), (', time_zone => ''UTC'', quantity => ''product''', '42804 column "product" of shop.line does not fit argument quantity')) v(more, expected);
select * from finish();
rollback;
