-- The line of funnel in the tour of make demo: a question, and the answer in a number.
-- page: funnel
-- words: conversion 销售转化率
select 'Where do most new deals stall?' as question,
	format('at %s: %s of 100 go on (%s to %s)', step_name, round(100 * step_rate), round(100 * step_rate_low), round(100 * step_rate_high)) as answer
from funnel_rows((
	select funnel_agg(funnel('{lead,mql,sql,proposal,won}', '2 years', lost => '{lost}', mode => 'reached', time_zone => 'Asia/Shanghai'), deal_no, changed_at, stage, '2025-06-30')
	from deal_stage_log join deal using (deal_no)
	where deal_kind = 'new business'))
where step_rate is not null
order by step_rate
limit 1;
