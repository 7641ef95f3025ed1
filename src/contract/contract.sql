-- contract.sql: contract_state, one customer's contracts, and what it answers.

@use type_io type=contract_state binary=stable
comment on type contract_state is
	'one customer''s contracts: terms, values, lines, keys, signing days; mergeable with contract_merge';

@use type_comparison type=contract_state
@use state_cast type=contract_state

create function revops_internal.contract_state_add(contract_state, daterange, numeric)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_add(contract_state, daterange, numeric) is
	'adds a row to contract_agg''s state';

create function revops_internal.contract_state_add(contract_state, daterange, numeric, text)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_add(contract_state, daterange, numeric, text) is
	'adds a row to contract_agg''s state';

create function revops_internal.contract_state_add(contract_state, daterange, numeric, text, text, date)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_add(contract_state, daterange, numeric, text, text, date) is
	'adds a row to contract_agg''s state';

create function revops_internal.contract_state_combine(contract_state, contract_state)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_combine(contract_state, contract_state) is
	'merges two states of contract_agg or contract_merge';

create function revops_internal.contract_state_final(contract_state)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_final(contract_state) is
	'ends contract_agg and contract_merge';

create aggregate contract_agg(term daterange, mrr numeric) (
	sfunc = revops_internal.contract_state_add,
	stype = contract_state,
	sspace = 144,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_agg(daterange, numeric) is
	'folds contracts of one customer, one row per contract, into a contract_state';

create aggregate contract_agg(term daterange, mrr numeric, line text) (
	sfunc = revops_internal.contract_state_add,
	stype = contract_state,
	sspace = 208,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_agg(daterange, numeric, text) is
	'folds contracts of one customer, each with its product line, into a contract_state';

create aggregate contract_agg(
	term daterange,
	mrr numeric,
	line text,
	contract_key text,
	known_on date
) (
	sfunc = revops_internal.contract_state_add,
	stype = contract_state,
	sspace = 272,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_agg(daterange, numeric, text, text, date) is
	'folds contracts of one customer, each with its product line, key and signing day, into a contract_state';

create aggregate contract_merge(contract_state) (
	sfunc = revops_internal.contract_state_combine,
	stype = contract_state,
	sspace = 272,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_merge(contract_state) is
	'merges contract_states of one customer, for example of several systems, in any order';

create function mrr_from_total(total numeric, term daterange)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function mrr_from_total(numeric, daterange) is
	'the monthly value of a total paid for a term: the total divided by its months; days left after whole months count as part of a month';

create function contract_term_start(anchor date, term_index int, months int)
	returns date
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function contract_term_start(date, int, int) is
	'the first day of term number term_index (1 is the first); terms have this many months, counted from the anchor without drift';

create function contract_term_index(anchor date, on_date date, months int)
	returns int
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function contract_term_index(date, date, int) is
	'the number (1 is the first) of the term that a day lies in; terms have this many months, counted from the anchor; NULL before the anchor';

create function contract_fill_gaps(contract_state, max_days int)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function contract_fill_gaps(contract_state, int) is
	'the same contracts, without the gaps of up to max_days in a line: the contract before such a gap is extended to the end of the gap';

create function contract_join_phases(contract_state)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function contract_join_phases(contract_state) is
	'the same contracts; rows with the same line and key become phases of one term: ramps, price changes, pauses';

create function contract_check(
	contract_state,
	grace_days int default 30,
	early_days int default 180,
	out line text,
	out contract_key text,
	out problem text,
	out other_key text,
	out starts date,
	out ends date,
	out detail text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 1;
comment on function contract_check(contract_state, int, int) is
	'what may be wrong in the contracts: same_key_overlap, same_key_follows, pause, overlap, one_day_gap, gap_in_grace, twelvefold, far_end, signed_late, zero_value';

create function contract_mrr(contract_state, on_date date)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function contract_mrr(contract_state, date) is
	'the customer''s MRR: the sum of the contracts in force on a day';

create function renewal_terms(
	contract_state,
	as_of date,
	grace_days int default 30,
	early_days int default 180,
	out line text,
	out chain_index int,
	out term_index int,
	out contract_key text,
	out starts date,
	out ends date,
	out last_day date,
	out mrr numeric,
	out outcome text,
	out decided boolean,
	out renewed_on date,
	out renewed_by_key text,
	out gap_days int,
	out next_mrr numeric,
	out returned_on date
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 4;
comment on function renewal_terms(contract_state, date, int, int) is
	'each term of each line as known on as_of: when it was due, its outcome, its MRR before and after';

create function mrr_movements(
	contract_state,
	grain text,
	from_date date,
	until_date date,
	out period date,
	out movement text,
	out amount numeric,
	out mrr_before numeric,
	out mrr_after numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 4;
comment on function mrr_movements(contract_state, text, date, date) is
	'the customer''s movements from one period end to the next: new, expansion, reactivation, contraction, churn';
