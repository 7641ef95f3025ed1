-- referral: members, faults, generations, as_of; forms, splits; a derived case of ../shared/vectors.
begin;
set local search_path = public, revops;
select no_plan();

-- referral-plain, derived: generations 0 to 3
create temp table plain (member text, referrer text, joined_on date, amount numeric);
insert into plain values ('u1', null, '2025-01-01', 0), ('u2', null, '2025-01-01', 0), ('u3', 'u1', '2025-01-08', 0), ('u4', 'u1', '2025-01-09', 0), ('u5', 'u3', '2025-01-20', 0), ('u6', 'u5', '2025-01-30', 0);
create temp table forest as select referral_agg(member, referrer, joined_on, amount) as f from plain;
select results_eq('select member, referrer, seed, generation, days_from_referrer, children, descendants, amount, tree_amount, problem from forest, referral_rows(f, ''2025-01-31'')', $$values
	('u1', null, 'u1', 0, null::int, 2::bigint, 4::bigint, 0::numeric, 0::numeric, null::text), ('u2', null, 'u2', 0, null, 0, 0, 0, 0, null), ('u3', 'u1', 'u1', 1, 7, 1, 2, 0, 0, null),
	('u4', 'u1', 'u1', 1, 8, 0, 0, 0, 0, null), ('u5', 'u3', 'u1', 2, 12, 1, 1, 0, 0, null), ('u6', 'u5', 'u1', 3, 10, 0, 0, 0, 0, null)$$, 'referral-plain: members');
select results_eq('select generation, members, referrers, children, k, round(k_low::numeric, 9), round(k_high::numeric, 9), median_days from forest, referral_generations(f, ''2025-01-31'')', $$values
	(0, 2::bigint, 1::bigint, 2::bigint, 1::float8, 0.000000000, 2.959963985, 7.5::float8), (1, 2, 1, 1, 0.5, 0, 1.479981992, 12), (2, 1, 1, 1, 1, null, null, 10), (3, 1, 0, 0, 0, null, null, null), (null, 0, null, null, null, null, null, null)$$, 'referral-plain: generations');

-- nobody who joins after as_of exists
select results_eq('select member, children, descendants from forest, referral_rows(f, ''2025-01-19'')', $$values ('u1', 2::bigint, 2::bigint), ('u2', 0, 0), ('u3', 0, 0), ('u4', 0, 0)$$, 'earlier');
select is(count(*), 0::bigint, 'before the first member') from forest, referral_rows(f, '2024-12-31');
select is(array_agg(r::text), '{"(,0,,,,,,,,,,,,0)"}', 'there is a row that says so') from forest, referral_generations(f, '2024-12-31') r;

-- maturity: 10 days are over for who joined by the 21st
select results_eq('select generation, mature_members, mature_children, mature_k from forest, referral_generations(f, ''2025-01-31'', 10)', $$values (0, 2::bigint, 2::bigint, 1::float8), (1, 2, 0, 0), (2, 1, 1, 1), (3, 0, 0, null), (null, null, null, null)$$, 'the last one is young, not barren');
select is(string_agg(concat_ws('/', generation, mature_members, mature_children), ' '), '0/2/2 1/2/1 2/0/0 3/0/0 ', 'of 12 days') from forest, referral_generations(f, '2025-01-31', 12);
select is(string_agg(concat_ws('/', generation, mature_members, mature_children), ' '), '0/2/0 1/2/0 2/1/0 3/1/0 ', 'of none') from forest, referral_generations(f, '2025-01-31', 0);
select is(count(mature_members) + count(mature_k), 0::bigint, 'without within_days nothing is said of maturity') from forest, referral_generations(f, '2025-01-31');

-- every fault is named
create temp table fault (member text, referrer text, joined_on date, amount numeric);
insert into fault values ('seed', null, '2025-01-01', 1), ('self', 'self', '2025-01-01', 2), ('ring1', 'ring2', '2025-01-02', 3), ('ring2', 'ring3', '2025-01-03', 3.0), ('ring3', 'ring1', '2025-01-04', null), ('on ring', 'ring1', '2025-01-05', 4),
	('orphan', 'nobody', '2025-01-06', 5), ('below', 'orphan', '2025-01-07', 6), ('lower', 'below', '2025-01-08', 7), ('selfish', 'self', '2025-01-09', 8), ('early', 'seed', '2024-12-31', 9.50), ('late', 'early', '2025-01-10', 1),
	('both', 'seed', '2025-01-12', 10), ('both', 'early', '2025-01-11', 20), ('both', null, '2025-01-10', 0.5), ('undated', 'seed', null, 3), (null, 'seed', '2025-01-01', 1000);
create temp table faulty as select referral_agg(member, referrer, joined_on, amount) as f from fault;
select results_eq('select member, referrer, seed, generation, joined_on, days_from_referrer, children, descendants, amount, tree_amount, problem from faulty, referral_rows(f, ''2025-01-31'')', $$values
	('below', 'orphan', null, null::int, date '2025-01-07', null::int, null::bigint, null::bigint, 6::numeric, null::numeric, 'under'),
	('both', 'early', 'seed', 2, '2025-01-10', 10, 0, 0, 30.5, 30.5, 'two_referrers'), ('early', 'seed', 'seed', 1, '2024-12-31', null, 2, 2, 9.50, 41.00, 'early'),
	('late', 'early', 'seed', 2, '2025-01-10', 10, 0, 0, 1, 1, null), ('lower', 'below', null, null, '2025-01-08', null, null, null, 7, null, 'under'),
	('on ring', 'ring1', null, null, '2025-01-05', null, null, null, 4, null, 'under'), ('orphan', 'nobody', null, null, '2025-01-06', null, null, null, 5, null, 'orphan'),
	('ring1', 'ring2', null, null, '2025-01-02', null, null, null, 3, null, 'loop'), ('ring2', 'ring3', null, null, '2025-01-03', null, null, null, 3.0, null, 'loop'), ('ring3', 'ring1', null, null, '2025-01-04', null, null, null, 0, null, 'loop'),
	('seed', null, 'seed', 0, '2025-01-01', null, 2, 4, 1, 45.00, null), ('self', 'self', null, null, '2025-01-01', null, null, null, 2, null, 'self'), ('selfish', 'self', null, null, '2025-01-09', null, null, null, 8, null, 'under'),
	('undated', 'seed', 'seed', 1, null, null, 0, 0, 3, 3, null)$$, 'faults');
select results_eq('select generation, members, referrers, children, mature_members, mature_children, median_days, amount from faulty, referral_generations(f, ''2025-01-31'', 20)', $$values
	(0, 1::bigint, 1::bigint, 2::bigint, 1::bigint, 0::bigint, null::float8, 1::numeric), (1, 2, 1, 2, 1, 2, 10, 12.50), (2, 2, 0, 0, 2, 0, null, 31.5), (null, 9, null, null, null, null, null, 38.0)$$, 'an early child counts in k, not in days or maturity; money is complete');
select is(sum(amount), (select sum(amount) from fault where member is not null), 'the rows add up') from faulty, referral_generations(f, '2025-01-31');
select is(string_agg(member, ' '), 'below early on ring orphan ring1 ring2 ring3 seed self undated', 'who has a row by then') from faulty, referral_rows(f, '2025-01-07');
select is((referrer, amount, problem)::text, '(early,20.5,)', 'the second referrer came later') from faulty, referral_rows(f, '2025-01-11') where member = 'both';
select is((referrer, generation, problem)::text, '(,0,)', 'before both it came by itself') from faulty, referral_rows(f, '2025-01-10') where member = 'both';
select is((referrer, problem)::text, '(a,two_referrers)', 'of one day the least name counts') from referral_rows((select referral_agg(m, r, '2025-01-01', 0) from (values ('x', 'b'), ('x', 'a'), ('a', null), ('b', null)) t(m, r)), '2025-01-01') where member = 'x';
select is((referrer, joined_on, problem)::text, '(b,2025-01-05,two_referrers)', 'a row without a day comes after those with one') from referral_rows((select referral_agg(m, r, d::date, 0) from (values ('x', 'b', '2025-01-05'), ('x', 'a', null), ('a', null, null), ('b', null, null)) t(m, r, d)), '2025-01-31') where member = 'x';
select is(string_agg(member || ':' || coalesce(problem, '-'), ' '), 'a:- c:orphan', 'a referrer who joins after as_of is none yet') from referral_rows((select referral_agg(m, r, d::date, 0) from (values ('a', null, '2025-01-01'), ('b', 'a', '2025-02-01'), ('c', 'b', '2025-01-05')) t(m, r, d)), '2025-01-31');
select is(string_agg(member, ' '), 'B a b', 'names compare byte by byte') from referral_rows((select referral_agg(m, null, null, null) from unnest('{b,B,a}'::text[]) m), '2025-01-01');
select is(string_agg(concat_ws(' ', member, referrer, problem), ', ' order by member collate "C"), 'abcdefg, abcdefgh abcdefghi, abcdefghi abcdefghj, abcdefghij abcdefgh, abcdefghj abcdefg, b abcdefghi, c abcdefgh, d abcdef orphan, e abcdefghii orphan',
	'names that begin alike') from referral_rows((select referral_agg(m, r, null, null) from (values ('abcdefg', null), ('abcdefgh', 'abcdefghi'), ('abcdefghi', 'abcdefghj'), ('abcdefghj', 'abcdefg'), ('abcdefghij', 'abcdefgh'), ('b', 'abcdefghi'), ('c', 'abcdefgh'), ('d', 'abcdef'), ('e', 'abcdefghii')) t(m, r)), '2025-01-01');
select is((generation, descendants)::text, '(0,29999)', 'a long chain') from referral_rows((select referral_agg(n::text, nullif(n - 1, 0)::text, null, 1) from generate_series(1, 30000) n), '2025-01-01') where member = '1';
select is((count(*), count(distinct problem))::text, '(30000,1)', 'and a long ring') from referral_rows((select referral_agg(n::text, ((n + 1) % 30000)::text, null, 1) from generate_series(0, 29999) n), '2025-01-01') where problem = 'loop';

-- nothing
select is(referral_agg(member, referrer, joined_on, amount), null, 'no rows, no forest') from plain where false;
select is(referral_agg(null, 'x', '2025-01-01', 1), null, 'nor of rows without a member');
select is(referral_merge(f), null, 'nor by a merge') from forest where false;
select is(count(*), 0::bigint, 'NULL forest, no rows') from referral_rows(null, '2025-01-01');
select is(count(*), 0::bigint, 'and no generations') from referral_generations(null, '2025-01-01');
select is(count(*), 0::bigint, 'NULL as_of neither') from forest, referral_generations(f, null);

-- errors
select throws_ok(format('select referral_agg(''x'', ''y'', %s)', arguments), code, message, arguments) from (values
	('''infinity'', 1', '22008', 'joined_on must be a finite date'), ('''2025-01-01'', -1', '22023', 'an amount must not be negative'), ('''2025-01-01'', ''NaN''', '22023', 'an amount must be a finite number'),
	('''2025-01-01'', ''Infinity''', '22023', 'an amount must be a finite number'), ('''2025-01-01'', 1e40', '22023', 'an amount has more than 38 digits, or more than 36 behind the point'), ('''2025-01-01'', 1e-40', '22023', 'an amount has more than 38 digits, or more than 36 behind the point')) t(arguments, code, message);
select throws_ok('select referral_rows(f, ''infinity'') from forest', '22008', 'as_of must be a finite date');
select throws_ok('select referral_generations(f, ''2025-01-01'', -1) from forest', '22023', 'within_days must not be negative');
select throws_ok($$select referral_rows(referral_agg(m, r, null, 99999999999999999999999999999999999999), '2025-01-01') from (values ('a', null), ('b', 'a'), ('c', 'b')) t(m, r)$$, '22003', 'a sum of amounts has more than 38 digits');
create collation pg_temp.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select throws_like('select referral_agg(member collate pg_temp.folded, referrer, joined_on, amount) from plain', 'member of referral_agg must be text that compares byte by byte', 'a key that is equal to another');
select throws_like('select referral_agg(member, referrer collate pg_temp.folded, joined_on, amount) from plain', 'referrer of referral_agg must be text that compares byte by byte', 'and a referrer');
select throws_ok('select revops_internal.referral_forest_add(null, ''a'', null, null, null)', '22023', 'referral_agg can only be called by an aggregate');

-- splits, order, forms
select setseed(0.14);
create temp table many as
select g, 'm' || floor(random() * 300)::int as member, case when random() < 0.8 then 'm' || floor(random() * 320)::int end as referrer, case when random() < 0.9 then date '2025-01-01' + floor(random() * 100)::int end as joined_on,
	case when random() < 0.8 then round((random() * 1000)::numeric, (random() * 4)::int) end as amount, floor(random() * 5)::int as part
from generate_series(1, 20) g, generate_series(1, g * 20);
create temp table whole as select g, referral_agg(member, referrer, joined_on, amount) as f from many group by g;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, referral_merge(f order by random()) as f from (
		select g, referral_agg(member, referrer, joined_on, amount) as f from many group by g, part union all select g, null from whole
		union all select g, referral_agg(member, referrer, joined_on, amount) filter (where false) from many group by g) p group by g) m join whole w using (g)
where revops_internal.referral_forest_send(m.f) <> revops_internal.referral_forest_send(w.f) or m.f <> w.f or m.f::text <> w.f::text;
select is(count(*), 0::bigint, 'the order of rows says nothing') from (select g, referral_agg(member, referrer, joined_on, amount order by random()) as f from many group by g) m join whole w using (g) where m.f <> w.f;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from whole where f::text::referral_forest <> f or f::jsonb::text::referral_forest <> f;
select is(count(*), 0::bigint, 'a running aggregate shows each step')
from (select n, referral_agg(member, null, null, 1) over (order by n) as f from (select *, row_number() over () as n from many limit 100) x) y, lateral (select sum(amount) as total from referral_rows(f, '2025-01-01')) r where total <> n;
create table referral_many as select * from many;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select referral_agg(member, referrer, joined_on, amount) as f from referral_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(referral_agg(member, referrer, joined_on, amount), (select f from serial), 'serial is parallel') from referral_many;

-- an aggregate of one's own that starts with a stored forest
create aggregate pg_temp.own(referral_forest) (sfunc = revops_internal.referral_forest_combine, stype = referral_forest, finalfunc = revops_internal.referral_forest_final, initcond = '{"rows": [["z", null, null, 1]]}');
select is(pg_temp.own(f)::text, '{"rows": [["a", null, null, 0], ["z", null, null, 3]]}', 'sorted anew') from unnest(array['{"rows": [["z", null, null, 2]]}', '{"rows": [["a", null, null, 0]]}']::referral_forest[]) f;

-- golden bytes
create temp table golden as select referral_agg(m, r, d::date, a) as f from (values ('u2', 'u1', '2025-01-08', 12.50), ('u1', null, null, null), ('u2', 'u1', '2025-01-08', 0.50)) t(m, r, d, a);
select is(f::text, '{"rows": [["u1", null, null, 0], ["u2", "u1", "2025-01-08", 13.00]]}', 'the text form stays as it is') from golden;
select is(encode(revops_internal.referral_forest_send(f), 'hex'), '01' || '00000002' || '000000027531' || '00' || '00000008' || '0000000000000000' || '000000027532' || '03' || '000000027531' || '000023b3' || '0000000a' || '0001000000000002000d', 'the binary form too') from golden;

-- input refuses what no rows can have made
select throws_ok(format('select %L::referral_forest', text), '22P02', null, text) from unnest(array['{}', '{"rows": []}', '{"rows": {}}', '{"rows": [["a", null, null]]}', '{"rows": [[null, null, null, 0]]}', '{"rows": [["a", 1, null, 0]]}',
	'{"rows": [["a", null, "x", 0]]}', '{"rows": [["a", null, "infinity", 0]]}', '{"rows": [["a", null, null, -1]]}', '{"rows": [["a", null, null, "NaN"]]}', '{"rows": [["a", null, null, null]]}', '{"rows": [["a", null, null, 1e40]]}', '{"rows": [["a", null, null, 0]], "more": 1}']) text;
select is('{"rows": [["b", "a", "2025-01-01", 1], ["a", null, null, 0], ["b", "a", "2025-01-01", 1.5]]}'::referral_forest::text, '{"rows": [["a", null, null, 0], ["b", "a", "2025-01-01", 2.5]]}', 'rows in any order, the same one twice');

select * from finish();
rollback;
