-- basket.sql: what goes together in a basket, which may be an order, an account, or an account's quarter.

@use type_io type=basket_stats binary=stable
comment on type basket_stats is
	'baskets, each with its different items; mergeable with basket_merge';

@use type_comparison type=basket_stats
@use state_cast type=basket_stats

@for type=text more=""
@    type=bigint more=""
@    type=text more=", numeric"
@    type=bigint more=", numeric"
create function revops_internal.basket_stats_add(basket_stats, @type@, text@more@)
	returns basket_stats
	as 'MODULE_PATHNAME', 'basket_stats_add_@type@' language c immutable parallel safe;
comment on function revops_internal.basket_stats_add(basket_stats, @type@, text@more@) is 'adds a row to basket_agg''s state';

@end
create function revops_internal.basket_stats_combine(basket_stats, basket_stats)
	returns basket_stats
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.basket_stats_combine(basket_stats, basket_stats) is
	'merges two states of basket_agg or basket_merge';

create function revops_internal.basket_stats_final(basket_stats)
	returns basket_stats
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.basket_stats_final(basket_stats) is
	'sorts a state of basket_agg or basket_merge';

@for type=text arguments="item text" types="text" note=""
@    type=bigint arguments="item text" types="text" note=""
@    type=text arguments="item text, quantity numeric" types="text, numeric" note="; rows with a quantity of 0 or less are left out and counted"
@    type=bigint arguments="item text, quantity numeric" types="text, numeric" note="; rows with a quantity of 0 or less are left out and counted"
create aggregate basket_agg(basket_key @type@, @arguments@) (
	sfunc = revops_internal.basket_stats_add,
	stype = basket_stats,
	sspace = 8192,
	finalfunc = revops_internal.basket_stats_final,
	combinefunc = revops_internal.basket_stats_combine,
	parallel = safe
);
comment on aggregate basket_agg(@type@, @types@) is
	'folds lines of baskets into a basket_stats; an item that stands twice in a basket counts once@note@';

@end
create aggregate basket_merge(basket_stats) (
	sfunc = revops_internal.basket_stats_combine,
	stype = basket_stats,
	sspace = 8192,
	finalfunc = revops_internal.basket_stats_final,
	combinefunc = revops_internal.basket_stats_combine,
	parallel = safe
);
comment on aggregate basket_merge(basket_stats) is
	'merges basket_stats in any order; a basket whose lines lie in several of them is one';

@use state_combine type=basket_stats name=basket symbol=basket_stats_combine_two

create function basket_summary(
	b basket_stats,
	out baskets bigint,
	out multi_item_baskets bigint,
	out multi_item_rate float8,
	out multi_item_rate_low float8,
	out multi_item_rate_high float8,
	out items_per_basket float8,
	out units_per_basket float8,
	out largest_basket bigint,
	out skipped_rows bigint
)
	returns record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000;
comment on function basket_summary(basket_stats) is
	'baskets in one row: how many hold several items, how many items and units one holds; units are NULL where a row had none';

create function basket_items(
	b basket_stats,
	max_items int default 100,
	out item text,
	out basket_count bigint,
	out basket_rate float8,
	out over_cap_count bigint
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 1000;
comment on function basket_items(basket_stats, int) is
	'in how many baskets each item stands, of those with at most max_items; over_cap_count: in how many larger ones';

create function basket_pairs(
	b basket_stats,
	min_baskets int default 5,
	max_items int default 100,
	out item_a text,
	out item_b text,
	out basket_count bigint,
	out a_count bigint,
	out b_count bigint,
	out both_count bigint,
	out support float8,
	out attach_rate float8,
	out attach_rate_low float8,
	out attach_rate_high float8,
	out lift float8,
	out lift_low float8,
	out lift_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10000 rows 1000;
comment on function basket_pairs(basket_stats, int, int) is
	'how often item_b stands in the baskets with item_a, both ways, for pairs in min_baskets or more; baskets with more than max_items items take no part';

create function basket_triples(
	b basket_stats,
	min_baskets int default 5,
	max_items int default 50,
	out item_a text,
	out item_b text,
	out item_c text,
	out ab_count bigint,
	out abc_count bigint,
	out attach_rate float8,
	out attach_rate_low float8,
	out attach_rate_high float8,
	out lift float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100000 rows 1000;
comment on function basket_triples(basket_stats, int, int) is
	'how often item_c stands in the baskets with item_a and item_b, for triples in min_baskets or more; baskets with more than max_items items take no part';
