-- upgrade.sql: opens the script that updates an installed release to this one.

\echo Use "alter extension revops update" to load this file. \quit

-- names without a schema are made in revops
set local search_path = revops, pg_temp;
