-- survival: the published cases, figures of R's survival package, and the rules
-- at the ends of a curve.
begin;
set local search_path = public, revops;
select no_plan();

-- equal to 1e-8, or both NULL
create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-8 * greatest(1, abs(b)) is true';

-- ../shared/vectors/survival.json: each case's rows, in R's columns. Its NULLs are R's
-- infinite error and missing bounds at a survival of 0.
\getenv shared REVOPS_SHARED
\set vectors `cat "$REVOPS_SHARED/vectors/survival.json" 2>/dev/null || echo '[]'`
create temp table vectors as
select
	v ->> 'id' as id,
	v -> 'expected' as expected,
	(select survival_agg((r ->> 0)::float8, (r ->> 1)::int = 1)
		from jsonb_array_elements(v -> 'inputs' -> 'rows') r) as s
from jsonb_array_elements(:'vectors'::jsonb) v
where v ->> 'topic' = 'kaplan_meier';

create temp view vector_rows as
select
	id,
	s,
	expected ->> 'conf_type' as method,
	(expected -> 'time' ->> i)::float8 as duration,
	(expected -> 'n_risk' ->> i)::bigint as at_risk,
	(expected -> 'n_event' ->> i)::bigint as events,
	(expected -> 'n_censor' ->> i)::bigint as censored,
	(expected -> 'surv' ->> i)::float8 as survival,
	(expected -> 'std_err_log' ->> i)::float8 as std_error,
	(expected -> 'lower' ->> i)::float8 as survival_low,
	(expected -> 'upper' ->> i)::float8 as survival_high
from vectors, generate_series(0, jsonb_array_length(expected -> 'time') - 1) i;

select case when exists (select from vectors) then is(
	(select count(*) from vector_rows w join lateral survival_rows(w.s, 0.95, w.method) r using (duration)
		where (w.at_risk, w.events, w.censored) = (r.at_risk, r.events, r.censored)
		and pg_temp.near(r.survival, w.survival) and pg_temp.near(r.std_error, w.std_error)
		and pg_temp.near(r.survival_low, w.survival_low) and pg_temp.near(r.survival_high, w.survival_high)),
	(select count(*) from vector_rows), 'every row of survival.json is reproduced')
else skip('the published cases are not there: ../shared/vectors/survival.json', 1) end;
select case when exists (select from vectors) then is(
	(select count(*) from vectors, survival_rows(s)), (select count(*) from vector_rows),
	'and there are no other rows')
else skip('the published cases are not there: ../shared/vectors/survival.json', 1) end;
select case when exists (select from vectors) then is(
	(select array_agg(id order by id) from vectors, survival_quantiles(s, '{0.5}', 0.95, expected ->> 'conf_type') q
		where duration is distinct from (expected -> 'summary' ->> 'median')::float8
		or duration_low is distinct from (expected -> 'summary' ->> '0.95LCL')::float8
		or duration_high is distinct from (expected -> 'summary' ->> '0.95UCL')::float8), null,
	'the medians and their intervals are those of survival.json')
else skip('the published cases are not there: ../shared/vectors/survival.json', 1) end;
select case when exists (select from vectors) then is(
	(select array_agg(id order by id) from vectors, survival_mean(s) m
		where not pg_temp.near(mean_duration, (expected -> 'summary' ->> 'rmean')::float8)
		or not pg_temp.near(std_error, (expected -> 'summary' ->> 'se(rmean)')::float8)), null,
	'the restricted means and their errors are those of survival.json')
else skip('the published cases are not there: ../shared/vectors/survival.json', 1) end;

-- Late entries, ties of events and censoring. Figures of R 4.2, survival 3.5-3:
--   i <- 1:60; d <- 1+(i*37)%%23; e <- (i*29)%%7 < 4; en <- ifelse(i%%3==0,(i*17)%%d,0)
--   survfit(Surv(en,d,e)~1, conf.type="log-log"): time, n.risk, n.event, n.censor, surv, std.err, lower, upper
create temp table late as
select survival_agg(d, (i * 29) % 7 < 4, case when i % 3 = 0 then (i * 17) % d else 0 end) as s
from (select i, 1 + (i * 37) % 23 as d from generate_series(1, 60) i) x;

create temp table late_r (duration, at_risk, events, censored, survival, std_error, survival_low, survival_high) as values
	(1, 44, 1, 1, 0.977272727273, 0.0229900244936, 0.849411709737, 0.996766993364),
	(2, 43, 2, 1, 0.931818181818, 0.040779543587, 0.803316776924, 0.97748696426),
	(3, 40, 2, 1, 0.885227272727, 0.0545780234971, 0.745897570345, 0.950568039222),
	(4, 39, 2, 0, 0.839831002331, 0.0660663457053, 0.693141766383, 0.920230409033),
	(5, 38, 1, 1, 0.81773018648, 0.0712460496322, 0.66846508876, 0.90435786267),
	(6, 37, 1, 2, 0.795629370629, 0.0763331536028, 0.644122855092, 0.887961402325),
	(7, 37, 2, 1, 0.752622377622, 0.0858554126619, 0.598240282861, 0.854530818946),
	(8, 35, 2, 1, 0.709615384615, 0.095408351914, 0.553400818253, 0.819649360647),
	(9, 33, 1, 1, 0.688111888112, 0.100248308275, 0.531368688677, 0.801727858548),
	(10, 32, 2, 0, 0.645104895105, 0.110150154994, 0.488060766832, 0.765010693438),
	(11, 30, 1, 2, 0.623601398601, 0.115249650466, 0.466777505727, 0.746240673769),
	(12, 28, 1, 2, 0.60132992008, 0.12085211316, 0.444728014835, 0.726693980896),
	(13, 25, 2, 1, 0.553223526474, 0.134474882878, 0.396927833122, 0.684353322001),
	(14, 22, 1, 1, 0.528077002543, 0.142295454212, 0.37223003979, 0.661960552573),
	(15, 20, 2, 1, 0.475269302289, 0.160634840072, 0.321157572285, 0.614357729195),
	(16, 20, 2, 1, 0.42774237206, 0.177085028731, 0.278600582801, 0.568741761966),
	(17, 17, 1, 2, 0.402581056056, 0.187177931361, 0.256222081455, 0.544469459061),
	(18, 14, 1, 1, 0.373825266338, 0.201320847115, 0.230065571026, 0.517417024057),
	(19, 13, 2, 0, 0.316313686901, 0.233486825044, 0.180328469549, 0.461432339672),
	(20, 11, 2, 1, 0.258802107465, 0.273346149911, 0.134102812523, 0.402775744466),
	(21, 8, 2, 1, 0.194101580599, 0.341152142508, 0.0850111193, 0.336117600226),
	(22, 5, 2, 1, 0.116460948359, 0.499718038169, 0.0336816111153, 0.255764286368),
	(23, 2, 0, 2, 0.116460948359, 0.499718038169, 0.0336816111153, 0.255764286368);
select is(
	(select count(*) from late_r w join late on true join lateral survival_rows(s) r using (duration)
		where (w.at_risk, w.events, w.censored) = (r.at_risk, r.events, r.censored)
		and pg_temp.near(r.survival, w.survival) and pg_temp.near(r.std_error, w.std_error)
		and pg_temp.near(r.survival_low, w.survival_low) and pg_temp.near(r.survival_high, w.survival_high)),
	23::bigint, 'late entries with ties: the rows of R');
select is((select count(*) from late, survival_rows(s)), 23::bigint, 'and no more');

-- rows 3, 13 and 22 with conf.type="log" and "plain"; rows 3, 10, 18 with conf.int=0.8
select ok(bool_and(pg_temp.near(r.survival_low, w.low) and pg_temp.near(r.survival_high, w.high)) and count(*) = 9,
	'other methods and another confidence: the bounds of R')
from (values
	(0.95, 'log', 3, 0.7954225293920, 0.9851711454278),
	(0.95, 'log', 13, 0.4250454904681, 0.7200553284466),
	(0.95, 'log', 22, 0.04373403589379, 0.31012807794928),
	(0.95, 'plain', 3, 0.7905336611899, 0.9799208842647),
	(0.95, 'plain', 13, 0.4074126547336, 0.6990343982134),
	(0.95, 'plain', 22, 0.00239567656466, 0.23052622015360),
	(0.8, 'log-log', 3, 0.8054310620019, 0.9336191782435),
	(0.8, 'log-log', 10, 0.5461371153614, 0.7278548139367),
	(0.8, 'log-log', 18, 0.2783277879567, 0.4690637816164)
) w (confidence, method, duration, low, high)
join late on true join lateral survival_rows(s, confidence, method) r on r.duration = w.duration;

-- quantile(f, c(.1,.25,.5,.75,.9)) under each conf.type
select results_eq(
	$$ select method, array_agg(duration order by share), array_agg(duration_low order by share), array_agg(duration_high order by share)
		from late, unnest(array['log', 'log-log', 'plain']) method, survival_quantiles(s, '{.1,.25,.5,.75,.9}', 0.95, method)
		group by 1 order by 1 $$,
	$$ values
		('log', '{3,8,15,21,null}'::float8[], '{2,4,11,19,21}'::float8[], '{7,13,19,null,null}'::float8[]),
		('log-log', '{3,8,15,21,null}', '{1,3,10,18,21}', '{6,11,19,null,null}'),
		('plain', '{3,8,15,21,null}', '{2,4,11,18,21}', '{7,12,19,22,null}') $$,
	'quantiles and their bounds: those of R');

-- summary(f, rmean=15)$table and summary(f)$table
select ok(pg_temp.near(m.mean_duration, 11.349195134411044) and pg_temp.near(m.std_error, 0.710940731111409)
	and pg_temp.near(n.mean_duration, 13.9142914544773) and pg_temp.near(n.std_error, 1.0773431716693) and n.until_duration = 23,
	'restricted means up to 15 and to the end: those of R')
from late, survival_mean(s, 15) m, survival_mean(s) n;

-- Many rows: i <- as.numeric(1:1000000); d <- 1+(i*7919)%%100003; e <- (i*104729)%%13 < 9
create temp table huge as
select survival_agg(1 + (i * 7919) % 100003, (i * 104729) % 13 < 9) as s from generate_series(1::bigint, 1000000) i;
create temp table huge_r (duration, at_risk, events, censored, survival, std_error, survival_low, survival_high) as values
	(1, 1000000, 6, 3, 0.999994, 2.44949709129e-06, 0.999986644774, 0.999997304431),
	(1000, 990011, 6, 4, 0.993065321457, 8.36295665963e-05, 0.992900628683, 0.993226206698),
	(50000, 500024, 8, 2, 0.618881473413, 0.000832022857092, 0.617871350209, 0.619889812549),
	(90000, 100037, 6, 4, 0.203128798755, 0.002495732722, 0.202136092285, 0.204123316241),
	(100002, 20, 7, 3, 0.000380155680405, 0.242464566473, 0.000232927510553, 0.000602897921341);
select is(
	(select count(*) from huge_r w join huge on true join lateral survival_rows(s) r using (duration)
		where (w.at_risk, w.events, w.censored) = (r.at_risk, r.events, r.censored)
		and pg_temp.near(r.survival, w.survival) and pg_temp.near(r.std_error, w.std_error)
		and pg_temp.near(r.survival_low, w.survival_low) and pg_temp.near(r.survival_high, w.survival_high)),
	5::bigint, 'a million subjects: rows of R');
select results_eq('select duration, duration_low, duration_high from huge, survival_quantiles(s, ''{.01,.5,.9}'')',
	'values (1442::float8, 1414::float8, 1470::float8), (63258, 63145, 63372), (96410, 96367, 96454)',
	'a million subjects: quantiles of R');
-- summary(f, rmean=80000)$table
select ok(pg_temp.near(mean_duration, 5.52140544487519e+04) and pg_temp.near(std_error, 2.69364605197013e+01),
	'a million subjects: the restricted mean of R') from huge, survival_mean(s, 80000);

-- the ends of a curve
create temp table ends (name text, s survival_state);
insert into ends
select 'one event', survival_agg(5, true) union all
select 'one censored', survival_agg(5, false) union all
select 'all censored', survival_agg(d, false) from generate_series(1, 4) d union all
select 'last has the event', survival_agg(d, d <> 2) from generate_series(1, 4) d union all
select 'last is censored', survival_agg(d, d <= 2) from generate_series(1, 4) d union all
select 'all events', survival_agg(d, true) from generate_series(1, 4) d union all
select 'all at 0', survival_agg(0, d = 1) from generate_series(1, 4) d union all
select 'event and censoring at once', survival_agg(3, d = 1) from generate_series(1, 2) d union all
select 'nobody left, then more', survival_agg(d, true, e) from (values (1, 0), (3, 2)) v (d, e) union all
select 'empty', '{"events": [], "censored": []}'::survival_state;

-- R: survfit(Surv(1:4,c(1,0,1,1))~1, conf.type="log-log") and survfit(Surv(c(3,3),c(1,0))~1, …)
create temp table ends_r (name, duration, at_risk, events, censored, survival, std_error, survival_low, survival_high) as values
	('all at 0', 0, 4, 1, 3, 0.75, 0.288675134594813, 0.127946917595146, 0.960548642285078),
	('all censored', 1, 4, 0, 1, 1, 0, null, null),
	('all censored', 2, 3, 0, 1, 1, 0, null, null),
	('all censored', 3, 2, 0, 1, 1, 0, null, null),
	('all censored', 4, 1, 0, 1, 1, 0, null, null),
	('event and censoring at once', 3, 2, 1, 1, 0.5, 0.707106781186548, 0.00598308763914576, 0.910410084836737),
	('last has the event', 1, 4, 1, 0, 0.75, 0.288675134594813, 0.127946917595146, 0.960548642285078),
	('last has the event', 2, 3, 0, 1, 0.75, 0.288675134594813, 0.127946917595146, 0.960548642285078),
	('last has the event', 3, 2, 1, 0, 0.375, 0.763762615825973, 0.0109711215748446, 0.808001072481343),
	('last has the event', 4, 1, 1, 0, 0, null, null, null),
	('nobody left, then more', 1, 1, 1, 0, 0, null, null, null),
	('nobody left, then more', 3, 1, 1, 0, 0, null, null, null),
	('one censored', 5, 1, 0, 1, 1, 0, null, null),
	('one event', 5, 1, 1, 0, 0, null, null, null);
select is(
	(select count(*) from ends_r w join ends using (name) join lateral survival_rows(s) r using (duration)
		where (w.at_risk, w.events, w.censored) = (r.at_risk, r.events, r.censored)
		and pg_temp.near(r.survival, w.survival) and pg_temp.near(r.std_error, w.std_error)
		and pg_temp.near(r.survival_low, w.survival_low) and pg_temp.near(r.survival_high, w.survival_high)),
	(select count(*) from ends join lateral survival_rows(s) on true where name in (select name from ends_r)),
	'rows at the ends of a curve');
select results_eq(
	$$ select r.survival_low, r.survival_high from ends, unnest(array['plain', 'log']) m, survival_rows(s, 0.9, m) r where name = 'one censored' $$,
	'values (1::float8, 1::float8), (1, 1)', 'a survival of 1 has the interval 1..1 by plain and log');

select results_eq(
	$$ select name, array_agg(duration order by share) from ends, survival_quantiles(s, '{0,.25,.5,.75,1}') group by name order by name $$,
	$$ values
		('all at 0', '{0,0,null,null,null}'::float8[]),
		('all censored', '{0,null,null,null,null}'),
		('all events', '{0,1.5,2.5,3.5,4}'),
		('empty', '{null,null,null,null,null}'),
		('event and censoring at once', '{0,3,3,null,null}'),
		('last has the event', '{0,2,3,4,4}'),
		('last is censored', '{0,1.5,3,null,null}'),
		('nobody left, then more', '{0,1,1,1,2}'),
		('one censored', '{0,null,null,null,null}'),
		('one event', '{0,5,5,5,5}') $$,
	'quantiles where the curve is flat, ends at 0 or stays up');

select results_eq(
	$$ select name, array_agg(survival order by duration), array_agg(at_risk order by duration)
		from ends, survival_at(s, '{0, 1.5, 3, 4, 9}') group by name order by name $$,
	$$ values
		('all at 0', '{0.75,null,null,null,null}'::float8[], '{4,0,0,0,0}'::bigint[]),
		('all censored', '{1,1,1,1,null}', '{4,3,2,1,0}'),
		('all events', '{1,0.75,0.25,0,0}', '{4,3,2,1,0}'),
		('empty', '{null,null,null,null,null}', '{0,0,0,0,0}'),
		('event and censoring at once', '{1,1,0.5,null,null}', '{2,2,2,0,0}'),
		('last has the event', '{1,0.75,0.375,0,0}', '{4,3,2,1,0}'),
		('last is censored', '{1,0.75,0.5,0.5,null}', '{4,3,2,1,0}'),
		('nobody left, then more', '{1,0,0,0,0}', '{1,0,1,0,0}'),
		('one censored', '{1,1,1,1,null}', '{1,1,1,1,0}'),
		('one event', '{1,1,1,1,0}', '{1,1,1,1,0}') $$,
	'before the first duration survival is 1, after the last it is known only where it is 0');
select results_eq(
	$$ select duration, at_risk, survival, round(std_error::numeric, 10), round(survival_low::numeric, 10), round(survival_high::numeric, 10)
		from ends, survival_at(s, '{9, null, 0, 2.5}') a where name = 'last has the event' $$,
	$$ values (9::float8, 0::bigint, 0::float8, null, null, null), (null, null, null, null, null, null), (0, 4, 1, 0, 1, 1),
		(2.5, 2, 0.75, 0.2886751346, 0.1279469176, 0.9605486423) $$,
	'times keep their order, NULL gives NULLs');
select results_eq(
	$$ select name, until_duration, mean_duration, round(std_error::numeric, 10) from ends, survival_mean(s) order by name $$,
	$$ values
		('all at 0', 0::float8, 0::float8, 0),
		('all censored', 4, 4, 0),
		('all events', 4, 2.5, round(sqrt(1.25 / 4), 10)),
		('empty', null, null, null),
		('event and censoring at once', 3, 3, 0),
		('last has the event', 4, 2.875, round(sqrt(1.875 ^ 2 / 12 + 0.375 ^ 2 / 2), 10)),
		('last is censored', 4, 2.75, round(sqrt(1.75 ^ 2 / 12 + 1.0 / 6), 10)),
		('nobody left, then more', 3, 1, 0),
		('one censored', 5, 5, 0),
		('one event', 5, 5, 0) $$,
	'restricted means');
select results_eq(
	$$ select name, array_agg(mean_duration order by u) from ends, unnest('{0,2.5,9}'::float8[]) u, survival_mean(s, u)
		where name in ('last is censored', 'all events', 'empty') group by name order by name $$,
	$$ values ('all events', '{0,2,2.5}'::float8[]), ('empty', '{null,null,null}'), ('last is censored', '{0,2,null}') $$,
	'a mean is known as far as the curve is');
select is(survival_mean(null), null, 'no state, no mean');

-- bad input
select throws_ok($$ select survival_agg('NaN', true) $$, '22003', 'duration must be a finite number');
select throws_ok($$ select survival_agg('Infinity', true) $$, '22003', 'duration must be a finite number');
select throws_ok($$ select survival_agg(-1, true) $$, '22003', 'duration must not be negative');
select throws_ok($$ select survival_agg(1, true, -1) $$, '22003', 'entry must not be negative');
select throws_ok($$ select survival_agg(1, true, 'NaN') $$, '22003', 'entry must be a finite number');
select throws_ok($$ select survival_agg(1, true, 1) $$, '22023', 'entry must lie before duration');
select throws_ok($$ select survival_agg(1, true, 2) $$, '22023', 'entry must lie before duration');
select throws_ok($$ select survival_rows(s, 0) from ends $$, '22023', 'confidence must lie between 0 and 1');
select throws_ok($$ select survival_rows(s, 1) from ends $$, '22023', 'confidence must lie between 0 and 1');
select throws_ok($$ select survival_rows(s, 'NaN') from ends $$, '22023', 'confidence must lie between 0 and 1');
select throws_ok($$ select survival_rows(s, 0.9, 'loglog') from ends $$, '22023', 'unknown method of the interval');
select throws_ok($$ select survival_at(s, '{-1}') from ends $$, '22003', 'a time must not be negative');
select throws_ok($$ select survival_at(s, '{NaN}') from ends $$, '22003', 'a time must be a finite number');
select throws_ok($$ select survival_quantiles(s, '{1.1}') from ends $$, '22003', 'p must lie between 0 and 1');
select throws_ok($$ select survival_quantiles(s, '{NaN}') from ends $$, '22003', 'p must lie between 0 and 1');
select throws_ok($$ select survival_mean(s, -1) from ends $$, '22003', 'until must not be negative');
select throws_ok($$ select revops_internal.survival_state_combine(s, s) from ends $$, '22023', 'survival_merge can only be called by an aggregate');
select throws_ok($$ select '{"events": [[1, 0]], "censored": []}'::survival_state $$, '22P02', 'invalid survival_state at events[1][2]');
select throws_ok($$ select '{"events": [[1, 1, 1]], "censored": []}'::survival_state $$, '22P02', 'invalid survival_state at events[1]');
select throws_ok($$ select '{"events": [], "censored": [[-1, 1]]}'::survival_state $$, '22P02', 'invalid survival_state at censored[1]');
select throws_ok($$ select '{"events": []}'::survival_state $$, '22P02', 'invalid survival_state');
select throws_ok($$ select '{"events": [[1, 281474976710655], [2, 1]], "censored": []}'::survival_state $$, '54000',
	'more than 281474976710655 subjects in one survival_state');
select throws_ok($$ select survival_merge(s) from (select '{"events": [[1, 281474976710655]], "censored": []}'::survival_state s from generate_series(1, 2)) x $$,
	'54000', 'more than 281474976710655 subjects in one survival_state');

select * from finish();
rollback;
