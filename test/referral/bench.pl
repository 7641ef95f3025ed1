# referral against recursive queries: 1M members, of whom 0.7M were brought by others.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '512MB';
	drop table if exists joined;
	create table joined as
	select 'm' || i as member, case when i > 10 and abs(hashint4(i)) % 10 < 7 then 'm' || 1 + abs(hashint8(i::bigint * 3)) % (i - 1) end as referrer, date '2020-01-01' + (i / 1000) as joined_on,
		(abs(hashint4(i + 1) % 100000) / 100.0)::numeric(12, 2) as amount
	from generate_series(1, 1000000) i;
	create index on joined (referrer);
	vacuum analyze joined;
});

# the same answer: members, children, those of the mature, median days, money
compare('k of each generation, 1M members',
	[ 'recursive query, children counted by a join' => q{
		with recursive grown as (
			select member, referrer, joined_on, amount, 0 as generation, null::int as days from joined where referrer is null
			union all
			select j.member, j.referrer, j.joined_on, j.amount, g.generation + 1, j.joined_on - g.joined_on from grown g join joined j on j.referrer = g.member
		)
		select string_agg(concat_ws(':', generation, members, children, mature, soon, median, amount), ' ' order by generation)
		from (
			select generation, count(*) as members, sum(coalesce(children, 0)) as children, count(*) filter (where joined_on + 90 <= '2022-12-31') as mature,
				sum(coalesce(soon, 0)) filter (where joined_on + 90 <= '2022-12-31') as soon, sum(amount) as amount
			from grown left join (select referrer as member, count(*) as children, count(*) filter (where days <= 90) as soon from grown where referrer is not null group by referrer) c using (member)
			group by generation) x
			left join (select generation - 1 as generation, percentile_cont(0.5) within group (order by days) as median from grown where days is not null group by 1) d using (generation)},
	'referral_agg, referral_generations' => q{
		select string_agg(concat_ws(':', generation, g.members, children, mature_members, mature_children, median_days, g.amount), ' ' order by generation)
		from (select referral_agg(member, referrer, joined_on, amount) as f from joined) x, referral_generations(f, '2022-12-31', 90) g where generation is not null} ],
	same => 1, runs => 3, goals => [ [ 'referral_agg, referral_generations', 0.2, 'recursive query, children counted by a join' ] ]);

# all below each member, with their money: each member adds itself to all above it
compare('each member with all below it and their money, 1M members',
	[ 'recursive query over all above' => q{
		with recursive up as (
			select member, referrer as above, amount from joined where referrer is not null
			union all
			select u.member, j.referrer, u.amount from up u join joined j on j.member = u.above where j.referrer is not null
		)
		select count(*) || ' ' || sum(n) || ' ' || sum(t) from (
			select j.member, count(u.member) as n, j.amount + coalesce(sum(u.amount), 0) as t from joined j left join up u on u.above = j.member group by j.member, j.amount) x},
	'referral_agg, referral_rows' => q{
		select count(*) || ' ' || sum(descendants) || ' ' || sum(tree_amount) from (select referral_agg(member, referrer, joined_on, amount) as f from joined) x, referral_rows(f, '2025-06-30')} ],
	same => 1, runs => 3, goals => [ [ 'referral_agg, referral_rows', 0.2, 'recursive query over all above' ] ]);

print "\n  bytes of the forest: ", run_sql('select pg_column_size(referral_agg(member, referrer, joined_on, amount)) from joined');
printf "  peak memory of the session %d MB\n", peak_memory();
