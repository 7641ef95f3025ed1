-- rfm_segment.sql: names for cells of scores.

@use type_io type=rfm_segment_map binary=stable
comment on type rfm_segment_map is
	'ordered rules that name the segments of RFM scores; the first rule that fits wins';

@use type_comparison type=rfm_segment_map
@use definition_casts type=rfm_segment_map

create function segment_map(name text)
	returns rfm_segment_map
	as 'MODULE_PATHNAME' language c immutable strict parallel safe;
comment on function segment_map(text) is
	'a segment map that comes with revops: grid or grid_zh (5 bins), octant or octant_zh (2 bins)';

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
