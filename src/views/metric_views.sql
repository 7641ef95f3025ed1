-- metric_views.sql: metric_create_views.

create function metric_create_views(
	prefix text,
	target_schema name default current_schema(),
	materialized boolean default false,
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 1
	set search_path = pg_catalog, pg_temp
as $$
declare
	call text;
	views jsonb;
begin
	call := revops_internal.views_call('metric_create_views', array[
		'prefix', quote_literal(prefix),
		'target_schema', quote_literal(target_schema),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);
	views := jsonb_build_array(jsonb_build_object(
		'suffix', 'metrics',
		'answers', 'What does each figure mean, and what computes it? One row per metric.',
		'key', array['metric'],
		'columns', jsonb_build_array(
			array['metric', 'text', 'm.metric', 'the metric: the same in every language'],
			array['metric_index', 'integer', 'm.place', 'sorts the metrics as the dictionary lists them'],
			array['name', 'text', 'm.name', 'what people call it'],
			array['question', 'text', 'm.question', 'what it answers'],
			array['definition', 'text', 'm.definition', 'how it is computed; where functions is empty, why it is not'],
			array['module', 'text', 'm.module', 'the module that computes it'],
			array['functions', 'text', 'm.functions', 'the functions that compute it'],
			array['view_suffix', 'text', 'm.view_suffix', 'the view that shows it: what follows the prefix of its maker'],
			array['page', 'text', 'm.page', 'the page of the documentation']),
		'from', format('from revops.metrics(%L) with ordinality as m (metric, name, question, definition, module, functions, view_suffix, page, place)', language)));
	return query
		select m.view_name, m.answers, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function metric_create_views(text, name, boolean, boolean, text) is
	'makes a view for BI of the dictionary of metrics: PREFIX_metrics';
