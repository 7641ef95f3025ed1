-- forecast: chances against the incidence query, totals against enumeration, over random deals.
begin;
set local search_path = public, revops;
set local timezone = 'UTC';
select no_plan();

select setseed(0.19);
create temp table change as
select deal, timestamptz '2024-06-01 00:00Z' + make_interval(days => deal % 200) + make_interval(hours => (n - 1) * (1 + deal % 40) + (random() * 20)::int) as at,
	case when n = 1 then 'lead' else (array['lead', 'sql', 'sql', 'proposal', 'won', 'signed', 'lost', 'trash'])[1 + floor(random() * 8)] end as stage,
	case when random() < 0.7 then round((random() * 1000)::numeric, 2) end as amount, date '2025-03-31' as close_on
from generate_series(1, 500) deal, generate_series(1, 1 + deal % 6) n;
create temp table pipe as select pipeline('{lead,sql,proposal}', '{won,signed}', '{lost}', 'Asia/Shanghai') as def;
create temp table deal as select deal, deal_agg(at, stage, amount, close_on) as s from change group by deal;
create temp table model as select as_of, forecast_model_agg(s, def, as_of) as m from deal, pipe, unnest('{2024-09-30,2025-06-30}'::date[]) as_of group by as_of;

-- the visits, slowly: the furthest stage of an instant, visits by name, and the first row of the closed run at the end
create temp table step as
select as_of, deal, at, stage, kind, lag(stage) over w is distinct from stage as enters, (as_of + 1)::timestamp at time zone 'Asia/Shanghai' as ends
from (select as_of, deal, at, (array_agg(stage order by place desc, stage collate "C" desc))[1] as stage, max(place) as place
	from model join change on at < (as_of + 1)::timestamp at time zone 'Asia/Shanghai',
		lateral (select coalesce(array_position('{lead,sql,proposal,lost,won,signed}', stage), 0) as place) p group by 1, 2, 3) x,
	lateral (select case when place = 0 then 'removed' when place <= 3 then 'open' when place = 4 then 'lost' else 'won' end as kind) k
window w as (partition by as_of, deal order by at);
create temp table visit as
select s.as_of, s.deal, s.stage, extract(epoch from coalesce((select min(at) from step n where (n.as_of, n.deal) = (s.as_of, s.deal) and n.at > s.at and n.enters), ends) - at)::float8 / 86400 as stay,
	extract(epoch from coalesce(closed, ends) - at)::float8 / 86400 as total, cause
from step s, lateral (select min(c.at) as closed, (array_agg(c.kind order by c.at desc))[1] as cause from step c where (c.as_of, c.deal) = (s.as_of, s.deal) and c.kind <> 'open'
	and not exists (select from step o where (o.as_of, o.deal) = (s.as_of, s.deal) and o.at > c.at and o.kind = 'open')) e
where s.enters and s.kind = 'open';
select is_empty($$ select * from (select as_of, stage, count(*) as visits, count(*) filter (where cause = 'won') as won, count(*) filter (where cause = 'lost') as lost, count(*) filter (where cause = 'removed') as removed, count(*) filter (where cause is null) as open from visit group by 1, 2) o
	full join (select as_of, r.* from model, forecast_model_rows(m) r) r using (as_of, stage)
	where (o.visits, o.won, o.lost, o.removed, o.open) is distinct from (r.visits, r.won, r.lost, r.removed, r.open) or stage_index <> array_position('{lead,sql,proposal}', stage) $$, 'visits and how they ended');

-- forecast_chance = the incidence query
create temp table asked as select as_of, stage, age, within from (select distinct as_of from model) a, unnest('{lead,sql,proposal}'::text[]) stage, unnest('{0,0.5,1,2.25,5,8,13,400}'::float8[]) age, unnest('{null,0,0.25,3,10,1000}'::float8[]) within;
create temp table chance_oracle as
select a.*, x.at_risk, x.longest, case when x.at_risk > 0 then least(within, x.longest) end as watched, i.incidence, i.incidence_low, i.incidence_high
from asked a left join lateral (select count(*) as at_risk, max(total - age) as longest, incidence_agg(total - age, cause) as s from visit v where (v.as_of, v.stage) = (a.as_of, a.stage) and stay > age) x on true
	left join lateral (select * from incidence_at(x.s, array[least(within, x.longest)]) where cause = 'won') i on true;
select is_empty($$ select o.* from chance_oracle o join model using (as_of), forecast_chance(m, stage, age, within) c
	where c.at_risk <> o.at_risk or c.watched_days is distinct from o.watched or (o.at_risk > 0 and (abs(c.chance - coalesce(incidence, 0)) > 1e-12 or abs(c.chance_low - incidence_low) > 1e-12 or abs(c.chance_high - incidence_high) > 1e-12
		or (c.chance_low is null) <> (incidence_low is null))) or (o.at_risk = 0 and num_nonnulls(c.chance, c.chance_low, c.chance_high) > 0) $$, 'forecast_chance is the incidence query');
select cmp_ok(count(*) filter (where incidence_low is not null), '>', 100::bigint, 'of chances that are known') from chance_oracle;
select is_empty($$ select * from model, forecast_model_rows(m, 3) r, forecast_chance(m, stage, 0, 3) c where (r.chance, r.chance_low, r.chance_high, r.watched_days) is distinct from (c.chance, c.chance_low, c.chance_high, c.watched_days) $$, 'a stage''s row is its chance at age 0');

-- a deal: the stage and the age that deal_on gives
select is_empty($$ select * from (select as_of, deal, f.* from model, deal, forecast_deal(s, m, as_of, 5) f) f full join
	(select as_of, deal, o.stage, extract(epoch from (as_of + 1)::timestamp at time zone 'Asia/Shanghai' - stage_since)::float8 / 86400 as age, o.amount, o.close_on, c.*
		from model, deal, pipe, deal_on(s, def, as_of) o, forecast_chance(m, o.stage, extract(epoch from (as_of + 1)::timestamp at time zone 'Asia/Shanghai' - stage_since)::float8 / 86400, 5) c where o.stage in ('lead', 'sql', 'proposal')) o using (as_of, deal)
	where (f.stage, f.amount, f.close_on, f.chance, f.chance_low, f.chance_high, f.at_risk, f.watched_days) is distinct from (o.stage, o.amount, o.close_on, o.chance, o.chance_low, o.chance_high, o.at_risk, o.watched_days) or abs(age_days - age) > 1e-9 $$, 'forecast_deal');
select is_empty($$ select as_of, deal from (select as_of, deal, month, month_index, mo.chance, sum(mo.chance) over (partition by as_of, deal order by month_index) as so_far from model, deal, forecast_months(s, m, as_of, 6) mo) x
	join model using (as_of) join deal using (deal), forecast_deal(s, m, as_of, extract(epoch from (month + interval '1 month')::timestamp at time zone 'Asia/Shanghai' - (as_of + 1)::timestamp at time zone 'Asia/Shanghai')::float8 / 86400) f
	where month <> (as_of + 1 + make_interval(months => month_index - 1))::date or abs(coalesce(so_far, 0) - coalesce(f.chance, 0)) > 1e-12 or (x.chance is null and f.at_risk > 0 and month_index = 1) $$, 'months sum to the chance up to their end');
select is(array_agg(m.*::text), '{"(2025-01-01,1,0)","(2025-02-01,2,0.5)","(2025-03-01,3,0)","(2025-04-01,4,)"}', 'within a month: its rest; nothing is known of months that nobody was watched into')
from forecast_months('{"rows": [["2025-01-20T00:00:00+00:00", "lead", 1, null]]}', '{"pipeline": {"open": ["lead"]}, "as_of": "2025-01-20", "visits": [[1, 2592000000000, 2592000000000, "won", 1], [1, 3542400000000, 3542400000000, "open", 1]]}', '2025-01-20', 4) m;
select is(array_agg(month || ' ' || coalesce(m.chance::text, '-')), '{"2025-02-01 1","2025-03-01 0"}', 'where as_of ends a month, the next one; all have ended: 0')
from forecast_months('{"rows": [["2025-01-20T00:00:00+00:00", "lead", 1, null]]}', '{"pipeline": {"open": ["lead"]}, "as_of": "2025-01-20", "visits": [[1, 2592000000000, 2592000000000, "won", 1]]}', '2025-01-31', 2) m;
select is((select count(*) from forecast_deal(s, '{"pipeline": {"open": ["lead"]}, "as_of": "2025-01-20", "visits": []}', '2025-01-20')), n::bigint, s::text) from (values
	('{"rows": [["2025-01-20T00:00:00+00:00", "lead", 1, null]]}'::deal_state, 1), ('{"rows": [["2025-01-21T00:00:00+00:00", "lead", 1, null]]}', 0), ('{"rows": [["2025-01-20T00:00:00+00:00", "won", 1, null]]}', 0), ('{"rows": []}', 0), (null, 0)) t(s, n);
select is(f::text, '(lead,1,7,,,,,0,)', 'a model that has seen nobody has no chance, not 0')
from forecast_deal('{"rows": [["2025-01-20T00:00:00+00:00", "lead", 7, null]]}', '{"pipeline": {"open": ["lead"]}, "as_of": "2025-01-20", "visits": []}', '2025-01-20') f;

-- totals: all combinations of up to 10 deals
create temp table dealt as
select g, (case g % 4 when 0 then round((random() * 5)::numeric) * 1000 when 1 then round((random() * 100)::numeric, 1) when 2 then round((random() * 500)::numeric) / 8 else 0.07 * round((random() * 30)::numeric) end)::numeric as amount,
	case when random() < 0.1 then 0 when random() < 0.1 then 1 when random() < 0.3 then round(random()::numeric, 1)::float8 else random() end as chance
from generate_series(1, 24) g, generate_series(1, 1 + g % 10) n;
create temp table forecast as select g, forecast_agg(amount, chance) as s from dealt group by g;
create temp table total as
with recursive numbered as (select *, row_number() over (partition by g) as n from dealt),
	sums as (select g, 0::bigint as n, 0::numeric as total, 1::float8 as p from forecast
		union all select s.g, s.n + 1, s.total + w * d.amount, s.p * case w when 1 then d.chance else 1 - d.chance end from sums s join numbered d on (d.g, d.n) = (s.g, s.n + 1), generate_series(0, 1) w)
select g, total, sum(p) as p from (select *, max(n) over (partition by g) as last from sums) s where n = last and p > 0 group by 1, 2;
create temp table cumulated as select g, total, sum(p) over (partition by g order by total) as below, sum(p) over (partition by g order by total desc) as above from total;
select is_empty($$ select * from forecast, forecast_quantiles(s, '{0,0.01,0.05,0.1,0.25,0.333,0.5,0.75,0.9,0.95,0.999,1}') q,
	lateral (select min(total) as total from cumulated c where c.g = forecast.g and (below >= share - 1e-12 or share = 1 and above > 0 and total = (select max(total) from cumulated m where m.g = c.g)) and (share < 1 or total = (select max(total) from cumulated m where m.g = c.g))) o
	where amount is distinct from total $$, 'quantiles by enumeration');
select is_empty($$ select * from cumulated join forecast using (g) where abs(forecast_reach(s, total) - above) > 1e-12 or abs(forecast_reach(s, total + 0.001) - (above - (select p from total t where (t.g, t.total) = (cumulated.g, cumulated.total)))) > 1e-12 $$, 'reach by enumeration');
select is_empty($$ select * from forecast, forecast_summary(s) r, lateral (select count(*) as deals, sum(amount) as open_amount, sum(amount * chance::numeric) as expected, sqrt(sum(amount::float8 ^ 2 * chance * (1 - chance))) as deviation from dealt where dealt.g = forecast.g) o
	where (r.deals, r.open_amount, r.expected_amount, r.expected_low, r.expected_high, r.unjudged_deals, r.unjudged_amount) is distinct from (o.deals, o.open_amount, o.expected, 0::numeric, o.open_amount, 0::bigint, 0::numeric) or abs(r.deviation - o.deviation) > 1e-9 * greatest(1, o.deviation) $$, 'summary');

-- what is not exact: steps, off by half a step per deal at most; a unit more would have been exact
create temp table large as select forecast_agg(a, p) as s, forecast_agg(a + case when n = 1 then 0.01 else 0 end, p) as t, count(*) as deals, sum(a) as total from (select n, (n * n * 100)::numeric as a, (n % 9 + 1) / 10.0::float8 as p from generate_series(1, 40) n) x;
select ok(abs(a.amount - b.amount) <= total / 65536 * deals / 2, 'steps: ' || a.share) from large, forecast_quantiles(s, '{0.05,0.1,0.5,0.9,0.95}') a join forecast_quantiles((select t from large), '{0.05,0.1,0.5,0.9,0.95}') b using (share);
select is(b.amount, total + 0.01, 'and the most is all') from large, forecast_quantiles(t, '{1}') b;
select ok(abs(forecast_reach(s, total / 2) - forecast_reach(t, total / 2)) < 0.001 and forecast_reach(t, total + 0.02) = 0 and forecast_reach(t, 0) = 1, 'reach in steps') from large;
-- many deals, each a part of a step, are near enough to a normal curve
create temp table crowd as
select n, forecast_agg(a, 0.3) as s, sum(a) * 0.3 as expected from (select n, (i * 7919 % 100003)::numeric / 100 as a from (values (20000), (200000)) v (n), generate_series(1, n) i) x group by n;
select cmp_ok(abs(amount / expected - 1), '<', 0.001, n || ' deals: the median') from crowd, forecast_quantiles(s, '{0.5}');
select cmp_ok(abs(forecast_reach(s, expected) - 0.5), '<', 0.01::float8, n || ' deals: reach') from crowd;

-- unjudged deals, bounds, certain ones
select is(forecast_summary(forecast_agg(a, p, low, high))::text, '(4,1,1600,1000,270.0,220.0,1480.0,161.55494421403512)', 'NULL counts as 0 and 1')
from (values (300, 0.5, 0.4, 0.6), (200, 0.1, null, null), (100, 1, 1, 1), (1000, null, null, null)) t(a, p, low, high);
select is(array_agg(amount)::text, '{100,100,300,600}', 'certain deals are in each total, unjudged in none')
from (select forecast_agg(a, p) as s from (values (300, 0.5), (200, 0.1), (100, 1), (1000, null)) t(a, p)) x, forecast_quantiles(s, '{0,0.4,0.5,1}');
select is(amount, null, 'no deal with a chance: nothing is known') from (select forecast_agg(1000, null) as s) x, forecast_quantiles(s, '{0.5}');
select is(forecast_reach(forecast_agg(1000, null), 1), null, 'nor of a target');
select is((forecast_agg(null, 0.5))::text, null, 'a NULL amount skips the row');
select is(array_agg(q::text), '{"(,)","(0.5,0)"}', 'a NULL share') from (select forecast_agg(0, 0.5) as s) x, forecast_quantiles(s, '{null,0.5}') q;

-- a whale: half of the pipeline in one deal has two humps
select is(amount, 250000::numeric, 'a whale is no normal curve') from (select forecast_agg(a, p) as s from (select 1000000 as a, 0.5::float8 as p union all select 10000, 0.27 from generate_series(1, 100)) t) x, forecast_quantiles(s, '{0.15}');

-- the same bits
select is_empty($$ select * from (select as_of, forecast_model_merge(m order by random()) as m from (
		select as_of, forecast_model_agg(s, def, as_of order by random()) as m from model, deal, pipe group by as_of, deal % 5 union all select as_of, null from model) x group by as_of) x join model using (as_of)
	where x.m <> model.m or x.m::text <> model.m::text or revops_internal.forecast_model_send(x.m) <> revops_internal.forecast_model_send(model.m) or model.m::text::forecast_model <> model.m or model.m::jsonb::text::forecast_model <> model.m $$, 'forecast_model: merged in any split');
select is_empty($$ select * from (select g, forecast_merge(s order by random()) as s from (
		select g, forecast_agg(amount, chance order by random()) as s from dealt group by g, (random() * 3)::int union all select g, null from forecast) x group by g) x join forecast using (g)
	where x.s <> forecast.s or x.s::text <> forecast.s::text or revops_internal.forecast_state_send(x.s) <> revops_internal.forecast_state_send(forecast.s) or forecast.s::text::forecast_state <> forecast.s or forecast.s::jsonb::text::forecast_state <> forecast.s $$, 'forecast_state: merged in any split');

-- errors
select throws_ok(call, code, message, call) from (values
	('select forecast_model_agg(s, null, ''2025-01-01'') from deal', '22004', 'the pipeline of forecast_model_agg must not be NULL'),
	('select forecast_model_agg(s, def, null) from deal, pipe', '22004', 'as_of of forecast_model_agg must not be NULL'),
	('select forecast_model_agg(s, def, ''infinity'') from deal, pipe', '22008', 'as_of must be a finite date'),
	('select forecast_model_agg(s, def, date ''2025-01-01'' + deal) from deal, pipe', '22023', 'the parameters of forecast_model_agg must be the same in every row'),
	('select forecast_model_merge(m) from model', '22023', 'forecast_models of different pipelines or days do not merge'),
	('select forecast_chance(m, ''Lead'', 1) from model', '22023', 'stage "Lead" is no open stage of the model'),
	('select forecast_chance(m, ''won'', 1) from model', '22023', 'stage "won" is no open stage of the model'),
	('select forecast_chance(m, ''lead'', -1) from model', '22023', 'age_days must be 0 or more'),
	('select forecast_chance(m, ''lead'', ''NaN'') from model', '22023', 'age_days must be 0 or more'),
	('select forecast_chance(m, ''lead'', 1, -1) from model', '22023', 'within_days must be 0 or more'),
	('select forecast_deal(s, m, ''infinity'') from deal, model', '22008', 'as_of must be a finite date'),
	('select forecast_months(s, m, ''2025-06-30'', 0) from deal, model', '22023', 'months must lie between 1 and 1200'),
	('select forecast_agg(-1, 0.5)', '22023', 'amount must not be negative'),
	('select forecast_agg(''NaN'', 0.5)', '22003', 'amount must be a finite number'),
	('select forecast_agg(1, 30)', '22023', 'chance must lie between 0 and 1'),
	('select forecast_agg(1, ''NaN'')', '22023', 'chance must lie between 0 and 1'),
	('select forecast_agg(1, 0.5, 0.6, 0.7)', '22023', 'chance must lie between chance_low and chance_high'),
	('select forecast_quantiles(s, ''{1.5}'') from forecast', '22023', 'an element of p must lie between 0 and 1'),
	('select forecast_reach(s, ''NaN'') from forecast', '22003', 'target must be a finite number'),
	('select ''{"deals": [[1, null, 0.1, 0.2]]}''::forecast_state', '22P02', null),
	('select ''{"pipeline": {"open": ["a"]}, "as_of": "2025-01-01", "visits": [[1, 5, 4, "won", 1]]}''::forecast_model', '22P02', null)) t(call, code, message);

-- golden bytes
select is(encode(revops_internal.forecast_state_send('{"deals": [[100.50, 0.25, 0.125, 0.5], [7, null, null, null]]}'), 'hex'), '0100000002000000000a00010000000000000007033fd00000000000003fc00000000000003fe00000000000000000000c000200000000000200641388', 'forecast_state: bytes');
select is(forecast_agg(a, p, low, high)::text, '{"deals": [[7, null, null, null], [100.50, 0.25, 0.125, 0.5]]}', 'forecast_state: text') from (values (100.50, 0.25, 0.125, 0.5), (7, null, null, null)) t(a, p, low, high);
select is(encode(revops_internal.forecast_model_send('{"pipeline": {"open": ["lead", "sql"]}, "as_of": "2025-06-30", "visits": [[2, 86400000000, 172800000000, "won", 3], [1, 1, 1, "open", 1]]}'), 'hex'), '010000000355544300000002000000046c6561640000000373716c00000001000000046c6f73740000000100000003776f6e0000246000000002000000010000000000000000000000010000000000000001000000010000000200000001000000141dd76000000000283baec00000000003', 'forecast_model: bytes');
select is(forecast_model_agg('{"rows": [["2025-01-10T00:00:00+00:00", "lead", 100.50, null], ["2025-01-12T00:00:00+00:00", "sql", null, null], ["2025-01-13T00:00:00+00:00", "won", null, null]]}'::deal_state, pipeline('{lead,sql}'), '2025-06-30')::text,
	'{"pipeline": {"open": ["lead", "sql"], "lost": ["lost"], "won": ["won"]}, "as_of": "2025-06-30", "visits": [[1, 172800000000, 259200000000, "won", 1], [2, 86400000000, 86400000000, "won", 1]]}', 'forecast_model: text');

select * from finish();
rollback;
