-- A worked example of RFM: twelve customers, and every step on the way to their
-- segments.
\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set timezone = 'UTC';
set datestyle = 'ISO';
\set ECHO all

create temp table orders (customer text, ordered_at date, amount numeric(10,2));
insert into orders values
	('Alba', '2025-06-20', 900), ('Alba', '2025-03-01', 1200), ('Alba', '2024-11-11', 800),
	('Brio', '2025-06-25', 150),
	('Cato', '2024-02-29', 5000), ('Cato', '2023-09-01', 4000), ('Cato', '2023-02-01', 100),
	('Dune', '2025-05-31', 300), ('Dune', '2025-06-01', -50),
	('Etna', '2023-01-15', 75),
	('Fiat', '2025-06-30', 20), ('Fiat', '2025-06-29', 20), ('Fiat', '2025-06-28', 20), ('Fiat', '2025-06-27', 20),
	('Gaia', '2025-01-01', null),
	('Hugo', null, 999);

-- one state per customer; Hugo has no order with a time, Dune's credit note is no order
create temp table customer as
select customer, order_agg(ordered_at, amount) as orders
from orders
group by customer;

select customer, order_count(orders), order_first_at(orders)::date as first, order_last_at(orders)::date as last,
	order_total(orders), order_recency_days(orders, '2025-06-30') as recency_days
from customer
order by customer;

-- a state is a value
select orders from customer where customer = 'Dune';
select order_merge(orders) from customer where customer in ('Dune', 'Brio');

-- scores against each other: equal values, equal scores
select customer, rfm_score(order_recency_days(orders, '2025-06-30'), order_count(orders), order_total(orders), 3) over ()
from customer
order by customer;

-- the same by a model, which can be kept
select rfm_model_agg(order_recency_days(orders, '2025-06-30'), order_count(orders), order_total(orders), 3) as model
from customer \gset
select :'model' as model;
select * from rfm_model_rows(:'model');
select customer, (rfm_model_score(:'model', orders, '2025-06-30')).*
from customer
where orders is not null
order by customer;

-- own thresholds and segments
select customer, rfm_segment(rfm_model_score(rfm_model('{30,90,180,365}', '{1,2,3,4}', '{100,500,1000,5000}'), orders, '2025-06-30')) as segment
from customer
order by customer;
select rfm_segment(5, 5, 1), rfm_segment(1, 5, 5), rfm_segment(2, 1, 2, segment_map('octant_zh'));
select segment_order, segment_name, recency_low, recency_high, frequency_low, frequency_high from segment_map_rows(segment_map('grid'));
select * from segment_map_check('{"bins": 2, "rules": [{"segment": "recent", "r": [2, 2]}, {"segment": "recent again", "r": [2, 2], "f": [2, 2]}]}');

-- what is refused, and why
select order_recency_days(order_agg(ordered_at, amount), '2025-06-01') from orders;
select rfm_score(1, 1, 1, 101) over ();
select rfm_score(n, n, n, n) over () from generate_series(2, 3) n;
select rfm_score('NaN', 1, 1) over ();
select rfm_model('{90,30}', '{1}', '{1}');
select rfm_model('{30,NULL}', '{1}', '{1}');
select rfm_segment(rfm_score(1, 1, 1, 4) over ());
select segment_map('champions');
select '{"bins": 5, "rules": [{"segment": "x", "recency": [1, 2]}]}'::rfm_segment_map;
select '{"bins": 5, "rules": ['::rfm_segment_map;

-- proportions of few
select successes, trials, round(wilson_low(successes, trials)::numeric, 4) as low, round(wilson_high(successes, trials)::numeric, 4) as high
from (values (0, 0), (0, 5), (3, 4), (5, 5), (300, 400)) v (successes, trials);
