# Each maker of views with nothing but the columns that it must have, as the first call of a
# session: what PL/pgSQL keeps of an earlier call with more columns would hide a mistake.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('first_call');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', q(
	create extension revops;
	alter database postgres set search_path = public, revops;
	create table event (who int, at timestamp, amount numeric, kind text, ends date, other int, flag boolean);
	insert into event values (1, '2025-01-01', 10, 'a', '2025-12-31', null, true), (2, '2025-02-01', 20, 'b', '2025-06-30', 1, false);
	create view price as select 'a' as item, '{"mode": "volume", "tiers": [{"unit_price": 1}]}'::text as tariff));

my %calls = (
	activity => q('who', 'at'),
	attribution => q('who', 'at', 'kind', 'kind'),
	basket => q('other', 'who', 'kind', 'at', 'amount'),
	contract => q('who', 'at', 'ends', true, mrr_column => 'amount'),
	funnel => q('who', 'at', 'kind', '{a,b}'),
	gmv => q('who', 'at', 'amount'),
	lead => q('who', 'at', '{flag}'),
	pipeline => q('who', 'at', 'kind', open => '{a,b}'),
	quote => q('who', 'kind', 'amount', 'at', 'price', 'item', 'tariff'),
	rating => q('amount', 'at', definition => rating(0, 20, 20, 10)),
	referral => q('who', 'other'),
	reorder => q('who', 'at', 'amount'),
	rfm => q('who', 'at', 'amount'),
	service => q('who', 'at', 'ends'),
	structure => q('kind', 'at', 'amount'),
	value => q('who', 'at', 'amount'));

# a maker that is not in the list is a failure here, so that a new one comes in; that of metrics reads no table
is($node->safe_psql('postgres', q(
	select string_agg(left(proname, -13), ' ' order by proname collate "C") from pg_proc
	where pronamespace = 'revops'::regnamespace and proname like '%\_create\_views' and proname <> 'metric_create_views')),
	join(' ', sort keys %calls), 'all makers are called');
foreach my $maker (sort keys %calls)
{
	my ($status, $made, $errors) = $node->psql('postgres',
		"select count(*) > 2 from ${maker}_create_views('$maker', 'event', $calls{$maker}, as_of => '2025-06-30')");
	is("$status $made", '0 t', "${maker}_create_views with its columns alone") or diag($errors);
	($status, $made, $errors) = $node->psql('postgres',
		"select count(*) > 2 from ${maker}_create_views('zh_$maker', 'event', $calls{$maker}, as_of => '2025-06-30', language => 'zh')");
	is("$status $made", '0 t', "${maker}_create_views in Chinese") or diag($errors);
}

# without options other columns are there than with them
is($node->safe_psql('postgres', q(
	select string_agg(format('%s.%s: %s', attrelid::regclass, attname, col_description(attrelid, attnum)), E'\n')
	from pg_attribute where attrelid::regclass::text like 'zh\_%' and attnum > 0 and (col_description(attrelid, attnum) !~ '[\u4e00-\u9fff]' or col_description(attrelid, attnum) ~ '[a-z]{2,} [a-z]{2,} [a-z]{2,}'))),
	'', 'no column lacks a translation');

$node->stop;
done_testing();
