-- Worked examples that others have published, each with its source. Where their rule is
-- not ours the test says so and shows the query that gives their number from ours.

begin;
set local search_path = public, revops;
select no_plan();

-- ── renewal rates ──
-- https://www.planhat.com/blog/saas-renewal-rate/: 8 of 10 due renew (of 100 clients); seven at
-- the old 1,000, one at 4,000: count 80 %, net 110 %; gross derived, 80 %
select is((select (r.due, r.renewal_rate, r.gross_value_rate, r.net_value_rate) from (
		select (renewal_rates_agg(case when next > 0 then 'renewed' else 'lapsed' end, 1000, next)).*
		from unnest(array[1000, 1000, 1000, 1000, 1000, 1000, 1000, 4000, 0, 0]) as next) as r),
	(10::bigint, 0.8::float8, 0.8::float8, 1.1::float8), 'planhat: over those due, by count and by value');
-- https://bigdelta.com/library/metrics/renewal-rate: 22 of 24, printed as 92 %
-- https://payproglobal.com/fr/calculatrices-de-metriques-saas/calculateur-de-taux-de-renouvellement-saas:
-- 450 of 500, 180 of 200, 100,000 of 110,000
select is((select round(100 * (renewal_rates_agg(case when n <= renewed then 'renewed' else 'lapsed' end, 1, 1)).renewal_rate) from generate_series(1, due) as n),
	percent, source)
from (values (24, 22, 92::float8, 'bigdelta'), (500, 450, 90, 'paypro 1'), (200, 180, 90, 'paypro 3'), (110000, 100000, 91, 'paypro 5')) as v(due, renewed, percent, source);
-- https://codingace.net/crmp/renewal_percentage.html: due 120, renewed 102, expansion 8, contraction 4; due 150,
-- 126, 12, 5. Net is as ours. Their gross leaves contraction out: ours takes the lesser of old and new
-- for each, so theirs is the renewed at their old value.
select results_eq($$
	with term(month, outcome, mrr, next_mrr) as (
		values ('jan', 'renewed', 50, 58), ('jan', 'renewed', 40, 36), ('jan', 'renewed', 12, 12), ('jan', 'lapsed', 18, null),
			   ('mar', 'renewed', 60, 72), ('mar', 'renewed', 50, 45), ('mar', 'renewed', 16, 16), ('mar', 'lapsed', 24, null)
	)
	select month, round(sum(mrr) filter (where outcome like 'renewed%') / sum(mrr)::numeric, 4) as their_gross,
		   round((renewal_rates_agg(outcome, mrr, next_mrr)).net_value_rate::numeric, 4) as net,
		   round((renewal_rates_agg(outcome, mrr, next_mrr)).gross_value_rate::numeric, 4) as our_gross
	from term group by month order by month$$,
	$$values ('jan', 0.85, 0.8833, 0.8167), ('mar', 0.84, 0.8867, 0.8067)$$, 'codingace: net as ours, gross by their rule');
-- https://www.opexengine.com/question/renewal-rate-definition/: A ends 2024-01-31, renewed 2024-02-10; B ends 2024-02-28,
-- renewed 2024-02-20. Ours files a renewal under the term's end (grace 30: 1, 1; without: 0, 1; the quarter 1 and
-- 0.5). The published policy files it where it was booked: 0, 2, and 1 for the quarter.
create temp table late as
select customer, contract_agg(term, 100, null, key, null) as contracts
from (values ('A', daterange('2023-02-01', '2024-01-31', '[]'), 'a1'), ('A', daterange('2024-02-10', '2025-02-09', '[]'), 'a2'),
			 ('B', daterange('2023-03-01', '2024-02-28', '[]'), 'b1'), ('B', daterange('2024-02-20', '2025-02-19', '[]'), 'b2')) as v(customer, term, key)
group by customer;
select results_eq($$
	with term as (select g.grace, date_trunc('month', ends - 1)::date as month, r.* from late, (values (0), (30)) as g(grace), renewal_terms(contracts, '2024-06-30', g.grace) as r where decided)
	select grace, month, (renewal_rates_agg(outcome, mrr, next_mrr)).renewal_rate from term group by grouping sets ((grace, month), (grace)) order by grace, month$$,
	$$values (0, date '2024-01-01', 0::float8), (0, '2024-02-01', 1), (0, null, 0.5), (30, '2024-01-01', 1), (30, '2024-02-01', 1), (30, null, 1)$$,
	'opexengine: by the end of the term, with and without grace');
select results_eq($$
	with term as (select r.* from late, renewal_terms(contracts, '2024-06-30') as r where decided)
	select m::date, (count(*) filter (where date_trunc('month', renewed_on) = m))::float8 / count(*) filter (where date_trunc('month', ends - 1) = m)
	from term, generate_series(timestamp '2024-01-01', '2024-02-01', '1 month') as m group by m order by m$$,
	$$values (date '2024-01-01', 0::float8), ('2024-02-01', 2)$$, 'opexengine: the booked policy, from our columns');
-- https://help.chartmogul.com/hc/en-us/articles/203359321-Chart-Customer-Churn-Rate: 5 % a month is 46 % a year
select is(round((1 - (1 - 0.05) ^ 12)::numeric, 2), 0.46, 'chartmogul: a month''s churn over a year');

-- ── movements ──
-- https://help.chartmogul.com/hc/en-us/articles/201244842: 4 Gold yearly (2,000), 2 Silver monthly (60), Silver
-- cancelled, Gold cancelled at the end of its term, 3 Gold monthly (150). Labels as theirs; days are ours.
select results_eq($$
	select movement, round(amount, 2) from mrr_movements((select contract_agg(term, mrr) from (values
		(daterange('2023-01-10', '2024-01-10'), mrr_from_total(2000, daterange('2023-01-10', '2024-01-10'))),
		(daterange('2023-03-05', '2023-06-05'), 60), (daterange('2024-04-01', '2024-12-01'), 150)) as v(term, mrr)), 'month', '2023-01-01', '2024-06-01')$$,
	$$values ('new', 166.67), ('expansion', 60.00), ('contraction', -60.00), ('churn', -166.67), ('reactivation', 150.00)$$, 'chartmogul: Syncalytics');
-- https://help.chartmogul.com/hc/en-us/articles/4414075567250-Metric-Net-MRR-Churn-Rate: a day from 100 to 120 with new business of
-- 10: 1 - (end - new) / start = -10 %. Theirs sums days; one day of ours is the same.
select is((select 1 - (closing - new) / opening from (
		select mrr_bridge_agg(s, 'day', '2024-05-02', '2024-05-03') as b from (values
			('{"contracts": [{"starts": "2024-01-01", "mrr": 100}, {"starts": "2024-05-02", "mrr": 10}]}'::contract_state),
			('{"contracts": [{"starts": "2024-05-02", "mrr": 10}]}')) as v(s)) as a, mrr_bridge_rows(b)), -0.1, 'chartmogul: net churn of a day');
-- https://help.chartmogul.com/hc/en-us/articles/207340419-Churn-rate-formulas: 100 customers, 12 churn, one of them returns and one had
-- joined in the month: 10 %. Ours compares period ends, where neither is seen; by days 12 are.
create temp table hundred as
select n, contract_agg(term, 10) as contracts
from (select n, case when n <= 11 then daterange('2023-01-01', '2024-05-10') else daterange('2023-01-01', null) end as term from generate_series(1, 100) as n
	  union all select 11, daterange('2024-05-20', null) union all select 101, daterange('2024-05-05', '2024-05-25')) as v group by n;
select is((select customers_churned::float8 / customers_opening from (select mrr_bridge_agg(contracts, 'month', '2024-05-01', '2024-06-01') as b from hundred) as a,
		mrr_bridge_rows(b)), 0.1::float8, 'chartmogul: 10 % of customers churn');
select is((select sum(customers_churned)::float8 / 100 from (select mrr_bridge_agg(contracts, 'day', '2024-05-01', '2024-06-01') as b from hundred) as a,
		mrr_bridge_rows(b)), 0.12::float8, 'by events, 12 %');
-- https://support.stripe.com/questions/billing-analytics: 1,200 a year is 100 a month
select is(mrr_from_total(1200, daterange('2024-03-01', '2025-03-01')), 100::numeric, 'stripe: a yearly price');
-- https://learn.profitwell.com/category/WoBCXt3Wpj-calculating-metrics: 120 a year less 10 % is 9
select is(mrr_from_total(120 - 120 * 0.10, daterange('2024-03-01', '2025-03-01')), 9::numeric, 'profitwell: discounts come off');
-- https://www.paddle.com/help/manage/reporting/how-is-monthly-recurring-revenue-calculated: 1 a day is 30 a month. Ours takes
-- the month's own days, so a month's total is a month's MRR: 30 only where it has 30.
select is(mrr_from_total(1, daterange('2024-04-10', '2024-04-11')), 30::numeric, 'paddle: a day of a month of 30 days');
select is(mrr_from_total(1, daterange('2024-05-10', '2024-05-11')), 31::numeric, 'ours in May');
-- https://docs.zuora.com/zuora-platform/data/reporting/data-sources-and-exports/data-source-reference/order-mrr-data-source:
-- +50, -5 and, from April, +5. A negative contract is an error here: the discount comes off what it discounts.
select results_eq($$select contract_mrr(s, d) from (select contract_agg(term, mrr) as s from (values
		(daterange('2018-01-01', '2018-12-31', '[]'), 50 - 5), (daterange('2018-04-01', '2018-12-31', '[]'), 5)) as v(term, mrr)) as a,
		unnest(array[date '2018-01-31', '2018-03-31', '2018-04-01', '2018-12-31']) as d$$, $$values (45::numeric), (45), (50), (50)$$, 'zuora: orders by month');
-- the minimum is taken per customer (dbt mrr-playbook: renewal_amount = least(mrr, previous_mrr)): A 100 → 0, B 100 → 250
select is((select (r.grr, r.nrr, r.logo_retention) from (select (retention_agg(s, '2024-01-01', '2025-01-01')).* from (values
		('{"contracts": [{"starts": "2023-01-01", "ends": "2024-06-01", "mrr": 100}]}'::contract_state),
		('{"contracts": [{"starts": "2023-01-01", "mrr": 100}, {"starts": "2024-06-01", "mrr": 150}]}')) as v(s)) as r),
	(0.5::float8, 1.25::float8, 0.5::float8), 'gross retention is 50 %, not 100 %');
-- https://docs.imboard.ai/docs/ontology/customers/net_revenue_retention/ (formula): 1,000,000, +450,000, -50,000
select is((select (r.grr, r.nrr) from (select (retention_agg(s, '2024-01-01', '2025-01-01')).* from (values
		('{"contracts": [{"starts": "2023-01-01", "mrr": 950000}, {"starts": "2024-06-01", "mrr": 450000}]}'::contract_state),
		('{"contracts": [{"starts": "2023-01-01", "ends": "2024-06-01", "mrr": 50000}]}')) as v(s)) as r), (0.95::float8, 1.4::float8), 'imboard: NRR 140 %, GRR 95 %');
-- fivetran/dbt_recurly, recurly__monthly_recurring_revenue.sql @0d54562: its CASE cannot reach churn and reactivation and has
-- no months without rows; these are the right labels for its three customers
select results_eq($$
	select c, string_agg(movement || ' ' || trim_scale(amount), ', ' order by period) from (
		select c, contract_agg(term, mrr) as s from (values
			(1, daterange('2024-01-01', '2024-02-01'), 100), (1, daterange('2024-02-01', '2024-03-01'), 150), (1, daterange('2024-04-01', '2024-05-01'), 80),
			(2, daterange('2024-01-01', '2024-02-01'), 100), (2, daterange('2024-04-01', '2024-05-01'), 100),
			(3, daterange('2024-01-01', '2025-01-01'), mrr_from_total(1200, '[2024-01-01,2025-01-01)')), (3, daterange('2025-01-01', '2026-01-01'), mrr_from_total(1200, '[2025-01-01,2026-01-01)'))) as v(c, term, mrr)
		group by c) as a, mrr_movements(s, 'month', '2024-01-01', case when c = 3 then date '2025-06-01' else '2024-05-01' end) group by c order by c$$,
	$$values (1, 'new 100, expansion 50, churn -150, reactivation 80'), (2, 'new 100, churn -100, reactivation 100'), (3, 'new 100')$$, 'dbt_recurly: every label within reach');
-- PostHog/posthog PR 39439: active 10, 11, 11, 11, 10, 10 by day; new on the second, churn on the fifth
select results_eq($$
	select customers_new, customers_churned, customers_closing from (
		select mrr_bridge_agg(contracts, 'day', '2024-05-02', '2024-05-07') as b from (
			select n, contract_agg(case when n <= 10 then daterange('2024-01-01', null) else daterange('2024-05-02', '2024-05-05') end, 1) as contracts from generate_series(1, 11) as n group by n) as c) as a,
		mrr_bridge_rows(b)$$, $$values (1::bigint, 0::bigint, 11::bigint), (0, 0, 11), (0, 0, 11), (0, 1, 10), (0, 0, 10)$$, 'posthog: active = before + new - churned');
-- learn.profitwell.com/article/3xteyrvof6; paddle.com profitwell-vs-recurly: gone from 2024-02-01, back on 2024-02-10, 03-15 or 06-30. Ours is
-- ProfitWell's, whatever the pause; the 90 days of Chargify and the month of Recurly are a filter on it.
select results_eq($$
	select back, movement, case when back - date '2024-02-01' < 90 then 'reactivation' else 'new' end,
		   case when back < date '2024-02-01' + interval '1 month' then 'not a reactivation' else 'reactivation' end
	from unnest(array[date '2024-02-10', '2024-03-15', '2024-06-30']) as back,
		mrr_movements(('{"contracts": [{"starts": "2023-01-01", "ends": "2024-02-01", "mrr": 9}, {"starts": "' || back || '", "mrr": 9}]}')::contract_state, 'day', '2024-02-02', '2025-01-01')$$,
	$$values (date '2024-02-10', 'reactivation', 'reactivation', 'not a reactivation'), ('2024-03-15', 'reactivation', 'reactivation', 'reactivation'),
		('2024-06-30', 'reactivation', 'new', 'reactivation')$$, 'profitwell: a return is a reactivation');

-- ── a published gross-retention triangle ──
-- https://gpbullhound.relayto.com/e/the-cfo-handbook-gp-bullhound-vcpr6o5picrxg/wX2O1nAO9, as of 2022-10: initial MRR and percent
-- kept by month of age. The weighted average of what was observed in month 12 is 76 %; cells of the
-- future taken for 0 would make it 15.75 %.
create temp table triangle (cohort date, initial numeric, percent int[]);
insert into triangle values
	('2021-07-01', 54701, '{100,98,96,93,91,91,89,89,89,87,85,85,77,75}'), ('2021-08-01', 44136, '{100,97,97,95,94,92,90,88,86,85,83,83,74,72}'),
	('2021-09-01', 55887, '{100,98,96,94,92,92,92,90,87,85,84,83,76,75}'), ('2021-10-01', 46883, '{100,98,97,95,93,91,90,88,88,86,85,85,78}'),
	('2021-11-01', 49531, '{100,100,98,97,97,95,93,92,92,90,88,87}'), ('2021-12-01', 63112, '{100,98,96,95,94,92,92,91,90,90,90}'),
	('2022-01-01', 63888, '{100,100,99,99,99,99,97,96,95,95}'), ('2022-02-01', 63112, '{100,99,99,97,96,95,95,95,95}'),
	('2022-03-01', 64986, '{100,99,98,98,98,96,95,95}'), ('2022-04-01', 56902, '{100,100,100,100,99,99,99}'),
	('2022-05-01', 57113, '{100,99,99,99,99,99}'), ('2022-06-01', 57561, '{100,100,100,99,99}'), ('2022-07-01', 72004, '{100,100,100,99}'),
	('2022-08-01', 75163, '{100,99,99}'), ('2022-09-01', 75864, '{100,100}'), ('2022-10-01', 75693, '{100}');
-- of each cohort a customer for each loss, who leaves at the start of that month
create temp table triangle_customer as
select contract_agg(daterange(cohort, case when p < cardinality(percent) then (cohort + p * interval '1 month')::date end),
					initial * (percent[p] - coalesce(percent[p + 1], 0)) / 100) as contracts
from triangle, generate_series(1, cardinality(percent)) as p
where percent[p] > coalesce(percent[p + 1], 0)
group by cohort, p;
create temp table triangle_cell as
select r.* from (select cohort_agg(contracts, 'month', '2022-10-31') as matrix from triangle_customer) as a, cohort_rows(matrix) as r;
select results_eq('select cohort, period_index, round(grr * 100)::int from triangle_cell where period_index < 14 order by cohort, period_index',
	'select cohort, p - 1, percent[p] from triangle, generate_series(1, cardinality(percent)) as p order by cohort, p', 'gp bullhound: the triangle itself');
select is((select count(*) from triangle_cell), 16 * 17 / 2::bigint, 'no cell of the future');
select is((select array_agg(round(100 * sum / of, 4) order by period_index) from (
		select period_index, sum(mrr_kept) as sum, sum(mrr_start) as of from triangle_cell where state = 'observed' and period_index < 14 group by period_index) as x),
	'{100.0000,99.0743,98.2349,97.0561,96.0497,94.8079,93.4303,91.8751,90.5471,88.5923,86.0183,84.5979,76.2986,74.1442}'::numeric[], 'the weighted averages of observed cells');
select is((select round(100 * sum(mrr_kept) / (select sum(initial) from triangle), 2) from triangle_cell where period_index = 12), 15.75,
	'which with zeros for the future would be 15.75 %');
select is((select string_agg(distinct state, ',') from triangle_cell), 'observed', 'on the last day of a month all is observed');
select results_eq($$select state, count(*) from (select cohort_agg(contracts, 'month', '2022-10-30') as m from triangle_customer) as a, cohort_rows(m) group by 1 order by 1$$,
	$$values ('observed', 120::bigint), ('provisional', 16)$$, 'a day before, the running month is provisional in each cohort');

select * from finish();
rollback;
