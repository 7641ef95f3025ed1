\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
set datestyle = 'ISO, YMD';
\set ECHO all
-- Two seeds, whom they brought, and three that cannot be.
create temp table joined (member text, referrer text, joined_on date, amount numeric);
insert into joined values
	('u1', null, '2025-01-01', 100), ('u2', null, '2025-01-01', 50), ('u3', 'u1', '2025-01-08', 20), ('u4', 'u1', '2025-01-09', 0), ('u5', 'u3', '2025-01-20', 7.50), ('u6', 'u5', '2025-01-30', 1),
	('me', 'me', '2025-01-02', 3), ('lost', 'nobody', '2025-01-03', 4), ('friend', 'lost', '2025-01-04', 5);

select r.* from (select referral_agg(member, referrer, joined_on, amount) as members from joined) x, referral_rows(members, '2025-01-31') r;

-- of ten days: who joined in the last ten has no say
select generation, g.members, children, k, round(k_low::numeric, 2) as low, round(k_high::numeric, 2) as high, mature_members, mature_children, mature_k, median_days, g.amount
from (select referral_agg(member, referrer, joined_on, amount) as members from joined) x, referral_generations(x.members, '2025-01-31', 10) g;

-- as known two weeks before
select member, generation, descendants, tree_amount from (select referral_agg(member, referrer, joined_on, amount) as members from joined) x, referral_rows(members, '2025-01-17') where generation is not null;
