# deal against the SQL an analyst would write: the bridge of 100k deals and 600k changes over 24 months, the chances of
# open deals on 100k visits, quantiles of 1,000 deals.
use strict;
use warnings;

use Bench;

my $scale = $ENV{BENCH_SCALE} // 1;
my $deals = int(100000 * $scale);

run_sql(qq{
	create extension if not exists revops;
	set search_path = public, revops;
	set timezone = 'UTC';
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '512MB';
	drop table if exists change, history;
	create table change as
	select deal, timestamptz '2023-01-01 00:00Z' + (deal % 900) * interval '1 day' + n * (1 + abs(hashint4(deal)) % 40) * interval '1 day' + deal % 1000 * interval '1 second' as at,
		case when n = 0 then 'lead' when n < 3 then (array['lead', 'sql', 'proposal'])[1 + abs(hashint4(deal * 7 + n)) % 3] else (array['sql', 'proposal', 'won', 'lost'])[1 + abs(hashint4(deal * 7 + n)) % 4] end as stage,
		(1 + abs(hashint4(deal + n)) % 100000)::numeric(12, 2) as amount
	from generate_series(1, $deals) deal, generate_series(0, 5) n;
	create index on change (deal, at desc);
	vacuum analyze change;
	create table history as select deal, deal_agg(at, stage, amount, null) as s from change group by deal;
	vacuum analyze history});

# whole records, so that the last row of a month has all that is known
compare("the bridge of 24 months, $deals deals",
	[ 'last row per deal and month, in SQL' => q{
		with month as (
			select g::date as month, (g + interval '1 month')::timestamptz as ends from generate_series(timestamp '2023-12-01', '2025-12-01', '1 month') g
		), last as (
			select d.deal, m.month, l.stage, l.amount, l.stage in ('lead', 'sql', 'proposal') as is_open
			from (select distinct deal from change) d cross join month m
				left join lateral (select stage, amount from change c where c.deal = d.deal and c.at < m.ends order by at desc limit 1) l on true
		), pair as (
			select *, lag(stage) over w as stage0, lag(amount) over w as amount0, lag(is_open) over w as open0 from last window w as (partition by deal order by month)
		)
		select sum(case when is_open then amount end) || ' ' || sum(case when open0 then amount0 end) || ' ' || sum(case when open0 and stage = 'won' or open0 is not true and stage0 is distinct from 'won' and stage = 'won' then amount end)
			|| ' ' || sum(case when open0 then greatest(amount - amount0, 0) end)
		from pair where month >= '2024-01-01'},
	'deal_agg and pipeline_bridge_agg over the rows' => q{
		select sum(closing) || ' ' || sum(opening) || ' ' || -sum(won) || ' ' || sum(increased)
		from (select pipeline_bridge_agg(s, pipeline('{lead,sql,proposal}'), 'month', '2024-01-01', '2026-01-01') as b from (select deal_agg(at, stage, amount, null) as s from change group by deal) d) x, pipeline_bridge_rows(b)},
	'pipeline_bridge_agg over stored deal_states' => q{
		select sum(closing) || ' ' || sum(opening) || ' ' || -sum(won) || ' ' || sum(increased)
		from (select pipeline_bridge_agg(s, pipeline('{lead,sql,proposal}'), 'month', '2024-01-01', '2026-01-01') as b from history) x, pipeline_bridge_rows(b)} ],
	same => 1, runs => 1, goals => [ [ 'deal_agg and pipeline_bridge_agg over the rows', 0.05, 'last row per deal and month, in SQL' ],
		[ 'pipeline_bridge_agg over stored deal_states', 0.05, 'last row per deal and month, in SQL' ] ]);

run_sql(q{
	drop table if exists model, visit, asked;
	create table model as select forecast_model_agg(s, pipeline('{lead,sql,proposal}'), '2025-12-31') as m from history where deal % 3 = 0;
	create table visit as
	select (array['lead', 'sql', 'proposal'])[(v ->> 0)::int] as stage, (v ->> 1)::float8 / 86400e6 as stay, (v ->> 2)::float8 / 86400e6 as total, nullif(v ->> 3, 'open') as cause
	from model, jsonb_array_elements(m::jsonb -> 'visits') v, generate_series(1, (v ->> 4)::int);
	create index on visit (stage, stay);
	vacuum analyze visit;
	create table asked as select h.deal, h.s, d.stage, extract(epoch from timestamptz '2025-07-01 00:00Z' - d.stage_since)::float8 / 86400 as age
	from history h, deal_on(s, pipeline('{lead,sql,proposal}'), '2025-06-30') d where d.stage in ('lead', 'sql', 'proposal') limit 10000;
	vacuum analyze asked});
printf "\n  visits: %s  open deals asked: %s", run_sql('select count(*) from visit'), run_sql('select count(*) from asked');

compare('the chance of 500 open deals within 90 days',
	[ 'lateral incidence query' => q{
		select round(sum(coalesce(incidence, 0))::numeric, 6) from (select * from asked order by hashint4(deal) limit 500) a
			left join lateral incidence_at((select incidence_agg(total - age, cause) from visit v where v.stage = a.stage and v.stay > age), '{90}') i on i.cause = 'won'},
	'forecast_deal' => q{
		select round(sum(coalesce(chance, 0))::numeric, 6) from model, (select * from asked order by hashint4(deal) limit 500) a, forecast_deal(s, m, '2025-06-30', 90)} ],
	same => 1, runs => 1, goals => [ [ 'forecast_deal', 0.05, 'lateral incidence query' ] ]);
compare('all open deals asked', [ 'forecast_deal' => q{select round(sum(chance)::numeric, 6) from model, asked, forecast_deal(s, m, '2025-06-30', 90)} ], runs => 1);

my %quantiles = compare('quantiles of 1,000 deals, by their distribution',
	[ 'amounts in hundreds: exact' => q{
		select sum(q.amount) from (select forecast_agg((1 + abs(hashint4(n)) % 900) * 100, (1 + n % 97) / 100.0::float8) as s from generate_series(1, 1000) n) x, forecast_quantiles(s, '{0.1,0.5,0.9}') q},
	'amounts to the cent: 65,536 steps' => q{
		select sum(q.amount) from (select forecast_agg((1 + abs(hashint4(n)) % 9000000) / 100.0, (1 + n % 97) / 100.0::float8) as s from generate_series(1, 1000) n) x, forecast_quantiles(s, '{0.1,0.5,0.9}') q} ],
	runs => 1);
goal('quantiles of 1,000 deals: seconds', $quantiles{'amounts in hundreds: exact'} / 1000, 1);
printf "\n  peak memory of the session %d MB\n", peak_memory();
