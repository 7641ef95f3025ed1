-- basket: rules of baskets, pairs and triples, the state in any split and order, forms, errors.
begin;
set local search_path = public, revops;
select no_plan();

-- three meanings of one word, and what no basket is
create temp table lines (basket text, item text, quantity numeric);
insert into lines values ('1', 'A', 2), ('1', 'B', 1), ('2', 'A', 1), ('2', 'B', 1), ('2', 'C', 4), ('3', 'A', 1), ('4', 'B', 1), ('4', 'A', 1), ('4', 'A', 2),
	('5', 'C', 1), ('6', 'A', 1), ('6', 'C', 1), ('7', 'D', 1), ('7', 'A', 1), ('7', 'B', 1), ('7', 'C', 1), ('7', 'E', 1), ('8', 'B', 0.5);
create temp table b as select basket_agg(basket, item, quantity) as b from lines;
select is(s::text, '(8,5,0.625,0.3057423946026273,0.8631557141764027,2.125,2.8125,5,0)', 'summary') from b, basket_summary(b) s;
select is(s::text, '(8,5,0.625,0.3057423946026273,0.8631557141764027,2.125,,5,0)', 'units are not known without quantities') from (select basket_agg(basket, item) as b from lines) x, basket_summary(b) s;
select is(s::text, '(9,5,0.5555555555555556,0.26665129349549305,0.8112214789023354,2,,5,2)', 'nor where one row has none; quantities of 0 and less are left out and counted')
from (select basket_agg(basket, item, quantity) as b from (table lines union all values ('1', 'Z', -1), ('9', 'A', 0), ('10', 'A', null), (null, 'A', -1), ('1', null, -1)) x) x, basket_summary(b) s;
select is(s::text, '(0,0,,,,,,,1)', 'no basket is left') from (select basket_agg('1', 'A', 0) as b) x, basket_summary(b) s;
select is(basket_agg(basket, item)::text, null, 'rows without a key or an item are none') from (values ('1', null), (null, 'A')) x(basket, item);
select is((basket_agg('1', 'A') filter (where false))::text, null, 'no rows give NULL');
select is(count(*), 0::bigint, 'a NULL state has no rows') from basket_pairs(null);
select is(basket_summary(null)::text, null, 'and no summary');
select is(basket_agg(17, 'A') = basket_agg('17', 'A') and basket_agg('017', 'A') <> basket_agg('17', 'A') and basket_agg('-0', 'A') <> basket_agg('0', 'A'), true, 'a bigint key is its text');
select is(basket_agg(n, 'A')::text, format('{"baskets": [["%s", ["A"]]], "units": null, "skipped_rows": 0}', n), 'keys of any size: ' || n)
from unnest('{-9223372036854775808,-4611686018427387905,-4611686018427387904,-1,0,4611686018427387903,4611686018427387904,9223372036854775807}'::bigint[]) n group by n;

-- items, pairs and triples, with the cap and without
select is(string_agg(i::text, ' '), '(A,6,0.75,0) (B,5,0.625,0) (C,4,0.5,0) (D,1,0.125,0) (E,1,0.125,0)', 'items') from b, basket_items(b) i;
select is(string_agg(i::text, ' '), '(A,5,0.7142857142857143,1) (B,4,0.5714285714285714,1) (C,3,0.42857142857142855,1) (D,0,0,1) (E,0,0,1)', 'items over the cap alone are there') from b, basket_items(b, 4) i;
select is(string_agg(i::text, ' '), '(A,0,,1) (B,0,,1)', 'all over the cap: no rate') from (select basket_agg(1, i) as b from unnest('{A,B}'::text[]) i) x, basket_items(b, 1) i;
select is(string_agg(concat_ws(' ', item_a, item_b, basket_count, a_count, b_count, both_count), ';'), 'A B 7 5 4 3;B A 7 4 5 3;A C 7 5 3 2;C A 7 3 5 2;B C 7 4 3 1;C B 7 3 4 1', 'pairs within the cap, most frequent first, then by name') from b, basket_pairs(b, 1, 4);
select is(string_agg(concat_ws(' ', item_a, item_b, both_count), ';'), 'A B 4;B A 4;A C 3;C A 3', 'pairs of three baskets and more') from b, basket_pairs(b, 3);
select is(string_agg(p::text, ' '), '(A,B,8,6,5,4,0.5,0.6666666666666666,0.299993315138392,0.9032285888942195,1.0666666666666667,0.4799893042214272,1.4451657422307513)', 'rates of a pair') from b, basket_pairs(b, 4) p where item_a = 'A';
select is(string_agg(t::text, ' '), '(A,B,C,4,2,0.5,0.15003898915215,0.8499610108478510,1)', 'a triple') from b, lateral (select item_a, item_b, item_c, ab_count, abc_count, attach_rate, round(attach_rate_low::numeric, 14) as l, round(attach_rate_high::numeric, 16), lift from basket_triples(b, 2) where item_c = 'C') t;
select is(string_agg(concat_ws(' ', item_a, item_b, item_c, ab_count, abc_count), ';'), 'A B C 4 2;A C B 3 2;B C A 2 2', 'each of three is once the third') from b, basket_triples(b, 2);
select is(count(*), 30::bigint, 'ten triples of five items') from b, basket_triples(b, 0) t;
select is(count(*), 3::bigint, 'a cap of triples') from b, basket_triples(b, 1, 4);
select is(count(*), 0::bigint, 'one item makes no pair') from basket_pairs('{"baskets": [["1", ["A"]], ["2", ["A"]]], "units": null, "skipped_rows": 0}', 1);

-- errors
select throws_ok('select ' || call, code, message, message || ': ' || call) from (values
	('basket_pairs(b, -1) from b', '22023', 'min_baskets must not be negative'),
	('basket_pairs(b, 1, 0) from b', '22023', 'max_items must be at least 1'),
	('basket_triples(b, -1) from b', '22023', 'min_baskets must not be negative'),
	('basket_triples(b, 1, -5) from b', '22023', 'max_items must be at least 1'),
	('basket_items(b, 0) from b', '22023', 'max_items must be at least 1'),
	('basket_pairs(b, null) from b', '22004', 'min_baskets must not be NULL'),
	('basket_pairs(b, max_items => null) from b', '22004', 'max_items must not be NULL'),
	('basket_items(b, null) from b', '22004', 'max_items must not be NULL'),
	('basket_agg(''1'', ''A'', ''NaN'')', '22003', 'quantity must be a finite number'),
	('basket_agg(''1'', ''A'', ''-Infinity'')', '22003', 'quantity must be a finite number'),
	('basket_agg(''1'', ''A'', 1e39)', '54000', 'quantity has more digits than basket_stats keeps'),
	('basket_agg(''1'', ''A'', 1e-37)', '54000', 'quantity has more digits than basket_stats keeps'),
	('basket_agg(''1'', ''A'', q) from unnest(''{1e37,1e-36}''::numeric[]) q', '54000', 'quantity has more digits than basket_stats keeps')) t(call, code, message);
create collation pg_temp.folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select throws_ok('select basket_agg(''1'' collate pg_temp.folding, ''A'')', '0A000', 'basket_key of basket_agg must be text that compares byte by byte');
select throws_ok('select basket_agg(1, ''A'' collate pg_temp.folding)', '0A000', 'item of basket_agg must be text that compares byte by byte');

-- a large answer is refused, and says what to do: 90 million pairs
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
create temp table large as select basket_agg(1, 'item ' || n) as b from generate_series(1, 10000) n;
select is(pg_temp.hint('select count(*) from large, basket_pairs(b, 1, 10000)'), '54000 the answer would need more than 1 GB of working memory: Raise min_baskets, lower max_items, or put items into groups.', 'a limit of memory');
select is(count(*), 0::bigint, 'the same with the default cap: the basket takes no part') from large, basket_pairs(b, 1);

-- the same bits in any split and order
select setseed(0.271);
create temp table fact as
select g, case when g % 2 = 0 then ((random() * g * 20)::int)::text else 'o' || (random() * g * 20)::int end as basket, 'i' || (random() * 30)::int as item,
	case when g % 3 = 0 and random() < 0.02 then null else round((random() * 20 - 2)::numeric, (random() * 4)::int) end as quantity, (random() * 4)::int as part
from generate_series(1, 12) g, generate_series(1, 1 + g * g * 8);
create temp table states as select g, basket_agg(basket, item, quantity) as s from fact group by g;
create temp table parts as
select g, part, basket_agg(basket, item, quantity) as s from fact group by g, part
union all select g, -1, null from states
union all select g, -2, basket_agg(basket, item, quantity) filter (where false) from fact group by g;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, basket_merge(s order by random()) as s from parts group by g) m full join states using (g)
where revops_internal.basket_stats_send(m.s) is distinct from revops_internal.basket_stats_send(states.s) or m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'the order of rows says nothing')
from (select g, basket_agg(basket, item, quantity order by random()) as s from fact group by g) m join states using (g)
where m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from states where s::text::basket_stats <> s or s::jsonb::text::basket_stats <> s;
create temp table merged as select g, basket_merge(s::text::basket_stats) over (partition by g order by part) as s, part from parts;
select is(count(*), 0::bigint, 'a running merge may go on') from merged join states using (g) where part = (select max(part) from parts p where p.g = merged.g) and merged.s <> states.s;
select is((basket_summary(basket_merge(b))).baskets, 1::bigint, 'a basket whose lines lie in two states is one') from (select basket_agg(1, 'A') as b union all select basket_agg('1', 'B')) x;
select is(basket_merge(b)::text, '{"baskets": [["1", ["A", "B"]]], "units": null, "skipped_rows": 0}', 'units of a merge with a part that has none are not known') from (select basket_agg(1, 'A', 1) as b union all select basket_agg(1, 'B')) x;

-- a parallel plan
create table fact_many as select i % 5000 as basket, 'i' || hashint4(i) % 300 as item, (hashint4(i) % 100) / 10.0 as quantity from generate_series(1, 100000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select basket_agg(basket, item, quantity) as s from fact_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(basket_agg(basket, item, quantity) = (select s from serial), true, 'serial is parallel') from fact_many;

-- a large state puts equal rows together before it grows
set local max_parallel_workers_per_gather = 0;
select is(string_agg(concat_ws(' ', baskets, items_per_basket, units_per_basket), ' '), '1000 7 1500', 'equal rows, many times') from (select basket_agg(i % 1000, 'i' || i % 7, 1) as b from generate_series(1, 1500000) i) x, basket_summary(b);

-- golden bytes
create temp table golden as select basket_agg(k, i, q) as b from (values ('2', 'b', 1.50), ('2', 'a', 0.25), ('x', 'a', 3), ('x', 'a', 1), ('x', 'c', -1)) t(k, i, q);
select is(b::text, '{"baskets": [["2", ["a", "b"]], ["x", ["a"]]], "units": 5.75, "skipped_rows": 1}', 'the text form stays as it is') from golden;
select is(encode(revops_internal.basket_stats_send(b), 'hex'), '01' || '01' || '0000000c' || '00020000000000020005' || '1d4c' || '0000000000000001' || '00000003' || '0000000161' || '0000000162' || '0000000178' || '00000002'
	|| '00' || '0000000000000002' || '00000002' || '00000000' || '00000001' || '01' || '0000000000000002' || '00000001' || '00000000', 'the binary form stays as it is') from golden;

-- input refuses what no rows can have made
select throws_ok(format('select %L::basket_stats', c), '22P02', null, c) from unnest(array['{}', '{"baskets": []}', '{"baskets": [], "units": 1}', '{"baskets": [["1", []]], "units": 1, "skipped_rows": 0}', '{"baskets": [["1"]], "units": 1, "skipped_rows": 0}',
	'{"baskets": [["1", ["A", "A"]]], "units": 1, "skipped_rows": 0}', '{"baskets": [["1", ["A"]], ["1", ["B"]]], "units": 1, "skipped_rows": 0}', '{"baskets": [], "units": -1, "skipped_rows": 0}', '{"baskets": [], "units": "NaN", "skipped_rows": 0}',
	'{"baskets": [], "units": 1e40, "skipped_rows": 0}', '{"baskets": [], "units": 0, "skipped_rows": -1}', '{"baskets": [[1, ["A"]]], "units": 0, "skipped_rows": 0}', '{"baskets": {}, "units": 0, "skipped_rows": 0}', '{"baskets": [], "units": 0, "skipped_rows": 0, "more": 1}']) c;

select * from finish();
rollback;
