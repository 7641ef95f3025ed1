-- forecast.sql: what will come of the open deals.

@use type_io type=forecast_model binary=stable
comment on type forecast_model is
	'how long deals stayed in each stage of a pipeline and how they ended; mergeable with forecast_model_merge';

@use type_comparison type=forecast_model
@use state_cast type=forecast_model

create function revops_internal.forecast_model_add(forecast_model, deal_state, pipeline_def, date)
	returns forecast_model
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.forecast_model_add(forecast_model, deal_state, pipeline_def, date) is
	'adds a deal to forecast_model_agg''s state';

create function revops_internal.forecast_model_combine(forecast_model, forecast_model)
	returns forecast_model
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.forecast_model_combine(forecast_model, forecast_model) is
	'merges two states of forecast_model_agg or forecast_model_merge';

create function revops_internal.forecast_model_final(forecast_model)
	returns forecast_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.forecast_model_final(forecast_model) is
	'sorts and trims a state of forecast_model_agg or forecast_model_merge';

create aggregate forecast_model_agg(s deal_state, p pipeline_def, as_of date) (
	sfunc = revops_internal.forecast_model_add,
	stype = forecast_model,
	sspace = 16384,
	finalfunc = revops_internal.forecast_model_final,
	combinefunc = revops_internal.forecast_model_combine,
	parallel = safe
);
comment on aggregate forecast_model_agg(deal_state, pipeline_def, date) is
	'learns from deals, as they were known on as_of, how long they stay in each stage and how they end';

create aggregate forecast_model_merge(forecast_model) (
	sfunc = revops_internal.forecast_model_combine,
	stype = forecast_model,
	sspace = 16384,
	finalfunc = revops_internal.forecast_model_final,
	combinefunc = revops_internal.forecast_model_combine,
	parallel = safe
);
comment on aggregate forecast_model_merge(forecast_model) is
	'merges forecast_models of the same pipeline and as_of, in any order; the inputs must not share deals';

@use state_combine type=forecast_model name=forecast_model symbol=forecast_model_combine_two

create function forecast_model_rows(
	m forecast_model,
	within_days float8 default null,
	out stage_index int,
	out stage text,
	out visits bigint,
	out won bigint,
	out lost bigint,
	out removed bigint,
	out open bigint,
	out chance float8,
	out chance_low float8,
	out chance_high float8,
	out watched_days float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 10;
comment on function forecast_model_rows(forecast_model, float8) is
	'one row per open stage: visits, how their deals ended, and the chance of a deal that just entered it';

create function forecast_chance(
	m forecast_model,
	stage text,
	age_days float8,
	within_days float8 default null,
	out chance float8,
	out chance_low float8,
	out chance_high float8,
	out at_risk bigint,
	out watched_days float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000;
comment on function forecast_chance(forecast_model, text, float8, float8) is
	'the chance that a deal which is still in a stage after age_days (days in this stage, not since it was created) is won within so many more';

create function forecast_deal(
	s deal_state,
	m forecast_model,
	as_of date,
	within_days float8 default null,
	out stage text,
	out age_days float8,
	out amount numeric,
	out close_on date,
	out chance float8,
	out chance_low float8,
	out chance_high float8,
	out at_risk bigint,
	out watched_days float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 1;
comment on function forecast_deal(deal_state, forecast_model, date, float8) is
	'an open deal on as_of and its chance to be won within so many days; no row for any other deal';

create function forecast_months(
	s deal_state,
	m forecast_model,
	as_of date,
	months int default 12,
	out month date,
	out month_index int,
	out chance float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 12;
comment on function forecast_months(deal_state, forecast_model, date, int) is
	'the chance that an open deal is won in each month from the day after as_of; NULL where nobody was watched so far';

@use type_io type=forecast_state binary=immutable
comment on type forecast_state is
	'amounts and chances of open deals; mergeable with forecast_merge';

@use type_comparison type=forecast_state
@use state_cast type=forecast_state

@for arguments="numeric, float8"
@    arguments="numeric, float8, float8, float8"
create function revops_internal.forecast_state_add(forecast_state, @arguments@)
	returns forecast_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.forecast_state_add(forecast_state, @arguments@) is
	'adds a deal to forecast_agg''s state';

@end

create function revops_internal.forecast_state_combine(forecast_state, forecast_state)
	returns forecast_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.forecast_state_combine(forecast_state, forecast_state) is
	'merges two states of forecast_agg or forecast_merge';

create function revops_internal.forecast_state_final(forecast_state)
	returns forecast_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.forecast_state_final(forecast_state) is
	'sorts and trims a state of forecast_agg or forecast_merge';

create aggregate forecast_agg(amount numeric, chance float8) (
	sfunc = revops_internal.forecast_state_add,
	stype = forecast_state,
	sspace = 4096,
	finalfunc = revops_internal.forecast_state_final,
	combinefunc = revops_internal.forecast_state_combine,
	parallel = safe
);
comment on aggregate forecast_agg(numeric, float8) is
	'folds open deals, each with its amount and its chance, into a forecast_state; a NULL chance is not judged';

create aggregate forecast_agg(amount numeric, chance float8, chance_low float8, chance_high float8) (
	sfunc = revops_internal.forecast_state_add,
	stype = forecast_state,
	sspace = 4096,
	finalfunc = revops_internal.forecast_state_final,
	combinefunc = revops_internal.forecast_state_combine,
	parallel = safe
);
comment on aggregate forecast_agg(numeric, float8, float8, float8) is
	'folds open deals, each with its amount, its chance and the bounds of that, into a forecast_state';

create aggregate forecast_merge(forecast_state) (
	sfunc = revops_internal.forecast_state_combine,
	stype = forecast_state,
	sspace = 4096,
	finalfunc = revops_internal.forecast_state_final,
	combinefunc = revops_internal.forecast_state_combine,
	parallel = safe
);
comment on aggregate forecast_merge(forecast_state) is
	'merges forecast_states, for example of teams, in any order; the inputs must not share deals';

@use state_combine type=forecast_state name=forecast symbol=forecast_state_combine_two

create function forecast_summary(
	s forecast_state,
	out deals bigint,
	out unjudged_deals bigint,
	out open_amount numeric,
	out unjudged_amount numeric,
	out expected_amount numeric,
	out expected_low numeric,
	out expected_high numeric,
	out deviation float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function forecast_summary(forecast_state) is
	'what the deals are expected to come to, the bounds that their chances have, and the deviation by luck';

create function forecast_quantiles(
	s forecast_state,
	p float8[],
	out share float8,
	out amount numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10000 rows 3;
comment on function forecast_quantiles(forecast_state, float8[]) is
	'the least total that is not exceeded with at least each chance, by the distribution of the sum';

create function forecast_reach(s forecast_state, target numeric)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10000;
comment on function forecast_reach(forecast_state, numeric) is
	'the chance that the deals come to at least target';
