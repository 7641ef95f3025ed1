-- RFM on real orders: Online Retail (UCI 352, Chen 2015, doi 10.24432/C5BW33,
-- CC BY 4.0), read from REVOPS_SHARED. Without the data the file skips itself.
begin;
set local search_path = public, revops;
select no_plan();

\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared ''
\endif
select length(:'shared') > 0 and (pg_stat_file(:'shared' || '/data/online_retail.csv.gz', true)).size is not null as found \gset
\if :found
\else
	select skip('online_retail.csv.gz is not there', 1);
	select * from finish();
	rollback;
	\quit
\endif

create temp table line (
	invoice_no text,
	stock_code text,
	quantity int,
	invoiced_at timestamp,
	unit_price numeric,
	customer_id int,
	country text
);
select format('copy line from program %L (format csv, header)',
	'gzip -dc ' || quote_literal(:'shared' || '/data/online_retail.csv.gz')) \gexec

-- one row per order: lines are grouped by invoice first
create table invoice as
select customer_id, min(invoiced_at) as ordered_at, sum(quantity * unit_price) as amount
from line
where customer_id is not null and quantity > 0 and unit_price > 0
group by customer_id, invoice_no;
analyze invoice;

select is(count(*), 541909::bigint, 'all lines are there') from line;
select is(count(*), 18532::bigint, 'they make 18,532 invoices') from invoice;

create table customer as
select customer_id, order_recency_days(s, '2011-12-09') as recency_days, order_count(s)::float8 as frequency, order_total(s) as total,
	order_total(s)::float8 as monetary, s as orders
from (select customer_id, order_agg(ordered_at, amount) as s from invoice group by customer_id) x;
analyze customer;
select is(count(*), 4338::bigint, 'of 4,338 customers') from customer;
select results_eq(
	'select sum(total), sum(frequency), min(recency_days), max(recency_days) from customer',
	$$ select sum(amount), count(*)::float8, 0::float8,
		max(date '2011-12-09' - last)::float8 from invoice, (select customer_id, max(ordered_at)::date as last from invoice group by 1) l
		where l.customer_id = invoice.customer_id $$,
	'whose orders are summed exactly');

-- the oracle: a cut is percentile_disc, a score counts the cuts below
create function oracle(bins int)
returns table (customer_id int, r int, f int, m int) language sql as $$
	with cuts as materialized (
		select percentile_disc((select array_agg(j / bins::float8) from generate_series(1, bins - 1) j)) within group (order by -recency_days) as r,
			percentile_disc((select array_agg(j / bins::float8) from generate_series(1, bins - 1) j)) within group (order by frequency) as f,
			percentile_disc((select array_agg(j / bins::float8) from generate_series(1, bins - 1) j)) within group (order by monetary) as m
		from customer)
	select c.customer_id,
		(1 + (select count(*) from unnest(cuts.r) x where x < -c.recency_days))::int,
		(1 + (select count(*) from unnest(cuts.f) x where x < c.frequency))::int,
		(1 + (select count(*) from unnest(cuts.m) x where x < c.monetary))::int
	from customer c, cuts;
$$;
select results_eq(
	format('select customer_id, (s).recency_score, (s).frequency_score, (s).monetary_score
		from (select customer_id, rfm_score(recency_days, frequency, monetary, %s) over () as s from customer) x order by 1', bins),
	format('select * from oracle(%s) order by 1', bins),
	format('scores of all customers are the oracle''s with %s bins', bins))
from generate_series(2, 10) bins;
select results_eq(
	$$ select customer_id, (s).recency_score, (s).frequency_score, (s).monetary_score
		from (select customer_id, rfm_score(recency_days, frequency, monetary, 2, 'mean') over () as s from customer) x order by 1 $$,
	$$ select customer_id, 1 + (-recency_days > r)::int, 1 + (frequency > f)::int, 1 + (total > m)::int
		from customer, (select avg(-recency_days) as r, avg(frequency) as f, avg(total) as m from customer) x order by 1 $$,
	'and at the mean');
select results_eq(
	format($q$ select customer_id, rfm_score(recency_days, frequency, monetary / 128, %1$s) over (order by md5(customer_id::text) rows between unbounded preceding and unbounded following)
		from customer order by 1 $q$, bins),
	format($q$ select customer_id, rfm_model_score((select rfm_model_agg(recency_days, frequency, monetary, %1$s) from customer), orders, '2011-12-09')
		from customer order by 1 $q$, bins),
	format('shuffled rows, money in other units and a model over states change nothing with %s bins', bins))
from generate_series(2, 10, 4) bins;

-- one or many workers
create temp table serial as select rfm_model_agg(recency_days, frequency, monetary, 5)::text as model from customer;
create temp table serial_orders as select customer_id, orders::text from customer;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
alter table customer set (parallel_workers = 4);
alter table invoice set (parallel_workers = 4);
select results_eq('select rfm_model_agg(recency_days, frequency, monetary, 5)::text from customer', 'select model from serial',
	'workers learn the same model');
select results_eq('select customer_id, order_agg(ordered_at, amount)::text from invoice group by 1 order by 1',
	'select * from serial_orders order by 1', 'and gather the same orders');

-- segments: every customer has one
select is(count(*) filter (where segment is null), 0::bigint, 'every customer has a segment')
from (select rfm_segment(rfm_score(recency_days, frequency, monetary) over ()) as segment from customer) x;
select results_eq(
	$$ select distinct dimension, reachable_scores from rfm_model_rows((select rfm_model_agg(recency_days, frequency, monetary, 5) from customer)) order by 1 $$,
	$$ select * from (values
		('frequency', (select count(distinct f)::int from oracle(5))),
		('monetary', (select count(distinct m)::int from oracle(5))),
		('recency', (select count(distinct r)::int from oracle(5)))) v $$,
	'the model says how many scores each dimension reaches');

select * from finish();
rollback;
