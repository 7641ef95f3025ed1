-- demo.sql: how far word of mouth reaches, as make demo prints it, each answer under its query.
\pset footer off
set search_path = public, revops, sales;
\echo
\echo '=== How many customers does a customer bring? By generation, all and mature (two years over); the last row: claims that cannot be'
\echo
\set ECHO queries
create temp table word_of_mouth as
select referral_agg(account_no::text, referrer::text, joined_on, amount) as members
from (
	select account_no, null::bigint as referrer, created_on as joined_on, sum(total_amount) as amount
	from account left join sales_order using (account_no)
	group by account_no
	union all
	select referred_account_no, referrer_account_no, claimed_on, 0 from referral_claim) x;

select coalesce(generation::text, 'none') as generation, g.members, children, round(k::numeric, 3) as k, mature_members, mature_children, round(mature_k::numeric, 3) as mature_k,
	round(mature_k_low::numeric, 3) || ' to ' || round(mature_k_high::numeric, 3) as could_be, median_days, round(g.amount) as revenue
from word_of_mouth w, referral_generations(w.members, '2025-06-30', 730) g;
\set ECHO none
\echo
\echo '=== Whose claim is not paid, and why?'
\echo
\set ECHO queries
select problem, count(*) as members, string_agg(member || ' by ' || referrer, ', ' order by member) filter (where place <= 3) as examples
from (select *, row_number() over (partition by problem order by member) as place from word_of_mouth w, referral_rows(w.members, '2025-06-30')) r
where problem is not null
group by problem
order by problem;
\set ECHO none
