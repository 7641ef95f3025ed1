# bridge against the SQL an analyst would write: two sides of 1M customers, three totals.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	set work_mem = '512MB';
	drop table if exists side;
	create table side as
	select 'now' as role, i as customer, 1 + abs(hashint4(i) % 9) as orders, (abs(hashint4(i + 1) % 1000000) / 100.0)::numeric(12, 2) as amount from generate_series(1, 1000000) i
	union all
	select 'base', i, 1 + abs(hashint4(i + 2) % 9), (abs(hashint4(i + 3) % 1000000) / 100.0)::numeric(12, 2) from generate_series(100001, 1100000) i;
	vacuum analyze side;
});

# one row per customer and side; effects are cut to the cent in each cell, so those of single factors are not compared
compare('who came, went, and what those who stayed did, 1M customers',
	[ 'full join, Shapley written out in float8' => q{
		select round(sum(came)) || ' ' || round(sum(went)) || ' ' || round(sum(customers + frequency + price)) from (
			select case when b.customer is null then a.n * a.f * a.p end as came, case when a.customer is null then -b.n * b.f * b.p end as went,
				(a.n - b.n) * (2 * b.f * b.p + b.f * a.p + a.f * b.p + 2 * a.f * a.p) / 6 as customers,
				(a.f - b.f) * (2 * b.n * b.p + b.n * a.p + a.n * b.p + 2 * a.n * a.p) / 6 as frequency,
				(a.p - b.p) * (2 * b.n * b.f + b.n * a.f + a.n * b.f + 2 * a.n * a.f) / 6 as price
			from (select customer, sum(1)::float8 as n, sum(orders)::float8 / sum(1) as f, sum(amount)::float8 / sum(orders) as p from side where role = 'base' group by customer) b
			full join (select customer, sum(1)::float8 as n, sum(orders)::float8 / sum(1) as f, sum(amount)::float8 / sum(orders) as p from side where role = 'now' group by customer) a using (customer)) x},
	'bridge_agg and bridge_rows' => q{
		select round(sum(effect) filter (where kind = 'entry')) || ' ' || round(sum(effect) filter (where kind = 'exit')) || ' ' ||
			round(sum(effect) filter (where kind not in ('entry', 'exit')))
		from (select bridge_agg(customer, 1, orders, amount) filter (where role = 'base') as b, bridge_agg(customer, 1, orders, amount) filter (where role = 'now') as a from side) x,
			bridge_rows(b, a, '{customers,frequency,price}')} ],
	same => 1, runs => 1, goals => [ [ 'bridge_agg and bridge_rows', 1.5, 'full join, Shapley written out in float8' ] ]);

printf "\n  peak memory of the session %d MB\n", peak_memory();
