-- score against slow SQL over random cases with ties: pairs counted one by one, DeLong from its definition, cuts of
-- the scoring rule, isotonic fit by the max-min formula; splits, orders, plans.
begin;
set local search_path = public, revops;
select no_plan();
select setseed(0.523);

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-10 * greatest(1, abs(b)) is true';

-- 0 to 60 rows a group; few scores or many, chances or not, a class that may be missing
create temp table seen as
select g, case when random() < 0.05 then null when g % 4 = 0 then (random() * 3)::integer when g % 4 = 1 then round(random()::numeric, 1) when g % 4 = 2 then random() else round((random() * 200 - 100)::numeric, 0) end::float8 as score,
	case when random() < 0.1 then null else random() < case when g % 7 = 0 then 0.03 else 0.4 end end as outcome, (random() * 4)::integer as part
from generate_series(1, 80) g, generate_series(1, g * 3 / 4) n;
create temp table states as select g, score_agg(score, outcome) as s from seen group by g;
create temp table judged as select g, score, outcome from seen where score is not null and outcome is not null;

select is(count(*), 0::bigint, 'counts, base rate, gini')
from states, score_summary(s) m, lateral (
	select count(*) filter (where score is not null and outcome is not null) as cases, count(*) filter (where score is not null and outcome) as positives,
		count(*) filter (where score is not null and outcome is null) as undecided, count(*) filter (where score is null) as unscored
	from seen where seen.g = states.g) o
where (m.cases, m.positives, m.undecided, m.unscored) <> (o.cases, o.positives, o.undecided, o.unscored) or not pg_temp.near(base_rate, o.positives / nullif(o.cases, 0)::float8)
	or not pg_temp.near(base_rate_low, wilson_low(o.positives, o.cases)) or not pg_temp.near(base_rate_high, wilson_high(o.positives, o.cases)) or not pg_temp.near(gini, 2 * auc - 1);
select is(count(*), 0::bigint, 'auc: pairs one by one, ties half')
from states, score_summary(s) m, lateral (
	select avg(case when a.score > b.score then 1 when a.score = b.score then 0.5 else 0 end)::float8 as auc
	from judged a, judged b where a.g = states.g and b.g = states.g and a.outcome and not b.outcome) o
where not pg_temp.near(m.auc, o.auc);
create temp table placement as
select g, outcome, place from judged a, lateral (
	select avg(case when a.outcome = (a.score > b.score) and a.score <> b.score then 1 when a.score = b.score then 0.5 else 0 end)::float8 as place from judged b where b.g = a.g and b.outcome <> a.outcome) o
where place is not null;
select is(count(*), 0::bigint, 'DeLong: variances of each case''s own share')
from states, score_summary(s, 0.9) m, lateral (
	select sqrt(nullif(var_samp(place) filter (where outcome) / count(*) filter (where outcome) + var_samp(place) filter (where not outcome) / nullif(count(*) filter (where not outcome), 0), 0)) as error
	from placement p where p.g = states.g) o
where not pg_temp.near(m.auc_low, case when o.error > 1e-9 then greatest(0, m.auc - 1.6448536269514722 * o.error) end) or not pg_temp.near(m.auc_high, case when o.error > 1e-9 then least(1, m.auc + 1.6448536269514722 * o.error) end);
select is(count(*), 0::bigint, 'ks: the greatest difference of shares at or above a score, and the least such score')
from states, score_summary(s) m left join lateral (
	select d.score, d.difference
	from (select distinct c.score, (select count(*) filter (where outcome and j.score >= c.score)::numeric / nullif(count(*) filter (where outcome), 0)
			- count(*) filter (where not outcome and j.score >= c.score)::numeric / nullif(count(*) filter (where not outcome), 0) from judged j where j.g = states.g) as difference from judged c where c.g = states.g) d
	where difference is not null
	order by round(difference, 12) desc, score limit 1) o on true
where not pg_temp.near(m.ks, o.difference::float8) or m.ks_score is distinct from o.score;
select is(count(*), 0::bigint, 'mean, brier where scores are chances')
from states, score_summary(s) m, lateral (
	select case when bool_and(score between 0 and 1) then avg(score) end as mean, case when bool_and(score between 0 and 1) then avg((score - outcome::integer) ^ 2) end as brier,
		case when bool_and(score between 0 and 1) then avg(outcome::integer) * (1 - avg(outcome::integer)) end as base
	from judged j where j.g = states.g) o
where not pg_temp.near(m.mean_score, o.mean) or not pg_temp.near(m.brier, o.brier) or not pg_temp.near(m.brier_base, o.base::float8);

-- bands
create temp table band_cuts as
select g, k, array(select (array_agg(score order by score))[(j * count(*) + k - 1) / k] from judged x, generate_series(1, k - 1) j where x.g = d.g group by j order by j) as cuts
from (select distinct g from judged) d, unnest('{1,2,5,10}'::integer[]) k;
create function pg_temp.bands(of_g integer, cuts float8[], starts boolean) returns table (band integer, score_from float8, score_to float8, cases bigint, positives bigint, undecided bigint) language sql stable as $$
	select (select count(*) from unnest(cuts) c where case when starts then c <= score else c < score end)::integer, min(score) filter (where outcome is not null), max(score) filter (where outcome is not null),
		count(outcome), count(*) filter (where outcome), count(*) filter (where outcome is null)
	from seen where g = of_g and score is not null group by 1 $$;
select is(count(*), 0::bigint, 'bands')
from band_cuts join states using (g), lateral (select array_agg((band_index, score_from, score_to, cases, positives, undecided)::text) as rows from score_bands(s, k)) b,
	lateral (select array_agg((o.band + 1, o.score_from, o.score_to, o.cases, o.positives, o.undecided)::text order by band desc) as rows from pg_temp.bands(g, cuts, false) o) o
where b.rows is distinct from o.rows;
select is(count(*), 0::bigint, 'bands that begin where one says')
from states, (values ('{0.5}'::float8[]), ('{-50,0.3,1,30}')) t(starts), lateral (select array_agg((band_index, score_from, score_to, cases, positives, undecided)::text) as rows from score_bands_from(s, starts)) b,
	lateral (select array_agg((i, o.score_from, o.score_to, coalesce(o.cases, 0), coalesce(o.positives, 0), coalesce(o.undecided, 0))::text order by i desc) as rows
		from generate_series(0, cardinality(starts)) i left join pg_temp.bands(g, starts, true) o on o.band = i) o
where b.rows is distinct from o.rows;
select is(count(*), 0::bigint, 'rates, lift, cumulated')
from (select *, sum(cases) over w as cases_so_far, sum(positives) over w as positives_so_far, sum(cases) over (partition by g) as all_cases, sum(positives) over (partition by g) as all_positives
	from states, score_bands(s, 4) window w as (partition by g order by band_index desc)) b
where not (pg_temp.near(rate, positives / nullif(cases, 0)::float8) and pg_temp.near(rate_low, wilson_low(positives, cases)) and pg_temp.near(rate_high, wilson_high(positives, cases))
	and pg_temp.near(lift, (positives::numeric * all_cases / nullif(cases * all_positives, 0))::float8)
	and pg_temp.near(cumulative_case_rate, (cases_so_far / nullif(all_cases, 0))::float8) and pg_temp.near(cumulative_positive_rate, (positives_so_far / nullif(all_positives, 0))::float8));

-- isotonic fit: the rate at a score is the greatest over starts at or below it of the least over ends at or above it of the mean between
create temp table fitted as
with point as (select g, score, count(*) as cases, count(*) filter (where outcome) as positives, row_number() over (partition by g order by score) as i from judged group by g, score),
so_far as (select *, sum(cases) over w as c, sum(positives) over w as p from point window w as (partition by g order by i))
select x.g, x.score, x.cases, x.positives, (select max(least) from (select min((e.p - b.p + b.positives)::numeric / (e.c - b.c + b.cases)) as least
	from so_far b join so_far e on e.g = b.g and e.i >= x.i where b.g = x.g and b.i <= x.i group by b.i) m) as rate
from point x;
select is(count(*), 0::bigint, 'isotonic fit')
from states, lateral (select array_agg((score_from, score_to, cases, positives)::text) as rows from score_calibration(s)) c,
	lateral (select array_agg(r order by at) as rows from (select min(score) as at, (min(score), max(score), sum(cases), sum(positives))::text as r from fitted f where f.g = states.g group by round(rate, 15)) x) o
where c.rows is distinct from o.rows;
select is(count(*), 0::bigint, 'its rates') from states, score_calibration(s) c where not (pg_temp.near(rate, positives / cases::float8) and pg_temp.near(rate_low, wilson_low(positives, cases)) and pg_temp.near(rate_high, wilson_high(positives, cases)));
select is(count(*), 0::bigint, 'the chance of a score')
from states, generate_series(-110, 110, 7.3) x left join lateral (select coalesce((select rate from fitted f where f.g = states.g and score <= x order by score desc limit 1), (select rate from fitted f where f.g = states.g order by score limit 1)) as rate) o on true
where not pg_temp.near(score_probability(s, x), o.rate::float8);

-- splits and orders
create temp table parts as
select g, part, score_agg(score, outcome) as s from seen group by g, part
union all select g, -1, null from states
union all select g, -2, score_agg(score, outcome) filter (where false) from seen group by g;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, score_merge(s order by random()) as s, score_merge(s::text::score_state order by part desc) as again from parts group by g) m join states using (g)
where (m.s, m.again) is distinct from (states.s, states.s) or revops_internal.score_state_send(m.s) <> revops_internal.score_state_send(states.s);
select is(count(*), 0::bigint, 'the order of rows says nothing') from (select g, score_agg(score, outcome order by random()) as s from seen group by g) m join states using (g) where m.s <> states.s;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from states where s::text::score_state <> s or s::jsonb::text::score_state <> s;
select is(count(*), 0::bigint, 'over a window')
from (select g, score_agg(score, outcome) over (partition by g order by n) as s, n = count(*) over (partition by g) as is_last from (select *, row_number() over (partition by g) as n from seen) x) w join states using (g) where is_last and w.s <> states.s;

-- many rows, and a parallel plan
create table seen_many as select (hashint4(i) % 100000) / 100.0 as score, case when i % 50 = 0 then null else hashint4(i + 7) % 3 = 0 end as outcome from generate_series(1, 100000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select score_agg(score, outcome) as s from seen_many;
select is((cases, positives, pg_temp.near(auc, o_auc))::text, (o_cases, o_positives, true)::text, 'auc by ranks')
from serial, score_summary(s), (
	select count(*) as o_cases, sum(p) as o_positives, (sum(rank) filter (where outcome) - sum(p) * (sum(p) + 1) / 2.0) / (sum(p) * (count(*) - sum(p))) as o_auc
	from (select outcome, outcome::integer as p, rank() over (order by score) + (count(*) over (partition by score) - 1) / 2.0 as rank from seen_many where outcome is not null) r) o;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(score_agg(score, outcome), (select s from serial), 'serial is parallel') from seen_many;

select * from finish();
rollback;
