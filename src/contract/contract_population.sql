-- contract_population.sql: renewal rates, the MRR bridge, retention and cohorts over customers.

@use type_io type=contract_tally binary=immutable
comment on type contract_tally is
	'the running state of renewal_rates_agg or retention_agg';

@use type_comparison type=contract_tally
@use state_cast type=contract_tally

create function revops_internal.contract_tally_combine(contract_tally, contract_tally)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_tally_combine(contract_tally, contract_tally) is
	'merges two states of renewal_rates_agg or of retention_agg';

create type renewal_rates as (
	due bigint,
	decided bigint,
	renewed bigint,
	lapsed bigint,
	pending bigint,
	renewal_rate float8,
	renewal_rate_low float8,
	renewal_rate_high float8,
	mrr_due numeric,
	mrr_decided numeric,
	mrr_kept numeric,
	mrr_renewed numeric,
	gross_value_rate float8,
	net_value_rate float8
);
comment on type renewal_rates is
	'how many terms came due, renewed, lapsed or are in grace; rates by count and by value';

create function revops_internal.renewal_rates_add(contract_tally, text, numeric, numeric)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.renewal_rates_add(contract_tally, text, numeric, numeric) is
	'adds a row to renewal_rates_agg''s state';

create function revops_internal.renewal_rates_final(contract_tally)
	returns renewal_rates
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.renewal_rates_final(contract_tally) is 'ends renewal_rates_agg';

create aggregate renewal_rates_agg(outcome text, mrr numeric, next_mrr numeric) (
	sfunc = revops_internal.renewal_rates_add,
	stype = contract_tally,
	sspace = 144,
	finalfunc = revops_internal.renewal_rates_final,
	combinefunc = revops_internal.contract_tally_combine,
	parallel = safe
);
comment on aggregate renewal_rates_agg(text, numeric, numeric) is
	'folds rows of renewal_terms into renewal_rates; terms that are not due are not counted';

create type retention_rates as (
	customers_start bigint,
	customers_kept bigint,
	logo_retention float8,
	logo_retention_low float8,
	logo_retention_high float8,
	mrr_start numeric,
	mrr_kept numeric,
	mrr_end numeric,
	grr float8,
	nrr float8
);
comment on type retention_rates is
	'the outcome of the customers that had MRR before: logos, gross and net revenue';

create function revops_internal.retention_add(contract_tally, contract_state, date, date)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.retention_add(contract_tally, contract_state, date, date) is
	'adds a customer to retention_agg''s state';

create function revops_internal.retention_final(contract_tally)
	returns retention_rates
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.retention_final(contract_tally) is 'ends retention_agg';

create aggregate retention_agg(contract_state, from_date date, until_date date) (
	sfunc = revops_internal.retention_add,
	stype = contract_tally,
	sspace = 144,
	finalfunc = revops_internal.retention_final,
	combinefunc = revops_internal.contract_tally_combine,
	parallel = safe
);
comment on aggregate retention_agg(contract_state, date, date) is
	'folds customers into retention_rates: compares MRR on from_date - 1 with MRR on until_date - 1, for customers with MRR on the first';

@use type_io type=mrr_bridge binary=immutable
comment on type mrr_bridge is
	'opening, movements and closing of many customers, period by period; mergeable with mrr_bridge_merge';

@use type_comparison type=mrr_bridge
@use state_cast type=mrr_bridge

create function revops_internal.mrr_bridge_add(mrr_bridge, contract_state, text, date, date)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.mrr_bridge_add(mrr_bridge, contract_state, text, date, date) is
	'adds a customer to mrr_bridge_agg''s state';

create function revops_internal.mrr_bridge_combine(mrr_bridge, mrr_bridge)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.mrr_bridge_combine(mrr_bridge, mrr_bridge) is
	'merges two states of mrr_bridge_agg or mrr_bridge_merge';

create function revops_internal.mrr_bridge_final(mrr_bridge)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.mrr_bridge_final(mrr_bridge) is
	'ends mrr_bridge_agg and mrr_bridge_merge: equal bridges are equal bytes';

create aggregate mrr_bridge_agg(contract_state, grain text, from_date date, until_date date) (
	sfunc = revops_internal.mrr_bridge_add,
	stype = mrr_bridge,
	sspace = 4096,
	finalfunc = revops_internal.mrr_bridge_final,
	combinefunc = revops_internal.mrr_bridge_combine,
	parallel = safe
);
comment on aggregate mrr_bridge_agg(contract_state, text, date, date) is
	'folds customers into an mrr_bridge of the periods from from_date (inclusive) until until_date (exclusive)';

create aggregate mrr_bridge_merge(mrr_bridge) (
	sfunc = revops_internal.mrr_bridge_combine,
	stype = mrr_bridge,
	sspace = 4096,
	finalfunc = revops_internal.mrr_bridge_final,
	combinefunc = revops_internal.mrr_bridge_combine,
	parallel = safe
);
comment on aggregate mrr_bridge_merge(mrr_bridge) is
	'merges mrr_bridges over the same periods, in any order; the inputs must not share customers';

create function mrr_bridge_rows(
	mrr_bridge,
	out period date,
	out opening numeric,
	out new numeric,
	out expansion numeric,
	out reactivation numeric,
	out contraction numeric,
	out churn numeric,
	out closing numeric,
	out customers_opening bigint,
	out customers_new bigint,
	out customers_reactivated bigint,
	out customers_churned bigint,
	out customers_closing bigint
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 12;
comment on function mrr_bridge_rows(mrr_bridge) is
	'one row per period: opening, movements and closing, which add up exactly';

@use type_io type=cohort_matrix binary=immutable
comment on type cohort_matrix is
	'cohorts of customers by first period, and how many stayed; mergeable with cohort_merge';

@use type_comparison type=cohort_matrix
@use state_cast type=cohort_matrix

create function revops_internal.cohort_add(cohort_matrix, contract_state, text, date)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.cohort_add(cohort_matrix, contract_state, text, date) is
	'adds a customer to cohort_agg''s state';

create function revops_internal.cohort_add(cohort_matrix, date[], text, date)
	returns cohort_matrix
	as 'MODULE_PATHNAME', 'cohort_add_days' language c immutable parallel safe cost 10;
comment on function revops_internal.cohort_add(cohort_matrix, date[], text, date) is
	'adds a customer to cohort_agg''s state';

create function revops_internal.cohort_combine(cohort_matrix, cohort_matrix)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.cohort_combine(cohort_matrix, cohort_matrix) is
	'merges two states of cohort_agg or cohort_merge';

create function revops_internal.cohort_final(cohort_matrix)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.cohort_final(cohort_matrix) is 'ends cohort_agg and cohort_merge';

create aggregate cohort_agg(contract_state, grain text, as_of date) (
	sfunc = revops_internal.cohort_add,
	stype = cohort_matrix,
	sspace = 65536,
	finalfunc = revops_internal.cohort_final,
	combinefunc = revops_internal.cohort_combine,
	parallel = safe
);
comment on aggregate cohort_agg(contract_state, text, date) is
	'folds customers into a cohort_matrix by the period of their first day with MRR, as known on as_of';

create aggregate cohort_agg(date[], grain text, as_of date) (
	sfunc = revops_internal.cohort_add,
	stype = cohort_matrix,
	sspace = 16384,
	finalfunc = revops_internal.cohort_final,
	combinefunc = revops_internal.cohort_combine,
	parallel = safe
);
comment on aggregate cohort_agg(date[], text, date) is
	'folds customers, each with the days of its activity, into a cohort_matrix without money';

create aggregate cohort_merge(cohort_matrix) (
	sfunc = revops_internal.cohort_combine,
	stype = cohort_matrix,
	sspace = 65536,
	finalfunc = revops_internal.cohort_final,
	combinefunc = revops_internal.cohort_combine,
	parallel = safe
);
comment on aggregate cohort_merge(cohort_matrix) is
	'merges cohort_matrices with the same grain and as_of, in any order; the inputs must not share customers';

create function cohort_rows(
	cohort_matrix,
	out cohort date,
	out period_index int,
	out state text,
	out customers bigint,
	out active bigint,
	out retention float8,
	out mrr_start numeric,
	out mrr_kept numeric,
	out mrr numeric,
	out grr float8,
	out nrr float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 500;
comment on function cohort_rows(cohort_matrix) is
	'one row per cohort and period up to as_of; figures of the period that has not ended are provisional';

create function revops_internal.renewal_survival_add(survival_state, contract_state, date, int)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.renewal_survival_add(survival_state, contract_state, date, int) is
	'adds a customer''s renewal chains to renewal_survival_agg''s state';

create aggregate renewal_survival_agg(contract_state, as_of date, grace_days int) (
	sfunc = revops_internal.renewal_survival_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate renewal_survival_agg(contract_state, date, int) is
	'folds customers into a survival_state of renewal chains, counted in terms: how many reach a second, a third renewal';

create function revops_internal.renewal_survival_add(survival_state, contract_state, date, int, int)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.renewal_survival_add(survival_state, contract_state, date, int, int) is
	'adds a customer''s renewal chains to renewal_survival_agg''s state';

create aggregate renewal_survival_agg(contract_state, as_of date, grace_days int, early_days int) (
	sfunc = revops_internal.renewal_survival_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate renewal_survival_agg(contract_state, date, int, int) is
	'folds customers into a survival_state of renewal chains; early_days says how early a renewal may start';
