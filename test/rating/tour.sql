-- The line of rating in the tour of make demo: a question, and the answer in a number.
-- page: rating
-- words: nps csat dsr satisfaction 满意度
select 'Would customers recommend us? (NPS)' as question,
	format('%s (%s to %s), %s answers', round(100 * net_score), round(100 * net_score_low), round(100 * net_score_high), responses) as answer
from rating_summary((
	select rating_agg(rating_preset('nps'), recommend_score)
	from survey_invitation left join satisfaction using (rating_no)
	where invited_on >= '2025-01-01'));
