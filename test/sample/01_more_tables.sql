-- Schema sales, continued: the tables of contracts, orders, usage and the customer's voice.
create table sales.contract (
    contract_no           text primary key,
    account_no            bigint not null,
    product_line          text not null,
    contract_kind         text not null
                          check (contract_kind in ('new', 'renewal', 'return', 'add-on', 'pilot')),
    deal_no               bigint,
    previous_contract_no  text,
    base_contract_no      text,
    starts_on             date not null,
    ends_on               date check (ends_on >= starts_on),
    quantity              int not null check (quantity > 0),
    unit_price            numeric(14,2) not null check (unit_price >= 0),
    annual_amount         numeric(14,2) not null check (annual_amount = quantity * unit_price),
    signed_on             date not null,
    status                text not null
                          check (status in ('active', 'expired', 'renewed', 'signed'))
);

create table sales.sales_order (
    order_no           bigint primary key,
    account_no         bigint not null,
    channel_no         int not null,
    order_kind         text not null check (order_kind in ('order', 'credit_note')),
    ordered_at         timestamptz not null,
    contract_no        text,
    corrects_order_no  bigint check ((corrects_order_no is null) = (order_kind = 'order')),
    total_amount       numeric(14,2) not null
                       check (case order_kind when 'order' then total_amount > 0
                                              else total_amount < 0 end)
);

create table sales.order_line (
    order_no    bigint not null,
    line_no     int not null check (line_no >= 1),
    item        text not null,
    quantity    int not null check (quantity <> 0),
    unit_price  numeric(14,2) not null check (unit_price >= 0),
    amount      numeric(14,2) not null check (amount = quantity * unit_price),
    primary key (order_no, line_no)
);

create table sales.supply_order (
    supply_no   bigint primary key,
    account_no  bigint not null,
    ordered_on  date not null,
    amount      numeric(14,2) not null check (amount > 0)
);

create table sales.usage_daily (
    account_no  bigint not null,
    item        text not null,
    used_on     date not null,
    quantity    numeric(14,3) not null check (quantity > 0)
);

create table sales.satisfaction (
    rating_no         bigint primary key,
    account_no        bigint not null,
    contact_no        bigint not null,
    rated_at          timestamptz not null,
    score             int not null check (score between 1 and 5),
    recommend_score   int check (recommend_score between 0 and 10),
    comment_category  text check (comment_category in ('product', 'performance', 'service',
                                                       'training', 'price'))
);

create table sales.referral (
    referral_no          bigint primary key,
    referrer_account_no  bigint not null,
    referred_account_no  bigint not null unique,
    referred_on          date not null,
    check (referrer_account_no <> referred_account_no)
);
