# rating_agg against counts with FILTER, on 10M answers.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	drop table if exists answer;
	create table answer as
	select abs(hashint4(i)) % 1000 as subject, nullif(abs(hashint4(i + 1)) % 12, 11) as score from generate_series(1, 10000000) i;
	vacuum analyze answer;
});

compare('NPS of 10M answers',
	[ 'three counts with FILTER' => q{
		select round(100 * (good - bad)::numeric / n, 6) from (
			select count(score) as n, count(*) filter (where score >= 9) as good, count(*) filter (where score <= 6) as bad from answer) x},
	'rating_agg, rating_summary' => q{
		select round(100 * net_score::numeric, 6) from rating_summary((select rating_agg(rating_preset('nps'), score) from answer))} ],
	same => 1, runs => 3, goals => [ [ 'rating_agg, rating_summary', 1.2, 'three counts with FILTER' ] ]);

compare('the same of 1,000 subjects',
	[ 'three counts with FILTER' => q{
		select round(sum((good - bad)::numeric / n), 6) from (
			select subject, count(score) as n, count(*) filter (where score >= 9) as good, count(*) filter (where score <= 6) as bad from answer group by subject) x},
	'rating_agg, rating_summary' => q{
		select round(sum(net_score::numeric), 6) from (select subject, rating_agg(rating_preset('nps'), score) as s from answer group by subject) x, rating_summary(s)} ],
	same => 1, runs => 3);

print "\n  bytes of a state of NPS: ", run_sql('select pg_column_size(rating_agg(rating_preset(\'nps\'), score)) from (select * from answer limit 1000) x');
