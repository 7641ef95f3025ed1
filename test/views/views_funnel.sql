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
	$$select 'crm.deals_' || unnest(array['entities', 'steps', 'steps_by_month', 'steps_by_dimension', 'visits', 'checks'])$$, 'the call names the views it made');

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
		stage_rows(history, array['lead', 'mql', 'sql', 'proposal', 'won']) v
	where v.stage <> 'won'$$, 'PREFIX_visits equals the query by hand');
select is((select count(*) from crm.deals_visits where direction_name = 'open'),
	(select count(*) from (select stage_agg(at, step) as history from crm.log where at < '2025-06-30 16:00+00' and deal is not null group by deal) s,
		stage_rows(history, array['lead', 'mql', 'sql', 'proposal', 'won']) v where left_at is null and stage <> 'won'), 'the won are none of the open');
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
select is_empty('select from crm.none_entities union all select from crm.none_steps_by_month union all select from crm.none_steps_by_dimension union all select from crm.none_visits union all select from crm.none_checks', 'gives no rows');
select results_eq('select step_index, step_name, entered_count, converted_count, open_count, lost_count, expired_count, step_rate, overall_rate, mature_entered_count, median_days from crm.none_steps order by 1',
	$$values (1, 'lead', 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, null::float8, null::float8, null::bigint, null::float8), (2, 'mql', 0, 0, 0, 0, 0, null, null, null, null)$$, 'but the steps, each with 0');
select lives_ok($$select funnel_create_views('none_' || coalesce(amount, 'paid'), 'crm.empty', 'deal', 'at', 'step', array['lead', 'mql'], within => '30 days', amount => amount, target_schema => 'crm', as_of => as_of, time_zone => 'Asia/Shanghai')
	from (values ('amount'::name, date '2025-06-30'), (null, '2025-06-30'), ('channel', null)) v (amount, as_of) where amount is distinct from 'channel'$$, 'with and without amounts');
select results_eq('select entered_count, mature_entered_count, entered_amount, open_amount, as_of from crm.none_amount_steps order by step_index', $$values (0::bigint, 0::bigint, 0.00, 0.00, date '2025-06-30'), (0, 0, 0, 0, '2025-06-30')$$, 'money too');
select results_eq('select entered_count, mature_entered_count from crm.none_paid_steps order by step_index', $$values (0::bigint, 0::bigint), (0, 0)$$, 'from rows directly');
insert into crm.empty values (1, '2025-07-01 12:00+00', 'lead', 'direct', 1);
select is((select sum(entered_count) from crm.none_amount_steps), 0::numeric, 'rows of later days are none');

-- keys of uuid go straight into the figures
create view crm.keyed as select md5(deal::text)::uuid as deal, at, step from crm.log where deal is not null;
select lives_ok($$select funnel_create_views('keyed', 'crm.keyed', 'deal', 'at', 'step', array['lead', 'mql', 'sql', 'proposal', 'won'],
		within => '180 days', mode => 'reached', lost => array['lost'], target_schema => 'crm', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$, 'keys of uuid');
select set_eq('select step_index, entered_count, converted_count, lost_count, mature_rate, median_days from crm.keyed_steps',
	'select step_index, entered, converted, lost, mature_rate, median_days from columns_by_hand', 'give the same figures');
select is((select count(distinct entity_key) from crm.keyed_entities), (select count(*) from crm.deals_entities), 'and are shown as text');
select unalike(pg_get_viewdef('crm.keyed_steps'::regclass), '%deal::text%', 'without a detour over text');

-- the zone
select throws_ok($$select funnel_create_views('x', 'crm.log', 'deal', 'at', 'step', '{a,b}', target_schema => 'crm')$$, '22004', 'argument time_zone is missing', 'moments need a zone');
select lives_ok(format($$select funnel_create_views('zone_%s', 'crm.typed', 'deal', %1$L, 'step', '{a,b}', target_schema => 'crm')$$, c), 'days and bare times do not: ' || c) from unnest(array['day', 'local_at']) c;

-- visits: where the last step is no end
select is((select count(*) from crm.any_order_visits where stage_name = 'sql' and direction_name = 'open') > 0, true, 'in any order, a visit to the last step is open');
select set_eq('select distinct direction_name from crm.once_visits', $$values ('forward'), ('back'), ('closed'), ('open')$$, 'where the last step is the first, too, nothing is final');

-- checks
create table crm.odd (deal text, at timestamptz, step text, amount float8, day date);
insert into crm.odd select deal, at, step, amount, at::date from (values
	('A 1', timestamptz '2025-01-01', 'lead', 1::float8), ('A 1', '2025-01-01', 'lead', 1), ('A 1', '2025-01-01', 'lead', 2), ('a1', '2025-01-02', 'Won', 1), ('A1 ', '2025-01-02', 'won', 1),
	('', '2025-01-02', 'lead', 1), ('  ', '2025-01-02', 'lead', 1), ('  ', '2025-01-03', 'won', 1), (null, '2025-01-02', 'lead', 1), (null, null, 'lead', 1), ('B', null, 'lead', 1),
	('B', 'infinity', 'lead', 1), ('B', '-infinity', 'lead', 1), ('B', '2025-01-02', null, 1), ('B', '2025-01-02', ' ', 1), ('B', '2025-01-02', 'call', 'NaN'), ('C', '2025-01-02', 'call', 'infinity'),
	('C', '2025-01-02', 'closed won', null), ('C', '2025-01-02', 'PROPSAL', 1), ('C', '2025-01-02', 'lost', 1), ('D', '2026-01-02', 'later', 1)) v (deal, at, step, amount);
create temp table answer as select * from funnel_create_views('odd', 'crm.odd', 'deal', 'at', 'step', '{lead,proposal,won}', lost => '{lost}', amount => 'amount', target_schema => 'crm', as_of => '2025-06-30', time_zone => 'UTC');
select results_eq('select finding_index, problem_name, problem_index, is_left_out, row_count, entity_key, label_key, detail_name from crm.odd_checks order by 1',
	$$values (1::bigint, 'no_key', 1, true, 2::bigint, null::text, null::text, 'rows without an entity'),
	(2, 'no_time', 2, true, 3, null, null, 'rows without a time, or with an endless one'),
	(3, 'misspelt_label', 3, true, 1, null, 'PROPSAL', 'neither a step nor lost; entities: 1; like proposal'),
	(4, 'misspelt_label', 3, true, 1, null, 'Won', 'neither a step nor lost; entities: 1; like won'),
	(5, 'misspelt_label', 3, true, 1, null, 'closed won', 'neither a step nor lost; entities: 1; like won'),
	(6, 'unknown_label', 4, true, 2, null, 'call', 'neither a step nor lost; entities: 2'),
	(7, 'no_label', 5, true, 2, null, null, 'rows whose label is missing or blank'),
	(8, 'blank_key', 6, false, 2, '  ', null, 'rows whose entity is blank are of one entity'),
	(9, 'blank_key', 6, false, 1, '', null, 'rows whose entity is blank are of one entity'),
	(10, 'similar_keys', 7, false, 5, 'A 1', null, 'entities whose keys differ by spaces or case alone: "A 1", "A1 ", "a1"'),
	(11, 'bad_amount', 8, false, 2, null, null, 'amounts that are NaN, endless or 10^22 and more count as none'),
	(12, 'repeated_row', 9, false, 2, null, null, 'rows that repeat another of the same entity, time and label; entities: 1')$$, 'each kind of oddity');
select is((select answers from answer where view_name = 'crm.odd_checks'), 'Which rows of the source are worth a look, and which do not count? One row per finding. Findings now: 12; rows left out: 12.',
	'the maker says how many');
select is(obj_description('crm.odd_checks'::regclass) like 'Which rows of the source are worth a look, and which do not count? One row per finding.' || E'\n%', true, 'the comment, which stays, does not');
select is((select count(*) from crm.odd_checks where is_left_out), 7::bigint, 'seven findings of rows that are left out');
select lives_ok($$select funnel_create_views('days', 'crm.odd', 'amount_key', 'day', 'step', '{lead,proposal,won}', mode => 'consecutive', target_schema => 'crm', as_of => '2025-06-30')
	from (select 1) x where false$$, 'nothing');
select lives_ok($$select funnel_create_views('broken', 'crm.odd', 'deal', 'day', 'step', '{lead,proposal,won}', mode => 'consecutive', target_schema => 'crm', as_of => '2025-06-30')$$, 'where every row counts');
select is((select bool_or(is_left_out) from crm.broken_checks where problem_index between 3 and 5), false, 'other labels are not left out: they break a chain');
select set_eq('select row_count from crm.deals_checks where label_key = ''call''', $$select count(*) from crm.log where step = 'call' and deal is not null and at < '2025-06-30 16:00+00'$$, 'rows after as_of are no finding yet');
select is_empty($$select * from crm.deals_checks where problem_name in ('blank_key', 'similar_keys')$$, 'numbers are never alike');

-- what a label is meant to be
select is(revops_internal.views_resembles(label, array['lead', 'mql', 'proposal', 'closed', '成交']), name, label || ' is like ' || coalesce(name, 'none')) from (values
	('Lead', 'lead'), (' LEAD', 'lead'), ('lead_new', 'lead'), ('leed', null), ('M.Q.L.', 'mql'), ('sql', null), ('proposl', 'proposal'), ('prop', 'proposal'), ('pro', 'proposal'), ('pr', null),
	(repeat('l', 196) || 'lead', 'lead'), (repeat('l', 197) || 'lead', null), ('已成交', '成交'), ('成', null), ('call', null), ('', null), ('--', null), ('x', null), ('closed-lost', 'closed')) v (label, name);

select throws_ok(format($$select funnel_create_views('x', 'crm.log', %s, target_schema => 'crm'%s)$$, arguments, case when arguments not like '%time_zone%' then ', time_zone => ''UTC''' end), code, null, why)
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
