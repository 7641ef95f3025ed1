-- qualification.sql: is a lead valid, what is wrong with the others, and how far can
-- what nobody has checked yet move the rate?

@use type_io type=qualification_def binary=stable
comment on type qualification_def is
	'what makes a lead valid: criteria, which of them are required, weights, minimums, tiers, days to decide';

create function qualification(
	criteria text[],
	required boolean[] default null,
	weights float8[] default null,
	min_passed integer default 0,
	min_score float8 default 0,
	tiers text[] default null,
	tier_from float8[] default null,
	decide_days integer default null
)
	returns qualification_def
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function qualification(text[], boolean[], float8[], integer, float8, text[], float8[], integer) is
	'makes a qualification of 1 to 32 criteria; required NULL: all, but none where min_passed or min_score is given';

create function qualification_preset(name text)
	returns qualification_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function qualification_preset(text) is
	'a qualification that comes with revops: lead, lead_zh, bant, meddic; all criteria are required';

@use type_comparison type=qualification_def
@use definition_casts type=qualification_def

create function qualification_check(
	def qualification_def,
	variadic answers boolean[],
	out verdict text,
	out tier text,
	out passed integer,
	out failed integer,
	out unknown integer,
	out score_low float8,
	out score_high float8,
	out first_failing text,
	out failing text[],
	out unchecked text[]
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function qualification_check(qualification_def, boolean[]) is
	'the verdict of one lead: valid or invalid whatever its unknown answers (NULL) turn out to be, else unknown';

@use type_io type=qualification_stats binary=stable
comment on type qualification_stats is
	'leads counted by the pattern of their answers; mergeable with qualification_merge';

@use type_comparison type=qualification_stats
@use state_cast type=qualification_stats

create function revops_internal.qualification_stats_add(qualification_stats, qualification_def, boolean[])
	returns qualification_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.qualification_stats_add(qualification_stats, qualification_def, boolean[]) is
	'adds a lead to qualification_agg''s state';

create function revops_internal.qualification_stats_add_dated(qualification_stats, qualification_def, date, date, boolean[])
	returns qualification_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.qualification_stats_add_dated(qualification_stats, qualification_def, date, date, boolean[]) is
	'adds a lead to qualification_dated_agg''s state';

create function revops_internal.qualification_stats_combine(qualification_stats, qualification_stats)
	returns qualification_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.qualification_stats_combine(qualification_stats, qualification_stats) is
	'merges two states of qualification_agg, qualification_dated_agg or qualification_merge';

create function revops_internal.qualification_stats_final(qualification_stats)
	returns qualification_stats
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.qualification_stats_final(qualification_stats) is
	'sorts and trims a state of qualification_agg, qualification_dated_agg or qualification_merge';

create aggregate qualification_agg(def qualification_def, variadic answers boolean[]) (
	sfunc = revops_internal.qualification_stats_add,
	stype = qualification_stats,
	sspace = 1536,
	finalfunc = revops_internal.qualification_stats_final,
	combinefunc = revops_internal.qualification_stats_combine,
	parallel = safe
);
comment on aggregate qualification_agg(qualification_def, boolean[]) is
	'folds leads, one row per lead with one answer per criterion, into qualification_stats; NULL is unknown, never failed';

create aggregate qualification_dated_agg(def qualification_def, created date, as_of date, variadic answers boolean[]) (
	sfunc = revops_internal.qualification_stats_add_dated,
	stype = qualification_stats,
	sspace = 1536,
	finalfunc = revops_internal.qualification_stats_final,
	combinefunc = revops_internal.qualification_stats_combine,
	parallel = safe
);
comment on aggregate qualification_dated_agg(qualification_def, date, date, boolean[]) is
	'the same as known on a day: unknown leads are overdue once decide_days are over; leads created later do not exist';

create aggregate qualification_merge(qualification_stats) (
	sfunc = revops_internal.qualification_stats_combine,
	stype = qualification_stats,
	sspace = 1536,
	finalfunc = revops_internal.qualification_stats_final,
	combinefunc = revops_internal.qualification_stats_combine,
	parallel = safe
);
comment on aggregate qualification_merge(qualification_stats) is
	'merges qualification_stats of different leads, for example of single months, in any order';

@use state_combine type=qualification_stats name=qualification symbol=qualification_stats_combine_two

create function qualification_summary(
	stats qualification_stats,
	out leads bigint,
	out valid bigint,
	out invalid bigint,
	out pending bigint,
	out overdue bigint,
	out valid_rate float8,
	out valid_rate_low float8,
	out valid_rate_high float8,
	out rate_floor float8,
	out rate_ceiling float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function qualification_summary(qualification_stats) is
	'how many leads are valid: valid_rate of those decided; rate_floor and rate_ceiling say how far the unknown can move it';

create function qualification_rows(
	stats qualification_stats,
	out criterion_index integer,
	out criterion text,
	out is_required boolean,
	out passed bigint,
	out failed bigint,
	out unknown bigint,
	out pass_rate float8,
	out pass_rate_low float8,
	out pass_rate_high float8,
	out first_failing bigint,
	out only_failing bigint,
	out valid_if_passed bigint
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 5;
comment on function qualification_rows(qualification_stats) is
	'one row per criterion: how often it holds, and which invalid leads it explains';

create function qualification_patterns(
	stats qualification_stats,
	out failing text,
	out unchecked text,
	out failed_count integer,
	out unknown_count integer,
	out verdict text,
	out leads bigint,
	out lead_rate float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 20;
comment on function qualification_patterns(qualification_stats) is
	'one row per pattern of failing and unchecked criteria, most leads first';
