-- deal.sql: deal_state, the log of one deal, and how deals moved through the pipeline.

@use type_io type=pipeline_def binary=stable
comment on type pipeline_def is
	'a pipeline: its open stages in their order, the names that mean won and lost, the time zone of its days';

@use type_comparison type=pipeline_def
@use definition_casts type=pipeline_def

create function pipeline(
	open text[],
	won text[] default '{won}',
	lost text[] default '{lost}',
	time_zone text default 'UTC'
)
	returns pipeline_def
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function pipeline(text[], text[], text[], text) is
	'makes a pipeline_def; a stage in no list takes a deal out of the pipeline';

@use type_io type=deal_state binary=stable
comment on type deal_state is
	'the log of one deal: what was changed when (stage, amount, planned date); mergeable with deal_merge';

@use type_comparison type=deal_state
@use state_cast type=deal_state

-- bare timestamps are UTC's, so that the session's time zone has no say
@for time=timestamptz symbol=deal_state_add
@    time=timestamp symbol=deal_state_add
@    time=date symbol=deal_state_add_date
create function revops_internal.deal_state_add(deal_state, @time@, text, numeric, date)
	returns deal_state
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.deal_state_add(deal_state, @time@, text, numeric, date) is
	'adds a row to deal_agg''s state';

@end

create function revops_internal.deal_state_combine(deal_state, deal_state)
	returns deal_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.deal_state_combine(deal_state, deal_state) is
	'merges two states of deal_agg or deal_merge';

create function revops_internal.deal_state_final(deal_state)
	returns deal_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.deal_state_final(deal_state) is
	'sorts and trims a state of deal_agg or deal_merge';

@for time=timestamptz note=""
@    time=timestamp note="; bare times are read as UTC"
@    time=date note="; days are read as UTC"
create aggregate deal_agg(at @time@, stage text, amount numeric, close_on date) (
	sfunc = revops_internal.deal_state_add,
	stype = deal_state,
	sspace = 512,
	finalfunc = revops_internal.deal_state_final,
	combinefunc = revops_internal.deal_state_combine,
	parallel = safe
);
comment on aggregate deal_agg(@time@, text, numeric, date) is
	'folds the changes of one deal into a deal_state; a NULL field was not changed by the row, close_on infinity takes the date away@note@';

@end

create aggregate deal_merge(deal_state) (
	sfunc = revops_internal.deal_state_combine,
	stype = deal_state,
	sspace = 512,
	finalfunc = revops_internal.deal_state_final,
	combinefunc = revops_internal.deal_state_combine,
	parallel = safe
);
comment on aggregate deal_merge(deal_state) is
	'merges deal_states of one deal, for example of two systems, in any order';

@use state_combine type=deal_state name=deal symbol=deal_state_combine_two

create function deal_on(
	s deal_state,
	p pipeline_def,
	on_date date,
	out stage text,
	out amount numeric,
	out close_on date,
	out stage_since timestamptz,
	out changed_at timestamptz
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function deal_on(deal_state, pipeline_def, date) is
	'the deal as it was known at the end of a day; NULLs before its first row';

create function deal_movements(
	s deal_state,
	p pipeline_def,
	grain text,
	from_date date,
	until_date date,
	closing daterange default null,
	out period date,
	out movement text,
	out amount numeric,
	out amount_before numeric,
	out amount_after numeric,
	out stage_before text,
	out stage_after text,
	out close_before date,
	out close_after date
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10 rows 3;
comment on function deal_movements(deal_state, pipeline_def, text, date, date, daterange) is
	'the deal''s movements from one period end to the next: created, reopened, pulled_in, pushed_in, increased, decreased, pulled_out, pushed_out, won, lost, removed';

@use type_io type=pipeline_bridge binary=stable
comment on type pipeline_bridge is
	'opening, movements and closing of many deals, period by period; mergeable with pipeline_bridge_merge';

@use type_comparison type=pipeline_bridge
@use state_cast type=pipeline_bridge

@for arguments="deal_state, pipeline_def, text, date, date"
@    arguments="deal_state, pipeline_def, text, date, date, daterange"
create function revops_internal.pipeline_bridge_add(pipeline_bridge, @arguments@)
	returns pipeline_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.pipeline_bridge_add(pipeline_bridge, @arguments@) is
	'adds a deal to pipeline_bridge_agg''s state';

@end

create function revops_internal.pipeline_bridge_combine(pipeline_bridge, pipeline_bridge)
	returns pipeline_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.pipeline_bridge_combine(pipeline_bridge, pipeline_bridge) is
	'merges two states of pipeline_bridge_agg or pipeline_bridge_merge';

create function revops_internal.pipeline_bridge_final(pipeline_bridge)
	returns pipeline_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.pipeline_bridge_final(pipeline_bridge) is
	'ends pipeline_bridge_agg and pipeline_bridge_merge: equal bridges are equal bytes';

create aggregate pipeline_bridge_agg(s deal_state, p pipeline_def, grain text, from_date date, until_date date) (
	sfunc = revops_internal.pipeline_bridge_add,
	stype = pipeline_bridge,
	sspace = 8192,
	finalfunc = revops_internal.pipeline_bridge_final,
	combinefunc = revops_internal.pipeline_bridge_combine,
	parallel = safe
);
comment on aggregate pipeline_bridge_agg(deal_state, pipeline_def, text, date, date) is
	'folds deals into a pipeline_bridge of the periods from from_date (inclusive) until until_date (exclusive): all open deals';

create aggregate pipeline_bridge_agg(s deal_state, p pipeline_def, grain text, from_date date, until_date date, closing daterange) (
	sfunc = revops_internal.pipeline_bridge_add,
	stype = pipeline_bridge,
	sspace = 8192,
	finalfunc = revops_internal.pipeline_bridge_final,
	combinefunc = revops_internal.pipeline_bridge_combine,
	parallel = safe
);
comment on aggregate pipeline_bridge_agg(deal_state, pipeline_def, text, date, date, daterange) is
	'folds deals into a pipeline_bridge of the open deals that are planned to close on dates in closing';

create aggregate pipeline_bridge_merge(pipeline_bridge) (
	sfunc = revops_internal.pipeline_bridge_combine,
	stype = pipeline_bridge,
	sspace = 8192,
	finalfunc = revops_internal.pipeline_bridge_final,
	combinefunc = revops_internal.pipeline_bridge_combine,
	parallel = safe
);
comment on aggregate pipeline_bridge_merge(pipeline_bridge) is
	'merges pipeline_bridges over the same question, in any order; the inputs must not share deals';

@use state_combine type=pipeline_bridge name=pipeline_bridge symbol=pipeline_bridge_combine_two

create function pipeline_bridge_rows(
	b pipeline_bridge,
	out period date,
	out opening numeric,
	out created numeric,
	out reopened numeric,
	out pulled_in numeric,
	out pushed_in numeric,
	out increased numeric,
	out decreased numeric,
	out pulled_out numeric,
	out pushed_out numeric,
	out won numeric,
	out lost numeric,
	out removed numeric,
	out closing numeric,
	out deals_opening bigint,
	out deals_created bigint,
	out deals_reopened bigint,
	out deals_pulled_in bigint,
	out deals_pushed_in bigint,
	out deals_increased bigint,
	out deals_decreased bigint,
	out deals_pulled_out bigint,
	out deals_pushed_out bigint,
	out deals_won bigint,
	out deals_lost bigint,
	out deals_removed bigint,
	out deals_closing bigint,
	out deals_later bigint,
	out deals_earlier bigint,
	out amount_later numeric,
	out amount_earlier numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 12;
comment on function pipeline_bridge_rows(pipeline_bridge) is
	'one row per period: opening, movements and closing, which add up exactly; what leaves is negative';
