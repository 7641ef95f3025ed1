-- rfm_score, rfm_model_agg and rfm_model_score: one rule, three ways to it, and
-- an oracle in plain SQL.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.545);

-- skewed, tied, negative and missing measures in groups of very different size
create temp table population as
select
	n as id,
	case when n <= 3000 then 'large' when n <= 3007 then 'small' when n = 3008 then 'one'
		when n <= 3020 then 'equal' else 'missing' end as grp,
	case when n between 3009 and 3020 then 7 when n > 3020 then null when random() < 0.02 then null
		else (random() * 700)::int end::float8 as recency_days,
	case when n between 3009 and 3020 then 0.1 when random() < 0.6 then 1 else (random() * 15)::int end::float8 as frequency,
	case when n between 3009 and 3020 then -3.3 when random() < 0.02 then null
		else round((random() * random() * 5000 - 100)::numeric, 1) end::float8 as monetary
from generate_series(1, 3024) n;

-- The oracle: the cut of each rank, then the cuts below each value.
create function score_oracle(dimension text, bins int)
returns table (id int, score int) language sql as $$
	with complete as materialized (
		select p.id, grp, case dimension when 'recency' then -recency_days when 'frequency' then frequency else monetary end as v
		from population p
		where recency_days is not null and frequency is not null and monetary is not null),
	ranked as (
		select grp, v, row_number() over (partition by grp order by v) as rank, count(*) over (partition by grp) as n
		from complete),
	cuts as materialized (
		select grp, v from ranked, generate_series(1, bins - 1) j
		where rank = (j * n + bins - 1) / bins)
	select c.id, (1 + (select count(*) from cuts where cuts.grp = c.grp and cuts.v < c.v))::int
	from complete c;
$$;

create function window_scores(bins int)
returns table (id int, r int, f int, m int, cell text) language sql as $$
	select id, (s).recency_score, (s).frequency_score, (s).monetary_score, (s).rfm_cell
	from (select p.id, rfm_score(recency_days, frequency, monetary, bins) over (partition by grp) as s from population p) x
	where s is not null;
$$;

select results_eq(
	format('select id, r, f, m from window_scores(%s) order by 1', bins),
	format('select r.id, r.score, f.score, m.score
		from score_oracle(''recency'', %1$s) r join score_oracle(''frequency'', %1$s) f using (id) join score_oracle(''monetary'', %1$s) m using (id)
		order by 1', bins),
	format('scores are the oracle''s with %s bins', bins))
from generate_series(2, 10) bins;

select results_eq(
	format($q$ select id, (rfm_model_score(model, recency_days, frequency, monetary)).*
		from population join (select grp, rfm_model_agg(recency_days, frequency, monetary, %1$s) as model from population group by grp) x using (grp)
		where rfm_model_score(model, recency_days, frequency, monetary) is not null order by 1 $q$, bins),
	format('select id, r, f, m, %1$s, cell from window_scores(%1$s) order by 1', bins),
	format('the learned model scores as the window does with %s bins', bins))
from unnest(array[2, 3, 5, 10, 100]) bins;

select is(count(*), 0::bigint, 'equal values never get different scores')
from (select grp, frequency from population p join window_scores(5) w using (id) group by 1, 2 having count(distinct f) > 1) x;

-- units and order of rows
select results_eq(
	$$ select id, rfm_score(recency_days * 24, frequency * 1024, monetary / 128) over (partition by grp) from population order by id $$,
	$$ select id, rfm_score(recency_days, frequency, monetary) over (partition by grp) from population order by id $$,
	'units change nothing');
select results_eq(
	$$ select id, rfm_score(recency_days, frequency, monetary) over (partition by grp) from (select * from population order by md5(id::text)) x order by id $$,
	$$ select id, rfm_score(recency_days, frequency, monetary) over (partition by grp) from population order by id $$,
	'nor does the order of rows');

-- the mean
select results_eq(
	$$ select id, (s).recency_score, (s).frequency_score, (s).monetary_score from (
		select id, rfm_score(recency_days, frequency, monetary, 2, 'mean') over (partition by grp) as s from population) x
		where s is not null order by 1 $$,
	$$ with complete as (
			select * from population where recency_days is not null and frequency is not null and monetary is not null),
		means as (
			select grp, avg(-recency_days::numeric) as r, avg(frequency::numeric) as f, avg(monetary::numeric) as m from complete group by grp)
		select id, 1 + (-recency_days::numeric > r)::int, 1 + (frequency::numeric > f)::int, 1 + (monetary::numeric > m)::int
		from complete join means using (grp) order by 1 $$,
	'method mean cuts at the arithmetic mean');
select results_eq(
	$$ select distinct (rfm_model_score(model, recency_days, frequency, monetary) =
			rfm_score(recency_days, frequency, monetary, bins => 2, method => 'mean') over ())
		from population, (select rfm_model_agg(recency_days, frequency, monetary, 2, 'mean') as model from population) x
		where recency_days is not null and monetary is not null $$,
	'values (true)',
	'and the model of the mean scores as the window does');
select is((rfm_model_agg(x, x, x, 2, 'mean'))::text, (rfm_model_agg(x, x, x, 2, 'mean' order by md5(n::text)))::text,
	'the mean does not depend on the order of rows')
from (select n, (random() - 0.5) * 10 ^ (random() * 30)::int as x from generate_series(1, 2000) n) v;
select is(array_agg(distinct (s).monetary_score), '{1}', 'of equal values none lies above their mean')
from (select rfm_score(0, x, x, 2, 'mean') over (partition by x) as s
	from (values (0.1), (0.7), (1e308), (5e-324), (123456.789)) v (x), generate_series(1, 7)) y;

-- all magnitudes that a double has, few bits each: their exact sum is long
create function mean_cut(xs float8[]) returns float8 language sql as $$
	select cut from rfm_model_rows((select rfm_model_agg(0, 0, x, 2, 'mean') from unnest(xs) x)) where dimension = 'monetary'
$$;
select is(mean_cut(array_agg(x order by md5(n::text || s)) || 1.5::float8), 1.5::float8 / 4083, 'the mean of all magnitudes and their opposites')
from (select n, s, s * ((1 + (n % 4) / 2.0 ^ 52) * 2.0::float8 ^ (n - 1022)) as x from generate_series(0, 2040) n, (values (1), (-1)) v (s)) x;
select is(mean_cut(array_agg(x order by n)), mean_cut(array_agg(x order by md5(n::text))), 'and of some, whatever their order')
from (select n, (hashint4(n) % 2 * 2 + 1) * ((1 + (n % 4) / 2.0 ^ 52) * 2.0::float8 ^ (n % 2040 - 1022)) as x from generate_series(0, 9999) n) x;
select is(mean_cut(xs), mean, 'the mean is rounded once: ' || xs::text)
from (values (array[1, 1e16, -1e16]::float8[], 1 / 3::float8), ('{1e308,1e308,-1e308}', 1e308 / 3), ('{5e-324,1.5e-323}', 1e-323),
	('{0.1,0.2,0.3}', 0.2), ('{-1,-2}', -1.5), ('{1e-310,3e-310}', 2e-310), ('{1,1.0000000000000002}', 1),
	('{1.0000000000000002,1.0000000000000004}', 1.0000000000000004)) v (xs, mean);

-- splits of the aggregate
create table shared_population as select * from population;
alter table shared_population set (parallel_workers = 4);
analyze shared_population;
create temp table serial as
select grp, rfm_model_agg(recency_days, frequency, monetary, 7)::text as model from shared_population group by grp;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
create function plan_of(query text) returns text language plpgsql as $$
declare line text; plan text := '';
begin
	for line in execute 'explain ' || query loop plan := plan || line; end loop;
	return plan;
end $$;
select matches(plan_of('select rfm_model_agg(recency_days, frequency, monetary, 7) from shared_population'),
	'Partial Aggregate', 'a model is learned in parallel');
select results_eq(
	'select grp, rfm_model_agg(recency_days, frequency, monetary, 7)::text from shared_population group by grp order by 1',
	'select * from serial order by 1', 'and is the same then');
set local max_parallel_workers_per_gather = 0;

-- nothing, one, all equal, all missing
select is(rfm_model_agg(null, 1, 1, 5), null, 'nobody complete: no model');
select is((select rfm_model_agg(1, 1, 1, 5) where false), null, 'nobody at all: no model');
select is(array_agg(distinct (s).rfm_cell), '{111}', 'of equal customers all score 1')
from (select rfm_score(recency_days, frequency, monetary) over () as s from population where grp = 'equal') x;
select is(count(s), 0::bigint, 'a NULL measure gives no scores')
from (select rfm_score(recency_days, frequency, monetary) over () as s from population where grp = 'missing') x;
select is((select rfm_score(5, null, 1) over ()), null, 'also alone');
select is((select (rfm_score(5, 3, 1) over ()).rfm_cell), '111', 'one customer scores 1');
select results_eq(
	$$ select (rfm_score(n, n, n, 10) over (order by n desc rows between unbounded preceding and unbounded following)).rfm_cell from generate_series(1, 10) n order by n $$,
	$$ values ('10-1-1'), ('9-2-2'), ('8-3-3'), ('7-4-4'), ('6-5-5'), ('5-6-6'), ('4-7-7'), ('3-8-8'), ('2-9-9'), ('1-10-10') $$,
	'with more than 9 bins the cell has dashes');

-- rows of scores are kept from partition to partition
select results_eq(
	$$ select bins, array_agg((s).rfm_cell order by n) from (
		select bins, n, rfm_score(n, n, n, bins) over (partition by bins) as s from unnest(array[3, 12, 2, 5]) bins, generate_series(1, bins) n) x
		group by bins order by bins $$,
	$$ select bins, array_agg(format(case when bins > 9 then '%1$s-%2$s-%2$s' else '%1$s%2$s%2$s' end, bins + 1 - n, n) order by n)
		from unnest(array[3, 12, 2, 5]) bins, generate_series(1, bins) n group by bins order by bins $$,
	'partitions may have different bins');

-- what skew leaves
select results_eq(
	$$ select dimension, bins, reachable_scores from rfm_model_rows(
		(select rfm_model_agg(n, case when n <= 60 then 1 else n end, n, 5) from generate_series(1, 100) n)) group by 1, 2, 3 order by 1 $$,
	$$ values ('frequency', 5, 3), ('monetary', 5, 5), ('recency', 5, 5) $$,
	'60 %% with one order leave three scores of frequency');
select results_eq(
	$$ select dimension, cut_index, cut from rfm_model_rows(rfm_model('{30,90}', '{1}', '{10.5,20,30}')) $$,
	$$ values ('recency', 1, 30::float8), ('recency', 2, 90), ('frequency', 1, 1), ('monetary', 1, 10.5), ('monetary', 2, 20), ('monetary', 3, 30) $$,
	'a model lists its cuts, recency in days');

-- own thresholds
select results_eq(
	$$ select days, (rfm_model_score(rfm_model('{30,90,180,365}', '{1,2,5,10}', '{100,1000,5000,20000}'), days, 1, 100.01)).rfm_cell
		from unnest(array[0, 29, 30, 89, 90, 365, 366, -5]) days $$,
	$$ values (0, '512'), (29, '512'), (30, '412'), (89, '412'), (90, '312'), (365, '112'), (366, '112'), (-5, '512') $$,
	'below a recency cut scores one more, on it does not');
select is((rfm_model_score(rfm_model('{30}', '{1,5}', '{10}'), 1, 9, 9))::text, '(2,3,1,,231)',
	'dimensions may have their own number of cuts; then bins is NULL');
select is(rfm_model_score(rfm_model('{30}', '{1}', '{10}'), null, 9, 9), null, 'NULL measure, NULL scores');
select is((rfm_model_score(rfm_model('{30}', '{1}', '{10}'), order_agg(d, a), '2025-06-30')).rfm_cell, '221', 'a state is scored at a day')
from (values (date '2025-06-01', 8), ('2025-06-02', 2), ('2025-06-30', -1)) o (d, a);
select is(rfm_model_score(rfm_model('{30}', '{1}', '{10}'), order_agg(date '2025-06-30', -1), '2025-06-30'), null,
	'credit notes alone are not scored');
select is(rfm_model('{30}', '{1}', '{10}'), '{"monetary_cuts": [10.0], "recency_cuts": [3e1], "frequency_cuts": [1]}'::rfm_model,
	'models compare by what they say, not how it is written');
select is(count(distinct m), 2::bigint, 'and can be told apart, sorted and hashed')
from (values (rfm_model('{30}', '{1}', '{10}')), (rfm_model('{30}', '{1}', '{10}')), (rfm_model('{31}', '{1}', '{10}'))) v (m);

-- errors
select throws_ok('select rfm_score(1, 1, 1, 1) over ()', '22023', 'bins must lie between 2 and 100');
select throws_ok('select rfm_score(1, 1, 1, 101) over ()', '22023', 'bins must lie between 2 and 100');
select throws_ok('select rfm_score(1, 1, 1, null) over ()', '22004', 'bins must not be NULL');
select throws_ok('select rfm_score(1, 1, 1, 5, null) over ()', '22004', 'method must not be NULL');
select throws_ok($$ select rfm_score(1, 1, 1, 5, 'median') over () $$, '22023', 'unknown method "median"');
select throws_ok($$ select rfm_score(1, 1, 1, method => 'mean') over () $$, '22023', 'method mean makes 2 bins, not 5');
select throws_ok($$ select rfm_score('NaN', 1, 1) over () $$, '22003', 'recency_days must be a finite number');
select throws_ok($$ select rfm_score(1, '-Infinity', 1) over () $$, '22003', 'frequency must be a finite number');
select throws_ok($$ select rfm_score(1, 1, n, n) over () from generate_series(2, 3) n $$, '22023',
	'bins and method must be the same for all rows that are scored together');
select throws_ok($$ select rfm_model_agg(1, 1, 1, n) from generate_series(2, 3) n $$, '22023',
	'bins and method must be the same for all rows that are scored together');
select throws_ok($$ select rfm_model_agg(1, 1, 'Infinity', 5) $$, '22003', 'monetary must be a finite number');
select throws_ok($$ select rfm_model_score(rfm_model('{1}', '{1}', '{1}'), 'NaN', 1, 1) $$, '22003', 'recency_days must be a finite number');
select throws_ok($$ select rfm_model('{1,1}', '{1}', '{1}') $$, '22023', 'recency_cuts must rise');
select throws_ok($$ select rfm_model('{1}', '{2,1}', '{1}') $$, '22023', 'frequency_cuts must rise');
select throws_ok($$ select rfm_model('{1}', '{}', '{1}') $$, '22023', 'frequency_cuts has 0 cuts');
select throws_ok($$ select rfm_model('{1}', '{1,NULL}', '{1}') $$, '22023', 'frequency_cuts must be a list of numbers without NULL');
select throws_ok($$ select rfm_model('{1}', '{1}', '{NaN}') $$, '22003', 'monetary_cuts must be a finite number');
select throws_ok($$ select '{"recency_cuts": [30, 20], "frequency_cuts": [1], "monetary_cuts": [1]}'::rfm_model $$, '22P02',
	'invalid rfm_model at recency_cuts[2]');
select throws_ok($$ select '{"recency_cuts": [30], "frequency_cuts": [1]}'::rfm_model $$, '22P02', 'invalid rfm_model');
select throws_ok($$ select '{"recency_cuts": [1e999], "frequency_cuts": [1], "monetary_cuts": [1]}'::rfm_model $$, '22P02',
	'invalid rfm_model at recency_cuts[1]');
select throws_ok($$ select revops_internal.rfm_population_add(null, 1, 1, 1, 5) $$, '22023', 'rfm_model_agg can only be called by an aggregate');

select * from finish();
rollback;
