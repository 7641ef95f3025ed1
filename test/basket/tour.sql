-- The line of basket in the tour of make demo: a question, and the answer in a number.
-- page: basket
-- words: attach cross-sell white_space 连单率
select 'How many orders hold two items or more?' as question,
	format('%s %% (%s to %s %%)', round(100 * multi_item_rate), round(100 * multi_item_rate_low), round(100 * multi_item_rate_high)) as answer
from basket_summary((select basket_agg(order_no, item, quantity) from order_line where amount > 0));
