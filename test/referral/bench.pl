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

# what an analyst writes first: generations alone, from the seeds downwards
my $recursive = q{
	with recursive grown as (
		select member, 0 as generation from joined where referrer is null
		union all
		select j.member, g.generation + 1 from grown g join joined j on j.referrer = g.member
	)};
compare('k of each generation, 1M members',
	[ 'recursive query, children counted by a join' => $recursive . q{
		select string_agg(generation || ':' || members || ':' || children, ' ' order by generation)
		from (
			select generation, count(*) as members, sum(coalesce(c.children, 0)) as children
			from grown left join (select referrer as member, count(*) as children from joined where referrer is not null group by referrer) c using (member)
			group by generation) x},
	'referral_agg, referral_generations' => q{
		select string_agg(generation || ':' || g.members || ':' || children, ' ' order by generation)
		from (select referral_agg(member, referrer, joined_on, amount) as f from joined) x, referral_generations(f, '2025-06-30', 90) g where generation is not null} ],
	same => 1, runs => 3);

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
	same => 1, runs => 3);

print "\n  bytes of the forest: ", run_sql('select pg_column_size(referral_agg(member, referrer, joined_on, amount)) from joined');
printf "  peak memory of the session %d MB\n", peak_memory();
