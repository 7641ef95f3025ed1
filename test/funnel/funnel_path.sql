-- funnel_path.sql: definitions, paths and what is asked of them; published cases.
begin;
set local search_path = public, revops;
set local timezone = 'America/New_York';
select no_plan();

-- definitions are values
select is(funnel('{lead,won}')::text, '{"steps": ["lead", "won"]}', 'defaults are not written');
select is(funnel('{lead,won}', '3 months 2 days 01:30', 'once', '{lost,dead,lost}', 'asia/shanghai')::text,
	'{"steps": ["lead", "won"], "within": "3 mons 2 days 01:30:00", "mode": "once", "lost": ["dead", "lost"], "time_zone": "Asia/Shanghai"}',
	'all keys, canonical: lost names sorted, the zone spelled right');
select is('{"lost": null, "within": null, "steps": ["lead","won"], "mode": "ordered", "time_zone": "UTC"}'::funnel_def, funnel('{lead,won}'),
	'a literal equals the constructor''s value');
select ok(funnel('{a,b}', '1 day') <> funnel('{a,b}', '24 hours'), 'a day is not 24 hours');
select ok(funnel('{a,b}', '12 months') = funnel('{a,b}', '1 year'), 'a year is 12 months');
select ok(funnel('{a,b}') < funnel('{a,c}') and funnel('{a,c}') > funnel('{a,b}') and funnel('{a,b}') <= funnel('{a,b}')
	and funnel('{a,b}') >= funnel('{a,b}'), 'definitions have an order');
select is((select count(*) from (select distinct funnel(array['a', 'b' || i % 3]) from generate_series(1, 9) i) d), 3::bigint, 'and a hash');
select is(funnel('{lead,won}', null, null, null, null), funnel('{lead,won}'), 'null settings are the defaults');
select is(funnel('{a,b}', lost => '{}'), funnel('{a,b}'), 'no lost name is none');
set local intervalstyle = 'sql_standard';
set local datestyle = 'german';
select is(funnel('{a}', '1 mon 2 days')::text::funnel_def, funnel('{a}', '1 mon 2 days'), 'neither IntervalStyle nor DateStyle has a say');
reset intervalstyle;
reset datestyle;

select throws_ok(q, state, message, q) from (values
	($$select funnel('{}')$$, '22023', 'invalid funnel'),
	($$select funnel(null)$$, '22023', 'invalid funnel'),
	($$select funnel(array_fill('x'::text, array[65]), mode => 'once')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,null}')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,""}')$$, '22023', 'invalid funnel'),
	($$select funnel('{{a,b},{c,d}}')$$, '2202E', 'steps must be a one-dimensional array'),
	($$select funnel('{a,b,a}')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b,a}', mode => 'any_order')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b,a}', mode => 'reached')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b}', lost => '{b}')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b}', lost => '{null}')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b}', '-1 day')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b}', '1 month -1 day')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b}', mode => 'strict')$$, '22023', 'invalid funnel'),
	($$select funnel('{a,b}', time_zone => 'Mars/Olympus')$$, '22023', 'time zone "Mars/Olympus" is not known'),
	($$select funnel('{a,b}', time_zone => '')$$, '22023', 'time zone "" is not known'),
	($$select '{"steps": ["a"], "windows": 3}'::funnel_def$$, '22P02', 'invalid funnel_def'),
	($$select '{"steps": "a"}'::funnel_def$$, '22P02', 'invalid funnel_def at steps'),
	($$select '{"steps": ["a", 2]}'::funnel_def$$, '22P02', 'invalid funnel_def at steps[2]'),
	($$select '{"steps": ["a"], "within": "3 days ago"}'::funnel_def$$, '22P02', 'invalid funnel_def at within'),
	($$select '{"steps": ["a"]'::funnel_def$$, '22P02', 'invalid input syntax for type json')
) t (q, state, message);
select lives_ok(format($$select funnel('{call,offer,call}', mode => %L)$$, m), 'a name may stand twice in mode ' || m)
from unnest(array['once', 'increasing', 'increasing_once', 'consecutive']) m;

-- a name that stands twice
select is(funnel_level(p), 3, 'call, offer, call') from (select funnel_path_agg(funnel('{call,offer,call}', mode => 'once'), at, step) p
	from (values (timestamptz '2025-01-01', 'call'), ('2025-01-02', 'offer'), ('2025-01-03', 'call')) v (at, step)) x;
select is(funnel_level(p), 2, 'one call is not two') from (select funnel_path_agg(funnel('{call,offer,call}', mode => 'once'), at, step) p
	from (values (timestamptz '2025-01-01', 'call'), ('2025-01-01', 'offer')) v (at, step)) x;

-- one deal, all that can be asked
create temp table deal (at timestamptz, step text);
insert into deal values ('2025-01-10 09:00Z', 'lead'), ('2025-01-05 09:00Z', 'lead'), ('2025-01-20 09:00Z', 'offer'),
	('2025-01-12 09:00Z', 'call'), ('2025-01-13 09:00Z', 'note'), (null, 'offer'), ('2025-01-14 09:00Z', null), ('2025-01-25 09:00Z', 'lost');
create temp table path as select funnel_path_agg(funnel('{lead,call,offer,won}', '30 days', lost => '{lost}'), at, step) as p from deal;
select is(funnel_level(p), 3, 'level') from path;
select is(funnel_level(p, '2025-01-19'), 2, 'level by a day') from path;
select is(funnel_level(p, '2025-01-20'), 3, 'that day included') from path;
select is(funnel_level(p, '2025-01-01'), 0, 'nothing known yet') from path;
select is(funnel_times(p), array['2025-01-05 09:00Z', '2025-01-12 09:00Z', '2025-01-20 09:00Z']::timestamptz[], 'times') from path;
select is(funnel_times(p, '2025-01-01'), '{}'::timestamptz[], 'no times') from path;
select is(funnel_outcome(p, d), o, 'outcome by ' || d) from path, (values (date '2025-01-01', 'not_entered'), ('2025-01-24', 'open'), ('2025-01-25', 'lost'),
	('2026-01-01', 'lost')) v (d, o);
select is(funnel_outcome(p, null), null, 'no day, no outcome') from path;
select is(funnel_level(null, '2025-01-01'), null, 'no path, no level');
select is(funnel_entered_at(p), '2025-01-05 09:00Z', 'entered at the first lead') from path;
select results_eq('select row_index, step_index, step_name, is_lost, in_chain from path, funnel_path_rows(p)',
	$$values (1, 1, 'lead', false, true), (2, 1, 'lead', false, false), (3, 2, 'call', false, true), (4, 3, 'offer', false, true), (5, null, null, true, false)$$,
	'rows, without those of no step');
select is((select count(*) from path, funnel_path_rows(p, '2025-01-12')), 3::bigint, 'rows by a day');
select is(p::text, '{"funnel": {"steps": ["lead", "call", "offer", "won"], "within": "30 days", "lost": ["lost"]}, '
	'"at": ["2025-01-05T09:00:00+00:00", "2025-01-10T09:00:00+00:00", "2025-01-12T09:00:00+00:00", "2025-01-20T09:00:00+00:00", "2025-01-25T09:00:00+00:00"], '
	'"step": [1, 1, 2, 3, "lost"]}', 'text') from path;
select is(p::text::funnel_path::text, p::text, 'and back') from path;

-- outcome of a window that ends, and of one that comes back
select is(funnel_outcome(p, d), o, o || ' by ' || d) from
	(select funnel_path_agg(funnel('{lead,won}', '30 days'), at, step) p from (values (timestamptz '2025-01-01 10:00Z', 'lead'), ('2025-03-01 10:00Z', 'lead')) v (at, step)) x,
	(values (date '2025-01-30', 'open'), ('2025-01-31', 'expired'), ('2025-02-28', 'expired'), ('2025-03-30', 'open'), ('2025-03-31', 'expired')) v (d, o);

-- kinds of time columns: days and bare times are read in the funnel's zone, whatever the session's
select is(funnel_entered_at(funnel_path_agg(funnel('{a}', time_zone => 'Asia/Shanghai'), timestamp '2025-01-01 00:30', 'a')), '2024-12-31 16:30Z', 'timestamp');
select is(funnel_entered_at(funnel_path_agg(funnel('{a}', time_zone => 'Asia/Shanghai'), date '2025-01-01', 'a')), '2024-12-31 16:00Z', 'date');
select is(funnel_entered_at(funnel_path_agg(funnel('{a}'), date '2025-01-01', true)), '2025-01-01 00:00Z', 'date, conditions');
select is(funnel_entered_at(funnel_path_agg(funnel('{a}', time_zone => 'Europe/Berlin'), timestamp '2025-03-30 02:30', true)),
	timestamp '2025-03-30 02:30' at time zone 'Europe/Berlin', 'a time that clocks skip is what AT TIME ZONE makes of it');
select is(funnel_level(funnel_path_agg(funnel('{a}', time_zone => 'Asia/Shanghai'), timestamptz '2025-01-01 15:59:59.999999Z', 'a'), '2025-01-01'), 1, 'as_of ends where the day does in the zone');
select is(funnel_level(funnel_path_agg(funnel('{a}', time_zone => 'Asia/Shanghai'), timestamptz '2025-01-01 16:00Z', 'a'), '2025-01-01'), 0, 'and not later');

-- window ends equal the server's own arithmetic
set local timezone = 'Europe/Berlin';
create temp table window_case as
select at, w, at + w as ends from (select setseed(0.3)) s,
	lateral (select timestamptz '2019-12-25' + random() * interval '2000 days' as at from generate_series(1, 400)) a,
	(values (interval '1 mon'), ('1 day'), ('13 mons 2 days 03:00'), ('90 days'), ('36:00'), ('100 years'), ('1 mon 1 day')) ws (w);
select is((select count(*) from (
		select funnel_level(funnel_path_agg(funnel('{a,b}', w, time_zone => 'Europe/Berlin'), t, step)) as level, over
		from window_case, lateral (values (false, at, 'a'), (false, ends, 'b'), (true, at, 'a'), (true, ends + interval '1 microsecond', 'b')) r (over, t, step)
		group by at, w, over) x
	where level <> case when over then 1 else 2 end), 0::bigint, 'a window ends where at + within does, and not a microsecond later');
select is((select count(*) from (
		select funnel_level(funnel_path_agg(funnel('{a,b}', w), t, step)) as level
		from window_case, lateral (values (at, 'a'), (((at at time zone 'UTC') + w) at time zone 'UTC', 'b'), (((at at time zone 'UTC') + w) at time zone 'UTC' + interval '1 microsecond', 'b')) r (t, step)
		where t <= ((at at time zone 'UTC') + w) at time zone 'UTC'
		group by at, w) x
	where level <> 2), 0::bigint, 'and in UTC by UTC''s calendar');

-- text and conditions say the same
select is(funnel_path_agg(f, at, step = 'lead', step = 'call', step = 'offer', step = 'won', step = 'lost')::text,
	funnel_path_agg(f, at, step)::text, 'conditions')
from deal, (select funnel('{lead,call,offer,won}', '30 days', lost => '{lost}') as f) d where step <> 'note' ;
select is(funnel_path_agg(f, at, variadic array[step = 'lead', step = 'call', step = 'offer', step = 'won', null])::text,
	funnel_path_agg(f, at, case when step <> 'lost' then step end)::text, 'a null condition does not hold')
from deal, (select funnel('{lead,call,offer,won}', '30 days', lost => '{lost}') as f) d where step <> 'note';

-- nothing to fold
select is(funnel_path_agg(funnel('{a}'), at, step)::text, null, 'no rows') from deal where false;
select is(funnel_path_agg(funnel('{a}'), at, step) filter (where false)::text, null, 'no rows left by a filter') from deal;
select is(funnel_path_agg(funnel('{a}'), null::timestamptz, step)::text, null, 'no times') from deal;
select is(funnel_level(funnel_path_agg(funnel('{a}'), at, 'z')), 0, 'no steps') from deal;
select is(funnel_path_agg(funnel('{a}'), at, 'z')::text, '{"funnel": {"steps": ["a"]}, "seen_at": "2025-01-05T09:00:00+00:00", "at": [], "step": []}', 'a path of no rows knows when it was seen') from deal;
select is(funnel_path_merge(null)::text, null, 'no path to merge');
select is((select count(*) from funnel_path_rows(null)), 0::bigint, 'no path, no rows');

-- rows of no step break a consecutive chain
select is(funnel_level(funnel_path_agg(funnel('{a,b}', mode => m), at, step)), l, m || ' with ' || coalesce(x, 'null') || ' between')
from (values ('consecutive', 1), ('ordered', 2)) v (m, l), (values ('z'), (null)) n (x), lateral (values (timestamptz '2025-01-01', 'a'), ('2025-01-02', x), ('2025-01-03', 'b')) r (at, step)
group by m, l, x;

-- the aggregate's rules
prepare two_funnels as select funnel_path_agg(f, at, step) from deal, (values (funnel('{a}')), (funnel('{b}'))) f (f);
select throws_ok('two_funnels', '22023', 'funnel_path_agg got different funnels in one group');
select throws_ok($$select funnel_path_merge(p) from (select funnel_path_agg(funnel(array[x]), at, step) p from deal, (values ('a'), ('b')) v (x) group by x) s$$,
	'22023', 'funnel_path_merge got different funnels in one group');

-- two funnels whose bytes have one hash (FNV-1a of 64 bits), of which the rows differ in size: a hash alone must not make them one
create temp table twin as
select funnel(array['E1OujcKuUBc']) as one, funnel(array(select 's' || i from generate_series(1, 63) i) || 'bYNsc2OYDCA'::text) as many;
select throws_ok(format('select %s from twin, generate_series(1, 2000) n', call), '22023', message || ' got different funnels in one group', call)
from (values
	('funnel_path_agg(case when n = 1 then many else one end, timestamptz ''2025-01-01Z'', ''E1OujcKuUBc'')', 'funnel_path_agg'),
	('funnel_path_agg(case when n = 1 then one else many end, timestamptz ''2025-01-01Z'', ''bYNsc2OYDCA'')', 'funnel_path_agg'),
	('funnel_agg(case when n = 1 then one else many end, n::bigint, timestamptz ''2025-01-01Z'', ''bYNsc2OYDCA'', ''2025-12-31'')', 'funnel_agg'),
	('funnel_agg(case when n = 1 then many else one end, n::text, timestamptz ''2025-01-01Z'', ''E1OujcKuUBc'', ''2025-12-31'')', 'funnel_agg')) v (call, message);
create temp table twin_path as
select 1 as n, funnel_path_agg(one, timestamptz '2025-01-01Z', 'E1OujcKuUBc') as p from twin
union all
select 2, funnel_path_agg(many, timestamptz '2025-01-01Z' + i * interval '1 second', case when i < 64 then 's' || i else 'bYNsc2OYDCA' end) from twin, generate_series(1, 64) i;
select throws_ok(format('select %s from twin_path', call), '22023', message || ' got different funnels in one group', call)
from (values ('funnel_path_merge(p order by n)', 'funnel_path_merge'), ('funnel_path_merge(p order by n desc)', 'funnel_path_merge'),
	('funnel_agg(p, ''2025-12-31'' order by n)', 'funnel_agg'), ('funnel_agg(p, ''2025-12-31'' order by n desc)', 'funnel_agg'),
	('funnel_agg(p, ''2025-12-31'', 1 order by n)', 'funnel_agg')) v (call, message);
select throws_ok('select funnel_merge(s) from (select funnel_agg(p, ''2025-12-31'') as s from twin_path group by n) x', '22023',
	'funnel_merge got different funnels in one group', 'funnel_merge');
select is(string_agg(funnel_level(p)::text, ' ' order by n), '1 64', 'and one call that reads both reads each by its own') from twin_path;
select ok(one <> many and (select count(*) from (select one union select many) u) = 2, 'nor are they one in comparisons') from twin;
select throws_ok($$select funnel_path_agg(null, at, step) from deal$$, '22004', 'the funnel of funnel_path_agg must not be null');
select throws_ok($$select funnel_path_agg(funnel('{a}'), timestamptz '-infinity', 'a')$$, '22008', 'at must be a finite time');
select throws_ok($$select funnel_path_agg(funnel('{a}'), timestamp 'infinity', 'a')$$, '22008', 'at must be a finite time');
select throws_ok($$select funnel_path_agg(funnel('{a}'), date 'infinity', 'a')$$, '22008', 'at must be a finite date');
select throws_ok($$select funnel_level(p, 'infinity') from path$$, '22008', 'as_of must be a finite date');
select throws_ok($$select funnel_path_agg(funnel('{a,b}'), at, true) from deal$$, '22023', 'funnel_path_agg got 1 conditions for a funnel of 2 steps');
select throws_ok($$select funnel_path_agg(funnel('{a,b}'), at, true, true, true, true) from deal$$, '22023', 'funnel_path_agg got 4 conditions for a funnel of 2 steps');
select throws_ok($$select revops_internal.funnel_path_add(null, funnel('{a}'), now(), 'a')$$, '22023', 'funnel_path_agg can only be called by an aggregate');
select throws_ok(format('select %L::funnel_path', t), '22P02', null, t) from (values
	('{"funnel": {"steps": ["a"]}, "at": ["2025-01-05T09:00:00+00:00"], "step": [2]}'),
	('{"funnel": {"steps": ["a"]}, "at": ["2025-01-05T09:00:00+00:00"], "step": [[]]}'),
	('{"funnel": {"steps": ["a", "b"]}, "at": ["2025-01-05T09:00:00+00:00"], "step": [[2, 1]]}'),
	('{"funnel": {"steps": ["a"]}, "at": ["2025-01-05T09:00:00+00:00"], "step": []}'),
	('{"funnel": {"steps": ["a"]}, "at": ["yesterday"], "step": [1]}'),
	('{"funnel": {"steps": ["a"]}, "at": [], "step": []}'),
	('{"funnel": {"steps": ["a"]}, "seen_at": "2025-01-06T09:00:00+00:00", "at": ["2025-01-05T09:00:00+00:00"], "step": [1]}')
) v (t);

-- serial = merged in any split = stored and read back = parallel
create temp table history as
select i % 40 as deal, timestamptz '2025-01-01Z' + (random() * 60)::int * interval '1 day' as at,
	(array['a', 'b', 'c', 'lost', 'z', null])[1 + (random() * 5.49)::int] as step, (random() * 4)::int as part
from (select setseed(0.7)) seed, generate_series(1, 2000) i;
create function pg_temp.f(mode text) returns funnel_def immutable language sql return funnel('{a,b,c}', '20 days', mode, '{lost}');
create temp table whole as
select mode, deal, funnel_path_agg(pg_temp.f(mode), at, step) as p from history, unnest(array['ordered', 'consecutive', 'reached']) mode group by 1, 2;
select is((select count(*) from (
	select mode, deal, funnel_path_merge(p order by random()) as p from (
		select mode, deal, part, funnel_path_agg(pg_temp.f(mode), at, step order by random()) as p
		from history, unnest(array['ordered', 'consecutive', 'reached']) mode group by 1, 2, 3
		union all
		select mode, deal, 9, null from whole
		union all
		select mode, deal, 10, funnel_path_agg(pg_temp.f(mode), at, step) from whole join history using (deal) where step is null and mode <> 'consecutive' group by 1, 2
	) parts group by 1, 2) m join whole using (mode, deal) where m.p::text = whole.p::text), 120::bigint, 'merged from parts, with empty and null ones');
select is((select count(*) from (select mode, deal, funnel_path_merge(p::text::funnel_path) as p from (
		select mode, deal, part, funnel_path_agg(pg_temp.f(mode), at, step) as p
		from history, unnest(array['ordered', 'consecutive', 'reached']) mode group by 1, 2, 3) parts group by 1, 2) m
	join whole using (mode, deal) where m.p::text = whole.p::text), 120::bigint, 'merged from stored parts');
select is((select count(*) from (select deal, funnel_path_agg(pg_temp.f('ordered'), at, step) over (partition by deal order by at, step rows between unbounded preceding and unbounded following) as p from history) w
	join whole using (deal) where mode = 'ordered' and w.p::text <> whole.p::text), 0::bigint, 'as a window function');
create table public.funnel_history_test as select * from history, generate_series(1, 5);
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 3;
create temp table parallel_result as select deal, funnel_path_agg(funnel('{a,b,c}', '20 days', 'ordered', '{lost}'), at, step) as p from public.funnel_history_test group by deal;
set local max_parallel_workers_per_gather = 0;
select is((select count(*) from parallel_result join (
	select deal, funnel_path_agg(funnel('{a,b,c}', '20 days', 'ordered', '{lost}'), at, step) as p from public.funnel_history_test group by deal) s using (deal)
	where s.p::text = parallel_result.p::text), 40::bigint, 'by parallel workers');

-- large: a million events of one deal, 64 steps, a window of 100 years
create temp table large as
select mode, funnel_path_agg(f, timestamptz '1950-01-01Z' + i * interval '40 minutes', 's' || 1 + i / 15625) as p
from generate_series(0, 999999) i,
	(select mode, funnel(array(select 's' || i from generate_series(1, 64) i), '100 years', mode) as f
	from unnest(array['ordered', 'consecutive']) mode offset 0) d
group by mode;
select is(funnel_level(p), case mode when 'ordered' then 64 else 2 end, '64 steps of a million events, ' || mode) from large;
select ok(pg_column_size(p) > 100000, 'a large path') from large;
drop table large;
select is(funnel_level(funnel_path_agg(funnel(array(select 's' || i from generate_series(1, 64) i), mode => m), at, variadic array(select true from generate_series(1, 64)))),
	case when m in ('ordered', 'any_order', 'reached') then 64 else 50 end, '50 rows of all 64 steps, ' || m)
from generate_series(timestamptz '2025-01-01Z', '2025-02-19Z', interval '24 hours') at, unnest(array['ordered', 'increasing', 'once', 'increasing_once', 'consecutive', 'any_order', 'reached']) m group by m;
select is(funnel_level(funnel_path_agg(funnel(array(select 's' || i from generate_series(1, 64) i), mode => m), timestamptz '2025-01-01', variadic array(select true from generate_series(1, 65)))),
	50, '50 rows of all 64 steps at one time, ' || m)
from generate_series(1, 50), unnest(array['once', 'consecutive']) m group by m;
select is(p::text::funnel_path::text, p::text, '64 steps and lost in one row, as text')
from (select funnel_path_agg(funnel(array(select 's' || i from generate_series(1, 64) i)), timestamptz '2025-01-01', variadic array(select true from generate_series(1, 65))) p) x;

-- clocks that go back to midnight show it twice: the next day has begun at the first
select is(array[funnel_level(p, '2024-11-02'), funnel_level(p, '2024-11-03')], array[0, 1], 'half past the first midnight is the next day')
from (select funnel_path_agg(funnel('{a}', time_zone => 'America/Havana'), timestamptz '2024-11-03 04:30Z', 'a') p) x;
select is((select count(*) from (
		select at, z, d, funnel_level(funnel_path_agg(funnel('{a}', time_zone => z), at, 'a'), d) as level
		from (values ('America/Havana', timestamptz '2024-11-02Z'), ('Atlantic/Azores', '2024-10-26Z'), ('America/Sao_Paulo', '2018-02-17Z'), ('America/Sao_Paulo', '2018-11-03Z'),
				('America/New_York', '2024-11-02Z'), ('America/New_York', '2024-03-09Z')) v (z, t),
			generate_series(t, t + interval '60 hours', interval '10 minutes') at, generate_series(t::date - 1, t::date + 2, interval '1 day') day, lateral (select day::date as d) x
		group by at, z, d) y
	where level <> case when (at at time zone z)::date <= d then 1 else 0 end), 0::bigint, 'as_of knows exactly the rows whose day in the zone is not after it');

-- published cases: inputs and outputs of other systems' tests, each with its source
\getenv shared REVOPS_SHARED
\if :{?shared}
\else
	\set shared ''
\endif
select length(:'shared') > 0 and (pg_stat_file(:'shared' || '/vectors/funnel_level.json', true)).size is not null as found \gset
\if :found
select is(level, (c ->> 'level')::int, c ->> 'id') from (
	select c, (select funnel_level(funnel_path_agg(
			funnel(array(select 's' || i from generate_series(1, (c ->> 'steps')::int) i), least((c ->> 'within_seconds')::float8, 1e10) * interval '1 second', c ->> 'mode'),
			timestamptz '2025-01-01Z' + (r ->> 0)::float8 * interval '1 second',
			variadic array(select (r -> 1) @> to_jsonb(i) from generate_series(1, (c ->> 'steps')::int) i)))
		from jsonb_array_elements(c -> 'rows') r) as level
	from jsonb_array_elements(pg_read_file(:'shared' || '/vectors/funnel_level.json')::jsonb) c) cases;
\else
select skip('vectors/funnel_level.json is not there', 1);
\endif

select * from finish();
rollback;
