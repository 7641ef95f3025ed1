-- Values of the types of cadence.

create table value_cadence_state as
select cadence_agg(day, amount) as v
from (values
	(1, date '2024-01-31', 100.50),
	(1, '2024-02-29', 0.0001),
	(1, '2025-01-01', -20),
	(1, '2025-01-01', 10),
	(2, '2024-05-05', null),
	(3, '4713-01-01 BC', 1e37),
	(3, '5874897-12-31', 9e37),
	(3, '2024-01-01', 1e-40),
	(4, '2024-01-01', -5),
	(5, '1999-12-31', 12345678901234567890.123456789),
	(6, '2000-01-01', 0),
	(7, '2000-01-01', 0.00),
	(8, '2020-06-30', 1e100),
	(8, '2020-06-30', -1e100),
	(8, '2020-07-30', 1),
	(9, '2020-06-30', 9e37),
	(9, '2020-06-30', 9e37),
	(9, '2020-06-30', 0.00000001)
) o (account, day, amount)
group by account
union all
select null
union all
values ('{"days": []}'::cadence_state)
union all
select cadence_agg(date '2020-01-01' + 7 * n, n * 1.25) from generate_series(1, 300) n
union all
select cadence_agg(date '2020-01-01' + (n * n) % 1500, round(n / 7.0, 2)) from generate_series(1, 200) n;

create table value_cadence_sample as
select cadence_sample_agg(v, '2025-06-30') as v from value_cadence_state where length(v::text) < 200
union all
select cadence_sample_agg(v, '2024-12-31', '2025-12-31') from value_cadence_state
union all
select cadence_sample_agg(v, '1900-01-01') from value_cadence_state where length(v::text) > 200
union all
select null
union all
select cadence_sample_agg(cadence_agg, '2024-12-31', '2025-06-30')
from (select cadence_agg(date '2022-01-01' + 30 * n * (1 + a % 5), 10) from generate_series(1, 40) a, generate_series(0, a % 7) n group by a) x;

create table value_cadence_model (v cadence_model);
insert into value_cadence_model
select cadence_model(v, k, w) from value_cadence_sample, (values (null::int, 1::float8), (3, 1), (2, 0)) s (k, w);
insert into value_cadence_model values
	(null),
	(cadence_model(2, 0.854, 30.22, 0.158, 2.017)),
	(cadence_model(8, 1e300, 1e-300, 5e-324, 1e308)),
	(cadence_model(1, 5e-324, 1e308, 1e308, 5e-324)),
	('{"regularity": 1, "r": 1, "alpha": 30, "a": 1, "b": 3, "season": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2.5]}'),
	('{"regularity": 1, "r": 1, "alpha": 30, "a": 1, "b": 3, "as_of": "2025-06-30", "accounts": 3, "repeat_accounts": 0, "gaps": 0, "log_likelihood": -1.5, "prior_weight": 1, "status": "no_repeats"}');

create table value_spend_sample (v spend_sample);
insert into value_spend_sample values
	(null),
	('{"as_of": "2025-06-30", "method": "log", "accounts": []}'),
	('{"as_of": "2025-06-30", "method": "gamma_gamma", "accounts": [[3, 2, 4.6, 0.1, 100, 180.5], [1, 0, 0, 0, 0, -5], [1, 1, -0.0, 0, 1, 1]]}'),
	('{"as_of": "4713-01-01 BC", "method": "log", "accounts": [[1000000, 1, 690, 1e300, 1e300, -1e300]]}'),
	('{"as_of": "2025-06-30", "method": "log", "accounts": [[3, 2, 4.6, 0.1, 100, 180.5]]}'),
	('{"as_of": "2025-06-30", "method": "log", "accounts": [[3, 2, 4.6, 0.1, 100, 180.5], [3, 2, 4.6, 0.1, 100, 180.5]]}');

create table value_spend_model (v spend_model);
insert into value_spend_model
select spend_model_agg(v, '2025-06-30', method)
from value_cadence_state, unnest(array['log', 'gamma_gamma']) method
where (v::text !~ '0{30}') or v is null
group by method, length(v::text) % 3;
insert into value_spend_model values
	(null),
	('{"method": "log", "log_mean": 5.3, "within": 0.1, "between": 4.2, "credibility": 0.02, "smear": 1.01}'),
	('{"method": "log", "log_mean": -700, "smear": 1e300}'),
	('{"method": "log", "log_mean": 700, "credibility": 0, "smear": 5e-324}'),
	('{"method": "gamma_gamma", "p": 6.25, "q": 3.74, "v": 15.44}'),
	('{"method": "gamma_gamma", "p": 1.05, "q": 0.794, "v": 4266.3}'),
	('{"method": "log", "status": "no_revenue", "accounts": 1, "order_days": 1}');

create table value_clv_sample (v clv_sample);
insert into value_clv_sample values
	(null),
	('{"as_of": "2024-06-30", "until": "2025-06-30", "cadence_model": {"regularity": 2, "r": 0.854, "alpha": 30.22, "a": 0.158, "b": 2.017},
		"spend_model": {"method": "log", "log_mean": 5.3, "credibility": 0.02, "smear": 1.01}, "actual_amount": 190.00,
		"accounts": [[1.5, 150, 2, 190], [0.5, 20, 0, 0]]}'),
	('{"as_of": "2024-06-30", "until": "2024-07-01", "cadence_model": {"regularity": 1, "r": 1, "alpha": 1, "a": 1, "b": 1},
		"spend_model": {"method": "gamma_gamma", "p": 1.05, "q": 0.794, "v": 4266.3}, "actual_amount": 1e100, "accounts": []}'),
	('{"as_of": "2024-06-30", "until": "2025-06-30", "cadence_model": {"regularity": 2, "r": 0.854, "alpha": 30.22, "a": 0.158, "b": 2.017},
		"spend_model": {"method": "log", "log_mean": 5.3, "credibility": 0.02, "smear": 1.01}, "actual_amount": -0.0001,
		"accounts": [[0, 0, 0, -0.0001]]}'),
	('{"as_of": "2024-06-30", "until": "2025-06-30", "cadence_model": {"regularity": 2, "r": 0.854, "alpha": 30.22, "a": 0.158, "b": 2.017},
		"spend_model": {"method": "log", "log_mean": 5.3, "credibility": 0.02, "smear": 1.01}, "actual_amount": 0, "accounts": [[2.5, 99.9, 3, 0]]}');
