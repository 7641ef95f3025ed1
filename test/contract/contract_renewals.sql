-- Renewals case by case: what came due, early, on the day, late, in grace, not yet; add-ons,
-- returns, downgrades, lines, what is known when.

begin;
set local search_path = public, revops;
select no_plan();

create temp table k (customer text, term daterange, mrr numeric, line text, key text, known_on date);
insert into k values
	('on the day', '[2024-01-01,2025-01-01)', 100, null, 'a1', null),
	('on the day', '[2025-01-01,2026-01-01)', 110, null, 'a2', null),
	('early', '[2024-01-01,2025-01-01)', 100, null, 'b1', null),
	('early', '[2024-12-01,2026-01-01)', 100, null, 'b2', null),
	('last day of grace', '[2024-01-01,2025-01-01)', 100, null, 'c1', null),
	('last day of grace', '[2025-01-31,2026-01-01)', 80, null, 'c2', null),
	('a day after grace', '[2024-01-01,2025-01-01)', 100, null, 'd1', null),
	('a day after grace', '[2025-02-01,2026-01-01)', 80, null, 'd2', null),
	('in grace', '[2024-06-01,2025-06-01)', 100, null, 'e1', null),
	('signed already', '[2024-09-01,2025-09-01)', 100, null, 'f1', null),
	('signed already', '[2025-09-01,2026-09-01)', 130, null, 'f2', '2025-05-05'),
	('signed later', '[2024-09-01,2025-09-01)', 100, null, 'g1', null),
	('signed later', '[2025-09-01,2026-09-01)', 130, null, 'g2', '2025-07-01'),
	('open-ended', '[2024-01-01,)', 100, null, 'h1', null),
	('add-on', '[2024-01-01,2025-01-01)', 100, null, 'i1', null),
	('add-on', '[2024-07-01,2025-01-01)', 25, null, 'i2', null),
	('add-on', '[2025-01-01,2026-01-01)', 120, null, 'i3', null),
	('early downgrade', '[2024-01-01,2025-01-01)', 100, null, 'j1', null),
	('early downgrade', '[2024-12-01,2025-12-01)', 50, null, 'j2', null),
	('replaced early', '[2024-01-01,2024-12-01)', 100, null, 'r1', null),
	('replaced early', '[2024-12-01,2025-12-01)', 50, null, 'r2', null),
	('staggered', '[2024-01-01,2025-01-01)', 100, 'crm', 'k1', null),
	('staggered', '[2024-07-01,2025-07-01)', 40, 'seats', 'k2', null),
	('staggered', '[2025-01-01,2026-01-01)', 100, 'crm', 'k3', null),
	('twins', '[2024-01-01,2025-01-01)', 60, null, 'l1', null),
	('twins', '[2024-01-01,2025-01-01)', 90, null, 'l2', null);
create temp table customer as
select customer, contract_agg(term, mrr, line, key, known_on) as contracts from k group by customer;
create temp table term as
select customer, r.* from customer, renewal_terms(contracts, '2025-06-15') as r;
create function pg_temp.row_of(c text, key text) returns text language sql as $$
	select concat_ws(' ', outcome, decided, mrr, coalesce(renewed_on::text, '-'), coalesce(renewed_by_key, '-'),
					 coalesce(gap_days::text, '-'), coalesce(next_mrr::text, '-'), coalesce(returned_on::text, '-'),
					 chain_index, term_index)
	from term where customer = c and contract_key = key $$;

select is(pg_temp.row_of('on the day', 'a1'), 'renewed t 100 2025-01-01 a2 0 110 - 1 1', 'renewed on the day');
select is(pg_temp.row_of('on the day', 'a2'), 'not_due f 110 - - - - - 1 2', 'the term that runs is not due');
select is(pg_temp.row_of('early', 'b1'), 'renewed_early t 100 2024-12-01 b2 -31 100 - 1 1',
	'early: worth 100 before, not 200 in the month both run');
select is(pg_temp.row_of('last day of grace', 'c1'), 'renewed_late t 100 2025-01-31 c2 30 80 - 1 1', 'on the last day of grace');
select is(pg_temp.row_of('a day after grace', 'd1'), 'lapsed t 100 - - - - 2025-02-01 1 1', 'a day after grace it has lapsed');
select is(pg_temp.row_of('a day after grace', 'd2'), 'not_due f 80 - - - - - 2 1', 'who returns begins a new chain');
select is(pg_temp.row_of('in grace', 'e1'), 'in_grace f 100 - - - - - 1 1', 'in grace: undecided');
select is(pg_temp.row_of('signed already', 'f1'), 'not_due f 100 2025-09-01 f2 0 130 - 1 1', 'not due, though the renewal is signed');
select is(pg_temp.row_of('signed already', 'f2'), 'not_due f 130 - - - - - 1 2', 'a signed term that has not begun is known');
select is(pg_temp.row_of('signed later', 'g1'), 'not_due f 100 - - - - - 1 1', 'what is signed after as_of is not known');
select is(pg_temp.row_of('signed later', 'g2'), null, 'and its term is not there');
select is(pg_temp.row_of('open-ended', 'h1'), 'not_due f 100 - - - - - 1 1', 'open-ended is never due');
select is(pg_temp.row_of('add-on', 'i1'), 'renewed t 125 2025-01-01 i3 0 120 - 1 1', 'an add-on counts in the value');
select is(pg_temp.row_of('add-on', 'i2'), null, 'and is not a term');
select is(pg_temp.row_of('early downgrade', 'j1'), 'renewed_early t 100 2024-12-01 j2 -31 50 - 1 1', 'an early downgrade keeps half');
select is((select (renewal_rates_agg(outcome, mrr, next_mrr)).gross_value_rate from term where contract_key = 'j1'), 0.5::float8,
	'50 % kept, not 100 %');
select is((select (renewal_rates_agg(outcome, mrr, next_mrr)).gross_value_rate from term where contract_key = 'r1'), 0.5::float8,
	'and so where the old contract was cut short');
select is((select string_agg(concat_ws(' ', line, contract_key, outcome, mrr), ', ' order by line, term_index) from term where customer = 'staggered'),
	'crm k1 renewed 100, crm k3 not_due 100, seats k2 not_due 40', 'two products with staggered terms are two chains');
select is(pg_temp.row_of('twins', 'l2'), 'lapsed t 150 - - - - - 1 1', 'of equal terms the largest is the base, both count');
select is(pg_temp.row_of('twins', 'l1'), null, 'the smaller twin is no term');

-- the last day of in_grace, and the first day on which a term is due
select results_eq($$
	select as_of::date, outcome from customer, (values (1, '2025-05-31'), (2, '2025-06-01'), (3, '2025-07-01'), (4, '2025-07-02')) as a(n, as_of),
		renewal_terms(contracts, as_of::date) where customer = 'in grace' order by n$$,
	$$values (date '2025-05-31', 'not_due'), ('2025-06-01', 'in_grace'), ('2025-07-01', 'in_grace'), ('2025-07-02', 'lapsed')$$,
	'due on the first day that is not covered, lapsed a day after grace');
select is((select outcome from customer, renewal_terms(contracts, '2025-06-01', 0) where customer = 'in grace'), 'in_grace', 'without grace: one day');
select is((select outcome from customer, renewal_terms(contracts, '2025-06-02', 0) where customer = 'in grace'), 'lapsed', 'then lapsed');

-- open-ended contracts contain only open-ended ones
select results_eq($$
	select contract_key, outcome, mrr, renewed_by_key from renewal_terms((select contract_agg(term, mrr, null, key, null) from (values
		('[2024-01-01,)'::daterange, 100, 'o1'), ('[2024-06-01,)', 10, 'o2'), ('[2024-03-01,2025-03-01)', 40, 'f1')) as v(term, mrr, key)), '2025-06-15')$$,
	$$values ('o1', 'not_due', 100::numeric, 'f1'), ('f1', 'lapsed', 150, null)$$, 'open-ended ones and others');

-- rates
select is((select renewal_rates_agg(outcome, mrr, next_mrr)::text from (values
		('renewed', 100, 100), ('renewed_early', 100, 50), ('renewed_late', 100, 300), ('lapsed', 100, null),
		('in_grace', 1000, null), ('not_due', 5000, 5000)) as v(outcome, mrr, next_mrr)),
	'(5,3,1,1,0.75,' || wilson_low(3, 4) || ',' || wilson_high(3, 4) || ',400,250,450,0.625,1.125)', 'renewal_rates of six terms');
select is((select round(renewal_rate_low::numeric, 2) || ' to ' || round(renewal_rate_high::numeric, 2) from (
		select (renewal_rates_agg(o, 1, 1)).* from (values ('renewed'), ('renewed'), ('renewed'), ('lapsed')) as v(o)) as r),
	'0.30 to 0.95', '3 of 4 says how little that is');
select is((select renewal_rates_agg(o, 1, 1)::text from (values ('not_due')) as v(o)), '(0,0,0,0,,,,0,0,0,,)', 'nothing due: no rate');
select is((select renewal_rates_agg(o, 1, 1)::text from (values ('in_grace')) as v(o)), '(1,0,0,1,,,,0,0,0,,)', 'pending only: no rate');
select is((select renewal_rates_agg(o, null, null)::text from (values ('lapsed'), (null)) as v(o)), '(1,0,1,0,0,0,' || wilson_high(0, 1) || ',0,0,0,,)',
	'NULL amounts are 0, a NULL outcome is no row');
select is((select renewal_rates_agg(o, 1, 1) from (values ('lapsed')) as v(o) where false), null, 'no rows: NULL');
select throws_like($$select renewal_rates_agg('Renewed', 1, 1)$$, 'unknown outcome "Renewed"', 'an unknown outcome is named');
select throws_like($$select renewal_rates_agg('renewed', -1, 1)$$, '%mrr must not be negative%', 'so is a negative amount');

-- gaps
select is(contract_fill_gaps(s, 5)::text, filled, what)
from (values
	('{"contracts": [{"starts": "2024-01-01", "ends": "2024-12-31", "mrr": 10}, {"starts": "2025-01-01", "mrr": 12}]}'::contract_state,
	 '{"contracts": [{"starts": "2024-01-01", "ends": "2025-01-01", "mrr": 10}, {"starts": "2025-01-01", "mrr": 12}]}', 'a gap of a day is closed'),
	('{"contracts": [{"starts": "2024-01-01", "ends": "2024-12-27", "mrr": 10}, {"starts": "2025-01-01", "mrr": 12}]}',
	 '{"contracts": [{"starts": "2024-01-01", "ends": "2025-01-01", "mrr": 10}, {"starts": "2025-01-01", "mrr": 12}]}', 'one of five days too'),
	('{"contracts": [{"starts": "2024-01-01", "ends": "2024-12-26", "mrr": 10}, {"starts": "2025-01-01", "mrr": 12}]}',
	 '{"contracts": [{"starts": "2024-01-01", "ends": "2024-12-26", "mrr": 10}, {"starts": "2025-01-01", "mrr": 12}]}', 'one of six is not'),
	('{"contracts": [{"line": "a", "starts": "2024-01-01", "ends": "2024-12-31", "mrr": 10}, {"line": "b", "starts": "2025-01-01", "mrr": 12}]}',
	 '{"contracts": [{"line": "a", "starts": "2024-01-01", "ends": "2024-12-31", "mrr": 10}, {"line": "b", "starts": "2025-01-01", "mrr": 12}]}', 'nor one between lines'),
	('{"contracts": [{"starts": "2024-01-01", "ends": "2024-12-31", "mrr": 10}, {"starts": "2024-02-01", "ends": "2024-12-31", "mrr": 5}, {"starts": "2024-03-01", "ends": "2024-12-30", "mrr": 1}, {"starts": "2025-01-01", "mrr": 12}]}',
	 '{"contracts": [{"starts": "2024-01-01", "ends": "2025-01-01", "mrr": 10}, {"starts": "2024-02-01", "ends": "2025-01-01", "mrr": 5}, {"starts": "2024-03-01", "ends": "2024-12-30", "mrr": 1}, {"starts": "2025-01-01", "mrr": 12}]}',
	 'what ends where the gap begins lasts until it ends')) as v(s, filled, what);
select is((select count(*) from customer, renewal_terms(contract_fill_gaps(contracts, 31), '2025-06-15') where customer = 'a day after grace' and outcome = 'renewed'),
	1::bigint, 'a paper signed late, its gap closed, is a renewal');
select throws_like($$select contract_fill_gaps(contracts, -1) from customer$$, 'max_days must be at least 0', 'negative days');

-- mistakes
select results_eq($$
	select problem, contract_key, other_key, starts, ends from contract_check((select contract_agg(term, mrr, line, key, known_on) from (values
		('[2024-01-01,2024-12-31)'::daterange, 100, 'crm', 'A', null::date), ('[2025-01-01,2026-01-01)', 1200, 'crm', 'B', null),
		('[2025-12-31,2026-12-31)', 1200, 'crm', 'C', '2026-02-01'), ('[2026-03-01,2026-06-01)', 0, 'crm', 'D', null),
		('[2024-01-01,2025-01-01)', 7, 'seats', 'E', null)) as v(term, mrr, line, key, known_on)))$$,
	$$values ('one_day_gap', 'B', 'A', date '2024-12-31', date '2025-01-01'), ('twelvefold', 'B', 'A', '2025-01-01', '2026-01-01'),
		('overlap', 'C', 'B', '2025-12-31', '2026-01-01'), ('signed_late', 'C', null, '2025-12-31', '2026-02-01'),
		('overlap', 'D', 'C', '2026-03-01', '2026-06-01'), ('zero_value', 'D', null, '2026-03-01', '2026-06-01')$$,
	'contract_check names each');
select is_empty($$select * from customer, contract_check(contracts) where customer in ('on the day', 'staggered', 'open-ended')$$, 'nothing wrong: no row');

select * from finish();
rollback;
