-- funnel_def.sql: the definition of a funnel, a value.

create type funnel_def;

create function funnel_def_in(cstring)
	returns funnel_def
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function funnel_def_in(cstring) is
	'reads a funnel_def from its JSON text';

create function funnel_def_out(funnel_def)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function funnel_def_out(funnel_def) is
	'writes a funnel_def as JSON text';

create function funnel_def_recv(internal)
	returns funnel_def
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function funnel_def_recv(internal) is
	'reads a funnel_def from its binary form';

create function funnel_def_send(funnel_def)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function funnel_def_send(funnel_def) is
	'writes a funnel_def in binary form';

create type funnel_def (
	input = funnel_def_in,
	output = funnel_def_out,
	receive = funnel_def_recv,
	send = funnel_def_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type funnel_def is
	'definition of a funnel: steps, window, mode, lost names, time zone; a value';

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
	'makes a funnel: up to 64 steps; within null is no limit; modes ordered, increasing, once, increasing_once, consecutive, any_order, reached';

-- equal definitions are equal in bytes, so bytea's own functions compare them
create function funnel_def_eq(funnel_def, funnel_def)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe;
comment on function funnel_def_eq(funnel_def, funnel_def) is 'are two funnels equal?';

create function funnel_def_ne(funnel_def, funnel_def)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe;
comment on function funnel_def_ne(funnel_def, funnel_def) is 'do two funnels differ?';

create function funnel_def_lt(funnel_def, funnel_def)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe;
comment on function funnel_def_lt(funnel_def, funnel_def) is 'order of funnels, for sorting only';

create function funnel_def_le(funnel_def, funnel_def)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe;
comment on function funnel_def_le(funnel_def, funnel_def) is 'order of funnels, for sorting only';

create function funnel_def_gt(funnel_def, funnel_def)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe;
comment on function funnel_def_gt(funnel_def, funnel_def) is 'order of funnels, for sorting only';

create function funnel_def_ge(funnel_def, funnel_def)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe;
comment on function funnel_def_ge(funnel_def, funnel_def) is 'order of funnels, for sorting only';

create function funnel_def_cmp(funnel_def, funnel_def)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe;
comment on function funnel_def_cmp(funnel_def, funnel_def) is 'order of funnels, for btree indexes';

create function funnel_def_hash(funnel_def)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe;
comment on function funnel_def_hash(funnel_def) is 'hash of a funnel';

create function funnel_def_hash_extended(funnel_def, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe;
comment on function funnel_def_hash_extended(funnel_def, bigint) is 'hash of a funnel with a seed';

create operator = (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = funnel_def_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (funnel_def, funnel_def) is 'equal';

create operator <> (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = funnel_def_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (funnel_def, funnel_def) is 'not equal';

create operator < (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = funnel_def_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (funnel_def, funnel_def) is 'less than, for sorting only';

create operator <= (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = funnel_def_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (funnel_def, funnel_def) is 'less than or equal, for sorting only';

create operator > (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = funnel_def_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (funnel_def, funnel_def) is 'greater than, for sorting only';

create operator >= (
	leftarg = funnel_def,
	rightarg = funnel_def,
	function = funnel_def_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (funnel_def, funnel_def) is 'greater than or equal, for sorting only';

create operator class funnel_def_ops default for type funnel_def using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 funnel_def_cmp(funnel_def, funnel_def);
comment on operator class funnel_def_ops using btree is 'order of funnels, for sorting and grouping';
comment on operator family funnel_def_ops using btree is 'order of funnels, for sorting and grouping';

create operator class funnel_def_ops default for type funnel_def using hash as
	operator 1 =,
	function 1 funnel_def_hash(funnel_def),
	function 2 funnel_def_hash_extended(funnel_def, bigint);
comment on operator class funnel_def_ops using hash is 'equality of funnels, for grouping and joining';
comment on operator family funnel_def_ops using hash is 'equality of funnels, for grouping and joining';
