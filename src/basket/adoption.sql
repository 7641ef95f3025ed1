-- adoption.sql: in which order customers come to items, and what they lack that others like them have.

@use type_io type=adoption_stats binary=stable
comment on type adoption_stats is
	'what each customer bought of each item by day, and its traits; mergeable with adoption_merge';

@use type_comparison type=adoption_stats
@use state_cast type=adoption_stats

-- days are UTC's; bare timestamps are read as UTC, so that the session's time zone has no say
@for key=text time=timestamptz kind=time note="; days are UTC days"
@    key=text time=timestamp kind=time note="; bare times are read as UTC"
@    key=text time=date kind=date note=""
@    key=bigint time=timestamptz kind=time note="; days are UTC days"
@    key=bigint time=timestamp kind=time note="; bare times are read as UTC"
@    key=bigint time=date kind=date note=""
create function revops_internal.adoption_stats_add(adoption_stats, @key@, text, @time@, numeric)
	returns adoption_stats
	as 'MODULE_PATHNAME', 'adoption_stats_add_@key@_@kind@' language c immutable parallel safe;
comment on function revops_internal.adoption_stats_add(adoption_stats, @key@, text, @time@, numeric) is 'adds a row to adoption_agg''s state@note@';

@end
create function revops_internal.adoption_stats_combine(adoption_stats, adoption_stats)
	returns adoption_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.adoption_stats_combine(adoption_stats, adoption_stats) is
	'merges two states of adoption_agg or adoption_merge';

create function revops_internal.adoption_stats_final(adoption_stats)
	returns adoption_stats
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.adoption_stats_final(adoption_stats) is
	'sorts a state of adoption_agg or adoption_merge';

@for key=text time=timestamptz note="; days are UTC days"
@    key=text time=timestamp note="; bare times are read as UTC"
@    key=text time=date note=""
@    key=bigint time=timestamptz note="; days are UTC days"
@    key=bigint time=timestamp note="; bare times are read as UTC"
@    key=bigint time=date note=""
create aggregate adoption_agg(customer @key@, item text, at @time@, amount numeric) (
	sfunc = revops_internal.adoption_stats_add,
	stype = adoption_stats,
	sspace = 8192,
	finalfunc = revops_internal.adoption_stats_final,
	combinefunc = revops_internal.adoption_stats_combine,
	parallel = safe
);
comment on aggregate adoption_agg(@key@, text, @time@, numeric) is
	'folds what customers bought into an adoption_stats; a row without a time is a trait; negative amounts lower the sum and are no purchase@note@';

@end
create aggregate adoption_merge(adoption_stats) (
	sfunc = revops_internal.adoption_stats_combine,
	stype = adoption_stats,
	sspace = 8192,
	finalfunc = revops_internal.adoption_stats_final,
	combinefunc = revops_internal.adoption_stats_combine,
	parallel = safe
);
comment on aggregate adoption_merge(adoption_stats) is
	'merges adoption_stats, for example of single months, in any order';

@use state_combine type=adoption_stats name=adoption symbol=adoption_stats_combine_two

create function adoption_pairs(
	s adoption_stats,
	as_of date,
	within_days int default 180,
	min_customers int default 10,
	out item_a text,
	out item_b text,
	out a_count bigint,
	out before_count bigint,
	out same_day_count bigint,
	out followed_count bigint,
	out mature_count bigint,
	out mature_followed_count bigint,
	out follow_rate float8,
	out follow_rate_low float8,
	out follow_rate_high float8,
	out base_rate float8,
	out median_days float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10000 rows 1000;
comment on function adoption_pairs(adoption_stats, date, int, int) is
	'of customers of item_a, how many came to item_b within so many days after it; rates over those that had the whole time and not item_b before';

create function adoption_chains(
	s adoption_stats,
	as_of date,
	within_days int default 180,
	min_customers int default 10,
	out item_a text,
	out item_b text,
	out item_c text,
	out ab_count bigint,
	out abc_count bigint,
	out mature_count bigint,
	out follow_rate float8,
	out follow_rate_low float8,
	out follow_rate_high float8,
	out median_days float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100000 rows 1000;
comment on function adoption_chains(adoption_stats, date, int, int) is
	'of customers that came from item_a to item_b, how many came on to item_c, each step within so many days';

create function white_space_rows(
	s adoption_stats,
	as_of date,
	min_customers int default 20,
	out customer text,
	out item text,
	out because text,
	out peer_count bigint,
	out have_count bigint,
	out peer_rate float8,
	out peer_rate_low float8,
	out peer_rate_high float8,
	out lift float8,
	out peer_amount float8,
	out potential_amount float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100000 rows 10000;
comment on function white_space_rows(adoption_stats, date, int) is
	'each customer with each item it lacks, and the item or trait whose other customers have it most surely; the best first: a rank, not a chance';

create function white_space_check(
	s adoption_stats,
	as_of date,
	until date,
	min_customers int default 20,
	out band_index int,
	out offers bigint,
	out taken bigint,
	out taken_rate float8,
	out taken_rate_low float8,
	out taken_rate_high float8,
	out popular_taken_rate float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100000 rows 10;
comment on function white_space_check(adoption_stats, date, date, int) is
	'how many rows of white_space_rows were bought by until, in ten bands, 10 the best; beside offering what most customers have';
