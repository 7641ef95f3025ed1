-- Who sells: own offices, the online shop, regional agents, consultants, trainers.
insert into sales.commission_tier (commission_plan, tier_no, mode, up_to_amount, rate) values
    ('agent yearly', 1, 'graduated', 500000, 0.0800),
    ('agent yearly', 2, 'graduated', 2000000, 0.1000),
    ('agent yearly', 3, 'graduated', null, 0.1200),
    ('expert yearly', 1, 'volume', 200000, 0.0400),
    ('expert yearly', 2, 'volume', 1000000, 0.0500),
    ('expert yearly', 3, 'volume', null, 0.0600),
    ('trainer flat', 1, 'graduated', null, 0.0500);

insert into sales.channel (
    channel_no, name, channel_type, region, commission_plan, contracted_on
) values
    (101, 'Head office, East', 'direct', 'East', null, '2018-03-01'),
    (102, 'Office North', 'direct', 'North', null, '2018-03-01'),
    (103, 'Office South', 'direct', 'South', null, '2019-01-01'),
    (104, 'Office Central', 'direct', 'Central', null, '2019-06-01'),
    (105, 'Office Southwest', 'direct', 'Southwest', null, '2020-01-01'),
    (106, 'Office Northwest', 'direct', 'Northwest', null, '2020-05-01'),
    (107, 'Office Northeast', 'direct', 'Northeast', null, '2020-05-01'),
    (110, 'Online shop', 'direct', null, null, '2020-01-01'),
    (201, 'Karlor Digital', 'agent', 'East', 'agent yearly', '2019-04-01'),
    (202, 'Fenwick-Osmond Systems', 'agent', 'East', 'agent yearly', '2020-02-01'),
    (203, 'Tarvale Software', 'agent', 'North', 'agent yearly', '2019-04-01'),
    (204, '栎峤信息', 'agent', 'North', 'agent yearly', '2020-06-01'),
    (205, 'Quinmere Technology', 'agent', 'South', 'agent yearly', '2019-09-01'),
    (206, '筠渚软件', 'agent', 'South', 'agent yearly', '2020-06-01'),
    (207, 'Beldane Engineering IT', 'agent', 'Central', 'agent yearly', '2020-03-01'),
    (208, '砺垣科技', 'agent', 'Central', 'agent yearly', '2020-03-01'),
    (209, 'Lumlor Partners', 'agent', 'Southwest', 'agent yearly', '2020-04-01'),
    (210, '泓桁数码', 'agent', 'Southwest', 'agent yearly', '2020-04-01'),
    (211, 'Zorton Industrial', 'agent', 'Northwest', 'agent yearly', '2020-05-01'),
    (212, '朔棠信息', 'agent', 'Northwest', 'agent yearly', '2020-05-01'),
    (213, 'Oswick Computing', 'agent', 'Northeast', 'agent yearly', '2020-05-01'),
    (214, '衡麓软件', 'agent', 'Northeast', 'agent yearly', '2020-05-01'),
    (301, 'Plant design consultants', 'consultant', null, 'expert yearly', '2019-01-01'),
    (302, 'Bridge and tunnel consultants', 'consultant', null, 'expert yearly', '2019-01-01'),
    (303, 'Structural review bureau', 'consultant', null, 'expert yearly', '2019-07-01'),
    (304, 'Digital factory advisers', 'consultant', null, 'expert yearly', '2020-01-01'),
    (305, 'Energy systems advisers', 'consultant', null, 'expert yearly', '2020-06-01'),
    (401, 'CAD academy East', 'trainer', null, 'trainer flat', '2019-02-01'),
    (402, 'CAD academy South', 'trainer', null, 'trainer flat', '2019-02-01'),
    (403, 'Vocational training alliance', 'trainer', null, 'trainer flat', '2019-09-01'),
    (404, 'Simulation summer school', 'trainer', null, 'trainer flat', '2020-06-01');
