-- Comments as the company's data dictionary has them: working days, visits, service, targets, trial.
comment on table sales.holiday is 'Days that differ from their weekday, as the State Council announced them, 2020 to 2025';
comment on column sales.holiday.on_date is 'The day';
comment on column sales.holiday.name is 'Festival, or make-up day; two festivals can share a day';
comment on column sales.holiday.is_work_day is 'true: worked although a weekend day; false: off; empty: left to the companies';

comment on table sales.visit_daily is 'Visits of a channel''s pages and stands, one row per day; none for days on which the counter was off';
comment on column sales.visit_daily.visited_on is 'Day, in the company''s time zone';
comment on column sales.visit_daily.channel_no is 'Channel';
comment on column sales.visit_daily.visits is 'Visits; negative where an earlier count was corrected';

comment on table sales.ticket is 'Questions of customers to the support desk';
comment on column sales.ticket.ticket_no is 'Number, rising with time';
comment on column sales.ticket.account_no is 'Customer';
comment on column sales.ticket.topic is 'What it is about';
comment on column sales.ticket.priority is 'normal or urgent';
comment on column sales.ticket.agent is 'Who answered; empty for some who left the company';
comment on column sales.ticket.opened_at is 'Moment of the question';
comment on column sales.ticket.answered_at is 'Moment of the first answer; empty while there is none';
comment on column sales.ticket.closed_at is 'Moment of closing; empty while open';

comment on table sales.shipment is 'What left a warehouse for an order, or was made ready for download';
comment on column sales.shipment.shipment_no is 'Number';
comment on column sales.shipment.order_no is 'Order';
comment on column sales.shipment.warehouse is 'Shanghai, Chengdu or download';
comment on column sales.shipment.paid_at is 'Moment of payment; empty for customers on account';
comment on column sales.shipment.shipped_at is 'Moment of shipment; empty while not shipped';

comment on table sales.target_month is 'Targets of the sales office, net of credit notes';
comment on column sales.target_month.target_on is 'First day of the month';
comment on column sales.target_month.target_amount is 'Target of the month';
comment on column sales.target_month.note is 'Note';

comment on table sales.trial is 'Trial of guided setup: which accounts were guided, by the toss of a coin';
comment on column sales.trial.account_no is 'Account';
comment on column sales.trial.variant is 'guided or control';
comment on column sales.trial.assigned_on is 'Day of the assignment';
