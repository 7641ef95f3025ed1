-- incidence.sql: incidence_state, Aalen-Johansen estimates for subjects that end
-- in one of several ways, as deals are won or lost, where some are still open.

@use type_io type=incidence_state binary=stable
comment on type incidence_state is
	'durations and how each ended; equal ones are stored once with their count; mergeable with incidence_merge';

@use type_comparison type=incidence_state
@use state_cast type=incidence_state

create function revops_internal.incidence_state_add(incidence_state, float8, text)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.incidence_state_add(incidence_state, float8, text) is
	'adds a row to incidence_agg''s state';

create function revops_internal.incidence_state_combine(incidence_state, incidence_state)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.incidence_state_combine(incidence_state, incidence_state) is
	'merges two states of incidence_agg or incidence_merge';

create function revops_internal.incidence_state_final(incidence_state)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.incidence_state_final(incidence_state) is
	'sorts and trims a state of incidence_agg or incidence_merge';

create aggregate incidence_agg(duration float8, cause text) (
	sfunc = revops_internal.incidence_state_add,
	stype = incidence_state,
	sspace = 512,
	finalfunc = revops_internal.incidence_state_final,
	combinefunc = revops_internal.incidence_state_combine,
	parallel = safe
);
comment on aggregate incidence_agg(float8, text) is
	'folds durations, each with the cause of its end, into an incidence_state; cause NULL means not ended yet';

create aggregate incidence_merge(incidence_state) (
	sfunc = revops_internal.incidence_state_combine,
	stype = incidence_state,
	sspace = 512,
	finalfunc = revops_internal.incidence_state_final,
	combinefunc = revops_internal.incidence_state_combine,
	parallel = safe
);
comment on aggregate incidence_merge(incidence_state) is
	'merges incidence_states, for example of single months or channels, in any order';

create function incidence_rows(
	incidence_state,
	confidence float8 default 0.95,
	method text default 'log',
	out cause text,
	out duration float8,
	out at_risk bigint,
	out events bigint,
	out incidence float8,
	out incidence_low float8,
	out incidence_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 100;
comment on function incidence_rows(incidence_state, float8, text) is
	'the Aalen-Johansen curves, one row per cause and distinct duration';

create function incidence_at(
	incidence_state,
	times float8[],
	confidence float8 default 0.95,
	method text default 'log',
	out cause text,
	out duration float8,
	out at_risk bigint,
	out incidence float8,
	out incidence_low float8,
	out incidence_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function incidence_at(incidence_state, float8[], float8, text) is
	'the Aalen-Johansen curves at the given times; NULL after the last duration unless all have ended';
