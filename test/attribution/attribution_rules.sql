-- attribution: rules of journeys and models in literals, published cases, errors, forms.
begin;
set local search_path = public, revops;
set local intervalstyle = 'sql_standard';
select no_plan();

create function pg_temp.journey(rows text) returns journey_state language sql as $$
select journey_agg(split_part(r, ' ', 1)::date, nullif(split_part(r, ' ', 2), '-'), nullif(split_part(r, ' ', 3), ''), nullif(split_part(r, ' ', 4), '')::numeric)
from regexp_split_to_table(rows, '; ') r
$$;
create function pg_temp.cut(rows text, def attribution_def, as_of date default '2025-12-31') returns text language sql as $$
select string_agg(j, '; ' order by i) from (
	select journey_index as i, concat_ws(' ', min(outcome), to_char(min(began_at) at time zone 'UTC', 'MM-DD'), '..', to_char(min(ended_at) at time zone 'UTC', 'MM-DD'), string_agg(channel, '>' order by touch_index), min(amount)) as j
	from journey_rows(pg_temp.journey(rows), def, as_of) group by journey_index) x
$$;
create function pg_temp.credits(stats attribution_stats, which text) returns text language sql as $$
select string_agg(concat_ws(' ', coalesce(channel, '-'), round(credit::numeric, 9), amount), '; ' order by channel collate "C") from attribution_rows(stats, which)
$$;
create function pg_temp.paths(paths text, def text default '{}') returns attribution_stats language sql as $$
select format('{"definition": %s, "as_of": "2025-06-30", "amount_scale": 2, "paths": [%s]}', def, string_agg(format('{"path": %s, "won": %s, "lost": %s, "open": %s, "amount": %s}',
	case when split_part(p, ' ', 1) = '-' then '[]' else to_json(string_to_array(split_part(p, ' ', 1), '>'))::text end,
	split_part(p, ' ', 2), split_part(p, ' ', 3), split_part(p, ' ', 4), coalesce(nullif(split_part(p, ' ', 5), ''), '0')), ', '))::attribution_stats
from regexp_split_to_table(paths, '; ') p
$$;

-- journeys
select is(pg_temp.cut('2025-01-01 a; 2025-02-01 b; 2025-03-01 - won 5; 2025-04-01 c', '{}'), 'won 01-01 .. 03-01 a>b 5; open 04-01 .. c', 'an end closes, what follows is open');
select is(pg_temp.cut('2025-01-01 a won 5; 2025-02-01 b lost', '{}'), 'won 01-01 .. 01-01 a 5; lost 02-01 .. 02-01 b', 'channel and outcome on one row: first the touch');
select is(pg_temp.cut('2025-01-01 b; 2025-01-01 a; 2025-01-01 - lost; 2025-01-01 - won 1; 2025-01-01 - won 7', '{}'), 'won 01-01 .. 01-01 a>b 7; won .. 01-01 1; lost .. 01-01',
	'at one instant touches by name, then wins, the largest first, then losses');
select is(pg_temp.cut('2025-01-01 a; 2025-03-01 - won 1; 2025-04-01 - won 2', '{}'), 'won 01-01 .. 03-01 a 1; won .. 04-01 2', 'a second win without a touch of its own');
select is(pg_temp.cut('2025-01-01 a; 2025-03-01 - won 1; 2025-04-01 - won 2', '{"reuse": true}'), 'won 01-01 .. 03-01 a 1; won 01-01 .. 04-01 a 2', 'reuse: it shares the touches of the first');
select is(pg_temp.cut('2025-01-01 a; 2025-02-28 b; 2025-03-31 - won 1', '{"lookback": "1 mon"}'), 'won .. 03-31 1', 'a touch of February 28 is older than a month on March 31');
select is(pg_temp.cut('2025-01-01 a; 2025-02-28 b; 2025-03-28 - won 1', '{"lookback": "1 mon"}'), 'won 02-28 .. 03-28 b 1', 'and just not on March 28');
select is(pg_temp.cut('2025-01-01 a; 2025-12-02 b', '{"lookback": "30 days"}'), 'open 12-02 .. b', 'an open journey looks back from the end of as_of');
select is(pg_temp.cut('2025-01-01 a; 2025-12-01 b', '{"lookback": "30 days"}'), null, 'and is none where all is too old');
select is(pg_temp.cut('2025-01-01 a; 2025-02-01 b', '{"idle": "90 days"}', '2025-05-01'), 'open 01-01 .. a>b', 'idle: open until the last day');
select is(pg_temp.cut('2025-01-01 a; 2025-02-01 b', '{"idle": "90 days"}', '2025-05-02'), 'lost 01-01 .. 05-02 a>b', 'then lost, at the last touch + idle');
select is(pg_temp.cut('2025-01-01 a; 2025-02-01 b', '{"idle": "90 days", "lookback": "91 days"}', '2025-12-31'), 'lost 02-01 .. 05-02 b', 'from where it looks back');
select is(pg_temp.cut('2025-01-01 a; 2025-02-01 - won 3', '{"within": "30 days"}'), 'lost 01-01 .. 02-01 a', 'within: a later win is a loss');
select is(pg_temp.cut('2025-01-01 a; 2025-01-31 - won 3', '{"within": "30 days"}'), 'won 01-01 .. 01-31 a 3', 'the last day counts');
select is(pg_temp.cut('2025-01-01 a; 2025-01-11 - won 3', '{"within": "30 days"}', '2025-01-30'), null, 'a young win does not count yet');
select is(pg_temp.cut('2025-01-01 a; 2025-01-11 - won 3', '{"within": "30 days"}', '2025-01-31'), 'won 01-01 .. 01-11 a 3', 'until its time is over');
select is(pg_temp.cut('2025-01-01 a; 2025-11-20 - lost', '{"within": "30 days"}', '2025-02-01'), 'lost 01-01 .. 01-31 a', 'what is known on as_of decides');
select is(pg_temp.cut('2025-01-01 a; 2025-01-02 a; 2025-01-03 b; 2025-01-04 a; 2025-01-05 - won 1', '{"repeats": "collapse"}'), 'won 01-01 .. 01-05 a>b>a 1', 'collapse');
select is(pg_temp.cut('2025-01-01 a; 2025-01-02 a; 2025-01-03 b; 2025-01-04 a; 2025-01-05 - won 1', '{"repeats": "once"}'), 'won 01-01 .. 01-05 a>b 1', 'once: the first');
select is(pg_temp.cut('2025-01-01 a; 2025-01-02 - won 1', '{}', '2024-12-31'), null, 'nothing is known before');
select is(pg_temp.cut('2025-01-01 a', '{"time_zone": "America/New_York"}', '2024-12-31'), 'open 01-01 .. a', 'the day as_of ends in the zone of the definition');

-- position
select is((select string_agg(position_share::text, ' ' order by touch_index) from journey_rows(pg_temp.journey(r), d::attribution_def, '2025-12-31')), e, r || ' ' || d)
from (values ('2025-01-01 a; 2025-01-02 - won', '{}', '1'), ('2025-01-01 a; 2025-01-02 b; 2025-01-03 - won', '{}', '0.5 0.5'), ('2025-01-01 a; 2025-01-02 b; 2025-01-03 - won', '{"first_share": 0.6, "last_share": 0.2}', '0.7499999999999999 0.25'),
	('2025-01-01 a; 2025-01-02 b; 2025-01-03 - won', '{"first_share": 0, "last_share": 0}', '0.5 0.5'), ('2025-01-01 a; 2025-01-02 b; 2025-01-03 c; 2025-01-04 - won', '{"first_share": 0, "last_share": 0}', '0 1 0')) t(r, d, e);

-- ../vectors: attr-analyzecore, attr-direct, attr-decay-b2b
select is(pg_temp.credits(pg_temp.paths('C1>C2>C3 1 0 0; C1 0 1 0; C2>C3 0 1 0'), m), e, 'analyzecore ' || m)
from (values ('first', 'C1 1.000000000 0.00; C2 0.000000000 0.00; C3 0.000000000 0.00'), ('last', 'C1 0.000000000 0.00; C2 0.000000000 0.00; C3 1.000000000 0.00'),
	('last_non_direct', 'C1 0.000000000 0.00; C2 0.000000000 0.00; C3 1.000000000 0.00'), ('linear', 'C1 0.333333333 0.00; C2 0.333333333 0.00; C3 0.333333333 0.00'),
	('position', 'C1 0.400000000 0.00; C2 0.200000000 0.00; C3 0.400000000 0.00'), ('participation', 'C1 1.000000000 0.00; C2 1.000000000 0.00; C3 1.000000000 0.00'),
	('shapley', 'C1 0.333333333 0.00; C2 0.333333333 0.00; C3 0.333333333 0.00'), ('shapley_rate', 'C1 0.333333333 0.00; C2 0.333333333 0.00; C3 0.333333333 0.00'),
	('markov_1', 'C1 0.200000000 0.00; C2 0.400000000 0.00; C3 0.400000000 0.00'), ('markov_2', 'C1 0.200000000 0.00; C2 0.400000000 0.00; C3 0.400000000 0.00')) t(m, e);
select is(string_agg(channel || ' ' || round(removal_effect::numeric, 9), '; '), 'C1 0.500000000; C2 1.000000000; C3 1.000000000', 'analyzecore removal effects') from attribution_channels(pg_temp.paths('C1>C2>C3 1 0 0; C1 0 1 0; C2>C3 0 1 0'));
select is(pg_temp.credits(pg_temp.paths('search>direct 5 0 0; direct 2 0 0; mail>direct>direct 1 0 0; direct>mail 1 0 0', '{"direct": ["direct"]}'), m), e, 'direct ' || m)
from (values ('last', 'direct 8.000000000 0.00; mail 1.000000000 0.00; search 0.000000000 0.00'), ('last_non_direct', 'direct 2.000000000 0.00; mail 2.000000000 0.00; search 5.000000000 0.00'),
	('first', 'direct 3.000000000 0.00; mail 1.000000000 0.00; search 5.000000000 0.00')) t(m, e);
select is((select string_agg(round(time_decay_share::numeric, 12)::text, ' ' order by touch_index)
	from journey_rows(pg_temp.journey('2024-12-13 a; 2025-03-03 b; 2025-06-01 c; 2025-06-30 d; 2025-07-01 - won'), attribution(half_life => h::interval), '2025-12-31')), e, 'decay ' || h)
from (values ('7 days', '0.000000002620 0.000007220598 0.053574584562 0.946418192221'), ('90 days', '0.089400931827 0.165548124067 0.331096248134 0.413954695972')) t(h, e);
select is((select string_agg(channel || ' ' || round(credit::numeric, 9), ' ')
	from attribution_rows((select attribution_agg(pg_temp.journey('2024-12-13 a; 2025-03-03 b; 2025-06-01 c; 2025-06-30 d; 2025-07-01 - won'), '{"half_life": "7 days"}', '2025-12-31')), 'time_decay')),
	'a 0.000000003 b 0.000007221 c 0.053574585 d 0.946418192', 'and as a population');

-- half-life in months is a month of 30 days, a year of 365.25, as extract(epoch) has it
select is((select attribution_agg(j, attribution(half_life => h::interval), '2025-12-31')::jsonb -> 'decay' from pg_temp.journey('2025-01-01 a; 2025-02-15 b; 2025-03-01 - won') j),
	(select attribution_agg(j, attribution(half_life => d::interval), '2025-12-31')::jsonb -> 'decay' from pg_temp.journey('2025-01-01 a; 2025-02-15 b; 2025-03-01 - won') j), h)
from (values ('1 month', '30 days'), ('1 year 2 months', '425 days 6 hours')) t(h, d);

-- wins without a touch, open journeys, chains without an end
select is(pg_temp.credits(pg_temp.paths('- 3 1 0 10.01; a 1 0 0 5; a>b 2 0 0 100'), m), e, 'without a touch, ' || m)
from (values ('first', 'a 3.000000000 105.00; b 0.000000000 0.00; - 3.000000000 10.01'), ('linear', 'a 2.000000000 55.00; b 1.000000000 50.00; - 3.000000000 10.01'),
	('participation', 'a 3.000000000 105.00; b 2.000000000 100.00; - 3.000000000 10.01'), ('markov_1', 'a 1.800000000 53.78; b 1.200000000 51.22; - 3.000000000 10.01')) t(m, e);
select is(string_agg(concat_ws(' ', coalesce(path, '-'), touch_count, won, lost, open, won_amount), '; '), '- 0 3 1 0 10.01; a > b 2 2 0 0 100.00; a 1 1 0 0 5.00', 'paths by wins')
from attribution_paths(pg_temp.paths('- 3 1 0 10.01; a 1 0 0 5; a>b 2 0 0 100'));
select is((select string_agg(concat_ws(' ', coalesce(from_path, '-'), to_channel, to_outcome, moves, probability), '; ') from attribution_transitions(pg_temp.paths('a>b 1 1 2; b>c 0 0 4; c>b 0 0 1'), 1)),
	'- a 4 0.4444444444444444; - b 4 0.4444444444444444; - c 1 0.1111111111111111; a b 4 1; b c 4 0.6666666666666666; b won 1 0.16666666666666666; b lost 1 0.16666666666666666; c b 1 1',
	'an open journey tells its moves and no end');
select is((select string_agg(concat_ws(' ', channel, round(removal_effect::numeric, 9)), '; ') from attribution_channels(pg_temp.paths('a 1 1 0; b>c 0 0 5; c>b 0 0 5'))), 'a 1.000000000; b 0.000000000; c 0.000000000',
	'states from which no end was seen count as lost');
select is((select count(*) from attribution_rows(pg_temp.paths('a>b 0 3 4')) where credit <> 0 or amount <> 0 or credit_rate is not null or amount_rate is not null), 0::bigint, 'no wins, no credit and no rate');
select is((select string_agg(coalesce(removal_effect::text, '-'), ' ') from attribution_channels(pg_temp.paths('a>b 0 3 4'))), '- -', 'nor a removal effect');

-- money: shares that do not divide, ties to the first, sums to the last digit
select is(pg_temp.credits(pg_temp.paths('a>b>c 1 0 0 100; c>b>a 1 0 0 0.01'), 'linear'), 'a 0.666666667 33.34; b 0.666666667 33.34; c 0.666666667 33.33', 'cents go to the first');
select is(pg_temp.credits(pg_temp.paths('b>a 2 3 1 8380268401.41; c>a>b 3 1 1 180.95; a 1 2 2 3868441838.80; a>a>a 2 2 2 5395848291.35'), m), e, 'equal rests of large amounts are equal, ' || m)
from (values ('linear', 'a 5.000000000 13454424391.17; b 2.000000000 4190134261.02; c 1.000000000 60.32'), ('position', 'a 4.600000000 13454424367.05; b 2.200000000 4190134273.08; c 1.200000000 72.38')) t(m, e);
select is((select sum(amount) from attribution_rows(pg_temp.paths('a>b>c 1 0 0 12345678901234567890123456789012.37; c>b>a 1 0 0 0.01'), m)), 12345678901234567890123456789012.38, 'money of 34 digits adds up, ' || m)
from unnest('{first,linear,position,markov_1,markov_2,shapley,shapley_rate}'::text[]) m;
select is((select attribution_agg(j, '{}', '2025-12-31')::jsonb #>> '{paths,0,amount}' from pg_temp.journey('2025-01-01 a; 2025-02-01 - won ' || x) j), x, 'digits are kept: ' || x)
from unnest('{0,0.10,12345678901234567890123456789012345678,0.000000000000000000000000000000000001}'::text[]) x;
select is((select string_agg(amount::text, ' ') from attribution_rows((select attribution_agg(j, '{}', '2025-12-31') from (values (pg_temp.journey('2025-01-01 a; 2025-02-01 - won 10')), (pg_temp.journey('2025-01-01 b; 2025-02-01 - won 0.00005'))) t(j)), 'linear')),
	'10.00000 0.00005', 'and shared as finely as they come');

-- shapley_rate may be negative; it has no interval, nor has participation
select ok((select min(credit) from attribution_rows(pg_temp.paths('a 9 1 0; a>b 1 9 0; b 0 9 0'), 'shapley_rate')) < 0, 'a channel that lowers the rate has a negative part');
select is((select count(*) from attribution_rows(pg_temp.paths('a 9 1 0; a>b 1 9 0; b 1 9 0')) where (credit_rate_low is null) <> (model in ('shapley_rate', 'participation'))), 0::bigint, 'all other models have an interval');
select is((select string_agg(round(credit_rate_low::numeric, 6) || ' ' || round(credit_rate_high::numeric, 6), '; ') from attribution_rows(pg_temp.paths('a 30 1 0; b 10 3 0'), m)), '0.594581 0.859880; 0.140120 0.405419', 'of a proportion it is that of the logit: ' || m)
from unnest('{first,linear}'::text[]) m;

-- errors
select throws_ok(q, s, m) from (values
	($$select attribution(lookback => '-1 day')$$, '22023', 'invalid attribution'),
	($$select attribution(half_life => '0')$$, '22023', 'invalid attribution'),
	($$select attribution(first_share => 0.7)$$, '22023', 'invalid attribution'),
	($$select attribution(first_share => 'NaN')$$, '22023', 'invalid attribution'),
	($$select attribution(repeats => 'never')$$, '22023', 'invalid attribution'),
	($$select attribution(direct => array['a', null])$$, '22023', 'invalid attribution'),
	($$select attribution(time_zone => 'UTC+8')$$, '22023', '"UTC+8" is an offset, not the name of a time zone'),
	($$select '{"look_back": "1 day"}'::attribution_def$$, '22P02', null),
	($$select '{"lookback": "-1 day"}'::attribution_def$$, '22P02', null),
	($$select journey_agg(date '2025-01-01', 'a', 'sold', 1)$$, '22023', 'unknown outcome "sold"'),
	($$select journey_agg(date '2025-01-01', 'a', 'won', -1)$$, '22023', 'amount must not be negative'),
	($$select journey_agg(date '2025-01-01', 'a', 'won', 'NaN')$$, '22003', 'amount must be a finite number'),
	($$select journey_agg(date '2025-01-01', 'a', 'won', 1e40)$$, '22003', 'amount has more digits than attribution keeps'),
	($$select journey_agg(date 'infinity', 'a', 'won', 1)$$, '22008', 'at must be a finite date'),
	($$select journey_agg(timestamptz '-infinity', 'a', 'won', 1)$$, '22008', 'at must be a finite time'),
	($$select journey_agg(date '2025-01-01', repeat('a', 1001), 'won', 1)$$, '22023', 'the name of a channel is longer than 1000 bytes'),
	($$select * from journey_rows(null, null, '2025-01-01')$$, '22004', 'def must not be NULL'),
	($$select * from journey_rows(null, '{}', null)$$, '22004', 'as_of must not be NULL'),
	($$select attribution_agg(null, null, '2025-01-01')$$, '22004', 'def of attribution_agg must not be NULL'),
	($$select attribution_agg(null, '{}', null)$$, '22004', 'as_of of attribution_agg must not be NULL'),
	($$select attribution_agg('{"rows": []}', '{}', d) from (values (date '2025-01-01'), ('2025-01-02')) t(d)$$, '22023', 'the parameters of attribution_agg must be the same in every row'),
	($$select attribution_agg('{"rows": []}', d, '2025-01-01') from (values ('{}'::attribution_def), ('{"reuse": true}')) t(d)$$, '22023', 'the parameters of attribution_agg must be the same in every row'),
	($$select attribution_merge(d) from (values ('{"definition": {}, "as_of": "2025-01-01", "paths": []}'::attribution_stats), ('{"definition": {}, "as_of": "2025-01-02", "paths": []}')) t(d)$$, '22023', 'the parameters of attribution_merge must be the same in every row'),
	($$select attribution_agg(j, '{}', '2025-12-31') from (select journey_agg(date '2025-01-01', 'c' || n, 'won', 1) as j from generate_series(1, 256) n group by n) x$$, '54000', 'more than 255 channels in one attribution_stats'),
	($$select * from attribution_rows(null, 'best')$$, '22023', 'unknown model "best"'),
	($$select * from attribution_rows(null, null)$$, '22004', 'model must not be NULL'),
	($$select * from attribution_rows(pg_temp.paths('a 1 0 0'), 'time_decay')$$, '22023', 'time_decay needs a half-life'),
	($$select * from attribution_paths(null, 0)$$, '22023', 'row_count must be at least 1'),
	($$select * from attribution_transitions(null, 3)$$, '22023', 'chain_order must be 1 or 2'),
	($$select pg_temp.paths('a 1 0 0; a 1 0 0')$$, '22P02', null),
	($$select pg_temp.paths('a 0 0 0')$$, '22P02', null),
	($$select pg_temp.paths('a 0 1 0 5')$$, '22P02', null),
	($$select pg_temp.paths('- 0 0 1')$$, '22P02', null),
	($$select pg_temp.paths('a 1 0 0', '{"half_life": "1 day"}')$$, '22P02', null)) t(q, s, m);
select is((select count(*) from attribution_rows((select attribution_agg(j, '{}', '2025-12-31') from (select journey_agg(date '2025-01-01', 'c' || n, 'won', 1) as j from generate_series(1, 21) n group by n) x))), 21 * 9::bigint,
	'above 20 channels all models but shapley_rate');
select throws_ok($$select * from attribution_rows((select attribution_agg(j, '{}', '2025-12-31') from (select journey_agg(date '2025-01-01', 'c' || n, 'won', 1) as j from generate_series(1, 21) n group by n) x), 'shapley_rate')$$,
	'54000', 'shapley_rate takes at most 20 channels');
select throws_ok($$select * from attribution_rows((select attribution_agg(j, '{}', '2025-12-31') from (
	select journey_agg(date '2025-01-01' + k, 'c' || case k when 1 then n / 50 else n % 50 end, case k when 2 then 'won' end, 1) as j from generate_series(1, 2499) n, generate_series(1, 2) k group by n) x), 'markov_2')$$,
	'54000', 'markov_2 has more than 2048 states');

-- NULLs
select is(journey_agg(at, channel, outcome, 1)::text, null, 'rows without a time, or without a channel and an outcome, say nothing') from (values (null::date, 'a', 'won'), ('2025-01-01', null, null)) t(at, channel, outcome);
select is(attribution_agg(null, '{}', '2025-12-31')::text, null, 'no journeys');
select is(attribution_merge(null::attribution_stats)::text, null, 'no stats');
select is((select count(*) from attribution_rows(null) union all select count(*) from attribution_channels(null) union all select count(*) from attribution_paths(null) union all select count(*) from attribution_transitions(null) order by 1 desc limit 1), 0::bigint, 'NULL: no rows');
select is(attribution_summary(null)::text, null, 'and no row');
select is((select count(*) from attribution_rows('{"definition": {}, "as_of": "2025-06-30", "paths": []}')), 0::bigint, 'no paths, no channels');

-- a zone that this server does not know is kept; what needs it fails
select is((select count(*) from attribution_rows(pg_temp.paths('a>b 1 0 0', '{"time_zone": "Mars/Base"}'))), 20::bigint, 'credits need no zone');
select throws_ok($$select attribution_agg(pg_temp.journey('2025-01-01 a'), '{"time_zone": "Mars/Base"}', '2025-06-30')$$, '22023', 'time zone "Mars/Base" is not known');

-- forms: golden text and bytes
select is(attribution('90 days', '30 days', 0.5, 0.3, '{b,a,b}', 'once', true, '6 months', '1 year', 'Asia/Shanghai')::text,
	'{"lookback": "90 days", "half_life": "30 days", "within": "6 mons", "idle": "1 year", "first_share": 0.5, "last_share": 0.3, "direct": ["a", "b"], "repeats": "once", "reuse": true, "time_zone": "Asia/Shanghai"}', 'a definition');
select is(attribution()::text, '{}', 'the default');
select is(attribution(null, null, null, null, null, null, null, null, null, null), attribution(), 'NULL is the default');
select is(encode(revops_internal.attribution_def_send(attribution('90 days', '30 days', 0.5, 0.3, '{b,a,b}', 'once', true, '6 months', '1 year', 'Asia/Shanghai')), 'hex'),
	'010f000000000000005a0000000000000000000000000000001e0000000000000000000000060000000000000000000000000000000c0000000000000000000000003fe00000000000003fd3333333333333020100000002000000016100000001620000000d417369612f5368616e67686169', 'a definition in binary form');
select is(encode(revops_internal.journey_state_send(j), 'hex'), '01000000030002cd987ed4800000000000046578706f0002d23b5f77a000010000000c000200000000000204b013880002d4aafc8c400002', 'a journey in binary form') from (values ('{"rows": [["2025-04-01T00:00:00+00:00", "lost"], ["2025-01-01T00:00:00+00:00", "touch", "expo"], ["2025-03-01T00:00:00+00:00", "won", 1200.50]]}'::journey_state)) t(j);
select is(j::text, '{"rows": [["2025-01-01T00:00:00+00:00", "touch", "expo"], ["2025-03-01T00:00:00+00:00", "won", 1200.50], ["2025-04-01T00:00:00+00:00", "lost"]]}', 'and as text')
from (values ('{"rows": [["2025-04-01T00:00:00+00:00", "lost"], ["2025-01-01T00:00:00+00:00", "touch", "expo"], ["2025-03-01T00:00:00+00:00", "won", 1200.50]]}'::journey_state)) t(j);
select is(encode(revops_internal.attribution_stats_send(s), 'hex'), '0102000000000000001e00000000000000003fd999999999999a3fd999999999999a000000000000000000035554430000246000000000000000000100000002000000026164000aaaaaaaaaaaab000000000000000000000000000000000000000000000000000000000000000000071c71c71c71c7000000000000000000000000000000000000000000000000000000000000000011aaaaaaaaaacb380000000000000004000000000000000000000000000000000000000000000000000000046578706f000555555555555500000000000000000000000000000000000000000000000000000000000000000001c71c71c71c71000000000000000000000000000000000000000000000000000000000000000008d55555555534c800000000000000020000000000000000000000000000000000000000000000000000000200000001000000000000000000000000000000000100000000000000000000000000000000000000000000000000000002010000000000000000010000000000000000000000000000000000000000000061a80000000000000000', 'stats in binary form') from (select attribution_agg(pg_temp.journey('2025-01-01 expo; 2025-01-31 ad won 2.5; 2025-02-01 ad lost'), '{"half_life": "30 days"}', '2025-06-30') as s) x;
select is(s::text, '{"definition": {"half_life": "30 days"}, "as_of": "2025-06-30", "amount_scale": 1, "decay": [{"channel": "ad", "credit": 3002399751580331, "square": 2001599834386887, "amount": 7505999378950827.5}, {"channel": "expo", "credit": 1501199875790165, "square": 500399958596721, "amount": 3752999689475412.5}], "paths": [{"path": ["ad"], "won": 0, "lost": 1, "open": 0}, {"path": ["expo", "ad"], "won": 1, "lost": 0, "open": 0, "amount": 2.5}]}', 'and as text')
from (select attribution_agg(pg_temp.journey('2025-01-01 expo; 2025-01-31 ad won 2.5; 2025-02-01 ad lost'), '{"half_life": "30 days"}', '2025-06-30') as s) x;
select * from finish();
rollback;
