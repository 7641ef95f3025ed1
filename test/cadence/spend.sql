-- spend_model, lifetime value and its check.
begin;
\pset fieldsep '\n'
set local search_path = public, revops;
select no_plan();

-- worked by hand (float64): amounts of order days, credit notes
create temp table hand (account int, amounts numeric[], credit numeric, spend float8);
insert into hand values
	(1, '{100, 120, 80}', null, 100.36007443044186),
	(2, '{1000}', null, 977.0919771554941),
	(3, '{50, 50}', -20, 51.40095207681095),
	(4, '{3000, 2000, 4000, 2500}', -500, 2774.6333084698927),
	(5, '{10}', null, 10.82337258567543),
	(6, '{400, 900}', null, 599.8346444671558);
create temp table hand_state as
select account, spend, cadence_agg(day, amount) as s
from (select account, spend, date '2024-01-01' + 30 * n::int as day, amount from hand, unnest(amounts) with ordinality a (amount, n)
	union all select account, spend, '2024-02-15', credit from hand where credit is not null) x
group by account, spend;
create temp table hand_model as select spend_model_agg(s, '2024-12-31') as m from hand_state;
select is_empty($$ select * from hand_model, spend_model_rows(m) r join (values ('log_mean', 5.345067902208923), ('within', 0.09559585873023692), ('between', 4.207891255273348),
		('credibility', 0.022718234129847286), ('smear', 1.0116052173980419), ('new_account', 212.0042444748812)) v (name, value) on name = parameter
	where abs(r.value / v.value - 1) > 1e-12 or r.method <> 'log' or r.accounts <> 6 or r.order_days <> 13 or r.status <> 'few' $$, 'parameters worked by hand');
select is(count(*), 6::bigint, 'all of them') from hand_model, spend_model_rows(m);
select is_empty($$ select * from hand_state, hand_model where abs(spend_expected(s, m, '2024-12-31') / spend - 1) > 1e-12 $$, 'and what an order day brings');
select is(round(sum(cardinality(amounts) * spend_expected(s, m, '2024-12-31'))::numeric, 6), 13690.000000, 'days times spend is the money taken') from hand join hand_state using (account), hand_model;
select is(round(frequency_correlation::numeric, 6), 0.441367, 'rank correlation of days and amounts') from hand_model, spend_model_rows(m) limit 1;

-- gamma-gamma: Fader and Hardie, note 025, as the tests of lifetimes print it
select is(round(spend_expected(s, '{"method": "gamma_gamma", "p": 6.25, "q": 3.74, "v": 15.44}', '2025-01-01')::numeric, 9), 24.663713911, 'two days of 22.35 on average')
from (select cadence_agg(day, amount) as s from (values (date '2024-01-01', 20.35), ('2024-02-01', 24.35)) o (day, amount)) x;
select is(round(value::numeric, 9), 35.218978102, 'an unknown account') from spend_model_rows('{"method": "gamma_gamma", "p": 6.25, "q": 3.74, "v": 15.44}') where parameter = 'new_account';
select is(spend_expected('{"days": [["2024-01-01", 1, 20]]}', m, '2025-01-01'), null, 'no spend where the mean is infinite'), is(status, 'infinite_mean', 'and a status that says so')
from (values ('{"method": "gamma_gamma", "p": 1.05, "q": 0.794, "v": 4266.3}'::spend_model)) v (m), spend_model_rows(m) limit 1;

-- any data: positive, finite, and adding up to the money taken
select setseed(0.77);
create temp table population as
select p, a, (random() * 5)::int as kind, cadence_agg(day, amount) as s
from (
	select p, a, date '2024-06-30' - (random() * 700)::int as day,
		case p % 6 when 0 then round((random() * 1000)::numeric, 2) when 1 then 100 when 2 then round((10 ^ (random() * 12))::numeric, 4)
			when 3 then case when random() < 0.5 then 0 else 5 end when 4 then a * 100 else round((random() * 100)::numeric, 2) - 10 end as amount
	from generate_series(1, 300) p, generate_series(1, 1 + p % 23) a, generate_series(1, 1 + (p * a) % 9) n) x
group by p, a;
create temp table population_model as
select p, spend_model_agg(s, '2024-06-30') as m, spend_model_agg(s, '2024-06-30', 'gamma_gamma') as g,
	sum((cadence_summary(s, '2024-06-30')).total) filter (where (cadence_summary(s, '2024-06-30')).order_days > 0) as net
from population group by p;
create temp table spent as
select p, a, (cadence_summary(s, '2024-06-30')).order_days as days, spend_expected(s, m, '2024-06-30') as spend, spend_expected(s, g, '2024-06-30') as gamma
from population join population_model using (p);
select is_empty($$ select * from spent join population_model using (p) where days > 0 and net > 0 and not (spend > 0 and spend < 1e300) $$, 'spend is positive and finite');
select is_empty($$ select p, net, sum(days * spend) from spent join population_model using (p) where net > 0 group by p, net
	having not abs(sum(days * spend) / net::float8 - 1) < 1e-9 $$, 'and adds up to the money taken, credit notes off');
select is_empty($$ select * from spent where gamma is not null and not (gamma > 0 and gamma < 1e300) $$, 'gamma-gamma gives a positive number, or none');
select is_empty($$ select * from spent join population_model using (p) where net <= 0 and spend is not null $$, 'no money, no spend');
select bag_eq($$ select distinct status from population_model, spend_model_rows(m) where m is not null $$, $$ values ('ok'), ('few'), ('equal'), ('no_revenue') $$, 'statuses of method log');

-- the formulas, in SQL
create function spend_oracle(of int) returns table (a int, spend float8) language sql stable as $$
	with day as (select a, orders, amount, credits from population, cadence_rows(s, '2024-06-30') where p = of),
		account as (select a, count(*) filter (where orders > 0) as days, count(*) filter (where amount > 0) as n, avg(ln(amount::float8)) filter (where amount > 0) as l,
				var_pop(ln(amount::float8)) filter (where amount > 0) * count(*) filter (where amount > 0) as ss, sum(amount + credits)::float8 as net
			from day group by a having count(*) filter (where orders > 0) > 0),
		total as (select sum(n) as days_n, count(*) filter (where n > 0) as c, sum(n * l) / sum(n) as m, sum(ss) as ss, sum(n * n) as n2, sum(net) as money from account),
		variance as (select *, ss / nullif(days_n - c, 0) as within, ((select sum(n * (l - m) ^ 2) from account) - (c - 1) * ss / nullif(days_n - c, 0)) / nullif(days_n - n2 / days_n, 0) as between from total),
		kappa as (select *, case when c = 1 then 0 when days_n = c then 1 when between <= 1e-24 * (1 + m * m) then 'Infinity' else within / between end as k from variance),
		z as (select a, days, n, l, net, case when n = 0 or k = 'Infinity' then 0 else n / (n + k) end as z from account, kappa),
		mu as (select coalesce(sum(z * l) / nullif(sum(z), 0), (select m from total)) as mu from z)
	select a, (select sum(net) from z) / (select sum(days * exp(z * coalesce(l, 0) + (1 - z) * mu)) from z, mu) * exp(z * coalesce(l, 0) + (1 - z) * mu)
	from z, mu where (select money from total) > 0 $$;
select is_empty($$ select * from generate_series(1, 300) t (p), lateral (select t.p, o.* from spend_oracle(t.p) o) o join spent using (p, a) where not abs(spent.spend / o.spend - 1) < 1e-9 $$, 'spend is the formula''s');
select is(count(*), (select count(*) from spent join population_model using (p) where days > 0 and net > 0), 'for all accounts') from generate_series(1, 300) p, spend_oracle(p);

-- the unit of money
create temp table hundredfold as
select p, a, cadence_agg(order_date, r.amount * 100) as s from population, cadence_rows(s) r where p < 60 and orders > 0 group by p, a;
create temp table onefold as
select p, a, cadence_agg(order_date, r.amount) as s from population, cadence_rows(s) r where p < 60 and orders > 0 group by p, a;
select is_empty($$ select * from (select p, spend_model_agg(s, '2024-06-30') as m from onefold group by p) x join onefold using (p)
		join (select p, spend_model_agg(s, '2024-06-30') as m100 from hundredfold group by p) y using (p) join hundredfold h using (p, a)
	where not coalesce(abs(spend_expected(h.s, m100, '2024-06-30') / spend_expected(onefold.s, m, '2024-06-30') - 100) < 1e-6, true) $$, 'a hundredth of the unit is a hundredfold spend');

select is(spend_model_agg(s, '2024-06-30'), (select m from population_model where p = 23), 'rows in another order') from (select s from population where p = 23 order by random()) x;
select ok(spend_model_agg(null::cadence_state, '2024-06-30') is null, 'NULL accounts give NULL');
select ok(m = m::text::spend_model and m = m::jsonb::spend_model and g = g::text::spend_model, 'models as text and jsonb') from population_model where p < 4;

-- lifetime value by month: computed with mpmath
create temp table value (month_index int, last_day date, expected_orders float8, value float8, discounted float8);
insert into value values
	(1, '2024-08-31', 0.5227889427101512, 104.55778854203024, 104.1433860351063),
	(2, '2024-09-30', 0.45103785994938994, 90.20757198987799, 89.13923609344133),
	(3, '2024-10-31', 0.455261028486577, 91.0522056973154, 89.26207838450716),
	(4, '2024-11-30', 0.43473449586880086, 86.94689917376017, 84.56316547685454),
	(5, '2024-12-31', 0.4441796801953508, 88.83593603907016, 85.71689401160405),
	(6, '2025-01-31', 0.4395122051687457, 87.90244103374914, 84.14518859503384);
create temp table customer as
select cadence_agg(day, 500) as s, cadence_model(2, 0.854, 30.22, 0.158, 2.017) as m, '{"method": "log", "log_mean": 0, "smear": 500}'::spend_model as p
from unnest(array['2024-01-15', '2024-03-01', '2024-04-20', '2024-06-03']::date[]) day;
select is_empty($$ select * from customer, clv_rows(s, m, p, '2024-07-31', 6, 0.1, 0.4) r join value v using (month_index)
	where r.last_day <> v.last_day or abs(r.expected_orders / v.expected_orders - 1) > 1e-9 or abs(r.value / v.value - 1) > 1e-9 or abs(r.discounted / v.discounted - 1) > 1e-9 $$, 'month by month');
select is(round(value::numeric, 8), 536.96994860, 'and in sum'), is(round(expected_orders::numeric, 9), 2.747514212, 'orders'), is(expected_spend, 500::float8, 'spend'),
	is(orders_low || ' ' || orders_high, '0 5', 'bounds of orders'), is(value_low, 0::float8, 'value at the low one'), is(round(value_high::numeric, 6), round((value * 5 / expected_orders)::numeric, 6), 'and at the high one')
from customer, clv_forecast(s, m, p, '2024-07-31', 6, 0.1, 0.4);
select is(round(cumulative::numeric, 9), round(f.value::numeric, 9), 'the running sum ends at the value') from customer, clv_rows(s, m, p, '2024-07-31', 6, 0.1, 0.4) r, clv_forecast(s, m, p, '2024-07-31', 6, 0.1, 0.4) f where month_index = 6;
select is(array_agg(last_day order by month_index), '{2024-02-28,2024-03-30,2024-04-29,2024-05-30}'::date[], 'months do not drift'), is(min(starts), '2024-01-31'::date, 'the first begins the day after as_of')
from customer, clv_rows(s, m, p, '2024-01-30', 4);
select ok(f.value < 0 and f.value_low < f.value_high and f.value_high = 0, 'a negative margin is a cost') from customer, clv_forecast(s, m, p, '2024-07-31', 6, 0.1, -0.4) f;
select is(f.value, f.expected_orders * 500, 'without discount it is orders times spend') from customer, clv_forecast(s, m, p, '2024-07-31') f;
select is(f.expected_orders, c.expected_orders, 'orders are those of cadence_forecast') from customer, clv_forecast(s, m, p, '2024-07-31', 3) f, cadence_forecast(s, m, '2024-07-31', date '2024-10-31' - '2024-07-31') c;
select is(clv_forecast(s, m, p, '2023-12-31')::text, null, 'no order yet, no value') from customer;
select is_empty('select r.* from customer, clv_rows(s, m, p, ''2023-12-31'') r', 'nor rows');
select ok(expected_spend is null and value is null and expected_orders > 0, 'where the spend is unknown the orders stand alone')
from customer, clv_forecast(s, m, '{"method": "gamma_gamma", "p": 1, "q": 0.5, "v": 1}', '2024-07-31');

-- the check: the obvious SQL
create temp table checked as
select s, (select cadence_model_agg(s, '2023-12-31') from population where p = 22 or p = 21) as m, (select spend_model_agg(s, '2023-12-31') from population where p = 22 or p = 21) as q from population where p in (21, 22);
create temp table judged as
select (cadence_forecast(s, m, '2023-12-31', date '2024-06-30' - '2023-12-31')).expected_orders as orders, spend_expected(s, q, '2023-12-31') as spend,
	(select count(*) from cadence_rows(s) r where r.orders > 0 and order_date > '2023-12-31' and order_date <= '2024-06-30') as came,
	(select coalesce(sum(amount + credits), 0) from cadence_rows(s) r where order_date > '2023-12-31' and order_date <= '2024-06-30') as money
from checked where (cadence_summary(s, '2023-12-31')).order_days > 0;
select results_eq(
	$$ select accounts, round(expected_orders::numeric, 9), actual_orders, round(order_ratio::numeric, 9), round(expected_value::numeric, 6), actual_amount, round(value_ratio::numeric, 9),
			round(mean_absolute_error::numeric, 6), round(rank_correlation::numeric, 9)
		from (select (clv_check_agg(s, m, q, '2023-12-31', '2024-06-30')).* from checked) x $$,
	$$ select count(*), round(sum(orders)::numeric, 9), sum(came)::bigint, round((sum(orders) / sum(came))::numeric, 9), round(sum(orders * spend)::numeric, 6), sum(money),
			round((sum(orders * spend) / sum(money)::float8)::numeric, 9), round(avg(abs(orders * spend - money::float8))::numeric, 6), round(corr(a, b)::numeric, 9)
		from (select *, rank() over (order by orders * spend) + (count(*) over (partition by orders * spend) - 1) / 2.0 as a,
			rank() over (order by money) + (count(*) over (partition by money) - 1) / 2.0 as b from judged) x $$, 'expected against what came');
create table shared_checked as select * from checked;
analyze shared_checked;
alter table shared_checked set (parallel_workers = 4);
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is((select clv_check_agg(s, m, q, '2023-12-31', '2024-06-30')::text from shared_checked), (select clv_check_agg(s, m, q, '2023-12-31', '2024-06-30' order by random())::text from checked), 'in parallel, in any order');
select is(clv_check_agg(null::cadence_state, m, q, '2023-12-31', '2024-06-30')::text, '(0,0,0,,0,0,,,)', 'of no account') from checked;
select ok(clv_check_agg(s, m, q, '2023-12-31', '2024-06-30') is null, 'of no row') from checked where false;

-- errors
select throws_ok($$ select clv_check_agg(s, case when a < 3 then cadence_model(1, 1, 1, 1, 1) else cadence_model(1, 1, 1, 1, 2) end, '{"method": "log", "log_mean": 0, "smear": 1}', '2023-12-31', '2024-06-30') from population $$,
	'22023', 'the parameters of clv_check_agg must be the same in every row');
select throws_ok($$ select clv_check_agg(s, cadence_model(1, 1, 1, 1, 1), null, '2023-12-31', '2024-06-30') from population $$, '22004', 'the spend_model of clv_check_agg must not be NULL');
select throws_ok($$ select clv_check_agg(s, cadence_model(1, 1, 1, 1, 1), '{"method": "log", "log_mean": 0, "smear": 1}', '2023-12-31', '2023-12-31') from population $$, '22023', 'until must lie after as_of');
select throws_ok($$ select spend_model_agg(s, '2024-06-30', 'median') from population $$, '22023', 'unknown method "median"');
select throws_ok($$ select spend_model_agg(s, null) from population $$, '22004', 'as_of of spend_model_agg must not be NULL');
select throws_ok($$ select spend_model_agg('{"days": [["2024-01-01", 1, 1e400]]}'::cadence_state, '2024-06-30') $$, '22003', 'an amount is too large for a model of spend');
select throws_ok(format('select clv_forecast(s, m, p, %s) from customer', a), c, null, a)
from (values ('''infinity''', '22008'), ('''2024-07-31'', 0', '22023'), ('''2024-07-31'', 601', '22023'), ('''2024-07-31'', 12, -1', '22023'), ('''2024-07-31'', 12, ''NaN''', '22023'),
	('''2024-07-31'', 12, 0, ''Infinity''', '22023'), ('''2024-07-31'', 12, 0, 1, 1', '22023'), ('''5874897-12-31''', '22008')) v (a, c);
select throws_ok(format('select %L::spend_model', t), '22P02', null, 'not a model: ' || t)
from unnest(array['{"method": "log"}', '{"method": "log", "log_mean": 1, "smear": 0}', '{"method": "gamma_gamma", "p": 1, "q": 1}', '{"method": "log", "log_mean": 1, "smear": 1, "p": 1}',
	'{"method": "log", "log_mean": 1, "smear": 1, "credibility": -1}', '{"method": "gamma_gamma", "p": 1, "q": 2, "v": 1, "status": "infinite_mean", "accounts": 1, "order_days": 1}']) t;

-- golden bytes
select is(encode(revops_internal.spend_model_send('{"method": "gamma_gamma", "p": 1, "q": 2, "v": 3}'), 'hex'),
	'010001' || '00' || '38' || '3ff0000000000000' || '4000000000000000' || '4008000000000000', 'binary form');

select * from finish();
rollback;
