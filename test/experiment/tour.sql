-- The line of experiment in the tour of make demo: a question, and the answer in a number.
-- page: experiment
-- words: test trial ab 单因子
select 'Did the trial keep its 50:50 split?' as question,
	format('%s: %s of %s have the new setup', case when mismatch then 'no' else 'yes' end, units, sum) as answer
from experiment_balance((
	select experiment_agg(variant, 0)
	from (select distinct on (account_no) lower(trim(variant)) as variant from trial order by account_no, assigned_on) t)),
	lateral (select count(distinct account_no) as sum from trial) s
where variant = 'guided';
