-- period_rows, period_days, growth_rate: published cases, and what each rule says.
\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared /nonexistent
\endif
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();

create function refusal(query text) returns text language plpgsql as $$
declare
	detail text;
	hint text;
begin
	execute query;
	return 'no error';
exception when others then
	get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
	return sqlstate || ' ' || sqlerrm || ' | ' || detail || case when coalesce(hint, '') = '' then ' (no hint)' else '' end;
end $$;

-- Derived cases: ../shared/vectors/period.json and growth.json; calendars stand in work.json.
create temp table vectors (kind text, calendar work_calendar_def, vector jsonb);
select set_config('revops_test.vectors', :'shared' || '/vectors/', true) as vectors \gset
do $do$
declare
	folder text := current_setting('revops_test.vectors');
	work jsonb;
begin
	work := pg_read_file(folder || 'work.json')::jsonb;
	insert into vectors select 'period', (work->'calendars'->'cn')::work_calendar_def, jsonb_array_elements(pg_read_file(folder || 'period.json')::jsonb->'vectors');
	insert into vectors select 'growth', null, jsonb_array_elements(pg_read_file(folder || 'growth.json')::jsonb->'vectors');
exception when others then
	null;
end $do$;
-- what a vector does not tell is not asked
select case when exists (select from vectors) then is(
		(select jsonb_agg((select jsonb_object_agg(key, to_jsonb(r)->key) from jsonb_object_keys(vector->'expected'->0) key) order by period)
			from period_rows(i->>'grain', (i->>'from_date')::date, (i->>'until_date')::date, (i->>'as_of')::date, i->>'align',
				case when i->>'align' = 'work_days' then calendar end, (select array_agg(a::date) from jsonb_array_elements_text(i->'anchors') a), coalesce((i->>'fiscal_month')::int, 1)) r),
		vector->'expected', format('%s: %s', vector->>'id', vector->>'note'))
	else skip('the derived cases are not here', 1) end
from (select *, vector->'inputs' as i from vectors where kind = 'period' union all select null, null, null, null where not exists (select from vectors)) v;
select case when exists (select from vectors) then is(round(growth_rate((i->>'now')::numeric, (i->>'base')::numeric, (i->>'periods')::float8)::numeric, 12),
		round((vector->>'expected')::numeric, 12), vector->>'id')
	else skip('the derived cases are not here', 1) end
from (select *, vector->'inputs' as i from vectors where kind = 'growth' union all select null, null, null, null where not exists (select from vectors)) v;

-- a row in short: state, [starts, ends) of period, previous and year
create function short(grain text, from_date text, until_date text, as_of text, align text default 'date', calendar work_calendar_def default null, anchors date[] default null, fiscal_month int default 1)
	returns setof text language sql as $$
	select format('%s %s %s, previous %s %s, year %s %s', state, period, ends, previous_starts, previous_ends, coalesce(year_starts::text, 'none'), coalesce(year_ends::text, ''))
	from period_rows(grain, from_date::date, until_date::date, as_of::date, align, calendar, anchors, fiscal_month)
$$;
select is(string_agg(s, '; '), expected, name) from (values
	('a month and its bases are whole, whatever their length', array['month', '2024-04-01', '2024-05-01', '2024-04-30'], 'complete 2024-04-01 2024-05-01, previous 2024-03-01 2024-04-01, year 2023-04-01 2023-05-01'),
	('one day less and it is running', array['month', '2024-04-01', '2024-05-01', '2024-04-29'], 'running 2024-04-01 2024-04-30, previous 2024-03-01 2024-03-30, year 2023-04-01 2023-04-30'),
	('the day of the month is clipped', array['month', '2024-03-01', '2024-04-01', '2024-03-30'], 'running 2024-03-01 2024-03-31, previous 2024-02-01 2024-03-01, year 2023-03-01 2023-03-31'),
	('the end of a month is the end of a month: 28 February against 29', array['year', '2025-01-01', '2026-01-01', '2025-02-28'], 'running 2025-01-01 2025-03-01, previous 2024-01-01 2024-03-01, year 2024-01-01 2024-03-01'),
	('and 29 against 28', array['year', '2024-01-01', '2025-01-01', '2024-02-29'], 'running 2024-01-01 2024-03-01, previous 2023-01-01 2023-03-01, year 2023-01-01 2023-03-01'),
	('28 February of a leap year is not its end', array['year', '2024-01-01', '2025-01-01', '2024-02-28'], 'running 2024-01-01 2024-02-29, previous 2023-01-01 2023-03-01, year 2023-01-01 2023-03-01'),
	('a quarter: same month of it, same day', array['quarter', '2025-05-01', '2025-05-02', '2025-05-31'], 'running 2025-04-01 2025-06-01, previous 2025-01-01 2025-03-01, year 2024-04-01 2024-06-01'),
	('a week from Monday; 52 weeks before', array['week', '2025-01-01', '2025-01-02', '2025-01-02'], 'running 2024-12-30 2025-01-03, previous 2024-12-23 2024-12-27, year 2024-01-01 2024-01-05'),
	('a day', array['day', '2025-03-01', '2025-03-02', '2025-12-31'], 'complete 2025-03-01 2025-03-02, previous 2025-02-28 2025-03-01, year 2024-03-01 2024-03-02'),
	('February 29 has none', array['day', '2024-02-29', '2024-03-01', '2025-12-31'], 'complete 2024-02-29 2024-03-01, previous 2024-02-28 2024-02-29, year none '),
	('but 364 days before, by weekday', array['day', '2024-02-29', '2024-03-01', '2025-12-31', 'weekday'], 'complete 2024-02-29 2024-03-01, previous 2024-02-28 2024-02-29, year 2023-03-02 2023-03-03'),
	('by weekday the base of a month is 364 days before; previous is by date', array['month', '2025-06-01', '2025-07-01', '2025-06-18', 'weekday'], 'running 2025-06-01 2025-06-19, previous 2025-05-01 2025-05-19, year 2024-06-02 2024-06-20'),
	('no day of the future is known', array['month', '2025-06-01', '2025-08-01', '2025-06-30'], 'complete 2025-06-01 2025-07-01, previous 2025-05-01 2025-06-01, year 2024-06-01 2024-07-01; future 2025-07-01 2025-07-01, previous 2025-06-01 2025-06-01, year 2024-07-01 2024-07-01'),
	('as_of NULL: all are complete', array['month', '2099-06-01', '2099-06-02', null], 'complete 2099-06-01 2099-07-01, previous 2099-05-01 2099-06-01, year 2098-06-01 2098-07-01'),
	('before our era', array['year', '0001-01-01', '0001-01-02', null], 'complete 0001-01-01 0002-01-01, previous 0001-01-01 BC 0001-01-01, year 0001-01-01 BC 0001-01-01')
	) v(name, a, expected), short(a[1], a[2], a[3], a[4], coalesce(a[5], 'date')) s
group by name, expected;
-- fiscal years
select is(string_agg(s, '; '), expected, name) from (values
	('a year from April', 'year', 4, '2025-03-31', '2025-04-01', 'complete 2024-04-01 2025-04-01, previous 2023-04-01 2024-04-01, year 2023-04-01 2024-04-01'),
	('two of them', 'year', 4, '2025-03-31', '2025-04-02', 'complete 2024-04-01 2025-04-01, previous 2023-04-01 2024-04-01, year 2023-04-01 2024-04-01; running 2025-04-01 2025-06-16, previous 2024-04-01 2024-06-16, year 2024-04-01 2024-06-16'),
	('a quarter from February', 'quarter', 2, '2025-05-01', '2025-05-02', 'running 2025-05-01 2025-06-16, previous 2025-02-01 2025-03-16, year 2024-05-01 2024-06-16'),
	('months are months', 'month', 4, '2025-05-01', '2025-05-02', 'complete 2025-05-01 2025-06-01, previous 2025-04-01 2025-05-01, year 2024-05-01 2024-06-01')
	) v(name, grain, fiscal_month, f, u, expected), short(grain, f, u, '2025-06-15', fiscal_month => v.fiscal_month) s
group by name, expected;

-- work days: cut where as many have been worked
select '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2024-02-10/2024-02-17", "2025-01-01", "2025-01-28/2025-02-04"], "work_days": ["2024-02-04", "2024-02-18", "2025-01-26", "2025-02-08"], "covers": "2024-01-01/2025-12-31"}' as cn \gset
select is((select short('month', period, (period::date + 1)::text, as_of, 'work_days', :'cn')), expected, name) from (values
	('9 work days of February', '2025-02-01', '2025-02-14', 'running 2025-02-01 2025-02-15, previous 2025-01-01 2025-01-15, year 2024-02-01 2024-02-19'),
	('none worked yet: nothing to compare with', '2025-02-01', '2025-02-04', 'running 2025-02-01 2025-02-05, previous 2025-01-01 2025-01-01, year 2024-02-01 2024-02-01'),
	('complete months stay whole', '2025-02-01', '2025-02-28', 'complete 2025-02-01 2025-03-01, previous 2025-01-01 2025-02-01, year 2024-02-01 2024-03-01'),
	('a base with fewer is whole', '2025-03-01', '2025-03-28', 'running 2025-03-01 2025-03-29, previous 2025-02-01 2025-03-01, year 2024-03-01 2024-03-29')
	) v(name, period, as_of, expected);
select results_eq(format($$select period, state, days, previous_days, year_days, work_days, previous_work_days, year_work_days, days_left, work_days_left
	from period_rows('month', '2025-01-01', '2025-04-01', '2025-02-14', calendar => %L)$$, :'cn'),
	$$values (date '2025-01-01', 'complete', 31, 31, 31, 19, 22, 23, 0, 0), ('2025-02-01', 'running', 14, 14, 14, 9, 9, 8, 14, 10), ('2025-03-01', 'future', 0, 0, 0, 0, 0, 0, 31, 21)$$, 'days and work days');
select results_eq($$select work_days, previous_work_days, year_work_days, work_days_left from period_rows('month', '2025-01-01', '2025-01-02', '2025-02-14')$$,
	$$values (null::int, null::int, null::int, null::int)$$, 'none without a calendar');
select results_eq($$select year_starts, year_ends, year_days, year_work_days from period_rows('day', '2024-02-29', '2024-03-01', null, calendar => '{"time_zone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}}')$$,
	$$values (null::date, null::date, 0, 0)$$, 'no base: no days');

-- events: the period moves with them
select is((select short('month', '2025-01-01', '2025-01-02', as_of, 'event', anchors => anchors::date[])), expected, name) from (values
	('Spring Festival, 354 days', '2025-12-31', '{2025-01-29,2023-01-22,2024-02-10,2024-02-10}', 'complete 2025-01-01 2025-02-01, previous 2024-12-01 2025-01-01, year 2024-01-13 2024-02-13'),
	('running', '2025-01-20', '{2025-01-29,2023-01-22,2024-02-10}', 'running 2025-01-01 2025-01-21, previous 2024-12-01 2024-12-21, year 2024-01-13 2024-02-02'),
	('no event before', '2025-01-20', '{2025-01-29}', 'running 2025-01-01 2025-01-21, previous 2024-12-01 2024-12-21, year none '),
	('of two equally near the later', '2025-12-31', '{2023-12-31,2024-12-31,2025-01-02}', 'complete 2025-01-01 2025-02-01, previous 2024-12-01 2025-01-01, year 2024-12-30 2025-01-30')
	) v(name, as_of, anchors, expected);

-- period_days
select results_eq($$select role, min(on_date), max(on_date), count(*)::int from period_days('month', '2025-06-01', '2025-07-01', '2025-06-18') group by role order by role$$,
	$$values ('current', date '2025-06-01', date '2025-06-18', 18), ('previous', '2025-05-01', '2025-05-18', 18), ('previous_rest', '2025-05-19', '2025-05-31', 13),
		('year', '2024-06-01', '2024-06-18', 18), ('year_rest', '2024-06-19', '2024-06-30', 12)$$, 'roles');
select results_eq($$select period, role, min(on_date), max(on_date), count(*)::int from period_days('quarter', '2025-04-01', '2026-01-01', '2025-06-30') where period > '2025-04-01' group by 1, 2 order by 1, 2$$,
	$$values (date '2025-07-01', 'previous_rest', date '2025-04-01', date '2025-06-30', 91), ('2025-07-01', 'year_rest', '2024-07-01', '2024-09-30', 92), ('2025-10-01', 'year_rest', '2024-10-01', '2024-12-31', 92)$$,
	'a future period has the rest of its bases alone, as far as it is known');
select is_empty($$select * from period_days('month', '2025-01-01', '2026-01-01', '2025-06-18') where on_date > '2025-06-18'$$, 'no row lies after as_of');
select is((select count(*) from period_days('year', '2020-01-01', '2025-01-01', null) where role = 'current'), 1827::bigint, 'as_of NULL: all days');

-- NULL and nothing
select is_empty('select * from period_rows(' || arguments || ')', 'no rows: ' || arguments) from unnest(array[
	'null, ''2025-01-01'', ''2025-02-01'', null', '''month'', null, ''2025-02-01'', null', '''month'', ''2025-01-01'', null, null',
	'''month'', ''2025-01-01'', ''2025-01-01'', null']) arguments;

-- refusals
select is(refusal(format('select count(*) from period_days(%s)', arguments)), expected, arguments) from (values
	($$'decade', '2025-01-01', '2025-02-01', null$$, '22023 unknown grain "decade" | '),
	($$'month', '2025-01-01', '2025-02-01', null, null$$, '22004 align must not be NULL | '),
	($$'month', '2025-01-01', '2025-02-01', null, fiscal_month => null$$, '22004 fiscal_month must not be NULL | '),
	($$'month', '2025-01-01', '2025-02-01', null, 'moon'$$, '22023 unknown align "moon" | '),
	($$'month', '2025-02-01', '2025-01-01', null$$, '22023 from_date lies after until_date | from_date is 2025-02-01, until_date is 2025-01-01.'),
	($$'month', '-infinity', '2025-01-01', null$$, '22008 from_date must be a finite date | The value is -infinity.'),
	($$'month', '2025-01-01', 'infinity', null$$, '22008 until_date must be a finite date | The value is infinity.'),
	($$'month', '2025-01-01', '2025-02-01', 'infinity'$$, '22008 as_of must be a finite date | The value is infinity.'),
	($$'month', '2025-01-01', '2025-02-01', null, 'work_days'$$, '22023 align work_days needs a calendar | '),
	($$'month', '2025-01-01', '2025-02-01', null, 'event'$$, '22023 align event needs anchors | '),
	($$'month', '2025-01-01', '2025-02-01', null, 'event', null, '{}'$$, '22023 align event needs anchors | '),
	($$'month', '2025-01-01', '2025-02-01', null, 'event', null, '{2024-01-01,null}'$$, '22004 an anchor must not be NULL | Element 2 of the anchors is NULL.'),
	($$'month', '2025-01-01', '2025-02-01', null, fiscal_month => 0$$, '22023 fiscal_month must be between 1 and 12 | The value is 0.'),
	($$'month', '2025-01-01', '2025-02-01', null, fiscal_month => 13$$, '22023 fiscal_month must be between 1 and 12 | The value is 13.'),
	($$'day', '0001-01-01', '5000-01-01', null$$, '54000 from 0001-01-01 until 5000-01-01 there are 1825847 periods of a day, more than 1000000 | '),
	($$'year', '4713-01-01 BC', '4713-01-02 BC', null$$, 'no error'),
	($$'year', '4714-11-24 BC', '4714-11-25 BC', null$$, '22008 a period reaches beyond the dates there are | '),
	(format($$'month', '2026-01-10', '2026-01-11', '2026-01-05', 'work_days', %L$$, :'cn'), '22023 the calendar does not cover 2026-01-01 | It covers 2024-01-01 to 2025-12-31: beyond, its holidays are not known.'),
	(format($$'month', '2024-12-10', '2024-12-11', '2024-12-05', 'work_days', %L$$, :'cn'), '22023 the calendar does not cover 2023-12-31 | It covers 2024-01-01 to 2025-12-31: beyond, its holidays are not known.')
	) v(arguments, expected);
select is(refusal(format($$select count(*) from period_rows('month', '2025-12-01', '2026-02-01', '2025-12-31', calendar => %L)$$, :'cn')),
	'22023 the calendar does not cover 2026-01-01 | It covers 2024-01-01 to 2025-12-31: beyond, its holidays are not known.', 'work days left of a year that is not announced');

-- growth
select is(growth_rate(now::numeric, base::numeric), expected, format('%s after %s, to the last bit', now, base)) from (values
	('110', '100', 0.1::float8), ('0', '100', -1), ('-20', '100', -1.2), ('50', '-100', null), ('0', '0', null), ('5', '0', null), ('1e40', '1e-40', 1e80), ('0.3', '0.1', 2)) v(now, base, expected);
select is(round(growth_rate(now::numeric, base::numeric, periods)::numeric, 12), round(expected::numeric, 12), format('%s after %s in %s', now, base, periods)) from (values
	('0', '100', 5::float8, -1::float8), ('-20', '100', 2, null), ('200', '100', 2, sqrt(2::float8) - 1), ('100', '100', 7, 0), ('121', '100', 2, 0.1), ('100', '121', 0.5, (100::float8 / 121) ^ 2 - 1)) v(now, base, periods, expected);
select is(growth_rate(null, 1), null, 'nothing now');
select is(growth_rate(1, null), null, 'no base');
select is(growth_rate(110, 100), 0.1::float8, 'one period where none is said');
select is(refusal(query), expected, query) from (values
	('select growth_rate(1, 1, 0)', '22023 periods must be above 0 | The value is 0.'),
	('select growth_rate(1, 1, -1)', '22023 periods must be above 0 | The value is -1.'),
	('select growth_rate(1, 1, ''NaN'')', '22023 periods must be a finite number | The value is NaN.'),
	('select growth_rate(''NaN'', 1)', '22003 now must be a finite number | The value is NaN.'),
	('select growth_rate(1, ''Infinity'')', '22003 base must be a finite number | The value is Infinity.')) v(query, expected);

select * from finish();
rollback;
