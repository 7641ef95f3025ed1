-- rfm_stats.sql: a population from rows in one pass, its scores and segments.

@use type_io type=rfm_stats binary=stable
comment on type rfm_stats is
	'the orders of many customers by a day: how many, the last, exact total of each; mergeable with rfm_merge';

@use type_comparison type=rfm_stats
@use state_cast type=rfm_stats

-- the state is a table in memory: see rfm_fold.c

@for customer=bigint time=timestamptz symbol=rfm_agg_add
@    customer=bigint time=timestamp symbol=rfm_agg_add_timestamp
@    customer=bigint time=date symbol=rfm_agg_add_date
@    customer=uuid time=timestamptz symbol=rfm_agg_add_uuid
@    customer=uuid time=timestamp symbol=rfm_agg_add_uuid_timestamp
@    customer=uuid time=date symbol=rfm_agg_add_uuid_date
@    customer=text time=timestamptz symbol=rfm_agg_add_text
@    customer=text time=timestamp symbol=rfm_agg_add_text_timestamp
@    customer=text time=date symbol=rfm_agg_add_text_date
create function revops_internal.rfm_agg_add(internal, @customer@, @time@, numeric, date)
	returns internal
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.rfm_agg_add(internal, @customer@, @time@, numeric, date) is
	'adds a row to rfm_agg''s state';

create function revops_internal.rfm_agg_add(internal, @customer@, @time@, numeric, date, text)
	returns internal
	as 'MODULE_PATHNAME', '@symbol@' language c immutable parallel safe;
comment on function revops_internal.rfm_agg_add(internal, @customer@, @time@, numeric, date, text) is
	'adds a row to rfm_agg''s state';

@end

create function revops_internal.rfm_merge_add(internal, rfm_stats)
	returns internal
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_merge_add(internal, rfm_stats) is
	'adds the customers of an rfm_stats to rfm_merge''s state';

create function revops_internal.rfm_agg_combine(internal, internal)
	returns internal
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_agg_combine(internal, internal) is
	'adds the customers of a parallel worker to the state of rfm_agg or rfm_merge';

create function revops_internal.rfm_agg_serial(internal)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_agg_serial(internal) is
	'hands the customers of a parallel worker over';

create function revops_internal.rfm_agg_deserial(bytea, internal)
	returns internal
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_agg_deserial(bytea, internal) is
	'takes the customers of a parallel worker';

create function revops_internal.rfm_agg_final(internal)
	returns rfm_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000;
comment on function revops_internal.rfm_agg_final(internal) is
	'ends rfm_agg and rfm_merge: customers by key';

@for customer=bigint time=timestamptz note="" zone=""
@    customer=bigint time=timestamp note="; bare times are read as UTC" zone=", in which bare times are read"
@    customer=bigint time=date note="; days are read as UTC" zone=", in which days are read"
@    customer=uuid time=timestamptz note="" zone=""
@    customer=uuid time=timestamp note="; bare times are read as UTC" zone=", in which bare times are read"
@    customer=uuid time=date note="; days are read as UTC" zone=", in which days are read"
@    customer=text time=timestamptz note="" zone=""
@    customer=text time=timestamp note="; bare times are read as UTC" zone=", in which bare times are read"
@    customer=text time=date note="; days are read as UTC" zone=", in which days are read"
@use rows_aggregate name=rfm_agg state=rfm_agg sfunc=rfm_agg_add arguments="customer @customer@, ordered_at @time@, amount numeric, as_of date"
comment on aggregate rfm_agg(@customer@, @time@, numeric, date) is
	'folds the orders of many customers, one row per order, in one pass and without GROUP BY; days are UTC''s; orders after as_of are an error@note@';

@use rows_aggregate name=rfm_agg state=rfm_agg sfunc=rfm_agg_add arguments="customer @customer@, ordered_at @time@, amount numeric, as_of date, time_zone text"
comment on aggregate rfm_agg(@customer@, @time@, numeric, date, text) is
	'the same with days of time_zone@zone@';

@end

@use rows_aggregate name=rfm_merge state=rfm_agg sfunc=rfm_merge_add arguments="stats rfm_stats"
comment on aggregate rfm_merge(rfm_stats) is
	'merges populations of the same as_of and time zone; a customer may stand in several, an order in one';

create function rfm_rows(
	stats rfm_stats,
	bins integer default 5,
	method text default 'quantile',
	map rfm_segment_map default null,
	out customer_key text,
	out recency_days float8,
	out order_count bigint,
	out total numeric,
	out recency_score integer,
	out frequency_score integer,
	out monetary_score integer,
	out rfm_cell text,
	out segment text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 1000;
comment on function rfm_rows(rfm_stats, integer, text, rfm_segment_map) is
	'scores and segments, one row per customer, by key; without a map those of grid for 5 bins, of octant for 2, else no segments';
