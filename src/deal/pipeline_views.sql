-- pipeline_views.sql: pipeline_create_views.

create function pipeline_create_views(
	prefix text,
	source regclass,
	deal name,
	at name,
	stage name,
	amount name default null,
	close_on name default null,
	open text[] default null,
	won text[] default '{won}',
	lost text[] default '{lost}',
	grain text default 'month',
	dimension name default null,
	within_days double precision default 90,
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
	who record := revops_internal.views_column(source, deal, 'deal', 'key');
	zone text := revops_internal.views_zone(source, array[at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	change_time record := revops_internal.views_time(source, at, 'at', zone, today);
	time_text text := (revops_internal.views_column(source, at, 'at', 'time')).expression;
	stage_text text := (revops_internal.views_column(source, stage, 'stage', 'label')).expression;
	said_stage text := format('case when btrim(%1$s) <> '''' then %1$s end', stage_text);
	money_type text := 'numeric(38,2)';
	money_text text := 'null::numeric';
	bad_amount text := 'false';
	close_text text := 'null::date';
	bad_close text := 'false';
	money record;
	planned record;
	definition text;
	stages text;	-- all listed ones, as a pipeline runs
	dimension_text text;
	one_dimension text := '';	-- the dimension of a deal
	dimension_column jsonb := '[]';
	deals text;		-- a row a deal: its key, state, dimension
	model text;		-- what all deals teach
	first_day text;	-- of the periods
	bridge_columns jsonb;
	checks text;
	call text;
	views jsonb;
begin
	if open is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument open is missing',
			hint = 'Name the open stages in their order: open => array[''lead'', ''proposal'']. What means won and lost is in won and lost.';
	end if;
	perform revops_internal.views_check_grain(grain);
	if within_days is null or not within_days between 0 and 36500 then
		raise exception using errcode = 'invalid_parameter_value', message = 'within_days must be between 0 and 36500',
			detail = format('The value is %s.', coalesce(within_days::text, 'NULL')), hint = 'It is how many days ahead a deal''s chance looks: 90 is about a quarter.';
	end if;
	perform revops_internal.views_check_from_date(from_date, 'the day of the first row');
	-- what is wrong with stages, pipeline says itself
	perform revops.pipeline(open, won, lost, zone);
	definition := format('revops.pipeline(%L::text[], %L::text[], %L::text[], %L)', open, coalesce(won, '{won}'), coalesce(lost, '{lost}'), zone);
	stages := format('%L::text[]', open || coalesce(lost, '{lost}') || coalesce(won, '{won}'));
	if amount is not null then
		money := revops_internal.views_column(source, amount, 'amount', 'amount');
		money_type := money.column_type;
		money_text := format('case when %1$s >= 0 and %1$s < 1e22 then %1$s end', money.expression);
		bad_amount := format('%s is not null and (%s) is null', money.expression, money_text);
	end if;
	if close_on is not null then
		planned := revops_internal.views_column(source, close_on, 'close_on', 'time');
		close_text := format('case when %1$s > ''-infinity'' then %2$s end', planned.expression, case planned.column_type
			when 'date' then planned.expression
			when 'timestamp without time zone' then planned.expression || '::date'
			else format('(%s at time zone %L)::date', planned.expression, zone) end);
		bad_close := format('%s = ''-infinity''', planned.expression);
	end if;
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		one_dimension := format(',
			(array_agg(%s order by %s desc, %1$s desc) filter (where %1$s is not null))[1] as dimension_name', dimension_text, change_time.instant);
		dimension_column := jsonb_build_array(
			array['dimension_name', 'text', 'c.dimension_name', format('column %s of the source, the last one known of a deal', dimension)]);
	end if;
	deals := format('select %1$s as deal_key, revops.deal_agg(%2$s, %3$s, %4$s, %5$s) as history%6$s
			from %7$s s
			where %1$s is not null and %8$s
			group by %1$s', who.expression, change_time.instant, said_stage, money_text, close_text, one_dimension, source_name, change_time.known);
	model := format('(
		select revops.forecast_model_agg(l.history, %s, %s) as model
		from (
			%s
		) l
	) m', definition, today, deals);
	first_day := case when from_date is not null then format('least(%L::date, %s)', from_date, today)
		else format('(select min(%s) from %s s where %s is not null and isfinite(%s) and %s)', change_time.day, source_name, who.expression, time_text, change_time.known) end;

	call := revops_internal.views_call('pipeline_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'deal', quote_literal(deal),
		'at', quote_literal(at),
		'stage', quote_literal(stage),
		'amount', quote_literal(amount),
		'close_on', quote_literal(close_on),
		'open', quote_literal(open),
		'won', quote_literal(won),
		'lost', quote_literal(lost),
		'grain', quote_literal(grain),
		'dimension', quote_literal(dimension),
		'within_days', quote_literal(within_days),
		'from_date', quote_literal(from_date),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	bridge_columns := jsonb_build_array(
		array['opening_amount', money_type, 'r.opening', 'open deals at its start'],
		array['created_amount', money_type, 'r.created', 'new deals'],
		array['reopened_amount', money_type, 'r.reopened', 'deals that were won, lost or out, and are open again'],
		array['increased_amount', money_type, 'r.increased', 'what the amounts of open deals rose by'],
		array['decreased_amount', money_type, 'r.decreased', 'what they fell by: negative'],
		array['won_amount', money_type, 'r.won', 'deals won: negative, they leave the pipeline'],
		array['lost_amount', money_type, 'r.lost', 'deals lost: negative'],
		array['removed_amount', money_type, 'r.removed', 'deals in a stage of no list: negative'],
		array['closing_amount', money_type, 'r.closing', 'open deals at its end: the sum of the amounts before'],
		array['opening_count', 'bigint', 'r.deals_opening', 'deals of the opening'],
		array['created_count', 'bigint', 'r.deals_created', 'deals created'],
		array['reopened_count', 'bigint', 'r.deals_reopened', 'deals reopened'],
		array['increased_count', 'bigint', 'r.deals_increased', 'deals whose amount rose'],
		array['decreased_count', 'bigint', 'r.deals_decreased', 'deals whose amount fell'],
		array['won_count', 'bigint', 'r.deals_won', 'deals won'],
		array['lost_count', 'bigint', 'r.deals_lost', 'deals lost'],
		array['removed_count', 'bigint', 'r.deals_removed', 'deals removed'],
		array['closing_count', 'bigint', 'r.deals_closing', 'deals of the closing'],
		array['later_count', 'bigint', 'r.deals_later', 'open at both ends, and their planned date was moved later'],
		array['later_amount', money_type, 'r.amount_later', 'their amount'],
		array['earlier_count', 'bigint', 'r.deals_earlier', 'open at both ends, and their planned date was moved nearer'],
		array['earlier_amount', money_type, 'r.amount_earlier', 'their amount'],
		array['as_of', 'date', today, 'the last day that counts']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'deals',
			'answers', 'Where does each deal stand, since when, how likely is it won, how often did its date slip? One row per deal.',
			'key', array['deal_key'],
			'columns', jsonb_build_array(
				array['deal_key', who.column_type, 'c.deal_key', format('the deal: column %s of the source', deal)])
				|| dimension_column || jsonb_build_array(
				array['stage_name', 'text', 'c.stage', 'its stage; empty: none was ever said'],
				array['stage_index', 'integer', format('coalesce(array_position(%s, c.stage), case when c.stage is not null then 0 end)', stages), 'sorts stages; 0: in no list'],
				array['status_name', 'text', 'c.status', 'open, won, lost, or removed: a stage of no list'],
				array['status_index', 'integer', 'array_position(array[''open'', ''won'', ''lost'', ''removed''], c.status)', 'sorts them'],
				array['deal_amount', money_type, 'c.amount', case when amount is null then 'no column was given' else format('column %s of the source, the last one known', amount) end],
				array['close_date', 'date', 'c.close_on', 'the planned day'],
				array['is_overdue', 'boolean', format('c.status = ''open'' and c.close_on is not null and c.close_on <= %s', today), 'open, and its planned day has come'],
				array['created_at', 'timestamp with time zone', 'c.created_at', 'its first row'],
				array['stage_since_at', 'timestamp with time zone', 'c.stage_since', 'since when it is in its stage'],
				array['changed_at', 'timestamp with time zone', 'c.changed_at', 'its last row'],
				array['stage_age_days', 'double precision', 'f.age_days', 'days in its stage, of an open deal'],
				array['chance_rate', 'double precision', 'f.chance', format('chance that it is won within %s days; empty: closed, or nobody was watched so long', within_days)],
				array['chance_rate_low', 'double precision', 'f.chance_low', 'lower end of its 95 % interval; empty where the chance is 0'],
				array['chance_rate_high', 'double precision', 'f.chance_high', 'upper end of its 95 % interval'],
				array['expected_amount', money_type, 'c.amount * f.chance::numeric', 'amount times chance'],
				array['at_risk_count', 'bigint', 'f.at_risk', 'visits to the stage that lasted longer: what the chance is learned from'],
				array['watched_days', 'double precision', 'f.watched_days', 'so many days ahead the chance looks'],
				array['slip_count', 'bigint', 'c.slips', 'how often its planned day was moved later'],
				array['slip_days', 'integer', 'c.slip_days', 'by how many days in all'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select x.*, o.*, p.created_at, p.slips, p.slip_days,
		case when o.stage = any (%1$L::text[]) then ''open'' when o.stage = any (%2$L::text[]) then ''won'' when o.stage = any (%3$L::text[]) then ''lost'' when o.stage is not null then ''removed'' end as status
	from (
			%4$s
	) x
		join (
			select t.deal_key, min(t.at) as created_at, count(*) filter (where t.planned > t.before) as slips, coalesce(sum(t.planned - t.before) filter (where t.planned > t.before), 0) as slip_days
			from (
				select w.deal_key, w.at, w.planned, case when w.planned is not null then lag(w.planned) over (partition by w.deal_key, w.planned is null order by w.at, w.planned) end as before
				from (
					select %5$s as deal_key, %6$s as at, max(nullif(%7$s, ''infinity'')) as planned
					from %8$s s
					where %5$s is not null and %9$s
					group by %5$s, %6$s
				) w
			) t
			group by t.deal_key
		) p on p.deal_key = x.deal_key
		cross join lateral revops.deal_on(x.history, %10$s, %11$s) o
) c
	cross join %12$s
	left join lateral revops.forecast_deal(c.history, m.model, %11$s, %13$L) f on true', open, coalesce(won, '{won}'), coalesce(lost, '{lost}'), deals, who.expression, change_time.instant, close_text, source_name,
				change_time.known, definition, today, model, within_days)),
		jsonb_build_object(
			'suffix', 'bridge',
			'answers', format('How did the pipeline change: created, won, lost, larger, smaller? One row per %s.', grain),
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'r.period', format('first day of the %s', grain)]) || bridge_columns,
			'from', format('from (
	select revops.pipeline_bridge_agg(c.history, %1$s, %2$L, q.first_day, %3$s + 1) as bridge
	from (
			%4$s
	) c
		cross join (select %5$s as first_day) q
) b
	cross join lateral revops.pipeline_bridge_rows(b.bridge) r', definition, grain, today, deals, first_day)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'bridge_by_dimension',
			'answers', format('The same by %s. One row per %1$s and %2$s.', translate(dimension, E'\n\r', '  '), grain),
			'key', array['dimension_name', 'period_date'],
			'columns', dimension_column || jsonb_build_array(
				array['period_date', 'date', 'r.period', format('first day of the %s', grain)]) || bridge_columns,
			'from', format('from (
	select c.dimension_name, revops.pipeline_bridge_agg(c.history, %1$s, %2$L, q.first_day, %3$s + 1) as bridge
	from (
			%4$s
	) c
		cross join (select %5$s as first_day) q
	group by c.dimension_name
) c
	cross join lateral revops.pipeline_bridge_rows(c.bridge) r', definition, grain, today, deals, first_day)));
	end if;
	views := views || jsonb_build_array(
		jsonb_build_object(
			'suffix', 'movements',
			'answers', format('Which deals moved the pipeline? One row per deal, %s and movement.', grain),
			'key', array['deal_key', 'period_date', 'movement_index'],
			'columns', jsonb_build_array(
				array['deal_key', who.column_type, 'c.deal_key', format('the deal: column %s of the source', deal)])
				|| dimension_column || jsonb_build_array(
				array['period_date', 'date', 'r.period', format('first day of the %s', grain)],
				array['movement_name', 'text', 'r.movement', 'created, reopened, increased, decreased, won, lost or removed'],
				array['movement_index', 'integer', 'array_position(array[''created'', ''reopened'', ''increased'', ''decreased'', ''won'', ''lost'', ''removed''], r.movement)', 'sorts movements'],
				array['movement_amount', money_type, 'r.amount', 'what it did to the pipeline: negative where it made it smaller'],
				array['before_amount', money_type, 'r.amount_before', 'the deal''s amount at the start of the period; empty: it was not there'],
				array['after_amount', money_type, 'r.amount_after', 'and at its end'],
				array['before_stage_name', 'text', 'r.stage_before', 'its stage at the start'],
				array['before_stage_index', 'integer', format('coalesce(array_position(%s, r.stage_before), case when r.stage_before is not null then 0 end)', stages), 'sorts stages'],
				array['after_stage_name', 'text', 'r.stage_after', 'and at the end'],
				array['after_stage_index', 'integer', format('coalesce(array_position(%s, r.stage_after), case when r.stage_after is not null then 0 end)', stages), 'sorts stages'],
				array['before_close_date', 'date', 'r.close_before', 'its planned day at the start'],
				array['after_close_date', 'date', 'r.close_after', 'and at the end'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
			%s
) c
	cross join (select %s as first_day) q
	cross join lateral revops.deal_movements(c.history, %s, %L, q.first_day, %s + 1) r', deals, first_day, definition, grain, today)),
		jsonb_build_object(
			'suffix', 'stage_chances',
			'answers', format('How do deals end that enter a stage, and how many are won within %s days? One row per open stage.', within_days),
			'key', array['stage_index'],
			'columns', jsonb_build_array(
				array['stage_index', 'integer', 'r.stage_index', 'sorts the stages'],
				array['stage_name', 'text', 'r.stage', 'the stage'],
				array['visit_count', 'bigint', 'r.visits', 'visits of deals; one that comes back visits twice'],
				array['won_count', 'bigint', 'r.won', 'of these, deals that were won in the end'],
				array['lost_count', 'bigint', 'r.lost', 'that were lost'],
				array['removed_count', 'bigint', 'r.removed', 'that came into a stage of no list'],
				array['open_count', 'bigint', 'r.open', 'that are open'],
				array['chance_rate', 'double precision', 'r.chance', format('chance of a deal that enters the stage to be won within %s days', within_days)],
				array['chance_rate_low', 'double precision', 'r.chance_low', 'lower end of its 95 % interval'],
				array['chance_rate_high', 'double precision', 'r.chance_high', 'upper end of its 95 % interval'],
				array['watched_days', 'double precision', 'r.watched_days', 'so many days ahead the chance looks'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.forecast_model_rows(m.model, %L) r', model, within_days)),
		jsonb_build_object(
			'suffix', 'forecast_months',
			'answers', 'What will be won of the open deals, month by month? One row per month ahead.',
			'key', array['won_month'],
			'columns', jsonb_build_array(
				array['won_month', 'date', 'c.month', 'first day of the month; the first row is what is left of it after as_of'],
				array['month_index', 'integer', 'c.month_index', 'counts the months'],
				array['open_count', 'bigint', 'c.deals', 'open deals'],
				array['unjudged_count', 'bigint', 'c.unjudged', 'of these, those without a chance: nobody was watched so long; they count nothing'],
				array['expected_amount', money_type, 'c.expected', 'sum of amount times the chance to be won in that month'],
				array['expected_won_count', 'double precision', 'c.wins', 'sum of the chances: how many are expected to be won'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select r.month, r.month_index, count(*) as deals, count(*) filter (where r.chance is null) as unjudged,
		coalesce(sum(o.amount * r.chance::numeric), 0) as expected, coalesce(sum(r.chance order by o.amount, r.chance), 0) as wins
	from (
			%1$s
	) x
		cross join %2$s
		cross join lateral revops.deal_on(x.history, %3$s, %4$s) o
		cross join lateral revops.forecast_months(x.history, m.model, %4$s, 12) r
	group by r.month, r.month_index
) c', deals, model, definition, today)));

	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as deal_key, null::text as label_key,
		count(*) as row_count, 'rows without a deal' as detail_name
	from r
	where r.key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.key is not null and r.is_untimed
	having count(*) > 0
	union all
	select case when v.name is not null then 3 else 4 end, case when v.name is not null then 'misspelt_stage' else 'unknown_stage' end, false, null, l.label_key,
		l.row_count, 'in no list, so it takes the deal out of the pipeline; deals: ' || l.deals || coalesce('; like ' || v.name, '')
	from (
		select k.label_key, count(*) as row_count, count(distinct k.key) as deals
		from k
		where btrim(k.label_key) <> '' and k.label_key collate "C" <> all (%2$s)
		group by k.label_key
	) l,
		lateral (select revops_internal.views_resembles(l.label_key, %2$s) as name) v
	union all
	select 5, 'blank_stage', false, null, null, count(*), 'rows whose stage is blank count as rows that did not change it'
	from k
	where btrim(k.label_key) = ''
	having count(*) > 0
	union all
	select 6, 'no_stage', false, null, null, sum(d.row_count)::bigint, 'rows of deals that never say a stage: they are in no bridge; deals: ' || count(*)
	from (
		select k.key, count(*) as row_count
		from k
		group by k.key
		having count(*) filter (where btrim(k.label_key) <> '') = 0
	) d
	having count(*) > 0
	union all
	select 7, 'bad_amount', false, null, null, count(*), 'amounts that are negative, NaN, endless or 10^22 and more count as not changed'
	from k
	where k.is_bad_amount
	having count(*) > 0
	union all
	select 8, 'bad_close_date', false, null, null, count(*), 'planned days of -infinity count as not changed'
	from k
	where k.is_bad_close
	having count(*) > 0$q$, who.column_type, stages) || revops_internal.views_key_checks('deal', who.column_type, 9, 1);
	if dimension is not null then
		checks := checks || $q$
	union all
	select 11, 'several_dimensions', false, null, null, sum(d.row_count)::bigint, 'rows of deals whose dimension changed: all they did counts under the last one; deals: ' || count(*)
	from (
		select k.key, count(*) as row_count
		from k
		group by k.key
		having count(distinct k.dimension_name) > 1
	) d
	having count(*) > 0$q$;
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time; kept: misspelt_stage (like one), unknown_stage, blank_stage, no_stage, bad_amount, bad_close_date, blank_key, similar_keys, several_dimensions'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['deal_key', who.column_type, 'f.deal_key', format('the deal, where it is about one: column %s of the source', deal)],
			array['label_key', 'text', 'f.label_key', format('the stage, where it is about one: column %s of the source', stage)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as key, %2$s as label_key, %3$s is null or not isfinite(%3$s) as is_untimed, %4$s as is_bad_amount, %5$s as is_bad_close%9$s
		from %6$s s
		where %3$s is null or not isfinite(%3$s) or %7$s
	), k as (
		select r.*
		from r
		where r.key is not null and not r.is_untimed
	), found as (
	%8$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.deal_key, f.label_key) as finding_index
	from found f
) f', who.expression, stage_text, time_text, bad_amount, bad_close, source_name, change_time.known, checks, case when dimension is null then '' else format(', %s as dimension_name', dimension_text) end)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function pipeline_create_views(text, regclass, name, name, name, name, name, text[], text[], text[], text, name, double precision, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over a log of changes of deals: PREFIX_deals, _bridge, _bridge_by_dimension, _movements, _stage_chances, _forecast_months, _checks';
