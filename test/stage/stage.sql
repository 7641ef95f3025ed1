-- stage: visits against window functions on random histories, the rules by
-- example, and states that do not depend on how their rows were split.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.513);
-- coarse times, so that many are equal; stages in and out of the list
create temp table saves as
select
	deal,
	case when random() < 0.03 then null
		else timestamptz '2024-12-28 00:00+00' + (random() * (1 + deal % 40))::int * interval '8 hours' end as at,
	case when random() < 0.03 then null
		else (array['lead', 'mql', 'sql', 'proposal', 'won', 'lost', 'Ärger', ''])[1 + floor(random() * (1 + deal % 8))] end as stage,
	(random() * 3)::int as part
from generate_series(1, 3000) deal, generate_series(1, 1 + deal % 13);

create temp table lists (list text[]);
insert into lists values ('{lead,mql,sql,proposal}'), ('{proposal,lead}'), ('{mql}'), ('{sql,"",Ärger,lead,won,x}');

-- the obvious SQL
create function pg_temp.oracle(list text[], as_of date)
returns table (deal int, visit_index int, stage text, stage_index int, entered_at timestamptz, left_at timestamptz,
	days float8, next_stage text, direction text)
language sql as $$
	with placed as (
		select distinct s.deal, s.at, s.stage, array_position(list, s.stage) as place
		from saves s
		where s.at is not null and s.stage is not null
			and (as_of is null or s.at < (as_of + 1)::timestamp at time zone 'UTC')
	), ordered as (
		select *, lag(p.stage) over w as before
		from placed p
		window w as (partition by p.deal order by p.at, p.place nulls last, p.stage collate "C")
	), visits as (
		select *, lead(o.at) over w as left_at, lead(o.stage) over w as next_stage, lead(o.place) over w as next_place
		from ordered o
		where o.before is distinct from o.stage
		window w as (partition by o.deal order by o.at, o.place nulls last, o.stage collate "C")
	)
	select
		v.deal,
		(row_number() over (partition by v.deal order by v.at, v.place))::int,
		v.stage, v.place, v.at, v.left_at,
		extract(epoch from coalesce(v.left_at, (as_of + 1)::timestamp at time zone 'UTC') - v.at)::float8 / 86400,
		v.next_stage,
		case
			when v.next_stage is null and v.place = cardinality(list) then 'final'
			when v.next_stage is null then 'open'
			when v.next_place is null then 'closed'
			when v.next_place = v.place + 1 then 'forward'
			when v.next_place > v.place then 'skip'
			else 'back'
		end
	from visits v
	where v.place is not null
	order by v.deal, v.at, v.place
$$;

create temp table states as
select deal, stage_agg(at, stage) as s from saves group by deal;

select results_eq(
	format('select deal, r.* from states, stage_rows(s, %L, %L) r order by deal, visit_index', list, as_of),
	format('select * from pg_temp.oracle(%L, %L)', list, as_of),
	format('visits to %s as of %s are those of lag and lead', list, as_of))
from lists, unnest(array[null, '2024-12-27', '2024-12-28', '2025-01-02', '2025-06-30']::date[]) as_of;
select cmp_ok((select count(*) from states, stage_rows(s, '{lead,mql,sql,proposal}')), '>', 3000::bigint, 'there are many');

select is(
	(select count(*) from (
		select r.stage, count(*) as entries,
			count(*) filter (where direction = 'forward') + count(*) filter (where direction = 'skip')
			+ count(*) filter (where direction = 'back') + count(*) filter (where direction = 'closed')
			+ count(*) filter (where direction = 'open') + count(*) filter (where direction = 'final') as ways
		from states, lists, stage_rows(s, list, '2025-01-01') r group by r.stage) x where entries <> ways),
	0::bigint, 'entries = forward + skip + back + closed + open + final');

-- the rules by example
set local timezone = 'America/New_York';
create temp table history (at timestamptz, stage text);
insert into history values
	('2025-01-01 09:00+00', 'lead'), ('2025-01-03 09:00+00', 'lead'), ('2025-01-11 09:00+00', 'mql'),
	('2025-02-01 09:00+00', 'proposal'), ('2025-02-02 09:00+00', 'mql'), ('2025-02-02 21:00+00', 'lost'),
	('2025-03-01 00:00+00', 'proposal'), ('2025-03-02 00:00+00', 'won');
select results_eq(
	$$ select r.visit_index, r.stage, r.stage_index, r.entered_at at time zone 'UTC', r.left_at at time zone 'UTC', r.days, r.next_stage, r.direction
		from (select stage_agg(at, stage) as s from history) x, stage_rows(s, '{lead,mql,sql,proposal}', '2025-03-01') r $$,
	$$ values
		(1, 'lead', 1, timestamp '2025-01-01 09:00', timestamp '2025-01-11 09:00', 10::float8, 'mql', 'forward'),
		(2, 'mql', 2, '2025-01-11 09:00', '2025-02-01 09:00', 21, 'proposal', 'skip'),
		(3, 'proposal', 4, '2025-02-01 09:00', '2025-02-02 09:00', 1, 'mql', 'back'),
		(4, 'mql', 2, '2025-02-02 09:00', '2025-02-02 21:00', 0.5, 'lost', 'closed'),
		(5, 'proposal', 4, '2025-03-01 00:00', null, 1, null, 'final') $$,
	'repeated saves, a skip, a step back, a loss, a return; the win after as_of is not known');
select results_eq(
	$$ select r.stage, r.days, r.direction from (select stage_agg(at, stage) as s from history) x,
		stage_rows(s, '{lead,mql,sql,proposal}') r where r.visit_index > 4 $$,
	$$ values ('proposal', 1::float8, 'closed') $$, 'without as_of all rows exist');
select results_eq(
	$$ select r.stage, r.days, r.next_stage, r.direction from (select stage_agg(at, stage) as s from history) x,
		stage_rows(s, '{lead,mql,sql,proposal,won}', '2025-06-30') r where r.visit_index > 4 $$,
	$$ values ('proposal', 1::float8, 'won', 'forward'), ('won', 121, null, 'final') $$, 'a list up to won: the deal that is won is not open');
select results_eq(
	$$ select r.stage, r.direction from (select stage_agg(at, stage) as s from history) x,
		stage_rows(s, '{lead,mql,sql,proposal,won}', '2025-03-01') r where r.visit_index > 4 $$,
	$$ values ('proposal', 'open') $$, 'and the day before it was');
select results_eq(
	$$ select r.stage, r.direction from (select stage_agg(d, s) as s from (values
		(date '2025-01-05', 'lead'), ('2025-01-06', 'won'), ('2025-01-07', 'lead'), ('2025-01-08', 'won'), ('2025-01-09', 'lost')) v (d, s)) x,
		stage_rows(s, '{lead,won}', '2025-01-31') r $$,
	$$ values ('lead', 'forward'), ('won', 'back'), ('lead', 'forward'), ('won', 'closed') $$, 'a last stage that is left is not final');
select results_eq(
	$$ select r.days, r.left_at from stage_rows('{"rows": [["2025-01-01T00:00:00+00:00", "lead"]]}', '{lead}') r $$,
	$$ values (null::float8, null::timestamptz) $$, 'and open visits have no days');
select results_eq(
	$$ select r.stage, r.days, r.direction from (select stage_agg(d, s) as s from (values
		(date '2025-01-05', 'won'), ('2025-01-05', 'proposal'), ('2025-01-05', 'lead'), ('2025-01-05', 'mql')) v (d, s)) x,
		stage_rows(s, '{lead,mql,sql,proposal}', '2025-01-31') r $$,
	$$ values ('lead', 0::float8, 'forward'), ('mql', 0, 'skip'), ('proposal', 0, 'closed') $$,
	'at equal times a deal runs through the pipeline and closes');

-- days and bare times are UTC's
select is(stage_agg(d, 'lead')::text, stage_agg(t, 'lead')::text, 'a day is its start in UTC')
from (values (date '2025-03-09', timestamptz '2025-03-09 00:00+00'), ('4713-01-01 BC', '4713-01-01 00:00+00 BC')) v (d, t);
select is(stage_agg(d, 'lead')::text, stage_agg(t, 'lead')::text, 'a bare time is UTC''s')
from (values (timestamp '2025-03-09 02:30', timestamptz '2025-03-09 02:30+00')) v (d, t);

-- a visit longer than 64 bits of microseconds
select is(days, (date '294276-12-31' - date '4714-11-24 BC')::float8, 'all of recorded time in one stage')
from stage_rows((select stage_agg(t, s) from (values (timestamptz '4714-11-24 00:00+00 BC', 'a'),
	('294276-12-31 00:00+00', 'b')) v (t, s)), '{a,b}') where stage = 'a';

-- splits
create temp table parts as
select deal, part, stage_agg(at, stage) as s from saves group by deal, part
union all
select deal, -1, null from states
union all
select deal, -2, stage_agg(at, stage) filter (where false) from saves group by deal
union all
select deal, -3, '{"rows": []}'::stage_state from states where s is not null;
select results_eq(
	'select deal, stage_merge(s order by random())::text from parts group by deal order by 1',
	'select deal, s::text from states order by 1', 'parts merge, in any order, into what one pass gives');
select results_eq(
	'select deal, stage_merge(s::text::stage_state order by part desc)::text from parts group by deal order by 1',
	'select deal, s::text from states order by 1', 'also when stored as text');
select results_eq(
	'select deal, stage_agg(at, stage order by random())::text from saves group by deal order by 1',
	'select deal, s::text from states order by 1', 'the order of rows says nothing');
select is((select count(*) from states where revops_internal.stage_state_send(s) is distinct from revops_internal.stage_state_send(s::text::stage_state)),
	0::bigint, 'text loses nothing');
create table parallel_saves as select * from saves;
analyze parallel_saves;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
select results_eq('select deal, stage_agg(at, stage)::text from parallel_saves group by deal order by 1',
	'select deal, s::text from states order by 1', 'parallel and serial states are equal');

-- nothing and bad input
select is((stage_agg(null::date, 'lead'))::text, null, 'rows without a time give NULL');
select is((stage_agg(date '2025-01-01', null))::text, null, 'rows without a stage give NULL');
select is((stage_agg(date '2025-01-01', 'x') filter (where false))::text, null, 'no rows give NULL');
select is((stage_merge(null))::text, null, 'merging nothing gives NULL');
select is_empty($$ select * from stage_rows(null, '{lead}') $$, 'no state, no rows');
select is_empty($$ select * from stage_rows((select s from states limit 1), null) $$, 'no list, no rows');
select is_empty($$ select * from stage_rows((select stage_agg(at, stage) from history), '{x}') $$, 'a list of strangers, no rows');
select throws_ok($$ select stage_agg(timestamptz 'infinity', 'x') $$, '22008', 'at must be a finite time');
select throws_ok($$ select stage_agg(date '-infinity', 'x') $$, '22008', 'at must be a finite date');
select throws_ok($$ select stage_agg(date '5874897-12-31', 'x') $$, '22008', 'at is out of range');
select throws_ok($$ select stage_rows(s, '{}') from states $$, '22023', 'stages must name at least one stage');
select throws_ok($$ select stage_rows(s, '{a,null}') from states $$, '22004', 'a stage must not be NULL');
select throws_ok($$ select stage_rows(s, '{a,b,a}') from states $$, '22023', 'a stage stands twice');
create function pg_temp.detail(command text) returns text language plpgsql as $$
declare
	detail text;
begin
	execute command;
	return null;
exception when others then
	get stacked diagnostics detail = pg_exception_detail;
	return detail;
end $$;
select is(pg_temp.detail($$ select stage_rows(s, '{b,c,a,c,b,b}') from states $$), 'Elements 2 and 4 of the stages are both "c".', 'the first that a reader comes to');
select is((select string_agg(stage_index || stage, ',' order by visit_index) from stage_rows((select stage_agg(date '2025-01-01' + n, 's' || 1001 - n) from generate_series(1, 1000) n),
	(select array_agg('s' || n order by n % 10, n) from generate_series(1, 1000) n))),
	(select string_agg(place || stage, ',' order by substr(stage, 2)::int desc) from (select 's' || n as stage, row_number() over (order by n % 10, n) as place from generate_series(1, 1000) n) x),
	'a thousand stages are each found in their place');
select throws_ok($$ select stage_rows(s, '{a}', 'infinity') from states $$, '22008', 'as_of must be a finite date');
select throws_ok($$ select '{"rows": [["2025-01-01", "a"]]}'::stage_state $$, '22P02', 'invalid stage_state at rows[1][1]');
select throws_ok($$ select '{"rows": [["2025-01-01T00:00:00+00:00"]]}'::stage_state $$, '22P02', 'invalid stage_state at rows[1]');
select throws_ok($$ select '{"rows": [["2025-01-01T00:00:00+00:00", 1]]}'::stage_state $$, '22P02', 'invalid stage_state at rows[1][2]');
select throws_ok($$ select revops_internal.stage_state_combine(s, s) from states $$, '22023', 'stage_merge can only be called by an aggregate');

select * from finish();
rollback;
