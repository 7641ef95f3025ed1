# Tariffs against the SQL an analyst would write: pricing a table of usage.
use strict;
use warnings;
use Bench;
use Peers;

my $rows = $ENV{USAGE} // 1_000_000;

# 20 tariffs of 6 tiers, flat fees in each; the tiers also as a table with base
# amounts (price = base + (quantity - above) * unit_price), as arrays, as jsonb.
run_sql("create extension if not exists revops; set search_path = public, revops; set jit = off;
	set max_parallel_workers_per_gather = 0; select setseed(0.5);
	drop table if exists usage, plan, tier;
	create table tier as
	select plan_no, tier_no, case tier_no when 1 then 0 else bound[tier_no - 1] end::numeric as above, bound[tier_no]::numeric as up_to,
		round((0.50 - tier_no * 0.05 + plan_no * 0.003)::numeric, 4) as unit_price, (tier_no * plan_no)::numeric as flat_fee
	from generate_series(1, 20) plan_no, generate_series(1, 6) tier_no,
		lateral (select array[100, 1000, 5000 + plan_no, 20000, 100000, null]) b (bound);
	alter table tier add base numeric;
	update tier t set base = flat_fee + coalesce((select sum(flat_fee + (up_to - above) * unit_price) from tier b
		where b.plan_no = t.plan_no and b.tier_no < t.tier_no), 0);
	create table plan as
	select plan_no, tariff_agg(up_to, unit_price, flat_fee, '{\"mode\": \"graduated\", \"round\": {\"scale\": 2}}') as tariff,
		max(unit_price) as unit_price, array_agg(coalesce(above, 0) order by tier_no) as above, array_agg(base order by tier_no) as base,
		array_agg(tier.unit_price order by tier_no) as price,
		jsonb_agg(jsonb_build_object('above', above, 'up_to', up_to, 'unit_price', unit_price, 'flat_fee', flat_fee) order by tier_no) as tiers
	from tier group by plan_no;
	create table usage as
	select 1 + floor(random() * 20)::int as plan_no, 1 + round((random() * random() * 150000)::numeric, 3) as quantity
	from generate_series(1, $rows);
	create index on tier (plan_no, above)");
run_sql("vacuum analyze $_") foreach qw(usage plan tier);

my $price = 'select sum(tariff_price(tariff, quantity)) from usage join plan using (plan_no)';
compare("Pricing $rows rows of usage by 20 tariffs of 6 tiers",
	[ 'sum(quantity * unit_price), no tiers' => 'select round(sum(quantity * unit_price), 2) from usage join plan using (plan_no)',
	  'tariff_price' => $price,
	  'bare join: sum(quantity)' => 'select sum(quantity) from usage join plan using (plan_no)' ],
	goals => [ [ 'tariff_price', 1.5, 'sum(quantity * unit_price), no tiers' ] ]);

# Quantities above 0 only, so that the SQL versions need no case for nothing. The peers' best form is the range
# join; a tier without an end goes up to what no quantity reaches.
my @peers = open_peers(
	tables => { DuckDB => [ usage => [ 'select plan_no, quantity from usage', 'plan_no bigint, quantity money' ],
		tier => [ 'select plan_no, above, coalesce(up_to, 1e9), base, unit_price from tier', 'plan_no bigint, above money, up_to money, base money, unit_price money' ] ] },
	asks => { DuckDB => [ 'range join with base amounts' => 'select sum(round(base + (quantity - above) * unit_price, 2)) from usage u join tier t on t.plan_no = u.plan_no and quantity > above and quantity <= up_to' ] });
compare("The same, with tiers: totals equal to the cent",
	[ 'tariff_price' => $price,
	  'range join with base amounts' => 'select sum(round(base + (quantity - above) * unit_price, 2)) from usage u
		join tier t on t.plan_no = u.plan_no and quantity > above and (quantity <= up_to or up_to is null)',
	  'width_bucket over arrays' => 'select sum(round(base[k] + (quantity - above[k]) * price[k], 2)) from (
		select *, width_bucket(quantity, above) - (quantity = any(above))::int as k from usage join plan using (plan_no) offset 0) u',
	  peer_queries(1, @peers) ], same => 1,
	check => sub {
		my (%answer) = @_;
		$answer{$_} == $answer{tariff_price} or die "$_ gives $answer{$_}, tariff_price $answer{tariff_price}" foreach keys %answer;
	},
	goals => [ [ 'tariff_price', 0.33, 'range join with base amounts' ], [ 'tariff_price', 0.5, 'width_bucket over arrays' ] ]);
my $few = int($rows / 10);
compare("The same, on $few rows",
	[ 'tariff_price' => "select sum(tariff_price(tariff, quantity)) from (select * from usage limit $few) u join plan using (plan_no)",
	  'lateral sum over a tier table' => "select sum(round(t.price, 2)) from (select * from usage limit $few) u
		cross join lateral (select sum(flat_fee + (least(quantity, up_to) - above) * unit_price) as price
			from tier t where t.plan_no = u.plan_no and above < quantity) t",
	  'jsonb tiers' => "select sum(round(t.price, 2)) from (select * from usage limit $few) u join plan using (plan_no)
		cross join lateral (select sum((t->>'flat_fee')::numeric + (least(quantity, (t->>'up_to')::numeric) - (t->>'above')::numeric) * (t->>'unit_price')::numeric) as price
			from jsonb_array_elements(tiers) t where (t->>'above')::numeric < quantity) t",
	], same => 1, goals => [ [ 'tariff_price', 0.033, 'lateral sum over a tier table' ], [ 'tariff_price', 0.067, 'jsonb tiers' ] ]);
