# Every type's values survive text, binary COPY, dump and restore; corrupted
# text and bytes give a clear error or a valid value, never a crash.
#
# MODULE/values.sql makes a table value_TYPE(v TYPE) for each type of a module.
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('values');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', 'create database source');
$node->safe_psql('postgres', 'create database target');
my $db = 'source';
sub ask { return $node->safe_psql($db, "set search_path = public, revops;\n" . shift) }

ask('create extension revops');
foreach my $file (sort glob('*/values.sql'))
{
	open my $handle, '<:raw', $file or die $!;
	local $/;
	my ($code, $out, $err) = $node->psql($db,
		"set search_path = public, revops; set client_min_messages = warning;\n" . <$handle>,
		on_error_stop => 1);
	is($code, 0, "$file runs") or diag($err);
}

my @types = split /\n/, ask(q{
	select typname from pg_type
	where typnamespace = 'revops'::regnamespace and typtype = 'b' and typelem = 0 order by 1});
ok(@types > 0, 'there are types');

# Text that lists every value of a type, to compare with.
sub listing
{
	my ($type) = @_;
	return ask("select coalesce(v::text, 'NULL') from value_$type order by v::text");
}
my %before;

foreach my $type (@types)
{
	my $count = $node->psql($db, "select count(*) from public.value_$type", stdout => \my $rows);
	is($count, 0, "$type has values to test with") or next;
	$before{$type} = listing($type);
	is(ask("select count(*) from value_$type where v::text::$type\::text is distinct from v::text"),
		'0', "$type: text in and out");
	is(ask("select count(*) from value_$type a where exists (
			select from value_$type b where b.v::text = a.v::text
			and revops_internal.${type}_send(a.v) is distinct from revops_internal.${type}_send(b.v))"),
		'0', "$type: the same text has the same bytes");
}

# binary COPY, and COPY into a table whose session has other settings
my $folder = tempdir(CLEANUP => 1);
chmod 0777, $folder;
foreach my $type (sort keys %before)
{
	ask("copy value_$type to '$folder/$type.bin' (format binary);
		create table copy_$type (like value_$type);
		copy copy_$type from '$folder/$type.bin' (format binary)");
	is(ask("set timezone = 'America/New_York'; set datestyle = 'German'; set extra_float_digits = -9;
		set intervalstyle = 'sql_standard'; set lc_numeric = 'C';
		select coalesce(v::text, 'NULL') from copy_$type order by v::text"),
		$before{$type}, "$type: binary COPY, read in a session with other settings");
	ask("drop table copy_$type");
}

# binary COPY between databases of other encodings: text goes in the client's, as text's own does
$node->safe_psql('postgres', "create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
my $words = q{set search_path = public, revops; create table word (stage stage_state, incidence incidence_state, map rfm_segment_map);};
$node->safe_psql('latin', qq{
	create extension revops;
	$words
	insert into word select stage_agg(date '2025-01-01', 'caf' || chr(233)), incidence_agg(1, 'caf' || chr(233)),
		('{"bins": 2, "rules": [{"segment": "caf\\u00e9"}]}')::rfm_segment_map;
	set client_encoding = 'UTF8';
	copy word to '$folder/word.bin' (format binary);});
is($node->safe_psql('source', qq{
	$words
	copy word from '$folder/word.bin' (format binary);
	select (select stage from stage_rows(stage, array['caf' || chr(233)])), (select cause from incidence_rows(incidence)), rfm_segment(1, 1, 1, map) from word;}),
	"caf\xc3\xa9|caf\xc3\xa9|caf\xc3\xa9", 'binary COPY from a database of another encoding');
$node->safe_psql('source', 'drop table public.word');

# dump and restore
my $dump = "$folder/dump.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('source') ], 'dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('target') ],
	'restore');
$db = 'target';
is(listing($_), $before{$_}, "$_: dump and restore") foreach sort keys %before;
$db = 'source';

# Corruption: texts and bytes, changed at random, always the same.
srand(20250630);

sub mutate
{
	my ($bytes) = @_;
	my $way = int(rand(5));
	my $at = int(rand(length($bytes) || 1));
	if    ($way == 0) { substr($bytes, $at, 1) = chr(int(rand(256))) if length $bytes }
	elsif ($way == 1) { substr($bytes, $at, 1) ^= chr(1 << int(rand(8))) if length $bytes }
	elsif ($way == 2) { $bytes = substr($bytes, 0, $at) }
	elsif ($way == 3) { $bytes .= substr($bytes, $at, 1 + int(rand(9))) }
	else { substr($bytes, $at, int(rand(5))) = pack('N', (0, 1, 0x7fffffff, 0xffffffff, 65536)[int(rand(5))]) }
	return $bytes;
}

ask(q{
	create table corrupt (n int, sqlstate text, message text);
	create procedure try(n int, command text) language plpgsql as $$
	begin
		execute command;
	exception when others then
		insert into corrupt values (n, sqlstate, sqlerrm);
	end $$;
});

foreach my $type (sort keys %before)
{
	my @values = grep { length } split /\n/,
	  ask("select encode(revops_internal.${type}_send(v), 'hex') from value_$type where v is not null order by length(v::text), 1");
	my @texts = split /\n/,
	  ask("select encode(convert_to(v::text, 'UTF8'), 'hex') from value_$type where v is not null order by length(v::text), 1");
	# the shorter ones: a flipped byte in a megabyte tells little
	@values = grep { length($_) < 20000 } @values;
	@texts  = grep { length($_) < 20000 } @texts;

	my @commands = ("truncate corrupt; create table victim (v $type);");
	foreach my $n (1 .. 400)
	{
		my $bytes = mutate(pack('H*', $values[ rand @values ]));
		$bytes = mutate($bytes) if rand() < 0.3;
		my $file = "$folder/corrupt.$n";
		open my $handle, '>:raw', $file or die $!;
		print $handle "PGCOPY\n\377\r\n\0", pack('NN', 0, 0), pack('nN', 1, length $bytes), $bytes, pack('n', 0xffff);
		close $handle;
		push @commands, "call try($n, \$\$copy victim from '$file' (format binary)\$\$);";
	}
	foreach my $n (401 .. 800)
	{
		my $hex = unpack 'H*', mutate(pack('H*', $texts[ rand @texts ]));
		push @commands,
		  "call try($n, \$\$insert into victim select convert_from('\\x$hex', 'UTF8')::$type\$\$);";
	}
	my ($code, $out, $err) = $node->psql($db, "set search_path = public, revops;\n" . join("\n", @commands));
	is($code, 0, "$type: the server survives corrupted values") or diag($err);
	is(ask("select string_agg(distinct message, '; ') from corrupt where sqlstate = 'XX000'"), '',
		"$type: no corrupted value is an internal error");
	is(ask("select count(*) > 100 from corrupt"), 't', "$type: corrupted values are noticed");
	is(ask("select count(*) from victim where v::text::$type\::text is distinct from v::text"), '0',
		"$type: what was accepted is a valid value");
	ask('drop table victim');
	unlink glob("$folder/corrupt.*");
}

# A count is compared with the bytes that are left before anything is made for it.
my $def = '0000' . '00' x 16 . '00000001' . '00000001' . '61' . '00000000' . '00000003555443';    # a funnel of the step a
my $pipeline = '00000003555443' . '00000001' . '00000001' . '61' . '00000000' . '00000001' . '00000001' . '62';    # open a, won b
foreach my $case (
	[ 'rfm_model', '01', 'cuts' ],
	[ 'rfm_population', '01' . '00000005' . '00', 'customers' ],
	[ 'funnel_def', '01' . substr($def, 0, 36), 'steps' ],
	[ 'funnel_def', '01' . substr($def, 0, 54), 'lost names' ],
	[ 'funnel_path', "01$def" . '00' x 8, 'rows' ],
	[ 'funnel_stats', "01$def" . '00' x 85, 'durations' ],
	[ 'survival_state', '01', 'spells' ],
	[ 'incidence_state', '01', 'causes' ],
	[ 'incidence_state', '01' . '00000000', 'spells' ],
	[ 'stage_state', '01', 'rows' ],
	[ 'contract_state', '01', 'contracts' ],
	[ 'mrr_bridge', '010204' . '0000223e' . '000023ac', 'periods' ],
	[ 'cohort_matrix', '010102' . '000023ca', 'cohorts' ],
	[ 'cohort_matrix', '010102' . '000023ca' . '00000001' . '000023ac' . '0000000000000001', 'cells' ],
	[ 'deal_state', '01', 'rows' ],
	[ 'pipeline_def', '01' . '00000003555443', 'stages' ],
	[ 'pipeline_bridge', "01$pipeline" . '04' . '0000223e' . '000023ac' . '00', 'periods' ],
	[ 'forecast_model', "01$pipeline" . '000023ca', 'visits' ],
	[ 'forecast_state', '01', 'deals' ],
	[ 'tariff_def', '01010100' . '00000000' . '00000000' . '00000008' . '00' x 8, 'tiers' ],
	[ 'tariff_draft', '01' . '000000027b7d', 'rows' ])
{
	my ($type, $before, $what) = @$case;
	my $bytes = pack 'H*', $before . '00000007' . '00000000';
	my $file = "$folder/count";
	open my $handle, '>:raw', $file or die $!;
	print $handle "PGCOPY\n\377\r\n\0", pack('NN', 0, 0), pack('nN', 1, length $bytes), $bytes, pack('n', 0xffff);
	close $handle;
	my ($code, $out, $err) = $node->psql($db, "set search_path = public, revops;
		create temp table victim (v $type); copy victim from '$file' (format binary)");
	like($err, qr/DETAIL:  It has 7 $what of at least \d+ bytes; 4 bytes are left/, "$type: more $what than there are bytes for");
}

$node->stop;
done_testing();
