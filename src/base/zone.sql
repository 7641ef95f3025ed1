-- zone.sql: time zones by name.

create function revops_internal.zone_check(time_zone text)
	returns text
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.zone_check(text) is
	'the name of a time zone as the zone database spells it; an error for an unknown one or an offset such as UTC+8';
