-- benchmark: rules, published figures, errors.
begin;
set local search_path = public, revops;
select no_plan();

create function pg_temp.same(a float8, b float8) returns boolean language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-8 is true';

-- the window function, and the state, on rates with their denominators
create temp table agency (i int, rate float8, leads float8);
insert into agency values (0, 0.02, 1000), (1, 0.03, 500), (2, 0.03, 200), (3, 0.05, 100), (4, 0.01, 4000), (5, 0.03, 0), (6, 0.08, 50);
create temp table expected (i int, peer_mean float8, peer_median float8, peer_p25 float8, peer_p75 float8, peer_peak float8, place bigint, percentile float8, largest_share float8);
insert into expected values
	(0, 0.01443298969072165, 0.03, 0.03, 0.045, 0.0725, 6, 0.16666666666666666, 0.8247422680412371),
	(2, 0.014867256637168142, 0.03, 0.0225, 0.045, 0.0725, 3, 0.5, 0.7079646017699115),
	(4, 0.02702702702702703, 0.03, 0.03, 0.045, 0.0725, 7, 0, 0.5405405405405406),
	(6, 0.014827586206896552, 0.03, 0.0225, 0.03, 0.045, 1, 1, 0.6896551724137931);
select is(count(*), 4::bigint, 'each row against the others, itself left out')
from (select i, benchmark_rank(rate, leads) over () as r from agency) x join expected e using (i)
where (r).peers = 6 and (r).place = e.place and pg_temp.same((r).peer_mean, e.peer_mean) and pg_temp.same((r).peer_median, e.peer_median)
	and pg_temp.same((r).peer_p25, e.peer_p25) and pg_temp.same((r).peer_p75, e.peer_p75) and pg_temp.same((r).peer_peak, e.peer_peak)
	and pg_temp.same((r).percentile, e.percentile) and pg_temp.same((r).largest_share, e.largest_share);
select is(array_agg(distinct r::text), '{"(4,,,,,,,,)"}', 'with fewer peers than min_peers only their number shows')
from (select benchmark_rank(rate, leads) over () as r from agency where i < 5) x;
select is((benchmark_rank(0.02, 1000, min_peers => 1) over ())::text, '(0,,,,,,,,)', 'alone: no peers');
select is((r).place || ' ' || (r).percentile || ' ' || (r).peers, '6 0.5 10', 'Radford 2014: the 6th of 11 is at the 50th percentile')
from (select v, benchmark_rank(v, min_peers => 1) over () as r from generate_series(0, 10) v) x where v = 5;
select is((r).peer_peak, 8.549999999999999::float8, 'the peak is interpolated as percentile_cont does')
from (select v, benchmark_rank(v) over () as r from generate_series(0, 10) v) x where v = 10;
select is((r).place || ' ' || (r).percentile || ' ' || round((r).peer_peak::numeric, 9), '1 1 1.450000000', 'best low turns places, percentile and peak round')
from (select v, benchmark_rank(v, best => 'low') over () as r from generate_series(0, 10) v) x where v = 0;
select is(array_agg((r).percentile), '{0.5,0.5,0.5,0.5,0.5,0.5}'::float8[], 'all equal: 0.5')
from (select benchmark_rank(7) over () as r from generate_series(1, 6)) x;
select is(array_agg((r).peer_mean), array_fill(0.1::float8, '{7}'), 'and the mean is exactly theirs')
from (select benchmark_rank(0.1, 0.3) over () as r from generate_series(1, 7)) x;

-- NULL and weights
select is(array_agg(r::text order by i), array[null, '(5,4,4,3,5,5.8,6,0,0.2)', '(5,4,4,3,5,5.8,4,0.4,0.2)'], 'a row without a value has no result; one without a weight is compared, but is nobody''s peer')
from (select i, benchmark_rank(v, w) over () as r from (
	values (1, null::float8, 1::float8), (2, 1, null), (3, 3.5, null), (4, 2, 1), (5, 3, 1), (6, 4, 1), (7, 5, 1), (8, 6, 1)) t(i, v, w)) x where i < 4;
select is(array_agg(distinct r::text), '{"(5,,1,1,1,1,1,0.5,)"}', 'weights of 0: no mean and no largest share')
from (select benchmark_rank(1, 0) over () as r from generate_series(1, 6)) x;
select is((r).largest_share, 0.25::float8, 'the largest of the others'' weights')
from (select v, benchmark_rank(v, case v when 1 then 1000 else 1 end, min_peers => 1) over () as r from generate_series(1, 5) v) x where v = 1;
select is((r).peer_mean, 4.5::float8, 'a dominant row takes no digits from the others'' mean')
from (select v, benchmark_rank(case v when 1 then 1e200 else v end, case v when 1 then 1e100 else 1e-100 end) over () as r from generate_series(1, 7) v) x where v = 1;
select is((r).peer_median, -1.7e308::float8, 'the largest doubles are no overflow')
from (select v, benchmark_rank(case v % 2 when 1 then -1.7e308 else 1.7e308 end) over () as r from generate_series(1, 7) v) x where v = 2;

-- frames say nothing, partitions do
select results_eq(
	'select benchmark_rank(v) over (partition by v % 2 order by v rows between 1 preceding and current row) from generate_series(1, 14) v order by v',
	'select benchmark_rank(v) over (partition by v % 2) from generate_series(1, 14) v order by v', 'frames say nothing');

-- settings
select throws_ok('select benchmark_rank(1, best => ''top'') over ()', '22023', 'best must be ''high'' or ''low''');
select throws_ok('select benchmark_rank(1, peak => 1.5) over ()', '22023', 'peak must lie between 0 and 1');
select throws_ok('select benchmark_rank(1, peak => ''NaN'') over ()', '22023', 'peak must lie between 0 and 1');
select throws_ok('select benchmark_rank(1, min_peers => 0) over ()', '22023', 'min_peers must be at least 1');
select throws_ok('select benchmark_rank(1, min_peers => null) over ()', '22004', 'min_peers must not be NULL');
select throws_ok('select benchmark_rank(1, 1, null) over ()', '22004', 'best must not be NULL');
select throws_ok('select benchmark_rank(1, peak => v / 10.0) over () from generate_series(1, 3) v', '22023',
	'best, peak and min_peers must be the same in all rows of a partition');
select throws_ok('select benchmark_rank(''NaN'') over ()', '22023', 'value must be a finite number');
select throws_ok('select benchmark_rank(''Infinity'') over ()', '22023', 'value must be a finite number');
select throws_ok('select benchmark_rank(1, -1) over ()', '22023', 'weight must not be negative');
select throws_ok('select benchmark_rank(1, ''NaN'') over ()', '22023', 'weight must be a finite number');
select throws_ok('select benchmark_agg(1, -1)', '22023', 'weight must not be negative');
select throws_ok('select benchmark_agg(''NaN'', 1)', '22023', 'value must be a finite number');

-- the state
create temp table frozen as
select benchmark_agg(v, w) as s from (values (9.0, 1), (1, 1), (2.0, 1), (2.0, 3), (4.0, 1), (7.0, 2), (null, 1), (1, null)) t(v, w);
select is(s::text, '{"peers": [[1, 1], [2, 1], [2, 3], [4, 1], [7, 2], [9, 1]]}', 'a state holds each peer once') from frozen;
select is(benchmark_at(s, 2)::text, '(6,4,3,2,6.25,8.5,4,0.3333333333333333,0.3333333333333333)', 'an outsider is compared with all') from frozen;
select is(benchmark_at(s, 10)::text, '(6,4,3,2,6.25,8.5,1,1,0.3333333333333333)', 'above all of them') from frozen;
select is(benchmark_at(s, 2, 3, inside => true)::text, '(5,5,4,2,7,8.6,4,0.3,0.3333333333333333)', 'one inside is left out first') from frozen;
select is(benchmark_at(s, 2, inside => true), benchmark_at(s, 2, 1, inside => true), 'inside, no weight is 1') from frozen;
select is(benchmark_at(s, 1, 1, 'low', 1, 6)::text, '(6,4,3,2,6.25,1,1,0.9166666666666666,0.3333333333333333)', 'peak 1 is the best') from frozen;
select is(benchmark_at(s, 5, min_peers => 7)::text, '(6,,,,,,,,)', 'min_peers holds here too') from frozen;
select is(benchmark_at(null, 1)::text, null, 'no state, no result');
select is(benchmark_at(s, null)::text, null, 'no value, no result') from frozen;
select throws_ok('select benchmark_at(s, 2, 2, inside => true) from frozen', '22023', 'the benchmark_state does not hold the value that is to be left out');
select throws_ok('select benchmark_at(s, 2, best => null) from frozen', '22004', 'best must not be NULL');
select is((benchmark_at('{"peers": []}', 1, min_peers => 1))::text, '(0,,,,,,,,)', 'an empty state has no peers');
select is(benchmark_agg(v, 0)::text, '{"peers": [[-1, 0, 2], [0, 0, 3]]}', 'equal peers are counted; -0 is 0')
from unnest('{0,-0,0,-1,-1}'::float8[]) v;
select is((benchmark_agg(1, 1) filter (where false))::text, null, 'no rows give NULL');
select is((benchmark_agg(null, 1))::text, null, 'no peers give NULL');
select is(benchmark_merge(s)::text, s::text, 'merging with nothing') from (select s from frozen union all select null) x where true group by s having s is not null;
select is(pg_column_size(benchmark_agg(v, 1)), 24 + 16 * 1000, 'a different peer takes 16 bytes') from generate_series(1, 1000) v;

-- golden bytes
select is(encode(revops_internal.benchmark_state_send('{"peers": [[2.5, 1, 3], [-1, 200]]}'), 'hex'),
	'0100000002bff000000000000040690000000000000000000000000001' || '40040000000000003ff00000000000000000000000000003', 'the binary form stays as it is');
select is('{"peers": [[2.5, 1], [-1, 200], [2.5, 1, 2]]}'::benchmark_state::text, '{"peers": [[-1, 200], [2.5, 1, 3]]}', 'input puts peers in order');
select is(('{"peers": [[2.5, 1], [-1, 200]]}'::benchmark_state)::jsonb, '{"peers": [[-1, 200], [2.5, 1]]}'::jsonb, 'a state casts to jsonb');
select ok('{"peers": [[1, 1], [1, 1]]}'::benchmark_state = '{"peers": [[1, 1, 2]]}'::benchmark_state, 'equal states are equal');
select throws_ok($$ select '{"peers": [[1]]}'::benchmark_state $$, '22P02', 'invalid benchmark_state at peers[1]');
select throws_ok($$ select '{"peers": [[1, -1]]}'::benchmark_state $$, '22P02', 'invalid benchmark_state at peers[1][2]');
select throws_ok($$ select '{"peers": [[1, 1, 0]]}'::benchmark_state $$, '22P02', 'invalid benchmark_state at peers[1][3]');
select throws_ok($$ select '{"peers": [[1, 1, 9223372036854775807], [1, 2]]}'::benchmark_state $$, '54000', null, 'more peers than 64 bits count');

-- benchmark_versus. Brunner and Munzel 2000, pain scores; lawstat 3.6: estimate 0.788961, interval 0.5952169 to
-- 0.9827052, p 0.005786. The others: R 4.2.2, the paper's formulas over rank() and qt(), on random data.
create temp table versus (confidence float8, ours float8[], theirs float8[], probability float8, low float8, high float8, p float8);
insert into versus values
		(0.95, '{3,3,4,3,1,2,3,1,1,5,4}'::float8[], '{1,2,1,1,1,1,1,1,1,1,2,4,1,1}'::float8[], 0.7889610389610391, 0.595216864253745, 0.9827052136683332, 0.005786208666151453),
		(0.95, '{87,14,3,27,3,16,7,75,28,284,111,8,8,6,13,0,1,247,3,20,14,1,50,61,29,374,69,2,12,45,10}'::float8[], '{206,105,81,7,5,1,46,3,13,27,3,1,14,25,18,143,7,24,6,63,39,15}'::float8[], 0.50366568914956, 0.340056417648159, 0.667274960650961, 0.964265990928609),
		(0.9, '{4,1,5,1,1,4,3,2,5,1,5,3,3,5,4}'::float8[], '{6,5,2,4,4,4,4,5,5,3,4,2}'::float8[], 0.35, 0.17027148809634, 0.52972851190366, 0.166303002745944),
		(0.99, '{1.9,1.44,2.8,3.48,3.18,3.78,2.14,2.47,2.58}'::float8[], '{1.11,0.41,2.39,1.93,-0.01,-0.23,-0.36,0.56,1.09,0.48,-2.05,0.32,0.26,0.54}'::float8[], 0.96031746031746, 0.862162055351089, 1, 1.11356702573484e-11),
		(0.95, '{1,2,2,3}'::float8[], '{5,5,6,7,7,3}'::float8[], 0.0208333333333333, 0, 0.0895711725388815, 4.04207379823165e-07);
select is(count(*), 5::bigint, 'probability, interval and p of the paper and of R')
from versus, benchmark_versus((select benchmark_agg(v, 1) from unnest(ours) v), (select benchmark_agg(v, 3) from unnest(theirs) v), confidence) r
where pg_temp.same(r.probability, versus.probability) and pg_temp.same(r.probability_low, low) and pg_temp.same(r.probability_high, high)
	and abs(r.p_value / p - 1) < 1e-8;
select is(r::text, '(1,,,)', 'all of ours above all of theirs, no variance: an estimate alone')
from benchmark_versus('{"peers": [[5, 1], [6, 1]]}', '{"peers": [[1, 1], [2, 1], [3, 1]]}') r;
select is(r::text, '(0.5,,,)', 'one value on each side') from benchmark_versus('{"peers": [[5, 1]]}', '{"peers": [[5, 1]]}') r;
select is(r::text, '(,,,)', 'nothing on a side') from benchmark_versus('{"peers": []}', '{"peers": [[5, 1]]}') r;
select is(r::text, '(,,,)', 'or NULL') from benchmark_versus(null, '{"peers": [[5, 1]]}') r;
select throws_ok($$ select benchmark_versus('{"peers": []}', '{"peers": []}', 1) $$, '22023', 'confidence must lie between 0 and 1');

select * from finish();
rollback;
