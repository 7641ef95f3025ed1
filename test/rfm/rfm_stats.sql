-- rfm_agg and rfm_rows: the same answers, to the letter, as order_agg by customer,
-- rfm_score and rfm_segment; and that nothing depends on how the orders were split.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

select setseed(0.2026);
create temp table orders as
select nullif((random() * random() * 400)::int - 4, 0) * case when i % 2 = 0 then 1 else 18014398509481983 end as customer,
	case when random() < 0.03 then null
		else timestamptz '2020-01-01 00:00+00' + (random() * 1800)::int * interval '1 day' + (random() * 3)::int * interval '8 hours' end as ordered_at,
	case when random() < 0.05 then null
		when random() < 0.1 then -round((random() * 500)::numeric, 2)
		when random() < 0.05 then 0
		when random() < 0.005 then 1e38
		when random() < 0.005 then -1e38
		when random() < 0.005 then 1e-40
		when random() < 0.3 then (random() * 9)::int
		else round((random() * 10000)::numeric, (random() * 6)::int) end as amount,
	(random() * 9)::int as part
from generate_series(1, 20000) i;
-- customers that have credit notes alone, no time at all, one order
insert into orders values (777001, '2024-01-01', -5, 1), (777001, '2024-02-01', -0.50, 2), (777002, null, 5, 1), (777003, '2024-03-01', 5.00, 1),
	-- 21 to 24 digits behind the point
	(777004, '2024-03-01', 7e-23, 1), (777005, '2024-03-02', 3e-22, 1), (777006, '2024-03-03', 1e-22, 1), (777007, '2024-03-03', 12.000000000000000000001, 1);

-- the form over order_agg
create function by_order_agg(as_of date, time_zone text, bins int, method text, map rfm_segment_map)
returns table (customer bigint, recency_days float8, order_count bigint, total numeric, recency_score int, frequency_score int, monetary_score int, rfm_cell text, segment text)
language sql as $$
	select x.customer, order_recency_days(state, as_of, time_zone), order_count(state), order_total(state),
		(scores).recency_score, (scores).frequency_score, (scores).monetary_score, (scores).rfm_cell,
		case when map is not null then rfm_segment(scores, map) end
	from (
		select y.*, rfm_score(order_recency_days(state, as_of, time_zone), order_count(state), order_total(state), bins, method) over () as scores
		from (select o.customer, order_agg(ordered_at, amount) as state from orders o group by o.customer) y
		where state is not null) x
	order by 1;
$$;
create temp table scheme as
select bins, 'quantile' as method, case bins when 5 then segment_map('grid') when 2 then segment_map('octant') end as map from unnest(array[2, 3, 5, 9, 10, 11, 100]) bins
union all select 2, 'mean', segment_map('octant');
create temp table day as select date '2024-12-31' as d;

-- compared as texts: 5.00 is not 5.0
create function same(query text, oracle text) returns boolean language plpgsql as $$
declare ours text; theirs text;
begin
	execute format('select string_agg(x::text, E''\n'') from (%s) x', query) into ours;
	execute format('select string_agg(x::text, E''\n'') from (%s) x', oracle) into theirs;
	return ours = theirs and length(ours) > 1000;
end $$;
select ok(same(format($q$ select customer_key::bigint, recency_days, order_count, total, recency_score, frequency_score, monetary_score, rfm_cell, segment
		from rfm_rows((select rfm_agg(customer, ordered_at, amount, d) from orders, day group by d), %s, %L) $q$, bins, method),
	format('select * from by_order_agg(%L, ''UTC'', %s, %L, %L)', d, bins, method, map)),
	format('%s bins by %s: days, counts, totals, scores, segments are those of the form over order_agg', bins, method))
from scheme, day;
select ok(same(format($q$ select customer_key::bigint, recency_days, order_count, total, recency_score, frequency_score, monetary_score, rfm_cell, segment
		from rfm_rows((select rfm_agg(customer, ordered_at, amount, d, %1$L) from orders, day group by d)) $q$, zone),
	format('select * from by_order_agg(%L, %L, 5, ''quantile'', segment_map(''grid''))', d, zone)), 'days of ' || zone)
from unnest(array['Asia/Shanghai', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC', 'GMT']) zone, day;

-- customers of every type, times of every type
create temp table whole as
select rfm_agg(customer, ordered_at, amount, d) as by_bigint, rfm_agg(customer::text, ordered_at, amount, d) as by_text,
	rfm_agg(md5(customer::text)::uuid, ordered_at, amount, d) as by_uuid
from orders, day group by d;
select ok(same($$ select * from rfm_rows((select by_bigint from whole)) order by customer_key collate "C" $$, $$ select * from rfm_rows((select by_text from whole)) $$), 'customers as texts are the same');
select ok(same($$ select md5(customer_key)::uuid::text, r.recency_days, order_count, total, rfm_cell, segment from rfm_rows((select by_bigint from whole)) r order by 1 $$,
	$$ select customer_key, recency_days, order_count, total, rfm_cell, segment from rfm_rows((select by_uuid from whole)) $$), 'as uuids, too');
select is(rfm_agg(customer, ordered_at at time zone 'UTC', amount, d)::text, (select by_bigint::text from whole), 'bare times are UTC''s') from orders, day group by d;
select is(rfm_agg(customer::text, ordered_at at time zone 'UTC', amount, d)::text, (select by_text::text from whole), 'of texts') from orders, day group by d;
select is(rfm_agg(md5(customer::text)::uuid, ordered_at at time zone 'UTC', amount, d)::text, (select by_uuid::text from whole), 'of uuids') from orders, day group by d;
select is(rfm_agg(customer, (ordered_at at time zone 'UTC')::date, amount, d)::text, rfm_agg(customer, date_trunc('day', ordered_at, 'UTC'), amount, d)::text, 'a day is its first moment, UTC') from orders, day group by d;
select is(rfm_agg(customer::text, (ordered_at at time zone 'UTC')::date, amount, d)::text, rfm_agg(customer::text, date_trunc('day', ordered_at, 'UTC'), amount, d)::text, 'of texts') from orders, day group by d;
select is(rfm_agg(md5(customer::text)::uuid, (ordered_at at time zone 'UTC')::date, amount, d)::text, rfm_agg(md5(customer::text)::uuid, date_trunc('day', ordered_at, 'UTC'), amount, d)::text, 'of uuids') from orders, day group by d;
select is(rfm_agg(customer, ordered_at at time zone zone, amount, '2025-01-02', zone)::text,
	rfm_agg(customer, ordered_at at time zone zone at time zone zone, amount, '2025-01-02', zone)::text, 'bare times are those of the zone that is named: ' || zone)
from orders, unnest(array['America/New_York', 'Asia/Shanghai']) zone group by zone;
select is(rfm_agg(customer::text, (ordered_at at time zone zone)::date, amount, '2025-01-02', zone)::text,
	rfm_agg(customer::text, (ordered_at at time zone zone)::date::timestamp at time zone zone, amount, '2025-01-02', zone)::text, 'and days: ' || zone)
from orders, unnest(array['America/New_York', 'Asia/Shanghai']) zone group by zone;

-- a session's zone has no say
create temp table answer (answer text);
create function answer_in(zone text) returns void language plpgsql as $$
begin
	perform set_config('timezone', zone, true);
	insert into answer select rfm_agg(1::bigint, date '2025-03-09', 10.5, '2025-03-09')::text;
	insert into answer select rfm_agg(1::bigint, timestamp '2025-03-09 00:00', 10.5, '2025-03-09')::text;
	insert into answer select rfm_agg(1::bigint, timestamptz '2025-03-09 00:00+00', 10.5, '2025-03-09')::text;
end $$;
select answer_in(zone) from unnest(array['UTC', 'Asia/Shanghai', 'America/New_York']) zone \g /dev/null
reset timezone;
select is(count(distinct answer) || ' of ' || count(*), '1 of 9', 'the session''s time zone and the column''s type have no say') from answer;

-- splits: customers stand in many parts; parts in any order, stored, empty, NULL
create temp table part as
select part, rfm_agg(customer, ordered_at, amount, d) as by_bigint, rfm_agg(customer::text, ordered_at, amount, d) as by_text,
	rfm_agg(md5(customer::text)::uuid, ordered_at, amount, d) as by_uuid
from orders, day group by part
union all select -1, null, null, null
union all select -2, rfm_agg(customer, ordered_at, amount, d) filter (where false), null, null from orders, day group by d;
select ok((w.by_bigint, w.by_text, w.by_uuid) = (m.by_bigint, m.by_text, m.by_uuid) and w.by_bigint::text = m.by_bigint::text, 'merged parts are one pass')
from whole w, (select rfm_merge(by_bigint) as by_bigint, rfm_merge(by_text) as by_text, rfm_merge(by_uuid) as by_uuid from part) m;
select ok((w.by_bigint, w.by_text, w.by_uuid) = (m.by_bigint, m.by_text, m.by_uuid), 'in another order, read from text')
from whole w, (select rfm_merge(by_bigint::text::rfm_stats order by part desc) as by_bigint, rfm_merge(by_text::text::rfm_stats order by part desc) as by_text,
	rfm_merge(by_uuid::text::rfm_stats order by part desc) as by_uuid from part) m;
select ok((w.by_bigint, w.by_text, w.by_uuid) = (m.by_bigint, m.by_text, m.by_uuid), 'merges of merges')
from whole w, (select rfm_merge(by_bigint) as by_bigint, rfm_merge(by_text) as by_text, rfm_merge(by_uuid) as by_uuid from (
	select rfm_merge(by_bigint) as by_bigint, rfm_merge(by_text) as by_text, rfm_merge(by_uuid) as by_uuid from part group by part % 3) x) m;
select ok(by_bigint::text::rfm_stats = by_bigint and by_text::text::rfm_stats = by_text and by_uuid::text::rfm_stats = by_uuid, 'text in and out, bit for bit') from whole;
select ok(rfm_merge(by_bigint) = by_bigint, 'one merged is itself') from whole group by by_bigint;

-- in parallel
create table shared_orders as select * from orders;
create table shared_parts as select p.* from part p, generate_series(1, 200) where p.part >= 0;
analyze shared_orders, shared_parts;
create temp table serial as
select rfm_agg(customer, ordered_at, amount, '2024-12-31') as by_bigint, rfm_agg(customer::text, ordered_at, amount, '2024-12-31') as by_text, rfm_agg(md5(customer::text)::uuid, ordered_at, amount, '2024-12-31') as by_uuid
from shared_orders;
create temp table serial_merge as select rfm_merge(by_bigint) as m from shared_parts;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
alter table shared_orders set (parallel_workers = 4);
alter table shared_parts set (parallel_workers = 2);
create function plan_of(query text) returns text language plpgsql as $$
declare line text; plan text := '';
begin
	for line in execute 'explain ' || query loop plan := plan || line; end loop;
	return plan;
end $$;
select matches(plan_of('select rfm_agg(customer, ordered_at, amount, ''2024-12-31'') from shared_orders'), 'Partial Aggregate', 'PostgreSQL runs it in parallel');
create function in_parallel(out by_bigint rfm_stats, out by_text rfm_stats, out by_uuid rfm_stats) language plpgsql as $$
begin
	select rfm_agg(customer, ordered_at, amount, '2024-12-31'), rfm_agg(customer::text, ordered_at, amount, '2024-12-31'), rfm_agg(md5(customer::text)::uuid, ordered_at, amount, '2024-12-31')
	into by_bigint, by_text, by_uuid from shared_orders;
end $$;
select ok((s.by_bigint, s.by_text, s.by_uuid) = (p.by_bigint, p.by_text, p.by_uuid), 'parallel is serial') from serial s, in_parallel() p;
set local parallel_leader_participation = off;
select ok((s.by_bigint, s.by_text, s.by_uuid) = (p.by_bigint, p.by_text, p.by_uuid), 'without the leader, too') from serial s, in_parallel() p;
create function merge_in_parallel() returns rfm_stats language sql as $$ select rfm_merge(by_bigint) from shared_parts $$;
select ok(m = merge_in_parallel(), 'merged in parallel') from serial_merge;
set local max_parallel_workers_per_gather = 0;
select is(sum((r).order_count), 200 * (select sum((r).order_count) from (select rfm_rows(by_bigint) as r from whole) x), 'an order merged 200 times counts 200 times') from (select rfm_rows(m) as r from serial_merge) x;

-- groups, and a running state
select is(count(*), 10::bigint, 'a group''s population is that of its rows alone')
from (select part, rfm_agg(customer, ordered_at, amount, '2024-12-31') as s from orders group by part) g join part p using (part) where g.s = p.by_bigint;
select results_eq($$ select (select sum(order_count) from rfm_rows(s)) from (
		select n, rfm_agg(n % 3, date '2025-01-01' + n::int, 1, '2025-12-31') over (order by n) as s from generate_series(1::bigint, 6) n) x order by n $$,
	'select n::numeric from generate_series(1, 6) n', 'it runs as a window aggregate');

-- many customers, and texts of all lengths
create temp table many as
select c, round((hashint8(c) % 100000)::numeric / 100, 2) as amount, date '2025-01-01' - (hashint8(c + 1) % 900) as day from generate_series(1::bigint, 30000) i, lateral (select (i * i) % 20011 * 104729 as c) x;
select ok(same($$ select customer_key::bigint, recency_days, order_count, total from rfm_rows((select rfm_agg(c, day, amount, '2030-01-01') from many)) $$,
	$$ select c, (date '2030-01-01' - max(day) filter (where amount >= 0))::float8, count(*) filter (where amount >= 0), sum(amount) from many group by c order by 1 $$), 'many customers');
create temp table long_key as
select repeat(chr(97 + i % 3), (array[0, 1, 7, 8, 9, 1000, 1020, 1021, 3000, 8180, 8181, 9000, 60000])[1 + i % 13]) || (i % 2)::text as c, i from generate_series(1, 3000) i;
select ok(same($$ select customer_key, order_count, total from rfm_rows((select rfm_agg(c, date '2025-01-01', i, '2030-01-01') from long_key)) $$,
	$$ select c, count(*), sum(i) from long_key group by c order by c collate "C" $$), 'texts of all lengths, in the order of their bytes');
select is(string_agg(customer_key, ' '), 'A B Z a ab é 客户', 'texts sort by bytes') from rfm_rows((select rfm_agg(c, date '2025-01-01', 1, '2030-01-01') from unnest(array['é', 'ab', 'B', 'a', '客户', 'Z', 'A']) c));
select is(string_agg(customer_key, ' '), '-9223372036854775808 -1 0 1 9223372036854775807', 'numbers by value')
from rfm_rows((select rfm_agg(c, date '2025-01-01', 1, '2030-01-01') from unnest('{1,-1,9223372036854775807,0,-9223372036854775808}'::bigint[]) c));

-- text as GROUP BY sees it: by bytes, or not at all
create collation if not exists public.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select throws_ok($$ select rfm_agg(c collate public.no_case, date '2025-01-01', 1, '2025-06-30') from (values ('a'), ('A')) v (c) $$, '0A000', 'customer of rfm_agg must be text that compares byte by byte');
select is(count(*), 1::bigint, 'char(n) without its blanks') from rfm_rows((select rfm_agg(c, date '2025-01-01', 1, '2025-06-30') from (values ('a'::char(3)), ('a '::char(3))) v (c)));

-- nothing, NULL, one
select ok(rfm_agg(1::bigint, t, 1, '2025-06-30') is null, 'no rows give NULL') from (select null::timestamptz as t where false) x;
select ok(rfm_agg(1::bigint, t, 1, '2025-06-30') is null, 'rows without a time give NULL') from (values (null::date), (null)) x (t);
select ok(rfm_merge(null) is null, 'merging nothing gives NULL');
select is(count(*), 0::bigint, 'NULL has no customers') from rfm_rows(null);
select is(r::text, '(7,30,1,9.50,1,1,1,111,hibernating)', 'one customer') from rfm_rows((select rfm_agg(7::bigint, date '2025-05-31', 9.50, '2025-06-30'))) r;
select is(r::text, '(,30,2,0,1,1,1,111,hibernating)', 'orders of nobody are one customer''s; without amount they are orders of 0')
from rfm_rows((select rfm_agg(null::text, d, null, '2025-06-30') from (values (date '2025-05-31'), ('2025-05-30')) v (d))) r;
select is(r::text, '(x,,0,-7.5,,,,,)', 'credit notes alone: a total, no scores') from rfm_rows((select rfm_agg('x'::text, date '2025-05-31', a, '2025-06-30') from (values (-5), (-2.5)) v (a))) r;
select is(rfm_agg(c, d, a, '2025-06-30')::text,
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": -3, "orders": 0, "total": -2.50}, {"customer": 1, "orders": 2, "last_at": "2025-03-01T00:00:00+00:00", "total": 12.50}, {"customer": null, "orders": 1, "last_at": "2025-06-30T00:00:00+00:00", "total": 0}]}',
	'as text')
from (values (1::bigint, date '2025-03-01', 10.5), (1, '2025-01-01', 2.00), (-3, '2025-02-02', -2.50), (null, '2025-06-30', null), (4, null, 5)) v (c, d, a);
-- by hand: days 10, 20, 30, 40; orders 1, 1, 1, 2; totals 1, 2, 3, 8 in two bins
select results_eq($$ select customer_key, recency_days, order_count, total, recency_score, frequency_score, monetary_score, rfm_cell, segment
	from rfm_rows((select rfm_agg(c, date '2025-06-30' - d, a, '2025-06-30') from (values ('a', 10, 1.0), ('b', 20, 2), ('c', 30, 3), ('d', 50, 4), ('d', 40, 4)) v (c, d, a)), 2) $$,
	$$ values ('a', 10::float8, 1::bigint, 1.0, 2, 1, 1, '211', 'general_develop'), ('b', 20, 1, 2, 2, 1, 1, '211', 'general_develop'),
		('c', 30, 1, 3, 1, 1, 2, '112', 'important_win_back'), ('d', 40, 2, 8, 1, 2, 2, '122', 'important_keep') $$, 'by hand');
select is(rfm_agg(1::bigint, date '2025-01-01', a, '2025-06-30'), '{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 4, "last_at": "2025-01-01T00:00:00+00:00", "total": 1.00}]}', 'what 128 bits do not hold on the way leaves no trace')
from (values (1e38), (1e38), (-1e38), (-1e38), (1.00), (0)) v (a);
-- memory is that of customers, not of orders, for amounts that a sum does not take, too; a series in a target list is not stored
create function memory_used() returns bigint volatile language sql as 'select sum(used_bytes)::bigint from pg_backend_memory_contexts';
create function memory_of(orders int, amount numeric) returns bigint language plpgsql as $$
declare used bigint;
begin
	select case when rfm_agg(c, date '2025-01-01', a, '2025-06-30') is not null then memory_used() end into used
	from (select 1::bigint as c, case when i % 2 = 0 then 1e37 else amount end as a from (select generate_series(1, orders) as i offset 0) g) x;
	return used;
end $$;
select cmp_ok(memory_of(100000, amount) - memory_of(1000, amount), '<', 1000000::bigint, 'a hundred times the orders take no more memory, with ' || amount)
from unnest(array[0.0000000000000001, 1e60, 2.5]) amount;

-- maps
select is(count(segment), 0::bigint, 'no map comes with revops for 3 bins: no segments') from rfm_rows((select by_bigint from whole), 3);
select is(string_agg(distinct segment, ' ' order by segment), 'high low', 'a map of one''s own')
from rfm_rows((select by_bigint from whole), 3, map => '{"bins": 3, "rules": [{"segment": "high", "r": [3, 3]}, {"segment": "low", "r": [1, 1], "m": [1, 2]}]}');
select throws_ok($$ select rfm_rows(by_bigint, 3, map => segment_map('grid')) from whole $$, '22023', 'scores of 3 bins do not fit a segment map of 5 bins');
select throws_ok($$ select rfm_rows(by_bigint, 5, map => segment_map('octant')) from whole $$, '22023', 'scores of 5 bins do not fit a segment map of 2 bins');
select throws_ok($$ select rfm_rows(by_bigint, 1) from whole $$, '22023', 'bins must lie between 2 and 100');
select throws_ok($$ select rfm_rows(by_bigint, null) from whole $$, '22004', 'bins must not be NULL');
select throws_ok($$ select rfm_rows(by_bigint, 5, null) from whole $$, '22004', 'method must not be NULL');
select throws_ok($$ select rfm_rows(by_bigint, 5, 'median') from whole $$, '22023', 'unknown method "median"');
select throws_ok($$ select rfm_rows(by_bigint, 5, 'mean') from whole $$, '22023', 'method mean makes 2 bins, not 5');

-- what lies after as_of, in the zone; a moment before it does not
select throws_ok($$ select rfm_agg(1::bigint, date '2025-07-01', 1, '2025-06-30') $$, '22023', 'an order lies after as_of');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-07-01', -1, '2025-06-30') $$, '22023', 'a credit note lies after as_of');
select lives_ok($$ select rfm_agg(1::bigint, timestamptz '2025-06-30 23:59:59.999999+00', 1, '2025-06-30') $$, 'the day''s last moment, UTC');
select throws_ok($$ select rfm_agg(1::bigint, timestamptz '2025-06-30 16:00+00', 1, '2025-06-30', 'Asia/Shanghai') $$, '22023', 'an order lies after as_of');
select lives_ok($$ select rfm_agg(1::bigint, timestamptz '2025-06-30 15:59:59.999999+00', 1, '2025-06-30', 'Asia/Shanghai') $$, 'the day''s last moment in Shanghai');
select lives_ok($$ select rfm_agg(1::bigint, timestamptz '2025-07-01 03:59:59+00', 1, '2025-06-30', 'America/New_York') $$, 'and in New York');
select throws_ok($$ select rfm_agg(1::bigint, timestamptz '2025-07-01 04:00+00', 1, '2025-06-30', 'America/New_York') $$, '22023', 'an order lies after as_of');
select throws_ok($$ select rfm_rows('{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 1, "last_at": "2025-07-01T00:00:00+00:00", "total": 1}]}') $$, '22023', 'an order lies after as_of');
select is(recency_days, (date '5874897-12-31' - date '2000-01-01')::float8, 'the last day there is') from rfm_rows((select rfm_agg(1::bigint, date '2000-01-01', 1, '5874897-12-31')));

-- errors
select throws_ok($$ select rfm_agg(1::bigint, timestamptz 'infinity', 1, '2025-06-30') $$, '22008', 'ordered_at must be a finite time');
select throws_ok($$ select rfm_agg(1::bigint, date '-infinity', 1, '2025-06-30') $$, '22008', 'ordered_at must be a finite date');
select throws_ok($$ select rfm_agg(1::bigint, date '5874897-12-31', 1, '2025-06-30') $$, '22008', 'ordered_at is out of range');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', a, '2025-06-30') from (values ('NaN'::numeric)) v (a) $$, '22003', 'amount must be a finite number');
select throws_ok($$ select rfm_agg('x'::text, date '2025-01-01', a, '2025-06-30') from (values ('-Infinity'::numeric)) v (a) $$, '22003', 'amount must be a finite number');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', 1, null) $$, '22004', 'as_of of rfm_agg must not be NULL');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', 1, 'infinity') $$, '22008', 'as_of must be a finite date');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', 1, '2025-06-30', null) $$, '22004', 'time_zone of rfm_agg must not be NULL');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', 1, '2025-06-30', 'UTC+8') $$, '22023', '"UTC+8" is an offset, not the name of a time zone');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', 1, d) from (values (date '2025-06-30'), ('2025-06-29')) v (d) $$, '22023', 'the parameters of rfm_agg must be the same in every row');
select throws_ok($$ select rfm_agg(1::bigint, date '2025-01-01', 1, '2025-06-30', z) from (values ('UTC'), ('GMT')) v (z) $$, '22023', 'the parameters of rfm_agg must be the same in every row');
select throws_ok($$ select rfm_merge(s) from (select by_bigint as s from whole union all select by_text from whole) x $$, '22023', 'rfm_merge got customers of different types in one group');
select throws_ok($$ select rfm_merge(s) from (select rfm_agg(1::bigint, date '2020-01-01', 1, d) as s from (values (date '2025-06-30'), ('2025-06-29')) v (d) group by d) x $$, '22023', 'rfm_merge got different as_of or time zones in one group');
select throws_ok($$ select rfm_merge(s) from (select rfm_agg(1::bigint, date '2020-01-01', 1, '2025-06-30', z) as s from (values ('UTC'), ('Asia/Shanghai')) v (z) group by z) x $$, '22023', 'rfm_merge got different as_of or time zones in one group');
select throws_ok($$ select rfm_merge(s) from (select format('{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": %s, "last_at": "2025-01-01T00:00:00+00:00", "total": 1}]}', n)::rfm_stats as s
	from (values (9223372036854775807), (1)) v (n)) x $$, '54000', 'more than 9223372036854775807 orders of one customer');
select throws_ok(format($$ select '%s'::rfm_stats $$, t), '22P02', null, 'refused: ' || t)
from unnest(array['{}', '[]', '{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": []}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "int", "customers": [{"customer": 1, "orders": 0, "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "total": 1}]}',
	'{"as_of": "infinity", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": "1", "orders": 0, "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "text", "customers": [{"customer": 1, "orders": 0, "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "uuid", "customers": [{"customer": "1", "orders": 0, "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "total": 1}, {"customer": 1, "orders": 0, "total": 2}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": null, "orders": 0, "total": 1}, {"customer": null, "orders": 0, "total": 2}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": -1, "last_at": "2025-01-01T00:00:00+00:00", "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "last_at": "2025-01-01T00:00:00+00:00", "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 1, "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 1, "last_at": "2025-07-02T00:00:00+00:00", "total": 1}]}',
	'{"as_of": "2025-06-30", "time_zone": "UTC", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "total": "NaN"}]}']) t;
-- a zone that this server does not know is kept, and what needs it fails
select is(('{"as_of": "2025-06-30", "time_zone": "Mars/Olympus", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "total": 1}]}'::rfm_stats)::jsonb ->> 'time_zone', 'Mars/Olympus', 'a zone that is not known is kept');
select throws_ok($$ select rfm_rows('{"as_of": "2025-06-30", "time_zone": "Mars/Olympus", "key": "bigint", "customers": [{"customer": 1, "orders": 0, "total": 1}]}') $$, '22023', 'time zone "Mars/Olympus" is not known');

select * from finish();
rollback;
