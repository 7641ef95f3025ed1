-- What customers say: a yearly survey of buyers, and whom they brought along.
create temporary table buyer on commit drop as
select
    o.account_no,
    (min(o.ordered_at) at time zone 'UTC')::date + 1 as first_on,
    s.mood
from sales.sales_order as o
join account_seed as s
  on s.k = o.account_no - 100000
where o.order_kind = 'order'
group by o.account_no, s.mood;

insert into sales.satisfaction (
    rating_no, account_no, contact_no, rated_at, score, recommend_score, comment_category
)
select
    row_number() over (order by r.day, b.account_no, y),
    b.account_no,
    c.contact_no,
    sales.moment(r.day, 'rated at', k.key),
    f.score,
    case when sales.dice('recommends', k.key, 100) < 85
        then greatest(0, least(10, 2 * f.score - 1 + sales.dice('nps', k.key, 3)))
    end,
    case when sales.dice('comments', k.key, 100) < 55
        then (array['product', 'product', 'performance', 'service', 'training', 'price'])[1 + sales.dice('about', k.key, 6)]
    end
from buyer as b
cross join generate_series(0, 4) as y
cross join lateral (select b.account_no * 10 + y as key) as k
cross join lateral (select b.first_on + 60 + 365 * y + sales.dice('survey', k.key, 60) as day) as r
cross join lateral (
    select greatest(1, least(5, b.mood + (array[-1, 0, 0, 0, 0, 1])[1 + sales.dice('score', k.key, 6)])) as score
) as f
cross join lateral (
    select contact_no
    from sales.contact
    where account_no = b.account_no
      and created_on <= r.day
    order by sales.dice('answers', contact_no * 10 + y, 1000), contact_no
    limit 1
) as c
where r.day <= '2025-06-30'
  and sales.dice('answered', k.key, 100) < 62
  -- One-time buyers are asked once, contract customers every year.
  and (y = 0 or exists (
      select 1
      from sales.contract as t
      where t.account_no = b.account_no
        and t.starts_on <= r.day
        and (t.ends_on is null or t.ends_on >= r.day)
  ));

-- A referred account came in after its referrer had bought; content customers refer more often.
insert into sales.referral (referral_no, referrer_account_no, referred_account_no, referred_on)
select
    row_number() over (order by d.day, a.account_no),
    b.account_no,
    a.account_no,
    d.day
from sales.account as a
join lateral (
    select l.source
    from sales.lead as l
    where l.account_no = a.account_no
    order by l.created_at, l.lead_no
    limit 1
) as l
  on l.source = 'referral'
cross join lateral (
    select a.created_on - sales.dice('word of mouth', a.account_no, 15) as day
) as d
cross join lateral (
    select b.account_no
    from buyer as b
    where b.first_on < d.day - 30
      and b.account_no < a.account_no
    order by sales.dice('refers', a.account_no * 10000 + b.account_no - 100000, 100000) / b.mood, b.account_no
    limit 1
) as b
order by d.day, a.account_no;
