-- Tickets of buyers: most in working hours, some in the evening and on Sundays; answered within
-- hours of work, a few late, a few never.
create temporary table ticket_seed on commit drop as
select
    b.account_no,
    n,
    b.account_no * 100 + n as key,
    d.day
from (
    select account_no, min((ordered_at at time zone 'Asia/Shanghai')::date) as first_on, count(*)::int as orders
    from sales.sales_order
    where order_kind = 'order'
    group by account_no
) as b
cross join lateral generate_series(
    1,
    least(60, sales.dice('tickets', b.account_no, 3) + b.orders * (1 + sales.dice('ticket rate', b.account_no, 3)) / 2)
) as n
cross join lateral (
    select b.first_on + 1 + sales.dice('ticket day', b.account_no * 100 + n, greatest(date '2025-06-30' - b.first_on, 1)) as day
) as d
where d.day <= '2025-06-30'
  -- A third of a weekend's questions come on the weekend, the others wait for Monday.
  and (extract(isodow from d.day) < 6 or sales.dice('weekend', b.account_no * 100 + n, 3) = 0);

insert into sales.ticket (ticket_no, account_no, topic, priority, agent, opened_at, answered_at, closed_at)
select
    500000 + row_number() over (order by o.at, s.key),
    s.account_no,
    (array['licence', 'installation', 'crash', 'how-to', 'how-to', 'invoice'])[1 + sales.dice('topic', s.key, 6)],
    k.priority,
    -- Who left the company still has tickets without a name.
    case when sales.dice('no agent', s.key, 50) > 0 then a.agent end,
    to_timestamp(o.at),
    case when w.answered <= x.end_of_extract then to_timestamp(w.answered) end,
    case when w.closed <= x.end_of_extract then to_timestamp(w.closed) end
from ticket_seed as s
cross join lateral (
    select case
        -- 08:00 to 18:30, or the evening until midnight
        when sales.dice('evening', s.key, 12) > 0 then sales.epoch(s.day, sales.dice('asked', s.key, 37800))
        else sales.epoch(s.day, 37800 + sales.dice('asked', s.key, 19800))
    end as at
) as o
cross join lateral (
    select case when sales.dice('priority', s.key, 8) = 0 then 'urgent' else 'normal' end as priority
) as k
cross join lateral (select 1 + sales.dice('agent', s.key, 8) as i) as i
cross join lateral (
    select
        (array['Qiu Yan', 'Shen Lu', 'Bai Xue', 'Tang Wei', 'He Jun', 'Mo Li', 'Fang Rui', 'Xu Ke'])[i.i] as agent,
        -- seconds of work until the first answer of a typical ticket; two of the eight are slow
        (array[4200, 5100, 4700, 9800, 5600, 4300, 12400, 5000])[i.i] as typical
) as a
cross join lateral (
    select sales.worked_until(
        o.at,
        greatest(60, a.typical * sales.pace('answer', s.key) / case k.priority when 'urgent' then 250 else 100 end)
    ) as answered
) as r
cross join lateral (
    select
        case
            -- forgotten
            when sales.dice('forgotten', s.key, 90) = 0 then null
            -- the answer was logged by a machine whose clock is two hours late
            when sales.dice('clock', s.key, 130) = 0 then o.at - 7200 + sales.dice('clock by', s.key, 6000)
            else r.answered
        end as answered,
        -- closed some hours of work later; now and then closed without an answer
        case
            when sales.dice('forgotten', s.key, 90) = 0 and sales.dice('given up', s.key, 3) > 0 then null
            when sales.dice('not closed', s.key, 40) = 0 then null
            else sales.worked_until(r.answered, 600 + 200 * sales.pace('close', s.key))
        end as closed
) as w
cross join lateral (select sales.epoch(date '2025-06-30', 57600) - 1 as end_of_extract) as x
order by o.at, s.key;

-- Shipments: what is not downloaded leaves a warehouse after payment, in hours of work. A few orders
-- go out in two parts, a few before they are paid.
insert into sales.shipment (shipment_no, order_no, warehouse, paid_at, shipped_at)
select
    800000 + row_number() over (order by o.order_no, p.part),
    o.order_no,
    w.warehouse,
    case
        when sales.dice('on account', o.order_no, 25) > 0 and t.paid <= x.end_of_extract then to_timestamp(t.paid)
    end,
    case when t.shipped <= x.end_of_extract and sales.dice('lost', o.order_no * 10 + p.part, 150) > 0
        then to_timestamp(t.shipped)
    end
from sales.sales_order as o
cross join lateral generate_series(1, case when sales.dice('parts', o.order_no, 30) = 0 then 2 else 1 end) as p (part)
cross join lateral (
    select case sales.dice('warehouse', o.order_no, 5)
        when 0 then 'download' when 1 then 'Chengdu' else 'Shanghai' end as warehouse
) as w
cross join lateral (
    select extract(epoch from date_trunc('second', o.ordered_at))::bigint
        + 60 * (5 + sales.dice('paid', o.order_no, 60) * sales.pace('pays', o.order_no) / 2) as paid
) as y
cross join lateral (
    select
        y.paid,
        case w.warehouse
            when 'download' then y.paid + 30 + sales.dice('key sent', o.order_no, 90)
            else sales.worked_until(
                y.paid - case when sales.dice('early', o.order_no, 90) = 0 then 86400 else 0 end,
                case w.warehouse when 'Chengdu' then 320 else 220 end * sales.pace('packs', o.order_no * 10 + p.part)
            )
        end as shipped
) as t
cross join lateral (select sales.epoch(date '2025-06-30', 57600) - 1 as end_of_extract) as x
where o.order_kind = 'order'
order by o.order_no, p.part;
