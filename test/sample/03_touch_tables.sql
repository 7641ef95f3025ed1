-- Schema sales, continued: touches of marketing and sales, and what marketing was paid for.
create table sales.touch (
    touch_no    bigint primary key,
    account_no  bigint not null,
    channel     text,
    touched_at  timestamptz not null
);

create table sales.marketing_spend (
    month    date not null,
    channel  text not null,
    amount   numeric(14,2) not null,
    primary key (month, channel)
);
