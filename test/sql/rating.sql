\set ECHO none
set client_min_messages = warning;
create extension if not exists revops;
set search_path = public, revops;
\set ECHO all
-- Twenty answers on the scale of NPS, five people who kept silent.
create temp table answer as
select score from unnest('{10,10,10,9,9,9,9,9,8,8,8,7,7,7,7,6,6,5,3,0,null,null,null,null,null}'::int[]) as score;

select asked, responses, response_rate, favourable, neutral, unfavourable, net_score, round(net_score_low::numeric, 3) as low, round(net_score_high::numeric, 3) as high, mean_score, median_score
from rating_summary((select rating_agg(rating_preset('nps'), score) from answer));

-- one promoter is no NPS of 100
select net_score, round(net_score_low::numeric, 3) as low, round(net_score_high::numeric, 3) as high from rating_summary((select rating_agg(rating_preset('nps'), 9)));

-- each score of the scale
select score, answers, rate from rating_rows((select rating_agg(rating_preset('nps'), score) from answer)) where score >= 8;

-- against another twenty
select measure, value_1, value_2, round(difference::numeric, 3) as difference, round(difference_low::numeric, 3) as low, round(difference_high::numeric, 3) as high, is_clear
from rating_difference(
	(select rating_agg(rating_preset('nps'), score) from answer),
	(select rating_agg(rating_preset('nps'), score) from unnest('{10,9,8,7,7,6,6,6,5,5,5,5,4,4,3,3,2,2,1,0}'::int[]) as score));
select round(difference::numeric, 4) as difference, round(difference_low::numeric, 4) as low, round(difference_high::numeric, 4) as high from rate_difference(56, 70, 48, 80);

-- a scale of one's own; a score off the scale is an error
select rating_agg(rating(1, 4, 3, 2), s) from generate_series(1, 4) s;
select rating_agg(rating_preset('nps'), 11);
