-- Orders: one a paid contract year, top-ups of contract customers, purchases in the online shop,
-- and credit notes. Lines come first, so that each order's total is their sum.
create temporary table order_seed (
    seed         bigint generated always as identity primary key,
    account_no   bigint not null,
    channel_no   int not null,
    contract_no  text,
    day          date not null,
    origin       text not null,
    scale        int not null
) on commit drop;

-- A contract year is ordered after the signature, later years about their anniversary.
insert into order_seed (account_no, channel_no, contract_no, day, origin, scale)
select
    c.account_no,
    coalesce(d.channel_no, a.channel_no),
    c.contract_no,
    o.day,
    case when y.n = 0 and c.contract_kind = 'new' then 'first' else 'contract' end,
    c.quantity
from sales.contract as c
join sales.account as a using (account_no)
left join sales.deal as d using (deal_no)
cross join lateral (select substr(c.contract_no, 7)::bigint as key) as k
cross join lateral generate_series(
    0,
    greatest(0, (coalesce(c.ends_on, date '2025-06-30') - c.starts_on - 30) / 365)
) as y (n)
cross join lateral (
    select case y.n
        when 0 then c.signed_on + 1 + sales.dice('ordered', k.key, 8)
        else sales.add_months(c.starts_on, 12 * y.n) + sales.dice('anniversary', k.key * 10 + y.n, 10)
    end as day
) as o
where c.annual_amount > 0
  and o.day <= '2025-06-30'
order by c.contract_no collate "C", y.n;

-- Top-ups: most contract customers buy none or one, a few buy often.
insert into order_seed (account_no, channel_no, day, origin, scale)
select
    c.account_no,
    a.channel_no,
    o.day,
    'top-up',
    c.seats
from (
    select
        account_no,
        min(signed_on) as first_on,
        max(quantity) as seats
    from sales.contract
    where annual_amount > 0
    group by account_no
) as c
join sales.account as a using (account_no)
cross join lateral generate_series(
    1,
    (array[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 5, 8, 14, 28])[1 + sales.dice('top-ups', c.account_no, 20)]
) as n
cross join lateral (
    select sales.day_after('order', c.first_on + 14, 'top-up day', c.account_no * 100 + n, 2) as day
) as o
where o.day is not null
order by c.account_no, n;

-- The online shop: accounts without a contract, most of them once.
insert into order_seed (account_no, channel_no, day, origin, scale)
select
    a.account_no,
    110,
    o.day,
    'shop',
    case when a.org_type in ('sme', 'micro', 'social') then 3 else 8 end
from sales.account as a
cross join lateral generate_series(
    1,
    (array[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4])[1 + sales.dice('shop orders', a.account_no, 20)]
) as n
cross join lateral (
    select sales.day_after('order', a.created_on + 1, 'shop day', a.account_no * 10 + n, 3) as day
) as o
where sales.dice('shops', a.account_no, 100) < 62
  and o.day is not null
  and not exists (select 1 from sales.contract as c where c.account_no = a.account_no)
order by a.account_no, n;

create temporary table line_seed on commit drop as
-- The contract's own line; a term of less than a year is ordered for its days alone.
select
    s.seed,
    0 as part,
    i.item,
    c.quantity,
    case
        when c.ends_on - c.starts_on + 1 < 360
            then greatest(0.01, round(c.unit_price * (c.ends_on - c.starts_on + 1) / 365, 2))
        else c.unit_price
    end as unit_price
from order_seed as s
join sales.contract as c using (contract_no)
join (values
    ('design', 'DS-SEAT'), ('simulation', 'SIM-SEAT'), ('cloud', 'CL-COMMIT'), ('private', 'PD-SLOT')
) as i (product_line, item) using (product_line)

union all

-- Plug-ins, training and days on site, at the price of the day and of the quantity's tier.
select
    s.seed,
    n,
    w.item,
    w.quantity,
    round(t.unit_price * (100 - case when s.origin = 'shop' then 0 else 5 * sales.dice('cut', s.seed, 4) end) / 100, 2)
from order_seed as s
cross join lateral generate_series(
    1,
    case s.origin
        when 'contract' then sales.dice('extras', s.seed, 10) / 8
        when 'first' then sales.dice('extras', s.seed, 4)
        when 'top-up' then 1 + sales.dice('extras', s.seed, 3)
        else 1 + sales.dice('extras', s.seed, 6) / 3
    end
) as n
cross join lateral (
    select
        case
            when s.origin = 'shop'
                then (array['DS-STARTER', 'DS-STARTER', 'PI-PIPING', 'PI-STEEL', 'PI-EXPORT', 'SV-TRAIN'
                           ])[1 + (sales.dice('shop item', s.seed, 6) + n - 1) % 6]
            else (array['PI-PIPING', 'PI-STEEL', 'SV-TRAIN', 'PI-EXPORT', 'SV-ONSITE', 'PI-FATIGUE', 'SV-CERT'
                       ])[1 + (sales.dice('item', s.seed, 7) + n - 1) % 7]
        end as item,
        greatest(1, least(s.scale, 60) * sales.tail('bought', s.seed * 10 + n) / 250) as quantity
) as w
cross join lateral (
    select p.unit_price
    from sales.price_tier as p
    where p.item = w.item
      and p.price_list = 'standard'
      and p.valid_from <= s.day
      and (p.up_to_quantity is null or w.quantity <= p.up_to_quantity)
    order by p.valid_from desc, p.tier_no
    limit 1
) as t;

-- One order in fifty is credited within two months, in full or by half of one line. Numbers run by
-- time; a few web orders come in the small hours of Shanghai, on the day before by UTC.
create temporary table order_head on commit drop as
with ordered as (
    select
        s.*,
        case
            when s.origin = 'shop' and sales.dice('night', s.seed, 12) = 0
                then to_timestamp(sales.epoch(s.day - 1, 57600 + sales.dice('night at', s.seed, 28800)))
            else sales.moment(s.day, 'order at', s.seed)
        end as ordered_at,
        null::bigint as corrects,
        null::text as credit
    from order_seed as s
),
every as (
    select * from ordered
    union all
    select
        s.seed, s.account_no, s.channel_no, s.contract_no, s.day, s.origin, s.scale,
        sales.moment(c.day, 'credit at', s.seed),
        s.seed,
        case when sales.dice('in full', s.seed, 2) = 0 then 'full' else 'part' end
    from ordered as s
    cross join lateral (select s.day + 4 + sales.dice('credited', s.seed, 55) as day) as c
    where sales.dice('credit', s.seed, 45) = 0
      and c.day <= '2025-06-30'
)
select
    e.*,
    700000 + row_number() over (order by e.ordered_at, e.seed, e.corrects nulls first) as order_no
from every as e;

insert into sales.order_line (order_no, line_no, item, quantity, unit_price, amount)
select
    h.order_no,
    row_number() over (partition by h.order_no order by l.part),
    l.item,
    q.quantity,
    l.unit_price,
    q.quantity * l.unit_price
from order_head as h
join line_seed as l using (seed)
cross join lateral (
    select case h.credit
        when 'full' then -l.quantity
        when 'part' then -((l.quantity + 1) / 2)
        else l.quantity
    end as quantity
) as q
where h.credit is distinct from 'part'
   or l.part = (select min(f.part) from line_seed as f where f.seed = h.seed)
order by h.order_no, l.part;

insert into sales.sales_order (
    order_no, account_no, channel_no, order_kind, ordered_at, contract_no, corrects_order_no, total_amount
)
select
    h.order_no,
    h.account_no,
    h.channel_no,
    case when h.credit is null then 'order' else 'credit_note' end,
    h.ordered_at,
    h.contract_no,
    o.order_no,
    t.total_amount
from order_head as h
join (
    select order_no, sum(amount) as total_amount
    from sales.order_line
    group by order_no
) as t using (order_no)
left join order_head as o
  on o.seed = h.corrects
 and o.credit is null
order by h.order_no;
