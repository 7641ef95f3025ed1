-- The line of attribution in the tour of make demo: a question, and the answer in a number.
-- page: attribution
-- words: channel channels markov 渠道归因
select 'Which channel earns most wins?' as question,
	format('%s: %s %% (%s to %s)', channel, round(100 * credit_rate::numeric, 1), round(100 * credit_rate_low::numeric, 1), round(100 * credit_rate_high::numeric, 1)) as answer
from attribution_rows((
	select attribution_agg(journey, attribution(lookback => '1 year', time_zone => 'Asia/Shanghai'), '2025-06-30')
	from (
		select account_no, journey_agg(at, channel, outcome, amount) as journey
		from (
			select distinct account_no, touched_at as at, lower(trim(channel)) as channel, null as outcome, null::numeric as amount from touch where channel is not null
			union all
			select account_no, closed_at, null, current_stage, annual_amount from deal where current_stage in ('won', 'lost')) t
		group by account_no) j), 'markov_1')
where channel is not null
order by credit desc
limit 1;
