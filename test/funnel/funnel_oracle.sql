-- funnel_oracle.sql: level, winning chain and outcome against an exhaustive search
-- that lists every chain of random small histories, in each mode but reached, which
-- has funnel_reached.sql.
--
-- Histories have ties, rows of several steps, rows of none, lost rows, and
-- windows in seconds, days (over a change of clocks), months and none.
-- Others: psql -v seed=0.5 (the search looks at all pairs of them, so rather more
-- runs than more histories).

begin;
set local search_path = public, revops;
set local client_min_messages = warning;
\if :{?histories}
\else
	\set histories 1000
\endif
\if :{?seed}
\else
	\set seed 0.417
\endif
select no_plan();

set local timezone = 'Europe/Berlin';
set local work_mem = '256MB';

-- a history each, its funnel but for the mode, and the day up to which it is known
create temp table story as
select h, kind, n, as_of,
	case kind when 0 then make_interval(secs => w) when 1 then make_interval(days => w)
		when 2 then make_interval(months => 1, hours => case w when 3 then 5 else 0 end) end as within
from (
	select h, h % 4 as kind, 2 + (random() * 2.49)::int as n, (random() * 4)::int as w,
		case h % 4 when 1 then date '2024-03-29' + (random() * 8)::int
			when 2 then date '2024-01-29' + (random() * 40)::int
			else date '2024-01-01' + (random() * 1.2)::int end as as_of
	from (select setseed(:seed)) seed, generate_series(1, :histories) h
) drawn;

create temp table event as
select h, row_number() over (partition by h) as id, at, steps, lost
from (
	select h,
		case kind
			when 1 then timestamptz '2024-03-29' + (random() * 14)::int * interval '8 hours'
			when 2 then (array[timestamptz '2024-01-28 12:00', '2024-01-30 23:00', '2024-01-31 01:00',
				'2024-01-31 20:00', '2024-02-15', '2024-02-28 23:00', '2024-02-29 00:30', '2024-02-29 01:00',
				'2024-02-29 20:00', '2024-02-29 23:00', '2024-03-01 01:00'])[1 + (random() * 10)::int]
			else timestamptz '2024-01-01 23:59:54' + (random() * 9)::int * interval '1 second'
		end as at,
		array(select i from generate_series(1, n) i where random() < case when k % 3 = 0 then 0.6 else 0.3 end) as steps,
		random() < 0.12 as lost
	from (select s.*, k from story s, (select setseed(:seed / 2)) seed,
		lateral generate_series(1, 1 + (random() * 6 + 0 * s.h)::int) k) rows
) drawn;
create index on event (h);
analyze event;
analyze story;

-- every chain of the modes that name their steps; r1..rk in order of time
create function pg_temp.chains(mode text)
	returns table (h int, k int, times timestamptz[])
	language sql as $$
	with recursive known as (
		select e.*, s.n, e.at + s.within as ends
		from event e join story s using (h)
		where e.at < (s.as_of + 1)::timestamptz
	), chain as (
		select k.h, 1 as k, array[k.id] as used, array[k.at] as times, k.ends
		from known k where 1 = any (k.steps)
		union all
		select c.h, c.k + 1, c.used || r.id, c.times || r.at, c.ends
		from chain c join known r using (h)
		where (c.k + 1) = any (r.steps)
			and r.at >= c.times[c.k]
			and (c.ends is null or r.at <= c.ends)
			and (mode not in ('increasing', 'increasing_once') or r.at > c.times[c.k])
			and (mode not in ('once', 'increasing_once', 'consecutive') or r.id <> all (c.used))
	)
	select c.h, c.k, c.times from chain c
	where mode <> 'consecutive' or not exists (
		select from known x where x.h = c.h and x.id <> all (c.used)
			and x.at > c.times[1] and x.at < c.times[c.k])
$$;

-- every chain of distinct steps in whatever order
create function pg_temp.chains_any()
	returns table (h int, k int, times timestamptz[])
	language sql as $$
	with recursive known as (
		select e.*, s.n, e.at + s.within as ends
		from event e join story s using (h)
		where e.at < (s.as_of + 1)::timestamptz
	), chain as (
		select k.h, 1 as k, array[step] as used, array[k.at] as times, k.ends
		from known k, unnest(k.steps) step
		union all
		select c.h, c.k + 1, c.used || step, c.times || r.at, c.ends
		from chain c join known r using (h), unnest(r.steps) step
		where step <> all (c.used) and r.at >= c.times[c.k]
			and (c.ends is null or r.at <= c.ends)
	)
	select c.h, c.k, c.times from chain c
$$;

-- what DESIGN's rules say of each history in a mode
create function pg_temp.expected(mode text)
	returns table (h int, level int, times timestamptz[], outcome text)
	language sql as $$
	with chain as (
		select * from pg_temp.chains(mode) where mode <> 'any_order'
		union all
		select * from pg_temp.chains_any() where mode = 'any_order'
	), best as (
		select distinct on (c.h) c.h, c.k, c.times from chain c
		order by c.h, c.k desc, c.times[c.k], c.times[1], c.times
	), known as (
		select e.*, e.at + s.within as ends, (s.as_of + 1)::timestamptz as until
		from event e join story s using (h)
		where e.at < (s.as_of + 1)::timestamptz
	), start as (
		select k.h, k.at, k.ends, k.until from known k
		where case mode when 'any_order' then cardinality(k.steps) > 0 else 1 = any (k.steps) end
	), window_of as (
		select b.*, (select s.within from story s where s.h = b.h) as within
		from best b
	)
	select s.h, coalesce(b.k, 0), coalesce(b.times, '{}'),
		case
			when b.k is null then 'not_entered'
			when b.k = s.n then 'converted'
			when exists (select from known l where l.h = s.h and l.lost and l.at >= b.times[b.k]
				and (b.within is null or l.at <= b.times[1] + b.within)
				and not exists (select from start t where t.h = s.h and t.at > l.at)) then 'lost'
			when exists (select from start t where t.h = s.h and (t.ends is null or t.ends >= t.until)
				and not exists (select from known l where l.h = s.h and l.lost and l.at >= t.at)) then 'open'
			else 'expired'
		end
	from story s left join window_of b using (h)
$$;

create function pg_temp.found(mode text)
	returns table (h int, level int, times timestamptz[], outcome text)
	language sql as $$
	select h, funnel_level(path, as_of), funnel_times(path, as_of), funnel_outcome(path, as_of)
	from (
		select s.h, s.as_of, funnel_path_agg(
			funnel(array['a', 'b', 'c', 'd'], s.within, mode, null, 'Europe/Berlin'), e.at,
			1 = any (steps), 2 = any (steps), 3 = any (steps), 4 = any (steps), lost) as path
		from story s join event e using (h)
		where s.n = 4
		group by s.h, s.as_of
		union all
		select s.h, s.as_of, funnel_path_agg(
			funnel(array['a', 'b', 'c'], s.within, mode, null, 'Europe/Berlin'), e.at,
			1 = any (steps), 2 = any (steps), 3 = any (steps), lost)
		from story s join event e using (h)
		where s.n = 3
		group by s.h, s.as_of
		union all
		select s.h, s.as_of, funnel_path_agg(
			funnel(array['a', 'b'], s.within, mode, null, 'Europe/Berlin'), e.at,
			1 = any (steps), 2 = any (steps), lost)
		from story s join event e using (h)
		where s.n = 2
		group by s.h, s.as_of
	) paths
$$;

create temp table verdict as
select mode, f.*, e.level as e_level, e.times as e_times, e.outcome as e_outcome, s.kind, s.within
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) mode,
	lateral pg_temp.expected(mode) e
	join lateral pg_temp.found(mode) f using (h)
	join story s using (h);

select is((select count(*) from verdict where mode = m), :histories::bigint, m || ': every history has a verdict')
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) m;
select is((select count(*) from verdict where mode = m and level <> e_level), 0::bigint, m || ': level is that of the exhaustive search')
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) m;
select is((select count(*) from verdict where mode = m and times is distinct from e_times), 0::bigint, m || ': times are those of the winning chain')
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) m;
select is((select count(*) from verdict where mode = m and outcome <> e_outcome), 0::bigint, m || ': outcome follows the rules')
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) m;

-- the histories are worth it
select cmp_ok((select count(distinct (outcome, kind)) from verdict where mode = m), '>=', 16::bigint,
	m || ': almost every outcome with every kind of window')
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) m;
select isnt((select count(*) from verdict a join verdict b using (h) where a.mode = x and b.mode = y and a.level <> b.level), 0::bigint,
	x || ' and ' || y || ' differ somewhere')
from (values ('ordered', 'increasing'), ('ordered', 'once'), ('once', 'increasing'), ('once', 'consecutive'),
	('ordered', 'any_order')) pairs (x, y);

-- the oracle that DESIGN's readers would write: nested windows, one level per step
select is((
	with k as (
		select e.h, e.at, 1 = any (steps) as s1, 2 = any (steps) as s2, coalesce(e.at + within, 'infinity') as ends
		from event e join story s using (h) where e.at < (s.as_of + 1)::timestamptz
	), l1 as (
		select *, max(ends) filter (where s1) over (partition by h order by at) as m1 from k
	)
	select count(*) from (
		select h, max(case when s2 and m1 >= at then 2 when s1 then 1 else 0 end) as level from l1 group by h) w
	join verdict v using (h) where mode = 'ordered' and least(v.level, 2) <> w.level
), 0::bigint, 'ordered: the first two levels are those of max(at + within) over (order by at)');

-- a month from Jan 30 23:00 ends after one from Jan 31 01:00
select is(funnel_level(funnel_path_agg(funnel('{a,b}', '1 month'), at, step)), 2, 'the largest end of a window counts, not the latest start')
from (values (timestamptz '2024-01-30 23:00Z', 'a'), ('2024-01-31 01:00Z', 'a'), ('2024-02-29 20:00Z', 'b')) v (at, step);

-- the first group of a consecutive chain gives as many steps as it can
select is(funnel_times(funnel_path_agg(funnel('{a,b,c}', mode => 'consecutive'), at, step)), array['2025-01-01Z', '2025-01-01Z', '2025-01-02Z']::timestamptz[], 'each step as early as it can be')
from (values (date '2025-01-01', 'a'), ('2025-01-01', 'b'), ('2025-01-02', 'b'), ('2025-01-02', 'c')) v (at, step);

select * from finish();
rollback;
