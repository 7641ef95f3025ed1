-- rating: scales, answers, their forms; cases of published sources, each with its source.
begin;
set local search_path = public, revops;
select no_plan();

-- scales
select is(rating_preset(name)::text, text, name) from (values
	('nps', '{"low": 0, "high": 10, "favourable_from": 9, "unfavourable_to": 6}'),
	('csat', '{"low": 1, "high": 5, "favourable_from": 4, "unfavourable_to": 2}'),
	('ces', '{"low": 1, "high": 7, "favourable_from": 5, "unfavourable_to": 3}')) t(name, text);
select is(rating(0, 10, 9, 6), rating_preset('nps'), 'a preset is a scale like any other');
select is('{"unfavourable_to": 6, "high": 10, "low": 0, "favourable_from": 9}'::rating_def, rating(0, 10, 9, 6), 'the order of keys says nothing');
select is(rating(1, 4, 3, 2)::jsonb ->> 'high', '4', 'as jsonb');
select throws_ok('select rating_preset(''NPS'')', '22023', 'unknown rating preset');
select throws_ok(format('select rating(%s)', arguments), '22023', 'invalid rating scale', arguments)
from unnest(array['1, 1, 1, 1', '5, 1, 4, 2', '0, 10, 6, 6', '0, 10, 6, 9', '0, 10, 11, 6', '0, 10, 9, -1', '0, 10, 0, -1', '0, 10, 11, 10', '0, 1000, 900, 5', '-2147483648, 2147483647, 5, 4']) arguments;
select is(rating(null, 10, 9, 6), null, 'NULL gives NULL');
select throws_ok(format('select %L::rating_def', text), '22P02', null, text)
from unnest(array['{}', '{"low": 0, "high": 10, "favourable_from": 9}', '{"low": 0, "high": 10, "favourable_from": 9, "unfavourable_to": 6, "name": "x"}',
	'{"low": 0.5, "high": 10, "favourable_from": 9, "unfavourable_to": 6}', '{"low": 10, "high": 0, "favourable_from": 9, "unfavourable_to": 6}', '[0, 10, 9, 6]', '{"low": null, "high": 10, "favourable_from": 9, "unfavourable_to": 6}']) text;

-- answers
create temp table answer as
select 'nps' as what, score::int as score from jsonb_each_text('{"10": 30, "9": 20, "8": 20, "7": 13, "6": 7, "3": 6, "0": 4}') c(score, n), generate_series(1, n::int)
union all select 'nps', null from generate_series(1, 140)
union all select 'csat', score::int from jsonb_each_text('{"5": 40, "4": 40, "3": 10, "2": 6, "1": 4}') c(score, n), generate_series(1, n::int);
create temp table state as select what, rating_agg(rating_preset(what), score) as s from answer group by what;
create function pg_temp.differing(got jsonb, expected jsonb) returns text language sql as $$
	select string_agg(format('%s: %s, not %s', key, got ->> key, value), '; ')
	from jsonb_each_text(expected) where ((got ->> key)::float8 between value::float8 - 1e-9 and value::float8 + 1e-9) is not true $$;
-- adjusted Wald as measuringu.com/nps-three-confidence-intervals; shares Wilson, means scipy's t
select is(pg_temp.differing(to_jsonb(r), expected), null, 'rating-' || what || ', derived') from state, rating_summary(s) r, (values
	('nps', '{"asked":240,"responses":100,"favourable":50,"neutral":33,"unfavourable":17,"response_rate":0.416666666667,"favourable_rate":0.5,"favourable_rate_low":0.403831530366,"favourable_rate_high":0.596168469634,"unfavourable_rate":0.17,"unfavourable_rate_low":0.108935661141,"unfavourable_rate_high":0.255480047676,"net_score":0.33,"net_score_low":0.17556050188,"net_score_high":0.465216197149,"mean_score":7.91,"median_score":8.5,"mean_score_low":7.427173875133,"mean_score_high":8.392826124867}'::jsonb),
	('csat', '{"asked":100,"responses":100,"favourable":80,"neutral":10,"unfavourable":10,"response_rate":1.0,"favourable_rate":0.8,"favourable_rate_low":0.711170834407,"favourable_rate_high":0.866633066669,"unfavourable_rate":0.1,"unfavourable_rate_low":0.055229137061,"unfavourable_rate_high":0.174365661505,"net_score":0.7,"net_score_low":0.553493512483,"net_score_high":0.805729788488,"mean_score":4.06,"median_score":4.0,"mean_score_low":3.851187702555,"mean_score_high":4.268812297445}')) v(name, expected)
where name = what;
-- Newcombe 1998, Statistics in Medicine 17, 873-890, method 10: printed 0.0524, 0.3339
select is(pg_temp.differing(to_jsonb(r), '{"difference": 0.2, "difference_low": 0.052431472402, "difference_high": 0.333872654037}'), null, 'rate-difference-56-70-48-80') from rate_difference(56, 70, 48, 80) r;
-- counts read from the sample company
select is(pg_temp.differing(to_jsonb(r), '{"difference": 0.122775214239, "difference_low": 0.030655852659, "difference_high": 0.196122981303}'), null, 'rate-difference-detractors') from rate_difference(70, 74, 135, 164) r;

select is((select string_agg(score || ':' || answers, ' ') from rating_rows(s)), '0:4 1:0 2:0 3:6 4:0 5:0 6:7 7:13 8:20 9:20 10:30', 'each score of the scale, also those that nobody gave') from state where what = 'nps';
select is(pg_temp.differing(to_jsonb(r), '{"rate": 0.3, "rate_low": 0.218954, "rate_high": 0.39585}'::jsonb || jsonb_build_object('rate_low', wilson_low(30, 100), 'rate_high', wilson_high(30, 100))), null, 'with its share') from state, rating_rows(s) r where what = 'nps' and score = 10;
select is(rating_agg(rating_preset('csat'), score::bigint)::text || rating_agg(rating_preset('csat'), score::smallint)::text, s::text || s::text, 'any kind of integer') from answer join state using (what) where what = 'csat' group by s;

-- who was asked and is silent
select is(to_jsonb(r) - 'asked' - 'responses' - 'favourable' - 'neutral' - 'unfavourable' - 'response_rate',
	(select jsonb_object_agg(k, null) from unnest('{favourable_rate,favourable_rate_low,favourable_rate_high,unfavourable_rate,unfavourable_rate_low,unfavourable_rate_high,net_score,net_score_low,net_score_high,mean_score,mean_score_low,mean_score_high,median_score}'::text[]) k), 'of nobody nothing is said')
from rating_summary((select rating_agg(rating_preset('nps'), null::int) from generate_series(1, 3))) r;
select is((asked, responses, response_rate)::text, '(3,0,0)', 'three were asked') from rating_summary((select rating_agg(rating_preset('nps'), null::int) from generate_series(1, 3)));
select is(string_agg(concat_ws(' ', score, answers, rate), ','), '1 0,2 0,3 0,4 0,5 0', 'shares of no answers are NULL') from rating_rows((select rating_agg(rating_preset('csat'), null::int)));
select is(rating_agg(rating_preset('nps'), score), null, 'no rows, no state') from answer where false;
select is(rating_merge(s), null, 'nor by a merge') from state where false;
select is(count(*), 0::bigint, 'NULL state, no rows') from rating_summary(null);
select is(count(*), 0::bigint, 'no score rows either') from rating_rows(null);
select is(count(*), 0::bigint, 'and no differences') from state, rating_difference(s, null) where what = 'nps';

-- one answer, equal answers
select is((mean_score, mean_score_low, mean_score_high, median_score, net_score, round(net_score_low::numeric, 4), round(net_score_high::numeric, 4))::text, '(9,,,9,1,-0.4850,0.9850)', 'one answer has a mean and no interval; one promoter is no NPS of 100')
from rating_summary((select rating_agg(rating_preset('nps'), 9)));
select is((mean_score, mean_score_low, mean_score_high)::text, '(4,,)', 'equal ones neither') from rating_summary((select rating_agg(rating_preset('csat'), 4) from generate_series(1, 50)));
select is((mean_score_low, mean_score_high)::text, '(1,5)', 'bounds stay on the scale') from rating_summary((select rating_agg(rating_preset('csat'), n) from unnest('{1,5}'::int[]) n));
select cmp_ok(high_9 - low_9, '>', high_95 - low_95, 'who wants to be surer gets a wider interval')
from state, lateral (select net_score_low, net_score_high from rating_summary(s)) a(low_95, high_95), lateral (select net_score_low, net_score_high from rating_summary(s, 0.99)) b(low_9, high_9) where what = 'nps';
select throws_ok('select rating_summary(s, 95) from state', '22023', 'confidence must lie between 0 and 1');

-- differences
select is(string_agg(concat_ws(' ', measure, round(value_1::numeric, 3), round(value_2::numeric, 3), round(difference::numeric, 3), is_clear), ', '),
	'favourable_rate 0.500 0.400 0.100 f, unfavourable_rate 0.170 0.200 -0.030 f, net_score 0.330 0.200 0.130 f, mean_score 7.910 7.920 -0.010 f', 'the first minus the second')
from rating_difference((select s from state where what = 'nps'), (select rating_agg(rating_preset('nps'), score * 2 - 1 + (score > 3)::int) from answer where what = 'csat'));
select is(count(*), 0::bigint, 'nothing differs clearly from itself') from state, rating_difference(s, s) where is_clear or difference <> 0;
select is(string_agg(concat_ws(' ', measure, value_1, value_2, difference, difference_low, is_clear), ', '), 'favourable_rate 1, unfavourable_rate 0, net_score 1, mean_score 5', 'against silence there is no difference')
from rating_difference((select rating_agg(rating_preset('csat'), 5)), (select rating_agg(rating_preset('csat'), null::int)));
select is((difference, difference_low, is_clear)::text, '(1,,)', 'nor an interval between means of single answers') from rating_difference((select rating_agg(rating_preset('csat'), 5)), (select rating_agg(rating_preset('csat'), 4))) where measure = 'mean_score';
select is((difference, round(difference_low::numeric, 6), round(difference_high::numeric, 6), is_clear)::text, '(2,1.717976,2.282024,t)', 'where one side has no scatter Welch takes the other''s: t of 99 degrees of freedom is 1.984217')
from rating_difference((select rating_agg(rating_preset('csat'), 5) from generate_series(1, 2)), (select rating_agg(rating_preset('csat'), n % 5 + 1) from generate_series(1, 100) n)) where measure = 'mean_score';
select is((difference, difference_low, is_clear)::text, '(4,,)', 'where none has any it has no interval') from rating_difference((select rating_agg(rating_preset('csat'), 5) from generate_series(1, 20)), (select rating_agg(rating_preset('csat'), 1) from generate_series(1, 20))) where measure = 'mean_score';
select throws_ok('select rating_difference(a.s, b.s) from state a, state b where a.what < b.what', '22023', 'answers on different scales cannot be compared');
select throws_ok('select rating_difference(s, s, 0) from state', '22023', 'confidence must lie between 0 and 1');
select is(rate_difference(0, 0, 3, 4), null, 'no trials: NULL');
select is((difference, difference_low, difference_high)::text, '(1,0.3,1)', 'bounds end where rates do') from (select difference, round(difference_low::numeric, 1) as difference_low, difference_high from rate_difference(4, 4, 0, 4)) x;
select throws_ok('select rate_difference(5, 4, 1, 2)', '22023', '5 successes of 4 trials are impossible');
select throws_ok('select rate_difference(1, 2, -1, 0)', '22023', '-1 successes of 0 trials are impossible');

-- wrong scales
select throws_ok(format('select rating_agg(rating_preset(%L), %s)', preset, score), '22023', 'a score lies off the scale', preset || ' ' || score)
from (values ('nps', '11'), ('nps', '-1'), ('csat', '0'), ('csat', '6'), ('csat', '9223372036854775807'), ('nps', '99')) t(preset, score);
select throws_ok('select rating_agg(null::rating_def, 3)', '22004', 'definition of rating_agg must not be NULL');
select throws_ok('select rating_agg(rating_preset(what), 5) from state', '22023', 'the parameters of rating_agg must be the same in every row');
select throws_ok('select rating_merge(s) from state', '22023', 'answers on different scales cannot be merged');
select throws_ok('select revops_internal.rating_state_add(null::rating_state, rating_preset(''nps''), 3)', '22023', 'rating_agg can only be called by an aggregate');

-- splits, forms, windows
select setseed(0.17);
create temp table many as select i % 7 as g, case when random() < 0.9 then 1 + floor(random() * random() * 7)::int end as score, (random() * 5)::int as part from generate_series(1, 5000) i;
create temp table whole as select g, rating_agg(rating_preset('ces'), score) as s from many group by g;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, rating_merge(s order by random()) as s from (
		select g, rating_agg(rating_preset('ces'), score) as s from many group by g, part union all select g, null from whole
		union all select g, rating_agg(rating_preset('ces'), score) filter (where false) from many group by g) p group by g) m join whole w using (g)
where revops_internal.rating_state_send(m.s) <> revops_internal.rating_state_send(w.s) or m.s <> w.s;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from whole where s::text::rating_state <> s or s::jsonb::text::rating_state <> s;
select is(count(*), 0::bigint, 'a running aggregate shows each step')
from (select rating_agg(rating_preset('ces'), score) over (order by n) as s, count(score) over (order by n) as c from (select *, row_number() over () as n from many limit 200) x) y, rating_summary(s) r
where r.responses <> c;
create table rating_many as select score from many;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select rating_agg(rating_preset('ces'), score) as s from rating_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(rating_agg(rating_preset('ces'), score), (select s from serial), 'serial is parallel') from rating_many;

-- golden bytes
select is(encode(revops_internal.rating_def_send(rating(-2, 2, 1, -1)), 'hex'), '01fffffffe0000000200000001ffffffff', 'the binary form of a scale stays as it is');
select is(rating_agg(rating(-1, 1, 1, -1), n)::text, '{"scale": {"low": -1, "high": 1, "favourable_from": 1, "unfavourable_to": -1}, "answers": [0, 1, 2], "unanswered": 1}', 'the text form of answers stays as it is')
from unnest('{0,1,1,null}'::int[]) n;
select is(encode(revops_internal.rating_state_send(rating_agg(rating(-1, 1, 1, -1), n)), 'hex'),
	'01ffffffff0000000100000001ffffffff' || '0000000000000001' || '0000000000000000' || '0000000000000001' || '0000000000000002', 'the binary form too') from unnest('{0,1,1,null}'::int[]) n;

-- input refuses what no rows can have made
create function pg_temp.state(changes text) returns rating_state language sql as $$
	select ('{"scale": {"low": 1, "high": 3, "favourable_from": 3, "unfavourable_to": 1}, "answers": [1, 2, 3], "unanswered": 4}'::jsonb || changes::jsonb)::text::rating_state $$;
select lives_ok('select pg_temp.state(''{}'')', 'this is possible');
select throws_ok(format('select pg_temp.state(%L)', c), '22P02', null, c) from unnest(array['{"answers": [1, 2]}', '{"answers": [1, 2, 3, 4]}', '{"answers": [1, -2, 3]}', '{"answers": [1, 2.5, 3]}',
	'{"answers": [0, 0, 0], "unanswered": 0}', '{"answers": [9223372036854775807, 1, 0]}', '{"unanswered": -1}', '{"unanswered": null}', '{"scale": {"low": 1, "high": 3, "favourable_from": 1, "unfavourable_to": 1}}',
	'{"scale": [1, 3, 3, 1]}', '{"more": 1}']) c;
select throws_ok($$select rating_merge(s) from (select '{"scale": {"low": 1, "high": 2, "favourable_from": 2, "unfavourable_to": 1}, "answers": [9223372036854775807, 0], "unanswered": 0}'::rating_state as s from generate_series(1, 2)) x$$,
	'54000', 'more than 9223372036854775807 people asked in one rating_state');
select is((mean_score, median_score, favourable_rate, unfavourable_rate)::text, '(1.5,1.5,0.5,0.5)', 'counts as large as can be')
from rating_summary('{"scale": {"low": 1, "high": 2, "favourable_from": 2, "unfavourable_to": 1}, "answers": [4611686018427387903, 4611686018427387903], "unanswered": 1}');

select * from finish();
rollback;
