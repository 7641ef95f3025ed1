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
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 3
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
	-- prices may have as many decimals as quantity and unit price together; what reaches 10^32 is no price
	money text := 'numeric(42,10)';
	shown text := 'case when %1$s < 1e32 and %1$s > -1e32 then %1$s end';
	book text;
	lines text;
	like_items text := 'null';	-- items of the price book that differ from a line's by spaces or case alone
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
	book := format('
		select %s as item_key,
			%s as tariff,
			coalesce(%s, daterange(null, null)) as valid_days,
			%s is null as is_missing
		from %s s', book_what.expression, tariff, valid, price.expression, book_name);
	-- the book is cut into days on which the same prices hold, so that a line meets one row of it at most
	lines := format('(
	with price as materialized (
		select r.*, r.tariff::text::jsonb ->> ''currency'' as currency_name
		from (%1$s
		) r
		where not r.is_missing
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
			when not (l.line_quantity >= 0 and l.line_quantity < 1e22) then ''bad_quantity''
			when l.priced_date is null then ''no_date''
			when k.price_count is null then ''no_price''
			when k.price_count > 1 then ''two_prices''
			when k.tariff is null or revops.tariff_price(k.tariff, l.line_quantity) >= 1e32 then ''bad_price''
			else ''priced''
		end as reason_name
	from (
		select %2$s as line_key,
			%3$s as item_key,
			%4$s as line_quantity,
			nullif(%5$s, ''-infinity'') as priced_date
		from %6$s s
		where %7$s or s.%8$I is null or s.%8$I = ''-infinity''
	) l
	left join book k on k.item_key = l.item_key and l.priced_date >= k.from_date and l.priced_date < k.until_date
) q', book, line.expression, what.expression, amount.expression, day.day, source_name, day.known, priced_on);

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
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	shared_columns := jsonb_build_array(
		array['line_key', line.column_type, 'q.line_key', format('the line: column %s of the source', line_key)],
		array['item_key', what.column_type, 'q.item_key', format('the item: column %s of the source', item)],
		array['priced_date', 'date', 'q.priced_date', format('the day whose prices hold, in %s', zone)]);
	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'lines',
			'answers', 'What does each line cost by the price book, and which lines have no price or two? One row per line.',
			'key', array['line_key'],
			'columns', shared_columns || jsonb_build_array(
				array['line_quantity', amount.column_type, 'case when q.line_quantity > -1e22 and q.line_quantity < 1e22 then q.line_quantity end',
					'the quantity; empty where it is none, NaN, endless or 10^22 and more'],
				array['reason_name', 'text', 'q.reason_name', 'priced, or why it is not: no_price, two_prices, bad_price (it is no tariff, or the line would cost 10^32 and more), no_quantity, bad_quantity, no_date'],
				array['reason_index', 'integer',
					'array_position(array[''priced'', ''no_price'', ''two_prices'', ''bad_price'', ''no_quantity'', ''bad_quantity'', ''no_date''], q.reason_name)', 'sorts reasons'],
				array['price_count', 'bigint', 'q.price_count', 'prices of the item on that day'],
				array['line_amount', money, 'case when q.reason_name = ''priced'' then revops.tariff_price(q.tariff, q.line_quantity) end', 'what the line costs; empty where it is not priced'],
				array['unit_price_amount', money, format(shown,
					'(case when q.reason_name = ''priced'' then revops.tariff_price(q.tariff, q.line_quantity) / nullif(q.line_quantity, 0) end)'), 'the same a unit'],
				array['currency_name', 'text', 'case when q.reason_name = ''priced'' then q.currency_name end', 'currency of the price; add amounts of one currency only'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s', lines)),
		jsonb_build_object(
			'suffix', 'tiers',
			'answers', 'How does the price of each line come about? One row per tier, fee, rounding or bound of a priced line.',
			'key', array['line_key', 'tier_index'],
			'columns', shared_columns || jsonb_build_array(
				array['tier_index', 'integer', 't.line_index', 'sorts the parts of a line''s price'],
				array['kind_name', 'text', 't.kind', 'tier, flat_fee, rounding, maximum or minimum'],
				array['kind_index', 'integer', 'array_position(array[''tier'', ''flat_fee'', ''rounding'', ''maximum'', ''minimum''], t.kind)', 'sorts kinds'],
				array['from_quantity', money, format(shown, 't.from_quantity'), 'the tier begins above it, in billable units'],
				array['to_quantity', money, format(shown, 't.to_quantity'), 'the tier ends with it; empty: open'],
				array['tier_quantity', money, format(shown, 't.quantity'), 'billable units in the tier'],
				array['unit_price_amount', money, format(shown, 't.unit_price'), 'price of one'],
				array['tier_amount', money, format(shown, 't.amount'), 'the part; parts add up to the line''s amount; empty where it is 10^32 and more'],
				array['currency_name', 'text', 'q.currency_name', 'currency of the price'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.tariff_lines(q.tariff, case when q.reason_name = ''priced'' then q.line_quantity end) t
where q.reason_name = ''priced''', lines)));
	if what.column_type = 'text' then
		like_items := format('(
			select string_agg(distinct ''"'' || %1$s || ''"'', '', '')
			from %2$s s
			where lower(regexp_replace(%1$s collate "default", ''[[:space:]]'', '''', ''g'')) = lower(regexp_replace(u.item_key collate "default", ''[[:space:]]'', '''', ''g''))
				and %1$s <> u.item_key)', book_what.expression, book_name);
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which lines and prices are worth a look, and which lines have no price? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'no line is priced: no_quantity, bad_quantity, no_date, no_price, two_prices, bad_price; '
				|| 'kept: no_key, repeated_key, several_currencies; of the price book: book_no_key, book_bad_price, book_overlap'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these lines have no amount'],
			array['row_count', 'bigint', 'f.row_count', 'how many lines, or rows of the price book, it is about'],
			array['item_key', what.column_type, 'f.item_key', format('the item, where it is about one: column %s of the source', item)],
			array['line_key', line.column_type, 'f.line_key', format('the line, where it is about one: column %s of the source', line_key)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with l as materialized (
		select q.line_key, q.item_key, q.reason_name, q.currency_name
		from %1$s
	), book as materialized (%5$s
	), unpriced as (
		select l.item_key, l.reason_name, count(*) as row_count
		from l
		where l.reason_name <> ''priced''
		group by l.item_key, l.reason_name
	), found as (
		select array_position(array[''no_quantity'', ''bad_quantity'', ''no_date''], u.reason_name) as problem_index, u.reason_name as problem_name, true as is_left_out,
			sum(u.row_count)::bigint as row_count, null::%2$s as item_key, null::%3$s as line_key,
			case u.reason_name when ''no_quantity'' then ''lines without a quantity'' when ''bad_quantity'' then ''quantities that are negative, NaN, endless or 10^22 and more''
				else ''lines without a day'' end as detail_name
		from unpriced u
		where u.reason_name in (''no_quantity'', ''bad_quantity'', ''no_date'')
		group by u.reason_name
		union all
		select array_position(array[''no_price'', ''two_prices'', ''bad_price''], u.reason_name) + 3, u.reason_name, true, u.row_count, u.item_key, null,
			case u.reason_name
				when ''no_price'' then ''the price book has no price of the item on these days'' || coalesce(''; it has '' || %4$s, '''')
				when ''two_prices'' then ''the price book has several prices of the item on these days''
				else ''the price of the item is no tariff, or the lines would cost 10^32 and more'' end
		from unpriced u
		where u.reason_name in (''no_price'', ''two_prices'', ''bad_price'')
		union all
		select 7, ''no_key'', false, count(*), null, null, ''lines without a key''
		from l
		where l.line_key is null
		having count(*) > 0
		union all
		select 8, ''repeated_key'', false, count(*), null, l.line_key, ''several lines of one key''
		from l
		where l.line_key is not null
		group by l.line_key
		having count(*) > 1
		union all
		select 9, ''several_currencies'', false, count(*), null, null, ''prices are in several currencies, which must not be added up: '' || string_agg(distinct coalesce(l.currency_name, ''none''), '', '')
		from l
		where l.reason_name = ''priced''
		having count(distinct coalesce(l.currency_name, '''')) > 1
		union all
		select 10, ''book_no_key'', false, count(*), null, null, ''rows of the price book without an item or without a price''
		from book
		where book.item_key is null or book.is_missing
		having count(*) > 0
		union all
		select 11, ''book_bad_price'', false, count(*), book.item_key, null, ''prices in the price book that are no tariff''
		from book
		where not book.is_missing and book.tariff is null
		group by book.item_key
		union all
		select 12, ''book_overlap'', false, count(*), o.item_key, null,
			''rows of the price book that hold on days of an earlier row of the item, first on '' || to_char(min(o.from_date), ''YYYY-MM-DD'')
		from (
			select p.item_key, greatest(p.from_date, date ''0001-01-01'') as from_date,
				p.from_date < max(p.until_date) over (partition by p.item_key order by p.from_date, p.until_date rows between unbounded preceding and 1 preceding) as is_overlap
			from (
				select b.item_key, coalesce(lower(b.valid_days), ''-infinity'') as from_date, coalesce(upper(b.valid_days), ''infinity'') as until_date
				from book b
				where not b.is_missing and b.item_key is not null and not isempty(b.valid_days)
			) p
		) o
		where o.is_overlap
		group by o.item_key
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.item_key, f.line_key) as finding_index
	from found f
) f', lines, what.column_type, line.column_type, like_items, book)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function quote_create_views(text, regclass, name, name, name, name, regclass, name, name, name, name, date, text, boolean, boolean, text) is
	'makes views for BI over lines and a price book: PREFIX_lines, _tiers, _checks; lines without a price are shown with the reason';
