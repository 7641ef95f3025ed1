-- Names with anything in them, sources of every kind, and the rights of who makes and who reads.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
select no_plan();

create schema "Käse; drop schema x";
create schema "目标'库";
create table "Käse; drop schema x"."日志 ""x"" %s $1" (
	"Kunde ""Nr""" text,
	"at time; --" timestamp,
	"a'); drop table victim; --" numeric(10, 2),
	"Schritt %I" text,
	"ends" date,
	"\" text);
insert into "Käse; drop schema x"."日志 ""x"" %s $1"
select 'k' || n % 9, timestamp '2025-01-01' + n * interval '11 hours', n, (array['线索', 'won''t; --', 'E\n', '{"a,b"}'])[1 + n % 4], date '2025-06-01' + n, '\'''
from generate_series(1, 99) n
union all
select null, '2025-01-01', 0, '线索', '2025-06-01', '\''';
create table public.victim (x integer);


create table "Käse; drop schema x"."book " ("Item """ text, "Tariff """ jsonb, "Valid """ daterange);
insert into "Käse; drop schema x"."book " values ('线索', '{"mode": "volume", "tiers": [{"unit_price": 2}]}');

create temp table made as
select view_name, view_name::regclass as view from rfm_create_views('p"; drop view x; --', '"Käse; drop schema x"."日志 ""x"" %s $1"', 'Kunde "Nr"', 'at time; --', 'a''); drop table victim; --',
	order_key => '\', target_schema => '目标''库', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')
union all
select view_name, view_name::regclass from funnel_create_views('漏斗', '"Käse; drop schema x"."日志 ""x"" %s $1"', 'Kunde "Nr"', 'at time; --', 'Schritt %I', array['线索', 'won''t; --', 'E\n', '{"a,b"}'],
	lost => array['\', '"'], dimension => '\', amount => 'a''); drop table victim; --', target_schema => '目标''库', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from contract_create_views('%s $1 \', '"Käse; drop schema x"."日志 ""x"" %s $1"', 'Kunde "Nr"', 'at time; --', 'ends', false, mrr_column => 'a''); drop table victim; --',
	line => '\', contract_key => 'Schritt %I', known_on => 'ends', target_schema => '目标''库', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from quote_create_views('报价', '"Käse; drop schema x"."日志 ""x"" %s $1"', 'Kunde "Nr"', 'Schritt %I', 'a''); drop table victim; --', 'at time; --',
	'"Käse; drop schema x"."book "', 'Item "', 'Tariff "', 'Valid "', target_schema => '目标''库', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from pipeline_create_views('商机 %L', '"Käse; drop schema x"."日志 ""x"" %s $1"', 'Kunde "Nr"', 'at time; --', 'Schritt %I', 'a''); drop table victim; --', 'ends', array['线索', 'E\n', '{"a,b"}'],
	won => array['won''t; --'], lost => array['\', '"'], dimension => '\', target_schema => '目标''库', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from attribution_create_views('路径''', '"Käse; drop schema x"."日志 ""x"" %s $1"', 'Kunde "Nr"', 'at time; --', 'Schritt %I', '\', 'a''); drop table victim; --',
	definition => '{"direct": ["won''t; --", "\\", "%s"]}', target_schema => '目标''库', as_of => '2025-06-30');
select is((select count(*)::integer from made), 4 + 6 + 11 + 3 + 7 + 6, 'views with odd names over columns with odd names');
create function pg_temp.print(view regclass) returns text language plpgsql as $$
declare
	result text;
begin
	execute format('select count(*) || '' '' || sum(hash_record_extended(v, 0)) from %s v', view) into result;
	return result;
end
$$;
create temp table prints as select *, pg_temp.print(view) as print from made;
select is_empty($$select view_name from prints where print like '0 %'$$, 'they have rows');
select has_table('public', 'victim', 'nothing was injected');
create temp table repeated (view_name text);
do $$
declare
	call text;
begin
	for call in select distinct made_by from revops_views() loop
		execute 'insert into repeated select view_name from (' || call || ') c';
	end loop;
end
$$;
select set_eq('select view_name from repeated', 'select view_name from made', 'the calls in their comments can be repeated');
select is_empty($$select view_name from prints where print <> pg_temp.print(view)$$, 'and make the same views');
select is_empty('select * from revops_views() where needs_attention is not null', 'revops_views reads the names back');
alter table "Käse; drop schema x"."日志 ""x"" %s $1" rename "\" to back;
select results_eq($$select distinct needs_attention from revops_views() where made_by like '%rfm%'$$,
	$$values ('column "\" of "Käse; drop schema x"."日志 ""x"" %s $1" is gone or renamed')$$, 'and tells which is gone');
select is((select level_name from "目标'库"."漏斗_entities" where level_index = 4 limit 1), '{"a,b"}', 'steps are shown as they are written');

-- sources of every kind give the same rows
create table orders (customer integer, day date, amount numeric(10, 2));
insert into orders select n % 20, date '2025-06-30' - n % 200, n from generate_series(1, 300) n;
create view orders_view as select * from orders;
create materialized view orders_stored as select * from orders;
create table orders_parts (like orders) partition by range (day);
create table orders_early partition of orders_parts for values from (minvalue) to ('2025-03-01');
create table orders_late partition of orders_parts for values from ('2025-03-01') to (maxvalue);
insert into orders_parts select * from orders;
create domain customer_no as integer check (value >= 0);
create table orders_domain (customer customer_no, day date, amount numeric(10, 2));
insert into orders_domain select * from orders;
select lives_ok(format($$select rfm_create_views('by_%1$s', '%1$s', 'customer', 'day', 'amount', target_schema => 'public', as_of => '2025-06-30')$$, source), source)
from unnest(array['orders', 'orders_view', 'orders_stored', 'orders_parts', 'orders_domain']) source;
select is(pg_temp.print(('by_' || source || '_customers')::regclass), pg_temp.print('by_orders_customers'), source || ': the same rows')
from unnest(array['orders_view', 'orders_stored', 'orders_parts', 'orders_domain']) source;
create temp table orders_temp as select * from orders;
select throws_ok($$select rfm_create_views('x', 'orders_temp', 'customer', 'day', 'amount', target_schema => 'public')$$, '42809', null, 'a temporary table is refused');
select throws_ok($$select rfm_create_views('x', 'pg_toast.pg_toast_1255', 'chunk_id', 'chunk_seq', 'amount', target_schema => 'public')$$, '42809', null, 'and what is no table');

-- the maker's rights
create role views_maker;
create role views_reader;
create role views_other;
create schema bi;
create schema closed;
grant usage, create on schema bi to views_maker;
grant usage on schema bi, public to views_reader, views_other;
grant usage on schema closed, public to views_maker;
grant select on orders to views_maker, views_reader;
grant select (customer, day) on orders_parts to views_maker;
create view bi.taken_customers as select 1 as x;
set local role views_maker;
select lives_ok($$select rfm_create_views('sales', 'orders', 'customer', 'day', 'amount', target_schema => 'bi', as_of => '2025-06-30')$$, 'a plain role makes views');
select is((select string_agg(distinct relowner::regrole::text, ', ') from pg_class where relname like 'sales\_%'), 'views_maker', 'which are his');
select throws_ok($$select rfm_create_views('x', 'orders_parts', 'customer', 'day', 'amount', target_schema => 'bi')$$, '42501', null, 'a column that he may not read');
select throws_ok($$select rfm_create_views('x', 'orders', 'customer', 'day', 'amount', target_schema => 'closed')$$, '42501', null, 'a schema that he may not create in');
select throws_ok($$select rfm_create_views('taken', 'orders', 'customer', 'day', 'amount', target_schema => 'bi', replace => true)$$, '42501', null, 'a view of another');
grant select on bi.sales_customers to views_reader, views_other;
set local role views_reader;
select is((select count(*)::integer from bi.sales_customers), 20, 'a role with USAGE and SELECT reads');
select is((select count(*)::integer from revops_views() where view_name like 'bi.%'), 4, 'and sees what there is');
set local role views_other;
select throws_ok('select * from bi.sales_customers', '42501', null, 'who may not read the source reads nothing');
reset role;

-- row security
alter table orders enable row level security;
create policy odd on orders to views_reader using (customer % 2 = 1);
create policy few on orders to views_other using (customer < 3);
grant select on orders to views_other;
grant select on all tables in schema bi to views_reader, views_other;
set local role views_reader;
select is((select count(*) || ' ' || min(customer_key % 2) from bi.sales_customers), '10 1', 'row security holds through the view');
select is((select sum(customer_count)::integer from bi.sales_segments), 10, 'and through a view on the view');
set local role views_other;
select is((select count(*)::integer from bi.sales_customers), 3, 'for each reader his own');
reset role;
select throws_like($$select rfm_create_views('m', 'orders', 'customer', 'day', 'amount', target_schema => 'bi', materialized => true)$$,
	'%would show all rows to everybody%', 'materialized over row security is refused');
select throws_like($$select rfm_create_views('m', 'orders_view', 'customer', 'day', 'amount', target_schema => 'bi', materialized => true)$$,
	'%would show all rows to everybody%', 'behind a view too');
select throws_ok($$select quote_create_views('m', 'orders_domain', 'customer', 'customer', 'amount', 'day', 'orders', 'customer', 'amount', materialized => true, target_schema => 'bi')$$,
	'0A000', null, 'in the price book too');

-- a schema that BI tools cannot read
create schema my_pg_views;
select throws_ok($$select rfm_create_views('x', 'orders', 'customer', 'day', 'amount', target_schema => 'my_pg_views')$$, '42939', null, 'a schema whose name holds pg_ is refused');

-- where the views go if nothing is said
set local search_path = bi, public, revops;
select is((select string_agg(view_name, ' ' order by view_name) from rfm_create_views('here', 'orders_domain', 'customer', 'day', 'amount')),
	'bi.here_checks bi.here_customers bi.here_cuts bi.here_segments', 'target_schema is the first schema of the search_path');
set local search_path = public, revops;

-- views that were renamed or moved: their call makes others
alter view bi.here_cuts rename to limits;
alter view bi.here_segments set schema public;
select set_eq($$select view_name, needs_attention from revops_views() where made_by like '%prefix => ''here''%'$$,
	$$values ('bi.here_customers', null), ('bi.here_checks', null), ('bi.limits', 'renamed or moved: its call makes bi."here_..."'), ('public.here_segments', 'renamed or moved: its call makes bi."here_..."')$$,
	'revops_views tells views that were renamed or moved');

-- a line break in a name
set local search_path = public, revops;
create table public.broken (deal integer, day date, step text, "in two
lines" text);
select lives_ok($$select funnel_create_views('broken', 'broken', 'deal', 'day', 'step', '{a,b}', dimension => e'in two\nlines', target_schema => 'public')$$, 'a name with a line break');
select is((select count(*)::integer from revops_views() where view_name like 'public.broken%'), 6, 'is listed like any other');

-- edited comments do no harm
comment on view bi.here_customers is E'x\nMade by revops 1, view 9 of 999; to make it again:\nselect pg_sleep(100), a => ''b, c => \\, E''\\;';
select lives_ok('select * from revops_views()', 'a comment that someone edited is read, never run');

select * from finish();
rollback;
