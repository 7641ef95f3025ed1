-- attribution_def.sql: how journeys are cut and credit is shared, a value.

@use type_io type=attribution_def binary=stable
comment on type attribution_def is
	'how journeys are cut and credit is shared: lookback, half-life, shares by position, direct channels, repeats';

create function attribution(
	lookback interval default null,
	half_life interval default null,
	first_share float8 default 0.4,
	last_share float8 default 0.4,
	direct text[] default null,
	repeats text default 'keep',
	reuse boolean default false,
	within interval default null,
	idle interval default null,
	time_zone text default 'UTC'
)
	returns attribution_def
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function attribution(interval, interval, float8, float8, text[], text, boolean, interval, interval, text) is
	'makes a definition of attribution: touches older than lookback do not count, and half_life weighs them; within judges journeys by a window from their first touch, idle ends those that went quiet';

@use type_comparison type=attribution_def
@use definition_casts type=attribution_def
