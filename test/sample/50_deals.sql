-- Writes down contracts and deals: numbers, prices, what the CRM believes.
insert into sales.contract (
    contract_no, account_no, product_line, contract_kind, deal_no,
    previous_contract_no, base_contract_no,
    starts_on, ends_on, quantity, unit_price, annual_amount, signed_on, status
)
with deal_number as (
    select
        key,
        row_number() over (order by coalesce(d_lead, d_sql, d_proposal), key) + 300000 as deal_no
    from deal_path
    where coalesce(d_lead, d_sql, d_proposal) <= '2025-06-30'
),
named as (
    select
        t.*,
        'C' || extract(year from t.signed_on)::int::text || '-'
        || lpad((row_number() over (order by t.signed_on, t.term_no))::text, 5, '0') as contract_no
    from term as t
),
priced as (
    select
        n.*,
        case when n.kind = 'pilot' then 0
             else round(sales.list_amount(i.item, l.price_list, n.signed_on, n.quantity)
                        * (100 - n.discount) / 100 / n.quantity, 2)
        end as unit_price
    from named as n
    join sales.account as a using (account_no)
    join (values
        ('design', 'DS-SEAT'), ('simulation', 'SIM-SEAT'), ('cloud', 'CL-COMMIT'), ('private', 'PD-SLOT')
    ) as i (product_line, item) using (product_line)
    cross join lateral (
        select case
            when a.org_type in ('government', 'social') and n.product_line in ('design', 'simulation')
                then 'public'
            else 'standard'
        end as price_list
    ) as l
)
select
    p.contract_no,
    p.account_no,
    p.product_line,
    p.kind,
    d.deal_no,
    before.contract_no,
    base.contract_no,
    p.starts_on,
    p.ends_on,
    p.quantity,
    p.unit_price,
    p.quantity * p.unit_price,
    p.signed_on,
    -- The status field is kept by hand: one lapsed contract in eight still says active.
    case
        when p.starts_on > '2025-06-30' then 'signed'
        when p.ends_on is null or p.ends_on >= '2025-06-30' then 'active'
        when following.contract_no is not null then 'renewed'
        when sales.dice('stale status', p.term_no, 8) = 0 then 'active'
        else 'expired'
    end
from priced as p
left join deal_number as d
  on d.key = p.deal_key
left join named as before
  on p.kind in ('renewal', 'return')
 and before.kind <> 'add-on'
 and before.chain = p.chain
 and before.n = p.n - 1
left join named as base
  on p.kind = 'add-on'
 and base.kind not in ('add-on', 'pilot')
 and base.chain = p.chain
 and base.n = p.n
left join named as following
  on p.kind <> 'add-on'
 and following.kind = 'renewal'
 and following.chain = p.chain
 and following.n = p.n + 1
order by p.contract_no collate "C";

-- Moments of the stages in seconds; the hour rises with the stage, so that two stages of one day
-- stand in their order. Some managers save lead and mql in one go: the same second.
create temporary table deal_moment on commit drop as
select
    p.*,
    row_number() over (order by coalesce(p.d_lead, p.d_sql, p.d_proposal), p.key) + 300000 as deal_no,
    extract(epoch from l.created_at)::bigint as s_lead,
    case
        when p.d_mql is not null and sales.dice('one go', p.key, 100) < 7
            then extract(epoch from l.created_at)::bigint
        else sales.epoch(p.d_mql, 10800 + sales.dice('mql at', p.key, 7200))
    end as s_mql,
    sales.epoch(p.d_sql, 18000 + sales.dice('sql at', p.key, 7200)) as s_sql,
    sales.epoch(p.d_proposal, 25200 + sales.dice('proposal at', p.key, 5400)) as s_proposal,
    sales.epoch(p.d_won, 32400 + sales.dice('won at', p.key, 7200)) as s_won,
    sales.epoch(p.d_lost, 32400 + sales.dice('lost at', p.key, 7200)) as s_lost
from deal_path as p
left join sales.lead as l using (lead_no)
where coalesce(p.d_lead, p.d_sql, p.d_proposal) <= '2025-06-30';

-- Won deals carry the contract's amount, others the seller's estimate in round hundreds.
insert into sales.deal (
    deal_no, lead_no, account_no, channel_no, product_line, deal_kind, quantity, annual_amount,
    owner, created_at, current_stage, closed_at, lost_reason
)
select
    m.deal_no,
    m.lead_no,
    m.account_no,
    m.channel_no,
    m.product_line,
    m.deal_kind,
    m.quantity,
    coalesce(
        c.annual_amount,
        greatest(100, round(
            sales.list_amount(i.item, 'standard', (to_timestamp(f.first_second) at time zone 'UTC')::date, m.quantity)
            * (100 - m.discount) / 100,
            -2
        ))
    ),
    'seller ' || lpad((1 + (m.channel_no * 7 + sales.dice('owner', m.account_no, 3)) % 45)::text, 2, '0'),
    to_timestamp(f.first_second),
    'lead', -- 55_stage_log.sql sets what the log says in the end
    null,
    case
        when m.d_lost <= '2025-06-30' and sales.dice('tells why', m.key, 100) < 70
            then (array['price', 'competitor', 'no budget', 'project stopped', 'no answer'])[1 + sales.dice('why', m.key, 5)]
    end
from deal_moment as m
join (values
    ('design', 'DS-SEAT'), ('simulation', 'SIM-SEAT'), ('cloud', 'CL-COMMIT'), ('private', 'PD-SLOT')
) as i (product_line, item) using (product_line)
cross join lateral (
    select coalesce(m.s_lead, m.s_sql, m.s_proposal) as first_second
) as f
left join sales.contract as c
  on c.deal_no = m.deal_no
order by m.deal_no;

-- Who shares the commission: the agent of the deal, and the expert who recommended the software.
insert into sales.deal_partner (deal_no, channel_no, role, split_weight)
select
    d.deal_no,
    x.channel_no,
    x.role,
    x.split_weight
from sales.deal as d
join sales.channel as c using (channel_no)
cross join lateral (
    select
        d.channel_no,
        case c.channel_type when 'agent' then 'agent' else 'expert' end as role,
        (array[70, 60, 66.67])[1 + sales.dice('split', d.deal_no, 3)] as split_weight
    where c.channel_type <> 'direct'
    union all
    select
        301 + sales.dice('adviser', d.deal_no, 5),
        'expert',
        (array[30, 40, 33.33])[1 + sales.dice('split', d.deal_no, 3)]
    where c.channel_type in ('agent', 'direct')
      and sales.dice('advised', d.deal_no, 100) < case c.channel_type when 'agent' then 30 else 12 end
) as x
order by d.deal_no, x.channel_no;
