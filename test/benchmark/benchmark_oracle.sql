-- benchmark: an oracle in plain SQL that leaves each row out by hand, on random
-- groups with ties, NULLs and weights of 0; properties; splits.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.137);
create temp table peer as
select row_number() over () as id, g, case when random() < 0.05 then null
		when g % 3 = 0 then floor(random() * 4) when g % 3 = 1 then round((random() * 100 - 50)::numeric, 1)::float8 else exp(random() * 20 - 5) end as v,
	case when random() < 0.05 then null when random() < 0.1 then 0
		when g % 2 = 0 then floor(random() * 5) else random() * 1000 end as w,
	(random() * 3)::int as part
from generate_series(0, 59) g, generate_series(1, 1 + g) n;

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-9 * greatest(1, abs(b)) is true';

create temp table results as
select *, benchmark_rank(v, w, 'high', 0.9, 3) over (partition by g) as high,
	benchmark_rank(v, w, 'low', 0.9, 3) over (partition by g) as low
from peer;

create temp table oracle as
select p.id, p.g, p.v, p.w, o.*
from peer p, lateral (
	select count(*) as peers, sum(o.v * o.w) / nullif(sum(o.w), 0) as peer_mean,
		percentile_cont(0.5) within group (order by o.v) as peer_median,
		percentile_cont(0.25) within group (order by o.v) as peer_p25,
		percentile_cont(0.75) within group (order by o.v) as peer_p75,
		percentile_cont(0.9) within group (order by o.v) as peer_peak,
		percentile_cont(0.9) within group (order by o.v desc) as low_peak,
		1 + count(*) filter (where o.v > p.v) as place, 1 + count(*) filter (where o.v < p.v) as low_place,
		(count(*) filter (where o.v < p.v) + count(*) filter (where o.v = p.v) / 2.0::float8) / nullif(count(*), 0) as percentile,
		max(o.w) / nullif(sum(o.w), 0) as largest_share
	from peer o where o.g = p.g and o.id <> p.id and o.v is not null and o.w is not null) o;

select is(count(*), 0::bigint, 'a row without a value has no result') from results where v is null and (high is not null or low is not null);
select is(count(*) filter (where not (
		(high).peers = o.peers and (low).peers = o.peers
		and case when o.peers < 3 then (high).place is null and (high).peer_mean is null and (high).peer_median is null
			and (high).peer_p25 is null and (high).peer_p75 is null and (high).peer_peak is null and (high).percentile is null and (high).largest_share is null
		else (high).place = o.place and (low).place = o.low_place
			and pg_temp.near((high).peer_mean, o.peer_mean) and pg_temp.near((low).peer_mean, o.peer_mean)
			and (high).peer_median = o.peer_median and (high).peer_p25 = o.peer_p25 and (high).peer_p75 = o.peer_p75
			and (high).peer_peak = o.peer_peak and pg_temp.near((low).peer_peak, o.low_peak)
			and pg_temp.near((high).percentile, o.percentile) and pg_temp.near((low).percentile, 1 - o.percentile)
			and pg_temp.near((high).largest_share, o.largest_share) end) is not false), 0::bigint,
	'self left out equals a query that leaves it out')
from results r join oracle o using (id) where r.v is not null;
select cmp_ok(count(*), '>', 1500::bigint, 'there are many') from results where v is not null;

-- the state answers the same, frozen: inside for its own, and as an outsider for one without weight
create temp table states as select g, benchmark_agg(v, w) as s from peer group by g;
select is(count(*), 0::bigint, 'benchmark_at answers what the window function does')
from results join states using (g)
where v is not null and benchmark_at(s, v, w, 'high', 0.9, 3, w is not null) is distinct from high;

-- units, order and a monotone transform
select is(count(*), 0::bigint, 'units and the order of rows say nothing')
from (select id, benchmark_rank(v * 1024, w * 8) over (partition by g order by random() rows between current row and current row) as r,
	benchmark_rank(v, w) over (partition by g order by id) as o from peer) x
where ((r).place, (r).percentile, (r).largest_share, (r).peer_mean, (r).peer_peak)
	is distinct from ((o).place, (o).percentile, (o).largest_share, (o).peer_mean * 1024, (o).peer_peak * 1024);
select is(count(*), 0::bigint, 'a monotone transform leaves place and percentile')
from (select benchmark_rank(atan(v / 1e4) * 7 + 3, w) over (partition by g) as r, benchmark_rank(v, w) over (partition by g) as o
	from peer where g % 3 < 2) x
where ((r).place, (r).percentile) is distinct from ((o).place, (o).percentile);

-- Brunner-Munzel against all pairs: the probability; and p of the two sides exchanged
select is(count(*), 0::bigint, 'the probability is that of all pairs')
from states a join states b on b.g = a.g + 3, lateral benchmark_versus(a.s, b.s) r,
	lateral (select avg(case when x.v > y.v then 1 when x.v = y.v then 0.5 else 0 end) as p from peer x, peer y
		where x.g = a.g and y.g = b.g and x.v is not null and x.w is not null and y.v is not null and y.w is not null) o
where a.g > 5 and not pg_temp.near(r.probability, o.p::float8);
select is(count(*), 0::bigint, 'exchanged, it is the complement')
from states a join states b on b.g = a.g + 3, lateral benchmark_versus(a.s, b.s) r, lateral benchmark_versus(b.s, a.s) q
where not (pg_temp.near(r.probability, 1 - q.probability) and pg_temp.near(r.probability_low, 1 - q.probability_high)
	and pg_temp.near(r.p_value, q.p_value));

-- splits: one pass; parts merged in any order, some empty or NULL; parts stored as text
create temp table parts as
select g, part, benchmark_agg(v, w) as s from peer group by g, part
union all select g, -1, null from states
union all select g, -2, benchmark_agg(v, w) filter (where false) from peer group by g
union all select g, -3, '{"peers": []}'::benchmark_state from states;
select results_eq('select g, benchmark_merge(s)::text from parts group by g having count(s) > 1 order by g',
	'select g, coalesce(s, ''{"peers": []}'')::text from states order by g', 'parts merge into what one pass gives');
select results_eq('select g, revops_internal.benchmark_state_send(benchmark_merge(s order by random())) from parts group by g order by g',
	'select g, revops_internal.benchmark_state_send(coalesce(s, ''{"peers": []}'')) from states order by g', 'in any order, bit by bit');
select results_eq('select g, benchmark_merge(s::text::benchmark_state order by part desc)::text from parts group by g order by g',
	'select g, coalesce(s, ''{"peers": []}'')::text from states order by g', 'also when stored as text');
select is(count(*), 0::bigint, 'equal states are equal') from (select g, benchmark_merge(s order by random()) as m from parts group by g) x join states using (g)
where m <> s;

-- a parallel plan, many rows
create table peers_many as select (hashint4(i) % 50000)::float8 as v, abs(hashint4(i + 1)) % 3 as w from generate_series(1, 200000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select benchmark_agg(v, w) as s from peers_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(benchmark_agg(v, w), (select s from serial), 'serial is parallel') from peers_many;
select is((benchmark_at(s, 0)).peers, 200000::bigint, 'all are there') from serial;
-- the running state of a window, which each row reads
select is(array_agg((benchmark_at(s, 3, min_peers => 1)).peers), '{1,2,3,4,5,6}', 'a window reads the state as it grows')
from (select benchmark_agg(v, 1) over (order by v) as s from generate_series(1, 6) v) x;

select * from finish();
rollback;
