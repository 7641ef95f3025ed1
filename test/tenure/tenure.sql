-- tenure_model: fits against figures of others, and what contracts will bring.
begin;
\pset fieldsep '\n'
set local search_path = public, revops;
select no_plan();

-- "Regular" customers of P. S. Fader and B. G. S. Hardie, "How to project customer retention" (2007), refitted; and
-- renewals of the sample company as the rules of its first edition counted them
create temp table case_of (name text, s survival_state);
insert into case_of values
	('regular', '{"events": [[1, 369], [2, 163], [3, 86], [4, 56], [5, 37], [6, 27], [7, 21]], "censored": [[7, 241]]}'),
	('contracts', '{"events": [[1, 68], [2, 15], [3, 6]], "censored": [[0, 289], [1, 160], [2, 84], [3, 57], [4, 7], [5, 1]]}'),
	('nobody lapsed', '{"events": [], "censored": [[1, 5], [2, 3]]}');
create temp table fit (name text, w float8, a float8, b float8, penalised float8, survival float8[], rate float8[], expected float8[]);
insert into fit values
	('regular', 0.0, 0.7040772854324048, 1.182042988585722, -1680.265188463286, '{1.0,0.6267060509707253,0.4738193195673897,0.387973952779115,0.33206791032171923,0.2923470989902641,0.26245581860735595}',
		'{0.626706050970725,0.7560471433672542,0.8188225696101754,0.855902588158477,0.880383469474746,0.8977541405878511}', '{2.1129143326292135,2.790246077179695,3.1950330698323812,3.469251994576787}'),
	('regular', 1.0, 0.7078376809875602, 1.192609298911333, -1680.5379339604224, '{1.0,0.6275414739403998,0.47439352649783967,0.3883024668315329,0.332214702027382,0.2923610968557506,0.26237112643612626}',
		'{0.6275414739403999,0.7559556558374894,0.8185239577321703,0.8555565066021459,0.8800366000408177,0.8974214738480707}', '{2.114813266152905,2.7880912916598755,3.191682407381046,3.465542302804313}'),
	('contracts', 0.0, 0.21391056182633988, 1.0422523727005306, -253.96648317912457, '{1.0,0.8297111338451425,0.7510448406983654,0.7017056561855042,0.6664386202518701,0.6393165044695744,0.6174570110249266}',
		'{0.829711133845142,0.9051883361113728,0.9343059404189729,0.9497409838117207,0.9593029050866752,0.9658080257715479}', '{3.588216755450457,4.068840943455788,4.292915803409883,4.426635089765282}'),
	('contracts', 1.0, 0.2502672712777305, 1.245491037942447, -254.28115493279589, '{1.0,0.8326820117026741,0.7491831191452479,0.6955478279349568,0.6568284740534469,0.6269176481674018,0.6027638909532507}',
		'{0.8326820117026735,0.8997229537999899,0.9284083025369223,0.9443325788300346,0.9544617399098756,0.9614722008787646}', '{3.5611590810037277,4.000615977571749,4.224196540776571,4.362927129199212}'),
	('nobody lapsed', 1.0, 0.17289474129580676, 2.721645894109862, -1.0466842851362708, '{1.0,0.940268677115471,0.8985262677025324,0.8667867280451934,0.8413627168501803,0.8202638218028837,0.8022995971805051}',
		'{0.9402686771154706,0.9556058705039555,0.9646760024740347,0.9706686658062359,0.9749229498470229,0.9780994551449387}', '{4.36720821151626,4.497904944101331,4.582411521527691,4.6419584500508115}');
create temp table fitted as select name, w, fit.a as a0, fit.b as b0, penalised, survival, rate, expected, tenure_model(s, w) as m, s from fit join case_of using (name);
select is_empty($$ select * from fitted, tenure_model_rows(m) r where abs(r.a / a0 - 1) > 1e-3 or abs(r.b / b0 - 1) > 1e-3 $$, 'parameters, with and without a prior');
select is_empty($$ select * from fitted, tenure_model_rows(m) r
	where r.log_likelihood - w / 2 * (((ln(r.a / r.b) - ln(0.25)) / 1.5) ^ 2 + (ln(r.a + r.b) - ln(3)) ^ 2) < penalised - 1e-6 $$, 'and no lower a penalised likelihood');
select is_empty($$ select * from fitted, generate_series(0, 5) d where abs(tenure_rate(tenure_model(a0, b0), d) / rate[d + 1] - 1) > 1e-9 $$, 'chances of the next renewal');
select is_empty($$ select * from fitted, tenure_rows(s, tenure_model(a0, b0), 6) r where abs(r.survival / fitted.survival[term_index + 1] - 1) > 1e-9 $$, 'chances to reach a term');
select is_empty($$ select * from fitted, generate_series(0, 3) d where abs(tenure_expected_terms(tenure_model(a0, b0), d, 5) / expected[d + 1] - 1) > 1e-9 $$, 'terms to come');
select results_eq('select status from fitted join (values (''contracts'', 1), (''nobody lapsed'', 2), (''regular'', 3)) o (name, n) using (name), tenure_model_rows(m) order by n, w',
	$$ values ('ok'), ('ok'), ('few'), ('ok'), ('ok') $$, 'fewer than 50 lapses are few');
select is(status, 'edge', 'nobody lapses and no prior: a bound') from case_of, tenure_model_rows(tenure_model(s, 0)) where name = 'nobody lapsed';

-- discounted
select is(round(tenure_expected_terms(tenure_model(1, 3), 0, 3, 0.1)::numeric, 9), round((0.75 / 1.1 + 0.6 / 1.21 + 0.5 / 1.331)::numeric, 9), 'each term is discounted');

-- observed beside the model: the obvious SQL
create temp table holder as select (1 + random() * 5)::int as terms, random() < 0.4 as lapsed, 0::float8 as entry from generate_series(1, 200)
union all select 3 + n % 3, n % 2 = 0, 1 + n % 2 from generate_series(1, 60) n;
select results_eq(
	$$ select term_index, at_risk, lapsed, observed_rate, observed_rate_low, observed_rate_high from (select survival_agg(terms, lapsed, entry) as s from holder) x, tenure_rows(s, tenure_model(1, 3), 8) $$,
	$$ select t, count(*) filter (where terms >= t and entry < t), count(*) filter (where terms = t and lapsed),
		count(*) filter (where terms >= t and entry < t and not (terms = t and lapsed)) / nullif(count(*) filter (where terms >= t and entry < t), 0)::float8,
		wilson_low(count(*) filter (where terms >= t and entry < t and not (terms = t and lapsed)), count(*) filter (where terms >= t and entry < t)),
		wilson_high(count(*) filter (where terms >= t and entry < t and not (terms = t and lapsed)), count(*) filter (where terms >= t and entry < t))
	from holder, generate_series(1, 8) t group by t order by t $$, 'renewals observed at the end of each term');
select results_eq(
	$$ select term_index, observed_survival, observed_survival_low, observed_survival_high from (select survival_agg(terms, lapsed, entry) as s from holder) x, tenure_rows(s, tenure_model(1, 3), 5) $$,
	$$ select duration::int, survival, survival_low, survival_high from (select survival_agg(terms, lapsed, entry) as s from holder) x, survival_at(s, '{1,2,3,4,5}') $$, 'and survival, as survival_at has it');

-- who is watched only from a later term on: the likelihood, term by term
select ok(abs(r.log_likelihood - oracle) < 1e-9, 'late entry divides by the survival there')
from (select survival_agg(terms, lapsed, entry) as s from holder) x, tenure_model_rows(tenure_model(s)) r,
	lateral (select sum(case when lapsed then ln(r.a / (r.a + r.b + terms - 1)) else ln((r.b + terms - 1) / (r.a + r.b + terms - 1)) end
		+ coalesce((select sum(ln((r.b + i) / (r.a + r.b + i))) from generate_series(entry::int, terms - 2) i), 0)) as oracle from holder) o;

-- the same bits
select is(tenure_model(survival_merge(s)), (select tenure_model(survival_agg(terms, lapsed, entry)) from holder), 'merged in parts')
from (select survival_agg(terms, lapsed, entry) as s from holder group by terms % 2 order by 1 desc) x;
select ok(m = m::text::tenure_model and m = m::jsonb::tenure_model, 'as text and jsonb') from fitted;
select ok(tenure_model('{"events": [], "censored": []}'::survival_state) is null, 'no holders, no model');

-- contracts: worked by hand
create temp table contract as select contract_agg('[2024-01-01,2025-01-01)', 100) as s;
select results_eq(
	$$ select round(next_renewal_rate::numeric, 9), round(expected_months::numeric, 9), round(committed_value::numeric, 6), round(renewal_value::numeric, 6), round(value::numeric, 6)
		from contract, contract_forecast_rows(s, tenure_model(0.704077, 1.182043), '2024-06-30', 30) $$,
	'values (0.626706148, 19.206307062, 600.000000, 1320.630706, 1920.630706)', 'six months signed, then two renewals');
select results_eq(
	$$ select round(committed_value::numeric, 6), round(renewal_value::numeric, 6), round(value::numeric, 6)
		from contract, contract_forecast_rows(s, tenure_model(0.704077, 1.182043), '2024-06-30', 30, discount_rate => 0.1, growth_rate => 0.03, margin_rate => 0.8) $$,
	'values (468.741083, 962.530111, 1431.271194)', 'discounted, growing, after costs');
select results_eq(
	$$ select term_index, round(expected_months::numeric, 9), committed_value, round(renewal_value::numeric, 6) from contract, contract_forecast_rows(s, tenure_model(0.704077, 1.182043), '2025-01-15', 12) $$,
	'values (1, 7.520473777, 0::float8, 752.047378)', 'in grace the undecided renewal counts');
select is_empty($$ select r.* from contract, contract_forecast_rows(s, tenure_model(1, 3), '2025-02-01') r $$, 'lapsed: no row');
select results_eq(
	$$ select line, contract_key, ends, mrr, term_index, round(next_renewal_rate::numeric, 6), round(committed_value::numeric, 6), round(renewal_value::numeric, 6)
		from (select contract_agg(t, m, l, k, d) as s from (values
			('[2023-01-01,2024-01-01)'::daterange, 10, 'a', 'a1', '2022-12-01'::date), ('[2024-01-01,2025-01-01)', 20, 'a', 'a2', '2023-12-01'), ('[2025-01-01,2025-07-01)', 50, 'a', 'a3', '2024-06-01'),
			('[2024-03-01,2024-09-01)', 5, 'a', 'add', '2024-03-01'), ('[2024-05-01,)', 7, 'b', 'b1', '2024-05-01'), ('[2022-01-01,2023-01-01)', 9, 'c', 'c1', '2022-01-01'),
			('[2025-01-01,2026-01-01)', 1000, 'a', 'unknown', '2024-12-01')) v (t, m, l, k, d)) x, contract_forecast_rows(s, tenure_model(1, 3), '2024-06-30', 18) $$,
	-- a: July and August 25, September to December 20, January to June 50; then renewals of half a year at 5/6
	$$ values ('a', 'a3', '2025-07-01'::date, 50::numeric, 3, 0.833333, (2 * 25 + 4 * 20 + 6 * 50)::numeric(12, 6), round(6 * 50 * 5 / 6.0, 6)), ('b', 'b1', null, 7, 1, null, (18 * 7)::numeric(12, 6), 0.000000) $$,
	'lines: what is signed and known, add-ons, an open end');

-- errors
select throws_ok($$ select tenure_model('{"events": [[1.5, 1]], "censored": []}'::survival_state) $$, '22023', 'a duration is not a whole number of terms');
select throws_ok($$ select tenure_model('{"events": [[0, 1]], "censored": []}'::survival_state) $$, '22023', 'a holder lapses after 0 terms');
select throws_ok($$ select tenure_model(0, 1) $$, '22023', 'a and b must be positive and finite');
select throws_ok($$ select tenure_model('{"events": [], "censored": [[1, 1]]}'::survival_state, -1) $$, '22023', 'prior_weight must be a finite number of at least 0');
select throws_ok($$ select tenure_rate(tenure_model(1, 1), -1) $$, '22023', 'terms_done must be at least 0');
select throws_ok($$ select tenure_expected_terms(tenure_model(1, 1), 0, 0) $$, '22023', 'horizon must lie between 1 and 1000000');
select throws_ok($$ select tenure_expected_terms(tenure_model(1, 1), 0, 5, -1) $$, '22023', 'term_discount_rate must be above -1');
select throws_ok($$ select tenure_rows('{"events": [], "censored": [[1, 1]]}', tenure_model(1, 1), 0) $$, '22023', 'terms must lie between 1 and 1000000');
select throws_ok(format('select r.* from contract, contract_forecast_rows(s, tenure_model(1, 3), %s) r', a), c, null, a)
from (values ('''infinity''', '22008'), ('''2024-06-30'', 0', '22023'), ('''2024-06-30'', 12, -1', '22023'), ('''2024-06-30'', 12, 30, -1', '22023'), ('''2024-06-30'', 12, 30, 0, -1', '22023'), ('''2024-06-30'', 12, 30, 0, 0, ''NaN''', '22023'), ('''2024-06-30'', 12, 30, 0, 0, 1, -1', '22023')) v (a, c);
select throws_ok(format('select %L::tenure_model', t), '22P02', null, 'not a model: ' || t) from unnest(array['{}', '{"a": 1, "b": 0}', '{"a": 1, "b": 1, "holders": 1}', '{"a": 1, "b": 1, "c": 1}']) t;

-- golden bytes
select is(encode(revops_internal.tenure_model_send(tenure_model(1, 2)), 'hex'), '0100' || '3ff0000000000000' || '4000000000000000', 'binary form');

select * from finish();
rollback;
