-- Contracts: the chains that follow from the first won deal of an account and product line, then
-- what lies beside them. Terms first carry a number; contract numbers come in 50_deals.sql.
create temporary table term (
    term_no       int generated always as identity,
    chain         bigint not null,
    n             int not null,
    account_no    bigint not null,
    product_line  text not null,
    kind          text not null,
    deal_key      bigint,
    starts_on     date not null,
    ends_on       date,
    quantity      int not null,
    discount      int not null,
    signed_on     date not null
) on commit drop;

-- All won deals that were signed in time, numbered within account and line.
create temporary table won on commit drop as
with signed as (
    select
        p.*,
        p.d_won + sales.dice('signing', p.key, 6) as signed_on
    from deal_path as p
    where p.d_won is not null
)
select
    s.*,
    case
        when sales.dice('first of month', s.key, 2) = 0
            then sales.add_months(make_date(extract(year from s.signed_on)::int,
                                            extract(month from s.signed_on)::int, 1), 1)
        else s.signed_on + sales.dice('begin', s.key, 15)
    end as starts_on,
    row_number() over (partition by s.account_no, s.product_line order by s.d_won, s.key) as nth
from signed as s
where s.signed_on <= '2025-06-30';

with recursive chain as (
    select
        w.key as chain,
        1 as n,
        w.account_no,
        w.product_line,
        'new' as kind,
        w.starts_on,
        m.months,
        case when m.months > 0 then sales.add_months(w.starts_on, m.months) - 1 end as ends_on,
        w.quantity,
        w.discount,
        w.signed_on
    from won as w
    cross join lateral (
        select case
            -- 0 stands for an open end; paid subscriptions run a year, sometimes two or three.
            when w.product_line = 'private' and sales.dice('months', w.key, 100) < 15 then 0
            when w.product_line = 'private' and sales.dice('months', w.key, 100) < 55 then 36
            when sales.dice('months', w.key, 100) < 2 then 0
            when sales.dice('months', w.key, 100) < 10 then 24
            when sales.dice('months', w.key, 100) < 15 then 36
            else 12
        end as months
    ) as m
    where w.nth = 1

    union all

    select
        c.chain,
        c.n + 1,
        c.account_no,
        c.product_line,
        case when r.days > 100 then 'return' else 'renewal' end,
        c.ends_on + 1 + r.days,
        c.months,
        sales.add_months(c.ends_on + 1 + r.days, c.months) - 1,
        r.quantity,
        r.discount,
        r.signed_on
    from chain as c
    join sales.account as a using (account_no)
    join account_seed as s
      on s.k = c.account_no - 100000
    cross join lateral (select c.chain * 10 + c.n as key) as k
    cross join lateral (
        select
            sales.dice('renews', k.key, 100)
            < 89 + case a.org_type
                    when 'government' then 10
                    when 'state_owned' then 5
                    when 'leading' then 4
                    when 'micro' then -14
                    when 'sme' then -3
                    else 0
                end
              + 5 * (s.mood - 3)
              + case c.n when 1 then -3 else 4 end as renews,
            sales.dice('when', k.key, 100) as timing
    ) as u
    cross join lateral (
        -- Days between the end and the next start: early is below 0, and a return has over 100.
        select case
            when u.renews and u.timing < 62 then 0
            when u.renews and u.timing < 80 then -7 - sales.dice('early', k.key, 68)
            when u.renews and u.timing < 96 then 1 + sales.dice('late', k.key, 30)
            when u.renews then 31 + sales.dice('very late', k.key, 45)
            when sales.dice('returns', k.key, 100) < 28 then 120 + sales.dice('away', k.key, 400)
        end as days
    ) as d
    cross join lateral (
        select
            d.days,
            greatest(1, case
                when u.renews and sales.dice('resize', k.key, 100) < 20
                    then c.quantity + greatest(1, c.quantity * (15 + sales.dice('more', k.key, 60)) / 100)
                when u.renews and sales.dice('resize', k.key, 100) < 31
                    then c.quantity * (50 + sales.dice('less', k.key, 35)) / 100
                when u.renews then c.quantity
                else c.quantity * (40 + sales.dice('less', k.key, 70)) / 100
            end) as quantity,
            case when sales.dice('haggle', k.key, 100) < 15
                then sales.dice('discount', k.key, 26)
                else c.discount
            end as discount,
            -- Papers: some time before the start; one in five on-time renewals signs weeks after
            -- it; late ones start on the day of signature.
            c.ends_on + 1 + case
                when d.days > 0 then d.days
                when d.days = 0 and u.timing < 12 then 3 + sales.dice('papers', k.key, 40)
                else d.days - 2 - sales.dice('papers', k.key, 60)
            end as signed_on
    ) as r
    where c.months > 0
      and d.days is not null
      and r.signed_on <= '2025-06-30'
)
insert into term (
    chain, n, account_no, product_line, kind, deal_key,
    starts_on, ends_on, quantity, discount, signed_on
)
select
    chain, n, account_no, product_line, kind,
    case when n = 1 then chain end,
    starts_on, ends_on, quantity, discount, signed_on
from chain
order by chain, n;

-- Add-ons: more of the same inside a running term, ending with it. Each has a deal of its own,
-- which existing customers start at sql or proposal, without a lead.
create temporary table add_on on commit drop as
select
    500000 + t.chain * 10 + t.n as key,
    t.*,
    t.starts_on + 30 + sales.dice('add-on day', t.chain * 10 + t.n, l.days) as add_on_from
from term as t
cross join lateral (
    select greatest(1, coalesce(t.ends_on, date '2025-06-30') - t.starts_on - 90) as days
) as l
where sales.dice('add-on', t.chain * 10 + t.n, 100) < 24
  and coalesce(t.ends_on, date '2025-06-30') - t.starts_on > 120;

insert into deal_path (
    key, account_no, channel_no, deal_kind, d_lead, d_mql, d_sql, d_proposal, d_won, d_lost,
    product_line, discount, quantity
)
select
    d.key,
    d.account_no,
    a.channel_no,
    'expansion',
    null,
    null,
    case when sales.dice('straight', d.key, 100) < 70 then d.asked_on end,
    case when sales.dice('straight', d.key, 100) < 70
        then d.asked_on + (d.add_on_from - d.asked_on) / 2
        else d.asked_on
    end,
    case when d.fate < 68 then d.add_on_from - 2 end,
    case when d.fate between 68 and 91 then d.add_on_from + 20 end,
    d.product_line,
    d.discount,
    greatest(1, d.quantity * (10 + sales.dice('add-on size', d.key, 35)) / 100)
from (
    select
        o.*,
        greatest(o.starts_on + 1, o.add_on_from - 20 - sales.dice('asked', o.key, 100)) as asked_on,
        sales.dice('fate', o.key, 100) as fate
    from add_on as o
) as d
join sales.account as a using (account_no)
where d.asked_on <= '2025-06-28';

insert into term (
    chain, n, account_no, product_line, kind, deal_key,
    starts_on, ends_on, quantity, discount, signed_on
)
select
    o.chain, o.n, o.account_no, o.product_line, 'add-on', o.key,
    o.add_on_from, o.ends_on, p.quantity, o.discount, o.add_on_from - 1
from add_on as o
join deal_path as p using (key)
where p.d_won is not null
  and o.add_on_from - 1 <= '2025-06-30'
order by o.key;

-- Further won deals of a line the account has already: an add-on where a term runs for two more
-- months or has no end, else a year of its own: a return where nothing runs any more, or a contract
-- beside the one that is about to end.
insert into term (
    chain, n, account_no, product_line, kind, deal_key,
    starts_on, ends_on, quantity, discount, signed_on
)
select
    coalesce(b.chain, w.key),
    coalesce(b.n, 1),
    w.account_no,
    w.product_line,
    case
        when b.chain is not null then 'add-on'
        when exists (select 1 from term as t
                     where t.account_no = w.account_no
                       and t.product_line = w.product_line
                       and t.ends_on >= w.starts_on) then 'new'
        when exists (select 1 from term as t
                     where t.account_no = w.account_no
                       and t.product_line = w.product_line
                       and t.ends_on < w.starts_on) then 'return'
        else 'new'
    end,
    w.key,
    w.starts_on,
    least(b.ends_on, sales.add_months(w.starts_on, 12) - 1),
    w.quantity,
    w.discount,
    w.signed_on
from won as w
left join lateral (
    select t.chain, t.n, t.ends_on
    from term as t
    where t.account_no = w.account_no
      and t.product_line = w.product_line
      and t.kind <> 'add-on'
      and t.starts_on <= w.starts_on
      and (t.ends_on is null or t.ends_on > w.starts_on + 60)
    order by t.starts_on desc, t.chain, t.n
    limit 1
) as b on true
where w.nth > 1
order by w.key;

-- Slips of the pen: an end typed as the anniversary, a day too long; a renewal that starts a day
-- late because the end was read as exclusive.
update term
set ends_on = ends_on + 1
where kind in ('new', 'renewal')
  and ends_on is not null
  and sales.dice('anniversary', chain * 10 + n, 40) = 0;

update term as t
set starts_on = t.starts_on + 1
from term as p
where t.kind = 'renewal'
  and p.kind in ('new', 'renewal', 'return')
  and p.chain = t.chain
  and p.n = t.n - 1
  and p.ends_on + 1 = t.starts_on
  and sales.dice('day slip', t.chain * 10 + t.n, 60) = 0;

-- Free pilots of a quarter before a first purchase.
insert into term (
    chain, n, account_no, product_line, kind, deal_key,
    starts_on, ends_on, quantity, discount, signed_on
)
select
    t.chain, 0, t.account_no, t.product_line, 'pilot', null,
    t.starts_on - 90, t.starts_on - 1, 1, 100, t.starts_on - 95
from term as t
join sales.account as a using (account_no)
where t.kind = 'new'
  and t.n = 1
  and t.starts_on - 95 > a.created_on
  and sales.dice('pilot', t.chain, 40) = 0
order by t.chain;
analyze term, deal_path;
