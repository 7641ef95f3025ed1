-- reorder_create_views and value_create_views: they show what the functions say.
begin;
\pset fieldsep '\n'
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.12);

create schema shop;
create table shop.line as
select n * 1000 + c as order_no, c as customer, (array['steel', 'paper', 'glue'])[1 + l % 3] as item, case when c <= 260 then 'many' else 'few' end as kind,
	timestamptz '2024-01-01 20:00+00' + (c % 90 + n * (12 + c % 30) + random() * 10) * interval '1 day' as at, round((random() * 90 + 5)::numeric, 2) as amount
from generate_series(1, 280) c, generate_series(0, c % 15) n, generate_series(1, 1 + c % 2) l;
insert into shop.line values (900001, 500, 'steel', 'few', '2025-01-01', -20), (900002, null, 'steel', 'few', '2025-01-01', 1), (1001, 2, 'glue', 'many', '2025-01-01', 3);

select throws_ok($$ select reorder_create_views('x', 'shop.line', 'customer', 'at', 'amount', target_schema => 'shop') $$, '22004', 'argument time_zone is missing');
select is(string_agg(view_name, ' '), 'shop.again_due shop.again_rhythm shop.again_reorder_check shop.again_checks', 'views of reorders')
from reorder_create_views('again', 'shop.line', 'customer', 'at', 'amount', order_key => 'order_no', peer => 'kind', days => 60, as_of => '2025-03-31', time_zone => 'Asia/Shanghai', target_schema => 'shop');
select matches(answers, 'Findings now: 2; rows left out: 1.') from reorder_create_views('again', 'shop.line', 'customer', 'at', 'amount', order_key => 'order_no', peer => 'kind', days => 60, as_of => '2025-03-31',
	time_zone => 'Asia/Shanghai', target_schema => 'shop', replace => true) where view_name = 'shop.again_checks';
select results_eq('select problem_name, row_count, order_key from shop.again_checks order by finding_index', $$ values ('no_key', 1::bigint, null), ('order_of_several_customers', (select count(*) from shop.line where order_no = 1001), '1001') $$, 'what is odd');

create temp table state as
select customer, max(kind) as kind, cadence_agg(day, amount) as s
from (select customer, order_no, max(kind) as kind, min((at at time zone 'Asia/Shanghai')::date) as day, sum(amount) as amount from shop.line
	where customer is not null and (at at time zone 'Asia/Shanghai')::date <= '2025-03-31' group by customer, order_no) o
group by customer;
create temp table model as
select (select cadence_model_agg(s, '2025-03-31') from state) as whole, (select cadence_model_agg(s, '2025-03-31') from state where kind = 'many') as many, (select spend_model_agg(s, '2025-03-31') from state) as spend;
select bag_eq(
	$$ select customer_key, peer_name, model_name, order_day_count, last_date, silence_days, due_date, due_low_date, due_high_date, days_late, is_overdue, silence_rate, alive_rate, order_rate, expected_order_count, expected_amount
		from shop.again_due $$,
	$$ select customer, kind, case kind when 'many' then 'many' else 'all' end as m, order_days, last_date, silence_days, due_date, due_low, due_high, days_late, coalesce(overdue, false) as o, silence_probability, alive_probability, order_probability,
			expected_orders, round((expected_orders * spend_expected(s, spend, '2025-03-31'))::numeric, 6)
		from state cross join model left join lateral cadence_forecast(s, case kind when 'many' then many else whole end, '2025-03-31', 60) f on true $$,
	'PREFIX_due is cadence_forecast by the own group''s model, or by everybody''s where the group is small');
select results_eq($$ select reason_name, reason_index from shop.again_due where customer_key = 500 $$, $$ values ('unknown', 4) $$, 'a customer with a credit note alone');
select is_empty($$ select * from shop.again_due where reason_name <> case when last_date is null then 'unknown' when is_overdue then 'overdue' when due_low_date <= as_of then 'due_now' else 'not_due' end $$, 'reasons follow from dates');
select results_eq($$ select group_name, status_name from shop.again_rhythm order by group_index $$, $$ values ('few', 'few'), ('many', 'ok'), ('all', 'ok') $$, 'the rhythm of each group');
select bag_eq($$ select group_index, group_name, customer_count, expected_order_count, actual_order_count, order_ratio, active_rate_low from shop.again_reorder_check $$,
	$$ select group_index, group_name, accounts, expected_orders, actual_orders, order_ratio, active_rate_low
		from (select cadence_sample_agg(s, date '2025-03-31' - 60, '2025-03-31') as sample from state) x, cadence_check(sample, cadence_model(sample)) $$, 'the check is cadence_check, cut so many days ago');

-- by item
select lives_ok($$ select reorder_create_views('item', 'shop.line', 'customer', 'at', 'amount', order_key => 'order_no', item => 'item', as_of => '2025-03-31', time_zone => 'UTC', target_schema => 'shop') $$, 'one row per customer and item');
select is((select count(*) from shop.item_due), (select count(distinct (customer, item)) from shop.line where customer is not null and (at at time zone 'UTC')::date <= '2025-03-31'), 'all pairs');

-- value
select is(string_agg(view_name, ' '), 'shop.v_value_check shop.v_value shop.v_value_months shop.v_checks', 'views of value')
from value_create_views('v', 'shop.line', 'customer', 'at', 'amount', order_key => 'order_no', months => 3, discount_rate => 0.1, margin_rate => 0.4, as_of => '2025-03-31', time_zone => 'Asia/Shanghai', target_schema => 'shop');
select bag_eq(
	$$ select customer_key, alive_rate, expected_order_count, order_count_low, order_count_high, spend_amount, value_amount, value_amount_low, value_amount_high from shop.v_value $$,
	$$ select customer, alive_probability, expected_orders, orders_low, orders_high, round(expected_spend::numeric, 6) as a, round(value::numeric, 6) as b, round(value_low::numeric, 6) as c, round(value_high::numeric, 6) as d
		from state cross join model left join lateral clv_forecast(s, whole, spend, '2025-03-31', 3, 0.1, 0.4) f on true $$, 'PREFIX_value is clv_forecast');
select results_eq('select month_index, last_date, round(value_amount, 4), round(discounted_amount, 4), round(cumulative_amount, 4) from shop.v_value_months order by 1',
	$$ select month_index, last_day, round(sum(value)::numeric, 4), round(sum(discounted)::numeric, 4), round(sum(cumulative)::numeric, 4) from state, model, clv_rows(s, whole, spend, '2025-03-31', 3, 0.1, 0.4) group by 1, 2 order by 1 $$, 'month by month');
select results_eq('select customer_count, expected_order_count, actual_order_count, order_ratio, actual_amount, value_ratio, rank_correlation_value from shop.v_value_check',
	$$ select (c).accounts, (c).expected_orders, (c).actual_orders, (c).order_ratio, (c).actual_amount, (c).value_ratio, (c).rank_correlation
		from (select clv_check_agg(s, m, p, '2024-12-31', '2025-03-31') as c from state, (select cadence_model_agg(s, '2024-12-31') as m, spend_model_agg(s, '2024-12-31') as p from state) x) y $$, 'its check');
select is_empty('select * from shop.v_value, shop.v_value_check c where v_value.order_ratio is distinct from c.order_ratio or v_value.value_ratio is distinct from c.value_ratio', 'and its record beside every value');

-- names with signs in them, tables without rows
create table shop."odd 100%s table" ("who %1$s" text, "day%" date, "money" integer, "peer''s" text);
select lives_ok($$ select reorder_create_views('odd%s', 'shop."odd 100%s table"', 'who %1$s', 'day%', 'money', peer => 'peer''''s', target_schema => 'shop')
	union all select value_create_views('oddv', 'shop."odd 100%s table"', 'who %1$s', 'day%', 'money', target_schema => 'shop') $$, 'odd names');
select is_empty('select * from shop."odd%s_due"', 'nothing is due in an empty table'), is_empty('select * from shop."odd%s_reorder_check"', 'nor checked'), is_empty('select * from shop.oddv_value', 'nor worth anything'),
	is((select count(*)::int from shop.oddv_value_check), 1, 'the check has its row');

select throws_ok($$ select reorder_create_views('x', 'shop.line', 'customer', 'at', 'amount', days => 0, time_zone => 'UTC', target_schema => 'shop') $$, '22023', 'days must lie between 1 and 36500');
select throws_ok($$ select reorder_create_views('x', 'shop.line', 'customer', 'at', 'amount', regularity => 9, time_zone => 'UTC', target_schema => 'shop') $$, '22023', 'regularity must lie between 1 and 8');
select throws_ok($$ select value_create_views('x', 'shop.line', 'customer', 'at', 'amount', months => 0, time_zone => 'UTC', target_schema => 'shop') $$, '22023', 'months must lie between 1 and 600');
select throws_ok($$ select value_create_views('x', 'shop.line', 'customer', 'at', 'amount', discount_rate => -1, time_zone => 'UTC', target_schema => 'shop') $$, '22023', 'discount_rate must be a finite number above -1');
select throws_ok($$ select value_create_views('x', 'shop.line', 'customer', 'at', 'amount', margin_rate => 'NaN', time_zone => 'UTC', target_schema => 'shop') $$, '22023', 'margin_rate must be a finite number');

select * from finish();
rollback;
