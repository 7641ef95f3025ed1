-- Views for BI: one call makes them, all or none, over tables that are there already.
\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set timezone = 'UTC';
set datestyle = 'ISO';
\set SHOW_CONTEXT never
\set ECHO all

create schema crm;
create table crm."Contract" ("No" text, client integer, "Start" date, "End" date, yearly numeric(12, 2));
insert into crm."Contract" values
	('C1', 1, '2024-01-01', '2024-12-31', 1200), ('C2', 1, '2025-01-01', '2025-12-31', 1800),
	('C3', 2, '2024-03-01', '2025-02-28', 2400),
	('C4', 3, '2025-02-01', '2026-01-31', 600), ('C5', 3, '2025-05-01', '2025-04-01', 600);

-- what the money is, and what the end is, must be said
select view_name, answers from contract_create_views('bi', 'crm."Contract"', customer => 'client', starts => 'Start', ends => 'End',
	ends_inclusive => true, annual_amount_column => 'yearly', contract_key => 'No', grain => 'quarter', target_schema => 'crm', as_of => '2025-06-30');

-- plain views with plain columns
select customer_key, contract_key, start_date, last_date, due_date, mrr_amount, outcome_name, outcome_index from crm.bi_terms order by 1, 3;
select period_date, is_complete, opening_amount, new_amount, expansion_amount, churn_amount, closing_amount from crm.bi_bridge order by 1;
select cohort_date, period_index, state_name, customer_count, active_count, retention_rate from crm.bi_cohorts order by 1, 2;

-- a row that is no contract is in no view but one
select problem_name, is_left_out, contract_key, start_date, last_date from crm.bi_checks order by finding_index;

-- a view says how it was made, and its columns what they are
\pset format unaligned
select regexp_replace(obj_description('crm.bi_cohorts'::regclass), 'revops [0-9.]+', 'revops VERSION') as comment;
\pset format aligned
select attname, col_description(attrelid, attnum) from pg_attribute where attrelid = 'crm.bi_cohorts'::regclass and attnum between 1 and 4 order by attnum;

-- a name that is taken, a column that is not there, an end that is not said
select contract_create_views('bi', 'crm."Contract"', 'client', 'Start', 'End', true, mrr_column => 'yearly', target_schema => 'crm');
select contract_create_views('more', 'crm."Contract"', 'client', 'start', 'End', true, mrr_column => 'yearly', target_schema => 'crm');
select contract_create_views('more', 'crm."Contract"', 'client', 'Start', 'End', null, mrr_column => 'yearly', target_schema => 'crm');
select contract_create_views('more', 'crm."Contract"', 'client', 'Start', 'End', true, target_schema => 'crm');

-- what became of them
alter table crm."Contract" rename yearly to a_year;
select view_name, needs_attention from revops_views() where view_name = 'crm.bi_terms';
drop view crm.bi_terms, crm.bi_renewals;
select view_name, needs_attention from revops_views() where view_name = 'crm.bi_bridge';
