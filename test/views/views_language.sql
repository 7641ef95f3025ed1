-- Texts, labels and findings in another language: how a text is found, what is left alone, what is wrong.
-- That nothing lacks a translation is in views_lint.sql, where every maker runs.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

-- templates
create function pg_temp.said(english text) returns text language sql as $$ select revops_internal.views_text(english, revops_internal.texts_zh()) $$;
select is(pg_temp.said('the last day that counts'), '数据截至日，含当天', 'a text');
select is(pg_temp.said('the customer: column a.* (b) of the source'), '客户：源表的列 a.* (b)', 'a template with a name');
select is(pg_temp.said(E'the customer: column a\nb of the source of the source'), E'客户：源表的列 a\nb of the source', 'whatever the name');
select is(pg_temp.said('the customer: column %1$s%n of the source'), '客户：源表的列 %1$s%n', 'also one that looks like a template');
select is(pg_temp.said('first day of the month of its last day'), '最后服务日所在月的第一天', 'the longest template that fits');
select is(pg_temp.said('MRR at the end of the quarter before'), '上一季度末的 MRR', 'our words in a template are translated');
select is(pg_temp.said('left out of all views: no_key, no_time; kept: blank_key'), '不进入任何视图：缺少主键、缺少时间；保留：主键为空白', 'and lists of problems');
select is(pg_temp.said('something new'), 'something new', 'what is not in the list stays English');
select is(pg_temp.said('first day of the eon'), '该eon的第一天', 'and so does a word');
select is(revops_internal.views_text(null, revops_internal.texts_zh()), null, 'nothing of nothing');

-- every translation takes the names of its template, and each once in order of format
select is_empty($$select l.key from jsonb_each_text(revops_internal.texts_zh() || revops_internal.findings_zh()) l
	where l.key ~ '%[snp]' and l.value !~ '(%s.*)+' and (select count(*) from regexp_matches(l.key, '%[snp]', 'g')) < (select max(m[1]::int) from regexp_matches(l.value, '%([0-9])[$]s', 'g') m)$$, 'no template takes more names than it has');
select is_empty($$select l.key from jsonb_each_text(revops_internal.texts_zh() || revops_internal.findings_zh()) l
	where l.key !~ '%[snp]' and l.value ~ '%([0-9][$])?s'$$, 'no plain text takes one');
select is_empty($$select l.key, l.value from jsonb_each_text(revops_internal.texts_zh()) l where l.value !~ '[\u4e00-\u9fff]'$$, 'Chinese texts are Chinese');
select is_empty($$select l.key, t.key from jsonb_each(revops_internal.labels_zh()) l, jsonb_each_text(l.value) t where l.key !~ '^sentences' and t.value !~ '[\u4e00-\u9fff]'$$, 'labels, too');

-- literals of ours, and what only looks like one
create function pg_temp.swapped(query text) returns text language sql as $$ select revops_internal.views_literals(query, '{"no touch": "无触点", "it''s": "是"}') $$;
select is(pg_temp.swapped($$coalesce(m.channel, 'no touch')$$), $$coalesce(m.channel, '无触点')$$, 'a literal');
select is(pg_temp.swapped($$s."a 'no touch' b", 'no touch'$$), $$s."a 'no touch' b", '无触点'$$, 'not in a quoted name');
select is(pg_temp.swapped($$s."a""'no touch'" = 'it''s'$$), $$s."a""'no touch'" = '是'$$, 'whatever it holds');
select is(pg_temp.swapped($$'a ''no touch'' b', 'no touch more'$$), $$'a ''no touch'' b', 'no touch more'$$, 'not in a longer literal');
select is(pg_temp.swapped($$E'no touch', NAME, 'E' || 'no touch'$$), $$E'no touch', NAME, 'E' || '无触点'$$, 'not in an escaped one');
select is(pg_temp.swapped($$'{"no touch"}'::text[]$$), $$'{"no touch"}'::text[]$$, 'not in an array');

-- languages
create schema shop;
create table shop.line as select n % 7 as account, date '2025-06-30' - n as at, n * 1.5 as amount, 'rows without a customer' as "x 'rows without a customer' %s" from generate_series(1, 90) n;
insert into shop.line values (null, '2025-01-01', 1);
select throws_ok($$select rfm_create_views('a', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', language => 'fr')$$, '22023', 'there is no such language', 'another language');
select throws_ok($$select rfm_create_views('a', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', language => null)$$, '22023', 'there is no such language', 'none');
select throws_ok($$select metric_create_views('a', target_schema => 'shop', language => 'ZH')$$, '22023', 'there is no such language', 'letters count');
select lives_ok($$select rfm_create_views('two', 'shop.line', 'account', 'at', 'amount', bins => 2, target_schema => 'shop', as_of => '2025-06-30', language => 'zh')$$, 'Chinese');
select is_empty($$select segment_name from shop.two_segments where segment_name !~ '^(重要|一般)(价值|发展|保持|挽留)客户$'$$, 'two bins have the segments of Chinese practice');
select lives_ok($$select rfm_create_views('five', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-30', language => 'zh', materialized => true)$$, 'materialized');
select is((select string_agg(segment_name, ' ' order by segment_index) from shop.five_segments), (select string_agg(segment_name, ' ' order by segment_order) from (select distinct segment_order, segment_name from segment_map_rows(segment_map('grid_zh'))) m), 'five have those of grid_zh');
select is((select string_agg(format('%s %s %s %s %s %s', rule_index, recency_low, recency_high, frequency_low, frequency_high, monetary_low), ', ' order by rule_index) from segment_map_rows(segment_map('grid_zh'))),
	(select string_agg(format('%s %s %s %s %s %s', rule_index, recency_low, recency_high, frequency_low, frequency_high, monetary_low), ', ' order by rule_index) from segment_map_rows(segment_map('grid'))), 'with the rules of grid');
select results_eq('select problem_name, detail_name from shop.five_checks order by finding_index', $$values ('缺少主键', '缺少客户的行')$$, 'a finding');
select matches(obj_description('shop.five_customers'::regclass), E'^谁是最好的客户[^\n]*\nMade by revops .*language => ''zh''\\);$', 'the comment repeats the call with its language');
select is((select count(*)::integer from revops_views() where view_name like 'shop.five%' and needs_attention is null), 4, 'and is known by it');
select lives_ok($$select rfm_create_views('own', 'shop.line', 'account', 'at', 'amount', bins => 2, target_schema => 'shop', as_of => '2025-06-30', language => 'zh',
	map => '{"name": "own", "bins": 2, "rules": [{"segment": "no_orders", "r": [1, 2]}]}')$$, 'a map of the caller''s');
select results_eq('select distinct segment_name from shop.own_customers', $$values ('no_orders')$$, 'keeps its names');
select lives_ok($$select funnel_create_views('odd', 'shop.line', 'account', 'at', 'x ''rows without a customer'' %s', '{rows without a customer,won}', target_schema => 'shop', as_of => '2025-06-30', language => 'zh', dimension => 'x ''rows without a customer'' %s')$$, 'odd names');
select is((select col_description('shop.odd_steps_by_dimension'::regclass, 1)), $$源表的列 x 'rows without a customer' %s，取对象最后已知的值$$, 'are taken as they are');
select is((select string_agg(step_name, ', ' order by step_index) from shop.odd_steps), 'rows without a customer, won', 'and so are the caller''s labels');
select is((select string_agg(distinct level_name, ', ') from shop.odd_entities), 'rows without a customer', 'in every view');

-- names and labels that look like SQL, or like texts of ours
create table shop.odd (n int, "it's %1$s \ ""none""" text, "; like " date, "E'missing'" numeric, "any " text);
insert into shop.odd
select n, case n % 9 when 0 then null when 1 then '' when 2 then E'o\\''%s' else 'who ' || n % 5 end, date '2024-01-01' + n * 5, n % 7 * 10.5 - 3, (array['none', 'not_entered', '; like ', E'a\\''b', 'Not_entered'])[1 + n % 5]
from generate_series(1, 120) n;
create function pg_temp.odd(prefix text, language text) returns setof text language sql as $$
	select view_name from rfm_create_views(prefix || 'rfm', 'shop.odd', E'it''s %1$s \\ "none"', '; like ', 'E''missing''', target_schema => 'shop', as_of => '2025-06-30', language => language)
	union all select view_name from funnel_create_views(prefix || 'way', 'shop.odd', E'it''s %1$s \\ "none"', '; like ', 'any ', array['none', 'not_entered', '; like ', E'a\\''b'], lost => array['missing'],
		dimension => 'any ', target_schema => 'shop', as_of => '2025-06-30', language => language)
	union all select view_name from contract_create_views(prefix || 'subs', 'shop.odd', E'it''s %1$s \\ "none"', '; like ', '; like ', true, mrr_column => 'E''missing''', line => 'any ',
		dimension => E'it''s %1$s \\ "none"', currency => 'any ', target_schema => 'shop', as_of => '2025-06-30', language => language)
	union all select view_name from structure_create_views(prefix || 'mix', 'shop.odd', 'any ', '; like ', 'E''missing''', customer => E'it''s %1$s \\ "none"', target_schema => 'shop', as_of => '2025-06-30', language => language)
	union all select view_name from pipeline_create_views(prefix || 'pipe', 'shop.odd', E'it''s %1$s \\ "none"', '; like ', 'any ', 'E''missing''', open => array['none', '; like ', E'a\\''b'], lost => array['not_entered'],
		dimension => 'any ', target_schema => 'shop', as_of => '2025-06-30', language => language)
	union all select view_name from attribution_create_views(prefix || 'tour', 'shop.odd', E'it''s %1$s \\ "none"', '; like ', 'any ', 'any ', 'E''missing''', target_schema => 'shop', as_of => '2025-06-30', language => language)
$$;
create function pg_temp.figures(view regclass) returns text language plpgsql as $$
declare
	labels text[] := array(select attname::text from pg_attribute where attrelid = view and attname ~ '_name$');
	result text;
begin
	execute format('select concat_ws('' '', count(*), sum(hashtextextended((to_jsonb(v) - %L::text[])::text, 0)), %s) from %s v', labels,
		coalesce((select string_agg(format('count(distinct %I)', l), ', ' order by l) from unnest(labels) l), '0'), view) into result;
	return result;
end
$$;
create temp table odd_views as select v as english, replace(v, 'shop.', 'shop.zh_') as chinese from pg_temp.odd('', 'en') v;
select set_eq($$select pg_temp.odd('zh_', 'zh')$$, 'select chinese from odd_views', 'odd names everywhere');
select is_empty($$select chinese from odd_views where pg_temp.figures(chinese::regclass) is distinct from pg_temp.figures(english::regclass)$$, 'give the same figures');
select is_empty($$select v.chinese, attname from odd_views v join pg_attribute on attrelid = v.chinese::regclass and attnum > 0 where col_description(attrelid, attnum) !~ '[\u4e00-\u9fff]'$$, 'with comments');
select is((select string_agg(step_name, ' ' order by step_index) from shop.zh_way_steps), E'none not_entered ; like  a\\''b', 'and the labels as they were');

-- English is what was there before there was a choice
select lives_ok($$select rfm_create_views('a', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-30')$$, 'no language');
create temp table before as select view_name, pg_get_viewdef(view_name::regclass) as query, obj_description(view_name::regclass) as comment from revops_views() where view_name like 'shop.a\_%';
select lives_ok($$select rfm_create_views('a', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-30', replace => true, language => 'en')$$, 'English');
select results_eq($$select view_name, pg_get_viewdef(view_name::regclass), obj_description(view_name::regclass) from revops_views() where view_name like 'shop.a\_%'$$, 'select * from before', 'are the same');
select lives_ok($$select rfm_create_views('a', 'shop.line', 'account', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-30', replace => true, language => 'zh')$$, 'replace changes the language');
select is((select answers from revops_views() where view_name = 'shop.a_cuts'), '达到什么值得分会更高？每个切分点一行。', 'of what is there');

-- the dictionary of metrics
select lives_ok($$select metric_create_views('help', target_schema => 'shop')$$, 'the dictionary as a view');
select results_eq('select metric, name, question, definition, module, functions, view_suffix, page from shop.help_metrics order by metric_index', 'select * from metrics()', 'is what metrics gives');
select lives_ok($$select metric_create_views('help', target_schema => 'shop', replace => true, language => 'zh')$$, 'in Chinese');
select results_eq('select metric, name, question, definition, module, functions, view_suffix, page from shop.help_metrics order by metric_index', $$select * from metrics('zh')$$, 'likewise');
select lives_ok($$select metric_create_views('kept', target_schema => 'shop', materialized => true, language => 'zh')$$, 'materialized');

select * from finish();
rollback;
