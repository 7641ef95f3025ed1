\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
\set ECHO all
-- Conversion of seven shops: the rate, and the visits it is made of.
create temp table shop (name text, rate float8, visits float8);
insert into shop values ('a', 0.02, 1000), ('b', 0.03, 500), ('c', 0.03, 200), ('d', 0.05, 100), ('e', 0.01, 4000), ('f', 0.03, 50), ('g', 0.08, 50);

-- each against the six others; the mean is weighted, the rest is not
select name, rate, (r).place, (r).peers, round((r).percentile::numeric, 3) as percentile, round((r).peer_mean::numeric, 5) as mean,
	(r).peer_median as median, round((r).peer_peak::numeric, 4) as peak, round((r).largest_share::numeric, 3) as largest_share
from (select *, benchmark_rank(rate, visits) over () as r from shop) x
order by (r).place, name;

-- with fewer than five peers only their number shows
select name, benchmark_rank(rate, visits) over (partition by visits > 150) from shop order by name;

-- a frozen group, and one of its own taken out
select s, benchmark_at(s, 0.04) as outsider, benchmark_at(s, 0.05, 100, inside => true) as insider
from (select benchmark_agg(rate, visits) as s from shop) x;

-- two groups, without means: how often is one of ours larger?
select round(probability::numeric, 4) as probability, round(probability_low::numeric, 4) as low, round(probability_high::numeric, 4) as high, round(p_value::numeric, 5) as p
from benchmark_versus(
	(select benchmark_agg(v, 1) from unnest('{3,3,4,3,1,2,3,1,1,5,4}'::float8[]) v),
	(select benchmark_agg(v, 1) from unnest('{1,2,1,1,1,1,1,1,1,1,2,4,1,1}'::float8[]) v));

select benchmark_rank(1, best => 'top') over ();
