-- funnel_path.sql: the rows of one entity, and what a funnel makes of them.

@use type_io type=funnel_path binary=stable
comment on type funnel_path is
	'one entity''s rows that a funnel looks at, with the funnel; mergeable with funnel_path_merge';

create function funnel_path_add(funnel_path, funnel_def, timestamptz, text)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function funnel_path_add(funnel_path, funnel_def, timestamptz, text) is
	'adds a row to funnel_path_agg''s state';

create function funnel_path_add(funnel_path, funnel_def, timestamp, text)
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_timestamp' language c immutable parallel safe;
comment on function funnel_path_add(funnel_path, funnel_def, timestamp, text) is
	'adds a row to funnel_path_agg''s state';

create function funnel_path_add(funnel_path, funnel_def, date, text)
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_date' language c immutable parallel safe;
comment on function funnel_path_add(funnel_path, funnel_def, date, text) is
	'adds a row to funnel_path_agg''s state';

create function funnel_path_add_conditions(funnel_path, funnel_def, timestamptz, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function funnel_path_add_conditions(funnel_path, funnel_def, timestamptz, boolean[]) is
	'adds a row to funnel_path_agg''s state';

create function funnel_path_add_conditions(funnel_path, funnel_def, timestamp, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_conditions_timestamp' language c immutable parallel safe;
comment on function funnel_path_add_conditions(funnel_path, funnel_def, timestamp, boolean[]) is
	'adds a row to funnel_path_agg''s state';

create function funnel_path_add_conditions(funnel_path, funnel_def, date, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_conditions_date' language c immutable parallel safe;
comment on function funnel_path_add_conditions(funnel_path, funnel_def, date, boolean[]) is
	'adds a row to funnel_path_agg''s state';

create function funnel_path_combine(funnel_path, funnel_path)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function funnel_path_combine(funnel_path, funnel_path) is
	'merges two states of funnel_path_agg or funnel_path_merge';

create function funnel_path_final(funnel_path)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function funnel_path_final(funnel_path) is
	'ends funnel_path_agg and funnel_path_merge: rows in order, no spare room';

create aggregate funnel_path_agg(funnel funnel_def, at timestamptz, step text) (
	sfunc = funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamptz, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one';

create aggregate funnel_path_agg(funnel funnel_def, at timestamp, step text) (
	sfunc = funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamp, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one; bare times are read in the funnel''s zone';

create aggregate funnel_path_agg(funnel funnel_def, at date, step text) (
	sfunc = funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, date, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one; days start in the funnel''s zone';

create aggregate funnel_path_agg(funnel funnel_def, at timestamptz, variadic conditions boolean[]) (
	sfunc = funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamptz, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; condition i is step i, one more is lost';

create aggregate funnel_path_agg(funnel funnel_def, at timestamp, variadic conditions boolean[]) (
	sfunc = funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamp, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; condition i is step i, one more is lost; bare times are read in the funnel''s zone';

create aggregate funnel_path_agg(funnel funnel_def, at date, variadic conditions boolean[]) (
	sfunc = funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, date, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; condition i is step i, one more is lost; days start in the funnel''s zone';

create aggregate funnel_path_merge(funnel_path) (
	sfunc = funnel_path_combine,
	stype = funnel_path,
	sspace = 512,
	finalfunc = funnel_path_final,
	combinefunc = funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_merge(funnel_path) is
	'merges funnel_paths of one entity, for example of single days, in any order';

create function funnel_level(path funnel_path, as_of date default null)
	returns integer
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function funnel_level(funnel_path, date) is
	'how many steps the entity has taken, by the end of the day as_of; null: by all its rows';

create function funnel_times(path funnel_path, as_of date default null)
	returns timestamptz[]
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function funnel_times(funnel_path, date) is
	'times of the winning chain, as many as the level; null where mode reached skipped a step';

create function funnel_outcome(path funnel_path, as_of date)
	returns text
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 20;
comment on function funnel_outcome(funnel_path, date) is
	'converted, lost, open, expired or not_entered, by the end of the day as_of';

create function funnel_entered_at(path funnel_path)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function funnel_entered_at(funnel_path) is
	'first time of step 1, of any step in modes any_order and reached; null where there is none';

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
	'the rows of a path in order, a line for each step a row satisfies, and whether the winning chain has it';
