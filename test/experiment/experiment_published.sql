-- experiment: cases of published sources and of other systems' tests, each with its source.
begin;
set local search_path = public, revops;
select no_plan();

-- The row of variant "treatment" (and the mean of control) against what the source says; a key of
-- the source is a column, "control_…" one of control's row.
create function pg_temp.differing(s experiment_state, planned bigint, expected jsonb, tolerance float8) returns text language sql as $$
	select string_agg(format('%s: %s, not %s', key, got, value), '; ')
	from jsonb_each_text(expected) e,
		lateral (select case when key like 'control%' then to_jsonb(c) ->> replace(key, 'control', 'mean') else to_jsonb(t) ->> key end as got
			from experiment_rows(s, 'control', planned_units => planned) c, experiment_rows(s, 'control', planned_units => planned) t
			where c.variant = 'control' and t.variant = 'treatment') x
	where case when value is null then got is not null
		else got is null or abs(got::float8 - value::float8) > tolerance * greatest(1, abs(value::float8)) end
$$;
create function pg_temp.rates(won int, of_units int, base int, of_base int) returns experiment_state language sql as $$
	select experiment_agg(v, x) from (
		select 'treatment' as v, (n <= won)::int::numeric as x from generate_series(1, of_units) n
		union all select 'control', (n <= base)::int from generate_series(1, of_base) n) u
$$;
-- From a published sum and sum of squares: what experiment_agg would have kept.
create function pg_temp.sums(treatment text, control text) returns experiment_state language sql as $$
	select format('{"value_scale": 12, "variants": [%s, %s]}', treatment, control)::experiment_state
$$;

-- Newcombe 1998 Stat Med 17:873, Table II (a) 56/70 - 48/80, method 10: 0.0524 to 0.3339; recomputed and equal to statsmodels 0.13.5 newcomb
select is(pg_temp.differing(pg_temp.rates(56, 70, 48, 80), 1000,
	'{"difference": 0.20000000000000007, "difference_low": 0.052431472402365065, "difference_high": 0.333872654036906, "p_value": 0.00804508136819656, "mean": 0.8, "mean_low": 0.6918335550374695, "mean_high": 0.8769526075163705, "control": 0.6, "control_low": 0.4904546500516039, "control_high": 0.7003817240412905, "lift": 0.3333333333333335, "always_low": -0.05670701851542004, "always_high": 0.45670701851542017, "lift_low": 0.07829461324029618, "lift_high": 0.6629199665110788}', 1e-8), null, 'newcombe-a');
-- Newcombe 1998 (d) 10/10 - 0/10, method 10: 0.6075 to 1.0000
select is(pg_temp.differing(pg_temp.rates(10, 10, 0, 10), 1000,
	'{"difference": 1.0, "difference_low": 0.6075093504305242, "difference_high": 1.0, "p_value": 7.74421643104407e-06, "mean": 1.0, "mean_low": 0.7224672001371107, "mean_high": 1.0, "control": 0.0, "control_low": 0.0, "control_high": 0.2775327998628892, "lift": null, "always_low": null, "always_high": null, "lift_low": null, "lift_high": null}', 1e-8), null, 'newcombe-d');
-- Newcombe 1998 (f) 0/10 - 0/20, method 10: -0.1611 to 0.2775
select is(pg_temp.differing(pg_temp.rates(0, 10, 0, 20), 1000,
	'{"difference": 0.0, "difference_low": -0.16112515805281938, "difference_high": 0.2775327998628892, "p_value": null, "mean": 0.0, "mean_low": 0.0, "mean_high": 0.2775327998628892, "control": 0.0, "control_low": 0.0, "control_high": 0.16112515805281938, "lift": null, "always_low": null, "always_high": null, "lift_low": null, "lift_high": null}', 1e-8), null, 'newcombe-f');
-- derived: B2B size
select is(pg_temp.differing(pg_temp.rates(18, 60, 11, 61), 1000,
	'{"difference": 0.11967213114754097, "difference_low": -0.03295551462671695, "difference_high": 0.26631662754829744, "p_value": 0.12311762926929597, "mean": 0.3, "mean_low": 0.19898166138769108, "mean_high": 0.42508707946914487, "control": 0.18032786885245902, "control_low": 0.10379140124053363, "control_high": 0.2947415634812107, "lift": 0.6636363636363636, "always_low": -0.16419886486481358, "always_high": 0.4035431271598955, "lift_low": -0.1250342838571732, "lift_high": 2.1818341497756766}', 1e-8), null, 'demo-small');
-- PostHog products/experiments tests (relative: 0.63646, CI -0.0875 to 1.36048, p 0.08487): sums 1922.7 / 94698.29 / 2461 against 1196.87 / 37377.9767 / 2507
select is(pg_temp.differing(pg_temp.sums('{"variant": "treatment", "units": 2461, "binary": false, "value": 1922.7, "negative": 0, "value_largest": 10000, "value_value": 94698.29}',
	'{"variant": "control", "units": 2507, "binary": false, "value": 1196.87, "negative": 0, "value_largest": 10000, "value_value": 37377.9767}'), 5000,
	'{"difference": 0.3038565288221019, "difference_low": 0.01804379214830948, "difference_high": 0.5896692654958944, "p_value": 0.03719328866376569, "lift": 0.6364670496854374, "lift_low": 0.032387894134498385, "lift_high": 1.5993633199384125, "always_low": -0.13862907560640175, "always_high": 0.7463421332506055, "mean": 0.7812677773262902, "mean_low": 0.5379703930767903, "mean_high": 1.02456516157579, "control": 0.47741124850418826, "control_low": 0.3273208481344881, "control_high": 0.6275016488738885}', 1e-08), null, 'posthog-mean');
-- growthbook packages/stats/tests/frequentist/test_tests.py: 0.41 sd 3.9 n 3407 against 0.70 sd 6.2 n 3461; first version printed CI 0.04538 to 0.53462 and p 0.02016 (absolute), later version CI -0.03526 to 1.44989 and p 0.06191 (relative) for the same data
select is(pg_temp.differing(pg_temp.sums('{"variant": "treatment", "units": 3461, "binary": false, "value": 2422.7, "negative": 0, "value_largest": 10000, "value_value": 134698.290000000000}',
	'{"variant": "control", "units": 3407, "binary": false, "value": 1396.87, "negative": 0, "value_largest": 10000, "value_value": 52377.976700000000}'), 5000,
	'{"difference": 0.29, "difference_low": 0.04537789255929009, "difference_high": 0.5346221074407098, "p_value": 0.020158402643586957, "lift": 0.7073170731707317, "lift_low": 0.09406197077128642, "lift_high": 1.7086899441918986, "always_low": -0.08941009553834556, "always_high": 0.6694100955383455, "mean": 0.7, "mean_low": 0.4933711636797061, "mean_high": 0.9066288363202938, "control": 0.41, "control_low": 0.278997075859761, "control_high": 0.541002924140239}', 5e-06), null, 'growthbook-ttest');
-- generated (numpy default_rng 20261126), checked with scipy 1.10.1
select is(pg_temp.differing((select experiment_agg(v, a[n][1])
	from (values ('treatment', '{{316.6,3,277.52},{462.9,1,312.43},{1314.66,3,1031.14},{1489.79,4,1623.13},{294.61,5,97.86},{445.53,4,433.76},{2309.7,2,2641.79},{2282.14,3,975.55},{222.95,3,73.02},{1068.89,2,1227.04},{253.79,1,218.06},{298.08,5,157.01},{554.26,3,600.55},{648.47,4,439.43},{289.35,1,287.33},{1960.56,5,1637.87},{1263.87,2,779.46},{342.5,5,326.55},{751.3,4,488.59},{361.65,1,158.59},{340.0,1,318.68},{751.12,2,790.16},{776.18,4,825.19},{763.27,2,785.62},{1210.16,3,1341.49},{450.5,3,365.05},{352.21,2,127.69},{1640.95,4,1860.69},{1893.24,3,2028.7},{207.96,2,88.46},{340.65,4,171.07},{368.1,4,170.7},{1183.94,4,210.34},{815.23,3,245.1},{248.86,5,146.83},{884.7,1,228.11},{1252.87,4,904.48},{2202.07,3,1996.4},{288.96,5,157.69},{825.17,2,942.51}}'::numeric[]),
		('control', '{{463.67,1,399.57},{613.27,5,506.63},{304.36,1,343.98},{158.07,1,124.82},{572.55,1,444.35},{315.37,5,340.99},{358.8,5,415.67},{229.2,1,117.61},{325.36,4,312.05},{531.56,1,230.61},{355.74,1,232.49},{183.28,3,48.01},{478.09,3,154.03},{333.83,5,324.01},{698.84,1,559.77},{585.19,5,315.12},{2295.56,2,1445.18},{1274.96,4,1113.05},{409.8,3,237.19},{339.31,3,376.26},{753.41,5,854.66},{1294.45,3,231.21},{1009.41,1,1145.58},{1179.56,4,120.85},{1356.16,2,1169.28},{1421.93,1,1748.64},{723.74,2,582.57},{687.5,5,708.01},{2301.84,3,2753.67},{518.5,1,468.54},{1324.42,5,1481.59},{204.23,1,107.64},{441.02,5,126.8},{787.9,4,549.35},{4751.61,5,5891.15}}')) u(v, a), generate_subscripts(a, 1) n), 1000,
	'{"difference": -2.0205000000000837, "difference_low": -355.6086807744014, "difference_high": 351.56768077440125, "p_value": 0.9909210491976226, "lift": -0.0023905188508472897, "lift_low": -0.3320169721722813, "lift_high": 0.5988473079512413, "always_low": -737.7502762623069, "always_high": 733.7092762623067, "mean": 843.1935, "mean_low": 642.3268174788394, "mean_high": 1044.0601825211606, "control": 845.214, "control_low": 547.8493153086317, "control_high": 1142.5786846913684}', 1e-8), null, 'welch-raw');
-- generated (numpy default_rng 20261126), checked with scipy 1.10.1
select is(pg_temp.differing((select experiment_agg(v, a[n][1], null, a[n][3])
	from (values ('treatment', '{{247.64,3,122.49},{799.48,4,894.12},{561.72,2,319.85},{1381.68,4,417.44},{1290.59,5,1316.7},{691.24,4,279.54},{926.55,4,932.78},{235.42,1,217.51},{192.13,1,104.58},{1009.41,4,334.8},{1318.5,2,636.16},{464.28,1,466.25},{1035.14,1,1101.06},{899.52,3,911.37},{218.26,1,66.71},{1029.51,2,1182.62},{876.29,5,750.28},{187.44,3,72.52},{613.94,2,615.21},{377.22,4,34.78},{233.65,2,114.95},{1480.77,2,1267.1},{413.1,5,305.74},{522.06,5,320.85},{290.67,1,203.73},{464.73,2,265.83},{242.23,1,122.25},{694.79,3,759.33},{629.96,4,125.11},{856.97,2,612.28},{1153.47,1,819.57},{494.48,1,333.26},{1211.5,4,535.72},{1061.17,3,1167.29},{573.86,2,626.39},{340.2,5,272.27},{1291.53,3,962.76},{992.11,3,1024.36},{400.95,2,223.03},{1662.39,3,1980.04}}'::numeric[]),
		('control', '{{461.91,5,376.08},{476.06,3,236.49},{225.55,3,195.79},{563.45,3,669.99},{1041.59,2,829.02},{1059.46,2,1312.11},{747.66,3,874.28},{140.03,1,126.91},{248.53,2,262.31},{503.19,5,445.82},{429.64,4,103.35},{789.32,4,113.1},{231.9,4,230.7},{426.36,1,82.34},{515.81,1,481.72},{330.65,1,192.67},{889.73,2,305.53},{1271.41,1,734.04},{261.18,4,274.36},{771.83,2,329.16},{195.18,4,89.18},{794.13,4,728.18},{522.46,2,561.96},{1162.29,1,1149.86},{285.31,1,80.65},{3658.08,4,4152.32},{1530.09,3,1857.4},{234.83,2,204.51},{1422.39,4,1055.55},{558.48,3,396.23},{449.28,5,355.93},{587.1,2,608.63},{425.35,4,132.95},{399.44,2,152.98},{1119.1,5,875.55}}')) u(v, a), generate_subscripts(a, 1) n), 1000,
	'{"difference": 41.50133152776186, "difference_low": -58.320939911078824, "difference_high": 141.32360296660255, "p_value": 0.4100306867855438, "lift": 0.05936080920655695, "lift_low": -0.07848668748124121, "lift_high": 0.2168316357025324, "always_low": -166.87670217374912, "always_high": 249.87936522927285, "mean": 740.6382213796222, "mean_low": 665.5170581743357, "mean_high": 815.7593845849087, "control": 699.1368898518604, "control_low": 630.8445769268686, "control_high": 767.4292027768521, "variance_cut": 0.8393905477188522}', 1e-8), null, 'cuped-raw');
-- generated (numpy default_rng 20261126), checked with scipy 1.10.1
select is(pg_temp.differing((select experiment_agg(v, a[n][1], a[n][2])
	from (values ('treatment', '{{527.87,5,541.36},{1028.93,4,759.75},{2582.7,2,3081.23},{235.37,2,118.05},{317.17,5,224.76},{309.53,2,66.19},{580.03,1,112.49},{319.19,5,88.57},{537.29,5,523.44},{1334.78,4,1034.71},{585.37,3,79.83},{375.37,4,326.81},{428.85,1,95.89},{671.59,2,520.49},{333.57,4,196.3},{553.81,2,445.37},{1246.23,2,863.16},{642.01,5,649.0},{351.04,2,89.7},{1384.14,2,1497.72},{518.93,3,112.17},{1888.23,4,2254.96},{488.76,1,115.13},{445.37,5,194.27},{885.08,5,236.53},{695.0,3,667.11},{268.36,1,125.51},{565.65,4,518.61},{978.03,5,1096.18},{4059.11,2,4819.75}}'::numeric[]),
		('control', '{{132.1,2,106.19},{553.68,4,634.84},{343.08,1,121.08},{370.28,2,159.96},{355.75,2,360.49},{394.98,2,129.31},{148.83,2,25.86},{171.22,2,57.74},{714.33,2,827.85},{761.84,5,190.05},{795.1,3,193.71},{1314.47,4,1502.36},{190.16,1,65.62},{647.99,3,175.7},{436.34,4,450.5},{510.94,4,449.03},{4759.64,1,5735.79},{254.16,1,98.83},{813.68,3,429.55},{1178.78,3,1376.09},{821.56,3,834.82},{1320.05,4,1110.09},{264.08,3,287.69},{589.55,4,538.89},{700.11,5,736.66},{763.93,5,532.54},{417.34,1,440.53},{705.15,4,568.54},{915.87,1,985.8},{165.42,5,92.97}}')) u(v, a), generate_subscripts(a, 1) n), 1000,
	'{"difference": 14.482742962056335, "difference_low": -145.3550897504007, "difference_high": 174.32057567451338, "p_value": 0.8566862621921858, "lift": 0.05790293605453578, "lift_low": -0.44587080531003775, "lift_high": 1.1692231224047114, "always_low": -340.5974444140753, "always_high": 369.5629303381879, "mean": 264.60378947368423, "mean_low": 154.61900584262298, "mean_high": 374.5885731047455, "control": 250.1210465116279, "control_low": 129.43748255042937, "control_high": 370.8046104728264}', 1e-8), null, 'ratio-raw-2');
-- derived: no variance in either arm (ClickHouse #42439 raised an exception)
select is(pg_temp.differing((select experiment_agg(v, a[n][1])
	from (values ('treatment', '{{3,1,0},{3,1,0},{3,1,0},{3,1,0}}'::numeric[]),
		('control', '{{2,1,0},{2,1,0},{2,1,0},{2,1,0},{2,1,0}}')) u(v, a), generate_subscripts(a, 1) n), 1000,
	'{"difference": 1, "difference_low": null, "difference_high": null, "p_value": null, "lift": 0.5, "lift_low": null, "lift_high": null, "always_low": null, "always_high": null}', 1e-8), null, 'constant-arms');
-- growthbook test_gbstats.py: p 0.000020079
select is((select array_agg(distinct (round(p_value::numeric, 15), mismatch)::text) from experiment_balance((
	select experiment_agg(v, x) from (select 'a' as v, 1 as x from generate_series(1, 1000) union all select 'b' as v, 1 as x from generate_series(1, 1200)) u), '{"a": 0.5, "b": 0.5}')),
	array['(0.000020078656124,t)'], 'srm-growthbook');
-- derived
select is((select array_agg(distinct (round(p_value::numeric, 15), mismatch)::text) from experiment_balance((
	select experiment_agg(v, x) from (select 'a' as v, 1 as x from generate_series(1, 330) union all select 'b' as v, 1 as x from generate_series(1, 345) union all select 'c' as v, 1 as x from generate_series(1, 325)) u), '{"a": 1, "b": 1, "c": 1}')),
	array['(0.722527353642072,f)'], 'srm-three');
-- R 4.2.2 power.prop.test n 76.70693
select is(experiment_units_rate(0.5, 0.75, 0.9, 0.95), 77::bigint, 'units-rate-1');
-- R n 858.2724527
select is(experiment_units_rate(0.24, 0.3, 0.8, 0.95), 859::bigint, 'units-rate-3');
-- R power.t.test n 22.0210977
select is(experiment_units_mean(1, 1, 0.9, 0.95), 22::bigint, 'units-mean-1');

select * from finish();
rollback;
