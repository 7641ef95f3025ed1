-- cadence_views.sql: reorder_create_views and value_create_views.

-- What both makers read: orders, their histories and the models of them, as SQL.
create function revops_internal.cadence_sources(
	source regclass,
	materialized boolean,
	customer name,
	ordered_at name,
	amount name,
	order_key name,
	peer name,
	item name,
	regularity integer,
	season boolean,
	as_of date,
	time_zone text,
	out source_name text,
	out zone text,
	out today text,
	out key_type text,
	out money_type text,
	out money_scale integer,
	out histories text,		-- customer_key, item_name, peer_name, first_date, history
	out models text,		-- peer_name, is_all, model; the day stands as day_mark
	out day_mark text,
	out checks jsonb
)
	returns record
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	who record;
	order_time record;
	money record;
	order_text text;
	peer_text text := 'null::text';
	item_text text := 'null::text';
	orders text;
begin
	source_name := revops_internal.views_source(source, 'source', materialized);
	zone := revops_internal.views_zone(source, array[ordered_at], time_zone);
	today := revops_internal.views_as_of(as_of, zone);
	who := revops_internal.views_column(source, customer, 'customer', 'key');
	order_time := revops_internal.views_time(source, ordered_at, 'ordered_at', zone, today);
	money := revops_internal.views_column(source, amount, 'amount', 'amount');
	if regularity is not null and regularity not between 1 and 8 then
		raise exception using errcode = 'invalid_parameter_value', message = 'regularity must lie between 1 and 8',
			detail = format('The value is %s.', regularity), hint = '1 is random; leave it out to have it chosen.';
	end if;
	if season is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'season must not be NULL', hint = 'Leave it out to get its default.';
	end if;
	if order_key is not null then
		order_text := (revops_internal.views_column(source, order_key, 'order_key', 'label')).expression;
	end if;
	if peer is not null then
		peer_text := format('coalesce(%s, ''(none)'')', (revops_internal.views_column(source, peer, 'peer', 'label')).expression);
	end if;
	if item is not null then
		item_text := format('coalesce(%s, ''(none)'')', (revops_internal.views_column(source, item, 'item', 'label')).expression);
	end if;
	day_mark := chr(1);
	key_type := who.column_type;
	money_type := money.column_type;
	money_scale := money.scale;

	-- one row per order, or an order and item
	orders := format('
			select %1$s as customer_key, %2$s as item_name, %3$s as peer_name, %4$s as day, %5$s as amount
			from %6$s s
			where %1$s is not null and %7$s', who.expression, item_text, peer_text, order_time.day, money.finite, source_name, order_time.known);
	if order_key is not null then
		orders := format('
			select %1$s as customer_key, %2$s as item_name, min(%3$s) as peer_name, min(%4$s) as day, sum(%5$s) as amount
			from %6$s s
			where %1$s is not null and %7$s
			group by %1$s, %8$s%9$s', who.expression, item_text, peer_text, order_time.day, money.finite, source_name, order_time.known,
			order_text, case when item is not null then ', ' || item_text else '' end);
	end if;
	-- a customer is of the peer group of its last order
	histories := format('(
		select o.customer_key, o.item_name, (array_agg(o.peer_name order by o.day desc, o.peer_name))[1] as peer_name,
			min(o.day) filter (where coalesce(o.amount, 0) >= 0) as first_date, revops.cadence_agg(o.day, o.amount) as history
		from (%s
		) o
		group by o.customer_key, o.item_name
	)', orders);
	-- a season is learned where there are two years to learn it from; offset 0: once a group, not once a customer
	models := format('(
		select g.peer_name, g.is_all, revops.cadence_model(g.sample, %1$s, 1, %2$s) as model
		from (
			select %3$s, revops.cadence_sample_agg(h.history, %4$s) as sample, min(h.first_date) as first_date
			from %5$s h%6$s
		) g
		offset 0
	)', coalesce(regularity::text, 'null'), case when season then format('coalesce(%s - g.first_date >= 730, false)', day_mark) else 'false' end,
		case when peer is not null then 'h.peer_name, grouping(h.peer_name) = 1 as is_all' else 'null::text as peer_name, true as is_all' end, day_mark, histories,
		case when peer is not null then E'\n\t\t\tgroup by grouping sets ((h.peer_name), ())' else '' end);
	checks := revops_internal.views_order_checks(source_name, customer, who.expression, who.column_type,
		(revops_internal.views_column(source, ordered_at, 'ordered_at', 'time')).expression, order_time.known, money.expression, money.finite, order_text, today);
end
$$;
comment on function revops_internal.cadence_sources(regclass, boolean, name, name, name, name, name, name, integer, boolean, date, text) is
	'checks what the makers of views of reorders and value read, and writes what they share';

create function reorder_create_views(
	prefix text,
	source regclass,
	customer name,
	ordered_at name,
	amount name,
	order_key name default null,
	peer name default null,
	item name default null,
	days integer default 90,
	regularity integer default null,
	season boolean default false,
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
	given record := revops_internal.cadence_sources(source, materialized, customer, ordered_at, amount, order_key, peer, item, regularity, season, as_of, time_zone);
	checks text := revops_internal.views_name(target_schema, prefix, 'checks');
	peer_columns jsonb := '[]';
	item_columns jsonb := '[]';
	call text;
	views jsonb;
begin
	if days is null or days not between 1 and 36500 then
		raise exception using errcode = 'invalid_parameter_value', message = 'days must lie between 1 and 36500',
			detail = format('The value is %s.', coalesce(days::text, 'NULL')), hint = 'So many days after as_of are forecast.';
	end if;
	if peer is not null then
		peer_columns := jsonb_build_array(
			array['peer_name', 'text', 'x.peer_name', format('the peer group of the last order: column %s of the source', peer)],
			array['peer_index', 'bigint', 'dense_rank() over (order by x.peer_name)', 'sorts peer groups by name']);
	end if;
	if item is not null then
		item_columns := jsonb_build_array(
			array['item_name', 'text', 'x.item_name', format('what is ordered: column %s of the source', item)],
			array['item_index', 'bigint', 'dense_rank() over (order by x.item_name)', 'sorts items by name']);
	end if;

	call := revops_internal.views_call('reorder_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(given.source_name),
		'customer', quote_literal(customer),
		'ordered_at', quote_literal(ordered_at),
		'amount', quote_literal(amount),
		'order_key', quote_literal(order_key),
		'peer', quote_literal(peer),
		'item', quote_literal(item),
		'days', days::text,
		'regularity', regularity::text,
		'season', season::text,
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'due',
			'answers', format('Whose next order is due, who is late, and what will %s days bring? One row per customer%s.', days, case when item is not null then ' and item' else '' end),
			'key', case when item is not null then array['customer_key', 'item_name'] else array['customer_key'] end,
			'columns', jsonb_build_array(
				array['customer_key', given.key_type, 'x.customer_key', format('the customer: column %s of the source', customer)])
				|| item_columns || peer_columns || jsonb_build_array(
				array['order_day_count', 'bigint', 'f.order_days', 'days with an order up to as_of'],
				array['last_date', 'date', 'f.last_date', 'day of the last order'],
				array['silence_days', 'integer', 'f.silence_days', 'days since then'],
				array['due_date', 'date', 'f.due_date', 'by then the next order comes with a chance of one half'],
				array['due_low_date', 'date', 'f.due_low', 'with one of 10 %'],
				array['due_high_date', 'date', 'f.due_high', 'with one of 90 %; later is overdue'],
				array['days_late', 'integer', 'f.days_late', 'days from due_date to as_of, 0 before it'],
				array['is_overdue', 'boolean', 'coalesce(f.overdue, false)', 'silent for longer than nine of ten gaps'],
				array['silence_rate', 'double precision', 'f.silence_probability', 'chance that a gap gets this long by itself'],
				array['alive_rate', 'double precision', 'f.alive_probability', 'chance that it still is a customer'],
				array['order_rate', 'double precision', 'f.order_probability', format('chance of an order within %s days', days)],
				array['expected_order_count', 'double precision', 'f.expected_orders', format('order days expected within %s days', days)],
				array['expected_amount', given.money_type,
					format('case when abs(f.expected_orders * e.spend) < 1e28 then round((f.expected_orders * e.spend)::numeric, %s) end', given.money_scale),
					'expected orders times what an order day of this customer brings'],
				array['reason_name', 'text', 'n.reason_name', 'overdue; due_now: from due_low_date on; not_due; unknown: no order yet, or no forecast'],
				array['reason_index', 'integer', 'array_position(array[''overdue'', ''due_now'', ''not_due'', ''unknown''], n.reason_name)', 'sorts the reasons'],
				array['model_name', 'text', 'x.model_name', 'the peer group whose model it is; all: everybody''s, where the own group has too few'],
				array['model_index', 'integer', 'case x.model_name when ''all'' then 2 else 1 end', 'sorts models, the own group''s first'],
				array['as_of', 'date', given.today, 'the last day that counts']),
			'from', format('from (
	select h.customer_key, h.item_name, h.peer_name, h.history, coalesce(p.model, a.model) as model, case when p.model is null then ''all'' else p.peer_name end as model_name
	from %1$s h
		cross join (select m.model from %2$s m where m.is_all) a
		left join (select m.peer_name, m.model from %2$s m where not m.is_all and (revops.cadence_model_rows(m.model)).status = ''ok'') p on p.peer_name = h.peer_name
) x
cross join (select revops.spend_model_agg(h.history, %3$s) as model from %1$s h) sp
cross join lateral revops.cadence_forecast(x.history, x.model, %3$s, %4$s) f
cross join lateral (select revops.spend_expected(x.history, sp.model, %3$s) as spend) e
cross join lateral (select case when f.due_low is null and f.due_date is null and f.silence_probability is null then ''unknown'' when f.overdue then ''overdue''
	when f.due_low <= %3$s then ''due_now'' else ''not_due'' end as reason_name) n', given.histories, replace(given.models, given.day_mark, given.today), given.today, days)),
		jsonb_build_object(
			'suffix', 'rhythm',
			'answers', case when peer is null then 'What is the rhythm of our customers? One row.' else 'What is the rhythm of each peer group? One row per group, and one for all.' end,
			'key', array['group_index'],
			'columns', jsonb_build_array(
				array['group_name', 'text', 'coalesce(m.peer_name, ''all'')', 'the peer group; all: everybody'],
				array['group_index', 'bigint', 'row_number() over (order by m.is_all, m.peer_name)', 'sorts the groups, all at the end'],
				array['regularity_index', 'integer', 'r.regularity', '1: orders come at random; the larger, the more regular'],
				array['typical_gap_days', 'double precision', 'r.typical_gap_days', 'half of the second orders would come within so many days'],
				array['second_order_rate', 'double precision', 'r.second_order_rate', 'share of customers that ever order again'],
				array['customer_count', 'bigint', 'r.accounts', 'customers it was learned from'],
				array['repeat_customer_count', 'bigint', 'r.repeat_accounts', 'those with a second order day'],
				array['gap_count', 'bigint', 'r.gaps', 'gaps between order days'],
				array['rate_shape_value', 'double precision', 'r.r', 'parameter r'],
				array['rate_scale_value', 'double precision', 'r.alpha', 'parameter alpha, in days'],
				array['leave_a_value', 'double precision', 'r.a', 'parameter a'],
				array['leave_b_value', 'double precision', 'r.b', 'parameter b'],
				array['is_seasonal', 'boolean', 'r.has_season', 'days of busy months count for more'],
				array['status_name', 'text', 'r.status', 'ok; few: the prior has a say; no_repeats: nobody ordered twice; stopped'],
				array['status_index', 'integer', 'array_position(array[''ok'', ''few'', ''no_repeats'', ''edge'', ''stopped''], r.status)', 'sorts the statuses'],
				array['detail_name', 'text', 'r.detail', 'the status in words'],
				array['as_of', 'date', given.today, 'the last day that counts']),
			'from', format('from %s m
cross join lateral revops.cadence_model_rows(m.model) r', replace(given.models, given.day_mark, given.today))),
		jsonb_build_object(
			'suffix', 'reorder_check',
			'answers', format('What was forecast %s days ago, and what came? One row per group.', days),
			'key', array['group_index'],
			'columns', jsonb_build_array(
				array['group_name', 'text', 'k.group_name', 'all; quintile_1 to quintile_5 by expected orders; overdue, not_overdue'],
				array['group_index', 'integer', 'k.group_index', 'sorts the groups'],
				array['customer_count', 'bigint', 'k.accounts', 'customers'],
				array['expected_order_count', 'double precision', 'k.expected_orders', 'order days that were forecast'],
				array['actual_order_count', 'bigint', 'k.actual_orders', 'order days that came'],
				array['order_ratio', 'double precision', 'k.order_ratio', 'expected/actual: above 1 promised too much'],
				array['expected_active_count', 'double precision', 'k.expected_active', 'customers expected to order'],
				array['actual_active_count', 'bigint', 'k.actual_active', 'customers that ordered'],
				array['active_rate', 'double precision', 'k.active_rate', 'share that ordered'],
				array['active_rate_low', 'double precision', 'k.active_rate_low', 'low end of its 95 % interval'],
				array['active_rate_high', 'double precision', 'k.active_rate_high', 'high end of its 95 % interval'],
				array['cut_date', 'date', format('%s - %s', given.today, days), 'the day of the forecast'],
				array['as_of', 'date', given.today, 'the last day that counts']),
			'from', format('from (
	select revops.cadence_sample_agg(h.history, %1$s - %2$s, %1$s) as sample
	from %3$s h
) s
cross join %4$s m
cross join lateral revops.cadence_check(s.sample, m.model) k
where m.is_all', given.today, days, given.histories, replace(given.models, given.day_mark, format('(%s - %s)', given.today, days)))),
		given.checks);
	return query
		select m.view_name, m.answers || case when m.view_name = checks then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function reorder_create_views(text, regclass, name, name, name, name, name, name, integer, integer, boolean, name, date, text, boolean, boolean, text) is
	'makes views for BI over a table of orders or order lines: PREFIX_due, PREFIX_rhythm, PREFIX_reorder_check, PREFIX_checks';

create function value_create_views(
	prefix text,
	source regclass,
	customer name,
	ordered_at name,
	amount name,
	order_key name default null,
	months integer default 12,
	discount_rate float8 default 0,
	margin_rate float8 default 1,
	regularity integer default null,
	season boolean default false,
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
	given record := revops_internal.cadence_sources(source, materialized, customer, ordered_at, amount, order_key, null, null, regularity, season, as_of, time_zone);
	checks text := revops_internal.views_name(target_schema, prefix, 'checks');
	check_view text := revops_internal.views_name(target_schema, prefix, 'value_check');
	arguments text;
	learned text;
	money text := format('case when abs(%%1$s) < 1e28 then round((%%1$s)::numeric, %s) end', given.money_scale);
	cut text;
	call text;
	views jsonb;
begin
	if months is null or months not between 1 and 600 then
		raise exception using errcode = 'invalid_parameter_value', message = 'months must lie between 1 and 600',
			detail = format('The value is %s.', coalesce(months::text, 'NULL')), hint = 'So many months after as_of are valued; 12 is a year.';
	end if;
	if discount_rate is null or not (discount_rate > -1 and discount_rate < 'infinity') then
		raise exception using errcode = 'invalid_parameter_value', message = 'discount_rate must be a finite number above -1',
			detail = format('The value is %s.', coalesce(discount_rate::text, 'NULL')), hint = '0.1 is ten percent a year.';
	end if;
	if margin_rate is null or not (margin_rate > '-infinity' and margin_rate < 'infinity') then
		raise exception using errcode = 'invalid_parameter_value', message = 'margin_rate must be a finite number',
			detail = format('The value is %s.', coalesce(margin_rate::text, 'NULL')), hint = '0.35: a third of the money is left.';
	end if;
	arguments := format('%s, %s, %L::float8, %L::float8', given.today, months, discount_rate, margin_rate);
	cut := format('(%s - interval %L)::date', given.today, months || ' months');
	learned := format('(
	select m.model, (select revops.spend_model_agg(h.history, %s) from %s h) as spend
	from %s m
	where m.is_all
	offset 0
)', given.day_mark, given.histories, given.models);

	call := revops_internal.views_call('value_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(given.source_name),
		'customer', quote_literal(customer),
		'ordered_at', quote_literal(ordered_at),
		'amount', quote_literal(amount),
		'order_key', quote_literal(order_key),
		'months', months::text,
		'discount_rate', quote_literal(discount_rate),
		'margin_rate', quote_literal(margin_rate),
		'regularity', regularity::text,
		'season', season::text,
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	-- the check comes first: the others show what it says
	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'value_check',
			'answers', format('What was forecast %s months ago, and what came? One row.', months),
			'key', array['as_of'],
			'columns', jsonb_build_array(
				array['customer_count', 'bigint', '(k.c).accounts', 'customers with an order by then'],
				array['expected_order_count', 'double precision', '(k.c).expected_orders', 'order days that were forecast'],
				array['actual_order_count', 'bigint', '(k.c).actual_orders', 'order days that came'],
				array['order_ratio', 'double precision', '(k.c).order_ratio', 'expected/actual: above 1 promised too much'],
				array['expected_amount', given.money_type, format(money, '(k.c).expected_value'), 'money that was forecast, before margin and discount'],
				array['actual_amount', given.money_type, '(k.c).actual_amount', 'money that came, credit notes taken off'],
				array['value_ratio', 'double precision', '(k.c).value_ratio', 'expected/actual: above 1 promised too much'],
				array['mean_error_amount', given.money_type, format(money, '(k.c).mean_absolute_error'), 'mean distance of forecast and money, customer by customer'],
				array['rank_correlation_value', 'double precision', '(k.c).rank_correlation', 'Spearman''s correlation of forecast and money: 1 is the same order'],
				array['cut_date', 'date', cut, 'the day of the forecast'],
				array['as_of', 'date', given.today, 'the last day that counts']),
			'from', format('from (
	select revops.clv_check_agg(h.history, l.model, l.spend, %1$s, %2$s) as c
	from %3$s h
	cross join %4$s l
	where l.model is not null and l.spend is not null
) k', cut, given.today, given.histories, replace(learned, given.day_mark, cut))),
		jsonb_build_object(
			'suffix', 'value',
			'answers', format('What will each customer bring in %s months? One row per customer.', months),
			'key', array['customer_key'],
			'columns', jsonb_build_array(
				array['customer_key', given.key_type, 'h.customer_key', format('the customer: column %s of the source', customer)],
				array['alive_rate', 'double precision', 'v.alive_probability', 'chance that it still is a customer'],
				array['expected_order_count', 'double precision', 'v.expected_orders', format('order days expected in %s months', months)],
				array['order_count_low', 'bigint', 'v.orders_low', 'low end of their number, 80 %'],
				array['order_count_high', 'bigint', 'v.orders_high', 'high end of their number, 80 %'],
				array['spend_amount', given.money_type, format(money, 'v.expected_spend'), 'what an order day of it brings'],
				array['value_amount', given.money_type, format(money, 'v.value'), format('orders times spend times a margin of %s, discounted by %s a year', margin_rate, discount_rate)],
				array['value_amount_low', given.money_type, format(money, 'v.value_low'), 'at order_count_low: the number of orders varies, amounts and parameters do not'],
				array['value_amount_high', given.money_type, format(money, 'v.value_high'), 'at order_count_high'],
				array['order_ratio', 'double precision', 'k.order_ratio', format('record of such forecasts, expected/actual orders of all customers %s months ago: above 1 promised too much', months)],
				array['value_ratio', 'double precision', 'k.value_ratio', 'the same of money'],
				array['as_of', 'date', given.today, 'the last day that counts']),
			'from', format('from %s h
cross join %s l
cross join %s k
cross join lateral revops.clv_forecast(h.history, l.model, l.spend, %s) v', given.histories, replace(learned, given.day_mark, given.today), check_view, arguments)),
		jsonb_build_object(
			'suffix', 'value_months',
			'answers', 'What will all customers bring, month by month? One row per month.',
			'key', array['month_index'],
			'columns', jsonb_build_array(
				array['month_index', 'integer', 'v.month_index', 'counts the months after as_of'],
				array['first_date', 'date', 'v.starts', 'first day of the month; months begin the day after as_of'],
				array['last_date', 'date', 'v.last_day', 'last day of the month'],
				array['expected_order_count', 'double precision', 'sum(v.expected_orders)', 'order days expected in it'],
				array['value_amount', given.money_type, format(money, 'sum(v.value)'), 'their money times the margin'],
				array['discounted_amount', given.money_type, format(money, 'sum(v.discounted)'), 'the same, discounted'],
				array['cumulative_amount', given.money_type, format(money, 'sum(v.cumulative)'), 'running sum of discounted_amount'],
				array['order_ratio', 'double precision', 'k.order_ratio', 'record of such forecasts: above 1 promised too much'],
				array['value_ratio', 'double precision', 'k.value_ratio', 'the same of money'],
				array['as_of', 'date', given.today, 'the last day that counts']),
			'from', format('from %s h
cross join %s l
cross join %s k
cross join lateral revops.clv_rows(h.history, l.model, l.spend, %s) v
group by v.month_index, v.starts, v.last_day, k.order_ratio, k.value_ratio', given.histories, replace(learned, given.day_mark, given.today), check_view, arguments)),
		given.checks);
	return query
		select m.view_name, m.answers || case when m.view_name = checks then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function value_create_views(text, regclass, name, name, name, name, integer, float8, float8, integer, boolean, name, date, text, boolean, boolean, text) is
	'makes views for BI over a table of orders or order lines: PREFIX_value, PREFIX_value_months, PREFIX_value_check, PREFIX_checks';
