-- gmv_views.sql: gmv_create_views.

create function gmv_create_views(
	prefix text,
	source regclass,
	customer name,
	ordered_at name,
	amount name,
	order_key name default null,
	dimension name default null,
	target regclass default null,
	target_period name default null,
	target_amount name default null,
	calendar text default null,
	fiscal_month integer default 1,
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
	language plpgsql volatile rows 5
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	target_name text;
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	money record := revops_internal.views_column(source, amount, 'amount', 'amount');
	zone text := revops_internal.views_zone(source, array[ordered_at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	order_time record := revops_internal.views_time(source, ordered_at, 'ordered_at', zone, today);
	target_time record;
	target_money record;
	orders text;	-- one row per order: customer, day, amount, whether it is one
	sold text;	-- the same, one row per order and value of the dimension
	bases text;	-- which comparisons have a base: from the first order on
	compared text;	-- one row per comparison, period and customer
	compared_columns jsonb;	-- what the views of comparisons begin with
	since text;
	horizon text;	-- the first day after the last period
	work_days text := 'null::integer';
	targets text := '';
	checked_targets text := '';	-- a record is not read where it was not set: it has no form then
	target_columns jsonb := '[]';
	arguments text;	-- of period_rows and period_days
	checks text;
	call text;
	views jsonb;
begin
	perform revops_internal.views_check_grain(grain);
	if fiscal_month is null or fiscal_month not between 1 and 12 then
		raise exception using errcode = 'invalid_parameter_value', message = 'fiscal_month must be between 1 and 12',
			detail = format('The value is %s.', coalesce(fiscal_month::text, 'NULL')), hint = 'It is the month in which the fiscal year begins: 4 for April.';
	end if;
	perform revops_internal.views_check_from_date(from_date, 'the day of the first order');
	if num_nonnulls(target, target_period, target_amount) not in (0, 3) then
		raise exception using errcode = 'invalid_parameter_value', message = 'target, target_period and target_amount go together',
			detail = format('%s of the three are given.', num_nonnulls(target, target_period, target_amount)),
			hint = 'Name the table of targets, its column of days and its column of amounts.';
	end if;
	if calendar is not null then
		calendar := (calendar::revops.work_calendar_def)::text;
		-- days that the calendar does not know are not counted as if they were known
		work_days := format('case when %s then revops.work_days(%L::revops.work_calendar_def, p.period, p.ends) end',
			case when calendar::jsonb ? 'covers' then format('p.period >= %L::date and p.ends <= %L::date + 1', split_part(calendar::jsonb ->> 'covers', '/', 1), split_part(calendar::jsonb ->> 'covers', '/', 2))
				else 'true' end, calendar);
	end if;

	-- credit notes lower the amounts and are no orders
	if order_key is null then
		orders := format('select %1$s as customer_key, %2$s as day, coalesce(%3$s, 0) as amount, coalesce(%3$s, 0) >= 0 as is_order
			from %4$s s
			where %1$s is not null and %5$s', who.expression, order_time.day, money.finite, source_name, order_time.known);
	else
		orders := format('select %1$s as customer_key, min(%2$s) as day, coalesce(sum(%3$s), 0) as amount, coalesce(sum(%3$s), 0) >= 0 as is_order
			from %4$s s
			where %1$s is not null and %5$s
			group by %1$s, %6$s', who.expression, order_time.day, money.finite, source_name, order_time.known,
			(revops_internal.views_column(source, order_key, 'order_key', 'label')).expression);
	end if;
	if dimension is not null then
		sold := format('select %1$s as customer_key, %2$s as dimension_name, %3$s as day, %4$s as amount, %4$s >= 0 as is_order
				from %5$s s
				where %1$s is not null and %6$s%7$s', who.expression, (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression,
			case when order_key is null then order_time.day else format('min(%s)', order_time.day) end,
			format(case when order_key is null then 'coalesce(%s, 0)' else 'coalesce(sum(%s), 0)' end, money.finite), source_name, order_time.known,
			case when order_key is not null then format('
				group by %s, %s, %s', who.expression, (revops_internal.views_column(source, order_key, 'order_key', 'label')).expression,
				(revops_internal.views_column(source, dimension, 'dimension', 'label')).expression) else '' end);
	end if;
	since := case when from_date is not null then format('%L::date', from_date) else format('(select coalesce(min(o.day), %s) from (
			%s
		) o)', today, orders) end;
	since := format('least(%s, %s)', since, today);
	horizon := format('%s + 1', today);
	if target is not null then
		target_name := revops_internal.views_source(target, 'target', materialized);
		-- a target's day is a day; the zone is not asked for
		target_time := revops_internal.views_time(target, target_period, 'target_period', zone, '''infinity''::date');
		target_money := revops_internal.views_column(target, target_amount, 'target_amount', 'amount');
		horizon := format('greatest(%s, (select max(%s) + 1 from %s s where isfinite(%2$s)))', horizon, target_time.day, target_name);
		targets := format('
	left join lateral (
		select sum(%s) as amount
		from %s s
		where %s >= p.period and %3$s < p.ends + p.days_left
	) t on true', target_money.finite, target_name, target_time.day);
		checked_targets := format(', all_targets as (
		select %s as day, %s as amount
		from %s s
	), t as (
		select a.day, a.amount
		from all_targets a
		where isfinite(a.day) and a.amount is not null
	)', target_time.day, target_money.finite, target_name);
		target_columns := jsonb_build_array(
			array['target_amount', target_money.column_type, 't.amount', 'the target: all whose day lies in the period'],
			array['target_due_amount', target_money.column_type, 'case p.state when ''complete'' then t.amount when ''running'' then round(t.amount * p.year_amount / nullif(p.year_amount + p.year_rest, 0), 2) end',
				'what of it is due by as_of, by last year''s season'],
			array['gap_amount', money.column_type, 'p.amount - case p.state when ''complete'' then t.amount when ''running'' then round(t.amount * p.year_amount / nullif(p.year_amount + p.year_rest, 0), 2) end',
				'gmv less what is due; negative: behind']);
	end if;
	arguments := format('%L, %s, %s, %s, fiscal_month => %s', grain, since, horizon, today, fiscal_month);

	bases := format('join (
			select q.*, row_number() over (order by q.period) as place from revops.period_rows(%1$s) q
		) r on r.period = p.period and r.state <> ''future''
		join (values (''previous''), (''year'')) v(compared) on p.role in (''current'', v.compared)
			and case v.compared when ''previous'' then r.previous_starts else r.year_starts end >= (select min(f.day) from (
				%2$s
			) f)', arguments, orders);
	compared := format('select e.*, case when e.in_base and e.in_period then
			revops.bridge_effects(array[1, e.base_orders, round(e.base_amount, %4$s)], array[1, e.orders, round(e.amount, %4$s)]) end as effects
	from (
		select b.*, b.base_orders > 0 or b.base_amount <> 0 as in_base, b.orders > 0 or b.amount <> 0 as in_period
		from (
			select v.compared, p.period, r.state, r.place, p.customer_key,
				coalesce(sum(p.orders) filter (where p.role = v.compared), 0) as base_orders, coalesce(sum(p.orders) filter (where p.role = ''current''), 0) as orders,
				coalesce(sum(p.amount) filter (where p.role = v.compared), 0) as base_amount, coalesce(sum(p.amount) filter (where p.role = ''current''), 0) as amount
			from (
				with played as materialized (
					select d.period, d.role, d.on_date from revops.period_days(%1$s) d where d.role in (''current'', ''previous'', ''year'')
				), o as materialized (
					%2$s
				)
				select d.period, d.role, o.customer_key, sum(o.amount) as amount, count(*) filter (where o.is_order) as orders
				from played d
					join o on o.day = d.on_date
				group by d.period, d.role, o.customer_key
			) p
				%3$s
			group by v.compared, p.period, r.state, r.place, p.customer_key
		) b
	) e
	where e.in_base or e.in_period', arguments, orders, bases, money.scale);
	compared_columns := jsonb_build_array(
		array['compared_name', 'text', 'c.compared', format('previous: the %s before; year: the same a year before', grain)],
		array['compared_index', 'integer', 'case c.compared when ''previous'' then 1 else 2 end', 'sorts comparisons'],
		array['period_date', 'date', 'c.period', format('first day of the %s', grain)],
		array['period_index', 'bigint', 'c.place', 'sorts the periods'],
		array['state_name', 'text', 'c.state', 'complete, or running: known until as_of, and compared with as much of its base'],
		array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], c.state)', 'sorts states']);

	call := revops_internal.views_call('gmv_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'customer', quote_literal(customer),
		'ordered_at', quote_literal(ordered_at),
		'amount', quote_literal(amount),
		'order_key', quote_literal(order_key),
		'dimension', quote_literal(dimension),
		'target', quote_literal(target_name),
		'target_period', quote_literal(target_period),
		'target_amount', quote_literal(target_amount),
		'calendar', quote_literal(calendar),
		'fiscal_month', fiscal_month::text,
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
			'suffix', 'periods',
			'answers', format('How is this %s against the one before and against last year''s, and are we on the way to the target? One row per %1$s.', grain),
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'p.period', format('first day of the %s', grain)],
				array['period_index', 'bigint', 'row_number() over (order by p.period)', 'sorts the periods'],
				array['state_name', 'text', 'p.state', 'complete; running: known until as_of, and compared with as much of its bases; future: it has a target alone'],
				array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], p.state)', 'sorts states'],
				array['gmv_amount', money.column_type, 'p.amount', 'money of all orders, credit notes taken off'],
				array['customer_count', 'bigint', 'p.customers', 'customers with an order'],
				array['order_count', 'bigint', 'p.orders', 'orders, credit notes not counted'],
				array['order_value_amount', money.column_type, 'p.amount / nullif(p.orders, 0)', 'gmv for each order'],
				array['order_frequency_ratio', 'double precision', 'p.orders::float8 / nullif(p.customers, 0)::float8', 'orders for each customer'],
				array['day_count', 'bigint', 'p.days', 'days that are known'],
				array['work_day_count', 'bigint', work_days, 'of them days of work; empty: no calendar, or not covered by it'],
				array['previous_gmv_amount', money.column_type, 'p.previous_amount', format('of the %s before, cut alike; empty: it begins before the first order', grain)],
				array['previous_growth_rate', 'double precision', 'revops.growth_rate(p.amount, p.previous_amount)', 'gmv over that, less 1; empty where that is not above 0'],
				array['year_gmv_amount', money.column_type, 'p.year_amount', 'of the same time a year before, cut alike; empty: it begins before the first order'],
				array['year_growth_rate', 'double precision', 'revops.growth_rate(p.amount, p.year_amount)', 'gmv over that, less 1'],
				array['year_to_date_amount', money.column_type, 'sum(p.amount) over y', 'from the first day of the fiscal year, or from the first period shown'],
				array['year_to_date_growth_rate', 'double precision', 'case when count(*) over y = count(p.year_amount) over y then revops.growth_rate(sum(p.amount) over y, sum(p.year_amount) over y) end',
					'that over the same of the year before, less 1'],
				array['trailing_year_amount', money.column_type, 'p.trailing_amount', format('of the year up to its end, or up to as_of; empty: it begins before the first order')]) || target_columns || jsonb_build_array(
				array['pace_amount', money.column_type, 'case p.state when ''complete'' then p.amount when ''running'' then round(p.amount * (p.year_amount + p.year_rest) / nullif(p.year_amount, 0), 2) end',
					'what it comes to, if its rest goes as last year''s did'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	with o as materialized (
		%s
	), bounds as materialized (
		select min(o.day) as first_day from o
	), day as materialized (
		select o.day, sum(o.amount) as amount, count(*) filter (where o.is_order) as orders from o group by o.day
	), played as materialized (
		select d.period, d.role, d.on_date
		from revops.period_days(%s) d
	), amounts as (
		select p.period,
			sum(day.amount) filter (where p.role = ''current'') as amount,
			sum(day.orders) filter (where p.role = ''current'') as orders,
			sum(day.amount) filter (where p.role = ''previous'') as previous_amount,
			sum(day.amount) filter (where p.role = ''year'') as year_amount,
			sum(day.amount) filter (where p.role = ''year_rest'') as year_rest
		from played p
			join day on day.day = p.on_date
		group by p.period
	), buyers as (
		select p.period, count(distinct o.customer_key) as customers
		from played p
			join o on o.day = p.on_date
		where p.role = ''current'' and o.is_order
		group by p.period
	)
	select r.*, case when r.state <> ''future'' then coalesce(a.amount, 0) end as amount,
		case when r.state <> ''future'' then coalesce(a.orders, 0) end as orders,
		case when r.state <> ''future'' then coalesce(b.customers, 0) end as customers,
		case when r.state <> ''future'' and r.previous_starts >= bounds.first_day then coalesce(a.previous_amount, 0) end as previous_amount,
		case when r.state <> ''future'' and r.year_starts >= bounds.first_day then coalesce(a.year_amount, 0) end as year_amount,
		case when r.state <> ''future'' and r.year_starts >= bounds.first_day then coalesce(a.year_rest, 0) end as year_rest,
		(select sum(day.amount) from day where day.day >= (r.ends - interval ''1 year'')::date and day.day < r.ends
			and r.state <> ''future'' and (r.ends - interval ''1 year'')::date >= bounds.first_day) as trailing_amount
	from revops.period_rows(%2$s) r
		cross join bounds
		left join amounts a on a.period = r.period
		left join buyers b on b.period = r.period
) p%3$s
window y as (partition by (extract(year from p.period + make_interval(months => %4$s)), p.state = ''future'') order by p.period)', orders, arguments, targets, (13 - fiscal_month) % 12)),
		jsonb_build_object(
			'suffix', 'customers',
			'answers', format('Which customers came, stayed or were lost, against the %s before and against last year''s? One row per comparison, %1$s and customer.', grain),
			'key', array['compared_index', 'period_date', 'customer_key'],
			'columns', compared_columns || jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)],
				array['status_name', 'text', 'case when c.in_base and c.in_period then ''stayed'' when c.in_period then ''new'' else ''lost'' end', 'new: not in the base; lost: in the base alone; stayed'],
				array['status_index', 'integer', 'case when c.in_base and c.in_period then 3 when c.in_period then 1 else 2 end', 'sorts statuses'],
				array['base_order_count', 'bigint', 'c.base_orders', 'orders in the base'],
				array['order_count', 'bigint', 'c.orders', format('orders in the %s', grain)],
				array['base_gmv_amount', money.column_type, 'c.base_amount', 'money in the base, credit notes taken off'],
				array['gmv_amount', money.column_type, 'c.amount', format('money in the %s', grain)],
				array['gmv_change_amount', money.column_type, 'c.amount - c.base_amount', 'the difference'],
				array['frequency_effect_amount', money.column_type, 'c.effects[2]', 'of who stayed: the part of the difference that more or fewer orders made'],
				array['order_value_effect_amount', money.column_type, 'c.effects[3]', 'and the part that dearer or cheaper ones made'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	%s
) c', compared)),
		jsonb_build_object(
			'suffix', 'bridge',
			'answers', format('Why did it move, against the %s before and against last year''s? Customers who came and went, and what those who stayed did. One row per comparison, %1$s and factor.', grain),
			'key', array['compared_index', 'period_date', 'factor_index'],
			'columns', compared_columns || jsonb_build_array(
				array['factor_name', 'text', 'f.factor_name', 'new customers, lost customers; of those who stayed: frequency (orders for each customer), order value'],
				array['factor_index', 'integer', 'f.factor_index', 'sorts factors'],
				array['effect_amount', money.column_type, 'f.effect', 'its part of the change of gmv: the parts sum to it exactly'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select i.compared, i.period, i.state, i.place,
		coalesce(sum(i.amount) filter (where not i.in_base), 0) as came,
		coalesce(-sum(i.base_amount) filter (where not i.in_period), 0) as went,
		coalesce(sum(i.effects[2]), 0) as frequency,
		coalesce(sum(i.effects[3]), 0) as order_value
	from (
	%s
	) i
	group by i.compared, i.period, i.state, i.place
) c
	cross join lateral (values (1, ''new customers'', c.came), (2, ''lost customers'', c.went), (3, ''frequency'', c.frequency), (4, ''order value'', c.order_value)) f(factor_index, factor_name, effect)', compared)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'bridge_by_dimension',
			'answers', format('Where did it move? One row per comparison, %s, %s and factor.', grain, translate(dimension, E'\n\r', '  ')),
			'key', array['compared_index', 'period_date', 'dimension_name', 'factor_index'],
			'columns', compared_columns || jsonb_build_array(
				array['dimension_name', 'text', 'x.cell', format('column %s of the source', dimension)],
				array['factor_name', 'text', 'case x.kind when ''factor'' then ''order value'' else x.kind end', 'entry: not in the base; exit: in the base alone; else scale: more or fewer orders in all; mix: its share of them; order value'],
				array['factor_index', 'integer', 'array_position(array[''entry'', ''exit'', ''scale'', ''mix'', ''factor''], x.kind)', 'sorts factors'],
				array['effect_amount', money.column_type, 'x.effect', 'its part of the change of gmv: the parts of all values sum to it exactly'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select v.compared, p.period, r.state, r.place,
		revops.bridge_agg(p.dimension_name collate "C", p.orders, p.amount) filter (where p.role = v.compared) as base,
		revops.bridge_agg(p.dimension_name collate "C", p.orders, p.amount) filter (where p.role = ''current'') as now
	from (
		with played as materialized (
			select d.period, d.role, d.on_date from revops.period_days(%1$s) d where d.role in (''current'', ''previous'', ''year'')
		), o as materialized (
			%2$s
		)
		select d.period, d.role, o.dimension_name, round(sum(o.amount), %3$s) as amount, count(*) filter (where o.is_order) as orders
		from played d
			join o on o.day = d.on_date
		group by d.period, d.role, o.dimension_name
	) p
		%4$s
	group by v.compared, p.period, r.state, r.place
) c
	cross join lateral revops.bridge_rows(c.base, c.now, ''{orders,order value}'') x', arguments, sold, money.scale, bases)));
	end if;

	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%s as customer_key, count(*) as row_count, 'rows without a customer' as detail_name
	from r
	where r.customer_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.customer_key is not null and r.is_untimed
	having count(*) > 0
	union all
	select 3, 'bad_amount', false, null, count(*), 'amounts that are NaN, endless or 10^22 and more count as 0'
	from k
	where k.is_bad_amount
	having count(*) > 0
	union all
	select 4, 'repeated_row', false, null, sum(d.more)::bigint, 'rows that repeat another of the same customer, time, order and amount; customers: ' || count(distinct d.key)
	from (
		select k.key, count(*) - 1 as more
		from k
		group by k.key, k.at, k.order_key, k.amount
		having count(*) > 1
	) d
	having count(*) > 0$q$, who.column_type) || revops_internal.views_key_checks('customer', who.column_type, 5);
	if order_key is not null then
		checks := checks || $q$
	union all
	select 7, 'no_order', false, null, count(*), 'rows without an order are one order of each customer: ' || count(distinct k.key)
	from k
	where k.order_key is null
	having count(*) > 0
	union all
	select 8, 'shared_order', false, null, sum(d.row_count)::bigint, 'orders with rows of several customers count once for each: ' || count(*)
	from (
		select count(*) as row_count
		from k
		where k.order_key is not null
		group by k.order_key
		having count(distinct k.key) > 1
	) d
	having count(*) > 0$q$;
	end if;
	if target is not null then
		checks := checks || format($q$
	union all
	select 9, 'no_target', false, null, count(*), 'periods without a target between the first and the last: ' || string_agg(to_char(p.period, 'YYYY-MM-DD'), ', ' order by p.period)
	from revops.period_rows(%1$L, (select min(t.day) from t), (select max(t.day) + 1 from t), null, fiscal_month => %2$s) p
	where not exists (select from t where t.day >= p.period and t.day < p.ends)
	having count(*) > 0
	union all
	select 10, 'repeated_target', false, null, count(*), 'targets of one day are added up: ' || to_char(t.day, 'YYYY-MM-DD')
	from t
	group by t.day
	having count(*) > 1
	union all
	select 11, 'target_inside', false, null, count(*), 'targets whose day is not the first of a month: ' || string_agg(to_char(t.day, 'YYYY-MM-DD'), ', ' order by t.day)
	from t
	where extract(day from t.day) <> 1 and %1$L in ('month', 'quarter', 'year')
	having count(*) > 0
	union all
	select 12, 'bad_target', true, null, count(*), 'targets without a day or an amount'
	from all_targets t
	where t.day is null or not isfinite(t.day) or t.amount is null
	having count(*) > 0$q$, grain, fiscal_month);
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time, bad_target; kept: bad_amount, repeated_row, blank_key, similar_keys, no_order, shared_order, no_target, repeated_target, target_inside'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['customer_key', who.column_type, 'f.customer_key', format('the customer, where it is about one: column %s of the source', customer)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as customer_key, %2$s is null or not isfinite(%2$s) as is_untimed, %2$s as at, %3$s is not null and %4$s is null as is_bad_amount, %4$s as amount, %5$s as order_key
		from %6$s s
		where %2$s is null or not isfinite(%2$s) or %7$s
	), k as (
		select r.customer_key as key, r.at, r.is_bad_amount, r.amount, r.order_key
		from r
		where r.customer_key is not null and not r.is_untimed
	)%8$s, found as (
	%9$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.customer_key, f.detail_name) as finding_index
	from found f
) f', who.expression, (revops_internal.views_column(source, ordered_at, 'ordered_at', 'time')).expression, money.expression, money.finite,
			case when order_key is null then 'null::text' else (revops_internal.views_column(source, order_key, 'order_key', 'label')).expression end,
			source_name, order_time.known, checked_targets, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function gmv_create_views(text, regclass, name, name, name, name, name, regclass, name, name, text, integer, text, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over orders: PREFIX_periods, _customers, _bridge, _bridge_by_dimension, _checks';
