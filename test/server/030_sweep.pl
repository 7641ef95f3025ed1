# Every function and aggregate of the extension is called with NULLs and with
# the strangest values of its argument types: an answer or a clear error, never
# an internal one, never a crash, never an endless run.
use strict;
use warnings;

use Arguments;
use PostgreSQL::Test::Cluster;
use Test::More;

my $calls = $ENV{SWEEP_CALLS} // 80;    # a function
my $patience = 20 * ($ENV{SLOWER} // 1);    # seconds for each call

my $node = PostgreSQL::Test::Cluster->new('sweep');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nlog_min_messages = fatal");
$node->start;
$node->safe_psql('postgres', 'create extension revops');
sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }
pick_values(\&ask);

srand(20250630);

my @functions = functions(\&ask);
ok(@functions > 10, 'there are functions');

ask(q{
	create table trouble (command text, sqlstate text, message text);
	create procedure try(command text) language plpgsql as $$
	begin
		execute command;
	exception when others then
		if sqlstate in ('XX000', 'XX002') then
			insert into trouble values (command, sqlstate, sqlerrm);
		end if;
	end $$;
});

my %unknown;
foreach my $function (@functions)
{
	my ($name, $kind, $set, $variadic, @types) = @$function;
	$unknown{$_} = 1 foreach grep { !$pool{$_} } @types;
	my @commands;
	foreach my $n (0 .. $calls)
	{
		my @arguments = map { $n == 0 ? "null::$_" : argument($_) } @types;
		$arguments[-1] = "variadic $arguments[-1]" if $variadic;
		my $call = $name . '(' . join(', ', @arguments) . ')';
		my $sql = $kind eq 'w' ? "select $call over () from generate_series(1, 3)"
		  : $kind eq 'a' ? "select $call from generate_series(1, 3)"
		  : $set ? "select count(*) from (select $call) x"
		  :        "select $call";
		push @commands, "call try(\$try\$$sql\$try\$);";
	}
	my ($code, $out, $err) = $node->psql('postgres',
		"set search_path = public, revops; set statement_timeout = '${patience}s';\n" . join("\n", @commands),
		on_error_stop => 1);
	is($code, 0, "$name(@types) answers or says why") or diag(substr $err, 0, 1000);
	last if $code != 0 && $err =~ /server closed the connection|connection to server/;
}
is(ask("select string_agg(command || ': ' || message, E'\\n') from trouble"), '', 'no error is an internal one');
is(join(', ', sort keys %unknown), '', 'every argument type has values to call with');

$node->stop;
done_testing();
