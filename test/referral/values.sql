-- Values of the type of referral.

create table value_referral_forest as
select referral_agg(member, referrer, joined_on, amount) as v
from (values
	(1, 'u1', null, date '2025-01-01', 0), (1, 'u2', 'u1', '2025-01-08', 12.50), (1, 'u3', 'u2', '2025-02-01', 7),
	(2, 'u1', null, '2025-01-01', 0), (2, 'u1', 'u1', '2025-01-01', 0), (2, 'u1', 'u2', null, 1.000),
	(3, 'a', 'b', null, null), (3, 'b', 'a', null, 99999999999999999999999999999999999999),
	(4, '', '', '4713-01-01 BC', 0.000000000000000000000000000000000001), (4, '客户', E'tab\tquote"back\\slash\n', '5874897-12-31', 3),
	(5, 'b', null, '2000-01-01', 1), (5, 'B', 'b', '2000-01-01', 1), (5, 'ab', 'b', '1999-12-31', 1)
) s (g, member, referrer, joined_on, amount)
group by g
union all
select referral_agg('m' || n, 'm' || n / 3, date '2020-01-01' + n, n / 7.0) from generate_series(1, 3000) n
union all
select referral_agg(repeat('long', n), repeat('long', n - 1), null, n) from generate_series(1, 60) n
union all
select referral_agg(n::text, (n + 1)::text, date '2020-01-01' + n, null) from generate_series(1, 500) n
union all
values (null::referral_forest);
