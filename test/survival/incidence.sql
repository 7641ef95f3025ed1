-- incidence: figures of R's survival package, an oracle in plain SQL, and states
-- that do not depend on how their rows were split.
begin;
set local search_path = public, revops;
select no_plan();

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-8 * greatest(1, abs(b)) is true';

-- Figures of R 4.2, survival 3.5-3 (multi-state, where errors are the infinitesimal jackknife's):
--   i <- 1:90; d <- 1+(i*41)%%31; cz <- (i*53)%%10
--   st <- factor(ifelse(cz<3,"won",ifelse(cz<7,"lost","open")),levels=c("open","lost","won"))
--   f <- survfit(Surv(d,st)~1): time, n.risk, of lost n.event, pstate, lower, upper, of won the same
create temp table few as
select incidence_agg(1 + (i * 41) % 31, case when (i * 53) % 10 < 3 then 'won' when (i * 53) % 10 < 7 then 'lost' end) as s
from generate_series(1, 90) i;
create temp table few_r (duration, at_risk, lost_events, lost, lost_low, lost_high, won_events, won, won_low, won_high) as values
	(1, 90, 2, 0.0222222222222, 0.0056444593039, 0.0874888335457, 0, 0, null, null),
	(2, 88, 1, 0.0333333333333, 0.0109571451158, 0.101405165248, 1, 0.0111111111111, 0.00158233361433, 0.0780219727405),
	(3, 85, 1, 0.0445751633987, 0.0171024927981, 0.116178689006, 1, 0.0223529411765, 0.00567780127963, 0.0880013150569),
	(4, 82, 1, 0.0559540889526, 0.0238725138801, 0.131149156986, 1, 0.0337318667304, 0.0110890430922, 0.102609289518),
	(5, 79, 1, 0.0674770515389, 0.0311503846728, 0.146166814061, 1, 0.0452548293167, 0.017365963393, 0.117931814673),
	(6, 76, 1, 0.079151632054, 0.0388642457405, 0.161201658168, 1, 0.0569294098318, 0.0242943720318, 0.13340364178),
	(7, 73, 1, 0.0909861383295, 0.0469675945581, 0.176259343192, 1, 0.0687639161073, 0.0317545850657, 0.148906879074),
	(8, 70, 2, 0.114993279631, 0.0641330416052, 0.206187856203, 1, 0.0807674867582, 0.0396735802093, 0.164426474314),
	(9, 67, 1, 0.126996850282, 0.0730481614288, 0.220788582028, 1, 0.0927710574091, 0.0479143089597, 0.179622106207),
	(10, 64, 1, 0.139187976725, 0.0822604993796, 0.235511491066, 1, 0.104962183851, 0.0565266641477, 0.194900233456),
	(11, 61, 2, 0.163969938673, 0.101442836701, 0.265037351703, 0, 0.104962183851, 0.0565266641477, 0.194900233456),
	(12, 58, 0, 0.163969938673, 0.101442836701, 0.265037351703, 1, 0.117566802429, 0.0656079375015, 0.210675012196),
	(13, 56, 1, 0.176799639725, 0.111539986948, 0.280241314904, 1, 0.13039650348, 0.0750480891786, 0.226564704125),
	(14, 53, 1, 0.189871410608, 0.121942969987, 0.2956394499, 1, 0.143468274363, 0.0848435306909, 0.242601239967),
	(15, 50, 2, 0.216537823209, 0.143532903195, 0.326675123518, 1, 0.156801480664, 0.0949962648679, 0.258817590066),
	(16, 47, 1, 0.229871029509, 0.154545133736, 0.34191105815, 1, 0.170134686964, 0.105346267281, 0.274768270918),
	(17, 44, 1, 0.243507263226, 0.165888833272, 0.357442909653, 1, 0.183770920681, 0.116059632543, 0.290986198628),
	(18, 41, 2, 0.271444912791, 0.189423069577, 0.388982930353, 0, 0.183770920681, 0.116059632543, 0.290986198628),
	(19, 38, 1, 0.285781338226, 0.201638424474, 0.405036755724, 1, 0.198107346116, 0.12737580084, 0.308115986917),
	(20, 35, 1, 0.300527375817, 0.214267121516, 0.421514523443, 1, 0.212853383706, 0.139133755639, 0.325633148815),
	(21, 32, 1, 0.315734227081, 0.227351648838, 0.438475386742, 1, 0.228060234971, 0.151370507503, 0.34360372858),
	(22, 29, 1, 0.331465452528, 0.240945102944, 0.455993273477, 1, 0.243791460417, 0.164133996681, 0.362108261386),
	(23, 27, 1, 0.347196677974, 0.254706846976, 0.473271663591, 1, 0.259522685864, 0.177109068314, 0.380285578368),
	(24, 24, 1, 0.363583371148, 0.26908044568, 0.49127638183, 1, 0.275909379037, 0.190701656909, 0.399188904148),
	(25, 21, 2, 0.39791739494, 0.299473184124, 0.528722642259, 0, 0.275909379037, 0.190701656909, 0.399188904148),
	(26, 18, 1, 0.416038129719, 0.315642520291, 0.548366313956, 1, 0.294030113816, 0.20560473446, 0.420485005163),
	(27, 15, 1, 0.435366913483, 0.332890674362, 0.569389183758, 1, 0.313358897581, 0.221562261499, 0.443188284993),
	(28, 12, 1, 0.456306429228, 0.351549834095, 0.59227892367, 1, 0.334298413325, 0.238888150683, 0.467814869981),
	(29, 9, 1, 0.479572557833, 0.372202088837, 0.617916570391, 1, 0.357564541931, 0.258134252767, 0.495294213285),
	(30, 6, 1, 0.506716374539, 0.396089483389, 0.648241104584, 1, 0.384708358637, 0.280480538623, 0.527667701765),
	(31, 3, 1, 0.542908130147, 0.427414869717, 0.689609226687, 1, 0.420900114245, 0.309924256304, 0.571613555789);
select is(
	(select count(*) from few_r w join few on true join lateral incidence_rows(s) r using (duration)
		where w.at_risk = r.at_risk and case cause
			when 'lost' then events = lost_events and pg_temp.near(incidence, lost)
				and pg_temp.near(incidence_low, lost_low) and pg_temp.near(incidence_high, lost_high)
			when 'won' then events = won_events and pg_temp.near(incidence, won)
				and pg_temp.near(incidence_low, won_low) and pg_temp.near(incidence_high, won_high) end),
	62::bigint, 'rows are those of R');
select is((select count(*) from few, incidence_rows(s)), 62::bigint, 'and no more');

-- the same with conf.int=0.9 and conf.type="plain" and "log-log", rows 2, 9, 20
select ok(bool_and(pg_temp.near(l.incidence_low, w.lost_low) and pg_temp.near(l.incidence_high, w.lost_high)
	and pg_temp.near(v.incidence_low, w.won_low) and pg_temp.near(v.incidence_high, w.won_high)) and count(*) = 6,
	'other methods and another confidence: the bounds of R')
from (values
	('plain', 2, 0.002210168968053, 0.064456497698613, 0, 0.029285444729954),
	('plain', 9, 0.06805398228837, 0.18593971827612, 0.04133004939436, 0.14421206542388),
	('plain', 20, 0.2152006757733, 0.3858540758597, 0.1369047196036, 0.2888020478086),
	('log-log', 2, 0.011383053888527, 0.075418971746385, 0.001545610435945, 0.043786245333330),
	('log-log', 9, 0.07546704767013, 0.19244284327160, 0.04968231594311, 0.15212726737427),
	('log-log', 20, 0.2181725549476, 0.3870005187211, 0.1424929360105, 0.2927325869821)
) w (method, duration, lost_low, lost_high, won_low, won_high)
join few on true
join lateral incidence_rows(s, 0.9, method) l on l.duration = w.duration and l.cause = 'lost'
join lateral incidence_rows(s, 0.9, method) v on v.duration = w.duration and v.cause = 'won';

-- More: i <- as.numeric(1:5000); d <- 1+(i*7919)%%1009; cz <- (i*104729)%%17; won cz<4, lost cz<9
create temp table many as
select incidence_agg(1 + (i * 7919) % 1009, case when (i * 104729) % 17 < 4 then 'won' when (i * 104729) % 17 < 9 then 'lost' end) as s
from generate_series(1::bigint, 5000) i;
create temp table many_r (duration, at_risk, lost, lost_error, lost_low, lost_high, won, won_error, won_low, won_high) as values
	(1, 5000, 0.0002, 0.000199979999, 2.81782213835e-05, 0.00141953601172, 0.0002, 0.000199979999, 2.81782213835e-05, 0.00141953601172),
	(100, 4511, 0.0299198497712, 0.00243940701845, 0.0255011497391, 0.0351041980259, 0.0231649890772, 0.00215419503011, 0.0193052677604, 0.0277963883022),
	(500, 2529, 0.16862959207, 0.00574890780665, 0.157730139792, 0.180282217205, 0.134934274793, 0.0052425525503, 0.125040543793, 0.145610839186),
	(900, 546, 0.383421526016, 0.00893207714146, 0.366308626227, 0.401333891933, 0.308469884568, 0.00843764797204, 0.292367879991, 0.325458698432),
	(1009, 5, 0.542646704636, 0.0131211478452, 0.517529600062, 0.568982809904, 0.447055134709, 0.0133865084036, 0.421573126709, 0.474077403914);
select is(
	(select count(*) from many_r w join many on true join lateral incidence_rows(s) r using (duration)
		where w.at_risk = r.at_risk and case cause
			when 'lost' then pg_temp.near(incidence, lost) and pg_temp.near(incidence_low, lost_low) and pg_temp.near(incidence_high, lost_high)
			when 'won' then pg_temp.near(incidence, won) and pg_temp.near(incidence_low, won_low) and pg_temp.near(incidence_high, won_high) end),
	10::bigint, 'five thousand subjects: rows of R');

-- plain SQL on random data
select setseed(0.512);
create temp table subjects as
select
	population,
	case when random() < 0.03 then null
		when population % 3 = 0 then (random() * 12)::int::float8
		when population % 3 = 1 then floor(random() * 400)
		else random() * 50 end as duration,
	(array['won', 'lost', 'no decision', null, ''])[1 + floor(random() * (1 + population % 5))] as cause,
	(random() * 4)::int as part
from generate_series(1, 30) population, generate_series(1, 1 + population * population / 3);

create temp view steps as
select
	population, duration,
	sum(count(*)) over (partition by population order by duration desc) as n,
	count(cause)::float8 as d
from subjects
where duration is not null
group by population, duration;

-- survival just before each duration, then one row per cause and duration
create temp table oracle as
with open as (
	select *, coalesce(exp(sum(ln(nullif(n - d, 0) / n)) over (partition by population order by duration
			rows between unbounded preceding and 1 preceding)), 1)
		* (coalesce(min(n - d) over (partition by population order by duration rows between unbounded preceding and 1 preceding), 1) > 0)::int as s
	from steps
), causes as (
	select distinct population, cause from subjects where cause is not null and duration is not null
), counted as (
	select o.*, c.cause, (select count(*) from subjects x where x.population = o.population and x.duration = o.duration and x.cause = c.cause)::float8 as k
	from open o join causes c using (population)
)
select *, sum(s * k / n) over (partition by population, cause order by duration) as f
from counted;

create temp table states as
select population, incidence_agg(duration, cause) as s from subjects group by population;

select is(
	(select count(*) from oracle o join states x using (population) join lateral incidence_rows(x.s) r using (cause, duration)
		where r.at_risk = o.n and r.events = o.k and abs(r.incidence - o.f) < 1e-10),
	(select count(*) from oracle), 'incidence is that of plain SQL');
select is((select count(*) from states, incidence_rows(s)), (select count(*) from oracle), 'and no more rows');
select cmp_ok((select count(*) from oracle), '>', 3000::bigint, 'there are many');

-- the variance by its definition, with the quadratic sum
create temp view variance as
select o.population, o.cause, o.duration, o.f, (
	select sum((o.f - e.f) ^ 2 * case when e.n > e.d then e.d / (e.n * (e.n - e.d)) else 0 end
		- 2 * (o.f - e.f) * e.s * e.k / e.n ^ 2 + e.s ^ 2 * e.k * (e.n - e.k) / e.n ^ 3)
	from oracle e where e.population = o.population and e.cause = o.cause and e.duration <= o.duration) as var
from oracle o
where population <= 20;
select is(
	(select count(*) from variance o join states using (population) join lateral incidence_rows(s, 0.6826894921370859, 'plain') r using (cause, duration)
		where not (abs(incidence_low - greatest(0, f - sqrt(greatest(0, var)))) < 1e-7
		and abs(incidence_high - least(1, f + sqrt(greatest(0, var)))) < 1e-7)),
	0::bigint, 'its error is that of the defining sum');

-- all causes and those still open make 1
select is(
	(select count(*) from (
		select population, r.duration, sum(incidence) as ended from states, incidence_rows(s) r group by 1, 2) x
		join (select population, survival_agg(duration, cause is not null) as k from subjects group by 1) y using (population)
		join lateral survival_rows(k) z using (duration)
		where abs(ended + survival - 1) > 1e-12),
	0::bigint, 'incidences and survival sum to 1');

select is(
	(select count(*) from states, incidence_at(s, array(select x * 2.9 from generate_series(0, 30) x)) a
		left join lateral (select * from incidence_rows(s) r where r.cause = a.cause and r.duration <= a.duration order by r.duration desc limit 1) r on true
		join lateral (select max(duration) as last from incidence_rows(s)) l on true
		where a.duration <= last and (a.incidence, a.incidence_low, a.incidence_high) is distinct from
			(coalesce(r.incidence, 0), r.incidence_low, r.incidence_high)
		or a.at_risk <> (select count(*) from subjects x where x.population = states.population and x.duration >= a.duration)),
	0::bigint, 'incidence_at agrees with the rows');
select results_eq(
	$$ select a.* from (select incidence_agg(d, c) as s from (values (1, 'won'), (2, null), (3, 'lost')) v (d, c)) x, incidence_at(s, '{0, 2.5, null, 9}', 0.95, 'plain') a $$,
	$$ values
		('lost', 0::float8, 3::bigint, 0::float8, 0::float8, 0::float8), ('lost', 2.5, 1, 0, 0, 0),
		('lost', null, null, null, null, null), ('lost', 9, 0, 2 / 3.0::float8, 2 / 3.0::float8 - 1.959963984540054 * sqrt(2 / 27.0), 1),
		('won', 0, 3, 0, 0, 0), ('won', 2.5, 1, 1 / 3.0::float8, 0, 1 / 3.0::float8 + 1.959963984540054 * sqrt(2 / 27.0)),
		('won', null, null, null, null, null), ('won', 9, 0, 1 / 3.0::float8, 0, 1 / 3.0::float8 + 1.959963984540054 * sqrt(2 / 27.0)) $$,
	'times keep their order, NULL gives NULLs, after the end all is known where all have ended');
select results_eq(
	$$ select a.duration, a.incidence from (select incidence_agg(d, c) as s from (values (1, 'won'), (2, null)) v (d, c)) x, incidence_at(s, '{2, 3}') a $$,
	'values (2::float8, 0.5::float8), (3, null)', 'after the last duration nothing is known while some are open');

-- splits
create temp table parts as
select population, part, incidence_agg(duration, cause) as s from subjects group by population, part
union all
select population, -1, null from states
union all
select population, -2, incidence_agg(duration, cause) filter (where false) from subjects group by population
union all
select population, -3, '{"causes": [], "censored": []}' from states;
select results_eq(
	'select population, incidence_merge(s order by random())::text from parts group by population order by 1',
	'select population, s::text from states order by 1', 'parts merge, in any order, into what one pass gives');
select results_eq(
	'select population, incidence_merge(s::text::incidence_state order by part desc)::text from parts group by population order by 1',
	'select population, s::text from states order by 1', 'also when stored as text');
select results_eq(
	'select population, incidence_agg(duration, cause order by random())::text from subjects group by population order by 1',
	'select population, s::text from states order by 1', 'the order of rows says nothing');
select is(
	(select count(*) from states where revops_internal.incidence_state_send(s) is distinct from revops_internal.incidence_state_send(s::text::incidence_state)),
	0::bigint, 'text loses nothing');
create table parallel_subjects as select i from generate_series(1, 100000) i;
analyze parallel_subjects;
create temp table serial_state as select incidence_agg(i % 777, (array['b', 'a', 'c', null])[1 + i % 4]) as s from generate_series(1, 100000) i;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
select is((select incidence_agg(i % 777, (array['b', 'a', 'c', null])[1 + i % 4])::text from parallel_subjects),
	(select s::text from serial_state), 'parallel and serial states are equal');

-- nothing and bad input
select is((incidence_agg(1, 'won') filter (where false))::text, null, 'no rows give NULL');
select is((incidence_agg(null, 'won'))::text, null, 'rows without a duration give NULL');
select is((incidence_merge(null))::text, null, 'merging nothing gives NULL');
select is((select count(*) from incidence_rows((select incidence_agg(d, null) from generate_series(1, 3) d))), 0::bigint, 'no cause, no rows');
select throws_ok($$ select incidence_agg('NaN', 'won') $$, '22003', 'duration must be a finite number');
select throws_ok($$ select incidence_agg(-1, 'won') $$, '22003', 'duration must not be negative');
select throws_ok($$ select incidence_agg(1, i::text) from generate_series(1, 1001) i $$, '54000', 'more than 1000 causes in one incidence_state');
select is((select count(distinct cause) from incidence_rows((select incidence_agg(1, i::text) from generate_series(1, 1000) i))), 1000::bigint,
	'a thousand causes are enough');
select throws_ok($$ select incidence_rows(s, 0.95, 'Log') from few $$, '22023', 'unknown method of the interval');
select throws_ok($$ select incidence_at(s, '{-1}') from few $$, '22003', 'a time must not be negative');
select throws_ok($$ select '{"causes": [{"cause": "a", "spells": [[1, 1]]}, {"cause": "a", "spells": [[1, 1]]}], "censored": []}'::incidence_state $$,
	'22P02', 'invalid incidence_state at causes[2]');
select throws_ok($$ select '{"causes": [{"cause": "a", "spells": []}], "censored": []}'::incidence_state $$, '22P02', 'invalid incidence_state at causes[1]');
select throws_ok($$ select '{"causes": [], "censored": [[1, 1, 1]]}'::incidence_state $$, '22P02', 'invalid incidence_state at censored[1]');

select * from finish();
rollback;
