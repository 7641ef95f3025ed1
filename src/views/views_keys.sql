-- views_keys.sql: what the checks of several makers say of keys.

-- Findings about keys that a view of checks adds to its own: relation k has one row per row of the source, with its key.
-- more_columns: how many the view has between key and count, which such a finding leaves empty.
create function revops_internal.views_key_checks(noun text, key_type text, first_index integer, more_columns integer default 0)
	returns text
	language sql immutable strict parallel safe
begin atomic
	select case when key_type <> 'text' then '' else format($q$
	union all
	select %1$s, 'blank_key', false, k.key%3$s, count(*), 'rows whose %2$s is blank are of one %2$s'
	from k
	where btrim(k.key) = ''
	group by k.key
	union all
	select %1$s + 1, 'similar_keys', false, min(d.key)%3$s, sum(d.row_count)::bigint,
		'%2$ss whose keys differ by spaces or case alone: ' || string_agg('"' || d.key || '"', ', ' order by d.key)
	from (
		select k.key, count(*) as row_count
		from k
		where btrim(k.key) <> ''
		group by k.key
	) d
	group by lower(regexp_replace(d.key collate "default", '[[:space:]]', '', 'g'))
	having count(*) > 1$q$, first_index, noun, repeat(', null', more_columns)) end;
end;
comment on function revops_internal.views_key_checks(text, text, integer, integer) is
	'the part of a query of checks that finds blank keys, and keys that differ by spaces or case alone';
