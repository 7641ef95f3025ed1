-- gmv_create_views: each view equals the query written by hand; rows as they are do not stop it.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.73);

create schema shop;
create table shop.line as
select n as no, 100 + n / 2 as order_no, (power((n / 2) * 7919 % 1009 / 1009.0, 2) * 80)::int as who, timestamptz '2025-07-02 00:00+00' - (n / 2) * interval '25 hours' as at, (random() * 1000 - 60)::numeric(10, 2) as amount
from generate_series(1, 2400) n;
insert into shop.line values (5001, 9001, null, '2025-01-01', 1), (5002, 9002, 1, null, 1), (5003, 9003, 1, 'infinity', 1), (5004, 9004, 2, '2025-03-01', 'NaN'), (5005, null, 3, '2025-03-01', 4), (5006, null, 3, '2025-03-02', 5),
	(5007, 9007, 4, '2025-03-01', 7), (5008, 9007, 5, '2025-03-01', 7), (5009, 9009, 6, '2025-03-01', 7), (5010, 9009, 6, '2025-03-01', 7), (5011, 9011, 7, '2025-06-19 00:00+08', 1000000);
alter table shop.line add kind text;
update shop.line set kind = chr(97 + no % 3) where no % 7 <> 0;
create table shop.target as select d::date as month, 12000 + extract(month from d) * 100 as goal from generate_series(timestamp '2024-01-01', '2025-12-01', '1 month') d where d <> '2024-05-01';
insert into shop.target values ('2025-02-01', 1), ('2025-03-20', 2), (null, 5);
select '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2025-01-28/2025-02-04"], "covers": "2024-01-01/2025-12-31"}' as calendar \gset

-- the first call of a session, before any with those options
select lives_ok($$select gmv_create_views('plain', 'shop.line', 'who', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'no options');
select set_eq(format($$select view_name from gmv_create_views('gmv', 'shop.line', 'who', 'at', 'amount', 'order_no', 'kind', target => 'shop.target', target_period => 'month', target_amount => 'goal', calendar => %L,
		target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, :'calendar'),
	$$select 'shop.gmv_' || unnest(array['periods', 'customers', 'bridge', 'bridge_by_dimension', 'checks'])$$, 'the call names the views it made');

-- an order: the lines of a customer's key
create temp table o as
select who, order_no, min(at at time zone 'Asia/Shanghai')::date as day, coalesce(sum(nullif(amount, 'NaN')), 0) as amount
from shop.line where who is not null and isfinite(at) and at < '2025-06-19 00:00+08' group by 1, 2;
create temp table m as
select m::date as month, (m + interval '1 month')::date as next, least((m + interval '1 month')::date, '2025-06-19') as ends from generate_series((select date_trunc('month', min(day))::timestamp from o), '2025-06-01', '1 month') m;
create temp table hand as
select month, (select sum(amount) from o where day >= month and day < ends) as gmv, (select count(distinct who) from o where day >= month and day < ends and amount >= 0) as customers,
	(select count(*) from o where day >= month and day < ends and amount >= 0) as orders, ends - month as days,
	(select sum(amount) from o where day >= month - interval '1 month' and day < case when ends = next then month::timestamp else ends - interval '1 month' end) as previous,
	(select sum(amount) from o where day >= month - interval '1 year' and day < ends - interval '1 year') as year,
	(select sum(amount) from o where day >= ends - interval '1 year' and day < next - interval '1 year') as rest,
	(select sum(amount) from o where day >= ends - interval '1 year' and day < ends) as last_year,
	(select sum(amount) from o where day >= date_trunc('year', month::timestamp) and day < ends) as ytd,
	(select sum(amount) from o where day >= date_trunc('year', month::timestamp) - interval '1 year' and day < ends - interval '1 year') as ytd_before,
	(select sum(goal)::numeric from shop.target t where t.month >= m.month and t.month < next) as target
from m;
-- from the second year on all bases are there
select set_eq($$select period_date, gmv_amount, customer_count, order_count, day_count, previous_gmv_amount, year_gmv_amount, year_to_date_amount, trailing_year_amount, target_amount from shop.gmv_periods
		where period_date between '2024-02-01' and '2025-06-30'$$,
	$$select month, gmv, customers, orders, days::bigint, previous, year, ytd, last_year, target from hand where month >= '2024-02-01'$$, 'PREFIX_periods equals the query by hand');
select is_empty($$select period_date from shop.gmv_periods where previous_growth_rate is distinct from growth_rate(gmv_amount, previous_gmv_amount) or year_growth_rate is distinct from growth_rate(gmv_amount, year_gmv_amount)
	or order_value_amount is distinct from round(gmv_amount / nullif(order_count, 0), 2) or order_frequency_ratio is distinct from order_count::float8 / nullif(customer_count, 0)$$, 'quotients');
select set_eq($$select period_date, round(year_to_date_growth_rate::numeric, 9) as r from shop.gmv_periods where period_date between '2024-02-01' and '2025-06-30'$$,
	$$select month, round(growth_rate(ytd, ytd_before)::numeric, 9) as r from hand where month between '2024-02-01' and '2025-06-30'$$, 'growth of the year to date');
select results_eq($$select state_name, target_due_amount, gap_amount, pace_amount from shop.gmv_periods where period_date = '2025-06-01'$$,
	$$select 'running', round(target * year / (year + rest), 2), gmv - round(target * year / (year + rest), 2), round(gmv * (year + rest) / year, 2) from hand where month = '2025-06-01'$$, 'what is due, and the pace');
select results_eq($$select state_name, target_due_amount, gap_amount, pace_amount from shop.gmv_periods where period_date = '2025-05-01'$$,
	$$select 'complete', target, gmv - target, gmv from hand where month = '2025-05-01'$$, 'a complete month');
select results_eq($$select period_date, state_name, gmv_amount, year_to_date_amount, target_amount from shop.gmv_periods where period_date > '2025-06-01' order by 1$$,
	$$select month, 'future', null::numeric, null::numeric, goal::numeric(12, 2) from shop.target where month > '2025-06-30' order by 1$$, 'months to come have their target alone');
select is((select work_day_count::integer from shop.gmv_periods where period_date = '2025-02-01'), 18, 'days of work');
select is((select count(work_day_count) from shop.gmv_periods where period_date < '2024-01-01'), 0::bigint, 'not where the calendar does not cover them');
select is((select array[previous_gmv_amount, year_gmv_amount, trailing_year_amount] from shop.gmv_periods where period_index = 1), '{null,null,null}'::numeric[], 'no base before the first order');
select is((select sum(gmv_amount) from shop.gmv_periods), (select sum(amount) from o), 'periods add up to all');

select set_eq('select compared_name, period_date, customer_key, base_order_count, order_count, base_gmv_amount, gmv_amount from shop.gmv_customers where period_date in (''2025-06-01'', ''2025-03-01'')',
	$$select c, month, who, count(*) filter (where side = 1 and amount >= 0) as n0, count(*) filter (where side = 2 and amount >= 0) as n1, coalesce(sum(amount) filter (where side = 1), 0) as a0, coalesce(sum(amount) filter (where side = 2), 0) as a1
	from (values ('previous', date '2025-06-01', date '2025-06-19', date '2025-05-01', date '2025-05-19'), ('year', '2025-06-01', '2025-06-19', '2024-06-01', '2024-06-19'),
			('previous', '2025-03-01', '2025-04-01', '2025-02-01', '2025-03-01'), ('year', '2025-03-01', '2025-04-01', '2024-03-01', '2024-04-01')) v(c, month, ends, base, base_ends),
		lateral (select who, amount, case when day >= month then 2 else 1 end as side from o where day >= month and day < ends or day >= base and day < base_ends) x
	group by 1, 2, 3 having count(*) filter (where amount >= 0) > 0 or sum(amount) filter (where side = 1) <> 0 or sum(amount) filter (where side = 2) <> 0$$, 'PREFIX_customers equals the query by hand');
select is_empty($$select * from shop.gmv_customers where gmv_change_amount <> gmv_amount - base_gmv_amount or status_name <> case when base_order_count = 0 and base_gmv_amount = 0 then 'new' when order_count = 0 and gmv_amount = 0 then 'lost' else 'stayed' end$$, 'who came, stayed or was lost');
select set_eq('select period_date, sum(gmv_amount) as now, sum(base_gmv_amount) as base, sum(order_count) as orders from shop.gmv_customers where compared_name = ''year'' group by 1',
	'select period_date, gmv_amount as now, year_gmv_amount as base, order_count::numeric as orders from shop.gmv_periods where year_gmv_amount is not null', 'customers add up to periods');
select set_eq('select period_date, period_index from shop.gmv_customers where compared_name = ''year''', 'select period_date, period_index from shop.gmv_periods where year_gmv_amount is not null', 'and have the same places');

-- bridges: the change of the periods, to the cent; by customer as bridge_rows has it
select set_eq(format('select compared_name, period_date, period_index, sum(effect_amount) as change from shop.gmv_%s group by 1, 2, 3', v),
	$$select 'previous' as compared_name, period_date, period_index, gmv_amount - previous_gmv_amount as change from shop.gmv_periods where previous_gmv_amount is not null
	union all select 'year', period_date, period_index, gmv_amount - year_gmv_amount from shop.gmv_periods where year_gmv_amount is not null$$, v || ' sums to the change of the periods')
from unnest(array['bridge', 'bridge_by_dimension']) v;
select set_eq($$select factor_name, factor_index, effect_amount from shop.gmv_bridge where compared_name = 'year' and period_date = '2025-03-01'$$,
	$$select case kind when 'entry' then 'new customers' when 'exit' then 'lost customers' else factor_name end, case kind when 'entry' then 1 when 'exit' then 2 else factor_index + 1 end, sum(effect)::numeric(38, 2)
	from (select bridge_agg(customer_key, 1, base_order_count, base_gmv_amount) filter (where status_name <> 'new') as b, bridge_agg(customer_key, 1, order_count, gmv_amount) filter (where status_name <> 'lost') as a
		from shop.gmv_customers where compared_name = 'year' and period_date = '2025-03-01') x, bridge_rows(b, a, '{customers,frequency,order value}')
	where kind in ('entry', 'exit', 'factor') group by 1, 2$$, 'the bridge is bridge_rows over customers');
select is_empty($$select customer_key from shop.gmv_customers where status_name = 'stayed' and gmv_change_amount <> frequency_effect_amount + order_value_effect_amount
	or status_name <> 'stayed' and (frequency_effect_amount is not null or order_value_effect_amount is not null)$$, 'effects of a customer who stayed sum to the change');
select set_eq($$select dimension_name, factor_name, factor_index, effect_amount from shop.gmv_bridge_by_dimension where compared_name = 'previous' and period_date = '2025-03-01'$$,
	$$select cell, case kind when 'factor' then 'order value' else kind end, case kind when 'scale' then 3 when 'mix' then 4 else 5 end, effect::numeric(38, 2)
	from (select bridge_agg(kind, n, money) filter (where day < '2025-03-01') as b, bridge_agg(kind, n, money) filter (where day >= '2025-03-01') as a
		from (select date_trunc('month', day)::date as day, kind, count(*) filter (where amount >= 0) as n, sum(amount) as money
			from (select who, order_no, kind, min(at at time zone 'Asia/Shanghai')::date as day, coalesce(sum(nullif(amount, 'NaN')), 0) as amount from shop.line where who is not null and isfinite(at) group by 1, 2, 3) y
			where day >= '2025-02-01' and day < '2025-04-01' group by 1, 2) z) x, bridge_rows(b, a, '{orders,value}')$$, 'and by dimension as bridge_rows of the dimension');

select set_eq('select problem_name, is_left_out, row_count, detail_name from shop.gmv_checks',
	$$values ('no_key', true, 1::bigint, 'rows without a customer'), ('no_time', true, 2, 'rows without a time, or with an endless one'), ('bad_amount', false, 1, 'amounts that are NaN, endless or 10^22 and more count as 0'),
		('repeated_row', false, 1, 'rows that repeat another of the same customer, time, order and amount; customers: 1'), ('no_order', false, 2, 'rows without an order are one order of each customer: 1'),
		('shared_order', false, 2, 'orders with rows of several customers count once for each: 1'), ('no_target', false, 1, 'periods without a target between the first and the last: 2024-05-01'),
		('repeated_target', false, 2, 'targets of one day are added up: 2025-02-01'), ('target_inside', false, 1, 'targets whose day is not the first of a month: 2025-03-20'), ('bad_target', true, 1, 'targets without a day or an amount')$$, 'what is odd');

-- fiscal years, one row per order, no target; another grain; an empty table
select lives_ok($$select gmv_create_views('fiscal', 'shop.line', 'who', 'at', 'amount', fiscal_month => 4, from_date => '2024-04-01', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'a fiscal year from April');
select is((select year_to_date_amount from shop.fiscal_periods where period_date = '2025-03-01'), (select sum(nullif(amount, 'NaN')) from shop.line where who is not null and at >= '2024-04-01 00:00+08' and at < '2025-04-01 00:00+08'), 'its year to date');
select is((select year_to_date_amount from shop.fiscal_periods where period_date = '2025-04-01'), (select gmv_amount from shop.fiscal_periods where period_date = '2025-04-01'), 'begins in April');
select hasnt_column('shop', 'fiscal_periods', 'target_amount', 'no target');
select is((select sum(order_count) from shop.fiscal_periods), (select count(*)::numeric from shop.line where who is not null and at >= '2024-04-01 00:00+08' and at < '2025-06-19 00:00+08' and coalesce(nullif(amount, 'NaN'), 0) >= 0), 'one row per order');
select lives_ok($$select gmv_create_views('years', 'shop.line', 'who', 'at', 'amount', 'order_no', grain => 'year', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'years');
select is((select array[gmv_amount, previous_gmv_amount, year_gmv_amount] from shop.years_periods where period_date = '2025-01-01'),
	(select array[ytd, ytd_before, ytd_before] from hand where month = '2025-06-01'), 'a running year against as much of the one before');
create table shop.nothing as select * from shop.line where false;
select lives_ok($$select gmv_create_views('nothing', 'shop.nothing', 'who', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'UTC')$$, 'an empty table');
select results_eq('select period_date, gmv_amount, customer_count, year_growth_rate from shop.nothing_periods', $$values (date '2025-06-01', 0::numeric(40, 2), 0::bigint, null::float8)$$, 'has one row');
select is_empty('select * from shop.nothing_customers', 'and nobody');

create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select gmv_create_views(''x'', ''shop.line'', ''who'', ''at'', ''amount'', target_schema => ''shop''%s)', more)), expected, expected) from (values
	('', '22004 argument time_zone is missing'), (', time_zone => ''UTC'', fiscal_month => 13', '22023 fiscal_month must be between 1 and 12'),
	(', time_zone => ''UTC'', grain => ''moon''', '22023 unknown grain "moon"'), (', time_zone => ''UTC'', target => ''shop.target''', '22023 target, target_period and target_amount go together'),
	(', time_zone => ''UTC'', target => ''shop.target'', target_period => ''month'', target_amount => ''gaol''', '42703 shop.target has no column "gaol"'), (', time_zone => ''UTC'', calendar => ''[]''', '22P02 invalid work_calendar_def')) v(more, expected);
alter table shop.target rename column goal to aim;
select is((select distinct needs_attention from revops_views() where view_name = 'shop.gmv_periods'), 'column "goal" of shop.target is gone or renamed', 'a target''s column that is gone is said');
select * from finish();
rollback;
