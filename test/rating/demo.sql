-- demo.sql: what customers say, as make demo prints it, each answer under its query.
\pset footer off
set search_path = public, revops, sales;
\echo
\echo '=== Does NPS move from year to year? (who was asked, who answered, and whether a change is more than chance)'
\echo
\set ECHO queries
create temp table year_said as
select extract(year from invited_on)::int as year, rating_agg(rating_preset('nps'), recommend_score) as answers
from survey_invitation left join satisfaction using (rating_no)
where invited_on >= '2021-01-01'
group by 1;

select y.year, asked, responses, round(100 * r.net_score) as nps, round(100 * r.net_score_low) || ' to ' || round(100 * r.net_score_high) as could_be,
	round(100 * difference) as change, case when is_clear then 'clear' when not is_clear then 'not clear' end as is_it,
	repeat(' ', 30 + round(40 * r.net_score_low)::int) || repeat('─', round(40 * (r.net_score_high - r.net_score_low))::int) as "-75                          0"
from year_said y
	cross join lateral rating_summary(y.answers) r
	left join year_said b on b.year = y.year - 1
	left join lateral rating_difference(y.answers, b.answers) on measure = 'net_score'
order by y.year;
\set ECHO none
\echo
\echo '=== DSR of agents: the delivery, last six months, each against its peers (five answers or more)'
\echo
\set ECHO queries
select name, responses, round(mean_score::numeric, 2) as mean, round(mean_score_low::numeric, 2) || ' to ' || round(mean_score_high::numeric, 2) as could_be,
	(p).place, round((p).peer_mean::numeric, 2) as peer_mean, round(100 * (p).percentile) || ' %' as better_than, rpad(repeat('█', round(6 * mean_score)::int), 30, '·') as bar
from (
	select name, r.*, benchmark_rank(mean_score, 1) over () as p
	from (
		select name, rating_agg(rating_preset('csat'), nullif(delivery_score, 0)) as answers
		from service_rating join channel using (channel_no)
		where channel_type = 'agent' and rated_on between '2025-01-01' and '2025-06-30'
		group by name) d,
		rating_summary(answers) r
	where responses >= 5) x
order by (p).place, name collate "C";
\set ECHO none
\echo
\echo '=== Do detractors lapse? Terms that came to their end, by the last answer in the 400 days before'
\echo
\set ECHO queries
create temp table said_and_done as
select outcome <> 'lapsed' as renewed, case when recommend_score >= 9 then 'promoter' when recommend_score <= 6 then 'detractor' else 'passive' end as said
from (
	select account_no, contract_agg(daterange(starts_on, ends_on, '[]'), annual_amount / 12, product_line, contract_no, signed_on) as contracts
	from contract group by account_no) c
	cross join lateral renewal_terms(contracts, '2025-06-30') t
	cross join lateral (
		select recommend_score from satisfaction s
		where s.account_no = c.account_no and recommend_score is not null and (rated_at at time zone 'Asia/Shanghai')::date between ends - 400 and ends - 1
		order by rated_at desc limit 1) s
where decided;

select said, decided, renewed, round(100.0 * renewed / decided) || ' %' as rate,
	coalesce(round(100 * difference::numeric) || ' points, ' || round(100 * difference_low::numeric) || ' to ' || round(100 * difference_high::numeric), '') as below_promoters
from (
	select said, count(*) as decided, count(*) filter (where renewed) as renewed,
		(select count(*) from said_and_done where said = 'promoter') as n, (select count(*) from said_and_done where said = 'promoter' and renewed) as s
	from said_and_done group by said) x
	left join lateral rate_difference(s, n, renewed, decided) on said <> 'promoter'
order by renewed::numeric / decided desc;
\set ECHO none
