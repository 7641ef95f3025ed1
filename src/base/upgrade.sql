-- upgrade.sql: opens the script that updates an installed release to this one.

\echo Use "alter extension revops update" to load this file. \quit

-- names without a schema are made in revops
set local search_path = revops, pg_temp;

-- the makers of views take one more argument; beside the old form, a call that leaves it out would be ambiguous
drop function rfm_create_views(text, regclass, name, name, name, name, integer, text, text, name, date, text, boolean, boolean);
drop function funnel_create_views(text, regclass, name, name, name, text[], interval, text, text[], name, name, name, date, text, boolean, boolean);
drop function contract_create_views(text, regclass, name, name, name, boolean, name, name, name, name, name, name, name, name, text, integer, integer,
	integer, boolean, date, name, date, text, boolean, boolean);
drop function quote_create_views(text, regclass, name, name, name, name, regclass, name, name, name, name, date, text, boolean, boolean);

comment on function segment_map(text) is
	'a segment map that comes with revops: grid or grid_zh (5 bins), octant or octant_zh (2 bins)';
