-- Prints a row for each table of the sample company: name, rows, md5 over its rows in order.
--     psql -X -q -d DATABASE -f test/sample/checksum.sql
-- The settings that shape a row's text are set here, so every session prints the same.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset fieldsep ' '
\pset tuples_only on
begin;
set local timezone = 'UTC';
set local datestyle = 'ISO, YMD';
select 'select * from (' || string_agg(
    format(
        'select %L as name, count(*), md5(coalesce(string_agg(md5(t::text), '''' order by t::text collate "C"), '''')) from sales.%I as t',
        tablename,
        tablename
    ),
    ' union all '
    order by tablename collate "C"
) || ') as t order by name collate "C"'
from pg_tables
where schemaname = 'sales'
\gexec
commit;
