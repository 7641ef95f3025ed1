# Random queries of a plain user (sqlsmith) over tables with columns of all types, with the functions of the extension
# and a few of the server's: no crash, no failed assertion, no internal error.
use strict;
use warnings;

use Arguments;
use Faults;
use PostgreSQL::Test::Cluster;
use Test::More;

my $seconds = $ENV{SECONDS_SMITH} // 300;
my $seed    = $ENV{SEED} // 1;

plan skip_all => 'no sqlsmith' unless grep { -x "$_/sqlsmith" } split /:/, $ENV{PATH};

my $node = start_node('smith', "track_functions = all\nlog_min_messages = error");
sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }
ask('create extension revops');
make_values(\&ask);
my @types = types(\&ask);
ask("delete from value_$_ where length(v::text) > 20000") foreach @types;
my $n = 0;
foreach my $type (sort keys %pool)
{
	$n++;
	ask("create table pool_$n (v $type); insert into pool_$n values " . join(', ', map { "($_)" } @{ $pool{$type} }));
}

# All types in the columns of one table. sqlsmith finds functions in pg_proc, and so in our view of that name: functions
# of the extension stand there beside one in twelve of the server's that change nothing, without parts of its aggregates,
# which say XX000 to who calls them with other arrays than theirs, and without those for all ranges, which sqlsmith
# cannot call. Without revops in the path half of its queries would look for operators that are not there.
ask('create table everything as select ' . join(', ', map { "$_.v as $_" } @types) . ' from generate_series(1, 40) i '
	. join(' ', map { "left join (select row_number() over () as n, v from value_$_) $_ on $_.n = i" } @types));
ask(q{
	create role smith login;
	grant select, insert, update, delete on all tables in schema public to smith;
	create schema narrow;
	create view narrow.pg_proc as select * from pg_catalog.pg_proc p
		where pronamespace in ('revops'::regnamespace, 'revops_internal'::regnamespace)
			or (pronamespace = 'pg_catalog'::regnamespace and provolatile = 'i' and hashtext(proname) % 12 = 0
				and not proargtypes::oid[] && array['anyenum', 'anyrange', 'anymultirange', 'anycompatiblerange', 'anycompatiblemultirange']::regtype[]::oid[]
				and not exists (select from pg_catalog.pg_aggregate
					where p.oid in (aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn)));
	grant select on narrow.pg_proc to smith;
	grant usage on schema narrow to smith;
	alter role smith set search_path = narrow, pg_catalog, revops, public;
	alter role smith set statement_timeout = '5s'});

my $end = time + $seconds;
my $runs = 0;
while (time < $end)
{
	$runs++;
	system('timeout', '--kill-after=20', $end - time, 'sqlsmith', '--exclude-catalog', '--seed=' . ($seed * 1000 + $runs),
		'--target=host=' . $node->host . ' port=' . $node->port . ' dbname=postgres user=smith') ;
	sleep 1;
}
is($node->psql('postgres', 'select 1'), 0, 'the server answers');
is(crashes($node), '', 'no process ended badly');

my %internal;
my ($errors, $state, $message) = (0, '', '');
open my $log, '<', $node->logfile or die $!;
while (<$log>)
{
	if (/\] (\w{5}) ERROR:  (?:\w{5}: )?(.*)/)
	{
		$errors++;
		($state, $message) = ($1, $2);
	}
	# where in the server or the extension
	elsif (/\] (XX\w{3}) LOCATION:  (.*)/) { $internal{"$2: $message"}++ }
}
is(join("\n", map { "$internal{$_} times $_" } sort keys %internal), '', 'no internal error');

my ($called, $of) = split /\|/, ask(q{select count(s.funcid), count(*) from pg_proc p left join pg_stat_user_functions s on funcid = p.oid
	where pronamespace = 'revops'::regnamespace and prokind <> 'a'});
my $transactions = ask(q{select xact_commit + xact_rollback from pg_stat_database where datname = 'postgres'});
diag("about $transactions queries in $runs runs, $errors of them errors; $called of $of functions called");
cmp_ok($transactions, '>', 10 * $seconds / 3, 'there were queries');
cmp_ok($called, '>', 5, 'functions of the extension were called');

$node->stop;
done_testing();
