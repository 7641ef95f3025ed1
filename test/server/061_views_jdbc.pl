# Views for BI through the driver that most BI tools use: pgjdbc lists views and
# columns with their comments, reads them read-only with a fetch size, and makes
# views with bound parameters.
use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $jar = $ENV{PGJDBC_JAR} // '/usr/share/java/postgresql.jar';
plan skip_all => "no driver at $jar (package libpostgresql-jdbc-java)" unless -e $jar;
plan skip_all => 'no java that compiles (a JDK from 11 on)'
	unless `java --list-modules 2>/dev/null` =~ /jdk\.compiler/;

my $node = PostgreSQL::Test::Cluster->new('views_jdbc');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
# the driver knows no Unix sockets; others on this machine know no password
$node->append_conf('postgresql.conf', "fsync = off\nlisten_addresses = '127.0.0.1'");
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
$hba =~ s/^(host.*)trust$/$1scram-sha-256/mg;
open my $handle, '>', $node->data_dir . '/pg_hba.conf' or die $!;
print $handle $hba;
close $handle;
my $password = unpack 'H*', do { open my $random, '<:raw', '/dev/urandom' or die $!; local $/ = \12; scalar <$random> };
$node->start;
$node->safe_psql('postgres', "alter role current_user password '$password'");
$node->safe_psql('postgres', q{
	create role reader login password '} . $password . q{';
	create extension revops;
	create schema erp;
	create schema bi;
	create table erp.orders as
		select n as no, n % 3000 as customer, timestamptz '2025-06-30 20:00+00' - n * interval '1 hour' as at, (n * 7919 % 1000 - 50)::numeric(12, 2) as amount
		from generate_series(1, 9000) n;
	create table erp.contract as
		select c as customer, 'line ' || c % 3 as line, c || '/' || n as no, date '2022-01-01' + c + n * 365 as starts, date '2022-01-01' + c + n * 365 + 364 as ends, (100 + c * n)::numeric(12, 2) as mrr
		from generate_series(1, 90) c, generate_series(0, 3) n where (c + n) % 7 > 0;
	insert into erp.contract values (5, 'line 1', 'typed wrong', '2024-01-01', '2023-01-01', 1);
	create table erp.log as
		select deal, timestamptz '2025-06-30 20:00+00' - (500 - deal - n * 3) * interval '1 day' as at, (array['lead', 'offer', 'won'])[n] as step
		from generate_series(1, 300) deal, generate_series(1, 3) n where deal % (n * 2) < 2;
	create table erp.line as select n, 'api' as item, n as quantity, date '2025-01-01' + n as day from generate_series(1, 100) n;
	create table erp.price as select 'api' as item, '{"mode": "graduated", "tiers": [{"up_to": 10, "unit_price": 3}, {"unit_price": 2}]}'::revops.tariff_def as tariff;
	create table erp.ticket as
		select n as no, timestamptz '2025-06-30 20:00+00' - n * interval '5 hours' as at, case when n % 9 > 0 then timestamptz '2025-06-30 20:00+00' - n * interval '4 hours 50 minutes' end as answered, 'agent ' || n % 3 as agent
		from generate_series(1, 400) n;
	insert into erp.log values (7, '2025-01-15 09:00+00', 'Offer');
	insert into erp.line values (101, 'unknown', 1, '2025-01-01');
	insert into erp.ticket values (1000, '2025-05-05 10:00+08', '2025-05-05 09:00+08', 'agent 1');
	create table erp.target as select d::date as month, 40000 as amount from generate_series(timestamp '2024-07-01', '2025-12-01', '1 month') d where d <> '2025-01-01';
	insert into erp.orders values (9001, null, '2025-01-01 00:00+00', 5);
	set search_path = bi, revops;
	select from rfm_create_views('orders', 'erp.orders', 'customer', 'at', 'amount', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
	select from funnel_create_views('deals', 'erp.log', 'deal', 'at', 'step', '{lead,offer,won}', within => '30 days', as_of => '2025-06-30', time_zone => 'America/New_York');
	select from contract_create_views('subs', 'erp.contract', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', line => 'line', contract_key => 'no', as_of => '2025-06-30');
	select from quote_create_views('quotes', 'erp.line', 'n', 'item', 'quantity', 'day', 'erp.price', 'item', 'tariff', as_of => '2025-06-30', time_zone => 'UTC');
	select from service_create_views('tickets', 'erp.ticket', 'no', 'at', 'answered', 8, '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}}', 'agent', as_of => '2025-06-30');
	select from activity_create_views('active', 'erp.orders', 'customer', 'at', amount => 'amount', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
	select from gmv_create_views('gmv', 'erp.orders', 'customer', 'at', 'amount', target => 'erp.target', target_period => 'month', target_amount => 'amount', as_of => '2025-06-18', time_zone => 'Asia/Shanghai');
	grant usage on schema bi, erp to reader;
	grant select on all tables in schema bi, erp to reader;
});

sub driver
{
	my ($user, $zone, $part) = @_;
	my ($out, $err) = run_command([ 'java', '-cp', $jar, "-Duser.timezone=$zone", dirname(__FILE__) . '/ViewsJdbc.java',
		'jdbc:postgresql://127.0.0.1:' . $node->port . "/postgres?user=$user&password=$password", $part ]);
	is($err // '', '', "$part as $user in $zone: no error");
	return $out;
}

my $listed = driver('reader', 'UTC', 'list');
my %seen = map { split /=/, $_, 2 } split /\n/, $listed;
is($seen{views}, 4 + 5 + 11 + 3 + 5 + 4 + 4, 'the driver lists every view');
is($seen{'views without comment'}, '', 'each with its comment');
is($seen{columns}, $node->safe_psql('postgres', q{select count(*) from pg_attribute a join pg_class c on c.oid = attrelid
	where relnamespace = 'bi'::regnamespace and attnum > 0}), 'and every column');
is($seen{'columns without comment'}, '', 'each with its comment');
is($seen{'decimals without scale'}, '', 'decimals have precision and scale');
is($seen{types}, 'bool date float8 int4 int8 numeric text timestamptz', 'of types that are charted');

my $read = driver('reader', 'UTC', 'read');
like($read, qr/^orders_customers=3000 /m, 'a fetch size reads every row');
unlike($read, qr/=0 /, 'of every view');
unlike($read, qr/NaN|Infinity/i, 'no value that a client cannot carry');
is(driver('reader', 'Asia/Shanghai', 'read'), $read, 'the same in another zone of the client');
is(driver('reader', 'America/Los_Angeles', 'read'), $read, 'and another');

is(driver($node->safe_psql('postgres', 'select current_user'), 'UTC', 'make'),
	"bi.bound_customers\nbi.bound_segments\nbi.bound_cuts\nbi.bound_checks", 'parameters that a client binds as varchar make views');

$node->stop;
done_testing();
