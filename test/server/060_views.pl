# Views for BI on a whole server: what a role with USAGE and SELECT reads, in
# read-only sessions of three time zones; foreign tables; dump and restore.
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('views');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', q{
	create role maker login;
	create role reader login;
	create database company owner maker;
	create database restored owner maker;
});
my $db = 'company';
sub ask
{
	my ($sql, $user, $options) = @_;
	return $node->safe_psql($db, $sql,
		connstr => 'host=' . $node->host . ' port=' . $node->port . " dbname=$db user=" . ($user // 'maker') . ' ' . ($options // ''));
}

ask(q{
	create extension revops;
	create schema erp;
	create schema bi;
	create table erp.orders as
		select n as no, n % 40 as customer, timestamptz '2025-06-30 20:00+00' - n * interval '13 hours' as at, (n * 7919 % 1000 - 50)::numeric(12, 2) as amount
		from generate_series(1, 500) n;
	insert into erp.orders values (501, 7, null, 10);
	create table erp.log as
		select deal, timestamptz '2025-06-30 20:00+00' - (500 - deal - n * 3) * interval '1 day' as at, (array['lead', 'offer', 'won'])[n] as step, 'channel ' || deal % 3 as channel
		from generate_series(1, 300) deal, generate_series(1, 3) n where deal % (n * 2) < 2;
	insert into erp.log values (7, '2025-01-15 09:00+00', 'Offer', 'channel 1');
	create table erp.contract as
		select c as customer, 'line ' || c % 3 as line, c || '/' || n as no, date '2022-01-01' + c + n * 365 as starts, date '2022-01-01' + c + n * 365 + 364 as ends, (100 + c * n)::numeric(12, 2) as mrr
		from generate_series(1, 90) c, generate_series(0, 3) n where (c + n) % 7 > 0;
	insert into erp.contract values (5, 'line 1', 'typed wrong', '2024-01-01', '2023-01-01', 1);
	create table erp.line as select n, (array['api', 'seat'])[1 + n % 2] as item, n as quantity, date '2025-01-01' + n as day from generate_series(1, 100) n;
	create table erp.price (item text, tariff revops.tariff_def);
	insert into erp.price values ('api', '{"mode": "graduated", "tiers": [{"up_to": 10, "unit_price": 3}, {"unit_price": 2}]}');

	set search_path = bi, revops;
	select from rfm_create_views('orders', 'erp.orders', 'customer', 'at', 'amount', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
	select from funnel_create_views('deals', 'erp.log', 'deal', 'at', 'step', '{lead,offer,won}', within => '30 days', dimension => 'channel', as_of => '2025-06-30', time_zone => 'America/New_York');
	select from contract_create_views('subs', 'erp.contract', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', line => 'line', contract_key => 'no', as_of => '2025-06-30');
	select from quote_create_views('quotes', 'erp.line', 'n', 'item', 'quantity', 'day', 'erp.price', 'item', 'tariff', as_of => '2025-06-30', time_zone => 'UTC');
	select from rfm_create_views('stored', 'erp.orders', 'customer', 'at', 'amount', as_of => '2025-06-30', materialized => true, time_zone => 'UTC');
	grant usage on schema bi, erp to reader;
	grant select on all tables in schema bi, erp to reader;
});
my @views = split /\n/, ask('select view_name from revops.revops_views()');
is(scalar @views, 4 + 6 + 11 + 3 + 4, 'views are made by a plain role');

# a print of every view's rows, by whole-row hashes
sub prints
{
	my ($user, $options) = @_;
	return ask(join("\n", 'begin read only;',
		(map { "select '$_', count(*), sum(hash_record_extended(v, 0)) from $_ v;" } @views), 'commit;'), $user, $options);
}
my $before = prints();
unlike($before, qr/\|0\|/, 'every view has rows');
foreach my $zone ('Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati')
{
	is(prints('reader', "options='-c TimeZone=$zone -c default_transaction_read_only=on'"), $before,
		"a role with USAGE and SELECT reads the same rows in a read-only session in $zone");
}
is(ask(q{select count(*) from information_schema.columns where table_schema = 'bi'}, 'reader'),
	ask(q{select count(*) from pg_attribute a join pg_class c on c.oid = attrelid where relnamespace = 'bi'::regnamespace and relkind = 'v' and attnum > 0}),
	'it sees every column of plain views in information_schema');
isnt(($node->psql($db, q{select revops.rfm_create_views('x', 'erp.orders', 'customer', 'at', 'amount', target_schema => 'bi', time_zone => 'UTC')},
	connstr => 'host=' . $node->host . ' port=' . $node->port . " dbname=$db user=reader"))[0], 0, 'it makes none where it may not create');

# two calls at once
my $call = q{select count(*) from revops.rfm_create_views('twice', 'erp.orders', 'customer', 'at', 'amount', target_schema => 'bi', time_zone => 'UTC')};
if (my $child = fork)
{
	# the other call has made its views once this lock is seen
	$node->poll_query_until($db, q{select exists (select from pg_locks where locktype = 'advisory' and granted)}) or die 'no other call';
	my ($code, $out, $err) = $node->psql($db, $call,
		connstr => 'host=' . $node->host . ' port=' . $node->port . " dbname=$db user=maker");
	like($err, qr/"twice_customers" already exists in schema "bi"/, 'of two calls at once the second one says that the names are taken');
	waitpid $child, 0;
	is($?, 0, 'and the first one makes its views');
}
else
{
	ask("begin; $call; select pg_sleep(1); commit");
	require POSIX;
	POSIX::_exit(0);
}
ask('drop view bi.twice_customers, bi.twice_segments, bi.twice_cuts, bi.twice_checks');

# a foreign table
my $folder = tempdir(CLEANUP => 1);
chmod 0755, $folder;
SKIP:
{
	skip 'no file_fdw', 1 unless $node->safe_psql($db, q{select count(*) from pg_available_extensions where name = 'file_fdw'});
	$node->safe_psql($db, qq{
		copy erp.orders to '$folder/orders.csv' (format csv);
		create extension file_fdw;
		create server files foreign data wrapper file_fdw;
		create foreign table erp.orders_file (no integer, customer integer, at timestamptz, amount numeric(12, 2)) server files options (filename '$folder/orders.csv', format 'csv');
		grant select on erp.orders_file to maker;
		grant pg_read_server_files to maker;});
	ask(q{create schema far; select from revops.rfm_create_views('orders', 'erp.orders_file', 'customer', 'at', 'amount', target_schema => 'far', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')});
	is(ask('select sum(hash_record_extended(v, 0)) from far.orders_customers v'), ask('select sum(hash_record_extended(v, 0)) from bi.orders_customers v'),
		'a foreign table gives the same rows');
	$node->safe_psql($db, 'drop extension file_fdw cascade');
}

# after an upgrade of the extension the views work, and say that they are older
ask('alter extension revops update');
is(prints(), $before, 'views work after alter extension update');
$node->safe_psql($db, q{update pg_extension set extversion = '99.0' where extname = 'revops'});
is(ask(q{select count(*), count(*) filter (where needs_attention like '%installed is 99.0: repeat the call')
	from revops.revops_views()}), @views . '|' . @views, 'revops_views tells views of an older version');
$node->safe_psql($db, q{update pg_extension set extversion = (select default_version from pg_available_extensions where name = 'revops') where extname = 'revops'});

# dump and restore
my $list = 'select view_name, view_kind, answers, made_by, made_version, needs_attention from revops.revops_views()';
my $listed = ask($list);
my $columns = q{select attrelid::regclass::text collate "C", attname, col_description(attrelid, attnum) from pg_attribute
	where attrelid in (select oid from pg_class where relnamespace = 'bi'::regnamespace and relkind in ('v', 'm')) and attnum > 0 order by 1, 2};
my $described = ask($columns);
my $dump = "$folder/dump.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('company') ], 'dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
$db = 'restored';
is(prints(), $before, 'a restored database has the views, working');
is(prints('reader'), $before, 'and the rights to read them');
is(ask($list), $listed, 'and the calls that made them');
is(ask($columns), $described, 'and all comments');
ask(ask(q{select string_agg(distinct made_by, '; ') from revops.revops_views()}));
is(prints('reader'), $before, 'the calls can be repeated there');

# a source goes, its views with it; the rest stays
is(($node->psql($db, 'drop table erp.price'))[0], 3, 'a source does not go unnoticed');
ask('drop view bi.quotes_lines, bi.quotes_tiers, bi.quotes_checks');
ask('drop table erp.price');
is(ask('select count(*) from revops.revops_views() where needs_attention is not null'), '0', 'plain DROP VIEW drops views');

$node->stop;
done_testing();
