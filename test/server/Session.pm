package Session;

# Session.pm: statements in a psql that stays open, for files that have thousands of them: a new psql and its
# server process take longer than most statements do.

use strict;
use warnings;
use feature 'state';

use Exporter 'import';
use IPC::Open2;

our @EXPORT = qw(connect_to run_sql);
our @EXPORT_OK = qw(open_session ask_session close_session memory_of);

my $mark = 'end of statement';

# A psql, with options of its command line.
sub open_session
{
	my ($options) = @_;
	my %session;
	$session{pid} = open2($session{out}, $session{in}, "psql -X -q -A -t $options 2>&1");
	$session{in}->autoflush(1);
	return \%session;
}

# Runs statements in it, returns what they print, errors too.
sub ask_session
{
	my ($session, $sql) = @_;
	my ($in, $out) = @$session{qw(in out)};
	print $in "$sql;\n\\echo $mark\n";
	my $text = '';
	while (my $line = <$out>)
	{
		last if $line eq "$mark\n";
		$text .= $line;
	}
	return $text;
}

sub close_session
{
	my ($session) = @_;
	close $session->{in};
	close $session->{out};
	waitpid $session->{pid}, 0;
}

# Runs statements in the session that a file has of its own, returns what they print; dies on an error.
sub run_sql
{
	my ($sql) = @_;
	state $session = open_session('');
	my $text = ask_session($session, $sql);
	die "$text\n$sql\n" if $text =~ /^ERROR/m;
	return $text;
}

# A field of a server process's memory, such as VmHWM, its peak, in MB; 0 where it cannot be read.
sub memory_of
{
	my ($process, $field) = @_;
	open my $status, '<', "/proc/$process/status" or return 0;
	my ($kb) = map { /^$field:\s+(\d+)/ } <$status>;
	return ($kb // 0) / 1024;
}

# Which database of a PostgreSQL::Test::Cluster the session is with.
sub connect_to
{
	my ($node, $database) = @_;
	@ENV{qw(PGHOST PGPORT PGDATABASE)} = ($node->host, $node->port, $database);
}

1;
