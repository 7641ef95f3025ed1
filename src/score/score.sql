-- score.sql: does a score tell good leads from bad, and which chance does it stand for?

@use type_io type=score_state binary=immutable
comment on type score_state is
	'scores and what became of them, equal ones counted; mergeable with score_merge';

@use type_comparison type=score_state
@use state_cast type=score_state

create function revops_internal.score_state_add(score_state, float8, boolean)
	returns score_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.score_state_add(score_state, float8, boolean) is 'adds a row to score_agg''s state';

create function revops_internal.score_state_combine(score_state, score_state)
	returns score_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.score_state_combine(score_state, score_state) is
	'merges two states of score_agg or score_merge';

create function revops_internal.score_state_final(score_state)
	returns score_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.score_state_final(score_state) is
	'sorts and trims a state of score_agg or score_merge';

create aggregate score_agg(score float8, outcome boolean) (
	sfunc = revops_internal.score_state_add,
	stype = score_state,
	sspace = 2048,
	finalfunc = revops_internal.score_state_final,
	combinefunc = revops_internal.score_state_combine,
	parallel = safe
);
comment on aggregate score_agg(float8, boolean) is
	'folds scored cases, one row per case, into a score_state; outcome NULL is undecided, score NULL unscored: both are only counted';

create aggregate score_merge(score_state) (
	sfunc = revops_internal.score_state_combine,
	stype = score_state,
	sspace = 2048,
	finalfunc = revops_internal.score_state_final,
	combinefunc = revops_internal.score_state_combine,
	parallel = safe
);
comment on aggregate score_merge(score_state) is
	'merges score_states of different cases, for example of single months, in any order';

@use state_combine type=score_state name=score symbol=score_state_combine_two

create function score_summary(
	s score_state,
	confidence float8 default 0.95,
	out cases bigint,
	out positives bigint,
	out undecided bigint,
	out unscored bigint,
	out base_rate float8,
	out base_rate_low float8,
	out base_rate_high float8,
	out auc float8,
	out auc_low float8,
	out auc_high float8,
	out gini float8,
	out ks float8,
	out ks_score float8,
	out mean_score float8,
	out brier float8,
	out brier_base float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100;
comment on function score_summary(score_state, float8) is
	'how well a score tells positives from negatives: auc with DeLong interval, gini, ks; brier where scores are chances';

create function score_bands(
	s score_state,
	bands integer default 10,
	out band_index integer,
	out score_from float8,
	out score_to float8,
	out cases bigint,
	out positives bigint,
	out undecided bigint,
	out rate float8,
	out rate_low float8,
	out rate_high float8,
	out lift float8,
	out cumulative_case_rate float8,
	out cumulative_positive_rate float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 10;
comment on function score_bands(score_state, integer) is
	'bands of equally many cases, best first; equal scores never part';

create function score_bands_from(
	s score_state,
	starts float8[],
	out band_index integer,
	out score_from float8,
	out score_to float8,
	out cases bigint,
	out positives bigint,
	out undecided bigint,
	out rate float8,
	out rate_low float8,
	out rate_high float8,
	out lift float8,
	out cumulative_case_rate float8,
	out cumulative_positive_rate float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function score_bands_from(score_state, float8[]) is
	'bands that begin at given scores, best first; band 0 lies below the first start; empty ones are shown';

create function score_calibration(
	s score_state,
	out score_from float8,
	out score_to float8,
	out cases bigint,
	out positives bigint,
	out rate float8,
	out rate_low float8,
	out rate_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function score_calibration(score_state) is
	'the rates, rising with the score, that fit best (isotonic fit): one row per step, lowest first';

create function score_probability(s score_state, score float8)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function score_probability(score_state, float8) is
	'the chance that a score stands for, by score_calibration; NULL without cases';
