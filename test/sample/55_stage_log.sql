-- The raw stage log as the CRM writes it: every save of the form is a row, with steps back,
-- skipped stages, reopened losses and rows of the same second.
create temporary table stage_row on commit drop as
with straight as (
    select m.deal_no, m.key, x.ord, x.stage, x.at
    from deal_moment as m
    cross join lateral (values
        (1, 'lead', m.s_lead),
        (2, 'mql', m.s_mql),
        (3, 'sql', m.s_sql),
        (4, 'proposal', m.s_proposal),
        (5, 'won', m.s_won),
        (6, 'lost', m.s_lost)
    ) as x (ord, stage, at)
    where x.at is not null
),
gapped as (
    select
        s.*,
        s.key * 10 + s.ord as row_key,
        coalesce(
            lead(s.at) over (partition by s.deal_no order by s.at, s.ord),
            sales.epoch('2025-06-30', 39600)
        ) - s.at as gap
    from straight as s
)
select deal_no, ord, stage, at
from gapped

union all

-- Saved again without a change: in the same second, after a minute, after weeks.
select
    g.deal_no,
    g.ord,
    g.stage,
    g.at + case n % 3
        when 0 then 0
        when 1 then least(20 + sales.dice('saved again', g.row_key * 10 + n, 600), g.gap)
        else g.gap * (10 + sales.dice('saved later', g.row_key * 10 + n, 80)) / 100
    end
from gapped as g
cross join lateral generate_series(
    sales.dice('save kind', g.row_key, 3),
    sales.dice('save kind', g.row_key, 3) + sales.dice('saves', g.row_key, 3)
) as n
where sales.dice('resaved', g.row_key, 100) < 22
  and (g.ord < 5 or n % 3 < 2)

union all

-- One step back and forward again between this stage and the next.
select
    g.deal_no,
    b.ord,
    b.stage,
    g.at + g.gap * b.part / 100
from gapped as g
cross join lateral (values
    (g.ord - 1, (array['lead', 'mql', 'sql'])[g.ord - 1], 30 + sales.dice('back', g.row_key, 20)),
    (g.ord, g.stage, 60 + sales.dice('forward', g.row_key, 25))
) as b (ord, stage, part)
where g.ord in (2, 3, 4)
  and sales.dice('steps back', g.row_key, 100) < 7
  and g.gap > 20 * 86400

union all

-- Given up, then reopened: lost and the same stage again.
select
    g.deal_no,
    b.ord,
    b.stage,
    g.at + g.gap * b.part / 100
from gapped as g
cross join lateral (values
    (6, 'lost', 20 + sales.dice('given up', g.row_key, 8)),
    (g.ord, g.stage, 86 + sales.dice('reopened', g.row_key, 10))
) as b (ord, stage, part)
where g.ord = 3
  and sales.dice('reopens', g.row_key, 100) < 5
  and g.gap > 60 * 86400;

-- Of rows of one second the log number tells the order of saving; a form saved from two windows
-- put the later stage first now and then.
insert into sales.deal_stage_log (log_no, deal_no, stage, changed_at, changed_by)
select
    1000000 + row_number() over (
        order by
            r.at,
            r.deal_no,
            case when sales.dice('two windows', r.deal_no, 5) = 0 then -r.ord else r.ord end
    ),
    r.deal_no,
    r.stage,
    to_timestamp(r.at),
    case
        when r.ord <= 2 and d.channel_no = 110 then 'web form'
        when sales.dice('imported', r.deal_no, 20) = 0 and r.ord = 1 then 'import'
        else d.owner
    end
from stage_row as r
join sales.deal as d using (deal_no)
where r.at <= sales.epoch('2025-06-30', 39600)
order by 1;

create index on sales.deal_stage_log (deal_no, changed_at);
analyze sales.deal_stage_log;

with last_row as (
    select distinct on (l.deal_no)
        l.deal_no,
        l.stage,
        l.changed_at
    from sales.deal_stage_log as l
    join sales.stage as s using (stage)
    order by l.deal_no, l.changed_at desc, s.position desc
),
-- The day a deal was closed is the first save of its last stage.
closing as (
    select
        r.deal_no,
        r.stage,
        case when s.is_closed then (
            select min(l.changed_at)
            from sales.deal_stage_log as l
            where l.deal_no = r.deal_no
              and l.stage = r.stage
              and not exists (
                  select 1
                  from sales.deal_stage_log as other
                  where other.deal_no = l.deal_no
                    and other.stage <> l.stage
                    and other.changed_at > l.changed_at
              )
        ) end as closed_at
    from last_row as r
    join sales.stage as s using (stage)
)
update sales.deal as d
set current_stage = c.stage,
    closed_at = c.closed_at,
    lost_reason = case when c.stage = 'lost' then d.lost_reason end
from closing as c
where c.deal_no = d.deal_no;
