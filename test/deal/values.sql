-- Values of the types of deal.

create table value_pipeline_def (v pipeline_def);
insert into value_pipeline_def values
	(null),
	(pipeline('{lead,sql,proposal}')),
	(pipeline('{lead,sql,proposal}', time_zone => 'asia/shanghai')),
	(pipeline('{proposal,sql,lead}', won => '{won,signed}', lost => '{lost,dead}')),
	(pipeline('{a}', won => '{b}', lost => '{}')),
	(pipeline(array['客户', E'tab\tquote"back\\slash\n', 'null'], won => array[' won '])),
	(pipeline((select array_agg('stage ' || n) from generate_series(1, 300) n)));

create table value_deal_state as
select deal_agg(at::timestamptz, stage, amount, close_on::date) as v
from (values
	(1, '2025-01-10 09:00Z', 'lead', 100.00, '2025-06-30'), (1, '2025-02-10 09:00Z', 'won', null, null),
	(2, '2025-01-10 09:00Z', null, 0, null), (2, '2025-01-10 09:00Z', null, null, 'infinity'),
	(2, '2025-01-10 09:00Z', '', 0.000, null), (2, '2025-01-10 09:00Z', '客户', 99999999999999999999999999999999999999, null),
	(3, '2025-01-10 09:00:00.000001Z', E'tab\tquote"back\\slash\n', 0.000000000000000000000000000000000000000001, '4712-01-01 BC'),
	(4, '4713-01-01 BC', 'lead', 1e40, '5874897-12-31'), (4, '294276-12-31 12:00Z', 'null', null, null)
) s (g, at, stage, amount, close_on)
group by g
union all
select deal_agg(date '2025-01-01' + n, 'stage ' || n % 7, n * 1.5, case when n % 5 = 0 then date '2025-01-01' + 2 * n end) from generate_series(1, 500) n
union all
values (null::deal_state), ('{"rows": []}');

create table value_pipeline_bridge as
select pipeline_bridge_agg(v, pipeline('{lead,sql,proposal}'), grain, '2025-01-01', '2025-07-01') as v
from value_deal_state, unnest('{day,month,year}'::text[]) grain where v::text not like '%4713%' group by grain
union all
select pipeline_bridge_agg(v, pipeline('{stage 1,stage 2}', '{stage 3}'), 'week', '2025-01-01', '2026-07-01', closing)
from value_deal_state, unnest('{"[2025-03-01,2025-06-01)","[2025-03-01,)","(,2025-06-01)"}'::daterange[]) closing group by closing
union all
select pipeline_bridge_agg('{"rows": []}'::deal_state, pipeline('{a}'), 'year', '2025-01-01', '2025-01-01')
union all
values (null::pipeline_bridge);

create table value_forecast_model as
select forecast_model_agg(v, pipeline('{stage 1,stage 2}', '{stage 3}', '{stage 4}'), as_of) as v
from value_deal_state, unnest('{2025-02-28,2025-12-31,2026-12-31}'::date[]) as_of group by as_of
union all
values
	(null::forecast_model),
	('{"pipeline": {"open": ["lead"], "lost": [], "won": ["won"]}, "as_of": "2025-06-30", "visits": []}'),
	('{"pipeline": {"open": ["lead", "客户"]}, "as_of": "2025-06-30", "visits": [[2, 1, 9223372036854775807, "removed", 2147483647], [1, 1, 1, "open", 1]]}');

create table value_forecast_state as
select forecast_agg(a, p, low, high) as v
from (values
	(1, 20000, 0.3, 0.2, 0.4), (1, 10000, 0.6, null, null), (1, 10000, 0.6, null, null),
	(2, 0, 0, null, null), (2, 0.00, 1, 1, 1), (2, 5, null, null, null),
	(3, 99999999999999999999999999999999999999999999, 0.5, 5e-324, 1), (3, 0.000000000000000000000000000000000000000001, 0.1, 0.1, null)
) s (g, a, p, low, high)
group by g
union all
select forecast_agg(n, n / 3000.0::float8) from generate_series(1, 2000) n
union all
values (null::forecast_state), ('{"deals": []}');
