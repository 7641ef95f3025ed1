-- lead_create_views: each view equals the query written by hand; rows that do not count; what is refused.
begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'America/Los_Angeles';
select no_plan();
select setseed(0.31);

create schema desk;
create table desk.lead as
select n as no, timestamptz '2025-07-02 00:00+00' - random() * interval '200 days' as at, case when random() < 0.8 then random() < 0.7 end as need, case when random() < 0.7 then random() < 0.5 end as "the budget",
	case when random() < 0.7 then random() < 0.6 end as "is", (array['expo', 'web', null])[1 + n % 3] as source, nullif('seller ' || least(n % 5, 3), 'seller 0') as seller, null::timestamptz as answered
from generate_series(1, 500) n;
update desk.lead set answered = at + (random() - 0.02) * interval '60 hours' where random() < 0.8;
insert into desk.lead (no, at, need) values (null, '2025-01-01', true), (9001, null, true), (9002, 'infinity', true);
insert into desk.lead values (9003, '2025-01-01 00:00+08', true, true, true), (9003, '2025-01-02 00:00+08', false, true, true), (9004, '2025-07-01 00:00+08', true, true, true);
insert into desk.lead values (9005, '2025-06-30 23:59+08', true, null, true, 'web', 'seller 1', '2025-07-01 00:30+08');
create function pg_temp.calendar() returns text language sql as $$select '{"time_zone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-18:00"]}, "covers": "2025-02-01/2025-12-31"}'$$;
create temp table rule as select qualification(array['need', 'budget', 'who'], array[true, false, false], array[2, 1, 1], min_passed => 2, tiers => array['C', 'B'], tier_from => array[0, 3], decide_days => 10) as def;

select set_eq($$select view_name from rule, lead_create_views('leads', 'desk.lead', 'no', 'at', array['need', 'the budget', 'is'], def, 'source', 'seller', 'answered', pg_temp.calendar(), target_schema => 'desk', as_of => '2025-06-30')$$,
	$$select 'desk.leads_' || unnest(array['leads', 'summary', 'by_month', 'by_dimension', 'criteria', 'patterns', 'responses', 'owners', 'checks'])$$, 'the call names the views it made');

create temp table known as
select *, (at at time zone 'Asia/Shanghai')::date as day, case when answered < '2025-07-01 00:00+08' then answered end as answered_known
from desk.lead where no is not null and isfinite(at) and at < '2025-07-01 00:00+08' and not (no = 9003 and need);
select set_eq('select lead_key, created_at, created_date, dimension_name, owner_name, is_need, "is_the budget", is_is, answered_at, period_date from desk.leads_leads',
	$$select no, at, day, source, seller, need, "the budget", "is", answered_known, date_trunc('month', day)::date from known$$, 'one row per lead, the one created last');
select set_eq('select lead_key, verdict_name, tier_name, passed_count, failed_count, unknown_count, total_score_low, total_score_high, first_failing_name, failing_name, unchecked_name from desk.leads_leads',
	$$select no, case when verdict <> 'unknown' then verdict when day + 10 < '2025-06-30' then 'overdue' else 'pending' end, tier, passed::bigint, failed::bigint, unknown::bigint, score_low, score_high, first_failing,
		nullif(array_to_string(failing, ' + '), '') as f, nullif(array_to_string(unchecked, ' + '), '') as u from known, rule, qualification_check(def, need, "the budget", "is")$$, 'with its verdict');
select is(array_agg(distinct verdict_name || verdict_index order by verdict_name || verdict_index), '{invalid2,overdue4,pending3,valid1}', 'all verdicts') from desk.leads_leads;
select is(array_agg(distinct tier_name || tier_index order by tier_name || tier_index), '{B2,C1}', 'all tiers') from desk.leads_leads where tier_name is not null;
create function pg_temp.counts(stats qualification_stats) returns text language sql as $$select (coalesce(leads, 0), coalesce(valid, 0), coalesce(invalid, 0), coalesce(pending, 0), coalesce(overdue, 0), valid_rate, valid_rate_low, valid_rate_high, rate_floor, rate_ceiling)::text from qualification_summary(stats)$$;
select set_eq('select (lead_count, valid_count, invalid_count, pending_count, overdue_count, valid_rate, valid_rate_low, valid_rate_high, floor_rate, ceiling_rate)::text from desk.leads_summary',
	$$select pg_temp.counts(qualification_dated_agg(def, day, '2025-06-30', need, "the budget", "is")) from known, rule$$, 'PREFIX_summary');
select is(lead_count, valid_count + invalid_count + pending_count + overdue_count, 'its counts add up') from desk.leads_summary;
select set_eq('select period_date, state_name, (lead_count, valid_count, invalid_count, pending_count, overdue_count, valid_rate, valid_rate_low, valid_rate_high, floor_rate, ceiling_rate)::text from desk.leads_by_month',
	$$select date_trunc('month', day)::date as month, 'complete' as state, pg_temp.counts(qualification_dated_agg(def, day, '2025-06-30', need, "the budget", "is")) from known, rule group by 1$$, 'PREFIX_by_month');
select set_eq('select dimension_name, (lead_count, valid_count, invalid_count, pending_count, overdue_count, valid_rate, valid_rate_low, valid_rate_high, floor_rate, ceiling_rate)::text from desk.leads_by_dimension',
	$$select source, pg_temp.counts(qualification_dated_agg(def, day, '2025-06-30', need, "the budget", "is")) from known, rule group by 1$$, 'PREFIX_by_dimension');
select set_eq('select criterion_index, criterion_name, is_required, passed_count, failed_count, unknown_count, pass_rate, pass_rate_low, pass_rate_high, first_failing_count, only_failing_count, valid_if_passed_count from desk.leads_criteria',
	$$select r.* from (select qualification_agg(def, need, "the budget", "is") as stats from known, rule) x, qualification_rows(stats) r$$, 'PREFIX_criteria');
select results_eq('select failing_name, unchecked_name, failed_count, unknown_count, verdict_name, lead_count, lead_rate from desk.leads_patterns order by pattern_index',
	$$select failing, unchecked, failed_count::bigint, unknown_count::bigint, verdict, leads, lead_rate from (select qualification_agg(def, need, "the budget", "is") as stats from known, rule) x, qualification_patterns(stats) r$$, 'PREFIX_patterns');
create temp table waited as
select no, seller, answered_known, work_hours(pg_temp.calendar()::work_calendar_def, at, coalesce(answered_known, '2025-07-01 00:00+08')) as hours from known where (answered_known is null or answered_known >= at) and day >= '2025-02-01';
select set_eq('select lead_key, response_hours from desk.leads_leads where response_hours is not null', 'select no, hours from waited', 'working hours until the first answer, or so far');
select set_eq('select owner_name, lead_count, answered_count, unanswered_count, median_hours, p90_hours, oldest_unanswered_hours from desk.leads_responses',
	$$select seller, count(hours) as n, count(answered_known) as a, count(hours) - count(answered_known) as u, (select duration from survival_quantiles(survival_agg(hours, answered_known is not null), '{0.5}')) as median,
		(select duration from survival_quantiles(survival_agg(hours, answered_known is not null), '{0.9}')) as p90, max(hours) filter (where answered_known is null) as oldest from waited group by 1$$, 'PREFIX_responses');
select set_eq('select owner_name, lead_count, share_rate, share_rate_low, even_share_rate, is_above_even, is_below_even, (lead_count, valid_count, invalid_count, pending_count, overdue_count, valid_rate, valid_rate_low, valid_rate_high, floor_rate, ceiling_rate)::text from desk.leads_owners',
	$$select seller, n, n::float8 / total as share, wilson_low(n, total) as low, 1 / 3::float8 as even, wilson_low(n, total) > 1 / 3::float8 as above, wilson_high(n, total) < 1 / 3::float8 as below, counts
	from (select seller, count(*) as n, sum(count(*)) over ()::bigint as total, pg_temp.counts(qualification_dated_agg(def, day, '2025-06-30', need, "the budget", "is")) as counts from known, rule where seller is not null group by 1) x$$, 'PREFIX_owners');
select is(array_agg(owner_name || is_above_even || is_below_even order by owner_index), '{"seller 3truefalse","seller 1falsetrue","seller 2falsetrue"}', 'who is favoured, beyond chance') from desk.leads_owners;
select set_eq('select problem_name, is_left_out, row_count from desk.leads_checks', $$values ('no_key', true, 1::bigint), ('no_time', true, 2), ('repeated_lead', true, 1),
	('no_owner', false, (select count(*) from known where seller is null)), ('not_covered', false, (select count(*) from known where day < '2025-02-01'))
	union all select 'answered_before_created', false, 1 from known where answered_known < at$$, 'what is odd');
select is(answers, 'Which rows of the source are worth a look, and which do not count? One row per finding. Findings now: ' || (select count(*) from desk.leads_checks) || '; rows left out: 4.', 'and how much of it')
from rule, lead_create_views('leads', 'desk.lead', 'no', 'at', array['need', 'the budget', 'is'], def, 'source', 'seller', 'answered', pg_temp.calendar(), target_schema => 'desk', as_of => '2025-06-30', replace => true) where view_name = 'desk.leads_checks';

-- answers that were never empty, never given, never true
create table desk.sure as select 'L' || n as no, date '2025-01-01' + n as day, n % 3 = 0 as a, null::boolean as b, case when n % 2 = 0 then false end as c, date '2025-01-03' + n as answered from generate_series(1, 30) n;
insert into desk.sure values ('l1 ', '2025-01-01'), (' ', '2025-01-01'), ('x', null);
select set_eq($$select view_name from lead_create_views('sure', 'desk.sure', 'no', 'day', '{a,b,c}', answered_at => 'answered', target_schema => 'desk', as_of => '2025-01-20')$$,
	$$select 'desk.sure_' || unnest(array['leads', 'summary', 'by_month', 'criteria', 'patterns', 'responses', 'checks'])$$, 'without dimension and owner; days need no zone; all criteria are required');
select set_eq('select problem_name, row_count, detail_name from desk.sure_checks', $$values ('no_time', 1::bigint, 'rows without a time at which the lead came in, or with an endless one'),
	('never_checked', 21, 'criterion "b" is empty for all leads'), ('never_passed', 9, 'criterion "c" is true for no lead'), ('blank_key', 1, 'rows whose lead is blank are of one lead'),
	('similar_keys', 2, 'leads whose keys differ by spaces or case alone: "L1", "l1 "')$$, 'what the columns tell of themselves');
select is((lead_count, answered_count, median_hours, p90_hours, as_of)::text, '(21,17,48,,2025-01-20)', 'hours by the wall; unanswered count as long as they have waited') from desk.sure_responses;
delete from desk.sure where a is null;
select is(detail_name, 'criterion "a" is never empty: is what nobody has checked stored as false?', 'coalesce(answer, false) shows') from lead_create_views('sure', 'desk.sure', 'no', 'day', '{a,b,c}', answered_at => 'answered', target_schema => 'desk', as_of => '2025-01-31', replace => true), desk.sure_checks
where view_name = 'desk.sure_checks' and problem_name = 'never_unknown';
select set_eq($$select view_name from lead_create_views('bare', 'desk.lead', 'no', 'at', '{need}', target_schema => 'desk', as_of => '2025-06-30', time_zone => 'Asia/Shanghai')$$,
	$$select 'desk.bare_' || unnest(array['leads', 'summary', 'by_month', 'criteria', 'patterns', 'checks'])$$, 'without anything but answers');
select is((lead_count, valid_count, invalid_count, pending_count, overdue_count)::text, (select (count(*), count(*) filter (where need), count(*) filter (where not need), count(*) filter (where need is null), 0)::text from known), 'one criterion: its answers') from desk.bare_summary;
select set_eq($$select view_name from lead_create_views('live', 'desk.lead', 'no', 'at', '{need}', owner => 'seller', target_schema => 'desk', time_zone => 'Asia/Shanghai', materialized => true)$$,
	$$select 'desk.live_' || unnest(array['leads', 'summary', 'by_month', 'criteria', 'patterns', 'owners', 'checks'])$$, 'live, and stored');
select is((select sum(lead_count) from desk.live_by_month), (select lead_count::numeric from desk.live_summary), 'its months add up');
-- hours between a day and a moment
create table desk.day as select no, at, need, (answered at time zone 'Asia/Shanghai')::date as on_day, at::date as day, answered from desk.lead;
select is(count(*), 28::bigint, 'each of both is either') from (values ('at', 'on_day'), ('day', 'answered'), ('at', 'answered'), ('day', 'on_day')) t(created, answered),
	lead_create_views(created || '_' || answered, 'desk.day', 'no', created, '{need}', answered_at => answered, target_schema => 'desk', as_of => '2025-06-30', time_zone => 'Asia/Shanghai');
select is(detail_name, 'column "on_day" is a day, which counts from its midnight: response hours are up to a day off', 'a moment, then a day') from desk.at_on_day_checks where problem_name = 'day_beside_moment';
select is(detail_name, 'column "day" is a day, which counts from its midnight: response hours are up to a day off', 'a day, then a moment') from desk.day_answered_checks where problem_name = 'day_beside_moment';
select is(count(*), 0::bigint, 'two moments, or two days') from (table desk.at_answered_checks union all table desk.day_on_day_checks) c where problem_name = 'day_beside_moment';
-- one column twice, and blank owners
create table desk.blank as select n as no, date '2025-01-01' + n as day, true as criterion_2, (array['ann', 'bob', '', '  ', null])[1 + n % 5] as seller from generate_series(1, 50) n;
select is(count(*), 7::bigint, 'one column for two criteria') from lead_create_views('blank', 'desk.blank', 'no', 'day', '{criterion_2,criterion_2}', qualification(array['x', 'y']), owner => 'seller', target_schema => 'desk', as_of => '2025-06-30');
select is((count(*) filter (where is_criterion_2), count(*) filter (where is_criterion_2_))::text, '(50,50)', 'makes two') from desk.blank_leads;
select is(array_agg((owner_name, lead_count, share_rate, even_share_rate)::text order by owner_index), '{"(ann,10,0.5,0.5)","(bob,10,0.5,0.5)"}', 'blanks are nobody') from desk.blank_owners;
select is(row_count, 30::bigint, 'and the checks count them') from desk.blank_checks where problem_name = 'no_owner';
create table desk.nothing as select * from desk.lead where false;
select lives_ok($$select lead_create_views('nothing', 'desk.nothing', 'no', 'at', '{need,"the budget",is}', dimension => 'source', owner => 'seller', answered_at => 'answered', target_schema => 'desk', as_of => '2025-06-30', time_zone => 'UTC')$$, 'an empty table');
select is((lead_count, valid_rate)::text, '(0,)', 'has one row') from desk.nothing_summary;

-- odd names
create table desk."odd 100%s table" as select n as "lead %1$s", timestamptz '2025-01-01 00:00+00' + n * interval '1 hour' as "at%", n % 2 = 0 as "need's %I", nullif(n % 3, 0) = 1 as "is_""b""", 'x' as "who;", timestamptz '2025-02-01 00:00+00' as "answer\" from generate_series(1, 30) n;
select lives_ok($$select lead_create_views('odd%s', 'desk."odd 100%s table"', 'lead %1$s', 'at%', array['need''s %I', 'is_"b"'], qualification(array['it''s 100 %s', 'b"\']), 'who;', 'who;', 'answer\', target_schema => 'desk', as_of => '2025-06-30', time_zone => 'UTC')$$, 'odd names');
select is((lead_count, valid_count)::text, '(30,5)', 'are names') from desk."odd%s_summary";
select is(array_agg(criterion_name order by criterion_index), array['it''s 100 %s', 'b"\'], 'of criteria, too') from desk."odd%s_criteria";
select is(count(needs_attention), 0::bigint, 'and read back') from revops_views() where view_name like '%odd%';

-- what is refused
create function refusal(query text) returns text language plpgsql as $$
begin
	execute query;
	return 'no error';
exception when others then
	return sqlstate || ' ' || sqlerrm;
end $$;
select is(refusal(format('select lead_create_views(''x'', ''desk.lead'', ''no'', ''at'', %s, target_schema => ''desk'')', more)), expected, more) from (values
	('null', '22004 argument criteria is missing'), ('''{}''', '22004 argument criteria is missing'), ('''{need,NULL}''', '22004 argument criteria is missing'), ('''{{need},{is}}''', '22004 argument criteria is missing'),
	('''{need}''', '22004 argument time_zone is missing'), ('''{wish}''', '42703 desk.lead has no column "wish"'), ('''{source}''', '42804 column "source" of desk.lead does not fit argument criteria'),
	('''{need,need}'', qualification_preset(''lead'')', '22023 criteria must name one column per criterion of the definition'), ('''{need,need}''', '22023 invalid qualification'),
	('''{need}'', calendar => pg_temp.calendar()', '22023 a calendar needs answered_at'), ('''{need}'', time_zone => ''UTC'', from_date => ''infinity''', '22023 from_date must be a finite date'),
	('''{need}'', time_zone => ''UTC'', owner => ''boss''', '42703 desk.lead has no column "boss"'), ('''{need}'', time_zone => ''UTC'', answered_at => ''source''', '42804 column "source" of desk.lead does not fit argument answered_at')) t(more, expected);

select * from finish();
rollback;
