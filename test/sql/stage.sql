\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set timezone = 'UTC';
set datestyle = 'ISO';
\set ECHO all
-- What a CRM logs of one deal: a row at each save, in the stage it then had.
create temp table saved (deal int, on_day date, stage text);
insert into saved values
	(1, '2025-01-07', 'lead'), (1, '2025-01-20', 'lead'), (1, '2025-02-03', 'mql'), (1, '2025-02-10', 'proposal'),
	(1, '2025-03-01', 'sql'), (1, '2025-03-15', 'proposal'), (1, '2025-04-30', 'won'),
	(2, '2025-02-01', 'lead'), (2, '2025-02-01', 'mql'), (2, '2025-05-01', 'lost'), (2, '2025-06-01', 'mql');

-- repeated saves are one visit; it says how long it lasted and where it led
select deal, r.*
from (select deal, stage_agg(on_day, stage) as s from saved group by deal) x,
	stage_rows(s, array['lead', 'mql', 'sql', 'proposal', 'won'], as_of => date '2025-06-30') r
order by deal, visit_index;

-- as of an earlier day later rows do not exist
select deal, r.stage, r.left_at::date, r.days, r.direction
from (select deal, stage_agg(on_day, stage) as s from saved group by deal) x,
	stage_rows(s, array['lead', 'mql', 'sql', 'proposal', 'won'], as_of => date '2025-02-28') r
order by deal, visit_index;

-- per stage the ways out add up to the entries
select r.stage, count(*) as entries,
	count(*) filter (where direction = 'forward') as forward,
	count(*) filter (where direction = 'skip') as skip,
	count(*) filter (where direction = 'back') as back,
	count(*) filter (where direction = 'closed') as closed,
	count(*) filter (where direction = 'open') as open,
	count(*) filter (where direction = 'final') as final
from (select stage_agg(on_day, stage) as s from saved group by deal) x,
	stage_rows(s, array['lead', 'mql', 'sql', 'proposal', 'won'], as_of => date '2025-06-30') r
group by r.stage, r.stage_index
order by r.stage_index;

-- a state is a value: days merge into the deal's history
select s, s::text = (select stage_merge(part)::text from (select stage_agg(on_day, stage) as part from saved where deal = 2 group by on_day) y) as equal
from (select stage_agg(on_day, stage) as s from saved where deal = 2) x;

-- what is refused
select stage_rows(stage_agg(on_day, stage), array['lead', 'mql', 'lead']) from saved;
select stage_agg(date 'infinity', 'lead');
