# qualification_agg against count(*) group by four flags, on 2M rows.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '64MB';
	drop table if exists lead_flag;
	create table lead_flag as
	select case when h % 7 > 0 then h % 7 < 5 end as scenario, case when h / 7 % 9 > 0 then h / 7 % 9 < 6 end as profile,
		case when h / 63 % 8 > 1 then h / 63 % 8 < 6 end as authority, case when h / 504 % 6 > 1 then h / 504 % 6 < 4 end as intent, date '2020-01-01' + (h % 2000)::int as created
	from (select abs(hashint4(i)::bigint) as h from generate_series(1, 2000000) i) x;
	vacuum analyze lead_flag;
});

compare('valid leads of 2M',
	[ 'count(*) group by four flags' => q{
		select sum(n), sum(n) filter (where scenario and profile and authority and intent), sum(n) filter (where false in (scenario, profile, authority, intent))
		from (select scenario, profile, authority, intent, count(*) as n from lead_flag group by 1, 2, 3, 4) x},
	'four FILTER counts' => q{
		select count(*), count(*) filter (where scenario and profile and authority and intent), count(*) filter (where false in (scenario, profile, authority, intent)) from lead_flag
		having count(*) filter (where scenario is null) + count(*) filter (where profile is null) + count(*) filter (where authority is null) + count(*) filter (where intent is null) > 0},
	'qualification_agg, qualification_summary' => q{
		select leads, valid, invalid from qualification_summary((select qualification_agg(qualification_preset('lead'), scenario, profile, authority, intent) from lead_flag))},
	'qualification_dated_agg, qualification_summary' => q{
		select leads, valid, invalid from qualification_summary((select qualification_dated_agg(qualification_preset('lead'), created, '2025-06-30', scenario, profile, authority, intent) from lead_flag))} ],
	same => 1, runs => 3, goals => [ [ 'qualification_agg, qualification_summary', 1.5, 'count(*) group by four flags' ] ]);

print "\n  bytes of a state of 81 patterns: ", run_sql(q{select pg_column_size(qualification_agg(qualification_preset('lead'), scenario, profile, authority, intent)) from lead_flag});
