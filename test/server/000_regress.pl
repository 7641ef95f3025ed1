# The worked examples of test/sql, by pg_regress: one test per topic.
use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(basename);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('regress');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;

my $top = getcwd() . '/..';
my $results = "$ENV{TESTDIR}/regress";
mkdir $results;
my @topics = map { basename($_, '.sql') } sort glob("$top/test/sql/*.sql");
my $command = join ' ', $ENV{PG_REGRESS}, "--bindir=''", "--inputdir=$top/test",
  "--outputdir=$results", '--host=' . $node->host, '--port=' . $node->port,
  '--dbname=regress_revops', @topics;
my $output = `$command 2>&1`;

# "test rfm ... ok" until 15, "ok 1 - rfm" since 16
foreach my $topic (@topics)
{
	ok($output =~ /^(?:test \Q$topic\E\s+\.\.\. ok|ok \d+\s+[-+] \Q$topic\E\b)/m, "sql/$topic.sql");
}
if ($output =~ /FAILED|not ok/ && open my $diffs, '<', "$results/regression.diffs")
{
	diag(<$diffs>);
}
elsif ($output !~ /All \d+ tests? passed/)
{
	diag($output);
}
$node->stop;
done_testing();
