# RFM against the SQL an analyst would write: scores, a model, order states; and all of it
# in one pass, against ClickHouse and DuckDB where CHDB_HOME names a folder where
# "npm install chdb @duckdb/node-api" was run.
use strict;
use warnings;
use Bench;
use Peers;

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
		  'three windows of ntile(5)' => $ntile, 'bare scan: sum of the columns' => 'select sum(r), sum(f), sum(m) from customer' ],
		goals => [ [ 'rfm_score over ()', $memory eq '4MB' ? 0.33 : 0.5, 'three windows of ntile(5)' ], [ 'rfm_model_agg, then rfm_model_score', 1, 'rfm_score over ()' ] ]);
}

run_sql("set work_mem = '256MB'");
foreach my $workers (0, 1)
{
	run_sql("set max_parallel_workers_per_gather = $workers");
	compare("$orders orders of $accounts customers, " . ($workers ? 'two processes' : 'one process'),
		[ 'max(at), count(*), sum(amount)' => 'select max(a), sum(b), sum(c) from (select max(at) as a, count(*) as b, sum(amount) as c from orders group by account offset 0) x',
		  'order_agg(at, amount)' => 'select max(order_last_at(s)), sum(order_count(s)), sum(order_total(s)) from (select order_agg(at, amount) as s from orders group by account offset 0) x' ],
		same => 1, goals => [ [ 'order_agg(at, amount)', 1.2, 'max(at), count(*), sum(amount)' ] ]);
}
run_sql('set max_parallel_workers_per_gather = 0');
foreach my $query ('max(at), count(*), sum(amount)', 'order_agg(at, amount)')
{
	my ($kb) = run_sql("explain (analyze, timing off) select account, $query from orders group by account") =~ /Memory Usage: (\d+)kB/;
	printf "  %-56s %10.0f bytes a group\n", $query, $kb * 1024 / $accounts;
}

# Scores of all customers from their orders: in one pass, by order_agg and a window, and as plain SQL would have
# it. ClickHouse only groups: a maximum, a count, a sum by customer.
my $one_pass = "select sum(recency_score), sum(frequency_score), sum(monetary_score), sum(total), count(segment)
	from rfm_rows((select rfm_agg(account, at, amount, '2025-01-01') from orders))";
my $by_order_agg = "select sum((scores).recency_score), sum((scores).frequency_score), sum((scores).monetary_score), sum(order_total(s)), count(rfm_segment(scores)) from (
	select s, rfm_score(order_recency_days(s, '2025-01-01'), order_count(s), order_total(s)) over () as scores
	from (select order_agg(at, amount) as s from orders group by account offset 0) x offset 0) y";
my $by_ntile = "select sum(r), sum(f), sum(m), sum(total) from (
	select total, ntile(5) over (order by last) as r, ntile(5) over (order by orders) as f, ntile(5) over (order by total) as m
	from (select max(at) as last, count(*) as orders, sum(amount) as total from orders group by account offset 0) x offset 0) y";

# the peers hold a decimal of 18 digits; DuckDB scores by ntile, too
my %ask = (
	ClickHouse => [ 'max, count, sum by customer, nothing else' => 'select sum(c), sum(b) from (select max(at) as a, count() as b, sum(amount) as c from orders group by account having a > 0)' ],
	DuckDB => [ 'max, count, sum by customer, nothing else' => 'select sum(c), sum(b) from (select max("at") as a, count(*) as b, sum(amount) as c from orders group by account having a > 0)',
		'max, count, sum by customer, three ntile(5)' => 'select sum(total), sum(orders), sum(r), sum(f), sum(m) from (
			select total, orders, ntile(5) over (order by last) as r, ntile(5) over (order by orders) as f, ntile(5) over (order by total) as m
			from (select max("at") as last, count(*) as orders, sum(amount) as total from orders group by account) x) y' ]);

run_sql("set work_mem = '2GB'");
foreach my $many ($accounts, 10 * $accounts)
{
	run_sql("drop table orders; select setseed(0.5);
		create unlogged table orders as
		select (random() * $many)::bigint as account, timestamptz '2020-01-01 00:00+00' + random() * interval '1800 days' as at,
			round(exp(random() * 9)::numeric, 2) as amount
		from generate_series(1, $orders) i");
	run_sql('vacuum analyze orders');
	my ($total) = run_sql('select sum(amount) from orders') =~ /([\d.]+)/;
	my @tables = (orders => [ 'select account, (extract(epoch from at) * 1e6)::bigint, amount from orders', 'account bigint, at bigint, amount money' ]);
	my @peers = open_peers(tables => { map { $_ => \@tables } keys %ask }, asks => \%ask);
	foreach my $workers (0, 1)
	{
		my $processes = $workers ? 'two processes' : 'one process';
		run_sql("set max_parallel_workers_per_gather = $workers; set parallel_setup_cost = 0; set parallel_tuple_cost = 0");
		compare("$orders orders of $many customers, $processes: scores and segments",
			[ 'rfm_agg, rfm_rows' => $one_pass, 'order_agg, rfm_score, rfm_segment' => $by_order_agg,
			  'bare scan: max(at), sum(amount)' => 'select max(at), sum(amount), count(account) from orders',
			  'max, count, sum by customer, three ntile(5)' => $by_ntile, peer_queries($workers + 1, @peers) ], runs => 3,
			check => sub {
				my (%answer) = @_;
				die "one pass answers $answer{'rfm_agg, rfm_rows'}, order_agg $answer{'order_agg, rfm_score, rfm_segment'}"
				  if $answer{'rfm_agg, rfm_rows'} ne $answer{'order_agg, rfm_score, rfm_segment'};
				foreach my $label (grep { /^(?:ClickHouse|DuckDB):/ } keys %answer)
				{
					my ($sum, $count) = split /,/, $answer{$label};
					die "$label sums $sum of $count, PostgreSQL $total" if $sum != $total || $count != $orders;
				}
			},
			goals => [ [ 'rfm_agg, rfm_rows', 0.5, 'order_agg, rfm_score, rfm_segment' ],
				map { $_->{peer} eq 'ClickHouse' ? [ 'rfm_agg, rfm_rows', 2, $_->{labels}[0] ] : () } @peers ]);
	}
	run_sql('set max_parallel_workers_per_gather = 0');
}
printf "\n  peak memory of the session: %.0f MB\n", peak_memory();
