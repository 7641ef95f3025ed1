-- quote_create_views: each view equals the query written by hand; no line is dropped.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

create schema shop;
create table shop.line (line_no integer primary key, item varchar(20), quantity float8, ordered_at timestamptz);
insert into shop.line values
	(1, 'api', 150, '2025-06-01'), (2, 'api', 0, '2025-06-01'), (3, 'seat', 12, '2025-05-03'), (4, 'seat', 12, '2025-05-31 15:00+00'), (5, 'seat', 12, '2025-05-31 17:00+00'),
	(6, 'none', 1, '2025-06-01'), (7, null, 1, '2025-06-01'), (8, 'api', null, '2025-06-01'), (9, 'api', -2, '2025-06-01'), (10, 'api', 'NaN', '2025-06-01'),
	(11, 'api', 'Infinity', '2025-06-01'), (12, 'api', 3, null), (13, 'api', 3, '2025-07-01'), (14, 'seat', 1, '2024-01-01');
create table shop.price (item text, tariff tariff_def, valid daterange);
insert into shop.price values
	('api', '{"mode": "volume", "tiers": [{"up_to": 100, "unit_price": "0.3"}, {"unit_price": "0.1", "flat_fee": "1.005"}], "round": {"scale": 2}, "currency": "CNY"}', null),
	('seat', '{"mode": "graduated", "tiers": [{"up_to": 10, "unit_price": 5, "flat_fee": 1}, {"unit_price": 4}], "minimum": 20}', '[2025-05-01,2025-06-01)'),
	('seat', '{"mode": "graduated", "tiers": [{"unit_price": 6}]}', '[2025-05-31,)'), ('none', null, null);
select set_eq($$select view_name from quote_create_views('quotes', 'shop.line', 'line_no', 'item', 'quantity', 'ordered_at', 'shop.price', 'item', 'tariff', 'valid',
		target_schema => 'shop', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$, $$values ('shop.quotes_lines'), ('shop.quotes_tiers'), ('shop.quotes_checks')$$, 'the call names the views it made');
select results_eq('select line_key, reason_name, price_count, line_amount::text, currency_name from shop.quotes_lines order by line_key',
	$$values (1, 'priced', 1::bigint, '16.0100000000', 'CNY'), (2, 'priced', 1, '0.0000000000', 'CNY'), (3, 'priced', 1, '59.0000000000', null), (4, 'two_prices', 2, null, null),
		(5, 'priced', 1, '72.0000000000', null), (6, 'no_price', 0, null, null), (7, 'no_price', 0, null, null), (8, 'no_quantity', 1, null, null), (9, 'bad_quantity', 1, null, null),
		(10, 'bad_quantity', 1, null, null), (11, 'bad_quantity', 1, null, null), (12, 'no_date', 0, null, null), (14, 'no_price', 0, null, null)$$,
	'lines up to as_of, each with its price or the reason why not');
select set_eq('select line_key, line_amount, unit_price_amount from shop.quotes_lines where reason_name = ''priced''',
	$$select line_no, tariff_price(tariff, quantity::numeric), (tariff_price(tariff, quantity::numeric) / nullif(quantity::numeric, 0))::numeric(38, 10)
	from shop.line l join shop.price p on p.item = l.item and (valid is null or valid @> (ordered_at at time zone 'Asia/Shanghai')::date) where line_no in (1, 2, 3, 5)$$,
	'PREFIX_lines equals the query by hand');
select set_eq('select line_key, tier_index, kind_name, from_quantity, to_quantity, tier_quantity, unit_price_amount, tier_amount from shop.quotes_tiers',
	$$select line_no, t.line_index, t.kind, t.from_quantity, nullif(t.to_quantity, 'infinity'), t.quantity, t.unit_price, t.amount
	from shop.line l join shop.price p on p.item = l.item and (valid is null or valid @> (ordered_at at time zone 'Asia/Shanghai')::date),
		tariff_lines(tariff, quantity::numeric) t where line_no in (1, 2, 3, 5)$$,
	'PREFIX_tiers equals the query by hand');
select is_empty($$select line_key from shop.quotes_lines l where reason_name = 'priced' and line_amount <> (select coalesce(sum(tier_amount), 0) from shop.quotes_tiers t where t.line_key = l.line_key)$$,
	'the parts add up to the line');

select results_eq('select problem_name, row_count, item_key, line_key, detail_name from shop.quotes_checks order by finding_index',
	$$values ('no_quantity', 1::bigint, null::text, null::integer, 'lines without a quantity'), ('bad_quantity', 3, null, null, 'quantities that are negative, NaN, endless or 10^22 and more'),
	('no_date', 1, null, null, 'lines without a day'), ('no_price', 1, 'none', null, 'the price book has no price of the item on these days'),
	('no_price', 1, 'seat', null, 'the price book has no price of the item on these days'), ('no_price', 1, null, null, 'the price book has no price of the item on these days'),
	('two_prices', 1, 'seat', null, 'the price book has several prices of the item on these days'),
	('several_currencies', 4, null, null, 'prices are in several currencies, which must not be added up: CNY, none'),
	('book_no_key', 1, null, null, 'rows of the price book without an item or without a price'),
	('book_overlap', 1, 'seat', null, 'rows of the price book that hold on days of an earlier row of the item, first on 2025-05-31')$$, 'the checks say why');
create table shop.odd_line (no int, item text, quantity int, day date);
insert into shop.odd_line values (1, 'API ', 1, '2025-06-01'), (1, 'api', 1, '2025-06-01'), (null, 'api', 1, '2025-06-01');
select lives_ok($$select quote_create_views('odd', 'shop.odd_line', 'no', 'item', 'quantity', 'day', 'shop.price', 'item', 'tariff', 'valid', target_schema => 'shop', as_of => '2025-06-30')$$, 'days need no zone');
select results_eq('select problem_name, is_left_out, row_count, item_key, line_key, detail_name from shop.odd_checks order by finding_index',
	$$values ('no_price', true, 1::bigint, 'API ', null::integer, 'the price book has no price of the item on these days; it has "api"'),
	('no_key', false, 1, null, null, 'lines without a key'), ('repeated_key', false, 2, null, 1, 'several lines of one key'),
	('book_no_key', false, 1, null, null, 'rows of the price book without an item or without a price'),
	('book_overlap', false, 1, 'seat', null, 'rows of the price book that hold on days of an earlier row of the item, first on 2025-05-31')$$, 'items that differ by spaces or case alone');

-- any book, against an obvious count
select setseed(0.46);
create table shop.any_price as
select 'item ' || n % 7 as item, jsonb_build_object('mode', 'volume', 'tiers', jsonb_build_array(jsonb_build_object('unit_price', n)))::text::tariff_def as tariff,
	case when random() < 0.1 then 'empty' when random() < 0.05 then null
		else daterange(case when random() < 0.9 then d end, case when random() < 0.9 then d + (random() * 60)::integer end, (array['[]', '[)'])[1 + n % 2]) end as valid
from generate_series(1, 40) n, lateral (select date '2025-01-01' + (n * 0 + random() * 300)::integer as d) x;
create table shop.any_line as select n as line_no, 'item ' || n % 8 as item, 1 as quantity, date '2024-12-01' + (random() * 400)::integer as day from generate_series(1, 2000) n;
select lives_ok($$select quote_create_views('any', 'shop.any_line', 'line_no', 'item', 'quantity', 'day', 'shop.any_price', 'item', 'tariff', 'valid', target_schema => 'shop', as_of => '2026-12-31', time_zone => 'UTC')$$, 'a wild price book');
select set_eq('select line_key, price_count, line_amount from shop.any_lines',
	$$select line_no, count(p), case when count(p) = 1 then min(tariff_price(p.tariff, 1)) end
	from shop.any_line l left join shop.any_price p on p.item = l.item and (p.valid is null or p.valid @> l.day) group by line_no$$, 'each line has the prices of its day');

select set_eq($$select item_key, row_count from shop.any_checks where problem_name = 'book_overlap'$$,
	$$select item, count(*) from shop.any_price a where exists (select from shop.any_price b where b.item = a.item and coalesce(b.valid, '(,)') && coalesce(a.valid, '(,)')
			and (coalesce(lower(b.valid), '-infinity'), coalesce(upper(b.valid), 'infinity'), b.ctid) < (coalesce(lower(a.valid), '-infinity'), coalesce(upper(a.valid), 'infinity'), a.ctid)) group by item$$,
	'rows of the book that overlap an earlier one');

-- a price book with JSON, items of another type, no validity
create table shop.book (item integer, tariff jsonb);
insert into shop.book values (7, '{"mode": "volume", "tiers": [{"unit_price": 2}]}');
create view shop.by_no as select line_no, '7'::text as item, 10::smallint as quantity, date '2025-06-01' as day from shop.line;
select lives_ok($$select quote_create_views('json', 'shop.by_no', 'line_no', 'item', 'quantity', 'day', 'shop.book', 'item', 'tariff', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'UTC')$$, 'JSON tariffs');
select is((select string_agg(distinct line_amount::text, ' ') from shop.json_lines), '20.0000000000', 'are read as tariffs');

-- prices that are none: the trouble of their lines alone
create table shop.typed (item integer, tariff text);
insert into shop.typed values (1, '{"mode": "volume", "tiers": [{"unit_price": 2}]}'), (2, 'ask Bob'), (3, '{"mode": "volume", "tiers": []}'), (4, ''), (5, '42'),
	(6, null), (7, '{"mode": "volume", "tiers": [{"unit_price": 1e999999}]}'), (8, repeat('[', 100000)), (9, '{"mode": "volume", "tiers": [{"unit_price": 2}], "currency": "EUR"}'), (9, 'two');
create view shop.each as select n as line_no, n as item, 10 as quantity, date '2025-06-01' as day from generate_series(1, 9) n;
select lives_ok($$select quote_create_views('typed', 'shop.each', 'line_no', 'item', 'quantity', 'day', 'shop.typed', 'item', 'tariff', target_schema => 'shop', as_of => '2025-06-30', time_zone => 'UTC')$$, 'a book that people type');
select results_eq('select line_key, reason_name, reason_index, line_amount::text from shop.typed_lines order by 1',
	$$values (1, 'priced', 1, '20.0000000000'), (2, 'bad_price', 4, null), (3, 'bad_price', 4, null), (4, 'bad_price', 4, null), (5, 'bad_price', 4, null),
		(6, 'no_price', 2, null), (7, 'bad_price', 4, null), (8, 'bad_price', 4, null), (9, 'two_prices', 3, null)$$, 'a price that is no tariff is the reason of its lines');
select results_eq('select problem_name, row_count, item_key, detail_name from shop.typed_checks where problem_name like ''book%'' order by finding_index',
	$$values ('book_no_key', 1::bigint, null::integer, 'rows of the price book without an item or without a price')$$
		|| string_agg(format($$, ('book_bad_price', 1, %s, 'prices in the price book that are no tariff')$$, n), '' order by n)
		|| $$, ('book_overlap', 1, 9, 'rows of the price book that hold on days of an earlier row of the item, first on 0001-01-01')$$, 'whether a line meets them or not')
from unnest(array[2, 3, 4, 5, 7, 8, 9]) n;
select results_eq('select line_key, tier_amount::text from shop.typed_tiers', $$values (1, '20.0000000000')$$, 'and of nothing else');
-- quantities and prices past what a column holds: said, never an error of the reader's
create table shop.much (no integer, item text, quantity numeric, day date);
insert into shop.much select n, item, quantity, '2025-06-01' from (values (1, 'cheap', 9.9e21), (2, 'cheap', 1e22), (3, 'cheap', 1e1000), (4, 'dear', 9), (5, 'dear', 10), (6, 'bounded', 10),
	(8, 'tiny', 1e-300), (9, 'tiny', 1e21)) v (n, item, quantity);
create table shop.much_price (item text, tariff tariff_def);
insert into shop.much_price values ('cheap', '{"mode": "volume", "tiers": [{"unit_price": 2}]}'), ('dear', '{"mode": "volume", "tiers": [{"unit_price": 1e31}]}'),
	('bounded', '{"mode": "graduated", "tiers": [{"up_to": 1e39, "unit_price": 1e39}, {"unit_price": 0}], "maximum": 7}'),
	('tiny', '{"mode": "volume", "tiers": [{"unit_price": 1e10, "flat_fee": 3}], "package_size": 1e-9}');
select lives_ok($$select quote_create_views('much', 'shop.much', 'no', 'item', 'quantity', 'day', 'shop.much_price', 'item', 'tariff', target_schema => 'shop', as_of => '2025-06-30')$$, 'very much');
select results_eq('select line_key, reason_name, trim_scale(line_quantity)::text, trim_scale(line_amount)::text from shop.much_lines order by 1', $$values
	(1, 'priced', '9900000000000000000000', '19800000000000000000000'), (2, 'bad_quantity', null, null), (3, 'bad_quantity', null, null),
	(4, 'priced', '9', '90000000000000000000000000000000'), (5, 'bad_price', '10', null), (6, 'priced', '10', '7'),
	(8, 'priced', '0', '10000000003'), (9, 'bad_price', '1000000000000000000000', null)$$, 'is priced as far as a column holds it');
select results_eq('select line_key, tier_index, trim_scale(to_quantity)::text, trim_scale(tier_quantity)::text, trim_scale(unit_price_amount)::text, trim_scale(tier_amount)::text from shop.much_tiers where line_key in (4, 6, 8) order by 1, 2', $$values
	(4, 1, '9', '9', '10000000000000000000000000000000', '90000000000000000000000000000000'), (6, 1, '10', '10', null, null), (6, 2, null, null, null, null), (8, 1, '1', '1', '10000000000', '10000000000'), (8, 2, '1', null, null, '3')$$, 'its tiers too');
select set_eq($$select problem_name, row_count, item_key from shop.much_checks$$, $$values ('bad_quantity', 2, null), ('bad_price', 1, 'dear'), ('bad_price', 1, 'tiny')$$, 'its checks say which');

select throws_ok(format($$select quote_create_views('x', 'shop.line', 'line_no', 'item', 'quantity', 'ordered_at', %s, target_schema => 'shop', time_zone => 'UTC')$$, arguments), code, null, why)
from (values
	($$'shop.book', 'tariff', 'tariff'$$, '42804', 'an item of another type'),
	($$'shop.book', 'item', 'item'$$, '42804', 'a tariff of another type'),
	($$'shop.price', 'item', 'tariff', 'item'$$, '42804', 'a validity of another type'),
	($$null, 'item', 'tariff'$$, '22004', 'no price book'),
	($$'shop.price', 'item', null$$, '22004', 'no tariff column'),
	($$'shop.price', 'artikel', 'tariff'$$, '42703', 'no such column in the price book')) x(arguments, code, why);
select * from finish();
rollback;
