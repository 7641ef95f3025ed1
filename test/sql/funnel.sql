-- Funnels, by hand: five deals, each small enough to follow.
\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set timezone = 'UTC';
set datestyle = 'ISO';
\set ECHO all

create temp table deal_event (deal int, at timestamptz, step text);
insert into deal_event values
	(1, '2025-01-01 09:00', 'lead'), (1, '2025-01-11 09:00', 'offer'), (1, '2025-02-10 09:00', 'won'),
	(2, '2025-01-05 09:00', 'lead'), (2, '2025-01-25 09:00', 'offer'), (2, '2025-02-01 09:00', 'lost'),
	(3, '2025-03-20 09:00', 'lead'), (3, '2025-03-25 09:00', 'offer'),
	(4, '2025-01-02 09:00', 'lead'),
	(5, '2025-02-01 09:00', 'offer');

-- what each deal did by the end of March
create temp table deal as
select deal, funnel_path_agg(funnel(array['lead', 'offer', 'won'], within => '60 days', lost => array['lost']), at, step) as path
from deal_event
group by deal;

select deal, funnel_level(path, '2025-03-31') as level, funnel_outcome(path, '2025-03-31') as outcome, funnel_entered_at(path) as entered_at
from deal
order by deal;

select funnel_times(path) from deal where deal = 1;

select r.* from deal, funnel_path_rows(path) r where deal = 2;

-- the report: entered = converted + open + lost + expired
select step_index, step_name, entered, converted, open, lost, expired, step_rate, mature_entered, mature_converted, mature_rate
from (select funnel_agg(path, '2025-03-31') as stats from deal) s, funnel_rows(stats);

select step_name, next_step_name, median_days, p90_days, median_days_from_start
from (select funnel_agg(path, '2025-03-31') as stats from deal) s, funnel_rows(stats);

select entities, not_entered, entered, converted, open, lost, expired, win_rate, median_cycle_days
from (select funnel_agg(path, '2025-03-31') as stats from deal) s, funnel_summary(stats);

-- the same in one pass over the rows
select funnel_agg(funnel(array['lead', 'offer', 'won'], within => '60 days', lost => array['lost']), deal, at, step, '2025-03-31')::text
	= (select funnel_agg(path, '2025-03-31')::text from deal) as same
from deal_event;

-- with money
select step_name, entered_amount, converted_amount, open_amount, lost_amount, expired_amount
from (select funnel_agg(path, '2025-03-31', deal * 1000.50) as stats from deal) s, funnel_rows(stats);

-- modes: the same rows, another question
select mode, funnel_level(funnel_path_agg(funnel(array['lead', 'offer', 'won'], mode => mode), at, step)) as level
from unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order', 'reached']) with ordinality m (mode, nr),
	(values (date '2025-01-01', 'lead'), ('2025-01-02', 'won'), ('2025-01-02', 'offer'), ('2025-01-03', 'lead')) e (at, step)
group by nr, mode
order by nr;

-- states and definitions are values
select funnel(array['lead', 'won'], '3 months', 'reached', time_zone => 'Asia/Shanghai');
select path from deal where deal = 3;
select funnel_agg(path, '2025-03-31') from deal where deal < 3;

-- errors name the place and the way out
select funnel(array['lead', 'won', 'lead']);
select funnel(array['lead', 'won'], '-3 days');
select '{"steps": ["lead", "won"], "window": "3 days"}'::funnel_def;
select funnel_path_agg(funnel(array['lead', 'won']), at, step = 'lead') from deal_event;
select funnel_path_merge(path order by path::text) from (select funnel_path_agg(funnel(array[step]), at, step) as path from deal_event group by step) paths;
