# The sample company is the same on every machine, version and session, and
# keeps its own rules; what documentation says of it in prose.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('sample');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "fsync = off\ntimezone = 'Asia/Shanghai'\ndatestyle = 'German'");
$node->start;

sub run_file
{
	my ($file) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "sample/$file" ],
		'>', \$out, '2>', \$err);
	is($err, '', "$file runs");
	return $out;
}

run_file('sample.sql');
open my $handle, '<:raw', 'sample/checksums.txt' or die $!;
my $expected = do { local $/; <$handle> };
is(run_file('checksum.sql'), $expected, 'every table has the rows that it should have');
my $broken = join '', grep { /\|\s*[1-9]\d*\s*$/ } split /^/, run_file('consistency.sql');
is($broken, '', 'no rule of the company is broken');

# docs/deal.md: what open deals are worth within 90 days, on the last days of twelve quarters
$node->safe_psql('postgres', q(
	create extension revops;
	create table past as
	select as_of, h.deal_no, r.stage, r.direction, r.days as stay, annual_amount,
		extract(epoch from least(coalesce(closed_at, known_until), known_until) - r.entered_at)::float8 / 86400 as total,
		case when closed_at < known_until then current_stage end as outcome,
		case when current_stage = 'won' and closed_at < known_until + interval '90 days' then annual_amount end as came
	from (select (day - interval '1 day')::date as as_of, day at time zone 'UTC' as known_until
		from generate_series(timestamp '2022-07-01', '2025-04-01', '3 months') day) q,
		(select deal_no, revops.stage_agg(changed_at, stage) as history from sales.deal_stage_log group by deal_no) h join sales.deal using (deal_no),
		revops.stage_rows(history, array['lead', 'mql', 'sql', 'proposal', 'won'], as_of) r
	where r.stage <> 'won';
	create index on past (as_of, stage, stay);
	analyze past;
	create table by_entry as
	select as_of, stage, revops.incidence_agg(total, outcome) as s
	from (select as_of, stage, deal_no, max(total) as total, outcome from past group by as_of, stage, deal_no, outcome) entry
	group by as_of, stage));
is($node->safe_psql('postgres', q(select round(sum(came) / 1e6, 1) from past where direction = 'open')), '56.2', 'so many millions came');
is($node->safe_psql('postgres', q(
	select round(sum(annual_amount * incidence::numeric) / 1e6, 1)
	from past o, revops.incidence_at((select revops.incidence_agg(p.total - o.stay, p.outcome)
		from past p where p.as_of = o.as_of and p.stage = o.stage and p.stay > o.stay), '{90}')
	where direction = 'open' and cause = 'won')), '55.8', 'expected by the days in the stage');
is($node->safe_psql('postgres', q(
	select round(sum(annual_amount * (till - before)::numeric / nullif(still_open, 0)::numeric) / 1e6, 1)
	from (select as_of, stage, deal_no, annual_amount, max(total) over (partition by as_of, stage, deal_no) as age, direction from past) o
		join by_entry using (as_of, stage),
		lateral (select max(incidence) filter (where cause = 'won' and duration = age + 90) as till,
				max(incidence) filter (where cause = 'won' and duration = age) as before, 1 - sum(incidence) filter (where duration = age) as still_open
			from revops.incidence_at(s, array[age, age + 90])) a
	where direction = 'open')), '90.9', 'expected by the days since it entered the stage');

# the same by the module, and whether what came lies between the quantiles of 10 and 90 %
is($node->safe_psql('postgres', q(
	with history as (
		select deal_no, revops.deal_agg(changed_at, stage, null, null) as s from sales.deal_stage_log group by deal_no
	), learned as (
		select day, (day - interval '1 day')::date as as_of, revops.forecast_model_agg(s, revops.pipeline('{lead,mql,sql,proposal}'), (day - interval '1 day')::date) as m
		from history, generate_series(timestamp '2022-07-01', '2025-04-01', '3 months') day group by day
	), deal as (
		select as_of, annual_amount, chance, case when current_stage = 'won' and closed_at < day at time zone 'UTC' + interval '90 days' then annual_amount end as came
		from learned, history join sales.deal using (deal_no), revops.forecast_deal(s, m, as_of, 90) f
	), quarter as (
		select as_of, sum(annual_amount * chance::numeric) as expected, sum(came) as came,
			revops.forecast_agg(annual_amount, chance) as forecast
		from deal group by as_of
	), checked as (
		select *, (select array_agg(amount order by share) from revops.forecast_quantiles(forecast, '{0.1,0.9}')) as range from quarter
	)
	select round(sum(expected) / 1e6, 1) || ' ' || round(sum(came) / 1e6, 1) || ' ' || count(*) filter (where came between range[1] and range[2]) from checked)), '55.8 56.2 9', 'and by forecast_deal: 9 of 12 quarters inside');

$node->stop;
done_testing();
