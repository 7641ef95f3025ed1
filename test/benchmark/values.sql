-- Values of the type of benchmark.

create table value_benchmark_state as
select benchmark_agg(value, weight) as v
from (values
	(1, 0.0, 0.0), (1, -0.0, 0.0),
	(2, 0.31, 200), (2, 0.4, 1), (2, 0.4, 1), (2, 0.4, 3),
	(3, 1e308, 5e-324), (3, -1e308, 1e308), (3, 5e-324, 1),
	(4, 0.1, 0.30000000000000004), (4, 123456789.123456789, 1),
	(5, 7, null)
) s (g, value, weight)
group by g
union all
values
	(null::benchmark_state),
	('{"peers": []}'),
	('{"peers": [[1, 1, 9223372036854775807]]}'),
	('{"peers": [[2, 1], [1, 0, 2], [1, 0], [-1.5, 2]]}')
union all
select benchmark_agg(n % 400, n % 3) from generate_series(1, 5000) n
union all
select benchmark_agg(n + 0.5, 1) from generate_series(1, 500) n;
