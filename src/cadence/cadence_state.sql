-- cadence_state.sql: one account's order days, and what they say by themselves.

@use type_io type=cadence_state binary=immutable
comment on type cadence_state is
	'one account''s order days with orders and exact amounts, and its credit notes; mergeable with cadence_merge';

@use type_comparison type=cadence_state
@use state_cast type=cadence_state

-- days are UTC's; bare timestamps are read as UTC, so that the session's time zone has no say
@for time=timestamptz symbol=cadence_state_add
@    time=timestamp symbol=cadence_state_add
@    time=date symbol=cadence_state_add_date
create function revops_internal.cadence_state_add(cadence_state, @time@, numeric)
	returns cadence_state
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.cadence_state_add(cadence_state, @time@, numeric) is 'adds a row to cadence_agg''s state';

@end

create function revops_internal.cadence_state_combine(cadence_state, cadence_state)
	returns cadence_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.cadence_state_combine(cadence_state, cadence_state) is
	'merges two states of cadence_agg or cadence_merge';

create function revops_internal.cadence_state_final(cadence_state)
	returns cadence_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.cadence_state_final(cadence_state) is
	'sorts and trims a state of cadence_agg or cadence_merge';

@for time=timestamptz note="; days are UTC days"
@    time=timestamp note="; bare times are read as UTC"
@    time=date note=""
create aggregate cadence_agg(ordered_at @time@, amount numeric) (
	sfunc = revops_internal.cadence_state_add,
	stype = cadence_state,
	sspace = 512,
	finalfunc = revops_internal.cadence_state_final,
	combinefunc = revops_internal.cadence_state_combine,
	parallel = safe
);
comment on aggregate cadence_agg(@time@, numeric) is
	'folds one account''s orders, one row per order, into a cadence_state; negative amounts are credit notes@note@';

@end

create aggregate cadence_merge(cadence_state) (
	sfunc = revops_internal.cadence_state_combine,
	stype = cadence_state,
	sspace = 512,
	finalfunc = revops_internal.cadence_state_final,
	combinefunc = revops_internal.cadence_state_combine,
	parallel = safe
);
comment on aggregate cadence_merge(cadence_state) is
	'merges cadence_states of one account, for example of single days, in any order';

@use state_combine type=cadence_state name=cadence symbol=cadence_state_combine_two

create function cadence_rows(
	s cadence_state,
	as_of date default null,
	out order_date date,
	out orders bigint,
	out amount numeric,
	out credits numeric,
	out gap_days int
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 10;
comment on function cadence_rows(cadence_state, date) is
	'the days of an account up to as_of (NULL: all), a row for each with orders or credit notes; gap_days since the order day before';

create function cadence_summary(
	s cadence_state,
	as_of date,
	out orders bigint,
	out order_days bigint,
	out first_date date,
	out last_date date,
	out tenure_days int,
	out silence_days int,
	out total numeric,
	out mean_gap_days float8,
	out median_gap_days float8,
	out log_gap_sum float8,
	out regularity float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function cadence_summary(cadence_state, date) is
	'an account''s order days in one row: how many, since when, how far apart, how regular (1 random, above regular, below bursts)';
