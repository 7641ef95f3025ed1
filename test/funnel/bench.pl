# Funnels against the SQL an analyst would write, and against ClickHouse and DuckDB
# where CHDB_HOME names a folder where "npm install chdb @duckdb/node-api" was run.
# EVENTS is the number of events; they come in order of time, as logs do
# (SHUFFLED=1: in no order).
use strict;
use warnings;
use Bench;
use Peers;

my $events = $ENV{EVENTS} // 10_000_000;
my $order = $ENV{SHUFFLED} ? 'random()' : "i::float8 / $events";
my $def = "funnel('{lead,mql,sql,proposal,won}', '30 days')";

my $array_agg = 'select sum(cardinality(a)) from (select array_agg(at) as a from funnel_event group by account offset 0) x';
my $path = "select sum(funnel_level(p)) from (select funnel_path_agg($def, at, step) as p from funnel_event group by account offset 0) x";
my $by_path = "select sum(entered), sum(open), sum(median_days) from (select funnel_agg(p, '2024-12-31') as s from (
	select funnel_path_agg($def, at, step) as p from funnel_event group by account offset 0) x) y, funnel_rows(s)";
my $direct = "select sum(entered), sum(open), sum(median_days) from (select funnel_agg($def, account, at, step, '2024-12-31') as s from funnel_event) y, funnel_rows(s)";
my $direct_uuid = "select sum(entered), sum(open), sum(median_days) from (select funnel_agg($def, account_id, at, step, '2024-12-31') as s from funnel_event) y, funnel_rows(s)";

# a level a step: the latest end of a window of the chains so far
my @names = qw(lead mql sql proposal won);
my $windows = "select account, at, step, max(at + interval '30 days') filter (where step = 'lead') over w as m1 from funnel_event window w as (partition by account order by at)";
foreach my $i (2 .. 5)
{
	my $before = $i - 1;
	my $kept = join ', ', map { "m$_" } 1 .. $before;
	$windows = "select account, at, step, $kept, max(m$before) filter (where step = '$names[$i - 1]' and m$before >= at) over w as m$i
		from ($windows) l$before window w as (partition by account order by at)";
}
my $nested = "select sum(level) from (select account, max(case when m5 is not null then 5 when m4 is not null then 4 when m3 is not null then 3
	when m2 is not null then 2 when m1 is not null then 1 else 0 end) as level from ($windows) l5 group by account offset 0) x";

# ClickHouse's windowFunnel over the same rows, and DuckDB's nested windows
my %tables = (
	ClickHouse => [ funnel_event => [ 'select account, (extract(epoch from at) * 1e6)::bigint, step from funnel_event', 'account bigint, at ubigint, step text' ] ],
	DuckDB => [ funnel_event => [ "select account, at at time zone 'UTC', step from funnel_event", 'account bigint, at timestamp, step text' ] ]);
my $window_funnel = "select sum(level) from (select windowFunnel(2592000000000)(at, step = 'lead', step = 'mql', step = 'sql', step = 'proposal', step = 'won') as level
	from funnel_event group by account)";
my $nested_there = $nested =~ s/ offset 0//r =~ s/\bat\b/"at"/gr;

foreach my $accounts (100_000, 1_000_000)
{
	run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off; select setseed(0.5);
		set work_mem = '2GB'; set max_parallel_workers_per_gather = 0;
		drop table if exists funnel_event;
		create unlogged table funnel_event as
		select account, md5(account::text)::uuid as account_id, timestamptz '2024-01-01 00:00+00' + $order * interval '365 days' as at,
			(array['lead', 'mql', 'sql', 'proposal', 'won'])[1 + (random() * random() * 4.999)::int] as step
		from generate_series(1, $events) i, lateral (select (random() * $accounts + 0 * i)::bigint as account) a");
	run_sql('vacuum analyze funnel_event');
	my $what = "$events events of $accounts accounts";
	my ($level) = run_sql($path) =~ /(\d+)/;
	my $check = sub {
		my (%answer) = @_;
		$answer{$_} == $level or die "$_ finds $answer{$_}, funnel_level $level" foreach grep { /^(?:ClickHouse|DuckDB):/ } keys %answer;
	};
	my @peers = open_peers(tables => \%tables, asks => { ClickHouse => [ windowFunnel => $window_funnel ] });
	foreach my $workers (0, 1)
	{
		run_sql("set max_parallel_workers_per_gather = $workers; set parallel_setup_cost = 0; set parallel_tuple_cost = 0");
		my $processes = $workers ? 'two processes' : 'one process';
		compare("$what, $processes: one level per account", [ 'array_agg(at)' => $array_agg, 'funnel_path_agg, funnel_level' => $path ], runs => 3,
			goals => [ [ 'funnel_path_agg, funnel_level', 1.3, 'array_agg(at)' ] ]);
		compare("$what, $processes: the report", [ 'funnel_agg over rows' => $direct, 'funnel_agg over rows, entities of uuid' => $direct_uuid,
			'funnel_agg over paths' => $by_path ], runs => 3, same => 1, goals => [ [ 'funnel_agg over rows', 0.4, 'funnel_agg over paths' ] ]);
		compare("$what, $processes: the report, and levels alone", [ 'funnel_agg over rows' => $direct,
			'bare scan of the three columns' => 'select count(account), max(at), max(step) from funnel_event', peer_queries($workers + 1, @peers) ],
			check => $check, goals => [ map { [ 'funnel_agg over rows', 1, $_->{labels}[0] ] } @peers ]);
	}
	run_sql('set max_parallel_workers_per_gather = 0');
	@peers = open_peers(tables => \%tables, asks => { DuckDB => [ 'nested windows' => $nested_there ] });
	compare("$what: levels by nested windows", [ 'funnel_path_agg, funnel_level' => $path, 'max(at + within) over, a level a step' => $nested,
		peer_queries(1, @peers) ], runs => 1, same => 1, check => $check,
		goals => [ [ 'funnel_path_agg, funnel_level', 0.125, 'max(at + within) over, a level a step' ] ]);
	if ($accounts == 100_000)
	{
		my ($kb) = run_sql("explain (analyze, timing off) select account, funnel_path_agg($def, at, step) from funnel_event group by account") =~ /Memory Usage: (\d+)kB/;
		printf "  %-56s %10.0f bytes a group\n", 'funnel_path_agg', $kb * 1024 / $accounts;
	}
}
printf "\n  peak memory of the session: %.0f MB\n", peak_memory();
