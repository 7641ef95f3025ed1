-- Comments as the company's data dictionary has them: price list, customers, pipeline.
comment on schema sales is 'Sales data of the company: customers, pipeline, contracts, orders, usage';

comment on table sales.extract_info is 'What this extract covers; one row';
comment on column sales.extract_info.as_of is 'Last day of the extract; what happened up to and including it is known';
comment on column sales.extract_info.first_day is 'First day of business in the extract';
comment on column sales.extract_info.company is 'The company';
comment on column sales.extract_info.home_zone is 'Time zone of the company; its days are days there';
comment on column sales.extract_info.currency is 'Currency of every amount';

comment on table sales.product_line is 'Lines of products that are sold by contract';
comment on column sales.product_line.product_line is 'Code of the line';
comment on column sales.product_line.name is 'What the line is';

comment on table sales.stage is 'Stages of a deal in their usual order';
comment on column sales.stage.stage is 'Code of the stage, as in the log';
comment on column sales.stage.position is 'Place in the order of stages; won is before lost';
comment on column sales.stage.is_closed is 'Whether a deal in this stage is over';

comment on table sales.item is 'Articles: seats, plug-ins, cloud services, private deployment, services';
comment on column sales.item.item is 'Article code';
comment on column sales.item.name is 'Article name';
comment on column sales.item.item_kind is 'base, plug-in, cloud, private or service';
comment on column sales.item.product_line is 'Line the article belongs to; empty for services';
comment on column sales.item.unit is 'What one unit is';
comment on column sales.item.is_metered is 'Billed by the month from metered usage, not ordered';
comment on column sales.item.is_discountable is 'False where no partner or term discount may touch it (slot fee)';
comment on column sales.item.included_quantity is 'Units a month that cost nothing';
comment on column sales.item.package_size is 'Units in a package; prices and bounds of such an article are of packages';
comment on column sales.item.monthly_minimum is 'Least amount billed a month while the contract runs, used or not';

comment on table sales.price_tier is 'The price list, one row per tier of an article in a period of validity';
comment on column sales.price_tier.item is 'Article';
comment on column sales.price_tier.price_list is 'standard, or public for government and social organisations where there is one';
comment on column sales.price_tier.valid_from is 'First day of the price';
comment on column sales.price_tier.tier_no is 'Number of the tier, from 1';
comment on column sales.price_tier.valid_to is 'Last day of the price, included; empty while it is valid';
comment on column sales.price_tier.mode is 'graduated: each unit at its own tier''s price; volume: all at the tier of the total';
comment on column sales.price_tier.up_to_quantity is 'Largest quantity of the tier, included; empty in the last';
comment on column sales.price_tier.unit_price is 'Price of a unit, or of a package';
comment on column sales.price_tier.flat_fee is 'Fee once the tier is touched';
comment on column sales.price_tier.currency is 'Currency of price and fee';

comment on table sales.commission_tier is 'Commission on what a partner''s deals brought in a year';
comment on column sales.commission_tier.commission_plan is 'Name of the plan';
comment on column sales.commission_tier.tier_no is 'Number of the tier, from 1';
comment on column sales.commission_tier.mode is 'graduated: marginal rate; volume: the rate reached counts for the whole year';
comment on column sales.commission_tier.up_to_amount is 'Largest amount of the tier, included; empty in the last';
comment on column sales.commission_tier.rate is 'Share of the amount, 0.08 for 8 %';

comment on table sales.channel is 'Who sells: own offices, online shop, agents, consultants, trainers';
comment on column sales.channel.channel_no is 'Channel number';
comment on column sales.channel.name is 'Name of the office or partner';
comment on column sales.channel.channel_type is 'direct, agent, consultant or trainer';
comment on column sales.channel.region is 'Region it sells in; empty for all';
comment on column sales.channel.commission_plan is 'Plan of its commission; empty for own offices';
comment on column sales.channel.contracted_on is 'Day the office opened or the partner signed';

comment on table sales.account is 'Organisations, customers and prospects';
comment on column sales.account.account_no is 'Account number, rising with the day of entry';
comment on column sales.account.name is 'Name; not unique';
comment on column sales.account.org_type is 'government, enterprise (listed, state_owned, leading, sme, micro) or social organisation';
comment on column sales.account.region is 'Sales region';
comment on column sales.account.province is 'Province or municipality';
comment on column sales.account.city is 'City';
comment on column sales.account.industry is 'Industry by main activity';
comment on column sales.account.employees is 'People employed, as told or estimated';
comment on column sales.account.channel_no is 'Channel that looks after the account';
comment on column sales.account.created_on is 'Day of entry into the CRM; many on the days of its introduction in July 2020';

comment on table sales.contact is 'People at the accounts';
comment on column sales.contact.contact_no is 'Contact number';
comment on column sales.contact.account_no is 'Account of the person';
comment on column sales.contact.name is 'Name as on the card';
comment on column sales.contact.job_role is 'engineer, it, buyer, manager or director';
comment on column sales.contact.created_on is 'Day of entry';

comment on table sales.lead is 'Enquiries, each from a contact';
comment on column sales.lead.lead_no is 'Lead number';
comment on column sales.lead.account_no is 'Account that asks';
comment on column sales.lead.contact_no is 'Person who asks';
comment on column sales.lead.channel_no is 'Channel that brought the lead; may differ from the account''s';
comment on column sales.lead.source is 'Where the lead came from';
comment on column sales.lead.has_budget is 'Qualification: money is set aside';
comment on column sales.lead.has_authority is 'Qualification: the person decides';
comment on column sales.lead.has_need is 'Qualification: a need is named';
comment on column sales.lead.has_timing is 'Qualification: a date is set';
comment on column sales.lead.status is 'converted: became a deal; disqualified: dropped at once';
comment on column sales.lead.created_at is 'Moment of the enquiry';

comment on table sales.deal is 'Deals, from leads or with existing customers (expansion)';
comment on column sales.deal.deal_no is 'Deal number';
comment on column sales.deal.lead_no is 'Lead it came from; empty for expansion';
comment on column sales.deal.account_no is 'Account';
comment on column sales.deal.channel_no is 'Channel that leads the deal';
comment on column sales.deal.product_line is 'Line asked for';
comment on column sales.deal.deal_kind is 'new business (from a lead) or expansion (add-on to a running contract)';
comment on column sales.deal.quantity is 'Seats, packs or slots asked for';
comment on column sales.deal.annual_amount is 'Amount a year: the seller''s estimate, once won the contract''s';
comment on column sales.deal.owner is 'Seller';
comment on column sales.deal.created_at is 'Moment the deal was opened';
comment on column sales.deal.current_stage is 'Stage now';
comment on column sales.deal.closed_at is 'Moment it was won or lost for good; empty while open';
comment on column sales.deal.lost_reason is 'Why it was lost, where the seller said';

comment on table sales.deal_partner is 'Partners who share the commission of a deal';
comment on column sales.deal_partner.deal_no is 'Deal';
comment on column sales.deal_partner.channel_no is 'Partner';
comment on column sales.deal_partner.role is 'agent (sells) or expert (recommends)';
comment on column sales.deal_partner.split_weight is 'Weight of the share; weights of a deal need not sum to 100';

comment on table sales.deal_stage_log is 'Each save of a deal''s form, also without a change of stage';
comment on column sales.deal_stage_log.log_no is 'Row number of the log, in order of saving';
comment on column sales.deal_stage_log.deal_no is 'Deal';
comment on column sales.deal_stage_log.stage is 'Stage on the form when saved';
comment on column sales.deal_stage_log.changed_at is 'Moment of the save, to the second';
comment on column sales.deal_stage_log.changed_by is 'Seller, web form or import';
