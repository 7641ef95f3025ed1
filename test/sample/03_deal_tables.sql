-- Schema sales, continued: what was changed in deals, what buyers say of themselves, quotas.
create table sales.deal_change (
    change_no   bigint primary key,
    deal_no     bigint not null,
    changed_at  timestamptz not null,
    stage       text,
    amount      numeric(14,2),
    close_on    date
);

create table sales.deal_buyer_log (
    deal_no     bigint not null,
    stage       text not null
                check (stage in ('learning', 'comparing', 'testing', 'deciding', 'signing')),
    entered_at  timestamptz not null
);

create table sales.quota (
    quarter_on    date primary key,
    quota_amount  numeric(14,2) not null
);
