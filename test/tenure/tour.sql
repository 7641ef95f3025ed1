-- The line of tenure in the tour of make demo: a question, and the answer in a number.
-- page: value
-- words: forecast_contracts lifetime 续约寿命
select 'How likely is the next renewal?' as question,
	format('the first %s %%, the third %s %%', round(100 * tenure_rate(m, 0)), round(100 * tenure_rate(m, 2))) as answer
from (select tenure_model(renewal_survival_agg(contracts, '2025-06-30', 30)) as m from (
	select account_no, contract_agg(daterange(starts_on, ends_on, '[]'), round(annual_amount / 12, 2), product_line, contract_no, signed_on) as contracts
	from contract
	group by account_no) c) x;
