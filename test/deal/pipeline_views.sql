-- pipeline_create_views: each view equals the query written by hand; what is odd in the rows is said.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.181);

create schema crm;
create table crm.change as
select n, 'D' || n % 150 as deal, timestamptz '2024-01-05 00:00+00' + (n % 150) * interval '71 hours' + random() * (n / 150) * interval '40 days' as at,
	case when n < 150 then 'lead' when random() < 0.8 then (array['lead', 'demo', 'offer', 'offer', 'won', 'lost', 'trash'])[1 + floor(random() * 7)] end as stage,
	(case when random() < 0.5 then random() * 900 end)::numeric(10, 2) as amount, case when random() < 0.5 then date '2024-06-01' + (random() * 500)::int end as due, 'team ' || n % 150 % 4 as team
from generate_series(0, 899) n;
insert into crm.change values (5001, null, '2025-01-01', 'lead', 1, null, null), (5002, 'D1', null, 'lead', 1, null, null), (5003, 'D1', 'infinity', 'lead', 1, null, null), (5004, 'D2', '2024-03-01', 'Closed Won', null, null, 'team 2'),
	(5005, 'd3', '2024-03-01', 'lead', -5, '2024-08-01', 'team 3'), (5006, 'D4', '2024-03-01', ' ', 7, '-infinity', null), (5007, 'D999', '2024-03-01', null, 7, 'infinity', null), (5008, 'D5', '2030-01-01', 'won', 1, null, null);

select set_eq($$select view_name from pipeline_create_views('pipe', 'crm.change', 'deal', 'at', 'stage', 'amount', 'due', '{lead,demo,offer}', dimension => 'team', within_days => 45, target_schema => 'crm', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'crm.pipe_' || unnest(array['deals', 'bridge', 'bridge_by_dimension', 'movements', 'stage_chances', 'forecast_months', 'checks'])$$, 'the call names the views it made');

create temp table hand as
select deal, deal_agg(at, nullif(btrim(stage), ''), case when amount >= 0 then amount end, nullif(due, '-infinity')) as s, max(team) as team, min(at) as created_at
from crm.change where at < '2025-07-01 00:00+08' and deal is not null group by deal;
create temp table pipe as select pipeline('{lead,demo,offer}', time_zone => 'Asia/Shanghai') as p;
create temp table learned as select forecast_model_agg(s, p, '2025-06-30') as m from hand, pipe;

select set_eq('select deal_key, dimension_name, stage_name, deal_amount, close_date, created_at, stage_since_at, changed_at, stage_age_days, chance_rate, chance_rate_low, chance_rate_high, at_risk_count, watched_days from crm.pipe_deals',
	$$select deal, team, o.stage, o.amount::numeric(10, 2), o.close_on, created_at, o.stage_since, o.changed_at, f.age_days, f.chance, f.chance_low, f.chance_high, f.at_risk, f.watched_days
	from hand, pipe, learned, lateral deal_on(s, p, '2025-06-30') o left join lateral forecast_deal(s, m, '2025-06-30', 45) f on true$$, 'PREFIX_deals');
select set_eq('select status_name, status_index, count(*) from crm.pipe_deals group by 1, 2', $$select case when stage = any ('{lead,demo,offer}') then 'open' when stage in ('won', 'lost') then stage when stage is not null then 'removed' end as status_name,
	case when stage = any ('{lead,demo,offer}') then 1 when stage = 'won' then 2 when stage = 'lost' then 3 when stage is not null then 4 end as status_index, count(*) from hand, pipe, deal_on(s, p, '2025-06-30') group by 1, 2$$, 'each deal has a status');
select set_eq('select deal_key, slip_count, slip_days from crm.pipe_deals where slip_count > 0', $$select deal, count(*), sum(due - before)::integer from (select deal, due, lag(due) over (partition by deal order by at) as before
	from crm.change where isfinite(due) and at < '2025-07-01 00:00+08' and deal is not null) x where due > before group by deal$$, 'slips');
select is_empty($$select * from crm.pipe_deals where is_overdue is distinct from (status_name = 'open' and coalesce(close_date <= '2025-06-30', false))
	or expected_amount is distinct from (deal_amount * chance_rate::numeric)::numeric(38, 2)$$, 'overdue, expected');
select set_eq('select period_date, opening_amount, created_amount, won_amount, lost_amount, removed_amount, closing_amount, opening_count, closing_count, later_count, later_amount, earlier_amount from crm.pipe_bridge',
	$$select r.period, opening, created, won, lost, removed, closing, deals_opening, deals_closing, deals_later, amount_later, amount_earlier from (select pipeline_bridge_agg(s, p, 'month', '2024-01-05', '2025-07-01') as b from hand, pipe) x, pipeline_bridge_rows(b) r$$, 'PREFIX_bridge');
select set_eq('select dimension_name, period_date, created_amount, closing_amount, won_count from crm.pipe_bridge_by_dimension',
	$$select team, r.period, created, closing, deals_won from (select team, pipeline_bridge_agg(s, p, 'month', '2024-01-05', '2025-07-01') as b from hand, pipe group by team) x, pipeline_bridge_rows(b) r$$, 'PREFIX_bridge_by_dimension');
select set_eq('select deal_key, dimension_name, period_date, movement_name, movement_amount, before_amount, after_amount, before_stage_name, after_stage_name, before_close_date, after_close_date from crm.pipe_movements',
	$$select deal, team, m.period, movement, amount, amount_before, amount_after, stage_before, stage_after, close_before, close_after from hand, pipe, deal_movements(s, p, 'month', '2024-01-05', '2025-07-01') m$$, 'PREFIX_movements');
select is_empty($$select b.period_date from crm.pipe_bridge b left join lateral (select sum(movement_amount) as moved from crm.pipe_movements m where m.period_date = b.period_date) m on true where opening_amount + coalesce(moved, 0) <> closing_amount$$, 'movements foot with the bridge');
select set_eq('select stage_index, stage_name, visit_count, won_count, lost_count, removed_count, open_count, chance_rate, chance_rate_low, chance_rate_high, watched_days from crm.pipe_stage_chances',
	'select r.* from learned, forecast_model_rows(m, 45) r', 'PREFIX_stage_chances');
select set_eq('select won_month, month_index, open_count, unjudged_count, expected_amount from crm.pipe_forecast_months',
	$$select month, month_index, count(*) as deals, count(*) filter (where mo.chance is null) as unjudged, coalesce(sum(o.amount * mo.chance::numeric), 0)::numeric(10, 2) from hand, pipe, learned, deal_on(s, p, '2025-06-30') o, forecast_months(s, m, '2025-06-30') mo group by 1, 2$$, 'PREFIX_forecast_months');
select set_eq('select problem_name, is_left_out, row_count, deal_key, label_key from crm.pipe_checks', $$values ('no_key', true, 1::bigint, null, null), ('no_time', true, 2, null, null), ('misspelt_stage', false, 1, null, 'Closed Won'),
	('unknown_stage', false, (select count(*) from crm.change where stage = 'trash' and at < '2025-07-01 00:00+08'), null, 'trash'), ('blank_stage', false, 1, null, null), ('no_stage', false, 1, null, null),
	('bad_amount', false, 1, null, null), ('bad_close_date', false, 1, null, null), ('similar_keys', false, (select count(*) from crm.change where lower(deal) = 'd3' and at < '2025-07-01 00:00+08'), 'D3', null)$$, 'what is odd');
select is(regexp_replace(answers, '.*Findings', 'Findings'), 'Findings now: 9; rows left out: 3.', 'the maker says so')
from pipeline_create_views('pipe', 'crm.change', 'deal', 'at', 'stage', 'amount', 'due', '{lead,demo,offer}', dimension => 'team', within_days => 45, target_schema => 'crm', as_of => '2025-06-30', time_zone => 'Asia/Shanghai', replace => true) where view_name = 'crm.pipe_checks';

-- a deal that changes hands is the last one's from its first day on: said, because a bridge by dimension shows it so
create table crm.handed as select * from (values (1, date '2025-01-05', 'lead', 'north'), (1, '2025-02-05', 'offer', 'south'), (1, '2025-02-06', null, null), (2, '2025-01-05', 'lead', 'north'), (2, '2025-02-05', 'offer', null), (3, '2025-07-05', 'lead', 'north')) h (deal, day, stage, team);
insert into crm.handed values (3, '2025-06-30', 'lead', 'south');
select lives_ok($$select pipeline_create_views('handed', 'crm.handed', 'deal', 'day', 'stage', open => '{lead,offer}', dimension => 'team', target_schema => 'crm', as_of => '2025-06-30')$$, 'deals that change hands');
select set_eq('select problem_name, problem_index, is_left_out, row_count, detail_name from crm.handed_checks', $$values ('several_dimensions', 11, false, 3::bigint, 'rows of deals whose dimension changed: all they did counts under the last one; deals: 1')$$, 'are named');
select set_eq('select dimension_name, created_count from crm.handed_bridge_by_dimension where period_date = ''2025-01-01''', $$values ('north', 1::bigint), ('south', 1)$$, 'and count under the last one');

-- without amounts and dates; days; no rows
create table crm.plain as select n as deal, date '2025-01-01' + n as day, (array['lead', 'won'])[1 + n % 2] as stage from generate_series(1, 20) n;
select lives_ok($$select pipeline_create_views('plain', 'crm.plain', 'deal', 'day', 'stage', open => '{lead}', grain => 'quarter', target_schema => 'crm', as_of => '2025-06-30')$$, 'days need no zone');
select is((select array_agg((created_count, won_count, closing_count, closing_amount)::text order by period_date) from crm.plain_bridge), '{"(20,10,10,0.00)","(0,0,10,0.00)"}', 'counts alone');
create table crm.nothing as select * from crm.change where false;
select lives_ok($$select pipeline_create_views('nothing', 'crm.nothing', 'deal', 'at', 'stage', 'amount', 'due', '{lead}', target_schema => 'crm', as_of => '2025-06-18', time_zone => 'UTC')$$, 'an empty table');
select is_empty('select null from crm.nothing_deals union all select null from crm.nothing_bridge union all select null from crm.nothing_movements union all select null from crm.nothing_stage_chances union all select null from crm.nothing_forecast_months', 'has no rows');

create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select pipeline_create_views(''x'', ''crm.change'', ''deal'', ''at'', ''stage'', ''amount'', target_schema => ''crm''%s)', more)), expected, expected) from (values
	('', '22004 argument time_zone is missing'), (', time_zone => ''UTC''', '22004 argument open is missing'), (', time_zone => ''UTC'', open => ''{won}''', '22023 duplicate stage "won"'),
	(', time_zone => ''UTC'', open => ''{lead}'', grain => ''moon''', '22023 unknown grain "moon"'), (', time_zone => ''UTC'', open => ''{lead}'', within_days => -1', '22023 within_days must be between 0 and 36500'),
	(', time_zone => ''UTC'', open => ''{lead}'', from_date => ''infinity''', '22023 from_date must be a finite date'),
	(', time_zone => ''UTC'', open => ''{lead}'', close_on => ''stage''', '42804 column "stage" of crm.change does not fit argument close_on')) v(more, expected);
select * from finish();
rollback;
