-- tenure.sql: how many times contracts are renewed, and what they will bring.

@use type_io type=tenure_model binary=immutable
comment on type tenure_model is
	'the chance of each next renewal, which rises with age because the loyal are left (shifted beta-geometric)';

@use type_comparison type=tenure_model
@use definition_casts type=tenure_model

create function tenure_model(a float8, b float8)
	returns tenure_model
	as 'MODULE_PATHNAME', 'tenure_model_given' language c immutable strict parallel safe;
comment on function tenure_model(float8, float8) is 'makes a tenure_model of fixed parameters';

create function tenure_model(s survival_state, prior_weight float8 default 1)
	returns tenure_model
	as 'MODULE_PATHNAME', 'tenure_model_learn' language c immutable strict parallel safe cost 10000;
comment on function tenure_model(survival_state, float8) is
	'learns a tenure_model from terms counted by renewal_survival_agg; NULL without holders';

create function tenure_model_rows(
	m tenure_model,
	out a float8,
	out b float8,
	out first_renewal_rate float8,
	out holders bigint,
	out lapsed bigint,
	out log_likelihood float8,
	out prior_weight float8,
	out status text,
	out detail text
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function tenure_model_rows(tenure_model) is
	'a tenure_model in one row: parameters, what they were learned from, and whether to trust them';

create function tenure_rate(m tenure_model, terms_done int)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function tenure_rate(tenure_model, int) is
	'the chance of the next renewal after terms_done renewals (0 in the first term)';

create function tenure_expected_terms(
	m tenure_model,
	terms_done int,
	horizon int,
	term_discount_rate float8 default 0
)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function tenure_expected_terms(tenure_model, int, int, float8) is
	'terms to come after the running one, up to horizon, each by its chance and discounted by the term';

create function tenure_rows(
	s survival_state,
	m tenure_model,
	terms int default 10,
	out term_index int,
	out at_risk bigint,
	out lapsed bigint,
	out observed_rate float8,
	out observed_rate_low float8,
	out observed_rate_high float8,
	out renewal_rate float8,
	out observed_survival float8,
	out observed_survival_low float8,
	out observed_survival_high float8,
	out survival float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function tenure_rows(survival_state, tenure_model, int) is
	'renewals at the end of each term: what was observed beside what the model says; rates are of renewal';

create function contract_forecast_rows(
	s contract_state,
	m tenure_model,
	as_of date,
	months int default 36,
	grace_days int default 30,
	discount_rate float8 default 0,
	growth_rate float8 default 0,
	margin_rate float8 default 1,
	early_days int default 180,
	out line text,
	out contract_key text,
	out ends date,
	out mrr numeric,
	out term_index int,
	out next_renewal_rate float8,
	out expected_months float8,
	out committed_value float8,
	out renewal_value float8,
	out value float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000 rows 3;
comment on function contract_forecast_rows(contract_state, tenure_model, date, int, int, float8, float8, float8, int) is
	'what each line that has not lapsed will bring in the months after as_of: what is signed, and renewals by their chance';
