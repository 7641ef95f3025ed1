-- rating.sql: answers on a scale, such as NPS, CSAT and DSR, with intervals; the difference of two groups.

@use type_io type=rating_def binary=immutable
comment on type rating_def is
	'a scale of whole scores, which of them are favourable and which unfavourable';

@use type_comparison type=rating_def
@use definition_casts type=rating_def

create function rating(low int, high int, favourable_from int, unfavourable_to int)
	returns rating_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rating(int, int, int, int) is
	'makes a scale from low to high: scores from favourable_from on are good, those up to unfavourable_to bad';

create function rating_preset(name text)
	returns rating_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rating_preset(text) is
	'a scale that comes with revops: nps (0 to 10, 9, 6), csat (1 to 5, 4, 2; DSR too), ces (1 to 7, 5, 3)';

@use type_io type=rating_state binary=immutable
comment on type rating_state is
	'answers on a scale, counted by score, and how many did not answer; mergeable with rating_merge';

@use type_comparison type=rating_state
@use state_cast type=rating_state

@for type=smallint
@    type=integer
@    type=bigint
create function revops_internal.rating_state_add(rating_state, rating_def, @type@)
	returns rating_state
	as 'MODULE_PATHNAME', 'rating_state_add_@type@' language c immutable parallel safe;
comment on function revops_internal.rating_state_add(rating_state, rating_def, @type@) is 'adds a row to rating_agg''s state';

@end
create function revops_internal.rating_state_combine(rating_state, rating_state)
	returns rating_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rating_state_combine(rating_state, rating_state) is
	'merges two states of rating_agg or rating_merge';

@for type=smallint
@    type=integer
@    type=bigint
create aggregate rating_agg(definition rating_def, score @type@) (
	sfunc = revops_internal.rating_state_add,
	stype = rating_state,
	sspace = 144,
	combinefunc = revops_internal.rating_state_combine,
	parallel = safe
);
comment on aggregate rating_agg(rating_def, @type@) is
	'folds answers, one row per person asked, into a rating_state; a NULL score was asked and did not answer';

@end
create aggregate rating_merge(rating_state) (
	sfunc = revops_internal.rating_state_combine,
	stype = rating_state,
	sspace = 144,
	combinefunc = revops_internal.rating_state_combine,
	parallel = safe
);
comment on aggregate rating_merge(rating_state) is
	'merges rating_states of one scale, for example of single months, in any order';

@use state_combine type=rating_state name=rating symbol=rating_state_combine_two

create function rating_summary(
	s rating_state,
	confidence float8 default 0.95,
	out asked bigint,
	out responses bigint,
	out response_rate float8,
	out favourable bigint,
	out neutral bigint,
	out unfavourable bigint,
	out favourable_rate float8,
	out favourable_rate_low float8,
	out favourable_rate_high float8,
	out unfavourable_rate float8,
	out unfavourable_rate_low float8,
	out unfavourable_rate_high float8,
	out net_score float8,
	out net_score_low float8,
	out net_score_high float8,
	out mean_score float8,
	out mean_score_low float8,
	out mean_score_high float8,
	out median_score float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 1;
comment on function rating_summary(rating_state, float8) is
	'the answers in one row: shares, net score (NPS / 100, from -1 to 1), mean, each with its interval, and the median';

create function rating_rows(
	s rating_state,
	out score int,
	out answers bigint,
	out rate float8,
	out rate_low float8,
	out rate_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 11;
comment on function rating_rows(rating_state) is
	'how often each score was given, one row per score of the scale, also for those that nobody gave';

create function rating_difference(
	a rating_state,
	b rating_state,
	confidence float8 default 0.95,
	out measure text,
	out value_1 float8,
	out value_2 float8,
	out difference float8,
	out difference_low float8,
	out difference_high float8,
	out is_clear boolean
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 4;
comment on function rating_difference(rating_state, rating_state, float8) is
	'what the first group says minus what the second says, by measure; clear: the interval does not hold 0';

create function rate_difference(
	successes_1 bigint,
	trials_1 bigint,
	successes_2 bigint,
	trials_2 bigint,
	out difference float8,
	out difference_low float8,
	out difference_high float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 2;
comment on function rate_difference(bigint, bigint, bigint, bigint) is
	'the first rate minus the second, with its 95 % interval (Newcombe); NULL where one has no trials';
