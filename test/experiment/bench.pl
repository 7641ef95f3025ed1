# experiment against avg and var_samp of numeric, on 10M rows.
use strict;
use warnings;

use Bench;

run_sql(q{
	create extension if not exists revops;
	set search_path = public, revops;
	set max_parallel_workers_per_gather = 0;
	set jit = off;
	drop table if exists unit;
	create table unit as
	select (array['control', 'guided'])[1 + (hashint4(i) & 1)] as variant, (abs(hashint4(i) % 1000000) / 100.0)::numeric(12, 2) as value,
		(1 + i % 5)::numeric as orders, (abs(hashint4(i + 1) % 1000000) / 100.0)::numeric(12, 2) as before
	from generate_series(1, 10000000) i;
	vacuum analyze unit;
});

compare('means and their variances, 10M rows',
	[ 'avg and var_samp of numeric' => q{
		select string_agg(variant || round(m, 6) || ' ' || n, ' ' order by variant)
		from (select variant, avg(value) as m, var_samp(value) as v, count(*) as n from unit group by variant) x where v > 0},
	'experiment_agg, experiment_rows' => q{
		select string_agg(variant || round(value_total / units, 6) || ' ' || units, ' ' order by variant)
		from experiment_rows((select experiment_agg(variant, value) from unit), 'control') where mean_low < mean} ],
	same => 1, runs => 3, goals => [ [ 'experiment_agg, experiment_rows', 0.5, 'avg and var_samp of numeric' ] ]);

compare('a ratio with a covariate, 10M rows',
	[ 'sums, regr_sxy and regr_sxx of float8' => q{
		select count(*) from (select variant, sum(value), sum(orders), regr_sxx(value::float8, orders::float8) as a, regr_sxy(value::float8, orders::float8) as b,
			regr_syy(value::float8, orders::float8) as c, regr_sxx(before::float8, value::float8) as d, regr_sxy(before::float8, value::float8) as e,
			regr_sxy(before::float8, orders::float8) as f from unit group by variant) x where a + b + c + d + e + f is not null},
	'experiment_agg, experiment_rows' => q{
		select count(*) from experiment_rows((select experiment_agg(variant, value, orders, before) from unit), 'control') where variance_cut is not null or variant = 'control'} ],
	same => 1, runs => 3);

print "\n  bytes of a state of two variants: ", run_sql('select pg_column_size(experiment_agg(variant, value)) from (select * from unit limit 1000) x');
printf "  peak memory of the session %d MB\n", peak_memory();
