\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set timezone = 'UTC';
set datestyle = 'ISO';
\set ECHO all
-- Known until June 18: May is whole, and so are its bases; June is compared with 18 days; July has none yet.
select period, state, ends, previous_starts, previous_ends, year_starts, year_ends, days_left
from period_rows('month', '2025-05-01', '2025-08-01', '2025-06-18');

-- the year until February 28 against that of a leap year, until the end of February
select state, ends, year_ends, days, year_days from period_rows('year', '2025-01-01', '2026-01-01', '2025-02-28');

-- February 29 has no day a year before: nothing is counted twice
select period, year_starts, year_days from period_rows('day', '2024-02-28', '2024-03-02', '2024-12-31');

-- one join on the day gives a period, its bases, and what is left of them; a day plays several roles
create temp table fact as
select d::date as on_date, 10 as amount from generate_series(timestamp '2024-01-01', '2025-06-18', '1 day') d;
select period, sum(amount) filter (where role = 'current') as amount, sum(amount) filter (where role = 'previous') as previous,
	sum(amount) filter (where role = 'year') as year, sum(amount) filter (where role = 'year_rest') as year_rest
from period_days('month', '2025-05-01', '2025-07-01', '2025-06-18') left join fact using (on_date)
group by period
order by period;

-- two weeks of February, with Spring Festival on January 29 in 2025 and on February 10 in 2024
select align, year_starts, year_ends
from unnest('{date,weekday,event}'::text[]) align,
	period_rows('month', '2025-02-01', '2025-03-01', '2025-02-14', align, anchors => '{2024-02-10,2025-01-29}');

select growth_rate(110, 100), growth_rate(110, -100) as after_a_loss, round(growth_rate(200, 100, 5)::numeric, 4) as a_year_over_five;
