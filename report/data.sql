-- data.sql: what the report shows, as one line of JSON: each chart's title, its main number in words
-- (with the interval, where it has one), the views that it reads, query and rows. Reads the views that
-- the demo makes (test/views/demo.sql), as the role that a BI tool has.
\set QUIET on
\pset tuples_only on
\pset format unaligned
set role bi;
set search_path = bi, revops;
-- 0.123 as 12 %, 12345678 as 12.3M, as charts.js does
create function pg_temp.percent(rate float8, digits int default 0) returns text language sql as $$ select round(100 * rate::numeric, digits) || ' %' $$;
create function pg_temp.short(amount numeric) returns text language sql as $$ select trim_scale(round(amount / 1e6, 1)) || 'M' $$;
create function pg_temp.quarter(day date) returns text language sql as $$ select to_char(day, 'YYYY "Q"Q') $$;
create temp table chart (place int, name text, title text, says text, number text, query text);
insert into chart values
(1, 'segments', 'Which segments do we have, and what are they worth?', 'Customers and revenue by RFM segment', $$
select format('%s: %s of customers, %s of revenue', segment_name, pg_temp.percent(customer_rate), pg_temp.percent(total_amount_rate))
from bi.orders_segments
where segment_index = 1$$, $$
select segment_name, customer_count, total_amount, customer_rate, total_amount_rate
from bi.orders_segments
order by segment_index$$),
(2, 'grid', 'How recent, how often?', 'Customers by recency and frequency score; the darker, the more', $$
select format('%s of %s customers score 5 twice', count(*) filter (where recency_score = 5 and frequency_score = 5), count(*))
from bi.orders_customers
where recency_score is not null$$, $$
select recency_score, frequency_score, count(*) as customer_count, sum(total_amount) as total_amount
from bi.orders_customers
where recency_score is not null
group by recency_score, frequency_score
order by 1, 2$$),
(3, 'funnel', 'Where do deals stall?', 'Deals of new business that reached each step, and what became of those who went no further', $$
select format('of %s: %s go on (%s to %s)', step_name, pg_temp.percent(step_rate), pg_temp.percent(step_rate_low), pg_temp.percent(step_rate_high))
from bi.deals_steps
order by step_rate
limit 1$$, $$
select step_name, entered_count, converted_count, open_count, lost_count, expired_count, step_rate, mature_rate, median_days
from bi.deals_steps
order by step_index$$),
(4, 'channels', 'Which channel brings deals that are won?', 'Share of leads older than two years that reached each step', $$
select string_agg(format('%s %s', dimension_name, pg_temp.percent(reached_rate)), ', ' order by reached_rate desc) || ' won'
from (
	select dimension_name, step_index, mature_entered_count::float8 / first_value(mature_entered_count) over (partition by dimension_name order by step_index) as reached_rate
	from bi.deals_steps_by_dimension) d
where step_index = 5$$, $$
select dimension_name, step_name, step_index, mature_entered_count,
	mature_entered_count::float8 / first_value(mature_entered_count) over (partition by dimension_name order by step_index) as reached_rate
from bi.deals_steps_by_dimension
order by dimension_name, step_index$$),
(5, 'pipeline', 'What did the pipeline do in the last quarter?', 'Amount of open deals at its start, what came, what left, and what is open at its end; below, deals whose planned day was moved: no change of the amount', $$
select format('%s: from %s to %s', pg_temp.quarter(period_date), pg_temp.short(opening_amount), pg_temp.short(closing_amount))
from bi.pipeline_bridge
order by period_date desc
limit 1$$, $$
select period_date, part_name, deal_count, amount,
	case when part_index in (1, 9) then 0 when part_index < 9 then sum(amount) over w - amount end as from_amount,
	case when part_index in (1, 9) then amount when part_index < 9 then sum(amount) over w end as to_amount
from (select * from bi.pipeline_bridge order by period_date desc limit 1) b
	cross join lateral (values (1, 'opening', opening_amount, opening_count), (2, 'created', created_amount, created_count),
		(3, 'reopened', reopened_amount, reopened_count), (4, 'increased', increased_amount, increased_count),
		(5, 'decreased', decreased_amount, decreased_count), (6, 'won', won_amount, won_count), (7, 'lost', lost_amount, lost_count),
		(8, 'removed', removed_amount, removed_count), (9, 'closing', closing_amount, closing_count),
		(10, 'pushed', later_amount, later_count), (11, 'pulled in', earlier_amount, earlier_count)) part (part_index, part_name, amount, deal_count)
window w as (order by part_index)
order by part_index$$),
(6, 'credits', 'Which channels earn the wins?', 'Share of the wins that four models credit to each channel, and the 95 % interval of the Markov chain (markov 1); none says what would be without a channel', $$
select format('%s by the chain: %s (%s to %s)', channel_name, pg_temp.percent(credit_rate, 1), pg_temp.percent(credit_rate_low, 1), pg_temp.percent(credit_rate_high, 1))
from bi.ways_credits
where model_name = 'markov_1' and channel_name <> 'no touch'
order by credit_rate desc
limit 1$$, $$
select channel_name, model_name, credit_quantity, credit_rate, credit_rate_low, credit_rate_high
from bi.ways_credits
where model_name in ('first', 'last_non_direct', 'markov_1', 'shapley')
order by channel_name = 'no touch', max(credit_rate) filter (where model_name = 'markov_1') over (partition by channel_name) desc, channel_name, model_index$$),
(7, 'bridge', 'How did monthly recurring revenue move?', 'Movements by quarter, and the closing MRR', $$
select format('MRR at the end of %s: %s', pg_temp.quarter(period_date), pg_temp.short(closing_amount))
from bi.subscriptions_bridge
order by period_date desc
limit 1$$, $$
select period_date, new_amount, expansion_amount, reactivation_amount, contraction_amount, churn_amount, closing_amount
from bi.subscriptions_bridge
where period_date >= '2021-01-01'
order by period_date$$),
(8, 'renewals', 'What share of terms due is renewed?', 'Renewal rate by quarter, with its 95 % interval', $$
select format('%s: %s (%s to %s)', pg_temp.quarter(period_date), pg_temp.percent(renewal_rate), pg_temp.percent(renewal_rate_low), pg_temp.percent(renewal_rate_high))
from bi.subscriptions_renewals
where renewed_count + lapsed_count >= 5
order by period_date desc
limit 1$$, $$
select period_date, renewed_count, lapsed_count, renewal_rate, renewal_rate_low, renewal_rate_high
from bi.subscriptions_renewals
where renewed_count + lapsed_count >= 5
order by period_date$$),
(9, 'cohorts', 'Do customers stay?', 'Share of a quarter''s new customers in force so many quarters later; the last cell of a row may be provisional', $$
select format('after a year %s of %s customers', pg_temp.percent(sum(active_count)::float8 / sum(customer_count)), sum(customer_count))
from bi.subscriptions_cohorts
where cohort_date >= '2021-01-01' and period_index = 4$$, $$
select cohort_date, period_index, customer_count, active_count, retention_rate, net_retention_rate
from bi.subscriptions_cohorts
where cohort_date >= '2021-01-01'
order by cohort_date, period_index$$),
(10, 'survival', 'Who reaches a second, a third renewal?', 'Share of lines still renewed, with its 95 % interval', $$
select format('a third renewal: %s (%s to %s)', pg_temp.percent(survival_rate), pg_temp.percent(survival_rate_low), pg_temp.percent(survival_rate_high))
from bi.subscriptions_renewal_survival
where renewal_index = 3$$, $$
select renewal_index, at_risk_count, survival_rate, survival_rate_low, survival_rate_high
from bi.subscriptions_renewal_survival
order by renewal_index$$),
(11, 'tariff', 'Where does buying more cost less?', 'Price of API calls by quantity; in the shaded ranges a larger quantity is cheaper', $$
select format('from %s calls on, %s are cheaper', to_char(from_quantity, 'FM999,999,999'), to_char(better_quantity, 'FM999,999,999'))
from staging.price_book, tariff_cliffs(tariff, 1)
where item = 'CL-API' and valid @> date '2025-06-30'
order by from_quantity
limit 1$$, $$
select quantity, tariff_price(tariff, quantity) as price
from staging.price_book, generate_series(0, 150000, 250) quantity
where item = 'CL-API' and valid @> date '2025-06-30'
order by quantity$$),
(12, 'cliffs', '', '', null, $$
select from_quantity, to_quantity, better_quantity, better_price
from staging.price_book, tariff_cliffs(tariff, 1)
where item = 'CL-API' and valid @> date '2025-06-30'
order by from_quantity$$),
(13, 'nps', 'Do customers recommend us, and does that change?', 'NPS by month of the invitation, with its 95 % interval; a large point differs clearly from the month before, as one in twenty does by chance alone', $$
select format('%s: %s (%s to %s), from the month before %s', to_char(rated_month, 'YYYY-MM'), round(nps_score), round(nps_score_low), round(nps_score_high),
	case when is_clear then 'clearly different' else 'not clearly different' end)
from bi.nps_by_month
where nps_score is not null
order by rated_month desc
limit 1$$, $$
select rated_month, asked_count, response_count, nps_score, nps_score_low, nps_score_high, nps_difference_score, is_clear
from bi.nps_by_month
where rated_month >= '2021-01-01'
order by rated_month$$);
create function pg_temp.rows(query text) returns json language plpgsql as $$
declare
	result json;
begin
	execute format('select coalesce(json_agg(r), ''[]'') from (%s) r', query) into result;
	return result;
end
$$;
create function pg_temp.number(query text) returns text language plpgsql as $$
declare
	result text;
begin
	if query is not null then
		execute query into result;
	end if;
	return result;
end
$$;
select json_build_object(
	'as_of', (select max(as_of) from bi.orders_segments),
	'charts', (select json_agg(json_build_object('name', name, 'title', title, 'says', says, 'number', pg_temp.number(number),
		'views', (select string_agg(distinct found[1], ', ') from regexp_matches(query, '\m((?:bi|staging)\.\w+)', 'g') found),
		'query', btrim(query, E'\n'), 'rows', pg_temp.rows(query)) order by place) from chart));
