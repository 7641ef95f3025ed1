-- The line of deal in the tour of make demo: a question, and the answer in a number.
-- page: deal
-- words: pipeline forecast quota 商机 销售预测
select 'Will the next quarter reach its quota?' as question,
	format('%s %%: %s million expected, %s wanted', round(100 * forecast_reach(f, quota_amount)), round(expected_amount / 1e6, 1), round(quota_amount / 1e6, 1)) as answer
from (
	with history as materialized (
		select deal_agg(changed_at, stage, amount, close_on) as s from deal_change group by deal_no
	), learned as materialized (
		select forecast_model_agg(s, pipeline('{lead,mql,sql,proposal}', won => '{won}', lost => '{lost}', time_zone => 'Asia/Shanghai'), '2025-06-30') as m from history
	)
	select forecast_agg(amount, chance) as f from history, learned, forecast_deal(s, m, '2025-06-30', 92)) x,
	forecast_summary(f), quota
where quarter_on = '2025-07-01';
