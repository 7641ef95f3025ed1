-- Schema sales, continued: working days, visits, service, targets, a trial.
create table sales.holiday (
    on_date      date not null,
    name         text not null,
    is_work_day  boolean,
    primary key (on_date, name)
);

create table sales.visit_daily (
    visited_on  date not null,
    channel_no  int not null,
    visits      int not null
);

create table sales.ticket (
    ticket_no    bigint primary key,
    account_no   bigint not null,
    topic        text not null
                 check (topic in ('licence', 'installation', 'crash', 'how-to', 'invoice')),
    priority     text not null check (priority in ('normal', 'urgent')),
    agent        text,
    opened_at    timestamptz not null,
    answered_at  timestamptz,
    closed_at    timestamptz
);

create table sales.shipment (
    shipment_no  bigint primary key,
    order_no     bigint not null,
    warehouse    text not null check (warehouse in ('Shanghai', 'Chengdu', 'download')),
    paid_at      timestamptz,
    shipped_at   timestamptz
);

create table sales.target_month (
    target_on      date not null,
    target_amount  numeric(14,2) not null,
    note           text
);

create table sales.trial (
    account_no   bigint not null,
    variant      text not null,
    assigned_on  date not null
);
