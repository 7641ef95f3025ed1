-- experiment: an oracle in plain SQL for means, differences and variances, and the
-- properties of the intervals. Their figures are R's, in experiment_published.sql.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.929);
create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-9 * greatest(1, abs(b)) is true';

-- random tests of three variants
create temp table unit as
select g, (array['control', 'a', 'b'])[1 + floor(random() * 3)::int] as v, round((c * (0.5 + random()) + p * 3)::numeric, 2) as x, p, c
from (select g, floor(1 + random() * 5)::numeric as p, round((random() * 100)::numeric, 1) as c
	from generate_series(1, 200) g, generate_series(1, 3 + g % 50)) x;
create temp table arm as
select g, v, count(*) as n, avg(x)::float8 as m, sum(x)::float8 / sum(p)::float8 as ratio, avg(p)::float8 as mp, avg(c)::float8 as mc
from unit group by g, v having count(*) > 1;
-- the metric of each kind: the value, or the ratio's linearised form
create temp table metric as
select u.g, u.v, u.x::float8 as y, (u.x::float8 - ratio * u.p::float8) / mp + ratio as l, u.c::float8 as c from unit u join arm using (g, v);
create temp table theta as
select g, sum((y - my) * (c - mc)) / sum((c - mc) ^ 2) as y, sum((l - ml) * (c - mc)) / sum((c - mc) ^ 2) as l, (select avg(c)::float8 from unit u where u.g = t.g) as c
from (select *, avg(y) over w as my, avg(l) over w as ml, avg(c) over w as mc from metric window w as (partition by g, v)) t group by g;
create temp table oracle as
select g, v, avg(y) as mean, var_samp(y) / count(*) as mean_variance, avg(l) as ratio, var_samp(l) / count(*) as ratio_variance,
	avg(y - ty * (c - tc)) as adjusted, var_samp(y - ty * (c - tc)) / count(*) as adjusted_variance,
	avg(l - tl * (c - tc)) as both_mean, var_samp(l - tl * (c - tc)) / count(*) as both_variance, count(*) as n
from (select m.*, t.y as ty, t.l as tl, t.c as tc from metric m join theta t using (g)) x group by g, v;
-- only tests all of whose variants have two units: theta is of all
delete from oracle where g in (select g from unit group by g, v having count(*) < 2) or g not in (select g from oracle where v = 'control');
create temp table answers as
select o.g, k.kind, r.*, case k.kind when 'mean' then o.mean when 'ratio' then o.ratio when 'adjusted' then o.adjusted else o.both_mean end as o_mean,
	case k.kind when 'mean' then o.mean_variance when 'ratio' then o.ratio_variance when 'adjusted' then o.adjusted_variance else o.both_variance end as o_variance, n
from (select g, experiment_agg(v, x, p, c) as s, experiment_agg(v, x, null, c) as s_mean from unit where g in (select g from oracle) group by g) x
	join oracle o using (g), unnest('{mean,ratio,adjusted,both}'::text[]) k(kind),
	lateral experiment_rows(case k.kind when 'adjusted' then s_mean else s end, 'control', kind => case k.kind when 'both' then 'adjusted' else k.kind end) r(variant, kind_said)
where r.variant = o.v;
select is(count(*), 0::bigint, 'means of all kinds are plain SQL''s') from answers where not pg_temp.near(mean, o_mean);
select cmp_ok(count(*), '>', 1500::bigint, 'there are many') from answers;
select is(count(*), 0::bigint, 'differences and lifts too')
from answers a join answers c on c.g = a.g and c.kind = a.kind and c.variant = 'control'
where a.variant <> 'control' and not (pg_temp.near(a.difference, a.o_mean - c.o_mean) and pg_temp.near(a.lift, a.o_mean / c.o_mean - 1));
-- the half width over the standard error is one t for the difference, another for the mean; at many units near 1.96
select is(count(*), 0::bigint, 'widths are those of the variance: with the oracle''s, t lies above 1.96 and falls with the units')
from answers a join answers c on c.g = a.g and c.kind = a.kind and c.variant = 'control',
	lateral (select (a.difference_high - a.difference_low) / 2 / sqrt(a.o_variance + c.o_variance) as t, (a.mean_high - a.mean_low) / 2 / sqrt(a.o_variance) as own) x
where a.variant <> 'control' and not (x.t > 1.96 and x.own > 1.96 and (a.n < 12 or x.own < 2.3) and (least(a.n, c.n) < 12 or x.t < 2.3));
select is(count(*), 0::bigint, 'variance_cut is what the adjustment takes away')
from answers a join answers c on c.g = a.g and c.kind = a.kind and c.variant = 'control'
	join answers pa on pa.g = a.g and pa.variant = a.variant and pa.kind = case a.kind when 'both' then 'ratio' else 'mean' end
	join answers pc on pc.g = a.g and pc.variant = 'control' and pc.kind = pa.kind
where a.kind in ('both', 'adjusted') and a.variant <> 'control'
	and not pg_temp.near(a.variance_cut, 1 - (a.o_variance + c.o_variance) / (pa.o_variance + pc.o_variance));

-- 20,000 random tests from their sums (100,000 were run once): the lift excludes 0 exactly when the difference does
create function pg_temp.variant(name text, is_rate boolean, n int, total numeric, squares numeric) returns text immutable language sql as $$
	select format('{"variant": "%s", "units": %s, "binary": %s, "value": %s, "negative": %s, "value_largest": %s, "value_value": %s}',
		name, n, is_rate::text, total, case when is_rate then 0 else least(total, 0) end, case when is_rate then 1 else 1e8 end, squares) $$;
create temp table random_test as
select format('{"value_scale": 3, "variants": [%s, %s]}',
	pg_temp.variant('a', is_rate, n1, case when is_rate then s1 else m1 * n1 end, case when is_rate then s1 else round(m1 * m1 * n1 + v1 * (n1 - 1), 6) end),
	pg_temp.variant('control', is_rate, n0, case when is_rate then s0 else m0 * n0 end, case when is_rate then s0 else round(m0 * m0 * n0 + v0 * (n0 - 1), 6) end))::experiment_state as s, is_rate
from (select *, floor(random() * (n1 + 1))::int as s1, greatest(0, least(n0, round(n0 * least(1, greatest(0, p + (random() - 0.5) * 3 / sqrt(n0))))))::int as s0
	from (select i % 2 = 0 as is_rate, random() as p, ceil(random() * 10 ^ (1 + random() * 3))::int + 1 as n1, ceil(random() * 10 ^ (1 + random() * 3))::int + 1 as n0,
			round((random() * 10)::numeric, 3) as m1, round((random() * 10 - 1)::numeric, 3) as m0,
			round((random() * 40)::numeric, 3) as v1, round((random() * 40)::numeric, 3) as v0
		from generate_series(1, 20000) i) x) y;
create temp table random_answer as
select is_rate, r.* from random_test, experiment_rows(s, 'control') r where variant = 'a';
select is(count(*), 0::bigint, 'lift and difference exclude 0 together, on the same side')
from random_answer where lift_low is not null and (lift_low > 0) is distinct from (difference_low > 0)
	or lift_high is not null and (lift_high < 0) is distinct from (difference_high < 0);
select cmp_ok(count(*) filter (where difference_low > 0 and lift_low > 0), '>', 2000::bigint, 'many do, above') from random_answer;
select cmp_ok(count(*) filter (where difference_high < 0 and lift_high < 0), '>', 2000::bigint, 'many below') from random_answer;
select is(count(*), 0::bigint, 'bounds lie around what they bound') from random_answer
where not (mean between mean_low and mean_high and difference between difference_low and difference_high)
	or not (lift between lift_low and lift_high) or not (lift_low <= lift_high) or (is_rate and not (mean_low >= 0 and mean_high <= 1 and lift_low >= -1));
select is(count(*), 0::bigint, 'what always holds contains the fixed interval') from random_answer
where not (always_low <= difference_low and always_high >= difference_high);
select is(count(*), 0::bigint, 'the fixed interval excludes 0 when p is below 0.05 (means: exactly then)') from random_answer
where not is_rate and (p_value < 0.05) is distinct from (difference_low > 0 or difference_high < 0);

-- 400 tests of nothing, with 100 looks at each (2,000 were run once)
create temp table look as
select test, look, experiment_merge(s) over (partition by test order by look) as s
from (
	select test, look, experiment_agg(case when n % 2 = 0 then 'control' else 'new' end,
		case when test % 2 = 0 then (random() < 0.2)::int else round((-ln(1 - random()) * 100)::numeric, 2) end) as s
	from generate_series(1, 400) test, generate_series(1, 100) look, generate_series(1, 4) n
	group by test, look) x;
create temp table looked as
select test, bool_or(always_low > 0 or always_high < 0) as always_wrong, bool_or(difference_low > 0 or difference_high < 0) as fixed_wrong
from look, experiment_rows(s, 'control', planned_units => 400) where variant = 'new' and look >= 5 group by test;
select cmp_ok(count(*) filter (where always_wrong), '<', 20::bigint, 'looking 100 times, fewer than 5 in 100 tests of nothing cry wolf') from looked;
select cmp_ok(count(*) filter (where fixed_wrong), '>', 80::bigint, 'where the fixed interval does in one of four or more') from looked;

select * from finish();
rollback;
