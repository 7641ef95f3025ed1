# The extension as a DBA meets it: installed by a plain user, every object
# commented, every function's properties stated, dropped without a trace.
use strict;
use warnings;

use File::Basename qw(basename);
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('install');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;

$node->safe_psql('postgres', q{
	create role builder login;
	create role reader login;
	create database company owner builder;
});
my $builder = "host=" . $node->host . " port=" . $node->port . " dbname=company user=builder";
my $reader = "host=" . $node->host . " port=" . $node->port . " dbname=company user=reader";
sub ask { my ($sql, $who) = @_; return $node->safe_psql('company', $sql, connstr => $who // $builder) }

my ($code, $out, $err) = $node->psql('company', 'create extension revops', connstr => $builder);
is($code, 0, 'a plain user with CREATE on the database installs it') or diag($err);
is($err, '', 'and is told nothing odd');
is(ask('select revops.wilson_low(3, 4) between 0.30 and 0.31', $reader), 't',
	'anybody may use it');
is(ask(q{select string_agg(distinct n.nspname, ', ') from pg_extension e
		join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e',
		pg_identify_object(d.classid, d.objid, 0) o join pg_namespace n on n.nspname = o.schema
	where extname = 'revops'}), 'revops, revops_internal', 'it lives in schema revops, and in one of its own for what users do not call');
isnt(($node->psql('company', 'create extension revops schema public', connstr => $builder))[0], 0,
	'and nowhere else');

# what \dx+ lists, by catalog
my $members = q{
	with member as (
		select d.classid, d.objid
		from pg_depend d join pg_extension e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
		where e.extname = 'revops' and d.deptype = 'e'
	)};

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member
	where obj_description(objid, classid::regclass::name) is null
		and classid not in ('pg_cast'::regclass, 'pg_namespace'::regclass, 'pg_amop'::regclass, 'pg_amproc'::regclass)
		and not exists (select from pg_type t where t.oid = objid and classid = 'pg_type'::regclass and (typelem <> 0 or typtype = 'm'))
}), '', 'every object has a comment');

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member join pg_proc p on classid = 'pg_proc'::regclass and p.oid = objid
	where proparallel <> 's' and prokind <> 'w' and provolatile <> 'v' and not proretset
}), '', 'every function that only computes is parallel safe');

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member join pg_proc p on classid = 'pg_proc'::regclass and p.oid = objid
	where prosecdef
}), '', 'no function runs with its owner\'s rights');

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member join pg_proc p on classid = 'pg_proc'::regclass and p.oid = objid
		join pg_language l on l.oid = prolang
	where lanname in ('sql', 'plpgsql') and prosqlbody is null
		and not 'search_path=pg_catalog, pg_temp' = any (coalesce(proconfig, '{}'))
}), '', 'every SQL function finds PostgreSQL\'s names alone, unless it says revops.');

# what a body is bound to is in pg_depend
is(ask($members . q{
	select string_agg(distinct pg_describe_object(d.classid, d.objid, 0) || ': ' || pg_describe_object(d.refclassid, d.refobjid, 0), ', ')
	from member m join pg_depend d on d.classid = m.classid and d.objid = m.objid and d.deptype = 'n'
	where not exists (select from member o where o.classid = d.refclassid and o.objid = d.refobjid)
		and d.refclassid not in ('pg_language'::regclass, 'pg_extension'::regclass)
		and (pg_identify_object(d.refclassid, d.refobjid, 0)).schema is distinct from 'pg_catalog'
}), '', 'and nothing in the extension needs what is neither there nor PostgreSQL\'s');

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member join pg_type t on classid = 'pg_type'::regclass and t.oid = objid
	where typtype = 'b' and typelem = 0 and (typalign <> 'd' or typreceive = 0 or typsend = 0 or typstorage <> 'x')
}), '', 'every type has a binary form, and is aligned and toasted alike');

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member join pg_aggregate a on classid = 'pg_proc'::regclass and a.aggfnoid = objid
	where aggkind = 'n' and aggcombinefn = 0
}), '', 'every aggregate can run in parallel');

is(ask($members . q{
	select string_agg(pg_describe_object(classid, objid, 0), ', ' order by 1)
	from member join pg_aggregate a on classid = 'pg_proc'::regclass and a.aggfnoid = objid
	where aggtransspace = 0 and aggtranstype = any (select oid from pg_type where typlen = -1 and typelem = 0)
}), '', 'every aggregate says how large its state is');

# pages that are made of the catalog are what it says; \df revops.* lists what users call and nothing else
{
	local @ENV{qw(PGHOST PGPORT PGDATABASE)} = ($node->host, $node->port, 'company');
	foreach (['reference'], ['metrics'], ['metrics', 'zh'])
	{
		my ($name, @language) = @$_;
		my $file = join '/', '../docs', @language, "$name.md";
		open my $page, '<:raw', $file or die $!;
		local $/;
		is(scalar `./$name @language`, <$page>, "$file is what the catalog says (test/$name @language)");
	}
}
is(join(' ', grep { !-e "../docs/$_" } split /\n/, ask('select distinct page from revops.metrics() where page is not null')),
	'', 'the dictionary names pages that are there');

# a database in another encoding than UTF8 reads the install script, too
foreach my $script (glob($node->config_data('--sharedir') . '/extension/revops--*.sql'))
{
	open my $handle, '<:raw', $script or die "$script: $!";
	is(scalar(grep { /[^\x00-\x7f]/ } <$handle>), 0, basename($script) . ' is plain ASCII');
}

# Chinese in a database that can hold it; elsewhere an error that says so, and English as ever
foreach my $encoding (qw(EUC_CN LATIN1 SQL_ASCII EUC_JP))
{
	my $name = lc $encoding;
	$node->safe_psql('postgres', "create database $name encoding '$encoding' lc_collate 'C' lc_ctype 'C' template template0");
	$node->safe_psql($name, q{
		create extension revops;
		create table orders as select n % 9 as customer, date '2025-01-01' + n as day, n * 1.5 as amount from generate_series(1, 90) n});
	my $orders = q{'orders', 'customer', 'day', 'amount', target_schema => 'public', as_of => '2025-04-30'};
	is($node->safe_psql($name, "select count(*) from revops.rfm_create_views('english', $orders)"), '4', "$encoding: views in English");
	foreach my $call ("revops.rfm_create_views('chinese', $orders, language => 'zh')", q{revops.metric_create_views('chinese', target_schema => 'public', language => 'zh')}, q{revops.metrics('zh')})
	{
		my (undef, $out, $err) = $node->psql($name, "\\set VERBOSITY verbose\nset client_encoding = '" . ($encoding eq 'EUC_CN' ? 'UTF8' : $encoding) . "';\nselect * from $call limit 1");
		if ($encoding eq 'EUC_CN') { is($err, '', "$encoding: $call"); like($out, qr/\xe6/, 'answers in Chinese') }
		else { like($err, qr/ERROR:  0A000: language zh cannot be written in this database\nDETAIL:  Its encoding is \Q$encoding\E/, "$encoding: $call says what is wrong") }
	}
}
is($node->safe_psql('euc_cn', q{set client_encoding = 'UTF8'; select problem_name, detail_name from chinese_checks}), '', 'the views can be read');
like($node->safe_psql('euc_cn', q{set client_encoding = 'UTF8'; select segment_name from chinese_segments where customer_count > 0 limit 1}), qr/^\xe5|^\xe6|^\xe4|^\xe9/, 'with Chinese labels');

# nothing but the extension is left behind, and nothing of it
ask('drop extension revops cascade');
is(ask(q{select count(*) from pg_namespace where nspname in ('revops', 'revops_internal')}), '0', 'drop extension leaves nothing');
is(($node->psql('company', 'create extension revops', connstr => $builder))[0], 0,
	'and it can be installed again');

$node->stop;
done_testing();
