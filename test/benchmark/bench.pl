# benchmark against the SQL an analyst would write, on 1M rows in 100 groups.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '256MB';
	drop table if exists peer;
	create table peer as
	select i, i % 100 as industry, (hashint4(i) % 1000000) / 1000.0::float8 as value, (1 + abs(hashint4(i + 7) % 1000))::float8 as weight
	from generate_series(1, 1000000) i;
	vacuum analyze peer;
});

# rank() with the quantiles of the whole group, the row itself inside: the self-join that leaves it out does not end
compare('each row against its group, 1M rows in 100 groups',
	[ 'rank() and joined percentile_cont, self inside' => q{
		select round(sum(place)) from (
			select place, mean, p25, p50, p75, peak
			from (select industry, rank() over (partition by industry order by value desc) as place from peer) x
			join (select industry, sum(value * weight) / sum(weight) as mean, percentile_cont(0.25) within group (order by value) as p25,
					percentile_cont(0.5) within group (order by value) as p50, percentile_cont(0.75) within group (order by value) as p75,
					percentile_cont(0.95) within group (order by value) as peak
				from peer group by industry) g using (industry)
			where mean + p25 + p50 + p75 + peak is not null) y},
	'benchmark_rank, self left out' => q{
		select round(sum((r).place)) from (select benchmark_rank(value, weight) over (partition by industry) as r from peer offset 0) x
		where (r).peer_mean + (r).peer_p25 + (r).peer_median + (r).peer_p75 + (r).peer_peak is not null} ],
	same => 1, runs => 3, goals => [ [ 'benchmark_rank, self left out', 1, 'rank() and joined percentile_cont, self inside' ] ]);

compare('a frozen group of 1M peers, 100 groups',
	[ 'array_agg of both columns' => q{select sum(cardinality(v) + cardinality(w)) from (select array_agg(value order by value) as v, array_agg(weight) as w from peer group by industry) x},
	'benchmark_agg' => q{select sum((benchmark_at(s, 0)).peers) * 2 from (select benchmark_agg(value, weight) as s from peer group by industry) x} ],
	same => 1, runs => 3);

printf "\n  peak memory of the session %d MB\n", peak_memory();
