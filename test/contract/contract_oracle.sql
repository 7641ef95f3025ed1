-- Every column of renewal_terms, mrr_movements, mrr_bridge_rows, retention_agg and
-- cohort_rows against a day-by-day calendar in plain SQL, on random contracts with
-- overlaps, gaps, adjacency, add-ons, equal terms, open ends, lines, early and late
-- signing, zero value; renewals against the definition followed word by word: all pairs
-- of a line, sorted, taken from the front.

begin;
set local search_path = public, revops;
set local client_min_messages = warning;
set local timezone = 'Pacific/Kiritimati';
set local work_mem = '64MB';
select no_plan();

select setseed(0.4);

-- ── contracts: per customer and line a walk of terms, then add-ons and twins ──
create temp table k (id text, customer int, line text, key text, starts date, ends date, mrr numeric, known_on date);

do $$
declare
	first_day date;
	term_days int;
	l text;
	n int := 0;
begin
	for c in 1 .. 140 loop
		foreach l in array case (c % 4) when 0 then array[null, 'crm'] when 1 then array['crm']
						   when 2 then array['crm', 'seats'] else array[null]::text[] end
		loop
			first_day := date '2022-01-01' + (random() * 700)::int;
			for t in 1 .. 1 + (random() * 4)::int loop
				term_days := (array[1, 10, 31, 90, 181, 365, 365])[1 + floor(random() * 7)::int];
				n := n + 1;
				insert into k values ('K' || n, c, l,
					-- a number of its own, the same number again, or none
					case when random() < 0.15 then null when random() < 0.2 then 'R' || c else 'K' || n end, first_day,
					case when random() < 0.06 then null else first_day + term_days end,
					case when random() < 0.1 then 0 when c % 5 = 0 then 10 * (1 + (random() * 2)::int)
						 else round((random() * 300)::numeric, (c % 3)) end,
					case when random() < 0.4 then first_day - (random() * 60)::int
						 when random() < 0.05 then first_day + (random() * 40)::int end);
				first_day := first_day + term_days
					+ (array[-300, -100, -40, -10, -1, 0, 0, 0, 0, 1, 7, 8, 30, 31, 60, 200])[1 + floor(random() * 16)::int];
			end loop;
		end loop;
	end loop;
	-- terms side by side: many pairs, many ties
	for c in 141 .. 200 loop
		for t in 1 .. 2 + (random() * 10)::int loop
			n := n + 1;
			first_day := date '2023-01-01' + 5 * (random() * (case when c % 2 = 0 then 30 else 90 end))::int;
			insert into k values ('K' || n, c, null, case when random() < 0.5 then 'S' || (random() * 2)::int when random() < 0.7 then 'K' || n end, first_day,
				case when random() < 0.95 then first_day + 5 * (1 + (random() * 40)::int) end, (random() * 2)::int * 10, null);
		end loop;
	end loop;
end $$;
-- add-ons that end with their parent or before it, and equal terms
insert into k
select id || 'a', customer, line, case when random() < 0.5 then key else id || 'a' end, starts + (random() * 20)::int, case when random() < 0.6 then ends end,
	   round((random() * 50)::numeric, 4), null
from k where random() < 0.2 and (ends is null or ends - starts > 20);
insert into k
select id || 't', customer, line, id || 't', starts, ends,
	   case when random() < 0.5 then mrr else round((random() * 300)::numeric) end,
	   case when random() < 0.3 then starts - 5 end
from k where random() < 0.1;

analyze k;

create temp table customer as
select customer, contract_agg(daterange(starts, ends), mrr, line, key, known_on) as contracts
from k group by customer;

select cmp_ok((select count(*) from k), '>', 600::bigint, 'there are contracts to test with');

-- ── the definition, word by word ──
create temp table answer (as_of date, grace int, early int, joined boolean, customer int, line text, chain_index int, term_index int,
	contract_key text, starts date, ends date, last_day date, mrr numeric, outcome text, decided boolean, renewed_on date,
	renewed_by_key text, gap_days int, next_mrr numeric, returned_on date);
create temp table o_row (customer int, line text, unit text, key text, starts date, until date, mrr numeric);
create temp table o_unit (customer int, line text, unit text, key text, starts date, until date, value numeric, base text, primary key (customer, unit));
create temp table o_renewal (customer int, unit text, by_unit text, primary key (customer, unit), unique (customer, by_unit));
create temp table o_place (customer int, unit text, chain_index int, term_index int, primary key (customer, unit));
create temp table o_return (customer int, line text, starts date);
create index on o_row (customer, unit);
create index on o_unit (customer, base);

create function pg_temp.value_on(of_customer int, of_base text, day date) returns numeric language sql as $$
	select coalesce(sum(r.mrr), 0) from o_unit as u join o_row as r using (customer, unit)
	where u.customer = of_customer and u.base = of_base and r.starts <= day and day < r.until $$;

create function pg_temp.oracle_terms(as_of date, grace int, early int, joined boolean) returns void language plpgsql as $$
declare
	pair record;
	unit_row record;
	chains int;
	terms int;
	at_unit text;
begin
	truncate o_row, o_unit, o_renewal, o_place, o_return;
	insert into o_row
	select customer, line, case when joined and key is not null then coalesce(line, '-') || ' ' || key else id end, key, starts, coalesce(ends, 'infinity'), mrr
	from (select *, min(coalesce(k.known_on, k.starts)) over (partition by customer, line, key) as contract_known from k) as k
	where coalesce(known_on, case when joined and key is not null then contract_known else starts end) <= as_of;
	-- what has value, alone or in phases
	insert into o_unit
	select customer, min(line), unit, min(key), min(starts), max(until), 0, null
	from o_row group by customer, unit having sum(mrr) > 0;
	update o_unit as u set value = (select sum(mrr) from o_row as r
		where r.customer = u.customer and r.unit = u.unit and r.starts <= u.starts and u.starts < r.until);
	-- terms are those that no other contains
	update o_unit as this set base = unit
	where not exists (
		select from o_unit as other
		where other.customer = this.customer and other.line is not distinct from this.line and other.unit <> this.unit
		  and other.starts <= this.starts and other.until >= this.until and isfinite(other.until) = isfinite(this.until)
		  and (other.starts < this.starts or other.until > this.until or other.value > this.value
			   or (other.value = this.value and (other.key collate "C" < this.key collate "C" or (other.key is not null and this.key is null)
				   or (other.key is not distinct from this.key and other.unit < this.unit)))));
	-- add-ons count with one of the terms that contain them
	update o_unit as this set base = (
		select other.unit from o_unit as other
		where other.base = other.unit and other.customer = this.customer and other.line is not distinct from this.line
		  and other.starts <= this.starts and other.until >= this.until and isfinite(other.until) = isfinite(this.until)
		order by coalesce(other.key = this.key, false) desc, other.until limit 1)
	where base is null;

	for pair in
		select i.customer, i.unit, j.unit as by_unit
		from o_unit as i join o_unit as j on j.customer = i.customer and j.line is not distinct from i.line
		where i.base = i.unit and j.base = j.unit and isfinite(i.until) and j.starts > i.starts
		  and j.starts between i.until - early and i.until + grace
		order by abs(j.starts - i.until), coalesce(i.key = j.key, false) desc,
			i.value desc, i.starts, i.until, i.key collate "C" nulls last, j.value desc, j.starts, j.until, j.key collate "C" nulls last
	loop
		insert into o_renewal values (pair.customer, pair.unit, pair.by_unit) on conflict do nothing;
	end loop;

	for unit_row in
		select *, row_number() over (partition by customer, line order by starts, until) as chain
		from o_unit as u
		where base = unit and not exists (select from o_renewal as r where r.customer = u.customer and r.by_unit = u.unit)
	loop
		terms := 0;
		at_unit := unit_row.unit;
		insert into o_return values (unit_row.customer, unit_row.line, unit_row.starts);
		while at_unit is not null loop
			terms := terms + 1;
			insert into o_place values (unit_row.customer, at_unit, unit_row.chain, terms);
			at_unit := (select by_unit from o_renewal as r where r.customer = unit_row.customer and r.unit = at_unit);
		end loop;
	end loop;

	insert into answer
	select oracle_terms.as_of, grace, early, joined, customer, line, p.chain_index, p.term_index, i.key, i.starts,
		   nullif(i.until, 'infinity'), nullif(i.until, 'infinity') - 1,
		   pg_temp.value_on(customer, i.unit, case when j.unit is null and not isfinite(i.until) then greatest(i.starts, oracle_terms.as_of)
				else least(i.until, j.starts) - 1 end),
		   w.outcome, w.outcome not in ('not_due', 'in_grace'), j.starts, j.key, j.starts - i.until,
		   case when j.unit is not null then pg_temp.value_on(customer, j.unit, greatest(i.until, j.starts)) end,
		   case when w.outcome = 'lapsed' then (select min(o.starts) from o_return as o
				where o.customer = i.customer and o.line is not distinct from i.line and o.starts > i.until + grace) end
	from o_unit as i join o_place as p using (customer, unit)
	left join o_renewal as r using (customer, unit)
	left join (select customer, unit as by_unit, unit, starts, key from o_unit) as j using (customer, by_unit),
	lateral (select case when oracle_terms.as_of < i.until then 'not_due'
				when j.starts < i.until then 'renewed_early'
				when j.starts = i.until then 'renewed'
				when j.starts > i.until then 'renewed_late'
				when oracle_terms.as_of <= i.until + grace then 'in_grace'
				else 'lapsed' end as outcome) as w;
end $$;

create temp table question (as_of date, grace int, early int, joined boolean);
insert into question values ('2022-12-31', 30, 180, false), ('2023-07-15', 0, 180, false), ('2024-02-29', 7, 0, false), ('2024-02-29', 30, 180, false),
	('2027-01-01', 30, 180, false), ('2024-02-29', 30, 60, true), ('2027-01-01', 365, 36500, false), ('2027-01-01', 0, 0, true), ('2027-01-01', 30, 180, true);

select lives_ok('select q.*, pg_temp.oracle_terms(as_of, grace, early, joined) from question as q', 'the definition is followed');

create temp table ours as
select q.*, c.customer, r.*
from question as q, customer as c, renewal_terms(case when q.joined then contract_join_phases(c.contracts) else c.contracts end, q.as_of, q.grace, q.early) as r;

select cmp_ok((select count(*) from answer), '>', 3000::bigint, 'the oracle sees terms');
select bag_eq('select * from ours', 'select * from answer', 'renewal_terms: every column as the definition says');
select is((select count(distinct outcome) from answer), 6::bigint, 'all outcomes occur');
select ok((select count(returned_on) > 15 and count(*) filter (where gap_days < 0) > 50 and count(*) filter (where ends is null and term_index > 1) > 5
				  and count(*) filter (where chain_index > 1 and decided) > 50 and count(*) filter (where renewed_by_key = contract_key) > 20 from answer),
		  'returns, early renewals, open-ended ones that renew, chains side by side and keys that stay occur');
-- the cases that ties decide
select cmp_ok((select count(*) from (
		select customer, unit from o_unit as u where base = unit and exists (select from o_unit as v, o_unit as w
			where v.base = v.unit and w.base = w.unit and v.customer = u.customer and w.customer = u.customer and v.unit <> w.unit
			  and v.starts > u.starts and w.starts > u.starts and case when isfinite(u.until) then abs(v.starts - u.until) = abs(w.starts - u.until) end)) as x), '>', 5::bigint, 'pairs with one gap occur');

-- rates follow from the terms
select is((select renewal_rates_agg(outcome, mrr, next_mrr)::text from ours),
	(select row(count(*) filter (where outcome <> 'not_due'), count(*) filter (where decided),
				count(*) filter (where outcome like 'renewed%'), count(*) filter (where outcome = 'lapsed'),
				count(*) filter (where outcome = 'in_grace'),
				(count(*) filter (where outcome like 'renewed%'))::float8 / count(*) filter (where decided),
				wilson_low(count(*) filter (where outcome like 'renewed%'), count(*) filter (where decided)),
				wilson_high(count(*) filter (where outcome like 'renewed%'), count(*) filter (where decided)),
				sum(mrr) filter (where outcome <> 'not_due'), sum(mrr) filter (where decided),
				sum(least(mrr, coalesce(next_mrr, 0))) filter (where decided),
				sum(coalesce(next_mrr, 0)) filter (where decided),
				(sum(least(mrr, coalesce(next_mrr, 0))) filter (where decided) / sum(mrr) filter (where decided))::float8,
				(sum(coalesce(next_mrr, 0)) filter (where decided) / sum(mrr) filter (where decided))::float8)::renewal_rates::text
	 from answer), 'renewal_rates_agg: as filtered sums say');

-- what has renewed stays renewed: contracts known by their first day, and no renewal on
-- paper that starts after as_of
create temp table early as
select customer, contract_agg(daterange(starts, ends), mrr, line, id, least(known_on, starts)) as contracts
from k group by customer;
create temp table decided as
select a.as_of, e.customer, r.*
from (values (date '2022-10-01'), ('2023-03-31'), ('2023-04-01'), ('2023-12-31'), ('2024-06-30'), ('2025-06-30')) as a(as_of),
	 early as e, renewal_terms(e.contracts, a.as_of, 30) as r
where r.decided;
select is_empty($$
	select d.customer, d.line, d.contract_key from decided as d
	join decided as later on later.as_of > d.as_of and later.customer = d.customer and later.contract_key = d.contract_key
	where d.renewed_on <= d.as_of and (later.outcome = 'lapsed' or abs(later.gap_days) > abs(d.gap_days))$$,
	'a later as_of takes no renewal away, and finds none that is further off');
select is_empty($$
	select customer, contract_key from decided as d where as_of < '2025-06-30'
	except select customer, contract_key from decided where as_of = '2025-06-30'$$,
	'a decided term stays decided');

-- ── the calendar of customers, for movements ──
create temp table day_total as
select customer, day::date, sum(mrr) as total
from k, generate_series(starts, coalesce(ends, '2026-01-01') - 1, interval '1 day') as day
group by customer, day;
create index on day_total (customer, day);

create temp table span (grain text, from_date date, until_date date);
insert into span values
	('month', '2022-01-01', '2025-01-01'), ('month', '2023-02-10', '2024-08-20'),
	('quarter', '2022-05-15', '2024-05-16'), ('year', '2022-01-01', '2024-02-01'),
	('week', '2023-01-01', '2023-07-01'), ('day', '2023-12-20', '2024-01-15'), ('month', '2023-05-01', '2023-05-01');

-- a reading day for each period, and the one before the first
create temp table reading as
select grain, from_date, until_date, p::date as period,
	   least((p + ('1 ' || replace(grain, 'quarter', 'month'))::interval * case grain when 'quarter' then 3 else 1 end)::date, until_date) - 1 as day
from span, generate_series(date_trunc(grain, from_date::timestamp) - ('1 ' || replace(grain, 'quarter', 'month'))::interval * case grain when 'quarter' then 3 else 1 end,
	until_date::timestamp - interval '1 day', ('1 ' || replace(grain, 'quarter', 'month'))::interval * case grain when 'quarter' then 3 else 1 end) as p
where from_date < until_date;

create temp table read_total as
select r.*, c.customer, coalesce(d.total, 0) as total,
	   lag(coalesce(d.total, 0)) over (partition by grain, from_date, until_date, c.customer order by period) as before,
	   lag(r.day) over (partition by grain, from_date, until_date, c.customer order by period) as day_before
from reading as r cross join customer as c
left join day_total as d on d.customer = c.customer and d.day = r.day;

create temp table first_paid as
select customer, min(day) as day from day_total where total > 0 group by customer;

create temp table movement_oracle as
select grain, from_date, until_date, t.customer, period,
	   case when before = 0 then case when f.day <= day_before then 'reactivation' else 'new' end
			when total = 0 then 'churn' when total > before then 'expansion' else 'contraction' end as movement,
	   total - before as amount, before as mrr_before, total as mrr_after
from read_total as t left join first_paid as f using (customer)
where before is not null and total <> before;

create temp table movement_ours as
select s.*, c.customer, m.* from span as s, customer as c,
	mrr_movements(c.contracts, s.grain, s.from_date, s.until_date) as m;

select cmp_ok((select count(*) from movement_oracle), '>', 1200::bigint, 'there are movements');
select is((select count(distinct movement) from movement_oracle), 5::bigint, 'all five kinds occur');
select bag_eq('select * from movement_ours', 'select * from movement_oracle', 'mrr_movements: every column as the calendar says');

-- opening + movements = closing, for every customer and span
select is_empty($$
	select s.*, c.customer from span as s cross join customer as c
	left join lateral (select coalesce(sum(amount), 0) as moved from mrr_movements(c.contracts, s.grain, s.from_date, s.until_date)) as m on true
	where s.from_date < s.until_date
	  and contract_mrr(c.contracts, date_trunc(s.grain, s.from_date::timestamp)::date - 1) + m.moved
		  <> contract_mrr(c.contracts, s.until_date - 1)$$,
	'opening + movements = closing for every customer, exactly');
select is_empty($$
	select c.customer, r.day from customer as c cross join (select distinct day from reading) as r
	left join day_total as d on d.customer = c.customer and d.day = r.day
	where contract_mrr(c.contracts, r.day) <> coalesce(d.total, 0)$$,
	'contract_mrr: as the calendar says');

-- ── the bridge ──
create temp table bridge_oracle as
select grain, from_date, until_date, period, sum(before) as opening,
	   sum(m.amount) filter (where movement = 'new') as new,
	   sum(m.amount) filter (where movement = 'expansion') as expansion,
	   sum(m.amount) filter (where movement = 'reactivation') as reactivation,
	   sum(m.amount) filter (where movement = 'contraction') as contraction,
	   sum(m.amount) filter (where movement = 'churn') as churn,
	   sum(total) as closing,
	   count(*) filter (where before > 0) as customers_opening,
	   count(*) filter (where movement = 'new') as customers_new,
	   count(*) filter (where movement = 'reactivation') as customers_reactivated,
	   count(*) filter (where movement = 'churn') as customers_churned,
	   count(*) filter (where total > 0) as customers_closing
from read_total as t left join movement_oracle as m using (grain, from_date, until_date, customer, period)
where before is not null
group by grain, from_date, until_date, period;
update bridge_oracle set new = coalesce(new, 0), expansion = coalesce(expansion, 0),
	reactivation = coalesce(reactivation, 0), contraction = coalesce(contraction, 0), churn = coalesce(churn, 0);

select bag_eq($$
	select s.*, b.* from span as s,
		lateral (select mrr_bridge_agg(contracts, s.grain, s.from_date, s.until_date) as bridge from customer) as a,
		mrr_bridge_rows(a.bridge) as b$$,
	'select * from bridge_oracle', 'mrr_bridge_rows: every column as the calendar says');
select is_empty($$
	select b.* from (select mrr_bridge_agg(contracts, 'month', '2022-01-01', '2025-01-01') as bridge from customer) as a,
		mrr_bridge_rows(a.bridge) as b
	where opening + new + expansion + reactivation + contraction + churn <> closing
	   or customers_opening + customers_new + customers_reactivated - customers_churned <> customers_closing$$,
	'opening + movements = closing, in money and in customers');

-- ── retention, which foots with the bridge ──
create temp table retention_oracle as
select from_date, until_date,
	   count(*) as customers_start, count(*) filter (where after > 0) as customers_kept,
	   sum(before) as mrr_start, sum(least(before, after)) as mrr_kept, sum(after) as mrr_end
from (select s.from_date, s.until_date, c.customer, coalesce(b.total, 0) as before, coalesce(a.total, 0) as after
	  from span as s cross join customer as c
	  left join day_total as b on b.customer = c.customer and b.day = s.from_date - 1
	  left join day_total as a on a.customer = c.customer and a.day = s.until_date - 1) as x
where before > 0
group by from_date, until_date;

select bag_eq($$
	select s.from_date, s.until_date, r.* from span as s,
		lateral (select (retention_agg(contracts, s.from_date, s.until_date)).* from customer) as r
	$$, $$
	select from_date, until_date, customers_start, customers_kept, customers_kept::float8 / customers_start as logo,
		   wilson_low(customers_kept, customers_start), wilson_high(customers_kept, customers_start),
		   mrr_start, mrr_kept, mrr_end, (mrr_kept / mrr_start)::float8 as grr, (mrr_end / mrr_start)::float8 as nrr
	from retention_oracle$$, 'retention_agg: every column as the calendar says');
select is((select (mrr_start, customers_start) from (select (retention_agg(contracts, '2023-01-01', '2024-01-01')).* from customer) as r),
	(select (opening, customers_opening) from (select mrr_bridge_agg(contracts, 'year', '2023-01-01', '2024-01-01') as b from customer) as a,
		mrr_bridge_rows(a.b)), 'retention starts where the bridge opens');
select is((select r.mrr_end + sum(m.mrr_after) from (select (retention_agg(contracts, '2023-01-01', '2024-01-01')).* from customer) as r,
		customer as c, mrr_movements(c.contracts, 'year', '2023-01-01', '2024-01-01') as m
		where m.movement in ('new', 'reactivation') group by r.mrr_end),
	(select closing from (select mrr_bridge_agg(contracts, 'year', '2023-01-01', '2024-01-01') as b from customer) as a,
		mrr_bridge_rows(a.b)), 'what the kept pay and what came is the closing');

-- ── cohorts ──
create temp table cohort_question (grain text, as_of date);
insert into cohort_question values ('month', '2024-05-31'), ('month', '2023-11-10'), ('quarter', '2025-02-01'), ('year', '2024-12-31'), ('week', '2022-08-03');

create function pg_temp.oracle_cohorts(grain text, as_of date)
returns table (cohort date, period_index int, state text, customers bigint, active bigint, retention float8,
			   mrr_start numeric, mrr_kept numeric, mrr numeric, grr float8, nrr float8)
language sql as $$
with known as (
	select * from k where coalesce(known_on, starts) <= as_of and starts <= as_of
), calendar as materialized (
	select customer, day::date, sum(mrr) as total
	from known, generate_series(starts, least(coalesce(ends, 'infinity') - 1, as_of), interval '1 day') as day
	group by customer, day
), born as (
	select customer, min(day) as first_day, date_trunc(grain, min(day)::timestamp) as cohort from calendar where total > 0 group by customer
), cell as (
	select b.*, p, (row_number() over (partition by customer order by p))::int - 1 as period_index,
		   (p + case grain when 'quarter' then interval '3 months' else ('1 ' || grain)::interval end)::date - 1 as last_day
	from born as b, generate_series(cohort, as_of::timestamp, case grain when 'quarter' then interval '3 months' else ('1 ' || grain)::interval end) as p
)
select cohort::date, period_index, case when last_day <= as_of then 'observed' else 'provisional' end,
	   count(*), count(*) filter (where now.total > 0), (count(*) filter (where now.total > 0))::float8 / count(*),
	   sum(own.total), coalesce(sum(least(own.total, now.total)) filter (where now.total is not null), 0), coalesce(sum(now.total), 0),
	   (coalesce(sum(least(own.total, now.total)) filter (where now.total is not null), 0) / nullif(sum(own.total), 0))::float8,
	   (coalesce(sum(now.total), 0) / nullif(sum(own.total), 0))::float8
from cell
join calendar as own on own.customer = cell.customer and own.day = cell.first_day
left join calendar as now on now.customer = cell.customer and now.day = least(cell.last_day, as_of)
group by cohort, period_index, last_day
$$;

select bag_eq($$
	select q.*, r.* from cohort_question as q,
		lateral (select cohort_agg(contracts, q.grain, q.as_of) as matrix from customer) as a, cohort_rows(a.matrix) as r$$,
	'select q.*, o.* from cohort_question as q, pg_temp.oracle_cohorts(q.grain, q.as_of) as o',
	'cohort_rows: every column as the calendar says');
select is_empty($$
	select r.* from cohort_question as q,
		lateral (select cohort_agg(contracts, q.grain, q.as_of) as matrix from customer) as a, cohort_rows(a.matrix) as r
	where grr > 1 or grr > nrr$$, 'grr <= 1 and grr <= nrr');

-- days of activity: one customer's orders
create temp table visit as
select customer, starts + (random() * 200)::int as day from k, generate_series(1, 4);
select bag_eq($$
	select r.cohort, r.period_index, r.state, r.customers, r.active, r.retention
	from (select cohort_agg(days, 'month', '2023-09-12') as matrix
		  from (select customer, array_agg(day order by random()) || null::date as days from visit group by customer) as v) as a,
		 cohort_rows(a.matrix) as r$$, $$
	with born as (
		select customer, date_trunc('month', min(day)::timestamp) as cohort from visit where day <= '2023-09-12' group by customer
	), cell as (
		select customer, cohort, p, (row_number() over (partition by customer order by p))::int - 1 as period_index
		from born, generate_series(cohort, '2023-09-12'::timestamp, interval '1 month') as p
	)
	select cohort::date, period_index, case when p < '2023-09-01' then 'observed' else 'provisional' end as state, count(*) as customers,
		   count(*) filter (where exists (select from visit as v where v.customer = cell.customer and v.day <= '2023-09-12'
				and date_trunc('month', v.day::timestamp) = p)) as active,
		   (count(*) filter (where exists (select from visit as v where v.customer = cell.customer and v.day <= '2023-09-12'
				and date_trunc('month', v.day::timestamp) = p)))::float8 / count(*) as retention
	from cell group by cohort, period_index, p$$, 'cohorts over days of activity: as an exists() per cell says');

-- renewal chains as spells
select bag_eq($$
	select s.duration, s.at_risk, s.events from
		(select renewal_survival_agg(contracts, '2024-02-29', 30) as state from customer) as a, survival_rows(a.state) as s
	where s.events > 0$$, $$
	with chain as (
		select customer, line, chain_index, count(*) filter (where decided) as decided_count,
			   min(term_index) filter (where not decided) as first_open, count(*) as terms
		from answer where as_of = '2024-02-29' and grace = 30 and early = 180 group by customer, line, chain_index
	), spell as (
		select coalesce(first_open - 1, terms) as duration, first_open is null as event from chain
	)
	select d.duration::float8, (select count(*) from spell where duration >= d.duration) as at_risk, count(*) as events
	from spell as d where event group by d.duration$$, 'renewal_survival_agg: one spell a chain, as counted by hand');

select * from finish();
rollback;
