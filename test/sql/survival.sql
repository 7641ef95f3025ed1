\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
\set ECHO all
-- How long do customers stay? Ten customers: days, and whether they left. The
-- ones who did not are still here, so their days go on; leaving them out, or
-- counting them as gone, would both be wrong.
create temp table customer (name text, days float8, has_left boolean);
insert into customer values
	('a', 30, true), ('b', 30, true), ('c', 45, false), ('d', 60, true), ('e', 90, false),
	('f', 90, true), ('g', 120, false), ('h', 120, true), ('i', 180, false), ('j', 180, false);

create temp table stay as select survival_agg(days, has_left) as s from customer;

-- what is kept: equal durations are counted
select s from stay;

select duration, at_risk, events, censored, round(survival::numeric, 4) as survival,
	round(survival_low::numeric, 4) as low, round(survival_high::numeric, 4) as high
from stay, survival_rows(s);

-- at given days; after the last day nobody can say, unless all have left
select duration, at_risk, round(survival::numeric, 4) as survival,
	round(survival_low::numeric, 4) as low, round(survival_high::numeric, 4) as high
from stay, survival_at(s, '{0, 60, 100, 365}');

-- the day by which a quarter, a half and nine tenths have left
select q.* from stay, survival_quantiles(s, '{0.25, 0.5, 0.9}', confidence => 0.9) q;

-- the mean stay within the first 120 days
select until_duration, mean_duration, round(std_error::numeric, 4) as std_error from stay, survival_mean(s, 120);

-- monthly states merge into the state of all
select survival_merge(part)::text = (select s::text from stay) as equal
from (select survival_agg(days, has_left) as part from customer group by days) x;

-- Customers taken over from another system were watched only from their entry
-- on: those who had left before it are not in the data.
select duration, at_risk, events, censored, round(survival::numeric, 4) as survival,
	round(survival_low::numeric, 4) as low, round(survival_high::numeric, 4) as high
from (select survival_agg(days, has_left, entry)
	from (values (50, true, null), (80, true, 60), (90, false, 60), (100, true, null)) v (days, has_left, entry)) x (s),
	survival_rows(s, method => 'plain');

-- Deals end in two ways. 1 - survival of "won" alone would treat lost deals as
-- if they could still be won; incidence does not.
create temp table deal (days float8, outcome text);
insert into deal values (20, 'won'), (30, 'lost'), (30, 'won'), (45, null), (60, 'lost'), (60, 'lost'), (75, 'won'), (80, null);

select cause, duration, at_risk, events, round(incidence::numeric, 4) as incidence,
	round(incidence_low::numeric, 4) as low, round(incidence_high::numeric, 4) as high
from (select incidence_agg(days, outcome) from deal) x (s), incidence_rows(s);

select duration,
	round(max(incidence) filter (where cause = 'won')::numeric, 4) as won,
	round(max(incidence) filter (where cause = 'lost')::numeric, 4) as lost,
	round(1 - sum(incidence)::numeric, 4) as open
from (select incidence_agg(days, outcome) from deal) x (s), incidence_at(s, '{0, 30, 60, 80}')
group by duration
order by duration;

-- what is refused
select survival_agg(-1, true);
select survival_agg(10, true, entry) from (values (10.0)) v (entry);
select survival_rows(s, confidence => 95) from stay;
select survival_rows(s, method => 'loglog') from stay;
select '{"events": [[30, 1.5]], "censored": []}'::survival_state;
