-- Schema sales: the tables of the price list, the customers and the pipeline.
-- Foreign keys and indexes follow in 90_keys.sql, after the rows.
drop schema if exists sales cascade;
create schema sales;

create table sales.extract_info (
    as_of      date primary key,
    first_day  date not null,
    company    text not null,
    home_zone  text not null,
    currency   text not null
);

create table sales.product_line (
    product_line  text primary key,
    name          text not null
);

create table sales.stage (
    stage      text primary key,
    position   int not null unique,
    is_closed  boolean not null
);

create table sales.item (
    item               text primary key,
    name               text not null,
    item_kind          text not null
                       check (item_kind in ('base', 'plug-in', 'cloud', 'private', 'service')),
    product_line       text,
    unit               text not null,
    is_metered         boolean not null default false,
    is_discountable    boolean not null default true,
    included_quantity  numeric(14,3) not null default 0 check (included_quantity >= 0),
    package_size       numeric(14,3) check (package_size > 0),
    monthly_minimum    numeric(14,2) check (monthly_minimum >= 0)
);

create table sales.price_tier (
    item            text not null,
    price_list      text not null check (price_list in ('standard', 'public')),
    valid_from      date not null,
    tier_no         int not null check (tier_no >= 1),
    valid_to        date check (valid_to >= valid_from),
    mode            text not null check (mode in ('graduated', 'volume')),
    up_to_quantity  numeric(16,3) check (up_to_quantity > 0),
    unit_price      numeric(14,6) not null check (unit_price >= 0),
    flat_fee        numeric(14,2) not null default 0 check (flat_fee >= 0),
    currency        text not null default 'CNY',
    primary key (item, price_list, valid_from, tier_no)
);

create table sales.commission_tier (
    commission_plan  text not null,
    tier_no          int not null check (tier_no >= 1),
    mode             text not null check (mode in ('graduated', 'volume')),
    up_to_amount     numeric(14,2) check (up_to_amount > 0),
    rate             numeric(6,4) not null check (rate between 0 and 1),
    primary key (commission_plan, tier_no)
);

create table sales.channel (
    channel_no       int primary key,
    name             text not null unique,
    channel_type     text not null
                     check (channel_type in ('direct', 'agent', 'consultant', 'trainer')),
    region           text,
    commission_plan  text,
    contracted_on    date not null
);

create table sales.account (
    account_no  bigint primary key,
    name        text not null,
    org_type    text not null
                check (org_type in ('government', 'listed', 'state_owned', 'leading',
                                    'sme', 'micro', 'social')),
    region      text not null
                check (region in ('East', 'North', 'South', 'Central',
                                  'Southwest', 'Northwest', 'Northeast')),
    province    text not null,
    city        text not null,
    industry    text not null,
    employees   int not null check (employees > 0),
    channel_no  int not null,
    created_on  date not null
);

create table sales.contact (
    contact_no  bigint primary key,
    account_no  bigint not null,
    name        text not null,
    job_role    text not null
                check (job_role in ('engineer', 'it', 'buyer', 'manager', 'director')),
    created_on  date not null
);

create table sales.lead (
    lead_no        bigint primary key,
    account_no     bigint not null,
    contact_no     bigint not null,
    channel_no     int not null,
    source         text not null
                   check (source in ('website', 'exhibition', 'seminar', 'training course',
                                     'agent', 'cold call', 'tender notice', 'referral')),
    has_budget     boolean not null,
    has_authority  boolean not null,
    has_need       boolean not null,
    has_timing     boolean not null,
    status         text not null check (status in ('converted', 'disqualified')),
    created_at     timestamptz not null
);

create table sales.deal (
    deal_no        bigint primary key,
    lead_no        bigint unique,
    account_no     bigint not null,
    channel_no     int not null,
    product_line   text not null,
    deal_kind      text not null check (deal_kind in ('new business', 'expansion')),
    quantity       int not null check (quantity > 0),
    annual_amount  numeric(14,2) not null check (annual_amount >= 0),
    owner          text not null,
    created_at     timestamptz not null,
    current_stage  text not null,
    closed_at      timestamptz check (closed_at >= created_at),
    lost_reason    text
);

create table sales.deal_partner (
    deal_no       bigint not null,
    channel_no    int not null,
    role          text not null check (role in ('agent', 'expert')),
    split_weight  numeric(6,2) not null check (split_weight > 0),
    primary key (deal_no, channel_no)
);

create table sales.deal_stage_log (
    log_no      bigint primary key,
    deal_no     bigint not null,
    stage       text not null,
    changed_at  timestamptz not null,
    changed_by  text not null
);
