-- Values of the types of qualification.

create table value_qualification_def as
select v::qualification_def
from unnest(array[null,
	'{"criteria": [{"name": "need"}]}',
	'{"criteria": [{"name": "scenario", "required": true, "weight": 1}, {"name": "profile", "required": false, "weight": 0.1}], "min_passed": 1, "min_score": 0.1, "tiers": [{"name": "C", "from": 0}, {"name": "B", "from": 0.5}], "decide_days": 14}',
	'{"criteria": [{"name": "业务场景", "weight": 1e300}, {"name": "quote \" and \\", "required": false, "weight": 5e-324}], "decide_days": 0}',
	'{"criteria": [{"name": "a", "required": false}, {"name": "b", "required": false}], "tiers": [{"name": "all", "from": -1e308}]}']) v
union all
select qualification(array_agg('c' || n), weights => array_agg(n / 3.0), min_passed => 20, decide_days => 2147483647) from generate_series(1, 32) n
union all
select qualification_preset(name) from unnest('{lead,lead_zh,bant,meddic}'::text[]) name;

create table value_qualification_stats as
select v::qualification_stats
from unnest(array[null,
	'{"definition": {"criteria": [{"name": "need"}]}, "patterns": [["1", 1]]}',
	'{"definition": {"criteria": [{"name": "need"}]}, "as_of": "2025-06-30", "patterns": [["0", 9223372036854775807]]}',
	'{"definition": {"criteria": [{"name": "业务场景"}, {"name": "b"}], "decide_days": 3}, "as_of": "2025-06-30", "patterns": [["1?", 5, 2], ["0?", 1], ["??", 7, 7]]}']) v
union all
select qualification_agg(qualification(array_agg), variadic array[n % 2 = 0, n % 3 = 0, nullif(n % 5, 0) = 1])
from generate_series(1, 200) n, (select array_agg('c' || c) from generate_series(1, 3) c) d
union all
select qualification_agg(d, variadic array(select case hashint8(n * 100 + c) % 3 when 0 then null else hashint8(n * 100 + c) % 3 = 1 end from generate_series(1, 32) c))
from generate_series(1, 300) n, (select qualification(array_agg('c' || c)) as d from generate_series(1, 32) c) d
union all
select qualification_dated_agg(qualification_preset('lead'), date '2025-06-30' - n, '2025-06-30', n % 2 = 0, null, n % 3 > 0, true) from generate_series(-5, 50) n;
