-- About 2,000 accounts, numbered in the order they came into the CRM, and their contacts.
-- One in five was entered by hand in the first three weeks, when the CRM was introduced.
create temporary table place on commit drop as
select (row_number() over (order by ordinality))::int - 1 as n, region, province, city
from rows from (unnest(
    array['East', 'East', 'East', 'East', 'East', 'East', 'North', 'North', 'North', 'South',
          'South', 'South', 'Central', 'Central', 'Southwest', 'Southwest', 'Northwest', 'Northeast'],
    array['Shanghai', 'Jiangsu', 'Jiangsu', 'Zhejiang', 'Shandong', 'Anhui', 'Beijing', 'Hebei',
          'Tianjin', 'Guangdong', 'Guangdong', 'Fujian', 'Hubei', 'Hunan', 'Sichuan', 'Chongqing',
          'Shaanxi', 'Liaoning'],
    array['Shanghai', 'Nanjing', 'Suzhou', 'Hangzhou', 'Qingdao', 'Hefei', 'Beijing',
          'Shijiazhuang', 'Tianjin', 'Guangzhou', 'Shenzhen', 'Xiamen', 'Wuhan', 'Changsha',
          'Chengdu', 'Chongqing', 'Xi''an', 'Shenyang']
)) with ordinality as p (region, province, city, ordinality);

create temporary table account_seed on commit drop as
with born as (
    select
        i,
        case
            when sales.dice('rollout', i, 5) = 0
                then date '2020-07-01' + sales.dice('rollout day', i, 20)
            else sales.day_after('lead', date '2020-07-01', 'born', i, 1)
        end as created_on
    from generate_series(1, 2000) as i
),
numbered as (
    select
        row_number() over (order by created_on, i) as k,
        created_on
    from born
)
select
    k,
    created_on,
    (array['government', 'government', 'listed', 'state_owned', 'state_owned', 'leading',
           'sme', 'sme', 'sme', 'sme', 'sme', 'sme', 'sme', 'micro', 'micro', 'micro', 'micro',
           'micro', 'social', 'social'])[1 + sales.dice('org', k, 20)] as org_type,
    (array['machinery', 'machinery', 'construction', 'construction', 'energy', 'chemicals',
           'automotive', 'rail', 'shipbuilding', 'electronics'])[1 + sales.dice('industry', k, 10)] as industry,
    sales.dice('place', k, 18) as place_n,
    -- How content the customer is at heart, 1 .. 5: ratings and renewals both follow it.
    (array[1, 2, 2, 3, 3, 3, 4, 4, 4, 5])[1 + sales.dice('mood', k, 10)] as mood
from numbered;

-- Invented names: two syllables and a trade. The step 7 runs through all pairs before one repeats.
insert into sales.account (
    account_no, name, org_type, region, province, city, industry, employees, channel_no, created_on
)
select
    100000 + s.k,
    case
        when s.org_type = 'government' then
            w.zh || (array['市规划设计院', '市住房建设局', '区水务局', '市交通局', '县自然资源局'])[1 + sales.dice('suffix', s.k, 5)]
        when s.org_type = 'social' then
            w.zh || (array['工程学会', '职业技术学院', '大学设计中心', '行业协会', '公益基金会'])[1 + sales.dice('suffix', s.k, 5)]
        when sales.dice('script', s.k, 10) < 4 then
            w.zh || (array['精密机械', '工程设计', '能源装备', '化工', '汽车部件', '电子科技'])[1 + sales.dice('suffix', s.k, 6)]
            || case s.org_type
                when 'micro' then '工作室'
                when 'listed' then '股份有限公司'
                when 'sme' then '有限公司'
                else '集团有限公司'
            end
        else
            w.en || ' ' || (array['Precision', 'Engineering', 'Energy', 'Process', 'Mobility',
                                  'Electronics', 'Structures', 'Works'])[1 + sales.dice('suffix', s.k, 8)]
            || case s.org_type
                when 'micro' then ' Studio'
                when 'listed' then ' PLC'
                when 'sme' then ' Co., Ltd.'
                else ' Group'
            end
    end,
    s.org_type,
    p.region,
    p.province,
    p.city,
    s.industry,
    greatest(2, h.typical * sales.tail('staff', s.k) / 100),
    case
        when sales.dice('seller', s.k, 100) < h.direct_share then o.office_no
        when sales.dice('seller', s.k, 100) < h.direct_share + 38
            then o.agent_no + sales.dice('agent', s.k, 2)
        when sales.dice('seller', s.k, 100) < h.direct_share + 52 then 301 + sales.dice('expert', s.k, 5)
        else 401 + sales.dice('school', s.k, 4)
    end,
    s.created_on
from account_seed as s
join pg_temp.place as p
  on p.n = s.place_n
join (values
    ('government', 300, 45),
    ('listed', 1500, 40),
    ('state_owned', 2500, 45),
    ('leading', 4000, 48),
    ('sme', 80, 26),
    ('micro', 6, 22),
    ('social', 120, 24)
) as h (org_type, typical, direct_share)
  on h.org_type = s.org_type
join (values
    ('East', 101, 201),
    ('North', 102, 203),
    ('South', 103, 205),
    ('Central', 104, 207),
    ('Southwest', 105, 209),
    ('Northwest', 106, 211),
    ('Northeast', 107, 213)
) as o (region, office_no, agent_no)
  on o.region = p.region
cross join lateral (
    select
        (array['澜', '栎', '霁', '岫', '筠', '砺', '泓', '蔚', '衡', '朔', '翊', '铄', '沅', '璟', '湫', '垚'])[1 + s.k % 16]
        || (array['峤', '桁', '埠', '麓', '渚', '垣', '棠', '屿', '陌', '辰', '榕', '汀', '岑', '堰', '樾'])[1 + s.k * 7 % 15] as zh,
        (array['Nor', 'Vel', 'Tar', 'Quin', 'Bel', 'Os', 'Kar', 'Lum', 'Fen', 'Zor', 'Mar', 'Hal',
               'Dun', 'Ever', 'Cal', 'Bran', 'Sil', 'Ard', 'Wyn', 'Thal', 'Ost', 'Rav', 'Gil', 'Pel',
               'Cor', 'Hes', 'Ilm', 'Jor', 'Kest', 'Lor', 'Myr', 'Nev'])[1 + s.k % 32]
        || (array['vale', 'mere', 'dane', 'wick', 'ton', 'lor', 'mond', 'stead', 'ford', 'haven',
                  'brook', 'gate', 'field', 'crest', 'holm', 'ridge', 'bury', 'ley', 'worth', 'cott',
                  'by', 'den', 'more', 'fall', 'shaw', 'thorpe', 'wold', 'combe', 'garth', 'lund',
                  'quay'])[1 + s.k * 7 % 31] as en
) as w
order by s.k;

-- One to four contacts; a name and a form of address is all the CRM keeps of a person.
insert into sales.contact (contact_no, account_no, name, job_role, created_on)
select
    row_number() over (order by s.k, n),
    100000 + s.k,
    case sales.dice('tongue', s.k * 10 + n, 2)
        when 0 then (array['林', '沈', '陆', '秦', '顾', '贺', '温', '严', '邱', '江'])[1 + sales.dice('surname', s.k * 10 + n, 10)]
                    || (array['工', '经理', '老师', '主任'])[1 + sales.dice('title', s.k * 10 + n, 4)]
        else (array['Ms ', 'Mr '])[1 + sales.dice('title', s.k * 10 + n, 2)]
             || (array['Lin', 'Shen', 'Lu', 'Qin', 'Gu', 'He', 'Wen', 'Yan', 'Qiu', 'Jiang'])[1 + sales.dice('surname', s.k * 10 + n, 10)]
    end,
    (array['engineer', 'it', 'buyer', 'manager', 'director'])[1 + sales.dice('role', s.k * 10 + n, 5)],
    least(
        s.created_on + case n when 1 then 0 else sales.dice('met', s.k * 10 + n, 300) end,
        date '2025-06-30'
    )
from account_seed as s
cross join lateral generate_series(
    1,
    1 + sales.dice('people', s.k, case when s.org_type in ('micro', 'sme') then 2 else 4 end)
) as n
order by s.k, n;
create index on sales.contact (account_no);
analyze sales.account, sales.contact;
