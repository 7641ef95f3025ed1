-- bridge: rules of effects and rows, the state in any split and order, forms, errors.
begin;
set local search_path = public, revops;
select no_plan();

-- rules of effects
select is(bridge_effects(b, a, m)::text, want, what) from (values
	('{1000,2000,500000}'::numeric[], '{1200,3000,720000}'::numeric[], 'shapley', '{110166.67,134666.67,-24833.34}', 'a chain of totals'),
	('{0,0,0}', '{40,80,20000}', 'lmdi', '{20000.00,0.00,0.00}', 'all totals 0 before: factor 1'),
	('{40,80,20000}', '{null,0,0}', 'shapley', '{-20000.00,0.00,0.00}', 'all totals 0 after; NULL is 0'),
	('{0,0,0}', '{0,0,0}', 'shapley', '{0.00,0.00,0.00}', 'nothing at all'),
	('{0,0,0}', '{0,3,5}', 'shapley', '{5.00,0.00,0.00}', 'all 0 before goes first'),
	('{100,0,0}', '{120,10,500}', 'shapley', '{41.67,458.33,0.00}', 'a price that was undefined before has no effect'),
	('{100,0,0}', '{120,0,0}', 'chain', '{0.00,0.00,0.00}', 'undefined on both sides'),
	('{100,0,0}', '{120,10,500}', 'lmdi', '{0.00,500.00,0.00}', 'lmdi: the factor that is 0'),
	('{120,10,500}', '{100,5,0}', 'lmdi', '{0.00,0.00,-500.00}', 'lmdi: on either side'),
	('{100,10,500}', '{100,0,-20}', 'shapley', '{0.00,0.00,-520.00}', 'a credit note without an order: its factor'),
	('{100,0,-20}', '{0,10,500}', 'chain', '{0.00,520.00,0.00}', 'of two such factors the first'),
	('{10,-5}', '{20,8}', 'shapley', '{-0.50,13.50}', 'any sign'),
	('{-10,5}', '{-20,-8}', 'chain', '{5.00,-18.00}', 'also of first totals'),
	('{-10,5}', '{-20,8}', 'lmdi', '{4.42,-1.42}', 'lmdi: a factor that stays below 0'),
	('{7}', '{9.125}', 'shapley', '{2.125}', 'one total, decimals of the totals'),
	('{1,1,1.00}', '{2,4,8.00}', 'shapley', '{2.34,2.33,2.33}', 'equal remainders: the first'),
	('{2,4,8.00}', '{1,1,1.00}', 'shapley', '{-2.33,-2.33,-2.34}', 'downwards not mirrored'),
	(null, '{1}', 'shapley', null, 'NULL gives NULL')) t(b, a, m, want, what);
select is(sum(e), 20::numeric, 'eight totals') from unnest(bridge_effects('{1,2,3,4,5,6,7,80}', '{8,7,6,5,4,3,2,100}')) e;
select is(bridge_effects('{1000,2000,500000}', '{1200,3000,720000}', 'chain', 0, '{1,3,2}')::text, '{100000,144000,-24000}', 'substitute is the order of chain; effects stay in that of the totals');
select is(bridge_effects('{1,0.125}', '{1,0.25}', scale => 3)::text, '{0.000,0.125}', 'scale');
select is(sum(e), 99999999999999999999999999999999999999 - 0.000000000000000000000000000000000001, 'the largest less the finest: exact')
from unnest(bridge_effects('{3,7,0.000000000000000000000000000000000001}', '{12345678901234567890123456789012345678,11,99999999999999999999999999999999999999}')) e;
select is(sum(e), 1e37 - 0.000000000000000000000000000000000001, 'also by lmdi')
from unnest(bridge_effects('{3,7,0.000000000000000000000000000000000001}', '{123,11,1e37}', 'lmdi')) e;
select throws_ok('select bridge_effects(' || call || ')', code, message, message || ': ' || call) from (values
	('''{1,2}'', ''{1}''', '22023', 'before and after must have the same number of totals'),
	('''{}'', ''{}''', '22023', 'a bridge has 1 to 8 totals'),
	('''{1,2,3,4,5,6,7,8,9}'', ''{1}''', '22023', 'a bridge has 1 to 8 totals'),
	('''{{1,2}}'', ''{1,2}''', '2202E', 'before must be a one-dimensional array'),
	('''{NaN}'', ''{1}''', '22023', 'a total must be a finite number'),
	('''{1}'', ''{-Infinity}''', '22023', 'a total must be a finite number'),
	('''{1e40}'', ''{1}''', '22023', 'a total has more digits than a bridge keeps'),
	('''{1}'', ''{1e-40}''', '22023', 'a total has more digits than a bridge keeps'),
	('''{1}'', ''{1}'', ''lmdir''', '22023', 'unknown method "lmdir"'),
	('''{1}'', ''{1}'', null', '22004', 'method must not be NULL'),
	('''{1}'', ''{1}'', scale => -1', '22023', 'scale must lie between 0 and 36'),
	('''{1}'', ''{1}'', scale => 37', '22023', 'scale must lie between 0 and 36'),
	('''{1}'', ''{1.234}'', scale => 2', '22023', 'scale is too small for the last totals'),
	('''{1,2}'', ''{1,2}'', substitute => ''{1,2}''', '22023', 'substitute is of the method chain alone'),
	('''{1,2}'', ''{1,2}'', ''chain'', substitute => ''{1}''', '22023', 'substitute must name each factor once'),
	('''{1,2}'', ''{1,2}'', ''chain'', substitute => ''{1,1}''', '22023', 'substitute must name each factor once'),
	('''{1,2}'', ''{1,2}'', ''chain'', substitute => ''{1,3}''', '22023', 'substitute must name each factor once'),
	('''{1,2}'', ''{1,2}'', ''chain'', substitute => ''{1,null}''', '22023', 'substitute must name each factor once'),
	('''{10,5}'', ''{20,-8}'', ''lmdi''', '22023', 'lmdi cannot split a change in which a factor changes its sign')) t(call, code, message);

-- rows: a NULL side, empty cells, negative first totals
create function pg_temp.side(cells text) returns bridge_totals language sql as $$ select bridge_agg(c ->> 0, (c ->> 1)::numeric, (c ->> 2)::numeric) from jsonb_array_elements(cells::jsonb) c $$;
select is(array_agg(r::text), want, what) from (values
	(null, '[["a", 1, 2]]', '{"(a,entry,,,0.00,2.00,2.00)"}'::text[], 'a NULL side is empty'),
	('[["a", 1, 2]]', null, '{"(a,exit,,,2.00,0.00,-2.00)"}', 'either'),
	(null, null, null, 'or both'),
	('[["a", 0, 0]]', '[["a", 1, 2], ["b", 0, 0]]', '{"(a,entry,,,0.00,2.00,2.00)"}', 'a cell without totals is not there'),
	('[["a", 5, 0]]', null, '{"(a,exit,,,0.00,0.00,0.00)"}', 'one with a first total alone is'),
	('[["a", 1, 1]]', '[["a", 2, 2]]', '{"(a,scale,1,n,1.00,2.00,1.00)","(a,mix,1,n,,,0.00)","(a,factor,2,p,,,0.00)"}', 'one cell has no mix'),
	('[["a", -1, 5], ["b", 3, 6]]', '[["a", 1, 5], ["b", 6, 6]]', '{"(a,scale,1,n,5.00,5.00,0.00)","(a,mix,1,n,,,0.00)","(a,factor,2,p,,,0.00)","(b,scale,1,n,6.00,6.00,4.50)","(b,mix,1,n,,,0.00)","(b,factor,2,p,,,-4.50)"}', 'a negative first total: no shares'),
	('[[null, 1, 1]]', '[["null", 1, 1]]', '{"(null,entry,,,0.00,1.00,1.00)","(,exit,,,1.00,0.00,-1.00)"}', 'NULL is a cell of its own, last'))
	t(b, a, want, what), lateral (select * from bridge_rows(pg_temp.side(b), pg_temp.side(a), '{n,p}')) r group by what, want
union all select is((select count(*) from bridge_rows(null, null, '{n,p}')), 0::bigint, 'no sides, no rows');
select is(array_agg(r::text), '{"(a,mix,1,n,0.5,0.25,0.000000)","(a,factor,2,p,,,-0.250000)"}', 'a rate of one cell has no mix')
from bridge_rate_rows(pg_temp.side('[["a", 2, 1]]'), pg_temp.side('[["a", 4, 1]]'), '{n,p}') r;
select is(sum(effect), -0.25, 'those that stay had nothing to take a share of, and the effects sum to the change')
from bridge_rate_rows(pg_temp.side('[["a", 0, 1], ["b", 4, 2]]'), pg_temp.side('[["a", 4, 2], ["c", 4, 2]]'), '{n,p}');
select is(count(*), 0::bigint, 'nothing that the rate is of: no rows') from bridge_rate_rows(pg_temp.side('[["a", 0, 1]]'), pg_temp.side('[["a", 4, 2]]'), '{n,p}');
select is(sum(effect), -0.2, 'two roundings away from 0: one unit more than the change')
from bridge_rate_rows(pg_temp.side('[["a", 20, 1]]'), pg_temp.side('[["a", 20, -1]]'), '{n,p}', scale => 1);
select throws_ok(format('select bridge_rows(%s)', call), code, message, message || ': ' || call) from (values
	('pg_temp.side(''[["a", 1, 1]]''), null, ''{n}''', '22023', 'factors must name each total'),
	('null, null, null', '22004', 'factors must not be NULL'),
	('null, null, ''{n,null}''', '22004', 'the name of a factor must not be NULL'),
	('null, null, ''{n,n}''', '22023', 'duplicate factor "n"'),
	('null, null, ''{n,p}'', ''chain'', substitute => ''{p,x}''', '22023', 'substitute must name each factor once'),
	('pg_temp.side(''[["a", 1, 1.234]]''), null, ''{n,p}'', scale => 2', '22023', 'scale is too small for the last totals'),
	('pg_temp.side(''[["a", 1, 1]]''), pg_temp.side(''[["a", 1, -1]]''), ''{n,p}'', ''lmdi''', '22023', 'lmdi cannot split a change in which a factor changes its sign')) t(call, code, message);
select throws_ok('select bridge_rate_rows(pg_temp.side(''[["a", -1, 1]]''), pg_temp.side(''[["a", 1, 1]]''), ''{n,p}'')', '22023', 'the first total of a rate must not be negative');
select throws_ok('select bridge_rate_rows(null, null, ''{n,p}'', scale => null)', '22004', 'scale must not be NULL');

-- NULL rows
select is((bridge_agg('a', 1) filter (where false))::text, null, 'no rows give NULL');
select is(bridge_agg('a', null, null)::text, null, 'rows without any total are skipped');
select is(bridge_agg('a', variadic null::numeric[])::text, null, 'also without the array');
select is(bridge_agg(null::text, null, 2)::text, '{"totals": 2, "cells": [[null, 0, 2]]}', 'a NULL total is 0, a NULL cell is one');
select is(bridge_agg(7, 1) = bridge_agg('7', 1) and bridge_agg('A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 1) = bridge_agg('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1), true, 'bigint and uuid cells are their text');
select throws_ok('select bridge_agg(''a'', ''NaN'')', '22023', 'a total must be a finite number');
select throws_ok('select bridge_agg(''a'', 1e39)', '22023', 'a total has more digits than a bridge keeps');
select throws_ok('select bridge_agg(''a'', x) from (values (1e37), (9e37), (9e37)) t(x)', '22023', 'a total has more digits than a bridge keeps');
select throws_ok('select bridge_agg(''a'', variadic t) from (values (''{1}''::numeric[]), (''{1,2}'')) x(t)', '22023', 'the number of totals must be the same in all rows');
select throws_ok('select bridge_agg(''a'', variadic ''{}''::numeric[])', '22023', 'a bridge has 1 to 8 totals');
select throws_ok($$ select bridge_merge(s) from (values ('{"totals": 1, "cells": []}'::bridge_totals), ('{"totals": 2, "cells": []}')) x(s) $$, '22023', 'bridge_totals of different numbers of totals cannot be merged');

-- exact sums: numeric's own, and the same bits in any split and order
select setseed(0.271);
create temp table fact as
select g, case when random() < 0.05 then null else 'c' || (random() * g * 20)::int end as cell, 1 + g % 4 as n,
	case when random() < 0.05 then null else round((random() * 2000 - 500)::numeric, (random() * 4)::int) end as x,
	case when random() < 0.05 then null else (random() * 1e15)::numeric * 1e3 / 7 end as y, (random() * 4)::int as part
from generate_series(1, 12) g, generate_series(1, 1 + g * g * 8);
create temp table states as select g, bridge_agg(cell, variadic (array[x, y, x, y])[1:n]) as s from fact group by g;
select is(count(*), 0::bigint, 'totals are numeric''s')
from states, jsonb_array_elements(s::jsonb -> 'cells') c join lateral (
	select sum(x) as x, sum(y) as y from fact f where f.g = states.g and f.cell is not distinct from c ->> 0) o on true
where (c ->> 1)::numeric is distinct from coalesce(o.x, 0) or (c ->> 1) is distinct from coalesce(o.x::text, '0') or (g % 4 > 0 and (c ->> 2)::numeric is distinct from coalesce(o.y, 0));
create temp table parts as
select g, part, bridge_agg(cell, variadic (array[x, y, x, y])[1:n]) as s from fact group by g, part
union all select g, -1, null from states
union all select g, -2, bridge_agg(cell, variadic (array[x, y, x, y])[1:n]) filter (where false) from fact group by g;
select is(count(*), 0::bigint, 'parts merge into what one pass gives, bit by bit')
from (select g, bridge_merge(s order by random()) as s from parts group by g) m full join states using (g)
where revops_internal.bridge_totals_send(m.s) is distinct from revops_internal.bridge_totals_send(states.s) or m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'the order of rows says nothing')
from (select g, bridge_agg(cell, variadic (array[x, y, x, y])[1:n] order by random()) as s from fact group by g) m join states using (g)
where m.s <> states.s or m.s::text <> states.s::text;
select is(count(*), 0::bigint, 'text and jsonb lose nothing') from states where s::text::bridge_totals <> s or s::jsonb::text::bridge_totals <> s;
create temp table merged as select g, bridge_merge(s::text::bridge_totals) over (partition by g order by part) as s, part from parts;
select is(count(*), 0::bigint, 'a running merge may go on') from merged join states using (g) where part = (select max(part) from parts p where p.g = merged.g) and merged.s <> states.s;

-- a parallel plan
create table fact_many as select i % 5000 as cell, (hashint4(i) % 100000) / 100.0 as x from generate_series(1, 100000) i;
set local max_parallel_workers_per_gather = 0;
create temp table serial as select bridge_agg(cell, 1, x) as s from fact_many;
set local max_parallel_workers_per_gather = 2;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select is(bridge_agg(cell, 1, x) = (select s from serial), true, 'serial is parallel') from fact_many;

-- golden bytes
select is(bridge_agg(c, x, y)::text, '{"totals": 2, "cells": [["a", 3, -1.75], ["b", 0, 1.50], [null, 7, 0]]}', 'the text form stays as it is')
from (values ('b', 0, 1.50), ('a', 1, 1.5), (null, 7, 0), ('a', 2, -3.25)) t(c, x, y);
select is(encode(revops_internal.bridge_totals_send(bridge_agg(c, x)), 'hex'),
	'0101000000020100000001' || '61' || repeat('f', 16) || 'ffffffffffffbba4' || '01' || '0002' || '00' || repeat('0', 16) || '0000000000000007' || '00' || '0000', 'the binary form stays as it is')
from (values ('a', -1.75), (null, 7)) t(c, x);

-- input refuses what no rows can have made
select throws_ok(format('select %L::bridge_totals', c), '22P02', null, c) from unnest(array['{}', '{"totals": 0, "cells": []}', '{"totals": 9, "cells": []}', '{"totals": 1, "cells": [["a"]]}', '{"totals": 1, "cells": [["a", 1, 2]]}',
	'{"totals": 1, "cells": [["a", 1], ["a", 2]]}', '{"totals": 1, "cells": [[null, 1], [null, 2]]}', '{"totals": 1, "cells": [["a", "NaN"]]}', '{"totals": 1, "cells": [["a", 1e40]]}', '{"totals": 1, "cells": [[1, 1]]}',
	'{"totals": 1, "cells": [["a", null]]}', '{"totals": 1, "cells": {}}', '{"totals": 1, "cells": [], "more": 1}']) c;

select * from finish();
rollback;
