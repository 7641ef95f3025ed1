-- schema.sql: opens the install script.

\echo Use "create extension revops" to load this file. \quit

-- The schema is the extension's own. This script makes it, so it belongs to who runs the script (the bootstrap
-- superuser where a plain user installs), and nobody else can put an object there that a name in a function, a
-- view or a query would find. A schema of this name that stands already may hold such objects: it is refused.
-- An empty one of the installing user gives way; its grants and default privileges go with it.
do $$
declare
	old record;
	contents text;
begin
	select n.nspowner::regrole as owner, pg_has_role(e.extowner, n.nspowner, 'usage') as is_own into old
	from pg_namespace n, pg_extension e
	where n.nspname = 'revops' and e.extname = 'revops';
	if not found then
		return;
	end if;
	if not old.is_own then
		raise exception using errcode = 'duplicate_schema', message = 'schema "revops" already exists',
			detail = format('It belongs to %s.', old.owner),
			hint = 'The extension makes its own schema, to which nobody else can add. Have this one dropped or renamed.';
	end if;
	begin
		drop schema revops restrict;
	exception when dependent_objects_still_exist then
		get stacked diagnostics contents = pg_exception_detail;
		raise exception using errcode = 'duplicate_schema', message = 'schema "revops" already exists and is not empty',
			detail = contents,
			hint = 'The extension makes its own schema, to which nobody else can add. Look at what is there, then drop or rename it.';
	end;
end
$$;

create schema revops;
comment on schema revops is 'B2B operations analytics: RFM, funnels, renewals, pricing';

-- default privileges may have let others in
do $$
declare
	grantee text;
begin
	for grantee in
		select distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
		from pg_namespace n, aclexplode(n.nspacl) a
		where n.nspname = 'revops' and a.grantee <> n.nspowner
	loop
		execute format('revoke all on schema revops from %s', grantee);
	end loop;
end
$$;
grant usage on schema revops to public;

-- what follows is made there
set local search_path = revops, pg_temp;
