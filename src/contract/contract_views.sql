-- contract_views.sql: contract_create_views.

create function contract_create_views(
	prefix text,
	source regclass,
	customer name,
	starts name,
	ends name,
	ends_inclusive boolean,
	mrr_column name default null,
	annual_amount_column name default null,
	total_column name default null,
	line name default null,
	contract_key name default null,
	known_on name default null,
	dimension name default null,
	currency name default null,
	grain text default 'month',
	grace_days integer default 30,
	early_days integer default 180,
	fill_gap_days integer default 0,
	phases boolean default false,
	from_date date default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 14
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	-- read by themselves first, so that an error says which argument it is about
	first_column record := revops_internal.views_column(source, starts, 'starts', 'time');
	last_column record := revops_internal.views_column(source, ends, 'ends', 'time');
	zone text := revops_internal.views_zone(source, array[starts, ends, known_on], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	terms text := revops_internal.views_name(target_schema, prefix, 'terms');
	-- of a term; PREFIX_terms may say it in another language
	outcome_text text := case language when 'en' then 't.outcome_name'
		else '(array[''renewed_early'', ''renewed'', ''renewed_late'', ''in_grace'', ''lapsed'', ''not_due''])[t.outcome_index]' end;
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	first_day record := revops_internal.views_time(source, starts, 'starts', zone, today);
	last_day record := revops_internal.views_time(source, ends, 'ends', zone, today);
	money record;
	forecast_money text;	-- an estimate in the form of money
	monthly text;
	fits text := 'true';	-- what makes one row per contract, beside its days
	known text := '';		-- and known by as_of
	state text;				-- of a customer
	line_text text := 'null::text';
	key_text text := 'null::text';
	known_day text := 'null::date';
	dimension_text text := 'null::text';
	currency_text text := 'null::text';
	one_dimension text := '';	-- the dimension of a customer
	since text;
	periods text;
	rows_read text;
	contracts text;
	all_contracts text;		-- also those that are not known by as_of
	period_over text;
	dimension_what text := format('column %s of the source, the last one known of a customer', dimension);
	dimension_columns jsonb := '[]';
	renewal_columns jsonb;
	bridge_columns jsonb;
	cohort_columns jsonb;
	problems constant text[] := array['no_customer', 'no_first_day', 'ends_before_start', 'no_end', 'bad_amount',
		'mixed_currencies', 'repeated_row', 'two_customers', 'blank_key', 'similar_keys', 'similar_lines', 'same_key_overlap', 'overlap', 'one_day_gap',
		'gap_in_grace', 'pause', 'same_key_follows', 'twelvefold', 'far_end', 'signed_late', 'zero_value'];
	days record;
	call text;
	views jsonb;
begin
	if ends_inclusive is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument ends_inclusive is missing',
			detail = 'true: the end is the last day covered (2025-12-31); false: the first day not covered (2026-01-01).',
			hint = 'Read as the other, every renewal shows a gap of a day or an overlap.';
	end if;
	if num_nonnulls(mrr_column, annual_amount_column, total_column) <> 1 then
		raise exception using errcode = 'invalid_parameter_value',
			message = 'one of mrr_column, annual_amount_column and total_column must be given',
			detail = format('%s are given.', num_nonnulls(mrr_column, annual_amount_column, total_column)),
			hint = 'They say what the money is: a month''s, a year''s, or the whole term''s.';
	end if;
	perform revops_internal.views_check_grain(grain);
	for days in
		select * from (values ('grace_days', grace_days), ('early_days', early_days), ('fill_gap_days', fill_gap_days)) d(argument, value)
		where value is null or value < 0
	loop
		raise exception using errcode = 'invalid_parameter_value', message = format('%s must be at least 0', days.argument),
			detail = format('The value is %s.', coalesce(days.value::text, 'NULL')),
			hint = 'Leave it out to get its default.';
	end loop;
	if phases is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'phases is true or false, not NULL',
			hint = 'Leave it out to get its default, false.';
	end if;
	if phases and contract_key is null then
		raise exception using errcode = 'invalid_parameter_value', message = 'phases need a contract_key',
			detail = 'The rows of one line and contract_key are joined into one term.',
			hint = 'Name the column with the contract''s number, or leave out phases where each row is a term.';
	end if;
	perform revops_internal.views_check_from_date(from_date, 'the first day of the first contract');

	if mrr_column is not null then
		money := revops_internal.views_column(source, mrr_column, 'mrr_column', 'amount');
		monthly := 'round(r.amount, %s)';
	elsif annual_amount_column is not null then
		money := revops_internal.views_column(source, annual_amount_column, 'annual_amount_column', 'amount');
		monthly := 'round(r.amount / 12, %s)';
	else
		money := revops_internal.views_column(source, total_column, 'total_column', 'amount');
		monthly := 'round(revops.mrr_from_total(r.amount, daterange(r.starts, r.ends)), %s)';
		fits := 'r.ends is not null';
	end if;
	-- what is divided has no last decimal: rounded once, here, so that all views foot to each other
	money.scale := case when mrr_column is null then greatest(money.scale, 4) else money.scale end;
	money.column_type := format('numeric(%s,%s)', greatest(38, money.scale + 32), money.scale);
	forecast_money := format('case when abs(%%1$s) < 1e28 then round((%%1$s)::numeric, %s) end', money.scale);
	monthly := format(monthly, money.scale);
	if line is not null then
		line_text := (revops_internal.views_column(source, line, 'line', 'label')).expression;
	end if;
	if contract_key is not null then
		key_text := (revops_internal.views_column(source, contract_key, 'contract_key', 'label')).expression;
	end if;
	if known_on is not null then
		known_day := (revops_internal.views_time(source, known_on, 'known_on', zone, today)).day;
		known_day := format('case when isfinite(%s) then %1$s end', known_day);
		known := format('
		and (r.known_date is null or r.known_date <= %s)', today);
	end if;
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		-- it may have been corrected: the last known one counts
		one_dimension := format(',
		(array_agg(r.dimension_name order by r.starts desc, r.dimension_name desc)
			filter (where r.dimension_name is not null and coalesce(r.known_date, r.starts) <= %s))[1] as dimension_name', today);
		dimension_columns := jsonb_build_array(array['dimension_name', 'text', 'c.dimension_name', dimension_what]);
	end if;
	if currency is not null then
		currency_text := (revops_internal.views_column(source, currency, 'currency', 'label')).expression;
	end if;

	rows_read := format('
		select %s as customer_key,
			%s as starts,
			%s as ends,
			%s as amount,
			%s as line_name,
			%s as contract_key,
			%s as known_date,
			%s as dimension_name,
			%s as currency_name
		from %s s', who.expression, first_day.day,
		format(case when ends_inclusive then 'nullif(%s, ''infinity'') + 1' else 'nullif(%s, ''infinity'')' end, last_day.day),
		money.expression, line_text, key_text, known_day, dimension_text, currency_text, source_name);
	fits := 'r.customer_key is not null
		and r.starts > ''-infinity'' and r.starts < coalesce(r.ends, ''infinity'')
		and coalesce(r.amount, 0) >= 0 and coalesce(r.amount, 0) < 1e22
		and ' || fits;
	state := format('revops.contract_agg(daterange(r.starts, r.ends), %s, r.line_name, r.contract_key, r.known_date)', monthly);
	if fill_gap_days > 0 then
		state := format('revops.contract_fill_gaps(%s, %s)', state, fill_gap_days);
	end if;
	if phases then
		state := format('revops.contract_join_phases(%s)', state);
	end if;
	all_contracts := format('(
	select r.customer_key, min(r.starts) filter (where %s > 0) as first_date,
		%s as contracts%s
	from (%s
	) r
	where %s', monthly, state, one_dimension, rows_read, fits);
	contracts := all_contracts || known || '
	group by r.customer_key
) c';
	all_contracts := all_contracts || '
	group by r.customer_key
) c';
	if from_date is null then
		since := format('(select least(min(r.starts), %s + 1) from (%s
	) r
	where %s)', today, rows_read, fits);
	else
		since := format('least(%L::date, %s + 1)', from_date, today);
	end if;
	periods := format('date_trunc(%L, %%s::timestamp)::date', grain);
	period_over := format('(b.period + interval %L)::date - 1 <= %s', case grain when 'quarter' then '3 months' else '1 ' || grain end, today);

	call := revops_internal.views_call('contract_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'customer', quote_literal(customer),
		'starts', quote_literal(starts),
		'ends', quote_literal(ends),
		'ends_inclusive', ends_inclusive::text,
		'mrr_column', quote_literal(mrr_column),
		'annual_amount_column', quote_literal(annual_amount_column),
		'total_column', quote_literal(total_column),
		'line', quote_literal(line),
		'contract_key', quote_literal(contract_key),
		'known_on', quote_literal(known_on),
		'dimension', quote_literal(dimension),
		'currency', quote_literal(currency),
		'grain', quote_literal(grain),
		'grace_days', grace_days::text,
		'early_days', early_days::text,
		'fill_gap_days', fill_gap_days::text,
		'phases', phases::text,
		'from_date', quote_literal(from_date),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	renewal_columns := jsonb_build_array(
		array['due_count', 'bigint', '(x.rates).due', 'terms that came due: renewed, lapsed or pending'],
		array['decided_count', 'bigint', '(x.rates).decided', 'renewed or lapsed: the rates are over these'],
		array['renewed_count', 'bigint', '(x.rates).renewed', 'renewed: early, on the day or late'],
		array['lapsed_count', 'bigint', '(x.rates).lapsed', 'not renewed within the grace days'],
		array['pending_count', 'bigint', '(x.rates).pending', 'in grace: undecided, in no rate'],
		array['renewal_rate', 'double precision', '(x.rates).renewal_rate', 'renewed of renewed and lapsed, 0 to 1'],
		array['renewal_rate_low', 'double precision', '(x.rates).renewal_rate_low', 'lower end of its 95 % interval'],
		array['renewal_rate_high', 'double precision', '(x.rates).renewal_rate_high', 'upper end of its 95 % interval'],
		array['mrr_due_amount', money.column_type, '(x.rates).mrr_due', 'MRR before of all terms due'],
		array['mrr_decided_amount', money.column_type, '(x.rates).mrr_decided', 'of it that of renewed and lapsed: the value rates are over this'],
		array['mrr_kept_amount', money.column_type, '(x.rates).mrr_kept', 'the smaller of MRR before and after'],
		array['mrr_renewed_amount', money.column_type, '(x.rates).mrr_renewed', 'MRR after'],
		array['gross_value_rate', 'double precision', '(x.rates).gross_value_rate', 'kept of decided, by value, 0 to 1'],
		array['net_value_rate', 'double precision', '(x.rates).net_value_rate', 'MRR after of MRR before, of those decided; above 1 where renewals grew'],
		array['as_of', 'date', today, 'the last day that counts']);

	bridge_columns := jsonb_build_array(
		array['period_date', 'date', 'b.period', format('first day of the %s', grain)],
		array['is_complete', 'boolean', period_over, format('false for the running %s, which is read on as_of', grain)],
		array['opening_amount', money.column_type, 'b.opening', format('MRR at the end of the %s before', grain)],
		array['new_amount', money.column_type, 'b.new', 'MRR of customers who never had any'],
		array['expansion_amount', money.column_type, 'b.expansion', 'more MRR of customers who had some'],
		array['reactivation_amount', money.column_type, 'b.reactivation', 'MRR of customers who came back'],
		array['contraction_amount', money.column_type, 'b.contraction', 'less MRR of customers who stay; negative'],
		array['churn_amount', money.column_type, 'b.churn', 'MRR of customers who left; negative'],
		array['closing_amount', money.column_type, 'b.closing', 'opening and all movements'],
		array['opening_customer_count', 'bigint', 'b.customers_opening', 'customers with MRR before'],
		array['new_customer_count', 'bigint', 'b.customers_new', 'new customers'],
		array['reactivated_customer_count', 'bigint', 'b.customers_reactivated', 'customers who came back'],
		array['churned_customer_count', 'bigint', 'b.customers_churned', 'customers who left'],
		array['closing_customer_count', 'bigint', 'b.customers_closing', 'customers with MRR at the end'],
		array['as_of', 'date', today, 'the last day that counts']);
	cohort_columns := jsonb_build_array(
		array['cohort_date', 'date', 'h.cohort', format('first day of the %s in which the customers came', grain)],
		array['period_index', 'integer', 'h.period_index', format('%ss after that one', grain)],
		array['state_name', 'text', 'h.state', format('observed, or provisional: the running %s, read on as_of', grain)],
		array['state_index', 'integer', 'array_position(array[''observed'', ''provisional''], h.state)', 'sorts states'],
		array['customer_count', 'bigint', 'h.customers', 'customers of the cohort'],
		array['active_count', 'bigint', 'h.active', 'of them with MRR then'],
		array['retention_rate', 'double precision', 'h.retention', 'active of all, 0 to 1'],
		array['mrr_start_amount', money.column_type, 'h.mrr_start', 'MRR of the cohort, each customer on its first day with MRR'],
		array['mrr_kept_amount', money.column_type, 'h.mrr_kept', 'the smaller of MRR then and at the start, added up'],
		array['mrr_amount', money.column_type, 'h.mrr', 'MRR then'],
		array['gross_retention_rate', 'double precision', 'h.grr', 'kept of start, 0 to 1'],
		array['net_retention_rate', 'double precision', 'h.nrr', 'MRR then of start; above 1 where customers grew'],
		array['as_of', 'date', today, 'the last day that counts']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'terms',
			'answers', 'Which terms came due, and were they renewed? One row per term of a product line of a customer.',
			'key', array['customer_key', 'line_name', 'chain_index', 'term_index'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['line_name', 'text', 't.line', 'the product line within which contracts renew each other'],
				array['chain_index', 'integer', 't.chain_index', 'counts the chains of a line, which can run side by side; a return after a lapse begins the next'],
				array['term_index', 'integer', 't.term_index', 'counts the terms of a chain'],
				array['contract_key', 'text', 't.contract_key', 'the contract'],
				array['start_date', 'date', 't.starts', 'first day covered'],
				array['last_date', 'date', 't.last_day', 'last day covered; empty: open-ended'],
				array['due_date', 'date', 't.ends', 'first day not covered: the outcome is open before it'],
				array['period_date', 'date', format(periods, 't.last_day'), format('first day of the %s of its last day', grain)],
				array['mrr_amount', money.column_type, 't.mrr', 'MRR of the term and its add-ons before the renewal'],
				array['outcome_name', 'text', 't.outcome', 'renewed_early, renewed, renewed_late, in_grace, lapsed, not_due'],
				array['outcome_index', 'integer',
					'array_position(array[''renewed_early'', ''renewed'', ''renewed_late'', ''in_grace'', ''lapsed'', ''not_due''], t.outcome)',
					'sorts outcomes'],
				array['is_decided', 'boolean', 't.decided', 'neither not_due nor in_grace'],
				array['renewed_date', 'date', 't.renewed_on', 'first day of the contract that renewed it'],
				array['renewed_by_key', 'text', 't.renewed_by_key', 'that contract'],
				array['gap_days', 'integer', 't.gap_days', 'days from due_date to renewed_date; negative: early'],
				array['next_mrr_amount', money.column_type, 't.next_mrr', 'MRR of the renewing term and its add-ons after the renewal'],
				array['returned_date', 'date', 't.returned_on', 'first day of the next chain after a lapse'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.renewal_terms(c.contracts, %s, %s, %s) t', contracts, today, grace_days, early_days)),
		jsonb_build_object(
			'suffix', 'renewals',
			'answers', format('What share of the terms due was renewed, by number and by value? One row per %s.', grain),
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'x.period_date', format('first day of the %s in which the terms had their last day', grain)]) || renewal_columns,
			'from', format('from (
	select t.period_date, revops.renewal_rates_agg(%s, t.mrr_amount, t.next_mrr_amount) as rates
	from %s t
	where t.due_date <= t.as_of
	group by t.period_date
) x', outcome_text, terms)));
	if line is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'renewals_by_line',
			'answers', format('Which product lines are renewed? One row per line and %s.', grain),
			'key', array['line_name', 'period_date'],
			'columns', jsonb_build_array(
				array['line_name', 'text', 'x.line_name', 'the product line'],
				array['period_date', 'date', 'x.period_date', format('first day of the %s in which the terms had their last day', grain)]) || renewal_columns,
			'from', format('from (
	select t.line_name, t.period_date, revops.renewal_rates_agg(%s, t.mrr_amount, t.next_mrr_amount) as rates
	from %s t
	where t.due_date <= t.as_of
	group by t.line_name, t.period_date
) x', outcome_text, terms)));
	end if;
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'renewals_by_dimension',
			'answers', format('Who renews? One row per %s and %s.', translate(dimension, E'\n\r', '  '), grain),
			'key', array['dimension_name', 'period_date'],
			'columns', jsonb_build_array(
				array['dimension_name', 'text', 'x.dimension_name', dimension_what],
				array['period_date', 'date', 'x.period_date', format('first day of the %s in which the terms had their last day', grain)]) || renewal_columns,
			'from', format('from (
	select t.dimension_name, t.period_date, revops.renewal_rates_agg(%s, t.mrr_amount, t.next_mrr_amount) as rates
	from %s t
	where t.due_date <= t.as_of
	group by t.dimension_name, t.period_date
) x', outcome_text, terms)));
	end if;
	views := views || jsonb_build_array(
		jsonb_build_object(
			'suffix', 'movements',
			'answers', format('Whose MRR came, grew, shrank or left? One row per customer and %s in which it moved.', grain),
			'key', array['customer_key', 'period_date'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['period_date', 'date', 'm.period', format('first day of the %s', grain)],
				array['movement_name', 'text', 'm.movement', 'new, expansion, reactivation, contraction, churn'],
				array['movement_index', 'integer',
					'array_position(array[''new'', ''expansion'', ''reactivation'', ''contraction'', ''churn''], m.movement)', 'sorts movements'],
				array['mrr_change_amount', money.column_type, 'm.amount', 'MRR after less MRR before; negative for contraction and churn'],
				array['mrr_before_amount', money.column_type, 'm.mrr_before', format('MRR at the end of the %s before', grain)],
				array['mrr_after_amount', money.column_type, 'm.mrr_after', format('MRR at the end of the %s, or on as_of', grain)],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.mrr_movements(c.contracts, %L, %s, %s + 1) m', contracts, grain, since, today)),
		jsonb_build_object(
			'suffix', 'bridge',
			'answers', format('From what MRR did we come to what, and by which movements? One row per %s.', grain),
			'key', array['period_date'],
			'columns', bridge_columns,
			'from', format('from (
	select revops.mrr_bridge_agg(c.contracts, %L, %s, %s + 1) as bridge
	from %s
) p,
revops.mrr_bridge_rows(p.bridge) b', grain, since, today, contracts)),
		jsonb_build_object(
			'suffix', 'cohort_customers',
			'answers', 'What is each customer worth, and since when? One row per customer that ever had MRR.',
			'key', array['customer_key'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['cohort_date', 'date', format(periods, 'c.first_date'), format('first day of the %s of that day', grain)],
				array['first_date', 'date', 'c.first_date', 'first day with MRR'],
				array['is_active', 'boolean', format('revops.contract_mrr(c.contracts, %s) > 0', today), 'has MRR on as_of'],
				array['first_mrr_amount', money.column_type, 'revops.contract_mrr(c.contracts, c.first_date)', 'MRR on that day'],
				array['mrr_amount', money.column_type, format('revops.contract_mrr(c.contracts, %s)', today), 'MRR on as_of'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
where c.first_date <= %s', contracts, today)),
		jsonb_build_object(
			'suffix', 'cohorts',
			'answers', format('Of the customers who came in a %s, how many and how much MRR were left later? One row per cohort and %1$s after.', grain),
			'key', array['cohort_date', 'period_index'],
			'columns', cohort_columns,
			'from', format('from (
	select revops.cohort_agg(c.contracts, %L, %s) as matrix
	from %s
) p,
revops.cohort_rows(p.matrix) h', grain, today, contracts)));
	if dimension is not null then
		views := views || jsonb_build_array(
			jsonb_build_object(
				'suffix', 'bridge_by_dimension',
				'answers', format('Whose MRR grew, and by which movements? One row per %s and %s.', translate(dimension, E'\n\r', '  '), grain),
				'key', array['dimension_name', 'period_date'],
				'columns', jsonb_build_array(array['dimension_name', 'text', 'p.dimension_name', dimension_what]) || bridge_columns,
				'from', format('from (
	select c.dimension_name, revops.mrr_bridge_agg(c.contracts, %L, %s, %s + 1) as bridge
	from %s
	group by c.dimension_name
) p,
revops.mrr_bridge_rows(p.bridge) b', grain, since, today, contracts)),
			jsonb_build_object(
				'suffix', 'cohorts_by_dimension',
				'answers', format('Which customers stay, and with how much MRR? One row per %s, a cohort and %s after.', translate(dimension, E'\n\r', '  '), grain),
				'key', array['dimension_name', 'cohort_date', 'period_index'],
				'columns', jsonb_build_array(array['dimension_name', 'text', 'p.dimension_name', dimension_what]) || cohort_columns,
				'from', format('from (
	select c.dimension_name, revops.cohort_agg(c.contracts, %L, %s) as matrix
	from %s
	group by c.dimension_name
) p,
revops.cohort_rows(p.matrix) h', grain, today, contracts)));
	end if;
	views := views || jsonb_build_array(
		jsonb_build_object(
			'suffix', 'renewal_survival',
			'answers', 'What share of customers'' lines reaches a second, a third renewal? One row per renewal.',
			'key', array['renewal_index'],
			'columns', jsonb_build_array(
				array['renewal_index', 'integer', 'v.duration', 'the renewal: 1 is that of the first term'],
				array['at_risk_count', 'bigint', 'v.at_risk', 'chains of terms that came so far'],
				array['lapsed_count', 'bigint', 'v.events', 'of them not renewed'],
				array['undecided_count', 'bigint', 'v.censored', 'of them not due yet or in grace'],
				array['survival_rate', 'double precision', 'v.survival', 'estimated share that reaches this renewal and makes it, 0 to 1'],
				array['survival_rate_low', 'double precision', 'v.survival_low', 'lower end of its 95 % interval'],
				array['survival_rate_high', 'double precision', 'v.survival_high', 'upper end of its 95 % interval'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.renewal_survival_agg(c.contracts, %s, %s, %s) as chains
	from %s
) p,
revops.survival_rows(p.chains) v', today, grace_days, early_days, contracts)),
		jsonb_build_object(
			'suffix', 'tenure',
			'answers', 'How likely is the next renewal, term by term, observed and by a model? A row a term.',
			'key', array['term_index'],
			'columns', jsonb_build_array(
				array['term_index', 'integer', 'v.term_index', 'the term at whose end the renewal is due'],
				array['at_risk_count', 'bigint', 'v.at_risk', 'chains of terms that came so far'],
				array['lapsed_count', 'bigint', 'v.lapsed', 'of them not renewed'],
				array['observed_rate', 'double precision', 'v.observed_rate', 'share of them renewed'],
				array['observed_rate_low', 'double precision', 'v.observed_rate_low', 'lower end of its 95 % interval'],
				array['observed_rate_high', 'double precision', 'v.observed_rate_high', 'upper end of its 95 % interval'],
				array['renewal_rate', 'double precision', 'v.renewal_rate', 'the same by the model: it rises, because the loyal are left'],
				array['observed_survival_rate', 'double precision', 'v.observed_survival', 'share that makes this renewal, as observed'],
				array['survival_rate', 'double precision', 'v.survival', 'the same by the model'],
				array['status_name', 'text', 's.status', 'ok; few: under 50 lapses, the model is uncertain; stopped'],
				array['status_index', 'integer', 'array_position(array[''ok'', ''few'', ''edge'', ''stopped''], s.status)', 'sorts the statuses'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select p.chains, revops.tenure_model(p.chains) as model
	from (
		select revops.renewal_survival_agg(c.contracts, %s, %s, %s) as chains
		from %s
	) p
) m,
revops.tenure_model_rows(m.model) s,
revops.tenure_rows(m.chains, m.model, 10) v', today, grace_days, early_days, contracts)),
		jsonb_build_object(
			'suffix', 'forecast',
			'answers', 'What will each customer''s lines bring in three years: signed, and by the chance of renewals? A row a product line of a customer that has not lapsed.',
			'key', array['customer_key', 'line_name'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['line_name', 'text', 'f.line', 'the product line'],
				array['contract_key', 'text', 'f.contract_key', 'the contract that runs the longest'],
				array['due_date', 'date', 'f.ends', 'first day that it does not cover; empty: open-ended'],
				array['mrr_amount', money.column_type, 'f.mrr', 'MRR of the line before that day'],
				array['term_index', 'integer', 'f.term_index', 'counts the terms of its chain'],
				array['next_renewal_rate', 'double precision', 'f.next_renewal_rate', 'chance of the next renewal, by the model of PREFIX_tenure'],
				array['expected_month_count', 'double precision', 'f.expected_months', 'months of the next 36 in which it is expected to run'],
				array['committed_amount', money.column_type, format(forecast_money, 'f.committed_value'), 'money of these months that is signed'],
				array['renewal_amount', money.column_type, format(forecast_money, 'f.renewal_value'), 'money of renewals, by their chance'],
				array['value_amount', money.column_type, format(forecast_money, 'f.value'), 'both'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %1$s
cross join (
	select revops.tenure_model(revops.renewal_survival_agg(c.contracts, %2$s, %3$s, %4$s)) as model
	from %1$s
) m
cross join lateral revops.contract_forecast_rows(c.contracts, m.model, %2$s, 36, %3$s, early_days => %4$s) f', contracts, today, grace_days, early_days)),
		jsonb_build_object(
			'suffix', 'checks',
			'answers', 'Which rows of the source are worth a look, and which are in no view? One row per finding.',
			'key', array['finding_index'],
			'columns', jsonb_build_array(
				array['finding_index', 'bigint',
					'row_number() over (order by f.problem_name, f.customer_key, f.line_name, f.start_date, f.contract_key, f.last_date, f.other_contract_key, f.detail_name)', 'counts findings'],
				array['problem_name', 'text', 'f.problem_name',
					format('left out of all other views: %s; kept: %s', array_to_string(problems[:5], ', '), array_to_string(problems[6:], ', '))],
				array['problem_index', 'integer', format('array_position(%L::text[], f.problem_name)', problems), 'sorts problems, the worst first'],
				array['is_left_out', 'boolean', 'f.is_left_out', 'true: the row is in no other view'],
				array['row_count', 'bigint', 'f.row_count', 'rows of the source that it is about'],
				array['customer_key', who.column_type, 'f.customer_key', format('the customer: column %s of the source', customer)],
				array['line_name', 'text', 'f.line_name', 'the product line'],
				array['contract_key', 'text', 'f.contract_key', 'the contract'],
				array['other_contract_key', 'text', 'f.other_contract_key', 'the other contract it is about'],
				array['start_date', 'date', 'f.start_date', 'first day that the finding is about'],
				array['last_date', 'date', 'f.last_date', 'last day that the finding is about'],
				array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	with row_read as (%1$s
	)
	select false as is_left_out, case when k.other_contract then 2 else 1 end::bigint as row_count, c.customer_key, k.line as line_name,
		k.contract_key, k.problem as problem_name, k.other_key as other_contract_key, k.starts as start_date, k.ends - 1 as last_date, k.detail as detail_name
	from %2$s,
		lateral (select *, problem not in (''zero_value'', ''signed_late'', ''far_end'') as other_contract
			from revops.contract_check(c.contracts, %3$s, %4$s)) k
	union all
	select true, 1, r.customer_key, r.line_name, r.contract_key, p.problem_name, null,
		case when isfinite(r.starts) then r.starts end, case when isfinite(r.ends) then r.ends - 1 end,
		''amount '' || coalesce(r.amount::text, ''missing'')
	from row_read r,
		lateral (select case
			when r.customer_key is null then ''no_customer''
			when r.starts is null or not isfinite(r.starts) then ''no_first_day''
			when r.starts >= coalesce(r.ends, ''infinity'') then ''ends_before_start''
			when coalesce(r.amount, 0) < 0 or coalesce(r.amount, 0) >= 1e22 then ''bad_amount''
			else ''no_end''
		end as problem_name) p
	where (%5$s) is not true
	union all
	select false, sum(r.row_count)::bigint, null, null, null, ''mixed_currencies'', null, null, null,
		string_agg(coalesce(r.currency_name, ''none'') || '': '' || r.row_count || '' rows'', '', '' order by r.row_count desc, r.currency_name)
			|| ''; amounts are added up as they stand''
	from (select currency_name, count(*) as row_count from row_read group by currency_name) r
	having count(*) > 1
	union all
	select false, count(*), r.customer_key, r.line_name, r.contract_key, ''repeated_row'', null, r.starts, case when isfinite(r.ends) then r.ends - 1 end,
		count(*) || '' rows that are alike, the values add up: were they brought in twice?''
	from row_read r
	where (%5$s) is true
	group by r.customer_key, r.line_name, r.contract_key, r.starts, r.ends, r.amount, r.known_date, r.dimension_name, r.currency_name
	having count(*) > 1
	union all
	select false, count(*), null, null, r.contract_key, ''two_customers'', null, null, null,
		format(''one contract under %%s customers: %%s and %%s'', count(distinct r.customer_key), min(r.customer_key::text), max(r.customer_key::text))
	from row_read r
	where r.contract_key is not null
	group by r.contract_key
	having count(distinct r.customer_key) > 1
	union all
	select false, sum(r.row_count)::bigint, null, min(r.line_name), null, ''similar_lines'', null, null, null,
		''lines that differ by spaces or case alone, and so do not renew each other: ''
			|| string_agg(''"'' || r.line_name || ''"'', '', '' order by r.line_name)
	from (select line_name, count(*) as row_count from row_read where line_name is not null group by line_name) r
	group by lower(regexp_replace(r.line_name collate "default", ''[[:space:]]'', '''', ''g''))
	having count(*) > 1%6$s
) f', rows_read, all_contracts, grace_days, early_days, fits,
				-- only what is text can be blank or written in two ways
				case when who.column_type = 'text' then '
	union all
	select false, count(*), r.customer_key, null, null, ''blank_key'', null, null, null, ''the customer is blank: all such rows are one customer''
	from row_read r
	where regexp_replace(r.customer_key collate "default", ''[[:space:]]'', '''', ''g'') = ''''
	group by r.customer_key
	union all
	select false, sum(r.row_count)::bigint, min(r.customer_key), null, null, ''similar_keys'', null, null, null,
		''customers that differ by spaces or case alone: '' || string_agg(''"'' || r.customer_key || ''"'', '', '' order by r.customer_key)
	from (select customer_key, count(*) as row_count from row_read where customer_key is not null group by customer_key) r
	group by lower(regexp_replace(r.customer_key collate "default", ''[[:space:]]'', '''', ''g''))
	having count(*) > 1' else '' end)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function contract_create_views(text, regclass, name, name, name, boolean, name, name, name, name, name, name, name, name, text, integer, integer,
	integer, boolean, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over a table of contracts: PREFIX_terms, _renewals, _renewals_by_line, _renewals_by_dimension, _movements, _bridge, _bridge_by_dimension, _cohort_customers, _cohorts, _cohorts_by_dimension, _renewal_survival, _tenure, _forecast, _checks';
