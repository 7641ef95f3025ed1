-- The line of bridge in the tour of make demo: a question, and the answer in a number.
-- page: bridge
-- words: structure gmv why 指标分解 产品结构
select 'Why did it move?' as question,
	format('new %s, lost %s, stayed %s million', to_char(sum(effect) filter (where kind = 'entry') / 1e6, 'FMS990.0'), to_char(sum(effect) filter (where kind = 'exit') / 1e6, 'FMS990.0'),
		to_char(sum(effect) filter (where kind not in ('entry', 'exit')) / 1e6, 'FMS990.0')) as answer
from (select bridge_agg(account_no, 1, orders, amount) filter (where role = 'year') as b, bridge_agg(account_no, 1, orders, amount) filter (where role = 'current') as a from (
	select role, account_no, count(*) filter (where order_kind = 'order') as orders, sum(total_amount) as amount
	from sales_order join period_days('quarter', '2025-01-01', '2025-07-01', '2025-06-30') on (ordered_at at time zone 'Asia/Shanghai')::date = on_date
	where role in ('current', 'year')
	group by 1, 2) h) x,
	bridge_rows(b, a, '{customers,frequency,price}');
