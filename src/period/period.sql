-- period.sql: periods, what they are compared with, and growth.

create function period_rows(
	grain text,
	from_date date,
	until_date date,
	as_of date,
	align text default 'date',
	calendar work_calendar_def default null,
	anchors date[] default null,
	fiscal_month int default 1,
	out period date,
	out state text,
	out ends date,
	out previous_starts date,
	out previous_ends date,
	out year_starts date,
	out year_ends date,
	out days int,
	out previous_days int,
	out year_days int,
	out work_days int,
	out previous_work_days int,
	out year_work_days int,
	out days_left int,
	out work_days_left int
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 100 rows 24;
comment on function period_rows(text, date, date, date, text, work_calendar_def, date[], int) is
	'one row per period: what of it is known as of a day, the period before and the same of the year before, cut alike; ends are not included';

create function period_days(
	grain text,
	from_date date,
	until_date date,
	as_of date,
	align text default 'date',
	calendar work_calendar_def default null,
	anchors date[] default null,
	fiscal_month int default 1,
	out period date,
	out role text,
	out on_date date
)
	returns setof record
	as 'MODULE_PATHNAME' language c immutable parallel safe cost 1000 rows 2000;
comment on function period_days(text, date, date, date, text, work_calendar_def, date[], int) is
	'a row for every day of every period and role: current, previous, previous_rest, year, year_rest; join facts by day and filter by role';

create function growth_rate(now numeric, base numeric, periods float8 default 1)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 3;
comment on function growth_rate(numeric, numeric, float8) is
	'(now / base)^(1 / periods) - 1; NULL where the base is not above 0: a percentage of a loss is none';
