-- The history of deals as a CRM keeps it: a row per save of the form, with what was changed. Stages are
-- those of the stage log; the amount ends as the deal's; the planned date is pushed twice on average.
create temporary table deal_course on commit drop as
select
    d.deal_no,
    d.annual_amount,
    l.first_second,
    l.last_second,
    -- the day on which the seller will in the end have planned to close
    ((to_timestamp(l.last_second) at time zone 'UTC')::date
        + case
            when s.is_closed then sales.dice('closes', d.deal_no, 31) - 10
            -- one open deal in six is forgotten: its date has passed
            when sales.dice('forgotten date', d.deal_no, 6) = 0 then -20 - sales.dice('passed', d.deal_no, 90)
            else 5 + sales.dice('to come', d.deal_no, 150)
        end) as end_plan,
    sales.dice('pushes', d.deal_no, 5) as pushes,
    sales.dice('revisions', d.deal_no, 4) as revisions,
    -- one deal in thirty never gets a date
    sales.dice('no date', d.deal_no, 30) > 0 as is_dated
from sales.deal as d
join sales.stage as s
  on s.stage = d.current_stage
cross join lateral (
    select
        extract(epoch from min(g.changed_at))::bigint as first_second,
        coalesce(extract(epoch from d.closed_at)::bigint, sales.epoch('2025-06-30', 36000)) as last_second
    from sales.deal_stage_log as g
    where g.deal_no = d.deal_no
) as l;

create temporary table deal_step on commit drop as
-- saves of the stage; the first one of a deal has all that is known
select
    g.deal_no,
    extract(epoch from g.changed_at)::bigint as at,
    g.log_no as ord,
    g.stage,
    null::int as revision,
    null::int as push
from sales.deal_stage_log as g

union all

-- the amount estimated anew; the last one is what was signed
select
    c.deal_no,
    c.first_second + (c.last_second - c.first_second)
        * (n * 100 / (c.revisions + 1) + sales.dice('revised', c.deal_no * 10 + n, 100 / (c.revisions + 2))) / 100,
    n,
    null,
    n,
    null
from deal_course as c
cross join lateral generate_series(1, c.revisions) as n

union all

-- the planned date moved
select
    c.deal_no,
    c.first_second + (c.last_second - c.first_second)
        * (n * 100 / (c.pushes + 1) - sales.dice('pushed', c.deal_no * 10 + n, 15)) / 100,
    100 + n,
    null,
    null,
    n
from deal_course as c
cross join lateral generate_series(1, c.pushes) as n
where c.is_dated;

insert into sales.deal_change (change_no, deal_no, changed_at, stage, amount, close_on)
select
    2000000 + row_number() over (order by s.at, s.deal_no, s.ord),
    s.deal_no,
    to_timestamp(s.at),
    s.stage,
    case
        when coalesce(s.revision, case when s.is_first then 0 end) = c.revisions then c.annual_amount
        when s.revision is not null or s.is_first then
            greatest(100, round(
                c.annual_amount * (60 + sales.dice('estimate', c.deal_no * 10 + coalesce(s.revision, 0), 90)) / 100,
                -2
            ))
    end,
    case
        when not c.is_dated then null
        when s.push is not null or s.is_first then p.first_day
            + greatest((c.end_plan - p.first_day) * (1 + coalesce(s.push, 0)) / (c.pushes + 1), 1)
            -- one move in nine brings the date nearer
            - case when s.push < c.pushes and sales.dice('pulled', c.deal_no * 10 + s.push, 9) = 0 then 40 else 0 end
    end
from (
    select
        t.*,
        t.stage is not null
        and row_number() over (partition by t.deal_no order by t.stage is null, t.at, t.ord) = 1 as is_first
    from deal_step as t
) as s
join deal_course as c using (deal_no)
cross join lateral (select (to_timestamp(c.first_second) at time zone 'UTC')::date as first_day) as p
order by 1;

-- Where the buyer stands, as the seller's notes of talks have it: mostly behind the seller's stage, now
-- and then ahead of it; a fifth of the steps were never noted.
insert into sales.deal_buyer_log (deal_no, stage, entered_at)
select
    b.deal_no,
    b.stage,
    to_timestamp(max(b.at) over (partition by b.deal_no order by b.position))
from (
    select
        g.deal_no,
        s.position,
        (array['learning', 'comparing', 'testing', 'deciding', 'signing'])[s.position] as stage,
        g.at + case
            when g.stage = 'won' then -3600 * (1 + sales.dice('signs', g.deal_no, 200))
            when sales.dice('buyer ahead', g.deal_no * 10 + s.position, 5) = 0
                then -43200 * (1 + sales.dice('ahead by', g.deal_no * 10 + s.position, 20))
            else 2400 * sales.pace('buyer behind', g.deal_no * 10 + s.position)
        end as at,
        c.first_second,
        c.last_second
    from (
        select
            deal_no,
            stage,
            extract(epoch from min(changed_at))::bigint as at
        from sales.deal_stage_log
        group by deal_no, stage
    ) as g
    join sales.stage as s using (stage)
    join deal_course as c using (deal_no)
    where g.stage <> 'lost'
      and sales.dice('noted', g.deal_no * 10 + s.position, 5) > 0
) as b
where b.at between b.first_second and b.last_second
order by b.deal_no, b.position;

-- Quotas: what the quarter before a year brought and a fifth more, in round ten thousands; the first year's
-- were set by hand.
insert into sales.quota (quarter_on, quota_amount)
select
    q.quarter_on,
    greatest(
        200000,
        round(coalesce(sum(d.annual_amount), 0) * (115 + sales.dice('quota', extract(epoch from q.quarter_on)::bigint / 86400, 16)) / 100, -4)
    )
from (
    select (date '2021-01-01' + make_interval(months => 3 * n))::date as quarter_on
    from generate_series(0, 19) as n
) as q
left join sales.deal as d
  on d.current_stage = 'won'
 and d.closed_at >= (q.quarter_on - interval '1 year') at time zone 'Asia/Shanghai'
 and d.closed_at < (q.quarter_on - interval '9 months') at time zone 'Asia/Shanghai'
group by q.quarter_on
order by q.quarter_on;
