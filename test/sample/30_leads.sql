-- Leads: the first on the day the account came in, further ones in later seasons; one in eight
-- is dropped at once and never becomes a deal.
create temporary table lead_seed on commit drop as
with counted as (
    select
        s.k,
        s.created_on,
        n,
        s.k * 10 + n as key,
        case
            when n > 1 or s.created_on < '2020-07-21'
                then sales.day_after('lead', s.created_on, 'lead day', s.k * 10 + n, 2)
            else s.created_on
        end as day
    from account_seed as s
    cross join lateral generate_series(
        1,
        (array[1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 5])[1 + sales.dice('leads', s.k, 20)]
    ) as n
)
select
    c.*,
    row_number() over (order by c.day, c.key) as lead_k
from counted as c
where c.day is not null;

insert into sales.lead (
    lead_no, account_no, contact_no, channel_no, source,
    has_budget, has_authority, has_need, has_timing, status, created_at
)
select
    200000 + s.lead_k,
    a.account_no,
    c.contact_no,
    -- Now and then another channel brings a lead of an account.
    case
        when sales.dice('other channel', s.key, 100) < 8 then 301 + sales.dice('which channel', s.key, 5)
        when sales.dice('other channel', s.key, 100) < 14 then 110
        else a.channel_no
    end,
    (array['website', 'website', 'website', 'exhibition', 'exhibition', 'seminar', 'seminar',
           'training course', 'agent', 'agent', 'cold call', 'tender notice', 'referral', 'referral'
          ])[1 + sales.dice('source', s.key, 14)],
    sales.dice('budget', s.key, 100) < 45,
    sales.dice('authority', s.key, 100) < 40,
    sales.dice('need', s.key, 100) < 65,
    sales.dice('timing', s.key, 100) < 35,
    case when sales.dice('dropped', s.key, 8) = 0 then 'disqualified' else 'converted' end,
    to_timestamp(sales.epoch(s.day, 3600 + sales.dice('lead at', s.key, 7200)))
from lead_seed as s
join sales.account as a
  on a.account_no = 100000 + s.k
cross join lateral (
    select contact_no
    from sales.contact
    where account_no = a.account_no
      and created_on <= s.day
    order by sales.dice('asks', contact_no * 100 + s.n, 1000), contact_no
    limit 1
) as c
order by s.lead_k;
analyze sales.lead;
