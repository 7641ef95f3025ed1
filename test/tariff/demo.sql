-- demo.sql: a quote and the dead zones of the price list, as make demo prints them, each under its query.
\pset footer off
\pset null ''
set search_path = public, revops;
\set ECHO queries

-- A tariff for each item and validity, from the rows of the company's price list.
create temp view price_book as
select item, price_list, daterange(valid_from, valid_to, '[]') as valid,
	tariff_agg(up_to_quantity, unit_price, flat_fee, jsonb_build_object('mode', mode, 'free_units', included_quantity,
		'package_size', package_size, 'minimum', monthly_minimum, 'round', '{"scale": 2}'::jsonb, 'currency', currency)) as tariff
from sales.price_tier
join sales.item using (item)
group by item, price_list, valid_from, valid_to, mode, included_quantity, package_size, monthly_minimum, currency;

create temp view quote_line as
select line_no, r.item, name, quantity, periods, is_discountable, tariff, tariff_price(tariff, quantity) * periods as list_amount
from (values (1, 'DS-SEAT', 60, 1), (2, 'PI-PIPING', 40, 1), (3, 'PI-STEEL', 10, 1), (4, 'PD-SLOT', 2, 1), (5, 'CL-CPU', 26000, 12))
	r (line_no, item, quantity, periods)
join sales.item i on i.item = r.item
join price_book b on b.item = r.item and price_list = 'standard' and valid @> date '2025-06-30';
\set ECHO none
\echo
\echo '=== A quote: what each line costs, and why (CL-CPU: a month, for twelve months)'
\echo
\set ECHO queries
select line_no, name, kind, l.from_quantity as above, l.to_quantity as up_to, l.quantity, unit_price, amount, periods
from quote_line, tariff_lines(tariff, quote_line.quantity) l
order by line_no, line_index;
\set ECHO none
\echo
\echo '=== From list to net: no discount touches the slots'
\echo
\set ECHO queries
select 0 as step, 'list' as name, null as rate, null as amount, trim_scale(sum(list_amount)) as subtotal
from quote_line
union all
select step_index, name, rate, trim_scale(amount), trim_scale(subtotal)
from (select sum(list_amount) as list, sum(list_amount) filter (where is_discountable) as discountable from quote_line) q,
	quote_waterfall(list, jsonb_build_array(
		jsonb_build_object('name', 'partner', 'percent_off', 20, 'of', discountable),
		jsonb_build_object('name', 'three years', 'percent_off', 5, 'of', discountable),
		jsonb_build_object('name', 'not below 85 %', 'floor', round(0.85 * list, 2)),
		jsonb_build_object('name', 'VAT', 'percent_add', 6),
		jsonb_build_object('name', 'cents', 'round', 2)))
order by step;
\set ECHO none
\echo
\echo '=== Dead zones of the price list: quantities that cost more than a larger one'
\echo
\set ECHO queries
select item, from_quantity, to_quantity, tariff_price(tariff, to_quantity) as costs, format('buy %s', better_quantity) as hint, better_price
from price_book, tariff_cliffs(tariff)
where price_list = 'standard' and valid @> date '2025-06-30'
order by item, from_quantity;
\set ECHO none
reset search_path;
\pset null
