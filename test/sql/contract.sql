-- Contracts: renewals, recurring revenue and cohorts, on four customers that can be
-- followed by hand.

\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set datestyle = ISO;
\set ECHO all

create temp table contract (customer text, product text, no text, starts date, ends date, mrr numeric(12,2), signed date);
insert into contract values
	-- renewed with an upgrade, then early with a downgrade
	('Alder', 'crm',  'A1', '2023-01-01', '2024-01-01', 100, null),
	('Alder', 'crm',  'A2', '2024-01-01', '2025-01-01', 150, '2023-11-15'),
	('Alder', 'crm',  'A3', '2024-12-01', '2026-01-01', 120, '2024-11-20'),
	-- an add-on that ends with its parent, then gone, then back after seven months
	('Birch', 'crm',  'B1', '2023-03-15', '2024-03-15',  80, null),
	('Birch', 'crm',  'B2', '2023-09-15', '2024-03-15',  20, null),
	('Birch', 'crm',  'B3', '2024-10-15', '2025-10-15',  60, null),
	-- two products with their own terms
	('Cedar', 'crm',  'C1', '2023-02-01', '2024-02-01', 200, null),
	('Cedar', 'crm',  'C2', '2024-02-20', '2025-02-20', 200, null),
	('Cedar', 'seats','C3', '2023-08-01', '2024-08-01',  50, null),
	-- monthly, open-ended
	('Dogwood', null, 'D1', '2023-05-10', null,          30, null);

create temp table customer as
select customer, contract_agg(daterange(starts, ends), mrr, product, no, signed) as contracts
from contract
group by customer;

-- a state is a value: this is its text
select contracts from customer where customer = 'Dogwood';

-- what became of each term, as known in the middle of 2024
select customer, line, chain_index as chain, term_index as term, contract_key as no, last_day, mrr, outcome, renewed_on, gap_days as gap, next_mrr, returned_on
from customer, renewal_terms(contracts, '2024-06-30')
order by customer, line, starts;

-- half a year later A3 is known, C3 has lapsed, Birch is back
select customer, line, chain_index as chain, term_index as term, contract_key as no, last_day, mrr, outcome, renewed_on, gap_days as gap, next_mrr, returned_on
from customer, renewal_terms(contracts, '2025-01-31')
order by customer, line, starts;

-- the rates, with what four terms are worth as evidence
select r.due, r.decided, r.renewed, r.lapsed, r.pending, round(r.renewal_rate::numeric, 3) as rate, round(r.renewal_rate_low::numeric, 3) as low,
	round(r.renewal_rate_high::numeric, 3) as high, r.mrr_due, r.mrr_decided, r.mrr_kept, r.mrr_renewed, round(r.gross_value_rate::numeric, 3) as gross, round(r.net_value_rate::numeric, 3) as net
from (select (renewal_rates_agg(outcome, mrr, next_mrr)).* from customer, renewal_terms(contracts, '2025-01-31')) as r;

-- what is bought beside a term is no renewal of it: two chains, each with its own money
select chain_index as chain, term_index as term, contract_key as no, last_day, mrr, outcome, renewed_by_key, next_mrr
from renewal_terms((
	select contract_agg(daterange(starts, ends), mrr, null, no, null)
	from (values ('BASE', date '2024-01-01', date '2025-01-01', 100), ('ADDON', '2024-07-01', '2025-07-01', 30), ('BASE2', '2025-01-01', '2026-01-01', 100)) as v(no, starts, ends, mrr)), '2025-09-01');

-- a ramp under one number: as rows two renewals, joined one term
select contract_agg(daterange(starts, ends), mrr, null, no, null) as ramp
from (values ('R1', date '2024-01-01', date '2024-07-01', 50), ('R1', '2024-07-01', '2025-01-01', 80), ('R2', '2025-01-01', '2026-01-01', 90)) as v(no, starts, ends, mrr) \gset
select problem, contract_key, detail from contract_check(:'ramp');
select contract_key as no, starts, last_day, mrr, outcome, renewed_by_key, next_mrr from renewal_terms(:'ramp', '2025-06-30');
select contract_key as no, starts, last_day, mrr, outcome, renewed_by_key, next_mrr from renewal_terms(contract_join_phases(:'ramp'), '2025-06-30');

-- a customer's total by itself
select d::date as day, contract_mrr(contracts, d::date)
from customer, generate_series(timestamp '2024-11-30', '2025-01-31', '1 month') as d
where customer = 'Alder';

-- movements, quarter by quarter
select customer, m.*
from customer, mrr_movements(contracts, 'quarter', '2024-01-01', '2025-01-01') as m
order by customer, period;

-- the bridge: opening + movements = closing
select b.*
from (select mrr_bridge_agg(contracts, 'quarter', '2024-01-01', '2025-01-01') as bridge from customer) as a, mrr_bridge_rows(bridge) as b;

-- bridges of different customers merge
select mrr_bridge_merge(bridge)
from (select mrr_bridge_agg(contracts, 'year', '2024-01-01', '2026-01-01') as bridge from customer group by customer) as a;

-- who paid at the end of 2023, a year later
select r.customers_start, r.customers_kept, r.logo_retention, r.mrr_start, r.mrr_kept, r.mrr_end, round(r.grr::numeric, 4) as grr, round(r.nrr::numeric, 4) as nrr
from (select (retention_agg(contracts, '2024-01-01', '2025-01-01')).* from customer) as r;

-- cohorts by quarter of the first paid day; the running quarter is provisional
select cohort, period_index, state, customers, active, mrr_start, mrr_kept, mrr, round(grr::numeric, 3) as grr, round(nrr::numeric, 3) as nrr
from (select cohort_agg(contracts, 'quarter', '2024-05-31') as matrix from customer) as a, cohort_rows(matrix);

-- the same over days with an order, without money
select cohort, period_index, state, customers, active, retention
from (select cohort_agg(days, 'month', '2024-03-31') as matrix
	  from (values ('{2024-01-05,2024-01-20,2024-03-02}'::date[]), ('{2024-01-31,2024-02-29}'), ('{2024-02-10}')) as v(days)) as a, cohort_rows(matrix);

-- who reaches a first, a second renewal
select duration, at_risk, events, censored, survival
from (select renewal_survival_agg(contracts, '2025-01-31', 30) as chains from customer) as a, survival_rows(chains);

-- months from an anchor do not drift, and a total is spread over them
select n, contract_term_start('2024-01-31', n, 1), contract_term_index('2024-01-31', contract_term_start('2024-01-31', n, 1), 1)
from generate_series(1, 4) as n;
select mrr_from_total(1200, daterange('2024-01-01', '2024-12-31', '[]')), mrr_from_total(1000, daterange('2024-01-31', '2024-02-29')), mrr_from_total(100, daterange('2024-01-01', '2024-02-16'));

-- mistakes, and a gap closed
select contract_agg(daterange(starts, ends), mrr) as contracts
from (values (date '2024-01-01', date '2024-12-31', 100), ('2025-01-01', '2025-12-31', 1200), ('2025-12-01', '2026-11-30', 0)) as v(starts, ends, mrr) \gset
select problem, starts, ends, detail from contract_check(:'contracts');
select problem, starts, ends, detail from contract_check(contract_fill_gaps(:'contracts', 1));

-- errors name the value
select contract_agg(daterange('2024-01-01', '2024-01-01'), 100);
select contract_agg(daterange(null, '2024-01-01'), 100);
select contract_agg(daterange('2024-01-01', null), -5);
select mrr_movements(contracts, 'fortnight', '2024-01-01', '2025-01-01') from customer;
select mrr_bridge_agg(contracts, 'month', '2025-01-01', '2024-01-01') from customer;
select cohort_agg(contracts, 'month', 'infinity') from customer;
select renewal_rates_agg('churned', 100, 0);
select '{"contracts": [{"starts": "2024-01-01", "mrr": 100, "end": "2025-01-01"}]}'::contract_state;
