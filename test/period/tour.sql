-- The line of period in the tour of make demo: a question, and the answer in a number.
-- page: period
-- words: targets growth 同比 环比 目标
select 'How is the half-year, year on year?' as question,
	format('%s %% (%s million, before %s)', to_char(100 * growth_rate(now, before)::numeric, 'FMS990.0'), round(now / 1e6, 1), round(before / 1e6, 1)) as answer
from (select sum(amount) filter (where role = 'current') as now, sum(amount) filter (where role = 'year') as before from (
	select role, account_no, count(*) filter (where order_kind = 'order') as orders, sum(total_amount) as amount
	from sales_order join period_days('quarter', '2025-01-01', '2025-07-01', '2025-06-30') on (ordered_at at time zone 'Asia/Shanghai')::date = on_date
	where role in ('current', 'year')
	group by 1, 2) h) x;
