package Session;

# Session.pm: statements in one psql that stays open, for files that have thousands of them: a new psql and its
# server process take longer than most statements do.

use strict;
use warnings;

use Exporter 'import';
use IPC::Open2;

our @EXPORT = qw(connect_to run_sql);

my ($pid, $in, $out);
my $mark = 'end of statement';

sub session
{
	return if $pid;
	$pid = open2($out, $in, 'psql -X -q -A -t 2>&1');
	$in->autoflush(1);
}

# Runs statements, returns what they print; dies on an error.
sub run_sql
{
	my ($sql) = @_;
	session();
	print $in "$sql;\n\\echo $mark\n";
	my $text = '';
	while (my $line = <$out>)
	{
		last if $line eq "$mark\n";
		$text .= $line;
	}
	die "$text\n$sql\n" if $text =~ /^ERROR/m;
	return $text;
}

# Which database of a PostgreSQL::Test::Cluster the session is with.
sub connect_to
{
	my ($node, $database) = @_;
	@ENV{qw(PGHOST PGPORT PGDATABASE)} = ($node->host, $node->port, $database);
}

1;
