-- rfm_segment.sql: names for cells of scores.

create type rfm_segment_map;

create function rfm_segment_map_in(cstring)
	returns rfm_segment_map
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_segment_map_in(cstring) is 'reads an rfm_segment_map from its JSON text';

create function rfm_segment_map_out(rfm_segment_map)
	returns cstring
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function rfm_segment_map_out(rfm_segment_map) is 'writes an rfm_segment_map as JSON text';

create function rfm_segment_map_recv(internal)
	returns rfm_segment_map
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function rfm_segment_map_recv(internal) is 'reads an rfm_segment_map from its binary form';

create function rfm_segment_map_send(rfm_segment_map)
	returns bytea
	as 'MODULE_PATHNAME' language c stable strict parallel safe;
comment on function rfm_segment_map_send(rfm_segment_map) is 'writes an rfm_segment_map in binary form';

create type rfm_segment_map (
	input = rfm_segment_map_in,
	output = rfm_segment_map_out,
	receive = rfm_segment_map_recv,
	send = rfm_segment_map_send,
	internallength = variable,
	alignment = double,
	storage = extended
);
comment on type rfm_segment_map is
	'ordered rules that name cells of RFM scores; the first that fits wins';

-- equal values are equal in bytes, so bytea's own comparisons serve

create function rfm_segment_map_eq(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteaeq' language internal immutable strict parallel safe;
comment on function rfm_segment_map_eq(rfm_segment_map, rfm_segment_map) is 'implementation of operator =';
create operator = (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = rfm_segment_map_eq,
	commutator = =,
	negator = <>,
	restrict = eqsel,
	join = eqjoinsel, hashes, merges
);
comment on operator = (rfm_segment_map, rfm_segment_map) is 'equal';

create function rfm_segment_map_ne(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteane' language internal immutable strict parallel safe;
comment on function rfm_segment_map_ne(rfm_segment_map, rfm_segment_map) is 'implementation of operator <>';
create operator <> (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = rfm_segment_map_ne,
	commutator = <>,
	negator = =,
	restrict = neqsel,
	join = neqjoinsel
);
comment on operator <> (rfm_segment_map, rfm_segment_map) is 'not equal';

create function rfm_segment_map_lt(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'bytealt' language internal immutable strict parallel safe;
comment on function rfm_segment_map_lt(rfm_segment_map, rfm_segment_map) is 'implementation of operator <';
create operator < (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = rfm_segment_map_lt,
	commutator = >,
	negator = >=,
	restrict = scalarltsel,
	join = scalarltjoinsel
);
comment on operator < (rfm_segment_map, rfm_segment_map) is 'less than, in an order fit for sorting only';

create function rfm_segment_map_le(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteale' language internal immutable strict parallel safe;
comment on function rfm_segment_map_le(rfm_segment_map, rfm_segment_map) is 'implementation of operator <=';
create operator <= (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = rfm_segment_map_le,
	commutator = >=,
	negator = >,
	restrict = scalarlesel,
	join = scalarlejoinsel
);
comment on operator <= (rfm_segment_map, rfm_segment_map) is 'less than or equal, in an order fit for sorting only';

create function rfm_segment_map_gt(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteagt' language internal immutable strict parallel safe;
comment on function rfm_segment_map_gt(rfm_segment_map, rfm_segment_map) is 'implementation of operator >';
create operator > (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = rfm_segment_map_gt,
	commutator = <,
	negator = <=,
	restrict = scalargtsel,
	join = scalargtjoinsel
);
comment on operator > (rfm_segment_map, rfm_segment_map) is 'greater than, in an order fit for sorting only';

create function rfm_segment_map_ge(rfm_segment_map, rfm_segment_map)
	returns boolean
	as 'byteage' language internal immutable strict parallel safe;
comment on function rfm_segment_map_ge(rfm_segment_map, rfm_segment_map) is 'implementation of operator >=';
create operator >= (
	leftarg = rfm_segment_map,
	rightarg = rfm_segment_map,
	function = rfm_segment_map_ge,
	commutator = <=,
	negator = <,
	restrict = scalargesel,
	join = scalargejoinsel
);
comment on operator >= (rfm_segment_map, rfm_segment_map) is 'greater than or equal, in an order fit for sorting only';

create function rfm_segment_map_cmp(rfm_segment_map, rfm_segment_map)
	returns integer
	as 'byteacmp' language internal immutable strict parallel safe;
comment on function rfm_segment_map_cmp(rfm_segment_map, rfm_segment_map) is 'less-equal-greater, for btree indexes';

create function rfm_segment_map_hash(rfm_segment_map)
	returns integer
	as 'hashvarlena' language internal immutable strict parallel safe;
comment on function rfm_segment_map_hash(rfm_segment_map) is 'hash, for hash joins and indexes';

create function rfm_segment_map_hash_extended(rfm_segment_map, bigint)
	returns bigint
	as 'hashvarlenaextended' language internal immutable strict parallel safe;
comment on function rfm_segment_map_hash_extended(rfm_segment_map, bigint) is 'hash with a seed, for partitioning';

create operator class rfm_segment_map_btree_ops
	default for type rfm_segment_map using btree as
	operator 1 <,
	operator 2 <=,
	operator 3 =,
	operator 4 >=,
	operator 5 >,
	function 1 rfm_segment_map_cmp(rfm_segment_map, rfm_segment_map);
comment on operator class rfm_segment_map_btree_ops using btree is 'sorts and compares rfm_segment_map values';
comment on operator family rfm_segment_map_btree_ops using btree is 'sorts and compares rfm_segment_map values';

create operator class rfm_segment_map_hash_ops
	default for type rfm_segment_map using hash as
	operator 1 =,
	function 1 rfm_segment_map_hash(rfm_segment_map),
	function 2 rfm_segment_map_hash_extended(rfm_segment_map, bigint);
comment on operator class rfm_segment_map_hash_ops using hash is 'hashes rfm_segment_map values';
comment on operator family rfm_segment_map_hash_ops using hash is 'hashes rfm_segment_map values';

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
	'the rules of a map, a row each; segment_order sorts the segments as the map lists them';

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
	'what is odd about a map: cells unmapped, rules unreachable, pairs of rules that overlap';
