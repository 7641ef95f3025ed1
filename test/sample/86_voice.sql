-- Who was asked in the yearly survey, answered or not: all that 80_voices.sql could have asked.
insert into sales.survey_invitation (invitation_no, account_no, invited_on, rating_no)
select
    600000 + row_number() over (order by i.invited_on, b.account_no),
    b.account_no,
    i.invited_on,
    s.rating_no
from buyer as b
cross join generate_series(0, 4) as y
cross join lateral (select b.account_no * 10 + y as key) as k
cross join lateral (select b.first_on + 60 + 365 * y + sales.dice('survey', k.key, 60) as day) as r
cross join lateral (select r.day - 1 - sales.dice('invited', k.key, 10) as invited_on) as i
left join sales.satisfaction as s
  on s.account_no = b.account_no
 and (s.rated_at at time zone 'UTC')::date = r.day
where r.day <= '2025-06-30'
  and exists (
      select 1
      from sales.contact as c
      where c.account_no = b.account_no
        and c.created_on <= r.day
  )
  and (y = 0 or exists (
      select 1
      from sales.contract as t
      where t.account_no = b.account_no
        and t.starts_on <= r.day
        and (t.ends_on is null or t.ends_on >= r.day)
  ))
order by i.invited_on, b.account_no;

-- After an order a buyer may rate the seller three times: is it as described, the service, the
-- delivery. Each channel has its own level of each. A form of 2023 sent 0 for what was left out.
insert into sales.service_rating (rating_no, order_no, channel_no, rated_on, product_score, service_score, delivery_score)
select
    700000 + row_number() over (order by d.day, o.order_no),
    o.order_no,
    o.channel_no,
    d.day,
    max(f.score) filter (where f.aspect = 1),
    max(f.score) filter (where f.aspect = 2),
    max(f.score) filter (where f.aspect = 3)
from sales.sales_order as o
cross join lateral (
    select (o.ordered_at at time zone 'UTC')::date + 2 + sales.dice('rates on', o.order_no, 20) as day
) as d
cross join generate_series(1, 3) as aspect
cross join lateral (select o.order_no * 10 + aspect as key) as k
cross join lateral (
    select
        aspect,
        case
            when sales.dice('skips', k.key, 12) > 0 then greatest(1, least(5,
                (array[5, 5, 4, 4, 4, 3])[1 + sales.dice('level', o.channel_no * 10 + aspect, 6)]
                + (array[-3, -1, -1, 0, 0, 0, 0, 0, 1, 1])[1 + sales.dice('rates', k.key, 10)]))
            when d.day between '2023-03-01' and '2023-08-31' then 0
        end as score
) as f
where o.order_kind = 'order'
  and d.day <= '2025-06-30'
  and sales.dice('rates at all', o.order_no, 100) < 55
group by o.order_no, o.channel_no, d.day
order by d.day, o.order_no;

-- Claims of having brought an account, for the bonus of 2025: the referrals that are true, and what
-- people write besides.
create temporary table claim_seed on commit drop as
with alone as (
    select
        a.account_no,
        a.created_on,
        row_number() over (order by sales.dice('claims', a.account_no, 1000000), a.account_no) as n
    from sales.account as a
    where a.created_on between '2021-01-01' and '2025-03-31'
      and not exists (
          select 1
          from sales.referral as r
          where a.account_no in (r.referrer_account_no, r.referred_account_no)
      )
), brought as (
    select
        r.*,
        row_number() over (order by sales.dice('claimed twice', r.referral_no, 1000000), r.referral_no) as n
    from sales.referral as r
)
select referrer_account_no as referrer, referred_account_no as referred, referred_on as day, 0 as kind
from sales.referral
union all
-- oneself
select account_no, account_no, created_on, 1
from alone
where n <= 6
union all
-- a second one for the same account, some weeks later
select
    (select min(o.referrer_account_no) from sales.referral as o
     where o.referrer_account_no > b.referrer_account_no and o.referrer_account_no < b.referred_account_no),
    b.referred_account_no,
    b.referred_on + 5 + sales.dice('second', b.referral_no, 40),
    2
from brought as b
where b.n <= 9
union all
-- numbers that no account has
select 900000 + sales.dice('stranger', account_no, 1000), account_no, created_on, 3
from alone
where n between 7 and 11
union all
-- three friends in a circle
select lead.account_no, a.account_no, a.created_on, 4
from alone as a
join alone as lead
  on lead.n = case a.n when 14 then 12 else a.n + 1 end
where a.n between 12 and 14;

insert into sales.referral_claim (claim_no, referrer_account_no, referred_account_no, claimed_on)
select row_number() over (order by day, referred, kind), referrer, referred, day
from claim_seed
order by day, referred, kind;

alter table sales.survey_invitation
    add foreign key (account_no) references sales.account,
    add foreign key (rating_no) references sales.satisfaction;
alter table sales.service_rating
    add foreign key (order_no) references sales.sales_order,
    add foreign key (channel_no) references sales.channel;
alter table sales.referral_claim
    add foreign key (referred_account_no) references sales.account;
create index on sales.survey_invitation (account_no);
create index on sales.service_rating (channel_no);
create index on sales.referral_claim (referred_account_no);
