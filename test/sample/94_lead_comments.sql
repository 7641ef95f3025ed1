-- Leads: keys, indexes, and comments as the company's data dictionary has them.
alter table sales.lead add foreign key (source) references sales.lead_source;
alter table sales.lead_check add foreign key (lead_no) references sales.lead;
alter table sales.lead_assignment add foreign key (lead_no) references sales.lead;
alter table sales.lead_status_log add foreign key (lead_no) references sales.lead;
alter table sales.lead_activity add foreign key (lead_no) references sales.lead;

create index on sales.lead_activity (lead_no);

comment on table sales.lead_source is 'Where leads come from, and by which of the four methods';
comment on column sales.lead_source.source is 'Source, as lead has it';
comment on column sales.lead_source.method is '拓客 (we go out), 集客 (people gather), 内容 (they find what we publish), 精准 (aimed at one need)';
comment on column sales.lead_source.is_inbound is 'true: they came to us';

comment on table sales.lead_check is 'What the desk for leads asked of a lead, a row a lead and criterion';
comment on column sales.lead_check.lead_no is 'Lead';
comment on column sales.lead_check.criterion is 'scenario, profile, authority or intent';
comment on column sales.lead_check.passed is 'The answer; empty: not asked yet';
comment on column sales.lead_check.checked_at is 'Moment of the answer; empty: not asked yet';

comment on table sales.lead_assignment is 'Who looks after a lead: the router''s choice, and handovers';
comment on column sales.lead_assignment.lead_no is 'Lead';
comment on column sales.lead_assignment.assigned_at is 'Since when';
comment on column sales.lead_assignment.seller is 'Person at the desk for leads';

comment on table sales.lead_status_log is 'Status of leads, a row a change';
comment on column sales.lead_status_log.lead_no is 'Lead';
comment on column sales.lead_status_log.changed_at is 'Moment of the change';
comment on column sales.lead_status_log.status is 'new, working, parked, qualified (its deal is an mql) or dropped';

comment on table sales.lead_activity is 'Calls, mails and messages to leads; the first is the first answer';
comment on column sales.lead_activity.activity_no is 'Number, rising with time';
comment on column sales.lead_activity.lead_no is 'Lead';
comment on column sales.lead_activity.kind is 'call, e-mail or message';
comment on column sales.lead_activity.at is 'Moment';
comment on column sales.lead_activity.seller is 'Who did it; empty for leads that the router gave to nobody';

analyze
    sales.lead_source,
    sales.lead_check,
    sales.lead_assignment,
    sales.lead_status_log,
    sales.lead_activity;
