-- demo.sql: who should have ordered by now and what accounts are worth, as make demo prints it, each under its query.
\pset footer off
set search_path = public, revops, sales;
\echo
\echo '=== Who is late with the next order, by how much, at what odds, and what money waits?'
\echo
\set ECHO queries
create temp table supply_cadence as
select account_no, cadence_agg(ordered_on, amount) as orders
from supply_order
group by account_no;

create temp table supply_model as
select cadence_model(cadence_sample_agg(orders, '2025-06-30'), season => true) as rhythm, spend_model_agg(orders, '2025-06-30') as spend
from supply_cadence;

select left(name, 24) as account, f.last_date as last_order, f.due_date as was_due, f.days_late as days_late,
	round(100 * f.silence_probability::numeric, 1) || ' %' as silent_by_chance,
	round(100 * f.alive_probability::numeric) || ' %' as still_a_customer,
	round(f.expected_orders * spend_expected(orders, spend, '2025-06-30')) as money_in_90_days
from supply_cadence join account using (account_no), supply_model, cadence_forecast(orders, rhythm, '2025-06-30') f
where f.overdue
order by f.expected_orders * spend_expected(orders, spend, '2025-06-30') desc
limit 6;
\set ECHO none
\echo
\echo '=== Is that to be trusted? Learned a year ago, held against the year since; order_ratio above 1 promised too much'
\echo
\set ECHO queries
select group_name, accounts, round(expected_orders::numeric, 1) as expected_orders, actual_orders, round(order_ratio::numeric, 2) as order_ratio,
	round(expected_active::numeric) as expected_to_order, actual_active as ordered
from (select cadence_sample_agg(orders, '2024-06-30', '2025-06-30') as year from supply_cadence) s, cadence_check(year, cadence_model(year, season => true));

-- these orders were made by a known law (it is in the table's comment): regularity 2, r 2, alpha 60, a 1, b 9
select regularity, round(r::numeric, 2) as r, round(alpha::numeric, 1) as alpha, round(a::numeric, 2) as a, round(b::numeric, 2) as b, accounts, gaps, status
from supply_model, cadence_model_rows(rhythm);
\set ECHO none
\echo
\echo '=== What will the next twelve months bring, by kind of customer? With the record of such forecasts'
\echo
\set ECHO queries
with model as (
	select *, (select clv_check_agg(orders, m, p, '2024-06-30', '2025-06-30') from supply_cadence,
		(select cadence_model(cadence_sample_agg(orders, '2024-06-30'), season => true) as m, spend_model_agg(orders, '2024-06-30') as p from supply_cadence) x) as record
	from supply_model
)
select org_type, count(*) as accounts, round(sum(v.expected_orders)::numeric) as orders, round(sum(v.value)) as value,
	round(sum(v.value) / count(*)) as value_each, round((min((record).value_ratio))::numeric, 2) as expected_to_actual_last_year
from supply_cadence join account using (account_no), model, clv_forecast(orders, rhythm, spend, '2025-06-30', 12) v
group by org_type
order by value desc;
\set ECHO none
