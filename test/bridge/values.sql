-- Values of the type of bridge.

create table value_bridge_totals as
select bridge_agg(cell, x, y) as v
from (values
	(1, 'A', 1, 5.00), (1, 'B', 2, 3.5), (1, 'A', 4, -1.50),
	(2, null, 1, 0), (2, '', 0, 1), (2, 'null', 2, 2),
	(3, '客户', 99999999999999999999999999999999999999, 0.000000000000000000000000000000000001), (3, E'tab\tquote"back\\slash\n', -0.0, 1e37),
	(4, 'A', 3, null), (4, 'A', -3, 0.00),
	(5, 'b', 1, 1), (5, 'a', 1, 1), (5, 'B', 1, 1), (5, 'ab', 1, 1), (5, 'abcdefgh', 1, 1), (5, 'abcdefghi', 1, 1)
) s (g, cell, x, y)
group by g
union all
select bridge_agg(n, 1, n, n / 4.0, null, 5, 6, 7, 8.125) from generate_series(-3, 3) n
union all
select bridge_agg(c, 1) from unnest('{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,00000000-0000-0000-0000-000000000000,null}'::uuid[]) c
union all
select bridge_agg('c' || n % 900, n, n % 7, n / 3.0) from generate_series(1, 5000) n
union all
select bridge_agg(repeat('long', n), n) from generate_series(1, 60) n
union all
values
	(null::bridge_totals),
	('{"totals": 8, "cells": []}');
