-- The sample company: a vendor of design and engineering software, five years of business.
-- Makes schema sales afresh, in one transaction, the same rows on every machine:
--     psql -d DATABASE -f test/sample/sample.sql
-- It needs no extension, only a UTF8 database. README.md tells what the rows mean.
\set ON_ERROR_STOP on
\set QUIET on
\encoding UTF8
begin;
set local client_min_messages = warning;

\echo 'sample company: tables'
\ir 00_schema.sql
\ir 01_more_tables.sql
\ir 02_service_tables.sql
\ir 03_voice_tables.sql
\ir 03_lead_tables.sql
\ir 03_deal_tables.sql
\ir 03_touch_tables.sql
\ir 05_helpers.sql
\echo 'sample company: price list and channels'
\ir 10_catalog.sql
\ir 11_channels.sql
\echo 'sample company: accounts, contacts, leads'
\ir 20_accounts.sql
\ir 30_leads.sql
\echo 'sample company: deals and contracts'
\ir 40_new_deals.sql
\ir 45_contracts.sql
\ir 50_deals.sql
\ir 55_stage_log.sql
\echo 'sample company: orders'
\ir 60_orders.sql
\ir 65_supplies.sql
\echo 'sample company: usage, ratings, referrals'
\ir 70_usage.sql
\ir 80_voices.sql
\echo 'sample company: working days, service, visits, targets, a trial'
\ir 83_holidays.sql
\ir 84_service.sql
\ir 85_plans.sql
\echo 'sample company: invitations, ratings of sellers, claims'
\ir 86_voice.sql
\echo 'sample company: the desk for leads'
\ir 86_leads.sql
\echo 'sample company: changes of deals, quotas'
\ir 86_deal_changes.sql
\echo 'sample company: touches and spend'
\ir 86_touches.sql
\echo 'sample company: keys, indexes, comments'
\ir 90_keys.sql
\ir 91_comments.sql
\ir 92_comments.sql
\ir 93_comments.sql
\ir 94_voice_comments.sql
\ir 94_lead_comments.sql
\ir 94_deal_comments.sql
\ir 94_touch_comments.sql
\ir 95_finish.sql

commit;
\echo 'sample company: ready, as of 2025-06-30'
