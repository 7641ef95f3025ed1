-- Prices, lines and deltas of random tariffs against an oracle: the rules as
-- DESIGN states them, one after another, in PL/pgSQL over jsonb and numeric.
--
-- psql -v pairs=1000000 runs more than the usual number of (tariff, quantity) pairs.
\if :{?pairs}
\else
	\set pairs 60000
\endif
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select plan(13);

create function oracle_price(t jsonb, quantity numeric) returns numeric
language plpgsql immutable as $$
declare
	units numeric;
	size numeric := (t->>'package_size')::numeric;
	total numeric := 0;
	below numeric := 0;
	part numeric;
	tier jsonb;
	scale int := (t->'round'->>'scale')::int;
	unit numeric;
	down numeric;
begin
	units := greatest(quantity - coalesce((t->>'free_units')::numeric, 0), 0);
	if size is not null then
		part := div(units, size);
		units := case when part * size < units then part + 1 else part end;
	end if;
	if units = 0 then
		if coalesce((t->>'zero_fee')::boolean, true) then
			total := coalesce((t->'tiers'->0->>'flat_fee')::numeric, 0);
		end if;
	else
		for tier in select jsonb_array_elements(t->'tiers') loop
			if t->>'mode' = 'graduated' then
				part := least(units, coalesce((tier->>'up_to')::numeric, units)) - below;
				total := total + part * (tier->>'unit_price')::numeric
					+ coalesce((tier->>'flat_fee')::numeric, 0);
			elsif units <= coalesce((tier->>'up_to')::numeric, units) then
				total := units * (tier->>'unit_price')::numeric
					+ coalesce((tier->>'flat_fee')::numeric, 0);
			end if;
			exit when units <= coalesce((tier->>'up_to')::numeric, units);
			below := (tier->>'up_to')::numeric;
		end loop;
	end if;
	if scale is not null then
		unit := ('1e' || -scale)::numeric;
		down := trunc(total, scale);
		total := case coalesce(t->'round'->>'mode', 'half_up')
			when 'down' then down
			when 'up' then case when down < total then down + unit else down end
			when 'half_up' then case when (total - down) * 2 >= unit then down + unit else down end
			when 'half_even' then case
				when (total - down) * 2 > unit then down + unit
				when (total - down) * 2 = unit and div(down, unit) % 2 = 1 then down + unit
				else down end
			end;
	end if;
	total := least(total, (t->>'maximum')::numeric);
	return greatest(total, (t->>'minimum')::numeric);
end $$;

-- Decimals that the price shows: of the product, or of the rounding.
create function oracle_scale(t jsonb, quantity numeric) returns int
language sql immutable as $$
	select case when t->'round'->>'scale' is not null then greatest((t->'round'->>'scale')::int, 0)
	else greatest(
		(select max(min_scale((tier->>'unit_price')::numeric)) from jsonb_array_elements(t->'tiers') tier)
		+ greatest(
			case when t->>'package_size' is null
				then greatest(scale(quantity), coalesce(min_scale((t->>'free_units')::numeric), 0)) else 0 end,
			(select max(min_scale((tier->>'up_to')::numeric)) from jsonb_array_elements(t->'tiers') tier
				where t->>'mode' = 'graduated')),
		(select max(min_scale((tier->>'flat_fee')::numeric)) from jsonb_array_elements(t->'tiers') tier),
		min_scale((t->>'minimum')::numeric), min_scale((t->>'maximum')::numeric))
	end
$$;

create function random_number(digits int, decimals int) returns numeric
language sql volatile as $$
	select trunc((random()::numeric + random()::numeric * 1e-15) * (10::numeric ^ digits), decimals)
$$;

-- Tariffs of many kinds; size says how large their numbers get: 0 shop prices,
-- 1 up to 10^12 with six decimals, 2 beyond 128 bits. With ties, whole quantities
-- cost whole halves of what is rounded to.
create function random_tariff(tier_count int, size int, ties boolean) returns jsonb
language plpgsql volatile as $$
declare
	decimals int := case when ties then 0 else (array[0, 1, 3, 5])[1 + floor(random() * 4)] + size * 3 end;
	digits int := (array[2, 8, 24])[1 + size];
	bound numeric := 0;
	tiers jsonb := '[]';
	result jsonb;
	scale int := floor(random() * 6) - 1;
	low numeric;
begin
	for i in 1 .. tier_count loop
		bound := bound + random_number(1 + floor(random() * digits)::int, decimals) + ('1e-' || decimals)::numeric;
		tiers := tiers || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
			'up_to', case when i < tier_count then bound end,
			'unit_price', case when random() < 0.1 then 0 when ties then floor(random() * 20)::numeric * ('5e-' || scale + 1)::numeric else random_number(1 + size * 4, floor(random() * 7)::int + size * 2) end,
			'flat_fee', case when not ties and random() < 0.4 then random_number(3 + size * 5, 2 + size) end)));
	end loop;
	result := jsonb_build_object('mode', (array['graduated', 'volume'])[1 + floor(random() * 2)], 'tiers', tiers);
	if random() < 0.3 then
		result := result || jsonb_build_object('free_units', random_number(digits / 2 + 1, decimals));
	end if;
	if random() < 0.3 then
		result := result || jsonb_build_object('package_size',
			case when random() < 0.5 then floor(random() * 100) + 1 else random_number(2, 2) + 0.01 end);
	end if;
	if random() < 0.5 then
		result := result || jsonb_build_object('zero_fee', random() < 0.5);
	end if;
	if ties or random() < 0.6 then
		result := result || jsonb_build_object('round', jsonb_build_object('scale', scale,
			'mode', (array['half_up', 'half_even', 'up', 'down'])[1 + floor(random() * 4)]));
	else
		scale := 2;
	end if;
	low := trunc(random_number(3, 4), scale);
	if random() < 0.25 then
		result := result || jsonb_build_object('minimum', low);
	end if;
	if random() < 0.25 then
		result := result || jsonb_build_object('maximum', low + trunc(random_number(6 + size * 9, 4), scale));
	end if;
	return result;
end $$;

do $$ begin perform setseed(0.20250630); end $$;

create temp table random_tariffs as
select n, random_tariff(1 + floor(random() * case when n % 5 = 0 then 50 else 8 end)::int,
	case when n % 10 < 5 then 0 when n % 10 < 8 then 1 else 2 end, n % 4 = 0) as json
from generate_series(1, :pairs / 20) n;
alter table random_tariffs add t tariff_def;
update random_tariffs set t = json::tariff_def;
analyze random_tariffs;

-- 20 quantities a tariff: on, just under and just over bounds, 0, tiny, huge, any.
create temp table random_pairs as
select n, json, t, greatest(case kind
		when 'at' then edge
		when 'under' then edge - tiny
		when 'over' then edge + tiny
		when 'zero' then 0
		when 'free' then free
		when 'tiny' then tiny
		when 'huge' then random_number(30 + floor(random() * 40)::int, floor(random() * 30)::int)
		when 'large' then random_number(12 + floor(random() * 20)::int, floor(random() * 12)::int)
		else case when n % 4 = 0 then floor(edge * random()::numeric(10, 8)) else edge * random()::numeric(10, 8) end end, 0) as quantity
from random_tariffs
cross join unnest(array['at', 'at', 'at', 'at', 'under', 'under', 'under', 'over', 'over', 'over',
	'any', 'any', 'any', 'any', 'zero', 'free', 'tiny', 'huge', 'large', 'large']) kind
cross join lateral (select coalesce((json->>'free_units')::numeric, 0) as free,
	('1e-' || floor(random() * (case when n % 7 = 0 then 40 else 9 end))::int)::numeric as tiny, kind as k) f
cross join lateral (select free + coalesce((json->>'package_size')::numeric, 1) * coalesce(
	(json->'tiers'->floor(random() * jsonb_array_length(json->'tiers') + length(k) * 0)::int->>'up_to')::numeric,
	floor(random() * 1000)::numeric) as edge) e;

select is(count(*), :pairs / 20 * 20::bigint, 'there are as many pairs as asked for') from random_pairs;
select cmp_ok(count(distinct t)::int, '>', (:pairs / 20 * 0.9)::int, 'and as good as all tariffs differ') from random_tariffs;

create temp table priced as
select p.*, tariff_price(t, quantity) as price, oracle_price(json, quantity) as oracle from random_pairs p;

prepare mismatch as
	select t::text, quantity, price, oracle from priced where price is distinct from oracle limit 5;
select is_empty('mismatch', 'tariff_price equals the oracle');

prepare scale_mismatch as
	select t::text, quantity, price, oracle_scale(json, quantity) from priced
	where scale(price) is distinct from oracle_scale(json, quantity) limit 5;
select is_empty('scale_mismatch', 'prices show the decimals of the product, or those of the rounding');

prepare form_mismatch as
	select price from priced where numeric_send(price) <> numeric_send(price::text::numeric) limit 5;
select is_empty('form_mismatch', 'prices are stored as numeric itself would store them');

select ok(count(*) > :pairs * 0.05 and count(*) < :pairs * 0.8, 'both the 128-bit and the numeric path have priced many: ' || count(*))
from priced where n % 10 >= 8 or quantity > 1e29 or scale(quantity) > 8;

prepare lines_mismatch as
	select p.t::text, p.quantity, p.price, l.total
	from priced p
	cross join lateral (select sum(amount) as total, count(*) as lines, max(line_index) as last,
		sum(l.quantity) filter (where kind = 'tier') as units,
		bool_and(kind <> 'tier' or amount = l.quantity * unit_price and l.quantity = to_quantity - from_quantity) as foots
		from tariff_lines(p.t, p.quantity) l) l
	cross join lateral (select greatest(p.quantity - coalesce((json->>'free_units')::numeric, 0), 0) as units,
		(json->>'package_size')::numeric as size) u
	where l.total is distinct from p.price or lines <> last or not foots
		or case when u.size is null then l.units <> u.units
			else l.units * u.size < u.units or (l.units - 1) * u.size >= u.units and u.units > 0 end
	limit 5;
select is_empty('lines_mismatch', 'the lines'' amounts sum to the price, their units to the billable quantity');

prepare delta_mismatch as
	select p.t::text from (select t, quantity, price, lag(quantity) over w as before, lag(price) over w as price_before,
			lag(quantity, 2) over w as first
		from priced window w as (partition by n order by quantity)) p
	where tariff_delta(t, null, quantity) is distinct from price
		or (before is not null and (tariff_delta(t, before, quantity) is distinct from price - price_before
			or tariff_delta(t, null, before) + tariff_delta(t, before, quantity) is distinct from price))
		or (first is not null and tariff_delta(t, first, before) + tariff_delta(t, before, quantity)
			is distinct from tariff_delta(t, first, quantity))
	limit 5;
select is_empty('delta_mismatch', 'tariff_delta is additive over any split');

prepare unit_mismatch as
	select t::text, quantity from priced
	where tariff_unit_price(t, quantity) is distinct from price / nullif(quantity, 0) limit 5;
select is_empty('unit_mismatch', 'tariff_unit_price is price / quantity, NULL for none');

-- the value itself
prepare text_mismatch as
	select t::text from random_tariffs where t <> t::text::tariff_def or t::text <> t::text::tariff_def::text
		or revops_internal.tariff_def_hash(t) <> revops_internal.tariff_def_hash(t::jsonb::tariff_def) limit 5;
select is_empty('text_mismatch', 'a tariff''s text and its jsonb read back as the same tariff');

prepare rebuilt_mismatch as
	select r.t::text from random_tariffs r
	cross join lateral (select tariff_agg(up_to, unit_price, flat_fee, json - 'tiers') as a,
			tariff(json->>'mode', array_agg(up_to order by tier_index), array_agg(unit_price order by tier_index),
				array_agg(flat_fee order by tier_index), free_units => (json->>'free_units')::numeric,
				package_size => (json->>'package_size')::numeric, zero_fee => (json->>'zero_fee')::boolean,
				minimum => (json->>'minimum')::numeric, maximum => (json->>'maximum')::numeric,
				round => json->'round') as c
		from (select * from tariff_tiers(r.t) order by random()) tiers) x
	where x.a is distinct from r.t or x.c is distinct from r.t limit 5;
select is_empty('rebuilt_mismatch', 'tariff_agg of the tiers in any order, and tariff() of lists, give the same tariff');

prepare tiers_mismatch as
	select r.t::text from random_tariffs r
	cross join lateral (select count(*) as tiers, bool_and(tier_index = place and
			up_to is not distinct from (tier->>'up_to')::numeric and unit_price = (tier->>'unit_price')::numeric
			and flat_fee = coalesce((tier->>'flat_fee')::numeric, 0)) as same
		from jsonb_array_elements(json->'tiers') with ordinality as j(tier, place)
		join tariff_tiers(r.t) on tier_index = place) x
	where not same or tiers <> jsonb_array_length(json->'tiers') limit 5;
select is_empty('tiers_mismatch', 'tariff_tiers lists the tiers as they were given');

-- 300 tariffs alternating in one statement, plans thrown away and made again
prepare alternating_mismatch as
	select 1 from (select n, t, price, quantity, row_number() over (order by md5(n::text || quantity::text)) as place
		from priced where n <= 300 order by place) p
	where tariff_price(t, quantity) is distinct from price limit 5;
select is_empty('alternating_mismatch', 'the order in which tariffs come changes no price');

select * from finish();
rollback;
