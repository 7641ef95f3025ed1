# X_combine(a, b) is what X_merge gives for the two rows, to the last bit or to the error,
# for every pair of every type's values; and what is stored stays as it was.
use strict;
use warnings;

use Arguments;
use POSIX ();
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;

sub ask { return $node->safe_psql('postgres', "set search_path = public, revops;\n" . shift) }

ask('create extension revops');
make_values(\&ask);

# the bytes that a call gives, or its error
ask(q{
	create function outcome(call text, type text, a anyelement, b anyelement) returns text as $$
	declare
		result text;
	begin
		execute format('select encode(revops_internal.%I(%s), %L)', type || '_send', call, 'hex') using a, b into result;
		return coalesce(result, 'NULL');
	exception when others then
		return sqlstate || ' ' || sqlerrm;
	end $$ language plpgsql});

my @merges = split /\n/, ask(q{
	select proname || ' ' || format_type(proargtypes[0], null)
	from pg_proc
	where pronamespace = 'revops'::regnamespace and prokind = 'a' and proname like '%\_merge'
	order by 1});
cmp_ok(@merges, '>', 20, 'there are merge aggregates');
foreach (@merges)
{
	my ($merge, $type) = split / /;
	(my $combine = $merge) =~ s/_merge$/_combine/;

	# the shorter values: some modules have values of megabytes
	ask("create table short as select v from value_$type where v is null or length(v::text) < 20000;
		create table before as select v::text as word from short");
	my ($pairs, $errors, $differing) = split /\|/, ask(qq{
		select count(*), count(*) filter (where scalar ~ '^[0-9A-Z]{5} '), count(*) filter (where scalar is distinct from aggregate)
		from (select outcome('$combine(\$1, \$2)', '$type', a.v, b.v) as scalar,
				outcome('(select $merge(s) from (values (\$1), (\$2)) x (s))', '$type', a.v, b.v) as aggregate
			from short a, short b) x});
	is($differing, '0', "$combine gives what $merge gives ($pairs pairs, $errors of them errors)");
	cmp_ok($pairs - $errors, '>', 1, "$combine merges values");
	is(ask("select count(*) from (select v::text from short except all select word from before) x"), '0', "$combine leaves its arguments alone");
	is(ask("select $combine(null, null) is null"), 't', "$combine of nothing is NULL");
	ask('drop table short, before');
}

# from an order that is no aggregate's, the internal function is refused as before
my ($code, $out, $err) = $node->psql('postgres', 'select revops_internal.order_state_combine(null, null)');
like($err, qr/order_merge can only be called by an aggregate/, 'the combine function is refused outside of an aggregate');

# kept up: rows of a day that come in parts, in any order, some late
ask(q{
	create table line as
	select n, 'c' || n % 7 as customer, date '2025-01-01' + n * 37 % 11 as day, (n * 7919 % 1000) / 8.0 as amount
	from generate_series(1, 3000) n;
	create table order_day (customer text, day date, orders revops.order_state not null, primary key (customer, day))});
foreach my $part (0 .. 9)
{
	ask("insert into order_day
		select customer, day, order_agg(day, amount) from line where n * 13 % 10 = $part group by customer, day
		on conflict (customer, day) do update set orders = order_combine(order_day.orders, excluded.orders)");
}
is(ask('select count(*) from order_day full join (select customer, day, order_agg(day, amount) as orders from line group by customer, day) x using (customer, day)
		where order_day.orders is distinct from x.orders'), '0', 'a table kept up in ten parts holds what one pass gives');

# two refreshes at once, as docs/rollup.md has them: the second one waits, and counts what the first one has not
ask(q{
	create table inbox (customer text, day date, amount numeric);
	create table customer_orders (customer text primary key, orders revops.order_state);
	insert into inbox select customer, day, amount from line where n <= 2000;
	create function refresh() returns bigint language sql set search_path = public, revops as $$
		with arrived as (
			delete from inbox returning customer, day, amount
		), merged as (
			insert into customer_orders as kept
			select customer, order_agg(day, amount) from arrived group by customer
			on conflict (customer) do update set orders = order_combine(kept.orders, excluded.orders)
		)
		select count(*) from arrived
	$$;
	create function wait_for(question text) returns void language plpgsql as $$
	declare
		answer boolean;
	begin
		for i in 1 .. 6000 loop
			perform pg_stat_clear_snapshot();
			execute 'select ' || question into answer;
			exit when answer;
			perform pg_sleep(0.01);
		end loop;
		if not answer then
			raise exception 'waited in vain';
		end if;
	end $$});
my $second = fork() // die $!;
if ($second == 0)
{
	my $rows = eval {
		ask(q{select wait_for('exists (select from pg_locks where relation = ''customer_orders''::regclass and pid <> pg_backend_pid())')});
		ask("insert into inbox select customer, day, amount from line where n > 2000;
			insert into inbox values ('no time', null, 5)");
		ask('select refresh()');
	};
	POSIX::_exit(defined $rows && $rows == 1001 ? 0 : 1);
}
like(ask(q{
	begin;
	select refresh();
	select wait_for('exists (select from pg_stat_activity where wait_event_type = ''Lock'' and query like ''%refresh()'')');
	commit}), qr/^2000$/m, 'the first refresh counts what was there');
waitpid $second, 0;
is($?, 0, 'the second one waits, and counts the rest');
is(ask('select count(*) from customer_orders full join (select customer, order_agg(day, amount) as orders from line group by customer) x using (customer)
		where customer_orders.orders is distinct from x.orders'), '0', 'no row is counted twice, none is lost');
ask(q{insert into inbox values ('no time', '2025-01-01', 7); select refresh()});
is(ask(q{select order_total(orders) from customer_orders where customer = 'no time'}), '7', 'what came without a time keeps no later row away');

$node->stop;
done_testing();
