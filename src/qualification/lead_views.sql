-- lead_views.sql: views for BI over a table of leads: how many are valid, what is wrong with the others, who
-- answers when, and who gets them.

create function lead_create_views(
	prefix text,
	source regclass,
	lead name,
	created_at name,
	criteria name[],
	definition qualification_def default null,
	dimension name default null,
	owner name default null,
	answered_at name default null,
	calendar text default null,
	from_date date default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 8
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	leads text := revops_internal.views_name(target_schema, prefix, 'leads');
	what record := revops_internal.views_column(source, lead, 'lead', 'key');
	rule jsonb;
	rule_literal text;
	names text[];	-- of the criteria
	found_column record;
	answer_columns jsonb := '[]';	-- of PREFIX_leads
	answer_name text;
	answer_names name[] := '{}';
	answer_list text := '';	-- as arguments, of leads i
	picked text := '';	-- the criteria in the source
	failing_index text;
	unchecked_index text;
	hours_kind text := 'hours';	-- in comments
	calendar_literal text;
	covered text := 'true';	-- does the calendar know the day of the lead?
	zone text;
	today text;
	created record;
	answered record;
	answered_text text := '';
	now_text text;	-- the last moment that is known
	elapsed text := 'null::float8';
	day_column name;	-- of created_at and answered_at, where one is a day and the other a moment
	dimension_text text := 'null::text';
	owner_text text := 'null::text';
	response_columns jsonb := '[]';
	counts jsonb;	-- columns over a summary s
	stats text;	-- the aggregate over leads i
	responses text;	-- aggregates over leads i
	since text;
	periods text;
	checks text;
	call text;
	views jsonb;
begin
	if criteria is null or array_ndims(criteria) is distinct from 1 or array_position(criteria, null) is not null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument criteria is missing',
			detail = format('It must name the columns of %s that hold the answers.', source),
			hint = 'List boolean columns: array[''has_need'', ''has_budget''].';
	end if;
	definition := coalesce(definition, revops.qualification(criteria::text[]));
	rule := definition::jsonb;
	rule_literal := format('%L::revops.qualification_def', definition::text);
	names := (select array_agg(c ->> 'name' order by n) from jsonb_array_elements(rule -> 'criteria') with ordinality x(c, n));
	if cardinality(names) <> cardinality(criteria) then
		raise exception using errcode = 'invalid_parameter_value', message = 'criteria must name one column per criterion of the definition',
			detail = format('It names %s columns; the definition has %s criteria: %s.', cardinality(criteria), cardinality(names), array_to_string(names, ', ')),
			hint = 'List the columns in the order of the criteria.';
	end if;
	for place in 1 .. cardinality(criteria) loop
		found_column := revops_internal.views_column(source, criteria[place], 'criteria', 'key');
		if found_column.column_type <> 'boolean' then
			raise exception using errcode = 'datatype_mismatch',
				message = format('column "%s" of %s does not fit argument criteria', criteria[place], source),
				detail = format('It shows as %s.', found_column.column_type),
				hint = 'A boolean column is needed: true, false, or NULL where nobody has checked yet. A view over the table can compute it.';
		end if;
		answer_name := 'is_' || criteria[place];
		if octet_length(answer_name) > 63 or answer_name = any (answer_names) then
			answer_name := 'is_criterion_' || place;
		end if;
		while answer_name = any (answer_names) loop
			answer_name := answer_name || '_';
		end loop;
		answer_names := answer_names || answer_name::name;
		answer_columns := answer_columns || jsonb_build_array(array[answer_names[place]::text, 'boolean', format('i.answer_%s', place),
			format('%s: column %s of the source; empty: nobody has checked yet', names[place], criteria[place])]);
		answer_list := answer_list || format(', i.%I', answer_names[place]);
		picked := picked || format(', %s as answer_%s', found_column.expression, place);
		failing_index := concat_ws(' + ', failing_index, format('case when not i.answer_%s then %s else 0 end', place, 1::bigint << (place - 1)));
		unchecked_index := concat_ws(' + ', unchecked_index, format('case when i.answer_%s is null then %s else 0 end', place, 1::bigint << (place - 1)));
	end loop;

	if calendar is not null then
		if answered_at is null then
			raise exception using errcode = 'invalid_parameter_value', message = 'a calendar needs answered_at',
				hint = 'It counts the working hours until the first answer: name the column of that moment.';
		end if;
		hours_kind := 'working hours';
		select c.definition, c.literal, c.covered into calendar, calendar_literal, covered from revops_internal.views_calendar(calendar, 'i.created_at') c;
	end if;
	-- a calendar says which zone is meant
	zone := revops_internal.views_zone(source, array[created_at, answered_at], coalesce(time_zone, calendar::jsonb ->> 'time_zone'));
	today := revops_internal.views_as_of(as_of, zone);
	created := revops_internal.views_time(source, created_at, 'created_at', zone, today);
	perform revops_internal.views_check_from_date(from_date, 'the day of the first lead');
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
	end if;
	if owner is not null then
		-- blanks are nobody: as one owner more they would make an even share smaller than it is
		owner_text := format('case when btrim(%1$s) <> '''' then %1$s end', (revops_internal.views_column(source, owner, 'owner', 'label')).expression);
	end if;
	if answered_at is not null then
		answered := revops_internal.views_time(source, answered_at, 'answered_at', zone, today);
		select case when count(*) = 1 then min(c.name) end into day_column
		from unnest(array[created_at, answered_at]) c(name)
		where (revops_internal.views_column(source, c.name, 'answered_at', 'time')).column_type = 'date';
		-- a day that runs is known until now, not until its end: what is unanswered has not waited longer
		now_text := case when as_of is null then 'now()' else format('((%s + 1)::timestamp at time zone %L)', today, zone) end;
		elapsed := format('case when (i.answered_at is null or i.answered_at >= i.created_at) and %s then %s end', covered,
			case when calendar is null then format('(extract(epoch from coalesce(i.answered_at, %s)) - extract(epoch from i.created_at))::float8 / 3600', now_text)
				else format('revops.work_hours(%s, i.created_at, coalesce(i.answered_at, %s))', calendar_literal, now_text) end);
		answered_text := format(', case when %s then %s end as answered_at', answered.known, answered.instant);
		response_columns := jsonb_build_array(
			array['answered_at', 'timestamp with time zone', 'i.answered_at', format('when it was first answered: column %s; empty: not by as_of', answered_at)],
			array['response_hours', 'double precision', elapsed, format('%s from then to the first answer, or to as_of; empty: answered before it came in%s', hours_kind,
				case when covered <> 'true' then ', or before the calendar' else '' end)]);
	end if;

	stats := format('revops.qualification_dated_agg(%s, i.created_date, i.as_of%s)', rule_literal, answer_list);
	counts := jsonb_build_array(
		array['lead_count', 'bigint', 'coalesce(s.leads, 0)', 'leads'],
		array['valid_count', 'bigint', 'coalesce(s.valid, 0)', 'valid, whatever the unchecked turns out to be'],
		array['invalid_count', 'bigint', 'coalesce(s.invalid, 0)', 'not valid, whatever the unchecked turns out to be'],
		array['pending_count', 'bigint', 'coalesce(s.pending, 0)', 'not decided yet'],
		array['overdue_count', 'bigint', 'coalesce(s.overdue, 0)', 'not decided, though the days to decide are over'],
		array['valid_rate', 'double precision', 's.valid_rate', 'valid of valid and invalid, 0 to 1'],
		array['valid_rate_low', 'double precision', 's.valid_rate_low', 'lower end of its 95 % interval'],
		array['valid_rate_high', 'double precision', 's.valid_rate_high', 'upper end of its 95 % interval'],
		array['floor_rate', 'double precision', 's.rate_floor', 'what the rate would be if all that is not decided were invalid'],
		array['ceiling_rate', 'double precision', 's.rate_ceiling', 'what it would be if all that were valid']);
	if from_date is null then
		since := format('(select coalesce(min(f.created_date), %s) from %s f)', today, leads);
	else
		since := format('least(%L::date, %s)', from_date, today);
	end if;
	periods := format('(select p.period, p.state, row_number() over (order by p.period) as place from revops.period_rows(''month'', %s, %s + 1, %2$s) p)', since, today);

	call := revops_internal.views_call('lead_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'lead', quote_literal(lead),
		'created_at', quote_literal(created_at),
		'criteria', quote_literal(criteria::text),
		'definition', quote_literal(definition::text),
		'dimension', quote_literal(dimension),
		'owner', quote_literal(owner),
		'answered_at', quote_literal(answered_at),
		'calendar', quote_literal(calendar),
		'from_date', quote_literal(from_date),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'leads',
			'answers', 'Is each lead valid, and what does it lack? One row per lead.',
			'key', array['lead_key'],
			'columns', jsonb_build_array(
				array['lead_key', what.column_type, 'i.lead_key', format('the lead: column %s of the source', lead)],
				array['created_at', 'timestamp with time zone', 'i.created_at', format('when it came in: column %s of the source', created_at)],
				array['created_date', 'date', 'i.created_date', format('that day in %s', zone)])
				|| case when dimension is null then '[]' else jsonb_build_array(array['dimension_name', 'text', 'i.dimension_name', format('column %s of the source', dimension)]) end
				|| case when owner is null then '[]' else jsonb_build_array(array['owner_name', 'text', 'i.owner_name', format('who looks after it: column %s of the source; empty: nobody', owner)]) end
				|| answer_columns || jsonb_build_array(
				array['verdict_name', 'text', 'case when c.verdict <> ''unknown'' then c.verdict when i.is_overdue then ''overdue'' else ''pending'' end',
					'valid or invalid, whatever the unchecked turns out to be; pending; or overdue: the days to decide are over'],
				array['verdict_index', 'integer', 'case c.verdict when ''valid'' then 1 when ''invalid'' then 2 else case when i.is_overdue then 4 else 3 end end', 'sorts verdicts'],
				array['passed_count', 'bigint', 'c.passed', 'criteria that are true'],
				array['failed_count', 'bigint', 'c.failed', 'criteria that are false'],
				array['unknown_count', 'bigint', 'c.unknown', 'criteria that nobody has checked yet'],
				array['total_score_low', 'double precision', 'c.score_low', 'weights of the criteria that are true'],
				array['total_score_high', 'double precision', 'c.score_high', 'the same if all that is unchecked were true'],
				array['tier_name', 'text', 'c.tier', 'tier of the score; empty: below the first tier, or the unchecked decides'],
				array['tier_index', 'integer', format('array_position(%L::text[], c.tier)', coalesce((select array_agg(t ->> 'name' order by n) from jsonb_array_elements(rule -> 'tiers') with ordinality x(t, n)), '{}')), 'sorts tiers, the lowest first'],
				array['first_failing_name', 'text', 'c.first_failing', 'the first criterion that is false'],
				array['first_failing_index', 'integer', format('array_position(%L::text[], c.first_failing)', names), 'sorts them, in the order of the criteria'],
				array['failing_name', 'text', 'nullif(array_to_string(c.failing, '' + ''), '''')', 'all that are false'],
				array['failing_index', 'bigint', failing_index, 'sorts them: the sum of 1 for the first criterion, 2 for the second, 4 for the third and so on'],
				array['unchecked_name', 'text', 'nullif(array_to_string(c.unchecked, '' + ''), '''')', 'all that nobody has checked yet'],
				array['unchecked_index', 'bigint', unchecked_index, 'sorts them in the same way'])
				|| response_columns || jsonb_build_array(
				array['period_date', 'date', 'date_trunc(''month'', i.created_date)::date', format('first day of the month in which it came in, in %s', zone)],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select distinct on (1) %1$s as lead_key, %2$s as created_at, %3$s as created_date, %4$s as dimension_name, %5$s as owner_name%6$s%7$s,
		%8$s as is_overdue
	from %9$s s
	where %1$s is not null and %10$s%11$s
	order by 1, 2 desc, %12$s
) i
	cross join lateral revops.qualification_check(%13$s%14$s) c', what.expression, created.instant, created.day, dimension_text, owner_text, picked,
				answered_text,
				case when rule ? 'decide_days' then format('(%s - %s > %s)', today, created.day, rule ->> 'decide_days') else 'false' end,
				source_name, created.known, case when as_of is null then format(' and %s <= now()', created.instant) end,
				(select string_agg(n::text, ', ') from generate_series(4, 5 + cardinality(criteria) + (answered_at is not null)::integer) n),
				rule_literal, (select string_agg(format(', i.answer_%s', n), '' order by n) from generate_series(1, cardinality(criteria)) n))),
		jsonb_build_object(
			'suffix', 'summary',
			'answers', 'How many leads are valid, and how far can the unchecked move that? One row.',
			'key', array['as_of'],
			'columns', counts || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select %s as stats
	from %s i
) x
	cross join lateral revops.qualification_summary(x.stats) s', stats, leads)),
		jsonb_build_object(
			'suffix', 'by_month',
			'answers', 'Do leads get better? One row per month in which they came in.',
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'p.period', format('first day of the month, in %s', zone)],
				array['period_index', 'bigint', 'p.place', 'sorts the months'],
				array['state_name', 'text', 'p.state', 'complete, or running: known until as_of'],
				array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], p.state)', 'sorts states'])
				|| counts || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select r.period, r.state, r.place, %1$s filter (where i.lead_key is not null) as stats
	from %2$s r
		left join %3$s i on i.period_date = r.period
	group by r.period, r.state, r.place
) p
	cross join lateral revops.qualification_summary(p.stats) s', stats, periods, leads)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'by_dimension',
			'answers', format('Where do valid leads come from? One row per %s.', translate(dimension, E'\n\r', '  ')),
			'key', array['dimension_name'],
			'columns', jsonb_build_array(array['dimension_name', 'text', 'p.dimension_name', format('column %s of the source', dimension)])
				|| counts || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select i.dimension_name, %s as stats
	from %s i
	group by i.dimension_name
) p
	cross join lateral revops.qualification_summary(p.stats) s', stats, leads)));
	end if;
	views := views || jsonb_build_array(
		jsonb_build_object(
			'suffix', 'criteria',
			'answers', 'Which criterion costs leads? One row per criterion.',
			'key', array['criterion_index'],
			'columns', jsonb_build_array(
				array['criterion_index', 'integer', 'c.criterion_index', 'sorts the criteria'],
				array['criterion_name', 'text', 'c.criterion', 'the criterion'],
				array['is_required', 'boolean', 'c.is_required', 'no lead is valid without it'],
				array['passed_count', 'bigint', 'c.passed', 'leads of which it is true'],
				array['failed_count', 'bigint', 'c.failed', 'leads of which it is false'],
				array['unknown_count', 'bigint', 'c.unknown', 'leads of which nobody has checked it yet'],
				array['pass_rate', 'double precision', 'c.pass_rate', 'true of true and false, 0 to 1'],
				array['pass_rate_low', 'double precision', 'c.pass_rate_low', 'lower end of its 95 % interval'],
				array['pass_rate_high', 'double precision', 'c.pass_rate_high', 'upper end of its 95 % interval'],
				array['first_failing_count', 'bigint', 'c.first_failing', 'invalid leads whose first false criterion it is: they add up to all invalid'],
				array['only_failing_count', 'bigint', 'c.only_failing', 'invalid leads that have no other false criterion'],
				array['valid_if_passed_count', 'bigint', 'c.valid_if_passed', 'invalid leads that would be valid if it were true'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select %s as stats
	from %s i
) x
	cross join lateral revops.qualification_rows(x.stats) c', stats, leads)),
		jsonb_build_object(
			'suffix', 'patterns',
			'answers', 'What do leads lack together? One row per pattern of failing and unchecked criteria.',
			'key', array['pattern_index'],
			'columns', jsonb_build_array(
				array['pattern_index', 'bigint', 'c.place', 'sorts the patterns, most leads first'],
				array['failing_name', 'text', 'c.failing', 'criteria that are false; empty: none'],
				array['failing_index', 'bigint', 'dense_rank() over (order by c.failed_count, c.failing)', 'sorts them: the fewest first, then by name'],
				array['unchecked_name', 'text', 'c.unchecked', 'criteria that nobody has checked yet; empty: none'],
				array['unchecked_index', 'bigint', 'dense_rank() over (order by c.unknown_count, c.unchecked)', 'sorts them in the same way'],
				array['failed_count', 'bigint', 'c.failed_count', 'how many are false'],
				array['unknown_count', 'bigint', 'c.unknown_count', 'how many are not checked'],
				array['verdict_name', 'text', 'c.verdict', 'valid, invalid, or unknown: the unchecked decides'],
				array['verdict_index', 'integer', 'array_position(array[''valid'', ''invalid'', ''unknown''], c.verdict)', 'sorts verdicts'],
				array['lead_count', 'bigint', 'c.leads', 'leads'],
				array['lead_rate', 'double precision', 'c.lead_rate', 'of all leads, 0 to 1'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select %s as stats
	from %s i
) x
	cross join lateral revops.qualification_patterns(x.stats) with ordinality c(failing, unchecked, failed_count, unknown_count, verdict, leads, lead_rate, place)', stats, leads)));
	if answered_at is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'responses',
			'answers', format('How long until the first answer%s? Unanswered leads count as long as they have waited. One row%s.',
				case when owner is null then '' else ', and who is slow' end, case when owner is null then '' else ' per owner' end),
			'key', case when owner is null then array['as_of'] else array['owner_name'] end,
			'columns', case when owner is null then '[]' else jsonb_build_array(
				array['owner_name', 'text', 'p.owner_name', format('column %s of the source; empty: nobody', owner)],
				array['owner_index', 'bigint', 'row_number() over (order by p.owner_name)', 'sorts the owners, by name']) end || jsonb_build_array(
				array['lead_count', 'bigint', 'p.leads', 'leads whose response hours are known'],
				array['answered_count', 'bigint', 'p.answered', 'of them answered by as_of'],
				array['unanswered_count', 'bigint', 'p.leads - p.answered', 'of them not'],
				array['unanswered_rate', 'double precision', '(p.leads - p.answered)::float8 / nullif(p.leads, 0)::float8', 'of all, 0 to 1; some are young'],
				array['median_hours', 'double precision', '(select q.duration from revops.survival_quantiles(p.waits, ''{0.5}'') q)', format('half were answered within so many %s', hours_kind)],
				array['p90_hours', 'double precision', '(select q.duration from revops.survival_quantiles(p.waits, ''{0.9}'') q)', 'nine in ten were answered within so many; empty where fewer are'],
				array['oldest_unanswered_hours', 'double precision', 'p.oldest', 'how long the oldest unanswered one has waited'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select %1$scount(i.response_hours) as leads, count(i.answered_at) filter (where i.response_hours is not null) as answered,
		max(i.response_hours) filter (where i.answered_at is null) as oldest, revops.survival_agg(i.response_hours, i.answered_at is not null) as waits
	from %2$s i%3$s
) p', case when owner is not null then 'i.owner_name, ' end, leads, case when owner is not null then '
	group by i.owner_name' end)));
	end if;
	if owner is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'owners',
			'answers', 'Does anybody get more than an even share of the leads, and who gets valid ones? One row per owner.',
			'key', array['owner_name'],
			'columns', jsonb_build_array(
				array['owner_name', 'text', 'p.owner_name', format('column %s of the source', owner)],
				array['owner_index', 'bigint', 'p.place', 'sorts the owners, most leads first'])
				|| counts || jsonb_build_array(
				array['share_rate', 'double precision', 'p.leads::float8 / p.all_leads::float8', 'its part of the leads that have an owner, 0 to 1'],
				array['share_rate_low', 'double precision', 'revops.wilson_low(p.leads, p.all_leads)', 'lower end of its 95 % interval'],
				array['share_rate_high', 'double precision', 'revops.wilson_high(p.leads, p.all_leads)', 'upper end of its 95 % interval'],
				array['even_share_rate', 'double precision', '1.0::float8 / p.owners::float8', 'what each would get of an even share'],
				array['is_above_even', 'boolean', 'revops.wilson_low(p.leads, p.all_leads) > 1.0::float8 / p.owners::float8', 'true: more than an even share, beyond chance'],
				array['is_below_even', 'boolean', 'revops.wilson_high(p.leads, p.all_leads) < 1.0::float8 / p.owners::float8', 'true: less than an even share, beyond chance'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select i.owner_name, %s as stats, count(*) as leads, (sum(count(*)) over ())::bigint as all_leads, count(*) over () as owners,
		row_number() over (order by count(*) desc, i.owner_name) as place
	from %s i
	where i.owner_name is not null
	group by i.owner_name
) p
	cross join lateral revops.qualification_summary(p.stats) s', stats, leads)));
	end if;

	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as lead_key, count(*) as row_count, 'rows without a lead' as detail_name
	from r
	where r.lead_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, count(*), 'rows without a time at which the lead came in, or with an endless one'
	from r
	where r.lead_key is not null and not r.is_dated
	having count(*) > 0
	union all
	select 3, 'repeated_lead', true, r.lead_key, count(*) - 1, 'several rows: the one created last counts'
	from r
	where r.lead_key is not null and r.is_dated
	group by r.lead_key
	having count(*) > 1
	union all
	select 4, 'never_unknown', false, null, v.checked, 'criterion "' || v.criterion || '" is never empty: is what nobody has checked stored as false?'
	from v
	where v.checked = v.leads and v.leads >= 20
	union all
	select 5, 'never_checked', false, null, v.leads, 'criterion "' || v.criterion || '" is empty for all leads'
	from v
	where v.checked = 0 and v.leads > 0
	union all
	select 6, 'never_passed', false, null, v.checked, 'criterion "' || v.criterion || '" is true for no lead'
	from v
	where v.checked > 0 and v.passed = 0$q$, what.column_type);
	if owner is not null then
		checks := checks || $q$
	union all
	select 7, 'no_owner', false, null, count(*), 'leads whose owner is empty or blank are in no share'
	from l
	where l.owner_name is null
	having count(*) > 0$q$;
	end if;
	if answered_at is not null then
		checks := checks || $q$
	union all
	select 8, 'answered_before_created', false, l.lead_key, 1, 'has no response hours'
	from l
	where l.answered_at < l.created_at$q$;
		if covered <> 'true' then
			checks := checks || format($q$
	union all
	select 9, 'not_covered', false, null, count(*), 'leads that came in before the first day that the calendar covers have no response hours'
	from l i
	where not (%s)
	having count(*) > 0$q$, covered);
		end if;
		if day_column is not null then
			checks := checks || format($q$
	union all
	select 10, 'day_beside_moment', false, null, count(*), %L
	from l
	having count(*) > 0$q$, format('column "%s" is a day, which counts from its midnight: response hours are up to a day off', day_column));
		end if;
	end if;
	checks := checks || revops_internal.views_key_checks('lead', what.column_type, 11);
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time, repeated_lead; kept: never_unknown, never_checked, never_passed, no_owner, answered_before_created, not_covered, day_beside_moment, blank_key, similar_keys'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['lead_key', what.column_type, 'f.lead_key', format('the lead, where it is about one: column %s of the source', lead)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as lead_key, %2$s is not null and isfinite(%2$s) as is_dated
		from %3$s s
		where %2$s is null or not isfinite(%2$s) or %4$s
	), k as (
		select r.lead_key as key
		from r
		where r.is_dated
	), l as (
		select *
		from %5$s
	), v as (
		select a.place, a.criterion, a.checked, a.passed, n.leads
		from (
			select count(*) as leads, array[%6$s] as counted
			from l c
		) n
			cross join lateral unnest(%7$L::text[], n.counted[1:%8$s], n.counted[%8$s + 1:]) with ordinality a(criterion, checked, passed, place)
	), found as (
	%9$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.lead_key, f.detail_name) as finding_index
	from found f
) f', what.expression, created.instant, source_name, created.known, leads,
			(select string_agg(format('count(c.%I)', a), ', ' order by n) from unnest(answer_names) with ordinality x(a, n)) || ', '
				|| (select string_agg(format('count(*) filter (where c.%I)', a), ', ' order by n) from unnest(answer_names) with ordinality x(a, n)),
			names, cardinality(criteria), checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function lead_create_views(text, regclass, name, name, name[], qualification_def, name, name, name, text, date, name, date, text, boolean, boolean, text) is
	'makes views for BI over a table of leads: PREFIX_leads, _summary, _by_month, _by_dimension, _criteria, _patterns, _responses, _owners, _checks';
