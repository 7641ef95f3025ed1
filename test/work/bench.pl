# Working hours against the SQL an analyst would write: a table of windows, joined by overlap.
use strict;
use warnings;
use Bench;

my $rows = $ENV{TICKETS} // 1_000_000;
my $few = int($rows / 20);

# Six years of a Chinese calendar; tickets answered within ten days, most within two.
run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off; set timezone = 'UTC';
	set max_parallel_workers_per_gather = 0; select setseed(0.5);
	drop table if exists ticket, open_window, office, exception;
	create table exception as
	select date '2020-01-01' + 13 * n as on_date, false as is_work_day from generate_series(0, 168) n
	union all select date '2020-01-04' + 91 * n, true from generate_series(0, 23) n;
	create unique index on exception (on_date);
	create table office as
	select work_calendar_agg('Asia/Shanghai', '{\"mon-fri\": [\"09:00-12:00\", \"13:30-18:00\"]}', on_date, is_work_day) as calendar from exception;
	create table open_window as
	select (on_date + first) at time zone 'Asia/Shanghai' as starts, (on_date + last) at time zone 'Asia/Shanghai' as ends
	from office, work_calendar_rows(calendar, '2020-01-01', '2026-01-01'), (values (time '09:00', time '12:00'), ('13:30', '18:00')) w (first, last)
	where is_work_day;
	create index on open_window (starts);
	create table ticket as
	select opened_at, opened_at + power(random(), 4) * interval '10 days' as answered_at
	from (select timestamptz '2020-01-05 00:00+08' + random() * interval '2100 days' as opened_at from generate_series(1, $rows)) t");
run_sql("vacuum analyze $_") foreach qw(ticket open_window);

compare("Hours of work of $rows tickets",
	[ 'work_hours' => 'select sum(work_hours(calendar, opened_at, answered_at)) from ticket, office',
	  'the difference of two timestamps' => 'select sum(extract(epoch from answered_at - opened_at)::float8 / 3600) from ticket',
	  'work_until(opened_at, 4)' => 'select max(work_until(calendar, opened_at, 4)) from ticket, office' ]);
my $windows = 'sum(extract(epoch from least(ends, answered_at) - greatest(starts, opened_at)))::float8 / 3600';
compare("The same against windows, on $few tickets: totals equal to a thousandth of an hour",
	[ 'work_hours' => "select round(sum(work_hours(calendar, opened_at, answered_at))::numeric, 3) from (select * from ticket limit $few) t, office",
	  'join with a table of windows, indexed' => "select round(sum(hours)::numeric, 3) from (select * from ticket limit $few) t,
		lateral (select $windows as hours from open_window where starts < answered_at and starts > opened_at - interval '1 day' and ends > opened_at) w",
	  'windows generated for each ticket' => "select round(sum(hours)::numeric, 3) from (select * from ticket limit $few) t,
		lateral (select $windows as hours from (
			select (day + first) at time zone 'Asia/Shanghai' as starts, (day + last) at time zone 'Asia/Shanghai' as ends
			from generate_series(date_trunc('day', opened_at at time zone 'Asia/Shanghai'), answered_at at time zone 'Asia/Shanghai', interval '1 day') day
				left join exception on on_date = day, (values (time '09:00', time '12:00'), ('13:30', '18:00')) h (first, last)
			where coalesce(is_work_day, extract(isodow from day) < 6)) w
		where starts < answered_at and ends > opened_at) w" ], same => 1, runs => 3,
	goals => [ [ 'work_hours', 0.02, 'windows generated for each ticket' ] ]);
compare("Hours of work of $rows spans that begin in 2020",
	[ 'work_hours' => "select sum(work_hours(calendar, timestamptz '2020-01-01 00:00+08', answered_at)) from ticket, office" ]);
