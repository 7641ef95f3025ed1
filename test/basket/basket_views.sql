-- basket_create_views: each view equals the function it shows, over rows that are left out by hand; what is odd is found.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.29);

create schema shop;
create table shop.line as
select n as no, 'o' || n / 3 as order_no, (power((n / 3) * 7919 % 1009 / 1009.0, 2) * 80)::int as who, timestamptz '2025-07-02 00:00+00' - (n / 3) * interval '25 hours' as at,
	(random() * 1000 - 30)::numeric(10, 2) as amount, (random() * 9)::int as units, chr(97 + (power(random(), 2) * 15)::int) as product
from generate_series(1, 2000) n;
alter table shop.line add line text generated always as (case when product < 'f' then 'first' else 'second' end) stored;
insert into shop.line values (5001, 'x1', 1, null, 1, 1, 'a'), (5002, 'x2', 1, 'infinity', 1, 1, 'a'), (5003, 'x3', 2, '2025-03-01', 'NaN', 1, 'a'), (5004, 'x4', 2, '2025-03-01', 1, 1, null), (5005, null, 3, '2025-03-01', 7, 1, 'b'),
	(5006, 'x6', null, '2025-03-02', 7, 1, 'b'), (5007, 'x7', 4, '2025-03-01', -70, 1, 'c'), (5008, 'x8', 5, '2025-03-01', 7, -1, 'c'), (5009, 'x9', 6, '2025-03-01', 7, 1, 'c'), (5010, 'x9', 7, '2025-04-15', 7, 1, 'd'),
	(5011, 'y1', 7, '2025-06-19 00:00+08', 1000000, 1, 'a'), (5012, 'y2', 8, '2025-03-01', 7, 1, 'C'), (5013, 'y2', 8, '2025-03-01', 7, 1, ' '), (5014, 'y2', 8, '2025-03-01', 7, 1, 'd'), (5015, 'y2', 8, '2025-03-01', 7, 1, 'e'), (5016, 'y2', 8, '2025-03-01', 7, 1, 'f');

-- the first call of a session, before any with a quantity
select lives_ok($$select basket_create_views('plain', 'shop.line', 'order_no', 'who', 'product', 'at', 'amount', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'no quantity');
select set_eq($$select view_name from basket_create_views('cart', 'shop.line', 'order_no', 'who', 'product', 'at', 'amount', 'units', max_items => 4, min_customers => 2, check_days => 100, target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$,
	$$select 'shop.cart_' || unnest(array['attach', 'pairs', 'next', 'white_space', 'checks'])$$, 'the call names the views it made');

create temp table l as
select *, (at at time zone 'Asia/Shanghai')::date as day, nullif(amount, 'NaN') as money from shop.line where isfinite(at) and at < '2025-06-19 00:00+08';
create temp table b as select basket_agg(order_no, product, units) as b from l where coalesce(money, 0) >= 0;
-- what came back, without an amount below 0, was not bought
create temp table a as select adoption_agg(who, product, day, money) as s from l where units > 0 or money < 0;
select results_eq('select item_a_name, item_b_name, basket_count, item_a_count, item_b_count, both_count, support_rate, attach_rate, attach_rate_low, attach_rate_high, lift_ratio, lift_ratio_low, lift_ratio_high from shop.cart_pairs order by both_count desc, item_a_name collate "C", item_b_name collate "C"',
	'select p.* from b, basket_pairs(b, 5, 4) p order by both_count desc, item_a collate "C", item_b collate "C"', 'pairs');
select cmp_ok(count(*), '>', 20::bigint, 'they are there') from shop.cart_pairs;
select set_eq('select item_a_name, item_b_name, customer_count, before_count, same_day_count, followed_count, mature_count, mature_followed_count, follow_rate, follow_rate_low, follow_rate_high, base_rate, median_days from shop.cart_next',
	$$select p.* from a, adoption_pairs(s, '2025-06-18', 180, 2) p$$, 'what comes next');
select results_eq('select customer_key::text, item_name, because_name, peer_count, have_count, peer_rate, peer_rate_low, peer_rate_high, lift_ratio, peer_amount, potential_amount from shop.cart_white_space order by rank_index',
	$$select customer, item, because, peer_count, have_count, peer_rate, peer_rate_low, peer_rate_high, lift, peer_amount::numeric(38, 2), potential_amount::numeric(38, 2) from a, white_space_rows(s, '2025-06-18', 2)$$, 'what is missing, in its order');
select set_eq('select band_index, count(*) from shop.cart_white_space group by 1', $$select band_index, offers from a, white_space_check(s, '2025-06-18', '2025-06-19', 2)$$, 'tenths of the rank');
select set_eq('select distinct band_index, past_offer_count, past_taken_rate, past_taken_rate_low, past_taken_rate_high, past_popular_taken_rate from shop.cart_white_space',
	$$select band_index, offers, taken_rate, taken_rate_low, taken_rate_high, popular_taken_rate from a, white_space_check(s, date '2025-06-18' - 100, '2025-06-18', 2)$$, 'how those of a while ago were taken');
select set_eq('select period_date, basket_count, multi_item_basket_count, multi_item_rate, multi_item_rate_low, multi_item_rate_high, items_per_basket_ratio, units_per_basket_ratio, top_a_name, top_b_name, top_both_count, top_attach_rate from shop.cart_attach where basket_count > 0',
	$$select month, s.baskets, s.multi_item_baskets, s.multi_item_rate, s.multi_item_rate_low, s.multi_item_rate_high, s.items_per_basket, s.units_per_basket, p.item_a, p.item_b, p.both_count, p.attach_rate
	from (select month, basket_agg(order_no, product, units) as b from (select *, date_trunc('month', min(day) over (partition by order_no))::date as month from l where coalesce(money, 0) >= 0 and units > 0 and order_no is not null) x group by month) x,
		basket_summary(b) s left join lateral (select * from basket_pairs(b, 1, 4) limit 1) p on true where s.baskets > 0$$, 'attach by month of the first line');
select is((select array_agg(state_name order by period_date desc))[1:2], '{running,complete}', 'the last month runs') from shop.cart_attach;
select set_eq('select problem_name, is_left_out, row_count, item_key from shop.cart_checks where problem_name not in (''large_basket'', ''similar_keys'')', $$values ('no_time', true, 2::bigint, null::text), ('no_item', true, 1, null), ('no_basket', false, 1, null), ('no_customer', false, 1, null),
	('not_positive', false, (select count(*) from l where money < 0), null), ('not_positive', true, (select count(*) from l where units <= 0 and coalesce(money, 0) >= 0), null), ('bad_amount', false, 1, null), ('shared_basket', false, 2, null), ('long_basket', false, 2, null), ('blank_key', false, 1, ' ')$$, 'what is odd');
select is(row_count, 5::bigint, 'a basket over the cap') from shop.cart_checks where problem_name = 'large_basket';
select is(item_key, 'C', 'items that differ by case alone') from shop.cart_checks where problem_name = 'similar_keys';

-- groups of items; other types of keys; nothing at all
select lives_ok($$select basket_create_views('kinds', 'shop.line', 'order_no', 'who', 'product', 'at', 'amount', item_group => 'line', min_customers => 1, target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'groups, no quantity');
select set_eq('select item_a_name, item_b_name, both_count from shop.kinds_pairs', $$select item_a, item_b, both_count from (select basket_agg(order_no, line) as b from l where coalesce(money, 0) >= 0) x, basket_pairs(b) p$$, 'pairs of groups');
select is(max(items_per_basket_ratio) > 2, true, 'items stay items') from shop.kinds_attach;
create table shop.half as select * from (values ('1', 1, 'a', null, date '2025-03-01', 5), ('2', 1, null, 'first', '2025-03-01', 5), ('3', 1, null, null, '2025-03-01', 5), (null, null, 'b', 'first', '2025-03-01', 5)) v(order_no, who, product, kind, day, amount);
select lives_ok($$select basket_create_views('half', 'shop.half', 'order_no', 'who', 'product', 'day', 'amount', item_group => 'kind', target_schema => 'shop', as_of => '2025-06-18')$$, 'rows without this or that');
select is(string_agg(concat_ws(' ', problem_name, is_left_out, row_count, detail_name), '; ' order by detail_name collate "C"), 'no_item f 1 rows with a group alone are in no count of items; no_item f 1 rows with an item, but no group, are in no view of groups; no_basket t 1 rows without a basket and without a customer; no_item t 1 rows without an item', 'are said') from shop.half_checks;
select hasnt_column('shop', 'kinds_attach', 'units_per_basket_ratio', 'no quantity, no units');
create table shop.typed as select no::numeric(12, 0) as order_no, product::char(3) as who, who as product, at::date as day, amount::float8 as amount from shop.line where at is not null and isfinite(at);
select lives_ok($$select basket_create_views('typed', 'shop.typed', 'order_no', 'who', 'product', 'day', 'amount', min_customers => 1, target_schema => 'shop', as_of => '2025-06-18')$$, 'days need no zone');
select cmp_ok(count(*), '>', 10::bigint, 'customers of another type') from shop.typed_white_space;
create table shop.nothing as select * from shop.line where false;
select lives_ok($$select basket_create_views('nothing', 'shop.nothing', 'order_no', 'who', 'product', 'at', 'amount', 'units', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'UTC')$$, 'an empty table');
select is((select count(*) from shop.nothing_attach) + (select count(*) from shop.nothing_pairs) + (select count(*) from shop.nothing_next) + (select count(*) from shop.nothing_white_space) + (select count(*) from shop.nothing_checks), 1::bigint, 'has the month that runs');
select lives_ok($$select basket_create_views('p"; drop view x; --', 'shop.line', 'order_no', 'who', 'product', 'at', 'amount', 'units', target_schema => 'shop', as_of => '2025-06-18', time_zone => 'Asia/Shanghai')$$, 'a prefix with anything in it');

create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select basket_create_views(''x'', ''shop.line'', ''order_no'', ''who'', ''product'', ''at'', ''amount'', target_schema => ''shop''%s)', more)), expected, expected) from (values
	('', '22004 argument time_zone is missing'), (', time_zone => ''UTC'', min_baskets => 0', '22023 min_baskets must be at least 1'), (', time_zone => ''UTC'', max_items => 1', '22023 max_items must be at least 2'),
	(', time_zone => ''UTC'', within_days => null', '22023 within_days must be at least 1'), (', time_zone => ''UTC'', check_days => 0', '22023 check_days must be at least 1'), (', time_zone => ''UTC'', min_customers => -1', '22023 min_customers must be at least 1'),
	(', time_zone => ''UTC'', quantity => ''product''', '42804 column "product" of shop.line does not fit argument quantity'), (', time_zone => ''UTC'', item_group => ''nix''', '42703 shop.line has no column "nix"')) t(more, expected);
select * from finish();
rollback;
