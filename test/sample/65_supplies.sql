-- Supplies: orders whose law is known, so that what a model learns from them can be held
-- against the truth. 600 accounts buy at a rate of their own until they leave for good.
-- Numbers are numeric throughout; ln and power of numeric are the same on every machine.
--
-- Days of December count for 2.2 days, all others for 0.889. Counted so, the time between
-- two orders is the sum of two exponential times at the account's rate (regularity 2); rates are
-- gamma distributed with shape r = 2 and rate alpha = 60 days; and after each order, the first
-- too, an account leaves with its own chance, beta distributed with a = 1 and b = 9.
create temporary table supply_day on commit drop as
select
    day,
    (sum(case when extract(month from day) = 12 then 2.2 else 0.889 end) over (order by day))::numeric as up_to
from (select date '2020-07-01' + n as day from generate_series(0, 1825) as n) as d;

create unique index on supply_day (day);
create unique index on supply_day (up_to);
analyze supply_day;

-- A number between 0 and 1, the same for the same salt and key.
create function sales.chance(salt text, key bigint) returns numeric
language sql immutable
return (sales.dice(salt, key, 1000000) + 0.5) / 1000000;

insert into sales.supply_order (supply_no, account_no, ordered_on, amount)
with recursive buyer as (
    select
        a.account_no,
        first.day,
        60 / -ln(sales.chance('supply rate', a.account_no) * sales.chance('supply rate 2', a.account_no)) as pace,
        1 - power(sales.chance('supply leave', a.account_no), 1.0 / 9) as leaves
    from sales.account as a
    cross join lateral (
        select a.created_on + 1 + sales.dice('supply start', a.account_no, 120) as day
    ) as first
    where first.day <= '2024-12-31'
    order by md5('dongle/' || a.account_no) collate "C"
    limit 600
),

bought as (
    select
        b.account_no,
        0 as n,
        d.up_to as at,
        b.pace,
        b.leaves
    from buyer as b
    join supply_day as d using (day)

    union all

    select
        b.account_no,
        b.n + 1,
        next.at,
        b.pace,
        b.leaves
    from bought as b
    cross join lateral (
        select b.at - b.pace * ln(sales.chance('supply gap', b.account_no * 1000 + b.n)
                                  * sales.chance('supply gap 2', b.account_no * 1000 + b.n)) as at
    ) as next
    where sales.chance('supply stay', b.account_no * 1000 + b.n) >= b.leaves
      and next.at <= (select max(up_to) from supply_day)
)

select
    row_number() over (order by d.day, b.account_no, b.n),
    b.account_no,
    d.day,
    round(greatest(0.01, 6.5 * sales.tail('supply size', b.account_no)
                         * (60 + sales.dice('supply amount', b.account_no * 1000 + b.n, 81)) / 100), 2)
from bought as b
cross join lateral (
    select day from supply_day where up_to >= b.at order by up_to limit 1
) as d;
