-- rating: an oracle in plain SQL over random answers. Student's t and Welch are those of experiment,
-- whose figures are R's.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.717);
create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or (abs(a - b) <= 1e-10 * greatest(1, abs(b))) is true';
create function pg_temp.cut(x float8, lowest float8, highest float8) returns float8 immutable language sql
	as $$ select case when x is not null then least(greatest(x, lowest), highest) end $$;

-- groups of 0 to some hundred answers on scales of 2 to 30 scores
create temp table scale as
select g, low, high, unfavourable_to, unfavourable_to + 1 + floor(random() * (high - unfavourable_to))::int as favourable_from
from (select g, low, high, low + floor(random() * (high - low))::int as unfavourable_to
	from (select g, low, low + 1 + floor(random() * random() * 29)::int as high from (select g, (random() * 40)::int - 20 as low from generate_series(1, 200) g) x) y) z;
create temp table answer as
select g, side, case when random() < 0.8 then low + floor(random() ^ (1 + side) * (high - low + 1))::int end as score
from scale, generate_series(1, 2) side, generate_series(1, 1 + ((abs(hashint4(g * 2 + side)) % 100) ^ 3 / 3000)::int) n;
create index on answer (g, side, score);
analyze answer;
create temp table state as
select g, side, rating_agg(rating(low, high, favourable_from, unfavourable_to), score) as s from answer join scale using (g) group by g, side;
create temp table oracle as
select g, side, count(*) as asked, count(score) as n, count(*) filter (where score >= favourable_from) as good, count(*) filter (where score <= unfavourable_to) as bad,
	avg(score)::float8 as mean, percentile_cont(0.5) within group (order by score) as median, low, high
from answer join scale using (g) group by g, side, low, high;

select is(count(*), 0::bigint, 'counts, shares, mean and median are plain SQL''s')
from state join oracle o using (g, side), rating_summary(s) r
where (r.asked, r.responses, r.favourable, r.unfavourable, r.neutral) is distinct from (o.asked, o.n, good, bad, o.n - good - bad)
	or not (pg_temp.near(response_rate, o.n / o.asked::float8) and pg_temp.near(favourable_rate, good / nullif(o.n, 0)::float8) and pg_temp.near(unfavourable_rate, bad / nullif(o.n, 0)::float8)
		and pg_temp.near(net_score, (good - bad) / nullif(o.n, 0)::float8) and pg_temp.near(mean_score, mean) and pg_temp.near(median_score, median)
		and pg_temp.near(favourable_rate_low, wilson_low(good, o.n)) and pg_temp.near(favourable_rate_high, wilson_high(good, o.n))
		and pg_temp.near(unfavourable_rate_low, wilson_low(bad, o.n)) and pg_temp.near(unfavourable_rate_high, wilson_high(bad, o.n)));
select cmp_ok(count(*) filter (where n = 0), '>', 3::bigint, 'some groups are silent') from oracle;

-- three answers more, three quarters at each end
create temp table adjusted as
select *, (bad + 0.75) / (n + 3.0) as pb, (good + 0.75) / (n + 3.0) as pg, (n + 3.0) as nn from oracle where n > 0;
select is(count(*), 0::bigint, 'the net score has the adjusted Wald interval')
from state join adjusted using (g, side), rating_summary(s, 0.95) r, lateral (select 1.959963984540054 * sqrt((pg + pb - (pg - pb) ^ 2) / nn) as reach) x
where not (pg_temp.near(net_score_low, pg_temp.cut(pg - pb - reach, -1, null)) and pg_temp.near(net_score_high, pg_temp.cut(pg - pb + reach, null, 1)));
select is(count(*), 0::bigint, 'the mean has Student''s, cut to the scale')
from oracle o join state using (g, side), rating_summary(s) r,
	experiment_rows((select experiment_agg('x', score) from answer a where a.g = o.g and a.side = o.side and score is not null), 'x', kind => 'mean') e
where o.n > 0 and not (pg_temp.near(mean_score_low, pg_temp.cut(e.mean_low, low, null)) and pg_temp.near(mean_score_high, pg_temp.cut(e.mean_high, null, high)));
select is(count(*), 0::bigint, 'answers by score are plain SQL''s')
from state join scale using (g), rating_rows(s) r, lateral (select count(*) as n, count(*) filter (where a.score = r.score) as c from answer a where a.g = state.g and a.side = state.side and a.score is not null) x
where answers <> c or r.score not between low and high
	or not (pg_temp.near(rate, c / nullif(n, 0)::float8) and pg_temp.near(rate_low, wilson_low(c, n)) and pg_temp.near(rate_high, wilson_high(c, n)));
select is(count(*), (select sum(high - low + 1) from state join scale using (g)), 'a row a score') from state, rating_rows(s);

-- differences
create temp table pair as
select g, a.s as s1, b.s as s2, x.n as n1, y.n as n2, x.good as g1, y.good as g2, x.bad as b1, y.bad as b2, x.mean as m1, y.mean as m2, high - low as range
from state a join state b using (g) join oracle x using (g) join oracle y using (g, low, high) where a.side = 1 and b.side = 2 and x.side = 1 and y.side = 2;
create function pg_temp.newcombe(s1 bigint, n1 bigint, s2 bigint, n2 bigint, out d float8, out low float8, out high float8) language sql as $$
	select p1 - p2, p1 - p2 - sqrt((p1 - wilson_low(s1, n1)) ^ 2 + (wilson_high(s2, n2) - p2) ^ 2), p1 - p2 + sqrt((wilson_high(s1, n1) - p1) ^ 2 + (p2 - wilson_low(s2, n2)) ^ 2)
	from (select s1 / nullif(n1, 0)::float8 as p1, s2 / nullif(n2, 0)::float8 as p2) x $$;
create temp table answers as select p.*, r.* from pair p, rating_difference(s1, s2) r;
select is(count(*), 0::bigint, 'shares differ by Newcombe''s interval')
from answers a, lateral pg_temp.newcombe(case measure when 'favourable_rate' then g1 else b1 end, n1, case measure when 'favourable_rate' then g2 else b2 end, n2) o
where measure in ('favourable_rate', 'unfavourable_rate') and not (pg_temp.near(difference, o.d) and pg_temp.near(difference_low, pg_temp.cut(o.low, -1, null)) and pg_temp.near(difference_high, pg_temp.cut(o.high, null, 1)));
select is(count(*), 0::bigint, 'and so does rate_difference')
from pair, rate_difference(g1, n1, g2, n2) r, pg_temp.newcombe(g1, n1, g2, n2) o
where not (pg_temp.near(r.difference, o.d) and pg_temp.near(r.difference_low, o.low) and pg_temp.near(r.difference_high, o.high));
select is(count(*), 0::bigint, 'net scores by that of both adjusted')
from answers a join adjusted x using (g) join adjusted y using (g),
	lateral (select 1.959963984540054 * sqrt((x.pg + x.pb - (x.pg - x.pb) ^ 2) / x.nn + (y.pg + y.pb - (y.pg - y.pb) ^ 2) / y.nn) as reach, (x.pg - x.pb) - (y.pg - y.pb) as centre) o
where measure = 'net_score' and x.side = 1 and y.side = 2 and not (pg_temp.near(difference, (g1 - b1) / n1::float8 - (g2 - b2) / n2::float8)
	and pg_temp.near(difference_low, pg_temp.cut(centre - reach, -2, null)) and pg_temp.near(difference_high, pg_temp.cut(centre + reach, null, 2)));
select is(count(*), 0::bigint, 'means by Welch''s')
from answers a, experiment_rows((select experiment_agg(side::text, score) from answer x where x.g = a.g and score is not null), '2', kind => 'mean') e
where measure = 'mean_score' and n1 > 0 and n2 > 0 and e.variant = '1'
	and not (pg_temp.near(a.difference, e.difference) and pg_temp.near(a.difference_low, pg_temp.cut(e.difference_low, -range, null)) and pg_temp.near(a.difference_high, pg_temp.cut(e.difference_high, null, range)));
select is(count(*), 0::bigint, 'clear is an interval without 0') from answers where is_clear is distinct from (difference_low > 0 or difference_high < 0);
select cmp_ok(count(*) filter (where is_clear), '>', 80::bigint, 'many are') from answers;
select is(count(*), 0::bigint, 'without answers on one side nothing is said') from answers where (difference is null) is distinct from (n1 = 0 or n2 = 0);
select is(count(*), 0::bigint, 'the sign turns with the sides')
from pair, rating_difference(s1, s2) a join lateral rating_difference(s2, s1) b using (measure)
where not (pg_temp.near(a.difference, -b.difference) and pg_temp.near(a.difference_low, -b.difference_high) and a.is_clear is not distinct from b.is_clear);

select * from finish();
rollback;
