-- The line of referral in the tour of make demo: a question, and the answer in a number.
-- page: referral
-- words: word_of_mouth generations 裂变指数
select 'How many customers does one bring?' as question,
	format('%s in two years (%s to %s)', round(mature_k::numeric, 3), round(mature_k_low::numeric, 3), round(mature_k_high::numeric, 3)) as answer
from referral_generations((
	select referral_agg(account_no::text, referrer::text, joined_on, 0)
	from (
		select account_no, null::bigint as referrer, created_on as joined_on from account
		union all
		select referred_account_no, referrer_account_no, claimed_on from referral_claim) x), '2025-06-30', 730)
where generation = 0;
