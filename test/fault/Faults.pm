package Faults;

# Faults.pm: what the tests of this folder share.

use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use PostgreSQL::Test::Cluster;

our @EXPORT = qw(start_node in_two crashes);

# A server whose log says the SQLSTATE and the place of each error.
sub start_node
{
	my ($name, $settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
	$node->append_conf('postgresql.conf', "fsync = off\njit = off\nrestart_after_crash = on\nlog_statement = none\nlog_line_prefix = '%m [%p] %e '\nlog_error_verbosity = verbose\n" . ($settings // ''));
	$node->start;
	return $node;
}

# Runs work for each item in two processes, and gives what it returned by item. They write to files: who writes into
# a pipe that nobody reads yet has to wait.
sub in_two
{
	my ($work, @items) = @_;
	my @halves;
	foreach my $half (0, 1)
	{
		open my $file, '+>', undef or die $!;
		my $pid = fork() // die $!;
		if ($pid == 0)
		{
			foreach my $place (grep { $_ % 2 == $half } 0 .. $#items)
			{
				my $answer = eval { $work->($items[$place]) } // "died: $@";
				syswrite $file, $items[$place] . "\t" . unpack('H*', $answer) . "\n";
			}
			POSIX::_exit(0);    # the server is the parent's
		}
		push @halves, [ $file, $pid ];
	}
	my %answers;
	foreach (@halves)
	{
		my ($file, $pid) = @$_;
		waitpid $pid, 0;
		seek $file, 0, 0;
		while (<$file>)
		{
			chomp;
			my ($item, $answer) = /(.*)\t(.*)/;
			$answers{$item} = pack 'H*', $answer;
		}
	}
	return %answers;
}

# What a server's log says of processes that ended badly.
sub crashes
{
	my ($node) = @_;
	open my $log, '<', $node->logfile or die $!;
	return join '', grep { /TRAP: |terminated by signal|PANIC:|exited with exit code [^01]/ } <$log>;
}

1;
