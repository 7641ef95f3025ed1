-- cadence_model.sql: the rhythm of a population, forecasts by it, and their check.

@use type_io type=cadence_sample binary=immutable
comment on type cadence_sample is
	'the order histories of a population up to as_of, and what came until another day; mergeable with cadence_sample_merge';

@use type_comparison type=cadence_sample
@use state_cast type=cadence_sample

@for days="date"
@    days="date, date"
create function revops_internal.cadence_sample_add(cadence_sample, cadence_state, @days@)
	returns cadence_sample
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.cadence_sample_add(cadence_sample, cadence_state, @days@) is
	'adds an account to the state of cadence_sample_agg or cadence_model_agg';

@end

create function revops_internal.cadence_sample_combine(cadence_sample, cadence_sample)
	returns cadence_sample
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.cadence_sample_combine(cadence_sample, cadence_sample) is
	'merges two states of cadence_sample_agg, cadence_sample_merge or cadence_model_agg';

create function revops_internal.cadence_sample_final(cadence_sample)
	returns cadence_sample
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.cadence_sample_final(cadence_sample) is
	'sorts and trims a state of cadence_sample_agg or cadence_sample_merge';

create aggregate cadence_sample_agg(s cadence_state, as_of date) (
	sfunc = revops_internal.cadence_sample_add,
	stype = cadence_sample,
	sspace = 4096,
	finalfunc = revops_internal.cadence_sample_final,
	combinefunc = revops_internal.cadence_sample_combine,
	parallel = safe
);
comment on aggregate cadence_sample_agg(cadence_state, date) is
	'folds accounts into a cadence_sample as known on as_of; those without an order day by then are not in it';

create aggregate cadence_sample_agg(s cadence_state, as_of date, until date) (
	sfunc = revops_internal.cadence_sample_add,
	stype = cadence_sample,
	sspace = 4096,
	finalfunc = revops_internal.cadence_sample_final,
	combinefunc = revops_internal.cadence_sample_combine,
	parallel = safe
);
comment on aggregate cadence_sample_agg(cadence_state, date, date) is
	'folds accounts into a cadence_sample that also knows their order days after as_of, up to until: for cadence_check';

create aggregate cadence_sample_merge(cadence_sample) (
	sfunc = revops_internal.cadence_sample_combine,
	stype = cadence_sample,
	sspace = 4096,
	finalfunc = revops_internal.cadence_sample_final,
	combinefunc = revops_internal.cadence_sample_combine,
	parallel = safe
);
comment on aggregate cadence_sample_merge(cadence_sample) is
	'merges cadence_samples of different accounts with the same days, in any order';

@use state_combine type=cadence_sample name=cadence_sample symbol=cadence_sample_combine_two

@use type_io type=cadence_model binary=immutable
comment on type cadence_model is
	'the rhythm of a population and its chance to leave, learned or given (MBG/CNBD-k)';

@use type_comparison type=cadence_model
@use definition_casts type=cadence_model

create function cadence_model(regularity int, r float8, alpha float8, a float8, b float8)
	returns cadence_model
	as 'MODULE_PATHNAME', 'cadence_model_given' language c immutable strict parallel safe;
comment on function cadence_model(int, float8, float8, float8, float8) is
	'makes a cadence_model of fixed parameters; alpha in days';

create function cadence_model(
	sample cadence_sample,
	regularity int default null,
	prior_weight float8 default 1,
	season boolean default false
)
	returns cadence_model
	as 'MODULE_PATHNAME', 'cadence_model_learn' language c immutable parallel safe cost 1000000;
comment on function cadence_model(cadence_sample, int, float8, boolean) is
	'learns a cadence_model from a sample; regularity NULL: the best of 1 to 8; NULL without accounts';

create function revops_internal.cadence_sample_model(cadence_sample)
	returns cadence_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000000;
comment on function revops_internal.cadence_sample_model(cadence_sample) is
	'learns the model of a state of cadence_model_agg';

create aggregate cadence_model_agg(s cadence_state, as_of date) (
	sfunc = revops_internal.cadence_sample_add,
	stype = cadence_sample,
	sspace = 4096,
	finalfunc = revops_internal.cadence_sample_model,
	combinefunc = revops_internal.cadence_sample_combine,
	parallel = safe
);
comment on aggregate cadence_model_agg(cadence_state, date) is
	'learns a cadence_model from accounts as known on as_of, with all defaults';

create function cadence_model_rows(
	m cadence_model,
	out regularity int,
	out r float8,
	out alpha float8,
	out a float8,
	out b float8,
	out typical_gap_days float8,
	out second_order_rate float8,
	out accounts bigint,
	out repeat_accounts bigint,
	out gaps bigint,
	out log_likelihood float8,
	out prior_weight float8,
	out has_season boolean,
	out as_of date,
	out status text,
	out detail text
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function cadence_model_rows(cadence_model) is
	'a cadence_model in one row: parameters, what they mean, what they were learned from, and whether to trust them';

create type cadence_forecast as (
	order_days bigint,
	last_date date,
	silence_days int,
	silence_probability float8,
	due_date date,
	due_low date,
	due_high date,
	days_late int,
	overdue boolean,
	alive_probability float8,
	order_probability float8,
	expected_orders float8,
	orders_low bigint,
	orders_high bigint
);
comment on type cadence_forecast is
	'when an account''s next order is due, how unusual its silence is, and what the next days bring';

create function cadence_forecast(
	s cadence_state,
	m cadence_model,
	as_of date,
	days int default 90,
	confidence float8 default 0.8
)
	returns cadence_forecast
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000;
comment on function cadence_forecast(cadence_state, cadence_model, date, int, float8) is
	'when the next order is due, and orders in the days after as_of; NULL for an account without an order day by as_of';

create function cadence_check(
	sample cadence_sample,
	m cadence_model,
	out group_index int,
	out group_name text,
	out accounts bigint,
	out expected_orders float8,
	out actual_orders bigint,
	out order_ratio float8,
	out expected_active float8,
	out actual_active bigint,
	out active_rate float8,
	out active_rate_low float8,
	out active_rate_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000000 rows 8;
comment on function cadence_check(cadence_sample, cadence_model) is
	'forecasts against what came after as_of, for all accounts and in groups; order_ratio is expected/actual: above 1 promised too much';
