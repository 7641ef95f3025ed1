-- spend.sql: what an order day brings, and what an account is worth.

@use type_io type=spend_model binary=immutable
comment on type spend_model is
	'what an order day of an account brings, learned from a population or given';

@use type_comparison type=spend_model
@use definition_casts type=spend_model

@use type_io type=spend_sample binary=immutable
comment on type spend_sample is
	'amounts of accounts on their way into a spend_model: the state of spend_model_agg';

@use type_comparison type=spend_sample
@use state_cast type=spend_sample

@for rest=""
@    rest=", text"
create function revops_internal.spend_sample_add(spend_sample, cadence_state, date@rest@)
	returns spend_sample
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.spend_sample_add(spend_sample, cadence_state, date@rest@) is
	'adds an account to the state of spend_model_agg';

@end

create function revops_internal.spend_sample_combine(spend_sample, spend_sample)
	returns spend_sample
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.spend_sample_combine(spend_sample, spend_sample) is
	'merges two states of spend_model_agg';

create function revops_internal.spend_sample_model(spend_sample)
	returns spend_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100000;
comment on function revops_internal.spend_sample_model(spend_sample) is 'learns the model of a state of spend_model_agg';

@for arguments="s cadence_state, as_of date" types="cadence_state, date" note="method log"
@    arguments="s cadence_state, as_of date, method text" types="cadence_state, date, text" note="method log or gamma_gamma"
create aggregate spend_model_agg(@arguments@) (
	sfunc = revops_internal.spend_sample_add,
	stype = spend_sample,
	sspace = 4096,
	finalfunc = revops_internal.spend_sample_model,
	combinefunc = revops_internal.spend_sample_combine,
	parallel = safe
);
comment on aggregate spend_model_agg(@types@) is
	'learns from accounts as known on as_of what an order day brings, @note@';

@end

create function spend_model_rows(
	m spend_model,
	out method text,
	out parameter text,
	out value float8,
	out accounts bigint,
	out order_days bigint,
	out frequency_correlation float8,
	out status text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 6;
comment on function spend_model_rows(spend_model) is
	'the parameters of a spend_model, a row for each; new_account is what an order day of an unknown account brings';

create function spend_expected(s cadence_state, m spend_model, as_of date)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function spend_expected(cadence_state, spend_model, date) is
	'what the next order day of an account brings; NULL without an order day by as_of, and where the model cannot say';

create type clv_forecast as (
	alive_probability float8,
	expected_orders float8,
	expected_spend float8,
	value float8,
	orders_low bigint,
	orders_high bigint,
	value_low float8,
	value_high float8
);
comment on type clv_forecast is 'what an account will bring in the coming months, and how sure its number of orders is';
comment on column clv_forecast.alive_probability is 'chance that it still is a customer';
comment on column clv_forecast.expected_orders is 'order days to come';
comment on column clv_forecast.expected_spend is 'what an order day brings, before margin and discount';
comment on column clv_forecast.value is 'spend times orders times margin, discounted month by month';
comment on column clv_forecast.orders_low is 'low end of the order days';
comment on column clv_forecast.orders_high is 'high end of the order days';
comment on column clv_forecast.value_low is 'value at orders_low: the count varies, amounts and parameters do not';
comment on column clv_forecast.value_high is 'value at orders_high: the count varies, amounts and parameters do not';

create function clv_forecast(
	s cadence_state,
	m cadence_model,
	spend spend_model,
	as_of date,
	months int default 12,
	discount_rate float8 default 0,
	margin_rate float8 default 1,
	confidence float8 default 0.8
)
	returns clv_forecast
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000;
comment on function clv_forecast(cadence_state, cadence_model, spend_model, date, int, float8, float8, float8) is
	'what an account will bring in the months after as_of; NULL without an order day by as_of';

create function clv_rows(
	s cadence_state,
	m cadence_model,
	spend spend_model,
	as_of date,
	months int default 12,
	discount_rate float8 default 0,
	margin_rate float8 default 1,
	confidence float8 default 0.8,
	out month_index int,
	out starts date,
	out last_day date,
	out expected_orders float8,
	out value float8,
	out discounted float8,
	out cumulative float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000 rows 12;
comment on function clv_rows(cadence_state, cadence_model, spend_model, date, int, float8, float8, float8) is
	'clv_forecast month by month: orders, value, discounted value and its running sum';

create type clv_check as (
	accounts bigint,
	expected_orders float8,
	actual_orders bigint,
	order_ratio float8,
	expected_value float8,
	actual_amount numeric,
	value_ratio float8,
	mean_absolute_error float8,
	rank_correlation float8
);
comment on type clv_check is 'forecasts of value against the money that came';
comment on column clv_check.accounts is 'accounts with an order day by as_of';
comment on column clv_check.expected_orders is 'order days that were forecast';
comment on column clv_check.actual_orders is 'order days that came';
comment on column clv_check.order_ratio is 'expected/actual: above 1 promised too much';
comment on column clv_check.expected_value is 'money that was forecast, undiscounted';
comment on column clv_check.actual_amount is 'money that came, credit notes taken off';
comment on column clv_check.value_ratio is 'expected/actual: above 1 promised too much';
comment on column clv_check.mean_absolute_error is 'mean distance of forecast and money, account by account';
comment on column clv_check.rank_correlation is 'Spearman''s correlation of forecast and money';

@use type_io type=clv_sample binary=immutable
comment on type clv_sample is
	'forecasts of value and the money that came, by account: the state of clv_check_agg';

@use type_comparison type=clv_sample
@use state_cast type=clv_sample

create function revops_internal.clv_sample_add(clv_sample, cadence_state, cadence_model, spend_model, date, date)
	returns clv_sample
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000;
comment on function revops_internal.clv_sample_add(clv_sample, cadence_state, cadence_model, spend_model, date, date) is
	'adds an account to the state of clv_check_agg';

create function revops_internal.clv_sample_combine(clv_sample, clv_sample)
	returns clv_sample
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.clv_sample_combine(clv_sample, clv_sample) is 'merges two states of clv_check_agg';

create function revops_internal.clv_sample_check(clv_sample)
	returns clv_check
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10000;
comment on function revops_internal.clv_sample_check(clv_sample) is 'the figures of a state of clv_check_agg';

create aggregate clv_check_agg(s cadence_state, m cadence_model, spend spend_model, as_of date, until date) (
	sfunc = revops_internal.clv_sample_add,
	stype = clv_sample,
	sspace = 4096,
	finalfunc = revops_internal.clv_sample_check,
	combinefunc = revops_internal.clv_sample_combine,
	parallel = safe
);
comment on aggregate clv_check_agg(cadence_state, cadence_model, spend_model, date, date) is
	'holds values forecast at as_of against the money that came by until; models and days are the same in every row';
