# Funnels against the SQL an analyst would write, and against ClickHouse where
# CHDB_HOME names a folder where "npm install chdb" was run.
# EVENTS is the number of events; they come in order of time, as logs do
# (SHUFFLED=1: in no order).
use strict;
use warnings;
use Bench;
use File::Temp qw(tempdir);

my $events = $ENV{EVENTS} // 10_000_000;
my $home = $ENV{CHDB_HOME} // '';
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

sub clickhouse
{
	my ($accounts, $threads) = @_;
	my $folder = tempdir(CLEANUP => 1);
	chmod 0777, $folder;
	run_sql("copy (select account, (extract(epoch from at) * 1e6)::bigint, step from funnel_event) to '$folder/event.csv' (format csv)");
	open my $script, '>', "$folder/bench.js" or die $!;
	print $script <<"JS";
const { Session } = require('chdb');
const s = new Session('$folder/store');
s.query("create table event (account UInt64, at UInt64, step String) engine = Memory");
s.query("insert into event select * from file('$folder/event.csv', 'CSV', 'account UInt64, at UInt64, step String')");
const q = "select sum(level) from (select windowFunnel(2592000000000)(at, step = 'lead', step = 'mql', step = 'sql', step = 'proposal', step = 'won') as level from event group by account) settings max_threads = $threads";
const times = [];
let answer;
for (let i = 0; i < 6; i++) { const t = process.hrtime.bigint(); answer = s.query(q, 'CSV'); if (i) times.push(Number(process.hrtime.bigint() - t) / 1e6); }
console.log(answer.trim(), times.sort((a, b) => a - b)[2]);
JS
	close $script;
	local $ENV{NODE_PATH} = "$home/node_modules";
	return split ' ', `node $folder/bench.js`;
}

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
	foreach my $workers (0, 1)
	{
		run_sql("set max_parallel_workers_per_gather = $workers; set parallel_setup_cost = 0; set parallel_tuple_cost = 0");
		my $processes = ($workers + 1) . ' process(es)';
		compare("$what, $processes: one level per account", [ 'array_agg(at)' => $array_agg, 'funnel_path_agg, funnel_level' => $path ], runs => 3);
		my %direct = compare("$what, $processes: the report", [ 'funnel_agg over paths' => $by_path, 'funnel_agg over rows' => $direct,
			'funnel_agg over rows, entities of uuid' => $direct_uuid ], runs => 3, same => 1);
		if (-d "$home/node_modules/chdb")
		{
			my ($level, $ms) = clickhouse($accounts, $workers + 1);
			my ($ours) = run_sql("\\timing off\n$path") =~ /(\d+)/;
			die "windowFunnel finds $level, funnel_level $ours" if $level != $ours;
			printf "  %-52s %10.0f %8.2f\n", "windowFunnel, $processes; direct form against it", $ms, $direct{'funnel_agg over rows'} / $ms;
		}
	}
	run_sql('set max_parallel_workers_per_gather = 0');
	compare("$what: levels by nested windows", [ 'funnel_path_agg, funnel_level' => $path, 'max(at + within) over, a level a step' => $nested ], runs => 1, same => 1);
	if ($accounts == 100_000)
	{
		my ($kb) = run_sql("explain (analyze, timing off) select account, funnel_path_agg($def, at, step) from funnel_event group by account") =~ /Memory Usage: (\d+)kB/;
		printf "  %-52s %10.0f bytes a group\n", 'funnel_path_agg', $kb * 1024 / $accounts;
	}
}
printf "\n  peak memory of the session: %.0f MB\n", peak_memory();
