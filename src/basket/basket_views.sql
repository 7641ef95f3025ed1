-- basket_views.sql: basket_create_views.

create function basket_create_views(
	prefix text,
	source regclass,
	basket name,
	customer name,
	item name,
	ordered_at name,
	amount name,
	quantity name default null,
	item_group name default null,
	min_baskets integer default 5,
	max_items integer default 100,
	within_days integer default 180,
	min_customers integer default 20,
	check_days integer default 365,
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
	zone text := revops_internal.views_zone(source, array[ordered_at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	sold_time record := revops_internal.views_time(source, ordered_at, 'ordered_at', zone, today);
	money record := revops_internal.views_column(source, amount, 'amount', 'amount');
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	basket_text text := (revops_internal.views_column(source, basket, 'basket', 'label')).expression;
	item_text text := (revops_internal.views_column(source, item, 'item', 'label')).expression;
	group_text text := item_text;	-- what pairs, what comes next and what is missing are asked of
	group_noun text := format('column %s of the source', coalesce(item_group, item));
	units record;
	units_text text;	-- null::numeric without
	bad_text text := format('%s is not null and %s is null', money.expression, money.finite);
	sold text;	-- lines of baskets, with the day of the basket's first
	adoptions text;	-- one row: what all customers bought
	number record;
	checks text;
	call text;
	views jsonb;
begin
	for number in select * from (values ('min_baskets', min_baskets, 1), ('max_items', max_items, 2), ('within_days', within_days, 1), ('min_customers', min_customers, 1), ('check_days', check_days, 1)) v(name, value, least) loop
		if number.value is null or number.value < number.least then
			raise exception using errcode = 'invalid_parameter_value', message = format('%s must be at least %s', number.name, number.least),
				detail = format('The value is %s.', coalesce(number.value::text, 'NULL')), hint = 'Leave it out to get its default.';
		end if;
	end loop;
	if item_group is not null then
		group_text := (revops_internal.views_column(source, item_group, 'item_group', 'label')).expression;
	end if;
	if quantity is not null then
		units := revops_internal.views_column(source, quantity, 'quantity', 'amount');
		units_text := units.finite;
		bad_text := format('%s or %s is not null and %s is null', bad_text, units.expression, units.finite);
	end if;

	-- credit notes are no baskets: neither by their amount nor by their quantity; nor is what came back bought
	sold := format('select %1$s collate "C" as basket_key, %2$s collate "C" as item_name, %3$s collate "C" as group_name, %4$s as quantity, min(%5$s) over (partition by %1$s) as day
			from %6$s s
			where %7$s and %1$s is not null and coalesce(%8$s, 0) >= 0%9$s', basket_text, item_text, group_text, coalesce(units_text, 'null::numeric'), sold_time.day, source_name, sold_time.known, money.finite,
			case when quantity is not null then format(' and coalesce(%s, 1) > 0', units_text) end);
	adoptions := format('(
	select revops.adoption_agg((%1$s)::text collate "C", %2$s collate "C", %3$s, %4$s) as stats
	from %5$s s
	where %6$s%7$s
) c', who.expression, group_text, sold_time.day, money.finite, source_name, sold_time.known, case when quantity is not null then format(' and (coalesce(%s, 1) > 0 or coalesce(%s, 0) < 0)', units_text, money.finite) end);

	call := revops_internal.views_call('basket_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'basket', quote_literal(basket),
		'customer', quote_literal(customer),
		'item', quote_literal(item),
		'ordered_at', quote_literal(ordered_at),
		'amount', quote_literal(amount),
		'quantity', quote_literal(quantity),
		'item_group', quote_literal(item_group),
		'min_baskets', min_baskets::text,
		'max_items', max_items::text,
		'within_days', within_days::text,
		'min_customers', min_customers::text,
		'check_days', check_days::text,
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'attach',
			'answers', 'How many baskets hold several items, how many items does one hold, and which two go together most? One row per month of the basket''s first line.',
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'r.period', 'first day of the month'],
				array['period_index', 'bigint', 'r.place', 'sorts the months'],
				array['state_name', 'text', 'r.state', 'complete, or running: known until as_of'],
				array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], r.state)', 'sorts states'],
				array['basket_count', 'bigint', 'coalesce(b.baskets, 0)', 'baskets'],
				array['multi_item_basket_count', 'bigint', 'coalesce(b.multi_item_baskets, 0)', 'of them with two different items or more'],
				array['multi_item_rate', 'double precision', 'b.multi_item_rate', 'attach 1: their share of the baskets, 0 to 1'],
				array['multi_item_rate_low', 'double precision', 'b.multi_item_rate_low', 'lower end of its 95 % interval'],
				array['multi_item_rate_high', 'double precision', 'b.multi_item_rate_high', 'upper end of its 95 % interval'],
				array['items_per_basket_ratio', 'double precision', 'b.items_per_basket', 'attach 2: different items a basket holds, on average'])
				|| case when quantity is null then '[]' else jsonb_build_array(
				array['units_per_basket_ratio', 'double precision', 'b.units_per_basket', 'quantity a basket holds, on average; empty where a line has none']) end || jsonb_build_array(
				array['top_a_name', 'text', 'p.item_a', format('the two that stand together in most baskets of the month: %s', group_noun)],
				array['top_a_index', 'bigint', 'dense_rank() over (order by p.item_a)', 'sorts them, by name'],
				array['top_b_name', 'text', 'p.item_b', 'the other one'],
				array['top_b_index', 'bigint', 'dense_rank() over (order by p.item_b)', 'sorts them, by name'],
				array['top_both_count', 'bigint', 'p.both_count', format('baskets with both, of those with at most %s', max_items)],
				array['top_attach_rate', 'double precision', 'p.attach_rate', 'attach 3: share of the baskets with the first that hold the second, too'],
				array['top_attach_rate_low', 'double precision', 'p.attach_rate_low', 'lower end of its 95 % interval'],
				array['top_attach_rate_high', 'double precision', 'p.attach_rate_high', 'upper end of its 95 % interval'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	with l as (
			%1$s
	)
	select q.period, q.state, row_number() over (order by q.period) as place, c.by_item, c.by_group
	from revops.period_rows(''month'', coalesce((select min(l.day) from l), %2$s), %2$s + 1, %2$s) q
		left join (
			select date_trunc(''month'', l.day)::date as period, revops.basket_agg(l.basket_key, l.item_name%3$s) as by_item, revops.basket_agg(l.basket_key, l.group_name%3$s) as by_group
			from l
			group by date_trunc(''month'', l.day)
		) c on c.period = q.period
) r
	left join lateral revops.basket_summary(r.by_item) b on true
	left join lateral (select p.* from revops.basket_pairs(r.by_group, 1, %4$s) p limit 1) p on true', sold, today, case when quantity is not null then ', l.quantity' end, max_items)),
		jsonb_build_object(
			'suffix', 'pairs',
			'answers', format('Which items go together? One row per two items in at least %s baskets, both ways.', min_baskets),
			'key', array['item_a_name', 'item_b_name'],
			'columns', jsonb_build_array(
				array['item_a_name', 'text', 'p.item_a', group_noun],
				array['item_a_index', 'bigint', 'dense_rank() over (order by p.item_a)', 'sorts them, by name'],
				array['item_b_name', 'text', 'p.item_b', 'the other one'],
				array['item_b_index', 'bigint', 'dense_rank() over (order by p.item_b)', 'sorts them, by name'],
				array['basket_count', 'bigint', 'p.basket_count', format('baskets with at most %s items: larger ones take part in no count', max_items)],
				array['item_a_count', 'bigint', 'p.a_count', 'of them with the first'],
				array['item_b_count', 'bigint', 'p.b_count', 'of them with the second'],
				array['both_count', 'bigint', 'p.both_count', 'of them with both'],
				array['support_rate', 'double precision', 'p.support', 'share of all baskets with both'],
				array['attach_rate', 'double precision', 'p.attach_rate', 'share of the baskets with the first that hold the second, too'],
				array['attach_rate_low', 'double precision', 'p.attach_rate_low', 'lower end of its 95 % interval'],
				array['attach_rate_high', 'double precision', 'p.attach_rate_high', 'upper end of its 95 % interval'],
				array['lift_ratio', 'double precision', 'p.lift', 'attach_rate over the share of all baskets that hold the second: 1 means that the first says nothing'],
				array['lift_ratio_low', 'double precision', 'p.lift_low', 'lower end of its 95 % interval'],
				array['lift_ratio_high', 'double precision', 'p.lift_high', 'upper end of its 95 % interval'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.basket_agg(l.basket_key, l.group_name%1$s) as baskets
	from (
			%2$s
	) l
) c,
revops.basket_pairs(c.baskets, %3$s, %4$s) p', case when quantity is not null then ', l.quantity' end, sold, min_baskets, max_items)),
		jsonb_build_object(
			'suffix', 'next',
			'answers', format('What do customers come to next? One row per two items that a customer has, where at least %s have the first.', min_customers),
			'key', array['item_a_name', 'item_b_name'],
			'columns', jsonb_build_array(
				array['item_a_name', 'text', 'p.item_a', format('what they had: %s', group_noun)],
				array['item_a_index', 'bigint', 'dense_rank() over (order by p.item_a)', 'sorts them, by name'],
				array['item_b_name', 'text', 'p.item_b', 'what they came to'],
				array['item_b_index', 'bigint', 'dense_rank() over (order by p.item_b)', 'sorts them, by name'],
				array['customer_count', 'bigint', 'p.a_count', 'customers of the first'],
				array['before_count', 'bigint', 'p.before_count', 'of them had the second before'],
				array['same_day_count', 'bigint', 'p.same_day_count', 'of them came to both on one day'],
				array['followed_count', 'bigint', 'p.followed_count', format('of them came to the second within %s days after the first', within_days)],
				array['mature_count', 'bigint', 'p.mature_count', format('had %s days for it by as_of, and neither had it before nor on the day', within_days)],
				array['mature_followed_count', 'bigint', 'p.mature_followed_count', 'of those came to the second in time'],
				array['follow_rate', 'double precision', 'p.follow_rate', 'mature_followed_count of mature_count, 0 to 1'],
				array['follow_rate_low', 'double precision', 'p.follow_rate_low', 'lower end of its 95 % interval'],
				array['follow_rate_high', 'double precision', 'p.follow_rate_high', 'upper end of its 95 % interval'],
				array['base_rate', 'double precision', 'p.base_rate', 'the same after all other items: what the second does anyway'],
				array['median_days', 'double precision', 'p.median_days', 'half of those that followed did so within so many days'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.adoption_pairs(c.stats, %s, %s, %s) p', adoptions, today, within_days, min_customers)),
		jsonb_build_object(
			'suffix', 'white_space',
			'answers', 'Which items does each customer lack that others like it have? One row per customer and item. A rank, not a chance.',
			'key', array['customer_key', 'item_name'],
			'columns', jsonb_build_array(
				array['rank_index', 'bigint', 'w.place', 'sorts the rows, the best first'],
				array['customer_key', who.column_type, format('w.customer::%s', who.column_type), format('the customer: column %s of the source', customer)],
				array['item_name', 'text', 'w.item', format('what it lacks: %s', group_noun)],
				array['item_index', 'bigint', 'dense_rank() over (order by w.item)', 'sorts items, by name'],
				array['because_name', 'text', 'w.because', 'what it has in common with the peers; everyone: nothing says more'],
				array['because_index', 'bigint', 'dense_rank() over (order by w.because)', 'sorts reasons, by name'],
				array['peer_count', 'bigint', 'w.peer_count', 'other customers that have that'],
				array['have_count', 'bigint', 'w.have_count', 'of them with the item'],
				array['peer_rate', 'double precision', 'w.peer_rate', 'have_count of peer_count: how common it is among them, not how likely the customer is to buy'],
				array['peer_rate_low', 'double precision', 'w.peer_rate_low', 'lower end of its 95 % interval: the rank is by this'],
				array['peer_rate_high', 'double precision', 'w.peer_rate_high', 'upper end of its 95 % interval'],
				array['lift_ratio', 'double precision', 'w.lift', 'peer_rate over the share of all customers that have the item'],
				array['peer_amount', money.column_type, 'w.peer_amount::numeric', 'what half of the peers that have it spent on it at most, so far'],
				array['potential_amount', money.column_type, 'w.potential_amount::numeric', 'peer_rate_low of that: to compare rows, not to sum them: a customer will not buy all it lacks'],
				array['band_index', 'integer', 'w.band', 'tenth of the rank, 10 the best'],
				array['past_offer_count', 'bigint', 'k.offers', format('rows of this tenth %s days before as_of', check_days)],
				array['past_taken_rate', 'double precision', 'k.taken_rate', 'share of those that were bought until as_of: what a row of this tenth was worth'],
				array['past_taken_rate_low', 'double precision', 'k.taken_rate_low', 'lower end of its 95 % interval'],
				array['past_taken_rate_high', 'double precision', 'k.taken_rate_high', 'upper end of its 95 % interval'],
				array['past_popular_taken_rate', 'double precision', 'k.popular_taken_rate', 'the same, had what most customers have been offered first'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %1$s
	cross join lateral (
		select r.*, r.ordinality as place, (10 - 10 * (r.ordinality - 1) / count(*) over ())::integer as band
		from revops.white_space_rows(c.stats, %2$s, %3$s) with ordinality r
	) w
	left join lateral revops.white_space_check(c.stats, %2$s - %4$s, %2$s, %3$s) k on k.band_index = w.band', adoptions, today, min_customers, check_days)));

	checks := $q$select 1 as problem_index, 'no_time' as problem_name, true as is_left_out, null::text as item_key, count(*) as row_count, 'rows without a time, or with an endless one' as detail_name
	from r
	where r.is_untimed
	having count(*) > 0
	union all
	select 2, 'no_item', true, null, count(*), 'rows without an item'
	from k
	where k.key is null and k.item_key is null
	having count(*) > 0
	union all
	select 2, 'no_item', false, null, count(*), 'rows with a group alone are in no count of items'
	from k
	where k.key is not null and k.item_key is null
	having count(*) > 0
	union all
	select 2, 'no_item', false, null, count(*), 'rows with an item, but no group, are in no view of groups'
	from k
	where k.key is null and k.item_key is not null
	having count(*) > 0
	union all
	select 3, 'no_basket', true, null, count(*), 'rows without a basket and without a customer'
	from k
	where k.basket_key is null and k.customer_key is null
	having count(*) > 0
	union all
	select 3, 'no_basket', false, null, count(*), 'rows without a basket are in no view of baskets'
	from k
	where k.basket_key is null and k.customer_key is not null
	having count(*) > 0
	union all
	select 4, 'no_customer', false, null, count(*), 'rows without a customer are in no view of customers'
	from k
	where k.customer_key is null and k.basket_key is not null
	having count(*) > 0
	union all
	select 5, 'not_positive', true, null, count(*), 'rows with a quantity of 0 or less and no negative amount'
	from k
	where k.is_return
	having count(*) > 0
	union all
	select 5, 'not_positive', false, null, count(*), 'rows with a negative amount are in no basket and are no purchase; they lower what the customer spent'
	from k
	where k.is_credit and not k.is_return
	having count(*) > 0
	union all
	select 6, 'bad_amount', false, null, count(*), 'amounts and quantities that are NaN or endless count as not given'
	from k
	where k.is_bad_amount
	having count(*) > 0
	union all
	select 7, 'shared_basket', false, null, sum(b.row_count)::bigint, 'baskets under several customers: ' || count(*) || ', for example ' || min(b.basket_key)
	from b
	where b.customers > 1
	having count(*) > 0
	union all
	select 8, 'long_basket', false, null, sum(b.row_count)::bigint, 'baskets whose lines lie more than 31 days apart: ' || count(*) || ', for example ' || min(b.basket_key)
	from b
	where b.last_day - b.first_day > 31
	having count(*) > 0
	union all
	$q$ || format($q$select 9, 'large_basket', false, null, sum(b.row_count)::bigint, 'baskets with more than %s items take part in no pair: ' || count(*)
	from b
	where b.items > %1$s
	having count(*) > 0$q$, max_items) || revops_internal.views_key_checks('item', 'text', 10);
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'no_time, no_item, no_basket, no_customer, not_positive, bad_amount, shared_basket, long_basket, large_basket, blank_key, similar_keys'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['item_key', 'text', 'f.item_key', format('the item, where it is about one: %s', group_noun)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as key, %12$s as item_key, %2$s as basket_key, %3$s as customer_key, %4$s is null or not isfinite(%4$s) as is_untimed, %5$s as day, coalesce(%6$s < 0, false)%7$s as is_credit, %13$s as is_return, %8$s as is_bad_amount
		from %9$s s
		where %4$s is null or not isfinite(%4$s) or %10$s
	), k as (
		select r.*
		from r
		where not r.is_untimed
	), b as (
		select k.basket_key, count(*) as row_count, count(distinct k.customer_key) as customers, count(distinct k.key) as items, min(k.day) as first_day, max(k.day) as last_day
		from k
		where k.basket_key is not null and k.key is not null and not k.is_credit
		group by k.basket_key
	), found as (
	%11$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.item_key, f.detail_name) as finding_index
	from found f
) f', group_text, basket_text, who.expression, (revops_internal.views_column(source, ordered_at, 'ordered_at', 'time')).expression, sold_time.day, money.finite,
			case when quantity is not null then format(' or coalesce(%s <= 0, false)', units_text) end, bad_text, source_name, sold_time.known, checks, item_text,
			case when quantity is not null then format('coalesce(%s, 1) <= 0 and coalesce(%s, 0) >= 0', units_text, money.finite) else 'false' end)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function basket_create_views(text, regclass, name, name, name, name, name, name, name, integer, integer, integer, integer, integer, name, date, text, boolean, boolean, text) is
	'makes views for BI over lines of orders: PREFIX_attach, _pairs, _next, _white_space, _checks';
