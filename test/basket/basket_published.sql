-- basket and adoption: worked cases, by hand and recomputed, here as literals and, where REVOPS_SHARED is there, each from its
-- file; and real baskets: Online Retail (UCI 352, Chen 2015, doi 10.24432/C5BW33, CC BY 4.0).
begin;
\pset fieldsep '\n'
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared ''
\endif
select set_config('revops_test.vectors', :'shared' || '/vectors/', true) as vectors \gset

create function pg_temp.near(a jsonb, b jsonb) returns boolean immutable language sql as $$
	select case when jsonb_typeof(b) = 'number' then abs(a::float8 - b::float8) <= 1e-12 * greatest(1, abs(b::float8)) is true else a = b end $$;
-- does each row that is expected stand among the rows, with those columns?
create function pg_temp.missing(rows jsonb, expected jsonb) returns text language sql as $$
	select string_agg(e::text, E'\n')
	from jsonb_array_elements(expected) e
	where not exists (select from jsonb_array_elements(rows) r where not exists (select from jsonb_each(e) c where not pg_temp.near(r -> c.key, c.value))) $$;

-- the first purchases at the bounds of the window: of 8 customers that took A, c8 came to B after 180 days, c9 after 181
create temp table first as select * from (values ('c1', 'A', date '2024-01-10'), ('c1', 'B', '2024-03-10'), ('c2', 'A', '2024-02-01'), ('c3', 'A', '2024-03-01'), ('c3', 'B', '2024-03-01'), ('c4', 'B', '2023-12-01'), ('c4', 'A', '2024-01-01'),
	('c5', 'A', '2024-11-20'), ('c5', 'B', '2024-12-05'), ('c6', 'A', '2024-12-15'), ('c7', 'C', '2024-01-05'), ('c7', 'B', '2024-12-30'), ('c8', 'A', '2024-01-10'), ('c8', 'B', '2024-07-08'), ('c9', 'A', '2024-01-10'), ('c9', 'B', '2024-07-09')) f(customer, item, at);
select is(string_agg(concat_ws(' ', item_a, item_b, a_count, before_count, same_day_count, followed_count, mature_count, mature_followed_count, follow_rate, round(follow_rate_low::numeric, 12), round(follow_rate_high::numeric, 12), coalesce(median_days::text, '-')), ';' order by item_a),
	'A B 8 1 1 3 4 2 0.5 0.150038989152 0.849961010848 60;B A 7 4 1 1 1 1 1 0.206549314377 1.000000000000 31;C B 1 0 0 0 1 0 0 0.000000000000 0.793450685623 -', 'first purchases at the bounds')
from (select adoption_agg(customer, item, at, 1) as s from first) x, adoption_pairs(s, '2024-12-31', 180, 1) where (item_a, item_b) <> ('B', 'C');

create temp table vector (name text, v jsonb);
do $do$
begin
	insert into vector select 'basket', pg_read_file(current_setting('revops_test.vectors') || 'basket.json')::jsonb;
	insert into vector select 'adoption', pg_read_file(current_setting('revops_test.vectors') || 'adoption.json')::jsonb;
exception when others then
	null;
end $do$;
select exists (select from vector) as found \gset
\if :found
\else
	select skip('the worked cases are not there', 1);
	select * from finish();
	rollback;
	\quit
\endif
select is(pg_temp.missing((select jsonb_agg(to_jsonb(p)) from adoption_pairs(s, (v ->> 'as_of')::date, (v ->> 'within_days')::int, 1) p), v -> 'expect'), null, 'adoption.json')
from (select v, (select adoption_agg(f ->> 0, f ->> 1, (f ->> 2)::date, 1) from jsonb_array_elements(v -> 'first') f) as s from vector where name = 'adoption') x;
create temp table toy as select v -> 'toy' as v, (select basket_agg(r ->> 0, r ->> 1) from jsonb_array_elements(v -> 'toy' -> 'rows') r) as b from vector where name = 'basket';
select is(pg_temp.missing((select jsonb_agg(to_jsonb(s)) from basket_summary(b) s), jsonb_build_array(v -> 'summary')), null, 'basket.json: summary') from toy;
select is(pg_temp.missing((select jsonb_agg(to_jsonb(p)) from basket_pairs(b, 1, 100) p), v -> 'pairs_min1_cap100'), null, 'basket.json: pairs') from toy;
select is((select array_agg(item_a || ' ' || item_b) from basket_pairs(b, 1, 100)), (select array_agg(concat(e ->> 'item_a', ' ', e ->> 'item_b')) from jsonb_array_elements(v -> 'pairs_min1_cap100') e), 'basket.json: no others, in their order') from toy;
select is(pg_temp.missing((select jsonb_agg(to_jsonb(p)) from basket_pairs(b, 1, 4) p), v -> 'pairs_min1_cap4'), null, 'basket.json: pairs of small baskets') from toy;
select is((select count(*) from basket_pairs(b, 1, 4)), jsonb_array_length(v -> 'pairs_min1_cap4')::bigint, 'basket.json: no others') from toy;

select (pg_stat_file(:'shared' || '/data/online_retail.csv.gz', true)).size is not null as found \gset
\if :found
\else
	select skip('online_retail.csv.gz is not there', 1);
	select * from finish();
	rollback;
	\quit
\endif
create temp table line (invoice_no text, stock_code text, quantity int, invoiced_at timestamp, unit_price numeric, customer_id int, country text);
select format('copy line from program %L (format csv, header)', 'gzip -dc ' || quote_literal(:'shared' || '/data/online_retail.csv.gz')) \gexec
create temp table retail as select v -> 'retail' as v, (select basket_agg(invoice_no, stock_code, quantity) from line where invoice_no not like 'C%' and unit_price > 0) as b from vector where name = 'basket';
select is(pg_temp.missing((select jsonb_agg(to_jsonb(s)) from basket_summary(b) s), jsonb_build_array(v -> 'summary')), null, 'retail: summary') from retail;
select is((select count(*) from basket_pairs(b, 200, 100)), (v ->> 'pair_rows')::bigint, 'retail: pairs') from retail;
select is(pg_temp.missing((select jsonb_agg(to_jsonb(p)) from (select * from basket_pairs(b, 200, 100) limit 6) p), v -> 'top'), null, 'retail: the most frequent') from retail;
select is((select baskets from basket_summary(b)) - (select basket_count from basket_pairs(b, 200, 100) limit 1), (v ->> 'over_cap')::bigint, 'retail: baskets over the cap') from retail;

-- what is missing, half a year ahead: the best rows are taken far more often than all
create temp table retail_adoptions as
select adoption_agg(customer_id, stock_code, invoiced_at, quantity * unit_price) as s from line
where invoice_no not like 'C%' and quantity > 0 and unit_price > 0
	and stock_code in (select stock_code from line where invoiced_at < '2011-06-10' and customer_id is not null and quantity > 0 group by 1 order by count(distinct customer_id) desc, 1 limit 200);
select cmp_ok(best.taken_rate, '>', 3 * (select sum(taken) / sum(offers) from white_space_check(s, '2011-06-09', '2011-12-09'))::float8, 'retail: the best tenth of the rank')
from retail_adoptions, white_space_check(s, '2011-06-09', '2011-12-09') best where band_index = 10;

select * from finish();
rollback;
