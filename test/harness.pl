#!/usr/bin/perl
# test/harness.pl [FILE...]: runs every test file, or these, and adds up their results. Called by
# test/run, as the user that servers may run as, with a server up for pgTAP.
use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(basename dirname);
use TAP::Harness;
use TAP::Parser::SourceHandler::pgTAP;

chdir dirname(__FILE__) or die $!;
my $only = $ENV{ONLY} // '';

# Whole-server tests come first: they find broken builds, and the longest are among them, so that the short ones
# fill both cores at the end. A module's pgTAP files are all SQL files of its folder but those that others read.
my @long = map { "server/$_.pl" } qw(030_sweep 070_fuzz 040_sample 031_parallel 062_demo_views 025_equality);
my %is_long = map { $_ => 1 } @long;
my @server = grep { !$is_long{$_} } sort(glob('server/*.pl'));
my @modules = grep { !m{^(?:sql|sample)/|/(?:values|demo|tour)\.sql$} } sort(glob('*/*.sql'));
my @files = grep { index($_, $only) >= 0 } @ARGV ? @ARGV : (@long, @server, 'docs', @modules, 'pages');
die "no test file's name holds \"$only\"\n" unless @files;

# PostgreSQL::Test::Cluster keeps its servers' folders here.
$ENV{TESTDIR} = $ENV{TESTDATADIR} = $ENV{TESTLOGDIR} = getcwd() . '/tmp_check';
mkdir $ENV{TESTDIR};
$ENV{PGAPPNAME} = 'revops tests';

my $harness = TAP::Harness->new({
	verbosity => $ENV{VERBOSE} ? 1 : 0,
	failures  => 1,
	timer     => 1,
	jobs      => 2,
	lib       => [ $ENV{PG_TEST_PERL}, 'server', 'fault' ],
	sources   => {
		pgTAP => {
			dbname => 'pgtap',
			suffix => '.sql',
		},
	},
});
my $result = $harness->runtests(@files);

# A file that skips itself whole counts as one skipped, and says why. One that dies, or that
# runs another number of tests than it planned, counts as one failure more.
my $skipped = scalar $result->skipped;
my $passed  = $result->passed - $skipped;
my $failed  = $result->failed;
foreach my $file ($result->descriptions)
{
	my ($parser) = $result->parsers($file);
	if (defined $parser->skip_all)
	{
		$skipped++;
		print "skipped: $file: ", $parser->skip_all, "\n";
	}
	next unless $parser->parse_errors || ($parser->exit && !$parser->failed);
	$failed++;

	# a Perl test that dies says why in its log alone
	my ($log) = grep { -f } map { "$ENV{TESTDIR}/${_}regress_log_" . basename($file, '.pl') }
		('', 'log/', 'tmp_check/log/');
	next unless $log && open my $handle, '<', $log;
	my @lines = <$handle>;
	print "\n$file:\n", @lines[ -(@lines < 25 ? @lines : 25) .. -1 ];
}
print "$passed passed, $failed failed" . ($skipped ? ", $skipped skipped" : '') . "\n";
exit($failed || !$passed ? 1 : 0);
