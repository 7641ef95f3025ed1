-- funnel_stats.sql: a population's figures against plain SQL over levels, times
-- and outcomes; both forms of funnel_agg; splits; open deals told honestly.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

create temp table event as
select entity, timestamp '2025-01-01' + (random() * 120 * 24)::int * interval '1 hour' as at,
	case when i % 50 = 0 then null else (array['lead', 'call', 'offer', 'won', 'lost', 'note'])[1 + (random() * random() * 5.99)::int] end as step,
	(random() * 3)::int as part
from (select setseed(0.11)) seed, generate_series(1, 6000) i, lateral (select nullif((random() * 500 + 0 * i)::int - 3, 0) * 7919::bigint as entity) e;
insert into event values (1, null, 'lead', 0), (2, '2026-01-01', 'lead', 0), (3, '2025-01-01', 'note', 0);
create temp table def as
select mode, w, funnel('{lead,call,offer,won}', w, mode, '{lost,dead}', 'Asia/Shanghai') as f
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order', 'reached']) mode,
	(values (interval '30 days'), ('2 mons'), (null)) ws (w);
create temp table day as select d from (values (date '2024-12-31'), ('2025-02-14'), ('2025-06-30'), ('2025-12-31')) v (d);
create temp table path as
select mode, w, entity, part, funnel_path_agg(f, at, step) as p from event, def group by mode, w, entity, part;
create temp table entity as
select mode, w, d, entity, p, funnel_level(p, d) as level, funnel_times(p, d) as times, funnel_outcome(p, d) as outcome,
	case when mode = 'reached' then (select min(t) from unnest(funnel_times(p, d)) t) else (funnel_times(p, d))[1] end as start,
	round(coalesce(entity, 5)::numeric / 7, (coalesce(entity, 1) % 5)::int) as amount
from (select mode, w, entity, funnel_path_merge(p) as p from path group by 1, 2, 3) x, day
where exists (select from event e where e.entity is not distinct from x.entity and (e.at at time zone 'Asia/Shanghai') < (d + 1)::timestamp at time zone 'Asia/Shanghai');
create temp table stats as
select mode, w, d, funnel_agg(p, d) as s, funnel_agg(p, d, amount) as with_amount from entity group by 1, 2, 3;

-- the figures, from the entities
create temp table figure as
select mode, w, d, i as step_index, count(*) filter (where level >= i) as entered,
	count(*) filter (where level >= least(i + 1, 4)) as converted,
	count(*) filter (where level = i and outcome = 'open') as open,
	count(*) filter (where level = i and outcome = 'lost') as lost,
	count(*) filter (where level = i and outcome = 'expired') as expired,
	case when w is not null then count(*) filter (where level >= i and ends < until) end as mature_entered,
	case when w is not null then count(*) filter (where level >= least(i + 1, 4) and ends < until) end as mature_converted,
	percentile_cont(0.5) within group (order by extract(epoch from times[i + 1] - times[i]) / 86400) as median_days,
	percentile_cont(0.9) within group (order by extract(epoch from times[i + 1] - times[i]) / 86400) as p90_days,
	percentile_cont(0.5) within group (order by extract(epoch from times[i + 1] - start) / 86400) as median_days_from_start,
	percentile_cont(0.9) within group (order by extract(epoch from times[i + 1] - start) / 86400) as p90_days_from_start,
	coalesce(sum(amount) filter (where level >= i), 0) as entered_amount,
	coalesce(sum(amount) filter (where level >= least(i + 1, 4)), 0) as converted_amount,
	coalesce(sum(amount) filter (where level = i and outcome = 'open'), 0) as open_amount,
	coalesce(sum(amount) filter (where level = i and outcome = 'lost'), 0) as lost_amount,
	coalesce(sum(amount) filter (where level = i and outcome = 'expired'), 0) as expired_amount
from (select *, (start at time zone 'Asia/Shanghai' + w) at time zone 'Asia/Shanghai' as ends, (d + 1)::timestamp at time zone 'Asia/Shanghai' as until from entity) e,
	generate_series(1, 4) i
group by mode, w, d, i;

select is((select count(*) from stats, funnel_rows(s) r join figure f using (step_index)
	where (f.mode, f.d) = (stats.mode, stats.d) and f.w is not distinct from stats.w
	and (r.entered, r.converted, r.open, r.lost, r.expired) = (f.entered, f.converted, f.open, f.lost, f.expired)
	and (r.mature_entered, r.mature_converted) is not distinct from (f.mature_entered, f.mature_converted)
	and (r.entered_amount, r.converted_amount, r.open_amount, r.lost_amount, r.expired_amount) is not distinct from (null, null, null, null, null)
	), (select count(*) from figure), 'counts are those of the entities');
select is((select count(*) from stats, funnel_rows(with_amount) r join figure f using (step_index)
	where (f.mode, f.d) = (stats.mode, stats.d) and f.w is not distinct from stats.w
	and (r.entered, r.converted, r.open, r.lost, r.expired) = (f.entered, f.converted, f.open, f.lost, f.expired)
	and (r.entered_amount, r.converted_amount, r.open_amount, r.lost_amount, r.expired_amount) =
		(f.entered_amount, f.converted_amount, f.open_amount, f.lost_amount, f.expired_amount)
	), (select count(*) from figure), 'amounts too, exactly');
select is((select count(*) from stats, funnel_rows(s) r join figure f using (step_index)
	where (f.mode, f.d) = (stats.mode, stats.d) and f.w is not distinct from stats.w
	and (abs(r.median_days - f.median_days) < 1e-9 and abs(r.p90_days - f.p90_days) < 1e-9
		and abs(r.median_days_from_start - f.median_days_from_start) < 1e-9 and abs(r.p90_days_from_start - f.p90_days_from_start) < 1e-9
		or (r.median_days, r.p90_days, r.median_days_from_start, r.p90_days_from_start, f.median_days, f.p90_days, f.median_days_from_start, f.p90_days_from_start) is null)
	), (select count(*) from figure), 'days are percentile_cont''s');
select is((select count(*) from stats, funnel_rows(s) where entered <> converted + open + lost + expired and step_index < 4
	or step_index = 4 and (converted, open, lost, expired) <> (entered, 0, 0, 0)), 0::bigint, 'entered = converted + open + lost + expired');
select is((select count(*) from stats, funnel_rows(s) where step_rate is distinct from case when step_index < 4 then converted / nullif(entered, 0)::float8 end
	or step_rate_low is distinct from case when step_index < 4 then wilson_low(converted, entered) end
	or step_rate_high is distinct from case when step_index < 4 then wilson_high(converted, entered) end
	or mature_rate is distinct from case when step_index < 4 then mature_converted / nullif(mature_entered, 0)::float8 end
	or mature_rate_low is distinct from case when step_index < 4 then wilson_low(mature_converted, mature_entered) end
	or mature_rate_high is distinct from case when step_index < 4 then wilson_high(mature_converted, mature_entered) end), 0::bigint, 'rates and their intervals');
select is((select count(*) from (select *, first_value(entered) over (partition by mode, w, d order by step_index) as first from stats, funnel_rows(s)) r
	where overall_rate is distinct from entered / nullif(first, 0)::float8), 0::bigint, 'overall rates');
select is((select count(*) from stats, funnel_rows(s) where mode <> 'any_order' and (step_name, next_step_name) is distinct from
	((array['lead', 'call', 'offer', 'won'])[step_index], (array['lead', 'call', 'offer', 'won'])[step_index + 1])
	or mode = 'any_order' and (step_name, next_step_name) is distinct from (null, null)), 0::bigint, 'names; none where order does not count');
select is((select count(*) from stats, funnel_summary(s) r join (
		select mode, w, d, count(*) as entities, count(*) filter (where level = 0) as not_entered, count(*) filter (where level > 0) as entered,
			count(*) filter (where outcome = 'converted') as converted, count(*) filter (where outcome = 'open') as open,
			count(*) filter (where outcome = 'lost') as lost, count(*) filter (where outcome = 'expired') as expired,
			percentile_cont(0.5) within group (order by extract(epoch from times[4] - start) / 86400) as cycle
		from entity group by 1, 2, 3) f on true
	where (f.mode, f.d) = (stats.mode, stats.d) and f.w is not distinct from stats.w
	and (r.entities, r.not_entered, r.entered, r.converted, r.open, r.lost, r.expired) = (f.entities, f.not_entered, f.entered, f.converted, f.open, f.lost, f.expired)
	and r.win_rate is not distinct from f.converted / nullif(f.converted + f.lost, 0)::float8
	and r.win_rate_low is not distinct from wilson_low(f.converted, f.converted + f.lost)
	and r.win_rate_high is not distinct from wilson_high(f.converted, f.converted + f.lost)
	and (abs(r.median_cycle_days - f.cycle) < 1e-9 or (r.median_cycle_days, f.cycle) is null)), (select count(*) from stats), 'the summary');
select is((select count(distinct (mode, outcome)) from entity), 35::bigint, 'every outcome in every mode');

-- what lies after as_of does not exist
select is((select count(*) from (
		select mode, w, d, funnel_agg(p, d) as s from (
			select mode, w, d, entity, funnel_path_agg(f, at at time zone 'Asia/Shanghai', step) as p from event, def, day
			where at at time zone 'Asia/Shanghai' < (d + 1)::timestamp at time zone 'Asia/Shanghai' group by 1, 2, 3, 4) known group by 1, 2, 3) k
	join stats on (k.mode, k.d) = (stats.mode, stats.d) and k.w is not distinct from stats.w
	where k.s::text = stats.s::text), (select count(*) from stats), 'as_of equals a filter on the rows');
select is((select a.s::text from stats a where mode = 'ordered' and w = '30 days' and d = '2025-06-30'),
	(select replace(funnel_agg(p, '2026-06-30')::text, '2026-06-30', '2025-06-30') from entity where mode = 'ordered' and w = '30 days' and d = '2025-06-30' and entity is distinct from 2),
	'as_of moved past maturity changes nothing');

-- both forms
create temp table direct as
select mode, w, d, funnel_agg(f, entity, at, step, d) as by_bigint, funnel_agg(f, entity::text, at, step, d) as by_text,
	funnel_agg(f, entity, at at time zone 'Asia/Shanghai', step, d) as by_zoned, funnel_agg(f, entity::text, at at time zone 'Asia/Shanghai', step, d) as by_zoned_text,
	funnel_agg(f, md5(entity::text)::uuid, at, step, d) as by_uuid, funnel_agg(f, md5(entity::text)::uuid, at at time zone 'Asia/Shanghai', step, d) as by_zoned_uuid
from event, def, day group by 1, 2, 3;
select is((select count(*) from direct join stats on (direct.mode, direct.d) = (stats.mode, stats.d) and direct.w is not distinct from stats.w
	where s::text = all (array[by_bigint::text, by_text::text, by_zoned::text, by_zoned_text::text, by_uuid::text, by_zoned_uuid::text])), (select count(*) from stats), 'rows folded directly give the same figures');
select is((select funnel_agg(funnel('{lead,won}', '30 days', time_zone => 'Asia/Tokyo'), entity, at::date, step, '2025-06-30')::text from event),
	(select funnel_agg(p, '2025-06-30')::text from (select funnel_path_agg(funnel('{lead,won}', '30 days', time_zone => 'Asia/Tokyo'), at::date, step) p from event group by entity) x), 'of dates');
select is((select funnel_agg(funnel('{lead,won}', '30 days'), entity::text, at::date, step, '2025-06-30')::text from event),
	(select funnel_agg(p, '2025-06-30')::text from (select funnel_path_agg(funnel('{lead,won}', '30 days'), at::date, step) p from event group by entity) x), 'of dates, texts');
select is((select funnel_agg(funnel('{lead,won}', '30 days'), md5(entity::text)::uuid, at::date, step, '2025-06-30')::text from event),
	(select funnel_agg(funnel('{lead,won}', '30 days'), entity, at::date, step, '2025-06-30')::text from event), 'of dates, uuids');

-- times that do not fit the narrow form, and keys of all kinds
create temp table extreme as
select (array[-9223372036854775808, -1, 0, 1, 2, 9223372036854775807, null])[1 + i % 7] as entity,
	(array[timestamp '4713-01-01 BC', '0044-03-15 BC', '0001-01-01', '1969-12-31 23:59:59', '2025-01-01', '9999-12-31', '294276-12-31'])[1 + i % 11 % 7] as at,
	(array['lead', 'won', 'lost'])[1 + i % 3] as step
from generate_series(1, 500) i where i % 7 <> 2 or i % 11 % 7 = 4;
select is(funnel_agg(f, entity, at, step, d)::text,
	(select funnel_agg(p, d)::text from (select funnel_path_agg(f, at, step) as p from extreme group by entity) x), format('extreme times and keys by %s, %s', d, f))
from extreme, unnest(array[funnel('{lead,won}', '30 days', lost => '{lost}'), funnel('{lead,won}'), funnel('{lead,won}', '9 months', 'reached', '{lost}')]) f,
	unnest(array[date '2025-06-30', '5874897-12-31', '0001-01-01 BC', '294276-12-31']) d group by f, d;
select is(funnel_agg(f, entity::text, at, step, '294276-12-30')::text, funnel_agg(f, entity, at, step, '294276-12-30')::text, 'as texts')
from extreme, (select funnel('{lead,won}', '30 days') as f) x;
select is(funnel_agg(f, rpad(md5(entity::text), 32, '0')::uuid, at, step, '294276-12-30')::text, funnel_agg(f, entity, at, step, '294276-12-30')::text, 'as uuids')
from extreme, (select funnel('{lead,won}', '30 days') as f) x;

-- many rows of many entities: past the flat array, and past 1,024 durations
create temp table many as
select (random() * 40000)::int as entity, timestamptz '2025-01-01Z' + random() * random() * interval '300 days' as at,
	(array['lead', 'call', 'offer', 'won', 'lost'])[1 + (random() * 4.2)::int] as step, i % 3 as part
from (select setseed(0.5)) seed, generate_series(1, 150000) i;
create temp table many_path as
select entity, funnel_path_agg(f, at, step) as p from many, (select funnel('{lead,call,offer,won}', '90 days', lost => '{lost}') as f) x group by entity;
create temp table many_stats as select funnel_agg(p, '2025-08-31') as s from many_path;
select is((select funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), entity, at, step, '2025-08-31')::text from many), s::text, 'many rows directly') from many_stats;
select is((select funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), 'Ä' || entity, at, step, '2025-08-31')::text from many), s::text, 'many texts directly') from many_stats;
select is((select funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), format(pattern, lpad(to_hex(entity), 16, '0'))::uuid, at, step, '2025-08-31')::text from many), s::text, 'many uuids that differ in ' || what)
from many_stats, (values ('0123456789abcdef%s', 'the second half'), ('%sfedcba9876543210', 'the first'), ('%1$s%1$s', 'both, alike')) v (pattern, what);
select is((select entities from funnel_summary((select funnel_agg(funnel('{a}'), e, date '2025-01-01', 'a', '2025-01-31') from unnest(array['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001',
	'00000000-0000-0001-0000-000000000000', '00000000-0000-0000-0000-000000000000', null]::uuid[]) e))), 4::bigint, 'equal uuids are one entity, others are not, and those without one are one');
-- these two differ in both halves, but not in what is left of them when the second is mixed into the first
select is((select entities from funnel_summary((select funnel_agg(funnel('{a}'), e, date '2025-01-01', 'a', '2025-01-31') from unnest(array['00000000-0000-0000-0000-000000000000', '2ccbc234-fcbc-56b4-0100-000000000000']::uuid[]) e))),
	2::bigint, 'uuids whose halves mix alike are two entities');
select cmp_ok((select max(abs(r.median_days / e.median - 1)) from many_stats, funnel_rows(s) r join (
		select i, percentile_cont(0.5) within group (order by extract(epoch from times[i + 1] - times[i])) / 86400 as median
		from (select funnel_times(p, '2025-08-31') as times from many_path) t, generate_series(1, 3) i group by i) e on i = step_index), '<', 0.01::float8, 'rounded medians within 1 %');
select cmp_ok((select max(abs(r.p90_days_from_start / e.p90 - 1)) from many_stats, funnel_rows(s) r join (
		select i, percentile_cont(0.9) within group (order by extract(epoch from times[i + 1] - times[1])) / 86400 as p90
		from (select funnel_times(p, '2025-08-31') as times from many_path) t, generate_series(1, 3) i group by i) e on i = step_index), '<', 0.01::float8, 'rounded p90 within 1 %');
select cmp_ok((select min(converted) from many_stats, funnel_rows(s) where step_index = 1), '>', 1024::bigint, 'there were that many');
-- nobody shall take a rounded one for exact
select is(median_days::numeric, m, n || ' durations: ' || m) from (values (1024, 31.4791666666667), (1025, 31.5)) v (n, m), lateral (
	select funnel_agg(funnel('{a,b}'), i, at, step, '2030-01-01') as s from generate_series(0, n - 1) i,
		lateral (values (timestamptz '2025-01-01Z', 'a'), ('2025-01-01Z'::timestamptz + (500 + i % 593) * interval '1 hour', 'b')) r (at, step)) x, funnel_rows(s) where step_index = 1;
select is((select count(*) from many_stats, funnel_rows(s) r, lateral (values (median_days), (p90_days), (median_days_from_start), (p90_days_from_start)) d (days)
	where converted > 1024 and length(ltrim(replace(trim_scale(days::numeric)::text, '.', ''), '0')) > 3), 0::bigint, 'three digits');
select is(median_days::text, d, d) from (values (1, '1.16e-11'), (864000, '9.98e-06'), (999499, '1.16e-05'), (86400000000, '0.997'), (8637000000, '0.0998'), (8639999999999, '100'),
		(86399999999999, '1000'), (123456000000000000, '1430000')) v (micros, d), lateral (
	select funnel_agg(funnel('{a,b}'), i, at, step, '9999-01-01') as s from generate_series(1, 1100) i,
		lateral (values (timestamptz '2025-01-01Z', 'a'), ('2025-01-01Z'::timestamptz + micros * interval '1 microsecond', 'b')) r (at, step)) x, funnel_rows(s) where step_index = 1;

-- any order, any split
select is((select funnel_agg(p, '2025-08-31' order by random())::text from many_path), s::text, 'order of rows') from many_stats;
select is((select funnel_agg(p, '2025-08-31') over () ::text from many_path limit 1), s::text, 'as a window function') from many_stats;
select is((select funnel_merge(s order by random())::text from (
		select funnel_agg(p, '2025-08-31') as s from many_path group by entity % 100
		union all select null
		union all select funnel_agg(p, '2025-08-31') from many_path where entity % 100 = 777
		union all select funnel_agg(funnel_path, '2025-08-31') from (select p::text::funnel_path as funnel_path from many_path limit 0) x) parts), s::text, 'merged from 100 parts, empty and null ones among them') from many_stats;
select is((select funnel_merge(s::text::funnel_stats)::text from (select funnel_agg(p, '2025-08-31') as s from many_path group by entity % 3) parts), s::text, 'merged from stored parts') from many_stats;
select is(funnel_merge(s)::text, (select funnel_agg(p, '2025-06-30', amount) from entity where mode = 'once' and w is null and d = '2025-06-30')::text, 'amounts merged')
from (select funnel_agg(p, '2025-06-30', amount) as s from entity where mode = 'once' and w is null and d = '2025-06-30' group by entity % 7) x;
create table public.funnel_parallel_test as select * from many;
analyze public.funnel_parallel_test;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 3;
create function pg_temp.plan(query text) returns text language plpgsql as $$
declare
	line text;
	plan text = '';
begin
	for line in execute 'explain (costs off) ' || query loop
		plan = plan || line || E'\n';
	end loop;
	return plan;
end $$;
select matches(pg_temp.plan($$select funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), entity, at, step, '2025-08-31') from public.funnel_parallel_test$$),
	'Finalize Aggregate.*Gather.*Partial Aggregate', 'the direct form runs in parallel');
-- pgTAP's functions are parallel unsafe: compute first, then compare
create table public.funnel_parallel_path_test as select * from many_path;
analyze public.funnel_parallel_path_test;
create temp table by_workers as
select 'rows' as form, funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), entity, at, step, '2025-08-31') as w from public.funnel_parallel_test
union all
select 'rows, text and a null', funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), nullif(entity, 0)::text, at, step, '2025-08-31') from public.funnel_parallel_test
union all
select 'rows, uuid and a null', funnel_agg(funnel('{lead,call,offer,won}', '90 days', lost => '{lost}'), md5(nullif(entity, 0)::text)::uuid, at, step, '2025-08-31') from public.funnel_parallel_test
union all
select 'paths', funnel_agg(p, '2025-08-31') from public.funnel_parallel_path_test;
select is(w::text, s::text, form || ' by workers') from by_workers, many_stats;
set local max_parallel_workers_per_gather = 0;

-- so many rows that each process deals them out and hands them over packed: entities of one row and of thousands, some with rows of
-- no step alone, every mode that keeps other rows; texts of which two have one hash, in another order in each half of the table
create table public.funnel_packed_test as
select case when i % 3 = 0 then i % 50 else i * 7919::bigint % 60000 end as entity,
	timestamptz '2025-01-01Z' + (i * 104729::bigint % 20000000) * interval '1 second' as at, (array['lead', 'call', 'offer', 'won', 'lost', 'other', null])[1 + (i / 3 + i / 7) % 7] as step
from generate_series(1, 420000) i;
create temp table packed_case as
select row_number() over () as n, format('funnel_agg(%s, %s, at, step, %L)', f, e, as_of) as agg from
	unnest(array[$$funnel('{lead,call,offer,won}', '60 days', lost => '{lost}')$$, $$funnel('{lead,call}', '1 month', 'consecutive')$$, $$funnel('{lead}')$$]) f,
	unnest(array['entity', 'entity::text', 'md5(entity::text)::uuid', 'nullif(entity, 7)']) e, unnest(array['2025-05-31', '2026-01-01']) as_of
union all
select 100, $$funnel_agg(funnel('{lead,call,offer,won}', '60 days'), entity, case when entity = 11 then '200000-01-01'::timestamptz else at end, step, '250000-01-01')$$
union all
select 101, $$funnel_agg(funnel('{lead,call,offer,won}', '60 days'), entity::text, case when entity = 11 then '4000-01-01 BC'::timestamptz else at end, step, '2026-01-01')$$;
create function pg_temp.packed(workers int) returns table (n bigint, s text) language plpgsql as $$
declare
	c record;
begin
	perform set_config('max_parallel_workers_per_gather', workers::text, true);
	for c in select * from packed_case loop
		n := c.n;
		execute format('select %s::text from public.funnel_packed_test', c.agg) into s;
		return next;
	end loop;
end $$;
analyze public.funnel_packed_test;
create temp table packed_serial as select * from pg_temp.packed(0);
create temp table packed_parallel as select * from pg_temp.packed(1);
create temp table packed_three as select * from pg_temp.packed(3);
set local max_parallel_workers_per_gather = 1;
select matches(pg_temp.plan('select ' || agg || ' from public.funnel_packed_test'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'packed rows: in parallel')
from packed_case where n = 1;
set local max_parallel_workers_per_gather = 0;
select is(p.s, s.s, 'packed rows: ' || agg) from packed_serial s join packed_parallel p using (n) join packed_case using (n) order by n;
select is(p.s, s.s, 'packed rows of four processes: ' || agg) from packed_serial s join packed_three p using (n) join packed_case using (n) order by n;
select is(s, (select funnel_agg(p, '2025-05-31')::text from (select funnel_path_agg(funnel('{lead,call,offer,won}', '60 days', lost => '{lost}'), at, step) as p
	from public.funnel_packed_test group by entity) x), 'packed rows: as by paths') from packed_parallel where n = 1;
\set one '''account 004'''
\set other 'convert_from(decode(''116735766d1d151e0c174b'', ''hex''), ''UTF8'')'
select is(hashtextextended(:one collate "C", 0), hashtextextended(:other collate "C", 0), 'two texts of one hash');
create table public.funnel_hash_test as
select entity, timestamptz '2025-01-01Z' + i * interval '1 minute' as at, case when entity = :one then 'lead' when entity = :other or i % 7 > 3 then 'won' when i % 3 = 0 then 'lead' end as step
from generate_series(1, 400000) i, lateral (select case when i % 20 > 1 then (i % 5000)::text when i % 20 = i / 20 % 2 then :one else :other end as entity) e;
analyze public.funnel_hash_test;
create temp table hash_serial as select funnel_agg(funnel('{lead,won}', '1 day'), entity, at, step, '2026-01-01')::text as s from public.funnel_hash_test;
set local max_parallel_workers_per_gather = 3;
create temp table hash_parallel as select funnel_agg(funnel('{lead,won}', '1 day'), entity, at, step, '2026-01-01')::text as s from public.funnel_hash_test;
set local max_parallel_workers_per_gather = 0;
select is(p.s, h.s, 'texts of one hash, by workers') from hash_serial h, hash_parallel p;
select is(s, (select funnel_agg(p, '2026-01-01')::text from (select funnel_path_agg(funnel('{lead,won}', '1 day'), at, step) as p from public.funnel_hash_test group by entity collate "C") x), 'and as by paths') from hash_serial;
-- amounts that no 128 bits hold; null amounts
select results_eq($$select entered_amount, open_amount, converted_amount from (select funnel_agg(p, '2025-06-30', a order by a) as s from
	(values (1, 'lead', 1e37), (2, 'lead', 9e37), (3, 'lead', 1e-40), (4, 'lead', null), (5, 'won', 7), (6, 'lead', -5), (7, 'lead', 1e60)) v (e, step, a),
	lateral (select funnel_path_agg(funnel('{lead,won}'), date '2025-06-01', t) as p from unnest(array[v.step]) t) x) y, funnel_rows(s) where step_index = 1$$,
	$$values (1e60 + 1e38 + 1e-40 - 5, 1e60 + 1e38 + 1e-40 - 5, 0::numeric)$$, 'exact');
select is(s::text::funnel_stats::text, s::text, 'and survive as text') from (select funnel_agg(p, '2025-06-30', a) as s from (values (1e37), (9e37), (9e37), (1e-40)) v (a), path where mode = 'ordered' and w is null) x;
select is(funnel_merge(s)::text, (select funnel_agg(p, '2025-06-30', a)::text from (values (1e37), (9e37), (9e37), (1e-40)) v (a), path where mode = 'ordered' and w is null), 'and a merge')
from (select funnel_agg(p, '2025-06-30', a) as s from (values (1e37), (9e37), (9e37), (1e-40)) v (a), path where mode = 'ordered' and w is null group by a, entity % 2) x;

-- nothing
select is(funnel_agg(p, '2025-06-30')::text, null, 'no paths') from path where false;
select is(funnel_agg(null::funnel_path, '2025-06-30')::text, null, 'a null path');
select is(funnel_agg(p, '2025-06-30') filter (where false)::text, null, 'paths that a filter drops') from path;
select is(funnel_agg(funnel('{a}'), 1, null::timestamptz, 'a', '2025-06-30')::text, null, 'no times');
select is(funnel_merge(null)::text, null, 'no stats');
select is((select count(*) from funnel_rows(null)), 0::bigint, 'no rows of nothing');
select results_eq($$select step_index, step_name, entered, step_rate, median_days from funnel_rows((select funnel_agg(funnel('{a,b}'), 1, date '2025-01-01', null, '2025-06-30')))$$,
	$$values (1, 'a', 0::bigint, null::float8, null::float8), (2, 'b', 0, null, null)$$, 'one row per step where nobody came');
select results_eq($$select entities, not_entered, converted, win_rate, median_cycle_days from funnel_summary((select funnel_agg(funnel('{a}'), 1, date '2025-01-01', 'a', '2025-06-30')))$$,
	$$values (1::bigint, 0::bigint, 1::bigint, null::float8, null::float8)$$, 'a funnel of one step');
select is((select array[win_rate, win_rate_low, win_rate_high]::text from funnel_summary(s)), rates, what)
from (select f, n, rates, what, funnel_agg(funnel_path_agg, '2025-06-30') as s from (values
		(funnel('{lead,won}'), 0, '{NULL,NULL,NULL}', 'without lost names all that end are won: no rate'),
		(funnel('{lead,won}', lost => '{lost}'), 0, '{1,0.3423802275066531,1}', 'with one it is 1, because nobody was lost'),
		(funnel('{lead,won}', lost => '{lost}'), 1, '{0.6666666666666666,0.20765960080204768,0.9385080552796037}', 'two of three'),
		(funnel('{lead,won}'), 1, '{0.6666666666666666,0.20765960080204768,0.9385080552796037}', 'a condition may say lost, too')) v (f, n, rates, what),
	lateral (select funnel_path_agg(f, date '2025-01-01' + d, d = 0, d = 1 and i > n, d = 2 and i <= n) from generate_series(1, 3) i, generate_series(0, 2) d where i < 3 or n > 0 group by i) p
	group by 1, 2, 3, 4) x;

-- rules
prepare bad(funnel_def, date) as select funnel_agg(p, d) from (values (funnel('{a}'), date '2025-01-01'), ($1, $2)) v (f, d), lateral (select funnel_path_agg(f, date '2025-01-01', t) as p from (values ('a')) t (t)) x;
select throws_ok($$execute bad(funnel('{b}'), '2025-01-01')$$, '22023', 'funnel_agg got different funnels in one group');
select throws_ok($$execute bad(funnel('{a}'), '2025-01-02')$$, '22023', 'funnel_agg got different as_of in one group');
select throws_ok($$execute bad(funnel('{a}'), null)$$, '22004', 'as_of of funnel_agg must not be null');
select throws_ok($$execute bad(funnel('{a}'), 'infinity')$$, '22008', 'as_of must be a finite date');
prepare bad_rows(funnel_def, date) as select funnel_agg(f, 1, date '2025-01-01', 'a', d) from (values (funnel('{a}'), date '2025-01-01'), ($1, $2)) v (f, d);
select throws_ok($$execute bad_rows(funnel('{b}'), '2025-01-01')$$, '22023', 'funnel_agg got different funnels in one group');
select throws_ok($$execute bad_rows(funnel('{a}'), '2025-01-02')$$, '22023', 'funnel_agg got different as_of in one group');
select throws_ok($$execute bad_rows(funnel('{a}'), 'infinity')$$, '22008', 'as_of must be a finite date');
create function pg_temp.detail(query text) returns text language plpgsql as $$
declare
	detail text;
begin
	execute query;
	return null;
exception when others then
	get stacked diagnostics detail = pg_exception_detail;
	return detail;
end $$;
select is(pg_temp.detail(q), 'One is 2025-01-01, another 2025-01-02.', 'both days are named') from unnest(array[
	$$execute bad(funnel('{a}'), '2025-01-02')$$, $$execute bad_rows(funnel('{a}'), '2025-01-02')$$]) q;
select throws_ok($$execute bad_rows(funnel('{a}'), null)$$, '22004', 'as_of of funnel_agg must not be null');
select throws_ok($$execute bad_rows(null, '2025-01-01')$$, '22004', 'the funnel of funnel_agg must not be null');
select throws_ok($$select funnel_agg(funnel('{a}'), 1, timestamp '-infinity', 'a', '2025-01-01')$$, '22008', 'at must be a finite time');
select throws_ok($$select funnel_merge(s) from stats where mode = 'ordered' and w is null$$, '22023', 'funnel_merge got different as_of');
select throws_ok($$select funnel_merge(s) from stats where d = '2025-06-30'$$, '22023', 'funnel_merge got different funnels in one group');
select throws_ok($$select funnel_merge(x) from stats, unnest(array[s, with_amount]) x where mode = 'ordered' and w is null and d = '2025-06-30'$$, '22023', 'funnel_merge got stats with and without amounts');
select throws_ok($$select funnel_agg(p, '2025-01-01', 'NaN') from path where mode = 'ordered' and w is null and entity = 7919$$, '22003', 'amount must be a finite number');

-- keys that a collation calls equal
create collation case_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select throws_ok($$select funnel_agg(funnel('{a}'), e collate case_blind, date '2025-01-01', 'a', '2025-01-01') from (values ('x'), ('X')) v (e)$$,
	'0A000', 'entity of funnel_agg must be text that compares byte by byte');
create temp table case_blind_step (e text collate case_blind, f text collate "C", g text, t text collate "POSIX", u text collate case_blind);
insert into case_blind_step values ('x', 'x', 'x', 'a', 'a'), ('X', 'X', 'X', 'a', 'a');
select throws_ok($$select funnel_agg(funnel('{a}'), e, date '2025-01-01', t, '2025-01-01') from case_blind_step$$,
	'0A000', 'entity of funnel_agg must be text that compares byte by byte', 'also where the step''s collation clashes with it');
select throws_ok($$select funnel_agg(funnel('{a}'), e, date '2025-01-01', t, '2025-01-01') over () from case_blind_step$$,
	'0A000', 'entity of funnel_agg must be text that compares byte by byte', 'over () too');
select lives_ok($$select funnel_agg(funnel('{a}'), f collate "C", date '2025-01-01', t, '2025-01-01') over () from case_blind_step$$, 'over () with a stated collation');
select throws_ok(format($$select funnel_agg(funnel('{a}'), %I, date '2025-01-01', u, '2025-01-01') from case_blind_step$$, c),
	'0A000', 'step of funnel_agg must be text that compares byte by byte', 'nor a step')
from unnest(array['f', 'g']) c;
select is((select entities from funnel_summary(s)), 1::bigint, 'the other form follows the collation')
from (select funnel_agg(p, '2025-01-01') as s from (select funnel_path_agg(funnel('{a}'), date '2025-01-01', 'a') as p from (values ('x'), ('X')) v (e) group by e collate case_blind) x) y;
select is((select entities from funnel_summary(funnel_agg)), 2::bigint, 'byte by byte they differ')
from (select funnel_agg(funnel('{a}'), e collate "C", date '2025-01-01', 'a', '2025-01-01') from (values ('x'), ('X'), ('x')) v (e)) y;

-- mature_rate is not fooled by young deals: 40,000 deals over two years, a quarter of them converts within 180 days of entering,
-- quick ones early. Leaving out the open ones keeps the young wins and overstates.
create temp table simulated as
select i as deal, entered, case when wins then entered + days * interval '1 day' end as won
from (select i, timestamptz '2023-07-01Z' + random() * interval '730 days' as entered, random() < 0.25 as wins, 180 * power(random(), 1.5) as days
	from (select setseed(0.42)) seed, generate_series(1, 40000) i) x;
create temp table truth as select avg((won is not null)::int)::float8 as rate from simulated;
create temp table report as
select r.* from (select funnel_agg(funnel('{entered,won}', '180 days'), deal, at, step, '2025-06-30') as s
	from simulated, lateral (values (entered, 'entered'), (won, 'won')) v (at, step) where at < '2025-07-01Z') x, funnel_rows(s) r where step_index = 1;
select ok(rate between mature_rate_low and mature_rate_high, format('mature_rate %s [%s, %s] holds the truth %s', round(mature_rate::numeric, 4), round(mature_rate_low::numeric, 4), round(mature_rate_high::numeric, 4), round(rate::numeric, 4))) from report, truth;
select ok(not converted / (entered - open)::float8 between mature_rate_low and mature_rate_high and converted / (entered - open)::float8 > rate,
	format('converted / (entered - open) = %s does not', round(converted / (entered - open)::numeric, 4))) from report, truth;

-- real opportunities
\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared ''
\endif
select length(:'shared') > 0 and (pg_stat_file(:'shared' || '/data/sales_pipeline.csv', true)).size is not null as found \gset
\if :found
create temp table pipeline (opportunity_id text, sales_agent text, product text, account text, deal_stage text, engage_date date, close_date date, close_value numeric);
select format('copy pipeline from %L (format csv, header)', :'shared' || '/data/sales_pipeline.csv') \gexec
-- deals of stage Prospecting have no date: they are prospects without a known day, and come in by their own step on the first
create temp table pipeline_event as
select opportunity_id, at, step, close_value from pipeline,
	lateral (values (engage_date, 'engaged'), (close_date, case deal_stage when 'Won' then 'won' when 'Lost' then 'lost' end)) v (at, step)
where at is not null;
create temp table pipeline_stats as
select funnel_agg(funnel('{engaged,won}', lost => '{lost}'), opportunity_id, at, step, '2017-12-31') as s from pipeline_event;
select results_eq('select entities, entered, converted, open, lost, expired, win_rate from pipeline_stats, funnel_summary(s)',
	$$values (8300::bigint, 8300::bigint, 4238::bigint, 1589::bigint, 2473::bigint, 0::bigint, 4238 / 6711::float8)$$, '4,238 won of 6,711 closed, 1,589 open');
select is((select sum(converted_amount) from (select funnel_agg(p, '2017-12-31', close_value) as s from (
	select opportunity_id, max(close_value) as close_value, funnel_path_agg(funnel('{engaged,won}', lost => '{lost}'), at, step) as p from pipeline_event group by 1) x) y, funnel_rows(s) where step_index = 1),
	10005534::numeric, 'won value');
select is((select median_days from pipeline_stats, funnel_rows(s) where step_index = 1),
	(select percentile_cont(0.5) within group (order by close_date - engage_date) from pipeline where deal_stage = 'Won'), 'median days to win')
where (select count(*) from pipeline where deal_stage = 'Won') <= 1024;
select cmp_ok((select abs(median_days / (select percentile_cont(0.5) within group (order by close_date - engage_date) from pipeline where deal_stage = 'Won') - 1)
	from pipeline_stats, funnel_rows(s) where step_index = 1), '<', 0.01::float8, 'median days to win within 1 %');
\else
select skip('sales_pipeline.csv is not there', 4);
\endif

select * from finish();
rollback;
