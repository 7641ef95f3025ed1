# Cadence against the SQL an analyst would write: states, the overdue list, the fit, forecasts.
use strict;
use warnings;
use Bench;

my $orders = $ENV{ORDERS} // 10_000_000;
my $accounts = $ENV{ACCOUNTS} // 100_000;
my $histories = $ENV{HISTORIES} // 1_000_000;

run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off; set max_parallel_workers_per_gather = 0;
	set work_mem = '1GB'; select setseed(0.5);
	drop table if exists orders, state, sample;
	create table orders as
	select (random() * $accounts)::int as account, timestamptz '2020-01-01 00:00+00' + random() * interval '5 years' as at, round(exp(random() * 9)::numeric, 2) as amount
	from generate_series(1, $orders) i");
run_sql('vacuum analyze orders');

my %agg = compare("$orders orders of $accounts accounts",
	[ 'max(at), count(*), sum(amount)' => 'select sum(b), sum(c) from (select max(at) as a, count(*) as b, sum(amount) as c from orders group by account offset 0) x',
	  'cadence_agg(at, amount)' => 'select sum(pg_column_size(s)) from (select cadence_agg(at, amount) as s from orders group by account offset 0) x' ],
	runs => 3, goals => [ [ 'cadence_agg(at, amount)', 1.3, 'max(at), count(*), sum(amount)' ] ]);
my $sums = run_sql("select sum((q).orders), sum((q).total) from (select cadence_summary(s, '9999-12-31') as q from (select cadence_agg(at, amount) as s from orders group by account) x) y");
die "states hold $sums" if $sums ne run_sql('select count(*), sum(amount) from orders');
my ($kb) = run_sql('explain (analyze, timing off) select account, cadence_agg(at, amount) from orders group by account') =~ /Memory Usage: (\d+)kB/;
printf "  %-56s %10.0f bytes a group\n", 'cadence_agg(at, amount)', $kb * 1024 / $accounts;

# who is late: dates, chances and all, against twice the median of the gaps
compare('The overdue list',
	[ "lag, percentile_cont(gap), twice the median" => "select count(*) from (
			select account, max(day) as last, percentile_cont(0.5) within group (order by gap) as median
			from (select account, day, day - lag(day) over (partition by account order by day) as gap
				from (select distinct account, (at at time zone 'UTC')::date as day from orders) d) g
			group by account) x where date '2025-01-15' - last > 2 * median",
	  'cadence_agg, model, cadence_forecast' => "with state as materialized (select cadence_agg(at, amount) as s from orders group by account),
			model as materialized (select cadence_model_agg(s, '2025-01-15') as m from state)
		select count(*), sum((f).expected_orders) from (select cadence_forecast(s, m, '2025-01-15') as f from state, model offset 0) x where (f).overdue" ],
	runs => 3, goals => [ [ 'cadence_agg, model, cadence_forecast', 0.7, 'lag, percentile_cont(gap), twice the median' ] ]);

# a population of its own: regular gaps, most accounts with few orders
run_sql("create table sample as
	select cadence_sample_agg(s, '2027-01-01') as s
	from (select cadence_agg(first + (n * pace * (0.5 + random()))::int, 1) as s
		from (select i, date '2020-01-01' + (random() * 1700)::int as first, floor(random() ^ 4 * 20)::int as gaps, 10 + random() * 60 as pace from generate_series(1, $histories) i) a,
			generate_series(0, gaps) n
		group by i) x");
my %model = compare("cadence_model of $histories histories",
	[ 'reading the sample' => "select length(revops_internal.cadence_sample_send(s)) from sample",
	  'k given' => 'select (cadence_model_rows(cadence_model(s, 2))).log_likelihood from sample',
	  'k chosen' => 'select (cadence_model_rows(cadence_model(s))).log_likelihood from sample' ], runs => 1);
goal("cadence_model of $histories histories, k chosen: seconds", $model{'k chosen'} / 1000, 10);

# one forecast a row, states read from a table
run_sql("create table state as select account, cadence_agg(at, amount) as s from orders where random() < 0.1 group by account; vacuum analyze state");
my $rows = run_sql('select count(*) from state') + 0;
foreach my $k (1 .. 3)
{
	my %time = compare("cadence_forecast of $rows accounts, 90 days, k $k",
		[ 'reading the states' => "select sum((cadence_summary(s, '2025-01-15')).orders) from state",
		  'cadence_forecast' => "select sum((cadence_forecast(s, m, '2025-01-15')).expected_orders) from state, (select cadence_model($k, 0.85, 30, 0.16, 2.0) as m offset 0) x" ], runs => 3);
	printf "  %-56s %10.2f us a row\n", 'cadence_forecast', $time{'cadence_forecast'} * 1000 / $rows;
	goal("cadence_forecast, k $k: microseconds a row", $time{'cadence_forecast'} * 1000 / $rows, 3);
}
run_sql('drop table orders, state, sample');
