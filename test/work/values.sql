-- Values of the types of work.

create table value_work_calendar_def as
select json::work_calendar_def as v
from (values
	('{"time_zone": "UTC", "hours": {"mon": ["00:00-00:01"]}}'),
	('{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-12:00", "13:30-18:00"]}, "holidays": ["2025-01-28/2025-02-04"], "work_days": ["2025-01-26", "2025-02-08"], "days": {"2025-12-31": ["09:00-12:00"]}, "covers": "2024-01-01/2025-12-31"}'),
	('{"time_zone": "Europe/Berlin", "hours": {"mon-sun": ["00:00-24:00"]}}'),
	('{"time_zone": "America/Havana", "hours": {"mon-thu": ["22:00-06:00"], "sat": ["00:00-01:30", "23:00-24:00"]}, "holidays": ["4713-01-01 BC", "9999-12-31"]}'),
	('{"time_zone": "Mars/Olympus", "hours": {}, "days": {"2025-01-01": [], "2025-01-02": ["08:00-20:00", "20:00-08:00"]}}'),
	('{"time_zone": "火星", "hours": {"sun": ["12:34-12:35"]}, "covers": "2025-01-01"}'),
	('{"time_zone": "\"q\\", "hours": {"sun": ["12:34-12:35"]}, "covers": "4714-11-24 BC/5874897-12-31"}'),
	(null)) j (json)
union all
select work_calendar_agg('America/New_York', '{"mon-fri": ["09:00-17:00"]}', date '2000-01-01' + 2 * n, n % 3 > 0)
from generate_series(1, 3000) n
union all
select jsonb_build_object('time_zone', 'UTC', 'hours', '{}'::jsonb, 'days', jsonb_object_agg(date '2020-01-01' + n, '["09:00-10:00", "11:00-12:00"]'::jsonb))::work_calendar_def
from generate_series(1, 1000) n;

create table value_work_calendar_draft as
select draft::work_calendar_draft as v
from (values
	('{"time_zone": "UTC", "hours": "{}", "rows": []}'),
	('{"time_zone": "", "hours": "null", "rows": [["2025-01-26", true]]}'),
	('{"time_zone": "Asia/Shanghai", "hours": "{\"mon-fri\": [\"09:00-18:00\"]}", "rows": [["2025-01-28", false], ["2025-01-26", true], ["2025-01-28", false]]}'),
	('{"time_zone": "火星", "hours": "[1, \"a\", null]", "rows": [["4714-11-24 BC", true], ["5874897-12-31", true], ["5874897-12-31", false]]}'),
	(null)) d (draft)
union all
select ('{"time_zone": "UTC", "hours": "{}", "rows": [' || string_agg(format('["%s", %s]', date '2000-01-01' + n, (n % 2 = 0)::text), ', ') || ']}')::work_calendar_draft
from generate_series(1, 5000) n;
