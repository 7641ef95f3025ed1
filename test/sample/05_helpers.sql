-- Helpers of the generator; 95_finish.sql drops them. Chance comes from md5 alone, and all
-- arithmetic that decides a row is on integers, dates and numeric, so that no machine differs.

-- A throw of a die with that many sides, 0 .. sides - 1, the same for the same salt and key.
create function sales.dice(salt text, key bigint, sides int) returns int
language sql immutable
return ('x' || substr(md5(salt || '/' || key), 1, 7))::bit(28)::int % sides;

-- Heavy-tailed size in per cent of a typical one: half below 100, one in twenty near 1500.
create function sales.tail(salt text, key bigint) returns int
language sql immutable
return (array[20, 25, 30, 35, 40, 50, 60, 70, 80, 90,
              100, 115, 135, 160, 200, 260, 350, 500, 900, 1500])[1 + sales.dice(salt, key, 20)]
       * (85 + sales.dice(salt || '~', key, 31)) / 100;

-- Length of a step in per cent of the usual one: skewed, seldom beyond four times.
create function sales.pace(salt text, key bigint) returns int
language sql immutable
return (array[15, 25, 35, 45, 55, 62, 70, 78, 86, 95,
              105, 115, 128, 142, 160, 180, 210, 250, 310, 400])[1 + sales.dice(salt, key, 20)]
       * (85 + sales.dice(salt || '~', key, 31)) / 100;

-- Seconds since 1970 of a moment on that day; 01:00 to 10:59 UTC is the working day in Shanghai.
create function sales.epoch(day date, second_of_day int) returns bigint
language sql immutable
return (day - date '1970-01-01')::bigint * 86400 + second_of_day;

create function sales.moment(day date, salt text, key bigint) returns timestamptz
language sql immutable
return to_timestamp(sales.epoch(day, 3600 + sales.dice(salt, key, 36000)));

create function sales.add_months(day date, months int) returns date
language sql immutable
return (day::timestamp + make_interval(months => months))::date;

-- What the price list asks for a quantity of a graduated item.
create function sales.list_amount(p_item text, p_list text, p_day date, p_quantity int)
returns numeric
language sql stable as $$
    with tier as (
        select
            t.up_to_quantity,
            t.unit_price,
            t.flat_fee,
            coalesce(lag(t.up_to_quantity) over (order by t.tier_no), 0) as from_quantity
        from sales.price_tier as t
        where t.item = p_item
          and t.price_list = p_list
          and p_day >= t.valid_from
          and (t.valid_to is null or p_day <= t.valid_to)
    )
    select sum((least(p_quantity, coalesce(up_to_quantity, p_quantity)) - from_quantity)
               * unit_price + flat_fee)
    from tier
    where from_quantity < p_quantity
$$;

-- Working days with a weight of how much business falls on them: company growth times season.
-- Leads come in spring and autumn; orders follow the budget year: December high, February low.
-- Weights are summed up, so that a throw below the total finds its day.
create temporary table business_day on commit drop as
with weighted as (
    select
        k.kind,
        d.day,
        k.season[extract(month from d.day)::int]
        * (array[5, 6, 7, 8, 8])[1 + n / 366] as weight
    from generate_series(0, 1825) as n
    cross join lateral (select date '2020-07-01' + n as day) as d
    cross join (values
        ('lead', array[6, 3, 9, 8, 7, 8, 6, 6, 9, 7, 8, 6]),
        ('order', array[6, 3, 8, 7, 7, 8, 6, 6, 8, 7, 11, 18])
    ) as k (kind, season)
    where extract(isodow from d.day) < 6
)
select
    kind,
    day,
    (sum(weight) over (partition by kind order by day))::int as up_to
from weighted;

create index on business_day (kind, up_to);
create index on business_day (kind, day);
analyze business_day;

-- A business day after the given one, null when there is none left; the earliest of that many
-- throws, since what follows an event follows soon rather than late.
create function sales.day_after(p_kind text, p_day date, salt text, key bigint, throws int)
returns date
language sql stable as $$
    select d.day
    from (
        select
            coalesce((select up_to from pg_temp.business_day
                      where kind = p_kind and day <= p_day
                      order by kind desc, day desc
                      limit 1), 0) as low,
            (select up_to from pg_temp.business_day
             where kind = p_kind
             order by kind desc, up_to desc
             limit 1) as high
    ) as b
    cross join lateral (
        select day
        from pg_temp.business_day
        where kind = p_kind
          and up_to > b.low + (
              select min(sales.dice(salt || n, key, greatest(b.high - b.low, 1)))
              from generate_series(1, throws) as n
          )
        order by kind, up_to
        limit 1
    ) as d
$$;
