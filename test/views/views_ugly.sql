-- Tables as they are: endless times, NaN, empty tables. One such row must not stop a view, nor reach a BI tool.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

create function pg_temp.detail(prefix text) returns text language plpgsql as $$
declare
	detail text;
	hint text;
begin
	perform rfm_create_views(prefix, 'ugly.rich', 'who', 'at', 'amount', target_schema => 'ugly', replace => true);
	return 'no error';
exception when wrong_object_type then
	get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
	return detail || ' ' || hint;
end $$;

create schema ugly;
create table ugly.log (no integer, who text, at timestamptz, step text, amount numeric, quantity float8, item text);
insert into ugly.log values
	(1, 'a', '2025-01-01', 'lead', 10, 2, 'x'), (2, 'a', '2025-02-01', 'won', 5, 1, 'x'),
	(3, 'b', '-infinity', 'lead', 1, 1, 'x'), (4, 'b', 'infinity', 'won', 1, 1, 'x'), (5, 'b', '2025-03-01', 'lead', 7, 1, 'x'),
	(6, 'c', '2025-01-05', 'lead', 'NaN', 'NaN', 'x'), (7, 'c', '2025-01-06', 'won', 'infinity', 'infinity', 'x'), (8, 'c', '2025-01-07', 'call', '-infinity', '-infinity', 'x'),
	(9, 'd', null, null, null, null, null), (10, null, null, null, null, null, null);
create table ugly.price (item text, tariff jsonb);
insert into ugly.price values ('x', '{"mode": "volume", "tiers": [{"unit_price": 3}]}');

select lives_ok($$select rfm_create_views('orders', 'ugly.log', 'who', 'at', 'amount', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$, 'orders with endless times and amounts');
select results_eq('select customer_key, order_count::integer, total_amount, first_order_date, last_order_date from ugly.orders_customers order by 1',
	$$values ('a', 2, 15::numeric, date '2025-01-01', date '2025-02-01'), ('b', 1, 7, '2025-03-01', '2025-03-01'), ('c', 3, 0, '2025-01-05', '2025-01-07')$$,
	'endless times do not count, endless amounts are none');
select is((select sum(customer_count)::integer from ugly.orders_segments), 3, 'segments add up');
select ok((select count(*) > 0 from ugly.orders_cuts), 'cuts are shown');

select lives_ok($$select funnel_create_views('deals', 'ugly.log', 'who', 'at', 'step', '{lead,won}', dimension => 'item', amount => 'amount', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$,
	'steps with endless times and amounts');
select results_eq('select entity_key, entity_amount, outcome_name from ugly.deals_entities order by 1',
	$$values ('a', 5::numeric, 'converted'), ('b', 7, 'open'), ('c', null, 'converted')$$, 'the last amount that is one');
select results_eq('select entered_count::integer, entered_amount from ugly.deals_steps order by step_index', 'values (3, 12::numeric), (2, 5)', 'steps add them up');
select is((select count(*)::integer from ugly.deals_steps_by_month), 4, 'by month');
select is((select count(*)::integer from ugly.deals_steps_by_dimension), 2, 'by dimension');
select is((select count(*)::integer from ugly.deals_visits), 3, 'visits');
select results_eq('select problem_name, row_count::integer from ugly.deals_checks order by finding_index', $$values ('no_key', 1), ('no_time', 3), ('unknown_label', 1), ('bad_amount', 3)$$, 'and what is odd');

select lives_ok($$select reorder_create_views('again', 'ugly.log', 'who', 'at', 'amount', peer => 'item', item => 'item', season => true, target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')
	union all select value_create_views('worth', 'ugly.log', 'who', 'at', 'amount', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$, 'reorders and value with endless times and amounts');
select results_eq('select customer_key, item_name, order_day_count::integer, last_date, reason_name, model_name from ugly.again_due order by 1',
	$$values ('a', 'x', 2, date '2025-02-01', 'overdue', 'all'), ('b', 'x', 1, '2025-03-01', 'due_now', 'all'), ('c', 'x', 3, '2025-01-07', 'overdue', 'all')$$, 'who is due');
select results_eq('select group_name, status_name, customer_count::integer from ugly.again_rhythm order by group_index', $$values ('x', 'few', 3), ('all', 'few', 3)$$, 'of few customers');
select is((select count(*)::integer from ugly.again_reorder_check), 8, 'the check');
select is((select count(*)::integer from ugly.worth_value), 3, 'the value');
select is((select count(*)::integer from ugly.worth_value_months), 12, 'by month');
select is((select customer_count from ugly.worth_value_check), null, 'nobody was known a year ago');
select results_eq('select problem_name, row_count::integer from ugly.again_checks order by finding_index', $$values ('no_key', 1), ('no_time', 3), ('bad_amount', 3)$$, 'and what is odd');

select lives_ok($$select pipeline_create_views('pipe', 'ugly.log', 'who', 'at', 'step', 'amount', 'at', '{lead}', dimension => 'item', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$, 'changes with endless times and amounts');
select results_eq('select deal_key, stage_name, deal_amount from ugly.pipe_deals order by 1', $$values ('a', 'won', 5::numeric), ('b', 'lead', 7), ('c', 'call', 0)$$, 'the last amount that is one');
select results_eq('select problem_name, row_count::integer from ugly.pipe_checks order by finding_index', $$values ('no_key', 1), ('no_time', 3), ('unknown_stage', 1), ('bad_amount', 3)$$, 'and what is odd');

select lives_ok($$select quote_create_views('quotes', 'ugly.log', 'no', 'item', 'quantity', 'at', 'ugly.price', 'item', 'tariff', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$,
	'lines with endless days and quantities');
select results_eq('select line_key, line_quantity, priced_date, reason_name, line_amount from ugly.quotes_lines order by 1',
	$$values (1, 2::numeric, date '2025-01-01', 'priced', 6::numeric), (2, 1, '2025-02-01', 'priced', 3), (3, 1, null, 'no_date', null), (5, 1, '2025-03-01', 'priced', 3),
	(6, null, '2025-01-05', 'bad_quantity', null), (7, null, '2025-01-06', 'bad_quantity', null), (8, null, '2025-01-07', 'bad_quantity', null),
	(9, null, null, 'no_quantity', null), (10, null, null, 'no_quantity', null)$$, 'each with its reason, without NaN and infinity');
select is((select count(*)::integer from ugly.quotes_tiers), 3, 'tiers of those priced');

-- in Havana the night of 2024-11-03 has midnight twice: the order between them is the next day's
create table ugly.night as
select n as no, 'a' as who, at, 1 as amount, 'x' as item
from unnest(array[timestamptz '2024-11-03 03:30+00', '2024-11-03 04:30+00', '2024-11-03 05:30+00']) with ordinality x(at, n);
select lives_ok($$select rfm_create_views('night', 'ugly.night', 'who', 'at', 'amount', target_schema => 'ugly', as_of => '2024-11-02', time_zone => 'America/Havana')
	union all select quote_create_views('night_lines', 'ugly.night', 'no', 'item', 'amount', 'at', 'ugly.price', 'item', 'tariff',
		target_schema => 'ugly', as_of => '2024-11-02', time_zone => 'America/Havana')$$, 'a zone whose clocks go back over midnight');
select results_eq('select order_count::integer, last_order_date from ugly.night_customers', $$values (1, date '2024-11-02')$$, 'orders end with the day');
select results_eq('select line_key::integer, priced_date from ugly.night_lines_lines', $$values (1, date '2024-11-02')$$, 'lines too');

-- keys of citext, where the server has it: two cases are one customer
create table ugly.citext_log (who text, at date, step text, amount integer);
insert into ugly.citext_log values ('ANN', '2025-01-01', 'lead', 2), ('ann', '2025-02-01', 'won', 3), ('Bob', '2025-03-01', 'lead', 4);
do $$
begin
	if exists (select from pg_available_extensions where name = 'citext') then
		create extension citext with schema public;
		alter table ugly.citext_log alter who type citext;
	else
		update ugly.citext_log set who = lower(who);
	end if;
end
$$;
create table ugly.citext_price as select who, '{"mode": "volume", "tiers": [{"unit_price": 3}]}'::jsonb as tariff from ugly.citext_log where who = 'ann' limit 1;
create table ugly.text_price as select 'ANN' as who, tariff from ugly.citext_price;
select lives_ok($$select rfm_create_views('case', 'ugly.citext_log', 'who', 'at', 'amount', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')
	union all select funnel_create_views('case_deals', 'ugly.citext_log', 'who', 'at', 'step', '{lead,won}', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')
	union all select contract_create_views('case_contracts', 'ugly.citext_log', 'who', 'at', 'at', true, mrr_column => 'amount', target_schema => 'ugly', as_of => '2025-06-30')
	union all select quote_create_views('case_quotes', 'ugly.citext_log', 'step', 'who', 'amount', 'at', 'ugly.citext_price', 'who', 'tariff', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')
	union all select quote_create_views('mixed', 'ugly.citext_log', 'step', 'who', 'amount', 'at', 'ugly.text_price', 'who', 'tariff', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$,
	'keys of citext');
select results_eq('select customer_key, order_count::integer from ugly.case_customers order by 1', $$values ('ann', 2), ('bob', 1)$$, 'one customer');
select results_eq('select entity_key, outcome_name from ugly.case_deals_entities order by 1', $$values ('ann', 'converted'), ('bob', 'open')$$, 'one deal');
select results_eq('select entered_count::integer from ugly.case_deals_steps order by step_index', 'values (2), (1)', 'in the steps too');
select is((select count(*)::integer from ugly.case_contracts_cohort_customers), 2, 'one contract''s customer');
select is((select string_agg(reason_name, ' ' order by priced_date) from ugly.case_quotes_lines), 'priced priced no_price', 'one item');
select is((select string_agg(reason_name, ' ' order by priced_date) from ugly.mixed_lines), (select string_agg(case when p.who is null then 'no_price' else 'priced' end, ' ' order by at)
	from ugly.citext_log l left join ugly.text_price p on p.who = l.who), 'citext and text meet as in a join');

-- keys of a collation that calls different texts equal, where the server has one
do $$
begin
	create collation ugly.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	create table ugly.any_case_log (who text collate ugly.any_case, at date, step text);
exception when feature_not_supported then
	create table ugly.any_case_log (who text, at date, step text);
end
$$;
insert into ugly.any_case_log select case when collation_name is null then lower(who) else who end, at, step
from ugly.citext_log, information_schema.columns where table_schema = 'ugly' and table_name = 'any_case_log' and column_name = 'who';
select lives_ok($$select funnel_create_views('any_case', 'ugly.any_case_log', 'who', 'at', 'step', '{lead,won}', target_schema => 'ugly', as_of => '2025-06-30', time_zone => 'UTC')$$,
	'keys of such a collation');
select is((select count(*)::integer from ugly.any_case_entities), 2, 'are as many as the collation says');
select results_eq('select entered_count::integer from ugly.any_case_steps order by step_index', 'values (2), (1)', 'in the steps too');

-- amounts that no column holds count as none, and the checks say so; the largest that count add up
create table ugly.rich (who integer, at date, until date, step text, amount numeric);
insert into ugly.rich select n, '2025-01-01', '2025-12-31', 'lead', amount from unnest(array[9.9e21, 9.9e21, 1e22, -1e22, 1e100, 5]) with ordinality a (amount, n);
select lives_ok($$select rfm_create_views('rich', 'ugly.rich', 'who', 'at', 'amount', target_schema => 'ugly', as_of => '2025-06-30')
	union all select funnel_create_views('rich_deals', 'ugly.rich', 'who', 'at', 'step', '{lead,won}', amount => 'amount', target_schema => 'ugly', as_of => '2025-06-30')
	union all select contract_create_views('rich_terms', 'ugly.rich', 'who', 'at', 'until', true, mrr_column => 'amount', target_schema => 'ugly', as_of => '2025-06-30')$$, 'views over the very rich');
select is((select trim_scale(sum(total_amount))::text from ugly.rich_customers), '19800000000000000000005', 'orders');
select is((select trim_scale(entered_amount)::text from ugly.rich_deals_steps where step_index = 1), '19800000000000000000005', 'deals');
select is((select trim_scale(closing_amount)::text from ugly.rich_terms_bridge order by period_date desc limit 1), '19800000000000000000005', 'contracts');
select results_eq($$select 'orders', row_count from ugly.rich_checks where problem_name = 'bad_amount' union all select 'deals', row_count from ugly.rich_deals_checks where problem_name = 'bad_amount'
	union all select 'contracts', sum(row_count)::bigint from ugly.rich_terms_checks where problem_name = 'bad_amount'$$, $$values ('orders', 3::bigint), ('deals', 3), ('contracts', 3)$$, 'what does not count is found');

-- what is in the way is called by its kind
create materialized view ugly.way_customers as select 1 as x;
create table ugly.path_customers ();
select throws_ok($$select rfm_create_views('way', 'ugly.rich', 'who', 'at', 'amount', target_schema => 'ugly')$$, '42P07', '"way_customers" already exists in schema "ugly"', 'a materialized view');
select alike(d, 'It is of kind ' || k || '. %' || h, k || ' in the way')
from (values ('way', 'materialized view', 'or give materialized => true.'), ('path', 'table', 'Drop or rename it first.')) v (p, k, h), pg_temp.detail(p) d;

select * from finish();
rollback;
