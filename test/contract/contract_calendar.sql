-- Months from an anchor without drift, weeks, and no say for the session's time zone.

begin;
set local search_path = public, revops;
select no_plan();

select results_eq($$select contract_term_start('2024-01-31', n, 1) from generate_series(1, 14) as n$$,
	$$values (date '2024-01-31'), ('2024-02-29'), ('2024-03-31'), ('2024-04-30'), ('2024-05-31'), ('2024-06-30'), ('2024-07-31'),
		('2024-08-31'), ('2024-09-30'), ('2024-10-31'), ('2024-11-30'), ('2024-12-31'), ('2025-01-31'), ('2025-02-28')$$,
	'Jan 31 + n months returns to the 31st, in leap and common years');
select is_empty($$
	select a, n, m from generate_series(date '1999-12-25', '2001-03-05', interval '1 day') as a, generate_series(1, 30) as n, unnest(array[1, 3, 12]) as m
	where contract_term_start(a::date, n, m) <> (a + (n - 1) * m * interval '1 month')::date$$, 'as date + interval counts from the anchor');
select is_empty($$
	select a, d, m from generate_series(date '2023-12-28', '2024-03-02', interval '1 day') as a, generate_series(0, 800, 7) as d, unnest(array[1, 2, 12]) as m
	where contract_term_index(a::date, a::date + d, m) <> (select max(n) from generate_series(1, 30) as n where contract_term_start(a::date, n, m) <= a::date + d)$$,
	'contract_term_index: the last term that has begun');
select is(contract_term_index('2024-01-31', '2024-02-28', 1), 1, 'the day before the second term');
select is(contract_term_index('2024-01-31', '2024-02-29', 1), 2, '2024-01-31 to 2024-02-29 is one term');
select is(contract_term_index('2024-01-31', '2024-01-30', 1), null, 'before the anchor there is no term');
select is(contract_term_start('0044-03-15 BC', 45, 12), date '0001-03-15', 'there is no year 0');
select throws_like($$select contract_term_start('2024-01-31', 0, 1)$$, 'term_index must be at least 1', 'terms are counted from 1');
select throws_like($$select contract_term_start('2024-01-31', 1, 0)$$, 'months must be at least 1', 'a term has a month');
select throws_like($$select contract_term_start('2024-01-31', 2147483647, 2147483647)$$, '%after the last date%', 'beyond the calendar');
select throws_like($$select contract_term_start('infinity', 1, 1)$$, 'anchor must be a finite date', 'an infinite anchor');
select throws_like($$select contract_term_index('2024-01-31', '-infinity', 1)$$, 'on_date must be a finite date', 'an infinite day');

select is(mrr_from_total(total, term), mrr, what)
from (values
	(1200, daterange('2024-01-01', '2025-01-01'), 100::numeric, 'a year'),
	(1200, daterange('2024-01-01', '2024-12-31', '[]'), 100, 'a year whose last day is included'),
	(100, daterange('2024-01-31', '2024-02-29'), 100, 'Jan 31 to Feb 29 is one month'),
	(100, daterange('2024-01-31', '2024-03-31'), 50, 'to Mar 31 two'),
	(290, daterange('2024-02-01', '2024-02-02'), 8410, 'a day of February 2024: 1/29'),
	(150, daterange('2024-01-15', '2024-02-29'), round(150 / (1 + 14 / 29.0), 16), 'a month, and 14 days of one that has 29'),
	(0, daterange('2024-01-01', '2024-01-02'), 0, 'nothing'),
	(-1200, daterange('2024-01-01', '2025-01-01'), -100, 'a credit')) as v(total, term, mrr, what);
select is(mrr_from_total(1000, '[2024-01-01,2025-01-01)'), 1000 / 12.0, 'unrounded');
select is(mrr_from_total(1e30 * 12, '[2024-01-01,2025-01-01)'), 1e30, 'large');
select throws_like($$select mrr_from_total(1, '[2024-01-01,)')$$, 'a total cannot be spread over a term without an end', 'open-ended');
select throws_like($$select mrr_from_total('NaN', '[2024-01-01,2025-01-01)')$$, 'total must be a finite number', 'NaN');
select throws_like($$select mrr_from_total(1, 'empty')$$, '%must not be empty', 'empty');

-- periods
create temp table s as
select '{"contracts": [{"starts": "2024-12-30", "ends": "2025-03-03", "mrr": 7}]}'::contract_state as s;
select is((select array_agg(period order by period) from s, mrr_movements(s, g, '2020-01-01', '2026-01-01')), periods, g)
from (values ('day', '{2024-12-30,2025-03-03}'::date[]), ('week', '{2024-12-30,2025-03-03}'), ('month', '{2024-12-01,2025-03-01}'),
	('quarter', '{2024-10-01,2025-01-01}'), ('year', '{2024-01-01,2025-01-01}')) as v(g, periods);
select is((select extract(isodow from period) from s, mrr_movements(s, 'week', '2020-01-01', '2024-12-31')), 1::numeric, 'weeks begin on Monday');
select is_empty($$
	select g, d from unnest(array['week', 'month', 'quarter', 'year']) as g, generate_series(timestamp '1995-12-25', '2005-01-05', interval '1 day') as d,
		mrr_movements(('{"contracts": [{"starts": "' || d::date || '", "mrr": 1}]}')::contract_state, g, '1995-12-20', '2006-01-01') as m
	where m.period <> date_trunc(g, d)::date$$, 'a period begins where date_trunc says');
select results_eq($$select period, mrr_after from s, mrr_movements(s, 'month', '2024-12-20', '2025-03-02')$$,
	$$values (date '2024-12-01', 7::numeric)$$, 'the last period is read on until_date - 1');
select results_eq($$select period, movement from mrr_movements('{"contracts": [{"starts": "0001-12-31 BC", "ends": "0001-01-01", "mrr": 1}]}', 'day', '0001-12-01 BC', '0001-02-01')$$,
	$$values (date '0001-12-31 BC', 'new'), ('0001-01-01', 'churn')$$, 'across the year that is not there');

-- the same answer in any session
create function pg_temp.answers() returns text language sql as $$
	select string_agg(x, ' ') from (
		select r::text from s, mrr_movements(s, 'month', '2024-01-01', '2026-01-01') as r
		union all select r::text from s, renewal_terms(s, '2025-03-10') as r
		union all select r::text from (select cohort_agg(s, 'week', '2025-01-31') as m from s) as a, cohort_rows(m) as r
		union all select s::text from s) as t(x) $$;
create temp table here as select pg_temp.answers() as a;
set local timezone = 'Pacific/Kiritimati';
select is(pg_temp.answers(), a, 'east of the date line') from here;
set local timezone = 'Pacific/Pago_Pago';
select is(pg_temp.answers(), a, 'west of it') from here;
set local datestyle = 'German, DMY';
select is((select s::text from s), '{"contracts": [{"starts": "2024-12-30", "ends": "2025-03-03", "mrr": 7}]}', 'DateStyle does not reach the text form');
select is((select s::text::contract_state::text from s), (select s::text from s), 'in either direction');
select throws_like($$select mrr_movements(s, 'weeks', '2024-01-01', '2025-01-01') from s$$, 'unknown grain "weeks"', 'an unknown grain is named');

select * from finish();
rollback;
