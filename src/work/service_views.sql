-- service_views.sql: service_create_views.

create function service_create_views(
	prefix text,
	source regclass,
	item name,
	opened_at name,
	done_at name,
	target_hours numeric default null,
	calendar text default null,
	dimension name default null,
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
	items text := revops_internal.views_name(target_schema, prefix, 'items');
	what record := revops_internal.views_column(source, item, 'item', 'key');
	hours_kind text := 'hours';	-- in comments
	calendar_literal text;
	covered text := 'true';	-- does the calendar know the day of the opening?
	zone text;
	today text;
	opened record;
	done record;
	now_text text;	-- the last moment that is known
	elapsed text;
	dimension_text text;
	dimension_column jsonb := '[]';
	target_columns jsonb := '[]';
	target_counts jsonb := '[]';
	period_columns jsonb;
	counts text;	-- aggregates over items i
	since text;
	periods text;	-- from then to as_of
	checks text;
	call text;
	views jsonb;
begin
	if calendar is not null then
		hours_kind := 'working hours';
		select c.definition, c.literal, c.covered into calendar, calendar_literal, covered from revops_internal.views_calendar(calendar, 'i.opened_at') c;
	end if;
	-- a calendar says which zone is meant
	zone := revops_internal.views_zone(source, array[opened_at, done_at], coalesce(time_zone, calendar::jsonb ->> 'time_zone'));
	today := revops_internal.views_as_of(as_of, zone);
	opened := revops_internal.views_time(source, opened_at, 'opened_at', zone, today);
	done := revops_internal.views_time(source, done_at, 'done_at', zone, today);
	if target_hours is not null and not (target_hours >= 0 and target_hours < 'infinity') then
		raise exception using errcode = 'invalid_parameter_value', message = 'target_hours must be at least 0, and finite',
			detail = format('The value is %s.', target_hours);
	end if;
	perform revops_internal.views_check_grain(grain);
	perform revops_internal.views_check_from_date(from_date, 'the day of the first opening');
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		dimension_column := jsonb_build_array(
			array['dimension_name', 'text', 'i.dimension_name', format('column %s of the source, at the last opening of the item', dimension)]);
	end if;

	-- a day that runs is known until now, not until its end: what is open has not waited longer
	now_text := case when as_of is null then 'now()' else format('((%s + 1)::timestamp at time zone %L)', today, zone) end;
	elapsed := case when calendar is null then format('(extract(epoch from coalesce(i.done_at, %s)) - extract(epoch from i.opened_at))::float8 / 3600', now_text)
		else format('revops.work_hours(%s, i.opened_at, coalesce(i.done_at, %s))', calendar_literal, now_text) end;
	if from_date is null then
		since := format('(select coalesce(min(f.period_date), %s) from %s f)', today, items);
	else
		since := format('least(%L::date, %s)', from_date, today);
	end if;
	periods := format('(select p.period, p.state, row_number() over (order by p.period) as place from revops.period_rows(%L, %s, %s + 1, %3$s) p)', grain, since, today);
	if target_hours is not null then
		target_columns := jsonb_build_array(
			array['target_name', 'text', format('case when i.elapsed_hours > %L::float8 then ''missed'' when i.done_at is not null then ''met'' else ''open'' end', target_hours),
				'met, missed (also while it is open), or open: not decided yet'],
			array['target_index', 'integer', format('case when i.elapsed_hours > %L::float8 then 2 when i.done_at is not null then 1 else 3 end', target_hours), 'sorts targets']);
		target_counts := jsonb_build_array(
			array['met_count', 'bigint', 'p.met', format('done within %s %s', target_hours, hours_kind)],
			array['missed_count', 'bigint', 'p.missed', 'took longer, or are open for longer'],
			array['undecided_count', 'bigint', 'p.undecided', 'open, and younger than the target'],
			array['met_rate', 'double precision', 'p.met::float8 / nullif(p.met + p.missed, 0)::float8', 'met of met and missed, 0 to 1'],
			array['met_rate_low', 'double precision', 'revops.wilson_low(p.met, p.met + p.missed)', 'lower end of its 95 % interval'],
			array['met_rate_high', 'double precision', 'revops.wilson_high(p.met, p.met + p.missed)', 'upper end of its 95 % interval']);
	end if;
	counts := format('count(i.item_key) as opened,
			count(i.done_at) as done,
			count(i.item_key) filter (where i.done_at is null) as still_open,%s
			max(i.elapsed_hours) filter (where i.done_at is null) as oldest,
			revops.survival_agg(i.elapsed_hours, i.done_at is not null) filter (where i.item_key is not null) as waits',
		case when target_hours is not null then '
			count(i.item_key) filter (where i.target_index = 1) as met,
			count(i.item_key) filter (where i.target_index = 2) as missed,
			count(i.item_key) filter (where i.target_index = 3) as undecided,' end);
	period_columns := jsonb_build_array(
		array['period_date', 'date', 'p.period', format('first day of the %s of the opening, in %s', grain, zone)],
		array['period_index', 'bigint', 'p.place', 'sorts the periods'],
		array['state_name', 'text', 'p.state', 'complete, or running: known until as_of'],
		array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], p.state)', 'sorts states'],
		array['opened_count', 'bigint', 'p.opened', 'items opened in it'],
		array['done_count', 'bigint', 'p.done', 'of them done by as_of'],
		array['open_count', 'bigint', 'p.still_open', 'of them open']) || target_counts || jsonb_build_array(
		array['median_hours', 'double precision', '(select q.duration from revops.survival_quantiles(p.waits, ''{0.5}'') q)', format('half were done within so many %s; open ones count as long as they have waited', hours_kind)],
		array['p90_hours', 'double precision', '(select q.duration from revops.survival_quantiles(p.waits, ''{0.9}'') q)', 'nine in ten were done within so many; empty where fewer are'],
		array['oldest_open_hours', 'double precision', 'p.oldest', 'how long the oldest open one has waited'],
		array['as_of', 'date', today, 'the last day that counts']);

	call := revops_internal.views_call('service_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'item', quote_literal(item),
		'opened_at', quote_literal(opened_at),
		'done_at', quote_literal(done_at),
		'target_hours', quote_literal(target_hours),
		'calendar', quote_literal(calendar),
		'dimension', quote_literal(dimension),
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
			'suffix', 'items',
			'answers', 'How long did each item take, and was it in time? One row per item.',
			'key', array['item_key'],
			'columns', jsonb_build_array(
				array['item_key', what.column_type, 'i.item_key', format('the item: column %s of the source', item)]) || dimension_column || jsonb_build_array(
				array['opened_at', 'timestamp with time zone', 'i.opened_at', format('when it was opened: column %s of the source', opened_at)],
				array['done_at', 'timestamp with time zone', 'i.done_at', format('when it was done: column %s; empty: open on as_of', done_at)])
				|| case when target_hours is null then '[]'::jsonb else jsonb_build_array(
				array['due_at', 'timestamp with time zone', case when calendar is null then format('i.opened_at + %L::float8 * interval ''1 hour''', target_hours)
					else format('revops_internal.work_due(%s, i.opened_at, %L::float8)', calendar_literal, target_hours) end,
					format('when %s %s have passed%s', target_hours, hours_kind, case when calendar is not null then '; empty: beyond what the calendar covers' else '' end)]) end || jsonb_build_array(
				array['elapsed_hours', 'double precision', 'i.elapsed_hours', format('%s from opening to done, or to as_of', hours_kind)],
				array['state_name', 'text', 'case when i.done_at is not null then ''done'' else ''open'' end', 'done or open'],
				array['state_index', 'integer', 'case when i.done_at is not null then 1 else 2 end', 'sorts states']) || target_columns || jsonb_build_array(
				array['period_date', 'date', format('date_trunc(%L, i.opened_at at time zone %L)::date', grain, zone), format('first day of the %s of the opening, in %s', grain, zone)],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select i.*, %1$s as elapsed_hours
	from (
		select %2$s as item_key, min(%3$s) as opened_at, min(case when %4$s then %5$s end) as done_at%6$s
		from %7$s s
		where %2$s is not null and %8$s%9$s
		group by %2$s
	) i
	where (i.done_at is null or i.done_at >= i.opened_at) and %10$s
) i', elapsed, what.expression, opened.instant, done.known, done.instant,
				case when dimension is not null then format(',
			(array_agg(%s order by %s desc, %1$s desc) filter (where %1$s is not null))[1] as dimension_name', dimension_text, opened.instant) end,
				source_name, opened.known, case when as_of is null then format(' and %s <= now()', opened.instant) end, covered)),
		jsonb_build_object(
			'suffix', 'periods',
			'answers', format('How fast are we, and do we get faster? One row per %s of opening.', grain),
			'key', array['period_date'],
			'columns', period_columns,
			'from', format('from (
	select r.period, r.state, r.place,
			%1$s
	from %2$s r
		left join %3$s i on i.period_date = r.period
	group by r.period, r.state, r.place
) p', counts, periods, items)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'by_dimension',
			'answers', format('Who is fast? One row per %s and %s of opening.', translate(dimension, E'\n\r', '  '), grain),
			'key', array['dimension_name', 'period_date'],
			'columns', jsonb_build_array(array['dimension_name', 'text', 'p.dimension_name', format('column %s of the source, at the last opening of the item', dimension)]) || period_columns,
			'from', format('from (
	select i.dimension_name, r.period, r.state, r.place,
			%1$s
	from %2$s r
		join %3$s i on i.period_date = r.period
	group by i.dimension_name, r.period, r.state, r.place
) p', counts, periods, items)));
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'curve',
		'answers', format('What share is done within how many %s? One row per hour, up to 200.', hours_kind),
		'key', array['hour_index'],
		'columns', jsonb_build_array(
			array['hour_index', 'integer', 'v.duration', 'sorts the hours'],
			array['waited_hours', 'double precision', 'v.duration', format('so many %s after the opening', hours_kind)],
			array['waiting_count', 'bigint', 'v.at_risk', 'items that were open as long as that'],
			array['done_rate', 'double precision', '1 - v.survival', 'estimated share that is done by then, 0 to 1'],
			array['done_rate_low', 'double precision', '1 - v.survival_high', 'lower end of its 95 % interval'],
			array['done_rate_high', 'double precision', '1 - v.survival_low', 'upper end of its 95 % interval'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	select revops.survival_agg(i.elapsed_hours, i.done_at is not null) as waits, least(ceil(max(i.elapsed_hours)), 200)::integer as hours
	from %s i
	where i.period_date >= %s
) c,
revops.survival_at(c.waits, (select array_agg(n::float8 order by n) from generate_series(0, c.hours) n)) v', items,
			case when from_date is null then '''-infinity''' else format('date_trunc(%L, %s::timestamp)::date', grain, since) end)));

	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as item_key, count(*) as row_count, 'rows without an item' as detail_name
	from r
	where r.item_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, count(*), 'rows without a time of opening, or with an endless one'
	from r
	where r.item_key is not null and not r.is_opened
	having count(*) > 0
	union all
	select 3, 'done_before_opened', true, i.item_key, i.row_count, 'opened ' || to_char(i.opened_at at time zone %2$L, 'YYYY-MM-DD HH24:MI:SS') || ', done ' || to_char(i.done_at at time zone %2$L, 'YYYY-MM-DD HH24:MI:SS')
	from i
	where i.done_at < i.opened_at
	union all
	select 4, 'not_covered', true, null, sum(i.row_count)::bigint, 'items opened before the first day that the calendar covers: ' || count(*)
	from i
	where (i.done_at is null or i.done_at >= i.opened_at) and not (%3$s)
	having count(*) > 0
	union all
	select 5, 'repeated_item', false, i.item_key, i.row_count, 'several rows: the first opening and the first end count'
	from i
	where i.row_count > 1
	union all
	select 6, 'endless_end', false, null, count(*), 'an endless time of being done counts as open'
	from r
	where r.item_key is not null and r.is_opened and r.is_endless
	having count(*) > 0$q$, what.column_type, zone, covered) || revops_internal.views_key_checks('item', what.column_type, 7);
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time, done_before_opened, not_covered; kept: repeated_item, endless_end, blank_key, similar_keys'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['item_key', what.column_type, 'f.item_key', format('the item, where it is about one: column %s of the source', item)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as item_key, %2$s is not null and isfinite(%2$s) as is_opened, %2$s as opened_at, case when %3$s then %4$s end as done_at,
			%4$s is not null and not isfinite(%4$s) as is_endless
		from %5$s s
		where %2$s is null or not isfinite(%2$s) or %6$s
	), i as (
		select r.item_key, min(r.opened_at) as opened_at, min(r.done_at) as done_at, count(*) as row_count
		from r
		where r.item_key is not null and r.is_opened
		group by r.item_key
	), k as (
		select r.item_key as key
		from r
		where r.is_opened
	), found as (
	%7$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.item_key) as finding_index
	from found f
) f', what.expression, opened.instant, done.known, done.instant, source_name, opened.known, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function service_create_views(text, regclass, name, name, name, numeric, text, name, text, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over items that are opened and done, such as tickets or shipments: PREFIX_items, _periods, _by_dimension, _curve, _checks';
