-- survival.sql: survival_state, Kaplan-Meier estimates of how long it takes
-- until an event, where some subjects have not had it yet.

create type survival_state;

create function survival_state_in(cstring)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function survival_state_in(cstring) is 'reads a survival_state from its JSON text';

create function survival_state_out(survival_state)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function survival_state_out(survival_state) is 'writes a survival_state as JSON text';

create function survival_state_recv(internal)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function survival_state_recv(internal) is 'reads a survival_state from its binary form';

create function survival_state_send(survival_state)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function survival_state_send(survival_state) is 'writes a survival_state in binary form';

create type survival_state (
	input = survival_state_in,
	output = survival_state_out,
	receive = survival_state_recv,
	send = survival_state_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type survival_state is
	'durations with and without the event, equal ones counted; mergeable with survival_merge';

create function survival_state_add(survival_state, float8, boolean)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function survival_state_add(survival_state, float8, boolean) is
	'adds a row to survival_agg''s state';

create function survival_state_add(survival_state, float8, boolean, float8)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function survival_state_add(survival_state, float8, boolean, float8) is
	'adds a row to survival_agg''s state';

create function survival_state_combine(survival_state, survival_state)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function survival_state_combine(survival_state, survival_state) is
	'merges two states of survival_agg or survival_merge';

create function survival_state_final(survival_state)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function survival_state_final(survival_state) is
	'sorts and trims a state of survival_agg or survival_merge';

create aggregate survival_agg(duration float8, event boolean) (
	sfunc = survival_state_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = survival_state_final,
	combinefunc = survival_state_combine,
	parallel = safe
);
comment on aggregate survival_agg(float8, boolean) is
	'folds durations into a survival_state; event false means still without it when last seen';

create aggregate survival_agg(duration float8, event boolean, entry float8) (
	sfunc = survival_state_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = survival_state_final,
	combinefunc = survival_state_combine,
	parallel = safe
);
comment on aggregate survival_agg(float8, boolean, float8) is
	'folds durations of subjects that were watched only from an entry on into a survival_state';

create aggregate survival_merge(survival_state) (
	sfunc = survival_state_combine,
	stype = survival_state,
	sspace = 512,
	finalfunc = survival_state_final,
	combinefunc = survival_state_combine,
	parallel = safe
);
comment on aggregate survival_merge(survival_state) is
	'merges survival_states, for example of single months or regions, in any order';
