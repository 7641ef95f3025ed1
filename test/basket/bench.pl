# Baskets and adoptions against the SQL an analyst would write: pairs of Online Retail with at most 100 items a
# basket (REVOPS_SHARED), and CUSTOMERS customers (20,000) who came to some of 200 items.
use strict;
use warnings;

use Bench;

my $customers = $ENV{CUSTOMERS} // 20_000;
my $lines = ($ENV{REVOPS_SHARED} // '../shared') . '/data/online_retail.csv.gz';

run_sql("create extension if not exists revops; set client_min_messages = warning; set search_path = public, revops; set jit = off; set work_mem = '512MB';
	set max_parallel_workers_per_gather = 0; drop table if exists line, purchase;
	create table line (invoice text, item text, quantity integer, at timestamp, unit_price numeric, customer text, country text);
	create table purchase as
	select c as customer, 'item ' || least(199, floor(-ln(1 - (hashint8(c * 1000 + n)::bigint + 2147483648) / 4294967297.0) * 40)) as item, date '2023-01-01' + abs(hashint8(c * 1000 + n + 7)) % 900 as at,
		(abs(hashint8(c * 1000 + n + 9)) % 100000 / 100.0)::numeric(12, 2) as amount
	from generate_series(1, $customers) c, generate_series(1, 12) n;
	vacuum analyze purchase");

if (-e $lines)
{
	run_sql("copy line from program 'gzip -dc $lines' (format csv, header)");
	run_sql("delete from line where invoice like 'C%' or quantity <= 0 or unit_price <= 0");
	run_sql('vacuum analyze line');
	compare('pairs in 5 baskets and more, Online Retail, at most 100 items a basket',
		[ 'self-join' => q{
			with hit as materialized (select distinct invoice, item from line), small as materialized (select invoice from hit group by invoice having count(*) <= 100),
				kept as materialized (select invoice, item from hit join small using (invoice)), n as (select count(distinct invoice)::float8 as n from kept),
				item as materialized (select item, count(*) as n from kept group by item),
				pair as (select a.item as item_a, b.item as item_b, count(*) as both_count from kept a join kept b using (invoice) where a.item <> b.item group by 1, 2 having count(*) >= 5)
			select count(*) || ' ' || sum(both_count) || ' ' || round(sum(both_count::float8 / a.n * n.n / b.n)) || ' ' || round(sum(wilson_low(both_count, a.n)))
			from pair join item a on a.item = item_a join item b on b.item = item_b cross join n},
		'basket_agg and basket_pairs' => q{
			select count(*) || ' ' || sum(both_count) || ' ' || round(sum(lift)) || ' ' || round(sum(attach_rate_low))
			from (select basket_agg(invoice, item) as b from line) x, basket_pairs(b)} ],
		same => 1, runs => 1, goals => [ [ 'basket_agg and basket_pairs', 0.05, 'self-join' ] ]);
	run_sql('create temp table kept_state as select basket_agg(invoice, item) as b from line');
	compare('the same, of a state that is there',
		[ 'basket_pairs, 5 baskets and more' => 'select sum(both_count) from kept_state, basket_pairs(b)',
		'basket_pairs, 200 baskets and more' => 'select sum(both_count) from kept_state, basket_pairs(b, 200)',
		'basket_triples, 20 baskets and more' => 'select sum(abc_count) from kept_state, basket_triples(b, 20)' ], runs => 3);
}

compare("what comes next, $customers customers, 200 items",
	[ 'self-joins' => q{
		with first as materialized (select customer, item, min(at) as at from purchase where at <= '2025-06-30' group by 1, 2), item as (select item, count(*) as n, count(*) filter (where at + 180 <= '2025-06-30') as mature from first group by item),
			pair as materialized (select a.item as item_a, b.item as item_b, count(*) filter (where b.at < a.at) as before, count(*) filter (where b.at > a.at and b.at <= a.at + 180) as followed,
				count(*) filter (where b.at <= a.at and a.at + 180 <= '2025-06-30') as excluded, count(*) filter (where b.at > a.at and b.at <= a.at + 180 and a.at + 180 <= '2025-06-30') as mature_followed,
				percentile_cont(0.5) within group (order by b.at - a.at) filter (where b.at > a.at and b.at <= a.at + 180) as median
				from first a join first b using (customer) where a.item <> b.item group by 1, 2),
			base as (select item_b, sum(mature_followed) as followed, sum(excluded) as excluded from pair group by item_b), total as (select sum(mature) as mature from item)
		select count(*) || ' ' || sum(before) || ' ' || sum(pair.followed) || ' ' || round(sum(mature_followed::float8 / nullif(a.mature - pair.excluded, 0))::numeric, 3) || ' ' || sum(median) || ' ' ||
			round(sum((base.followed - mature_followed)::float8 / nullif(total.mature - b.mature - base.excluded - (a.mature - pair.excluded), 0))::numeric, 3)
		from pair join item a on a.item = item_a join item b on b.item = item_b join base using (item_b) cross join total where a.n >= 10},
	'adoption_agg and adoption_pairs' => q{
		select count(*) || ' ' || sum(before_count) || ' ' || sum(followed_count) || ' ' || round(sum(follow_rate)::numeric, 3) || ' ' || sum(median_days) || ' ' || round(sum(base_rate)::numeric, 3)
		from (select adoption_agg(customer, item, at, amount) as s from purchase) x, adoption_pairs(s, '2025-06-30')} ],
	same => 1, runs => 1, goals => [ [ 'adoption_agg and adoption_pairs', 0.05, 'self-joins' ] ]);

# the medians of the peers are left out of the SQL, and most customers: with 20,000 it does not end
my $few = $customers < 2000 ? $customers : 2000;
run_sql("delete from purchase where customer > $few");
run_sql('vacuum analyze purchase');
compare("what is missing, $few customers, 200 items",
	[ 'all reasons joined, the best kept' => q{
		with has as materialized (select distinct customer, item from purchase where at <= '2025-06-30'), n as (select count(distinct customer) as n from has), item as materialized (select item, count(*) as n from has group by item),
			reason as materialized (select a.item as because, b.item, count(*) as have, wilson_low(count(*), a.n - 1) as low from has h join item a using (item) join has b using (customer) where h.item <> b.item and a.n - 1 >= 20 group by 1, 2, a.n having count(*) <= a.n - 1),
			reasons as (select h.customer, r.item, r.because, r.have, r.low from has h join reason r on r.because = h.item
				union all select c.customer, item.item, 'everyone', item.n, wilson_low(item.n, n.n - 1) from (select distinct customer from has) c, item, n),
			best as (select distinct on (customer, item) * from reasons order by customer, item, low desc, because collate "C")
		select count(*) || ' ' || sum(have) || ' ' || round(sum(low)::numeric, 4) from best left join has using (customer, item) where has.customer is null},
	'adoption_agg and white_space_rows, with medians' => q{
		select count(*) || ' ' || sum(have_count) || ' ' || round(sum(peer_rate_low)::numeric, 4)
		from (select adoption_agg(customer, item, at, amount) as s from purchase) x, white_space_rows(s, '2025-06-30')} ],
	same => 1, runs => 1, goals => [ [ 'adoption_agg and white_space_rows, with medians', 0.05, 'all reasons joined, the best kept' ] ]);

printf "\n  peak memory of the session %d MB\n", peak_memory();
