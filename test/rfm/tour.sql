-- The line of rfm in the tour of make demo: a question, and the answer in a number.
-- page: rfm
-- words: segments customers 客户分层
select 'Which customers are champions?' as question,
	format('%s of %s, with %s %% of the revenue', count(*) filter (where champion), count(*), round(100 * sum(total) filter (where champion) / sum(total))) as answer
from (
	select total, rfm_segment(rfm_score(days, orders, total) over ()) = 'champions' as champion
	from (
		select order_recency_days(state, '2025-06-30') as days, order_count(state) as orders, order_total(state) as total
		from (select order_agg(ordered_at, total_amount) as state from sales_order group by account_no) a) b) c;
