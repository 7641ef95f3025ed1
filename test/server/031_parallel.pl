# Every aggregate of the extension, found in the catalog, over rows drawn from the pools: in one process, by
# workers, partition by partition, and on other servers through postgres_fdw. One answer, bit for bit, from plans
# that were really chosen.
use strict;
use warnings;

use Arguments;
use PostgreSQL::Test::Cluster;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('parallel');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nmax_worker_processes = 16\njit = off");
$node->start;

# This database, and two that stand for other servers.
my $has_fdw = $node->safe_psql('postgres', q{select count(*) from pg_available_extensions where name = 'postgres_fdw'});
my @far = $has_fdw ? qw(north south) : ();
my $search = 'set search_path = public, revops; set client_min_messages = warning;';
sub ask_in { my ($database, $sql) = @_; return $node->safe_psql($database, "$search\n$sql") }
connect_to($node, 'postgres');
sub ask { return run_sql("reset all; $search\n" . shift) =~ s/\n\z//r }
foreach my $far (@far)
{
	$node->safe_psql('postgres', "create database $far");
	ask_in($far, 'create extension revops');
}
ask('create extension revops');

pick_values(\&ask);
ask(q{create table pool (type text, value text);
	create procedure add(type text, expression text) language plpgsql as $$
	begin
		execute format('insert into pool select %L, v from (select (%s)::%s::text as v) x where length(v) < 5000', type, expression, type);
	end $$;});
ask(join "\n", map { my $type = $_; map { "call add(\$q\$$type\$q\$, \$q\$$_\$q\$);" } @{ $pool{$type} } } sort keys %pool);

# Rows that an aggregate accepts, as table rows_NUMBER(id, part, a1, a2, …). The first is the one, of those that it
# accepts alone, with the longest answer. Each other one is a row with one argument changed, and joins if the aggregate
# over all rows still answers: arguments that have to be the same in every row are. Each fills a page, so that workers
# share them.
ask(q{
	create function answer(number int, call text, ids int[]) returns text language plpgsql as $$
	declare
		found text;
		began timestamptz := clock_timestamp();
	begin
		execute format('select (%s)::text from rows_%s where id = any ($1)', call, number) into found using ids;
		-- a forecast of a million years takes its time, and says no more
		return case when clock_timestamp() < began + interval '50 ms' then coalesce(found, '') end;
	exception when others then
		return null;
	end $$;

	-- what a worker does not finish before the next one starts, and the planner knows it
	create function slow(int) returns bool language plpgsql volatile parallel safe cost 10000000 as
		$$ begin perform pg_sleep(0.001); return true; end $$;

	create function draw(of_type text) returns text language sql volatile as
		$$ select case when random() < 0.85 then (select value from pool where type = of_type order by random() limit 1) end $$;

	create function fill(number int, call text, types text[]) returns int language plpgsql as $$
	declare
		columns text := (select string_agg(format('a%s %s', n, types[n]), ', ' order by n) from generate_subscripts(types, 1) n);
		row_of text := format('insert into rows_%s select $1, $1 %% 2, %s', number,
			(select string_agg(format('$2[%s]::%s', n, types[n]), ', ' order by n) from generate_subscripts(types, 1) n));
		drawn text[];
		kept jsonb := '[]';
		ids int[] := '{}';
		found text;
		longest int := 0;
		place int;
		alone bool;
	begin
		execute format('create table rows_%s (id int primary key, part int, %s, pad text default repeat(''x'', 5000)) with (parallel_workers = 2)', number, columns);
		execute format('alter table rows_%s alter pad set storage plain', number);
		for try in 1 .. 4000 loop
			exit when cardinality(ids) >= 24 or try > 140 and cardinality(ids) >= 4;
			alone := try <= 40 or ids = '{}';
			if alone then
				drawn := (select array_agg(draw(types[n]) order by n) from generate_subscripts(types, 1) n);
			else
				drawn := (select array_agg(t order by n) from jsonb_array_elements_text(kept -> floor(random() * cardinality(ids))::int) with ordinality e(t, n));
				place := 1 + floor(random() * cardinality(types));
				drawn[place] := draw(types[place]);
			end if;
			execute row_of using try, drawn;
			found := answer(number, call, case when alone then array[try] else ids || try end);
			if alone and length(found) > longest then
				longest := length(found);
				ids := array[try];
				kept := jsonb_build_array(to_jsonb(drawn));
			elsif not alone and found is not null then
				ids := ids || try;
				kept := kept || jsonb_build_array(to_jsonb(drawn));
			end if;
		end loop;
		execute format('delete from rows_%s where id <> all ($1)', number) using ids;
		return cardinality(ids);
	end $$;
});

# Those that merge come last: their rows are states of another aggregate, over parts of its rows.
my @aggregates = map { my %a; @a{qw(number signature name types variadic result state)} = split /\|/; \%a } split /\n/, ask(q{
	select row_number() over (order by proname like '%\_merge', p.oid::regprocedure::text), p.oid::regprocedure, proname,
		(select string_agg(format_type(t, null), ';' order by n) from unnest(proargtypes) with ordinality a(t, n)),
		(provariadic <> 0)::int, format_type(prorettype, null), aggtranstype::regtype
	from pg_proc p join pg_aggregate on aggfnoid = p.oid where pronamespace = 'revops'::regnamespace and prokind = 'a'
	order by 1});
my %merge = map { $_->{types} => $_ } grep { $_->{name} =~ /_merge$/ } @aggregates;
foreach my $aggregate (@aggregates)
{
	my ($number, $signature, $name) = @$aggregate{qw(number signature name)};
	my @types = split /;/, $aggregate->{types};
	my @arguments = map { "a$_" } 1 .. @types;
	$arguments[-1] = "variadic $arguments[-1]" if $aggregate->{variadic};
	$aggregate->{call} = "$name(" . join(', ', @arguments) . ')';
	my ($of) = sort { $b->{rows} <=> $a->{rows} } grep { $name =~ /_merge$/ && $_->{name} !~ /_merge$/ && $_->{result} eq $types[0] } @aggregates;
	if ($of)
	{
		ask(qq{create table rows_$number with (parallel_workers = 2) as
			select n as id, n % 2 as part, s as a1, repeat('x', 5000) as pad
			from (select id % 12 as n, $of->{call} as s from rows_$of->{number} group by 1 union all select 13, null) x});
		ask("alter table rows_$number alter pad set storage plain; update rows_$number set pad = pad || 'x'; vacuum full rows_$number");
		$aggregate->{rows} = ask("select count(*) from rows_$number");
	}
	else
	{
		my $list = join ',', map { "\"$_\"" } @types;
		($aggregate->{rows}) = ask("select setseed(0.5); select fill($number, '$aggregate->{call}', '{$list}')") =~ /(\d+)$/;
	}
	ok($aggregate->{rows} >= 4, "$signature: rows to fold") or diag "$aggregate->{rows} rows";
	$aggregate->{from} = "rows_$number";
}

# What a query says; an error is an answer, too: a part of a tariff may lack the last tier.
sub said
{
	my ($sql) = @_;
	return eval { ask($sql) } // ($@ =~ /^(ERROR.*)/m)[0];
}

# What an aggregate says of its rows: all of them, and by part.
sub answers
{
	my ($aggregate, $from, $settings) = @_;
	my $where = $settings =~ /leader/ ? 'where slow(id) is not null' : '';
	return ask("$settings; select $aggregate->{call}::text from $from $where") . "\n"
		. said("$settings; select part, $aggregate->{call}::text from $from group by part order by part");
}
my $one = 'set max_parallel_workers_per_gather = 0';
my $shared = 'set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 10000; set min_parallel_table_scan_size = 0; set parallel_leader_participation = off';

foreach my $aggregate (@aggregates)
{
	my ($signature, $call, $from) = @$aggregate{qw(signature call from)};
	$aggregate->{answer} = answers($aggregate, $from, $one);
	like($aggregate->{answer}, qr/[^\n|01]/, "$signature: an answer");
	like(ask("$shared; explain (analyze, costs off, timing off) select $call from $from where slow(id) is not null"),
		qr/Finalize Aggregate.*Workers Planned: 2\s+Workers Launched: 2\s.*Partial Aggregate/s, "$signature: workers fold, one process merges");
	is(answers($aggregate, $from, $shared), $aggregate->{answer}, "$signature: the same from workers");

	# partition by partition
	ask("create table parted_$from (like $from) partition by list (part);
		create table parted_${from}_0 partition of parted_$from for values in (0); create table parted_${from}_1 partition of parted_$from for values in (1);
		insert into parted_$from select * from $from");
	my $by_part = "$one; set enable_partitionwise_aggregate = on";
	like(ask("$by_part; explain (costs off) select $call from parted_$from"),
		qr/Finalize Aggregate.*Append.*Partial Aggregate.*Partial Aggregate/s, "$signature: partitions are folded, then merged");
	is(answers($aggregate, "parted_$from", $by_part), $aggregate->{answer}, "$signature: the same from partitions");
}

SKIP:
{
	skip 'no postgres_fdw', 1 unless $has_fdw;
	ask('create extension postgres_fdw');
	foreach my $far (@far)
	{
		ask(sprintf(q{create server %1$s foreign data wrapper postgres_fdw options (host '%2$s', port '%3$s', dbname '%1$s', extensions 'revops', fdw_tuple_cost '1000');
			create user mapping for current_user server %1$s; create schema %1$s}, $far, $node->host, $node->port));
	}
	my %done;
	foreach my $aggregate (grep { !$done{ $_->{name} }++ } @aggregates)
	{
		my ($signature, $name, $call, $from) = @$aggregate{qw(signature name call from)};
		my $columns = ask("select string_agg(format('%I %s', attname, format_type(atttypid, null)), ', ' order by attnum) from pg_attribute
			where attrelid = '$from'::regclass and attnum > 0 and attname <> 'pad'");
		my $merge = $merge{ $aggregate->{result} };
		ask("create table far_$from (part int) partition by list (part)" =~ s/part int/$columns/r);
		foreach my $part (0, 1)
		{
			my $far = $far[$part];
			ask_in($far, "create table $from ($columns); create view state_$from as select $call as state from $from");
			ask("create foreign table $far.$from partition of far_$from for values in ($part) server $far options (schema_name 'public');
				create foreign table $far.state_$from (state $aggregate->{result}) server $far options (schema_name 'public')");
		}
		my $names = $columns =~ s/(\w+) [^,]+/$1/gr;
		ask("insert into far_$from select $names from $from");

		# the whole there
		my $north = 'north.' . $from;
		like(ask("explain (verbose, costs off) select $call from $north"), qr/Remote SQL: SELECT revops\.$name\(/, "$signature: computed on the other server");
		is(said("select $call\::text from $north"), said("$one; select $call\::text from $from where part = 0"), "$signature: the same from there");

		# each partition there
		my $by_part = "$one; set enable_partitionwise_aggregate = on";
		like(ask("$by_part; explain (verbose, costs off) select part, $call from far_$from group by part"),
			qr/Remote SQL: SELECT part, revops\.$name\(.*Remote SQL: SELECT part, revops\.$name\(/s, "$signature: computed where each partition is");
		is(answers($aggregate, "far_$from", $by_part), $aggregate->{answer}, "$signature: the same from partitions on other servers");

		# states made there, merged here; those of a funnel over rows may not share entities, and these do
		next if !$merge || $aggregate->{state} eq 'internal';
		is(ask("select $merge->{name}(state)::text from (select state from north.state_$from union all select state from south.state_$from) s"),
			ask("$one; select $call\::text from $from"), "$signature: states made there, merged here");
	}
}

$node->stop;
done_testing();
