# The demo's views over the sample company: they answer, a role for BI tools reads
# them and nothing else, the report's page is whole, and the tour has a line per part.
use strict;
use warnings;

use Cwd qw(getcwd);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = getcwd() . '/..';
my $node = PostgreSQL::Test::Cluster->new('demo_views');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', 'create extension revops; alter database postgres set search_path = public, revops, sales');

sub run_file
{
	my ($file) = @_;
	return run_command([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$top/$file", '-d', $node->connstr('postgres') ]);
}
run_file('test/sample/sample.sql');
my ($answers, $errors) = run_file('test/views/demo.sql');
is($errors, '', 'the demo makes its views');
like($answers, qr/champions/, 'and prints answers');
is((run_file('test/views/demo.sql'))[1], '', 'a second time too');
is($node->safe_psql('postgres', 'select count(*), count(needs_attention) from revops_views()'), '76|0', 'all views are there');

# of the visits that last, more than half are won deals; they are none of the open ones
is($node->safe_psql('postgres', q(
	select string_agg(direction || ' ' || visits, ', ' order by direction)
	from (select direction, count(*) as visits
		from (select stage_agg(changed_at, stage) as history from staging.deal_steps where changed_at < '2025-07-01 00:00+08' group by deal_no) d,
			stage_rows(history, array['lead', 'mql', 'sql', 'proposal', 'won'])
		where left_at is null
		group by direction) v)), 'final 734, open 684', 'won deals are final');
is($node->safe_psql('postgres', q(select count(*) from bi.deals_visits where left_at is null)), '684', 'and not among the visits');

my $bi = $node->connstr('postgres') . ' user=bi';
is($node->safe_psql('postgres', 'select count(*) from orders_segments', connstr => $bi), '10', 'role bi reads the views by their bare names');
isnt(($node->psql('postgres', $_, connstr => $bi))[0], 0, "role bi may not: $_")
  foreach 'create view bi.own as select 1', 'delete from sales.contract', 'drop view bi.orders_cuts';

my ($data) = run_file('report/data.sql');
my $report = decode_json($data);
is($report->{as_of}, '2025-06-30', 'the report is of the sample\'s day');
is(join(' ', map { $_->{name} } grep { !@{ $_->{rows} } } @{ $report->{charts} }), '', 'every chart has rows');
is(join(' ', map { $_->{name} } grep { $_->{title} && !($_->{number} && $_->{views}) } @{ $report->{charts} }), '', 'a number, and the views that it reads');

# the waterfall: what came and left stands between the opening and the closing
my ($pipeline) = grep { $_->{name} eq 'pipeline' } @{ $report->{charts} };
my %part = map { $_->{part_name} => $_ } @{ $pipeline->{rows} };
is($part{removed}{to_amount}, $part{closing}{amount}, 'the parts of the pipeline lead to its closing');
is($part{created}{from_amount}, $part{opening}{amount}, 'from its opening');

# a text that would end the script, were it taken as it is
my $library = "$ENV{TESTDIR}/library.js";
my $json = "$ENV{TESTDIR}/data.json";
append_to_file($library, 'const library = "here";');
append_to_file($json, '{"charts": [{"title": "</script><b>"}]}');
my $page = `perl $top/report/build.pl $top/report/page.html $top/report/charts.js $library < $json`;
like($page, qr/const library = "here"/, 'the page holds its library');
is(scalar(() = $page =~ m{</script}g), 3, 'no text ends its scripts');
unlike($page, qr{(?:src|href)=|https?://}, 'and it loads nothing');

# the tour of make demo: one question per part, and a number in its answer
my @parts = map { m{([^/]*)/demo\.sql$} ? $1 : () } sort glob("$top/test/*/demo.sql");
foreach my $part (@parts)
{
	my ($line, $complaint) = run_command([ 'psql', '-XqAt', '-F', "\t", '-v', 'ON_ERROR_STOP=1', '-f', "$top/test/$part/tour.sql", '-d', $node->connstr('postgres') ]);
	like($line, qr/\A[^\t\n]{10,42}\?(?: \(\w+\))?\t[^\t\n]*[0-9][^\t\n]*\z/, "the tour's line of $part") or diag("$line $complaint");
	my $told = slurp_file("$top/test/$part/tour.sql");
	ok($told =~ /^-- page: (\w+)$/m && -f "$top/docs/$1.md" && $told =~ /^-- words: \w/m, "$part has a page and words");
}

# ONLY: a module, a page, a word, a part of one; else an error that lists them, before anything is built
my $picks = q(source <(sed -n '/^told()/,/^}/p; /^pick_parts()/,/^}/p' test/run); pick_parts; echo "${parts[*]}");
foreach ([ '', join(' ', @parts) ], [ 'deal', 'deal' ], [ 'Pipeline', 'deal' ], [ 'lead', 'qualification score' ], [ '连单率', 'basket' ], [ 'renew', 'contract' ], [ 'forecast', 'deal' ])
{
	my ($only, $expected) = @$_;
	local @ENV{qw(MODULES ONLY)} = ("@parts base", $only);
	is((run_command([ 'bash', '-c', "cd $top && $picks" ]))[0], $expected, "ONLY=$only");
}
{
	local @ENV{qw(MODULES ONLY)} = ("@parts", 'nonsense');
	like((run_command([ 'bash', "$top/test/run", 'demo' ]))[1], qr/No part of the demo is called "nonsense".*^\s+deal\s+pipeline/ms, 'ONLY=nonsense names the parts');
}

$node->stop;
done_testing();
