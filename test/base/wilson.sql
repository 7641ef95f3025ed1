-- The Wilson interval, against figures computed elsewhere and its definition.
begin;
set local search_path = public, revops;
select no_plan();

-- R 4.2: prop.test(x, n, correct = FALSE)$conf.int
select ok(abs(wilson_low(x, n) - low) < 1e-7 and abs(wilson_high(x, n) - high) < 1e-7, format('%s of %s', x, n))
from (values
	(3, 4, 0.3006418, 0.9544127),
	(0, 10, 0, 0.2775328),
	(10, 10, 0.7224672, 1),
	(2, 6, 0.0967714, 0.7000067),
	(1, 1, 0.2065493, 1),
	(4238, 6711, 0.6198869, 0.6429637)) v (x, n, low, high);

-- The ends solve (p - p0)^2 = z^2 p0 (1 - p0) / n, which defines them.
select is(count(*), 0::bigint, 'the ends solve the equation that defines them')
from generate_series(1, 60) n, generate_series(0, n) x,
	lateral (values (wilson_low(x, n)), (wilson_high(x, n))) b (p0)
where abs((x / n::float8 - p0) ^ 2 - 1.959963984540054 ^ 2 * p0 * (1 - p0) / n) > 1e-12
	or p0 not between 0 and 1;
select is(count(*), 0::bigint, 'the interval holds the rate, and mirrors')
from generate_series(1, 60) n, generate_series(0, n) x
where x / n::float8 not between wilson_low(x, n) and wilson_high(x, n)
	or abs(wilson_low(x, n) + wilson_high(n - x, n) - 1) > 1e-12;

select is(wilson_low(0, 0), null, 'of nothing, nothing is known');
select is(wilson_high(0, 0), null, 'nor above');
select is(wilson_low(null, 5), null, 'NULL gives NULL');
select ok(wilson_low(9223372036854775807, 9223372036854775807) > 0.999999, 'large counts');
select throws_ok('select wilson_low(5, 4)', '22023', '5 successes of 4 trials are impossible');
select throws_ok('select wilson_high(-1, 4)', '22023', '-1 successes of 4 trials are impossible');
select throws_ok('select wilson_high(0, -1)', '22023', '0 successes of -1 trials are impossible');

select * from finish();
rollback;
