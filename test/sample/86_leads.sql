-- The desk for leads: where they come from, who takes them, when they are first answered, what is
-- asked, and what becomes of them. Answers know how far the deal will come: a good lead is one that does.
insert into sales.lead_source (source, method, is_inbound) values
    ('cold call', '拓客', false),
    ('exhibition', '拓客', false),
    ('agent', '拓客', true),
    ('seminar', '集客', true),
    ('referral', '集客', true),
    ('website', '内容', true),
    ('training course', '内容', true),
    ('tender notice', '精准', false);

-- A lead, how far its deal came (0: none, 1 lead, 2 mql, … 5 won), and the moments of its first weeks.
create temporary table desk on commit drop as
with followed as (
    select
        l.lead_no,
        l.source,
        l.has_authority,
        extract(epoch from l.created_at)::bigint as created,
        case when d.deal_no is null then 0 else coalesce(g.reached, 1) end as reached,
        -- an open deal may still come as far as others did: young leads are not worse
        case
            when d.deal_no is null then 0
            when d.closed_at is not null then g.reached
            else greatest(g.reached, (array[1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5, 5, 5, 5])[1 + sales.dice('promise', l.lead_no, 20)])
        end as promise,
        -- some deals are mql from the start: the desk hears of them a little later
        greatest(
            extract(epoch from date_trunc('second', g.mql_at))::bigint,
            case when g.mql_at is not null then extract(epoch from l.created_at)::bigint + 2400 + sales.dice('heard', l.lead_no, 6000) end
        ) as mql,
        case when d.current_stage = 'lost' then extract(epoch from date_trunc('second', d.closed_at))::bigint end as lost
    from sales.lead as l
    left join sales.deal as d using (lead_no)
    left join lateral (
        select max(s.position) as reached, min(g.changed_at) filter (where s.position > 1) as mql_at
        from sales.deal_stage_log as g
        join sales.stage as s using (stage)
        where g.deal_no = d.deal_no
          and g.stage <> 'lost'
    ) as g on true
),
seated as (
    select
        f.*,
        1 + least(sales.dice('desk', lead_no, 100) / 16, 5) as i,
        -- two in a hundred and fifty fell through the router's rules
        sales.dice('no desk', lead_no, 150) > 1 as has_seller,
        -- nobody ever answered some of those that came no further
        reached > 1 or sales.dice('never', lead_no, 100) > 18 as is_answered
    from followed as f
),
timed as (
    select
        s.*,
        created + 60 + sales.dice('router', lead_no, 900) as assigned,
        -- the last of six is the router's favourite, the fourth is slow
        (array['Ding Rui', 'Gao Lan', 'Song Yu', 'Wei Ping', 'Zhu Min', 'Luo Qi'])[i] as seller,
        (array['Ding Rui', 'Gao Lan', 'Song Yu', 'Wei Ping', 'Zhu Min', 'Luo Qi'])[1 + (i + sales.dice('other desk', lead_no, 5)) % 6] as second_seller,
        case when sales.dice('handed over', lead_no, 11) = 0
            then sales.worked_until(created, 14400 + sales.dice('handed over at', lead_no, 200000)) end as handed_over,
        sales.worked_until(created, (array[9000, 10200, 8700, 23000, 9600, 12600])[i] * sales.pace('first answer', lead_no) / 100) as answer
    from seated as s
)
select
    t.*,
    case
        when not is_answered then null
        when answer < mql or mql is null then answer
        else created + (mql - created) / 2
    end as answered,
    sales.epoch(date '2025-06-30', 57600) - 1 as end_of_extract
from timed as t;
analyze desk;

insert into sales.lead_assignment (lead_no, assigned_at, seller)
select lead_no, to_timestamp(a.at), a.seller
from desk
cross join lateral (values (assigned, seller), (handed_over, second_seller)) as a (at, seller)
where has_seller
  and a.at <= end_of_extract
order by lead_no, a.at;

-- The four questions are asked one after the other; after a no the rest is often left.
insert into sales.lead_check (lead_no, criterion, passed, checked_at)
with asked as (
    select
        d.lead_no,
        d.end_of_extract,
        c.k,
        c.criterion,
        sales.dice('passes ' || c.criterion, d.lead_no, 100) <
            c.base + c.step * d.promise
            + case c.criterion when 'authority' then case when d.has_authority then 9 else -6 end
                when 'profile' then case m.method when '精准' then 10 when '集客' then 3 else -1 end
                when 'intent' then case m.method when '内容' then -6 when '集客' then 6 else 0 end
                else case m.method when '拓客' then -6 else 2 end end as passes,
        sales.worked_until(d.created, c.hours * 36 * sales.pace('asks ' || c.criterion, d.lead_no)) as asked,
        sales.dice('not asked ' || c.criterion, d.lead_no, 100) < 4 as is_forgotten
    from desk as d
    join sales.lead_source as m using (source)
    cross join (values
        (1, 'scenario', 55, 8, 6), (2, 'profile', 60, 6, 10), (3, 'authority', 45, 8, 24), (4, 'intent', 40, 9, 30)
    ) as c (k, criterion, base, step, hours)
),
answered as (
    select
        a.*,
        coalesce(bool_or(not passes) over (partition by lead_no order by k rows between unbounded preceding and 1 preceding), false)
            and sales.dice('asks no further', lead_no, 100) < 45 as is_left,
        max(asked) over (partition by lead_no order by k) as at
    from asked as a
)
select
    lead_no,
    criterion,
    case when y.is_known then passes end,
    case when y.is_known then to_timestamp(at) end
from answered
cross join lateral (select not is_left and not is_forgotten and at <= end_of_extract as is_known) as y
-- the form of some leads has no field for one of the questions
where sales.dice('no field', lead_no * 10 + k, 500) > 0
order by lead_no, k;

-- What became of a lead. Parked ones come back or do not.
insert into sales.lead_status_log (lead_no, changed_at, status)
with ends as (
    select
        d.*,
        case
            when reached > 1 then mql
            when reached = 0 then coalesce(answered, created) + 3600 + sales.dice('dropped after', lead_no, 1500000)
            else lost
        end as final_at,
        case when reached > 1 then 'qualified' else 'dropped' end as final_status,
        case when answered is not null and sales.dice('parked', lead_no, 6) = 0
            then answered + 86400 * (4 + sales.dice('parked after', lead_no, 25)) end as parked
    from desk as d
),
parking as (
    select
        e.*,
        case when sales.dice('revived', lead_no, 100) < 60
            then parked + 86400 * (10 + sales.dice('revived after', lead_no, 100)) end as revived
    from ends as e
)
select lead_no, to_timestamp(s.at), s.status
from parking as p
cross join lateral (values
    (created, 'new'),
    (answered, 'working'),
    (parked, 'parked'),
    (revived, 'working'),
    (final_at, final_status)
) as s (at, status)
where s.at <= end_of_extract
  and (s.at <= final_at or final_at is null)
  and (s.at < final_at or final_at is null or s.status = final_status)
order by lead_no, s.at;

-- Calls, mails and messages: the first answer, then some more while the lead is worked on.
insert into sales.lead_activity (activity_no, lead_no, kind, at, seller)
select
    900000 + row_number() over (order by a.at, d.lead_no, n),
    d.lead_no,
    (array['call', 'call', 'call', 'e-mail', 'e-mail', 'message'])[1 + sales.dice('kind', d.lead_no * 10 + n, 6)],
    to_timestamp(a.at),
    (
        select seller
        from sales.lead_assignment
        where lead_no = d.lead_no
        order by assigned_at > to_timestamp(a.at), case when assigned_at > to_timestamp(a.at) then assigned_at end, assigned_at desc
        limit 1
    )
from desk as d
cross join lateral generate_series(0, sales.dice('activities', d.lead_no, 4)) as n
cross join lateral (
    select case n when 0 then d.answered
        else sales.worked_until(d.answered, n * 400 * sales.pace('next activity', d.lead_no * 10 + n)) end as at
) as a
where a.at <= d.end_of_extract
order by a.at, d.lead_no, n;
