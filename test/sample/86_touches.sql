-- What accounts met on their way: visits of pages and stands, calls, talks, training, letters. A lead's
-- source is a touch of the day it came; two in five met something before, and then one thing after
-- another until their deal ends. Experts and seminars stand more often on the way to a win.
create temporary table way on commit drop as
select
    row_number() over (order by w.account_no, w.created, w.key) as way_no,
    w.*
from (
    select
        l.account_no,
        l.lead_no as key,
        extract(epoch from l.created_at)::bigint as created,
        extract(epoch from d.closed_at)::bigint as closed,
        d.current_stage = 'won' as is_won,
        l.source,
        -- the channels that a lead's source is a touch of
        case l.source
            when 'exhibition' then 'exhibition'
            when 'seminar' then 'seminar'
            when 'training course' then 'training'
            when 'agent' then 'agent'
            when 'referral' then 'referral'
            when 'cold call' then 'call'
            when 'tender notice' then 'direct'
            else (array['website', 'search', 'search', 'direct'])[1 + sales.dice('touch web', l.lead_no, 4)]
        end as first_channel
    from sales.lead as l
    left join sales.deal as d using (lead_no)
    union all
    -- customers who buy more
    select
        d.account_no,
        d.deal_no,
        extract(epoch from d.created_at)::bigint,
        extract(epoch from d.closed_at)::bigint,
        d.current_stage = 'won',
        null,
        (array['mail', 'mail', 'training', 'seminar', 'direct', 'direct', 'agent', 'expert'])[1 + sales.dice('touch more', d.deal_no, 8)]
    from sales.deal as d
    where d.deal_kind = 'expansion'
) as w
-- nobody wrote down what led to three in fifty
where sales.dice('touch none', w.key, 50) > 2;

create temporary table met on commit drop as
with step as (
    -- before the lead: up to two touches, up to four months earlier
    select
        w.account_no,
        w.key,
        n,
        w.created - 86400 * (2 + sales.dice('touch early' || n, w.key, 120)) - sales.dice('touch early at' || n, w.key, 20000) as at,
        (array['search', 'search', 'website', 'website', 'exhibition', 'mail', 'direct', 'training'])[1 + sales.dice('touch early what' || n, w.key, 8)] as channel
    from way as w
    cross join generate_series(1, 2) as n
    where w.source is not null
      and sales.dice('touch early one' || n, w.key, 5) < 2
    union all
    select account_no, key, 0, created, first_channel
    from way
    union all
    -- after it: one in 20 days or so until the end, at most eight
    select
        w.account_no,
        w.key,
        2 + n,
        w.created + 86400 * sum(4 + 20 * sales.pace('touch gap' || n, w.key) / 100) over (partition by w.way_no order by n) + sales.dice('touch at' || n, w.key, 30000),
        case
            when w.is_won and sales.dice('touch won' || n, w.key, 3) = 0 then (array['expert', 'seminar', 'expert', 'agent'])[1 + sales.dice('touch won what' || n, w.key, 4)]
            else (array['direct', 'mail', 'mail', 'website', 'call', 'call', 'seminar', 'agent', 'search', 'training', 'expert', 'direct'])[1 + sales.dice('touch what' || n, w.key, 12)]
        end
    from way as w
    cross join generate_series(1, 8) as n
)
select
    s.*
from step as s
join way as w using (account_no, key)
where s.at < coalesce(w.closed, sales.epoch('2025-07-01', 0))
  and s.at >= sales.epoch('2020-07-01', 0)
  -- not everything is written down
  and (s.n < 3 or sales.dice('touch told' || s.n, w.key, 4) < 3);

insert into sales.touch (touch_no, account_no, channel, touched_at)
select
    row_number() over (order by at, account_no, key, n),
    account_no,
    -- spelt by hand at the stands
    case when channel = 'exhibition' and sales.dice('touch spelt', key, 12) = 0 then 'Exhibition ' else channel end,
    to_timestamp(at)
from met;

-- Faults: the same touch imported twice, touches without a channel.
insert into sales.touch (touch_no, account_no, channel, touched_at)
select
    900000 + row_number() over (order by touch_no),
    account_no,
    channel,
    touched_at
from sales.touch
where sales.dice('touch twice', touch_no, 200) = 0;

update sales.touch
set channel = null
where sales.dice('touch lost', touch_no, 250) = 0;

-- What was paid, by month: ads by the season, fairs in spring and autumn, people all the year. Spending
-- on search grew faster than what it brought.
insert into sales.marketing_spend (month, channel, amount)
select
    m.month,
    c.channel,
    round(c.base * (100 + c.growth * (m.n / 12)) / 100 * c.season[extract(month from m.month)::int] / 10
          * (90 + sales.dice('spend ' || c.channel, m.n, 21)) / 100, 2)
from generate_series(0, 59) as n
cross join lateral (select n, sales.add_months('2020-07-01', n) as month) as m
cross join (values
    ('search', 42000.00, 45, array[8, 5, 12, 11, 10, 10, 9, 9, 12, 11, 12, 9]),
    ('website', 15000.00, 8, array[10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10]),
    ('exhibition', 60000.00, 10, array[0, 0, 20, 30, 10, 0, 0, 0, 25, 30, 5, 0]),
    ('seminar', 30000.00, 12, array[5, 2, 15, 12, 12, 12, 8, 8, 14, 12, 12, 8]),
    ('training', 18000.00, 5, array[8, 4, 12, 10, 10, 10, 10, 10, 12, 10, 12, 12]),
    ('mail', 3500.00, 3, array[10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 12, 14]),
    ('call', 22000.00, 4, array[10, 8, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10]),
    ('expert', 26000.00, 20, array[8, 6, 11, 10, 10, 10, 10, 10, 11, 10, 11, 10])
) as c (channel, base, growth, season)
where c.season[extract(month from m.month)::int] > 0
  -- fault: the bill of one month's ads was never booked
  and not (c.channel = 'search' and m.month = '2023-02-01');
