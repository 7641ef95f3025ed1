-- Quotes against a plain recursion, splits against the definition of largest
-- remainder, refusals.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select plan(65);

create function costs(numeric, numeric, text) returns text language sql as $$ select is($1, $2, $3) $$;
do $$ begin perform setseed(0.3); end $$;

-- Random quotes; the oracle walks the steps in PL/pgSQL.
create function oracle_net(list numeric, steps jsonb) returns numeric language plpgsql immutable as $$
declare
	step jsonb;
	total numeric := list;
	base numeric;
begin
	for step in select jsonb_array_elements(steps) loop
		base := case when step->>'of' = 'list' then list when step->>'of' ~ '^[0-9]' then (step->>'of')::numeric else total end;
		total := case
			when step ? 'percent_off' then total - base * (step->>'percent_off')::numeric * 0.01
			when step ? 'percent_add' then total + base * (step->>'percent_add')::numeric * 0.01
			when step ? 'amount_off' then total - (step->>'amount_off')::numeric
			when step ? 'amount_add' then total + (step->>'amount_add')::numeric
			when step ? 'floor' then greatest(total, (step->>'floor')::numeric)
			when step ? 'ceiling' then least(total, (step->>'ceiling')::numeric)
			when step ? 'round' then round(total, (step->>'round')::int) end;
	end loop;
	return total;
end $$;
create temp table quotes as
select n, (random() * 100000 - 5000)::numeric(12, 2) as list, coalesce(steps, '[]') as steps
from generate_series(1, 12000) n
cross join lateral (
	select jsonb_agg(jsonb_build_object(kind, case kind when 'round' then floor(random() * 5 - 2) else round((random() * size)::numeric, 3) end)
		|| case when kind like 'percent%' then (array['{}', '{"of": "list"}', '{"of": "running"}', '{"of": 1234.5}', '{"of": "1234.5"}', '{"of": null}']::jsonb[])[1 + floor(random() * 6)] else '{}' end
		|| case when random() < 0.5 then jsonb_build_object('name', 'step ' || i) else '{}' end order by i) as steps
	from (select i, (array['percent_off', 'percent_add', 'amount_off', 'amount_add', 'floor', 'ceiling', 'round'])[1 + floor(random() * 7 + n * 0)] as kind
		from generate_series(1, n % 12) i) k
	cross join lateral (select case when kind like 'percent%' then 100 else 60000 end as size) s) s;
prepare net as select list, steps from quotes where quote_net(list, steps) is distinct from oracle_net(list, steps) limit 5;
select is_empty('net', 'quote_net equals the oracle');
prepare foots as
	select list, steps from quotes cross join lateral (
		select count(*) as steps_shown, coalesce(sum(amount), 0) as change, (array_agg(subtotal order by step_index desc))[1] as last,
			bool_and(subtotal = list + running) as runs
		from (select *, sum(amount) over (order by step_index) as running from quote_waterfall(list, steps)) w) w
	where steps_shown <> jsonb_array_length(steps) or list + change <> quote_net(list, steps)
		or last is distinct from case when steps <> '[]' then quote_net(list, steps) end or not runs limit 5;
select is_empty('foots', 'list_amount + sum(amount) is the net, every subtotal what has run up');
prepare prefixes as
	select list, steps from quotes cross join lateral quote_waterfall(list, steps) w
	where subtotal <> oracle_net(list, (select jsonb_agg(s order by i) from jsonb_array_elements(steps) with ordinality s(s, i) where i <= step_index))
	and n <= 2000 limit 5;
select is_empty('prefixes', 'each subtotal is the net of the steps so far');

select results_eq($$select step_index, name, kind, rate, amount, subtotal from quote_waterfall(1000,
		'[{"name": "partner", "percent_off": 20}, {"percent_off": "5", "of": "list"}, {"name": "slot", "percent_off": 10, "of": 200}, {"name": "floor", "floor": 800}, {"name": "VAT", "percent_add": 6}, {"round": 0}]')$$,
	$$values (1, 'partner', 'percent_off', 0.2, -200.0, 800.0), (2, 'percent_off', 'percent_off', 0.05, -50, 750), (3, 'slot', 'percent_off', 0.1, -20, 730),
		(4, 'floor', 'floor', null, 70, 800), (5, 'VAT', 'percent_add', 0.06, 48, 848), (6, 'round', 'round', null, 0, 848)$$,
	'percentages of the running subtotal, of the list amount, of an amount');
select costs(quote_net(100, '[]'), 100, 'no step changes nothing');
select is_empty($$select quote_waterfall(100, '[]')$$, 'and has no row');
select costs(quote_net(null, '[]'), null, 'no list amount, no net');
select costs(quote_net(1, null), null, 'no steps known, no net');
select costs(quote_net(0.1 + n * 0, steps), net, 'exact over 100 steps')
from (select 1 as n, jsonb_agg('{"percent_off": 0.0000000001}'::jsonb) as steps from generate_series(1, 100)) s,
	lateral (select 0.1 * exp_value as net from (select mul as exp_value from (
		with recursive p(i, mul) as (select 0, 1::numeric union all select i + 1, mul * 0.999999999999 from p where i < 100) select mul from p where i = 100) m) e) e;

create function refusal(query text) returns text language plpgsql as $$
declare
	detail text;
begin
	execute query;
	return 'no error';
exception when others then
	get stacked diagnostics detail = pg_exception_detail;
	return sqlstate || ' ' || sqlerrm || ' | ' || detail;
end $$;
select is(refusal(format('select quote_net(1, %L)', steps)), '22P02 invalid quote steps' || message, steps)
from (values
	('[{"percent_of": 5}]', ' at [1] | The kind "percent_of" is unknown.'),
	('[{"percent_off": 5}, {"name": "x"}]', ' at [2] | It has no kind.'),
	('[{"percent_off": 5, "amount_off": 1}]', ' at [1] | It has two kinds, "amount_off" and "percent_off".'),
	('[{"percent_off": 101}]', ' at [1].percent_off | It must be at most 100, not 101.'),
	('[{"percent_off": -1}]', ' at [1].percent_off | It must be 0 or more, not -1.'),
	('[{"amount_add": -1}]', ' at [1].amount_add | It must be 0 or more, not -1.'),
	('[{"percent_off": "a"}]', ' at [1].percent_off | It must be a decimal number, not "a".'),
	('[{"percent_off": null}]', ' at [1].percent_off | It must be a number, not "null".'),
	('[{"percent_off": 5, "of": "net"}]', ' at [1].of | It is none of these.'),
	('[{"percent_off": 5, "of": "1O0"}]', ' at [1].of | It must be a decimal number, not "1O0".'),
	('[{"floor": 5, "of": "list"}]', ' at [1].of | Only percentages are of something.'),
	('[{"round": 1.5}]', ' at [1].round | It must be a whole number from -30 to 30, not 1.5.'),
	('{"percent_off": 5}', ' | It must be an array, not an object.'),
	('[5]', ' at [1] | It must be an object, not "5".'),
	('[{"percent_off": 0.00000000001}]', ' at [1].percent_off | The number has more than 10 decimals, or too many digits.')) v(steps, message);
select alike(refusal(format('select quote_net(1, %L)', (select jsonb_agg('{"round": 2}'::jsonb) from generate_series(1, 101)))), '%There are 101 steps; 100 are allowed.', '101 steps');
select alike(refusal(format('select quote_net(%L, ''[]'')', list)), '22003 %', 'list amount ' || list) from unnest(array['NaN', 'Infinity', '-Infinity']) list;

-- Splits: random totals, weights, scales; every fifth total is too large for 128 bits
create temp table splits as
select n, scale, total, weights, amount_split(total, weights, scale) as shares
from (select n, (n % 7) - 2 as scale, round(((random() - 0.4) * 10::numeric ^ (n % 12))::numeric, (n % 7) - 2) * case when n % 5 = 0 then 1e36 else 1 end as total,
	(select array_agg(case when random() < 0.1 then 0 when random() < 0.05 then null when random() < 0.3 then floor(random() * 3)::numeric
			else round((random() * 100)::numeric, (i % 5)) end) || (1 + random())::numeric
		from generate_series(1, n % 40) i where n > 0) as weights
	from generate_series(1, 8000) n) s;

-- share i by definition: cut off, and one unit more for the largest remainders, the first of equals
prepare wrong_split as
	select total, weights, scale, shares from splits cross join lateral (
		select array_agg(case when weight is not null then sign(total) * (down + case when place <= missing then unit else 0 end) end order by i) as expected
		from (select *, sum(w.down) over () as given,
				(abs(total) - sum(down) over ()) / unit as missing,
				case when weight is not null then row_number() over (order by weight is null, rest desc, i) end as place
			from (select i, weight, unit, div(abs(total) * weight, sum(weight) over () * unit) * unit as down,
					(abs(total) * weight) % (sum(weight) over () * unit) as rest
				from unnest(weights) with ordinality w(weight, i), (select ('1e' || -scale)::numeric as unit) u) w) w) e
	where expected is distinct from shares limit 5;
select is_empty('wrong_split', 'amount_split gives what largest remainder says');
prepare split_sum as
	select total, weights, shares from splits where (select sum(s) from unnest(shares) s) is distinct from total limit 5;
select is_empty('split_sum', 'the shares sum to the total');
prepare split_near as
	select total, weights, shares from splits, unnest(shares, weights) as u(share, weight)
	where weight is not null and abs(share * (select sum(w) from unnest(weights) w) - total * weight) >= ('1e' || -scale)::numeric * (select sum(w) from unnest(weights) w)
		or weight = 0 and share <> 0 or (weight is null) <> (share is null) limit 5;
select is_empty('split_near', 'each share is less than one unit off, nothing for weight 0, NULL for NULL');
prepare split_scale as select total from splits, unnest(shares) share where scale(share) <> greatest(splits.scale, 0) limit 5;
select is_empty('split_scale', 'shares show the scale''s decimals');
prepare wrong_share as
	select n from (
		select n, i, shares[i] as expected, amount_share(total, weight, scale) over (partition by n order by i) as share
		from splits, unnest(weights) with ordinality w(weight, i) where n <= 3000) s
	where share is distinct from expected limit 5;
select is_empty('wrong_share', 'amount_share equals amount_split, in the window''s order');
prepare wrong_share_sum as
	select n from (select n, total, amount_share(total, weight, scale) over (partition by n) as share
		from splits, unnest(weights) w(weight) where n <= 3000) s group by n, total having sum(share) <> total limit 5;
select is_empty('wrong_share_sum', 'without an order the shares still sum');

select is(amount_split(total, weights, scale)::text, shares, format('%s over %s at %s', total, weights, scale))
from (values
	(100, array[1, 1, 1]::numeric[], 2, '{33.34,33.33,33.33}'), (-100, array[1, 1, 1], 2, '{-33.34,-33.33,-33.33}'),
	(0.01, array[1, 1], 2, '{0.01,0.00}'), (0.05, array[0, 3, 0, 3], 2, '{0.00,0.03,0.00,0.02}'),
	(1000, array[1, 0, 2, null], -1, '{330,0,670,NULL}'), (100, array[7], 0, '{100}'),
	(0, array[0, 0], 2, '{0.00,0.00}'), (0, '{}', 2, '{}'), (0, array[null]::numeric[], 2, '{NULL}'),
	(1e30, array[1, 2], 0, '{333333333333333333333333333333,666666666666666666666666666667}'),
	(10, array[1e-200, 2e-200], 2, '{3.33,6.67}')) v(total, weights, scale, shares);
select is(amount_split(null, '{1}', 2), null, 'no total, no shares');
select is(amount_split(1, null, 2), null, 'no weights, no shares');
select is(left(refusal(format('select amount_split(%s)', call)), 5), code, call)
from (values ('1, ''{0,0}'', 2', '22023'), ('1, ''{}'', 2', '22023'), ('1, ''{-1,2}'', 2', '22023'), ('1.005, ''{1}'', 2', '22023'),
	('105, ''{1}'', -1', '22023'), ('''NaN'', ''{1}'', 2', '22003'), ('1, ''{Infinity}'', 2', '22003'), ('1, ''{NaN,1}'', 2', '22003'),
	('1, ''{1}'', 31', '22023'), ('1, ''{{1,2},{3,4}}'', 2', '2202E')) v(call, code);

select is(array_agg(share order by i)::text, shares, what)
from (select what, i, shares, amount_share(total, weight, 2) over (partition by what order by i) as share
	from (values ('one row', 1, 10.00, 5, '{10.00}'), ('a NULL weight', 1, 10.00, null, '{NULL,10.00}'), ('a NULL weight', 2, 10.00, 3, '{NULL,10.00}'),
		('a NULL total', 1, null, 3, '{NULL,NULL}'), ('a NULL total', 2, null, 3, '{NULL,NULL}')) v(what, i, total, weight, shares)) s
group by what, shares order by what;
select is(refusal('select amount_share(n, 1, 2) over () from generate_series(1, 2) n'),
	'22023 the total of amount_share changes within a partition | One row says 1, another 2.', 'a total that changes');
select is(refusal('select amount_share(1, 1, n) over () from generate_series(1, 2) n'),
	'22023 the scale of amount_share changes within a partition | One row says 1, another 2.', 'a scale that changes');
select is_empty('select amount_share(1, 1, 2) over () where false', 'no rows, no shares');
select is(sum(share), 1000000.01, 'a large partition')
from (select amount_share(1000000.01, random()::numeric, 2) over () as share from generate_series(1, 100000)) s;

-- rows so large that each fetch has memory of its own, which the next one gives back to the system
set local work_mem = '64kB';
select is(string_agg(share::text, ' '), '33.33 66.67', 'rows that lie on disk and are fetched again for each argument')
from (select amount_share(total, weight, 2) over () as share, wide
	from (select 100.00 as total, n::numeric as weight, repeat('x', 40000000) as wide from generate_series(1, 2) n offset 0) s) x
where length(wide) > 0;

select * from finish();
rollback;
