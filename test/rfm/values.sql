-- Values of the types of rfm.

create table value_order_state as
select order_agg(at, amount) as v
from (values
	(1, timestamptz '2024-01-31 12:00+00', 100.50),
	(1, '2024-02-29 23:59:59.999999+00', 0.0001),
	(1, '2025-01-01 00:00+00', -20),
	(2, '2024-05-05 00:00+08', null),
	(3, '4713-01-01 00:00+00 BC', 1e37),
	(3, '294276-12-31 00:00+00', 9e37),
	(3, '2024-01-01 00:00+00', 1e-40),
	(4, '2024-01-01 00:00+00', -5),
	(5, '1999-12-31 23:00-05', 12345678901234567890.123456789),
	(6, '2000-01-01 00:00+00', 0),
	(7, '2000-01-01 00:00+00', 0.00),
	(8, '2020-06-30 00:00+00', 1e100),
	(9, '2020-06-30 00:00+00', 99.99)
) o (customer, at, amount)
group by customer
union all
select null
union all
select order_agg(timestamp '2020-01-01' + n * interval '7 days', n * 1.25) from generate_series(1, 1000) n;

create table value_rfm_model as
select rfm_model_agg(i, i % 7, 1.5 * i, bins) as v
from generate_series(1, 100) i, (values (2), (5), (10), (100)) b (bins)
group by bins
union all
select rfm_model_agg(1e308, -1e308, 5e-324, 5)
union all
select rfm_model_agg(i, i, i / 3.0, 2, 'mean') from generate_series(1, 3) i
union all
select rfm_model_agg(-0.0, 0, 1, 3)
union all
values
	(null::rfm_model),
	(rfm_model('{30}', '{1}', '{0.1}')),
	(rfm_model('{30,90,365}', '{1,5}', '{1000}')),
	(rfm_model('{-1.5,0,1e-300}', '{1,5}', '{1000,2000}'));

create table value_rfm_population (v rfm_population);
insert into value_rfm_population values
	(null),
	('{"bins": 5, "method": "quantile", "customers": [[30, 4, 999.5]]}'),
	('{"bins": 2, "method": "mean", "customers": [[0, 0, 0], [-0.0, -1, 1e308], [5e-324, 1e-300, -1e308]]}'),
	('{"bins": 100, "method": "quantile", "customers": [[3, 1, 1], [1, 2, 3], [3, 1, 1]]}');
insert into value_rfm_population
select ('{"bins": 10, "method": "quantile", "customers": [' || string_agg(format('[%s, %s, %s]', n, n % 7, n * 1.25), ', ' order by md5(n::text)) || ']}')::rfm_population
from generate_series(1, 300) n;

create table value_rfm_segment_map (v rfm_segment_map);
insert into value_rfm_segment_map values
	(null),
	(segment_map('grid')),
	(segment_map('octant')),
	(segment_map('octant_zh')),
	('{"bins": 2, "rules": [{"segment": "all"}]}'),
	('{"name": "one", "bins": 100, "rules": [{"segment": "top", "r": [91, 100]}, {"segment": "rest"}]}'),
	('{"name": "hole", "bins": 3, "rules": [{"segment": "a \"quoted\" name", "f": [1, 2]}]}'),
	('{"bins": 5, "rules": [{"segment": "x"}, {"segment": "x", "m": [1, 1]}]}'),
	('{"bins": 3, "rules": [{"segment": "高价值", "r": [3, 3]}, {"segment": "tab\tnew\nline"}]}'),
	('{"bins": 9, "rules": [{"segment": "a", "r": [1, 1], "f": [1, 1], "m": [1, 1]}, {"segment": "b", "r": [9, 9]}]}');

-- after 0.1.0: types that came later

create table value_rfm_stats as
select rfm_agg(customer, at, amount, '2025-06-30') as v
from (values
	(1::bigint, timestamptz '2024-01-31 12:00+00', 100.50),
	(1, '2024-02-29 23:59:59.999999+00', 0.0001),
	(-5, '2025-01-01 00:00+00', -20),
	(9223372036854775807, '4713-01-01 00:00+00 BC', 1e37),
	(9223372036854775807, '2000-01-01 00:00+00', 9e38),
	(2, '2024-05-05 00:00+08', null),
	(3, '2024-05-05 00:00+08', 1e-40),
	(null, '2024-05-05 00:00+08', 0.00)) o (customer, at, amount)
union all
select null
union all
select rfm_agg(7::bigint, date '2025-06-30', 9.50, '2025-06-30')
union all
select rfm_agg(name, timestamp '2025-06-30 23:00', 1.0, '2025-06-30', 'Asia/Shanghai')
from unnest(array['', 'a', '客户', 'a "quoted" name', repeat('long', 300), null]) name
union all
select rfm_agg('x'::text, date '2025-06-30', -1, '2025-06-30')
union all
select rfm_agg(md5(n::text)::uuid, date '2020-01-01' + n, n * 1.25, '2025-06-30') from generate_series(1, 300) n
union all
select rfm_agg(null::uuid, date '2020-01-01', 1, '2025-06-30')
union all
select '{"as_of": "2025-06-30", "time_zone": "Mars/Olympus", "key": "uuid", "customers": [{"customer": "5f3a1c2e-0000-4000-8000-000000000001", "orders": 0, "total": "1e-16000"}]}'
union all
select rfm_merge(s) from (select rfm_agg(n::bigint, date '2020-01-01', n, '2025-06-30') as s from generate_series(1, 20) n group by n % 3) x;
