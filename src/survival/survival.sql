-- survival.sql: survival_state, Kaplan-Meier estimates of how long it takes
-- until an event, where some subjects have not had it yet.

@use type_io type=survival_state binary=immutable
comment on type survival_state is
	'durations with and without the event; equal ones are stored once with their count; mergeable with survival_merge';

@use type_comparison type=survival_state
@use state_cast type=survival_state

create function revops_internal.survival_state_add(survival_state, float8, boolean)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.survival_state_add(survival_state, float8, boolean) is
	'adds a row to survival_agg''s state';

create function revops_internal.survival_state_add(survival_state, float8, boolean, float8)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.survival_state_add(survival_state, float8, boolean, float8) is
	'adds a row to survival_agg''s state';

create function revops_internal.survival_state_combine(survival_state, survival_state)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.survival_state_combine(survival_state, survival_state) is
	'merges two states of survival_agg or survival_merge';

create function revops_internal.survival_state_final(survival_state)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.survival_state_final(survival_state) is
	'sorts and trims a state of survival_agg or survival_merge';

create aggregate survival_agg(duration float8, event boolean) (
	sfunc = revops_internal.survival_state_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate survival_agg(float8, boolean) is
	'folds durations into a survival_state; event false means that the event had not come when last seen';

create aggregate survival_agg(duration float8, event boolean, entry float8) (
	sfunc = revops_internal.survival_state_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate survival_agg(float8, boolean, float8) is
	'folds durations into a survival_state; each subject was watched only from its entry duration on';

create aggregate survival_merge(survival_state) (
	sfunc = revops_internal.survival_state_combine,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate survival_merge(survival_state) is
	'merges survival_states, for example of single months or regions, in any order';

create function survival_rows(
	survival_state,
	confidence float8 default 0.95,
	method text default 'log-log',
	out duration float8,
	out at_risk bigint,
	out events bigint,
	out censored bigint,
	out survival float8,
	out std_error float8,
	out survival_low float8,
	out survival_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 100;
comment on function survival_rows(survival_state, float8, text) is
	'the Kaplan-Meier curve, one row per distinct duration; std_error is that of log survival';

create function survival_at(
	survival_state,
	times float8[],
	confidence float8 default 0.95,
	method text default 'log-log',
	out duration float8,
	out at_risk bigint,
	out survival float8,
	out std_error float8,
	out survival_low float8,
	out survival_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function survival_at(survival_state, float8[], float8, text) is
	'the Kaplan-Meier curve at the given times; NULL after the last duration unless it is down to 0';

create function survival_quantiles(
	survival_state,
	p float8[],
	confidence float8 default 0.95,
	method text default 'log-log',
	out share float8,
	out duration float8,
	out duration_low float8,
	out duration_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function survival_quantiles(survival_state, float8[], float8, text) is
	'the durations by which each share p has had the event, with intervals; NULL where the share was not reached';

create function survival_mean(
	survival_state,
	until float8 default null,
	out until_duration float8,
	out mean_duration float8,
	out std_error float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100;
comment on function survival_mean(survival_state, float8) is
	'the restricted mean: the mean duration if all are stopped at until (NULL means the last duration)';
