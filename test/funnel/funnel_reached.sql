-- funnel_reached.sql: mode reached against a slow oracle that follows the rules
-- sentence by sentence, attempt by attempt; its cases by hand; the sample's accounts.
--
-- Histories have ties, rows of several steps and of none, lost rows, rows too late
-- to count, and windows in seconds, days (over a change of clocks), months and none.
-- Others: psql -v seed=0.5 -v histories=20000

begin;
set local search_path = public, revops;
set local client_min_messages = warning;
\if :{?histories}
\else
	\set histories 2000
\endif
\if :{?seed}
\else
	\set seed 0.283
\endif
select no_plan();

-- by hand; l and w: which rows of what, on which day
create function pg_temp.by_hand(steps text[], days date[], as_of date, within interval, out level int, out times date[], out outcome text)
	language sql
	as $$
	select funnel_level(p, as_of), funnel_times(p, as_of)::date[], funnel_outcome(p, as_of)
	from (select funnel_path_agg(funnel('{lead,mql,sql,won}', within, 'reached', '{lost}'), at, step) as p from unnest(days, steps) r (at, step)) x
$$;
set local timezone = 'UTC';

select results_eq(
	format('select level, times, outcome from pg_temp.by_hand(%L, %L, %L, %L)', steps, days, as_of, within),
	format('values (%s, %L::date[], %L::text)', level, times, outcome), what)
from (values
	('{lead,lost,lead,won}', '{2021-01-01,2021-02-01,2024-01-01,2024-06-01}', '2025-06-30', '18 months',
		4, '{2024-01-01,NULL,NULL,2024-06-01}', 'converted', 'lost in 2021 and won in 2024, within 18 months: a winner'),
	('{lead,won}', '{2024-01-01,2024-12-31}', '2025-06-30', '90 days',
		1, '{2024-01-01}', 'expired', 'won on day 365, within 90 days: too late'),
	('{lead,lost,lead,sql}', '{2024-01-01,2024-02-01,2024-03-01,2024-04-01}', '2025-06-30', null,
		3, '{2024-01-01,NULL,2024-04-01}', 'open', 'lost and back, without a window: open again'),
	('{lead,lost,lead,sql,lost}', '{2024-01-01,2024-02-01,2024-03-01,2024-04-01,2024-05-01}', '2025-06-30', null,
		3, '{2024-01-01,NULL,2024-04-01}', 'lost', 'and lost again'),
	('{lead,lost,sql}', '{2024-01-01,2024-02-01,2024-03-01}', '2025-06-30', null,
		3, '{2024-01-01,NULL,2024-03-01}', 'open', 'back at a later step'),
	('{lead,lost,lead}', '{2024-01-01,2024-02-01,2024-04-01}', '2024-04-30', '90 days',
		1, '{2024-01-01}', 'open', 'of equal attempts the times are the first''s, the outcome the last''s'),
	('{lead,lost,lead}', '{2024-01-01,2024-02-01,2024-04-01}', '2024-12-31', '90 days',
		1, '{2024-01-01}', 'expired', 'a loss of the attempt before is none of the last one'),
	('{sql,lost,lead,lost}', '{2024-01-01,2024-02-01,2024-05-01,2024-06-01}', '2024-06-30', '90 days',
		3, '{NULL,NULL,2024-01-01}', 'lost', 'the level is the best attempt''s'),
	('{lead,lost}', '{2024-01-01,2024-04-01}', '2024-12-31', '90 days',
		1, '{2024-01-01}', 'expired', 'a loss after the window is no loss'),
	('{lead,mql,lost}', '{2024-01-01,2024-02-01,2024-02-01}', '2024-12-31', null,
		2, '{2024-01-01,2024-02-01}', 'lost', 'of rows of one time the lost one is the last'),
	('{lost,lead}', '{2024-01-01,2024-02-01}', '2024-12-31', null,
		1, '{2024-02-01}', 'open', 'a loss before the first step is none'),
	('{lead,mql,mql,won}', '{2024-01-01,2024-05-01,2024-06-01,2024-06-01}', '2024-12-31', '90 days',
		1, '{2024-01-01}', 'expired', 'what goes on from the attempt before is too late, however often it comes'),
	('{lead,mql,lead,mql,won}', '{2024-01-01,2024-05-01,2024-05-02,2024-05-03,2024-06-01}', '2024-12-31', '90 days',
		4, '{2024-05-02,2024-05-03,NULL,2024-06-01}', 'converted', 'but what comes after a new start is not'),
	('{lead,won,lead}', '{2024-01-01,2024-05-01,2024-05-01}', '2024-12-31', '90 days',
		4, '{2024-05-01,NULL,NULL,2024-05-01}', 'converted', 'rows of the time of a new start are its own'),
	('{lead,won}', '{2024-01-01,2024-03-31}', '2024-12-31', '90 days',
		4, '{2024-01-01,NULL,NULL,2024-03-31}', 'converted', 'the window''s last moment is in it'),
	('{lead,mql,lead,sql}', '{2024-01-01,2024-02-01,2024-02-10,2024-03-01}', '2024-12-31', null,
		3, '{2024-01-01,2024-02-01,2024-03-01}', 'open', 'a step back is no second time'),
	('{mql,lead,won}', '{2024-01-01,2024-02-01,2024-03-01}', '2024-12-31', null,
		4, '{NULL,2024-01-01,NULL,2024-03-01}', 'converted', 'a step that comes after a later one was skipped'),
	('{lost,note}', '{2024-01-01,2024-02-01}', '2024-12-31', null, 0, '{}', 'not_entered', 'no step, no attempt')
) v (steps, days, as_of, within, level, times, outcome, what);

-- an earlier row that comes late moves the attempts behind it, so paths keep all rows
create temp table part as
select n, funnel_path_agg(funnel('{lead,won}', '90 days', 'reached', '{lost}'), at, step) as p
from (values (1, date '2024-01-10', 'lead'), (1, '2024-04-05', 'won'), (2, '2024-01-01', 'lead')) r (n, at, step) group by n;
select is(funnel_outcome(p, '2024-12-31'), 'converted', 'won within 90 days of the first row') from part where n = 1;
select is((select funnel_outcome(funnel_path_merge(p order by n * way), '2024-12-31') from part), 'expired', 'an earlier row came late: not any more, ' || way)
from unnest(array[-1, 1]) way;
select is((select count(*) from funnel_path_rows((select funnel_path_merge(p) from part))), 3::bigint, 'no row is dropped');
select is(p::text, '{"funnel": {"steps": ["lead", "won"], "mode": "reached", "lost": ["lost"]}, "at": ["2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00", '
	'"2024-01-02T00:00:00+00:00", "2024-01-02T00:00:00+00:00", "2024-01-03T00:00:00+00:00"], "step": [1, 1, "lost", "lost", 1]}', 'repeated rows and repeated losses are kept')
from (select funnel_path_agg(funnel('{lead,won}', mode => 'reached', lost => '{lost}'), at, step) as p
	from (values (date '2024-01-01', 'lead'), ('2024-01-01', 'lead'), ('2024-01-02', 'lost'), ('2024-01-02', 'lost'), ('2024-01-02', 'note'), ('2024-01-03', 'lead')) r (at, step)) x;

-- random histories
set local timezone = 'Europe/Berlin';
create temp table story as
select h, kind, 2 + (random() * 2.49)::int as n,
	case kind when 0 then make_interval(secs => (random() * 5)::int) when 1 then make_interval(days => (random() * 2)::int)
		when 2 then make_interval(months => 1, hours => (random() * 1.2)::int * 5) end as within,
	case kind when 1 then date '2024-03-28' + (random() * 10)::int when 2 then date '2024-01-29' + (random() * 90)::int else date '2024-01-01' + (random() * 1.2)::int end as as_of
from (select h, h % 4 as kind from (select setseed(:seed)) seed, generate_series(1, :histories) h) drawn;
-- of every third history a row is of one step, or lost, so that a name can tell
create temp table event as
select h, row_number() over () as id, at, lost, case when h % 3 > 0 then steps when lost then '{}' else array[1 + (random() * (n - 0.02) - 0.49)::int] end as steps
from (
	select s.*, random() < 0.15 as lost, array(select i from generate_series(1, n) i where random() < 0.3) as steps, case kind
			when 1 then timestamptz '2024-03-28' + (random() * 30)::int * interval '8 hours'
			when 2 then (array[timestamptz '2024-01-30 23:00', '2024-01-31 01:00', '2024-02-29 00:30', '2024-02-29 23:00', '2024-03-01 01:00', '2024-03-29 23:00',
				'2024-03-31 01:00', '2024-03-31 04:00', '2024-04-01', '2024-04-10', '2024-05-02'])[1 + (random() * 10)::int]
			else timestamptz '2024-01-01 23:59:46' + (random() * 20)::int * interval '1 second' end as at
	from story s, lateral generate_series(1, 1 + (random() * 12 + 0 * s.h)::int) k
) drawn;
create index on event (h);
analyze event;
analyze story;

create function pg_temp.oracle(h int, out level int, out times timestamptz[], out outcome text, out attempts int)
	language plpgsql as $$
declare
	s story;
	until timestamptz;
	start timestamptz;
	ends timestamptz;
	furthest int;
	passed timestamptz[];
	last_row timestamptz;
begin
	select * into s from story where story.h = oracle.h;
	until := (s.as_of + 1)::timestamptz;
	level := 0;
	times := '{}';
	attempts := 0;
	-- the first starts at the first row of any step
	select min(e.at) into start from event e where e.h = s.h and e.at < until and cardinality(e.steps) > 0;
	if start is null then
		outcome := 'not_entered';
		return;
	end if;
	while start is not null loop
		attempts := attempts + 1;
		-- an attempt ends when within has passed since its start (NULL: never)
		ends := coalesce(start + s.within, 'infinity');
		-- step j is reached when a row of step j or a later one occurs in it
		select max(step) into furthest from event e, unnest(e.steps) step where e.h = s.h and e.at < until and e.at between start and ends;
		-- its time is NULL where it was skipped
		passed := '{}';
		for j in 1 .. furthest loop
			passed := passed || (select min(e.at) from event e where e.h = s.h and e.at < until and e.at between start and ends and j = any (e.steps)
				and not exists (select from event o, unnest(o.steps) step where o.h = s.h and o.at >= start and o.at < e.at and step > j));
		end loop;
		-- the level is the best attempt's, of equals the first's
		if furthest > level then
			level := furthest;
			times := passed;
		end if;
		-- the last attempt says what became of it
		select max(e.at) into last_row from event e where e.h = s.h and e.at < until and e.at between start and ends and (e.lost or cardinality(e.steps) > 0);
		outcome := case when exists (select from event e where e.h = s.h and e.at = last_row and e.lost) then 'lost' when ends >= until then 'open' else 'expired' end;
		-- the next starts at the next row of a step not beyond the furthest reached in the attempt before
		select min(e.at) into start from event e where e.h = s.h and e.at < until and e.at > ends and exists (select from unnest(e.steps) step where step <= furthest);
	end loop;
	if level = s.n then
		outcome := 'converted';
	end if;
end
$$;
create temp table expected as select s.*, o.* from story s, pg_temp.oracle(s.h) o;

create temp table path as
select s.h, e.id % 3 as part, f, funnel_path_agg(f, e.at, variadic array(select i = any (steps) from generate_series(1, n) i) || lost) as p
from (select *, funnel((array['a', 'b', 'c', 'd'])[1:n], within, 'reached', '{lost}', 'Europe/Berlin') as f from story) s join event e using (h)
group by grouping sets ((s.h, f), (s.h, f, e.id % 3));
create temp table found as
select p.h, p.p, funnel_level(p, as_of) as level, funnel_times(p, as_of) as times, funnel_outcome(p, as_of) as outcome
from path p join story using (h) where part is null;

select is((select count(*) from found join expected using (h)), :histories::bigint, 'every history has an answer');
select is((select count(*) from found f join expected e using (h) where f.level <> e.level), 0::bigint, 'levels are the oracle''s');
select is((select count(*) from found f join expected e using (h) where f.times is distinct from e.times), 0::bigint, 'times are the oracle''s');
select is((select count(*) from found f join expected e using (h) where f.outcome <> e.outcome), 0::bigint, 'outcomes are the oracle''s');
select is((select count(*) from (select h, coalesce(array_agg(step_index order by step_index) filter (where in_chain), '{}') as steps, coalesce(array_agg(at order by step_index) filter (where in_chain), '{}') as ats
		from found join story using (h), funnel_path_rows(p, as_of) group by h) c join expected e using (h)
	where (steps, ats) is distinct from (array_positions(array(select t is not null from unnest(e.times) with ordinality x (t, j) order by j), true), array_remove(e.times, null))), 0::bigint,
	'the rows of the winning chain are those of the times');
select is((select count(*) from (select h, funnel_path_merge(p order by random()) as p from path where part is not null group by h) m join found using (h)
	where m.p::text = found.p::text), :histories::bigint, 'merged from parts they are the same paths');

-- the histories are worth it
select cmp_ok((select count(*) from expected where attempts > 2), '>', :histories / 20::bigint, 'many have three attempts or more');
select is((select count(distinct (outcome, kind)) from expected), 19::bigint, 'every outcome with every kind of window, but none expires without one');
select cmp_ok((select count(*) from expected where attempts > 1 and times[1] is distinct from (select min(at) from event e where e.h = expected.h and cardinality(steps) > 0)), '>', 50::bigint,
	'the best attempt is not always the first');

-- a population: rows in one pass, paths, and the oracle's counts
create temp table named as
select h as entity, at, case when lost then 'lost' else (array['a', 'b', 'c', 'd'])[steps[1]] end as step from event where h % 3 = 0;
create temp table population as
select n, within, as_of, funnel((array['a', 'b', 'c', 'd'])[1:n], within, 'reached', '{lost}', 'Europe/Berlin') as f, array_agg(h) as members
from story where h % 3 = 0 group by n, within, as_of;
create temp table figures as
select p.n, p.within, p.as_of, funnel_agg(f, entity::bigint, at, step, as_of) as by_rows, funnel_agg(f, entity::text, at, step, as_of) as by_text,
	funnel_agg(f, md5(entity::text)::uuid, at, step, as_of) as by_uuid
from population p join named on entity = any (members) group by 1, 2, 3;
select is((select count(*) from figures join (
		select n, within, as_of, funnel_agg(path, as_of) as s from (
			select n, within, as_of, entity, funnel_path_agg(f, at, step) as path from population join named on entity = any (members) group by 1, 2, 3, 4) x group by 1, 2, 3) p
	on (p.n, p.as_of) = (figures.n, figures.as_of) and p.within is not distinct from figures.within
	where s::text = all (array[by_rows::text, by_text::text, by_uuid::text])), (select count(*) from population where as_of is not null), 'rows in one pass and paths give the same figures');
select is((select count(*) from figures g, funnel_rows(by_rows) r
	where (entered, converted, open, lost, expired)::text is distinct from (
		select (count(*) filter (where level >= step_index), count(*) filter (where level >= least(step_index + 1, e.n)),
			count(*) filter (where level = step_index and outcome = 'open'), count(*) filter (where level = step_index and outcome = 'lost'),
			count(*) filter (where level = step_index and outcome = 'expired'))::text
		from expected e where h % 3 = 0 and (e.n, e.as_of) = (g.n, g.as_of) and e.within is not distinct from g.within
		having count(*) > 0)), 0::bigint, 'the oracle''s counts');
select is((select count(*) from figures g, funnel_rows(by_rows) r, lateral (
		select percentile_cont(0.5) within group (order by extract(epoch from times[step_index + 1] - times[step_index])) / 86400 as median,
			percentile_cont(0.5) within group (order by extract(epoch from times[step_index + 1] - (select min(t) from unnest(times) t))) / 86400 as from_start,
			count(*) filter (where level >= step_index and (select min(t) from unnest(times) t) + e.within < (e.as_of + 1)::timestamptz) as mature
		from expected e where h % 3 = 0 and (e.n, e.as_of) = (g.n, g.as_of) and e.within is not distinct from g.within) o
	where abs(coalesce(median_days, -1) - coalesce(median, -1)) > 1e-9 or abs(coalesce(median_days_from_start, -1) - coalesce(from_start, -1)) > 1e-9
		or mature_entered <> mature), 0::bigint, 'days and the mature are of the best attempt');
create table public.reached_test as select p.n, p.within, p.as_of, f, named.* from population p join named on entity = any (members);
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 3;
select is((select count(*) from (select n, within, as_of, funnel_agg(f, entity::bigint, at, step, as_of) as s from public.reached_test group by 1, 2, 3) p
	join figures on (p.n, p.as_of) = (figures.n, figures.as_of) and p.within is not distinct from figures.within
	where p.s::text = by_rows::text), (select count(*) from figures), 'by parallel workers, too');
reset max_parallel_workers_per_gather;

-- many attempts of one entity, with windows that end at once
select is((select funnel_level(funnel_path_agg(funnel(array['a', 'b'], interval '0', 'reached'), timestamptz '2024-01-01Z' + i * interval '1 second', 'a'))
	from generate_series(1, 300000) i), 1, '300,000 attempts');
select is(funnel_outcome(funnel_path_agg(funnel(array(select 's' || i from generate_series(1, 64) i), '1 day', 'reached'), date '2024-01-01' + i * 2, 's' || 64 - i), '2030-01-01'), 'expired',
	'64 steps, each time one step back') from generate_series(1, 63) i;

select * from finish();
rollback;
