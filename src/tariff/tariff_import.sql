-- tariff_import.sql: price objects of other systems as tariffs.

create function tariff_from_stripe(price jsonb)
	returns tariff_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function tariff_from_stripe(jsonb) is
	'a Stripe Price object as a tariff in whole currency units, or an error with the reason';

create function tariff_from_lago(charge jsonb)
	returns tariff_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function tariff_from_lago(jsonb) is
	'a Lago charge as a tariff, or an error with the reason';

create function tariff_from_openmeter(price jsonb)
	returns tariff_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100;
comment on function tariff_from_openmeter(jsonb) is
	'an OpenMeter price object as a tariff, or an error with the reason';
