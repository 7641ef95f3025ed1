# A standby answers as its primary does: states and definitions are ordinary
# data, and nothing that reads them writes.
use strict;
use warnings;

use Arguments;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1, extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

sub ask { return $primary->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }

ask('create extension revops');
make_values(\&ask);
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

foreach my $type (types(\&ask))
{
	my $listing = "set search_path = public, revops; select coalesce(v::text, 'NULL') from value_$type order by v::text";
	is($standby->safe_psql('postgres', $listing), $primary->safe_psql('postgres', $listing), "$type is the same on a standby");
}

my $question = q{
	set search_path = public, revops;
	select order_merge(v), count(*) from value_order_state;
	select rfm_score(n, n % 7, n * 1.5) over () from generate_series(1, 20) n;
	select * from funnel_rows((select funnel_agg(funnel('{a,b}', '3 days'), n / 2, timestamptz '2025-01-01 00:00+00' + n * interval '1 day',
		case when n % 2 = 0 then 'a' else 'b' end, '2025-01-20') from generate_series(1, 20) n));
	select b.* from (select mrr_bridge_agg(v, 'month', '2024-01-01', '2025-01-01') as bridge from value_contract_state where v is not null) x, mrr_bridge_rows(bridge) b;
	select tariff_price(v, 12.5) from value_tariff_def order by 1;
};
is($standby->safe_psql('postgres', $question), $primary->safe_psql('postgres', $question), 'a standby answers the same');

$standby->stop;
$primary->stop;
done_testing();
