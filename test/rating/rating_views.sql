-- rating_create_views: each view equals the query written by hand; rows as they are do not stop it.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.55);

create schema ask;
create table ask.answer as
select n as no, 'seller ' || (n * 31 % 97) % 12 as seller, 'aspect ' || n % 2 as aspect, timestamptz '2025-07-03 00:00+00' - random() * interval '500 days' as at,
	case when random() < 0.7 then 1 + floor(random() ^ (0.3 + n * 31 % 97 % 12 / 8.0) * 5)::int end as score
from generate_series(1, 900) n;
delete from ask.answer where at >= '2025-02-01 00:00+08' and at < '2025-03-01 00:00+08';
insert into ask.answer values (2001, 'seller 1', 'aspect 0', '2025-07-01 00:00+08', 5), (2002, 'seller 1', 'aspect 0', null, 5), (2003, 'seller 1', 'aspect 0', 'infinity', 5), (2004, 'seller 1', 'aspect 0', '2025-01-05', 0),
	(2005, 'seller 1', 'aspect 0', '2025-01-05', 6), (2006, 'seller 1', 'aspect 0', '2025-01-06', 6), (2007, null, 'aspect 0', '2025-01-06', 5), (2008, 'seller 99', 'aspect 1', '2025-06-30 23:59:59+08', 1),
	(2009, 'Seller 3', null, '2025-01-01 00:00+08', 2), (2010, ' ', 'aspect 0', '2024-06-01', 2);
create temp table hand as
select *, (at at time zone 'Asia/Shanghai')::date as day from ask.answer where isfinite(at) and at < '2025-07-01 00:00+08' and (score is null or score between 1 and 5);
select set_eq($$select view_name from rating_create_views('dsr', 'ask.answer', 'score', 'at', 'seller', 'aspect', rating_preset('csat'), target_schema => 'ask', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'ask.dsr_' || unnest(array['summary', 'by_month', 'by_dimension', 'distribution', 'subjects', 'checks'])$$, 'the call names the views it made');

select results_eq('select asked_count, response_count, response_rate, favourable_count, neutral_count, unfavourable_count, favourable_rate, favourable_rate_low, nps_score, nps_score_low, mean_score, mean_score_high, median_score from ask.dsr_summary',
	$$select asked, responses, response_rate, favourable, neutral, unfavourable, favourable_rate, favourable_rate_low, 100 * net_score, 100 * net_score_low, mean_score, mean_score_high, median_score
	from rating_summary((select rating_agg(rating_preset('csat'), score) from hand))$$, 'PREFIX_summary equals the query by hand');
select results_eq('select asked_count, response_count, favourable_count, mean_score from ask.dsr_summary', 'select count(*), count(score), count(*) filter (where score >= 4), sum(score)::float8 / nullif(count(score), 0)::float8 from hand', 'and plain SQL');
select results_eq($$select rated_month, asked_count, response_count, mean_score from ask.dsr_by_month where asked_count > 0 order by month_index$$,
	'select date_trunc(''month'', day)::date, count(*), count(score), sum(score)::float8 / nullif(count(score), 0)::float8 from hand group by 1 order by 1', 'PREFIX_by_month equals the query by hand');
select is((select array_agg(rated_month || ' ' || asked_count || ' ' || coalesce(is_clear::text, '-')) from ask.dsr_by_month where asked_count = 0), '{"2025-02-01 0 -"}', 'a month without a row is there');
select is((select string_agg(rated_month || ' ' || state_name, ' ') from ask.dsr_by_month where rated_month >= '2025-06-01'), '2025-06-01 complete', 'as_of ends the last month');
select results_eq($$select nps_difference_score, nps_difference_score_low, nps_difference_score_high, is_clear from ask.dsr_by_month where rated_month = '2025-03-01'$$,
	$$select 100 * difference, 100 * difference_low, 100 * difference_high, is_clear from rating_difference((select rating_agg(rating_preset('csat'), score) from hand where day between '2025-03-01' and '2025-03-31'),
	(select rating_agg(rating_preset('csat'), score) from hand where day between '2025-01-01' and '2025-01-31')) where measure = 'net_score'$$, 'compared with the last month that has answers');
select set_eq('select rated_month, nps_difference_score, is_clear from ask.dsr_by_month where response_count > 0',
	$$select m, 100 * difference, is_clear from (select m, s, lag(s) over (order by m) as before from (select date_trunc('month', day)::date as m, rating_agg(rating_preset('csat'), score) as s from hand where score is not null group by 1) a) b
	left join lateral rating_difference(s, before) d on measure = 'net_score'$$, 'each month with the one before that has answers');
select set_eq('select dimension_name, asked_count, response_count, mean_score, nps_difference_score, is_clear from ask.dsr_by_dimension',
	$$select a.aspect, a.n, a.c, a.m, 100 * d.difference, d.is_clear
	from (select aspect, count(*) as n, count(score) as c, sum(score)::float8 / nullif(count(score), 0)::float8 as m, rating_agg(rating_preset('csat'), score) as s from hand group by aspect) a,
	rating_difference(s, (select rating_agg(rating_preset('csat'), score) from hand o where o.aspect is distinct from a.aspect)) d where measure = 'net_score'$$, 'PREFIX_by_dimension: each against all others');
select results_eq('select rating_score, kind_name, answer_count, answer_rate from ask.dsr_distribution order by 1',
	$$select score, case when score >= 4 then 'favourable' when score <= 2 then 'unfavourable' else 'neutral' end, count(*), count(*)::float8 / sum(count(*)) over ()::float8 from hand where score is not null group by 1 order by 1$$, 'PREFIX_distribution equals the query by hand');

create temp table rated as
select aspect, seller, count(*) as n, count(score) as c, sum(score)::float8 / nullif(count(score), 0)::float8 as m from hand where seller is not null and day >= '2025-01-01' group by 1, 2;
select set_eq('select dimension_name, subject_name, asked_count, response_count, mean_score, is_ranked, from_date from ask.dsr_subjects', 'select aspect, seller, n, c, m, c >= 5, date ''2025-01-01'' as from_date from rated', 'PREFIX_subjects counts the months that end with as_of');
select is_empty($$select * from ask.dsr_subjects where is_ranked is distinct from (response_count >= 5) or not is_ranked and (place_index is not null or percentile_rate is not null or peer_mean_score is not null)$$, 'few answers, no rank');
select set_eq('select dimension_name, subject_name, peer_count, place_index, round(peer_mean_score::numeric, 9) as mean, peer_best_score, percentile_rate from ask.dsr_subjects where is_ranked and peer_count >= 5',
	$$select a.aspect, a.seller, count(*) as n, 1 + count(*) filter (where b.m > a.m) as place, round(avg(b.m)::numeric, 9) as mean, max(b.m) as best, (count(*) filter (where b.m < a.m) + 0.5 * count(*) filter (where b.m = a.m))::float8 / count(*) as percentile
	from rated a join rated b on b.aspect is not distinct from a.aspect and b.seller <> a.seller where a.c >= 5 and b.c >= 5 group by 1, 2, a.m having count(*) >= 5$$, 'peers are those of the dimension with enough answers, oneself left out');
select cmp_ok(count(*), '>', 10::bigint, 'there are such') from ask.dsr_subjects where place_index is not null;
select is_empty($$select * from (select *, lag(mean_score) over w as better, lag(is_ranked) over w as ranked from ask.dsr_subjects window w as (partition by dimension_name order by subject_index)) x where is_ranked and better < mean_score or is_ranked and not ranked$$, 'sorted, the best first');

select set_eq('select problem_name, is_left_out, row_count, subject_key, detail_name from ask.dsr_checks', $$values
	('no_time', true, 2::bigint, null, 'rows without a day, or with an endless one'), ('off_scale', true, 1, null, 'scores that the scale does not have: 0'), ('off_scale', true, 2, null, 'scores that the scale does not have: 6'),
	('no_subject', false, 1, null, 'rows without a subject are in no row of subjects'), ('blank_key', false, 1, ' ', 'rows whose subject is blank are of one subject'),
	('similar_keys', false, (select count(*) from hand where lower(seller) = 'seller 3'), 'Seller 3', 'subjects whose keys differ by spaces or case alone: "Seller 3", "seller 3"')$$, 'what is odd');

-- trailing months and answers that are asked for otherwise; days of other kinds
select lives_ok($$select rating_create_views('short', 'ask.answer', 'score', 'at', 'seller', definition => rating(1, 5, 5, 1), trailing_months => 1, min_responses => 1, target_schema => 'ask', as_of => '2025-06-29', time_zone => 'Asia/Shanghai')$$, 'without a dimension');
select is((select array_agg(distinct from_date) from ask.short_subjects), '{2025-05-30}', 'a month that ends with as_of');
select hasnt_view('ask', 'short_by_dimension', 'no dimension, no such view');
select set_eq('select subject_name, response_count, is_ranked, place_index from ask.short_subjects', $$select seller, c, c >= 1, case when c > 0 then rank() over (partition by c > 0 order by m desc) end
	from (select seller, count(score) as c, avg(score) as m from hand where seller is not null and day between '2025-05-30' and '2025-06-29' group by 1) x$$, 'one answer is enough where one says so');
select is((select state_name from ask.short_by_month where rated_month = '2025-06-01'), 'running', 'the last month runs');
create table ask.poll (at date, score numeric, comment text);
select lives_ok($$select rating_create_views('poll', 'ask.poll', 'score', 'at', definition => '{"low": 0, "high": 10, "favourable_from": 9, "unfavourable_to": 6}', target_schema => 'ask', as_of => '2025-06-30')$$, 'an empty table, days, a score that is numeric');
select is((select array_agg(v::text) from ask.poll_summary v), '{"(0,0,,0,0,0,,,,,,,,,,,,,,2025-06-30)"}', 'nobody was asked');
select is((select count(*) from ask.poll_distribution) + (select count(*) from ask.poll_checks), 0::bigint, 'nothing was said');
insert into ask.poll values ('2025-01-01', 10), ('2025-01-02', 9.5), ('2025-01-03', 'NaN'), ('2025-01-04', null), ('-infinity', 3);
select is((select array_agg(v::text) from (select asked_count, response_count, nps_score from ask.poll_summary) v), '{"(2,1,100)"}', 'half scores and NaN are off the scale');
insert into ask.poll values ('2025-01-01', 7.50), ('2025-01-01', 11.0), ('2025-01-01', 11);
select set_eq('select problem_name, row_count, detail_name from ask.poll_checks where is_left_out', $$values ('no_time', 1::bigint, 'rows without a day, or with an endless one'), ('off_scale', 2, 'scores that are no whole numbers, such as 7.5'),
	('off_scale', 2, 'scores that the scale does not have: 11'), ('off_scale', 1, 'scores that the scale does not have: NaN')$$, 'and shown, halves together');

-- a day of the year 202 makes 21,000 months, and two subjects have a peer each
create table ask.few as select 5 as score, date '2025-05-01' as at, 'a' as who from generate_series(1, 6) union all select 3, '2025-05-02', 'b' from generate_series(1, 5) union all select 4, '2025-05-03', 'c' union all select 2, '0202-05-01', 'a';
select lives_ok($$select rating_create_views('few', 'ask.few', 'score', 'at', 'who', definition => rating_preset('csat'), target_schema => 'ask', as_of => '2025-05-20')$$, 'one day is a slip of the pen');
set local statement_timeout = '60s';
select is((select array_agg(v::text) from (select rated_month, round(nps_difference_score::numeric, 3) from ask.few_by_month where nps_difference_score is not null) v), '{"(2025-05-01,158.333)"}', 'which does not keep the others waiting');
set local statement_timeout = 0;
select results_eq('select subject_name, place_index, peer_count, peer_mean_score, peer_best_score, percentile_rate from ask.few_subjects order by subject_index',
	$$values ('a', 1::bigint, 1::bigint, 3::float8, 3::float8, 1::float8), ('b', 2, 1, 5, 5, 0), ('c', null, null, null, null, null)$$, 'one peer with enough answers is a peer');
select is((select array_agg(v::text) from (select problem_name, is_left_out, row_count from ask.few_checks) v), '{"(all_answered,f,13)"}', 'where nobody is silent the response rate says nothing');

-- names that need care
create table ask."we %s'ird" as select score as "sc'ore %L", seller as "a\b", aspect as "x
y", (at at time zone 'UTC')::date as "day" from ask.answer where isfinite(at);
select lives_ok($$select rating_create_views('odd', 'ask."we %s''ird"', 'sc''ore %L', 'day', 'a\b', E'x\ny', rating_preset('csat'), target_schema => 'ask', as_of => '2025-06-30')$$, 'odd names');
select is((select asked_count from ask.odd_summary), (select count(*) from ask.answer where at < '2025-07-01' and (score is null or score between 1 and 5)), 'are read');
do $$ declare call text; begin select made_by into call from revops_views() where view_name = 'ask.odd_subjects'; execute call; end $$;
select is((select count(*) from revops_views() where view_name like 'ask.odd%' and needs_attention is null), 6::bigint, 'and made again');

select throws_ok(format('select rating_create_views(''bad'', ''ask.answer'', ''score'', ''at'', %s, target_schema => ''ask'', as_of => ''2025-06-30'')', arguments), code, null, arguments)
from (values ('definition => rating_preset(''csat'')', '22004'), ('time_zone => ''UTC''', '22004'), ('definition => rating_preset(''csat''), time_zone => ''UTC'', trailing_months => 0', '22023'),
	('definition => rating_preset(''csat''), time_zone => ''UTC'', min_responses => 0', '22023'), ('''nobody'', definition => rating_preset(''csat''), time_zone => ''UTC''', '42703')) t(arguments, code);
select throws_ok($$select rating_create_views('bad', 'ask.answer', 'seller', 'at', definition => rating_preset('csat'), target_schema => 'ask', time_zone => 'UTC')$$, '42804', null, 'a score is a number');

select * from finish();
rollback;
