-- Days off and make-up days as the State Council announced them, 2020 to 2025, one row per day and
-- festival. The eve of 2024's Spring Festival was left to the companies: neither, by the table.
insert into sales.holiday (on_date, name, is_work_day)
select d::date, f.name, false
from (values
    ('New Year', '2020-01-01', '2020-01-01'),
    -- The week was prolonged on January 26, for the epidemic; February 1 was to be worked before.
    ('Spring Festival', '2020-01-24', '2020-02-02'),
    ('Tomb-Sweeping Day', '2020-04-04', '2020-04-06'),
    ('Labour Day', '2020-05-01', '2020-05-05'),
    ('Dragon Boat Festival', '2020-06-25', '2020-06-27'),
    ('National Day', '2020-10-01', '2020-10-08'),
    ('Mid-Autumn Festival', '2020-10-01', '2020-10-01'),

    ('New Year', '2021-01-01', '2021-01-03'),
    ('Spring Festival', '2021-02-11', '2021-02-17'),
    ('Tomb-Sweeping Day', '2021-04-03', '2021-04-05'),
    ('Labour Day', '2021-05-01', '2021-05-05'),
    ('Dragon Boat Festival', '2021-06-12', '2021-06-14'),
    ('Mid-Autumn Festival', '2021-09-19', '2021-09-21'),
    ('National Day', '2021-10-01', '2021-10-07'),

    ('New Year', '2022-01-01', '2022-01-03'),
    ('Spring Festival', '2022-01-31', '2022-02-06'),
    ('Tomb-Sweeping Day', '2022-04-03', '2022-04-05'),
    ('Labour Day', '2022-04-30', '2022-05-04'),
    ('Dragon Boat Festival', '2022-06-03', '2022-06-05'),
    ('Mid-Autumn Festival', '2022-09-10', '2022-09-12'),
    ('National Day', '2022-10-01', '2022-10-07'),

    ('New Year', '2022-12-31', '2023-01-02'),
    ('Spring Festival', '2023-01-21', '2023-01-27'),
    ('Tomb-Sweeping Day', '2023-04-05', '2023-04-05'),
    ('Labour Day', '2023-04-29', '2023-05-03'),
    ('Dragon Boat Festival', '2023-06-22', '2023-06-24'),
    ('National Day', '2023-09-29', '2023-10-06'),
    ('Mid-Autumn Festival', '2023-09-29', '2023-09-29'),

    ('New Year', '2024-01-01', '2024-01-01'),
    ('Spring Festival', '2024-02-10', '2024-02-17'),
    ('Tomb-Sweeping Day', '2024-04-04', '2024-04-06'),
    ('Labour Day', '2024-05-01', '2024-05-05'),
    ('Dragon Boat Festival', '2024-06-08', '2024-06-10'),
    ('Mid-Autumn Festival', '2024-09-15', '2024-09-17'),
    ('National Day', '2024-10-01', '2024-10-07'),

    ('New Year', '2025-01-01', '2025-01-01'),
    ('Spring Festival', '2025-01-28', '2025-02-04'),
    ('Tomb-Sweeping Day', '2025-04-04', '2025-04-06'),
    ('Labour Day', '2025-05-01', '2025-05-05'),
    ('Dragon Boat Festival', '2025-05-31', '2025-06-02'),
    ('National Day', '2025-10-01', '2025-10-08'),
    ('Mid-Autumn Festival', '2025-10-06', '2025-10-06')
) as f (name, first, last)
cross join lateral generate_series(f.first::timestamp, f.last::timestamp, interval '1 day') as d;

insert into sales.holiday (on_date, name, is_work_day)
select d::date, 'make-up day', true
from unnest(array[
    '2020-01-19', '2020-04-26', '2020-05-09', '2020-06-28', '2020-09-27', '2020-10-10',
    '2021-02-07', '2021-02-20', '2021-04-25', '2021-05-08', '2021-09-18', '2021-09-26', '2021-10-09',
    '2022-01-29', '2022-01-30', '2022-04-02', '2022-04-24', '2022-05-07', '2022-10-08', '2022-10-09',
    '2023-01-28', '2023-01-29', '2023-04-23', '2023-05-06', '2023-06-25', '2023-10-07', '2023-10-08',
    '2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28', '2024-05-11', '2024-09-14', '2024-09-29',
    '2024-10-12',
    '2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'
]) as d;

insert into sales.holiday (on_date, name, is_work_day) values
    ('2024-02-09', 'New Year''s Eve', null);

-- The company's hours, 09:00 to 12:00 and 13:30 to 18:00 of Shanghai, one row per window: epochs, and
-- the working seconds before it. What service does is counted in these.
create temporary table work_window on commit drop as
with worked as (
    select d.day
    from generate_series(0, 2191) as n
    cross join lateral (select date '2020-01-01' + n as day) as d
    left join (
        select on_date, bool_or(is_work_day) as is_work_day
        from sales.holiday
        group by on_date
    ) as h
      on h.on_date = d.day
    where coalesce(h.is_work_day, extract(isodow from d.day) < 6)
)
select
    starts,
    ends,
    coalesce(sum(ends - starts) over (order by starts rows between unbounded preceding and 1 preceding), 0)::bigint as before
from worked
cross join (values (3600, 14400), (19800, 36000)) as w (first, last)
cross join lateral (
    select sales.epoch(day, w.first) as starts, sales.epoch(day, w.last) as ends
) as e;

create unique index on work_window (starts);
create unique index on work_window (before);
analyze work_window;

-- The moment so many working seconds after another.
create function sales.worked_until(p_at bigint, p_seconds int) returns bigint
language sql stable as $$
    select w.starts + (p.position - w.before)
    from (
        select (case when v.ends > p_at then v.before + greatest(0, p_at - v.starts)
                     else v.before + v.ends - v.starts end) + p_seconds as position
        from pg_temp.work_window as v
        where v.starts <= p_at
        order by v.starts desc
        limit 1
    ) as p
    cross join lateral (
        select starts, before
        from pg_temp.work_window
        where before < p.position
        order by before desc
        limit 1
    ) as w
$$;
