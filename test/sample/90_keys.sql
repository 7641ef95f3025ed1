-- Foreign keys, and the indexes the company's own programs use.
alter table sales.item add foreign key (product_line) references sales.product_line;
alter table sales.price_tier add foreign key (item) references sales.item;
alter table sales.account add foreign key (channel_no) references sales.channel;
alter table sales.contact add foreign key (account_no) references sales.account;
alter table sales.lead
    add foreign key (account_no) references sales.account,
    add foreign key (contact_no) references sales.contact,
    add foreign key (channel_no) references sales.channel;
alter table sales.deal
    add foreign key (lead_no) references sales.lead,
    add foreign key (account_no) references sales.account,
    add foreign key (channel_no) references sales.channel,
    add foreign key (product_line) references sales.product_line,
    add foreign key (current_stage) references sales.stage;
alter table sales.deal_partner
    add foreign key (deal_no) references sales.deal,
    add foreign key (channel_no) references sales.channel;
alter table sales.deal_stage_log
    add foreign key (deal_no) references sales.deal,
    add foreign key (stage) references sales.stage;
alter table sales.contract
    add foreign key (account_no) references sales.account,
    add foreign key (product_line) references sales.product_line,
    add foreign key (deal_no) references sales.deal,
    add foreign key (previous_contract_no) references sales.contract,
    add foreign key (base_contract_no) references sales.contract;
alter table sales.sales_order
    add foreign key (account_no) references sales.account,
    add foreign key (channel_no) references sales.channel,
    add foreign key (contract_no) references sales.contract,
    add foreign key (corrects_order_no) references sales.sales_order;
alter table sales.order_line
    add foreign key (order_no) references sales.sales_order,
    add foreign key (item) references sales.item;
alter table sales.supply_order
    add foreign key (account_no) references sales.account;
alter table sales.usage_daily
    add primary key (account_no, item, used_on),
    add foreign key (account_no) references sales.account,
    add foreign key (item) references sales.item;
alter table sales.satisfaction
    add foreign key (account_no) references sales.account,
    add foreign key (contact_no) references sales.contact;
alter table sales.referral
    add foreign key (referrer_account_no) references sales.account,
    add foreign key (referred_account_no) references sales.account;
alter table sales.visit_daily add foreign key (channel_no) references sales.channel;
alter table sales.ticket add foreign key (account_no) references sales.account;
alter table sales.shipment add foreign key (order_no) references sales.sales_order;
alter table sales.trial add foreign key (account_no) references sales.account;

create index on sales.account (channel_no);
create index on sales.lead (account_no);
create index on sales.lead (created_at);
create index on sales.deal (account_no);
create index on sales.deal (current_stage);
create index on sales.contract (account_no);
create index on sales.contract (ends_on);
create index on sales.contract (deal_no);
create index on sales.sales_order (account_no);
create index on sales.sales_order (ordered_at);
create index on sales.order_line (item);
create index on sales.supply_order (account_no);
create index on sales.usage_daily (used_on);
create index on sales.satisfaction (account_no);
create index on sales.referral (referrer_account_no);
create index on sales.visit_daily (visited_on);
create index on sales.ticket (account_no);
create index on sales.ticket (opened_at);
create index on sales.shipment (order_no);
create index on sales.trial (account_no);
