-- bridge against slow, obvious versions: every order of replacing factors walked through, in exact
-- fractions; T and share of a cell as two factors that stand side by side in every order.
begin;
set local search_path = public, revops;
select no_plan();

-- all orders of the numbers 1 to n
create function pg_temp.orders(n int) returns table (o int[]) language sql as $$
	with recursive grown as (
		select '{}'::int[] as o
		union all select o || k from grown, generate_series(1, n) k where cardinality(o) < n and k <> all (o))
	select o from grown where cardinality(o) = n
$$;
create temp table known_order as select n as totals, array_agg(array_to_string(o, ',')) as orders from generate_series(1, 5) n, pg_temp.orders(n) group by n;

-- Units of 10^-scale: mean over the orders of what replacing each factor, num / den, does; cut off, the rest to the largest remainders.
create function pg_temp.walk(num0 numeric[], den0 numeric[], num1 numeric[], den1 numeric[], orders text[], scale int, change numeric) returns numeric[] language plpgsql as $$
declare
	n int := cardinality(num0);
	e numeric[] := array_fill(0::numeric, array[n]);
	below numeric := cardinality(orders);
	one_order text;
	k int;
	now numeric[];
	product numeric;
	next numeric;
	units numeric[] := '{}';
	rests numeric[] := '{}';
	missing numeric := change * 10::numeric ^ scale;
	q numeric;
begin
	for k in 1..n loop below := below * den0[k] * den1[k]; end loop;
	foreach one_order in array orders loop
		now := '{}';
		product := 1;
		for k in 1..n loop now := now || (num0[k] * den1[k]); product := product * now[k]; end loop;
		foreach k in array string_to_array(one_order, ',')::int[] loop
			now[k] := num1[k] * den0[k];
			next := 1;
			for j in 1..n loop next := next * now[j]; end loop;
			e[k] := e[k] + next - product;
			product := next;
		end loop;
	end loop;
	for k in 1..n loop
		if below < 0 then e[k] := -e[k]; end if;
		q := div(e[k] * 10::numeric ^ scale, abs(below));
		if e[k] * 10::numeric ^ scale < q * abs(below) then q := q - 1; end if;
		units := units || q;
		rests := rests || (e[k] * 10::numeric ^ scale - q * abs(below));
		missing := missing - q;
	end loop;
	assert missing between 0 and n - 1 and missing = trunc(missing);
	for k in select i from unnest(rests) with ordinality r (rest, i) order by rest desc, i limit missing loop units[k] := units[k] + 1; end loop;
	return units;
end
$$;

-- The effects of a chain of totals. whole0 and whole1: sums of the first totals of the continuing cells, NULL: no scale and mix.
create function pg_temp.effects(t0 numeric[], t1 numeric[], method text, scale int, substitute int[], whole0 numeric, whole1 numeric) returns numeric[] language plpgsql as $$
declare
	n int := cardinality(t0);
	change numeric := t1[n] - t0[n];
	num0 numeric[] := t0[1:1]; num1 numeric[] := t1[1:1]; den0 numeric[] := '{1}'; den1 numeric[] := '{1}';
	whole_of int;
	orders text[];
	result numeric[];
begin
	select min(k) into whole_of from generate_series(2, n) k where (t0[k] <> 0 and t0[k - 1] = 0) or (t1[k] <> 0 and t1[k - 1] = 0);
	if 0 = all (t0) or 0 = all (t1) then whole_of := 1; end if;
	if whole_of is not null then
		result := array_fill(0::numeric, array[n]);
		result[whole_of] := change * 10::numeric ^ scale;
		return case when whole0 is null then result else result[1:1] || 0::numeric || result[2:] end;
	end if;
	for k in 2..n loop
		num0 := num0 || case when t0[k - 1] <> 0 then t0[k] when t1[k - 1] <> 0 then t1[k] else 1 end;
		den0 := den0 || case when t0[k - 1] <> 0 then t0[k - 1] when t1[k - 1] <> 0 then t1[k - 1] else 1 end;
		num1 := num1 || case when t1[k - 1] <> 0 then t1[k] when t0[k - 1] <> 0 then t0[k] else 1 end;
		den1 := den1 || case when t1[k - 1] <> 0 then t1[k - 1] when t0[k - 1] <> 0 then t0[k - 1] else 1 end;
	end loop;
	if method = 'chain' then
		orders := array[array_to_string(coalesce(substitute, array(select generate_series(1, n))), ',')];
	else
		select o.orders into orders from known_order o where o.totals = n;
	end if;
	if whole0 is not null then
		-- factor 1 becomes T and s, numbers 1 and 2; both ways round, but for chain
		num0 := array[whole0, t0[1]] || num0[2:]; den0 := array[1, whole0] || den0[2:];
		num1 := array[whole1, t1[1]] || num1[2:]; den1 := array[1, whole1] || den1[2:];
		select array_agg(o) into orders
		from unnest(orders) x, unnest(case when method = 'chain' then '{"1,2"}' else '{"1,2","2,1"}'::text[] end) pair,
			lateral (select string_agg(case when f = '1' then pair else (f::int + 1)::text end, ',' order by i) as o from string_to_table(x, ',') with ordinality f (f, i)) y;
	end if;
	return pg_temp.walk(num0, den0, num1, den1, orders, scale, change);
end
$$;

-- random chains: zeros, negative totals, totals on zeros, cents
select setseed(0.13);
create function pg_temp.chain(n int, wild boolean) returns numeric[] language sql volatile as $$
	select array_agg(case when wild and random() < 0.2 then 0
		when k = n then round((random() * 1000)::numeric, (random() * 3)::int) * case when wild and random() < 0.2 then -1 else 1 end
		else ceil(random() * 10 ^ (1 + k % 3)) * case when wild and random() < 0.1 then -1 else 1 end end order by k)
	from generate_series(1, n) k
$$;
create temp table chain_case as
select i, m as method, sub, pg_temp.chain(n, i % 3 = 0) as b, pg_temp.chain(n, i % 3 = 0) as a
from (select i, 1 + i % 4 as n, (array['shapley', 'chain', 'chain'])[1 + i / 4 % 3] as m, case when i / 4 % 3 = 2 then (select o from pg_temp.orders(1 + i % 4) r order by random() + i limit 1) end as sub
	from generate_series(1, 1500) i) x;
select is(count(*), 0::bigint, 'effects are those of all orders, in exact fractions')
from (select *, bridge_effects(b, a, method, 3, sub) as got, pg_temp.effects(b, a, method, 3, sub, null, null) as want from chain_case) x
where array(select e * 1000 from unnest(got) e) <> want;
select is(count(*) filter (where 0 = any (b || a)) > 300 and count(*) filter (where 0 > any (b || a)) > 100, true, 'the cases have zeros and negative totals') from chain_case;
select is(count(*), 0::bigint, 'effects sum to the change, always')
from chain_case, lateral (select sum(e) as total from unnest(bridge_effects(b, a, method)) e) s where total <> a[cardinality(a)] - b[cardinality(b)];
select is(count(*), 0::bigint, 'before and after swapped turn every sign, within a unit (shapley)')
from chain_case, unnest(bridge_effects(b, a), bridge_effects(a, b)) e (one, other) where abs(one + other) > 0.01;

-- factor values and their running products: any order of factors gives each the same, within a unit
select is(count(*), 0::bigint, 'shapley does not depend on the order of factors')
from (select i, array[x, x * y, x * y * z] as b1, array[u, u * v, u * v * w] as a1, array[z, z * x, z * x * y] as b2, array[w, w * u, w * u * v] as a2
	from (select i, (random() * 9)::int::numeric as x, (random() * 9)::int::numeric as y, (random() * 9)::int::numeric as z,
		1 + (random() * 9)::int::numeric as u, 1 + (random() * 9)::int::numeric as v, 1 + (random() * 9)::int::numeric as w from generate_series(1, 500) i) r
	where x * y * z <> 0) c, lateral (select bridge_effects(b1, a1) as one, bridge_effects(b2, a2) as other) e
where abs(one[1] - other[2]) > 0.01 or abs(one[2] - other[3]) > 0.01 or abs(one[3] - other[1]) > 0.01;

-- lmdi by numeric's logarithms
select is(count(*), 0::bigint, 'lmdi is within a unit, and sums exactly')
from (select b, a, bridge_effects(b, a, 'lmdi') as got, cardinality(b) as n from chain_case where i % 3 > 0 and 0 < all (b || a)) x,
	lateral (select case when a[n] = b[n] then a[n] else (a[n] - b[n]) / ln(a[n]::numeric(40, 20) / b[n]) end as l) y,
	lateral (select sum(got[k]) as total, max(abs(got[k] - l * ln((case when k = 1 then a[1] else a[k] / a[k - 1]::numeric(40, 20) end) / (case when k = 1 then b[1] else b[k] / b[k - 1]::numeric(40, 20) end)))) as off from generate_series(1, n) k) z
where total <> a[n] - b[n] or off > 0.0101;

-- bridges of cells
create temp table cell_case as
select i, n, method, c.cell, s.side, pg_temp.chain(n, i % 6 = 0) as t
from (select i, 1 + i % 4 as n, (array['shapley', 'chain'])[1 + i / 4 % 2] as method from generate_series(1, 160) i) x,
	lateral (select case when g = 0 then null else chr(96 + g) || repeat('.', g * 3) end as cell from generate_series(0, 1 + i % 7) g) c, unnest(array[0, 1]) s (side)
where random() < 0.85;
create temp table state_case as
select i, n, method, bridge_agg(cell, variadic t) filter (where side = 0) as b, bridge_agg(cell, variadic t) filter (where side = 1) as a, array(select 'f' || k from generate_series(1, n) k) as names
from cell_case group by i, n, method;
create temp table got as
select i, r.* from state_case, lateral (select row_number() over () as ordinality, * from bridge_rows(b, a, names, method, 3)) r;
create temp table want as
with both_sides as (
	select coalesce(x.i, y.i) as i, coalesce(x.n, y.n) as n, coalesce(x.method, y.method) as method, coalesce(x.cell, y.cell) as cell, x.t as b, y.t as a
	from (select * from cell_case where side = 0 and 0 <> any (t)) x
	full join (select * from cell_case where side = 1 and 0 <> any (t)) y on (x.i, coalesce(x.cell, '~')) = (y.i, coalesce(y.cell, '~'))),
wholes as (
	select i, sum(b[1]) filter (where a is not null) as whole0, sum(a[1]) filter (where b is not null) as whole1, coalesce(bool_or(b[1] < 0 or a[1] < 0) filter (where a is not null and b is not null), false) as negative
	from both_sides group by i),
split as (
	select s.*, case when a is null then '{exit}' when b is null then '{entry}' else array['scale', 'mix'] || array_fill('factor'::text, array[n - 1]) end as kinds,
		case when a is null then array[-b[n] * 1000] when b is null then array[a[n] * 1000]
			when negative or whole0 <= 0 or whole1 <= 0 then (select e[1:1] || 0::numeric || e[2:] from pg_temp.effects(b, a, method, 3, null, null, null) e)
			else pg_temp.effects(b, a, method, 3, null, whole0, whole1) end as units
	from both_sides s join wholes w using (i))
select i, cell, kind, case when kind in ('scale', 'mix') then 1 when kind = 'factor' then k - 1 end as factor_index, case when k = 1 then coalesce(b[n], 0) end as before_amount, case when k = 1 then coalesce(a[n], 0) end as after_amount, unit / 1000 as effect,
	row_number() over (partition by i order by cell collate "C" nulls last, k) as ordinality
from split, unnest(kinds, units) with ordinality u (kind, unit, k);
select is((select count(*) from got), (select count(*) from want), 'as many rows');
select is(count(*), 0::bigint, 'rows of cells are those of all orders, in exact fractions')
from got g full join want w using (i, ordinality)
where (g.cell, g.kind, g.factor_index, g.before_amount, g.after_amount, g.effect) is distinct from (w.cell, w.kind, w.factor_index, w.before_amount, w.after_amount, w.effect)
	or g.factor_name is distinct from 'f' || g.factor_index;
select is(array_agg(distinct kind order by kind), '{entry,exit,factor,mix,scale}', 'of every kind') from got where effect <> 0;
select is(count(*), 0::bigint, 'effects sum to the change of the totals')
from (select i, sum(effect) as effect, sum(after_amount) - sum(before_amount) as change from got group by i) x where effect <> change;
select is(count(*), 0::bigint, 'cells renamed or rows shuffled change nothing but ties')
from (select i, n, method, bridge_agg(translate(cell, 'abcdefghi', 'zyxwvutsr'), variadic t order by random()) filter (where side = 0) as b, bridge_agg(translate(cell, 'abcdefghi', 'zyxwvutsr'), variadic t order by random()) filter (where side = 1) as a
	from cell_case group by i, n, method) s join state_case using (i),
	lateral (select array_agg((translate(cell, 'zyxwvutsr', 'abcdefghi'), kind, factor_index, effect)::text order by translate(cell, 'zyxwvutsr', 'abcdefghi'), kind, factor_index) as rows from bridge_rows(s.b, s.a, names, s.method, 3)) x,
	lateral (select array_agg((cell, kind, factor_index, effect)::text order by cell, kind, factor_index) as rows from bridge_rows(state_case.b, state_case.a, names, state_case.method, 3)) y
where x.rows <> y.rows;

-- rates, by 60 digits of numeric
create temp table rate_case as
select i, 1 + i % 3 as n, c.cell, s.side, array(select case when random() < 0.15 then 0 when k = 1 + i % 3 then round((random() * 99)::numeric, 2) else ceil(random() * 50) end from generate_series(1, 1 + i % 3) k)::numeric[] as t
from generate_series(1, 300) i, lateral (select chr(96 + g) as cell from generate_series(1, 1 + i % 6) g) c, unnest(array[0, 1]) s (side)
where random() < 0.8;
create temp table rate_state as
select i, n, bridge_agg(cell, variadic t) filter (where side = 0) as b, bridge_agg(cell, variadic t) filter (where side = 1) as a, array(select 'f' || k from generate_series(1, n) k) as names,
	sum(t[1]) filter (where side = 0) as first0, sum(t[1]) filter (where side = 1) as first1, sum(t[n]) filter (where side = 0) as last0, sum(t[n]) filter (where side = 1) as last1
from rate_case group by i, n;
select is(count(*), 0::bigint, 'effects sum to the change of the rounded rates, by every method')
from rate_state, unnest(array['shapley', 'lmdi', 'chain']) m, lateral (select sum(effect) as effect from bridge_rate_rows(b, a, names, m)) r
where first0 > 0 and first1 > 0 and effect <> round(last1 / first1::numeric(60, 40), 6) - round(last0 / first0::numeric(60, 40), 6);
select is(count(*), 0::bigint, 'no rows without anything that the rate is of')
from rate_state, lateral (select count(*) as rows from bridge_rate_rows(b, a, names)) r where (coalesce(first0, 0) > 0 and coalesce(first1, 0) > 0) <> (rows > 0);
with both_sides as (
	select coalesce(x.i, y.i) as i, coalesce(x.n, y.n) as n, coalesce(x.cell, y.cell) as cell, x.t as b, y.t as a
	from (select * from rate_case where side = 0 and 0 <> any (t)) x full join (select * from rate_case where side = 1 and 0 <> any (t)) y on (x.i, x.cell) = (y.i, y.cell)),
stayed as (
	select i, sum(b[1])::numeric(60, 40) as f0, sum(a[1])::numeric(60, 40) as f1, sum(b[n]) as l0, sum(a[n]) as l1 from both_sides where a is not null and b is not null group by i),
wanted as (
	select x.i, cell, case when x.a is null then 'exit' when x.b is null then 'entry' else 'mix' end as kind,
		case when x.a is null then -(x.b[x.n] - coalesce(l0 / nullif(f0, 0), 0) * x.b[1]) / first0::numeric(60, 40)
			when x.b is null then (x.a[x.n] - coalesce(l1 / nullif(f1, 0), 0) * x.a[1]) / first1::numeric(60, 40)
			-- two totals: the Shapley value of share x rate
			when 0 <> all (x.b || x.a) then (x.a[1] / f1 - x.b[1] / f0) * ((x.a[2] / x.a[1]::numeric(60, 40) + x.b[2] / x.b[1]::numeric(60, 40)) / 2 - (l1 / f1 + l0 / f0) / 2) end as effect
	from both_sides x join rate_state using (i) left join stayed s on s.i = x.i where x.n = 2 and first0 > 0 and first1 > 0)
select is(count(*) filter (where abs(g.effect - w.effect) > 0.000001), 0::bigint, 'entry, exit and mix are within a unit of their formulas, of ' || count(*))
from wanted w join (select i, r.* from rate_state, bridge_rate_rows(b, a, names) r) g on (g.i, g.cell, g.kind) = (w.i, w.cell, w.kind);
select is(count(*), 0::bigint, 'a cell''s own rates stand on its first row')
from rate_state join lateral bridge_rate_rows(b, a, names) r on true left join rate_case x on (x.i, x.cell, x.side) = (rate_state.i, r.cell, 0) left join rate_case y on (y.i, y.cell, y.side) = (rate_state.i, r.cell, 1)
where (kind <> 'factor' and (before_rate, after_rate) is distinct from ((x.t[x.n] / nullif(x.t[1], 0))::float8, (y.t[y.n] / nullif(y.t[1], 0))::float8)
	and (abs(before_rate - x.t[x.n] / nullif(x.t[1], 0)) > 1e-12 or abs(after_rate - y.t[y.n] / nullif(y.t[1], 0)) > 1e-12))
	or (kind = 'factor' and (before_rate is not null or after_rate is not null));

select * from finish();
rollback;
