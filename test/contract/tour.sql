-- The line of contract in the tour of make demo: a question, and the answer in a number.
-- page: contract
-- words: renewal renewals mrr cohort cohorts retention churn 续约
select 'Who renewed in the first quarter?' as question,
	format('%s of %s (%s to %s %%)', (r).renewed, (r).due, round(100 * (r).renewal_rate_low), round(100 * (r).renewal_rate_high)) as answer
from (
	select renewal_rates_agg(outcome, mrr, next_mrr) as r
	from (
	select account_no, contract_agg(daterange(starts_on, ends_on, '[]'), round(annual_amount / 12, 2), product_line, contract_no, signed_on) as contracts
	from contract
	group by account_no) c, renewal_terms(contracts, '2025-06-30')
	where last_day between '2025-01-01' and '2025-03-31') x;
