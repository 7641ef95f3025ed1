-- The line of qualification in the tour of make demo: a question, and the answer in a number.
-- page: lead
-- words: leads lead valid 商机有效率
select 'How many leads are valid?' as question,
	format('%s %% (%s to %s once all are checked)', round(100 * valid_rate), round(100 * rate_floor), round(100 * rate_ceiling)) as answer
from qualification_summary((
	select qualification_agg(qualification_preset('lead'), scenario, profile, authority, intent)
	from (
		select lead_no, bool_or(passed) filter (where criterion = 'scenario') as scenario, bool_or(passed) filter (where criterion = 'profile') as profile,
			bool_or(passed) filter (where criterion = 'authority') as authority, bool_or(passed) filter (where criterion = 'intent') as intent
		from lead left join lead_check using (lead_no)
		group by lead_no) l));
