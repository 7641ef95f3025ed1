-- activity_create_views: each view equals the query written by hand; rows as they are do not stop it.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.72);

create schema shop;
create table shop.visit as
select 'c' || (power(random(), 2) * 200)::int as who, timestamptz '2025-07-05 00:00+00' - random() * interval '700 days' as at, (random() * 100 - 5)::numeric(10, 2) as amount
from generate_series(1, 1500);
insert into shop.visit values (null, '2025-01-01', 1), ('x', null, 1), ('x', 'infinity', 1), ('x', '-infinity', 1), ('credit', '2025-02-01', -5), ('credit', '2025-02-02', -6),
	('C1', '2025-03-01', 1), ('odd', '2025-03-01', 'NaN'), ('odd', '2025-03-01', 'NaN'), (' ', '2025-03-01', 2), ('last', '2025-06-30 23:59+08', 3), ('tomorrow', '2025-07-01 00:00+08', 3);

-- the first call of a session, before any with those options
select lives_ok($$select activity_create_views('plain', 'shop.visit', 'who', 'at', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'no options');
select set_eq($$select view_name from activity_create_views('v', 'shop.visit', 'who', 'at', 30, 'amount', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'shop.v_' || unnest(array['customers', 'periods', 'cohorts', 'checks'])$$, 'the call names the views it made');

-- a day of activity of a customer
create temp table hand as
select who, day, bool_or(coalesce(nullif(amount, 'NaN'), 0) >= 0) as is_active, sum(nullif(amount, 'NaN')) as amount
from shop.visit, lateral (select (at at time zone 'Asia/Shanghai')::date as day) d
where who is not null and isfinite(at) and day <= '2025-06-30'
group by 1, 2;
select set_eq('select customer_key, first_date, last_date, active_day_count, idle_days, state_name, total_amount from shop.v_customers',
	$$select who, first_date, last_date, days, date '2025-06-30' - last_date as idle, case when last_date > date '2025-06-30' - 30 then 'active' when last_date is null then 'no_activity' else 'dormant' end as state, amount
	from (select who, min(day) filter (where is_active) as first_date, max(day) filter (where is_active) as last_date, count(*) filter (where is_active) as days, sum(amount)::numeric(38, 2) as amount from hand group by who) x$$,
	'PREFIX_customers equals the query by hand');
select is((select state_name from shop.v_customers where customer_key = 'credit'), 'no_activity', 'credit notes are no activity');

-- the slow, obvious way: who is active on a day
create function pg_temp.active(day date) returns setof text language sql as $$ select distinct who from hand where is_active and hand.day <= $1 and hand.day > $1 - 30 $$;
create temp table month_end as
select m::date as month, least(m + interval '1 month' - interval '1 day', '2025-06-30')::date as last, m::date - 1 as before from generate_series(timestamp '2023-08-01', '2025-06-01', '1 month') m;
select set_eq('select period_date, opening_count, new_count, returned_count, dormant_count, closing_count, ever_count from shop.v_periods',
	$$select month, (select count(*) from pg_temp.active(before)) as opening,
		(select count(*) from (select * from pg_temp.active(last) except select who from hand where is_active and day <= before) x) as new,
		(select count(*) from ((select * from pg_temp.active(last) except select * from pg_temp.active(before)) intersect select who from hand where is_active and day <= before) x) as returned,
		(select count(*) from (select * from pg_temp.active(before) except select * from pg_temp.active(last)) x) as dormant,
		(select count(*) from pg_temp.active(last)) as closing, (select count(distinct who) from hand where is_active and day <= last) as ever
	from month_end$$, 'PREFIX_periods counts who is active');
select is_empty('select * from shop.v_periods where opening_count + new_count + returned_count - dormant_count <> closing_count', 'periods foot');
select is_empty('select * from shop.v_periods where active_rate is distinct from closing_count::float8 / nullif(ever_count, 0) or quick_ratio is distinct from (new_count + returned_count)::float8 / nullif(dormant_count, 0)', 'rates');
select is((select sum(period_amount) from shop.v_periods), (select sum(total_amount) from shop.v_customers), 'amounts of periods are those of customers');
select set_eq('select period_date, period_amount from shop.v_periods', 'select date_trunc(''month'', day)::date as month, sum(amount)::numeric(38, 2) as amount from hand group by 1', 'month by month');
select is((select closing_count from shop.v_periods where period_date = '2025-06-01'), (select count(*) from shop.v_customers where state_name = 'active'), 'the last closing is who is active');
create temp table first_month as select who, date_trunc('month', min(day))::date as cohort from hand where is_active group by who;
select set_eq('select cohort_date, period_index, customer_count, active_count from shop.v_cohorts',
	$$select cohort, age, (select count(*) from first_month f where f.cohort = c.cohort) as size,
		(select count(distinct h.who) from hand h join first_month f using (who) where f.cohort = c.cohort and h.is_active and date_trunc('month', h.day) = c.cohort + age * interval '1 month') as active
	from (select distinct cohort from first_month) c, generate_series(0, 30) age
	where c.cohort + age * interval '1 month' <= '2025-06-30'$$, 'PREFIX_cohorts counts who comes back');
select set_eq('select problem_name, is_left_out, row_count, customer_key from shop.v_checks where problem_name <> ''similar_keys'' and (problem_name <> ''credit_only'' or customer_key = ''credit'')',
	$$values ('no_key', true, 1::bigint, null::text), ('no_time', true, 3, null), ('credit_only', false, 2, 'credit'), ('bad_amount', false, 2, null), ('repeated_row', false, 1, null), ('blank_key', false, 1, ' ')$$, 'what is odd');
select is((select array_agg(customer_key) from shop.v_checks where problem_name = 'similar_keys'), array['C1'], 'keys that differ by case');

-- without amounts; other grains; from a day on; an empty table
select lives_ok($$select activity_create_views('w', 'shop.visit', 'who', 'at', grain => 'week', from_date => '2025-06-01', target_schema => 'shop', as_of => '2025-06-19', time_zone => 'UTC')$$, 'weeks from a day on');
select is((select array_agg(period_date || ' ' || state_name order by period_index) from shop.w_periods), array['2025-05-26 complete', '2025-06-02 complete', '2025-06-09 complete', '2025-06-16 running'], 'the last one runs');
select hasnt_column('shop', 'w_periods', 'period_amount', 'no amount, no money');
create table shop.nothing as select * from shop.visit where false;
select lives_ok($$select activity_create_views('n', 'shop.nothing', 'who', 'at', amount => 'amount', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'UTC')$$, 'an empty table');
select is_empty('select customer_key from shop.n_customers union all select customer_key from shop.n_checks', 'has nobody');

create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select activity_create_views(''x'', ''shop.visit'', ''who'', ''at'', target_schema => ''shop''%s)', more)), expected, expected) from (values
	('', '22004 argument time_zone is missing'), (', time_zone => ''UTC'', dormant_days => 0', '22023 dormant_days must be at least 1'),
	(', time_zone => ''UTC'', grain => null', '22023 unknown grain ""'), (', time_zone => ''UTC'', from_date => ''-infinity''', '22023 from_date must be a finite date'),
	(', time_zone => ''UTC'', amount => ''who''', '42804 column "who" of shop.visit does not fit argument amount')) v(more, expected);
select * from finish();
rollback;
