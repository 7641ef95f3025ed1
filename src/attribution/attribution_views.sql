-- attribution_views.sql: attribution_create_views.

create function attribution_create_views(
	prefix text,
	source regclass,
	entity name,
	at name,
	channel name,
	outcome name,
	amount name default null,
	definition attribution_def default '{}',
	row_count integer default 1000,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 6
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	who record := revops_internal.views_column(source, entity, 'entity', 'key');
	channel_name text := (revops_internal.views_column(source, channel, 'channel', 'label')).expression;
	-- a longer one, say an address, would stop all views
	is_long text := format('coalesce(octet_length(%s) > 1000, false)', channel_name);
	channel_text text := format('case when octet_length(%1$s) <= 1000 then %1$s end collate "C"', channel_name);
	outcome_text text := (revops_internal.views_column(source, outcome, 'outcome', 'label')).expression;
	-- the definition's own zone, where the call names none
	zone text := revops_internal.views_zone(source, array[at], coalesce(time_zone, definition::jsonb ->> 'time_zone'));
	today text := revops_internal.views_as_of(as_of, zone);
	rule jsonb := coalesce(definition::jsonb, '{}') || jsonb_build_object('time_zone', zone);
	moment record := revops_internal.views_time(source, at, 'at', zone, today);
	moment_text text := (revops_internal.views_column(source, at, 'at', 'time')).expression;
	money record;
	amount_text text := 'null::numeric';
	bad_amount text := 'false';
	amount_type text := 'numeric(20,2)';
	has_amount boolean := amount is not null;
	has_decay boolean := rule ? 'half_life';
	rule_text text;
	journeys text;	-- one row per entity
	stats text;	-- one row, of all
	checks text;
	call text;
	views jsonb;
begin
	if row_count is null or row_count < 1 then
		raise exception using errcode = 'invalid_parameter_value', message = 'row_count must be at least 1',
			detail = format('The value is %s.', coalesce(row_count::text, 'NULL')), hint = 'It is how many paths PREFIX_paths shows, those with most wins first.';
	end if;
	rule_text := format('%L::revops.attribution_def', rule);
	if has_amount then
		money := revops_internal.views_column(source, amount, 'amount', 'amount');
		amount_type := money.column_type;
		if amount_type not like 'numeric%' then
			amount_type := 'numeric(20,2)';
		end if;
		amount_text := format('case when %s >= 0 then round(%1$s, %s) end', money.finite, least(money.scale, 12));
		bad_amount := format('%s is not null and coalesce(%s < 0, true)', money.expression, money.finite);
	end if;
	journeys := format('(
	select %1$s as key, revops.journey_agg(%2$s, (%3$s) collate "C", case when %4$s in (''won'', ''lost'') then %4$s end, %5$s) as journey
	from %6$s s
	where %1$s is not null and %7$s
	group by %1$s
) j', who.expression, moment.instant, channel_text, outcome_text, amount_text, source_name, moment.known);
	stats := format('(
	select revops.attribution_agg(j.journey, %s, %s) as stats
	from %s
) f', rule_text, today, journeys);

	call := revops_internal.views_call('attribution_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'entity', quote_literal(entity),
		'at', quote_literal(at),
		'channel', quote_literal(channel),
		'outcome', quote_literal(outcome),
		'amount', quote_literal(amount),
		'definition', quote_literal(definition),
		'row_count', row_count::text,
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'credits',
			'answers', 'How many of the wins does each model credit to each channel? It tells of the paths that were, not what would be without a channel. One row per model and channel.',
			'key', array['model_index', 'channel_index'],
			'columns', jsonb_build_array(
				array['model_name', 'text', 'm.model', 'the model; compare channels within one, never add up over models'],
				array['model_index', 'integer', 'm.model_index', 'sorts models'],
				array['channel_name', 'text', 'coalesce(m.channel, ''no touch'')', format('column %s of the source; no touch: wins without any', translate(channel, E'\n\r', '  '))],
				array['channel_index', 'bigint', 'row_number() over (partition by m.model_index order by m.channel collate "C")', 'sorts channels, by name'],
				array['credit_quantity', 'double precision', 'm.credit', 'wins credited: parts of wins, which add up to the wins in each model but participation'],
				array['credit_rate', 'double precision', 'm.credit_rate', 'its part of all wins; of shapley_rate it may be below 0'],
				array['credit_rate_low', 'double precision', 'm.credit_rate_low', 'lower end of its 95 % interval; empty for participation and shapley_rate, and at 0 and 1'],
				array['credit_rate_high', 'double precision', 'm.credit_rate_high', 'upper end of its 95 % interval']) || case when has_amount then jsonb_build_array(
				array['credit_amount', amount_type, 'm.amount', 'amount of wins credited: adds up to the won amount in each model but participation'],
				array['amount_rate', 'double precision', 'm.amount_rate', 'its part of the won amount']) else '[]' end || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.attribution_rows(f.stats, ''all'') m', stats)),
		jsonb_build_object(
			'suffix', 'channels',
			'answers', 'What became of the journeys that each channel touched? One row per channel.',
			'key', array['channel_name'],
			'columns', jsonb_build_array(
				array['channel_name', 'text', 'c.channel', format('column %s of the source', translate(channel, E'\n\r', '  '))],
				array['channel_index', 'bigint', 'row_number() over (order by c.journeys desc, c.channel collate "C")', 'sorts channels, those with most journeys first'],
				array['journey_count', 'bigint', 'c.journeys', 'journeys with a touch of it; a journey counts for each of its channels, so never sum this'],
				array['won_count', 'bigint', 'c.won', 'of them won'],
				array['lost_count', 'bigint', 'c.lost', 'of them lost'],
				array['open_count', 'bigint', 'c.open', 'of them open'],
				array['touch_count', 'bigint', 'c.touches', 'its touches'],
				array['first_touch_count', 'bigint', 'c.first_touches', 'journeys that it began'],
				array['last_touch_count', 'bigint', 'c.last_touches', 'journeys whose last touch it is'],
				array['only_touch_count', 'bigint', 'c.only_touches', 'journeys with no other touch'],
				array['won_rate', 'double precision', 'c.won_rate', 'won of those won or lost'],
				array['won_rate_low', 'double precision', 'c.won_rate_low', 'lower end of its 95 % interval'],
				array['won_rate_high', 'double precision', 'c.won_rate_high', 'upper end of its 95 % interval'],
				array['removal_rate', 'double precision', 'c.removal_effect', 'part of the wins that the Markov chain of order 1 loses without it; does not add up to 1']) || case when has_amount then jsonb_build_array(
				array['won_amount', amount_type, 'c.won_amount', 'amount of the journeys it touched that were won; never sum this'],
				array['removal_amount_rate', 'double precision', 'c.removal_effect_amount', 'part of the won amount that the chain loses without it']) else '[]' end || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.attribution_channels(f.stats) c', stats)),
		jsonb_build_object(
			'suffix', 'paths',
			'answers', format('Which ways lead to a win? The %s paths with most wins. One row per path.', row_count),
			'key', array['path_index'],
			'columns', jsonb_build_array(
				array['path_name', 'text', 'coalesce(p.path, ''no touch'')', 'channels in the order of their touches'],
				array['path_index', 'bigint', 'p.path_index', 'sorts paths, those with most wins first'],
				array['touch_count', 'bigint', 'p.touch_count::bigint', 'touches on it'],
				array['won_count', 'bigint', 'p.won', 'journeys on it that were won'],
				array['lost_count', 'bigint', 'p.lost', 'that were lost'],
				array['open_count', 'bigint', 'p.open', 'that are open, so far on this path'],
				array['won_rate', 'double precision', 'p.won_rate', 'won of those won or lost'],
				array['won_rate_low', 'double precision', 'p.won_rate_low', 'lower end of its 95 % interval'],
				array['won_rate_high', 'double precision', 'p.won_rate_high', 'upper end of its 95 % interval']) || case when has_amount then jsonb_build_array(
				array['won_amount', amount_type, 'p.won_amount', 'amount of those won']) else '[]' end || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select q.*
	from %s
		cross join lateral rows from (revops.attribution_paths(f.stats, %s)) with ordinality q(path, touch_count, won, lost, open, won_rate, won_rate_low, won_rate_high, won_amount, path_index)
) p', stats, row_count)),
		jsonb_build_object(
			'suffix', 'moves',
			'answers', 'What follows on a touch of each channel? The moves of the Markov chain. One row per channel and what follows.',
			'key', array['from_index', 'to_index'],
			'columns', jsonb_build_array(
				array['from_name', 'text', 'coalesce(t.from_path, ''start'')', 'the touch before; start: none'],
				array['from_index', 'bigint', 'dense_rank() over (order by t.from_path collate "C" nulls first)', 'sorts where moves begin'],
				array['to_name', 'text', 'coalesce(t.to_channel, t.to_outcome)', 'the channel of the next touch, or won, lost'],
				array['to_index', 'bigint', 'dense_rank() over (order by t.to_channel collate "C", t.to_outcome desc)', 'sorts where moves lead, outcomes last'],
				array['is_outcome', 'boolean', 't.to_outcome is not null', 'true: the journey ends with it'],
				array['move_count', 'bigint', 't.moves', 'how often it was seen'],
				array['move_rate', 'double precision', 't.probability', 'of all moves that begin there'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.attribution_transitions(f.stats, 1) t', stats)),
		jsonb_build_object(
			'suffix', 'touches',
			'answers', 'Which touches led to each win, and what does each rule give them? One row per touch of a journey, and one for a journey without any.',
			'key', array['entity_key', 'journey_index', 'place_index'],
			'columns', jsonb_build_array(
				array['entity_key', who.column_type, 'j.key', format('column %s of the source', translate(entity, E'\n\r', '  '))],
				array['journey_index', 'integer', 't.journey_index', 'counts the journeys of the entity'],
				array['place_index', 'integer', 'coalesce(t.touch_index, 0)', 'counts the touches of a journey; 0: it has none'],
				array['outcome_name', 'text', 't.outcome', 'what became of the journey: won, lost, open'],
				array['outcome_index', 'integer', 'array_position(array[''won'', ''lost'', ''open''], t.outcome)', 'sorts outcomes'],
				array['began_at', 'timestamp with time zone', 't.began_at', 'its first touch'],
				array['ended_at', 'timestamp with time zone', 't.ended_at', 'its end; empty: open'],
				array['touched_at', 'timestamp with time zone', 't.at', 'this touch'],
				array['channel_name', 'text', 'coalesce(t.channel, ''no touch'')', format('column %s of the source', translate(channel, E'\n\r', '  '))],
				array['channel_index', 'bigint', 'dense_rank() over (order by t.channel collate "C")', 'sorts channels, by name'],
				array['first_rate', 'double precision', 't.first_share', 'part of the win that this touch gets by first touch; empty: not won'],
				array['last_rate', 'double precision', 't.last_share', 'by last touch'],
				array['last_non_direct_rate', 'double precision', 't.last_non_direct_share', 'by the last touch that is not direct'],
				array['linear_rate', 'double precision', 't.linear_share', 'by equal parts'],
				array['position_rate', 'double precision', 't.position_share', 'by position']) || case when has_decay then jsonb_build_array(
				array['time_decay_rate', 'double precision', 't.time_decay_share', 'by time decay']) else '[]' end || case when has_amount then jsonb_build_array(
				array['won_amount', amount_type, 'case when coalesce(t.touch_index, 1) = 1 then t.amount end', 'amount of the journey where it was won, in its first row alone']) else '[]' end || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.journey_rows(j.journey, %s, %s) t', journeys, rule_text, today)));

	checks := $q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::text as entity_key, count(*) as row_count, 'rows without an entity' as detail_name
	from r
	where r.key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.key is not null and r.is_untimed
	having count(*) > 0
	union all
	select 3, 'no_event', true, null, count(*), 'rows without a channel and an outcome'
	from k
	where k.channel is null and k.outcome is null and not k.is_long
	having count(*) > 0
	union all
	select 4, 'bad_outcome', k.channel is null, null, count(*), 'outcomes other than won and lost end no journey: "' || k.outcome || '"' || case when lower(btrim(k.outcome)) in ('won', 'lost') then '; is ' || lower(btrim(k.outcome)) || ' meant?' else '' end
	from k
	where k.outcome not in ('won', 'lost')
	group by k.outcome, k.channel is null
	union all
	select 5, 'bad_amount', false, null, count(*), 'amounts that are negative, NaN or endless count as 0'
	from k
	where k.is_bad_amount
	having count(*) > 0
	union all
	select 6, 'repeated_row', false, null, sum(d.copies)::bigint, 'rows that stand more than once each count: ' || count(*) || ' of them'
	from (
		select count(*) - 1 as copies
		from k
		group by k.key, k.moment, k.channel, k.outcome, k.amount
		having count(*) > 1
	) d
	having count(*) > 0
	union all
	select 7, 'similar_channels', false, null, sum(d.row_count)::bigint, 'channels that differ by spaces or case alone: ' || string_agg('"' || d.channel || '"', ', ' order by d.channel)
	from (
		select k.channel, count(*) as row_count
		from k
		where k.channel is not null
		group by k.channel
	) d
	group by lower(regexp_replace(d.channel collate "default", '[[:space:]]', '', 'g'))
	having count(*) > 1
	union all
	select 8, 'long_channel', coalesce(k.outcome not in ('won', 'lost'), true), null, count(*), 'channels of more than 1000 bytes are no touches'
	from k
	where k.is_long
	group by 3
	union all
	select 9, 'many_channels', false, null, count(*), format(case when count(distinct k.channel) > 255 then 'there are %s channels, and views of credits, channels, paths and moves hold 255 at most: group them'
		else 'there are %s channels, and shapley_rate is given for 20 at most' end, count(distinct k.channel))
	from k
	where k.channel is not null
	having count(distinct k.channel) > 20$q$ || revops_internal.views_key_checks('entity', who.column_type, 10);
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'x.finding_index', 'counts findings'],
			array['problem_name', 'text', 'x.problem_name', 'left out of all views: no_key, no_time, no_event; kept: bad_outcome (of a row with a channel), bad_amount, repeated_row, similar_channels, long_channel (of a row with an outcome), many_channels, blank_key, similar_keys'],
			array['problem_index', 'integer', 'x.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'x.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'x.row_count', 'how many rows it is about'],
			array['entity_key', 'text', 'x.entity_key', format('the entity, where it is about one: column %s of the source', translate(entity, E'\n\r', '  '))],
			array['detail_name', 'text', 'x.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s::text as key, %2$s as channel, %10$s as is_long, %3$s as outcome, %4$s as moment, %5$s as is_bad_amount, %9$s as amount, %4$s is null or not isfinite(%4$s) as is_untimed
		from %6$s s
		where %4$s is null or not isfinite(%4$s) or %7$s
	), k as (
		select r.key, r.channel, r.is_long, r.outcome, r.moment, r.amount, r.is_bad_amount
		from r
		where r.key is not null and not r.is_untimed
	), found as (
	%8$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.entity_key, f.detail_name) as finding_index
	from found f
) x', who.expression, channel_text, outcome_text, moment_text, bad_amount, source_name, moment.known, checks, amount_text, is_long)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function attribution_create_views(text, regclass, name, name, name, name, name, attribution_def, integer, name, date, text, boolean, boolean, text) is
	'makes views for BI over touches and the wins and losses they led to: PREFIX_credits, _channels, _paths, _moves, _touches, _checks';
