-- demo.sql: the answers about periods that make demo prints, each under its query.
\pset footer off
\echo
\echo '=== February 14: up on last year, or down? By date, by work days, by Spring Festival'
\echo
\set ECHO queries
create temp table daily as
select (ordered_at at time zone 'Asia/Shanghai')::date as on_date, sum(total_amount) as amount
from sales.sales_order
group by 1;

select align, to_char(year_starts, 'MM-DD') || ' to ' || to_char(year_ends - 1, 'MM-DD') as last_year, work_days, year_work_days,
	to_char(amount, '99,999,999') as amount, to_char(year_amount, '99,999,999') as last_year_amount,
	to_char(100 * growth_rate(amount, year_amount), 'S990.0') || ' %' as growth
from (select work_calendar_agg('Asia/Shanghai', '{"mon-fri": ["09:00-18:00"]}', on_date, is_work_day) as calendar from sales.holiday) office,
	unnest('{date,work_days,event}'::text[]) align,
	period_rows('month', '2025-02-01', '2025-03-01', '2025-02-14', align, calendar, '{2023-01-22,2024-02-10,2025-01-29}'),
	lateral (
		select sum(amount) filter (where role = 'current') as amount, sum(amount) filter (where role = 'year') as year_amount
		from period_days('month', '2025-02-01', '2025-03-01', '2025-02-14', align, calendar, '{2023-01-22,2024-02-10,2025-01-29}')
			join daily using (on_date)) s;
\set ECHO none
\echo
\echo '=== Half a year, month by month: against the month before, and against last year; June runs until its 18th and is compared with 18 days'
\echo
\set ECHO queries
select to_char(period, 'YYYY-MM') as month, state, days, to_char(amount, '99,999,999') as amount,
	to_char(100 * growth_rate(amount, before), 'S990.0') || ' %' as on_month_before, to_char(100 * growth_rate(amount, year), 'S990.0') || ' %' as on_last_year,
	repeat('█', (amount / 400000)::int) as bar
from period_rows('month', '2025-01-01', '2025-07-01', '2025-06-18')
join (
	select period, sum(amount) filter (where role = 'current') as amount, sum(amount) filter (where role = 'previous') as before,
		sum(amount) filter (where role = 'year') as year
	from period_days('month', '2025-01-01', '2025-07-01', '2025-06-18') left join daily using (on_date)
	group by period) sums using (period)
order by period;
\set ECHO none
\echo
\echo '=== Who came, who came back, who went quiet? Active is who ordered within 90 days'
\echo
\set ECHO queries
select to_char(period, 'YYYY-MM') as month, customers_opening as opening, customers_new as new, customers_reactivated as returned, customers_churned as went_quiet,
	customers_closing as active, rpad(repeat('█', (customers_new / 5)::int) || repeat('▒', (customers_reactivated / 5)::int), 20) || ' | ' || repeat('░', (customers_churned / 5)::int) as "█ new ▒ returned | ░ quiet"
from (
	select mrr_bridge_agg(terms, 'month', '2024-07-01', '2025-07-01') as bridge
	from (
		select account_no, contract_agg(daterange(on_date, on_date + 90), 1) as terms
		from (select distinct account_no, (ordered_at at time zone 'Asia/Shanghai')::date as on_date from sales.sales_order where order_kind = 'order') d
		group by account_no) customer) b,
	mrr_bridge_rows(bridge)
order by period;
\set ECHO none
