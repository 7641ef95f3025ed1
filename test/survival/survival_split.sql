-- survival: an oracle in plain SQL on random data, and states that do not depend
-- on how their rows were split.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.511);
-- populations of very different kinds: few and many ties, few events, late entries
create temp table subjects as
select
	population,
	case when random() < 0.03 then null
		when population % 4 = 0 then (random() * 12)::int::float8
		when population % 4 = 1 then floor(random() * 1000)
		when population % 4 = 2 then random() * 50
		else -ln(1 - random()) * 200 end as duration,
	case when random() < 0.03 then null else random() < (population % 5) / 4.0 end as event,
	case when population % 3 > 0 or random() < 0.5 then null else random() end as entry_part,
	(random() * 4)::int as part
from generate_series(1, 40) population, generate_series(1, 1 + population * population / 4);
alter table subjects add entry float8;
-- before the duration, NULL and 0 for watched from the start
update subjects set entry = case when population % 2 = 0 then floor(duration * entry_part) else duration * entry_part end;
update subjects set entry = null where entry >= duration;

-- the obvious SQL: the product of 1 - d / n as exp of the sum of logarithms
create temp view steps as
select
	population,
	duration,
	(select count(*) from subjects a where a.population = s.population and a.event is not null
		and a.duration >= s.duration and (coalesce(a.entry, 0) = 0 or a.entry < s.duration)) as at_risk,
	count(*) filter (where event) as events,
	count(*) filter (where not event) as censored
from subjects s
where duration is not null and event is not null
group by population, duration;

create temp table oracle as
select
	population, duration, at_risk, events, censored,
	case when min(at_risk - events) over w = 0 then 0
		else exp(sum(ln(nullif(at_risk - events, 0)::float8 / at_risk)) over w) end as survival,
	case when min(at_risk - events) over w > 0
		then sqrt(sum(events::float8 / at_risk / nullif(at_risk - events, 0)) over w) end as std_error
from steps
window w as (partition by population order by duration);

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-10 is true';

create temp table states as
select population, survival_agg(duration, event, entry) as s from subjects group by population;

select is(
	(select count(*) from oracle o join states using (population) join lateral survival_rows(s) r using (duration)
		where (o.at_risk, o.events, o.censored) = (r.at_risk, r.events, r.censored)
		and pg_temp.near(r.survival, o.survival) and pg_temp.near(r.std_error, o.std_error)),
	(select count(*) from oracle), 'rows are those of plain SQL');
select is((select count(*) from states, survival_rows(s)), (select count(*) from oracle), 'and no more');
select cmp_ok((select count(*) from oracle), '>', 3000::bigint, 'there are many');

-- survival_at against rows: the last row at or before the time
select is(
	(select count(*) from states, survival_at(s, array(select x * 7.3 from generate_series(0, 60) x)) a
		left join lateral (select * from survival_rows(s) r where r.duration <= a.duration order by r.duration desc limit 1) r on true
		join lateral (select max(duration) as last from survival_rows(s)) l on true
		where a.survival is distinct from (case when a.duration > last and r.survival > 0 then null else coalesce(r.survival, 1) end)
		or a.at_risk <> (select count(*) from subjects x where x.population = states.population and event is not null
			and x.duration >= a.duration and (coalesce(x.entry, 0) = 0 or x.entry < a.duration))),
	0::bigint, 'survival_at agrees with the rows');

-- survival_quantiles against rows: the first row where the share is reached, up to the first where it is passed. Bounds may rise again.
create temp table row_of as
select population, method, bound, duration, value, max(duration) over (partition by population, method) as end_at
from states, unnest(array['plain', 'log', 'log-log']) method, survival_rows(s, 0.95, method) r,
	lateral (values ('middle', survival), ('low', survival_low), ('high', survival_high)) v (bound, value);
create index on row_of (population, method, bound);
analyze row_of;
select cmp_ok((select count(*) from (select population, method, value - lag(value) over (partition by population, method order by duration) as rise from row_of where bound = 'high') x where rise > 1e-9),
	'>', 0::bigint, 'there are bounds that rise again');
select is(
	(select count(*) from states, unnest(array['plain', 'log', 'log-log']) method (method), survival_quantiles(s, array(select k / 12.0 from generate_series(0, 12) k), 0.95, method.method) q (p, duration, duration_low, duration_high),
		lateral (values ('middle', q.duration), ('low', duration_low), ('high', duration_high)) v (bound, found)
		cross join lateral (
			select min(duration) filter (where 1 - value >= p - 1.4901161193847656e-08) as first_at, min(duration) filter (where 1 - value >= p + 1.4901161193847656e-08) as passed_at,
				max(duration) filter (where duration = end_at and value is not null) as known_end
			from row_of r where r.population = states.population and r.method = method.method and r.bound = v.bound) r
		where found is distinct from (case when p = 0 then 0 else first_at + (coalesce(passed_at, known_end) - first_at) / 2 end)),
	0::bigint, 'survival_quantiles agrees with the rows');

-- survival_mean: the area under the steps, in plain SQL
select is(
	(select count(*) from states, unnest('{0.5,3,11,150}'::float8[]) until, survival_mean(s, until) m
		join lateral (select sum(width * survival) as area from (
			select survival, greatest(0, least(until, coalesce(lead(duration) over (order by duration), 1e9)) - least(until, duration)) as width
			from (select 0::float8 as duration, 1::float8 as survival union all select duration, survival from survival_rows(s)) x) y) z on true
		where mean_duration is not null and abs(mean_duration - area) > 1e-9),
	0::bigint, 'the restricted mean is the area under the curve');

-- splits: one pass; parts merged in any order, some empty or NULL; parts stored as text
create temp table parts as
select population, part, survival_agg(duration, event, entry) as s from subjects group by population, part
union all
select population, -1, null from states
union all
select population, -2, survival_agg(duration, event, entry) filter (where false) from subjects group by population
union all
select population, -3, '{"events": [], "censored": []}'::survival_state from states;

select results_eq(
	'select population, survival_merge(s)::text from parts group by population order by 1',
	'select population, s::text from states order by 1', 'parts merge into what one pass gives');
select results_eq(
	'select population, survival_merge(s order by random())::text from parts group by population order by 1',
	'select population, s::text from states order by 1', 'in any order');
select results_eq(
	'select population, survival_merge(s::text::survival_state order by part desc)::text from parts group by population order by 1',
	'select population, s::text from states order by 1', 'also when stored as text');
select results_eq(
	'select population, survival_agg(duration, event, entry order by random())::text from subjects group by population order by 1',
	'select population, s::text from states order by 1', 'the order of rows says nothing');
select results_eq(
	$$ select population, float8send(survival), float8send(std_error) from
		(select population, survival_merge(s order by random()) as s from parts group by population) x, survival_rows(s) order by population, duration $$,
	$$ select population, float8send(survival), float8send(std_error) from states, survival_rows(s) order by population, duration $$,
	'answers are equal to the last bit');
select is(
	(select count(*) from states where revops_internal.survival_state_send(s) is distinct from revops_internal.survival_state_send(s::text::survival_state)),
	0::bigint, 'text loses nothing');

-- no rows, or none that say anything
select is((survival_agg(1, true) filter (where false))::text, null, 'no rows give NULL');
select is((survival_agg(null, true))::text, null, 'rows without a duration give NULL');
select is((survival_agg(1, null))::text, null, 'rows without an event give NULL');
select is((survival_merge(null))::text, null, 'merging nothing gives NULL');
select is(survival_agg(d, e, n)::text, survival_agg(d, e)::text, 'entry NULL or 0 is from the start')
from (values (3.0, true, null), (0, false, 0), (2, true, 0)) v (d, e, n);
select is(
	array(select survival_agg(d, true) over (order by d)::text from generate_series(1, 3) d),
	array['{"events": [[1, 1]], "censored": []}', '{"events": [[1, 1], [2, 1]], "censored": []}',
		'{"events": [[1, 1], [2, 1], [3, 1]], "censored": []}'], 'a running state in a window');

-- many different and many equal durations, serial and parallel
create temp table serial_states as
select survival_agg(random, event) as random, survival_agg(day, event, case when event then day / 2 end) as day
from (select sin(i) * 1e6 + 1e6 as random, i * 7919 % 700 as day, i % 3 > 0 as event from generate_series(1, 200000) i) x;
create table parallel_subjects as select i from generate_series(1, 200000) i;
analyze parallel_subjects;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
create function pg_temp.plan(query text) returns text language plpgsql as
$$ declare line text; plan text := ''; begin for line in execute 'explain ' || query loop plan := plan || line; end loop; return plan; end $$;
select matches(pg_temp.plan('select survival_agg(i, i % 3 > 0) from parallel_subjects'), 'Partial Aggregate.*Parallel', 'it runs in parallel');
select ok(p.random::text = s.random::text and p.day::text = s.day::text, 'parallel and serial states are equal')
from serial_states s, (select survival_agg(sin(i) * 1e6 + 1e6, i % 3 > 0) as random,
	survival_agg(i * 7919 % 700, i % 3 > 0, case when i % 3 > 0 then i * 7919 % 700 / 2 end) as day from parallel_subjects) p;
select cmp_ok(pg_column_size(day::text::survival_state), '<', 40000, 'equal durations are counted, not kept') from serial_states;

-- whole days stand in a table while rows come: what is counted must be what SQL counts, also where fractions, late entries, days
-- far away and causes come in between, in any order, in parts, and in a window, where the state is read while it grows
set local max_parallel_workers_per_gather = 0;
create temp table days as
select i, kind, event, cause, part,
	case when kind = 'fractions too' and i % 50 = 7 then day + 0.5 when kind = 'far days too' and i % 1000 = 3 then day + 65534 when kind = 'another start' then day + 100 else day end as duration,
	case when kind = 'entries too' and i % 40 = 9 and day > 2 then 1.0 end as entry
from (select setseed(0.31)) seed, unnest(array['whole days', 'fractions too', 'far days too', 'entries too', 'another start', 'one day']) kind,
	lateral (select i, case when kind = 'one day' then 3 else floor(-ln(1 - random()) * 60) end as day, random() < 0.7 as event,
		case when i < 2000 then 'won' when random() < 0.4 then 'lost' when random() < 0.02 * (i / 2000) then 'cause ' || i / 2000 % 9 end as cause, (random() * 3)::int as part from generate_series(1, 20000) i) r;
create temp table counted as
select kind, format('{"events": [%s], "censored": [%s]}', coalesce(string_agg(item, ', ' order by duration, entry nulls first) filter (where event), ''),
	coalesce(string_agg(item, ', ' order by duration, entry nulls first) filter (where not event), '')) as t
from (select kind, event, duration, entry, format('[%s, %s%s]', duration, count(*), ', ' || trim_scale(entry)) as item from days group by 1, 2, 3, 4) x group by kind;
select is(survival_agg(duration, event, entry order by i)::text, (select t from counted c where c.kind = days.kind), kind || ': as SQL counts') from days group by kind order by kind;
select is(survival_agg(duration, event, entry order by duration desc, i)::text, (select t from counted c where c.kind = days.kind), kind || ': the last days first') from days group by kind order by kind;
select is(survival_merge(s order by part)::text, (select t from counted c where c.kind = x.kind), kind || ': merged')
from (select kind, part, survival_agg(duration, event, entry) as s from days group by kind, part) x group by kind order by kind;
select is((select count(*) from (select i, survival_agg(duration, event) over (order by i) as s from days where kind = 'whole days' and i <= 3000) x, survival_at(s, '{0}')
	where i % 100 = 0 and at_risk <> i), 0::bigint, 'whole days: read while it grows');
select results_eq(format($$select cause, duration, events from incidence_rows((select %s from days where kind = %L)) where events > 0 order by cause collate "C", duration$$, agg, kind),
	format($$select cause, duration, count(*) from days where kind = %L and cause is not null group by 1, 2 order by cause collate "C", duration$$, kind), kind || ': by causes, ' || agg)
from (select distinct kind from days where kind <> 'entries too') k, (values ('incidence_agg(duration, cause order by i)'), ('incidence_agg(duration, cause order by i desc)')) a (agg) order by 1;
select results_eq($$select cause, duration, events from incidence_rows((select incidence_merge(s) from (select incidence_agg(duration, cause) as s from days where kind = 'whole days' group by part) x)) where events > 0 order by cause collate "C", duration$$,
	$$select cause, duration, count(*) from days where kind = 'whole days' and cause is not null group by 1, 2 order by cause collate "C", duration$$, 'by causes, merged');
select is(r::survival_state::text, survival_agg(duration, event)::text, 'a state that is received') from (select t::text as r from counted where kind = 'whole days') c, days where kind = 'whole days' group by r;

select * from finish();
rollback;
