-- referral.sql: who was brought by whom, generation by generation.

@use type_io type=referral_forest binary=stable
comment on type referral_forest is
	'members, who brought each, when it joined and what it is worth; mergeable with referral_merge';

@use type_comparison type=referral_forest
@use state_cast type=referral_forest

create function revops_internal.referral_forest_add(referral_forest, text, text, date, numeric)
	returns referral_forest
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.referral_forest_add(referral_forest, text, text, date, numeric) is 'adds a row to referral_agg''s state';

create function revops_internal.referral_forest_combine(referral_forest, referral_forest)
	returns referral_forest
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.referral_forest_combine(referral_forest, referral_forest) is
	'merges two states of referral_agg or referral_merge';

create function revops_internal.referral_forest_final(referral_forest)
	returns referral_forest
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.referral_forest_final(referral_forest) is
	'sorts and trims a state of referral_agg or referral_merge';

create aggregate referral_agg(member text, referrer text, joined_on date, amount numeric) (
	sfunc = revops_internal.referral_forest_add,
	stype = referral_forest,
	sspace = 4096,
	finalfunc = revops_internal.referral_forest_final,
	combinefunc = revops_internal.referral_forest_combine,
	parallel = safe
);
comment on aggregate referral_agg(text, text, date, numeric) is
	'folds members, one row per member, into a referral_forest; referrer NULL is a seed, who came by itself';

create aggregate referral_merge(referral_forest) (
	sfunc = revops_internal.referral_forest_combine,
	stype = referral_forest,
	sspace = 4096,
	finalfunc = revops_internal.referral_forest_final,
	combinefunc = revops_internal.referral_forest_combine,
	parallel = safe
);
comment on aggregate referral_merge(referral_forest) is
	'merges referral_forests of different rows, for example of single months, in any order';

@use state_combine type=referral_forest name=referral symbol=referral_forest_combine_two

create function referral_rows(
	forest referral_forest,
	as_of date,
	out member text,
	out referrer text,
	out seed text,
	out generation int,
	out joined_on date,
	out days_from_referrer int,
	out children bigint,
	out descendants bigint,
	out amount numeric,
	out tree_amount numeric,
	out problem text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000 rows 1000;
comment on function referral_rows(referral_forest, date) is
	'each member as known on as_of, one row each: its seed, generation, children and all below; faults are named and not hidden';

create function referral_generations(
	forest referral_forest,
	as_of date,
	within_days int default null,
	out generation int,
	out members bigint,
	out referrers bigint,
	out children bigint,
	out k float8,
	out k_low float8,
	out k_high float8,
	out mature_members bigint,
	out mature_children bigint,
	out mature_k float8,
	out mature_k_low float8,
	out mature_k_high float8,
	out median_days float8,
	out amount numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 6;
comment on function referral_generations(referral_forest, date, int) is
	'how many each generation brought, one row per generation; mature_k: of those whose within_days are over; a last row counts members without a tree';
