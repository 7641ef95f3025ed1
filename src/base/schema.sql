-- schema.sql: opens the install script.

\echo Use "create extension revops" to load this file. \quit

comment on schema revops is 'B2B operations analytics: RFM, funnels, renewals, pricing';
grant usage on schema revops to public;
