-- Drops the generator's helpers, so that schema sales holds tables alone, and gathers statistics.
drop function sales.worked_until(bigint, int);
drop function sales.day_after(text, date, text, bigint, int);
drop function sales.list_amount(text, text, date, int);
drop function sales.moment(date, text, bigint);
drop function sales.epoch(date, int);
drop function sales.add_months(date, int);
drop function sales.pace(text, bigint);
drop function sales.tail(text, bigint);
drop function sales.chance(text, bigint);
drop function sales.dice(text, bigint, int);

analyze
    sales.extract_info,
    sales.product_line,
    sales.stage,
    sales.item,
    sales.price_tier,
    sales.commission_tier,
    sales.channel,
    sales.account,
    sales.contact,
    sales.lead,
    sales.deal,
    sales.deal_partner,
    sales.deal_stage_log,
    sales.contract,
    sales.sales_order,
    sales.order_line,
    sales.supply_order,
    sales.usage_daily,
    sales.satisfaction,
    sales.referral,
    sales.holiday,
    sales.visit_daily,
    sales.ticket,
    sales.shipment,
    sales.target_month,
    sales.trial,
    sales.touch,
    sales.marketing_spend;
