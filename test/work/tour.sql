-- The line of work in the tour of make demo: a question, and the answer in a number.
-- page: work
-- words: service sla tickets holidays 响应
select 'Are questions answered in 4 working hours?' as question,
	format('%s %% of %s (%s to %s)', round(100.0 * met / due), due, round(100 * wilson_low(met, due)), round(100 * wilson_high(met, due))) as answer
from (
	select count(*) filter (where hours <= 4 and answered_at is not null) as met, count(*) filter (where hours > 4 or answered_at is not null) as due
	from ticket, (select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-12:00", "13:30-18:00"]}', on_date, is_work_day) as calendar from holiday) o,
		lateral (select work_hours(calendar, opened_at, coalesce(answered_at, '2025-07-01 00:00+08')) as hours) h
	where opened_at >= '2025-01-01 00:00+08' and coalesce(answered_at >= opened_at, true)) x;
