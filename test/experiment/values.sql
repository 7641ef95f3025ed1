-- Values of the type of experiment.

create table value_experiment_state as
select experiment_agg(variant, value) as v
from (values
	(1, 'a', 0), (1, 'a', 1), (1, 'b', 1),
	(2, 'control', 12.50), (2, 'control', -3.125), (2, 'guided', 0.00),
	(3, 'a', 99999999999999999999999999999999999999), (3, 'a', -99999999999999999999999999999999999999),
	(4, 'a', 0.000000000000000000000000000000000001),
	(5, '', 1), (5, '客户', 2), (5, E'tab\tquote"back\\slash\n', 3),
	(6, 'b', 1), (6, 'a', 1), (6, 'B', 1), (6, 'ab', 1)
) s (g, variant, value)
group by g
union all
select experiment_agg(v, x, x + 1) from (values ('a', 3), ('b', -2.5)) t (v, x)
union all
select experiment_agg(v, x, null, x / 7) from (values ('a', 3), ('b', -2.5), ('b', null)) t (v, x)
union all
select experiment_agg('v' || n % 60, n / 3.0, n % 5, n % 11) from generate_series(1, 5000) n
union all
select experiment_agg(repeat('long', n), n) from generate_series(1, 60) n
union all
values
	(null::experiment_state),
	('{"value_scale": 0, "variants": [{"variant": "a", "units": 9223372036854775807, "binary": true, "value": 1, "negative": 0, "value_largest": 1, "value_value": 1}]}');
