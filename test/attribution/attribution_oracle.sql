-- attribution: journeys, the rules, channels, paths and moves against slow, obvious SQL; chains by
-- iteration; Shapley values by definition; intervals by resampling; splits.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.42);

-- 500 customers with ties, repeats, NULLs, ends without a touch
create temp table rows as
select (random() * 250)::int as entity, timestamptz '2024-01-01' + (random() * 400)::int * interval '1 day' as at,
	case when random() < 0.85 then (array['agent', 'expo', 'direct', 'mail', 'search', 'Ad', '客户'])[1 + floor(random() * random() * 7)::int] end as channel,
	case when random() < 0.12 then 'won' when random() < 0.12 then 'lost' end as outcome, case when random() < 0.8 then round((random() * 1000)::numeric, 2) end as amount
from generate_series(1, 1250);
insert into rows select entity, at, channel, outcome, amount from rows where random() < 0.05;
insert into rows values (1, null, 'agent', 'won', 5), (2, '2024-05-01', null, null, 7);

-- the journeys of all customers, one row per touch: as section "Journeys" of the docs says it
create function pg_temp.cut(lookback interval, within interval, idle interval, repeats text, reuse boolean, as_of date)
returns table (entity int, j bigint, outcome text, began timestamptz, ended timestamptz, amount numeric, k bigint, at timestamptz, channel text)
language sql as $$
with known as (
	select r.* from rows r where r.at < (as_of + 1)::timestamp at time zone 'UTC'
), ends as (
	select k.entity, k.at, k.outcome, case when k.outcome = 'won' then coalesce(k.amount, 0) end as amount,
		row_number() over w as j, lag(k.at) over w as before
	from known k where k.outcome is not null
	window w as (partition by k.entity order by k.at, k.outcome = 'lost', coalesce(k.amount, 0) desc)
), touches as (
	select k.entity, k.at, k.channel, row_number() over (order by k.entity, k.at, k.channel collate "C") as n from known k where k.channel is not null
), quiet as (
	select t.entity, max(t.at) as last from touches t
	where t.at > all (select e.at from ends e where e.entity = t.entity) group by t.entity
), journeys as (
	select e.entity, e.j, e.outcome, e.at as ended, e.at as seen, e.amount, case when not reuse then e.before end as before from ends e
	union all
	select q.entity, (select count(*) + 1 from ends e where e.entity = q.entity),
		case when q.last + idle < (as_of + 1)::timestamp at time zone 'UTC' then 'lost' else 'open' end,
		case when q.last + idle < (as_of + 1)::timestamp at time zone 'UTC' then q.last + idle end,
		case when q.last + idle < (as_of + 1)::timestamp at time zone 'UTC' then q.last + idle else (as_of + 1)::timestamp at time zone 'UTC' - interval '1 microsecond' end,
		null, (select max(e.at) from ends e where e.entity = q.entity)
	from quiet q
), touched as (
	select y.*, t.at, t.channel, t.n, lag(t.channel) over (partition by y.entity, y.j order by t.n) as previous,
		row_number() over (partition by y.entity, y.j, t.channel order by t.n) as nth
	from journeys y
		left join touches t on t.entity = y.entity and t.at <= y.seen and (y.before is null or t.at > y.before) and (lookback is null or t.at + lookback >= y.seen)
), kept as (
	select t.*, min(t.at) over (partition by t.entity, t.j) as began
	from touched t
	where case repeats when 'keep' then true when 'once' then t.nth = 1 else t.previous is distinct from t.channel or t.channel is null end
)
select k.entity, k.j, case when within is null then k.outcome when k.outcome = 'won' and k.ended <= coalesce(k.began, k.ended) + within then 'won' else 'lost' end,
	k.began, case when k.outcome = 'open' and within is not null then k.began + within else k.ended end,
	case when within is null or k.ended <= coalesce(k.began, k.ended) + within then k.amount end,
	case when k.channel is not null then row_number() over (partition by k.entity, k.j order by k.n) end, k.at, k.channel
from kept k
where not (k.outcome = 'open' and k.channel is null)
	and (within is null or coalesce(k.began, k.ended) + within < (as_of + 1)::timestamp at time zone 'UTC')
$$;

create temp table definitions as
select row_number() over () as d, l.lookback, w.within, i.idle, p.repeats, u.reuse, y.as_of,
	attribution(lookback => l.lookback, half_life => '20 days', direct => '{direct,mail}', repeats => p.repeats, reuse => u.reuse, within => w.within, idle => i.idle) as def
from (values (null::interval), ('40 days'), ('1 month'), ('0')) l(lookback), (values (null::interval), ('60 days')) w(within), (values (null::interval), ('90 days')) i(idle),
	(values ('keep'), ('collapse'), ('once')) p(repeats), (values (false), (true)) u(reuse), (values (date '2024-09-30'), ('2025-06-30')) y(as_of);
delete from definitions where d % 7 <> 1;
create temp table journeys as select entity, journey_agg(at, channel, outcome, amount) as journey from rows group by entity;
create temp table seen as
select d.d, j.entity, r.* from definitions d, journeys j, journey_rows(j.journey, d.def, d.as_of) r;
create temp table told as
select d.d, c.* from definitions d, pg_temp.cut(d.lookback, d.within, d.idle, d.repeats, d.reuse, d.as_of) c;
select is(count(*) > 5000, true, 'there is something to compare') from seen;
select is((select count(*) from ((select d, entity, journey_index::bigint, outcome, began_at, ended_at, amount, touch_index::bigint, at, channel from seen
		except all select * from told) union all
	(select * from told except all select d, entity, journey_index::bigint, outcome, began_at, ended_at, amount, touch_index::bigint, at, channel from seen)) x), 0::bigint,
	'journeys are what SQL makes of the rows');

-- the rules, touch by touch
create temp table shares as
select d, entity, j, k, channel, amount,
	case when k is null then 1 else (k = 1)::int end as first, case when k is null then 1 else (k = n)::int end as last,
	case when k is null then 1 else (k = coalesce(max(k) filter (where channel not in ('direct', 'mail')) over w, n))::int end as last_non_direct,
	1.0 / greatest(n, 1) as linear,
	case when n <= 1 then 1 when n = 2 then 0.5 when k in (1, n) then 0.4 else 0.2 / (n - 2) end as position,
	case when k is null then 1 else power(2::float8, -extract(epoch from ended - at)::float8 / 86400 / 20) / sum(power(2::float8, -extract(epoch from ended - at)::float8 / 86400 / 20)) over w end as time_decay
from (select *, count(k) over (partition by d, entity, j) as n from told where outcome = 'won') t
window w as (partition by d, entity, j);
select is((select count(*) from seen s left join shares t on (t.d, t.entity, t.j, coalesce(t.k, 0)) = (s.d, s.entity, s.journey_index, coalesce(s.touch_index, 0))
	where s.outcome = 'won' and (abs(s.first_share - t.first) + abs(s.last_share - t.last) + abs(s.last_non_direct_share - t.last_non_direct) + abs(s.linear_share - t.linear)
		+ abs(s.position_share - t.position) + abs(s.time_decay_share - t.time_decay) < 1e-12) is not true), 0::bigint, 'and so are the shares of each touch');
select is(count(*), 0::bigint, 'which only wins have') from seen where (outcome <> 'won') = (first_share is not null);

-- credits and amounts of the six rules and of two more, summed up
create temp table stats as
select d.d, attribution_agg(j.journey, d.def, d.as_of) as stats from definitions d, journeys j group by d.d;
create temp table answers as select d, r.* from stats, attribution_rows(stats) r;
create temp table expected as
select d, model, channel, sum(share) as credit, sum(amount * share::numeric) as amount
from (
	select s.d, m.model, s.channel, s.amount, m.share from shares s, lateral (values ('first', s.first::float8), ('last', s.last), ('last_non_direct', s.last_non_direct),
		('linear', s.linear), ('position', s.position), ('time_decay', s.time_decay)) m(model, share)
	union all
	select d, m.model, channel, amount, case m.model when 'participation' then 1 else 1.0 / count(*) over (partition by d, m.model, entity, j) end
	from (select distinct d, entity, j, channel, amount from shares) s, (values ('participation'), ('shapley')) m(model)
) x
group by d, model, channel;
select is((select count(*) from expected e left join answers a on (a.d, a.model) = (e.d, e.model) and a.channel is not distinct from e.channel
	where (abs(a.credit - e.credit) < 1e-8) is not true), 0::bigint, 'credits are the sums of the shares');
select is((select count(*) from expected e left join answers a on (a.d, a.model) = (e.d, e.model) and a.channel is not distinct from e.channel
	where (abs(a.amount - e.amount) < 0.011) is not true), 0::bigint, 'and amounts, to the cent that rounding moves');
select is((select count(*) from answers a left join expected e on (a.d, a.model) = (e.d, e.model) and a.channel is not distinct from e.channel
	where a.model not like 'markov%' and a.model <> 'shapley_rate' and e.credit is null and (a.credit <> 0 or a.amount <> 0)), 0::bigint, 'nobody else gets any');
select is((select count(*) from (select d, model, sum(credit) as credit, sum(amount) as amount from answers where model <> 'participation' group by d, model) a
	join (select d, count(distinct (entity, j)) as won, sum(amount) filter (where coalesce(k, 1) = 1) as amount from told where outcome = 'won' group by d) w using (d)
	where abs(a.credit - w.won) > 1e-7 or a.amount <> w.amount), 0::bigint, 'credits sum to the wins and amounts exactly to theirs, in every model');
select is((select count(distinct (d, model)) from answers), (select count(*) * 11 from definitions), 'eleven models');

-- summary, channels, paths, moves
select is((select count(*) from stats s, attribution_summary(s.stats) m, lateral (
	select count(*) as journeys, count(*) filter (where outcome = 'won') as won, count(*) filter (where outcome = 'lost') as lost, count(*) filter (where outcome = 'open') as open,
		count(*) filter (where outcome = 'won' and channel is null) as bare, sum(amount) as amount, coalesce(sum(amount) filter (where channel is null), 0) as bare_amount
	from told t where t.d = s.d and coalesce(k, 1) = 1) o
	where (m.journeys, m.won, m.lost, m.open, m.no_touch_won, m.won_amount, m.no_touch_amount) is distinct from (o.journeys, o.won, o.lost, o.open, o.bare, o.amount, o.bare_amount)
		or m.win_rate <> m.won::float8 / (m.won + m.lost) or m.win_rate_low <> wilson_low(m.won, m.won + m.lost)), 0::bigint, 'the summary counts them');
create temp table paths as
select d, entity, j, outcome, array_agg(channel order by k) filter (where k is not null) as path, max(amount) as amount from told group by d, entity, j, outcome;
select is((select count(*) from (select d, c.channel, c.journeys, c.won, c.lost, c.open, c.touches, c.first_touches, c.last_touches, c.only_touches, c.won_amount from stats, attribution_channels(stats) c
	except all
	select d, c, count(*), count(*) filter (where outcome = 'won'), count(*) filter (where outcome = 'lost'), count(*) filter (where outcome = 'open'),
		sum(cardinality(array_positions(path, c))), count(*) filter (where path[1] = c), count(*) filter (where path[cardinality(path)] = c), count(*) filter (where path = array[c]),
		coalesce(sum(amount), 0)
	from paths, (select distinct channel as c from rows where channel is not null) x where c = any(path) group by d, c) x), 0::bigint, 'channels count theirs');
select is((select count(*) from (select d, p.path, p.touch_count, p.won, p.lost, p.open, p.won_amount from stats, attribution_paths(stats, 1000000) p
	except all
	select d, array_to_string(path, ' > '), coalesce(cardinality(path), 0), count(*) filter (where outcome = 'won'), count(*) filter (where outcome = 'lost'),
		count(*) filter (where outcome = 'open'), coalesce(sum(amount), 0) from paths group by d, path) x), 0::bigint, 'paths count each path once');
select is((select sum(m.paths) from stats, attribution_summary(stats) m), (select count(*) from stats, attribution_paths(stats, 1000000))::numeric, 'all of them');
create temp table moves as
select d, o, case when i > 1 then array_to_string(path[greatest(i - o, 1):i - 1], ' > ') end as from_path,
	case when i <= cardinality(path) then path[i] end as to_channel, case when i > cardinality(path) then outcome end as to_outcome, count(*) as moves
from paths, generate_series(1, 2) o, lateral generate_series(1, cardinality(path) + (outcome <> 'open')::int) i
group by 1, 2, 3, 4, 5;
select is((select count(*) from ((select d, o, t.from_path, t.to_channel, t.to_outcome, t.moves from stats, generate_series(1, 2) o, attribution_transitions(stats, o) t
	except all select * from moves) union all (select * from moves except all
	select d, o, t.from_path, t.to_channel, t.to_outcome, t.moves from stats, generate_series(1, 2) o, attribution_transitions(stats, o) t)) x), 0::bigint, 'the chain counts the moves');

-- chains by iteration: the chance to win, step by step, with and without a channel
create function pg_temp.win(which bigint, of_order int, without text, value boolean) returns float8 language plpgsql as $$
declare
	froms int[];	-- of each move
	targets int[];	-- 0: none
	adds float8[];	-- chance of the move, times what its end is worth
	chances float8[];
	now float8[];
	then_ float8[];
begin
	with m as (
		select coalesce(from_path, '') as s, to_outcome as e, moves / sum(moves) over (partition by from_path)::float8 as p,
			case when to_channel is not null and to_channel is distinct from without then case when of_order = 1 or from_path is null then to_channel
				else regexp_replace(from_path, '^.* > ', '') || ' > ' || to_channel end end as t
		from moves m where m.d = which and m.o = of_order
	), states as (
		select s, row_number() over (order by s) as n, case when value then coalesce((select sum(amount) / count(*) from paths p where p.d = which and p.outcome = 'won' and
			array_to_string(p.path[greatest(cardinality(p.path) - of_order + 1, 1):], ' > ') = x.s), 0)::float8 else 1 end as worth
		from (select distinct s from m) x
	)
	select array_agg(a.n), array_agg(coalesce(b.n, 0)), array_agg(case when m.e = 'won' then m.p * a.worth else 0 end), array_agg(m.p), array_fill(0::float8, array[(select count(*)::int from states)])
	into froms, targets, adds, chances, now
	from m join states a on a.s = m.s left join states b on b.s = m.t;
	for i in 1 .. 400 loop
		then_ := array_fill(0::float8, array[cardinality(now)]);
		for k in 1 .. cardinality(froms) loop
			then_[froms[k]] := then_[froms[k]] + adds[k] + case when targets[k] > 0 then chances[k] * now[targets[k]] else 0 end;
		end loop;
		exit when abs(then_[1] - now[1]) < 1e-14 * then_[1];
		now := then_;
	end loop;
	return then_[1];	-- the start's name is empty and sorts first
end
$$;
create temp table removal as
select d, o, c.channel, 1 - pg_temp.win(d, o, c.channel, false) / pg_temp.win(d, o, null, false) as effect, 1 - pg_temp.win(d, o, c.channel, true) / pg_temp.win(d, o, null, true) as worth
from (values (1), (78)) x(d), generate_series(1, 2) o, (select distinct channel from rows where channel is not null) c;
select is((select count(*) from removal r join stats using (d) left join lateral attribution_channels(stats) c on c.channel = r.channel
	where o = 1 and (abs(c.removal_effect - r.effect) + abs(c.removal_effect_amount - r.worth) < 1e-9) is not true), 0::bigint, 'the removal effect is what the win loses without the channel');
select is((select count(*) from (select d, o, channel, effect / sum(effect) over w as share, worth / sum(worth) over w as worth from removal window w as (partition by d, o)) r
	join answers a on a.d = r.d and a.channel = r.channel and a.model = 'markov_' || o
	join lateral (select sum(credit) as credit, sum(amount) as amount from answers b where (b.d, b.model) = (a.d, a.model) and b.channel is not null) t on true
	where abs(a.credit - t.credit * r.share) > 1e-7 or abs(a.amount - t.amount * r.worth::numeric) > 0.011), 0::bigint, 'Markov credits are its parts, of both orders');

-- Shapley values by definition, over all orders in which seven channels can join
create temp table shapley as
with recursive channel as (select channel, row_number() over (order by channel collate "C") - 1 as b from (select distinct channel from rows where channel is not null) c),
worth as (
	select x.d, s, count(*) filter (where outcome = 'won') as won, count(*) as decided, coalesce(sum(amount), 0) as amount
	from (values (1), (78)) x(d), generate_series(0, 127) s join lateral (
		select p.outcome, p.amount from paths p where p.d = x.d and p.path is not null and p.outcome <> 'open'
			and not exists (select from unnest(p.path) u(c), channel h where h.channel = u.c and s & (1 << h.b::int) = 0)) q on true
	group by x.d, s
), v as (
	select x.d, s, coalesce(won::float8 / decided, 0) as rate, coalesce(amount::float8 / decided, 0) as value from (values (1), (78)) x(d) cross join generate_series(0, 127) s left join worth using (d, s)
), f(n, f) as (select 0, 1::float8 union all select n + 1, f * (n + 1) from f where n < 7)
select d, h.channel, sum(a.f * b.f / 5040 * (w.rate - v.rate)) as phi, sum(a.f * b.f / 5040 * (w.value - v.value)) as phi_value
from v join channel h on v.s & (1 << h.b::int) = 0
	join v w using (d)
	join f a on a.n = length(replace(v.s::bit(7)::text, '0', ''))
	join f b on b.n = 6 - a.n
where w.s = v.s | (1 << h.b::int)
group by d, h.channel;
select is((select count(*) from shapley s join answers a using (d, channel)
	join lateral (select count(*) as decided from paths p where p.d = s.d and path is not null and outcome <> 'open') t on true
	where model = 'shapley_rate' and (abs(a.credit - s.phi * t.decided) > 1e-8 or abs(a.amount - (s.phi_value * t.decided)::numeric) > 0.011)), 0::bigint, 'shapley_rate is the mean over all orders of joining');

-- splits: in one, in parts merged in any order, stored between, with parallel plans
create temp table parts as
select d.d, p.part, attribution_agg(j.journey, d.def, d.as_of) as stats, attribution_agg(j.journey, d.def, d.as_of) filter (where false) as none
from definitions d, (select *, floor(random() * 5) as part from journeys) j, lateral (select j.part) p group by d.d, p.part;
select is(count(*) filter (where s.stats = m.stats and s.stats = t.stats and s.stats::text = m.stats::text), count(*), 'parts merge to the same bytes, in any order and by their text')
from stats s join (select d, attribution_merge(x order by random()) as stats from (select d, stats as x from parts union all select d, none from parts) p group by d) m using (d)
	join (select d, attribution_merge(stats::text::attribution_stats order by stats) as stats from parts group by d) t using (d);
select is(count(*) filter (where j.journey is not distinct from m.journey), count(*), 'so do the journeys of a customer')
from journeys j join (select entity, journey_merge(x order by random()) as journey
	from (select entity, journey_agg(at, channel, outcome, amount) as x from rows group by entity, floor(random() * 3) union all select entity, null from journeys) p group by entity) m using (entity);
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
create table attribution_parallel as select * from journeys;
set local max_parallel_workers_per_gather = 4;
create temp table in_parallel as select attribution_agg(journey, attribution(half_life => '20 days', direct => '{direct,mail}'), '2025-06-30') as stats from attribution_parallel;
set local max_parallel_workers_per_gather = 0;
select is(p.stats, attribution_agg(journey, attribution(half_life => '20 days', direct => '{direct,mail}'), '2025-06-30'), 'workers change no bit')
from in_parallel p, journeys group by p.stats;
select is((select string_agg(r::text, '' order by r::text) from in_parallel, attribution_rows(stats) r), (select string_agg(r::text, '' order by r::text) from in_parallel, attribution_rows(stats::text::attribution_stats) r),
	'two runs give the same bits');
select * from finish();
rollback;
