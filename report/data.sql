-- data.sql: what the report shows, as one line of JSON: its pages, one per family of questions, and each chart's
-- title, main number in words (with the interval, where it has one), the views that it reads, query and rows.
-- Reads the views that the demo makes (test/views/demo.sql), as the role that a BI tool has.
\set QUIET on
\pset tuples_only on
\pset format unaligned
set role bi;
set search_path = bi, revops;
-- 0.123 as 12 %, 12345678 as 12.3M, 1472 as 1,472, as charts.js does
create function pg_temp.percent(rate float8, digits int default 0) returns text language sql as $$ select round(100 * rate::numeric, digits) || ' %' $$;
create function pg_temp.short(amount numeric) returns text language sql as $$ select trim_scale(round(amount / 1e6, 1)) || 'M' $$;
create function pg_temp.whole(number numeric) returns text language sql as $$ select to_char(number, 'FM999,999,999,990') $$;
create function pg_temp.places(number float8, digits int) returns text language sql as $$ select round(number::numeric, digits)::text $$;
create function pg_temp.quarter(day date) returns text language sql as $$ select to_char(day, 'YYYY "Q"Q') $$;
create function pg_temp.month(day date) returns text language sql as $$ select to_char(day, 'YYYY-MM') $$;

create temp table page (place int generated always as identity, page text, title text, asks text);
insert into page (page, title, asks) values
('customers', 'Customers', 'Who are they, what are they worth, and do they stay active?'),
('pipeline', 'Pipeline', 'Where do deals stall, what is open, and what will come of it?'),
('contracts', 'Contracts', 'What recurs, who renews, and who leaves?'),
('prices', 'Prices', 'What does a quantity cost, and what do the bills consist of?'),
('why', 'Why it moved', 'What made revenue rise or fall, and is the target in reach?'),
('leads', 'Leads and channels', 'How good are leads, and which channels bring the wins?'),
('satisfaction', 'Satisfaction', 'Are customers content, and is a difference more than chance?'),
('operations', 'Operations', 'How fast do we answer, and who is late?');

-- number: its columns are figure, meaning and, where it has an interval, low and high. empty: why there may be no rows.
create temp table chart (place int generated always as identity, page text, name text, title text, says text, empty text, number text, query text);
insert into chart (page, name, title, says, empty, number, query) values
('customers', 'segments', 'Which segments do we have, and what are they worth?', 'Customers and revenue by RFM segment', 'No customer has an order yet.', $$
select pg_temp.percent(total_amount_rate) as figure,
	format('of revenue comes from %s, %s of the customers', replace(segment_name, '_', ' '), pg_temp.percent(customer_rate)) as meaning
from bi.orders_segments
where segment_index = 1$$, $$
select segment_name, customer_count, total_amount, customer_rate, total_amount_rate
from bi.orders_segments
order by segment_index$$),
('customers', 'grid', 'How recent, how often?', 'Customers by recency and frequency score; the darker, the more', 'No customer has scores: there are no orders.', $$
select pg_temp.whole(count(*) filter (where recency_score = 5 and frequency_score = 5)) as figure,
	format('of %s customers have the best score for recency and for frequency', pg_temp.whole(count(*))) as meaning
from bi.orders_customers
where recency_score is not null$$, $$
select recency_score, frequency_score, count(*) as customer_count, sum(total_amount) as total_amount
from bi.orders_customers
where recency_score is not null
group by recency_score, frequency_score
order by 1, 2$$),
('customers', 'active', 'Do more customers come than go quiet?', 'Customers who ordered within 90 days, by month: new, returned, gone quiet', 'There are no months with orders.', $$
select pg_temp.whole(closing_count) as figure,
	format('customers active at the end of %s; %s came or returned, %s went quiet', pg_temp.month(period_date), pg_temp.whole(new_count + returned_count), pg_temp.whole(dormant_count)) as meaning
from bi.active_periods
where state_name = 'complete'
order by period_date desc
limit 1$$, $$
select period_date, new_count, returned_count, dormant_count, closing_count
from bi.active_periods
where period_date >= '2022-07-01'
order by period_date$$),
('customers', 'together', 'Which items go together?', 'How many times more often than chance an order with the first holds the second, too; with the 95 % interval', 'No two items stand together in five orders or more.', $$
select pg_temp.places(lift_ratio, 1) || ' ×' as figure, format('as often as by chance: %s with %s', item_a_name, item_b_name) as meaning,
	pg_temp.places(lift_ratio_low, 1) as low, pg_temp.places(lift_ratio_high, 1) as high
from bi.baskets_pairs
where item_a_index < item_b_index
order by lift_ratio_low desc
limit 1$$, $$
select item_a_name, item_b_name, both_count, attach_rate, lift_ratio, lift_ratio_low, lift_ratio_high
from bi.baskets_pairs
where item_a_index < item_b_index
order by lift_ratio_low desc
limit 7$$),

('pipeline', 'funnel', 'Where do deals stall?', 'Deals of new business that reached each step, and what became of those who went no further', 'No deal has taken a step yet.', $$
select pg_temp.percent(step_rate) as figure, format('of deals at the step %s go on, fewest of all steps', step_name) as meaning,
	pg_temp.percent(step_rate_low) as low, pg_temp.percent(step_rate_high) as high
from bi.deals_steps
order by step_rate
limit 1$$, $$
select step_name, entered_count, converted_count, open_count, lost_count, expired_count, step_rate, mature_rate, median_days
from bi.deals_steps
order by step_index$$),
('pipeline', 'waterfall', 'What did the pipeline do in the last quarter?', 'Amount of open deals at its start, what came, what left, and what is open at its end, with the number of deals; below, deals whose planned day was moved: no change of the amount', 'No deal was open in any quarter.', $$
select pg_temp.short(closing_amount) as figure, format('open at the end of %s; it began with %s', pg_temp.quarter(period_date), pg_temp.short(opening_amount)) as meaning
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
('pipeline', 'chances', 'How likely is a deal to be won within 90 days?', 'Share of deals that are won within 90 days after they enter a stage, with its 95 % interval', 'No deal has entered a stage yet.', $$
select pg_temp.percent(chance_rate) as figure, format('of deals are won within %s days after they enter the stage %s', watched_days, stage_name) as meaning,
	pg_temp.percent(chance_rate_low) as low, pg_temp.percent(chance_rate_high) as high
from bi.pipeline_stage_chances
order by stage_index desc
limit 1$$, $$
select stage_name, visit_count, chance_rate, chance_rate_low, chance_rate_high
from bi.pipeline_stage_chances
order by stage_index$$),
('pipeline', 'forecast', 'What will the open deals bring, and when?', 'Amount of each open deal times its chance to be won in that month', 'No deal is open, or none can be judged.', $$
select pg_temp.short(sum(expected_amount)) as figure, format('expected in three months from %s open deals', pg_temp.whole(max(open_count))) as meaning
from bi.pipeline_forecast_months
where month_index <= 3
having count(*) > 0$$, $$
select won_month, open_count, unjudged_count, expected_amount, expected_won_count
from bi.pipeline_forecast_months
order by month_index$$),

('contracts', 'bridge', 'How did monthly recurring revenue move?', 'Movements by quarter, and the closing MRR', 'No contract is in force in any quarter.', $$
select pg_temp.short(closing_amount) as figure, format('of MRR at the end of %s; the quarter began with %s', pg_temp.quarter(period_date), pg_temp.short(opening_amount)) as meaning
from bi.subscriptions_bridge
order by period_date desc
limit 1$$, $$
select period_date, new_amount, expansion_amount, reactivation_amount, contraction_amount, churn_amount, closing_amount
from bi.subscriptions_bridge
where period_date >= '2021-01-01'
order by period_date$$),
('contracts', 'renewals', 'What share of terms due is renewed?', 'Renewal rate by quarter, with its 95 % interval', 'No quarter has five terms that are decided.', $$
select pg_temp.percent(renewal_rate) as figure, format('of the %s terms decided in %s were renewed', pg_temp.whole(renewed_count + lapsed_count), pg_temp.quarter(period_date)) as meaning,
	pg_temp.percent(renewal_rate_low) as low, pg_temp.percent(renewal_rate_high) as high
from bi.subscriptions_renewals
where renewed_count + lapsed_count >= 5
order by period_date desc
limit 1$$, $$
select period_date, renewed_count, lapsed_count, renewal_rate, renewal_rate_low, renewal_rate_high
from bi.subscriptions_renewals
where renewed_count + lapsed_count >= 5
order by period_date$$),
('contracts', 'cohorts', 'Do customers stay?', 'Percent of a quarter''s new customers in force so many quarters later; the last cell of a row may be provisional', 'No customer has had a contract since 2021.', $$
select pg_temp.percent(sum(active_count)::float8 / sum(customer_count)) as figure, format('of %s customers are in force a year after they came', pg_temp.whole(sum(customer_count))) as meaning,
	pg_temp.percent(wilson_low(sum(active_count)::bigint, sum(customer_count)::bigint)) as low, pg_temp.percent(wilson_high(sum(active_count)::bigint, sum(customer_count)::bigint)) as high
from bi.subscriptions_cohorts
where cohort_date >= '2021-01-01' and period_index = 4
having count(*) > 0$$, $$
select cohort_date, period_index, customer_count, active_count, retention_rate, net_retention_rate
from bi.subscriptions_cohorts
where cohort_date >= '2021-01-01'
order by cohort_date, period_index$$),
('contracts', 'survival', 'Who reaches a second, a third renewal?', 'Share of lines still renewed, with its 95 % interval', 'No term has come to its end yet.', $$
select pg_temp.percent(survival_rate) as figure, 'of lines reach a third renewal' as meaning, pg_temp.percent(survival_rate_low) as low, pg_temp.percent(survival_rate_high) as high
from bi.subscriptions_renewal_survival
where renewal_index = 3$$, $$
select renewal_index, at_risk_count, survival_rate, survival_rate_low, survival_rate_high
from bi.subscriptions_renewal_survival
order by renewal_index$$),

('prices', 'tariff', 'Where does buying more cost less?', 'Price of API calls by quantity; in the shaded ranges a larger quantity is cheaper', 'The price book has no price of API calls on that day.', $$
select pg_temp.whole(better_quantity) as figure, format('calls cost less than %s calls do', pg_temp.whole(from_quantity)) as meaning
from staging.price_book, tariff_cliffs(tariff, 1)
where item = 'CL-API' and valid @> date '2025-06-30'
order by from_quantity
limit 1$$, $$
select quantity, tariff_price(tariff, quantity) as price
from staging.price_book, generate_series(0, 150000, 250) quantity
where item = 'CL-API' and valid @> date '2025-06-30'
order by quantity$$),
(null, 'cliffs', null, null, null, null, $$
select from_quantity, to_quantity, better_quantity, better_price
from staging.price_book, tariff_cliffs(tariff, 1)
where item = 'CL-API' and valid @> date '2025-06-30'
order by from_quantity$$),
('prices', 'unit', 'What does one call cost, as one takes more?', 'Price of 1,000 API calls by quantity: the whole price over the quantity', 'The price book has no price of API calls on that day.', $$
select pg_temp.places(1000 * tariff_price(tariff, 150000) / 150000, 2) as figure,
	format('CNY for 1,000 calls, if one takes 150,000; %s, if 10,000', pg_temp.places(1000 * tariff_price(tariff, 10000) / 10000, 2)) as meaning
from staging.price_book
where item = 'CL-API' and valid @> date '2025-06-30'$$, $$
select quantity, 1000 * tariff_price(tariff, quantity) / quantity as unit_price
from staging.price_book, generate_series(2500, 150000, 250) quantity
where item = 'CL-API' and valid @> date '2025-06-30'
order by quantity$$),
('prices', 'usage', 'What does usage bring, by item?', 'Amount of priced lines by quarter and item', 'No line of usage has a price.', $$
select pg_temp.short(sum(line_amount)) as figure, format('CNY in %s; %s of %s lines ever have no price', pg_temp.quarter(max(quarter_date)), unpriced, pg_temp.whole(lines)) as meaning
from (
	select date_trunc('quarter', priced_date)::date as quarter_date, line_amount, max(date_trunc('quarter', priced_date)::date) over () as last_quarter_date,
		count(*) over () as lines, count(*) filter (where reason_name <> 'priced') over () as unpriced
	from bi.usage_lines) l
where quarter_date = last_quarter_date
group by unpriced, lines$$, $$
select date_trunc('quarter', priced_date)::date as quarter_date, item_key, sum(line_amount)::numeric(20, 2) as amount
from bi.usage_lines
where reason_name = 'priced'
group by 1, 2
order by 1, 2$$),
('prices', 'bill', 'What do the bills consist of?', 'Amount by item: prices of tiers, flat fees, what a minimum adds', 'No line of usage has a price.', $$
select pg_temp.percent(sum(tier_amount) filter (where kind_name = 'flat_fee') / sum(tier_amount), 1) as figure, format('of %s CNY are flat fees', pg_temp.short(sum(tier_amount))) as meaning
from bi.usage_tiers
having count(*) > 0$$, $$
select item_key, kind_name, sum(tier_amount)::numeric(20, 2) as amount
from bi.usage_tiers
where kind_name <> 'rounding'
group by item_key, kind_name, kind_index
order by sum(sum(tier_amount)) over (partition by item_key) desc, item_key, kind_index$$),

('why', 'causes', 'Why is the month not what it was a year ago?', 'From last year''s GMV of the month to this year''s: customers who came and went, and what those who stayed did', 'No complete month has one a year before.', $$
select to_char(100 * year_growth_rate, 'FMS990') || ' %' as figure,
	format('in %s against a year before: %s after %s', pg_temp.month(period_date), pg_temp.short(gmv_amount), pg_temp.short(year_gmv_amount)) as meaning
from bi.gmv_periods
where state_name = 'complete' and year_growth_rate is not null
order by period_date desc
limit 1$$, $$
select part_name, amount,
	case when part_index in (0, 9) then 0 else sum(amount) over w - amount end as from_amount,
	case when part_index in (0, 9) then amount else sum(amount) over w end as to_amount
from (select * from bi.gmv_periods where state_name = 'complete' and year_gmv_amount is not null order by period_date desc limit 1) p
	cross join lateral (
		select 0 as part_index, 'a year before' as part_name, year_gmv_amount as amount
		union all
		select factor_index, factor_name, effect_amount from bi.gmv_bridge b where b.period_date = p.period_date and compared_name = 'year'
		union all
		select 9, 'now', gmv_amount) part
window w as (order by part_index)
order by part_index$$),
('why', 'factors', 'Is it the same cause each month?', 'Effects on GMV against the same month a year before', 'No complete month has one a year before.', $$
select format('%s of %s', count(*) filter (where effect > 0), count(*)) as figure, 'months are above those a year before, over the last twelve' as meaning
from (
	select period_date, sum(effect_amount) as effect
	from bi.gmv_bridge
	where compared_name = 'year' and state_name = 'complete'
	group by period_date
	order by period_date desc
	limit 12) m
having count(*) > 0$$, $$
select period_date, factor_name, factor_index, effect_amount
from bi.gmv_bridge
where compared_name = 'year' and state_name = 'complete' and period_date > (select max(period_date) from bi.gmv_bridge where state_name = 'complete') - interval '1 year'
order by period_date, factor_index$$),
('why', 'target', 'Are we on the way to the target?', 'GMV by month, that of a year before, and the target', 'No month of this year and the last has orders.', $$
select pg_temp.percent((sum(gmv_amount) / sum(target_due_amount))::float8) as figure,
	format('of what was due by the end of %s: %s of %s', pg_temp.month(max(period_date)), pg_temp.short(sum(gmv_amount)), pg_temp.short(sum(target_due_amount))) as meaning
from bi.gmv_periods
where state_name <> 'future' and target_due_amount is not null and period_date >= date_trunc('year', as_of)
having count(*) > 0$$, $$
select period_date, state_name, gmv_amount, year_gmv_amount, target_amount
from bi.gmv_periods
where period_date >= '2024-01-01'
order by period_date$$),
('why', 'movers', 'Do customers come, go, or buy more?', 'Change of GMV against the month before: customers who ordered in one of both months, and those who ordered in both', 'No complete month has one before.', $$
select pg_temp.whole(count(*) filter (where status_name = 'new')) as figure,
	format('customers ordered in %s and not the month before; %s did not order again, %s did', pg_temp.month(max(period_date)),
		count(*) filter (where status_name = 'lost'), count(*) filter (where status_name = 'stayed')) as meaning
from bi.gmv_customers
where compared_name = 'previous' and period_date = (select max(period_date) from bi.gmv_customers where state_name = 'complete')
having count(*) > 0$$, $$
select period_date, status_name, status_index, count(*) as customer_count, sum(gmv_change_amount) as change_amount
from bi.gmv_customers
where compared_name = 'previous' and state_name = 'complete' and period_date >= '2024-07-01'
group by period_date, status_name, status_index
order by period_date, status_index$$),

('leads', 'valid', 'How many leads are valid?', 'Valid of the leads that are decided, by month, with its 95 % interval', 'No month has a lead that is decided.', $$
select pg_temp.percent(valid_rate) as figure,
	format('of %s leads are valid; once all are checked, %s to %s', pg_temp.whole(valid_count + invalid_count), pg_temp.percent(floor_rate), pg_temp.percent(ceiling_rate)) as meaning,
	pg_temp.percent(valid_rate_low) as low, pg_temp.percent(valid_rate_high) as high
from bi.leads_summary
where valid_rate is not null$$, $$
select period_date, lead_count, valid_count, invalid_count, pending_count, overdue_count, valid_rate, valid_rate_low, valid_rate_high, floor_rate, ceiling_rate
from bi.leads_by_month
where period_date >= '2022-07-01'
order by period_date$$),
('leads', 'criteria', 'Which criterion do leads fail?', 'Share of the leads checked that pass, with its 95 % interval', 'No lead has been checked yet.', $$
select pg_temp.percent(pass_rate) as figure, format('of leads checked pass %s, fewest of all criteria; %s fail nothing else', criterion_name, pg_temp.whole(only_failing_count)) as meaning,
	pg_temp.percent(pass_rate_low) as low, pg_temp.percent(pass_rate_high) as high
from bi.leads_criteria
order by pass_rate
limit 1$$, $$
select criterion_name, passed_count, failed_count, unknown_count, pass_rate, pass_rate_low, pass_rate_high
from bi.leads_criteria
order by criterion_index$$),
('leads', 'channels', 'Which channel brings deals that are won?', 'Share of leads older than two years that reached each step', 'No lead is two years old.', $$
select pg_temp.percent(mature_won_count::float8 / mature_lead_count) as figure, format('of leads by %s are won; by %s, %s', dimension_name, last_name, pg_temp.percent(last_rate)) as meaning,
	pg_temp.percent(wilson_low(mature_won_count, mature_lead_count)) as low, pg_temp.percent(wilson_high(mature_won_count, mature_lead_count)) as high
from (
	select *, last_value(dimension_name) over w as last_name, last_value(mature_won_count::float8 / mature_lead_count) over w as last_rate
	from (
		select dimension_name, max(mature_entered_count) filter (where step_index = 1) as mature_lead_count, max(mature_entered_count) filter (where step_index = 5) as mature_won_count
		from bi.deals_steps_by_dimension
		group by dimension_name) d
	where mature_lead_count > 0
	window w as (order by mature_won_count::float8 / mature_lead_count desc rows between unbounded preceding and unbounded following)) r
order by mature_won_count::float8 / mature_lead_count desc
limit 1$$, $$
select dimension_name, step_name, step_index, mature_entered_count,
	mature_entered_count::float8 / nullif(first_value(mature_entered_count) over (partition by dimension_name order by step_index), 0) as reached_rate
from bi.deals_steps_by_dimension
order by dimension_name, step_index$$),
('leads', 'word', 'Does one customer bring another?', 'Customers that one brings within two years, by generation, with its 95 % interval; only those who have had the two years', 'No customer has had two years to bring another.', $$
select pg_temp.places(mature_k_ratio, 3) as figure, 'customers are brought by one who came alone, within two years' as meaning,
	pg_temp.places(mature_k_ratio_low, 3) as low, pg_temp.places(mature_k_ratio_high, 3) as high
from bi.word_generations
where generation_index = 0 and mature_member_count > 0$$, $$
select generation_index, generation_name, mature_member_count, mature_child_count, mature_k_ratio, mature_k_ratio_low, mature_k_ratio_high
from bi.word_generations
where mature_member_count >= 20
order by generation_index$$),
('leads', 'credits', 'Which channels earn the wins?', 'Share of the wins that four models credit to each channel, and the 95 % interval of the Markov chain (markov 1); none says what would be without a channel', 'No journey ended with a win.', $$
select pg_temp.percent(credit_rate, 1) as figure, format('of the wins are credited to %s by the Markov chain', channel_name) as meaning,
	pg_temp.percent(credit_rate_low, 1) as low, pg_temp.percent(credit_rate_high, 1) as high
from bi.ways_credits
where model_name = 'markov_1' and channel_name <> 'no touch'
order by credit_rate desc
limit 1$$, $$
select channel_name, model_name, credit_quantity, credit_rate, credit_rate_low, credit_rate_high
from bi.ways_credits
where model_name in ('first', 'last_non_direct', 'markov_1', 'shapley')
order by channel_name = 'no touch', max(credit_rate) filter (where model_name = 'markov_1') over (partition by channel_name) desc, channel_name, model_index$$),

('satisfaction', 'nps', 'Do customers recommend us, and does that change?', 'NPS by month of the invitation, with its 95 % interval; a large point differs clearly from the month before, as one in twenty does by chance alone', 'No invitation was answered.', $$
select round(nps_score)::text as figure, format('is the NPS of %s, %s from the month before', pg_temp.month(rated_month), case when is_clear then 'clearly different' else 'not clearly different' end) as meaning,
	round(nps_score_low)::text as low, round(nps_score_high)::text as high
from bi.nps_by_month
where nps_score is not null
order by rated_month desc
limit 1$$, $$
select rated_month, asked_count, response_count, nps_score, nps_score_low, nps_score_high, nps_difference_score, is_clear
from bi.nps_by_month
where rated_month >= '2021-01-01'
order by rated_month$$),
('satisfaction', 'scores', 'Which scores are given?', 'Answers by score: who would not recommend us (0 to 6), is passive (7, 8), would recommend us (9, 10)', 'No invitation was answered.', $$
select pg_temp.percent(response_rate) as figure, format('of %s who were asked answered; the others say nothing', pg_temp.whole(asked_count)) as meaning
from bi.nps_summary
where asked_count > 0$$, $$
select rating_score, kind_name, answer_count, answer_rate, answer_rate_low, answer_rate_high
from bi.nps_distribution
order by rating_score$$),
('satisfaction', 'questions', 'What are customers content with?', 'Mean score of sellers by question, of 5, with its 95 % interval', 'No seller was rated.', $$
select pg_temp.places(mean_score, 2) as figure, format('of 5 for %s, the best of the questions', dimension_name) as meaning,
	pg_temp.places(mean_score_low, 2) as low, pg_temp.places(mean_score_high, 2) as high
from bi.dsr_by_dimension
order by mean_score desc
limit 1$$, $$
select dimension_name, response_count, mean_score, mean_score_low, mean_score_high
from bi.dsr_by_dimension
order by mean_score desc$$),
('satisfaction', 'sellers', 'Which sellers serve well?', 'Mean score for service in the last six months, of 5, with its 95 % interval; sellers with five answers or more', 'No seller has five answers in the last six months.', $$
select pg_temp.whole(count(*) filter (where mean_score_high < peer_mean_score)) as figure,
	format('of %s sellers lie clearly below their peers, %s clearly above', count(*), count(*) filter (where mean_score_low > peer_mean_score)) as meaning
from bi.dsr_subjects
where dimension_name = 'service' and is_ranked
having count(*) > 0$$, $$
select subject_name, response_count, mean_score, mean_score_low, mean_score_high, peer_mean_score
from bi.dsr_subjects
where dimension_name = 'service' and is_ranked
order by subject_index$$),

('operations', 'met', 'Do we answer in time?', 'Share of tickets answered within four working hours, by month, with its 95 % interval', 'No ticket was opened.', $$
select pg_temp.percent(met_rate) as figure, format('of %s tickets of %s were answered within four working hours', pg_temp.whole(met_count + missed_count), pg_temp.month(period_date)) as meaning,
	pg_temp.percent(met_rate_low) as low, pg_temp.percent(met_rate_high) as high
from bi.tickets_periods
where met_rate is not null
order by period_date desc
limit 1$$, $$
select period_date, opened_count, met_count, missed_count, undecided_count, met_rate, met_rate_low, met_rate_high
from bi.tickets_periods
where period_date >= '2022-07-01'
order by period_date$$),
('operations', 'curve', 'How long does an answer take?', 'Share of tickets answered within so many working hours, with its 95 % interval; those still open count as long as they have waited', 'No ticket was opened.', $$
select pg_temp.percent(done_rate) as figure, 'of tickets are answered within two working hours' as meaning, pg_temp.percent(done_rate_low) as low, pg_temp.percent(done_rate_high) as high
from bi.tickets_curve
where hour_index = 2$$, $$
select hour_index, waiting_count, done_rate, done_rate_low, done_rate_high
from bi.tickets_curve
where hour_index <= 16
order by hour_index$$),
('operations', 'agents', 'Who answers in time?', 'Share of this year''s tickets answered within four working hours, with its 95 % interval', 'No ticket was opened this year.', $$
select format('%s of %s', count(*) filter (where wilson_high(met_count, decided_count) < all_met_rate), count(*)) as figure,
	format('agents lie clearly below the %s of all', pg_temp.percent(max(all_met_rate))) as meaning
from (
	select dimension_name, sum(met_count)::bigint as met_count, sum(met_count + missed_count)::bigint as decided_count,
		sum(sum(met_count)) over () / nullif(sum(sum(met_count + missed_count)) over (), 0)::float8 as all_met_rate
	from bi.tickets_by_dimension
	where period_date >= '2025-01-01' and dimension_name is not null
	group by dimension_name) a
having count(*) > 0$$, $$
select dimension_name as agent_name, met_count, decided_count, met_count::float8 / nullif(decided_count, 0) as met_rate,
	wilson_low(met_count, decided_count) as met_rate_low, wilson_high(met_count, decided_count) as met_rate_high
from (
	select dimension_name, sum(met_count)::bigint as met_count, sum(met_count + missed_count)::bigint as decided_count
	from bi.tickets_by_dimension
	where period_date >= '2025-01-01' and dimension_name is not null
	group by dimension_name) a
order by met_rate desc, agent_name$$),
('operations', 'responses', 'How fast does a lead get its first answer?', 'Working hours until the first answer, by seller: half, and nine of ten of the leads that got one', 'No lead has a seller.', $$
select pg_temp.whole(sum(unanswered_count)) as figure, format('of %s leads have no answer yet, the oldest since %s working hours', pg_temp.whole(sum(lead_count)), pg_temp.whole(max(oldest_unanswered_hours)::numeric)) as meaning
from bi.leads_responses
having count(*) > 0$$, $$
select owner_name, lead_count, answered_count, unanswered_count, median_hours, p90_hours
from bi.leads_responses
where owner_name is not null
order by median_hours$$);
create function pg_temp.rows(query text) returns json language plpgsql as $$
declare
	result json;
begin
	execute format('select coalesce(json_agg(r), ''[]'') from (%s) r', query) into result;
	return result;
end
$$;
create function pg_temp.number(query text) returns json language plpgsql as $$
declare
	result json;
begin
	if query is not null then
		execute format('select to_json(n) from (%s) n', query) into result;
	end if;
	return result;
end
$$;
select json_build_object(
	'as_of', (select max(as_of) from bi.orders_segments),
	'pages', (select json_agg(json_build_object('name', page, 'title', title, 'asks', asks) order by place) from page),
	'charts', (select json_agg(json_build_object('page', page, 'name', name, 'title', title, 'says', says, 'empty', empty, 'number', pg_temp.number(number),
		'views', (select string_agg(distinct found[1], ', ') from regexp_matches(concat(query, number), '\m((?:bi|staging)\.\w+)', 'g') found),
		'query', btrim(query, E'\n'), 'rows', pg_temp.rows(query)) order by place) from chart));
