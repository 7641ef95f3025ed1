-- cadence_state: what it holds, what it ignores, and that nothing depends on how its rows were split.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.2026);
create temp table orders as
select
	(random() * 300)::int as account,
	case when random() < 0.03 then null
		else timestamptz '2020-01-01 00:00+00' + (random() * 1800)::int * interval '1 day'
			+ (random() * 3)::int * interval '8 hours' - interval '1 microsecond' end as ordered_at,
	case when random() < 0.05 then null
		when random() < 0.1 then -round((random() * 500)::numeric, 2)
		when random() < 0.05 then 0
		when random() < 0.01 then 1e38
		when random() < 0.003 then 1e60
		when random() < 0.003 then -1e-45
		else round((random() * 10000)::numeric, (random() * 6)::int) end as amount,
	(random() * 9)::int as part
from generate_series(1, 30000);

-- the obvious SQL
create temp view day_oracle as
select account, (ordered_at at time zone 'UTC')::date as day,
	count(*) filter (where coalesce(amount, 0) >= 0) as orders,
	coalesce(sum(amount) filter (where amount >= 0), 0) as amount,
	coalesce(sum(amount) filter (where amount < 0), 0) as credits
from orders where ordered_at is not null group by 1, 2;

create function row_oracle(as_of date) returns table (account int, day date, orders bigint, amount numeric, credits numeric, gap_days int)
language sql stable as $$
	select d.account, d.day, d.orders, d.amount, d.credits,
		case when d.orders > 0 then d.day - lag(d.day) over (partition by d.account, d.orders > 0 order by d.day) end
	from day_oracle d where d.day <= as_of $$;

create temp table state as select account, cadence_agg(ordered_at, amount) as s from orders group by account;

select bag_eq(
	'select account, r.* from state, cadence_rows(s) r',
	$$ select * from row_oracle('9999-12-31') $$,
	'days, orders, amounts and gaps are those of plain SQL');
select bag_eq(
	$$ select account, r.* from state, cadence_rows(s, '2022-06-30') r $$,
	$$ select * from row_oracle('2022-06-30') $$,
	'and as of a day');
select bag_eq(
	$$ select account, r.orders, r.order_days, r.first_date, r.last_date, r.tenure_days, r.silence_days, r.total, r.mean_gap_days, r.median_gap_days,
			round(r.log_gap_sum::numeric, 9)
		from state, cadence_summary(s, '2022-06-30') r where s is not null $$,
	$$ select account, sum(orders)::bigint as a, count(*) filter (where orders > 0) as b, min(day) filter (where orders > 0) as c, max(day) filter (where orders > 0) as d,
			date '2022-06-30' - min(day) filter (where orders > 0) as e, date '2022-06-30' - max(day) filter (where orders > 0) as f,
			sum(amount + credits) as g,
			avg(gap_days)::float8 as h, percentile_cont(0.5) within group (order by gap_days) as i,
			round(coalesce(sum(ln(gap_days::float8)), 0)::numeric, 9) as j
		from row_oracle('2022-06-30') group by account having count(*) filter (where orders > 0) > 0
		union all
		select account, null, 0, null, null, null, null, null, null, null, null
		from (select account from day_oracle group by account having count(*) filter (where orders > 0 and day <= '2022-06-30') = 0) x $$,
	'the summary, too');

-- splits: one pass, parts merged in any order, parts stored as text, with parts that are empty or NULL among them
create temp table parts as
select account, part, cadence_agg(ordered_at, amount) as s from orders group by account, part
union all
select account, -1, null from orders group by account
union all
select account, -2, cadence_agg(ordered_at, amount) filter (where false) from orders group by account
union all
select account, -3, '{"days": []}' from orders group by account;

select results_eq(
	'select account, cadence_merge(s) = any (select s from state) and cadence_merge(s)::text = (select s::text from state t where t.account = p.account)
		from parts p group by account order by 1',
	'select account, true from state where s is not null order by 1',
	'merged parts are one pass, in bytes');
select results_eq(
	'select account, cadence_merge(s::text::cadence_state order by part desc) from parts group by account order by 1',
	'select account, s from state order by 1',
	'so are parts that were stored as text, in another order');
select results_eq(
	'select account, cadence_merge(s) from (select account, part % 3, cadence_merge(s) as s from parts group by 1, 2) x group by account order by 1',
	'select account, s from state order by 1',
	'and merges of merges');
select results_eq(
	'select account, cadence_agg(ordered_at, amount order by ordered_at desc, amount) from orders group by account order by 1',
	'select account, s from state order by 1',
	'and rows in another order');

create table shared_orders as select * from orders;
analyze shared_orders;
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
select matches(plan_of('select account, cadence_agg(ordered_at, amount) from shared_orders group by account'),
	'Partial HashAggregate', 'PostgreSQL runs it in parallel');
select results_eq(
	'select account, cadence_agg(ordered_at, amount) from shared_orders group by account order by 1',
	'select account, s from state order by 1',
	'parallel is serial');
reset max_parallel_workers_per_gather;

-- nothing, NULL, one
select ok(cadence_agg(t, 1) is null, 'no rows give NULL') from (select null::timestamptz as t where false) x;
select ok(cadence_agg(t, 1) is null, 'rows without a time give NULL') from (values (null::date), (null)) x (t);
select ok(cadence_merge(null) is null, 'merging nothing gives NULL');
select is(cadence_agg(date '2025-01-01', null)::text, '{"days": [["2025-01-01", 1, 0]]}', 'an order without an amount is an order of 0');
select is(cadence_agg(date '2025-01-01', -5.50)::text, '{"days": [["2025-01-01", 0, 0.00, -5.50]]}', 'a credit note is no order');
select is(cadence_summary('{"days": [["2025-01-01", 0, 0, -5]]}', '2025-06-30')::text, '(,0,,,,,,,,,)', 'and no order day');
select is(cadence_summary('{"days": [["2025-01-02", 1, 5]]}', '2025-01-01')::text, '(,0,,,,,,,,,)', 'an order after as_of is not known');
select is_empty($$ select * from cadence_rows(null) $$, 'no state has no rows');

-- regularity of own gaps: R 4.2.2, gamma shapes in Minka's closed form, worked by hand
select is(round(regularity::numeric, 6), expected, gaps::text)
from (values
	(array[10, 20, 30], 5.371017), (array[30, 31, 29, 30], 100), (array[7, 7, 7], 100), (array[1, 1, 100], null::numeric), (array[10, 20], null)
) g (gaps, expected),
lateral (select cadence_agg(date '2020-01-01' + coalesce((select sum(x) from unnest(gaps[:n]) x), 0)::int, 1) as s from generate_series(0, cardinality(gaps)) n) x,
lateral cadence_summary(s, '2025-01-01')
where expected is not null or cardinality(gaps) < 3;

-- the same days from date, timestamp and timestamptz in any session
create temp table answers (answer text);
create function answer_in(zone text) returns void language plpgsql as $$
begin
	perform set_config('timezone', zone, true);
	insert into answers select cadence_agg(date '2025-03-09', 10.5)::text;
	insert into answers select cadence_agg(timestamp '2025-03-09 23:59:59', 10.5)::text;
	insert into answers select cadence_agg(timestamptz '2025-03-09 00:00+00', 10.5)::text;
end $$;
select answer_in(zone) from unnest(array['UTC', 'Asia/Shanghai', 'America/New_York']) zone \g /dev/null
select is(count(distinct answer) || ' of ' || count(*), '1 of 9', 'the session''s time zone and the column''s type have no say')
from answers;

-- as a window: a running state
select results_eq(
	$$ select (cadence_summary(cadence_agg(day, 1) over (order by day), '2025-12-31')).order_days
		from (select date '2025-01-01' + n as day from generate_series(0, 4) n) d $$,
	'select n::bigint from generate_series(1, 5) n',
	'it runs as a window aggregate');

-- equal states are equal bytes
select ok(cadence_agg(date '2025-01-01', 0.00005) filter (where n = 1) is not null
	and cadence_agg(date '2025-01-01', 0.00005) = '{"days": [["2025-01-01", 2, 0.00010]]}'::cadence_state, 'digits that a sum no longer needs')
from generate_series(1, 2) n;
select ok(s = s::text::cadence_state, 'text and back: ' || left(s::text, 60)) from (
	select cadence_agg(date '2025-01-01' + n % 2, case n when 0 then 1e60 when 1 then 0.5 when 2 then -1e60 when 3 then 9e37 else 9e37 end) as s
	from generate_series(0, 5) n
	union all
	select cadence_agg(date '2025-01-01', 1.5e37) from generate_series(1, 20) n) x;

-- reading a stored numeric: sums are numeric's
create temp table amounts as
select ((random() - 0.5)::numeric * 10::numeric ^ (random() * 45 - 5)::int)::numeric as a from generate_series(1, 3000);
insert into amounts select round(a, (random() * 50)::int) from amounts;
insert into amounts values (0), (0.0), (-0.00), (10000), (120000000), (1e37), (-1e37), (1e38), (-1e39), (1e-36), (1e-37),
	(170141183460469231731687303715884105727), (-170141183460469231731687303715884105728), (170141183460469231731687303715884105728),
	(9999), (0.9999), (99999999.99999999), (1e13000), (1e-15000);
select is(count(*), 0::bigint, 'an amount is read as numeric writes it')
from (select a, (cadence_rows(cadence_agg(date '2025-01-01', a))).* from amounts group by ctid, a) x
where a::text <> (case when a < 0 then credits else amount end)::text;
select results_eq(
	'select r.amount, r.credits from (select cadence_agg(date ''2025-01-01'', a) as s from amounts) x, cadence_rows(s) r',
	'select sum(a) filter (where a >= 0), sum(a) filter (where a < 0) from amounts',
	'and sums are numeric''s');

-- errors
select throws_ok($$ select cadence_agg(timestamptz 'infinity', 1) $$, '22008', 'ordered_at must be a finite time');
select throws_ok($$ select cadence_agg(date '-infinity', 1) $$, '22008', 'ordered_at must be a finite date');
select throws_ok($$ select cadence_agg(date '2025-01-01', 'NaN') $$, '22003', 'amount must be a finite number');
select throws_ok($$ select cadence_agg(date '2025-01-01', '-Infinity') $$, '22003', 'amount must be a finite number');
select throws_ok($$ select cadence_summary(cadence_agg(date '2025-07-01', 1), 'infinity') $$, '22008', 'as_of must be a finite date');
select throws_ok($$ select * from cadence_rows('{"days": []}', '-infinity') $$, '22008', 'as_of must be a finite date');
select throws_ok($$ select revops_internal.cadence_state_add(null, date '2025-01-01', 1) $$, '22023', 'cadence_agg can only be called by an aggregate');
select throws_ok($$ select cadence_agg(date '2000-01-01' + n, 1) from generate_series(0, 1000000) n $$, '54000',
	'one cadence_state would hold more than 1000000 days');
select throws_ok(format('select %L::cadence_state', t), '22P02', null, 'not a state: ' || t)
from unnest(array['[1]', '{}', '{"days": [[]]}', '{"days": [["2025-01-01", 1]]}', '{"days": [["2025-01-01", 0, 0]]}', '{"days": [["2025-01-01", 0, 1]]}',
	'{"days": [["2025-01-01", 1, -1]]}', '{"days": [["2025-01-01", 1, 1, 1]]}', '{"days": [["2025-01-02", 1, 1], ["2025-01-01", 1, 1]]}',
	'{"days": [["2025-01-01", 1, 1], ["2025-01-01", 1, 1]]}', '{"days": [["infinity", 1, 1]]}', '{"days": [["2025-01-01", 1.5, 1]]}',
	'{"days": [["2025-01-01", 2147483648, 1]]}', '{"days": [["2025-01-01", 1, "NaN"]]}', '{"days": [], "more": 1}']) t;
select throws_ok($$ select cadence_merge('{"days": [["2025-01-01", 2147483647, 1]]}') from generate_series(1, 2) $$, '54000',
	'more than 2147483647 orders on one day');

-- golden bytes: a change of these is a change of the format
select is(encode(revops_internal.cadence_state_send('{"days": [["2024-02-29", 2, 150.50], ["2025-01-01", 0, 0.00, -20.00]]}'), 'hex'),
	'010000000200000002' || '00002279' || '00000002' || '0000000c' || '00020000000000020096' || '1388'
	|| '000023ac' || '00000000' || '0000000a' || '00010000400000020014', 'binary form');
select is(encode(revops_internal.cadence_state_send('{"days": []}'), 'hex'), '010000000000000000', 'binary form of no days');

select * from finish();
rollback;
