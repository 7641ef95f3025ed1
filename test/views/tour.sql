-- The line of views in the tour of make demo: a question, and the answer in a number.
-- page: bi
-- words: bi metabase dashboards
select 'And in a BI tool?' as question, format('%s calls make views', count(*)) as answer
from pg_proc
where pronamespace = 'revops'::regnamespace and proname like '%\_create\_views';
