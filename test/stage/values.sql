-- Values of the type of stage.

create table value_stage_state as
select stage_agg(at, stage) as v
from (values
	(1, timestamptz '2025-01-01 00:00+00', 'lead'), (1, '2025-02-01 00:00+00', 'mql'), (1, '2025-02-01 00:00+00', 'lead'),
	(2, '4714-11-24 00:00+00 BC', 'a'), (2, '294276-12-31 23:59:59.999999+00', 'b'),
	(3, '2025-01-01 00:00+00', ''),
	(4, '2025-01-01 00:00:00.000001+00', '客户'), (4, '2025-01-01 00:00+00', E'tab\tquote"back\\slash\n'),
	(5, '1999-12-31 23:59:59+00', 'x'),
	(6, '2025-01-01 00:00+00', 'A'), (6, '2025-01-01 00:00+00', 'a'), (6, '2025-01-01 00:00+00', 'ab'),
	(7, '2025-01-01 00:00+00', repeat('long', 1000))
) s (deal, at, stage)
group by deal
union all
values (null::stage_state), ('{"rows": []}')
union all
select stage_agg(date '2020-01-01' + n, 'stage ' || n % 6) from generate_series(1, 1000) n
union all
select stage_agg(timestamp '2020-01-01' + n * interval '7 hours', (array['lead', 'mql', 'sql'])[1 + n % 3]) from generate_series(1, 50) n;
