# Changed values of every type, binary and text, in a server: see mutate.c. Then values that are stored compressed and
# apart: every function over them answers as over those that are not.
use strict;
use warnings;

use Cwd qw(getcwd);

use Arguments;
use Faults;
use PostgreSQL::Test::Cluster;
use Test::More;

use constant {
	SLOW_MS => 30000 * ($ENV{SLOWER} // 1),    # of one value; a horizon of millions of years takes 10 s for some accounts
	VARIANTS => 3,       # calls of each function, with other arguments
	SEEDS => 16,
};
my $rounds = $ENV{MUTATIONS} // 50000;
my $seed   = $ENV{SEED} // 1;
srand($seed);

delete @ENV{qw(MAKEFLAGS MAKELEVEL)};
system('make', '-s', '-C', 'fault', "PG_CONFIG=$ENV{PG_CONFIG}") == 0 or die 'mutate.so was not built';
my $module = getcwd() . '/fault/mutate';

my $node = start_node('mutation');
sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }
ask(qq{
	create extension revops;
	create function public.mutate(regtype, bytea[], bytea[], bytea[], text[], int, bigint, float8, text, out kind text, out times bigint, out slowest float8, out memory bigint, out example bytea)
		returns setof record language c strict as '$module';
	create function public.fed(regtype, bytea, bool) returns text language c strict as '$module';
	create function public.answer(command text, v anyelement) returns text language plpgsql as \$\$
	declare
		answer text;
	begin
		execute 'select string_agg(x::text, ''|'') from (' || command || ') x' into answer using v;
		return answer;
	exception when others then
		return sqlstate || ' ' || sqlerrm;
	end \$\$});
my @types = pick_values(\&ask, 3000);
cmp_ok(scalar @types, '>', 10, 'there are types');
# what functions read as jsonb is mutated, too
ask('create table value_jsonb as select v::jsonb as v from (values ' . join(', ', map { "($_)" } @{ $pool{jsonb} }) . ') x (v) union all '
	. join(' union all ', map { "(select v::text::jsonb from pick_$_ order by n desc limit 1)" } @types));
ask("create table pick_jsonb as select row_number() over () as n, v from value_jsonb");

# Queries over a value of each type.
my (%calls, %first_calls);
foreach my $function (functions(\&ask))
{
	my ($name, $kind, $set, $variadic, @arguments) = @$function;
	my %its = map { $_ => 1 } grep { my $type = $_; grep { $type eq $_ } @types, 'jsonb' } @arguments;
	foreach my $type (sort keys %its)
	{
		foreach my $variant (1 .. VARIANTS)
		{
			my $value = $kind eq 'a' ? 'x.v' : '$1';
			my @values = map { $_ eq $type ? $value : argument($_) } @arguments;
			$values[-1] = "variadic $values[-1]" if $variadic;
			my $call = "$name(" . join(', ', @values) . ')';
			my $sql = $kind eq 'w' ? "select $call over () from generate_series(1, 3)"
			  : $kind eq 'a' ? "select $call from (values (\$1), (\$1), (null)) as x (v)"
			  : $set ? "select x::text from $call as x"
			  :        "select $call";
			push @{ $first_calls{$type} }, $sql if $variant == 1;
			push @{ $calls{$type} }, $sql unless grep { $_ eq $sql } @{ $calls{$type} };
		}
	}
}
push @{ $calls{$_} }, 'select $1::jsonb' foreach @types;

sub quoted { return 'array[' . join(', ', map { "\$call\$$_\$call\$" } @_) . ']::text[]' }
sub sends { my ($type) = @_; return ($type eq 'jsonb' ? 'pg_catalog.' : 'revops_internal.') . "${type}_send(v)" }
my $foreign = join ' union all ', map { "(select " . sends($_) . " from pick_$_ where n <= 2)" } @types;

sub mutate_type
{
	my ($type) = @_;
	my $file = $node->data_dir . "/mutate.$type";
	my $sql = "set search_path = public, revops; set client_min_messages = warning;
		select kind, times, round(slowest::numeric, 1), memory, encode(case when kind = 'kept' or kind like 'FAULT%' then example else '' end, 'hex') from mutate('$type',
			(select array_agg(" . sends($type) . ") from (select v from pick_$type order by length(v::text) > 1500, md5(v::text) limit @{[SEEDS]}) x),
			(select array_agg(convert_to(v::text, 'UTF8')) from (select v from pick_$type order by length(v::text) > 1500, md5(v::text) limit @{[SEEDS]}) x),
			array($foreign), " . quoted(@{ $calls{$type} }) . ", $rounds, $seed, @{[SLOW_MS]}, '$file')";
	foreach my $try (1, 2, 3)
	{
		my $hangs;
		my ($code, $out, $err) = $node->psql('postgres', $sql, timeout => 120 + $rounds / 100, timed_out => \$hangs, extra_params => [ '-F', "\t" ]);
		# the other process lost its server
		if (!$hangs && $code != 0 && $err =~ /because of crash of another|starting up|recovery mode|not yet accepting/)
		{
			sleep 5;
			next;
		}
		return $out unless $hangs || $code != 0;
		open my $last, '<:raw', $file or return "FAULT $err";
		local $/;
		my ($form, $bytes) = unpack 'a a*', <$last>;
		my $binary = $form eq 'b' ? 'true' : 'false';
		return "FAULT " . ($hangs ? 'does not end' : $err) . " after select fed('$type', '\\x" . unpack('H*', substr $bytes, 0, 4000) . "', $binary)\t1\t0\t0\t";
	}
	return 'FAULT the server does not come back';
}

my $only = $ENV{TYPES} // '';
my @mutated = grep { /$only/ } @types, 'jsonb';
my %answers = in_two(\&mutate_type, @mutated);
my %most = (memory => 0, ms => 0);
my (%times, %kept);
foreach my $type (@mutated)
{
	my @kinds = map { [ split /\t/ ] } split /\n/, $answers{$type} // 'FAULT no answer';
	$kept{$type} = [ map { $_->[4] } grep { $_->[0] eq 'kept' } @kinds ];
	@kinds = grep { $_->[0] ne 'kept' } @kinds;
	# the server's own receive function of jsonb is no concern of ours
	my @faults = grep { $_->[0] =~ /^(?:FAULT|died)/ && !($type eq 'jsonb' && $_->[0] =~ /^FAULT recv: XX000 unsupported jsonb version/) } @kinds;
	is(join("\n", map { "$_->[0], $_->[1] times, at most $_->[2] ms, $_->[3] bytes: \\x" . substr($_->[4] // '', 0, 3000) } map { [ @$_, ('') x 4 ] } @faults), '', "$type: no fault");
	my %count;
	foreach (@kinds)
	{
		my ($kind, $times, $ms, $memory) = @$_;
		$count{ (split /[:,]/, $kind)[0] } += $times // 0;
		$times{$kind} += $times // 0;
		$most{ms} = $ms if ($ms // 0) > $most{ms};
		$most{memory} = $memory if ($memory // 0) > $most{memory};
	}
	next if @faults;
	cmp_ok($count{taken}, '>', 0, "$type: some values are taken");
	cmp_ok($count{recv}, '>', $rounds / 20, "$type: many bytes are not");
	cmp_ok($count{in}, '>', $rounds / 20, "$type: many texts are not");
}
diag("values per type: $rounds; slowest $most{ms} ms; most memory in recv or in $most{memory} bytes");
diag("$_: $times{$_}") foreach sort keys %times;

# Values that lie compressed, apart, or with a short header, among them some that came out of mutations.
my $how = { main => 'compressed', external => 'apart' };
my %stored;
foreach my $type (@types)
{
	foreach my $storage (sort keys %$how)
	{
		ask("create table ${storage}_$type (v $type) with (toast_tuple_target = 128);
			alter table ${storage}_$type alter v set storage $storage, alter v set compression pglz;
			insert into ${storage}_$type select v::text::$type from value_$type where v is not null and length(v::text) < 30000 order by length(v::text) desc limit 5;
			insert into ${storage}_$type select v::text::$type from value_$type where v is not null order by length(v::text) limit 3;
			insert into ${storage}_$type select convert_from(decode(text, 'hex'), 'UTF8')::$type from unnest(array[" . join(', ', map { "'$_'" } @{ $kept{$type} // [] }) . "]::text[]) text");
		$stored{$storage} += ask($storage eq 'main' ? "select count(*) from main_$type where pg_column_compression(v) is not null"
			: "select count(distinct chunk_id) from pg_toast.pg_toast_" . ask("select 'external_$type'::regclass::oid::int"));
	}
}
my %differ = in_two(
	sub {
		my ($type) = @_;
		return join "\n", map { ask("select '$how->{$_}: ' || call || ': ' || min(a) || ', not ' || min(b)
			from (select call, answer(call, v) as a, answer(call, v::text::$type) as b from ${_}_$type, unnest(" . quoted(@{ $first_calls{$type} }) . ") call) x
			where a is distinct from b or a like 'XX%' group by call") } sort keys %$how;
	}, @types);
like($differ{$_}, qr/^\n*$/, "$_: answers are the same over stored values") foreach @types;
cmp_ok($stored{$_}, '>', @types, "$stored{$_} values lie $how->{$_}") foreach sort keys %$how;

is(crashes($node), '', 'no process ended badly');
$node->stop;
done_testing();
