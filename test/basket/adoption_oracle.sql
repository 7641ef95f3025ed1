-- adoption: an oracle in plain SQL on random histories with ties, credit notes, traits, NULLs
-- and a future that must not matter.
begin;
set local search_path = public, revops;
select no_plan();
set local enable_nestloop = off;

select setseed(0.733);
create temp table fact as
select g, case when random() < 0.02 then null when g % 2 = 0 then floor(random() * (2 + g * 3))::int::text else 'c' || floor(random() * (2 + g * 3)) end as customer,
	case when random() < 0.02 then null else case when random() < 0.5 then chr(65 + floor(power(random(), 2) * (2 + g))::int) else chr(97 + floor(random() * 3)::int) || 'x' end end as item,
	case when random() < 0.05 then null else date '2024-01-01' + floor(random() * 30 * (1 + g % 5))::int end as at,
	case when g % 6 = 5 or random() < 0.1 then null else round((random() * 200 - 30)::numeric, 2) end as amount
from generate_series(0, 13) g, generate_series(1, g * 20) n;
-- traits: by name
update fact set at = null where item in ('ax', 'bx') and random() < 0.9;
create temp table state as select g, adoption_agg(customer, item, at, amount) as s from fact group by g;
create temp table asked as select g, as_of, days, least_count from state, (values (date '2024-02-05', 10, 1), ('2024-03-20', 25, 2), ('2024-06-30', 30, 5), ('2024-01-01', 1, 1)) v(as_of, days, least_count);

create function pg_temp.near(a float8, b float8) returns boolean immutable language sql
	as 'select (a is null and b is null) or abs(a - b) <= 1e-12 * greatest(1, abs(b)) is true';

-- what a customer has by as_of: the first day that is more than credit notes, and the sum
create temp table has as
select a.g, a.as_of, customer, item, min(at) filter (where coalesce(amount, 0) >= 0) as first, bool_or(at is null) as is_trait, (sum(amount) filter (where at is not null))::float8 as total
from (select distinct g, as_of from asked) a join fact f using (g)
where customer is not null and item is not null and (at is null or at <= as_of)
group by 1, 2, 3, 4;
delete from has where first is null and not is_trait;
update has set total = null where first is null;
create index on has (g, as_of, item);
create index on has (g, as_of, customer, item);
analyze has;

-- each first item that is old enough, beside each item that did not come before or with it
create temp table look as
select a.g, a.as_of, a.days, a.least_count, h.item as item_a, i.item as item_b, count(*) as mature, count(*) filter (where b.first <= h.first + a.days) as mature_followed
from asked a join has h using (g, as_of) join (select distinct g, as_of, item from has where first is not null) i using (g, as_of)
	left join has b on (b.g, b.as_of, b.customer, b.item) = (h.g, h.as_of, h.customer, i.item) and b.first is not null
where h.first + a.days <= a.as_of and h.item <> i.item and coalesce(b.first > h.first, true)
group by 1, 2, 3, 4, 5, 6;
create temp table pair_oracle as
select x.*, (select count(*) from has h where (h.g, h.as_of, h.item) = (x.g, x.as_of, x.item_a) and h.first is not null) as a_count, coalesce(m.mature, 0) as mature, coalesce(m.mature_followed, 0) as mature_followed,
	(select sum(l.mature_followed) / sum(l.mature) from look l where (l.g, l.as_of, l.days, l.least_count, l.item_b) = (x.g, x.as_of, x.days, x.least_count, x.item_b) and l.item_a <> x.item_a) as base_rate
from (select g, as_of, days, least_count, a.item as item_a, b.item as item_b,
		count(*) filter (where b.first < a.first) as before, count(*) filter (where b.first = a.first) as same_day, count(*) filter (where b.first > a.first and b.first <= a.first + days) as followed,
		percentile_cont(0.5) within group (order by b.first - a.first) filter (where b.first > a.first and b.first <= a.first + days) as median_days
	from asked join has a using (g, as_of) join has b using (g, as_of, customer)
	where a.item <> b.item and a.first is not null and b.first is not null
	group by 1, 2, 3, 4, 5, 6) x
	left join look m using (g, as_of, days, least_count, item_a, item_b);
delete from pair_oracle where a_count < least_count;
create temp table pair as select g, as_of, days, least_count, p.* from asked join state using (g), adoption_pairs(s, as_of, days, least_count) p;
select is(count(*), 0::bigint, 'pairs are those of a self-join')
from pair p full join pair_oracle o using (g, as_of, days, least_count, item_a, item_b)
where (p.a_count, before_count, same_day_count, followed_count, mature_count, mature_followed_count) is distinct from (o.a_count, o.before, o.same_day, o.followed, o.mature, o.mature_followed)
	or not pg_temp.near(follow_rate, o.mature_followed::float8 / nullif(o.mature, 0)) or not pg_temp.near(follow_rate_low, wilson_low(o.mature_followed, o.mature))
	or not pg_temp.near(follow_rate_high, wilson_high(o.mature_followed, o.mature)) or not pg_temp.near(p.base_rate, o.base_rate::float8) or p.median_days is distinct from o.median_days;
select cmp_ok(count(*), '>', 1000::bigint, 'there are many pairs') from pair;

create temp table step as
select g, as_of, days, least_count, a.item as item_a, b.item as item_b, customer, a.first as a_day, b.first as b_day, count(*) over (partition by g, as_of, days, least_count, a.item, b.item) as ab_count
from asked join has a using (g, as_of) join has b using (g, as_of, customer)
where b.first > a.first and b.first <= a.first + days;
create index on step (g, as_of, days, least_count, item_a, item_b);
analyze step;
create temp table chain_oracle as
select x.*, m.mature, m.mature_followed
from (select g, as_of, days, least_count, item_a, item_b, c.item as item_c, ab_count, count(*) as abc_count, percentile_cont(0.5) within group (order by c.first - a_day) as median_days
	from step join has c using (g, as_of, customer)
	where c.first > b_day and c.first <= b_day + days and ab_count >= least_count
	group by 1, 2, 3, 4, 5, 6, 7, 8) x,
	lateral (select count(*) as mature, count(*) filter (where c.first <= b_day + s.days) as mature_followed
		from step s left join has c on (c.g, c.as_of, c.customer, c.item) = (s.g, s.as_of, s.customer, x.item_c)
		where (s.g, s.as_of, s.days, s.least_count, s.item_a, s.item_b) = (x.g, x.as_of, x.days, x.least_count, x.item_a, x.item_b) and b_day + s.days <= s.as_of and coalesce(c.first >= b_day, true)) m;
create temp table chain as select g, as_of, days, least_count, p.* from asked join state using (g), adoption_chains(s, as_of, days, least_count) p;
select is(count(*), 0::bigint, 'chains are those of two self-joins')
from chain p full join chain_oracle o using (g, as_of, days, least_count, item_a, item_b, item_c)
where (p.ab_count, p.abc_count, mature_count) is distinct from (o.ab_count, o.abc_count, o.mature) or p.median_days is distinct from o.median_days
	or not pg_temp.near(follow_rate, o.mature_followed::float8 / nullif(o.mature, 0)) or not pg_temp.near(follow_rate_low, wilson_low(o.mature_followed, o.mature)) or not pg_temp.near(follow_rate_high, wilson_high(o.mature_followed, o.mature));
select cmp_ok(count(*), '>', 100::bigint, 'there are many chains') from chain;

-- white space: each customer with each item it lacks, and the best of all its reasons
create temp table customers as select distinct g, as_of, customer from has;
create temp table customer_count as select g, as_of, count(*) as n from customers group by 1, 2;
create temp table evidence as
select g, as_of, e.item as because, i.item, count(*) as have, percentile_cont(0.5) within group (order by i.total) as peer_amount
from (select g, as_of, customer, item from has union all select g, as_of, customer, 'everyone' from customers) e join has i using (g, as_of, customer)
group by 1, 2, 3, 4;
create temp table holders as select g, as_of, item, count(*) as n from has group by 1, 2, 3 union all select g, as_of, 'everyone', n from customer_count;
create index on evidence (g, as_of, because, item);
analyze evidence;
analyze holders;
analyze customers;
analyze customer_count;
analyze asked;
create temp table space_oracle as
select distinct on (a.g, a.as_of, a.least_count, c.customer, i.item) a.g, a.as_of, a.least_count, c.customer, i.item, e.because, peers.n - 1 as peer_count, coalesce(v.have, 0) as have_count,
	wilson_low(coalesce(v.have, 0), peers.n - 1) as low, wilson_high(coalesce(v.have, 0), peers.n - 1) as high, h.n::float8 / k.n as share, v.peer_amount
from asked a join customers c using (g, as_of) join customer_count k using (g, as_of)
	join (select g, as_of, item from has group by 1, 2, 3 having bool_or(first is not null)) i using (g, as_of)
	join holders h on (h.g, h.as_of, h.item) = (a.g, a.as_of, i.item)
	join (select g, as_of, customer, item as because from has union all select g, as_of, customer, 'everyone' from customers) e on (e.g, e.as_of, e.customer) = (a.g, a.as_of, c.customer)
	join holders peers on (peers.g, peers.as_of, peers.item) = (a.g, a.as_of, e.because)
	left join evidence v on (v.g, v.as_of, v.because, v.item) = (a.g, a.as_of, e.because, i.item)
where (e.because = 'everyone' or peers.n - 1 >= a.least_count) and peers.n > 1
	and not exists (select from has x where (x.g, x.as_of, x.customer, x.item) = (a.g, a.as_of, c.customer, i.item))
order by a.g, a.as_of, a.least_count, c.customer, i.item, low desc, e.because collate "C";
create temp table space as select g, as_of, least_count, w.*, row_number() over (partition by g, as_of order by w.ordinality) as place from asked join state using (g), white_space_rows(s, as_of, least_count) with ordinality w;
analyze space;
analyze space_oracle;
select is(count(*), 0::bigint, 'white space is that of a query that weighs all reasons')
from space p full join space_oracle o using (g, as_of, least_count, customer, item)
where (p.because, p.peer_count, p.have_count, p.peer_rate_low, p.peer_rate_high) is distinct from (o.because, o.peer_count, o.have_count, o.low, o.high)
	or not pg_temp.near(peer_rate, o.have_count::float8 / o.peer_count) or not pg_temp.near(lift, o.have_count::float8 / o.peer_count / share)
	or not pg_temp.near(p.peer_amount, o.peer_amount) or not pg_temp.near(potential_amount, o.low * o.peer_amount);
select cmp_ok(count(*), '>', 5000::bigint, 'there are many offers') from space;
select cmp_ok(count(*), '>', 500::bigint, 'and many by traits') from space where because in ('ax', 'bx');
select is(count(*), 0::bigint, 'in their order') from (select place, row_number() over (partition by g, as_of order by peer_rate_low desc, customer collate "C", item collate "C") as want from space) x where place <> want;
create temp table later as select g, as_of, customer, item, min(at) as first from (select distinct g, as_of from asked) a join fact using (g) where coalesce(amount, 0) >= 0 and at > as_of and at <= as_of + 30 group by 1, 2, 3, 4;
analyze later;
select is(count(*), 0::bigint, 'the check cuts the rank at ceil(j n / 10), best first')
from (select g, as_of, least_count, c.* from asked join state using (g), white_space_check(s, as_of, as_of + 30, least_count) c) c
	full join (select r.g, r.as_of, r.least_count, 11 - band as band_index, count(*) as offers, count(*) filter (where r.taken) as taken, count(*) filter (where p.taken) as popular
		from (select s.*, f.first is not null as taken, row_number() over (partition by g, as_of order by place) as k, count(*) over (partition by g, as_of) as n from space s
			left join later f using (g, as_of, customer, item)) r
			join (select s.g, s.as_of, f.first is not null as taken, row_number() over (partition by s.g, s.as_of order by h.n desc, customer collate "C", s.item collate "C") as k from space s
				join holders h using (g, as_of, item)
				left join later f using (g, as_of, customer, item)) p using (g, as_of, k),
			lateral (select 1 + count(*) as band from generate_series(1, 9) j where ceil(j * n / 10.0) < k) b
		group by 1, 2, 3, 4) o using (g, as_of, least_count, band_index)
where (c.offers, c.taken) is distinct from (o.offers, o.taken) or not pg_temp.near(taken_rate, o.taken::float8 / o.offers) or not pg_temp.near(taken_rate_low, wilson_low(o.taken, o.offers))
	or not pg_temp.near(taken_rate_high, wilson_high(o.taken, o.offers)) or not pg_temp.near(popular_taken_rate, o.popular::float8 / o.offers);

-- what happened later changes no answer
create temp table known as select a.g, a.as_of, adoption_agg(customer, item, at, amount) as s from (select distinct g, as_of from asked) a join fact using (g) where at is null or at <= as_of group by 1, 2;
select is(count(*), 0::bigint, 'rows of the future have no say')
from asked a join state using (g) join known k using (g, as_of)
where (select array_agg(p::text) from adoption_pairs(state.s, as_of, days, 1) p) is distinct from (select array_agg(p::text) from adoption_pairs(k.s, as_of, days, 1) p)
	or (select array_agg(p::text) from adoption_chains(state.s, as_of, days, 1) p) is distinct from (select array_agg(p::text) from adoption_chains(k.s, as_of, days, 1) p)
	or (select array_agg(p::text) from white_space_rows(state.s, as_of, 1) p) is distinct from (select array_agg(p::text) from white_space_rows(k.s, as_of, 1) p);

select * from finish();
rollback;
