-- funnel_views.sql: funnel_create_views, and what its checks need.

-- Words say whether a label is meant as a step: the same letters and digits; one inside the other (closed won); or
-- most pairs of letters in common (propsal). A text of more than 200 characters is no label, and like none.
create function revops_internal.views_resembles(label text, names text[])
	returns text
	language sql immutable strict parallel safe
begin atomic
	select n.name
	from (select name, place, lower(regexp_replace(label collate "default", '[^[:alnum:]]', '', 'g')) as mine,
			lower(regexp_replace(name collate "default", '[^[:alnum:]]', '', 'g')) as theirs
		from unnest(names) with ordinality u(name, place)
		where length(label) <= 200 and length(name) <= 200) n,
		lateral (select case
			when mine = '' or theirs = '' then 0
			when mine = theirs then 3
			when length(theirs) >= 2 and strpos(mine, theirs) > 0 then 2 + length(theirs)::float8 / length(mine) / 2
			when length(mine) >= 3 and starts_with(theirs, mine) then 1.5
			else (select 2 * count(*) from (
					select substr(mine, i, 2) from generate_series(1, length(mine) - 1) i
					intersect all
					select substr(theirs, i, 2) from generate_series(1, length(theirs) - 1) i) pair)::float8
				/ greatest(length(mine) + length(theirs) - 2, 1) end as likeness) l
	where l.likeness >= 0.6
	order by l.likeness desc, n.place
	limit 1;
end;
comment on function revops_internal.views_resembles(text, text[]) is
	'the name that a label is most likely meant to be; null where it is like none';

create function funnel_create_views(
	prefix text,
	source regclass,
	entity name,
	at name,
	step name,
	steps text[],
	within interval default null,
	mode text default 'ordered',
	lost text[] default null,
	dimension name default null,
	amount name default null,
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
	set intervalstyle = 'postgres'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	who record := revops_internal.views_column(source, entity, 'entity', 'key');
	zone text := revops_internal.views_zone(source, array[at], time_zone);
	step_text text := (revops_internal.views_column(source, step, 'step', 'label')).expression;
	today text;
	event_time record;
	time_column text;
	dimension_text text;
	money record;
	funnel_text text;
	stages text;
	stage_count integer;
	ends_last boolean;	-- is the last step the end of the way?
	events text;	-- the rows that count
	direct_entity text;	-- as funnel_agg over rows takes it
	nobody text;	-- the figures of no entity
	one_dimension text := '';	-- the dimension of an entity
	one text;		-- the same and its amount
	fold text;		-- a population into figures
	dimension_column jsonb := '[]';
	amount_column jsonb := '[]';
	bad_amount text := 'false';
	step_times jsonb;
	step_columns jsonb;
	names text;		-- of steps and losses
	checks text;	-- the findings
	call text;
	views jsonb;
begin
	-- what is wrong with steps, within, mode, lost and zone, funnel says itself
	if steps is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument steps is missing',
			hint = 'Name the steps in order: steps => array[''lead'', ''proposal'', ''won''].';
	end if;
	perform revops.funnel(steps, within, mode, lost, zone);
	funnel_text := format('revops.funnel(%L::text[], %L::interval, %L, %L::text[], %L)', steps, within, mode, lost, zone);
	today := revops_internal.views_as_of(as_of, zone);
	event_time := revops_internal.views_time(source, at, 'at', zone, today);
	time_column := (revops_internal.views_column(source, at, 'at', 'time')).expression;
	-- a step may stand twice in a funnel, a stage is one stage
	stages := format('%L::text[]', (select array_agg(name order by place)
		from (select name, min(n) as place from unnest(steps) with ordinality u(name, n) group by name) d));
	stage_count := (select count(distinct name) from unnest(steps) name);
	ends_last := coalesce(mode, 'ordered') <> 'any_order' and steps[cardinality(steps)] <> all (steps[:cardinality(steps) - 1]);

	events := format('from %s s
		where %s is not null and %s', source_name, who.expression, event_time.known);
	-- a deal's dimension and amount may have been corrected: the last known ones count
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		one_dimension := format(',
			(array_agg(%s order by %s desc, %1$s desc) filter (where %1$s is not null))[1] as dimension_name', dimension_text, event_time.instant);
		dimension_column := jsonb_build_array(
			array['dimension_name', 'text', 'e.dimension_name', format('column %s of the source, the last one known of an entity', dimension)]);
	end if;
	one := one_dimension;
	if amount is not null then
		money := revops_internal.views_column(source, amount, 'amount', 'amount');
		one := one || format(',
			(array_agg(%s order by %s desc, %1$s desc) filter (where %1$s is not null))[1] as entity_amount', money.finite, event_time.instant);
		bad_amount := format('%s is not null and %s is null', money.expression, money.finite);
		amount_column := jsonb_build_array(
			array['entity_amount', money.column_type, 'e.entity_amount', format('column %s of the source, the last one known', amount)]);
	end if;
	fold := format('revops.funnel_agg(e.path, %s%s)', today, case when amount is not null then ', e.entity_amount' else '' end);
	-- one who does not exist by as_of, so that a source without rows has a row of 0 for each step
	nobody := format('(
		select revops.funnel_agg(n.path, %s%s)
		from (select revops.funnel_path_agg(%s, %1$s + 1, null::text) as path) n)', today, case when amount is not null then ', 0::numeric' else '' end, funnel_text);
	-- a collation may call texts equal that differ in bytes; one pass over the rows compares bytes
	direct_entity := (
		select case when amount is not null or not coalesce(c.collisdeterministic, true) then null
			when a.atttypid = 'uuid'::regtype then format('s.%I', a.attname)
			when who.column_type in ('integer', 'bigint', 'text') then who.expression
			else who.expression || '::text' end
		from pg_attribute a left join pg_collation c on c.oid = a.attcollation
		where a.attrelid = source and a.attname = entity);

	call := revops_internal.views_call('funnel_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'entity', quote_literal(entity),
		'at', quote_literal(at),
		'step', quote_literal(step),
		'steps', quote_literal(steps),
		'within', quote_literal(within),
		'mode', quote_literal(mode),
		'lost', quote_literal(lost),
		'dimension', quote_literal(dimension),
		'amount', quote_literal(amount),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	step_times := (
		select jsonb_agg(array[format('step_%s_at', n), 'timestamp with time zone', format('e.times[%s]', n),
			case when mode = 'any_order' then format('when so many steps were done: %s', n)
				else format('when step %s was taken: %s', n, name) end] order by n)
		from unnest(steps) with ordinality u(name, n));
	step_columns := jsonb_build_array(
		array['step_index', 'integer', 'r.step_index', 'sorts the steps'],
		array['step_name', 'text', 'coalesce(r.step_name, ''any '' || r.step_index)', 'the step; any 2: two steps in any order'],
		array['next_step_index', 'integer', format('case when r.step_index < %s then r.step_index + 1 end', cardinality(steps)), 'sorts the next steps'],
		array['next_step_name', 'text',
			format('case when r.step_index < %s then coalesce(r.next_step_name, ''any '' || r.step_index + 1) end', cardinality(steps)), 'the next step'],
		array['entered_count', 'bigint', 'r.entered', 'took this step'],
		array['converted_count', 'bigint', 'r.converted', 'of them took the next step'],
		array['open_count', 'bigint', 'r.open', 'of them may still take it'],
		array['lost_count', 'bigint', 'r.lost', 'of them were lost'],
		array['expired_count', 'bigint', 'r.expired', 'of them ran out of time'],
		array['step_rate', 'double precision', 'r.step_rate', 'converted of entered, 0 to 1'],
		array['step_rate_low', 'double precision', 'r.step_rate_low', 'lower end of its 95 % interval'],
		array['step_rate_high', 'double precision', 'r.step_rate_high', 'upper end of its 95 % interval'],
		array['overall_rate', 'double precision', 'r.overall_rate', 'entered of those who took step 1, 0 to 1'],
		array['mature_entered_count', 'bigint', 'r.mature_entered', 'of entered, those whose time had run out by as_of, whatever became of them'],
		array['mature_converted_count', 'bigint', 'r.mature_converted', 'of these, converted'],
		array['mature_rate', 'double precision', 'r.mature_rate', 'their quotient: a rate that young deals do not bend'],
		array['mature_rate_low', 'double precision', 'r.mature_rate_low', 'lower end of its 95 % interval'],
		array['mature_rate_high', 'double precision', 'r.mature_rate_high', 'upper end of its 95 % interval'],
		array['median_days', 'double precision', 'r.median_days', 'half took the next step within so many days'],
		array['p90_days', 'double precision', 'r.p90_days', 'nine in ten took it within so many days'],
		array['median_from_start_days', 'double precision', 'r.median_days_from_start', 'the same, from step 1 to the next step'],
		array['p90_from_start_days', 'double precision', 'r.p90_days_from_start', 'the same, from step 1 to the next step']);
	if amount is not null then
		step_columns := step_columns || jsonb_build_array(
			array['entered_amount', money.column_type, 'r.entered_amount', 'money of those entered'],
			array['converted_amount', money.column_type, 'r.converted_amount', 'money of those converted'],
			array['open_amount', money.column_type, 'r.open_amount', 'money of those open'],
			array['lost_amount', money.column_type, 'r.lost_amount', 'money of those lost'],
			array['expired_amount', money.column_type, 'r.expired_amount', 'money of those expired']);
	end if;
	step_columns := step_columns || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'entities',
			'answers', 'How far did each one come, when, and what became of it? One row per entity.',
			'key', array['entity_key'],
			'columns', jsonb_build_array(
				array['entity_key', who.column_type, 'e.entity_key', format('the entity: column %s of the source', entity)])
				|| dimension_column || amount_column || jsonb_build_array(
				array['level_index', 'integer', 'e.level', 'how many steps it took'],
				array['level_name', 'text',
					case when mode = 'any_order' then 'case when e.level > 0 then ''any '' || e.level else ''not_entered'' end'
						else format('coalesce((%L::text[])[e.level], ''not_entered'')', steps) end,
					'the last step it took'],
				array['outcome_name', 'text', 'e.outcome', 'converted, open, lost, expired or not_entered'],
				array['outcome_index', 'integer', 'array_position(array[''converted'', ''open'', ''lost'', ''expired'', ''not_entered''], e.outcome)', 'sorts outcomes'],
				array['entered_at', 'timestamp with time zone', 'e.entered_at', 'its first step 1; in modes any_order and reached its first step'],
				array['entered_month', 'date', format('date_trunc(''month'', e.entered_at at time zone %L)::date', zone), format('first day of that month, in %s', zone)],
				array['age_days', 'integer', format('%s - (e.entered_at at time zone %L)::date', today, zone), 'days from its entry to as_of'],
				-- seconds are subtracted, not times: the interval between two of them can overflow unseen (PostgreSQL 15)
				array['cycle_days', 'double precision', format('(extract(epoch from e.times[%s]) - extract(epoch from %s))::float8 / 86400', cardinality(steps),
					case when mode = 'reached' then '(select min(t) from unnest(e.times) t)' else 'e.times[1]' end),
					'days from the first step taken to the last, of those converted'],
				array['last_step_at', 'timestamp with time zone', 'e.times[e.level]', 'when it took its last step'])
				|| step_times || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select p.*,
		revops.funnel_level(p.path, %s) as level,
		revops.funnel_times(p.path, %1$s) as times,
		revops.funnel_outcome(p.path, %1$s) as outcome,
		revops.funnel_entered_at(p.path) as entered_at
	from (
		select %s as entity_key,
			revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %2$s
	) p
) e', today, who.expression, funnel_text, event_time.instant, step_text, one, events)),
		jsonb_build_object(
			'suffix', 'steps',
			'answers', 'How many took each step, how many the next, and how long did it take? One row per step.',
			'key', array['step_index'],
			'columns', step_columns,
			'from', case when direct_entity is not null then format('from (
	select coalesce(revops.funnel_agg(%s, %s, %s, %s, %s), %s) as stats
	%s
) g,
revops.funnel_rows(g.stats) r', funnel_text, direct_entity, event_time.instant, step_text, today, nobody, events)
				else format('from (
	select coalesce(%s, %s) as stats
	from (
		select revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %s
	) e
) g,
revops.funnel_rows(g.stats) r', fold, nobody, funnel_text, event_time.instant, step_text, one, events, who.expression) end),
		jsonb_build_object(
			'suffix', 'steps_by_month',
			'answers', 'Does the funnel get better? One row per month of entry and step.',
			'key', array['entered_month', 'step_index'],
			'columns', jsonb_build_array(
				array['entered_month', 'date', 'g.entered_month', format('first day of the month of entry, in %s', zone)]) || step_columns,
			'from', format('from (
	select date_trunc(''month'', revops.funnel_entered_at(e.path) at time zone %L)::date as entered_month,
		%s as stats
	from (
		select revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %s
	) e
	where revops.funnel_entered_at(e.path) is not null
	group by date_trunc(''month'', revops.funnel_entered_at(e.path) at time zone %1$L)::date
) g,
revops.funnel_rows(g.stats) r', zone, fold, funnel_text, event_time.instant, step_text, one, events, who.expression)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'steps_by_dimension',
			'answers', format('Where is the funnel better? One row per %s and step.', translate(dimension, E'\n\r', '  ')),
			'key', array['dimension_name', 'step_index'],
			'columns', dimension_column || step_columns,
			'from', format('from (
	select e.dimension_name,
		%s as stats
	from (
		select revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %s
	) e
	group by e.dimension_name
) e,
revops.funnel_rows(e.stats) r', fold, funnel_text, event_time.instant, step_text, one, events, who.expression)));
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'visits',
		'answers', 'How long does each stage last, and where does it lead? One row per visit of an entity to a stage.',
		'key', array['entity_key', 'visit_index'],
		'columns', jsonb_build_array(
			array['entity_key', who.column_type, 'e.entity_key', format('the entity: column %s of the source', entity)])
			|| dimension_column || jsonb_build_array(
			array['visit_index', 'integer', 'v.visit_index', case when ends_last then 'counts the visits of an entity; those of the last step are left out' else 'counts the visits of an entity' end],
			array['stage_name', 'text', 'v.stage', 'the stage; rows that repeat it are one visit'],
			array['stage_index', 'integer', 'v.stage_index', 'sorts the stages'],
			array['entered_at', 'timestamp with time zone', 'v.entered_at', 'when the visit began'],
			array['left_at', 'timestamp with time zone', 'v.left_at', 'when it ended; empty: it lasts'],
			array['visit_days', 'double precision',
				format('(extract(epoch from coalesce(v.left_at, (%s + 1)::timestamp at time zone %L)) - extract(epoch from v.entered_at))::float8 / 86400', today, zone),
				'how long it lasted, at least until the end of as_of'],
			array['next_stage_name', 'text', 'v.next_stage', 'where it led'],
			array['next_stage_index', 'integer', format('coalesce(array_position(%s, v.next_stage), case when v.next_stage is not null then %s end)',
				stages, cardinality(steps) + 1), 'sorts the next stages; those not listed come last'],
			array['direction_name', 'text', case when ends_last then 'v.direction' else 'case v.direction when ''final'' then ''open'' else v.direction end' end,
				'forward, skip, back, closed (into a stage that is not listed) or open'],
			array['direction_index', 'integer', 'array_position(array[''forward'', ''skip'', ''back'', ''closed'', ''open''], case v.direction when ''final'' then ''open'' else v.direction end)', 'sorts directions'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	select %s as entity_key,
		revops.stage_agg(%s, %s) as history%s
	%s
	group by %1$s
) e,
revops.stage_rows(e.history, %6$s, %7$s + 1) v%8$s', who.expression, event_time.instant, step_text, one_dimension, events, stages, today,
			case when ends_last then format(E'\nwhere v.stage_index < %s', stage_count) end)));

	names := format('%L::text[]', steps || lost);
	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as entity_key, null::text as label_key,
		count(*) as row_count, 'rows without an entity' as detail_name
	from r
	where r.entity_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.entity_key is not null and r.is_untimed
	having count(*) > 0
	union all
	select case when m.name is not null then 3 else 4 end, case when m.name is not null then 'misspelt_label' else 'unknown_label' end, %2$s, null, l.label_key,
		l.row_count, 'neither a step nor lost; entities: ' || l.entity_count || coalesce('; like ' || m.name, '')
	from (
		select k.label_key, count(*) as row_count, count(distinct k.entity_key) as entity_count
		from k
		where btrim(k.label_key) <> '' and k.label_key collate "C" <> all (%3$s)
		group by k.label_key
	) l,
		lateral (select revops_internal.views_resembles(l.label_key, %3$s) as name) m
	union all
	select 5, 'no_label', %2$s, null, null, count(*), 'rows whose label is missing or blank'
	from k
	where k.label_key is null or btrim(k.label_key) = ''
	having count(*) > 0
	union all
	select 9, 'repeated_row', false, null, null, sum(d.more)::bigint, 'rows that repeat another of the same entity, time and label; entities: ' || count(distinct d.entity_key)
	from (
		select k.entity_key, count(*) - 1 as more
		from k
		group by k.entity_key, k.at, k.label_key
		having count(*) > 1
	) d
	having count(*) > 0$q$, who.column_type, (coalesce(mode, 'ordered') <> 'consecutive')::text, names);
	if who.column_type = 'text' then
		checks := checks || $q$
	union all
	select 6, 'blank_key', false, k.entity_key, null, count(*), 'rows whose entity is blank are of one entity'
	from k
	where btrim(k.entity_key) = ''
	group by k.entity_key
	union all
	select 7, 'similar_keys', false, min(d.entity_key), null, sum(d.row_count)::bigint,
		'entities whose keys differ by spaces or case alone: ' || string_agg('"' || d.entity_key || '"', ', ' order by d.entity_key)
	from (
		select k.entity_key, count(*) as row_count
		from k
		where btrim(k.entity_key) <> ''
		group by k.entity_key
	) d
	group by lower(regexp_replace(d.entity_key collate "default", '[[:space:]]', '', 'g'))
	having count(*) > 1$q$;
	end if;
	if amount is not null then
		checks := checks || $q$
	union all
	select 8, 'bad_amount', false, null, null, count(*), 'amounts that are NaN, endless or 10^22 and more count as none'
	from k
	where k.is_bad_amount
	having count(*) > 0$q$;
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time; no step: misspelt_label (like one), unknown_label, no_label; '
				|| 'kept: blank_key, similar_keys, bad_amount, repeated_row'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows count for no step and no loss'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['entity_key', who.column_type, 'f.entity_key', format('the entity, where it is about one: column %s of the source', entity)],
			array['label_key', 'text', 'f.label_key', format('the label, where it is about one: column %s of the source', step)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as entity_key, %2$s as label_key, %3$s as at, %3$s is null or not isfinite(%3$s) as is_untimed, %4$s as is_bad_amount
		from %5$s s
		where %3$s is null or not isfinite(%3$s) or %6$s
	), k as (
		select r.entity_key, r.label_key, r.at, r.is_bad_amount
		from r
		where r.entity_key is not null and not r.is_untimed
	), found as (
	%7$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.entity_key, f.label_key) as finding_index
	from found f
) f', who.expression, step_text, time_column, bad_amount, source_name, event_time.known, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function funnel_create_views(text, regclass, name, name, name, text[], interval, text, text[], name, name, name, date, text, boolean, boolean, text) is
	'makes views for BI over a log of steps: PREFIX_entities, _steps, _steps_by_month, _steps_by_dimension, _visits, _checks';
