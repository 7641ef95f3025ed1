-- deal: histories, movements and bridges against slow SQL over random logs, with unset fields, ties in one instant,
-- reopenings, several names for won and lost, names in no list.
begin;
set local search_path = public, revops;
set local timezone = 'UTC';
select no_plan();

select setseed(0.18);
create temp table change as
select deal, at, stage, amount, close_on, row_number() over () as n
from (select deal, timestamptz '2024-11-20 00:00Z' + make_interval(days => deal % 97) + make_interval(hours => (random() * 4000 * power(random(), 3))::int) as at,
		case when random() < 0.7 then (array['lead', 'sql', 'proposal', 'won', 'signed', 'lost', 'dead', 'trash', 'Junk', 'lead', 'sql', 'proposal'])[1 + floor(random() * 12)] end as stage,
		case when random() < 0.6 then (array[0, 100, 100.00, 250.5, 4000, 17.125])[1 + floor(random() * 6)] end as amount,
		case when random() < 0.15 then date 'infinity' when random() < 0.5 then date '2024-12-15' + (random() * 200)::int end as close_on
	from generate_series(1, 150) deal, generate_series(1, 1 + deal % 9)) r;
-- times are midnights and hours, and some come again in the same instant
insert into change select deal, at, (array['lead', 'won', 'trash', null])[1 + floor(random() * 4)], case when random() < 0.5 then 100.0 end, case when random() < 0.5 then date '2025-03-31' end, n + 100000
from change where n % 4 = 0;

create temp table pipe (p text, def pipeline_def, zone text);
insert into pipe values
	('utc', pipeline('{lead,sql,proposal}', '{won,signed}', '{lost,dead}'), 'UTC'),
	('shanghai', pipeline('{lead,sql,proposal}', '{won,signed}', '{lost,dead}', 'Asia/Shanghai'), 'Asia/Shanghai'),
	('new york', pipeline('{proposal,lead,sql}', '{signed,won}', '{}', 'America/New_York'), 'America/New_York');
create temp table deal as select deal, deal_agg(at, stage, amount, close_on) as s from change group by deal;

-- the oracle: one row per instant, fields carried on
create temp table place as
select p, stage, place, case when o <= jsonb_array_length(def::jsonb -> 'open') then 'open' when o <= jsonb_array_length(def::jsonb -> 'open') + jsonb_array_length(def::jsonb -> 'lost') then 'lost' else 'won' end as kind
from pipe, jsonb_array_elements_text((def::jsonb -> 'open') || (def::jsonb -> 'lost') || (def::jsonb -> 'won')) with ordinality l (stage, o), lateral (select o as place) x;
create temp table instant as
select p, deal, at, (array_agg(c.stage order by place desc nulls last, c.stage collate "C" desc) filter (where c.stage is not null and place is not null)
		|| array_agg(c.stage order by c.stage collate "C" desc) filter (where c.stage is not null and place is null))[1] as stage,
	max(amount) as amount, max(close_on) as close_on
from pipe cross join change c left join place using (p, stage)
where c.stage is not null or amount is not null or close_on is not null group by p, deal, at;
create index on instant (p, deal, at);
analyze instant;
create temp table known as
select p, deal, at,
	(select i.stage from instant i where (i.p, i.deal) = (k.p, k.deal) and i.at <= k.at and i.stage is not null order by i.at desc limit 1) as stage,
	coalesce((select i.amount from instant i where (i.p, i.deal) = (k.p, k.deal) and i.at <= k.at and i.amount is not null order by i.at desc limit 1), 0) as amount,
	nullif((select i.close_on from instant i where (i.p, i.deal) = (k.p, k.deal) and i.at <= k.at and i.close_on is not null order by i.at desc limit 1), 'infinity') as close_on
from instant k;
create index on known (p, deal, at);
analyze known;
alter table known add kind text, add since timestamptz;
update known set kind = case when stage is null then 'none' else coalesce((select kind from place where (place.p, place.stage) = (known.p, known.stage)), 'removed') end;
update known k set since = (select min(i.at) from known i where (i.p, i.deal) = (k.p, k.deal) and i.at <= k.at
	and not exists (select from known b where (b.p, b.deal) = (k.p, k.deal) and b.at between i.at and k.at and b.stage is distinct from k.stage)) where stage is not null;

create temp table looked as
select p, deal, day, k.*
from pipe, (select deal, date '2024-11-15' + g * 9 as day from deal, generate_series(0, 30) g) d left join lateral
	(select at, stage, amount, close_on, kind, since from known k where (k.p, k.deal) = (pipe.p, d.deal) and k.at < (day + 1)::timestamp at time zone zone order by k.at desc limit 1) k on true;
select is_empty($$ select l.*, o.* from looked l join deal using (deal) join pipe using (p), deal_on(s, def, day) o
	where (o.stage, o.amount, o.close_on, o.stage_since, o.changed_at) is distinct from (l.stage, l.amount, l.close_on, l.since, l.at) $$, 'deal_on, on 31 days in three zones');
select cmp_ok(count(*) filter (where kind = 'open'), '>', 1500::bigint, 'deals are open, too') from looked;

-- movements by the ends of each period alone
create function pg_temp.length_of(grain text) returns interval immutable language sql as $$ select case grain when 'quarter' then '3 months' else '1 ' || grain end::interval $$;
create function pg_temp.moves(grain text, closing daterange) returns table (p text, deal int, period date, movement text, amount numeric, later int, later_amount numeric, opening boolean, opening_amount numeric) language sql as $$
	with span as (select p, zone, g::date as period, least((g + pg_temp.length_of(grain))::date, date '2025-06-11') as ends
			from pipe, generate_series(date_trunc(grain, timestamp '2025-01-08'), timestamp '2025-06-10', pg_temp.length_of(grain)) g),
	ends as (select s.*, deal, a, e, coalesce((a).kind = 'open' and (closing is null or closing @> (a).close_on), false) as was_in,
			coalesce((e).kind = 'open' and (closing is null or closing @> (e).close_on), false) as is_in,
			exists (select from known k where (k.p, k.deal) = (s.p, d.deal) and k.at < s.period::timestamp at time zone zone and k.kind in ('open', 'won', 'lost')) as was_listed,
			(select (min(k.at) at time zone zone)::date from known k where (k.p, k.deal) = (s.p, d.deal) and k.at <= (e).at and k.kind = 'won'
				and not exists (select from known b where (b.p, b.deal) = (k.p, k.deal) and b.at between k.at and (e).at and b.kind <> 'won')) as won_day
		from span s cross join deal d
			left join lateral (select k as a from known k where (k.p, k.deal) = (s.p, d.deal) and k.at < s.period::timestamp at time zone zone order by at desc limit 1) b on true
			left join lateral (select k as e from known k where (k.p, k.deal) = (s.p, d.deal) and k.at < s.ends::timestamp at time zone zone order by at desc limit 1) c on true),
	named as (select *, case when not was_listed then 'created' when (a).kind <> 'open' then 'reopened'
				when (a).close_on < lower(closing) then 'pushed_in' else 'pulled_in' end as entry,
			case when (e).kind <> 'open' then (e).kind when (e).close_on < lower(closing) then 'pulled_out' else 'pushed_out' end as exit,
			not was_in and (e).kind = 'won' and (a).kind is distinct from 'won' and (closing is null or closing @> won_day) as booked,
			not was_in and (e).kind = 'lost' and not was_listed and (closing is null or coalesce(closing @> (e).close_on, false)) as came_and_went
		from ends)
	select p, deal, period, m.movement, m.amount, case when later > 0 then 1 when later < 0 then -1 end, (e).amount, was_in, (a).amount
	from named, lateral (select case when (a).kind = 'open' and (e).kind = 'open' then (e).close_on - (a).close_on end as later) l left join lateral (
		select case when (e).amount > (a).amount then 'increased' else 'decreased' end as movement, (e).amount - (a).amount as amount where was_in and (e).amount <> (a).amount
		union all select exit, -(e).amount where was_in and not is_in
		union all select entry, (e).amount where not was_in and (is_in or booked or came_and_went)
		union all select (e).kind, -(e).amount where booked or came_and_went) m on true
$$;
create temp table asked (q int, grain text, closing daterange);
insert into asked values (1, 'month', null), (2, 'quarter', '[2025-01-01,2025-04-01)'), (3, 'week', '[2025-02-10,2025-05-20)'), (4, 'month', '[2025-03-01,)'), (5, 'day', '(,2025-03-01)'), (6, 'year', '[2025-01-01,2026-01-01)');
create temp table expected as select q, m.* from asked, pg_temp.moves(grain, closing) m;
create temp table got as
select q, p, deal, m.* from asked, pipe, deal, deal_movements(s, def, grain, '2025-01-08', '2025-06-11', closing) m;
select is_empty($$ (select q, p, deal, period, movement, amount from expected where movement is not null except all select q, p, deal, period, movement, amount from got)
	union all (select q, p, deal, period, movement, amount from got except all select q, p, deal, period, movement, amount from expected) $$, 'deal_movements, by five grains and six windows');
select is(count(distinct movement), 11::bigint, 'all kinds of movements are among them') from got;
select is_empty($$ select * from got join pipe using (p) join deal using (deal) join asked using (q),
		deal_on(s, def, (period - 1)) b, deal_on(s, def, least(period + pg_temp.length_of(grain), '2025-06-11')::date - 1) a
	where (amount_before, amount_after, stage_before, stage_after, close_before, close_after) is distinct from (b.amount, a.amount, b.stage, a.stage, b.close_on, a.close_on) $$, 'the ends beside are those of deal_on');

create temp table bridge as
select q, p, deal % 3 as team, pipeline_bridge_agg(s, def, grain, '2025-01-08', '2025-06-11', closing) as b from asked, pipe, deal group by 1, 2, 3;
create temp table bridge_row as select q, p, team, r.* from bridge, pipeline_bridge_rows(b) r;
create temp table bridge_oracle as
select q, p, deal % 3 as team, period, coalesce(sum(opening_amount) filter (where opening and n = 1), 0) as opening,
	coalesce(sum(amount) filter (where movement = 'created'), 0) as created, coalesce(sum(amount) filter (where movement = 'reopened'), 0) as reopened, coalesce(sum(amount) filter (where movement = 'pulled_in'), 0) as pulled_in,
	coalesce(sum(amount) filter (where movement = 'pushed_in'), 0) as pushed_in, coalesce(sum(amount) filter (where movement = 'increased'), 0) as increased, coalesce(sum(amount) filter (where movement = 'decreased'), 0) as decreased,
	coalesce(sum(amount) filter (where movement = 'pulled_out'), 0) as pulled_out, coalesce(sum(amount) filter (where movement = 'pushed_out'), 0) as pushed_out, coalesce(sum(amount) filter (where movement = 'won'), 0) as won,
	coalesce(sum(amount) filter (where movement = 'lost'), 0) as lost, coalesce(sum(amount) filter (where movement = 'removed'), 0) as removed,
	count(*) filter (where opening and n = 1) as deals_opening, count(*) filter (where movement = 'created') as deals_created, count(*) filter (where movement = 'reopened') as deals_reopened, count(*) filter (where movement = 'pulled_in') as deals_pulled_in,
	count(*) filter (where movement = 'pushed_in') as deals_pushed_in, count(*) filter (where movement = 'increased') as deals_increased, count(*) filter (where movement = 'decreased') as deals_decreased,
	count(*) filter (where movement = 'pulled_out') as deals_pulled_out, count(*) filter (where movement = 'pushed_out') as deals_pushed_out, count(*) filter (where movement = 'won') as deals_won,
	count(*) filter (where movement = 'lost') as deals_lost, count(*) filter (where movement = 'removed') as deals_removed,
	count(*) filter (where later = 1 and n = 1) as deals_later, count(*) filter (where later = -1 and n = 1) as deals_earlier,
	coalesce(sum(later_amount) filter (where later = 1 and n = 1), 0) as amount_later, coalesce(sum(later_amount) filter (where later = -1 and n = 1), 0) as amount_earlier
from (select *, row_number() over (partition by q, p, deal, period) as n from expected) e group by 1, 2, 3, 4;
select is_empty($$ select * from bridge_row r full join bridge_oracle o using (q, p, team, period) where
	(r.opening, r.created, r.reopened, r.pulled_in, r.pushed_in, r.increased, r.decreased, r.pulled_out, r.pushed_out, r.won, r.lost, r.removed, r.deals_opening, r.deals_created, r.deals_reopened, r.deals_pulled_in, r.deals_pushed_in,
		r.deals_increased, r.deals_decreased, r.deals_pulled_out, r.deals_pushed_out, r.deals_won, r.deals_lost, r.deals_removed, r.deals_later, r.deals_earlier, r.amount_later, r.amount_earlier) is distinct from
	(o.opening, o.created, o.reopened, o.pulled_in, o.pushed_in, o.increased, o.decreased, o.pulled_out, o.pushed_out, o.won, o.lost, o.removed, o.deals_opening, o.deals_created, o.deals_reopened, o.deals_pulled_in, o.deals_pushed_in,
		o.deals_increased, o.deals_decreased, o.deals_pulled_out, o.deals_pushed_out, o.deals_won, o.deals_lost, o.deals_removed, o.deals_later, o.deals_earlier, o.amount_later, o.amount_earlier) $$, 'the bridge, group by group');
select is_empty($$ select *, lead(opening) over w, lead(deals_opening) over w from bridge_row r
	where opening + created + reopened + pulled_in + pushed_in + increased + decreased + pulled_out + pushed_out + won + lost + removed <> closing
		or deals_opening + deals_created + deals_reopened + deals_pulled_in + deals_pushed_in - deals_pulled_out - deals_pushed_out - deals_won - deals_lost - deals_removed <> deals_closing
	window w as (partition by q, p, team order by period) $$, 'each period foots');
select is_empty($$ select * from (select *, lead(opening) over w as next, lead(deals_opening) over w as deals_next from bridge_row window w as (partition by q, p, team order by period)) r where next <> closing or deals_next <> deals_closing $$, 'and opens where the one before closed');
select is_empty($$ select q, p from bridge_row join asked using (q), lateral (select sum(o.amount) as a, count(*) as n from pipe, deal, deal_on(s, def, least(period + pg_temp.length_of(grain), '2025-06-11')::date - 1) o
		join place on place.stage = o.stage and place.kind = 'open' where pipe.p = bridge_row.p and place.p = pipe.p and deal % 3 = team and (asked.closing is null or asked.closing @> o.close_on)) x
	where q in (1, 2) and (coalesce(x.a, 0), x.n) is distinct from (bridge_row.closing, deals_closing) $$, 'and closes with what deal_on shows');

-- any split, any order, stored or not: the same bits
create temp table whole as select deal, revops_internal.deal_state_send(s) as b, s::text as t from deal;
select is_empty($$ select * from whole join (select deal, deal_merge(s order by random()) as s from (
		select deal, case when random() < 0.3 then deal_agg(at, stage, amount, close_on order by random())::text::deal_state else deal_agg(at, stage, amount, close_on) end as s from change group by deal, n % 3
		union all select deal, null from deal union all select deal, s from deal where deal % 2 = 0) x group by deal) m using (deal)
	where b is distinct from revops_internal.deal_state_send(m.s) or t is distinct from m.s::text $$, 'deal_state: merged in any split');
select is_empty($$ select * from (select q, p, pipeline_bridge_merge(b order by random()) as m from (select q, p, b from bridge union all select q, p, null from bridge) x group by q, p) x
	join (select q, p, pipeline_bridge_agg(s, def, grain, '2025-01-08', '2025-06-11', closing order by random()) as b from asked, pipe, deal group by 1, 2) y using (q, p)
	where revops_internal.pipeline_bridge_send(m) is distinct from revops_internal.pipeline_bridge_send(b) or m <> b or m::text::pipeline_bridge <> b or m::jsonb::text::pipeline_bridge <> b $$, 'pipeline_bridge: merged in any split');
select is_empty($$ select q from (select q, p, pipeline_bridge_agg(s, def, grain, '2025-01-08', '2025-06-11') as a, pipeline_bridge_agg(s, def, grain, '2025-01-08', '2025-06-11', null) as b from asked, pipe, deal where closing is null group by 1, 2) x where a <> b $$, 'closing NULL is none');

-- a bound that is endless is none
select is_empty($$ select r from (values (daterange '[-infinity,infinity]', daterange '(,)'), ('[2025-02-01,infinity]', '[2025-02-01,)'), ('[-infinity,2025-02-01)', '(,2025-02-01)')) w (r, bound),
		lateral (select pipeline_bridge_agg(s, def, 'month', '2025-01-08', '2025-06-11', r) as a, pipeline_bridge_agg(s, def, 'month', '2025-01-08', '2025-06-11', bound) as b from pipe, deal where p = 'utc') x
	where a <> b or a::text::pipeline_bridge <> b $$, 'closing from -infinity until infinity');

-- amounts beyond 128 bits, sums that reach them, and scales of all kinds
create temp table wide as
select n, a, b, deal_agg(at, stage, amount, null) as s
from (select n, (array[1e38, 9.9e37, 170141183460469231731687303715884105727, 1e40, 0.1, 1e-38, 7.50, 0])[1 + n % 8] as a, (array[0.10, 1e38, 3, 1e40 + 0.01, 1e-40])[1 + n % 5] as b from generate_series(1, 60) n) x,
	lateral (values (timestamptz '2024-12-01 00:00Z', 'lead', a), ('2025-01-10 00:00Z', null, b), ('2025-02-10 00:00Z', case n % 3 when 0 then 'won' when 1 then 'lost' end, null)) c (at, stage, amount)
group by n, a, b;
create temp table wide_bridge as select n % 7 as part, pipeline_bridge_agg(s, pipeline('{lead}'), 'month', '2025-01-01', '2025-03-01') as b from wide group by 1;
select results_eq('select opening, increased, decreased, won, lost, closing from (select pipeline_bridge_merge(b order by random()) as b from wide_bridge) x, pipeline_bridge_rows(b)',
	$$ select sum(a), sum(greatest(b - a, 0)), sum(least(b - a, 0)), 0::numeric, 0::numeric, sum(b) from wide
	union all select sum(b), 0, 0, -sum(b) filter (where n % 3 = 0), -sum(b) filter (where n % 3 = 1), sum(b) filter (where n % 3 = 2) from wide $$, 'amounts of any size, to the last digit');
select is(count(distinct m), 1::bigint, 'the same bits in any order') from (
	select pipeline_bridge_merge(b order by random()) as m from wide_bridge union all select pipeline_bridge_merge(b::text::pipeline_bridge order by part) from wide_bridge
	union all select pipeline_bridge_agg(s, pipeline('{lead}'), 'month', '2025-01-01', '2025-03-01' order by random()) from wide union all select m::text::pipeline_bridge from (select pipeline_bridge_merge(b) as m from wide_bridge) y) x;
select is(forecast_summary(f)::text, '(60,0,' || sum(a) || ',0,' || sum(a * 0.5) || ',0,' || sum(a) || ',' || (forecast_summary(f)).deviation || ')', 'also of a forecast') from wide, (select forecast_agg(a, 0.5) as f from wide) x group by f;
select ok(q.amount between 0 and sum(a) and forecast_reach(f, q.amount) >= 0.5, 'and its quantiles') from wide, (select forecast_agg(a, 0.5) as f from wide) x, forecast_quantiles(f, '{0.5}') q group by f, q.amount;

-- bare times are UTC's
select is(deal_agg('2025-01-10 09:00'::timestamp, 'lead', 1, null), deal_agg('2025-01-10 09:00Z'::timestamptz, 'lead', 1, null), 'timestamp');
select is(deal_agg('2025-01-10'::date, 'lead', 1, null), deal_agg('2025-01-10 00:00Z'::timestamptz, 'lead', 1, null), 'date');

-- the rules, one by one
select is((deal_agg(now(), null, null, null))::text, null, 'three NULLs say nothing');
select is((deal_agg(null::timestamptz, 'lead', 1, '2025-01-01'))::text, null, 'a NULL time skips the row');
select is((deal_agg(now(), 'lead', 1, null) filter (where false))::text, null, 'no rows give NULL');
select is(deal_on(deal_agg('2025-01-10'::date, null, 7.50, 'infinity'), pipeline('{lead}'), '2025-01-10')::text, '(,7.50,,,"2025-01-10 00:00:00+00")', 'no stage yet, no date any more');
select is(deal_on(deal_agg('2025-01-10'::date, 'lead', 7.50, null), pipeline('{lead}'), '2025-01-09')::text, '(,,,,)', 'before the first row');
select is(deal_on(deal_agg('2025-01-10'::date, 'lead', null, null), pipeline('{lead}'), '2025-01-10')::text, '(lead,0,,"2025-01-10 00:00:00+00","2025-01-10 00:00:00+00")', 'an amount that was never set is 0');
select is(string_agg(concat_ws(' ', movement, m.amount, amount_before, amount_after, stage_before, stage_after), '; ') filter (where movement is not null), what, rows) from (values
	('[["2025-01-05T00:00:00+00:00", "lead", 100, null], ["2025-01-20T00:00:00+00:00", "won", 120, null]]', 'created 120 120 won; won -120 120 won'),
	('[["2024-12-05T00:00:00+00:00", "lead", 100, null], ["2025-01-20T00:00:00+00:00", "won", 120, null]]', 'increased 20 100 120 lead won; won -120 100 120 lead won'),
	('[["2024-12-05T00:00:00+00:00", "won", 100, null], ["2025-01-20T00:00:00+00:00", "signed", 120, null]]', null),
	('[["2024-12-05T00:00:00+00:00", "won", 100, null], ["2025-01-20T00:00:00+00:00", "lead", null, null], ["2025-01-21T00:00:00+00:00", "won", 50, null]]', null),
	('[["2024-12-05T00:00:00+00:00", "lost", 100, null], ["2025-01-20T00:00:00+00:00", "lead", null, null]]', 'reopened 100 100 100 lost lead'),
	('[["2024-12-05T00:00:00+00:00", "lost", 100, null], ["2025-01-20T00:00:00+00:00", "won", null, null]]', 'reopened 100 100 100 lost won; won -100 100 100 lost won'),
	('[["2025-01-05T00:00:00+00:00", "lead", 100, null], ["2025-01-20T00:00:00+00:00", "lost", null, null]]', 'created 100 100 lost; lost -100 100 lost'),
	('[["2025-01-05T00:00:00+00:00", "lead", 100, null], ["2025-01-20T00:00:00+00:00", "trash", null, null]]', null),
	('[["2024-12-05T00:00:00+00:00", "trash", 100, null], ["2025-01-20T00:00:00+00:00", "lead", null, null]]', 'created 100 100 100 trash lead'),
	('[["2024-12-05T00:00:00+00:00", "lead", 100.5, null], ["2025-01-20T00:00:00+00:00", "trash", null, null]]', 'removed -100.5 100.5 100.5 lead trash')) t(rows, what)
	left join lateral deal_movements(format('{"rows": %s}', rows)::deal_state, pipeline('{lead}', '{won,signed}'), 'month', '2025-01-01', '2025-02-01') m on true group by rows, what;

-- errors
select throws_ok(call, code, message, call) from (values
	('select pipeline(''{}'')', '22023', 'a pipeline must name at least one open stage'),
	('select pipeline(null)', '22023', 'a pipeline must name at least one open stage'),
	('select pipeline(''{a}'', ''{}'')', '22023', 'a pipeline must name at least one won stage'),
	('select pipeline(''{a,a}'')', '22023', 'duplicate stage "a"'),
	('select pipeline(''{a,won}'')', '22023', 'duplicate stage "won"'),
	('select pipeline(''{a}'', ''{b}'', ''{b}'')', '22023', 'duplicate stage "b"'),
	('select pipeline(''{a,null}'')', '22004', 'a stage must not be NULL'),
	('select pipeline(''{a," "}'')', '22023', 'a stage must have a name'),
	('select pipeline(''{{a,b}}'')', '2202E', 'open must be a one-dimensional array'),
	('select pipeline(''{a}'', time_zone => ''UTC+8'')', '22023', '"UTC+8" is an offset, not the name of a time zone'),
	('select pipeline(array(select n::text from generate_series(1, 1001) n))', '54000', 'a pipeline has at most 1000 stages'),
	('select deal_agg(''infinity''::timestamptz, ''a'', 1, null)', '22008', 'at must be a finite time'),
	('select deal_agg(now(), ''a'', -1, null)', '22023', 'amount must not be negative'),
	('select deal_agg(now(), ''a'', ''NaN'', null)', '22003', 'amount must be a finite number'),
	('select deal_agg(now(), ''a'', 1, ''-infinity'')', '22023', 'close_on must not be -infinity'),
	('select deal_on(''{"rows": []}'', pipeline(''{a}''), ''infinity'')', '22008', 'on_date must be a finite date'),
	('select deal_movements(''{"rows": []}'', pipeline(''{a}''), ''hour'', ''2025-01-01'', ''2025-02-01'')', '22023', 'unknown grain "hour"'),
	('select deal_movements(''{"rows": []}'', pipeline(''{a}''), ''month'', ''2025-03-01'', ''2025-02-01'')', '22023', 'from_date lies after until_date'),
	('select deal_movements(''{"rows": []}'', pipeline(''{a}''), ''month'', ''2025-01-01'', ''2025-02-01'', ''empty'')', '22023', 'closing must not be empty'),
	('select deal_movements(''{"rows": []}'', pipeline(''{a}''), ''month'', ''2025-01-01'', ''2025-02-01'', ''[infinity,infinity]'')', '22023', 'closing must not be empty'),
	('select deal_movements(''{"rows": []}'', pipeline(''{a}''), ''month'', ''2025-01-01'', ''2025-02-01'', ''[-infinity,-infinity]'')', '22023', 'closing must not be empty'),
	('select deal_agg(timestamptz ''infinity'', null, null, null)', '22008', 'at must be a finite time'),
	('select deal_agg(date ''infinity'', null, null, null)', '22008', 'at must be a finite date'),
	('select pipeline_bridge_agg(s, null, ''month'', ''2025-01-01'', ''2025-02-01'') from deal', '22004', 'the pipeline of pipeline_bridge_agg must not be NULL'),
	('select pipeline_bridge_agg(s, pipeline(''{a}''), case when deal > 3 then ''week'' else ''month'' end, ''2025-01-01'', ''2025-02-01'') from deal', '22023', 'the parameters of pipeline_bridge_agg must be the same in every row'),
	('select pipeline_bridge_agg(s, pipeline(array[''a'' || deal]), ''month'', ''2025-01-01'', ''2025-02-01'') from deal', '22023', 'the parameters of pipeline_bridge_agg must be the same in every row'),
	('select pipeline_bridge_merge(b) from bridge', '22023', 'values of type pipeline_bridge over different questions do not merge')) t(call, code, message);

-- golden bytes: text and binary of each type
select is(pipeline('{lead,sql}', '{won}', '{lost}', 'Asia/Shanghai')::text, '{"open": ["lead", "sql"], "lost": ["lost"], "won": ["won"], "time_zone": "Asia/Shanghai"}', 'pipeline_def: text');
select is(encode(revops_internal.pipeline_def_send(pipeline('{lead,sql}')), 'hex'), '010000000355544300000002000000046c6561640000000373716c00000001000000046c6f73740000000100000003776f6e', 'pipeline_def: bytes');
select is('{"open": ["lead", "sql"]}'::pipeline_def, pipeline('{lead,sql}'), 'the usual names of won and lost');
select is(deal_agg(at::timestamptz, stage, a, c::date)::text, '{"rows": [["2025-01-10T09:00:00+00:00", "lead", 100.50, "2025-06-30"], ["2025-02-01T00:00:00+00:00", null, null, "infinity"]]}', 'deal_state: text')
from (values ('2025-01-10 09:00Z', 'lead', 100.50, '2025-06-30'), ('2025-02-01 00:00Z', null, null, 'infinity'), ('2025-01-10 09:00Z', 'lead', 100.50, '2025-06-30')) t(at, stage, a, c);
select is(encode(revops_internal.deal_state_send('{"rows": [["2025-01-10T09:00:00+00:00", "lead", 100.50, "2025-06-30"], ["2025-02-01T00:00:00+00:00", null, null, "infinity"]]}'), 'hex'),
	'01000000020002ce551697a40007000000046c6561640000000c000200000000000200641388000024600002d0081be92000047fffffff', 'deal_state: bytes');
select is(pipeline_bridge_agg('{"rows": [["2025-01-10T09:00:00+00:00", "lead", 100.50, "2025-06-30"], ["2025-02-01T00:00:00+00:00", "won", null, null]]}'::deal_state, pipeline('{lead}'), 'month', '2025-01-01', '2025-03-01', '[2025-01-01,)')::text,
	'{"pipeline": {"open": ["lead"], "lost": ["lost"], "won": ["won"]}, "grain": "month", "from_date": "2025-01-01", "until_date": "2025-03-01", "closing": ["2025-01-01", null], "deals_opening": 0, '
	'"deals_created": [1, 0], "deals_reopened": [0, 0], "deals_pulled_in": [0, 0], "deals_pushed_in": [0, 0], "deals_increased": [0, 0], "deals_decreased": [0, 0], "deals_pulled_out": [0, 0], "deals_pushed_out": [0, 0], "deals_won": [0, 1], "deals_lost": [0, 0], "deals_removed": [0, 0], "deals_later": [0, 0], "deals_earlier": [0, 0], '
	'"opening": 0, "created": [100.50, 0], "reopened": [0, 0], "pulled_in": [0, 0], "pushed_in": [0, 0], "increased": [0, 0], "decreased": [0, 0], "pulled_out": [0, 0], "pushed_out": [0, 0], "won": [0, -100.50], "lost": [0, 0], "removed": [0, 0], "later": [0, 0], "earlier": [0, 0]}', 'pipeline_bridge: text');
select is(md5(revops_internal.pipeline_bridge_send(pipeline_bridge_agg('{"rows": [["2025-01-10T09:00:00+00:00", "lead", 100.50, "2025-06-30"], ["2025-02-01T00:00:00+00:00", "won", null, null]]}'::deal_state, pipeline('{lead}'), 'month', '2025-01-01', '2025-03-01', '[2025-01-01,)'))), 'f402211986e644801ddd5105c75b8022', 'pipeline_bridge: bytes');

select * from finish();
rollback;
