-- The rules of tariffs one by one: published cases, documented traps, refusals.
\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared /nonexistent
\endif
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

-- is(), for numbers written without a point, too
create function costs(numeric, numeric, text) returns text language sql as $$ select is($1, $2, $3) $$;

-- SQLSTATE, message and detail of an error
create function refusal(query text) returns text language plpgsql as $$
declare
	detail text;
	hint text;
begin
	execute query;
	return 'no error';
exception when others then
	get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
	return sqlstate || ' ' || sqlerrm || ' | ' || detail || case when coalesce(hint, '') = '' then ' (no hint)' else '' end;
end $$;

-- Published cases: ../shared/vectors/tariff.json, each with its source.
create temp table vectors (vector jsonb);
select set_config('revops_test.vectors', :'shared' || '/vectors/tariff.json', true) as vectors \gset
do $do$
declare
	file text := current_setting('revops_test.vectors');
begin
	insert into vectors select jsonb_array_elements(pg_read_file(file)::jsonb);
exception when others then
	null;
end $do$;
select case when exists (select from vectors) then
	costs(tariff_price((vector->'tariff')::tariff_def, (vector->>'quantity')::numeric), (vector->>'price')::numeric,
		format('%s: %s', vector->>'id', vector->>'source'))
	else skip('the published cases are not here', 1) end
from (select vector from vectors union all select null where not exists (select from vectors)) v;

-- Some of them here, so that they are tested where the folder is not.
select costs(tariff_price(tariff('volume', array[5, 10, null], array[7, 6.5, 6]), q), price, 'Stripe, volume pricing: ' || q)
from (values (1, 7), (6, 39), (25, 150)) v(q, price);
select costs(tariff_price(tariff('graduated', array[100000, null], array[0, 0.000065], array[4, 0]), 100070), 4.00455,
	'a flat fee that covers 100,000 units, then 0.000065 each');
select costs(tariff_price(tariff('graduated', array[10, 20, null], array[0.01, 0.02, 0.03], array[200, 300, 400]), q), price,
	'Lago, graduated percentage: ' || q)
from (values (0, 200), (10, 200.1), (12, 500.14)) v(q, price);

-- Traps
select is(tariff_price(tariff(mode, array[10, 20, null], array[5, 4, 3]), q)::text, price, format('%s %s', mode, q))
from (values ('graduated', 10, '50'), ('graduated', 20, '90'), ('graduated', 21, '93'),
	('volume', 10, '50'), ('volume', 20, '80'), ('volume', 11, '44'), ('volume', 21, '63')) v(mode, q, price);
select costs(tariff_price(tariff(mode, array[100, null], array[5, 4]), 100.5), price, '100.5 lies above the bound 100, ' || mode)
from (values ('graduated', 502), ('volume', 402)) v(mode, price);
select costs(tariff_price(tariff('graduated', '{10,null}', '{1,1}', '{7,8}', zero_fee => fee), 0), price, 'no usage, zero_fee ' || fee)
from (values (true, 7), (false, 0)) v(fee, price);
select is(tariff_price(tariff('graduated', '{}', '{0.067}', round => round), 55)::text, price, '0.067 x 55')
from (values (null::jsonb, '3.685'), ('{"scale": 2}', '3.69')) v(round, price);
select is(tariff_price(tariff('graduated', '{}', '{0.5}', round => '{"scale": 0}', currency => 'JPY'), q)::text, price, 'whole yen of ' || q)
from (values (1, '1'), (3, '2'), (2, '1')) v(q, price);
select is(sum(tariff_price(t, 1))::text, total, '100 lines of 0.011: ' || what)
from generate_series(1, 100),
	(values (tariff('graduated', '{}', '{0.011}'), '1.100', 'rounded never'),
		(tariff('graduated', '{}', '{0.011}', round => '{"scale": 2}'), '1.00', 'rounded each')) v(t, total, what)
group by total, what;
select is(tariff_price(tariff('graduated', '{}', '{0.005}', round => jsonb_build_object('scale', 2, 'mode', mode)), q)::text, price, mode || ' ' || q * 0.005)
from (values ('half_up', 1, '0.01'), ('half_even', 1, '0.00'), ('half_even', 3, '0.02'), ('half_up', 3, '0.02'),
	('half_up', 5, '0.03'), ('half_even', 5, '0.02'), ('up', 1, '0.01'), ('up', 2, '0.01'), ('down', 1, '0.00'), ('down', 3, '0.01'),
	('half_even', 5.2, '0.03'), ('half_even', 4.8, '0.02')) v(mode, q, price);
select is(tariff_price(tariff('graduated', '{}', '{1}', round => '{"scale": -2, "mode": "up"}'), q)::text, price, 'to full hundreds: ' || q)
from (values (1, '100'), (100, '100'), (100.01, '200'), (0, '0')) v(q, price);
select costs(tariff_price(tariff('graduated', '{}', '{3}', '{9}', free_units => 10, zero_fee => fee, minimum => floor), q), price,
	format('10 free units, %s used, zero_fee %s, minimum %s', q, fee, floor))
from (values (10, true, null, 9), (9.5, true, null, 9), (10, false, null, 0), (10, false, 5, 5), (10.5, false, null, 10.5), (11, false, 5, 12)) v(q, fee, floor, price);
select costs(tariff_price(tariff('graduated', '{2.5,null}', '{10,1}', package_size => 100), q), price, q || ' in packages of 100')
from (values (0, 0), (1, 10), (100, 10), (100.001, 20), (201, 25.5), (300, 25.5)) v(q, price);
select costs(tariff_price(tariff('graduated', '{}', '{10}', free_units => 50, package_size => 100), q), price, q || ', 50 free, packages of 100')
from (values (50, 0), (51, 10), (150, 10), (151, 20)) v(q, price);
select costs(tariff_price(tariff('graduated', '{}', '{1}', minimum => 100, maximum => 200), q), price, 'minimum and maximum: ' || q)
from (values (0, 100), (100, 100), (150, 150), (200, 200), (1e40, 200)) v(q, price);
select is(tariff_price(tariff('volume', '{10000,50000,null}', '{0.0010,0.0008,0.0006}', '{10,10,10}'), q)::text, price, q || ' calls')
from (values (10000, '20.0000'), (10001, '18.0008')) v(q, price);
select results_eq($$select from_quantity, to_quantity, better_quantity, better_price
		from tariff_cliffs(tariff('volume', '{10000,50000,null}', '{0.0010,0.0008,0.0006}', '{10,10,10}'))$$,
	$$values (8001::numeric, 10000::numeric, 10001::numeric, 18.0008), (37501, 50000, 50001, 40.0006)$$,
	'10,000 units cost more than 10,001: buy 10,001');
select costs(tariff_best_quantity(tariff('volume', '{10000,50000,null}', '{0.0010,0.0008,0.0006}', '{10,10,10}'), q), best, 'best for ' || q)
from (values (8000, 8000), (8001, 10001), (10000, 10001), (10001, 10001), (0, 0)) v(q, best);

-- Lines
select results_eq($$select line_index, kind, from_quantity, to_quantity, quantity, unit_price, amount
		from tariff_lines(tariff('graduated', '{100,null}', '{5,4}', '{10,0}', free_units => 5, minimum => 600, round => '{"scale": 0}'), 110.3)$$,
	$$values (1, 'tier', 0.0, 100.0, 100.0, 5.0, 500.0), (2, 'flat_fee', 0, 100, null, null, 10), (3, 'tier', 100, 105.3, 5.3, 4, 21.2),
		(4, 'rounding', null, null, null, null, -0.2), (5, 'minimum', null, null, null, null, 69)$$,
	'lines of a graduated tariff');
select results_eq($$select kind, from_quantity, to_quantity, amount from tariff_lines(tariff('volume', '{10,null}', '{5,4}', maximum => 70), 20)$$,
	$$values ('tier', 0::numeric, 20::numeric, 80::numeric), ('maximum', null, null, -10)$$, 'lines of a volume tariff');
select results_eq($$select kind, quantity, amount from tariff_lines(tariff('graduated', '{}', '{5}', '{9}', zero_fee => false), 0)$$,
	$$values ('tier', 0::numeric, 0::numeric)$$, 'nothing has one line of nothing');

-- Answers to NULL and to no rows
select costs(tariff_price(null, 1), null, 'no tariff has no price');
select costs(tariff_price(tariff('graduated', null, '{1}'), null), null, 'no quantity has no price');
select is_empty('select tariff_lines(null, 1)', 'no tariff has no lines');
select costs(tariff_delta(tariff('graduated', null, '{1}', '{5}'), null, 0), 5::numeric, 'before NULL: nothing was billed, not even the fee');
select costs(tariff_delta(tariff('graduated', null, '{1}', '{5}'), 0, 10), 10::numeric, 'before 0: the fee was');
select costs(tariff_delta(tariff('graduated', null, '{1}'), 7, 3), -4::numeric, 'a correction gives back');
select costs(tariff_delta(tariff('graduated', null, '{1}'), 7, null), null, 'after NULL is not known');
select costs(tariff_unit_price(tariff('graduated', null, '{1}', '{5}'), 0), null, 'nothing has no unit price');
select is(tariff_agg(u, p, f, '{"mode": "volume"}'), null, 'no rows give no tariff') from (values (1.0, 1.0, 1.0)) v(u, p, f) where false;
select is(tariff_agg(u, p, f, '{"mode": "volume"}'), null, 'an outer join''s empty row is no tier') from (values (null::numeric, null::numeric, null::numeric)) v(u, p, f);
select costs(tariff_quantity_for(tariff('graduated', null, '{1}', '{5}'), b), q, 'for ' || b)
from (values (4.99, null), (5, 0), (6, 1), ('Infinity'::numeric, 'Infinity'::numeric), (-1, null), ('-Infinity', null)) v(b, q);
select costs(tariff_quantity_for(tariff('graduated', '{10,null}', '{1,0}'), b), q, 'a flat rate from 10 on, for ' || b)
from (values (9.99, 9), (10, 'Infinity'::numeric)) v(b, q);
select is(refusal($$select tariff_quantity_for(tariff('graduated', null, '{1}'), 1e300)$$), '54000 budget is too large | It has more than 300 digits before the point.', 'a budget of 301 digits');
select costs(tariff_quantity_for(tariff('graduated', null, '{1}'), 1e299), 1e299, 'a budget of 300 digits');
select costs(tariff_quantity_for(tariff('graduated', null, '{1}', maximum => 50), 50), 'Infinity', 'a maximum within the budget');

-- The value: one text for one meaning
select is(json::tariff_def::text, '{"mode": "graduated", "tiers": [{"up_to": 100, "unit_price": 5, "flat_fee": 10}, {"unit_price": 0.4}]}', 'canonical: ' || json)
from (values ('{"mode": "graduated", "tiers": [{"up_to": 100, "unit_price": 5, "flat_fee": 10}, {"unit_price": 0.4}]}'),
	('{"tiers": [{"flat_fee": "10.0", "unit_price": "5.00", "up_to": "1e2"}, {"up_to": null, "unit_price": 4e-1, "flat_fee": 0}], "mode": "graduated"}'),
	('{"mode": "graduated", "tiers": [{"up_to": 100.0, "unit_price": 5, "flat_fee": 10}, {"unit_price": 0.40}], "free_units": 0.0, "package_size": null, "zero_fee": true, "minimum": 0, "maximum": null, "round": null, "currency": null}')) v(json);
select is('{"mode": "volume", "tiers": [{"unit_price": 5}], "free_units": 1, "package_size": 10, "zero_fee": false, "minimum": 2, "maximum": 30, "round": {"scale": 2, "mode": "half_even"}, "currency": "CNY"}'::tariff_def::text,
	'{"mode": "volume", "tiers": [{"unit_price": 5}], "free_units": 1, "package_size": 10, "zero_fee": false, "minimum": 2, "maximum": 30, "round": {"scale": 2, "mode": "half_even"}, "currency": "CNY"}',
	'every key');
select is('{"mode": "volume", "tiers": [{"unit_price": 5}], "round": {"mode": "half_up", "scale": 2}}'::tariff_def::text,
	'{"mode": "volume", "tiers": [{"unit_price": 5}], "round": {"scale": 2}}', 'half_up is what rounding means');
select isnt(tariff('graduated', '{10,null}', '{5,5}'), tariff('graduated', null, '{5}'), 'tiers of one price are not merged');
select isnt(a, b, 'another key, another tariff') from (values
	(tariff('graduated', null, '{5}'), tariff('volume', null, '{5}')),
	(tariff('graduated', null, '{5}'), tariff('graduated', null, '{5}', zero_fee => false)),
	(tariff('graduated', null, '{5}'), tariff('graduated', null, '{5}', round => '{"scale": 0}')),
	(tariff('graduated', null, '{5}'), tariff('graduated', null, '{5}', currency => 'CNY')),
	(tariff('graduated', null, '{5}', minimum => 3), tariff('graduated', null, '{5}', maximum => 3))) v(a, b);
select is(count(distinct t)::int, 2, 'equal tariffs group and hash as one')
from (values (tariff('graduated', null, '{5.0}')), ('{"mode": "graduated", "tiers": [{"unit_price": 5}]}'), (tariff('volume', null, '{5}'))) v(t);
select is((select count(*)::int from (values (tariff('graduated', null, '{5.0}'))) a(t) join (values (tariff('graduated', '{}', '{5}'))) b(t) using (t)), 1, 'and join');
create temp table sorted (t tariff_def primary key);
insert into sorted select tariff('graduated', null, array[n]) from generate_series(1, 100) n;
select is((select count(*)::int from sorted where t = tariff('graduated', null, '{77.0}')), 1, 'and are found by an index');
select is((select count(*)::int from (select t, lag(t) over (order by t) as before from sorted) s where before >= t), 0, 'and sort');

-- Refusals: SQLSTATE and what names the place
select is(refusal(format('select tariff(%s)', arguments)), '22023 invalid tariff_def | ' || detail, arguments)
from (values
	($$'graduated', '{}', '{}'$$, 'There is no tier.'),
	($$'graduated', '{10,10,null}', '{1,1,1}'$$, 'Tier 2 ends at 10, which is not above 10, the end of tier 1.'),
	($$'graduated', '{10,9.5,null}', '{1,1,1}'$$, 'Tier 2 ends at 9.5, which is not above 10, the end of tier 1.'),
	($$'graduated', '{10,null,null}', '{1,1,1}'$$, 'Tier 2 has no up_to, and tier 3 follows.'),
	($$'graduated', '{10,20,30}', '{1,1,1}'$$, 'Tier 3, the last, ends at 30: larger quantities would have no price.'),
	($$'graduated', '{0,null}', '{1,1}'$$, 'Tier 1 ends at 0, so it is empty.'),
	($$'graduated', '{10,null}', '{1,-0.01}'$$, 'Tier 2 has the unit_price -0.01, which is negative.'),
	($$'graduated', '{10,null}', '{1,1}', '{-1,0}'$$, 'Tier 1 has the flat_fee -1, which is negative.'),
	($$'graduated', '{NaN,null}', '{1,1}'$$, 'Tier 1 has the up_to NaN.'),
	($$'graduated', '{10,Infinity}', '{1,1}'$$, 'Tier 2 has the up_to Infinity.'),
	($$'graduated', '{10,null}', '{1,NaN}'$$, 'Tier 2 has the unit_price NaN.'),
	($$'graduated', '{10,null}', '{1,null}'$$, 'Tier 2 has no unit_price.'),
	($$'graduated', '{10,null}', '{1,1,1,1}'$$, 'up_to has 2 elements, unit_price has 4.'),
	($$'graduated', '{10,null}', '{1,1}', '{1}'$$, 'flat_fee has 1 elements, unit_price has 2.'),
	($$'graduated', null, '{1}', minimum => 5, maximum => 4$$, 'The minimum 5 is above the maximum 4.'),
	($$'graduated', null, '{1}', minimum => 5.001, round => '{"scale": 2}'$$, 'The minimum 5.001 is finer than the scale 2 that prices are rounded to.'),
	($$'graduated', null, '{1}', maximum => 50, round => '{"scale": -2}'$$, 'The maximum 50 is finer than the scale -2 that prices are rounded to.'),
	($$'graduated', null, '{1}', package_size => 0$$, 'The package_size is 0.'),
	($$'graduated', null, '{1}', package_size => -1$$, 'The tariff has the package_size -1, which is negative.'),
	($$'graduated', null, '{1}', free_units => -1$$, 'The tariff has the free_units -1, which is negative.'),
	($$'graduated', null, '{1e40}'$$, 'Tier 1 has the unit_price with more than 40 digits before or behind the point.'),
	($$'graduated', null, '{1e-41}'$$, 'Tier 1 has the unit_price with more than 40 digits before or behind the point.'),
	($$'graduated', null, '{1}', currency => ''$$, 'The currency has 0 characters; 1 to 16 are allowed.'),
	($$'stairs', null, '{1}'$$, 'The mode "stairs" is unknown.'),
	($$null, null, '{1}'$$, 'The mode NULL is unknown.'),
	($$'graduated', (select array_agg(nullif(n, 10001)) from generate_series(1, 10001) n), (select array_agg(1.0) from generate_series(1, 10001))$$, 'There are 10001 tiers; 10000 are allowed.')) v(arguments, detail);
select is(refusal(format($$select tariff('graduated', null, '{1}', round => %L)$$, round)), '22P02 invalid round' || message, 'round ' || round)
from (values ('{"scale": 31}', ' at scale | It must be a whole number from -30 to 30, not 31. (no hint)'),
	('{"scale": 2, "mode": "bankers"}', ' at mode | It must be "half_up", "half_even", "up" or "down", not "bankers". (no hint)'),
	('{"mode": "up"}', ' | The key "scale" is missing. (no hint)'),
	('{"scale": 2, "unit": 5}', ' | The key "unit" is unknown.'),
	('2', ' | It must be an object, not "2". (no hint)')) v(round, message);
select is(tariff('graduated', null, '{1}', round => 'null'), tariff('graduated', null, '{1}'), 'round null is unrounded');
select unnest(array[is(refusal(format('select %L::tariff_def', json)), '22P02 ' || message, json),
	is(tariff_problem(json), replace(replace(message, ' (no hint)', ''), ' | ', ': '), 'tariff_problem says so of ' || json)])
from (values
	('{"mode": "graduated", "tiers": []}', 'invalid tariff_def | There is no tier.'),
	('{"mode": "graduated"}', 'invalid tariff_def | The key "tiers" is missing. (no hint)'),
	('{"tiers": [{"unit_price": 1}]}', 'invalid tariff_def | The key "mode" is missing.'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1}], "discount": 5}', 'invalid tariff_def | The key "discount" is unknown.'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1, "price": 1}]}', 'invalid tariff_def at tiers[1] | The key "price" is unknown.'),
	('{"mode": "graduated", "tiers": [{"up_to": 5, "unit_price": 1}, {"unit_price": "a"}]}', 'invalid tariff_def at tiers[2].unit_price | It must be a decimal number, not "a". (no hint)'),
	('{"mode": "graduated", "tiers": [{"up_to": 5, "unit_price": 1}, {"up_to": 4, "unit_price": 1}, {"unit_price": 1}]}', 'invalid tariff_def | Tier 2 ends at 4, which is not above 5, the end of tier 1.'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1}], "mode": "volume"}', 'invalid tariff_def | The key "mode" stands twice.'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1}], "round": 2}', 'invalid tariff_def at round | It must be an object, not "2". (no hint)'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1}], "round": {"scale": 2.5}}', 'invalid tariff_def at round.scale | It must be a whole number from -30 to 30, not 2.5. (no hint)'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1}], "round": {"scale": 2, "mode": "near"}}', 'invalid tariff_def at round.mode | It must be "half_up", "half_even", "up" or "down", not "near". (no hint)'),
	('[]', 'invalid tariff_def | It must be an object, not an array. (no hint)')) v(json, message);
select is(tariff_problem(tariff('volume', '{5}', '{2,1}')::text), null, 'and nothing of a tariff');
select is(left(refusal(format('select %L::tariff_def', json)), 5), code, what)
from (values
	(repeat('[', 10000) || repeat(']', 10000), '22P02', 'depth 10,000'),
	(repeat('[', 1000000), '54001', 'depth 1,000,000'),
	('{"mode": "graduated", "tiers": [' || repeat('{"unit_price": 1},', 600000) || '{}]}', '54000', 'JSON of 10 MB'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1e999999}]}', '22003', 'a number beyond numeric'),
	('{"mode": "graduated", "tiers": [{"unit_price": 1}', '22P02', 'JSON cut short'),
	('', '22P02', 'no text')) v(json, code, what);
select is(left(refusal(format('select tariff_price(tariff(''graduated'', null, ''{1}''), %L)', q)), 5), code, 'quantity ' || left(q, 20))
from (values ('-1', '22003'), ('NaN', '22003'), ('Infinity', '22003'), ('-Infinity', '22003'), ('-1e-300', '22003'), ('1e-1901', '54000')) v(q, code);
select costs(tariff_price(tariff('graduated', null, '{1}'), ('1e-' || n)::numeric), ('1e-' || n)::numeric, '10^-' || n) from unnest(array[9, 300, 1900]) n;
select is(left(refusal(format('select %s', call)), 5), '22023', call)
from (values ('tariff_best_quantity(tariff(''graduated'', null, ''{1}''), 1, 0)'), ('tariff_cliffs(tariff(''graduated'', null, ''{1}''), -1)'),
	('tariff_quantity_for(tariff(''graduated'', null, ''{1}''), 1, ''NaN'')'),
	($$tariff_agg(1, 1, 1, case n when 1 then '{"mode": "volume"}'::jsonb else '{"mode": "graduated"}' end) from generate_series(1, 2) n$$),
	($$tariff_agg(null, 1, 1, '{"mode": "volume"}') from generate_series(1, 2) n$$)) v(call);
select is(refusal($$select tariff_agg(1, 1, 1, null)$$), '22P02 invalid options of tariff_agg | The key "mode" is missing.', 'tariff_agg without options');

-- Wherever a tariff lies: in the row, short, compressed, in the TOAST table
create temp table places (place text, t tariff_def);
alter table places alter t set storage plain;
insert into places select 'in the row', tariff('graduated', array_agg(nullif(n, 150)), array_agg(200 - n)) from generate_series(1, 150) n;
alter table places alter t set storage main;
insert into places select 'compressed', t from places;
alter table places alter t set storage external;
insert into places select 'apart', t from places where place = 'in the row';
insert into places select 'apart, another', tariff('graduated', array_agg(nullif(n, 600)), array_agg(1)) from generate_series(1, 600) n;
insert into places values ('short', tariff('volume', null, '{7}'));
select is(string_agg(place, ',') filter (where pg_column_compression(t) is not null), 'compressed', 'one of them is compressed') from places;
select costs(sum(tariff_price(t, n)), case place when 'short' then 7 * 5050 when 'apart, another' then 5050
		else (select sum(tariff_price(i.t, n)) from places i, generate_series(1, 100) n where i.place = 'in the row') end, place)
from (select * from places, generate_series(1, 100) n order by n, place) p group by place;

-- tariff_agg: serial = merged in any split = stored and read back
create temp table price_rows as
select g, nullif(n, 12) * 10.50 as up_to, 1.0 / (n + g) as unit_price, case when n % 3 = 0 then null else n end as flat_fee,
	jsonb_build_object('mode', case g % 2 when 0 then 'volume' else 'graduated' end, 'round', '{"scale": 2}'::jsonb) as options
from generate_series(1, 12) n, generate_series(1, 50) g;
create temp table serial as select g, tariff_agg(up_to, unit_price, flat_fee, options order by g, up_to) as t from price_rows group by g;
prepare shuffled as select g from (select g, tariff_agg(up_to, unit_price, flat_fee, options order by random()) as t from price_rows group by g) x
	join serial using (g) where x.t <> serial.t;
select is_empty('shuffled', 'the order of rows does not matter');
create aggregate draft_agg(numeric, numeric, numeric, jsonb) (sfunc = revops_internal.tariff_draft_add, stype = tariff_draft, combinefunc = revops_internal.tariff_draft_combine, parallel = safe);
create aggregate draft_merge(tariff_draft) (sfunc = revops_internal.tariff_draft_combine, stype = tariff_draft, finalfunc = revops_internal.tariff_draft_final);
create temp table parts as select *, floor(random() * 5)::int as part from price_rows;
prepare merged as select g from (
		select g, draft_merge(d order by random()) as t from (
			select g, part, draft_agg(up_to, unit_price, flat_fee, options)::text::tariff_draft as d from parts group by g, part
			union all select g, -1, null::tariff_draft from serial) d group by g) x
	join serial using (g) where x.t is distinct from serial.t;
select is_empty('merged', 'nor do splits, with NULL parts and parts stored as text');
prepare drafts as select g from (select g, draft_agg(up_to, unit_price, flat_fee, options order by random())::text as a,
	draft_agg(up_to, unit_price, flat_fee, options order by up_to)::text as b from price_rows group by g) d where a <> b;
select is_empty('drafts', 'equal drafts have equal text');
create table parallel_rows as select * from price_rows;
analyze parallel_rows;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 2;
prepare parallel as select g from (select g, tariff_agg(up_to, unit_price, flat_fee, options) as t from parallel_rows group by g) x
	join serial using (g) where x.t <> serial.t;
select is_empty('parallel', 'nor do workers');

-- Stripe, Lago, OpenMeter
select is(tariff_price(tariff_from_stripe(price), q)::text, expected, format('Stripe: %s of %s', q, price))
from (values
	('{"object": "price", "billing_scheme": "tiered", "currency": "usd", "tiers_mode": "volume", "metadata": {}, "tiers": [{"up_to": 5, "unit_amount": 700, "unit_amount_decimal": "700", "flat_amount": null}, {"up_to": 10, "unit_amount": 650}, {"up_to": null, "unit_amount": 600}]}'::jsonb, 6, '39.00'),
	('{"billing_scheme": "tiered", "currency": "usd", "tiers_mode": "graduated", "tiers": [{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount_decimal": "650.5", "flat_amount": 100}]}', 7, '49.01'),
	('{"billing_scheme": "tiered", "currency": "usd", "tiers_mode": "graduated", "tiers": [{"up_to": 100000, "flat_amount": 400, "unit_amount": null}, {"up_to": null, "unit_amount_decimal": "0.0065"}]}', 100070, '4.00'),
	('{"billing_scheme": "per_unit", "currency": "jpy", "unit_amount": 500}', 3, '1500'),
	('{"billing_scheme": "per_unit", "currency": "kwd", "unit_amount": 500}', 3, '1.500'),
	('{"billing_scheme": "per_unit", "currency": "usd", "unit_amount": 125, "transform_quantity": {"divide_by": 1000000, "round": "up"}}', 1500000, '2.50')) v(price, q, expected);
select costs(tariff_price(tariff_from_lago(charge), q), expected, format('Lago: %s of %s', q, charge))
from (values
	('{"lago_id": "1a", "charge_model": "graduated", "properties": {"graduated_ranges": [{"from_value": 0, "to_value": 10, "flat_amount": "2", "per_unit_amount": "10"}, {"from_value": 11, "to_value": 20, "flat_amount": "3", "per_unit_amount": "5"}, {"from_value": 21, "to_value": null, "flat_amount": "3", "per_unit_amount": "5"}]}}'::jsonb, 12, 115),
	('{"charge_model": "graduated", "properties": {"graduated_ranges": [{"from_value": "0", "to_value": "0.1", "flat_amount": "0", "per_unit_amount": "10"}, {"from_value": "0.1", "to_value": null, "flat_amount": "0", "per_unit_amount": "5"}]}}', 0.3, 2),
	('{"charge_model": "volume", "properties": {"volume_ranges": [{"from_value": 0, "to_value": 100, "flat_amount": "10", "per_unit_amount": "2"}, {"from_value": 101, "to_value": null, "flat_amount": "0", "per_unit_amount": "1"}]}}', 101, 101),
	('{"charge_model": "graduated_percentage", "properties": {"graduated_percentage_ranges": [{"from_value": 0, "to_value": 10, "flat_amount": "200", "rate": "1"}, {"from_value": 11, "to_value": null, "flat_amount": "300", "rate": "2", "fixed_amount": "0"}]}}', 12, 500.14),
	('{"charge_model": "package", "properties": {"amount": "100", "free_units": 10, "package_size": 10}}', 121, 1200),
	('{"charge_model": "standard", "properties": {"amount": "5.12345"}}', 10, 51.2345),
	('{"charge_model": "standard", "min_amount_cents": 9900, "properties": {"amount": "5"}}', 10, 99),
	('{"charge_model": "standard", "min_amount_cents": 9900, "amount_currency": "JPY", "properties": {"amount": "5"}}', 10, 9900),
	('{"charge_model": "percentage", "properties": {"rate": "1.5", "fixed_amount": "0", "free_units_per_total_aggregation": "100"}}', 300, 3)) v(charge, q, expected);
select costs(tariff_price(tariff_from_openmeter(price), q), expected, format('OpenMeter: %s of %s', q, price))
from (values
	('{"type": "tiered", "mode": "graduated", "tiers": [{"unitPrice": {"type": "unit", "amount": "5"}}, {"upToAmount": "1000", "flatPrice": {"type": "flat", "amount": "10"}}]}'::jsonb, 1002, 20),
	('{"type": "tiered", "mode": "volume", "tiers": [{"upToAmount": "10", "unitPrice": {"amount": "2"}}, {"unitPrice": {"amount": "1"}}], "minimumAmount": "15", "maximumAmount": "100"}', 11, 15),
	('{"type": "package", "amount": "3", "quantityPerPackage": "100"}', 101, 6),
	('{"type": "flat", "amount": "99", "paymentTerm": "in_advance"}', 0, 99),
	('{"type": "unit", "amount": "0.01", "maximumAmount": "5"}', 1000, 5)) v(price, q, expected);
select is(refusal(format('select %s(%L)', f, price)), '22P02 ' || message, format('%s refuses %s', f, price))
from (values
	('tariff_from_stripe', '{"billing_scheme": "per_unit", "currency": "usd", "unit_amount": 1, "transform_quantity": {"divide_by": 10, "round": "down"}}', 'invalid Stripe price at transform_quantity.round | A tariff rounds packages up; this price rounds them "down".'),
	('tariff_from_stripe', '{"billing_scheme": "tiered", "currency": "usd", "tiers_mode": "volume"}', 'invalid Stripe price | The key "tiers" is missing.'),
	('tariff_from_stripe', '{"billing_scheme": "per_unit", "currency": "usd", "custom_unit_amount": {"minimum": 1}}', 'invalid Stripe price | The customer chooses the amount (custom_unit_amount): no quantity has a price. (no hint)'),
	('tariff_from_lago', '{"charge_model": "dynamic", "properties": {}}', 'invalid Lago charge at charge_model | The model "dynamic" has no counterpart here.'),
	('tariff_from_lago', '{"charge_model": "standard", "prorated": true, "properties": {"amount": "1"}}', 'invalid Lago charge at prorated | A prorated charge depends on the days of the period, not on the quantity alone.'),
	('tariff_from_lago', '{"charge_model": "percentage", "properties": {"rate": "1", "fixed_amount": "0.5"}}', 'invalid Lago charge at properties.fixed_amount | It depends on single events, not on their sum.'),
	('tariff_from_lago', '{"charge_model": "volume", "properties": {"volume_ranges": [{"from_value": 0, "to_value": 0.5, "flat_amount": "0", "per_unit_amount": "1"}, {"from_value": 1.5, "to_value": null, "flat_amount": "0", "per_unit_amount": "1"}]}}', 'invalid Lago charge at properties.volume_ranges[2].from_value | Ranges one unit apart need whole bounds; 1.5 is none: quantities between 0.5 and it would have no range.'),
	('tariff_from_lago', '{"charge_model": "volume", "properties": {"volume_ranges": [{"from_value": 0, "to_value": 10, "flat_amount": "0", "per_unit_amount": "1"}, {"from_value": 12, "to_value": null, "flat_amount": "0", "per_unit_amount": "1"}]}}', 'invalid Lago charge at properties.volume_ranges[2].from_value | The range starts at 12, the one before ends at 10.'),
	('tariff_from_openmeter', '{"type": "unit", "amount": "1", "commitments": {"minimum": "5"}}', 'invalid OpenMeter price | The key "commitments" is unknown.'),
	('tariff_from_openmeter', '{"type": "tiered", "mode": "volume", "tiers": [{"unitPrice": {"amount": "2"}, "percent": 5}]}', 'invalid OpenMeter price at tiers[1] | The key "percent" is unknown.'),
	('tariff_from_lago', '{"charge_model": "graduated", "properties": {"graduated_ranges": [{"from_value": 0, "to_value": null, "flat_amount": "0", "per_unit_amount": "1", "rate": "5"}]}}', 'invalid Lago charge at properties.graduated_ranges[1] | The key "rate" is unknown.'),
	('tariff_from_lago', '{"charge_model": "graduated_percentage", "properties": {"graduated_percentage_ranges": [{"from_value": 0, "to_value": null, "flat_amount": "0", "rate": "1", "fixed_amount": "0.5"}]}}', 'invalid Lago charge at properties.graduated_percentage_ranges[1].fixed_amount | It depends on single events, not on their sum.'),
	('tariff_from_lago', '{"charge_model": "standard", "properties": {"amount": "1", "discount": "5"}}', 'invalid Lago charge at properties | The key "discount" is unknown.'),
	('tariff_from_stripe', '{"billing_scheme": "tiered", "currency": "usd", "tiers_mode": "volume", "tiers": [{"up_to": null, "unit_amount": 1, "percent": 5}]}', 'invalid Stripe price at tiers[1] | The key "percent" is unknown.'),
	('tariff_from_openmeter', '{"type": "dynamic", "multiplier": "1.1"}', 'invalid OpenMeter price at type | The type "dynamic" has no counterpart here.'),
	('tariff_from_openmeter', '{"type": "usage_based", "price": {"type": "unit", "amount": "1"}}', 'invalid OpenMeter price | It is not a price object.')) v(f, price, message);
select is(refusal($$select tariff_from_stripe('{"billing_scheme": "tiered", "currency": "usd", "tiers_mode": "volume", "tiers": [{"up_to": 5, "unit_amount": 1}]}')$$),
	'22023 invalid tariff_def | Tier 1, the last, ends at 5: larger quantities would have no price.', 'a Stripe price without a last tier');

select * from finish();
rollback;
