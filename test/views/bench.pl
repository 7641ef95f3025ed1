# Views for BI: what each costs to read whole, as a first page of 10,000 rows, and grouped by a column as
# BI tools sample it; plain and materialized.
use strict;
use warnings;
use Bench;

my $accounts = $ENV{ACCOUNTS} // 1_000_000;
my $lines = ($ENV{REVOPS_SHARED} // '../shared') . '/data/online_retail.csv.gz';

run_sql("create extension if not exists revops; set client_min_messages = warning; set search_path = public, revops; set jit = off;
	set work_mem = '256MB'; set max_parallel_workers_per_gather = 0; select setseed(0.5);
	drop schema if exists erp, bi cascade; create schema erp; create schema bi;
	create table erp.retail (invoice text, stock_code text, quantity integer, invoice_date timestamp, unit_price numeric, customer integer, country text);
	create table erp.orders as
	select (random() * $accounts)::integer as customer, timestamptz '2025-06-30 00:00+00' - random() * interval '3 years' as at, round(exp(random() * 9)::numeric, 2) as amount
	from generate_series(1, 2 * $accounts);
	create table erp.contract as
	select c as customer, 'line ' || c % 3 as line, c || '/' || n as no, date '2022-01-01' + c % 700 + n * 365 as starts, date '2022-01-01' + c % 700 + n * 365 + 364 as ends,
		(c % 997 + 10 * n)::numeric(12, 2) as mrr
	from generate_series(1, $accounts / 3) c, generate_series(0, 3) n where (c + n) % 7 > 0;
	create index on erp.contract (customer);
	create table erp.log as
	select deal, timestamptz '2025-06-30 00:00+00' - (deal % 700 - n * 20 * random()) * interval '1 day' as at, (array['lead', 'offer', 'won'])[n] as step, 'channel ' || deal % 5 as channel
	from generate_series(1, $accounts / 2) deal, generate_series(1, 3) n where random() < 1.3 - n * 0.3;
	create table erp.line as
	select n, (array['api', 'seat', 'none'])[1 + n % 3] as item, n % 5000 as quantity, date '2024-07-01' + n % 365 as day from generate_series(1, $accounts) n;
	create table erp.price (item text, tariff tariff_def, valid daterange);
	insert into erp.price select item, tariff('graduated', array[10, 1000, null], array[3, 2.5, 2]), daterange(day, day + 30)
	from unnest(array['api', 'seat']) item, generate_series(0, 11) n, lateral (select date '2024-07-01' + n * 30 as day) d");
my $retail = -e $lines;
run_sql("copy erp.retail from program 'gzip -dc $lines' (format csv, header)") if $retail;
run_sql("create view erp.retail_line as select invoice, customer, invoice_date, quantity * unit_price as amount from erp.retail where quantity > 0 and unit_price > 0");
run_sql("vacuum analyze erp.$_") foreach 'retail', 'orders', 'contract', 'log', 'line';

foreach my $stored (0, 1)
{
	my $end = "target_schema => 'bi', as_of => '2025-06-30', materialized => " . ($stored ? 'true' : 'false');
	my $m = $stored ? 'stored_' : '';
	run_sql("select count(*) from rfm_create_views('${m}retail', 'erp.retail_line', 'customer', 'invoice_date', 'amount', order_key => 'invoice', target_schema => 'bi', as_of => '2011-12-31',
		materialized => " . ($stored ? 'true' : 'false') . ')') if $retail;
	run_sql("select count(*) from rfm_create_views('${m}orders', 'erp.orders', 'customer', 'at', 'amount', time_zone => 'UTC', $end)");
	run_sql("select count(*) from funnel_create_views('${m}deals', 'erp.log', 'deal', 'at', 'step', array['lead', 'offer', 'won'], within => '90 days', dimension => 'channel', time_zone => 'UTC', $end)");
	run_sql("select count(*) from contract_create_views('${m}subs', 'erp.contract', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', line => 'line', contract_key => 'no', grain => 'quarter', $end)");
	run_sql("select count(*) from quote_create_views('${m}quotes', 'erp.line', 'n', 'item', 'quantity', 'day', 'erp.price', 'item', 'tariff', 'valid', $end)");
}

# The column that a BI tool would group by: the first label, else the first column.
printf "%-34s %9s %9s %9s %9s %9s %9s %9s\n", 'ms', 'rows', 'whole', 'page', 'group', 'stored', 'page', 'group';
foreach my $view (split /\n/, run_sql("select relname from pg_class where relnamespace = 'bi'::regnamespace and relkind = 'v' order by oid"))
{
	my ($column) = split /\n/, run_sql("select attname from pg_attribute where attrelid = 'bi.$view'::regclass and attnum > 0 order by attname !~ '_name\$', attnum limit 1");
	my @times;
	foreach my $name ($view, "stored_$view")
	{
		push @times, map { (Bench::time_query($_))[0] }
			"select sum(hash_record_extended(v, 0)) from bi.$name v",
			"select count(hash_record_extended(v, 0)) from (select * from bi.$name limit 10000) v",
			"select count(*) from (select $column, count(*) from bi.$name group by 1 offset 0) g";
	}
	printf "%-34s %9d " . join(' ', ('%9.0f') x 6) . "\n", $view, run_sql("select count(*) from bi.stored_$view"), @times;
}

# A filter on the customer goes down to the index.
compare('One customer of the table of contracts', [
	'by hand' => 'select count(t) from (select contract_agg(daterange(starts, ends + 1), mrr, line, no, null) as s from erp.contract where customer = 4711) c, renewal_terms(s, \'2025-06-30\') t',
	'bi.subs_terms where customer_key = 4711' => 'select count(t) from bi.subs_terms t where customer_key = 4711' ], same => 1);
