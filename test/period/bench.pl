# Periods with their bases against the SQL an analyst would write.
use strict;
use warnings;
use Bench;

my $rows = $ENV{FACTS} // 10_000_000;

run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off; set work_mem = '256MB';
	set max_parallel_workers_per_gather = 0; select setseed(0.5);
	drop table if exists fact;
	create table fact as
	select date '2020-07-01' + (random() * 1825)::int as on_date, (random() * 1000)::bigint as amount from generate_series(1, $rows)");
run_sql('vacuum analyze fact');

my $question = "'month', '2021-07-01', '2025-07-01', '2025-06-18'";
compare("48 months, the month before and the year before, of $rows rows",
	[ 'period_days: one join on the day' => "select sum(c), sum(p), sum(y) from (select period, sum(amount) filter (where role = 'current') as c,
			sum(amount) filter (where role = 'previous') as p, sum(amount) filter (where role = 'year') as y
		from period_days($question) join fact using (on_date) where role in ('current', 'previous', 'year') group by period) x",
	  'facts added up by day first' => "select sum(c), sum(p), sum(y) from (select period, sum(amount) filter (where role = 'current') as c,
			sum(amount) filter (where role = 'previous') as p, sum(amount) filter (where role = 'year') as y
		from period_days($question) join (select on_date, sum(amount) as amount from fact group by on_date) d using (on_date) where role in ('current', 'previous', 'year') group by period) x",
	  'joins on ranges' => "select sum(c), sum(p), sum(y) from (select period, sum(amount) filter (where on_date >= period and on_date < ends) as c,
			sum(amount) filter (where on_date >= previous_starts and on_date < previous_ends) as p, sum(amount) filter (where on_date >= year_starts and on_date < year_ends) as y
		from period_rows($question) join fact on on_date >= period and on_date < ends or on_date >= previous_starts and on_date < previous_ends
			or on_date >= year_starts and on_date < year_ends group by period) x" ], same => 1, runs => 1,
	goals => [ [ 'period_days: one join on the day', 0.5, 'joins on ranges' ] ]);
compare("The months alone",
	[ 'period_days' => "select sum(c) from (select period, sum(amount) as c from period_days($question) join fact using (on_date) where role = 'current' group by period) x",
	  'group by date_trunc' => "select sum(c) from (select date_trunc('month', on_date), sum(amount) as c from fact where on_date >= '2021-07-01' and on_date < '2025-06-19' group by 1) x" ],
	same => 1, runs => 3, goals => [ [ 'period_days', 2, 'group by date_trunc' ] ]);
