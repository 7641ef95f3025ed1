-- The rhythm of real orders: Online Retail (UCI 352, Chen 2015, doi 10.24432/C5BW33, CC BY 4.0), read
-- from REVOPS_SHARED. Without the data the file skips itself. Figures: SciPy (Nelder-Mead to 1e-10).
begin;
\pset fieldsep '\n'
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

-- one row per invoice; numbers with C are credit notes, also those of 0
create temp table customer as
select customer_id, cadence_agg(day, case when invoice_no like 'C%' and amount >= 0 then -0.01 else amount end) as s
from (
	select customer_id, invoice_no, min(invoiced_at)::date as day, sum(quantity * unit_price) as amount
	from line where customer_id is not null
	group by customer_id, invoice_no) invoice
group by customer_id;

create temp table fit (as_of date, regularity int, accounts bigint, repeat_accounts bigint, gaps bigint, r float8, alpha float8, a float8, b float8,
	log_likelihood float8);
insert into fit values
	('2011-08-31', 1, 3317, 1890, 7051, 0.7280729654659037, 65.87388555440056, 0.007945634014273064, 1.5662383884090376, -35480.24968127907),
	('2011-08-31', 2, 3317, 1890, 7051, 0.8535091268068783, 30.224986135656348, 0.1577544905008871, 2.017151301746057, -34941.422930157416),
	('2011-08-31', 3, 3317, 1890, 7051, 0.9125616521308629, 18.99936561518783, 0.2605367648543512, 2.024617471670075, -35375.679886276565),
	('2011-12-09', 1, 4339, 2790, 12427, 0.8311995546715979, 68.88642192086736, 0.0062311404174963045, 1.8798223428503469, -61830.99416703185),
	('2011-12-09', 2, 4339, 2790, 12427, 0.9108047334089563, 31.436584901011045, 0.08880715361820903, 2.0877240905491017, -61077.220476778166),
	('2011-12-09', 3, 4339, 2790, 12427, 0.9475770446265743, 19.829157363943768, 0.13615027834786333, 1.9039184832784628, -62134.83088804571);
create temp table sample as
select as_of, cadence_sample_agg(s, as_of) as sample from customer, (select distinct as_of from fit) f group by as_of;
select is_empty($$
	select * from fit f join sample using (as_of), cadence_model_rows(cadence_model(sample, f.regularity)) m
	where m.accounts <> f.accounts or m.repeat_accounts <> f.repeat_accounts or m.gaps <> f.gaps
		or abs(m.r / f.r - 1) > 1e-3 or abs(m.alpha / f.alpha - 1) > 1e-3 or abs(m.a / f.a - 1) > 1e-3 or abs(m.b / f.b - 1) > 1e-3
		or abs(m.log_likelihood - f.log_likelihood) > 0.01 or m.status <> 'ok' $$,
	'counts, parameters and likelihoods, k 1 to 3, on two days');
select is((cadence_model_rows(cadence_model(sample))).regularity, 2, 'gaps are regular: k = 2 is chosen as of ' || as_of) from sample;

select is(round(expected_orders::numeric, 3), 3667.553, 'what was expected of the last hundred days'),
	is(actual_orders, 4807::bigint, 'and what came'),
	is(round(order_ratio::numeric, 2), 0.76, 'ranking is good, the level is not: a season')
from (select cadence_sample_agg(s, '2011-08-31', '2011-12-09') as ahead, cadence_model_agg(s, '2011-08-31') as m from customer) x,
	cadence_check(ahead, m)
where group_name = 'all';

-- the rank of the chance to be a customer still, for who comes back
select is(round(((sum(rank) filter (where back) - count(*) filter (where back) * (count(*) filter (where back) + 1) / 2.0)
	/ (count(*) filter (where back) * count(*) filter (where not back)))::numeric, 3), 0.696, 'area under the curve of alive_probability')
from (
	select avg(place) over (partition by alive) as rank, back
	from (
		select alive, back, row_number() over (order by alive) as place
		from (
			select (cadence_forecast(s, m, '2011-08-31')).alive_probability as alive,
				exists (select 1 from cadence_rows(s) where orders > 0 and order_date > '2011-08-31') as back
			from customer, (select cadence_model_agg(s, '2011-08-31') as m from customer) x
			where (cadence_summary(s, '2011-08-31')).order_days > 0) y) z) t;

select * from finish();
rollback;
