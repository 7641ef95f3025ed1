-- attribution_stats.sql: journeys of a population, each distinct path once, and which
-- channels deserve the wins.

@use type_io type=attribution_stats binary=stable
comment on type attribution_stats is
	'the journeys of a population: each distinct path of channels once, with counts and exact amounts; mergeable with attribution_merge';

@use type_comparison type=attribution_stats
@use state_cast type=attribution_stats

create function revops_internal.attribution_stats_add(attribution_stats, journey_state, attribution_def, date)
	returns attribution_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.attribution_stats_add(attribution_stats, journey_state, attribution_def, date) is
	'adds a customer to attribution_agg''s state';

create function revops_internal.attribution_stats_combine(attribution_stats, attribution_stats)
	returns attribution_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.attribution_stats_combine(attribution_stats, attribution_stats) is
	'merges two states of attribution_agg or attribution_merge';

create function revops_internal.attribution_stats_final(attribution_stats)
	returns attribution_stats
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.attribution_stats_final(attribution_stats) is
	'ends attribution_agg and attribution_merge: channels and paths in order, no spare room';

create aggregate attribution_agg(journey journey_state, def attribution_def, as_of date) (
	sfunc = revops_internal.attribution_stats_add,
	stype = attribution_stats,
	sspace = 8192,
	finalfunc = revops_internal.attribution_stats_final,
	combinefunc = revops_internal.attribution_stats_combine,
	parallel = safe
);
comment on aggregate attribution_agg(journey_state, attribution_def, date) is
	'folds the journeys of many customers, by the end of the day as_of, into attribution_stats: each distinct path once';

create aggregate attribution_merge(attribution_stats) (
	sfunc = revops_internal.attribution_stats_combine,
	stype = attribution_stats,
	sspace = 8192,
	finalfunc = revops_internal.attribution_stats_final,
	combinefunc = revops_internal.attribution_stats_combine,
	parallel = safe
);
comment on aggregate attribution_merge(attribution_stats) is
	'merges attribution_stats of one definition and as_of, in any order; the inputs must not share customers';

@use state_combine type=attribution_stats name=attribution symbol=attribution_stats_combine_two

create function attribution_rows(
	stats attribution_stats,
	model text default 'all',
	out model_index int,
	out model text,
	out channel text,
	out credit float8,
	out credit_rate float8,
	out credit_rate_low float8,
	out credit_rate_high float8,
	out amount numeric,
	out amount_rate float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 100;
comment on function attribution_rows(attribution_stats, text) is
	'the credit of each channel by each model, or by the one named: credits add up to the wins and amounts to the won amount, but those of participation; channel NULL: wins without a touch; no model says what would be without a channel';

create function attribution_channels(
	stats attribution_stats,
	out channel text,
	out journeys bigint,
	out won bigint,
	out lost bigint,
	out open bigint,
	out touches bigint,
	out first_touches bigint,
	out last_touches bigint,
	out only_touches bigint,
	out won_rate float8,
	out won_rate_low float8,
	out won_rate_high float8,
	out won_amount numeric,
	out removal_effect float8,
	out removal_effect_amount float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000 rows 12;
comment on function attribution_channels(attribution_stats) is
	'one row per channel: the journeys it touched and what became of them; removal_effect: the part of the wins that the Markov chain loses without it';

create function attribution_summary(
	stats attribution_stats,
	out journeys bigint,
	out won bigint,
	out lost bigint,
	out open bigint,
	out young bigint,
	out no_touch_won bigint,
	out paths bigint,
	out won_amount numeric,
	out no_touch_amount numeric,
	out win_rate float8,
	out win_rate_low float8,
	out win_rate_high float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function attribution_summary(attribution_stats) is
	'the journeys of a population in one row; the win rate is that of the decided ones';

create function attribution_paths(
	stats attribution_stats,
	row_count int default 20,
	out path text,
	out touch_count int,
	out won bigint,
	out lost bigint,
	out open bigint,
	out won_rate float8,
	out won_rate_low float8,
	out won_rate_high float8,
	out won_amount numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 20;
comment on function attribution_paths(attribution_stats, int) is
	'the paths with most wins, one row each; path NULL: journeys without a touch';

create function attribution_transitions(
	stats attribution_stats,
	chain_order int default 1,
	out from_path text,
	out to_channel text,
	out to_outcome text,
	out moves bigint,
	out probability float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 100;
comment on function attribution_transitions(attribution_stats, int) is
	'the moves of the Markov chain over the last touch, or the last two: from which touches (NULL: the start) to which channel or outcome';
