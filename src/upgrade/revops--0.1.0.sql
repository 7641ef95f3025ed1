-- schema.sql: opens the install script.

\echo Use "create extension revops" to load this file. \quit

-- Two schemas: revops has what users call, revops_internal what PostgreSQL calls for types and aggregates and what
-- makers of views share, so that \df revops.* lists the first alone.
--
-- They are the extension's own. This script makes them, so they belong to who runs the script (the bootstrap
-- superuser where a plain user installs), and nobody else can put an object there that a name in a function, a
-- view or a query would find. A schema of such a name that stands already may hold such objects: it is refused.
-- An empty one of the installing user gives way; its grants and default privileges go with it. Default privileges
-- of the database may let others in: what they grant is taken back.
do $$
declare
	place text;
	old record;
	contents text;
	grantee text;
begin
	foreach place in array array['revops', 'revops_internal'] loop
		select n.nspowner::regrole as owner, pg_has_role(e.extowner, n.nspowner, 'usage') as is_own into old
		from pg_namespace n, pg_extension e
		where n.nspname = place and e.extname = 'revops';
		if found then
			if not old.is_own then
				raise exception using errcode = 'duplicate_schema', message = format('schema "%s" already exists', place),
					detail = format('It belongs to %s.', old.owner),
					hint = 'The extension makes its own schema, to which nobody else can add. Have this one dropped or renamed.';
			end if;
			begin
				execute format('drop schema %I restrict', place);
			exception when dependent_objects_still_exist then
				get stacked diagnostics contents = pg_exception_detail;
				raise exception using errcode = 'duplicate_schema', message = format('schema "%s" already exists and is not empty', place),
					detail = contents,
					hint = 'The extension makes its own schema, to which nobody else can add. Look at what is there, then drop or rename it.';
			end;
		end if;
		execute format('create schema %I', place);
		for grantee in
			select distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
			from pg_namespace n, aclexplode(n.nspacl) a
			where n.nspname = place and a.grantee <> n.nspowner
		loop
			execute format('revoke all on schema %I from %s', place, grantee);
		end loop;
		execute format('grant usage on schema %I to public', place);
	end loop;
end
$$;
comment on schema revops is 'B2B operations analytics: RFM, funnels, renewals, pricing';
comment on schema revops_internal is 'what revops itself calls; users call what is in schema revops';

-- names without a schema are made in revops
set local search_path = revops, pg_temp;
-- wilson.sql: the Wilson score interval, which every rate of revops carries.

create function wilson_low(successes bigint, trials bigint)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1;
comment on function wilson_low(bigint, bigint) is
	'lower end of the 95 % Wilson score interval of successes/trials; NULL for no trial';

create function wilson_high(successes bigint, trials bigint)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1;
comment on function wilson_high(bigint, bigint) is
	'upper end of the 95 % Wilson score interval of successes/trials; NULL for no trial';
-- zone.sql: time zones by name.

create function revops_internal.zone_check(time_zone text)
	returns text
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.zone_check(text) is
	'the name of a time zone as the zone database spells it; an error for an unknown one or an offset such as UTC+8';
-- rfm_order.sql: order_state, what RFM needs to know of one customer's orders.

create type order_state;

create function revops_internal.order_state_in(cstring)
	returns order_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.order_state_in(cstring) is 'reads a value of order_state from its JSON text';

create function revops_internal.order_state_out(order_state)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.order_state_out(order_state) is 'writes a value of order_state as JSON text, the same for equal values';

create function revops_internal.order_state_recv(internal)
	returns order_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.order_state_recv(internal) is 'reads a value of order_state from its binary form';

create function revops_internal.order_state_send(order_state)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.order_state_send(order_state) is 'writes a value of order_state in binary form';

create type order_state (
	input = revops_internal.order_state_in,
	output = revops_internal.order_state_out,
	receive = revops_internal.order_state_recv,
	send = revops_internal.order_state_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type order_state is
	'one customer''s orders: how many, first, last, exact total; mergeable with order_merge';

-- Equal values of order_state are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.order_state_eq(order_state, order_state)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_eq(order_state, order_state) is 'implements operator =';

create operator = (
	leftarg = order_state,
	rightarg = order_state,
	function = revops_internal.order_state_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (order_state, order_state) is 'equal';

create function revops_internal.order_state_ne(order_state, order_state)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_ne(order_state, order_state) is 'implements operator <>';

create operator <> (
	leftarg = order_state,
	rightarg = order_state,
	function = revops_internal.order_state_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (order_state, order_state) is 'not equal';

create function revops_internal.order_state_lt(order_state, order_state)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_lt(order_state, order_state) is 'implements operator <';

create operator < (
	leftarg = order_state,
	rightarg = order_state,
	function = revops_internal.order_state_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (order_state, order_state) is 'sorts before';

create function revops_internal.order_state_le(order_state, order_state)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_le(order_state, order_state) is 'implements operator <=';

create operator <= (
	leftarg = order_state,
	rightarg = order_state,
	function = revops_internal.order_state_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (order_state, order_state) is 'sorts before, or equal';

create function revops_internal.order_state_gt(order_state, order_state)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_gt(order_state, order_state) is 'implements operator >';

create operator > (
	leftarg = order_state,
	rightarg = order_state,
	function = revops_internal.order_state_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (order_state, order_state) is 'sorts after';

create function revops_internal.order_state_ge(order_state, order_state)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_ge(order_state, order_state) is 'implements operator >=';

create operator >= (
	leftarg = order_state,
	rightarg = order_state,
	function = revops_internal.order_state_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (order_state, order_state) is 'sorts after, or equal';

create function revops_internal.order_state_cmp(order_state, order_state)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_cmp(order_state, order_state) is 'order of two values: negative, 0 or positive';

create function revops_internal.order_state_hash(order_state)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_hash(order_state) is 'hash of a value';

create function revops_internal.order_state_hash_extended(order_state, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.order_state_hash_extended(order_state, bigint) is 'hash of a value, with a seed';

create operator class order_state_btree_ops
	default for type order_state using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.order_state_cmp(order_state, order_state);
comment on operator class order_state_btree_ops using btree is 'sorts and compares values of order_state';
comment on operator family order_state_btree_ops using btree is 'sorts and compares values of order_state';

create operator class order_state_hash_ops
	default for type order_state using hash as
	operator 1 =,
	function 1 revops_internal.order_state_hash(order_state),
	function 2 revops_internal.order_state_hash_extended(order_state, bigint);
comment on operator class order_state_hash_ops using hash is 'hashes values of order_state';
comment on operator family order_state_hash_ops using hash is 'hashes values of order_state';
create cast (order_state as jsonb) with inout;
comment on cast (order_state as jsonb) is 'the JSON form of a value';

-- bare timestamps are UTC's, so that the session's time zone has no say
create function revops_internal.order_state_add(order_state, timestamptz, numeric)
	returns order_state
	as 'MODULE_PATHNAME', 'order_state_add' language c immutable parallel safe;
comment on function revops_internal.order_state_add(order_state, timestamptz, numeric) is 'adds a row to order_agg''s state';

create function revops_internal.order_state_add(order_state, timestamp, numeric)
	returns order_state
	as 'MODULE_PATHNAME', 'order_state_add' language c immutable parallel safe;
comment on function revops_internal.order_state_add(order_state, timestamp, numeric) is 'adds a row to order_agg''s state';

create function revops_internal.order_state_add(order_state, date, numeric)
	returns order_state
	as 'MODULE_PATHNAME', 'order_state_add_date' language c immutable parallel safe;
comment on function revops_internal.order_state_add(order_state, date, numeric) is 'adds a row to order_agg''s state';


create function revops_internal.order_state_combine(order_state, order_state)
	returns order_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.order_state_combine(order_state, order_state) is 'merges two states of order_agg or order_merge';

create function revops_internal.order_state_final(order_state)
	returns order_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.order_state_final(order_state) is
	'ends order_agg and order_merge: equal states are equal bytes';

create aggregate order_agg(ordered_at timestamptz, amount numeric) (
	sfunc = revops_internal.order_state_add,
	stype = order_state,
	sspace = 80,
	finalfunc = revops_internal.order_state_final,
	combinefunc = revops_internal.order_state_combine,
	parallel = safe
);
comment on aggregate order_agg(timestamptz, numeric) is
	'folds orders, one row per order, into an order_state; negative amounts are credit notes';

create aggregate order_agg(ordered_at timestamp, amount numeric) (
	sfunc = revops_internal.order_state_add,
	stype = order_state,
	sspace = 80,
	finalfunc = revops_internal.order_state_final,
	combinefunc = revops_internal.order_state_combine,
	parallel = safe
);
comment on aggregate order_agg(timestamp, numeric) is
	'folds orders, one row per order, into an order_state; negative amounts are credit notes; bare times are read as UTC';

create aggregate order_agg(ordered_at date, amount numeric) (
	sfunc = revops_internal.order_state_add,
	stype = order_state,
	sspace = 80,
	finalfunc = revops_internal.order_state_final,
	combinefunc = revops_internal.order_state_combine,
	parallel = safe
);
comment on aggregate order_agg(date, numeric) is
	'folds orders, one row per order, into an order_state; negative amounts are credit notes; days are read as UTC';


create aggregate order_merge(order_state) (
	sfunc = revops_internal.order_state_combine,
	stype = order_state,
	sspace = 80,
	finalfunc = revops_internal.order_state_final,
	combinefunc = revops_internal.order_state_combine,
	parallel = safe
);
comment on aggregate order_merge(order_state) is
	'merges order_states of one customer, for example of single days, in any order';

create function order_count(order_state)
	returns bigint
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_count(order_state) is 'the number of orders; credit notes are not counted';

create function order_first_at(order_state)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_first_at(order_state) is 'the time of the first order; NULL where there are only credit notes';

create function order_last_at(order_state)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_last_at(order_state) is 'the time of the last order; NULL where there are only credit notes';

create function order_total(order_state)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_total(order_state) is 'the exact sum of all amounts, less credit notes';

create function order_recency_days(order_state, as_of date, time_zone text default 'UTC')
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function order_recency_days(order_state, date, text) is
	'whole days from the day of the last order, in time_zone, to as_of; an error where an order lies after as_of';
-- rfm_model.sql: scores, the cuts that make them, learned or given.

create type rfm_scores as (
	recency_score integer,
	frequency_score integer,
	monetary_score integer,
	bins integer,
	rfm_cell text
);
comment on type rfm_scores is
	'scores of one customer, from 1 to bins, and the three together as rfm_cell; bins is NULL where dimensions differ';
comment on column rfm_scores.recency_score is 'the more recent, the higher';
comment on column rfm_scores.frequency_score is 'the more orders, the higher';
comment on column rfm_scores.monetary_score is 'the more money, the higher';
comment on column rfm_scores.bins is 'the highest score that each dimension can have';
comment on column rfm_scores.rfm_cell is 'the three scores in one label: 545, with more than 9 bins 5-10-4';

create function rfm_score(
	recency_days float8,
	frequency float8,
	monetary float8,
	bins integer default 5,
	method text default 'quantile'
)
	returns rfm_scores
	as 'MODULE_PATHNAME' language c window immutable parallel safe cost 10;
comment on function rfm_score(float8, float8, float8, integer, text) is
	'scores each row among the rows of its window partition; equal values get equal scores';

create type rfm_model;

create function revops_internal.rfm_model_in(cstring)
	returns rfm_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_model_in(cstring) is 'reads a value of rfm_model from its JSON text';

create function revops_internal.rfm_model_out(rfm_model)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_model_out(rfm_model) is 'writes a value of rfm_model as JSON text, the same for equal values';

create function revops_internal.rfm_model_recv(internal)
	returns rfm_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_model_recv(internal) is 'reads a value of rfm_model from its binary form';

create function revops_internal.rfm_model_send(rfm_model)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_model_send(rfm_model) is 'writes a value of rfm_model in binary form';

create type rfm_model (
	input = revops_internal.rfm_model_in,
	output = revops_internal.rfm_model_out,
	receive = revops_internal.rfm_model_recv,
	send = revops_internal.rfm_model_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type rfm_model is
	'the cuts by which customers are scored: learned by rfm_model_agg, or given to rfm_model()';

-- Equal values of rfm_model are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.rfm_model_eq(rfm_model, rfm_model)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_eq(rfm_model, rfm_model) is 'implements operator =';

create operator = (
	leftarg = rfm_model,
	rightarg = rfm_model,
	function = revops_internal.rfm_model_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (rfm_model, rfm_model) is 'equal';

create function revops_internal.rfm_model_ne(rfm_model, rfm_model)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_ne(rfm_model, rfm_model) is 'implements operator <>';

create operator <> (
	leftarg = rfm_model,
	rightarg = rfm_model,
	function = revops_internal.rfm_model_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (rfm_model, rfm_model) is 'not equal';

create function revops_internal.rfm_model_lt(rfm_model, rfm_model)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_lt(rfm_model, rfm_model) is 'implements operator <';

create operator < (
	leftarg = rfm_model,
	rightarg = rfm_model,
	function = revops_internal.rfm_model_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (rfm_model, rfm_model) is 'sorts before';

create function revops_internal.rfm_model_le(rfm_model, rfm_model)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_le(rfm_model, rfm_model) is 'implements operator <=';

create operator <= (
	leftarg = rfm_model,
	rightarg = rfm_model,
	function = revops_internal.rfm_model_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (rfm_model, rfm_model) is 'sorts before, or equal';

create function revops_internal.rfm_model_gt(rfm_model, rfm_model)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_gt(rfm_model, rfm_model) is 'implements operator >';

create operator > (
	leftarg = rfm_model,
	rightarg = rfm_model,
	function = revops_internal.rfm_model_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (rfm_model, rfm_model) is 'sorts after';

create function revops_internal.rfm_model_ge(rfm_model, rfm_model)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_ge(rfm_model, rfm_model) is 'implements operator >=';

create operator >= (
	leftarg = rfm_model,
	rightarg = rfm_model,
	function = revops_internal.rfm_model_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (rfm_model, rfm_model) is 'sorts after, or equal';

create function revops_internal.rfm_model_cmp(rfm_model, rfm_model)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_cmp(rfm_model, rfm_model) is 'order of two values: negative, 0 or positive';

create function revops_internal.rfm_model_hash(rfm_model)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_hash(rfm_model) is 'hash of a value';

create function revops_internal.rfm_model_hash_extended(rfm_model, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_model_hash_extended(rfm_model, bigint) is 'hash of a value, with a seed';

create operator class rfm_model_btree_ops
	default for type rfm_model using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.rfm_model_cmp(rfm_model, rfm_model);
comment on operator class rfm_model_btree_ops using btree is 'sorts and compares values of rfm_model';
comment on operator family rfm_model_btree_ops using btree is 'sorts and compares values of rfm_model';

create operator class rfm_model_hash_ops
	default for type rfm_model using hash as
	operator 1 =,
	function 1 revops_internal.rfm_model_hash(rfm_model),
	function 2 revops_internal.rfm_model_hash_extended(rfm_model, bigint);
comment on operator class rfm_model_hash_ops using hash is 'hashes values of rfm_model';
comment on operator family rfm_model_hash_ops using hash is 'hashes values of rfm_model';
create cast (jsonb as rfm_model) with inout;
comment on cast (jsonb as rfm_model) is 'reads a value from its JSON form';

create cast (rfm_model as jsonb) with inout;
comment on cast (rfm_model as jsonb) is 'the JSON form of a value';

create function rfm_model(
	recency_cuts float8[],
	frequency_cuts float8[],
	monetary_cuts float8[]
)
	returns rfm_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_model(float8[], float8[], float8[]) is
	'makes a model of your own cuts, each list rising, recency in days: a value above a cut scores one more; for recency, days below a cut score one more';

create type rfm_population;

create function revops_internal.rfm_population_in(cstring)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_population_in(cstring) is 'reads a value of rfm_population from its JSON text';

create function revops_internal.rfm_population_out(rfm_population)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_population_out(rfm_population) is 'writes a value of rfm_population as JSON text, the same for equal values';

create function revops_internal.rfm_population_recv(internal)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_population_recv(internal) is 'reads a value of rfm_population from its binary form';

create function revops_internal.rfm_population_send(rfm_population)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_population_send(rfm_population) is 'writes a value of rfm_population in binary form';

create type rfm_population (
	input = revops_internal.rfm_population_in,
	output = revops_internal.rfm_population_out,
	receive = revops_internal.rfm_population_recv,
	send = revops_internal.rfm_population_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type rfm_population is
	'the measures of customers while rfm_model_agg runs: its state';

-- Equal values of rfm_population are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.rfm_population_eq(rfm_population, rfm_population)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_eq(rfm_population, rfm_population) is 'implements operator =';

create operator = (
	leftarg = rfm_population,
	rightarg = rfm_population,
	function = revops_internal.rfm_population_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (rfm_population, rfm_population) is 'equal';

create function revops_internal.rfm_population_ne(rfm_population, rfm_population)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_ne(rfm_population, rfm_population) is 'implements operator <>';

create operator <> (
	leftarg = rfm_population,
	rightarg = rfm_population,
	function = revops_internal.rfm_population_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (rfm_population, rfm_population) is 'not equal';

create function revops_internal.rfm_population_lt(rfm_population, rfm_population)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_lt(rfm_population, rfm_population) is 'implements operator <';

create operator < (
	leftarg = rfm_population,
	rightarg = rfm_population,
	function = revops_internal.rfm_population_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (rfm_population, rfm_population) is 'sorts before';

create function revops_internal.rfm_population_le(rfm_population, rfm_population)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_le(rfm_population, rfm_population) is 'implements operator <=';

create operator <= (
	leftarg = rfm_population,
	rightarg = rfm_population,
	function = revops_internal.rfm_population_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (rfm_population, rfm_population) is 'sorts before, or equal';

create function revops_internal.rfm_population_gt(rfm_population, rfm_population)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_gt(rfm_population, rfm_population) is 'implements operator >';

create operator > (
	leftarg = rfm_population,
	rightarg = rfm_population,
	function = revops_internal.rfm_population_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (rfm_population, rfm_population) is 'sorts after';

create function revops_internal.rfm_population_ge(rfm_population, rfm_population)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_ge(rfm_population, rfm_population) is 'implements operator >=';

create operator >= (
	leftarg = rfm_population,
	rightarg = rfm_population,
	function = revops_internal.rfm_population_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (rfm_population, rfm_population) is 'sorts after, or equal';

create function revops_internal.rfm_population_cmp(rfm_population, rfm_population)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_cmp(rfm_population, rfm_population) is 'order of two values: negative, 0 or positive';

create function revops_internal.rfm_population_hash(rfm_population)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_hash(rfm_population) is 'hash of a value';

create function revops_internal.rfm_population_hash_extended(rfm_population, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_population_hash_extended(rfm_population, bigint) is 'hash of a value, with a seed';

create operator class rfm_population_btree_ops
	default for type rfm_population using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.rfm_population_cmp(rfm_population, rfm_population);
comment on operator class rfm_population_btree_ops using btree is 'sorts and compares values of rfm_population';
comment on operator family rfm_population_btree_ops using btree is 'sorts and compares values of rfm_population';

create operator class rfm_population_hash_ops
	default for type rfm_population using hash as
	operator 1 =,
	function 1 revops_internal.rfm_population_hash(rfm_population),
	function 2 revops_internal.rfm_population_hash_extended(rfm_population, bigint);
comment on operator class rfm_population_hash_ops using hash is 'hashes values of rfm_population';
comment on operator family rfm_population_hash_ops using hash is 'hashes values of rfm_population';
create cast (rfm_population as jsonb) with inout;
comment on cast (rfm_population as jsonb) is 'the JSON form of a value';

create function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer) is
	'adds a customer to rfm_model_agg''s state';

create function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer, text)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_population_add(rfm_population, float8, float8, float8, integer, text) is
	'adds a customer to rfm_model_agg''s state';

create function revops_internal.rfm_population_combine(rfm_population, rfm_population)
	returns rfm_population
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.rfm_population_combine(rfm_population, rfm_population) is
	'merges two states of rfm_model_agg';

create function revops_internal.rfm_population_model(rfm_population)
	returns rfm_model
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_population_model(rfm_population) is 'learns the model of rfm_model_agg';

create aggregate rfm_model_agg(recency_days float8, frequency float8, monetary float8, bins integer) (
	sfunc = revops_internal.rfm_population_add,
	stype = rfm_population,
	sspace = 1600,
	finalfunc = revops_internal.rfm_population_model,
	combinefunc = revops_internal.rfm_population_combine,
	parallel = safe
);
comment on aggregate rfm_model_agg(float8, float8, float8, integer) is
	'learns quantile cuts from customers, one row per customer; rows with a NULL measure are left out';

create aggregate rfm_model_agg(
	recency_days float8,
	frequency float8,
	monetary float8,
	bins integer,
	method text
) (
	sfunc = revops_internal.rfm_population_add,
	stype = rfm_population,
	sspace = 1600,
	finalfunc = revops_internal.rfm_population_model,
	combinefunc = revops_internal.rfm_population_combine,
	parallel = safe
);
comment on aggregate rfm_model_agg(float8, float8, float8, integer, text) is
	'learns cuts from customers, one row per customer, by method quantile or mean (2 bins)';

create function rfm_model_score(
	rfm_model,
	recency_days float8,
	frequency float8,
	monetary float8
)
	returns rfm_scores
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_model_score(rfm_model, float8, float8, float8) is
	'scores one customer by a model; NULL where a measure is NULL';

create function rfm_model_score(rfm_model, order_state, as_of date)
	returns rfm_scores
	as 'MODULE_PATHNAME', 'rfm_model_score_state' language c immutable strict parallel safe;
comment on function rfm_model_score(rfm_model, order_state, date) is
	'scores one customer by a model, from the state of order_agg; NULL where there are only credit notes';

create function rfm_model_rows(
	rfm_model,
	out dimension text,
	out dimension_index integer,
	out cut_index integer,
	out cut float8,
	out bins integer,
	out reachable_scores integer
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe rows 12;
comment on function rfm_model_rows(rfm_model) is
	'the cuts of a model, one row per cut, and how many scores can be reached (equal cuts make some unreachable)';
-- rfm_segment.sql: names for cells of scores.

create type rfm_segment_map;

create function revops_internal.rfm_segment_map_in(cstring)
	returns rfm_segment_map
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_segment_map_in(cstring) is 'reads a value of rfm_segment_map from its JSON text';

create function revops_internal.rfm_segment_map_out(rfm_segment_map)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.rfm_segment_map_out(rfm_segment_map) is 'writes a value of rfm_segment_map as JSON text, the same for equal values';

create function revops_internal.rfm_segment_map_recv(internal)
	returns rfm_segment_map
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.rfm_segment_map_recv(internal) is 'reads a value of rfm_segment_map from its binary form';

create function revops_internal.rfm_segment_map_send(rfm_segment_map)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.rfm_segment_map_send(rfm_segment_map) is 'writes a value of rfm_segment_map in binary form';

create type rfm_segment_map (
	input = revops_internal.rfm_segment_map_in,
	output = revops_internal.rfm_segment_map_out,
	receive = revops_internal.rfm_segment_map_recv,
	send = revops_internal.rfm_segment_map_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type rfm_segment_map is
	'ordered rules that name the segments of RFM scores; the first rule that fits wins';

-- Equal values of rfm_segment_map are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.rfm_segment_map_eq(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_eq(rfm_segment_map, rfm_segment_map) is 'implements operator =';

create operator = (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = revops_internal.rfm_segment_map_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (rfm_segment_map, rfm_segment_map) is 'equal';

create function revops_internal.rfm_segment_map_ne(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_ne(rfm_segment_map, rfm_segment_map) is 'implements operator <>';

create operator <> (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = revops_internal.rfm_segment_map_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (rfm_segment_map, rfm_segment_map) is 'not equal';

create function revops_internal.rfm_segment_map_lt(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_lt(rfm_segment_map, rfm_segment_map) is 'implements operator <';

create operator < (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = revops_internal.rfm_segment_map_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (rfm_segment_map, rfm_segment_map) is 'sorts before';

create function revops_internal.rfm_segment_map_le(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_le(rfm_segment_map, rfm_segment_map) is 'implements operator <=';

create operator <= (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = revops_internal.rfm_segment_map_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (rfm_segment_map, rfm_segment_map) is 'sorts before, or equal';

create function revops_internal.rfm_segment_map_gt(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_gt(rfm_segment_map, rfm_segment_map) is 'implements operator >';

create operator > (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = revops_internal.rfm_segment_map_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (rfm_segment_map, rfm_segment_map) is 'sorts after';

create function revops_internal.rfm_segment_map_ge(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_ge(rfm_segment_map, rfm_segment_map) is 'implements operator >=';

create operator >= (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = revops_internal.rfm_segment_map_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (rfm_segment_map, rfm_segment_map) is 'sorts after, or equal';

create function revops_internal.rfm_segment_map_cmp(rfm_segment_map, rfm_segment_map)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_cmp(rfm_segment_map, rfm_segment_map) is 'order of two values: negative, 0 or positive';

create function revops_internal.rfm_segment_map_hash(rfm_segment_map)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_hash(rfm_segment_map) is 'hash of a value';

create function revops_internal.rfm_segment_map_hash_extended(rfm_segment_map, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.rfm_segment_map_hash_extended(rfm_segment_map, bigint) is 'hash of a value, with a seed';

create operator class rfm_segment_map_btree_ops
	default for type rfm_segment_map using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.rfm_segment_map_cmp(rfm_segment_map, rfm_segment_map);
comment on operator class rfm_segment_map_btree_ops using btree is 'sorts and compares values of rfm_segment_map';
comment on operator family rfm_segment_map_btree_ops using btree is 'sorts and compares values of rfm_segment_map';

create operator class rfm_segment_map_hash_ops
	default for type rfm_segment_map using hash as
	operator 1 =,
	function 1 revops_internal.rfm_segment_map_hash(rfm_segment_map),
	function 2 revops_internal.rfm_segment_map_hash_extended(rfm_segment_map, bigint);
comment on operator class rfm_segment_map_hash_ops using hash is 'hashes values of rfm_segment_map';
comment on operator family rfm_segment_map_hash_ops using hash is 'hashes values of rfm_segment_map';
create cast (jsonb as rfm_segment_map) with inout;
comment on cast (jsonb as rfm_segment_map) is 'reads a value from its JSON form';

create cast (rfm_segment_map as jsonb) with inout;
comment on cast (rfm_segment_map as jsonb) is 'the JSON form of a value';

create function segment_map(name text)
	returns rfm_segment_map
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function segment_map(text) is
	'a segment map that comes with revops: grid (5 bins), octant or octant_zh (2 bins)';

create function rfm_segment(
	scores rfm_scores,
	map rfm_segment_map default segment_map('grid')
)
	returns text
	as 'MODULE_PATHNAME', 'rfm_segment_scores' language c immutable strict parallel safe;
comment on function rfm_segment(rfm_scores, rfm_segment_map) is
	'the segment of a customer''s scores; NULL where no rule fits; an error where bins differ';

create function rfm_segment(
	recency_score integer,
	frequency_score integer,
	monetary_score integer,
	map rfm_segment_map default segment_map('grid')
)
	returns text
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_segment(integer, integer, integer, rfm_segment_map) is
	'the segment of three scores; NULL where no rule fits';

create function segment_map_rows(
	rfm_segment_map,
	out segment_order integer,
	out segment_name text,
	out rule_index integer,
	out recency_low integer,
	out recency_high integer,
	out frequency_low integer,
	out frequency_high integer,
	out monetary_low integer,
	out monetary_high integer
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe rows 10;
comment on function segment_map_rows(rfm_segment_map) is
	'the rules of a map, one row per rule; segment_order sorts the segments as the map lists them';

create function segment_map_check(
	rfm_segment_map,
	out problem text,
	out recency_score integer,
	out frequency_score integer,
	out monetary_score integer,
	out rule_index integer,
	out segment_name text,
	out other_rule_index integer,
	out other_segment_name text,
	out detail text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe rows 5;
comment on function segment_map_check(rfm_segment_map) is
	'problems of a map: scores that no rule covers, rules that can never apply, pairs of rules that overlap';
-- survival.sql: survival_state, Kaplan-Meier estimates of how long it takes
-- until an event, where some subjects have not had it yet.

create type survival_state;

create function revops_internal.survival_state_in(cstring)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.survival_state_in(cstring) is 'reads a value of survival_state from its JSON text';

create function revops_internal.survival_state_out(survival_state)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.survival_state_out(survival_state) is 'writes a value of survival_state as JSON text, the same for equal values';

create function revops_internal.survival_state_recv(internal)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.survival_state_recv(internal) is 'reads a value of survival_state from its binary form';

create function revops_internal.survival_state_send(survival_state)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.survival_state_send(survival_state) is 'writes a value of survival_state in binary form';

create type survival_state (
	input = revops_internal.survival_state_in,
	output = revops_internal.survival_state_out,
	receive = revops_internal.survival_state_recv,
	send = revops_internal.survival_state_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type survival_state is
	'durations with and without the event; equal ones are stored once with their count; mergeable with survival_merge';

-- Equal values of survival_state are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.survival_state_eq(survival_state, survival_state)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_eq(survival_state, survival_state) is 'implements operator =';

create operator = (
	leftarg = survival_state,
	rightarg = survival_state,
	function = revops_internal.survival_state_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (survival_state, survival_state) is 'equal';

create function revops_internal.survival_state_ne(survival_state, survival_state)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_ne(survival_state, survival_state) is 'implements operator <>';

create operator <> (
	leftarg = survival_state,
	rightarg = survival_state,
	function = revops_internal.survival_state_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (survival_state, survival_state) is 'not equal';

create function revops_internal.survival_state_lt(survival_state, survival_state)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_lt(survival_state, survival_state) is 'implements operator <';

create operator < (
	leftarg = survival_state,
	rightarg = survival_state,
	function = revops_internal.survival_state_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (survival_state, survival_state) is 'sorts before';

create function revops_internal.survival_state_le(survival_state, survival_state)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_le(survival_state, survival_state) is 'implements operator <=';

create operator <= (
	leftarg = survival_state,
	rightarg = survival_state,
	function = revops_internal.survival_state_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (survival_state, survival_state) is 'sorts before, or equal';

create function revops_internal.survival_state_gt(survival_state, survival_state)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_gt(survival_state, survival_state) is 'implements operator >';

create operator > (
	leftarg = survival_state,
	rightarg = survival_state,
	function = revops_internal.survival_state_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (survival_state, survival_state) is 'sorts after';

create function revops_internal.survival_state_ge(survival_state, survival_state)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_ge(survival_state, survival_state) is 'implements operator >=';

create operator >= (
	leftarg = survival_state,
	rightarg = survival_state,
	function = revops_internal.survival_state_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (survival_state, survival_state) is 'sorts after, or equal';

create function revops_internal.survival_state_cmp(survival_state, survival_state)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_cmp(survival_state, survival_state) is 'order of two values: negative, 0 or positive';

create function revops_internal.survival_state_hash(survival_state)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_hash(survival_state) is 'hash of a value';

create function revops_internal.survival_state_hash_extended(survival_state, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.survival_state_hash_extended(survival_state, bigint) is 'hash of a value, with a seed';

create operator class survival_state_btree_ops
	default for type survival_state using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.survival_state_cmp(survival_state, survival_state);
comment on operator class survival_state_btree_ops using btree is 'sorts and compares values of survival_state';
comment on operator family survival_state_btree_ops using btree is 'sorts and compares values of survival_state';

create operator class survival_state_hash_ops
	default for type survival_state using hash as
	operator 1 =,
	function 1 revops_internal.survival_state_hash(survival_state),
	function 2 revops_internal.survival_state_hash_extended(survival_state, bigint);
comment on operator class survival_state_hash_ops using hash is 'hashes values of survival_state';
comment on operator family survival_state_hash_ops using hash is 'hashes values of survival_state';
create cast (survival_state as jsonb) with inout;
comment on cast (survival_state as jsonb) is 'the JSON form of a value';

create function revops_internal.survival_state_add(survival_state, float8, boolean)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.survival_state_add(survival_state, float8, boolean) is
	'adds a row to survival_agg''s state';

create function revops_internal.survival_state_add(survival_state, float8, boolean, float8)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.survival_state_add(survival_state, float8, boolean, float8) is
	'adds a row to survival_agg''s state';

create function revops_internal.survival_state_combine(survival_state, survival_state)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.survival_state_combine(survival_state, survival_state) is
	'merges two states of survival_agg or survival_merge';

create function revops_internal.survival_state_final(survival_state)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.survival_state_final(survival_state) is
	'sorts and trims a state of survival_agg or survival_merge';

create aggregate survival_agg(duration float8, event boolean) (
	sfunc = revops_internal.survival_state_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate survival_agg(float8, boolean) is
	'folds durations into a survival_state; event false means that the event had not come when last seen';

create aggregate survival_agg(duration float8, event boolean, entry float8) (
	sfunc = revops_internal.survival_state_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate survival_agg(float8, boolean, float8) is
	'folds durations into a survival_state; each subject was watched only from its entry duration on';

create aggregate survival_merge(survival_state) (
	sfunc = revops_internal.survival_state_combine,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate survival_merge(survival_state) is
	'merges survival_states, for example of single months or regions, in any order';

create function survival_rows(
	survival_state,
	confidence float8 default 0.95,
	method text default 'log-log',
	out duration float8,
	out at_risk bigint,
	out events bigint,
	out censored bigint,
	out survival float8,
	out std_error float8,
	out survival_low float8,
	out survival_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 100;
comment on function survival_rows(survival_state, float8, text) is
	'the Kaplan-Meier curve, one row per distinct duration; std_error is that of log survival';

create function survival_at(
	survival_state,
	times float8[],
	confidence float8 default 0.95,
	method text default 'log-log',
	out duration float8,
	out at_risk bigint,
	out survival float8,
	out std_error float8,
	out survival_low float8,
	out survival_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function survival_at(survival_state, float8[], float8, text) is
	'the Kaplan-Meier curve at the given times; NULL after the last duration unless it is down to 0';

create function survival_quantiles(
	survival_state,
	p float8[],
	confidence float8 default 0.95,
	method text default 'log-log',
	out share float8,
	out duration float8,
	out duration_low float8,
	out duration_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function survival_quantiles(survival_state, float8[], float8, text) is
	'the durations by which each share p has had the event, with intervals; NULL where the share was not reached';

create function survival_mean(
	survival_state,
	until float8 default null,
	out until_duration float8,
	out mean_duration float8,
	out std_error float8
)
	returns record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100;
comment on function survival_mean(survival_state, float8) is
	'the restricted mean: the mean duration if all are stopped at until (NULL means the last duration)';
-- incidence.sql: incidence_state, Aalen-Johansen estimates for subjects that end
-- in one of several ways, as deals are won or lost, where some are still open.

create type incidence_state;

create function revops_internal.incidence_state_in(cstring)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.incidence_state_in(cstring) is 'reads a value of incidence_state from its JSON text';

create function revops_internal.incidence_state_out(incidence_state)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.incidence_state_out(incidence_state) is 'writes a value of incidence_state as JSON text, the same for equal values';

create function revops_internal.incidence_state_recv(internal)
	returns incidence_state
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.incidence_state_recv(internal) is 'reads a value of incidence_state from its binary form';

create function revops_internal.incidence_state_send(incidence_state)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.incidence_state_send(incidence_state) is 'writes a value of incidence_state in binary form';

create type incidence_state (
	input = revops_internal.incidence_state_in,
	output = revops_internal.incidence_state_out,
	receive = revops_internal.incidence_state_recv,
	send = revops_internal.incidence_state_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type incidence_state is
	'durations and how each ended; equal ones are stored once with their count; mergeable with incidence_merge';

-- Equal values of incidence_state are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.incidence_state_eq(incidence_state, incidence_state)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_eq(incidence_state, incidence_state) is 'implements operator =';

create operator = (
	leftarg = incidence_state,
	rightarg = incidence_state,
	function = revops_internal.incidence_state_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (incidence_state, incidence_state) is 'equal';

create function revops_internal.incidence_state_ne(incidence_state, incidence_state)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_ne(incidence_state, incidence_state) is 'implements operator <>';

create operator <> (
	leftarg = incidence_state,
	rightarg = incidence_state,
	function = revops_internal.incidence_state_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (incidence_state, incidence_state) is 'not equal';

create function revops_internal.incidence_state_lt(incidence_state, incidence_state)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_lt(incidence_state, incidence_state) is 'implements operator <';

create operator < (
	leftarg = incidence_state,
	rightarg = incidence_state,
	function = revops_internal.incidence_state_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (incidence_state, incidence_state) is 'sorts before';

create function revops_internal.incidence_state_le(incidence_state, incidence_state)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_le(incidence_state, incidence_state) is 'implements operator <=';

create operator <= (
	leftarg = incidence_state,
	rightarg = incidence_state,
	function = revops_internal.incidence_state_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (incidence_state, incidence_state) is 'sorts before, or equal';

create function revops_internal.incidence_state_gt(incidence_state, incidence_state)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_gt(incidence_state, incidence_state) is 'implements operator >';

create operator > (
	leftarg = incidence_state,
	rightarg = incidence_state,
	function = revops_internal.incidence_state_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (incidence_state, incidence_state) is 'sorts after';

create function revops_internal.incidence_state_ge(incidence_state, incidence_state)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_ge(incidence_state, incidence_state) is 'implements operator >=';

create operator >= (
	leftarg = incidence_state,
	rightarg = incidence_state,
	function = revops_internal.incidence_state_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (incidence_state, incidence_state) is 'sorts after, or equal';

create function revops_internal.incidence_state_cmp(incidence_state, incidence_state)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_cmp(incidence_state, incidence_state) is 'order of two values: negative, 0 or positive';

create function revops_internal.incidence_state_hash(incidence_state)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_hash(incidence_state) is 'hash of a value';

create function revops_internal.incidence_state_hash_extended(incidence_state, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.incidence_state_hash_extended(incidence_state, bigint) is 'hash of a value, with a seed';

create operator class incidence_state_btree_ops
	default for type incidence_state using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.incidence_state_cmp(incidence_state, incidence_state);
comment on operator class incidence_state_btree_ops using btree is 'sorts and compares values of incidence_state';
comment on operator family incidence_state_btree_ops using btree is 'sorts and compares values of incidence_state';

create operator class incidence_state_hash_ops
	default for type incidence_state using hash as
	operator 1 =,
	function 1 revops_internal.incidence_state_hash(incidence_state),
	function 2 revops_internal.incidence_state_hash_extended(incidence_state, bigint);
comment on operator class incidence_state_hash_ops using hash is 'hashes values of incidence_state';
comment on operator family incidence_state_hash_ops using hash is 'hashes values of incidence_state';
create cast (incidence_state as jsonb) with inout;
comment on cast (incidence_state as jsonb) is 'the JSON form of a value';

create function revops_internal.incidence_state_add(incidence_state, float8, text)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.incidence_state_add(incidence_state, float8, text) is
	'adds a row to incidence_agg''s state';

create function revops_internal.incidence_state_combine(incidence_state, incidence_state)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.incidence_state_combine(incidence_state, incidence_state) is
	'merges two states of incidence_agg or incidence_merge';

create function revops_internal.incidence_state_final(incidence_state)
	returns incidence_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.incidence_state_final(incidence_state) is
	'sorts and trims a state of incidence_agg or incidence_merge';

create aggregate incidence_agg(duration float8, cause text) (
	sfunc = revops_internal.incidence_state_add,
	stype = incidence_state,
	sspace = 512,
	finalfunc = revops_internal.incidence_state_final,
	combinefunc = revops_internal.incidence_state_combine,
	parallel = safe
);
comment on aggregate incidence_agg(float8, text) is
	'folds durations, each with the cause of its end, into an incidence_state; cause NULL means not ended yet';

create aggregate incidence_merge(incidence_state) (
	sfunc = revops_internal.incidence_state_combine,
	stype = incidence_state,
	sspace = 512,
	finalfunc = revops_internal.incidence_state_final,
	combinefunc = revops_internal.incidence_state_combine,
	parallel = safe
);
comment on aggregate incidence_merge(incidence_state) is
	'merges incidence_states, for example of single months or channels, in any order';

create function incidence_rows(
	incidence_state,
	confidence float8 default 0.95,
	method text default 'log',
	out cause text,
	out duration float8,
	out at_risk bigint,
	out events bigint,
	out incidence float8,
	out incidence_low float8,
	out incidence_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 100;
comment on function incidence_rows(incidence_state, float8, text) is
	'the Aalen-Johansen curves, one row per cause and distinct duration';

create function incidence_at(
	incidence_state,
	times float8[],
	confidence float8 default 0.95,
	method text default 'log',
	out cause text,
	out duration float8,
	out at_risk bigint,
	out incidence float8,
	out incidence_low float8,
	out incidence_high float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 100 rows 10;
comment on function incidence_at(incidence_state, float8[], float8, text) is
	'the Aalen-Johansen curves at the given times; NULL after the last duration unless all have ended';
-- funnel_def.sql: the definition of a funnel, a value.

create type funnel_def;

create function revops_internal.funnel_def_in(cstring)
	returns funnel_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_def_in(cstring) is 'reads a value of funnel_def from its JSON text';

create function revops_internal.funnel_def_out(funnel_def)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_def_out(funnel_def) is 'writes a value of funnel_def as JSON text, the same for equal values';

create function revops_internal.funnel_def_recv(internal)
	returns funnel_def
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.funnel_def_recv(internal) is 'reads a value of funnel_def from its binary form';

create function revops_internal.funnel_def_send(funnel_def)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.funnel_def_send(funnel_def) is 'writes a value of funnel_def in binary form';

create type funnel_def (
	input = revops_internal.funnel_def_in,
	output = revops_internal.funnel_def_out,
	receive = revops_internal.funnel_def_recv,
	send = revops_internal.funnel_def_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
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

-- Equal values of funnel_def are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.funnel_def_eq(funnel_def, funnel_def)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_eq(funnel_def, funnel_def) is 'implements operator =';

create operator = (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = revops_internal.funnel_def_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (funnel_def, funnel_def) is 'equal';

create function revops_internal.funnel_def_ne(funnel_def, funnel_def)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_ne(funnel_def, funnel_def) is 'implements operator <>';

create operator <> (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = revops_internal.funnel_def_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (funnel_def, funnel_def) is 'not equal';

create function revops_internal.funnel_def_lt(funnel_def, funnel_def)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_lt(funnel_def, funnel_def) is 'implements operator <';

create operator < (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = revops_internal.funnel_def_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (funnel_def, funnel_def) is 'sorts before';

create function revops_internal.funnel_def_le(funnel_def, funnel_def)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_le(funnel_def, funnel_def) is 'implements operator <=';

create operator <= (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = revops_internal.funnel_def_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (funnel_def, funnel_def) is 'sorts before, or equal';

create function revops_internal.funnel_def_gt(funnel_def, funnel_def)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_gt(funnel_def, funnel_def) is 'implements operator >';

create operator > (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = revops_internal.funnel_def_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (funnel_def, funnel_def) is 'sorts after';

create function revops_internal.funnel_def_ge(funnel_def, funnel_def)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_ge(funnel_def, funnel_def) is 'implements operator >=';

create operator >= (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = revops_internal.funnel_def_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (funnel_def, funnel_def) is 'sorts after, or equal';

create function revops_internal.funnel_def_cmp(funnel_def, funnel_def)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_cmp(funnel_def, funnel_def) is 'order of two values: negative, 0 or positive';

create function revops_internal.funnel_def_hash(funnel_def)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_hash(funnel_def) is 'hash of a value';

create function revops_internal.funnel_def_hash_extended(funnel_def, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_def_hash_extended(funnel_def, bigint) is 'hash of a value, with a seed';

create operator class funnel_def_btree_ops
	default for type funnel_def using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.funnel_def_cmp(funnel_def, funnel_def);
comment on operator class funnel_def_btree_ops using btree is 'sorts and compares values of funnel_def';
comment on operator family funnel_def_btree_ops using btree is 'sorts and compares values of funnel_def';

create operator class funnel_def_hash_ops
	default for type funnel_def using hash as
	operator 1 =,
	function 1 revops_internal.funnel_def_hash(funnel_def),
	function 2 revops_internal.funnel_def_hash_extended(funnel_def, bigint);
comment on operator class funnel_def_hash_ops using hash is 'hashes values of funnel_def';
comment on operator family funnel_def_hash_ops using hash is 'hashes values of funnel_def';
create cast (jsonb as funnel_def) with inout;
comment on cast (jsonb as funnel_def) is 'reads a value from its JSON form';

create cast (funnel_def as jsonb) with inout;
comment on cast (funnel_def as jsonb) is 'the JSON form of a value';
-- funnel_path.sql: the rows of one entity, and what a funnel makes of them.

create type funnel_path;

create function revops_internal.funnel_path_in(cstring)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_path_in(cstring) is 'reads a value of funnel_path from its JSON text';

create function revops_internal.funnel_path_out(funnel_path)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_path_out(funnel_path) is 'writes a value of funnel_path as JSON text, the same for equal values';

create function revops_internal.funnel_path_recv(internal)
	returns funnel_path
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.funnel_path_recv(internal) is 'reads a value of funnel_path from its binary form';

create function revops_internal.funnel_path_send(funnel_path)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.funnel_path_send(funnel_path) is 'writes a value of funnel_path in binary form';

create type funnel_path (
	input = revops_internal.funnel_path_in,
	output = revops_internal.funnel_path_out,
	receive = revops_internal.funnel_path_recv,
	send = revops_internal.funnel_path_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type funnel_path is
	'one entity''s rows that a funnel looks at, with the funnel; mergeable with funnel_path_merge';

-- Equal values of funnel_path are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.funnel_path_eq(funnel_path, funnel_path)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_eq(funnel_path, funnel_path) is 'implements operator =';

create operator = (
	leftarg = funnel_path,
	rightarg = funnel_path,
	function = revops_internal.funnel_path_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (funnel_path, funnel_path) is 'equal';

create function revops_internal.funnel_path_ne(funnel_path, funnel_path)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_ne(funnel_path, funnel_path) is 'implements operator <>';

create operator <> (
	leftarg = funnel_path,
	rightarg = funnel_path,
	function = revops_internal.funnel_path_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (funnel_path, funnel_path) is 'not equal';

create function revops_internal.funnel_path_lt(funnel_path, funnel_path)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_lt(funnel_path, funnel_path) is 'implements operator <';

create operator < (
	leftarg = funnel_path,
	rightarg = funnel_path,
	function = revops_internal.funnel_path_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (funnel_path, funnel_path) is 'sorts before';

create function revops_internal.funnel_path_le(funnel_path, funnel_path)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_le(funnel_path, funnel_path) is 'implements operator <=';

create operator <= (
	leftarg = funnel_path,
	rightarg = funnel_path,
	function = revops_internal.funnel_path_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (funnel_path, funnel_path) is 'sorts before, or equal';

create function revops_internal.funnel_path_gt(funnel_path, funnel_path)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_gt(funnel_path, funnel_path) is 'implements operator >';

create operator > (
	leftarg = funnel_path,
	rightarg = funnel_path,
	function = revops_internal.funnel_path_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (funnel_path, funnel_path) is 'sorts after';

create function revops_internal.funnel_path_ge(funnel_path, funnel_path)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_ge(funnel_path, funnel_path) is 'implements operator >=';

create operator >= (
	leftarg = funnel_path,
	rightarg = funnel_path,
	function = revops_internal.funnel_path_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (funnel_path, funnel_path) is 'sorts after, or equal';

create function revops_internal.funnel_path_cmp(funnel_path, funnel_path)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_cmp(funnel_path, funnel_path) is 'order of two values: negative, 0 or positive';

create function revops_internal.funnel_path_hash(funnel_path)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_hash(funnel_path) is 'hash of a value';

create function revops_internal.funnel_path_hash_extended(funnel_path, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_path_hash_extended(funnel_path, bigint) is 'hash of a value, with a seed';

create operator class funnel_path_btree_ops
	default for type funnel_path using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.funnel_path_cmp(funnel_path, funnel_path);
comment on operator class funnel_path_btree_ops using btree is 'sorts and compares values of funnel_path';
comment on operator family funnel_path_btree_ops using btree is 'sorts and compares values of funnel_path';

create operator class funnel_path_hash_ops
	default for type funnel_path using hash as
	operator 1 =,
	function 1 revops_internal.funnel_path_hash(funnel_path),
	function 2 revops_internal.funnel_path_hash_extended(funnel_path, bigint);
comment on operator class funnel_path_hash_ops using hash is 'hashes values of funnel_path';
comment on operator family funnel_path_hash_ops using hash is 'hashes values of funnel_path';
create cast (funnel_path as jsonb) with inout;
comment on cast (funnel_path as jsonb) is 'the JSON form of a value';

create function revops_internal.funnel_path_add(funnel_path, funnel_def, timestamptz, text)
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add(funnel_path, funnel_def, timestamptz, text) is
	'adds a row to funnel_path_agg''s state';

create function revops_internal.funnel_path_add(funnel_path, funnel_def, timestamp, text)
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_timestamp' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add(funnel_path, funnel_def, timestamp, text) is
	'adds a row to funnel_path_agg''s state';

create function revops_internal.funnel_path_add(funnel_path, funnel_def, date, text)
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_date' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add(funnel_path, funnel_def, date, text) is
	'adds a row to funnel_path_agg''s state';


create function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, timestamptz, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_conditions' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, timestamptz, boolean[]) is
	'adds a row to funnel_path_agg''s state';

create function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, timestamp, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_conditions_timestamp' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, timestamp, boolean[]) is
	'adds a row to funnel_path_agg''s state';

create function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, date, boolean[])
	returns funnel_path
	as 'MODULE_PATHNAME', 'funnel_path_add_conditions_date' language c immutable parallel safe;
comment on function revops_internal.funnel_path_add_conditions(funnel_path, funnel_def, date, boolean[]) is
	'adds a row to funnel_path_agg''s state';


create function revops_internal.funnel_path_combine(funnel_path, funnel_path)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.funnel_path_combine(funnel_path, funnel_path) is
	'merges two states of funnel_path_agg or funnel_path_merge';

create function revops_internal.funnel_path_final(funnel_path)
	returns funnel_path
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.funnel_path_final(funnel_path) is
	'ends funnel_path_agg and funnel_path_merge: rows in order, no spare room';

create aggregate funnel_path_agg(funnel funnel_def, at timestamptz, step text) (
	sfunc = revops_internal.funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamptz, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one';

create aggregate funnel_path_agg(funnel funnel_def, at timestamp, step text) (
	sfunc = revops_internal.funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamp, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one; bare times are read in the funnel''s zone';

create aggregate funnel_path_agg(funnel funnel_def, at date, step text) (
	sfunc = revops_internal.funnel_path_add,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, date, text) is
	'folds the rows of one entity into a funnel_path; step is the name of a step or a lost one; days start in the funnel''s zone';


create aggregate funnel_path_agg(funnel funnel_def, at timestamptz, variadic conditions boolean[]) (
	sfunc = revops_internal.funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamptz, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; the n-th condition stands for step n, one more condition stands for lost';

create aggregate funnel_path_agg(funnel funnel_def, at timestamp, variadic conditions boolean[]) (
	sfunc = revops_internal.funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, timestamp, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; the n-th condition stands for step n, one more condition stands for lost; bare times are read in the funnel''s zone';

create aggregate funnel_path_agg(funnel funnel_def, at date, variadic conditions boolean[]) (
	sfunc = revops_internal.funnel_path_add_conditions,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_agg(funnel_def, date, variadic boolean[]) is
	'folds the rows of one entity into a funnel_path; the n-th condition stands for step n, one more condition stands for lost; days start in the funnel''s zone';


create aggregate funnel_path_merge(funnel_path) (
	sfunc = revops_internal.funnel_path_combine,
	stype = funnel_path,
	sspace = 512,
	finalfunc = revops_internal.funnel_path_final,
	combinefunc = revops_internal.funnel_path_combine,
	parallel = safe
);
comment on aggregate funnel_path_merge(funnel_path) is
	'merges funnel_paths of one entity, for example of single days, in any order';

create function funnel_level(path funnel_path, as_of date default null)
	returns integer
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function funnel_level(funnel_path, date) is
	'how many steps the entity has taken by the end of the day as_of; as_of NULL takes all its rows';

create function funnel_times(path funnel_path, as_of date default null)
	returns timestamptz[]
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20;
comment on function funnel_times(funnel_path, date) is
	'the times of the steps taken, as many as the level; NULL where mode reached skipped a step';

create function funnel_outcome(path funnel_path, as_of date)
	returns text
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 20;
comment on function funnel_outcome(funnel_path, date) is
	'the outcome by the end of the day as_of: converted, lost, open, expired or not_entered';

create function funnel_entered_at(path funnel_path)
	returns timestamptz
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function funnel_entered_at(funnel_path) is
	'the first time of step 1, or of any step in modes any_order and reached; NULL where there is none';

create function funnel_path_rows(
	path funnel_path,
	as_of date default null,
	out row_index integer,
	out at timestamptz,
	out step_index integer,
	out step_name text,
	out is_lost boolean,
	out in_chain boolean
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 20 rows 10;
comment on function funnel_path_rows(funnel_path, date) is
	'the rows of a path in order, one line for each step that a row satisfies, and whether that row was counted as the step';
-- funnel_stats.sql: a population, from paths or from rows, and the report.

create type funnel_stats;

create function revops_internal.funnel_stats_in(cstring)
	returns funnel_stats
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_stats_in(cstring) is 'reads a value of funnel_stats from its JSON text';

create function revops_internal.funnel_stats_out(funnel_stats)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.funnel_stats_out(funnel_stats) is 'writes a value of funnel_stats as JSON text, the same for equal values';

create function revops_internal.funnel_stats_recv(internal)
	returns funnel_stats
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.funnel_stats_recv(internal) is 'reads a value of funnel_stats from its binary form';

create function revops_internal.funnel_stats_send(funnel_stats)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.funnel_stats_send(funnel_stats) is 'writes a value of funnel_stats in binary form';

create type funnel_stats (
	input = revops_internal.funnel_stats_in,
	output = revops_internal.funnel_stats_out,
	receive = revops_internal.funnel_stats_recv,
	send = revops_internal.funnel_stats_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type funnel_stats is
	'the figures of a funnel over many entities by a day; mergeable with funnel_merge';

-- Equal values of funnel_stats are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.funnel_stats_eq(funnel_stats, funnel_stats)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_eq(funnel_stats, funnel_stats) is 'implements operator =';

create operator = (
	leftarg = funnel_stats,
	rightarg = funnel_stats,
	function = revops_internal.funnel_stats_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (funnel_stats, funnel_stats) is 'equal';

create function revops_internal.funnel_stats_ne(funnel_stats, funnel_stats)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_ne(funnel_stats, funnel_stats) is 'implements operator <>';

create operator <> (
	leftarg = funnel_stats,
	rightarg = funnel_stats,
	function = revops_internal.funnel_stats_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (funnel_stats, funnel_stats) is 'not equal';

create function revops_internal.funnel_stats_lt(funnel_stats, funnel_stats)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_lt(funnel_stats, funnel_stats) is 'implements operator <';

create operator < (
	leftarg = funnel_stats,
	rightarg = funnel_stats,
	function = revops_internal.funnel_stats_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (funnel_stats, funnel_stats) is 'sorts before';

create function revops_internal.funnel_stats_le(funnel_stats, funnel_stats)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_le(funnel_stats, funnel_stats) is 'implements operator <=';

create operator <= (
	leftarg = funnel_stats,
	rightarg = funnel_stats,
	function = revops_internal.funnel_stats_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (funnel_stats, funnel_stats) is 'sorts before, or equal';

create function revops_internal.funnel_stats_gt(funnel_stats, funnel_stats)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_gt(funnel_stats, funnel_stats) is 'implements operator >';

create operator > (
	leftarg = funnel_stats,
	rightarg = funnel_stats,
	function = revops_internal.funnel_stats_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (funnel_stats, funnel_stats) is 'sorts after';

create function revops_internal.funnel_stats_ge(funnel_stats, funnel_stats)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_ge(funnel_stats, funnel_stats) is 'implements operator >=';

create operator >= (
	leftarg = funnel_stats,
	rightarg = funnel_stats,
	function = revops_internal.funnel_stats_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (funnel_stats, funnel_stats) is 'sorts after, or equal';

create function revops_internal.funnel_stats_cmp(funnel_stats, funnel_stats)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_cmp(funnel_stats, funnel_stats) is 'order of two values: negative, 0 or positive';

create function revops_internal.funnel_stats_hash(funnel_stats)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_hash(funnel_stats) is 'hash of a value';

create function revops_internal.funnel_stats_hash_extended(funnel_stats, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.funnel_stats_hash_extended(funnel_stats, bigint) is 'hash of a value, with a seed';

create operator class funnel_stats_btree_ops
	default for type funnel_stats using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.funnel_stats_cmp(funnel_stats, funnel_stats);
comment on operator class funnel_stats_btree_ops using btree is 'sorts and compares values of funnel_stats';
comment on operator family funnel_stats_btree_ops using btree is 'sorts and compares values of funnel_stats';

create operator class funnel_stats_hash_ops
	default for type funnel_stats using hash as
	operator 1 =,
	function 1 revops_internal.funnel_stats_hash(funnel_stats),
	function 2 revops_internal.funnel_stats_hash_extended(funnel_stats, bigint);
comment on operator class funnel_stats_hash_ops using hash is 'hashes values of funnel_stats';
comment on operator family funnel_stats_hash_ops using hash is 'hashes values of funnel_stats';
create cast (funnel_stats as jsonb) with inout;
comment on cast (funnel_stats as jsonb) is 'the JSON form of a value';

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

create function revops_internal.funnel_direct_add(internal, funnel_def, bigint, timestamptz, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, bigint, timestamptz, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, bigint, timestamp, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_timestamp' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, bigint, timestamp, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, bigint, date, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_date' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, bigint, date, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, text, timestamptz, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_text' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, text, timestamptz, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, text, timestamp, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_text_timestamp' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, text, timestamp, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, text, date, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_text_date' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, text, date, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, uuid, timestamptz, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_uuid' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, uuid, timestamptz, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, uuid, timestamp, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_uuid_timestamp' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, uuid, timestamp, text, date) is
	'adds a row to funnel_agg''s state';

create function revops_internal.funnel_direct_add(internal, funnel_def, uuid, date, text, date)
	returns internal
	as 'MODULE_PATHNAME', 'funnel_direct_add_uuid_date' language c immutable parallel safe;
comment on function revops_internal.funnel_direct_add(internal, funnel_def, uuid, date, text, date) is
	'adds a row to funnel_agg''s state';


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

create aggregate funnel_agg(funnel funnel_def, entity bigint, at timestamptz, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, bigint, timestamptz, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 16 bytes of memory per row';

create aggregate funnel_agg(funnel funnel_def, entity bigint, at timestamp, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, bigint, timestamp, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 16 bytes of memory per row; bare times are read in the funnel''s zone';

create aggregate funnel_agg(funnel funnel_def, entity bigint, at date, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, bigint, date, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 16 bytes of memory per row; days start in the funnel''s zone';

create aggregate funnel_agg(funnel funnel_def, entity text, at timestamptz, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, text, timestamptz, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 16 bytes of memory per row';

create aggregate funnel_agg(funnel funnel_def, entity text, at timestamp, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, text, timestamp, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 16 bytes of memory per row; bare times are read in the funnel''s zone';

create aggregate funnel_agg(funnel funnel_def, entity text, at date, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, text, date, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 16 bytes of memory per row; days start in the funnel''s zone';

create aggregate funnel_agg(funnel funnel_def, entity uuid, at timestamptz, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, uuid, timestamptz, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 24 bytes of memory per row';

create aggregate funnel_agg(funnel funnel_def, entity uuid, at timestamp, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, uuid, timestamp, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 24 bytes of memory per row; bare times are read in the funnel''s zone';

create aggregate funnel_agg(funnel funnel_def, entity uuid, at date, step text, as_of date) (
	sfunc = revops_internal.funnel_direct_add,
	stype = internal,
	sspace = 65536,
	finalfunc = revops_internal.funnel_direct_final,
	combinefunc = revops_internal.funnel_direct_combine,
	serialfunc = revops_internal.funnel_direct_serial,
	deserialfunc = revops_internal.funnel_direct_deserial,
	parallel = safe
);
comment on aggregate funnel_agg(funnel_def, uuid, date, text, date) is
	'folds rows of many entities, one row per event, into the funnel''s figures in one pass; takes 24 bytes of memory per row; days start in the funnel''s zone';


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
-- stage.sql: stage_state, the history of one deal's stages as a CRM logs it: with
-- repeated saves, skips and steps back.

create type stage_state;

create function revops_internal.stage_state_in(cstring)
	returns stage_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.stage_state_in(cstring) is 'reads a value of stage_state from its JSON text';

create function revops_internal.stage_state_out(stage_state)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.stage_state_out(stage_state) is 'writes a value of stage_state as JSON text, the same for equal values';

create function revops_internal.stage_state_recv(internal)
	returns stage_state
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.stage_state_recv(internal) is 'reads a value of stage_state from its binary form';

create function revops_internal.stage_state_send(stage_state)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.stage_state_send(stage_state) is 'writes a value of stage_state in binary form';

create type stage_state (
	input = revops_internal.stage_state_in,
	output = revops_internal.stage_state_out,
	receive = revops_internal.stage_state_recv,
	send = revops_internal.stage_state_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type stage_state is
	'the stages in which one deal was seen, and when; mergeable with stage_merge';

-- Equal values of stage_state are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.stage_state_eq(stage_state, stage_state)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_eq(stage_state, stage_state) is 'implements operator =';

create operator = (
	leftarg = stage_state,
	rightarg = stage_state,
	function = revops_internal.stage_state_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (stage_state, stage_state) is 'equal';

create function revops_internal.stage_state_ne(stage_state, stage_state)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_ne(stage_state, stage_state) is 'implements operator <>';

create operator <> (
	leftarg = stage_state,
	rightarg = stage_state,
	function = revops_internal.stage_state_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (stage_state, stage_state) is 'not equal';

create function revops_internal.stage_state_lt(stage_state, stage_state)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_lt(stage_state, stage_state) is 'implements operator <';

create operator < (
	leftarg = stage_state,
	rightarg = stage_state,
	function = revops_internal.stage_state_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (stage_state, stage_state) is 'sorts before';

create function revops_internal.stage_state_le(stage_state, stage_state)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_le(stage_state, stage_state) is 'implements operator <=';

create operator <= (
	leftarg = stage_state,
	rightarg = stage_state,
	function = revops_internal.stage_state_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (stage_state, stage_state) is 'sorts before, or equal';

create function revops_internal.stage_state_gt(stage_state, stage_state)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_gt(stage_state, stage_state) is 'implements operator >';

create operator > (
	leftarg = stage_state,
	rightarg = stage_state,
	function = revops_internal.stage_state_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (stage_state, stage_state) is 'sorts after';

create function revops_internal.stage_state_ge(stage_state, stage_state)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_ge(stage_state, stage_state) is 'implements operator >=';

create operator >= (
	leftarg = stage_state,
	rightarg = stage_state,
	function = revops_internal.stage_state_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (stage_state, stage_state) is 'sorts after, or equal';

create function revops_internal.stage_state_cmp(stage_state, stage_state)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_cmp(stage_state, stage_state) is 'order of two values: negative, 0 or positive';

create function revops_internal.stage_state_hash(stage_state)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_hash(stage_state) is 'hash of a value';

create function revops_internal.stage_state_hash_extended(stage_state, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.stage_state_hash_extended(stage_state, bigint) is 'hash of a value, with a seed';

create operator class stage_state_btree_ops
	default for type stage_state using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.stage_state_cmp(stage_state, stage_state);
comment on operator class stage_state_btree_ops using btree is 'sorts and compares values of stage_state';
comment on operator family stage_state_btree_ops using btree is 'sorts and compares values of stage_state';

create operator class stage_state_hash_ops
	default for type stage_state using hash as
	operator 1 =,
	function 1 revops_internal.stage_state_hash(stage_state),
	function 2 revops_internal.stage_state_hash_extended(stage_state, bigint);
comment on operator class stage_state_hash_ops using hash is 'hashes values of stage_state';
comment on operator family stage_state_hash_ops using hash is 'hashes values of stage_state';
create cast (stage_state as jsonb) with inout;
comment on cast (stage_state as jsonb) is 'the JSON form of a value';

-- bare timestamps are UTC's, so that the session's time zone has no say
create function revops_internal.stage_state_add(stage_state, timestamptz, text)
	returns stage_state
	as 'MODULE_PATHNAME', 'stage_state_add' language c immutable parallel safe;
comment on function revops_internal.stage_state_add(stage_state, timestamptz, text) is 'adds a row to stage_agg''s state';

create function revops_internal.stage_state_add(stage_state, timestamp, text)
	returns stage_state
	as 'MODULE_PATHNAME', 'stage_state_add' language c immutable parallel safe;
comment on function revops_internal.stage_state_add(stage_state, timestamp, text) is 'adds a row to stage_agg''s state';

create function revops_internal.stage_state_add(stage_state, date, text)
	returns stage_state
	as 'MODULE_PATHNAME', 'stage_state_add_date' language c immutable parallel safe;
comment on function revops_internal.stage_state_add(stage_state, date, text) is 'adds a row to stage_agg''s state';


create function revops_internal.stage_state_combine(stage_state, stage_state)
	returns stage_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.stage_state_combine(stage_state, stage_state) is
	'merges two states of stage_agg or stage_merge';

create function revops_internal.stage_state_final(stage_state)
	returns stage_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.stage_state_final(stage_state) is
	'sorts and trims a state of stage_agg or stage_merge';

create aggregate stage_agg(at timestamptz, stage text) (
	sfunc = revops_internal.stage_state_add,
	stype = stage_state,
	sspace = 256,
	finalfunc = revops_internal.stage_state_final,
	combinefunc = revops_internal.stage_state_combine,
	parallel = safe
);
comment on aggregate stage_agg(timestamptz, text) is
	'folds the rows of one deal, each a time and the stage entered then, into a stage_state';

create aggregate stage_agg(at timestamp, stage text) (
	sfunc = revops_internal.stage_state_add,
	stype = stage_state,
	sspace = 256,
	finalfunc = revops_internal.stage_state_final,
	combinefunc = revops_internal.stage_state_combine,
	parallel = safe
);
comment on aggregate stage_agg(timestamp, text) is
	'folds the rows of one deal, each a time and the stage entered then, into a stage_state; bare times are read as UTC';

create aggregate stage_agg(at date, stage text) (
	sfunc = revops_internal.stage_state_add,
	stype = stage_state,
	sspace = 256,
	finalfunc = revops_internal.stage_state_final,
	combinefunc = revops_internal.stage_state_combine,
	parallel = safe
);
comment on aggregate stage_agg(date, text) is
	'folds the rows of one deal, each a time and the stage entered then, into a stage_state; days are read as UTC';


create aggregate stage_merge(stage_state) (
	sfunc = revops_internal.stage_state_combine,
	stype = stage_state,
	sspace = 256,
	finalfunc = revops_internal.stage_state_final,
	combinefunc = revops_internal.stage_state_combine,
	parallel = safe
);
comment on aggregate stage_merge(stage_state) is
	'merges stage_states of one deal, for example of single days, in any order';

create function stage_rows(
	stage_state,
	stages text[],
	as_of date default null,
	out visit_index int,
	out stage text,
	out stage_index int,
	out entered_at timestamptz,
	out left_at timestamptz,
	out days float8,
	out next_stage text,
	out direction text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10 rows 5;
comment on function stage_rows(stage_state, text[], date) is
	'one row per visit of the deal to a listed stage: how long it lasted and where it led; a visit with nothing after it lasts until the end of the day as_of and is open, or final in the last stage listed';
-- contract.sql: contract_state, one customer's contracts, and what it answers.

create type contract_state;

create function revops_internal.contract_state_in(cstring)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.contract_state_in(cstring) is 'reads a value of contract_state from its JSON text';

create function revops_internal.contract_state_out(contract_state)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.contract_state_out(contract_state) is 'writes a value of contract_state as JSON text, the same for equal values';

create function revops_internal.contract_state_recv(internal)
	returns contract_state
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.contract_state_recv(internal) is 'reads a value of contract_state from its binary form';

create function revops_internal.contract_state_send(contract_state)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.contract_state_send(contract_state) is 'writes a value of contract_state in binary form';

create type contract_state (
	input = revops_internal.contract_state_in,
	output = revops_internal.contract_state_out,
	receive = revops_internal.contract_state_recv,
	send = revops_internal.contract_state_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type contract_state is
	'one customer''s contracts: terms, values, lines, keys, signing days; mergeable with contract_merge';

-- Equal values of contract_state are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.contract_state_eq(contract_state, contract_state)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_eq(contract_state, contract_state) is 'implements operator =';

create operator = (
	leftarg = contract_state,
	rightarg = contract_state,
	function = revops_internal.contract_state_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (contract_state, contract_state) is 'equal';

create function revops_internal.contract_state_ne(contract_state, contract_state)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_ne(contract_state, contract_state) is 'implements operator <>';

create operator <> (
	leftarg = contract_state,
	rightarg = contract_state,
	function = revops_internal.contract_state_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (contract_state, contract_state) is 'not equal';

create function revops_internal.contract_state_lt(contract_state, contract_state)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_lt(contract_state, contract_state) is 'implements operator <';

create operator < (
	leftarg = contract_state,
	rightarg = contract_state,
	function = revops_internal.contract_state_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (contract_state, contract_state) is 'sorts before';

create function revops_internal.contract_state_le(contract_state, contract_state)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_le(contract_state, contract_state) is 'implements operator <=';

create operator <= (
	leftarg = contract_state,
	rightarg = contract_state,
	function = revops_internal.contract_state_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (contract_state, contract_state) is 'sorts before, or equal';

create function revops_internal.contract_state_gt(contract_state, contract_state)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_gt(contract_state, contract_state) is 'implements operator >';

create operator > (
	leftarg = contract_state,
	rightarg = contract_state,
	function = revops_internal.contract_state_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (contract_state, contract_state) is 'sorts after';

create function revops_internal.contract_state_ge(contract_state, contract_state)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_ge(contract_state, contract_state) is 'implements operator >=';

create operator >= (
	leftarg = contract_state,
	rightarg = contract_state,
	function = revops_internal.contract_state_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (contract_state, contract_state) is 'sorts after, or equal';

create function revops_internal.contract_state_cmp(contract_state, contract_state)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_cmp(contract_state, contract_state) is 'order of two values: negative, 0 or positive';

create function revops_internal.contract_state_hash(contract_state)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_hash(contract_state) is 'hash of a value';

create function revops_internal.contract_state_hash_extended(contract_state, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_state_hash_extended(contract_state, bigint) is 'hash of a value, with a seed';

create operator class contract_state_btree_ops
	default for type contract_state using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.contract_state_cmp(contract_state, contract_state);
comment on operator class contract_state_btree_ops using btree is 'sorts and compares values of contract_state';
comment on operator family contract_state_btree_ops using btree is 'sorts and compares values of contract_state';

create operator class contract_state_hash_ops
	default for type contract_state using hash as
	operator 1 =,
	function 1 revops_internal.contract_state_hash(contract_state),
	function 2 revops_internal.contract_state_hash_extended(contract_state, bigint);
comment on operator class contract_state_hash_ops using hash is 'hashes values of contract_state';
comment on operator family contract_state_hash_ops using hash is 'hashes values of contract_state';
create cast (contract_state as jsonb) with inout;
comment on cast (contract_state as jsonb) is 'the JSON form of a value';

create function revops_internal.contract_state_add(contract_state, daterange, numeric)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_add(contract_state, daterange, numeric) is
	'adds a row to contract_agg''s state';

create function revops_internal.contract_state_add(contract_state, daterange, numeric, text)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_add(contract_state, daterange, numeric, text) is
	'adds a row to contract_agg''s state';

create function revops_internal.contract_state_add(contract_state, daterange, numeric, text, text, date)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_add(contract_state, daterange, numeric, text, text, date) is
	'adds a row to contract_agg''s state';

create function revops_internal.contract_state_combine(contract_state, contract_state)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_combine(contract_state, contract_state) is
	'merges two states of contract_agg or contract_merge';

create function revops_internal.contract_state_final(contract_state)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_state_final(contract_state) is
	'ends contract_agg and contract_merge';

create aggregate contract_agg(term daterange, mrr numeric) (
	sfunc = revops_internal.contract_state_add,
	stype = contract_state,
	sspace = 144,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_agg(daterange, numeric) is
	'folds contracts of one customer, one row per contract, into a contract_state';

create aggregate contract_agg(term daterange, mrr numeric, line text) (
	sfunc = revops_internal.contract_state_add,
	stype = contract_state,
	sspace = 208,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_agg(daterange, numeric, text) is
	'folds contracts of one customer, each with its product line, into a contract_state';

create aggregate contract_agg(
	term daterange,
	mrr numeric,
	line text,
	contract_key text,
	known_on date
) (
	sfunc = revops_internal.contract_state_add,
	stype = contract_state,
	sspace = 272,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_agg(daterange, numeric, text, text, date) is
	'folds contracts of one customer, each with its product line, key and signing day, into a contract_state';

create aggregate contract_merge(contract_state) (
	sfunc = revops_internal.contract_state_combine,
	stype = contract_state,
	sspace = 272,
	finalfunc = revops_internal.contract_state_final,
	combinefunc = revops_internal.contract_state_combine,
	parallel = safe
);
comment on aggregate contract_merge(contract_state) is
	'merges contract_states of one customer, for example of several systems, in any order';

create function mrr_from_total(total numeric, term daterange)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function mrr_from_total(numeric, daterange) is
	'the monthly value of a total paid for a term: the total divided by its months; days left after whole months count as part of a month';

create function contract_term_start(anchor date, term_index int, months int)
	returns date
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function contract_term_start(date, int, int) is
	'the first day of term number term_index (1 is the first); terms have this many months, counted from the anchor without drift';

create function contract_term_index(anchor date, on_date date, months int)
	returns int
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function contract_term_index(date, date, int) is
	'the number (1 is the first) of the term that a day lies in; terms have this many months, counted from the anchor; NULL before the anchor';

create function contract_fill_gaps(contract_state, max_days int)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function contract_fill_gaps(contract_state, int) is
	'the same contracts, without the gaps of up to max_days in a line: the contract before such a gap is extended to the end of the gap';

create function contract_join_phases(contract_state)
	returns contract_state
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function contract_join_phases(contract_state) is
	'the same contracts; rows with the same line and key become phases of one term: ramps, price changes, pauses';

create function contract_check(
	contract_state,
	grace_days int default 30,
	early_days int default 180,
	out line text,
	out contract_key text,
	out problem text,
	out other_key text,
	out starts date,
	out ends date,
	out detail text
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 1;
comment on function contract_check(contract_state, int, int) is
	'what may be wrong in the contracts: same_key_overlap, same_key_follows, pause, overlap, one_day_gap, gap_in_grace, twelvefold, far_end, signed_late, zero_value';

create function contract_mrr(contract_state, on_date date)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function contract_mrr(contract_state, date) is
	'the customer''s MRR: the sum of the contracts in force on a day';

create function renewal_terms(
	contract_state,
	as_of date,
	grace_days int default 30,
	early_days int default 180,
	out line text,
	out chain_index int,
	out term_index int,
	out contract_key text,
	out starts date,
	out ends date,
	out last_day date,
	out mrr numeric,
	out outcome text,
	out decided boolean,
	out renewed_on date,
	out renewed_by_key text,
	out gap_days int,
	out next_mrr numeric,
	out returned_on date
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 4;
comment on function renewal_terms(contract_state, date, int, int) is
	'each term of each line as known on as_of: when it was due, its outcome, its MRR before and after';

create function mrr_movements(
	contract_state,
	grain text,
	from_date date,
	until_date date,
	out period date,
	out movement text,
	out amount numeric,
	out mrr_before numeric,
	out mrr_after numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 4;
comment on function mrr_movements(contract_state, text, date, date) is
	'the customer''s movements from one period end to the next: new, expansion, reactivation, contraction, churn';
-- contract_population.sql: renewal rates, the MRR bridge, retention and cohorts over customers.

create type contract_tally;

create function revops_internal.contract_tally_in(cstring)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.contract_tally_in(cstring) is 'reads a value of contract_tally from its JSON text';

create function revops_internal.contract_tally_out(contract_tally)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.contract_tally_out(contract_tally) is 'writes a value of contract_tally as JSON text, the same for equal values';

create function revops_internal.contract_tally_recv(internal)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.contract_tally_recv(internal) is 'reads a value of contract_tally from its binary form';

create function revops_internal.contract_tally_send(contract_tally)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.contract_tally_send(contract_tally) is 'writes a value of contract_tally in binary form';

create type contract_tally (
	input = revops_internal.contract_tally_in,
	output = revops_internal.contract_tally_out,
	receive = revops_internal.contract_tally_recv,
	send = revops_internal.contract_tally_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type contract_tally is
	'the running state of renewal_rates_agg or retention_agg';

-- Equal values of contract_tally are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.contract_tally_eq(contract_tally, contract_tally)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_eq(contract_tally, contract_tally) is 'implements operator =';

create operator = (
	leftarg = contract_tally,
	rightarg = contract_tally,
	function = revops_internal.contract_tally_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (contract_tally, contract_tally) is 'equal';

create function revops_internal.contract_tally_ne(contract_tally, contract_tally)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_ne(contract_tally, contract_tally) is 'implements operator <>';

create operator <> (
	leftarg = contract_tally,
	rightarg = contract_tally,
	function = revops_internal.contract_tally_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (contract_tally, contract_tally) is 'not equal';

create function revops_internal.contract_tally_lt(contract_tally, contract_tally)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_lt(contract_tally, contract_tally) is 'implements operator <';

create operator < (
	leftarg = contract_tally,
	rightarg = contract_tally,
	function = revops_internal.contract_tally_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (contract_tally, contract_tally) is 'sorts before';

create function revops_internal.contract_tally_le(contract_tally, contract_tally)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_le(contract_tally, contract_tally) is 'implements operator <=';

create operator <= (
	leftarg = contract_tally,
	rightarg = contract_tally,
	function = revops_internal.contract_tally_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (contract_tally, contract_tally) is 'sorts before, or equal';

create function revops_internal.contract_tally_gt(contract_tally, contract_tally)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_gt(contract_tally, contract_tally) is 'implements operator >';

create operator > (
	leftarg = contract_tally,
	rightarg = contract_tally,
	function = revops_internal.contract_tally_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (contract_tally, contract_tally) is 'sorts after';

create function revops_internal.contract_tally_ge(contract_tally, contract_tally)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_ge(contract_tally, contract_tally) is 'implements operator >=';

create operator >= (
	leftarg = contract_tally,
	rightarg = contract_tally,
	function = revops_internal.contract_tally_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (contract_tally, contract_tally) is 'sorts after, or equal';

create function revops_internal.contract_tally_cmp(contract_tally, contract_tally)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_cmp(contract_tally, contract_tally) is 'order of two values: negative, 0 or positive';

create function revops_internal.contract_tally_hash(contract_tally)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_hash(contract_tally) is 'hash of a value';

create function revops_internal.contract_tally_hash_extended(contract_tally, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.contract_tally_hash_extended(contract_tally, bigint) is 'hash of a value, with a seed';

create operator class contract_tally_btree_ops
	default for type contract_tally using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.contract_tally_cmp(contract_tally, contract_tally);
comment on operator class contract_tally_btree_ops using btree is 'sorts and compares values of contract_tally';
comment on operator family contract_tally_btree_ops using btree is 'sorts and compares values of contract_tally';

create operator class contract_tally_hash_ops
	default for type contract_tally using hash as
	operator 1 =,
	function 1 revops_internal.contract_tally_hash(contract_tally),
	function 2 revops_internal.contract_tally_hash_extended(contract_tally, bigint);
comment on operator class contract_tally_hash_ops using hash is 'hashes values of contract_tally';
comment on operator family contract_tally_hash_ops using hash is 'hashes values of contract_tally';
create cast (contract_tally as jsonb) with inout;
comment on cast (contract_tally as jsonb) is 'the JSON form of a value';

create function revops_internal.contract_tally_combine(contract_tally, contract_tally)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.contract_tally_combine(contract_tally, contract_tally) is
	'merges two states of renewal_rates_agg or of retention_agg';

create type renewal_rates as (
	due bigint,
	decided bigint,
	renewed bigint,
	lapsed bigint,
	pending bigint,
	renewal_rate float8,
	renewal_rate_low float8,
	renewal_rate_high float8,
	mrr_due numeric,
	mrr_decided numeric,
	mrr_kept numeric,
	mrr_renewed numeric,
	gross_value_rate float8,
	net_value_rate float8
);
comment on type renewal_rates is
	'how many terms came due, renewed, lapsed or are in grace; rates by count and by value';

create function revops_internal.renewal_rates_add(contract_tally, text, numeric, numeric)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.renewal_rates_add(contract_tally, text, numeric, numeric) is
	'adds a row to renewal_rates_agg''s state';

create function revops_internal.renewal_rates_final(contract_tally)
	returns renewal_rates
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.renewal_rates_final(contract_tally) is 'ends renewal_rates_agg';

create aggregate renewal_rates_agg(outcome text, mrr numeric, next_mrr numeric) (
	sfunc = revops_internal.renewal_rates_add,
	stype = contract_tally,
	sspace = 144,
	finalfunc = revops_internal.renewal_rates_final,
	combinefunc = revops_internal.contract_tally_combine,
	parallel = safe
);
comment on aggregate renewal_rates_agg(text, numeric, numeric) is
	'folds rows of renewal_terms into renewal_rates; terms that are not due are not counted';

create type retention_rates as (
	customers_start bigint,
	customers_kept bigint,
	logo_retention float8,
	logo_retention_low float8,
	logo_retention_high float8,
	mrr_start numeric,
	mrr_kept numeric,
	mrr_end numeric,
	grr float8,
	nrr float8
);
comment on type retention_rates is
	'the outcome of the customers that had MRR before: logos, gross and net revenue';

create function revops_internal.retention_add(contract_tally, contract_state, date, date)
	returns contract_tally
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.retention_add(contract_tally, contract_state, date, date) is
	'adds a customer to retention_agg''s state';

create function revops_internal.retention_final(contract_tally)
	returns retention_rates
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.retention_final(contract_tally) is 'ends retention_agg';

create aggregate retention_agg(contract_state, from_date date, until_date date) (
	sfunc = revops_internal.retention_add,
	stype = contract_tally,
	sspace = 144,
	finalfunc = revops_internal.retention_final,
	combinefunc = revops_internal.contract_tally_combine,
	parallel = safe
);
comment on aggregate retention_agg(contract_state, date, date) is
	'folds customers into retention_rates: compares MRR on from_date - 1 with MRR on until_date - 1, for customers with MRR on the first';

create type mrr_bridge;

create function revops_internal.mrr_bridge_in(cstring)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.mrr_bridge_in(cstring) is 'reads a value of mrr_bridge from its JSON text';

create function revops_internal.mrr_bridge_out(mrr_bridge)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.mrr_bridge_out(mrr_bridge) is 'writes a value of mrr_bridge as JSON text, the same for equal values';

create function revops_internal.mrr_bridge_recv(internal)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.mrr_bridge_recv(internal) is 'reads a value of mrr_bridge from its binary form';

create function revops_internal.mrr_bridge_send(mrr_bridge)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.mrr_bridge_send(mrr_bridge) is 'writes a value of mrr_bridge in binary form';

create type mrr_bridge (
	input = revops_internal.mrr_bridge_in,
	output = revops_internal.mrr_bridge_out,
	receive = revops_internal.mrr_bridge_recv,
	send = revops_internal.mrr_bridge_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type mrr_bridge is
	'opening, movements and closing of many customers, period by period; mergeable with mrr_bridge_merge';

-- Equal values of mrr_bridge are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.mrr_bridge_eq(mrr_bridge, mrr_bridge)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_eq(mrr_bridge, mrr_bridge) is 'implements operator =';

create operator = (
	leftarg = mrr_bridge,
	rightarg = mrr_bridge,
	function = revops_internal.mrr_bridge_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (mrr_bridge, mrr_bridge) is 'equal';

create function revops_internal.mrr_bridge_ne(mrr_bridge, mrr_bridge)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_ne(mrr_bridge, mrr_bridge) is 'implements operator <>';

create operator <> (
	leftarg = mrr_bridge,
	rightarg = mrr_bridge,
	function = revops_internal.mrr_bridge_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (mrr_bridge, mrr_bridge) is 'not equal';

create function revops_internal.mrr_bridge_lt(mrr_bridge, mrr_bridge)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_lt(mrr_bridge, mrr_bridge) is 'implements operator <';

create operator < (
	leftarg = mrr_bridge,
	rightarg = mrr_bridge,
	function = revops_internal.mrr_bridge_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (mrr_bridge, mrr_bridge) is 'sorts before';

create function revops_internal.mrr_bridge_le(mrr_bridge, mrr_bridge)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_le(mrr_bridge, mrr_bridge) is 'implements operator <=';

create operator <= (
	leftarg = mrr_bridge,
	rightarg = mrr_bridge,
	function = revops_internal.mrr_bridge_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (mrr_bridge, mrr_bridge) is 'sorts before, or equal';

create function revops_internal.mrr_bridge_gt(mrr_bridge, mrr_bridge)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_gt(mrr_bridge, mrr_bridge) is 'implements operator >';

create operator > (
	leftarg = mrr_bridge,
	rightarg = mrr_bridge,
	function = revops_internal.mrr_bridge_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (mrr_bridge, mrr_bridge) is 'sorts after';

create function revops_internal.mrr_bridge_ge(mrr_bridge, mrr_bridge)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_ge(mrr_bridge, mrr_bridge) is 'implements operator >=';

create operator >= (
	leftarg = mrr_bridge,
	rightarg = mrr_bridge,
	function = revops_internal.mrr_bridge_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (mrr_bridge, mrr_bridge) is 'sorts after, or equal';

create function revops_internal.mrr_bridge_cmp(mrr_bridge, mrr_bridge)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_cmp(mrr_bridge, mrr_bridge) is 'order of two values: negative, 0 or positive';

create function revops_internal.mrr_bridge_hash(mrr_bridge)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_hash(mrr_bridge) is 'hash of a value';

create function revops_internal.mrr_bridge_hash_extended(mrr_bridge, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.mrr_bridge_hash_extended(mrr_bridge, bigint) is 'hash of a value, with a seed';

create operator class mrr_bridge_btree_ops
	default for type mrr_bridge using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.mrr_bridge_cmp(mrr_bridge, mrr_bridge);
comment on operator class mrr_bridge_btree_ops using btree is 'sorts and compares values of mrr_bridge';
comment on operator family mrr_bridge_btree_ops using btree is 'sorts and compares values of mrr_bridge';

create operator class mrr_bridge_hash_ops
	default for type mrr_bridge using hash as
	operator 1 =,
	function 1 revops_internal.mrr_bridge_hash(mrr_bridge),
	function 2 revops_internal.mrr_bridge_hash_extended(mrr_bridge, bigint);
comment on operator class mrr_bridge_hash_ops using hash is 'hashes values of mrr_bridge';
comment on operator family mrr_bridge_hash_ops using hash is 'hashes values of mrr_bridge';
create cast (mrr_bridge as jsonb) with inout;
comment on cast (mrr_bridge as jsonb) is 'the JSON form of a value';

create function revops_internal.mrr_bridge_add(mrr_bridge, contract_state, text, date, date)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.mrr_bridge_add(mrr_bridge, contract_state, text, date, date) is
	'adds a customer to mrr_bridge_agg''s state';

create function revops_internal.mrr_bridge_combine(mrr_bridge, mrr_bridge)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.mrr_bridge_combine(mrr_bridge, mrr_bridge) is
	'merges two states of mrr_bridge_agg or mrr_bridge_merge';

create function revops_internal.mrr_bridge_final(mrr_bridge)
	returns mrr_bridge
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.mrr_bridge_final(mrr_bridge) is
	'ends mrr_bridge_agg and mrr_bridge_merge: equal bridges are equal bytes';

create aggregate mrr_bridge_agg(contract_state, grain text, from_date date, until_date date) (
	sfunc = revops_internal.mrr_bridge_add,
	stype = mrr_bridge,
	sspace = 4096,
	finalfunc = revops_internal.mrr_bridge_final,
	combinefunc = revops_internal.mrr_bridge_combine,
	parallel = safe
);
comment on aggregate mrr_bridge_agg(contract_state, text, date, date) is
	'folds customers into an mrr_bridge of the periods from from_date (inclusive) until until_date (exclusive)';

create aggregate mrr_bridge_merge(mrr_bridge) (
	sfunc = revops_internal.mrr_bridge_combine,
	stype = mrr_bridge,
	sspace = 4096,
	finalfunc = revops_internal.mrr_bridge_final,
	combinefunc = revops_internal.mrr_bridge_combine,
	parallel = safe
);
comment on aggregate mrr_bridge_merge(mrr_bridge) is
	'merges mrr_bridges over the same periods, in any order; the inputs must not share customers';

create function mrr_bridge_rows(
	mrr_bridge,
	out period date,
	out opening numeric,
	out new numeric,
	out expansion numeric,
	out reactivation numeric,
	out contraction numeric,
	out churn numeric,
	out closing numeric,
	out customers_opening bigint,
	out customers_new bigint,
	out customers_reactivated bigint,
	out customers_churned bigint,
	out customers_closing bigint
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 12;
comment on function mrr_bridge_rows(mrr_bridge) is
	'one row per period: opening, movements and closing, which add up exactly';

create type cohort_matrix;

create function revops_internal.cohort_matrix_in(cstring)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.cohort_matrix_in(cstring) is 'reads a value of cohort_matrix from its JSON text';

create function revops_internal.cohort_matrix_out(cohort_matrix)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.cohort_matrix_out(cohort_matrix) is 'writes a value of cohort_matrix as JSON text, the same for equal values';

create function revops_internal.cohort_matrix_recv(internal)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.cohort_matrix_recv(internal) is 'reads a value of cohort_matrix from its binary form';

create function revops_internal.cohort_matrix_send(cohort_matrix)
	returns bytea
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.cohort_matrix_send(cohort_matrix) is 'writes a value of cohort_matrix in binary form';

create type cohort_matrix (
	input = revops_internal.cohort_matrix_in,
	output = revops_internal.cohort_matrix_out,
	receive = revops_internal.cohort_matrix_recv,
	send = revops_internal.cohort_matrix_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type cohort_matrix is
	'cohorts of customers by first period, and how many stayed; mergeable with cohort_merge';

-- Equal values of cohort_matrix are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.cohort_matrix_eq(cohort_matrix, cohort_matrix)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_eq(cohort_matrix, cohort_matrix) is 'implements operator =';

create operator = (
	leftarg = cohort_matrix,
	rightarg = cohort_matrix,
	function = revops_internal.cohort_matrix_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (cohort_matrix, cohort_matrix) is 'equal';

create function revops_internal.cohort_matrix_ne(cohort_matrix, cohort_matrix)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_ne(cohort_matrix, cohort_matrix) is 'implements operator <>';

create operator <> (
	leftarg = cohort_matrix,
	rightarg = cohort_matrix,
	function = revops_internal.cohort_matrix_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (cohort_matrix, cohort_matrix) is 'not equal';

create function revops_internal.cohort_matrix_lt(cohort_matrix, cohort_matrix)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_lt(cohort_matrix, cohort_matrix) is 'implements operator <';

create operator < (
	leftarg = cohort_matrix,
	rightarg = cohort_matrix,
	function = revops_internal.cohort_matrix_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (cohort_matrix, cohort_matrix) is 'sorts before';

create function revops_internal.cohort_matrix_le(cohort_matrix, cohort_matrix)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_le(cohort_matrix, cohort_matrix) is 'implements operator <=';

create operator <= (
	leftarg = cohort_matrix,
	rightarg = cohort_matrix,
	function = revops_internal.cohort_matrix_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (cohort_matrix, cohort_matrix) is 'sorts before, or equal';

create function revops_internal.cohort_matrix_gt(cohort_matrix, cohort_matrix)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_gt(cohort_matrix, cohort_matrix) is 'implements operator >';

create operator > (
	leftarg = cohort_matrix,
	rightarg = cohort_matrix,
	function = revops_internal.cohort_matrix_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (cohort_matrix, cohort_matrix) is 'sorts after';

create function revops_internal.cohort_matrix_ge(cohort_matrix, cohort_matrix)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_ge(cohort_matrix, cohort_matrix) is 'implements operator >=';

create operator >= (
	leftarg = cohort_matrix,
	rightarg = cohort_matrix,
	function = revops_internal.cohort_matrix_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (cohort_matrix, cohort_matrix) is 'sorts after, or equal';

create function revops_internal.cohort_matrix_cmp(cohort_matrix, cohort_matrix)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_cmp(cohort_matrix, cohort_matrix) is 'order of two values: negative, 0 or positive';

create function revops_internal.cohort_matrix_hash(cohort_matrix)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_hash(cohort_matrix) is 'hash of a value';

create function revops_internal.cohort_matrix_hash_extended(cohort_matrix, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.cohort_matrix_hash_extended(cohort_matrix, bigint) is 'hash of a value, with a seed';

create operator class cohort_matrix_btree_ops
	default for type cohort_matrix using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.cohort_matrix_cmp(cohort_matrix, cohort_matrix);
comment on operator class cohort_matrix_btree_ops using btree is 'sorts and compares values of cohort_matrix';
comment on operator family cohort_matrix_btree_ops using btree is 'sorts and compares values of cohort_matrix';

create operator class cohort_matrix_hash_ops
	default for type cohort_matrix using hash as
	operator 1 =,
	function 1 revops_internal.cohort_matrix_hash(cohort_matrix),
	function 2 revops_internal.cohort_matrix_hash_extended(cohort_matrix, bigint);
comment on operator class cohort_matrix_hash_ops using hash is 'hashes values of cohort_matrix';
comment on operator family cohort_matrix_hash_ops using hash is 'hashes values of cohort_matrix';
create cast (cohort_matrix as jsonb) with inout;
comment on cast (cohort_matrix as jsonb) is 'the JSON form of a value';

create function revops_internal.cohort_add(cohort_matrix, contract_state, text, date)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.cohort_add(cohort_matrix, contract_state, text, date) is
	'adds a customer to cohort_agg''s state';

create function revops_internal.cohort_add(cohort_matrix, date[], text, date)
	returns cohort_matrix
	as 'MODULE_PATHNAME', 'cohort_add_days' language c immutable parallel safe cost 10;
comment on function revops_internal.cohort_add(cohort_matrix, date[], text, date) is
	'adds a customer to cohort_agg''s state';

create function revops_internal.cohort_combine(cohort_matrix, cohort_matrix)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.cohort_combine(cohort_matrix, cohort_matrix) is
	'merges two states of cohort_agg or cohort_merge';

create function revops_internal.cohort_final(cohort_matrix)
	returns cohort_matrix
	as 'MODULE_PATHNAME' language c immutable parallel safe;
comment on function revops_internal.cohort_final(cohort_matrix) is 'ends cohort_agg and cohort_merge';

create aggregate cohort_agg(contract_state, grain text, as_of date) (
	sfunc = revops_internal.cohort_add,
	stype = cohort_matrix,
	sspace = 65536,
	finalfunc = revops_internal.cohort_final,
	combinefunc = revops_internal.cohort_combine,
	parallel = safe
);
comment on aggregate cohort_agg(contract_state, text, date) is
	'folds customers into a cohort_matrix by the period of their first day with MRR, as known on as_of';

create aggregate cohort_agg(date[], grain text, as_of date) (
	sfunc = revops_internal.cohort_add,
	stype = cohort_matrix,
	sspace = 16384,
	finalfunc = revops_internal.cohort_final,
	combinefunc = revops_internal.cohort_combine,
	parallel = safe
);
comment on aggregate cohort_agg(date[], text, date) is
	'folds customers, each with the days of its activity, into a cohort_matrix without money';

create aggregate cohort_merge(cohort_matrix) (
	sfunc = revops_internal.cohort_combine,
	stype = cohort_matrix,
	sspace = 65536,
	finalfunc = revops_internal.cohort_final,
	combinefunc = revops_internal.cohort_combine,
	parallel = safe
);
comment on aggregate cohort_merge(cohort_matrix) is
	'merges cohort_matrices with the same grain and as_of, in any order; the inputs must not share customers';

create function cohort_rows(
	cohort_matrix,
	out cohort date,
	out period_index int,
	out state text,
	out customers bigint,
	out active bigint,
	out retention float8,
	out mrr_start numeric,
	out mrr_kept numeric,
	out mrr numeric,
	out grr float8,
	out nrr float8
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10 rows 500;
comment on function cohort_rows(cohort_matrix) is
	'one row per cohort and period up to as_of; figures of the period that has not ended are provisional';

create function revops_internal.renewal_survival_add(survival_state, contract_state, date, int)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.renewal_survival_add(survival_state, contract_state, date, int) is
	'adds a customer''s renewal chains to renewal_survival_agg''s state';

create aggregate renewal_survival_agg(contract_state, as_of date, grace_days int) (
	sfunc = revops_internal.renewal_survival_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate renewal_survival_agg(contract_state, date, int) is
	'folds customers into a survival_state of renewal chains, counted in terms: how many reach a second, a third renewal';

create function revops_internal.renewal_survival_add(survival_state, contract_state, date, int, int)
	returns survival_state
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 10;
comment on function revops_internal.renewal_survival_add(survival_state, contract_state, date, int, int) is
	'adds a customer''s renewal chains to renewal_survival_agg''s state';

create aggregate renewal_survival_agg(contract_state, as_of date, grace_days int, early_days int) (
	sfunc = revops_internal.renewal_survival_add,
	stype = survival_state,
	sspace = 512,
	finalfunc = revops_internal.survival_state_final,
	combinefunc = revops_internal.survival_state_combine,
	parallel = safe
);
comment on aggregate renewal_survival_agg(contract_state, date, int, int) is
	'folds customers into a survival_state of renewal chains; early_days says how early a renewal may start';
-- tariff.sql: tariff_def, a price list of one item, and what it says of quantities.

create type tariff_def;

create function revops_internal.tariff_def_in(cstring)
	returns tariff_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.tariff_def_in(cstring) is 'reads a value of tariff_def from its JSON text';

create function revops_internal.tariff_def_out(tariff_def)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.tariff_def_out(tariff_def) is 'writes a value of tariff_def as JSON text, the same for equal values';

create function revops_internal.tariff_def_recv(internal)
	returns tariff_def
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.tariff_def_recv(internal) is 'reads a value of tariff_def from its binary form';

create function revops_internal.tariff_def_send(tariff_def)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.tariff_def_send(tariff_def) is 'writes a value of tariff_def in binary form';

create type tariff_def (
	input = revops_internal.tariff_def_in,
	output = revops_internal.tariff_def_out,
	receive = revops_internal.tariff_def_recv,
	send = revops_internal.tariff_def_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type tariff_def is
	'a price list of one item: tiers, fees, packages, free units, rounding, minimum and maximum';

-- Equal values of tariff_def are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.tariff_def_eq(tariff_def, tariff_def)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_eq(tariff_def, tariff_def) is 'implements operator =';

create operator = (
	leftarg = tariff_def,
	rightarg = tariff_def,
	function = revops_internal.tariff_def_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (tariff_def, tariff_def) is 'equal';

create function revops_internal.tariff_def_ne(tariff_def, tariff_def)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_ne(tariff_def, tariff_def) is 'implements operator <>';

create operator <> (
	leftarg = tariff_def,
	rightarg = tariff_def,
	function = revops_internal.tariff_def_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (tariff_def, tariff_def) is 'not equal';

create function revops_internal.tariff_def_lt(tariff_def, tariff_def)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_lt(tariff_def, tariff_def) is 'implements operator <';

create operator < (
	leftarg = tariff_def,
	rightarg = tariff_def,
	function = revops_internal.tariff_def_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (tariff_def, tariff_def) is 'sorts before';

create function revops_internal.tariff_def_le(tariff_def, tariff_def)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_le(tariff_def, tariff_def) is 'implements operator <=';

create operator <= (
	leftarg = tariff_def,
	rightarg = tariff_def,
	function = revops_internal.tariff_def_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (tariff_def, tariff_def) is 'sorts before, or equal';

create function revops_internal.tariff_def_gt(tariff_def, tariff_def)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_gt(tariff_def, tariff_def) is 'implements operator >';

create operator > (
	leftarg = tariff_def,
	rightarg = tariff_def,
	function = revops_internal.tariff_def_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (tariff_def, tariff_def) is 'sorts after';

create function revops_internal.tariff_def_ge(tariff_def, tariff_def)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_ge(tariff_def, tariff_def) is 'implements operator >=';

create operator >= (
	leftarg = tariff_def,
	rightarg = tariff_def,
	function = revops_internal.tariff_def_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (tariff_def, tariff_def) is 'sorts after, or equal';

create function revops_internal.tariff_def_cmp(tariff_def, tariff_def)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_cmp(tariff_def, tariff_def) is 'order of two values: negative, 0 or positive';

create function revops_internal.tariff_def_hash(tariff_def)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_hash(tariff_def) is 'hash of a value';

create function revops_internal.tariff_def_hash_extended(tariff_def, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_def_hash_extended(tariff_def, bigint) is 'hash of a value, with a seed';

create operator class tariff_def_btree_ops
	default for type tariff_def using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.tariff_def_cmp(tariff_def, tariff_def);
comment on operator class tariff_def_btree_ops using btree is 'sorts and compares values of tariff_def';
comment on operator family tariff_def_btree_ops using btree is 'sorts and compares values of tariff_def';

create operator class tariff_def_hash_ops
	default for type tariff_def using hash as
	operator 1 =,
	function 1 revops_internal.tariff_def_hash(tariff_def),
	function 2 revops_internal.tariff_def_hash_extended(tariff_def, bigint);
comment on operator class tariff_def_hash_ops using hash is 'hashes values of tariff_def';
comment on operator family tariff_def_hash_ops using hash is 'hashes values of tariff_def';
create cast (jsonb as tariff_def) with inout;
comment on cast (jsonb as tariff_def) is 'reads a value from its JSON form';

create cast (tariff_def as jsonb) with inout;
comment on cast (tariff_def as jsonb) is 'the JSON form of a value';

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

create type tariff_draft;

create function revops_internal.tariff_draft_in(cstring)
	returns tariff_draft
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.tariff_draft_in(cstring) is 'reads a value of tariff_draft from its JSON text';

create function revops_internal.tariff_draft_out(tariff_draft)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function revops_internal.tariff_draft_out(tariff_draft) is 'writes a value of tariff_draft as JSON text, the same for equal values';

create function revops_internal.tariff_draft_recv(internal)
	returns tariff_draft
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.tariff_draft_recv(internal) is 'reads a value of tariff_draft from its binary form';

create function revops_internal.tariff_draft_send(tariff_draft)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function revops_internal.tariff_draft_send(tariff_draft) is 'writes a value of tariff_draft in binary form';

create type tariff_draft (
	input = revops_internal.tariff_draft_in,
	output = revops_internal.tariff_draft_out,
	receive = revops_internal.tariff_draft_recv,
	send = revops_internal.tariff_draft_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type tariff_draft is 'the rows of a price table while tariff_agg runs: its state';

-- Equal values of tariff_draft are equal bytes, so bytea's own functions compare them; the order is for sorting only.
create function revops_internal.tariff_draft_eq(tariff_draft, tariff_draft)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_eq(tariff_draft, tariff_draft) is 'implements operator =';

create operator = (
	leftarg = tariff_draft,
	rightarg = tariff_draft,
	function = revops_internal.tariff_draft_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (tariff_draft, tariff_draft) is 'equal';

create function revops_internal.tariff_draft_ne(tariff_draft, tariff_draft)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_ne(tariff_draft, tariff_draft) is 'implements operator <>';

create operator <> (
	leftarg = tariff_draft,
	rightarg = tariff_draft,
	function = revops_internal.tariff_draft_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (tariff_draft, tariff_draft) is 'not equal';

create function revops_internal.tariff_draft_lt(tariff_draft, tariff_draft)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_lt(tariff_draft, tariff_draft) is 'implements operator <';

create operator < (
	leftarg = tariff_draft,
	rightarg = tariff_draft,
	function = revops_internal.tariff_draft_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (tariff_draft, tariff_draft) is 'sorts before';

create function revops_internal.tariff_draft_le(tariff_draft, tariff_draft)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_le(tariff_draft, tariff_draft) is 'implements operator <=';

create operator <= (
	leftarg = tariff_draft,
	rightarg = tariff_draft,
	function = revops_internal.tariff_draft_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (tariff_draft, tariff_draft) is 'sorts before, or equal';

create function revops_internal.tariff_draft_gt(tariff_draft, tariff_draft)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_gt(tariff_draft, tariff_draft) is 'implements operator >';

create operator > (
	leftarg = tariff_draft,
	rightarg = tariff_draft,
	function = revops_internal.tariff_draft_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (tariff_draft, tariff_draft) is 'sorts after';

create function revops_internal.tariff_draft_ge(tariff_draft, tariff_draft)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_ge(tariff_draft, tariff_draft) is 'implements operator >=';

create operator >= (
	leftarg = tariff_draft,
	rightarg = tariff_draft,
	function = revops_internal.tariff_draft_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (tariff_draft, tariff_draft) is 'sorts after, or equal';

create function revops_internal.tariff_draft_cmp(tariff_draft, tariff_draft)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_cmp(tariff_draft, tariff_draft) is 'order of two values: negative, 0 or positive';

create function revops_internal.tariff_draft_hash(tariff_draft)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_hash(tariff_draft) is 'hash of a value';

create function revops_internal.tariff_draft_hash_extended(tariff_draft, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe cost 1;
comment on function revops_internal.tariff_draft_hash_extended(tariff_draft, bigint) is 'hash of a value, with a seed';

create operator class tariff_draft_btree_ops
	default for type tariff_draft using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 revops_internal.tariff_draft_cmp(tariff_draft, tariff_draft);
comment on operator class tariff_draft_btree_ops using btree is 'sorts and compares values of tariff_draft';
comment on operator family tariff_draft_btree_ops using btree is 'sorts and compares values of tariff_draft';

create operator class tariff_draft_hash_ops
	default for type tariff_draft using hash as
	operator 1 =,
	function 1 revops_internal.tariff_draft_hash(tariff_draft),
	function 2 revops_internal.tariff_draft_hash_extended(tariff_draft, bigint);
comment on operator class tariff_draft_hash_ops using hash is 'hashes values of tariff_draft';
comment on operator family tariff_draft_hash_ops using hash is 'hashes values of tariff_draft';
create cast (tariff_draft as jsonb) with inout;
comment on cast (tariff_draft as jsonb) is 'the JSON form of a value';

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
-- quote.sql: from the list amount to the net in rows, and amounts split to the cent.

create function quote_waterfall(
	list_amount numeric,
	steps jsonb,
	out step_index int,
	out name text,
	out kind text,
	out rate numeric,
	out amount numeric,
	out subtotal numeric
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 50 rows 5;
comment on function quote_waterfall(numeric, jsonb) is
	'the calculation of a quote, one row per element of steps: list_amount + sum(amount) is exactly the last subtotal';

create function quote_net(list_amount numeric, steps jsonb)
	returns numeric
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 50;
comment on function quote_net(numeric, jsonb) is 'the net amount of a quote: the last subtotal of quote_waterfall';

create function amount_split(total numeric, weights numeric[], scale int)
	returns numeric[]
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 10;
comment on function amount_split(numeric, numeric[], int) is
	'splits a total by weights into shares with this many decimals that sum exactly to the total; rounding units go to the largest remainders, ties to the first';

create function amount_share(total numeric, weight numeric, scale int)
	returns numeric
	as 'MODULE_PATHNAME' language c window immutable parallel safe cost 10;
comment on function amount_share(numeric, numeric, int) is
	'the share of this row in a total, by weight within the partition; the shares of a partition sum exactly to the total';
-- views.sql: what the functions that make views for BI tools share: checks of their arguments, the
-- making of all views or none, and the list of the views that were made.
--
-- A maker (rfm_create_views and its kin) checks its arguments with views_source, views_column and
-- views_time, which give back pieces of SQL already quoted, writes one description a view, and
-- hands them to views_make. Nothing a caller gives reaches SQL but through %I, %L or a checked name.
--
-- Makers run with search_path = pg_catalog, pg_temp and write revops. before what is ours, so no name in them or in
-- their views can mean an object of somebody else.

create function revops_internal.views_source(source regclass, argument text, materialized boolean)
	returns text
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
declare
	class pg_class;
	full_name text;
	other_view text;
	guarded text;
begin
	if source is null then
		raise exception using errcode = 'null_value_not_allowed',
			message = format('argument %s is missing', argument),
			detail = 'It must name the table to read.';
	end if;
	select * into class from pg_class where oid = source;
	if not found then
		raise exception using errcode = 'undefined_table',
			message = format('argument %s names no table', argument),
			detail = format('There is no relation with the OID %s.', source::oid);
	end if;
	full_name := format('%I.%I', (select nspname from pg_namespace where oid = class.relnamespace), class.relname);
	if class.relkind not in ('r', 'p', 'v', 'm', 'f') then
		raise exception using errcode = 'wrong_object_type',
			message = format('%s is not a table', full_name),
			hint = 'Give a table, partitioned table, foreign table, view or materialized view.';
	end if;
	if class.relpersistence = 't' then
		raise exception using errcode = 'wrong_object_type',
			message = format('%s is a temporary table', full_name),
			detail = 'It would take the views along when the session ends.',
			hint = 'Keep the rows in a permanent table.';
	end if;
	if materialized then
		other_view := revops_internal.views_of_others(source);
		if other_view is not null and (select rolsuper from pg_roles where rolname = current_user) then
			raise exception using errcode = 'insufficient_privilege',
				message = format('a superuser may not fill materialized views from %s', full_name),
				detail = format('View %s belongs to a plain user; functions in it would run with the rights of a superuser.', other_view),
				hint = 'Call the maker as the role that owns the source (set role), or make plain views.';
		end if;
		guarded := revops_internal.views_row_security(source);
		if guarded is not null then
			raise exception using errcode = 'feature_not_supported',
				message = format('materialized views over %s would show all rows to everybody', full_name),
				detail = format('Row security is on for %s.', guarded),
				hint = 'Make plain views, which apply the reader''s row security, or materialize a source that leaves out what is confidential.';
		end if;
	end if;
	return full_name;
end
$$;
comment on function revops_internal.views_source(regclass, text, boolean) is
	'checks a table that views shall read; its name, quoted and with its schema';

-- a view reads other relations, any number of views deep
create function revops_internal.views_reads(source regclass)
	returns setof oid
	language sql stable parallel safe rows 5
begin atomic
	with recursive reads(oid) as (
		select source::oid
		union
		select d.refobjid
		from reads r
			join pg_rewrite w on w.ev_class = r.oid
			join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
				and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.oid
	)
	select oid from reads;
end;
comment on function revops_internal.views_reads(regclass) is
	'a table and, where it is a view, every relation that it reads';

-- a view reads as its owner or its reader does, so row security may hide behind any number of views
create function revops_internal.views_row_security(source regclass)
	returns text
	language sql stable parallel safe
begin atomic
	select min(format('%I.%I', n.nspname, c.relname))
	from revops_internal.views_reads(source) r
		join pg_class c on c.oid = r
		join pg_namespace n on n.oid = c.relnamespace
	where c.relrowsecurity;
end;
comment on function revops_internal.views_row_security(regclass) is
	'the table with row security that a table is, or reads as a view; NULL where there is none';

-- functions in a view run with the rights of who reads it
create function revops_internal.views_of_others(source regclass)
	returns text
	language sql stable parallel safe
begin atomic
	select min(format('%I.%I', n.nspname, c.relname))
	from revops_internal.views_reads(source) r
		join pg_class c on c.oid = r and c.relkind = 'v'
		join pg_namespace n on n.oid = c.relnamespace
		join pg_roles o on o.oid = c.relowner
	where not o.rolsuper;
end;
comment on function revops_internal.views_of_others(regclass) is
	'the view of a plain user that a table is, or reads as a view; NULL where there is none';

-- What a view calls that is neither PostgreSQL's nor ours nor a superuser's. A plain user can give a type of his own
-- a cast, and reading the column as text would call it, with the rights of whoever reads.
create function revops_internal.views_strangers(view regclass)
	returns text
	language sql stable parallel safe
begin atomic
	select string_agg(distinct format('%s of %s', pg_describe_object(d.refclassid, d.refobjid, 0), r.rolname), ', ')
	from pg_rewrite w
		join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
		left join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
		left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
		join pg_roles r on r.oid = coalesce(p.proowner, o.oprowner)
	where w.ev_class = view and w.rulename = '_RETURN' and not r.rolsuper
		and not exists (select from pg_depend m join pg_extension e on e.oid = m.refobjid
			where m.classid = d.refclassid and m.objid = d.refobjid and m.refclassid = 'pg_extension'::regclass
				and m.deptype = 'e' and e.extname = 'revops');
end;
comment on function revops_internal.views_strangers(regclass) is
	'the functions and operators of plain users that a view calls; NULL where there are none';

create function revops_internal.views_column(
	source regclass,
	column_name name,
	argument text,
	family text,
	out expression text,
	out column_type text,
	out scale integer,
	out finite text
)
	returns record
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
declare
	attribute pg_attribute;
	base oid;
	typmod integer;
	category "char";
	kind "char";
begin
	if source is null or column_name is null then
		raise exception using errcode = 'null_value_not_allowed',
			message = format('argument %s is missing', argument),
			detail = format('It must name a column of %s.', coalesce(source::text, 'the source'));
	end if;
	select * into attribute from pg_attribute
	where attrelid = source and attname = column_name and attnum > 0 and not attisdropped;
	if not found then
		raise exception using errcode = 'undefined_column',
			message = format('%s has no column "%s"', source, column_name),
			detail = format('It was given as %s.', argument),
			hint = format('Names are taken letter by letter, capitals included. Columns there: %s.', (
				select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
				where attrelid = source and attnum > 0 and not attisdropped));
	end if;
	if not has_column_privilege(source, attribute.attnum, 'select') then
		raise exception using errcode = 'insufficient_privilege',
			message = format('permission denied for column "%s" of %s', column_name, source),
			hint = 'The views are yours, so you need SELECT on what they read.';
	end if;

	-- a domain is what lies under it
	base := attribute.atttypid;
	typmod := attribute.atttypmod;
	loop
		select typcategory, typtype into category, kind from pg_type where oid = base;
		exit when kind <> 'd';
		select typbasetype, case when typtypmod >= 0 then typtypmod else typmod end
		into base, typmod from pg_type where oid = base;
	end loop;

	expression := 's.' || quote_ident(column_name);
	if base in ('int2'::regtype, 'int4'::regtype) then
		column_type := 'integer';
	elsif base = 'int8'::regtype then
		column_type := 'bigint';
	elsif base = 'bool'::regtype then
		column_type := 'boolean';
	elsif base in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'float4'::regtype, 'float8'::regtype,
			'numeric'::regtype) then
		column_type := base::regtype;
	elsif category in ('S', 'E') or base = 'uuid'::regtype then
		column_type := 'text';
	else
		column_type := 'other';
	end if;

	if family = 'time' and column_type in ('date', 'timestamp without time zone', 'timestamp with time zone')
		or family = 'days' and base = 'daterange'::regtype then
		return;
	elsif family = 'tariff' and base = 'revops.tariff_def'::regtype then
		column_type := 'tariff_def';
		return;
	elsif family = 'tariff' and (column_type = 'text' or base in ('json'::regtype, 'jsonb'::regtype)) then
		column_type := 'text';
		expression := expression || '::text';
		return;
	elsif family = 'amount' and column_type in ('integer', 'bigint') then
		scale := 2;
		expression := expression || '::numeric';
	elsif family = 'amount' and column_type = 'numeric' then
		-- without a declared scale the data may have any; six places show money and meters alike
		scale := case when typmod < 4 then 6
			else greatest(2, (((typmod - 4) & 2047) # 1024) - 1024) end;
	elsif family = 'amount' and column_type in ('real', 'double precision') then
		scale := 6;
		expression := expression || '::numeric';
	elsif family in ('key', 'label') and column_type in ('text', 'integer', 'bigint', 'boolean', 'date', 'numeric') then
		if column_type = 'text' and base <> 'text'::regtype then
			expression := expression || '::text';
			-- citext keys that differ in case alone are one customer, and must not become two as text
			if family = 'key' and (select typname from pg_type where oid = base) = 'citext' then
				expression := format('lower(%s)', expression);
			end if;
		elsif column_type = 'numeric' and family = 'key' and typmod >= 4 and (((typmod - 4) & 2047) # 1024) - 1024 >= 0 then
			column_type := format_type(base, typmod);
		elsif column_type = 'numeric' then
			expression := format('trim_scale(%s)::text', expression);
			column_type := 'text';
		elsif family = 'label' and column_type = 'date' then
			expression := format('to_char(%s, ''YYYY-MM-DD'')', expression);
		elsif family = 'label' and column_type <> 'text' then
			expression := expression || '::text';
		end if;
		if family = 'label' then
			column_type := 'text';
		end if;
		return;
	else
		raise exception using errcode = 'datatype_mismatch',
			message = format('column "%s" of %s does not fit argument %s', column_name, source, argument),
			detail = format('It is of type %s.', format_type(attribute.atttypid, attribute.atttypmod)),
			hint = case family
				when 'time' then 'A date, timestamp or timestamptz column is needed.'
				when 'days' then 'A daterange column is needed: daterange(valid_from, valid_to, ''[]'') where the last day is included.'
				when 'tariff' then 'A tariff_def column is needed, or one with its JSON.'
				when 'amount' then 'A numeric, integer or floating-point column is needed.'
				else 'A text, integer, numeric, uuid, enum, boolean or date column is needed.'
			end || ' A view over the table can cast it.';
	end if;
	-- 10^22 and more is no amount: a sum of ten billion of the largest still fits a column of the views
	finite := expression;
	if column_type not in ('integer', 'bigint') then
		finite := format('case when %s > -1e22 and %1$s < 1e22 then %1$s end', expression);
	end if;
	column_type := format('numeric(%s,%s)', greatest(38, scale + 32), scale);
end
$$;
comment on function revops_internal.views_column(regclass, name, text, text) is
	'checks a column that views shall read; how to write it, the type it shows in views, of an amount the decimals and how to write it without NaN, infinity and what is too large';

create function revops_internal.views_time(
	source regclass,
	column_name name,
	argument text,
	time_zone text,
	as_of text,
	out day text,
	out local text,
	out instant text,
	out known text
)
	returns record
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	found_column record;
	written text;
begin
	found_column := revops_internal.views_column(source, column_name, argument, 'time');
	written := found_column.expression;
	case found_column.column_type
		when 'date' then
			day := written;
			local := written;
			instant := format('(%s::timestamp at time zone %L)', written, time_zone);
			known := format('%s <= %s', written, as_of);
		when 'timestamp without time zone' then
			day := written || '::date';
			local := written;
			instant := format('(%s at time zone %L)', written, time_zone);
			known := format('%s < (%s + 1)', written, as_of);
		else
			day := format('(%s at time zone %L)::date', written, time_zone);
			local := format('(%s at time zone %L)', written, time_zone);
			instant := written;
			known := format('%s < ((%s + 1)::timestamp at time zone %L)', written, as_of, time_zone);
			-- where clocks are ever set back over midnight (Havana, the Azores), the day ends at the first of two
			if exists (select from generate_series(timestamp '1990-01-01', timestamp '2050-01-01', interval '1 day') midnight
					where (midnight at time zone time_zone - interval '1 microsecond') at time zone time_zone >= midnight) then
				known := format('%s and %s <= %s', known, day, as_of);
			end if;
	end case;
	-- a day before all days is no day: one such row would stop every view
	known := format('%s and %s > ''-infinity''', known, written);
end
$$;
comment on function revops_internal.views_time(regclass, name, text, text, text) is
	'checks a column of times or days; its day and local time in a zone, its instant, and the test that it is known at as_of';

create function revops_internal.views_zone(source regclass, time_columns name[], time_zone text)
	returns text
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	time_column name;
begin
	if time_zone is not null then
		return revops_internal.zone_check(time_zone);
	end if;
	foreach time_column in array array_remove(time_columns, null) loop
		if (revops_internal.views_column(source, time_column, 'time column', 'time')).column_type = 'timestamp with time zone' then
			raise exception using errcode = 'null_value_not_allowed', message = 'argument time_zone is missing',
				detail = format('Column "%s" of %s is a timestamp with time zone, and which day a moment lies on depends on the zone: midnight in Shanghai is the day before in UTC.', time_column, source),
				hint = 'Name the zone whose days count, for example time_zone => ''Asia/Shanghai''.';
		end if;
	end loop;
	return 'UTC';
end
$$;
comment on function revops_internal.views_zone(regclass, name[], text) is
	'the zone whose days the views count; an error where none is given and a column of the source needs one';

create function revops_internal.views_as_of(as_of date, time_zone text)
	returns text
	language plpgsql stable parallel safe
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
begin
	if not isfinite(as_of) then
		raise exception using errcode = 'invalid_parameter_value', message = 'as_of must be a finite date',
			detail = format('It is %s.', as_of), hint = 'NULL means today.';
	end if;
	if as_of is null then
		return format('(now() at time zone %L)::date', time_zone);
	end if;
	return format('%L::date', as_of);
end
$$;
comment on function revops_internal.views_as_of(date, text) is
	'how a view writes the day as of which it answers; NULL means today in the time zone';

create function revops_internal.views_call(function_name text, arguments text[])
	returns text
	language sql immutable parallel safe
begin atomic
	select format('select * from revops.%s(%s)', function_name, string_agg(
		format('%s => %s', arguments[i], arguments[i + 1]), ', ' order by i))
	from generate_series(1, cardinality(arguments), 2) i
	where arguments[i + 1] is not null;
end;
comment on function revops_internal.views_call(text, text[]) is
	'writes a call with named arguments, given as name and literal in turn; NULL ones are left out';

-- the names that the calls and the views of one call share
create function revops_internal.views_name(target_schema name, prefix text, suffix text)
	returns text
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
begin
	if coalesce(prefix, '') = '' then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument prefix is missing',
			hint = 'It starts the name of every view, such as orders in orders_customers.';
	end if;
	if target_schema is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument target_schema is missing',
			detail = 'The search_path names no schema that exists.',
			hint = 'Name the schema that the views shall go to: target_schema => ''bi''.';
	end if;
	return format('%I.%I', target_schema, prefix || '_' || suffix);
end
$$;
comment on function revops_internal.views_name(name, text, text) is
	'the name of a view, quoted and with its schema';

create function revops_internal.views_make(
	call text,
	prefix text,
	target_schema name,
	materialized boolean,
	replace boolean,
	views jsonb,
	out view_name text,
	out answers text,
	out columns text
)
	returns setof record
	language plpgsql volatile
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
as $$
declare
	kind text := case when materialized then 'materialized view' else 'view' end;
	schema_id oid;
	old pg_class;
	owner regrole := current_user::regrole;
	strangers text;
	v jsonb;
	place integer := 0;
	bare_name text;
	in_the_way text;
	listed text;
	present text;
	followers text[] := '{}';	-- what a dropped materialized view had: grants, indexes
	kept_index boolean[] := '{}';
	c jsonb;
	statement text;
begin
	if call is null or views is null or jsonb_typeof(views) <> 'array' then
		raise exception using errcode = 'null_value_not_allowed', message = 'there is nothing to make';
	end if;
	perform revops_internal.views_name(target_schema, prefix, '');
	if materialized is null or replace is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'materialized and replace are true or false, not NULL',
			hint = 'Leave them out to get their default, false.';
	end if;
	select oid into schema_id from pg_namespace where nspname = target_schema;
	if not found then
		raise exception using errcode = 'invalid_schema_name',
			message = format('schema "%s" does not exist', target_schema),
			hint = format('Make it first: create schema %I;', target_schema);
	end if;
	if target_schema in ('revops', 'revops_internal', 'information_schema') or strpos(target_schema, 'pg_') > 0 then
		raise exception using errcode = 'reserved_name',
			message = format('schema "%s" is no place for views', target_schema),
			detail = 'It belongs to the system or the extension, or its name holds "pg_", where BI tools find no columns.';
	end if;
	if not has_schema_privilege(schema_id, 'create') or not has_schema_privilege(schema_id, 'usage') then
		raise exception using errcode = 'insufficient_privilege',
			message = format('permission denied for schema "%s"', target_schema),
			hint = format('You need USAGE and CREATE: grant usage, create on schema %I to %I;', target_schema, current_user);
	end if;

	-- two calls at once take turns, so that the second one sees what the first has made
	perform pg_advisory_xact_lock('pg_namespace'::regclass::oid::integer, schema_id::integer);

	-- first every check, then the making
	for v in select jsonb_array_elements(views) loop
		bare_name := prefix || '_' || (v ->> 'suffix');
		if octet_length(bare_name) > 63 then
			raise exception using errcode = 'name_too_long',
				message = format('the name "%s" is too long', bare_name),
				detail = format('It has %s bytes, a name has at most 63.', octet_length(bare_name)),
				hint = 'Give a shorter prefix.';
		end if;
		select * into old from pg_class where relnamespace = schema_id and relname = bare_name;
		continue when not found;
		in_the_way := case old.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'r' then 'table' when 'p' then 'partitioned table'
			when 'f' then 'foreign table' when 'S' then 'sequence' when 'c' then 'composite type' else 'index' end;
		if not replace then
			raise exception using errcode = 'duplicate_table',
				message = format('"%s" already exists in schema "%s"', bare_name, target_schema),
				detail = format('It is of kind %s.', in_the_way),
				hint = 'Give another prefix or target_schema, or replace => true to make its query anew.';
		end if;
		if old.relkind <> (case when materialized then 'm' else 'v' end) then
			raise exception using errcode = 'wrong_object_type',
				message = format('"%s" exists and is not a %s', bare_name, kind),
				detail = format('It is of kind %s.', in_the_way),
				hint = format('Drop or rename it first%s.', case when in_the_way in ('view', 'materialized view')
					then format(', or give materialized => %s', case when materialized then 'false' else 'true' end) else '' end);
		end if;
		if not pg_has_role(old.relowner, 'usage') then
			raise exception using errcode = 'insufficient_privilege',
				message = format('must be owner of %s "%s"', kind, bare_name);
		end if;
		if old.relowner <> owner and owner <> current_user::regrole then
			raise exception using errcode = 'object_not_in_prerequisite_state',
				message = 'the views of one call must have one owner',
				detail = format('"%s" belongs to %s, others of the call to %s.', bare_name, old.relowner::regrole, owner),
				hint = 'Give them to one role: alter view ... owner to ...;';
		end if;
		owner := old.relowner;
		select string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
		into present from pg_attribute where attrelid = old.oid and attnum > 0 and not attisdropped;
		select string_agg(format('%s %s', e ->> 0, e ->> 1), ', ' order by n)
		into listed from jsonb_array_elements(v -> 'columns') with ordinality x(e, n);
		if listed is distinct from present then
			raise exception using errcode = 'invalid_table_definition',
				message = format('"%s" has other columns than this call would make', bare_name),
				detail = format('It has: %s. The call makes: %s.', present, listed),
				hint = 'Queries and charts may need the old ones; drop the view first, or give another prefix.';
		end if;
		if materialized then
			select followers || coalesce(array_agg(format('grant %s%s on %I.%I to %s%s', a.privilege_type,
				' (' || quote_ident(g.of_column) || ')', target_schema, bare_name,
				coalesce((select quote_ident(rolname) from pg_roles where oid = a.grantee), 'public'),
				case when a.is_grantable then ' with grant option' else '' end)), '{}')
			into followers
			from (select null as of_column, old.relacl as acl
				union all select attname, attacl from pg_attribute where attrelid = old.oid and attacl is not null) g,
				aclexplode(g.acl) a
			where a.grantee <> old.relowner;
			select followers || coalesce(array_agg(pg_get_indexdef(indexrelid)), '{}')
			into followers from pg_index where indrelid = old.oid;
		end if;
	end loop;

	if materialized then
		for v in select e from jsonb_array_elements(views) with ordinality x(e, n) order by n desc loop
			bare_name := prefix || '_' || (v ->> 'suffix');
			kept_index := exists (select from pg_class where relnamespace = schema_id and relname = bare_name) || kept_index;
			if kept_index[1] then
				execute format('drop materialized view %I.%I', target_schema, bare_name);
			end if;
		end loop;
	end if;

	for v in select jsonb_array_elements(views) loop
		place := place + 1;
		bare_name := prefix || '_' || (v ->> 'suffix');
		view_name := revops_internal.views_name(target_schema, prefix, v ->> 'suffix');
		answers := v ->> 'answers';
		select string_agg(format(E'(%s)::%s as %I', e ->> 2, e ->> 1, e ->> 0), E',\n\t' order by n),
			string_agg(quote_ident(e ->> 0), ', ' order by n)
		into listed, columns from jsonb_array_elements(v -> 'columns') with ordinality x(e, n);
		execute format(case when materialized then E'create materialized view %s as\nselect\n\t%s\n%s\nwith no data'
			else E'create or replace view %s with (security_invoker = true) as\nselect\n\t%s\n%s' end,
			view_name, listed, v ->> 'from');
		strangers := revops_internal.views_strangers(view_name::regclass);
		if strangers is not null then
			raise exception using errcode = 'feature_not_supported',
				message = format('%s would call functions of its source''s types', view_name),
				detail = format('It would call %s, with the rights of everybody who reads it.', strangers),
				hint = 'Give the source''s column a type of PostgreSQL, such as text.';
		end if;
		execute format('comment on %s %s is %L', kind, view_name, format(
			E'%s\nMade by revops %s, view %s of %s; to make it again:\n%s;', answers,
			(select extversion from pg_extension where extname = 'revops'), place, jsonb_array_length(views), call));
		for c in select jsonb_array_elements(v -> 'columns') loop
			execute format('comment on column %s.%I is %L', view_name, c ->> 0, c ->> 3);
		end loop;
		-- what is replaced keeps its owner, with whose rights it is filled and its indexes are made
		if owner <> current_user::regrole then
			execute format('alter %s %s owner to %s', kind, view_name, owner);
		end if;
		if materialized then
			execute format('refresh materialized view %s', view_name);
		end if;
		-- so that it can be refreshed while it is read
		if materialized and not kept_index[place] then
			execute format('create unique index on %s (%s)', view_name,
				(select string_agg(quote_ident(k), ', ' order by n)
				from jsonb_array_elements_text(v -> 'key') with ordinality x(k, n)));
		end if;
		return next;
	end loop;
	foreach statement in array followers loop
		execute statement;
	end loop;
end
$$;
comment on function revops_internal.views_make(text, text, name, boolean, boolean, jsonb) is
	'makes described views, all or none, with comments that repeat the call; the makers'' last step';

-- A comment is written by whoever owns the view, and its call is there to be run. So it must be one call and nothing
-- else, of literals that mean the same whatever standard_conforming_strings says.
create function revops_internal.views_is_call(call text)
	returns boolean
	language sql immutable strict parallel safe
begin atomic
	select call ~ format('^select [*] from revops[.][a-z]+_create_views[(]%s(, %1$s)*[)]$',
		E'[a-z_]+ => (E''([^''\\\\]|''''|\\\\\\\\)*''|''([^''\\\\]|'''')*''|true|false|[0-9]+)');
end;
comment on function revops_internal.views_is_call(text) is
	'is a text one whole call of a maker, as views_call writes it?';

-- to count is to read the source: functions in a plain user's view are not run for a superuser who makes views over it
create function revops_internal.views_findings(checks text)
	returns text
	language plpgsql volatile
	set search_path = pg_catalog, pg_temp
as $$
declare
	findings bigint;
	left_out bigint;
begin
	if revops_internal.views_of_others(checks::regclass) is not null and (select rolsuper from pg_roles where rolname = current_user) then
		return ' Findings are not counted for a superuser: the source is a plain user''s view.';
	end if;
	execute format('select count(*), coalesce(sum(row_count) filter (where is_left_out), 0) from %s', checks) into findings, left_out;
	return format(' Findings now: %s; rows left out: %s.', findings, left_out);
end
$$;
comment on function revops_internal.views_findings(text) is
	'what a view of checks, a quoted name, says at the moment; for the maker''s answer';

-- Orders are checked alike for all makers that read them. key_text, time_text, amount_text and order_text are columns
-- as views_column writes them, finite_text the amount without NaN and infinity; order_text is NULL where rows are orders.
create function revops_internal.views_order_checks(
	source_name text,
	customer name,
	key_text text,
	key_type text,
	time_text text,
	known text,
	amount_text text,
	finite_text text,
	order_text text,
	today text
)
	returns jsonb
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	checks text;	-- the findings
begin
	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as customer_key, null::text as order_key,
		count(*) as row_count, 'rows without a customer' as detail_name
	from r
	where r.customer_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.customer_key is not null and r.is_untimed
	having count(*) > 0
	union all
	select 5, 'bad_amount', false, null, null, count(*), 'amounts that are NaN, endless or 10^22 and more count as 0'
	from k
	where k.is_bad_amount
	having count(*) > 0$q$, key_type);
	if key_type = 'text' then
		checks := checks || $q$
	union all
	select 3, 'blank_key', false, k.customer_key, null, count(*), 'rows whose customer is blank are of one customer'
	from k
	where btrim(k.customer_key) = ''
	group by k.customer_key
	union all
	select 4, 'similar_keys', false, min(d.customer_key), null, sum(d.row_count)::bigint,
		'customers whose keys differ by spaces or case alone: ' || string_agg('"' || d.customer_key || '"', ', ' order by d.customer_key)
	from (
		select k.customer_key, count(*) as row_count
		from k
		where btrim(k.customer_key) <> ''
		group by k.customer_key
	) d
	group by lower(regexp_replace(d.customer_key collate "default", '[[:space:]]', '', 'g'))
	having count(*) > 1$q$;
	end if;
	if order_text is null then
		checks := checks || $q$
	union all
	select 6, 'repeated_row', false, null, null, sum(d.more)::bigint, 'rows that repeat another of the same customer, time and amount; customers: ' || count(distinct d.customer_key)
	from (
		select k.customer_key, count(*) - 1 as more
		from k
		group by k.customer_key, k.at, k.amount
		having count(*) > 1
	) d
	having count(*) > 0
	union all
	select 7, 'same_time', false, null, null, sum(d.row_count)::bigint,
		'rows of one customer and one time with different amounts, each counted as an order: if they are lines of one, give order_key; customers: ' || count(distinct d.customer_key)
	from (
		select k.customer_key, count(*) as row_count
		from k
		group by k.customer_key, k.at
		having count(distinct k.amount) > 1
	) d
	having count(*) > 0$q$;
	else
		checks := checks || $q$
	union all
	select 8, 'order_of_several_customers', false, null, k.order_key, count(*), 'one order under several customers, counted for each: ' || count(distinct k.customer_key)
	from k
	where k.order_key is not null
	group by k.order_key
	having count(distinct k.customer_key) > 1
	union all
	select 9, 'no_order_key', false, null, null, count(*), 'rows without an order key are one order of each customer'
	from k
	where k.order_key is null
	having count(*) > 0$q$;
	end if;
	return jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time; '
				|| 'kept: blank_key, similar_keys, bad_amount, repeated_row, same_time, order_of_several_customers, no_order_key'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows count for nobody'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['customer_key', key_type, 'f.customer_key', format('the customer, where it is about one: column %s of the source', customer)],
			array['order_key', 'text', 'f.order_key', 'the order, where it is about one'],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as customer_key, %2$s as order_key, %3$s as at, %3$s is null or not isfinite(%3$s) as is_untimed,
			%4$s as amount, %5$s is not null and %4$s is null as is_bad_amount
		from %6$s s
		where %3$s is null or not isfinite(%3$s) or %7$s
	), k as (
		select r.customer_key, r.order_key, r.at, r.amount, r.is_bad_amount
		from r
		where r.customer_key is not null and not r.is_untimed
	), found as (
	%8$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.customer_key, f.order_key) as finding_index
	from found f
) f', key_text, coalesce(order_text, 'null'), time_text,
			finite_text, amount_text, source_name, known, checks));
end
$$;
comment on function revops_internal.views_order_checks(text, name, text, text, text, text, text, text, text, text) is
	'describes PREFIX_checks over a table of orders, for views_make';

create function revops_internal.views_arguments(call text)
	returns table (argument text, argument_value text)
	language sql immutable strict parallel safe rows 12
begin atomic
	select m[1],
		case
			when m[2] like 'E''%' then replace(replace(substr(m[2], 3, length(m[2]) - 3), '''''', ''''), E'\\\\', E'\\')
			when m[2] like '''%' then replace(substr(m[2], 2, length(m[2]) - 2), '''''', '''')
			else m[2]
		end
	from regexp_matches(call, E'([a-z_]+) => (E''(?:[^''\\\\]|''''|\\\\\\\\)*''|''(?:[^'']|'''')*''|[^,)'']+)', 'g') m;
end;
comment on function revops_internal.views_arguments(text) is
	'the arguments of a call that views_call wrote, a row each; literals without their quotes';

-- not ::regclass, which raises an error where there is none, or no USAGE on the schema
create function revops_internal.views_relation(full_name text)
	returns oid
	language sql stable strict parallel safe
begin atomic
	select c.oid
	from (
		select array_agg(case when part like '"%' then replace(substr(part, 2, length(part) - 2), '""', '"') else part end order by place)
		from unnest(regexp_match(full_name, '^("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)[.]("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)$'))
			with ordinality u(part, place)
		) p(parts)
		join pg_namespace n on n.nspname = p.parts[1]::name
		join pg_class c on c.relnamespace = n.oid and c.relname = p.parts[2]::name;
end;
comment on function revops_internal.views_relation(text) is
	'the relation of a name that is quoted and with its schema, as views_source writes it; NULL where there is none';

create function revops_views()
	returns table (
		view_name text,
		view_kind text,
		answers text,
		made_by text,
		made_version text,
		needs_attention text
	)
	language sql stable parallel safe rows 20
	set search_path = pg_catalog, pg_temp
	set quote_all_identifiers = off
begin atomic
	with found as (
		select c.oid, n.nspname, c.relname, c.relkind, c.relispopulated,
			m[1] as answers, m[2] as version, m[3]::integer as place, m[4]::integer as views,
			case when revops_internal.views_is_call(m[5]) then m[5] end as call
		from pg_description d
			join pg_class c on c.oid = d.objoid and c.relkind in ('v', 'm')
			join pg_namespace n on n.oid = c.relnamespace,
			regexp_match(d.description,
				E'^([^\n]*)\nMade by revops ([^,\n]+), view ([0-9]{1,3}) of ([0-9]{1,3}); to make it again:\n(.*);$') m
		where d.classoid = 'pg_class'::regclass and d.objsubid = 0
			and d.description like E'%\nMade by revops %' and m is not null
	), made as (
		select f.*, format('%I.%I', f.nspname, f.relname) as name, count(*) over (partition by f.call) as present,
			(select jsonb_object_agg(a.argument, a.argument_value) from revops_internal.views_arguments(f.call) a) as given
		from found f
	)
	select m.name, case m.relkind when 'm' then 'materialized view' else 'view' end, m.answers, m.call, m.version, (
		-- all that is wrong with one view, the worst first
		with argument as (
			select a.name, a.type
			from pg_proc p, unnest(p.proargnames, p.proargtypes::oid[]) a(name, type)
			where p.pronamespace = 'revops'::regnamespace and p.proname = (regexp_match(m.call, '[.]([a-z_]+)[(]'))[1]
				and m.given ? a.name
		), source as materialized (
			select a.name as argument, m.given ->> a.name as name, revops_internal.views_relation(m.given ->> a.name) as relation
			from argument a
			where a.type = 'regclass'::regtype and m.given ->> a.name <> 'null'
		), trouble(urgency, problem) as (
			select 0, 'its comment holds no call of a maker, so it cannot be made again: drop it, and make new views'
			where m.call is null
			union
			select 1, format('%s, which the call reads, is gone or renamed', s.name)
			from source s
			where s.relation is null
			union
			select 2, format('column "%s" of %s is gone or renamed', c.column_name, s.name)
			from argument a
				cross join lateral (select m.given ->> a.name as column_name) c
				-- a column of another table than the source has that table's last word first: book_item of price_book
				join lateral (
					select * from source
					where argument = 'source' or split_part(a.name, '_', 1) = substring(argument from '[^_]*$')
					order by argument = 'source' limit 1
				) s on s.relation is not null
			where a.type = 'name'::regtype and a.name not in ('prefix', 'target_schema') and c.column_name <> 'null'
				and not exists (select from pg_attribute t
					where t.attrelid = s.relation and t.attname = c.column_name and t.attnum > 0 and not t.attisdropped)
			union
			select 3, format('row security is on for %s: this view shows all rows to everybody', guarded)
			from source s, revops_internal.views_row_security(s.relation) guarded
			where m.relkind = 'm' and guarded is not null
			union
			select 4, format('%s of the %s views of its call are gone', m.views - m.present, m.views)
			where m.call is not null and m.present < m.views
			union
			select 5, format('made by revops %s, installed is %s: repeat the call', m.version, e.extversion)
			from pg_extension e
			where e.extname = 'revops' and e.extversion <> m.version
			union
			select 6, format('renamed or moved: its call makes %I.%I', m.given ->> 'target_schema', (m.given ->> 'prefix') || '_...')
			where m.given ?& array['target_schema', 'prefix']
				and (m.nspname <> m.given ->> 'target_schema' or not starts_with(m.relname::text, (m.given ->> 'prefix') || '_'))
			union
			select 7, 'not filled: refresh materialized view ' || m.name
			where not m.relispopulated
		)
		select string_agg(problem, '; ' order by urgency, problem) from trouble)
	from made m
	order by m.call, m.place, m.name;
end;
comment on function revops_views() is
	'the views made by the makers, the call that made each, and what needs attention: columns gone, older version, missing views';
-- views_rfm.sql: rfm_create_views.

create function rfm_create_views(
	prefix text,
	source regclass,
	customer name,
	ordered_at name,
	amount name,
	order_key name default null,
	bins integer default 5,
	method text default 'quantile',
	map text default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 4
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	zone text := revops_internal.views_zone(source, array[ordered_at], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	customers text := revops_internal.views_name(target_schema, prefix, 'customers');
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	order_time record := revops_internal.views_time(source, ordered_at, 'ordered_at', zone, today);
	money record := revops_internal.views_column(source, amount, 'amount', 'amount');
	order_column record;
	chosen_map revops.rfm_segment_map;
	map_text text;
	segments integer;
	orders text;
	order_expression text := 'null';	-- the order that a row belongs to
	call text;
	views jsonb;
begin
	-- errors of bins and method are rfm_score's own
	perform revops.rfm_score(1, 1, 1, bins, method) over ();
	if map is null and bins not in (2, 5) then
		raise exception using errcode = 'invalid_parameter_value', message = format('there is no built-in segment map for %s bins', bins),
			hint = 'Give a map as JSON: map => ''{"name": ..., "bins": ..., "rules": [...]}''.';
	end if;
	map := coalesce(map, case bins when 5 then 'grid' else 'octant' end);
	if ltrim(map, E' \n\r\t') like '{%' then
		chosen_map := map::revops.rfm_segment_map;
		map_text := format('%L::revops.rfm_segment_map', chosen_map);
	else
		chosen_map := revops.segment_map(map);
		map_text := format('revops.segment_map(%L)', map);
	end if;
	if (chosen_map::text::jsonb ->> 'bins')::integer <> bins then
		raise exception using errcode = 'invalid_parameter_value', message = 'the segment map is for another number of bins',
			detail = format('The map is for %s bins, the scores have %s.', chosen_map::text::jsonb ->> 'bins', bins);
	end if;
	segments := max(segment_order) from revops.segment_map_rows(chosen_map);

	-- one row per order
	if order_key is null then
		orders := format('select %1$s as customer_key, %2$s as ordered_at, %3$s as amount
				from %4$s s
				where %1$s is not null and %5$s', who.expression, order_time.local, money.finite, source_name, order_time.known);
	else
		order_column := revops_internal.views_column(source, order_key, 'order_key', 'label');
		order_expression := format('s.%I::text', order_key);
		orders := format('select %1$s as customer_key, min(%2$s) as ordered_at, sum(%3$s) as amount
				from %4$s s
				where %1$s is not null and %5$s
				group by %1$s, s.%6$I', who.expression, order_time.local, money.finite, source_name, order_time.known, order_key);
	end if;

	call := revops_internal.views_call('rfm_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'customer', quote_literal(customer),
		'ordered_at', quote_literal(ordered_at),
		'amount', quote_literal(amount),
		'order_key', quote_literal(order_key),
		'bins', bins::text,
		'method', quote_literal(method),
		'map', quote_literal(map),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'customers',
			'answers', 'Who are our best customers, and which segment is each in? One row per customer.',
			'key', array['customer_key'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 's.customer_key', format('the customer: column %s of the source', customer)],
				array['segment_name', 'text',
					'coalesce(m.segment_name, case when s.scores is null then ''no_orders'' else ''unmapped'' end)',
					'segment of the scores; no_orders: credit notes alone; unmapped: no rule of the map fits'],
				array['segment_index', 'integer',
					format('coalesce(m.segment_order, case when s.scores is null then %s else %s end)', segments + 2, segments + 1),
					'sorts segments as the map lists them'],
				array['recency_score', 'integer', '(s.scores).recency_score', format('1 to %s, the more recent the higher', bins)],
				array['frequency_score', 'integer', '(s.scores).frequency_score', format('1 to %s, the more orders the higher', bins)],
				array['monetary_score', 'integer', '(s.scores).monetary_score', format('1 to %s, the more money the higher', bins)],
				array['cell_name', 'text', '(s.scores).rfm_cell', 'the three scores in one label'],
				array['cell_index', 'integer',
					format('(((s.scores).recency_score - 1) * %s + (s.scores).frequency_score - 1) * %1$s + (s.scores).monetary_score', bins),
					'sorts cells by recency, frequency, money'],
				array['order_count', 'bigint', 's.order_count', 'orders up to as_of, credit notes not counted'],
				array['total_amount', money.column_type, 's.total_amount', 'money of all orders, credit notes taken off'],
				array['first_order_date', 'date', 's.first_order_date', format('day of the first order, in %s', zone)],
				array['last_order_date', 'date', 's.last_order_date', format('day of the last order, in %s', zone)],
				array['recency_days', 'integer', 's.recency_days', 'days from the last order to as_of'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select c.*, revops.rfm_score(c.recency_days, c.order_count, c.total_amount, %s, %L) over () as scores
	from (
		select h.customer_key,
			revops.order_count(h.history) as order_count,
			revops.order_total(h.history)::%s as total_amount,
			(revops.order_first_at(h.history) at time zone ''UTC'')::date as first_order_date,
			(revops.order_last_at(h.history) at time zone ''UTC'')::date as last_order_date,
			revops.order_recency_days(h.history, %s) as recency_days
		from (
			select o.customer_key, revops.order_agg(o.ordered_at, o.amount) as history
			from (
				%s
			) o
			group by o.customer_key
		) h
	) c
) s
left join (
	select distinct segment_order, segment_name from revops.segment_map_rows(%s)
) m on m.segment_name = revops.rfm_segment(s.scores, %6$s)', bins, method, money.column_type, today, orders, map_text)),
		jsonb_build_object(
			'suffix', 'segments',
			'answers', 'How many customers and how much revenue does each segment hold? One row per segment.',
			'key', array['segment_index'],
			'columns', jsonb_build_array(
				array['segment_name', 'text', 'coalesce(c.segment_name, m.segment_name)', 'the segment'],
				array['segment_index', 'integer', 'coalesce(c.segment_index, m.segment_order)', 'sorts segments as the map lists them'],
				array['customer_count', 'bigint', 'count(c.customer_key)', 'customers in the segment'],
				array['all_customer_count', 'bigint', 'sum(count(c.customer_key)) over ()', 'customers in all segments'],
				array['customer_rate', 'double precision',
					'count(c.customer_key)::float8 / nullif(sum(count(c.customer_key)) over (), 0)::float8',
					'share of all customers, 0 to 1'],
				array['order_count', 'bigint', 'coalesce(sum(c.order_count), 0)', 'their orders'],
				array['total_amount', money.column_type, 'coalesce(sum(c.total_amount), 0)', 'their money, credit notes taken off'],
				array['all_total_amount', money.column_type, 'sum(coalesce(sum(c.total_amount), 0)) over ()', 'money of all segments'],
				array['total_amount_rate', 'double precision',
					'coalesce(sum(c.total_amount), 0)::float8 / nullif(sum(coalesce(sum(c.total_amount), 0)) over (), 0)::float8',
					'share of all money, 0 to 1'],
				array['average_amount', money.column_type, 'avg(c.total_amount)', 'money a customer'],
				array['median_recency_days', 'double precision',
					'percentile_cont(0.5) within group (order by c.recency_days)', 'half of them ordered within so many days'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select distinct segment_order, segment_name from revops.segment_map_rows(%s)
) m
full join %s c on c.segment_name = m.segment_name
group by coalesce(c.segment_name, m.segment_name), coalesce(c.segment_index, m.segment_order)', map_text, customers)),
		jsonb_build_object(
			'suffix', 'cuts',
			'answers', 'From which value on does a customer score higher? One row per cut.',
			'key', array['dimension_index', 'cut_index'],
			'columns', jsonb_build_array(
				array['dimension_name', 'text', 'r.dimension', 'recency (days), frequency (orders) or monetary (money)'],
				array['dimension_index', 'integer', 'r.dimension_index', 'sorts the dimensions'],
				array['cut_index', 'integer', 'r.cut_index', 'number of the cut'],
				array['cut_value', 'double precision', 'r.cut', 'values above it score higher; days below it'],
				array['bin_count', 'integer', 'r.bins', 'scores that were asked for'],
				array['reachable_score_count', 'integer', 'r.reachable_scores', 'scores that equal values leave reachable'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.rfm_model_agg(c.recency_days, c.order_count, c.total_amount, %s, %L) as model
	from %s c
) l,
revops.rfm_model_rows(l.model) r', bins, method, customers)));
	views := views || revops_internal.views_order_checks(source_name, customer, who.expression, who.column_type,
		(revops_internal.views_column(source, ordered_at, 'ordered_at', 'time')).expression, order_time.known, money.expression, money.finite,
		case when order_key is not null then order_expression end, today);
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, views) m;
end
$$;
comment on function rfm_create_views(text, regclass, name, name, name, name, integer, text, text, name, date, text, boolean, boolean) is
	'makes views for BI over a table of orders or order lines: PREFIX_customers, _segments, _cuts, _checks';
-- funnel_views.sql: funnel_create_views, and what its checks need.

-- Words say whether a label is meant as a step: the same letters and digits; one inside the other (closed won); or
-- most pairs of letters in common (propsal). A text of more than 200 characters is no label, and like none.
create function revops_internal.views_resembles(label text, names text[])
	returns text
	language sql immutable strict parallel safe
begin atomic
	select n.name
	from (select name, place, lower(regexp_replace(label collate "default", '[^[:alnum:]]', '', 'g')) as mine,
			lower(regexp_replace(name collate "default", '[^[:alnum:]]', '', 'g')) as theirs
		from unnest(names) with ordinality u(name, place)
		where length(label) <= 200 and length(name) <= 200) n,
		lateral (select case
			when mine = '' or theirs = '' then 0
			when mine = theirs then 3
			when length(theirs) >= 2 and strpos(mine, theirs) > 0 then 2 + length(theirs)::float8 / length(mine) / 2
			when length(mine) >= 3 and starts_with(theirs, mine) then 1.5
			else (select 2 * count(*) from (
					select substr(mine, i, 2) from generate_series(1, length(mine) - 1) i
					intersect all
					select substr(theirs, i, 2) from generate_series(1, length(theirs) - 1) i) pair)::float8
				/ greatest(length(mine) + length(theirs) - 2, 1) end as likeness) l
	where l.likeness >= 0.6
	order by l.likeness desc, n.place
	limit 1;
end;
comment on function revops_internal.views_resembles(text, text[]) is
	'the name that a label is most likely meant to be; null where it is like none';

create function funnel_create_views(
	prefix text,
	source regclass,
	entity name,
	at name,
	step name,
	steps text[],
	within interval default null,
	mode text default 'ordered',
	lost text[] default null,
	dimension name default null,
	amount name default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 6
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
	set intervalstyle = 'postgres'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	who record := revops_internal.views_column(source, entity, 'entity', 'key');
	zone text := revops_internal.views_zone(source, array[at], time_zone);
	step_text text := (revops_internal.views_column(source, step, 'step', 'label')).expression;
	today text;
	event_time record;
	time_column text;
	dimension_text text;
	money record;
	funnel_text text;
	stages text;
	stage_count integer;
	ends_last boolean;	-- is the last step the end of the way?
	events text;	-- the rows that count
	direct_entity text;	-- as funnel_agg over rows takes it
	nobody text;	-- the figures of no entity
	one_dimension text := '';	-- the dimension of an entity
	one text;		-- the same and its amount
	fold text;		-- a population into figures
	dimension_column jsonb := '[]';
	amount_column jsonb := '[]';
	bad_amount text := 'false';
	step_times jsonb;
	step_columns jsonb;
	names text;		-- of steps and losses
	checks text;	-- the findings
	call text;
	views jsonb;
begin
	-- what is wrong with steps, within, mode, lost and zone, funnel says itself
	if steps is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument steps is missing',
			hint = 'Name the steps in order: steps => array[''lead'', ''proposal'', ''won''].';
	end if;
	perform revops.funnel(steps, within, mode, lost, zone);
	funnel_text := format('revops.funnel(%L::text[], %L::interval, %L, %L::text[], %L)', steps, within, mode, lost, zone);
	today := revops_internal.views_as_of(as_of, zone);
	event_time := revops_internal.views_time(source, at, 'at', zone, today);
	time_column := (revops_internal.views_column(source, at, 'at', 'time')).expression;
	-- a step may stand twice in a funnel, a stage is one stage
	stages := format('%L::text[]', (select array_agg(name order by place)
		from (select name, min(n) as place from unnest(steps) with ordinality u(name, n) group by name) d));
	stage_count := (select count(distinct name) from unnest(steps) name);
	ends_last := coalesce(mode, 'ordered') <> 'any_order' and steps[cardinality(steps)] <> all (steps[:cardinality(steps) - 1]);

	events := format('from %s s
		where %s is not null and %s', source_name, who.expression, event_time.known);
	-- a deal's dimension and amount may have been corrected: the last known ones count
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		one_dimension := format(',
			(array_agg(%s order by %s desc, %1$s desc) filter (where %1$s is not null))[1] as dimension_name', dimension_text, event_time.instant);
		dimension_column := jsonb_build_array(
			array['dimension_name', 'text', 'e.dimension_name', format('column %s of the source, the last one known of an entity', dimension)]);
	end if;
	one := one_dimension;
	if amount is not null then
		money := revops_internal.views_column(source, amount, 'amount', 'amount');
		one := one || format(',
			(array_agg(%s order by %s desc, %1$s desc) filter (where %1$s is not null))[1] as entity_amount', money.finite, event_time.instant);
		bad_amount := format('%s is not null and %s is null', money.expression, money.finite);
		amount_column := jsonb_build_array(
			array['entity_amount', money.column_type, 'e.entity_amount', format('column %s of the source, the last one known', amount)]);
	end if;
	fold := format('revops.funnel_agg(e.path, %s%s)', today, case when amount is not null then ', e.entity_amount' else '' end);
	-- one who does not exist by as_of, so that a source without rows has a row of 0 for each step
	nobody := format('(
		select revops.funnel_agg(n.path, %s%s)
		from (select revops.funnel_path_agg(%s, %1$s + 1, null::text) as path) n)', today, case when amount is not null then ', 0::numeric' else '' end, funnel_text);
	-- a collation may call texts equal that differ in bytes; one pass over the rows compares bytes
	direct_entity := (
		select case when amount is not null or not coalesce(c.collisdeterministic, true) then null
			when a.atttypid = 'uuid'::regtype then format('s.%I', a.attname)
			when who.column_type in ('integer', 'bigint', 'text') then who.expression
			else who.expression || '::text' end
		from pg_attribute a left join pg_collation c on c.oid = a.attcollation
		where a.attrelid = source and a.attname = entity);

	call := revops_internal.views_call('funnel_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'entity', quote_literal(entity),
		'at', quote_literal(at),
		'step', quote_literal(step),
		'steps', quote_literal(steps),
		'within', quote_literal(within),
		'mode', quote_literal(mode),
		'lost', quote_literal(lost),
		'dimension', quote_literal(dimension),
		'amount', quote_literal(amount),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true']);

	step_times := (
		select jsonb_agg(array[format('step_%s_at', n), 'timestamp with time zone', format('e.times[%s]', n),
			case when mode = 'any_order' then format('when so many steps were done: %s', n)
				else format('when step %s was taken: %s', n, name) end] order by n)
		from unnest(steps) with ordinality u(name, n));
	step_columns := jsonb_build_array(
		array['step_index', 'integer', 'r.step_index', 'sorts the steps'],
		array['step_name', 'text', 'coalesce(r.step_name, ''any '' || r.step_index)', 'the step; any 2: two steps in any order'],
		array['next_step_index', 'integer', format('case when r.step_index < %s then r.step_index + 1 end', cardinality(steps)), 'sorts the next steps'],
		array['next_step_name', 'text',
			format('case when r.step_index < %s then coalesce(r.next_step_name, ''any '' || r.step_index + 1) end', cardinality(steps)), 'the next step'],
		array['entered_count', 'bigint', 'r.entered', 'took this step'],
		array['converted_count', 'bigint', 'r.converted', 'of them took the next step'],
		array['open_count', 'bigint', 'r.open', 'of them may still take it'],
		array['lost_count', 'bigint', 'r.lost', 'of them were lost'],
		array['expired_count', 'bigint', 'r.expired', 'of them ran out of time'],
		array['step_rate', 'double precision', 'r.step_rate', 'converted of entered, 0 to 1'],
		array['step_rate_low', 'double precision', 'r.step_rate_low', 'lower end of its 95 % interval'],
		array['step_rate_high', 'double precision', 'r.step_rate_high', 'upper end of its 95 % interval'],
		array['overall_rate', 'double precision', 'r.overall_rate', 'entered of those who took step 1, 0 to 1'],
		array['mature_entered_count', 'bigint', 'r.mature_entered', 'of entered, those whose time had run out by as_of, whatever became of them'],
		array['mature_converted_count', 'bigint', 'r.mature_converted', 'of these, converted'],
		array['mature_rate', 'double precision', 'r.mature_rate', 'their quotient: a rate that young deals do not bend'],
		array['mature_rate_low', 'double precision', 'r.mature_rate_low', 'lower end of its 95 % interval'],
		array['mature_rate_high', 'double precision', 'r.mature_rate_high', 'upper end of its 95 % interval'],
		array['median_days', 'double precision', 'r.median_days', 'half took the next step within so many days'],
		array['p90_days', 'double precision', 'r.p90_days', 'nine in ten took it within so many days'],
		array['median_from_start_days', 'double precision', 'r.median_days_from_start', 'the same, from step 1 to the next step'],
		array['p90_from_start_days', 'double precision', 'r.p90_days_from_start', 'the same, from step 1 to the next step']);
	if amount is not null then
		step_columns := step_columns || jsonb_build_array(
			array['entered_amount', money.column_type, 'r.entered_amount', 'money of those entered'],
			array['converted_amount', money.column_type, 'r.converted_amount', 'money of those converted'],
			array['open_amount', money.column_type, 'r.open_amount', 'money of those open'],
			array['lost_amount', money.column_type, 'r.lost_amount', 'money of those lost'],
			array['expired_amount', money.column_type, 'r.expired_amount', 'money of those expired']);
	end if;
	step_columns := step_columns || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'entities',
			'answers', 'How far did each one come, when, and what became of it? One row per entity.',
			'key', array['entity_key'],
			'columns', jsonb_build_array(
				array['entity_key', who.column_type, 'e.entity_key', format('the entity: column %s of the source', entity)])
				|| dimension_column || amount_column || jsonb_build_array(
				array['level_index', 'integer', 'e.level', 'how many steps it took'],
				array['level_name', 'text',
					case when mode = 'any_order' then 'case when e.level > 0 then ''any '' || e.level else ''not_entered'' end'
						else format('coalesce((%L::text[])[e.level], ''not_entered'')', steps) end,
					'the last step it took'],
				array['outcome_name', 'text', 'e.outcome', 'converted, open, lost, expired or not_entered'],
				array['outcome_index', 'integer', 'array_position(array[''converted'', ''open'', ''lost'', ''expired'', ''not_entered''], e.outcome)', 'sorts outcomes'],
				array['entered_at', 'timestamp with time zone', 'e.entered_at', 'its first step 1; in modes any_order and reached its first step'],
				array['entered_month', 'date', format('date_trunc(''month'', e.entered_at at time zone %L)::date', zone), format('first day of that month, in %s', zone)],
				array['age_days', 'integer', format('%s - (e.entered_at at time zone %L)::date', today, zone), 'days from its entry to as_of'],
				-- seconds are subtracted, not times: the interval between two of them can overflow unseen (PostgreSQL 15)
				array['cycle_days', 'double precision', format('(extract(epoch from e.times[%s]) - extract(epoch from %s))::float8 / 86400', cardinality(steps),
					case when mode = 'reached' then '(select min(t) from unnest(e.times) t)' else 'e.times[1]' end),
					'days from the first step taken to the last, of those converted'],
				array['last_step_at', 'timestamp with time zone', 'e.times[e.level]', 'when it took its last step'])
				|| step_times || jsonb_build_array(array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select p.*,
		revops.funnel_level(p.path, %s) as level,
		revops.funnel_times(p.path, %1$s) as times,
		revops.funnel_outcome(p.path, %1$s) as outcome,
		revops.funnel_entered_at(p.path) as entered_at
	from (
		select %s as entity_key,
			revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %2$s
	) p
) e', today, who.expression, funnel_text, event_time.instant, step_text, one, events)),
		jsonb_build_object(
			'suffix', 'steps',
			'answers', 'How many took each step, how many the next, and how long did it take? One row per step.',
			'key', array['step_index'],
			'columns', step_columns,
			'from', case when direct_entity is not null then format('from (
	select coalesce(revops.funnel_agg(%s, %s, %s, %s, %s), %s) as stats
	%s
) g,
revops.funnel_rows(g.stats) r', funnel_text, direct_entity, event_time.instant, step_text, today, nobody, events)
				else format('from (
	select coalesce(%s, %s) as stats
	from (
		select revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %s
	) e
) g,
revops.funnel_rows(g.stats) r', fold, nobody, funnel_text, event_time.instant, step_text, one, events, who.expression) end),
		jsonb_build_object(
			'suffix', 'steps_by_month',
			'answers', 'Does the funnel get better? One row per month of entry and step.',
			'key', array['entered_month', 'step_index'],
			'columns', jsonb_build_array(
				array['entered_month', 'date', 'g.entered_month', format('first day of the month of entry, in %s', zone)]) || step_columns,
			'from', format('from (
	select date_trunc(''month'', revops.funnel_entered_at(e.path) at time zone %L)::date as entered_month,
		%s as stats
	from (
		select revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %s
	) e
	where revops.funnel_entered_at(e.path) is not null
	group by date_trunc(''month'', revops.funnel_entered_at(e.path) at time zone %1$L)::date
) g,
revops.funnel_rows(g.stats) r', zone, fold, funnel_text, event_time.instant, step_text, one, events, who.expression)));
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'steps_by_dimension',
			'answers', format('Where is the funnel better? One row per %s and step.', translate(dimension, E'\n\r', '  ')),
			'key', array['dimension_name', 'step_index'],
			'columns', dimension_column || step_columns,
			'from', format('from (
	select e.dimension_name,
		%s as stats
	from (
		select revops.funnel_path_agg(%s, %s, %s) as path%s
		%s
		group by %s
	) e
	group by e.dimension_name
) e,
revops.funnel_rows(e.stats) r', fold, funnel_text, event_time.instant, step_text, one, events, who.expression)));
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'visits',
		'answers', 'How long does each stage last, and where does it lead? One row per visit of an entity to a stage.',
		'key', array['entity_key', 'visit_index'],
		'columns', jsonb_build_array(
			array['entity_key', who.column_type, 'e.entity_key', format('the entity: column %s of the source', entity)])
			|| dimension_column || jsonb_build_array(
			array['visit_index', 'integer', 'v.visit_index', case when ends_last then 'counts the visits of an entity; those of the last step are left out' else 'counts the visits of an entity' end],
			array['stage_name', 'text', 'v.stage', 'the stage; rows that repeat it are one visit'],
			array['stage_index', 'integer', 'v.stage_index', 'sorts the stages'],
			array['entered_at', 'timestamp with time zone', 'v.entered_at', 'when the visit began'],
			array['left_at', 'timestamp with time zone', 'v.left_at', 'when it ended; empty: it lasts'],
			array['visit_days', 'double precision',
				format('(extract(epoch from coalesce(v.left_at, (%s + 1)::timestamp at time zone %L)) - extract(epoch from v.entered_at))::float8 / 86400', today, zone),
				'how long it lasted, at least until the end of as_of'],
			array['next_stage_name', 'text', 'v.next_stage', 'where it led'],
			array['next_stage_index', 'integer', format('coalesce(array_position(%s, v.next_stage), case when v.next_stage is not null then %s end)',
				stages, cardinality(steps) + 1), 'sorts the next stages; those not listed come last'],
			array['direction_name', 'text', case when ends_last then 'v.direction' else 'case v.direction when ''final'' then ''open'' else v.direction end' end,
				'forward, skip, back, closed (into a stage that is not listed) or open'],
			array['direction_index', 'integer', 'array_position(array[''forward'', ''skip'', ''back'', ''closed'', ''open''], case v.direction when ''final'' then ''open'' else v.direction end)', 'sorts directions'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	select %s as entity_key,
		revops.stage_agg(%s, %s) as history%s
	%s
	group by %1$s
) e,
revops.stage_rows(e.history, %6$s, %7$s + 1) v%8$s', who.expression, event_time.instant, step_text, one_dimension, events, stages, today,
			case when ends_last then format(E'\nwhere v.stage_index < %s', stage_count) end)));

	names := format('%L::text[]', steps || lost);
	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::%1$s as entity_key, null::text as label_key,
		count(*) as row_count, 'rows without an entity' as detail_name
	from r
	where r.entity_key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, null, count(*), 'rows without a time, or with an endless one'
	from r
	where r.entity_key is not null and r.is_untimed
	having count(*) > 0
	union all
	select case when m.name is not null then 3 else 4 end, case when m.name is not null then 'misspelt_label' else 'unknown_label' end, %2$s, null, l.label_key,
		l.row_count, 'neither a step nor lost; entities: ' || l.entity_count || coalesce('; like ' || m.name, '')
	from (
		select k.label_key, count(*) as row_count, count(distinct k.entity_key) as entity_count
		from k
		where btrim(k.label_key) <> '' and k.label_key collate "C" <> all (%3$s)
		group by k.label_key
	) l,
		lateral (select revops_internal.views_resembles(l.label_key, %3$s) as name) m
	union all
	select 5, 'no_label', %2$s, null, null, count(*), 'rows whose label is missing or blank'
	from k
	where k.label_key is null or btrim(k.label_key) = ''
	having count(*) > 0
	union all
	select 9, 'repeated_row', false, null, null, sum(d.more)::bigint, 'rows that repeat another of the same entity, time and label; entities: ' || count(distinct d.entity_key)
	from (
		select k.entity_key, count(*) - 1 as more
		from k
		group by k.entity_key, k.at, k.label_key
		having count(*) > 1
	) d
	having count(*) > 0$q$, who.column_type, (coalesce(mode, 'ordered') <> 'consecutive')::text, names);
	if who.column_type = 'text' then
		checks := checks || $q$
	union all
	select 6, 'blank_key', false, k.entity_key, null, count(*), 'rows whose entity is blank are of one entity'
	from k
	where btrim(k.entity_key) = ''
	group by k.entity_key
	union all
	select 7, 'similar_keys', false, min(d.entity_key), null, sum(d.row_count)::bigint,
		'entities whose keys differ by spaces or case alone: ' || string_agg('"' || d.entity_key || '"', ', ' order by d.entity_key)
	from (
		select k.entity_key, count(*) as row_count
		from k
		where btrim(k.entity_key) <> ''
		group by k.entity_key
	) d
	group by lower(regexp_replace(d.entity_key collate "default", '[[:space:]]', '', 'g'))
	having count(*) > 1$q$;
	end if;
	if amount is not null then
		checks := checks || $q$
	union all
	select 8, 'bad_amount', false, null, null, count(*), 'amounts that are NaN, endless or 10^22 and more count as none'
	from k
	where k.is_bad_amount
	having count(*) > 0$q$;
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'left out of all views: no_key, no_time; no step: misspelt_label (like one), unknown_label, no_label; '
				|| 'kept: blank_key, similar_keys, bad_amount, repeated_row'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these rows count for no step and no loss'],
			array['row_count', 'bigint', 'f.row_count', 'how many rows it is about'],
			array['entity_key', who.column_type, 'f.entity_key', format('the entity, where it is about one: column %s of the source', entity)],
			array['label_key', 'text', 'f.label_key', format('the label, where it is about one: column %s of the source', step)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select %1$s as entity_key, %2$s as label_key, %3$s as at, %3$s is null or not isfinite(%3$s) as is_untimed, %4$s as is_bad_amount
		from %5$s s
		where %3$s is null or not isfinite(%3$s) or %6$s
	), k as (
		select r.entity_key, r.label_key, r.at, r.is_bad_amount
		from r
		where r.entity_key is not null and not r.is_untimed
	), found as (
	%7$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.entity_key, f.label_key) as finding_index
	from found f
) f', who.expression, step_text, time_column, bad_amount, source_name, event_time.known, checks)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, views) m;
end
$$;
comment on function funnel_create_views(text, regclass, name, name, name, text[], interval, text, text[], name, name, name, date, text, boolean, boolean) is
	'makes views for BI over a log of steps: PREFIX_entities, _steps, _steps_by_month, _steps_by_dimension, _visits, _checks';
-- contract_views.sql: contract_create_views.

create function contract_create_views(
	prefix text,
	source regclass,
	customer name,
	starts name,
	ends name,
	ends_inclusive boolean,
	mrr_column name default null,
	annual_amount_column name default null,
	total_column name default null,
	line name default null,
	contract_key name default null,
	known_on name default null,
	dimension name default null,
	currency name default null,
	grain text default 'month',
	grace_days integer default 30,
	early_days integer default 180,
	fill_gap_days integer default 0,
	phases boolean default false,
	from_date date default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 12
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	-- read by themselves first, so that an error says which argument it is about
	first_column record := revops_internal.views_column(source, starts, 'starts', 'time');
	last_column record := revops_internal.views_column(source, ends, 'ends', 'time');
	zone text := revops_internal.views_zone(source, array[starts, ends, known_on], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	terms text := revops_internal.views_name(target_schema, prefix, 'terms');
	who record := revops_internal.views_column(source, customer, 'customer', 'key');
	first_day record := revops_internal.views_time(source, starts, 'starts', zone, today);
	last_day record := revops_internal.views_time(source, ends, 'ends', zone, today);
	money record;
	monthly text;
	fits text := 'true';	-- what makes one row per contract, beside its days
	known text := '';		-- and known by as_of
	state text;				-- of a customer
	line_text text := 'null::text';
	key_text text := 'null::text';
	known_day text := 'null::date';
	dimension_text text := 'null::text';
	currency_text text := 'null::text';
	one_dimension text := '';	-- the dimension of a customer
	since text;
	periods text;
	rows_read text;
	contracts text;
	all_contracts text;		-- also those that are not known by as_of
	period_over text;
	dimension_what text := format('column %s of the source, the last one known of a customer', dimension);
	dimension_columns jsonb := '[]';
	renewal_columns jsonb;
	bridge_columns jsonb;
	cohort_columns jsonb;
	problems constant text[] := array['no_customer', 'no_first_day', 'ends_before_start', 'no_end', 'bad_amount',
		'mixed_currencies', 'repeated_row', 'two_customers', 'blank_key', 'similar_keys', 'similar_lines', 'same_key_overlap', 'overlap', 'one_day_gap',
		'gap_in_grace', 'pause', 'same_key_follows', 'twelvefold', 'far_end', 'signed_late', 'zero_value'];
	days record;
	call text;
	views jsonb;
begin
	if ends_inclusive is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument ends_inclusive is missing',
			detail = 'true: the end is the last day covered (2025-12-31); false: the first day not covered (2026-01-01).',
			hint = 'Read as the other, every renewal shows a gap of a day or an overlap.';
	end if;
	if num_nonnulls(mrr_column, annual_amount_column, total_column) <> 1 then
		raise exception using errcode = 'invalid_parameter_value',
			message = 'one of mrr_column, annual_amount_column and total_column must be given',
			detail = format('%s are given.', num_nonnulls(mrr_column, annual_amount_column, total_column)),
			hint = 'They say what the money is: a month''s, a year''s, or the whole term''s.';
	end if;
	if grain is null or grain not in ('day', 'week', 'month', 'quarter', 'year') then
		raise exception using errcode = 'invalid_parameter_value', message = format('unknown grain "%s"', grain),
			hint = 'Grains are day, week, month, quarter and year.';
	end if;
	for days in
		select * from (values ('grace_days', grace_days), ('early_days', early_days), ('fill_gap_days', fill_gap_days)) d(argument, value)
		where value is null or value < 0
	loop
		raise exception using errcode = 'invalid_parameter_value', message = format('%s must be at least 0', days.argument),
			detail = format('The value is %s.', coalesce(days.value::text, 'NULL')),
			hint = 'Leave it out to get its default.';
	end loop;
	if phases is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'phases is true or false, not NULL',
			hint = 'Leave it out to get its default, false.';
	end if;
	if phases and contract_key is null then
		raise exception using errcode = 'invalid_parameter_value', message = 'phases need a contract_key',
			detail = 'The rows of one line and contract_key are joined into one term.',
			hint = 'Name the column with the contract''s number, or leave out phases where each row is a term.';
	end if;
	if not isfinite(from_date) then
		raise exception using errcode = 'invalid_parameter_value', message = 'from_date must be a finite date',
			detail = format('The value is %s.', from_date), hint = 'NULL means the first day of the first contract.';
	end if;

	if mrr_column is not null then
		money := revops_internal.views_column(source, mrr_column, 'mrr_column', 'amount');
		monthly := 'round(r.amount, %s)';
	elsif annual_amount_column is not null then
		money := revops_internal.views_column(source, annual_amount_column, 'annual_amount_column', 'amount');
		monthly := 'round(r.amount / 12, %s)';
	else
		money := revops_internal.views_column(source, total_column, 'total_column', 'amount');
		monthly := 'round(revops.mrr_from_total(r.amount, daterange(r.starts, r.ends)), %s)';
		fits := 'r.ends is not null';
	end if;
	-- what is divided has no last decimal: rounded once, here, so that all views foot to each other
	money.scale := case when mrr_column is null then greatest(money.scale, 4) else money.scale end;
	money.column_type := format('numeric(%s,%s)', greatest(38, money.scale + 32), money.scale);
	monthly := format(monthly, money.scale);
	if line is not null then
		line_text := (revops_internal.views_column(source, line, 'line', 'label')).expression;
	end if;
	if contract_key is not null then
		key_text := (revops_internal.views_column(source, contract_key, 'contract_key', 'label')).expression;
	end if;
	if known_on is not null then
		known_day := (revops_internal.views_time(source, known_on, 'known_on', zone, today)).day;
		known_day := format('case when isfinite(%s) then %1$s end', known_day);
		known := format('
		and (r.known_date is null or r.known_date <= %s)', today);
	end if;
	if dimension is not null then
		dimension_text := (revops_internal.views_column(source, dimension, 'dimension', 'label')).expression;
		-- it may have been corrected: the last known one counts
		one_dimension := format(',
		(array_agg(r.dimension_name order by r.starts desc, r.dimension_name desc)
			filter (where r.dimension_name is not null and coalesce(r.known_date, r.starts) <= %s))[1] as dimension_name', today);
		dimension_columns := jsonb_build_array(array['dimension_name', 'text', 'c.dimension_name', dimension_what]);
	end if;
	if currency is not null then
		currency_text := (revops_internal.views_column(source, currency, 'currency', 'label')).expression;
	end if;

	rows_read := format('
		select %s as customer_key,
			%s as starts,
			%s as ends,
			%s as amount,
			%s as line_name,
			%s as contract_key,
			%s as known_date,
			%s as dimension_name,
			%s as currency_name
		from %s s', who.expression, first_day.day,
		format(case when ends_inclusive then 'nullif(%s, ''infinity'') + 1' else 'nullif(%s, ''infinity'')' end, last_day.day),
		money.expression, line_text, key_text, known_day, dimension_text, currency_text, source_name);
	fits := 'r.customer_key is not null
		and r.starts > ''-infinity'' and r.starts < coalesce(r.ends, ''infinity'')
		and coalesce(r.amount, 0) >= 0 and coalesce(r.amount, 0) < 1e22
		and ' || fits;
	state := format('revops.contract_agg(daterange(r.starts, r.ends), %s, r.line_name, r.contract_key, r.known_date)', monthly);
	if fill_gap_days > 0 then
		state := format('revops.contract_fill_gaps(%s, %s)', state, fill_gap_days);
	end if;
	if phases then
		state := format('revops.contract_join_phases(%s)', state);
	end if;
	all_contracts := format('(
	select r.customer_key, min(r.starts) filter (where %s > 0) as first_date,
		%s as contracts%s
	from (%s
	) r
	where %s', monthly, state, one_dimension, rows_read, fits);
	contracts := all_contracts || known || '
	group by r.customer_key
) c';
	all_contracts := all_contracts || '
	group by r.customer_key
) c';
	if from_date is null then
		since := format('(select least(min(r.starts), %s + 1) from (%s
	) r
	where %s)', today, rows_read, fits);
	else
		since := format('least(%L::date, %s + 1)', from_date, today);
	end if;
	periods := format('date_trunc(%L, %%s::timestamp)::date', grain);
	period_over := format('(b.period + interval %L)::date - 1 <= %s', case grain when 'quarter' then '3 months' else '1 ' || grain end, today);

	call := revops_internal.views_call('contract_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'customer', quote_literal(customer),
		'starts', quote_literal(starts),
		'ends', quote_literal(ends),
		'ends_inclusive', ends_inclusive::text,
		'mrr_column', quote_literal(mrr_column),
		'annual_amount_column', quote_literal(annual_amount_column),
		'total_column', quote_literal(total_column),
		'line', quote_literal(line),
		'contract_key', quote_literal(contract_key),
		'known_on', quote_literal(known_on),
		'dimension', quote_literal(dimension),
		'currency', quote_literal(currency),
		'grain', quote_literal(grain),
		'grace_days', grace_days::text,
		'early_days', early_days::text,
		'fill_gap_days', fill_gap_days::text,
		'phases', phases::text,
		'from_date', quote_literal(from_date),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true']);

	renewal_columns := jsonb_build_array(
		array['due_count', 'bigint', '(x.rates).due', 'terms that came due: renewed, lapsed or pending'],
		array['decided_count', 'bigint', '(x.rates).decided', 'renewed or lapsed: the rates are over these'],
		array['renewed_count', 'bigint', '(x.rates).renewed', 'renewed: early, on the day or late'],
		array['lapsed_count', 'bigint', '(x.rates).lapsed', 'not renewed within the grace days'],
		array['pending_count', 'bigint', '(x.rates).pending', 'in grace: undecided, in no rate'],
		array['renewal_rate', 'double precision', '(x.rates).renewal_rate', 'renewed of renewed and lapsed, 0 to 1'],
		array['renewal_rate_low', 'double precision', '(x.rates).renewal_rate_low', 'lower end of its 95 % interval'],
		array['renewal_rate_high', 'double precision', '(x.rates).renewal_rate_high', 'upper end of its 95 % interval'],
		array['mrr_due_amount', money.column_type, '(x.rates).mrr_due', 'MRR before of all terms due'],
		array['mrr_decided_amount', money.column_type, '(x.rates).mrr_decided', 'of it that of renewed and lapsed: the value rates are over this'],
		array['mrr_kept_amount', money.column_type, '(x.rates).mrr_kept', 'the smaller of MRR before and after'],
		array['mrr_renewed_amount', money.column_type, '(x.rates).mrr_renewed', 'MRR after'],
		array['gross_value_rate', 'double precision', '(x.rates).gross_value_rate', 'kept of decided, by value, 0 to 1'],
		array['net_value_rate', 'double precision', '(x.rates).net_value_rate', 'MRR after of MRR before, of those decided; above 1 where renewals grew'],
		array['as_of', 'date', today, 'the last day that counts']);

	bridge_columns := jsonb_build_array(
		array['period_date', 'date', 'b.period', format('first day of the %s', grain)],
		array['is_complete', 'boolean', period_over, format('false for the running %s, which is read on as_of', grain)],
		array['opening_amount', money.column_type, 'b.opening', format('MRR at the end of the %s before', grain)],
		array['new_amount', money.column_type, 'b.new', 'MRR of customers who never had any'],
		array['expansion_amount', money.column_type, 'b.expansion', 'more MRR of customers who had some'],
		array['reactivation_amount', money.column_type, 'b.reactivation', 'MRR of customers who came back'],
		array['contraction_amount', money.column_type, 'b.contraction', 'less MRR of customers who stay; negative'],
		array['churn_amount', money.column_type, 'b.churn', 'MRR of customers who left; negative'],
		array['closing_amount', money.column_type, 'b.closing', 'opening and all movements'],
		array['opening_customer_count', 'bigint', 'b.customers_opening', 'customers with MRR before'],
		array['new_customer_count', 'bigint', 'b.customers_new', 'new customers'],
		array['reactivated_customer_count', 'bigint', 'b.customers_reactivated', 'customers who came back'],
		array['churned_customer_count', 'bigint', 'b.customers_churned', 'customers who left'],
		array['closing_customer_count', 'bigint', 'b.customers_closing', 'customers with MRR at the end'],
		array['as_of', 'date', today, 'the last day that counts']);
	cohort_columns := jsonb_build_array(
		array['cohort_date', 'date', 'h.cohort', format('first day of the %s in which the customers came', grain)],
		array['period_index', 'integer', 'h.period_index', format('%ss after that one', grain)],
		array['state_name', 'text', 'h.state', format('observed, or provisional: the running %s, read on as_of', grain)],
		array['state_index', 'integer', 'array_position(array[''observed'', ''provisional''], h.state)', 'sorts states'],
		array['customer_count', 'bigint', 'h.customers', 'customers of the cohort'],
		array['active_count', 'bigint', 'h.active', 'of them with MRR then'],
		array['retention_rate', 'double precision', 'h.retention', 'active of all, 0 to 1'],
		array['mrr_start_amount', money.column_type, 'h.mrr_start', 'MRR of the cohort, each customer on its first day with MRR'],
		array['mrr_kept_amount', money.column_type, 'h.mrr_kept', 'the smaller of MRR then and at the start, added up'],
		array['mrr_amount', money.column_type, 'h.mrr', 'MRR then'],
		array['gross_retention_rate', 'double precision', 'h.grr', 'kept of start, 0 to 1'],
		array['net_retention_rate', 'double precision', 'h.nrr', 'MRR then of start; above 1 where customers grew'],
		array['as_of', 'date', today, 'the last day that counts']);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'terms',
			'answers', 'Which terms came due, and were they renewed? One row per term of a product line of a customer.',
			'key', array['customer_key', 'line_name', 'chain_index', 'term_index'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['line_name', 'text', 't.line', 'the product line within which contracts renew each other'],
				array['chain_index', 'integer', 't.chain_index', 'counts the chains of a line, which can run side by side; a return after a lapse begins the next'],
				array['term_index', 'integer', 't.term_index', 'counts the terms of a chain'],
				array['contract_key', 'text', 't.contract_key', 'the contract'],
				array['start_date', 'date', 't.starts', 'first day covered'],
				array['last_date', 'date', 't.last_day', 'last day covered; empty: open-ended'],
				array['due_date', 'date', 't.ends', 'first day not covered: the outcome is open before it'],
				array['period_date', 'date', format(periods, 't.last_day'), format('first day of the %s of its last day', grain)],
				array['mrr_amount', money.column_type, 't.mrr', 'MRR of the term and its add-ons before the renewal'],
				array['outcome_name', 'text', 't.outcome', 'renewed_early, renewed, renewed_late, in_grace, lapsed, not_due'],
				array['outcome_index', 'integer',
					'array_position(array[''renewed_early'', ''renewed'', ''renewed_late'', ''in_grace'', ''lapsed'', ''not_due''], t.outcome)',
					'sorts outcomes'],
				array['is_decided', 'boolean', 't.decided', 'neither not_due nor in_grace'],
				array['renewed_date', 'date', 't.renewed_on', 'first day of the contract that renewed it'],
				array['renewed_by_key', 'text', 't.renewed_by_key', 'that contract'],
				array['gap_days', 'integer', 't.gap_days', 'days from due_date to renewed_date; negative: early'],
				array['next_mrr_amount', money.column_type, 't.next_mrr', 'MRR of the renewing term and its add-ons after the renewal'],
				array['returned_date', 'date', 't.returned_on', 'first day of the next chain after a lapse'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.renewal_terms(c.contracts, %s, %s, %s) t', contracts, today, grace_days, early_days)),
		jsonb_build_object(
			'suffix', 'renewals',
			'answers', format('What share of the terms due was renewed, by number and by value? One row per %s.', grain),
			'key', array['period_date'],
			'columns', jsonb_build_array(
				array['period_date', 'date', 'x.period_date', format('first day of the %s in which the terms had their last day', grain)]) || renewal_columns,
			'from', format('from (
	select t.period_date, revops.renewal_rates_agg(t.outcome_name, t.mrr_amount, t.next_mrr_amount) as rates
	from %s t
	where t.due_date <= t.as_of
	group by t.period_date
) x', terms)));
	if line is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'renewals_by_line',
			'answers', format('Which product lines are renewed? One row per line and %s.', grain),
			'key', array['line_name', 'period_date'],
			'columns', jsonb_build_array(
				array['line_name', 'text', 'x.line_name', 'the product line'],
				array['period_date', 'date', 'x.period_date', format('first day of the %s in which the terms had their last day', grain)]) || renewal_columns,
			'from', format('from (
	select t.line_name, t.period_date, revops.renewal_rates_agg(t.outcome_name, t.mrr_amount, t.next_mrr_amount) as rates
	from %s t
	where t.due_date <= t.as_of
	group by t.line_name, t.period_date
) x', terms)));
	end if;
	if dimension is not null then
		views := views || jsonb_build_array(jsonb_build_object(
			'suffix', 'renewals_by_dimension',
			'answers', format('Who renews? One row per %s and %s.', translate(dimension, E'\n\r', '  '), grain),
			'key', array['dimension_name', 'period_date'],
			'columns', jsonb_build_array(
				array['dimension_name', 'text', 'x.dimension_name', dimension_what],
				array['period_date', 'date', 'x.period_date', format('first day of the %s in which the terms had their last day', grain)]) || renewal_columns,
			'from', format('from (
	select t.dimension_name, t.period_date, revops.renewal_rates_agg(t.outcome_name, t.mrr_amount, t.next_mrr_amount) as rates
	from %s t
	where t.due_date <= t.as_of
	group by t.dimension_name, t.period_date
) x', terms)));
	end if;
	views := views || jsonb_build_array(
		jsonb_build_object(
			'suffix', 'movements',
			'answers', format('Whose MRR came, grew, shrank or left? One row per customer and %s in which it moved.', grain),
			'key', array['customer_key', 'period_date'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['period_date', 'date', 'm.period', format('first day of the %s', grain)],
				array['movement_name', 'text', 'm.movement', 'new, expansion, reactivation, contraction, churn'],
				array['movement_index', 'integer',
					'array_position(array[''new'', ''expansion'', ''reactivation'', ''contraction'', ''churn''], m.movement)', 'sorts movements'],
				array['mrr_change_amount', money.column_type, 'm.amount', 'MRR after less MRR before; negative for contraction and churn'],
				array['mrr_before_amount', money.column_type, 'm.mrr_before', format('MRR at the end of the %s before', grain)],
				array['mrr_after_amount', money.column_type, 'm.mrr_after', format('MRR at the end of the %s, or on as_of', grain)],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.mrr_movements(c.contracts, %L, %s, %s + 1) m', contracts, grain, since, today)),
		jsonb_build_object(
			'suffix', 'bridge',
			'answers', format('From what MRR did we come to what, and by which movements? One row per %s.', grain),
			'key', array['period_date'],
			'columns', bridge_columns,
			'from', format('from (
	select revops.mrr_bridge_agg(c.contracts, %L, %s, %s + 1) as bridge
	from %s
) p,
revops.mrr_bridge_rows(p.bridge) b', grain, since, today, contracts)),
		jsonb_build_object(
			'suffix', 'cohort_customers',
			'answers', 'What is each customer worth, and since when? One row per customer that ever had MRR.',
			'key', array['customer_key'],
			'columns', jsonb_build_array(
				array['customer_key', who.column_type, 'c.customer_key', format('the customer: column %s of the source', customer)]) || dimension_columns || jsonb_build_array(
				array['cohort_date', 'date', format(periods, 'c.first_date'), format('first day of the %s of that day', grain)],
				array['first_date', 'date', 'c.first_date', 'first day with MRR'],
				array['is_active', 'boolean', format('revops.contract_mrr(c.contracts, %s) > 0', today), 'has MRR on as_of'],
				array['first_mrr_amount', money.column_type, 'revops.contract_mrr(c.contracts, c.first_date)', 'MRR on that day'],
				array['mrr_amount', money.column_type, format('revops.contract_mrr(c.contracts, %s)', today), 'MRR on as_of'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
where c.first_date <= %s', contracts, today)),
		jsonb_build_object(
			'suffix', 'cohorts',
			'answers', format('Of the customers who came in a %s, how many and how much MRR were left later? One row per cohort and %1$s after.', grain),
			'key', array['cohort_date', 'period_index'],
			'columns', cohort_columns,
			'from', format('from (
	select revops.cohort_agg(c.contracts, %L, %s) as matrix
	from %s
) p,
revops.cohort_rows(p.matrix) h', grain, today, contracts)));
	if dimension is not null then
		views := views || jsonb_build_array(
			jsonb_build_object(
				'suffix', 'bridge_by_dimension',
				'answers', format('Whose MRR grew, and by which movements? One row per %s and %s.', translate(dimension, E'\n\r', '  '), grain),
				'key', array['dimension_name', 'period_date'],
				'columns', jsonb_build_array(array['dimension_name', 'text', 'p.dimension_name', dimension_what]) || bridge_columns,
				'from', format('from (
	select c.dimension_name, revops.mrr_bridge_agg(c.contracts, %L, %s, %s + 1) as bridge
	from %s
	group by c.dimension_name
) p,
revops.mrr_bridge_rows(p.bridge) b', grain, since, today, contracts)),
			jsonb_build_object(
				'suffix', 'cohorts_by_dimension',
				'answers', format('Which customers stay, and with how much MRR? One row per %s, a cohort and %s after.', translate(dimension, E'\n\r', '  '), grain),
				'key', array['dimension_name', 'cohort_date', 'period_index'],
				'columns', jsonb_build_array(array['dimension_name', 'text', 'p.dimension_name', dimension_what]) || cohort_columns,
				'from', format('from (
	select c.dimension_name, revops.cohort_agg(c.contracts, %L, %s) as matrix
	from %s
	group by c.dimension_name
) p,
revops.cohort_rows(p.matrix) h', grain, today, contracts)));
	end if;
	views := views || jsonb_build_array(
		jsonb_build_object(
			'suffix', 'renewal_survival',
			'answers', 'What share of customers'' lines reaches a second, a third renewal? One row per renewal.',
			'key', array['renewal_index'],
			'columns', jsonb_build_array(
				array['renewal_index', 'integer', 'v.duration', 'the renewal: 1 is that of the first term'],
				array['at_risk_count', 'bigint', 'v.at_risk', 'chains of terms that came so far'],
				array['lapsed_count', 'bigint', 'v.events', 'of them not renewed'],
				array['undecided_count', 'bigint', 'v.censored', 'of them not due yet or in grace'],
				array['survival_rate', 'double precision', 'v.survival', 'estimated share that reaches this renewal and makes it, 0 to 1'],
				array['survival_rate_low', 'double precision', 'v.survival_low', 'lower end of its 95 % interval'],
				array['survival_rate_high', 'double precision', 'v.survival_high', 'upper end of its 95 % interval'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	select revops.renewal_survival_agg(c.contracts, %s, %s, %s) as chains
	from %s
) p,
revops.survival_rows(p.chains) v', today, grace_days, early_days, contracts)),
		jsonb_build_object(
			'suffix', 'checks',
			'answers', 'Which rows of the source are worth a look, and which are in no view? One row per finding.',
			'key', array['finding_index'],
			'columns', jsonb_build_array(
				array['finding_index', 'bigint',
					'row_number() over (order by f.problem_name, f.customer_key, f.line_name, f.start_date, f.contract_key, f.last_date, f.other_contract_key, f.detail_name)', 'counts findings'],
				array['problem_name', 'text', 'f.problem_name',
					format('left out of all other views: %s; kept: %s', array_to_string(problems[:5], ', '), array_to_string(problems[6:], ', '))],
				array['problem_index', 'integer', format('array_position(%L::text[], f.problem_name)', problems), 'sorts problems, the worst first'],
				array['is_left_out', 'boolean', 'f.is_left_out', 'true: the row is in no other view'],
				array['row_count', 'bigint', 'f.row_count', 'rows of the source that it is about'],
				array['customer_key', who.column_type, 'f.customer_key', format('the customer: column %s of the source', customer)],
				array['line_name', 'text', 'f.line_name', 'the product line'],
				array['contract_key', 'text', 'f.contract_key', 'the contract'],
				array['other_contract_key', 'text', 'f.other_contract_key', 'the other contract it is about'],
				array['start_date', 'date', 'f.start_date', 'first day that the finding is about'],
				array['last_date', 'date', 'f.last_date', 'last day that the finding is about'],
				array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from (
	with row_read as (%1$s
	)
	select false as is_left_out, case when k.other_contract then 2 else 1 end::bigint as row_count, c.customer_key, k.line as line_name,
		k.contract_key, k.problem as problem_name, k.other_key as other_contract_key, k.starts as start_date, k.ends - 1 as last_date, k.detail as detail_name
	from %2$s,
		lateral (select *, problem not in (''zero_value'', ''signed_late'', ''far_end'') as other_contract
			from revops.contract_check(c.contracts, %3$s, %4$s)) k
	union all
	select true, 1, r.customer_key, r.line_name, r.contract_key, p.problem_name, null,
		case when isfinite(r.starts) then r.starts end, case when isfinite(r.ends) then r.ends - 1 end,
		''amount '' || coalesce(r.amount::text, ''missing'')
	from row_read r,
		lateral (select case
			when r.customer_key is null then ''no_customer''
			when r.starts is null or not isfinite(r.starts) then ''no_first_day''
			when r.starts >= coalesce(r.ends, ''infinity'') then ''ends_before_start''
			when coalesce(r.amount, 0) < 0 or coalesce(r.amount, 0) >= 1e22 then ''bad_amount''
			else ''no_end''
		end as problem_name) p
	where (%5$s) is not true
	union all
	select false, sum(r.row_count)::bigint, null, null, null, ''mixed_currencies'', null, null, null,
		string_agg(coalesce(r.currency_name, ''none'') || '': '' || r.row_count || '' rows'', '', '' order by r.row_count desc, r.currency_name)
			|| ''; amounts are added up as they stand''
	from (select currency_name, count(*) as row_count from row_read group by currency_name) r
	having count(*) > 1
	union all
	select false, count(*), r.customer_key, r.line_name, r.contract_key, ''repeated_row'', null, r.starts, case when isfinite(r.ends) then r.ends - 1 end,
		count(*) || '' rows that are alike, the values add up: were they brought in twice?''
	from row_read r
	where (%5$s) is true
	group by r.customer_key, r.line_name, r.contract_key, r.starts, r.ends, r.amount, r.known_date, r.dimension_name, r.currency_name
	having count(*) > 1
	union all
	select false, count(*), null, null, r.contract_key, ''two_customers'', null, null, null,
		format(''one contract under %%s customers: %%s and %%s'', count(distinct r.customer_key), min(r.customer_key::text), max(r.customer_key::text))
	from row_read r
	where r.contract_key is not null
	group by r.contract_key
	having count(distinct r.customer_key) > 1
	union all
	select false, sum(r.row_count)::bigint, null, min(r.line_name), null, ''similar_lines'', null, null, null,
		''lines that differ by spaces or case alone, and so do not renew each other: ''
			|| string_agg(''"'' || r.line_name || ''"'', '', '' order by r.line_name)
	from (select line_name, count(*) as row_count from row_read where line_name is not null group by line_name) r
	group by lower(regexp_replace(r.line_name collate "default", ''[[:space:]]'', '''', ''g''))
	having count(*) > 1%6$s
) f', rows_read, all_contracts, grace_days, early_days, fits,
				-- only what is text can be blank or written in two ways
				case when who.column_type = 'text' then '
	union all
	select false, count(*), r.customer_key, null, null, ''blank_key'', null, null, null, ''the customer is blank: all such rows are one customer''
	from row_read r
	where regexp_replace(r.customer_key collate "default", ''[[:space:]]'', '''', ''g'') = ''''
	group by r.customer_key
	union all
	select false, sum(r.row_count)::bigint, min(r.customer_key), null, null, ''similar_keys'', null, null, null,
		''customers that differ by spaces or case alone: '' || string_agg(''"'' || r.customer_key || ''"'', '', '' order by r.customer_key)
	from (select customer_key, count(*) as row_count from row_read where customer_key is not null group by customer_key) r
	group by lower(regexp_replace(r.customer_key collate "default", ''[[:space:]]'', '''', ''g''))
	having count(*) > 1' else '' end)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, views) m;
end
$$;
comment on function contract_create_views(text, regclass, name, name, name, boolean, name, name, name, name, name, name, name, name, text, integer, integer,
	integer, boolean, date, name, date, text, boolean, boolean) is
	'makes views for BI over a table of contracts: PREFIX_terms, _renewals, _renewals_by_line, _renewals_by_dimension, _movements, _bridge, _bridge_by_dimension, _cohort_customers, _cohorts, _cohorts_by_dimension, _renewal_survival, _checks';
-- views_quote.sql: quote_create_views.

create function quote_create_views(
	prefix text,
	source regclass,
	line_key name,
	item name,
	quantity name,
	priced_on name,
	price_book regclass,
	book_item name,
	book_tariff name,
	book_valid name default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 3
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	book_name text := revops_internal.views_source(price_book, 'price_book', materialized);
	zone text := revops_internal.views_zone(source, array[priced_on], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	line record := revops_internal.views_column(source, line_key, 'line_key', 'key');
	what record := revops_internal.views_column(source, item, 'item', 'key');
	amount record := revops_internal.views_column(source, quantity, 'quantity', 'amount');
	day record := revops_internal.views_time(source, priced_on, 'priced_on', zone, today);
	book_what record := revops_internal.views_column(price_book, book_item, 'book_item', 'key');
	price record := revops_internal.views_column(price_book, book_tariff, 'book_tariff', 'tariff');
	tariff text := price.expression;
	valid text := 'null::daterange';
	-- prices may have as many decimals as quantity and unit price together; what reaches 10^32 is no price
	money text := 'numeric(42,10)';
	shown text := 'case when %1$s < 1e32 and %1$s > -1e32 then %1$s end';
	book text;
	lines text;
	like_items text := 'null';	-- items of the price book that differ from a line's by spaces or case alone
	shared_columns jsonb;
	call text;
	views jsonb;
begin
	if book_valid is not null then
		valid := (revops_internal.views_column(price_book, book_valid, 'book_valid', 'days')).expression;
	end if;
	-- items of two types are compared as text
	if what.column_type <> book_what.column_type or (what.expression like 'lower(%') <> (book_what.expression like 'lower(%') then
		what := revops_internal.views_column(source, item, 'item', 'label');
		book_what := revops_internal.views_column(price_book, book_item, 'book_item', 'label');
	end if;
	-- a text that is no tariff is the trouble of its lines alone
	if price.column_type = 'text' then
		tariff := format('case when revops.tariff_problem(%1$s) is null then %1$s::revops.tariff_def end', tariff);
	end if;
	book := format('
		select %s as item_key,
			%s as tariff,
			coalesce(%s, daterange(null, null)) as valid_days,
			%s is null as is_missing
		from %s s', book_what.expression, tariff, valid, price.expression, book_name);
	-- the book is cut into days on which the same prices hold, so that a line meets one row of it at most
	lines := format('(
	with price as materialized (
		select r.*, r.tariff::text::jsonb ->> ''currency'' as currency_name
		from (%1$s
		) r
		where not r.is_missing
	),
	period as (
		select b.item_key, b.from_date, lead(b.from_date) over (partition by b.item_key order by b.from_date) as until_date
		from (
			select item_key, coalesce(lower(valid_days), ''-infinity'') as from_date from price
			union
			select item_key, upper(valid_days) from price where not upper_inf(valid_days)
		) b
	),
	book as materialized (
		select d.item_key, d.from_date, coalesce(d.until_date, ''infinity'') as until_date,
			count(*) as price_count, (array_agg(p.tariff))[1] as tariff, min(p.currency_name) as currency_name
		from period d
		join price p on p.item_key = d.item_key and p.valid_days @> d.from_date
		group by 1, 2, 3
	)
	select l.*, coalesce(k.price_count, 0) as price_count, k.tariff, k.currency_name,
		case
			when l.line_quantity is null then ''no_quantity''
			when not (l.line_quantity >= 0 and l.line_quantity < 1e22) then ''bad_quantity''
			when l.priced_date is null then ''no_date''
			when k.price_count is null then ''no_price''
			when k.price_count > 1 then ''two_prices''
			when k.tariff is null or revops.tariff_price(k.tariff, l.line_quantity) >= 1e32 then ''bad_price''
			else ''priced''
		end as reason_name
	from (
		select %2$s as line_key,
			%3$s as item_key,
			%4$s as line_quantity,
			nullif(%5$s, ''-infinity'') as priced_date
		from %6$s s
		where %7$s or s.%8$I is null or s.%8$I = ''-infinity''
	) l
	left join book k on k.item_key = l.item_key and l.priced_date >= k.from_date and l.priced_date < k.until_date
) q', book, line.expression, what.expression, amount.expression, day.day, source_name, day.known, priced_on);

	call := revops_internal.views_call('quote_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'line_key', quote_literal(line_key),
		'item', quote_literal(item),
		'quantity', quote_literal(quantity),
		'priced_on', quote_literal(priced_on),
		'price_book', quote_literal(book_name),
		'book_item', quote_literal(book_item),
		'book_tariff', quote_literal(book_tariff),
		'book_valid', quote_literal(book_valid),
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true']);

	shared_columns := jsonb_build_array(
		array['line_key', line.column_type, 'q.line_key', format('the line: column %s of the source', line_key)],
		array['item_key', what.column_type, 'q.item_key', format('the item: column %s of the source', item)],
		array['priced_date', 'date', 'q.priced_date', format('the day whose prices hold, in %s', zone)]);
	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'lines',
			'answers', 'What does each line cost by the price book, and which lines have no price or two? One row per line.',
			'key', array['line_key'],
			'columns', shared_columns || jsonb_build_array(
				array['line_quantity', amount.column_type, 'case when q.line_quantity > -1e22 and q.line_quantity < 1e22 then q.line_quantity end',
					'the quantity; empty where it is none, NaN, endless or 10^22 and more'],
				array['reason_name', 'text', 'q.reason_name', 'priced, or why it is not: no_price, two_prices, bad_price (it is no tariff, or the line would cost 10^32 and more), no_quantity, bad_quantity, no_date'],
				array['reason_index', 'integer',
					'array_position(array[''priced'', ''no_price'', ''two_prices'', ''bad_price'', ''no_quantity'', ''bad_quantity'', ''no_date''], q.reason_name)', 'sorts reasons'],
				array['price_count', 'bigint', 'q.price_count', 'prices of the item on that day'],
				array['line_amount', money, 'case when q.reason_name = ''priced'' then revops.tariff_price(q.tariff, q.line_quantity) end', 'what the line costs; empty where it is not priced'],
				array['unit_price_amount', money, format(shown,
					'(case when q.reason_name = ''priced'' then revops.tariff_price(q.tariff, q.line_quantity) / nullif(q.line_quantity, 0) end)'), 'the same a unit'],
				array['currency_name', 'text', 'case when q.reason_name = ''priced'' then q.currency_name end', 'currency of the price; add amounts of one currency only'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s', lines)),
		jsonb_build_object(
			'suffix', 'tiers',
			'answers', 'How does the price of each line come about? One row per tier, fee, rounding or bound of a priced line.',
			'key', array['line_key', 'tier_index'],
			'columns', shared_columns || jsonb_build_array(
				array['tier_index', 'integer', 't.line_index', 'sorts the parts of a line''s price'],
				array['kind_name', 'text', 't.kind', 'tier, flat_fee, rounding, maximum or minimum'],
				array['kind_index', 'integer', 'array_position(array[''tier'', ''flat_fee'', ''rounding'', ''maximum'', ''minimum''], t.kind)', 'sorts kinds'],
				array['from_quantity', money, format(shown, 't.from_quantity'), 'the tier begins above it, in billable units'],
				array['to_quantity', money, format(shown, 't.to_quantity'), 'the tier ends with it; empty: open'],
				array['tier_quantity', money, format(shown, 't.quantity'), 'billable units in the tier'],
				array['unit_price_amount', money, format(shown, 't.unit_price'), 'price of one'],
				array['tier_amount', money, format(shown, 't.amount'), 'the part; parts add up to the line''s amount; empty where it is 10^32 and more'],
				array['currency_name', 'text', 'q.currency_name', 'currency of the price'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s,
revops.tariff_lines(q.tariff, case when q.reason_name = ''priced'' then q.line_quantity end) t
where q.reason_name = ''priced''', lines)));
	if what.column_type = 'text' then
		like_items := format('(
			select string_agg(distinct ''"'' || %1$s || ''"'', '', '')
			from %2$s s
			where lower(regexp_replace(%1$s collate "default", ''[[:space:]]'', '''', ''g'')) = lower(regexp_replace(u.item_key collate "default", ''[[:space:]]'', '''', ''g''))
				and %1$s <> u.item_key)', book_what.expression, book_name);
	end if;
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which lines and prices are worth a look, and which lines have no price? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'f.finding_index', 'counts findings'],
			array['problem_name', 'text', 'f.problem_name', 'no line is priced: no_quantity, bad_quantity, no_date, no_price, two_prices, bad_price; '
				|| 'kept: no_key, repeated_key, several_currencies; of the price book: book_no_key, book_bad_price, book_overlap'],
			array['problem_index', 'integer', 'f.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'f.is_left_out', 'true: these lines have no amount'],
			array['row_count', 'bigint', 'f.row_count', 'how many lines, or rows of the price book, it is about'],
			array['item_key', what.column_type, 'f.item_key', format('the item, where it is about one: column %s of the source', item)],
			array['line_key', line.column_type, 'f.line_key', format('the line, where it is about one: column %s of the source', line_key)],
			array['detail_name', 'text', 'f.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with l as materialized (
		select q.line_key, q.item_key, q.reason_name, q.currency_name
		from %1$s
	), book as materialized (%5$s
	), unpriced as (
		select l.item_key, l.reason_name, count(*) as row_count
		from l
		where l.reason_name <> ''priced''
		group by l.item_key, l.reason_name
	), found as (
		select array_position(array[''no_quantity'', ''bad_quantity'', ''no_date''], u.reason_name) as problem_index, u.reason_name as problem_name, true as is_left_out,
			sum(u.row_count)::bigint as row_count, null::%2$s as item_key, null::%3$s as line_key,
			case u.reason_name when ''no_quantity'' then ''lines without a quantity'' when ''bad_quantity'' then ''quantities that are negative, NaN, endless or 10^22 and more''
				else ''lines without a day'' end as detail_name
		from unpriced u
		where u.reason_name in (''no_quantity'', ''bad_quantity'', ''no_date'')
		group by u.reason_name
		union all
		select array_position(array[''no_price'', ''two_prices'', ''bad_price''], u.reason_name) + 3, u.reason_name, true, u.row_count, u.item_key, null,
			case u.reason_name
				when ''no_price'' then ''the price book has no price of the item on these days'' || coalesce(''; it has '' || %4$s, '''')
				when ''two_prices'' then ''the price book has several prices of the item on these days''
				else ''the price of the item is no tariff, or the lines would cost 10^32 and more'' end
		from unpriced u
		where u.reason_name in (''no_price'', ''two_prices'', ''bad_price'')
		union all
		select 7, ''no_key'', false, count(*), null, null, ''lines without a key''
		from l
		where l.line_key is null
		having count(*) > 0
		union all
		select 8, ''repeated_key'', false, count(*), null, l.line_key, ''several lines of one key''
		from l
		where l.line_key is not null
		group by l.line_key
		having count(*) > 1
		union all
		select 9, ''several_currencies'', false, count(*), null, null, ''prices are in several currencies, which must not be added up: '' || string_agg(distinct coalesce(l.currency_name, ''none''), '', '')
		from l
		where l.reason_name = ''priced''
		having count(distinct coalesce(l.currency_name, '''')) > 1
		union all
		select 10, ''book_no_key'', false, count(*), null, null, ''rows of the price book without an item or without a price''
		from book
		where book.item_key is null or book.is_missing
		having count(*) > 0
		union all
		select 11, ''book_bad_price'', false, count(*), book.item_key, null, ''prices in the price book that are no tariff''
		from book
		where not book.is_missing and book.tariff is null
		group by book.item_key
		union all
		select 12, ''book_overlap'', false, count(*), o.item_key, null,
			''rows of the price book that hold on days of an earlier row of the item, first on '' || to_char(min(o.from_date), ''YYYY-MM-DD'')
		from (
			select p.item_key, greatest(p.from_date, date ''0001-01-01'') as from_date,
				p.from_date < max(p.until_date) over (partition by p.item_key order by p.from_date, p.until_date rows between unbounded preceding and 1 preceding) as is_overlap
			from (
				select b.item_key, coalesce(lower(b.valid_days), ''-infinity'') as from_date, coalesce(upper(b.valid_days), ''infinity'') as until_date
				from book b
				where not b.is_missing and b.item_key is not null and not isempty(b.valid_days)
			) p
		) o
		where o.is_overlap
		group by o.item_key
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.item_key, f.line_key) as finding_index
	from found f
) f', lines, what.column_type, line.column_type, like_items, book)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, views) m;
end
$$;
comment on function quote_create_views(text, regclass, name, name, name, name, regclass, name, name, name, name, date, text, boolean, boolean) is
	'makes views for BI over lines and a price book: PREFIX_lines, _tiers, _checks; lines without a price are shown with the reason';
