-- adoption: what comes next, what is missing: rules at their bounds, the state in any split and order, forms, errors.
begin;
set local search_path = public, revops;
set local timezone = 'America/Los_Angeles';
select no_plan();

-- chains: C on the day of B did not follow, and counts among the mature; each step within so many days
create temp table first (customer text, item text, at date);
insert into first values ('c1', 'A', '2024-01-01'), ('c1', 'B', '2024-01-31'), ('c1', 'C', '2024-03-01'), ('c2', 'A', '2024-01-01'), ('c2', 'B', '2024-02-01'),
	('c3', 'A', '2024-01-10'), ('c3', 'B', '2024-01-20'), ('c3', 'C', '2024-02-20'), ('c4', 'A', '2024-01-10'), ('c4', 'B', '2024-01-20'), ('c4', 'C', '2024-01-20'),
	('c5', 'A', '2024-01-10'), ('c5', 'B', '2024-01-20'), ('c5', 'C', '2024-01-01'), ('c6', 'A', '2024-02-01'), ('c6', 'B', '2024-02-28'), ('c6', 'C', '2024-03-09'), ('c7', 'A', '2024-01-10'), ('c7', 'B', '2024-01-20');
create temp table a as select adoption_agg(customer, item, at, 1) as s from first;
select is(string_agg(concat_ws(' ', item_a, item_b, item_c, ab_count, abc_count, mature_count, round(follow_rate::numeric, 12), round(follow_rate_low::numeric, 12), round(follow_rate_high::numeric, 12), median_days), ';'), 'A B C 6 2 4 0.250000000000 0.045587260810 0.699358157418 48.5;C A B 1 1 1 1.000000000000 0.206549314377 1.000000000000 19', 'chains') from a, adoption_chains(s, '2024-03-10', 30, 1) c;
select is(string_agg(concat_ws(' ', item_a, item_b, item_c, ab_count, abc_count, mature_count), ';'), 'A B C 6 1 4;C A B 1 1 1', 'known later, not yet there') from a, adoption_chains(s, '2024-03-08', 30, 1) c;
select is(count(*), 0::bigint, 'six came from A to B') from a, adoption_chains(s, '2024-03-10', 30, 7) c;
select is(string_agg(concat_ws(' ', item_a, item_b, a_count, before_count, same_day_count, followed_count, mature_count, mature_followed_count, round(base_rate::numeric, 12), median_days), ';'),
	'B C 7 1 1 2 4 1 0.166666666667 20;A B 7 0 0 6 7 6 1.000000000000 10', 'pairs')
from (select * from a, adoption_pairs(s, '2024-03-10', 30, 1) p where (item_a, item_b) in (('A', 'B'), ('B', 'C')) order by followed_count) x;

-- what is no purchase
select is(adoption_agg('c', 'A', at, x)::text, '{"customers": [["c", [["A"], ["A", "2024-01-01", true, 3.50], ["A", "2024-01-02", false, -2.00], ["A", "2024-01-03", true], ["A", "2024-01-04", true, 0.00]]]]}', 'days, credits, purchases without an amount and traits')
from (values (date '2024-01-01', 5.5), ('2024-01-01', -2.00), ('2024-01-02', -2), ('2024-01-03', null), ('2024-01-04', 0), (null, 9.999), (null, null)) t(at, x);
select is(adoption_agg(c, i, date '2024-01-01', 1)::text, null, 'rows without a customer or an item are none') from (values ('c', null), (null, 'A')) x(c, i);
select is((adoption_agg('c', 'A', date '2024-01-01', 1) filter (where false))::text, null, 'no rows give NULL');
select is(count(*), 0::bigint, 'a NULL state has no rows') from adoption_pairs(null, '2024-01-01');
select is(count(*), 0::bigint, 'nor has a NULL day') from a, white_space_rows(s, null);
select is(adoption_agg(7, 'A', date '2024-01-01', 1) = adoption_agg('7', 'A', date '2024-01-01', 1.0), false, 'decimals of amounts are kept');
select is(adoption_agg(7, 'A', date '2024-01-01', 1) = adoption_agg('7', 'A', date '2024-01-01', 1), true, 'a bigint customer is its text');
select is(adoption_agg('c', 'A', timestamptz '2024-01-01 23:30-08', 1) = adoption_agg('c', 'A', date '2024-01-02', 1) and adoption_agg('c', 'A', timestamp '2024-01-01 23:30', 1) = adoption_agg('c', 'A', date '2024-01-01', 1), true, 'days are UTC''s, whatever the session says');

-- white space: evidence by the bound, everyone, traits, ties by name
create temp table w as select adoption_agg(c, i, d, x) as s from (values
	('a', 'X', date '2024-01-01', 10), ('a', 'Y', '2024-01-01', 100), ('b', 'X', '2024-01-01', 10), ('b', 'Y', '2024-01-01', 300), ('c', 'X', '2024-01-01', 10),
	('d', 'Z', '2024-01-01', 5), ('e', 'Z', '2024-01-01', 5), ('a', 'big', null, null), ('b', 'big', null, null), ('c', 'big', null, null), ('f', 'big', null, null), ('g', 'Y', '2024-02-01', 1), ('c', 'Y', '2024-01-05', -7)) t(c, i, d, x);
select is(string_agg(concat_ws(' ', customer, item, because, peer_count, have_count, round(peer_rate::numeric, 4), round(peer_rate_low::numeric, 4), round(lift::numeric, 4), peer_amount, round(potential_amount::numeric, 4)), ';'),
	'f X big 3 3 1.0000 0.4385 2.0000 10 4.3850;c Y X 2 2 1.0000 0.3424 3.0000 200 68.4760;d X everyone 5 3 0.6000 0.2307 1.2000 10 2.3072;f Y big 3 2 0.6667 0.2077 2.0000 200 41.5319', 'white space') from (select * from w, white_space_rows(s, '2024-01-31', 2) r where (customer, item) in (('c', 'Y'), ('f', 'X'), ('f', 'Y'), ('d', 'X'))) x;
select is(string_agg(customer || item, ' '), 'fX cY dX eX fY aZ bZ cZ dY eY fZ', 'ranked by the bound, then by customer and item; g is not known yet, big is no advice') from w, white_space_rows(s, '2024-01-31', 2);
select is(string_agg(distinct because, ' '), 'everyone', 'four peers are asked for: only everyone has them') from w, white_space_rows(s, '2024-01-31', 4);
select is(string_agg(concat_ws(' ', band_index, offers, taken, taken_rate, popular_taken_rate), ';'), '10 2 1 0.5 0;9 1 0 0 0;8 1 0 0 0;7 1 0 0 0;6 1 0 0 1;5 1 0 0 0;4 1 0 0 1;3 1 1 1 0;2 1 0 0 0;1 1 0 0 0', 'bands of the rank, and of what most have')
from (select adoption_merge(s) as s from (select s from w union all select adoption_agg(c, i, d, 1) from (values ('c', 'Y', date '2024-03-01'), ('d', 'Y', '2024-06-30'), ('e', 'Y', '2024-07-01'), ('g', 'X', '2024-03-01')) t(c, i, d)) u) x,
	white_space_check(s, '2024-01-31', '2024-06-30', 2);
select is(count(*), 0::bigint, 'one customer lacks nothing that others have') from white_space_rows('{"customers": [["1", [["A", "2024-01-01", true, 1]]]]}', '2024-02-01', 0);
select is(string_agg(concat_ws(' ', customer, item, because, peer_count, peer_amount), ';'), '2 A everyone 1', 'amounts that are not known stay so') from white_space_rows('{"customers": [["1", [["A", "2024-01-01", true]]], ["2", [["big"]]]]}', '2024-02-01', 0);

-- errors
select throws_ok('select ' || call, code, message, message || ': ' || call) from (values
	('adoption_pairs(s, ''infinity'') from a', '22008', 'as_of must be a finite date'),
	('adoption_pairs(s, ''2024-01-01'', 0) from a', '22023', 'within_days must be at least 1'),
	('adoption_pairs(s, ''2024-01-01'', null) from a', '22004', 'within_days must not be NULL'),
	('adoption_pairs(s, ''2024-01-01'', 1, -1) from a', '22023', 'min_customers must not be negative'),
	('adoption_chains(s, ''-infinity'') from a', '22008', 'as_of must be a finite date'),
	('adoption_chains(s, ''2024-01-01'', -3) from a', '22023', 'within_days must be at least 1'),
	('adoption_chains(s, ''2024-01-01'', 1, null) from a', '22004', 'min_customers must not be NULL'),
	('white_space_rows(s, ''2024-01-01'', -1) from a', '22023', 'min_customers must not be negative'),
	('white_space_rows(s, ''2024-01-01'', null) from a', '22004', 'min_customers must not be NULL'),
	('white_space_check(s, ''2024-01-01'', ''2024-01-01'') from a', '22023', 'until must lie after as_of'),
	('white_space_check(s, ''2024-01-01'', ''infinity'') from a', '22008', 'until must be a finite date'),
	('adoption_agg(''c'', ''A'', date ''infinity'', 1)', '22008', 'at must be a finite date'),
	('adoption_agg(''c'', ''A'', timestamptz ''-infinity'', 1)', '22008', 'at must be a finite time'),
	('adoption_agg(''c'', ''A'', date ''2024-01-01'', ''NaN'')', '22003', 'amount must be a finite number'),
	('adoption_agg(''c'', ''A'', date ''2024-01-01'', 1e39)', '54000', 'amount has more digits than adoption_stats keeps'),
	('adoption_agg(''c'', ''A'', date ''2024-01-01'', q) from unnest(''{1e37,1e-36}''::numeric[]) q', '54000', 'amount has more digits than adoption_stats keeps')) t(call, code, message);
create collation pg_temp.folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select throws_ok('select adoption_agg(''1'' collate pg_temp.folding, ''A'', date ''2024-01-01'', 1)', '0A000', 'customer of adoption_agg must be text that compares byte by byte');
select throws_ok('select adoption_agg(1, ''A'' collate pg_temp.folding, date ''2024-01-01'', 1)', '0A000', 'item of adoption_agg must be text that compares byte by byte');

-- the same bits in any split and order
select setseed(0.271);
create temp table fact as
select g, case when g % 2 = 0 then ((random() * g * 10)::int)::text else 'c' || (random() * g * 10)::int end as customer, 'i' || (random() * 12)::int as item,
	case when random() < 0.05 then null else date '2024-01-01' + (random() * 300)::int end as at,
	case when random() < 0.1 then null else round((random() * 200 - 30)::numeric, (random() * 6 * (g % 3))::int) * case when g = 12 then 1e20 else 1 end end as amount, (random() * 4)::int as part
from generate_series(1, 12) g, generate_series(1, 1 + g * g * 8);
create temp table states as select g, adoption_agg(customer, item, at, amount) as s from fact group by g;
create temp table parts as
select g, part, adoption_agg(customer, item, at, amount) as s from fact group by g, part
union all select g, -1, null from states
union all select g, -2, adoption_agg(customer, item, at, amount) filter (where false) from fact group by g;
select is(count(*), 0::bigint, 'sums by day are numeric''s')
from (select g, c ->> 0 as customer, e ->> 0 as item, (e ->> 1)::date as at, (e ->> 2)::boolean as bought, (e ->> 3)::numeric as amount from states, jsonb_array_elements(s::jsonb -> 'customers') c, jsonb_array_elements(c -> 1) e) s
	full join (select g, customer, item, at, bool_or(coalesce(amount, 0) >= 0) as bought, sum(amount) as amount from fact where at is not null group by 1, 2, 3, 4
		union all select distinct g, customer, item, null::date, null::boolean, null::numeric from fact where at is null) o on (o.g, o.customer, o.item) = (s.g, s.customer, s.item) and o.at is not distinct from s.at
where s.g is null or o.g is null or (s.bought, s.amount) is distinct from (o.bought, o.amount);
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, adoption_merge(s order by random()) as s from parts group by g) m full join states using (g)
where revops_internal.adoption_stats_send(m.s) is distinct from revops_internal.adoption_stats_send(states.s) or m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'the order of rows says nothing')
from (select g, adoption_agg(customer, item, at, amount order by random()) as s from fact group by g) m join states using (g)
where m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from states where s::text::adoption_stats <> s or s::jsonb::text::adoption_stats <> s;
create temp table merged as select g, adoption_merge(s::text::adoption_stats) over (partition by g order by part) as s, part from parts;
select is(count(*), 0::bigint, 'a running merge may go on') from merged join states using (g) where part = (select max(part) from parts p where p.g = merged.g) and merged.s <> states.s;

-- a parallel plan
create table fact_many as select i % 5000 as customer, 'i' || hashint4(i) % 300 as item, date '2024-01-01' + i % 400 as at, (hashint4(i) % 1000) / 10.0 as amount from generate_series(1, 100000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select adoption_agg(customer, item, at, amount) as s from fact_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(adoption_agg(customer, item, at, amount) = (select s from serial), true, 'serial is parallel') from fact_many;

-- a large state puts equal rows together before it grows
set local max_parallel_workers_per_gather = 0;
select is(adoption_agg(i % 100, 'i' || i % 7, date '2024-01-01' + i % 3, 0.5) = (select adoption_agg(k, 'i' || n, date '2024-01-01' + d, 142.5 + 0.5 * (i)) from (select i % 100 as k, i % 7 as n, i % 3 as d, count(*) - 285 as i from generate_series(1, 600000) i group by 1, 2, 3) x), true, 'equal rows, many times')
from generate_series(1, 600000) i;

-- a large answer is refused, and says what to do: 90 million rows
create function pg_temp.hint(query text) returns text language plpgsql as $$
declare
	hint text;
begin
	execute query;
	return 'no error';
exception when others then
	get stacked diagnostics hint = pg_exception_hint;
	return sqlstate || ' ' || sqlerrm || ': ' || hint;
end $$;
create temp table large as select adoption_agg(c, i, d, 1) as s from (select n, 'big', null::date from generate_series(1, 30000) n union all select 0, 'item ' || n, '2024-01-01' from generate_series(1, 3000) n) x(c, i, d);
select is(pg_temp.hint('select count(*) from large, white_space_rows(s, ''2024-01-01'')'), '54000 the answer would need more than 1 GB of working memory: Put items into groups, ask for fewer customers, or raise min_customers.', 'a limit of memory');

-- golden bytes
create temp table golden as select adoption_agg(k, i, d, x) as s from (values ('2', 'b', date '2024-01-31', 1.50), ('2', 'a', null, null), ('x', 'a', '2000-01-01', -3), ('x', 'a', '2000-01-02', null)) t(k, i, d, x);
select is(s::text, '{"customers": [["2", [["a"], ["b", "2024-01-31", true, 1.50]]], ["x", [["a", "2000-01-01", false, -3.00], ["a", "2000-01-02", true]]]]}', 'the text form stays as it is') from golden;
select is(encode(revops_internal.adoption_stats_send(s), 'hex'), '01' || '00000003' || '0000000161' || '0000000162' || '0000000178' || '00000002'
	|| '00' || '0000000000000002' || '00000002' || '00000000' || '00' || '80000000' || '00000001' || '03' || '0000225c' || '0000000c' || '000200000000000200011388'
	|| '01' || '0000000000000002' || '00000002' || '00000000' || '02' || '00000000' || '0000000a' || '00010000400000020003' || '00000000' || '01' || '00000001', 'the binary form stays as it is') from golden;

-- input refuses what no rows can have made
select throws_ok(format('select %L::adoption_stats', '{"customers": ' || c || '}'), '22P02', null, c) from unnest(array['{}', '[["1"]]', '[["1", []]]', '[["1", [["A"], ["A"]]]]', '[["1", [["A"]]], ["1", [["B"]]]]', '[["1", [["A", "2024-01-01"]]]]',
	'[["1", [["A", "2024-01-01", false]]]]', '[["1", [["A", "2024-01-01", false, 1]]]]', '[["1", [["A", "2024-01-01", true, "NaN"]]]]', '[["1", [["A", "2024-01-01", true, 1e40]]]]', '[["1", [["A", "2024-01-01", true], ["A", "2024-01-01", true, 1]]]]',
	'[["1", [["A", "infinity", true]]]]', '[["1", [["A", "soon", true]]]]', '[[1, [["A"]]]]', '[["1", [[null]]]]', '[], "more": 1']) c;

select * from finish();
rollback;
