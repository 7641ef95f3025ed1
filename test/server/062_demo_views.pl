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
is($node->safe_psql('postgres', 'select count(*), count(needs_attention) from revops_views()'), '77|0', 'all views are there');

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
my @charts = grep { $_->{page} } @{ $report->{charts} };
is(join(' ', map { $_->{name} } grep { !@{ $_->{rows} } } @{ $report->{charts} }), '', 'every chart has rows');
is(join(' ', map { $_->{name} } grep { !($_->{number}{figure} && $_->{number}{meaning} && $_->{views} && $_->{empty}) } @charts), '',
	'a number, the views that it reads, and why there may be none');
is(join(' ', map { $_->{title} } @{ $report->{pages} }), 'Customers Pipeline Contracts Prices Why it moved Leads and channels Satisfaction Operations', 'a page per family');
foreach my $page (@{ $report->{pages} })
{
	cmp_ok(scalar(grep { $_->{page} eq $page->{name} } @charts), '>=', 4, "$page->{name} has charts");
	is(scalar(grep { $_->{name} eq $page->{name} } @charts), 0, "no chart has the address of $page->{name}");
}
foreach my $chart (grep { defined $_->{number}{low} } @charts)
{
	my ($low, $figure, $high) = map { s/[^-0-9.]//gr } @{ $chart->{number} }{qw(low figure high)};
	ok($low <= $figure && $figure <= $high, "the interval of $chart->{name} holds its number");
}
is(join(' ', map { $_->{name} } grep { grep { /_low$/ } keys %{ $_->{rows}[0] } and !defined $_->{number}{low} } @charts), 'scores sellers agents',
	'a number has its interval, if it is not a count');
is(join(' ', map { $_->{name} } grep { "$_->{number}{figure} $_->{number}{meaning}" =~ /(?<![-.,\d])\d{4,}(?![-\d]| Q)/ } @charts), '', 'thousands are separated');

# the waterfall: what came and left stands between the opening and the closing
my ($pipeline) = grep { $_->{name} eq 'waterfall' } @charts;
my %part = map { $_->{part_name} => $_ } @{ $pipeline->{rows} };
is($part{removed}{to_amount}, $part{closing}{amount}, 'the parts of the pipeline lead to its closing');
is($part{created}{from_amount}, $part{opening}{amount}, 'from its opening');

sub build_page
{
	my ($library, $name, $data) = @_;
	my ($json, $page) = ("$ENV{TESTDIR}/$name.json", "$ENV{TESTDIR}/$name.html");
	unlink $json;
	append_to_file($json, $data);
	system("perl $top/report/build.pl $top/report/page.html $top/report/charts.js $top/report/pages.js $library < $json > $page") == 0 or die;
	return $page;
}

# a text that would end the script, were it taken as it is
my $library = "$ENV{TESTDIR}/library.js";
append_to_file($library, 'const library = "here";');
my $page = slurp_file(build_page($library, 'hostile', '{"charts": [{"title": "</script><b>"}]}'));
like($page, qr/const library = "here"/, 'the page holds its library');
is(scalar(() = $page =~ m{</script}g), 4, 'no text ends its scripts');
unlike($page, qr{(?:src|href)=|https?://}, 'and it loads nothing');

# what a browser sees; make report fetches the chart library
SKIP:
{
	$library = "$top/report/echarts.min.js";
	my $wanting = (grep { -x "$_/chromium" } split /:/, $ENV{PATH}) ? -f $library ? undef : 'the chart library (make report fetches it)' : 'Chromium';
	diag("skipped: the look at the report: there is no $wanting") if $wanting;
	skip "there is no $wanting", 7 if $wanting;
	my $look = sub { (run_command([ "$top/report/look", 'check', @_ ]))[0] };
	my $drawn = @charts . ' charts drawn on ' . (1 + @{ $report->{pages} }) . ' pages';
	my $whole = build_page($library, 'report', $data);
	is($look->($whole), join("\n", map { ("$drawn, $_ pixels wide, light", "$drawn, $_ pixels wide, dark") } 1280, 390), 'no fault on a desk and on a phone, light and dark');

	# that these are found: large letters, a script's error, a page wider than its window
	my $faulty = sub {
		my ($name, $from, $to) = @_;
		my $text = slurp_file($whole);
		$text =~ s/$from/$to/ or die;
		unlink "$ENV{TESTDIR}/$name.html";
		append_to_file("$ENV{TESTDIR}/$name.html", $text);
		return $look->("$ENV{TESTDIR}/$name.html", 390, 'dark');
	};
	my $large = $faulty->('large', qr{</style>}, 'svg text { font-size: 28px !important }</style>');
	like($large, qr/^\w+: ".*" is cut$/m, 'a label that is cut is found');
	like($large, qr/^\w+: ".*" lies on ".*"$/m, 'and one that lies on another');
	like($faulty->('error', qr{funnel\(\) \{}, 'funnel() { nowhere();'), qr/nowhere is not defined/, 'an error is found');
	like($faulty->('broad', qr{</style>}, '.says { white-space: nowrap }</style>'), qr/^customers: the page is too wide$/m, 'a page that is too wide is found');

	# without rows, each place says why
	my $empty = decode_json($data);
	@$_{qw(rows number)} = ([], undef) foreach @{ $empty->{charts} };
	my $nothing = build_page($library, 'empty', encode_json($empty));
	is($look->($nothing, 390, 'light'), '0 charts drawn on 9 pages, 390 pixels wide, light', 'a report of nothing has no fault');
	my ($seen) = run_command([ 'chromium', '--headless', '--no-sandbox', '--disable-gpu', "--user-data-dir=$ENV{TESTDIR}/chromium", '--dump-dom', "file://$nothing#prices" ]);
	is(scalar(() = $seen =~ m{<p class="empty">Nothing to draw\. (?:The price book has no price|No line of usage has a price)}g), 4, 'and says why');
}

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
