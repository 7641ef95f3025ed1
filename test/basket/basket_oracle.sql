-- basket: an oracle in plain SQL that looks at each two and three lines of a basket, on
-- random lines with duplicates, NULLs, negative quantities and caps.
begin;
set local search_path = public, revops;
select no_plan();
set local enable_nestloop = off;

select setseed(0.419);
create temp table line as
select g, case when random() < 0.03 then null when g % 2 = 0 then floor(random() * (1 + g * 6))::int::text else 'b' || floor(random() * (1 + g * 6)) end as basket,
	case when random() < 0.03 then null else chr(65 + floor(power(random(), 2) * (2 + g))::int) || case when random() < 0.1 then 'x' else '' end end as item,
	case when g % 4 = 3 then null else round((random() * 20 - 2)::numeric, 1) end as quantity
from generate_series(0, 23) g, generate_series(1, g * 25) n;
create temp table state as select g, basket_agg(basket, item, quantity) as b from line group by g;
create temp table hit as select distinct g, basket, item from line where basket is not null and item is not null and not coalesce(quantity <= 0, false);
create temp table basket as select g, basket, count(*) as items from hit group by g, basket;
create temp table asked as select g, least_count, cap from state, (values (1, 3), (1, 100), (2, 5), (5, 100), (4, 8), (1, 1)) v(least_count, cap);

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-12 * greatest(1, abs(b)) is true';

create temp table kept as select a.g, a.least_count, a.cap, h.basket, h.item from asked a join hit h using (g) join basket k using (g, basket) where k.items <= a.cap;
create temp table item_count as select g, least_count, cap, item, count(*) as n from kept group by 1, 2, 3, 4;
create temp table all_count as select g, least_count, cap, count(distinct basket) as n from kept group by 1, 2, 3;

analyze kept;
analyze item_count;
analyze all_count;
create temp table pair_oracle as
select x.*, w.n as basket_count, a.n as a_count, b.n as b_count
from (select g, least_count, cap, l.item as item_a, r.item as item_b, count(*) as both_count
	from kept l join kept r using (g, least_count, cap, basket) where l.item <> r.item
	group by 1, 2, 3, 4, 5) x
	join all_count w using (g, least_count, cap)
	join item_count a on (a.g, a.least_count, a.cap, a.item) = (x.g, x.least_count, x.cap, item_a)
	join item_count b on (b.g, b.least_count, b.cap, b.item) = (x.g, x.least_count, x.cap, item_b)
where both_count >= x.least_count;
create temp table pair as select a.g, least_count, cap, p.* from asked a join state using (g), basket_pairs(b, least_count, cap) p;
select is(count(*), 0::bigint, 'pairs are those of a self-join')
from pair p full join pair_oracle o using (g, least_count, cap, item_a, item_b)
where (p.basket_count, p.a_count, p.b_count, p.both_count) is distinct from (o.basket_count, o.a_count, o.b_count, o.both_count)
	or not pg_temp.near(support, o.both_count::float8 / o.basket_count) or not pg_temp.near(attach_rate, o.both_count::float8 / o.a_count)
	or not pg_temp.near(attach_rate_low, wilson_low(o.both_count, o.a_count)) or not pg_temp.near(attach_rate_high, wilson_high(o.both_count, o.a_count))
	or not pg_temp.near(lift, o.both_count::float8 * o.basket_count / o.a_count / o.b_count)
	or not pg_temp.near(lift_low, wilson_low(o.both_count, o.a_count) * o.basket_count / o.b_count) or not pg_temp.near(lift_high, wilson_high(o.both_count, o.a_count) * o.basket_count / o.b_count);
select cmp_ok(count(*), '>', 5000::bigint, 'there are many pairs') from pair;
select is(count(*), 0::bigint, 'in their order')
from (select a.g, row_number() over (partition by a.g) as place, row_number() over (partition by a.g order by both_count desc, item_a collate "C", item_b collate "C") as want
	from state a, basket_pairs(b, 1) with ordinality p order by a.g, p.ordinality) x where place <> want;

create temp table triple_oracle as
select x.*, ab_count, w.n as basket_count, c.n as c_count
from (select g, least_count, cap, l.item as item_a, r.item as item_b, t.item as item_c, count(*) as abc_count
	from kept l join kept r using (g, least_count, cap, basket) join kept t using (g, least_count, cap, basket)
	where l.item collate "C" < r.item collate "C" and t.item not in (l.item, r.item)
	group by 1, 2, 3, 4, 5, 6) x
	join (select g, least_count, cap, l.item as item_a, r.item as item_b, count(*) as ab_count from kept l join kept r using (g, least_count, cap, basket) group by 1, 2, 3, 4, 5) y using (g, least_count, cap, item_a, item_b)
	join all_count w using (g, least_count, cap)
	join item_count c on (c.g, c.least_count, c.cap, c.item) = (x.g, x.least_count, x.cap, item_c)
where abc_count >= x.least_count;
create temp table triple as select a.g, least_count, cap, t.* from asked a join state using (g), basket_triples(b, least_count, cap) t;
select is(count(*), 0::bigint, 'triples are those of two self-joins')
from triple p full join triple_oracle o using (g, least_count, cap, item_a, item_b, item_c)
where (p.ab_count, p.abc_count) is distinct from (o.ab_count, o.abc_count)
	or not pg_temp.near(attach_rate, o.abc_count::float8 / o.ab_count) or not pg_temp.near(attach_rate_low, wilson_low(o.abc_count, o.ab_count))
	or not pg_temp.near(attach_rate_high, wilson_high(o.abc_count, o.ab_count)) or not pg_temp.near(lift, o.abc_count::float8 / o.ab_count * o.basket_count / o.c_count);
select cmp_ok(count(*), '>', 5000::bigint, 'there are many triples') from triple;
select is(count(*), 0::bigint, 'in their order too')
from (select a.g, row_number() over (partition by a.g) as place, row_number() over (partition by a.g order by abc_count desc, item_a collate "C", item_b collate "C", item_c collate "C") as want
	from state a, basket_triples(b, 1) with ordinality p order by a.g, p.ordinality) x where place <> want;

select is(count(*), 0::bigint, 'items, also those over the cap')
from (select a.g, a.least_count, cap, i.* from asked a join state using (g), basket_items(b, cap) i) i
	full join (select a.g, a.least_count, a.cap, h.item, count(*) filter (where k.items <= a.cap) as n, count(*) filter (where k.items > a.cap) as over from asked a join hit h using (g) join basket k using (g, basket) group by 1, 2, 3, 4) o
	using (g, least_count, cap, item) left join all_count w using (g, least_count, cap)
where (i.basket_count, i.over_cap_count) is distinct from (o.n, o.over) or not pg_temp.near(basket_rate, o.n::float8 / w.n);
select is(count(*), 0::bigint, 'summaries')
from (select g, s.* from state, basket_summary(b) s) s
	full join (select g, count(distinct basket) as n, count(*)::float8 / count(distinct basket) as per_basket from hit group by g) o using (g)
	full join (select g, count(*) filter (where items > 1) as multi, max(items) as largest from basket group by g) k using (g)
	full join (select g, sum(quantity) filter (where quantity > 0) as units, bool_or(quantity is null) as unknown, count(*) filter (where quantity <= 0) as skipped from line where basket is not null and item is not null group by g) l using (g)
where (s.baskets, multi_item_baskets, largest_basket, skipped_rows) is distinct from (o.n, multi, largest, skipped) or not pg_temp.near(items_per_basket, per_basket)
	or not pg_temp.near(multi_item_rate, multi::float8 / o.n) or not pg_temp.near(multi_item_rate_low, wilson_low(multi, o.n)) or not pg_temp.near(multi_item_rate_high, wilson_high(multi, o.n))
	or not pg_temp.near(units_per_basket, case when not unknown then units::float8 / o.n end);

select * from finish();
rollback;
