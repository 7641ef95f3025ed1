-- Values of the types of tariff.

create table value_tariff_def as
select json::tariff_def as v
from (values
	('{"mode": "graduated", "tiers": [{"unit_price": 0}]}'),
	('{"mode": "volume", "tiers": [{"unit_price": 5}], "free_units": 1, "package_size": 10, "zero_fee": false, "minimum": 2, "maximum": 30, "round": {"scale": 2, "mode": "half_even"}, "currency": "CNY"}'),
	('{"mode": "graduated", "tiers": [{"up_to": 100, "unit_price": 5, "flat_fee": 10}, {"unit_price": 4}], "round": {"scale": -2, "mode": "up"}}'),
	('{"mode": "graduated", "tiers": [{"up_to": "9999999999999999999999999999999999999999.9999999999999999999999999999999999999999", "unit_price": "0.0000000000000000000000000000000000000001"}, {"unit_price": 1e39, "flat_fee": 1e-40}]}'),
	('{"mode": "volume", "tiers": [{"unit_price": 1}], "round": {"scale": 30, "mode": "down"}}'),
	('{"mode": "volume", "tiers": [{"unit_price": 1}], "maximum": 0}'),
	('{"mode": "volume", "tiers": [{"unit_price": 1}], "currency": "人民币"}'),
	('{"mode": "volume", "tiers": [{"unit_price": 1}], "currency": "\"q\\"}'),
	('{"mode": "graduated", "tiers": [{"up_to": 0.1, "unit_price": 0.067}, {"up_to": 0.2, "unit_price": 0.067}, {"unit_price": 0.067}]}'),
	(null)) j (json)
union all
select tariff('volume', array_agg(nullif(n, tiers) * 1.5), array_agg(10.0 / n), array_agg(n % 3), round => '{"scale": 2}')
from (values (2), (50), (10000)) t (tiers), generate_series(1, tiers) n
group by tiers;

create table value_tariff_draft as
select draft::tariff_draft as v
from (values
	('{"options": "{}", "rows": []}'),
	('{"options": "{\"mode\": \"volume\"}", "rows": [[null, 5, null]]}'),
	('{"options": "{\"mode\": \"volume\"}", "rows": [[100, 5, 1], [null, 4.5, 0]]}'),
	('{"options": "{\"mode\": \"volume\"}", "rows": [[null, null, null], [1, null, 2]]}'),
	('{"options": "{\"mode\": \"graduated\", \"round\": {\"scale\": 2}}", "rows": [[-1, -2, -3], [-1, -2, -3]]}'),
	('{"options": "[1, \"a\", null]", "rows": [[1e100, 1e-100, 0]]}'),
	('{"options": "null", "rows": [[1, 2, 3]]}'),
	('{"options": "{\"currency\": \"人民币\"}", "rows": [[0.1, 0.2, 0.3], [0.2, 0.1, 0.0]]}'),
	('{"options": "\"\\\"\"", "rows": [["12", "13.5", "1e3"]]}'),
	(null)) d (draft)
union all
select ('{"options": "{}", "rows": [' || string_agg(format('[%s, %s, null]', n, n * 0.25), ', ') || ']}')::tariff_draft
from generate_series(1, 10000) n;
