-- Cliffs, best quantity and quantity for a budget, against brute force over every
-- multiple of the step, and on quantities that no brute force reaches.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select plan(13);

do $$ begin perform setseed(0.5); end $$;

-- Small tariffs, so that all multiples up to well above the last bound can be tried.
create temp table tariffs as
select n, tariff(
	case when n % 5 = 0 then 'graduated' else 'volume' end,
	bounds || null::numeric,
	prices,
	case when random() < 0.5 then fees end,
	free_units => case when random() < 0.3 then trunc(random()::numeric * 10, 1) else 0 end,
	package_size => case when random() < 0.3 then (array[2, 5, 0.5, 3.3])[1 + floor(random() * 4)] end,
	zero_fee => random() < 0.6,
	minimum => case when random() < 0.2 then floor(random() * 2)::numeric * 10 end,
	maximum => case when random() < 0.2 then 10 + floor(random() * 6)::numeric * 10 end,
	round => case when random() < 0.5 then jsonb_build_object('scale', floor(random() * 3) - 1) end) as t,
	(array[1, 1, 1, 2, 0.5, 0.7, 3, 7.5])[1 + floor(random() * 8)]::numeric as step
from generate_series(1, 1200) n
cross join lateral (
	select array_agg(bound order by bound) as bounds, count(*)::int as tiers
	from (select distinct trunc((random() * 60)::numeric, (n % 3)) + 1 as bound from generate_series(1, 1 + n % 6)) b) b
cross join lateral (
	select array_agg(case when random() < 0.1 then 0 else round((random() * 3)::numeric, 2) end) as prices,
		array_agg(case when random() < 0.5 then round((random() * 20)::numeric, 1) else 0 end) as fees
	from generate_series(1, tiers + 1)) p;

-- k steps; the last bound is 61 packages of at most 5 and 10 free units: 315
create temp table prices as
select n, t, step, k, k * step as quantity, tariff_price(t, k * step) as price
from tariffs
cross join lateral (select (up_to_last * coalesce((t::jsonb->>'package_size')::numeric, 1) + 12) / step + 30 as most
	from (select max(up_to) as up_to_last from tariff_tiers(t)) u) m
cross join lateral generate_series(0, ceil(most)::int) k;
create index on prices (n, k);
analyze prices;

-- for each k: the least price of it and the larger ones, and the smallest quantity with it
create temp table brute as
select *, price > least_price as is_dominated,
	min(quantity) filter (where price = least_price) over (partition by n, least_price order by k desc) as best
from (select *, min(price) over (partition by n order by k desc) as least_price from prices) p;
create index on brute (n, quantity);
analyze brute;

create temp table cliffs as
select n, t, step, c.* from tariffs cross join lateral tariff_cliffs(t, step) c;

select cmp_ok(count(*)::int, '>', 200, 'there are many cliffs to check: ' || count(*)) from cliffs;
select ok(count(*) filter (where is_dominated) > 3000, 'and many dominated quantities: ' || count(*) filter (where is_dominated))
from brute;

prepare not_listed as
	select b.n, b.t::text, b.step, b.quantity, count(c.n) from brute b
	left join cliffs c on c.n = b.n and b.quantity between c.from_quantity and c.to_quantity
	group by 1, 2, 3, 4, b.is_dominated having count(c.n) <> b.is_dominated::int limit 5;
select is_empty('not_listed', 'every dominated quantity lies in one row of tariff_cliffs, no other does');

prepare wrong_better as
	select c.t::text, c.* from cliffs c
	where better_price is distinct from tariff_price(t, better_quantity)
		or exists (select from brute b where b.n = c.n and b.quantity in (c.from_quantity, c.to_quantity)
			and (b.best, b.least_price) is distinct from (better_quantity, better_price))
	limit 5;
select is_empty('wrong_better', 'better_quantity is the smallest of the cheapest larger ones');

prepare touching as
	select a.t::text, a.from_quantity, a.to_quantity from cliffs a join cliffs b on a.n = b.n
		and b.from_quantity = a.to_quantity + a.step
	limit 5;
select is_empty('touching', 'rows are maximal runs: no two touch');

prepare unordered as
	select 1 from (select from_quantity, lag(to_quantity) over (partition by n order by place) as before
		from (select n, c.* from tariffs cross join lateral rows from (tariff_cliffs(t, step)) with ordinality
			as c(from_quantity, to_quantity, better_quantity, better_price, place)) c) c
	where before >= from_quantity limit 5;
select is_empty('unordered', 'rows come in order');

prepare graduated_falls as
	select 1 from cliffs where t::jsonb->>'mode' = 'graduated' limit 5;
select is_empty('graduated_falls', 'a graduated price never falls');

-- best quantity, for multiples and for quantities between them
prepare wrong_best as
	select t::text, step, asked from (
		select *, quantity - case when k % 2 = 1 then step / 3 else 0 end as asked from brute
		where k % 5 < 2 and quantity < 100) b
	where tariff_best_quantity(t, asked, step) is distinct from best
	limit 5;
select is_empty('wrong_best', 'tariff_best_quantity equals brute force');

-- budgets: prices themselves, a little less and more, none, nothing
create temp table budgets as
select distinct on (n, budget) n, t, step, budget
from (select n, t, step, greatest(price + shift, 0) as budget from brute
	cross join unnest(array[0, -0.01, 0.013]) shift where k % 11 = 0 and quantity < 100
	union all select n, t, step, 0 from tariffs) b
order by n, budget;

create temp table horizons as select n, max(quantity) as horizon from brute group by n;
prepare wrong_inverse as
	select t::text, step, budget, q, most from (
		select b.*, tariff_quantity_for(t, budget, step) as q, horizon,
			(select quantity from brute x where x.n = b.n and x.price <= budget order by quantity desc limit 1) as most
		from budgets b join horizons using (n)) b
	where case
		when most is null then q is not null
		when most < horizon then q is distinct from most
		when q is null then true
		-- still within the budget where brute force ends
		when q = 'Infinity' then tariff_price(t, 1e30) > budget
		else q < horizon or tariff_price(t, q) > budget or tariff_price(t, q + step) <= budget end
	limit 5;
select is_empty('wrong_inverse', 'tariff_quantity_for is the largest quantity within the budget, by brute force');
select ok(count(*) filter (where q is null) > 100 and count(*) filter (where q = 'Infinity') > 100
	and count(*) filter (where q > 0 and q < 'Infinity') > 1000, 'budgets for nothing, some and any quantity were among them')
from (select tariff_quantity_for(t, budget, step) as q from budgets) q;

-- large quantities and fine steps: the answer and its neighbours
create temp table large as
select n, tariff('volume', array[1e9 + n, 1e15 * n, null], array[0.0123 + n * 0.0001, 0.01, 0.0099999], array[n, 0, 1000000], round => '{"scale": 2}') as t,
	(array[1, 0.001, 0.0000000001, 37])[1 + n % 4]::numeric as step, (random() * 1e12)::numeric + n as budget
from generate_series(1, 200) n;
prepare wrong_large_inverse as
	select t::text, step, budget, q from (select *, tariff_quantity_for(t, budget, step) as q from large) l
	where tariff_price(t, q) > budget or q % step <> 0 or tariff_price(t, q + step) <= budget limit 5;
select is_empty('wrong_large_inverse', 'large quantities: one step more costs more than the budget');
prepare wrong_large_cliff as
	select t::text, c.* from large cross join lateral tariff_cliffs(t, step) c
	where tariff_price(t, from_quantity) <= better_price or tariff_price(t, to_quantity) <= better_price
		or tariff_price(t, from_quantity - step) > better_price or better_quantity <> to_quantity + step
		or tariff_best_quantity(t, from_quantity, step) <> better_quantity
		or tariff_best_quantity(t, from_quantity - step, step) <> from_quantity - step limit 5;
select is_empty('wrong_large_cliff', 'large quantities: a cliff begins where it should');
select cmp_ok(count(*)::int, '>', 300, 'and there are such cliffs') from large cross join lateral tariff_cliffs(t, step);

select * from finish();
rollback;
