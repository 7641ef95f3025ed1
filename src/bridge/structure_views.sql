-- structure_views.sql: structure_create_views.

create function structure_create_views(
	prefix text,
	source regclass,
	part name,
	at name,
	amount name,
	quantity name default null,
	order_key name default null,
	customer name default null,
	new_months integer default 12,
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
	language plpgsql volatile rows 7
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	part_text text := (revops_internal.views_column(source, part, 'part', 'label')).expression;
	money record := revops_internal.views_column(source, amount, 'amount', 'amount');
	zone text := revops_internal.views_zone(source, array[at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	sold_time record := revops_internal.views_time(source, at, 'at', zone, today);
	units record;
	who record;
	order_text text := 'null::text';
	who_text text := 'null::text';
	units_text text := 'null::numeric';
	bad_units text := '';	-- a record is not read where it was not set: it has no form then
	sold text;	-- one row per order and part: day, amount, quantity, whether it is an order
	first_day text;	-- the day of the first row
	arguments text;	-- of period_rows and period_days
	sums text;	-- one row per period, role and part
	bases text;	-- periods, and whether their bases are there
	comparisons text;	-- the same, one row per comparison that has a base
	parts text;	-- one row per period and part, with both bases
	movers text;	-- one row per comparison, period and customer
	period_columns jsonb;
	compared_columns jsonb;
	quantity_columns jsonb := '[]';
	checks text;
	call text;
	views jsonb;
begin
	perform revops_internal.views_check_grain(grain);
	if new_months is null or new_months not between 1 and 1200 then
		raise exception using errcode = 'invalid_parameter_value', message = 'new_months must be between 1 and 1200',
			detail = format('The value is %s.', coalesce(new_months::text, 'NULL')), hint = 'It is how long a part counts as new after its first sale: 12 is a year.';
	end if;
	perform revops_internal.views_check_from_date(from_date, 'the day of the first row');
	if quantity is not null then
		units := revops_internal.views_column(source, quantity, 'quantity', 'amount');
		units_text := units.finite;
		bad_units := format(' or %s is not null and %s is null', units.expression, units.finite);
	end if;
	if order_key is not null then
		order_text := (revops_internal.views_column(source, order_key, 'order_key', 'label')).expression;
	end if;
	if customer is not null then
		who := revops_internal.views_column(source, customer, 'customer', 'key');
		who_text := who.expression;
	end if;

	-- credit notes lower the amounts and are no orders; nor are rows without an order key, such as visits
	if order_key is null then
		sold := format('select %1$s as part_name, %2$s as customer_key, %3$s as day, coalesce(%4$s, 0) as amount, coalesce(%5$s, 0) as quantity, coalesce(%4$s, 0) >= 0 as is_order
			from %6$s s
			where %7$s', part_text, who_text, sold_time.day, money.finite, units_text, source_name, sold_time.known);
	else
		sold := format('select %1$s as part_name, %2$s as customer_key, min(%3$s) as day, coalesce(sum(%4$s), 0) as amount, coalesce(sum(%5$s), 0) as quantity,
				%8$s is not null and coalesce(sum(%4$s), 0) >= 0 as is_order
			from %6$s s
			where %7$s
			group by %1$s, %9$s%8$s, case when %8$s is null then %3$s end', part_text, who_text, sold_time.day, money.finite, units_text, source_name, sold_time.known, order_text,
			case when customer is null then '' else who_text || ', ' end);
	end if;
	first_day := format('(select min(f.day) from (
				%s
			) f)', sold);
	arguments := format('%L, %s, %s + 1, %3$s', grain, case when from_date is not null then format('least(%L::date, %s)', from_date, today)
		else format('coalesce(%s, %s)', first_day, today) end, today);
	sums := format('(
		with played as materialized (
			select d.period, d.role, d.on_date from revops.period_days(%1$s) d where d.role in (''current'', ''previous'', ''year'')
		), o as materialized (
			%2$s
		)
		select d.period, d.role, o.part_name, round(sum(o.amount), %3$s) as amount, sum(o.quantity) as quantity,
			count(*) filter (where o.is_order) as orders, count(distinct o.customer_key) filter (where o.is_order) as customers
		from played d
			join o on o.day = d.on_date
		group by d.period, d.role, o.part_name
	) p', arguments, sold, money.scale);
	bases := format('(
		select q.*, row_number() over (order by q.period) as place, q.previous_starts >= b.first_day as has_previous, q.year_starts >= b.first_day as has_year, b.first_day
		from revops.period_rows(%s) q
			cross join (select %s as first_day) b
	) r', arguments, first_day);
	comparisons := format('join %s on r.period = p.period
		join (values (''previous''), (''year'')) v(compared) on p.role in (''current'', v.compared) and case v.compared when ''previous'' then r.has_previous else r.has_year end', bases);
	parts := format('(
	select r.period, r.state, r.place, p.part_name,
		coalesce(sum(p.amount) filter (where p.role = ''current''), 0) as amount, coalesce(sum(p.quantity) filter (where p.role = ''current''), 0) as quantity,
		coalesce(sum(p.orders) filter (where p.role = ''current''), 0) as orders, coalesce(sum(p.customers) filter (where p.role = ''current''), 0) as customers,
		case when r.has_previous then coalesce(sum(p.amount) filter (where p.role = ''previous''), 0) end as previous_amount,
		case when r.has_year then coalesce(sum(p.amount) filter (where p.role = ''year''), 0) end as year_amount
	from %s
		join %s on r.period = p.period
	where p.role = ''current'' or p.role = ''previous'' and r.has_previous or p.role = ''year'' and r.has_year
	group by r.period, r.state, r.place, r.has_previous, r.has_year, p.part_name
) c', sums, bases);
	movers := format('(
	select m.*, m.base_orders > 0 or m.base_amount <> 0 as in_base, m.orders > 0 or m.amount <> 0 as in_period
	from (
		select v.compared, r.period, r.state, r.place, p.customer_key,
			coalesce(sum(p.orders) filter (where p.role = v.compared), 0) as base_orders, coalesce(sum(p.orders) filter (where p.role = ''current''), 0) as orders,
			coalesce(sum(p.amount) filter (where p.role = v.compared), 0) as base_amount, coalesce(sum(p.amount) filter (where p.role = ''current''), 0) as amount,
			max(p.last_part) filter (where p.role = v.compared) as base_part, max(p.last_part) filter (where p.role = ''current'') as part
		from (
			with played as materialized (
				select d.period, d.role, d.on_date from revops.period_days(%1$s) d where d.role in (''current'', ''previous'', ''year'')
			), o as materialized (
				%2$s
			)
			select d.period, d.role, o.customer_key, round(sum(o.amount), %3$s) as amount, count(*) filter (where o.is_order) as orders,
				(array_agg(o.part_name order by o.day desc, o.amount desc, o.part_name))[1] as last_part
			from played d
				join o on o.day = d.on_date
			where o.customer_key is not null
			group by d.period, d.role, o.customer_key
		) p
			%4$s
		group by v.compared, r.period, r.state, r.place, p.customer_key
	) m
) c', arguments, sold, money.scale, comparisons);

	call := revops_internal.views_call('structure_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'part', quote_literal(part),
		'at', quote_literal(at),
		'amount', quote_literal(amount),
		'quantity', quote_literal(quantity),
		'order_key', quote_literal(order_key),
		'customer', quote_literal(customer),
		'new_months', new_months::text,
		'grain', quote_literal(grain),
		'from_date', quote_literal(from_date),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	period_columns := jsonb_build_array(
		array['period_date', 'date', 'c.period', format('first day of the %s', grain)],
		array['period_index', 'bigint', 'c.place', 'sorts the periods'],
		array['state_name', 'text', 'c.state', 'complete, or running: known until as_of, and compared with as much of its bases'],
		array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], c.state)', 'sorts states']);
	compared_columns := jsonb_build_array(
		array['compared_name', 'text', 'c.compared', format('previous: the %s before; year: the same a year before', grain)],
		array['compared_index', 'integer', 'case c.compared when ''previous'' then 1 else 2 end', 'sorts comparisons']) || period_columns;
	if quantity is not null then
		quantity_columns := jsonb_build_array(
			array['part_quantity', units.column_type, 'c.quantity', format('column %s of the source', quantity)],
			array['price_amount', money.column_type, 'c.amount / nullif(c.quantity, 0)', 'money for each of them'],
			array['conversion_rate', 'double precision', 'case when c.quantity >= c.orders and c.quantity > 0 then c.orders::float8 / c.quantity::float8 end', 'orders for each of them, where it counts visits; empty: fewer than orders'],
			array['conversion_rate_low', 'double precision', 'case when c.quantity >= c.orders and c.quantity > 0 and c.quantity < 1e18 then revops.wilson_low(c.orders::bigint, c.quantity::bigint) end', 'lower end of its 95 % interval'],
			array['conversion_rate_high', 'double precision', 'case when c.quantity >= c.orders and c.quantity > 0 and c.quantity < 1e18 then revops.wilson_high(c.orders::bigint, c.quantity::bigint) end', 'upper end of its 95 % interval']);
	end if;

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'parts',
			'answers', format('What does each part bring, and does its share grow? One row per %s and %s.', grain, translate(part, E'\n\r', '  ')),
			'key', array['period_date', 'part_name'],
			'columns', period_columns || jsonb_build_array(
				array['part_name', 'text', 'c.part_name', format('column %s of the source', part)],
				array['part_index', 'bigint', 'row_number() over (partition by c.period order by c.amount desc, c.part_name)', 'sorts the parts of a period, the largest first'],
				array['part_amount', money.column_type, 'c.amount', 'money, credit notes taken off'],
				array['order_count', 'bigint', 'c.orders', 'orders, credit notes not counted'])
				|| case when customer is null then '[]' else jsonb_build_array(array['customer_count', 'bigint', 'c.customers', 'customers with an order']) end
				|| quantity_columns || jsonb_build_array(
				array['share_rate', 'double precision', 'case when sum(c.amount) over w > 0 then (c.amount / sum(c.amount) over w)::float8 end', 'its part of the money of all'],
				array['share_previous_change_rate', 'double precision', 'case when sum(c.amount) over w > 0 and sum(c.previous_amount) over w > 0 then (c.amount / sum(c.amount) over w - c.previous_amount / sum(c.previous_amount) over w)::float8 end',
					format('that less its share in the %s before', grain)],
				array['share_year_change_rate', 'double precision', 'case when sum(c.amount) over w > 0 and sum(c.year_amount) over w > 0 then (c.amount / sum(c.amount) over w - c.year_amount / sum(c.year_amount) over w)::float8 end',
					'that less its share a year before'],
				array['previous_growth_rate', 'double precision', 'revops.growth_rate(c.amount, c.previous_amount)', format('money over that of the %s before, less 1', grain)],
				array['year_growth_rate', 'double precision', 'revops.growth_rate(c.amount, c.year_amount)', 'money over that of a year before, less 1'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
window w as (partition by c.period)', parts)),
		jsonb_build_object(
			'suffix', 'bridge',
			'answers', format('Why did the money move: parts that came or went, volume, mix, price? One row per comparison, %s, %s and factor.', grain, translate(part, E'\n\r', '  ')),
			'key', array['compared_index', 'period_date', 'part_name', 'factor_index'],
			'columns', compared_columns || jsonb_build_array(
				array['part_name', 'text', 'x.cell', format('column %s of the source', part)],
				array['part_index', 'bigint', 'dense_rank() over (order by x.cell)', 'sorts the parts, by name'],
				array['factor_name', 'text', 'case x.kind when ''factor'' then ''price'' else x.kind end', format('entry: not in the base; exit: in the base alone; else scale: %1$s in all; mix: its share of them; price: money for each', case when quantity is null then 'orders' else 'quantity' end)],
				array['factor_index', 'integer', 'array_position(array[''entry'', ''exit'', ''scale'', ''mix'', ''factor''], x.kind)', 'sorts factors'],
				array['effect_amount', money.column_type, 'x.effect', 'its part of the change: the parts of all sum to it exactly'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select v.compared, r.period, r.state, r.place,
		revops.bridge_agg(p.part_name collate "C", p.%3$s, p.amount) filter (where p.role = v.compared) as base,
		revops.bridge_agg(p.part_name collate "C", p.%3$s, p.amount) filter (where p.role = ''current'') as now
	from %1$s
		%2$s
	group by v.compared, r.period, r.state, r.place
) c
	cross join lateral revops.bridge_rows(c.base, c.now, ''{volume,price}'') x', sums, comparisons, case when quantity is null then 'orders' else 'quantity' end)),
		jsonb_build_object(
			'suffix', 'concentration',
			'answers', format('How much hangs on the largest parts? Shares of the positive amounts. One row per %s.', grain),
			'key', array['period_date'],
			'columns', period_columns || jsonb_build_array(
				array['part_count', 'bigint', 'c.parts', 'parts with an amount above 0; the rates are empty where there is none'],
				array['negative_part_count', 'bigint', 'c.negative_parts', 'parts with an amount below 0: left out of the shares'],
				array['largest_rate', 'double precision', '(c.largest / c.total)::float8', 'share of the largest'],
				array['top_three_rate', 'double precision', '(c.three / c.total)::float8', 'share of the three largest'],
				array['top_ten_rate', 'double precision', '(c.ten / c.total)::float8', 'share of the ten largest'],
				array['top_tenth_rate', 'double precision', '(c.tenth / c.total)::float8', 'share of the largest tenth of the parts, rounded up to a whole part'],
				array['herfindahl_rate', 'double precision', '(c.squares / c.total / c.total)::float8', 'sum of the squared shares: 1 where one part has all'],
				array['effective_part_ratio', 'double precision', '(c.total * c.total / c.squares)::float8', 'as many equal parts would be as concentrated'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select r.period, r.state, r.place, count(k.amount) filter (where k.amount > 0) as parts, count(k.amount) filter (where k.amount < 0) as negative_parts,
		sum(k.amount) filter (where k.amount > 0) as total,
		sum(k.amount * k.amount) filter (where k.amount > 0) as squares,
		max(k.amount) filter (where k.amount > 0) as largest,
		sum(k.amount) filter (where k.amount > 0 and k.place <= 3) as three,
		sum(k.amount) filter (where k.amount > 0 and k.place <= 10) as ten,
		sum(k.amount) filter (where k.amount > 0 and k.place <= ceil(k.positive / 10.0)) as tenth
	from %2$s
		left join (
			select p.period, p.amount, row_number() over (partition by p.period order by p.amount desc) as place, count(*) filter (where p.amount > 0) over (partition by p.period) as positive
			from %1$s
			where p.role = ''current''
		) k on k.period = r.period
	group by r.period, r.state, r.place
) c', sums, bases)),
		jsonb_build_object(
			'suffix', 'new_parts',
			'answers', format('What do parts bring that were first sold less than %s months before? One row per %s.', new_months, grain),
			'key', array['period_date'],
			'columns', period_columns || jsonb_build_array(
				array['total_amount', money.column_type, 'c.total', 'money of all parts'],
				array['new_part_count', 'bigint', 'case when c.is_known then c.new_parts end', 'parts that are new, and sold; empty: the first row is younger, all would be new'],
				array['new_amount', money.column_type, 'case when c.is_known then c.new_amount end', format('their money, on days less than %s months after the first sale of the part', new_months)],
				array['new_rate', 'double precision', 'case when c.is_known and c.total > 0 then (c.new_amount / c.total)::float8 end', 'their part of the money of all'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select r.period, r.state, r.place, (r.first_day + make_interval(months => %3$s))::date <= r.period as is_known,
		coalesce(sum(o.amount), 0) as total, coalesce(sum(o.amount) filter (where o.is_new), 0) as new_amount,
		count(distinct o.part_name) filter (where o.is_new and o.is_order) as new_parts
	from %1$s
		left join (
			select z.*, z.day < (min(z.day) filter (where z.is_order) over (partition by z.part_name) + make_interval(months => %3$s))::date as is_new
			from (
				%2$s
			) z
		) o on o.day >= r.period and o.day < r.ends
	group by r.period, r.state, r.place, r.first_day
) c', bases, sold, new_months)));
	if customer is not null then
		views := views || jsonb_build_array(
			jsonb_build_object(
				'suffix', 'migration',
				'answers', format('Which customers moved from part to part? By the last part known in the base and in the %s. One row per comparison, %1$s and move.', grain),
				'key', array['compared_index', 'period_date', 'from_index', 'to_index'],
				'columns', compared_columns || jsonb_build_array(
					array['from_name', 'text', 'c.from_name', format('column %s of the source, of the customer''s last row in the base; new: not in the base', part)],
					array['from_index', 'bigint', 'dense_rank() over (partition by c.compared, c.period order by c.in_base, c.from_name)', 'sorts where they came from'],
					array['to_name', 'text', 'c.to_name', format('the same of the %s; gone: not in it', grain)],
					array['to_index', 'bigint', 'dense_rank() over (partition by c.compared, c.period order by c.in_period desc, c.to_name)', 'sorts where they went'],
					array['customer_count', 'bigint', 'c.customers', 'customers'],
					array['before_amount', money.column_type, 'c.base_amount', 'their money in the base'],
					array['after_amount', money.column_type, 'c.amount', format('their money in the %s', grain)],
					array['as_of', 'date', today, 'the last day that counts']),
				'from', format('from (
	select c.compared, c.period, c.state, c.place, c.in_base, c.in_period, case when c.in_base then c.base_part else ''new'' end as from_name,
		case when c.in_period then c.part else ''gone'' end as to_name, count(*) as customers, sum(c.base_amount) as base_amount, sum(c.amount) as amount
	from %s
	where c.in_base or c.in_period
	group by 1, 2, 3, 4, 5, 6, 7, 8
) c', movers)),
			jsonb_build_object(
				'suffix', 'customers',
				'answers', format('Who moved from part to part? One row per comparison, %s and customer.', grain),
				'key', array['compared_index', 'period_date', 'customer_key'],
				'columns', compared_columns || jsonb_build_array(
					array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)],
					array['from_name', 'text', 'case when c.in_base then c.base_part else ''new'' end', format('column %s of the source, of the customer''s last row in the base; new: not in the base', part)],
					array['from_index', 'bigint', 'dense_rank() over (partition by c.compared, c.period order by c.in_base, case when c.in_base then c.base_part end)', 'sorts where they came from'],
					array['to_name', 'text', 'case when c.in_period then c.part else ''gone'' end', format('the same of the %s; gone: not in it', grain)],
					array['to_index', 'bigint', 'dense_rank() over (partition by c.compared, c.period order by c.in_period desc, case when c.in_period then c.part end)', 'sorts where they went'],
					array['before_amount', money.column_type, 'c.base_amount', 'money in the base, credit notes taken off'],
					array['after_amount', money.column_type, 'c.amount', format('money in the %s', grain)],
					array['as_of', 'date', today, 'the last day that counts']),
				'from', format('from %s
where c.in_base or c.in_period', movers)));
	end if;

	checks := $q$select 1 as problem_index, 'no_time' as problem_name, true as is_left_out, null::text as part_key, count(*) as row_count, 'rows without a time, or with an endless one' as detail_name
	from r
	where r.is_untimed
	having count(*) > 0
	union all
	select 2, 'no_part', false, null, count(*), 'rows without a part are a part of their own'
	from k
	where k.key is null
	having count(*) > 0
	union all
	select 3, 'bad_amount', false, null, count(*), 'amounts and quantities that are NaN or endless count as 0'
	from k
	where k.is_bad_amount
	having count(*) > 0
	union all
	select 4, 'negative_part', false, k.key, count(*), 'parts whose amounts sum below 0 have no share of the whole: ' || sum(k.amount)
	from k
	group by k.key
	having sum(k.amount) < 0$q$ || revops_internal.views_key_checks('part', 'text', 5);
	if customer is not null then
		checks := checks || $q$
	union all
	select 7, 'no_key', false, null, count(*), 'rows without a customer are in no view of customers'
	from k
	where k.has_no_customer
	having count(*) > 0$q$;
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_time; kept: no_part, bad_amount, negative_part, blank_key, similar_keys, no_key'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['part_key', 'text', 'f.part_key', format('the part, where it is about one: column %s of the source', part)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as key, %2$s is null or not isfinite(%2$s) as is_untimed, %3$s is not null and %4$s is null%8$s as is_bad_amount, %4$s as amount, %5$s as has_no_customer
		from %6$s s
		where %2$s is null or not isfinite(%2$s) or %7$s
	), k as (
		select r.key, r.is_bad_amount, r.amount, r.has_no_customer
		from r
		where not r.is_untimed
	), found as (
	%9$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.part_key, f.detail_name) as finding_index
	from found f
) f', part_text, (revops_internal.views_column(source, at, 'at', 'time')).expression, money.expression, money.finite,
			case when customer is null then 'false' else who_text || ' is null' end, source_name, sold_time.known,
			bad_units, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function structure_create_views(text, regclass, name, name, name, name, name, name, integer, text, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over parts of a business, such as channels, products or tiers: PREFIX_parts, _bridge, _concentration, _new_parts, _migration, _customers, _checks';
