# From the release before to this one: its SQL works with this library, an update makes what a new
# installation makes, and values and views that were there before stay as they were.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($script) = glob('../src/upgrade/revops--*.sql');
my ($released) = $script =~ /revops--(.*)\.sql$/;
my %had = map { m{^(\w+)/} ? ($1 => 1) : () } split /\n/, slurp_file("../src/upgrade/revops--$released.parts");

my $node = PostgreSQL::Test::Cluster->new('upgrade');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', 'create role dba login');
my $db;
sub ask
{
	my ($sql) = @_;
	return $node->safe_psql($db, "set client_min_messages = warning; set search_path = public, revops;\n$sql",
		connstr => 'host=' . $node->host . ' port=' . $node->port . " dbname=$db user=dba");
}

# what a DBA sees of each object, but for its OID
my $catalog = q{
	with member as (
		select d.classid, d.objid from pg_depend d join pg_extension e on e.extname = 'revops' and d.refobjid = e.oid
		where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
	), described as (
		select pg_describe_object(classid, objid, 0) as object, coalesce(obj_description(objid, classid::regclass::name), '') as comment,
			coalesce((
				select concat_ws(' ', pronamespace::regnamespace, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, prokind, provolatile, proisstrict,
					proparallel, procost, prorows, prosecdef, proleakproof, prosupport, md5(coalesce(pg_get_function_sqlbody(p.oid), prosrc)), probin, proconfig, proacl, proowner = 10)
				from pg_proc p join pg_language l on l.oid = prolang where classid = 'pg_proc'::regclass and p.oid = objid), '')
			|| coalesce((
				select concat_ws(' ', aggkind, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggtranstype::regtype, aggtransspace, aggfinalmodify, aggfinalextra, agginitval)
				from pg_aggregate where classid = 'pg_proc'::regclass and aggfnoid = objid), '')
			|| coalesce((
				select concat_ws(' ', typnamespace::regnamespace, typlen, typbyval, typtype, typcategory, typinput, typoutput, typreceive, typsend, typalign, typstorage, typacl,
					(select string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)), ', ' order by attnum) from pg_attribute where attrelid = typrelid and typrelid <> 0))
				from pg_type where classid = 'pg_type'::regclass and oid = objid), '')
			|| coalesce((
				select concat_ws(' ', oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanmerge, oprcanhash)
				from pg_operator where classid = 'pg_operator'::regclass and oid = objid), '')
			|| coalesce((
				select concat_ws(' ', opcintype::regtype, opcdefault, (select string_agg(concat_ws(' ', amopstrategy, amopopr::regoperator), ', ' order by amopstrategy) from pg_amop where amopfamily = opcfamily),
					(select string_agg(concat_ws(' ', amprocnum, amproc), ', ' order by amprocnum) from pg_amproc where amprocfamily = opcfamily))
				from pg_opclass where classid = 'pg_opclass'::regclass and oid = objid), '')
			|| coalesce((select concat_ws(' ', castcontext, castmethod, castfunc) from pg_cast where classid = 'pg_cast'::regclass and oid = objid), '')
			|| coalesce((select concat_ws(' ', nspacl, nspowner = 10) from pg_namespace where classid = 'pg_namespace'::regclass and oid = objid), '') as properties
		from member
	)
	select object || ' | ' || properties || ' | ' || comment from described order by 1};

$node->safe_psql('postgres', "create database $_ owner dba") foreach 'fresh', 'old';
$db = 'fresh';
ask('create extension revops');
my $fresh = ask($catalog);
my $version = ask(q{select extversion from pg_extension where extname = 'revops'});
isnt($version, $released, "$released is not this version");
ok($fresh =~ /function rfm_score/ && length($fresh) > 100_000, 'the catalog is described');

$db = 'old';
ask("create extension revops version '$released'");
my %before;
foreach my $module (sort keys %had)
{
	next unless -f "$module/values.sql";
	ask(slurp_file("$module/values.sql") =~ s/^-- after \Q$released\E:.*//msr);
}
my @tables = split /\n/, ask(q{select relname from pg_class where relnamespace = 'public'::regnamespace and relname like 'value\_%' order by 1});
ok(@tables > 10, "the types of $released have values");
sub listing { my ($table) = @_; return ask("select v::text from $table order by v::text") }
$before{$_} = listing($_) foreach @tables;
ask(q{
	create table orders as select n as no, n % 40 as customer, date '2025-06-30' - n as day, (n * 7919 % 1000)::numeric(12, 2) as amount from generate_series(1, 500) n;
	create schema bi;
	select from rfm_create_views('orders', 'orders', 'customer', 'day', 'amount', target_schema => 'bi', as_of => '2025-06-30');
});
my $segments = 'select segment_name, customer_count, total_amount from bi.orders_segments order by segment_index';
my $view = ask($segments);

# a maker takes one more argument, so the old form goes: what is bound to it must go first, and the error says what
ask(q{create function monthly() returns bigint begin atomic select count(*) from rfm_create_views('orders', 'orders', 'customer', 'day', 'amount', target_schema => 'bi', replace => true); end});
my (undef, undef, $refused) = $node->psql($db, 'alter extension revops update', connstr => 'host=' . $node->host . ' port=' . $node->port . " dbname=$db user=dba");
like($refused, qr/cannot drop function .*rfm_create_views.* because other objects depend on it\nDETAIL:  function public[.]monthly\(\) depends on/, 'a function whose body is bound to an old maker stops the update');
ask('drop function monthly()');

ask('alter extension revops update');
is(ask(q{select extversion from pg_extension where extname = 'revops'}), $version, 'a plain owner updates it');
my %is_fresh = map { $_ => 1 } split /\n/, $fresh;
my %is_updated = map { $_ => 1 } split /\n/, ask($catalog);
is(join("\n", grep { !$is_updated{$_} } sort keys %is_fresh), '', 'what a new installation has, an updated one has');
is(join("\n", grep { !$is_fresh{$_} } sort keys %is_updated), '', 'and nothing else');
is(listing($_), $before{$_}, "$_ reads as before") foreach @tables;
is(ask($segments), $view, 'views answer as before');
like(ask(q{select needs_attention from revops_views() where view_name = 'bi.orders_segments'}), qr/made by revops \Q$released\E/, 'and tell that they can be made again');

is(ask(q{select count(*) from rfm_create_views('orders', 'orders', 'customer', 'day', 'amount', target_schema => 'bi', as_of => '2025-06-30', replace => true)}), '4', 'a call as it was makes them again');
is(ask(q{select count(*) from rfm_create_views('orders', 'orders', 'customer', 'day', 'amount', null, 5, 'quantile', null, 'bi', '2025-06-30', null, false, true)}), '4', 'also one by position');
is(ask($segments), $view, 'with the same answers');

$node->stop;
done_testing();
