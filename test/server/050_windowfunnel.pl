# Levels against ClickHouse's windowFunnel, live, on random histories. Skipped
# unless CHDB_HOME names a folder where "npm install chdb" was run.
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $home = $ENV{CHDB_HOME} // '';
plan skip_all => 'chdb is not there (set CHDB_HOME)' unless -d "$home/node_modules/chdb";

my $node = PostgreSQL::Test::Cluster->new('windowfunnel');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
my $folder = tempdir(CLEANUP => 1);
chmod 0755, $folder;
my $histories = $ENV{HISTORIES} // 20_000;

sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }
ask("create extension revops;
	create table event as
	select h, (random() * 9)::int as t, random() < 0.35 as c1, random() < 0.35 as c2, random() < 0.35 as c3, random() < 0.35 as c4
	from (select setseed(0.6)) seed, generate_series(1, $histories) h, lateral generate_series(1, 1 + (random() * 7 + 0 * h)::int) k");
my $csv = ask('copy (select h, t, c1::int, c2::int, c3::int, c4::int from event) to stdout (format csv)');
append_to_file("$folder/event.csv", "$csv\n");

# The levels by windowFunnel: history, level.
sub windowfunnel
{
	my ($seconds, $mode) = @_;
	my $arguments = join ', ', $seconds, map { "'$_'" } split / /, $mode;
	my $query = "select h, windowFunnel($arguments)(t, c1 = 1, c2 = 1, c3 = 1, c4 = 1) from file('$folder/event.csv', 'CSV',
		'h UInt32, t UInt32, c1 UInt8, c2 UInt8, c3 UInt8, c4 UInt8') group by h order by h";
	my ($out, $err);
	local $ENV{NODE_PATH} = "$home/node_modules";
	run_log([ 'node', '-e', 'process.stdout.write(require("chdb").query(process.argv[1], "CSV"))', $query ], '>', \$out, '2>', \$err)
		or die $err;
	return $out;
}

foreach my $case (
	[ '', 'ordered' ],
	[ 'strict_once', 'once' ],
	[ 'strict_increase', 'increasing' ],
	[ 'strict_once strict_increase', 'increasing_once' ])
{
	my ($theirs, $ours) = @$case;
	foreach my $seconds (0, 3, 100)
	{
		unlink "$folder/level.csv";
		append_to_file("$folder/level.csv", windowfunnel($seconds, $theirs));
		my ($count, $differ, $less) = split /\|/, ask("
			create temp table theirs (h int, level int);
			\\copy theirs from '$folder/level.csv' (format csv)
			select count(*), count(*) filter (where o.level <> t.level), count(*) filter (where o.level < t.level)
			from theirs t join (
				select h, funnel_level(funnel_path_agg(funnel('{a,b,c,d}', make_interval(secs => $seconds), '$ours'),
					timestamptz '2025-01-01Z' + t * interval '1 second', c1, c2, c3, c4)) as level
				from event group by h) o using (h)");
		my $name = "mode '$theirs' is $ours, $seconds s";
		is($count, $histories, "$name: every history");
		# strict_increase alone forgets chains: never more than ours
		if ($theirs eq "strict_increase") { is($less, 0, "$name: windowFunnel finds no longer chain"); note("$differ shorter ones") }
		else { is($differ, 0, "$name: the same level") }
	}
}
done_testing();
