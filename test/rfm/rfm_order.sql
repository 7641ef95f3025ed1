-- order_state: what it holds, what it ignores, and that nothing depends on how
-- its rows were split.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.2025);
create temp table orders as
select
	(random() * 300)::int as customer,
	case when random() < 0.03 then null
		else timestamptz '2020-01-01 00:00+00' + (random() * 1800)::int * interval '1 day'
			+ (random() * 3)::int * interval '8 hours' end as ordered_at,
	case when random() < 0.05 then null
		when random() < 0.1 then -round((random() * 500)::numeric, 2)
		when random() < 0.05 then 0
		when random() < 0.01 then 1e38
		else round((random() * 10000)::numeric, (random() * 6)::int) end as amount,
	(random() * 9)::int as part
from generate_series(1, 20000);

-- the obvious SQL
create temp view oracle as
select
	customer,
	count(*) filter (where coalesce(amount, 0) >= 0) as orders,
	min(ordered_at) filter (where coalesce(amount, 0) >= 0) as first_at,
	max(ordered_at) filter (where coalesce(amount, 0) >= 0) as last_at,
	coalesce(sum(amount), 0) as total
from orders
where ordered_at is not null
group by customer;

select results_eq(
	$$ select customer, order_count(s), order_first_at(s), order_last_at(s), order_total(s)
		from (select customer, order_agg(ordered_at, amount) as s from orders group by customer) x
		where s is not null order by 1 $$,
	'select * from oracle order by 1',
	'count, first, last and total are those of plain SQL');

select results_eq(
	$$ select customer, order_recency_days(s, '2025-06-30')
		from (select customer, order_agg(ordered_at, amount) as s from orders group by customer) x
		where s is not null order by 1 $$,
	$$ select customer, (date '2025-06-30' - (last_at at time zone 'UTC')::date)::float8 from oracle order by 1 $$,
	'recency counts whole days in UTC');

-- splits: one pass, parts merged in any order, parts stored as text, with
-- parts that are empty or NULL among them
create temp table parts as
select customer, part, order_agg(ordered_at, amount) as s
from orders group by customer, part
union all
select customer, -1, null from orders group by customer
union all
select customer, -2, order_agg(ordered_at, amount) filter (where false) from orders group by customer;

select results_eq(
	'select customer, order_merge(s)::text from parts group by customer order by 1',
	'select customer, order_agg(ordered_at, amount)::text from orders group by customer order by 1',
	'merged parts are one pass');
select results_eq(
	'select customer, order_merge(s::text::order_state order by part desc)::text from parts group by customer order by 1',
	'select customer, order_agg(ordered_at, amount)::text from orders group by customer order by 1',
	'so are parts that were stored as text, in another order');
select results_eq(
	$$ select customer, order_merge(s)::text from (
		select customer, part % 3, order_merge(s) as s from parts group by 1, 2) x group by customer order by 1 $$,
	'select customer, order_agg(ordered_at, amount)::text from orders group by customer order by 1',
	'and merges of merges');

create table shared_orders as select * from orders;
analyze shared_orders;
create function as_text(in query text) returns setof text language plpgsql as $$ begin return query execute query; end $$;
create temp table serial as
select as_text('select order_agg(ordered_at, amount)::text from shared_orders group by customer') as line;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
alter table shared_orders set (parallel_workers = 4);
create function plan_of(query text) returns text language plpgsql as $$
declare line text; plan text := '';
begin
	for line in execute 'explain ' || query loop plan := plan || line; end loop;
	return plan;
end $$;
select matches(plan_of('select customer, order_agg(ordered_at, amount) from shared_orders group by customer'),
	'Partial HashAggregate', 'PostgreSQL runs it in parallel');
select results_eq(
	'select order_agg(ordered_at, amount)::text from shared_orders group by customer order by 1',
	'select line from serial order by 1',
	'parallel is serial');
set local parallel_leader_participation = off;
select results_eq(
	'select order_agg(ordered_at, amount)::text from shared_orders group by customer order by 1',
	'select line from serial order by 1',
	'parallel without the leader, too');

-- nothing, NULL, one
select ok(order_agg(t, 1) is null, 'no rows give NULL') from (select null::timestamptz as t where false) x;
select ok(order_agg(t, 1) is null, 'rows without a time give NULL') from (values (null::date), (null)) x (t);
select ok(order_merge(null) is null, 'merging nothing gives NULL');
select is(order_agg(date '2025-01-01', null)::text,
	'{"orders": 1, "first_at": "2025-01-01T00:00:00+00:00", "last_at": "2025-01-01T00:00:00+00:00", "total": 0}',
	'an order without an amount is an order of 0');
select is(order_agg(date '2025-01-01', -5)::text, '{"orders": 0, "total": -5}', 'a credit note is no order');
select is(order_last_at(order_agg(date '2025-01-01', -5)), null, 'and has no time');
select is(order_recency_days(order_agg(date '2025-01-01', -5), '2025-06-30'), null, 'nor recency');

-- the same answer from date, timestamp and timestamptz in any session
create temp table answers (answer text);
create function answer_in(zone text) returns void language plpgsql as $$
begin
	perform set_config('timezone', zone, true);
	insert into answers select order_agg(date '2025-03-09', 10.5)::text;
	insert into answers select order_agg(timestamp '2025-03-09 00:00', 10.5)::text;
	insert into answers select order_agg(timestamptz '2025-03-09 00:00+00', 10.5)::text;
end $$;
select answer_in(zone) from unnest(array['UTC', 'Asia/Shanghai', 'America/New_York']) zone \g /dev/null
select is(count(distinct answer) || ' of ' || count(*), '1 of 9', 'the session''s time zone and the column''s type have no say')
from answers;
set local timezone = 'Asia/Shanghai';
select is(order_recency_days(order_agg(timestamp '2025-06-29 23:59:59', 1), '2025-06-30'), 1::float8,
	'a bare timestamp is UTC''s in Shanghai, too');
reset timezone;

-- as a window: a running state
select results_eq(
	$$ select order_count(order_agg(day, 1) over (order by day)), order_total(order_agg(day, 1) over (order by day))
		from (select date '2025-01-01' + n as day from generate_series(0, 4) n) d $$,
	'select n::bigint, n::numeric from generate_series(1, 5) n',
	'it runs as a window aggregate');
select results_eq(
	$$ select order_total(order_agg(day, n) over (order by day rows between 1 preceding and current row))
		from (select date '2025-01-01' + n as day, n from generate_series(1, 4) n) d $$,
	$$ values (1::numeric), (3), (5), (7) $$,
	'also over a moving frame');

-- errors
select throws_ok($$ select order_agg(timestamptz 'infinity', 1) $$, '22008', 'ordered_at must be a finite time');
select throws_ok($$ select order_agg(date '-infinity', 1) $$, '22008', 'ordered_at must be a finite date');
select throws_ok($$ select order_agg(date '5874897-12-31', 1) $$, '22008', 'ordered_at is out of range');
select throws_ok($$ select order_agg(date '2025-01-01', 'NaN') $$, '22003', 'amount must be a finite number');
select throws_ok($$ select order_agg(date '2025-01-01', '-Infinity') $$, '22003', 'amount must be a finite number');
select throws_ok($$ select order_recency_days(order_agg(date '2025-07-01', 1), '2025-06-30') $$, '22023',
	'an order lies after as_of');
select throws_ok($$ select order_recency_days(order_agg(date '2025-07-01', 1), 'infinity') $$, '22008',
	'as_of must be a finite date');
select throws_ok($$ select revops_internal.order_state_add(null, date '2025-01-01', 1) $$, '22023',
	'order_agg can only be called by an aggregate');
select throws_ok($$ select '{"orders": 1, "total": 1}'::order_state $$, '22P02', 'invalid order_state');
select throws_ok($$ select '{"orders": 0, "first_at": "2025-01-01T00:00:00+00:00", "last_at": "2025-01-01T00:00:00+00:00", "total": 1}'::order_state $$,
	'22P02', 'invalid order_state');
select throws_ok($$ select '[1]'::order_state $$, '22P02', 'invalid order_state');
select throws_ok($$ select '{"orders": 1, "total": 1'::order_state $$, '22P02', 'invalid input syntax for type json');
select throws_ok($$ select '{"orders": 0, "total": 1, "total": 2}'::order_state $$, '22P02', 'invalid order_state');
select throws_ok(format($$ select '{"orders": 0, "total": "%s"}'::order_state $$, t), '22P02', 'invalid order_state at total',
	format('"%s" is no number', t))
from unnest(array['1x', '', '.', '-', '5-', '2024-01-01', '1e', '1e+', '1.2.3', 'NaN', 'Infinity', ' 1', '0x10']) t;
select is(order_total(format('{"orders": 0, "total": "%s"}', t)::order_state), t::numeric, format('"%s" is one', t))
from unnest(array['1', '-1.50', '+2', '.5', '5.', '1e3', '1.25E-2', '-0']) t;
select throws_matching($$ select (repeat('[', 100000) || repeat(']', 100000))::order_state $$, 'stack depth|invalid order_state');

-- reading a stored numeric: every length, sign, scale and weight
create temp table amounts as
select ((random() - 0.5)::numeric * 10::numeric ^ (random() * 45 - 5)::int)::numeric as a from generate_series(1, 5000);
insert into amounts select round(a, (random() * 50)::int) from amounts;
insert into amounts values (0), (0.0), (-0.00), (10000), (120000000), (1e37), (-1e37), (1e38), (-1e39), (1e-36), (1e-37),
	(170141183460469231731687303715884105727), (-170141183460469231731687303715884105728), (170141183460469231731687303715884105728),
	(9999), (0.9999), (99999999.99999999), (1e130000), (1e-16000);
select is(count(*), 0::bigint, 'an amount is read as numeric writes it')
from (select a, order_total(order_agg(date '2025-01-01', a)) as t from amounts group by ctid, a) x
where a::text <> t::text;
select results_eq(
	'select order_total(order_agg(date ''2025-01-01'', a)) from amounts',
	'select sum(a) from amounts',
	'and sums are numeric''s');

-- times in text have one form, which no setting reads another way
select throws_ok(format($$ select '{"orders": 1, "first_at": %1$s, "last_at": %1$s, "total": 1}'::order_state $$, '"' || at || '"'),
	'22P02', 'invalid order_state at first_at', 'not a time: ' || at)
from unnest(array['01-02-2025T00:00:00+00:00', '2025-01-02T00:00:00', '2025-01-02', '2025-1-2T00:00:00+00:00', '2025-01-02T00:00:00.+00:00',
	'2025-01-02T00:00:00+00:00 AD', '2025-01-02T00:00:00-05:00', '+2025-01-02T00:00:00', 'infinity', '']) at;
select is(('{"orders": 1, "first_at": "2025-01-02T08:00:00.5+08:00", "last_at": "2025-01-02T00:00:00.500000+00:00", "total": 1}'::order_state)::text,
	'{"orders": 1, "first_at": "2025-01-02T00:00:00.5+00:00", "last_at": "2025-01-02T00:00:00.5+00:00", "total": 1}', 'another offset is one');

select * from finish();
rollback;
