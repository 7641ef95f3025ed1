-- attribution_create_views: each view equals the query written by hand; rows as they are do not stop it.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.21);

create schema way;
create table way.rows as
select (random() * 60)::int as who, timestamptz '2025-01-01 00:00+08' + random() * 170 * interval '1 day' as seen, case when random() < 0.8 then 'channel ' || (random() * 5)::int end as what,
	case when random() < 0.15 then 'won' when random() < 0.15 then 'lost' end as became, (random() * 1000)::numeric(9, 2) as paid
from generate_series(1, 600);
insert into way.rows values (null, '2025-01-01', 'channel 1', null, null), (1, null, 'channel 1', null, null), (1, 'infinity', 'channel 1', null, null), (1, '2025-02-01', null, null, 3), (1, '2025-02-01', 'channel 1', 'Won ', 3),
	(1, '2025-02-01', null, 'closed', 3), (1, '2025-02-02', 'Channel  1', null, null), (1, '2025-02-03', 'channel 2', 'won', -5), (1, '2025-02-04', 'channel 2', null, null), (1, '2025-02-04', 'channel 2', null, null), (1, '2025-06-30 23:59+08', 'channel 2', 'won', 'NaN'), (1, '2025-07-01 00:00+08', 'channel 3', null, null);
create temp table stats as
select attribution_agg(j, attribution(lookback => '60 days', half_life => '10 days', direct => '{channel 0}', time_zone => 'Asia/Shanghai'), '2025-06-30') as s
from (select journey_agg(seen, what, case when became in ('won', 'lost') then became end, case when paid >= 0 and paid < 'Infinity' then paid end) as j from way.rows where who is not null and isfinite(seen) group by who) x;
select set_eq($$select view_name from attribution_create_views('path', 'way.rows', 'who', 'seen', 'what', 'became', 'paid', '{"lookback": "60 days", "half_life": "10 days", "direct": ["channel 0"]}', target_schema => 'way', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'way.path_' || unnest(array['credits', 'channels', 'paths', 'moves', 'touches', 'checks'])$$, 'the call names the views it made');
select set_eq('select model_index, model_name, channel_name, credit_quantity, credit_rate, credit_rate_low, credit_rate_high, credit_amount, amount_rate from way.path_credits',
	'select model_index, model, coalesce(channel, ''no touch''), credit, credit_rate, credit_rate_low, credit_rate_high, amount, amount_rate from stats, attribution_rows(s)', 'PREFIX_credits equals the query by hand');
select set_eq('select channel_name, journey_count, won_count, lost_count, open_count, touch_count, first_touch_count, last_touch_count, only_touch_count, won_rate, won_rate_low, won_rate_high, won_amount, removal_rate, removal_amount_rate from way.path_channels',
	'select c.* from stats, attribution_channels(s) c', 'PREFIX_channels');
select set_eq('select nullif(path_name, ''no touch''), touch_count::int, won_count, lost_count, open_count, won_rate, won_rate_low, won_rate_high, won_amount from way.path_paths', 'select p.* from stats, attribution_paths(s, 1000) p', 'PREFIX_paths');
select is((select path_name from way.path_paths where path_index = 1), (select coalesce(path, 'no touch') from stats, attribution_paths(s, 1)), 'in their order');
select set_eq('select nullif(from_name, ''start''), to_name, is_outcome, move_count, move_rate from way.path_moves', 'select from_path, coalesce(to_channel, to_outcome), to_channel is null, moves, probability from stats, attribution_transitions(s)', 'PREFIX_moves');
select results_eq('select channel_name, sum(first_rate), sum(last_rate) from way.path_touches where outcome_name = ''won'' group by 1 order by 1',
	'select channel_name, sum(credit_quantity) filter (where model_name = ''first''), sum(credit_quantity) filter (where model_name = ''last'') from way.path_credits where channel_name in (select t.channel_name from way.path_touches t where t.outcome_name = ''won'') group by 1 order by 1', 'detail and summary hold the same wins');
select is((select sum(won_amount) from way.path_touches), (select sum(credit_amount) from way.path_credits where model_name = 'markov_2'), 'and the same money');
select is((select count(*) from way.path_touches where entity_key = 1 and touched_at > '2025-06-30 23:59+08'), 0::bigint, 'as_of ends in the zone of the call');
select set_eq('select problem_name, is_left_out, row_count, detail_name from way.path_checks where problem_name not like ''blank%''', $$values
	('no_key', true, 1::bigint, 'rows without an entity'), ('no_time', true, 2, 'rows without a time, or with an endless one'), ('no_event', true, $$ || (select count(*) from way.rows where what is null and became is null and who is not null) || $$, 'rows without a channel and an outcome'),
	('bad_outcome', false, 1, 'outcomes other than won and lost end no journey: "Won "; is won meant?'), ('bad_outcome', true, 1, 'outcomes other than won and lost end no journey: "closed"'),
	('bad_amount', false, 2, 'amounts that are negative, NaN or endless count as 0'), ('repeated_row', false, 1, 'rows that stand more than once each count: 1 of them'),
	('similar_channels', false, $$ || (select count(*) from way.rows where lower(replace(what, ' ', '')) = 'channel1' and isfinite(seen) and who is not null) || $$, 'channels that differ by spaces or case alone: "Channel  1", "channel 1"')$$, 'what is odd');

-- a text key, days, no amount, no rows; the zone of the definition
create table way.few (name varchar(20), day date, channel text, outcome text);
select lives_ok($$select attribution_create_views('few', 'way.few', 'name', 'day', 'channel', 'outcome', target_schema => 'way', as_of => '2025-06-30')$$, 'no amount; an empty table');
select is((select count(*) from way.few_credits) + (select count(*) from way.few_touches) + (select count(*) from way.few_checks), 0::bigint, 'nobody');
insert into way.few select 'bob', '2025-06-30', 'c' || n, null from generate_series(1, 21) n;
insert into way.few values ('cat', '2025-06-30', repeat('x', 1001), null), ('dan', '2025-06-30', repeat('y', 1001), 'won'), ('eve', '2025-06-30', repeat('z', 1001), 'sold');
select set_eq('select problem_name, is_left_out, row_count, detail_name from way.few_checks', $$values ('long_channel', true, 2, 'channels of more than 1000 bytes are no touches'), ('long_channel', false, 1, 'channels of more than 1000 bytes are no touches'),
	('bad_outcome', true, 1, 'outcomes other than won and lost end no journey: "sold"'), ('many_channels', false, 21, 'there are 21 channels, and shapley_rate is given for 20 at most')$$, 'channels too long and too many');
select set_eq('select distinct entity_key, outcome_name from way.few_touches', $$values ('bob', 'open'), ('dan', 'won')$$, 'a long one stops no view, and its row may still be an end');
insert into way.few select 'bob', '2025-06-30', 'd' || n, null from generate_series(1, 235) n;
select set_eq('select detail_name from way.few_checks where problem_name = ''many_channels''', $$values ('there are 256 channels, and views of credits, channels, paths and moves hold 255 at most: group them')$$, 'what to do about it');
select throws_ok('select * from way.few_credits', '54000', 'more than 255 channels in one attribution_stats', 'as the views say');
delete from way.few;
select hasnt_column('way', 'few_touches', 'time_decay_rate', 'without a half-life nothing of time decay');
select is_empty('select table_name, column_name from information_schema.columns where table_schema = ''way'' and table_name like ''few_%'' and column_name like ''%amount%''', 'without an amount nothing of money');
insert into way.few values ('ann', '2025-06-30', 'a', 'won'), (' ', '2025-06-30', null, 'won');
select set_eq('select entity_key, channel_name, outcome_name, first_rate from way.few_touches', $$values ('ann', 'a', 'won', 1::float8), (' ', 'no touch', 'won', 1)$$, 'keys of text; a win without a touch');
select lives_ok($$select attribution_create_views('zoned', 'way.rows', 'who', 'seen', 'what', 'became', definition => '{"time_zone": "Asia/Shanghai"}', target_schema => 'way')$$, 'the zone may stand in the definition');
select throws_ok(format('select attribution_create_views(''bad'', ''way.rows'', ''who'', ''seen'', ''what'', ''became'', target_schema => ''way'', %s)', arguments), code, message, arguments) from (values
	('as_of => null', '22004', 'argument time_zone is missing'), ('time_zone => ''UTC'', row_count => 0', '22023', 'row_count must be at least 1'), ('time_zone => ''UTC'', amount => ''what''', '42804', null)) t(arguments, code, message);
select * from finish();
rollback;
