-- Keys and comments as the company's data dictionary has them: changes of deals, buyers' stages, quotas.
alter table sales.deal_change add foreign key (deal_no) references sales.deal;
alter table sales.deal_change add foreign key (stage) references sales.stage;
alter table sales.deal_buyer_log add foreign key (deal_no) references sales.deal;
create index on sales.deal_change (deal_no, changed_at);
create index on sales.deal_buyer_log (deal_no);

comment on table sales.deal_change is 'What was changed in a deal, one row per save; an empty field was not changed';
comment on column sales.deal_change.change_no is 'Number, rising with time';
comment on column sales.deal_change.deal_no is 'Deal';
comment on column sales.deal_change.changed_at is 'Moment of the save';
comment on column sales.deal_change.stage is 'Stage saved; empty where it was not changed';
comment on column sales.deal_change.amount is 'Annual amount as estimated then; empty where it was not changed';
comment on column sales.deal_change.close_on is 'Day on which the deal was planned to close; empty where it was not changed';

comment on table sales.deal_buyer_log is 'Where the buyer stands, as the seller''s notes of talks have it';
comment on column sales.deal_buyer_log.deal_no is 'Deal';
comment on column sales.deal_buyer_log.stage is 'learning, comparing, testing, deciding or signing';
comment on column sales.deal_buyer_log.entered_at is 'Moment from which on';

comment on table sales.quota is 'What the sellers are to win in a quarter, in annual amounts';
comment on column sales.quota.quarter_on is 'First day of the quarter';
comment on column sales.quota.quota_amount is 'Quota of the quarter';

analyze sales.deal_change, sales.deal_buyer_log, sales.quota;
