-- The line of cadence in the tour of make demo: a question, and the answer in a number.
-- page: cadence
-- words: reorder value clv due 复购
select 'Who should have ordered supplies by now?' as question,
	format('%s of %s accounts are overdue', count(*) filter (where overdue), count(*)) as answer
from (select account_no, cadence_agg(ordered_on, amount) as s from supply_order group by account_no) a,
	(select cadence_model(cadence_sample_agg(s, '2025-06-30'), season => true) as m
	 from (select cadence_agg(ordered_on, amount) as s from supply_order group by account_no) x) learned,
	cadence_forecast(s, m, '2025-06-30');
