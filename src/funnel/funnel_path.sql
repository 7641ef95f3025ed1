-- funnel_path.sql: the rows of one entity, and what a funnel makes of them.

@use type_io type=funnel_path binary=stable
comment on type funnel_path is
	'one entity''s rows that a funnel looks at, with the funnel; mergeable with funnel_path_merge';

@use type_comparison type=funnel_path
@use state_cast type=funnel_path

@for time=timestamptz symbol=funnel_path_add
@    time=timestamp symbol=funnel_path_add_timestamp
@    time=date symbol=funnel_path_add_date
create function revops_internal.funnel_path_add(funnel_path, funnel_def, @time@, text)
	returns funnel_path
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add(funnel_path, funnel_def, @time@, text) is
	'adds a row to funnel_path_agg''s state';

@end

@for time=timestamptz symbol=funnel_path_add_conditions
@    time=timestamp symbol=funnel_path_add_conditions_timestamp
@    time=date symbol=funnel_path_add_conditions_date
create function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, @time@, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, @time@, boolean[]) is
	'adds a row to funnel_path_agg''s state';

@end

create function revops_internal.funnel_path_combine(funnel_path, funnel_path)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.funnel_path_combine(funnel_path, funnel_path) is
	'merges two states of funnel_path_agg or funnel_path_merge';

create function revops_internal.funnel_path_final(funnel_path)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.funnel_path_final(funnel_path) is
	'ends funnel_path_agg and funnel_path_merge: rows in order, no spare room';

@for time=timestamptz note=""
@    time=timestamp note="; bare times are read in the funnel''s zone"
@    time=date note="; days start in the funnel''s zone"
create aggregate funnel_path_agg(funnel funnel_def, at @time@, step text) (
	sfunc = revops_internal.funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, @time@, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one@note@';

@end

@for time=timestamptz note=""
@    time=timestamp note="; bare times are read in the funnel''s zone"
@    time=date note="; days start in the funnel''s zone"
create aggregate funnel_path_agg(funnel funnel_def, at @time@, variadic conditions boolean[]) (
	sfunc = revops_internal.funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, @time@, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; the n-th condition stands for step n, one more condition stands for lost@note@';

@end

create aggregate funnel_path_merge(funnel_path) (
	sfunc = revops_internal.funnel_path_combine,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_merge(funnel_path) is
	'merges funnel_paths of one entity, for example of single days, in any order';

create function funnel_level(path funnel_path, as_of date default null)
	returns integer
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function funnel_level(funnel_path, date) is
	'how many steps the entity has taken by the end of the day as_of; as_of NULL takes all its rows';

create function funnel_times(path funnel_path, as_of date default null)
	returns timestamptz[]
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function funnel_times(funnel_path, date) is
	'the times of the steps taken, as many as the level; NULL where mode reached skipped a step';

create function funnel_outcome(path funnel_path, as_of date)
	returns text
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 20;
comment on function funnel_outcome(funnel_path, date) is
	'the outcome by the end of the day as_of: converted, lost, open, expired or not_entered';

create function funnel_entered_at(path funnel_path)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function funnel_entered_at(funnel_path) is
	'the first time of step 1, or of any step in modes any_order and reached; NULL where there is none';

create function funnel_path_rows(
	path funnel_path,
	as_of date default null,
	out row_index integer,
	out at timestamptz,
	out step_index integer,
	out step_name text,
	out is_lost boolean,
	out in_chain boolean
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20 rows 10;
comment on function funnel_path_rows(funnel_path, date) is
	'the rows of a path in order, one line for each step that a row satisfies, and whether that row was counted as the step';
