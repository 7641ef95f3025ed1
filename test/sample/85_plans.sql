-- Visits of each channel's pages and stands: weekly and yearly rhythm, growth; days on which nothing
-- was counted, one week counted twice, corrections below zero, a machine that read the shop's pages.
insert into sales.visit_daily (visited_on, channel_no, visits)
select
    d.day,
    c.channel_no,
    (t.typical::bigint
     * (60 + sales.dice('visits', c.channel_no * 10000 + n, 81))
     * (100 + n / 40)
     * case when extract(isodow from d.day) > 5 then t.weekend else 100 end
     * (array[80, 50, 115, 105, 105, 110, 90, 90, 110, 95, 110, 120])[extract(month from d.day)::int]
     / 100000000)::int
    + case when c.channel_no = 110 and d.day between '2024-05-13' and '2024-05-15' then 2600 else 0 end
from sales.channel as c
cross join generate_series(0, 1825) as n
cross join lateral (select date '2020-07-01' + n as day) as d
cross join lateral (
    select
        case
            when c.channel_no = 110 then 140
            when c.channel_type = 'direct' then 16 + sales.dice('office visits', c.channel_no, 20)
            else 6 + sales.dice('stand visits', c.channel_no, 14)
        end as typical,
        case when c.channel_no = 110 then 60 else 10 end as weekend
) as t
where d.day <= '2025-06-30'
  and sales.dice('counter', c.channel_no * 10000 + n, 100) > 0
  and not (c.channel_no in (203, 401) and d.day between '2022-07-04' and '2022-08-14')
order by c.channel_no, d.day;

insert into sales.visit_daily (visited_on, channel_no, visits)
select visited_on, channel_no, visits
from sales.visit_daily
where channel_no = 110
  and visited_on between '2023-11-06' and '2023-11-12';

insert into sales.visit_daily (visited_on, channel_no, visits) values
    ('2024-05-16', 110, -7800),
    ('2021-09-03', 102, -40);

-- Targets of the sales office, net of credit notes: last year's month and a fifth more, rounded; for
-- 2025 until December. March 2023 was never set, September 2024 stands twice, May 2025 is on the 15th.
insert into sales.target_month (target_on, target_amount, note)
select
    case m.month when '2025-05-01' then date '2025-05-15' else m.month end,
    greatest(round(coalesce(y.amount, 0) * (112 + sales.dice('target', m.n, 13)) / 100, -4), 500000),
    case m.month when '2025-01-01' then 'Spring Festival falls in January' end
from (
    select n, sales.add_months(date '2021-07-01', n) as month
    from generate_series(0, 53) as n
) as m
left join (
    select date_trunc('month', ordered_at at time zone 'Asia/Shanghai')::date as month, sum(total_amount) as amount
    from sales.sales_order
    group by 1
) as y
  on y.month = sales.add_months(m.month, -12)
where m.month <> '2023-03-01'
order by m.n;

insert into sales.target_month (target_on, target_amount, note)
select target_on, target_amount + 500000, 'after the autumn review'
from sales.target_month
where target_on = '2024-09-01';

-- A trial of guided setup, from January 6, 2025: every account was to be guided or not by the toss of a
-- coin. A rule left over from the pilot put more of the offices' own accounts into guided: 60 to 40.
insert into sales.trial (account_no, variant, assigned_on)
select
    a.account_no,
    case
        when sales.dice('coin', a.account_no, 100) < 50 then 'guided'
        when c.channel_type = 'direct' and sales.dice('pilot', a.account_no, 100) < 62 then 'guided'
        else 'control'
    end,
    date '2025-01-06' + sales.dice('wave', a.account_no, 5) * 7
from sales.account as a
join sales.channel as c using (channel_no)
where a.created_on < '2025-01-01'
  and sales.dice('takes part', a.account_no, 100) < 92
order by a.account_no;

-- Some were assigned again by hand, to the other variant, or under a label of another spelling.
insert into sales.trial (account_no, variant, assigned_on)
select
    account_no,
    case variant when 'guided' then 'control' else 'guided' end,
    assigned_on + 3
from sales.trial
where sales.dice('twice', account_no, 160) = 0
order by account_no;

update sales.trial
set variant = 'Guided '
where variant = 'guided'
  and sales.dice('label', account_no, 150) = 0;
