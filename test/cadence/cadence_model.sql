-- cadence_sample, cadence_model, forecasts and their check: against slow SQL, and the properties that a
-- forecast must have whatever the data are.
begin;
\pset fieldsep '\n'
set local search_path = public, revops;
select no_plan();

select setseed(0.31);
create temp table orders as
select account, date '2020-01-01' + (random() * 300)::int + n * (5 + account % 50) + (random() * 20)::int as day, (random() * 100)::numeric(10, 2) as amount
from generate_series(1, 400) account, generate_series(0, (account * 7) % 23) n
where random() < 0.8;
create temp table state as select account, cadence_agg(day, amount) as s from orders group by account;

-- the sample: the obvious SQL
create function history_oracle(as_of date, until date) returns table (first date, last date, gaps int, log_gap_sum numeric, ahead int, accounts bigint)
language sql stable as $$
	select first, last, gaps, log_gap_sum, ahead, count(*)
	from (
		select min(day) filter (where day <= as_of) as first, max(day) filter (where day <= as_of) as last,
			count(*) filter (where day <= as_of)::int - 1 as gaps,
			round(coalesce(sum(ln(gap::float8)) filter (where day <= as_of), 0)::numeric, 9) as log_gap_sum,
			count(*) filter (where day > as_of and day <= until)::int as ahead
		from (select account, day, day - lag(day) over (partition by account order by day) as gap
			from (select distinct account, day from orders) d) g
		group by account) h
	where gaps >= 0 group by 1, 2, 3, 4, 5 $$;
create function sample_rows(sample cadence_sample) returns table (first date, last date, gaps int, log_gap_sum numeric, ahead int, accounts bigint)
language sql stable as $$
	select (r->>0)::date, (r->>1)::date, (r->>2)::int, round((r->>3)::numeric, 9), (r->>5)::int, sum((r->>4)::bigint)::bigint
	from jsonb_array_elements(sample::jsonb->'accounts') r group by 1, 2, 3, 4, 5 $$;
select bag_eq(
	$$ select r.* from (select cadence_sample_agg(s, '2020-12-31', '2021-06-30') as sample from state) x, sample_rows(sample) r $$,
	$$ select * from history_oracle('2020-12-31', '2021-06-30') $$, 'histories and what came after');
select is((select cadence_sample_agg(s, '2020-12-31') from state)::jsonb->'repeats',
	(select jsonb_agg(n order by m) from generate_series(1, 12) m,
		lateral (select count(*) as n from (select account, day, min(day) over (partition by account) as first from (select distinct account, day from orders) d) x
			where day > first and day <= '2020-12-31' and extract(month from day) = m) y), 'repeat days of the months');

-- the same bits, however it was made
create temp table one_pass as
select cadence_sample_agg(s, '2020-12-31', '2021-06-30') as sample, cadence_model_agg(s, '2020-12-31') as model, spend_model_agg(s, '2020-12-31') as spend
from state;
select is(cadence_sample_merge(part order by n desc), (select sample from one_pass), 'parts of a sample, merged in another order')
from (select account % 7 as n, cadence_sample_agg(s, '2020-12-31', '2021-06-30') as part from state group by 1
	union all select 8, null union all select 9, cadence_sample_agg(null::cadence_state, '2020-12-31', '2021-06-30')) x;
select is(cadence_sample_merge(part::text::cadence_sample), (select sample from one_pass), 'and parts that were stored')
from (select account % 3 as n, cadence_sample_agg(s, '2020-12-31', '2021-06-30' order by account desc) as part from state group by 1) x;
create table shared_state as select * from state union all select account + 1000, s from state;
create table shared_once as select * from state;
analyze shared_once;
alter table shared_once set (parallel_workers = 4);
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 4;
select ok((select cadence_model_agg(s, '2020-12-31') from shared_once) = model
	and (select cadence_sample_agg(s, '2020-12-31', '2021-06-30') from shared_once) = sample
	and (select spend_model_agg(s, '2020-12-31') from shared_once) = spend, 'workers change no bit') from one_pass;
reset max_parallel_workers_per_gather;
select is((select cadence_model(cadence_sample_agg(s, '2020-12-31')) from state), model, 'cadence_model_agg is cadence_model of the sample') from one_pass;
select is(model::text::cadence_model, model, 'a model as text'), is(model::jsonb::cadence_model, model, 'and as jsonb') from one_pass;

-- as of a day nothing later is known
select is((select cadence_model_agg(later, '2020-12-31') from (
		select cadence_agg(day, amount) as later from (select account, day, amount from orders
			union all select account, date '2021-01-01' + account, 1e6 from orders where day > '2020-12-31') o group by account) x),
	model, 'later orders change no model') from one_pass;
select results_eq(
	$$ select account, cadence_forecast(s, model, '2020-12-31') from state, one_pass order by 1 $$,
	$$ select account, cadence_forecast(s, model, '2020-12-31') from (
		select account, cadence_agg(day, amount) as s from (select * from orders where day <= '2020-12-31'
			union all select distinct account, date '2099-01-01', 5.0 from orders) o group by account) x, one_pass order by 1 $$,
	'nor any forecast');
-- the log likelihood, term by term
create function log_gamma(x float8) returns float8 language sql immutable as $$
	-- recurrence to 20, then Stirling's series
	select (y - 0.5) * ln(y) - y + 0.918938533204672741780 + 1 / (12 * y) - 1 / (360 * y ^ 3) + 1 / (1260 * y ^ 5)
		- case when x < 20 then (select sum(ln(x + n)) from generate_series(0, ceil(20 - x)::int - 1) n) else 0 end
	from (select case when x < 20 then x + ceil(20 - x) else x end as y) z $$;
create function longer(k int, c float8, b float8, s float8) returns float8 language plpgsql immutable as $$
declare
	term float8 := (c / (c + s)) ^ b;
	sum float8 := 0;
begin
	for j in 0 .. k - 1 loop
		sum := sum + term;
		term := term * (b + j) / (j + 1) * s / (c + s);
	end loop;
	return sum;
end $$;
create function log_beta(a float8, b float8) returns float8 language sql immutable as $$ select log_gamma(a) + log_gamma(b) - log_gamma(a + b) $$;
create function log_likelihood(k int, r float8, alpha float8, a float8, b float8, x int, tx float8, t float8, log_gap_sum float8) returns float8 language sql immutable as $$
	select r * ln(alpha) - log_gamma(r) + log_gamma(r + k * x) - (r + k * x) * ln(alpha + tx) + (k - 1) * log_gap_sum - x * log_gamma(k)
		- log_beta(a, b) + ln(exp(log_beta(a, b + x + 1)) * longer(k, alpha + tx, r + k * x, t - tx) + exp(log_beta(a + 1, b + x))) $$;
select ok(abs(m.log_likelihood / oracle - 1) < 1e-9, 'the log likelihood is the formula''s, k ' || k)
from unnest(array[1, 2, 5]) k, (select cadence_sample_agg(s, '2020-12-31') as sample from state) x, lateral cadence_model_rows(cadence_model(sample, k)) m,
	lateral (select sum(accounts * log_likelihood(k, m.r, m.alpha, m.a, m.b, gaps, last - first, '2020-12-31' - first, log_gap_sum::float8)) as oracle
		from history_oracle('2020-12-31', '2020-12-31')) o;
select is((cadence_model_rows(model)).regularity, (select k from generate_series(1, 8) k, lateral cadence_model_rows(cadence_model(sample, k, 1)) m
		order by log_likelihood desc limit 1), 'the regularity with the best likelihood is chosen')
from one_pass;

-- a forecast against the sum over the number of orders, in numeric
create function chance_of_events(size float8, z float8, at_least int) returns float8 language plpgsql immutable as $$
declare
	term float8 := (1 - z) ^ size;
	fewer float8 := 0;
begin
	for i in 0 .. at_least - 1 loop
		fewer := fewer + term;
		term := term * z * (size + i) / (i + 1);
	end loop;
	return 1 - fewer;
end $$;
create function chance_of_orders(k int, r float8, alpha float8, a float8, b float8, x int, tx float8, s float8, t float8, n int) returns float8 language plpgsql immutable as $$
declare
	chance float8 := 1 / (1 + a / (b + x) / longer(k, alpha + tx, r + k * x, s));
	weight float8 := 1;
	weights float8 := 0;
	events float8 := 0;
begin
	for i in 0 .. n - 2 loop
		chance := chance * (b + x + 1 + i) / (a + b + x + 1 + i);
	end loop;
	for j in 0 .. k - 1 loop
		weights := weights + weight;
		events := events + weight * chance_of_events(r + k * x + j, t / (alpha + tx + s + t), n * k - j);
		weight := weight * (r + k * x + j) / (j + 1) * s / (alpha + tx + s);
	end loop;
	return chance * events / weights;
end $$;
create temp table forecast as
select d.*, m.*, k, days, f.*, '2020-12-31'::date - f.last_date as s
from (select account, s as state from state where account % 50 = 3) d, (values (1, 30), (2, 400), (3, 90), (5, 200)) v (k, days),
	(select cadence_sample_agg(s, '2020-12-31') as sample from state) x, cadence_model_rows(cadence_model(sample, k)) m,
	cadence_forecast(d.state, cadence_model(sample, k), '2020-12-31', days) f;
create temp table chances as
select account, k, f.days, n, chance_of_orders(k, r, alpha, a, b, f.order_days::int - 1, f.last_date - q.first_date, f.s, f.days, n) as p
from forecast f, cadence_summary(state, '2020-12-31') q, generate_series(1, 60) n;
select ok(count(*) >= 20, 'there are forecasts to compare') from forecast;
select is_empty($$ select * from forecast join (select account, k, days, max(p) as one from chances where n = 1 group by 1, 2, 3) c using (account, k, days)
	where abs(order_probability - one) > 1e-7 $$, 'the chance of an order');
select is_empty($$ select * from forecast join (select account, k, days, sum(greatest(p, 0)) as expected from chances group by 1, 2, 3) c using (account, k, days)
	where abs(expected_orders / expected - 1) > 1e-6 and abs(expected_orders - expected) > 1e-6 $$, 'expected orders are the sum of the chances of at least n');
select is_empty($$ select * from forecast f join (select account, k, days, count(*) filter (where p > 0.9) as low, count(*) filter (where p > 0.1) as high
		from chances group by 1, 2, 3) c using (account, k, days)
	where (orders_low, orders_high) <> (low, high) $$, 'and bounds count the chances above them');

-- silence falls and due dates stay while as_of moves on
create temp table daily as
select account, d, f.* from state, one_pass, generate_series(0, 400, 20) d, lateral cadence_forecast(s, model, (cadence_summary(s, '2020-12-31')).last_date + d) f
where account % 10 = 1 and not exists (select from cadence_rows(s) r where r.order_date > '2020-12-31');
select is_empty($$ select * from (select *, lag(silence_probability) over w as before, lag(due_date) over w as due, lag(due_high) over w as high, lag(alive_probability) over w as alive
	from daily window w as (partition by account order by d)) x
	where silence_probability > before or due_date <> due or due_high <> high or alive_probability > alive $$,
	'silence and the chance to be a customer fall, due dates stay');
select is_empty($$ select * from daily where overdue <> (last_date + d > due_high) or days_late <> greatest(last_date + d - due_date, 0) or silence_days <> d $$,
	'overdue and late follow from them');
select is_empty($$ select * from daily where not (silence_probability between 0 and 1 and alive_probability between 0 and 1 and order_probability between 0 and alive_probability
	and expected_orders >= order_probability and orders_low <= orders_high) $$, 'chances are chances');

-- the unit of money and of keys changes nothing; that of time moves alpha
select is((select cadence_model_agg(scaled, '2020-12-31') from (select cadence_agg(day, amount * 1000) as scaled from orders group by account) x), model,
	'the unit of money has no say') from one_pass;

-- statuses
select is((cadence_model_rows(m)).status, 'ok', 'enough accounts') from (select cadence_model_agg(s, '2020-12-31') as m from (select s from shared_state) x) y;
select is(status, 'few', 'few'), matches(detail, '^3 accounts, 3 with a second order day') from (
	select r.* from (select cadence_model_agg(s, '2020-12-31') as m from state where account in (5, 6, 8)) x, cadence_model_rows(m) r) y;
create temp table single as select cadence_sample_agg(s, '2021-01-01', '2022-01-01') as sample from (select cadence_agg(date '2020-01-01' + n, 1) as s from generate_series(1, 30) n group by n) x;
select is(status, 'no_repeats', 'one order each'), ok(typical_gap_days is null and second_order_rate is null, 'says nothing of gaps') from single, cadence_model_rows(cadence_model(sample));
select is(f::text, '(1,2020-01-02,30,,,,,,,,,,,)', 'and forecasts nothing') from single, cadence_forecast('{"days": [["2020-01-02", 1, 1]]}', cadence_model(sample), '2020-02-01') f;
select results_eq('select c.* from single, cadence_check(sample, cadence_model(sample)) c',
	$$ values (1, 'all', 30::bigint, null::float8, 0::bigint, null::float8, null::float8, 0::bigint, 0::float8, wilson_low(0, 30), wilson_high(0, 30)) $$, 'its check counts what came');
select is(status, 'edge', 'without a prior, equal rates run to a bound'), is(detail, 'r is at its bound: the accounts'' rates do not differ')
from (select cadence_sample_agg(s, '2021-01-01') as sample from (select cadence_agg(date '2020-01-01' + 30 * n, 1) as s from generate_series(0, 10) n, generate_series(1, 50) a group by a) x) y,
	cadence_model_rows(cadence_model(sample, 8, 0));
select ok(cadence_model(cadence_sample_agg(null::cadence_state, '2020-12-31')) is null, 'no account, no model');
select ok(cadence_model_agg(null::cadence_state, '2020-12-31') is null and cadence_model(null::cadence_sample) is null, 'nor from NULL');
select ok((select cadence_sample_agg(s, '2020-12-31') from state where false) is null, 'no rows give NULL');

-- two thousand tiny populations: finite, chances in 0..1, never an error
create temp table tiny as
select p, cadence_sample_agg(s, as_of, as_of + 200) as sample, array_agg(s) as states, as_of
from (
	select p, a, as_of, cadence_agg(day, case when random() < 0.1 then -1 else round((random() * 50)::numeric, 2) end) as s
	from (select p, 1 + floor(random() * 50)::int as accounts, (random() * 4)::int as kind, date '2021-06-30' as as_of from generate_series(1, 2000) p) g,
		generate_series(1, accounts) a, lateral (select floor(random() ^ 3 * 8)::int as orders) o, generate_series(0, orders) n,
		lateral (select case kind when 0 then date '2021-06-30' - (random() * 400)::int when 1 then date '2021-06-30' - n * 30 when 2 then date '2021-06-30'
			when 3 then date '2000-01-01' + (random() * 9000)::int else date '2021-06-30' - n end as day) d
	group by p, a, as_of) x
group by p, as_of;
create temp table tiny_model as select p, sample, states, as_of, w, cadence_model(sample, null, w) as m from tiny, (values (0::float8), (1)) v (w) where w = 1 or p % 20 = 0;
select is(count(*), 2000::bigint, 'two thousand populations are asked') from tiny;
select is_empty($$ select * from tiny_model, cadence_model_rows(m) r where m is not null and
	not (r.r > 0 and r.alpha > 0 and r.a > 0 and r.b > 0 and r.r + r.alpha + r.a + r.b < 1e300 and abs(r.log_likelihood) < 1e300 and r.status in ('ok', 'few', 'no_repeats', 'edge')) $$,
	'two thousand tiny populations have finite models');
select is_empty($$ select * from tiny_model, cadence_forecast(states[1 + p % cardinality(states)], m, as_of, 1 + p) f
	where f.silence_probability is not null and not (silence_probability between 0 and 1 and alive_probability between 0 and 1
		and order_probability between 0 and 1 and expected_orders >= 0 and expected_orders < 1e6 and orders_low between 0 and orders_high) $$, 'and forecasts within their bounds');
select is_empty($$ select * from tiny_model, cadence_check(sample, m) c where c.group_index = 1 and w = 1
	and not coalesce(c.expected_orders between 0 and 1e6, true) $$, 'and a check');
select is_empty($$ select p from tiny_model, cadence_check(sample, m) c where w = 1 group by p having sum(accounts) filter (where group_index between 2 and 6) <> sum(accounts) filter (where group_index = 1)
	or sum(accounts) filter (where group_index > 6) <> sum(accounts) filter (where group_index = 1) $$, 'whose groups add up');

-- the check: the obvious SQL
create temp table judged as
select f.expected_orders as expected, f.order_probability as active, f.overdue,
	(select count(*) from cadence_rows(s) r where r.orders > 0 and r.order_date between '2021-01-01' and '2021-06-30') as actual
from state, one_pass, cadence_forecast(s, model, '2020-12-31', date '2021-06-30' - '2020-12-31') f where f.order_days is not null;
select bag_eq(
	$$ select group_index, group_name, accounts, round(expected_orders::numeric, 6) as e, actual_orders, round(order_ratio::numeric, 6) as q, round(expected_active::numeric, 6) as x, actual_active, active_rate,
			active_rate_low, active_rate_high from one_pass, cadence_check(sample, model) $$,
	$$ select i, name, count(*) as c, round(sum(expected)::numeric, 6) as e, sum(actual)::bigint as n, round((sum(expected) / nullif(sum(actual), 0))::numeric, 6) as q, round(sum(active)::numeric, 6) as x, count(*) filter (where actual > 0) as y,
			count(*) filter (where actual > 0) / count(*)::float8 as z, wilson_low(count(*) filter (where actual > 0), count(*)) as wl, wilson_high(count(*) filter (where actual > 0), count(*)) as wh
		from (select *, 1 + (select count(*) from generate_series(1, 4) j where expected > (select e from (select expected as e, row_number() over (order by expected) as rank, count(*) over () as n from judged) r
				where rank = (j * n + 4) / 5)) as quintile from judged) t,
			lateral (values (1, 'all'), (1 + quintile::int, 'quintile_' || quintile), (case when overdue then 7 else 8 end, case when overdue then 'overdue' else 'not_overdue' end)) g (i, name)
		group by 1, 2 $$, 'all, quintiles, overdue or not');

-- a season: days of December count for two and a half
create temp table seasonal as
select cadence_agg(day, 10) as s from generate_series(1, 60) a, generate_series(date '2020-01-01' + a, date '2023-06-30', '40 days') t, lateral (select t::date as day) d
where extract(month from day) = 12 or random() < 0.5 group by a;
create temp table season_model as
select sample, cadence_model(sample, 1, season => true) as m from (select cadence_sample_agg(s, '2023-06-30') as sample from seasonal) x;
create function weights(sample cadence_sample) returns float8[] language sql stable as $$
	-- what documentation says: (n_m + 5) / (e_m + 5 e/n), 1 on average over the days at risk
	with exposure as (select extract(month from d)::int as m, sum((r->>4)::int)::float8 as e
			from jsonb_array_elements(sample::jsonb->'accounts') r, generate_series((r->>0)::date + 1, (sample::jsonb->>'as_of')::date, '1 day') d group by 1),
		raw as (select m, e, n, (n + 5) / (e + 5 * sum(e) over () / sum(n) over ()) as w
			from exposure, lateral (select (sample::jsonb->'repeats'->>(m - 1))::float8 as n) c)
	select array_agg(w / (select sum(w * e) / sum(e) from raw) order by m) from raw $$;
select is((select array_agg(round(w::numeric, 9)) from jsonb_array_elements_text(m::jsonb->'season') w), (select array_agg(round(w::numeric, 9)) from unnest(weights(sample)) w), 'weights of the months')
from season_model;
select ok((select (m::jsonb->'season'->>11)::float8) > 1.3, 'December is busy'), ok((cadence_model_rows(m)).has_season, 'and the model knows it') from season_model;
create function weighted(m cadence_model, after date, until date) returns float8 language sql stable as $$
	select coalesce(sum((m::jsonb->'season'->>(extract(month from d)::int - 1))::float8), 0) from generate_series(after + 1, until, '1 day') d $$;
select ok(abs(f.silence_probability - longer(r.regularity, r.alpha + weighted(m, q.first_date, q.last_date), r.r + q.order_days - 1, weighted(m, q.last_date, '2023-12-15'))) < 1e-9, 'silence counts weighted days'),
	ok(longer(1, r.alpha + weighted(m, q.first_date, q.last_date), r.r + q.order_days - 1, weighted(m, q.last_date, f.due_date)) <= 0.5
		and longer(1, r.alpha + weighted(m, q.first_date, q.last_date), r.r + q.order_days - 1, weighted(m, q.last_date, f.due_date - 1)) > 0.5, 'due dates are walked back to the calendar')
from season_model, (select s from seasonal limit 5) x, cadence_model_rows(m) r, cadence_summary(s, '2023-12-15') q, cadence_forecast(s, m, '2023-12-15') f;
select ok(cadence_forecast(s, '{"regularity": 2, "r": 1, "alpha": 30, "a": 1, "b": 3, "season": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}', d)
	= cadence_forecast(s, cadence_model(2, 1, 30, 1, 3), d), 'twelve ones are no season')
from seasonal, unnest(array['2023-06-30', '2024-02-29', '2400-02-29', '1999-12-31']::date[]) d where (cadence_forecast(s, cadence_model(2, 1, 30, 1, 3), d)).order_days is not null limit 20;
select throws_ok($$ select cadence_model(cadence_sample_agg(s, '2020-12-31'), season => true) from state $$, '22023', 'a season needs at least 730 days of history');
select is(cadence_model(sample, season => true)::jsonb->'season', to_jsonb(array_fill(1, array[12])), 'without repeats all months are alike')
from (select cadence_sample_agg('{"days": [["2020-01-01", 1, 1]]}', '2022-12-31') as sample) x;

-- far days
select is(f.due_date, '2000-01-01'::date + 155, 'a gap that is due'), ok(f.due_high is null and not f.overdue, 'and one that is not within a hundred years')
from cadence_forecast('{"days": [["2000-01-01", 1, 1]]}', cadence_model(1, 0.2, 5, 1, 1), '2050-01-01') f;
select is(f.silence_days, 2145031948 - 0, 'the last day there is') from cadence_forecast('{"days": [["2000-01-01", 1, 1]]}', cadence_model(1, 2, 30, 1, 3), '5874897-12-31') f;
select ok(f.due_date is null, 'a date beyond it is none') from cadence_forecast('{"days": [["5874897-12-30", 1, 1]]}', cadence_model(1, 2, 30, 1, 3), '5874897-12-31') f;

-- errors
select throws_ok(format('select cadence_model(2, %s)', p), '22023', null, p) from unnest(array['0, 1, 1, 1', '1, -1, 1, 1', '1, 1, ''NaN'', 1', '1, 1, 1, ''Infinity''']) p;
select throws_ok($$ select cadence_model(9, 1, 1, 1, 1) $$, '22023', 'regularity must lie between 1 and 8');
select throws_ok(format($$ select cadence_model(sample, prior_weight => %L) from one_pass $$, w), '22023', 'prior_weight must be a finite number of at least 0') from unnest(array['-1', 'NaN', 'Infinity']) w;
select throws_ok($$ select cadence_model(sample, prior_weight => null) from one_pass $$, '22004', 'prior_weight must not be NULL');
select throws_ok($$ select cadence_model(sample, regularity => 0) from one_pass $$, '22023', 'regularity must lie between 1 and 8');
select throws_ok(format('select cadence_forecast(''{"days": [["2020-01-01", 1, 1]]}'', cadence_model(1, 1, 1, 1, 1), %s)', a), c, null, a)
from (values ('''infinity''', '22008'), ('''2020-01-01'', 0', '22023'), ('''2020-01-01'', 36501', '22023'), ('''2020-01-01'', 30, 0', '22023'), ('''2020-01-01'', 30, 1', '22023'), ('''2020-01-01'', 30, ''NaN''', '22023')) v (a, c);
select throws_ok($$ select cadence_sample_agg(s, case account % 2 when 0 then date '2020-12-31' else '2021-12-31' end) from state $$, '22023', 'the parameters of cadence_sample_agg must be the same in every row');
select throws_ok($$ select cadence_sample_agg(s, '2020-12-31', case account % 2 when 0 then date '2021-12-31' else '2022-12-31' end) from state $$, '22023', 'the parameters of cadence_sample_agg must be the same in every row');
select throws_ok($$ select cadence_sample_agg(s, '2020-12-31', '2020-12-31') from state $$, '22023', 'until must lie after as_of');
select throws_ok($$ select cadence_sample_agg(s, null) from state $$, '22004', 'as_of of cadence_sample_agg must not be NULL');
select throws_ok($$ select cadence_sample_agg(s, 'infinity') from state $$, '22008', 'as_of must be a finite date');
select throws_ok($$ select cadence_check(cadence_sample_agg(s, '2020-12-31'), cadence_model(1, 1, 1, 1, 1)) from state $$, '22023', 'the sample has no until');
select throws_ok($$ select cadence_sample_merge(x) from (select cadence_sample_agg(s, '2020-12-31') as x from state union all select cadence_sample_agg(s, '2021-12-31') from state) y $$,
	'22023', 'the parameters of cadence_sample_merge must be the same in every row');
select throws_ok(format('select %L::cadence_model', t), '22P02', null, 'not a model: ' || t)
from unnest(array['{}', '{"regularity": 1, "r": 1, "alpha": 1, "a": 1, "b": 0}', '{"regularity": 1, "r": 1, "alpha": 1, "a": 1, "b": 1, "season": [1]}',
	'{"regularity": 1, "r": 1, "alpha": 1, "a": 1, "b": 1, "season": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]}', '{"regularity": 1, "r": 1, "alpha": 1, "a": 1, "b": 1, "status": "ok"}',
	'{"regularity": 1, "r": 1, "alpha": 1, "a": 1, "b": 1, "gamma": 1}']) t;
select throws_ok(format('select %L::cadence_sample', t), '22P02', null, 'not a sample: ' || t)
from unnest(array['{}', '{"as_of": "2025-01-01", "repeats": [0], "accounts": []}',
	'{"as_of": "2025-01-01", "repeats": [0,0,0,0,0,0,0,0,0,0,0,1], "accounts": []}',
	'{"as_of": "2025-01-01", "repeats": [0,0,0,0,0,0,0,0,0,0,0,0], "accounts": [["2025-01-02", "2025-01-02", 0, 0, 1]]}',
	'{"as_of": "2025-01-01", "repeats": [0,0,0,0,0,0,0,0,0,0,0,0], "accounts": [["2024-01-02", "2024-01-02", 1, 0, 1]]}',
	'{"as_of": "2025-01-01", "until": "2025-01-01", "repeats": [0,0,0,0,0,0,0,0,0,0,0,0], "accounts": []}']) t;

-- golden bytes
select is(encode(revops_internal.cadence_model_send(cadence_model(2, 1, 2, 3, 4)), 'hex'),
	'010000000002' || '3ff0000000000000' || '4000000000000000' || '4008000000000000' || '4010000000000000', 'binary form of a model');
select is(encode(revops_internal.cadence_sample_send('{"as_of": "2000-01-11", "repeats": [1,0,0,0,0,0,0,0,0,0,0,0], "accounts": [["2000-01-01", "2000-01-02", 1, 0, 1]]}'), 'hex'),
	'010000000a7fffffff' || '0000000000000001' || repeat('0', 176) || '00000001' || '00000000' || '00000001' || '00000001' || '00000000' || repeat('0', 16) || '0000000000000001',
	'binary form of a sample');

select * from finish();
rollback;
