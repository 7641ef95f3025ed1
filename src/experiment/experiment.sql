-- experiment.sql: experiment_state, exact sums of the units of each variant of a
-- test, and what they say about the difference.

@use type_io type=experiment_state binary=stable
comment on type experiment_state is
	'the units of each variant of a test: counts, exact sums, squares and products; mergeable with experiment_merge';

@use type_comparison type=experiment_state
@use state_cast type=experiment_state

@for arguments="text, numeric"
@    arguments="text, numeric, numeric"
@    arguments="text, numeric, numeric, numeric"
create function revops_internal.experiment_state_add(experiment_state, @arguments@)
	returns experiment_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.experiment_state_add(experiment_state, @arguments@) is 'adds a row to experiment_agg''s state';

@end
create function revops_internal.experiment_state_combine(experiment_state, experiment_state)
	returns experiment_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.experiment_state_combine(experiment_state, experiment_state) is
	'merges two states of experiment_agg or experiment_merge';

create function revops_internal.experiment_state_final(experiment_state)
	returns experiment_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.experiment_state_final(experiment_state) is
	'trims a state of experiment_agg or experiment_merge';

@for named="variant text, value numeric" types="text, numeric" what="a unit of assignment"
@    named="variant text, value numeric, per numeric" types="text, numeric, numeric" what="a unit, of a ratio value / per"
@    named="variant text, value numeric, per numeric, covariate numeric" types="text, numeric, numeric, numeric" what="a unit, with what it did before the test; per may be NULL"
create aggregate experiment_agg(@named@) (
	sfunc = revops_internal.experiment_state_add,
	stype = experiment_state,
	sspace = 1024,
	finalfunc = revops_internal.experiment_state_final,
	combinefunc = revops_internal.experiment_state_combine,
	parallel = safe
);
comment on aggregate experiment_agg(@types@) is
	'folds the rows of a test into an experiment_state, one row per unit: @what@';

@end
create aggregate experiment_merge(experiment_state) (
	sfunc = revops_internal.experiment_state_combine,
	stype = experiment_state,
	sspace = 1024,
	finalfunc = revops_internal.experiment_state_final,
	combinefunc = revops_internal.experiment_state_combine,
	parallel = safe
);
comment on aggregate experiment_merge(experiment_state) is
	'merges experiment_states of different units of one test, for example of single weeks of entry, in any order';

@use state_combine type=experiment_state name=experiment symbol=experiment_state_combine_two

create function experiment_rows(
	experiment_state,
	control text,
	confidence float8 default 0.95,
	planned_units bigint default 1000,
	kind text default null,
	out variant text,
	out kind text,
	out units bigint,
	out value_total numeric,
	out per_total numeric,
	out mean float8,
	out mean_low float8,
	out mean_high float8,
	out difference float8,
	out difference_low float8,
	out difference_high float8,
	out lift float8,
	out lift_low float8,
	out lift_high float8,
	out p_value float8,
	out p_holm float8,
	out always_low float8,
	out always_high float8,
	out variance_cut float8,
	out top_share float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 3;
comment on function experiment_rows(experiment_state, text, float8, bigint, text) is
	'each variant against control, a row each, control first; decide by always_low and always_high when looking more than once';

create function experiment_balance(
	experiment_state,
	weights jsonb default null,
	out variant text,
	out units bigint,
	out expected float8,
	out share float8,
	out expected_share float8,
	out p_value float8,
	out mismatch boolean
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 3;
comment on function experiment_balance(experiment_state, jsonb) is
	'whether units came in the designed shares (NULL: equal ones); a mismatch means that units were lost, whatever else the test says';

create function experiment_units_rate(
	rate float8,
	other_rate float8,
	power float8 default 0.8,
	confidence float8 default 0.95
)
	returns bigint
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function experiment_units_rate(float8, float8, float8, float8) is
	'how many units of each variant find the difference of two rates with this power';

create function experiment_units_mean(
	sd float8,
	difference float8,
	power float8 default 0.8,
	confidence float8 default 0.95
)
	returns bigint
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function experiment_units_mean(float8, float8, float8, float8) is
	'how many units of each variant find a difference of means with this power';
