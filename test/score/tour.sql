-- The line of score in the tour of make demo: a question, and the answer in a number.
-- page: lead
-- words: scoring lead 线索评分
select 'Do flags of a lead tell good from bad?' as question,
	format('in %s of 100 pairs (%s to %s)', round(100 * auc), round(100 * auc_low), round(100 * auc_high)) as answer
from score_summary((
	select score_agg(has_budget::int + has_authority::int + has_need::int + has_timing::int, coalesce(current_stage = 'won' and closed_at <= l.created_at + interval '540 days', false))
	from lead l left join deal d using (lead_no)
	where l.created_at < timestamptz '2025-07-01 00:00+08' - interval '540 days'));
