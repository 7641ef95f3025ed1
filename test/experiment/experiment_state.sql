-- experiment: rules of the state, exact sums in any split and order, forms, errors.
begin;
set local search_path = public, revops;
select no_plan();

-- NULL rows
select is((experiment_agg('a', 1) filter (where false))::text, null, 'no rows give NULL');
select is(experiment_agg(v, x)::text, null, 'rows without a variant or a value are skipped') from (values (null, 1), ('a', null)) t(v, x);
select is(experiment_agg(v, x, 1, 2), experiment_agg(v, x, 1, 2) filter (where v is not null and x is not null), 'also with per and covariate')
from (values (null, 1), ('a', null), ('a', 3)) t(v, x);
select is(experiment_agg(v, 1, null, c), experiment_agg(v, 1, null, coalesce(c, 0)), 'a NULL covariate is 0') from (values ('a', null), ('a', 2)) t(v, c);
select is(experiment_agg('a', x, null), experiment_agg('a', x), 'per NULL in all rows is none') from generate_series(1, 3) x;
select throws_ok('select experiment_agg(''a'', 1, p) from (values (1), (null)) t(p)', '22023', 'per must be given in all rows or in none');
select throws_ok('select experiment_agg(''a'', 1, p) from (values (null), (1)) t(p)', '22023', 'per must be given in all rows or in none');
select throws_ok('select experiment_agg(''a'', ''NaN'')', '22023', 'value must be a finite number');
select throws_ok('select experiment_agg(''a'', 1, ''Infinity'')', '22023', 'per must be a finite number');
select throws_ok('select experiment_agg(''a'', 1, 1, ''-Infinity'')', '22023', 'covariate must be a finite number');
select throws_ok('select experiment_agg(''a'', 1e40)', '22023', 'value has more digits than an experiment keeps');
select throws_ok('select experiment_agg(''a'', 1e-40)', '22023', 'value has more digits than an experiment keeps');
select throws_ok('select experiment_agg(''a'', x) from (values (1e30), (1e-20)) t(x)', '22023', 'value has more digits than an experiment keeps');
select throws_ok('select experiment_agg(''a'', x) from (values (1e-20), (1e30)) t(x)', '22023', 'value has more digits than an experiment keeps');
select throws_ok('select experiment_agg(n::text, 1) from generate_series(1, 1001) n', '54000', 'more than 1000 variants in one experiment_state');
select throws_ok('select experiment_agg(repeat(''a'', 1001), 1)', '22023', 'the name of a variant is longer than 1000 bytes');

-- the kind, told and said
create temp table kinds as
select experiment_agg(v, x) as zero_one, experiment_agg(v, x * 2) as plain, experiment_agg(v, x, 1) as per, experiment_agg(v, x, null, 1) as covariate
from (values ('a', 0), ('a', 1), ('b', 1), ('b', 1)) t(v, x);
select is(array[a.kind, b.kind, c.kind, d.kind], '{rate,mean,ratio,adjusted}', 'the kind is told from the data')
from kinds, experiment_rows(zero_one, 'a') a, experiment_rows(plain, 'a') b, experiment_rows(per, 'a') c, experiment_rows(covariate, 'a') d
where 'a' = all(array[a.variant, b.variant, c.variant, d.variant]);
select is(min(kind), 'mean', 'or said') from kinds, experiment_rows(zero_one, 'a', kind => 'mean');
select throws_ok('select experiment_rows(plain, ''a'', kind => ''rate'') from kinds', '22023', 'kind rate needs values of 0 and 1 only');
select throws_ok('select experiment_rows(plain, ''a'', kind => ''ratio'') from kinds', '22023', 'kind ratio needs per');
select throws_ok('select experiment_rows(plain, ''a'', kind => ''adjusted'') from kinds', '22023', 'kind adjusted needs a covariate');
select throws_ok('select experiment_rows(plain, ''a'', kind => ''median'') from kinds', '22023', 'unknown kind "median"');
select throws_ok('select experiment_rows(plain, ''A'') from kinds', '22023', 'control "A" is not one of the variants');
select throws_ok('select experiment_rows(plain, null) from kinds', '22004', 'control must not be NULL');
select throws_ok('select experiment_rows(plain, ''a'', 1) from kinds', '22023', 'confidence must lie between 0 and 1');
select throws_ok('select experiment_rows(plain, ''a'', planned_units => 0) from kinds', '22023', 'planned_units must be at least 1');
select throws_ok('select experiment_rows(plain, ''a'', planned_units => null) from kinds', '22004', 'planned_units must not be NULL');
select is(count(*), 0::bigint, 'no state, no rows') from experiment_rows(null, 'a');

-- what control's row holds, and the order of rows
select is(array_agg(variant), '{control,A,a,b,é}', 'control first, then by bytes')
from experiment_rows((select experiment_agg(v, 1) from unnest('{b,control,é,a,A}'::text[]) v), 'control');
select is(r::text, '(a,rate,2,1,,0.5,0.09453120573423081,0.9054687942657693,,,,,,,,,,,,1)', 'control is compared with nothing')
from kinds, experiment_rows(zero_one, 'a') r where variant = 'a';

-- degenerate cases: NULL, never an error
select is(r::text, '(b,mean,1,5,,5,,,3,,,1.5,,,,,,,,1)', 'one unit: no interval')
from experiment_rows((select experiment_agg(v, x) from (values ('a', 2), ('a', 2), ('b', 5)) t(v, x)), 'a') r where variant = 'b';
select is(r::text, '(b,mean,2,-10,,-5,,,-7,,,-3.5,,,,,,,,0.5)', 'no variance in both')
from experiment_rows((select experiment_agg(v, x) from (values ('a', 2), ('a', 2), ('b', -5), ('b', -5)) t(v, x)), 'a') r where variant = 'b';
select is((lift, lift_low, difference_low is not null)::text, '(,,t)', 'control''s mean is not above 0: no lift')
from experiment_rows((select experiment_agg(v, x) from (values ('a', -2), ('a', 2), ('b', 5), ('b', 6)) t(v, x)), 'a') where variant = 'b';
select is((lift is not null, lift_low, lift_high, difference_low is not null)::text, '(t,,,t)', 'control''s mean is not told from 0: no bounds of the lift')
from experiment_rows((select experiment_agg(v, x) from (values ('a', -2), ('a', 3), ('b', 5), ('b', 6)) t(v, x)), 'a') where variant = 'b';
select is(r::text, '(b,ratio,2,10,0,,,,,,,,,,,,,,,0.6)', 'nothing per nothing is no ratio')
from experiment_rows((select experiment_agg(v, x, p) from (values ('a', 1, 1), ('a', 2, 1), ('b', 4, 0), ('b', 6, 0)) t(v, x, p)), 'a') r where variant = 'b';
select is((mean, mean_low, difference_low, p_value)::text, '(3,,,)', 'a ratio that all units share has no variance, whatever rounding says')
from experiment_rows((select experiment_agg(v, x * 3 / 7.0, x / 7.0) from (values ('a', 0.1), ('a', 0.7), ('a', 13.3), ('b', 4.2), ('b', 6), ('b', 0.3)) t(v, x)), 'a') where variant = 'b';
select is((difference, p_value, variance_cut)::text, '(0,,1)', 'a covariate that is the value takes all variance away')
from (select variant, round(difference::numeric, 9) + 0 as d, p_value, variance_cut, abs(difference) < 1e-9 as zero, 0 as difference
	from experiment_rows((select experiment_agg(v, x, null, x * 2) from (values ('a', 0.1), ('a', 0.7), ('a', 13.3), ('b', 4.2), ('b', 6), ('b', 0.3)) t(v, x)), 'a')) x
where variant = 'b' and zero;
select is(p_value is not null and variance_cut = 0, true, 'a covariate that never varies adjusts nothing')
from experiment_rows((select experiment_agg(v, x, null, 5) from (values ('a', 1), ('a', 2), ('b', 4), ('b', 6)) t(v, x)), 'a') where variant = 'b';
select is(top_share, 0.8::float8, 'one large unit shows in top_share') from experiment_rows((select experiment_agg('a', x) from (values (-80), (10), (10)) t(x)), 'a');
select is((always_low = difference_low and always_high = difference_high and difference_low < -30)::text, 'true', 'of two units each the fixed interval is the wider one, and always is never narrower')
from experiment_rows((select experiment_agg(v, x) from (values ('a', 10), ('a', 11), ('b', 4), ('b', 10)) t(v, x)), 'a', planned_units => 4) where variant = 'b';

-- balance
create temp table split as select experiment_agg(v, 0) as s from (select case when n <= 60 then 'new' else 'control' end as v from generate_series(1, 100) n) x;
select results_eq('select variant, units, expected, share, expected_share, round(p_value::numeric, 6), mismatch from split, experiment_balance(s)',
	$$ values ('control', 40::bigint, 50::float8, 0.4::float8, 0.5::float8, 0.0455, false), ('new', 60, 50, 0.6, 0.5, 0.0455, false) $$, 'equal shares, unless said');
select is(array_agg(p_value::text || mismatch), '{1false,1false}', 'as designed') from split, experiment_balance(s, '{"new": 3, "control": 2}');
select is(array_agg(variant || ':' || units || ':' || mismatch order by variant), '{control:40:true,new:60:true,third:0:true}', 'a variant of the design without units counts')
from split, experiment_balance(s, '{"new": 1, "control": 1, "third": 1}');
select is(array_agg((p_value, mismatch)::text), '{"(,t)","(,t)"}', 'a variant outside the design is a mismatch') from split, experiment_balance(s, '{"new": 1}');
select is(array_agg((p_value, mismatch)::text), '{"(,)","(,)"}', 'fewer than 5 expected: nothing can be said') from split, experiment_balance(s, '{"new": 97, "control": 3}');
select is(array_agg((p_value, mismatch)::text), '{"(,)"}', 'one variant alone: neither') from experiment_balance((select experiment_agg('a', x) from generate_series(1, 100) x));
select throws_ok('select experiment_balance(s, ''{"new": -1}'') from split', '22023', 'the weight of a variant must not be negative');
select throws_ok('select experiment_balance(s, ''{"new": 0}'') from split', '22023', 'the weights of the variants must have a sum above 0');
select throws_ok('select experiment_balance(s, ''[1]'') from split', '22P02', 'invalid weights');
select throws_ok('select experiment_balance(s, ''{"new": "x"}'') from split', '22P02', 'invalid weights at new');
select is(count(*), 0::bigint, 'no state, no rows') from experiment_balance(null);

-- units
select is(experiment_units_rate(0.3, 0.24), experiment_units_rate(0.24, 0.3), 'either rate may be the larger');
select throws_ok('select experiment_units_rate(0.3, 0.3)', '22023', 'without a difference there is nothing to find');
select throws_ok('select experiment_units_rate(24, 30)', '22023', 'rate must lie between 0 and 1');
select throws_ok('select experiment_units_rate(0.3, 0.4, 1)', '22023', 'power must lie between 0 and 1');
select throws_ok('select experiment_units_mean(0, 1)', '22023', 'sd must be above 0');
select throws_ok('select experiment_units_mean(1, 0)', '22023', 'without a difference there is nothing to find');
select throws_ok('select experiment_units_mean(1e10, 1e-10)', '22023', 'more units than a bigint can count would be needed');
select is(experiment_units_rate(0.1, 0.1, null), null, 'NULL gives NULL');

-- exact sums: numeric's own, and the same bits in any split and order
select setseed(0.271);
create temp table unit as
select g, case when random() < 0.02 then null else (array['control', 'a', 'b'])[1 + (random() * 2)::int] end as v,
	case when random() < 0.02 then null
		when g % 4 = 0 then (random() < 0.3)::int
		when g % 4 = 1 then round((random() * 2000 - 500)::numeric, (random() * 4)::int)
		when g % 4 = 2 then round(random()::numeric * 1e12, 2) / 7
		else (random() * 1e15)::numeric * 1e3 - 1 end as x,
	round((random() * 10)::numeric, 1) as p,
	case when random() < 0.1 then null else round((random() * 100 - 20)::numeric, (g % 5)) end as c,
	(random() * 4)::int as part
from generate_series(1, 40) g, generate_series(1, 1 + g * 3) n;
create temp table states as select g, experiment_agg(v, x, p, c) as s, experiment_agg(v, x) as plain from unit group by g;

select is(count(*), 0::bigint, 'totals are numeric''s')
from states, experiment_rows(s, 'control', kind => 'mean') r join lateral (
	select sum(x) as x, sum(p) as p, count(*) as n, sum(x * x) as xx from unit u where u.g = states.g and u.v = r.variant and x is not null) o on true
where g > 3 and (r.value_total, r.per_total, r.units) is distinct from (o.x, o.p, o.n);
select is(count(*), 0::bigint, 'all sums of squares and products are numeric''s')
from states, jsonb_array_elements(s::jsonb -> 'variants') r join lateral (
	select sum(x * x) as xx, sum(x * p) as xp, sum(p * p) as pp, sum(x * coalesce(c, 0)) as xc, sum(p * coalesce(c, 0)) as pc, sum(coalesce(c, 0) * coalesce(c, 0)) as cc,
		max(abs(x)) as most, coalesce(sum(x) filter (where x < 0), 0) as less
	from unit u where u.g = states.g and u.v = r ->> 'variant' and x is not null) o on true
where ((r ->> 'value_value')::numeric, (r ->> 'value_per')::numeric, (r ->> 'per_per')::numeric, (r ->> 'value_covariate')::numeric,
		(r ->> 'per_covariate')::numeric, (r ->> 'covariate_covariate')::numeric, (r ->> 'value_largest')::numeric, (r ->> 'negative')::numeric)
	is distinct from (o.xx, o.xp, o.pp, o.xc, o.pc, o.cc, o.most, o.less);

create temp table parts as
select g, part, experiment_agg(v, x, p, c) as s, experiment_agg(v, x) as plain from unit group by g, part
union all select g, -1, null, null from states
union all select g, -2, experiment_agg(v, x, p, c) filter (where false), null from unit group by g;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, experiment_merge(s order by random()) as s, experiment_merge(plain order by part desc) as plain from parts group by g) m join states using (g)
where (revops_internal.experiment_state_send(m.s), revops_internal.experiment_state_send(m.plain)) is distinct from (revops_internal.experiment_state_send(states.s), revops_internal.experiment_state_send(states.plain))
	or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'the order of rows says nothing')
from (select g, experiment_agg(v, x, p, c order by random()) as s from unit group by g) m join states using (g)
where m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'text, jsonb and binary lose nothing')
from states where s::text::experiment_state <> s or plain::text::experiment_state <> plain or s::jsonb::text::experiment_state <> s;
select is(count(*), 0::bigint, 'answers are equal to the last bit')
from (select g, experiment_merge(s::text::experiment_state order by random()) as s from parts group by g) m join states using (g),
	lateral (select array_agg(r::text) as rows from experiment_rows(m.s, 'control') r) a, lateral (select array_agg(r::text) as rows from experiment_rows(states.s, 'control') r) b
where g > 3 and a.rows <> b.rows;
select throws_ok('select experiment_merge(s) from (select s from states where s is not null union all select plain from states) x', '22023',
	'experiment_states of different forms cannot be merged');

-- squares of 38 digits
select is(s::jsonb #>> '{variants,0,value_value}', sum::text, 'the largest numbers are exact')
from (select experiment_agg('a', x) as s, sum(x * x) as sum from (values (99999999999999999999999999999999999999), (-12345678901234567890123456789012345678), (1)) t(x)) x;
select is(s::jsonb #>> '{variants,0,value_value}', sum::text, 'and the finest')
from (select experiment_agg('a', x) as s, sum(x * x) as sum from (values (0.000000000000000000000000000000000001), (-1.000000000000000000000000000000000009)) t(x)) x;

-- a parallel plan
create table unit_many as select (array['control', 'new'])[1 + i % 2] as v, (hashint4(i) % 100000) / 100.0 as x from generate_series(1, 100000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select experiment_agg(v, x) as s from unit_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(experiment_agg(v, x), (select s from serial), 'serial is parallel') from unit_many;

-- golden bytes
select is(experiment_agg(v, x, p)::text,
	'{"value_scale": 2, "per_scale": 0, "variants": [{"variant": "a", "units": 2, "binary": false, "value": -1.75, "negative": -3.25, "value_largest": 3.25, "per": 3, "per_largest": 2, "value_value": 12.8125, "value_per": -5.00, "per_per": 5}]}',
	'the text form stays as it is') from (values ('a', 1.5, 1), ('a', -3.25, 2)) t(v, x, p);
select is(encode(revops_internal.experiment_state_send(experiment_agg(v, x)), 'hex'),
	'010000000000010000000161' || '0000000000000002' || '01' || '0000000000000001' || repeat('0', 64) || repeat('0', 80) || '00000000000000010000000000000000'
	|| '0000000000000001' || repeat('0', 64), 'the binary form stays as it is') from (values ('a', 1), ('a', 0)) t(v, x);

-- input refuses what no rows can have made
create function pg_temp.state(changes text) returns experiment_state language sql as $$
	select format('{"value_scale": 1, "variants": [%s]}', ('{"variant": "a", "units": 2, "binary": false, "value": 3.0, "negative": -1.0, "value_largest": 4.0, "value_value": 17.00}'::jsonb
		|| changes::jsonb)::text)::experiment_state $$;
select lives_ok('select pg_temp.state(''{}'')', 'these are possible');
select throws_ok(format('select pg_temp.state(%L)', c), '22P02', null, c) from unnest(array['{"units": 0}', '{"units": -1}', '{"value": 3.01}', '{"value": 9}', '{"value_value": 4.0}',
	'{"value_value": 99}', '{"negative": 1}', '{"negative": -9}', '{"negative": -7}', '{"binary": true}', '{"per": 3}', '{"unknown": 3}', '{"value_largest": -4}',
	'{"value_largest": 1e40}', '{"units": 9223372036854775808}', '{"value": "NaN"}']) c;
select throws_ok($$ select '{"value_scale": 1, "variants": []}'::experiment_state $$, '22P02', 'invalid experiment_state at variants');
select throws_ok($$ select '{"value_scale": 37, "variants": []}'::experiment_state $$, '22P02', 'invalid experiment_state at value_scale');

select * from finish();
rollback;
