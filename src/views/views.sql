-- views.sql: what the functions that make views for BI tools share: checks of their arguments, the
-- making of all views or none, and the list of the views that were made.
--
-- A maker (rfm_create_views and its kin) checks its arguments with views_source, views_column and
-- views_time, which give back pieces of SQL already quoted, writes one description a view, and
-- hands them to views_make. Nothing a caller gives reaches SQL but through %I, %L or a checked name.
--
-- Makers run with search_path = pg_catalog, pg_temp and write revops. before what is ours, so no name in them or in
-- their views can mean an object of somebody else.

create function revops_internal.views_source(source regclass, argument text, materialized boolean)
	returns text
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
declare
	class pg_class;
	full_name text;
	other_view text;
	guarded text;
begin
	if source is null then
		raise exception using errcode = 'null_value_not_allowed',
			message = format('argument %s is missing', argument),
			detail = 'It must name the table to read.';
	end if;
	select * into class from pg_class where oid = source;
	if not found then
		raise exception using errcode = 'undefined_table',
			message = format('argument %s names no table', argument),
			detail = format('There is no relation with the OID %s.', source::oid);
	end if;
	full_name := format('%I.%I', (select nspname from pg_namespace where oid = class.relnamespace), class.relname);
	if class.relkind not in ('r', 'p', 'v', 'm', 'f') then
		raise exception using errcode = 'wrong_object_type',
			message = format('%s is not a table', full_name),
			hint = 'Give a table, partitioned table, foreign table, view or materialized view.';
	end if;
	if class.relpersistence = 't' then
		raise exception using errcode = 'wrong_object_type',
			message = format('%s is a temporary table', full_name),
			detail = 'It would take the views along when the session ends.',
			hint = 'Keep the rows in a permanent table.';
	end if;
	if materialized then
		other_view := revops_internal.views_of_others(source);
		if other_view is not null and (select rolsuper from pg_roles where rolname = current_user) then
			raise exception using errcode = 'insufficient_privilege',
				message = format('a superuser may not fill materialized views from %s', full_name),
				detail = format('View %s belongs to a plain user; functions in it would run with the rights of a superuser.', other_view),
				hint = 'Call the maker as the role that owns the source (set role), or make plain views.';
		end if;
		guarded := revops_internal.views_row_security(source);
		if guarded is not null then
			raise exception using errcode = 'feature_not_supported',
				message = format('materialized views over %s would show all rows to everybody', full_name),
				detail = format('Row security is on for %s.', guarded),
				hint = 'Make plain views, which apply the reader''s row security, or materialize a source that leaves out what is confidential.';
		end if;
	end if;
	return full_name;
end
$$;
comment on function revops_internal.views_source(regclass, text, boolean) is
	'checks a table that views shall read; its name, quoted and with its schema';

-- a view reads other relations, any number of views deep
create function revops_internal.views_reads(source regclass)
	returns setof oid
	language sql stable parallel safe rows 5
begin atomic
	with recursive reads(oid) as (
		select source::oid
		union
		select d.refobjid
		from reads r
			join pg_rewrite w on w.ev_class = r.oid
			join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
				and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.oid
	)
	select oid from reads;
end;
comment on function revops_internal.views_reads(regclass) is
	'a table and, where it is a view, every relation that it reads';

-- a view reads as its owner or its reader does, so row security may hide behind any number of views
create function revops_internal.views_row_security(source regclass)
	returns text
	language sql stable parallel safe
begin atomic
	select min(format('%I.%I', n.nspname, c.relname))
	from revops_internal.views_reads(source) r
		join pg_class c on c.oid = r
		join pg_namespace n on n.oid = c.relnamespace
	where c.relrowsecurity;
end;
comment on function revops_internal.views_row_security(regclass) is
	'the table with row security that a table is, or reads as a view; NULL where there is none';

-- functions in a view run with the rights of who reads it
create function revops_internal.views_of_others(source regclass)
	returns text
	language sql stable parallel safe
begin atomic
	select min(format('%I.%I', n.nspname, c.relname))
	from revops_internal.views_reads(source) r
		join pg_class c on c.oid = r and c.relkind = 'v'
		join pg_namespace n on n.oid = c.relnamespace
		join pg_roles o on o.oid = c.relowner
	where not o.rolsuper;
end;
comment on function revops_internal.views_of_others(regclass) is
	'the view of a plain user that a table is, or reads as a view; NULL where there is none';

-- What a view calls that is neither PostgreSQL's nor ours nor a superuser's. A plain user can give a type of his own
-- a cast, and reading the column as text would call it, with the rights of whoever reads.
create function revops_internal.views_strangers(view regclass)
	returns text
	language sql stable parallel safe
begin atomic
	select string_agg(distinct format('%s of %s', pg_describe_object(d.refclassid, d.refobjid, 0), r.rolname), ', ')
	from pg_rewrite w
		join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
		left join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
		left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
		join pg_roles r on r.oid = coalesce(p.proowner, o.oprowner)
	where w.ev_class = view and w.rulename = '_RETURN' and not r.rolsuper
		and not exists (select from pg_depend m join pg_extension e on e.oid = m.refobjid
			where m.classid = d.refclassid and m.objid = d.refobjid and m.refclassid = 'pg_extension'::regclass
				and m.deptype = 'e' and e.extname = 'revops');
end;
comment on function revops_internal.views_strangers(regclass) is
	'the functions and operators of plain users that a view calls; NULL where there are none';

create function revops_internal.views_column(
	source regclass,
	column_name name,
	argument text,
	family text,
	out expression text,
	out column_type text,
	out scale integer,
	out finite text
)
	returns record
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
declare
	attribute pg_attribute;
	base oid;
	typmod integer;
	category "char";
	kind "char";
begin
	if source is null or column_name is null then
		raise exception using errcode = 'null_value_not_allowed',
			message = format('argument %s is missing', argument),
			detail = format('It must name a column of %s.', coalesce(source::text, 'the source'));
	end if;
	select * into attribute from pg_attribute
	where attrelid = source and attname = column_name and attnum > 0 and not attisdropped;
	if not found then
		raise exception using errcode = 'undefined_column',
			message = format('%s has no column "%s"', source, column_name),
			detail = format('It was given as %s.', argument),
			hint = format('Names are taken letter by letter, capitals included. Columns there: %s.', (
				select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
				where attrelid = source and attnum > 0 and not attisdropped));
	end if;
	if not has_column_privilege(source, attribute.attnum, 'select') then
		raise exception using errcode = 'insufficient_privilege',
			message = format('permission denied for column "%s" of %s', column_name, source),
			hint = 'The views are yours, so you need SELECT on what they read.';
	end if;

	-- a domain is what lies under it
	base := attribute.atttypid;
	typmod := attribute.atttypmod;
	loop
		select typcategory, typtype into category, kind from pg_type where oid = base;
		exit when kind <> 'd';
		select typbasetype, case when typtypmod >= 0 then typtypmod else typmod end
		into base, typmod from pg_type where oid = base;
	end loop;

	expression := 's.' || quote_ident(column_name);
	if base in ('int2'::regtype, 'int4'::regtype) then
		column_type := 'integer';
	elsif base = 'int8'::regtype then
		column_type := 'bigint';
	elsif base = 'bool'::regtype then
		column_type := 'boolean';
	elsif base in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'float4'::regtype, 'float8'::regtype,
			'numeric'::regtype) then
		column_type := base::regtype;
	elsif category in ('S', 'E') or base = 'uuid'::regtype then
		column_type := 'text';
	else
		column_type := 'other';
	end if;

	if family = 'time' and column_type in ('date', 'timestamp without time zone', 'timestamp with time zone')
		or family = 'days' and base = 'daterange'::regtype then
		return;
	elsif family = 'tariff' and base = 'revops.tariff_def'::regtype then
		column_type := 'tariff_def';
		return;
	elsif family = 'tariff' and (column_type = 'text' or base in ('json'::regtype, 'jsonb'::regtype)) then
		column_type := 'text';
		expression := expression || '::text';
		return;
	elsif family = 'amount' and column_type in ('integer', 'bigint') then
		scale := 2;
		expression := expression || '::numeric';
	elsif family = 'amount' and column_type = 'numeric' then
		-- without a declared scale the data may have any; six places show money and meters alike
		scale := case when typmod < 4 then 6
			else greatest(2, (((typmod - 4) & 2047) # 1024) - 1024) end;
	elsif family = 'amount' and column_type in ('real', 'double precision') then
		scale := 6;
		expression := expression || '::numeric';
	elsif family in ('key', 'label') and column_type in ('text', 'integer', 'bigint', 'boolean', 'date', 'numeric') then
		if column_type = 'text' and base <> 'text'::regtype then
			expression := expression || '::text';
			-- citext keys that differ in case alone are one customer, and must not become two as text
			if family = 'key' and (select typname from pg_type where oid = base) = 'citext' then
				expression := format('lower(%s)', expression);
			end if;
		elsif column_type = 'numeric' and family = 'key' and typmod >= 4 and (((typmod - 4) & 2047) # 1024) - 1024 >= 0 then
			column_type := format_type(base, typmod);
		elsif column_type = 'numeric' then
			expression := format('trim_scale(%s)::text', expression);
			column_type := 'text';
		elsif family = 'label' and column_type = 'date' then
			expression := format('to_char(%s, ''YYYY-MM-DD'')', expression);
		elsif family = 'label' and column_type <> 'text' then
			expression := expression || '::text';
		end if;
		if family = 'label' then
			column_type := 'text';
		end if;
		return;
	else
		raise exception using errcode = 'datatype_mismatch',
			message = format('column "%s" of %s does not fit argument %s', column_name, source, argument),
			detail = format('It is of type %s.', format_type(attribute.atttypid, attribute.atttypmod)),
			hint = case family
				when 'time' then 'A date, timestamp or timestamptz column is needed.'
				when 'days' then 'A daterange column is needed: daterange(valid_from, valid_to, ''[]'') where the last day is included.'
				when 'tariff' then 'A tariff_def column is needed, or one with its JSON.'
				when 'amount' then 'A numeric, integer or floating-point column is needed.'
				else 'A text, integer, numeric, uuid, enum, boolean or date column is needed.'
			end || ' A view over the table can cast it.';
	end if;
	-- 10^22 and more is no amount: a sum of ten billion of the largest still fits a column of the views
	finite := expression;
	if column_type not in ('integer', 'bigint') then
		finite := format('case when %s > -1e22 and %1$s < 1e22 then %1$s end', expression);
	end if;
	column_type := format('numeric(%s,%s)', greatest(38, scale + 32), scale);
end
$$;
comment on function revops_internal.views_column(regclass, name, text, text) is
	'checks a column that views shall read; how to write it, the type it shows in views, of an amount the decimals and how to write it without NaN, infinity and what is too large';

create function revops_internal.views_time(
	source regclass,
	column_name name,
	argument text,
	time_zone text,
	as_of text,
	out day text,
	out local text,
	out instant text,
	out known text
)
	returns record
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	found_column record;
	written text;
begin
	found_column := revops_internal.views_column(source, column_name, argument, 'time');
	written := found_column.expression;
	case found_column.column_type
		when 'date' then
			day := written;
			local := written;
			instant := format('(%s::timestamp at time zone %L)', written, time_zone);
			known := format('%s <= %s', written, as_of);
		when 'timestamp without time zone' then
			day := written || '::date';
			local := written;
			instant := format('(%s at time zone %L)', written, time_zone);
			known := format('%s < (%s + 1)', written, as_of);
		else
			day := format('(%s at time zone %L)::date', written, time_zone);
			local := format('(%s at time zone %L)', written, time_zone);
			instant := written;
			known := format('%s < ((%s + 1)::timestamp at time zone %L)', written, as_of, time_zone);
			-- where clocks are ever set back over midnight (Havana, the Azores), the day ends at the first of two
			if exists (select from generate_series(timestamp '1990-01-01', timestamp '2050-01-01', interval '1 day') midnight
					where (midnight at time zone time_zone - interval '1 microsecond') at time zone time_zone >= midnight) then
				known := format('%s and %s <= %s', known, day, as_of);
			end if;
	end case;
	-- a day before all days is no day: one such row would stop every view
	known := format('%s and %s > ''-infinity''', known, written);
end
$$;
comment on function revops_internal.views_time(regclass, name, text, text, text) is
	'checks a column of times or days; its day and local time in a zone, its instant, and the test that it is known at as_of';

create function revops_internal.views_zone(source regclass, time_columns name[], time_zone text)
	returns text
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	time_column name;
begin
	if time_zone is not null then
		return revops_internal.zone_check(time_zone);
	end if;
	foreach time_column in array array_remove(time_columns, null) loop
		if (revops_internal.views_column(source, time_column, 'time column', 'time')).column_type = 'timestamp with time zone' then
			raise exception using errcode = 'null_value_not_allowed', message = 'argument time_zone is missing',
				detail = format('Column "%s" of %s is a timestamp with time zone, and which day a moment lies on depends on the zone: midnight in Shanghai is the day before in UTC.', time_column, source),
				hint = 'Name the zone whose days count, for example time_zone => ''Asia/Shanghai''.';
		end if;
	end loop;
	return 'UTC';
end
$$;
comment on function revops_internal.views_zone(regclass, name[], text) is
	'the zone whose days the views count; an error where none is given and a column of the source needs one';

create function revops_internal.views_as_of(as_of date, time_zone text)
	returns text
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
begin
	if not isfinite(as_of) then
		raise exception using errcode = 'invalid_parameter_value', message = 'as_of must be a finite date',
			detail = format('It is %s.', as_of), hint = 'NULL means today.';
	end if;
	if as_of is null then
		return format('(now() at time zone %L)::date', time_zone);
	end if;
	return format('%L::date', as_of);
end
$$;
comment on function revops_internal.views_as_of(date, text) is
	'how a view writes the day as of which it answers; NULL means today in the time zone';

create function revops_internal.views_call(function_name text, arguments text[])
	returns text
	language sql immutable parallel safe
begin atomic
	select format('select * from revops.%s(%s)', function_name, string_agg(
		format('%s => %s', arguments[i], arguments[i + 1]), ', ' order by i))
	from generate_series(1, cardinality(arguments), 2) i
	where arguments[i + 1] is not null;
end;
comment on function revops_internal.views_call(text, text[]) is
	'writes a call with named arguments, given as name and literal in turn; NULL ones are left out';

-- the names that the calls and the views of one call share
create function revops_internal.views_name(target_schema name, prefix text, suffix text)
	returns text
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
begin
	if coalesce(prefix, '') = '' then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument prefix is missing',
			hint = 'It starts the name of every view, such as orders in orders_customers.';
	end if;
	if target_schema is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument target_schema is missing',
			detail = 'The search_path names no schema that exists.',
			hint = 'Name the schema that the views shall go to: target_schema => ''bi''.';
	end if;
	return format('%I.%I', target_schema, prefix || '_' || suffix);
end
$$;
comment on function revops_internal.views_name(name, text, text) is
	'the name of a view, quoted and with its schema';

create function revops_internal.views_make(
	call text,
	prefix text,
	target_schema name,
	materialized boolean,
	replace boolean,
	views jsonb,
	out view_name text,
	out answers text,
	out columns text
)
	returns setof record
	language plpgsql volatile
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
declare
	kind text := case when materialized then 'materialized view' else 'view' end;
	schema_id oid;
	old pg_class;
	owner regrole := current_user::regrole;
	strangers text;
	v jsonb;
	place integer := 0;
	bare_name text;
	in_the_way text;
	listed text;
	present text;
	followers text[] := '{}';	-- what a dropped materialized view had: grants, indexes
	kept_index boolean[] := '{}';
	c jsonb;
	statement text;
begin
	if call is null or views is null or jsonb_typeof(views) <> 'array' then
		raise exception using errcode = 'null_value_not_allowed', message = 'there is nothing to make';
	end if;
	perform revops_internal.views_name(target_schema, prefix, '');
	if materialized is null or replace is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'materialized and replace are true or false, not NULL',
			hint = 'Leave them out to get their default, false.';
	end if;
	select oid into schema_id from pg_namespace where nspname = target_schema;
	if not found then
		raise exception using errcode = 'invalid_schema_name',
			message = format('schema "%s" does not exist', target_schema),
			hint = format('Make it first: create schema %I;', target_schema);
	end if;
	if target_schema in ('revops', 'revops_internal', 'information_schema') or strpos(target_schema, 'pg_') > 0 then
		raise exception using errcode = 'reserved_name',
			message = format('schema "%s" is no place for views', target_schema),
			detail = 'It belongs to the system or the extension, or its name holds "pg_", where BI tools find no columns.';
	end if;
	if not has_schema_privilege(schema_id, 'create') or not has_schema_privilege(schema_id, 'usage') then
		raise exception using errcode = 'insufficient_privilege',
			message = format('permission denied for schema "%s"', target_schema),
			hint = format('You need USAGE and CREATE: grant usage, create on schema %I to %I;', target_schema, current_user);
	end if;

	-- two calls at once take turns, so that the second one sees what the first has made
	perform pg_advisory_xact_lock('pg_namespace'::regclass::oid::integer, schema_id::integer);

	-- first every check, then the making
	for v in select jsonb_array_elements(views) loop
		bare_name := prefix || '_' || (v ->> 'suffix');
		if octet_length(bare_name) > 63 then
			raise exception using errcode = 'name_too_long',
				message = format('the name "%s" is too long', bare_name),
				detail = format('It has %s bytes, a name has at most 63.', octet_length(bare_name)),
				hint = 'Give a shorter prefix.';
		end if;
		select * into old from pg_class where relnamespace = schema_id and relname = bare_name;
		continue when not found;
		in_the_way := case old.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'r' then 'table' when 'p' then 'partitioned table'
			when 'f' then 'foreign table' when 'S' then 'sequence' when 'c' then 'composite type' else 'index' end;
		if not replace then
			raise exception using errcode = 'duplicate_table',
				message = format('"%s" already exists in schema "%s"', bare_name, target_schema),
				detail = format('It is of kind %s.', in_the_way),
				hint = 'Give another prefix or target_schema, or replace => true to make its query anew.';
		end if;
		if old.relkind <> (case when materialized then 'm' else 'v' end) then
			raise exception using errcode = 'wrong_object_type',
				message = format('"%s" exists and is not a %s', bare_name, kind),
				detail = format('It is of kind %s.', in_the_way),
				hint = format('Drop or rename it first%s.', case when in_the_way in ('view', 'materialized view')
					then format(', or give materialized => %s', case when materialized then 'false' else 'true' end) else '' end);
		end if;
		if not pg_has_role(old.relowner, 'usage') then
			raise exception using errcode = 'insufficient_privilege',
				message = format('must be owner of %s "%s"', kind, bare_name);
		end if;
		if old.relowner <> owner and owner <> current_user::regrole then
			raise exception using errcode = 'object_not_in_prerequisite_state',
				message = 'the views of one call must have one owner',
				detail = format('"%s" belongs to %s, others of the call to %s.', bare_name, old.relowner::regrole, owner),
				hint = 'Give them to one role: alter view ... owner to ...;';
		end if;
		owner := old.relowner;
		select string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
		into present from pg_attribute where attrelid = old.oid and attnum > 0 and not attisdropped;
		select string_agg(format('%s %s', e ->> 0, e ->> 1), ', ' order by n)
		into listed from jsonb_array_elements(v -> 'columns') with ordinality x(e, n);
		if listed is distinct from present then
			raise exception using errcode = 'invalid_table_definition',
				message = format('"%s" has other columns than this call would make', bare_name),
				detail = format('It has: %s. The call makes: %s.', present, listed),
				hint = 'Queries and charts may need the old ones; drop the view first, or give another prefix.';
		end if;
		if materialized then
			select followers || coalesce(array_agg(format('grant %s%s on %I.%I to %s%s', a.privilege_type,
				' (' || quote_ident(g.of_column) || ')', target_schema, bare_name,
				coalesce((select quote_ident(rolname) from pg_roles where oid = a.grantee), 'public'),
				case when a.is_grantable then ' with grant option' else '' end)), '{}')
			into followers
			from (select null as of_column, old.relacl as acl
				union all select attname, attacl from pg_attribute where attrelid = old.oid and attacl is not null) g,
				aclexplode(g.acl) a
			where a.grantee <> old.relowner;
			select followers || coalesce(array_agg(pg_get_indexdef(indexrelid)), '{}')
			into followers from pg_index where indrelid = old.oid;
		end if;
	end loop;

	if materialized then
		for v in select e from jsonb_array_elements(views) with ordinality x(e, n) order by n desc loop
			bare_name := prefix || '_' || (v ->> 'suffix');
			kept_index := exists (select from pg_class where relnamespace = schema_id and relname = bare_name) || kept_index;
			if kept_index[1] then
				execute format('drop materialized view %I.%I', target_schema, bare_name);
			end if;
		end loop;
	end if;

	for v in select jsonb_array_elements(views) loop
		place := place + 1;
		bare_name := prefix || '_' || (v ->> 'suffix');
		view_name := revops_internal.views_name(target_schema, prefix, v ->> 'suffix');
		answers := v ->> 'answers';
		select string_agg(format(E'(%s)::%s as %I', e ->> 2, e ->> 1, e ->> 0), E',\n\t' order by n),
			string_agg(quote_ident(e ->> 0), ', ' order by n)
		into listed, columns from jsonb_array_elements(v -> 'columns') with ordinality x(e, n);
		execute format(case when materialized then E'create materialized view %s as\nselect\n\t%s\n%s\nwith no data'
			else E'create or replace view %s with (security_invoker = true) as\nselect\n\t%s\n%s' end,
			view_name, listed, v ->> 'from');
		strangers := revops_internal.views_strangers(view_name::regclass);
		if strangers is not null then
			raise exception using errcode = 'feature_not_supported',
				message = format('%s would call functions of its source''s types', view_name),
				detail = format('It would call %s, with the rights of everybody who reads it.', strangers),
				hint = 'Give the source''s column a type of PostgreSQL, such as text.';
		end if;
		execute format('comment on %s %s is %L', kind, view_name, format(
			E'%s\nMade by revops %s, view %s of %s; to make it again:\n%s;', answers,
			(select extversion from pg_extension where extname = 'revops'), place, jsonb_array_length(views), call));
		for c in select jsonb_array_elements(v -> 'columns') loop
			execute format('comment on column %s.%I is %L', view_name, c ->> 0, c ->> 3);
		end loop;
		-- what is replaced keeps its owner, with whose rights it is filled and its indexes are made
		if owner <> current_user::regrole then
			execute format('alter %s %s owner to %s', kind, view_name, owner);
		end if;
		if materialized then
			execute format('refresh materialized view %s', view_name);
		end if;
		-- so that it can be refreshed while it is read
		if materialized and not kept_index[place] then
			execute format('create unique index on %s (%s)', view_name,
				(select string_agg(quote_ident(k), ', ' order by n)
				from jsonb_array_elements_text(v -> 'key') with ordinality x(k, n)));
		end if;
		return next;
	end loop;
	foreach statement in array followers loop
		execute statement;
	end loop;
end
$$;
comment on function revops_internal.views_make(text, text, name, boolean, boolean, jsonb) is
	'makes described views, all or none, with comments that repeat the call; the makers'' last step';

-- A comment is written by whoever owns the view, and its call is there to be run. So it must be one call and nothing
-- else, of literals that mean the same whatever standard_conforming_strings says.
create function revops_internal.views_is_call(call text)
	returns boolean
	language sql immutable strict parallel safe
begin atomic
	select call ~ format('^select [*] from revops[.][a-z]+_create_views[(]%s(, %1$s)*[)]$',
		E'[a-z_]+ => (E''([^''\\\\]|''''|\\\\\\\\)*''|''([^''\\\\]|'''')*''|true|false|[0-9]+)');
end;
comment on function revops_internal.views_is_call(text) is
	'is a text one whole call of a maker, as views_call writes it?';

-- to count is to read the source: functions in a plain user's view are not run for a superuser who makes views over it
create function revops_internal.views_findings(checks text)
	returns text
	language plpgsql volatile
	set search_path = pg_catalog, pg_temp
as $$
declare
	findings bigint;
	left_out bigint;
begin
	if revops_internal.views_of_others(checks::regclass) is not null and (select rolsuper from pg_roles where rolname = current_user) then
		return ' Findings are not counted for a superuser: the source is a plain user''s view.';
	end if;
	execute format('select count(*), coalesce(sum(row_count) filter (where is_left_out), 0) from %s', checks) into findings, left_out;
	return format(' Findings now: %s; rows left out: %s.', findings, left_out);
end
$$;
comment on function revops_internal.views_findings(text) is
	'what a view of checks, a quoted name, says at the moment; for the maker''s answer';

-- Orders are checked alike for all makers that read them. key_text, time_text, amount_text and order_text are columns
-- as views_column writes them, finite_text the amount without NaN and infinity; order_text is NULL where rows are orders.
create function revops_internal.views_order_checks(
	source_name text,
	customer name,
	key_text text,
	key_type text,
	time_text text,
	known text,
	amount_text text,
	finite_text text,
	order_text text,
	today text
)
	returns jsonb
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	checks text;	-- the findings
begin
	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as customer_key, null::text as order_key,
		count(*) as row_count, 'rows without a customer' as detail_name
	from r
	where r.customer_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.customer_key is not null and r.is_untimed
	having count(*) > 0
	union all
	select 5, 'bad_amount', false, null, null, count(*), 'amounts that are NaN, endless or 10^22 and more count as 0'
	from k
	where k.is_bad_amount
	having count(*) > 0$q$, key_type);
	if key_type = 'text' then
		checks := checks || $q$
	union all
	select 3, 'blank_key', false, k.customer_key, null, count(*), 'rows whose customer is blank are of one customer'
	from k
	where btrim(k.customer_key) = ''
	group by k.customer_key
	union all
	select 4, 'similar_keys', false, min(d.customer_key), null, sum(d.row_count)::bigint,
		'customers whose keys differ by spaces or case alone: ' || string_agg('"' || d.customer_key || '"', ', ' order by d.customer_key)
	from (
		select k.customer_key, count(*) as row_count
		from k
		where btrim(k.customer_key) <> ''
		group by k.customer_key
	) d
	group by lower(regexp_replace(d.customer_key collate "default", '[[:space:]]', '', 'g'))
	having count(*) > 1$q$;
	end if;
	if order_text is null then
		checks := checks || $q$
	union all
	select 6, 'repeated_row', false, null, null, sum(d.more)::bigint, 'rows that repeat another of the same customer, time and amount; customers: ' || count(distinct d.customer_key)
	from (
		select k.customer_key, count(*) - 1 as more
		from k
		group by k.customer_key, k.at, k.amount
		having count(*) > 1
	) d
	having count(*) > 0
	union all
	select 7, 'same_time', false, null, null, sum(d.row_count)::bigint,
		'rows of one customer and one time with different amounts, each counted as an order: if they are lines of one, give order_key; customers: ' || count(distinct d.customer_key)
	from (
		select k.customer_key, count(*) as row_count
		from k
		group by k.customer_key, k.at
		having count(distinct k.amount) > 1
	) d
	having count(*) > 0$q$;
	else
		checks := checks || $q$
	union all
	select 8, 'order_of_several_customers', false, null, k.order_key, count(*), 'one order under several customers, counted for each: ' || count(distinct k.customer_key)
	from k
	where k.order_key is not null
	group by k.order_key
	having count(distinct k.customer_key) > 1
	union all
	select 9, 'no_order_key', false, null, null, count(*), 'rows without an order key are one order of each customer'
	from k
	where k.order_key is null
	having count(*) > 0$q$;
	end if;
	return jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time; '
				|| 'kept: blank_key, similar_keys, bad_amount, repeated_row, same_time, order_of_several_customers, no_order_key'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows count for nobody'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['customer_key', key_type, 'f.customer_key', format('the customer, where it is about one: column %s of the source', customer)],
			array['order_key', 'text', 'f.order_key', 'the order, where it is about one'],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as customer_key, %2$s as order_key, %3$s as at, %3$s is null or not isfinite(%3$s) as is_untimed,
			%4$s as amount, %5$s is not null and %4$s is null as is_bad_amount
		from %6$s s
		where %3$s is null or not isfinite(%3$s) or %7$s
	), k as (
		select r.customer_key, r.order_key, r.at, r.amount, r.is_bad_amount
		from r
		where r.customer_key is not null and not r.is_untimed
	), found as (
	%8$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.customer_key, f.order_key) as finding_index
	from found f
) f', key_text, coalesce(order_text, 'null'), time_text,
			finite_text, amount_text, source_name, known, checks));
end
$$;
comment on function revops_internal.views_order_checks(text, name, text, text, text, text, text, text, text, text) is
	'describes PREFIX_checks over a table of orders, for views_make';

create function revops_internal.views_arguments(call text)
	returns table (argument text, argument_value text)
	language sql immutable strict parallel safe rows 12
begin atomic
	select m[1],
		case
			when m[2] like 'E''%' then replace(replace(substr(m[2], 3, length(m[2]) - 3), '''''', ''''), E'\\\\', E'\\')
			when m[2] like '''%' then replace(substr(m[2], 2, length(m[2]) - 2), '''''', '''')
			else m[2]
		end
	from regexp_matches(call, E'([a-z_]+) => (E''(?:[^''\\\\]|''''|\\\\\\\\)*''|''(?:[^'']|'''')*''|[^,)'']+)', 'g') m;
end;
comment on function revops_internal.views_arguments(text) is
	'the arguments of a call that views_call wrote, a row each; literals without their quotes';

-- not ::regclass, which raises an error where there is none, or no USAGE on the schema
create function revops_internal.views_relation(full_name text)
	returns oid
	language sql stable strict parallel safe
begin atomic
	select c.oid
	from (
		select array_agg(case when part like '"%' then replace(substr(part, 2, length(part) - 2), '""', '"') else part end order by place)
		from unnest(regexp_match(full_name, '^("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)[.]("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)$'))
			with ordinality u(part, place)
		) p(parts)
		join pg_namespace n on n.nspname = p.parts[1]::name
		join pg_class c on c.relnamespace = n.oid and c.relname = p.parts[2]::name;
end;
comment on function revops_internal.views_relation(text) is
	'the relation of a name that is quoted and with its schema, as views_source writes it; NULL where there is none';

create function revops_views()
	returns table (
		view_name text,
		view_kind text,
		answers text,
		made_by text,
		made_version text,
		needs_attention text
	)
	language sql stable parallel safe rows 20
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
begin atomic
	with found as (
		select c.oid, n.nspname, c.relname, c.relkind, c.relispopulated,
			m[1] as answers, m[2] as version, m[3]::integer as place, m[4]::integer as views,
			case when revops_internal.views_is_call(m[5]) then m[5] end as call
		from pg_description d
			join pg_class c on c.oid = d.objoid and c.relkind in ('v', 'm')
			join pg_namespace n on n.oid = c.relnamespace,
			regexp_match(d.description,
				E'^([^\n]*)\nMade by revops ([^,\n]+), view ([0-9]{1,3}) of ([0-9]{1,3}); to make it again:\n(.*);$') m
		where d.classoid = 'pg_class'::regclass and d.objsubid = 0
			and d.description like E'%\nMade by revops %' and m is not null
	), made as (
		select f.*, format('%I.%I', f.nspname, f.relname) as name, count(*) over (partition by f.call) as present,
			(select jsonb_object_agg(a.argument, a.argument_value) from revops_internal.views_arguments(f.call) a) as given
		from found f
	)
	select m.name, case m.relkind when 'm' then 'materialized view' else 'view' end, m.answers, m.call, m.version, (
		-- all that is wrong with one view, the worst first
		with argument as (
			select a.name, a.type
			from pg_proc p, unnest(p.proargnames, p.proargtypes::oid[]) a(name, type)
			where p.pronamespace = 'revops'::regnamespace and p.proname = (regexp_match(m.call, '[.]([a-z_]+)[(]'))[1]
				and m.given ? a.name
		), source as materialized (
			select a.name as argument, m.given ->> a.name as name, revops_internal.views_relation(m.given ->> a.name) as relation
			from argument a
			where a.type = 'regclass'::regtype and m.given ->> a.name <> 'null'
		), trouble(urgency, problem) as (
			select 0, 'its comment holds no call of a maker, so it cannot be made again: drop it, and make new views'
			where m.call is null
			union
			select 1, format('%s, which the call reads, is gone or renamed', s.name)
			from source s
			where s.relation is null
			union
			select 2, format('column "%s" of %s is gone or renamed', c.column_name, s.name)
			from argument a
				cross join lateral (select m.given ->> a.name as column_name) c
				-- a column of another table than the source has that table's last word first: book_item of price_book
				join lateral (
					select * from source
					where argument = 'source' or split_part(a.name, '_', 1) = substring(argument from '[^_]*$')
					order by argument = 'source' limit 1
				) s on s.relation is not null
			where a.type = 'name'::regtype and a.name not in ('prefix', 'target_schema') and c.column_name <> 'null'
				and not exists (select from pg_attribute t
					where t.attrelid = s.relation and t.attname = c.column_name and t.attnum > 0 and not t.attisdropped)
			union
			select 3, format('row security is on for %s: this view shows all rows to everybody', guarded)
			from source s, revops_internal.views_row_security(s.relation) guarded
			where m.relkind = 'm' and guarded is not null
			union
			select 4, format('%s of the %s views of its call are gone', m.views - m.present, m.views)
			where m.call is not null and m.present < m.views
			union
			select 5, format('made by revops %s, installed is %s: repeat the call', m.version, e.extversion)
			from pg_extension e
			where e.extname = 'revops' and e.extversion <> m.version
			union
			select 6, format('renamed or moved: its call makes %I.%I', m.given ->> 'target_schema', (m.given ->> 'prefix') || '_...')
			where m.given ?& array['target_schema', 'prefix']
				and (m.nspname <> m.given ->> 'target_schema' or not starts_with(m.relname::text, (m.given ->> 'prefix') || '_'))
			union
			select 7, 'not filled: refresh materialized view ' || m.name
			where not m.relispopulated
		)
		select string_agg(problem, '; ' order by urgency, problem) from trouble)
	from made m
	order by m.call, m.place, m.name;
end;
comment on function revops_views() is
	'the views made by the makers, the call that made each, and what needs attention: columns gone, older version, missing views';
