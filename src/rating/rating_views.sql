-- rating_views.sql: rating_create_views.

create function rating_create_views(
	prefix text,
	source regclass,
	score name,
	rated_on name,
	subject name default null,
	dimension name default null,
	definition rating_def default null,
	trailing_months integer default 6,
	min_responses integer default 5,
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
	zone text := revops_internal.views_zone(source, array[rated_on], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	rated record := revops_internal.views_time(source, rated_on, 'rated_on', zone, today);
	score_text text := (revops_internal.views_column(source, score, 'score', 'amount')).expression;
	dimension_text text := 'null::text';
	subject_text text := 'null::text';
	dimension_column jsonb := '[]';
	scale text;	-- the definition, as a literal
	is_valid text;	-- is a score none, or on the scale?
	rows text;	-- a row a person asked: day, dimension_name, subject_name, score
	months text;
	since text;	-- first day of the trailing months
	measures jsonb;	-- columns of a rating_state x.answers and its summary m
	differences jsonb;
	checks text;
	call text;
	views jsonb;
begin
	if definition is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument definition is missing',
			detail = 'Which scores there are, and which are good, cannot be seen in the column: 4 is good of 5, and bad of 10.',
			hint = 'Give the scale, for example definition => revops.rating_preset(''nps''), or revops.rating(1, 4, 3, 2).';
	end if;
	if trailing_months is null or trailing_months not between 1 and 1200 then
		raise exception using errcode = 'invalid_parameter_value', message = 'trailing_months must be between 1 and 1200',
			detail = format('The value is %s.', coalesce(trailing_months::text, 'NULL')), hint = 'It is how many months, up to as_of, subjects are rated by: 6 is half a year.';
	end if;
	if min_responses is null or min_responses < 1 then
		raise exception using errcode = 'invalid_parameter_value', message = 'min_responses must be at least 1',
			detail = format('The value is %s.', coalesce(min_responses::text, 'NULL')), hint = 'A subject with fewer answers has no rank, and is nobody''s peer.';
	end if;
	scale := format('%L::revops.rating_def', definition);
	is_valid := format('(%1$s is null or %1$s between %2$s and %3$s and %1$s = trunc(%1$s))', score_text, definition::jsonb ->> 'low', definition::jsonb ->> 'high');
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		dimension_column := jsonb_build_array(array['dimension_name', 'text', 'x.dimension_name', format('column %s of the source', dimension)]);
	end if;
	if subject is not null then
		subject_text := (revops_internal.views_column(source, subject, 'subject', 'label')).expression;
	end if;
	since := format('(%s + 1 - interval ''%s months'')::date', today, trailing_months);
	rows := format('select %s as day, %s as dimension_name, %s as subject_name, %s::integer as score
		from %s s
		where %s and %s', rated.day, dimension_text, subject_text, score_text, source_name, rated.known, is_valid);
	months := format('(select p.period, p.state, p.ends, row_number() over (order by p.period) as place
		from revops.period_rows(''month'', (select coalesce(min(f.day), %1$s) from (
		%2$s
	) f), %1$s + 1, %1$s) p)', today, rows);

	call := revops_internal.views_call('rating_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'score', quote_literal(score),
		'rated_on', quote_literal(rated_on),
		'subject', quote_literal(subject),
		'dimension', quote_literal(dimension),
		'definition', quote_literal(definition),
		'trailing_months', trailing_months::text,
		'min_responses', min_responses::text,
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	measures := jsonb_build_array(
		array['asked_count', 'bigint', 'coalesce(m.asked, 0)', 'people asked: rows, with a score or without'],
		array['response_count', 'bigint', 'coalesce(m.responses, 0)', 'of them with a score: all figures are of these'],
		array['response_rate', 'double precision', 'm.response_rate', 'of those asked; where it is low, the silent may think otherwise'],
		array['favourable_count', 'bigint', 'coalesce(m.favourable, 0)', format('scores from %s on', definition::jsonb ->> 'favourable_from')],
		array['neutral_count', 'bigint', 'coalesce(m.neutral, 0)', 'scores between'],
		array['unfavourable_count', 'bigint', 'coalesce(m.unfavourable, 0)', format('scores up to %s', definition::jsonb ->> 'unfavourable_to')],
		array['favourable_rate', 'double precision', 'm.favourable_rate', 'share of the favourable answers (CSAT), 0 to 1'],
		array['favourable_rate_low', 'double precision', 'm.favourable_rate_low', 'lower end of its 95 % interval'],
		array['favourable_rate_high', 'double precision', 'm.favourable_rate_high', 'upper end of its 95 % interval'],
		array['unfavourable_rate', 'double precision', 'm.unfavourable_rate', 'share of the unfavourable answers, 0 to 1'],
		array['unfavourable_rate_low', 'double precision', 'm.unfavourable_rate_low', 'lower end of its 95 % interval'],
		array['unfavourable_rate_high', 'double precision', 'm.unfavourable_rate_high', 'upper end of its 95 % interval'],
		array['nps_score', 'double precision', '100 * m.net_score', 'favourable less unfavourable in percent, -100 to 100: NPS, where the scale is that of NPS'],
		array['nps_score_low', 'double precision', '100 * m.net_score_low', 'lower end of its 95 % interval'],
		array['nps_score_high', 'double precision', '100 * m.net_score_high', 'upper end of its 95 % interval; the score is not in the middle'],
		array['mean_score', 'double precision', 'm.mean_score', 'mean of the scores (DSR)'],
		array['mean_score_low', 'double precision', 'm.mean_score_low', 'lower end of its 95 % interval; empty with fewer than 2 answers, or equal ones'],
		array['mean_score_high', 'double precision', 'm.mean_score_high', 'upper end of its 95 % interval'],
		array['median_score', 'double precision', 'm.median_score', 'half of the scores are at most this']);
	differences := jsonb_build_array(
		array['nps_difference_score', 'double precision', '100 * d.difference', 'nps_score less the other one'],
		array['nps_difference_score_low', 'double precision', '100 * d.difference_low', 'lower end of its 95 % interval'],
		array['nps_difference_score_high', 'double precision', '100 * d.difference_high', 'upper end of its 95 % interval'],
		array['is_clear', 'boolean', 'd.is_clear', 'the interval does not hold 0: more than chance']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'summary',
			'answers', 'How content are they, and how sure is that? One row.',
			'key', array['as_of'],
			'columns', measures || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.rating_agg(%s, k.score) as answers
	from (
		%s
	) k
) x
	left join lateral revops.rating_summary(x.answers) m on true', scale, rows)),
		jsonb_build_object(
			'suffix', 'by_month',
			'answers', 'Do they become more content, and is the change more than chance? One row per month.',
			'key', array['rated_month'],
			'columns', jsonb_build_array(
				array['rated_month', 'date', 'x.period', format('first day of the month of column %s, in %s', rated_on, zone)],
				array['month_index', 'bigint', 'x.place', 'sorts the months'],
				array['state_name', 'text', 'x.state', 'complete, or running: known until as_of'],
				array['state_index', 'integer', 'array_position(array[''complete'', ''running'', ''future''], x.state)', 'sorts states']) || measures || jsonb_build_array(
				array['nps_difference_score', 'double precision', '100 * d.difference', 'nps_score less that of the last month before with answers'])
				|| (differences - 0) || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	with g as materialized (
		select p.period, p.state, p.place, revops.rating_agg(%1$s, k.score) filter (where k.day is not null) as answers
		from %3$s p
			left join (
				%2$s
			) k on date_trunc(''month'', k.day::timestamp)::date = p.period
		group by p.period, p.state, p.place
	)
	select h.*, b.answers as before
	from (
		select g.*, max(case when v.responses > 0 then g.place end) over (order by g.place rows between unbounded preceding and 1 preceding) as place_before
		from g
			left join lateral revops.rating_summary(g.answers) v on true
	) h
		left join g b on b.place = h.place_before
) x
	left join lateral revops.rating_summary(x.answers) m on true
	left join lateral revops.rating_difference(x.answers, x.before) d on d.measure = ''net_score''', scale, rows, months)),
		jsonb_build_object(
			'suffix', 'distribution',
			'answers', 'How often was each score given? One row per score of the scale.',
			'key', array['rating_score'],
			'columns', jsonb_build_array(
				array['rating_score', 'integer', 'd.score', format('column %s of the source', score)],
				array['kind_name', 'text', format('case when d.score >= %s then ''favourable'' when d.score <= %s then ''unfavourable'' else ''neutral'' end', definition::jsonb ->> 'favourable_from', definition::jsonb ->> 'unfavourable_to'),
					'favourable, neutral or unfavourable'],
				array['kind_index', 'integer', format('case when d.score >= %s then 1 when d.score <= %s then 3 else 2 end', definition::jsonb ->> 'favourable_from', definition::jsonb ->> 'unfavourable_to'), 'sorts kinds'],
				array['answer_count', 'bigint', 'd.answers', 'answers with this score'],
				array['answer_rate', 'double precision', 'd.rate', 'of all answers, 0 to 1'],
				array['answer_rate_low', 'double precision', 'd.rate_low', 'lower end of its 95 % interval'],
				array['answer_rate_high', 'double precision', 'd.rate_high', 'upper end of its 95 % interval'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.rating_agg(%s, k.score) as answers
	from (
		%s
	) k
) x
	cross join lateral revops.rating_rows(x.answers) d', scale, rows)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'by_dimension',
			'answers', format('Who is more content than the others, and is that more than chance? One row per %s.', translate(dimension, E'\n\r', '  ')),
			'key', array['dimension_name'],
			'columns', dimension_column || measures || jsonb_build_array(
				array['nps_difference_score', 'double precision', '100 * d.difference', 'nps_score less that of all others together'])
				|| (differences - 0) || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	with g as materialized (
		select k.dimension_name, revops.rating_agg(%s, k.score) as answers
		from (
			%s
		) k
		group by k.dimension_name
	)
	select g.dimension_name, g.answers, (select revops.rating_merge(o.answers) from g o where o.dimension_name is distinct from g.dimension_name) as others
	from g
) x
	left join lateral revops.rating_summary(x.answers) m on true
	left join lateral revops.rating_difference(x.answers, x.others) d on d.measure = ''net_score''', scale, rows)));
	end if;
	if subject is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'subjects',
			'answers', format('How is each %s rated in the last %s months, against its peers? One row per %1$s%3$s.', translate(subject, E'\n\r', '  '), trailing_months,
				case when dimension is not null then ' and ' || translate(dimension, E'\n\r', '  ') else '' end),
			'key', case when dimension is not null then array['dimension_name', 'subject_name'] else array['subject_name'] end,
			'columns', dimension_column || jsonb_build_array(
				array['subject_name', 'text', 'x.subject_name', format('column %s of the source', subject)],
				array['subject_index', 'bigint', 'row_number() over (partition by x.dimension_name order by x.ranked desc nulls last, x.subject_name)', 'sorts subjects, the best first, those without a rank last'],
				array['is_ranked', 'boolean', 'x.ranked is not null', format('%s answers or more: it has a rank, and is a peer', min_responses)]) || measures || jsonb_build_array(
				array['peer_count', 'bigint', '(x.peers).peers', format('other subjects with enough answers%s', case when dimension is not null then ' of the same dimension' else '' end)],
				array['peer_mean_score', 'double precision', '(x.peers).peer_mean', 'mean of the peers'' mean_score, each counted once; empty without peers'],
				array['peer_best_score', 'double precision', '(x.peers).peer_peak', 'mean_score of the best peer'],
				array['percentile_rate', 'double precision', '(x.peers).percentile', 'share of the peers that is worse, equal ones counted half: 1 is better than all'],
				array['place_index', 'bigint', '(x.peers).place', '1 for the best; equal ones share a place'],
				array['from_date', 'date', since, format('first day that counts: %s months that end with as_of', trailing_months)],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select g.dimension_name, g.subject_name, g.answers, g.ranked, case when g.ranked is not null then revops.benchmark_rank(g.ranked, 1, ''high'', 1, 1) over (partition by g.dimension_name) end as peers
	from (
		select a.dimension_name, a.subject_name, a.answers, case when v.responses >= %4$s then v.mean_score end as ranked
		from (
			select k.dimension_name, k.subject_name, revops.rating_agg(%1$s, k.score) as answers
			from (
				%2$s
			) k
			where k.subject_name is not null and k.day >= %3$s
			group by k.dimension_name, k.subject_name
		) a
			cross join lateral revops.rating_summary(a.answers) v
	) g
) x
	left join lateral revops.rating_summary(x.answers) m on true', scale, rows, since, min_responses)));
	end if;

	checks := $q$select 1 as problem_index, 'no_time' as problem_name, true as is_left_out, null::text as subject_key, count(*) as row_count, 'rows without a day, or with an endless one' as detail_name
	from r
	where r.is_untimed
	having count(*) > 0
	union all
	select 2, 'off_scale', true, null, count(*), case when w.whole is null then 'scores that are no whole numbers, such as ' || trim_scale(min(w.score)) else 'scores that the scale does not have: ' || w.whole end
	from r
		cross join lateral (select r.score::numeric as score, case when r.score::numeric = trunc(r.score::numeric) then trim_scale(r.score::numeric) end as whole) w
	where not r.is_untimed and not r.is_valid
	group by w.whole
	union all
	select 3, 'all_answered', false, null, count(*), 'every row has a score: if nobody who was asked and kept silent is a row, response_rate says nothing'
	from k
	having count(*) > 0 and count(*) = count(k.score)$q$;
	if subject is not null then
		checks := checks || $q$
	union all
	select 4, 'no_subject', false, null, count(*), 'rows without a subject are in no row of subjects'
	from k
	where k.key is null
	having count(*) > 0$q$ || revops_internal.views_key_checks('subject', 'text', 5);
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_time, off_scale; kept: all_answered, no_subject, blank_key, similar_keys'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['subject_key', 'text', 'f.subject_key', 'the subject, where it is about one'],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as key, %2$s as score, %3$s as is_valid, %4$s is null or not isfinite(%4$s) as is_untimed
		from %5$s s
		where %4$s is null or not isfinite(%4$s) or %6$s
	), k as (
		select r.key, r.score
		from r
		where not r.is_untimed and r.is_valid
	), found as (
	%7$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.subject_key, f.detail_name) as finding_index
	from found f
) f', subject_text, score_text, is_valid, (revops_internal.views_column(source, rated_on, 'rated_on', 'time')).expression, source_name, rated.known, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function rating_create_views(text, regclass, name, name, name, name, rating_def, integer, integer, name, date, text, boolean, boolean, text) is
	'makes views for BI over answers on a scale, such as NPS or DSR: PREFIX_summary, _by_month, _by_dimension, _distribution, _subjects, _checks';
