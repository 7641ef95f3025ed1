-- Comments as the company's data dictionary has them: contracts, orders, usage, voices.
comment on table sales.contract is 'Contracts, one row per signed term of a product line; renewals are contracts of their own';
comment on column sales.contract.contract_no is 'Contract number, C, year of signature, running number';
comment on column sales.contract.account_no is 'Customer';
comment on column sales.contract.product_line is 'Line';
comment on column sales.contract.contract_kind is 'new, renewal, return (after a lapse), add-on (inside a running contract) or pilot (free)';
comment on column sales.contract.deal_no is 'Deal it was won by; empty for renewals, most returns and pilots';
comment on column sales.contract.previous_contract_no is 'Contract it follows on, where the office noted it';
comment on column sales.contract.base_contract_no is 'Contract an add-on belongs to';
comment on column sales.contract.starts_on is 'First day';
comment on column sales.contract.ends_on is 'Last day, included; empty without a fixed end';
comment on column sales.contract.quantity is 'Seats, packs or slots';
comment on column sales.contract.unit_price is 'Price of a unit a year, after discount';
comment on column sales.contract.annual_amount is 'Amount a year, also of terms longer or shorter than a year';
comment on column sales.contract.signed_on is 'Day of the last signature; may be before or after the start';
comment on column sales.contract.status is 'Kept by hand: signed (not started), active, renewed, expired; not always up to date';

comment on table sales.sales_order is 'Orders and credit notes';
comment on column sales.sales_order.order_no is 'Order number, rising with time';
comment on column sales.sales_order.account_no is 'Customer';
comment on column sales.sales_order.channel_no is 'Channel the order came by';
comment on column sales.sales_order.order_kind is 'order or credit_note';
comment on column sales.sales_order.ordered_at is 'Moment of the order or of the credit note';
comment on column sales.sales_order.contract_no is 'Contract whose year is ordered; empty for other purchases';
comment on column sales.sales_order.corrects_order_no is 'Order a credit note takes back, in full or in part';
comment on column sales.sales_order.total_amount is 'Sum of the lines, net of VAT; negative for a credit note';

comment on table sales.order_line is 'Lines of orders and credit notes';
comment on column sales.order_line.order_no is 'Order';
comment on column sales.order_line.line_no is 'Line, from 1';
comment on column sales.order_line.item is 'Article';
comment on column sales.order_line.quantity is 'Units; negative in a credit note';
comment on column sales.order_line.unit_price is 'Price of a unit, after discount';
comment on column sales.order_line.amount is 'quantity x unit_price';

comment on table sales.supply_order is
    'Orders of supplies (plotter paper, cards, dongles), made by a law that is known: regularity 2, r 2, alpha 60, a 1, b 9, in days of which December''s count for 2.2 and others for 0.889';
comment on column sales.supply_order.supply_no is 'Order number, rising with time';
comment on column sales.supply_order.account_no is 'Customer';
comment on column sales.supply_order.ordered_on is 'Day of the order';
comment on column sales.supply_order.amount is 'Amount, net of VAT';

comment on table sales.usage_daily is 'Metered usage, a row for each day with usage';
comment on column sales.usage_daily.account_no is 'Customer';
comment on column sales.usage_daily.item is 'Metered article';
comment on column sales.usage_daily.used_on is 'Day of use, in the company''s time zone';
comment on column sales.usage_daily.quantity is 'Units used that day';

comment on table sales.satisfaction is 'Answers to the yearly survey';
comment on column sales.satisfaction.rating_no is 'Number of the answer';
comment on column sales.satisfaction.account_no is 'Customer';
comment on column sales.satisfaction.contact_no is 'Person who answered';
comment on column sales.satisfaction.rated_at is 'Moment of the answer';
comment on column sales.satisfaction.score is 'Satisfaction, 1 (bad) to 5 (good)';
comment on column sales.satisfaction.recommend_score is 'Would recommend, 0 to 10; empty where not answered';
comment on column sales.satisfaction.comment_category is 'What the comment is about; empty without one';

comment on table sales.referral is 'Customers who brought another account';
comment on column sales.referral.referral_no is 'Number of the referral';
comment on column sales.referral.referrer_account_no is 'Customer who recommended us';
comment on column sales.referral.referred_account_no is 'Account that came of it';
comment on column sales.referral.referred_on is 'Day of the recommendation, before or on the account''s day of entry';
