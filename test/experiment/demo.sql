-- demo.sql: the answers of experiment that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== A trial of guided setup, meant as half and half: was the split kept?'
\echo
\set ECHO queries
create temp table outcome as
select t.account_no, variant, channel_type,
	count(*) filter (where order_kind = 'order' and ordered_at >= assigned_on and ordered_at < assigned_on + 120) as orders
from (
	select distinct on (account_no) account_no, lower(trim(variant)) as variant, assigned_on
	from sales.trial
	order by account_no, assigned_on) t
join sales.account using (account_no)
join sales.channel using (channel_no)
left join sales.sales_order o using (account_no)
group by 1, 2, 3;
select channel_type, units as guided, round(expected) as expected, round(100 * share::numeric, 1) as percent,
	case when mismatch then 'broken: do not read its result' else '' end as verdict
from (
	select coalesce(channel_type, 'all') as channel_type, grouping(channel_type) as is_all, experiment_agg(variant, 0) as s
	from outcome
	group by rollup (channel_type)) x,
	experiment_balance(s)
where variant = 'guided'
order by is_all, channel_type;
\set ECHO none
\echo
\echo '=== Did guided accounts order more often within 120 days? (where the split was kept)'
\echo
\set ECHO queries
select variant, units, round(100 * mean::numeric, 1) as percent, round(100 * difference::numeric, 1) as difference,
	round(100 * difference_low::numeric, 1) || ' to ' || round(100 * difference_high::numeric, 1) as "for one look",
	round(100 * always_low::numeric, 1) || ' to ' || round(100 * always_high::numeric, 1) as "for a look every week"
from experiment_rows((select experiment_agg(variant, (orders > 0)::int) from outcome where channel_type <> 'direct'),
	'control', planned_units => 1200, kind => 'rate');
\set ECHO none
drop table outcome;
