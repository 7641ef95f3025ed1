-- zone.sql: time zones are names; offsets, which mean the opposite of what people write, are refused where one is
-- given and kept where a value is read back.
begin;
set local search_path = public, revops;
select no_plan();

select throws_ok(format('select funnel(array[''lead'', ''won''], time_zone => %L)', zone), '22023', message, zone)
from (values
	('UTC+8', '"UTC+8" is an offset, not the name of a time zone'),
	('GMT+8', '"GMT+8" is an offset, not the name of a time zone'),
	('+08', '"+08" is an offset, not the name of a time zone'),
	('Mars/Base', 'time zone "Mars/Base" is not known'),
	('', 'time zone "" is not known')) v(zone, message);
select is((funnel('{a,b}', time_zone => zone)::jsonb ->> 'time_zone'), spelling, zone)
from (values ('asia/shanghai', 'Asia/Shanghai'), ('Etc/GMT-8', 'Etc/GMT-8'), ('EST5EDT', 'EST5EDT')) v(zone, spelling);

-- what another server wrote is kept, and fails when its zone is needed
select is('{"steps": ["a"], "time_zone": "Mars/Base"}'::funnel_def::text, '{"steps": ["a"], "time_zone": "Mars/Base"}', 'an unknown zone is read');
select throws_ok($$select funnel_level(funnel_path_agg('{"steps": ["a"], "time_zone": "Mars/Base"}'::funnel_def, date '2025-01-01', 'a'))$$,
	'22023', 'time zone "Mars/Base" is not known', 'and an error where it is needed');
select is((select entered from funnel_rows(replace(funnel_agg(p, '2025-06-30')::text, 'Asia/Shanghai', 'Mars/Base')::funnel_stats) where step_index = 1), 1::bigint,
	'figures that are finished need no zone')
from (select funnel_path_agg(funnel('{a,b}', time_zone => 'Asia/Shanghai'), date '2025-01-01', 'a') as p) x;

-- an order at 04:00 on June 30 in Shanghai
create temp table early as select order_agg(timestamptz '2025-06-29 20:00+00', 1) as s;
select is(order_recency_days(s, '2025-06-30'), 1::float8, 'a day ago in UTC') from early;
select is(order_recency_days(s, '2025-06-30', 'Asia/Shanghai'), 0::float8, 'today in Shanghai') from early;
select is(order_last_at(s), timestamptz '2025-06-29 20:00+00', 'and its time is not shifted') from early;
select throws_ok($$select order_recency_days(order_agg(timestamptz '2025-06-29 20:00+00', 1), '2025-06-29', 'Asia/Shanghai')$$, '22023',
	'an order lies after as_of', 'which lies after June 29 there');
select throws_ok($$select order_recency_days(order_agg(timestamptz '2025-06-29 20:00+00', 1), '2025-06-30', 'UTC+8')$$, '22023',
	'"UTC+8" is an offset, not the name of a time zone', 'no offset');

select * from finish();
rollback;
