-- qualification against slow SQL: the verdict is what all completions of the unknown say, counts are counts of
-- leads one by one, in any split, order and plan.
begin;
set local search_path = public, revops;
select no_plan();
select setseed(0.417);

-- random rules of 1 to 8 criteria: quarters as weights, so that scores meet minimums and tiers exactly
create temp table rule as
select r, n, names, required, weights, (random() * n)::integer as min_passed, floor(random() * 4 * total) / 4 as min_score, tier_from, case when r % 3 > 0 then (random() * 20)::integer end as decide_days
from (select r, n, array(select 'c' || i from generate_series(1, n) i) as names, array(select random() < 0.3 and r % 4 > 0 from generate_series(1, n) i) as required,
		array(select floor(random() * 9) / 4 from generate_series(1, n) i) as weights, array(select distinct floor(random() * 40) / 4 from generate_series(1, r % 4) order by 1) as tier_from
	from (select r, 1 + r % 8 as n from generate_series(1, 96) r) x) y, lateral (select sum(w) as total from unnest(weights) w) t;
update rule set min_passed = 0, min_score = 0 where r % 5 = 0;
update rule set min_score = 0 where r % 5 = 1;
alter table rule add def qualification_def;
update rule set def = qualification(names, required, weights, min_passed, min_score, array(select 'tier ' || t from unnest(tier_from) t), tier_from, decide_days);

create temp table lead as
select r, l, case when random() < 0.95 then date '2025-06-01' + (random() * 40)::integer end as created, (random() * 3)::integer as part,
	array(select case when random() < 0.25 then null else random() < 0.65 end from generate_series(1, n) i) as answers
from rule, generate_series(1, 30) l;

create function pg_temp.passes(rule rule, answers boolean[]) returns boolean language sql immutable as $$
	select bool_and(a or not r) and count(*) filter (where a) >= rule.min_passed and coalesce(sum(w) filter (where a), 0) >= rule.min_score
	from unnest(answers, rule.required, rule.weights) x(a, r, w) $$;
create function pg_temp.completions(answers boolean[]) returns setof boolean[] language sql immutable as $$
	select array_agg(coalesce(a, (mask >> (i - 1)::integer) & 1 = 1) order by i)
	from generate_series(0, (1 << cardinality(answers)) - 1) mask, unnest(answers) with ordinality x(a, i)
	group by mask
	having bool_and(a is null or (mask >> (i - 1)::integer) & 1 = 0) $$;
create temp table judged as
select lead.*, rule.names, c.ways_pass, c.ways, case when ways_pass = ways then 'valid' when ways_pass = 0 then 'invalid' else 'unknown' end as verdict
from lead join rule using (r), lateral (select count(*) filter (where pg_temp.passes(rule, full_answers)) as ways_pass, count(*) as ways from pg_temp.completions(answers) full_answers) c;
select is(array_agg(distinct verdict order by verdict), '{invalid,unknown,valid}', 'all verdicts are tried') from judged;

select is(count(*), 0::bigint, 'the verdict is that of all completions of the unknown')
from judged j join rule using (r), qualification_check(def, variadic answers) c where c.verdict <> j.verdict;
select is(count(*), 0::bigint, 'counts, scores, tier, names of one lead')
from judged j join rule using (r), qualification_check(def, variadic answers) c, lateral (
	select count(*) filter (where a) as passed, count(*) filter (where not a) as failed, count(*) filter (where a is null) as unknown,
		coalesce(sum(w) filter (where a), 0) as low, coalesce(sum(w) filter (where a is not false), 0) as high,
		array_agg(n order by i) filter (where not a) as failing, array_agg(n order by i) filter (where a is null) as unchecked
	from unnest(answers, weights, rule.names) with ordinality x(a, w, n, i)) o, lateral (
	select (select 'tier ' || max(t) from unnest(tier_from) t where t <= low) as low_tier, (select 'tier ' || max(t) from unnest(tier_from) t where t <= high) as high_tier) t
where (c.passed, c.failed, c.unknown, c.score_low, c.score_high, c.first_failing, c.failing, c.unchecked, c.tier)
	is distinct from (o.passed, o.failed, o.unknown, o.low, o.high, o.failing[1], coalesce(o.failing, '{}'), coalesce(o.unchecked, '{}'), case when low_tier = high_tier then low_tier end);

create temp table states as
select r, qualification_agg(def, variadic answers) as plain, qualification_dated_agg(def, created, '2025-06-30', variadic answers) as dated from lead join rule using (r) group by r, def;
select is(count(*), 0::bigint, 'summary')
from states join rule using (r), qualification_summary(dated) s, lateral (
	select count(*) as leads, count(*) filter (where verdict = 'valid') as valid, count(*) filter (where verdict = 'invalid') as invalid,
		count(*) filter (where verdict = 'unknown' and (created + decide_days < '2025-06-30') is not true) as pending, count(*) filter (where verdict = 'unknown' and created + decide_days < '2025-06-30') as overdue
	from judged j where j.r = states.r and (created <= '2025-06-30') is not false) o
where (s.leads, s.valid, s.invalid, s.pending, s.overdue, s.valid_rate, s.valid_rate_low, s.valid_rate_high, s.rate_floor, s.rate_ceiling)
	is distinct from (o.leads, o.valid, o.invalid, o.pending, o.overdue, o.valid / nullif(o.valid + o.invalid, 0)::float8, wilson_low(o.valid, o.valid + o.invalid), wilson_high(o.valid, o.valid + o.invalid),
		o.valid / o.leads::float8, (o.leads - o.invalid) / o.leads::float8);
select isnt(sum(s.overdue), 0::numeric, 'some are overdue') from states, qualification_summary(dated) s;
select is(count(*), 0::bigint, 'criteria')
from states join rule using (r), qualification_rows(plain) c, lateral (
	select count(*) filter (where a) as passed, count(*) filter (where not a) as failed, count(*) filter (where a is null) as unknown,
		count(*) filter (where not a and verdict = 'invalid' and (false = any (j.answers[1:c.criterion_index - 1])) is not true) as first_failing,
		count(*) filter (where not a and verdict = 'invalid' and cardinality(array_positions(j.answers, false)) = 1) as only_failing,
		count(*) filter (where not a and verdict = 'invalid' and (select bool_and(pg_temp.passes(rule, f)) from pg_temp.completions(j.answers[1:c.criterion_index - 1] || true || j.answers[c.criterion_index + 1:]) f)) as valid_if_passed
	from judged j, lateral (select j.answers[c.criterion_index] as a) a where j.r = states.r) o
where (c.criterion, c.is_required, c.passed, c.failed, c.unknown, c.first_failing, c.only_failing, c.valid_if_passed, c.pass_rate, c.pass_rate_low, c.pass_rate_high)
	is distinct from (rule.names[c.criterion_index], rule.required[c.criterion_index], o.passed, o.failed, o.unknown, o.first_failing, o.only_failing, o.valid_if_passed,
		o.passed / nullif(o.passed + o.failed, 0)::float8, wilson_low(o.passed, o.passed + o.failed), wilson_high(o.passed, o.passed + o.failed));
select is(count(*), 0::bigint, 'first failing add up to invalid') from states, qualification_summary(plain) s, lateral (select sum(first_failing) as f from qualification_rows(plain)) f where s.invalid <> f.f;
select is(count(*), 0::bigint, 'patterns')
from states, lateral (select array_agg((p.failing, p.unchecked, p.failed_count, p.unknown_count, p.verdict, p.leads, p.lead_rate)::text) as rows from qualification_patterns(plain) p) p, lateral (
	select array_agg((failing, unchecked, failed, unknown, verdict, leads, leads / 30.0::float8)::text order by leads desc, failing collate "C" nulls first, unchecked collate "C" nulls first) as rows
	from (select failing, unchecked, failed, unknown, verdict, count(*) as leads
		from judged j, lateral (select string_agg(n, ' + ' order by i) filter (where not a) as failing, string_agg(n, ' + ' order by i) filter (where a is null) as unchecked,
			count(*) filter (where not a) as failed, count(*) filter (where a is null) as unknown from unnest(j.answers, j.names) with ordinality x(a, n, i)) n
		where j.r = states.r group by 1, 2, 3, 4, 5) g) o
where p.rows is distinct from o.rows;

-- splits and orders
create temp table parts as
select r, part, qualification_agg(def, variadic answers) as plain, qualification_dated_agg(def, created, '2025-06-30', variadic answers) as dated from lead join rule using (r) group by r, def, part
union all select r, -1, null, null from rule
union all select r, -2, qualification_agg(def, variadic answers) filter (where false), null from lead join rule using (r) group by r;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select r, qualification_merge(plain order by random()) as plain, qualification_merge(dated::text::qualification_stats order by part desc) as dated from parts group by r) m join states using (r)
where (m.plain, m.dated) is distinct from (states.plain, states.dated) or revops_internal.qualification_stats_send(m.dated) <> revops_internal.qualification_stats_send(states.dated);
select is(count(*), 0::bigint, 'the order of rows says nothing')
from (select r, qualification_agg(def, variadic answers order by random()) as plain from lead join rule using (r) group by r, def) m join states using (r) where m.plain <> states.plain;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from states where plain::text::qualification_stats <> plain or dated::text::qualification_stats <> dated or dated::jsonb::text::qualification_stats <> dated;
select is(count(*), 0::bigint, 'over a window')
from (select r, l, qualification_agg(def, variadic answers) over (partition by r order by l) as s from lead join rule using (r)) w join states using (r) where l = 30 and s <> plain;

-- many patterns, and a parallel plan
create table lead_many as
select array(select case when h % 5 = 0 then null else h % 5 > 1 end from (select abs(hashint8(i * 50::bigint + c)) as h from generate_series(1, 12) c) x) as answers from generate_series(1, 20000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select qualification_agg(qualification((select array_agg('c' || c) from generate_series(1, 12) c)), variadic answers) as s from lead_many;
select is(count(*), (select count(distinct answers) from lead_many), 'each pattern once') from serial, qualification_patterns(s);
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(qualification_agg(qualification((select array_agg('c' || c) from generate_series(1, 12) c)), variadic answers), (select s from serial), 'serial is parallel') from lead_many;

select * from finish();
rollback;
