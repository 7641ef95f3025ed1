# Every function and aggregate of the extension is called with NULLs and with
# the strangest values of its argument types: an answer or a clear error, never
# an internal one, never a crash, never an endless run.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use Test::More;

my $calls = $ENV{SWEEP_CALLS} // 80;    # a function

my $node = PostgreSQL::Test::Cluster->new('sweep');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nlog_min_messages = fatal");
$node->start;
$node->safe_psql('postgres', 'create extension revops');
sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }
foreach my $file (sort glob('*/values.sql'))
{
	open my $handle, '<:raw', $file or die $!;
	local $/;
	ask("set client_min_messages = warning;\n" . <$handle>);
}

# What to call with, by type; a type of the extension takes its value table.
my %pool = (
	'boolean' => [qw(true false)],
	'smallint' => [qw('-32768' -1 0 1 2 5 7 10 11 32767)],
	'integer' => [qw(-2147483648 -1 0 1 2 5 12 64 100 101 2147483647)],
	'bigint' => [qw(-9223372036854775808 -1 0 1 3 7 1000000 9223372036854775807)],
	'double precision' => [qw('NaN' 'Infinity' '-Infinity' -1 0 -0.0 0.5 0.95 1 3 1e308 -1e308 5e-324)],
	'numeric' => [qw('NaN' 'Infinity' '-Infinity' -1 0 0.0001 0.5 1 12.34 100 1e40 -1e40 1e-40 123456789012345678901234567890.12)],
	'text' => [ q(''), q('x'), q('grid'), q('octant'), q('quantile'), q('mean'), q('month'), q('week'), q('plain'), q('UTC'),
		q('Asia/Shanghai'), q('renewed'), q('graduated'), q('volume'), q('won'), q('all'), q('markov_2'), q('客户'), q(repeat('x', 100000)), q('{}'), q('{"a": [1, {"b": null}]}') ],
	'name' => [ q('x'), q('客户') ],
	'date' => [qw('infinity' '-infinity' '4713-01-01BC' '5874897-12-31' '2024-01-31' '2024-02-29' '2025-06-30' '2000-01-01')],
	'timestamp without time zone' => [qw('infinity' '-infinity' '4713-01-01BC' '294276-12-31' '2024-01-31' '2025-06-30')],
	'timestamp with time zone' => [qw('infinity' '-infinity' '4713-01-01BC' '294276-12-31' '2024-01-31' '2025-06-30')],
	'interval' => [ map { "'$_'" } '0', '1 day', '-1 day', '1 month', '100 years', '178000 years', '1 microsecond', '1 month -1 day' ],
	'daterange' => [ map { "'$_'" } 'empty', '[,)', '[2024-01-01,2025-01-01)', '[2024-01-31,2024-02-29]', '[2024-01-01,)', '(,2024-01-01)',
		'[2024-01-01,infinity)', '[-infinity,infinity]', '[5874897-12-30,5874897-12-31)' ],
	'jsonb' => [ map { "'$_'" } '{}', '[]', 'null', '1', '"x"', '[1, 2]', '{"a": 1}', '[{"name": "x", "percent_off": 10}]',
		'[{"name": null, "percent_off": "NaN"}]', '[{"name": "x", "round": 2}]', '{"tiers": []}', '{"round": {"scale": 1}}' ],
	'bytea' => [ q('\x'), q('\x00'), q('\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff') ],
	'regclass' => [ q('pg_class'), q('value_order_state') ],
	'uuid' => [ map { "'$_'" } '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '5f3a1c2e-0000-4000-8000-000000000001' ],
	'name[]' => [ map { "'$_'" } '{}', '{x}', '{relname,oid}', '{x,NULL}', '{{a,b},{c,d}}' ],
	'text[]' => [ map { "'$_'" } '{}', '{a}', '{a,b}', '{a,a}', '{a,NULL}', '{{a,b},{c,d}}', '{""}' ],
	'double precision[]' => [ map { "'$_'" } '{}', '{1}', '{1,2}', '{2,1}', '{1,1}', '{NULL}', '{NaN}', '{Infinity}', '{0.5,0.9}', '{{1,2},{3,4}}' ],
	'numeric[]' => [ map { "'$_'" } '{}', '{1}', '{100,NULL}', '{1,2,3}', '{2,1}', '{NaN}', '{Infinity}', '{0,0}', '{-1}', '{{1,2},{3,4}}' ],
	'boolean[]' => [ map { "'$_'" } '{}', '{t}', '{t,f}', '{t,NULL,f}', '{{t,f},{f,t}}' ],
	'integer[]' => [ map { "'$_'" } '{}', '{1}', '{1,NULL}', '{-1,2147483647}' ],
	'date[]' => [ map { "'$_'" } '{}', '{2024-01-31}', '{2024-01-31,2024-02-29,2024-01-31}', '{NULL}', '{infinity}', '{{2024-01-31},{2025-06-30}}' ],
	'rfm_scores' => [ q((1,2,3,5,'123')), q((null,2,3,5,'')), q((0,-1,100,5,null)), q((1,1,1,null,'1')), q((1,2,1,2,'121')) ],
);
foreach my $type (split /\n/, ask(q{select typname from pg_type
	where typnamespace = 'revops'::regnamespace and typtype = 'b' and typelem = 0}))
{
	# read by place, so that large values need not be written here
	my $count = ask("select count(*) from value_$type");
	$pool{$type} = [ map { "(select v from value_$type order by length(v::text), v::text offset $_ limit 1)" } 0 .. $count - 1 ];
}

srand(20250630);

sub argument
{
	my ($type) = @_;
	my $values = $pool{$type} // [];
	return "null::$type" if !@$values || rand() < 0.08;
	my $value = $values->[ rand @$values ];
	return "$value\::$type";
}

my @functions = split /\n/, ask(q{
	select p.pronamespace::regnamespace || '.' || p.proname || '|' || prokind::text || '|' || (proretset)::int || '|' || (provariadic <> 0)::int || '|'
		|| coalesce((select string_agg(format_type(t, null), ';' order by n) from unnest(proargtypes) with ordinality a(t, n)), '')
	from pg_proc p
	where pronamespace in ('revops'::regnamespace, 'revops_internal'::regnamespace)
		and not 'internal'::regtype::oid = any (proargtypes) and not 'cstring'::regtype::oid = any (proargtypes)
		and prorettype not in ('internal'::regtype::oid, 'cstring'::regtype::oid)
	order by 1});
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
	my ($name, $kind, $set, $variadic, $types) = split /\|/, $function, 5;
	my @types = split /;/, $types;
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
		"set search_path = public, revops; set statement_timeout = '20s';\n" . join("\n", @commands),
		on_error_stop => 1);
	is($code, 0, "$name($types) answers or says why") or diag(substr $err, 0, 1000);
	last if $code != 0 && $err =~ /server closed the connection|connection to server/;
}
is(ask("select string_agg(command || ': ' || message, E'\\n') from trouble"), '', 'no error is an internal one');
is(join(', ', sort keys %unknown), '', 'every argument type has values to call with');

$node->stop;
done_testing();
