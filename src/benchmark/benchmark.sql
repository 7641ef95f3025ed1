-- benchmark.sql: a value against its peers: the others of a window partition, or
-- a frozen group of them, benchmark_state.

create type benchmark_result as (
	peers bigint,
	peer_mean float8,
	peer_median float8,
	peer_p25 float8,
	peer_p75 float8,
	peer_peak float8,
	place bigint,
	percentile float8,
	largest_share float8
);
comment on type benchmark_result is
	'a value against its peers; with fewer peers than min_peers everything but their number is NULL';
comment on column benchmark_result.peers is 'how many others have a value and a weight';
comment on column benchmark_result.peer_mean is
	'the mean of the peers, weighted: for rates with their denominators as weights, the pooled rate';
comment on column benchmark_result.peer_median is 'the median of the peers, not weighted';
comment on column benchmark_result.peer_p25 is 'a quarter of the peers lies below, not weighted';
comment on column benchmark_result.peer_p75 is 'three quarters of the peers lie below, not weighted';
comment on column benchmark_result.peer_peak is
	'what the best peers reach: the quantile peak of the best end, not weighted';
comment on column benchmark_result.place is '1 for the best: one more than the peers that are strictly better';
comment on column benchmark_result.percentile is
	'the share of the peers that is worse, equal ones counted half: 1 is better than all';
comment on column benchmark_result.largest_share is
	'the largest peer''s part of the peers'' weight: where it is large, peer_mean tells what that one did';

create function benchmark_rank(
	value float8,
	weight float8 default 1,
	best text default 'high',
	peak float8 default 0.95,
	min_peers integer default 5
)
	returns benchmark_result
	as 'MODULE_PATHNAME' language c window immutable parallel safe cost 10;
comment on function benchmark_rank(float8, float8, text, float8, integer) is
	'compares each row with the others of its window partition, itself left out; best is high or low';

@use type_io type=benchmark_state binary=immutable
comment on type benchmark_state is
	'a group of peers, their values and weights, equal ones counted; mergeable with benchmark_merge';

@use type_comparison type=benchmark_state
@use state_cast type=benchmark_state

create function revops_internal.benchmark_state_add(benchmark_state, float8, float8)
	returns benchmark_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.benchmark_state_add(benchmark_state, float8, float8) is 'adds a row to benchmark_agg''s state';

create function revops_internal.benchmark_state_combine(benchmark_state, benchmark_state)
	returns benchmark_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.benchmark_state_combine(benchmark_state, benchmark_state) is
	'merges two states of benchmark_agg or benchmark_merge';

create function revops_internal.benchmark_state_final(benchmark_state)
	returns benchmark_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.benchmark_state_final(benchmark_state) is
	'sorts and trims a state of benchmark_agg or benchmark_merge';

create aggregate benchmark_agg(value float8, weight float8) (
	sfunc = revops_internal.benchmark_state_add,
	stype = benchmark_state,
	sspace = 256,
	finalfunc = revops_internal.benchmark_state_final,
	combinefunc = revops_internal.benchmark_state_combine,
	parallel = safe
);
comment on aggregate benchmark_agg(float8, float8) is
	'folds peers, one row per peer, into a benchmark_state; rows without a value or a weight are no peers';

create aggregate benchmark_merge(benchmark_state) (
	sfunc = revops_internal.benchmark_state_combine,
	stype = benchmark_state,
	sspace = 256,
	finalfunc = revops_internal.benchmark_state_final,
	combinefunc = revops_internal.benchmark_state_combine,
	parallel = safe
);
comment on aggregate benchmark_merge(benchmark_state) is
	'merges benchmark_states of different peers, for example of single regions, in any order';

@use state_combine type=benchmark_state name=benchmark symbol=benchmark_state_combine_two

create function benchmark_at(
	benchmark_state,
	value float8,
	weight float8 default null,
	best text default 'high',
	peak float8 default 0.95,
	min_peers integer default 5,
	inside boolean default false
)
	returns benchmark_result
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100;
comment on function benchmark_at(benchmark_state, float8, float8, text, float8, integer, boolean) is
	'compares a value with a frozen group of peers; inside: one such value and weight (NULL: 1) is left out first';

create function benchmark_versus(
	ours benchmark_state,
	theirs benchmark_state,
	confidence float8 default 0.95,
	out probability float8,
	out probability_low float8,
	out probability_high float8,
	out p_value float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100;
comment on function benchmark_versus(benchmark_state, benchmark_state, float8) is
	'the chance that one of ours exceeds one of theirs, equal ones counted half (Brunner-Munzel); weights say nothing';
