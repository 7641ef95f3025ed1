-- views_language.sql: views and texts in the language of who reads them.
--
-- A maker writes its texts in English. views_translate turns its descriptions of views into another language before
-- views_make makes them: comments by the list of texts, labels by the list of labels, the findings of PREFIX_checks by the
-- list of findings. All of it is decided when the views are made: their queries hold the labels, and look nothing up.
-- What a list does not have stays English.
--
-- A text with names in it stands in the list as a template: %s is any text, taken over as it is; %n one of our words
-- and %p some labels of problems, which are translated, too. The translation takes them as %1$s, %2$s.

create function revops_internal.language_check(language text)
	returns void
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
begin
	if language is null or language not in ('en', 'zh') then
		raise exception using errcode = 'invalid_parameter_value', message = 'there is no such language',
			detail = format('It is %L.', language), hint = 'Languages are en and zh.';
	end if;
	if language = 'zh' then
		begin
			perform '"\u7eed\u7ea6"'::jsonb;	-- simplified ones, which Japanese and Taiwanese encodings lack
		exception when untranslatable_character or feature_not_supported or undefined_function then
			raise exception using errcode = 'feature_not_supported', message = 'language zh cannot be written in this database',
				detail = format('Its encoding is %s, which has no Chinese characters.', getdatabaseencoding()),
				hint = 'Make a database with encoding UTF8, or take language => ''en''.';
		end;
	end if;
end
$$;
comment on function revops_internal.language_check(text) is
	'an error for another language than en and zh, and for one whose characters the database cannot hold';

create function revops_internal.views_call_language(language text)
	returns text
	language plpgsql immutable parallel safe
	set search_path = pg_catalog, pg_temp
as $$
begin
	perform revops_internal.language_check(language);
	return nullif(quote_literal(language), '''en''');
end
$$;
comment on function revops_internal.views_call_language(text) is
	'how views_call writes a checked language; NULL, which is left out, for English';

create function revops_internal.views_pattern(template text)
	returns text
	language sql immutable strict parallel safe
begin atomic
	select format('^%s$', replace(replace(replace(regexp_replace(template, E'[][(){}.*+?^$|\\\\]', E'\\\\\\&', 'g'),
		'%s', '(.*)'), '%n', '(working hours|[a-z]+)'), '%p', '([a-z_]+(?:, [a-z_]+)*)'));
end;
comment on function revops_internal.views_pattern(text) is
	'the regular expression of a template of the lists of texts';

-- texts: a list as texts_zh has it
create function revops_internal.views_text(english text, texts jsonb)
	returns text
	language plpgsql immutable strict parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	found_text text := texts ->> english;
	candidate record;
	words text[];
	kinds text[];
begin
	if found_text is not null then
		return found_text;
	end if;
	-- the one that says most fits best
	for candidate in
		select t.key as template, t.value as translation
		from jsonb_each_text(texts) t
		where t.key ~ '%[snp]' and starts_with(english, split_part(t.key, '%', 1))
		order by length(t.key) desc, t.key
	loop
		words := regexp_match(english, revops_internal.views_pattern(candidate.template));
		continue when words is null;
		kinds := array(select m[1] from regexp_matches(candidate.template, '%([snp])', 'g') m);
		for i in 1 .. cardinality(kinds) loop
			words[i] := case kinds[i]
				when 'n' then coalesce(revops_internal.words_zh() ->> words[i], words[i])
				when 'p' then (
					select string_agg(coalesce(revops_internal.labels_zh() -> 'problem_name' ->> label, label), revops_internal.words_zh() ->> ', ' order by place)
					from unnest(string_to_array(words[i], ', ')) with ordinality u(label, place))
				else words[i] end;
		end loop;
		return format(candidate.translation, variadic words);
	end loop;
	return english;
end
$$;
comment on function revops_internal.views_text(text, jsonb) is
	'the translation of a text by a list; the text itself where the list has none';

-- Whole literals alone are texts of ours: what stands in a quoted name or in a longer literal is not touched.
create function revops_internal.views_literals(query text, texts jsonb)
	returns text
	language sql immutable strict parallel safe
begin atomic
	select string_agg(case when t.token ~ '^''.*''$' then quote_literal(revops_internal.views_text(t.content, texts)) else t.token end, '' order by t.place)
	from (
		select m[1] as token, replace(substr(m[1], 2, length(m[1]) - 2), '''''', '''') as content, place
		from regexp_matches(query, E'("(?:[^"]|"")*"|E''(?:[^'']|'''')*''|''(?:[^'']|'''')*''|(?:[^"''E]|E(?!''))+|.)', 'g') with ordinality x(m, place)
	) t;
end;
comment on function revops_internal.views_literals(text, jsonb) is
	'a piece of SQL with those of its literals translated that a list has';

create function revops_internal.views_translate(views jsonb, language text)
	returns jsonb
	language plpgsql immutable strict parallel safe
	set search_path = pg_catalog, pg_temp
as $$
declare
	texts jsonb;
	findings jsonb;
	labels jsonb;
	v jsonb;
	c jsonb;
	place integer;
	spot text;			-- the view and the column
	query text;
	expression text;
	whens text;
	said jsonb;			-- labels of a column
	result jsonb := '[]';
	columns jsonb;
begin
	if language = 'en' then
		return views;
	end if;
	texts := revops_internal.texts_zh();
	findings := revops_internal.findings_zh();
	labels := revops_internal.labels_zh();
	for v in select e from jsonb_array_elements(views) with ordinality x(e, n) order by n loop
		query := v ->> 'from';
		columns := '[]';
		for c in select e from jsonb_array_elements(v -> 'columns') with ordinality x(e, n) order by n loop
			expression := c ->> 2;
			spot := format('%s.%s', v ->> 'suffix', c ->> 0);
			-- labels of ours among the caller's own: literals of the expression
			said := coalesce(labels -> ('literal ' || spot), labels -> ('literal ' || (c ->> 0)));
			if said is not null then
				expression := revops_internal.views_literals(expression, said);
			end if;
			said := coalesce(labels -> spot, labels -> (c ->> 0));
			select string_agg(format('when %L then %L', t.key, t.value), ' ' order by t.key)
			into whens from jsonb_each_text(said) t
			where labels ? spot or strpos(concat(c ->> 3, expression, query), t.key) > 0;
			if whens is not null then
				expression := format('case (%s) %s else (%1$s) end', expression, whens);
			end if;
			-- sentences that a function writes
			select string_agg(format('when (%s) ~ %L then regexp_replace(%1$s, %2$L, %3$L)', expression, revops_internal.views_pattern(s.key),
				regexp_replace(s.value, '%([0-9])[$]s', E'\\\\\\1', 'g')), ' ' order by length(s.key) desc, s.key)
			into whens
			from jsonb_each(labels -> 'sentences') f, jsonb_each_text(f.value) s
			where c ->> 0 = 'detail_name' and strpos(query, 'revops.' || f.key || '(') > 0;
			if whens is not null then
				expression := format('case %s else (%s) end', whens, expression);
			end if;
			columns := columns || jsonb_build_array(jsonb_build_array(c ->> 0, c ->> 1, expression, revops_internal.views_text(c ->> 3, texts)));
		end loop;
		result := result || jsonb_build_array(v || jsonb_build_object(
			'answers', revops_internal.views_text(v ->> 'answers', texts),
			'columns', columns,
			'from', case when v ->> 'suffix' = 'checks' then revops_internal.views_literals(query, findings) else query end));
	end loop;
	return result;
end
$$;
comment on function revops_internal.views_translate(jsonb, text) is
	'descriptions of views, as views_make takes them, in another language: their comments, labels and findings';

create function revops_internal.views_findings(checks text, language text)
	returns text
	language plpgsql volatile
	set search_path = pg_catalog, pg_temp
as $$
declare
	english text := revops_internal.views_findings(checks);
begin
	-- not by CASE: a list is read when its expression is planned, also in a database that cannot hold Chinese
	if language = 'zh' then
		return revops_internal.views_text(english, revops_internal.texts_zh());
	end if;
	return english;
end
$$;
comment on function revops_internal.views_findings(text, text) is
	'what a view of checks, a quoted name, says at the moment, in a language; for the maker''s answer';
