-- Metered usage, one row per account, item and day with usage; only on days a contract of the line
-- covers. Weekends are quiet, use grows by the year, some accounts pause for whole months.
create temporary table covered_day on commit drop as
select distinct
    c.account_no,
    c.product_line,
    d.day,
    d.day - date '2020-07-01' as n
from sales.contract as c
cross join lateral (
    select c.starts_on + n as day
    from generate_series(0, least(c.ends_on, date '2025-06-30') - c.starts_on) as n
) as d
where c.product_line in ('cloud', 'private')
  and d.day <= '2025-06-30';

insert into sales.usage_daily (account_no, item, used_on, quantity)
select
    v.account_no,
    u.item,
    v.day,
    round(
        z.size::numeric
        * u.typical
        * (50 + sales.dice(u.item, v.account_no * 10000 + v.n, 101))
        * (100 + v.n / 30)
        * case when extract(isodow from v.day) > 5 then u.weekend else 100 end
        / 100000000::numeric,
        u.digits
    )
from covered_day as v
join (values
    ('cloud', 'CL-CPU', 100, 60, 15, 3),
    ('cloud', 'CL-STORE', 80, 400, 100, 3),
    ('cloud', 'CL-API', 55, 6000, 20, 0),
    ('cloud', 'CL-RENDER', 35, 220, 10, 0),
    ('private', 'PD-NODE', 100, 24, 100, 2)
) as u (product_line, item, share, typical, weekend, digits)
  on u.product_line = v.product_line
cross join lateral (
    -- Size in per cent: the account's own, heavy-tailed.
    select sales.tail('user size', v.account_no) as size
) as z
where sales.dice(u.item || ' used', v.account_no, 100) < u.share
  -- Not every day, and no day of a paused month.
  and sales.dice(u.item || ' on', v.account_no * 10000 + v.n, 100)
      < case when u.item in ('CL-STORE', 'PD-NODE') then 99
             when extract(isodow from v.day) > 5 then 25
             else 86 end
  and sales.dice('pause', v.account_no * 1000
                  + 12 * (extract(year from v.day)::int - 2020) + extract(month from v.day)::int, 100) >= 5
order by v.account_no, u.item collate "C", v.day;
