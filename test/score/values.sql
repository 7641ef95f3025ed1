-- Values of the type of score.

create table value_score_state as
select v::score_state
from unnest(array[null,
	'{"scores": []}',
	'{"scores": [], "unscored": 3}',
	'{"scores": [[0.5, 10, 3], [1e308, 0, 0, 2305843009213693000], [-1e308, 1, 1], [5e-324, 2, 0, 1]], "unscored": 2}',
	'{"scores": [[0.30000000000000004, 1, 0], [0.3, 1, 1]]}']) v
union all
select score_agg(score, outcome) from (values (0.0, true), (-0.0, false), (1, null), (null, true)) t(score, outcome)
union all
select score_agg(n % 400 / 400.0, nullif(n % 3, 0) = 1) from generate_series(1, 5000) n
union all
select score_agg(n + 0.5, n % 2 = 0) from generate_series(1, 500) n;
