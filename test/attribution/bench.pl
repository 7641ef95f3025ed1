# attribution against array_agg of each customer's channels, and against six rule models in window SQL.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '1GB';
	drop table if exists touch;
	create table touch as
	select customer, timestamptz '2024-01-01' + (abs(hashint4(i)) % 25000000) * interval '1 second' as at, 'channel ' || abs(hashint4(i + 1)) % 12 as channel, null::text as outcome, null::numeric as amount
	from (select i, abs(hashint4(i + 2)) % 1000000 as customer from generate_series(1, 3000000) i) x;
	insert into touch
	select i, timestamptz '2024-11-01', null, case when abs(hashint4(i + 3)) % 3 = 0 then 'won' else 'lost' end, (abs(hashint4(i + 4)) % 100000) / 100.0
	from generate_series(0, 999999) i;
	vacuum analyze touch;
});

my $eleven = q{
	select count(*) from attribution_rows((select attribution_agg(journey, attribution(half_life => '30 days'), '2024-12-31')
		from (select journey_agg(at, channel, outcome, amount) as journey from touch group by customer) j)) where credit > 0};

compare('1M journeys, 3M touches, 12 channels: each customer\'s channels in order',
	[ 'array_agg(channel order by at)' => q{
		select sum(cardinality(path)) from (select array_agg(channel order by at) as path from touch group by customer) x},
	'journey_agg, attribution_agg, eleven models' => $eleven ],
	runs => 3, goals => [ [ 'journey_agg, attribution_agg, eleven models', 2, 'array_agg(channel order by at)' ] ]);

compare('six rule models of the same journeys',
	[ 'window functions' => q{
		select string_agg(round(f::numeric, 4) || ' ' || round(l::numeric, 4) || ' ' || round(n::numeric, 4), ';' order by channel) from (
		select channel, sum((k = 1)::int) as f, sum((k = n)::int) as l, sum(1.0 / n) as n, sum(case when n = 1 then 1 when n = 2 then 0.5 when k in (1, n) then 0.4 else 0.2 / (n - 2) end) as p,
			sum(power(2, -extract(epoch from ended - at)::float8 / 86400 / 30) / d) as t, sum((k = nd)::int) as nd
		from (select *, sum(power(2, -extract(epoch from ended - at)::float8 / 86400 / 30)) over (partition by customer) as d, max(case when channel <> 'channel 0' then k end) over (partition by customer) as nd
			from (select customer, channel, at, row_number() over w as k, count(*) over (partition by customer) as n, e.at_end as ended
				from touch t join (select customer, at as at_end, outcome from touch where outcome is not null) e using (customer)
				where t.channel is not null and e.outcome = 'won' window w as (partition by customer order by at, channel)) x) y
		group by channel) z},
	'journey_agg, attribution_agg, eleven models' => q{
		select string_agg(round(f::numeric, 4) || ' ' || round(l::numeric, 4) || ' ' || round(n::numeric, 4), ';' order by channel) from (
		select channel, sum(credit) filter (where model = 'first') as f, sum(credit) filter (where model = 'last') as l, sum(credit) filter (where model = 'linear') as n
		from attribution_rows((select attribution_agg(journey, attribution(half_life => '30 days', direct => '{channel 0}'), '2024-12-31')
			from (select journey_agg(at, channel, outcome, amount) as journey from touch group by customer) j))
		where channel is not null group by channel) x} ],
	same => 1, runs => 3, goals => [ [ 'journey_agg, attribution_agg, eleven models', 0.33, 'window functions' ] ]);

print "\n  bytes of the state: ", run_sql(q{
	set search_path = public, revops;
	select pg_column_size(attribution_agg(journey, attribution(half_life => '30 days'), '2024-12-31')) from (select journey_agg(at, channel, outcome, amount) as journey from touch group by customer) j});
printf "  peak memory of the session %d MB\n", peak_memory();
