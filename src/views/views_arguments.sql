-- views_arguments.sql: what several makers ask of the same arguments.

create function revops_internal.views_check_grain(grain text)
	returns void
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
begin
	if grain is null or grain not in ('day', 'week', 'month', 'quarter', 'year') then
		raise exception using errcode = 'invalid_parameter_value', message = format('unknown grain "%s"', grain),
			hint = 'Grains are day, week, month, quarter and year.';
	end if;
end
$$;
comment on function revops_internal.views_check_grain(text) is
	'an error where a maker gets no grain, or one that is none';

create function revops_internal.views_check_from_date(from_date date, otherwise text)
	returns void
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
begin
	if not isfinite(from_date) then
		raise exception using errcode = 'invalid_parameter_value', message = 'from_date must be a finite date',
			detail = format('The value is %s.', from_date), hint = format('NULL means %s.', otherwise);
	end if;
end
$$;
comment on function revops_internal.views_check_from_date(date, text) is
	'an error where from_date is endless; otherwise: what NULL means there';

-- moment: the column, an instant, whose days the calendar must know. covered: whether it does, 'true' where it knows all.
create function revops_internal.views_calendar(
	calendar text,
	moment text,
	out definition text,
	out literal text,
	out covered text
)
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
begin
	definition := (calendar::revops.work_calendar_def)::text;
	literal := format('%L::revops.work_calendar_def', definition);
	-- an unknown zone is said now, not when a view is read
	perform revops.work_is_open(format('{"time_zone": %s, "hours": {"mon": ["00:00-24:00"]}}', to_jsonb(definition::jsonb ->> 'time_zone'))::revops.work_calendar_def, now());
	covered := 'true';
	if definition::jsonb ? 'covers' then
		covered := format('%s >= (%L::timestamp at time zone %L)', moment, split_part(definition::jsonb ->> 'covers', '/', 1), definition::jsonb ->> 'time_zone');
	end if;
end
$$;
comment on function revops_internal.views_calendar(text, text) is
	'a calendar that a maker is given: in its one form, as a literal, and when a moment is covered';
