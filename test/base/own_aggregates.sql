-- Aggregates that a user makes over the extension's functions: states come in that
-- no transition function made, packed as tables keep them. The right answer or an
-- error, never a crash.
begin;
set local search_path = public, revops;
select no_plan();

create table kept as
select order_agg(date '2025-01-01', 10) as orders, stage_agg(date '2025-01-01', 'lead') as stages,
	survival_agg(1, true) as survival, incidence_agg(1, 'won') as incidence,
	'{"bins": 2, "method": "quantile", "customers": [[1, 1, 1]]}'::rfm_population as population,
	benchmark_agg(1, 1) as peers, experiment_agg('a', 1) as units, bridge_agg('a', 1) as totals,
	journey_agg(date '2025-01-01', 'a', 'won', 1) as journey, attribution_agg('{"rows": [["2025-01-01T00:00:00+00:00", "touch", "a"]]}', '{}', '2025-06-30') as paths;

-- an inverse that answers with what is in the table: the frame's first state from the third row on
create function kept_state(order_state, order_state) returns order_state language sql immutable as 'select orders from kept';
create function kept_state(stage_state, stage_state) returns stage_state language sql immutable as 'select stages from kept';
create function kept_state(survival_state, survival_state) returns survival_state language sql immutable as 'select survival from kept';
create function kept_state(incidence_state, incidence_state) returns incidence_state language sql immutable as 'select incidence from kept';
create function kept_state(rfm_population, rfm_population) returns rfm_population language sql immutable as 'select population from kept';
create function kept_state(benchmark_state, benchmark_state) returns benchmark_state language sql immutable as 'select peers from kept';
create function kept_state(experiment_state, experiment_state) returns experiment_state language sql immutable as 'select units from kept';
create function kept_state(bridge_totals, bridge_totals) returns bridge_totals language sql immutable as 'select totals from kept';
create function kept_state(journey_state, journey_state) returns journey_state language sql immutable as 'select journey from kept';
create function kept_state(attribution_stats, attribution_stats) returns attribution_stats language sql immutable as 'select paths from kept';

create aggregate moved(order_state) (sfunc = revops_internal.order_state_combine, stype = order_state,
	msfunc = revops_internal.order_state_combine, minvfunc = kept_state, mstype = order_state);
create aggregate moved(stage_state) (sfunc = revops_internal.stage_state_combine, stype = stage_state,
	msfunc = revops_internal.stage_state_combine, minvfunc = kept_state, mstype = stage_state, mfinalfunc = revops_internal.stage_state_final);
create aggregate moved(survival_state) (sfunc = revops_internal.survival_state_combine, stype = survival_state,
	msfunc = revops_internal.survival_state_combine, minvfunc = kept_state, mstype = survival_state, mfinalfunc = revops_internal.survival_state_final);
create aggregate moved(incidence_state) (sfunc = revops_internal.incidence_state_combine, stype = incidence_state,
	msfunc = revops_internal.incidence_state_combine, minvfunc = kept_state, mstype = incidence_state, mfinalfunc = revops_internal.incidence_state_final);
create aggregate moved(rfm_population) (sfunc = revops_internal.rfm_population_combine, stype = rfm_population, finalfunc = revops_internal.rfm_population_model,
	msfunc = revops_internal.rfm_population_combine, minvfunc = kept_state, mstype = rfm_population, mfinalfunc = revops_internal.rfm_population_model);
create aggregate moved(benchmark_state) (sfunc = revops_internal.benchmark_state_combine, stype = benchmark_state,
	msfunc = revops_internal.benchmark_state_combine, minvfunc = kept_state, mstype = benchmark_state, mfinalfunc = revops_internal.benchmark_state_final);
create aggregate moved(experiment_state) (sfunc = revops_internal.experiment_state_combine, stype = experiment_state,
	msfunc = revops_internal.experiment_state_combine, minvfunc = kept_state, mstype = experiment_state, mfinalfunc = revops_internal.experiment_state_final);
create aggregate moved(bridge_totals) (sfunc = revops_internal.bridge_totals_combine, stype = bridge_totals,
	msfunc = revops_internal.bridge_totals_combine, minvfunc = kept_state, mstype = bridge_totals, mfinalfunc = revops_internal.bridge_totals_final);
create aggregate moved(journey_state) (sfunc = revops_internal.journey_state_combine, stype = journey_state,
	msfunc = revops_internal.journey_state_combine, minvfunc = kept_state, mstype = journey_state, mfinalfunc = revops_internal.journey_state_final);
create aggregate moved(attribution_stats) (sfunc = revops_internal.attribution_stats_combine, stype = attribution_stats,
	msfunc = revops_internal.attribution_stats_combine, minvfunc = kept_state, mstype = attribution_stats, mfinalfunc = revops_internal.attribution_stats_final);

create temp table part as
select n, order_agg(date '2025-01-01' + n, n) as orders, stage_agg(date '2025-01-01' + n, 'mql') as stages,
	survival_agg(1 + n, true) as survival, incidence_agg(1 + n, 'lost') as incidence,
	format('{"bins": 2, "method": "quantile", "customers": [[%1$s, %1$s, %1$s]]}', 1 + n)::rfm_population as population,
	benchmark_agg(1 + n, 1) as peers, experiment_agg('b', n) as units, bridge_agg('a', n) as totals, journey_agg(date '2025-01-01' + n, 'b', null, null) as journey,
	attribution_agg(format('{"rows": [["2025-01-01T00:00:00+00:00", "touch", "b"], ["2025-01-02T00:00:00+00:00", "won", %s]]}', n)::journey_state, '{}', '2025-06-30') as paths
from generate_series(1, 3) n
group by n;

select is(o.total, 13.0, 'order_state: a packed state is read, not its bytes')
from (select n, order_total(moved(orders) over (order by n rows 1 preceding)) as total from part) o where n = 3;
select is(s.text, '{"rows": [["2025-01-01T00:00:00+00:00", "lead"], ["2025-01-04T00:00:00+00:00", "mql"]]}', 'stage_state')
from (select n, (moved(stages) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text, '{"events": [[1, 1], [4, 1]], "censored": []}', 'survival_state')
from (select n, (moved(survival) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text, '{"causes": [{"cause": "lost", "spells": [[4, 1]]}, {"cause": "won", "spells": [[1, 1]]}], "censored": []}', 'incidence_state')
from (select n, (moved(incidence) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text, '{"recency_cuts": [4], "frequency_cuts": [1], "monetary_cuts": [1]}', 'rfm_population')
from (select n, (moved(population) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text, '{"peers": [[1, 1], [4, 1]]}', 'benchmark_state')
from (select n, (moved(peers) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text #> '{variants,1}' ->> 'value', '3', 'experiment_state')
from (select n, (moved(units) over (order by n rows 1 preceding))::jsonb as text from part) s where n = 3;
select is(s.text, '{"totals": 1, "cells": [["a", 4]]}', 'bridge_totals')
from (select n, (moved(totals) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text, '{"rows": [["2025-01-01T00:00:00+00:00", "touch", "a"], ["2025-01-01T00:00:00+00:00", "won", 1], ["2025-01-04T00:00:00+00:00", "touch", "b"]]}', 'journey_state')
from (select n, (moved(journey) over (order by n rows 1 preceding))::text as text from part) s where n = 3;
select is(s.text, '{"definition": {}, "as_of": "2025-06-30", "paths": [{"path": ["a"], "won": 0, "lost": 0, "open": 1}, {"path": ["b"], "won": 1, "lost": 0, "open": 0, "amount": 3}]}', 'attribution_stats')
from (select n, (moved(paths) over (order by n rows 1 preceding))::text as text from part) s where n = 3;

-- no state can be written as bytes
select is(count(*), 0::bigint, 'no function takes a state as a bytea')
from pg_proc
where pronamespace in ('revops'::regnamespace, 'revops_internal'::regnamespace) and 'bytea'::regtype = any (proargtypes::oid[])
	and not 'internal'::regtype = any (proargtypes::oid[]);
select is(count(*), 0::bigint, 'no aggregate keeps one as a bytea')
from pg_aggregate join pg_proc p on p.oid = aggfnoid
where pronamespace in ('revops'::regnamespace, 'revops_internal'::regnamespace) and aggtranstype = 'bytea'::regtype;

select * from finish();
rollback;
