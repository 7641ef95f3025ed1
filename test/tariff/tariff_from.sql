-- tariff_from.sql: price lists that say "from 10 on", against a slow reading of the list.
begin;
set local search_path = public, revops;
select no_plan();

create function pg_temp.list(text) returns tariff_def language sql immutable as $$ select ('{"mode": "volume", "tiers": ' || $1 || '}')::tariff_def $$;
select is(tariff_price(pg_temp.list('[{"from": 1, "unit_price": 10}, {"from": 10, "unit_price": 9}]'), q), price, format('%s cost %s', q, price))
from (values (0, 0), (1, 10), (9, 90), (9.9999999999, 99.9999999990), (10, 90), (11, 99), (1000000, 9000000)) v(q, price);
select is(pg_temp.list(a), pg_temp.list(b), a || ' is ' || b)
from (values
	('[{"from": 0, "unit_price": 10}, {"from": 10, "unit_price": 9}]', '[{"unit_price": 10}, {"from": 10.0, "unit_price": 9}]'),
	('[{"from": 1, "unit_price": 10}, {"from": 10, "unit_price": 9}]', '[{"from": null, "unit_price": 10}, {"from": "10", "unit_price": 9}]'),
	('[{"from": 1, "unit_price": 10}]', '[{"unit_price": 10}]')) v(a, b);
select isnt(pg_temp.list('[{"unit_price": 10}, {"from": 10, "unit_price": 9}]'), pg_temp.list('[{"up_to": 10, "unit_price": 10}, {"unit_price": 9}]'), 'another list than up to 10');
select is(pg_temp.list('[{"from": 1, "unit_price": 10}, {"from": 10, "unit_price": 9, "flat_fee": 1}]')::text,
	'{"mode": "volume", "tiers": [{"unit_price": 10}, {"from": 10, "unit_price": 9, "flat_fee": 1}]}', 'its text');
select results_eq($$select tier_index, from_quantity, up_to, unit_price from tariff_tiers(pg_temp.list('[{"from": 1, "unit_price": 10}, {"from": 10, "unit_price": 9}]'))$$,
	'values (1, 0::numeric, 10::numeric, 10::numeric), (2, 10, null, 9)', 'its tiers');

select throws_ok(format('select pg_temp.list(%L)', tiers), '22P02', null, what)
from (values
	('[{"from": 5, "unit_price": 10}, {"from": 10, "unit_price": 9}]', 'a smallest quantity is no price'),
	('[{"unit_price": 10}, {"unit_price": 9}]', 'no bound'),
	('[{"from": 0, "unit_price": 10}, {"unit_price": 9}]', 'a tier without a bound'),
	('[{"up_to": 5, "unit_price": 10}, {"from": 5, "unit_price": 9}]', 'both ways'),
	('[{"from": 1, "unit_price": 10}, {"from": 1, "unit_price": 9}]', 'no rise'),
	('[{"unit_price": 10}, {"from": 0, "unit_price": 9}]', 'an empty tier'),
	('[{"unit_price": 10}, {"from": 20, "unit_price": 9}, {"from": 10, "unit_price": 8}]', 'a fall'),
	('[{"unit_price": 10}, {"from": "NaN", "unit_price": 9}]', 'no number')) v(tiers, what);
select throws_like($$select '{"mode": "graduated", "tiers": [{"unit_price": 10}, {"from": 10, "unit_price": 9}]}'::tariff_def$$, 'invalid tariff_def', 'graduated prices have no from');

-- random lists: the price by the definition, and what is said of quantities by trying all
create function pg_temp.slow_price(tariff jsonb, q numeric) returns numeric language plpgsql as $$
declare
	billable numeric := greatest(q - coalesce((tariff ->> 'free_units')::numeric, 0), 0);
	tier jsonb;
	found jsonb;
begin
	if tariff ? 'package_size' then
		billable := ceil(billable / (tariff ->> 'package_size')::numeric);
	end if;
	found := tariff -> 'tiers' -> 0;
	if billable = 0 then
		return coalesce((found ->> 'flat_fee')::numeric, 0);
	end if;
	for tier in select t from jsonb_array_elements(tariff -> 'tiers') with ordinality x(t, n) where n > 1 order by n loop
		if billable >= (tier ->> 'from')::numeric then
			found := tier;
		end if;
	end loop;
	return billable * (found ->> 'unit_price')::numeric + coalesce((found ->> 'flat_fee')::numeric, 0);
end $$;
select setseed(0.4);
create temp table list as
select n, (jsonb_build_object('mode', 'volume', 'tiers', (
		select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('from', case when i > 1 then bound end, 'unit_price', round((12 - i + random() * 3)::numeric, 2), 'flat_fee', case when random() < 0.3 then round((random() * 9)::numeric, 1) end)) order by i)
		from (select i, sum(step) over (order by i) as bound from (select i, round((1 + random() * 7)::numeric, (n % 3) * 2) as step from generate_series(1, 1 + n % 5) i) s) b))
	|| case when n % 4 = 0 then '{"free_units": 2.5}' else '{}' end::jsonb
	|| case when n % 7 = 0 then '{"package_size": 3}' else '{}' end::jsonb) as tariff
from generate_series(1, 84) n;
create temp table quantity as select i / 4.0 as q from generate_series(0, 160) i;
select is((select count(*) from list, quantity where tariff_price(tariff::tariff_def, q) <> pg_temp.slow_price(tariff, q)), 0::bigint, 'prices by the definition');
select is((select count(*) from list, quantity where (select coalesce(sum(amount), 0) from tariff_lines(tariff::tariff_def, q)) <> pg_temp.slow_price(tariff, q)), 0::bigint, 'lines add up');
select is((select count(*) from list where tariff::tariff_def::text::tariff_def <> tariff::tariff_def), 0::bigint, 'text and back');
create temp table priced as select n, tariff::tariff_def as tariff, q, pg_temp.slow_price(tariff, q) as price from list, quantity;
create index on priced (n, q);
analyze priced;
select is((
	select count(*) from priced p where q <= 6
	and tariff_best_quantity(tariff, q, 0.25) <> (select b.q from priced b where b.n = p.n and b.q >= p.q order by b.price, b.q limit 1)), 0::bigint, 'the best quantity by trying all');
select is((
	select count(*) from priced p where q <= 6
	and tariff_quantity_for(tariff, price, 0.25) is distinct from (select max(b.q) from priced b where b.n = p.n and b.price <= p.price)), 0::bigint, 'the quantity for a budget by trying all');

-- what is below 0 is said with a way out; a currency that is charged in whole units
select throws_ok($$select tariff_delta(pg_temp.list('[{"unit_price": 1}]'), 5, -1)$$, '22003', 'after must not be negative', 'credits above all that was billed');
select throws_like($$select tariff_from_stripe('{"billing_scheme": "per_unit", "currency": "ugx", "unit_amount": 150}')$$, '%tripe%', 'a price that Stripe does not charge');
select is(tariff_price(tariff_from_stripe('{"billing_scheme": "per_unit", "currency": "ugx", "unit_amount": 500}'), 3), 15::numeric, 'in whole units');

select * from finish();
rollback;
