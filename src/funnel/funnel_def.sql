-- funnel_def.sql: the definition of a funnel, a value.

@use type_io type=funnel_def binary=stable
comment on type funnel_def is
	'the definition of a funnel: steps, window, mode, lost names, time zone';

create function funnel(
	steps text[],
	within interval default null,
	mode text default 'ordered',
	lost text[] default null,
	time_zone text default 'UTC'
)
	returns funnel_def
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function funnel(text[], interval, text, text[], text) is
	'makes a funnel of up to 64 steps; within NULL means no limit; modes: ordered, increasing, once, increasing_once, consecutive, any_order, reached';

@use type_comparison type=funnel_def
@use definition_casts type=funnel_def
