-- bridge.sql: why a number moved: what each factor, and each cell, did to the change
-- of a total or of a rate.

create function bridge_effects(
	before numeric[],
	after numeric[],
	method text default 'shapley',
	scale integer default null,
	substitute integer[] default null
)
	returns numeric[]
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function bridge_effects(numeric[], numeric[], text, integer, integer[]) is
	'what each factor did to the change of the last total, without a residual; each total over the one before it is a factor';

@use type_io type=bridge_totals binary=stable
comment on type bridge_totals is
	'one side of a bridge: exact sums of a chain of totals by cell (product, customer, channel); mergeable with bridge_merge';

@use type_comparison type=bridge_totals
@use state_cast type=bridge_totals

@for type=text
@    type=bigint
@    type=uuid
create function revops_internal.bridge_totals_add(bridge_totals, @type@, numeric[])
	returns bridge_totals
	as 'MODULE_PATHNAME', 'bridge_totals_add_@type@' language c immutable parallel safe;
comment on function revops_internal.bridge_totals_add(bridge_totals, @type@, numeric[]) is 'adds a row to bridge_agg''s state';

@end
create function revops_internal.bridge_totals_combine(bridge_totals, bridge_totals)
	returns bridge_totals
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.bridge_totals_combine(bridge_totals, bridge_totals) is
	'merges two states of bridge_agg or bridge_merge';

create function revops_internal.bridge_totals_final(bridge_totals)
	returns bridge_totals
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.bridge_totals_final(bridge_totals) is
	'sorts a state of bridge_agg or bridge_merge';

@for type=text
@    type=bigint
@    type=uuid
create aggregate bridge_agg(cell @type@, variadic totals numeric[]) (
	sfunc = revops_internal.bridge_totals_add,
	stype = bridge_totals,
	sspace = 1152,
	finalfunc = revops_internal.bridge_totals_final,
	combinefunc = revops_internal.bridge_totals_combine,
	parallel = safe
);
comment on aggregate bridge_agg(@type@, variadic numeric[]) is
	'folds one side of a bridge: 1 to 8 totals summed by cell; rows without any total are skipped';

@end
create aggregate bridge_merge(bridge_totals) (
	sfunc = revops_internal.bridge_totals_combine,
	stype = bridge_totals,
	sspace = 1152,
	finalfunc = revops_internal.bridge_totals_final,
	combinefunc = revops_internal.bridge_totals_combine,
	parallel = safe
);
comment on aggregate bridge_merge(bridge_totals) is
	'merges bridge_totals of different rows, for example of single months, in any order';

@use state_combine type=bridge_totals name=bridge symbol=bridge_totals_combine_two

create function bridge_rows(
	before bridge_totals,
	after bridge_totals,
	factors text[],
	method text default 'shapley',
	scale integer default null,
	substitute text[] default null,
	out cell text,
	out kind text,
	out factor_index integer,
	out factor_name text,
	out before_amount numeric,
	out after_amount numeric,
	out effect numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 100;
comment on function bridge_rows(bridge_totals, bridge_totals, text[], text, integer, text[]) is
	'what cells that came (entry), went (exit) and stayed (scale, mix, factor) did to the change of the last total, without a residual';

create function bridge_rate_rows(
	before bridge_totals,
	after bridge_totals,
	factors text[],
	method text default 'shapley',
	scale integer default 6,
	substitute text[] default null,
	out cell text,
	out kind text,
	out factor_index integer,
	out factor_name text,
	out before_rate float8,
	out after_rate float8,
	out effect numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 100;
comment on function bridge_rate_rows(bridge_totals, bridge_totals, text[], text, integer, text[]) is
	'what cells that came (entry), went (exit) and stayed (mix, factor) did to the change of the rate sum(last) / sum(first)';
