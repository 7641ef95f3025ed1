# score_agg and score_summary against rank() in SQL, on 1M cases.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '256MB';
	drop table if exists scored;
	create table scored as
	select (h % 1000003) / 1000003.0::float8 as score, (h % 100) / 100.0::float8 as percent, hashint4(i + 1) % 3 = 0 as won
	from (select i, abs(hashint4(i)::bigint) as h from generate_series(1, 1000000) i) x;
	vacuum analyze scored;
});

foreach my $column ([ 'score', 'nearly all scores differ' ], [ 'percent', '100 scores' ])
{
	my ($name, $what) = @$column;
	compare("auc of 1M cases, $what",
		[ 'rank() over (order by score)' => qq{
			select count(*), round(((sum(rank) filter (where won) - sum(won::int) * (sum(won::int) + 1) / 2) / (sum(won::int)::numeric * (count(*) - sum(won::int))))::numeric, 9)
			from (select won, rank() over (order by $name) + (count(*) over (partition by $name) - 1) / 2.0 as rank from scored) x},
		'score_agg, score_summary: auc, interval, ks, brier' => qq{
			select cases, round(auc::numeric, 9) from score_summary((select score_agg($name, won) from scored)) where auc_low < auc and ks > 0 and brier > 0} ],
		same => 1, runs => 3, goals => [ [ 'score_agg, score_summary: auc, interval, ks, brier', 1, 'rank() over (order by score)' ] ]);
	compare("bands of 1M cases, $what",
		[ 'ntile(10), rates' => qq{
			select sum(n) from (select band, count(*) as n, avg(won::int) as rate from (select won, ntile(10) over (order by $name) as band from scored) x group by band) y where rate > 0},
		'score_agg, score_bands' => qq{
			select sum(cases) from score_bands((select score_agg($name, won) from scored)) where rate > 0},
		'score_agg, score_calibration' => qq{
			select sum(cases) from score_calibration((select score_agg($name, won) from scored)) where rate >= 0} ],
		same => 1, runs => 3);
	print "\n  bytes of the state: ", run_sql("select pg_column_size(score_agg($name, won)) from scored");
}
printf "  peak memory of the session %d MB\n", peak_memory();
