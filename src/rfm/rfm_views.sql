-- views_rfm.sql: rfm_create_views.

create function rfm_create_views(
	prefix text,
	source regclass,
	customer name,
	ordered_at name,
	amount name,
	order_key name default null,
	bins integer default 5,
	method text default 'quantile',
	map text default null,
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
	zone text := revops_internal.views_zone(source, array[ordered_at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	customers text := revops_internal.views_name(target_schema, prefix, 'customers');
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	order_time record := revops_internal.views_time(source, ordered_at, 'ordered_at', zone, today);
	money record := revops_internal.views_column(source, amount, 'amount', 'amount');
	order_column record;
	chosen_map revops.rfm_segment_map;
	map_text text;
	segments integer;
	orders text;
	order_expression text := 'null';	-- the order that a row belongs to
	call text;
	views jsonb;
begin
	-- errors of bins and method are rfm_score's own
	perform revops.rfm_score(1, 1, 1, bins, method) over ();
	if map is null and bins not in (2, 5) then
		raise exception using errcode = 'invalid_parameter_value', message = format('there is no built-in segment map for %s bins', bins),
			hint = 'Give a map as JSON: map => ''{"name": ..., "bins": ..., "rules": [...]}''.';
	end if;
	map := coalesce(map, case bins when 5 then 'grid' else 'octant' end);
	-- the built-in maps name segments in both languages
	perform revops_internal.language_check(language);
	if language = 'zh' and map in ('grid', 'octant') then
		map := map || '_zh';
	end if;
	if ltrim(map, E' \n\r\t') like '{%' then
		chosen_map := map::revops.rfm_segment_map;
		map_text := format('%L::revops.rfm_segment_map', chosen_map);
	else
		chosen_map := revops.segment_map(map);
		map_text := format('revops.segment_map(%L)', map);
	end if;
	if (chosen_map::text::jsonb ->> 'bins')::integer <> bins then
		raise exception using errcode = 'invalid_parameter_value', message = 'the segment map is for another number of bins',
			detail = format('The map is for %s bins, the scores have %s.', chosen_map::text::jsonb ->> 'bins', bins);
	end if;
	segments := max(segment_order) from revops.segment_map_rows(chosen_map);

	-- one row per order
	if order_key is null then
		orders := format('select %1$s as customer_key, %2$s as ordered_at, %3$s as amount
				from %4$s s
				where %1$s is not null and %5$s', who.expression, order_time.local, money.finite, source_name, order_time.known);
	else
		order_column := revops_internal.views_column(source, order_key, 'order_key', 'label');
		order_expression := format('s.%I::text', order_key);
		orders := format('select %1$s as customer_key, min(%2$s) as ordered_at, sum(%3$s) as amount
				from %4$s s
				where %1$s is not null and %5$s
				group by %1$s, s.%6$I', who.expression, order_time.local, money.finite, source_name, order_time.known, order_key);
	end if;

	call := revops_internal.views_call('rfm_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'customer', quote_literal(customer),
		'ordered_at', quote_literal(ordered_at),
		'amount', quote_literal(amount),
		'order_key', quote_literal(order_key),
		'bins', bins::text,
		'method', quote_literal(method),
		'map', quote_literal(map),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'customers',
			'answers', 'Who are our best customers, and which segment is each in? One row per customer.',
			'key', array['customer_key'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 's.customer_key', format('the customer: column %s of the source', customer)],
				array['segment_name', 'text',
					'coalesce(m.segment_name, case when s.scores is null then ''no_orders'' else ''unmapped'' end)',
					'segment of the scores; no_orders: credit notes alone; unmapped: no rule of the map fits'],
				array['segment_index', 'integer',
					format('coalesce(m.segment_order, case when s.scores is null then %s else %s end)', segments + 2, segments + 1),
					'sorts segments as the map lists them'],
				array['recency_score', 'integer', '(s.scores).recency_score', format('1 to %s, the more recent the higher', bins)],
				array['frequency_score', 'integer', '(s.scores).frequency_score', format('1 to %s, the more orders the higher', bins)],
				array['monetary_score', 'integer', '(s.scores).monetary_score', format('1 to %s, the more money the higher', bins)],
				array['cell_name', 'text', '(s.scores).rfm_cell', 'the three scores in one label'],
				array['cell_index', 'integer',
					format('(((s.scores).recency_score - 1) * %s + (s.scores).frequency_score - 1) * %1$s + (s.scores).monetary_score', bins),
					'sorts cells by recency, frequency, money'],
				array['order_count', 'bigint', 's.order_count', 'orders up to as_of, credit notes not counted'],
				array['total_amount', money.column_type, 's.total_amount', 'money of all orders, credit notes taken off'],
				array['first_order_date', 'date', 's.first_order_date', format('day of the first order, in %s', zone)],
				array['last_order_date', 'date', 's.last_order_date', format('day of the last order, in %s', zone)],
				array['recency_days', 'integer', 's.recency_days', 'days from the last order to as_of'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select c.*, revops.rfm_score(c.recency_days, c.order_count, c.total_amount, %s, %L) over () as scores
	from (
		select h.customer_key,
			revops.order_count(h.history) as order_count,
			revops.order_total(h.history)::%s as total_amount,
			(revops.order_first_at(h.history) at time zone ''UTC'')::date as first_order_date,
			(revops.order_last_at(h.history) at time zone ''UTC'')::date as last_order_date,
			revops.order_recency_days(h.history, %s) as recency_days
		from (
			select o.customer_key, revops.order_agg(o.ordered_at, o.amount) as history
			from (
				%s
			) o
			group by o.customer_key
		) h
	) c
) s
left join (
	select distinct segment_order, segment_name from revops.segment_map_rows(%s)
) m on m.segment_name = revops.rfm_segment(s.scores, %6$s)', bins, method, money.column_type, today, orders, map_text)),
		jsonb_build_object(
			'suffix', 'segments',
			'answers', 'How many customers and how much revenue does each segment hold? One row per segment.',
			'key', array['segment_index'],
			'columns', jsonb_build_array(
				array['segment_name', 'text', 'coalesce(c.segment_name, m.segment_name)', 'the segment'],
				array['segment_index', 'integer', 'coalesce(c.segment_index, m.segment_order)', 'sorts segments as the map lists them'],
				array['customer_count', 'bigint', 'count(c.customer_key)', 'customers in the segment'],
				array['all_customer_count', 'bigint', 'sum(count(c.customer_key)) over ()', 'customers in all segments'],
				array['customer_rate', 'double precision',
					'count(c.customer_key)::float8 / nullif(sum(count(c.customer_key)) over (), 0)::float8',
					'share of all customers, 0 to 1'],
				array['order_count', 'bigint', 'coalesce(sum(c.order_count), 0)', 'their orders'],
				array['total_amount', money.column_type, 'coalesce(sum(c.total_amount), 0)', 'their money, credit notes taken off'],
				array['all_total_amount', money.column_type, 'sum(coalesce(sum(c.total_amount), 0)) over ()', 'money of all segments'],
				array['total_amount_rate', 'double precision',
					'coalesce(sum(c.total_amount), 0)::float8 / nullif(sum(coalesce(sum(c.total_amount), 0)) over (), 0)::float8',
					'share of all money, 0 to 1'],
				array['average_amount', money.column_type, 'avg(c.total_amount)', 'money a customer'],
				array['median_recency_days', 'double precision',
					'percentile_cont(0.5) within group (order by c.recency_days)', 'half of them ordered within so many days'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select distinct segment_order, segment_name from revops.segment_map_rows(%s)
) m
full join %s c on c.segment_name = m.segment_name
group by coalesce(c.segment_name, m.segment_name), coalesce(c.segment_index, m.segment_order)', map_text, customers)),
		jsonb_build_object(
			'suffix', 'cuts',
			'answers', 'From which value on does a customer score higher? One row per cut.',
			'key', array['dimension_index', 'cut_index'],
			'columns', jsonb_build_array(
				array['dimension_name', 'text', 'r.dimension', 'recency (days), frequency (orders) or monetary (money)'],
				array['dimension_index', 'integer', 'r.dimension_index', 'sorts the dimensions'],
				array['cut_index', 'integer', 'r.cut_index', 'number of the cut'],
				array['cut_value', 'double precision', 'r.cut', 'values above it score higher; days below it'],
				array['bin_count', 'integer', 'r.bins', 'scores that were asked for'],
				array['reachable_score_count', 'integer', 'r.reachable_scores', 'scores that equal values leave reachable'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.rfm_model_agg(c.recency_days, c.order_count, c.total_amount, %s, %L) as model
	from %s c
) l,
revops.rfm_model_rows(l.model) r', bins, method, customers)));
	views := views || revops_internal.views_order_checks(source_name, customer, who.expression, who.column_type,
		(revops_internal.views_column(source, ordered_at, 'ordered_at', 'time')).expression, order_time.known, money.expression, money.finite,
		case when order_key is not null then order_expression end, today);
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function rfm_create_views(text, regclass, name, name, name, name, integer, text, text, name, date, text, boolean, boolean, text) is
	'makes views for BI over a table of orders or order lines: PREFIX_customers, _segments, _cuts, _checks';
