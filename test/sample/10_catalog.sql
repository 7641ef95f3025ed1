-- What the company sells and for how much: product lines, stages, items, the price list.
insert into sales.extract_info (as_of, first_day, company, home_zone, currency)
values ('2025-06-30', '2020-07-01', 'Velmere Engineering Software', 'Asia/Shanghai', 'CNY');

insert into sales.product_line (product_line, name) values
    ('design', 'Design Suite, subscription per seat'),
    ('simulation', 'Simulation Studio, subscription per seat'),
    ('cloud', 'Engineering Cloud, yearly commitment and metered services'),
    ('private', 'Private deployment, slot fee and metered nodes');

insert into sales.stage (stage, position, is_closed) values
    ('lead', 1, false),
    ('mql', 2, false),
    ('sql', 3, false),
    ('proposal', 4, false),
    ('won', 5, true),
    ('lost', 6, true);

insert into sales.item (
    item, name, item_kind, product_line, unit, is_metered, is_discountable,
    included_quantity, package_size, monthly_minimum
) values
    ('DS-SEAT', 'Design Suite seat', 'base', 'design', 'seat and year', false, true, 0, null, null),
    ('SIM-SEAT', 'Simulation Studio seat', 'base', 'simulation', 'seat and year', false, true, 0, null, null),
    ('CL-COMMIT', 'Engineering Cloud commitment', 'base', 'cloud', 'pack and year', false, true, 0, null, null),
    ('PD-SLOT', 'Private deployment slot', 'private', 'private', 'slot and year', false, false, 0, null, null),
    ('PD-NODE', 'Private deployment node', 'private', 'private', 'node hour', true, true, 0, null, 800),
    ('CL-CPU', 'Cloud computing', 'cloud', 'cloud', 'core hour', true, true, 50, null, null),
    ('CL-STORE', 'Cloud storage', 'cloud', 'cloud', 'GB and day', true, true, 0, null, null),
    ('CL-API', 'Model exchange interface', 'cloud', 'cloud', 'call', true, true, 0, null, null),
    ('CL-RENDER', 'Render farm', 'cloud', 'cloud', 'frame', true, true, 0, 100, 50),
    ('DS-STARTER', 'Design Starter, perpetual', 'base', 'design', 'licence', false, true, 0, null, null),
    ('PI-PIPING', 'Piping plug-in', 'plug-in', 'design', 'seat', false, true, 0, null, null),
    ('PI-STEEL', 'Steel detailing plug-in', 'plug-in', 'design', 'seat', false, true, 0, null, null),
    ('PI-EXPORT', 'Exchange format plug-in', 'plug-in', 'design', 'seat', false, true, 0, null, null),
    ('PI-FATIGUE', 'Fatigue plug-in', 'plug-in', 'simulation', 'seat', false, true, 0, null, null),
    ('SV-ONSITE', 'Engineer on site', 'service', null, 'day', false, true, 0, null, null),
    ('SV-TRAIN', 'Training course', 'service', null, 'participant', false, true, 0, null, null),
    ('SV-CERT', 'Certification exam', 'service', null, 'participant', false, true, 0, null, null);

-- One row per validity: bounds, prices and fees as lists, one entry per tier.
-- Left as the company has it: CL-STORE lacks a price for 2023-12-29 .. 2023-12-31, PI-PIPING
-- has two in March 2023, and the volume lists hold quantities dearer than larger ones.
-- Tiers of CL-RENDER count packages of 100 frames.
insert into sales.price_tier (
    item, price_list, valid_from, valid_to, mode, tier_no, up_to_quantity, unit_price, flat_fee
)
select
    p.item,
    p.price_list,
    p.valid_from,
    p.valid_to,
    p.mode,
    t.tier_no,
    t.up_to_quantity,
    t.unit_price,
    coalesce(t.flat_fee, 0)
from (values
    ('DS-SEAT', 'standard', date '2020-07-01', date '2022-12-31', 'graduated',
     array[10, 50, 200, 1000, null]::numeric[], array[2400, 2000, 1600, 1200, 900]::numeric[], null::numeric[]),
    ('DS-SEAT', 'standard', '2023-01-01', null, 'graduated',
     array[10, 50, 200, 1000, null], array[2580, 2160, 1720, 1280, 960], null),
    ('DS-SEAT', 'public', '2020-07-01', '2023-06-30', 'graduated',
     array[20, 100, 500, null], array[2100, 1750, 1400, 1050], null),
    ('DS-SEAT', 'public', '2023-07-01', null, 'graduated',
     array[20, 100, 500, null], array[2200, 1820, 1450, 1100], null),
    ('SIM-SEAT', 'standard', '2020-07-01', '2022-12-31', 'graduated',
     array[5, 20, 100, null], array[6800, 5900, 4800, 3900], null),
    ('SIM-SEAT', 'standard', '2023-01-01', null, 'graduated',
     array[5, 20, 100, null], array[7200, 6200, 5000, 4000], null),
    ('SIM-SEAT', 'public', '2020-07-01', null, 'graduated',
     array[5, 20, 100, null], array[6000, 5200, 4400, 3600], null),
    ('CL-COMMIT', 'standard', '2020-07-01', null, 'graduated',
     array[20, 100, 500, null], array[600, 540, 480, 400], null),
    ('PD-SLOT', 'standard', '2020-07-01', '2023-12-31', 'graduated',
     array[1, 3, null], array[60000, 48000, 36000], array[20000, 0, 0]),
    ('PD-SLOT', 'standard', '2024-01-01', null, 'graduated',
     array[1, 3, null], array[66000, 52000, 40000], array[20000, 0, 0]),
    ('PD-NODE', 'standard', '2020-07-01', null, 'graduated',
     array[2000, 10000, null], array[1.20, 0.95, 0.80], array[300, 0, 0]),
    ('CL-CPU', 'standard', '2020-07-01', '2022-06-30', 'graduated',
     array[500, 5000, 50000, null], array[0.48, 0.40, 0.34, 0.29], null),
    ('CL-CPU', 'standard', '2022-07-01', '2024-06-30', 'graduated',
     array[500, 5000, 50000, null], array[0.45, 0.38, 0.31, 0.26], null),
    ('CL-CPU', 'standard', '2024-07-01', null, 'graduated',
     array[1000, 10000, 100000, null], array[0.42, 0.36, 0.285, 0.235], null),
    ('CL-STORE', 'standard', '2020-07-01', '2023-12-28', 'graduated',
     array[5000, 50000, null], array[0.0120, 0.0095, 0.0080], null),
    ('CL-STORE', 'standard', '2024-01-01', null, 'graduated',
     array[5000, 50000, null], array[0.0110, 0.0088, 0.0072], null),
    ('CL-API', 'standard', '2020-07-01', null, 'volume',
     array[10000, 100000, 1000000, null], array[0.0020, 0.0018, 0.0015, 0.0012], null),
    ('CL-RENDER', 'standard', '2020-07-01', null, 'volume',
     array[10, 100, 1000, null], array[6.50, 5.80, 4.90, 4.20], array[0, 20, 60, 200]),
    ('DS-STARTER', 'standard', '2020-07-01', null, 'volume',
     array[4, 9, null], array[1980, 1780, 1580], null),
    ('PI-PIPING', 'standard', '2020-07-01', '2023-03-31', 'volume',
     array[10, 50, null], array[460, 410, 360], null),
    ('PI-PIPING', 'standard', '2023-03-01', null, 'volume',
     array[10, 50, null], array[490, 430, 380], null),
    ('PI-STEEL', 'standard', '2020-07-01', null, 'volume',
     array[10, 50, null], array[680, 600, 520], null),
    ('PI-EXPORT', 'standard', '2020-07-01', null, 'volume',
     array[25, 100, null], array[150, 120, 95], null),
    ('PI-FATIGUE', 'standard', '2020-07-01', null, 'volume',
     array[5, 25, null], array[1350, 1180, 990], null),
    ('SV-ONSITE', 'standard', '2020-07-01', '2022-12-31', 'graduated',
     array[5, null], array[2400, 2100], null),
    ('SV-ONSITE', 'standard', '2023-01-01', null, 'graduated',
     array[5, null], array[2600, 2250], null),
    ('SV-TRAIN', 'standard', '2020-07-01', null, 'volume',
     array[5, 15, null], array[1200, 980, 820], null),
    ('SV-CERT', 'standard', '2020-07-01', null, 'volume',
     array[20, null], array[380, 330], null)
) as p (item, price_list, valid_from, valid_to, mode, bounds, prices, fees)
cross join lateral unnest(p.bounds, p.prices, p.fees)
    with ordinality as t (up_to_quantity, unit_price, flat_fee, tier_no);
