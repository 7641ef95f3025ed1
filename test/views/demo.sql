-- demo.sql: makes all views for BI over the sample company, prints an answer from each, and a
-- role that may read nothing else.
\pset footer off
set client_min_messages = warning;
drop schema if exists bi, staging cascade;
create schema staging;
create schema bi;
-- what the makers need and the company's tables do not have: a deal's channel beside its steps, the
-- price of an item as one value
create view staging.deal_steps as
select l.deal_no, l.changed_at, l.stage, c.channel_type, d.annual_amount
from sales.deal_stage_log l
	join sales.deal d using (deal_no)
	join sales.channel c using (channel_no)
where d.deal_kind = 'new business';
create view staging.price_book as
select t.item, daterange(t.valid_from, t.valid_to, '[]') as valid,
	tariff_agg(t.up_to_quantity, t.unit_price, t.flat_fee, jsonb_build_object('mode', t.mode, 'free_units', i.included_quantity,
		'package_size', i.package_size, 'minimum', i.monthly_minimum, 'round', '{"scale": 2}'::jsonb, 'currency', t.currency)) as tariff
from sales.price_tier t join sales.item i using (item)
where t.price_list = 'standard'
group by t.item, t.valid_from, t.valid_to, t.mode, t.currency, i.included_quantity, i.package_size, i.monthly_minimum;
create view staging.usage_month as
select account_no || '/' || item || '/' || to_char(used_on, 'YYYY-MM') as usage_key, item, sum(quantity) as quantity, max(used_on) as last_used_on
from sales.usage_daily
group by account_no, item, to_char(used_on, 'YYYY-MM');
create view staging.lead as
select l.lead_no, l.created_at, m.method, c.scenario, c.profile, c.authority, c.intent, a.seller, f.answered_at
from sales.lead l
	join sales.lead_source m using (source)
	left join (select lead_no, bool_or(passed) filter (where criterion = 'scenario') as scenario, bool_or(passed) filter (where criterion = 'profile') as profile,
			bool_or(passed) filter (where criterion = 'authority') as authority, bool_or(passed) filter (where criterion = 'intent') as intent
		from sales.lead_check group by lead_no) c using (lead_no)
	left join (select distinct on (lead_no) lead_no, seller from sales.lead_assignment order by lead_no, assigned_at) a using (lead_no)
	left join (select lead_no, min(at) as answered_at from sales.lead_activity group by lead_no) f using (lead_no);

create view staging.seller_score as
select c.name as seller, q.question, r.rated_on, q.score
from sales.service_rating r
	join sales.channel c using (channel_no)
	cross join lateral (values ('product', r.product_score), ('service', r.service_score), ('delivery', r.delivery_score)) q (question, score)
where c.channel_type = 'agent';
create view staging.recommended as
select i.invited_on, s.recommend_score
from sales.survey_invitation i
	left join sales.satisfaction s using (rating_no);
create view staging.joined as
select account_no, null::bigint as referrer, created_on as joined_on
from sales.account
union all
select referred_account_no, referrer_account_no, claimed_on
from sales.referral_claim;
create view staging.way as
select distinct account_no, touched_at as at, lower(trim(channel)) as channel, null::text as outcome, null::numeric(14, 2) as amount
from sales.touch
union all
select account_no, closed_at, null, current_stage, annual_amount
from sales.deal
where current_stage in ('won', 'lost');
create view staging.order_lines as
select o.order_no, o.account_no, l.item, o.ordered_at, l.amount, l.quantity
from sales.order_line l
	join sales.sales_order o using (order_no);

\echo
\echo '=== Views for BI: one call per question. Schema staging holds views that give the tables the shape that a call wants; \\d+ staging.lead shows one'
\echo
\set ECHO queries
select view_name, answers from rfm_create_views('orders', 'sales.sales_order', customer => 'account_no', ordered_at => 'ordered_at',
	amount => 'total_amount', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from funnel_create_views('deals', 'staging.deal_steps', entity => 'deal_no', at => 'changed_at', step => 'stage',
	steps => array['lead', 'mql', 'sql', 'proposal', 'won'], within => '2 years', mode => 'reached', lost => array['lost'],
	dimension => 'channel_type', amount => 'annual_amount', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from contract_create_views('subscriptions', 'sales.contract', customer => 'account_no', starts => 'starts_on', ends => 'ends_on',
	ends_inclusive => true, annual_amount_column => 'annual_amount', line => 'product_line', contract_key => 'contract_no', known_on => 'signed_on',
	grain => 'quarter', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from quote_create_views('usage', 'staging.usage_month', line_key => 'usage_key', item => 'item', quantity => 'quantity',
	priced_on => 'last_used_on', price_book => 'staging.price_book', book_item => 'item', book_tariff => 'tariff', book_valid => 'valid',
	target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from service_create_views('tickets', 'sales.ticket', item => 'ticket_no', opened_at => 'opened_at', done_at => 'answered_at', target_hours => 4,
	calendar => (select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-12:00", "13:30-18:00"]}', on_date, is_work_day)::text from sales.holiday),
	dimension => 'agent', target_schema => 'bi', as_of => '2025-06-30');
select view_name, answers from activity_create_views('active', 'sales.sales_order', customer => 'account_no', active_at => 'ordered_at', amount => 'total_amount',
	target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from gmv_create_views('gmv', 'sales.sales_order', customer => 'account_no', ordered_at => 'ordered_at', amount => 'total_amount',
	target => 'sales.target_month', target_period => 'target_on', target_amount => 'target_amount',
	calendar => (select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-12:00", "13:30-18:00"]}', on_date, is_work_day)::text from sales.holiday),
	target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from rating_create_views('dsr', 'staging.seller_score', score => 'score', rated_on => 'rated_on', subject => 'seller', dimension => 'question',
	definition => rating_preset('csat'), target_schema => 'bi', as_of => '2025-06-30');
select view_name, answers from rating_create_views('nps', 'staging.recommended', score => 'recommend_score', rated_on => 'invited_on', definition => rating_preset('nps'),
	target_schema => 'bi', as_of => '2025-06-30');
select view_name, answers from referral_create_views('word', 'staging.joined', member => 'account_no', referrer => 'referrer', joined_on => 'joined_on', within_days => 730,
	target_schema => 'bi', as_of => '2025-06-30');
select view_name, answers from lead_create_views('leads', 'staging.lead', lead => 'lead_no', created_at => 'created_at', criteria => array['scenario', 'profile', 'authority', 'intent'],
	definition => qualification_preset('lead'), dimension => 'method', owner => 'seller', answered_at => 'answered_at',
	calendar => (select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-12:00", "13:30-18:00"]}', on_date, is_work_day)::text from sales.holiday),
	target_schema => 'bi', as_of => '2025-06-30');
select view_name, answers from pipeline_create_views('pipeline', 'sales.deal_change', deal => 'deal_no', at => 'changed_at', stage => 'stage', amount => 'amount', close_on => 'close_on',
	open => array['lead', 'mql', 'sql', 'proposal'], grain => 'quarter', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from attribution_create_views('ways', 'staging.way', entity => 'account_no', at => 'at', channel => 'channel', outcome => 'outcome', amount => 'amount',
	definition => '{"lookback": "1 year", "half_life": "60 days", "direct": ["direct"], "idle": "180 days"}', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from basket_create_views('baskets', 'staging.order_lines', basket => 'order_no', customer => 'account_no', item => 'item', ordered_at => 'ordered_at', amount => 'amount',
	quantity => 'quantity', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select view_name, answers from metric_create_views('help', target_schema => 'bi');
\set ECHO none
\echo
\echo '=== What a BI tool reads from them, plain SQL'
\echo
\set ECHO queries
select segment_name, customer_count, round(total_amount) as total, round(100 * total_amount_rate) as percent
from bi.orders_segments order by segment_index;
select customer_key, segment_name, cell_name, order_count, total_amount, recency_days
from bi.orders_customers where segment_name = 'cant_lose' order by total_amount desc;
select dimension_name, reachable_score_count, string_agg(cut_value::text, ' ' order by cut_index) as cuts
from bi.orders_cuts group by dimension_name, dimension_index, reachable_score_count order by dimension_index;
select step_name, entered_count, converted_count, open_count, lost_count, round(100 * step_rate) as step_percent,
	round(100 * mature_rate) as mature_percent, round(median_days) as median_days, round(open_amount) as open_amount
from bi.deals_steps order by step_index;
select dimension_name as channel, round(100 * mature_rate) as mature_percent_of_leads, entered_count as leads
from bi.deals_steps_by_dimension where step_index = 1 order by 2 desc;
select entered_month, sum(entered_count) filter (where step_index = 1) as leads, sum(entered_count) filter (where step_index = 5) as won
from bi.deals_steps_by_month where entered_month >= '2024-01-01' group by 1 order by 1;
select entity_key, level_name, age_days, entity_amount
from bi.deals_entities where outcome_name = 'open' and level_name = 'proposal' order by entity_amount desc limit 5;
select stage_name, direction_name, count(*) as visits, round(avg(visit_days)) as average_days
from bi.deals_visits group by stage_name, stage_index, direction_name, direction_index order by stage_index, direction_index;
select problem_name, is_left_out, sum(row_count) as rows, min(detail_name) as example
from bi.deals_checks group by problem_name, problem_index, is_left_out order by problem_index;
select period_date, due_count, renewed_count, lapsed_count, round(100 * renewal_rate) as renewal_percent, round(100 * net_value_rate) as net_value_percent
from bi.subscriptions_renewals where period_date >= '2024-01-01' order by period_date;
select line_name, sum(renewed_count) as renewed, sum(lapsed_count) as lapsed
from bi.subscriptions_renewals_by_line group by line_name order by line_name;
select customer_key, line_name, due_date, mrr_amount
from bi.subscriptions_terms where outcome_name = 'in_grace' order by mrr_amount desc limit 5;
select period_date, round(opening_amount) as opening, round(new_amount) as new, round(expansion_amount) as expansion, round(reactivation_amount) as back,
	round(contraction_amount) as contraction, round(churn_amount) as churn, round(closing_amount) as closing
from bi.subscriptions_bridge where period_date >= '2024-01-01' order by period_date;
select customer_key, mrr_before_amount, mrr_after_amount
from bi.subscriptions_movements where movement_name = 'churn' and period_date = '2025-04-01' order by mrr_before_amount desc limit 5;
select cohort_date, max(customer_count) as customers, max(round(100 * retention_rate)) filter (where period_index = 4) as after_a_year,
	max(round(100 * retention_rate)) filter (where period_index = 8) as after_two
from bi.subscriptions_cohorts where cohort_date < '2023-07-01' group by cohort_date order by cohort_date;
select renewal_index, at_risk_count, round(100 * survival_rate) as percent_left
from bi.subscriptions_renewal_survival order by renewal_index;
select count(*) as customers, sum(mrr_amount) as mrr from bi.subscriptions_cohort_customers where is_active;
select problem_name, is_left_out, count(*) from bi.subscriptions_checks group by problem_name, problem_index, is_left_out order by problem_index;
select reason_name, count(*), sum(line_amount)::numeric(20, 2) as amount
from bi.usage_lines group by reason_name, reason_index order by reason_index;
select kind_name, sum(tier_amount)::numeric(20, 2) as amount
from bi.usage_tiers group by kind_name, kind_index order by kind_index;
select period_date, opened_count, met_count, missed_count, undecided_count, round(100 * met_rate) as met_percent, round(median_hours::numeric, 1) as median_hours, round(p90_hours::numeric, 1) as p90_hours
from bi.tickets_periods where period_date >= '2025-01-01' order by period_date;
select dimension_name as agent, sum(opened_count) as tickets, round(100.0 * sum(met_count) / sum(met_count + missed_count)) as met_percent
from bi.tickets_by_dimension where period_date >= '2025-01-01' group by 1 order by 3 desc;
select hour_index as hours, round(100 * done_rate) as percent_answered from bi.tickets_curve where hour_index in (1, 2, 4, 8, 16) order by 1;
select item_key, opened_at, due_at, round(elapsed_hours) as hours from bi.tickets_items where state_name = 'open' and target_name = 'missed' order by elapsed_hours desc limit 5;
select problem_name, is_left_out, count(*) as findings from bi.tickets_checks group by problem_name, problem_index, is_left_out order by problem_index;
select period_date, opening_count, new_count, returned_count, dormant_count, closing_count, round(quick_ratio::numeric, 2) as quick_ratio
from bi.active_periods where period_date >= '2025-01-01' order by period_date;
select customer_key, last_date, idle_days, total_amount from bi.active_customers where state_name = 'dormant' and idle_days < 120 order by total_amount desc limit 5;
select cohort_date, max(customer_count) as customers, max(round(100 * retention_rate)) filter (where period_index = 6) as after_half_a_year
from bi.active_cohorts where cohort_date between '2024-01-01' and '2024-12-01' group by cohort_date order by cohort_date;
select period_date, state_name, gmv_amount, round(100 * previous_growth_rate) as on_month_before, round(100 * year_growth_rate) as on_last_year, target_amount, gap_amount
from bi.gmv_periods where period_date >= '2025-03-01' order by period_date;
select status_name, count(*) as customers, sum(gmv_change_amount) as change
from bi.gmv_customers where compared_name = 'year' and period_date >= '2025-01-01' group by status_name, status_index order by status_index;
select problem_name, detail_name from bi.gmv_checks order by finding_index;
select dimension_name as question, response_count, round(mean_score::numeric, 2) as mean, round(nps_difference_score) as net_against_others, is_clear
from bi.dsr_by_dimension order by mean_score desc;
select rated_month, response_count, round(mean_score::numeric, 2) as mean, round(mean_score_low::numeric, 2) as low, round(mean_score_high::numeric, 2) as high
from bi.dsr_by_month where rated_month >= '2025-01-01' order by month_index;
select rated_month, asked_count, response_count, round(nps_score) as nps, round(nps_score_low) as low, round(nps_score_high) as high, round(nps_difference_score) as change, is_clear
from bi.nps_by_month where rated_month >= '2025-01-01' order by month_index;
select subject_name, response_count, round(mean_score::numeric, 2) as mean, place_index, round(peer_mean_score::numeric, 2) as peer_mean
from bi.dsr_subjects where dimension_name = 'service' and is_ranked order by subject_index;
select generation_name, member_count, child_count, round(k_ratio::numeric, 3) as k, mature_member_count, round(mature_k_ratio::numeric, 3) as mature_k
from bi.word_generations order by generation_index;
select problem_name, count(*) as findings from bi.word_checks group by problem_name, problem_index order by problem_index;
select period_date, lead_count, valid_count, pending_count, overdue_count, round(100 * valid_rate) as valid_percent, round(100 * floor_rate) as at_least, round(100 * ceiling_rate) as at_most
from bi.leads_by_month where period_date >= '2025-03-01' order by period_date;
select owner_name, lead_count, round(100 * share_rate::numeric, 1) as share_percent, is_above_even, round(100 * valid_rate) as valid_percent from bi.leads_owners order by owner_index;
select channel_name, round(100 * credit_rate::numeric, 1) as percent, round(100 * credit_rate_low::numeric, 1) as low, round(100 * credit_rate_high::numeric, 1) as high, credit_amount
from bi.ways_credits where model_name = 'markov_1' order by channel_index;
select problem_name, is_left_out, row_count, detail_name from bi.ways_checks order by finding_index;
select period_date, basket_count, round(100 * multi_item_rate) as multi_item_percent, round(items_per_basket_ratio::numeric, 2) as items, top_a_name, top_b_name, round(100 * top_attach_rate) as attach_percent
from bi.baskets_attach where period_date >= '2025-01-01' order by period_date;
select item_a_name, item_b_name, both_count, round(100 * attach_rate) as attach_percent, round(lift_ratio::numeric, 2) as lift from bi.baskets_pairs order by lift_ratio_low desc, item_a_index limit 5;
select item_a_name, item_b_name, mature_count, round(100 * follow_rate) as follow_percent, round(100 * base_rate) as anyway_percent, median_days from bi.baskets_next order by follow_rate_low desc nulls last limit 5;
select rank_index, customer_key, item_name, because_name, round(100 * peer_rate) as peers_percent, potential_amount, round(100 * past_taken_rate::numeric, 1) as taken_last_year_percent
from bi.baskets_white_space order by rank_index limit 5;
select problem_name, row_count, detail_name from bi.baskets_checks order by finding_index;
select view_name, needs_attention from revops_views() where needs_attention is not null;
\set ECHO none

-- who reads for a BI tool: the views and, because views read with their reader's rights, their sources
do $$
begin
	if not exists (select from pg_roles where rolname = 'bi') then
		create role bi login;
	end if;
end
$$;
grant usage on schema bi, staging, sales to bi;
grant select on all tables in schema bi, staging, sales to bi;
alter role bi set search_path = bi;
\echo
\echo 'Role bi may read these views and what they read, and may write nothing.'
\echo
