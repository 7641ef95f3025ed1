# Golden values: each type's text and binary form as literals, in MODULE/golden.txt: type, text and bytes
# in hexadecimal, with tabs between. A line that has to change is a change of the stored format.
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

use constant LINES_EACH => 2;

my $node = PostgreSQL::Test::Cluster->new('golden');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
connect_to($node, 'postgres');
sub ask { return run_sql("reset all; set client_min_messages = warning; set search_path = public, revops;\n" . shift) =~ s/\n\z//r }
ask('create extension revops');

my %lines;
foreach my $file (sort glob('*/golden.txt'))
{
	open my $handle, '<:raw', $file or die $!;
	while (<$handle>)
	{
		chomp;
		my ($type, $text, $bytes) = split /\t/;
		push @{ $lines{$type} }, [ $text, $bytes ];
	}
}

my $folder = tempdir(CLEANUP => 1);
chmod 0777, $folder;
foreach my $type (split /\n/, ask(q{
	select typname from pg_type where typnamespace = 'revops'::regnamespace and typtype = 'b' and typelem = 0 order by 1}))
{
	my @golden = @{ delete $lines{$type} // [] };
	cmp_ok(scalar @golden, '>=', LINES_EACH, "$type has golden values") or offer($type);
	foreach my $value (@golden)
	{
		my ($text, $bytes) = @$value;
		(my $quoted = $text) =~ s/'/''/g;
		my $name = length $text > 60 ? substr($text, 0, 60) . '...' : $text;
		is(ask("select '$quoted'::$type"), $text, "$type: $name is its own text");
		is(ask("select encode(revops_internal.${type}_send('$quoted'), 'hex')"), $bytes, "$type: $name in binary");
		open my $handle, '>:raw', "$folder/value" or die $!;
		print $handle "PGCOPY\n\377\r\n\0", pack('NN', 0, 0), pack('nN', 1, length($bytes) / 2), pack('H*', $bytes), pack('n', 0xffff);
		close $handle;
		is(ask("create temp table read (v $type); copy read from '$folder/value' (format binary); select v from read; drop table read"),
			$text, "$type: $name read from binary");
	}
}
is(join(' ', sort keys %lines), '', 'no line is of a type that is gone');

# Lines to add for a new type, of its values: short ones and long ones.
sub offer
{
	my ($type) = @_;
	foreach my $file (glob('*/values.sql'))
	{
		open my $handle, '<:raw', $file or die $!;
		my $sql = do { local $/; <$handle> };
		next unless $sql =~ /create table value_$type\b/;
		diag(ask("set client_min_messages = warning; begin;\n$sql\n;
			select '$type' || e'\\t' || v || e'\\t' || encode(revops_internal.${type}_send(v), 'hex')
			from (select v, row_number() over (order by length(v::text), v::text) as n, count(*) over () as c
				from (select distinct v from value_$type where length(v::text) < 2000) d) v
			where n in (1, c / 2 + 1, c);"));
		return;
	}
}

$node->stop;
done_testing();
