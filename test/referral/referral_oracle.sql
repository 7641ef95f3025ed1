-- referral: recursive queries over random members with rings, strangers, self-referrals, second rows.
begin;
set local search_path = public, revops;
select no_plan();

select setseed(0.414);
create temp table entry as
select g, member::text, case when random() < 0.15 then null when random() < 0.05 then member::text when random() < 0.05 then 'x' || member else floor(random() ^ 1.5 * size)::int::text end as referrer,
	case when random() < 0.93 then date '2025-01-01' + (member * 2 + random() * 40)::int end as joined_on, case when random() < 0.9 then round((random() * 100)::numeric, 2) end as amount
from (select g, floor(random() ^ 2 * 60)::int + 1 as size from generate_series(1, 250) g) x, generate_series(0, size) member, generate_series(1, 1 + (hashint4(g * 100 + member) % 7 = 0)::int);
-- names of which one begins others, as long as their first bytes that are compared
update entry set member = concat('customer', nullif(member, '0')), referrer = case when referrer is not null then concat('customer', nullif(referrer, '0')) end where g % 3 = 0;
create temp table forest as select g, referral_agg(member, referrer, joined_on, amount) as f from entry group by g;
create temp table asked as select g, f, date '2025-01-01' + (10 + g % 100) as as_of, nullif(g % 40, 7) as within from forest;

-- one row a member, of the rows known
create temp table member as
select g, as_of, member, min(joined_on) as joined_on, coalesce(sum(amount), 0) as amount, count(distinct referrer) as referrers,
	(array_agg(referrer order by joined_on, referrer collate "C") filter (where referrer is not null))[1] as referrer
from entry join asked using (g) where joined_on <= as_of or joined_on is null
group by g, as_of, member;
create temp table tree as
with recursive grown as (
	select g, member, member as seed, 0 as generation from member where referrer is null
	union all
	select m.g, m.member, t.seed, t.generation + 1 from grown t join member m on m.g = t.g and m.referrer = t.member
) select * from grown;
-- who is met on the way up
create temp table above as
with recursive up as (
	select g, member, referrer as above, 1 as step from member where referrer is not null
	union all
	select u.g, u.member, m.referrer, step + 1 from up u join member m on m.g = u.g and m.member = u.above where m.referrer is not null and step < 70
) select distinct g, member, above from up;
create temp table expected as
select m.g, m.member, m.referrer, t.seed, t.generation, m.joined_on,
	case when t.g is not null and m.joined_on >= r.joined_on then m.joined_on - r.joined_on end as days,
	case when t.g is not null then (select count(*) from member c where c.g = m.g and c.referrer = m.member) end as children,
	case when t.g is not null then (select count(*) from above a where a.g = m.g and a.above = m.member) end as descendants, m.amount,
	case when t.g is not null then m.amount + coalesce((select sum(c.amount) from above a join member c on c.g = a.g and c.member = a.member where a.g = m.g and a.above = m.member), 0) end as tree_amount,
	case when m.referrer = m.member then 'self' when exists (select from above a where a.g = m.g and a.member = m.member and a.above = m.member) then 'loop'
		when m.referrer is not null and r.g is null then 'orphan' when t.g is null then 'under' when m.joined_on < r.joined_on then 'early' when m.referrers > 1 then 'two_referrers' end as problem
from member m left join tree t using (g, member) left join member r on r.g = m.g and r.member = m.referrer;
select set_eq('select g, r.* from asked, referral_rows(f, as_of) r', 'select g, member, referrer, seed, generation, joined_on, days, children, descendants, amount, tree_amount, problem from expected', 'members as the recursive query has them');
select results_eq('select problem, count(*) > 20 from expected group by 1 order by 1', $$values ('early', true), ('loop', true), ('orphan', true), ('self', true), ('two_referrers', true), ('under', true), (null, true)$$, 'all kinds are there');
select cmp_ok(max(generation), '>', 5, 'some trees are high') from expected;

-- generations, counted from the members
create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or (abs(a - b) <= 1e-12 * greatest(1, abs(b))) is true';
create temp table grown as
select e.g, e.generation, e.children, e.amount, (e.joined_on + within <= as_of) as is_mature,
	(select count(*) from expected c where c.g = e.g and c.referrer = e.member and c.days <= within) as soon
from expected e join asked using (g) where e.generation is not null;
create temp table counted as
select g, generation, count(*) as members, count(*) filter (where children > 0) as referrers, sum(children)::bigint as children, avg(children)::float8 as k, 1.959963984540054 * stddev_samp(children)::float8 / sqrt(count(*)) as reach, sum(amount) as amount,
	count(*) filter (where is_mature) as mature, coalesce(sum(soon) filter (where is_mature), 0)::bigint as soon, (avg(soon) filter (where is_mature))::float8 as mature_k,
	1.959963984540054 * (stddev_samp(soon) filter (where is_mature))::float8 / sqrt(count(*) filter (where is_mature)) as mature_reach,
	(select percentile_cont(0.5) within group (order by days) from expected e where e.g = x.g and e.generation = x.generation + 1) as median_days
from grown x group by g, generation;
select set_eq('select g, generation, members, referrers, children, amount from asked, referral_generations(f, as_of, within) where generation is not null', 'select g, generation, members, referrers, children, amount from counted', 'generations are counted as plain SQL does');
select is(count(*), 0::bigint, 'k, its interval and the median')
from asked a, referral_generations(f, as_of, within) r join counted c using (generation)
where c.g = a.g and not (pg_temp.near(r.k, c.k) and pg_temp.near(r.k_low, case when reach is not null then greatest(0, c.k - reach) end) and pg_temp.near(r.k_high, c.k + reach) and pg_temp.near(r.median_days, c.median_days));
select is(count(*), 0::bigint, 'of the mature')
from asked a, referral_generations(f, as_of, within) r join counted c using (generation)
where c.g = a.g and within is not null and not (r.mature_members = mature and r.mature_children = soon and pg_temp.near(r.mature_k, c.mature_k)
	and pg_temp.near(r.mature_k_low, case when mature_reach is not null then greatest(0, c.mature_k - mature_reach) end) and pg_temp.near(r.mature_k_high, c.mature_k + mature_reach));
select is(count(mature_members), 0::bigint, 'nothing of maturity without within_days') from asked, referral_generations(f, as_of, within) where within is null;
select set_eq('select g, members, amount from asked, referral_generations(f, as_of, within) where generation is null', 'select g, count(e.member) filter (where e.generation is null) as members, coalesce(sum(e.amount) filter (where e.generation is null), 0) as amount from asked left join expected e using (g) group by g', 'the last row counts those without a tree');

select * from finish();
rollback;
