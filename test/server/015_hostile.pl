# The extension among plain users who would be superuser: the schema is its own, whoever installs it and whatever
# stood there before; dumps restore; nothing of a plain user runs with the rights of who calls revops.
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hostile');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', 'create role mallory login; create role builder login');
my $boss = $node->safe_psql('postgres', 'select current_user');    # the superuser

my $db;
sub new_database
{
	($db) = @_;
	$node->safe_psql('postgres', "create database $db; grant create on database $db to mallory, builder");
	return;
}
sub try
{
	my ($who, $sql) = @_;
	my ($code, $out, $err) = $node->psql($db, $sql,
		connstr => 'host=' . $node->host . ' port=' . $node->port . " dbname=$db user=$who");
	return $code ? $err : "done $out";
}
sub schema_is_ours
{
	my ($what) = @_;
	is(try($boss, q{
		select r.rolsuper, (select string_agg(case when a.grantee = 0 then 'public' else a.grantee::regrole::text end || ' ' || privilege_type, ', ' order by 1)
			from aclexplode(nspacl) a where a.grantee <> nspowner)
		from pg_namespace join pg_roles r on r.oid = nspowner where nspname = 'revops'}), 'done t|public USAGE', "$what: everybody may use the schema, and a superuser alone may add to it");
	like(try('mallory', 'create function revops.cardinality(text[]) returns int language sql as $$ select 1 $$'),
		qr/permission denied for schema revops/, "$what: mallory may not");
	return;
}

# objects of every class that a plain user can make, in a schema that he made
new_database('held');
my %held = (
	'function revops.wilson_low(int, int)' => 'create function revops.wilson_low(int, int) returns float8 language sql as $$ select 1.0 $$',
	'procedure revops.p()' => 'create procedure revops.p() language sql as $$ select 1 $$',
	'aggregate revops.a(int)' => 'create aggregate revops.a(int) (sfunc = int4larger, stype = int)',
	'operator revops.>=(bigint, integer)' => 'create operator revops.>= (leftarg = bigint, rightarg = integer, function = int84ge)',
	'type revops.e' => q{create type revops.e as enum ('x')},
	'domain revops.d' => 'create domain revops.d as int',
	'table revops.t' => 'create table revops.t (x int)',
	'sequence revops.s' => 'create sequence revops.s',
	'view revops.v' => 'create view revops.v as select 1 as x',
	'collation revops.c' => q{create collation revops.c (locale = 'C')},
	'conversion revops.c' => q{create conversion revops.c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8},
	'text search configuration revops.c' => 'create text search configuration revops.c (copy = pg_catalog.simple)',
	'text search dictionary revops.d' => 'create text search dictionary revops.d (template = simple)');
foreach my $object (sort keys %held)
{
	like(try('mallory', "create schema revops; $held{$object}"), qr/^done/, "mallory makes $object");
	foreach my $who ($boss, 'mallory')
	{
		like(try($who, 'create extension revops'), qr/schema "revops" already exists and is not empty.*DETAIL:.*depends on schema revops/s, "it is refused to $who");
	}
	try('mallory', 'drop schema revops cascade');
}

# an empty schema gives way to its owner or a superuser
like(try('mallory', 'create schema revops; grant all on schema revops to public; alter default privileges in schema revops grant all on tables to public'), qr/^done/,
	'mallory makes an empty schema');
like(try('builder', 'create extension revops'), qr/schema "revops" already exists.*belongs to mallory/s, 'another plain user may not replace it');
like(try($boss, 'create extension revops'), qr/^done/, 'a superuser may');
schema_is_ours('made by a superuser');

# a plain user installs
new_database('own');
$node->safe_psql('own', 'alter default privileges grant create on schemas to mallory, public');
like(try('mallory', 'create schema revops; create extension revops'), qr/^done/, 'mallory installs over her own empty schema');
schema_is_ours('made by mallory, under careless default privileges');
foreach my $sql ('alter schema revops owner to mallory', 'alter schema revops rename to mine', 'drop schema revops cascade',
	'alter extension revops set schema public', 'create or replace function revops.wilson_low(bigint, bigint) returns float8 language sql as $$ select 1.0 $$',
	'alter function revops.wilson_low(bigint, bigint) owner to mallory', 'alter extension revops drop function revops.wilson_low(bigint, bigint)',
	'create cast (text as revops.tariff_def) with inout as implicit', 'create operator revops.= (leftarg = text, rightarg = text, function = texteq)')
{
	unlike(try('mallory', $sql), qr/^done/, "who installed it is refused: $sql");
}
try('mallory', 'grant create on schema revops to mallory');
schema_is_ours('after all that');
like(try('mallory', 'create extension revops schema revops'), qr/must be installed in schema|already exists/, 'no schema may be named');
like(try('mallory', 'drop extension revops'), qr/^done/, 'who installed it may drop it');
is(try($boss, q{select count(*) from pg_namespace where nspname in ('revops', 'revops_internal')}), 'done 0', 'its schemas go, too');
like(try('mallory', 'create extension revops'), qr/^done/, 'and install it again');
is(try('mallory', 'set search_path = public; create extension if not exists revops; show search_path'), 'done public', 'the search_path stays as it was');

# dump and restore by a plain user, also over an empty schema
my $folder = tempdir(CLEANUP => 1);
new_database('dumped');
try('mallory', q{
	create extension revops;
	create schema m;
	create table m.price (tariff revops.tariff_def);
	insert into m.price values ('{"mode": "volume", "tiers": [{"unit_price": 2}]}');
	create view m.priced as select revops.tariff_price(tariff, 3) as amount from m.price});
my @mallory = ('-U', 'mallory', '-h', $node->host, '-p', $node->port);
$node->command_ok([ 'pg_dump', @mallory, '-f', "$folder/dump.sql", 'dumped' ], 'mallory dumps her database');
unlike(slurp_file("$folder/dump.sql"), qr/schema revops;/i, 'the dump does not make the schema');
foreach my $before ('', 'create schema revops')
{
	new_database('restored' . ($before ? 2 : 1));
	try('mallory', $before);
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-1', @mallory, '-f', "$folder/dump.sql", '-d', $db ], "and restores it $before");
	is(try('mallory', 'select amount from m.priced'), 'done 6', 'with all that is in it');
	schema_is_ours('restored');
}

$node->stop;
done_testing();
