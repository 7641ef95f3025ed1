-- contract_create_views: each view equals the query written by hand; the units of money, the ends, the
-- rows that are no contracts.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.26);

create schema erp;
create table erp.contract as
select row_number() over () as no, customer, line, starts, ends, mrr, 12 * mrr as yearly,
	case when extract(day from starts) = 1 then mrr * months end as total, months, starts - (random() * 30 - 10)::integer as signed
from (
	select c as customer, (array['design', 'cloud', null])[1 + (random() * 2)::integer] as line, months,
		starts, case when random() < 0.93 then (starts + months * interval '1 month')::date - 1 end as ends, round((random() * 500)::numeric, 2) as mrr
	from generate_series(1, 60) c, generate_series(0, 5),
		lateral (select date_trunc('month', date '2022-01-01' + (c * 0 + random() * 1200)::integer)::date as starts, 3 * (1 + (random() * 5)::integer) as months) d
	where random() < 0.6
) x;

-- the customer's state by hand
create temp table hand as
select customer, min(starts) as first_day,
	contract_agg(daterange(starts, ends, '[]'), round(yearly / 12, 4), line, no::text, signed) as contracts
from erp.contract
group by customer;

select set_eq($$select view_name from contract_create_views('subs', 'erp.contract', 'customer', 'starts', 'ends', ends_inclusive => true, annual_amount_column => 'yearly',
		line => 'line', contract_key => 'no', known_on => 'signed', grain => 'quarter', grace_days => 20, target_schema => 'erp', as_of => '2024-11-15')$$,
	$$select 'erp.subs_' || unnest(array['terms', 'renewals', 'renewals_by_line', 'movements', 'bridge', 'cohort_customers', 'cohorts', 'renewal_survival', 'checks'])$$,
	'the call names the views it made');

select set_eq('select customer_key, line_name, chain_index, term_index, contract_key, start_date, last_date + 1 as ends, due_date, mrr_amount, outcome_name, is_decided,
		renewed_date, renewed_by_key, gap_days, next_mrr_amount, returned_date from erp.subs_terms',
	$$select customer, line, chain_index, term_index, contract_key, starts, ends, ends as due, mrr, outcome, decided, renewed_on, renewed_by_key, gap_days, next_mrr, returned_on
	from hand, renewal_terms(contracts, '2024-11-15', 20)$$, 'PREFIX_terms equals the query by hand');
select set_eq('select period_date, due_count, renewed_count, lapsed_count, pending_count, renewal_rate, renewal_rate_low, renewal_rate_high, mrr_due_amount, mrr_kept_amount,
		mrr_renewed_amount, gross_value_rate, net_value_rate from erp.subs_renewals',
	$$select period, (rates).* from (
		select date_trunc('quarter', ends::timestamp)::date as period, renewal_rates_agg(outcome, mrr, next_mrr) as rates
		from hand, renewal_terms(contracts, '2024-11-15', 20)
		where ends <= '2024-11-15' group by 1) r$$, 'PREFIX_renewals equals the query by hand');
select set_eq('select line_name, period_date, due_count, renewed_count, mrr_due_amount, net_value_rate from erp.subs_renewals_by_line',
	$$select line, period, (rates).due, (rates).renewed, (rates).mrr_due, (rates).net_value_rate from (
		select line, date_trunc('quarter', ends::timestamp)::date as period, renewal_rates_agg(outcome, mrr, next_mrr) as rates
		from hand, renewal_terms(contracts, '2024-11-15', 20)
		where ends <= '2024-11-15' group by 1, 2) r$$, 'PREFIX_renewals_by_line equals the query by hand');
select set_eq('select customer_key, period_date, movement_name, mrr_change_amount, mrr_before_amount, mrr_after_amount from erp.subs_movements',
	$$select customer, period, movement, amount, mrr_before, mrr_after
	from hand, mrr_movements(contracts, 'quarter', (select min(first_day) from hand), '2024-11-16')$$, 'PREFIX_movements equals the query by hand');
select set_eq('select period_date, opening_amount, new_amount, expansion_amount, reactivation_amount, contraction_amount, churn_amount, closing_amount,
		opening_customer_count, new_customer_count, reactivated_customer_count, churned_customer_count, closing_customer_count from erp.subs_bridge',
	$$select b.* from (select mrr_bridge_agg(contracts, 'quarter', (select min(first_day) from hand), '2024-11-16') as bridge from hand) p, mrr_bridge_rows(bridge) b$$,
	'PREFIX_bridge equals the query by hand');
select set_eq('select cohort_date, period_index, state_name, customer_count, active_count, retention_rate, mrr_start_amount, mrr_kept_amount, mrr_amount, gross_retention_rate, net_retention_rate from erp.subs_cohorts',
	$$select r.* from (select cohort_agg(contracts, 'quarter', '2024-11-15') as matrix from hand) p, cohort_rows(matrix) r$$, 'PREFIX_cohorts equals the query by hand');
select set_eq('select renewal_index, at_risk_count, lapsed_count, undecided_count, survival_rate, survival_rate_low, survival_rate_high from erp.subs_renewal_survival',
	$$select duration::integer, at_risk, events, censored, survival, survival_low, survival_high
	from (select renewal_survival_agg(contracts, '2024-11-15', 20) as chains from hand) p, survival_rows(chains)$$, 'PREFIX_renewal_survival equals the query by hand');
select set_eq('select customer_key, first_date, cohort_date, mrr_amount, first_mrr_amount from erp.subs_cohort_customers',
	$$select customer, first_day, date_trunc('quarter', first_day::timestamp)::date, contract_mrr(contracts, '2024-11-15') as now, contract_mrr(contracts, first_day) as first
	from hand where first_day <= '2024-11-15'$$, 'PREFIX_cohort_customers equals the query by hand');
select set_eq('select problem_name, customer_key, line_name, contract_key, other_contract_key, start_date, last_date + 1 as ends, detail_name from erp.subs_checks',
	$$select problem, customer, line, contract_key, other_key, starts, ends, detail from hand, contract_check(contracts)$$, 'PREFIX_checks equals the query by hand');

-- the views foot to each other
select is_empty('select * from erp.subs_bridge where opening_amount + new_amount + expansion_amount + reactivation_amount + contraction_amount + churn_amount <> closing_amount',
	'opening and movements make closing');
select set_eq('select period_date, sum(mrr_change_amount) from erp.subs_movements group by 1',
	'select period_date, closing_amount - opening_amount from erp.subs_bridge where (new_amount, expansion_amount, reactivation_amount, contraction_amount, churn_amount) <> (0, 0, 0, 0, 0)',
	'movements add up to the bridge');
select is((select sum(mrr_amount) from erp.subs_cohort_customers), (select closing_amount from erp.subs_bridge order by period_date desc limit 1), 'customers add up to the last closing');
select set_eq('select cohort_date, count(*), sum(first_mrr_amount) from erp.subs_cohort_customers group by 1',
	'select cohort_date, customer_count, mrr_start_amount from erp.subs_cohorts where period_index = 0', 'and to their cohorts');
select is((select sum(due_count) from erp.subs_renewals), (select sum(due_count) from erp.subs_renewals_by_line), 'lines add up to the renewals');
select results_eq('select is_complete from erp.subs_bridge order by period_date desc limit 2', array[false, true], 'the running quarter is not complete');

-- one business, told in other words
create function pg_temp.print(view text) returns text language plpgsql as $$
declare
	result text;
begin
	execute format('select count(*) || '' '' || sum(hash_record_extended(v, 0)) from erp.%I v', view) into result;
	return result;
end
$$;
create table erp.other as select *, ends + 1 as until, starts::timestamp as starts_at, (ends + 1)::timestamp at time zone 'Asia/Shanghai' as until_at, coalesce(ends, 'infinity') as forever from erp.contract;
select lives_ok(format($$select contract_create_views('%s', 'erp.other', 'customer', %s, target_schema => 'erp', as_of => '2024-11-15', time_zone => 'Asia/Shanghai')$$, name, arguments), name)
from (values
	('monthly', $$'starts', 'ends', true, mrr_column => 'mrr'$$),
	('until', $$'starts', 'until', false, mrr_column => 'mrr'$$),
	('times', $$'starts_at', 'until_at', false, mrr_column => 'mrr'$$),
	('forever', $$'starts', 'forever', true, mrr_column => 'mrr'$$)) x(name, arguments);
select is(pg_temp.print(name || '_bridge') || pg_temp.print(name || '_terms'), pg_temp.print('monthly_bridge') || pg_temp.print('monthly_terms'), name || ': the same business')
from unnest(array['until', 'times', 'forever']) name;
select lives_ok($$select contract_create_views('totals', 'erp.contract', 'customer', 'starts', 'ends', true, total_column => 'total', target_schema => 'erp', as_of => '2024-11-15')$$, 'totals of the term');
select is((select string_agg(distinct round(mrr_amount - mrr, 2)::text, ' ') from erp.totals_cohort_customers t join (
		select customer, sum(mrr) as mrr from erp.contract where '2024-11-15' between starts and ends group by 1) c on c.customer = t.customer_key), '0.00',
	'a total is spread over its months');
select set_eq('select contract_key, is_left_out from erp.totals_checks where problem_name = ''no_end''', 'select null::text, true from erp.contract where ends is null', 'a total without an end is left out, and told');

-- rows that are no contracts
create table erp.odd (customer text, starts date, ends date, mrr float8);
insert into erp.odd values ('good', '2024-01-01', '2024-12-31', 10), ('free', '2024-01-01', '2024-12-31', null),
	(null, '2024-01-01', '2024-12-31', 1), ('a', null, '2024-12-31', 2), ('b', '-infinity', '2024-12-31', 3), ('c', '2024-02-01', '2024-01-30', 4),
	('d', '2024-02-01', '2024-02-28', -5), ('e', '2024-02-01', '2024-02-28', 'NaN'), ('f', '2024-02-01', '2024-02-28', 'Infinity'), ('g', '2024-02-01', '-infinity', 8);
select lives_ok($$select contract_create_views('odd', 'erp.odd', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', target_schema => 'erp', as_of => '2024-06-30')$$, 'odd rows');
select set_eq('select customer_key, problem_name from erp.odd_checks where is_left_out',
	$$values (null, 'no_customer'), ('a', 'no_first_day'), ('b', 'no_first_day'), ('c', 'ends_before_start'), ('d', 'bad_amount'), ('e', 'bad_amount'), ('f', 'bad_amount'), ('g', 'ends_before_start')$$,
	'are told, and do not break the others');
select set_eq('select customer_key, mrr_amount from erp.odd_cohort_customers', $$values ('good', 10::numeric), ('free', 0)$$, 'which are shown');
create table erp.empty (like erp.odd);
select lives_ok($$select contract_create_views('none', 'erp.empty', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', target_schema => 'erp')$$, 'an empty source');
select is_empty('select from erp.none_terms union all select from erp.none_renewals union all select from erp.none_movements union all select from erp.none_bridge
	union all select from erp.none_cohort_customers union all select from erp.none_cohorts union all select from erp.none_renewal_survival union all select from erp.none_checks', 'gives no rows');
insert into erp.empty values ('later', '2999-01-01', null, 1);
select is((select count(*)::integer from erp.none_bridge), 0, 'a source of the future too');
select lives_ok('select from erp.none_movements union all select from erp.none_cohorts union all select from erp.none_terms', 'without an error');
select lives_ok($$select contract_create_views('since', 'erp.contract', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', from_date => '2024-01-01', target_schema => 'erp', as_of => '2024-11-15')$$, 'from_date');
select is((select min(period_date) || ' ' || (array_agg(opening_amount > 0 order by period_date))[1] from erp.since_bridge), '2024-01-01 true', 'the bridge begins there, with what was');

-- a filter on the customer reaches the source
create index on erp.contract (customer);
analyze erp.contract;
set local enable_seqscan = off;
create function pg_temp.plan(query text) returns text language plpgsql as $$
declare
	row text;
	plan text := '';
begin
	for row in execute 'explain (costs off) ' || query loop
		plan := plan || row || e'\n';
	end loop;
	return plan;
end
$$;
select matches(pg_temp.plan('select * from erp.subs_terms where customer_key = 5'), 'Index Cond: .*customer = 5', 'a filter on the customer reaches the index of the source');

-- errors
select throws_ok(format($$select contract_create_views('x', 'erp.contract', 'customer', %s, target_schema => 'erp')$$, arguments), code, null, why)
from (values
	($$'starts', 'ends', null, mrr_column => 'mrr'$$, '22004', 'ends_inclusive must be said'),
	($$'starts', 'ends', true$$, '22023', 'no money column'),
	($$'starts', 'ends', true, mrr_column => 'mrr', annual_amount_column => 'yearly'$$, '22023', 'two money columns'),
	($$'starts', 'ends', true, mrr_column => 'line'$$, '42804', 'a text is no money'),
	($$'mrr', 'ends', true, mrr_column => 'mrr'$$, '42804', 'a number is no day'),
	($$'starts', 'gone', true, mrr_column => 'mrr'$$, '42703', 'no such column'),
	($$'starts', 'ends', true, mrr_column => 'mrr', grain => 'decade'$$, '22023', 'unknown grain'),
	($$'starts', 'ends', true, mrr_column => 'mrr', grain => null$$, '22023', 'NULL grain'),
	($$'starts', 'ends', true, mrr_column => 'mrr', grace_days => -1$$, '22023', 'negative grace'),
	($$'starts', 'ends', true, mrr_column => 'mrr', from_date => 'infinity'$$, '22023', 'endless from_date'),
	($$'starts', 'ends', true, mrr_column => 'mrr', line => 'gone'$$, '42703', 'no such line column')
) x(arguments, code, why);

select * from finish();
rollback;
