-- Values of the types of survival and incidence.

create table value_survival_state as
select survival_agg(duration, event, entry) as v
from (values
	(1, 0, true, null), (1, 0, false, 0),
	(2, 12.5, true, 3), (2, 12.5, true, 3), (2, 12.5, false, 3), (2, 4, true, null),
	(3, 1e308, true, 5e-324), (3, 5e-324, false, null),
	(4, 0.1, true, null), (4, 0.2, true, null), (4, 0.30000000000000004, true, null),
	(5, 1, false, null),
	(6, 100, true, 99.99999999999999),
	(7, 123456789.123456789, true, null)
) s (population, duration, event, entry)
group by population
union all
values
	(null::survival_state),
	('{"events": [], "censored": []}'),
	('{"events": [[1, 281474976710655]], "censored": []}'),
	('{"events": [[1, 140737488355327]], "censored": [[1, 140737488355328]]}')
union all
select survival_agg(n % 400, n % 3 = 0) from generate_series(1, 5000) n
union all
select survival_agg(n + 0.5, n % 3 = 0, case when n % 2 = 0 then n / 2 end) from generate_series(1, 500) n;

create table value_incidence_state as
select incidence_agg(duration, cause) as v
from (values
	(1, 0, 'won'),
	(2, 3, 'won'), (2, 3, 'lost'), (2, 3, null), (2, 7.25, 'lost'), (2, 7.25, 'lost'),
	(3, 1e308, ''), (3, 5e-324, 'x'),
	(4, 10, null),
	(5, 1, '客户'), (5, 1, E'tab\tquote"back\\slash\n'),
	(6, 1, 'b'), (6, 1, 'a'), (6, 1, 'B'), (6, 1, 'ab')
) s (population, duration, cause)
group by population
union all
values
	(null::incidence_state),
	('{"causes": [], "censored": []}'),
	('{"causes": [{"cause": "z", "spells": [[2, 3], [1, 1]]}, {"cause": "a", "spells": [[1, 281474976710000]]}], "censored": []}')
union all
select incidence_agg(n % 400, (array['won', 'lost', null])[1 + n % 3]) from generate_series(1, 5000) n
union all
select incidence_agg(n, 'cause ' || n % 50) from generate_series(1, 500) n
union all
select incidence_agg(n, repeat('long', n)) from generate_series(1, 60) n;
