-- Rules that the sample company keeps: prints one row per rule with the rows that break it, all 0.
--     psql -X -q -d DATABASE -f test/sample/consistency.sql
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset fieldsep ' | '
\pset tuples_only on
begin;
-- Days are the company's days.
set local timezone = 'Asia/Shanghai';

select 'an order is the sum of its lines', count(*)
from sales.sales_order as o
where o.total_amount is distinct from (
    select sum(l.amount) from sales.order_line as l where l.order_no = o.order_no
);

select 'an order lies after its account came in and by as_of', count(*)
from sales.sales_order as o
join sales.account as a using (account_no)
where o.ordered_at::date < a.created_on
   or o.ordered_at::date > '2025-06-30';

select 'a supply order lies after its account came in and by as_of', count(*)
from sales.supply_order as s
join sales.account as a using (account_no)
where s.ordered_on <= a.created_on
   or s.ordered_on > '2025-06-30';

select 'a contract''s order follows its signature', count(*)
from sales.sales_order as o
join sales.contract as c using (contract_no)
where o.ordered_at::date <= c.signed_on
   or o.account_no <> c.account_no;

select 'a credit note follows its order and is not larger', count(*)
from sales.sales_order as n
join sales.sales_order as o
  on o.order_no = n.corrects_order_no
where n.ordered_at <= o.ordered_at
   or n.account_no <> o.account_no
   or o.order_kind <> 'order'
   or -n.total_amount > o.total_amount;

select 'a contract is signed by as_of, after its account came in', count(*)
from sales.contract as c
join sales.account as a using (account_no)
where c.signed_on not between a.created_on and date '2025-06-30'
   or c.starts_on < a.created_on;

select 'a contract of a deal follows the won stage', count(*)
from sales.contract as c
join sales.deal as d using (deal_no)
where d.current_stage <> 'won'
   or c.signed_on < d.closed_at::date
   or c.account_no <> d.account_no
   or c.product_line <> d.product_line;

select 'a deal won over ten days ago has one contract', count(*)
from sales.deal as d
where d.current_stage = 'won'
  and d.closed_at < '2025-06-20 00:00+00'
  and (select count(*) from sales.contract as c where c.deal_no = d.deal_no) <> 1;

select 'an account won over a month ago has an order after it', count(*)
from sales.deal as d
where d.current_stage = 'won'
  and d.closed_at < '2025-05-31 00:00+00'
  and not exists (
      select 1 from sales.sales_order as o
      where o.account_no = d.account_no and o.ordered_at > d.closed_at
  );

select 'an add-on lies inside its base contract', count(*)
from sales.contract as c
left join sales.contract as b
  on b.contract_no = c.base_contract_no
where c.contract_kind = 'add-on'
  and (b.contract_no is null
       or b.account_no <> c.account_no
       or b.product_line <> c.product_line
       or c.starts_on < b.starts_on
       or coalesce(c.ends_on, 'infinity') > coalesce(b.ends_on, 'infinity'));

select 'a renewal names what it renews', count(*)
from sales.contract as c
left join sales.contract as p
  on p.contract_no = c.previous_contract_no
where c.contract_kind = 'renewal'
  and (p.contract_no is null
       or p.account_no <> c.account_no
       or p.product_line <> c.product_line
       or p.starts_on >= c.starts_on);

select 'usage falls on days of a contract of its line', count(*)
from sales.usage_daily as u
join sales.item as i using (item)
where u.used_on > '2025-06-30'
   or not exists (
      select 1 from sales.contract as c
      where c.account_no = u.account_no
        and c.product_line = i.product_line
        and c.starts_on <= u.used_on
        and (c.ends_on is null or c.ends_on >= u.used_on)
  );

select 'a lead is not older than its account and contact', count(*)
from sales.lead as l
join sales.account as a using (account_no)
join sales.contact as c using (contact_no)
where l.created_at::date < a.created_on
   or l.created_at::date < c.created_on
   or c.account_no <> l.account_no
   or l.created_at::date > '2025-06-30';

select 'a deal begins with its first log row and ends with its last', count(*)
from sales.deal as d
join (
    select deal_no, min(changed_at) as first_at, max(changed_at) as last_at
    from sales.deal_stage_log
    group by deal_no
) as l using (deal_no)
where l.first_at <> d.created_at
   or l.last_at < d.closed_at
   or l.last_at::date > '2025-06-30';

select 'every deal has a log', count(*)
from sales.deal as d
where not exists (select 1 from sales.deal_stage_log as l where l.deal_no = d.deal_no);

select 'a deal of a lead is its account''s', count(*)
from sales.deal as d
join sales.lead as l using (lead_no)
where l.account_no <> d.account_no
   or l.created_at <> d.created_at
   or l.status <> 'converted';

select 'weights of a deal sum to 100 at most', count(*)
from (
    select deal_no from sales.deal_partner group by deal_no having sum(split_weight) > 100
) as d;

select 'a rating comes from a buyer, by as_of', count(*)
from sales.satisfaction as s
left join sales.sales_order as o
  on o.account_no = s.account_no
 and o.order_kind = 'order'
 and o.ordered_at < s.rated_at
where o.order_no is null
   or s.rated_at::date > '2025-06-30';

select 'a referral comes from a buyer, before the account came in', count(*)
from sales.referral as r
join sales.account as a
  on a.account_no = r.referred_account_no
where r.referred_on > a.created_on
   or r.referred_on <= (
       select coalesce(min(o.ordered_at)::date, 'infinity') from sales.sales_order as o
       where o.account_no = r.referrer_account_no
   );

select 'a ticket comes from a buyer, by as_of', count(*)
from sales.ticket as t
where not exists (
      select 1 from sales.sales_order as o
      where o.account_no = t.account_no and o.order_kind = 'order' and o.ordered_at < t.opened_at
  )
   or greatest(t.opened_at, t.answered_at, t.closed_at)::date > '2025-06-30';

select 'a shipment is of an order, by as_of', count(*)
from sales.shipment as s
join sales.sales_order as o using (order_no)
where o.order_kind <> 'order'
   or greatest(s.paid_at, s.shipped_at)::date > '2025-06-30';

select 'who answered was invited, days before, once', count(*)
from sales.satisfaction as s
left join sales.survey_invitation as i using (rating_no)
where i.account_no is distinct from s.account_no
   or s.rated_at::date - i.invited_on not between 1 and 20;

select 'nobody is invited who could not answer', count(*)
from sales.survey_invitation as i
where not exists (
    select 1 from sales.sales_order as o
    where o.account_no = i.account_no and o.order_kind = 'order' and o.ordered_at::date < i.invited_on
);

select 'a rating of a seller is of an order of his, after it, by as_of', count(*)
from sales.service_rating as r
join sales.sales_order as o using (order_no)
where o.channel_no <> r.channel_no
   or o.order_kind <> 'order'
   or r.rated_on <= o.ordered_at::date
   or r.rated_on > '2025-06-30';

select 'scores of sellers are 1 to 5, but for the form of 2023', count(*)
from sales.service_rating as r
cross join lateral (values (product_score), (service_score), (delivery_score)) as v (score)
where score not between 1 and 5
  and (score <> 0 or rated_on not between '2023-03-01' and '2023-08-31');

select 'claims are the referrals, and 6 of oneself, 9 second ones, 5 of strangers, a circle of 3', count(*)
from (
    select
        case
            when c.referrer_account_no = c.referred_account_no then 'self'
            when a.account_no is null then 'stranger'
            when r.referral_no is not null then 'true'
            when t.referral_no is not null then 'second'
            else 'circle'
        end as kind,
        count(*) as n
    from sales.referral_claim as c
    left join sales.account as a
      on a.account_no = c.referrer_account_no
    left join sales.referral as r
      on r.referrer_account_no = c.referrer_account_no and r.referred_account_no = c.referred_account_no and r.referred_on = c.claimed_on
    left join sales.referral as t
      on t.referred_account_no = c.referred_account_no
    group by 1
) as k
full join (values ('self', 6), ('stranger', 5), ('true', 228), ('second', 9), ('circle', 3)) as e (kind, n) using (kind, n)
where k.kind is null
   or e.kind is null;

select 'a year has the working days that the State Council left', count(*)
from (values (2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248)) as y (year, days)
where days <> (
    select count(*)
    from generate_series(make_date(year, 1, 1), make_date(year, 12, 31)::timestamp, interval '1 day') as d
    where coalesce(
        (select bool_or(h.is_work_day) from sales.holiday as h where h.on_date = d),
        extract(isodow from d) < 6
    )
);

select 'a make-up day is a day of a weekend', count(*)
from sales.holiday
where is_work_day
  and extract(isodow from on_date) < 6;

select 'a lead is assigned, checked and answered after it came in, by as_of', count(*)
from sales.lead as l
join (
    select lead_no, assigned_at as at from sales.lead_assignment
    union all
    select lead_no, checked_at from sales.lead_check where checked_at is not null
    union all
    select lead_no, at from sales.lead_activity
) as e using (lead_no)
where e.at <= l.created_at
   or e.at::date > '2025-06-30';

select 'an answer has a moment, what was not asked has none', count(*)
from sales.lead_check
where (passed is null) <> (checked_at is null);

select 'a lead''s log begins with new, when it came in', count(*)
from sales.lead as l
where (
    select status || extract(epoch from changed_at) from sales.lead_status_log as g
    where g.lead_no = l.lead_no order by changed_at limit 1
) is distinct from 'new' || extract(epoch from l.created_at);

select 'a lead''s last status is qualified exactly when its deal came to mql', count(*)
from sales.lead as l
where ((
    select status from sales.lead_status_log as g
    where g.lead_no = l.lead_no order by changed_at desc limit 1
) = 'qualified') <> exists (
    select 1 from sales.deal as d
    join sales.deal_stage_log as g using (deal_no)
    where d.lead_no = l.lead_no and g.stage in ('mql', 'sql', 'proposal', 'won')
);

select 'no status follows itself', count(*)
from (
    select status, lag(status) over (partition by lead_no order by changed_at) as before
    from sales.lead_status_log
) as g
where status = before;

select 'the first working is the first answer', count(*)
from (
    select lead_no, min(changed_at) as at from sales.lead_status_log where status = 'working' group by lead_no
) as g
full join (
    select lead_no, min(at) as at from sales.lead_activity group by lead_no
) as a using (lead_no)
where g.at <> a.at;

select 'an activity is done by one to whom the lead is given at some time', count(*)
from sales.lead_activity as a
where seller is not null
  and not exists (
      select 1 from sales.lead_assignment as s
      where s.lead_no = a.lead_no and s.seller = a.seller
  );
select 'changes of a deal have the stages of the stage log', count(*)
from (
    select deal_no, changed_at, stage, count(*) from sales.deal_change where stage is not null group by 1, 2, 3
    except
    select deal_no, changed_at, stage, count(*) from sales.deal_stage_log group by 1, 2, 3
) as x;

select 'changes of a deal end with its amount', count(*)
from sales.deal as d
where d.annual_amount is distinct from (
    select c.amount
    from sales.deal_change as c
    where c.deal_no = d.deal_no and c.amount is not null
    order by c.changed_at desc, c.amount desc
    limit 1
);

select 'a row of changes changes something, by as_of, numbers rise with time', count(*)
from (
    select *, lag(changed_at) over (order by change_no) as before
    from sales.deal_change
) as c
where num_nonnulls(c.stage, c.amount, c.close_on) = 0
   or c.changed_at::date > '2025-06-30'
   or c.before > c.changed_at;

select 'the first change of a deal has a stage and an amount', count(*)
from (
    select distinct on (deal_no) *
    from sales.deal_change
    order by deal_no, changed_at, amount nulls last
) as c
where num_nulls(c.stage, c.amount) > 0;

select 'a buyer''s stage is noted while the deal runs', count(*)
from sales.deal_buyer_log as b
join sales.deal as d using (deal_no)
where b.entered_at < d.created_at
   or b.entered_at > coalesce(d.closed_at, '2025-06-30 12:00Z');

select 'every quarter of five years has a quota', count(*)
from generate_series(date '2021-01-01', date '2025-10-01', interval '3 months') as g (quarter_on)
full join sales.quota as q
  on q.quarter_on = g.quarter_on
where q.quota_amount is null
   or g.quarter_on is null;
select 'a touch lies in the time that the extract covers', count(*)
from sales.touch
where touched_at < '2020-07-01'
   or touched_at >= '2025-07-01';

select 'a channel of a touch is one of ten, or spelt by hand', count(*)
from sales.touch
where channel not in ('search', 'website', 'exhibition', 'seminar', 'training', 'mail', 'call', 'agent', 'expert', 'referral', 'direct', 'Exhibition ');

select 'a touch that was brought in twice equals the first', count(*)
from sales.touch as t
where touch_no >= 900000
  and not exists (
    select
    from sales.touch as o
    where o.account_no = t.account_no
      and o.touched_at = t.touched_at
      and o.touch_no < 900000
  );

select 'spend is of the first of a month and above 0', count(*)
from sales.marketing_spend
where extract(day from month) <> 1
   or amount <= 0;

select 'what is paid for is touched', count(*)
from sales.marketing_spend as s
where not exists (select from sales.touch as t where t.channel = s.channel);

select 'no helper function is left in schema sales', count(*)
from pg_proc
where pronamespace = 'sales'::regnamespace;

select 'every column has a comment', count(*)
from pg_class as c
join pg_attribute as a
  on a.attrelid = c.oid
 and a.attnum >= 0
where c.relnamespace = 'sales'::regnamespace
  and c.relkind = 'r'
  and not a.attisdropped
  and col_description(c.oid, a.attnum) is null;

select 'every table has a comment', count(*)
from pg_class as c
where c.relnamespace = 'sales'::regnamespace
  and c.relkind = 'r'
  and obj_description(c.oid, 'pg_class') is null;

commit;
