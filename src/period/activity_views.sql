-- activity_views.sql: activity_create_views.

create function activity_create_views(
	prefix text,
	source regclass,
	customer name,
	active_at name,
	dormant_days integer default 90,
	amount name default null,
	grain text default 'month',
	from_date date default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 4
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	zone text := revops_internal.views_zone(source, array[active_at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	active_time record := revops_internal.views_time(source, active_at, 'active_at', zone, today);
	money record;
	counted text := 'true';	-- is a row activity?
	amount_text text := 'null::numeric';
	bad_amount text := 'false';	-- a record is not read where it was not set: it has no form then
	days text;	-- one row per customer: its days of activity, as terms and as a list
	since text;
	periods text;
	amounts text := '';
	period_amount jsonb := '[]';
	customer_amount jsonb := '[]';
	checks text;
	call text;
	views jsonb;
begin
	if dormant_days is null or dormant_days < 1 then
		raise exception using errcode = 'invalid_parameter_value', message = 'dormant_days must be at least 1',
			detail = format('The value is %s.', coalesce(dormant_days::text, 'NULL')),
			hint = 'A customer is active while the last activity is fewer days ago.';
	end if;
	perform revops_internal.views_check_grain(grain);
	perform revops_internal.views_check_from_date(from_date, 'the day of the first activity');
	if amount is not null then
		money := revops_internal.views_column(source, amount, 'amount', 'amount');
		-- a credit note is no sign of life
		counted := format('coalesce(%s, 0) >= 0', money.finite);
		amount_text := money.finite;
		bad_amount := format('%s is not null and %s is null', money.expression, money.finite);
	end if;

	days := format('(
	select d.customer_key, min(d.day) filter (where d.is_active) as first_date, max(d.day) filter (where d.is_active) as last_date,
		count(*) filter (where d.is_active) as day_count, sum(d.amount) as amount,
		array_agg(d.day) filter (where d.is_active) as days,
		revops.contract_agg(daterange(d.day, d.day + %s), 1) filter (where d.is_active) as terms
	from (
		select %s as customer_key, %s as day, bool_or(%s) as is_active, sum(%s) as amount
		from %s s
		where %2$s is not null and %7$s
		group by %2$s, %3$s
	) d
	group by d.customer_key
) c', dormant_days, who.expression, active_time.day, counted, amount_text, source_name, active_time.known);
	if from_date is null then
		since := format('(select coalesce(min(%s), %s) from %s s where %s is not null and %s and %s)', active_time.day, today, source_name, who.expression, active_time.known, counted);
	else
		since := format('least(%L::date, %s)', from_date, today);
	end if;
	periods := format('(select p.period, p.state, p.ends, row_number() over (order by p.period) as place from revops.period_rows(%L, %s, %s + 1, %3$s) p)', grain, since, today);
	if amount is not null then
		period_amount := jsonb_build_array(
			array['period_amount', money.column_type, 'coalesce(a.amount, 0)', format('money of the %s; credit notes lower it and are no activity', grain)]);
		amounts := format('
	left join (
		select date_trunc(%L, %s::timestamp)::date as period, sum(%s) as amount
		from %s s
		where %s is not null and %s
		group by 1
	) a on a.period = r.period', grain, active_time.day, money.finite, source_name, who.expression, active_time.known);
		customer_amount := jsonb_build_array(
			array['total_amount', money.column_type, 'c.amount', format('column %s of the source, credit notes taken off', amount)]);
	end if;

	call := revops_internal.views_call('activity_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'customer', quote_literal(customer),
		'active_at', quote_literal(active_at),
		'dormant_days', dormant_days::text,
		'amount', quote_literal(amount),
		'grain', quote_literal(grain),
		'from_date', quote_literal(from_date),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'customers',
			'answers', 'Who is active, who went quiet, and since when? One row per customer.',
			'key', array['customer_key'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)],
				array['first_date', 'date', 'c.first_date', format('day of the first activity, in %s', zone)],
				array['last_date', 'date', 'c.last_date', 'day of the last one'],
				array['active_day_count', 'bigint', 'c.day_count', 'days with activity'],
				array['idle_days', 'integer', format('%s - c.last_date', today), 'days from the last activity to as_of'],
				array['state_name', 'text', format('case when %s - c.last_date < %s then ''active'' when c.last_date is not null then ''dormant'' else ''no_activity'' end', today, dormant_days),
					format('active; dormant: %s days or more without activity%s', dormant_days, case when amount is not null then '; no_activity: credit notes alone' else '' end)],
				array['state_index', 'integer', format('case when %s - c.last_date < %s then 1 when c.last_date is not null then 2 else 3 end', today, dormant_days), 'sorts states']) || customer_amount || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', 'from ' || days),
		jsonb_build_object(
			'suffix', 'periods',
			'answers', format('Do more customers come than go quiet? One row per %s.', grain),
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'r.period', format('first day of the %s', grain)],
				array['period_index', 'bigint', 'r.place', 'sorts the periods'],
				array['state_name', 'text', 'r.state', 'complete, or running: known until as_of'],
				array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], r.state)', 'sorts states'],
				array['opening_count', 'bigint', 'b.customers_opening', format('customers active at the end of the %s before', grain)],
				array['new_count', 'bigint', 'b.customers_new', 'active at the end, and never before'],
				array['returned_count', 'bigint', 'b.customers_reactivated', 'active at the end, dormant before'],
				array['dormant_count', 'bigint', 'b.customers_churned', format('no longer active at the end: %s days or more without activity', dormant_days)],
				array['closing_count', 'bigint', 'b.customers_closing', format('active at the end of the %s, or on as_of', grain)],
				array['ever_count', 'bigint', 'e.ever', 'customers with any activity until then'],
				array['active_rate', 'double precision', 'b.customers_closing::float8 / nullif(e.ever, 0)::float8', 'closing of ever, 0 to 1'],
				array['quick_ratio', 'double precision', '(b.customers_new + b.customers_reactivated)::float8 / nullif(b.customers_churned, 0)::float8', 'new and returned for each that went dormant; empty where none did']) || period_amount || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.mrr_bridge_agg(c.terms, %L, %s, %s + 1) as bridge, array_agg(c.first_date order by c.first_date) as first_dates
	from %s
) p,
revops.mrr_bridge_rows(p.bridge) b
	join %s r on r.period = b.period%s,
	lateral (select count(*) as ever from unnest(p.first_dates) d(first_date) where d.first_date < r.ends) e', grain, since, today, days, periods, amounts)),
		jsonb_build_object(
			'suffix', 'cohorts',
			'answers', format('Do customers come back? One row per %s of the first activity, and age.', grain),
			'key', array['cohort_date', 'period_index'],
			'columns', jsonb_build_array(
				array['cohort_date', 'date', 'h.cohort', format('first day of the %s of the first activity', grain)],
				array['period_index', 'integer', 'h.period_index', format('age: %ss since then', grain)],
				array['state_name', 'text', 'h.state', 'observed; provisional: the running one'],
				array['state_index', 'integer', 'array_position(array[''observed'', ''provisional''], h.state)', 'sorts states'],
				array['customer_count', 'bigint', 'h.customers', 'customers of the cohort'],
				array['active_count', 'bigint', 'h.active', format('of them with activity in that %s', grain)],
				array['retention_rate', 'double precision', 'h.retention', 'active of all, 0 to 1'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.cohort_agg(c.days, %L, %s) as matrix
	from %s
) p,
revops.cohort_rows(p.matrix) h', grain, today, days)));

	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%s as customer_key, count(*) as row_count, 'rows without a customer' as detail_name
	from r
	where r.customer_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.customer_key is not null and r.is_untimed
	having count(*) > 0$q$, who.column_type);
	if amount is not null then
		checks := checks || $q$
	union all
	select 3, 'credit_only', false, k.key, count(*), 'a customer with credit notes alone has no activity'
	from k
	group by k.key
	having not bool_or(k.is_active)
	union all
	select 4, 'bad_amount', false, null, count(*), 'amounts that are NaN, endless or 10^22 and more count as none'
	from k
	where k.is_bad_amount
	having count(*) > 0$q$;
	end if;
	checks := checks || $q$
	union all
	select 5, 'repeated_row', false, null, sum(d.more)::bigint, 'rows that repeat another of the same customer, time and amount; customers: ' || count(distinct d.key)
	from (
		select k.key, count(*) - 1 as more
		from k
		group by k.key, k.at, k.amount
		having count(*) > 1
	) d
	having count(*) > 0$q$ || revops_internal.views_key_checks('customer', who.column_type, 6);
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time; kept: credit_only, bad_amount, repeated_row, blank_key, similar_keys'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['customer_key', who.column_type, 'f.customer_key', format('the customer, where it is about one: column %s of the source', customer)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as customer_key, %2$s is null or not isfinite(%2$s) as is_untimed, %2$s as at, %3$s as is_active, %4$s as is_bad_amount, %5$s as amount
		from %6$s s
		where %2$s is null or not isfinite(%2$s) or %7$s
	), k as (
		select r.customer_key as key, r.at, r.is_active, r.is_bad_amount, r.amount
		from r
		where r.customer_key is not null and not r.is_untimed
	), found as (
	%8$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.customer_key) as finding_index
	from found f
) f', who.expression, (revops_internal.views_column(source, active_at, 'active_at', 'time')).expression, counted,
			bad_amount, amount_text, source_name, active_time.known, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function activity_create_views(text, regclass, name, name, integer, name, text, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over days of activity, such as orders: PREFIX_customers, _periods, _cohorts, _checks';
