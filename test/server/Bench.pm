package Bench;

# Bench.pm: what the benchmarks share. Times queries in one session, in turn
# (A B C, A B C, …), so that a machine that slows down slows all of them, and
# prints medians with the ratio to the first query.
#
# A query must consume what it computes (sum over the results): under count(*)
# PostgreSQL drops aggregates of a subquery and nothing is timed.

use strict;
use warnings;

use Exporter 'import';
use Session qw(run_sql memory_of);

$| = 1;

our @EXPORT = qw(run_sql compare goal time_query peak_memory readable);

# Milliseconds of one run, by psql's own clock, and the answer.
sub time_query
{
	my ($sql) = @_;
	my $text = run_sql("\\timing on\n$sql;\n\\timing off\n");
	my $ms = 0;
	$text =~ s/^Time: ([\d.]+) ms.*\n/$ms += $1; ''/gme;
	return ($ms, $text);
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[ int(@sorted / 2) ];
}

# A text with its large numbers as people read them: 10,000,000.
sub readable
{
	my ($text) = @_;
	return $text =~ s/\b(\d{5,})\b/scalar reverse join ',', unpack '(A3)*', reverse $1/ger;
}

# goal(what, measured, at most): a line of the table that ends `make bench`.
sub goal
{
	my ($what, $measured, $at_most) = @_;
	return unless $ENV{BENCH_GOALS};
	open my $handle, '>>:utf8', $ENV{BENCH_GOALS} or die "$ENV{BENCH_GOALS}: $!";
	printf $handle "%s\t%.3g\t%.3g\t%s\n", readable($what), $at_most, $measured, $measured <= $at_most ? 'reached' : 'not reached';
	close $handle;
}

# compare(title, [label => query, …], runs => 5, same => 1, check => sub, goals => [[label, at most, other], …])
# Prints a table of medians; ratios are to the first query. A query is SQL, or a sub that gives
# milliseconds and an answer. With `same`, the answers of all SQL must be equal; check is called with
# label => answer. A goal is a ratio of two labels. Returns label => median ms.
sub compare
{
	my ($title, $queries, %options) = @_;
	my $runs = $options{runs} // 5;
	my (@labels, %query, %times, %answer);
	my @list = @$queries;
	while (my ($label, $sql) = splice(@list, 0, 2))
	{
		push @labels, $label;
		$query{$label} = $sql;
	}
	foreach my $run (0 .. $runs)    # the first run warms up
	{
		foreach my $label (@labels)
		{
			my ($ms, $text) = ref $query{$label} ? $query{$label}->() : time_query($query{$label});
			push @{ $times{$label} }, $ms if $run > 0;
			$answer{$label} = $text;
		}
	}
	if ($options{same})
	{
		$answer{$_} eq $answer{ $labels[0] }
		  or die "$title: \"$_\" answers $answer{$_}, \"$labels[0]\" $answer{$labels[0]}"
		  foreach grep { !ref $query{$_} } @labels;
	}
	$options{check}->(%answer) if $options{check};
	my %median = map { $_ => median(@{ $times{$_} }) } @labels;
	print "\n", readable($title), $runs > 1 ? " (median of $runs)\n" : " (one run)\n";
	printf "  %-56s %10s %8s\n", '', 'ms', 'ratio';
	foreach my $label (@labels)
	{
		printf "  %-56s %10.0f %8.2f\n", $label, $median{$label},
		  $median{$label} / $median{ $labels[0] };
	}
	goal("$title: $_->[0] / $_->[2]", $median{ $_->[0] } / $median{ $_->[2] }, $_->[1]) foreach @{ $options{goals} // [] };
	return %median;
}

# The server process's peak memory so far, in MB (its own session's backend).
sub peak_memory
{
	return memory_of(run_sql('select pg_backend_pid()') + 0, 'VmHWM');
}

1;
