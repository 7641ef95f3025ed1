# The sample company is the same on every machine, version and session, and
# keeps its own rules.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('sample');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "fsync = off\ntimezone = 'Asia/Shanghai'\ndatestyle = 'German'");
$node->start;

sub run_file
{
	my ($file) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "sample/$file" ],
		'>', \$out, '2>', \$err);
	is($err, '', "$file runs");
	return $out;
}

run_file('sample.sql');
open my $handle, '<:raw', 'sample/checksums.txt' or die $!;
my $expected = do { local $/; <$handle> };
is(run_file('checksum.sql'), $expected, 'every table has the rows that it should have');
my $broken = join '', grep { /\|\s*[1-9]\d*\s*$/ } split /^/, run_file('consistency.sql');
is($broken, '', 'no rule of the company is broken');

$node->stop;
done_testing();
