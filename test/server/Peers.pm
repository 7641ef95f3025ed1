package Peers;

# Peers.pm: the same question to a column store beside PostgreSQL, DuckDB or ClickHouse (chdb), each in a
# process of its own, where CHDB_HOME names a folder in which "npm install chdb @duckdb/node-api" was run.
#
# What it costs to bring the rows there is measured, too: copied out, and read in.

use strict;
use warnings;

use Bench;
use Exporter 'import';
use File::Temp qw(tempdir);

our @EXPORT = qw(peers compare_peer);

my %package = (ClickHouse => 'chdb', DuckDB => '@duckdb/node-api');
my $home = $ENV{CHDB_HOME} // '';

# The peers that are there.
sub peers { return grep { -d "$home/node_modules/$package{$_}" } sort keys %package }

# how each names the types of columns
my %type = (
	ClickHouse => { bigint => 'Int64', ubigint => 'UInt64', text => 'String', date => 'Date32', timestamp => "DateTime64(6, 'UTC')", money => 'Decimal(18, 4)' },
	DuckDB => { bigint => 'bigint', ubigint => 'ubigint', text => 'varchar', date => 'date', timestamp => 'timestamp', money => 'decimal(18, 4)' });

# How a script opens the engine, makes a table of a file, and asks: ask(sql) gives the answer as text.
my %opening = (
	ClickHouse => sub {
		my ($folder, $threads) = @_;
		return <<"JS";
const { Session } = require('chdb');
const session = new Session('$folder/store');
const ask = async sql => session.query(sql + (/^select|^with/.test(sql) ? ' settings max_threads = $threads' : ''), 'CSV').trim().replace(/"/g, '');
const load = (table, file, columns) => ask(`create table \${table} engine = Memory as select * from file('\${file}', 'CSV', '\${columns.replace(/'/g, "\\\\'")}')`);
JS
	},
	DuckDB => sub {
		my ($folder, $threads) = @_;
		return <<"JS";
const { DuckDBInstance } = require('\@duckdb/node-api');
let connection;
const ask = async sql => {
	connection ??= await (await DuckDBInstance.create(':memory:', { threads: '$threads' })).connect();
	return (await connection.runAndReadAll(sql)).getRowsJS().map(row => row.join(',')).join('\\n');
};
const load = async (table, file, columns) => {
	await ask(`create table \${table} (\${columns})`);
	return ask(`copy \${table} from '\${file}' (format csv, header false)`);
};
JS
	});

# compare_peer(peer, title, threads => 1, runs => 3, tables => [name => [query, 'column type, …'], …],
# asks => [label => sql, …], against => ms): brings the tables there, asks, and prints medians with the
# ratio of `against`, our milliseconds, to each. Returns label => [answer, ms].
sub compare_peer
{
	my ($peer, $title, %options) = @_;
	my $runs = $options{runs} // 3;
	my $folder = tempdir(CLEANUP => 1);
	chmod 0777, $folder;
	my $script = $opening{$peer}->($folder, $options{threads} // 1);
	$script .= "(async () => {\nconst begin = () => process.hrtime.bigint(), since = t => Number(process.hrtime.bigint() - t) / 1e6;\nlet t = begin();\n";
	my ($out, %result) = (0);
	my @tables = @{ $options{tables} };
	while (my ($table, $how) = splice(@tables, 0, 2))
	{
		my ($query, $columns) = @$how;
		$out += (time_query("copy ($query) to '$folder/$table.csv' (format csv)"))[0];
		$columns =~ s/(\w+) (\w+)/"\"$1\" " . $type{$peer}{$2}/ge;
		$script .= "await load('$table', '$folder/$table.csv', " . quoted($columns) . ");\n";
	}
	$script .= "console.log(['load', since(t), ''].join('\\t'));\n";
	my @asks = @{ $options{asks} };
	while (my ($label, $sql) = splice(@asks, 0, 2))
	{
		$script .= '{ const times = []; let answer; for (let i = 0; i <= ' . $runs . '; i++) { t = begin(); answer = await ask(' . quoted($sql)
			. '); if (i) times.push(since(t)); } console.log([' . quoted($label) . ', times.sort((a, b) => a - b)[' . int($runs / 2) . "], answer].join('\\t')); }\n";
	}
	$script .= "})();\n";
	open my $handle, '>:utf8', "$folder/ask.js" or die "$folder/ask.js: $!";
	print $handle $script;
	close $handle;
	local $ENV{NODE_PATH} = "$home/node_modules";
	print "\n$title: $peer, " . ($options{threads} // 1) . " thread(s) (median of $runs)\n";
	my $printed = `node $folder/ask.js 2>&1`;
	die "$peer: $printed" if $? != 0;
	foreach (split /\n/, $printed)
	{
		my ($label, $ms, $answer) = split /\t/;
		$result{$label} = [ $answer, $ms ];
		next if $label eq 'load';
		printf "  %-52s %10.0f %8.2f  ours to it\n", $label, $ms, $options{against} / $ms if $options{against};
		printf "  %-52s %10.0f\n", $label, $ms unless $options{against};
	}
	die "$peer gave nothing\n" unless $result{load};
	printf "  %-52s %10.0f + %.0f\n", 'to bring the rows there: copied out, read in', $out, $result{load}[1];
	return %result;
}

# a literal of JavaScript
sub quoted
{
	my ($text) = @_;
	$text =~ s/([\\`\$])/\\$1/g;
	return "`$text`";
}

1;
