-- The line of rfm in the tour of make demo: a question, and the answer in a number.
-- page: rfm
-- words: segments customers 客户分层
select 'Which customers are champions?' as question,
	format('%s of %s, with %s %% of the revenue', count(*) filter (where segment = 'champions'), count(*), round(100 * sum(total) filter (where segment = 'champions') / sum(total))) as answer
from rfm_rows((select rfm_agg(account_no, ordered_at, total_amount, '2025-06-30') from sales_order));
