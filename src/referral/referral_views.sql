-- referral_views.sql: referral_create_views.

create function referral_create_views(
	prefix text,
	source regclass,
	member name,
	referrer name,
	joined_on name default null,
	amount name default null,
	within_days integer default null,
	target_schema name default current_schema(),
	as_of date default null,
	time_zone text default null,
	materialized boolean default false,
	replace boolean default false,
	language text default 'en'
)
	returns table (view_name text, answers text, columns text)
	language plpgsql volatile rows 3
	set search_path = pg_catalog, pg_temp
	set datestyle = 'ISO, YMD'
as $$
declare
	source_name text := revops_internal.views_source(source, 'source', materialized);
	who record := revops_internal.views_column(source, member, 'member', 'key');
	whom record := revops_internal.views_column(source, referrer, 'referrer', 'key');
	zone text := revops_internal.views_zone(source, array[joined_on], time_zone);
	today text := revops_internal.views_as_of(as_of, zone);
	joined record;
	money record;
	member_text text := who.expression;
	referrer_text text := whom.expression;
	member_type text := case when who.column_type in ('integer', 'bigint') then who.column_type else 'text' end;
	referrer_type text := case when whom.column_type in ('integer', 'bigint') then whom.column_type else 'text' end;
	day_text text := 'null::date';
	known text := 'true';	-- has the row happened by as_of?
	endless text := 'false';	-- a day before or after all days
	at_text text := 'null::date';	-- the day or time as it stands
	amount_text text := 'null::numeric';
	bad_amount text := 'false';
	amount_column jsonb := '[]';
	generation_amount jsonb := '[]';
	mature_columns jsonb := '[]';
	forest text;
	checks text;
	call text;
	views jsonb;
begin
	if within_days < 0 then
		raise exception using errcode = 'invalid_parameter_value', message = 'within_days must not be negative',
			detail = format('The value is %s.', within_days), hint = 'It is how many days after joining a member''s referrals are waited for.';
	end if;
	if within_days is not null and joined_on is null then
		raise exception using errcode = 'null_value_not_allowed', message = 'argument joined_on is missing',
			detail = 'Whose within_days are over cannot be said without a day.', hint = 'Name the column of the day of joining, or leave within_days out.';
	end if;
	-- numbers as texts, spelt alike on both sides
	if who.column_type like 'numeric%' then
		member_text := format('trim_scale(%s)', member_text);
	end if;
	if whom.column_type like 'numeric%' then
		referrer_text := format('trim_scale(%s)', referrer_text);
	end if;
	member_text := format('%s::text', member_text);
	referrer_text := format('%s::text', referrer_text);
	if joined_on is not null then
		joined := revops_internal.views_time(source, joined_on, 'joined_on', zone, today);
		day_text := joined.day;
		at_text := (revops_internal.views_column(source, joined_on, 'joined_on', 'time')).expression;
		endless := format('coalesce(not isfinite(%s), false)', at_text);
		known := format('(%s is null or %s)', at_text, joined.known);
	end if;
	if amount is not null then
		money := revops_internal.views_column(source, amount, 'amount', 'amount');
		amount_text := format('case when %s >= 0 then round(%1$s, %s) end', money.finite, least(money.scale, 12));
		bad_amount := format('%s is not null and coalesce(%s < 0, true)', money.expression, money.finite);
		amount_column := jsonb_build_array(
			array['own_amount', money.column_type, 'm.amount', format('column %s of the source, summed', amount)],
			array['tree_amount', money.column_type, 'm.tree_amount', 'its own and that of all whom it brought, directly or not: trees hold each other, so never sum this']);
		generation_amount := jsonb_build_array(
			array['own_amount', money.column_type, 'g.amount', format('column %s of the source, of the members themselves', amount)]);
	end if;
	if within_days is not null then
		mature_columns := jsonb_build_array(
			array['mature_member_count', 'bigint', 'g.mature_members', format('members whose %s days since joining are over', within_days)],
			array['mature_child_count', 'bigint', 'g.mature_children', 'whom these brought within those days'],
			array['mature_k_ratio', 'double precision', 'g.mature_k', 'of them for each: judge a programme by this; the young have had no time yet'],
			array['mature_k_ratio_low', 'double precision', 'g.mature_k_low', 'lower end of its 95 % interval'],
			array['mature_k_ratio_high', 'double precision', 'g.mature_k_high', 'upper end of its 95 % interval']);
	end if;
	forest := format('(
	select revops.referral_agg((%s) collate "C", (%s) collate "C", %s, %s) as members
	from %s s
	where %1$s is not null and not %6$s and %7$s
) f', member_text, referrer_text, day_text, amount_text, source_name, endless, known);

	call := revops_internal.views_call('referral_create_views', array[
		'prefix', quote_literal(prefix),
		'source', quote_literal(source_name),
		'member', quote_literal(member),
		'referrer', quote_literal(referrer),
		'joined_on', quote_literal(joined_on),
		'amount', quote_literal(amount),
		'within_days', within_days::text,
		'target_schema', quote_literal(target_schema),
		'as_of', quote_literal(as_of),
		'time_zone', quote_literal(time_zone),
		'materialized', materialized::text,
		'replace', 'true',
		'language', revops_internal.views_call_language(language)]);

	views := jsonb_build_array(
		jsonb_build_object(
			'suffix', 'members',
			'answers', 'Who was brought by whom, and how much hangs on each? One row per member.',
			'key', array['member_key'],
			'columns', jsonb_build_array(
				array['member_key', member_type, 'm.member', format('the member: column %s of the source', member)],
				array['referrer_key', referrer_type, 'm.referrer', format('who brought it: column %s; empty: it came by itself', referrer)],
				array['seed_key', member_type, 'm.seed', 'the first of its tree, who came by itself'],
				array['generation_name', 'text', 'coalesce(m.generation::text, ''none'')', '0 for a seed, 1 for whom a seed brought, and so on; none: without a tree'],
				array['generation_index', 'integer', 'm.generation', 'the same as a number; empty: without a tree'],
				array['joined_date', 'date', 'm.joined_on', case when joined_on is null then 'not given' else format('day of column %s, in %s', joined_on, zone) end],
				array['referral_days', 'integer', 'm.days_from_referrer', 'days since its referrer joined; empty: not known, or it joined before'],
				array['child_count', 'bigint', 'm.children', 'whom it brought itself'],
				array['descendant_count', 'bigint', 'm.descendants', 'whom it brought, directly or not']) || amount_column || jsonb_build_array(
				array['problem_name', 'text', 'm.problem', 'without a tree: self, loop, orphan (its referrer is no member), under (below one of these); counted: early (before its referrer), two_referrers; empty: none'],
				array['problem_index', 'integer', 'array_position(array[''self'', ''loop'', ''orphan'', ''under'', ''early'', ''two_referrers''], m.problem)', 'sorts problems'],
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.referral_rows(f.members, %s) m', forest, today)),
		jsonb_build_object(
			'suffix', 'generations',
			'answers', 'How many does a member of each generation bring, and does it go on? One row per generation, and one of those without a tree.',
			'key', array['generation_name'],
			'columns', jsonb_build_array(
				array['generation_name', 'text', 'coalesce(g.generation::text, ''none'')', '0: seeds, 1: whom seeds brought, and so on; none: members without a tree'],
				array['generation_index', 'integer', 'g.generation', 'the same as a number; empty: members without a tree, who are no generation'],
				array['member_count', 'bigint', 'g.members', 'members of the generation'],
				array['referrer_count', 'bigint', 'g.referrers', 'of them brought somebody'],
				array['child_count', 'bigint', 'g.children', 'whom they brought'],
				array['k_ratio', 'double precision', 'g.k', 'of them for each member, so far: low for the young'],
				array['k_ratio_low', 'double precision', 'g.k_low', 'lower end of its 95 % interval; empty for a single member'],
				array['k_ratio_high', 'double precision', 'g.k_high', 'upper end of its 95 % interval']) || mature_columns || jsonb_build_array(
				array['median_days', 'double precision', 'g.median_days', 'half of their referrals came within so many days of joining']) || generation_amount || jsonb_build_array(
				array['as_of', 'date', today, 'the last day that counts']),
			'from', format('from %s
	cross join lateral revops.referral_generations(f.members, %s, %s) g', forest, today, coalesce(within_days::text, 'null'))));

	checks := format($q$select 1 as problem_index, 'no_key' as problem_name, true as is_left_out, null::text as member_key, count(*) as row_count, 'rows without a member' as detail_name
	from r
	where r.key is null
	having count(*) > 0
	union all
	select 2, 'no_time', true, null, count(*), 'rows with an endless day'
	from r
	where r.key is not null and r.is_endless
	having count(*) > 0
	union all
	select 3, 'bad_amount', false, null, count(*), 'amounts that are negative, NaN, endless or 10^22 and more count as 0'
	from k
	where k.is_bad_amount
	having count(*) > 0
	union all
	select 4, 'no_day', false, null, count(*), 'rows without a day are known always'
	from k
	where k.has_no_day
	having count(*) > 0
	union all
	select 5, 'repeated_row', false, k.key, count(*), 'rows that are alike, their amounts add up: were they brought in twice?'
	from k
	where k.amount <> 0
	group by k.key, k.referrer, k.at, k.amount
	having count(*) > 1
	union all
	select 6, 'blank_referrer', false, null, count(*), 'a referrer that is blank is a name, and no seed: nullif(btrim(referrer), '''') makes it NULL'
	from k
	where btrim(k.referrer) = ''
	having count(*) > 0
	union all
	select case m.problem when 'self' then 7 when 'loop' then 8 when 'orphan' then 9 when 'under' then 10 when 'early' then 11 else 12 end, m.problem, false, m.member, c.row_count,
		case m.problem when 'self' then 'brought by itself: it has no tree' when 'loop' then 'one of a circle of referrers: it has no tree'
			when 'orphan' then 'brought by "' || m.referrer || '", who is no member' || coalesce(', but "' || n.key || '" is', '') || ': it has no tree'
			when 'under' then 'below a member without a tree' when 'early' then 'joined before its referrer "' || m.referrer || '"' else 'several referrers: the first counts, "' || m.referrer || '"' end
	from (
		select revops.referral_agg(k.key collate "C", k.referrer collate "C", k.day, null) as members
		from k
	) f,
	revops.referral_rows(f.members, %s) m
		join (select k.key, count(*) as row_count from k group by k.key) c on c.key = m.member
		left join (
			select lower(regexp_replace(k.key collate "default", '[[:space:]]', '', 'g')) as folded, min(k.key) as key
			from k
			group by 1
		) n on m.problem = 'orphan' and n.folded = lower(regexp_replace(m.referrer collate "default", '[[:space:]]', '', 'g')) and n.folded <> ''
	where m.problem is not null$q$, today) || revops_internal.views_key_checks('member', 'text', 13);
	views := views || jsonb_build_array(jsonb_build_object(
		'suffix', 'checks',
		'answers', 'Which rows of the source are worth a look, and which do not count? One row per finding.',
		'key', array['finding_index'],
		'columns', jsonb_build_array(
			array['finding_index', 'bigint', 'x.finding_index', 'counts findings'],
			array['problem_name', 'text', 'x.problem_name', 'left out of all views: no_key, no_time; without a tree: self, loop, orphan, under; counted: early, two_referrers, bad_amount, no_day, repeated_row, blank_referrer, blank_key, similar_keys'],
			array['problem_index', 'integer', 'x.problem_index', 'sorts problems'],
			array['is_left_out', 'boolean', 'x.is_left_out', 'true: these rows are in no other view'],
			array['row_count', 'bigint', 'x.row_count', 'how many rows it is about'],
			array['member_key', 'text', 'x.member_key', format('the member, where it is about one: column %s of the source', member)],
			array['detail_name', 'text', 'x.detail_name', 'the finding in words'],
			array['as_of', 'date', today, 'the last day that counts']),
		'from', format('from (
	with r as (
		select (%1$s) collate "default" as key, (%2$s) collate "default" as referrer, %3$s as day, %10$s as at, %11$s as amount, %4$s as is_endless, %5$s as has_no_day, %6$s as is_bad_amount
		from %7$s s
		where %4$s or %8$s
	), k as (
		select r.key, r.referrer, r.day, r.at, r.amount, r.has_no_day, r.is_bad_amount
		from r
		where r.key is not null and not r.is_endless
	), found as (
	%9$s
	)
	select f.*, row_number() over (order by f.problem_index, f.row_count desc, f.member_key, f.detail_name) as finding_index
	from found f
) x', member_text, referrer_text, day_text, endless, case when joined_on is null then 'false' else at_text || ' is null' end, bad_amount, source_name, known, checks, at_text, amount_text)));
	return query
		select m.view_name, m.answers || case when m.view_name = revops_internal.views_name(target_schema, prefix, 'checks')
			then revops_internal.views_findings(m.view_name, language) else '' end, m.columns
		from revops_internal.views_make(call, prefix, target_schema, materialized, replace, revops_internal.views_translate(views, language)) m;
end
$$;
comment on function referral_create_views(text, regclass, name, name, name, name, integer, name, date, text, boolean, boolean, text) is
	'makes views for BI over members and who brought them: PREFIX_members, _generations, _checks';
