-- stage.sql: stage_state, the history of one deal's stages as a CRM logs it: with
-- repeated saves, skips and steps back.

@use type_io type=stage_state binary=stable
comment on type stage_state is
	'the stages in which one deal was seen, and when; mergeable with stage_merge';

@use type_comparison type=stage_state
@use state_cast type=stage_state

-- bare timestamps are UTC's, so that the session's time zone has no say
@for time=timestamptz symbol=stage_state_add
@    time=timestamp symbol=stage_state_add
@    time=date symbol=stage_state_add_date
create function revops_internal.stage_state_add(stage_state, @time@, text)
	returns stage_state
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.stage_state_add(stage_state, @time@, text) is 'adds a row to stage_agg''s state';

@end

create function revops_internal.stage_state_combine(stage_state, stage_state)
	returns stage_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.stage_state_combine(stage_state, stage_state) is
	'merges two states of stage_agg or stage_merge';

create function revops_internal.stage_state_final(stage_state)
	returns stage_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.stage_state_final(stage_state) is
	'sorts and trims a state of stage_agg or stage_merge';

@for time=timestamptz note=""
@    time=timestamp note="; bare times are read as UTC"
@    time=date note="; days are read as UTC"
create aggregate stage_agg(at @time@, stage text) (
	sfunc = revops_internal.stage_state_add,
	stype = stage_state,
	sspace = 256,
	finalfunc = revops_internal.stage_state_final,
	combinefunc = revops_internal.stage_state_combine,
	parallel = safe
);
comment on aggregate stage_agg(@time@, text) is
	'folds the rows of one deal, each a time and the stage entered then, into a stage_state@note@';

@end

create aggregate stage_merge(stage_state) (
	sfunc = revops_internal.stage_state_combine,
	stype = stage_state,
	sspace = 256,
	finalfunc = revops_internal.stage_state_final,
	combinefunc = revops_internal.stage_state_combine,
	parallel = safe
);
comment on aggregate stage_merge(stage_state) is
	'merges stage_states of one deal, for example of single days, in any order';

create function stage_rows(
	stage_state,
	stages text[],
	as_of date default null,
	out visit_index int,
	out stage text,
	out stage_index int,
	out entered_at timestamptz,
	out left_at timestamptz,
	out days float8,
	out next_stage text,
	out direction text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10 rows 5;
comment on function stage_rows(stage_state, text[], date) is
	'one row per visit of the deal to a listed stage: how long it lasted and where it led; a visit with nothing after it lasts until the end of the day as_of and is open, or final in the last stage listed';
