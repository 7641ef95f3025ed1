-- Tariffs and quotes: prices explained by rows.
\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
\set ECHO all

-- Two ways to read the same price list: each unit at its own tier's price, or
-- all units at the price of the tier that the total falls in.
create table price_list as
select mode, tariff(mode, array[10, 50, null], array[100, 90, 80], array[50, 0, 0]) as tariff
from (values ('graduated'), ('volume')) m (mode);

select mode, quantity, tariff_price(tariff, quantity) as price, round(tariff_unit_price(tariff, quantity), 2) as unit_price
from price_list, unnest(array[0, 10, 11, 50, 51]) quantity
order by mode, quantity;

-- What a price is made of: 12 units, 2 of them free, at least 1,100.
select line_index, kind, from_quantity, to_quantity, quantity, unit_price, amount
from tariff_lines(tariff('graduated', array[5, null], array[100, 80], array[50, 0],
	free_units => 2, minimum => 1100), 12.25);

-- Usage is billed as it comes: deltas add up to the price of the total.
select day, used, tariff_delta(tariff, before, used) as due
from price_list,
	(values (1, 4, null), (2, 12, 4), (3, 60, 12)) usage (day, used, before)
where mode = 'graduated'
order by day;

-- A volume price falls at its bounds: quantities nobody should buy.
select from_quantity, to_quantity, better_quantity, better_price
from price_list, tariff_cliffs(tariff)
where mode = 'volume'
order by from_quantity;

select quantity, tariff_price(tariff, quantity) as price, tariff_best_quantity(tariff, quantity) as better,
	tariff_price(tariff, tariff_best_quantity(tariff, quantity)) as better_price
from price_list, unnest(array[8, 10, 45, 46, 51]) quantity
where mode = 'volume'
order by quantity;

-- How much does a budget buy?
select budget, tariff_quantity_for(tariff, budget) as units
from price_list, unnest(array[40, 500, 1000, 5000]) budget
where mode = 'volume'
order by budget;

-- A tariff is a value: canonical, comparable, from rows of a price table or JSON.
select tariff_agg(up_to, price, fee, '{"mode": "volume", "round": {"scale": 2}}') as tariff
from (values (null, 0.0006, 10), (10000, 0.0010, 10), (50000, 0.0008, 10)) tiers (up_to, price, fee);

select '{"mode": "volume", "tiers": [{"up_to": "1e2", "unit_price": 5.00}, {"unit_price": 4}]}'::tariff_def
	= tariff('volume', array[100], array[5, 4]) as equal;

select * from tariff_tiers(tariff('volume', array[100], array[5, 4]));

-- What cannot be meant is refused, with the way out.
select tariff('volume', array[100, 100, null], array[5, 4, 3]);
select tariff('graduated', array[100, 200], array[5, 4]);
select '{"mode": "volume", "tiers": [{"unit_price": 5}], "discount": 3}'::tariff_def;
select tariff_price(tariff('volume', '{}', '{5}'), -1);

-- Another system's price object.
select tariff_from_stripe('{"object": "price", "currency": "usd", "billing_scheme": "tiered", "tiers_mode": "graduated",
	"tiers": [{"up_to": 5, "unit_amount": 700}, {"up_to": null, "unit_amount_decimal": "650.5", "flat_amount": 100}]}');
select tariff_from_lago('{"charge_model": "percentage", "properties": {"rate": "1.5", "fixed_amount": "0.5"}}');

-- From list price to net, step by step.
select step_index, name, kind, rate, amount, subtotal
from quote_waterfall(10000, '[{"name": "partner", "percent_off": 20}, {"name": "three years", "percent_off": 5, "of": "list"},
	{"name": "not below", "floor": 7600}, {"name": "VAT", "percent_add": 6}, {"name": "cents", "round": 2}]');

select quote_net(10000, '[{"percent_off": 20}, {"amount_off": 500}]');
select quote_net(10000, '[{"percent_of": 20}]');

-- Split to the cent.
select amount_split(100, array[1, 1, 1], 2), amount_split(-100, array[2, 0, 1], 2);

select partner, weight, amount_share(1000.01, weight, 2) over (order by partner) as commission
from (values ('agent', 70), ('expert', 25), ('trainer', 5)) p (partner, weight)
order by partner;

drop table price_list;
