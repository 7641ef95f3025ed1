-- What Citus needs to run an aggregate in two phases, from the catalog, so that a new aggregate is held to it: a
-- named state type, a combine function, arguments and a result of concrete types. docs/scale.md tells the exceptions.
begin;
set local search_path = public, revops;
select no_plan();

create temp table form as
select p.oid::regprocedure::text as form, p.*, a.*
from pg_proc p join pg_aggregate a on a.aggfnoid = p.oid
where p.pronamespace = 'revops'::regnamespace;

-- forms that one node has to answer, and why
create temp table exception as
select 'funnel_agg(funnel_def,' || entity || ',' || at || ',text,date)' as form,
	'appends all rows to one flat buffer, several times faster than grouping; funnel_agg over paths is the form for distributed tables' as reason
from unnest('{bigint,text,uuid}'::text[]) entity, unnest('{timestamp with time zone,timestamp without time zone,date}'::text[]) at
union all
select 'rfm_agg(' || customer || ',' || at || ',numeric,date' || zone || ')',
	'looks all customers up in one table; order_agg by customer is the form for distributed tables'
from unnest('{bigint,text,uuid}'::text[]) customer, unnest('{timestamp with time zone,timestamp without time zone,date}'::text[]) at, unnest(array['', ',text']) zone
union all
select 'rfm_merge(rfm_stats)', 'likewise';

select cmp_ok(count(*), '>', 100::bigint, 'there are aggregates') from form;
select is(string_agg(form, ', '), null, 'a state has a named type of the extension')
from form where aggtranstype::regtype::text not in (select typname from pg_type where typnamespace = 'revops'::regnamespace)
	and form not in (select form from exception);
select is(string_agg(e.form, ', '), null, 'an exception that is listed is one')
from exception e left join form f using (form) where f.aggtranstype is distinct from 'internal'::regtype;
select is(string_agg(form, ', '), null, 'every state can be combined, an internal one can be sent') from form
where aggcombinefn = 0 or aggtranstype = 'internal'::regtype and (aggserialfn = 0 or aggdeserialfn = 0);
select is(string_agg(form, ', '), null, 'every form is safe in workers') from form where proparallel <> 's';
select is(string_agg(proc::regprocedure::text, ', '), null, 'so are the functions behind them')
from (select unnest(array[aggtransfn, aggcombinefn, aggfinalfn, aggserialfn, aggdeserialfn]::oid[]) as proc from form) f join pg_proc on oid = proc
where proparallel <> 's';
select is(string_agg(form, ', '), null, 'there is an argument, and each has a concrete type')
from form where pronargs = 0 or exists (select from unnest(proargtypes) t join pg_type on pg_type.oid = t where typtype = 'p');
select is(string_agg(form, ', '), null, 'so has the result: no record')
from form join pg_type t on t.oid = prorettype where t.typtype = 'p';
select is(string_agg(form, ', '), null, 'none is an ordered-set aggregate, none needs distinct or order by') from form where aggkind <> 'n';
select is(string_agg(form, ', '), null, 'a merge folds what its aggregate gives')
from form f where proname like '%\_merge' and not exists (
	select from form a where a.proname not like '%\_merge' and a.prorettype = f.proargtypes[0] and a.proname <> f.proname);

select * from finish();
rollback;
