-- attribution: intervals against resampling, and open journeys against the truth, on simulated customers.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.7);

-- 1,200 journeys over five channels, some open, some wins without a touch
create temp table paths as
with recursive walk(n, path, at, done) as (
	select n, '{}'::text[], 0, false from generate_series(1, 1200) n
	union all
	select n, case when r < 0.28 + 0.03 * cardinality(path) and (cardinality(path) > 0 or r < 0.02) then path else path || (array['agent', 'expo', 'mail', 'search', 'visit'])[1 + floor(r2 * r2 * 5)::int] end, at + 1,
		r < 0.28 + 0.03 * cardinality(path) and (cardinality(path) > 0 or r < 0.02)
	from (select *, random() as r, random() as r2 from walk where not done and at < 8) w
)
select row_number() over () as n, path, case when not done then 'open' when random() < 0.3 + 0.1 * ('agent' = any(path))::int then 'won' when random() < 0.15 and path <> '{}' then 'open' else 'lost' end as outcome
from (select distinct on (n) n, path, done from walk order by n, at desc) w;
update paths set outcome = 'lost' where outcome = 'open' and path = '{}';
create temp table kinds as select path, outcome, count(*) as weight, row_number() over (order by path, outcome) as c from paths group by path, outcome;
-- a state of paths drawn with replacement, each with its weight
create function pg_temp.stats(weights int[]) returns attribution_stats language sql as $$
select format('{"definition": {"direct": ["visit"]}, "as_of": "2025-06-30", "paths": [%s]}', string_agg(format('{"path": %s, "won": %s, "lost": %s, "open": %s}', to_json(path), won, lost, open), ', '))::attribution_stats
from (select path, coalesce(sum(w) filter (where outcome = 'won'), 0) as won, coalesce(sum(w) filter (where outcome = 'lost'), 0) as lost, coalesce(sum(w) filter (where outcome = 'open'), 0) as open
	from (select p.path, p.outcome, w from unnest(weights) with ordinality u(w, c) join kinds p on p.c = u.c where w > 0) x group by path) y
$$;
create temp table kind_of as select p.n, k.c from paths p join kinds k using (path, outcome);
create temp table drawn as
select f, array_agg(coalesce(w, 0) order by c) as weights
from (select f from generate_series(1, 800) f) f cross join kinds
	left join (select f, c, count(*)::int as w from (select f, ceil(random() * 1200)::int as n from generate_series(1, 800) f, generate_series(1, 1200)) r join kind_of using (n) group by f, c) d using (f, c)
group by f;
create temp table resampled as
select r.model, r.channel, stddev_samp(r.credit_rate) as spread, count(*) as draws
from drawn, attribution_rows(pg_temp.stats(weights)) r group by r.model, r.channel;
create temp table told as
select model, channel, credit_rate as rate, (ln(credit_rate_high / (1 - credit_rate_high)) - ln(credit_rate_low / (1 - credit_rate_low))) / 2 / 1.959963984540054 * credit_rate * (1 - credit_rate) as error
from attribution_rows((select pg_temp.stats(array_agg(weight::int order by c)) from kinds)) where credit_rate_low is not null;
select is((select string_agg(distinct model, ' ' order by model) from told), 'first last last_non_direct linear markov_1 markov_2 position shapley', 'eight models have intervals');
select is((select string_agg(format('%s %s: %s for %s', model, t.channel, round(error::numeric, 5), round(spread::numeric, 5)), '; ')
	from told t join resampled r using (model) where t.channel is not distinct from r.channel and abs(error / spread - 1) > 0.12), null, 'the jackknife''s errors are those of resampling');
select ok((select abs(avg(error / spread) - 1) from told t join resampled r using (model) where t.channel is not distinct from r.channel) < 0.03, 'on average within three parts in a hundred');

-- journeys that began in 36 months; in those of the last 10 a channel `new` is the first touch of three in ten. The truth is what
-- the same journeys say when all have come to their end.
create temp table touched as
with recursive walk(n, k, at, channel, more) as (
	select n, 1, (n / 12000.0 * 1080)::float8, case when n / 12000.0 * 1080 > 780 and random() < 0.3 then 'new' when random() < 0.5 then 'old' else 'mail' end, true from generate_series(1, 12000) n
	union all
	select n, k + 1, at - ln(1 - r) * 60, case when not more2 then null when channel = 'new' and r2 < 0.3 then 'new' when r3 < 0.5 then 'old' else 'mail' end, more2
	from (select n, k, at, channel, random() as r, random() as r2, random() as r3, random() < 0.65 as more2 from walk where more) w
)
select *, case when not more then case when random() < 0.4 then 'won' else 'lost' end end as outcome from walk;
create function pg_temp.share(as_of float8, kind text) returns float8 language sql as $$
select round((100 * credit_rate)::numeric, 2)::float8 from attribution_rows((
	select format('{"definition": {}, "as_of": "2025-06-30", "paths": [%s]}', string_agg(format('{"path": %s, "won": %s, "lost": %s, "open": %s}', to_json(path), won, lost, open), ', '))::attribution_stats
	from (
		select path, count(*) filter (where o = 'won') as won, count(*) filter (where o = 'lost' or o is null and kind = 'lost') as lost, count(*) filter (where o is null and kind = 'open') as open
		from (select n, array_agg(channel order by k) filter (where channel is not null) as path, max(outcome) as o from touched where at <= as_of and n / 12000.0 * 1080 <= 1080 group by n) x
		where o is not null or kind <> 'dropped' group by path) y), 'markov_1') where channel = 'new'
$$;
create temp table shares as select pg_temp.share('Infinity', 'open') as truth, pg_temp.share(1080, 'open') as open, pg_temp.share(1080, 'lost') as lost, pg_temp.share(1080, 'dropped') as dropped;
select diag(format('true %s, open censored %s, as lost %s, dropped %s', truth, open, lost, dropped)) from shares;
select ok(abs(open - truth) < 0.3, 'open journeys, censored, tell the truth within 0.3 points') from shares;
select ok(truth - dropped > 2 * abs(open - truth) and truth - dropped > 0.5, 'dropped, they hide what is new') from shares;
select * from finish();
rollback;
