-- tariff.sql: tariff_def, a price list of one item, and what it says of quantities.

@use type_io type=tariff_def binary=stable
comment on type tariff_def is
	'a price list of one item: tiers, fees, packages, free units, rounding, minimum and maximum';

@use type_comparison type=tariff_def
@use definition_casts type=tariff_def

create function tariff_problem(tariff text)
	returns text
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 20;
comment on function tariff_problem(text) is
	'what is wrong with the JSON text of a tariff; NULL where it is valid';

create function tariff(
	mode text,
	up_to numeric[],
	unit_price numeric[],
	flat_fee numeric[] default null,
	free_units numeric default 0,
	package_size numeric default null,
	zero_fee boolean default true,
	minimum numeric default null,
	maximum numeric default null,
	round jsonb default null,
	currency text default null
)
	returns tariff_def
	as 'MODULE_PATHNAME', 'tariff_construct' language c immutable parallel safe;
comment on function tariff(text, numeric[], numeric[], numeric[], numeric, numeric, boolean, numeric, numeric, jsonb, text) is
	'makes a tariff from lists with one element per tier: upper bound (NULL for the last), unit price, flat fee';

-- tariff_agg

@use type_io type=tariff_draft binary=stable
comment on type tariff_draft is 'the rows of a price table while tariff_agg runs: its state';

@use type_comparison type=tariff_draft
@use state_cast type=tariff_draft

create function revops_internal.tariff_draft_add(tariff_draft, numeric, numeric, numeric, jsonb)
	returns tariff_draft
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.tariff_draft_add(tariff_draft, numeric, numeric, numeric, jsonb) is
	'adds a row to tariff_agg''s state';

create function revops_internal.tariff_draft_combine(tariff_draft, tariff_draft)
	returns tariff_draft
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.tariff_draft_combine(tariff_draft, tariff_draft) is 'merges two states of tariff_agg';

create function revops_internal.tariff_draft_final(tariff_draft)
	returns tariff_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.tariff_draft_final(tariff_draft) is 'checks tariff_agg''s rows and makes the tariff';

create aggregate tariff_agg(up_to numeric, unit_price numeric, flat_fee numeric, options jsonb) (
	sfunc = revops_internal.tariff_draft_add,
	stype = tariff_draft,
	sspace = 400,
	finalfunc = revops_internal.tariff_draft_final,
	finalfunc_modify = read_only,
	combinefunc = revops_internal.tariff_draft_combine,
	parallel = safe
);
comment on aggregate tariff_agg(numeric, numeric, numeric, jsonb) is
	'makes a tariff from the rows of a price table, one row per tier, in any order; options are the other keys of its JSON form';

-- prices

create function tariff_price(tariff_def, quantity numeric)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 2;
comment on function tariff_price(tariff_def, numeric) is 'what a quantity costs, exactly';

-- the quantity has no name here: a column of the result has it
create function tariff_lines(
	tariff_def,
	numeric,
	out line_index int,
	out kind text,
	out from_quantity numeric,
	out to_quantity numeric,
	out quantity numeric,
	out unit_price numeric,
	out amount numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 5;
comment on function tariff_lines(tariff_def, numeric) is
	'the lines of a price: tier, flat_fee, rounding, maximum, minimum; their amounts sum exactly to tariff_price';

create function tariff_delta(tariff_def, before numeric, after numeric)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 4;
comment on function tariff_delta(tariff_def, numeric, numeric) is
	'what is still to be billed: the price of quantity after minus the price of quantity before; NULL before means that nothing was billed yet';

create function tariff_unit_price(tariff_def, quantity numeric)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 4;
comment on function tariff_unit_price(tariff_def, numeric) is
	'the average price of one unit: price / quantity; NULL for quantity 0';

create function tariff_tiers(
	tariff_def,
	out tier_index int,
	out from_quantity numeric,
	out up_to numeric,
	out unit_price numeric,
	out flat_fee numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 6;
comment on function tariff_tiers(tariff_def) is
	'the tiers of a tariff, one row per tier: above from_quantity, up to and including up_to (NULL means no end)';

-- questions about all multiples of a step

create function tariff_cliffs(
	tariff_def,
	step numeric default 1,
	out from_quantity numeric,
	out to_quantity numeric,
	out better_quantity numeric,
	out better_price numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1000 rows 3;
comment on function tariff_cliffs(tariff_def, numeric) is
	'ranges of quantities that cost more than a larger quantity: better_quantity costs only better_price';

create function tariff_best_quantity(tariff_def, quantity numeric, step numeric default 1)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function tariff_best_quantity(tariff_def, numeric, numeric) is
	'the cheapest multiple of step that is at least the quantity; the smallest one where several cost the same';

create function tariff_quantity_for(tariff_def, budget numeric, step numeric default 1)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function tariff_quantity_for(tariff_def, numeric, numeric) is
	'the largest multiple of step that costs at most the budget; NULL where none does, Infinity where all larger ones do';
