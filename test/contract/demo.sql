-- demo.sql: the answers about contracts that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== How many contracts are renewed, quarter by quarter?'
\echo
\set ECHO queries
create temp table customer_contracts as
select account_no, contract_agg(daterange(starts_on, ends_on, '[]'), round(annual_amount / 12, 2), product_line, contract_no, signed_on) as contracts
from sales.contract
group by account_no;

select to_char(quarter, 'YYYY "Q"Q') as quarter, (r).due, (r).renewed, (r).lapsed, (r).pending as in_grace,
	round(100 * (r).renewal_rate::numeric) || ' %' as renewal_rate,
	round(100 * (r).renewal_rate_low::numeric) || ' to ' || round(100 * (r).renewal_rate_high::numeric) || ' %' as could_be,
	round(100 * (r).net_value_rate::numeric) || ' %' as of_their_value,
	rpad(repeat('█', round(30 * (r).renewal_rate)::int), 30, '·') as bar
from (
	select date_trunc('quarter', last_day::timestamp) as quarter, renewal_rates_agg(outcome, mrr, next_mrr) as r
	from customer_contracts, renewal_terms(contracts, '2025-06-30')
	where last_day between '2023-07-01' and '2025-06-30'
	group by quarter
) as x
order by quarter;
\set ECHO none
\echo
\echo '=== How did we get from last year''s monthly revenue to this year''s?'
\echo
\set ECHO queries
select to_char(period, 'YYYY-MM') as month, to_char(opening, '99,999,999') as opening, to_char(new, 'S9,999,999') as new,
	to_char(expansion, 'S9,999,999') as expansion, to_char(reactivation, 'S9,999,999') as reactivation,
	to_char(contraction, 'S9,999,999') as contraction, to_char(churn, 'S9,999,999') as churn,
	to_char(closing, '99,999,999') as closing, customers_closing as customers
from (select mrr_bridge_agg(contracts, 'month', '2024-07-01', '2025-07-01') as bridge from customer_contracts) as a, mrr_bridge_rows(bridge);
\set ECHO none
\echo
\echo '=== Which customers stay? By quarter of the first paid contract, and by age in quarters; * marks the running quarter, two weeks before its end'
\echo
\set ECHO queries
select to_char(cohort, 'YYYY "Q"Q') as cohort, max(customers) as customers,
	string_agg((array['  ', '░░', '▒▒', '▓▓', '██'])[1 + width_bucket(retention, array[0.5, 0.75, 0.85, 0.95])] || lpad(round(100 * retention)::text, 3)
		|| case state when 'provisional' then '*' else ' ' end, ' ' order by period_index) as percent_still_there
from (select cohort_agg(contracts, 'quarter', '2025-06-15') as matrix from customer_contracts) as a, cohort_rows(matrix)
where cohort >= '2022-10-01'
group by cohort
order by cohort;
\set ECHO none
