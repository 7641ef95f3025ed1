-- rfm_model.sql: scores, the cuts that make them, learned or given.

create type rfm_scores as (
	recency_score integer,
	frequency_score integer,
	monetary_score integer,
	bins integer,
	rfm_cell text
);
comment on type rfm_scores is
	'scores of one customer, from 1 to bins, and the three together as rfm_cell; bins is NULL where dimensions differ';
comment on column rfm_scores.recency_score is 'the more recent, the higher';
comment on column rfm_scores.frequency_score is 'the more orders, the higher';
comment on column rfm_scores.monetary_score is 'the more money, the higher';
comment on column rfm_scores.bins is 'the highest score that each dimension can have';
comment on column rfm_scores.rfm_cell is 'the three scores in one label: 545, with more than 9 bins 5-10-4';

create function rfm_score(
	recency_days float8,
	frequency float8,
	monetary float8,
	bins integer default 5,
	method text default 'quantile'
)
	returns rfm_scores
	as 'MODULE_PATHNAME' language c window immutable parallel safe cost 10;
comment on function rfm_score(float8, float8, float8, integer, text) is
	'scores each row among the rows of its window partition; equal values get equal scores';

@use type_io type=rfm_model binary=immutable
comment on type rfm_model is
	'the cuts by which customers are scored: learned by rfm_model_agg, or given to rfm_model()';

@use type_comparison type=rfm_model
@use definition_casts type=rfm_model

create function rfm_model(
	recency_cuts float8[],
	frequency_cuts float8[],
	monetary_cuts float8[]
)
	returns rfm_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_model(float8[], float8[], float8[]) is
	'makes a model of your own cuts, each list rising, recency in days: a value above a cut scores one more; for recency, days below a cut score one more';

@use type_io type=rfm_population binary=immutable
comment on type rfm_population is
	'the measures of customers while rfm_model_agg runs: its state';

@use type_comparison type=rfm_population
@use state_cast type=rfm_population

create function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer) is
	'adds a customer to rfm_model_agg''s state';

create function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer, text)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer, text) is
	'adds a customer to rfm_model_agg''s state';

create function revops_internal.rfm_population_combine(rfm_population, rfm_population)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_population_combine(rfm_population, rfm_population) is
	'merges two states of rfm_model_agg';

create function revops_internal.rfm_population_model(rfm_population)
	returns rfm_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_population_model(rfm_population) is 'learns the model of rfm_model_agg';

create aggregate rfm_model_agg(recency_days float8, frequency float8, monetary float8, bins integer) (
	sfunc = revops_internal.rfm_population_add,
	stype = rfm_population,
	sspace = 1600,
	finalfunc = revops_internal.rfm_population_model,
	combinefunc = revops_internal.rfm_population_combine,
	parallel = safe
);
comment on aggregate rfm_model_agg(float8, float8, float8, integer) is
	'learns quantile cuts from customers, one row per customer; rows with a NULL measure are left out';

create aggregate rfm_model_agg(
	recency_days float8,
	frequency float8,
	monetary float8,
	bins integer,
	method text
) (
	sfunc = revops_internal.rfm_population_add,
	stype = rfm_population,
	sspace = 1600,
	finalfunc = revops_internal.rfm_population_model,
	combinefunc = revops_internal.rfm_population_combine,
	parallel = safe
);
comment on aggregate rfm_model_agg(float8, float8, float8, integer, text) is
	'learns cuts from customers, one row per customer, by method quantile or mean (2 bins)';

create function rfm_model_score(
	rfm_model,
	recency_days float8,
	frequency float8,
	monetary float8
)
	returns rfm_scores
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_model_score(rfm_model, float8, float8, float8) is
	'scores one customer by a model; NULL where a measure is NULL';

create function rfm_model_score(rfm_model, order_state, as_of date)
	returns rfm_scores
	as 'MODULE_PATHNAME', 'rfm_model_score_state' language c immutable strict parallel safe;
comment on function rfm_model_score(rfm_model, order_state, date) is
	'scores one customer by a model, from the state of order_agg; NULL where there are only credit notes';

create function rfm_model_rows(
	rfm_model,
	out dimension text,
	out dimension_index integer,
	out cut_index integer,
	out cut float8,
	out bins integer,
	out reachable_scores integer
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe rows 12;
comment on function rfm_model_rows(rfm_model) is
	'the cuts of a model, one row per cut, and how many scores can be reached (equal cuts make some unreachable)';
