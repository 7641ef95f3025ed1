-- States in any split, with empty and NULL parts, stored and read back, in parallel; extremes; and every
-- bad input with the error it gets.

begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.7);

create table pg_temp.k as
select c as customer, (array[null, 'crm', 'seats'])[1 + n % 3] as line, 'K' || c || '-' || n as key,
	   date '2021-01-01' + (random() * 900)::int + n * 100 as starts, 30 + (random() * 400)::int as days,
	   case n % 5 when 0 then 0 when 1 then round((random() * 500)::numeric, 2) when 2 then round((random() * 500)::numeric, 4)
		   when 3 then 1e30 + n when 4 then 1000.0 / 7 end as mrr,
	   case when random() < 0.3 then date '2021-01-01' + (random() * 900)::int end as known_on, (random() * 6)::int as part
from generate_series(1, 150) as c, generate_series(1, 6) as n;
alter table k add term daterange;
update k set term = daterange(starts, case when part = 3 then null else starts + days end);

-- ── one customer's state: serial = merged = stored ──
create temp table whole as select customer, contract_agg(term, mrr, line, key, known_on) as s from k group by customer;
create temp table parts as
select customer, part, contract_agg(term, mrr, line, key, known_on) as s from k group by customer, part
union all select customer, -1, null from k group by customer
union all select customer, -2, contract_agg(term, mrr, line, key, known_on) filter (where false) from k group by customer;
select bag_eq('select customer, s::text from whole', 'select customer, contract_merge(s order by random())::text from parts group by customer',
	'contract_merge of parts in any order is the state of all rows');
select bag_eq('select customer, s::text from whole', 'select customer, contract_merge(s::text::contract_state)::text from parts group by customer', 'also stored as text');
select bag_eq('select customer, s::text from whole', 'select customer, contract_agg(term, mrr, line, key, known_on order by random())::text from k group by customer', 'rows in any order');
select is((select contract_merge(null::contract_state)::text from generate_series(1, 3)), null, 'NULL states only: NULL');
select is((select contract_agg(term, mrr)::text from k where false), null, 'no rows: NULL');
select is((select contract_agg(null, 1)::text from generate_series(1, 3)), null, 'no terms: NULL');
select is((select contract_agg(daterange('2024-01-01', null), null)::text), '{"contracts": [{"starts": "2024-01-01", "mrr": 0}]}', 'a NULL value is 0');
select is((select contract_agg(daterange('2024-01-01', 'infinity'), 1)::text), '{"contracts": [{"starts": "2024-01-01", "mrr": 1}]}', 'until infinity: open-ended');
select is((select count(*) from (select contract_agg(term, mrr) over (partition by customer) as s from k) as x where s is not null), 900::bigint, 'OVER () works');
select bag_eq($$select customer, s::text from (select customer, contract_agg(term, mrr) over (partition by customer order by key) as s,
		row_number() over (partition by customer order by key desc) as n from k) as x where n = 1$$,
	'select customer, contract_agg(term, mrr)::text from k group by customer', 'a running window, whose final function leaves the state alone');

-- ── populations ──
create temp table bridge_part as
select customer % 4 as part, mrr_bridge_agg(s, 'month', '2021-03-01', '2024-02-11') as b, cohort_agg(s, 'month', '2023-05-17') as c,
	   renewal_survival_agg(s, '2023-05-17', 30) as v
from whole group by customer % 4
union all select 9, null, null, null
union all select 10, mrr_bridge_agg(null, 'month', '2021-03-01', '2024-02-11'), cohort_agg(null::contract_state, 'month', '2023-05-17'),
	renewal_survival_agg(null, '2023-05-17', 30) from whole;
create temp table population as
select mrr_bridge_agg(s, 'month', '2021-03-01', '2024-02-11')::text as b, cohort_agg(s, 'month', '2023-05-17')::text as c, renewal_survival_agg(s, '2023-05-17', 30)::text as v,
	   retention_agg(s, '2022-01-01', '2023-01-01')::text as r
from whole;
select is((select mrr_bridge_merge(b order by random())::text from bridge_part), (select b from population), 'mrr_bridge_merge of parts is the bridge of all');
select is((select mrr_bridge_merge(b::text::mrr_bridge)::text from bridge_part), (select b from population), 'also stored as text');
select is((select mrr_bridge_agg(s, 'month', '2021-03-01', '2024-02-11' order by random())::text from whole), (select b from population), 'customers in any order');
select is((select cohort_merge(c order by random())::text from bridge_part), (select c from population), 'cohort_merge of parts is the matrix of all');
select is((select cohort_merge(c::text::cohort_matrix)::text from bridge_part), (select c from population), 'also stored as text');
select is((select cohort_agg(s, 'month', '2023-05-17' order by random())::text from whole), (select c from population), 'customers in any order');
select is((select survival_merge(v)::text from bridge_part), (select v from population), 'renewal spells merge');
select is((select mrr_bridge_agg(s, 'month', '2021-03-01', '2024-02-11')::text from whole where false), null, 'a bridge of no customers is NULL');
select is((select cohort_agg(s, 'month', '2021-03-01')::text from whole where false), null, 'so are cohorts');
select is((select retention_agg(s, '2021-03-01', '2024-02-11')::text from whole where false), null, 'and retention');
select is((select retention_agg(s, '1990-03-01', '1991-02-11')::text from whole), '(0,0,,,,0,0,0,,)', 'nobody before: no rate');
select is((select cohort_agg(s, 'month', '1990-01-01')::text from whole), '{"of": "contracts", "grain": "month", "as_of": "1990-01-01", "cohorts": []}', 'all first days to come: no cohort');
select is((select count(*) from mrr_bridge_rows((select mrr_bridge_agg(s, 'month', '2022-01-01', '2022-01-01') from whole))), 0::bigint, 'from = until: no period');
select is((select mrr_kept = mrr_start and mrr_end = mrr_start from (select (retention_agg(s, '2022-01-01', '2022-01-01')).* from whole) as r), true, 'and all is kept');

-- wide amounts add up exactly
select is((select sum(mrr) from k where daterange('2022-06-30', '2022-07-01') && term),
	(select opening from mrr_bridge_rows((select mrr_bridge_agg(s, 'month', '2022-07-01', '2022-08-01') from whole))), '1e30 with sixteen decimals: the sum is exact');
select is((select closing from mrr_bridge_rows(b)), 3000000000000000000000000000000000000000000000000000000000000000000000.0003, 'beyond 38 digits')
from (select mrr_bridge_agg(('{"contracts": [{"starts": "2024-01-05", "mrr": ' || 1e69 + 0.0001 || '}]}')::contract_state, 'month', '2024-01-01', '2024-02-01') as b from generate_series(1, 3)) as x;
select is((select mrr_bridge_merge(b)::text from (select mrr_bridge_agg(s, 'month', '2024-01-01', '2024-03-01') as b from unnest(array[
		'{"contracts": [{"starts": "2024-01-05", "mrr": 1e60}]}', '{"contracts": [{"starts": "2024-01-05", "mrr": 0.5}]}', '{"contracts": [{"starts": "2024-02-05", "mrr": 1e38}, {"starts": "2024-02-05", "mrr": 9e37}]}']::contract_state[]) as s
		group by s::text) as x),
	(select mrr_bridge_agg(s, 'month', '2024-01-01', '2024-03-01')::text from unnest(array[
		'{"contracts": [{"starts": "2024-01-05", "mrr": 1e60}]}', '{"contracts": [{"starts": "2024-01-05", "mrr": 0.5}]}', '{"contracts": [{"starts": "2024-02-05", "mrr": 1e38}, {"starts": "2024-02-05", "mrr": 9e37}]}']::contract_state[]) as s),
	'merged, too');
select is((select string_agg(mrr::text, ' ') from (select cohort_agg(s, 'month', '2024-02-29') as m from unnest(array[
		'{"contracts": [{"starts": "2024-01-05", "mrr": 1e60}]}', '{"contracts": [{"starts": "2024-01-05", "mrr": 0.5}]}', '{"contracts": [{"starts": "2024-02-05", "mrr": 1e38}, {"starts": "2024-02-05", "mrr": 9e37}]}']::contract_state[]) as s) as a, cohort_rows(m)),
	1e60 + 0.5 || ' ' || 1e60 + 0.5 || ' ' || 190000000000000000000000000000000000000, 'in cohorts');
select is((select (r.mrr_kept, r.mrr_end, round(r.grr::numeric, 3)) from (select (retention_agg(s, '2024-02-01', '2025-01-01')).* from unnest(array[
		'{"contracts": [{"starts": "2024-01-05", "ends": "2024-03-01", "mrr": 1e60}, {"starts": "2024-03-01", "mrr": 5e59}]}', '{"contracts": [{"starts": "2024-01-05", "mrr": 0.5}]}']::contract_state[]) as s) as r),
	(5e59 + 0.5, 5e59 + 0.5, 0.5), 'in retention');

-- 100,000 contracts of one customer
create temp table heavy as
select contract_agg(daterange(date '2000-01-01' + n, date '2000-01-01' + n + 1 + (n * 7919) % 400), n % 100, (n % 3)::text, 'K' || n, null) as s from generate_series(1, 100000) as n;
select is((select count(*) from heavy, renewal_terms(s, '2300-01-01') where decided), (select count(*) from heavy, renewal_terms(s, '2300-01-01')), 'a hundred thousand contracts have terms');
select cmp_ok((select count(*) from heavy, mrr_movements(s, 'month', '2000-01-01', '2300-01-01')), '>', 2000::bigint, 'and movements');
select cmp_ok((select count(*) from heavy, contract_check(s)), '>', 100000::bigint, 'and problems');
select is((select contract_fill_gaps(s, 3)::text::contract_state::text = contract_fill_gaps(s, 3)::text from heavy), true, 'and a text form');

-- ── errors ──
select throws_ok($$select contract_agg('empty'::daterange, 1)$$, '22023', 'a contract''s term must not be empty', 'an empty term');
select throws_ok($$select contract_agg('(,2024-01-01)'::daterange, 1)$$, '22023', 'a contract''s term must have a first day', 'no first day');
select throws_ok($$select contract_agg('[-infinity,2024-01-01)'::daterange, 1)$$, '22023', 'a contract''s term must have a first day', 'since ever');
select throws_ok($$select contract_agg('[2024-01-01,)'::daterange, -0.01)$$, '22023', 'a contract''s mrr must not be negative', 'negative mrr');
select throws_ok($$select contract_agg('[2024-01-01,)'::daterange, $$ || x || ')', '22003', 'mrr must be a finite number', x) from unnest(array['''NaN''', '''Infinity''', '''-Infinity''']) as x;
select throws_ok($$select contract_agg('[2024-01-01,)'::daterange, 1, null, null, 'infinity')$$, '22008', 'known_on must be a finite date', 'signed at infinity');
select throws_ok($$select revops_internal.contract_state_add(null, '[2024-01-01,)', 1)$$, '22023', 'contract_agg can only be called by an aggregate', 'a transition function by hand');
select throws_ok('select ' || call || ' from whole', '22008', what || ' must be a finite date', call)
from (values ('contract_mrr(s, ''infinity'')', 'on_date'), ('renewal_terms(s, ''-infinity'')', 'as_of'), ('mrr_movements(s, ''month'', ''-infinity'', ''2024-01-01'')', 'from_date'),
	('mrr_bridge_agg(s, ''month'', ''2024-01-01'', ''infinity'')', 'until_date'), ('retention_agg(s, ''2024-01-01'', ''infinity'')', 'until_date'),
	('cohort_agg(s, ''month'', ''infinity'')', 'as_of'), ('cohort_agg(''{infinity}''::date[], ''month'', ''2024-01-01'')', 'a day of activity'), ('renewal_survival_agg(s, ''infinity'', 30)', 'as_of')) as v(call, what);
select throws_ok('select ' || call || ' from whole', '22004', null, call)
from unnest(array['mrr_bridge_agg(s, null, ''2024-01-01'', ''2025-01-01'')', 'mrr_bridge_agg(s, ''month'', null, ''2025-01-01'')', 'mrr_bridge_agg(s, ''month'', ''2024-01-01'', null)',
	'retention_agg(s, null, ''2025-01-01'')', 'retention_agg(s, ''2024-01-01'', null)', 'cohort_agg(s, null, ''2025-01-01'')', 'cohort_agg(s, ''month'', null)', 'cohort_agg(''{}''::date[], ''month'', null)',
	'renewal_survival_agg(s, null, 30)', 'renewal_survival_agg(s, ''2024-01-01'', null)']) as call;
select is((select count(*) from whole, renewal_terms(s, null)), 0::bigint, 'as_of NULL: no rows');
select is((select count(contract_mrr(s, null)) from whole), 0::bigint, 'a NULL day: NULL');
select throws_ok('select ' || call || ' from whole', '22023', message, call)
from (values ('mrr_movements(s, ''Month'', ''2024-01-01'', ''2025-01-01'')', 'unknown grain "Month"'), ('mrr_bridge_agg(s, '''', ''2024-01-01'', ''2025-01-01'')', 'unknown grain ""'),
	('cohort_agg(s, ''decade'', ''2024-01-01'')', 'unknown grain "decade"'), ('mrr_movements(s, ''month'', ''2025-01-02'', ''2025-01-01'')', 'from_date lies after until_date'),
	('retention_agg(s, ''2025-01-02'', ''2025-01-01'')', 'from_date lies after until_date'), ('renewal_terms(s, ''2024-01-01'', -1)', 'grace_days must be at least 0'),
	('renewal_survival_agg(s, ''2024-01-01'', -1)', 'grace_days must be at least 0'),
	('mrr_bridge_agg(s, ''month'', ''2024-01-01'', date ''2025-01-01'' + (customer > 1)::int)', 'the parameters of mrr_bridge_agg must be the same in every row'),
	('retention_agg(s, date ''2024-01-01'' + (customer > 1)::int, ''2025-01-01'')', 'the parameters of retention_agg must be the same in every row'),
	('cohort_agg(s, case when customer = 1 then ''month'' else ''week'' end, ''2025-01-01'')', 'the parameters of cohort_agg must be the same in every row'),
	('mrr_bridge_merge(b) from (select mrr_bridge_agg(s, ''month'', ''2024-01-01'', date ''2024-02-01'' + customer % 2) as b from whole group by customer % 2) as x where 1 in (select 1', 'x')) as v(call, message)
where message <> 'x';
select throws_ok($$select mrr_bridge_merge(b) from (select mrr_bridge_agg(s, 'month', '2024-01-01', date '2024-02-01' + customer % 2) as b from whole group by customer % 2) as x$$, '22023',
	'values of type mrr_bridge over different periods do not merge', 'different bridges');
select throws_ok($$select cohort_merge(c) from (select cohort_agg(s, 'month', date '2024-02-01' + customer % 2) as c from whole group by customer % 2) as x$$, '22023',
	'values of type cohort_matrix that ask different things do not merge', 'different matrices');
select throws_ok($$select cohort_merge(c) from (select cohort_agg(s, 'month', '2024-02-01') as c from whole union all select cohort_agg('{2024-01-01}'::date[], 'month', '2024-02-01')) as x$$, '22023',
	'values of type cohort_matrix that ask different things do not merge', 'contracts and dates');
select throws_ok($$select mrr_bridge_agg(s, 'day', '0001-01-01', '5874897-01-01') from whole$$, '54000', null, 'two thousand million periods');
select throws_ok($$select cohort_agg('{0001-01-01}'::date[], 'day', '99999-01-01')$$, '54000', 'more than 10000000 cells in one cohort_matrix', 'a first day of Caesar''s');
select throws_ok($$select mrr_movements('{"contracts": [{"starts": "4714-11-24 BC", "mrr": 1}]}', 'year', '4714-11-24 BC', '2024-01-01')$$, '22008',
	'a year begins before the first date there is', 'the year in which dates begin');
select lives_ok($$select * from mrr_movements('{"contracts": [{"starts": "5874897-12-01", "mrr": 1}]}', 'month', '5874897-01-01', '5874897-12-31')$$, 'the year in which they end');
select throws_ok('select ' || quote_literal(t) || '::contract_state', '22P02', null, t)
from unnest(array['{', '[]', '{"contracts": []}', '{"contracts": [{"starts": "2024-01-01"}]}', '{"contracts": [{"starts": "2024-01-01", "mrr": -1}]}', '{"contracts": [{"starts": "2024-01-01", "ends": "2024-01-01", "mrr": 1}]}',
	'{"contracts": [{"starts": "infinity", "mrr": 1}]}', '{"contracts": [{"starts": "2024-01-01", "mrr": "NaN"}]}', '{"contracts": [{"starts": "2024-01-01", "mrr": 1, "x": 1}]}', '{"contracts": [{"starts": "01.02.2024", "mrr": 1}]}']) as t;
select throws_ok('select ' || quote_literal(t) || '::mrr_bridge', '22P02', null, t)
from unnest(array['{}', '{"grain": "month", "from_date": "2024-01-01", "until_date": "2024-02-01", "customers_opening": 0, "customers_new": [1], "customers_reactivated": [0], "customers_churned": [1], "opening": 0, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}',
	'{"grain": "month", "from_date": "2024-01-01", "until_date": "2024-03-01", "customers_opening": 0, "customers_new": [1], "customers_reactivated": [0], "customers_churned": [1], "opening": 0, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}',
	'{"grain": "month", "from_date": "2024-01-01", "until_date": "2024-02-01", "customers_opening": 0, "customers_new": [1], "customers_reactivated": [0], "customers_churned": [0], "opening": -1, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}']) as t;
select throws_ok('select ' || quote_literal(t) || '::cohort_matrix', '22P02', null, t)
from unnest(array['{"of": "x", "grain": "month", "as_of": "2024-02-01", "cohorts": []}', '{"of": "dates", "grain": "month", "as_of": "2024-02-01", "cohorts": [{"cohort": "2024-01-02", "customers": 1, "active": [1, 1]}]}',
	'{"of": "dates", "grain": "month", "as_of": "2024-02-01", "cohorts": [{"cohort": "2024-01-01", "customers": 1, "active": [1]}]}', '{"of": "dates", "grain": "month", "as_of": "2024-02-01", "cohorts": [{"cohort": "2024-01-01", "customers": 1, "active": [1, 2]}]}',
	'{"of": "dates", "grain": "month", "as_of": "2024-02-01", "cohorts": [{"cohort": "2024-02-01", "customers": 1, "active": [1]}, {"cohort": "2024-01-01", "customers": 1, "active": [1, 1]}]}']) as t;

-- ── the same in parallel ──
create table public.contract_parallel as select * from k;
analyze public.contract_parallel;
set local min_parallel_table_scan_size = 0;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local max_parallel_workers_per_gather = 3;
create table public.contract_whole as select customer, s from whole;
alter table public.contract_whole set (parallel_workers = 3);
alter table public.contract_parallel set (parallel_workers = 3);
create function pg_temp.is_parallel(query text) returns boolean language plpgsql as $$
declare line text;
begin
	for line in execute 'explain ' || query loop
		if line like '%Partial %Aggregate%' then return true; end if;
	end loop;
	return false;
end $$;
select ok(pg_temp.is_parallel('select mrr_bridge_agg(s, ''month'', ''2021-03-01'', ''2024-02-11'') from contract_whole'), 'the plan is parallel');
select bag_eq('select customer, s::text from whole', 'select customer, contract_agg(term, mrr, line, key, known_on)::text from contract_parallel group by customer', 'contract_agg in parallel');
select is((select mrr_bridge_agg(s, 'month', '2021-03-01', '2024-02-11')::text from contract_whole), (select b from population), 'mrr_bridge_agg in parallel');
select is((select cohort_agg(s, 'month', '2023-05-17')::text from contract_whole), (select c from population), 'cohort_agg in parallel');
select is((select retention_agg(s, '2022-01-01', '2023-01-01')::text from contract_whole), (select r from population), 'retention_agg in parallel');
select is((select renewal_survival_agg(s, '2023-05-17', 30)::text from contract_whole), (select v from population), 'renewal_survival_agg in parallel');
select is((select renewal_rates_agg(outcome, mrr, next_mrr)::text from contract_whole, renewal_terms(s, '2023-05-17')), (select renewal_rates_agg(outcome, mrr, next_mrr)::text from whole, renewal_terms(s, '2023-05-17')),
	'renewal_rates_agg in parallel');

-- an aggregate of a user's own can bring a state of the other kind to a transition function
create aggregate pg_temp.of_contracts(contract_state, text, date) (sfunc = revops_internal.cohort_add, stype = cohort_matrix,
	initcond = '{"of": "dates", "grain": "month", "as_of": "2024-03-01", "cohorts": [{"cohort": "2024-01-01", "customers": 1, "active": [1, 1, 1]}]}');
create aggregate pg_temp.of_dates(date[], text, date) (sfunc = revops_internal.cohort_add, stype = cohort_matrix,
	initcond = '{"of": "contracts", "grain": "month", "as_of": "2024-03-01", "cohorts": []}');
create aggregate pg_temp.of_terms(text, numeric, numeric) (sfunc = revops_internal.renewal_rates_add, stype = contract_tally,
	initcond = '{"of": "retention", "from_date": "2000-01-01", "until_date": "2000-01-01", "customers_start": 2, "customers_kept": 1, "mrr_start": 20, "mrr_kept": 1, "mrr_end": 5}');
create aggregate pg_temp.of_customers(contract_state, date, date) (sfunc = revops_internal.retention_add, stype = contract_tally,
	initcond = '{"of": "renewals", "renewed": 1, "lapsed": 0, "pending": 3, "mrr_decided": 1, "mrr_pending": 1, "mrr_kept": 1, "mrr_renewed": 1}');
select throws_ok($$select pg_temp.of_contracts(s, 'month', '2024-03-01') from whole$$, '22023', 'this cohort_matrix counts other things', 'contracts into a matrix of dates');
select throws_ok($$select pg_temp.of_dates('{2024-01-05}', 'month', '2024-03-01')$$, '22023', 'this cohort_matrix counts other things', 'dates into a matrix of contracts');
select throws_ok($$select pg_temp.of_terms('in_grace', 1, 1)$$, '22023', 'this contract_tally counts other things', 'terms into a tally of retention');
select throws_ok($$select pg_temp.of_customers(s, '2000-01-01', '2000-01-01') from whole$$, '22023', 'this contract_tally counts other things', 'customers into a tally of renewals');

select * from finish();
rollback;
