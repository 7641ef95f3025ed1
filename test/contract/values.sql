-- Values of the types of contract.

create table value_contract_state as
select contract_agg(term, mrr, line, key, known_on) as v
from (values
	(1, daterange '[2024-01-01,2025-01-01)', 100.00, 'crm', 'C-1', date '2023-12-01'),
	(1, '[2025-01-01,2026-01-01)', 120, 'crm', 'C-2', null),
	(1, '[2024-06-01,2025-01-01)', 20.5, 'crm', 'C-3', '2024-07-01'),
	(1, '[2024-03-01,)', 40, null, null, null),
	(2, '[2024-02-29,)', 0, null, null, null),
	(3, '[4714-11-24 BC,2024-01-01)', 1e30, '', '', '4714-11-24 BC'),
	(3, '[2024-01-01,5874897-12-31)', 1e40, '客户', 'a"\ b', '5874897-12-31'),
	(4, '[2024-01-31,2024-02-29)', 1000.0 / 12, 'x', null, null),
	(5, '[2024-01-01,2024-01-02)', 0.000000000000000000000000000000000000000000001, null, 'k', null),
	(6, '[2024-01-01,infinity)', 99999999999999.9999, repeat('line ', 20), repeat('key ', 50), '2023-01-01'),
	(7, '[2024-01-01,2025-01-01)', 60, null, null, null),
	(7, '[2024-01-01,2025-01-01)', 60.0, null, null, null),
	(7, '[2024-01-01,2025-01-01)', 60, null, null, '2024-01-01'),
	(8, '[2025-06-30,2025-07-31)', null, null, null, null)
) k (customer, term, mrr, line, key, known_on)
group by customer
union all
select contract_join_phases(contract_agg(term, mrr, line, key, null))
from (values (daterange '[2024-01-01,2024-07-01)', 10, 'crm', 'C-1'), ('[2024-07-01,)', 12.5, 'crm', 'C-1'), ('[2024-01-01,2025-01-01)', 3, null, null)) k (term, mrr, line, key)
union all
select null
union all
select contract_agg(daterange(date '2020-01-01' + n * 30, date '2020-01-01' + n * 30 + 45), n * 1.25) from generate_series(1, 300) n;

create table value_contract_tally (v contract_tally);
insert into value_contract_tally values
	(null),
	('{"of": "renewals", "renewed": 0, "lapsed": 0, "pending": 0, "mrr_decided": 0, "mrr_pending": 0, "mrr_kept": 0, "mrr_renewed": 0}'),
	('{"of": "renewals", "renewed": 3, "lapsed": 1, "pending": 2, "mrr_decided": 400.00, "mrr_pending": 0.125, "mrr_kept": 250.5, "mrr_renewed": 300}'),
	('{"of": "renewals", "renewed": 9223372036854775805, "lapsed": 1, "pending": 1, "mrr_decided": 1e37, "mrr_pending": 7, "mrr_kept": 0.0001, "mrr_renewed": 1e30}'),
	('{"of": "renewals", "renewed": 1, "lapsed": 0, "pending": 0, "mrr_decided": 1e100, "mrr_pending": 1e80, "mrr_kept": 1e-60, "mrr_renewed": 170141183460469231731687303715884105728}'),
	('{"of": "retention", "from_date": "2024-01-01", "until_date": "2025-01-01", "customers_start": 10, "customers_kept": 8, "mrr_start": 1000, "mrr_kept": 750.00, "mrr_end": 1100}'),
	('{"of": "retention", "from_date": "2024-01-01", "until_date": "2024-01-01", "customers_start": 0, "customers_kept": 0, "mrr_start": 0, "mrr_kept": 0, "mrr_end": 0.00}'),
	('{"of": "retention", "from_date": "4714-11-24 BC", "until_date": "5874897-12-31", "customers_start": 9223372036854775807, "customers_kept": 0, "mrr_start": 1e50, "mrr_kept": 1, "mrr_end": 1e60}'),
	('{"of": "retention", "from_date": "2024-01-31", "until_date": "2024-02-29", "customers_start": 1, "customers_kept": 1, "mrr_start": 0.0001, "mrr_kept": 0.0001, "mrr_end": 0.0001}'),
	('{"of": "retention", "from_date": "1999-12-31", "until_date": "2000-01-01", "customers_start": 7, "customers_kept": 7, "mrr_start": 83.3333333333333333, "mrr_kept": 83.3333333333333333, "mrr_end": 83.3333333333333333}');

create table value_mrr_bridge as
select mrr_bridge_agg(v, grain, from_date, until_date) as v
from value_contract_state, (values ('month', date '2024-01-01', date '2025-07-01'), ('year', '2020-01-01', '2030-01-01'), ('week', '2024-01-01', '2024-02-01'),
	('quarter', '2024-02-10', '2024-08-20'), ('day', '2024-02-27', '2024-03-02'), ('month', '2024-05-05', '2024-05-05')) q (grain, from_date, until_date)
group by grain, from_date, until_date
union all
select mrr_bridge_agg(v, 'month', '2024-01-01', '2026-01-01') from value_contract_state group by v::text
union all
select null;

create table value_cohort_matrix as
select cohort_agg(v, grain, as_of) as v
from value_contract_state, (values ('month', date '2025-06-30'), ('month', '2025-06-29'), ('year', '2025-01-01'), ('quarter', '2024-02-29'), ('week', '2024-03-03'), ('month', '2000-01-01')) q (grain, as_of)
where v::text not like '%BC%'
group by grain, as_of
union all
select cohort_agg(v, 'year', '2030-12-31') from value_contract_state where v::text not like '%BC%' group by v::text
union all
select cohort_agg(days, grain, '2024-12-31')
from (values (array[date '2024-01-31', '2024-02-29', '2024-01-31']), ('{2023-05-01,2024-05-01}'), ('{}'), ('{2025-01-01}'), ('{NULL}')) d (days), unnest(array['month', 'quarter', 'year', 'week']) grain
group by grain
union all
select null;
