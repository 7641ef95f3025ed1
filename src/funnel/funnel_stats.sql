-- funnel_stats.sql: a population, from paths or from rows, and the report.

@use type_io type=funnel_stats binary=stable
comment on type funnel_stats is
	'the figures of a funnel over many entities by a day; mergeable with funnel_merge';

@use type_comparison type=funnel_stats
@use state_cast type=funnel_stats

create function revops_internal.funnel_stats_add(funnel_stats, funnel_path, date)
	returns funnel_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function revops_internal.funnel_stats_add(funnel_stats, funnel_path, date) is
	'adds an entity to funnel_agg''s state';

create function revops_internal.funnel_stats_add(funnel_stats, funnel_path, date, numeric)
	returns funnel_stats
	as 'MODULE_PATHNAME', 'funnel_stats_add_amount' language c immutable parallel safe cost 20;
comment on function revops_internal.funnel_stats_add(funnel_stats, funnel_path, date, numeric) is
	'adds an entity and its amount to funnel_agg''s state';

create function revops_internal.funnel_stats_combine(funnel_stats, funnel_stats)
	returns funnel_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function revops_internal.funnel_stats_combine(funnel_stats, funnel_stats) is
	'merges two states of funnel_agg or funnel_merge';

create function revops_internal.funnel_stats_final(funnel_stats)
	returns funnel_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function revops_internal.funnel_stats_final(funnel_stats) is
	'ends funnel_agg and funnel_merge: durations in order, no spare room';

create aggregate funnel_agg(path funnel_path, as_of date) (
	sfunc = revops_internal.funnel_stats_add,
	stype = funnel_stats,
	sspace = 4096,
	finalfunc = revops_internal.funnel_stats_final,
	combinefunc = revops_internal.funnel_stats_combine,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_path, date) is
	'folds the paths of many entities into the funnel''s figures by the end of the day as_of';

create aggregate funnel_agg(path funnel_path, as_of date, amount numeric) (
	sfunc = revops_internal.funnel_stats_add,
	stype = funnel_stats,
	sspace = 4096,
	finalfunc = revops_internal.funnel_stats_final,
	combinefunc = revops_internal.funnel_stats_combine,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_path, date, numeric) is
	'folds the paths of many entities, each with its amount, into the funnel''s figures';

create aggregate funnel_merge(funnel_stats) (
	sfunc = revops_internal.funnel_stats_combine,
	stype = funnel_stats,
	sspace = 4096,
	finalfunc = revops_internal.funnel_stats_final,
	combinefunc = revops_internal.funnel_stats_combine,
	parallel = safe
);
comment on aggregate funnel_merge(funnel_stats) is
	'merges figures of the same funnel and as_of; the inputs must not share entities';

-- rows straight into figures: one pass, its state a flat buffer in memory

@for entity=bigint time=timestamptz symbol=funnel_direct_add
@    entity=bigint time=timestamp symbol=funnel_direct_add_timestamp
@    entity=bigint time=date symbol=funnel_direct_add_date
@    entity=text time=timestamptz symbol=funnel_direct_add_text
@    entity=text time=timestamp symbol=funnel_direct_add_text_timestamp
@    entity=text time=date symbol=funnel_direct_add_text_date
@    entity=uuid time=timestamptz symbol=funnel_direct_add_uuid
@    entity=uuid time=timestamp symbol=funnel_direct_add_uuid_timestamp
@    entity=uuid time=date symbol=funnel_direct_add_uuid_date
create function revops_internal.funnel_direct_add(internal, funnel_def, @entity@, @time@, text, date)
	returns internal
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, @entity@, @time@, text, date) is
	'adds a row to funnel_agg''s state';

@end

create function revops_internal.funnel_direct_combine(internal, internal)
	returns internal
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_combine(internal, internal) is
	'adds the rows of a parallel worker to funnel_agg''s state';

create function revops_internal.funnel_direct_serial(internal)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_direct_serial(internal) is
	'hands the rows of a parallel worker over';

create function revops_internal.funnel_direct_deserial(bytea, internal)
	returns internal
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_direct_deserial(bytea, internal) is
	'takes the rows of a parallel worker';

create function revops_internal.funnel_direct_final(internal)
	returns funnel_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000;
comment on function revops_internal.funnel_direct_final(internal) is
	'ends funnel_agg over rows';

@for entity=bigint time=timestamptz bytes=16 note=""
@    entity=bigint time=timestamp bytes=16 note="; bare times are read in the funnel''s zone"
@    entity=bigint time=date bytes=16 note="; days start in the funnel''s zone"
@    entity=text time=timestamptz bytes=16 note=""
@    entity=text time=timestamp bytes=16 note="; bare times are read in the funnel''s zone"
@    entity=text time=date bytes=16 note="; days start in the funnel''s zone"
@    entity=uuid time=timestamptz bytes=24 note=""
@    entity=uuid time=timestamp bytes=24 note="; bare times are read in the funnel''s zone"
@    entity=uuid time=date bytes=24 note="; days start in the funnel''s zone"
@use rows_aggregate name=funnel_agg state=funnel_direct sfunc=funnel_direct_add arguments="funnel funnel_def, entity @entity@, at @time@, step text, as_of date"
comment on aggregate funnel_agg(funnel_def, @entity@, @time@, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes @bytes@ bytes of memory per row@note@';

@end

create function funnel_rows(
	stats funnel_stats,
	out step_index int,
	out step_name text,
	out next_step_name text,
	out entered bigint,
	out converted bigint,
	out open bigint,
	out lost bigint,
	out expired bigint,
	out step_rate float8,
	out step_rate_low float8,
	out step_rate_high float8,
	out overall_rate float8,
	out mature_entered bigint,
	out mature_converted bigint,
	out mature_rate float8,
	out mature_rate_low float8,
	out mature_rate_high float8,
	out median_days float8,
	out p90_days float8,
	out median_days_from_start float8,
	out p90_days_from_start float8,
	out entered_amount numeric,
	out converted_amount numeric,
	out open_amount numeric,
	out lost_amount numeric,
	out expired_amount numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 50 rows 6;
comment on function funnel_rows(funnel_stats) is
	'the funnel''s report, one row per step, also for steps that nobody reached';

create function funnel_summary(
	stats funnel_stats,
	out entities bigint,
	out not_entered bigint,
	out entered bigint,
	out converted bigint,
	out open bigint,
	out lost bigint,
	out expired bigint,
	out win_rate float8,
	out win_rate_low float8,
	out win_rate_high float8,
	out median_cycle_days float8
)
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 20;
comment on function funnel_summary(funnel_stats) is
	'the funnel in one row: outcomes of all entities, win rate of those decided (NULL for a funnel without lost names), days from the first to the last step';
