-- rfm_create_views: each view equals the query written by hand; arguments that do not fit are told.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.6);

-- order lines: several a order, credit notes, lines without a customer, days that differ by zone,
-- orders after as_of
create schema shop;
create table shop.line (invoice integer, account bigint, at timestamptz, amount numeric(12, 2));
insert into shop.line
select invoice, account, at, (random() * 300 - 30)::numeric(12, 2)
from (
	select n as invoice, nullif((random() ^ 3 * 80)::bigint, 0) as account,
		timestamptz '2025-07-05 00:00+00' - random() * interval '400 days' as at
	from generate_series(1, 600) n
) o, generate_series(1, 1 + invoice % 3);
-- an order has the time of its first line
update shop.line set at = at + random() * interval '40 days' where invoice % 5 = 0;
insert into shop.line values (9001, 9001, '2025-05-01', -5), (9002, 9002, '2025-06-30 15:59:59+00', 7), (9003, 9003, '2025-06-30 16:00+00', 7);

create temp table want as
select account, recency_days, order_count, total, (rfm_score(recency_days, order_count, total) over ()).*
from (
	select account, date '2025-06-30' - max(day) filter (where total >= 0) as recency_days,
		count(*) filter (where total >= 0) as order_count, sum(total) as total
	from (
		select account, invoice, (min(at) at time zone 'Asia/Shanghai')::date as day, sum(amount) as total
		from shop.line
		where account is not null and (at at time zone 'Asia/Shanghai')::date <= '2025-06-30'
		group by account, invoice
	) o
	group by account
) c;

select set_eq(
	$$select view_name from rfm_create_views('retail', 'shop.line', 'account', 'at', 'amount', order_key => 'invoice',
		target_schema => 'shop', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$values ('shop.retail_customers'), ('shop.retail_segments'), ('shop.retail_cuts'), ('shop.retail_checks')$$,
	'the call names the views it made');
select set_eq(
	'select customer_key, recency_days, order_count, total_amount, recency_score, frequency_score, monetary_score, cell_name from shop.retail_customers',
	'select account, recency_days, order_count, total, recency_score, frequency_score, monetary_score, rfm_cell from want',
	'PREFIX_customers equals the query by hand');
select is((select count(*)::integer from shop.retail_customers where customer_key in (9002, 9003)), 1, 'the day ends in the zone that was given');
select set_eq(
	'select customer_key, segment_name from shop.retail_customers where order_count > 0',
	'select account, rfm_segment(recency_score, frequency_score, monetary_score) from want where order_count > 0',
	'segments are those of rfm_segment');
select is((select segment_name from shop.retail_customers where customer_key = 9001), 'no_orders', 'a customer of credit notes alone is shown');
select set_eq(
	'select segment_name, segment_index, customer_count, order_count, total_amount, median_recency_days from shop.retail_segments where segment_name <> ''no_orders''',
	$$select segment_name, segment_order, count(account) as n, coalesce(sum(order_count), 0) as orders, coalesce(sum(total), 0) as total,
		percentile_cont(0.5) within group (order by recency_days)
	from (select distinct segment_name, segment_order from segment_map_rows(segment_map('grid'))) m
		left join want on rfm_segment(recency_score, frequency_score, monetary_score) = segment_name and order_count > 0
	group by 1, 2$$,
	'PREFIX_segments equals the query by hand, segments without customers included');
select ok((select abs(sum(customer_rate) - 1) < 1e-9 and abs(sum(total_amount_rate) - 1) < 1e-9 from shop.retail_segments), 'shares add up to one');
select set_eq(
	'select dimension_name, cut_index, cut_value, reachable_score_count from shop.retail_cuts',
	$$select dimension, cut_index, cut, reachable_scores
	from (select rfm_model_agg(recency_days, order_count, total, 5) as model from want where order_count > 0) m, rfm_model_rows(model)$$,
	'PREFIX_cuts equals the query by hand');

-- other kinds of columns give the same answer
create table shop.bare (customer varchar(10), day date, local_at timestamp, money float8, whole integer, uid uuid, tag name, n numeric, n3 numeric(5, 3));
insert into shop.bare
select account, (at at time zone 'Asia/Shanghai')::date, at at time zone 'Asia/Shanghai', amount, amount, md5(account::text)::uuid, account::text, account, account % 50
from shop.line;
select lives_ok($$select rfm_create_views('by_' || t, 'shop.bare', c, t, 'money', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')
	from (values ('customer'::name, 'day'::name), ('uid', 'local_at')) x(c, t)$$, 'text, uuid, date, timestamp, float8 columns');
select set_eq('select customer_key::bigint, recency_days, order_count, round(total_amount, 2) from shop.by_day_customers',
	$$select account, date '2025-06-30' - max((at at time zone 'Asia/Shanghai')::date) filter (where amount >= 0),
		count(*) filter (where amount >= 0), sum(amount)
	from shop.line where account is not null and at < '2025-06-30 16:00+00' group by account$$, 'days count in the zone, whatever the column''s type');
select set_eq('select uid, recency_days, order_count, total_amount from shop.by_local_at_customers b join (select distinct uid from shop.bare) u on b.customer_key = u.uid::text',
	'select md5(customer_key)::uuid, recency_days, order_count, total_amount from shop.by_day_customers', 'timestamps without zone are local');
select lives_ok($$select rfm_create_views('types_' || c, 'shop.bare', c, 'day', 'whole', target_schema => 'shop', time_zone => 'UTC') from (values ('n'::name), ('n3'), ('tag')) x(c)$$, 'keys of other types');
select results_eq($$select format_type(atttypid, atttypmod) from pg_attribute where attname = 'customer_key' and attrelid::regclass::text like '%types%customers' order by attrelid::regclass::text$$,
	array['numeric(5,3)', 'text', 'text'], 'a numeric without scale shows as text, one with a scale keeps it');

-- today
select lives_ok($$select rfm_create_views('live', 'shop.line', 'account', 'at', 'amount', 'invoice', target_schema => 'shop', time_zone => 'Pacific/Kiritimati')$$, 'as_of NULL');
select is((select distinct as_of from shop.live_customers), (now() at time zone 'Pacific/Kiritimati')::date, 'as_of NULL is today in the zone');
select ok(pg_get_viewdef('shop.live_customers'::regclass) like '%now()%', 'and is read in the view');

-- bins, maps
select lives_ok($$select rfm_create_views('two', 'shop.line', 'account', 'at', 'amount', bins => 2, method => 'mean', map => 'octant_zh', target_schema => 'shop', as_of => '2025-07-10', time_zone => 'UTC')$$, 'octants');
select is((select count(*)::integer from shop.two_segments), 9, 'eight octants and the customers without orders');
select lives_ok($$select rfm_create_views('own', 'shop.line', 'account', 'at', 'amount', bins => 3, target_schema => 'shop', as_of => '2025-07-10',
	map => '{"name": "o''wn", "bins": 3, "rules": [{"segment": "a\\b", "r": [3, 3], "f": [1, 3], "m": [1, 3]}]}', time_zone => 'UTC')$$, 'a map of one''s own');
select set_eq('select segment_name, segment_index from shop.own_segments', $$values ('a\b', 1), ('unmapped', 2), ('no_orders', 3)$$, 'what no rule names is unmapped');

-- no rows
create table shop.empty (like shop.line);
select lives_ok($$select rfm_create_views('none', 'shop.empty', 'account', 'at', 'amount', target_schema => 'shop', time_zone => 'UTC')$$, 'an empty source');
select is((select sum(customer_count)::integer from shop.none_segments where customer_rate is null), 0, 'no customers: counts 0, rates NULL');
select is_empty('select * from shop.none_cuts', 'no cuts');

-- errors
create view shop.try as select 1;
create table shop.book (item bigint, tariff jsonb);
select throws_ok($$select rfm_create_views($$ || arguments || case when arguments ~ 'time_zone' then '' else ', time_zone => ''UTC''' end || ')', code, null, why)
from (values
	($$'x', 'shop.line', 'acount', 'at', 'amount'$$, '42703', 'column that is not there'),
	($$'x', 'shop.line', 'Account', 'at', 'amount'$$, '42703', 'column names take capitals as they are'),
	($$'x', 'shop.line', 'xmin', 'at', 'amount'$$, '42703', 'system column'),
	($$'x', 'shop.line', 'account', 'amount', 'amount'$$, '42804', 'time column of another type'),
	($$'x', 'shop.line', 'account', 'at', 'at'$$, '42804', 'amount column of another type'),
	($$'x', 'shop.line', 'at', 'at', 'amount'$$, '42804', 'key column of another type'),
	($$'x', 'shop.line', null, 'at', 'amount'$$, '22004', 'no customer column'),
	($$'x', null, 'account', 'at', 'amount'$$, '22004', 'no source'),
	($$'x', 999999999::regclass, 'account', 'at', 'amount'$$, '42P01', 'a source that is gone'),
	($$'x', 'pg_class_oid_index', 'account', 'at', 'amount'$$, '42809', 'an index'),
	($$'', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop'$$, '22004', 'no prefix'),
	($$null, 'shop.line', 'account', 'at', 'amount', target_schema => 'shop'$$, '22004', 'NULL prefix'),
	($$'x', 'shop.line', 'account', 'at', 'amount', target_schema => 'nowhere'$$, '3F000', 'schema that is not there'),
	($$'x', 'shop.line', 'account', 'at', 'amount', target_schema => 'pg_catalog'$$, '42939', 'a system schema'),
	($$'x', 'shop.line', 'account', 'at', 'amount', target_schema => 'revops'$$, '42939', 'the extension''s schema'),
	($$'x', 'shop.line', 'account', 'at', 'amount', target_schema => null$$, '22004', 'NULL schema'),
	($$'retail', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop'$$, '42P07', 'name taken'),
	($$repeat('x', 60), 'shop.line', 'account', 'at', 'amount', target_schema => 'shop'$$, '42622', 'name too long'),
	($$'x', 'shop.line', 'account', 'at', 'amount', time_zone => 'Mars/Base'$$, '22023', 'unknown time zone'),
	($$'x', 'shop.line', 'account', 'at', 'amount', time_zone => null$$, '22004', 'NULL time zone'),
	($$'x', 'shop.line', 'account', 'at', 'amount', as_of => 'infinity'$$, '22023', 'endless as_of'),
	($$'x', 'shop.line', 'account', 'at', 'amount', bins => 1$$, '22023', 'too few bins'),
	($$'x', 'shop.line', 'account', 'at', 'amount', bins => null$$, '22004', 'NULL bins'),
	($$'x', 'shop.line', 'account', 'at', 'amount', method => null$$, '22004', 'NULL method'),
	($$'x', 'shop.line', 'account', 'at', 'amount', bins => 7$$, '22023', 'no built-in map for so many bins'),
	($$'x', 'shop.line', 'account', 'at', 'amount', bins => 2, map => 'grid'$$, '22023', 'map of other bins'),
	($$'x', 'shop.line', 'account', 'at', 'amount', map => 'hexagon'$$, '22023', 'unknown map'),
	($$'x', 'shop.line', 'account', 'at', 'amount', map => '{"bins": 5}'$$, null, 'broken map'),
	($$'x', 'shop.line', 'account', 'at', 'amount', method => 'median'$$, '22023', 'unknown method'),
	($$'x', 'shop.line', 'account', 'at', 'amount', materialized => null$$, '22004', 'NULL materialized'),
	($$'x', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', replace => null$$, '22004', 'NULL replace')
) x(arguments, code, why);

select throws_like(format('select %s(%s, time_zone => ''UTC'', %s)', maker, arguments, wrong), message, maker || ': ' || message)
from (values
	('rfm_create_views', $$source => 'shop.line', customer => 'account', ordered_at => 'at', amount => 'amount'$$),
	('funnel_create_views', $$source => 'shop.line', entity => 'account', at => 'at', step => 'invoice', steps => '{1,2}'$$),
	('contract_create_views', $$source => 'shop.line', customer => 'account', starts => 'at', ends => 'at', ends_inclusive => true, mrr_column => 'amount'$$),
	('quote_create_views', $$source => 'shop.line', line_key => 'invoice', item => 'account', quantity => 'amount', priced_on => 'at',
		price_book => 'shop.book', book_item => 'item', book_tariff => 'tariff'$$)) m(maker, arguments),
	(values ($$prefix => null$$, 'argument prefix is missing'), ($$prefix => 'x', target_schema => null$$, 'argument target_schema is missing')) x(wrong, message);

-- all or none: the last view's name is taken by a table
create table shop.half_cuts (x integer);
select throws_ok($$select rfm_create_views('half', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', replace => true, time_zone => 'UTC')$$, '42809', null, 'a table is in the way');
select hasnt_view('shop', 'half_customers', 'and no other view was made');

-- replace: the same columns only; charts, grants and indexes stay
create view shop.chart as select segment_name from shop.retail_segments;
select lives_ok($$select rfm_create_views('retail', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', replace => true, time_zone => 'UTC')$$, 'replaced under a chart that reads it');
select throws_ok($$select rfm_create_views('retail', 'shop.bare', 'customer', 'day', 'money', target_schema => 'shop', replace => true, time_zone => 'UTC')$$, '42P16', null, 'other column types are not replaced');
create role views_reader;
select lives_ok($$select rfm_create_views('kept', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', materialized => true, time_zone => 'UTC')$$, 'materialized');
grant select on shop.kept_segments to views_reader with grant option;
create index on shop.kept_customers (segment_name);
select lives_ok($$select rfm_create_views('kept', 'shop.line', 'account', 'at', 'amount', 'invoice', target_schema => 'shop', materialized => true, replace => true, time_zone => 'UTC')$$, 'materialized and replaced');
select ok(has_table_privilege('views_reader', 'shop.kept_segments', 'select with grant option'), 'grants are kept');
select is((select count(*)::integer from pg_indexes where tablename = 'kept_customers'), 2, 'indexes are kept');
create role views_owner;
create role views_admin in role views_owner;
grant usage, create on schema shop to views_owner, views_admin;
grant select on shop.line to views_owner, views_admin;
set local role views_owner;
select lives_ok($$select rfm_create_views('owned', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', materialized => true, time_zone => 'UTC')$$, 'materialized by a role');
grant select (segment_name) on shop.owned_segments to views_reader;
set local role views_admin;
select lives_ok($$select rfm_create_views('owned', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', materialized => true, replace => true, time_zone => 'UTC')$$, 'replaced by a member of it');
reset role;
select is((select string_agg(distinct relowner::regrole::text, ' ') from pg_class where relname like 'owned\_%'), 'views_owner', 'the views stay their owner''s, as plain ones do');
select ok(has_column_privilege('views_reader', 'shop.owned_segments', 'segment_name', 'select')
	and not has_column_privilege('views_reader', 'shop.owned_segments', 'total_amount', 'select'), 'grants on columns are kept');
select throws_ok($$select rfm_create_views('kept', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', replace => true, time_zone => 'UTC')$$, '42809', null, 'a materialized view is not replaced by a plain one');
select lives_ok($$select rfm_create_views('plain', 'shop.line', 'account', 'at', 'amount', 'invoice', target_schema => 'shop', time_zone => 'UTC')$$, 'the same, plain');
select set_eq('select * from shop.kept_customers', 'select * from shop.plain_customers', 'materialized and plain agree');

-- checks
create table shop.odd (customer text, at timestamptz, amount float8, invoice text);
insert into shop.odd values ('A 1', '2025-01-01', 1, 'i1'), ('A 1', '2025-01-01', 1, 'i1'), ('A 1', '2025-01-01', 2, 'i1'), ('a1', '2025-01-02', 1, 'i1'), ('', '2025-01-02', 1, 'i2'),
	(null, '2025-01-02', 1, 'i3'), (null, null, 1, null), ('B', null, 1, 'i4'), ('B', 'infinity', 1, 'i4'), ('B', '2025-01-02', 'NaN', 'i5'), ('B', '2025-01-03', null, null), ('C', '2026-01-02', 'NaN', 'i9');
select is((select answers from rfm_create_views('odd', 'shop.odd', 'customer', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'UTC') where view_name = 'shop.odd_checks'),
	'Which rows of the source are worth a look, and which do not count? One row per finding. Findings now: 7; rows left out: 4.', 'the maker says how many findings there are');
select results_eq('select finding_index, problem_name, is_left_out, row_count, customer_key, detail_name from shop.odd_checks order by 1',
	$$values (1::bigint, 'no_key', true, 2::bigint, null::text, 'rows without a customer'),
	(2, 'no_time', true, 2, null, 'rows without a time, or with an endless one'),
	(3, 'blank_key', false, 1, '', 'rows whose customer is blank are of one customer'),
	(4, 'similar_keys', false, 4, 'A 1', 'customers whose keys differ by spaces or case alone: "A 1", "a1"'),
	(5, 'bad_amount', false, 1, null, 'amounts that are NaN, endless or 10^22 and more count as 0'),
	(6, 'repeated_row', false, 1, null, 'rows that repeat another of the same customer, time and amount; customers: 1'),
	(7, 'same_time', false, 3, null, 'rows of one customer and one time with different amounts, each counted as an order: if they are lines of one, give order_key; customers: 1')$$, 'each kind of oddity');
select lives_ok($$select rfm_create_views('odder', 'shop.odd', 'customer', 'at', 'amount', order_key => 'invoice', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'UTC')$$, 'with an order key');
select results_eq('select problem_name, row_count, order_key, detail_name from shop.odder_checks where problem_index > 5 order by finding_index',
	$$values ('order_of_several_customers', 4::bigint, 'i1', 'one order under several customers, counted for each: 2'), ('no_order_key', 1, null, 'rows without an order key are one order of each customer')$$, 'lines are no repetitions');

select * from finish();
rollback;
