package Arguments;

# Arguments.pm: the functions of the extension and what to call them with, for tests that call all of them: from the
# catalog, so that new ones are covered without being named.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(make_values pick_values types functions argument %pool);

# What to call with, by type, the strange among it. pick_values adds the types of the extension.
our %pool = (
	'boolean' => [qw(true false)],
	'smallint' => [qw('-32768' -1 0 1 2 5 7 10 11 32767)],
	'integer' => [qw(-2147483648 -1 0 1 2 5 12 64 100 101 2147483647)],
	'bigint' => [qw(-9223372036854775808 -1 0 1 3 7 1000000 9223372036854775807)],
	'double precision' => [qw('NaN' 'Infinity' '-Infinity' -1 0 -0.0 0.5 0.95 1 3 1e308 -1e308 5e-324)],
	'numeric' => [qw('NaN' 'Infinity' '-Infinity' -1 0 0.0001 0.5 1 12.34 100 1e40 -1e40 1e-40 123456789012345678901234567890.12)],
	'text' => [ q(''), q('x'), q('grid'), q('octant'), q('quantile'), q('mean'), q('month'), q('week'), q('plain'), q('UTC'),
		q('Asia/Shanghai'), q('renewed'), q('graduated'), q('volume'), q('won'), q('a'), q('b'), q('log'), q('all'), q('markov_2'), q('客户'), q(repeat('x', 100000)), q('{}'), q('{"a": [1, {"b": null}]}') ],
	'name' => [ q('x'), q('客户') ],
	'date' => [qw('infinity' '-infinity' '4713-01-01BC' '5874897-12-31' '2024-01-31' '2024-02-29' '2025-06-30' '2000-01-01')],
	'timestamp without time zone' => [qw('infinity' '-infinity' '4713-01-01BC' '294276-12-31' '2024-01-31' '2025-06-30')],
	'timestamp with time zone' => [qw('infinity' '-infinity' '4713-01-01BC' '294276-12-31' '2024-01-31' '2025-06-30')],
	'interval' => [ map { "'$_'" } '0', '1 day', '-1 day', '1 month', '100 years', '178000 years', '1 microsecond', '1 month -1 day' ],
	'daterange' => [ map { "'$_'" } 'empty', '[,)', '[2024-01-01,2025-01-01)', '[2024-01-31,2024-02-29]', '[2024-01-01,)', '(,2024-01-01)',
		'[2024-01-01,infinity)', '[-infinity,infinity]', '[5874897-12-30,5874897-12-31)' ],
	'jsonb' => [ map { "'$_'" } '{}', '[]', 'null', '1', '"x"', '[1, 2]', '{"a": 1}', '[{"name": "x", "percent_off": 10}]',
		'[{"name": null, "percent_off": "NaN"}]', '[{"name": "x", "round": 2}]', '{"tiers": []}', '{"round": {"scale": 1}}',
		'{"mode": "volume"}', '{"mon-fri": ["09:00-17:00"]}' ],
	'bytea' => [ q('\x'), q('\x00'), q('\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff') ],
	'regclass' => [ q('pg_class'), q('value_order_state') ],
	'uuid' => [ map { "'$_'" } '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '5f3a1c2e-0000-4000-8000-000000000001' ],
	'name[]' => [ map { "'$_'" } '{}', '{x}', '{relname,oid}', '{x,NULL}', '{{a,b},{c,d}}' ],
	'text[]' => [ map { "'$_'" } '{}', '{a}', '{a,b}', '{a,a}', '{a,NULL}', '{{a,b},{c,d}}', '{""}' ],
	'double precision[]' => [ map { "'$_'" } '{}', '{1}', '{1,2}', '{2,1}', '{1,1}', '{NULL}', '{NaN}', '{Infinity}', '{0.5,0.9}', '{{1,2},{3,4}}' ],
	'numeric[]' => [ map { "'$_'" } '{}', '{1}', '{100,NULL}', '{1,2,3}', '{2,1}', '{NaN}', '{Infinity}', '{0,0}', '{-1}', '{{1,2},{3,4}}' ],
	'boolean[]' => [ map { "'$_'" } '{}', '{t}', '{t,f}', '{t,NULL,f}', '{f,t,f,t}', '{{t,f},{f,t}}' ],
	'integer[]' => [ map { "'$_'" } '{}', '{1}', '{1,NULL}', '{-1,2147483647}' ],
	'date[]' => [ map { "'$_'" } '{}', '{2024-01-31}', '{2024-01-31,2024-02-29,2024-01-31}', '{NULL}', '{infinity}', '{{2024-01-31},{2025-06-30}}' ],
	'rfm_scores' => [ q((1,2,3,5,'123')), q((null,2,3,5,'')), q((0,-1,100,5,null)), q((1,1,1,null,'1')), q((1,2,1,2,'121')) ],
);

# Makes the tables value_TYPE of values of each type; $ask runs SQL and returns what it prints.
sub make_values
{
	my ($ask) = @_;
	foreach my $file (sort glob('*/values.sql'))
	{
		open my $handle, '<:raw', $file or die $!;
		my $values = do { local $/; <$handle> };
		$ask->("set client_min_messages = warning;\n$values");
	}
	return;
}

# The same, and expressions that read them into %pool: by place, so that large values need not be written where they
# are called with. Those whose text is longer than $longest, where it is given, are left out. Returns the types.
sub pick_values
{
	my ($ask, $longest) = @_;
	make_values($ask);
	my @types = types($ask);
	foreach my $type (@types)
	{
		my $short = $longest ? "where length(v::text) < $longest" : '';
		my $count = $ask->("create table pick_$type as select row_number() over (order by length(v::text), v::text) as n, v from value_$type $short;
			select count(*) from pick_$type");
		$pool{$type} = [ map { "(select v from pick_$type where n = $_)" } 1 .. $count ];
	}
	return @types;
}

# The types of the extension.
sub types
{
	my ($ask) = @_;
	return split /\n/, $ask->(q{
		select typname from pg_type t join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
			join pg_extension e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
		where extname = 'revops' and typnamespace = 'revops'::regnamespace and typtype = 'b' and typelem = 0 order by 1});
}

# Its functions that SQL can call: each a name, kind (of pg_proc), whether it returns a set, whether its last
# argument is variadic, and the types of the arguments.
sub functions
{
	my ($ask) = @_;
	return map { my ($name, $kind, $set, $variadic, $types) = split /\|/, $_, 5; [ $name, $kind, $set, $variadic, split /;/, $types ] } split /\n/, $ask->(q{
		select p.pronamespace::regnamespace || '.' || p.proname || '|' || prokind::text || '|' || (proretset)::int || '|' || (provariadic <> 0)::int || '|'
			|| coalesce((select string_agg(format_type(t, null), ';' order by n) from unnest(proargtypes) with ordinality a(t, n)), '')
		from pg_proc p
		where pronamespace in ('revops'::regnamespace, 'revops_internal'::regnamespace)
			and not 'internal'::regtype::oid = any (proargtypes) and not 'cstring'::regtype::oid = any (proargtypes)
			and prorettype not in ('internal'::regtype::oid, 'cstring'::regtype::oid)
		order by 1});
}

# One argument of a type at random; now and then NULL.
sub argument
{
	my ($type) = @_;
	my $values = $pool{$type} // [];
	return "null::$type" if !@$values || rand() < 0.08;
	my $value = $values->[ rand @$values ];
	return "$value\::$type";
}

1;
