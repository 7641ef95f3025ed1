-- Schema sales, continued: where leads come from, who looks after them, what is known of them.
create table sales.lead_source (
    source      text primary key,
    method      text not null check (method in ('拓客', '集客', '内容', '精准')),
    is_inbound  boolean not null
);

create table sales.lead_check (
    lead_no     bigint not null,
    criterion   text not null check (criterion in ('scenario', 'profile', 'authority', 'intent')),
    passed      boolean,
    checked_at  timestamptz,
    primary key (lead_no, criterion)
);

create table sales.lead_assignment (
    lead_no      bigint not null,
    assigned_at  timestamptz not null,
    seller       text not null,
    primary key (lead_no, assigned_at)
);

create table sales.lead_status_log (
    lead_no     bigint not null,
    changed_at  timestamptz not null,
    status      text not null check (status in ('new', 'working', 'parked', 'qualified', 'dropped')),
    primary key (lead_no, changed_at)
);

create table sales.lead_activity (
    activity_no  bigint primary key,
    lead_no      bigint not null,
    kind         text not null check (kind in ('call', 'e-mail', 'message')),
    at           timestamptz not null,
    seller       text
);
