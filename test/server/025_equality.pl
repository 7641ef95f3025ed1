# Equal values of every type are equal wherever PostgreSQL compares them: after
# text and binary, in distinct, union, group by, merge, joins, unique and hash
# indexes, at a subscriber that finds its rows by their values.
#
# A value's text is canonical, so that comparing texts is the oracle.
use strict;
use warnings;

use Arguments;
use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use Session;
use Test::More;

my @init = (extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
my $node = PostgreSQL::Test::Cluster->new('publisher');
$node->init(allows_streaming => 'logical', @init);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(@init);
$subscriber->append_conf('postgresql.conf', 'fsync = off');
$subscriber->start;

connect_to($node, 'postgres');
sub ask { return run_sql("reset all; set client_min_messages = warning; set search_path = public, revops;\n" . shift) =~ s/\n\z//r }
sub ask_subscriber { return $subscriber->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }

ask('create extension revops');
ask_subscriber('create extension revops');
make_values(\&ask);
my @types = types(\&ask);
ok(@types > 10, 'there are types');

my $folder = tempdir(CLEANUP => 1);
chmod 0777, $folder;

# What a query gives and that its plan has what is to be tested.
sub planned
{
	my ($settings, $query, $node_type) = @_;
	my $setup = join '', map { "set enable_$_ = off; " } @$settings;
	like(ask("$setup explain (costs off) $query"), qr/\b$node_type\b/, "planned as $node_type");
	return ask($setup . $query);
}

foreach my $type (@types)
{
	# every value three times: as made, out of its text, out of binary COPY
	ask("create table made_$type as select row_number() over (order by word) as n, v, word
			from (select v, v::text as word from value_$type where v is not null) x;
		create table read_$type as select n, word::$type as v, word::$type\::text as word from made_$type;
		create table copied_$type (like made_$type);
		copy made_$type (n, v) to '$folder/$type' (format binary);
		copy copied_$type (n, v) from '$folder/$type' (format binary);
		update copied_$type set word = v::text;
		create table all_$type as select n, v, word
			from (table made_$type union all table read_$type union all table copied_$type) x;
		analyze all_$type");
	my $distinct = ask("select count(distinct word) from all_$type");
	cmp_ok($distinct, '>', 3, "$type has several values");
	is(ask("select count(*) from made_$type m join read_$type r using (n) where m.v = r.v and not (m.v <> r.v)"),
		ask("select count(*) from made_$type"), "$type: a value equals itself read from text");
	is(ask("select count(*) from made_$type m join copied_$type c using (n) where m.v = c.v and not (m.v <> c.v)"),
		ask("select count(*) from made_$type"), "$type: a value equals itself read from binary COPY");

	# one order: of two values exactly one of <, =, > holds, and = where the texts are the same
	is(ask("select count(*) from made_$type a, made_$type b
			where (a.v < b.v)::int + (a.v = b.v)::int + (a.v > b.v)::int <> 1
				or (a.v = b.v) is distinct from (a.word = b.word)
				or (a.v <= b.v) is distinct from (a.v < b.v or a.v = b.v) or (a.v >= b.v) is distinct from (b.v <= a.v)"),
		'0', "$type: values have one order");
	is(ask("select count(*) from (select v, lag(v) over (order by v) as before from all_$type) x where before > v"), '0', "$type: sorted by it");

	foreach my $way ([ [ 'sort' ], 'HashAggregate' ], [ [ 'hashagg' ], 'Sort' ])
	{
		my ($settings, $plan) = @$way;
		is(planned($settings, "select count(*) from (select distinct v from all_$type) x", $plan), $distinct, "$type: distinct by $plan");
		is(planned($settings, "select count(*) from (select v from made_$type union select v from read_$type union select v from copied_$type) x", $plan),
			$distinct, "$type: union by $plan");
		is(planned($settings, "select count(*) from (select v from all_$type group by v having min(word) = max(word)) x", $plan),
			$distinct, "$type: a group for each text, by $plan");
	}
	is(ask("select count(distinct v) from all_$type"), $distinct, "$type: count(distinct)");

	# joins, by each method
	my $pairs = ask("select count(*) from made_$type a join read_$type b using (word)");
	my $join = "select count(*) from made_$type a join read_$type b on a.v = b.v";
	is(planned([qw(nestloop mergejoin)], $join, 'Hash Join'), $pairs, "$type: hash join");
	is(planned([qw(nestloop hashjoin)], $join, 'Merge Join'), $pairs, "$type: merge join");

	# merge touches what differs alone: every other row gets its neighbour's value, the others their own
	ask("create table target_$type as select n, v, false as is_touched from made_$type;
		create table source_$type as select n, case when n % 2 = 0 then v else lead(v, 1, v) over (order by n) end as v from read_$type;
		merge into target_$type t using source_$type s on t.n = s.n
			when matched and t.v is distinct from s.v then update set v = s.v, is_touched = true");
	is(ask("select count(*) from target_$type where is_touched"),
		ask("select count(*) from made_$type m join source_$type s using (n) where m.word <> s.v::text"), "$type: merge touches what differs");
	is(ask("select count(*) from target_$type t join source_$type s using (n) where t.v::text <> s.v::text"), '0', "$type: and leaves it equal");

	# indexes; a btree holds no value of more than 2,700 bytes
	ask("create table short_$type as select distinct v from made_$type where length(revops_internal.${type}_send(v)) < 1500;
		create unique index short_${type}_key on short_$type (v);
		create table long_$type as select v from made_$type;
		create index long_${type}_hash on long_$type using hash (v)");
	cmp_ok(ask("select count(*) from short_$type"), '>', 1, "$type has values for a btree");
	is(ask("with again as (insert into short_$type select v::text::$type from short_$type on conflict (v) do nothing returning 1) select count(*) from again"),
		'0', "$type: a unique index knows equal values");
	my ($code, $out, $err) = $node->psql('postgres', "set search_path = public, revops; insert into short_$type select v::text::$type from short_$type limit 1");
	like($err, qr/duplicate key value violates unique constraint/, "$type: and refuses them");
	my $found = "from read_$type r where exists (select from short_$type s where s.v = r.v)";
	is(planned([qw(seqscan hashjoin mergejoin)], "select count(*) $found", "short_${type}_key"),
		ask("select count(*) from made_$type where length(revops_internal.${type}_send(v)) < 1500"), "$type: found by a btree");
	is(planned([qw(seqscan hashjoin mergejoin bitmapscan)], "select count(*) from read_$type r where exists (select from long_$type l where l.v = r.v)", "long_${type}_hash"),
		ask("select count(*) from made_$type"), "$type: found by a hash index");
}

# Definitions are cast from and to jsonb, states to jsonb.
my %definition = map { $_ => 1 } qw(funnel_def rfm_model rfm_segment_map tariff_def);
foreach my $type (@types)
{
	is(ask("select count(*) from made_$type where v::jsonb is distinct from word::jsonb"), '0', "$type: cast to jsonb");
	my $is_back = ask("select exists (select from pg_cast where castsource = 'jsonb'::regtype and casttarget = '$type'::regtype)");
	if ($definition{$type} || $is_back eq 't')
	{
		is(ask("select count(*) from made_$type where v::jsonb::$type is distinct from v"), '0', "$type: cast from jsonb");
	}
	else
	{
		my ($code, $out, $err) = $node->psql('postgres', "set search_path = public, revops; select '{}'::jsonb::$type");
		like($err, qr/cannot cast type jsonb to $type/, "$type, a state, is not cast from jsonb");
	}
}

# A subscriber finds the row that changed by comparing all its columns.
foreach my $type (@types)
{
	ask("create table sent_$type as select n, v, 'first' as note from made_$type union all select 0, null, 'first';
		alter table sent_$type replica identity full");
	ask_subscriber("create table sent_$type (n bigint, v $type, note text)");
}
ask('create publication everything for table ' . join(', ', map { "sent_$_" } @types));
my $connection = $node->connstr . ' dbname=postgres';
ask_subscriber("create subscription everything connection '$connection' publication everything with (binary = true)");
$subscriber->wait_for_subscription_sync($node, 'everything');
foreach my $type (@types)
{
	ask("update sent_$type set note = 'second' where n % 3 = 1 or n = 0;
		delete from sent_$type where n % 3 = 2;
		insert into sent_$type select n, v, 'third' from read_$type where n % 3 = 2;
		update sent_$type set v = (select v from made_$type where n = 1) where n % 3 = 0 and n > 0");
}
$node->wait_for_catchup('everything');
foreach my $type (@types)
{
	my $listing = "select n, note, v::text from sent_$type order by 1, 2, 3";
	is(ask_subscriber($listing), ask($listing), "$type: updates and deletes arrive at a subscriber");
}

$subscriber->stop;
$node->stop;
done_testing();
