-- Segment maps: the built-in ones are whole, a faulty one is told all its faults.
begin;
set local search_path = public, revops;
select no_plan();

-- the grid as DESIGN draws it: recency down, frequency across
create temp table grid (recency_score int, segments text[]);
insert into grid values
	(5, '{new_customers,potential_loyalists,potential_loyalists,champions,champions}'),
	(4, '{promising,potential_loyalists,potential_loyalists,loyal,loyal}'),
	(3, '{about_to_sleep,about_to_sleep,need_attention,loyal,loyal}'),
	(2, '{hibernating,hibernating,at_risk,at_risk,cant_lose}'),
	(1, '{hibernating,hibernating,at_risk,at_risk,cant_lose}');
select results_eq(
	$$ select r, f, m, rfm_segment(r, f, m) from generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m order by 1, 2, 3 $$,
	$$ select recency_score, f::int, m, segment from grid, unnest(segments) with ordinality s (segment, f), generate_series(1, 5) m order by 1, 2, 3 $$,
	'the grid names its 25 cells, whatever the money');
select is_empty(format('select * from segment_map_check(segment_map(%L))', name), name || ' has no fault')
from unnest(array['grid', 'grid_zh', 'octant', 'octant_zh']) name;
select results_eq(
	$$ select rfm_segment(r, f, m, segment_map('octant_zh')) from generate_series(1, 2) m, generate_series(1, 2) r, generate_series(1, 2) f order by m desc, r desc, f desc $$,
	$$ values ('重要价值客户'), ('重要发展客户'), ('重要保持客户'), ('重要挽留客户'), ('一般价值客户'), ('一般发展客户'), ('一般保持客户'), ('一般挽留客户') $$,
	'octant_zh has the labels of Chinese practice');
select results_eq(
	$$ select a.recency_low, a.frequency_low, a.monetary_low from segment_map_rows(segment_map('octant')) a order by a.rule_index $$,
	$$ select a.recency_low, a.frequency_low, a.monetary_low from segment_map_rows(segment_map('octant_zh')) a order by a.rule_index $$,
	'octant is the same in English');
select is(array_agg(segment_name order by segment_order),
	'{champions,loyal,potential_loyalists,new_customers,promising,need_attention,about_to_sleep,cant_lose,at_risk,hibernating}',
	'segments sort from best to lost') from segment_map_rows(segment_map('grid'));

-- from scores, and NULL
select is(rfm_segment(rfm_model_score(rfm_model('{30,60,90,120}', '{1,2,3,4}', '{1,2,3,4}'), 1, 9, 1)), 'champions', 'scores have a segment');
select is(rfm_segment(null::rfm_scores), null, 'no scores, no segment');
select is(rfm_segment((null, 1, 1, 5, 'x')::rfm_scores), null, 'nor with a score missing');
select is(rfm_segment(1, null, 1), null, 'nor from a NULL');

-- a map with every fault
create temp table faulty (map rfm_segment_map);
insert into faulty values ('{"name": "faulty", "bins": 3, "rules": [
	{"segment": "best", "r": [3, 3], "f": [2, 3]},
	{"segment": "good", "r": [2, 3], "f": [3, 3]},
	{"segment": "rest", "f": [1, 2]},
	{"segment": "never", "r": [3, 3], "f": [2, 2], "m": [1, 2]}]}');
select results_eq(
	$$ select problem, recency_score, frequency_score, monetary_score, segment_name, other_segment_name from faulty, segment_map_check(map) $$,
	$$ values
		('unmapped', 1, 3, 1, null::text, null::text),
		('unmapped', 1, 3, 2, null, null),
		('unmapped', 1, 3, 3, null, null),
		('unreachable', null, null, null, 'never', null),
		('overlap', null, null, null, 'best', 'good'),
		('overlap', null, null, null, 'best', 'rest'),
		('overlap', null, null, null, 'best', 'never'),
		('overlap', null, null, null, 'rest', 'never') $$,
	'holes, an unreachable rule and overlaps are all told');
select is(rfm_segment(3, 3, 1, map), 'best', 'of overlapping rules the first wins') from faulty;
select is(rfm_segment(1, 3, 1, map), null, 'a hole has no segment') from faulty;

-- Against an oracle: random maps, every cell.
select setseed(0.31);
create temp table random_maps as
select n, format('{"bins": 4, "rules": [%s]}', string_agg(format(
	'{"segment": "s%s", "r": [%s, %s], "f": [%s, %s], "m": [%s, %s]}', k % 4,
	least(a, b), greatest(a, b), least(c, d), greatest(c, d), least(e, f), greatest(e, f)), ', ' order by k))::rfm_segment_map as map
from generate_series(1, 60) n, generate_series(1, 6) k,
	lateral (select n + k as same, 1 + (random() * 3)::int as a, 1 + (random() * 3)::int as b, 1 + (random() * 3)::int as c,
		1 + (random() * 3)::int as d, 1 + (random() * 3)::int as e, 1 + (random() * 3)::int as f) x
group by n;
create temp table cells as
select r, f, m from generate_series(1, 4) r, generate_series(1, 4) f, generate_series(1, 4) m;
create temp view matches as
select n, r, f, m, rule_index, segment_name
from random_maps, segment_map_rows(map), cells
where r between recency_low and recency_high and f between frequency_low and frequency_high and m between monetary_low and monetary_high;
select results_eq(
	'select n, r, f, m, rfm_segment(r, f, m, map) from random_maps, cells order by 1, 2, 3, 4',
	'select distinct on (n, r, f, m) n, r, f, m, segment_name from random_maps cross join cells left join matches using (n, r, f, m)
		order by n, r, f, m, rule_index',
	'the first rule that fits wins in random maps');
select results_eq(
	$$ select n, count(*) filter (where problem = 'unmapped'), count(*) filter (where problem = 'unreachable'), count(*) filter (where problem = 'overlap')
		from random_maps left join lateral segment_map_check(map) on true group by n order by 1 $$,
	$$ select n,
		(select count(*) from cells where (n, r, f, m) not in (select n, r, f, m from matches)),
		(select count(*) from segment_map_rows(map) x where not exists (
			select from (select distinct on (n, r, f, m) n, rule_index from matches order by n, r, f, m, rule_index) w
			where w.n = o.n and w.rule_index = x.rule_index)),
		(select count(distinct (a.rule_index, b.rule_index)) from matches a join matches b using (n, r, f, m) where a.n = o.n and a.rule_index < b.rule_index)
		from random_maps o order by 1 $$,
	'and the check finds what plain SQL finds');

-- values
select is('{"rules": [{"f": [4, 5], "r": [5,5], "segment": "x"}], "bins": 5}'::rfm_segment_map::text,
	'{"bins": 5, "rules": [{"segment": "x", "r": [5, 5], "f": [4, 5], "m": [1, 5]}]}', 'the text form is canonical');
select ok(segment_map('grid') = segment_map('grid')::text::rfm_segment_map, 'equal maps are equal');
select is(count(distinct map), 60::bigint, 'maps can be told apart') from random_maps;

-- errors
select throws_ok($$ select segment_map('champions') $$, '22023', 'unknown segment map "champions"');
select throws_ok($$ select rfm_segment(rfm_score(1, 1, 1, 4) over ()) $$, '22023', 'scores of 4 bins do not fit a segment map of 5 bins');
select throws_ok($$ select rfm_segment(6, 1, 1) $$, '22023', 'score 6 does not fit the segment map');
select throws_ok($$ select rfm_segment(0, 1, 1) $$, '22023', 'score 0 does not fit the segment map');
select throws_ok($$ select rfm_segment((1, 1, 1, null, '')::rfm_scores) $$, '22023',
	'these scores come from a model whose dimensions have different numbers of bins');
select throws_ok($$ select '{"bins": 5, "rules": [{"segment": "x", "q": [1, 2]}]}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map at rules[1]');
select throws_ok($$ select '{"bins": 5, "rules": [{"segment": "x"}, {"segment": "y", "m": [1, 6]}]}'::rfm_segment_map $$, '22P02',
	'invalid rfm_segment_map at rules[2].m[2]');
select throws_ok($$ select '{"bins": 5, "rules": [{"segment": "x", "r": [3, 2]}]}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map at rules[1].r');
select throws_ok($$ select '{"bins": 5, "rules": [{"segment": "x", "r": [3]}]}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map at rules[1].r');
select throws_ok($$ select '{"bins": 5, "rules": [{"segment": ""}]}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map at rules[1].segment');
select throws_ok($$ select '{"bins": 1, "rules": [{"segment": "x"}]}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map at bins');
select throws_ok($$ select '{"bins": 5, "rules": []}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map at rules');
select throws_ok($$ select '{"bins": 5}'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map');
select throws_ok($$ select 'grid'::rfm_segment_map $$, '22P02', 'invalid input syntax for type json');
select throws_ok($$ select '5'::rfm_segment_map $$, '22P02', 'invalid rfm_segment_map');

select * from finish();
rollback;
