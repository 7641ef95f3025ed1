-- extremes.sql: times, counts and totals at the edges of what their types hold; the answers are literals.
begin;
set local search_path = public, revops;
select no_plan();

-- all of recorded time is more microseconds than 63 bits hold: it is a duration like any other, up to 1,024 of
-- them as they are, then to within 0.8 %
create function pg_temp.event(entities int) returns table (entity int, at timestamptz, step text) language sql as $$
	select e, case s when 'a' then timestamptz '4714-11-24 00:00Z BC' else '294276-12-31 23:59:59.999999Z' end, s
	from generate_series(1, $1) e, unnest(array['a', 'b']) s $$;
create temp table whole as
select n, (select funnel_agg(funnel('{a,b}'), entity, at, step, '5874897-12-31') from pg_temp.event(n)) as direct,
	(select funnel_agg(p, '5874897-12-31') from (select funnel_path_agg(funnel('{a,b}'), at, step) as p from pg_temp.event(n) group by entity) x) as by_path
from unnest(array[1, 1024, 1025, 5000]) n;
select is(direct::text, format('{"funnel": {"steps": ["a", "b"]}, "as_of": "5874897-12-31", "not_entered": 0, "converted": %s, "open": [0], "lost": [0], "expired": [0], '
		'"days": [{"step": 1, "from": "step", "micros": [%s]}, {"step": 1, "from": "start", "micros": [%2$s]}]}', n,
	case n when 1 then '9435184819199999999' when 1024 then '[9435184819199999999, 1024]' else '[9367487224930631680, ' || n || ']' end), n || ' deals as long as time') from whole;
select is(direct::text, by_path::text, n || ' deals, by path') from whole;
select is(direct::text::funnel_stats::text, direct::text, n || ' deals, restored') from whole;
select ok(median_days between 109203528 * (1 - 1 / 128.0) and 109203528 * (1 + 1 / 128.0) and median_days = p90_days_from_start, n || ' deals: ' || median_days || ' days') from whole, funnel_rows(direct) where step_index = 1;
select is(median_days, 109203528::float8, 'one deal: exactly') from whole, funnel_rows(direct) where step_index = 1 and n = 1;
select is((select median_days from funnel_rows(s) where step_index = 1), 109203528::float8, 'merged')
from (select funnel_merge(direct) as s from whole where n = 1) x;
select throws_ok($$select '{"funnel": {"steps": ["a", "b"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 1, "open": [0], "lost": [0], "expired": [0], "days": [{"step": 1, "from": "step", "micros": [9435184819200000000]}, {"step": 1, "from": "start", "micros": [1]}]}'::funnel_stats$$,
	'22P02', 'invalid funnel_stats at days[1].micros[1]', 'longer than time');
select throws_ok($$select '{"funnel": {"steps": ["a", "b"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 1, "open": [0], "lost": [0], "expired": [0], "days": [{"step": 1, "from": "step", "micros": [-1]}, {"step": 1, "from": "start", "micros": [1]}]}'::funnel_stats$$,
	'22P02', 'invalid funnel_stats at days[1].micros[1]', 'shorter than nothing');
-- every length that a duration can have falls into a bucket that holds it
select is((select count(*) from (select 2::numeric ^ i + j as micros from generate_series(0, 63) i, unnest(array[-1, 0, 1]) j) m,
	lateral (select format('{"funnel": {"steps": ["a", "b"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 1025, "open": [0], "lost": [0], "expired": [0], '
		'"days": [{"step": 1, "from": "step", "micros": [[%s, 1025]]}, {"step": 1, "from": "start", "micros": [[%1$s, 1025]]}]}', micros::numeric(20))::funnel_stats as s) x,
	funnel_rows(s) where step_index = 1 and abs(median_days * 86400e6 - micros) > micros / 128), 0::bigint, 'from one microsecond to all of time');

-- times on both sides of what the direct form packs with its step (2^56 microseconds from 2000: the year 4283), among others
create temp table late (entity bigint, at timestamp, step text);
insert into late values (1, '2025-01-01', 'a'), (1, '9000-01-01', 'b'), (2, '9000-01-01', 'a'), (2, '9000-01-04', 'b'), (3, '2025-01-01', 'a'), (3, '2025-01-11', 'b'),
	(4, '4283-06-01', 'a'), (4, '4283-06-21', 'b'), (5, '4283-06-16 19:00', 'a'), (5, '4283-06-17 07:00', 'b'), (6, '0044-03-15 BC', 'a'), (6, '0044-03-16 BC', 'b'), (7, '8999-12-31', 'a'), (7, '2025-01-01', 'b');
select is((select (entered, converted, open, median_days, p90_days_from_start)::text from funnel_rows(s) where step_index = 1), figures, format('as of %s, %s', d, keys))
from (select d, keys, funnel_agg(funnel('{a,b}'), entity, at, step, d) as s from late, (values (date '2025-06-30', 'by number'), ('4283-12-31', 'by number'), ('9000-12-31', 'by number')) v (d, keys) group by d, keys
	union all
	select d, keys, funnel_agg(funnel('{a,b}'), entity::text, at, step, d) from late, (values (date '2025-06-30', 'by text'), ('4283-12-31', 'by text'), ('9000-12-31', 'by text')) v (d, keys) group by d, keys) x
join (values (date '2025-06-30', '(3,2,1,5.5,9.1)'), ('4283-12-31', '(5,4,1,5.5,17)'), ('9000-12-31', '(7,6,1,6.5,1273793)')) f (d, figures) using (d);
select is((select median_days from funnel_rows(s) where step_index = 1), 2547566::float8, 'a deal that takes until the year 9000')
from (select funnel_agg(funnel('{a,b}'), entity, at, step, '9000-12-31') as s from late where entity = 1) x;

-- counts up to 2^63 - 1, and not one more
create temp table full_count (what text, merge text, v text, one text);
insert into full_count values
	('order_state', 'order_merge', '{"orders": 9223372036854775807, "first_at": "2025-01-01T00:00:00+00:00", "last_at": "2025-01-02T00:00:00+00:00", "total": 1}',
		'{"orders": 1, "first_at": "2025-01-01T00:00:00+00:00", "last_at": "2025-01-01T00:00:00+00:00", "total": 1}'),
	('funnel_stats', 'funnel_merge', '{"funnel": {"steps": ["a"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 9223372036854775807, "open": [], "lost": [], "expired": [], "days": []}',
		'{"funnel": {"steps": ["a"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 1, "open": [], "lost": [], "expired": [], "days": []}'),
	('funnel_stats', 'funnel_merge', '{"funnel": {"steps": ["a"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 9223372036854775807, "open": [], "lost": [], "expired": [], "days": []}',
		'{"funnel": {"steps": ["a"]}, "as_of": "2025-01-01", "not_entered": 1, "converted": 0, "open": [], "lost": [], "expired": [], "days": []}'),
	('funnel_stats', 'funnel_merge', '{"funnel": {"steps": ["a", "b"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 0, "open": [9223372036854775807], "lost": [0], "expired": [0], "days": []}',
		'{"funnel": {"steps": ["a", "b"]}, "as_of": "2025-01-01", "not_entered": 0, "converted": 0, "open": [0], "lost": [1], "expired": [0], "days": []}'),
	('cohort_matrix', 'cohort_merge', '{"of": "dates", "grain": "month", "as_of": "2025-01-31", "cohorts": [{"cohort": "2025-01-01", "customers": 9223372036854775807, "active": [9223372036854775807]}]}',
		'{"of": "dates", "grain": "month", "as_of": "2025-01-31", "cohorts": [{"cohort": "2025-01-01", "customers": 1, "active": [0]}]}'),
	('mrr_bridge', 'mrr_bridge_merge', '{"grain": "year", "from_date": "2024-01-01", "until_date": "2025-01-01", "customers_opening": 9223372036854775807, "customers_new": [0], "customers_reactivated": [0], "customers_churned": [0], "opening": 0, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}',
		'{"grain": "year", "from_date": "2024-01-01", "until_date": "2025-01-01", "customers_opening": 1, "customers_new": [0], "customers_reactivated": [0], "customers_churned": [0], "opening": 0, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}'),
	('mrr_bridge', 'mrr_bridge_merge', '{"grain": "year", "from_date": "2024-01-01", "until_date": "2025-01-01", "customers_opening": 9223372036854775807, "customers_new": [0], "customers_reactivated": [0], "customers_churned": [0], "opening": 0, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}',
		'{"grain": "year", "from_date": "2024-01-01", "until_date": "2025-01-01", "customers_opening": 0, "customers_new": [1], "customers_reactivated": [0], "customers_churned": [0], "opening": 0, "new": [0], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}'),
	('survival_state', 'survival_merge', '{"events": [[3, 281474976710655]], "censored": []}', '{"events": [], "censored": [[4, 1]]}'),
	('incidence_state', 'incidence_merge', '{"causes": [{"cause": "won", "spells": [[3, 281474976710655]]}], "censored": []}', '{"causes": [{"cause": "lost", "spells": [[3, 1]]}], "censored": []}');
create function pg_temp.merged(what text, merge text, variadic v text[]) returns text language plpgsql as $$
declare result text;
begin
	execute format('select %I(s)::text from unnest($1::%I[]) s', merge, what) into result using v;
	return result;
end $$;
select is(pg_temp.merged(what, merge, v, null), v, what || ': as many as can be counted') from full_count;
select throws_ok(format('select pg_temp.merged(%L, %L, %L, %L)', what, merge, a, b), '54000', null, format('%s: %s and %s', what, a, b))
from full_count, lateral (values (v, v), (v, one), (one, v)) pair (a, b);
select throws_ok($$select '{"funnel": {"steps": ["a"]}, "as_of": "2025-01-01", "not_entered": 1, "converted": 9223372036854775807, "open": [], "lost": [], "expired": [], "days": []}'::funnel_stats$$,
	'54000', 'more than 9223372036854775807 entities in one funnel_stats', 'nor can more be read');

-- totals: two of 1e38 at one scale are beyond 128 bits, and exact
select is(order_total(order_agg(date '2025-01-01', 1e38)), 200000000000000000000000000000000000000, 'in one state') from generate_series(1, 2);
select is(order_total(order_agg(date '2025-01-01', -1e38)), -200000000000000000000000000000000000000, 'and below 0') from generate_series(1, 2);
select is(order_total(order_merge(s)), 200000000000000000000000000000000000000, 'two states of 1e38, merged') from (select order_agg(date '2025-01-01', 1e38) as s from generate_series(1, 2) n group by n) x;
select is(order_total(order_agg(date '2025-01-01', a)), 170141183460469231731687303715884105728::numeric, 'one more than 128 bits hold') from unnest(array[170141183460469231731687303715884105727, 1]) a;
select is((select converted_amount from funnel_rows(funnel_merge(s)) where step_index = 1), 200000000000000000000000000000000000000, 'funnels')
from (select funnel_agg(funnel_path_agg, '2025-01-01', 1e38) as s from (select n, funnel_path_agg(funnel('{a}'), date '2025-01-01', 'a') from generate_series(1, 2) n group by n) x group by n) y;
select is((select converted_amount from funnel_rows(s) where step_index = 1), 200000000000000000000000000000000000000, 'in one')
from (select funnel_agg(funnel_path_agg, '2025-01-01', 1e38) as s from (select n, funnel_path_agg(funnel('{a}'), date '2025-01-01', 'a') from generate_series(1, 2) n group by n) x) y;
create temp table customer as
select '{"contracts": [{"starts": "2024-01-05", "mrr": 100000000000000000000000000000000000000}]}'::contract_state as s from generate_series(1, 2);
select is(contract_mrr(contract_merge(s), '2024-06-30'), 200000000000000000000000000000000000000, 'contracts of one customer') from customer;
select is((select new from mrr_bridge_rows(mrr_bridge_agg(s, 'year', '2024-01-01', '2025-01-01'))), 200000000000000000000000000000000000000, 'a bridge') from customer;
select is((select closing from mrr_bridge_rows(mrr_bridge_merge(b))), 200000000000000000000000000000000000000, 'bridges') from (select mrr_bridge_agg(s, 'year', '2024-01-01', '2025-01-01') as b from customer group by ctid) x;
select is((select mrr from cohort_rows(cohort_agg(s, 'year', '2024-12-31'))), 200000000000000000000000000000000000000, 'a cohort') from customer;
select is((select mrr from cohort_rows(cohort_merge(c))), 200000000000000000000000000000000000000, 'cohorts') from (select cohort_agg(s, 'year', '2024-12-31') as c from customer group by ctid) x;
select is((retention_agg(s, '2024-06-01', '2024-12-01')).mrr_end, 200000000000000000000000000000000000000, 'retention') from customer;
select is((renewal_rates_agg('renewed', 1e38, 1e38)).mrr_renewed, 200000000000000000000000000000000000000, 'renewals') from generate_series(1, 2);

select * from finish();
rollback;
