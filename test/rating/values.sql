-- Values of the types of rating.

create table value_rating_def (v rating_def);
insert into value_rating_def values
	(null),
	(rating_preset('nps')),
	(rating_preset('csat')),
	(rating_preset('ces')),
	(rating(0, 1, 1, 0)),
	(rating(-2147483648, -2147483647, -2147483647, -2147483648)),
	(rating(2147482648, 2147483647, 2147483600, 2147482700)),
	(rating(-2, 2, 1, -1));

create table value_rating_state (v rating_state);
insert into value_rating_state
select rating_agg(rating_preset('nps'), n % 12 % 11) from generate_series(1, 100) n
union all select rating_agg(rating_preset('csat'), nullif(n % 6, 0)) from generate_series(1, 7) n
union all select rating_agg(rating_preset('csat'), null::int) from generate_series(1, 3) n
union all select rating_agg(rating_preset('ces'), 7)
union all select rating_agg(rating(0, 999, 900, 300), n % 1000) from generate_series(1, 3000) n
union all select rating_agg(rating(-2147483648, -2147483647, -2147483647, -2147483648), -2147483648)
union all values
	(null::rating_state),
	('{"scale": {"low": 1, "high": 2, "favourable_from": 2, "unfavourable_to": 1}, "answers": [9223372036854775806, 0], "unanswered": 1}');
