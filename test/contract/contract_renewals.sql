-- Renewals case by case: what came due, early, on the day, late, in grace, not yet; add-ons,
-- returns, downgrades, lines, what is known when, chains side by side, phases.

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
	$$values ('o1', 'not_due', 110::numeric, null), ('f1', 'lapsed', 40, null)$$, 'open-ended ones and others stand side by side');

-- rates
select is((select renewal_rates_agg(outcome, mrr, next_mrr)::text from (values
		('renewed', 100, 100), ('renewed_early', 100, 50), ('renewed_late', 100, 300), ('lapsed', 100, null),
		('in_grace', 1000, null), ('not_due', 5000, 5000)) as v(outcome, mrr, next_mrr)),
	'(5,4,3,1,1,0.75,' || wilson_low(3, 4) || ',' || wilson_high(3, 4) || ',1400,400,250,450,0.625,1.125)', 'renewal_rates of six terms');
select is((select round(renewal_rate_low::numeric, 2) || ' to ' || round(renewal_rate_high::numeric, 2) from (
		select (renewal_rates_agg(o, 1, 1)).* from (values ('renewed'), ('renewed'), ('renewed'), ('lapsed')) as v(o)) as r),
	'0.30 to 0.95', '3 of 4 says how little that is');
select is((select renewal_rates_agg(o, 1, 1)::text from (values ('not_due')) as v(o)), '(0,0,0,0,0,,,,0,0,0,0,,)', 'nothing due: no rate');
select is((select renewal_rates_agg(o, 1, 1)::text from (values ('in_grace')) as v(o)), '(1,0,0,0,1,,,,1,0,0,0,,)', 'pending only: due, no rate');
select is((select renewal_rates_agg(o, null, null)::text from (values ('lapsed'), (null)) as v(o)), '(1,1,0,1,0,0,0,' || wilson_high(0, 1) || ',0,0,0,0,,)',
	'NULL amounts are 0, a NULL outcome is no row');
select is((select renewal_rates_agg(o, 1, 1) from (values ('lapsed')) as v(o) where false), null, 'no rows: NULL');
select throws_like($$select renewal_rates_agg('Renewed', 1, 1)$$, 'unknown outcome "Renewed"', 'an unknown outcome is named');
select throws_like($$select renewal_rates_agg('renewed', -1, 1)$$, '%mrr must not be negative%', 'so is a negative amount');

-- terms of one line, told as key: outcome mrr > renewing key next_mrr @ chain.term
create function pg_temp.told(contracts contract_state, as_of date, grace int default 30, early int default 180) returns text language sql as $$
	select string_agg(concat(contract_key, ': ', outcome, ' ', mrr, ' > ' || renewed_by_key || ' ' || next_mrr, ' @ ', chain_index, '.', term_index), ', '
		order by chain_index, term_index)
	from renewal_terms(contracts, as_of, grace, early) $$;
create function pg_temp.of(variadic contracts text[]) returns contract_state language sql as $$
	select contract_agg(daterange(split_part(c, ' ', 2)::date, nullif(split_part(c, ' ', 3), '-')::date), split_part(c, ' ', 4)::numeric, null, split_part(c, ' ', 1), null)
	from unnest(contracts) as c $$;

-- what is bought in addition renews nothing, however the ends fall
select is(pg_temp.told(pg_temp.of('BASE 2024-01-01 2025-01-01 100', 'ADDON 2024-07-01 2025-07-01 30'), '2025-09-01'),
	'BASE: lapsed 100 @ 1.1, ADDON: lapsed 30 @ 2.1', 'an addition half a year before the end is no renewal');
select is(pg_temp.told(pg_temp.of('BASE 2024-01-01 2025-01-01 100', 'ADDON 2024-07-01 2025-07-01 30', 'BASE2 2025-01-01 2026-01-01 100'), '2025-09-01'),
	'BASE: renewed 100 > BASE2 100 @ 1.1, BASE2: not_due 100 @ 1.2, ADDON: lapsed 30 @ 2.1', 'two chains do not carry each other''s money');
select is((select (mrr_due, mrr_renewed, due, renewed, lapsed) from (select (renewal_rates_agg(outcome, mrr, next_mrr)).*
		from renewal_terms(pg_temp.of('BASE 2024-01-01 2025-01-01 100', 'ADDON 2024-07-01 2025-07-01 30', 'BASE2 2025-01-01 2026-01-01 100'), '2025-09-01')) as r),
	(130::numeric, 100::numeric, 2::bigint, 1::bigint, 1::bigint), 'due 130, renewed 100');
select is(pg_temp.told(pg_temp.of('A1 2024-01-01 2025-01-01 100', 'B1 2024-02-01 2025-02-01 30', 'A2 2025-01-20 2026-01-01 100', 'B2 2025-02-01 2026-02-01 30'), '2025-09-01'),
	'A1: renewed_late 100 > A2 100 @ 1.1, A2: not_due 100 @ 1.2, B1: renewed 30 > B2 30 @ 2.1, B2: not_due 30 @ 2.2', 'the smallest gap goes first: A1 to A2, B1 to B2');
select is((select string_agg(chain || ': ' || days || ' days, ' || terms || ' terms of ' || mrr, '; ' order by chain) from (
		select chain_index as chain, string_agg(distinct extract(day from starts)::text, ' ') as days, count(*) as terms, min(mrr) as mrr
		from renewal_terms((select contract_agg(daterange(d::date, (d + interval '1 month')::date), case extract(day from d) when 1 then 10 else 7 end)
			from generate_series(0, 11) as n, lateral (values (timestamp '2024-01-01' + n * interval '1 month'), ('2024-01-15'::timestamp + n * interval '1 month')) as v(d)), '2025-06-01')
		group by chain_index) as x),
	'1: 1 days, 12 terms of 10; 2: 15 days, 12 terms of 7', 'monthly lines from the 1st and from the 15th stay two chains');

-- the window before the end
select is(pg_temp.told(s, '2025-09-01', 30, early), told, early || ' days before the end')
from pg_temp.of('A 2024-01-01 2025-01-01 100', 'B 2024-07-05 2025-07-05 90') as s,
	(values (180, 'A: renewed_early 100 > B 90 @ 1.1, B: lapsed 90 @ 1.2'), (179, 'A: lapsed 100 @ 1.1, B: lapsed 90 @ 2.1'), (0, 'A: lapsed 100 @ 1.1, B: lapsed 90 @ 2.1')) as v(early, told);
select throws_ok($$select renewal_terms(contracts, '2025-01-01', 30, -1) from customer$$, '22023', 'early_days must be at least 0', 'negative days before the end');

-- ties: A ends on 2025-01-11, ten days after X starts and ten before Y
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-11 100', 'X 2025-01-01 2026-01-01 50', 'Y 2025-01-21 2026-02-01 60'), '2025-03-01'),
	'A: renewed_late 100 > Y 60 @ 1.1, Y: not_due 60 @ 1.2, X: not_due 50 @ 2.1', 'of one gap the larger mrr goes first');
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-11 100', 'A 2025-01-01 2026-01-01 50', 'Y 2025-01-21 2026-02-01 60'), '2025-03-01'),
	'A: renewed_early 100 > A 50 @ 1.1, A: not_due 50 @ 1.2, Y: not_due 60 @ 2.1', 'but the same key before it');
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-11 100', 'X 2025-01-01 2026-01-01 50', 'Y 2025-01-21 2026-02-01 50'), '2025-03-01'),
	'A: renewed_early 100 > X 50 @ 1.1, X: not_due 50 @ 1.2, Y: not_due 50 @ 2.1', 'then the earlier start');
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-11 100', 'X 2025-01-21 2026-01-01 50', 'Y 2025-01-21 - 50'), '2025-03-01'),
	'A: renewed_late 100 > X 50 @ 1.1, X: not_due 50 @ 1.2, Y: not_due 50 @ 2.1', 'then the earlier end');
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-11 100', 'X 2025-01-21 2026-01-01 50', 'A 2025-01-21 - 40'), '2025-03-01'),
	'A: renewed_late 100 > A 40 @ 1.1, A: not_due 40 @ 1.2, X: not_due 50 @ 2.1', 'an open-ended one of the same key on the same day');
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-11 100', 'B 2024-02-01 2025-01-31 120', 'X 2025-01-21 2026-01-21 50'), '2025-06-01'),
	'A: lapsed 100 @ 1.1, B: renewed_early 120 > X 50 @ 2.1, X: not_due 50 @ 2.2', 'the larger of two ends goes first');

-- add-ons count with one term: that of their key, else the one that ends first
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-01 100', 'B 2024-02-01 2025-02-01 200', 'B 2024-03-01 2024-12-31 5', 'C 2024-03-01 2025-01-01 7'), '2025-09-01'),
	'A: lapsed 107 @ 1.1, B: lapsed 200 @ 2.1', 'an add-on that has ended adds nothing on the last day');
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2025-01-01 100', 'B 2024-02-01 2025-02-01 200', 'B 2024-03-01 2025-01-01 5', 'C 2024-03-01 2025-01-01 7'), '2024-12-31'),
	'A: not_due 107 @ 1.1, B: not_due 200 @ 2.1', 'not with two');
select is((select mrr from renewal_terms(pg_temp.of('A 2024-01-01 2025-01-01 100', 'B 2023-12-01 2025-02-01 200', 'A 2024-03-01 2025-01-01 5', 'B 2024-12-01 2026-02-01 1'), '2026-09-01')
	where contract_key = 'B' and term_index = 1), 305::numeric, 'inside a larger one both are add-ons of it');
select is((select mrr from renewal_terms(pg_temp.of('A 2024-01-01 2025-01-01 100', 'B 2024-02-01 2025-02-01 200', 'B 2024-03-01 2025-01-01 5'), '2026-09-01')
	where contract_key = 'A'), 100::numeric, 'an add-on under the number of the later term is not the earlier one''s');

-- what has no value forms no term
select is(pg_temp.told(pg_temp.of('TRIAL 2024-01-01 2024-02-01 0', 'A 2024-02-01 2025-02-01 100', 'FREE 2025-02-01 2026-02-01 0'), '2025-06-01'),
	'A: lapsed 100 @ 1.1', 'neither a trial before nor a free plan after');
select is(pg_temp.told(pg_temp.of('FRAME 2024-01-01 2027-01-01 0', 'A 2024-02-01 2025-02-01 100', 'B 2025-02-01 2026-02-01 110'), '2025-06-01'),
	'A: renewed 100 > B 110 @ 1.1, B: not_due 110 @ 1.2', 'a frame without value contains no add-ons');
select is_empty($$select * from renewal_terms(pg_temp.of('F 2024-01-01 - 0'), '2025-06-01')$$, 'free alone: no term');

-- phases of one number: a ramp, a price change, a pause
select is(pg_temp.told(pg_temp.of('A 2024-01-01 2024-04-01 0', 'A 2024-04-01 2024-10-01 50', 'A 2024-11-01 2025-01-01 80', 'B 2025-01-01 2026-01-01 90'), '2025-06-01', 31),
	'A: renewed_late 50 > A 80 @ 1.1, A: renewed 80 > B 90 @ 1.2, B: not_due 90 @ 1.3', 'as rows each phase is a term');
select is(pg_temp.told(contract_join_phases(pg_temp.of('A 2024-01-01 2024-04-01 0', 'A 2024-04-01 2024-10-01 50', 'A 2024-11-01 2025-01-01 80', 'B 2025-01-01 2026-01-01 90')), '2025-06-01'),
	'A: renewed 80 > B 90 @ 1.1, B: not_due 90 @ 1.2', 'joined, all are one');
select results_eq($$select starts, ends, last_day, mrr from renewal_terms(contract_join_phases(pg_temp.of('A 2024-01-01 2024-04-01 0', 'A 2024-04-01 2024-10-01 50', 'A 2024-11-01 2025-01-01 80')), '2024-06-01')$$,
	$$values (date '2024-01-01', date '2025-01-01', date '2024-12-31', 80::numeric)$$, 'from the first day to the last');
select is((select contract_mrr(contract_join_phases(s), '2024-10-15') = 0 and contract_mrr(contract_join_phases(s), '2024-12-15') = 80 from
	pg_temp.of('A 2024-04-01 2024-10-01 50', 'A 2024-11-01 2025-01-01 80') as s), true, 'revenue stays that of the phases');
select is(contract_join_phases(s)::text, '{"contracts": [{"key": "A", "phase": true, "starts": "2024-01-01", "ends": "2024-07-01", "mrr": 1, "known_on": "2023-12-01"}, '
	'{"key": "A", "phase": true, "starts": "2024-07-01", "ends": "2025-01-01", "mrr": 2, "known_on": "2023-12-01"}, {"key": "B", "starts": "2024-08-01", "mrr": 3}]}', 'in text')
from (values ('{"contracts": [{"key": "A", "starts": "2024-07-01", "ends": "2025-01-01", "mrr": 2}, {"key": "A", "starts": "2024-01-01", "ends": "2024-07-01", "mrr": 1, "known_on": "2023-12-01"},
	{"key": "B", "starts": "2024-08-01", "mrr": 3, "phase": false}]}'::contract_state)) as v(s);
select is(contract_join_phases(contract_join_phases(contracts))::text, contract_join_phases(contracts)::text, 'twice is once')
from (select contract_agg(term, mrr, line, 'one', known_on) as contracts from k) as x;
select is(contract_join_phases(s), contract_join_phases(s)::text::contract_state, 'and in its order')
from (values ('{"contracts": [{"key": "A", "starts": "2024-01-01", "mrr": 1, "known_on": "2024-03-01"}, {"key": "A", "starts": "2024-01-01", "mrr": 1}, {"key": "A", "starts": "2024-01-01", "mrr": 1, "known_on": "2023-06-01"}]}'::contract_state)) as v(s);
select throws_ok($$select '{"contracts": [{"phase": true, "starts": "2024-01-01", "mrr": 2}]}'::contract_state$$, '22P02', null, 'a phase without a key');
select is((select contract_fill_gaps(contract_join_phases(s), 40)::text = contract_join_phases(contract_fill_gaps(s, 40))::text from
	pg_temp.of('A 2024-04-01 2024-10-01 50', 'A 2024-11-01 2025-01-01 80') as s), true, 'before or after gaps are filled');

-- a term to December 31 is due in December
select results_eq($$select date_trunc('quarter', last_day)::date, date_trunc('quarter', ends)::date from renewal_terms(pg_temp.of('A 2024-01-01 2025-01-01 100'), '2025-06-01')$$,
	$$values (date '2024-10-01', date '2025-01-01')$$, 'last_day files it, ends does not');

-- chains
select is((select string_agg(duration || ' ' || events, ', ' order by duration) from survival_rows(renewals) where events > 0), told, early || ' days: chains by the same rule')
from (values (180, '2 1'), (179, '1 2')) as v(early, told),
	lateral (select renewal_survival_agg(s, '2025-09-01', 30, early) as renewals from pg_temp.of('A 2024-01-01 2025-01-01 100', 'B 2024-07-05 2025-07-05 90') as s) as x;

-- who is a customer: MRR above 0, in the bridge and in cohorts alike
create temp table paying as
select pg_temp.of('PAID 2024-01-10 2024-06-01 100', 'FREE 2024-06-01 - 0') as s union all select pg_temp.of('TRIAL 2024-01-20 2024-03-01 0', 'PAID 2024-03-01 - 50');
select results_eq($$select cohort, period_index, customers, active, mrr_start, mrr_kept, mrr, nrr from (select cohort_agg(s, 'quarter', '2024-06-30') as m from paying) as a, cohort_rows(m)$$,
	$$values (date '2024-01-01', 0, 2::bigint, 2::bigint, 150::numeric, 150::numeric, 150::numeric, 1::float8), ('2024-01-01', 1, 2, 1, 150, 50, 50, (50 / 150.0)::float8)$$,
	'a downgrade to a free plan is no retention, a trial no start');
select results_eq($$select period, customers_new, customers_churned, customers_closing, closing from (select mrr_bridge_agg(s, 'quarter', '2024-01-01', '2024-07-01') as b from paying) as a, mrr_bridge_rows(b)$$,
	$$values (date '2024-01-01', 2::bigint, 0::bigint, 2::bigint, 150::numeric), ('2024-04-01', 0, 1, 1, 50)$$, 'as the bridge says');
select is_empty($$select cohort_rows(cohort_agg(s, 'month', '2024-12-31')) from pg_temp.of('F 2024-01-01 - 0') as s$$, 'who never paid is in no cohort');
select is((select cohort || ' ' || nrr from (select cohort_agg(s, 'month', '2024-03-31') as m from pg_temp.of('TRIAL 2024-01-20 2024-03-01 0', 'PAID 2024-03-01 - 50') as s) as a, cohort_rows(m)),
	'2024-03-01 1', 'after a trial the cohort is that of the first paid day');

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
		('zero_value', 'D', null, '2026-03-01', '2026-06-01')$$,
	'contract_check names each');
select results_eq(format($$select problem, contract_key, starts, ends from contract_check(%L::contract_state) where problem not like 'overlap'$$, s), expected, what)
from (values
	(pg_temp.of('A 2024-01-01 2025-01-01 10', 'A 2024-01-01 2025-01-01 10'), $$values ('same_key_overlap', 'A', date '2024-01-01', date '2025-01-01')$$, 'one contract brought in twice'),
	(pg_temp.of('A 2024-01-01 2025-01-01 10', 'A 2024-06-01 2025-06-01 10'), $$values ('same_key_overlap', 'A', date '2024-06-01', date '2025-01-01')$$, 'the same key over some of the same days'),
	(pg_temp.of('A 2024-01-01 2025-01-01 10', 'A 2025-01-01 2026-01-01 10'), $$values ('same_key_follows', 'A', date '2025-01-01', date '2026-01-01')$$, 'a renewal under the old number, or a phase'),
	(contract_join_phases(pg_temp.of('A 2024-01-01 2025-01-01 10', 'A 2025-01-01 2026-01-01 10')), $$select '', '', current_date, current_date where false$$, 'joined, it is a phase'),
	(contract_join_phases(pg_temp.of('A 2024-01-01 2025-01-01 10', 'A 2025-02-01 2026-01-01 10')), $$values ('pause', 'A', date '2025-01-01', date '2025-02-01')$$, 'with a pause'),
	(contract_join_phases(pg_temp.of('A 2024-01-01 2025-01-01 10', 'A 2024-06-01 2026-01-01 10')), $$values ('same_key_overlap', 'A', date '2024-06-01', date '2025-01-01')$$, 'phases over the same days'),
	(pg_temp.of('A 2024-01-01 2025-01-01 10', 'B 2025-01-15 2026-01-01 10'), $$values ('gap_in_grace', 'B', date '2025-01-01', date '2025-01-15')$$, 'renewed late, not covered'),
	(pg_temp.of('A 2024-01-01 2025-01-01 10', 'B 2025-02-01 2026-01-01 10'), $$select '', '', current_date, current_date where false$$, 'lapsed and back: both say so'),
	(pg_temp.of('A 2024-01-01 2025-01-01 10', 'B 2025-01-02 2026-01-01 10'), $$values ('one_day_gap', 'B', date '2025-01-01', date '2025-01-02')$$, 'a day is a slip of the pen'),
	(pg_temp.of('A 2024-01-01 9999-12-31 10'), $$values ('far_end', 'A', date '2024-01-01', date '9999-12-31')$$, '9999 is no end'),
	(pg_temp.of('A 2024-01-01 2201-01-01 10'), $$select '', '', current_date, current_date where false$$, '2200 is one')) as v(s, expected, what);
select is((select string_agg(problem, ' ') from contract_check(pg_temp.of('A 2024-01-01 2025-01-01 10', 'B 2025-01-15 2026-01-01 10'), 13)), null, 'within fewer days of grace nothing is bridged');
select is((select string_agg(problem || ' ' || contract_key, ' ') from contract_check(pg_temp.of('A 2024-01-01 2025-01-01 10', 'X 2024-12-22 2025-12-31 10', 'B 2025-01-15 2026-01-01 10'), 30, early) where problem <> 'overlap'),
	told, 'pairs as in renewals, ' || early || ' days early')
from (values (180, null), (5, 'gap_in_grace B')) as v(early, told);
select is(mrr_from_total(12000, '[2024-01-01,9999-12-31)') < 0.126, true, 'a total over eight thousand years is next to nothing');
select is_empty($$select * from customer, contract_check(contracts) where customer in ('on the day', 'staggered', 'open-ended')$$, 'nothing wrong: no row');

select * from finish();
rollback;
