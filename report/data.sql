-- data.sql: what the report shows, as one line of JSON: each chart's title, query and rows. Reads the
-- views that the demo makes (test/views/demo.sql), as the role that a BI tool has.
\set QUIET on
\pset tuples_only on
\pset format unaligned
set role bi;
set search_path = bi, revops;
create temp table chart (place int, name text, title text, says text, query text);
insert into chart values
(1, 'segments', 'Which segments do we have, and what are they worth?', 'Customers and revenue by RFM segment', $$
select segment_name, customer_count, total_amount, customer_rate, total_amount_rate
from bi.orders_segments
order by segment_index$$),
(2, 'grid', 'How recent, how often?', 'Customers by recency and frequency score; the darker, the more', $$
select recency_score, frequency_score, count(*) as customer_count, sum(total_amount) as total_amount
from bi.orders_customers
where recency_score is not null
group by recency_score, frequency_score
order by 1, 2$$),
(3, 'funnel', 'Where do deals stall?', 'Deals of new business that reached each step, and what became of those who went no further', $$
select step_name, entered_count, converted_count, open_count, lost_count, expired_count, step_rate, mature_rate, median_days
from bi.deals_steps
order by step_index$$),
(4, 'channels', 'Which channel brings deals that are won?', 'Share of leads older than two years that reached each step', $$
select dimension_name, step_name, step_index, mature_entered_count,
	mature_entered_count::float8 / first_value(mature_entered_count) over (partition by dimension_name order by step_index) as reached_rate
from bi.deals_steps_by_dimension
order by dimension_name, step_index$$),
(5, 'bridge', 'How did monthly recurring revenue move?', 'Movements by quarter, and the closing MRR', $$
select period_date, new_amount, expansion_amount, reactivation_amount, contraction_amount, churn_amount, closing_amount
from bi.subscriptions_bridge
where period_date >= '2021-01-01'
order by period_date$$),
(6, 'renewals', 'What share of terms due is renewed?', 'Renewal rate by quarter, with its 95 % interval', $$
select period_date, renewed_count, lapsed_count, renewal_rate, renewal_rate_low, renewal_rate_high
from bi.subscriptions_renewals
where renewed_count + lapsed_count >= 5
order by period_date$$),
(7, 'cohorts', 'Do customers stay?', 'Share of a quarter''s new customers in force so many quarters later; the last cell of a row may be provisional', $$
select cohort_date, period_index, customer_count, active_count, retention_rate, net_retention_rate
from bi.subscriptions_cohorts
where cohort_date >= '2021-01-01'
order by cohort_date, period_index$$),
(8, 'survival', 'Who reaches a second, a third renewal?', 'Share of lines still renewed, with its 95 % interval', $$
select renewal_index, at_risk_count, survival_rate, survival_rate_low, survival_rate_high
from bi.subscriptions_renewal_survival
order by renewal_index$$),
(9, 'tariff', 'Where does buying more cost less?', 'Price of API calls by quantity; in the shaded ranges a larger quantity is cheaper', $$
select quantity, tariff_price(tariff, quantity) as price
from staging.price_book, generate_series(0, 150000, 250) quantity
where item = 'CL-API' and valid @> date '2025-06-30'
order by quantity$$),
(10, 'cliffs', '', '', $$
select from_quantity, to_quantity, better_quantity, better_price
from staging.price_book, tariff_cliffs(tariff, 1)
where item = 'CL-API' and valid @> date '2025-06-30'
order by from_quantity$$);
create function pg_temp.rows(query text) returns json language plpgsql as $$
declare
	result json;
begin
	execute format('select coalesce(json_agg(r), ''[]'') from (%s) r', query) into result;
	return result;
end
$$;
select json_build_object(
	'as_of', (select max(as_of) from bi.orders_segments),
	'charts', (select json_agg(json_build_object('name', name, 'title', title, 'says', says, 'query', btrim(query, E'\n'), 'rows', pg_temp.rows(query)) order by place) from chart));
