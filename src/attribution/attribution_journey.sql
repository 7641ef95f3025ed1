-- attribution_journey.sql: journey_state, the touches and ends of one customer.

@use type_io type=journey_state binary=stable
comment on type journey_state is
	'the touches of one customer and the ends, won or lost, that they led to; mergeable with journey_merge';

@use type_comparison type=journey_state
@use state_cast type=journey_state

-- bare timestamps are UTC's, so that the session's time zone has no say
@for time=timestamptz symbol=journey_state_add
@    time=timestamp symbol=journey_state_add
@    time=date symbol=journey_state_add_date
create function revops_internal.journey_state_add(journey_state, @time@, text, text, numeric)
	returns journey_state
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.journey_state_add(journey_state, @time@, text, text, numeric) is 'adds a row to journey_agg''s state';

@end
create function revops_internal.journey_state_combine(journey_state, journey_state)
	returns journey_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.journey_state_combine(journey_state, journey_state) is
	'merges two states of journey_agg or journey_merge';

create function revops_internal.journey_state_final(journey_state)
	returns journey_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.journey_state_final(journey_state) is
	'sorts and trims a state of journey_agg or journey_merge';

@for time=timestamptz note=""
@    time=timestamp note="; bare times are read as UTC"
@    time=date note="; days are read as UTC"
create aggregate journey_agg(at @time@, channel text, outcome text, amount numeric) (
	sfunc = revops_internal.journey_state_add,
	stype = journey_state,
	sspace = 256,
	finalfunc = revops_internal.journey_state_final,
	combinefunc = revops_internal.journey_state_combine,
	parallel = safe
);
comment on aggregate journey_agg(@time@, text, text, numeric) is
	'folds the rows of one customer into a journey_state: a channel is a touch, an outcome (won or lost) an end, both on one row first the touch; the amount counts where it is won@note@';

@end
create aggregate journey_merge(journey_state) (
	sfunc = revops_internal.journey_state_combine,
	stype = journey_state,
	sspace = 256,
	finalfunc = revops_internal.journey_state_final,
	combinefunc = revops_internal.journey_state_combine,
	parallel = safe
);
comment on aggregate journey_merge(journey_state) is
	'merges journey_states of one customer, for example of single days, in any order; the inputs must not share rows';

@use state_combine type=journey_state name=journey symbol=journey_state_combine_two

create function journey_rows(
	journey journey_state,
	def attribution_def,
	as_of date,
	out journey_index int,
	out outcome text,
	out began_at timestamptz,
	out ended_at timestamptz,
	out amount numeric,
	out touch_index int,
	out at timestamptz,
	out channel text,
	out first_share float8,
	out last_share float8,
	out last_non_direct_share float8,
	out linear_share float8,
	out position_share float8,
	out time_decay_share float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10 rows 5;
comment on function journey_rows(journey_state, attribution_def, date) is
	'one row per touch of each journey of one customer, with the share of the win that each rule gives it; the amount is the journey''s and stands in each of its rows';
