-- How each new-business deal went, one row per deal: the day of each stage, null where it was skipped
-- or not reached. Days may lie beyond the extract; what follows keeps only the past.
create temporary table deal_path on commit drop as
with base as (
    select
        l.lead_no,
        l.account_no,
        l.channel_no,
        c.channel_type,
        a.org_type,
        (l.lead_no - 200000) as key,
        -- The CRM keeps Shanghai days; stages are set in office hours, when UTC has the same day.
        (l.created_at at time zone 'UTC')::date as d_lead,
        5 * (l.has_budget::int + l.has_authority::int + l.has_need::int + l.has_timing::int - 2)
        + case c.channel_type when 'direct' then 3 when 'agent' then -2 when 'consultant' then 6 else -6 end
        + case a.org_type when 'government' then 2 when 'leading' then 3 when 'micro' then -4 else 0 end as lift,
        case c.channel_type when 'direct' then 100 when 'agent' then 85 when 'consultant' then 95 else 65 end
        + case when a.org_type in ('government', 'state_owned') then 20 when a.org_type = 'micro' then -25 else 0 end as slow
    from sales.lead as l
    join sales.account as a using (account_no)
    join sales.channel as c
      on c.channel_no = l.channel_no
    where l.status = 'converted'
),
drawn as (
    select
        b.*,
        case
            when sales.dice('mql?', key, 100) >= 74 + lift then 1
            when sales.dice('sql?', key, 100) >= 70 + lift then 2
            when sales.dice('proposal?', key, 100) >= 76 + lift then 3
            when sales.dice('won?', key, 100) >= 64 + lift then 4
            else 5
        end as level,
        1 + 38 * slow * sales.pace('to mql', key) / 10000 as to_mql,
        1 + 72 * slow * sales.pace('to sql', key) / 10000 as to_sql,
        1 + 100 * slow * sales.pace('to proposal', key) / 10000 as to_proposal,
        2 + 84 * slow * sales.pace('to won', key) / 10000 as to_won,
        3 + 85 * slow * sales.pace('to lost', key) / 10000 as to_lost,
        sales.dice('skip mql', key, 100) < 11 as skips_mql,
        sales.dice('skip proposal', key, 100) < 6 as skips_proposal,
        sales.dice('forgotten', key, 100) < 7 as is_forgotten
    from base as b
),
dated as (
    select
        d.*,
        d_lead + to_mql as d_mql,
        d_lead + to_mql + to_sql as d_sql,
        d_lead + to_mql + to_sql + to_proposal as d_proposal,
        d_lead + to_mql + to_sql + to_proposal + to_won as d_close
    from drawn as d
),
closed as (
    select
        d.*,
        -- Autumn deals are pulled into the December budget; February ones wait for March.
        case
            when level < 5 then null
            when extract(month from d_close) in (8, 9, 10, 11) and sales.dice('pulled', key, 100) < 60
                then make_date(extract(year from d_close)::int, 12, 1 + sales.dice('december', key, 20))
            when extract(month from d_close) = 2 and sales.dice('pulled', key, 100) < 65
                then make_date(extract(year from d_close)::int, 3, 1 + sales.dice('march', key, 26))
            else d_close
        end as d_won
    from dated as d
)
select
    key,
    lead_no,
    account_no,
    channel_no,
    'new business' as deal_kind,
    d_lead,
    case when level >= 2 and not (skips_mql and level >= 3) then d_mql end as d_mql,
    case when level >= 3 then d_sql end as d_sql,
    case when level >= 4 and not (skips_proposal and level = 5) then d_proposal end as d_proposal,
    d_won,
    case
        when level = 5 or is_forgotten then null
        else (array[d_lead, d_mql, d_sql, d_proposal])[level] + to_lost
    end as d_lost,
    case
        when org_type in ('sme', 'micro', 'social')
            then (array['design', 'design', 'design', 'cloud', 'simulation'])[1 + sales.dice('line', key, 5)]
        else (array['design', 'design', 'simulation', 'cloud', 'private'])[1 + sales.dice('line', key, 5)]
    end as product_line,
    sales.dice('discount', key, 26) as discount
from closed;

-- The quantity asked for, by customer type and product line.
alter table deal_path add column quantity int;
update deal_path as p
set quantity = greatest(1, case p.product_line
        when 'design' then h.seats
        when 'simulation' then h.seats / 4
        when 'cloud' then h.seats * 2
        else 1 + h.seats / 150
    end * sales.tail('quantity', p.key) / 100)
from sales.account as a
join (values
    ('government', 40),
    ('listed', 80),
    ('state_owned', 110),
    ('leading', 180),
    ('sme', 12),
    ('micro', 3),
    ('social', 8)
) as h (org_type, seats)
  on h.org_type = a.org_type
where a.account_no = p.account_no;
