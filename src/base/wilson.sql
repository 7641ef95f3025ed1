-- wilson.sql: the Wilson score interval, which every rate of revops carries.

create function wilson_low(successes bigint, trials bigint)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1;
comment on function wilson_low(bigint, bigint) is
	'lower end of the 95 % Wilson score interval of successes/trials; NULL for no trial';

create function wilson_high(successes bigint, trials bigint)
	returns float8
	as 'MODULE_PATHNAME' language c immutable strict parallel safe cost 1;
comment on function wilson_high(bigint, bigint) is
	'upper end of the 95 % Wilson score interval of successes/trials; NULL for no trial';
