# Contracts against the month-spine SQL an analyst would write: the MRR bridge and the
# cohort triangle, from the table of contracts to the last number.
use strict;
use warnings;
use Bench;
use Peers;

my $customers = $ENV{CUSTOMERS} // 100_000;
my $contracts = 4 * $customers;
my $runs = $ENV{RUNS} // 1;    # the spine takes half a minute

# four terms a customer: renewed at once mostly, at another price, some after a gap, some never
run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off;
	set max_parallel_workers_per_gather = 0; set work_mem = '512MB'; select setseed(0.5);
	drop table if exists contract;
	create table contract as
	with walk as (
		select c, n, date '2020-01-01' + (c::bigint * 7919 % 800)::int as first_day,
			(array[92, 184, 365, 365, 366])[1 + floor(random() * 5)::int] as days,
			case when random() < 0.8 then 0 when random() < 0.5 then (random() * 20)::int else (60 + random() * 200)::int end as gap,
			round((20 + exp(random() * 7))::numeric, 2) as mrr
		from generate_series(1, $customers) c, generate_series(1, 4) n
	), placed as (
		select *, first_day + (sum(days + gap) over (partition by c order by n) - days - gap)::int as starts from walk
	)
	select c as customer, starts, starts + days as ends, mrr from placed order by random()");
run_sql('vacuum analyze contract');

# each contract's months, those on whose last day it is in force
my $monthly = q{
	month as (
		select m::date as month from generate_series(timestamp '2020-01-01', '2024-12-01', '1 month') m
	),
	in_force as (
		select customer, m::date as month, sum(mrr) as mrr
		from contract, generate_series(date_trunc('month', starts::timestamp), least(date_trunc('month', ends::timestamp) - interval '1 month', '2024-12-01'), '1 month') m
		group by 1, 2
	)};

my $ours = q{select sum(opening), sum(new), sum(expansion), sum(reactivation), sum(contraction), sum(churn), sum(closing),
		sum(customers_opening), sum(customers_new), sum(customers_reactivated), sum(customers_churned), sum(customers_closing)
	from (
		select mrr_bridge_agg(contracts, 'month', '2020-01-01', '2025-01-01') as bridge
		from (select contract_agg(daterange(starts, ends), mrr) as contracts from contract group by customer) x
	) y, mrr_bridge_rows(bridge)};
my $spine = "with $monthly, " . q{
	spine as (
		select c.customer, m.month, coalesce(f.mrr, 0) as mrr
		from (select distinct customer from contract) c cross join month m
		left join in_force f on f.customer = c.customer and f.month = m.month
	),
	step as (
		select month, mrr, lag(mrr, 1, 0.00) over w as before, max(mrr) over (w rows between unbounded preceding and 1 preceding) > 0 as known
		from spine window w as (partition by customer order by month)
	),
	bridge as (
		select month, sum(before) as opening,
			sum(mrr - before) filter (where before = 0 and mrr > 0 and known is not true) as new,
			sum(mrr - before) filter (where before > 0 and mrr > before) as expansion,
			sum(mrr - before) filter (where before = 0 and mrr > 0 and known) as reactivation,
			sum(mrr - before) filter (where mrr > 0 and mrr < before) as contraction,
			sum(mrr - before) filter (where before > 0 and mrr = 0) as churn, sum(mrr) as closing,
			count(*) filter (where before > 0) as customers_opening,
			count(*) filter (where before = 0 and mrr > 0 and known is not true) as customers_new,
			count(*) filter (where before = 0 and mrr > 0 and known) as customers_reactivated,
			count(*) filter (where before > 0 and mrr = 0) as customers_churned, count(*) filter (where mrr > 0) as customers_closing
		from step group by month
	)
	select sum(opening), sum(new), sum(expansion), coalesce(sum(reactivation), 0.00), sum(contraction), sum(churn), sum(closing),
		sum(customers_opening), sum(customers_new), sum(customers_reactivated), sum(customers_churned), sum(customers_closing)
	from bridge};

my $our_cohorts = q{select count(*), sum(active), sum(mrr_start), sum(mrr_kept), sum(mrr), round(sum(grr)::numeric, 6), round(sum(nrr)::numeric, 6)
	from (
		select cohort_agg(contracts, 'month', '2024-12-31') as matrix
		from (select contract_agg(daterange(starts, ends), mrr) as contracts from contract group by customer) x
	) y, cohort_rows(matrix)};
my $spine_cohorts = "with $monthly, " . q{
	born as (
		select customer, first_day, date_trunc('month', first_day::timestamp)::date as cohort
		from (select customer, min(starts) as first_day from contract group by customer) x where first_day <= '2024-12-31'
	),
	own as (
		select b.customer, b.cohort, sum(k.mrr) as mrr from born b join contract k on k.customer = b.customer and k.starts <= b.first_day and k.ends > b.first_day
		group by 1, 2
	),
	cell as (
		select o.cohort, m.month, count(f.mrr) as active, sum(o.mrr) as mrr_start, coalesce(sum(least(o.mrr, f.mrr)) filter (where f.mrr is not null), 0) as mrr_kept,
			coalesce(sum(f.mrr), 0) as mrr
		from own o join month m on m.month >= o.cohort
		left join in_force f on f.customer = o.customer and f.month = m.month
		group by 1, 2
	)
	select count(*), sum(active), sum(mrr_start), sum(mrr_kept), sum(mrr), round(sum((mrr_kept / mrr_start)::float8)::numeric, 6), round(sum((mrr / mrr_start)::float8)::numeric, 6)
	from cell};

run_sql($ours);
run_sql($our_cohorts);
printf "peak memory of the server process after both questions: %.0f MB\n", peak_memory();

# the same spine in a column store, in its dialect
(my $duckdb_spine = $spine) =~ s/(m::date as month from )generate_series\((timestamp '2020-01-01'), ('2024-12-01'), '1 month'\) m/$1(select unnest(generate_series($2, timestamp $3, interval 1 month)) as m)/;
$duckdb_spine =~ s/(select customer, m::date as month, sum\(mrr\) as mrr\s+from contract), generate_series\((.*?), (least\(.*?)'2024-12-01'\), '1 month'\) m/$1, unnest(generate_series($2, $3timestamp '2024-12-01'), interval 1 month)) as s (m)/s;
my @peers = open_peers(
	tables => { DuckDB => [ contract => [ 'select customer, starts, ends, mrr from contract', 'customer bigint, starts date, ends date, mrr money' ] ] },
	asks => { DuckDB => [ 'month spine, lag per customer' => $duckdb_spine ] });

foreach my $workers (0, 1)
{
	run_sql("set max_parallel_workers_per_gather = $workers");
	my $processes = $workers ? 'two processes' : 'one process';
	my $bridge = 'contract_agg, mrr_bridge_agg, mrr_bridge_rows';
	compare("MRR bridge, 60 months, $customers customers, $contracts contracts, $processes",
		[ $bridge => $ours, 'month spine, lag per customer' => $spine, peer_queries($workers + 1, @peers) ], runs => $runs, same => 1,
		check => sub {
			my (%answer) = @_;
			my @ours = split /[|\n]/, $answer{$bridge};
			foreach my $label (map { $_->{labels}[0] } @peers)
			{
				my @theirs = split /,/, $answer{$label};
				$theirs[$_] == $ours[$_] or die "$label gives @theirs, we @ours" foreach 0 .. $#ours;
			}
		},
		goals => [ [ $bridge, 0.1, 'month spine, lag per customer' ] ]);
	compare("Cohort triangle, 60 months, $customers customers, $contracts contracts, $processes",
		[ 'contract_agg, cohort_agg, cohort_rows' => $our_cohorts, 'month spine joined to cohorts' => $spine_cohorts ], runs => $runs, same => 1,
		goals => [ [ 'contract_agg, cohort_agg, cohort_rows', 0.1, 'month spine joined to cohorts' ] ]);
}
run_sql('set max_parallel_workers_per_gather = 0');

compare('Of which: folding the contracts, and asking stored states',
	[ 'contract_agg alone' => 'select sum(pg_column_size(s)) from (select contract_agg(daterange(starts, ends), mrr) as s from contract group by customer offset 0) x',
	  'array_agg of the same columns' => 'select sum(pg_column_size(s)) from (select array_agg(starts) as s, array_agg(ends) as e, array_agg(mrr) as m from contract group by customer offset 0) x' ],
	runs => $runs);
my ($kb) = run_sql('explain (analyze, timing off) select customer, contract_agg(daterange(starts, ends), mrr) from contract group by customer') =~ /Memory Usage: (\d+)kB/;
printf "  %-56s %10.0f bytes a group\n", 'contract_agg', $kb * 1024 / $customers;
($kb) = run_sql("explain (analyze, timing off) select customer, contract_agg(daterange(starts, ends), mrr, 'crm', customer::text, starts) from contract group by customer") =~ /Memory Usage: (\d+)kB/;
printf "  %-56s %10.0f bytes a group\n", 'contract_agg with line and key', $kb * 1024 / $customers;
