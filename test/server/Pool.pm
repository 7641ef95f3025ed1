package Pool;

# Pool.pm: values to call the extension's functions with, by type of argument. What a server test needs that
# goes through all functions or aggregates of the catalog.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(argument_pool);

# Expressions by type, the strange ones among them.
my %plain = (
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

# argument_pool(sub that runs SQL and returns what it prints): makes the modules' value tables in the session's
# search path, and returns expressions by type. A type of the extension takes its value table.
sub argument_pool
{
	my ($ask) = @_;
	foreach my $file (sort glob('*/values.sql'))
	{
		open my $handle, '<:raw', $file or die $!;
		my $values = do { local $/; <$handle> };
		$ask->("set client_min_messages = warning;\n$values");
	}
	my %pool = %plain;
	foreach my $type (split /\n/, $ask->(q{select typname from pg_type
		where typnamespace = 'revops'::regnamespace and typtype = 'b' and typelem = 0}))
	{
		# read by place, so that large values need not be written here
		my $count = $ask->("create table pool_$type as select row_number() over (order by length(v::text), v::text) - 1 as n, v from value_$type;
			select count(*) from pool_$type");
		$pool{$type} = [ map { "(select v from pool_$type where n = $_)" } 0 .. $count - 1 ];
	}
	return %pool;
}

1;
