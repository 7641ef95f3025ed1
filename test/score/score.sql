-- score: figures of R, literals, rules at the ends, forms, errors.
begin;
set local search_path = public, revops;
select no_plan();

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-9 is true';

-- ../shared/vectors/score.json: a table of scores, and what R's pROC says of it
\getenv shared REVOPS_SHARED
\set vectors `cat "$REVOPS_SHARED/vectors/score.json" 2>/dev/null || echo '{"vectors": []}'`
create temp table vectors as
select v ->> 'id' as id, v -> 'expected' as expected, (select score_agg((t ->> 'score')::float8, n <= (t ->> 'positives')::integer)
	from jsonb_array_elements(v #> '{inputs,table}') t, generate_series(1, (t ->> 'cases')::integer) n) as s
from jsonb_array_elements(:'vectors'::jsonb -> 'vectors') v;
select skip('the published cases are not there: ../shared/vectors/score.json', 1) where not exists (select from vectors);
select is(count(*) filter (where not pg_temp.near((to_jsonb(m) ->> e.key)::float8, e.value::float8)), 0::bigint, id || ' summary')
from vectors, score_summary(s) m, jsonb_each_text(expected -> 'summary') e group by id;
select is(count(*) filter (where not pg_temp.near((to_jsonb(b) ->> e.key)::float8, e.value::float8)), 0::bigint, vectors.id || ' bands')
from vectors, jsonb_array_elements(expected -> 'bands_5') with ordinality x(row, n)
	left join lateral (select b.* from score_bands(vectors.s, 5) with ordinality b) b on b.ordinality = x.n, lateral jsonb_each_text(x.row) e group by vectors.id;
select is(count(*) filter (where not pg_temp.near((to_jsonb(c) ->> e.key)::float8, e.value::float8)), 0::bigint, vectors.id || ' calibration')
from vectors, jsonb_array_elements(expected -> 'calibration') with ordinality x(row, n)
	left join lateral (select c.* from score_calibration(vectors.s) with ordinality c) c on c.ordinality = x.n, lateral jsonb_each_text(x.row) e group by vectors.id;

-- the same table without the file: R pROC 1.18.0, data aSAH, score wfns: auc(outcome, wfns), ci.auc of DeLong
create temp table asah as
select score_agg(score, n <= positives) as s
from (values (1, 39, 2), (2, 32, 12), (3, 4, 1), (4, 16, 8), (5, 22, 18)) t(score, cases, positives), generate_series(1, cases) n;
select is((pg_temp.near(auc, 0.82367886178862), pg_temp.near(auc_low, 0.74853488781945), pg_temp.near(auc_high, 0.89882283575778))::text, '(t,t,t)', 'pROC''s figures') from asah, score_summary(s);
select is((cases, positives, undecided, unscored, ks_score, mean_score, brier, brier_base)::text, '(113,41,0,0,4,,,)', 'and counts; scores above 1 are no chances') from asah, score_summary(s);

-- R 4.2.2: auc from wilcox.test(won, lost)$statistic, DeLong from var() of placements, ks over sort(unique(score)), steps of isoreg()
create temp table by_r as
select score_agg(score, (i * 53 + i / 3) % 60 / 60.0 < 0.15 + score / 8) as s from generate_series(0, 59) i, lateral (select ((i * 37 + i * i % 11) % 41) / 8.0 as score) x;
select is((positives, pg_temp.near(auc, 0.761503928170595), pg_temp.near(auc_low, 0.630677134516797), pg_temp.near(auc_high, 0.892330721824393), pg_temp.near(ks, 0.494949494949495), ks_score)::text, '(33,t,t,t,t,3.375)', 'R''s figures') from by_r, score_summary(s);
select is(array_agg((score_from, score_to, cases, positives)::text), '{"(0,1.75,16,3)","(1.875,1.875,4,1)","(2.125,3.25,17,9)","(3.375,4.75,22,19)","(5,5,1,1)"}', 'and its isotonic fit: 0.1875, 0.25, 0.529, 0.864, 1') from by_r, score_calibration(s);

-- a case to count by hand: pairs (positive, negative) 3 x 2 = 6; right: 0.9 2, 0.6 1.5, 0.2 0 = 3.5
create temp table hand as
select score_agg(score, outcome) as s
from (values (0.9, true), (0.6, true), (0.6, false), (0.2, true), (0.4, false), (0.7, null), (0.1, null), (null, true), (null, null)) t(score, outcome);
select is((cases, positives, undecided, unscored, base_rate, auc, ks, ks_score)::text, '(5,3,2,2,0.6,0.5833333333333334,0.3333333333333333,0.9)', 'unscored is unscored, whatever became of it')
from hand, score_summary(s);
select is((pg_temp.near(mean_score, (0.9 + 0.6 + 0.6 + 0.2 + 0.4) / 5), pg_temp.near(brier, (0.01 + 0.16 + 0.36 + 0.64 + 0.16) / 5), pg_temp.near(brier_base, 0.24))::text, '(t,t,t)', 'scores from 0 to 1 are read as chances') from hand, score_summary(s);
-- DeLong by hand: positives' shares 1, 0.75, 0; negatives' 0.5 (0.9, half of 0.6), 2/3; sample variances over 3 and 2
select is((pg_temp.near(auc_low, greatest(0, auc - 1.959963984540054 * e)), pg_temp.near(auc_high, least(1, auc + 1.959963984540054 * e)))::text, '(t,t)', 'DeLong by hand')
from hand, score_summary(s), (select sqrt((select var_samp(v) from unnest(array[1, 0.75, 0]::float8[]) v) / 3 + (select var_samp(v) from unnest(array[0.5, 2 / 3::float8]) v) / 2) as e) e;
select is((pg_temp.near(auc_low, auc - 0.6744897501960817 * e), pg_temp.near(auc_high, auc + 0.6744897501960817 * e), pg_temp.near(base_rate_low, (0.6 + z2 / 10 - sqrt(z2 * (0.24 / 5 + z2 / 100))) / (1 + z2 / 5)))::text, '(t,t,t)', 'confidence holds for both intervals')
from hand, score_summary(s, 0.5), (select sqrt(13 / 48.0 / 3 + 1 / 72.0 / 2) as e, 0.6744897501960817 ^ 2 as z2) e;

-- the ends
select is(m::text, '(2,2,0,0,1,0.34238022750665315,1,,,,,,,0.5,0.25,0)', 'one class alone has no auc') from (select score_agg(0.5, true) as s from generate_series(1, 2)) x, score_summary(s) m;
select is((auc, auc_low, ks, ks_score)::text, '(0.5,,0,3)', 'equal scores tell nothing') from (select score_agg(3, n % 2 = 0) as s from generate_series(1, 10) n) x, score_summary(s);
select is((auc, auc_low, auc_high, gini, ks, ks_score)::text, '(1,,,1,1,4)', 'a perfect score has no variance') from (select score_agg(n, n > 3) as s from generate_series(1, 6) n) x, score_summary(s);
select is((auc, gini, ks, ks_score)::text, '(0,-1,0,1)', 'one upside down') from (select score_agg(n, n <= 3) as s from generate_series(1, 6) n) x, score_summary(s);
select is((auc, auc_low)::text, '(0.5,)', 'one of a class: no interval') from (select score_agg(n, n = 2) as s from generate_series(1, 3) n) x, score_summary(s);
select is((cases, undecided, unscored, base_rate, auc, mean_score)::text, '(0,1,1,,,)', 'nothing decided') from (select score_agg(x, null) as s from (values (0.5), (null)) t(x)) x, score_summary(s);
select is((mean_score, brier, auc, ks_score)::text, '(0.5,0.25,0.5,0.5)', 'an undecided score beyond 1 takes no part') from score_summary('{"scores": [[0.5, 2, 1], [7, 0, 0, 3]]}');
select is(m.cases, null, 'no state, no summary') from score_summary(null) m;
select is(score_agg(1, true) filter (where false), null, 'no rows give NULL');
select is(score_merge(s), null, 'nor states that are NULL') from (values (null::score_state), (null)) t(s);
select is(score_agg(x, true), score_agg(0, true), '-0 is 0') from (values (-0.0::float8)) t(x);
select throws_ok('select score_agg(''NaN'', true)', '22003', 'score must be a finite number');
select throws_ok('select score_agg(''-Infinity'', true)', '22003', 'score must be a finite number');
select throws_ok('select score_summary(s, 1) from hand', '22023', 'confidence must lie between 0 and 1');
select throws_ok('select score_summary(s, null) from hand', '22004', 'confidence must not be NULL');
select throws_ok('select revops_internal.score_state_add(null, 1, true)', '22023', 'score_agg can only be called by an aggregate');
select throws_ok('select score_merge(s) from (select ''{"scores": [[1, 2305843009213693000, 0]]}''::score_state as s from generate_series(1, 2)) x', '54000');
select is((auc, ks)::text, '(0.5,0)', 'the largest counts there are') from score_summary('{"scores": [[1, 1000000000000000000, 500000000000000000], [2, 1000000000000000000, 500000000000000000]]}');

-- bands
select is(array_agg((band_index, score_from, score_to, cases, positives, undecided)::text), '{"(3,0.9,0.9,1,1,1)","(2,0.6,0.6,2,1,0)","(1,0.2,0.4,2,1,1)"}', 'cuts over the cases; undecided fall where their score is')
from hand, score_bands(s, 3);
select is(array_agg((band_index, cases)::text), '{"(1,7)"}', 'equal scores never part; bands without a row are left out') from score_bands('{"scores": [[3, 7, 2]]}');
select is(array_agg((band_index, score_from, cases, undecided, rate, lift, cumulative_case_rate)::text), '{"(3,,0,4,,,0)","(1,1,9,0,0.1111111111111111,1,1)"}', 'a band of undecided rows has no case to name')
from score_bands('{"scores": [[1, 9, 1], [2, 0, 0, 4]]}', 3);
select is(array_agg((band_index, cases, undecided, cumulative_case_rate)::text), '{"(1,0,2,)"}', 'without cases there is one band') from score_bands('{"scores": [[1, 0, 0, 2]]}');
select is(array_agg((lift, cumulative_positive_rate)::text), '{"(,)"}', 'no lift where nothing is positive') from score_bands('{"scores": [[1, 2, 0]]}');
select is(count(*), 0::bigint, 'no state, no bands') from score_bands(null);
select throws_ok('select score_bands(s, 0) from hand', '22023', 'bands must be 1 to 1000');
select throws_ok('select score_bands(s, 1001) from hand', '22023', 'bands must be 1 to 1000');
select throws_ok('select score_bands(s, null) from hand', '22004', 'bands must not be NULL');
select is(array_agg((band_index, score_from, score_to, cases, undecided)::text), '{"(3,,,0,0)","(2,0.6,0.9,3,1)","(1,0.4,0.4,1,0)","(0,0.2,0.2,1,1)"}', 'a band holds scores at or above its start; empty ones are shown')
from hand, score_bands_from(s, '{0.4,0.6,0.95}');
select is(array_agg((band_index, cases)::text), '{"(1,5)","(0,0)"}', 'all at or above') from hand, score_bands_from(s, '{0}');
select throws_ok('select score_bands_from(s, ''{}'') from hand', '22023', 'starts must have 1 to 1000 elements');
select throws_ok('select score_bands_from(s, ''{1,1}'') from hand', '22023', 'starts must rise');
select throws_ok('select score_bands_from(s, ''{1,NULL}'') from hand', '22004', 'starts must not hold NULL');
select throws_ok('select score_bands_from(s, ''{NaN}'') from hand', '22023', 'a start must be a finite number');
select throws_ok('select score_bands_from(s, ''{-Infinity,1}'') from hand', '22023', 'a start must be a finite number');

-- calibration
select is(array_agg((score_from, score_to, cases, positives, rate)::text), '{"(0.2,0.6,4,2,0.5)","(0.9,0.9,1,1,1)"}', 'equal rates are pooled') from hand, score_calibration(s);
select is(array_agg(score_probability(s, x) order by x), '{0.5,0.5,0.5,0.5,1,1}', 'between two the lower step, below all the first') from hand, unnest('{-5,0.2,0.6,0.89999,0.9,7}'::float8[]) x;
select is(score_probability('{"scores": [[1, 0, 0, 2]]}', 1), null, 'without cases no chance');
select is(score_probability(null, 1), null, 'no state, no chance');
select throws_ok('select score_probability(s, ''NaN'') from hand', '22023', 'score must be a finite number');

-- golden bytes
select is(s::text, '{"scores": [[0.1, 0, 0, 1], [0.2, 1, 1], [0.4, 1, 0], [0.6, 2, 1], [0.7, 0, 0, 1], [0.9, 1, 1]], "unscored": 2}', 'the text form stays as it is') from hand;
select is(encode(revops_internal.score_state_send(score_agg(x, y)), 'hex'), '01' || '0000000000000001' || '00000002'
	|| 'bff0000000000000' || '0000000000000001' || '0000000000000000' || '0000000000000000' || '3fe0000000000000' || '0000000000000000' || '0000000000000002' || '0000000000000001', 'the binary form stays as it is')
from (values (0.5, true), (0.5, true), (0.5, null), (-1, false), (null, true)) t(x, y);
select is('{"scores": [[0.5, 3, 1], [0.2, 1, 1], [0.5, 0, 0, 2]]}'::score_state::text, '{"scores": [[0.2, 1, 1], [0.5, 3, 1, 2]]}', 'scores may come in any order, and twice');

-- what no rows can have made
select throws_ok(format('select %L::score_state', t), '22P02', null, t)
from unnest(array['{}', '{"scores": [1]}', '{"scores": [[1, 2]]}', '{"scores": [[1, 2, 3]]}', '{"scores": [[1, 2, -1]]}', '{"scores": [[1, -2, 0]]}', '{"scores": [[1, 0, 0]]}', '{"scores": [[1, 0, 0, -1]]}',
	'{"scores": [["NaN", 1, 0]]}', '{"scores": [[1e400, 1, 0]]}', '{"scores": [], "unscored": -1}', '{"scores": [], "seen": 1}', '{"scores": [[1, 2, 1, 0, 0]]}', '{"scores": [[1, 9223372036854775807, 1]]}']) t;

select * from finish();
rollback;
