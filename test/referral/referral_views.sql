-- referral_create_views: each view equals the query written by hand; rows as they are do not stop it.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.15);

create schema club;
create table club.joined as
select n as who, case when random() < 0.8 then floor(random() * n)::bigint end as by, timestamptz '2024-01-01 20:00+00' + (n * 1.5 + random() * 30) * interval '1 day' as at, case when random() < 0.9 then (random() * 100)::numeric(8, 2) end as paid
from generate_series(1, 400) n;
insert into club.joined values (1001, 1001, '2025-01-01', 5), (1002, 1003, '2025-01-01', 5), (1003, 1002, '2025-01-01', 5), (1004, 9999, '2025-01-01', 5), (1005, 1004, '2025-01-01', -5), (7, 3, '2024-03-01', 1), (7, 2, '2024-04-01', 1),
	(null, 1, '2025-01-01', 1), (1006, 1, 'infinity', 1), (1007, 1, null, 1), (1008, 1, '2025-07-01 00:00+08', 1), (1009, 1008, '2025-06-30 23:59+08', 'NaN');
create temp table forest as
select referral_agg(who::text, by::text, (at at time zone 'Asia/Shanghai')::date, case when paid >= 0 and paid < 'Infinity' then paid end) as f from club.joined where who is not null and (at is null or isfinite(at));
select set_eq($$select view_name from referral_create_views('word', 'club.joined', 'who', 'by', 'at', 'paid', 90, target_schema => 'club', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'club.word_' || unnest(array['members', 'generations', 'checks'])$$, 'the call names the views it made');
select set_eq('select member_key, referrer_key, seed_key, generation_index, joined_date, referral_days, child_count, descendant_count, own_amount, tree_amount, problem_name from club.word_members',
	'select member::int, referrer::bigint, seed::int, generation, joined_on, days_from_referrer, children, descendants, amount, tree_amount, problem from forest, referral_rows(f, ''2025-06-30'')', 'PREFIX_members equals the query by hand; keys keep their types');
select results_eq('select generation_name, member_count, referrer_count, child_count, k_ratio, k_ratio_low, k_ratio_high, mature_member_count, mature_child_count, mature_k_ratio, mature_k_ratio_low, mature_k_ratio_high, median_days, own_amount from club.word_generations order by generation_index',
	'select coalesce(generation::text, ''none''), members, referrers, children, k, k_low, k_high, mature_members, mature_children, mature_k, mature_k_low, mature_k_high, median_days, amount from forest, referral_generations(f, ''2025-06-30'', 90)', 'PREFIX_generations equals the query by hand');
select is((select array_agg(generation_name order by generation_index) from club.word_generations), (select array_agg(n::text order by n) from generate_series(0, (select max(generation_index) from club.word_members)) n) || 'none'::text, 'the last row is no generation');
select is((select array_agg(distinct coalesce(generation_index::text, 'none') = generation_name) from (select generation_name, generation_index from club.word_generations union all select generation_name, generation_index from club.word_members) x), '{t}', 'a generation''s place is its number');
select set_eq('select generation_name, generation_index, member_count, own_amount from club.word_generations where member_count > 0', 'select generation_name, generation_index, count(*), sum(own_amount) from club.word_members group by 1, 2', 'the detail has the summary''s labels');
select is((select sum(own_amount) from club.word_generations), (select sum(own_amount) from club.word_members), 'detail and summary hold the same money');
select is((select sum(member_count) from club.word_generations), (select count(*)::numeric from club.word_members), 'and members');
select set_eq('select problem_name, is_left_out, row_count, member_key from club.word_checks where member_key is null or member_key in (''1001'', ''1002'', ''1003'', ''1004'', ''1005'', ''1009'', ''7'')', $$values
	('no_key', true, 1::bigint, null), ('no_time', true, 1, null), ('bad_amount', false, 2, null), ('no_day', false, 1, null), ('self', false, 1, '1001'), ('loop', false, 1, '1002'), ('loop', false, 1, '1003'), ('orphan', false, 1, '1004'), ('under', false, 1, '1005'),
	('orphan', false, 1, '1009'), (
		(select problem_name from club.word_members where member_key = 7), false, 3, '7')$$, 'what is odd');
select is((select count(*) from club.word_checks where member_key is not null), (select count(*) from club.word_members where problem_name is not null), 'every member with a problem is a finding');

-- without days, money, horizon; text keys; an empty table
create table club.named (name varchar(20), inviter varchar(20));
select lives_ok($$select referral_create_views('named', 'club.named', 'name', 'inviter', target_schema => 'club', as_of => '2025-06-30')$$, 'two columns are enough; an empty table');
select is((select count(*) from club.named_members) + (select count(*) from club.named_generations) + (select count(*) from club.named_checks), 0::bigint, 'nobody');
insert into club.named values ('ann', null), ('bo', 'ann'), ('Bo', 'ann'), (' ', 'bo');
select set_eq('select member_key, seed_key, generation_index, child_count from club.named_members', $$values ('ann', 'ann', 0, 2::bigint), ('bo', 'ann', 1, 1), ('Bo', 'ann', 1, 0), (' ', 'ann', 2, 0)$$, 'keys of text');
select set_eq('select problem_name, member_key from club.named_checks', $$values ('blank_key', ' '), ('similar_keys', 'Bo')$$, 'keys that look alike');
select hasnt_column('club', 'named_generations', 'mature_k_ratio', 'without within_days nothing is said of maturity');
select hasnt_column('club', 'named_members', 'tree_amount', 'without an amount nothing of money');

-- files: blanks for nobody, spaces, capitals, rows twice
create table club.filed (who text, by text, at date, paid numeric);
insert into club.filed values ('ann', '', '2025-01-01', 5), ('bo', ' ', '2025-01-02', 0), ('cy', 'Ann ', '2025-01-03', 7), ('cy', 'Ann ', '2025-01-03', 7.0), ('di', 'bo', '2025-01-04', 0), ('di', 'bo', '2025-01-04', 0), ('ed', 'x', '2025-01-05', 1), ('ed', 'x', '2025-01-06', 1);
select lives_ok($$select referral_create_views('filed', 'club.filed', 'who', 'by', 'at', 'paid', target_schema => 'club', as_of => '2025-06-30')$$, 'a table from a file');
select set_eq('select problem_name, row_count, member_key, detail_name from club.filed_checks where problem_name <> ''under''', $$values
	('blank_referrer', 2::bigint, null, 'a referrer that is blank is a name, and no seed: nullif(btrim(referrer), '''') makes it NULL'), ('repeated_row', 2, 'cy', 'rows that are alike, their amounts add up: were they brought in twice?'),
	('orphan', 1, 'ann', 'brought by "", who is no member: it has no tree'), ('orphan', 1, 'bo', 'brought by " ", who is no member: it has no tree'), ('orphan', 2, 'cy', 'brought by "Ann ", who is no member, but "ann" is: it has no tree'),
	('orphan', 2, 'ed', 'brought by "x", who is no member: it has no tree')$$, 'what a file brings along');

insert into club.filed values ('fy', 'ann', '2025-01-06', 1e22), ('fy', 'ann', '2025-01-06', -1);
select is((select detail_name || ': ' || row_count from club.filed_checks where problem_name = 'bad_amount') || ', ' || (select own_amount from club.filed_members where member_key = 'fy'), 'amounts that are negative, NaN, endless or 10^22 and more count as 0: 2, 0.000000', 'amounts that are none');

-- keys of other collations compare byte by byte here too
create collation club.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table club.collated (who text collate club.folded, by text collate "C");
insert into club.collated values ('a', null), ('A', 'a'), ('b', 'B'), ('c', 'a');
select lives_ok($$select referral_create_views('collated', 'club.collated', 'who', 'by', target_schema => 'club', as_of => '2025-06-30')$$, 'a collation that folds');
select set_eq('select member_key, generation_index from club.collated_members', $$values ('a', 0), ('A', 1), ('b', null), ('c', 1)$$, 'folds no members');
select set_eq('select problem_name, row_count, detail_name from club.collated_checks', $$values ('orphan', 1::bigint, 'brought by "B", who is no member, but "b" is: it has no tree'), ('similar_keys', 2, 'members whose keys differ by spaces or case alone: "A", "a"')$$, 'but says that they look alike');

-- names that need care
create table club."we %s'ird" as select who as "m'e %L", by as "a\b", (at at time zone 'UTC')::date as "x
y" from club.joined;
select lives_ok($$select referral_create_views('odd', 'club."we %s''ird"', 'm''e %L', 'a\b', E'x\ny', within_days => 30, target_schema => 'club', as_of => '2025-06-30')$$, 'odd names');
select cmp_ok((select count(*) from club.odd_members), '>', 350::bigint, 'are read');
do $$ declare call text; begin select made_by into call from revops_views() where view_name = 'club.odd_members'; execute call; end $$;
select is((select count(*) from revops_views() where view_name like 'club.odd%' and needs_attention is null), 3::bigint, 'and made again');

select throws_ok(format('select referral_create_views(''bad'', ''club.joined'', ''who'', ''by'', %s, target_schema => ''club'')', arguments), code, message, arguments) from (values
	('''at'', within_days => -1, time_zone => ''UTC''', '22023', 'within_days must not be negative'), ('within_days => 30', '22004', 'argument joined_on is missing'), ('''at''', '22004', 'argument time_zone is missing'), ('''who''', '42804', null)) t(arguments, code, message);

select * from finish();
rollback;
