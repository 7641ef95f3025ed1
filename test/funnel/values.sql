-- Values of the types of funnel.

create table value_funnel_def as
select v from (values
	(funnel('{lead,won}')),
	(funnel('{a}', '0')),
	(funnel('{lead,mql,sql,proposal,won}', '90 days', lost => '{lost,dead}')),
	(funnel('{lead,won}', '1 mon', 'increasing', time_zone => 'Asia/Shanghai')),
	(funnel('{call,offer,call}', '100 years', 'once')),
	(funnel('{call,call}', '1 year 2 mons 3 days 04:05:06.789', 'increasing_once')),
	(funnel('{a,b}', '2147483647 days', 'consecutive', time_zone => 'Europe/Berlin')),
	(funnel(array['线索', 'Ä "quoted" \ step', E'tab\tand\nline'], null, 'any_order', array['失败'])),
	(funnel(array(select 's' || i from generate_series(1, 64) i), '00:00:00.000001', 'reached', array(select 'l' || i from generate_series(1, 64) i))),
	(funnel(array[repeat('x', 1000), repeat('y', 1000), repeat('z', 1000)])),
	(null)
) d (v);

create table value_funnel_path as
select funnel_path_agg(v, at, step) as v
from value_funnel_def, (values
	(timestamptz '2024-01-31 12:00+00', 'lead'), ('2024-02-29 23:59:59.999999+00', 'won'), ('2024-02-29 23:59:59.999999+00', 'won'),
	('4713-01-01 00:00+00 BC', 'a'), ('294276-12-31 00:00+00', 'b'), ('2025-01-01 00:00+08', 'lost'), ('2025-01-01 00:00+08', 'call'),
	('2025-01-02 00:00+08', null), ('2025-01-03 00:00+08', 's64'), ('2025-01-03 00:00+08', 'l1'), ('1999-12-31 23:00-05', '失败')) e (at, step)
where v is not null
group by value_funnel_def.v
union all
select null
union all
select funnel_path_agg(v, timestamptz '2020-01-01 00:00+00' + n * interval '7 minutes', variadic array(select (n + i) % 3 = 0 from generate_series(1, 65) i))
from value_funnel_def, generate_series(1, 200) n
where v::text like '%s64%'
group by v
union all
select funnel_path_agg(funnel('{a,b}'), date '2020-01-01', 'z');

create table value_funnel_stats as
select funnel_agg(v, date '2025-06-30') as v from value_funnel_path where v is not null group by regexp_replace(v::text, '}.*', '')
union all
select funnel_agg(v, date '4713-01-01 BC') from value_funnel_path where v is not null group by regexp_replace(v::text, '}.*', '')
union all
select funnel_agg(v, date '2024-06-30', amount) from value_funnel_path, (values (1.50), (null), (-3), (1e40), (9e37), (9e37), (1e-50)) a (amount)
where v::text like '%"mql"%' or v::text like '%Shanghai%' group by regexp_replace(v::text, '}.*', '')
union all
select funnel_agg(funnel('{a,b}', '30 days'), n % 1500, timestamptz '2025-01-01 00:00+00' + n * interval '37 minutes', case when n < 1500 then 'a' else 'b' end, '2025-03-31')
from generate_series(1, 4500) n
union all
select funnel_agg(funnel('{a,b}'), n, case s when 'a' then timestamptz '4714-11-24 00:00+00 BC' else '294276-12-31 23:59:59.999999+00' end, s, '5874897-12-31')
from generate_series(1, 1100) n, unnest(array['a', 'b']) s
union all
select null;
