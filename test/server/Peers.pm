package Peers;

# Peers.pm: the same question to a column store beside PostgreSQL, DuckDB or ClickHouse (chdb), each in a
# process of its own, where CHDB_HOME names a folder in which "npm install chdb @duckdb/node-api" was run.
# Its queries stand in compare's list beside ours, so that all are timed in turn.
#
# What it costs to bring the rows there is measured, too: copied out, and read in.

use strict;
use warnings;

use Bench;
use Exporter 'import';
use File::Temp qw(tempdir);
use IPC::Open2;

our @EXPORT = qw(open_peers peer_queries);

my %package = (ClickHouse => 'chdb', DuckDB => '@duckdb/node-api');
my $home = $ENV{CHDB_HOME} // '';

# The peers that are there.
sub peers { return grep { -d "$home/node_modules/$package{$_}" } sort keys %package }

# how each names the types of columns
my %type = (
	ClickHouse => { bigint => 'Int64', ubigint => 'UInt64', text => 'String', date => 'Date32', timestamp => "DateTime64(6, 'UTC')", money => 'Decimal(18, 4)' },
	DuckDB => { bigint => 'bigint', ubigint => 'ubigint', text => 'varchar', date => 'date', timestamp => 'timestamp', money => 'decimal(18, 4)' });

# How a script opens the engine, makes a table of a file, and asks: ask(sql) gives the answer as text, with as many
# threads as take(threads) said before.
my %opening = (
	ClickHouse => <<'JS',
const { Session } = require('chdb');
const session = new Session(process.argv[2] + '/store');
let most = 1;
const take = async threads => { most = threads };
const ask = async sql => session.query(sql + (/^select|^with/.test(sql) ? ` settings max_threads = ${most}` : ''), 'CSV').trim().replace(/"/g, '');
const load = (table, file, columns) => ask(`create table ${table} engine = Memory as select * from file('${file}', 'CSV', '${columns.replace(/'/g, "\\'")}')`);
JS
	DuckDB => <<'JS');
const { DuckDBInstance } = require('@duckdb/node-api');
let connection;
const ask = async sql => {
	connection ??= await (await DuckDBInstance.create(':memory:')).connect();
	return (await connection.runAndReadAll(sql)).getRowsJS().map(row => row.join(',')).join('\n');
};
const take = threads => ask(`set threads = ${threads}`);
const load = async (table, file, columns) => {
	await ask(`create table ${table} (${columns})`);
	return ask(`copy ${table} from '${file}' (format csv, header false)`);
};
JS

# Loads the tables; then each line of the input has a number of threads and a question, as JSON.
my $loop = <<'JS';
(async () => {
	const since = t => Number(process.hrtime.bigint() - t) / 1e6;
	let t = process.hrtime.bigint();
	for (const [table, columns] of tables) await load(table, `${process.argv[2]}/${table}.csv`, columns);
	console.log(since(t));
	for await (const line of require('readline').createInterface({ input: process.stdin })) {
		const [threads, question] = line.split('\t');
		await take(threads);
		t = process.hrtime.bigint();
		const answer = await ask(questions[question]);
		console.log(since(t) + '\t' + answer.replace(/\n/g, '|'));
	}
})();
JS

# open_peers(tables => { peer => [name => [query, 'column type, …'], …] }, asks => { peer => [label => sql, …] }):
# brings the tables to each peer that is there and is asked something, and prints what that takes.
sub open_peers
{
	my (%options) = @_;
	my @opened;
	foreach my $peer (grep { $options{asks}{$_} } peers())
	{
		my $folder = tempdir(CLEANUP => 1);
		chmod 0777, $folder;
		my ($out, @tables, @asks, @labels) = (0);
		my @list = @{ $options{tables}{$peer} };
		while (my ($table, $how) = splice(@list, 0, 2))
		{
			my ($query, $columns) = @$how;
			$out += (time_query("copy ($query) to '$folder/$table.csv' (format csv)"))[0];
			$columns =~ s/(\w+) (\w+)/"\"$1\" " . $type{$peer}{$2}/ge;
			push @tables, "['$table', " . quoted($columns) . ']';
		}
		@list = @{ $options{asks}{$peer} };
		while (my ($label, $sql) = splice(@list, 0, 2))
		{
			push @labels, "$peer: $label";
			push @asks, quoted($sql);
		}
		open my $handle, '>:utf8', "$folder/ask.js" or die "$folder/ask.js: $!";
		print $handle $opening{$peer}, 'const tables = [', join(', ', @tables), "];\nconst questions = [", join(",\n", @asks), "];\n", $loop;
		close $handle;
		local $ENV{NODE_PATH} = "$home/node_modules";
		my $pid = open2(my $from, my $to, "exec node $folder/ask.js $folder 2>$folder/errors");
		$to->autoflush(1);
		my $opened = bless { pid => $pid, from => $from, to => $to, peer => $peer, labels => \@labels, errors => "$folder/errors" }, __PACKAGE__;
		printf "\n  to bring the rows to %s: copied out, read in %14.0f + %.0f ms\n", $peer, $out, line_of($opened);
		unlink glob "$folder/*.csv";
		push @opened, $opened;
	}
	return @opened;
}

# A line that a peer prints.
sub line_of
{
	my ($opened) = @_;
	my $line = readline $opened->{from};
	return $line if defined $line;
	open my $errors, '<', $opened->{errors} or die $!;
	die "$opened->{peer}: ", <$errors>;
}

# What compare asks: label => sub that gives milliseconds and the answer, of each question to each peer.
sub peer_queries
{
	my ($threads, @opened) = @_;
	my @queries;
	foreach my $opened (@opened)
	{
		foreach my $i (0 .. $#{ $opened->{labels} })
		{
			push @queries, $opened->{labels}[$i] => sub {
				print { $opened->{to} } "$threads\t$i\n";
				chomp(my $line = line_of($opened));
				return split /\t/, $line, 2;
			};
		}
	}
	return @queries;
}

# A peer ends with its input.
sub DESTROY
{
	my ($self) = @_;
	local ($?, $!);
	close $self->{to};
	close $self->{from};
	waitpid $self->{pid}, 0;
}

# a literal of JavaScript
sub quoted
{
	my ($text) = @_;
	$text =~ s/([\\`\$])/\\$1/g;
	return "`$text`";
}

1;
