-- schema.sql: opens the install script.

\echo Use "create extension revops" to load this file. \quit

-- Two schemas: revops has what users call, revops_internal what PostgreSQL calls for types and aggregates and what
-- makers of views share, so that \df revops.* lists the first alone.
--
-- They are the extension's own. This script makes them, so they belong to who runs the script (the bootstrap
-- superuser where a plain user installs), and nobody else can put an object there that a name in a function, a
-- view or a query would find. A schema of such a name that stands already may hold such objects: it is refused.
-- An empty one of the installing user gives way; its grants and default privileges go with it. Default privileges
-- of the database may let others in: what they grant is taken back.
do $$
declare
	place text;
	old record;
	contents text;
	grantee text;
begin
	foreach place in array array['revops', 'revops_internal'] loop
		select n.nspowner::regrole as owner, pg_has_role(e.extowner, n.nspowner, 'usage') as is_own into old
		from pg_namespace n, pg_extension e
		where n.nspname = place and e.extname = 'revops';
		if found then
			if not old.is_own then
				raise exception using errcode = 'duplicate_schema', message = format('schema "%s" already exists', place),
					detail = format('It belongs to %s.', old.owner),
					hint = 'The extension makes its own schema, to which nobody else can add. Have this one dropped or renamed.';
			end if;
			begin
				execute format('drop schema %I restrict', place);
			exception when dependent_objects_still_exist then
				get stacked diagnostics contents = pg_exception_detail;
				raise exception using errcode = 'duplicate_schema', message = format('schema "%s" already exists and is not empty', place),
					detail = contents,
					hint = 'The extension makes its own schema, to which nobody else can add. Look at what is there, then drop or rename it.';
			end;
		end if;
		execute format('create schema %I', place);
		for grantee in
			select distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
			from pg_namespace n, aclexplode(n.nspacl) a
			where n.nspname = place and a.grantee <> n.nspowner
		loop
			execute format('revoke all on schema %I from %s', place, grantee);
		end loop;
		execute format('grant usage on schema %I to public', place);
	end loop;
end
$$;
comment on schema revops is 'B2B operations analytics: RFM, funnels, renewals, pricing';
comment on schema revops_internal is 'what revops itself calls; users call what is in schema revops';

-- names without a schema are made in revops
set local search_path = revops, pg_temp;
