-- The line of stage in the tour of make demo: a question, and the answer in a number.
-- page: stage
-- words: survival duration cycle 销售周期
select 'How long do deals stay at proposal?' as question,
	format('half leave within %s days (%s to %s)', round(duration), round(duration_low), round(duration_high)) as answer
from survival_quantiles((
	select survival_agg(days, direction <> 'open')
	from (select stage_agg(changed_at, stage) as history from deal_stage_log group by deal_no) d, stage_rows(history, '{lead,mql,sql,proposal,won}', '2025-06-30')
	where stage = 'proposal'), '{0.5}');
