-- What plain users plant is never run with the rights of who calls a maker, lists the views or repeats a call.
begin;
set local search_path = public;
set local client_min_messages = warning;
set local check_function_bodies = off;
select no_plan();

create role mallory;
create schema m authorization mallory;
create schema bi authorization mallory;
create table public.orders (customer text, day date, amount numeric);
insert into public.orders values ('x', '2025-01-01', 10), ('y', '2025-02-01', 20);
create table public.contracts (customer text, starts date, ends date, mrr numeric);
insert into public.contracts values ('x', '2025-01-01', '2025-12-31', 10), ('y', '2024-01-01', '2024-12-31', 20);
create table public.steps (deal text, at timestamptz, step text, amount numeric);
insert into public.steps values ('x', '2025-01-01', 'lead', 10), ('x', '2025-02-01', 'won', 20);
create table public.lines (line integer, item text, quantity numeric, day date);
insert into public.lines values (1, 'api', 5, '2025-01-01'), (2, 'api', null, '2025-01-01');
create table public.prices (item text, tariff jsonb, valid daterange);
insert into public.prices values ('api', '{"mode": "volume", "tiers": [{"unit_price": 2}]}', '[2024-01-01,)');
create function m.evil(text) returns text language plpgsql immutable as $$
begin
	if (select rolsuper from pg_roles where rolname = current_user) then
		raise exception 'evil runs as %', current_user;
	end if;
	return $1;
end
$$;
grant usage on schema m to public;
grant select on public.orders to mallory;

-- Schema revops, were it full of overloads: whatever a body of revops names, for every pair of common types
-- that PostgreSQL has no exact function or operator for.
do $$
declare
	kinds text[] := '{text,integer,bigint,numeric,boolean,date,timestamptz,jsonb,text[],regclass}';
	bodies text := (select string_agg(prosrc, ' ') from pg_proc join pg_language l on l.oid = prolang
		where pronamespace in ('revops'::regnamespace, 'revops_internal'::regnamespace) and lanname in ('sql', 'plpgsql'));
	answer constant text := 'language plpgsql as $q$ begin raise exception ''planted''; end $q$';
	word text;
	one text;
	other text;
begin
	foreach one in array kinds loop
		foreach other in array kinds loop
			execute format('create function revops.planted_test(%s, %s) returns boolean %s', one, other, answer);
			execute format('create function revops.planted(%s, %s) returns %1$s %3$s', one, other, answer);
		end loop;
	end loop;
	for word in
		select distinct w[1] from regexp_matches(bodies, '\m([a-z_0-9]+)\(', 'g') w
		where exists (select from pg_proc where proname = w[1] and pronamespace = 'pg_catalog'::regnamespace and prokind = 'f')
	loop
		foreach one in array kinds loop
			if to_regprocedure(format('pg_catalog.%I(%s)', word, one)) is null then
				execute format('create function revops.%I(%s) returns text %s', word, one, answer);
			end if;
			foreach other in array kinds loop
				if to_regprocedure(format('pg_catalog.%I(%s, %s)', word, one, other)) is null then
					execute format('create function revops.%I(%s, %s) returns text %s', word, one, other, answer);
				end if;
			end loop;
		end loop;
	end loop;
	foreach word in array array['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '||', '->>', '~', '@>', '#', '&'] loop
		foreach one in array kinds loop
			foreach other in array kinds loop
				if to_regoperator(format('pg_catalog.%s(%s, %s)', word, one, other)) is null then
					execute format('create operator revops.%s (leftarg = %s, rightarg = %s, function = revops.%s)', word, one, other,
						case when word in ('+', '-', '*', '/', '||', '->>', '#', '&') then 'planted' else 'planted_test' end);
				end if;
			end loop;
		end loop;
	end loop;
end
$$;

create temp table made as
select view_name, view_name::regclass as view from revops.rfm_create_views('o', 'public.orders', 'customer', 'day', 'amount', target_schema => 'bi', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from revops.rfm_create_views('n', 'public.orders', 'customer', 'day', 'amount', order_key => 'customer', bins => 2, map =>
	'{"name": "n", "bins": 2, "rules": [{"segment": "all"}]}', target_schema => 'bi', materialized => true)
union all
select view_name, view_name::regclass from revops.funnel_create_views('f', 'public.steps', 'deal', 'at', 'step', '{lead,won}', within => '90 days', lost => '{lost}',
	dimension => 'step', amount => 'amount', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'America/Havana')
union all
select view_name, view_name::regclass from revops.contract_create_views('k', 'public.contracts', 'customer', 'starts', 'ends', true, total_column => 'mrr', line => 'customer',
	contract_key => 'customer', known_on => 'starts', target_schema => 'bi', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from revops.quote_create_views('q', 'public.lines', 'line', 'item', 'quantity', 'day', 'public.prices', 'item', 'tariff', 'valid',
	target_schema => 'bi', as_of => '2025-06-30')
union all
select view_name, view_name::regclass from revops.attribution_create_views('a', 'public.steps', 'deal', 'at', 'step', 'step', 'amount', '{"half_life": "30 days"}', target_schema => 'bi', as_of => '2025-06-30', time_zone => 'America/Havana')
union all
select view_name, view_name::regclass from revops.contract_create_views('z', 'public.contracts', 'customer', 'starts', 'ends', true, total_column => 'mrr', line => 'customer',
	contract_key => 'customer', target_schema => 'bi', as_of => '2025-06-30', language => 'zh')
union all
select view_name, view_name::regclass from revops.metric_create_views('z', target_schema => 'bi', language => 'zh');
select is((select count(*)::integer from made), 4 + 4 + 6 + 11 + 3 + 6 + 11 + 1, 'makers do not see what is planted in schema revops');
create function pg_temp.print(view regclass) returns text language plpgsql as $$
declare
	result text;
begin
	execute format('select count(*) || '' '' || sum(hash_record_extended(v, 0)) from %s v', view) into result;
	return result;
end
$$;
select lives_ok('select pg_temp.print(view) from made', 'nor do their views');
select is((select count(*)::integer from revops.revops_views() where needs_attention is null), 46, 'nor does their list');
do $$
declare
	call text;
begin
	for call in select distinct made_by from revops.revops_views() loop
		execute call;
	end loop;
end
$$;
savepoint bound_to_revops;
alter function revops.rfm_create_views(text, regclass, name, name, name, name, integer, text, text, name, date, text, boolean, boolean, text) set search_path = pg_catalog, revops, pg_temp;
select throws_ok($$select revops.rfm_create_views('p', 'public.orders', 'customer', 'day', 'amount', target_schema => 'bi')$$, 'P0001', 'planted',
	'this test sees a maker that would');
rollback to bound_to_revops;
select is_empty($$select d.classid::regclass, pg_describe_object(d.refclassid, d.refobjid, 0) from made
	join pg_rewrite w on w.ev_class = view join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
	where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
		and not exists (select from pg_depend e where e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e')$$,
	'every function and operator in a view is PostgreSQL''s or the extension''s');
do 'declare v text; begin for v in select view_name from made loop execute format(''drop %s if exists %s cascade'', case when v like ''bi.n%'' then ''materialized view'' else ''view'' end, v); end loop; end';

-- a type with a cast of its own: reading it as text would call it
create type m.status as enum ('lead', 'won');
alter type m.status owner to mallory;
create table m.log (deal m.status, day date, step m.status, tariff m.status);
alter table m.log owner to mallory;
grant all on m.log to public;
select lives_ok($$select revops.funnel_create_views('enum', 'm.log', 'deal', 'day', 'step', '{lead,won}', dimension => 'tariff', target_schema => 'bi')$$, 'an enum is read as text');
set local role mallory;
create function m.cast(m.status) returns text language sql immutable as $$ select m.evil('x') $$;
create cast (m.status as text) with function m.cast(m.status) as implicit;
create function m.equal(m.status, m.status) returns boolean language sql immutable as $$ select m.evil('x') = 'x' $$;
create operator m.= (leftarg = m.status, rightarg = m.status, function = m.equal);
reset role;
select throws_like($$select revops.funnel_create_views('cast', 'm.log', 'deal', 'day', 'step', '{lead,won}', target_schema => 'bi')$$,
	'bi.cast_entities would call functions of its source''s types', 'but not by a cast that a plain user wrote');
select throws_ok(format('select revops.%s', call), '0A000', null, call)
from (values
	('funnel_create_views(''cast'', ''m.log'', ''day'', ''day'', ''step'', ''{lead,won}'', target_schema => ''bi'')'),
	('funnel_create_views(''cast'', ''m.log'', ''day'', ''day'', ''step'', ''{lead,won}'', dimension => ''step'', target_schema => ''bi'', materialized => true)'),
	('quote_create_views(''cast'', ''public.lines'', ''line'', ''item'', ''quantity'', ''day'', ''m.log'', ''deal'', ''tariff'', target_schema => ''bi'')')) x(call);

-- materialized views of a plain user, made anew by a superuser
create function pg_temp.remake(prefix text, source text) returns bigint language sql as $$
	select count(*) from revops.rfm_create_views(prefix, source::regclass, 'customer', 'day', 'amount', target_schema => 'bi', materialized => true, replace => true)
$$;
create table public.secret as select * from public.orders;
set local role mallory;
select count(*) from pg_temp.remake('stored', 'public.orders');
create index sneaky on bi.stored_customers (m.evil(customer_key)) where m.evil(customer_key) > '';
grant select on bi.stored_customers to public;
reset role;
select lives_ok($$select pg_temp.remake('stored', 'public.orders')$$, 'made anew, with all indexes, in the rights of their owner');
select is((select string_agg(distinct relowner::regrole::text, ' ') from pg_class where relname like 'stored%'), 'mallory', 'they stay the owner''s');
select ok(to_regclass('bi.sneaky') is not null and has_table_privilege('pg_monitor', 'bi.stored_customers', 'select'), 'with indexes and grants');
select throws_ok($$select pg_temp.remake('stored', 'public.secret')$$, '42501', 'permission denied for table secret', 'they show nothing that their owner may not read');
drop materialized view bi.stored_cuts;
select lives_ok($$select pg_temp.remake('stored', 'public.orders')$$, 'one of them is gone');
select is((select string_agg(distinct relowner::regrole::text, ' ') from pg_class where relname in ('stored_cuts', 'stored_customers')), 'mallory', 'it is made for their owner');
alter materialized view bi.stored_cuts owner to current_user;
select throws_ok($$select pg_temp.remake('stored', 'public.orders')$$, '55000', 'the views of one call must have one owner', 'views of two owners are nobody''s to replace');

-- a view of a plain user: who reads it runs what is in it
set local role mallory;
create view m.trap as select m.evil(customer) as customer, day, amount from public.orders;
reset role;
create view public.over_trap as select * from m.trap;
select throws_like(format($$select pg_temp.remake('trap', %L)$$, source), 'a superuser may not fill materialized views from %', 'materialized from ' || source)
from unnest(array['m.trap', 'public.over_trap']) source;
select lives_ok($$select revops.rfm_create_views('trap', 'm.trap', 'customer', 'day', 'amount', target_schema => 'bi')$$, 'plain views run nothing when they are made');
select alike(answers, '% Findings are not counted for a superuser: the source is a plain user''s view.', 'and count no findings')
from revops.rfm_create_views('trap', 'm.trap', 'customer', 'day', 'amount', target_schema => 'bi', replace => true) where view_name = 'bi.trap_checks';
set local role mallory;
select lives_ok($$select pg_temp.remake('own', 'm.trap')$$, 'its owner may fill hers');
reset role;

-- comments that anybody writes onto his own view
create view bi.forged as select 1 as x;
create function pg_temp.made_by(call text) returns text language plpgsql as $$
begin
	execute format('comment on view bi.forged is %L', format(E'x\nMade by revops 0.1.0, view 1 of 1; to make it again:\n%s;', call));
	return (select coalesce(made_by, needs_attention) from revops.revops_views() where view_name = 'bi.forged');
end
$$;
select is(pg_temp.made_by(call), call, 'a call: ' || translate(call, E'\n', ' '))
from unnest(array[
	$$select * from revops.rfm_create_views(prefix => 'it''s', target_schema => E'back\\slash', bins => 5, materialized => true)$$,
	E'select * from revops.funnel_create_views(prefix => \'; drop table victim; --\', source => \'two\nlines\')']) call;
select matches(pg_temp.made_by(call), '^its comment holds no call of a maker', 'no call: ' || translate(call, E'\n', ' '))
from unnest(array[
	$$drop table orders$$,
	$$select * from revops.rfm_create_views(prefix => 'x'); drop table orders$$,
	$$select * from revops.rfm_create_views(prefix => 'x'), m.evil('x')$$,
	$$select * from revops.rfm_create_views(prefix => 'x') -- $$,
	E'select * from revops.rfm_create_views(prefix => \'x\')\n; drop table orders',
	E'\nselect * from revops.rfm_create_views(prefix => \'x\')',
	$$select * from revops.rfm_create_views(prefix => m.evil('x'))$$,
	$$select * from revops.rfm_create_views(prefix => 'x' || m.evil('x'))$$,
	$$select * from revops.rfm_create_views(prefix => 'x'::m.status::text)$$,
	$$select * from revops.rfm_create_views(prefix => (select 'x'))$$,
	$$select * from revops.rfm_create_views(prefix => current_user)$$,
	$$select * from revops.rfm_create_views('x', source => 'y')$$,
	$$select * from revops.rfm_create_views(prefix => '\'), m.evil(' -- ')$$,
	$$select * from revops.rfm_create_views(prefix => E'\'), m.evil(' -- ')$$,
	$$select * from revops.rfm_create_views(prefix => E'\x27')$$,
	$$select * from revops.rfm_create_views(prefix => U&'\0027')$$,
	$$select * from revops.rfm_create_views(prefix => $q$x$q$)$$,
	$$select * from revops.rfm_create_views(prefix => "x")$$,
	$$select * from revops.rfm_create_views(prefix => 'x' source => 'y')$$,
	$$select * from revops.rfm_create_views()$$,
	$$select * from m.rfm_create_views(prefix => 'x')$$,
	$$select * from revops.views_create(prefix => 'x')$$,
	$$select * from revops."rfm_create_views"(prefix => 'x')$$,
	$$select m.evil('x') from revops.rfm_create_views(prefix => 'x')$$]) call;
select is((select made_by from revops.revops_views() where view_name = 'bi.forged'), null, 'and nothing is given to run');

select * from finish();
rollback;
