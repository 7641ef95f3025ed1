\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set timezone = 'UTC';
set datestyle = 'ISO';
\set ECHO all
-- When work is done: hours, days off, a Sunday worked in exchange, and which days that is known of.
create temp table office as
select '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-12:00", "13:30-18:00"]}, "holidays": ["2025-01-28/2025-02-04"],
	"work_days": ["2025-01-26", "2025-02-08"], "days": {"2025-12-31": ["09:00-12:00"]}, "covers": "2025-01-01/2025-12-31"}'::work_calendar_def as calendar;

select r.* from office, work_calendar_rows(calendar, '2025-01-25', '2025-01-29') r;

-- asked on Monday afternoon, answered after the festival: four hours and a half
select work_hours(calendar, '2025-01-27 16:00+08', '2025-02-05 11:30+08'), work_days(calendar, '2025-01-01', '2026-01-01') from office;

-- four hours after a question, by the clock of Shanghai
select asked, work_until(calendar, asked, 4) at time zone 'Asia/Shanghai' as due, work_is_open(calendar, asked) as is_open
from office, unnest('{2025-01-27 14:00+08, 2025-01-27 14:01+08, 2025-01-26 20:00+08}'::timestamptz[]) asked;

-- a moment may be a date or a bare timestamp too, which is read in the calendar's zone
select work_hours(calendar, date '2025-01-26', date '2025-01-28'), work_hours(calendar, timestamp '2025-01-26 17:00', timestamp '2025-01-27 10:00') from office;

-- nobody knows yet what 2026 will bring
select work_hours(calendar, '2025-12-31 09:00+08', '2026-01-05 09:00+08') from office;

-- what the server would read as eight hours west is refused, with the name that is meant
select work_calendar('UTC+8', '{"mon-fri": ["09:00-18:00"]}');

-- from a table of exceptions
select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-18:00"], "sat": ["09:00-12:00"]}', on_date, is_work_day)
from (values (date '2025-01-28', false), ('2025-01-29', false), ('2025-01-26', true), ('2025-05-01', null)) holiday (on_date, is_work_day);
