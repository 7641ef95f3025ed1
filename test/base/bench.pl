# Tables of states that are kept up: two years of rows, one day more, the report from states against that from rows.
use strict;
use warnings;
use Bench;

my $rows = $ENV{EVENTS} // 10_000_000;
my $accounts = $ENV{ACCOUNTS} // 100_000;
my $def = "funnel('{lead,mql,sql,proposal,won}', '30 days')";

# 730 days; the last is a day's load, in which one row of a hundred is late by up to a year
run_sql("create extension if not exists revops; set client_min_messages = warning; set search_path = public, revops; set jit = off;
	set max_parallel_workers_per_gather = 0; set work_mem = '1GB'; select setseed(0.5);
	drop table if exists event, path_of, order_month;
	create unlogged table event as
	select account, at, step, amount, case when random() < 0.01 then date '2024-12-30' else least(at::date, date '2024-12-30') end as loaded
	from (select (random() * random() * $accounts)::bigint as account, timestamptz '2023-01-01 00:00+00' + i::float8 / $rows * interval '730 days' as at,
			(array['lead', 'mql', 'sql', 'proposal', 'won'])[1 + (random() * random() * 4.999)::int] as step, round(exp(random() * 8)::numeric, 2) as amount
		from generate_series(1, $rows) i) x;
	update event set loaded = at::date where loaded = '2024-12-30' and random() < 0.99 and at < '2024-12-30 00:00+00';
	create index on event (loaded);
	create table path_of (account bigint primary key, path funnel_path not null);
	create table order_month (account bigint, month date, orders order_state not null, primary key (account, month))");
run_sql('vacuum analyze event');

my %keep = (
	'paths, one per account' => "insert into path_of as kept select account, funnel_path_agg($def, at, step) from event where %s group by account
		on conflict (account) do update set path = funnel_path_combine(kept.path, excluded.path)",
	'order states, one per account and month' => "insert into order_month as kept select account, date_trunc('month', at at time zone 'UTC')::date, order_agg(at, amount) from event where %s group by 1, 2
		on conflict (account, month) do update set orders = order_combine(kept.orders, excluded.orders)");
print readable(sprintf "\nTwo years of %d rows, of %d accounts; the last day's load has %d rows, %d of them late\n", $rows, $accounts,
	split /\|/, run_sql("select count(*), count(*) filter (where at < '2024-12-30 00:00+00') from event where loaded = '2024-12-30'"));
printf "  %-56s %10s %12s\n", 'ms', 'first load', 'one day more';
foreach my $what (sort keys %keep)
{
	my ($first) = time_query(sprintf $keep{$what}, "loaded < '2024-12-30'");
	my ($day) = time_query(sprintf $keep{$what}, "loaded = '2024-12-30'");
	printf "  %-56s %10.0f %12.0f\n", $what, $first, $day;
}
run_sql('vacuum analyze path_of');
run_sql('vacuum analyze order_month');
printf "  %-56s %10s\n", $_, run_sql("select pg_size_pretty(pg_total_relation_size('$_'))") =~ s/\n//r foreach qw(event path_of order_month);

compare('The funnel of two years',
	[ 'from rows, paths per account' => "select sum(entered), sum(converted), sum(open) from (select funnel_agg(p, '2024-12-31') as s from (select funnel_path_agg($def, at, step) as p from event group by account offset 0) x) y, funnel_rows(s)",
	  'from rows, in one pass' => "select sum(entered), sum(converted), sum(open) from (select funnel_agg($def, account, at, step, '2024-12-31') as s from event) y, funnel_rows(s)",
	  'from the table of paths' => "select sum(entered), sum(converted), sum(open) from (select funnel_agg(path, '2024-12-31') as s from path_of) y, funnel_rows(s)" ],
	same => 1, runs => 3);
my $score = "select sum((s).recency_score), sum((s).frequency_score), sum((s).monetary_score) from (
	select rfm_score(order_recency_days(o, '2024-12-31'), order_count(o), order_total(o)::float8) over () as s from (%s) x) y";
compare('RFM of two years',
	[ 'from rows' => sprintf($score, 'select order_agg(at, amount) as o from event group by account'),
	  'from the table of months' => sprintf($score, 'select order_merge(orders) as o from order_month group by account') ],
	same => 1, runs => 3);
