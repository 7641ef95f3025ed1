-- demo.sql: what contracts will bring, as make demo prints it, under its query.
\pset footer off
set search_path = public, revops, sales;
\echo
\echo '=== And the contracts? What is signed for the next twelve months, and renewals by their chance'
\echo
\set ECHO queries
create temp table tenure_contracts as
select account_no, contract_agg(daterange(starts_on, ends_on, '[]'), round(annual_amount / 12, 2), product_line, contract_no, signed_on) as contracts
from contract
group by account_no;

select line, count(*) as lines, round(sum(mrr)) as mrr, round(100 * avg(next_renewal_rate)::numeric) || ' %' as next_renewal,
	round(sum(committed_value)) as signed, round(sum(renewal_value)) as renewals, round(sum(value)) as value
from tenure_contracts, (select tenure_model(renewal_survival_agg(contracts, '2025-06-30', 30)) as model from tenure_contracts) m,
	contract_forecast_rows(contracts, model, '2025-06-30', months => 12)
group by line
order by value desc;
\set ECHO none
