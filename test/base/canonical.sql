-- canonical.sql: a state is the same bytes and the same text whichever way its rows were split, merged, stored and
-- merged again, also where amounts have other scales, are too large for 128 bits or add up to 0.
begin;
set local search_path = public, revops;
select no_plan();

-- FOLD over the rows of each entity at once, against MERGE over parts of them: in random order, some stored as text,
-- some NULL, some merged beforehand
create function pg_temp.same_in_any_split(type text, source text, fold text, merge text) returns setof text language plpgsql as $$
declare
	trouble text;
	entities bigint;
begin
	for parts in 1..6 loop
		execute format('create temp table whole on commit drop as
			select entity, %s as state from (select * from %s order by random()) r group by entity', fold, source);
		execute format('create temp table part on commit drop as
			select entity, case when random() < 0.3 then state::text::%s else state end as state, floor(random() * 2) as half
			from (select entity, floor(random() * %s) as part, %s as state from (select * from %s order by random()) r group by 1, 2) p
			union all
			select distinct entity, null::%1$s, 0 from %4$s', type, parts, fold, source);
		execute format('select count(*), string_agg(format(''%%s: %%s / %%s / %%s'', entity, w.state, m.state, t.state), E''\n'')
				filter (where w.state is distinct from m.state or w.state is distinct from t.state
					or w.state::text is distinct from m.state::text or w.state::text is distinct from t.state::text)
			from whole w
			join (select entity, %1$s(state) as state from (select * from part order by random()) p group by entity) m using (entity)
			join (select entity, %1$s(state) as state
				from (select * from (select entity, half, %1$s(state) as state from part group by entity, half) h order by random()) h
				group by entity) t using (entity)', merge)
			into entities, trouble;
		return next ok(entities > 0 and trouble is null, format('%s over %s, %s parts: %s', merge, fold, parts, coalesce(left(trouble, 2000), entities || ' entities')));
		drop table whole, part;
	end loop;
end $$;

select setseed(0.1025);
-- the amounts of an entity are of its kind: halves, equal numbers of other scales, at the edge of 128 bits, beyond it
create temp table row_of as
select entity, timestamptz '2024-01-31 12:00Z' + floor(random() * 20) * interval '17 hours' as at,
	case entity % 6
		when 0 then (array[0.5, 0.50, 0.5000])[1 + floor(random() * 3)]
		when 1 then (array[1, 1.0, 1.00, 0, 0.000, null])[1 + floor(random() * 6)]
		when 2 then (array[1e38, 1e38, 9.9e37, 0.1])[1 + floor(random() * 4)]
		when 3 then (array[1234567890123456789012345678901234567890.1, 0.1234567890123456789012345678901234567890, 8e39, 1])[1 + floor(random() * 4)]
		when 4 then (array[170141183460469231731687303715884105727, 170141183460469231731687303715884105728, 1, 0.01])[1 + floor(random() * 4)]
		else (random() * 100)::numeric(10, 4) end as amount,
	(array['lead', 'mql', 'won', 'lost', 'Ä', null])[1 + floor(random() * 6)] as word,
	floor(random() * 5)::float8 / 2 as duration,
	random() < 0.6 as event
from generate_series(1, 60) entity, generate_series(1, 1 + entity % 17);
-- a credit note takes away what an order brought
create temp table order_of as
select entity, at, amount from row_of union all select entity, at, -amount from row_of where entity % 4 = 0;
select pg_temp.same_in_any_split('order_state', 'order_of', 'order_agg(at, amount)', 'order_merge');

select pg_temp.same_in_any_split('stage_state', 'row_of', 'stage_agg(at, word)', 'stage_merge');
select pg_temp.same_in_any_split('survival_state', 'row_of', 'survival_agg(duration, event, case when word = ''won'' and duration > 0 then duration / 2 end)', 'survival_merge');
select pg_temp.same_in_any_split('incidence_state', 'row_of', 'incidence_agg(duration, word)', 'incidence_merge');

-- journeys, and the stats of many
select pg_temp.same_in_any_split('journey_state', 'row_of', 'journey_agg(at, word, case when event then ''won'' end, case when amount < 1e30 then round(amount, least(scale(amount), 12)) end)', 'journey_merge');
create temp table journey_of as
select entity % 6 as entity, journey_agg(at, word, case when event then 'won' end, case when amount < 1e30 then round(amount, least(scale(amount), 12)) end) as journey from row_of group by row_of.entity;
select pg_temp.same_in_any_split('attribution_stats', 'journey_of', 'attribution_agg(journey, ''{"half_life": "7 days"}'', ''2024-02-10'')', 'attribution_merge');

-- paths, and the stats of many
create temp table def_of as
select n, funnel('{lead,mql,won}', case when n % 2 = 0 then interval '6 days' end, mode, lost => '{lost}') as def
from unnest(array['ordered', 'increasing', 'consecutive', 'any_order', 'reached']) with ordinality m (mode, n);
create temp table event_of as
select n, entity * 10 + n as entity, def, at, word, (array[0.5, 0.50, 1e38, 1234567890123456789012345678901234567890.1, 0, null])[1 + entity % 6] as amount
from def_of, row_of;
select pg_temp.same_in_any_split('funnel_path', 'event_of', 'funnel_path_agg(def, at, word)', 'funnel_path_merge');
create temp table path_of as
select n as entity, funnel_path_agg(def, at, word) as path, min(amount) as amount from event_of group by n, event_of.entity
union all
-- more durations than are kept one by one
select 9, funnel_path_agg(funnel('{lead,won}'), timestamptz '2024-01-01 00:00Z' + s * (n * interval '1.7 hours'), (array['lead', 'won'])[s + 1]), n % 7 / 2.0
from generate_series(1, 1500) n, generate_series(0, 1) s
group by n;
select pg_temp.same_in_any_split('funnel_stats', 'path_of', 'funnel_agg(path, ''2024-02-10'')', 'funnel_merge');
select pg_temp.same_in_any_split('funnel_stats', 'path_of', 'funnel_agg(path, ''2024-02-10'', amount)', 'funnel_merge');
select is(direct, by_path, 'mode ' || n || ': the direct form is the same value')
from (select n, funnel_agg(def, entity, at, word, '2024-02-10') as direct from event_of group by n, def) d
join (select entity as n, funnel_agg(path, '2024-02-10') as by_path from path_of group by entity) p using (n);

-- contracts of an entity, then bridges and cohorts over customers
create temp table contract_of as
select entity, daterange(at::date, case when event then at::date + (array[10, 30, 366])[1 + floor(random() * 3)] end) as term, amount,
	nullif(word, 'lost') as line, nullif(word, 'won') as key, case when random() < 0.5 then (at - interval '9 days')::date end as known_on
from row_of where amount is not null;
select pg_temp.same_in_any_split('contract_state', 'contract_of', 'contract_agg(term, amount, line, key, known_on)', 'contract_merge');
create temp table customer_of as
select entity % 2 as entity, contract_agg(term, amount, line) as contracts from contract_of group by contract_of.entity
union all
-- 0.5 and 0.5, 1 and 1.0: the sums are written one way
select 2, contract_agg(daterange('2024-01-01', '2024-03-01'), amount) from unnest(array[0.5, 0.50, 1, 1.0, 0.25, 0.250]) amount group by amount::text;
select pg_temp.same_in_any_split('mrr_bridge', 'customer_of', 'mrr_bridge_agg(contracts, ''month'', ''2024-01-01'', ''2025-01-01'')', 'mrr_bridge_merge');
select pg_temp.same_in_any_split('cohort_matrix', 'customer_of', 'cohort_agg(contracts, ''month'', ''2025-06-30'')', 'cohort_merge');
create temp table days_of as
select 1 as entity, array_agg(at::date) as days from row_of group by row_of.entity;
select pg_temp.same_in_any_split('cohort_matrix', 'days_of', 'cohort_agg(days, ''week'', ''2024-03-30'')', 'cohort_merge');

-- what they are: a sum has the most decimals of its parts, as numeric's own, also where it is made of other sums
create temp table half as
select a as amount, order_agg(date '2024-01-01', a) as orders, contract_agg(daterange('2024-01-01', '2024-03-01'), a) as contracts,
	funnel_path_agg(funnel('{a,b}'), date '2024-01-01', 'a') as path
from unnest(array[0.5, 0.50, 1e38, 1e38 + 1]) a
group by a::text, a;
select is(order_merge(orders)::text, '{"orders": 4, "first_at": "2024-01-01T00:00:00+00:00", "last_at": "2024-01-01T00:00:00+00:00", "total": 200000000000000000000000000000000000002.00}', 'orders') from half;
select is(contract_merge(contracts)::text, '{"contracts": [{"starts": "2024-01-01", "ends": "2024-03-01", "mrr": 100000000000000000000000000000000000001}, {"starts": "2024-01-01", "ends": "2024-03-01", "mrr": 100000000000000000000000000000000000000}, '
	'{"starts": "2024-01-01", "ends": "2024-03-01", "mrr": 0.5}, {"starts": "2024-01-01", "ends": "2024-03-01", "mrr": 0.50}]}', 'contracts') from half;
select is(mrr_bridge_merge(s)::text, '{"grain": "month", "from_date": "2024-01-01", "until_date": "2024-02-01", "customers_opening": 0, "customers_new": [4], "customers_reactivated": [0], "customers_churned": [0], '
	'"opening": 0.00, "new": [200000000000000000000000000000000000002.00], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [0]}', 'a bridge')
from (select mrr_bridge_agg(contracts, 'month', '2024-01-01', '2024-02-01') as s from half group by amount < 1) x;
select is(cohort_merge(s)::text, '{"of": "contracts", "grain": "month", "as_of": "2024-01-31", "cohorts": [{"cohort": "2024-01-01", "customers": 4, "active": [4], "mrr_start": 200000000000000000000000000000000000002.00, '
	'"mrr": [200000000000000000000000000000000000002.00], "mrr_kept": [200000000000000000000000000000000000002.00]}]}', 'cohorts')
from (select cohort_agg(contracts, 'month', '2024-01-31') as s from half group by amount < 1) x;
select is(funnel_merge(s)::text, '{"funnel": {"steps": ["a", "b"]}, "as_of": "2024-01-31", "not_entered": 0, "converted": 0, "open": [4], "lost": [0], "expired": [0], "converted_amount": 0, '
	'"open_amount": [200000000000000000000000000000000000002.00], "lost_amount": [0], "expired_amount": [0], "days": []}', 'stats')
from (select funnel_agg(path, '2024-01-31', amount) as s from half group by amount < 1) x;

select * from finish();
rollback;
