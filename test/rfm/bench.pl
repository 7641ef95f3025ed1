# RFM against the SQL an analyst would write: scores, a model, order states.
use strict;
use warnings;
use Bench;

my $customers = $ENV{CUSTOMERS} // 1_000_000;
my $orders = $ENV{ORDERS} // 10_000_000;
my $accounts = $ENV{ACCOUNTS} // 100_000;

run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off;
	set max_parallel_workers_per_gather = 0; select setseed(0.5);
	drop table if exists customer, orders;
	create table customer as
	select i as id, (random() * 700)::int::float8 as r, case when random() < 0.6 then 1 else (1 + random() * 20)::int end::float8 as f,
		round(exp(random() * 8)::numeric, 2)::float8 as m
	from generate_series(1, $customers) i;
	create table orders as
	select (random() * $accounts)::int as account, timestamptz '2020-01-01 00:00+00' + random() * interval '5 years' as at,
		round(exp(random() * 9)::numeric, 2) as amount
	from generate_series(1, $orders) i");
run_sql('vacuum analyze customer');
run_sql('vacuum analyze orders');

my $rfm_score = 'select sum((s).recency_score), sum((s).frequency_score), sum((s).monetary_score)
	from (select rfm_score(r, f, m) over () as s from customer offset 0) x';
my $model = 'with learned as materialized (select rfm_model_agg(r, f, m, 5) as model from customer)
	select sum((s).recency_score), sum((s).frequency_score), sum((s).monetary_score)
	from (select rfm_model_score(model, r, f, m) as s from customer, learned offset 0) x';
my $ntile = 'select sum(r), sum(f), sum(m) from (
	select ntile(5) over (order by r desc) as r, ntile(5) over (order by f) as f, ntile(5) over (order by m) as m
	from customer offset 0) x';
foreach my $memory ('4MB', '1GB')
{
	run_sql("set work_mem = '$memory'");
	compare("Scores of $customers customers, work_mem $memory",
		[ 'rfm_score over ()' => $rfm_score, 'rfm_model_agg, then rfm_model_score' => $model,
		  'three windows of ntile(5)' => $ntile, 'bare scan: sum of the columns' => 'select sum(r), sum(f), sum(m) from customer' ]);
}

run_sql("set work_mem = '256MB'");
foreach my $workers (0, 1)
{
	run_sql("set max_parallel_workers_per_gather = $workers");
	compare("$orders orders of $accounts customers, " . ($workers + 1) . ' process(es)',
		[ 'max(at), count(*), sum(amount)' => 'select max(a), sum(b), sum(c) from (select max(at) as a, count(*) as b, sum(amount) as c from orders group by account offset 0) x',
		  'order_agg(at, amount)' => 'select max(order_last_at(s)), sum(order_count(s)), sum(order_total(s)) from (select order_agg(at, amount) as s from orders group by account offset 0) x' ],
		same => 1);
}
run_sql('set max_parallel_workers_per_gather = 0');
foreach my $query ('max(at), count(*), sum(amount)', 'order_agg(at, amount)')
{
	my ($kb) = run_sql("explain (analyze, timing off) select account, $query from orders group by account") =~ /Memory Usage: (\d+)kB/;
	printf "  %-52s %10.0f bytes a group\n", $query, $kb * 1024 / $accounts;
}
