-- The line of tariff in the tour of make demo: a question, and the answer in a number.
-- page: tariff
-- words: quote price pricing commission 阶梯定价 报价
select 'What do 25,000 frames cost, and why?' as question,
	format('%s, in %s lines', to_char(tariff_price(tariff, 25000), 'FM999,999,990.00'), (select count(*) from tariff_lines(tariff, 25000))) as answer
from (
	select tariff_agg(up_to_quantity, unit_price, flat_fee, jsonb_build_object('mode', mode, 'package_size', package_size, 'round', '{"scale": 2}'::jsonb)) as tariff
	from price_tier join item using (item)
	where item = 'CL-RENDER' and price_list = 'standard' and '2025-06-30' between valid_from and coalesce(valid_to, '2025-06-30')
	group by mode, package_size) p;
