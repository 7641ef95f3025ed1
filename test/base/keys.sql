-- keys.sql: a text key that GROUP BY would compare otherwise than by its bytes is refused, with the way out.
begin;
create extension if not exists citext;
set local search_path = public, revops;
select no_plan();

create collation case_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create temp table keyed (plain text, varying varchar, padded char(3), named name, folded citext, blind text collate case_blind, at date);
insert into keyed values ('a', 'a', 'a', 'a', 'a', 'a', '2025-01-01'), ('A', 'A', 'A', 'A', 'A', 'A', '2025-01-02');
create domain word as text;

create temp table calls (call text, name text, function text);
insert into calls values
	('funnel_path_agg(funnel(''{a,b}''), at, %s)', 'step', 'funnel_path_agg'),
	('funnel_agg(funnel(''{a,b}''), 1, at, %s, ''2025-06-30'')', 'step', 'funnel_agg'),
	('funnel_agg(funnel(''{a,b}''), %s, at, ''a'', ''2025-06-30'')', 'entity', 'funnel_agg'),
	('stage_agg(at, %s)', 'stage', 'stage_agg'),
	('incidence_agg(1, %s)', 'cause', 'incidence_agg'),
	('contract_agg(daterange(at, null), 1, %s)', 'line', 'contract_agg'),
	('contract_agg(daterange(at, null), 1, ''crm'', %s, null)', 'contract_key', 'contract_agg'),
	('experiment_agg(%s, 1)', 'variant', 'experiment_agg'),
	('bridge_agg(%s, 1)', 'cell', 'bridge_agg'),
	('journey_agg(at, %s, null, null)', 'channel', 'journey_agg');
select throws_ok('select ' || format(call, wrong) || ' from keyed', '0A000', format('%s of %s must be text that compares byte by byte', name, function),
	format('%s of %s: %s', name, function, wrong))
from calls, unnest(array['folded', 'blind', 'plain collate case_blind', 'max(blind) over ()']) wrong
where wrong !~ 'over';
select lives_ok('select ' || format(call, good) || ' from keyed', format('%s of %s: %s', name, function, good))
from calls, unnest(array['plain', 'varying', 'padded', 'named', 'plain::word', '''a''', 'lower(folded)::text collate "C"', 'folded::text', 'blind collate "C"', 'coalesce(plain, varying)']) good;

select * from finish();
rollback;
