-- funnel_create_views: each view equals the query written by hand.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.36);

-- a log with repeated saves, steps back, losses, corrected channels and amounts, rows of nobody and of no
-- step, rows after as_of
create schema crm;
create table crm.log as
select deal, at, case step when 6 then 'lost' when 7 then 'call' else (array['lead', 'mql', 'sql', 'proposal', 'won'])[step] end as step,
	(array['direct', 'agent', 'trainer', null])[1 + (deal + (random() < 0.1)::integer) % 4] as channel, case when random() < 0.9 then deal * 10 + (random() < 0.1)::integer end::numeric(12, 2) as amount
from (
	select n % 250 as deal, timestamptz '2025-07-10 00:00+00' - (random() ^ 2) * interval '500 days' as at, 1 + (random() * 6)::integer as step
	from generate_series(1, 1500) n
) x;
insert into crm.log values (null, '2025-01-01', 'lead', 'agent', 1), (9001, '2025-01-01', null, 'agent', 1), (9002, '2025-01-01', 'call', 'agent', 2),
	(9003, '2025-06-30 15:59:59+00', 'lead', 'agent', 3), (9004, '2025-06-30 16:00+00', 'lead', 'agent', 4), (9005, '2025-05-31 17:00+00', 'lead', 'agent', 5);

create temp table hand as
select deal, path, channel, amount, funnel_level(path, '2025-06-30') as level, funnel_times(path, '2025-06-30') as times, funnel_entered_at(path) as entered_at
from (
	select deal, funnel_path_agg(funnel(array['lead', 'mql', 'sql', 'proposal', 'won'], '180 days', 'reached', array['lost'], 'Asia/Shanghai'), at, step) as path,
		(array_agg(channel order by at desc) filter (where channel is not null))[1] as channel, (array_agg(amount order by at desc) filter (where amount is not null))[1] as amount
	from crm.log
	where deal is not null and (at at time zone 'Asia/Shanghai')::date <= '2025-06-30'
	group by deal
) d;

select set_eq($$select view_name from funnel_create_views('deals', 'crm.log', 'deal', 'at', 'step', array['lead', 'mql', 'sql', 'proposal', 'won'],
		within => '180 days', mode => 'reached', lost => array['lost'], dimension => 'channel', amount => 'amount', target_schema => 'crm', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'crm.deals_' || unnest(array['entities', 'steps', 'steps_by_month', 'steps_by_dimension', 'visits'])$$, 'the call names the views it made');

select set_eq('select entity_key, dimension_name, entity_amount, level_index, outcome_name, entered_at, step_1_at, step_2_at, step_3_at, step_4_at, step_5_at, last_step_at from crm.deals_entities',
	$$select deal, channel, amount, level, funnel_outcome(path, '2025-06-30') as outcome, entered_at, times[1] as t1, times[2] as t2, times[3] as t3, times[4] as t4, times[5] as t5, times[level] as t
	from hand$$, 'PREFIX_entities equals the query by hand');
select is_empty($$select * from crm.deals_entities where level_name is distinct from coalesce((array['lead', 'mql', 'sql', 'proposal', 'won'])[level_index], 'not_entered')$$, 'levels by name');
select is_empty($$select entity_key from crm.deals_entities where (cycle_days is null) = (outcome_name = 'converted')$$, 'a cycle for each one converted, also for those that skipped step 1');
select is((select percentile_cont(0.5) within group (order by cycle_days) from crm.deals_entities),
	(select median_cycle_days from funnel_summary((select funnel_agg(path, '2025-06-30') from hand))), 'whose median is that of funnel_summary');
select is((select outcome_name || ' ' || level_name from crm.deals_entities where entity_key = 9002), 'not_entered not_entered', 'who never entered is shown');
select set_eq('select entity_key, entered_month, age_days from crm.deals_entities where entity_key > 9002',
	$$values (9003, date '2025-06-01', 0), (9005, '2025-06-01', 29)$$, 'days and months are those of the zone');
select is_empty('select * from crm.deals_entities where cycle_days is distinct from extract(epoch from step_5_at - least(step_1_at, step_2_at, step_3_at, step_4_at, step_5_at))::float8 / 86400', 'the cycle runs from the window''s start, the first step it took, to the last');

create temp table columns_by_hand as
select r.step_index, r.step_name, r.next_step_name, r.entered, r.converted, r.open, r.lost, r.expired, r.step_rate, r.step_rate_low, r.step_rate_high, r.overall_rate, r.mature_entered, r.mature_converted,
	r.mature_rate, r.mature_rate_low, r.mature_rate_high, r.median_days, r.p90_days, r.median_days_from_start, r.p90_days_from_start,
	r.entered_amount, r.converted_amount, r.open_amount, r.lost_amount, r.expired_amount
from (select funnel_agg(path, '2025-06-30', amount) as stats from hand) g, funnel_rows(stats) r;
select set_eq('select step_index, step_name, next_step_name, entered_count, converted_count, open_count, lost_count, expired_count, step_rate, step_rate_low, step_rate_high, overall_rate, mature_entered_count,
		mature_converted_count, mature_rate, mature_rate_low, mature_rate_high, median_days, p90_days, median_from_start_days, p90_from_start_days,
		entered_amount, converted_amount, open_amount, lost_amount, expired_amount from crm.deals_steps',
	'table columns_by_hand', 'PREFIX_steps equals the query by hand');
select set_eq('select entered_month, step_index, entered_count, converted_count, mature_rate, median_days, entered_amount from crm.deals_steps_by_month',
	$$select month, step_index, entered, converted, mature_rate, median_days, entered_amount
	from (select date_trunc('month', entered_at at time zone 'Asia/Shanghai')::date as month, funnel_agg(path, '2025-06-30', amount) as stats from hand where entered_at is not null group by 1) g, funnel_rows(stats)$$,
	'PREFIX_steps_by_month equals the query by hand');
select set_eq('select dimension_name, step_index, entered_count, converted_count, mature_rate, median_days, entered_amount from crm.deals_steps_by_dimension',
	$$select channel, step_index, entered, converted, mature_rate, median_days, entered_amount
	from (select channel, funnel_agg(path, '2025-06-30', amount) as stats from hand group by 1) g, funnel_rows(stats)$$, 'PREFIX_steps_by_dimension equals the query by hand');
select set_eq('select step_index, sum(entered_count) as n, sum(entered_amount) as money from crm.deals_steps_by_month group by 1', 'select step_index, entered_count::numeric, entered_amount from crm.deals_steps', 'months add up');
select set_eq('select step_index, sum(entered_count) as n, sum(lost_count) as lost from crm.deals_steps_by_dimension group by 1', 'select step_index, entered_count::numeric, lost_count::numeric from crm.deals_steps', 'dimensions add up');
select set_eq('select dimension_name, step_index, entered_count from crm.deals_steps_by_dimension where entered_count > 0',
	$$select dimension_name, n, count(*) from crm.deals_entities, generate_series(1, 5) n where level_index >= n group by 1, 2$$, 'steps count the entities of the detail view');

select set_eq('select entity_key, dimension_name, visit_index, stage_name, stage_index, entered_at, left_at, next_stage_name, direction_name from crm.deals_visits',
	$$select deal, channel, visit_index, stage, stage_index, v.entered_at, left_at, next_stage, direction
	from hand join (select deal, stage_agg(at, step) as history from crm.log where at < '2025-06-30 16:00+00' group by deal) s using (deal),
		stage_rows(history, array['lead', 'mql', 'sql', 'proposal', 'won']) v$$, 'PREFIX_visits equals the query by hand');
select is_empty($$select * from crm.deals_visits where visit_days is distinct from extract(epoch from coalesce(left_at, '2025-06-30 16:00+00') - entered_at)::float8 / 86400$$, 'open visits last until the end of as_of in the zone');
select set_eq($$select distinct direction_name, direction_index from crm.deals_visits$$, $$values ('forward', 1), ('skip', 2), ('back', 3), ('closed', 4), ('open', 5)$$, 'directions by name and place');

create table crm.evening as select 1 as deal, '2025-07-01 02:00+00'::timestamptz as at, 'lead' as step union all select 1, '2025-07-01 03:00+00', 'mql' union all select 1, '2025-07-01 09:00+00', 'won';
select lives_ok($$select funnel_create_views('west', 'crm.evening', 'deal', 'at', 'step', array['lead', 'mql', 'won'], target_schema => 'crm', as_of => '2025-06-30', time_zone => 'America/Los_Angeles')$$, 'a zone behind UTC');
select results_eq('select stage_name, direction_name, visit_days from crm.west_visits order by 1', $$values ('lead', 'forward', 1 / 24::float8), ('mql', 'open', 4 / 24::float8)$$,
	'its evening belongs to its day');
select is((select level_name || ' ' || outcome_name from crm.west_entities), 'mql open', 'in every view');

-- without amount the figures come from the rows in one pass: the same
create view crm.typed as select deal::text as deal_text, deal::numeric as deal_number, at at time zone 'Asia/Shanghai' as local_at, (at at time zone 'Asia/Shanghai')::date as day, * from crm.log;
select lives_ok($$select funnel_create_views('by_' || c || t, 'crm.typed', c, t, 'step', array['lead', 'mql', 'sql', 'proposal', 'won'],
		within => '180 days', mode => 'reached', lost => array['lost'], target_schema => 'crm', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')
	from (values ('deal'::name, 'at'::name), ('deal_text', 'at'), ('deal_number', 'local_at')) x(c, t)$$, 'other types of entities and times');
select set_eq('select step_index, entered_count, converted_count, lost_count, mature_rate, median_days from crm.' || quote_ident('by_' || v || '_steps'),
	'select step_index, entered, converted, lost, mature_rate, median_days from columns_by_hand', v || ': the same figures')
from unnest(array['dealat', 'deal_textat', 'deal_numberlocal_at']) v;
select lives_ok($$select funnel_create_views('daily', 'crm.typed', 'deal', 'day', 'step', array['lead', 'mql'], target_schema => 'crm', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$, 'days');
select is((select step_1_at from crm.daily_entities where entity_key = 9003), '2025-06-29 16:00+00', 'begin in the zone');

-- modes
select lives_ok(format($$select funnel_create_views(%L, 'crm.log', 'deal', 'at', 'step', array['lead', 'mql', %L], mode => %1$L, target_schema => 'crm', as_of => '2025-06-30', time_zone => 'UTC')$$, mode,
	case mode when 'once' then 'lead' else 'sql' end), mode)
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order']) mode;
select results_eq('select step_name, next_step_name from crm.any_order_steps order by step_index', $$values ('any 1', 'any 2'), ('any 2', 'any 3'), ('any 3', null)$$, 'in any order, steps have no names of their own');
select results_eq('select step_name, next_step_index from crm.once_steps order by step_index', $$values ('lead', 2), ('mql', 3), ('lead', null)$$, 'a step may stand twice');
select is((select count(distinct stage_name)::integer from crm.once_visits), 2, 'and is one stage');
create table crm.empty (like crm.log);
select lives_ok($$select funnel_create_views('none', 'crm.empty', 'deal', 'at', 'step', array['lead', 'mql'], dimension => 'channel', target_schema => 'crm', time_zone => 'UTC')$$, 'an empty source');
select is_empty('select from crm.none_entities union all select from crm.none_steps union all select from crm.none_steps_by_month union all select from crm.none_steps_by_dimension union all select from crm.none_visits', 'gives no rows');

select throws_ok(format($$select funnel_create_views('x', 'crm.log', %s, target_schema => 'crm', time_zone => 'UTC')$$, arguments), code, null, why)
from (values
	($$'deal', 'at', 'step', null$$, '22004', 'no steps'),
	($$'deal', 'at', 'step', '{}'$$, '22023', 'empty steps'),
	($$'deal', 'at', 'step', '{a,a}'$$, '22023', 'a step twice in a mode that cannot'),
	($$'deal', 'at', 'step', '{a,b}', mode => 'random'$$, '22023', 'unknown mode'),
	($$'deal', 'at', 'step', '{a,b}', within => '-1 day'$$, '22023', 'negative window'),
	($$'deal', 'at', 'step', '{a,b}', time_zone => 'Mars/Base'$$, '22023', 'unknown zone'),
	($$'deal', 'step', 'step', '{a,b}'$$, '42804', 'a text is no time'),
	($$'at', 'at', 'step', '{a,b}'$$, '42804', 'a time is no entity'),
	($$'deal', 'at', 'at', '{a,b}'$$, '42804', 'a time is no step'),
	($$'deal', 'at', 'step', '{a,b}', dimension => 'gone'$$, '42703', 'no such dimension'),
	($$'deal', 'at', 'step', '{a,b}', amount => 'channel'$$, '42804', 'a text is no amount')
) x(arguments, code, why);
-- a deal as long as recorded time, of more microseconds than an interval holds
create table crm.ages as select 1 as deal, at, step from (values (timestamptz '4714-11-24 12:00+00 BC', 'a'), ('294276-12-29 12:00+00', 'b')) v (at, step);
select lives_ok($$select * from funnel_create_views('ages', 'crm.ages', 'deal', 'at', 'step', array['a', 'b', 'c'], target_schema => 'crm', as_of => '294276-12-29', time_zone => 'UTC')$$, 'views over all of time');
select results_eq('select stage_name, visit_days from crm.ages_visits order by visit_index', $$values ('a', 109203525::float8), ('b', 0.5)$$, 'whose visits last as long');
select lives_ok($$select * from funnel_create_views('ages_won', 'crm.ages', 'deal', 'at', 'step', array['a', 'b'], target_schema => 'crm', as_of => '294276-12-29', time_zone => 'UTC')$$, 'and to its end');
select is((select cycle_days from crm.ages_won_entities), 109203525::float8, 'and whose cycle, too');

select * from finish();
rollback;
