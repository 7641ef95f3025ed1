# Statements that ask for more memory than there is (ulimit -v of the server's processes): an answer or an error, and a
# living server. Every aggregate is given rows without end, every function a large argument of each type.
use strict;
use warnings;

use Arguments;
use Faults;
use PostgreSQL::Test::Cluster;
use Test::More;

my $spare = ($ENV{MEMORY_MB} // 96) * 1024 * 1024;    # what a process may take beside what it has when it starts
use constant { ROWS => 3_000_000, SECONDS => 10, SHAPES => 200 };
srand($ENV{SEED} // 1);

my $node = start_node('memory', "shared_buffers = 16MB\nmax_parallel_workers_per_gather = 0");
sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }
ask('create extension revops');
ask(q{
	create function public.first_that_works(calls text[]) returns text language plpgsql as $$
	declare
		call text;
	begin
		foreach call in array calls loop
			begin
				execute 'select ' || call || ' from generate_series(1, 300::bigint) n';
				return call;
			exception when others then
				null;
			end;
		end loop;
		return null;
	end $$});
my @types = pick_values(\&ask, 3000);

# Another value in each row n.
my %varying = (
	'integer' => '(n % 1000003)::int', 'bigint' => 'n', 'smallint' => '(n % 10)::smallint',
	'double precision' => '(n * 7919 % 1000003 + 0.5)::float8', 'numeric' => '(n * 7919 % 1000003)::numeric',
	'text' => q(('key number ' || n)), 'boolean' => '(n % 3 = 0)', 'date' => q((date '1000-01-01' + (n * 7919 % 1000003)::int)),
	'timestamp with time zone' => q((timestamptz '2000-01-01 00:00+00' + n * interval '1 second')),
	'timestamp without time zone' => q((timestamp '2000-01-01 00:00' + n * interval '1 second')),
	'daterange' => q(daterange(date '1000-01-01' + (n * 7919 % 1000003)::int, date '1000-01-02' + (n * 7919 % 1000003 + n % 100)::int)),
	'text[]' => q(array['a' || n, 'b' || n]), 'jsonb' => q(jsonb_build_object('n', n)), 'numeric[]' => 'array[n, n + 1]::numeric[]',
	'double precision[]' => 'array[n, n + 1]::float8[]', 'integer[]' => 'array[n, n + 1]::int[]', 'date[]' => q(array[date '2000-01-01' + (n % 10000)::int]),
	'uuid' => q(md5(n::text)::uuid));

# One large value.
my %large = (
	'text' => q(repeat('large text ', 3000000)), 'bytea' => q(decode(repeat('ab', 15000000), 'hex')), 'numeric' => '1e131071',
	'text[]' => q((select array_agg('item ' || n) from generate_series(1, 500000) n)), 'name[]' => q((select array_agg(('c' || n)::name) from generate_series(1, 100000) n)),
	'numeric[]' => '(select array_agg(n::numeric) from generate_series(1, 1000000) n)', 'double precision[]' => '(select array_agg(n::float8) from generate_series(1, 1000000) n)',
	'integer[]' => '(select array_agg(n) from generate_series(1, 1000000) n)', 'boolean[]' => '(select array_agg(n % 2 = 0) from generate_series(1, 1000000) n)',
	'date[]' => q((select array_agg(date '1000-01-01' + n) from generate_series(1, 500000) n)),
	'jsonb' => q((select jsonb_agg(jsonb_build_object('name', n::text, 'percent_off', 1)) from generate_series(1, 100000) n)));

my @functions = functions(\&ask);

# For each aggregate, arguments that it takes: as many as it lets vary from row to row.
my (%statements, %of, @large_states);
foreach my $function (grep { $_->[1] eq 'a' } @functions)
{
	my ($name, $kind, $set, $variadic, @arguments) = @$function;
	my %varies;
	foreach my $shape (1 .. SHAPES)
	{
		my $count = 0;
		my @values = map { $varying{$_} && rand() < 0.7 ? do { $count++; $varying{$_} } : argument($_) } @arguments;
		$values[-1] = "variadic $values[-1]" if $variadic;
		$varies{"$name(" . join(', ', @values) . ')'} = $count;
	}
	my @calls = sort { $varies{$b} <=> $varies{$a} || $a cmp $b } keys %varies;
	my $best = ask('select public.first_that_works(array[' . join(', ', map { "\$call\$$_\$call\$" } @calls) . ']::text[])');
	my $title = "$name(" . join(', ', @arguments) . ')';
	$of{$title} = [ $title, $best eq '' ? undef : "select $best is null from (select generate_series(1, @{[ROWS]}::bigint) as n) s" ];

	# what it gives for many rows is a large value for other functions
	my $returns = ask("select format_type(prorettype, null) from pg_proc where oid = '$title'::regprocedure");
	next unless $best ne '' && grep { $returns eq $_ } @types;
	push @large_states, [ $varies{$best}, $returns, "select $best as v from (select generate_series(1, 100000::bigint) as n) s" ];
}
my %made;
foreach (sort { $b->[0] <=> $a->[0] } @large_states)
{
	my ($varies, $type, $sql) = @$_;
	next if $made{$type};
	my ($code) = $node->psql('postgres', "set search_path = public, revops; set statement_timeout = '20s'; create table large_$type as $sql");
	$made{$type} = $code == 0;
}
foreach my $type (@types)
{
	my $exists = ask("select coalesce(to_regclass('public.large_$type'), to_regclass('public.pick_$type'))");
	$large{$type} = "(select v from $exists order by pg_column_size(v) desc limit 1)";
}
foreach my $function (grep { $_->[1] ne 'a' } @functions)
{
	my ($name, $kind, $set, $variadic, @arguments) = @$function;
	next unless grep { $large{$_} } @arguments;
	my @values = map { $large{$_} ? "$large{$_}\::$_" : argument($_) } @arguments;
	$values[-1] = "variadic $values[-1]" if $variadic;
	my $call = "$name(" . join(', ', @values) . ')';
	my $title = "$name(" . join(', ', @arguments) . ')';
	$of{$title} = [ $title, $kind eq 'w' ? "select count(x) from (select $call over () as x from generate_series(1, @{[ROWS]})) s"
		: $set ? "select count(x) from $call as x" : "select $call is null" ];
}

# processes that the server starts from now on have the limit
my ($pid) = split /\n/, do { open my $file, '<', $node->data_dir . '/postmaster.pid' or die $!; local $/; <$file> };
my ($has) = map { /VmSize:\s+(\d+)/ ? $1 * 1024 : () } do { open my $file, '<', "/proc/$pid/status" or die $!; <$file> };
my $limit = $has + $spare;
system('prlimit', "--pid=$pid", "--as=$limit") == 0 or die 'prlimit';

my %answers = in_two(
	sub {
		my ($title) = @_;
		my $sql = $of{$title}[1] // return 'no arguments found';
		my ($code, $out, $err);
		foreach my $try (1 .. 5)
		{
			($code, $out, $err) = $node->psql('postgres', "set search_path = public, revops; set statement_timeout = '@{[SECONDS]}s'; $sql", timeout => 20 * SECONDS);
			# the other process lost its server, or there was no memory to connect with
			last unless $err =~ /because of crash of another|starting up|recovery mode|not yet accepting/;
			sleep 2;
		}
		return $code == 0 ? 'answer' : ($err =~ /ERROR:  (\w{5}: )?(.*)/ ? "error: $2" : "lost: $err");
	}, sort keys %of);

my %count;
foreach my $title (sort keys %of)
{
	my $answer = $answers{$title} // 'lost';
	unlike($answer, qr/^lost|died/, "$title: an answer or an error") or diag($of{$title}[1]);
	$count{ $answer =~ /out of memory/ ? 'out of memory' : $answer =~ /timeout/ ? 'still at work' : $answer =~ /^(error|answer|no)/ ? $1 : 'lost' }++;
}
is($node->psql('postgres', 'select 1'), 0, 'the server answers');
is(crashes($node), '', 'no process ended badly');
open my $log, '<', $node->logfile or die $!;
my $internal = join '', grep { /\] XX\w{3} (?:ERROR|LOCATION)/ } <$log>;
is($internal, '', 'no internal error');
diag(join ', ', map { "$_: $count{$_}" } sort keys %count);
diag("no arguments found: $_") foreach grep { !$of{$_}[1] } sort keys %of;
cmp_ok($count{'out of memory'} // 0, '>', 5, 'there was too little memory');

$node->stop;
done_testing();
