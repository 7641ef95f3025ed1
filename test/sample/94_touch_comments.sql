-- Keys and comments: touches, spend.
alter table sales.touch add foreign key (account_no) references sales.account (account_no);
create index on sales.touch (account_no, touched_at);

comment on table sales.touch is 'A contact of an account with marketing or sales, a row a contact';
comment on column sales.touch.touch_no is 'Number of the contact; from 900000 on: brought in a second time';
comment on column sales.touch.account_no is 'Account';
comment on column sales.touch.channel is 'Kind of contact: search, website, exhibition, seminar, training, mail, call, agent, expert, referral; direct: came by itself';
comment on column sales.touch.touched_at is 'When it was';

comment on table sales.marketing_spend is 'What marketing was paid, a row a month and channel; none where nothing was; agents and referrals cost a share of the deal instead';
comment on column sales.marketing_spend.month is 'First day of the month';
comment on column sales.marketing_spend.channel is 'Channel, as in touch';
comment on column sales.marketing_spend.amount is 'Paid in the month, net, CNY';
