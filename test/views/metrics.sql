-- The dictionary of metrics names what is there, in both languages alike.
begin;
set local search_path = public, revops;
select no_plan();

select is((select count(*)::int from metrics() where null in (metric, name, question, definition) or '' in (name, question, definition)), 0, 'no text is missing in English');
select results_eq('select metric, module, functions, view_suffix, page from metrics()', $$select metric, module, functions, view_suffix, page from metrics('zh')$$, 'both languages have the same metrics');
select is((select count(distinct metric) from metrics()), (select count(*) from jsonb_array_elements(revops_internal.metrics_en())), 'none is lost, none stands twice');
select is_empty($$select metric, name from metrics('zh') where name !~ '[\u4e00-\u9fff]' or question !~ '[\u4e00-\u9fff]' or definition !~ '[\u4e00-\u9fff]'$$, 'Chinese is Chinese');
select is_empty($$select metric from metrics() where (name || question || definition) ~ '[^\x01-\x7f]'$$, 'English is read in every encoding');
select is_empty($$select metric, f from metrics(), regexp_split_to_table(functions, ', ') f
	where not exists (select from pg_proc where pronamespace = 'revops'::regnamespace and proname = f)$$, 'every function that is named is there');
select is_empty($$select metric, view_suffix from metrics() where view_suffix is not null and not exists (
	select from pg_proc p where pronamespace = 'revops'::regnamespace and proname like '%\_create\_views'
		and obj_description(oid, 'pg_proc') ~ ('_' || view_suffix || '\M'))$$, 'and every view');
select is_empty($$select metric from metrics() where (module is null) <> (functions is null) or (module is null) <> (page is null)$$, 'what is computed says by what and where');
select throws_ok($$select * from metrics('fr')$$, '22023', 'there is no such language', 'an unknown language');
select is_empty($$select * from metrics(null)$$, 'none, no rows');
select is((select name from metrics('zh') where metric = 'lead_valid_rate'), '商机有效率', 'a name');

select * from finish();
rollback;
