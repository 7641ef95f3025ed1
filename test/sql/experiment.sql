\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
\set ECHO all
-- Sixty accounts with the new page, sixty-one without: who asked for an offer?
create temp table asked as
select case when n <= 60 then 'new' else 'control' end as variant, (n <= 18 or n > 110)::int as has_asked
from generate_series(1, 121) n;

select variant, kind, units, value_total, round(mean::numeric, 4) as mean, round(difference::numeric, 4) as difference,
	round(difference_low::numeric, 4) as low, round(difference_high::numeric, 4) as high, round(p_value::numeric, 4) as p,
	round(always_low::numeric, 4) as always_low, round(always_high::numeric, 4) as always_high
from experiment_rows((select experiment_agg(variant, has_asked) from asked), 'control');

-- states of two weeks merge into the same
select experiment_merge(s) = (select experiment_agg(variant, has_asked) from asked) as same
from (select experiment_agg(variant, has_asked) as s from asked group by has_asked) x;

-- amount per order, one row per account; and with the year before
create temp table sold (variant text, amount numeric, orders int, before numeric);
insert into sold values ('control', 120.50, 2, 100), ('control', 80, 1, 95), ('control', 200.25, 3, 210), ('control', 60, 1, 40),
	('new', 150, 2, 110), ('new', 95.75, 1, 90), ('new', 260, 3, 230), ('new', 70, 1, 50);
select variant, kind, value_total, per_total, round(mean::numeric, 4) as mean, round(difference::numeric, 4) as difference,
	round(lift::numeric, 4) as lift, round(lift_low::numeric, 4) as lift_low, round(lift_high::numeric, 4) as lift_high
from experiment_rows((select experiment_agg(variant, amount, orders) from sold), 'control');
select variant, kind, round(mean::numeric, 4) as mean, round(difference::numeric, 4) as difference, round(difference_low::numeric, 4) as low,
	round(difference_high::numeric, 4) as high, round(variance_cut::numeric, 4) as variance_cut, round(top_share::numeric, 4) as top_share
from experiment_rows((select experiment_agg(variant, amount, null, before) from sold), 'control');

-- was the split as designed?
select variant, units, expected, round(p_value::numeric, 9) as p, mismatch
from experiment_balance((select experiment_agg(case when n <= 1000 then 'a' else 'b' end, 0) from generate_series(1, 2200) n));

-- before the start
select experiment_units_rate(0.24, 0.30), experiment_units_mean(sd => 150, difference => 20);

select experiment_rows((select experiment_agg(variant, amount) from sold), 'Control');
