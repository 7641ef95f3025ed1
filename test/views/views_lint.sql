-- What holds for every view that a maker makes: types, names, comments, the reader's rights, the same
-- rows in every time zone, a call that can be repeated, a materialized form that agrees.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();
select setseed(0.16);

create schema lint;
create table lint.orders as
select n as order_no, (random() ^ 2 * 60)::integer as customer, timestamptz '2025-07-02 00:00+00' - random() * interval '500 days' as at,
	(random() * 900 - 60)::numeric(12, 2) as amount, 'kind ' || n % 3 as kind
from generate_series(1, 400) n;
create table lint.steps as
select deal, (timestamptz '2025-06-30 23:00+00' - (deal % 400) * interval '1 day') + n * random() * interval '20 days' as at, (array['lead', 'demo', 'offer', 'won', 'lost'])[n] as step,
	'channel ' || deal % 3 as channel, (deal % 17) * 10.5 as amount, date '2025-03-01' + deal as planned
from generate_series(1, 300) deal, generate_series(1, 5) n
where random() < 1.1 - n * 0.2;
create table lint.contracts as
select c || '-' || n as contract, 'customer ' || c as customer, (array['a', 'b'])[1 + c % 2] as line,
	date '2023-01-01' + c * 7 + n * 365 as starts, case when random() < 0.95 then date '2023-01-01' + c * 7 + (n + 1) * 365 - 1 - (random() < 0.1)::integer end as ends,
	(c % 13 * 100)::numeric(12, 2) as yearly, date '2022-12-20' + c * 7 + n * 365 + (random() * 20)::integer as signed
from generate_series(1, 80) c, generate_series(0, 2) n
where random() < 0.75;
insert into lint.steps values (1, null, 'lead', 'channel 1', 1), (2, '2025-01-01', 'Closed won', 'channel 2', 2), (2, '2025-01-01', 'Closed won', 'channel 2', 2);
insert into lint.contracts values ('bad', null, 'a', '2024-01-01', '2024-12-31', 5, null), ('bad', 'x', 'a', null, '2024-12-31', 5, null),
	('bad', 'x', 'a', '2024-06-01', '2024-05-30', 5, null), ('bad', 'x', 'a', '2024-01-01', '2024-12-31', -5, null), ('open', 'y', 'b', '2024-01-31', 'infinity', 24, 'infinity');
create table lint.supplies as
select n as order_no, c as customer, 'group ' || c % 2 as kind, date '2023-06-01' + c * 2 + n * (20 + c % 9) as day, (n * 3.5 + c)::numeric(12, 2) as amount
from generate_series(1, 60) c, generate_series(0, c % 12) n;
insert into lint.supplies values (1, null, 'group 1', '2025-01-01', 5);
create table lint.lines as
select n as line, (array['api', 'seat', 'none'])[1 + n % 3] as item, nullif(n % 7, 0) * 40.5 - 1 as quantity, date '2025-07-05' - n as day from generate_series(1, 90) n;
create table lint.prices (item text, tariff tariff_def, valid daterange);
insert into lint.prices values
	('api', '{"mode": "volume", "tiers": [{"up_to": 100, "unit_price": "0.3"}, {"unit_price": "0.1"}], "round": {"scale": 2}, "currency": "CNY"}', null),
	('seat', '{"mode": "graduated", "tiers": [{"up_to": 10, "unit_price": 5, "flat_fee": 1}, {"unit_price": 4}], "minimum": 20}', '[2025-05-01,2025-06-01)'),
	('seat', '{"mode": "graduated", "tiers": [{"unit_price": 6}]}', '[2025-05-25,)');
create table lint.tickets as
select n as ticket, at, case when random() < 0.9 then at + (random() - 0.05) * interval '5 days' end as answered_at, 'agent ' || n % 4 as agent
from (select n, timestamptz '2025-07-02 00:00+00' - random() * interval '300 days' as at from generate_series(1, 300) n) t;
create table lint.touches as
select n % 60 as customer, timestamptz '2025-07-02 00:00+00' - random() * interval '300 days' as at, 'channel ' || n % 5 as channel, case n % 11 when 0 then 'won' when 3 then 'lost' end as outcome, (n % 13 * 9.5)::numeric(12, 2) as amount
from generate_series(1, 400) n;
insert into lint.touches values (1, null, 'channel 1', 'won', 1);
create table lint.targets as select d::date as month, 3000 as amount from generate_series(timestamp '2024-03-01', '2025-12-01', '1 month') d;
insert into lint.targets values ('2025-03-01', 1), ('2025-04-15', 2), (null, 3);
create table lint.answers as
select n as answer, 'shop ' || n % 9 as shop, nullif(n * 7919 % 7, 6) as score, timestamptz '2025-07-02 00:00+00' - random() * interval '300 days' as at, 'kind ' || n % 2 as kind from generate_series(1, 400) n;
insert into lint.answers values (901, 'Shop 1', 99, '2025-03-01', 'kind 1'), (902, null, 4, '2025-03-01', 'kind 1'), (903, 'shop 2', 4, null, 'kind 1');
create table lint.joins as
select n as member, case when n % 5 > 0 then n * 7919 % n end as referrer, timestamptz '2024-09-01 20:00+00' + n * interval '20 hours' as at, n * 1.5 as amount from generate_series(1, 300) n;
insert into lint.joins values (500, 500, '2025-01-01', 3), (501, 999, '2025-01-01', -3), (null, 1, '2025-01-01', 1), (3, 1, 'infinity', 1);
create table lint.leads as
select n as lead, timestamptz '2025-07-02 00:00+00' - random() * interval '200 days' as at, 'method ' || n % 3 as method, nullif('seller ' || n % 4, 'seller 0') as seller,
	case when random() < 0.8 then random() < 0.7 end as need, case when random() < 0.7 then random() < 0.5 end as budget, case when random() < 0.9 then timestamptz '2025-07-02 00:00+00' - random() * interval '100 days' end as answered_at
from generate_series(1, 200) n;
insert into lint.leads values (null, '2025-01-01'), (1000, null), (1, '2025-01-01');

create function pg_temp.make(materialized boolean, prefix text) returns setof text language sql as $$
	select view_name from rfm_create_views(prefix || 'orders', 'lint.orders', 'customer', 'at', 'amount', order_key => 'order_no',
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from funnel_create_views(prefix || 'deals', 'lint.steps', 'deal', 'at', 'step', array['lead', 'demo', 'offer', 'won'], within => '90 days', lost => array['lost'],
		dimension => 'channel', amount => 'amount', target_schema => 'lint', as_of => '2025-06-30', time_zone => 'America/New_York', materialized => materialized)
	union all
	select view_name from funnel_create_views(prefix || 'any', 'lint.steps', 'deal', 'at', 'step', array['lead', 'demo', 'offer', 'won'], mode => 'any_order',
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'UTC', materialized => materialized)
	union all
	select view_name from contract_create_views(prefix || 'subs', 'lint.contracts', 'customer', 'starts', 'ends', true, annual_amount_column => 'yearly', line => 'line',
		contract_key => 'contract', known_on => 'signed', dimension => 'line', phases => true, fill_gap_days => 3, target_schema => 'lint', as_of => '2025-06-30', materialized => materialized)
	union all
	select view_name from quote_create_views(prefix || 'quotes', 'lint.lines', 'line', 'item', 'quantity', 'day', 'lint.prices', 'item', 'tariff', 'valid',
		target_schema => 'lint', as_of => '2025-06-30', materialized => materialized, time_zone => 'UTC')
	union all
	select view_name from service_create_views(prefix || 'tickets', 'lint.tickets', 'ticket', 'at', 'answered_at', target_hours => 8.5,
		calendar => '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2025-01-01"], "covers": "2024-10-01/2025-06-30"}', dimension => 'agent',
		target_schema => 'lint', as_of => '2025-06-30', materialized => materialized)
	union all
	select view_name from service_create_views(prefix || 'plain', 'lint.tickets', 'ticket', 'at', 'answered_at', grain => 'week',
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'America/New_York', materialized => materialized)
	union all
	select view_name from activity_create_views(prefix || 'active', 'lint.orders', 'customer', 'at', dormant_days => 30, amount => 'amount',
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from gmv_create_views(prefix || 'gmv', 'lint.orders', 'customer', 'at', 'amount', order_key => 'order_no', dimension => 'kind', target => 'lint.targets', target_period => 'month', target_amount => 'amount',
		calendar => '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "covers": "2024-10-01/2025-06-30"}', fiscal_month => 4,
		target_schema => 'lint', as_of => '2025-06-18', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from reorder_create_views(prefix || 'supplies', 'lint.supplies', 'customer', 'day', 'amount', peer => 'kind', item => 'kind', season => true,
		target_schema => 'lint', as_of => '2025-06-30', materialized => materialized)
	union all
	select view_name from value_create_views(prefix || 'worth', 'lint.supplies', 'customer', 'day', 'amount', months => 6, discount_rate => 0.1,
		target_schema => 'lint', as_of => '2025-06-30', materialized => materialized)
	union all
	select view_name from referral_create_views(prefix || 'word', 'lint.joins', 'member', 'referrer', 'at', 'amount', 60,
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from rating_create_views(prefix || 'voice', 'lint.answers', 'score', 'at', 'shop', 'kind', rating(0, 5, 4, 2),
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from lead_create_views(prefix || 'leads', 'lint.leads', 'lead', 'at', array['need', 'budget'], qualification(array['need', 'budget'], tiers => array['C', 'B'], tier_from => array[0, 1], decide_days => 14), 'method', 'seller', 'answered_at',
		'{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": ["2025-01-01"], "covers": "2024-12-01/2025-06-30"}', target_schema => 'lint', as_of => '2025-06-30', materialized => materialized)
	union all
	select view_name from attribution_create_views(prefix || 'ways', 'lint.touches', 'customer', 'at', 'channel', 'outcome', 'amount', '{"half_life": "30 days", "lookback": "6 mons"}',
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from structure_create_views(prefix || 'mix', 'lint.orders', 'kind', 'at', 'amount', quantity => 'customer', order_key => 'order_no', customer => 'customer',
		target_schema => 'lint', as_of => '2025-06-18', time_zone => 'Asia/Shanghai', materialized => materialized)
	union all
	select view_name from pipeline_create_views(prefix || 'pipe', 'lint.steps', 'deal', 'at', 'step', 'amount', 'planned', array['lead', 'demo', 'offer'], dimension => 'channel', from_date => '2024-05-01',
		target_schema => 'lint', as_of => '2025-06-30', time_zone => 'America/New_York', materialized => materialized)
	union all
	select view_name from basket_create_views(prefix || 'baskets', 'lint.orders', 'order_no', 'customer', 'kind', 'at', 'amount', 'customer', min_baskets => 1, min_customers => 1,
		target_schema => 'lint', as_of => '2025-06-18', time_zone => 'Asia/Shanghai', materialized => materialized)
$$;
create temp table made as select v as view_name, v::regclass as view from pg_temp.make(false, '') v;
select is((select count(*)::integer from made), 4 + 6 + 5 + 14 + 3 + 5 + 4 + 4 + 5 + 4 + 4 + 6 + 3 + 9 + 6 + 7 + 7 + 5, 'all views are made');
create temp table made_columns as
select view_name, view, attname::text as name, attnum, format_type(atttypid, atttypmod) as type
from made join pg_attribute on attrelid = view and attnum > 0;

select is_empty($$select view_name, name, type from made_columns
	where type !~ '^(text|boolean|integer|bigint|numeric\(\d+,\d+\)|double precision|date|timestamp with time zone)$'$$, 'every column has a type that BI tools chart');
select is_empty($$select view_name, name from made_columns
	where name !~ '_(count|amount|rate|days|hours|date|at|month|score|index|name|key|value|quantity|ratio)(_low|_high)?$' and name not in ('as_of', 'days_late') and name !~ '^is_'$$,
	'every column says by its ending what it is');
select is_empty($$select view_name, name from made_columns where name ~ '_(size|number)$' or name = 'id'$$, 'no ending that a BI tool misreads');
select is_empty($$select view_name, name from made_columns
	where name ~ '_rate(_low|_high)?$' and type <> 'double precision' or name ~ '_count(_low|_high)?$' and type <> 'bigint' and name not in ('bin_count', 'reachable_score_count') and not (name ~ '^expected_' and type = 'double precision')
		or name ~ '_(date|month)$' and type <> 'date' or name ~ '_at$' and type <> 'timestamp with time zone' or name ~ '_amount(_low|_high)?$' and type !~ '^numeric'$$,
	'and the ending tells the type');
-- what revops names has an order of its own; keys, lines, dimensions, owners and currencies are the caller's
select is_empty($$select view_name, name from made_columns c
	where name ~ '_name$' and name not in ('line_name', 'dimension_name', 'owner_name', 'currency_name', 'detail_name')
		and not exists (select from made_columns i where i.view = c.view and i.name = regexp_replace(c.name, '_name$', '_index'))$$, 'every label has its sort column');
select is_empty($$select view_name from made where not exists (select from made_columns c where c.view = made.view and c.name = 'as_of')$$, 'as_of is in every view');
select is_empty($$select view_name from made where obj_description(view, 'pg_class') is null
	union all select view_name || '.' || name from made_columns where coalesce(col_description(view, attnum), '') = ''$$, 'every view and column has a comment');
select is_empty($$select view_name from made join pg_class on oid = view where relkind <> 'v' or not 'security_invoker=true' = any (reloptions) or relowner <> current_user::regrole$$,
	'plain views, the caller''s, which read with the rights of who reads');
select is((select count(*)::integer from information_schema.columns where table_schema = 'lint' and table_name in (select relname from made join pg_class on oid = view)),
	(select count(*)::integer from made_columns), 'information_schema lists every column');

-- values a driver cannot carry
create function pg_temp.odd(view regclass, name text, type text) returns bigint language plpgsql as $$
declare
	n bigint;
begin
	execute format(case when type like 'numeric%%' or type like 'double%%'
		then $q$select count(*) from %s where %I in ('NaN', 'Infinity', '-Infinity')$q$ else 'select count(*) from %s where not isfinite(%I)' end, view, name) into n;
	return n;
end
$$;
select is_empty($$select view_name, name from made_columns where type ~ '^(numeric|double|date|timestamp)' and pg_temp.odd(view, name, type) > 0$$, 'no NaN, no infinity');

-- one prefix serves several makers, but for their checks
select lives_ok($$select rfm_create_views('all_orders', 'lint.orders', 'customer', 'at', 'amount', target_schema => 'public', time_zone => 'UTC')
	union all select funnel_create_views('all', 'lint.steps', 'deal', 'at', 'step', '{lead,won}', dimension => 'channel', target_schema => 'public', time_zone => 'UTC')
	union all select reorder_create_views('all_supplies', 'lint.supplies', 'customer', 'day', 'amount', target_schema => 'public')
	union all select value_create_views('all_worth', 'lint.supplies', 'customer', 'day', 'amount', target_schema => 'public')
	union all select lead_create_views('all_leads', 'lint.leads', 'lead', 'at', '{need,budget}', dimension => 'method', owner => 'seller', answered_at => 'answered_at', target_schema => 'public', time_zone => 'UTC')
	union all select contract_create_views('all_subs', 'lint.contracts', 'customer', 'starts', 'ends', true, mrr_column => 'yearly', line => 'line', target_schema => 'public')
	union all select quote_create_views('all_lines', 'lint.lines', 'line', 'item', 'quantity', 'day', 'lint.prices', 'item', 'tariff', target_schema => 'public', time_zone => 'UTC')$$, 'no two makers give one name');
do 'declare v text; begin for v in select view_name from revops_views() where view_name like ''public.%'' loop execute ''drop view if exists '' || v || '' cascade''; end loop; end';

-- the rows, whatever the session
create function pg_temp.print(view regclass) returns text language plpgsql as $$
declare
	result text;
begin
	execute format('select count(*) || '' '' || sum(hash_record_extended(v, 0)) from %s v', view) into result;
	return result;
end
$$;
create temp table prints as select view_name, view, pg_temp.print(view) as print from made;
select is_empty($$select view_name from prints where print like '0 %'$$, 'every view has rows');
set local timezone = 'Asia/Kolkata';
select is_empty($$select view_name from prints where print <> pg_temp.print(view)$$, 'the same rows in Asia/Kolkata');
set local timezone = 'Pacific/Kiritimati';
select is_empty($$select view_name from prints where print <> pg_temp.print(view)$$, 'the same rows in Pacific/Kiritimati');
set local timezone = 'America/Los_Angeles';
set local datestyle = 'German';
set local intervalstyle = 'sql_standard';
set local extra_float_digits = -10;
set local standard_conforming_strings = off;
set local escape_string_warning = off;
set local quote_all_identifiers = on;
set local search_path = public;
select is_empty($$select view_name from prints where print <> pg_temp.print(view)$$, 'the same rows in Los Angeles, with other settings');

-- the call in the comment, repeated in such a session
create temp table repeated (view_name text);
do $$
declare
	call text;
begin
	for call in select distinct made_by from revops.revops_views() loop
		execute 'insert into repeated select view_name from (' || call || ') c';
	end loop;
end
$$;
select is_empty('select view_name, needs_attention from revops.revops_views() where needs_attention is not null', 'the list reads the names back in such a session');
set local search_path = public, revops;
set local standard_conforming_strings = on;
set local quote_all_identifiers = off;
select set_eq('select view_name from repeated', 'select view_name from made', 'the calls in the comments make the same views');
select is_empty($$select view_name from prints where print <> pg_temp.print(view)$$, 'with the same rows');
set local datestyle = 'ISO';
set local timezone = 'UTC';

-- materialized
create temp table stored as select v as view_name, v::regclass as view from pg_temp.make(true, 'm_') v;
select is_empty($$select s.view_name from stored s join prints p on s.view_name = replace(p.view_name, 'lint.', 'lint.m_') where pg_temp.print(s.view) <> p.print$$,
	'materialized views hold the same rows');
select is((select count(*)::integer from stored join pg_class on oid = view and relkind = 'm' join pg_index on indrelid = oid and indisunique), (select count(*)::integer from made),
	'each with a unique index');
select lives_ok($$do 'declare v text; begin for v in select view_name from stored loop execute ''refresh materialized view concurrently '' || v; end loop; end'$$,
	'so that it can be refreshed while it is read');

-- The same views in Chinese, by the calls in their comments: every maker, every comment, every label of ours.
create temp table chinese (view_name text, answers text, columns text);
do $$
declare
	call text;
begin
	for call in select distinct made_by from revops_views() where view_name in (select view_name from made) loop
		execute 'insert into chinese ' || regexp_replace(replace(call, 'prefix => ''', 'prefix => ''zh_'), '[)]$', ', language => ''zh'')');
	end loop;
end
$$;
select lives_ok($$insert into chinese select * from metric_create_views('zh', target_schema => 'lint', language => 'zh')$$, 'the dictionary of metrics as a view');
create temp table chinese_columns as
select view_name, view_name::regclass as view, attname::text as name, col_description(attrelid, attnum) as comment, replace(view_name, 'lint.zh_', 'lint.')::regclass as english
from chinese join pg_attribute on attrelid = view_name::regclass and attnum > 0 where view_name <> 'lint.zh_metrics';
select is_empty($$select proname from pg_proc where pronamespace = 'revops'::regnamespace and proname ~ '_create_views$'
	except select substring(made_by from 'revops[.]([a-z_]+)') from revops_views() where view_name in (select view_name from chinese)$$, 'every maker speaks Chinese');
select is_empty($$select view_name, answers from chinese where answers !~ '[\u4e00-\u9fff]' or split_part(obj_description(view_name::regclass), E'\n', 1) !~ '[\u4e00-\u9fff]'$$, 'every view says in Chinese what it answers');
select is_empty($$select view_name, name, comment from chinese_columns where comment !~ '[\u4e00-\u9fff]'$$, 'no column lacks a translation');
select is_empty($$select view_name, comment from chinese_columns where comment ~ '[a-z]{2,} [a-z]{2,} [a-z]{2,}'
	union all select view_name, answers from chinese where answers ~ '[a-z]{2,} [a-z]{2,} [a-z]{2,}'$$, 'and none has half of one');
-- values without a Chinese character: the caller's own in the tables above, digits, and codes of currencies
create function pg_temp.foreign_labels(view regclass, name text) returns setof text language plpgsql as $$
begin
	return query execute format('select distinct %I::text from %s where %1$I !~ ''[\u4e00-\u9fff]''', name, view);
end
$$;
select is_empty($$select view_name, name, label from chinese_columns, pg_temp.foreign_labels(view, name) label where name ~ '_name$'
	and not case
		when name ~ '^(dimension|item|item_a|item_b|top_a|top_b|because|peer|group|from|to|part|subject|owner|channel|path)_name$' then label ~ '^((kind|channel|agent|group|method|seller|shop) \d( > )?)+$' or view_name ~ '_subs_' and label ~ '^[ab]$'
		when name ~ '(stage|step|level)_name$' then label ~ '^(lead|demo|offer|won|Closed won)$'
		when name ~ '^(criterion|failing|unchecked|first_failing)_name$' then label ~ '^(need|budget|need [+] budget)$'
		when name = 'line_name' then label ~ '^[ab]$'
		when name = 'tier_name' then label ~ '^[BC]$'
		when name = 'currency_name' then label = 'CNY'
		when name ~ '^(cell|generation)_name$' then label ~ '^\d+$'
		else false end$$, 'every label of ours is Chinese');
-- the rest is the same
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
select is_empty($$select distinct view_name from chinese_columns where pg_temp.figures(view) is distinct from pg_temp.figures(english)$$, 'the figures are those of the English views, and no two labels became one');
do $$
declare
	view_name text;
begin
	for view_name in select c.view_name from chinese c loop
		execute 'drop view if exists ' || view_name || ' cascade';
	end loop;
end
$$;

-- the list
select set_eq('select view_name, view_kind from revops_views()',
	$$select view_name, 'view' from made union all select view_name, 'materialized view' from stored$$, 'revops_views lists them');
select is_empty('select view_name, needs_attention from revops_views() where needs_attention is not null', 'none needs attention');
select is((select answers from revops_views() where view_name = 'lint.orders_segments'), 'How many customers and how much revenue does each segment hold? One row per segment.',
	'and what each answers');

select diag(format('%s views, %s columns', count(distinct view), count(*))) from made_columns;
drop view lint.orders_cuts;
do $$
begin
	execute format('comment on view lint.subs_terms is %L', regexp_replace(obj_description('lint.subs_terms'::regclass), 'by revops [^,]+', 'by revops 0.0.1'));
end
$$;
alter table lint.contracts rename column signed to signed_on;
alter table lint.lines rename to "Lines";
alter table lint.steps enable row level security;
refresh materialized view lint.m_orders_cuts with no data;
select results_eq($$select view_name, needs_attention from revops_views()
	where view_name in ('lint.orders_customers', 'lint.subs_bridge', 'lint.quotes_lines', 'lint.m_any_steps', 'lint.any_steps', 'lint.m_orders_cuts', 'lint.subs_terms') order by view_name$$,
	$$values ('lint.any_steps', null),
		('lint.m_any_steps', 'row security is on for lint.steps: this view shows all rows to everybody'),
		('lint.m_orders_cuts', 'not filled: refresh materialized view lint.m_orders_cuts'),
		('lint.orders_customers', '1 of the 4 views of its call are gone'),
		('lint.quotes_lines', 'lint.lines, which the call reads, is gone or renamed'),
		('lint.subs_bridge', 'column "signed" of lint.contracts is gone or renamed'),
		('lint.subs_terms', 'column "signed" of lint.contracts is gone or renamed; made by revops 0.0.1, installed is ' || (select extversion collate "default" from pg_extension where extname = 'revops') || ': repeat the call')$$, 'what needs attention is said');
select * from finish();
rollback;
