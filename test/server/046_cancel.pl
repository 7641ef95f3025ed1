# A cancel is heard wherever much data is gone through. The bound is wide:
# machines are busy; what it catches is a loop that hears nothing.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', q{
	create extension revops;
	set search_path = public, revops;
	create table number as select n, (n * 7919::bigint) % 1000003 as mixed from generate_series(1, 3000000) n;
	create table spell as select survival_agg(mixed::float8 / 7, n % 3 = 0) as s from number;
	create table path as select funnel_path_agg(funnel('{a,b,c}', '1 month', 'once'),
		timestamptz '2020-01-01 00:00+00' + mixed * interval '1 second', (array['a', 'b', 'c'])[1 + n % 3]) as p from number where n <= 1000000;
	create table deal as select stage_agg(timestamptz '2020-01-01 00:00+00' + mixed * interval '1 second', (array['a', 'b', 'c'])[1 + n % 3]) as s
		from number where n <= 1000000;
	create table customer as select contract_agg(daterange(date '2000-01-01' + (mixed % 3000)::int, date '2000-01-02' + (mixed % 3000 + mixed % 500)::int), 1)
		as c from number where n <= 400000;
	create table population as select rfm_agg(mixed::text, date '2020-01-01' + n % 1000, mixed, '2025-01-01') as s from number;
	create table basket as select basket_agg(mixed % 3000, 'item ' || n % 2000) as b from number where n <= 1000000;
	create table adoption as select adoption_agg(mixed % 20000, 'item ' || n % 1000, date '2020-01-01' + (mixed % 2000)::int, 1) as s from number where n <= 1000000;
});

foreach my $case (
	[ 'rfm_score' => 'select count(s) from (select rfm_score(mixed, mixed % 1000, mixed % 77) over () as s from number offset 0) x' ],
	[ 'rfm_score at the mean' => q{select count(s) from (select rfm_score(mixed, mixed / 7.0, mixed, 2, 'mean') over () as s from number offset 0) x} ],
	[ 'rfm_model_agg' => 'select rfm_model_agg(mixed, n, mixed / 7.0, 100) from number' ],
	[ 'rfm_rows' => 'select count(*) from population, generate_series(1, 20), rfm_rows(s, 100)' ],
	[ 'rfm_merge' => 'select rfm_merge(s) from population, generate_series(1, 20)' ],
	[ 'populations as text' => 'select s::text::rfm_stats is null from population, generate_series(1, 20)' ],
	[ 'survival_rows' => 'select count(*), sum(survival_low) from spell, survival_rows(s)' ],
	[ 'survival_merge' => 'select survival_merge(s) from spell, generate_series(1, 20)' ],
	[ 'funnel_level' => 'select funnel_level(p) from path, generate_series(1, 40)' ],
	[ 'funnel_agg over rows' => q{select funnel_agg(funnel('{a,b,c}', '1 month'), mixed % 1000, timestamptz '2020-01-01 00:00+00' + n * interval '1 second',
		(array['a', 'b', 'c'])[1 + n % 3], '2025-01-01') from number} ],
	[ 'stage_rows' => q{select count(*) from deal, stage_rows(s, '{a,b,c}', '2025-01-01'), generate_series(1, 20)} ],
	[ 'contracts as text' => 'select length(c::text::contract_state::text) from customer, generate_series(1, 20)' ],
	[ 'renewal_terms' => q{select count(*) from customer, generate_series(1, 20) g, renewal_terms(c, date '2025-01-01' + g)} ],
	[ 'basket_agg' => q{select basket_agg(mixed, 'item ' || n % 5000) from number} ],
	[ 'basket_pairs' => q{select count(*) from basket, basket_pairs(b, 1, 10000), generate_series(1, 20)} ],
	[ 'basket_triples' => q{select count(*) from basket, basket_triples(b, 1, 10000)} ],
	[ 'adoption_chains' => q{select count(*) from adoption, adoption_chains(s, '2025-01-01')} ],
	[ 'white_space_rows' => q{select count(*) from adoption, white_space_rows(s, '2025-01-01')} ],
	[ 'adoptions as text' => q{select length(s::text) from adoption, generate_series(1, 20)} ],
	[ 'tariff_cliffs' => q{select count(*) from generate_series(1, 100000) g, tariff_cliffs((
		select tariff_agg(case when n < 3000 then n * 10 end, 3001 - n, 0, '{"mode": "volume"}') from generate_series(1, 3000) n), g)} ])
{
	my ($name, $sql) = @$case;
	my $start = time;
	my ($code, $out, $err) = $node->psql('postgres', "set search_path = public, revops; set statement_timeout = 300; $sql");
	my $seconds = time - $start;
	like($err, qr/canceling statement due to statement timeout/, "$name is canceled");
	ok($seconds < 10 * ($ENV{SLOWER} // 1), "$name hears it soon") or diag("it took $seconds s");
}

$node->stop;
done_testing();
