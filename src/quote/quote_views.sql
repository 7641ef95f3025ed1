-- views_quote.sql: quote_create_views.

create function quote_create_views(
	prefix text,
	source regclass,
	line_key name,
	item name,
	quantity name,
	priced_on name,
	price_book regclass,
	book_item name,
	book_tariff name,
	book_valid name default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 2
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	book_name text := revops_internal.views_source(price_book, 'price_book', materialized);
	zone text := revops_internal.views_zone(source, array[priced_on], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	line record := revops_internal.views_column(source, line_key, 'line_key', 'key');
	what record := revops_internal.views_column(source, item, 'item', 'key');
	amount record := revops_internal.views_column(source, quantity, 'quantity', 'amount');
	day record := revops_internal.views_time(source, priced_on, 'priced_on', zone, today);
	book_what record := revops_internal.views_column(price_book, book_item, 'book_item', 'key');
	price record := revops_internal.views_column(price_book, book_tariff, 'book_tariff', 'tariff');
	tariff text := price.expression;
	valid text := 'null::daterange';
	-- prices may have as many decimals as quantity and unit price together
	money text := 'numeric(38,10)';
	lines text;
	shared_columns jsonb;
	call text;
	views jsonb;
begin
	if book_valid is not null then
		valid := (revops_internal.views_column(price_book, book_valid, 'book_valid', 'days')).expression;
	end if;
	-- items of two types are compared as text
	if what.column_type <> book_what.column_type or (what.expression like 'lower(%') <> (book_what.expression like 'lower(%') then
		what := revops_internal.views_column(source, item, 'item', 'label');
		book_what := revops_internal.views_column(price_book, book_item, 'book_item', 'label');
	end if;
	-- a text that is no tariff is the trouble of its lines alone
	if price.column_type = 'text' then
		tariff := format('case when revops.tariff_problem(%1$s) is null then %1$s::revops.tariff_def end', tariff);
	end if;
	-- the book is cut into days on which the same prices hold, so that a line meets one row of it at most
	lines := format('(
	with price as materialized (
		select r.*, r.tariff::text::jsonb ->> ''currency'' as currency_name
		from (
			select %s as item_key,
				%s as tariff,
				coalesce(%s, daterange(null, null)) as valid_days
			from %s s
			where %s is not null
		) r
	),
	period as (
		select b.item_key, b.from_date, lead(b.from_date) over (partition by b.item_key order by b.from_date) as until_date
		from (
			select item_key, coalesce(lower(valid_days), ''-infinity'') as from_date from price
			union
			select item_key, upper(valid_days) from price where not upper_inf(valid_days)
		) b
	),
	book as materialized (
		select d.item_key, d.from_date, coalesce(d.until_date, ''infinity'') as until_date,
			count(*) as price_count, (array_agg(p.tariff))[1] as tariff, min(p.currency_name) as currency_name
		from period d
		join price p on p.item_key = d.item_key and p.valid_days @> d.from_date
		group by 1, 2, 3
	)
	select l.*, coalesce(k.price_count, 0) as price_count, k.tariff, k.currency_name,
		case
			when l.line_quantity is null then ''no_quantity''
			when not (l.line_quantity >= 0 and l.line_quantity < ''infinity'') then ''bad_quantity''
			when l.priced_date is null then ''no_date''
			when k.price_count is null then ''no_price''
			when k.price_count > 1 then ''two_prices''
			when k.tariff is null then ''bad_price''
			else ''priced''
		end as reason_name
	from (
		select %6$s as line_key,
			%7$s as item_key,
			%8$s as line_quantity,
			nullif(%9$s, ''-infinity'') as priced_date
		from %10$s s
		where %11$s or s.%12$I is null or s.%12$I = ''-infinity''
	) l
	left join book k on k.item_key = l.item_key and l.priced_date >= k.from_date and l.priced_date < k.until_date
) q', book_what.expression, tariff, valid, book_name, price.expression,
		line.expression, what.expression, amount.expression, day.day, source_name, day.known, priced_on);

	call := revops_internal.views_call('quote_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'line_key', quote_literal(line_key),
		'item', quote_literal(item),
		'quantity', quote_literal(quantity),
		'priced_on', quote_literal(priced_on),
		'price_book', quote_literal(book_name),
		'book_item', quote_literal(book_item),
		'book_tariff', quote_literal(book_tariff),
		'book_valid', quote_literal(book_valid),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true']);

	shared_columns := jsonb_build_array(
		array['line_key', line.column_type, 'q.line_key', format('the line: column %s of the source', line_key)],
		array['item_key', what.column_type, 'q.item_key', format('the item: column %s of the source', item)],
		array['priced_date', 'date', 'q.priced_date', format('the day whose prices hold, in %s', zone)]);
	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'lines',
			'answers', 'What does each line cost by the price book, and which lines have no price or two? A row a line.',
			'key', array['line_key'],
			'columns', shared_columns || jsonb_build_array(
				array['line_quantity', amount.column_type, 'case when q.line_quantity > ''-infinity'' and q.line_quantity < ''infinity'' then q.line_quantity end',
					'the quantity; empty where it is none, NaN or endless'],
				array['reason_name', 'text', 'q.reason_name', 'priced, or why it is not: no_price, two_prices, bad_price (it is no tariff), no_quantity, bad_quantity, no_date'],
				array['reason_index', 'integer',
					'array_position(array[''priced'', ''no_price'', ''two_prices'', ''bad_price'', ''no_quantity'', ''bad_quantity'', ''no_date''], q.reason_name)', 'sorts reasons'],
				array['price_count', 'bigint', 'q.price_count', 'prices of the item on that day'],
				array['line_amount', money, 'case when q.reason_name = ''priced'' then revops.tariff_price(q.tariff, q.line_quantity) end', 'what the line costs; empty where it is not priced'],
				array['unit_price_amount', money,
					'case when q.reason_name = ''priced'' then revops.tariff_price(q.tariff, q.line_quantity) / nullif(q.line_quantity, 0) end', 'the same a unit'],
				array['currency_name', 'text', 'case when q.reason_name = ''priced'' then q.currency_name end', 'currency of the price; add amounts of one currency only'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s', lines)),
		jsonb_build_object(
			'suffix', 'tiers',
			'answers', 'How does the price of each line come about? A row a tier, fee, rounding or bound of a priced line.',
			'key', array['line_key', 'tier_index'],
			'columns', shared_columns || jsonb_build_array(
				array['tier_index', 'integer', 't.line_index', 'sorts the parts of a line''s price'],
				array['kind_name', 'text', 't.kind', 'tier, flat_fee, rounding, maximum or minimum'],
				array['kind_index', 'integer', 'array_position(array[''tier'', ''flat_fee'', ''rounding'', ''maximum'', ''minimum''], t.kind)', 'sorts kinds'],
				array['from_quantity', money, 't.from_quantity', 'the tier begins above it, in billable units'],
				array['to_quantity', money, 'nullif(t.to_quantity, ''infinity'')', 'the tier ends with it; empty: open'],
				array['tier_quantity', money, 't.quantity', 'billable units in the tier'],
				array['unit_price_amount', money, 't.unit_price', 'price of one'],
				array['tier_amount', money, 't.amount', 'the part; parts add up to the line''s amount'],
				array['currency_name', 'text', 'q.currency_name', 'currency of the price'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.tariff_lines(q.tariff, case when q.reason_name = ''priced'' then q.line_quantity end) t
where q.reason_name = ''priced''', lines)));
	return query select * from revops_internal.views_make(call, prefix, target_schema, materialized, replace, views);
end
$$;
comment on function quote_create_views(text, regclass, name, name, name, name, regclass, name, name, name, name, date, text, boolean, boolean) is
	'makes views for BI over lines and a price book: PREFIX_lines, PREFIX_tiers; lines without a price are shown with the reason';
