-- Values of the types of attribution.

create table value_attribution_def as
select attribution() as v
union all
select attribution('90 days', '30 days', 0.5, 0.3, '{direct,mail}', 'collapse', true, '6 months', '1 year', 'Asia/Shanghai')
union all
select attribution(direct => array['', '直接', E'tab\tquote"back\\slash\n'], repeats => 'once')
union all
values
	(null::attribution_def),
	('{"lookback": "1 mon 12:00:00", "first_share": 0, "last_share": 1}'),
	('{"half_life": "00:00:00.000001", "within": "00:00:00"}'),
	('{"time_zone": "Mars/Base", "idle": "178000 years"}');

create table value_journey_state as
select journey_agg(at, channel, outcome, amount) as v
from (values
	(1, timestamptz '2025-01-01 00:00+00', 'expo', null, null::numeric), (1, '2025-02-01 00:00+00', 'agent', null, null), (1, '2025-03-01 00:00+00', null, 'won', 1200.50),
	(2, '2025-01-01 00:00+00', 'b', 'lost', null), (2, '2025-01-01 00:00+00', 'a', 'won', 3), (2, '2025-01-01 00:00+00', 'a', 'won', 3.00), (2, '2025-01-01 00:00+00', 'a', 'won', 12345678901234567890.5),
	(3, '4713-01-01 00:00+00 BC', '', 'won', 0), (3, '294276-12-31 00:00+00', E'tab\tquote"back\\slash\n', 'won', 0.000000000000000000000000000000000001),
	(4, '2025-01-01 00:00+00', '客户', null, null), (4, '2025-05-01 00:00+00', '展会', null, null)
) s (g, at, channel, outcome, amount)
group by g
union all
select journey_agg(timestamptz '2025-01-01 00:00+00' + n * interval '1 hour', 'c' || n % 7, case n % 50 when 0 then 'won' when 25 then 'lost' end, n / 8.0)
from generate_series(1, 1000) n
union all
values
	(null::journey_state),
	('{"rows": [["2025-01-01T00:00:00+00:00", "won", 99999999999999999999999999999999999999]]}'),
	('{"rows": []}');

create table value_attribution_stats as
select attribution_agg(j.v, d.v, date '2025-06-30') as v
from value_journey_state j, value_attribution_def d
where j.v::text not like '%9999999999%' and d.v::text not like '%Mars%'
group by d.v::text
union all
select attribution_agg(journey_agg(date '2025-01-01' + n % 5, 'channel ' || n, 'won', n), attribution(half_life => '1 month'), '2025-06-30')
	over () from generate_series(1, 1) n group by n
union all
select attribution_agg(s.v, attribution(half_life => '1 month'), '2025-06-30')
from (select journey_agg(date '2025-01-01', 'channel ' || n, 'won', n) as v from generate_series(1, 60) n group by n) s
union all
values
	(null::attribution_stats),
	('{"definition": {}, "as_of": "2025-06-30", "paths": []}'),
	('{"definition": {}, "as_of": "2025-06-30", "young": 3, "amount_scale": 2, "paths": [{"path": [], "won": 9, "lost": 1, "open": 0, "amount": 10.00}, {"path": ["a", "b", "a"], "won": 1, "lost": 0, "open": 9, "amount": 17014118346046923173168730371588400.00}]}');
