-- service_create_views: each view equals the query written by hand; rows as they are do not stop it.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.71);

create schema desk;
create table desk.ticket as
select n as no, at, case when random() < 0.9 then at + power(random(), 2) * interval '6 days' end as answered, (array['ann', 'bo', null])[1 + n % 3] as agent
from (select n, timestamptz '2025-07-03 00:00+00' - random() * interval '200 days' as at from generate_series(1, 600) n) t;
insert into desk.ticket values
	(1001, '2025-06-02 10:00+08', '2025-06-02 09:00+08', 'ann'),	-- answered before
	(1002, '2025-06-02 10:00+08', '2025-07-02 09:00+08', 'ann'),	-- answered after as_of: open
	(1003, '2025-06-28 10:00+08', null, 'ann'),						-- a Saturday: 7.5 hours until as_of
	(1004, '2025-07-01 00:00+08', null, 'ann'),						-- after as_of
	(1005, '1999-01-01', '1999-01-02', 'ann'), (1006, null, '2025-01-01', 'ann'), (1007, 'infinity', null, 'ann'), (null, '2025-01-02', null, 'ann'),
	(1008, '2025-03-03 10:00+08', 'infinity', 'ann'), (1009, '2025-03-03 10:00+08', '2025-03-03 12:00+08', 'ann'), (1009, '2025-03-04 10:00+08', '2025-03-05 12:00+08', 'bo');
select '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-12:00", "13:30-18:00"]}, "holidays": ["2025-01-28/2025-02-04"], "work_days": ["2025-01-26", "2025-02-08"], "covers": "2024-01-01/2025-06-30"}' as calendar \gset

select set_eq(format($$select view_name from service_create_views('tickets', 'desk.ticket', 'no', 'at', 'answered', 4, %L, 'agent', target_schema => 'desk', as_of => '2025-06-30')$$, :'calendar'),
	$$select 'desk.tickets_' || unnest(array['items', 'periods', 'by_dimension', 'curve', 'checks'])$$, 'the call names the views it made; the calendar names the zone');

create temp table hand as
select no, opened, done, agent, work_hours(:'calendar', opened, coalesce(done, '2025-07-01 00:00+08')) as hours, work_until(:'calendar', opened, 4) as due
from (
	select no, min(at) as opened, min(answered) filter (where answered < '2025-07-01 00:00+08') as done, (array_agg(agent order by at desc) filter (where agent is not null))[1] as agent
	from desk.ticket
	where no is not null and at between '1900-01-01' and '2025-06-30 23:59:59.999999+08'
	group by no) i
where coalesce(done >= opened, true) and opened >= '2024-01-01 00:00+08' and opened < '2025-06-30 14:00+08';
select set_eq($$select item_key, opened_at, done_at, dimension_name, elapsed_hours, due_at from desk.tickets_items where opened_at < '2025-06-30 14:00+08'$$,
	'select no, opened, done, agent, hours, due from hand', 'PREFIX_items equals the query by hand');
select is_empty('select item_key from desk.tickets_items where target_name <> case when elapsed_hours > 4 then ''missed'' when done_at is null then ''open'' else ''met'' end
	or state_name <> case when done_at is null then ''open'' else ''done'' end or period_date <> date_trunc(''month'', opened_at at time zone ''Asia/Shanghai'')', 'targets, states and periods by name');
select is((select elapsed_hours || ' ' || target_name from desk.tickets_items where item_key = 1003), '7.5 missed', 'what is open has waited until the end of as_of');
select is((select due_at from desk.tickets_items where item_key = 1003), '2025-06-30 14:30+08', 'due on Monday');
insert into desk.ticket values (1010, '2025-06-30 17:00+08', null, 'ann');
select is((select array[due_at::text, elapsed_hours::text, target_name] from desk.tickets_items where item_key = 1010), array[null, '1', 'open'], 'due beyond what is covered: empty; not decided yet');

select set_eq('select period_date, opened_count, done_count, open_count, met_count, missed_count, undecided_count, met_rate, met_rate_low, median_hours, p90_hours, oldest_open_hours from desk.tickets_periods where opened_count > 0',
	$$select period_date, opened, done, opened - done as open, met, missed, undecided, met::float8 / nullif(met + missed, 0) as rate, wilson_low(met, met + missed) as low,
		(select duration from survival_quantiles(waits, '{0.5}')) as p50, (select duration from survival_quantiles(waits, '{0.9}')) as p90, oldest
	from (
		select period_date, count(*) as opened, count(done_at) as done, count(*) filter (where target_name = 'met') as met, count(*) filter (where target_name = 'missed') as missed,
			count(*) filter (where target_name = 'open') as undecided, survival_agg(elapsed_hours, done_at is not null) as waits, max(elapsed_hours) filter (where done_at is null) as oldest
		from desk.tickets_items group by period_date) x$$, 'PREFIX_periods equals the query by hand');
select is((select array_agg(period_date || ' ' || state_name order by period_index) from desk.tickets_periods),
	(select array_agg(d::date || ' complete' order by d) from generate_series(timestamp '2024-12-01', '2025-06-01', '1 month') d), 'a row for every month');
select set_eq('select period_date, sum(opened_count) as n, sum(met_count) as met, sum(missed_count) as missed from desk.tickets_by_dimension group by 1', 'select period_date, opened_count::numeric, met_count::numeric, missed_count::numeric from desk.tickets_periods', 'dimensions add up');
select set_eq('select distinct period_date, period_index from desk.tickets_by_dimension', 'select period_date, period_index from desk.tickets_periods', 'and have the same places');
select is((select sum(opened_count) from desk.tickets_periods), (select count(*)::numeric from desk.tickets_items), 'periods count the items');
select set_eq('select hour_index, waiting_count, done_rate, done_rate_low from desk.tickets_curve where hour_index < 50',
	$$select duration::integer, at_risk, 1 - survival as rate, 1 - survival_high as low from survival_at((select survival_agg(elapsed_hours, done_at is not null) from desk.tickets_items), (select array_agg(n::float8) from generate_series(0, 49) n))$$, 'PREFIX_curve equals the query by hand');
select set_eq($$select problem_name, is_left_out, row_count, item_key::text from desk.tickets_checks$$,
	$$values ('no_key', true, 1::bigint, null), ('no_time', true, 2, null), ('done_before_opened', true, 1, '1001'), ('not_covered', true, 1, null), ('repeated_item', false, 2, '1009'), ('endless_end', false, 1, null)$$, 'what is odd');
select is((select elapsed_hours from desk.tickets_items where item_key = 1009), 2::float8, 'of several rows the first opening and the first end');
select is((select substring(answers from 'Findings.*') from service_create_views('again', 'desk.ticket', 'no', 'at', 'answered', 4, :'calendar', target_schema => 'desk', as_of => '2025-06-30') where view_name like '%checks'),
	'Findings now: 6; rows left out: 5.', 'has a summary of the checks');

-- without a calendar: by the clock; another grain, from a day on
select lives_ok($$select service_create_views('clock', 'desk.ticket', 'no', 'at', 'answered', grain => 'week', from_date => '2025-06-04', target_schema => 'desk', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$, 'hours of the clock');
select is((select elapsed_hours from desk.clock_items where item_key = 1003), 62::float8, 'Saturday to Monday');
select is((select array_agg(period_date || ' ' || state_name order by period_index) from desk.clock_periods), array['2025-06-02 complete', '2025-06-09 complete', '2025-06-16 complete', '2025-06-23 complete', '2025-06-30 running'], 'weeks from a day on');
select hasnt_column('desk', 'clock_items', 'due_at', 'no target, no due time');

-- a live view counts what is open until now, not until the day's end
insert into desk.ticket values (2001, now() - interval '2 hours', null, 'ann'), (2002, now() + interval '1 minute', null, 'ann');
select lives_ok($$select service_create_views('live', 'desk.ticket', 'no', 'at', 'answered', 3, target_schema => 'desk', time_zone => 'Asia/Shanghai')$$, 'a live view');
select is((select array_agg(item_key || ' ' || round(elapsed_hours::numeric, 3) || ' ' || target_name) from desk.live_items where item_key > 2000), array['2001 2.000 open'], 'until now');

-- dates and bare timestamps; text keys
create table desk.parcel as select 'P' || n as key, date '2025-05-01' + n as paid, timestamp '2025-05-01 12:00' + n * interval '30 hours' as sent from generate_series(1, 40) n;
insert into desk.parcel values ('p1', '2025-05-02', null), (' ', '2025-05-02', null);
select lives_ok($$select service_create_views('parcels', 'desk.parcel', 'key', 'paid', 'sent', target_schema => 'desk', as_of => '2025-06-30')$$, 'dates and bare timestamps need no zone');
select is((select elapsed_hours from desk.parcels_items where item_key = 'P4'), 36::float8, 'midnight of May 5 to noon of the 6th');
select set_eq('select problem_name, item_key from desk.parcels_checks', $$values ('blank_key', ' '), ('similar_keys', 'P1')$$, 'keys that look alike');
create table desk.nothing as select * from desk.parcel where false;
select lives_ok($$select service_create_views('nothing', 'desk.nothing', 'key', 'paid', 'sent', 4, target_schema => 'desk', as_of => '2025-06-30')$$, 'an empty table');
select results_eq('select period_date, opened_count, met_rate, median_hours from desk.nothing_periods', $$values (date '2025-06-01', 0::bigint, null::float8, null::float8)$$, 'has one row');
select is_empty('select * from desk.nothing_curve', 'and no curve');

-- refusals
create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select service_create_views(''x'', ''desk.ticket'', ''no'', ''at'', ''answered'', target_schema => ''desk''%s)', more)), expected, expected) from (values
	('', '22004 argument time_zone is missing'), (', time_zone => ''UTC+8''', '22023 "UTC+8" is an offset, not the name of a time zone'),
	(', calendar => ''{"time_zone": "UTC+8", "hours": {"mon": ["09:00-10:00"]}}''', '22023 "UTC+8" is an offset, not the name of a time zone'),
	(', calendar => ''{"time_zone": "UTC"}''', '22P02 invalid work_calendar_def'),
	(', time_zone => ''UTC'', grain => ''decade''', '22023 unknown grain "decade"'), (', time_zone => ''UTC'', target_hours => -1', '22023 target_hours must be at least 0, and finite'),
	(', time_zone => ''UTC'', target_hours => ''NaN''', '22023 target_hours must be at least 0, and finite'), (', time_zone => ''UTC'', from_date => ''infinity''', '22023 from_date must be a finite date')) v(more, expected);
select is(refusal($$select service_create_views('x', 'desk.ticket', 'agent', 'no', 'answered', target_schema => 'desk', time_zone => 'UTC')$$), '42804 column "no" of desk.ticket does not fit argument opened_at', 'a column of another type');
-- a calendar that ends before as_of stops the views, and says how to go on
select lives_ok(format($$select service_create_views('late', 'desk.ticket', 'no', 'at', 'answered', 4, %L, target_schema => 'desk', as_of => '2025-07-01')$$, :'calendar'), 'a calendar that ends before as_of');
select is(refusal('select count(elapsed_hours) from desk.late_items'), '22023 the calendar does not cover 2025-07-01', 'a day that the calendar does not cover');
select * from finish();
rollback;
