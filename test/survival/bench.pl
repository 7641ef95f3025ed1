# survival and stage against the SQL an analyst would write, on 1M rows each.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	drop table if exists duration, save;
	-- ages of deals: whole days as a CRM has them, and to the microsecond; a third is open
	create table duration as
	select i % 20 as channel, floor(age)::float8 as day, age, (i % 3) > 0 as closed,
		case i % 9 when 0 then null when 1 then null when 2 then null when 3 then 'won' when 4 then 'won' else 'lost' end as outcome
	from (select i, -ln(1 - (i * 7919 % 1000003) / 1000003.0)::float8 * 200 as age from generate_series(1::bigint, 1000000) i) x;
	-- ten saves a deal; every third repeats the stage
	create table save as
	select deal, timestamptz '2024-01-01 00:00+00' + (deal % 300 + n * 11) * interval '1 day' + (deal % 86400) * interval '1 second' as at,
		(array['lead', 'lead', 'mql', 'sql', 'mql', 'mql', 'sql', 'proposal', 'proposal', 'won'])[n] as stage
	from generate_series(1, 100000) deal, generate_series(1, 10) n
	order by hashint4(deal * 10 + n);
	vacuum analyze duration;
	vacuum analyze save;
});

sub kaplan_meier
{
	my ($column, $group) = @_;
	return qq{
		select round(sum(survival)::numeric, 6), count(*), sum(at_risk) from (
			select at_risk, case when at_risk > d then exp(sum(ln(nullif(at_risk - d, 0)::float8 / at_risk)) over w) else 0 end as survival,
				sqrt(sum(d::float8 / at_risk / nullif(at_risk - d, 0)) over w) as std_error
			from (
				select $group as g, $column as t, count(*) filter (where closed) as d,
					sum(count(*)) over (partition by $group order by $column desc) as at_risk
				from duration group by 1, 2) x
			window w as (partition by g order by t)) y};
}

sub agg
{
	my ($column, $group) = @_;
	return qq{
		select round(sum(survival)::numeric, 6), count(*), sum(at_risk) from (
			select survival_agg($column, closed) as s from duration group by $group) x, survival_rows(s)};
}

compare('Kaplan-Meier, 1M rows in whole days',
	[ 'windows over group by' => kaplan_meier('day', '1::int'), 'survival_agg, survival_rows' => agg('day', '()') ], same => 1,
	goals => [ [ 'survival_agg, survival_rows', 0.5, 'windows over group by' ] ]);
compare('Kaplan-Meier, 1M rows in whole days, 20 groups',
	[ 'windows over group by' => kaplan_meier('day', 'channel'), 'survival_agg, survival_rows' => agg('day', 'channel') ], same => 1,
	goals => [ [ 'survival_agg, survival_rows', 0.5, 'windows over group by' ] ]);
compare('Kaplan-Meier, 1M different durations',
	[ 'windows over group by' => kaplan_meier('age', '1::int'), 'survival_agg, survival_rows' => agg('age', '()') ],
	same => 1, runs => 3);

compare('Aalen-Johansen, won and lost, 1M rows in whole days',
	[ 'windows over group by' => q{
		select round(sum(incidence)::numeric, 6) from (
			select sum(s * won / at_risk) over (order by t) as incidence from (
				select *, coalesce(exp(sum(ln(nullif(at_risk - d, 0)::float8 / at_risk)) over (order by t rows between unbounded preceding and 1 preceding)), 1) as s
				from (
					select day as t, count(outcome) as d, count(*) filter (where outcome = 'won') as won,
						count(*) filter (where outcome = 'lost') as lost, sum(count(*)) over (order by day desc) as at_risk
					from duration group by 1) x) y) z},
	'incidence_agg, incidence_rows' => q{
		select round(sum(incidence)::numeric, 6) from incidence_rows((select incidence_agg(day, outcome) from duration)) where cause = 'won'} ],
	same => 1);

print "\n  bytes of a state of 1M rows: whole days ",
	run_sql('select octet_length(revops_internal.survival_state_send(survival_agg(day, closed))) from duration') =~ s/\n//r, ', different durations ',
	run_sql('select octet_length(revops_internal.survival_state_send(survival_agg(age, closed))) from duration');

my $stages = q{array['lead', 'mql', 'sql', 'proposal']};
compare('visits to stages, 1M rows of 100k deals',
	[ 'lag and lead' => qq{
		select direction, count(*), round(sum(days)::numeric, 3) from (
			select extract(epoch from coalesce(left_at, '2025-07-01 00:00+00') - at)::float8 / 86400 as days,
				case when next_stage is null then 'open' when next_place is null then 'closed' when next_place = place + 1 then 'forward'
					when next_place > place then 'skip' else 'back' end as direction
			from (
				select at, place, lead(at) over w as left_at, lead(stage) over w as next_stage, lead(place) over w as next_place
				from (
					select *, lag(stage) over (partition by deal order by at, place, stage) as before
					from (select deal, at, stage, array_position($stages, stage) as place from save where at < '2025-07-01 00:00+00') a) b
				where before is distinct from stage
				window w as (partition by deal order by at, place, stage)) c
			where place is not null) d
		group by 1 order by 1},
	'stage_agg, stage_rows' => qq{
		select direction, count(*), round(sum(days)::numeric, 3)
		from (select stage_agg(at, stage) as s from save group by deal) x, stage_rows(s, $stages, '2025-06-30')
		group by 1 order by 1},
	'stage_agg alone' => q{select sum(octet_length(revops_internal.stage_state_send(s))) from (select stage_agg(at, stage) as s from save group by deal) x} ]);

printf "\n  peak memory of the session %d MB\n", peak_memory();
