# Views for BI through the PostgreSQL ODBC driver, as Power BI gateways and desktop
# tools read them: every view, column and type, and the rows. (This driver tells
# no comments.)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'no DBD::ODBC (package libdbd-odbc-perl)' unless eval { require DBI; require DBD::ODBC; 1 };
my ($driver) = glob('/usr/lib/*/odbc/psqlodbcw.so');
plan skip_all => 'no driver psqlodbcw.so (package odbc-postgresql)' unless $driver;

my $node = PostgreSQL::Test::Cluster->new('views_odbc');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', q{
	create role reader login;
	create extension revops;
	create schema erp;
	create schema bi;
	create table erp.orders as
		select n as no, n % 300 as customer, timestamptz '2025-06-30 20:00+00' - n * interval '1 hour' as at, (n * 7919 % 1000 - 50)::numeric(12, 2) as amount
		from generate_series(1, 900) n;
	create table erp.contract as
		select c as customer, '产品 ' || c % 3 as line, date '2022-01-01' + c + n * 365 as starts, date '2022-01-01' + c + n * 365 + 364 as ends, (100 + c * n)::numeric(12, 2) as mrr
		from generate_series(1, 90) c, generate_series(0, 3) n where (c + n) % 7 > 0;
	create table erp.log as
		select deal, timestamptz '2025-06-30 20:00+00' - (500 - deal - n * 3) * interval '1 day' as at, (array['lead', 'offer', 'won'])[n] as step
		from generate_series(1, 300) deal, generate_series(1, 3) n where deal % (n * 2) < 2;
	set search_path = bi, revops;
	select from rfm_create_views('orders', 'erp.orders', 'customer', 'at', 'amount', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
	select from funnel_create_views('deals', 'erp.log', 'deal', 'at', 'step', '{lead,offer,won}', as_of => '2025-06-30', time_zone => 'UTC');
	select from contract_create_views('subs', 'erp.contract', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', line => 'line', as_of => '2025-06-30');
	grant usage on schema bi, erp to reader;
	grant select on all tables in schema bi, erp to reader;
});

my $connection = DBI->connect("dbi:ODBC:Driver=$driver;Servername=" . $node->host . ';Port=' . $node->port
	  . ';Database=postgres;Username=reader;ReadOnly=1;UseDeclareFetch=1;Fetch=100', '', '', { RaiseError => 1, PrintError => 0 });

my $tables = $connection->table_info('', 'bi', '%', 'VIEW')->fetchall_arrayref({});
is(scalar @$tables, 4 + 5 + 11, 'the driver lists every view');

my $columns = $connection->column_info('', 'bi', '%', '%')->fetchall_arrayref({});
is(scalar @$columns, $node->safe_psql('postgres', q{select count(*) from information_schema.columns where table_schema = 'bi'}), 'and every column');
is(join(' ', map { "$_->{TABLE_NAME}.$_->{COLUMN_NAME}" } grep { $_->{TYPE_NAME} eq 'numeric' && (($_->{COLUMN_SIZE} // 0) < 38 || !$_->{DECIMAL_DIGITS}) } @$columns),
	'', 'decimals have precision and scale');
my %types = map { $_->{TYPE_NAME} => 1 } @$columns;
is(join(' ', sort keys %types), 'bool date float8 int4 int8 numeric text timestamptz', 'of types that are charted');

foreach my $view (map { $_->{TABLE_NAME} } @$tables)
{
	my $rows = $connection->selectall_arrayref("select * from bi.$view");
	is(scalar @$rows, $node->safe_psql('postgres', "select count(*) from bi.$view"), "$view: reads every row");
	unlike(join('|', map { map { $_ // '' } @$_ } @$rows), qr/\b(?:NaN|Infinity|inf)\b/i, "$view: no value that a client cannot carry");
}
$connection->disconnect;

$node->stop;
done_testing();
