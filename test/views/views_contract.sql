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

-- the customer's state by hand: what is signed by as_of, and all
create temp table hand as
select customer, min(starts) filter (where mrr > 0) as first_day,
	contract_agg(daterange(starts, ends, '[]'), round(yearly / 12, 4), line, no::text, signed) as contracts
from erp.contract
where signed <= '2024-11-15'
group by customer;
create temp table hand_all as
select customer, contract_agg(daterange(starts, ends, '[]'), round(yearly / 12, 4), line, no::text, signed) as contracts
from erp.contract
group by customer;

select set_eq($$select view_name from contract_create_views('subs', 'erp.contract', 'customer', 'starts', 'ends', ends_inclusive => true, annual_amount_column => 'yearly',
		line => 'line', contract_key => 'no', known_on => 'signed', grain => 'quarter', grace_days => 20, target_schema => 'erp', as_of => '2024-11-15')$$,
	$$select 'erp.subs_' || unnest(array['terms', 'renewals', 'renewals_by_line', 'movements', 'bridge', 'cohort_customers', 'cohorts', 'renewal_survival', 'tenure', 'forecast', 'checks'])$$,
	'the call names the views it made');

select set_eq('select customer_key, line_name, chain_index, term_index, contract_key, start_date, last_date + 1 as ends, due_date, mrr_amount, outcome_name, is_decided,
		renewed_date, renewed_by_key, gap_days, next_mrr_amount, returned_date from erp.subs_terms',
	$$select customer, line, chain_index, term_index, contract_key, starts, ends, ends as due, mrr, outcome, decided, renewed_on, renewed_by_key, gap_days, next_mrr, returned_on
	from hand, renewal_terms(contracts, '2024-11-15', 20)$$, 'PREFIX_terms equals the query by hand');
select set_eq('select period_date, due_count, decided_count, renewed_count, lapsed_count, pending_count, renewal_rate, renewal_rate_low, renewal_rate_high, mrr_due_amount, mrr_decided_amount, mrr_kept_amount,
		mrr_renewed_amount, gross_value_rate, net_value_rate from erp.subs_renewals',
	$$select period, (rates).* from (
		select date_trunc('quarter', last_day::timestamp)::date as period, renewal_rates_agg(outcome, mrr, next_mrr) as rates
		from hand, renewal_terms(contracts, '2024-11-15', 20)
		where ends <= '2024-11-15' group by 1) r$$, 'PREFIX_renewals equals the query by hand');
select set_eq('select line_name, period_date, due_count, renewed_count, mrr_due_amount, net_value_rate from erp.subs_renewals_by_line',
	$$select line, period, (rates).due, (rates).renewed, (rates).mrr_due, (rates).net_value_rate from (
		select line, date_trunc('quarter', last_day::timestamp)::date as period, renewal_rates_agg(outcome, mrr, next_mrr) as rates
		from hand, renewal_terms(contracts, '2024-11-15', 20)
		where ends <= '2024-11-15' group by 1, 2) r$$, 'PREFIX_renewals_by_line equals the query by hand');
select set_eq('select customer_key, period_date, movement_name, mrr_change_amount, mrr_before_amount, mrr_after_amount from erp.subs_movements',
	$$select customer, period, movement, amount, mrr_before, mrr_after
	from hand, mrr_movements(contracts, 'quarter', (select min(starts) from erp.contract), '2024-11-16')$$, 'PREFIX_movements equals the query by hand');
select set_eq('select period_date, opening_amount, new_amount, expansion_amount, reactivation_amount, contraction_amount, churn_amount, closing_amount,
		opening_customer_count, new_customer_count, reactivated_customer_count, churned_customer_count, closing_customer_count from erp.subs_bridge',
	$$select b.* from (select mrr_bridge_agg(contracts, 'quarter', (select min(starts) from erp.contract), '2024-11-16') as bridge from hand) p, mrr_bridge_rows(bridge) b$$,
	'PREFIX_bridge equals the query by hand');
select set_eq('select cohort_date, period_index, state_name, customer_count, active_count, retention_rate, mrr_start_amount, mrr_kept_amount, mrr_amount, gross_retention_rate, net_retention_rate from erp.subs_cohorts',
	$$select r.* from (select cohort_agg(contracts, 'quarter', '2024-11-15') as matrix from hand) p, cohort_rows(matrix) r$$, 'PREFIX_cohorts equals the query by hand');
select set_eq('select renewal_index, at_risk_count, lapsed_count, undecided_count, survival_rate, survival_rate_low, survival_rate_high from erp.subs_renewal_survival',
	$$select duration::integer, at_risk, events, censored, survival, survival_low, survival_high
	from (select renewal_survival_agg(contracts, '2024-11-15', 20) as chains from hand) p, survival_rows(chains)$$, 'PREFIX_renewal_survival equals the query by hand');
select set_eq('select term_index, at_risk_count, lapsed_count, observed_rate, renewal_rate, observed_survival_rate, survival_rate, status_name from erp.subs_tenure',
	$$select term_index, at_risk, lapsed, observed_rate, renewal_rate, observed_survival, survival, (tenure_model_rows(tenure_model(chains))).status
	from (select renewal_survival_agg(contracts, '2024-11-15', 20) as chains from hand) p, tenure_rows(chains, tenure_model(chains))$$, 'PREFIX_tenure, too');
select set_eq('select customer_key, line_name, contract_key, due_date, mrr_amount, term_index, next_renewal_rate, expected_month_count, committed_amount, renewal_amount, value_amount from erp.subs_forecast',
	$$select customer, line, contract_key, ends, mrr, term_index, next_renewal_rate, expected_months, round(committed_value::numeric, 6) as a, round(renewal_value::numeric, 6) as b, round(value::numeric, 6) as c
	from hand, (select tenure_model(renewal_survival_agg(contracts, '2024-11-15', 20)) as m from hand) x, contract_forecast_rows(contracts, m, '2024-11-15', 36, 20)$$, 'and PREFIX_forecast');
select set_eq('select customer_key, first_date, cohort_date, mrr_amount, first_mrr_amount from erp.subs_cohort_customers',
	$$select customer, first_day, date_trunc('quarter', first_day::timestamp)::date, contract_mrr(contracts, '2024-11-15') as now, contract_mrr(contracts, first_day) as first
	from hand where first_day <= '2024-11-15'$$, 'PREFIX_cohort_customers equals the query by hand');
select set_eq('select problem_name, customer_key, line_name, contract_key, other_contract_key, start_date, last_date + 1 as ends, detail_name from erp.subs_checks',
	$$select problem, customer, line, contract_key, other_key, starts, ends, detail from hand_all, contract_check(contracts, 20)$$, 'PREFIX_checks equals the query by hand');

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

select throws_ok($$select contract_create_views('zoneless', 'erp.other', 'customer', 'starts_at', 'until_at', false, mrr_column => 'mrr', target_schema => 'erp')$$, '22004', 'argument time_zone is missing',
	'moments need a zone');
-- rows that are no contracts
create table erp.odd (customer text, starts date, ends date, mrr float8);
insert into erp.odd values ('good', '2024-01-01', '2024-12-31', 10), ('free', '2024-01-01', '2024-12-31', null),
	(null, '2024-01-01', '2024-12-31', 1), ('a', null, '2024-12-31', 2), ('b', '-infinity', '2024-12-31', 3), ('c', '2024-02-01', '2024-01-30', 4),
	('d', '2024-02-01', '2024-02-28', -5), ('e', '2024-02-01', '2024-02-28', 'NaN'), ('f', '2024-02-01', '2024-02-28', 'Infinity'), ('g', '2024-02-01', '-infinity', 8);
select lives_ok($$select contract_create_views('odd', 'erp.odd', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', target_schema => 'erp', as_of => '2024-06-30')$$, 'odd rows');
select set_eq('select customer_key, problem_name from erp.odd_checks where is_left_out',
	$$values (null, 'no_customer'), ('a', 'no_first_day'), ('b', 'no_first_day'), ('c', 'ends_before_start'), ('d', 'bad_amount'), ('e', 'bad_amount'), ('f', 'bad_amount'), ('g', 'ends_before_start')$$,
	'are told, and do not break the others');
select set_eq('select customer_key, mrr_amount from erp.odd_cohort_customers', $$values ('good', 10::numeric)$$, 'which are shown; who has no MRR is no customer');
select is((select answers from contract_create_views('odd', 'erp.odd', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', target_schema => 'erp', as_of => '2024-06-30', replace => true) where view_name = 'erp.odd_checks'),
	'Which rows of the source are worth a look, and which are in no view? One row per finding. Findings now: 9; rows left out: 8.', 'and the maker says how many');
create table erp.empty (like erp.odd);
select lives_ok($$select contract_create_views('none', 'erp.empty', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', target_schema => 'erp')$$, 'an empty source');
select is_empty('select from erp.none_terms union all select from erp.none_renewals union all select from erp.none_movements union all select from erp.none_bridge
	union all select from erp.none_cohort_customers union all select from erp.none_cohorts union all select from erp.none_renewal_survival union all select from erp.none_tenure
	union all select from erp.none_forecast union all select from erp.none_checks', 'gives no rows');
insert into erp.empty values ('later', '2999-01-01', null, 1);
select is((select count(*)::integer from erp.none_bridge), 0, 'a source of the future too');
select lives_ok('select from erp.none_movements union all select from erp.none_cohorts union all select from erp.none_terms', 'without an error');
select lives_ok($$select contract_create_views('since', 'erp.contract', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', from_date => '2024-01-01', target_schema => 'erp', as_of => '2024-11-15')$$, 'from_date');
select is((select min(period_date) || ' ' || (array_agg(opening_amount > 0 order by period_date))[1] from erp.since_bridge), '2024-01-01 true', 'the bridge begins there, with what was');

-- a dimension: the last one known of a customer; each view by dimension adds up to the one without
create table erp.region as select c.*, case when no % 3 = 0 then null else 'region ' || (no % 4) end as region, case when no % 50 = 0 then 'USD' else 'CNY' end as currency from erp.contract c;
select set_eq($$select view_name from contract_create_views('by', 'erp.region', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', line => 'line', contract_key => 'no', known_on => 'signed',
		dimension => 'region', currency => 'currency', grain => 'quarter', early_days => 30, fill_gap_days => 5, target_schema => 'erp', as_of => '2024-11-15')$$,
	$$select 'erp.by_' || unnest(array['terms', 'renewals', 'renewals_by_line', 'renewals_by_dimension', 'movements', 'bridge', 'cohort_customers', 'cohorts', 'bridge_by_dimension',
		'cohorts_by_dimension', 'renewal_survival', 'tenure', 'forecast', 'checks'])$$, 'with a dimension three more views');
create temp table of_customer as
select customer, (array_agg(region order by starts desc, region desc) filter (where region is not null))[1] as region,
	contract_fill_gaps(contract_agg(daterange(starts, ends, '[]'), round(mrr, 6), line, no::text, signed), 5) as contracts
from erp.region where signed <= '2024-11-15' group by customer;
select set_eq('select customer_key, dimension_name, line_name, chain_index, term_index, mrr_amount, outcome_name, period_date from erp.by_terms',
	$$select customer, region, line, chain_index, term_index, mrr, outcome, date_trunc('quarter', last_day::timestamp)::date as period from of_customer, renewal_terms(contracts, '2024-11-15', 30, 30)$$,
	'terms have their customer''s dimension, early_days and fill_gap_days');
select cmp_ok((select count(distinct dimension_name) from erp.by_terms), '>', 2::bigint, 'several');
select set_eq('select dimension_name, period_date, due_count, mrr_decided_amount from erp.by_renewals_by_dimension', $$
	select region, date_trunc('quarter', last_day::timestamp)::date as period, (renewal_rates_agg(outcome, mrr, next_mrr)).due, (renewal_rates_agg(outcome, mrr, next_mrr)).mrr_decided
	from of_customer, renewal_terms(contracts, '2024-11-15', 30, 30) where ends <= '2024-11-15' group by 1, 2$$, 'renewals by dimension');
select set_eq('select period_date, sum(opening_amount) as a, sum(new_amount) as b, sum(closing_amount) as c, sum(closing_customer_count)::bigint as d from erp.by_bridge_by_dimension group by 1',
	'select period_date, opening_amount, new_amount, closing_amount, closing_customer_count from erp.by_bridge', 'bridges by dimension add up');
select set_eq('select cohort_date, period_index, sum(customer_count)::bigint as a, sum(active_count)::bigint as b, sum(mrr_kept_amount) as c from erp.by_cohorts_by_dimension group by 1, 2',
	'select cohort_date, period_index, customer_count, active_count, mrr_kept_amount from erp.by_cohorts', 'cohorts by dimension add up');
select set_eq($$select sum(mrr_amount) as a, sum(active_count)::bigint as b from erp.by_cohorts where cohort_date + period_index * interval '3 months' = '2024-10-01'$$,
	'select closing_amount, closing_customer_count from erp.by_bridge where period_date = (select max(period_date) from erp.by_bridge)', 'cohorts and bridge agree on who is a customer, and what they pay');
select is((select detail_name from erp.by_checks where problem_name = 'mixed_currencies'),
	(select 'CNY: ' || count(*) filter (where currency = 'CNY') || ' rows, USD: ' || count(*) filter (where currency = 'USD') || ' rows; amounts are added up as they stand' from erp.region), 'two currencies are told');

-- phases
create table erp.phase (customer text, no text, starts date, ends date, mrr numeric(12, 2));
insert into erp.phase values ('ramp', 'R', '2024-01-01', '2024-06-30', 50), ('ramp', 'R', '2024-07-01', '2024-12-31', 80), ('ramp', 'S', '2025-01-01', '2025-12-31', 90),
	('pause', 'P', '2024-01-01', '2024-05-31', 50), ('pause', 'P', '2024-09-01', '2024-12-31', 50);
select lives_ok(format($$select contract_create_views('%s', 'erp.phase', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', contract_key => 'no', phases => %s, target_schema => 'erp', as_of => '2025-03-31')$$, name, phases), name)
from (values ('row', 'false'), ('joined', 'true')) v(name, phases);
select is((select sum(due_count)::integer from erp.row_renewals), 4, 'as rows four terms came due');
select set_eq('select customer_key, contract_key, start_date, last_date, mrr_amount, outcome_name from erp.joined_terms', $$values ('ramp', 'R', date '2024-01-01', date '2024-12-31', 80.00, 'renewed'),
	('ramp', 'S', '2025-01-01', '2025-12-31', 90, 'not_due'), ('pause', 'P', '2024-01-01', '2024-12-31', 50, 'lapsed')$$, 'joined two');
select bag_eq('select * from erp.joined_bridge', 'select * from erp.row_bridge', 'the bridge is the same');
select bag_eq('select problem_name, contract_key from erp.row_checks', $$values ('same_key_follows', 'R'), ('same_key_follows', 'P')$$, 'rows that follow each other are told');
select bag_eq('select problem_name, contract_key from erp.joined_checks', $$values ('pause', 'P')$$, 'and a pause, which renewals do not see');

-- what could be silently wrong
create table erp.wrong (customer varchar(20), no text, line text, starts date, ends date, mrr numeric(12, 2));
insert into erp.wrong values ('A', '1', 'cloud', '2024-01-01', '2024-12-31', 1), ('a ', '2', 'Cloud', '2024-01-01', '2024-12-31', 1), ('B', '1', 'cloud', '2024-01-01', '2024-12-31', 2),
	('C', null, 'cloud', '2024-01-01', '2024-12-31', 3), ('C', null, 'cloud', '2024-01-01', '2024-12-31', 3), (' ', '5', 'cloud', '2024-01-01', '9999-12-30', 4), ('D', '6', null, '2024-01-01', '2024-12-31', 4),
	('D', '6', null, '2024-01-01', '2024-12-31', 5);
select lives_ok($$select contract_create_views('wrong', 'erp.wrong', 'customer', 'starts', 'ends', true, mrr_column => 'mrr', contract_key => 'no', line => 'line', target_schema => 'erp', as_of => '2025-03-31')$$, 'what could be wrong');
select bag_eq($$select problem_name, problem_index, row_count, customer_key, line_name, contract_key, detail_name from erp.wrong_checks where problem_name <> 'overlap'$$, $$values
	('similar_keys', 10, 2::bigint, 'A', null, null, 'customers that differ by spaces or case alone: "A", "a "'), ('similar_lines', 11, 6, null, 'Cloud', null, 'lines that differ by spaces or case alone, and so do not renew each other: "Cloud", "cloud"'),
	('two_customers', 8, 2, null, null, '1', 'one contract under 2 customers: A and B'), ('repeated_row', 7, 2, 'C', 'cloud', null, '2 rows that are alike, the values add up: were they brought in twice?'),
	('blank_key', 9, 1, ' ', null, null, 'the customer is blank: all such rows are one customer'), ('far_end', 19, 1, ' ', 'cloud', '5', 'ends after 2200: is it meant as open-ended? A total spread over it is next to nothing'),
	('same_key_overlap', 12, 2, 'D', null, '6', 'the same key over the same days, the values add up: was it brought in twice?')$$, 'is told, once each');

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
	($$'starts', 'ends', true, mrr_column => 'mrr', early_days => -1$$, '22023', 'negative early_days'),
	($$'starts', 'ends', true, mrr_column => 'mrr', fill_gap_days => null$$, '22023', 'NULL gaps'),
	($$'starts', 'ends', true, mrr_column => 'mrr', phases => true$$, '22023', 'phases of no contract'),
	($$'starts', 'ends', true, mrr_column => 'mrr', phases => null$$, '22004', 'NULL phases'),
	($$'starts', 'ends', true, mrr_column => 'mrr', dimension => 'gone'$$, '42703', 'no such dimension'),
	($$'starts', 'ends', true, mrr_column => 'mrr', from_date => 'infinity'$$, '22023', 'endless from_date'),
	($$'starts', 'ends', true, mrr_column => 'mrr', line => 'gone'$$, '42703', 'no such line column')
) x(arguments, code, why);

select * from finish();
rollback;
